//! Elements and character content.

use super::scan::{self, Fault, Name};
use crate::limits::MAX_DEPTH;
use crate::reader::{ATTRIBUTES, DATA, EMPTY, FAILED, FRESH, Failed, OVER, Reader, Step};
use crate::text::is_space;
use crate::{Attribute, ErrorKind, Tag, Text, Vocabulary, tag};

/// The next event.
pub(crate) fn step<'a>(reader: &mut Reader<'a>) -> Result<Step, Failed> {
    if reader.cursor.flags & FAILED != 0 {
        return Err(Failed);
    }
    try_step(reader).map_err(|fault| fail(reader, fault))
}

/// Bits of a note on a start tag that hold the length of its name; longer ones are measured again.
const LEN: u32 = 15;

/// The name in the start tag of the element that is open at `depth`, if it has been read: from the
/// name on, and how long it is.
fn opened<'a>(reader: &Reader<'a>, depth: u8) -> Option<(&'a [u8], usize)> {
    let note = *reader.names.get(usize::from(depth.wrapping_sub(1)))?;
    let at = reader
        .bytes
        .get((note >> 4) as usize..)
        .filter(|_| note != 0)?;
    let len = note & LEN;
    Some((
        at,
        if len == LEN {
            scan::name(at).whole.len()
        } else {
            len as usize
        },
    ))
}

/// The name of the element begun last, without prefix.
pub(crate) fn name<'a>(reader: &Reader<'a>) -> &'a [u8] {
    opened(reader, reader.cursor.depth).map_or(&[], |(at, _)| scan::name(at).local)
}

fn try_step<'a>(reader: &mut Reader<'a>) -> Result<Step, Fault<'a>> {
    finish(reader)?;
    if reader.cursor.flags & EMPTY != 0 {
        return Ok(close(reader));
    }
    let rest = rest(reader);
    if reader.cursor.depth == 0 {
        if reader.cursor.flags & OVER == 0 {
            return open(reader, rest);
        }
        return epilog(reader, rest);
    }
    let run = match rest {
        [b'<', next, ..] if !matches!(next, b'!' | b'?') => Run::nothing(rest),
        _ => content(rest)?,
    };
    let markup = run.rest;
    let opens = !matches!(markup, [b'<', b'/', ..]);
    if opens && reader.cursor.flags & DATA != 0 {
        let end = verbatim(reader, markup)?;
        move_to(reader, end);
        reader.text = Text::from_bytes(between(rest, end));
        return Ok(Step::Text);
    }
    let is_text = run.some && (!run.blank || (!opens && reader.cursor.flags & FRESH != 0));
    move_to(reader, markup);
    if is_text {
        let raw = between(rest, markup);
        reader.text = match run.coded {
            false => Text::from_bytes(raw),
            true => one_section(raw).map_or(Text::xml(raw), Text::from_bytes),
        };
        return Ok(Step::Text);
    }
    if opens {
        return open(reader, markup);
    }
    let behind = end_tag(reader, reader.cursor.depth, markup)?;
    move_to(reader, behind);
    Ok(close(reader))
}

/// What has not been read.
fn rest<'a>(reader: &Reader<'a>) -> &'a [u8] {
    reader
        .bytes
        .get(reader.cursor.offset as usize..)
        .unwrap_or(&[])
}

/// Where in the document the tail `rest` begins.
fn offset(reader: &Reader<'_>, rest: &[u8]) -> u32 {
    reader.bytes.len().saturating_sub(rest.len()) as u32
}

fn move_to(reader: &mut Reader<'_>, rest: &[u8]) {
    reader.cursor.offset = offset(reader, rest);
}

/// What `from` has in front of its tail `to`.
fn between<'a>(from: &'a [u8], to: &[u8]) -> &'a [u8] {
    from.get(..from.len().saturating_sub(to.len()))
        .unwrap_or(&[])
}

/// The content of a section, when there is nothing else.
fn one_section(raw: &[u8]) -> Option<&[u8]> {
    let inner = raw.strip_prefix(b"<![CDATA[")?.strip_suffix(b"]]>")?;
    (!inner.windows(3).any(|window| window == b"]]>")).then_some(inner)
}

/// The end of the element opened last.
fn close(reader: &mut Reader<'_>) -> Step {
    let cursor = &mut reader.cursor;
    cursor.depth = cursor.depth.saturating_sub(1);
    cursor.flags = if cursor.depth == 0 { OVER } else { 0 };
    Step::End
}

/// A start tag up to its attributes.
fn open<'a>(reader: &mut Reader<'a>, markup: &'a [u8]) -> Result<Step, Fault<'a>> {
    let name = start_tag(reader, reader.cursor.depth, markup)?;
    let vocabulary = reader.document.vocabulary;
    let tag = Tag::from_name(vocabulary, name.local).unwrap_or(Tag::UNKNOWN);
    reader.cursor.depth = reader.cursor.depth.wrapping_add(1);
    reader.cursor.flags = FRESH | ATTRIBUTES;
    if tag == tag::DATA && vocabulary == Vocabulary::SyncMl {
        reader.cursor.flags |= DATA;
    }
    move_to(reader, name.rest);
    reader.tag = tag;
    Ok(Step::Start)
}

/// `<` and a name, which is noted for the end tag.
fn start_tag<'a>(
    reader: &mut Reader<'a>,
    depth: u8,
    markup: &'a [u8],
) -> Result<Name<'a>, Fault<'a>> {
    if usize::from(depth) >= MAX_DEPTH {
        return Err(Fault(markup, ErrorKind::Depth));
    }
    let (_, at_name) = markup
        .split_first()
        .ok_or(Fault(markup, ErrorKind::UnexpectedEnd))?;
    let name = scan::name(at_name);
    match name.rest.first() {
        None => return Err(Fault(name.rest, ErrorKind::UnexpectedEnd)),
        Some(_) if name.whole.is_empty() => return Err(Fault(markup, ErrorKind::Syntax)),
        Some(octet) if !is_space(*octet) && !matches!(octet, b'>' | b'/') => {
            return Err(Fault(name.rest, ErrorKind::Syntax));
        }
        Some(_) => {}
    }
    if name.high {
        utf8(name.whole, at_name)?;
    }
    let len = u32::try_from(name.whole.len()).unwrap_or(LEN).min(LEN);
    let note = offset(reader, at_name) << 4 | len;
    if let Some(slot) = reader.names.get_mut(usize::from(depth)) {
        *slot = note;
    }
    Ok(name)
}

/// An end tag, whose name must be that of the element open at `depth`.
fn end_tag<'a>(reader: &Reader<'a>, depth: u8, markup: &'a [u8]) -> Result<&'a [u8], Fault<'a>> {
    let at_name = markup.get(2..).unwrap_or(&[]);
    let rest = match opened(reader, depth) {
        Some((start, len)) => {
            let same = start.get(..len).and_then(|name| at_name.strip_prefix(name));
            let cut = at_name.len() < len && start.starts_with(at_name);
            match same {
                Some(rest) => rest,
                None if cut => return Err(Fault(&[], ErrorKind::UnexpectedEnd)),
                None => return Err(Fault(markup, ErrorKind::Nesting)),
            }
        }
        None => scan::name(at_name).rest,
    };
    match rest {
        [b'>', behind @ ..] => Ok(behind),
        [octet, ..] if scan::in_name(*octet) => Err(Fault(markup, ErrorKind::Nesting)),
        _ => match scan::skip_space(rest) {
            [b'>', behind @ ..] => Ok(behind),
            [] => Err(Fault(&[], ErrorKind::UnexpectedEnd)),
            other => Err(Fault(other, ErrorKind::Syntax)),
        },
    }
}

/// Passes over the attributes of the start tag read last, and its end.
fn finish<'a>(reader: &mut Reader<'a>) -> Result<(), Fault<'a>> {
    if reader.cursor.flags & ATTRIBUTES == 0 {
        return Ok(());
    }
    let (behind, empty) = attributes(rest(reader))?;
    move_to(reader, behind);
    reader.cursor.flags &= !ATTRIBUTES;
    if empty {
        reader.cursor.flags |= EMPTY;
    }
    Ok(())
}

/// The next attribute of the start tag read last that is no name space declaration.
pub(crate) fn next_attribute<'a>(reader: &mut Reader<'a>) -> Result<Option<Attribute<'a>>, Failed> {
    let mut next = || {
        loop {
            if reader.cursor.flags & ATTRIBUTES == 0 {
                return Ok(None);
            }
            let rest = rest(reader);
            let at = scan::skip_space(rest);
            if at.len() == rest.len() || !at.first().is_some_and(|octet| scan::starts_name(*octet))
            {
                finish(reader)?;
                return Ok(None);
            }
            let raw = attribute(at)?;
            move_to(reader, raw.rest);
            if raw.name != b"xmlns" && !raw.name.starts_with(b"xmlns:") {
                let value = if raw.value.contains(&b'&') {
                    Text::xml(raw.value)
                } else {
                    Text::from_bytes(raw.value)
                };
                return Ok(Some(Attribute::new(scan::name(raw.name).local, value)));
            }
        }
    };
    next().map_err(|fault| fail(reader, fault))
}

/// Notes a fault.
#[cold]
fn fail(reader: &mut Reader<'_>, Fault(rest, kind): Fault<'_>) -> Failed {
    reader.fail_at(reader.bytes.len().saturating_sub(rest.len()), kind)
}

/// Passes over attributes up to the end of the tag: what is behind it, and whether it is an
/// empty-element tag.
fn attributes(mut rest: &[u8]) -> Result<(&[u8], bool), Fault<'_>> {
    loop {
        let spaced = scan::skip_space(rest);
        match spaced {
            [b'>', behind @ ..] => return Ok((behind, false)),
            [b'/', b'>', behind @ ..] => return Ok((behind, true)),
            [] | [b'/'] => return Err(Fault(&[], ErrorKind::UnexpectedEnd)),
            // An attribute needs white space in front.
            _ if spaced.len() == rest.len() => return Err(Fault(rest, ErrorKind::Syntax)),
            _ => rest = attribute(spaced)?.rest,
        }
    }
}

/// An attribute as it stands.
pub(crate) struct RawAttribute<'a> {
    pub(crate) name: &'a [u8],
    pub(crate) value: &'a [u8],
    /// What is behind it.
    pub(crate) rest: &'a [u8],
}

/// One attribute.
pub(crate) fn attribute(at: &[u8]) -> Result<RawAttribute<'_>, Fault<'_>> {
    let name = scan::name(at);
    let rest = scan::skip_space(name.rest);
    let [b'=', rest @ ..] = rest else {
        let kind = if rest.is_empty() {
            ErrorKind::UnexpectedEnd
        } else {
            ErrorKind::Syntax
        };
        return Err(Fault(rest, kind));
    };
    let rest = scan::skip_space(rest);
    let (quote, from) = match rest {
        [quote @ (b'"' | b'\''), from @ ..] if !name.whole.is_empty() => (*quote, from),
        [] => return Err(Fault(rest, ErrorKind::UnexpectedEnd)),
        _ => return Err(Fault(rest, ErrorKind::Syntax)),
    };
    if name.high {
        utf8(name.whole, at)?;
    }
    let mut value = from;
    loop {
        value = match value {
            [] => return Err(Fault(value, ErrorKind::UnexpectedEnd)),
            [octet, behind @ ..] if *octet == quote => {
                let raw = between(from, value);
                legal(raw, from)?;
                return Ok(RawAttribute {
                    name: name.whole,
                    value: raw,
                    rest: behind,
                });
            }
            [b'<', ..] => return Err(Fault(value, ErrorKind::Syntax)),
            [b'&', ..] => scan::reference(value)?.1,
            [_, behind @ ..] => behind,
        };
    }
}

/// Behind the root element only white space, comments and instructions may follow.
fn epilog<'a>(reader: &mut Reader<'a>, mut rest: &'a [u8]) -> Result<Step, Fault<'a>> {
    loop {
        rest = scan::skip_space(rest);
        rest = match rest {
            [] => {
                move_to(reader, rest);
                return Ok(Step::Done);
            }
            [b'<', b'?', ..] => scan::instruction(rest)?,
            [b'<', b'!', ..] => scan::comment(rest)?,
            _ => return Err(Fault(rest, ErrorKind::Trailing)),
        };
    }
}

/// Character content up to a tag.
struct Run<'a> {
    /// From the tag on.
    rest: &'a [u8],
    /// There is more than characters standing for themselves.
    coded: bool,
    /// There is at least one character.
    some: bool,
    /// There is nothing but white space standing for itself.
    blank: bool,
}

impl<'a> Run<'a> {
    fn nothing(rest: &'a [u8]) -> Self {
        Self {
            rest,
            coded: false,
            some: false,
            blank: true,
        }
    }
}

/// Reads character content, references, sections, comments and instructions.
fn content(from: &[u8]) -> Result<Run<'_>, Fault<'_>> {
    let mut run = Run::nothing(from);
    let mut high = 0;
    loop {
        let len = scan::plain_len(run.rest, &mut high);
        if len > 0 {
            let (plain, behind) = run.rest.split_at_checked(len).unwrap_or((run.rest, &[]));
            run.some = true;
            run.blank = run.blank && plain.iter().all(|octet| *octet == b' ');
            run.rest = behind;
        }
        let at = run.rest;
        run.rest = match at {
            [] => return Err(Fault(at, ErrorKind::UnexpectedEnd)),
            [b'<', b'!' | b'?', ..] => {
                run.coded = true;
                let behind = match at {
                    [_, b'?', ..] => scan::instruction(at)?,
                    [_, _, b'-', ..] => scan::comment(at)?,
                    _ => {
                        let behind = scan::cdata(at)?;
                        if between(at, behind).len() > b"<![CDATA[]]>".len() {
                            run.some = true;
                            run.blank = false;
                        }
                        behind
                    }
                };
                high |= plain_controls(between(at, behind), at)?;
                behind
            }
            [b'<', ..] => break,
            [b'&', ..] => {
                run.coded = true;
                run.some = true;
                run.blank = false;
                scan::reference(at)?.1
            }
            [b'>', behind @ ..] => {
                if between(from, at).ends_with(b"]]") {
                    return Err(Fault(at, ErrorKind::Syntax));
                }
                run.some = true;
                run.blank = false;
                behind
            }
            [octet, behind @ ..] => {
                if !is_space(*octet) {
                    return Err(Fault(at, ErrorKind::Character));
                }
                run.some = true;
                behind
            }
        };
    }
    if high & 0x80 != 0 {
        utf8(between(from, run.rest), from)?;
    }
    Ok(run)
}

/// Refuses control characters in `octets`, which is the front of `at`; gives all bits set in any
/// octet.
fn plain_controls<'a>(octets: &[u8], at: &'a [u8]) -> Result<u8, Fault<'a>> {
    let mut seen = 0;
    for (index, octet) in octets.iter().enumerate() {
        if *octet < 0x20 && !is_space(*octet) {
            return Err(Fault(at.get(index..).unwrap_or(&[]), ErrorKind::Character));
        }
        seen |= *octet;
    }
    Ok(seen)
}

/// Refuses what is no UTF-8 of XML characters in `octets`, which is the front of `at`.
fn utf8<'a>(octets: &[u8], at: &'a [u8]) -> Result<(), Fault<'a>> {
    match core::str::from_utf8(octets) {
        Ok(text) if text.chars().all(scan::is_xml_char) => Ok(()),
        Ok(_) => Err(Fault(at, ErrorKind::Character)),
        Err(error) => Err(Fault(
            at.get(error.valid_up_to()..).unwrap_or(&[]),
            ErrorKind::Utf8,
        )),
    }
}

/// [`plain_controls`] and [`utf8`].
pub(crate) fn legal<'a>(octets: &[u8], at: &'a [u8]) -> Result<(), Fault<'a>> {
    if plain_controls(octets, at)? & 0x80 != 0 {
        utf8(octets, at)?;
    }
    Ok(())
}

/// Passes over elements inside `Data` up to its end tag.
fn verbatim<'a>(reader: &mut Reader<'a>, markup: &'a [u8]) -> Result<&'a [u8], Fault<'a>> {
    let outside = reader.cursor.depth;
    let mut depth = outside;
    let mut at = markup;
    loop {
        let behind = if matches!(at, [b'<', b'/', ..]) {
            if depth == outside {
                return Ok(at);
            }
            let behind = end_tag(reader, depth, at)?;
            depth = depth.wrapping_sub(1);
            behind
        } else {
            let name = start_tag(reader, depth, at)?;
            let (behind, empty) = attributes(name.rest)?;
            if !empty {
                depth = depth.wrapping_add(1);
            }
            behind
        };
        at = content(behind)?.rest;
    }
}
