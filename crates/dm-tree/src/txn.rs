//! Where a command stands in a transaction, and the handlers that take part in it.

use crate::handler::{At, Handler, Outcome, Progress};
use crate::reason::Reason;
use crate::slots::Index;
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
    pub(crate) joined: u32,
    /// The transaction is that of a serialised tree, and waits only for handlers to prepare.
    #[cfg(feature = "tnds")]
    pub(crate) waits: bool,
    /// The mounts whose handlers have prepared the commit.
    #[cfg(feature = "transaction")]
    pub(crate) prepared: u32,
    /// Why a handler could not take back what it did in the last transaction that was rolled back.
    #[cfg(feature = "transaction")]
    pub(crate) left_behind: Option<Reason>,
    /// Journal entries that have been written, the dropped ones included.
    pub(crate) peak: u16,
}

impl Tree<'_> {
    /// Whether a transaction is open. Without the feature everything that follows from it is left out of the image.
    #[must_use]
    pub const fn in_transaction(&self) -> bool {
        cfg!(feature = "transaction") && self.txn.open
    }

    /// Lets the handler behind a node change something; inside a transaction it must take part.
    #[inline(never)]
    pub(crate) fn behind(
        &mut self,
        node: Index,
        change: &mut dyn FnMut(&mut dyn Handler, At<'_>) -> Outcome,
    ) -> Outcome {
        if self.in_transaction() && self.join(node)? == Progress::NotYet {
            return Ok(Progress::NotYet);
        }
        let progress = self.reach(node, change)?;
        self.txn.reached |= self.in_transaction() && progress != Progress::NotYet;
        Ok(progress)
    }

    fn join(&mut self, node: Index) -> Outcome {
        let (_, index) = self.mount_above(node)?;
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
        Ok(Progress::Done)
    }
}

/// The bit of a mount; none beyond the 32nd.
pub(crate) fn bit(index: usize) -> u32 {
    u32::try_from(index)
        .ok()
        .and_then(|index| 1u32.checked_shl(index))
        .unwrap_or(0)
}
