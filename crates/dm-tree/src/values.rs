//! Values in the store: reading, writing, and what is remembered beside them.

use core::ops::Range;

use crate::decimal::Decimal;
use crate::handler::{Outcome, Progress};
use crate::journal::{ENTRY_HEAD, WRITE, digest, entry_head};
use crate::reason::Reason;
use crate::record::{PARTS, Record, key};
use crate::schema::{DescId, flags};
use crate::sink::Sink;
use crate::slots::{Index, ROOT, state};
use crate::store::Key;
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
    pub(crate) fn load(&mut self, node: Index) -> Result<Option<Range<usize>>, Reason> {
        let Some((start, end)) = self.read_record(node)? else {
            return Ok(None);
        };
        if !self.is_durable() {
            return Ok(Some(start..end));
        }
        let record = self
            .scratch
            .get(start..end)
            .and_then(Record::parse)
            .ok_or(Reason::Store)?;
        // The value is the last thing in the record.
        Ok(record
            .string(key::VALUE)
            .map(|value| end.saturating_sub(value.len())..end))
    }

    /// Writes the value of a leaf to `out`: the stored one, else the described default, else nothing.
    pub(crate) fn read_value(&mut self, node: Index, out: &mut Sink<'_>) -> Outcome {
        if self.is_mounted(node) {
            return self.reach(node, &mut |handler, at| handler.get(at, out));
        }
        let key = self.nodes.slots.at(node).key;
        if let Some(limit) = self.limits.told_by(key) {
            out.put(Decimal::new(u32::from(limit)).as_bytes());
            return Ok(Progress::Done);
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

    /// Writes the node's record, with the properties as they are now; inside a transaction, to the journal.
    pub(crate) fn save(&mut self, node: Index, content: Content<'_>) -> Result<(), Reason> {
        let slot = *self.nodes.slots.at(node);
        if self.is_durable() {
            self.note_number(slot.key)?;
        } else if matches!(content, Content::Same) {
            return Ok(());
        }
        if let Content::New(value) = content {
            // It would never be read.
            if self.limits.told_by(slot.key).is_some() {
                return Err(Reason::AccessType);
            }
            if self.is_what_default_says(slot.desc(), slot.flags, value) {
                return Ok(());
            }
        }
        let range = match content {
            Content::New(_) => None,
            Content::Same => self.load(node)?,
        };
        let value = match (content, range) {
            (Content::New(value), _) => Some(value),
            (Content::Same, Some(range)) => Some(self.scratch.get(range).unwrap_or_default()),
            (Content::Same, None) => None,
        };
        let entry = entry_head(WRITE, slot.key);
        let (key, head): (Key, &[u8]) = if self.in_transaction() {
            (Key::entry(self.nodes.staged), &entry)
        } else {
            (slot.key, &[])
        };
        let heads;
        let mut long;
        let short = [head, value.unwrap_or_default()];
        let [_, bare @ ..] = &short;
        let mut parts: &[&[u8]] = if head.is_empty() { bare } else { &short };
        if self.is_durable() {
            let mut record = self.nodes.record(node);
            record.set_string(key::VALUE, value);
            heads = record.heads();
            let desc = self.nodes.desc(node);
            // An optional permanent node exists by having a record.
            if heads.is_empty() && (desc.has(flags::REQUIRED) || node == ROOT) {
                return self.unsave(node);
            }
            long = [head; PARTS + 1];
            let [_, body @ ..] = &mut long;
            *body = record.parts(&heads);
            parts = &long;
        }
        let mut length = ENTRY_HEAD.saturating_sub(head.len());
        for part in parts {
            length = length.saturating_add(part.len());
        }
        if length > self.scratch.len() {
            // What is written must be readable. A value is too large; anything else has no room.
            return Err(if matches!(content, Content::New(_)) {
                Reason::TooLarge
            } else {
                Reason::Full
            });
        }
        self.store.write(key, parts)?;
        if !self.in_transaction() {
            self.note_stored(node, true);
            return Ok(());
        }
        let mut hash = self.nodes.digest;
        for part in parts {
            hash = digest(hash, part);
        }
        self.note_staged(node, WRITE, length, hash)
    }

    /// Whether a leaf without a record reads as this value, and the store is one that a restart empties: elsewhere a value
    /// that was given stays what it was when the next firmware describes another default.
    fn is_what_default_says(&self, id: DescId, flags: u8, value: &[u8]) -> bool {
        !self.durable
            && flags & (state::STORED | state::STAGED) == 0
            && self.nodes.schema.default_value(id).unwrap_or_default() == value
    }

    /// Removes the node's record, if it has one.
    pub(crate) fn unsave(&mut self, node: Index) -> Result<(), Reason> {
        let slot = *self.nodes.slots.at(node);
        if slot.flags & (state::STORED | state::STAGED) == 0 {
            return Ok(());
        }
        if self.in_transaction() {
            return self.stage_erase(node);
        }
        self.store.erase(slot.key)?;
        self.note_stored(node, false);
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
        self.nodes.slots.set(node, state::STORED, stored);
    }
}
