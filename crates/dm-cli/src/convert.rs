//! `dm convert`: any DM document in the other encoding.

mod coding;
mod layout;
mod walk;

use core::fmt;
use std::ffi::OsString;

use dm_wbxml::{Encoding, Error, Reader, Vocabulary, Writer};
use lexopt::prelude::*;

use crate::console::{self, Input, Output};
use crate::failure::Failure;
use walk::Walk;

pub(crate) const VERB: crate::Verb = crate::Verb {
    name: "convert",
    summary: "convert a DM document between XML and WBXML",
    help: HELP,
    run,
};

const HELP: &str = "\
usage: dm convert --to xml|wbxml [--pretty] [-o OUT] FILE

Reads a SyncML message, a device description or a serialised tree (TNDS) and writes it in the encoding that --to names.
What FILE is shows its first octet; `-` is standard input. Converting to the encoding it has already normalises it.

  --to xml|wbxml   encoding to write
  --pretty         XML: one element a line, indented; content of Data stays as it is
  -o, --out OUT    write to OUT instead of standard output

Nothing is lost:
  - octets in Data that XML cannot carry become Base64 with the Meta Format b64 (a Size counts the characters then);
    they stay Base64 on the way back, which means the same
  - markup inside Data stays its text, escaped
  - an element that the other encoding has no name or number for is refused, with its offset
Attributes other than name space declarations, comments and processing instructions have no meaning in DM and go away.
Each chunk of a large binary object is coded for itself.
";

fn run(parser: &mut lexopt::Parser) -> Result<(), Failure> {
    let (mut to, mut pretty, mut out, mut file) = (None, false, Output::Standard, None::<OsString>);
    while let Some(argument) = parser.next()? {
        match argument {
            Long("to") => to = Some(encoding(&parser.value()?)?),
            Long("pretty") => pretty = true,
            Short('o') | Long("out") => out = Output::File(parser.value()?),
            Short('h') | Long("help") => return Err(Failure::Help),
            Value(name) if file.is_none() => file = Some(name),
            _ => return Err(argument.unexpected().into()),
        }
    }
    let to = to.ok_or_else(|| Failure::usage("--to xml or --to wbxml is missing"))?;
    let file = file.ok_or_else(|| Failure::usage("no file is given (`-` is standard input)"))?;
    if to == Encoding::Wbxml && matches!(out, Output::Standard) && console::is_terminal() {
        return Err(Failure::usage(
            "WBXML is not for a terminal: name a file with -o",
        ));
    }
    let input = Input::read(&file)?;
    let mut document = convert(&input.bytes, to, pretty)
        .map_err(|why| Failure::failed(format!("{}: {why}", input.name)))?;
    if to == Encoding::Xml {
        document.push(b'\n');
    }
    out.write(&document)
}

fn encoding(name: &OsString) -> Result<Encoding, Failure> {
    match name.to_str() {
        Some("xml") => Ok(Encoding::Xml),
        Some("wbxml") => Ok(Encoding::Wbxml),
        _ => Err(Failure::usage(format!(
            "--to takes xml or wbxml, not {name:?}"
        ))),
    }
}

/// Why a document cannot be converted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Refusal {
    /// Octets from the start of the document.
    pub(crate) offset: u32,
    pub(crate) what: String,
}

impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} at octet {}", self.what, self.offset)
    }
}

impl From<Error> for Refusal {
    fn from(error: Error) -> Self {
        Self {
            offset: error.offset,
            what: error.kind.to_string(),
        }
    }
}

/// The document in `bytes`, of either encoding, in the encoding `to`. `pretty` is for XML.
pub(crate) fn convert(bytes: &[u8], to: Encoding, pretty: bool) -> Result<Vec<u8>, Refusal> {
    let reader = Reader::new(bytes, Encoding::detect(bytes))?;
    let vocabulary = reader.document().vocabulary();
    if vocabulary == Vocabulary::Provisioning {
        let what = "client provisioning, which is all attributes, is not converted".to_owned();
        return Err(Refusal { offset: 0, what });
    }
    let mut counting = Writer::counting(to);
    Walk::new(reader.clone(), &mut counting, pretty).run()?;
    let mut document = vec![0; counting.position()];
    let mut writer = Writer::new(&mut document, to);
    Walk::new(reader, &mut writer, pretty).run()?;
    if to == Encoding::Wbxml {
        name_vocabulary(&mut document, vocabulary);
    }
    Ok(document)
}

/// What a WBXML document begins with, as the writer writes it: the header of SyncML messages.
const SYNCML_HEADER: [u8; 5] = [0x02, 0xA4, 0x01, 0x6A, 0x00];

/// Makes the header that of another vocabulary (representation, section 5.1).
fn name_vocabulary(document: &mut Vec<u8>, vocabulary: Vocabulary) {
    let header: &[u8] = match vocabulary {
        // No number is assigned to it, so its name is the string table.
        Vocabulary::Ddf => b"\x02\x00\x00\x6A\x1B-//OMA//DTD-DM-DDF 1.2//EN\0",
        Vocabulary::DevInf => &[0x02, 0xA4, 0x03, 0x6A, 0x00],
        _ => return,
    };
    document.splice(..SYNCML_HEADER.len(), header.iter().copied());
}

/// A message as XML for people.
pub(crate) fn pretty(bytes: &[u8]) -> Result<String, Refusal> {
    let xml = convert(bytes, Encoding::Xml, true)?;
    Ok(String::from_utf8_lossy(&xml).into_owned())
}

#[cfg(test)]
mod tests;
