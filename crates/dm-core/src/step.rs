//! What goes in and out of the client: triggers, steps, answers and the final report.
//!
//! Driving rule: *each call returns exactly one [`Step`]; do what it says, then make the one call it names.*

use crate::ask::Question;
use crate::error::Error;

/// Time and randomness of one call. The client has neither of its own.
#[derive(Clone, Copy)]
pub struct Moment {
    /// Milliseconds of a clock that never runs backwards (since boot, say). Only differences are used.
    pub ms: u64,
    /// Seconds since 1970-01-01T00:00:00Z when the device knows them; kept in the TStamp property.
    pub utc: Option<u64>,
    /// Sixteen octets of a real random source, fresh for each call: a nonce issued in this call is these
    /// octets (`SEC-C-019`).
    pub random: [u8; 16],
}

impl core::fmt::Debug for Moment {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        // The random octets may become a nonce, so they are not shown.
        f.debug_struct("Moment")
            .field("ms", &self.ms)
            .field("utc", &self.utc)
            .finish_non_exhaustive()
    }
}

/// A statement whose truth was proved before it reached the client.
///
/// dm-core makes these itself from authenticated input. The only other way is
/// [`Verified::dangerous_assume`].
#[derive(Clone, Copy, Debug)]
pub struct Verified<T>(T);

impl<T> Verified<T> {
    /// Takes `value` as proved. For tests and for input that came over a trusted path, a smart card say.
    pub const fn dangerous_assume(value: T) -> Self {
        Self(value)
    }

    /// What was proved.
    pub const fn get(&self) -> &T {
        &self.0
    }

    #[cfg(feature = "notification")]
    pub(crate) const fn proved(value: T) -> Self {
        Self(value)
    }
}

/// What a notification (Package 0) asks for.
#[derive(Clone, Copy, Debug)]
#[non_exhaustive]
pub struct Notice<'t> {
    /// ServerID of the account to contact.
    pub server_id: &'t str,
    /// SessionID that the server chose; the session must use it (`PRO-C-005`).
    pub session_id: u16,
    /// The special nonce, as the octets that the digest was right with, when it was not with the stored one: the server has
    /// lost its nonce, and both sides begin with this one (security chapter 5.1, [`Policy::resync`](crate::Policy::resync)).
    /// 32 octets at most.
    pub nonce: Option<&'t [u8]>,
    /// What the user is to know of it (`NOT-C-015`). With the feature `ui` and somebody to ask, [`Step::Ask`] comes before
    /// package 1; else it is the caller's to decide whether there is a session.
    #[cfg(feature = "notification")]
    pub ui_mode: crate::notify::UiMode,
    /// Who wanted the session, as the server sees it (`NOT-C-016`).
    #[cfg(feature = "notification")]
    pub initiator: crate::notify::Initiator,
    /// What the vendor put into it, unchanged (`NOT-C-023`).
    #[cfg(feature = "notification")]
    pub vendor: &'t [u8],
    /// What a 1.3 notification says besides.
    #[cfg(all(feature = "notification", feature = "profile13"))]
    pub options: crate::notify::NoticeOptions<'t>,
}

impl<'t> Notice<'t> {
    /// A notice of which no more is known than this.
    #[must_use]
    pub const fn new(server_id: &'t str, session_id: u16) -> Self {
        Self {
            server_id,
            session_id,
            nonce: None,
            #[cfg(feature = "notification")]
            ui_mode: crate::notify::UiMode::NotSpecified,
            #[cfg(feature = "notification")]
            initiator: crate::notify::Initiator::Server,
            #[cfg(feature = "notification")]
            vendor: &[],
            #[cfg(all(feature = "notification", feature = "profile13"))]
            options: crate::notify::NoticeOptions::NONE,
        }
    }
}

/// Why a session starts.
#[derive(Clone, Copy, Debug)]
pub enum Trigger<'t> {
    /// The device wants to talk: Alert 1201.
    Client {
        /// ServerID of the account to use; `None`: the first account of the tree.
        server_id: Option<&'t str>,
        /// SessionID to use; `None`: the account's next one.
        session_id: Option<u16>,
    },
    /// A server asked for it in a notification: Alert 1200.
    Server(Verified<Notice<'t>>),
}

/// What the caller has to do next. Every call into the client answers with exactly one.
#[derive(Debug)]
pub enum Step<'c> {
    /// Send this message, read the answer into [`Client::rx_space`](crate::Client::rx_space), then call
    /// [`Client::receive`](crate::Client::receive); or [`Client::failed`](crate::Client::failed) when it cannot be done.
    Send(Request<'c>),
    /// Ask the user, then call [`Client::answer`](crate::Client::answer).
    Ask(Question<'c>),
    /// Nothing can be done before the given time or a sign from a handler; then call
    /// [`Client::resume`](crate::Client::resume).
    Wait {
        /// Milliseconds of the same clock as [`Moment::ms`]; `None`: whenever it is convenient.
        until: Option<u64>,
    },
    /// The session is over; the next call is [`Client::start`](crate::Client::start).
    Done(Report),
}

/// One message to the server.
#[derive(Clone, Copy, Debug)]
pub struct Request<'c> {
    /// Where to: the account's address, or the RespURI of the server (`PRO-C-022`).
    pub uri: &'c str,
    /// Media type of the body (`REP-C-001`).
    pub content_type: &'static str,
    /// Value of the `x-syncml-hmac` header, when one has to be sent.
    pub hmac: Option<&'c str>,
    /// The message.
    pub body: &'c [u8],
}

/// One answer of the server, whose `len` octets are in the space given by
/// [`Client::rx_space`](crate::Client::rx_space).
#[derive(Clone, Copy, Debug)]
pub struct Received<'r> {
    /// Octets received. Zero: the server had nothing to say.
    pub len: usize,
    /// Media type of the answer as the transport tells it, parameters allowed. Empty: unknown, the first octet decides.
    pub content_type: &'r str,
    /// Value of the `x-syncml-hmac` header, when there was one.
    pub hmac: Option<&'r str>,
    /// What the transport proved about the peer.
    pub peer: Peer<'r>,
}

/// What the transport proved about the peer.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Peer<'r> {
    /// Nothing.
    Plain,
    /// The peer proved to be `name` (a TLS server certificate that was verified, say).
    Secured {
        /// The name that was verified, normally the host of the request's address.
        name: &'r str,
    },
}

/// How a session ended.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[non_exhaustive]
pub enum End {
    /// The server closed it; everything was said.
    Closed,
    /// The server sent Alert 1223.
    AbortedByServer,
    /// A notification wanted the user to be asked, and the user did not say yes. Nothing was sent.
    Declined,
    /// It could not go on.
    Failed(Error),
}

impl From<Error> for End {
    fn from(error: Error) -> Self {
        Self::Failed(error)
    }
}

/// What happened in a session. 28 octets or less.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[non_exhaustive]
pub struct Report {
    /// How it ended.
    pub end: End,
    /// Messages handed out for sending, repeats included.
    pub messages_sent: u16,
    /// Messages of the server that were taken.
    pub messages_received: u16,
    /// Command items of the server that were executed with success.
    pub executed: u16,
    /// Command items of the server that were refused.
    pub refused: u16,
}

impl Report {
    /// Whether the session went to its regular end.
    pub fn is_ok(&self) -> bool {
        self.end == End::Closed
    }
}
