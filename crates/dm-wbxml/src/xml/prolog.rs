//! What stands in front of the root element.

use crate::{Document, Encoding, Error, ErrorKind, Vocabulary};

/// Reads up to the root element.
pub(crate) fn open(bytes: &[u8]) -> Result<Document, Error> {
    let _ = (bytes, Encoding::Xml, Vocabulary::SyncMl);
    Err(Error { offset: 0, kind: ErrorKind::Unsupported })
}
