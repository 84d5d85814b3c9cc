//! Credentials: the schemes, what proves the client, what proves the server.
//!
//! Security chapters 3 to 5. Secrets live in buffers that are wiped when they go out of scope, digests are compared in
//! constant time, and the only place where a [`dm_tree::Principal`] for a session comes from is [`principal`].
//!
//! The digest of name and secret, which is worth as much as they are and never leaves the client, becomes base64 in constant
//! time. The Data of a Cred is what the other side gets to see; dm_wbxml writes it like any base64, with a table.

use dm_tree::Principal;
use dm_wbxml::Text;
use subtle::{Choice, ConstantTimeEq};
use zeroize::Zeroize;

use crate::session::{Octets, OctetsView};

pub(crate) mod hash;
#[cfg(feature = "hmac")]
pub(crate) mod mac;
#[cfg(not(feature = "hmac"))]
#[path = "auth/mac_none.rs"]
pub(crate) mod mac;

pub(crate) use hash::Hash;

/// Octets of the longest user name and of the longest secret.
pub(crate) const NAME_MAX: usize = 64;
/// Octets of the longest nonce that is kept. Longer ones are refused as unusable.
pub(crate) const NONCE_MAX: usize = 32;
/// Octets of the longest proof before it becomes base64 text: `name:secret`.
const PROOF_MAX: usize = 2 * NAME_MAX + 1;

/// A nonce: raw octets, never their base64 text (`SEC-C-007`).
pub(crate) type Nonce = Octets<NONCE_MAX>;

/// An authentication scheme.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Scheme {
    Basic,
    /// `syncml:auth-md5` and `syncml:auth-SHA256`.
    Digest(Hash),
    /// In the header of the transport, never in a Cred (`SEC-C-028`).
    #[cfg(feature = "hmac")]
    Mac,
}

impl Scheme {
    /// From Meta/Type of a Cred or Chal.
    pub(crate) fn from_type(name: Option<&Text<'_>>) -> Option<Self> {
        let name = name?.trimmed();
        if name.is(Self::Basic.type_name().as_bytes()) {
            return Some(Self::Basic);
        }
        #[cfg(feature = "hmac")]
        if name.is(Self::Mac.type_name().as_bytes()) {
            return Some(Self::Mac);
        }
        let mut hashes = Hash::ALL.iter();
        let hash = hashes.find(|hash| name.is(hash.type_name().as_bytes()))?;
        Some(Self::Digest(*hash))
    }

    /// From an AAuthType value of DMAcc (objects table 2.2), with the hash of a seal.
    pub(crate) fn from_account(name: &[u8]) -> Option<(Self, Option<Hash>)> {
        let is = |known: Self| name == known.account_name().as_bytes();
        match name {
            _ if is(Self::Basic) => Some((Self::Basic, None)),
            #[cfg(feature = "md5")]
            _ if is(Self::Digest(Hash::Md5)) => Some((Self::Digest(Hash::Md5), None)),
            #[cfg(feature = "hmac")]
            _ if is(Self::Mac) => Some((Self::Mac, Some(Hash::Md5))),
            #[cfg(feature = "profile13")]
            _ => crate::profile13::auth_type(name),
            #[cfg(not(feature = "profile13"))]
            _ => None,
        }
    }

    /// Its AAuthType value; of seals that of the older hash.
    pub(crate) const fn account_name(self) -> &'static str {
        match self {
            Self::Basic => "BASIC",
            Self::Digest(hash) => hash.account_name(),
            #[cfg(feature = "hmac")]
            Self::Mac => "HMAC",
        }
    }

    /// Whether a challenge of this scheme brings a nonce.
    pub(crate) const fn has_nonce(self) -> bool {
        !matches!(self, Self::Basic)
    }

    /// The name in Meta/Type.
    pub(crate) const fn type_name(self) -> &'static str {
        match self {
            Self::Basic => "syncml:auth-basic",
            Self::Digest(hash) => hash.type_name(),
            #[cfg(feature = "hmac")]
            Self::Mac => "syncml:auth-MAC",
        }
    }

    /// Whether it seals messages.
    pub(crate) const fn is_seal(self) -> bool {
        #[cfg(feature = "hmac")]
        return matches!(self, Self::Mac);
        #[cfg(not(feature = "hmac"))]
        false
    }
}

/// One AppAuth entry as it is needed to make or check a Cred. Wiped when dropped.
#[derive(Default)]
pub(crate) struct Credentials {
    pub(crate) name: Octets<NAME_MAX>,
    pub(crate) secret: Octets<NAME_MAX>,
}

impl Credentials {
    /// Forgets them (`SEC-C-044`).
    pub(crate) fn wipe(&mut self) {
        wipe(&mut self.name);
        wipe(&mut self.secret);
    }
}

impl Drop for Credentials {
    fn drop(&mut self) {
        self.wipe();
    }
}

/// Octets that come from a secret. Wiped when dropped (`SEC-C-044`).
#[derive(Default)]
pub(crate) struct Wiped<const N: usize>(Octets<N>);

impl<const N: usize> Drop for Wiped<N> {
    fn drop(&mut self) {
        wipe(&mut self.0);
    }
}

/// Puts other octets in the place of those in `buf`; what is longer than that has room for leaves it empty.
#[inline(never)]
pub(crate) fn put(buf: &mut OctetsView, octets: &[u8]) {
    buf.clear();
    let _ = buf.extend_from_slice(octets);
}

/// Overwrites and empties what comes from a secret, or is a nonce (`SEC-C-044`).
#[inline(never)]
pub(crate) fn wipe(buf: &mut OctetsView) {
    // The whole array, not only the part in use: shorter texts may have followed longer ones.
    let _ = buf.resize(buf.capacity(), 0);
    buf.as_mut_slice().zeroize();
    buf.clear();
}

/// Hands over what proves `who` in a Cred, before it becomes base64 text: one way for all schemes, to make and to check it
/// (`SEC-C-004`, `SEC-C-007`).
#[inline(never)]
pub(crate) fn prove(scheme: Scheme, who: &Credentials, nonce: &[u8], put: &mut dyn FnMut(&[u8])) {
    match scheme {
        Scheme::Basic => {
            for part in [&who.name[..], b":", &who.secret] {
                put(part);
            }
        }
        Scheme::Digest(hash) => put(hash::prove(hash, who, nonce, None).as_bytes()),
        #[cfg(feature = "hmac")]
        Scheme::Mac => {}
    }
}

/// Checks the Data of a Cred that the server sent, in constant time for its length (`SEC-C-043`).
pub(crate) fn verify(scheme: Scheme, who: &Credentials, nonce: &[u8], data: &Text<'_>) -> bool {
    // An account without a secret proves nothing: an empty secret must not be a pass for everyone. Nor does a seal, whose
    // place is not here.
    if who.secret.is_empty() || scheme.is_seal() {
        return false;
    }
    let mut given = Wiped::<PROOF_MAX>::default();
    let _ = given.0.resize(PROOF_MAX, 0);
    let Ok(len) = data.decode_base64(given.0.as_mut_slice()) else {
        return false;
    };
    let mut rest = given.0.get(..len).unwrap_or_default();
    let mut same = Choice::from(1);
    prove(scheme, who, nonce, &mut |part| {
        let (front, behind) = rest.split_at_checked(part.len()).unwrap_or_default();
        same &= front.ct_eq(part);
        rest = behind;
    });
    same &= rest.ct_eq(&[]);
    same.into()
}

/// The identity that all tree operations of a session run under (`SEC-C-046`).
///
/// To be called only once the server proved to be `server_id`.
pub(crate) const fn principal(server_id: &[u8]) -> Principal<'_> {
    Principal::dangerous_assume(server_id)
}

#[cfg(test)]
mod vectors;
