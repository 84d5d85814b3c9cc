//! Addresses of nodes and properties.

/// The limits published in `./DevDetail/URI` (`TREE-C-009`). Lengths in characters; 0: no limit.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct UriLimits {
    /// Most segments of a URI; the root does not count.
    pub max_depth: u16,
    /// Most characters of a URI as sent, its query included.
    pub max_tot_len: u16,
    /// Most characters of one segment, and of the Name property.
    pub max_seg_len: u16,
}

impl Default for UriLimits {
    fn default() -> Self {
        Self {
            max_depth: 16,
            max_tot_len: 127,
            max_seg_len: 32,
        }
    }
}
