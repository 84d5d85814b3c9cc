//! `dm convert`: any DM document in the other encoding.

mod coding;
mod layout;
mod walk;

use core::fmt;
use std::ffi::OsString;

use dm_wbxml::{Encoding, Error, Reader, Writer, literal_names};
use lexopt::prelude::*;

use crate::console::{self, Input, Output};
use crate::failure::Failure;
use crate::hex;
use walk::Walk;

pub(crate) const VERB: crate::Verb = crate::Verb {
    name: "convert",
    summary: "convert a DM document between XML and WBXML",
    help: HELP,
    run,
};

const HELP: &str = "\
usage: dm convert --to xml|wbxml [--pretty] [--hex] [-o OUT] FILE

Reads a SyncML message, a device description, a serialised tree (TNDS) or a client provisioning document, and writes it
in the encoding that --to names. What FILE is shows its first octet; `-` is standard input. Converting to the encoding
it has already normalises it.

  --to xml|wbxml   encoding to write
  --pretty         XML: one element a line, indented; content of Data stays as it is
  --hex            FILE is hex text, as dumps and captures show it
  -o, --out OUT    write to OUT instead of standard output

Nothing is lost:
  - octets in Data, by its Format or because XML cannot carry them, become Base64 with the Format b64 (Size included);
    they stay Base64 on the way back, which means the same
  - markup inside Data stays its text, escaped
  - elements that are in no table keep their names; one of WBXML that has no name either is refused, with its offset
Attributes mean something in client provisioning only. Elsewhere they are left out, as are comments, processing
instructions and extension tokens.
Each chunk of a large binary object is coded for itself.
";

fn run(parser: &mut lexopt::Parser) -> Result<(), Failure> {
    let (mut to, mut pretty, mut hex) = (None, false, false);
    let (mut out, mut file) = (Output::Standard, None::<OsString>);
    while let Some(argument) = parser.next()? {
        match argument {
            Long("to") => to = Some(encoding(&parser.value()?)?),
            Long("pretty") => pretty = true,
            Long("hex") => hex = true,
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
    let mut input = Input::read(&file)?;
    if hex {
        input = hex::decode(input)?;
    }
    let mut document = convert(&input.bytes, to, pretty)
        .map_err(|why| Failure::failed(format!("{}: {why}", input.name)))?;
    if to == Encoding::Xml {
        document.push(b'\n');
    }
    out.write(&document)
}

pub(crate) fn encoding(name: &OsString) -> Result<Encoding, Failure> {
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
    // Each name comes from the document; what is more is room for a public identifier.
    let mut table = vec![0; bytes.len().saturating_add(64)];
    let names = literal_names(&mut reader.clone(), &mut table)?.unwrap_or(0);
    table.truncate(names);
    let mut counting = Writer::counting(to);
    counting.set_string_table(&table);
    Walk::new(reader.clone(), &mut counting, pretty).run()?;
    let mut document = vec![0; counting.position()];
    let mut writer = Writer::new(&mut document, to);
    writer.set_string_table(&table);
    Walk::new(reader, &mut writer, pretty).run()?;
    Ok(document)
}

/// A message as XML for people.
pub(crate) fn pretty(bytes: &[u8]) -> Result<String, Refusal> {
    let xml = convert(bytes, Encoding::Xml, true)?;
    Ok(String::from_utf8_lossy(&xml).into_owned())
}

#[cfg(test)]
mod tests;
