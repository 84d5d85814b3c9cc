//! Values on their way into a message and out of one: the Meta they go with and how their octets are written.

use base64ct::{Base64, Encoding as _};
use dm_tree::{Format, Outcome, Output, Progress, Reason, Sink};
use dm_wbxml::{Encoding, Meta, Text, Writer};
use heapless::Vec;

/// How the octets of a value stand in a message (`REP-C-030`, `TREE-C-068`).
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Coding {
    /// As they are.
    Text,
    /// As base64 text: whatever is binary in XML, and what is base64 by nature in WBXML.
    Base64,
    /// As OPAQUE, for which the length has to be known before.
    Opaque,
}

impl Coding {
    fn of(format: Format, encoding: Encoding) -> Self {
        match (format, encoding) {
            (Format::Bin, Encoding::Wbxml) => Self::Opaque,
            (Format::Bin | Format::B64, _) => Self::Base64,
            _ => Self::Text,
        }
    }
}

/// Meta of a value; what is the default (chr, text/plain) is left out (`REP-C-029`, `TREE-C-062`).
pub(crate) fn meta(format: Format, encoding: Encoding, mime: Text<'_>) -> Meta<'_> {
    let format = match format {
        Format::Chr => None,
        Format::Bin if encoding == Encoding::Xml => Some(Format::B64.name()),
        other => Some(other.name()),
    };
    Meta {
        format: format.map(Text::from),
        mime: Some(mime).filter(|mime| !mime.is_empty() && !mime.is(b"text/plain")),
        ..Meta::default()
    }
}

/// Writes the content of one Data element; `read` offers the value to the sink it is given.
pub(crate) fn value(
    writer: &mut Writer<'_>,
    format: Format,
    encoding: Encoding,
    read: &mut dyn FnMut(&mut Sink<'_>) -> Outcome,
) -> Outcome {
    let coding = Coding::of(format, encoding);
    if coding == Coding::Opaque {
        let mut count = Sink::counting();
        if read(&mut count)? != Progress::Done {
            return Ok(Progress::NotYet);
        }
        writer.begin_opaque(usize::try_from(count.count()).unwrap_or(usize::MAX));
    } else {
        writer.begin_text();
    }
    let mut out = Content {
        writer,
        coding,
        has_nul: false,
        group: Vec::new(),
    };
    let outcome = read(&mut Sink::new(&mut out))?;
    out.flush();
    let has_nul = out.has_nul;
    if coding == Coding::Opaque {
        writer.end_opaque();
    } else {
        writer.end_text();
    }
    // A text with NUL has no form in either encoding.
    if has_nul {
        return Err(Reason::Value);
    }
    Ok(outcome)
}

struct Content<'w, 'b> {
    writer: &'w mut Writer<'b>,
    coding: Coding,
    has_nul: bool,
    /// Octets that do not make a whole group of base64 yet.
    group: Vec<u8, 3>,
}

impl Content<'_, '_> {
    fn flush(&mut self) {
        let mut text = [0; 4];
        if let (false, Ok(text)) = (
            self.group.is_empty(),
            Base64::encode(&self.group, &mut text),
        ) {
            self.writer.put_text(text.as_bytes());
        }
        self.group.clear();
    }
}

impl Output for Content<'_, '_> {
    fn put(&mut self, bytes: &[u8]) -> usize {
        match self.coding {
            Coding::Opaque => self.writer.put_opaque(bytes),
            Coding::Text => {
                self.has_nul |= bytes.contains(&0);
                self.writer.put_text(bytes);
            }
            Coding::Base64 => {
                for byte in bytes {
                    let _ = self.group.push(*byte);
                    if self.group.is_full() {
                        self.flush();
                    }
                }
            }
        }
        // The writer counts what does not fit; the message is taken back as a whole then.
        bytes.len()
    }
}
