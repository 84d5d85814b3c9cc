//! Decodes content with references, CDATA sections, comments and markup.

use super::reader::attribute;
use super::scan;
use crate::pieces::Piece;

/// Walks over content; elements in it are no part of the text.
///
/// The reader has walked over the same octets before, so nothing here can be malformed: what would be ends the text.
#[derive(Clone, Debug)]
pub(crate) struct Decoder<'a> {
    rest: &'a [u8],
    depth: u32,
}

impl<'a> Decoder<'a> {
    pub(crate) fn new(raw: &'a [u8]) -> Self {
        Self { rest: raw, depth: 0 }
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
                    let end = at.len().checked_sub(behind.len())?.checked_sub(b"]]>".len())?;
                    piece = Some(Piece::run(at.get(b"<![CDATA[".len()..end)?));
                    behind
                }
                [b'<', b'?', ..] => scan::instruction(at).ok()?,
                [b'<', b'/', ..] => {
                    self.depth = self.depth.saturating_sub(1);
                    scan::behind(at, b">").ok()?
                }
                [b'<', ..] => self.start_tag(at)?,
                [b'&', ..] => {
                    let (code, behind) = scan::reference(at).ok()?;
                    piece = Piece::character(code);
                    behind
                }
                _ => {
                    let len = at.iter().position(|octet| matches!(octet, b'<' | b'&')).unwrap_or(at.len());
                    let (run, behind) = at.split_at_checked(len)?;
                    piece = Some(Piece::run(run));
                    behind
                }
            };
            if self.depth == 0 && piece.is_some() {
                return piece;
            }
        }
    }

    /// Passes over a start tag.
    fn start_tag(&mut self, at: &'a [u8]) -> Option<&'a [u8]> {
        let mut rest = at.get(1..)?;
        rest = rest.get(scan::name(rest).len()..)?;
        loop {
            rest = match scan::skip_space(rest) {
                [b'>', behind @ ..] => {
                    self.depth = self.depth.saturating_add(1);
                    return Some(behind);
                }
                [b'/', b'>', behind @ ..] => return Some(behind),
                other => attribute(other).ok()?.2,
            };
        }
    }
}
