//! Notifications (Package 0): a push that asks for a session, believed only when it is proved.
//!
//! Notification chapter of the specification digest. [`Client::notified`] does all of it, in this order, and whatever fails
//! has no effect but a count: nothing is sent (`NOT-C-027`), nothing is stored, the session under way goes on.
//!
//! | step | refused as |
//! | --- | --- |
//! | lengths, version, SessionID | [`Malformed`](Rejected::Malformed), [`Version`](Rejected::Version) |
//! | too many forged ones lately | [`TooMany`](Rejected::TooMany) |
//! | the server has an account (`NOT-C-024`) | [`UnknownServer`](Rejected::UnknownServer) |
//! | the account has credentials to check with | [`NoCredentials`](Rejected::NoCredentials) |
//! | the digest is right, in constant time (`NOT-C-025`) | [`Digest`](Rejected::Digest) |
//! | it is not expired | [`Expired`](Rejected::Expired) |
//! | it was not accepted before (`NOT-C-026`) | [`Replayed`](Rejected::Replayed) |
//! | the server has not asked for too much lately | [`TooMany`](Rejected::TooMany) |
//! | what was just accepted is remembered | [`Device`](Rejected::Device) |
//!
//! Only then there is a [`Trigger`], and its session may begin: what was remembered survives a restart, so a captured
//! notification is good once, also for somebody who can cut the power.
//!
//! What a replay window cannot do: remember for ever. It holds the last eight notifications of a server; one that is older is
//! refused because the nonce it was made with has gone. A server that never sends a new nonce keeps old notifications
//! alive, and each is then good for one more session with that very server.

mod guard;
mod package0;
#[cfg(feature = "profile13")]
mod v13;

use dm_tree::{Reason, Tree};

#[cfg(feature = "profile13")]
use crate::account::Level;
use crate::account::{self, Proof};
use crate::auth::{Scheme, hash};
use crate::client::Client;
use crate::error::Error;
use crate::step::{Moment, Trigger, Verified};
use crate::tell::Said;
use guard::{Bucket, Guard};
use package0::Package0;

pub use package0::{Initiator, UiMode};
#[cfg(feature = "profile13")]
pub use v13::{Bearer, NoticeOptions};

/// The special nonce on which two sides meet that have lost each other's: four octets, as the specification seems to mean,
/// or the ten characters that some servers take (notification chapter 3.1).
const SPECIAL_NONCES: [&[u8]; 2] = [&[0; 4], b"0x00000000"];

/// A notification as it was carried, without its wrapping. The media type of the push says which one it is.
#[derive(Clone, Copy, Debug)]
pub enum Notification<'p> {
    /// `application/vnd.syncml.notification` (0x44): the trigger of DM 1.2.
    V1_2(&'p [u8]),
    /// `application/vnd.syncml.dm.notification` (0x58): the extensible one of DM 1.3 (`P-NOTI-1`, this project's profile).
    #[cfg(feature = "profile13")]
    V1_3(&'p [u8]),
}

/// What notifications have to keep to, beyond being right.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[non_exhaustive]
pub struct NoticeRules {
    /// Sessions that the notifications of one server may bring about in a row.
    pub burst: u8,
    /// Seconds after which there may be one more.
    pub interval: u32,
    /// Takes 1.2 triggers whose version says 1.0 or 1.2, as some servers write it, besides 1.1.
    pub lenient_version: bool,
    /// Checks a 1.3 notification with the credentials of the server's sessions when the account has none for notifications.
    #[cfg(feature = "profile13")]
    pub session_credentials: bool,
}

impl NoticeRules {
    /// Eight sessions, then one in ten minutes; nothing lenient.
    pub const DEFAULT: Self = Self {
        burst: 8,
        interval: 600,
        lenient_version: false,
        #[cfg(feature = "profile13")]
        session_credentials: false,
    };
}

impl Default for NoticeRules {
    fn default() -> Self {
        Self::DEFAULT
    }
}

/// Why a notification was dropped. For the application's own eyes: on the outside all of them look the same.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[non_exhaustive]
pub enum Rejected {
    /// Its lengths or options contradict each other, or it has no usable SessionID.
    Malformed,
    /// It is of another version of the notification: ten times its number.
    Version(u16),
    /// It is not signed, or with a hash that this build or the [`Policy`](crate::Policy) does not take.
    Unsigned,
    /// No account has its server identifier.
    UnknownServer,
    /// The account has no secret to check it with.
    NoCredentials,
    /// It was not made with the secret and nonce of the account.
    Digest,
    /// It is right with the special nonce only, which is not to be used, or was used already.
    SpecialNonce,
    /// It was accepted before, or another one for the same session.
    Replayed,
    /// It says that it is not to be acted upon any more.
    Expired,
    /// There were too many.
    TooMany,
    /// The tree or its store failed; what cannot be remembered is not acted upon.
    Device(Reason),
}

impl core::fmt::Display for Rejected {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        match self {
            Self::Malformed => f.write_str("it is malformed"),
            Self::Version(version) => write!(f, "its version is {}.{}", version / 10, version % 10),
            Self::Unsigned => f.write_str("it is not signed in a way that counts"),
            Self::UnknownServer => f.write_str("the server has no account"),
            Self::NoCredentials => f.write_str("the account has no secret for it"),
            Self::Digest => f.write_str("its digest is wrong"),
            Self::SpecialNonce => f.write_str("the special nonce is not to be used"),
            Self::Replayed => f.write_str("it was accepted before"),
            Self::Expired => f.write_str("it has expired"),
            Self::TooMany => f.write_str("there were too many"),
            Self::Device(reason) => write!(f, "the device refused: {reason:?}"),
        }
    }
}

impl core::error::Error for Rejected {}

/// How many notifications were accepted and rejected since the client was made. Neither number wraps around.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct NoticeCounts {
    /// Those that became a trigger.
    pub accepted: u16,
    /// Those that were dropped.
    pub rejected: u16,
}

/// What the client remembers of notifications until it is dropped.
pub(crate) struct State {
    rules: NoticeRules,
    counts: NoticeCounts,
    /// Wrong digests that are still looked at.
    patience: Bucket,
}

impl State {
    pub(crate) const NEW: Self = Self {
        rules: NoticeRules::DEFAULT,
        counts: NoticeCounts {
            accepted: 0,
            rejected: 0,
        },
        patience: Bucket::full(PATIENCE),
    };
}

/// Wrong digests in a row that are computed; each second gives one back. Who floods buys nothing but silence, and that only as
/// long as the flood lasts.
const PATIENCE: u8 = 16;

impl Client<'_> {
    /// Gives the rules for notifications; without this call they are [`NoticeRules::DEFAULT`].
    #[must_use]
    pub const fn with_notices(mut self, rules: NoticeRules) -> Self {
        self.notices.rules = rules;
        self
    }

    /// Judges a notification. `Ok` is the trigger of the session that it asks for: hand it to
    /// [`start`](Self::start) when no other session is under way, for that would be dropped.
    ///
    /// Costs one hash computation over the notification for each entry of the server's credentials, three where the policy allows
    /// the special nonce, and one record in the store when it is accepted. The session under way, if any, is not touched.
    ///
    /// # Errors
    /// [`Rejected`]. Nothing may be sent to anybody because of it.
    pub fn notified<'n>(
        &mut self,
        tree: &mut Tree<'_>,
        notification: Notification<'n>,
        now: &Moment,
    ) -> Result<Trigger<'n>, Rejected> {
        let result = self.judge(tree, notification, now);
        if let Err(why) = result {
            tell!(warn, "a notification is rejected: {}", Said(why));
        }
        let counts = &mut self.notices.counts;
        let count = match result {
            Ok(_) => &mut counts.accepted,
            Err(_) => &mut counts.rejected,
        };
        *count = count.saturating_add(1);
        result
    }

    /// How many notifications were accepted and rejected.
    #[must_use]
    pub const fn notice_counts(&self) -> NoticeCounts {
        self.notices.counts
    }

    fn judge<'n>(
        &mut self,
        tree: &mut Tree<'_>,
        notification: Notification<'n>,
        now: &Moment,
    ) -> Result<Trigger<'n>, Rejected> {
        let mut package0 = match notification {
            Notification::V1_2(octets) => Package0::parse(octets, self.notices.rules)?,
            #[cfg(feature = "profile13")]
            Notification::V1_3(octets) => v13::parse(octets)?,
        };
        let seconds = seconds(now);
        if self.notices.patience.refill(seconds, PATIENCE, 1) == 0 {
            return Err(Rejected::TooMany);
        }
        let result = self.prove(tree, &package0);
        if matches!(result, Err(Rejected::Digest)) {
            self.notices.patience.take();
        }
        let proved = result?;
        #[cfg(feature = "profile13")]
        if package0.notice.options.is_expired(now.utc) {
            return Err(Rejected::Expired);
        }
        let server_id = package0.notice.server_id.as_bytes();
        let mut guard = Guard::new();
        guard.load(tree, server_id)?;
        let rules = self.notices.rules;
        guard.admit(&package0, &proved, seconds, (rules.burst, rules.interval))?;
        guard.store(tree)?;
        package0.notice.nonce = proved.special;
        Ok(Trigger::Server(Verified::proved(package0.notice)))
    }

    /// Checks the digest with the account of the server.
    #[inline(never)]
    fn prove(&self, tree: &mut Tree<'_>, package0: &Package0<'_>) -> Result<Proved, Rejected> {
        let policy = self.session.policy;
        if !policy.allows(Scheme::Digest(package0.hash)) {
            return Err(Rejected::Unsigned);
        }
        let server_id = package0.notice.server_id.as_bytes();
        let account = account::find(tree, server_id)
            .map_err(device)?
            .ok_or(Rejected::UnknownServer)?;
        let mut check = Check {
            package0,
            special: policy.resync && package0.may_be_special,
            proved: Proved {
                nonce: 0,
                nonces: guard::TAG_START,
                special: None,
            },
            seen: false,
            is_right: false,
        };
        let levels = [
            Some(package0.level),
            #[cfg(feature = "profile13")]
            (self.notices.rules.session_credentials && package0.level == Level::Notices)
                .then_some(Level::Server),
        ];
        for level in levels.into_iter().flatten() {
            if !check.seen {
                let mut visit = |kind, proof: &mut Proof| check.proof(kind, proof);
                account::proofs(tree, account, level, &mut visit).map_err(device)?;
            }
        }
        if !check.seen {
            return Err(Rejected::NoCredentials);
        }
        check
            .is_right
            .then_some(check.proved)
            .ok_or(Rejected::Digest)
    }
}

/// Milliseconds of a moment as seconds, which last for a century.
fn seconds(now: &Moment) -> u32 {
    u32::try_from(now.ms / 1000).unwrap_or(u32::MAX)
}

/// Trouble with the account that is not the sender's fault.
fn device(error: Error) -> Rejected {
    match error {
        Error::Device(reason) => Rejected::Device(reason),
        _ => Rejected::Device(Reason::TooLarge),
    }
}

/// What a digest was right with.
#[derive(Clone, Copy)]
struct Proved {
    /// A mark of the nonce.
    nonce: u32,
    /// A mark of all nonces of the account that notifications are checked with.
    nonces: u32,
    /// The special nonce, when it was that.
    special: Option<&'static [u8]>,
}

/// Tries the credentials of an account, one after the other.
struct Check<'c, 'p> {
    package0: &'c Package0<'p>,
    /// Whether the special nonce is tried.
    special: bool,
    /// There was a secret.
    seen: bool,
    /// What was tried last, and whether it was right.
    proved: Proved,
    is_right: bool,
}

impl Check<'_, '_> {
    /// Tries one entry.
    #[inline(never)]
    fn proof(&mut self, kind: Option<Scheme>, proof: &mut Proof) {
        let package0 = self.package0;
        let stored = guard::tag(guard::TAG_START, &proof.nonce);
        let nonces = &mut self.proved.nonces;
        *nonces = guard::tag(*nonces, &stored.to_be_bytes());
        // Without a secret anybody could make a digest.
        if proof.who.secret.is_empty() || !package0.takes(kind) {
            return;
        }
        self.seen = true;
        // The name of the formula is the identifier in the message, not AAuthName (notification chapter 3).
        let server_id = package0.notice.server_id.as_bytes();
        proof.who.name.clear();
        let _ = proof.who.name.extend_from_slice(server_id);
        let [short, long] = SPECIAL_NONCES;
        let nonces = [
            (&proof.nonce[..], None),
            (short, Some(short)),
            (long, Some(long)),
        ];
        let count = if self.special { nonces.len() } else { 1 };
        for (octets, special) in nonces.iter().take(count) {
            if self.is_right {
                break;
            }
            let sum = hash::prove(package0.hash, &proof.who, octets, Some(package0.signed));
            self.is_right = sum.is(package0.digest);
            self.proved.nonce = guard::tag(guard::TAG_START, octets);
            self.proved.special = *special;
        }
    }
}
