//! The reader on its way through the octets of a document.

use super::scan::{self, Markup};
use crate::ErrorKind;
use crate::reader::{Failed, Reader};
use crate::text::{behind_utf8, is_character, is_space};

/// What has not been read, where each instruction counts.
#[inline(always)]
pub(super) fn hot_rest<'a>(reader: &Reader<'a>) -> &'a [u8] {
    let at = reader.cursor.offset as usize;
    reader.bytes.get(at..).unwrap_or(&[])
}

/// What has not been read.
#[inline(never)]
pub(super) fn rest<'a>(reader: &Reader<'a>) -> &'a [u8] {
    let at = reader.cursor.offset as usize;
    reader.bytes.get(at..).unwrap_or(&[])
}

/// What has been read from `from` on.
#[inline(never)]
pub(super) fn since<'a>(reader: &Reader<'a>, from: u32) -> &'a [u8] {
    let to = reader.cursor.offset as usize;
    reader.bytes.get(from as usize..to).unwrap_or(&[])
}

/// The next octet; 0, which no document has, at the end.
#[inline]
pub(super) fn peek(reader: &Reader<'_>) -> u8 {
    let at = reader.cursor.offset as usize;
    reader.bytes.get(at).copied().unwrap_or(0)
}

/// Goes on by so many octets.
#[inline(always)]
pub(super) fn pass(reader: &mut Reader<'_>, len: usize) {
    reader.cursor.offset = reader.cursor.offset.wrapping_add(len as u32);
}

/// Notes that what comes next does not belong there.
#[cold]
pub(super) fn wrong(reader: &mut Reader<'_>) -> Failed {
    reader.fail(match rest(reader) {
        [] => ErrorKind::UnexpectedEnd,
        [octet, ..] if !is_character((*octet).into(), true) => ErrorKind::Character,
        _ => ErrorKind::Syntax,
    })
}

/// Refuses what is no text of XML among the octets from `from` to here.
#[inline(never)]
pub(super) fn legal(reader: &mut Reader<'_>, from: u32) -> Result<(), Failed> {
    let behind = behind_utf8(since(reader, from), true);
    if behind.is_empty() {
        return Ok(());
    }
    let at = (reader.cursor.offset as usize).wrapping_sub(behind.len());
    let is_utf8 = behind_utf8(behind, false).len() < behind.len();
    Err(reader.fail_at(
        at,
        match is_utf8 {
            true => ErrorKind::Character,
            false => ErrorKind::Utf8,
        },
    ))
}

/// Passes over white space; gives whether there was any.
#[inline(never)]
pub(super) fn space(reader: &mut Reader<'_>) -> bool {
    let from = reader.cursor.offset;
    while is_space(peek(reader)) {
        pass(reader, 1);
    }
    reader.cursor.offset != from
}

/// Passes over `text` if it comes next.
#[inline(never)]
pub(super) fn accept(reader: &mut Reader<'_>, text: &[u8]) -> bool {
    let found = rest(reader).starts_with(text);
    if found {
        pass(reader, text.len());
    }
    found
}

/// Passes over `octet`, which must come next.
#[inline(never)]
pub(super) fn expect_octet(reader: &mut Reader<'_>, octet: u8) -> Result<(), Failed> {
    if peek(reader) != octet {
        return Err(wrong(reader));
    }
    pass(reader, 1);
    Ok(())
}

/// Goes on behind the next `end`.
#[inline(never)]
pub(super) fn find(reader: &mut Reader<'_>, end: &[u8]) -> Result<(), Failed> {
    let left = scan::behind(rest(reader), end).map(<[u8]>::len);
    let to = reader.bytes.len().wrapping_sub(left.unwrap_or(0));
    reader.cursor.offset = to as u32;
    match left {
        Some(_) => Ok(()),
        None => Err(wrong(reader)),
    }
}

/// Passes over a name, which must come next.
#[inline(never)]
pub(super) fn name(reader: &mut Reader<'_>) -> Result<(), Failed> {
    let from = reader.cursor.offset;
    pass(reader, scan::name(rest(reader)).len());
    local(reader, from, from).map(|_| ())
}

/// The name from `from` to here without its prefix; what is none is refused at `fault`, unless the
/// document ends in it.
#[inline(never)]
pub(super) fn local<'a>(
    reader: &mut Reader<'a>,
    from: u32,
    fault: u32,
) -> Result<&'a [u8], Failed> {
    let local = scan::local(since(reader, from));
    if local.is_empty() {
        if !rest(reader).is_empty() {
            reader.cursor.offset = fault;
        }
        return Err(wrong(reader));
    }
    legal(reader, from)?;
    Ok(local)
}

/// Passes over `=` and the quote of a value, which must come next; gives the quote.
#[inline(never)]
pub(super) fn quote(reader: &mut Reader<'_>) -> Result<u8, Failed> {
    space(reader);
    expect_octet(reader, b'=')?;
    space(reader);
    let quote = peek(reader);
    if !matches!(quote, b'"' | b'\'') {
        return Err(wrong(reader));
    }
    pass(reader, 1);
    Ok(quote)
}

/// Whether these octets are `known`, in small or capital letters.
#[inline(never)]
pub(super) fn is(octets: &[u8], known: &[u8]) -> bool {
    octets.eq_ignore_ascii_case(known)
}

/// Passes over a reference.
pub(super) fn reference(reader: &mut Reader<'_>) -> Result<(), Failed> {
    let (character, len) = scan::reference(rest(reader));
    let kind = match character {
        scan::NO_ENTITY => ErrorKind::Entity,
        scan::NO_CHARACTER => ErrorKind::Character,
        _ => {
            pass(reader, len);
            if character != scan::ENDED {
                return Ok(());
            }
            ErrorKind::UnexpectedEnd
        }
    };
    Err(reader.fail(kind))
}

/// Passes over white space, comments and instructions.
pub(super) fn between(reader: &mut Reader<'_>) -> Result<(), Failed> {
    loop {
        space(reader);
        if !aside(reader)? {
            return Ok(());
        }
    }
}

/// Passes over an instruction or a comment if one comes next.
#[inline(never)]
pub(super) fn aside(reader: &mut Reader<'_>) -> Result<bool, Failed> {
    match rest(reader) {
        [b'<', b'?', ..] | [b'<', b'!', b'-', ..] => special(reader).map(|_| true),
        _ => Ok(false),
    }
}

/// Passes over an instruction, a comment or a section; gives whether that holds anything.
#[inline(never)]
pub(super) fn special(reader: &mut Reader<'_>) -> Result<bool, Failed> {
    let from = reader.cursor.offset;
    let (markup, bounds) = scan::markup(rest(reader));
    if !accept(reader, bounds.begin) {
        if bounds.begin.starts_with(rest(reader)) {
            reader.cursor.offset = reader.bytes.len() as u32;
        }
        return Err(wrong(reader));
    }
    if markup == Markup::Instruction {
        let at = reader.cursor.offset;
        name(reader)?;
        if is(since(reader, at), b"xml") {
            // A declaration stands in front of everything.
            return Err(reader.fail_at(from as usize, ErrorKind::Syntax));
        }
    }
    find(reader, bounds.end)?;
    if markup == Markup::Comment {
        expect_octet(reader, b'>')?;
    }
    legal(reader, from)?;
    let empty = b"<![CDATA[]]>".len();
    let len = reader.cursor.offset.wrapping_sub(from) as usize;
    Ok(markup == Markup::Section && len > empty)
}
