//! Decodes content of several tokens.

use super::header::{entry, open};
use super::{END, ENTITY, LITERAL, OPAQUE, PI, STR_I, STR_T, SWITCH_PAGE, string};
use crate::mbint;
use crate::pieces::Piece;

/// Walks over content tokens.
///
/// The reader has walked over the same octets before, so nothing here can be malformed: what would
/// be ends the text.
#[derive(Clone, Debug)]
pub(crate) struct Decoder<'a> {
    document: &'a [u8],
    table: &'a [u8],
    at: usize,
    /// Inside a processing instruction, whose strings are no content.
    instruction: bool,
}

impl<'a> Decoder<'a> {
    /// The content from `start` to the end of `document`, which begins with the header.
    #[cold]
    pub(crate) fn new(document: &'a [u8], start: u32) -> Self {
        let table = open(document).map_or(&[][..], |header| header.string_table(document));
        Self {
            document,
            table,
            at: start as usize,
            instruction: false,
        }
    }

    #[cold]
    pub(crate) fn next(&mut self) -> Option<Piece<'a>> {
        loop {
            let token = *self.document.get(self.at)?;
            self.at = self.at.wrapping_add(1);
            let string = match token {
                STR_I | 0x40..=0x42 => {
                    let string = string::until_nul(self.document.get(self.at..)?)?;
                    self.at = self.at.wrapping_add(string.len()).wrapping_add(1);
                    string
                }
                SWITCH_PAGE => {
                    self.at = self.at.wrapping_add(1);
                    continue;
                }
                ENTITY | STR_T | OPAQUE | LITERAL | 0x80..=0x82 => {
                    let (value, at) = mbint::read(self.document, self.at).ok()?;
                    self.at = at;
                    match token {
                        ENTITY if !self.instruction => return Piece::character(value),
                        STR_T => entry(self.table, value)?,
                        OPAQUE => {
                            let octets = self.document.get(at..)?.get(..value as usize)?;
                            self.at = at.wrapping_add(octets.len());
                            octets
                        }
                        _ => continue,
                    }
                }
                PI | END => {
                    self.instruction = token == PI;
                    continue;
                }
                // Extensions of one octet, and in an instruction attributes.
                _ => continue,
            };
            if !self.instruction && !matches!(token, 0x40..=0x42) {
                return Some(Piece::run(string));
            }
        }
    }
}
