//! A URI that is put together by segments. Nothing here can panic, whatever a document holds.

use dm_tree::{NodeId, Reason, Tree};
use dm_wbxml::Decimal;

use super::proof::append;

/// Octets of the longest URI of an account.
const ACCOUNT_MAX: usize = 144;
/// Octets of the longest way from an account to a leaf.
const BELOW_MAX: usize = 40;

/// The URI ends where the way below an account begins, and grows from there on.
pub(super) struct Path {
    bytes: [u8; ACCOUNT_MAX + BELOW_MAX],
    start: usize,
    end: usize,
}

impl Path {
    pub(super) const EMPTY: Self = Self {
        bytes: [0; _],
        start: ACCOUNT_MAX,
        end: ACCOUNT_MAX,
    };

    /// Goes to a node.
    #[inline(never)]
    pub(super) fn go_to(&mut self, tree: &mut Tree<'_>, node: NodeId) -> Result<(), Reason> {
        let buf = self.bytes.get_mut(..ACCOUNT_MAX).unwrap_or_default();
        let len = tree.local().uri(node, buf)?.len();
        (self.start, self.end) = (ACCOUNT_MAX.saturating_sub(len), ACCOUNT_MAX);
        Ok(())
    }

    /// Puts a segment in front.
    #[inline(never)]
    pub(super) fn put_before(&mut self, text: &[u8]) -> Result<(), Reason> {
        let start = self.start.checked_sub(text.len());
        let mut at = start.ok_or(Reason::UriTooLong)?;
        self.start = at;
        append(&mut self.bytes, &mut at, text).ok_or(Reason::UriTooLong)
    }

    #[inline(never)]
    pub(super) fn push(&mut self, text: &[u8]) -> Result<(), Reason> {
        append(&mut self.bytes, &mut self.end, text).ok_or(Reason::UriTooLong)
    }

    /// Goes down to an entry of a list; where to go [`back`](Self::back) to.
    #[inline(never)]
    pub(super) fn enter(&mut self, list: &[u8], number: u16) -> Result<usize, Reason> {
        let back = self.end;
        self.push(list)?;
        self.push(Decimal::new(u32::from(number)).as_bytes())?;
        Ok(back)
    }

    pub(super) fn back(&mut self, end: usize) {
        self.end = end;
    }

    #[inline(never)]
    pub(super) fn as_str(&self) -> &str {
        let text = self.bytes.get(self.start..self.end).unwrap_or_default();
        // Names of nodes are UTF-8, so this never stands for anything else.
        core::str::from_utf8(text).unwrap_or_default()
    }

    /// Sets a leaf below, and makes what is missing on the way.
    #[inline(never)]
    pub(super) fn set(
        &mut self,
        tree: &mut Tree<'_>,
        leaf: &[u8],
        value: &[u8],
    ) -> Result<NodeId, Reason> {
        let back = self.end;
        self.push(leaf)?;
        let result = tree.factory().set(self.as_str(), value);
        self.end = back;
        result
    }
}
