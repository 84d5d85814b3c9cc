//! The device's own ways in: `Local` for the application, `Factory` for the manufacturer.

use crate::format::Format;
use crate::handler::Outcome;
use crate::reason::Reason;
use crate::sink::Sink;
use crate::slots::NodeId;
use crate::tree::Tree;

/// The application's way in: no ACL and no `AccessType`, the same schema checks, `TStamp` and `VerNo` kept up
/// (`TREE-C-027`).
#[derive(Debug)]
pub struct Local<'t, 'a> {
    pub(crate) tree: &'t mut Tree<'a>,
}

#[allow(unused_variables, clippy::missing_errors_doc)]
impl Local<'_, '_> {
    /// The node with this URI.
    #[must_use]
    pub fn find(&self, uri: &str) -> Option<NodeId> {
        None
    }

    /// The child with this name.
    #[must_use]
    pub fn child(&self, node: NodeId, name: &str) -> Option<NodeId> {
        None
    }

    /// The first child.
    #[must_use]
    pub fn first_child(&self, node: NodeId) -> Option<NodeId> {
        None
    }

    /// The next child of the same parent.
    #[must_use]
    pub fn next_sibling(&self, node: NodeId) -> Option<NodeId> {
        None
    }

    /// The name.
    #[must_use]
    pub fn name(&self, node: NodeId) -> &[u8] {
        &[]
    }

    /// Whether the node is a leaf.
    #[must_use]
    pub fn is_leaf(&self, node: NodeId) -> bool {
        false
    }

    /// The next live interior node after `after` whose management object identifier starts with `mo_prefix`.
    #[must_use]
    pub fn object(&self, mo_prefix: &[u8], after: Option<NodeId>) -> Option<NodeId> {
        None
    }

    /// Copies the value of a leaf to `buf` and returns its length; also of leaves that no server may read.
    pub fn value(&mut self, node: NodeId, buf: &mut [u8]) -> Result<usize, Reason> {
        Err(Reason::NoSuchNode)
    }

    /// Writes the value of a leaf to `out`.
    pub fn read(&mut self, node: NodeId, out: &mut Sink<'_>) -> Outcome {
        Err(Reason::NoSuchNode)
    }

    /// Sets the value of a leaf.
    pub fn set_value(&mut self, node: NodeId, value: &[u8]) -> Result<(), Reason> {
        Err(Reason::NoSuchNode)
    }

    /// As [`value`](Self::value), by URI.
    pub fn get(&mut self, uri: &str, buf: &mut [u8]) -> Result<usize, Reason> {
        Err(Reason::NoSuchNode)
    }

    /// Sets the value of an existing leaf, by URI.
    pub fn set(&mut self, uri: &str, value: &[u8]) -> Result<(), Reason> {
        Err(Reason::NoSuchNode)
    }

    /// Adds a leaf and its missing ancestors.
    pub fn add_leaf(
        &mut self,
        uri: &str,
        format: Option<Format>,
        value: &[u8],
    ) -> Result<NodeId, Reason> {
        Err(Reason::NoSuchNode)
    }

    /// Adds an interior node and its missing ancestors.
    pub fn add_node(&mut self, uri: &str) -> Result<NodeId, Reason> {
        Err(Reason::NoSuchNode)
    }

    /// Removes a dynamic node and everything below it.
    pub fn delete(&mut self, uri: &str) -> Result<(), Reason> {
        Err(Reason::NoSuchNode)
    }

    /// A value behind a handler has changed by itself: brings `TStamp` and `VerNo` up to date.
    pub fn touched(&mut self, node: NodeId) -> Result<(), Reason> {
        Ok(())
    }
}

/// The manufacturer's way in: as [`Local`], and also creates optional permanent nodes and sets ACLs.
#[derive(Debug)]
pub struct Factory<'t, 'a> {
    pub(crate) tree: &'t mut Tree<'a>,
}

#[allow(unused_variables, clippy::missing_errors_doc)]
impl<'a> Factory<'_, 'a> {
    /// What is not particular to the manufacturer.
    pub fn local(&mut self) -> Local<'_, 'a> {
        Local { tree: self.tree }
    }

    /// Sets the value of a leaf, creating what is missing.
    pub fn set(&mut self, uri: &str, value: &[u8]) -> Result<NodeId, Reason> {
        Err(Reason::NoSuchNode)
    }

    /// The interior node with this URI, created with its ancestors when missing.
    pub fn node(&mut self, uri: &str) -> Result<NodeId, Reason> {
        Err(Reason::NoSuchNode)
    }

    /// Sets the ACL of a node.
    pub fn acl(&mut self, uri: &str, acl: &str) -> Result<(), Reason> {
        Err(Reason::NoSuchNode)
    }
}
