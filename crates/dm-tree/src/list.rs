//! `?list=Struct` and `?list=StructData`: a subtree, one node at a time.
//!
//! Implements the tree digest, section 8. Nodes that the server may not Get, be it for their ACL or their `AccessType`, are
//! left out with everything below them.

use crate::acl::{Verb, cut};
use crate::get::Reading;
use crate::principal::Principal;
use crate::reason::Reason;
use crate::schema::access;
use crate::sink::Sink;
use crate::slots::{Index, NONE, NodeId, ROOT};
use crate::tree::{By, Place, Tree};
use crate::uri::Query;

/// How far a structural query has come: plain numbers, to be kept between messages.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Listing {
    top: NodeId,
    /// The node that comes next, unless all have come.
    next: Option<NodeId>,
    data: bool,
}

impl Listing {
    /// The node the query was about.
    #[must_use]
    pub const fn top(&self) -> NodeId {
        self.top
    }

    /// Whether leaves come with their data.
    #[must_use]
    pub const fn has_data(&self) -> bool {
        self.data
    }
}

/// What is being sent in pieces, and must stay as it is.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) struct Held {
    /// The structure below.
    top: Index,
    /// The value.
    leaf: Index,
}

impl Tree<'_> {
    /// Get of `?list=Struct` or `?list=StructData`: every check. Items come with [`next_item`](Self::next_item).
    ///
    /// # Errors
    /// Every refusal of a Get; [`Reason::Query`] for other attributes (`TREE-C-072`).
    pub fn listing(&mut self, who: &Principal<'_>, uri: &[u8]) -> Result<Listing, Reason> {
        let Place { node, rest, query } = self.locate(uri)?;
        let data = match (query, cut(uri, b'?').1) {
            (Query::List, b"list=Struct") => false,
            (Query::List, b"list=StructData") => true,
            _ => return Err(Reason::Query),
        };
        if !rest.is_empty() {
            return Err(self.missing(node));
        }
        self.permit_access(By::Server(who), access::GET, Verb::Get, node)?;
        let top = self.id(node);
        Ok(Listing {
            top,
            next: Some(top),
            data,
        })
    }

    /// The next item of a listing, parents before children: to be asked for its [`uri`](Self::uri), its
    /// [`format`](Self::format), its [`mime`](Self::mime), and, if the listing has data, to be [`read`](Self::read);
    /// an interior node reads as nothing. None when all have come.
    ///
    /// # Errors
    /// [`Reason::NoSuchNode`] when the tree has changed under the listing.
    pub fn next_item(
        &self,
        who: &Principal<'_>,
        listing: &mut Listing,
    ) -> Result<Option<Reading>, Reason> {
        let top = self.live(listing.top)?;
        let Some(next) = listing.next else {
            return Ok(None);
        };
        let node = self.live(next)?;
        let mut next = self.nodes.slots.next_in(top, node);
        while next != NONE
            && self
                .permit_access(By::Server(who), access::GET, Verb::Get, next)
                .is_err()
        {
            next = self.nodes.slots.next_beside(top, next);
        }
        listing.next = (next != NONE).then(|| self.id(next));
        Ok(Some(Reading::item(self.id(node), listing.data)))
    }

    /// Writes the URI of a node, beginning with `./`.
    ///
    /// # Errors
    /// [`Reason::NoSuchNode`]; [`Reason::Full`] when the scratch is shorter than the URI.
    pub fn uri(&mut self, node: NodeId, out: &mut Sink<'_>) -> Result<(), Reason> {
        let node = self.live(node)?;
        out.put(b".");
        if node != ROOT {
            out.put(b"/");
            let start = self.nodes.path_below(ROOT, node, self.scratch)?;
            out.put(self.scratch.get(start..).unwrap_or_default());
        }
        Ok(())
    }

    /// From now on the device itself can neither add, remove or rename anything below `top`, nor `top` itself, nor change the
    /// value of `leaf`: it gets [`Reason::Busy`]. For a result that is sent in pieces; both may be one node.
    pub fn hold(&mut self, top: NodeId, leaf: NodeId) {
        self.held = Some(Held {
            top: top.index,
            leaf: leaf.index,
        });
    }

    /// Ends [`hold`](Self::hold).
    pub fn let_go(&mut self) {
        self.held = None;
    }

    /// Refuses a change of structure below `node` by the device itself while that is held; with `moves`, also one that
    /// removes or renames `node`.
    pub(crate) fn free_structure(
        &self,
        by: By<'_>,
        node: Index,
        moves: bool,
    ) -> Result<(), Reason> {
        match self.held {
            Some(held)
                if !by.is_server()
                    && (self.is_below(node, held.top)
                        || (moves && self.is_below(held.top, node))) =>
            {
                Err(Reason::Busy)
            }
            _ => Ok(()),
        }
    }

    /// Refuses a change of the value of `node` by the device itself while that is held.
    pub(crate) fn free_value(&self, by: By<'_>, node: Index) -> Result<(), Reason> {
        match self.held {
            Some(held) if !by.is_server() && held.leaf == node => Err(Reason::Busy),
            _ => Ok(()),
        }
    }

    fn is_below(&self, node: Index, top: Index) -> bool {
        let mut at = node;
        while at != top && at != NONE {
            at = self.nodes.slots.at(at).parent;
        }
        at == top
    }
}
