//! Why a session could not go on, and who is at fault.

use dm_tree::Reason;
use dm_wbxml::ErrorKind;

/// A number of sixteen bits, what it counts being told where it is used: a status code, or octets. It has no alignment, so that
/// an [`Error`] is one word and goes in a register.
#[derive(Clone, Copy, PartialEq, Eq)]
#[repr(Rust, packed)]
pub struct Code(pub u16);

impl From<Code> for u16 {
    fn from(code: Code) -> Self {
        code.0
    }
}

impl core::fmt::Debug for Code {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        let number = self.0;
        number.fmt(f)
    }
}

/// Why a call or a session failed: four octets.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[non_exhaustive]
pub enum Error {
    /// The server broke the protocol.
    Server(ServerFault),
    /// A message of the server could not be read; nothing of it was executed. What is wrong, and at which octet; 65535: there
    /// or behind it.
    Codec(ErrorKind, Code),
    /// The device's own tree or store refused something that the session needs.
    Device(Reason),
    /// The transport failed.
    Transport(Failure),
    /// The caller broke the driving rule or lent too little.
    Misuse(Misuse),
    /// A limit of this client was reached.
    Limit(LimitKind),
}

/// What the server did wrong.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[non_exhaustive]
pub enum ServerFault {
    /// It sent no message where one was due.
    NoAnswer,
    /// Its message has another SessionID.
    SessionId,
    /// VerDTD or VerProto are not spoken here (answered 505 or 513, `PRO-C-134`).
    Version,
    /// It refused our version and named none that we speak.
    NoCommonVersion,
    /// It refused our credentials twice, or without a challenge (`SEC-C-045`).
    CredentialsRefused,
    /// It asked for a scheme that this client or the account cannot do (`SEC-C-009`).
    UnsupportedScheme,
    /// It could not prove who it is (`SEC-C-016`).
    NotAuthenticated,
    /// Its message is broken behind a readable header (answered 400 and Alert 1223, `PRO-C-135`).
    Malformed,
    /// Its media type is none of DM.
    ContentType,
    /// It refused the session (an error status for our SyncHdr); the code.
    Refused(Code),
    /// Its RespURI leads from https to an address without it.
    InsecureRespUri,
    /// It gave no nonce for the next sealed message (`SEC-C-025`, `SEC-C-027`).
    NoNonce,
    /// It repeats one message over and over.
    Repeats,
    /// Its MaxMsgSize is too small for any answer.
    MaxMsgSize,
}

/// What the transport reports.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[non_exhaustive]
pub enum Failure {
    /// No connection, or it broke.
    Link,
    /// No answer in time.
    Timeout,
    /// The name or certificate of the peer could not be verified.
    Tls,
    /// HTTP status that is not a success.
    Http(Code),
    /// The answer does not follow the transport's rules.
    Protocol,
    /// The answer is larger than the space for it.
    TooLarge,
    /// The host gave up ([`Client::abort`](crate::Client::abort)).
    Cancelled,
}

/// What the caller did wrong.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[non_exhaustive]
pub enum Misuse {
    /// This call does not belong here; the last step names the one that does.
    WrongCall,
    /// `tx` holds fewer octets than package 1 needs; the number needed.
    TxTooSmall(Code),
    /// `rx` holds fewer octets than [`Client::MIN_RX`](crate::Client::MIN_RX).
    RxTooSmall,
    /// The encoding is not part of this build (feature `xml` or `wbxml`).
    Encoding,
    /// The answer is of another kind than the question, or chooses what was not offered.
    Answer,
    /// `Received::len` is larger than the space that was given.
    Length,
    /// An event has no form in a message: a Type that is none, text that is no text, or a text that is too long.
    #[cfg(feature = "events")]
    Event,
    /// No Exec waits for a result under this ticket.
    #[cfg(feature = "events")]
    Ticket,
}

/// A limit of this client.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[non_exhaustive]
pub enum LimitKind {
    /// No account matches the trigger, or it has no usable address.
    NoAccount,
    /// A text of the account or the server is longer than its place in the session.
    TextTooLong,
    /// While answers were still to be sent, a message came that is larger than the space kept for it.
    NextMessage,
    /// Too many messages in one session ([`Budget::messages`](crate::Budget::messages)).
    Messages,
    /// Too many octets in one session ([`Budget::octets`](crate::Budget::octets)).
    Octets,
    /// Too many commands in one message ([`Budget::commands`](crate::Budget::commands)).
    Commands,
    /// A command nests deeper than the client follows.
    Nesting,
    /// The outbox holds as many events as it can.
    #[cfg(feature = "events")]
    Events,
    /// An event is larger than the memory it has to be read into, or than a message.
    #[cfg(feature = "events")]
    EventTooLarge,
}

impl core::fmt::Display for Error {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        match self {
            Self::Server(fault) => write!(f, "the server is at fault: {fault:?}"),
            Self::Codec(kind, at) => {
                let behind = match *at {
                    Code(u16::MAX) => " or behind",
                    _ => "",
                };
                write!(
                    f,
                    "the server's message is broken: {kind} at octet {at:?}{behind}"
                )
            }
            Self::Device(reason) => write!(f, "the device refused: {reason:?}"),
            Self::Transport(failure) => write!(f, "the transport failed: {failure:?}"),
            Self::Misuse(misuse) => write!(f, "the client was used wrongly: {misuse:?}"),
            Self::Limit(limit) => write!(f, "a limit was reached: {limit:?}"),
        }
    }
}

impl core::error::Error for Error {}

impl From<dm_wbxml::Error> for Error {
    #[inline(never)]
    fn from(error: dm_wbxml::Error) -> Self {
        Self::Codec(
            error.kind,
            Code(u16::try_from(error.offset).unwrap_or(u16::MAX)),
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_place_that_is_too_large_is_no_exact_one() {
        let said = |offset| {
            let kind = ErrorKind::Syntax;
            std::format!("{}", Error::from(dm_wbxml::Error { kind, offset }))
        };
        assert!(said(65_534).ends_with("at octet 65534"));
        assert!(said(65_536).ends_with("at octet 65535 or behind"));
    }

    #[test]
    fn an_error_is_one_word() {
        assert_eq!(size_of::<Error>(), 4);
        assert_eq!(size_of::<Result<(), Error>>(), 4);
        assert_eq!(size_of::<Result<bool, Error>>(), 4);
    }
}
