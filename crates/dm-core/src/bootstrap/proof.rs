//! MACs of pushed documents.
//!
//! Bootstrap digest, section 2.2: HMAC-SHA1 over the WBXML document (`BOOT-C-011`, `SEC-C-037`).

use hmac::{Hmac, KeyInit, Mac};
use sha1::{Digest, Sha1};
use subtle::ConstantTimeEq;
use zeroize::{Zeroize, Zeroizing};

use super::{Profile, Refused};
use crate::Sec;

/// Octets of a SHA-1, and of a MAC made with it.
const MAC: usize = 20;
/// Hexadecimal digits of a MAC.
const DIGITS: usize = 2 * MAC;
/// Octets of the longest key.
const KEY_MAX: usize = 96;

/// Whether the secrets make this MAC over the document. Takes as long for a wrong MAC as for a right one (`BOOT-C-034`).
#[inline(never)]
pub(super) fn is_right(
    profile: Profile,
    sec: Sec,
    mac: &[u8],
    document: &[u8],
    (network_id, pin): (&[u8], &[u8]),
) -> Result<bool, Refused> {
    let (pin, told, len) = match sec {
        Sec::UserPinMac => {
            let half = pin.len() / 2;
            let (pin, told) = pin.split_at_checked(half).unwrap_or_default();
            // One for each octet, at most.
            (pin, told, half.min(MAC))
        }
        _ => (pin, mac, DIGITS),
    };
    // An empty key is nobody's secret, nor is half of one that has two parts.
    let needs_network = matches!(sec, Sec::NetworkId | Sec::UserPinNetworkId);
    if needs_network && network_id.is_empty() || sec.needs_pin() && pin.is_empty() {
        return Ok(false);
    }
    let made = hmac_sha1(&key(profile, sec, network_id, pin), document)?;
    Ok(told.len() == len && made.has_digits(sec, told))
}

/// A MAC that was made with secrets. It has no `==`: what comes from a secret is compared in constant time or not at all, and
/// wiped.
pub(super) struct Made(pub(super) [u8; MAC]);

impl Made {
    /// Whether these are its digits: hexadecimal ones in either case, or in a PIN the last decimal one of each octet.
    fn has_digits(&self, sec: Sec, told: &[u8]) -> bool {
        let mut digits = Zeroizing::new([0; DIGITS]);
        if sec == Sec::UserPinMac {
            for (to, octet) in digits.iter_mut().zip(self.0) {
                *to = (octet % 10).wrapping_add(b'0');
            }
        } else {
            hex(&self.0, digits.as_mut_slice());
        }
        let mut lower = [0; DIGITS];
        let has_room = append(&mut lower, &mut 0, told).is_some();
        lower.make_ascii_lowercase();
        let digits = digits.get(..told.len()).unwrap_or_default();
        has_room && bool::from(digits.ct_eq(lower.get(..told.len()).unwrap_or_default()))
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
    hmac_sha1(&key(profile, sec, network_id, pin), document).map(|made| made.0)
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

/// HMAC-SHA1 with a key in parts.
#[inline(never)]
fn hmac_sha1(parts: &[&[u8]; 3], document: &[u8]) -> Result<Made, Refused> {
    let mut key = Zeroizing::new([0; KEY_MAX]);
    let mut len = 0usize;
    for part in parts {
        append(key.as_mut_slice(), &mut len, part).ok_or(Refused::Secret)?;
    }
    let key = key.get(..len).unwrap_or_default();
    let mut mac = Hmac::<Sha1>::new_from_slice(key).map_err(|_| Refused::Secret)?;
    mac.update(document);
    Ok(Made(mac.finalize().into_bytes().into()))
}

/// SHA-1 of a document.
#[inline(never)]
pub(super) fn sha1(document: &[u8]) -> [u8; MAC] {
    Sha1::digest(document).into()
}

/// Writes octets as hexadecimal digits, as many as there is room for.
#[inline(never)]
pub(super) fn hex(octets: &[u8], digits: &mut [u8]) {
    let (pairs, _) = digits.as_chunks_mut();
    for (pair, octet) in pairs.iter_mut().zip(octets) {
        *pair = [octet >> 4, octet & 0xF].map(|half| {
            let base = if half < 10 { b'0' } else { b'a' - 10 };
            half.wrapping_add(base)
        });
    }
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

    /// RFC 2202, cases 1 and 6: also a key that is longer than a block.
    #[test]
    fn macs_match_the_vectors_of_the_rfc() {
        let made = |key: &[u8], document: &[u8]| {
            let sec = Sec::UserPin;
            let mut digits = [0; DIGITS];
            hex(
                &mac(Profile::Provisioning, sec, document, b"", key).unwrap(),
                &mut digits,
            );
            std::string::String::from_utf8(digits.to_vec()).unwrap()
        };
        let short = "b617318655057264e28bc0b6fb378c8ef146be00";
        assert_eq!(made(&[0x0B; 20], b"Hi There"), short);
        let long = "aa4ae5e15272d00e95705637ce8a3b55ed402112";
        let text = b"Test Using Larger Than Block-Size Key - Hash Key First";
        assert_eq!(made(&[0xAA; 80], text), long);
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
