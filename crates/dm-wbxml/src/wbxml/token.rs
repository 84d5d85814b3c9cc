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
    Character(u32),
    /// SWITCH_PAGE.
    Page(u8),
    /// The name of an attribute, in the string table.
    Literal(&'a [u8]),
    /// An extension, which says nothing.
    Nothing,
    /// None of these: one octet.
    Other(u8),
}

/// Reads the token at `at`, which goes on behind it; a fault is where `at` is then.
#[inline(never)]
pub(super) fn read<'a>(
    bytes: &'a [u8],
    table: &'a [u8],
    at: &mut usize,
) -> Result<Token<'a>, ErrorKind> {
    let start = *at;
    let token = *bytes.get(start).ok_or(ErrorKind::UnexpectedEnd)?;
    *at = start.wrapping_add(1);
    let result = match token {
        SWITCH_PAGE => {
            let page = *bytes.get(*at).ok_or(ErrorKind::UnexpectedEnd)?;
            *at = at.wrapping_add(1);
            return Ok(Token::Page(page));
        }
        STR_I | 0x40..=0x42 => match bytes.get(*at..).and_then(string::until_nul) {
            Some(string) => {
                *at = at.wrapping_add(string.len()).wrapping_add(1);
                Ok(match token {
                    STR_I => Token::Run(string),
                    _ => Token::Nothing,
                })
            }
            None => Err(ErrorKind::UnexpectedEnd),
        },
        STR_T | OPAQUE | ENTITY | LITERAL | 0x80..=0x82 => {
            let Some(value) = mbint::read(bytes, at) else {
                return Err(mbint::fault(bytes, at, start));
            };
            match token {
                OPAQUE => match bytes.get(*at..).and_then(|rest| rest.get(..value as usize)) {
                    Some(octets) => {
                        *at = at.wrapping_add(octets.len());
                        Ok(Token::Opaque(octets))
                    }
                    None => Err(ErrorKind::UnexpectedEnd),
                },
                ENTITY if char::from_u32(value).is_some() => Ok(Token::Character(value)),
                ENTITY => Err(ErrorKind::Character),
                STR_T | LITERAL => match entry(table, value) {
                    Some(entry) if token == STR_T => Ok(Token::Run(entry)),
                    Some(entry) => Ok(Token::Literal(entry)),
                    None => Err(ErrorKind::StringTable),
                },
                _ => Ok(Token::Nothing),
            }
        }
        0xC0..=0xC2 => Ok(Token::Nothing),
        _ => Ok(Token::Other(token)),
    };
    if result.is_err() {
        *at = start;
    }
    result
}
