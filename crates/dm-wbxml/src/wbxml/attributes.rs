//! Attribute lists. Only client provisioning has any; elsewhere they are passed over.

use super::reader::{literal, octet, text_of, token};
use super::token::Token;
use super::{END, provisioning};
use crate::attribute::Attribute;
use crate::reader::{ATTRIBUTES, Failed, Reader};
use crate::{Cursor, ErrorKind, Text, Vocabulary};

/// The token at the place of the reader, which goes on behind it. Page switches and the end are noted.
#[inline(never)]
fn wire<'a>(reader: &mut Reader<'a>) -> Result<Token<'a>, Failed> {
    let at = reader.cursor.offset;
    let Some(octet) = octet(reader, at) else {
        return Err(reader.ended());
    };
    if is_value(reader, octet) {
        reader.cursor.offset = at.wrapping_add(1);
        return Ok(Token::Other(octet));
    }
    let token = token(reader, octet);
    match token {
        Ok(Token::Other(END)) => reader.cursor.flags &= !ATTRIBUTES,
        Ok(Token::Page(page)) => reader.cursor.attribute_page = page,
        _ => {}
    }
    token
}

/// In a processing instruction, where no attribute is, tokens are what WBXML says.
fn is_value(reader: &Reader<'_>, octet: u8) -> bool {
    cfg!(feature = "provisioning")
        && reader.document.vocabulary == Vocabulary::Provisioning
        && reader.cursor.flags & ATTRIBUTES != 0
        && provisioning::is_value(
            reader.cursor.attribute_page,
            octet,
            reader.document.table_len == 0,
        )
}

/// Passes over an attribute list up to its END.
#[cold]
pub(crate) fn skip(reader: &mut Reader<'_>) -> Result<(), Failed> {
    while !matches!(wire(reader)?, Token::Other(END)) {}
    Ok(())
}

/// The next attribute of the start tag read last.
pub(crate) fn next<'a>(reader: &mut Reader<'a>) -> Result<Option<Attribute<'a>>, Failed> {
    while reader.cursor.flags & ATTRIBUTES != 0 {
        let Cursor {
            offset,
            attribute_page,
            ..
        } = reader.cursor;
        // Tokens are known on two pages, and nowhere else.
        let is_known = reader.document.vocabulary == Vocabulary::Provisioning && attribute_page < 2;
        let page = is_known.then_some(attribute_page);
        let (name, begin) = match wire(reader)? {
            Token::Other(END) | Token::Page(_) | Token::Nothing => continue,
            Token::Other(token @ ..0x80) => page
                .and_then(|page| provisioning::start(page, token))
                .unwrap_or((&[], &[])),
            Token::Literal(index) => (literal(reader, index), &[][..]),
            _ => return Err(reader.fail(ErrorKind::Syntax)),
        };
        let value = value(reader, begin, offset, page)?;
        return Ok(Some(Attribute { name, value }));
    }
    Ok(None)
}

/// The value of the attribute whose start token, at `start`, was read last; `begin` is what that says of it.
fn value<'a>(
    reader: &mut Reader<'a>,
    begin: &'static [u8],
    start: u32,
    page: Option<u8>,
) -> Result<Text<'a>, Failed> {
    let mut pieces = usize::from(!begin.is_empty());
    let mut only = Text::from_bytes(begin);
    loop {
        let before = reader.cursor;
        let text = match wire(reader)? {
            Token::Other(..0x80) | Token::Literal(_) => {
                // The next attribute, or the end of the list, is read again.
                reader.cursor = before;
                let value = reader.bytes.get(..before.offset as usize).unwrap_or(&[]);
                return Ok(match page {
                    _ if pieces < 2 => only,
                    Some(page) => Text::value(value, start, page),
                    None => Text::wbxml(value, start),
                });
            }
            Token::Other(code) if page.is_some() => Some(Text::from_bytes(provisioning::text(
                before.attribute_page,
                code,
            ))),
            Token::Other(_) => Some(Text::EMPTY),
            token => text_of(reader, token, before.offset),
        };
        if let Some(text) = text {
            (only, pieces) = (text, pieces.saturating_add(1));
        }
    }
}
