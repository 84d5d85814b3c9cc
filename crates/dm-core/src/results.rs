//! Values on their way into a message: the Meta they go with and how their octets are written.

use dm_tree::{Format, Outcome, Output, Progress, Reason, Sink};
use dm_wbxml::{Encoding, Meta, Text, Writer};

/// Meta of a value; what is the default (chr, text/plain) is left out (`REP-C-029`, `TREE-C-062`).
///
/// Binary values go as base64 in XML and raw in WBXML (`REP-C-030`, `TREE-C-068`).
pub(crate) fn meta(format: Format, encoding: Encoding, mime: Text<'_>) -> Meta<'_> {
    let format = match (format, encoding) {
        (Format::Chr, _) => None,
        (Format::Bin, Encoding::Xml) => Some(Format::B64.name()),
        (other, _) => Some(other.name()),
    };
    Meta {
        format: format.map(Text::from),
        mime: Some(mime).filter(|mime| !mime.is_empty() && !mime.is(b"text/plain")),
        ..Meta::default()
    }
}

/// Writes the content of one Data element; `read` offers the value to the sink it is given.
///
/// A binary value is read twice: OPAQUE begins with the length.
pub(crate) fn value(
    writer: &mut Writer<'_>,
    format: Format,
    read: &mut dyn FnMut(&mut Sink<'_>) -> Outcome,
) -> Outcome {
    let binary = format == Format::Bin;
    if binary {
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
        binary,
        has_nul: false,
    };
    let outcome = read(&mut Sink::new(&mut out))?;
    let has_nul = out.has_nul;
    if binary {
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
    binary: bool,
    has_nul: bool,
}

impl Output for Content<'_, '_> {
    fn put(&mut self, bytes: &[u8]) -> usize {
        if self.binary {
            self.writer.put_opaque(bytes);
        } else {
            self.has_nul |= bytes.contains(&0);
            self.writer.put_text(bytes);
        }
        // The writer counts what does not fit; the message is taken back as a whole then.
        bytes.len()
    }
}
