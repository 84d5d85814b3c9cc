//! Decodes content with references, sections and comments.

use super::scan;
use crate::pieces::Content;

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

    /// The next run or character, which may be empty.
    #[inline(always)]
    pub(crate) fn next(&mut self) -> Option<Content<'a>> {
        let at = self.rest;
        if let [b'&', ..] = at {
            let (character, len) = scan::reference(at);
            self.rest = at.get(len..)?;
            return char::from_u32(character).map(Content::Character);
        }
        if let [b'<', ..] = at {
            let (run, behind) = scan::section(at)?;
            self.rest = behind;
            return Some(Content::Run(run));
        }
        let len = at
            .iter()
            .position(|octet| matches!(octet, b'<' | b'&'))
            .unwrap_or(at.len());
        let (run, behind) = at.split_at_checked(len)?;
        self.rest = behind;
        (len != 0).then_some(Content::Run(run))
    }
}
