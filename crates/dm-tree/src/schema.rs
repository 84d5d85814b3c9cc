//! What the device looks like: descriptions of nodes as plain tables.
//!
//! Implements the framework properties of the tree digest, section 9.

use crate::format::Format;

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
    /// The number of the format is unknown.
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
        Ok(())
    }

    /// The description with this number.
    #[must_use]
    pub fn get(&self, id: DescId) -> Option<&'s NodeDesc> {
        self.nodes.get(usize::from(id.0))
    }

    /// A piece of the text; empty when it is outside.
    fn piece(&self, start: u16, len: u16) -> &'s [u8] {
        let start = usize::from(start);
        self.text
            .get(start..start.saturating_add(usize::from(len)))
            .unwrap_or_default()
    }

    /// The name; empty when it is chosen at creation.
    #[must_use]
    pub fn name(&self, id: DescId) -> &'s [u8] {
        self.get(id)
            .map_or(&[], |desc| self.piece(desc.name, u16::from(desc.name_len)))
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
