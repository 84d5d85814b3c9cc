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

/// A status code from 400 to 599, with which a handler refuses.
///
/// It takes an octet and leaves some values of it unused, so that a [`Reason`] takes no more: this is why the codes are
/// listed.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Refusal(Code);

macro_rules! codes {
    ($($name:ident)*) => {
        #[derive(Clone, Copy, PartialEq, Eq)]
        enum Code { $($name),* }

        impl Code {
            /// The one with this number, from 0 on.
            const fn from_number(number: u16) -> Option<Self> {
                mod number { $(pub(super) const $name: u16 = super::Code::$name as u16;)* }
                match number {
                    $(number::$name => Some(Self::$name),)*
                    _ => None,
                }
            }
        }
    };
}

codes! {
    C400 C401 C402 C403 C404 C405 C406 C407 C408 C409 C410 C411 C412 C413 C414 C415 C416 C417 C418 C419
    C420 C421 C422 C423 C424 C425 C426 C427 C428 C429 C430 C431 C432 C433 C434 C435 C436 C437 C438 C439
    C440 C441 C442 C443 C444 C445 C446 C447 C448 C449 C450 C451 C452 C453 C454 C455 C456 C457 C458 C459
    C460 C461 C462 C463 C464 C465 C466 C467 C468 C469 C470 C471 C472 C473 C474 C475 C476 C477 C478 C479
    C480 C481 C482 C483 C484 C485 C486 C487 C488 C489 C490 C491 C492 C493 C494 C495 C496 C497 C498 C499
    C500 C501 C502 C503 C504 C505 C506 C507 C508 C509 C510 C511 C512 C513 C514 C515 C516 C517 C518 C519
    C520 C521 C522 C523 C524 C525 C526 C527 C528 C529 C530 C531 C532 C533 C534 C535 C536 C537 C538 C539
    C540 C541 C542 C543 C544 C545 C546 C547 C548 C549 C550 C551 C552 C553 C554 C555 C556 C557 C558 C559
    C560 C561 C562 C563 C564 C565 C566 C567 C568 C569 C570 C571 C572 C573 C574 C575 C576 C577 C578 C579
    C580 C581 C582 C583 C584 C585 C586 C587 C588 C589 C590 C591 C592 C593 C594 C595 C596 C597 C598 C599
}

impl Refusal {
    /// For an error that has no code of its own (500).
    pub const FAILED: Self = Self(Code::C500);

    /// A status from 400 to 599; every other one becomes 500.
    #[must_use]
    pub const fn new(status: Status) -> Self {
        match Code::from_number(status.0.wrapping_sub(400)) {
            Some(code) => Self(code),
            None => Self::FAILED,
        }
    }

    /// The status.
    #[must_use]
    pub const fn status(self) -> Status {
        Status((self.0 as u16).wrapping_add(400))
    }
}

impl core::fmt::Debug for Refusal {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        self.status().fmt(f)
    }
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
    /// The node's `AccessType` does not list the command, or the leaf tells a limit of the tree and takes no value.
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
    /// A handler refused with a status of its own.
    Handler(Refusal),
}

impl Reason {
    /// The DM status code for this reason: the one mapping of this crate.
    #[must_use]
    #[inline(never)]
    pub const fn status(self) -> Status {
        // Apart, so that the others are a table.
        if let Self::Handler(refusal) = self {
            return refusal.status();
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
            Self::Handler(_) => Status::FAILED,
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
            Self::Handler(_) => "the handler refused",
        })
    }
}

impl core::error::Error for Reason {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_refusal_keeps_its_status_and_a_reason_is_one_octet() {
        for code in 0..=u16::MAX {
            let kept = if (400..600).contains(&code) {
                code
            } else {
                500
            };
            let reason = Reason::Handler(Refusal::new(Status(code)));
            assert_eq!(reason.status(), Status(kept));
        }
        assert_eq!(size_of::<Result<(), Reason>>(), 1);
    }
}
