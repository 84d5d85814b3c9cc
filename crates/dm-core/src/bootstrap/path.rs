//! A URI that is put together by segments. Nothing here can panic, whatever a document holds.

use dm_tree::Reason;

use super::proof::append;

/// Octets of the longest URI of a leaf.
pub(super) const URI_MAX: usize = 192;

pub(super) struct Path {
    bytes: [u8; URI_MAX],
    len: usize,
}

impl Path {
    pub(super) fn new(text: &str) -> Result<Self, Reason> {
        let mut path = Self {
            bytes: [0; URI_MAX],
            len: 0,
        };
        path.push(text.as_bytes())?;
        Ok(path)
    }

    #[inline(never)]
    pub(super) fn push(&mut self, text: &[u8]) -> Result<(), Reason> {
        append(&mut self.bytes, &mut self.len, text).ok_or(Reason::UriTooLong)
    }

    /// Goes down; the length to go [`back`](Self::back) to.
    #[inline(never)]
    pub(super) fn enter(&mut self, name: &[u8]) -> Result<usize, Reason> {
        let back = self.len;
        self.push(b"/")?;
        self.push(name)?;
        Ok(back)
    }

    pub(super) fn back(&mut self, len: usize) {
        self.len = self.len.min(len);
    }

    pub(super) fn as_str(&self) -> &str {
        let text = self.bytes.get(..self.len).unwrap_or_default();
        // Names of nodes are UTF-8, so this never stands for anything else.
        core::str::from_utf8(text).unwrap_or_default()
    }
}
