//! The tree: lent memory, the ways in, authorisation.

use crate::acl::Verb;
use crate::format::Format;
use crate::handler::{Mount, Outcome, Ticket, Value};
use crate::local::{Factory, Local};
use crate::principal::Principal;
use crate::reason::Reason;
use crate::schema::Schema;
use crate::sink::Sink;
use crate::slots::{NodeId, NodeSlot};
use crate::store::Store;
use crate::uri::UriLimits;

/// The memory a tree lives in.
#[derive(Debug)]
pub struct TreeMemory<'m> {
    /// One slot per live node, permanent ones and the root included; at most 65534 are used.
    pub nodes: &'m mut [NodeSlot],
    /// Own names (2 bytes and the name), ACLs, titles, types and time stamps (the same), and 4 bytes for each node that
    /// has any of these; also the undo log of a transaction. At most 65535 bytes are used.
    pub pool: &'m mut [u8],
    /// Scratch for one stored record (a value and what belongs to it), and for the path of a node below its mount.
    pub value: &'m mut [u8],
}

/// A permission to read, got from [`Tree::reading`]; it names a node and what of it is read.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Reading {
    pub(crate) node: NodeId,
}

/// The management tree.
pub struct Tree<'a> {
    _schema: &'a Schema<'a>,
    _store: &'a mut dyn Store,
    _mounts: &'a mut [Mount<'a>],
    _memory: TreeMemory<'a>,
    _limits: UriLimits,
    _utc: Option<u64>,
}

#[allow(unused_variables)]
impl<'a> Tree<'a> {
    /// Brings the tree to life: the root, every required permanent node, and what the store remembers.
    ///
    /// # Errors
    /// [`Reason::Full`] when the memory is too small, [`Reason::Store`] when the store fails.
    pub fn open(
        schema: &'a Schema<'a>,
        store: &'a mut dyn Store,
        mounts: &'a mut [Mount<'a>],
        memory: TreeMemory<'a>,
        limits: UriLimits,
    ) -> Result<Self, Reason> {
        Ok(Self {
            _schema: schema,
            _store: store,
            _mounts: mounts,
            _memory: memory,
            _limits: limits,
            _utc: None,
        })
    }

    /// Tells the time for `TStamp`: seconds since 1970, or none when unknown.
    pub fn set_utc(&mut self, seconds: Option<u64>) {
        self._utc = seconds;
    }

    /// The application's own way in: no ACL and no `AccessType`, but the same schema.
    pub fn local(&mut self) -> Local<'_, 'a> {
        Local { tree: self }
    }

    /// The manufacturer's way in.
    pub fn factory(&mut self) -> Factory<'_, 'a> {
        Factory { tree: self }
    }

    /// Whether the server may do this with the node: the only way to a node.
    ///
    /// # Errors
    /// [`Reason::Acl`].
    pub fn authorise(&self, who: &Principal<'_>, verb: Verb, node: NodeId) -> Result<(), Reason> {
        Err(Reason::Acl)
    }

    /// Get, first half: all checks.
    ///
    /// # Errors
    /// Every refusal of a Get.
    pub fn reading(&mut self, who: &Principal<'_>, uri: &[u8]) -> Result<Reading, Reason> {
        Err(Reason::NoSuchNode)
    }

    /// The Format of what is read.
    #[must_use]
    pub fn format(&self, reading: &Reading) -> Format {
        Format::Chr
    }

    /// The Type of what is read; empty for text/plain.
    #[must_use]
    pub fn mime(&self, reading: &Reading) -> &[u8] {
        &[]
    }

    /// Get, second half: writes the value, the names of the children or the property to `out`.
    ///
    /// # Errors
    /// Those of the handler or of the store.
    pub fn read(&mut self, reading: &Reading, out: &mut Sink<'_>) -> Outcome {
        Err(Reason::NoSuchNode)
    }

    /// Add.
    ///
    /// # Errors
    /// Every refusal of an Add; nothing has changed.
    pub fn add(&mut self, who: &Principal<'_>, uri: &[u8], value: &Value<'_>) -> Outcome {
        Err(Reason::NoSuchNode)
    }

    /// Replace of a value or a property.
    ///
    /// # Errors
    /// Every refusal of a Replace; nothing has changed.
    pub fn replace(&mut self, who: &Principal<'_>, uri: &[u8], value: &Value<'_>) -> Outcome {
        Err(Reason::NoSuchNode)
    }

    /// Add or Replace of a value that comes in pieces, `value.data` being the bytes at `offset` of `total`. For
    /// handlers that take pieces; the first piece answers [`Reason::TooLarge`] elsewhere.
    ///
    /// # Errors
    /// Every refusal of a Replace; nothing has changed.
    pub fn write(
        &mut self,
        who: &Principal<'_>,
        uri: &[u8],
        value: &Value<'_>,
        offset: u32,
        total: u32,
    ) -> Outcome {
        Err(Reason::NoSuchNode)
    }

    /// Delete.
    ///
    /// # Errors
    /// Every refusal of a Delete; nothing has changed.
    pub fn delete(&mut self, who: &Principal<'_>, uri: &[u8]) -> Outcome {
        Err(Reason::NoSuchNode)
    }

    /// Exec.
    ///
    /// # Errors
    /// Every refusal of an Exec.
    pub fn exec(
        &mut self,
        who: &Principal<'_>,
        uri: &[u8],
        argument: &Value<'_>,
        ticket: Ticket,
    ) -> Outcome {
        Err(Reason::NoSuchNode)
    }

    /// After a failed [`add`](Self::add) that had to create ancestors: how many bytes of the URI lead to the ancestor
    /// that failed, none when it was the node itself (`TREE-C-052`).
    #[must_use]
    pub fn failed_ancestor(&self) -> Option<usize> {
        None
    }

    /// Removes a Server Identifier from every ACL (`TREE-C-045`).
    ///
    /// # Errors
    /// [`Reason::Store`].
    pub fn purge_server(&mut self, server_id: &[u8]) -> Result<(), Reason> {
        Ok(())
    }
}

impl core::fmt::Debug for Tree<'_> {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.write_str("Tree")
    }
}
