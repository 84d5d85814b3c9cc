//! Where a node of a serialised tree goes.

use dm_wbxml::Text;

use super::apply::{Job, Spot};
use super::reader::Entry;
use crate::acl::cut;
use crate::format::Format;
use crate::handler::{Progress, Value};
use crate::reason::Reason;
#[cfg(not(feature = "bootstrap"))]
use crate::schema::DescId;
use crate::schema::flags;
use crate::slots::{Index, NONE};
use crate::tree::{By, Tree};
use crate::uri::{same_name, without_root};

/// The octets of a text: where they are when they are one piece, else at the start of `work`. With what is left of it.
pub(super) fn pieces<'w>(
    text: Text<'w>,
    work: &'w mut [u8],
    else_: Reason,
) -> Result<(&'w [u8], &'w mut [u8]), Reason> {
    if let Some(plain) = text.plain() {
        return Ok((plain, work));
    }
    let length = text.copy_to(work).ok_or(else_)?;
    match work.split_at_mut_checked(length) {
        Some((copy, rest)) => Ok((copy, rest)),
        None => Err(else_),
    }
}

/// Where a node of the document goes.
pub(super) struct Place<'w> {
    pub(super) parent: Spot,
    /// What it is called there.
    pub(super) name: &'w [u8],
    pub(super) role: Role,
    /// What is left to work in.
    pub(super) work: &'w mut [u8],
}

/// What a node of the document is to the command.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Role {
    /// One of its nodes.
    Plain,
    /// The target, which was missing.
    NewTarget,
    /// The target, which a Replace overwrites.
    Target,
    /// An object of the Inbox, and the hash of what the document calls it.
    Object(u32),
}

/// What comes of looking for the place of a node.
pub(super) enum Found<'w> {
    At(Place<'w>),
    /// The node is passed over.
    Nowhere,
    /// A handler above it takes its time.
    NotYet,
}

impl<'a> Tree<'a> {
    /// Where the node goes.
    #[inline(never)]
    pub(super) fn place<'w, 'j: 'w>(
        &mut self,
        job: &mut Job<'j>,
        parent: Option<Spot>,
        is_top: bool,
        entry: &Entry<'w>,
        work: &'w mut [u8],
    ) -> Result<Found<'w>, Reason>
    where
        'a: 'w,
    {
        let is_first = !core::mem::replace(&mut job.begun, true);
        if parent.is_some_and(Spot::is_passed_over) {
            return Ok(Found::Nowhere);
        }
        let (name, work) = pieces(entry.name, work, Reason::UriTooLong)?;
        if is_top {
            return match self.place_object(job, entry, name, work) {
                // Only what a server sends has to be known (`BOOT-C-024`, `TNDS-C-035`).
                Err(Reason::UnknownObject) if job.by.is_bootstrap() => Ok(Found::Nowhere),
                place => place.map(Found::At),
            };
        }
        if let (true, None) = (is_first, entry.path) {
            if let Some((uri, above, rest)) = job.missing {
                let (above, last) = self.make_above(job.by, uri, above, rest)?;
                job.is_base_named = name.is_empty() || name == last;
                if job.is_base_named {
                    return Ok(Found::At(Place {
                        parent: above,
                        name: last,
                        role: Role::NewTarget,
                        work,
                    }));
                }
                let (progress, base) = self.meet_around(job, above, last, work)?;
                if progress == Progress::NotYet {
                    return Ok(Found::NotYet);
                }
                job.base = base;
            } else if job.replaces && self.is_called(job.base.node, name) {
                job.is_base_named = true;
                return Ok(Found::At(Place {
                    parent: job.base,
                    name,
                    role: Role::Target,
                    work,
                }));
            } else if name.is_empty() {
                // TNDS-C-013: it would be the target, which exists.
                return Err(Reason::Exists);
            }
        }
        if name.is_empty() {
            return Err(Reason::Document);
        }
        let parent = match (entry.path, parent) {
            (Some(path), _) => self.follow(job, path, work)?,
            (None, Some(parent)) => parent,
            (None, None) => job.base,
        };
        Ok(Found::At(Place {
            parent,
            name,
            role: Role::Plain,
            work,
        }))
    }

    pub(super) fn is_called(&self, node: Index, name: &[u8]) -> bool {
        let fold = self.nodes.desc(node).has(flags::CASE_INSENSITIVE);
        name.is_empty() || same_name(self.nodes.name(node), name, fold)
    }

    /// Makes the target, as an interior node around the first one of the document.
    #[inline(never)]
    fn meet_around(
        &mut self,
        job: &mut Job<'_>,
        above: Spot,
        name: &[u8],
        work: &mut [u8],
    ) -> Result<(Progress, Spot), Reason> {
        let mut entry = Entry {
            format: Some(Format::Node),
            ..Entry::default()
        };
        self.meet(job, above, name, &mut entry, work)
    }

    /// Makes the interior nodes that are missing above the target; where it goes and what it is called.
    #[inline(never)]
    fn make_above<'u>(
        &mut self,
        by: By<'_>,
        uri: &[u8],
        above: Index,
        rest: &'u [u8],
    ) -> Result<(Spot, &'u [u8]), Reason> {
        let (mut node, mut rest) = (above, rest);
        loop {
            let (name, after) = cut(rest, b'/');
            if after.is_empty() {
                return Ok((self.spot(node), name));
            }
            let is_top = !self.nodes.is_named(node);
            let made = match self.nodes.child(node, name) {
                Some(child) => Ok(child),
                None => self.sprout(by, node, name, &Value::node(), is_top),
            };
            node = made.inspect_err(|_| {
                let left = after.len().saturating_add(1);
                self.failed = uri.len().saturating_sub(left) as u16;
            })?;
            self.nodes.set_named(node);
            self.save_all(node, node, &Value::node())?;
            rest = after;
        }
    }

    /// Where a path leads; it begins at the target of the command (`TNDS-C-010`).
    #[inline(never)]
    fn follow(&self, job: &Job<'_>, path: Text<'_>, work: &mut [u8]) -> Result<Spot, Reason> {
        let (path, _) = pieces(path, work, Reason::UriTooLong)?;
        let path = without_root(path);
        if matches!(path, b"" | b".") {
            return Ok(job.base);
        }
        // The target may have stood as the first node of the document, and have no child of its own name.
        let (first, rest) = cut(path, b'/');
        let is_target = job.is_base_named
            && self.is_called(job.base.node, first)
            && !job.has_namesake
            && self.staying(job, job.base.node, first).is_none();
        self.descend(job, job.base, if is_target { rest } else { path })
    }

    /// The child of this name. What a Replace has not come to yet is as good as gone, if it can go.
    fn staying(&self, job: &Job<'_>, parent: Index, name: &[u8]) -> Option<Index> {
        let child = self.nodes.child(parent, name)?;
        let is_permanent = self.nodes.desc(child).has(flags::PERMANENT);
        (!job.replaces || is_permanent || self.nodes.is_named(child)).then_some(child)
    }

    /// Follows a path from `spot` down.
    pub(super) fn descend(&self, job: &Job<'_>, spot: Spot, path: &[u8]) -> Result<Spot, Reason> {
        let (mut spot, mut rest) = (spot, path);
        while !rest.is_empty() {
            let (name, after) = cut(rest, b'/');
            let child = match spot.node {
                NONE => None,
                node => self.staying(job, node, name),
            };
            spot = match child {
                Some(child) => self.spot(child),
                // The node will be there by then.
                None if job.checks => Spot {
                    node: NONE,
                    desc: self
                        .nodes
                        .choose_below(spot.desc, name, Format::Node)
                        .ok_or(Reason::NoSuchParent)?,
                },
                None if self.passes_over(job.by, spot.desc, name) => return Ok(Spot::PASSED_OVER),
                None => return Err(Reason::NoSuchParent),
            };
            rest = after;
        }
        Ok(spot)
    }

    #[cfg(not(feature = "bootstrap"))]
    pub(super) const fn passes_over(&self, _: By<'_>, _: DescId, _: &[u8]) -> bool {
        false
    }
}
