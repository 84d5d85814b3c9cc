//! The token stream. Representation, sections 5.2 to 8.1.

use super::header::entry;
use super::{
    END, ENTITY, HAS_ATTRIBUTES, HAS_CONTENT, LITERAL, OPAQUE, PI, STR_I, STR_T, SWITCH_PAGE,
};
use super::{attributes, string};
use crate::limits::MAX_DEPTH;
use crate::reader::{ATTRIBUTES, EMPTY, FAILED, Failed, OVER, Reader, Run, Step};
use crate::{ErrorKind, Tag, Text, Vocabulary, mbint};

/// The content of the element just started, when it is one inline string up to the end.
#[inline]
pub(crate) fn plain_string<'a>(reader: &mut Reader<'a>) -> Option<Run<'a>> {
    let cursor = &mut reader.cursor;
    let depth = cursor.depth.checked_sub(1).filter(|_| cursor.flags == 0)?;
    let [STR_I, rest @ ..] = reader.bytes.get(cursor.offset as usize..)? else {
        return None;
    };
    let (len, high) = string::end(rest)?;
    if rest.get(len.wrapping_add(1)) != Some(&END) {
        return None;
    }
    // STR_I, the string, NUL and END: within the document, whose length fits.
    cursor.offset = cursor.offset.wrapping_add(len as u32).wrapping_add(3);
    cursor.depth = depth;
    if depth == 0 {
        cursor.flags = OVER;
    }
    Some(Run {
        octets: rest.get(..len)?,
        high,
    })
}

/// `Data` with content, whose text may be anything.
const DATA: u8 = crate::tag::DATA.token() | HAS_CONTENT;

/// See [`Reader::skim`].
pub(crate) fn skim(reader: &mut Reader<'_>, inside: u8, stops: u64) {
    let cursor = &mut reader.cursor;
    if cursor.flags != 0 {
        return;
    }
    let mut rest = reader.bytes.get(cursor.offset as usize..).unwrap_or(&[]);
    loop {
        let behind = match rest {
            [END, behind @ ..] if cursor.depth > inside => {
                cursor.depth = cursor.depth.wrapping_sub(1);
                behind
            }
            [SWITCH_PAGE, page, behind @ ..] if reader.document.space == 0 => {
                cursor.page = *page;
                behind
            }
            [token @ 0x05..0x80, behind @ ..]
                if token & 0x3F > LITERAL
                    && (stops == 0 || cursor.page != 0 || stops >> (token & 0x3F) & 1 == 0) =>
            {
                if token & HAS_CONTENT == 0 {
                    behind
                } else if let [STR_I, string @ ..] = behind {
                    match string::end(string) {
                        Some((len, false)) if string.get(len.wrapping_add(1)) == Some(&END) => {
                            string.get(len.wrapping_add(2)..).unwrap_or(&[])
                        }
                        _ => break,
                    }
                } else if usize::from(cursor.depth) < MAX_DEPTH && *token != DATA {
                    cursor.depth = cursor.depth.wrapping_add(1);
                    behind
                } else {
                    break;
                }
            }
            _ => break,
        };
        rest = behind;
    }
    cursor.offset = reader.bytes.len().saturating_sub(rest.len()) as u32;
}

/// The next event, if it is a tag with content or an end: nearly all there is.
#[inline(always)]
pub(crate) fn quick_step(reader: &mut Reader<'_>) -> Option<Step> {
    let cursor = &mut reader.cursor;
    if cursor.flags != 0 {
        return None;
    }
    let token = *reader.bytes.get(cursor.offset as usize)?;
    let step = if token == END && cursor.depth > 1 {
        cursor.depth = cursor.depth.wrapping_sub(1);
        Step::End
    } else if (0x45..0x80).contains(&token) && usize::from(cursor.depth) < MAX_DEPTH {
        cursor.depth = cursor.depth.wrapping_add(1);
        reader.tag_at = cursor.offset;
        Step::Start(Tag::of(reader.document.space, cursor.page, token))
    } else {
        return None;
    };
    cursor.offset = cursor.offset.wrapping_add(1);
    Some(step)
}

/// The next event.
pub(crate) fn step<'a>(reader: &mut Reader<'a>, text: &mut Text<'a>) -> Result<Step, Failed> {
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
    loop {
        let Some(token) = reader.bytes.get(reader.cursor.offset as usize).copied() else {
            return Err(reader.ended());
        };
        match token {
            SWITCH_PAGE => switch_page(reader)?,
            END => {
                reader.cursor.offset = reader.cursor.offset.wrapping_add(1);
                return close(reader);
            }
            STR_I | STR_T | OPAQUE | ENTITY => {
                content(reader, text)?;
                if !text.is_empty() {
                    return Ok(Step::Text);
                }
            }
            PI | 0x40..=0x42 | 0x80..=0x82 | 0xC0..=0xC2 => skip_extension(reader, token)?,
            _ => return open(reader, token),
        }
    }
}

/// SWITCH_PAGE for tags.
fn switch_page(reader: &mut Reader<'_>) -> Result<(), Failed> {
    let page = page(reader)?;
    // The two tag pages of client provisioning are one.
    let one = reader.document.vocabulary == Vocabulary::Provisioning && page == 1;
    reader.cursor.page = if one { 0 } else { page };
    reader.cursor.offset = reader.cursor.offset.wrapping_add(2);
    Ok(())
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

/// A tag token.
fn open(reader: &mut Reader<'_>, token: u8) -> Result<Step, Failed> {
    let cursor = reader.cursor;
    if usize::from(cursor.depth) >= MAX_DEPTH {
        return Err(reader.fail(ErrorKind::Depth));
    }
    let mut next = (cursor.offset as usize).wrapping_add(1);
    let mut tag = Tag::of(reader.document.space, cursor.page, token);
    if token & 0x3F == LITERAL {
        let index;
        (index, next) = number(reader, next)?;
        let name = of_table(reader, index)?;
        tag = Tag::from_name(reader.document.vocabulary, name).unwrap_or(Tag::UNKNOWN);
    }
    reader.tag_at = cursor.offset;
    let cursor = &mut reader.cursor;
    cursor.offset = next as u32;
    cursor.depth = cursor.depth.wrapping_add(1);
    if token & HAS_CONTENT == 0 {
        cursor.flags |= EMPTY;
    }
    if token & HAS_ATTRIBUTES != 0 {
        cursor.flags |= ATTRIBUTES;
    }
    Ok(Step::Start(tag))
}

/// The name of the element whose start tag was read last.
pub(crate) fn name<'a>(reader: &Reader<'a>) -> &'a [u8] {
    let at = reader.tag_at as usize;
    let Some(token) = reader.bytes.get(at) else {
        return &[];
    };
    if token & 0x3F != LITERAL {
        return Tag::of(reader.document.space, reader.cursor.page, *token)
            .name()
            .unwrap_or("")
            .as_bytes();
    }
    let index = mbint::read(reader.bytes, at.wrapping_add(1)).map_or(u32::MAX, |(index, _)| index);
    entry(reader.document.string_table(reader.bytes), index).unwrap_or(&[])
}

/// The end of the element opened last.
fn close(reader: &mut Reader<'_>) -> Result<Step, Failed> {
    let cursor = &mut reader.cursor;
    match cursor.depth {
        0 => {
            let at = (cursor.offset as usize).saturating_sub(1);
            return Err(reader.fail_at(at, ErrorKind::Nesting));
        }
        1 => cursor.flags |= OVER,
        _ => {}
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
            Some(&PI) => skip_extension(reader, PI)?,
            Some(_) => return Err(reader.fail(ErrorKind::Trailing)),
        }
    }
}

/// One content token and all that follow it without an element between. The text may be empty.
fn content<'a>(reader: &mut Reader<'a>, text: &mut Text<'a>) -> Result<(), Failed> {
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
                *text = piece(reader, token)?;
                pieces = pieces.wrapping_add(1);
                end = reader.cursor.offset;
            }
            SWITCH_PAGE => switch_page(reader)?,
            PI | 0x40..=0x42 | 0x80..=0x82 | 0xC0..=0xC2 => skip_extension(reader, token)?,
            _ => break,
        }
    }
    if pieces != 1 {
        *text = Text::wbxml(reader.bytes.get(..end as usize).unwrap_or(&[]), start);
    }
    Ok(())
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
pub(super) fn skip_extension(reader: &mut Reader<'_>, token: u8) -> Result<(), Failed> {
    let next = (reader.cursor.offset as usize).wrapping_add(1);
    if reader.cursor.depth == 0 && token != PI {
        return Err(reader.fail(ErrorKind::Syntax));
    }
    let behind = match token {
        PI => {
            reader.cursor.offset = next as u32;
            return attributes::skip(reader);
        }
        0x40..=0x42 => next
            .wrapping_add(inline(reader, next)?.len())
            .wrapping_add(1),
        0x80..=0x82 => number(reader, next)?.1,
        _ => next,
    };
    reader.cursor.offset = behind as u32;
    Ok(())
}
