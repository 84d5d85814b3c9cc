//! What can be wrong with a document, and where.

use core::fmt;

/// A fault in a document: what, and at which octet.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Error {
    /// Octets from the start of the document to the place where the fault was seen.
    pub offset: u32,
    /// What is wrong there.
    pub kind: ErrorKind,
}

/// The kinds of fault. The words in brackets say which encoding can have it; none: both.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
#[non_exhaustive]
pub enum ErrorKind {
    /// The document ends inside an element, a string, a length or a tag.
    UnexpectedEnd,
    /// The encoding is not compiled in.
    Unsupported,
    /// The major version is not 1 (WBXML).
    Version,
    /// The public identifier names a document type this crate does not know (WBXML).
    PublicId,
    /// The character set is neither UTF-8 nor US-ASCII.
    Charset,
    /// A number takes more than five octets or does not fit 32 bits (WBXML).
    Overflow,
    /// The string table is longer than the document, or a reference points behind it (WBXML).
    StringTable,
    /// More than [`MAX_DEPTH`](crate::MAX_DEPTH) elements are open.
    Depth,
    /// An end tag does not belong to the open element, or there is none.
    Nesting,
    /// The octets follow no rule of the encoding.
    Syntax,
    /// A character that the encoding cannot carry.
    Character,
    /// Text that is not UTF-8.
    Utf8,
    /// An entity other than the five predefined ones, or a declaration of one (XML).
    Entity,
    /// Octets after the end of the root element.
    Trailing,
    /// The root element is not `SyncML`.
    NotSyncMl,
    /// There is no `SyncHdr` in front of the body.
    NoHeader,
    /// There is no `SyncBody`.
    NoBody,
    /// A second `SyncHdr` or `SyncBody`.
    Duplicate,
    /// A command without `CmdID`, or with the reserved one `0`.
    NoCmdId,
    /// Two commands with the same `CmdID`.
    DuplicateCmdId,
    /// Something stands behind `Final` in the body.
    AfterFinal,
    /// More commands than [`Limits`](crate::Limits) allows.
    Limit,
    /// The document is longer than [`MAX_LEN`](crate::MAX_LEN).
    TooLong,
}

impl ErrorKind {
    /// The DM status code that answers a message with this fault.
    ///
    /// 413 for what is too long or too much, 415 for what this build cannot decode, 400 for all
    /// else.
    pub const fn status(self) -> u16 {
        match self {
            Self::Limit | Self::TooLong => 413,
            Self::Unsupported | Self::Charset => 415,
            _ => 400,
        }
    }

    /// One short English phrase.
    pub const fn message(self) -> &'static str {
        match self {
            Self::UnexpectedEnd => "unexpected end of document",
            Self::Unsupported => "encoding not compiled in",
            Self::Version => "WBXML major version is not 1",
            Self::PublicId => "unknown document type",
            Self::Charset => "character set is not UTF-8 or US-ASCII",
            Self::Overflow => "number does not fit 32 bits",
            Self::StringTable => "outside the string table",
            Self::Depth => "too many open elements",
            Self::Nesting => "end tag does not match",
            Self::Syntax => "malformed",
            Self::Character => "character not allowed",
            Self::Utf8 => "text is not UTF-8",
            Self::Entity => "unknown or declared entity",
            Self::Trailing => "octets after the root element",
            Self::NotSyncMl => "root element is not SyncML",
            Self::NoHeader => "SyncHdr missing",
            Self::NoBody => "SyncBody missing",
            Self::Duplicate => "SyncHdr or SyncBody repeated",
            Self::NoCmdId => "CmdID missing or 0",
            Self::DuplicateCmdId => "CmdID repeated",
            Self::AfterFinal => "Final is not last",
            Self::Limit => "too many commands",
            Self::TooLong => "document too long",
        }
    }
}

impl fmt::Display for ErrorKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.message())
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} at octet {}", self.kind, self.offset)
    }
}

impl core::error::Error for Error {}
