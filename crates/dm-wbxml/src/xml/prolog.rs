//! What stands in front of the root element: declaration, comments, instructions, document type.

use super::lexer::{
    accept, aside, between, expect_octet, find, is, legal, pass, peek, quote, since, space, wrong,
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
    reader.literal = reader.cursor.offset;
    document.body = reader.literal.wrapping_sub(1);
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

/// Up to the name of the root element.
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
    expect_octet(reader, b'<')?;
    legal(reader, 0)
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
    find(reader, &[quote])?;
    reader.cursor.offset = reader.cursor.offset.wrapping_sub(1);
    let value = since(reader, at);
    if !ENCODINGS.iter().any(|known| is(value, known)) {
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
        let from = reader.cursor.offset;
        // ENTITY. An external parameter entity could declare anything.
        if subset && (accept(reader, b"%") || accept(reader, b"<!EN")) {
            return Err(reader.fail_at(from as usize, ErrorKind::Entity));
        }
        let octet = peek(reader);
        if octet == 0 || (octet == b'<' && !subset) {
            return Err(wrong(reader));
        }
        pass(reader, 1);
        match octet {
            b'"' | b'\'' => find(reader, &[octet])?,
            b'[' | b']' => subset = octet == b'[',
            b'>' if !subset => return Ok(()),
            _ => {}
        }
    }
}
