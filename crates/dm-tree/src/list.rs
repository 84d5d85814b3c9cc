//! `?list=Struct` and `?list=StructData`: a subtree, one node at a time.
//!
//! Implements the tree digest, section 8. Nodes that the server may not Get, be it for their ACL or their `AccessType`, are
//! left out with everything below them.

use crate::acl::{Verb, cut};
#[cfg(feature = "profile13")]
use crate::filter::Filter;
use crate::format::Format;
use crate::get::Reading;
use crate::principal::Principal;
use crate::reason::Reason;
use crate::sink::Sink;
use crate::slots::{NONE, NodeId, ROOT};
use crate::tree::{By, Place, Tree};
use crate::uri::Query;

/// What a list gives.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Kind {
    Struct,
    StructData,
    /// The nodes that answer a virtual URI, each as if it had been asked alone.
    #[cfg(feature = "profile13")]
    Matches,
}

/// How far a structural query has come: plain numbers, to be kept between messages.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Listing {
    pub(crate) top: NodeId,
    /// The node that comes next, unless all have come.
    pub(crate) next: Option<NodeId>,
    pub(crate) kind: Kind,
}

impl Listing {
    /// The node the query was about.
    #[must_use]
    pub const fn top(&self) -> NodeId {
        self.top
    }

    /// Whether what has this Format comes with its data: leaves where they were asked for.
    #[must_use]
    pub const fn has_data(&self, format: Format) -> bool {
        match self.kind {
            Kind::Struct => false,
            Kind::StructData => !matches!(format, Format::Node),
            #[cfg(feature = "profile13")]
            Kind::Matches => true,
        }
    }
}

impl Tree<'_> {
    /// Get of `?list=Struct` or `?list=StructData`: every check. Items come with [`next_item`](Self::next_item).
    ///
    /// # Errors
    /// Every refusal of a Get; [`Reason::Query`] for other attributes (`TREE-C-072`).
    pub fn listing(&mut self, who: &Principal<'_>, uri: &[u8]) -> Result<Listing, Reason> {
        let Place { node, rest, query } = self.locate(uri)?;
        let kind = match (query, cut(uri, b'?').1) {
            (Query::List, b"list=Struct") => Kind::Struct,
            (Query::List, b"list=StructData") => Kind::StructData,
            #[cfg(feature = "profile13")]
            (Query::List, _) => Filter::parse(uri)?.kind(),
            _ => return Err(Reason::Query),
        };
        if !rest.is_empty() {
            return Err(self.missing(node));
        }
        self.permit_access(By::server(who), Verb::Get, node)?;
        let top = self.id(node);
        let listing = Listing {
            top,
            next: Some(top),
            kind,
        };
        #[cfg(feature = "profile13")]
        let listing = self.filtered(who, uri, listing)?;
        Ok(listing)
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
                .permit_access(By::server(who), Verb::Get, next)
                .is_err()
        {
            next = self.nodes.slots.next_beside(top, next);
        }
        listing.next = (next != NONE).then(|| self.id(next));
        Ok(Some(Reading::item(
            self.id(node),
            listing.has_data(self.nodes.desc(node).format()),
        )))
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
