//! The trigger of DM 1.2, octet by octet (notification chapter 2).

use super::{NoticeRules, Rejected};
use crate::account::Level;
use crate::auth::{Hash, NAME_MAX, Scheme};
use crate::step::Notice;

/// Octets of the digest.
const DIGEST: usize = 16;
/// The version of a 1.2 trigger, 1.1, and those on either side.
const VERSION: u16 = 11;
const LENIENT_VERSIONS: core::ops::RangeInclusive<u16> = 10..=12;

/// What the server wants the user to know of the session (notification chapter 6).
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub enum UiMode {
    /// Nothing was said: as the device likes.
    #[default]
    NotSpecified,
    /// Nothing: the session is silent.
    Background,
    /// The user is told that it begins.
    Informative,
    /// The user is asked, and without a yes there is no session.
    UserInteraction,
}

/// Who wanted the session, as the server sees it.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub enum Initiator {
    /// The user, or the client.
    User,
    /// The server itself.
    #[default]
    Server,
}

/// A notification of either version, nothing of it believed yet.
pub(super) struct Package0<'p> {
    pub(super) digest: &'p [u8],
    /// Everything that the digest is over.
    pub(super) signed: &'p [u8],
    pub(super) hash: Hash,
    /// Which credentials it is checked with.
    pub(super) level: Level,
    /// The special nonce may be tried: with the 1.2 trigger only (`D13-C-024`).
    pub(super) may_be_special: bool,
    pub(super) notice: Notice<'p>,
}

/// The first two octets of a header, which are the same in both versions.
pub(super) struct Head {
    /// Ten times the number.
    pub(super) version: u16,
    pub(super) ui_mode: UiMode,
    pub(super) initiator: Initiator,
}

impl Head {
    pub(super) const fn parse(octets: [u8; 2]) -> Self {
        let bits = u16::from_be_bytes(octets);
        Self {
            version: bits >> 6,
            ui_mode: match bits >> 4 & 3 {
                0 => UiMode::NotSpecified,
                1 => UiMode::Background,
                2 => UiMode::Informative,
                _ => UiMode::UserInteraction,
            },
            initiator: if bits & 8 == 0 {
                Initiator::User
            } else {
                Initiator::Server
            },
        }
    }
}

impl<'p> Package0<'p> {
    /// Takes a 1.2 trigger apart. Bits for future use are passed over (`NOT-C-022`).
    pub(super) fn parse(octets: &'p [u8], rules: NoticeRules) -> Result<Self, Rejected> {
        let (digest, signed) = octets.split_at_checked(DIGEST).ok_or(Rejected::Malformed)?;
        let [a, b, _, _, _, high, low, len, rest @ ..] = signed else {
            return Err(Rejected::Malformed);
        };
        let head = Head::parse([*a, *b]);
        let is_known = head.version == VERSION
            || (rules.lenient_version && LENIENT_VERSIONS.contains(&head.version));
        if !is_known {
            return Err(Rejected::Version(head.version));
        }
        let (server_id, vendor) = rest
            .split_at_checked(usize::from(*len))
            .ok_or(Rejected::Malformed)?;
        let session_id = u16::from_be_bytes([*high, *low]);
        let mut notice = notice(server_id, session_id)?;
        notice.ui_mode = head.ui_mode;
        notice.initiator = head.initiator;
        notice.vendor = vendor;
        Ok(Self {
            digest,
            signed,
            hash: Hash::Md5,
            level: Level::Server,
            may_be_special: true,
            notice,
        })
    }

    /// Whether credentials of this type are good for it. Those of 1.2 are made with MD5 whatever the type of the entry; those
    /// of 1.3 name their hash (`P-NOTI-1`).
    pub(super) fn takes(&self, kind: Option<Scheme>) -> bool {
        self.may_be_special || kind == Some(Scheme::Digest(self.hash))
    }
}

/// A notice of this server and session, when both can be.
pub(super) fn notice(server_id: &[u8], session_id: u16) -> Result<Notice<'_>, Rejected> {
    if server_id.is_empty() || session_id == 0 {
        return Err(Rejected::Malformed);
    }
    // No account has a name that is longer, or no text.
    let server_id = core::str::from_utf8(server_id)
        .ok()
        .filter(|name| name.len() <= NAME_MAX)
        .ok_or(Rejected::UnknownServer)?;
    Ok(Notice::new(server_id, session_id))
}
