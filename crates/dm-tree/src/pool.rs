//! What few nodes have, packed in one piece of lent memory: own names, ACLs, types, titles, time stamps.
//!
//! A node with any of these has one entry: `node u16, length u16`, then for each field `kind << 12 | length, bytes`.
//! Entries lie one after the other without gaps: a change moves what lies behind it. The end of the memory serves as a
//! stack, the undo log: `kind u8, node u16, length u16, bytes`, the top first.

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

pub(crate) struct Pool<'m> {
    bytes: &'m mut [u8],
    /// Where the entries end.
    used: usize,
    /// Where the undo log starts.
    log: usize,
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

    #[inline(never)]
    fn number(&self, at: usize) -> usize {
        match self.bytes.get(at..) {
            Some([low, high, ..]) => usize::from(u16::from_le_bytes([*low, *high])),
            _ => 0,
        }
    }

    fn set_number(&mut self, at: usize, number: usize) {
        if let Some([low, high, ..]) = self.bytes.get_mut(at..) {
            [*low, *high] = (number as u16).to_le_bytes();
        }
    }

    /// Where the field starts, its head included, and its length with its head; at the end of the entry with length 0
    /// when there is none.
    fn locate(&self, entry: usize, field: Field) -> (usize, usize) {
        let end = entry.wrapping_add(self.number(entry.wrapping_add(2)));
        let mut at = entry.wrapping_add(ENTRY_HEAD);
        while at < end {
            let head = self.number(at);
            let length = FIELD_HEAD + (head & MAX_FIELD);
            if head >> 12 == field as usize {
                return (at, length);
            }
            at = at.wrapping_add(length);
        }
        (end, 0)
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
    pub(crate) fn set(
        &mut self,
        slots: &mut Slots<'_>,
        node: Index,
        field: Field,
        parts: &[&[u8]],
    ) -> Result<(), Reason> {
        if parts.is_empty() {
            self.clear(slots, node, field);
            return Ok(());
        }
        let mut length = 0usize;
        for part in parts {
            length = length.wrapping_add(part.len());
        }
        let mut to = self.make(slots, node, field, length)?;
        for part in parts {
            put(self.bytes, to, part);
            to = to.wrapping_add(part.len());
        }
        Ok(())
    }

    /// Gives a node the field with this length; where its bytes are to be put.
    fn make(
        &mut self,
        slots: &mut Slots<'_>,
        node: Index,
        field: Field,
        length: usize,
    ) -> Result<usize, Reason> {
        if length > MAX_FIELD {
            return Err(Reason::Full);
        }
        let new = length.wrapping_add(FIELD_HEAD);
        let entry = slots.at(node).pool;
        let (entry, at, old) = if entry == NONE {
            if self.used.wrapping_add(ENTRY_HEAD).wrapping_add(new) > self.log {
                return Err(Reason::Full);
            }
            let entry = self.used;
            self.set_number(entry, usize::from(node));
            self.set_number(entry.wrapping_add(2), ENTRY_HEAD);
            self.used = entry.wrapping_add(ENTRY_HEAD);
            if let Some(slot) = slots.at_mut(node) {
                slot.pool = entry as u16;
            }
            (entry, self.used, 0)
        } else {
            let entry = usize::from(entry);
            let (at, old) = self.locate(entry, field);
            if self.used.saturating_sub(old).wrapping_add(new) > self.log {
                return Err(Reason::Full);
            }
            (entry, at, old)
        };
        self.resize(slots, entry, at, old, new);
        self.set_number(at, (field as usize) << 12 | length);
        Ok(at.wrapping_add(FIELD_HEAD))
    }

    /// Takes the field away, and the entry with the last one.
    pub(crate) fn clear(&mut self, slots: &mut Slots<'_>, node: Index, field: Field) {
        let entry = slots.at(node).pool;
        if entry == NONE {
            return;
        }
        let entry = usize::from(entry);
        let (at, old) = self.locate(entry, field);
        self.resize(slots, entry, at, old, 0);
        if self.number(entry.wrapping_add(2)) == ENTRY_HEAD {
            self.remove(slots, node);
        }
    }

    /// Shortens a field; to nothing takes it away.
    pub(crate) fn truncate(
        &mut self,
        slots: &mut Slots<'_>,
        node: Index,
        field: Field,
        length: usize,
    ) {
        if length == 0 {
            self.clear(slots, node, field);
        } else {
            // The bytes that stay are the first ones, and the field stays where it is.
            let _ = self.make(slots, node, field, length);
        }
    }

    /// Removes all fields of a node.
    pub(crate) fn remove(&mut self, slots: &mut Slots<'_>, node: Index) {
        let entry = slots.at(node).pool;
        if entry == NONE {
            return;
        }
        if let Some(slot) = slots.at_mut(node) {
            slot.pool = NONE;
        }
        let entry = usize::from(entry);
        let length = self.number(entry.wrapping_add(2));
        self.shift(entry, length, 0);
        self.relocate(slots, entry);
    }

    /// Changes the length of the piece at `at` within an entry. Room was checked.
    fn resize(&mut self, slots: &mut Slots<'_>, entry: usize, at: usize, old: usize, new: usize) {
        let length = self
            .number(entry.wrapping_add(2))
            .saturating_sub(old)
            .wrapping_add(new);
        self.set_number(entry.wrapping_add(2), length);
        if old != new {
            self.shift(at, old, new);
            self.relocate(slots, entry.wrapping_add(length));
        }
    }

    /// Moves what lies behind `at + old` to `at + new`.
    fn shift(&mut self, at: usize, old: usize, new: usize) {
        if let Some(by) = new.checked_sub(old) {
            self.used = self.used.wrapping_add(by);
            if let Some(window) = self.bytes.get_mut(at.wrapping_add(old)..self.used) {
                let length = window.len();
                if by <= length {
                    window.copy_within(..length - by, by);
                }
            }
        } else {
            let by = old.saturating_sub(new);
            if let Some(window) = self.bytes.get_mut(at.wrapping_add(new)..self.used)
                && by <= window.len()
            {
                window.copy_within(by.., 0);
            }
            self.used = self.used.saturating_sub(by);
        }
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
        let length = bytes.len().wrapping_add(LOG_HEAD);
        let start = self
            .log
            .checked_sub(length)
            .filter(|start| *start >= self.used);
        let start = start.ok_or(Reason::Full)?;
        put(self.bytes, start.wrapping_add(LOG_HEAD), bytes);
        self.head(start, kind, node, bytes.len());
        Ok(())
    }

    /// Puts a record with the bytes of a field on the undo log, if the node has the field.
    ///
    /// # Errors
    /// [`Reason::Full`].
    pub(crate) fn push_field(
        &mut self,
        kind: u8,
        node: Index,
        entry: u16,
        field: Field,
    ) -> Result<(), Reason> {
        let (at, length) = if entry == NONE {
            (0, 0)
        } else {
            self.locate(usize::from(entry), field)
        };
        let Some(length) = length.checked_sub(FIELD_HEAD) else {
            return self.push(kind, node, &[]);
        };
        let start = self
            .log
            .checked_sub(length)
            .filter(|start| *start >= self.used.wrapping_add(LOG_HEAD));
        let start = start.ok_or(Reason::Full)?;
        self.copy(at.wrapping_add(FIELD_HEAD), start, length);
        self.head(start.saturating_sub(LOG_HEAD), kind, node, length);
        Ok(())
    }

    /// Makes `at` the top of the undo log.
    fn head(&mut self, at: usize, kind: u8, node: Index, length: usize) {
        self.log = at;
        if let Some(place) = self.bytes.get_mut(at) {
            *place = kind;
        }
        self.set_number(at.wrapping_add(1), usize::from(node));
        self.set_number(at.wrapping_add(3), length);
    }

    /// How much the undo log holds.
    pub(crate) fn log_size(&self) -> usize {
        self.bytes.len().saturating_sub(self.log)
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
        if let Ok(to) = self.make(slots, logged.node, field, logged.length) {
            self.copy(logged.start, to, logged.length);
        }
    }

    /// Takes the top off the undo log.
    pub(crate) fn pop(&mut self) {
        if let Some(logged) = self.logged(0) {
            self.log = self.log.wrapping_add(logged.size()).min(self.bytes.len());
        }
    }

    /// Empties the undo log.
    pub(crate) fn forget(&mut self) {
        self.log = self.bytes.len();
    }

    fn copy(&mut self, from: usize, to: usize, length: usize) {
        for i in 0..length {
            let c = self
                .bytes
                .get(from.wrapping_add(i))
                .copied()
                .unwrap_or_default();
            put(self.bytes, to.wrapping_add(i), &[c]);
        }
    }
}

impl Logged {
    pub(crate) fn size(&self) -> usize {
        self.length.wrapping_add(LOG_HEAD)
    }
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
        pool.push_field(3, 1, slots.at(1).pool, Field::Acl).unwrap();
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
        assert_eq!(pool.logged(top.size()).unwrap().kind, 3);
        pool.pop();
        let top = pool.logged(0).unwrap();
        pool.restore(&mut slots, &top, Field::Acl);
        pool.pop();
        assert_eq!(pool.get(slots.at(1).pool, Field::Acl), Some(&acl[..]));
        assert_eq!((pool.log_size(), pool.logged(0)), (0, None));
        assert_eq!(pool.push(1, 0, &[0; 34]), Err(Reason::Full));
        assert_eq!(pool.push(1, 0, &[0; 33]), Ok(()));
    }
}
