//! The connector, and the streams that it gives.

use core::cell::Cell;
use core::fmt;

use dm_core::Failure;
use embedded_io_async::{Error as _, ErrorKind, ErrorType, Read, Write};
use embedded_tls::{
    Aes128GcmSha256, MaxFragmentLength, TlsConfig, TlsConnection, TlsContext, TlsError,
};

use super::guard::{Guard, Provider, Random};
use super::records::{Phase, Records};
use super::trust::Trust;
use crate::http::{Authority, Connector, Link, Scheme};

/// The largest record with its head, rounded up as the library has it. A buffer of this size takes any record.
const RECORD: usize = 16_640;

/// What a record adds to its content, generously.
const OVERHEAD: usize = 256;

/// A source of random octets for keys.
pub trait Entropy {
    /// Fills `to` from a cryptographic generator. With octets that can be guessed everybody can read the session.
    ///
    /// # Errors
    /// [`NoEntropy`]: there are none now. The connection is refused.
    fn fill(&mut self, to: &mut [u8]) -> Result<(), NoEntropy>;
}

/// The generator has nothing to give.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct NoEntropy;

/// Why a server was refused.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[non_exhaustive]
pub enum Refusal {
    /// It finished the handshake without a certificate, or without a signature by its key.
    Unproved,
    /// Its certificate was not accepted: another issuer or name, not valid now, more than one of them, not for a server,
    /// a kind of key that is not known here.
    Certificate,
    /// The signature is not by the key in its certificate.
    Signature,
    /// A record came where it does not belong.
    Record,
    /// The handshake failed otherwise: no TLS 1.3, no algorithm in common, no TLS at all.
    Handshake,
    /// The device has no random octets.
    Entropy,
    /// The host's name has more than so many octets ([`HOST_MAX`]). No connection was opened.
    HostTooLong(usize),
}

/// Octets of the longest host name: as long as the names of certificates that the library reads.
pub const HOST_MAX: usize = 64;

/// TLS 1.3 around a connector that opens plain streams.
///
/// An `http` address gets a stream of the inner connector as it is; whether such addresses are used is up to
/// [`Config::plain`](crate::http::Config::plain).
pub struct Tls13<'b, C, T, E> {
    inner: C,
    trust: T,
    entropy: E,
    rx: &'b mut [u8],
    tx: &'b mut [u8],
    phase: Cell<Phase>,
    refusal: Option<Refusal>,
}

impl<'b, C: Connector, T: Trust, E: Entropy> Tls13<'b, C, T, E> {
    /// The least size of `tx`: the first message of a handshake with a long name.
    pub const MIN_TX: usize = 512;

    /// A connector with two record buffers.
    ///
    /// `rx` takes one whole record of the server: 16,640 octets take any. With less, the server is asked to keep its
    /// records to 4, 2, 1 or half a KiB, whatever fits with 256 octets to spare; one that does not do so ends the
    /// connection with [`Failure::Tls`] or [`Failure::Link`]. `tx` takes one record of ours; 2 KiB are plenty, with less
    /// than [`MIN_TX`](Self::MIN_TX) every connection is refused.
    pub fn new(inner: C, trust: T, entropy: E, rx: &'b mut [u8], tx: &'b mut [u8]) -> Self {
        Self {
            inner,
            trust,
            entropy,
            rx,
            tx,
            phase: Cell::new(Phase::Hello),
            refusal: None,
        }
    }

    /// Why the last connection came to nothing, if the reason was the server, its name or the handshake.
    pub fn refusal(&self) -> Option<Refusal> {
        self.refusal
    }

    /// The connector inside.
    pub fn inner(&mut self) -> &mut C {
        &mut self.inner
    }
}

impl<C, T, E> fmt::Debug for Tls13<'_, C, T, E> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Tls13")
    }
}

impl<C: Connector, T: Trust, E: Entropy> Connector for Tls13<'_, C, T, E> {
    type Stream<'c>
        = Stream<'c, C::Stream<'c>>
    where
        Self: 'c;

    async fn connect<'t>(
        &mut self,
        target: &Authority<'t>,
    ) -> Result<Link<'t, Self::Stream<'_>>, Failure> {
        let Self {
            inner,
            trust,
            entropy,
            rx,
            tx,
            phase,
            refusal,
        } = self;
        *refusal = None;
        if tx.len() < Self::MIN_TX {
            return Err(Failure::Tls);
        }
        if target.scheme == Scheme::Https && target.host.len() > HOST_MAX {
            *refusal = Some(Refusal::HostTooLong(HOST_MAX));
            return Err(Failure::Tls);
        }
        let plain = Authority {
            scheme: Scheme::Http,
            ..*target
        };
        let stream = match inner.connect(&plain).await? {
            Link::Plain(stream) | Link::Secured { stream, .. } => stream,
        };
        if target.scheme == Scheme::Http {
            return Ok(Link::Plain(Stream(Kind::Plain(stream))));
        }
        phase.set(Phase::Hello);
        let phase = &*phase;
        let host = target.host;
        let config = config(host, rx.len());
        let mut tls = TlsConnection::new(Records::new(stream, phase), rx, tx);
        let mut provider = Provider {
            guard: Guard::new(trust.verifier(host)),
            random: Random {
                entropy,
                failed: false,
            },
        };
        let opened = tls.open(TlsContext::new(&config, &mut provider)).await;
        let objection = if provider.random.failed {
            Some(Refusal::Entropy)
        } else if phase.get() == Phase::Broken {
            Some(Refusal::Record)
        } else {
            provider.guard.objection()
        };
        match (opened, objection) {
            (Ok(()), None) => {
                phase.set(Phase::Open);
                let stream = Stream(Kind::Secured { tls, phase });
                Ok(Link::Secured { stream, name: host })
            }
            (Err(TlsError::Io(kind)), None | Some(Refusal::Unproved)) => Err(match kind {
                ErrorKind::TimedOut => Failure::Timeout,
                _ => Failure::Link,
            }),
            // The server closed the connection in the middle.
            (Err(TlsError::IoError), None | Some(Refusal::Unproved)) => Err(Failure::Link),
            (Err(_), None | Some(Refusal::Unproved)) => {
                *refusal = Some(Refusal::Handshake);
                Err(Failure::Tls)
            }
            (_, objection) => {
                *refusal = objection;
                Err(Failure::Tls)
            }
        }
    }

    async fn close<'c>(stream: Stream<'c, C::Stream<'c>>)
    where
        Self: 'c,
    {
        let stream = match stream.0 {
            Kind::Plain(stream) => stream,
            // The session is over: a farewell that is lost changes nothing.
            Kind::Secured { tls, .. } => match tls.close().await {
                Ok(records) | Err((records, _)) => records.stream,
            },
        };
        C::close(stream).await;
    }
}

fn config(host: &str, rx: usize) -> TlsConfig<'_> {
    let config = TlsConfig::new().with_server_name(host);
    let fits = |content: usize| rx >= content.saturating_add(OVERHEAD);
    let limit = match rx {
        _ if rx >= RECORD => return config,
        _ if fits(4096) => MaxFragmentLength::Bits12,
        _ if fits(2048) => MaxFragmentLength::Bits11,
        _ if fits(1024) => MaxFragmentLength::Bits10,
        _ => MaxFragmentLength::Bits9,
    };
    config.with_max_fragment_length(limit)
}

/// A stream of [`Tls13`].
///
/// It ends (a read gives 0) only when the server said farewell. One that breaks off without is an error, because
/// anybody on the way could have cut it.
pub struct Stream<'c, S: Read + Write + 'c>(Kind<'c, S>);

// There is one of them at a time, and nowhere to put it but here.
#[allow(clippy::large_enum_variant)]
enum Kind<'c, S: Read + Write + 'c> {
    Plain(S),
    Secured {
        tls: TlsConnection<'c, Records<'c, S>, Aes128GcmSha256>,
        phase: &'c Cell<Phase>,
    },
}

impl<S: Read + Write> fmt::Debug for Stream<'_, S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Stream")
    }
}

impl<S: Read + Write> ErrorType for Stream<'_, S> {
    type Error = ErrorKind;
}

impl<S: Read + Write> Read for Stream<'_, S> {
    async fn read(&mut self, buf: &mut [u8]) -> Result<usize, ErrorKind> {
        match &mut self.0 {
            Kind::Plain(stream) => stream.read(buf).await.map_err(|error| error.kind()),
            Kind::Secured { phase, .. } if phase.get() == Phase::Ended => Ok(0),
            Kind::Secured { tls, phase } => match tls.read(buf).await {
                Err(TlsError::ConnectionClosed) => {
                    phase.set(Phase::Ended);
                    Ok(0)
                }
                result => result.map_err(kind),
            },
        }
    }
}

impl<S: Read + Write> Write for Stream<'_, S> {
    async fn write(&mut self, buf: &[u8]) -> Result<usize, ErrorKind> {
        match &mut self.0 {
            Kind::Plain(stream) => stream.write(buf).await.map_err(|error| error.kind()),
            Kind::Secured { tls, .. } => tls.write(buf).await.map_err(kind),
        }
    }

    async fn flush(&mut self) -> Result<(), ErrorKind> {
        match &mut self.0 {
            Kind::Plain(stream) => stream.flush().await.map_err(|error| error.kind()),
            Kind::Secured { tls, .. } => tls.flush().await.map_err(kind),
        }
    }
}

fn kind(error: TlsError) -> ErrorKind {
    match error {
        TlsError::Io(kind) => kind,
        TlsError::IoError => ErrorKind::ConnectionAborted,
        _ => ErrorKind::InvalidData,
    }
}
