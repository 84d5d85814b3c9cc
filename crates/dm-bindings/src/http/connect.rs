//! Where the streams come from, and what they prove.

use embedded_io_async::{Read, Write};

use super::uri::{Authority, Scheme};
use dm_core::Failure;

/// A stream to a server, and what is proved about the server.
///
/// There is no third way: a stream is secured only if whoever opened it says which name was verified.
#[derive(Clone, Copy, Debug)]
pub enum Link<'n, S> {
    /// An open stream to somebody.
    Plain(S),
    /// A stream whose far end proved by a verified certificate, or an equal proof, to be `name`. An unverified
    /// TLS session is [`Plain`](Self::Plain).
    Secured {
        /// The stream; what is written to it is encrypted.
        stream: S,
        /// The verified name. It has to be the host that was asked for ([`Authority::host`]).
        name: &'n str,
    },
}

impl<S> Link<'_, S> {
    /// The stream, if it is what the address asks for. A secured stream serves a plain address too, as a plain one.
    pub(crate) fn admit(self, asked: &Authority<'_>) -> Result<S, Failure> {
        match (asked.scheme, self) {
            (Scheme::Http, Self::Plain(stream) | Self::Secured { stream, .. }) => Ok(stream),
            (Scheme::Https, Self::Secured { stream, name })
                if name.eq_ignore_ascii_case(asked.host) =>
            {
                Ok(stream)
            }
            (Scheme::Https, _) => Err(Failure::Tls),
        }
    }
}

/// Opens streams for the HTTP client: TCP, TLS, a modem's sockets.
///
/// The stream may borrow from the connector (record buffers of TLS, the memory of a socket): the client has one
/// stream at a time and opens the next one only after it is done with the last.
///
/// Reads and writes should give up after a time of the device's choice and report
/// [`TimedOut`](embedded_io_async::ErrorKind::TimedOut); nothing above them watches a clock.
pub trait Connector {
    /// The stream.
    type Stream<'c>: Read + Write
    where
        Self: 'c;

    /// Opens a stream to `target`: with [`Scheme::Https`] it negotiates TLS and verifies that the peer is
    /// [`Authority::host`].
    ///
    /// # Errors
    /// [`Failure::Link`] when there is no connection, [`Failure::Timeout`] when it took too long, [`Failure::Tls`] when
    /// the peer could not prove its name or TLS is not available.
    async fn connect<'t>(
        &mut self,
        target: &Authority<'t>,
    ) -> Result<Link<'t, Self::Stream<'_>>, Failure>;

    /// Closes a stream that is in order, with whatever farewell its protocol has. A broken one is just dropped.
    async fn close<'c>(stream: Self::Stream<'c>)
    where
        Self: 'c,
    {
        drop(stream);
    }
}
