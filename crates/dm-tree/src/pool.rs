//! What few nodes have, packed in one piece of lent memory: own names, ACLs, types, titles, time stamps.
//!
//! A node with any of these has one entry: `node u16, length u16`, then for each field `kind << 12 | length, bytes`.
//! Entries lie one after the other without gaps: a change moves what lies behind it. The end of the memory serves as a
//! stack, the undo log: `kind u8, node u16, length u16, bytes`, the top first.

use core::cell::Cell;

use crate::reason::Reason;
use crate::slots::{Index, NONE, Slots};

/// What an entry may hold.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Field {
    Name = 0,
    Acl,
    Type,
    Title,
    TStamp,
}

impl Field {
    pub(crate) const fn from_number(number: u8) -> Self {
        match number {
            0 => Self::Name,
            1 => Self::Acl,
            2 => Self::Type,
            3 => Self::Title,
            _ => Self::TStamp,
        }
    }
}

const ENTRY_HEAD: usize = 4;
const FIELD_HEAD: usize = 2;
const MAX_FIELD: usize = 0x0FFF;

const LOG_HEAD: usize = 5;
/// In the kind of a record: a field was set where there was none.
pub(crate) const FIELD_MADE: u8 = 16;

pub(crate) struct Pool<'m> {
    bytes: &'m mut [u8],
    /// Where the entries end.
    used: usize,
    /// Where the undo log starts.
    pub(crate) log: usize,
}

/// The top of the undo log.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct Logged {
    pub(crate) kind: u8,
    pub(crate) node: Index,
    /// Where its bytes lie.
    start: usize,
    pub(crate) length: usize,
}

impl<'m> Pool<'m> {
    pub(crate) fn new(memory: &'m mut [u8]) -> Self {
        let length = memory.len().min(usize::from(NONE));
        Self {
            bytes: memory.get_mut(..length).unwrap_or_default(),
            used: 0,
            log: length,
        }
    }

    /// Throws everything away.
    pub(crate) fn reset(&mut self) {
        self.used = 0;
        self.forget();
    }

    fn number(&self, at: usize) -> usize {
        number(self.bytes, at)
    }

    #[inline(never)]
    fn set_number(&mut self, at: usize, number: usize) {
        if let Some([low, high, ..]) = self.bytes.get_mut(at..) {
            [*low, *high] = (number as u16).to_le_bytes();
        }
    }

    fn locate(&self, entry: usize, field: Field) -> (usize, usize) {
        locate(self.bytes, entry, field)
    }

    /// The bytes of a field of the entry at `entry`, which may be [`NONE`].
    pub(crate) fn get(&self, entry: u16, field: Field) -> Option<&[u8]> {
        if entry == NONE {
            return None;
        }
        let (at, length) = self.locate(usize::from(entry), field);
        self.bytes
            .get(at..at.wrapping_add(length))?
            .get(FIELD_HEAD..)
    }

    /// As [`get`](Self::get), to be changed in place.
    pub(crate) fn get_mut(&mut self, entry: u16, field: Field) -> Option<&mut [u8]> {
        if entry == NONE {
            return None;
        }
        let (at, length) = self.locate(usize::from(entry), field);
        self.bytes
            .get_mut(at..at.wrapping_add(length))?
            .get_mut(FIELD_HEAD..)
    }

    /// Makes `parts` the field of a node; no parts remove the field.
    ///
    /// # Errors
    /// [`Reason::Full`]; nothing has changed.
    #[inline]
    pub(crate) fn set(
        &mut self,
        slots: &mut Slots<'_>,
        node: Index,
        field: Field,
        parts: &[&[u8]],
    ) -> Result<(), Reason> {
        let mut length = 0usize;
        for part in parts {
            length = length.wrapping_add(part.len());
        }
        let length = (!parts.is_empty()).then_some(length);
        let to = self.resize(slots, node, field, length);
        let mut to = to.ok_or(Reason::Full)?;
        for part in parts {
            put(self.bytes, to, part);
            to = to.wrapping_add(part.len());
        }
        Ok(())
    }

    /// Gives a field of a node this length, what it held staying in front, or takes the field away, and the entry with the
    /// last one; where its bytes lie. None when there is no room, never when it was as long before: nothing has changed.
    #[inline(never)]
    pub(crate) fn resize(
        &mut self,
        slots: &mut Slots<'_>,
        node: Index,
        field: Field,
        length: Option<usize>,
    ) -> Option<usize> {
        let new = match length {
            Some(length) if length > MAX_FIELD => return None,
            Some(length) => length.wrapping_add(FIELD_HEAD),
            None => 0,
        };
        let slot = slots.at_mut(node)?;
        let entry = if slot.pool == NONE {
            let entry = self.used;
            let end = entry.wrapping_add(ENTRY_HEAD);
            if new == 0 {
                return Some(entry);
            }
            if end.wrapping_add(new) > self.log {
                return None;
            }
            self.set_number(entry, usize::from(node));
            self.set_number(entry.wrapping_add(2), ENTRY_HEAD);
            self.used = end;
            slot.pool = entry as u16;
            entry
        } else {
            usize::from(slot.pool)
        };
        let (mut at, mut old) = self.locate(entry, field);
        if self.used.wrapping_sub(old).wrapping_add(new) > self.log {
            return None;
        }
        let whole = self.number(entry.wrapping_add(2));
        let rest = whole.wrapping_sub(old).wrapping_add(new);
        self.set_number(entry.wrapping_add(2), rest);
        slot.note(field, new != 0);
        if rest == ENTRY_HEAD {
            slot.pool = NONE;
            (at, old) = (entry, whole);
        }
        self.shift(slots, entry, at, old, new);
        if new != 0 {
            self.set_number(at, (field as usize) << 12 | new.wrapping_sub(FIELD_HEAD));
        }
        Some(at.wrapping_add(FIELD_HEAD))
    }

    /// Removes all fields of a node.
    #[inline(never)]
    pub(crate) fn remove(&mut self, slots: &mut Slots<'_>, node: Index) {
        if let Some(slot) = slots.at_mut(node)
            && slot.pool != NONE
        {
            let entry = usize::from(slot.pool);
            slot.pool = NONE;
            let length = self.number(entry.wrapping_add(2));
            self.shift(slots, entry, entry, length, 0);
        }
    }

    /// Moves what lies behind `at + old` to `at + new`, and tells the nodes whose entries lie at `entry` or behind.
    #[inline]
    fn shift(&mut self, slots: &mut Slots<'_>, entry: usize, at: usize, old: usize, new: usize) {
        if old == new {
            return;
        }
        let (from, to) = (at.wrapping_add(old), at.wrapping_add(new));
        let length = self.used.wrapping_sub(from);
        self.used = to.wrapping_add(length);
        slide(self.bytes, from, to, length);
        self.relocate(slots, entry);
    }

    /// Tells the nodes whose entries lie at `from` or behind where these are now.
    fn relocate(&mut self, slots: &mut Slots<'_>, from: usize) {
        let mut at = from;
        while at < self.used {
            if let Some(slot) = slots.at_mut(self.number(at) as u16) {
                slot.pool = at as u16;
            }
            at = at.wrapping_add(self.number(at.wrapping_add(2)).max(1));
        }
    }

    /// Puts a record on the undo log.
    ///
    /// # Errors
    /// [`Reason::Full`].
    pub(crate) fn push(&mut self, kind: u8, node: Index, bytes: &[u8]) -> Result<(), Reason> {
        let to = self.push_head(kind, node, bytes.len());
        let to = to.ok_or(Reason::Full)?;
        put(self.bytes, to, bytes);
        Ok(())
    }

    /// Puts a record with the bytes of a field on the undo log; one without bytes and with [`FIELD_MADE`] if the node does not
    /// have the field.
    ///
    /// # Errors
    /// [`Reason::Full`].
    #[inline(never)]
    pub(crate) fn push_field(
        &mut self,
        node: Index,
        entry: u16,
        field: Field,
    ) -> Result<(), Reason> {
        let Some(length) = self.get(entry, field).map(<[u8]>::len) else {
            return self.push(field as u8 | FIELD_MADE, node, &[]);
        };
        let to = self.push_head(field as u8, node, length);
        let to = to.ok_or(Reason::Full)?;
        if let Some((entries, log)) = self.bytes.split_at_mut_checked(self.used) {
            let (at, _) = locate(entries, usize::from(entry), field);
            let at = at.wrapping_add(FIELD_HEAD);
            let bytes = entries.get(at..at.wrapping_add(length));
            put(log, to.wrapping_sub(self.used), bytes.unwrap_or_default());
        }
        Ok(())
    }

    /// Makes room for a record at the top of the undo log; where its bytes are to be put, if there is room.
    #[inline(never)]
    fn push_head(&mut self, kind: u8, node: Index, length: usize) -> Option<usize> {
        let start = self.log.wrapping_sub(length).wrapping_sub(LOG_HEAD);
        match self.bytes.get_mut(start..) {
            Some([head_kind, a, b, c, d, ..]) if start >= self.used => {
                *head_kind = kind;
                [*a, *b] = node.to_le_bytes();
                [*c, *d] = (length as u16).to_le_bytes();
                self.log = start;
                Some(start.wrapping_add(LOG_HEAD))
            }
            _ => None,
        }
    }

    /// The record that lies `depth` bytes below the top of the undo log (see [`Logged::size`]).
    pub(crate) fn logged(&self, depth: usize) -> Option<Logged> {
        let at = self.log.wrapping_add(depth);
        let head = self.bytes.get(at..)?;
        let [kind, low, high, ..] = head else {
            return None;
        };
        Some(Logged {
            kind: *kind,
            node: u16::from_le_bytes([*low, *high]),
            start: at.wrapping_add(LOG_HEAD),
            length: self.number(at.wrapping_add(3)),
        })
    }

    pub(crate) fn logged_bytes(&self, logged: &Logged) -> &[u8] {
        self.bytes
            .get(logged.start..logged.start.wrapping_add(logged.length))
            .unwrap_or_default()
    }

    /// Makes the bytes of a record the field of its node.
    pub(crate) fn restore(&mut self, slots: &mut Slots<'_>, logged: &Logged, field: Field) {
        // There is room: the field held these bytes when the record was pushed.
        if let Some(to) = self.resize(slots, logged.node, field, Some(logged.length))
            && let Some((entries, log)) = self.bytes.split_at_mut_checked(self.used)
        {
            let start = logged.start.wrapping_sub(self.used);
            let bytes = log.get(start..start.wrapping_add(logged.length));
            put(entries, to, bytes.unwrap_or_default());
        }
    }

    /// Empties the undo log.
    pub(crate) fn forget(&mut self) {
        self.log = self.bytes.len();
    }
}

impl Logged {
    pub(crate) fn size(&self) -> usize {
        self.length.wrapping_add(LOG_HEAD)
    }

    /// Where the record below it starts.
    pub(crate) fn end(&self) -> usize {
        self.start.wrapping_add(self.length)
    }
}

#[inline(never)]
fn number(bytes: &[u8], at: usize) -> usize {
    match bytes.get(at..) {
        Some([low, high, ..]) => usize::from(u16::from_le_bytes([*low, *high])),
        _ => 0,
    }
}

/// Where the field starts, its head included, and its length with its head; at the end of the entry with length 0 when
/// there is none.
#[inline(never)]
fn locate(bytes: &[u8], entry: usize, field: Field) -> (usize, usize) {
    let end = entry.wrapping_add(number(bytes, entry.wrapping_add(2)));
    let mut at = entry.wrapping_add(ENTRY_HEAD);
    while at < end {
        let head = number(bytes, at);
        let length = FIELD_HEAD + (head & MAX_FIELD);
        if head >> 12 == field as usize {
            return (at, length);
        }
        at = at.wrapping_add(length);
    }
    (end, 0)
}

/// Copies `bytes` to `to`, if they fit.
#[inline(never)]
pub(crate) fn put(buf: &mut [u8], to: usize, bytes: &[u8]) {
    if let Some(place) = buf
        .get_mut(to..)
        .and_then(|rest| rest.get_mut(..bytes.len()))
    {
        place.copy_from_slice(bytes);
    }
}

/// Moves `length` bytes from one place to another, which may overlap. Octet by octet: they are few, and what the library has for
/// this takes a hundred octets of stack where that is deepest.
fn slide(bytes: &mut [u8], from: usize, to: usize, length: usize) {
    let cells = Cell::from_mut(bytes).as_slice_of_cells();
    let part = |start: usize| cells.get(start..start.wrapping_add(length));
    let (Some(source), Some(target)) = (part(from), part(to)) else {
        return;
    };
    let pairs = target.iter().zip(source);
    if to < from {
        for (to, from) in pairs {
            to.set(from.get());
        }
    } else {
        for (to, from) in pairs.rev() {
            to.set(from.get());
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::slots::NodeSlot;
    use std::collections::BTreeMap;

    const FIELDS: [Field; 5] = [
        Field::Name,
        Field::Acl,
        Field::Type,
        Field::Title,
        Field::TStamp,
    ];

    #[test]
    fn fields_agree_with_a_plain_map_under_random_use_and_nothing_is_lost_when_full() {
        let mut memory = [0u8; 200];
        let mut nodes = [NodeSlot::EMPTY; 8];
        let mut slots = Slots::new(&mut nodes);
        slots.seal();
        while slots.take().is_some() {}
        let mut pool = Pool::new(&mut memory);
        let mut model: BTreeMap<(Index, usize), Vec<u8>> = BTreeMap::new();
        let mut random = 7u32;
        let mut next = move |n: usize| {
            random = random.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            (random >> 8) as usize % n
        };
        let mut refused = 0;
        for round in 0..5_000 {
            let node = next(8) as Index;
            let field = FIELDS[next(5)];
            let bytes = vec![round as u8; next(40)];
            let (head, tail) = bytes.split_at(next(bytes.len() + 1));
            match next(8) {
                0 => {
                    pool.remove(&mut slots, node);
                    model.retain(|(n, _), _| *n != node);
                }
                1 | 2 => {
                    assert_eq!(pool.set(&mut slots, node, field, &[]), Ok(()));
                    model.remove(&(node, field as usize));
                }
                _ => match pool.set(&mut slots, node, field, &[head, tail]) {
                    Ok(()) => {
                        model.insert((node, field as usize), bytes);
                    }
                    Err(reason) => {
                        assert_eq!(reason, Reason::Full);
                        refused += 1;
                    }
                },
            }
            let mut want = 0;
            for node in 0..8 {
                let mut fields = 0;
                for field in FIELDS {
                    let have = pool.get(slots.at(node).pool, field);
                    assert_eq!(have, model.get(&(node, field as usize)).map(Vec::as_slice));
                    fields += have.map_or(0, |bytes| bytes.len() + 2);
                }
                want += if fields == 0 { 0 } else { fields + 4 };
            }
            assert_eq!(pool.used, want, "no gaps");
        }
        assert!(refused > 100);
    }

    #[test]
    fn the_undo_log_takes_room_from_the_other_end_and_gives_fields_back() {
        let mut memory = [0u8; 64];
        let mut nodes = [NodeSlot::EMPTY; 2];
        let mut slots = Slots::new(&mut nodes);
        slots.seal();
        while slots.take().is_some() {}
        let mut pool = Pool::new(&mut memory);
        let acl = [b'a'; 20];
        pool.set(&mut slots, 1, Field::Acl, &[&acl]).unwrap();
        pool.push_field(1, slots.at(1).pool, Field::Acl).unwrap();
        pool.set(&mut slots, 1, Field::Acl, &[b"short"]).unwrap();
        pool.push(4, 0, b"xy").unwrap();
        assert_eq!(
            pool.set(&mut slots, 1, Field::Acl, &[&[0; 30]]),
            Err(Reason::Full)
        );
        let top = pool.logged(0).unwrap();
        assert_eq!(
            (top.kind, top.node, pool.logged_bytes(&top)),
            (4, 0, &b"xy"[..])
        );
        assert_eq!(pool.logged(top.size()).unwrap().kind, Field::Acl as u8);
        pool.log = top.end();
        let top = pool.logged(0).unwrap();
        pool.restore(&mut slots, &top, Field::Acl);
        pool.log = top.end();
        assert_eq!(pool.get(slots.at(1).pool, Field::Acl), Some(&acl[..]));
        assert_eq!((pool.log, pool.logged(0)), (64, None));
        assert_eq!(pool.push(1, 0, &[0; 34]), Err(Reason::Full));
        assert_eq!(pool.push(1, 0, &[0; 33]), Ok(()));
    }
}
