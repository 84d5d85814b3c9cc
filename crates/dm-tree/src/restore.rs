//! Giving the records of dynamic nodes their places.
//!
//! A record says the key of its parent, a name and a format. It is bound to the description these lead to now, whatever
//! the schema was when it was written. A record that finds no place is kept and counted; one whose parent is gone is what
//! a power failure has left of a removed or unfinished subtree, and goes.

use crate::format::Format;
use crate::handler::Mount;
use crate::nodes::Nodes;
use crate::open::is_mount;
use crate::pool::Field;
use crate::reason::Reason;
use crate::slots::{Index, state};
use crate::store::Key;
use crate::tree::Tree;
use crate::uri::name_hash;

/// What has become of a record.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Found {
    Placed,
    /// Its parent is not there (yet).
    Orphan(Key),
    /// The schema has no place for it.
    Misfit,
}

impl Tree<'_> {
    /// Places the loose records.
    pub(crate) fn restore(&mut self) -> Result<(), Reason> {
        // Parents first. Most have a lower number than their children, so that the first round places most.
        let mut placed = true;
        while placed {
            placed = false;
            for index in 0..self.nodes.slots.len() {
                placed |= self.nodes.place(index, self.mounts)? == Some(Found::Placed);
            }
        }
        // What hangs below a record that goes, goes too, and may have been passed already.
        let mut erased = true;
        while erased {
            erased = false;
            for index in 0..self.nodes.slots.len() {
                let gone = match self.nodes.place(index, self.mounts)? {
                    // Else it is below a permanent node the schema has lost, or below another that has no place.
                    Some(Found::Orphan(parent)) => {
                        parent.is_dynamic() && self.nodes.by_key(parent).is_none()
                    }
                    _ => false,
                };
                if gone {
                    self.store.erase(self.nodes.slots.at(index).key)?;
                    self.nodes.drop_record(index);
                    erased = true;
                }
            }
        }
        self.nodes.keep_loose();
        for index in 0..self.nodes.slots.len() {
            let kept = self.nodes.slots.at(index).has(state::UNBOUND);
            self.unbound = self.unbound.saturating_add(u16::from(kept));
        }
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
    /// Puts one loose record in its place; none when it is not loose.
    fn place(&mut self, index: Index, mounts: &[Mount<'_>]) -> Result<Option<Found>, Reason> {
        let slot = *self.slots.at(index);
        if !slot.has(state::LIVE | state::LOOSE) {
            return Ok(None);
        }
        let (parent, format) = slot.loose();
        let Some(above) = self.by_key(parent).filter(|above| self.is_node(*above)) else {
            return Ok(Some(Found::Orphan(parent)));
        };
        let format = Format::from_u8(format).ok_or(Reason::Store)?;
        let name = self.name(index);
        let chosen = self.choose(above, name, format);
        let Some(id) = chosen.filter(|id| self.describe(*id).format() == format) else {
            return Ok(Some(Found::Misfit));
        };
        let desc = self.describe(id);
        let crowded =
            desc.name_len == 0 && desc.max != 0 && self.count(above, id) >= u32::from(desc.max);
        if crowded || self.child(above, name).is_some() {
            return Ok(Some(Found::Misfit));
        }
        let hash = name_hash(above, name);
        let is_named = self.schema.name_of(desc) == name;
        if !slot.has(state::OWN_NAME) && !is_named {
            let name = self.schema.name(slot.desc());
            self.set_field(index, Field::Name, &[name])?;
        }
        let mounted = is_mount(mounts, id) || self.slots.at(above).has(state::MOUNTED);
        self.slots.set(index, state::LOOSE, false);
        self.slots.set(index, state::MOUNTED, mounted);
        if let Some(slot) = self.slots.at_mut(index) {
            slot.desc = id.0;
        }
        self.slots.link(index, above, hash);
        Ok(Some(Found::Placed))
    }

    /// Whether a slot that is taken is that of a node in its place.
    fn is_node(&self, index: Index) -> bool {
        self.slots.at(index).flags & (state::LOOSE | state::UNBOUND) == 0
    }

    /// Keeps the records that have no place: their numbers must not be given to other nodes.
    fn keep_loose(&mut self) {
        for index in 0..self.slots.len() {
            let slot = *self.slots.at(index);
            if slot.has(state::LIVE | state::LOOSE) {
                self.pool.remove(&mut self.slots, index);
                self.slots.set_unbound(index, slot.key);
            }
        }
    }

    /// Forgets a record that is no node.
    pub(crate) fn drop_record(&mut self, index: Index) {
        self.pool.remove(&mut self.slots, index);
        self.slots.give_back(index);
    }

    /// The slot with the number of a dynamic node, or another one when that is taken.
    pub(crate) fn take_place(&mut self, own: Key) -> Result<Index, Reason> {
        let place = own.0 as Index;
        if self.slots.take_at(place) {
            return Ok(place);
        }
        self.displaced = true;
        self.slots.take_last().ok_or(Reason::Full)
    }
}
