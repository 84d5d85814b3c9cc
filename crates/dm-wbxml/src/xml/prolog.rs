//! What stands in front of the root element: declaration, comments, instructions, document type.

use super::lexer::{
    accept, aside, between, find, is, legal, pass, quote, rest, since, space, wrong,
};
use super::{reader, scan};
use crate::reader::{Failed, Reader};
use crate::{Cursor, Document, Encoding, Error, ErrorKind, Tag, Vocabulary};

/// Reads up to the root element, whose name tells the vocabulary.
pub(crate) fn open(bytes: &[u8], document: &mut Document) -> Result<(), Error> {
    document.encoding = Encoding::Xml;
    let mut reader = Reader::at(bytes, document, Cursor::default());
    if let Err(Failed) = root(&mut reader) {
        return Err(reader.error());
    }
    document.body = reader.cursor.offset;
    reader.literal = document.body.wrapping_add(1);
    let name = reader::name(&reader);
    let known = [
        Vocabulary::SyncMl,
        Vocabulary::Ddf,
        Vocabulary::Provisioning,
        Vocabulary::DevInf,
    ];
    for vocabulary in known {
        if Tag::from_name(vocabulary, name).is_some() {
            document.vocabulary = vocabulary;
            document.space = vocabulary.space();
            break;
        }
    }
    Ok(())
}

/// Up to the root element.
fn root(reader: &mut Reader<'_>) -> Result<(), Failed> {
    accept(reader, b"\xEF\xBB\xBF");
    let from = reader.cursor.offset;
    if accept(reader, b"<?xml") && space(reader) {
        find(reader, b"?>")?;
        encoding(reader, from)?;
    } else {
        reader.cursor.offset = from;
    }
    between(reader)?;
    if accept(reader, b"<!DOCTYPE") {
        document_type(reader)?;
        between(reader)?;
    }
    match rest(reader) {
        [b'<', ..] => legal(reader, 0),
        _ => Err(wrong(reader)),
    }
}

/// The encoding that the declaration from `from` to here names must be one whose octets are UTF-8.
fn encoding(reader: &mut Reader<'_>, from: u32) -> Result<(), Failed> {
    let end = reader.cursor.offset;
    let Some(behind) = scan::behind(since(reader, from), b"encoding") else {
        return Ok(());
    };
    reader.cursor.offset = end.wrapping_sub(behind.len() as u32);
    let quote = quote(reader)?;
    let at = reader.cursor.offset;
    let value = rest(reader).split(|octet| *octet == quote).next();
    if !ENCODINGS
        .iter()
        .any(|known| is(value.unwrap_or(&[]), known))
    {
        return Err(reader.fail_at((at as usize).wrapping_sub(1), ErrorKind::Charset));
    }
    reader.cursor.offset = end;
    Ok(())
}

/// Encodings whose octets are UTF-8.
static ENCODINGS: [&[u8]; 4] = [b"utf-8", b"utf8", b"us-ascii", b"ascii"];

/// Passes over a document type up to its end. Declarations of entities in it are refused, all others
/// are ignored.
fn document_type(reader: &mut Reader<'_>) -> Result<(), Failed> {
    let mut subset = false;
    loop {
        if aside(reader)? {
            continue;
        }
        let octet = match rest(reader) {
            // ENTITY. An external parameter entity could declare anything.
            [b'<', b'!', b'E', b'N', ..] | [b'%', ..] if subset => {
                return Err(reader.fail(ErrorKind::Entity));
            }
            [octet, ..] if *octet != b'<' || subset => *octet,
            _ => return Err(wrong(reader)),
        };
        pass(reader, 1);
        match octet {
            b'"' | b'\'' => find(reader, &[octet])?,
            b'[' | b']' => subset = octet == b'[',
            b'>' if !subset => return Ok(()),
            _ => {}
        }
    }
}
