//! Decoding of content that is not one plain run.

use core::ops::Deref;

use crate::Text;
use crate::text::{ASCII, KIND, OPAQUE, PLAIN, START, WBXML, XML};
use crate::wbxml::pieces as wbxml;
use crate::xml::pieces as xml;

/// A piece of decoded content; dereferences to its octets.
#[derive(Clone, Copy, Debug)]
pub struct Piece<'a>(Octets<'a>);

#[derive(Clone, Copy, Debug)]
enum Octets<'a> {
    Run(&'a [u8]),
    /// One character that stood as a number or name: its UTF-8 and the length of that.
    Character([u8; 4], u8),
}

impl<'a> Piece<'a> {
    pub(crate) const fn run(octets: &'a [u8]) -> Self {
        Self(Octets::Run(octets))
    }

    /// `None`: not a Unicode character.
    #[cold]
    pub(crate) fn character(code: u32) -> Option<Self> {
        let mut utf8 = [0; 4];
        let len = char::from_u32(code)?.encode_utf8(&mut utf8).len();
        Some(Self(Octets::Character(utf8, len as u8)))
    }
}

impl Deref for Piece<'_> {
    type Target = [u8];

    fn deref(&self) -> &[u8] {
        match &self.0 {
            Octets::Run(run) => run,
            Octets::Character(utf8, len) => utf8.get(..usize::from(*len)).unwrap_or(&[]),
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
            WBXML if cfg!(feature = "wbxml") => {
                Source::Wbxml(wbxml::Decoder::new(text.raw, text.form >> START))
            }
            _ => Source::Run(&[]),
        })
    }
}

impl<'a> Iterator for Pieces<'a> {
    type Item = Piece<'a>;

    fn next(&mut self) -> Option<Piece<'a>> {
        loop {
            let piece = match &mut self.0 {
                Source::Wbxml(decoder) if cfg!(feature = "wbxml") => decoder.next()?,
                Source::Xml(decoder) if cfg!(feature = "xml") => decoder.next()?,
                Source::Run(run) if !run.is_empty() => Piece::run(core::mem::take(run)),
                _ => return None,
            };
            if !piece.is_empty() {
                return Some(piece);
            }
        }
    }
}
