//! Text that is put together: the URI of a node, by segments, and what goes to a leaf. Nothing here can panic, whatever a
//! document holds.

use dm_tree::{NodeId, Reason, Tree};
use dm_wbxml::Decimal;

use super::proof::append;
use crate::session::SERVER_ID_MAX;

/// Octets of the longest URI of an account.
const ACCOUNT_MAX: usize = 144;
/// Octets of the longest ACL of an account, which is more than an account and the way from there to a leaf.
const MAX: usize = 3 * SERVER_ID_MAX + 24;

/// Text that grows at its end, and from a place inside at its front, too. One for which there was no room is empty.
pub(super) struct Path {
    bytes: [u8; MAX],
    start: usize,
    end: usize,
    is_cut: bool,
}

impl Path {
    /// No text.
    #[inline(never)]
    pub(super) fn text() -> Self {
        Self {
            bytes: [0; _],
            start: 0,
            end: 0,
            is_cut: false,
        }
    }

    /// Makes it the URI of an account, which ends where the way below begins, and can have names put in front.
    pub(super) const fn begin_account(&mut self) {
        (self.start, self.end) = (ACCOUNT_MAX, ACCOUNT_MAX);
    }

    /// Goes to an account.
    pub(super) fn go_to(&mut self, tree: &mut Tree<'_>, account: NodeId) -> Result<(), Reason> {
        self.end_at(ACCOUNT_MAX, tree, account)
    }

    /// Goes to a node inside an account, and can go no further from there.
    pub(super) fn go_inside(&mut self, tree: &mut Tree<'_>, node: NodeId) -> Result<(), Reason> {
        self.end_at(MAX, tree, node)
    }

    #[inline(never)]
    fn end_at(&mut self, end: usize, tree: &mut Tree<'_>, node: NodeId) -> Result<(), Reason> {
        let buf = self.bytes.get_mut(..end).unwrap_or_default();
        let len = match tree.local().uri(node, buf) {
            Err(Reason::Full) => return Err(Reason::UriTooLong),
            uri => uri?.len(),
        };
        (self.start, self.end) = (end.saturating_sub(len), end);
        Ok(())
    }

    /// Puts a segment in front.
    #[inline(never)]
    pub(super) fn put_before(&mut self, text: &[u8]) {
        let start = self.start.checked_sub(text.len());
        self.is_cut |= start.is_none();
        self.start = start.unwrap_or_default();
        let _ = append(&mut self.bytes, &mut { self.start }, text);
    }

    #[inline(never)]
    pub(super) fn push(&mut self, text: &[u8]) {
        self.is_cut |= append(&mut self.bytes, &mut self.end, text).is_none();
    }

    /// Goes down to an entry of a list.
    #[inline(never)]
    pub(super) fn enter(&mut self, list: &[u8], number: u16) {
        self.push(list);
        self.push(Decimal::new(u32::from(number)).as_bytes());
    }

    /// Where it ends, to go [`back`](Self::back) to.
    pub(super) const fn end(&self) -> usize {
        self.end
    }

    pub(super) const fn back(&mut self, end: usize) {
        self.end = end;
    }

    pub(super) fn as_bytes(&self) -> &[u8] {
        let end = if self.is_cut { self.start } else { self.end };
        self.bytes.get(self.start..end).unwrap_or_default()
    }

    #[inline(never)]
    pub(super) fn as_str(&self) -> &str {
        // Names of nodes and what an ACL holds are UTF-8, so this never stands for anything else.
        core::str::from_utf8(self.as_bytes()).unwrap_or_default()
    }

    /// Sets a leaf below, and makes what is missing on the way.
    #[inline(never)]
    pub(super) fn set(
        &mut self,
        tree: &mut Tree<'_>,
        leaf: &[u8],
        value: &[u8],
    ) -> Result<(), Reason> {
        let back = self.end;
        self.push(leaf);
        if self.is_cut {
            return Err(Reason::UriTooLong);
        }
        let result = tree.factory().set(self.as_str(), value);
        self.end = back;
        result.map(|_| ())
    }
}
