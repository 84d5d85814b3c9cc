//! What is being sent in pieces stays as it is until it is sent.

use crate::reason::Reason;
#[cfg(feature = "hold")]
use crate::slots::NodeId;
use crate::slots::{Index, NONE};
use crate::tree::{By, Tree};

/// What is being sent in pieces, and must stay as it is.
#[derive(Clone, Copy, PartialEq, Eq)]
#[cfg_attr(not(feature = "hold"), allow(dead_code))]
pub(crate) struct Held {
    /// The structure below.
    top: Index,
    /// The value; none: all values below.
    leaf: Index,
    /// Of a serialised tree: how far it was written the last time.
    #[cfg(feature = "tnds")]
    pub(crate) mark: Option<crate::tnds::Mark>,
}

#[cfg(feature = "hold")]
impl Held {
    const fn new(top: NodeId, leaf: Index) -> Self {
        Self {
            top: top.index(),
            leaf,
            #[cfg(feature = "tnds")]
            mark: None,
        }
    }
}

#[cfg(feature = "tnds")]
impl Held {
    /// Whether everything from `top` on is held.
    pub(crate) fn is_all(&self, top: Index) -> bool {
        self.top == top && self.leaf == NONE
    }
}

impl Tree<'_> {
    /// From now on the device itself can neither add, remove or rename anything below `top`, nor `top` itself, nor change the
    /// value of `leaf`: it gets [`Reason::Busy`]. For a result that is sent in pieces; both may be one node.
    #[cfg(feature = "hold")]
    pub fn hold(&mut self, top: NodeId, leaf: NodeId) {
        self.held = Some(Held::new(top, leaf.index()));
    }

    /// [`hold`](Self::hold) for `top` and all values and properties below it. While they are held a serialised tree that is
    /// read in pieces goes on near where the last piece ended.
    #[cfg(feature = "tnds")]
    pub fn hold_all(&mut self, top: NodeId) {
        if !self.held.is_some_and(|held| held.is_all(top.index())) {
            self.held = Some(Held::new(top, NONE));
        }
    }

    /// Ends [`hold`](Self::hold).
    pub fn let_go(&mut self) {
        self.held = None;
    }

    /// Refuses a change of structure below `node` by the device itself while that is held; with `moves`, also one that
    /// removes or renames `node`.
    pub(crate) fn free_structure(
        &self,
        by: By<'_>,
        node: Index,
        moves: bool,
    ) -> Result<(), Reason> {
        match self.held {
            Some(held)
                if cfg!(feature = "hold")
                    && !by.is_server()
                    && (self.is_below(node, held.top)
                        || (moves && self.is_below(held.top, node))) =>
            {
                Err(Reason::Busy)
            }
            _ => Ok(()),
        }
    }

    /// Refuses a change of the value of `node` by the device itself while that is held.
    pub(crate) fn free_value(&self, by: By<'_>, node: Index) -> Result<(), Reason> {
        match self.held {
            Some(held) if cfg!(feature = "hold") && !by.is_server() => {
                let is_all = cfg!(feature = "tnds") && held.leaf == NONE;
                if held.leaf == node || (is_all && self.is_below(node, held.top)) {
                    Err(Reason::Busy)
                } else {
                    Ok(())
                }
            }
            _ => Ok(()),
        }
    }

    #[inline(never)]
    pub(crate) fn is_below(&self, node: Index, top: Index) -> bool {
        let mut at = node;
        while at != top && at != NONE {
            at = self.nodes.slots.at(at).parent;
        }
        at == top
    }
}
