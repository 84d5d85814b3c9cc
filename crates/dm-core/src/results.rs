//! Values on their way into a message and out of one: the Meta they go with and how their octets are written.

use dm_tree::{Format, Outcome, Output, Progress, Reason, Sink};
use dm_wbxml::{Encoding, Meta, Text, Writer, tag};

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
}

/// Meta of a value; what is the default (chr, text/plain, for which `mime` is empty) is left out (`REP-C-029`,
/// `TREE-C-062`).
#[inline(never)]
pub(crate) fn meta(format: Format, encoding: Encoding, mime: &[u8]) -> Meta<'_> {
    let named = match (format, encoding) {
        (Format::Bin, Encoding::Xml) => Format::B64,
        _ => format,
    };
    Meta {
        format: (format != Format::Chr).then(|| Text::from(named.name())),
        mime: (!mime.is_empty()).then(|| Text::from_bytes(mime)),
        ..Meta::default()
    }
}

/// Offers a value to the sink it is given.
pub(crate) type Read<'r> = dyn FnMut(&mut Sink<'_>) -> Outcome + 'r;

/// What of a value is written, and what came of it.
pub(crate) struct Span {
    pub(crate) coding: Coding,
    /// Octets of the value; of one that is written whole they are known afterwards.
    pub(crate) total: u32,
    /// Octets that were sent before; afterwards those that are sent now, too.
    #[cfg(feature = "large-object")]
    pub(crate) reached: u32,
    /// Octets that it may take in the message.
    #[cfg(feature = "large-object")]
    pub(crate) room: usize,
}

impl Span {
    /// All of it, whatever room there is.
    pub(crate) const fn whole(coding: Coding) -> Self {
        Self {
            coding,
            total: 0,
            #[cfg(feature = "large-object")]
            reached: 0,
            #[cfg(feature = "large-object")]
            room: usize::MAX,
        }
    }

    /// Length of the OPAQUE, which stands in front of it.
    fn length(&self) -> usize {
        #[cfg(feature = "large-object")]
        if self.room != usize::MAX {
            return octets(self.total.saturating_sub(self.reached)).min(self.room);
        }
        octets(self.total)
    }
}

pub(crate) fn octets(count: u32) -> usize {
    usize::try_from(count).unwrap_or(usize::MAX)
}

/// Writes one Data element; `read` offers the value to the sink it is given.
///
/// # Errors
/// Those of `read`; [`Reason::Value`] for a text with NUL, which has no form in either encoding, and for a value in parts
/// that is not as long as it was when it was begun.
#[inline(never)]
pub(crate) fn value(writer: &mut Writer<'_>, span: &mut Span, read: &mut Read<'_>) -> Outcome {
    writer.start(tag::DATA);
    match span.coding {
        Coding::Opaque => {
            if is_whole(span) {
                let mut count = Sink::counting();
                let counted = read(&mut count);
                if counted != Ok(Progress::Done) {
                    return counted;
                }
                span.total = count.count();
            }
            writer.begin_opaque(span.length());
        }
        Coding::Markup => writer.begin_markup(),
        _ => writer.begin_text(),
    }
    let mut out = Content {
        writer,
        coding: span.coding,
        has_nul: false,
        #[cfg(feature = "large-object")]
        room: span.room,
        #[cfg(feature = "large-object")]
        open: 0,
    };
    #[cfg(feature = "large-object")]
    let mut sink = Sink::resume(&mut out, span.reached);
    #[cfg(not(feature = "large-object"))]
    let mut sink = Sink::new(&mut out);
    let outcome = read(&mut sink);
    outcome?;
    let count = sink.count();
    #[cfg(feature = "large-object")]
    let (reached, is_full) = (sink.reached(), sink.is_full());
    let has_nul = out.has_nul;
    match span.coding {
        Coding::Opaque => {}
        Coding::Markup => writer.end_markup(),
        coding => {
            if coding == Coding::Base64 {
                writer.end_base64();
            }
            writer.end_text();
        }
    }
    writer.end(tag::DATA);
    #[cfg(feature = "large-object")]
    {
        span.reached = reached;
        let is_last = reached == span.total;
        if !is_whole(span)
            && outcome == Ok(Progress::Done)
            && (is_last == is_full || reached > span.total)
        {
            return Err(Reason::Value);
        }
    }
    if is_whole(span) {
        span.total = count;
    }
    if has_nul {
        return Err(Reason::Value);
    }
    outcome
}

/// Whether it is not one of several parts.
const fn is_whole(span: &Span) -> bool {
    #[cfg(feature = "large-object")]
    return span.room == usize::MAX;
    #[cfg(not(feature = "large-object"))]
    {
        let _ = span;
        true
    }
}

struct Content<'w, 'b> {
    writer: &'w mut Writer<'b>,
    coding: Coding,
    has_nul: bool,
    /// Octets of the value that may still be written, in the form they are written in.
    #[cfg(feature = "large-object")]
    room: usize,
    /// Octets of a character of three, or of a group of base64, that is not whole.
    #[cfg(feature = "large-object")]
    open: u8,
}

impl Output for Content<'_, '_> {
    /// Takes all, or what there is room for. What does not fit the message is counted by the writer, and the message is
    /// then taken back as a whole.
    fn put(&mut self, bytes: &[u8]) -> usize {
        #[cfg(feature = "large-object")]
        let bytes = bytes.get(..self.fitting(bytes)).unwrap_or_default();
        match self.coding {
            Coding::Base64 => self.writer.put_base64(bytes),
            Coding::Text => {
                for byte in bytes {
                    self.has_nul |= *byte == 0;
                }
                self.writer.put_text(bytes);
            }
            // As they are; OPAQUE is for WBXML only.
            Coding::Opaque | Coding::Markup => self.writer.put_markup(bytes),
        }
        bytes.len()
    }
}

#[cfg(feature = "large-object")]
impl Content<'_, '_> {
    /// How many of `bytes` there is room for; texts are cut between characters only, base64 between groups.
    fn fitting(&mut self, bytes: &[u8]) -> usize {
        if self.room == usize::MAX {
            return bytes.len();
        }
        for (at, byte) in bytes.iter().enumerate() {
            // What it takes, and the room there must be to begin with it: the rest of a character or group that was
            // begun always goes with it.
            let (cost, needed) = match self.coding {
                Coding::Opaque => (1, 1),
                Coding::Markup if !is_continuation(*byte) => (1, 4),
                Coding::Base64 if self.open == 0 => (4, 4),
                Coding::Base64 => (0, 0),
                Coding::Text | Coding::Markup if is_continuation(*byte) => (1, 0),
                _ => (text_cost(*byte), text_cost(*byte).max(4)),
            };
            if self.room < needed {
                self.room = 0;
                return at;
            }
            self.room = self.room.saturating_sub(cost);
            self.open = self.open.wrapping_add(1) % 3;
        }
        bytes.len()
    }
}

/// Octets that an octet of a text takes at most in either encoding.
#[cfg(feature = "large-object")]
const fn text_cost(byte: u8) -> usize {
    match byte {
        b'&' | b'<' | b'>' | b'"' | b'\'' => 6,
        b'\r' | b'\n' | b'\t' => 5,
        _ => 1,
    }
}

#[cfg(feature = "large-object")]
const fn is_continuation(byte: u8) -> bool {
    byte & 0xC0 == 0x80
}

/// Octets that `octets` of a value take in a message, which is what Size tells (protocol chapter 5.1).
#[inline(never)]
pub(crate) fn carried(octets: u32, coding: Coding) -> u32 {
    match coding {
        Coding::Base64 => octets.div_ceil(3).saturating_mul(4),
        _ => octets,
    }
}
