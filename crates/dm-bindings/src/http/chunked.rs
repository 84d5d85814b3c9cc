//! The chunked transfer coding, taken apart in whatever pieces it arrives (RFC 9112, 7.1).
//!
//! Line ends are CR LF and nothing else: a bare LF, which some intermediaries take and some do not, is how
//! one answer is made to look like two.

use dm_core::Failure;

use super::request::copy;

/// Octets of extensions and trailers that an answer may have.
const MARGIN: u16 = 4096;

/// The most digits of a chunk size; leading zeros count.
const DIGITS: u8 = 16;

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum State {
    /// In the digits of a size.
    Size,
    /// In white space behind a size.
    Space,
    /// In the extensions of a chunk.
    Extension,
    /// Before the LF of a size line.
    SizeEnd,
    /// In the octets of a chunk.
    Data,
    /// Before the CR behind a chunk.
    DataCr,
    /// Before the LF behind a chunk.
    DataEnd,
    /// At the beginning of a trailer line.
    Line,
    /// In a trailer line.
    Trailer,
    /// Before the LF of a trailer line.
    TrailerEnd,
    /// Before the very last LF.
    LastEnd,
    Done,
}

/// A decoder that keeps its place between pieces.
#[derive(Debug)]
pub(crate) struct Chunked {
    state: State,
    /// Digits of the present size.
    digits: u8,
    /// What is left of [`MARGIN`].
    margin: u16,
    /// Octets left in the present chunk.
    left: usize,
    /// Octets decoded.
    len: usize,
}

impl Chunked {
    pub(crate) const fn new() -> Self {
        Self {
            state: State::Size,
            digits: 0,
            margin: MARGIN,
            left: 0,
            len: 0,
        }
    }

    /// Octets decoded so far; they are at the beginning of the space given to [`feed`](Self::feed).
    pub(crate) const fn len(&self) -> usize {
        self.len
    }

    /// Whether the last chunk and the trailers were seen.
    pub(crate) fn is_done(&self) -> bool {
        self.state == State::Done
    }

    /// Takes the next piece, appends its data to `space`, and tells how many octets it used: all of them, unless
    /// the body ended before.
    pub(crate) fn feed(&mut self, piece: &[u8], space: &mut [u8]) -> Result<usize, Failure> {
        let mut rest = piece;
        while self.state != State::Done {
            if self.state == State::Data {
                let (data, after) = rest.split_at_checked(self.left).unwrap_or((rest, &[]));
                let Some(free) = space.get_mut(self.len..) else {
                    return Err(Failure::TooLarge);
                };
                let count = copy(free, data);
                self.len = self.len.saturating_add(count);
                self.left = self.left.saturating_sub(count);
                if self.left == 0 {
                    self.state = State::DataCr;
                }
                rest = after;
            }
            let Some((octet, after)) = rest.split_first() else {
                break;
            };
            rest = after;
            self.octet(*octet, space.len().saturating_sub(self.len))?;
        }
        Ok(piece.len().saturating_sub(rest.len()))
    }

    /// One octet of anything but data; `free` octets of space are left.
    fn octet(&mut self, octet: u8, free: usize) -> Result<(), Failure> {
        self.state = match (self.state, octet) {
            (State::Size, b'0'..=b'9' | b'a'..=b'f' | b'A'..=b'F') => {
                // '0' to '9' end in 0 to 9, 'a' and 'A' in 1.
                let low = usize::from(octet & 0x0F);
                let digit = if octet.is_ascii_digit() {
                    low
                } else {
                    low.saturating_add(9)
                };
                let size = self
                    .left
                    .checked_mul(16)
                    .and_then(|left| left.checked_add(digit));
                self.left = size.filter(|size| *size <= free).ok_or(Failure::TooLarge)?;
                self.digits = self.digits.saturating_add(1);
                if self.digits > DIGITS {
                    return Err(Failure::Protocol);
                }
                State::Size
            }
            (State::Size | State::Space, b'\r') if self.digits > 0 => State::SizeEnd,
            (State::Size | State::Space, b';') if self.digits > 0 => State::Extension,
            (State::Size | State::Space, b' ' | b'\t') if self.digits > 0 => {
                self.spend()?;
                State::Space
            }
            (State::Extension, b'\r') => State::SizeEnd,
            (State::Extension, _) if is_text(octet) => {
                self.spend()?;
                State::Extension
            }
            (State::SizeEnd, b'\n') => {
                self.digits = 0;
                if self.left == 0 {
                    State::Line
                } else {
                    State::Data
                }
            }
            (State::DataCr, b'\r') => State::DataEnd,
            (State::DataEnd, b'\n') => State::Size,
            (State::Line, b'\r') => State::LastEnd,
            (State::Trailer, b'\r') => State::TrailerEnd,
            (State::Line | State::Trailer, _) if is_text(octet) => {
                self.spend()?;
                State::Trailer
            }
            (State::TrailerEnd, b'\n') => State::Line,
            (State::LastEnd, b'\n') => State::Done,
            _ => return Err(Failure::Protocol),
        };
        Ok(())
    }

    fn spend(&mut self) -> Result<(), Failure> {
        self.margin = self.margin.checked_sub(1).ok_or(Failure::TooLarge)?;
        Ok(())
    }
}

fn is_text(octet: u8) -> bool {
    octet == b'\t' || !octet.is_ascii_control()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Feeds the text in pieces of `step` octets and gives the body and what followed it.
    fn decode(text: &[u8], space: usize, step: usize) -> Result<(Vec<u8>, usize), Failure> {
        let mut body = vec![0xEE; space];
        let mut decoder = Chunked::new();
        let mut used = 0;
        for piece in text.chunks(step) {
            let count = decoder.feed(piece, &mut body)?;
            used += count;
            if decoder.is_done() {
                break;
            }
            assert_eq!(count, piece.len());
        }
        assert!(decoder.is_done(), "unfinished");
        body.truncate(decoder.len());
        Ok((body, text.len() - used))
    }

    #[test]
    fn a_body_is_the_same_in_whatever_pieces_it_comes() {
        let text = b"5;name=\"va;lue\"\r\nhello\r\n1 \t;x\r\n,\r\n00a\r\n 012345678\r\n0;last\r\nA: b\r\nC:\r\n\r\nrest";
        for step in 1..=text.len() {
            let (body, left) = decode(text, 16, step).unwrap();
            assert_eq!(body, b"hello, 012345678", "{step}");
            assert_eq!(left, 4);
        }
    }

    #[test]
    fn a_body_may_come_in_many_chunks() {
        let text = "1\r\nx\r\n".repeat(100) + "0\r\n\r\n";
        assert_eq!(decode(text.as_bytes(), 100, 7), Ok((vec![b'x'; 100], 0)));
    }

    #[test]
    fn an_empty_body_is_one_chunk_of_nothing() {
        assert_eq!(decode(b"0\r\n\r\n", 0, 1), Ok((vec![], 0)));
    }

    #[test]
    fn what_does_not_fit_is_refused_before_it_is_read() {
        let text = b"4\r\nabcd\r\n1\r\ne\r\n0\r\n\r\n";
        assert!(decode(text, 5, 3).is_ok());
        assert_eq!(decode(text, 4, 3), Err(Failure::TooLarge));
        assert_eq!(
            decode(b"ffffffffffffffff\r\n", 100, 1),
            Err(Failure::TooLarge)
        );
        assert_eq!(
            decode(b"10000000000000000\r\n", 100, 1),
            Err(Failure::TooLarge)
        );
    }

    #[test]
    fn overhead_is_bounded() {
        let long = vec![b'x'; usize::from(MARGIN) + 1];
        let extension = [b"0;", &long[..], b"\r\n\r\n"].concat();
        assert_eq!(decode(&extension, 9, 100), Err(Failure::TooLarge));
        let trailer = [b"0\r\nA:", &long[..], b"\r\n\r\n"].concat();
        assert_eq!(decode(&trailer, 9, 100), Err(Failure::TooLarge));
        assert_eq!(
            decode(b"00000000000000000\r\n\r\n", 9, 100),
            Err(Failure::Protocol)
        );
        assert!(decode(b"0000000000000000\r\n\r\n", 9, 100).is_ok());
    }

    #[test]
    fn ambiguous_framing_is_refused() {
        let cases: [&[u8]; 15] = [
            b"\r\n",
            b";x\r\n",
            b" 1\r\n",
            b"-1\r\n",
            b"+1\r\n",
            b"0x1\r\n",
            b"1 1\r\n",
            b"1\nx\r\n",
            b"1;\nx\r\n",
            b"1\r\nxy\r\n",
            b"1\r\nx\r\n\r\n\r\n",
            b"1\r\nx\n0\r\n\r\n",
            b"0\r\n\n",
            b"0\r\nA: b\n\r\n",
            b"0\r\n\rX",
        ];
        for text in cases {
            assert_eq!(
                decode(text, 9, 1),
                Err(Failure::Protocol),
                "{}",
                text.escape_ascii()
            );
        }
    }
}
