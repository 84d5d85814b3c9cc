//! The journal: records that wait for the commit of a transaction.
//!
//! | key | record |
//! |---|---|
//! | `0xFFFF_0000 + i` | entry *i*: `what u8, key u32`, and the record that key is to have |
//! | `0xFFFF_8000 + i` | room for the copy, held for a moment |
//! | `0xFFFF_FFFE` | the commit record: `form u8, pending u8, entries u16, transaction u32, digest u32` |
//! | `0xFFFF_FFFF` | the image header: `form u8, reset u8, numbers u16, schema u32` |
//!
//! All numbers little-endian. A transaction counts from the moment its commit record is written with `pending` set.
//! What has not got so far is forgotten by `open`; what has is finished: entries are copied to their keys as often as it
//! takes.

#![deny(clippy::arithmetic_side_effects)]

use crate::open::has_record;
use crate::reason::Reason;
use crate::remember::{Commit, Header};
use crate::slots::{Index, state};
use crate::store::{Key, StoreError};
use crate::tree::Tree;

/// Bytes of an entry before the record.
pub(crate) const ENTRY_HEAD: usize = 5;

pub(crate) const FORM: u8 = 1;

/// What an entry does.
pub(crate) const ERASE: u8 = 0;
pub(crate) const WRITE: u8 = 1;

impl Key {
    pub(crate) const COMMIT: Self = Self(0xFFFF_FFFE);
    pub(crate) const HEADER: Self = Self(0xFFFF_FFFF);

    pub(crate) const fn entry(index: u16) -> Self {
        // At most 0x7FFF entries: each costs more than two bytes of the undo log.
        Self(0xFFFF_0000 | (index & 0x7FFF) as u32)
    }

    pub(crate) const fn reserve(index: u16) -> Self {
        Self(0xFFFF_8000 | (index & 0x3FFF) as u32)
    }
}

/// Continues an FNV-1a hash.
pub(crate) fn digest(mut hash: u32, bytes: &[u8]) -> u32 {
    for byte in bytes {
        hash = (hash ^ u32::from(*byte)).wrapping_mul(0x0100_0193);
    }
    hash
}

/// The head of an entry.
pub(crate) fn entry_head(what: u8, key: Key) -> [u8; ENTRY_HEAD] {
    let [a, b, c, d] = key.0.to_le_bytes();
    [what, a, b, c, d]
}

fn entry_key(head: &[u8]) -> Option<(u8, Key)> {
    match head {
        [what, a, b, c, d, ..] => Some((*what, Key(u32::from_le_bytes([*a, *b, *c, *d])))),
        _ => None,
    }
}

impl Tree<'_> {
    /// Stages the removal of the node's record.
    pub(crate) fn stage_erase(&mut self, node: Index) -> Result<(), Reason> {
        let head = entry_head(ERASE, self.nodes.slots.at(node).key);
        self.store.write(Key::entry(self.nodes.staged), &[&head])?;
        self.note_staged(node, ERASE, head.len(), digest(self.nodes.digest, &head))
    }

    /// Takes note of an entry that has just been written, and of the digest with it.
    pub(crate) fn note_staged(
        &mut self,
        node: Index,
        what: u8,
        length: usize,
        hash: u32,
    ) -> Result<(), Reason> {
        self.txn.peak = self.txn.peak.max(self.nodes.staged.saturating_add(1));
        self.nodes.log_staged(node, what, length as u16, hash)
    }

    pub(crate) fn write_commit_record(
        &mut self,
        pending: bool,
        entries: u16,
        hash: u32,
    ) -> Result<(), StoreError> {
        let parts: [&[u8]; 4] = [
            &[FORM, u8::from(pending)],
            &entries.to_le_bytes(),
            &self.txn.number.to_le_bytes(),
            &hash.to_le_bytes(),
        ];
        self.store.write(Key::COMMIT, &parts)
    }

    /// Copies the first `count` entries to their keys.
    pub(crate) fn apply(&mut self, count: u16) -> Result<(), Reason> {
        for index in 0..count {
            let length = self
                .store
                .read(Key::entry(index), self.scratch)?
                .ok_or(Reason::Store)?;
            let entry = self.scratch.get(..length).unwrap_or_default();
            let (what, key) = entry_key(entry).ok_or(Reason::Store)?;
            if !self.is_durable() {
                // Nothing survives a restart anyway, and this makes room for the copy.
                self.store.erase(Key::entry(index))?;
            }
            match what {
                ERASE => self.store.erase(key)?,
                _ => self
                    .store
                    .write(key, &[entry.get(ENTRY_HEAD..).unwrap_or_default()])?,
            }
        }
        Ok(())
    }

    /// Finishes or forgets the journal that a restart has left.
    pub(crate) fn recover(&mut self) -> Result<(), Reason> {
        let mut commit = [0; 12];
        let length = self.read_fixed(Key::COMMIT, &mut commit)?;
        let commit = length.and_then(|length| commit.get(..length));
        let commit = commit.map(Commit::parse).transpose()?;
        let pending = commit.filter(|commit| commit.pending);
        if let Some(commit) = pending {
            if self.journal_digest(commit.entries)? != commit.digest {
                return Err(Reason::Store);
            }
            self.apply(commit.entries)?;
        }
        self.tell_handlers(commit)?;
        for keys in [Key::entry as fn(u16) -> Key, Key::reserve] {
            let mut count = 0u16;
            while has_record(self.store, keys(count), self.scratch)? {
                count = count.saturating_add(1);
            }
            while count != 0 {
                count = count.saturating_sub(1);
                self.store.erase(keys(count))?;
            }
        }
        Ok(())
    }

    /// Tells the handlers how the last transaction has ended, and marks it finished.
    pub(crate) fn tell_handlers(&mut self, last: Option<Commit>) -> Result<(), Reason> {
        if let Some(last) = last {
            self.txn.number = last.transaction;
            for mount in self.mounts.iter_mut() {
                mount.handler.commit(last.transaction);
            }
            if last.pending {
                self.write_commit_record(false, 0, 0)?;
            }
        }
        self.txn.number = self.txn.number.wrapping_add(1);
        for mount in self.mounts.iter_mut() {
            // Nobody waits for the answers of a transaction that a restart has broken off.
            let _ = mount.handler.roll_back(self.txn.number);
        }
        Ok(())
    }

    /// Reads a record of known length. A longer one is damage.
    pub(crate) fn read_fixed(&mut self, key: Key, buf: &mut [u8]) -> Result<Option<usize>, Reason> {
        self.store.read(key, buf).map_err(|_| Reason::Store)
    }

    fn journal_digest(&mut self, count: u16) -> Result<u32, Reason> {
        let mut hash = DIGEST_START;
        for index in 0..count {
            let length = self
                .store
                .read(Key::entry(index), self.scratch)?
                .ok_or(Reason::Store)?;
            hash = digest(hash, self.scratch.get(..length).unwrap_or_default());
        }
        Ok(hash)
    }

    pub(crate) fn read_header(&mut self) -> Result<Option<Header>, Reason> {
        let mut header = [0; 12];
        let length = self.read_fixed(Key::HEADER, &mut header)?;
        let header = length.and_then(|length| header.get(..length));
        header.map(Header::parse).transpose()
    }

    /// Makes sure that `open` will look for a dynamic node with this key.
    pub(crate) fn note_number(&mut self, key: Key) -> Result<(), Reason> {
        let number = key.0 as u16;
        if key.is_dynamic() && number >= self.numbers {
            // A step of sixteen, so that few new nodes need a new header.
            self.write_header((number | 15).saturating_add(1), self.nodes.schema.digest())?;
        }
        Ok(())
    }

    pub(crate) fn write_header(&mut self, numbers: u16, schema: u32) -> Result<(), Reason> {
        let header = Header {
            reset: false,
            numbers,
            schema,
        };
        self.store.write(Key::HEADER, &[&header.to_bytes()])?;
        self.numbers = numbers;
        Ok(())
    }

    /// The record a node has now, staged or stored, read into the scratch: where it lies there.
    pub(crate) fn read_record(&mut self, node: Index) -> Result<Option<(usize, usize)>, Reason> {
        let slot = *self.nodes.slots.at(node);
        let (key, start) = if cfg!(feature = "transaction") && slot.has(state::STAGED) {
            match self.nodes.staged_entry(node) {
                Some((index, WRITE)) => (Key::entry(index), ENTRY_HEAD),
                _ => return Ok(None),
            }
        } else if slot.has(state::STORED) {
            (slot.key, 0)
        } else {
            return Ok(None);
        };
        let length = self.store.read(key, self.scratch)?;
        Ok(length.map(|length| (start, length)))
    }
}

/// The digest of no entries.
pub(crate) const DIGEST_START: u32 = 0x811C_9DC5;
