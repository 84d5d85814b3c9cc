//! The Inbox: objects that go where their management object identifier belongs.
//!
//! Implements the TNDS digest, section 4.4.

#[cfg(feature = "bootstrap")]
use dm_wbxml::Text;

#[cfg(feature = "bootstrap")]
use super::TreeDocument;
use super::apply::Job;
use super::place::{Place, Role, pieces};
use super::reader::Entry;
#[cfg(feature = "bootstrap")]
use super::reader::{Part, Walk};
use crate::acl::cut;
use crate::decimal::Decimal;
use crate::format::Format;
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
    /// Hashes of the names.
    names: [u32; MOST],
    nodes: [Index; MOST],
    count: u8,
}

impl Objects {
    fn all(&self) -> &[Index] {
        self.nodes
            .get(..usize::from(self.count))
            .unwrap_or_default()
    }

    fn find(&self, name: &[u8]) -> Option<Index> {
        let hash = name_hash(0, name);
        let mut objects = self.names.iter().zip(self.all());
        objects
            .find(|(name, _)| **name == hash)
            .map(|(_, node)| *node)
    }

    /// Adds the one whose name has this hash.
    pub(super) fn push(&mut self, hash: u32, node: Index) -> Result<(), Reason> {
        let at = usize::from(self.count);
        let (Some(own_name), Some(own_node)) = (self.names.get_mut(at), self.nodes.get_mut(at))
        else {
            return Err(Reason::Full);
        };
        (*own_name, *own_node) = (hash, node);
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

    /// Where a topmost node of the document goes: an object, or what goes on with one.
    #[inline(never)]
    pub(super) fn place_object<'w>(
        &self,
        job: &Job<'_>,
        entry: &Entry<'w>,
        name: &'w [u8],
        work: &'w mut [u8],
    ) -> Result<Place<'w>, Reason>
    where
        'a: 'w,
    {
        let objects = job.objects.as_ref().ok_or(Reason::UnknownObject)?;
        let (path, work) = match entry.path {
            Some(path) => pieces(path, work, Reason::UriTooLong)?,
            None => (&[][..], work),
        };
        let path = without_root(path);
        let (first, below) = cut(path, b'/');
        if let Some(object) = objects.find(first).filter(|_| !path.is_empty()) {
            return Ok(Place {
                parent: self.descend(job, self.spot(object), below)?,
                name,
                role: Role::Plain,
                work,
            });
        }
        let (id, work) = pieces(entry.mime, work, Reason::UnknownObject)?;
        #[cfg(feature = "bootstrap")]
        if job.is_outdated {
            return Err(Reason::UnknownObject);
        }
        let (parent, own_name) = self.home(id, path)?;
        let hash = name_hash(0, name);
        let (name, work) = if own_name.is_empty() {
            self.free_name(parent, name, work)?
        } else {
            (own_name, work)
        };
        Ok(Place {
            parent: self.spot(parent),
            name,
            role: Role::Object(hash),
            work,
        })
    }

    /// Whether the document also has a later version of this object, and the device knows that (`BOOT-C-025`).
    #[cfg(feature = "bootstrap")]
    #[inline(never)]
    pub(super) fn has_later_version(
        &self,
        document: &TreeDocument<'_>,
        id: &Text<'_>,
        work: &mut [u8],
    ) -> Result<bool, Reason> {
        let id = id.flatten(work).unwrap_or_default();
        let Some((base, version)) = version_of(id) else {
            return Ok(false);
        };
        let mut walk = Walk::new(document, Reason::Nesting);
        let mut entry = Entry::default();
        let mut level = 0u32;
        loop {
            let part = walk.next(&mut entry)?;
            if matches!(part, Part::Open | Part::Whole)
                && level == 0
                && self.is_later(&entry.mime, base, version)
            {
                return Ok(true);
            }
            match part {
                Part::Open => level = level.saturating_add(1),
                Part::Close => level = level.saturating_sub(1),
                Part::Whole => {}
                Part::Done => return Ok(false),
            }
        }
    }

    /// Whether a type is a later version of this object, which the device knows.
    #[cfg(feature = "bootstrap")]
    #[inline(never)]
    fn is_later(&self, mime: &Text<'_>, base: &[u8], version: (u16, u16)) -> bool {
        let mut buf = [0; ID_MAX];
        let id = mime.flatten(&mut buf).unwrap_or_default();
        version_of(id).is_some_and(|(same, later)| same == base && later > version)
            && self.describes_object(id)
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
        for top in objects.all() {
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
