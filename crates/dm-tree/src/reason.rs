//! Why the tree refuses something, and the DM status code that says so.
//!
//! Implements the statuses of the tree digest, sections 4.4, 5 and 6.

/// A DM status code, as it stands in the `Data` of a `Status`.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct Status(pub u16);

impl Status {
    /// Done.
    pub const OK: Self = Self(200);
    /// Accepted; the result follows in an alert.
    pub const ACCEPTED: Self = Self(202);
    /// The data cannot be decoded.
    pub const BAD_REQUEST: Self = Self(400);
    /// Refused for a reason other than rights.
    pub const FORBIDDEN: Self = Self(403);
    /// No such node.
    pub const NOT_FOUND: Self = Self(404);
    /// The command is not allowed on this target.
    pub const NOT_ALLOWED: Self = Self(405);
    /// An optional feature that is not there.
    pub const NOT_SUPPORTED: Self = Self(406);
    /// Something is missing from the command.
    pub const INCOMPLETE: Self = Self(412);
    /// The value is too large.
    pub const TOO_LARGE: Self = Self(413);
    /// The URI exceeds a published limit.
    pub const URI_TOO_LONG: Self = Self(414);
    /// The node does not take this format or MIME type.
    pub const UNSUPPORTED_TYPE: Self = Self(415);
    /// The target exists already.
    pub const EXISTS: Self = Self(418);
    /// No room.
    pub const FULL: Self = Self(420);
    /// The ACL does not permit it.
    pub const PERMISSION_DENIED: Self = Self(425);
    /// Failed for another reason.
    pub const FAILED: Self = Self(500);
    /// The store failed.
    pub const STORE_FAILED: Self = Self(510);
}

/// Why a command was refused. Nothing was changed unless a variant says otherwise.
#[non_exhaustive]
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Reason {
    /// The URI is not well formed, or has a forbidden form such as `../`.
    UriSyntax,
    /// The URI, one segment, or the number of segments exceeds a published limit.
    UriTooLong,
    /// The part after `?` is not known.
    Query,
    /// The node does not exist.
    NoSuchNode,
    /// The place a node should be made in does not exist.
    NoSuchParent,
    /// The node exists already, or a sibling has that name.
    Exists,
    /// The schema describes no such node here.
    NotDescribed,
    /// A permanent node cannot be made, removed or renamed, nor its format or type changed.
    Permanent,
    /// The node's `AccessType` does not list the command.
    AccessType,
    /// The number of nodes of this kind has reached its bound.
    Occurrence,
    /// The effective ACL does not grant the command.
    Acl,
    /// The text is not an ACL.
    AclSyntax,
    /// The node does not take this format.
    Format,
    /// The node does not take this MIME type, or the text is no management object identifier.
    MimeType,
    /// The value is outside its format.
    Value,
    /// The value is not UTF-8.
    Utf8,
    /// The value is not Base64.
    Base64,
    /// The command carries no data.
    Incomplete,
    /// The value is longer than what can be held.
    TooLarge,
    /// No room for another node, name, ACL, record or change.
    Full,
    /// The node does not have this property.
    Property,
    /// The property does not allow this command.
    PropertyAccess,
    /// The text is not a legal node name.
    Name,
    /// The command works on leaves only.
    NotLeaf,
    /// The parent is a leaf.
    NotInterior,
    /// Nothing stands behind the node that could execute.
    NotExecutable,
    /// Copy works from leaf to leaf, and the target must take the value of the source.
    Unsuitable,
    /// The node is in use.
    InUse,
    /// The node is being read in pieces, or its handler is not ready: try again.
    Busy,
    /// The store failed. After a failure in the middle of a removal the tree accepts no change until it is opened again.
    Store,
    /// The data is no serialised tree, or has a version that is not read.
    Document,
    /// The nodes of a serialised tree are nested deeper than its parser goes.
    Nesting,
    /// The management object identifier leads to no place, or to several.
    UnknownObject,
    /// A virtual URI, or what a list shall leave out, is malformed.
    #[cfg(feature = "profile13")]
    Pattern,
    /// A virtual URI leads to several nodes where only one can be meant.
    #[cfg(feature = "profile13")]
    Several,
    /// A handler refused with a status and a code of its own.
    Handler {
        /// What the server is told.
        status: Status,
        /// What the firmware wants to remember.
        code: u8,
    },
}

impl Reason {
    /// The DM status code for this reason: the one mapping of this crate.
    #[must_use]
    #[inline(never)]
    pub const fn status(self) -> Status {
        // Apart, so that the others are a table.
        if let Self::Handler { status, .. } = self {
            return status;
        }
        match self {
            Self::UriSyntax | Self::NoSuchNode | Self::NoSuchParent => Status::NOT_FOUND,
            Self::UriTooLong => Status::URI_TOO_LONG,
            Self::Query | Self::Property | Self::UnknownObject => Status::NOT_SUPPORTED,
            Self::Exists => Status::EXISTS,
            Self::NotDescribed
            | Self::Permanent
            | Self::AccessType
            | Self::Occurrence
            | Self::PropertyAccess
            | Self::NotLeaf
            | Self::NotInterior
            | Self::NotExecutable => Status::NOT_ALLOWED,
            Self::Acl => Status::PERMISSION_DENIED,
            Self::Format | Self::MimeType | Self::Document => Status::UNSUPPORTED_TYPE,
            Self::AclSyntax | Self::Value | Self::Name | Self::Nesting => Status::FAILED,
            Self::Utf8 | Self::Base64 => Status::BAD_REQUEST,
            Self::Incomplete => Status::INCOMPLETE,
            #[cfg(feature = "profile13")]
            Self::Several => Status::INCOMPLETE,
            #[cfg(feature = "profile13")]
            Self::Pattern => Status::BAD_REQUEST,
            Self::TooLarge => Status::TOO_LARGE,
            Self::Full => Status::FULL,
            Self::Unsuitable | Self::InUse | Self::Busy => Status::FORBIDDEN,
            Self::Store => Status::STORE_FAILED,
            Self::Handler { .. } => Status::FAILED,
        }
    }
}

impl core::fmt::Display for Reason {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.write_str(match self {
            Self::UriSyntax => "the URI is not well formed",
            Self::UriTooLong => "the URI exceeds a published limit",
            Self::Query => "the query is not known",
            Self::NoSuchNode => "no such node",
            Self::NoSuchParent => "no such parent",
            Self::Exists => "the node exists",
            Self::NotDescribed => "the schema describes no such node",
            Self::Permanent => "the node is permanent",
            Self::AccessType => "the AccessType does not list the command",
            Self::Occurrence => "no more nodes of this kind are allowed",
            Self::Acl => "the ACL does not grant the command",
            Self::AclSyntax => "the text is not an ACL",
            Self::Format => "the node does not take this format",
            Self::MimeType => "the node does not take this type",
            Self::Value => "the value is outside its format",
            Self::Utf8 => "the value is not UTF-8",
            Self::Base64 => "the value is not Base64",
            Self::Incomplete => "data is missing",
            Self::TooLarge => "the value is too large",
            Self::Full => "no room",
            Self::Property => "the node does not have this property",
            Self::PropertyAccess => "the property does not allow this command",
            Self::Name => "the text is not a node name",
            Self::NotLeaf => "the node is not a leaf",
            Self::NotInterior => "the parent is a leaf",
            Self::NotExecutable => "the node cannot be executed",
            Self::Unsuitable => "the target cannot take the value",
            Self::InUse => "the node is in use",
            Self::Busy => "not ready, try again",
            Self::Store => "the store failed",
            Self::Document => "the data is no serialised tree",
            Self::Nesting => "the serialised tree is nested too deeply",
            Self::UnknownObject => "the management object has no one place",
            #[cfg(feature = "profile13")]
            Self::Pattern => "the pattern is malformed",
            #[cfg(feature = "profile13")]
            Self::Several => "several nodes are meant",
            Self::Handler { .. } => "the handler refused",
        })
    }
}

impl core::error::Error for Reason {}
