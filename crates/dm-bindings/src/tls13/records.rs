//! Looks at the heads of the records that come in, before the library does.
//!
//! Who can write to the network can put records of his own between those of the server. The library takes records that are
//! not encrypted at any time: an alert would end a connection as if the server had, and a handshake message or an
//! encrypted record without content would end the program. So each record is judged by its type and length, which
//! need no key.

use core::cell::Cell;

use embedded_io_async::{Error as _, ErrorKind, ErrorType, Read, Write};

const CHANGE_CIPHER_SPEC: u8 = 20;
const ALERT: u8 = 21;
const HANDSHAKE: u8 = 22;
const ENCRYPTED: u8 = 23;

/// The tag of AES-GCM; an encrypted record holds at least one octet more, its type.
const TAG: usize = 16;
/// The longest encrypted record (RFC 8446, 5.2).
const LONGEST: usize = 16_384 + 256;

/// Where a connection is.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Phase {
    /// Nothing of the server was seen.
    Hello,
    /// The server's hello was; what follows is encrypted.
    Keys,
    /// The server is proved.
    Open,
    /// A record came that does not belong here.
    Broken,
    /// The server said farewell. The library would answer with one that is not encrypted, which is none.
    Ended,
}

/// Whether a record may come now, and what is the phase after it.
fn judge(phase: Phase, kind: u8, len: usize) -> Phase {
    match (phase, kind) {
        (Phase::Hello, HANDSHAKE) if len <= LONGEST => Phase::Keys,
        (Phase::Hello, ALERT) if len == 2 => Phase::Hello,
        // For old boxes on the way (RFC 8446, D.4).
        (Phase::Keys, CHANGE_CIPHER_SPEC) if len == 1 => Phase::Keys,
        (Phase::Keys | Phase::Open, ENCRYPTED) if len > TAG && len <= LONGEST => phase,
        _ => Phase::Broken,
    }
}

/// A stream of records.
#[derive(Debug)]
pub(crate) struct Records<'c, S> {
    pub(crate) stream: S,
    phase: &'c Cell<Phase>,
    head: [u8; 5],
    /// Octets of the head that were read.
    filled: usize,
    /// Octets of the record that were not read.
    left: usize,
}

impl<'c, S> Records<'c, S> {
    pub(crate) const fn new(stream: S, phase: &'c Cell<Phase>) -> Self {
        Self {
            stream,
            phase,
            head: [0; 5],
            filled: 0,
            left: 0,
        }
    }

    /// Takes note of octets of a head.
    fn note(&mut self, octets: &[u8]) {
        for octet in octets {
            if let Some(place) = self.head.get_mut(self.filled) {
                *place = *octet;
                self.filled = self.filled.saturating_add(1);
            }
        }
        if self.filled == self.head.len() {
            let [kind, _, _, high, low] = self.head;
            self.left = usize::from(u16::from_be_bytes([high, low]));
            self.filled = 0;
            self.phase.set(judge(self.phase.get(), kind, self.left));
        }
    }
}

impl<S> ErrorType for Records<'_, S> {
    type Error = ErrorKind;
}

impl<S: Read> Read for Records<'_, S> {
    async fn read(&mut self, buf: &mut [u8]) -> Result<usize, ErrorKind> {
        if matches!(self.phase.get(), Phase::Broken | Phase::Ended) {
            return Err(ErrorKind::InvalidData);
        }
        // Never beyond the end of a head or of a record.
        let most = match self.left {
            0 => self.head.len().saturating_sub(self.filled),
            left => left,
        };
        let most = most.min(buf.len());
        let buf = buf.get_mut(..most).unwrap_or_default();
        let count = self.stream.read(buf).await.map_err(|error| error.kind())?;
        let count = count.min(buf.len());
        match self.left {
            0 => self.note(buf.get(..count).unwrap_or_default()),
            _ => self.left = self.left.saturating_sub(count),
        }
        if self.phase.get() == Phase::Broken {
            return Err(ErrorKind::InvalidData);
        }
        Ok(count)
    }
}

impl<S: Write> Write for Records<'_, S> {
    async fn write(&mut self, buf: &[u8]) -> Result<usize, ErrorKind> {
        if matches!(self.phase.get(), Phase::Broken | Phase::Ended) {
            return Ok(buf.len());
        }
        self.stream.write(buf).await.map_err(|error| error.kind())
    }

    async fn flush(&mut self) -> Result<(), ErrorKind> {
        self.stream.flush().await.map_err(|error| error.kind())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use core::pin::pin;
    use core::task::{Context, Poll, Waker};

    /// Gives at most `step` octets at a time.
    struct Slow<'b>(&'b [u8], usize);

    impl ErrorType for Slow<'_> {
        type Error = ErrorKind;
    }

    impl Read for Slow<'_> {
        async fn read(&mut self, buf: &mut [u8]) -> Result<usize, ErrorKind> {
            let count = buf.len().min(self.1).min(self.0.len());
            let (now, later) = self.0.split_at(count);
            buf[..count].copy_from_slice(now);
            self.0 = later;
            Ok(count)
        }
    }

    fn record(kind: u8, len: usize) -> Vec<u8> {
        let [high, low] = (len as u16).to_be_bytes();
        [&[kind, 3, 3, high, low][..], &vec![kind; len]].concat()
    }

    /// Reads everything as the library does, a head and then its record; gives the octets that came through.
    fn read_all(phase: Phase, records: &[(u8, usize)], step: usize) -> Result<usize, ErrorKind> {
        let octets: Vec<u8> = records
            .iter()
            .flat_map(|(kind, len)| record(*kind, *len))
            .collect();
        let phase = Cell::new(phase);
        let mut filter = Records::new(Slow(&octets, step), &phase);
        let mut buf = [0; 64];
        let mut sum = 0;
        loop {
            let read = pin!(filter.read(&mut buf));
            match read.poll(&mut Context::from_waker(Waker::noop())) {
                Poll::Ready(Ok(0)) => return Ok(sum),
                Poll::Ready(Ok(count)) => sum += count,
                Poll::Ready(Err(why)) => return Err(why),
                Poll::Pending => return Err(ErrorKind::Other),
            }
        }
    }

    #[test]
    fn a_handshake_and_what_follows_it_pass_whatever_the_pieces() {
        let records = [
            (HANDSHAKE, 122),
            (CHANGE_CIPHER_SPEC, 1),
            (ENCRYPTED, 17),
            (ENCRYPTED, 1000),
        ];
        let all: usize = records.iter().map(|(_, len)| len + 5).sum();
        for step in [1, 2, 5, 7, 64] {
            assert_eq!(read_all(Phase::Hello, &records, step), Ok(all), "{step}");
        }
    }

    #[test]
    fn records_that_do_not_belong_there_end_the_connection() {
        let cases: &[(Phase, &[(u8, usize)])] = &[
            (Phase::Hello, &[(ENCRYPTED, 100)]),
            (Phase::Hello, &[(99, 100)]),
            (Phase::Hello, &[(HANDSHAKE, 100), (HANDSHAKE, 100)]),
            (Phase::Hello, &[(HANDSHAKE, 100), (ALERT, 2)]),
            (Phase::Keys, &[(ENCRYPTED, TAG)]),
            (Phase::Keys, &[(ENCRYPTED, 0)]),
            (Phase::Keys, &[(ENCRYPTED, LONGEST + 1)]),
            (Phase::Open, &[(ENCRYPTED, TAG)]),
            (Phase::Open, &[(ALERT, 2)]),
            (Phase::Open, &[(HANDSHAKE, 36)]),
            (Phase::Open, &[(CHANGE_CIPHER_SPEC, 1)]),
        ];
        for (phase, records) in cases {
            for step in [1, 64] {
                let seen = read_all(*phase, records, step);
                assert_eq!(seen, Err(ErrorKind::InvalidData), "{phase:?} {records:?}");
            }
        }
    }
}
