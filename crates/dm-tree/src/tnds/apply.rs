//! Add and Replace of a serialised tree: one transaction.
//!
//! Implements the TNDS digest, sections 4.1 and 4.2. Add walks the document once. Replace walks it twice: the first time
//! changes nothing, checks formats and values and marks the nodes that stay; then the others go; then nodes are made and
//! overwritten. So a document needs memory for what is new in it only; that of what goes is free after the command.

use super::TreeDocument;
use super::inbox::Objects;
use super::reader::{Entry, Part, Walk};
use crate::acl::Verb;
use crate::handler::{Outcome, Progress};
use crate::local::Factory;
use crate::principal::Principal;
use crate::reason::Reason;
use crate::schema::{DescId, access, flags};
use crate::slots::{Index, NONE, ROOT, state};
use crate::tree::{By, Place, Tree};
use crate::uri::Query;

/// A place in the tree: a node, or where one is to be.
#[derive(Clone, Copy)]
pub(super) struct Spot {
    /// `NONE`: there is no such node yet.
    pub(super) node: Index,
    pub(super) desc: DescId,
}

impl Spot {
    /// A node that is left out with everything below it.
    pub(super) const PASSED_OVER: Self = Self {
        node: NONE,
        desc: DescId(u16::MAX),
    };

    pub(super) fn is_passed_over(self) -> bool {
        self.desc == Self::PASSED_OVER.desc
    }
}

/// Most nodes around a node; XML and WBXML are read no deeper.
const LEVELS: usize = dm_wbxml::MAX_DEPTH;

/// The nodes around one, from the outermost on.
struct Above {
    /// Of each its node, or of one that is not there yet its description.
    spots: [u16; LEVELS],
    /// Which are descriptions.
    planned: u32,
    count: u8,
}

impl Above {
    const NONE: Self = Self {
        spots: [0; LEVELS],
        planned: 0,
        count: 0,
    };

    fn push(&mut self, spot: Spot) -> Result<(), Reason> {
        let place = self.spots.get_mut(usize::from(self.count));
        let bit = 1u32.wrapping_shl(u32::from(self.count));
        *place.ok_or(Reason::Nesting)? = match spot.node {
            NONE => {
                self.planned |= bit;
                spot.desc.0
            }
            node => {
                self.planned &= !bit;
                node
            }
        };
        self.count = self.count.saturating_add(1);
        Ok(())
    }

    fn pop(&mut self) {
        self.count = self.count.saturating_sub(1);
    }

    /// The innermost one.
    fn last(&self, tree: &Tree<'_>) -> Option<Spot> {
        let at = self.count.checked_sub(1)?;
        let spot = *self.spots.get(usize::from(at))?;
        Some(match self.planned.wrapping_shr(u32::from(at)) & 1 {
            0 => tree.spot(spot),
            _ => Spot {
                node: NONE,
                desc: DescId(spot),
            },
        })
    }
}

/// What is done with a document.
pub(super) struct Job<'j> {
    pub(super) by: By<'j>,
    pub(super) replaces: bool,
    /// Only look.
    pub(super) checks: bool,
    pub(super) is_xml: bool,
    /// Where paths begin.
    pub(super) base: Spot,
    /// The base is the first node of the document.
    pub(super) is_base_named: bool,
    /// It will have a child with its own name that is not there yet.
    pub(super) has_namesake: bool,
    /// A node has been read.
    pub(super) begun: bool,
    /// Nodes have to be made.
    pub(super) creates: bool,
    /// The URI of the target that the first node makes, and how far it exists.
    pub(super) missing: Option<(&'j [u8], Index, &'j [u8])>,
    /// The document came to the Inbox.
    pub(super) objects: Option<Objects>,
    /// Of the topmost node of a bootstrap: the document also has a later version of it.
    #[cfg(feature = "bootstrap")]
    pub(super) is_outdated: bool,
    pub(super) document: &'j TreeDocument<'j>,
}

impl Tree<'_> {
    /// Add of a serialised tree: all its nodes, or none. Below an existing interior node its topmost nodes are new children;
    /// a target that is missing is its first node, or becomes an interior node around it. At the Inbox each object goes
    /// where its management object identifier belongs.
    ///
    /// Each node is made as if by an Add of its own; ACLs of the data count from the end of the command on. `work` takes
    /// what of one node is not one plain piece of the document, and binary values of XML.
    ///
    /// Costs what the Adds would, in one transaction: each node takes room in the undo log, and each value is written twice.
    ///
    /// # Errors
    /// That of the first node that is refused ([`Reason::Exists`] for one that is there already); [`Reason::Document`] when
    /// the data is no serialised tree. Nothing has changed then.
    pub fn add_subtree(
        &mut self,
        who: &Principal<'_>,
        uri: &[u8],
        document: &TreeDocument<'_>,
        work: &mut [u8],
    ) -> Outcome {
        self.take_subtree(By::server(who), uri, document, false, work)
    }

    /// Replace by a serialised tree: afterwards there are exactly its nodes below the target, with its values. What
    /// exists and is not in the data goes.
    ///
    /// The right to replace the target is the right to everything below; making nodes needs the right to add to it.
    /// Permanent nodes have to be in the data. Otherwise as [`add_subtree`](Self::add_subtree).
    ///
    /// # Errors
    /// As [`add_subtree`](Self::add_subtree); nothing has changed then.
    pub fn replace_subtree(
        &mut self,
        who: &Principal<'_>,
        uri: &[u8],
        document: &TreeDocument<'_>,
        work: &mut [u8],
    ) -> Outcome {
        self.take_subtree(By::server(who), uri, document, true, work)
    }

    pub(crate) fn take_subtree(
        &mut self,
        by: By<'_>,
        uri: &[u8],
        document: &TreeDocument<'_>,
        replaces: bool,
        work: &mut [u8],
    ) -> Outcome {
        self.failed = 0;
        self.writable()?;
        if self.txn.waits {
            return self.commit();
        }
        let is_own = !self.txn.open;
        if is_own {
            self.begin()?;
        }
        let mark = self.nodes.mark();
        let result = self.fill(by, uri, document, replaces, work);
        self.nodes.forget_named();
        match self.settle(mark, result) {
            Ok(Progress::Done) if is_own => {
                self.txn.waits = true;
                self.commit()
            }
            result => {
                if is_own {
                    self.roll_back();
                }
                result
            }
        }
    }

    fn fill(
        &mut self,
        by: By<'_>,
        uri: &[u8],
        document: &TreeDocument<'_>,
        replaces: bool,
        work: &mut [u8],
    ) -> Outcome {
        let Place { node, rest, query } = self.locate(uri)?;
        if query != Query::Node {
            return Err(Reason::PropertyAccess);
        }
        let mut job = Job {
            by,
            replaces,
            checks: replaces,
            is_xml: document.is_xml(),
            base: self.spot(node),
            is_base_named: false,
            has_namesake: false,
            begun: false,
            creates: false,
            missing: None,
            objects: None,
            #[cfg(feature = "bootstrap")]
            is_outdated: false,
            document,
        };
        if self.is_inbox(node) {
            if replaces {
                return Err(Reason::AccessType);
            }
            self.permit_access(by, Verb::Add, node)?;
            job.objects = Some(Objects::default());
            let outcome = self.walk(&mut job, work)?;
            if let (Progress::Done, Some(objects)) = (outcome, &job.objects) {
                self.resolve_references(objects, work)?;
            }
            return Ok(outcome);
        }
        if replaces {
            if !rest.is_empty() {
                return Err(Reason::NoSuchNode);
            }
            self.permit(by, Verb::Replace, node)?;
            self.free_structure(by, node, true)?;
            self.walk(&mut job, work)?;
            if job.creates {
                self.permit(by, Verb::Add, node)?;
            }
            if self.clear_unnamed(by, node)? == Progress::NotYet {
                return Ok(Progress::NotYet);
            }
            self.nodes.forget_named();
            (job.checks, job.begun, job.has_namesake) = (false, false, false);
        } else if !rest.is_empty() {
            job.missing = Some((uri, node, rest));
        } else if self.nodes.is_leaf(node) {
            return Err(Reason::NotInterior);
        }
        self.walk(&mut job, work)
    }

    pub(super) fn spot(&self, node: Index) -> Spot {
        Spot {
            node,
            desc: self.nodes.slots.at(node).desc(),
        }
    }

    /// Does with each node of the document what the job says.
    #[inline(never)]
    fn walk(&mut self, job: &mut Job<'_>, work: &mut [u8]) -> Outcome {
        let too_deep = match self.limits.max_depth {
            0 => Reason::Nesting,
            _ => Reason::UriTooLong,
        };
        let mut walk = Walk::new(job.document, too_deep);
        let mut entry = Entry::default();
        let mut above = Above::NONE;
        loop {
            let part = walk.next(&mut entry)?;
            match part {
                Part::Done if job.begun => return Ok(Progress::Done),
                Part::Done => return Err(Reason::Document),
                Part::Close => above.pop(),
                Part::Open | Part::Whole => {
                    let parent = above.last(self);
                    let (progress, spot) = self.take_entry(job, parent, &mut entry, work)?;
                    if progress == Progress::NotYet {
                        return Ok(Progress::NotYet);
                    }
                    if part == Part::Open {
                        above.push(spot)?;
                    }
                }
            }
        }
    }

    /// Removes everything below `top` that the document has not named.
    fn clear_unnamed(&mut self, by: By<'_>, top: Index) -> Outcome {
        let mut node = self.nodes.slots.next_in(top, top);
        while node != NONE {
            if self.nodes.slots.at(node).has(state::NAMED) {
                node = self.nodes.slots.next_in(top, node);
                continue;
            }
            let next = self.nodes.slots.next_beside(top, node);
            if !self.may_be_removed(by, node) {
                return Err(Reason::Permanent);
            }
            if by.is_server() && !self.nodes.desc(node).allows(access::DELETE) {
                return Err(Reason::AccessType);
            }
            if self.try_delete(node)? == Progress::NotYet {
                return Ok(Progress::NotYet);
            }
            node = next;
        }
        Ok(Progress::Done)
    }

    /// Whether neither the node nor, for a server, anything below it is permanent.
    pub(crate) fn may_be_removed(&self, by: By<'_>, node: Index) -> bool {
        let mut below = node;
        while below != NONE {
            let is_permanent = self.nodes.desc(below).has(flags::PERMANENT);
            if is_permanent && (below == node || by.is_server()) {
                return false;
            }
            below = self.nodes.slots.next_in(node, below);
        }
        node != ROOT
    }
}

impl crate::nodes::Nodes<'_> {
    pub(super) fn is_named(&self, node: Index) -> bool {
        self.slots.at(node).has(state::NAMED)
    }

    pub(super) fn set_named(&mut self, node: Index) {
        if let Some(slot) = self.slots.at_mut(node) {
            slot.flags |= state::NAMED;
        }
    }

    fn forget_named(&mut self) {
        for index in 0..self.slots.len() {
            if let Some(slot) = self.slots.at_mut(index) {
                slot.flags &= !state::NAMED;
            }
        }
    }
}

impl Factory<'_, '_> {
    /// [`Tree::add_subtree`] without rights and `AccessType`; also makes permanent nodes.
    ///
    /// # Errors
    /// As [`Tree::add_subtree`], without rights.
    pub fn add_subtree(
        &mut self,
        uri: &str,
        document: &TreeDocument<'_>,
        work: &mut [u8],
    ) -> Outcome {
        self.tree
            .take_subtree(By::FACTORY, uri.as_bytes(), document, false, work)
    }

    /// [`Tree::replace_subtree`] without rights and `AccessType`.
    ///
    /// # Errors
    /// As [`Tree::replace_subtree`], without rights.
    pub fn replace_subtree(
        &mut self,
        uri: &str,
        document: &TreeDocument<'_>,
        work: &mut [u8],
    ) -> Outcome {
        self.tree
            .take_subtree(By::FACTORY, uri.as_bytes(), document, true, work)
    }
}
