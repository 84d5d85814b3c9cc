//! MACs of pushed documents, and the marks of applied ones.
//!
//! Bootstrap digest, sections 2.2 and 5: HMAC-SHA1 over the WBXML document (`BOOT-C-011`, `SEC-C-037`).

use dm_tree::{Reason, Tree};
use hmac::{Hmac, KeyInit, Mac};
use sha1::{Digest, Sha1};
use subtle::ConstantTimeEq;
use zeroize::{Zeroize, Zeroizing};

use super::path::Path;
use super::{Origin, Profile, Refused};
use crate::Sec;

/// Octets of an HMAC-SHA1.
const MAC: usize = 20;
/// Octets of the longest key.
const KEY_MAX: usize = 96;
/// Digits of the longest half of a PIN that holds its MAC: one for each octet of the MAC.
const HALF_MAX: usize = MAC;

/// Whether the secrets make this MAC over the document. Takes as long for a wrong MAC as for a right one (`BOOT-C-034`).
#[inline(never)]
pub(super) fn is_right(
    profile: Profile,
    sec: Sec,
    mac: &[u8],
    document: &[u8],
    (network_id, pin): (&[u8], &[u8]),
) -> Result<bool, Refused> {
    let (pin, digits) = match sec {
        Sec::UserPinMac => {
            let half = pin.len() / 2;
            let (key, digits) = pin.split_at_checked(half).unwrap_or_default();
            if digits.len() != half || half == 0 || half > HALF_MAX {
                return Ok(false);
            }
            (key, Some(digits))
        }
        _ => (pin, None),
    };
    // An empty key is nobody's secret, nor is half of one that has two parts.
    let is_given = |sec: Sec| {
        let needs_network = matches!(sec, Sec::NetworkId | Sec::UserPinNetworkId);
        !(needs_network && network_id.is_empty() || sec.needs_pin() && pin.is_empty())
    };
    if !is_given(sec) {
        return Ok(false);
    }
    let made = hmac_sha1(key(profile, sec, network_id, pin), document)?;
    Ok(match digits {
        None => {
            let mut told = [0; MAC];
            let is_hex = hex(mac, &mut told);
            made.is(&told) && is_hex
        }
        Some(digits) => made.has_digits(digits),
    })
}

/// A MAC that was made with secrets. It has no `==`: what comes from a secret is compared in constant time or not at all, and
/// wiped.
struct Made([u8; MAC]);

impl Made {
    fn is(&self, told: &[u8; MAC]) -> bool {
        self.0.ct_eq(told).into()
    }

    /// Whether these are its first octets, each as the last digit of its number; [`HALF_MAX`] at most.
    fn has_digits(&self, digits: &[u8]) -> bool {
        let mut differences = [0; HALF_MAX];
        for ((to, digit), made) in differences.iter_mut().zip(digits).zip(self.0) {
            *to = (made % 10).wrapping_add(b'0') ^ digit;
        }
        differences.ct_eq(&[0; HALF_MAX]).into()
    }
}

impl Drop for Made {
    fn drop(&mut self) {
        self.0.zeroize();
    }
}

/// The secrets of a method, in the order in which they are the key.
const fn key<'k>(profile: Profile, sec: Sec, network_id: &'k [u8], pin: &'k [u8]) -> [&'k [u8]; 3] {
    match (sec, profile) {
        (Sec::NetworkId, _) => [network_id, b"", b""],
        (Sec::UserPin | Sec::UserPinMac, _) => [pin, b"", b""],
        (Sec::UserPinNetworkId, Profile::Provisioning) => [network_id, pin, b""],
        // `BOOT-C-019`
        #[cfg(feature = "tnds")]
        (Sec::UserPinNetworkId, Profile::Message) => [pin, b":", network_id],
    }
}

/// The MAC that a sender makes over a document; a device has no use for it. The secrets are those of
/// [`Bootstrap::prove`](super::Bootstrap::prove), but for [`Sec::UserPinMac`]: there `pin` is the first half of what the user
/// types, and the second half digit by digit what is left of the octets of the MAC divided by 10.
///
/// # Errors
/// [`Refused::Secret`]
pub fn mac(
    profile: Profile,
    sec: Sec,
    document: &[u8],
    network_id: &[u8],
    pin: &[u8],
) -> Result<[u8; MAC], Refused> {
    hmac_sha1(key(profile, sec, network_id, pin), document).map(|made| made.0)
}

/// Writes `from` behind the first `len` octets of `to`; `None`: there is no room. Never panics, whatever the lengths.
#[inline(never)]
pub(super) fn append(to: &mut [u8], len: &mut usize, from: &[u8]) -> Option<()> {
    let end = len.checked_add(from.len())?;
    let place = to.get_mut(*len..end)?;
    for (to, from) in place.iter_mut().zip(from) {
        *to = *from;
    }
    *len = end;
    Some(())
}

fn hmac_sha1(key: [&[u8]; 3], document: &[u8]) -> Result<Made, Refused> {
    let mut joined = Zeroizing::new([0; KEY_MAX]);
    let mut len = 0;
    for part in key {
        append(joined.as_mut_slice(), &mut len, part).ok_or(Refused::Secret)?;
    }
    let key = joined.get(..len).unwrap_or_default();
    let mut mac = Hmac::<Sha1>::new_from_slice(key).map_err(|_| Refused::Secret)?;
    mac.update(document);
    Ok(Made(mac.finalize().into_bytes().into()))
}

/// Decodes hexadecimal digits of either case, two for each octet.
fn hex(text: &[u8], octets: &mut [u8]) -> bool {
    let (pairs, rest) = text.as_chunks::<2>();
    let mut is_hex = pairs.len() == octets.len() && rest.is_empty();
    for (to, [high, low]) in octets.iter_mut().zip(pairs) {
        let digit = |digit: u8| char::from(digit).to_digit(16);
        let pair = digit(*high).zip(digit(*low));
        let octet = pair.and_then(|(high, low)| u8::try_from(high << 4 | low).ok());
        is_hex &= octet.is_some();
        *to = octet.unwrap_or_default();
    }
    is_hex
}

/// The IMSI as networks and devices share it: semi-octets, the low half first, with the parity of the number of digits in the
/// first one. `None`: there are not 1 to 15 decimal digits.
///
/// ```
/// # use dm_core::bootstrap::imsi;
/// let mut key = [0; 8];
/// assert_eq!(imsi("310150123456789", &mut key), Some(&[0x39, 0x01, 0x51, 0x10, 0x32, 0x54, 0x76, 0x98][..]));
/// ```
pub fn imsi<'k>(digits: &str, key: &'k mut [u8; 8]) -> Option<&'k [u8]> {
    let digits = digits.as_bytes();
    if digits.is_empty() || digits.len() > 15 || !digits.iter().all(u8::is_ascii_digit) {
        return None;
    }
    let is_odd = digits.len() % 2 == 1;
    let mut halves = digits.iter().map(|digit| digit.wrapping_sub(b'0'));
    let first = if is_odd { 0x9 } else { 0x1 };
    let mut low = Some(first);
    let mut len = 0usize;
    for octet in key.iter_mut() {
        let Some(half) = low else {
            break;
        };
        *octet = half | halves.next().unwrap_or(0xF) << 4;
        len = len.saturating_add(1);
        low = halves.next();
    }
    key.get(..len)
}

/// How well a push was proved, as a digit: the higher the better.
pub(super) const fn strength(sec: Option<Sec>) -> &'static [u8] {
    match sec {
        Some(Sec::NetworkId) | None => b"0",
        Some(Sec::UserPin | Sec::UserPinMac) => b"1",
        Some(Sec::UserPinNetworkId) => b"2",
    }
}

/// Where a document that was applied came from, and the beginning of its SHA-1.
pub(super) type Fingerprint = [u8; 8];

/// What tells a document from others.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) struct Mark(Fingerprint);

/// Digits of a mark as text, which is without the origin.
pub(super) const MARK_DIGITS: usize = 14;

impl Mark {
    pub(super) fn of(origin: Origin<'_>, document: &[u8]) -> Self {
        let [a, b, c, d, e, f, g, ..]: [u8; MAC] = Sha1::digest(document).into();
        Self([kind(origin), a, b, c, d, e, f, g])
    }

    /// Whether the document is the same, wherever it came from.
    pub(super) fn is_of_same_document(&self, other: &Self) -> bool {
        self.0.get(1..) == other.0.get(1..)
    }

    /// Writes the mark as hexadecimal text.
    #[inline(never)]
    pub(super) fn put(&self, text: &mut Path) {
        for octet in self.0.iter().skip(1) {
            for half in [octet >> 4, octet & 0xF] {
                text.push(&[half.wrapping_add(if half < 10 { b'0' } else { b'a' - 10 })]);
            }
        }
    }

    /// The mark with this text, of a document from the card or from elsewhere.
    pub(super) fn parse(is_of_card: bool, digits: &[u8]) -> Option<Self> {
        let mut mark = [u8::from(is_of_card), 0, 0, 0, 0, 0, 0, 0];
        let [_, octets @ ..] = &mut mark;
        hex(digits, octets).then_some(Self(mark))
    }
}

/// The first octet of a mark: whose documents are forgotten together.
const fn kind(origin: Origin<'_>) -> u8 {
    matches!(origin, Origin::SmartCard) as u8
}

/// The engine's record with the marks of the documents applied last.
const RECORD: u16 = 0x1000;
/// Marks that are remembered.
const MARKS: usize = 8;

/// The marks of the documents applied last, the newest first.
pub(super) struct Marks {
    octets: [u8; MARKS * size_of::<Fingerprint>()],
    len: usize,
}

impl Marks {
    pub(super) const fn new() -> Self {
        Self {
            octets: [0; _],
            len: 0,
        }
    }

    #[inline(never)]
    pub(super) fn load(&mut self, tree: &mut Tree<'_>) -> Result<(), Reason> {
        self.len = tree.engine_record(RECORD, &mut self.octets)?;
        Ok(())
    }

    pub(super) fn has(&self, mark: &Mark) -> bool {
        let known = self.octets.get(..self.len).unwrap_or_default();
        let (known, _) = known.as_chunks::<{ size_of::<Fingerprint>() }>();
        let mut known = known.iter().map(|known| Mark(*known));
        known.any(|known| known.is_of_same_document(mark))
    }

    /// Forgets the documents that came from there.
    pub(super) fn forget(tree: &mut Tree<'_>, origin: Origin<'_>) -> Result<(), Reason> {
        let mut known = Self::new();
        known.load(tree)?;
        let before = known.len;
        let known = known.octets.get(..before).unwrap_or_default();
        let mut kept = [0; MARKS * size_of::<Fingerprint>()];
        let mut len = 0;
        let (marks, _) = known.as_chunks::<{ size_of::<Fingerprint>() }>();
        for mark in marks
            .iter()
            .filter(|mark| mark.first() != Some(&kind(origin)))
        {
            // There is room for all.
            let _ = append(&mut kept, &mut len, mark);
        }
        if len == before {
            return Ok(());
        }
        tree.set_engine_record(RECORD, kept.get(..len).unwrap_or_default())
    }

    /// [`keep`](Self::keep), when the others are not at hand.
    #[inline(never)]
    pub(super) fn remember(tree: &mut Tree<'_>, mark: &Mark) -> Result<(), Reason> {
        let mut marks = Self::new();
        marks.load(tree)?;
        marks.keep(tree, mark)
    }

    /// Remembers one more, instead of the oldest.
    #[inline(never)]
    pub(super) fn keep(&mut self, tree: &mut Tree<'_>, mark: &Mark) -> Result<(), Reason> {
        self.octets.rotate_right(mark.0.len());
        if let Some(first) = self.octets.first_chunk_mut() {
            *first = mark.0;
        }
        self.len = self.len.saturating_add(mark.0.len()).min(self.octets.len());
        tree.set_engine_record(RECORD, self.octets.get(..self.len).unwrap_or_default())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_imsi_becomes_semi_octets() {
        let mut key = [0; 8];
        let even = [0x31, 0x01, 0x51, 0x10, 0x32, 0x54, 0x76, 0xF8];
        assert_eq!(imsi("31015012345678", &mut key), Some(&even[..]));
        assert_eq!(imsi("1", &mut key), Some(&[0x19][..]));
        assert_eq!(imsi("12", &mut key), Some(&[0x11, 0xF2][..]));
        assert_eq!(imsi("", &mut key), None);
        assert_eq!(imsi("12a", &mut key), None);
        assert_eq!(imsi("1234567890123456", &mut key), None);
    }

    #[test]
    fn a_key_that_is_too_long_or_empty_proves_nothing() {
        let right = |network: &[u8], pin: &[u8]| {
            let secrets = (network, pin);
            is_right(
                Profile::Provisioning,
                Sec::UserPinNetworkId,
                &[b'0'; 40],
                b"x",
                secrets,
            )
        };
        assert_eq!(right(b"", b""), Ok(false));
        assert_eq!(right(b"", b"1234"), Ok(false));
        assert_eq!(right(b"secret", b""), Ok(false));
        assert_eq!(right(&[1; 90], &[1; 7]), Err(Refused::Secret));
        assert_eq!(right(&[1; 90], &[1; 6]), Ok(false));
    }

    /// BOOT-C-034: a MAC has no `==` that could stop at the first difference. Of a type that has one, the name below would stand
    /// for two functions, and this would not compile.
    #[test]
    fn macs_cannot_be_compared_but_in_constant_time() {
        trait Unless<A> {
            fn equality() {}
        }
        struct Has;
        impl<T: ?Sized> Unless<()> for T {}
        impl<T: ?Sized + PartialEq> Unless<Has> for T {}
        <Made as Unless<_>>::equality();
    }
}
