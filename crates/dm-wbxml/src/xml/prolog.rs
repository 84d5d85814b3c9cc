//! What stands in front of the root element: declaration, comments, instructions, document type.

use super::{reader, scan, scan::Fault};
use crate::text::is_space;
use crate::{Document, Encoding, Error, ErrorKind, Tag, Vocabulary};

/// Reads up to the root element, whose name tells the vocabulary.
pub(crate) fn open(bytes: &[u8]) -> Result<Document, Error> {
    let body = root(bytes).map_err(|fault| fault.at(bytes))?;
    let behind = bytes.get(body..).unwrap_or(&[]);
    let name = scan::name(behind.get(1..).unwrap_or(&[])).local;
    let named = |vocabulary| Tag::from_name(vocabulary, name);
    let vocabulary = if named(Vocabulary::SyncMl).is_some() {
        Vocabulary::SyncMl
    } else if named(Vocabulary::Ddf).is_some() {
        Vocabulary::Ddf
    } else if named(Vocabulary::Provisioning).is_some() {
        Vocabulary::Provisioning
    } else if named(Vocabulary::DevInf).is_some() {
        Vocabulary::DevInf
    } else {
        Vocabulary::SyncMl
    };
    Ok(Document {
        body: body as u32,
        table: 0,
        table_len: 0,
        encoding: Encoding::Xml,
        vocabulary,
        space: vocabulary.space(),
        version: 0,
    })
}

/// The offset of the root element.
fn root(bytes: &[u8]) -> Result<usize, Fault<'_>> {
    let mut rest = bytes.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(bytes);
    if let Some(declaration) = rest
        .strip_prefix(b"<?xml")
        .filter(|rest| rest.first().is_some_and(|octet| is_space(*octet)))
    {
        rest = scan::behind(declaration, b"?>")?;
        check_encoding(declaration, rest.len())?;
    }
    let mut doctype = false;
    loop {
        rest = scan::skip_space(rest);
        match rest {
            [b'<', b'?', ..] => rest = scan::instruction(rest)?,
            [b'<', b'!', b'-', ..] => rest = scan::comment(rest)?,
            [b'<', b'!', b'D', ..] if !doctype => {
                doctype = true;
                rest = document_type(rest)?;
            }
            [b'<', octet, ..] if scan::starts_name(*octet) => {
                let len = bytes.len().saturating_sub(rest.len());
                reader::legal(bytes.get(..len).unwrap_or(&[]), bytes)?;
                return Ok(len);
            }
            [] => return Err(Fault(rest, ErrorKind::UnexpectedEnd)),
            [b'<'] => return Err(Fault(&[], ErrorKind::UnexpectedEnd)),
            _ => return Err(Fault(rest, ErrorKind::Syntax)),
        }
    }
}

/// The encoding a declaration names must be one whose octets are UTF-8. The declaration ends
/// `behind` octets before the end of the document.
fn check_encoding(declaration: &[u8], behind: usize) -> Result<(), Fault<'_>> {
    let mut rest = declaration;
    while rest.len() > behind {
        if let Some(value) = rest.strip_prefix(b"encoding") {
            let value = scan::skip_space(value);
            let value = scan::skip_space(
                value
                    .strip_prefix(b"=")
                    .ok_or(Fault(value, ErrorKind::Syntax))?,
            );
            let Some((quote @ (b'"' | b'\''), name)) = value.split_first() else {
                return Err(Fault(value, ErrorKind::Syntax));
            };
            let len = name.iter().position(|octet| octet == quote).unwrap_or(0);
            let name = name.get(..len).unwrap_or(&[]);
            if [&b"utf-8"[..], b"utf8", b"us-ascii", b"ascii"]
                .iter()
                .any(|known| name.eq_ignore_ascii_case(known))
            {
                return Ok(());
            }
            return Err(Fault(value, ErrorKind::Charset));
        }
        rest = rest.get(1..).unwrap_or(&[]);
    }
    Ok(())
}

/// Passes over `<!DOCTYPE ...>`. Declarations of entities in it are refused, all others are
/// ignored.
fn document_type(at: &[u8]) -> Result<&[u8], Fault<'_>> {
    let mut rest = at
        .strip_prefix(b"<!DOCTYPE")
        .ok_or(Fault(at, ErrorKind::Syntax))?;
    let mut subset = false;
    loop {
        let Some((octet, behind)) = rest.split_first() else {
            return Err(Fault(rest, ErrorKind::UnexpectedEnd));
        };
        rest = match octet {
            b'"' | b'\'' => scan::behind(behind, core::slice::from_ref(octet))?,
            b'[' if !subset => {
                subset = true;
                behind
            }
            b']' if subset => {
                subset = false;
                behind
            }
            b'>' if !subset => return Ok(behind),
            b'<' if rest.starts_with(b"<!--") => scan::comment(rest)?,
            b'<' if rest.starts_with(b"<?") => scan::instruction(rest)?,
            b'<' if rest.starts_with(b"<!ENTITY") => return Err(Fault(rest, ErrorKind::Entity)),
            // An external parameter entity could declare anything.
            b'%' if subset => return Err(Fault(rest, ErrorKind::Entity)),
            b'<' if !subset => return Err(Fault(rest, ErrorKind::Syntax)),
            _ => behind,
        };
    }
}
