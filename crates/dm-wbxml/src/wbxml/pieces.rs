//! Decodes content of several tokens.

use super::token::{self, Token};
use super::{END, PI, provisioning};
use crate::pieces::Content;
use crate::text::{KIND, START, VALUE_0, VALUE_1};
use crate::{Document, Encoding};

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
    /// In the value of an attribute of client provisioning: the page in force.
    page: Option<u8>,
}

impl<'a> Decoder<'a> {
    /// The content of this form, to the end of `document`, which begins with the header.
    #[cold]
    pub(crate) fn new(document: &'a [u8], form: u32) -> Self {
        let mut header = Document::NONE;
        // Without a header there is no table.
        let _ = header.read(document, Encoding::Wbxml);
        Self {
            document,
            table: header.string_table(document),
            at: (form >> START) as usize,
            instruction: false,
            page: match form & KIND {
                VALUE_0 => Some(0),
                VALUE_1 => Some(1),
                _ => None,
            },
        }
    }

    /// The page in force, in the value of an attribute.
    #[inline(always)]
    fn page(&self) -> Option<u8> {
        self.page.filter(|_| cfg!(feature = "provisioning"))
    }

    /// The next run or character, which may be empty.
    #[inline(always)]
    pub(crate) fn next(&mut self) -> Option<Content<'a>> {
        loop {
            let token = *self.document.get(self.at)?;
            if let Some(page) = self.page()
                && provisioning::is_value(page, token, self.table.is_empty())
            {
                self.at = self.at.wrapping_add(1);
                return Some(Content::Run(provisioning::text(page, token)));
            }
            match token::read(token, self.document, self.table, &mut self.at).ok()? {
                Token::Page(page) if self.page().is_some() => self.page = Some(page),
                Token::Other(token) => match self.page() {
                    Some(page) => return Some(Content::Run(provisioning::text(page, token))),
                    None if matches!(token, PI | END) => self.instruction = token == PI,
                    None => {}
                },
                Token::Run(octets) | Token::Opaque(octets) if !self.instruction => {
                    return Some(Content::Run(octets));
                }
                Token::Character(character) if !self.instruction => {
                    return Some(Content::Character(character));
                }
                _ => {}
            }
        }
    }
}
