//! Which content XML cannot carry, and what has to be said about it instead.

use dm_wbxml::{Error, Event, Reader, Text, tag};

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
    /// Looks ahead in an Item or Cred whose start was just read; `None`: its Data can stand in XML.
    pub(super) fn look(mut reader: Reader<'_>) -> Result<Option<Self>, Error> {
        let mut coding = Self::default();
        let mut is_binary = false;
        loop {
            match reader.next()? {
                Event::Start(tag::DATA) => {
                    let text = reader.text()?;
                    is_binary |= !is_legal(&text);
                    coding.len = text.len();
                }
                Event::Start(other) => {
                    coding.has_meta |= other == tag::META;
                    coding.is_chunk |= other == tag::MORE_DATA;
                    reader.skip()?;
                }
                Event::Text(_) => {}
                Event::End | Event::Done => return Ok(is_binary.then_some(coding)),
            }
        }
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
