//! Credentials: the schemes, what proves the client, what proves the server.
//!
//! Security chapters 3 to 5. Secrets live in buffers that are wiped when they go out of scope, digests are compared in
//! constant time, and the only place where a [`dm_tree::Principal`] for a session comes from is [`principal`].

use dm_tree::Principal;
use dm_wbxml::Text;
use heapless::Vec;
use subtle::ConstantTimeEq;
use zeroize::Zeroize;

pub(crate) mod basic;
#[cfg(feature = "hmac")]
pub(crate) mod mac;
#[cfg(not(feature = "hmac"))]
#[path = "auth/mac_none.rs"]
pub(crate) mod mac;
pub(crate) mod md5;

/// Octets of the longest user name and of the longest secret.
pub(crate) const NAME_MAX: usize = 64;
/// Octets of the longest nonce that is kept. Longer ones are refused as unusable.
pub(crate) const NONCE_MAX: usize = 32;
/// Characters of the longest Cred data: base64 of `name:secret`.
pub(crate) const CRED_MAX: usize = (2 * NAME_MAX + 1).div_ceil(3) * 4;

/// A nonce: raw octets, never their base64 text (`SEC-C-007`).
pub(crate) type Nonce = Vec<u8, NONCE_MAX>;

/// An authentication scheme.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Scheme {
    Basic,
    Md5,
    /// In the header of the transport, never in a Cred (`SEC-C-028`).
    Mac,
}

impl Scheme {
    /// From Meta/Type of a Cred or Chal.
    pub(crate) fn from_type(name: Option<Text<'_>>) -> Option<Self> {
        let name = name?.trimmed();
        if name.is(b"syncml:auth-basic") {
            Some(Self::Basic)
        } else if cfg!(feature = "md5") && name.is(b"syncml:auth-md5") {
            Some(Self::Md5)
        } else if cfg!(feature = "hmac") && name.is(b"syncml:auth-MAC") {
            Some(Self::Mac)
        } else {
            None
        }
    }

    /// From an AAuthType value of DMAcc (objects table 2.2).
    pub(crate) fn from_account(name: &[u8]) -> Option<Self> {
        match name {
            b"BASIC" => Some(Self::Basic),
            b"DIGEST" if cfg!(feature = "md5") => Some(Self::Md5),
            b"HMAC" if cfg!(feature = "hmac") => Some(Self::Mac),
            _ => None,
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
            Self::Md5 => "syncml:auth-md5",
            Self::Mac => "syncml:auth-MAC",
        }
    }
}

/// One AppAuth entry as it is needed to make or check a Cred. Wiped when dropped.
#[derive(Default)]
pub(crate) struct Credentials {
    pub(crate) name: Vec<u8, NAME_MAX>,
    pub(crate) secret: Vec<u8, NAME_MAX>,
}

impl Drop for Credentials {
    fn drop(&mut self) {
        wipe(&mut self.name);
        wipe(&mut self.secret);
    }
}

/// The Data of a Cred, base64 text. Wiped when dropped.
#[derive(Default)]
pub(crate) struct CredData(pub(crate) Vec<u8, CRED_MAX>);

impl Drop for CredData {
    fn drop(&mut self) {
        wipe(&mut self.0);
    }
}

fn wipe<const N: usize>(buf: &mut Vec<u8, N>) {
    // The whole array, not only the part in use: shorter texts may have followed longer ones.
    let _ = buf.resize(N, 0);
    buf.as_mut_slice().zeroize();
    buf.clear();
}

/// Makes the Data of a Cred (`SEC-C-004`, `SEC-C-007`).
pub(crate) fn make(scheme: Scheme, who: &Credentials, nonce: &[u8]) -> CredData {
    match scheme {
        Scheme::Basic => basic::make(who),
        Scheme::Md5 => md5::make(who, nonce),
        Scheme::Mac => CredData(Vec::new()),
    }
}

/// Checks the Data of a Cred that the server sent, in constant time for its length.
pub(crate) fn verify(scheme: Scheme, who: &Credentials, nonce: &[u8], data: Text<'_>) -> bool {
    // An account without a secret proves nothing: an empty secret must not be a pass for everyone.
    if who.secret.is_empty() {
        return false;
    }
    let mut given = [0; 2 * NAME_MAX + 1];
    let same = match data.decode_base64(&mut given) {
        Ok(len) => {
            let given = given.get(..len).unwrap_or_default();
            match scheme {
                Scheme::Basic => basic::matches(who, given),
                Scheme::Md5 => md5::matches(who, nonce, given),
                Scheme::Mac => false,
            }
        }
        Err(_) => false,
    };
    given.zeroize();
    same
}

pub(crate) fn equal(a: &[u8], b: &[u8]) -> bool {
    a.ct_eq(b).into()
}

/// The identity that all tree operations of a session run under (`SEC-C-046`).
///
/// To be called only once the server proved to be `server_id`.
pub(crate) const fn principal(server_id: &[u8]) -> Principal<'_> {
    Principal::dangerous_assume(server_id)
}

#[cfg(test)]
mod tests {
    use super::*;

    pub(crate) fn credentials(name: &str, secret: &str) -> Credentials {
        Credentials {
            name: Vec::from_slice(name.as_bytes()).unwrap(),
            secret: Vec::from_slice(secret.as_bytes()).unwrap(),
        }
    }

    #[test]
    fn schemes_are_told_by_both_of_their_names() {
        assert_eq!(
            Scheme::from_type(Some(Text::from(" syncml:auth-basic "))),
            Some(Scheme::Basic)
        );
        assert_eq!(
            Scheme::from_type(Some(Text::from("syncml:auth-X509"))),
            None
        );
        assert_eq!(Scheme::from_type(None), None);
        assert_eq!(Scheme::from_account(b"BASIC"), Some(Scheme::Basic));
        assert_eq!(Scheme::from_account(b"basic"), None);
        assert_eq!(
            Scheme::from_account(b"DIGEST").is_some(),
            cfg!(feature = "md5")
        );
    }
}
