//! Lists that leave nodes out: `list=MOID`, `depth=`, `name=` and `type=` (`P-VURI-1` of the additions digest, this
//! project's reading of DM 1.3 and not the standard).

#![deny(clippy::arithmetic_side_effects)]

use crate::acl::cut;
use crate::get::Reading;
use crate::list::{Kind, Listing};
use crate::nodes::Nodes;
use crate::principal::Principal;
use crate::reason::Reason;
use crate::slots::{Index, NONE};
use crate::tree::Tree;
use crate::virtual_uri::{decodes_to, is_escaped_well, is_virtual};

/// Most nodes of a list that leaves nodes out.
const NODES_MAX: u32 = 1024;

/// Which nodes of a subtree are wanted: those for which everything holds.
pub(crate) struct Filter<'u> {
    kind: Kind,
    /// Only roots of management objects.
    objects: bool,
    depth: Option<u32>,
    name: Option<&'u [u8]>,
    /// Identifier of a management object at or above the node.
    object: Option<&'u [u8]>,
}

impl<'u> Filter<'u> {
    /// Reads the fields behind `?`, in any order and each at most once. Those that found the target of a virtual URI do
    /// not count.
    pub(crate) fn parse(uri: &'u [u8]) -> Result<Self, Reason> {
        let query = cut(uri, b'?').1;
        let mut list = None;
        let mut depth = None;
        let mut filter = Self {
            kind: Kind::Struct,
            objects: false,
            depth: None,
            name: None,
            object: None,
        };
        if !is_escaped_well(query) {
            return Err(Reason::Pattern);
        }
        for field in query.split(|c| *c == b'&') {
            if is_virtual(uri) && (field.starts_with(b"nv=") || field.starts_with(b"root=")) {
                continue;
            }
            let (key, value) = cut(field, b'=');
            let place = match key {
                b"list" => &mut list,
                b"depth" => &mut depth,
                b"name" => &mut filter.name,
                b"type" => &mut filter.object,
                _ => return Err(Reason::Query),
            };
            if place.replace(value).is_some() || (value.is_empty() && key != b"list") {
                return Err(Reason::Pattern);
            }
        }
        match list {
            Some(b"Struct") => {}
            Some(b"StructData") => filter.kind = Kind::StructData,
            Some(b"MOID") => filter.objects = true,
            _ => return Err(Reason::Query),
        }
        filter.depth = depth.map(number).transpose()?;
        Ok(filter)
    }

    pub(crate) const fn kind(&self) -> Kind {
        self.kind
    }

    /// Whether it is a list of 1.2, which has every node.
    const fn is_open(&self) -> bool {
        !self.objects && self.depth.is_none() && self.name.is_none() && self.object.is_none()
    }

    fn keeps(&self, nodes: &Nodes<'_>, top: Index, node: Index) -> bool {
        if self.objects && (nodes.is_leaf(node) || nodes.mime(node).is_empty()) {
            return false;
        }
        if self
            .name
            .is_some_and(|glob| !is_like(glob, nodes.name(node)))
        {
            return false;
        }
        let mut depth = 0u32;
        let mut is_inside = self.object.is_none();
        let mut at = node;
        loop {
            if let Some(object) = self.object {
                is_inside |= !nodes.is_leaf(at) && decodes_to(object, nodes.mime(at));
            }
            if at == top || at == NONE {
                break;
            }
            depth = depth.saturating_add(1);
            at = nodes.slots.at(at).parent;
        }
        is_inside && self.depth.is_none_or(|most| depth <= most)
    }
}

/// Up to three digits.
fn number(text: &[u8]) -> Result<u32, Reason> {
    let mut number = 0u32;
    for c in text {
        if text.len() > 3 || !c.is_ascii_digit() {
            return Err(Reason::Pattern);
        }
        let digit = u32::from(c.wrapping_sub(b'0'));
        number = number.wrapping_mul(10).wrapping_add(digit);
    }
    Ok(number)
}

/// Whether a name is like a pattern, in which `*` stands for any octets and `?` for one.
///
/// Takes at most the product of the two lengths.
fn is_like(glob: &[u8], name: &[u8]) -> bool {
    let (mut pattern, mut rest) = (glob, name);
    // Where to go on when what follows the last star does not fit.
    let mut star: Option<(&[u8], &[u8])> = None;
    loop {
        match (pattern, rest) {
            ([], []) => return true,
            ([b'*', after @ ..], _) => {
                star = Some((after, rest));
                pattern = after;
            }
            ([c, after @ ..], [d, tail @ ..]) if *c == b'?' || c == d => {
                (pattern, rest) = (after, tail);
            }
            _ => {
                let Some((after, [_, tail @ ..])) = star else {
                    return false;
                };
                star = Some((after, tail));
                (pattern, rest) = (after, tail);
            }
        }
    }
}

impl Tree<'_> {
    /// As [`next_item`](Self::next_item) for the URI that the list was begun with, which may be virtual: passes over the
    /// nodes that it leaves out (`D13-C-095`), and gives what [`matches`](Self::matches) began.
    ///
    /// # Errors
    /// Those of [`next_item`](Self::next_item); [`Reason::Busy`] when the handler of a leaf that has to be looked at needs
    /// time.
    pub fn next_kept(
        &mut self,
        who: &Principal<'_>,
        uri: &[u8],
        listing: &mut Listing,
    ) -> Result<Option<Reading>, Reason> {
        if listing.kind == Kind::Matches {
            return self.take_match(who, uri, listing);
        }
        let filter = Filter::parse(uri)?;
        let item = self.next_item(who, listing)?;
        self.narrow(who, &filter, listing)?;
        Ok(item)
    }

    /// Moves a list on to the next node that it does not leave out.
    fn narrow(
        &self,
        who: &Principal<'_>,
        filter: &Filter<'_>,
        listing: &mut Listing,
    ) -> Result<(), Reason> {
        let top = self.live(listing.top)?;
        while let Some(next) = listing.next {
            if filter.keeps(&self.nodes, top, self.live(next)?) {
                break;
            }
            self.next_item(who, listing)?;
        }
        Ok(())
    }

    /// Moves a new list to its first node, and refuses one that is too long before anything of it is sent.
    pub(crate) fn filtered(
        &self,
        who: &Principal<'_>,
        uri: &[u8],
        mut listing: Listing,
    ) -> Result<Listing, Reason> {
        let filter = Filter::parse(uri)?;
        if filter.is_open() {
            return Ok(listing);
        }
        self.narrow(who, &filter, &mut listing)?;
        let mut rest = listing;
        let mut count = 0u32;
        while rest.next.is_some() {
            count = count.saturating_add(1);
            if count > NODES_MAX {
                return Err(Reason::TooLarge);
            }
            self.next_item(who, &mut rest)?;
            self.narrow(who, &filter, &mut rest)?;
        }
        Ok(listing)
    }
}
