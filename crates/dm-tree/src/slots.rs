//! The live nodes.

/// Names one live node of a tree. Valid until the node is removed.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub struct NodeId(pub(crate) u16);

/// Memory for one live node: 24 bytes.
#[derive(Clone, Copy, Debug)]
pub struct NodeSlot {
    _words: [u16; 10],
    _key: u32,
}

impl NodeSlot {
    /// A slot without a node.
    pub const EMPTY: Self = Self {
        _words: [0; 10],
        _key: 0,
    };
}
