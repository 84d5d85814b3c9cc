//! The token stream. Representation, sections 5.2 to 8.1.

use core::ops::RangeInclusive;

use super::header::entry;
use super::{
    END, ENTITY, HAS_ATTRIBUTES, HAS_CONTENT, LITERAL, OPAQUE, PI, STR_I, STR_T, SWITCH_PAGE,
};
use super::{attributes, string};
use crate::limits::MAX_DEPTH;
use crate::reader::{ATTRIBUTES, EMPTY, FAILED, Failed, OVER, Reader, Step};
use crate::{ErrorKind, Tag, Text, mbint};

/// The content and attribute bits of a tag.
const BITS: u8 = HAS_CONTENT | HAS_ATTRIBUTES;
/// Tags with content and without attributes, on any page: nearly all there are.
const USUAL: RangeInclusive<u8> = 0x45..=0x7F;

/// See [`Reader::step`].
///
/// Usual tags and ends are all here, and everything else is called last: so nothing needs to be
/// kept over a call, which is worth a third of the cost.
#[inline(never)]
pub(crate) fn step(reader: &mut Reader<'_>, leaves: bool) -> Result<Step, Failed> {
    if reader.cursor.flags != 0 {
        return flagged(reader);
    }
    let at = reader.cursor.offset;
    let behind = at.wrapping_add(1);
    let Some(token) = octet(reader, at) else {
        return refuse(reader, ErrorKind::UnexpectedEnd);
    };
    if USUAL.contains(&token) {
        reader.tag = Tag::of(reader.document.space, reader.cursor.page, token);
        if leaves {
            return leaf(reader, behind);
        }
        return open(reader, behind);
    }
    if token == END {
        reader.cursor.offset = behind;
        return close(reader);
    }
    if token == STR_I {
        return string(reader, Step::Text, behind);
    }
    rare(reader)
}

/// The start of the element whose tag is noted, or the whole of it; `behind` its tag the document
/// goes on.
#[inline]
fn leaf(reader: &mut Reader<'_>, behind: u32) -> Result<Step, Failed> {
    if octet(reader, behind) == Some(STR_I) {
        string(reader, Step::Leaf, behind.wrapping_add(1))
    } else {
        open(reader, behind)
    }
}

/// The octet at `at`.
#[inline(always)]
fn octet(reader: &Reader<'_>, at: u32) -> Option<u8> {
    reader.bytes.get(at as usize).copied()
}

#[cold]
fn refuse(reader: &mut Reader<'_>, kind: ErrorKind) -> Result<Step, Failed> {
    Err(reader.fail(kind))
}

/// The string at `start`, which makes `step` if it is ASCII and all that its element has: nearly
/// every text is so.
#[inline(never)]
fn string(reader: &mut Reader<'_>, step: Step, start: u32) -> Result<Step, Failed> {
    let Some(string) = reader.bytes.get(start as usize..) else {
        return refuse(reader, ErrorKind::UnexpectedEnd);
    };
    let mut rest = string;
    while let Some((word, behind)) = rest.split_first_chunk() {
        let Some(marked) = string::first_mark(word) else {
            rest = behind;
            continue;
        };
        let len = string.len().wrapping_sub(rest.len()).wrapping_add(marked);
        if let Some([0, END, ..]) = rest.get(marked..)
            && let Some(octets) = string.get(..len)
            && (1..MAX_DEPTH).contains(&usize::from(reader.cursor.depth))
        {
            reader.text = Text::ascii(octets);
            // Behind NUL, for a leaf behind END: within the document, whose length fits.
            let behind = start.wrapping_add(len as u32).wrapping_add(1);
            if step == Step::Leaf {
                reader.cursor.offset = behind.wrapping_add(1);
                return Ok(Step::Leaf);
            }
            reader.cursor.offset = behind;
            return Ok(if len == 0 { Step::Nothing } else { Step::Text });
        }
        break;
    }
    if step == Step::Leaf {
        open(reader, start.wrapping_sub(1))
    } else {
        content(reader)
    }
}

/// What is due before the octets at the offset are read.
#[inline(never)]
fn flagged(reader: &mut Reader<'_>) -> Result<Step, Failed> {
    let flags = reader.cursor.flags;
    if flags & FAILED != 0 {
        return Err(Failed);
    }
    if flags & ATTRIBUTES != 0 {
        attributes::skip(reader)?;
    }
    if flags & EMPTY != 0 {
        reader.cursor.flags &= !EMPTY;
        return close(reader);
    }
    if flags & OVER != 0 {
        return epilog(reader);
    }
    Ok(Step::Nothing)
}

/// The tokens that [`step`] does not know.
#[inline(never)]
fn rare(reader: &mut Reader<'_>) -> Result<Step, Failed> {
    match octet(reader, reader.cursor.offset).unwrap_or(END) {
        SWITCH_PAGE => switch_page(reader),
        STR_I | STR_T | OPAQUE | ENTITY => content(reader),
        PI | 0x40..=0x42 | 0x80..=0x82 | 0xC0..=0xC2 => skip_extension(reader),
        token => tag(reader, token),
    }
}

/// SWITCH_PAGE for tags.
fn switch_page(reader: &mut Reader<'_>) -> Result<Step, Failed> {
    let page = page(reader)?;
    reader.cursor.page = reader.document.page(page);
    reader.cursor.offset = reader.cursor.offset.wrapping_add(2);
    Ok(Step::Nothing)
}

/// The page behind SWITCH_PAGE.
pub(super) fn page(reader: &mut Reader<'_>) -> Result<u8, Failed> {
    let at = (reader.cursor.offset as usize).wrapping_add(1);
    match reader.bytes.get(at) {
        Some(page) => Ok(*page),
        None => Err(reader.fail_at(at, ErrorKind::UnexpectedEnd)),
    }
}

/// The string table entry at `index`.
pub(super) fn of_table<'a>(reader: &mut Reader<'a>, index: u32) -> Result<&'a [u8], Failed> {
    match entry(reader.document.string_table(reader.bytes), index) {
        Some(entry) => Ok(entry),
        None => Err(reader.fail(ErrorKind::StringTable)),
    }
}

/// The start of the element whose tag is noted; `behind` that the document goes on.
#[inline]
fn open(reader: &mut Reader<'_>, behind: u32) -> Result<Step, Failed> {
    let cursor = &mut reader.cursor;
    if usize::from(cursor.depth) >= MAX_DEPTH {
        return refuse(reader, ErrorKind::Depth);
    }
    cursor.offset = behind;
    cursor.depth = cursor.depth.wrapping_add(1);
    Ok(Step::Start)
}

/// A tag without content, with attributes, or one that is the name of the element.
fn tag(reader: &mut Reader<'_>, token: u8) -> Result<Step, Failed> {
    if usize::from(reader.cursor.depth) >= MAX_DEPTH {
        return refuse(reader, ErrorKind::Depth);
    }
    let mut behind = (reader.cursor.offset as usize).wrapping_add(1);
    reader.tag = Tag::of(reader.document.space, reader.cursor.page, token);
    if token & !BITS == LITERAL {
        (reader.literal, behind) = number(reader, behind)?;
        let name = of_table(reader, reader.literal)?;
        reader.tag = Tag::from_name(reader.document.vocabulary, name).unwrap_or(Tag::UNKNOWN);
    }
    // The bits become EMPTY and ATTRIBUTES.
    reader.cursor.flags |= (token ^ HAS_CONTENT) >> 6;
    open(reader, behind as u32)
}

/// The name of the element whose start tag was read last.
pub(crate) fn name<'a>(reader: &Reader<'a>) -> &'a [u8] {
    match reader.tag {
        Tag::UNKNOWN => {
            entry(reader.document.string_table(reader.bytes), reader.literal).unwrap_or(&[])
        }
        tag => tag.octets().unwrap_or(&[]),
    }
}

const _: () = assert!(EMPTY == HAS_CONTENT >> 6 && ATTRIBUTES == HAS_ATTRIBUTES >> 6);

/// The end of the element opened last.
#[inline]
fn close(reader: &mut Reader<'_>) -> Result<Step, Failed> {
    let cursor = &mut reader.cursor;
    if cursor.depth <= 1 {
        if cursor.depth == 0 {
            let at = (cursor.offset as usize).saturating_sub(1);
            return Err(reader.fail_at(at, ErrorKind::Nesting));
        }
        cursor.flags |= OVER;
    }
    cursor.depth = cursor.depth.wrapping_sub(1);
    Ok(Step::End)
}

/// Behind the root element only processing instructions may follow.
#[cold]
fn epilog(reader: &mut Reader<'_>) -> Result<Step, Failed> {
    loop {
        match reader.bytes.get(reader.cursor.offset as usize) {
            None => return Ok(Step::Done),
            Some(&PI) => {
                skip_extension(reader)?;
            }
            Some(_) => return Err(reader.fail(ErrorKind::Trailing)),
        }
    }
}

/// One content token and all that follow it without an element between.
#[cold]
fn content(reader: &mut Reader<'_>) -> Result<Step, Failed> {
    if reader.cursor.depth == 0 {
        return Err(reader.fail(ErrorKind::Syntax));
    }
    let start = reader.cursor.offset;
    let mut end = start;
    let mut pieces = 0u32;
    loop {
        let Some(token) = reader.bytes.get(reader.cursor.offset as usize).copied() else {
            return Err(reader.ended());
        };
        match token {
            STR_I | STR_T | OPAQUE | ENTITY => {
                reader.text = piece(reader, token)?;
                pieces = pieces.wrapping_add(1);
                end = reader.cursor.offset;
            }
            SWITCH_PAGE => {
                switch_page(reader)?;
            }
            PI | 0x40..=0x42 | 0x80..=0x82 | 0xC0..=0xC2 => {
                skip_extension(reader)?;
            }
            _ => break,
        }
    }
    if pieces != 1 {
        reader.text = Text::wbxml(reader.bytes.get(..end as usize).unwrap_or(&[]), start);
    }
    Ok(if reader.text.is_empty() {
        Step::Nothing
    } else {
        Step::Text
    })
}

/// One content token.
pub(super) fn piece<'a>(reader: &mut Reader<'a>, token: u8) -> Result<Text<'a>, Failed> {
    let at = reader.cursor.offset as usize;
    let next = at.wrapping_add(1);
    if token == STR_I {
        let string = inline(reader, next)?;
        reader.cursor.offset = next.wrapping_add(string.len()).wrapping_add(1) as u32;
        return Ok(Text::from_bytes(string));
    }
    let (value, next) = number(reader, next)?;
    let text = match token {
        OPAQUE => {
            let rest = reader.bytes.get(next..).unwrap_or(&[]);
            let Some(octets) = rest.get(..value as usize) else {
                return Err(reader.fail(ErrorKind::UnexpectedEnd));
            };
            reader.cursor.offset = next.wrapping_add(octets.len()) as u32;
            return Ok(Text::opaque(octets));
        }
        STR_T => Text::from_bytes(of_table(reader, value)?),
        _ => {
            if char::from_u32(value).is_none() {
                return Err(reader.fail(ErrorKind::Character));
            }
            Text::wbxml(reader.bytes.get(..next).unwrap_or(&[]), at as u32)
        }
    };
    reader.cursor.offset = next as u32;
    Ok(text)
}

/// The NUL-terminated string at `at`, without its NUL.
fn inline<'a>(reader: &mut Reader<'a>, at: usize) -> Result<&'a [u8], Failed> {
    match reader.bytes.get(at..).and_then(string::until_nul) {
        Some(octets) => Ok(octets),
        None => Err(reader.fail(ErrorKind::UnexpectedEnd)),
    }
}

/// A multi-byte integer and the place behind it.
pub(super) fn number(reader: &mut Reader<'_>, at: usize) -> Result<(u32, usize), Failed> {
    mbint::read(reader.bytes, at).map_err(|overflow| match overflow {
        true => reader.fail(ErrorKind::Overflow),
        false => reader.fail_at(reader.bytes.len(), ErrorKind::UnexpectedEnd),
    })
}

/// Passes over an extension token or a processing instruction.
#[cold]
pub(super) fn skip_extension(reader: &mut Reader<'_>) -> Result<Step, Failed> {
    let token = octet(reader, reader.cursor.offset).unwrap_or(PI);
    let next = (reader.cursor.offset as usize).wrapping_add(1);
    if reader.cursor.depth == 0 && token != PI {
        return refuse(reader, ErrorKind::Syntax);
    }
    let behind = match token {
        PI => {
            reader.cursor.offset = next as u32;
            attributes::skip(reader)?;
            return Ok(Step::Nothing);
        }
        0x40..=0x42 => next
            .wrapping_add(inline(reader, next)?.len())
            .wrapping_add(1),
        0x80..=0x82 => number(reader, next)?.1,
        _ => next,
    };
    reader.cursor.offset = behind as u32;
    Ok(Step::Nothing)
}
