//! Virtual URIs: nodes found by the identifier of their management object, a pattern of names, and values of leaves.
//!
//! Implements `P-VURI-1` of the additions digest, this project's reading of DM 1.3 and not the standard:
//! `urn:…/instance/path?nv=(x)/leaf:value&root=./A`. A virtual URI is made an ordinary one, which then goes the way of any
//! other, every check of rights included. The limits on URIs hold for that one.

#![deny(clippy::arithmetic_side_effects)]

use crate::acl::{Verb, cut};
use crate::get::{Reading, What};
use crate::handler::Progress;
use crate::list::{Kind, Listing};
use crate::principal::Principal;
use crate::properties::Property;
use crate::reason::Reason;
use crate::sink::{Output, Sink};
use crate::slots::{Index, NONE, ROOT};
use crate::tree::{By, Tree};
use crate::uri::{Query, check_path, same_name, without_root};

/// Most conditions.
const CONDITIONS_MAX: usize = 8;
/// Most nodes that one Get answers.
const MATCHES_MAX: u32 = 64;
/// Most segments, that of the instance included. No more names than these can be bound.
const DEPTH_MAX: u32 = 16;

/// Whether a URI is virtual.
#[must_use]
pub fn is_virtual(uri: &[u8]) -> bool {
    uri.starts_with(b"urn:") || uri.starts_with(b"moi:")
}

/// Octets with their escapes decoded, and whether they are those of `plain`. A `%` that begins no escape is itself.
pub(crate) fn decodes_to(escaped: &[u8], plain: &[u8]) -> bool {
    let mut compare = Compare {
        escaped,
        equal: true,
    };
    compare.put(plain);
    compare.equal && compare.escaped.is_empty()
}

/// Whether every `%` begins an escape.
pub(crate) fn is_escaped_well(text: &[u8]) -> bool {
    let mut parts = text.split(|c| *c == b'%');
    parts.next();
    parts.all(|part| matches!(part, [a, b, ..] if a.is_ascii_hexdigit() && b.is_ascii_hexdigit()))
}

/// Takes a value and keeps nothing but whether it is the wanted one.
struct Compare<'v> {
    /// What is still to come.
    escaped: &'v [u8],
    equal: bool,
}

impl Output for Compare<'_> {
    fn put(&mut self, bytes: &[u8]) -> usize {
        for byte in bytes {
            let (wanted, rest) = match self.escaped {
                [b'%', a, b, rest @ ..] => match (digit(*a), digit(*b)) {
                    (Some(a), Some(b)) => (Some(a << 4 | b), rest),
                    _ => (Some(b'%'), self.escaped.get(1..).unwrap_or_default()),
                },
                [first, rest @ ..] => (Some(*first), rest),
                [] => (None, &[][..]),
            };
            self.equal &= wanted == Some(*byte);
            self.escaped = rest;
        }
        bytes.len()
    }
}

fn digit(c: u8) -> Option<u8> {
    let digit = char::from(c).to_digit(16)?;
    u8::try_from(digit).ok()
}

/// A name that any one node may have: `(x)`.
fn is_bound(segment: &[u8]) -> bool {
    matches!(segment, [b'(', name, b')'] if name.is_ascii_alphabetic())
}

/// Whether a segment stands for nodes of any name.
fn is_open(segment: &[u8]) -> bool {
    segment == b"*" || is_bound(segment)
}

/// A leaf below the node that a name is bound to, and its value.
struct Condition<'u> {
    name: &'u [u8],
    path: &'u [u8],
    value: &'u [u8],
}

impl<'u> Condition<'u> {
    /// `(x)/path:value`
    fn parse(text: &'u [u8]) -> Option<Self> {
        let (name, rest) = text.split_at_checked(3)?;
        let rest = rest.strip_prefix(b"/")?;
        let (path, value) = cut(rest, b':');
        let has_value = path.len() < rest.len();
        (has_value && is_bound(name) && check_path(path).is_ok()).then_some(Self {
            name,
            path,
            value,
        })
    }
}

/// A virtual URI that is well formed.
#[derive(Clone, Copy)]
struct VirtualUri<'u> {
    moid: &'u [u8],
    /// The instance, which may be empty, and what follows it.
    path: &'u [u8],
    query: &'u [u8],
}

impl<'u> VirtualUri<'u> {
    fn parse(uri: &'u [u8]) -> Result<Self, Reason> {
        let (whole, query) = cut(uri, b'?');
        let (moid, path) = cut(whole, b'/');
        // An only instance may be written with a slash behind its empty name.
        let path = if path == b"/" { b"" } else { path };
        let wanted = Self {
            moid: moid.strip_prefix(b"moi:").unwrap_or(moid),
            path,
            query,
        };
        let named = path.strip_prefix(b"/").unwrap_or(path);
        if moid.len() == whole.len()
            || wanted.moid.is_empty()
            || !is_escaped_well(uri)
            || wanted.binds_twice()
        {
            return Err(Reason::Pattern);
        }
        if !named.is_empty() {
            let depth = check_path(named).map_err(|_| Reason::Pattern)?.depth;
            if depth.saturating_add(u32::from(named.len() < path.len())) > DEPTH_MAX {
                return Err(Reason::UriTooLong);
            }
        }
        if whole.len() < uri.len() {
            wanted.check_query()?;
        }
        Ok(wanted)
    }

    fn check_query(&self) -> Result<(), Reason> {
        let (mut conditions, mut roots) = (0usize, 0usize);
        for field in self.fields() {
            if let Some(condition) = field.strip_prefix(b"nv=") {
                let condition = Condition::parse(condition).ok_or(Reason::Pattern)?;
                self.level(condition.name).ok_or(Reason::Pattern)?;
                conditions = conditions.saturating_add(1);
            } else if field.starts_with(b"root=") {
                roots = roots.saturating_add(1);
            } else if !is_passed_on(field) {
                return Err(Reason::Query);
            }
        }
        if roots > 1 {
            return Err(Reason::Pattern);
        }
        if conditions > CONDITIONS_MAX {
            return Err(Reason::UriTooLong);
        }
        Ok(())
    }

    fn fields(&self) -> impl Iterator<Item = &'u [u8]> + use<'u> {
        self.query.split(|c| *c == b'&')
    }

    /// The segments from the last one to the instance.
    fn segments(&self) -> impl Iterator<Item = &'u [u8]> + use<'u> {
        self.path.rsplit(|c| *c == b'/')
    }

    /// How far above the end of the path a name is bound.
    fn level(&self, name: &[u8]) -> Option<usize> {
        self.segments().position(|segment| segment == name)
    }

    fn binds_twice(&self) -> bool {
        let bound = || self.segments().filter(|segment| is_bound(segment));
        bound().any(|name| bound().filter(|other| *other == name).count() > 1)
    }

    /// The URI of the parent and the last name, if that is one that a new node can have.
    fn split_last(&self) -> Option<(Self, &'u [u8])> {
        let slash = self.path.iter().rposition(|c| *c == b'/')?;
        let (path, name) = self.path.split_at_checked(slash)?;
        let name = name.strip_prefix(b"/")?;
        (!is_open(name)).then_some((Self { path, ..*self }, name))
    }

    /// What is asked of the nodes: the fields that are no matter of finding them.
    fn passed_on(&self) -> impl Iterator<Item = &'u [u8]> + use<'u> {
        self.fields().filter(|field| is_passed_on(field))
    }

    /// The question in the form of an ordinary URI, if it is about one node or property.
    fn plain_query(&self) -> Result<Query, Reason> {
        let mut fields = self.passed_on();
        let query = match (fields.next(), fields.next()) {
            (None, _) => Query::Node,
            (Some(field), None) => match field.strip_prefix(b"prop=") {
                Some(name) => Query::Property(Property::from_name(name).ok_or(Reason::Query)?),
                // A list is about one node.
                None => return Err(Reason::Several),
            },
            _ => return Err(Reason::Several),
        };
        Ok(query)
    }
}

fn is_passed_on(field: &[u8]) -> bool {
    [&b"list="[..], b"prop=", b"depth=", b"name=", b"type="]
        .iter()
        .any(|known| field.starts_with(known))
}

impl Tree<'_> {
    /// Makes a virtual URI the ordinary one of the one node it leads to, with what it asks of that behind `?`. When
    /// `may_be_new` is set and there is no such node, the last name may be that of a new one below one node
    /// (`D13-C-090`).
    ///
    /// A node that a `*` or an `(x)` stands for, and the root of the management object, are such on which the server holds
    /// Get, and so are the leaves of the conditions (`D13-C-092`). Costs a walk through the tree.
    ///
    /// # Errors
    /// [`Reason::NoSuchNode`], [`Reason::Several`], [`Reason::Pattern`] when it is malformed, [`Reason::Query`] for a
    /// parameter that is not known, [`Reason::UriTooLong`] beyond 16 segments or 8 conditions, or when `out` is shorter than
    /// the URI, [`Reason::Busy`] when the handler of a leaf that has to be looked at needs time.
    pub fn resolve(
        &mut self,
        who: &Principal<'_>,
        uri: &[u8],
        may_be_new: bool,
        out: &mut Sink<'_>,
    ) -> Result<(), Reason> {
        let wanted = VirtualUri::parse(uri)?;
        let (node, name) = match self.only_match(who, &wanted) {
            Err(Reason::NoSuchNode) if may_be_new => {
                let (above, name) = wanted.split_last().ok_or(Reason::NoSuchNode)?;
                (self.only_match(who, &above)?, name)
            }
            found => (found?, &[][..]),
        };
        self.uri(self.id(node), out)?;
        if !name.is_empty() {
            out.put(b"/");
            out.put(name);
        }
        let mut mark: &[u8] = b"?";
        for field in wanted.passed_on() {
            out.put(mark);
            out.put(field);
            mark = b"&";
        }
        if out.is_full() {
            return Err(Reason::UriTooLong);
        }
        Ok(())
    }

    /// Get of a virtual URI to which several nodes answer: those the server may Get, one after the other with
    /// [`next_kept`](Self::next_kept) (`D13-C-093`). None when fewer than two do, for [`resolve`](Self::resolve) to tell.
    ///
    /// # Errors
    /// Those of [`resolve`](Self::resolve); [`Reason::TooLarge`] for more than 64; what the first is refused for when none
    /// may be got.
    pub fn matches(&mut self, who: &Principal<'_>, uri: &[u8]) -> Result<Option<Listing>, Reason> {
        let wanted = VirtualUri::parse(uri)?;
        self.check_instance(who, &wanted)?;
        let query = wanted.plain_query();
        let (mut count, mut next, mut refusal) = (0u32, None, None);
        let mut node = self.next_match(who, &wanted, ROOT)?;
        while node != NONE {
            count = count.saturating_add(1);
            if count > MATCHES_MAX {
                return Err(Reason::TooLarge);
            }
            match query.and_then(|query| self.answer(who, query, node)) {
                Ok(_) => next = next.or_else(|| Some(self.id(node))),
                Err(reason) => refusal = refusal.or(Some(reason)),
            }
            node = self.nodes.slots.next_in(ROOT, node);
            node = self.next_match(who, &wanted, node)?;
        }
        if count < 2 {
            return Ok(None);
        }
        match (next, refusal) {
            (None, Some(reason)) => Err(reason),
            _ => Ok(Some(Listing {
                top: self.id(ROOT),
                next,
                kind: Kind::Matches,
            })),
        }
    }

    /// [`next_kept`](Self::next_kept) of what [`matches`](Self::matches) began. Nodes that
    /// refuse are left out.
    pub(crate) fn take_match(
        &mut self,
        who: &Principal<'_>,
        uri: &[u8],
        listing: &mut Listing,
    ) -> Result<Option<Reading>, Reason> {
        let wanted = VirtualUri::parse(uri)?;
        let query = wanted.plain_query()?;
        let Some(next) = listing.next else {
            return Ok(None);
        };
        let node = self.live(next)?;
        let what = self.answer(who, query, node)?;
        let mut after = node;
        loop {
            after = self.nodes.slots.next_in(ROOT, after);
            after = self.next_match(who, &wanted, after)?;
            if after == NONE || self.answer(who, query, after).is_ok() {
                break;
            }
        }
        listing.next = (after != NONE).then(|| self.id(after));
        Ok(Some(Reading::new(next, what)))
    }

    /// What of a node answers a Get.
    fn answer(&self, who: &Principal<'_>, query: Query, node: Index) -> Result<What, Reason> {
        let what = self.what(node, query)?;
        self.permit_access(By::server(who), Verb::Get, node)?;
        Ok(what)
    }

    /// Writes the URI of what is read, with the property behind `?`.
    ///
    /// # Errors
    /// Those of [`uri`](Self::uri).
    pub fn address(&mut self, reading: &Reading, out: &mut Sink<'_>) -> Result<(), Reason> {
        self.uri(reading.node(), out)?;
        if let What::Property(property) = reading.what() {
            out.put(b"?prop=");
            out.put(property.name().as_bytes());
        }
        Ok(())
    }

    /// The one node that matches.
    fn only_match(
        &mut self,
        who: &Principal<'_>,
        wanted: &VirtualUri<'_>,
    ) -> Result<Index, Reason> {
        self.check_instance(who, wanted)?;
        let node = self.next_match(who, wanted, ROOT)?;
        if node == NONE {
            return Err(Reason::NoSuchNode);
        }
        let after = self.nodes.slots.next_in(ROOT, node);
        if self.next_match(who, wanted, after)? != NONE {
            return Err(Reason::Several);
        }
        Ok(node)
    }

    /// Without the name of an instance there has to be only one.
    fn check_instance(&self, who: &Principal<'_>, wanted: &VirtualUri<'_>) -> Result<(), Reason> {
        if !wanted.path.is_empty() && !wanted.path.starts_with(b"/") {
            return Ok(());
        }
        let mut count = 0u32;
        let mut node = ROOT;
        while node != NONE {
            count = count.saturating_add(u32::from(self.is_object(who, wanted, node)));
            node = self.nodes.slots.next_in(ROOT, node);
        }
        if count > 1 {
            Err(Reason::Several)
        } else {
            Ok(())
        }
    }

    /// The first node that matches among `from` and those that follow it in the tree.
    fn next_match(
        &mut self,
        who: &Principal<'_>,
        wanted: &VirtualUri<'_>,
        from: Index,
    ) -> Result<Index, Reason> {
        let mut node = from;
        while node != NONE {
            if self.is_match(who, wanted, node) && self.holds(who, wanted, node)? {
                break;
            }
            node = self.nodes.slots.next_in(ROOT, node);
        }
        Ok(node)
    }

    /// Whether the names from a node up to the root of its management object are those of the pattern.
    fn is_match(&self, who: &Principal<'_>, wanted: &VirtualUri<'_>, node: Index) -> bool {
        let mut at = node;
        let mut object = node;
        for segment in wanted.segments() {
            if at == ROOT || at == NONE {
                return false;
            }
            let fits = if is_open(segment) {
                self.may_get(who, at)
            } else {
                // Only that of the instance is empty, and then there is one.
                segment.is_empty() || same_name(self.nodes.name(at), segment, false)
            };
            if !fits {
                return false;
            }
            object = at;
            at = self.nodes.slots.at(at).parent;
        }
        self.is_object(who, wanted, object)
    }

    fn may_get(&self, who: &Principal<'_>, node: Index) -> bool {
        let by = By::server(who);
        self.permit_access(by, Verb::Get, node).is_ok()
    }

    /// Whether a node is the root of a management object that is looked for, where it is looked for.
    fn is_object(&self, who: &Principal<'_>, wanted: &VirtualUri<'_>, node: Index) -> bool {
        node != ROOT
            && !self.nodes.is_leaf(node)
            && decodes_to(wanted.moid, self.nodes.mime(node))
            && self.may_get(who, node)
            && self.is_searched(wanted, node)
    }

    /// Whether a node is in the subtree that `root=` names.
    fn is_searched(&self, wanted: &VirtualUri<'_>, node: Index) -> bool {
        let Some(top) = wanted
            .fields()
            .find_map(|field| field.strip_prefix(b"root="))
        else {
            return true;
        };
        if top == b"." {
            return true;
        }
        let walk = self.nodes.walk(ROOT, without_root(top));
        if !walk.whole || !walk.rest.is_empty() {
            return false;
        }
        let mut at = node;
        while at != walk.node && at != ROOT && at != NONE {
            at = self.nodes.slots.at(at).parent;
        }
        at == walk.node
    }

    /// Whether all conditions hold for a node that matches.
    fn holds(
        &mut self,
        who: &Principal<'_>,
        wanted: &VirtualUri<'_>,
        node: Index,
    ) -> Result<bool, Reason> {
        let conditions = wanted
            .fields()
            .filter_map(|field| field.strip_prefix(b"nv="));
        for condition in conditions.filter_map(Condition::parse) {
            let mut at = node;
            for _ in 0..wanted.level(condition.name).unwrap_or_default() {
                at = self.nodes.slots.at(at).parent;
            }
            let mut leaf = Some(at);
            for name in condition.path.split(|c| *c == b'/') {
                leaf = leaf.and_then(|node| self.nodes.child(node, name));
            }
            let leaf = leaf.filter(|leaf| self.nodes.is_leaf(*leaf) && self.may_get(who, *leaf));
            let Some(leaf) = leaf else {
                return Ok(false);
            };
            let mut value = Compare {
                escaped: condition.value,
                equal: true,
            };
            match self.read_value(leaf, &mut Sink::new(&mut value)) {
                Ok(Progress::NotYet) => return Err(Reason::Busy),
                Ok(_) if value.equal && value.escaped.is_empty() => {}
                // What cannot be read has no value.
                _ => return Ok(false),
            }
        }
        Ok(true)
    }
}
