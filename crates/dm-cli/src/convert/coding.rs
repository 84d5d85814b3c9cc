//! Which content XML cannot carry, and what has to be said about it instead.

use dm_wbxml::{Encoding, Error, Event, Reader, Text, tag};

/// What an Item or Cred needs when its Data becomes Base64.
#[derive(Clone, Copy, Default)]
pub(super) struct Coding {
    /// It has a Meta to which the Format is added; else one has to be made.
    pub(super) has_meta: bool,
    /// Octets of the Data.
    pub(super) len: usize,
    /// Its Data is one chunk of several.
    pub(super) is_chunk: bool,
}

impl Coding {
    /// Looks ahead in an Item or Cred whose start was just read; `None`: its Data stays as it is.
    ///
    /// Coded is what XML cannot carry, and what WBXML carries as octets by its Format `bin`; `is_bin` says whether that
    /// is the Format of the command.
    pub(super) fn look(mut reader: Reader<'_>, mut is_bin: bool) -> Result<Option<Self>, Error> {
        let may_be_octets = reader.document().encoding() == Encoding::Wbxml;
        let mut coding = Self::default();
        let mut is_legal_text = true;
        loop {
            match reader.next()? {
                Event::Start(tag::DATA) => {
                    let text = reader.text()?;
                    is_legal_text &= is_legal(&text);
                    coding.len = text.len();
                }
                Event::Start(tag::META) => {
                    coding.has_meta = true;
                    if let Some(format) = format(&mut reader)? {
                        is_bin = format.trimmed().is(b"bin");
                    }
                }
                Event::Start(other) => {
                    coding.is_chunk |= other == tag::MORE_DATA;
                    reader.skip()?;
                }
                Event::Text(_) => {}
                Event::End | Event::Done => break,
            }
        }
        let is_coded = !is_legal_text || (may_be_octets && is_bin && coding.len > 0);
        Ok(is_coded.then_some(coding))
    }

    /// What Size has to say when it said `octets`: it counts the data as carried.
    pub(super) fn size(self, octets: u32) -> u32 {
        let is_total = usize::try_from(octets).is_ok_and(|octets| octets == self.len);
        if is_total || self.is_chunk {
            octets.div_ceil(3).saturating_mul(4)
        } else {
            octets
        }
    }
}

/// The Format that a Meta states, whose start was just read; reads to its end.
fn format<'a>(reader: &mut Reader<'a>) -> Result<Option<Text<'a>>, Error> {
    let mut format = None;
    let mut depth = 1_usize;
    while depth > 0 {
        match reader.next()? {
            Event::Start(tag::FORMAT) => format = Some(reader.text()?),
            Event::Start(_) => depth = depth.saturating_add(1),
            Event::End | Event::Done => depth = depth.saturating_sub(1),
            Event::Text(_) => {}
        }
    }
    Ok(format)
}

/// Whether XML 1.0 can carry the text (production 2, Char).
pub(super) fn is_legal(text: &Text<'_>) -> bool {
    text.is_utf8()
        && text.pieces().all(|piece| {
            let piece = core::str::from_utf8(&piece).unwrap_or("\0");
            piece.chars().all(|character| match character {
                '\t' | '\n' | '\r' => true,
                '\0'..=' ' => character == ' ',
                _ => !matches!(character, '\u{FFFE}' | '\u{FFFF}'),
            })
        })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_characters_of_xml_are_legal_and_no_others() {
        for text in [
            "",
            "a\tb\r\n",
            "\u{7F}\u{85}",
            "\u{D7FF}\u{E000}\u{FFFD}\u{10000}\u{10FFFF}",
        ] {
            assert!(is_legal(&Text::from(text)), "{text:?}");
        }
        for bytes in [
            &b"\0"[..],
            b"\x08",
            b"\x1F",
            b"\xFF",
            "\u{FFFE}".as_bytes(),
            "\u{FFFF}".as_bytes(),
        ] {
            assert!(!is_legal(&Text::from(bytes)), "{bytes:?}");
        }
    }
}
