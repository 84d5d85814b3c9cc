//! Character content that is decoded when it is read.

use core::fmt;

use crate::base64::{self, Base64Error, Base64State};
use crate::pieces::Pieces;
use crate::wbxml::pieces as wbxml;
use crate::xml::pieces as xml;
use crate::{Cursor, Document, Encoding, Reader};

/// Character content of an element, borrowed from the message: 12 octets on a 32-bit target.
///
/// Almost all content is one plain piece: [`Text::plain`] gives it without work. The rest
/// (entities, CDATA mixed with text, string table references) is decoded by [`Text::pieces`], and
/// by everything that is built on it, each time it is asked.
#[derive(Clone, Copy)]
pub struct Text<'a> {
    /// The octets as they stand; for [`WBXML`] the document from its first octet to the end of the
    /// content.
    pub(crate) raw: &'a [u8],
    /// The form in the low bits, for [`WBXML`] the start of the content above them.
    pub(crate) form: u32,
}

/// One run of octets.
pub(crate) const PLAIN: u32 = 0;
/// One run of octets, all of them known to be ASCII.
pub(crate) const ASCII: u32 = 1;
/// One run of octets that came as OPAQUE.
pub(crate) const OPAQUE: u32 = 2;
/// XML content: references, CDATA sections, comments, markup.
pub(crate) const XML: u32 = 3;
/// WBXML content tokens.
pub(crate) const WBXML: u32 = 4;
/// WBXML elements instead of text: no content.
pub(crate) const INLINE: u32 = 5;
/// The value of an attribute of client provisioning as WBXML tokens, in which page 0 is in force.
pub(crate) const VALUE_0: u32 = 6;
/// The same, and page 1 is in force.
pub(crate) const VALUE_1: u32 = 7;
/// Which of the forms.
pub(crate) const KIND: u32 = 7;
/// Where the start of the content is in `form`.
pub(crate) const START: u32 = 3;

/// The four white space characters of XML.
pub(crate) const fn is_space(octet: u8) -> bool {
    matches!(octet, b' ' | b'\t' | b'\r' | b'\n')
}

impl<'a> Text<'a> {
    /// No content.
    pub const EMPTY: Text<'static> = Text {
        raw: &[],
        form: PLAIN,
    };

    /// These octets as they are.
    pub const fn from_bytes(bytes: &'a [u8]) -> Self {
        Self {
            raw: bytes,
            form: PLAIN,
        }
    }

    pub(crate) const fn ascii(raw: &'a [u8]) -> Self {
        Self { raw, form: ASCII }
    }

    pub(crate) const fn opaque(bytes: &'a [u8]) -> Self {
        Self {
            raw: bytes,
            form: OPAQUE,
        }
    }

    pub(crate) const fn xml(raw: &'a [u8]) -> Self {
        Self { raw, form: XML }
    }

    pub(crate) const fn wbxml(document: &'a [u8], start: u32) -> Self {
        Self {
            raw: document,
            form: WBXML | start << START,
        }
    }

    /// The value of an attribute, from its start token on; `page` is 0 or 1.
    pub(crate) const fn value(document: &'a [u8], start: u32, page: u8) -> Self {
        let form = if page == 0 { VALUE_0 } else { VALUE_1 };
        Self {
            raw: document,
            form: form | start << START,
        }
    }

    pub(crate) const fn inline(document: &'a [u8], start: u32) -> Self {
        Self {
            raw: document,
            form: INLINE | start << START,
        }
    }

    /// The element that stands in the place of text in WBXML: a reader in front of it, for which
    /// the document ends behind it.
    ///
    /// This is how a tree (`MgmtTree`) stands inline in `Data`; its text is empty. In XML the
    /// markup itself is the text.
    pub fn element(&self) -> Option<Reader<'a>> {
        if self.form & KIND != INLINE {
            return None;
        }
        let document = Document::open(self.raw, Encoding::Wbxml).ok()?;
        let start = Cursor {
            offset: self.form >> START,
            ..Cursor::default()
        };
        Some(Reader::at(self.raw, &document, start))
    }

    /// The content, when it is one plain piece (the usual case).
    #[inline]
    pub const fn plain(&self) -> Option<&'a [u8]> {
        match self.form {
            PLAIN | ASCII | OPAQUE => Some(self.raw),
            _ => None,
        }
    }

    /// Whether it came as one OPAQUE of WBXML, which may be binary.
    pub const fn is_opaque(&self) -> bool {
        self.form == OPAQUE
    }

    /// Gives the decoded content to `take`, a piece at a time and none of them empty, until that
    /// answers that it wants no more (`false`). Whether it wanted all.
    ///
    /// As [`Text::pieces`], in a fraction of the code. Plain content is one piece, empty content
    /// none. Cost: one walk over the content; for a text of several WBXML tokens also over the
    /// header of the document.
    #[inline(never)]
    pub fn all(&self, take: &mut dyn FnMut(&[u8]) -> bool) -> bool {
        if let Some(plain) = self.plain() {
            return plain.is_empty() || take(plain);
        }
        match self.form & KIND {
            // Without the enumeration of what else might be.
            XML if cfg!(feature = "xml") => {
                let mut decoder = xml::Decoder::new(self.raw);
                while let Some(content) = decoder.next() {
                    if !content.offer(take) {
                        return false;
                    }
                }
                true
            }
            WBXML | VALUE_0 | VALUE_1 if cfg!(feature = "wbxml") => {
                let mut decoder = wbxml::Decoder::new(self.raw, self.form);
                while let Some(content) = decoder.next() {
                    if !content.offer(take) {
                        return false;
                    }
                }
                true
            }
            _ => true,
        }
    }

    /// Octets of the decoded content.
    #[inline]
    pub fn len(&self) -> usize {
        match self.plain() {
            Some(plain) => plain.len(),
            None => self.coded_len(),
        }
    }

    #[cold]
    fn coded_len(&self) -> usize {
        let mut len = 0usize;
        self.all(&mut |piece| {
            len = len.saturating_add(piece.len());
            true
        });
        len
    }

    /// Whether the decoded content is empty.
    #[inline(never)]
    pub fn is_empty(&self) -> bool {
        self.all(&mut |_| false)
    }

    /// Whether the decoded content equals `other`.
    #[inline(never)]
    pub fn is(&self, other: &[u8]) -> bool {
        let mut rest = other;
        self.all(&mut |piece| match rest.strip_prefix(piece) {
            Some(after) => {
                rest = after;
                true
            }
            None => false,
        }) && rest.is_empty()
    }

    /// The same without white space at both ends, for token-like values.
    ///
    /// White space that is coded (`&#32;`), or stands in one of several WBXML tokens, stays.
    pub fn trimmed(&self) -> Self {
        let mut trimmed = *self;
        trimmed.trim();
        trimmed
    }

    /// [`Text::trimmed`] in place.
    #[inline(never)]
    pub(crate) fn trim(&mut self) {
        // Nearly all is trimmed already.
        if let (Some(0x21..), Some(0x21..)) = (self.raw.first(), self.raw.last()) {
            return;
        }
        if !matches!(self.form & KIND, WBXML | INLINE | VALUE_0 | VALUE_1) {
            self.raw = trim(self.raw);
        }
    }

    /// Copies the decoded content into `buf` and gives its length; `None` when it does not fit.
    #[inline(never)]
    pub fn copy_to(&self, buf: &mut [u8]) -> Option<usize> {
        let mut at = 0usize;
        self.all(&mut |piece| {
            let end = at.saturating_add(piece.len());
            let Some(room) = buf.get_mut(at..end) else {
                return false;
            };
            copy(room, piece);
            at = end;
            true
        })
        .then_some(at)
    }

    /// The decoded content in one run: the plain piece itself, or a copy in `scratch`; `None` when
    /// that is too small.
    pub fn flatten<'s>(&self, scratch: &'s mut [u8]) -> Option<&'s [u8]>
    where
        'a: 's,
    {
        match self.plain() {
            Some(plain) => Some(plain),
            None => {
                let len = self.copy_to(scratch)?;
                scratch.get(..len)
            }
        }
    }

    /// The number written in decimal digits, white space around it ignored; `None` when there is
    /// anything else, nothing, or more than 32 bits.
    pub fn parse_u32(&self) -> Option<u32> {
        let mut scratch;
        let octets = match self.plain() {
            Some(plain) => plain,
            None => {
                scratch = [0; 20];
                self.flatten(&mut scratch)?
            }
        };
        decimal(trim(octets))
    }

    /// Decodes Base64 content into `buf` and gives the length. REP-C-030.
    ///
    /// White space is skipped anywhere and padding may be missing; anything else that is not Base64
    /// is [`Base64Error::Invalid`], a result longer than `buf` is [`Base64Error::TooLong`].
    pub fn decode_base64(&self, buf: &mut [u8]) -> Result<usize, Base64Error> {
        let mut state = Base64State::default();
        let len = self.decode_base64_part(buf, &mut state)?;
        if state.is_whole() {
            Ok(len)
        } else {
            Err(Base64Error::Invalid)
        }
    }

    /// [`Text::decode_base64`] of content that comes in parts, which may be cut anywhere: the octets
    /// that are whole with this part go to `buf`, their number is given. REP-C-016, REP-C-030.
    ///
    /// `state` is [`Base64State::default`] for the first part and goes on from part to part; behind
    /// the last one [`Base64State::is_whole`] tells whether the content may end there. `buf` needs
    /// three octets for each four digits of the part, rounded up. Cost: one walk over the part.
    ///
    /// # Errors
    /// As of [`Text::decode_base64`]; what `buf` and `state` hold then means nothing.
    #[inline(never)]
    pub fn decode_base64_part(
        &self,
        buf: &mut [u8],
        state: &mut Base64State,
    ) -> Result<usize, Base64Error> {
        let mut decoder = base64::Decoder::new(buf, *state);
        let mut result = Ok(());
        self.all(&mut |piece| {
            result = decoder.put(piece);
            result.is_ok()
        });
        *state = decoder.state;
        result.map(|()| decoder.len)
    }

    /// The decoded content piece by piece.
    pub fn pieces(&self) -> Pieces<'a> {
        Pieces::new(self)
    }

    /// Whether the decoded content is UTF-8.
    pub fn is_utf8(&self) -> bool {
        self.form == ASCII || self.proves_utf8()
    }

    /// [`Text::is_utf8`] by looking at each octet.
    #[cold]
    #[inline(never)]
    pub(crate) fn proves_utf8(&self) -> bool {
        // A piece boundary inside a character would be a string table entry cut in two: not UTF-8
        // either.
        self.all(&mut is_utf8)
    }
}

impl Default for Text<'_> {
    /// Field by field, which is smaller than copies of [`Text::EMPTY`].
    #[inline(always)]
    fn default() -> Self {
        Self {
            raw: &[],
            form: PLAIN,
        }
    }
}

impl<'a> From<&'a [u8]> for Text<'a> {
    fn from(bytes: &'a [u8]) -> Self {
        Self::from_bytes(bytes)
    }
}

impl<'a> From<&'a str> for Text<'a> {
    fn from(text: &'a str) -> Self {
        Self::from_bytes(text.as_bytes())
    }
}

impl fmt::Debug for Text<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("\"")?;
        for piece in self.pieces() {
            write!(f, "{}", piece.escape_ascii())?;
        }
        f.write_str("\"")
    }
}

/// Whether these octets are UTF-8.
pub(crate) fn is_utf8(octets: &[u8]) -> bool {
    behind_utf8(octets, false).is_empty()
}

/// These octets from the first on that is not UTF-8, or with `xml` no character of XML 1.0: what
/// `core` knows too, in a fifth of the flash.
#[inline(never)]
pub(crate) fn behind_utf8(octets: &[u8], xml: bool) -> &[u8] {
    let mut rest = octets;
    while let [lead, behind @ ..] = rest {
        let from = rest;
        rest = behind;
        if matches!(lead, 0x20..=0x7F) {
            continue;
        }
        // The octets of the character, for ASCII none.
        let len = lead.leading_ones();
        let mut code = u32::from(lead & 0x7F_u8.wrapping_shr(len));
        for _ in 1..len {
            let [next @ 0x80..=0xBF, behind @ ..] = rest else {
                return from;
            };
            rest = behind;
            code = code << 6 | u32::from(next & 0x3F);
        }
        // The least one of that length: 0x80, 0x800, 0x1_0000.
        let least = match len {
            0 => 0,
            2..=4 => 1 << len.wrapping_mul(4).wrapping_sub(1).wrapping_add(len >> 2),
            _ => return from,
        };
        if code < least || !is_character(code, xml) {
            return from;
        }
    }
    rest
}

/// Whether there is a character with this number, or with `xml` one that XML 1.0 allows.
#[cfg_attr(feature = "xml", inline(never))] // which has a second caller
pub(crate) fn is_character(code: u32, xml: bool) -> bool {
    let refused = match code {
        0..0x20 => !is_space(code as u8),
        _ => code & !1 == 0xFFFE,
    };
    if xml && refused {
        return false;
    }
    char::from_u32(code).is_some()
}

/// `bytes` without white space at both ends.
#[inline(never)]
fn trim(mut bytes: &[u8]) -> &[u8] {
    while let [first, rest @ ..] = bytes {
        if !is_space(*first) {
            break;
        }
        bytes = rest;
    }
    while let [rest @ .., last] = bytes {
        if !is_space(*last) {
            break;
        }
        bytes = rest;
    }
    bytes
}

fn decimal(digits: &[u8]) -> Option<u32> {
    if digits.is_empty() {
        return None;
    }
    let mut value = 0u32;
    for digit in digits {
        let digit = digit.wrapping_sub(b'0');
        if digit > 9 {
            return None;
        }
        value = value.checked_mul(10)?.checked_add(u32::from(digit))?;
    }
    Some(value)
}

/// Copies as much as both sides hold.
pub(crate) fn copy(to: &mut [u8], from: &[u8]) {
    for (to, from) in to.iter_mut().zip(from) {
        *to = *from;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_plain_decimal_digits() {
        let number = |text: &str| Text::from(text).parse_u32();
        assert_eq!(number("0"), Some(0));
        assert_eq!(number(" 4096\n"), Some(4096));
        assert_eq!(number("4294967295"), Some(u32::MAX));
        assert_eq!(number("00000000000000000000001"), Some(1));
        for wrong in ["", " ", "-1", "+1", "4294967296", "1 2", "0x1", "1."] {
            assert_eq!(number(wrong), None, "{wrong:?}");
        }
    }

    #[test]
    fn utf8_is_what_the_standard_library_takes_for_it() {
        let ends = [
            0, 0x41, 0x7F, 0x80, 0x8F, 0x90, 0x9F, 0xA0, 0xBF, 0xC0, 0xFF,
        ];
        // Miri is some thousand times slower: it takes a share.
        let step = if cfg!(miri) { 97 } else { 1 };
        for lead in (0..=0xFF).step_by(step) {
            for a in (0..=0xFF).step_by(step) {
                for b in ends {
                    for c in ends {
                        let octets = [lead, a, b, c];
                        for len in 0..=octets.len() {
                            let octets = &octets[..len];
                            assert_eq!(is_utf8(octets), core::str::from_utf8(octets).is_ok());
                        }
                    }
                }
            }
        }
    }

    #[test]
    fn a_text_is_small() {
        assert_eq!(
            size_of::<Text<'_>>(),
            size_of::<&[u8]>() + size_of::<usize>()
        );
        assert_eq!(size_of::<Option<Text<'_>>>(), size_of::<Text<'_>>());
    }
}
