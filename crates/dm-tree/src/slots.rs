//! Slots for live nodes: links, free list, and an index on (parent, name).
//!
//! The index is a hash table whose heads and chains lie in the slots themselves: slot *i* also holds the head of
//! bucket *i*. Finding a child costs one chain, however many nodes and siblings there are.

use core::num::NonZeroU32;

use crate::pool::Field;
use crate::schema::DescId;
use crate::store::Key;

/// Where a node lies among the slots.
pub(crate) type Index = u16;

/// No node, no entry.
pub(crate) const NONE: Index = u16::MAX;

/// The root lies in the first slot.
pub(crate) const ROOT: Index = 0;

/// Values of [`NodeSlot::flags`].
pub(crate) mod state {
    /// A node lies here.
    pub(crate) const LIVE: u8 = 1;
    /// It or an ancestor is mounted.
    pub(crate) const MOUNTED: u8 = 2;
    /// Its name is in the pool, not in the schema.
    pub(crate) const OWN_NAME: u8 = 4;
    /// Its ACL is in the pool.
    pub(crate) const OWN_ACL: u8 = 8;
    /// The store has a record of it.
    pub(crate) const STORED: u8 = 16;
    /// Its record is in the journal.
    pub(crate) const STAGED: u8 = 64;
    /// While the tree is being opened: not yet a node but a record whose place is not known.
    pub(crate) const LOOSE: u8 = STAGED;
    /// Not a node but a record for which the schema has no place any more.
    pub(crate) const UNBOUND: u8 = 32;
    /// The serialised tree that is being taken in has named it.
    #[cfg(feature = "tnds")]
    pub(crate) const NAMED: u8 = 128;
}

/// Names one live node of a tree.
///
/// It goes stale when the node is removed. Every use of a stale one is noticed, except after 256 nodes in a row have
/// used the same place.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub struct NodeId(NonZeroU32);

impl NodeId {
    pub(crate) const fn new(index: Index, generation: u8) -> Self {
        // The bit above both keeps the number from being 0.
        let number = 1 << 24 | (generation as u32) << 16 | index as u32;
        match NonZeroU32::new(number) {
            Some(number) => Self(number),
            None => Self(NonZeroU32::MIN),
        }
    }

    pub(crate) const fn index(self) -> Index {
        self.0.get() as Index
    }

    const fn generation(self) -> u8 {
        (self.0.get() >> 16) as u8
    }
}

/// Memory for one live node: 24 bytes.
#[derive(Clone, Copy)]
pub struct NodeSlot {
    /// Its description.
    pub(crate) desc: u16,
    pub(crate) parent: Index,
    pub(crate) first_child: Index,
    /// Of a free slot: the next free slot.
    pub(crate) next_sibling: Index,
    /// Of a first child: the last child.
    prev_sibling: Index,
    /// Next node of the same bucket.
    pub(crate) chain: Index,
    /// First node of the bucket with the number of this slot.
    bucket: Index,
    /// Its entry in the pool.
    pub(crate) pool: u16,
    /// Its name in the store.
    pub(crate) key: Key,
    pub(crate) ver_no: u16,
    pub(crate) flags: u8,
    /// Counts the nodes that have lain here.
    generation: u8,
}

impl NodeSlot {
    /// A slot without a node.
    pub const EMPTY: Self = Self {
        desc: 0,
        parent: NONE,
        first_child: NONE,
        next_sibling: NONE,
        prev_sibling: NONE,
        chain: NONE,
        bucket: NONE,
        pool: NONE,
        key: Key(0),
        ver_no: 0,
        flags: 0,
        generation: 0,
    };

    pub(crate) const fn has(&self, bits: u8) -> bool {
        self.flags & bits == bits
    }

    pub(crate) const fn desc(&self) -> DescId {
        DescId(self.desc)
    }

    /// Keeps whether the node has the field, for those that are often asked for.
    pub(crate) fn note(&mut self, field: Field, present: bool) {
        let bit = match field {
            Field::Name => state::OWN_NAME,
            Field::Acl => state::OWN_ACL,
            _ => 0,
        };
        self.flags = if present {
            self.flags | bit
        } else {
            self.flags & !bit
        };
    }

    /// Of a loose one: the key of its parent, and the number of its format.
    pub(crate) const fn loose(&self) -> (Key, u8) {
        let parent = (self.prev_sibling as u32) << 16 | self.parent as u32;
        (Key(parent), self.next_sibling as u8)
    }
}

impl core::fmt::Debug for NodeSlot {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.write_str("NodeSlot")
    }
}

/// What stands in for a slot that does not exist.
static NOTHING: NodeSlot = NodeSlot::EMPTY;

pub(crate) struct Slots<'m> {
    slots: &'m mut [NodeSlot],
    /// Number of buckets less one; a power of two less one.
    mask: u16,
    free: Index,
    /// While the tree is being opened: no slot at or above was free.
    top: Index,
    /// The tree has been opened.
    sealed: bool,
}

impl<'m> Slots<'m> {
    /// All slots empty, to be taken one by one until [`seal`](Self::seal).
    pub(crate) fn new(memory: &'m mut [NodeSlot]) -> Self {
        let length = memory.len().min(usize::from(NONE));
        let slots = memory.get_mut(..length).unwrap_or_default();
        slots.fill(NodeSlot::EMPTY);
        let length = length as u16;
        // The largest power of two that is not more than the number of slots.
        let mask = match length.checked_ilog2() {
            Some(bits) => (1u16 << bits).wrapping_sub(1),
            None => 0,
        };
        Self {
            slots,
            mask,
            free: NONE,
            top: length,
            sealed: false,
        }
    }

    /// Takes one particular slot, while the tree is being opened.
    pub(crate) fn take_at(&mut self, index: Index) -> bool {
        match self.at_mut(index) {
            Some(slot) if !slot.has(state::LIVE) => {
                slot.flags = state::LIVE;
                true
            }
            _ => false,
        }
    }

    /// Takes the last free slot, while the tree is being opened.
    pub(crate) fn take_last(&mut self) -> Option<Index> {
        while let Some(index) = self.top.checked_sub(1) {
            self.top = index;
            if self.take_at(index) {
                return Some(index);
            }
        }
        None
    }

    /// Empties all slots, to begin the opening anew.
    pub(crate) fn reset(&mut self) {
        self.slots.fill(NodeSlot::EMPTY);
        self.free = NONE;
        self.top = self.len();
        self.sealed = false;
    }

    /// Takes note of what a record says of where its node is to be: the key of the parent, the format, and a description
    /// with the same name, if there is one.
    pub(crate) fn set_loose(&mut self, index: Index, parent: Key, format: u8, name: u16) {
        if let Some(slot) = self.at_mut(index) {
            slot.flags = state::LIVE | state::STORED | state::LOOSE;
            slot.parent = parent.0 as Index;
            slot.prev_sibling = (parent.0 >> 16) as Index;
            slot.next_sibling = Index::from(format);
            slot.desc = name;
            slot.ver_no = 0;
        }
    }

    /// Makes the slot one of a record that is no node.
    pub(crate) fn set_unbound(&mut self, index: Index, key: Key) {
        if let Some(slot) = self.at_mut(index) {
            *slot = NodeSlot {
                key,
                bucket: slot.bucket,
                generation: slot.generation,
                flags: state::LIVE | state::STORED | state::UNBOUND,
                ..NodeSlot::EMPTY
            };
        }
    }

    /// Gives back a slot that is not linked, while the tree is being opened.
    pub(crate) fn give_back(&mut self, index: Index) {
        self.release(index);
        self.top = self.top.max(index.saturating_add(1));
    }

    /// Ends the opening: the slots not taken are free from now on, the lowest first.
    pub(crate) fn seal(&mut self) {
        let mut free = NONE;
        let mut index = self.len();
        for slot in self.slots.iter_mut().rev() {
            index = index.wrapping_sub(1);
            if !slot.has(state::LIVE) {
                slot.next_sibling = free;
                free = index;
            }
        }
        self.free = free;
        self.sealed = true;
    }

    pub(crate) const fn is_sealed(&self) -> bool {
        self.sealed
    }

    /// The slot; an empty one for an index that is none.
    #[inline(never)]
    pub(crate) fn at(&self, index: Index) -> &NodeSlot {
        self.slots.get(usize::from(index)).unwrap_or(&NOTHING)
    }

    #[inline]
    pub(crate) fn get(&self, index: Index) -> Option<&NodeSlot> {
        self.slots.get(usize::from(index))
    }

    #[inline]
    fn get_mut(&mut self, index: Index) -> Option<&mut NodeSlot> {
        self.slots.get_mut(usize::from(index))
    }

    /// Every slot, the empty ones too.
    pub(crate) fn all_mut(&mut self) -> impl Iterator<Item = &mut NodeSlot> {
        self.slots.iter_mut()
    }

    #[inline(never)]
    pub(crate) fn at_mut(&mut self, index: Index) -> Option<&mut NodeSlot> {
        self.slots.get_mut(usize::from(index))
    }

    /// Sets or clears flags of a slot.
    #[inline(never)]
    pub(crate) fn set(&mut self, index: Index, bits: u8, on: bool) {
        if let Some(slot) = self.at_mut(index) {
            slot.flags = if on {
                slot.flags | bits
            } else {
                slot.flags & !bits
            };
        }
    }

    pub(crate) fn len(&self) -> u16 {
        self.slots.len() as u16
    }

    #[inline(never)]
    pub(crate) fn id(&self, index: Index) -> NodeId {
        NodeId::new(index, self.get(index).map_or(0, |slot| slot.generation))
    }

    /// The index of a node that is still the one that was meant.
    #[inline(never)]
    pub(crate) fn live(&self, id: NodeId) -> Option<Index> {
        let index = id.index();
        let slot = self.get(index)?;
        (slot.has(state::LIVE) && slot.generation == id.generation()).then_some(index)
    }

    fn bucket_of(&self, hash: u32) -> Index {
        ((hash >> 16) ^ hash) as Index & self.mask
    }

    /// The first node of the chain that holds the nodes with this hash, and others.
    pub(crate) fn chain(&self, hash: u32) -> Index {
        self.get(self.bucket_of(hash))
            .map_or(NONE, |slot| slot.bucket)
    }

    /// Takes a slot, initialised but not linked; none when all are taken.
    pub(crate) fn take(&mut self) -> Option<Index> {
        if !self.sealed {
            return self.take_last();
        }
        let index = self.free;
        let slot = self.slots.get_mut(usize::from(index))?;
        self.free = slot.next_sibling;
        *slot = NodeSlot {
            bucket: slot.bucket,
            generation: slot.generation,
            flags: state::LIVE,
            ..NodeSlot::EMPTY
        };
        Some(index)
    }

    /// Gives back a slot that is not linked.
    pub(crate) fn release(&mut self, index: Index) {
        let free = self.free;
        if let Some(slot) = self.at_mut(index) {
            *slot = NodeSlot {
                bucket: slot.bucket,
                generation: slot.generation.wrapping_add(1),
                next_sibling: free,
                ..NodeSlot::EMPTY
            };
            self.free = index;
        }
    }

    /// Makes the node the last child of `parent`, and lets it be found by the hash of both and its name.
    #[inline(never)]
    pub(crate) fn link(&mut self, index: Index, parent: Index, hash: u32) {
        let mut first = NONE;
        if let Some(slot) = self.get_mut(parent) {
            first = slot.first_child;
            if first == NONE {
                slot.first_child = index;
            }
        }
        let mut last = index;
        if let Some(slot) = self.get_mut(first) {
            last = slot.prev_sibling;
            slot.prev_sibling = index;
            if let Some(slot) = self.get_mut(last) {
                slot.next_sibling = index;
            }
        }
        if let Some(slot) = self.get_mut(index) {
            slot.parent = parent;
            slot.next_sibling = NONE;
            slot.prev_sibling = last;
        }
        self.index(index, hash);
    }

    /// Undoes [`link`](Self::link).
    pub(crate) fn unlink(&mut self, index: Index, hash: u32) {
        let (parent, next, prev) = {
            let slot = self.at(index);
            (slot.parent, slot.next_sibling, slot.prev_sibling)
        };
        let first = self.at(parent).first_child;
        if first == index {
            if let Some(slot) = self.at_mut(parent) {
                slot.first_child = next;
            }
        } else if let Some(slot) = self.at_mut(prev) {
            slot.next_sibling = next;
        }
        // The one that now has `prev` before it: the next one, or, as the owner of the link to the last, the first.
        let follower = if next == NONE { first } else { next };
        if let Some(slot) = self.at_mut(follower) {
            slot.prev_sibling = prev;
        }
        self.unindex(index, hash);
    }

    /// Lets the node be found by a hash.
    pub(crate) fn index(&mut self, index: Index, hash: u32) {
        let bucket = self.bucket_of(hash);
        let mut head = NONE;
        if let Some(slot) = self.get_mut(bucket) {
            head = slot.bucket;
            slot.bucket = index;
        }
        if let Some(slot) = self.get_mut(index) {
            slot.chain = head;
        }
    }

    /// Undoes [`index`](Self::index).
    pub(crate) fn unindex(&mut self, index: Index, hash: u32) {
        let bucket = self.bucket_of(hash);
        let after = self.at(index).chain;
        let mut at = index;
        if let Some(slot) = self.get_mut(bucket) {
            at = slot.bucket;
            if at == index {
                slot.bucket = after;
            }
        }
        while at != index
            && let Some(slot) = self.get_mut(at)
        {
            at = slot.chain;
            if at == index {
                slot.chain = after;
            }
        }
    }

    /// The node after `index` in the subtree of `top`, parents before children; `NONE` at the end.
    #[inline(never)]
    pub(crate) fn next_in(&self, top: Index, index: Index) -> Index {
        match self.get(index) {
            Some(slot) if slot.first_child != NONE => slot.first_child,
            _ => self.next_beside(top, index),
        }
    }

    /// As [`next_in`](Self::next_in), but passing over what lies below `index`.
    pub(crate) fn next_beside(&self, top: Index, index: Index) -> Index {
        let mut at = index;
        while at != top
            && let Some(slot) = self.get(at)
        {
            if slot.next_sibling != NONE {
                return slot.next_sibling;
            }
            at = slot.parent;
        }
        NONE
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeMap;

    #[test]
    fn a_slot_is_24_bytes() {
        assert_eq!(size_of::<NodeSlot>(), 24);
    }

    fn children(slots: &Slots<'_>, parent: Index) -> Vec<Index> {
        let mut all = Vec::new();
        let mut at = slots.at(parent).first_child;
        while at != NONE {
            all.push(at);
            at = slots.at(at).next_sibling;
        }
        all
    }

    #[test]
    fn links_and_index_agree_with_a_plain_list_under_random_use() {
        for size in [1usize, 2, 3, 5, 8, 33] {
            let mut memory = vec![NodeSlot::EMPTY; size];
            let mut slots = Slots::new(&mut memory);
            assert!(slots.take_at(ROOT));
            slots.seal();
            let mut model: BTreeMap<Index, Vec<Index>> = BTreeMap::from([(ROOT, Vec::new())]);
            let mut hash_of = BTreeMap::new();
            let mut random = 12345u32;
            let mut next = move |n: usize| {
                random = random.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
                (random >> 8) as usize % n
            };
            for _ in 0..2_000 {
                let parents: Vec<Index> = model.keys().copied().collect();
                let parent = parents[next(parents.len())];
                if next(2) == 0 {
                    let hash = next(7) as u32;
                    let Some(index) = slots.take() else {
                        assert_eq!(model.len(), size);
                        continue;
                    };
                    slots.link(index, parent, hash);
                    hash_of.insert(index, hash);
                    model.get_mut(&parent).unwrap().push(index);
                    model.insert(index, Vec::new());
                } else if parent != ROOT && model[&parent].is_empty() {
                    let id = slots.id(parent);
                    slots.unlink(parent, hash_of[&parent]);
                    slots.release(parent);
                    assert_eq!(slots.live(id), None);
                    model.remove(&parent);
                    for list in model.values_mut() {
                        list.retain(|index| *index != parent);
                    }
                }
                for (parent, list) in &model {
                    assert_eq!(&children(&slots, *parent), list);
                    for child in list {
                        let mut at = slots.chain(hash_of[child]);
                        while at != *child {
                            assert_ne!(at, NONE, "not in its chain");
                            at = slots.at(at).chain;
                        }
                    }
                }
                let mut walked = 0;
                let mut at = ROOT;
                while at != NONE {
                    walked += 1;
                    at = slots.next_in(ROOT, at);
                }
                assert_eq!(walked, model.len());
            }
        }
    }
}
