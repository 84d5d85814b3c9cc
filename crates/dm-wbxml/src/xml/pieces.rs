//! Decodes content with references, CDATA sections, comments and markup.

use crate::pieces::Piece;

/// Walks over the content.
#[derive(Clone, Debug)]
pub(crate) struct Decoder<'a> {
    raw: &'a [u8],
}

impl<'a> Decoder<'a> {
    pub(crate) fn new(raw: &'a [u8]) -> Self {
        Self { raw }
    }

    pub(crate) fn next(&mut self) -> Option<Piece<'a>> {
        let raw = core::mem::take(&mut self.raw);
        (!raw.is_empty()).then_some(Piece::run(raw))
    }
}
