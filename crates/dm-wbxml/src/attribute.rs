//! Attributes, which only client provisioning documents have.

use crate::Text;
use crate::pieces::Pieces;

/// An attribute of a start tag.
#[derive(Clone, Copy, Debug)]
pub struct Attribute<'a> {
    /// Its name without prefix; empty for a token nobody knows.
    pub name: &'a [u8],
    pub(crate) value: Text<'a>,
}

impl<'a> Attribute<'a> {
    /// An attribute to be written.
    pub const fn new(name: &'a [u8], value: Text<'a>) -> Self {
        Self { name, value }
    }

    /// Its value piece by piece.
    pub fn pieces(&self) -> Pieces<'a> {
        self.value.pieces()
    }

    /// Whether its value is `other`.
    pub fn is(&self, other: &[u8]) -> bool {
        self.value.is(other)
    }

    /// Its value in one run: as it stands in the document, or a copy in `scratch`; `None` when that
    /// is too small.
    pub fn value<'s>(&self, scratch: &'s mut [u8]) -> Option<&'s [u8]>
    where
        'a: 's,
    {
        self.value.flatten(scratch)
    }
}
