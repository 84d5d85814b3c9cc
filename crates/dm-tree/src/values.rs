//! Values in the store: reading, writing, and what is remembered beside them.

use core::ops::Range;

use crate::handler::{Outcome, Progress};
use crate::pool::Field;
use crate::reason::Reason;
use crate::record::{Record, key};
use crate::schema::flags;
use crate::sink::Sink;
use crate::slots::{Index, ROOT, state};
use crate::tree::Tree;

/// The value a record is written with.
#[derive(Clone, Copy)]
pub(crate) enum Content<'v> {
    /// The one it has.
    Same,
    /// This one.
    New(&'v [u8]),
}

impl Tree<'_> {
    /// Reads the node's record into the scratch; where its value lies there.
    fn load(&mut self, node: Index) -> Result<Option<Range<usize>>, Reason> {
        let slot = *self.nodes.slots.at(node);
        if !slot.has(state::STORED) {
            return Ok(None);
        }
        let Some(length) = self.store.read(slot.key, self.scratch)? else {
            return Ok(None);
        };
        if !self.durable {
            return Ok(Some(0..length));
        }
        let record = self
            .scratch
            .get(..length)
            .and_then(Record::parse)
            .ok_or(Reason::Store)?;
        // The value is the last thing in the record.
        Ok(record
            .string(key::VALUE)
            .map(|value| length.saturating_sub(value.len())..length))
    }

    /// Writes the value of a leaf to `out`: the stored one, else the described default, else nothing.
    pub(crate) fn read_value(&mut self, node: Index, out: &mut Sink<'_>) -> Outcome {
        if self.is_mounted(node) {
            let (handler, at) = self.handler(node)?;
            return handler.get(at, out);
        }
        match self.load(node)? {
            Some(range) => out.put(self.scratch.get(range).unwrap_or_default()),
            None => {
                let id = self.nodes.slots.at(node).desc();
                out.put(self.nodes.schema.default_value(id).unwrap_or_default());
            }
        }
        Ok(Progress::Done)
    }

    /// Whether the stored value of a leaf is this one.
    pub(crate) fn has_value(&mut self, node: Index, value: &[u8]) -> Result<bool, Reason> {
        let range = self.load(node)?;
        Ok(range.and_then(|range| self.scratch.get(range)) == Some(value))
    }

    /// Writes the node's record, with the properties as they are now.
    pub(crate) fn save(&mut self, node: Index, content: Content<'_>) -> Result<(), Reason> {
        let range = match content {
            Content::New(_) => None,
            Content::Same => self.load(node)?,
        };
        let value = match (content, range) {
            (Content::New(value), _) => Some(value),
            (Content::Same, Some(range)) => Some(self.scratch.get(range).unwrap_or_default()),
            (Content::Same, None) => None,
        };
        let slot = *self.nodes.slots.at(node);
        if !self.durable {
            if let Content::New(value) = content {
                if value.len() > self.scratch.len() {
                    return Err(Reason::TooLarge);
                }
                self.store.write(slot.key, &[value])?;
                self.note_stored(node, true);
            }
            return Ok(());
        }
        let desc = self.nodes.desc(node);
        let mut record = Record::default();
        if slot.key.is_dynamic() {
            record.set_number(key::PARENT, self.nodes.slots.at(slot.parent).key.0);
            record.set_number(key::FORMAT, u32::from(desc.format));
            record.set_string(key::NAME, Some(self.nodes.name(node)));
        }
        if slot.ver_no != 0 {
            record.set_number(key::VER_NO, u32::from(slot.ver_no));
        }
        if let Some(stamp) = self.nodes.time_stamp(node) {
            record.set_number(key::T_STAMP, stamp);
        }
        record.set_string(key::TYPE, self.nodes.field(node, Field::Type));
        record.set_string(key::ACL, self.nodes.field(node, Field::Acl));
        record.set_string(key::TITLE, self.nodes.field(node, Field::Title));
        record.set_string(key::VALUE, value);
        let heads = record.heads();
        // An optional permanent node exists by having a record.
        if heads.is_empty() && (desc.has(flags::REQUIRED) || node == ROOT) {
            self.store.erase(slot.key)?;
            self.note_stored(node, false);
            return Ok(());
        }
        let parts = record.parts(&heads);
        let mut length = 0usize;
        for part in parts {
            length = length.saturating_add(part.len());
        }
        if length > self.scratch.len() {
            // What is written must be readable; a value is too large, anything else has no room.
            return Err(if matches!(content, Content::New(_)) {
                Reason::TooLarge
            } else {
                Reason::Full
            });
        }
        self.store.write(slot.key, &parts)?;
        self.note_stored(node, true);
        Ok(())
    }

    /// Removes the node's record. A failure leaves something behind that must not be mistaken for a node later: the
    /// tree then accepts no change until it is opened again, which cleans up.
    pub(crate) fn erase(&mut self, node: Index) {
        let slot = *self.nodes.slots.at(node);
        if slot.has(state::STORED) {
            self.broken |= self.store.erase(slot.key).is_err();
            self.note_stored(node, false);
        }
    }

    pub(crate) fn note_stored(&mut self, node: Index, stored: bool) {
        if let Some(slot) = self.nodes.slots.at_mut(node) {
            slot.flags = if stored {
                slot.flags | state::STORED
            } else {
                slot.flags & !state::STORED
            };
        }
    }
}
