//! Attribute lists. Only client provisioning has any; elsewhere they are passed over.

use super::reader::{literal, octet, text_of, token};
use super::token::Token as Wire;
use super::{END, STR_T, provisioning};
use crate::attribute::{Attribute, Value};
use crate::reader::{ATTRIBUTES, Failed, Reader};
use crate::{Cursor, Document, ErrorKind, Text, Vocabulary};

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

/// Whether an octet that is a global token stands for a value: the first table of OMA for page 1
/// uses them so. There are no extensions in these documents, and a string table reference needs a
/// string table. In a processing instruction, where no attribute is, they are what WBXML says.
fn is_value(reader: &Reader<'_>, octet: u8) -> bool {
    reader.document.vocabulary == Vocabulary::Provisioning
        && reader.cursor.flags & ATTRIBUTES != 0
        && reader.cursor.attribute_page == 1
        && match octet {
            STR_T => reader.document.table_len == 0,
            _ => (0x80..STR_T).contains(&octet),
        }
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
        let page = reader.cursor.attribute_page;
        let start = match read(reader)? {
            Token::Start(token) => start(&reader.document, page, token),
            Token::Literal(name) => (name, &[][..]),
            Token::End | Token::Nothing => continue,
            Token::Content(token, at) if text_of(reader, token, at).is_none() => continue,
            Token::Code(_) | Token::Content(..) => return Err(reader.fail(ErrorKind::Syntax)),
        };
        return values(reader, start).map(Some);
    }
}

/// The value of the attribute whose start token was read last.
fn values<'a>(
    reader: &mut Reader<'a>,
    (name, begin): (&'a [u8], &'a [u8]),
) -> Result<Attribute<'a>, Failed> {
    let tokens = Tokens {
        begin,
        bytes: reader.bytes,
        document: reader.document,
        at: reader.cursor,
    };
    let mut pieces = usize::from(!begin.is_empty());
    let mut only = Text::from_bytes(begin);
    loop {
        let before = reader.cursor;
        match read(reader)? {
            Token::End | Token::Start(_) | Token::Literal(_) => {
                // The next attribute, or the end of the list, is read again.
                reader.cursor = before;
                let value = if pieces > 1 {
                    Value::Tokens(tokens)
                } else {
                    Value::Text(only)
                };
                return Ok(Attribute { name, value });
            }
            Token::Content(token, at) => {
                if let Some(text) = text_of(reader, token, at) {
                    (only, pieces) = (text, pieces.saturating_add(1));
                }
            }
            Token::Code(code) => {
                let text = value(&reader.document, before.attribute_page, code);
                (only, pieces) = (Text::from_bytes(text), pieces.saturating_add(1));
            }
            Token::Nothing => {}
        }
    }
}

/// The attribute and the begin of its value that a start token stands for.
fn start(document: &Document, page: u8, token: u8) -> (&'static [u8], &'static [u8]) {
    match document.vocabulary {
        Vocabulary::Provisioning => provisioning::start(page, token).unwrap_or((&[], &[])),
        _ => (&[], &[]),
    }
}

/// The text that a value token stands for.
fn value(document: &Document, page: u8, token: u8) -> &'static [u8] {
    match document.vocabulary {
        Vocabulary::Provisioning => provisioning::value(page, token).unwrap_or(&[]),
        _ => &[],
    }
}

/// A value that is more than one piece.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Tokens<'a> {
    /// What the start token says of the value.
    begin: &'a [u8],
    bytes: &'a [u8],
    document: Document,
    /// In front of the next token.
    at: Cursor,
}

impl<'a> Tokens<'a> {
    /// The next piece as text. The same octets have been read before, so nothing here can be
    /// malformed.
    pub(crate) fn next(&mut self) -> Option<Text<'a>> {
        let begin = core::mem::take(&mut self.begin);
        if !begin.is_empty() {
            return Some(Text::from_bytes(begin));
        }
        let mut reader = Reader::at(self.bytes, &self.document, self.at);
        loop {
            let page = reader.cursor.attribute_page;
            let token = read(&mut reader).ok()?;
            self.at = reader.cursor;
            match token {
                Token::End | Token::Start(_) | Token::Literal(_) => return None,
                Token::Code(code) => {
                    return Some(Text::from_bytes(value(&self.document, page, code)));
                }
                Token::Content(token, at) => {
                    if let Some(text) = text_of(&reader, token, at) {
                        return Some(text);
                    }
                }
                Token::Nothing => {}
            }
        }
    }
}
