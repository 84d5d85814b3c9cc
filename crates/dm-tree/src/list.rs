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
use crate::slots::{NONE, NodeId, ROOT};
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
}
