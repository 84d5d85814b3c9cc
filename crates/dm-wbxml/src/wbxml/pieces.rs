//! Decodes content of several tokens.

use super::header::{entry, open};
use super::{END, ENTITY, HAS_ATTRIBUTES, HAS_CONTENT, LITERAL, OPAQUE, PI, STR_I, STR_T, SWITCH_PAGE};
use crate::mbint;
use crate::pieces::Piece;

/// Walks over content tokens; elements between them are no part of the text.
///
/// The reader has walked over the same octets before, so nothing here can be malformed: what would be ends the text.
#[derive(Clone, Debug)]
pub(crate) struct Decoder<'a> {
    document: &'a [u8],
    table: &'a [u8],
    at: usize,
    depth: u32,
}

impl<'a> Decoder<'a> {
    /// The content from `start` to the end of `document`, which begins with the header.
    #[cold]
    pub(crate) fn new(document: &'a [u8], start: u32) -> Self {
        let table = open(document).map_or(&[][..], |header| header.string_table(document));
        Self { document, table, at: start as usize, depth: 0 }
    }

    #[cold]
    pub(crate) fn next(&mut self) -> Option<Piece<'a>> {
        loop {
            let token = self.octet()?;
            let piece = match token {
                SWITCH_PAGE => {
                    self.octet()?;
                    continue;
                }
                END => {
                    self.depth = self.depth.saturating_sub(1);
                    continue;
                }
                ENTITY => Piece::character(self.number()?)?,
                STR_I => Piece::run(self.string()?),
                STR_T => Piece::run(entry(self.table, self.number()?)?),
                OPAQUE => {
                    let len = self.number()? as usize;
                    let run = self.document.get(self.at..)?.get(..len)?;
                    self.at = self.at.wrapping_add(len);
                    Piece::run(run)
                }
                PI => {
                    self.attributes()?;
                    continue;
                }
                0x40..=0x42 => {
                    self.string()?;
                    continue;
                }
                0x80..=0x82 => {
                    self.number()?;
                    continue;
                }
                0xC0..=0xC2 => continue,
                tag => {
                    if tag & 0x3F == LITERAL {
                        self.number()?;
                    }
                    if tag & HAS_ATTRIBUTES != 0 {
                        self.attributes()?;
                    }
                    if tag & HAS_CONTENT != 0 {
                        self.depth = self.depth.saturating_add(1);
                    }
                    continue;
                }
            };
            if self.depth == 0 {
                return Some(piece);
            }
        }
    }

    fn octet(&mut self) -> Option<u8> {
        let octet = *self.document.get(self.at)?;
        self.at = self.at.wrapping_add(1);
        Some(octet)
    }

    fn number(&mut self) -> Option<u32> {
        let (value, at) = mbint::read(self.document, self.at).ok()?;
        self.at = at;
        Some(value)
    }

    fn string(&mut self) -> Option<&'a [u8]> {
        let rest = self.document.get(self.at..)?;
        let len = rest.iter().position(|octet| *octet == 0)?;
        self.at = self.at.wrapping_add(len).wrapping_add(1);
        rest.get(..len)
    }

    /// Passes over an attribute list.
    fn attributes(&mut self) -> Option<()> {
        loop {
            match self.octet()? {
                SWITCH_PAGE => {
                    self.octet()?;
                }
                END => return Some(()),
                STR_I | 0x40..=0x42 => {
                    self.string()?;
                }
                ENTITY | LITERAL | STR_T | 0x80..=0x82 => {
                    self.number()?;
                }
                OPAQUE => {
                    let len = self.number()? as usize;
                    self.at = self.at.saturating_add(len);
                }
                _ => {}
            }
        }
    }
}
