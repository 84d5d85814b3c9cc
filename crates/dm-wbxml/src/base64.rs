//! Base64 (RFC 4648, standard alphabet), a few octets at a time.

/// Why Base64 content cannot be decoded.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Base64Error {
    /// An octet outside the alphabet, wrong padding, or a single digit at the end.
    Invalid,
    /// The result does not fit the buffer.
    TooLong,
}

/// Decodes pieces into one buffer.
pub(crate) struct Decoder<'b> {
    out: &'b mut [u8],
    len: usize,
    /// The last digits, and how many bits of them have not been stored.
    bits: u32,
    held: u8,
    /// Digits and padding, modulo 4 at the end.
    digits: u8,
    padding: u8,
}

impl<'b> Decoder<'b> {
    pub(crate) fn new(out: &'b mut [u8]) -> Self {
        Self {
            out,
            len: 0,
            bits: 0,
            held: 0,
            digits: 0,
            padding: 0,
        }
    }

    pub(crate) fn put(&mut self, piece: &[u8]) -> Result<(), Base64Error> {
        for octet in piece {
            let value = match *octet {
                b'A'..=b'Z' => octet.wrapping_sub(b'A'),
                b'a'..=b'z' => octet.wrapping_sub(b'a').wrapping_add(26),
                b'0'..=b'9' => octet.wrapping_sub(b'0').wrapping_add(52),
                b'+' => 62,
                b'/' => 63,
                b' ' | b'\t' | b'\r' | b'\n' => continue,
                b'=' => {
                    self.padding = self.padding.saturating_add(1);
                    continue;
                }
                _ => return Err(Base64Error::Invalid),
            };
            if self.padding != 0 {
                return Err(Base64Error::Invalid);
            }
            self.digits = self.digits.wrapping_add(1) & 3;
            self.bits = self.bits << 6 | u32::from(value);
            self.held = self.held.wrapping_add(6);
            if self.held >= 8 {
                self.held = self.held.wrapping_sub(8);
                *self.out.get_mut(self.len).ok_or(Base64Error::TooLong)? =
                    (self.bits >> self.held) as u8;
                self.len = self.len.wrapping_add(1);
            }
        }
        Ok(())
    }

    /// The length of the result.
    pub(crate) fn finish(self) -> Result<usize, Base64Error> {
        // A single digit is less than an octet.
        let whole = self.padding == 0 || self.digits.wrapping_add(self.padding) == 4;
        if whole && self.digits != 1 {
            Ok(self.len)
        } else {
            Err(Base64Error::Invalid)
        }
    }
}

/// Three octets as four digits.
pub(crate) fn encode(group: [u8; 3]) -> [u8; 4] {
    let [a, b, c] = group;
    [
        digit(a >> 2),
        digit(a << 4 | b >> 4),
        digit(b << 2 | c >> 6),
        digit(c),
    ]
}

/// The digit for the low six bits.
fn digit(value: u8) -> u8 {
    match value & 63 {
        v @ 0..26 => b'A'.wrapping_add(v),
        v @ 26..52 => b'a'.wrapping_sub(26).wrapping_add(v),
        v @ 52..62 => b'0'.wrapping_sub(52).wrapping_add(v),
        62 => b'+',
        _ => b'/',
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn decode(text: &str, room: usize) -> Result<Vec<u8>, Base64Error> {
        let mut out = vec![0; room];
        let mut decoder = Decoder::new(&mut out);
        decoder.put(text.as_bytes())?;
        let len = decoder.finish()?;
        out.truncate(len);
        Ok(out)
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
        assert_eq!(&encode(*b"foo"), b"Zm9v");
        assert_eq!(&encode([0xFB, 0xEF, 0xFF]), b"++//");
        assert_eq!(&encode([0, 0x10, 0x83]), b"ABCD");
    }
}
