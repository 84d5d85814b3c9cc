//! Changes of the structure that can be taken back.
//!
//! Every change is made in place, after what it takes to undo it has been put on the undo log at the end of the pool.
//! A command that is refused half-way, and a transaction that is rolled back, pop the log; one that succeeds forgets it.

use crate::acl;
use crate::handler::Mount;
use crate::journal::DIGEST_START;
use crate::nodes::Nodes;
use crate::open::is_mount;
use crate::pool::{FIELD_MADE, Field};
use crate::reason::Reason;
use crate::schema::DescId;
use crate::slots::{Index, ROOT, state};

/// What a record of the log undoes. The kinds below [`CREATED`] are fields that were set, by their number.
pub(crate) const CREATED: u8 = 8;
const REMOVED: u8 = 9;
const VER_NO: u8 = 10;
pub(crate) const STAGED: u8 = 12;
/// In the first byte of [`STAGED`]: what the journal entry does.
pub(crate) const WHAT: u8 = 1;
/// There: the journal had an entry of the node before.
const AGAIN: u8 = 2;

/// Where the undo log started.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct Mark(usize);

impl Mark {
    /// Before everything.
    #[cfg(feature = "transaction")]
    pub(crate) const START: Self = Self(usize::MAX);
}

impl Nodes<'_> {
    pub(crate) fn mark(&self) -> Mark {
        Mark(self.pool.log)
    }

    /// Creates a node. While the tree is being opened there is nothing to be taken back.
    pub(crate) fn create(
        &mut self,
        parent: Index,
        id: DescId,
        name: &[u8],
        mounts: &[Mount<'_>],
    ) -> Result<Index, Reason> {
        let node = self.slots.take().ok_or(Reason::Full)?;
        self.insert(node, parent, id, name, is_mount(mounts, id))?;
        if self.slots.is_sealed()
            && let Err(reason) = self.pool.push(CREATED, node, &[])
        {
            self.free(node, true);
            return Err(reason);
        }
        Ok(node)
    }

    /// Takes a node and everything below it out of the tree. They keep their slots until [`sweep`](Self::sweep).
    pub(crate) fn detach(&mut self, node: Index) -> Result<(), Reason> {
        self.pool.push(REMOVED, node, &[])?;
        self.slots.unlink(node, self.hash(node));
        Ok(())
    }

    /// Sets a field; no parts remove it. A new name is one that no sibling has.
    pub(crate) fn change_field(
        &mut self,
        node: Index,
        field: Field,
        parts: &[&[u8]],
    ) -> Result<(), Reason> {
        let mark = self.mark();
        self.log_field(node, field)?;
        self.slots.unindex(node, self.hash(node));
        let result = self.set_field(node, field, parts);
        self.index(node);
        if result.is_err() {
            self.pool.log = mark.0;
        }
        result
    }

    /// Lets a node be found by the name that it has now.
    #[inline(never)]
    fn index(&mut self, node: Index) {
        self.slots.index(node, self.hash(node));
    }

    #[inline(never)]
    fn log_field(&mut self, node: Index, field: Field) -> Result<(), Reason> {
        let entry = self.slots.at(node).pool;
        self.pool.push_field(node, entry, field)
    }

    pub(crate) fn change_ver_no(&mut self, node: Index, ver_no: u16) -> Result<(), Reason> {
        let old = self.slots.at(node).ver_no;
        self.pool.push(VER_NO, node, &old.to_le_bytes())?;
        if let Some(slot) = self.slots.at_mut(node) {
            slot.ver_no = ver_no;
        }
        Ok(())
    }

    /// Removes a server from the node's ACL; whether it was there.
    pub(crate) fn purge_acl(&mut self, node: Index, server_id: &[u8]) -> Result<bool, Reason> {
        let entry = self.slots.at(node).pool;
        let old = self.pool.get(entry, Field::Acl).map_or(0, <[u8]>::len);
        self.log_field(node, Field::Acl)?;
        let new = match self.pool.get_mut(entry, Field::Acl) {
            Some(text) => acl::purge(text, server_id, node == ROOT),
            None => 0,
        };
        if new != old {
            let length = (new != 0).then_some(new);
            self.pool
                .resize(&mut self.slots, node, Field::Acl, length)
                .ok_or(Reason::Full)?;
        }
        Ok(new != old)
    }

    /// Counts a journal entry of `length` bytes that changes the digest to `digest`.
    pub(crate) fn log_staged(
        &mut self,
        node: Index,
        what: u8,
        length: u16,
        digest: u32,
    ) -> Result<(), Reason> {
        let [a, b, c, d] = self.digest.to_le_bytes();
        let [low, high] = length.to_le_bytes();
        let again = match self.slots.at(node).has(state::STAGED) {
            true => AGAIN,
            false => 0,
        };
        self.pool
            .push(STAGED, node, &[what | again, low, high, a, b, c, d])?;
        self.digest = digest;
        self.staged = self.staged.wrapping_add(1);
        self.set_staged(node, true);
        Ok(())
    }

    pub(crate) fn set_staged(&mut self, node: Index, staged: bool) {
        self.slots.set(node, state::STAGED, staged);
    }

    /// The latest journal entry of the node, and what it does.
    pub(crate) fn staged_entry(&self, node: Index) -> Option<(u16, u8)> {
        let mut index = self.staged;
        let mut depth = 0;
        while let Some(logged) = self.pool.logged(depth) {
            if logged.kind == STAGED {
                index = index.wrapping_sub(1);
                if logged.node == node {
                    return Some((index, self.pool.logged_bytes(&logged).first()? & WHAT));
                }
            }
            depth = depth.wrapping_add(logged.size());
        }
        None
    }

    /// The next node that was detached, from `depth` of the log on, and where to go on.
    pub(crate) fn next_detached(&self, depth: usize) -> Option<(Index, usize)> {
        let mut depth = depth;
        loop {
            let logged = self.pool.logged(depth)?;
            depth = depth.wrapping_add(logged.size());
            if logged.kind == REMOVED {
                return Some((logged.node, depth));
            }
        }
    }

    /// Undoes everything since `mark`.
    pub(crate) fn roll_back(&mut self, mark: Mark) {
        while self.pool.log < mark.0
            && let Some(logged) = self.pool.logged(0)
        {
            let node = logged.node;
            match logged.kind {
                CREATED => self.free(node, true),
                REMOVED => {
                    let parent = self.slots.at(node).parent;
                    self.slots.link(node, parent, self.hash(node));
                }
                VER_NO if cfg!(feature = "properties") => {
                    if let ([low, high], Some(slot)) =
                        (self.pool.logged_bytes(&logged), self.slots.at_mut(node))
                    {
                        slot.ver_no = u16::from_le_bytes([*low, *high]);
                    }
                }
                STAGED if cfg!(feature = "transaction") => {
                    if let [what, _, _, a, b, c, d] = *self.pool.logged_bytes(&logged) {
                        self.digest = u32::from_le_bytes([a, b, c, d]);
                        self.set_staged(node, what & AGAIN != 0);
                    }
                    self.staged = self.staged.wrapping_sub(1);
                }
                kind => {
                    let field = Field::from_number(kind & !FIELD_MADE);
                    self.slots.unindex(node, self.hash(node));
                    if kind & FIELD_MADE != 0 {
                        let _ = self.pool.resize(&mut self.slots, node, field, None);
                    } else {
                        self.pool.restore(&mut self.slots, &logged, field);
                    }
                    // It may have been the name.
                    self.index(node);
                }
            }
            self.pool.log = logged.end();
        }
    }

    /// Makes all changes final: frees what was detached and empties the log.
    pub(crate) fn sweep(&mut self) {
        let mut depth = 0;
        while let Some((node, next)) = self.next_detached(depth) {
            self.free(node, false);
            depth = next;
        }
        self.pool.forget();
        if cfg!(feature = "transaction") {
            self.staged = 0;
            self.digest = DIGEST_START;
        }
    }
}
