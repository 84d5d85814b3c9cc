//! The tree: lent memory, ways in, authorisation.

use crate::acl::{self, Verb};
use crate::changes::Changes;
use crate::handler::{At, Handler, Mount, Outcome, Progress};
use crate::hold::Held;
use crate::local::{Factory, Local};
use crate::nodes::{Nodes, Walk};
use crate::pool::Field;
pub(crate) use crate::principal::By;
use crate::principal::Principal;
use crate::reason::Reason;
use crate::schema::Schema;
use crate::slots::{Index, NodeId, NodeSlot, ROOT, state};
use crate::store::Store;
use crate::txn::Txn;
use crate::undo::Mark;
use crate::uri::{self, Query, UriLimits, without_root};

/// The memory a tree lives in.
#[derive(Debug)]
pub struct TreeMemory<'m> {
    /// One slot of 24 bytes per live node, permanent ones and the root included; at most 65534 are used.
    pub nodes: &'m mut [NodeSlot],
    /// What few nodes have: for each node that has any of these 4 bytes, and for each own name, ACL, type, title and time
    /// stamp 2 bytes and its length. The rest is the undo log: 5 bytes for each change of one command or transaction,
    /// and the old ACL, title or name; 64 bytes serve single commands. At most 65535 bytes are used.
    pub pool: &'m mut [u8],
    /// Scratch for one record of the store: a value and 5 bytes, in a durable store 24 bytes and name, ACL and title of the
    /// node; and for a path. A value that would not fit is refused with 413.
    pub value: &'m mut [u8],
}

/// The management tree.
///
/// A server's commands come in through [`reading`](Self::reading), [`add`](Self::add), [`replace`](Self::replace),
/// [`delete`](Self::delete) and [`exec`](Self::exec), each of which asks [`authorise`](Self::authorise); the device itself
/// uses [`local`](Self::local).
pub struct Tree<'a> {
    pub(crate) nodes: Nodes<'a>,
    pub(crate) store: &'a mut dyn Store,
    pub(crate) mounts: &'a mut [Mount<'a>],
    pub(crate) scratch: &'a mut [u8],
    pub(crate) limits: UriLimits,
    /// Seconds since 1970; 0 when unknown.
    pub(crate) now: u32,
    /// See [`Tree::failed_ancestor`].
    pub(crate) failed: u16,
    /// See [`Tree::is_durable`].
    pub(crate) durable: bool,
    /// Dynamic nodes are looked for by `open` up to this number.
    pub(crate) numbers: u16,
    /// Records for which the schema has no place.
    pub(crate) unbound: u16,
    pub(crate) txn: Txn,
    pub(crate) held: Option<Held>,
    /// The store failed in the middle of a removal.
    pub(crate) broken: bool,
    #[cfg_attr(not(feature = "changes"), allow(dead_code))]
    pub(crate) changes: Changes<'a>,
}

/// Where a URI leads.
pub(crate) struct Place<'u> {
    /// The last node of its path that exists.
    pub(crate) node: Index,
    /// The path below that node.
    pub(crate) rest: &'u [u8],
    pub(crate) query: Query,
}

impl<'a> Tree<'a> {
    /// Tells the time for `TStamp`: seconds since 1970, or none when unknown.
    pub fn set_utc(&mut self, seconds: Option<u64>) {
        self.now = seconds
            .and_then(|seconds| u32::try_from(seconds).ok())
            .unwrap_or_default();
    }

    /// The application's own way in: no ACL and no `AccessType`, but the same schema.
    pub fn local(&mut self) -> Local<'_, 'a> {
        Local { tree: self }
    }

    /// The manufacturer's way in.
    pub fn factory(&mut self) -> Factory<'_, 'a> {
        Factory { tree: self }
    }

    /// The schema.
    #[must_use]
    pub fn schema(&self) -> &'a Schema<'a> {
        self.nodes.schema
    }

    /// The limits on URIs.
    #[must_use]
    pub fn limits(&self) -> &UriLimits {
        &self.limits
    }

    /// Whether the effective ACL of the node grants `verb` to the server (`TREE-C-047`, `PRO-C-142`). The only way to a
    /// node for a server.
    ///
    /// Costs a step for each ancestor that has no ACL, and a walk over the text of the first one.
    ///
    /// # Errors
    /// [`Reason::Acl`]; [`Reason::NoSuchNode`] when the node has been removed.
    pub fn authorise(&self, who: &Principal<'_>, verb: Verb, node: NodeId) -> Result<(), Reason> {
        let node = self.nodes.slots.live(node).ok_or(Reason::NoSuchNode)?;
        self.permit(By::server(who), verb, node)
    }

    /// [`authorise`](Self::authorise) for whoever acts.
    pub(crate) fn permit(&self, by: By<'_>, verb: Verb, node: Index) -> Result<(), Reason> {
        if by.is_server() && !self.grants(by.who(), verb, node) {
            return Err(Reason::Acl);
        }
        Ok(())
    }

    fn grants(&self, who: &Principal<'_>, verb: Verb, node: Index) -> bool {
        #[cfg(all(feature = "bootstrap", feature = "tnds"))]
        if let Some(scope) = who.scope() {
            return self.is_open(scope, verb, node);
        }
        acl::grants(self.nodes.effective_acl(node), verb, who.server_id())
    }

    /// Checks that `AccessType` and ACL of the node let a server do this, in this order (section 5.8).
    #[inline(never)]
    pub(crate) fn permit_access(&self, by: By<'_>, verb: Verb, node: Index) -> Result<(), Reason> {
        if !by.is_server() {
            return Ok(());
        }
        if !self.nodes.desc(node).allows(verb.access()) {
            return Err(Reason::AccessType);
        }
        self.permit(by, verb, node)
    }

    /// The node a URI leads to, as far as it exists.
    pub(crate) fn locate<'u>(&self, uri: &'u [u8]) -> Result<Place<'u>, Reason> {
        let walk = match uri::root_query(uri) {
            Some(query) => Walk {
                node: ROOT,
                rest: query,
                whole: true,
                depth: 0,
                longest: 0,
            },
            None => self.nodes.walk(ROOT, without_root(uri)),
        };
        self.place_of(&walk, uri, 0)
    }

    /// Where a walk has led that followed the end of `text`, before which there are `before` characters.
    ///
    /// Names that exist are well formed: only what follows them is looked at closely.
    pub(crate) fn place_of<'u>(
        &self,
        walk: &Walk<'u>,
        text: &[u8],
        before: u32,
    ) -> Result<Place<'u>, Reason> {
        let (mut depth, mut longest) = (walk.depth, walk.longest);
        let (mut rest, mut query) = (&[][..], walk.rest);
        if !walk.whole {
            let shape = uri::shape(walk.rest)?;
            let passed = text.len().wrapping_sub(walk.rest.len());
            if depth != 0 && text.get(..passed).unwrap_or_default().ends_with(b"./") {
                return Err(Reason::UriSyntax);
            }
            (rest, query) = walk.rest.split_at_checked(shape.length).unwrap_or_default();
            depth = depth.wrapping_add(shape.depth);
            longest = longest.max(shape.longest);
        }
        self.limits.allow(text, before, depth, longest)?;
        Ok(Place {
            node: walk.node,
            rest,
            query: Query::parse(query)?,
        })
    }

    /// The existing node a URI leads to.
    pub(crate) fn find(&self, uri: &[u8]) -> Result<(Index, Query), Reason> {
        let place = self.locate(uri)?;
        if place.rest.is_empty() {
            Ok((place.node, place.query))
        } else {
            Err(Reason::NoSuchNode)
        }
    }

    pub(crate) fn id(&self, node: Index) -> NodeId {
        self.nodes.slots.id(node)
    }

    #[inline(never)]
    pub(crate) fn live(&self, node: NodeId) -> Result<Index, Reason> {
        self.nodes.slots.live(node).ok_or(Reason::NoSuchNode)
    }

    pub(crate) fn is_mounted(&self, node: Index) -> bool {
        self.nodes.slots.at(node).has(state::MOUNTED)
    }

    /// The node at which the handler behind a mounted node is mounted, and the number of the mount.
    pub(crate) fn mount_above(&self, node: Index) -> Result<(Index, usize), Reason> {
        let mut top = node;
        while let Some(slot) = self.nodes.slots.get(top) {
            let id = slot.desc();
            if let Some(index) = self.mounts.iter().position(|mount| mount.at == id) {
                return Ok((top, index));
            }
            top = slot.parent;
        }
        Err(Reason::NoSuchNode)
    }

    /// Calls the handler behind a mounted node, and tells it which node is meant.
    #[inline(never)]
    pub(crate) fn reach(
        &mut self,
        node: Index,
        call: &mut dyn FnMut(&mut dyn Handler, At<'_>) -> Outcome,
    ) -> Outcome {
        let (top, index) = self.mount_above(node)?;
        let start = self.nodes.path_below(top, node, self.scratch)?;
        let mount = self.mounts.get_mut(index).ok_or(Reason::NoSuchNode)?;
        let at = At {
            id: self.nodes.slots.at(node).desc(),
            path: self.scratch.get(start..).unwrap_or_default(),
            name: self.nodes.name(node),
        };
        call(&mut *mount.handler, at)
    }

    /// Whether structure is kept in the store. Without the feature everything that follows from it is left out of the image.
    pub(crate) const fn is_durable(&self) -> bool {
        cfg!(feature = "durable") && self.durable
    }

    /// Refuses changes when the store is in an unknown state.
    pub(crate) fn writable(&self) -> Result<(), Reason> {
        if self.broken {
            Err(Reason::Store)
        } else {
            Ok(())
        }
    }

    /// Ends a command: keeps its changes when it is done, else takes them back.
    pub(crate) fn settle(&mut self, mark: Mark, result: Outcome) -> Outcome {
        let reached = self.in_transaction() && core::mem::take(&mut self.txn.reached);
        match result {
            Ok(Progress::Done | Progress::Started) => {
                if !self.in_transaction() {
                    self.nodes.sweep();
                }
                Ok(Progress::Done)
            }
            Ok(Progress::NotYet) | Err(_) => {
                self.nodes.roll_back(mark);
                self.txn.spoiled |= reached;
                result
            }
        }
    }

    /// Counts a change of the node: `TStamp` and `VerNo`, where it has them (`TREE-C-026`, `TREE-C-027`).
    pub(crate) fn touch(&mut self, node: Index) -> Result<(), Reason> {
        use crate::schema::flags::{HAS_TSTAMP, HAS_VERNO};
        if !cfg!(feature = "properties") {
            return Ok(());
        }
        let desc = self.nodes.desc(node);
        if desc.has(HAS_VERNO) {
            let next = self.nodes.slots.at(node).ver_no.wrapping_add(1);
            self.nodes.change_ver_no(node, next)?;
        }
        if desc.has(HAS_TSTAMP) {
            let stamp = self.now.to_le_bytes();
            let parts: &[&[u8]] = if self.now == 0 { &[] } else { &[&stamp] };
            self.nodes.change_field(node, Field::TStamp, parts)?;
        }
        Ok(())
    }
}

impl core::fmt::Debug for Tree<'_> {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.write_str("Tree")
    }
}
