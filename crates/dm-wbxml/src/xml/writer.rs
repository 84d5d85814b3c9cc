//! Markup for the writer.

use super::scan;
use crate::base64::encode;
use crate::text::behind_utf8;
use crate::writer::fill;
use crate::{Attribute, Tag, Text, Vocabulary, Writer, tag};

/// What a tag is.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Form {
    Start,
    /// An empty-element tag.
    Empty,
    End,
}

/// A start tag, or an empty-element tag.
pub(crate) fn start(writer: &mut Writer<'_>, tag: Tag, empty: bool) {
    let space = space(writer, tag);
    let form = if empty {
        Form::Empty
    } else {
        enter(writer, tag);
        Form::Start
    };
    put_tag(writer, form, tag, space);
}

/// A tag, with this declaration of a name space.
fn put_tag(writer: &mut Writer<'_>, form: Form, tag: Tag, space: &[u8]) {
    let name = name(writer, tag);
    let around = if form == Form::Start {
        b"<>".len()
    } else {
        b"</>".len()
    };
    let len = name.len().wrapping_add(space.len()).wrapping_add(around);
    if let Some(room) = writer.reserve(len) {
        fill_tag(room, form, name, space);
    }
}

/// Fills the begin of `room` with a tag; gives what is left of it.
fn fill_tag<'r>(room: &'r mut [u8], form: Form, name: &[u8], space: &[u8]) -> Option<&'r mut [u8]> {
    let mut room = fill_octet(room, b'<')?;
    if form == Form::End {
        room = fill_octet(room, b'/')?;
    }
    room = fill(room, name)?;
    if !space.is_empty() {
        room = fill(room, space)?;
    }
    if form == Form::Empty {
        room = fill_octet(room, b'/')?;
    }
    fill_octet(room, b'>')
}

fn fill_octet(room: &mut [u8], octet: u8) -> Option<&mut [u8]> {
    let (to, rest) = room.split_first_mut()?;
    *to = octet;
    Some(rest)
}

/// A start tag up to its attributes.
pub(crate) fn begin_tag(writer: &mut Writer<'_>, element: (Tag, &[u8])) {
    let name = element_name(writer, element);
    let space = space(writer, element.0);
    writer.put_all(&[b"<", name, space]);
}

/// The end of a start tag, or of an empty-element tag.
pub(crate) fn end_tag(writer: &mut Writer<'_>, tag: Tag, empty: bool) {
    if !empty {
        enter(writer, tag);
    }
    writer.put(if empty { b"/>" } else { b">" });
}

/// The declaration of the name space where that perhaps changes, with white space in front.
#[inline]
fn space(writer: &Writer<'_>, tag: Tag) -> &'static [u8] {
    // Nearly every tag has none.
    if tag.is_syncml() && tag != tag::SYNC_ML {
        return &[];
    }
    declaration(writer, tag)
}

#[inline(never)]
fn declaration(writer: &Writer<'_>, tag: Tag) -> &'static [u8] {
    match tag.page() {
        0 if tag == tag::SYNC_ML => b" xmlns=\"SYNCML:SYNCML1.2\"",
        1.. if writer.state.foreign == 0 => match tag.vocabulary() {
            Vocabulary::Ddf => b" xmlns=\"syncml:dmddf1.2\"",
            _ => METINF,
        },
        _ => &[],
    }
}

/// Nearly all there is between the name and the end of a start tag.
pub(super) const METINF: &[u8] = b" xmlns=\"syncml:metinf\"";

/// Counts open elements of another name space than the default one.
fn enter(writer: &mut Writer<'_>, tag: Tag) {
    let foreign = &mut writer.state.foreign;
    *foreign = foreign.saturating_add(u8::from(tag.page() != 0));
}

/// An end tag.
pub(crate) fn end(writer: &mut Writer<'_>, tag: Tag) {
    let foreign = &mut writer.state.foreign;
    *foreign = foreign.saturating_sub(u8::from(tag.page() != 0));
    put_tag(writer, Form::End, tag, &[]);
}

/// An end tag of an element that has perhaps a name but no tag.
pub(crate) fn end_literal(writer: &mut Writer<'_>, literal: &[u8]) {
    let name = element_name(writer, (Tag::UNKNOWN, literal));
    writer.put_all(&[b"</", name, b">"]);
}

/// Stands for an element without a name.
const UNKNOWN: &[u8] = b"Unknown";

/// The name of a tag.
fn name(writer: &mut Writer<'_>, tag: Tag) -> &'static [u8] {
    tag.octets().unwrap_or_else(|| {
        writer.state.replaced |= tag != Tag::UNKNOWN;
        UNKNOWN
    })
}

/// The name of a tag, or of an element without; one that is none in XML is replaced.
fn element_name<'n>(writer: &mut Writer<'_>, (tag, literal): (Tag, &'n [u8])) -> &'n [u8] {
    if tag != Tag::UNKNOWN {
        return name(writer, tag);
    }
    if is_name(literal) {
        return literal;
    }
    writer.state.replaced = true;
    UNKNOWN
}

fn is_name(name: &[u8]) -> bool {
    let is_whole = scan::name(name).len() == name.len() && !scan::local(name).is_empty();
    is_whole && behind_utf8(name, true).is_empty()
}

/// A whole element, when its text is one run of ASCII that stands for itself; else nothing is
/// written.
pub(crate) fn plain_element(writer: &mut Writer<'_>, tag: Tag, text: &Text<'_>) -> bool {
    let Some(octets) = text.plain() else {
        return false;
    };
    let (len, high) = scan::plain_len(octets);
    if high || len != octets.len() || len == 0 {
        return false;
    }
    let name = name(writer, tag);
    let space = space(writer, tag);
    let names = name.len().wrapping_mul(2).wrapping_add(space.len());
    let len = octets
        .len()
        .wrapping_add(names)
        .wrapping_add(b"<></>".len());
    if let Some(room) = writer.reserve(len) {
        fill_element(room, name, space, octets);
    }
    true
}

/// Fills the room of a whole element.
fn fill_element(room: &mut [u8], name: &[u8], space: &[u8], octets: &[u8]) -> Option<()> {
    let room = fill_tag(room, Form::Start, name, space)?;
    let room = fill(room, octets)?;
    fill_tag(room, Form::End, name, &[]).map(|_| ())
}

/// An attribute of a start tag.
pub(crate) fn attribute(writer: &mut Writer<'_>, attribute: &Attribute<'_>) {
    if !is_name(attribute.name) {
        writer.state.replaced = true;
        return;
    }
    writer.put_all(&[b" ", attribute.name, b"=\""]);
    attribute.value.all(&mut |piece| {
        clean(writer, piece, true);
        true
    });
    writer.put(b"\"");
}

/// Character content of any kind.
#[inline(never)]
pub(crate) fn text(writer: &mut Writer<'_>, text: &Text<'_>) {
    if text.is_opaque() && !behind_utf8(text.raw, true).is_empty() {
        writer.state.replaced = true;
        base64(writer, text.raw);
        return end_base64(writer);
    }
    text.all(&mut |piece| {
        clean(writer, piece, false);
        true
    });
}

/// Octets of any kind, with U+FFFD for what XML cannot carry.
fn clean(writer: &mut Writer<'_>, octets: &[u8], quoted: bool) {
    let mut rest = octets;
    loop {
        let behind = behind_utf8(rest, true);
        let len = rest.len().wrapping_sub(behind.len());
        escaped(writer, rest.get(..len).unwrap_or(&[]), quoted);
        let Some((_, after)) = behind.split_first() else {
            return;
        };
        replace(writer);
        // The octets that were to follow are part of what is replaced.
        rest = after;
        while let [0x80..=0xBF, after @ ..] = rest {
            rest = after;
        }
    }
}

/// Stands for what XML cannot carry.
const REPLACEMENT: &[u8] = "\u{FFFD}".as_bytes();

/// U+FFFD.
#[inline(never)]
fn replace(writer: &mut Writer<'_>) {
    writer.put(REPLACEMENT);
    writer.state.replaced = true;
}

/// Character content that is UTF-8, or a part of it; `quoted`: of an attribute.
pub(crate) fn escaped(writer: &mut Writer<'_>, octets: &[u8], quoted: bool) {
    // White space stands for itself and goes with what is before it.
    let mut from = octets;
    let mut rest = octets;
    loop {
        let (mut len, _) = scan::plain_len(rest);
        if quoted {
            len = rest
                .iter()
                .take(len)
                .position(|octet| *octet == b'"')
                .unwrap_or(len);
        }
        let Some((special, behind)) = rest.get(len..).and_then(<[u8]>::split_first) else {
            return writer.put(from);
        };
        rest = behind;
        if !quoted && matches!(special, b'\t' | b'\n') {
            continue;
        }
        let len = from.len().wrapping_sub(behind.len()).wrapping_sub(1);
        writer.put(from.get(..len).unwrap_or(&[]));
        from = behind;
        match scan::entity(*special) {
            Some(name) => {
                writer.put_octet(b'&');
                for octet in name.to_be_bytes() {
                    if octet != 0 {
                        writer.put_octet(octet);
                    }
                }
                writer.put_octet(b';');
            }
            None => replace(writer),
        }
    }
}

/// Binary content; up to two octets are kept for the next call.
#[inline(never)]
pub(crate) fn base64(writer: &mut Writer<'_>, bytes: &[u8]) {
    for octet in bytes {
        let bits = u32::from(writer.state.carry) << 8 | u32::from(*octet);
        writer.state.carry = bits as u16;
        writer.state.carried = writer.state.carried.wrapping_add(1);
        if writer.state.carried == 3 {
            group(writer, bits);
        }
    }
}

/// The last group, padded.
#[inline(never)]
pub(crate) fn end_base64(writer: &mut Writer<'_>) {
    let bits = u32::from(writer.state.carry) << 8;
    match writer.state.carried {
        0 => {}
        1 => group(writer, bits << 8),
        _ => group(writer, bits),
    }
}

/// As many octets as have been carried.
#[inline(never)]
fn group(writer: &mut Writer<'_>, bits: u32) {
    writer.put(&encode(bits, writer.state.carried));
    writer.state.carry = 0;
    writer.state.carried = 0;
}
