//! What the open transaction has made and changed.

use crate::nodes::Nodes;
use crate::slots::{Index, NONE, NodeId};
use crate::tree::Tree;

impl Tree<'_> {
    /// Whether the open transaction has made this node. Costs a walk over the undo log, as the next one does.
    #[must_use]
    pub fn is_made_in_transaction(&self, node: NodeId) -> bool {
        let made = |node| self.in_transaction() && self.nodes.is_made(node);
        self.live(node).is_ok_and(made)
    }

    /// Whether the open transaction has changed this node or one below it.
    #[must_use]
    pub fn is_changed_in_transaction(&self, node: NodeId) -> bool {
        let changed = |node| self.in_transaction() && self.nodes.is_changed(node);
        self.live(node).is_ok_and(changed)
    }
}

impl Nodes<'_> {
    pub(crate) fn is_made(&self, node: Index) -> bool {
        self.logged_any(|kind, logged| kind == crate::undo::CREATED && logged == node)
    }

    fn is_changed(&self, top: Index) -> bool {
        self.logged_any(|_, logged| {
            let mut node = logged;
            while node != NONE && node != top {
                node = self.slots.at(node).parent;
            }
            node == top
        })
    }

    fn logged_any(&self, what: impl Fn(u8, Index) -> bool) -> bool {
        let mut depth = 0usize;
        while let Some(logged) = self.pool.logged(depth) {
            if what(logged.kind, logged.node) {
                return true;
            }
            depth = depth.saturating_add(logged.size());
        }
        false
    }
}
