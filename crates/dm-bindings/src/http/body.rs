//! The body of a response: where its octets go, and when it ends.

use dm_core::Failure;

use super::chunked::Chunked;
use super::request::copy;
use super::response::Framing;

/// A body on its way into the space of the answer (`rx`). What has to be decoded first goes through a second space
/// (`rest`).
pub(crate) struct Body {
    framing: Framing,
    decoder: Chunked,
    /// Octets of the body so far.
    len: usize,
    done: bool,
    /// Octets that came behind the end of the body.
    beyond: usize,
}

impl Body {
    /// Begins with the octets that were read along with the head.
    pub(crate) fn begin(framing: Framing, early: &[u8], rx: &mut [u8]) -> Result<Self, Failure> {
        if matches!(framing, Framing::Length(len) if len > rx.len()) {
            return Err(Failure::TooLarge);
        }
        let mut body = Self {
            framing,
            decoder: Chunked::new(),
            len: 0,
            done: false,
            beyond: 0,
        };
        match framing {
            Framing::Chunked => body.decode(early, rx)?,
            Framing::Length(len) => {
                body.arrived(copy(rx.get_mut(..len).unwrap_or_default(), early));
                body.beyond = early.len().saturating_sub(len);
            }
            Framing::Close => {
                if early.len() > rx.len() {
                    return Err(Failure::TooLarge);
                }
                body.arrived(copy(rx, early));
            }
        }
        Ok(body)
    }

    /// Whether all of it is there.
    pub(crate) fn is_done(&self) -> bool {
        self.done
    }

    /// Octets of the body, and of what came behind it.
    pub(crate) fn lens(&self) -> (usize, usize) {
        (self.len, self.beyond)
    }

    /// Where to read on. Empty: the memory does not suffice.
    pub(crate) fn space<'s>(&self, rest: &'s mut [u8], rx: &'s mut [u8]) -> &'s mut [u8] {
        let direct = match self.framing {
            Framing::Length(len) => rx.get_mut(self.len..len),
            Framing::Close => rx.get_mut(self.len..).filter(|free| !free.is_empty()),
            Framing::Chunked => None,
        };
        // A body that ends with the stream may be as large as its space: one read more will tell.
        direct.unwrap_or(rest)
    }

    /// Takes the `count` octets that were read into [`space`](Self::space); none: the end of the stream.
    pub(crate) fn take(&mut self, count: usize, rest: &[u8], rx: &mut [u8]) -> Result<(), Failure> {
        match self.framing {
            Framing::Close if count == 0 => {
                self.done = true;
                Ok(())
            }
            _ if count == 0 => Err(Failure::Link),
            Framing::Close if self.len == rx.len() => Err(Failure::TooLarge),
            Framing::Chunked => self.decode(rest.get(..count).unwrap_or(rest), rx),
            Framing::Close | Framing::Length(_) => {
                self.arrived(count);
                Ok(())
            }
        }
    }

    fn arrived(&mut self, count: usize) {
        self.len = self.len.saturating_add(count);
        self.done = self.framing == Framing::Length(self.len);
    }

    fn decode(&mut self, piece: &[u8], rx: &mut [u8]) -> Result<(), Failure> {
        let used = self.decoder.feed(piece, rx)?;
        self.len = self.decoder.len();
        self.done = self.decoder.is_done();
        self.beyond = piece.len().saturating_sub(used);
        Ok(())
    }
}
