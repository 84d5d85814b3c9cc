//! One token of content or of an attribute value, wherever it stands.

use super::header::entry;
use super::{ENTITY, LITERAL, OPAQUE, STR_I, STR_T, SWITCH_PAGE, string};
use crate::{ErrorKind, mbint};

/// What a token is.
#[derive(Clone, Copy)]
pub(super) enum Token<'a> {
    /// A string, from the string table too.
    Run(&'a [u8]),
    Opaque(&'a [u8]),
    Character(char),
    /// SWITCH_PAGE.
    Page(u8),
    /// A name, at this index of the string table.
    Literal(u32),
    /// An extension, which says nothing.
    Nothing,
    /// None of these: one octet.
    Other(u8),
}

/// Reads what follows `token`, which stands at `at`; that goes on behind it unless there is a fault.
#[inline(never)]
pub(super) fn read<'a>(
    token: u8,
    bytes: &'a [u8],
    table: &'a [u8],
    at: &mut usize,
) -> Result<Token<'a>, ErrorKind> {
    let mut behind = at.wrapping_add(1);
    let read = match token {
        SWITCH_PAGE => {
            let Some(page) = bytes.get(behind) else {
                *at = behind;
                return Err(ErrorKind::UnexpectedEnd);
            };
            behind = behind.wrapping_add(1);
            Token::Page(*page)
        }
        STR_I | 0x40..=0x42 => {
            let string = bytes.get(behind..).and_then(string::until_nul);
            let string = string.ok_or(ErrorKind::UnexpectedEnd)?;
            behind = behind.wrapping_add(string.len()).wrapping_add(1);
            match token {
                STR_I => Token::Run(string),
                _ => Token::Nothing,
            }
        }
        STR_T | OPAQUE | ENTITY | LITERAL | 0x80..=0x82 => {
            let Some(value) = mbint::read(bytes, &mut behind) else {
                let kind = mbint::fault(bytes, behind);
                // Where the octet is missing.
                if kind == ErrorKind::UnexpectedEnd {
                    *at = behind;
                }
                return Err(kind);
            };
            match token {
                OPAQUE => {
                    let octets = bytes
                        .get(behind..)
                        .and_then(|rest| rest.get(..value as usize));
                    let octets = octets.ok_or(ErrorKind::UnexpectedEnd)?;
                    behind = behind.wrapping_add(octets.len());
                    Token::Opaque(octets)
                }
                ENTITY => Token::Character(char::from_u32(value).ok_or(ErrorKind::Character)?),
                STR_T | LITERAL => {
                    let entry = entry(table, value).ok_or(ErrorKind::StringTable)?;
                    match token {
                        STR_T => Token::Run(entry),
                        _ => Token::Literal(value),
                    }
                }
                _ => Token::Nothing,
            }
        }
        0xC0..=0xC2 => Token::Nothing,
        _ => Token::Other(token),
    };
    *at = behind;
    Ok(read)
}
