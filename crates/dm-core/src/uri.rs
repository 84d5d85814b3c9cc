//! A node address put together segment by segment.

use heapless::Vec;

/// Octets of the longest address that the client puts together itself (below ./DevInfo).
const MAX: usize = 128;

/// A bounded address. What does not fit is cut; the tree's own limits are tighter.
pub(crate) struct UriBuf(Vec<u8, MAX>);

impl UriBuf {
    pub(crate) fn new(root: &str) -> Self {
        let mut uri = Self(Vec::new());
        let _ = uri.0.extend_from_slice(root.as_bytes());
        uri
    }

    pub(crate) fn push(&mut self, segment: &[u8]) {
        let _ = self.0.push(b'/');
        let _ = self.0.extend_from_slice(segment);
    }

    pub(crate) fn as_bytes(&self) -> &[u8] {
        &self.0
    }
}
