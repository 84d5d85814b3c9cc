//! What the device looks like: descriptions of nodes as plain tables.
//!
//! Implements the framework properties of the tree digest, section 9.

use crate::format::Format;
use crate::journal::{DIGEST_START, digest};
use crate::uri::same_name;

/// Index of a description in [`Schema::nodes`].
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct DescId(pub u16);

/// The root.
impl DescId {
    /// The description of the root.
    pub const ROOT: Self = Self(0);
}

/// Values of [`NodeDesc::access`].
pub mod access {
    /// Servers may add the node.
    pub const ADD: u8 = 1;
    /// Servers may copy the node.
    pub const COPY: u8 = 2;
    /// Servers may delete the node.
    pub const DELETE: u8 = 4;
    /// Servers may execute the node.
    pub const EXEC: u8 = 8;
    /// Servers may read the node.
    pub const GET: u8 = 16;
    /// Servers may replace the value.
    pub const REPLACE: u8 = 32;
}

/// Values of [`NodeDesc::flags`].
pub mod flags {
    /// `Scope` is Permanent: never created, removed or renamed by a server.
    pub const PERMANENT: u8 = 1;
    /// `CaseSense` is CIS: the name is compared without regard to ASCII case.
    pub const CASE_INSENSITIVE: u8 = 2;
    /// The node has the property `Size`.
    pub const HAS_SIZE: u8 = 4;
    /// The node has the property `Title`.
    pub const HAS_TITLE: u8 = 8;
    /// The node has the property `TStamp`.
    pub const HAS_TSTAMP: u8 = 16;
    /// The node has the property `VerNo`.
    pub const HAS_VERNO: u8 = 32;
    /// `Occurrence` is One, OneOrMore or OneOrN.
    pub const REQUIRED: u8 = 64;
    /// The description gives a default value, which may be empty.
    pub const HAS_DEFAULT: u8 = 128;
}

/// The description of one node: integers only, so that the same table is a Rust constant, a C constant, or built at
/// run time. 22 bytes.
///
/// Offsets and lengths are in bytes of [`Schema::text`].
#[repr(C)]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct NodeDesc {
    /// Where the name starts.
    pub name: u16,
    /// Length of the name; 0: the name is chosen when the node is created.
    pub name_len: u8,
    /// [`Format`] as a number.
    pub format: u8,
    /// Index of the parent's description; 0 for the root itself.
    pub parent: u16,
    /// Index of the first child's description.
    pub first_child: u16,
    /// Number of children, which stand one after the other.
    pub children: u16,
    /// `AccessType`, see [`access`].
    pub access: u8,
    /// See [`flags`].
    pub flags: u8,
    /// How many nodes may exist below one parent: 1, N, or 0 for no bound.
    pub max: u16,
    /// Where the MIME types start (leaf: one or more, joined by `\n`; none means text/plain), or the management object
    /// identifier (interior node).
    pub mime: u16,
    /// Length of it.
    pub mime_len: u8,
    /// Zero.
    pub reserved: u8,
    /// Where the default value starts.
    pub default: u16,
    /// Length of the default value.
    pub default_len: u16,
}

impl NodeDesc {
    /// The format; an unknown number reads as [`Format::Null`].
    #[must_use]
    #[inline(never)]
    pub const fn format(&self) -> Format {
        match Format::from_u8(self.format) {
            Some(format) => format,
            None => Format::Null,
        }
    }

    /// Whether nodes of this description have children instead of a value.
    #[must_use]
    pub const fn is_interior(&self) -> bool {
        self.format == Format::Node as u8
    }

    /// Whether all of `bits` (see [`flags`]) are set.
    #[must_use]
    pub const fn has(&self, bits: u8) -> bool {
        self.flags & bits == bits
    }

    /// Whether the `AccessType` lists all of `bits` (see [`access`]).
    #[must_use]
    pub const fn allows(&self, bits: u8) -> bool {
        self.access & bits == bits
    }
}

/// All descriptions of a device, and their text.
///
/// Parents stand before their children; the children of a node stand one after the other.
#[derive(Clone, Copy, Debug)]
pub struct Schema<'s> {
    /// The descriptions; the first one is the root.
    pub nodes: &'s [NodeDesc],
    /// Names, MIME types, identifiers and default values.
    pub text: &'s [u8],
}

/// What is wrong with a schema.
#[non_exhaustive]
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum SchemaFaultKind {
    /// There is no root, or it is no unnamed permanent interior node.
    Root,
    /// More than 65535 descriptions.
    TooMany,
    /// The number of the format is unknown, or the format needs the feature `formats`.
    Format,
    /// A range leaves the text.
    Text,
    /// The name is not a legal node name.
    Name,
    /// A sibling has the same name.
    Duplicate,
    /// The children do not stand behind their parent one after the other, or do not name it, or a leaf has some.
    Children,
}

/// Where a schema is wrong, and how.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct SchemaFault {
    /// The description at fault.
    pub node: DescId,
    /// What is wrong with it.
    pub kind: SchemaFaultKind,
}

impl core::fmt::Display for SchemaFault {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        write!(f, "description {}: {:?}", self.node.0, self.kind)
    }
}

impl core::error::Error for SchemaFault {}

impl<'s> Schema<'s> {
    /// Checks everything the tree relies on. For a constant schema call it in a constant.
    ///
    /// A tree over a schema that does not pass gives wrong answers, but no panic.
    ///
    /// # Errors
    /// The first fault.
    pub const fn check(&self) -> Result<(), SchemaFault> {
        let count = self.nodes.len();
        if count == 0 {
            return fault(0, SchemaFaultKind::Root);
        }
        if count > u16::MAX as usize {
            return fault(0, SchemaFaultKind::TooMany);
        }
        let mut rest = self.nodes;
        let mut id = 0u16;
        while let [desc, tail @ ..] = rest {
            if let Err(kind) = self.check_one(id, desc) {
                return fault(id, kind);
            }
            rest = tail;
            id = id.wrapping_add(1);
        }
        Ok(())
    }

    const fn check_one(&self, id: u16, desc: &NodeDesc) -> Result<(), SchemaFaultKind> {
        match Format::from_u8(desc.format) {
            Some(format) if format.is_supported() => {}
            _ => return Err(SchemaFaultKind::Format),
        }
        if self.slice(desc.name, desc.name_len as u16).is_none()
            || self.slice(desc.mime, desc.mime_len as u16).is_none()
            || self.slice(desc.default, desc.default_len).is_none()
        {
            return Err(SchemaFaultKind::Text);
        }
        if id == 0 {
            let plain = desc.is_interior() && desc.name_len == 0 && desc.has(flags::PERMANENT);
            if !plain || desc.parent != 0 {
                return Err(SchemaFaultKind::Root);
            }
        } else {
            let Some(parent) = nth(self.nodes, desc.parent) else {
                return Err(SchemaFaultKind::Children);
            };
            let Some(place) = id.checked_sub(parent.first_child) else {
                return Err(SchemaFaultKind::Children);
            };
            if desc.parent >= id || place >= parent.children {
                return Err(SchemaFaultKind::Children);
            }
        }
        if desc.children != 0 {
            let end = desc.first_child as usize + desc.children as usize;
            if !desc.is_interior() || desc.first_child <= id || end > self.nodes.len() {
                return Err(SchemaFaultKind::Children);
            }
        }
        let Some(name) = self.slice(desc.name, desc.name_len as u16) else {
            return Err(SchemaFaultKind::Text);
        };
        if !is_name(name) {
            return Err(SchemaFaultKind::Name);
        }
        self.check_children(id, desc)
    }

    /// The children name their parent, and no two have one name.
    const fn check_children(&self, id: u16, desc: &NodeDesc) -> Result<(), SchemaFaultKind> {
        let mut i = 0;
        while i < desc.children {
            let Some(child) = nth(self.nodes, desc.first_child.wrapping_add(i)) else {
                return Err(SchemaFaultKind::Children);
            };
            if child.parent != id {
                return Err(SchemaFaultKind::Children);
            }
            let mut j = 0;
            while j < i {
                if let Some(other) = nth(self.nodes, desc.first_child.wrapping_add(j))
                    && self.share_name(child, other)
                {
                    return Err(SchemaFaultKind::Duplicate);
                }
                j += 1;
            }
            i += 1;
        }
        Ok(())
    }

    const fn share_name(&self, a: &NodeDesc, b: &NodeDesc) -> bool {
        if a.name_len == 0 || a.name_len != b.name_len {
            return false;
        }
        let fold = a.has(flags::CASE_INSENSITIVE) || b.has(flags::CASE_INSENSITIVE);
        let length = a.name_len as u16;
        match (self.slice(a.name, length), self.slice(b.name, length)) {
            (Some(a), Some(b)) => same(a, b, fold),
            _ => false,
        }
    }

    const fn slice(&self, start: u16, length: u16) -> Option<&'s [u8]> {
        match self.text.split_at_checked(start as usize) {
            Some((_, rest)) => match rest.split_at_checked(length as usize) {
                Some((piece, _)) => Some(piece),
                None => None,
            },
            None => None,
        }
    }

    /// The description with this number.
    #[must_use]
    pub fn get(&self, id: DescId) -> Option<&'s NodeDesc> {
        self.nodes.get(usize::from(id.0))
    }

    /// A piece of the text; empty when it is outside.
    #[inline(never)]
    fn piece(&self, start: u16, length: u16) -> &'s [u8] {
        self.slice(start, length).unwrap_or_default()
    }

    /// The name; empty when it is chosen at creation.
    #[must_use]
    pub fn name(&self, id: DescId) -> &'s [u8] {
        self.get(id)
            .map_or(&[], |desc| self.piece(desc.name, u16::from(desc.name_len)))
    }

    /// [`mime`](Self::mime) of a description.
    pub(crate) fn mime_of(&self, desc: &NodeDesc) -> &'s [u8] {
        self.piece(desc.mime, u16::from(desc.mime_len))
    }

    /// Whether the description has this name.
    #[inline]
    pub(crate) fn is_named(&self, desc: &NodeDesc, name: &[u8]) -> bool {
        // Most names differ in length already.
        usize::from(desc.name_len) == name.len()
            && same_name(self.name_of(desc), name, desc.has(flags::CASE_INSENSITIVE))
    }

    pub(crate) fn name_of(&self, desc: &NodeDesc) -> &'s [u8] {
        self.piece(desc.name, u16::from(desc.name_len))
    }

    /// The MIME types a leaf takes, joined by `\n`, or the management object identifier of an interior node.
    #[must_use]
    pub fn mime(&self, id: DescId) -> &'s [u8] {
        self.get(id)
            .map_or(&[], |desc| self.piece(desc.mime, u16::from(desc.mime_len)))
    }

    /// The value a new leaf starts with, when the description gives one.
    #[must_use]
    pub fn default_value(&self, id: DescId) -> Option<&'s [u8]> {
        let desc = self.get(id)?;
        desc.has(flags::HAS_DEFAULT)
            .then(|| self.piece(desc.default, desc.default_len))
    }

    /// A hash of everything, to notice another schema.
    pub(crate) fn digest(&self) -> u32 {
        let mut hash = digest(DIGEST_START, self.text);
        for desc in self.nodes {
            let numbers = [
                desc.name,
                desc.parent,
                desc.first_child,
                desc.children,
                desc.max,
                desc.mime,
                desc.default,
            ];
            for number in numbers {
                hash = digest(hash, &number.to_le_bytes());
            }
            let bytes = [
                desc.name_len,
                desc.format,
                desc.access,
                desc.flags,
                desc.mime_len,
                desc.default_len as u8,
            ];
            hash = digest(hash, &bytes);
        }
        hash
    }

    /// The descriptions of the children, in order.
    pub fn children(&self, id: DescId) -> impl Iterator<Item = DescId> + use<'s> {
        let (first, count) = self
            .get(id)
            .map_or((0, 0), |desc| (desc.first_child, desc.children));
        (first..first.saturating_add(count)).map(DescId)
    }

    /// The description a URI such as `./DMAcc/*/AppID` leads to: at each segment the child with that name, else the
    /// first child without a name.
    #[must_use]
    pub fn find(&self, uri: &[u8]) -> Option<DescId> {
        let rest = match uri {
            b"." => return Some(DescId::ROOT),
            [b'.', b'/', rest @ ..] | rest => rest,
        };
        let mut id = DescId::ROOT;
        for segment in rest.split(|c| *c == b'/') {
            id = self
                .children(id)
                .find(|child| self.name(*child) == segment)
                .or_else(|| self.children(id).find(|child| self.name(*child).is_empty()))?;
        }
        Some(id)
    }
}

const fn fault(node: u16, kind: SchemaFaultKind) -> Result<(), SchemaFault> {
    Err(SchemaFault {
        node: DescId(node),
        kind,
    })
}

const fn nth(nodes: &[NodeDesc], index: u16) -> Option<&NodeDesc> {
    match nodes.split_at_checked(index as usize) {
        Some((_, [desc, ..])) => Some(desc),
        _ => None,
    }
}

/// Whether the text can be a name in a URI, or is empty.
const fn is_name(name: &[u8]) -> bool {
    let mut rest = name;
    while let [c, tail @ ..] = rest {
        if matches!(
            *c,
            0..=b' '
                | b'"'
                | b'#'
                | b'/'
                | b';'
                | b'<'
                | b'>'
                | b'?'
                | b'['
                | b'\\'
                | b']'
                | b'^'
                | b'`'
                | b'{'
                | b'|'
                | b'}'
                | 0x7F
        ) {
            return false;
        }
        rest = tail;
    }
    !matches!(name, [.., b'.'])
}

/// Whether two texts of one length are the same.
const fn same(a: &[u8], b: &[u8], fold: bool) -> bool {
    let (mut a, mut b) = (a, b);
    while let ([x, a_rest @ ..], [y, b_rest @ ..]) = (a, b) {
        if *x != *y && !(fold && x.eq_ignore_ascii_case(y)) {
            return false;
        }
        (a, b) = (a_rest, b_rest);
    }
    true
}

/// Takes in the tables that `dm_ddf::compile_to_out_dir` wrote in the build script.
///
/// `dm_tree::include_schema!(device);` makes the module `device` from the file `device.rs` of `OUT_DIR`. It has
/// `SCHEMA`, and a [`DescId`](crate::DescId) for each node: `./DevInfo/Man` is `DEV_INFO_MAN`.
#[macro_export]
macro_rules! include_schema {
    ($visibility:vis $name:ident) => {
        /// What the device may have, made from its description files.
        #[allow(dead_code, unreachable_pub)]
        $visibility mod $name {
            ::core::include!(::core::concat!(
                ::core::env!("OUT_DIR"),
                "/",
                ::core::stringify!($name),
                ".rs"
            ));
        }
    };
}

#[cfg(test)]
mod tests {
    use super::*;

    const LEAF: NodeDesc = NodeDesc {
        name: 0,
        name_len: 1,
        format: Format::Chr as u8,
        parent: 0,
        first_child: 0,
        children: 0,
        access: access::GET,
        flags: 0,
        max: 1,
        mime: 0,
        mime_len: 0,
        reserved: 0,
        default: 0,
        default_len: 0,
    };
    const ROOT: NodeDesc = NodeDesc {
        name_len: 0,
        format: Format::Node as u8,
        flags: flags::PERMANENT,
        first_child: 1,
        children: 3,
        ..LEAF
    };
    /// Three children A, unnamed, B of the root; B has a child A.
    const NODES: [NodeDesc; 5] = [
        ROOT,
        LEAF,
        NodeDesc {
            name_len: 0,
            max: 0,
            ..LEAF
        },
        NodeDesc {
            name: 1,
            format: Format::Node as u8,
            first_child: 4,
            children: 1,
            ..LEAF
        },
        NodeDesc {
            parent: 3,
            flags: flags::HAS_DEFAULT,
            default: 2,
            default_len: 2,
            ..LEAF
        },
    ];
    const TEXT: &[u8] = b"ABdf";
    const SCHEMA: Schema<'static> = Schema {
        nodes: &NODES,
        text: TEXT,
    };
    const _: () = assert!(SCHEMA.check().is_ok());

    #[test]
    fn a_description_is_22_bytes() {
        assert_eq!(size_of::<NodeDesc>(), 22);
    }

    #[test]
    fn descriptions_are_found_by_uri() {
        assert_eq!(SCHEMA.find(b"."), Some(DescId(0)));
        assert_eq!(SCHEMA.find(b"./A"), Some(DescId(1)));
        assert_eq!(SCHEMA.find(b"./*"), Some(DescId(2)));
        assert_eq!(SCHEMA.find(b"anything"), Some(DescId(2)));
        assert_eq!(SCHEMA.find(b"./B/A"), Some(DescId(4)));
        assert_eq!(SCHEMA.find(b"./B/C"), None);
        assert_eq!(SCHEMA.find(b"./A/A"), None);
        assert_eq!(SCHEMA.default_value(DescId(4)), Some(&b"df"[..]));
        assert_eq!(SCHEMA.default_value(DescId(1)), None);
        assert_eq!(
            SCHEMA.children(DescId(0)).collect::<Vec<_>>(),
            [DescId(1), DescId(2), DescId(3)]
        );
        assert_eq!(SCHEMA.name(DescId(99)), b"");
    }

    #[test]
    fn every_fault_is_found_in_its_place() {
        let fault = |change: fn(&mut [NodeDesc; 5])| {
            let mut nodes = NODES;
            change(&mut nodes);
            Schema {
                nodes: &nodes,
                text: TEXT,
            }
            .check()
            .map_err(|fault| (fault.node.0, fault.kind))
        };
        use SchemaFaultKind as Kind;
        assert_eq!(fault(|_| {}), Ok(()));
        assert_eq!(fault(|n| n[0].format = 1), Err((0, Kind::Root)));
        assert_eq!(fault(|n| n[0].flags = 0), Err((0, Kind::Root)));
        assert_eq!(fault(|n| n[1].format = 11), Err((1, Kind::Format)));
        assert_eq!(fault(|n| n[1].name = 4), Err((1, Kind::Text)));
        assert_eq!(fault(|n| n[4].default_len = 3), Err((4, Kind::Text)));
        assert_eq!(fault(|n| n[1].mime = 5), Err((1, Kind::Text)));
        assert_eq!(fault(|n| n[3].name = 0), Err((0, Kind::Duplicate)));
        assert_eq!(fault(|n| n[1].parent = 3), Err((0, Kind::Children)));
        assert_eq!(fault(|n| n[0].children = 2), Err((3, Kind::Children)));
        assert_eq!(fault(|n| n[0].children = 5), Err((0, Kind::Children)));
        assert_eq!(fault(|n| n[1].children = 1), Err((1, Kind::Children)));
        assert_eq!(fault(|n| n[3].first_child = 3), Err((3, Kind::Children)));
        let bad_name = Schema {
            nodes: &NODES,
            text: b"A/df",
        };
        assert_eq!(
            bad_name.check(),
            Err(SchemaFault {
                node: DescId(3),
                kind: Kind::Name
            })
        );
        let case = |fold: u8| {
            let mut nodes = NODES;
            nodes[3].flags = fold;
            Schema {
                nodes: &nodes,
                text: b"Aadf",
            }
            .check()
            .is_ok()
        };
        assert!(case(0) && !case(flags::CASE_INSENSITIVE));
        assert!(
            Schema {
                nodes: &[],
                text: &[]
            }
            .check()
            .is_err()
        );
    }
}
