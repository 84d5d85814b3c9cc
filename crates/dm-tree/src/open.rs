//! Opening: the permanent nodes, what the store remembers, the published limits.

use crate::acl;
use crate::changes::Changes;
use crate::handler::Mount;
use crate::journal::DIGEST_START;
use crate::nodes::Nodes;
use crate::pool::{Field, Pool};
use crate::reason::Reason;
use crate::record::{Record, key};
use crate::schema::{DescId, Schema, flags};
use crate::slots::{Index, NONE, ROOT, Slots, state};
use crate::store::{Key, Store, StoreError};
use crate::tree::{Tree, TreeMemory};
use crate::txn::Txn;
use crate::uri::UriLimits;

impl<'a> Tree<'a> {
    /// Brings the tree to life: the root, every required permanent node, and what the store remembers. Where the schema has
    /// `./DevDetail/URI` its leaves tell `limits` from now on, whatever the store says (`TREE-C-009`), and take no other value:
    /// [`Reason::AccessType`], whoever tries.
    ///
    /// The schema must have passed [`Schema::check`]. Costs one pass over a durable store ([`Store::scan`]), and a second one
    /// when a power failure has left something to be finished. A store without a pass, or one in whose pass a record does not
    /// fit or cannot be read, is asked for each key there could be: one `read` for each permanent description and each number
    /// of a dynamic node.
    ///
    /// # Errors
    /// [`Reason::Full`] when the memory is too small, [`Reason::Store`] when the store fails or holds something that is no
    /// record.
    pub fn open(
        schema: &'a Schema<'a>,
        store: &'a mut dyn Store,
        mounts: &'a mut [Mount<'a>],
        memory: TreeMemory<'a>,
        limits: UriLimits,
    ) -> Result<Self, Reason> {
        let mut tree = Self {
            nodes: Nodes {
                schema,
                slots: Slots::new(memory.nodes),
                pool: Pool::new(memory.pool),
                displaced: false,
                staged: 0,
                digest: DIGEST_START,
            },
            store,
            mounts,
            scratch: memory.value,
            limits,
            now: 0,
            failed: 0,
            durable: false,
            numbers: 0,
            unbound: 0,
            txn: Txn::default(),
            held: None,
            broken: false,
            changes: Changes::default(),
        };
        tree.durable = tree.store.is_durable();
        if tree.is_durable() {
            tree.remember()?;
        } else {
            tree.nodes.plant_all(tree.mounts)?;
            // One that a restart empties has none.
            if tree.durable {
                tree.note_values()?;
            }
        }
        tree.nodes.slots.seal();
        Ok(tree)
    }

    /// Takes note of which nodes have a value in a store that keeps nothing else.
    fn note_values(&mut self) -> Result<(), Reason> {
        for slot in self.nodes.slots.all_mut() {
            if slot.has(state::LIVE) && has_record(self.store, slot.key, self.scratch)? {
                slot.flags |= state::STORED;
            }
        }
        Ok(())
    }
}

pub(crate) fn has_record(
    store: &mut dyn Store,
    key: Key,
    scratch: &mut [u8],
) -> Result<bool, Reason> {
    match store.read(key, scratch) {
        Ok(found) => Ok(found.is_some()),
        Err(StoreError::TooLarge(_)) => Ok(true),
        Err(error) => Err(error.into()),
    }
}

impl Nodes<'_> {
    /// Creates the root and every required permanent node.
    pub(crate) fn plant_all(&mut self, mounts: &[Mount<'_>]) -> Result<(), Reason> {
        if !self.slots.take_at(ROOT) {
            return Err(Reason::Full);
        }
        if let Some(root) = self.slots.at_mut(ROOT) {
            root.key = Key::ROOT;
            if is_mount(mounts, DescId::ROOT) {
                root.flags |= state::MOUNTED;
            }
        }
        self.plant_below(ROOT, mounts)
    }

    /// Creates the required permanent nodes below one that has no children yet.
    pub(crate) fn plant_below(&mut self, top: Index, mounts: &[Mount<'_>]) -> Result<(), Reason> {
        let mut node = top;
        while node != NONE {
            for id in self.schema.children(self.slots.at(node).desc()) {
                let desc = self.describe(id);
                if desc.has(flags::PERMANENT) && desc.name_len != 0 && self.is_needed(id) {
                    self.create(node, id, self.schema.name_of(desc), mounts)?;
                }
            }
            node = self.slots.next_in(top, node);
        }
        Ok(())
    }

    /// Whether a permanent node is there without having been created: the required ones are, and where it can be used
    /// the Inbox, behind which the tree itself stands.
    pub(crate) fn is_needed(&self, id: DescId) -> bool {
        #[cfg(feature = "tnds")]
        let is_served = self.schema.mime(id).starts_with(crate::tnds::INBOX);
        #[cfg(not(feature = "tnds"))]
        let is_served = false;
        is_served || self.describe(id).has(flags::REQUIRED)
    }

    /// Gives a node the properties of its record.
    pub(crate) fn apply(&mut self, node: Index, record: &Record<'_>) -> Result<(), Reason> {
        // What is not well formed was not written by a tree.
        let acl = record.string(key::ACL).unwrap_or_default();
        let others = [record.string(key::TITLE), record.string(key::TYPE)];
        let damaged =
            |text: &Option<&[u8]>| core::str::from_utf8(text.unwrap_or_default()).is_err();
        if acl::check(acl).is_err() || others.iter().any(damaged) {
            return Err(Reason::Store);
        }
        for (field, key) in [
            (Field::Acl, key::ACL),
            (Field::Type, key::TYPE),
            (Field::Title, key::TITLE),
        ] {
            if let Some(bytes) = record.string(key) {
                self.set_field(node, field, &[bytes])?;
            }
        }
        if let Some(stamp) = record.number(key::T_STAMP) {
            self.set_field(node, Field::TStamp, &[&stamp.to_le_bytes()])?;
        }
        if let (Some(ver_no), Some(slot)) = (record.number(key::VER_NO), self.slots.at_mut(node)) {
            slot.ver_no = ver_no as u16;
        }
        Ok(())
    }
}

#[inline(never)]
pub(crate) fn is_mount(mounts: &[Mount<'_>], id: DescId) -> bool {
    mounts.iter().any(|mount| mount.at == id)
}
