//! Bringing back the dynamic nodes that a durable store remembers.
//!
//! A record says the key of its parent, a name and a format. It is bound to the description these lead to now, whatever
//! the schema was when it was written. A record that finds no place is kept and counted; one whose parent is gone is what
//! a power failure has left of a removed or unfinished subtree, and goes.

use crate::format::Format;
use crate::nodes::Nodes;
use crate::reason::Reason;
use crate::record::{Record, key};
use crate::slots::{Index, state};
use crate::store::{Key, StoreError};
use crate::tree::Tree;
use crate::uri::check_path;

/// What has become of a record.
enum Found {
    Nothing,
    Placed,
    /// Its parent is not there (yet).
    Orphan(Key),
    /// The schema has no place for it.
    Misfit,
}

impl Tree<'_> {
    /// Places the dynamic nodes, while the tree is being opened.
    pub(crate) fn restore(&mut self) -> Result<(), Reason> {
        let (numbers, schema) = self.read_header()?;
        self.numbers = numbers;
        // Parents first. Most have a lower number than their children, so that the first round places most.
        loop {
            let mut placed = false;
            for number in 0..numbers {
                placed |= matches!(self.place(Key::dynamic(number))?, Found::Placed);
            }
            if !placed {
                break;
            }
        }
        // What hangs below a record that goes, goes too, and may have been passed already: nothing is kept before a whole
        // round has found nothing to erase.
        let mut settled = false;
        loop {
            let (mut left, mut erased) = (false, false);
            for number in 0..numbers {
                let key = Key::dynamic(number);
                let gone = match self.place(key)? {
                    Found::Nothing | Found::Placed => continue,
                    Found::Misfit => false,
                    // Below a permanent node the schema has lost, or below another that has no place.
                    Found::Orphan(parent) => parent.is_dynamic() && !self.has_record(parent)?,
                };
                if gone {
                    self.store.erase(key)?;
                } else if settled {
                    self.keep(key)?;
                }
                erased |= gone;
                left = true;
            }
            if settled || !left {
                break;
            }
            settled = !erased;
        }
        let now = self.nodes.schema.digest();
        if numbers != 0 && schema != now {
            self.write_header(numbers, now)?;
        }
        Ok(())
    }

    /// Puts one record in its place.
    fn place(&mut self, own: Key) -> Result<Found, Reason> {
        if self.nodes.by_key(own).is_some() {
            return Ok(Found::Nothing);
        }
        let length = match self.store.read(own, self.scratch) {
            Ok(None) => return Ok(Found::Nothing),
            Ok(Some(length)) => length,
            Err(StoreError::TooLarge(_)) => return Ok(Found::Misfit),
            Err(error) => return Err(error.into()),
        };
        let record = self
            .scratch
            .get(..length)
            .and_then(Record::parse)
            .ok_or(Reason::Store)?;
        let (Some(parent), Some(name)) = (record.number(key::PARENT), record.string(key::NAME))
        else {
            return Err(Reason::Store);
        };
        if !matches!(check_path(name), Ok((1, _))) {
            return Err(Reason::Store);
        }
        let format = record
            .number(key::FORMAT)
            .and_then(|format| u8::try_from(format).ok());
        let format = format.and_then(Format::from_u8).ok_or(Reason::Store)?;
        let parent = Key(parent);
        let above = self.nodes.by_key(parent);
        let Some(above) = above.filter(|above| !self.nodes.slots.at(*above).has(state::UNBOUND))
        else {
            return Ok(Found::Orphan(parent));
        };
        let chosen = self.nodes.choose(above, name, format);
        let Some(id) = chosen.filter(|id| self.nodes.describe(*id).format() == format) else {
            return Ok(Found::Misfit);
        };
        let desc = self.nodes.describe(id);
        let crowded = desc.name_len == 0
            && desc.max != 0
            && self.nodes.count(above, id) >= u32::from(desc.max);
        if crowded || self.nodes.child(above, name).is_some() {
            return Ok(Found::Misfit);
        }
        let place = self.nodes.take_place(own)?;
        let is_mount = self.mounts.iter().any(|mount| mount.at == id);
        let node = self.nodes.insert(above, id, name, is_mount, Some(place))?;
        if let Some(slot) = self.nodes.slots.at_mut(node) {
            slot.key = own;
            slot.flags |= state::STORED;
        }
        self.nodes.apply(node, &record)?;
        Ok(Found::Placed)
    }

    /// Keeps a record that has no place: its number must not be given to another node.
    fn keep(&mut self, own: Key) -> Result<(), Reason> {
        let place = self.nodes.take_place(own)?;
        if let Some(slot) = self.nodes.slots.at_mut(place) {
            slot.key = own;
            slot.flags |= state::STORED | state::UNBOUND;
        }
        self.unbound = self.unbound.saturating_add(1);
        Ok(())
    }

    /// Number of records for which the schema has no place, since it is another one than when they were written. They are
    /// kept, each in a slot, until [`Factory::drop_unbound`](crate::Factory::drop_unbound).
    #[must_use]
    pub fn unbound(&self) -> u16 {
        self.unbound
    }

    pub(crate) fn drop_unbound(&mut self) -> Result<(), Reason> {
        for index in 0..self.nodes.slots.len() {
            let slot = *self.nodes.slots.at(index);
            if slot.has(state::UNBOUND) {
                self.store.erase(slot.key)?;
                self.nodes.slots.release(index);
                self.unbound = self.unbound.saturating_sub(1);
            }
        }
        Ok(())
    }
}

impl Nodes<'_> {
    /// The slot with the number of a dynamic node, or another one when that is taken.
    fn take_place(&mut self, own: Key) -> Result<Index, Reason> {
        let place = own.0 as Index;
        if self.slots.take_at(place) {
            return Ok(place);
        }
        self.displaced = true;
        self.slots.take_last().ok_or(Reason::Full)
    }
}
