//! Markup for the writer.

use super::scan::{self, is_xml_char};
use crate::base64::encode;
use crate::{Attribute, Tag, Text, Vocabulary, Writer, tag};

/// A start tag, or an empty-element tag.
pub(crate) fn start(writer: &mut Writer<'_>, tag: Tag, empty: bool) {
    begin_tag(writer, (tag, UNKNOWN));
    end_tag(writer, tag, empty);
}

/// A start tag up to its attributes. The name space is declared where it changes.
pub(crate) fn begin_tag(writer: &mut Writer<'_>, (tag, literal): (Tag, &[u8])) {
    let space: &[u8] = match tag.vocabulary() {
        _ if tag == tag::SYNC_ML => b" xmlns=\"SYNCML:SYNCML1.2\"",
        _ if tag.page() == 0 || writer.state.foreign != 0 => b"",
        Vocabulary::Ddf => b" xmlns=\"syncml:dmddf1.2\"",
        _ => b" xmlns=\"syncml:metinf\"",
    };
    let name = name(writer, tag, literal);
    writer.put_all([b"<", name, space]);
}

/// An attribute of a start tag.
pub(crate) fn attribute(writer: &mut Writer<'_>, attribute: &Attribute<'_>) {
    if !is_name(attribute.name) {
        writer.state.replaced = true;
        return;
    }
    writer.put(b" ");
    writer.put(attribute.name);
    writer.put(b"=\"");
    for piece in attribute.pieces() {
        put_clean(writer, &piece, quoted);
    }
    writer.put(b"\"");
}

/// Character content of an attribute.
fn quoted(writer: &mut Writer<'_>, octets: &[u8]) {
    let mut rest = octets;
    while let Some(at) = rest
        .iter()
        .position(|octet| matches!(octet, b'"' | b'\t' | b'\n'))
    {
        let (plain, special) = rest.split_at_checked(at).unwrap_or((rest, &[]));
        escaped(writer, plain);
        let Some((octet, behind)) = special.split_first() else {
            break;
        };
        writer.put(match octet {
            b'"' => b"&quot;",
            // A receiver would read these as spaces.
            b'\t' => b"&#9;",
            _ => b"&#10;",
        });
        rest = behind;
    }
    escaped(writer, rest);
}

/// The end of a start tag, or of an empty-element tag.
pub(crate) fn end_tag(writer: &mut Writer<'_>, tag: Tag, empty: bool) {
    if tag.page() != 0 && !empty {
        writer.state.foreign = writer.state.foreign.saturating_add(1);
    }
    writer.put(if empty { b"/>" } else { b">" });
}

/// An end tag.
pub(crate) fn end(writer: &mut Writer<'_>, tag: Tag) {
    if tag.page() != 0 {
        writer.state.foreign = writer.state.foreign.saturating_sub(1);
    }
    let name = name(writer, tag, UNKNOWN);
    writer.put_all([b"</", name, b">"]);
}

/// The end tag of an element that has a name but no tag.
pub(crate) fn end_literal(writer: &mut Writer<'_>, literal: &[u8]) {
    let name = name(writer, Tag::UNKNOWN, literal);
    writer.put_all([b"</", name, b">"]);
}

/// Stands for an element without a name.
const UNKNOWN: &[u8] = b"Unknown";

/// The name of a tag, or of an element without; one that is none in XML is replaced.
fn name<'n>(writer: &mut Writer<'_>, tag: Tag, literal: &'n [u8]) -> &'n [u8] {
    match tag.name() {
        Some(name) => name.as_bytes(),
        None if tag == Tag::UNKNOWN && is_name(literal) => literal,
        None => {
            writer.state.replaced = true;
            UNKNOWN
        }
    }
}

fn is_name(name: &[u8]) -> bool {
    !name.is_empty() && scan::name(name).whole.len() == name.len() && is_xml(name)
}

/// Character content of any kind.
pub(crate) fn text(writer: &mut Writer<'_>, text: Text<'_>) {
    if let Some(opaque) = text
        .plain()
        .filter(|opaque| text.is_opaque() && !is_xml(opaque))
    {
        writer.state.replaced = true;
        return writer.opaque(opaque);
    }
    match text.plain() {
        Some(plain) => put_clean(writer, plain, escaped),
        None => text
            .pieces()
            .for_each(|piece| put_clean(writer, &piece, escaped)),
    }
}

/// Whether XML can carry these octets as they are.
fn is_xml(octets: &[u8]) -> bool {
    core::str::from_utf8(octets).is_ok_and(|text| text.chars().all(is_xml_char))
}

/// Writes by `put`, with U+FFFD for what XML cannot carry.
fn put_clean(writer: &mut Writer<'_>, octets: &[u8], put: fn(&mut Writer<'_>, &[u8])) {
    if octets.is_ascii() || is_xml(octets) {
        return put(writer, octets);
    }
    for chunk in octets.utf8_chunks() {
        for character in chunk.valid().chars() {
            let character = if is_xml_char(character) {
                character
            } else {
                char::REPLACEMENT_CHARACTER
            };
            put(writer, character.encode_utf8(&mut [0; 4]).as_bytes());
        }
        if !chunk.invalid().is_empty() {
            writer.put(REPLACEMENT);
        }
    }
    writer.state.replaced = true;
}

/// U+FFFD.
const REPLACEMENT: &[u8] = "\u{FFFD}".as_bytes();

/// Character content that is UTF-8, or a part of it.
pub(crate) fn escaped(writer: &mut Writer<'_>, octets: &[u8]) {
    // White space stands for itself and goes with what is before it.
    let mut from = octets;
    let mut rest = octets;
    loop {
        rest = rest.get(scan::plain_len(rest, &mut 0)..).unwrap_or(&[]);
        let Some((special, behind)) = rest.split_first() else {
            break;
        };
        let code: &[u8] = match special {
            b'\t' | b'\n' => {
                rest = behind;
                continue;
            }
            b'&' => b"&amp;",
            b'<' => b"&lt;",
            b'>' => b"&gt;",
            // A receiver would read it as a line feed.
            b'\r' => b"&#13;",
            _ => {
                writer.state.replaced = true;
                REPLACEMENT
            }
        };
        let plain = from
            .get(..from.len().saturating_sub(rest.len()))
            .unwrap_or(&[]);
        writer.put_all([plain, code, b""]);
        (from, rest) = (behind, behind);
    }
    writer.put(from);
}

/// Binary content; up to two octets are kept for the next call.
pub(crate) fn base64(writer: &mut Writer<'_>, bytes: &[u8]) {
    let mut rest = bytes;
    while writer.state.carried == 0
        && let Some((group, behind)) = rest.split_first_chunk()
    {
        writer.put(&encode(*group));
        rest = behind;
    }
    for octet in rest {
        let state = &mut writer.state;
        let [a, b] = state.carry;
        match state.carried {
            0 => (state.carry, state.carried) = ([*octet, 0], 1),
            1 => (state.carry, state.carried) = ([a, *octet], 2),
            _ => {
                state.carried = 0;
                writer.put(&encode([a, b, *octet]));
            }
        }
    }
}

/// The last group, padded.
pub(crate) fn end_base64(writer: &mut Writer<'_>) {
    let [a, b] = writer.state.carry;
    let carried = writer.state.carried;
    writer.state.carried = 0;
    match carried {
        0 => {}
        1 => {
            let [c, d, ..] = encode([a, 0, 0]);
            writer.put(&[c, d, b'=', b'=']);
        }
        _ => {
            let [c, d, e, _] = encode([a, b, 0]);
            writer.put(&[c, d, e, b'=']);
        }
    }
}
