//! The header in front of the body. Representation, section 5.1.

use crate::{Document, Encoding, Error, ErrorKind, Vocabulary, mbint};

const UTF_8: u32 = 106;
const US_ASCII: u32 = 3;
/// Not stated; taken as UTF-8.
const UNKNOWN: u32 = 0;

/// Reads the header.
pub(crate) fn open(bytes: &[u8]) -> Result<Document, Error> {
    let version = *bytes
        .first()
        .ok_or_else(|| fail(0, ErrorKind::UnexpectedEnd))?;
    if version > 0x0F {
        return Err(fail(0, ErrorKind::Version));
    }
    let (public_id, at) = number(bytes, 1)?;
    let (name, at) = if public_id == 0 {
        number(bytes, at)?
    } else {
        (0, at)
    };
    // Version 1.0 has no character set field.
    let charset_at = at;
    let (charset, at) = if version == 0 {
        (UTF_8, at)
    } else {
        number(bytes, at)?
    };
    if !matches!(charset, UTF_8 | US_ASCII | UNKNOWN) {
        return Err(fail(charset_at, ErrorKind::Charset));
    }
    let (table_len, table) = number(bytes, at)?;
    let rest = bytes.get(table..).unwrap_or(&[]);
    let Some((text, _)) = rest.split_at_checked(table_len as usize) else {
        return Err(fail(at, ErrorKind::StringTable));
    };
    let vocabulary = match public_id {
        0 => named(entry(text, name).ok_or_else(|| fail(1, ErrorKind::StringTable))?),
        0x01 | 0x0FD1 | 0x0FD3 | 0x1201 | 0x1202 => Vocabulary::SyncMl,
        0x0FD2 | 0x0FD4 | 0x1203 => Vocabulary::DevInf,
        0x0B => Vocabulary::Provisioning,
        _ => return Err(fail(1, ErrorKind::PublicId)),
    };
    Ok(Document {
        body: table.wrapping_add(text.len()) as u32,
        table: table as u32,
        table_len,
        encoding: Encoding::Wbxml,
        vocabulary,
        space: vocabulary.space(),
        version,
    })
}

#[cold]
fn fail(offset: usize, kind: ErrorKind) -> Error {
    Error {
        offset: offset as u32,
        kind,
    }
}

/// A multi-byte integer and the place behind it.
fn number(bytes: &[u8], at: usize) -> Result<(u32, usize), Error> {
    mbint::read(bytes, at).map_err(|overflow| match overflow {
        true => fail(at, ErrorKind::Overflow),
        false => fail(bytes.len(), ErrorKind::UnexpectedEnd),
    })
}

/// The string at `index` of the table, up to its NUL or the end of the table.
pub(crate) fn entry(table: &[u8], index: u32) -> Option<&[u8]> {
    let rest = table.get(index as usize..)?;
    // An index at the very end would be an entry without any octet of its own.
    if rest.is_empty() {
        return None;
    }
    let len = rest
        .iter()
        .position(|octet| *octet == 0)
        .unwrap_or(rest.len());
    rest.get(..len)
}

/// The vocabulary of a formal public identifier.
fn named(identifier: &[u8]) -> Vocabulary {
    if contains(identifier, b"DM-DDF") {
        Vocabulary::Ddf
    } else if contains(identifier, b"DevInf") {
        Vocabulary::DevInf
    } else if contains(identifier, b"DTD PROV") {
        Vocabulary::Provisioning
    } else {
        Vocabulary::SyncMl
    }
}

fn contains(text: &[u8], part: &[u8]) -> bool {
    (0..text.len()).any(|at| text.get(at..).is_some_and(|rest| rest.starts_with(part)))
}
