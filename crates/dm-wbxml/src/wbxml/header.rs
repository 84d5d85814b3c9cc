//! The header in front of the body. Representation, section 5.1.

use super::string::until_nul;
use crate::{Document, Encoding, Error, ErrorKind, Vocabulary, mbint};

const UTF_8: u32 = 106;
const US_ASCII: u32 = 3;
/// Not stated; taken as UTF-8.
const UNKNOWN: u32 = 0;

/// Reads the header.
pub(crate) fn open(bytes: &[u8], document: &mut Document) -> Result<(), Error> {
    let mut at = 0;
    read(bytes, &mut at, document).map_err(|kind| Error {
        offset: at as u32,
        kind: match kind {
            ErrorKind::Overflow => mbint::fault(bytes, at),
            kind => kind,
        },
    })
}

/// Reads the header; a fault is where `at` is then.
#[inline(never)]
fn read(bytes: &[u8], at: &mut usize, document: &mut Document) -> Result<(), ErrorKind> {
    let version = *bytes.first().ok_or(ErrorKind::UnexpectedEnd)?;
    if version > 0x0F {
        return Err(ErrorKind::Version);
    }
    *at = 1;
    let public_id = mbint::read(bytes, at).ok_or(ErrorKind::Overflow)?;
    let name = match public_id {
        0 => mbint::read(bytes, at).ok_or(ErrorKind::Overflow)?,
        _ => 0,
    };
    let mut before = *at;
    let mut number = mbint::read(bytes, at).ok_or(ErrorKind::Overflow)?;
    // Version 1.0 has no character set field.
    if version > 0 {
        if !matches!(number, UTF_8 | US_ASCII | UNKNOWN) {
            *at = before;
            return Err(ErrorKind::Charset);
        }
        before = *at;
        number = mbint::read(bytes, at).ok_or(ErrorKind::Overflow)?;
    }
    let table = *at;
    let end = table.wrapping_add(number as usize);
    // Neither is above 32 bits, and the length of a document is far below.
    let Some(text) = bytes.get(table..end) else {
        *at = before;
        return Err(ErrorKind::StringTable);
    };
    *at = 1;
    let vocabulary = match public_id {
        0 => named(entry(text, name).ok_or(ErrorKind::StringTable)?),
        // The unknown one stands for SyncML.
        0x01 | 0x0FD1 | 0x0FD3 | 0x1201 | 0x1202 => Vocabulary::SyncMl,
        0x0FD2 | 0x0FD4 | 0x1203 => Vocabulary::DevInf,
        0x0B => Vocabulary::Provisioning,
        _ => return Err(ErrorKind::PublicId),
    };
    *document = Document {
        body: end as u32,
        table: table as u32,
        table_len: number,
        encoding: Encoding::Wbxml,
        vocabulary,
        space: vocabulary.space(),
        version,
    };
    Ok(())
}

/// The string at `index` of the table, up to its NUL or the end of the table.
#[inline(never)]
pub(crate) fn entry(table: &[u8], index: u32) -> Option<&[u8]> {
    let rest = table.get(index as usize..)?;
    // An index at the very end would be an entry without any octet of its own.
    if rest.is_empty() {
        return None;
    }
    Some(until_nul(rest).unwrap_or(rest))
}

/// The vocabulary of a formal public identifier, by six octets of it.
#[inline(never)]
fn named(identifier: &[u8]) -> Vocabulary {
    for part in identifier.windows(6) {
        for (octets, vocabulary) in &NAMED {
            if part == octets {
                return *vocabulary;
            }
        }
    }
    Vocabulary::SyncMl
}

static NAMED: [([u8; 6], Vocabulary); 3] = [
    (*b"DM-DDF", Vocabulary::Ddf),
    (*b"DevInf", Vocabulary::DevInf),
    (*b"D PROV", Vocabulary::Provisioning),
];
