//! The Inbox: objects that go where their management object identifier belongs.
//!
//! Implements the TNDS digest, section 4.4.

#[cfg(feature = "bootstrap")]
use super::TreeDocument;
use super::apply::{Job, Spot};
use super::reader::Entry;
#[cfg(feature = "bootstrap")]
use super::reader::{Part, Walk};
use super::target::pieces;
use crate::acl::cut;
use crate::decimal::Decimal;
use crate::format::Format;
use crate::handler::Progress;
use crate::pool::put;
use crate::reason::Reason;
use crate::slots::{Index, NONE, ROOT, state};
use crate::tree::Tree;
use crate::uri::{name_hash, without_root};
use crate::values::Content;

/// Most objects of one document.
const MOST: usize = 8;

/// Identifier of the Inbox, without its version.
pub(crate) const INBOX: &[u8] = b"urn:oma:mo:oma-dm-inbox:";

/// Octets of the longest identifier whose version is looked at.
#[cfg(feature = "bootstrap")]
const ID_MAX: usize = 96;

/// An identifier without its version, and the version.
#[cfg(feature = "bootstrap")]
fn version_of(id: &[u8]) -> Option<(&[u8], (u16, u16))> {
    let at = id.iter().rposition(|octet| *octet == b':')?;
    let (base, version) = id.split_at_checked(at)?;
    let version = core::str::from_utf8(version.get(1..)?).ok()?;
    let (major, minor) = version.split_once('.')?;
    Some((base, (major.parse().ok()?, minor.parse().ok()?)))
}

/// How a value begins that refers to another object of the document.
const REFERENCE: &[u8] = b"./Inbox/";

/// The objects of a document: what they are called there, and where they are.
#[derive(Default)]
pub(super) struct Objects {
    objects: [(u32, Index); MOST],
    count: usize,
}

impl Objects {
    fn all(&self) -> &[(u32, Index)] {
        self.objects.get(..self.count).unwrap_or_default()
    }

    fn find(&self, name: &[u8]) -> Option<Index> {
        let hash = name_hash(0, name);
        let found = self.all().iter().find(|object| object.0 == hash);
        found.map(|object| object.1)
    }

    fn push(&mut self, name: &[u8], node: Index) -> Result<(), Reason> {
        let object = self.objects.get_mut(self.count).ok_or(Reason::Full)?;
        *object = (name_hash(0, name), node);
        self.count = self.count.saturating_add(1);
        Ok(())
    }
}

impl<'a> Tree<'a> {
    /// Whether the node is the Inbox.
    pub(crate) fn is_inbox(&self, node: Index) -> bool {
        let id = self.nodes.slots.at(node).desc();
        self.nodes.describe(id).is_interior() && self.nodes.schema.mime(id).starts_with(INBOX)
    }

    /// Takes a topmost node of the document: an object, or what goes on with one.
    pub(super) fn take_object(
        &mut self,
        job: &mut Job<'_>,
        entry: &mut Entry<'_>,
        name: &[u8],
        work: &mut [u8],
    ) -> Result<(Progress, Spot), Reason> {
        let Some(mut objects) = job.objects.take() else {
            return Err(Reason::UnknownObject);
        };
        let result = self.place_object(job, &mut objects, entry, name, work);
        job.objects = Some(objects);
        match result {
            // Only what a server sends has to be known (`BOOT-C-024`, `TNDS-C-035`).
            Err(Reason::UnknownObject) if job.by.is_bootstrap() => {
                Ok((Progress::Done, Spot::PASSED_OVER))
            }
            result => result,
        }
    }

    fn place_object(
        &mut self,
        job: &mut Job<'_>,
        objects: &mut Objects,
        entry: &mut Entry<'_>,
        name: &[u8],
        work: &mut [u8],
    ) -> Result<(Progress, Spot), Reason> {
        let (path, work) = match entry.path {
            Some(path) => pieces(path, work, Reason::UriTooLong)?,
            None => (&[][..], work),
        };
        let path = without_root(path);
        let (first, below) = cut(path, b'/');
        if let Some(object) = objects.find(first).filter(|_| !path.is_empty()) {
            let parent = self.descend(job, self.spot(object), below)?;
            return self.meet(job, parent, name, entry, work);
        }
        let (id, work) = pieces(entry.mime, work, Reason::UnknownObject)?;
        #[cfg(feature = "bootstrap")]
        if job.by.is_bootstrap() && self.has_later_version(&job.document, id)? {
            return Err(Reason::UnknownObject);
        }
        let (parent, own_name) = self.home(id, path)?;
        let spot = self.spot(parent);
        let (new_name, work) = if own_name.is_empty() {
            self.free_name(parent, name, work)?
        } else {
            (own_name, work)
        };
        entry.format = entry.format.or(Some(Format::Node));
        let made = self.meet(job, spot, new_name, entry, work)?;
        objects.push(name, made.1.node)?;
        Ok(made)
    }

    /// Whether the document also has a later version of this object, and the device knows that (`BOOT-C-025`).
    #[cfg(feature = "bootstrap")]
    fn has_later_version(&self, document: &TreeDocument<'_>, id: &[u8]) -> Result<bool, Reason> {
        let Some((base, version)) = version_of(id) else {
            return Ok(false);
        };
        let mut walk = Walk::new(document, Reason::Nesting);
        let mut entry = Entry::default();
        let mut level = 0u32;
        loop {
            let part = walk.next(&mut entry)?;
            if matches!(part, Part::Open | Part::Whole) && level == 0 {
                let mut other = [0; ID_MAX];
                let other = entry.mime.flatten(&mut other).unwrap_or_default();
                let is_later =
                    version_of(other).is_some_and(|(same, later)| same == base && later > version);
                if is_later && self.describes_object(other) {
                    return Ok(true);
                }
            }
            match part {
                Part::Open => level = level.saturating_add(1),
                Part::Close => level = level.saturating_sub(1),
                Part::Whole => {}
                Part::Done => return Ok(false),
            }
        }
    }

    #[cfg(feature = "bootstrap")]
    fn describes_object(&self, id: &[u8]) -> bool {
        let schema = self.nodes.schema;
        let mut nodes = schema.nodes.iter();
        nodes.any(|desc| desc.is_interior() && schema.mime_of(desc) == id)
    }

    /// Below which node the objects with this identifier are, and the name they have there, which is empty when it is
    /// free. Of several places the path of the document may mean one.
    fn home(&self, id: &[u8], path: &[u8]) -> Result<(Index, &'a [u8]), Reason> {
        let walk = self.nodes.walk(ROOT, path);
        let hint = if path == b"." { Some(ROOT) } else { None };
        let hint = hint.or(walk.whole.then_some(walk.node));
        let schema = self.nodes.schema;
        if id.is_empty() || id.starts_with(INBOX) {
            return Err(Reason::UnknownObject);
        }
        let mut found = None;
        let mut count = 0u32;
        for desc in schema.nodes {
            if !desc.is_interior() || schema.mime_of(desc) != id {
                continue;
            }
            for node in 0..self.nodes.slots.len() {
                let slot = self.nodes.slots.at(node);
                if !slot.has(state::LIVE)
                    || slot.has(state::UNBOUND)
                    || slot.desc().0 != desc.parent
                {
                    continue;
                }
                let home = (node, schema.name_of(desc));
                if hint == Some(node) {
                    return Ok(home);
                }
                found = Some(home);
                count = count.saturating_add(1);
            }
        }
        // Of several only the path could have told which.
        found.filter(|_| count == 1).ok_or(Reason::UnknownObject)
    }

    /// The name of a new object: the one in the document, or if that is taken one like it.
    fn free_name<'w>(
        &self,
        parent: Index,
        name: &'w [u8],
        work: &'w mut [u8],
    ) -> Result<(&'w [u8], &'w mut [u8]), Reason> {
        if !name.is_empty() && self.nodes.child(parent, name).is_none() {
            return Ok((name, work));
        }
        let mut number = 1;
        loop {
            let digits = Decimal::new(number);
            let digits = digits.as_bytes();
            let length = name.len().saturating_add(digits.len());
            let place = work.get_mut(..length).ok_or(Reason::Full)?;
            put(place, 0, name);
            put(place, name.len(), digits);
            if self.nodes.child(parent, place).is_none() {
                let (name, rest) = work.split_at_mut_checked(length).ok_or(Reason::Full)?;
                return Ok((name, rest));
            }
            // Fewer than 65536 children have a name.
            number = number.saturating_add(1);
        }
    }

    /// Values that refer to another object of the document by its place in the Inbox refer to where it is instead
    /// (`TNDS-C-033`, `TNDS-C-034`). Values behind handlers are left as they are.
    pub(super) fn resolve_references(
        &mut self,
        objects: &Objects,
        work: &mut [u8],
    ) -> Result<(), Reason> {
        for (_, top) in objects.all() {
            let mut node = *top;
            while node != NONE {
                let format = self.nodes.desc(node).format();
                if format == Format::Chr && !self.is_mounted(node) {
                    self.resolve_reference(objects, node, work)?;
                }
                node = self.nodes.slots.next_in(*top, node);
            }
        }
        Ok(())
    }

    fn resolve_reference(
        &mut self,
        objects: &Objects,
        node: Index,
        work: &mut [u8],
    ) -> Result<(), Reason> {
        let Some(range) = self.load(node)? else {
            return Ok(());
        };
        let value = self.scratch.get(range).unwrap_or_default();
        let Some(target) = value.strip_prefix(REFERENCE) else {
            return Ok(());
        };
        let (name, _) = cut(target, b'/');
        let Some(object) = objects.find(name) else {
            return Ok(());
        };
        let tail = target.get(name.len()..).unwrap_or_default();
        // The scratch, where the value is, also takes the path.
        let (kept, work) = work
            .split_at_mut_checked(tail.len())
            .ok_or(Reason::TooLarge)?;
        put(kept, 0, tail);
        let start = self.nodes.path_below(ROOT, object, self.scratch)?;
        let path = self.scratch.get(start..).unwrap_or_default();
        let mut length = 0usize;
        for part in [b"./", path, kept] {
            let end = length.saturating_add(part.len());
            let place = work.get_mut(length..end).ok_or(Reason::TooLarge)?;
            put(place, 0, part);
            length = end;
        }
        let value = work.get(..length).unwrap_or_default();
        self.save(node, Content::New(value))
    }
}
