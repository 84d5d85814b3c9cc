//! Attributes, which only client provisioning documents have.

use crate::Text;
use crate::pieces::{Piece, Pieces};
use crate::wbxml::attributes::Tokens;

/// An attribute of a start tag.
#[derive(Clone, Copy, Debug)]
pub struct Attribute<'a> {
    /// Its name without prefix; empty for a token nobody knows.
    pub name: &'a [u8],
    pub(crate) value: Value<'a>,
}

/// Where the value stands.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Value<'a> {
    Text(Text<'a>),
    Tokens(Tokens<'a>),
}

impl<'a> Attribute<'a> {
    /// An attribute to be written.
    pub const fn new(name: &'a [u8], value: Text<'a>) -> Self {
        Self {
            name,
            value: Value::Text(value),
        }
    }

    /// Its value piece by piece.
    pub fn pieces(&self) -> AttributePieces<'a> {
        let (first, more) = match self.value {
            Value::Text(text) => (text, None),
            Value::Tokens(tokens) => (Text::EMPTY, Some(tokens)),
        };
        AttributePieces {
            current: first.pieces(),
            more,
        }
    }

    /// Whether its value is `other`.
    pub fn is(&self, other: &[u8]) -> bool {
        let mut rest = other;
        for piece in self.pieces() {
            match rest.strip_prefix(&*piece) {
                Some(after) => rest = after,
                None => return false,
            }
        }
        rest.is_empty()
    }

    /// Its value in one run: as it stands in the document, or a copy in `scratch`; `None` when that
    /// is too small.
    pub fn value<'s>(&self, scratch: &'s mut [u8]) -> Option<&'s [u8]>
    where
        'a: 's,
    {
        let mut tokens = match self.value {
            Value::Text(text) => return text.flatten(scratch),
            Value::Tokens(tokens) => tokens,
        };
        let mut len = 0usize;
        while let Some(text) = tokens.next() {
            let more = text.copy_to(scratch.get_mut(len..)?)?;
            len = len.checked_add(more)?;
        }
        scratch.get(..len)
    }
}

/// The pieces of the value of an [`Attribute`], in order.
#[derive(Clone, Debug)]
pub struct AttributePieces<'a> {
    current: Pieces<'a>,
    more: Option<Tokens<'a>>,
}

impl<'a> Iterator for AttributePieces<'a> {
    type Item = Piece<'a>;

    fn next(&mut self) -> Option<Piece<'a>> {
        loop {
            if let Some(piece) = self.current.next() {
                return Some(piece);
            }
            self.current = self.more.as_mut()?.next()?.pieces();
        }
    }
}
