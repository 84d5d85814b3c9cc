//! What stands in front of the root element: declaration, comments, instructions, document type.

use super::lexer::{accept, expect_octet, find, legal, pass, peek, rest, space, special, wrong};
use super::reader::{self, between};
use crate::reader::{Failed, Reader};
use crate::text::is_space;
use crate::{Cursor, Document, Encoding, Error, ErrorKind, Tag, Vocabulary};

/// Reads up to the root element, whose name tells the vocabulary.
pub(crate) fn open(bytes: &[u8]) -> Result<Document, Error> {
    let mut document = Document {
        body: 0,
        table: 0,
        table_len: 0,
        encoding: Encoding::Xml,
        vocabulary: Vocabulary::SyncMl,
        space: 0,
        version: 0,
    };
    let mut reader = Reader::at(bytes, &document, Cursor::default());
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
    Ok(document)
}

/// Up to the root element.
fn root(reader: &mut Reader<'_>) -> Result<(), Failed> {
    accept(reader, b"\xEF\xBB\xBF");
    if let [b'<', b'?', b'x', b'm', b'l', octet, ..] = rest(reader)
        && is_space(*octet)
    {
        let from = reader.cursor.offset;
        find(reader, b"?>")?;
        let end = reader.cursor.offset;
        reader.cursor.offset = from;
        encoding(reader, end)?;
        reader.cursor.offset = end;
    }
    between(reader)?;
    if accept(reader, b"<!DOCTYPE") {
        document_type(reader)?;
        between(reader)?;
    }
    match peek(reader) {
        b'<' => legal(reader, 0),
        _ => Err(wrong(reader)),
    }
}

/// The encoding a declaration, which ends at `end`, names must be one whose octets are UTF-8.
fn encoding(reader: &mut Reader<'_>, end: u32) -> Result<(), Failed> {
    while !accept(reader, b"encoding") {
        pass(reader, 1);
        if reader.cursor.offset >= end {
            return Ok(());
        }
    }
    space(reader);
    expect_octet(reader, b'=')?;
    space(reader);
    let quote = peek(reader);
    if !matches!(quote, b'"' | b'\'') {
        return Err(wrong(reader));
    }
    let at = reader.cursor.offset as usize;
    pass(reader, 1);
    for known in ENCODINGS {
        if let Some((name, [behind, ..])) = rest(reader).split_at_checked(known.len())
            && *behind == quote
            && name.eq_ignore_ascii_case(known)
        {
            return Ok(());
        }
    }
    Err(reader.fail_at(at, ErrorKind::Charset))
}

/// Encodings whose octets are UTF-8.
static ENCODINGS: [&[u8]; 4] = [b"utf-8", b"utf8", b"us-ascii", b"ascii"];

/// Passes over a document type up to its end. Declarations of entities in it are refused, all others
/// are ignored.
fn document_type(reader: &mut Reader<'_>) -> Result<(), Failed> {
    let mut subset = false;
    loop {
        let octet = match rest(reader) {
            [b'<', b'!', b'-', ..] | [b'<', b'?', ..] => {
                special(reader)?;
                continue;
            }
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
