//! Base64 (RFC 4648, standard alphabet), a few octets at a time.

/// Why Base64 content cannot be decoded.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Base64Error {
    /// An octet outside the alphabet, wrong padding, or a single digit at the end.
    Invalid,
    /// The result does not fit the buffer.
    TooLong,
}

/// The digits.
static ALPHABET: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

/// What an octet stands for: a digit, or one of the following, which are below 0.
#[allow(clippy::indexing_slicing, clippy::arithmetic_side_effects)] // evaluated when the crate is built
static VALUES: [i8; 256] = {
    let mut values = [INVALID; 256];
    let mut value = 0;
    while value < ALPHABET.len() {
        values[ALPHABET[value] as usize] = value as i8;
        value += 1;
    }
    values[b'=' as usize] = PADDING;
    values[b' ' as usize] = SPACE;
    values[b'\t' as usize] = SPACE;
    values[b'\r' as usize] = SPACE;
    values[b'\n' as usize] = SPACE;
    values
};

const INVALID: i8 = -1;
const PADDING: i8 = -2;
const SPACE: i8 = -3;

/// Where decoding stands between two parts of Base64 content, by default in front of the first
/// ([`Text::decode_base64_part`](crate::Text::decode_base64_part)): up to three digits that are no
/// whole group, and padding. 8 octets.
#[derive(Clone, Copy, Debug, Default)]
pub struct Base64State {
    /// The digits of a group that is not complete, and how many they are.
    bits: u32,
    digits: u8,
    padding: u8,
}

impl Base64State {
    /// Whether the content may end here: padding is whole or missing, and no digit stands alone. Of
    /// no content at all that is true.
    pub fn is_whole(&self) -> bool {
        // A single digit is less than an octet.
        let padded = self.padding == 0 || self.digits.wrapping_add(self.padding) == 4;
        padded && self.digits != 1
    }
}

/// Decodes pieces into one buffer.
pub(crate) struct Decoder<'b> {
    out: &'b mut [u8],
    pub(crate) len: usize,
    pub(crate) state: Base64State,
}

impl<'b> Decoder<'b> {
    pub(crate) fn new(out: &'b mut [u8], state: Base64State) -> Self {
        Self { out, len: 0, state }
    }

    pub(crate) fn put(&mut self, piece: &[u8]) -> Result<(), Base64Error> {
        let mut rest = piece;
        loop {
            if self.state.digits == 0 && self.state.padding == 0 {
                let groups = decode(rest, self.out.get_mut(self.len..).unwrap_or(&mut []));
                rest = rest.get(groups.wrapping_mul(4)..).unwrap_or(&[]);
                self.len = self.len.wrapping_add(groups.wrapping_mul(3));
            }
            let Some((octet, behind)) = rest.split_first() else {
                return Ok(());
            };
            rest = behind;
            match VALUES.get(usize::from(*octet)) {
                Some(&SPACE) => {}
                Some(&PADDING) => self.state.padding = self.state.padding.saturating_add(1),
                Some(&digit @ 0..) if self.state.padding == 0 => self.digit(digit)?,
                _ => return Err(Base64Error::Invalid),
            }
        }
    }

    /// One digit.
    fn digit(&mut self, digit: i8) -> Result<(), Base64Error> {
        let state = &mut self.state;
        state.bits = state.bits << 6 | digit as u32;
        state.digits = state.digits.wrapping_add(1) & 3;
        if state.digits != 1 {
            // Of 12, 18 or 24 bits 4, 2 or none are of the next octet.
            let rest = state.digits.wrapping_neg() << 1 & 6;
            *self.out.get_mut(self.len).ok_or(Base64Error::TooLong)? = (state.bits >> rest) as u8;
            self.len = self.len.wrapping_add(1);
        }
        Ok(())
    }
}

/// Decodes whole groups of digits as long as there is nothing else and room; gives how many.
fn decode(octets: &[u8], out: &mut [u8]) -> usize {
    let (groups, _) = octets.as_chunks();
    let (rooms, _) = out.as_chunks_mut();
    let mut count = 0usize;
    for (group, room) in groups.iter().zip(rooms) {
        // One that is no digit makes the number negative.
        let [a, b, c, d] = group;
        let bits = value(a) << 18 | value(b) << 12 | value(c) << 6 | value(d);
        if bits < 0 {
            break;
        }
        let [_, bytes @ ..] = bits.to_be_bytes();
        *room = bytes;
        count = count.wrapping_add(1);
    }
    count
}

/// The value of a digit, a negative number for another octet.
#[inline(always)]
fn value(octet: &u8) -> i32 {
    // There is a value for every octet.
    VALUES
        .get(usize::from(*octet))
        .copied()
        .unwrap_or(INVALID)
        .into()
}

/// A group of up to three octets, the first one in bits 16 to 23, as digits and padding.
pub(crate) fn encode(bits: u32, octets: u8) -> [u8; 4] {
    let mut text = [b'='; 4];
    let mut bits = bits << 8;
    for digit in text.iter_mut().take(usize::from(octets).wrapping_add(1)) {
        *digit = match (bits >> 26) as u8 {
            letter @ 0..26 => letter.wrapping_add(b'A'),
            letter @ 26..52 => letter.wrapping_add(b'a' - 26),
            number @ 52..62 => number.wrapping_sub(52 - b'0'),
            62 => b'+',
            _ => b'/',
        };
        bits <<= 6;
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Text;

    fn decode(text: &str, room: usize) -> Result<Vec<u8>, Base64Error> {
        let mut out = vec![0; room];
        let mut decoder = Decoder::new(&mut out, Base64State::default());
        decoder.put(text.as_bytes())?;
        let (len, state) = (decoder.len, decoder.state);
        out.truncate(len);
        state.is_whole().then_some(out).ok_or(Base64Error::Invalid)
    }

    /// The test vectors of RFC 4648, section 10.
    #[test]
    fn published_vectors_decode_with_and_without_padding() {
        for (text, octets) in [
            ("", ""),
            ("Zg==", "f"),
            ("Zm8=", "fo"),
            ("Zm9v", "foo"),
            ("Zm9vYg==", "foob"),
            ("Zm9vYmE=", "fooba"),
            ("Zm9vYmFy", "foobar"),
        ] {
            assert_eq!(decode(text, 6), Ok(octets.into()));
            assert_eq!(decode(text.trim_end_matches('='), 6), Ok(octets.into()));
        }
        assert_eq!(decode(" Zm\r\n9v\tYg= = ", 4), Ok(b"foob".to_vec()));
    }

    #[test]
    fn content_may_be_cut_anywhere() {
        let text = b"Zm9v\r\nYmE=";
        for first in 0..=text.len() {
            for second in first..=text.len() {
                let mut state = Base64State::default();
                let mut octets: Vec<u8> = Vec::new();
                for part in [&text[..first], &text[first..second], &text[second..]] {
                    // As much room as the part can need.
                    let mut out = vec![0; (part.len() * 3).div_ceil(4)];
                    let len = Text::from_bytes(part).decode_base64_part(&mut out, &mut state);
                    octets.extend(&out[..len.unwrap()]);
                }
                assert!(state.is_whole());
                assert_eq!(octets, b"fooba", "{first}, {second}");
            }
        }
        for (part, is_whole) in [("", true), ("Z", false), ("Zm", true), ("Zm=", false)] {
            let mut state = Base64State::default();
            let len = Text::from(part).decode_base64_part(&mut [0; 3], &mut state);
            assert_eq!(len, Ok(part.len() / 2));
            assert_eq!(state.is_whole(), is_whole, "{part}");
        }
    }

    #[test]
    fn broken_base64_is_refused() {
        for text in [
            "Z",
            "Zm9vY",
            "Zg=",
            "Zg===",
            "=",
            "Zm9v=",
            "Zg==Zg==",
            "Zm-_",
            "Zm9\u{e9}",
        ] {
            assert_eq!(decode(text, 16), Err(Base64Error::Invalid), "{text}");
        }
        assert_eq!(decode("Zm9v", 2), Err(Base64Error::TooLong));
        assert_eq!(decode("Zg==", 0), Err(Base64Error::TooLong));
    }

    #[test]
    fn encoding_is_the_inverse() {
        let encode = |octets: &[u8; 3], len| {
            encode(
                u32::from_be_bytes([0, octets[0], octets[1], octets[2]]),
                len,
            )
        };
        assert_eq!(&encode(b"foo", 3), b"Zm9v");
        assert_eq!(&encode(b"fo\0", 2), b"Zm8=");
        assert_eq!(&encode(b"f\0\0", 1), b"Zg==");
        assert_eq!(&encode(&[0xFB, 0xEF, 0xFF], 3), b"++//");
        assert_eq!(&encode(&[0, 0x10, 0x83], 3), b"ABCD");
    }
}
