//! Where a value is written to: skips what was sent, keeps what fits, counts everything.

use crate::decimal::Decimal;
use crate::handler::{Outcome, Progress};
use crate::reason::Reason;

/// The receiver of value bytes, for example a message being written.
pub trait Output {
    /// Takes as many of `bytes` as there is room for, from the first on, and says how many.
    ///
    /// After it has taken less than it was offered it is not called again for the same value.
    fn put(&mut self, bytes: &[u8]) -> usize;
}

/// An [`Output`] in lent memory.
#[derive(Debug)]
pub struct Buffer<'b> {
    bytes: &'b mut [u8],
    length: usize,
}

impl<'b> Buffer<'b> {
    /// An empty one.
    pub const fn new(bytes: &'b mut [u8]) -> Self {
        Self { bytes, length: 0 }
    }

    /// What was written.
    #[must_use]
    pub fn written(&self) -> &[u8] {
        self.bytes.get(..self.length).unwrap_or_default()
    }

    /// What was written, for as long as the memory is lent.
    #[must_use]
    pub fn into_written(self) -> &'b [u8] {
        self.bytes.get(..self.length).unwrap_or_default()
    }
}

impl Output for Buffer<'_> {
    fn put(&mut self, bytes: &[u8]) -> usize {
        let room = self.bytes.len().saturating_sub(self.length);
        let taken = room.min(bytes.len());
        let bytes = bytes.get(..taken).unwrap_or_default();
        crate::pool::put(self.bytes, self.length, bytes);
        self.length = self.length.saturating_add(taken);
        taken
    }
}

/// A one-way street for the bytes of one value.
///
/// A producer writes the whole value each time it is asked. The sink drops the part that was delivered before,
/// passes on what the output has room for, and counts all of it: one method serves to measure, to write and to
/// continue.
pub struct Sink<'o> {
    out: Option<&'o mut dyn Output>,
    skip: u32,
    count: u32,
    taken: u32,
    full: bool,
}

impl<'o> Sink<'o> {
    /// A sink that only counts.
    #[must_use]
    pub const fn counting() -> Sink<'static> {
        Sink {
            out: None,
            skip: 0,
            count: 0,
            taken: 0,
            full: false,
        }
    }

    /// A sink that delivers from the first byte on.
    #[must_use]
    pub const fn new(out: &'o mut dyn Output) -> Self {
        Self::resume(out, 0)
    }

    /// A sink that delivers all but the first `skip` bytes.
    #[must_use]
    pub const fn resume(out: &'o mut dyn Output, skip: u32) -> Self {
        Self {
            out: Some(out),
            skip,
            count: 0,
            taken: 0,
            full: false,
        }
    }

    /// Offers the next bytes of the value.
    pub fn put(&mut self, bytes: &[u8]) {
        let skipped = usize::try_from(self.skip.saturating_sub(self.count)).unwrap_or(usize::MAX);
        self.count = self
            .count
            .saturating_add(u32::try_from(bytes.len()).unwrap_or(u32::MAX));
        let (Some(out), Some(rest), false) = (&mut self.out, bytes.get(skipped..), self.full)
        else {
            return;
        };
        if rest.is_empty() {
            return;
        }
        let taken = out.put(rest);
        self.full = taken < rest.len();
        self.taken = self
            .taken
            .saturating_add(u32::try_from(taken).unwrap_or(u32::MAX));
    }

    /// Writes a whole value of characters.
    ///
    /// # Errors
    /// None; the type lets a handler end with this call.
    pub fn text(&mut self, text: &str) -> Outcome {
        self.bytes(text.as_bytes())
    }

    /// Writes a whole value of octets.
    ///
    /// # Errors
    /// None; the type lets a handler end with this call.
    pub fn bytes(&mut self, bytes: &[u8]) -> Outcome {
        self.put(bytes);
        Ok(Progress::Done)
    }

    /// Writes a whole number in decimal, as the value of an `int` leaf.
    ///
    /// # Errors
    /// [`Reason::Value`] outside -2147483648..=4294967295, the range of the format.
    pub fn int(&mut self, value: i64) -> Outcome {
        let magnitude = u32::try_from(value.unsigned_abs()).map_err(|_| Reason::Value)?;
        if value < 0 {
            if magnitude > i32::MIN.unsigned_abs() {
                return Err(Reason::Value);
            }
            self.put(b"-");
        }
        self.bytes(Decimal::new(magnitude).as_bytes())
    }

    /// Writes `true` or `false`.
    ///
    /// # Errors
    /// None; the type lets a handler end with this call.
    pub fn bool(&mut self, value: bool) -> Outcome {
        self.text(if value { "true" } else { "false" })
    }

    /// Bytes offered so far, the skipped ones and the ones without room included: the length of the value at its end.
    #[must_use]
    pub const fn count(&self) -> u32 {
        self.count
    }

    /// Bytes of the value that have been delivered, the skipped ones included: where to [`resume`](Self::resume).
    #[must_use]
    pub const fn reached(&self) -> u32 {
        self.skip.saturating_add(self.taken)
    }

    /// Bytes that are not delivered before the first one that is.
    #[cfg(feature = "tnds")]
    pub(crate) const fn skipped(&self) -> u32 {
        self.skip
    }

    /// Goes on behind so many bytes, all of them skipped ones.
    #[cfg(feature = "tnds")]
    pub(crate) fn go_on(&mut self, count: u32) {
        self.count = count.min(self.skip);
    }

    /// Whether the output had no room for something it was offered.
    #[must_use]
    pub const fn is_full(&self) -> bool {
        self.full
    }
}

impl core::fmt::Debug for Sink<'_> {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.write_str("Sink")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    struct Room<'b>(&'b mut [u8], usize);

    impl Output for Room<'_> {
        fn put(&mut self, bytes: &[u8]) -> usize {
            let n = bytes.len().min(self.0.len() - self.1);
            self.0[self.1..self.1 + n].copy_from_slice(&bytes[..n]);
            self.1 += n;
            n
        }
    }

    #[test]
    fn a_value_is_delivered_in_pieces_of_any_size() {
        for room in 1..12 {
            let mut whole = [0u8; 16];
            let mut at = 0;
            loop {
                let mut piece = [0u8; 16];
                let mut out = Room(&mut piece[..room], 0);
                let mut sink = Sink::resume(&mut out, at);
                sink.put(b"abc");
                sink.put(b"");
                sink.put(b"defghij");
                assert_eq!(sink.count(), 10);
                let (full, reached) = (sink.is_full(), sink.reached());
                whole[at as usize..reached as usize]
                    .copy_from_slice(&piece[..(reached - at) as usize]);
                at = reached;
                if !full {
                    break;
                }
            }
            assert_eq!(&whole[..at as usize], b"abcdefghij");
        }
    }

    #[test]
    fn a_counting_sink_delivers_nothing_and_is_never_full() {
        let mut sink = Sink::counting();
        sink.put(&[0; 100]);
        assert_eq!((sink.count(), sink.is_full()), (100, false));
    }

    #[test]
    fn numbers_are_written_in_decimal_within_the_range_of_the_format() {
        for value in [0, 7, -1, 10, 4_294_967_295, -2_147_483_648_i64] {
            let mut buf = [0u8; 16];
            let mut out = Room(&mut buf, 0);
            assert_eq!(Sink::new(&mut out).int(value), Ok(Progress::Done));
            let n = out.1;
            assert_eq!(core::str::from_utf8(&buf[..n]).unwrap().parse(), Ok(value));
        }
        for value in [4_294_967_296, -2_147_483_649_i64, i64::MIN, i64::MAX] {
            assert_eq!(Sink::counting().int(value), Err(Reason::Value));
        }
    }
}
