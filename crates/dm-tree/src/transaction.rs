//! Transactions: several commands that count together or not at all.
//!
//! Structure changes in place, with an undo log behind it; records wait in the [journal](crate::journal). A command
//! outside a transaction needs neither: it writes one record, or writes last the one that makes the others count.

use crate::handler::{Outcome, Progress};
use crate::journal::WRITE;
use crate::nodes::Nodes;
use crate::reason::Reason;
use crate::slots::{Index, NONE, state};
use crate::store::Key;
use crate::tree::Tree;
use crate::txn::bit;
use crate::undo::{Mark, STAGED, WHAT};

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
        self.txn.left_behind = None;
        self.note_begin();
        Ok(())
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

    /// Takes back everything since [`begin`](Self::begin). What a handler could not take back is told by
    /// [`left_behind`](Self::left_behind).
    pub fn roll_back(&mut self) {
        if !self.txn.open {
            return;
        }
        self.note_roll_back();
        self.nodes.roll_back(Mark::START);
        for (index, mount) in self.mounts.iter_mut().enumerate() {
            if self.txn.joined & bit(index) != 0
                && let Err(reason) = mount.handler.roll_back(self.txn.number)
            {
                self.txn.left_behind = Some(reason);
            }
        }
        // What stays of the journal is thrown away by `open`.
        let _ = self.clear_journal(false);
        self.end();
    }

    /// Why the last transaction has left something behind although it was rolled back: a handler could not take back what it
    /// did; of several such handlers the last one's reason. `None` when nothing is left behind, after a commit, and from the
    /// next [`begin`](Self::begin) on.
    #[must_use]
    pub const fn left_behind(&self) -> Option<Reason> {
        self.txn.left_behind
    }

    fn end(&mut self) {
        self.nodes.sweep();
        self.txn.open = false;
        self.txn.spoiled = false;
        self.txn.joined = 0;
        self.txn.prepared = 0;
        #[cfg(feature = "tnds")]
        {
            self.txn.waits = false;
        }
    }

    /// The point of no return: the transaction counts.
    fn write_commit(&mut self) -> Result<(), Reason> {
        self.reserve_room()?;
        self.write_commit_record(true, self.nodes.staged, self.nodes.digest)?;
        Ok(())
    }

    /// Makes sure that the copies of all entries will fit beside the entries, by writing as much and erasing it.
    fn reserve_room(&mut self) -> Result<(), Reason> {
        let mut left = self.nodes.staged_bytes();
        let mut count = 0u16;
        let mut result = Ok(());
        while left != 0 && result.is_ok() && !self.scratch.is_empty() {
            let piece = left.min(self.scratch.len());
            let zeros = self.scratch.get(..piece).unwrap_or_default();
            result = self.store.write(Key::reserve(count), &[zeros]);
            left = left.saturating_sub(piece);
            count = count.saturating_add(1);
        }
        while count != 0 {
            count = count.saturating_sub(1);
            self.store.erase(Key::reserve(count))?;
        }
        Ok(result?)
    }

    /// Copies the entries of the committed transaction, and marks it finished.
    fn finish_journal(&mut self) -> Result<(), Reason> {
        self.apply(self.nodes.staged)?;
        let mut depth = 0;
        while let Some((Staged { node, what }, next)) = self.nodes.next_staged(depth) {
            self.note_stored(node, what == WRITE);
            depth = next;
        }
        Ok(())
    }

    /// Marks the last transaction finished and throws its journal away.
    fn clear_journal(&mut self, committed: bool) -> Result<(), Reason> {
        if committed && self.is_durable() {
            self.write_commit_record(false, 0, 0)?;
        }
        // From the end, so that what is left by a power failure has no gap.
        while self.txn.peak != 0 {
            self.txn.peak = self.txn.peak.saturating_sub(1);
            self.store.erase(Key::entry(self.txn.peak))?;
        }
        Ok(())
    }
}

/// What the latest journal entry does with the record of a node.
struct Staged {
    node: Index,
    what: u8,
}

impl Nodes<'_> {
    /// Sum of the lengths of all journal entries.
    fn staged_bytes(&self) -> usize {
        let mut sum = 0usize;
        let mut depth = 0;
        while let Some(logged) = self.pool.logged(depth) {
            if let (STAGED, [_, low, high, ..]) = (logged.kind, self.pool.logged_bytes(&logged)) {
                sum = sum.saturating_add(usize::from(u16::from_le_bytes([*low, *high])));
            }
            depth = depth.saturating_add(logged.size());
        }
        sum
    }

    /// The next node whose record is in the journal, from `depth` of the log on, and where to go on. It is not there any more
    /// after this: each one comes once, with what its latest entry does.
    fn next_staged(&mut self, depth: usize) -> Option<(Staged, usize)> {
        let mut depth = depth;
        loop {
            let logged = self.pool.logged(depth)?;
            depth = depth.saturating_add(logged.size());
            if logged.kind == STAGED && self.slots.at(logged.node).has(state::STAGED) {
                let what = self.pool.logged_bytes(&logged).first()? & WHAT;
                self.set_staged(logged.node, false);
                let node = logged.node;
                return Some((Staged { node, what }, depth));
            }
        }
    }
}
