//! Attribute lists. Only client provisioning has any; elsewhere they are passed over.

use super::header::entry;
use super::{END, ENTITY, LITERAL, OPAQUE, STR_I, STR_T, SWITCH_PAGE, provisioning, string};
use crate::attribute::{Attribute, Value};
use crate::pieces::Piece;
use crate::reader::{ATTRIBUTES, Failed, Reader};
use crate::{Document, ErrorKind, Text, Vocabulary, mbint};

/// What stands in an attribute list.
#[derive(Clone, Copy)]
enum Token<'a> {
    End,
    Page(u8),
    /// An attribute begins: a start token.
    Start(u8),
    /// An attribute begins: its name.
    Literal(&'a [u8]),
    /// A value token.
    Code(u8),
    Text(&'a [u8]),
    Character(u32),
    Nothing,
}

/// The token at `at` and the place behind it.
fn token<'a>(
    bytes: &'a [u8],
    document: &Document,
    page: u8,
    at: usize,
) -> Result<(Token<'a>, usize), (usize, ErrorKind)> {
    let end = (bytes.len(), ErrorKind::UnexpectedEnd);
    let octet = *bytes.get(at).ok_or(end)?;
    let next = at.wrapping_add(1);
    // The first table of OMA for this page gives values to global tokens: there are no extensions in these documents,
    // and a string table reference needs a string table.
    let no_table = octet < STR_T || document.table_len == 0;
    if matches!(octet, 0x80..=STR_T)
        && page == 1
        && document.vocabulary == Vocabulary::Provisioning
        && no_table
    {
        return Ok((Token::Code(octet), next));
    }
    let number = || {
        mbint::read(bytes, next).map_err(|overflow| {
            if overflow {
                (at, ErrorKind::Overflow)
            } else {
                end
            }
        })
    };
    let of_table =
        |index| entry(document.string_table(bytes), index).ok_or((at, ErrorKind::StringTable));
    match octet {
        END => Ok((Token::End, next)),
        SWITCH_PAGE => Ok((
            Token::Page(*bytes.get(next).ok_or(end)?),
            next.wrapping_add(1),
        )),
        STR_I | 0x40..=0x42 => {
            let string = bytes.get(next..).and_then(string::until_nul).ok_or(end)?;
            let token = if octet == STR_I {
                Token::Text(string)
            } else {
                Token::Nothing
            };
            Ok((token, next.wrapping_add(string.len()).wrapping_add(1)))
        }
        ENTITY => {
            let (code, behind) = number()?;
            char::from_u32(code).ok_or((at, ErrorKind::Character))?;
            Ok((Token::Character(code), behind))
        }
        STR_T => {
            let (index, behind) = number()?;
            Ok((Token::Text(of_table(index)?), behind))
        }
        LITERAL => {
            let (index, behind) = number()?;
            Ok((Token::Literal(of_table(index)?), behind))
        }
        OPAQUE => {
            let (len, behind) = number()?;
            let octets = bytes
                .get(behind..)
                .and_then(|rest| rest.get(..len as usize))
                .ok_or(end)?;
            Ok((Token::Text(octets), behind.wrapping_add(octets.len())))
        }
        0x80..=0x82 => Ok((Token::Nothing, number()?.1)),
        0xC0..=0xC2 => Ok((Token::Nothing, next)),
        _ if octet < 0x80 => Ok((Token::Start(octet), next)),
        _ => Ok((Token::Code(octet), next)),
    }
}

/// The token at the place of the reader, which goes on behind it.
fn read<'a>(reader: &mut Reader<'a>) -> Result<Token<'a>, Failed> {
    let cursor = &reader.cursor;
    match token(
        reader.bytes,
        &reader.document,
        cursor.attribute_page,
        cursor.offset as usize,
    ) {
        Ok((token, behind)) => {
            reader.cursor.offset = behind as u32;
            match token {
                Token::Page(page) => reader.cursor.attribute_page = page,
                Token::End => reader.cursor.flags &= !ATTRIBUTES,
                _ => {}
            }
            Ok(token)
        }
        Err((at, kind)) => Err(reader.fail_at(at, kind)),
    }
}

/// Passes over an attribute list up to its END.
#[cold]
pub(crate) fn skip(reader: &mut Reader<'_>) -> Result<(), Failed> {
    while !matches!(read(reader)?, Token::End) {}
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
            Token::Start(token) => provisioning_start(&reader.document, page, token),
            Token::Literal(name) => (name, &[][..]),
            Token::End | Token::Page(_) | Token::Nothing => continue,
            Token::Code(_) | Token::Text(_) | Token::Character(_) => {
                return Err(reader.fail(ErrorKind::Syntax));
            }
        };
        return values(reader, start).map(Some);
    }
}

/// The value of the attribute whose start token was read last.
fn values<'a>(
    reader: &mut Reader<'a>,
    (name, begin): (&'a [u8], &'a [u8]),
) -> Result<Attribute<'a>, Failed> {
    let mut pieces = usize::from(!begin.is_empty());
    let mut only = begin;
    let tokens = Tokens {
        bytes: reader.bytes,
        document: reader.document,
        page: reader.cursor.attribute_page,
        begin,
        at: reader.cursor.offset as usize,
    };
    loop {
        let cursor = reader.cursor;
        match read(reader)? {
            Token::End | Token::Start(_) | Token::Literal(_) => {
                // The next attribute, or the end of the list, is read again.
                reader.cursor = cursor;
                let value = if pieces > 1 {
                    Value::Tokens(tokens)
                } else {
                    Value::Text(Text::from_bytes(only))
                };
                return Ok(Attribute { name, value });
            }
            Token::Text(text) => (only, pieces) = (text, pieces.saturating_add(1)),
            Token::Code(code) => {
                let text = provisioning_value(&reader.document, cursor.attribute_page, code);
                (only, pieces) = (text, pieces.saturating_add(1));
            }
            Token::Character(_) => pieces = 2,
            Token::Page(_) | Token::Nothing => {}
        }
    }
}

fn provisioning_start(document: &Document, page: u8, token: u8) -> (&'static [u8], &'static [u8]) {
    match document.vocabulary {
        Vocabulary::Provisioning => provisioning::start(page, token).unwrap_or((&[], &[])),
        _ => (&[], &[]),
    }
}

fn provisioning_value(document: &Document, page: u8, token: u8) -> &'static [u8] {
    match document.vocabulary {
        Vocabulary::Provisioning => provisioning::value(page, token).unwrap_or(&[]),
        _ => &[],
    }
}

/// A value that is more than one piece.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Tokens<'a> {
    bytes: &'a [u8],
    document: Document,
    page: u8,
    /// What the start token says of the value.
    begin: &'a [u8],
    at: usize,
}

impl<'a> Tokens<'a> {
    /// The next piece. The reader has walked over the same octets before, so nothing here can be malformed.
    pub(crate) fn next(&mut self) -> Option<Piece<'a>> {
        let begin = core::mem::take(&mut self.begin);
        if !begin.is_empty() {
            return Some(Piece::run(begin));
        }
        loop {
            let (token, behind) = token(self.bytes, &self.document, self.page, self.at).ok()?;
            self.at = behind;
            match token {
                Token::End | Token::Start(_) | Token::Literal(_) => return None,
                Token::Page(page) => self.page = page,
                Token::Code(code) => {
                    return Some(Piece::run(provisioning_value(
                        &self.document,
                        self.page,
                        code,
                    )));
                }
                Token::Text(text) => return Some(Piece::run(text)),
                Token::Character(code) => return Piece::character(code),
                Token::Nothing => {}
            }
        }
    }
}
