//! Attribute lists. Only client provisioning has any; elsewhere they are passed over.

use super::reader::{literal, octet, text_of, token};
use super::token::Token as Wire;
use super::{END, provisioning};
use crate::attribute::Attribute;
use crate::reader::{ATTRIBUTES, Failed, Reader};
use crate::{ErrorKind, Text, Vocabulary};

/// What stands in an attribute list.
enum Token<'a> {
    End,
    /// An attribute begins: a start token.
    Start(u8),
    /// An attribute begins: its name.
    Literal(&'a [u8]),
    /// A value token.
    Code(u8),
    /// What may be text, and where it stands: [`text_of`] tells.
    Content(Wire<'a>, u32),
    Nothing,
}

/// The token at the place of the reader, which goes on behind it.
#[inline(never)]
fn read<'a>(reader: &mut Reader<'a>) -> Result<Token<'a>, Failed> {
    let at = reader.cursor.offset;
    Ok(match wire(reader)? {
        Wire::Other(END) => Token::End,
        Wire::Other(code @ 0x80..) => Token::Code(code),
        Wire::Other(code) => Token::Start(code),
        Wire::Literal(index) => Token::Literal(literal(reader, index)),
        Wire::Page(_) => Token::Nothing,
        other => Token::Content(other, at),
    })
}

/// The same as it stands; page switches and the end are noted.
#[inline(never)]
fn wire<'a>(reader: &mut Reader<'a>) -> Result<Wire<'a>, Failed> {
    let at = reader.cursor.offset;
    let Some(octet) = octet(reader, at) else {
        return Err(reader.ended());
    };
    if is_value(reader, octet) {
        reader.cursor.offset = at.wrapping_add(1);
        return Ok(Wire::Other(octet));
    }
    let token = token(reader, octet);
    match token {
        Ok(Wire::Other(END)) => reader.cursor.flags &= !ATTRIBUTES,
        Ok(Wire::Page(page)) => reader.cursor.attribute_page = page,
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
    while !matches!(wire(reader)?, Wire::Other(END)) {}
    Ok(())
}

/// The next attribute of the start tag read last.
pub(crate) fn next<'a>(reader: &mut Reader<'a>) -> Result<Option<Attribute<'a>>, Failed> {
    loop {
        if reader.cursor.flags & ATTRIBUTES == 0 {
            return Ok(None);
        }
        let at = reader.cursor;
        let is_known = reader.document.vocabulary == Vocabulary::Provisioning;
        let (name, begin) = match read(reader)? {
            Token::Start(token) if is_known => {
                provisioning::start(at.attribute_page, token).unwrap_or((&[], &[]))
            }
            Token::Start(_) => (&[][..], &[][..]),
            Token::Literal(name) => (name, &[][..]),
            Token::End | Token::Nothing => continue,
            Token::Content(token, at) if text_of(reader, token, at).is_none() => continue,
            Token::Code(_) | Token::Content(..) => return Err(reader.fail(ErrorKind::Syntax)),
        };
        // Texts of tokens are known on two pages, and nowhere else.
        let page = at.attribute_page;
        let page = (is_known && page < 2).then_some(page);
        let value = value(reader, begin, at.offset, page)?;
        return Ok(Some(Attribute { name, value }));
    }
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
        let text = match read(reader)? {
            Token::End | Token::Start(_) | Token::Literal(_) => {
                // The next attribute, or the end of the list, is read again.
                reader.cursor = before;
                let value = reader.bytes.get(..before.offset as usize).unwrap_or(&[]);
                return Ok(match page {
                    _ if pieces < 2 => only,
                    Some(page) => Text::value(value, start, page),
                    None => Text::wbxml(value, start),
                });
            }
            Token::Content(token, at) => text_of(reader, token, at),
            Token::Code(code) if page.is_some() => Some(Text::from_bytes(provisioning::text(
                before.attribute_page,
                code,
            ))),
            Token::Code(_) => Some(Text::EMPTY),
            Token::Nothing => None,
        };
        if let Some(text) = text {
            (only, pieces) = (text, pieces.saturating_add(1));
        }
    }
}
