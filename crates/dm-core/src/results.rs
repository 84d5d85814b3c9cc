//! Values on their way into a message and out of one: the Meta they go with and how their octets are written.

use base64ct::{Base64, Encoding as _};
use dm_tree::{Format, Outcome, Output, Progress, Reason, Sink};
use dm_wbxml::{Encoding, Meta, Text, Writer, tag};
use heapless::Vec;

/// How the octets of a value stand in a message (`REP-C-030`, `TREE-C-068`).
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Coding {
    /// As they are.
    Text,
    /// As base64 text: whatever is binary in XML, and what is base64 by nature in WBXML.
    Base64,
    /// As OPAQUE, for which the length has to be known before.
    Opaque,
    /// Markup that goes as it is.
    #[cfg_attr(
        not(feature = "tnds"),
        expect(dead_code, reason = "only serialised trees are markup")
    )]
    Markup,
}

impl Coding {
    pub(crate) fn of(format: Format, encoding: Encoding) -> Self {
        match (format, encoding) {
            (Format::Bin, Encoding::Wbxml) => Self::Opaque,
            (Format::Bin | Format::B64, _) => Self::Base64,
            _ => Self::Text,
        }
    }

    /// Begins what is coded so; `length` is that of OPAQUE.
    fn begin(self, writer: &mut Writer<'_>, length: usize) {
        match self {
            Self::Opaque => writer.begin_opaque(length),
            Self::Markup => writer.begin_markup(),
            _ => writer.begin_text(),
        }
    }

    fn end(self, writer: &mut Writer<'_>) {
        match self {
            Self::Opaque => writer.end_opaque(),
            Self::Markup => writer.end_markup(),
            _ => writer.end_text(),
        }
    }
}

/// Meta of a value; what is the default (chr, text/plain) is left out (`REP-C-029`, `TREE-C-062`).
pub(crate) fn meta(format: Format, encoding: Encoding, mime: &[u8]) -> Meta<'_> {
    let format = match format {
        Format::Chr => None,
        Format::Bin if encoding == Encoding::Xml => Some(Format::B64.name()),
        other => Some(other.name()),
    };
    Meta {
        format: format.map(Text::from),
        mime: Some(Text::from_bytes(mime)).filter(|_| !mime.is_empty() && mime != b"text/plain"),
        ..Meta::default()
    }
}

/// Offers a value to the sink it is given.
pub(crate) type Read<'r> = dyn FnMut(&mut Sink<'_>) -> Outcome + 'r;

/// Writes one Data element; `read` offers the value to the sink it is given.
pub(crate) fn value(writer: &mut Writer<'_>, coding: Coding, read: &mut Read<'_>) -> Outcome {
    writer.start(tag::DATA);
    let mut length = 0;
    if coding == Coding::Opaque {
        let mut count = Sink::counting();
        if read(&mut count)? != Progress::Done {
            return Ok(Progress::NotYet);
        }
        length = usize::try_from(count.count()).unwrap_or(usize::MAX);
    }
    coding.begin(writer, length);
    let mut out = Content {
        writer,
        coding,
        room: usize::MAX,
        has_nul: false,
        group: Vec::new(),
    };
    let outcome = read(&mut Sink::new(&mut out))?;
    out.flush();
    let has_nul = out.has_nul;
    coding.end(writer);
    writer.end(tag::DATA);
    // A text with NUL has no form in either encoding.
    if has_nul {
        return Err(Reason::Value);
    }
    Ok(outcome)
}

struct Content<'w, 'b> {
    writer: &'w mut Writer<'b>,
    coding: Coding,
    /// Octets of the value that may still be written, in the form they are written in.
    room: usize,
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
    /// Takes all, or what there is room for. What does not fit the message is counted by the writer, and the message is
    /// then taken back as a whole.
    fn put(&mut self, bytes: &[u8]) -> usize {
        let fits = self.fitting(bytes);
        let bytes = bytes.get(..fits).unwrap_or_default();
        match self.coding {
            Coding::Opaque => self.writer.put_opaque(bytes),
            Coding::Markup => self.writer.put_markup(bytes),
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
        fits
    }
}

impl Content<'_, '_> {
    /// How many of `bytes` there is room for; texts are cut between characters only, base64 between groups.
    fn fitting(&mut self, bytes: &[u8]) -> usize {
        if self.room == usize::MAX {
            return bytes.len();
        }
        let mut open = self.group.len();
        for (at, byte) in bytes.iter().enumerate() {
            // What it takes, and the room there must be to begin with it: the rest of a character or group that was
            // begun always goes with it.
            let (cost, needed) = match self.coding {
                Coding::Opaque => (1, 1),
                Coding::Markup if !is_continuation(*byte) => (1, 4),
                Coding::Base64 if open == 0 => (4, 4),
                Coding::Base64 => (0, 0),
                Coding::Text | Coding::Markup if is_continuation(*byte) => (1, 0),
                _ => (text_cost(*byte), text_cost(*byte).max(4)),
            };
            if self.room < needed {
                self.room = 0;
                return at;
            }
            self.room = self.room.saturating_sub(cost);
            open = open.saturating_add(1) % 3;
        }
        bytes.len()
    }
}

/// Octets that an octet of a text takes at most in either encoding.
const fn text_cost(byte: u8) -> usize {
    match byte {
        b'&' | b'<' | b'>' | b'"' | b'\'' => 6,
        b'\r' | b'\n' | b'\t' => 5,
        _ => 1,
    }
}

const fn is_continuation(byte: u8) -> bool {
    byte & 0xC0 == 0x80
}

/// A part of a value that is sent in several messages.
#[cfg(feature = "large-object")]
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct Part {
    /// Where the next part begins, in octets of the value.
    pub(crate) reached: u32,
    /// The value ends with this part.
    pub(crate) is_last: bool,
}

/// Octets that `octets` of a value take in a message, which is what Size tells (protocol chapter 5.1).
pub(crate) fn carried(octets: u32, coding: Coding) -> u32 {
    match coding {
        Coding::Base64 => octets.div_ceil(3).saturating_mul(4),
        _ => octets,
    }
}

/// Writes the part of a value that begins at `offset` and takes up to `room` octets; `None`: the handler needs time.
///
/// # Errors
/// Those of `read`; [`Reason::Value`] when the value is not `total` octets long, as it was when it was begun.
#[cfg(feature = "large-object")]
pub(crate) fn part(
    writer: &mut Writer<'_>,
    coding: Coding,
    (offset, total, room): (u32, u32, usize),
    read: &mut Read<'_>,
) -> Result<Option<Part>, Reason> {
    writer.start(tag::DATA);
    let rest = usize::try_from(total.saturating_sub(offset)).unwrap_or(usize::MAX);
    coding.begin(writer, rest.min(room));
    let mut out = Content {
        writer,
        coding,
        room,
        has_nul: false,
        group: Vec::new(),
    };
    let mut sink = Sink::resume(&mut out, offset);
    let outcome = read(&mut sink)?;
    let (reached, is_full) = (sink.reached(), sink.is_full());
    out.flush();
    if out.has_nul {
        return Err(Reason::Value);
    }
    coding.end(writer);
    writer.end(tag::DATA);
    if outcome != Progress::Done {
        return Ok(None);
    }
    let is_last = reached == total;
    if is_last == is_full || reached > total {
        return Err(Reason::Value);
    }
    Ok(Some(Part { reached, is_last }))
}
