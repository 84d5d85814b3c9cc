//! Transactions: several commands that count together or not at all.
//!
//! Structure changes in place, with an undo log behind it; records wait in the [journal](crate::journal). A command
//! outside a transaction needs neither: it writes one record, or writes last the one that makes the others count.

use crate::handler::{Outcome, Progress};
use crate::reason::Reason;
use crate::slots::{Index, NONE};
use crate::tree::Tree;

/// The state of the transaction.
#[derive(Default)]
pub(crate) struct Txn {
    /// Number of the open transaction, or of the next one.
    pub(crate) number: u32,
    pub(crate) open: bool,
    /// A handler has done something that the tree has taken back: there must be no commit.
    pub(crate) spoiled: bool,
    /// A handler has changed something in the present command.
    pub(crate) reached: bool,
    /// The mounts whose handlers take part, a bit for each.
    joined: u32,
    /// The mounts whose handlers have prepared the commit.
    prepared: u32,
    /// Journal entries that have been written, the dropped ones included.
    pub(crate) peak: u16,
}

impl Tree<'_> {
    /// Begins a transaction: from here on every change, by whomever, waits for [`commit`](Self::commit).
    ///
    /// # Errors
    /// [`Reason::Busy`] when one is open; [`Reason::Store`].
    pub fn begin(&mut self) -> Result<(), Reason> {
        self.writable()?;
        if self.txn.open {
            return Err(Reason::Busy);
        }
        self.txn.open = true;
        Ok(())
    }

    /// Whether a transaction is open.
    #[must_use]
    pub fn in_transaction(&self) -> bool {
        self.txn.open
    }

    /// Makes everything since [`begin`](Self::begin) count, also after a power failure at any moment. On
    /// [`Progress::NotYet`] a handler is not ready to prepare: the transaction stays open, call again.
    ///
    /// Costs a record for each changed node, two more to copy and one to erase it, and three of the transaction itself.
    ///
    /// # Errors
    /// [`Reason::Full`], [`Reason::Store`], or why a handler could not prepare. All is rolled back then.
    pub fn commit(&mut self) -> Outcome {
        if !self.txn.open {
            return Ok(Progress::Done);
        }
        match self.prepare() {
            Ok(Progress::NotYet) => return Ok(Progress::NotYet),
            Ok(_) => {}
            Err(reason) => {
                self.roll_back();
                return Err(reason);
            }
        }
        // Nothing that fails from here on can take the transaction back: the next `open` finishes it. Until then values are
        // read from the journal.
        if self.finish().is_err() {
            self.broken = true;
            self.txn.open = false;
        } else {
            self.end();
        }
        Ok(Progress::Done)
    }

    /// Everything up to the commit record.
    fn prepare(&mut self) -> Outcome {
        if self.txn.spoiled {
            return Err(Reason::Store);
        }
        for (index, mount) in self.mounts.iter_mut().enumerate() {
            let bit = bit(index);
            if self.txn.joined & !self.txn.prepared & bit != 0 {
                if mount.handler.prepare(self.txn.number)? == Progress::NotYet {
                    return Ok(Progress::NotYet);
                }
                self.txn.prepared |= bit;
            }
        }
        if self.is_durable() && self.is_changed() {
            self.write_commit()?;
        }
        Ok(Progress::Done)
    }

    /// Whether there is anything to be committed that outlives a restart.
    fn is_changed(&self) -> bool {
        self.nodes.staged != 0 || self.txn.joined != 0
    }

    fn finish(&mut self) -> Result<(), Reason> {
        let changed = self.is_changed();
        let applied = self.finish_journal();
        for (index, mount) in self.mounts.iter_mut().enumerate() {
            if self.txn.joined & bit(index) != 0 {
                mount.handler.commit(self.txn.number);
            }
        }
        applied?;
        let mut depth = 0;
        while let Some((top, next)) = self.nodes.next_detached(depth) {
            let mut node = top;
            while node != NONE {
                self.erase(node);
                node = self.nodes.slots.next_in(top, node);
            }
            depth = next;
        }
        self.clear_journal(changed)?;
        if changed {
            self.txn.number = self.txn.number.wrapping_add(1);
        }
        Ok(())
    }

    /// Takes back everything since [`begin`](Self::begin).
    pub fn roll_back(&mut self) {
        if !self.txn.open {
            return;
        }
        self.nodes.roll_back_all();
        for (index, mount) in self.mounts.iter_mut().enumerate() {
            if self.txn.joined & bit(index) != 0 {
                mount.handler.roll_back(self.txn.number);
            }
        }
        // What stays of the journal is thrown away by `open`.
        let _ = self.clear_journal(false);
        self.end();
    }

    fn end(&mut self) {
        self.nodes.sweep();
        self.txn.open = false;
        self.txn.spoiled = false;
        self.txn.joined = 0;
        self.txn.prepared = 0;
    }

    /// Before a handler changes something: inside a transaction it must take part.
    pub(crate) fn join(&mut self, node: Index) -> Outcome {
        if self.txn.open {
            let index = self.mount_above(node)?;
            let bit = bit(index);
            if bit == 0 {
                return Err(Reason::InUse);
            }
            if self.txn.joined & bit == 0 {
                let mount = self.mounts.get_mut(index).ok_or(Reason::NoSuchNode)?;
                if mount.handler.prepare(self.txn.number)? == Progress::NotYet {
                    return Ok(Progress::NotYet);
                }
                self.txn.joined |= bit;
            }
        }
        Ok(Progress::Done)
    }
}

/// The bit of a mount; none beyond the 32nd.
fn bit(index: usize) -> u32 {
    u32::try_from(index)
        .ok()
        .and_then(|index| 1u32.checked_shl(index))
        .unwrap_or(0)
}
