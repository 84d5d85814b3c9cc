//! The structure of the tree: which nodes exist, what they are called, which ACL governs them.
//!
//! Nothing here asks who is asking; see [`crate::tree`].

use crate::acl::{self, cut};
use crate::format::Format;
use crate::pool::{Field, Pool};
use crate::reason::Reason;
use crate::record::{Record, key};
use crate::schema::{DescId, NodeDesc, Schema, flags};
use crate::slots::{Index, NONE, NodeSlot, ROOT, Slots, state};
use crate::store::Key;
use crate::uri::{first_segment, name_hash, same_name};

/// What stands in for a description that does not exist: a leaf that allows nothing.
static NO_DESC: NodeDesc = NodeDesc {
    name: 0,
    name_len: 0,
    format: Format::Null as u8,
    parent: 0,
    first_child: 0,
    children: 0,
    access: 0,
    flags: flags::PERMANENT,
    max: 1,
    mime: 0,
    mime_len: 0,
    reserved: 0,
    default: 0,
    default_len: 0,
};

/// How far a path leads.
pub(crate) struct Walk<'p> {
    /// The last node that exists.
    pub(crate) node: Index,
    /// What follows in the path, a query included.
    pub(crate) rest: &'p [u8],
    /// Whether nothing but a query follows.
    pub(crate) whole: bool,
    /// Number of segments that lead to the node.
    pub(crate) depth: u32,
    /// Bytes of the longest one that was passed.
    pub(crate) longest: u32,
}

pub(crate) struct Nodes<'a> {
    pub(crate) schema: &'a Schema<'a>,
    pub(crate) slots: Slots<'a>,
    pub(crate) pool: Pool<'a>,
    /// Whether a node's number may differ from its slot: records of a larger memory, or of another schema.
    pub(crate) displaced: bool,
    /// Number of journal entries.
    pub(crate) staged: u16,
    /// Digest of the journal entries.
    pub(crate) digest: u32,
}

impl<'a> Nodes<'a> {
    #[inline(never)]
    pub(crate) fn desc(&self, node: Index) -> &'a NodeDesc {
        let slot = self.slots.get(node);
        slot.and_then(|slot| self.schema.get(slot.desc()))
            .unwrap_or(&NO_DESC)
    }

    #[inline(never)]
    pub(crate) fn describe(&self, id: DescId) -> &'a NodeDesc {
        self.schema.get(id).unwrap_or(&NO_DESC)
    }

    pub(crate) fn is_leaf(&self, node: Index) -> bool {
        !self.desc(node).is_interior()
    }

    #[inline(never)]
    pub(crate) fn field(&self, node: Index, field: Field) -> Option<&[u8]> {
        self.pool.get(self.slots.get(node)?.pool, field)
    }

    pub(crate) fn time_stamp(&self, node: Index) -> Option<u32> {
        let bytes = self.field(node, Field::TStamp)?;
        bytes.try_into().ok().map(u32::from_le_bytes)
    }

    /// What is remembered of a node beside its value.
    pub(crate) fn record(&self, node: Index) -> Record<'_> {
        let mut record = Record::default();
        let slot = self.slots.at(node);
        if slot.key.is_dynamic() {
            record.set_number(key::PARENT, self.slots.at(slot.parent).key.0);
            record.set_number(key::FORMAT, u32::from(self.desc(node).format));
            record.set_string(key::NAME, Some(self.name(node)));
        }
        if slot.ver_no != 0 {
            record.set_number(key::VER_NO, u32::from(slot.ver_no));
        }
        if let Some(stamp) = self.time_stamp(node) {
            record.set_number(key::T_STAMP, stamp);
        }
        record.set_string(key::TYPE, self.field(node, Field::Type));
        record.set_string(key::ACL, self.field(node, Field::Acl));
        record.set_string(key::TITLE, self.field(node, Field::Title));
        record
    }

    /// Sets a field; no parts remove it.
    #[inline(never)]
    pub(crate) fn set_field(
        &mut self,
        node: Index,
        field: Field,
        parts: &[&[u8]],
    ) -> Result<(), Reason> {
        self.pool.set(&mut self.slots, node, field, parts)
    }

    /// The name; `.` for the root.
    pub(crate) fn name(&self, node: Index) -> &[u8] {
        if node == ROOT {
            return b".";
        }
        let slot = self.slots.at(node);
        self.name_of(slot, self.describe(slot.desc()))
    }

    fn name_of(&self, slot: &NodeSlot, desc: &NodeDesc) -> &[u8] {
        if slot.has(state::OWN_NAME) {
            self.pool.get(slot.pool, Field::Name).unwrap_or_default()
        } else {
            self.schema.name_of(desc)
        }
    }

    /// The child with this name.
    pub(crate) fn child(&self, parent: Index, name: &[u8]) -> Option<Index> {
        let walk = self.walk(parent, name);
        (walk.whole && walk.depth == 1 && walk.rest.is_empty()).then_some(walk.node)
    }

    /// Follows a path below a node as far as nodes exist.
    #[inline(never)]
    pub(crate) fn walk<'p>(&self, top: Index, path: &'p [u8]) -> Walk<'p> {
        let mut walk = Walk {
            node: top,
            rest: path,
            whole: false,
            depth: 0,
            longest: 0,
        };
        loop {
            let (hash, length) = first_segment(walk.node, walk.rest);
            let Some((name, after)) = walk.rest.split_at_checked(length) else {
                return walk;
            };
            let mut at = self.slots.chain(hash);
            loop {
                let Some(slot) = self.slots.get(at) else {
                    return walk;
                };
                if slot.parent == walk.node && self.is_called(slot, name) {
                    break;
                }
                at = slot.chain;
            }
            walk.node = at;
            walk.depth = walk.depth.wrapping_add(1);
            walk.longest = walk.longest.max(length as u32);
            walk.rest = match after {
                [b'/', below @ ..] => below,
                _ => {
                    walk.whole = true;
                    walk.rest = after;
                    return walk;
                }
            };
        }
    }

    #[inline]
    fn is_called(&self, slot: &NodeSlot, name: &[u8]) -> bool {
        let Some(desc) = self.schema.get(slot.desc()) else {
            return false;
        };
        if slot.has(state::OWN_NAME) {
            let own = self.pool.get(slot.pool, Field::Name);
            let fold = desc.has(flags::CASE_INSENSITIVE);
            own.is_some_and(|own| same_name(own, name, fold))
        } else {
            self.schema.is_named(desc, name)
        }
    }

    /// The ACL of the node itself; empty when it inherits (`TREE-C-033`). The root always has one (`TREE-C-029`).
    pub(crate) fn own_acl(&self, node: Index) -> &[u8] {
        match self.field(node, Field::Acl) {
            Some(acl) => acl,
            None if node == ROOT => acl::ROOT_DEFAULT,
            None => &[],
        }
    }

    /// The ACL that governs the node: the one of the nearest node with a value, itself included
    /// (`TREE-C-031`, `TREE-C-032`).
    pub(crate) fn effective_acl(&self, node: Index) -> &[u8] {
        let mut at = node;
        while let Some(slot) = self.slots.get(at) {
            if slot.has(state::OWN_ACL) {
                return self.pool.get(slot.pool, Field::Acl).unwrap_or_default();
            }
            // The root has no parent.
            at = slot.parent;
        }
        acl::ROOT_DEFAULT
    }

    /// The description a new child of this name gets: the one with that name, else one without a name and with the
    /// format `wanted`, else one without a name that is a leaf or interior node as `wanted` is.
    pub(crate) fn choose(&self, parent: Index, name: &[u8], wanted: Format) -> Option<DescId> {
        self.choose_below(self.slots.at(parent).desc(), name, wanted)
    }

    /// [`choose`](Self::choose) for a parent of which only the description is there.
    pub(crate) fn choose_below(
        &self,
        parent: DescId,
        name: &[u8],
        wanted: Format,
    ) -> Option<DescId> {
        let mut chosen = None;
        let mut best = 0;
        for id in self.schema.children(parent) {
            let desc = self.describe(id);
            if desc.name_len != 0 {
                if self.schema.is_named(desc, name) {
                    return Some(id);
                }
                continue;
            }
            let rank = match wanted.suits(desc) {
                true if desc.format == wanted as u8 => 3,
                true => 2,
                false => u8::from(desc.is_interior() == (wanted == Format::Node)),
            };
            if rank > best {
                best = rank;
                chosen = Some(id);
            }
        }
        chosen
    }

    /// Number of children of `parent` with this description.
    pub(crate) fn count(&self, parent: Index, id: DescId) -> u32 {
        let mut n = 0u32;
        let mut at = self.slots.at(parent).first_child;
        while at != NONE {
            let slot = self.slots.at(at);
            n = n.wrapping_add(u32::from(slot.desc() == id));
            at = slot.next_sibling;
        }
        n
    }

    /// Creates a node in the slot `node`, which was taken for it; nobody looks whether one of that name exists. `is_mount`
    /// says whether a handler is mounted at the description.
    ///
    /// A name that differs from the described one by case is kept as it was given (`TREE-C-006`).
    pub(crate) fn insert(
        &mut self,
        node: Index,
        parent: Index,
        id: DescId,
        name: &[u8],
        is_mount: bool,
    ) -> Result<(), Reason> {
        let desc = self.describe(id);
        let described = self.schema.name_of(desc);
        let above = self.slots.at(parent);
        let inherited = if is_mount {
            state::MOUNTED
        } else {
            above.flags & state::MOUNTED
        };
        // Below a dynamic node nothing is named by its path: numbers cannot collide.
        let key = if desc.has(flags::PERMANENT) && !described.is_empty() && !above.key.is_dynamic()
        {
            above.key.child(described)
        } else {
            Key::dynamic(self.free_number(node))
        };
        if let Some(slot) = self.slots.at_mut(node) {
            slot.desc = id.0;
            slot.flags |= inherited;
            slot.key = key;
        }
        if !core::ptr::eq(described, name)
            && described != name
            && let Err(reason) = self.set_field(node, Field::Name, &[name])
        {
            self.slots.release(node);
            return Err(reason);
        }
        self.slots.link(node, parent, name_hash(parent, name));
        Ok(())
    }

    /// A number no node has, for the node in the slot `node`. It is that of the slot, unless nodes from another memory
    /// layout are there.
    fn free_number(&self, node: Index) -> u16 {
        let mut number = node;
        while cfg!(feature = "durable")
            && self.displaced
            && self.by_key(Key::dynamic(number)).is_some()
        {
            number = number.wrapping_add(1);
        }
        number
    }

    /// The node with this key.
    pub(crate) fn by_key(&self, key: Key) -> Option<Index> {
        let has_key = |index: Index| {
            let slot = self.slots.at(index);
            slot.has(state::LIVE) && slot.key == key
        };
        let likely = key.0 as Index;
        if key.is_dynamic() && (has_key(likely) || !self.displaced) {
            return has_key(likely).then_some(likely);
        }
        (0..self.slots.len()).find(|index| has_key(*index))
    }

    /// Frees a node and everything below it; `linked` says whether the node itself is still in its place.
    pub(crate) fn free(&mut self, top: Index, linked: bool) {
        let mut at = self.deepest(top);
        while at != NONE {
            let parent = self.slots.at(at).parent;
            if at != top || linked {
                self.slots.unlink(at, self.hash(at));
            }
            self.pool.remove(&mut self.slots, at);
            self.slots.release(at);
            // Children before parents: the end of the line of first children is always the next to go.
            at = if at == top {
                NONE
            } else {
                self.deepest(parent)
            };
        }
    }

    /// The end of the line of first children.
    fn deepest(&self, node: Index) -> Index {
        let mut at = node;
        loop {
            let child = self.slots.at(at).first_child;
            if child == NONE {
                return at;
            }
            at = child;
        }
    }

    /// What a node is found by.
    #[inline(never)]
    pub(crate) fn hash(&self, node: Index) -> u32 {
        name_hash(self.slots.at(node).parent, self.name(node))
    }

    /// Writes the names from below `top` down to `node`, joined by `/`, to the end of `buf`; where they start there.
    pub(crate) fn path_below(
        &self,
        top: Index,
        node: Index,
        buf: &mut [u8],
    ) -> Result<usize, Reason> {
        let mut start = buf.len();
        let mut at = node;
        while at != top && at != NONE {
            let name = self.name(at);
            if at != node {
                start = start.checked_sub(1).ok_or(Reason::Full)?;
                crate::pool::put(buf, start, b"/");
            }
            start = start.checked_sub(name.len()).ok_or(Reason::Full)?;
            crate::pool::put(buf, start, name);
            at = self.slots.at(at).parent;
        }
        Ok(start)
    }

    /// Number of segments of the path from the root.
    pub(crate) fn depth(&self, node: Index) -> u32 {
        let mut depth = 0u32;
        let mut at = node;
        while at != ROOT && at != NONE {
            depth = depth.wrapping_add(1);
            at = self.slots.at(at).parent;
        }
        depth
    }

    /// Number of characters of the path from the root.
    pub(crate) fn path_length(&self, node: Index) -> u32 {
        let mut length = 0u32;
        let mut at = node;
        while at != ROOT && at != NONE {
            length = length
                .wrapping_add(crate::uri::characters(self.name(at)))
                .wrapping_add(1);
            at = self.slots.at(at).parent;
        }
        length.saturating_sub(1)
    }

    /// The MIME type of a leaf, or the management object identifier of an interior node, which may be empty.
    pub(crate) fn mime(&self, node: Index) -> &[u8] {
        match self.field(node, Field::Type) {
            Some(own) => own,
            None => self.described_mime(self.slots.at(node).desc()),
        }
    }

    /// The type a node has unless it is given another one.
    pub(crate) fn described_mime(&self, id: DescId) -> &'a [u8] {
        let desc = self.describe(id);
        let described = self.schema.mime_of(desc);
        if desc.is_interior() {
            described
        } else {
            first_mime(described).0
        }
    }
}

/// MIME type of a leaf whose description names none.
pub(crate) const TEXT_PLAIN: &[u8] = b"text/plain";

/// The first MIME type of a list of allowed ones, and the others.
fn first_mime(list: &[u8]) -> (&[u8], &[u8]) {
    match cut(list, b'\n') {
        ([], others) => (TEXT_PLAIN, others),
        first => first,
    }
}

/// The MIME type of a list of allowed ones that a command means; parameters and case do not count.
pub(crate) fn accepted_mime<'l>(list: &'l [u8], mime: &[u8]) -> Option<&'l [u8]> {
    let plain = cut(mime, b';').0.trim_ascii_end();
    let mut rest = list;
    loop {
        let (item, others) = first_mime(rest);
        if same_name(item, plain, true) {
            return Some(item);
        }
        if others.is_empty() {
            return None;
        }
        rest = others;
    }
}
