//! The extensible notification of DM 1.3: header, options, digest (`P-NOTI-1`, this project's profile, not the standard).
//!
//! Order and lengths of the options are settled once, when it is parsed; what follows only looks up.

use super::Rejected;
use super::package0::{Head, Package0, notice};
use crate::account::Level;
use crate::auth::Hash;
use crate::profile13::notice as profile;

/// Octets of the header and of an option's head.
const HEADER: usize = 6;
const OPTION_HEAD: usize = 2;

/// A way to reach the server, in the order in which it would like to be reached.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[non_exhaustive]
pub enum Bearer {
    /// Any.
    Any,
    /// Packet data of a cellular network.
    CellularPacket,
    /// Wireless LAN.
    Wlan,
    /// A wire.
    Wired,
    /// Circuit-switched data of a cellular network.
    CellularCircuit,
    /// Bluetooth or a serial line.
    ShortRange,
}

/// The options of a 1.3 notification, proved with the rest of it.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct NoticeOptions<'t>(&'t [u8]);

/// Heads and values, one after the other.
#[derive(Clone, Copy)]
struct Walk<'t>(&'t [u8]);

impl<'t> Iterator for Walk<'t> {
    type Item = (u8, &'t [u8]);

    fn next(&mut self) -> Option<Self::Item> {
        let (head, rest) = self.0.split_first_chunk::<OPTION_HEAD>()?;
        let head = u16::from_be_bytes(*head);
        let (value, rest) = rest.split_at_checked(usize::from(head & 0x0FFF))?;
        self.0 = rest;
        u8::try_from(head >> 12).ok().map(|number| (number, value))
    }
}

impl<'t> NoticeOptions<'t> {
    /// No options.
    pub(crate) const NONE: Self = Self(&[]);

    /// The options that these octets hold, which another one gave away with [`octets`](Self::octets). What cannot be read is
    /// left out; nothing proves them.
    #[must_use]
    pub const fn of(octets: &'t [u8]) -> Self {
        Self(octets)
    }

    /// All of them, as they came.
    #[must_use]
    pub const fn octets(self) -> &'t [u8] {
        self.0
    }

    fn values(self, number: u8) -> impl Iterator<Item = &'t [u8]> {
        Walk(self.0)
            .filter(move |option| option.0 == number)
            .map(|option| option.1)
    }

    fn first(self, number: u8) -> Option<&'t [u8]> {
        self.values(number).next()
    }

    /// Numbers of the management objects that the session is about (OMNA MO index; `D13-C-023`).
    pub fn targeted_mos(self) -> impl Iterator<Item = u16> + use<'t> {
        self.values(profile::TARGETED_MO).map(number)
    }

    /// Numbers of the management objects that the server wants to have in package 1 (`D13-C-021`).
    pub fn requested_mos(self) -> impl Iterator<Item = u16> + use<'t> {
        self.values(profile::REQUESTED_MO).map(number)
    }

    /// Ways to reach the server, the preferred one first; those not known are left out (`D13-C-022`).
    pub fn bearers(self) -> impl Iterator<Item = Bearer> + use<'t> {
        self.values(profile::PREFERRED_BEARER)
            .filter_map(|value| profile::bearer(*value.first()?))
    }

    /// Why the server wants the session, a text for the user (`D13-C-023`).
    #[must_use]
    pub fn connect_reason(self) -> Option<&'t str> {
        core::str::from_utf8(self.first(profile::CONNECT_REASON)?).ok()
    }

    /// Seconds since 1970-01-01T00:00:00Z after which it is not to be acted upon (`D13-C-017`). Not looked at on a device that
    /// does not know the time.
    #[must_use]
    pub fn expires(self) -> Option<u32> {
        let value = self.first(profile::EXPIRATION)?;
        value
            .first_chunk()
            .map(|octets| u32::from_be_bytes(*octets))
    }

    pub(super) fn is_expired(self, utc: Option<u64>) -> bool {
        match (utc, self.expires()) {
            (Some(utc), Some(expires)) => utc > u64::from(expires),
            _ => false,
        }
    }
}

/// One or two octets.
fn number(value: &[u8]) -> u16 {
    value
        .iter()
        .fold(0, |number, octet| (number << 8) | u16::from(*octet))
}

/// Takes a notification apart.
pub(super) fn parse(octets: &[u8]) -> Result<Package0<'_>, Rejected> {
    let [a, b, c, _, high, low, body @ ..] = octets else {
        return Err(Rejected::Malformed);
    };
    let head = Head::parse([*a, *b]);
    if head.version != profile::VERSION {
        return Err(Rejected::Version(head.version));
    }
    let hash = match (c >> 4) & 3 {
        profile::MD5 => Hash::Md5,
        #[cfg(feature = "sha256")]
        profile::SHA256 => Hash::Sha256,
        _ => return Err(Rejected::Unsigned),
    };
    let count = ((b & 7) << 2) | (c >> 6);
    let len = measure(body, count).ok_or(Rejected::Malformed)?;
    let (options, digest) = body.split_at_checked(len).ok_or(Rejected::Malformed)?;
    let (signed, _) = octets
        .split_at_checked(len.saturating_add(HEADER))
        .ok_or(Rejected::Malformed)?;
    if digest.len() != hash.len() {
        return Err(Rejected::Malformed);
    }
    let options = NoticeOptions(options);
    let server_id = options.first(profile::SERVER_ID);
    let session_id = u16::from_be_bytes([*high, *low]);
    let mut notice = notice(server_id.ok_or(Rejected::Malformed)?, session_id)?;
    notice.ui_mode = head.ui_mode;
    notice.initiator = head.initiator;
    notice.vendor = options.first(profile::VENDOR_INFO).unwrap_or_default();
    notice.options = options;
    Ok(Package0 {
        digest,
        signed,
        hash,
        level: Level::Notices,
        may_be_special: false,
        notice,
    })
}

/// Octets of `count` options in ascending order, each as long and as often as it may be; `None`: they are not (`D13-C-013`,
/// `D13-C-014`).
fn measure(body: &[u8], count: u8) -> Option<usize> {
    let mut walk = Walk(body);
    let mut last = 0;
    for _ in 0..count {
        let (number, value) = walk.next()?;
        let (shortest, longest, may_repeat) = profile::shape(number);
        let is_ordered = number > last || (number == last && may_repeat);
        let fits = (shortest..=longest).contains(&value.len());
        let is_text = number != profile::CONNECT_REASON || core::str::from_utf8(value).is_ok();
        if !(is_ordered && fits && is_text) {
            return None;
        }
        last = number;
    }
    body.len().checked_sub(walk.0.len())
}
