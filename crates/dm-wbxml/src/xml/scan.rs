//! Lexical pieces of XML. Each function takes the rest of the document and gives what is behind the
//! piece.

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

/// A bit for each octet of ASCII that a name can go on with, but for the colon: `-`, `.`, digits;
/// `A` to `Z`, `_`; `a` to `z`.
static PLAIN: [u32; 8] = [0, 0x03FF_6000, 0x87FF_FFFE, 0x07FF_FFFE, 0, 0, 0, 0];

/// Whether this octet is one of [`PLAIN`].
#[inline]
fn is_plain(octet: u8) -> bool {
    // There is a word for whatever three bits are left.
    PLAIN
        .get(usize::from(octet >> 5))
        .is_some_and(|word| word >> (octet & 0x1F) & 1 != 0)
}

/// Whether a name can go on with this octet. Octets of other characters than ASCII are not told
/// apart.
pub(crate) fn in_name(octet: u8) -> bool {
    octet == b':' || octet >= 0x80 || is_plain(octet)
}

/// Whether a name can begin with this octet.
pub(crate) fn starts_name(octet: u8) -> bool {
    in_name(octet) && !matches!(octet, b'0'..=b'9' | b'-' | b'.')
}

/// A name in a tag.
pub(crate) struct Name<'a> {
    /// With its prefix; empty if there is none.
    pub(crate) whole: &'a [u8],
    /// Without its prefix.
    pub(crate) local: &'a [u8],
    /// There are other characters than those of ASCII.
    pub(crate) high: bool,
    /// What is behind it.
    pub(crate) rest: &'a [u8],
}

/// The name `at` begins with.
pub(crate) fn name(at: &[u8]) -> Name<'_> {
    let len = at
        .iter()
        .position(|octet| !is_plain(*octet))
        .unwrap_or(at.len());
    let (whole, rest) = at.split_at_checked(len).unwrap_or((at, &[]));
    match (whole.first(), rest.first()) {
        (_, Some(b':' | 0x80..)) => long_name(at),
        (Some(first), _) if starts_name(*first) => Name {
            whole,
            local: whole,
            high: false,
            rest,
        },
        _ => Name {
            whole: &[],
            local: &[],
            high: false,
            rest: at,
        },
    }
}

/// A name with a prefix or other characters than those of ASCII.
#[cold]
fn long_name(at: &[u8]) -> Name<'_> {
    let mut len = at
        .iter()
        .position(|octet| !in_name(*octet))
        .unwrap_or(at.len());
    if !at.first().is_some_and(|octet| starts_name(*octet)) {
        len = 0;
    }
    let (whole, rest) = at.split_at_checked(len).unwrap_or((at, &[]));
    let from = whole
        .iter()
        .rposition(|octet| *octet == b':')
        .map_or(0, |colon| colon.wrapping_add(1));
    Name {
        whole,
        local: whole.get(from..).unwrap_or(&[]),
        high: !whole.is_ascii(),
        rest,
    }
}

/// Characters of 0x20 to 0x3F that do not stand for themselves.
const SPECIAL: u32 = 1 << (b'&' - 0x20) | 1 << (b'<' - 0x20) | 1 << (b'>' - 0x20);

/// How many octets up to a special or control character; gives all bits set in any of them as well.
pub(crate) fn plain_len(rest: &[u8], high: &mut u8) -> usize {
    let mut seen = *high;
    let mut len = rest.len();
    for (at, octet) in rest.iter().enumerate() {
        if *octet < 0x40 && (*octet < 0x20 || SPECIAL >> (octet & 0x1F) & 1 != 0) {
            len = at;
            break;
        }
        seen |= *octet;
    }
    *high = seen;
    len
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
    match name(rest).whole {
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

/// Passes over a reference: the character, and what is behind it. Only the five predefined entities
/// are known.
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
