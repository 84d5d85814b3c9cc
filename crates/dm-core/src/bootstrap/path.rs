//! The way from an account to its leaves, by segments.

use dm_tree::{NodeId, Reason, Tree};
use dm_wbxml::{Decimal, Text};

use super::proof::append;
use crate::exec;

/// Octets of the longest way: to the port of an address.
const MAX: usize = 40;
/// Octets of the longest nonce.
const NONCE_MAX: usize = 64;

/// Writes the beginning of a segment and a number behind the first `len` octets.
#[inline(never)]
pub(super) fn enter(
    octets: &mut [u8],
    len: &mut usize,
    text: &[u8],
    number: u16,
) -> Result<(), Reason> {
    let number = Decimal::new(u32::from(number));
    append(octets, len, text)
        .and_then(|()| append(octets, len, number.as_bytes()))
        .ok_or(Reason::UriTooLong)
}

/// A place below an account.
pub(super) struct Path {
    account: NodeId,
    octets: [u8; MAX],
    len: usize,
}

impl Path {
    /// At the account.
    pub(super) const fn at(account: NodeId) -> Self {
        Self {
            account,
            octets: [0; _],
            len: 0,
        }
    }

    #[inline(never)]
    fn push(&mut self, text: &[u8]) -> Result<(), Reason> {
        append(&mut self.octets, &mut self.len, text).ok_or(Reason::UriTooLong)
    }

    /// Goes down to an entry of a list.
    pub(super) fn enter(&mut self, list: &[u8], number: u16) -> Result<(), Reason> {
        enter(&mut self.octets, &mut self.len, list, number)?;
        self.push(b"/")
    }

    /// Where it ends, to go [`back`](Self::back) to.
    pub(super) const fn end(&self) -> usize {
        self.len
    }

    pub(super) const fn back(&mut self, end: usize) {
        self.len = end;
    }

    /// As [`set`](Self::set), from Base64.
    #[inline(never)]
    pub(super) fn set_octets(
        &mut self,
        tree: &mut Tree<'_>,
        leaf: &[u8],
        digits: &[u8],
    ) -> Result<(), Reason> {
        let mut octets = [0; NONCE_MAX];
        let octets = exec::decoded(&Text::from_bytes(digits), &mut octets)?;
        self.set(tree, leaf, octets)
    }

    /// Sets a leaf below, and makes what is missing on the way.
    #[inline(never)]
    pub(super) fn set(
        &mut self,
        tree: &mut Tree<'_>,
        leaf: &[u8],
        value: &[u8],
    ) -> Result<(), Reason> {
        let back = self.len;
        self.push(leaf)?;
        let path = self.octets.get(..self.len).unwrap_or_default();
        self.len = back;
        tree.factory().set_below(self.account, path, value)
    }
}
