//! Elements and character content.

use super::lexer::{
    accept, between, expect_octet, hot_rest, legal, local, name as pass_name, pass, peek, quote,
    reference, rest, since, space, special, wrong,
};
use super::scan;
use super::writer::METINF;
use crate::reader::{DATA, EMPTY, FAILED, FRESH, Failed, OVER, Reader, Step};
use crate::{Attribute, ErrorKind, Tag, Text, Vocabulary, tag};

/// The next event.
#[inline(never)]
pub(crate) fn step(reader: &mut Reader<'_>, leaves: bool) -> Result<Step, Failed> {
    let flags = reader.cursor.flags;
    if flags & (FAILED | EMPTY | OVER) != 0 || reader.cursor.depth == 0 {
        return outside(reader);
    }
    match hot_rest(reader) {
        [b'<', b'/', ..] => end(reader),
        [b'<', next, ..] if !matches!(next, b'!' | b'?') && flags & DATA == 0 => {
            open(reader, leaves)
        }
        _ => inside(reader, leaves),
    }
}

/// The next event, when nothing is to be read for it, or it is outside of the root element.
#[inline(never)]
fn outside(reader: &mut Reader<'_>) -> Result<Step, Failed> {
    match reader.cursor.flags {
        flags if flags & FAILED != 0 => Err(Failed),
        flags if flags & EMPTY != 0 => Ok(close(reader)),
        flags if flags & OVER != 0 => epilog(reader),
        _ => open(reader, false),
    }
}

/// The next event, when character content comes in front of it or is it.
#[inline(never)]
fn inside(reader: &mut Reader<'_>, leaves: bool) -> Result<Step, Failed> {
    reader.literal = 0;
    let flags = reader.cursor.flags;
    if flags & FRESH != 0 && plain_text(reader) {
        return Ok(Step::Text);
    }
    let from = reader.cursor.offset;
    let mut found = content(reader)?;
    let ends = ends(reader);
    if !ends && flags & DATA != 0 {
        verbatim(reader)?;
        found = SOLID | HIGH;
    }
    let raw = since(reader, from);
    reader.text = match found & (CODED | HIGH) {
        0 => Text::ascii(raw),
        HIGH => Text::from_bytes(raw),
        // One section and nothing else.
        _ => match scan::section(raw) {
            Some((content, [])) if raw.starts_with(b"<") => Text::from_bytes(content),
            _ => Text::xml(raw),
        },
    };
    if found & SOLID != 0 || (ends && flags & FRESH != 0 && found & SPACE != 0) {
        return Ok(Step::Text);
    }
    if ends {
        end(reader)
    } else {
        open(reader, leaves)
    }
}

/// The name of the element begun last, without prefix.
pub(crate) fn name<'a>(reader: &Reader<'a>) -> &'a [u8] {
    let at = reader.bytes.get(reader.literal as usize..).unwrap_or(&[]);
    scan::local(scan::name(at))
}

/// The end of the element opened last.
fn close(reader: &mut Reader<'_>) -> Step {
    reader.literal = 0;
    let depth = reader.cursor.depth.wrapping_sub(1);
    reader.cursor.depth = depth;
    reader.cursor.flags = if depth == 0 { OVER } else { 0 };
    Step::End
}

/// The end of the element opened last by its tag, which comes next.
fn end(reader: &mut Reader<'_>) -> Result<Step, Failed> {
    end_tag(reader, reader.cursor.depth)?;
    Ok(close(reader))
}

/// The start of an element, or with `leaves` all of it, if it has nothing but one text of ASCII.
fn open(reader: &mut Reader<'_>, leaves: bool) -> Result<Step, Failed> {
    let depth = reader.cursor.depth;
    let at = reader.cursor.offset.wrapping_add(1);
    reader.cursor.flags = FRESH;
    let name = start_tag(reader, depth)?;
    reader.literal = at;
    reader.cursor.depth = depth.wrapping_add(1);
    let vocabulary = reader.document.vocabulary;
    let tag = match Tag::from_name(vocabulary, name) {
        Some(tag) => tag,
        None => {
            let local = local(reader, at, at.wrapping_sub(1))?;
            Tag::from_name(vocabulary, local).unwrap_or(Tag::UNKNOWN)
        }
    };
    reader.tag = tag;
    if peek(reader) == b'>' {
        pass(reader, 1);
    } else {
        attributes(reader)?;
    }
    if tag == tag::DATA && vocabulary == Vocabulary::SyncMl {
        reader.cursor.flags |= DATA;
    }
    if leaves && reader.cursor.flags & EMPTY == 0 && plain_text(reader) {
        end(reader)?;
        return Ok(Step::Leaf);
    }
    Ok(Step::Start)
}

/// Passes over text of ASCII, if there is nothing else up to an end tag; gives whether that is so.
fn plain_text(reader: &mut Reader<'_>) -> bool {
    let rest = hot_rest(reader);
    let (len, high) = scan::plain_len(rest);
    match rest.split_at_checked(len) {
        Some((text, [b'<', b'/', ..])) if !high => {
            reader.text = Text::ascii(text);
            pass(reader, len);
            true
        }
        _ => false,
    }
}

/// Whether an end tag comes next.
#[inline(never)]
fn ends(reader: &Reader<'_>) -> bool {
    rest(reader).starts_with(b"</")
}

/// `<` and a name, whose place is noted for the end tag; gives the name.
fn start_tag<'a>(reader: &mut Reader<'a>, depth: u8) -> Result<&'a [u8], Failed> {
    let Some(place) = reader.names.get_mut(usize::from(depth)) else {
        return Err(reader.fail(ErrorKind::Depth));
    };
    let at = reader.cursor.offset.wrapping_add(1);
    *place = at as u16;
    reader.outside = reader.outside.min(depth);
    let from = reader.bytes.get(at as usize..).unwrap_or(&[]);
    let name = scan::name(from);
    reader.cursor.offset = at;
    pass(reader, name.len());
    Ok(name)
}

/// Passes over the attributes and the end of a start tag.
fn attributes(reader: &mut Reader<'_>) -> Result<(), Failed> {
    accept(reader, METINF);
    while attribute(reader, &mut [0; 3])? {}
    Ok(())
}

/// The end tag of the element open at `depth`, which comes next.
fn end_tag(reader: &mut Reader<'_>, depth: u8) -> Result<(), Failed> {
    let at = (reader.cursor.offset as usize).wrapping_add(2);
    let name = scan::name(reader.bytes.get(at..).unwrap_or(&[]));
    if depth > reader.outside && !is_open(reader, depth, name) {
        return Err(reader.fail(ErrorKind::Nesting));
    }
    pass(reader, name.len().wrapping_add(2));
    if peek(reader) != b'>' {
        space(reader);
        return expect_octet(reader, b'>');
    }
    pass(reader, 1);
    Ok(())
}

/// Whether `name` is that of the element open at `depth`, or the document ends in it.
///
/// Of the place of that the low 16 bits are known, so in a document longer than 64 KiB the name is
/// looked for at each place with these bits, the nearest first.
fn is_open(reader: &Reader<'_>, depth: u8, name: &[u8]) -> bool {
    let index = usize::from(depth).wrapping_sub(1);
    let low = reader.names.get(index).copied().unwrap_or(0);
    let offset = reader.cursor.offset;
    let back = (offset as u16).wrapping_sub(low);
    let mut start = offset.checked_sub(back.into());
    while let Some(at) = start {
        let there = reader.bytes.get(at as usize..).unwrap_or(&[]);
        if let Some([octet, ..]) = there.strip_prefix(name) {
            let end = (offset as usize).wrapping_add(name.len()).wrapping_add(2);
            if !scan::in_name(*octet) || end >= reader.bytes.len() {
                return true;
            }
        }
        start = at.checked_sub(0x1_0000);
    }
    false
}

/// The next attribute of the start tag read last that is no name space declaration.
pub(crate) fn next_attribute<'a>(reader: &mut Reader<'a>) -> Result<Option<Attribute<'a>>, Failed> {
    let (cursor, literal) = (reader.cursor, reader.literal);
    let bytes = reader.bytes;
    reader.cursor.offset = literal;
    let at = bytes.get(literal as usize..).unwrap_or(&[]);
    pass(reader, scan::name(at).len());
    let mut places = [0; 3];
    let mut found = None;
    while literal != 0 && attribute(reader, &mut places)? {
        let places = places.map(|place| place as usize);
        let [begin, end, value] = places;
        let name = bytes.get(begin..end).unwrap_or(&[]);
        if name != b"xmlns" && !name.starts_with(b"xmlns:") {
            let to = (reader.cursor.offset as usize).wrapping_sub(1);
            let raw = bytes.get(value..to).unwrap_or(&[]);
            let value = if raw.contains(&b'&') {
                Text::xml(raw)
            } else {
                Text::from_bytes(raw)
            };
            found = Some(Attribute::new(scan::local(name), value));
            break;
        }
    }
    reader.literal = reader.cursor.offset;
    reader.cursor = cursor;
    Ok(found)
}

/// The next attribute of a start tag, or the end of the tag. `places` gets the begin and the end of
/// its name and the begin of its value, which ends one octet in front of the reader.
fn attribute(reader: &mut Reader<'_>, places: &mut [u32; 3]) -> Result<bool, Failed> {
    let spaced = space(reader);
    let next = peek(reader);
    if next == b'>' || next == b'/' {
        if next == b'/' {
            reader.cursor.flags |= EMPTY;
            pass(reader, 1);
        }
        expect_octet(reader, b'>')?;
        return Ok(false);
    }
    // An attribute needs white space in front.
    if !spaced {
        return Err(wrong(reader));
    }
    let begin = reader.cursor.offset;
    pass_name(reader)?;
    let end = reader.cursor.offset;
    let quote = quote(reader)?;
    *places = [begin, end, reader.cursor.offset];
    loop {
        let rest = rest(reader);
        let ends = |octet: &u8| *octet == quote || matches!(octet, b'<' | b'&');
        pass(reader, rest.iter().position(ends).unwrap_or(rest.len()));
        match peek(reader) {
            b'&' => reference(reader)?,
            octet if octet == quote => break,
            _ => return Err(wrong(reader)),
        }
    }
    legal(reader, begin)?;
    pass(reader, 1);
    Ok(true)
}

/// Behind the root element only white space, comments and instructions may follow.
fn epilog(reader: &mut Reader<'_>) -> Result<Step, Failed> {
    between(reader)?;
    match rest(reader) {
        [] => Ok(Step::Done),
        _ => Err(reader.fail(ErrorKind::Trailing)),
    }
}

/// In character content there is something else than white space standing for itself.
const SOLID: u8 = 1;
/// There is more than characters standing for themselves.
const CODED: u8 = 2;
/// There is white space standing for itself.
const SPACE: u8 = 8;
/// There are other characters than those of ASCII.
const HIGH: u8 = 4;

/// Passes over character content, references, sections, comments and instructions; gives what it
/// found.
fn content(reader: &mut Reader<'_>) -> Result<u8, Failed> {
    let from = reader.cursor.offset;
    let mut found = 0;
    loop {
        if space(reader) {
            found |= SPACE;
        }
        let (len, high) = scan::plain_len(hot_rest(reader));
        if len != 0 {
            found |= if high { SOLID | HIGH } else { SOLID };
            pass(reader, len);
            continue;
        }
        match rest(reader) {
            [b'<', b'!' | b'?', ..] => {
                found |= match special(reader)? {
                    true => CODED | SOLID,
                    false => CODED,
                };
            }
            [b'<', ..] => break,
            [b'&', ..] => {
                reference(reader)?;
                found |= CODED | SOLID;
            }
            [b'>', ..] if !ends_section(reader) => {
                found |= SOLID;
                pass(reader, 1);
            }
            _ => return Err(wrong(reader)),
        }
    }
    if found & HIGH != 0 {
        legal(reader, from)?;
    }
    Ok(found)
}

/// Whether the `>` that comes next is the end of a section where there is none.
fn ends_section(reader: &Reader<'_>) -> bool {
    since(reader, reader.cursor.offset.wrapping_sub(2)) == b"]]"
}

/// Passes over elements inside `Data` up to its end tag.
fn verbatim(reader: &mut Reader<'_>) -> Result<(), Failed> {
    let outside = reader.cursor.depth;
    let mut depth = outside;
    loop {
        if ends(reader) {
            if depth == outside {
                return Ok(());
            }
            end_tag(reader, depth)?;
            depth = depth.wrapping_sub(1);
        } else {
            let at = reader.cursor.offset;
            start_tag(reader, depth)?;
            local(reader, at.wrapping_add(1), at)?;
            attributes(reader)?;
            if reader.cursor.flags & EMPTY == 0 {
                depth = depth.wrapping_add(1);
            }
            reader.cursor.flags &= !EMPTY;
        }
        content(reader)?;
    }
}
