//! The hash functions of the digests, behind one table: what differs between `syncml:auth-md5` and `syncml:auth-SHA256`, and
//! between the two algorithms of a seal, is the hash and nothing else (security chapter 3, `D13-C-073`).

#![cfg_attr(
    not(any(feature = "md5", feature = "sha256")),
    allow(
        unreachable_code,
        unused_variables,
        unused_mut,
        reason = "without a hash there is no value of its type to come here with"
    )
)]

use base64ct::{Base64Unpadded, Encoding};
#[cfg(feature = "md5")]
use md5::{Digest, digest::FixedOutputReset};
#[cfg(all(feature = "sha256", not(feature = "md5")))]
use sha2::{Digest, digest::FixedOutputReset};
#[cfg(any(feature = "hmac", feature = "notification"))]
use subtle::ConstantTimeEq;
use zeroize::Zeroize;

use super::Credentials;

/// Octets of the longest digest.
const SUM_MAX: usize = 32;
/// Characters of its base64 text.
pub(crate) const SUM_TEXT_MAX: usize = SUM_MAX.div_ceil(3) * 4;

/// A hash function. Without the features `md5` and `sha256` there is none, and nothing of this file is in the image.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Hash {
    #[cfg(feature = "md5")]
    Md5,
    #[cfg(feature = "sha256")]
    Sha256,
}

impl Hash {
    /// The name in the `algorithm` parameter of a seal (`SEC-C-029`; `P-MAC-1` for SHA-256).
    #[cfg(feature = "hmac")]
    pub(crate) const fn name(self) -> &'static str {
        match self {
            #[cfg(feature = "md5")]
            Self::Md5 => "MD5",
            #[cfg(feature = "sha256")]
            Self::Sha256 => "SHA256",
        }
    }

    /// The name in Meta/Type of credentials (`D13-C-072` for SHA-256).
    pub(crate) const fn type_name(self) -> &'static str {
        match self {
            #[cfg(feature = "md5")]
            Self::Md5 => "syncml:auth-md5",
            #[cfg(feature = "sha256")]
            Self::Sha256 => "syncml:auth-SHA256",
        }
    }

    /// The AAuthType of digests with it.
    pub(crate) const fn account_name(self) -> &'static str {
        match self {
            #[cfg(feature = "md5")]
            Self::Md5 => "DIGEST",
            #[cfg(feature = "sha256")]
            Self::Sha256 => "SHA256",
        }
    }

    /// Every hash of this build, the strongest first.
    pub(crate) const ALL: &'static [Self] = &[
        #[cfg(feature = "sha256")]
        Self::Sha256,
        #[cfg(feature = "md5")]
        Self::Md5,
    ];

    /// Octets of its digests.
    pub(crate) const fn len(self) -> usize {
        match self {
            #[cfg(feature = "md5")]
            Self::Md5 => 16,
            #[cfg(feature = "sha256")]
            Self::Sha256 => 32,
        }
    }
}

/// A digest. It has no `==`: what comes from a secret is compared in constant time or not at all (`SEC-C-043`), and wiped
/// when dropped (`SEC-C-044`), for the inner digest of credentials is worth as much as the secret.
pub(crate) struct Sum {
    /// As many as whole groups of base64 stand for; behind the digest they are zeros.
    octets: [u8; SUM_TEXT_MAX / 4 * 3],
    hash: Hash,
}

impl Drop for Sum {
    fn drop(&mut self) {
        self.octets.as_mut_slice().zeroize();
    }
}

impl Sum {
    /// The digest over all parts, one after the other.
    #[inline(never)]
    fn of(hash: Hash, parts: &[&[u8]]) -> Self {
        let mut sum = Self {
            octets: [0; SUM_TEXT_MAX / 4 * 3],
            hash,
        };
        match hash {
            #[cfg(feature = "md5")]
            Hash::Md5 => sum.run::<md5::Md5>(parts),
            #[cfg(feature = "sha256")]
            Hash::Sha256 => sum.run::<sha2::Sha256>(parts),
        }
        sum
    }

    #[cfg(any(feature = "md5", feature = "sha256"))]
    fn run<D: Digest + FixedOutputReset>(&mut self, parts: &[&[u8]]) {
        let mut state = D::new();
        for part in parts {
            Digest::update(&mut state, part);
        }
        // In place: a state is large.
        let octets = Digest::finalize_reset(&mut state);
        for (to, from) in self.octets.iter_mut().zip(octets) {
            *to = from;
        }
    }

    pub(crate) fn as_bytes(&self) -> &[u8] {
        self.octets.get(..self.hash.len()).unwrap_or_default()
    }

    /// Its base64 text.
    #[inline(never)]
    pub(crate) fn text<'t>(&self, buf: &'t mut [u8; SUM_TEXT_MAX]) -> &'t [u8] {
        // One whole group after the other; what stands only for the zeros behind the digest gives way to `=`.
        for (octets, text) in self.octets.chunks_exact(3).zip(buf.chunks_exact_mut(4)) {
            let _ = Base64Unpadded::encode(octets, text);
        }
        let (digits, len) = match self.hash.len() {
            16 => (22, 24),
            _ => (43, SUM_TEXT_MAX),
        };
        let text = buf.get_mut(..len).unwrap_or_default();
        text.iter_mut().skip(digits).for_each(|digit| *digit = b'=');
        text
    }

    /// Whether the octets are those of this digest, in constant time for their number.
    #[cfg(any(feature = "hmac", feature = "notification"))]
    pub(crate) fn is(&self, octets: &[u8]) -> bool {
        self.as_bytes().ct_eq(octets).into()
    }
}

/// `H(B64(H(name:secret)):nonce)`, and with a body `H(B64(H(name:secret)):nonce:B64(H(body)))` (security chapter 3).
#[inline(never)]
pub(crate) fn prove(hash: Hash, who: &Credentials, nonce: &[u8], body: Option<&[u8]>) -> Sum {
    let mut key = [0; SUM_TEXT_MAX];
    let mut seal = [0; SUM_TEXT_MAX];
    let first = Sum::of(hash, &[&who.name, b":", &who.secret]).text(&mut key);
    let sum = match body {
        None => Sum::of(hash, &[first, b":", nonce]),
        Some(body) => {
            let last = Sum::of(hash, &[body]).text(&mut seal);
            Sum::of(hash, &[first, b":", nonce, b":", last])
        }
    };
    key.as_mut_slice().zeroize();
    sum
}
