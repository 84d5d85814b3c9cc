//! Decoding of content that is not one plain run.

use core::ops::Deref;

use crate::Text;
use crate::text::{ASCII, KIND, OPAQUE, PLAIN, VALUE_0, VALUE_1, WBXML, XML};
use crate::wbxml::pieces as wbxml;
use crate::xml::pieces as xml;

/// A piece of decoded content; dereferences to its octets.
#[derive(Clone, Copy, Debug)]
pub struct Piece<'a> {
    run: &'a [u8],
    /// The UTF-8 of a character that stood as a number or name, from `start` on, instead of a run.
    utf8: [u8; 4],
    start: u8,
}

impl<'a> Piece<'a> {
    pub(crate) const fn run(run: &'a [u8]) -> Self {
        Self {
            run,
            utf8: [0; 4],
            start: 4,
        }
    }

    /// The UTF-8 of a character: what `core` does too, in half of the flash.
    #[cold]
    #[inline(never)]
    pub(crate) fn encoded(character: char) -> Self {
        let mut utf8 = [0; 4];
        let mut start = 4u8;
        let mut rest = u32::from(character);
        // What fits the first octet, and the bits above it, which say how many follow.
        let (mut most, mut lead) = (0x7F, 0);
        for slot in utf8.iter_mut().rev() {
            start = start.wrapping_sub(1);
            if rest <= most {
                *slot = lead | rest as u8;
                break;
            }
            *slot = 0x80 | (rest & 0x3F) as u8;
            rest >>= 6;
            most = if lead == 0 { 0x1F } else { most >> 1 };
            lead = !(most as u8) << 1;
        }
        Self {
            run: &[],
            utf8,
            start,
        }
    }
}

impl Deref for Piece<'_> {
    type Target = [u8];

    fn deref(&self) -> &[u8] {
        match self.utf8.get(usize::from(self.start)..) {
            None | Some([]) => self.run,
            Some(utf8) => utf8,
        }
    }
}

/// What a decoder finds next.
pub(crate) enum Content<'a> {
    Run(&'a [u8]),
    /// One that stood as a number or name.
    Character(char),
}

impl Content<'_> {
    /// Gives the octets to `take`, if there are any. Whether that wants more.
    #[inline(always)]
    pub(crate) fn offer(self, take: &mut dyn FnMut(&[u8]) -> bool) -> bool {
        match self {
            Self::Run(octets) => octets.is_empty() || take(octets),
            Self::Character(character) => take(&Piece::encoded(character)),
        }
    }
}

/// The decoded pieces of a [`Text`], in order; none is empty.
#[derive(Clone, Debug)]
pub struct Pieces<'a>(Source<'a>);

#[derive(Clone, Debug)]
enum Source<'a> {
    Run(&'a [u8]),
    Wbxml(wbxml::Decoder<'a>),
    Xml(xml::Decoder<'a>),
}

impl<'a> Pieces<'a> {
    pub(crate) fn new(text: &Text<'a>) -> Self {
        Self(match text.form & KIND {
            PLAIN | ASCII | OPAQUE => Source::Run(text.raw),
            // Without its feature no text of a kind is ever made; saying so leaves out the code.
            XML if cfg!(feature = "xml") => Source::Xml(xml::Decoder::new(text.raw)),
            WBXML | VALUE_0 | VALUE_1 if cfg!(feature = "wbxml") => {
                Source::Wbxml(wbxml::Decoder::new(text.raw, text.form))
            }
            _ => Source::Run(&[]),
        })
    }
}

impl<'a> Iterator for Pieces<'a> {
    type Item = Piece<'a>;

    fn next(&mut self) -> Option<Piece<'a>> {
        loop {
            let content = match &mut self.0 {
                Source::Wbxml(decoder) if cfg!(feature = "wbxml") => decoder.next()?,
                Source::Xml(decoder) if cfg!(feature = "xml") => decoder.next()?,
                Source::Run(run) if !run.is_empty() => Content::Run(core::mem::take(run)),
                _ => return None,
            };
            let piece = match content {
                Content::Run(run) => Piece::run(run),
                Content::Character(character) => Piece::encoded(character),
            };
            if !piece.is_empty() {
                return Some(piece);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn characters_are_encoded_as_by_the_standard_library() {
        // Miri is some thousand times slower: it takes a share.
        let step = if cfg!(miri) { 9973 } else { 1 };
        for code in (0..=0x11_0000).step_by(step) {
            let piece = char::from_u32(code).map(Piece::encoded);
            let expected = char::from_u32(code).map(String::from);
            assert_eq!(
                piece.as_deref(),
                expected.as_deref().map(str::as_bytes),
                "{code:X}"
            );
        }
    }
}
