//! Decodes content with references, sections and comments.

use super::scan;
use crate::pieces::Piece;

/// Walks over content without elements.
///
/// The reader has walked over the same octets before, so nothing here can be malformed: what would
/// be ends the text.
#[derive(Clone, Debug)]
pub(crate) struct Decoder<'a> {
    rest: &'a [u8],
}

impl<'a> Decoder<'a> {
    pub(crate) fn new(raw: &'a [u8]) -> Self {
        Self { rest: raw }
    }

    pub(crate) fn next(&mut self) -> Option<Piece<'a>> {
        loop {
            let at = self.rest;
            let mut piece = None;
            self.rest = match at {
                [] => return None,
                [b'<', b'!', b'-', ..] => scan::comment(at).ok()?,
                [b'<', b'!', ..] => {
                    let behind = scan::cdata(at).ok()?;
                    let end = at
                        .len()
                        .checked_sub(behind.len())?
                        .checked_sub(b"]]>".len())?;
                    piece = Some(Piece::run(at.get(b"<![CDATA[".len()..end)?));
                    behind
                }
                [b'<', b'?', ..] => scan::instruction(at).ok()?,
                [b'<', ..] => return None,
                [b'&', ..] => {
                    let (code, behind) = scan::reference(at).ok()?;
                    piece = Piece::character(code);
                    behind
                }
                _ => {
                    let len = at
                        .iter()
                        .position(|octet| matches!(octet, b'<' | b'&'))
                        .unwrap_or(at.len());
                    let (run, behind) = at.split_at_checked(len)?;
                    piece = Some(Piece::run(run));
                    behind
                }
            };
            if piece.is_some() {
                return piece;
            }
        }
    }
}
