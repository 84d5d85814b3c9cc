//! The header: version, public identifier, character set, string table. Representation, section 5.1.

use dm_wbxml::Vocabulary;

use super::names;
use super::octets::{Fault, Octets};
use super::sheet::{Sheet, quoted};

const US_ASCII: u32 = 3;
const LATIN_1: u32 = 4;
const UTF_8: u32 = 106;

/// What the header says.
#[derive(Clone, Copy, Debug)]
pub(super) struct Header<'a> {
    /// The tables that give elements names; `None`: there are none for this document type.
    pub(super) vocabulary: Option<Vocabulary>,
    charset: u32,
    table: &'a [u8],
}

impl<'a> Header<'a> {
    /// Reads the header and lists it.
    pub(super) fn read(
        octets: &mut Octets<'a>,
        sheet: &mut Sheet,
        depth: usize,
    ) -> Result<Self, Fault> {
        octets.begin();
        let version = octets.octet("the header")?;
        if version > 0x0F {
            return Err(octets.fault(format!(
                "version octet {version:02X}: the WBXML major version is not 1"
            )));
        }
        let row = |sheet: &mut Sheet, octets: &Octets<'a>, meaning: String| {
            sheet.row(octets.token(), octets.at(), depth, meaning);
        };
        row(sheet, octets, format!("WBXML 1.{version}"));
        octets.begin();
        let identifier = octets.token();
        let number = octets.number("the public identifier")?;
        let index = match number {
            0 => Some(octets.number("the public identifier")?),
            _ => None,
        };
        row(
            sheet,
            octets,
            match (index, names::document_type(number)) {
                (Some(index), _) => format!("public identifier: string table {index}"),
                (None, Some((name, _))) => format!("public identifier 0x{number:02X}: {name}"),
                (None, None) => format!("public identifier 0x{number:02X} (in no table)"),
            },
        );
        let charset = if version == 0 {
            sheet.remark(depth, "no character set: WBXML 1.0 has no such field");
            UTF_8
        } else {
            octets.begin();
            let charset = octets.number("the character set")?;
            row(
                sheet,
                octets,
                format!("character set {charset}: {}", charset_name(charset)),
            );
            charset
        };
        let table = string_table(octets, sheet, depth, charset)?;
        let mut header = Self {
            vocabulary: names::document_type(number).and_then(|(_, vocabulary)| vocabulary),
            charset,
            table,
        };
        if let Some(index) = index {
            let name = header.entry(index);
            let vocabulary = names::vocabulary(name.unwrap_or_default());
            header.vocabulary = Some(vocabulary);
            if let Some(name) = name {
                let (name, about) = (header.string(name), names::about(vocabulary));
                sheet.remark(depth, format!("document type {name}: {about}"));
            } else {
                let (offset, what) = (identifier, header.outside("public identifier", index));
                sheet.fault(Fault { offset, what }, offset, depth);
            }
        }
        Ok(header)
    }

    /// The string at `index` of the string table: up to its NUL, or to the end of the table.
    pub(super) fn entry(&self, index: u32) -> Option<&'a [u8]> {
        let rest = self.table.get(usize::try_from(index).ok()?..)?;
        // At the very end there is no entry.
        rest.first()?;
        rest.split(|octet| *octet == 0).next()
    }

    /// What is wrong with a reference to the string table.
    pub(super) fn outside(&self, what: &str, index: u32) -> String {
        let len = self.table.len();
        format!("{what} {index} is outside the string table ({len} octets)")
    }

    /// Whether there is a string table.
    pub(super) const fn has_table(&self) -> bool {
        !self.table.is_empty()
    }

    /// A string of the document in quotes, and what is odd about it.
    pub(super) fn string(&self, octets: &[u8]) -> String {
        string(self.charset, octets)
    }

    /// Whether `bytes` are a document of a type that is known, rather than octets that look a little like it.
    pub(super) fn is_at(bytes: &'a [u8]) -> bool {
        let (mut octets, mut sheet) = (Octets::new(bytes, 0), Sheet::default());
        let Ok(header) = Self::read(&mut octets, &mut sheet, 0) else {
            return false;
        };
        let is_stated = matches!(bytes, [1..=3, ..]) && matches!(header.charset, UTF_8 | US_ASCII);
        let is_named = match bytes.get(1) {
            Some(0) => header.table.windows(3).any(|begin| begin == b"-//"),
            Some(1) => header.charset == UTF_8,
            _ => header.vocabulary.is_some(),
        };
        is_stated && is_named && sheet.faults().is_empty() && octets.next().is_some()
    }
}

fn string(charset: u32, octets: &[u8]) -> String {
    if charset == LATIN_1 {
        let text: String = octets.iter().copied().map(char::from).collect();
        return quoted(text.as_bytes());
    }
    let text = quoted(octets);
    match core::str::from_utf8(octets) {
        Ok(_) => text,
        Err(_) => text + " (not UTF-8)",
    }
}

const fn charset_name(charset: u32) -> &'static str {
    match charset {
        0 => "unknown, taken as UTF-8",
        US_ASCII => "US-ASCII",
        LATIN_1 => "ISO-8859-1",
        UTF_8 => "UTF-8",
        _ => "not known here, taken as UTF-8",
    }
}

/// Length and entries of the string table.
fn string_table<'a>(
    octets: &mut Octets<'a>,
    sheet: &mut Sheet,
    depth: usize,
    charset: u32,
) -> Result<&'a [u8], Fault> {
    octets.begin();
    let len = octets.number("the string table length")?;
    let meaning = match len {
        0 => "no string table".to_owned(),
        _ => format!("string table of {len} octets"),
    };
    sheet.row(octets.token(), octets.at(), depth, meaning);
    octets.begin();
    let table = octets.take(len, "a string table")?;
    let depth = depth.saturating_add(1);
    let (mut at, mut index) = (octets.token(), 0_usize);
    for entry in table.split_inclusive(|octet| *octet == 0) {
        let end = at.saturating_add(entry.len());
        let meaning = match entry.strip_suffix(&[0]) {
            Some(text) => format!("{index}: {}", string(charset, text)),
            None => format!(
                "{index}: {}, ended by the end of the table",
                string(charset, entry)
            ),
        };
        sheet.row(at, end, depth, meaning);
        index = index.saturating_add(entry.len());
        at = end;
    }
    Ok(table)
}
