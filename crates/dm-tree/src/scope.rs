//! What a bootstrap may write: new objects of some kinds, and the objects that its source made before.
//!
//! Implements the bootstrap digest, sections 3.3 and 5. A bootstrap asks no ACL, so what keeps it in is asked at every node, by
//! whatever way the document comes to it: a URI, a path in a serialised tree, or the Inbox.

use crate::acl::Verb;
use crate::reason::Reason;
use crate::schema::DescId;
use crate::slots::{Index, NONE, NodeId};
use crate::tree::{By, Tree};

/// The part of a tree that a bootstrap may write.
///
/// Inside an object that the open transaction has made, or that is among `own`, everything may be done that the device
/// description allows. Outside of objects only new ones may be added, with the interior nodes above them. Every other node is
/// closed: also objects of these kinds that somebody else made.
#[derive(Clone, Copy, Debug)]
pub struct Scope<'s> {
    /// How the management object identifiers of the objects begin that may always be made.
    pub always: &'s [u8],
    /// How those of others begin.
    pub objects: &'s [&'s [u8]],
    /// Objects that exist and may be changed.
    pub own: &'s [NodeId],
}

impl Scope<'_> {
    fn covers(&self, id: &[u8]) -> bool {
        let mut known = self.objects.iter().chain([&self.always]);
        known.any(|known| id.starts_with(known))
    }
}

impl<'p> By<'p> {
    fn scope(self) -> Option<&'p Scope<'p>> {
        self.who().scope()
    }
}

impl Tree<'_> {
    /// What stands for the ACL with a bootstrap.
    #[inline(never)]
    pub(crate) fn is_open(&self, scope: &Scope<'_>, verb: Verb, node: Index) -> bool {
        match self.object_around(scope, node) {
            Some(object) => self.is_open_object(scope, object),
            // What is added there is looked at in `permit_new`.
            None => verb == Verb::Add && self.is_inbox(node),
        }
    }

    /// Whether a node with this description may be made below `parent`: with an ACL that is a matter of the topmost new node
    /// alone, with a bootstrap of each.
    pub(crate) fn permit_new(
        &self,
        by: By<'_>,
        parent: Index,
        id: DescId,
        is_top: bool,
    ) -> Result<(), Reason> {
        let Some(scope) = by.scope() else {
            return if is_top {
                self.permit(by, Verb::Add, parent)
            } else {
                Ok(())
            };
        };
        let is_open = match self.object_around(scope, parent) {
            Some(object) => self.is_open_object(scope, object),
            None => self.leads_to_object(scope, id),
        };
        is_open.then_some(()).ok_or(Reason::Acl)
    }

    /// The object that a node is or is in. What counts is its description: the type of a node is data.
    fn object_around(&self, scope: &Scope<'_>, node: Index) -> Option<Index> {
        let mut node = node;
        while node != NONE {
            let slot = self.nodes.slots.at(node);
            if self.describes_root(scope, slot.desc()) {
                return Some(node);
            }
            node = slot.parent;
        }
        None
    }

    fn describes_root(&self, scope: &Scope<'_>, id: DescId) -> bool {
        self.nodes.describe(id).is_interior() && scope.covers(self.nodes.schema.mime(id))
    }

    fn is_open_object(&self, scope: &Scope<'_>, object: Index) -> bool {
        (self.in_transaction() && self.nodes.is_made(object))
            || scope.own.contains(&self.id(object))
    }

    /// Whether nodes with this description are objects, or objects are below them.
    fn leads_to_object(&self, scope: &Scope<'_>, id: DescId) -> bool {
        let count = u16::try_from(self.nodes.schema.nodes.len()).unwrap_or(u16::MAX);
        (0..count).map(DescId).any(|mut below| {
            if !self.describes_root(scope, below) {
                return false;
            }
            while below != id && below != DescId::ROOT {
                below = DescId(self.nodes.describe(below).parent);
            }
            below == id
        })
    }

    /// Whether a document may say of a node below this description what the device does not know: only vendors' nodes are
    /// passed over, and by a bootstrap alone (`BOOT-C-024`).
    pub(crate) fn passes_over(&self, by: By<'_>, below: DescId, name: &[u8]) -> bool {
        if !by.is_bootstrap() {
            return false;
        }
        let mut is_vendors = name == EXT;
        let mut id = below;
        while id != DescId::ROOT && !is_vendors {
            is_vendors = self.nodes.schema.name(id) == EXT;
            id = DescId(self.nodes.describe(id).parent);
        }
        is_vendors
    }
}

/// Name of the node below which vendors have theirs.
const EXT: &[u8] = b"Ext";
