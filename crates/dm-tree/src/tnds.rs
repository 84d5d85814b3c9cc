//! Serialised subtrees: Add, Replace and Get of many nodes as one document, and the Inbox.
//!
//! Implements the TNDS digest. A document is walked where it lies, with a bounded stack and nothing copied; what it does is
//! one transaction.

mod apply;
mod inbox;
mod place;
mod reader;
mod target;
mod writer;

use dm_wbxml::{Cursor, Document, Encoding, Reader, Vocabulary};

use crate::reason::Reason;

pub(crate) use inbox::INBOX;
pub(crate) use writer::{Mark, Selection};

/// The media types of serialised trees.
const MIME: [&[u8]; 2] = [
    b"application/vnd.syncml.dmtnds+xml",
    b"application/vnd.syncml.dmtnds+wbxml",
];

/// The media type in an encoding.
pub(crate) const fn mime(is_xml: bool) -> &'static [u8] {
    let [xml, wbxml] = MIME;
    if is_xml { xml } else { wbxml }
}

/// A serialised tree in one piece, before it is looked at.
#[derive(Clone, Copy, Debug)]
pub struct TreeDocument<'d> {
    bytes: &'d [u8],
    document: Document,
    start: Cursor,
}

impl<'d> TreeDocument<'d> {
    /// Whether a media type is that of a serialised tree, in either encoding; parameters and case do not count.
    #[must_use]
    #[inline(never)]
    pub fn is_announced_by(mime: &[u8]) -> bool {
        MIME.iter()
            .any(|known| crate::nodes::accepted_mime(known, mime).is_some())
    }

    /// The document in `bytes`, XML or WBXML as its first octet says. WBXML may lack the public identifier and the
    /// switch to its code page (`TNDS-C-028` to `TNDS-C-030`).
    ///
    /// # Errors
    /// [`Reason::Document`] when its head cannot be read, or the encoding is not built in.
    pub fn new(bytes: &'d [u8]) -> Result<Self, Reason> {
        let reader = Reader::of(bytes, Encoding::detect(bytes), Vocabulary::Ddf)
            .map_err(|_| Reason::Document)?;
        Ok(Self::inline(&reader))
    }

    /// The document that stands inside another one, in front of which the reader is (see [`dm_wbxml::Text::element`]).
    #[must_use]
    pub fn inline(reader: &Reader<'d>) -> Self {
        Self {
            bytes: reader.bytes(),
            document: *reader.document(),
            start: reader.cursor(),
        }
    }

    fn is_xml(&self) -> bool {
        self.document.encoding() == Encoding::Xml
    }

    fn reader(&self) -> Reader<'d> {
        Reader::at(self.bytes, &self.document, self.start)
    }
}
