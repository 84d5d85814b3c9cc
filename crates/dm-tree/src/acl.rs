//! Access control lists.

/// What a server wants to do with a node, as an ACL grants it.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Verb {
    /// Add a node below it.
    Add,
    /// Delete it.
    Delete,
    /// Execute it.
    Exec,
    /// Read it or its properties.
    Get,
    /// Replace its value or its properties.
    Replace,
}
