//! Decoding of content that is not one plain run.

use core::ops::Deref;

use crate::Text;
use crate::text::{KIND, OPAQUE, PLAIN, START, TRIM, WBXML, XML, is_space};

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
    pub(crate) fn character(code: u32) -> Option<Self> {
        let mut utf8 = [0; 4];
        let len = char::from_u32(code)?.encode_utf8(&mut utf8).len();
        Some(Self(Octets::Character(utf8, len as u8)))
    }

    /// The piece without its first `skip` octets and with at most `take` of the rest.
    fn cut(self, skip: usize, take: usize) -> Self {
        match self.0 {
            Octets::Run(run) => {
                let rest = run.get(skip..).unwrap_or(&[]);
                Self::run(rest.get(..take).unwrap_or(rest))
            }
            // Skipped octets are white space, hence one octet each and a whole piece.
            Octets::Character(..) if skip > 0 || take == 0 => Self::run(&[]),
            Octets::Character(..) => self,
        }
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

/// The decoded pieces of a [`Text`], in order.
#[derive(Clone, Debug)]
pub struct Pieces<'a> {
    source: Source<'a>,
    /// Octets still to drop, then octets still to give.
    skip: usize,
    take: usize,
}

#[derive(Clone, Debug)]
enum Source<'a> {
    Run(Option<&'a [u8]>),
    Wbxml(crate::wbxml::pieces::Decoder<'a>),
    Xml(crate::xml::pieces::Decoder<'a>),
}

impl<'a> Pieces<'a> {
    pub(crate) fn new(text: &Text<'a>) -> Self {
        let source = match text.form & KIND {
            PLAIN | OPAQUE => Source::Run(Some(text.raw)),
            // Without its feature no text of a kind is ever made; saying so leaves out the code.
            XML if cfg!(feature = "xml") => Source::Xml(crate::xml::pieces::Decoder::new(text.raw)),
            WBXML if cfg!(feature = "wbxml") => Source::Wbxml(crate::wbxml::pieces::Decoder::new(
                text.raw,
                text.form >> START,
            )),
            _ => Source::Run(None),
        };
        let mut pieces = Self {
            source,
            skip: 0,
            take: usize::MAX,
        };
        if text.form & TRIM != 0 {
            pieces.trim();
        }
        pieces
    }

    /// Finds out how much white space stands at both ends.
    fn trim(&mut self) {
        let (mut at, mut first, mut end) = (0usize, None, 0usize);
        for piece in self.clone() {
            for octet in piece.iter() {
                at = at.wrapping_add(1);
                if !is_space(*octet) {
                    first = first.or(Some(at.wrapping_sub(1)));
                    end = at;
                }
            }
        }
        self.skip = first.unwrap_or(0);
        self.take = end.saturating_sub(self.skip);
    }

    fn source(&mut self) -> Option<Piece<'a>> {
        match &mut self.source {
            Source::Run(run) => run.take().map(Piece::run),
            Source::Wbxml(decoder) if cfg!(feature = "wbxml") => decoder.next(),
            Source::Xml(decoder) if cfg!(feature = "xml") => decoder.next(),
            _ => None,
        }
    }
}

impl<'a> Iterator for Pieces<'a> {
    type Item = Piece<'a>;

    fn next(&mut self) -> Option<Piece<'a>> {
        loop {
            if self.take == 0 {
                return None;
            }
            let whole = self.source()?;
            let piece = whole.cut(self.skip, self.take);
            self.skip = self.skip.saturating_sub(whole.len());
            if !piece.is_empty() {
                self.take = self.take.saturating_sub(piece.len());
                return Some(piece);
            }
        }
    }
}
