//! MACs of pushed documents, and the marks of applied ones.
//!
//! Bootstrap digest, sections 2.2 and 5: HMAC-SHA1 over the WBXML document (`BOOT-C-011`, `SEC-C-037`).

use dm_tree::{Reason, Tree};
use hmac::{Hmac, KeyInit, Mac};
use sha1::{Digest, Sha1};
use subtle::ConstantTimeEq;
use zeroize::Zeroize;

use super::Refused;
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
    sec: Sec,
    mac: &[u8],
    document: &[u8],
    network_id: &[u8],
    pin: &[u8],
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
    let key = key(sec, network_id, pin);
    // An empty key is nobody's secret.
    if key.iter().all(|part| part.is_empty()) {
        return Ok(false);
    }
    let mut made = hmac_sha1(key, document)?;
    let is_right = match digits {
        None => {
            let mut told = [0; MAC];
            let is_hex = hex(mac, &mut told);
            bool::from(made.ct_eq(&told)) && is_hex
        }
        Some(digits) => {
            let mut told = [0; HALF_MAX];
            for ((to, from), made) in told.iter_mut().zip(digits).zip(made) {
                *to = (made % 10).wrapping_add(b'0') ^ from;
            }
            bool::from(told.ct_eq(&[0; HALF_MAX]))
        }
    };
    made.zeroize();
    Ok(is_right)
}

/// The secrets of a method, in the order in which they are the key.
const fn key<'k>(sec: Sec, network_id: &'k [u8], pin: &'k [u8]) -> [&'k [u8]; 2] {
    match sec {
        Sec::NetworkId => [network_id, b""],
        Sec::UserPin | Sec::UserPinMac => [pin, b""],
        Sec::UserPinNetworkId => [network_id, pin],
    }
}

/// The MAC that a sender makes over a client provisioning document; a device has no use for it. The secrets are those of
/// [`Bootstrap::prove`](super::Bootstrap::prove), but for [`Sec::UserPinMac`]: there `pin` is the first half of what the user
/// types, and the second half digit by digit what is left of the octets of the MAC divided by 10.
///
/// # Errors
/// [`Refused::Secret`]
pub fn mac(sec: Sec, document: &[u8], network_id: &[u8], pin: &[u8]) -> Result<[u8; MAC], Refused> {
    hmac_sha1(key(sec, network_id, pin), document)
}

fn hmac_sha1(key: [&[u8]; 2], document: &[u8]) -> Result<[u8; MAC], Refused> {
    let mut joined = [0; KEY_MAX];
    let mut len = 0usize;
    for part in key {
        let end = len.saturating_add(part.len());
        let place = joined.get_mut(len..end).ok_or(Refused::Secret)?;
        place.copy_from_slice(part);
        len = end;
    }
    let key = joined.get(..len).unwrap_or_default();
    let mac = Hmac::<Sha1>::new_from_slice(key).map_err(|_| Refused::Secret);
    joined.zeroize();
    let mut mac = mac?;
    mac.update(document);
    Ok(mac.finalize().into_bytes().into())
}

/// Decodes 40 hexadecimal digits of either case.
fn hex(text: &[u8], octets: &mut [u8; MAC]) -> bool {
    let (pairs, rest) = text.as_chunks::<2>();
    let mut is_hex = pairs.len() == MAC && rest.is_empty();
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

/// The beginning of the SHA-1 of a document that was applied.
pub(super) type Fingerprint = [u8; 8];

/// What tells a document from others.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) struct Mark(Fingerprint);

impl Mark {
    pub(super) fn of(document: &[u8]) -> Self {
        let digest: [u8; MAC] = Sha1::digest(document).into();
        Self(digest.first_chunk().copied().unwrap_or_default())
    }
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
    pub(super) fn load(tree: &mut Tree<'_>) -> Result<Self, Reason> {
        let mut marks = Self {
            octets: [0; _],
            len: 0,
        };
        marks.len = tree.engine_record(RECORD, &mut marks.octets)?;
        Ok(marks)
    }

    pub(super) fn has(&self, mark: &Mark) -> bool {
        let known = self.octets.get(..self.len).unwrap_or_default();
        known.as_chunks().0.contains(&mark.0)
    }

    /// Remembers one more, instead of the oldest.
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
            is_right(Sec::UserPinNetworkId, &[b'0'; 40], b"x", network, pin)
        };
        assert_eq!(right(b"", b""), Ok(false));
        assert_eq!(right(&[1; 90], &[1; 7]), Err(Refused::Secret));
        assert_eq!(right(&[1; 90], &[1; 6]), Ok(false));
    }
}
