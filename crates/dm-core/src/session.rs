//! What one session remembers between calls.
//!
//! Everything that must outlive a message is copied here; each text has a stated maximum.

use dm_tree::NodeId;
use dm_wbxml::Decimal;
use heapless::{String, Vec, VecView};

use crate::account::{Level, Proof};
use crate::auth::mac::Header;
use crate::auth::{NONCE_MAX, Scheme, put, wipe};
use crate::budget::Budget;
use crate::policy::Policy;

/// A text with a stated maximum that is kept: its length takes one octet.
pub(crate) type Octets<const N: usize> = Vec<u8, N, u8>;
/// One of any maximum.
pub(crate) type OctetsView = VecView<u8, u8>;
/// Octets of the longest address (AppAddr or RespURI).
pub(crate) const URI_MAX: usize = 255;
/// An address.
pub(crate) type Uri = String<URI_MAX, u8>;
/// Octets of the longest ServerID. An account with a longer one begins no session, but fails with
/// [`LimitKind::TextTooLong`](crate::LimitKind::TextTooLong).
pub const SERVER_ID_MAX: usize = 64;
/// A ServerID.
pub(crate) type ServerId = Octets<SERVER_ID_MAX>;
/// Octets of the longest device id.
pub(crate) const DEV_ID_MAX: usize = 64;
/// Challenges to a server in one session: one for a missing Cred, one more for a wrong one (`SEC-C-018`).
pub(crate) const CHALLENGES_MAX: u8 = 2;
/// Octets of the longest MsgID text of a server.
pub(crate) const MSG_ID_MAX: usize = 10;
/// A MsgID of a server.
pub(crate) type MsgId = Octets<MSG_ID_MAX>;
/// Transmissions of package 1 in one session, challenges included (security chapter 4.1, choice).
pub(crate) const PACKAGE1_MAX: u8 = 3;
/// Repeated server messages in a row that are answered from the cache before the session ends.
pub(crate) const REPEATS_MAX: u8 = 3;

/// The protocol version of a session, as in VerProto.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub(crate) enum Version {
    #[default]
    V1_2,
    #[cfg(feature = "profile13")]
    V1_3,
}

impl Version {
    pub(crate) const fn ver_proto(self) -> &'static str {
        match self {
            Self::V1_2 => "DM/1.2",
            #[cfg(feature = "profile13")]
            Self::V1_3 => crate::profile13::VER_PROTO,
        }
    }

    /// As it is written in the account (`1.2`, `1.3`).
    pub(crate) const fn number(self) -> &'static str {
        match self {
            Self::V1_2 => "1.2",
            #[cfg(feature = "profile13")]
            Self::V1_3 => crate::profile13::NUMBER,
        }
    }

    pub(crate) fn from_number(number: &[u8]) -> Option<Self> {
        Self::ALL
            .into_iter()
            .find(|version| version.number().as_bytes() == number)
    }

    /// Highest first.
    #[cfg(feature = "profile13")]
    pub(crate) const ALL: [Self; 2] = [Self::V1_3, Self::V1_2];
    /// Highest first.
    #[cfg(not(feature = "profile13"))]
    pub(crate) const ALL: [Self; 1] = [Self::V1_2];
}

/// The client's own proof (security chapter 4.1).
#[derive(Default)]
pub(crate) struct ClientAuth {
    /// Scheme of the Cred to send; `None`: send none.
    pub(crate) scheme: Option<Scheme>,
    /// The account's entry for it, read once: what a server replaces counts from the next session (`SEC-C-030`).
    pub(crate) proof: Proof,
    /// The nonce of `proof` came with the present message, and is kept when that is proved (`SEC-C-021`).
    pub(crate) keep_nonce: bool,
    /// A message was sealed with that nonce; no other may be (`SEC-C-025`).
    pub(crate) nonce_used: bool,
    /// 212 was received: no Cred is needed any more (`SEC-C-012`).
    pub(crate) done: bool,
    /// The last message carried a Cred.
    pub(crate) sent: bool,
    /// The message that carries the present Cred is a second try after a refusal.
    pub(crate) retried: bool,
    /// The `x-syncml-hmac` header of the last message; empty when it has none.
    pub(crate) seal: Header,
}

/// A nonce of this client: sixteen random octets.
type Issued = Octets<16>;

/// The server's proof (security chapter 4.2).
#[derive(Default)]
pub(crate) struct ServerAuth {
    /// A Cred was right and 212 was sent.
    pub(crate) done: bool,
    /// Scheme of the Cred that was right.
    pub(crate) scheme: Option<Scheme>,
    /// The scheme of the account's entry for the server.
    pub(crate) wanted: Option<Scheme>,
    /// The account's entry, read once (`SEC-C-030`).
    pub(crate) proof: Proof,
    /// The nonce sent last, with a challenge or with 212; empty: none was.
    pub(crate) issued: Issued,
    /// The present message brought credentials that are right: they are answered with the next nonce.
    pub(crate) renew: bool,
    /// The nonce of this session with which a Cred was right; a server may send the same Cred again.
    pub(crate) current: Issued,
    /// It was sent with 212 for the next session, and is kept once the server's next message shows that it came across.
    pub(crate) keep_issued: bool,
    /// Challenges sent since a Cred was right.
    pub(crate) challenges: u8,
}

/// A number as text: one copy of the code for all that is not told with each command.
#[inline(never)]
pub(crate) fn decimal(number: u32) -> Decimal {
    Decimal::new(number)
}

/// Where a session stands.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub(crate) enum State {
    /// No session.
    #[default]
    Idle,
    /// A message was handed out; the answer is due.
    Sent,
    /// A handler asked for time in the middle of a message.
    Waiting,
    /// The user is being asked in the middle of a message.
    Asking,
}

/// The session.
#[derive(Default)]
pub(crate) struct Session {
    /// Outlives the session.
    pub(crate) policy: Policy,
    /// Outlives the session.
    pub(crate) budget: Budget,
    pub(crate) account: Option<NodeId>,
    /// The node `Spoken` of the account.
    pub(crate) spoken: Option<NodeId>,
    /// The node `SessionCount` of the account.
    pub(crate) count: Option<NodeId>,
    pub(crate) server_id: ServerId,
    /// Present address: the account's, or the RespURI of the server.
    pub(crate) uri: Uri,
    /// The host of the address is the account's, or was named by a server that had proved itself.
    pub(crate) uri_is_proven: bool,
    /// The device id, Source of every message.
    pub(crate) dev_id: Octets<DEV_ID_MAX>,
    pub(crate) session_id: u16,
    /// Alert 1200, not 1201, and the SessionID is the server's.
    pub(crate) notified: bool,
    /// The objects that the notification asked for in package 1, by their numbers.
    #[cfg(all(feature = "notification", feature = "profile13", feature = "tnds"))]
    pub(crate) objects: crate::requested::Objects,
    pub(crate) version: Version,
    /// The version may be lowered when the first exchange fails.
    pub(crate) may_fall_back: bool,
    /// MsgID of the message last sent.
    pub(crate) msg_id: u16,
    /// MsgID of the server message last taken.
    pub(crate) server_msg_id: MsgId,
    pub(crate) repeats: u8,
    /// MaxMsgSize of the server; 0: none was named.
    pub(crate) server_max_msg_size: u32,
    /// MaxObjSize of the server; 0: none was named.
    pub(crate) server_max_obj_size: u32,
    /// MaxObjSize of this client; 0: objects in parts are not taken.
    pub(crate) max_obj_size: u32,
    /// ServerAuth of the account is `transport`.
    pub(crate) transport_proof_is_enough: bool,
    pub(crate) client_auth: ClientAuth,
    pub(crate) server_auth: ServerAuth,
    /// Transmissions of package 1.
    pub(crate) package1: u8,
    /// Package 1 was accepted; the session is beyond setup.
    pub(crate) accepted: bool,
    /// The present package goes on in the next message, though everything is answered: there are more events.
    pub(crate) is_open: bool,
    /// The last message ended with Alert 1222: the package it belongs to has no Final yet.
    pub(crate) owes_final: bool,
    /// Messages received, less those that moved an object on.
    pub(crate) rounds: u16,
    /// Octets received.
    pub(crate) octets: u32,
    /// Times that the present message was handed out again.
    pub(crate) retries: u8,
    pub(crate) sent: u16,
    pub(crate) received: u16,
    pub(crate) executed: u16,
    pub(crate) refused: u16,
}

impl Session {
    /// Both sides begin with this nonce instead of those they know (security chapter 5.1). The known ones stay in the account
    /// until a right proof brings new ones.
    pub(crate) fn meet_on(&mut self, nonce: &[u8]) {
        if nonce.len() > NONCE_MAX {
            return;
        }
        put(&mut self.server_auth.proof.nonce, nonce);
        self.client_auth.proof.renew(nonce);
    }

    /// What is known of the credentials of client or server.
    pub(crate) fn proof(&self, level: Level) -> &Proof {
        match level {
            Level::Client => &self.client_auth.proof,
            _ => &self.server_auth.proof,
        }
    }

    /// As [`Self::proof`].
    pub(crate) fn proof_mut(&mut self, level: Level) -> &mut Proof {
        match level {
            Level::Client => &mut self.client_auth.proof,
            _ => &mut self.server_auth.proof,
        }
    }

    /// The scheme that the server has to prove itself with: that of its account, and seals where the client seals, for both
    /// sides do so at the same time (security chapter 6).
    pub(crate) fn wanted_scheme(&self) -> Option<Scheme> {
        match self.client_auth.scheme {
            Some(scheme) if scheme.is_seal() => Some(scheme),
            _ => self.server_auth.wanted,
        }
    }

    /// Whether this is still the very first exchange of the session.
    pub(crate) const fn is_first_exchange(&self) -> bool {
        self.package1 <= 1 && !self.accepted
    }
}

impl Session {
    /// Everything as in a session that has not begun, in place: what is wiped when dropped is dropped, the rest is not
    /// moved over the stack.
    pub(crate) fn clear(&mut self) {
        let Self {
            policy: _,
            budget: _,
            account,
            spoken,
            count,
            server_id,
            uri,
            uri_is_proven,
            dev_id,
            session_id,
            notified,
            #[cfg(all(feature = "notification", feature = "profile13", feature = "tnds"))]
            objects,
            version,
            may_fall_back,
            msg_id,
            server_msg_id,
            repeats,
            server_max_msg_size,
            server_max_obj_size,
            max_obj_size,
            transport_proof_is_enough,
            client_auth,
            server_auth,
            package1,
            accepted,
            is_open,
            owes_final,
            rounds,
            octets,
            retries,
            sent,
            received,
            executed,
            refused,
        } = self;
        *account = None;
        *spoken = None;
        *count = None;
        *uri_is_proven = false;
        server_id.clear();
        uri.clear();
        dev_id.clear();
        server_msg_id.clear();
        client_auth.clear();
        server_auth.clear();
        #[cfg(all(feature = "notification", feature = "profile13", feature = "tnds"))]
        objects.clear();
        *version = Version::default();
        *notified = false;
        *may_fall_back = false;
        *transport_proof_is_enough = false;
        *accepted = false;
        *is_open = false;
        *owes_final = false;
        *session_id = 0;
        *msg_id = 0;
        *rounds = 0;
        *sent = 0;
        *received = 0;
        *executed = 0;
        *refused = 0;
        *server_max_msg_size = 0;
        *server_max_obj_size = 0;
        *max_obj_size = 0;
        *octets = 0;
        *repeats = 0;
        *retries = 0;
        *package1 = 0;
    }
}

impl ClientAuth {
    fn clear(&mut self) {
        self.scheme = None;
        self.proof.clear();
        self.seal.clear();
        self.keep_nonce = false;
        self.nonce_used = false;
        self.done = false;
        self.sent = false;
        self.retried = false;
    }
}

impl ServerAuth {
    /// Takes a nonce for the server's next credentials.
    pub(crate) fn issue(&mut self, nonce: &[u8; 16]) {
        put(&mut self.issued, nonce);
    }

    /// The nonce sent last, if one was.
    pub(crate) fn issued(&self) -> Option<&[u8]> {
        Some(self.issued.as_slice()).filter(|nonce| !nonce.is_empty())
    }

    fn clear(&mut self) {
        self.done = false;
        self.scheme = None;
        self.wanted = None;
        self.proof.clear();
        wipe(&mut self.issued);
        wipe(&mut self.current);
        self.keep_issued = false;
        self.renew = false;
        self.challenges = 0;
    }
}
