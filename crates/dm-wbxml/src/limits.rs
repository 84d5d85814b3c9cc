//! How much a document may hold.

/// Most elements open at a time, the root included. A message needs 8, a description of a tree with
/// 16 levels 21.
pub const MAX_DEPTH: usize = 32;

/// Longest document in octets.
pub const MAX_LEN: usize = (1 << 28) - 1;

/// Limits of the check pass.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Limits {
    /// Most commands of one message: everything in `SyncBody` with a `CmdID`, `Status`, containers
    /// and what they contain included. Bounds the search for repeated identifiers, whose cost is
    /// the message length for each 16 commands when the identifiers do not rise.
    pub commands: u16,
}

impl Default for Limits {
    /// 1,024 commands.
    fn default() -> Self {
        Self { commands: 1024 }
    }
}
