//! Factory reset: everything the tree has ever been told is forgotten.
//!
//! In a durable store one record is the point of no return: the image header, marked. `open` does the rest, as often as it
//! takes.

use crate::local::Factory;
use crate::nodes::Nodes;
use crate::reason::Reason;
use crate::remember::Header;
use crate::schema::{DescId, flags};
use crate::store::Key;
use crate::tree::Tree;

/// In the image header: all records are to go.
pub(crate) const RESET: u8 = 1;

impl Factory<'_, '_> {
    /// Factory reset: forgets all values, ACLs and titles and all dynamic nodes, accounts and their secrets included. It has
    /// happened when the tree is opened again, whatever power does meanwhile; until then no change is accepted. Afterwards the
    /// tree is as described and [`factory`](Tree::factory) seeds it anew.
    ///
    /// What is behind handlers is the application's own, and so are records of permanent nodes that only an earlier schema
    /// described: to be rid of these too the store is formatted. Costs one record, and the next `open` one erasure for each
    /// record there is.
    ///
    /// # Errors
    /// [`Reason::Busy`] inside a transaction; [`Reason::Store`].
    pub fn reset(&mut self) -> Result<(), Reason> {
        let tree = &mut *self.tree;
        if tree.in_transaction() {
            return Err(Reason::Busy);
        }
        tree.writable()?;
        if tree.is_durable() {
            let header = Header {
                reset: true,
                numbers: tree.numbers,
                schema: 0,
            };
            tree.store.write(Key::HEADER, &[&header.to_bytes()])?;
        } else {
            tree.erase_all(tree.nodes.slots.len())?;
        }
        tree.broken = true;
        Ok(())
    }
}

impl Tree<'_> {
    /// Does what a reset before the restart has left to do.
    pub(crate) fn finish_reset(&mut self) -> Result<(), Reason> {
        if let Some(header) = self.read_header()?
            && header.reset
        {
            self.erase_all(header.numbers)?;
            self.store.erase(Key::HEADER)?;
        }
        Ok(())
    }

    /// Erases the records of all permanent nodes, and of dynamic nodes up to a number.
    fn erase_all(&mut self, numbers: u16) -> Result<(), Reason> {
        for number in 0..numbers {
            self.store.erase(Key::dynamic(number))?;
        }
        let count = u16::try_from(self.nodes.schema.nodes.len()).unwrap_or(u16::MAX);
        for id in (0..count).map(DescId) {
            if let Some(key) = self.nodes.permanent_key(id) {
                self.store.erase(key)?;
            }
        }
        Ok(())
    }
}

impl Nodes<'_> {
    /// The key of the node of a description, where that is one permanent node.
    pub(crate) fn permanent_key(&self, id: DescId) -> Option<Key> {
        let above = |id: DescId| {
            let desc = self.describe(id);
            let is_named = desc.has(flags::PERMANENT) && desc.name_len != 0;
            // A parent stands before its children: this ends.
            (is_named && desc.parent < id.0).then_some(DescId(desc.parent))
        };
        let mut depth = 0u32;
        let mut at = id;
        while at != DescId::ROOT {
            at = above(at)?;
            depth = depth.saturating_add(1);
        }
        let mut key = Key::ROOT;
        while depth != 0 {
            depth = depth.saturating_sub(1);
            let mut at = id;
            for _ in 0..depth {
                at = above(at)?;
            }
            key = key.child(self.schema.name(at));
        }
        Some(key)
    }
}
