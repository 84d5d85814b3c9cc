//! Lexical pieces of XML. Each function takes the rest of the document and gives what is behind the piece.

use crate::text::is_space;
use crate::{Error, ErrorKind};

/// A fault: the rest of the document at its place, and what it is.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Fault<'a>(pub(crate) &'a [u8], pub(crate) ErrorKind);

impl Fault<'_> {
    /// The fault with its offset in `document`, of which the rest is the tail.
    pub(crate) fn at(self, document: &[u8]) -> Error {
        Error {
            offset: document.len().saturating_sub(self.0.len()) as u32,
            kind: self.1,
        }
    }
}

pub(crate) type Rest<'a> = Result<&'a [u8], Fault<'a>>;

/// Passes over white space.
pub(crate) fn skip_space(mut rest: &[u8]) -> &[u8] {
    while let Some((octet, behind)) = rest.split_first() {
        if !is_space(*octet) {
            break;
        }
        rest = behind;
    }
    rest
}

/// Whether a name can begin with this octet. Octets of other characters than ASCII are not told apart.
pub(crate) const fn starts_name(octet: u8) -> bool {
    matches!(octet, b'A'..=b'Z' | b'a'..=b'z' | b'_' | b':' | 0x80..)
}

/// Whether a name can go on with this octet.
pub(crate) const fn in_name(octet: u8) -> bool {
    starts_name(octet) || matches!(octet, b'0'..=b'9' | b'-' | b'.')
}

/// The name `rest` begins with; empty if it begins with none.
pub(crate) fn name(rest: &[u8]) -> &[u8] {
    if !rest.first().is_some_and(|octet| starts_name(*octet)) {
        return &[];
    }
    let len = rest
        .iter()
        .position(|octet| !in_name(*octet))
        .unwrap_or(rest.len());
    rest.get(..len).unwrap_or(&[])
}

/// A name without its prefix.
pub(crate) fn local(name: &[u8]) -> &[u8] {
    let from = name
        .iter()
        .rposition(|octet| *octet == b':')
        .map_or(0, |colon| colon.wrapping_add(1));
    name.get(from..).unwrap_or(&[])
}

/// What stands behind the next `end`.
pub(crate) fn behind<'a>(rest: &'a [u8], end: &[u8]) -> Rest<'a> {
    let at = rest.windows(end.len()).position(|window| window == end);
    at.and_then(|at| rest.get(at.wrapping_add(end.len())..))
        .ok_or(Fault(&[], ErrorKind::UnexpectedEnd))
}

/// Passes over `<!-- -->`.
pub(crate) fn comment(at: &[u8]) -> Rest<'_> {
    let rest = opened(at, b"<!--")?;
    let rest = behind(rest, b"--")?;
    match rest {
        [b'>', rest @ ..] => Ok(rest),
        [] => Err(Fault(rest, ErrorKind::UnexpectedEnd)),
        _ => Err(Fault(rest, ErrorKind::Syntax)),
    }
}

/// Passes over `<? ?>`; an XML declaration is not one.
pub(crate) fn instruction(at: &[u8]) -> Rest<'_> {
    let rest = opened(at, b"<?")?;
    match name(rest) {
        [] if rest.is_empty() => Err(Fault(rest, ErrorKind::UnexpectedEnd)),
        [] => Err(Fault(rest, ErrorKind::Syntax)),
        target if target.eq_ignore_ascii_case(b"xml") => Err(Fault(at, ErrorKind::Syntax)),
        _ => behind(rest, b"?>"),
    }
}

/// Passes over `<![CDATA[ ]]>`.
pub(crate) fn cdata(at: &[u8]) -> Rest<'_> {
    behind(opened(at, b"<![CDATA[")?, b"]]>")
}

/// Passes over a reference: the character, and what is behind it. Only the five predefined entities are known.
pub(crate) fn reference(at: &[u8]) -> Result<(u32, &[u8]), Fault<'_>> {
    // The longest allowed is "&#x0010FFFF;" with some more zeros.
    let name = at
        .iter()
        .take(20)
        .skip(1)
        .take_while(|octet| octet.is_ascii_alphanumeric() || **octet == b'#');
    let end = name.count().wrapping_add(1);
    match at.get(end) {
        Some(b';') => {}
        None => return Err(Fault(&[], ErrorKind::UnexpectedEnd)),
        Some(_) => return Err(Fault(at, ErrorKind::Entity)),
    }
    let behind = at.get(end.wrapping_add(1)..).unwrap_or(&[]);
    let code = match at.get(1..end).unwrap_or(&[]) {
        b"amp" => u32::from(b'&'),
        b"lt" => u32::from(b'<'),
        b"gt" => u32::from(b'>'),
        b"quot" => u32::from(b'"'),
        b"apos" => u32::from(b'\''),
        [b'#', b'x', digits @ ..] => number(digits, 16).ok_or(Fault(at, ErrorKind::Entity))?,
        [b'#', digits @ ..] => number(digits, 10).ok_or(Fault(at, ErrorKind::Entity))?,
        _ => return Err(Fault(at, ErrorKind::Entity)),
    };
    match char::from_u32(code) {
        Some(c) if is_xml_char(c) => Ok((code, behind)),
        _ => Err(Fault(at, ErrorKind::Character)),
    }
}

/// Whether XML 1.0 can carry the character.
pub(crate) const fn is_xml_char(c: char) -> bool {
    !matches!(c, '\0'..='\x08' | '\x0B' | '\x0C' | '\x0E'..='\x1F' | '\u{FFFE}' | '\u{FFFF}')
}

fn number(digits: &[u8], base: u32) -> Option<u32> {
    if digits.is_empty() {
        return None;
    }
    let mut value = 0u32;
    for digit in digits {
        value = value
            .checked_mul(base)?
            .checked_add(char::from(*digit).to_digit(base)?)?;
    }
    Some(value)
}

/// What stands behind `start`.
fn opened<'a>(at: &'a [u8], start: &[u8]) -> Rest<'a> {
    match at.strip_prefix(start) {
        Some(rest) => Ok(rest),
        None if start.starts_with(at) => Err(Fault(&[], ErrorKind::UnexpectedEnd)),
        None => Err(Fault(at, ErrorKind::Syntax)),
    }
}
