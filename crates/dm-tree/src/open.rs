//! Opening: the permanent nodes, what the store remembers, the published limits.

use crate::acl;
use crate::changes::Changes;
use crate::decimal::Decimal;
use crate::handler::Mount;
use crate::journal::DIGEST_START;
use crate::nodes::Nodes;
use crate::pool::{Field, Pool};
use crate::reason::Reason;
use crate::record::{Record, key};
use crate::schema::{DescId, Schema, flags};
use crate::slots::{Index, NONE, ROOT, Slots};
use crate::store::{Key, Store, StoreError};
use crate::tree::{Tree, TreeMemory};
use crate::txn::Txn;
use crate::uri::UriLimits;
use crate::values::Content;

impl<'a> Tree<'a> {
    /// Brings the tree to life: the root, every required permanent node, and what the store remembers; and publishes
    /// `limits` in `./DevDetail/URI` where the schema has it (`TREE-C-009`).
    ///
    /// The schema must have passed [`Schema::check`].
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
        tree.recover()?;
        if tree.is_durable() {
            tree.finish_reset()?;
        }
        tree.open_permanent()?;
        if tree.is_durable() {
            tree.restore()?;
        }
        tree.nodes.slots.seal();
        tree.publish_limits()?;
        Ok(tree)
    }

    /// Creates the permanent nodes: the required ones, and the others that have a record.
    fn open_permanent(&mut self) -> Result<(), Reason> {
        if !self.nodes.slots.take_at(ROOT) {
            return Err(Reason::Full);
        }
        self.nodes.plant_root(self.is_mount(DescId::ROOT));
        let mut node = ROOT;
        while node != NONE {
            self.recall(node)?;
            for id in self.nodes.schema.children(self.nodes.slots.at(node).desc()) {
                let desc = self.nodes.describe(id);
                let name = self.nodes.schema.name(id);
                if !desc.has(flags::PERMANENT) || name.is_empty() {
                    continue;
                }
                let key = self.nodes.slots.at(node).key.child(name);
                let is_needed = desc.has(flags::REQUIRED) || self.is_served(id);
                if is_needed || (self.is_durable() && self.has_record(key)?) {
                    let place = self.nodes.slots.take_last().ok_or(Reason::Full)?;
                    self.nodes
                        .insert(node, id, name, self.is_mount(id), Some(place))?;
                }
            }
            node = self.nodes.slots.next_in(ROOT, node);
        }
        Ok(())
    }

    /// Whether the tree itself stands behind an optional node: the Inbox is there where it can be used.
    fn is_served(&self, id: DescId) -> bool {
        #[cfg(feature = "tnds")]
        return self.nodes.schema.mime(id).starts_with(crate::tnds::INBOX);
        #[cfg(not(feature = "tnds"))]
        {
            let _ = id;
            false
        }
    }

    #[inline(never)]
    pub(crate) fn has_record(&mut self, key: Key) -> Result<bool, Reason> {
        match self.store.read(key, self.scratch) {
            Ok(found) => Ok(found.is_some()),
            Err(StoreError::TooLarge(_)) => Ok(true),
            Err(error) => Err(error.into()),
        }
    }

    /// Brings back what is remembered of a node that lies in its place.
    fn recall(&mut self, node: Index) -> Result<(), Reason> {
        let key = self.nodes.slots.at(node).key;
        let length = match self.store.read(key, self.scratch) {
            Ok(None) => return Ok(()),
            Ok(Some(length)) => length,
            // A value of a larger memory: it is there, and cannot be read.
            Err(StoreError::TooLarge(_)) if !self.is_durable() => 0,
            Err(error) => return Err(error.into()),
        };
        self.note_stored(node, true);
        if self.is_durable() {
            let record = self
                .scratch
                .get(..length)
                .and_then(Record::parse)
                .ok_or(Reason::Store)?;
            self.nodes.apply(node, &record)?;
        }
        Ok(())
    }

    /// `OBJ-C-015`
    fn publish_limits(&mut self) -> Result<(), Reason> {
        for (path, limit) in [
            (&b"DevDetail/URI/MaxDepth"[..], self.limits.max_depth),
            (b"DevDetail/URI/MaxTotLen", self.limits.max_tot_len),
            (b"DevDetail/URI/MaxSegLen", self.limits.max_seg_len),
        ] {
            let walk = self.nodes.walk(path);
            let node = walk.node;
            if !walk.whole || self.is_mounted(node) || !self.nodes.is_leaf(node) {
                continue;
            }
            let text = Decimal::new(u32::from(limit));
            if !self.has_value(node, text.as_bytes())? {
                self.save(node, Content::New(text.as_bytes()))?;
            }
        }
        Ok(())
    }
}

impl Nodes<'_> {
    fn plant_root(&mut self, is_mount: bool) {
        if let Some(root) = self.slots.at_mut(ROOT) {
            root.key = Key::ROOT;
            if is_mount {
                root.flags |= crate::slots::state::MOUNTED;
            }
        }
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
