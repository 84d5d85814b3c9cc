//! The token stream. Representation, sections 5.2 to 8.1.

use core::ops::RangeInclusive;

use super::header::entry;
use super::token::{self, Token};
use super::{END, HAS_ATTRIBUTES, HAS_CONTENT, LITERAL, PI, STR_I, SWITCH_PAGE};
use super::{attributes, string};
use crate::limits::MAX_DEPTH;
use crate::reader::{ATTRIBUTES, EMPTY, FAILED, Failed, OVER, Reader, Step};
use crate::{ErrorKind, Tag, Text, tag};

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
        return rare(reader);
    };
    if USUAL.contains(&token) {
        reader.tag = reader.base.with(token);
        if leaves {
            return leaf(reader, behind);
        }
        return open(reader, behind);
    }
    if token == END {
        return close(reader, behind);
    }
    if token == STR_I {
        return string(reader, Step::Text, behind);
    }
    rare(reader)
}

/// Goes over usual tags, their ends and whole strings of ASCII, as long as elements at `depth` or
/// deeper are open: what [`Reader::leave`] does, without making steps of them. Where there is more to
/// look at it stops.
#[inline(never)]
pub(crate) fn skim(reader: &mut Reader<'_>, depth: u8) {
    let bytes = reader.bytes;
    let mut at = reader.cursor.offset as usize;
    let mut open = u32::from(reader.cursor.depth);
    while open >= depth.into() && reader.cursor.flags == 0 {
        let behind = at.wrapping_add(1);
        match bytes.get(at) {
            Some(&END) if open > 1 => {
                open = open.wrapping_sub(1);
                at = behind;
            }
            Some(token) if USUAL.contains(token) && open < MAX_DEPTH as u32 => {
                if bytes.get(behind) == Some(&STR_I) {
                    match whole(bytes, behind.wrapping_add(1)) {
                        Some(nul) => at = nul.wrapping_add(2),
                        None => break,
                    }
                } else if token & !BITS != tag::DATA.token() {
                    open = open.wrapping_add(1);
                    at = behind;
                } else {
                    // Its text may be anything.
                    break;
                }
            }
            _ => break,
        }
    }
    reader.cursor.offset = at as u32;
    reader.cursor.depth = open as u8;
}

/// The place of the NUL of the string at `start`, if that is all ASCII and the element ends behind it.
#[inline(always)]
fn whole(bytes: &[u8], start: usize) -> Option<usize> {
    let end = string::end_of_ascii(bytes, start)?;
    (bytes.get(end..)?.first_chunk() == Some(&[0, END])).then_some(end)
}

/// The start of the element whose tag is noted, or the whole of it; `behind` its tag the document
/// goes on.
#[inline]
fn leaf(reader: &mut Reader<'_>, behind: u32) -> Result<Step, Failed> {
    if octet(reader, behind) == Some(STR_I) && usize::from(reader.cursor.depth) < MAX_DEPTH {
        string(reader, Step::Leaf, behind.wrapping_add(1))
    } else {
        open(reader, behind)
    }
}

/// The octet at `at`.
#[inline(always)]
pub(super) fn octet(reader: &Reader<'_>, at: u32) -> Option<u8> {
    reader.bytes.get(at as usize).copied()
}

#[cold]
#[inline(never)]
fn refuse(reader: &mut Reader<'_>, kind: ErrorKind) -> Result<Step, Failed> {
    Err(reader.fail(kind))
}

/// The string at `start`, which makes `step` if it is ASCII and all that its element has: nearly
/// every text is so.
#[inline(never)]
fn string(reader: &mut Reader<'_>, step: Step, start: u32) -> Result<Step, Failed> {
    let Some(string) = reader.bytes.get(start as usize..) else {
        return rare(reader);
    };
    let mut rest = string;
    while let Some((word, behind)) = rest.split_first_chunk() {
        let Some(marked) = string::first_mark(word) else {
            rest = behind;
            continue;
        };
        let len = string.len().wrapping_sub(rest.len()).wrapping_add(marked);
        let behind = rest.get(marked..).and_then(<[u8]>::first_chunk);
        if behind == Some(&[0, END])
            && let Some(octets) = string.get(..len)
            && reader.cursor.depth != 0
        {
            reader.text = Text::ascii(octets);
            // Behind NUL, for a leaf behind END: within the document, whose length fits.
            let behind = start.wrapping_add(len as u32).wrapping_add(1);
            if step == Step::Leaf {
                reader.cursor.offset = behind.wrapping_add(1);
                return Ok(Step::Leaf);
            }
            if len != 0 {
                reader.cursor.offset = behind;
                return Ok(Step::Text);
            }
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
        return close(reader, reader.cursor.offset);
    }
    if flags & OVER != 0 {
        return epilog(reader);
    }
    Ok(Step::Nothing)
}

/// The tokens that [`step`] does not know, and what it refuses.
#[inline(never)]
fn rare(reader: &mut Reader<'_>) -> Result<Step, Failed> {
    let at = reader.cursor.offset;
    let token = octet(reader, at);
    if token == Some(SWITCH_PAGE)
        && let Some(page) = octet(reader, at.wrapping_add(1))
    {
        reader.cursor.offset = at.wrapping_add(2);
        switch_page(reader, page);
        return Ok(Step::Nothing);
    }
    match token {
        Some(END) => refuse(reader, ErrorKind::Nesting),
        Some(token) if token & !BITS >= LITERAL => tag(reader, token),
        _ => content(reader),
    }
}

/// The tag code page in force from here on.
fn switch_page(reader: &mut Reader<'_>, page: u8) {
    reader.cursor.page = reader.document.page(page);
    reader.base = Tag::base(reader.document.space, reader.cursor.page);
}

/// What follows `token`, which stands at the place of the reader; that goes on behind it.
pub(super) fn token<'a>(reader: &mut Reader<'a>, token: u8) -> Result<Token<'a>, Failed> {
    let table = reader.document.string_table(reader.bytes);
    let mut at = reader.cursor.offset as usize;
    match token::read(token, reader.bytes, table, &mut at) {
        Ok(token) => {
            reader.cursor.offset = at as u32;
            Ok(token)
        }
        Err(kind) => Err(reader.fail_at(at, kind)),
    }
}

/// The string at `index` of the string table.
pub(super) fn literal<'a>(reader: &Reader<'a>, index: u32) -> &'a [u8] {
    entry(reader.document.string_table(reader.bytes), index).unwrap_or(&[])
}

/// The text of a token, if it has one; `start` is where that stands.
pub(super) fn text_of<'a>(reader: &Reader<'a>, token: Token<'a>, start: u32) -> Option<Text<'a>> {
    match token {
        Token::Run(octets) => Some(Text::from_bytes(octets)),
        Token::Opaque(octets) => Some(Text::opaque(octets)),
        Token::Character(_) => Some(tokens(reader, start, reader.cursor.offset)),
        _ => None,
    }
}

/// The tokens from `start` to `end`.
fn tokens<'a>(reader: &Reader<'a>, start: u32, end: u32) -> Text<'a> {
    Text::wbxml(reader.bytes.get(..end as usize).unwrap_or(&[]), start)
}

/// The start of the element whose tag is noted; `behind` that the document goes on.
#[inline]
fn open(reader: &mut Reader<'_>, behind: u32) -> Result<Step, Failed> {
    let cursor = &mut reader.cursor;
    if usize::from(cursor.depth) >= MAX_DEPTH {
        return rare(reader);
    }
    cursor.offset = behind;
    cursor.depth = cursor.depth.wrapping_add(1);
    Ok(Step::Start)
}

/// A tag without content, with attributes, or one that is the name of the element.
#[inline(never)]
fn tag(reader: &mut Reader<'_>, token: u8) -> Result<Step, Failed> {
    if usize::from(reader.cursor.depth) >= MAX_DEPTH {
        return refuse(reader, ErrorKind::Depth);
    }
    reader.tag = reader.base.with(token);
    let mut behind = reader.cursor.offset.wrapping_add(1);
    if token & !BITS == LITERAL
        && let Token::Literal(index) = self::token(reader, LITERAL)?
    {
        behind = reader.cursor.offset;
        reader.literal = index;
        let tag = Tag::from_name(reader.document.vocabulary, literal(reader, index));
        reader.tag = tag.unwrap_or(Tag::UNKNOWN);
    }
    // The bits become EMPTY and ATTRIBUTES.
    reader.cursor.flags |= (token ^ HAS_CONTENT) >> 6;
    open(reader, behind)
}

/// The name of the element whose start tag was read last.
pub(crate) fn name<'a>(reader: &Reader<'a>) -> &'a [u8] {
    match reader.tag {
        Tag::UNKNOWN => literal(reader, reader.literal),
        tag => tag.octets().unwrap_or(&[]),
    }
}

const _: () = assert!(EMPTY == HAS_CONTENT >> 6 && ATTRIBUTES == HAS_ATTRIBUTES >> 6);

/// The end of the element opened last, behind which the document goes on at `behind`.
#[inline]
fn close(reader: &mut Reader<'_>, behind: u32) -> Result<Step, Failed> {
    let cursor = &mut reader.cursor;
    if cursor.depth <= 1 {
        if cursor.depth == 0 {
            return rare(reader);
        }
        cursor.flags |= OVER;
    }
    cursor.offset = behind;
    cursor.depth = cursor.depth.wrapping_sub(1);
    Ok(Step::End)
}

/// Behind the root element only processing instructions may follow.
#[cold]
fn epilog(reader: &mut Reader<'_>) -> Result<Step, Failed> {
    match octet(reader, reader.cursor.offset) {
        None => Ok(Step::Done),
        Some(PI) => instruction(reader),
        Some(_) => refuse(reader, ErrorKind::Trailing),
    }
}

/// A processing instruction.
fn instruction(reader: &mut Reader<'_>) -> Result<Step, Failed> {
    reader.cursor.offset = reader.cursor.offset.wrapping_add(1);
    attributes::skip(reader)?;
    Ok(Step::Nothing)
}

/// One content token and all that follow it without an element between.
#[inline(never)]
fn content(reader: &mut Reader<'_>) -> Result<Step, Failed> {
    let start = reader.cursor.offset;
    let mut end = start;
    let mut pieces = 0u32;
    loop {
        let Some(octet) = octet(reader, reader.cursor.offset) else {
            return refuse(reader, ErrorKind::UnexpectedEnd);
        };
        match octet {
            PI => {
                instruction(reader)?;
                continue;
            }
            _ if octet == END || octet & !BITS >= LITERAL => break,
            SWITCH_PAGE => {}
            _ if reader.cursor.depth == 0 => return refuse(reader, ErrorKind::Syntax),
            _ => {}
        }
        let token = token(reader, octet)?;
        match token {
            Token::Page(page) => {
                switch_page(reader, page);
                continue;
            }
            Token::Run([]) | Token::Opaque([]) => continue,
            Token::Run(octets) => reader.text = Text::from_bytes(octets),
            Token::Opaque(octets) => reader.text = Text::opaque(octets),
            // It has to be decoded, as several pieces have.
            Token::Character(_) => pieces = 1,
            _ => continue,
        }
        pieces = pieces.wrapping_add(1);
        end = reader.cursor.offset;
    }
    if pieces == 0 {
        return Ok(Step::Nothing);
    }
    if pieces > 1 {
        reader.text = tokens(reader, start, end);
    }
    Ok(Step::Text)
}
