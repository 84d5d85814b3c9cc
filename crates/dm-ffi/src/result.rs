//! Result codes: their ranges, and the one mapping from the engine's errors to them.

use dm_core::{End, Error, Failure, LimitKind, Misuse, ServerFault};
use dm_tree::Reason;

/// What a call came to. The thousands say who is at fault; a code never changes its meaning.
///
/// 1000: the calling program. 2000: a limit of this client. 3000: the server. 4000: the device (its tree, store or
/// port). 5000: the transport. The round number stands for everything in its range that has no code of its own yet.
#[repr(u32)]
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum omadm_result_t {
    /// Done. Outputs are written with this code only.
    OMADM_OK = 0,

    /// The program broke the contract.
    OMADM_ERR_MISUSE = 1000,
    /// A pointer that is needed is NULL.
    OMADM_ERR_NULL = 1001,
    /// The object was not initialised, was closed, or was moved to another address.
    OMADM_ERR_NOT_INITIALISED = 1002,
    /// The call came from a callback of the same object.
    OMADM_ERR_BUSY = 1003,
    /// The call does not belong here; the last step names the one that does.
    OMADM_ERR_WRONG_CALL = 1004,
    /// `size` of the configuration is not that of this library: header and library are of different versions.
    OMADM_ERR_CONFIG_SIZE = 1005,
    /// Memory does not have the alignment of its type.
    OMADM_ERR_ALIGNMENT = 1006,
    /// Two pieces of lent memory overlap.
    OMADM_ERR_OVERLAP = 1007,
    /// Memory reaches beyond the address space.
    OMADM_ERR_RANGE = 1008,
    /// Text is not UTF-8.
    OMADM_ERR_UTF8 = 1009,
    /// A number is none of those that the argument takes.
    OMADM_ERR_ARGUMENT = 1010,
    /// The encoding is not part of this build.
    OMADM_ERR_ENCODING = 1011,
    /// The schema is broken, or none.
    OMADM_ERR_SCHEMA = 1012,
    /// A mount names no described node, or has no handler.
    OMADM_ERR_MOUNT = 1013,
    /// A function of the port that is needed is NULL.
    OMADM_ERR_PORT = 1014,
    /// `rx` is too small.
    OMADM_ERR_RX_TOO_SMALL = 1015,
    /// `tx` is too small for package 1; omadm_detail() gives the octets it needs.
    OMADM_ERR_TX_TOO_SMALL = 1016,
    /// `work` is too small for the mounts.
    OMADM_ERR_WORK_TOO_SMALL = 1017,
    /// More octets were received than there was space for.
    OMADM_ERR_LENGTH = 1018,
    /// The configuration asks for what is not part of this build.
    OMADM_ERR_FEATURE = 1019,
    /// The answer is of another kind than the question, or chooses what was not offered.
    OMADM_ERR_ANSWER = 1020,
    /// The event has no form in a message: a type that is none, text that is no text, or a text that is too long.
    OMADM_ERR_EVENT = 1021,
    /// No Exec waits for a result under this ticket.
    OMADM_ERR_TICKET = 1022,

    /// A limit of this client was reached.
    OMADM_ERR_LIMIT = 2000,
    /// No account matches the trigger, or it has no usable address.
    OMADM_ERR_NO_ACCOUNT = 2001,
    /// A text of the account or the server is longer than its place in the session.
    OMADM_ERR_TEXT_TOO_LONG = 2002,
    /// While answers were still to be sent, a message came that is larger than the space kept for it.
    OMADM_ERR_NEXT_MESSAGE = 2003,
    /// Too many messages in one session.
    OMADM_ERR_MESSAGES = 2004,
    /// A command nests deeper than the client follows.
    OMADM_ERR_NESTING = 2005,
    /// Too many octets in one session.
    OMADM_ERR_OCTETS = 2006,
    /// Too many commands in one message.
    OMADM_ERR_COMMANDS = 2007,
    /// As many events wait as can be held.
    OMADM_ERR_EVENTS = 2008,
    /// The event is larger than `work`, a record of the store or a message takes.
    OMADM_ERR_EVENT_TOO_LARGE = 2009,

    /// The server broke the protocol.
    OMADM_ERR_SERVER = 3000,
    /// The server ended the session with Alert 1223.
    OMADM_ERR_ABORTED = 3001,
    /// The server sent no message where one was due.
    OMADM_ERR_NO_ANSWER = 3002,
    /// The server's message has another SessionID.
    OMADM_ERR_SESSION_ID = 3003,
    /// The server's VerDTD or VerProto are not spoken here.
    OMADM_ERR_VERSION = 3004,
    /// The server refused our version and named none that we speak.
    OMADM_ERR_NO_COMMON_VERSION = 3005,
    /// The server refused our credentials.
    OMADM_ERR_CREDENTIALS = 3006,
    /// The server asked for a scheme that this client or the account cannot do.
    OMADM_ERR_SCHEME = 3007,
    /// The server could not prove who it is.
    OMADM_ERR_NOT_AUTHENTICATED = 3008,
    /// The server's message is broken behind a readable header.
    OMADM_ERR_MALFORMED = 3009,
    /// The server's message cannot be read; omadm_detail() gives the octet where reading ended, 65535 also for all behind it.
    OMADM_ERR_UNREADABLE = 3010,
    /// The server's media type is none of DM.
    OMADM_ERR_CONTENT_TYPE = 3011,
    /// The server refused the session; omadm_detail() gives its DM status code.
    OMADM_ERR_REFUSED = 3012,
    /// The server's RespURI leads from https to an address without it.
    OMADM_ERR_INSECURE_RESP_URI = 3013,
    /// The server repeats one message over and over.
    OMADM_ERR_REPEATS = 3014,
    /// The server's MaxMsgSize is too small for any answer.
    OMADM_ERR_MAX_MSG_SIZE = 3015,
    /// The server gave no nonce for the next sealed message.
    OMADM_ERR_NO_NONCE = 3016,
    /// A notification was refused.
    OMADM_ERR_NOTICE = 3100,
    /// The lengths of a notification contradict each other, or it has no usable SessionID.
    OMADM_ERR_NOTICE_MALFORMED = 3101,
    /// A notification of another version; omadm_detail() gives ten times its number.
    OMADM_ERR_NOTICE_VERSION = 3102,
    /// The hash of a notification is none that this build or the policy takes.
    OMADM_ERR_NOTICE_UNSIGNED = 3103,
    /// No account has the server identifier of a notification.
    OMADM_ERR_NOTICE_SERVER = 3104,
    /// The account has no secret to check a notification with.
    OMADM_ERR_NOTICE_CREDENTIALS = 3105,
    /// A notification was not made with the secret and nonce of the account.
    OMADM_ERR_NOTICE_DIGEST = 3106,
    /// A notification is right with the special nonce only, which is not to be used, or was used already.
    OMADM_ERR_NOTICE_NONCE = 3107,
    /// A notification was accepted before, or another one for the same session.
    OMADM_ERR_NOTICE_REPLAYED = 3108,
    /// There were too many notifications.
    OMADM_ERR_NOTICE_TOO_MANY = 3109,
    /// A notification says that it is not to be acted upon any more.
    OMADM_ERR_NOTICE_EXPIRED = 3110,
    /// What arrived is no push for this client.
    OMADM_ERR_PUSH = 3200,
    /// Lengths or codes of a push contradict each other.
    OMADM_ERR_PUSH_MALFORMED = 3201,
    /// It is for another port or application, or no push.
    OMADM_ERR_PUSH_OTHER = 3202,
    /// A push of another media type.
    OMADM_ERR_PUSH_CONTENT_TYPE = 3203,
    /// A part of a push was kept, and others are missing.
    OMADM_ERR_PUSH_INCOMPLETE = 3204,
    /// A push of more or longer parts than there is room for.
    OMADM_ERR_PUSH_TOO_LARGE = 3205,
    /// A bootstrap was refused.
    OMADM_ERR_BOOT = 3300,
    /// The policy takes no bootstrap from there, or not so many accounts.
    OMADM_ERR_BOOT_POLICY = 3301,
    /// Nothing proves the bootstrap.
    OMADM_ERR_BOOT_NO_PROOF = 3302,
    /// The MAC of the bootstrap is wrong; omadm_detail() gives the tries that are left.
    OMADM_ERR_BOOT_WRONG_PROOF = 3303,
    /// The user has not agreed to the bootstrap.
    OMADM_ERR_BOOT_NO_CONSENT = 3304,
    /// The secrets for a MAC are longer than any key.
    OMADM_ERR_BOOT_SECRET = 3305,
    /// The bootstrap has to be WBXML.
    OMADM_ERR_BOOT_XML = 3306,
    /// The bootstrap cannot be read; omadm_detail() gives the octet where reading ended, 65535 also for all behind it.
    OMADM_ERR_BOOT_UNREADABLE = 3307,
    /// The bootstrap is no document of its profile, or has no DM account.
    OMADM_ERR_BOOT_NO_ACCOUNT = 3308,
    /// An account of the bootstrap lacks its server identifier or a usable address.
    OMADM_ERR_BOOT_INCOMPLETE = 3309,
    /// The account of the server came from elsewhere, or the bootstrap has two.
    OMADM_ERR_BOOT_TAKE_OVER = 3310,
    /// The bootstrap is of a version that is not known.
    OMADM_ERR_BOOT_VERSION = 3311,
    /// The bootstrap has a command that none may have.
    OMADM_ERR_BOOT_COMMAND = 3312,
    /// The bootstrap reaches for more than accounts.
    OMADM_ERR_BOOT_OUTSIDE = 3313,
    /// The bootstrap was applied before.
    OMADM_ERR_BOOT_REPLAYED = 3314,
    /// The card does not answer, or not sensibly.
    OMADM_ERR_BOOT_CARD = 3315,
    /// The device does not accept the card.
    OMADM_ERR_BOOT_CARD_REJECTED = 3316,
    /// The data of the card is larger than the memory for it.
    OMADM_ERR_BOOT_CARD_SIZE = 3317,

    /// The device's own tree, store or port refused. With every code of this range omadm_detail() gives the DM status code
    /// of the refusal.
    OMADM_ERR_DEVICE = 4000,
    /// The port gave no random octets.
    OMADM_ERR_RANDOM = 4001,
    /// The store failed.
    OMADM_ERR_STORE = 4002,
    /// No room for another node, name, ACL, record or change.
    OMADM_ERR_FULL = 4003,
    /// The value is longer than what can be held, or than the buffer for it.
    OMADM_ERR_TOO_LARGE = 4004,
    /// The URI is not well formed.
    OMADM_ERR_URI = 4005,
    /// The URI, or one segment of it, exceeds a published limit.
    OMADM_ERR_URI_TOO_LONG = 4006,
    /// The node, or the place it should be made in, does not exist.
    OMADM_ERR_NO_SUCH_NODE = 4007,
    /// The schema describes no such node.
    OMADM_ERR_NOT_DESCRIBED = 4008,
    /// The node exists.
    OMADM_ERR_EXISTS = 4009,
    /// The node is a leaf where an interior node is needed, or the other way round.
    OMADM_ERR_NODE_KIND = 4010,
    /// The value is outside the format of the node.
    OMADM_ERR_VALUE = 4011,
    /// The text is not an ACL.
    OMADM_ERR_ACL = 4012,
    /// The node is being read in pieces, or its handler is not ready: try again.
    OMADM_ERR_NOT_READY = 4013,
    /// The handler of the node refused.
    OMADM_ERR_HANDLER = 4014,

    /// The transport failed.
    OMADM_ERR_TRANSPORT = 5000,
    /// No connection, or it broke.
    OMADM_ERR_LINK = 5001,
    /// No answer in time.
    OMADM_ERR_TIMEOUT = 5002,
    /// The name or certificate of the peer could not be verified.
    OMADM_ERR_TLS = 5003,
    /// An HTTP status that is not a success; omadm_detail() gives it.
    OMADM_ERR_HTTP = 5004,
    /// The answer does not follow the transport's rules.
    OMADM_ERR_PROTOCOL = 5005,
    /// The answer is larger than the space for it.
    OMADM_ERR_ANSWER_TOO_LARGE = 5006,
    /// The host gave up.
    OMADM_ERR_CANCELLED = 5007,
    /// The user did not want the session that a notification asked for. Nothing was sent.
    OMADM_ERR_DECLINED = 5008,
}

use omadm_result_t::*;

/// A code other than OK, and the number that goes with it (0: none).
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct Fault {
    pub(crate) result: omadm_result_t,
    pub(crate) detail: u32,
}

impl From<omadm_result_t> for Fault {
    fn from(result: omadm_result_t) -> Self {
        Self { result, detail: 0 }
    }
}

impl From<Error> for Fault {
    fn from(error: Error) -> Self {
        match error {
            Error::Misuse(misuse) => misuse.into(),
            Error::Limit(limit) => of_limit(limit).into(),
            Error::Server(fault) => fault.into(),
            Error::Codec(_, at) => Self {
                result: OMADM_ERR_UNREADABLE,
                detail: u16::from(at).into(),
            },
            Error::Device(reason) => reason.into(),
            Error::Transport(failure) => failure.into(),
            _ => OMADM_ERR_DEVICE.into(),
        }
    }
}

impl From<Misuse> for Fault {
    fn from(misuse: Misuse) -> Self {
        let result = match misuse {
            Misuse::WrongCall => OMADM_ERR_WRONG_CALL,
            Misuse::TxTooSmall(detail) => {
                return Self {
                    result: OMADM_ERR_TX_TOO_SMALL,
                    detail: u16::from(detail).into(),
                };
            }
            Misuse::RxTooSmall => OMADM_ERR_RX_TOO_SMALL,
            Misuse::Encoding => OMADM_ERR_ENCODING,
            Misuse::Length => OMADM_ERR_LENGTH,
            Misuse::Answer => OMADM_ERR_ANSWER,
            #[cfg(feature = "events")]
            Misuse::Event => OMADM_ERR_EVENT,
            #[cfg(feature = "events")]
            Misuse::Ticket => OMADM_ERR_TICKET,
            _ => OMADM_ERR_MISUSE,
        };
        result.into()
    }
}

fn of_limit(limit: LimitKind) -> omadm_result_t {
    match limit {
        LimitKind::NoAccount => OMADM_ERR_NO_ACCOUNT,
        LimitKind::TextTooLong => OMADM_ERR_TEXT_TOO_LONG,
        LimitKind::NextMessage => OMADM_ERR_NEXT_MESSAGE,
        LimitKind::Messages => OMADM_ERR_MESSAGES,
        LimitKind::Nesting => OMADM_ERR_NESTING,
        LimitKind::Octets => OMADM_ERR_OCTETS,
        LimitKind::Commands => OMADM_ERR_COMMANDS,
        #[cfg(feature = "events")]
        LimitKind::Events => OMADM_ERR_EVENTS,
        #[cfg(feature = "events")]
        LimitKind::EventTooLarge => OMADM_ERR_EVENT_TOO_LARGE,
        _ => OMADM_ERR_LIMIT,
    }
}

impl From<ServerFault> for Fault {
    fn from(fault: ServerFault) -> Self {
        let result = match fault {
            ServerFault::NoAnswer => OMADM_ERR_NO_ANSWER,
            ServerFault::SessionId => OMADM_ERR_SESSION_ID,
            ServerFault::Version => OMADM_ERR_VERSION,
            ServerFault::NoCommonVersion => OMADM_ERR_NO_COMMON_VERSION,
            ServerFault::CredentialsRefused => OMADM_ERR_CREDENTIALS,
            ServerFault::UnsupportedScheme => OMADM_ERR_SCHEME,
            ServerFault::NotAuthenticated => OMADM_ERR_NOT_AUTHENTICATED,
            ServerFault::Malformed => OMADM_ERR_MALFORMED,
            ServerFault::ContentType => OMADM_ERR_CONTENT_TYPE,
            ServerFault::Refused(code) => {
                return Self {
                    result: OMADM_ERR_REFUSED,
                    detail: u16::from(code).into(),
                };
            }
            ServerFault::InsecureRespUri => OMADM_ERR_INSECURE_RESP_URI,
            ServerFault::Repeats => OMADM_ERR_REPEATS,
            ServerFault::MaxMsgSize => OMADM_ERR_MAX_MSG_SIZE,
            ServerFault::NoNonce => OMADM_ERR_NO_NONCE,
            _ => OMADM_ERR_SERVER,
        };
        result.into()
    }
}

impl From<Reason> for Fault {
    fn from(reason: Reason) -> Self {
        let result = match reason {
            Reason::Store => OMADM_ERR_STORE,
            Reason::Full => OMADM_ERR_FULL,
            Reason::TooLarge => OMADM_ERR_TOO_LARGE,
            Reason::UriSyntax | Reason::Query => OMADM_ERR_URI,
            Reason::UriTooLong => OMADM_ERR_URI_TOO_LONG,
            Reason::NoSuchNode | Reason::NoSuchParent => OMADM_ERR_NO_SUCH_NODE,
            Reason::NotDescribed => OMADM_ERR_NOT_DESCRIBED,
            Reason::Exists => OMADM_ERR_EXISTS,
            Reason::NotLeaf | Reason::NotInterior => OMADM_ERR_NODE_KIND,
            Reason::Value | Reason::Utf8 | Reason::Format => OMADM_ERR_VALUE,
            Reason::AclSyntax => OMADM_ERR_ACL,
            Reason::Busy => OMADM_ERR_NOT_READY,
            Reason::Handler(_) => OMADM_ERR_HANDLER,
            _ => OMADM_ERR_DEVICE,
        };
        Self {
            result,
            detail: reason.status().0.into(),
        }
    }
}

impl From<Failure> for Fault {
    fn from(failure: Failure) -> Self {
        let result = match failure {
            Failure::Link => OMADM_ERR_LINK,
            Failure::Timeout => OMADM_ERR_TIMEOUT,
            Failure::Tls => OMADM_ERR_TLS,
            Failure::Http(status) => {
                return Self {
                    result: OMADM_ERR_HTTP,
                    detail: u16::from(status).into(),
                };
            }
            Failure::Protocol => OMADM_ERR_PROTOCOL,
            Failure::TooLarge => OMADM_ERR_ANSWER_TOO_LARGE,
            Failure::Cancelled => OMADM_ERR_CANCELLED,
            _ => OMADM_ERR_TRANSPORT,
        };
        result.into()
    }
}

impl Fault {
    /// How a session ended; the regular end is OMADM_OK.
    pub(crate) fn of_end(end: End) -> Self {
        match end {
            End::Closed => OMADM_OK.into(),
            End::AbortedByServer => OMADM_ERR_ABORTED.into(),
            End::Declined => OMADM_ERR_DECLINED.into(),
            End::Failed(error) => error.into(),
            _ => OMADM_ERR_SERVER.into(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use dm_core::Code;
    use dm_tree::{Refusal, Status};

    #[test]
    fn each_error_has_a_code_in_the_range_of_who_is_at_fault() {
        for (error, range) in [
            (Error::Misuse(Misuse::WrongCall), 1),
            (Error::Misuse(Misuse::TxTooSmall(Code(900))), 1),
            (Error::Limit(LimitKind::NoAccount), 2),
            (Error::Server(ServerFault::Repeats), 3),
            (Error::Codec(dm_wbxml::ErrorKind::Syntax, Code(7)), 3),
            (Error::Device(Reason::Store), 4),
            (Error::Transport(Failure::Tls), 5),
        ] {
            let fault = Fault::from(error);
            assert_eq!(fault.result as u32 / 1000, range, "{error:?}");
            assert_ne!(
                fault.result as u32 % 1000,
                0,
                "{error:?} has a code of its own"
            );
        }
    }

    #[test]
    fn the_detail_is_the_number_inside_the_error() {
        let detail = |error: Error| Fault::from(error).detail;
        assert_eq!(detail(Error::Misuse(Misuse::TxTooSmall(Code(900)))), 900);
        assert_eq!(detail(Error::Server(ServerFault::Refused(Code(503)))), 503);
        assert_eq!(detail(Error::Transport(Failure::Http(Code(502)))), 502);
        assert_eq!(detail(Error::Device(Reason::Exists)), 418);
        let refused = Reason::Handler(Refusal::new(Status(409)));
        assert_eq!(detail(Error::Device(refused)), 409);
    }

    #[test]
    fn codes_never_change() {
        // Programs in the field compare with these numbers.
        assert_eq!(OMADM_ERR_BUSY as u32, 1003);
        assert_eq!(OMADM_ERR_LENGTH as u32, 1018);
        assert_eq!(OMADM_ERR_NESTING as u32, 2005);
        assert_eq!(OMADM_ERR_MAX_MSG_SIZE as u32, 3015);
        assert_eq!(OMADM_ERR_HANDLER as u32, 4014);
        assert_eq!(OMADM_ERR_CANCELLED as u32, 5007);
        assert_eq!(OMADM_ERR_TICKET as u32, 1022);
        assert_eq!(OMADM_ERR_EVENT_TOO_LARGE as u32, 2009);
        assert_eq!(OMADM_ERR_NO_NONCE as u32, 3016);
        assert_eq!(OMADM_ERR_DECLINED as u32, 5008);
        assert_eq!(OMADM_ERR_NOTICE_EXPIRED as u32, 3110);
        assert_eq!(OMADM_ERR_PUSH_TOO_LARGE as u32, 3205);
        assert_eq!(OMADM_ERR_BOOT_REPLAYED as u32, 3314);
        assert_eq!(OMADM_ERR_BOOT_CARD_SIZE as u32, 3317);
    }
}
