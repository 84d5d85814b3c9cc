//! What a document says about itself before its first element.

use crate::limits::MAX_LEN;
use crate::{Error, ErrorKind};

/// The two encodings of a document.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
#[non_exhaustive]
pub enum Encoding {
    /// WAP Binary XML 1.x.
    Wbxml,
    /// XML 1.0.
    Xml,
}

impl Encoding {
    /// The encoding the first octets look like: `<`, white space or a byte order mark is XML, all
    /// else WBXML.
    pub fn detect(bytes: &[u8]) -> Self {
        match bytes {
            // No WBXML version octet is above 0x0F except for majors that do not exist; 09, 0A and
            // 0D would be 1.9, 1.10 and 1.13.
            [b'<' | b' ' | b'\t' | b'\r' | b'\n' | 0xEF, ..] => Self::Xml,
            _ => Self::Wbxml,
        }
    }

    /// Whether it is built in, by its feature.
    pub const fn is_supported(self) -> bool {
        match self {
            Self::Wbxml => cfg!(feature = "wbxml"),
            Self::Xml => cfg!(feature = "xml"),
        }
    }

    /// Whether it is XML. Known at compile time where only one encoding is built in, so that the
    /// code of the other is left out.
    #[inline(always)]
    pub(crate) const fn is_xml(self) -> bool {
        cfg!(feature = "xml") && (!cfg!(feature = "wbxml") || matches!(self, Self::Xml))
    }

    /// The media type of a DM message. REP-C-001.
    pub const fn content_type(self) -> &'static str {
        match self {
            Self::Wbxml => "application/vnd.syncml.dm+wbxml",
            Self::Xml => "application/vnd.syncml.dm+xml",
        }
    }
}

/// Which tables give the elements of a document their names.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Vocabulary {
    /// SyncML with MetInf, code pages 0 and 1; inside WBXML also inline page 2.
    SyncMl,
    /// Device description and TNDS, code page 2.
    Ddf,
    /// DevInf.
    DevInf,
    /// Client provisioning.
    Provisioning,
}

impl Vocabulary {
    /// Bits 6 and 7 of a token are content and attribute flags on the wire; in a tag they tell
    /// apart vocabularies.
    pub(crate) const fn space(self) -> u8 {
        match self {
            Self::SyncMl | Self::Ddf => 0,
            Self::Provisioning => 0x40,
            Self::DevInf => 0x80,
        }
    }
}

/// Where the parts of a document lie: plain integers, so that it can be kept without borrowing the
/// bytes.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Document {
    pub(crate) body: u32,
    pub(crate) table: u32,
    pub(crate) table_len: u32,
    pub(crate) encoding: Encoding,
    pub(crate) vocabulary: Vocabulary,
    /// The bits its tokens get in a tag.
    pub(crate) space: u8,
    pub(crate) version: u8,
}

impl Document {
    /// Reads the header: WBXML version, public identifier, character set and string table; the XML
    /// prolog up to the root element.
    ///
    /// WBXML of any version 1.x is taken (REP-C-002); 1.0 has no character set field and is read as
    /// UTF-8. Public identifiers are taken as number and as string table entry (REP-C-005); the
    /// unknown one (1), and text that names no known type, stand for SyncML.
    pub fn open(bytes: &[u8], encoding: Encoding) -> Result<Self, Error> {
        let mut document = Self::NONE;
        document.read(bytes, encoding)?;
        Ok(document)
    }

    /// A document that holds nothing.
    pub(crate) const NONE: Self = Self {
        body: 0,
        table: 0,
        table_len: 0,
        encoding: Encoding::Wbxml,
        vocabulary: Vocabulary::SyncMl,
        space: 0,
        version: 0,
    };

    /// [`Document::open`] in place; with a fault it says nothing of use.
    #[inline(never)]
    pub(crate) fn read(&mut self, bytes: &[u8], encoding: Encoding) -> Result<(), Error> {
        if bytes.len() > MAX_LEN {
            return Err(Error {
                offset: 0,
                kind: ErrorKind::TooLong,
            });
        }
        if !encoding.is_supported() {
            return Err(Error {
                offset: 0,
                kind: ErrorKind::Unsupported,
            });
        }
        if encoding.is_xml() {
            crate::xml::prolog::open(bytes, self)
        } else {
            crate::wbxml::header::open(bytes, self)
        }
    }

    /// The encoding it was opened with.
    pub const fn encoding(&self) -> Encoding {
        self.encoding
    }

    /// The vocabulary its public identifier (WBXML) or its root element (XML) names.
    pub const fn vocabulary(&self) -> Vocabulary {
        self.vocabulary
    }

    /// The minor WBXML version; 0 for XML.
    pub const fn version(&self) -> u8 {
        self.version
    }

    /// The tag code page that SWITCH_PAGE to `page` means: the two of client provisioning are one.
    #[inline(always)]
    pub(crate) const fn page(&self, page: u8) -> u8 {
        // The lower bit of `space` tells provisioning.
        page & !(self.space >> 6 & 1)
    }

    /// The string table. REP-C-006.
    #[inline(never)]
    pub(crate) fn string_table<'a>(&self, bytes: &'a [u8]) -> &'a [u8] {
        let rest = bytes.get(self.table as usize..).unwrap_or(&[]);
        rest.get(..self.table_len as usize).unwrap_or(rest)
    }
}
