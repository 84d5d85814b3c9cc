//! Tokens for the writer. Representation, section 10.

use super::header::entry;
use super::{
    END, HAS_ATTRIBUTES, HAS_CONTENT, LITERAL, OPAQUE, STR_I, STR_T, SWITCH_PAGE, provisioning,
    string,
};
use crate::text::{ASCII, PLAIN};
use crate::{Attribute, Tag, Text, Vocabulary, Writer, mbint};

/// Stands for an element that has neither tag nor name: a page of its own, so that every reader
/// passes over it.
const UNNAMED: Tag = Tag::new(0xFF, 0x3F);

/// A page no tag is on.
const NO_PAGE: u8 = 0xFE;

/// Public identifier of device descriptions and TNDS, which has no number.
pub(crate) const DDF: &[u8] = b"-//OMA//DTD-DM-DDF 1.2//EN";
/// The string table of such documents that have nothing else for it.
const DDF_TABLE: &[u8] = b"-//OMA//DTD-DM-DDF 1.2//EN\0";

/// Version, public identifier, character set, string table.
pub(crate) fn header(writer: &mut Writer<'_>, vocabulary: Vocabulary) {
    match vocabulary {
        Vocabulary::SyncMl => writer.put(&[0x02, 0xA4, 0x01]),
        Vocabulary::DevInf => writer.put(&[0x02, 0xA4, 0x03]),
        Vocabulary::Provisioning => writer.put(&[0x03, 0x0B]),
        Vocabulary::Ddf => {
            // Some readers start on page 2, some on page 0: the first tag says its page.
            writer.state.page = NO_PAGE;
            if writer.table.is_empty() {
                writer.table = DDF_TABLE;
            }
            writer.put_octet(0x02);
            match find(writer.table, &Text::from_bytes(DDF)) {
                Some(index) => {
                    writer.put_octet(0x00);
                    number(writer, index);
                }
                None => writer.put_octet(0x01),
            }
        }
    }
    writer.put_octet(0x6A);
    number(
        writer,
        u32::try_from(writer.table.len()).unwrap_or(u32::MAX),
    );
    writer.put(writer.table);
}

/// The index of the entry that decodes to `text`.
fn find(table: &[u8], text: &Text<'_>) -> Option<u32> {
    let mut at = 0u32;
    while let Some(candidate) = entry(table, at) {
        if text.is(candidate) {
            return Some(at);
        }
        at = at.saturating_add(candidate.len() as u32).saturating_add(1);
    }
    None
}

/// A multi-byte integer.
fn number(writer: &mut Writer<'_>, value: u32) {
    let mut octets = [0; 5];
    writer.put(mbint::write(value, &mut octets));
}

/// The tag, behind a page switch if it needs one.
pub(crate) fn start(writer: &mut Writer<'_>, tag: Tag, content: bool) {
    let tag = if tag == Tag::UNKNOWN { UNNAMED } else { tag };
    put_tag(writer, tag, if content { HAS_CONTENT } else { 0 });
}

/// The same, with attributes perhaps, for a tag or a name in the string table.
pub(crate) fn begin_tag(
    writer: &mut Writer<'_>,
    element: (Tag, &[u8]),
    attributes: bool,
    content: bool,
) {
    let bits = if content { HAS_CONTENT } else { 0 } | if attributes { HAS_ATTRIBUTES } else { 0 };
    let (tag, name) = element;
    if tag != Tag::UNKNOWN {
        return put_tag(writer, tag, bits);
    }
    match find(writer.table, &Text::from_bytes(name)) {
        Some(index) => {
            writer.put_octet(LITERAL | bits);
            number(writer, index);
        }
        None => {
            writer.state.replaced = true;
            put_tag(writer, UNNAMED, bits);
        }
    }
}

#[inline(never)]
fn put_tag(writer: &mut Writer<'_>, tag: Tag, bits: u8) {
    switch_page(writer, tag);
    writer.put_array(&[tag.token() | bits]);
}

/// SWITCH_PAGE if the tag is on another page.
#[inline(always)]
fn switch_page(writer: &mut Writer<'_>, tag: Tag) {
    if writer.state.page != tag.page() {
        put_page(writer, tag.page());
    }
}

#[inline(never)]
fn put_page(writer: &mut Writer<'_>, page: u8) {
    writer.state.page = page;
    writer.put_array(&[SWITCH_PAGE, page]);
}

/// The end of an element.
pub(crate) fn end(writer: &mut Writer<'_>) {
    writer.put_octet(END);
}

/// The begin of a string.
pub(crate) fn begin_text(writer: &mut Writer<'_>) {
    writer.put_octet(STR_I);
}

/// The end of a string.
pub(crate) fn end_text(writer: &mut Writer<'_>) {
    writer.put_octet(0);
}

/// A whole element, when its text is one run that fits a string; else nothing but perhaps a page
/// switch is written.
#[inline]
pub(crate) fn plain_element(writer: &mut Writer<'_>, tag: Tag, text: &Text<'_>) -> bool {
    let octets = text.raw;
    let is_run = matches!(text.form, PLAIN | ASCII);
    if !is_run || octets.is_empty() || !writer.table.is_empty() || tag == Tag::UNKNOWN {
        return false;
    }
    switch_page(writer, tag);
    let len = octets.len().wrapping_add(FRAME);
    if let Some([token, string, body @ .., nul, end]) = writer.space(len) {
        if !string::copy(body, octets) {
            return false;
        }
        (*token, *string) = (tag.token() | HAS_CONTENT, STR_I);
        (*nul, *end) = (0, END);
        writer.advance(len);
        return true;
    }
    too_long(writer, octets)
}

/// Octets of an element around its string.
const FRAME: usize = 4;
/// Those behind it.
pub(crate) const FRAME_END: usize = 2;

/// Counts an element that there is no room for, if its text fits a string.
#[cold]
#[inline(never)]
fn too_long(writer: &mut Writer<'_>, octets: &[u8]) -> bool {
    let is_string = !string::has_nul(octets);
    if is_string {
        writer.overflow(octets.len().wrapping_add(FRAME));
    }
    is_string
}

/// An attribute of the start tag begun.
pub(crate) fn attribute(writer: &mut Writer<'_>, attribute: &Attribute<'_>) {
    let page = writer.state.attribute_page;
    let whole = if let Some((page, token, whole)) = provisioning::token(page, attribute) {
        if writer.state.attribute_page != page {
            writer.state.attribute_page = page;
            writer.put(&[SWITCH_PAGE, page]);
        }
        writer.put_octet(token);
        whole
    } else if let Some(index) = find(writer.table, &Text::from_bytes(attribute.name)) {
        writer.put_octet(LITERAL);
        number(writer, index);
        false
    } else {
        writer.state.replaced = true;
        return;
    };
    if !whole && !attribute.value.is_empty() {
        octets(writer, &attribute.value);
    }
}

/// The text as a reference to the string table, or its octets.
#[inline(never)]
pub(crate) fn text(writer: &mut Writer<'_>, text: Text<'_>) {
    match find(writer.table, &text) {
        Some(index) => {
            writer.put_octet(STR_T);
            number(writer, index);
        }
        None => octets(writer, &text),
    }
}

/// The text as one string, or as OPAQUE when it came so or a string cannot hold it.
fn octets(writer: &mut Writer<'_>, text: &Text<'_>) {
    let opaque = text.is_opaque() || !text.all(&mut |piece| !string::has_nul(piece));
    if opaque {
        begin_opaque(writer, text.len());
    } else {
        writer.put_octet(STR_I);
    }
    text.all(&mut |piece| {
        writer.put(piece);
        true
    });
    if !opaque {
        writer.put_octet(0);
    }
}

/// OPAQUE and its length.
pub(crate) fn begin_opaque(writer: &mut Writer<'_>, len: usize) {
    writer.put_octet(OPAQUE);
    number(writer, u32::try_from(len).unwrap_or(u32::MAX));
}
