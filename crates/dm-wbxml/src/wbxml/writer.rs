//! Tokens for the writer. Representation, section 10.

use super::{HAS_CONTENT, OPAQUE, STR_I, SWITCH_PAGE};
use crate::{Tag, Text, Writer, mbint};

/// The tag, behind a page switch if it needs one.
pub(crate) fn start(writer: &mut Writer<'_>, tag: Tag, content: bool) {
    if writer.state.page != tag.page() {
        writer.state.page = tag.page();
        writer.put(&[SWITCH_PAGE, tag.page()]);
    }
    writer.put(&[tag.token() | if content { HAS_CONTENT } else { 0 }]);
}

/// The text as one string, or as OPAQUE when it came so or a string cannot hold it.
pub(crate) fn text(writer: &mut Writer<'_>, text: Text<'_>) {
    let opaque = text.is_opaque() || text.pieces().any(|piece| piece.contains(&0));
    if opaque {
        begin_opaque(writer, text.len());
    } else {
        writer.put(&[STR_I]);
    }
    for piece in text.pieces() {
        writer.put(&piece);
    }
    if !opaque {
        writer.put(&[0]);
    }
}

/// OPAQUE and its length.
pub(crate) fn begin_opaque(writer: &mut Writer<'_>, len: usize) {
    writer.put(&[OPAQUE]);
    let mut octets = [0; 5];
    writer.put(mbint::write(u32::try_from(len).unwrap_or(u32::MAX), &mut octets));
}
