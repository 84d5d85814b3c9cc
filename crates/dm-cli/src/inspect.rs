//! `dm inspect`: a WBXML document token by token.

mod header;
mod names;
mod octets;
mod sheet;
mod walk;

use std::ffi::OsString;

use dm_wbxml::{Encoding, Error, Event, Reader};
use lexopt::prelude::*;

use crate::console::{self, Input};
use crate::failure::Failure;
use crate::hex;
use octets::{Fault, Octets};
use sheet::Sheet;
use walk::Extent;

pub(crate) const VERB: crate::Verb = crate::Verb {
    name: "inspect",
    summary: "show a WBXML document token by token",
    help: HELP,
    run,
};

const HELP: &str = "\
usage: dm inspect [--hex] [--full] FILE

Lists every token of a WBXML document: where it stands (in octets, also in hexadecimal), its octets, and what they mean.
Names come from the tables of SyncML, MetInf, device descriptions and TNDS, DevInf and client provisioning. `-` is
standard input.

  --hex    FILE is hex text: digits, with white space, commas, 0x, offsets and text columns of dumps left out
  --full   long strings and OPAQUE are not cut short

  <Meta>         an element with content; END </Meta> closes it
  <Final/>       an element without content
  <parm .../>    attributes follow, up to their END
  STR_T 4: \"x\"   the string at octet 4 of the string table
  !!             what is wrong

A WBXML document in OPAQUE is listed in its place. The exit status is 1 when something is wrong. A broken document is
listed up to the place where it cannot be read on; a wrong reference or character is named, and the list goes on. What
is well formed but refused by the codec all the same, such as a foreign character set, is told in the last line.
";

fn run(parser: &mut lexopt::Parser) -> Result<(), Failure> {
    let (mut hex, mut full, mut file) = (false, false, None::<OsString>);
    while let Some(argument) = parser.next()? {
        match argument {
            Long("hex") => hex = true,
            Long("full") => full = true,
            Short('h') | Long("help") => return Err(Failure::Help),
            Value(name) if file.is_none() => file = Some(name),
            _ => return Err(argument.unexpected().into()),
        }
    }
    let file = file.ok_or_else(|| Failure::usage("no file is given (`-` is standard input)"))?;
    let mut input = Input::read(&file)?;
    if hex {
        input = hex::decode(input)?;
    }
    if let Some(other) = other_form(&input.bytes, hex) {
        return Err(Failure::failed(format!("{}: {other}", input.name)));
    }
    let inspection = Inspection::of(&input.bytes);
    console::print(&inspection.text(&input.bytes, full))?;
    inspection.verdict(&input.name)
}

/// What the octets are when they are no WBXML.
fn other_form(bytes: &[u8], hex: bool) -> Option<&'static str> {
    if Encoding::detect(bytes) == Encoding::Xml {
        return Some("this is XML (dm convert --to wbxml gives WBXML)");
    }
    let is_hex = |octet: &u8| octet.is_ascii_hexdigit() || octet.is_ascii_whitespace();
    let first = bytes.first()?;
    (!hex && first.is_ascii_digit() && bytes.iter().take(16).all(is_hex))
        .then_some("this is hex text (--hex reads it)")
}

/// What was found in a document.
struct Inspection {
    sheet: Sheet,
    extent: Extent,
    octets: usize,
    /// Why the codec refuses a document that is well formed.
    refusal: Option<Error>,
}

impl Inspection {
    fn of(bytes: &[u8]) -> Self {
        let mut sheet = Sheet::default();
        let extent = walk::document(Octets::new(bytes, 0), &mut sheet);
        let refusal = match sheet.faults() {
            [] => read(bytes).err(),
            _ => None,
        };
        Self {
            sheet,
            extent,
            octets: bytes.len(),
            refusal,
        }
    }

    /// The listing, and how much there is.
    fn text(&self, bytes: &[u8], full: bool) -> String {
        let mut text = self.sheet.text(bytes, full);
        let (faults, Extent { elements, depth }) = (self.sheet.faults(), self.extent);
        if faults.is_empty() {
            let octets = walk::count(self.octets, "octet");
            let elements = walk::count(elements, "element");
            text.push_str(&format!("\n{octets}, {elements}, at most {depth} open"));
            if let Some(why) = self.refusal {
                text.push_str(&format!("; refused by the codec: {why}"));
            }
            text.push('\n');
        }
        text
    }

    fn verdict(&self, name: &str) -> Result<(), Failure> {
        let [Fault { offset, what }, more @ ..] = self.sheet.faults() else {
            return Ok(());
        };
        let more = match more.len() {
            0 => String::new(),
            count => format!(" (and {count} more)"),
        };
        Err(Failure::failed(format!(
            "{name}: {what} at octet {offset}{more}"
        )))
    }
}

/// Reads a document as the codec does.
fn read(bytes: &[u8]) -> Result<(), Error> {
    let mut reader = Reader::new(bytes, Encoding::Wbxml)?;
    while !matches!(reader.next()?, Event::Done) {}
    Ok(())
}

#[cfg(test)]
mod tests;
