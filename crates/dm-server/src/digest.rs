//! Credentials as the security specification defines them: `syncml:auth-basic` and `syncml:auth-md5`.
//!
//! Written from the formulas alone and shared with no client, so that a mistake on either side shows as a refusal.

use base64ct::{Base64, Base64Unpadded, Encoding as _};
use md5::{Digest as _, Md5};
use serde::Serialize;

/// How one side proves who it is, at the application layer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Scheme {
    /// `syncml:auth-basic`: base64 of `user:secret`. To be used over a protected link only.
    Basic,
    /// `syncml:auth-md5`: the nested MD5 digest over name, secret and the verifier's nonce.
    Md5,
}

impl Scheme {
    /// The name of the scheme in `Meta/Type`.
    #[must_use]
    pub const fn mime(self) -> &'static str {
        match self {
            Self::Basic => "syncml:auth-basic",
            Self::Md5 => "syncml:auth-md5",
        }
    }

    /// The scheme a `Meta/Type` names; `None` for those this server does not speak.
    #[must_use]
    pub fn from_mime(name: &str) -> Option<Self> {
        [Self::Basic, Self::Md5]
            .into_iter()
            .find(|scheme| scheme.mime().eq_ignore_ascii_case(name))
    }

    /// The content of `Cred/Data` that proves `user` and `secret`; `nonce` are the decoded octets, unused by basic.
    #[must_use]
    pub fn proof(self, user: &str, secret: &str, nonce: &[u8]) -> String {
        match self {
            Self::Basic => encode(format!("{user}:{secret}").as_bytes()),
            Self::Md5 => md5_proof(user, secret, nonce),
        }
    }

    /// Whether `data`, the content of a received `Cred/Data`, proves `user` and `secret`.
    ///
    /// White space and missing padding of the base64 text do not matter.
    #[must_use]
    pub fn verify(self, data: &str, user: &str, secret: &str, nonce: &[u8]) -> bool {
        let expected = decode(&self.proof(user, secret, nonce));
        let given = decode(data);
        given.is_some() && same(&given.unwrap_or_default(), &expected.unwrap_or_default())
    }
}

/// Splits the content of basic credentials into user name and secret.
pub(crate) fn basic_parts(data: &str) -> Option<(String, String)> {
    let text = String::from_utf8(decode(data)?).ok()?;
    let (user, secret) = text.split_once(':')?;
    Some((user.to_owned(), secret.to_owned()))
}

/// Base64 with padding, without line breaks.
pub(crate) fn encode(bytes: &[u8]) -> String {
    Base64::encode_string(bytes)
}

/// Octets of a base64 text; white space is skipped and padding may be missing.
pub(crate) fn decode(text: &str) -> Option<Vec<u8>> {
    let mut compact: String = text.chars().filter(|c| !c.is_ascii_whitespace()).collect();
    compact.truncate(compact.trim_end_matches('=').len());
    Base64Unpadded::decode_vec(&compact).ok()
}

/// `B64(H(B64(H(user:secret)) ":" nonce))`.
fn md5_proof(user: &str, secret: &str, nonce: &[u8]) -> String {
    let inner = encode(&Md5::digest(format!("{user}:{secret}").as_bytes()));
    let mut outer = Md5::new();
    outer.update(inner.as_bytes());
    outer.update(b":");
    outer.update(nonce);
    encode(&outer.finalize())
}

/// Comparison whose time does not depend on where the first difference is.
fn same(a: &[u8], b: &[u8]) -> bool {
    let difference = a.iter().zip(b).fold(0, |sum, (x, y)| sum | (x ^ y));
    a.len() == b.len() && difference == 0
}

#[cfg(test)]
mod tests {
    use super::*;

    const USER: &str = "dev-0042";
    const SECRET: &str = "s3cr3t!";
    const N16: &[u8] = &[0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15];

    #[test]
    fn basic_credentials_equal_vectors_s1() {
        assert_eq!(
            Scheme::Basic.proof("Bruce2", "OhBehave", b""),
            "QnJ1Y2UyOk9oQmVoYXZl"
        );
        assert_eq!(
            Scheme::Basic.proof(USER, SECRET, b""),
            "ZGV2LTAwNDI6czNjcjN0IQ=="
        );
    }

    #[test]
    fn md5_credentials_equal_vectors_s2_to_s5() {
        let proof = |user, secret, nonce: &[u8]| Scheme::Md5.proof(user, secret, nonce);
        assert_eq!(
            proof("Bruce2", "OhBehave", b"Nonce"),
            "Zz6EivR3yeaaENcRN6lpAQ=="
        );
        assert_eq!(proof(USER, SECRET, N16), "b93eiW5O/OJC5M2+bIoWXw==");
        assert_eq!(proof(USER, SECRET, b""), "o9NNDyzlbgXWwek7xQLYtA==");
        assert_eq!(proof(USER, SECRET, &[0; 4]), "uUXmmw/kg9mdJgOMhMrS2w==");
        assert_eq!(
            proof(USER, SECRET, b"0x00000000"),
            "5eo9TIkuirtmbUI+IcaLUA=="
        );
        assert_eq!(
            proof("dm.example.org", "Srv#Pass-1", &[0xA5; 16]),
            "xg6zqHHHR8Gh8e87b/f8mA=="
        );
    }

    #[test]
    fn names_and_secrets_outside_ascii_are_hashed_as_utf8_vector_s6() {
        let (user, secret) = ("J\u{fc}rgen", "p\u{e4}ss:w\u{f6}rd");
        assert_eq!(
            Scheme::Basic.proof(user, secret, b""),
            "SsO8cmdlbjpww6Rzczp3w7ZyZA=="
        );
        assert_eq!(
            Scheme::Md5.proof(user, secret, N16),
            "xA/gho6WWG13npqW0e7c9g=="
        );
        let parts = basic_parts("SsO8cmdlbjpww6Rzczp3w7ZyZA==").unwrap();
        assert_eq!(parts, (user.to_owned(), secret.to_owned()));
    }

    #[test]
    fn a_digest_over_the_text_of_the_nonce_is_refused_vector_s3x() {
        assert!(!Scheme::Md5.verify("/ZCBkZK4bcOdtEnYdWLlSg==", USER, SECRET, N16));
    }

    #[test]
    fn line_breaks_and_missing_padding_are_accepted() {
        for data in ["b93eiW5O/OJC5M2+bIoWXw", "b93eiW5O/OJC\r\n 5M2+bIoWXw=="] {
            assert!(Scheme::Md5.verify(data, USER, SECRET, N16), "{data}");
        }
    }

    #[test]
    fn wrong_secret_name_nonce_or_truncated_text_is_refused() {
        let good = "b93eiW5O/OJC5M2+bIoWXw==";
        assert!(Scheme::Md5.verify(good, USER, SECRET, N16));
        assert!(!Scheme::Md5.verify(good, "dev-0043", SECRET, N16));
        assert!(!Scheme::Md5.verify(good, USER, "s3cr3t", N16));
        assert!(!Scheme::Md5.verify(good, USER, SECRET, b"older nonce"));
        for bad in [
            "",
            "b93eiW5O/OJC5M2+bIo",
            "b93eiW5O/OJC5M2+bIoW",
            "****",
            "b93e=iW5O",
        ] {
            assert!(!Scheme::Md5.verify(bad, USER, SECRET, N16), "{bad}");
            assert!(!Scheme::Basic.verify(bad, USER, SECRET, N16), "{bad}");
        }
    }

    #[test]
    fn scheme_names_are_those_of_the_specification() {
        for scheme in [Scheme::Basic, Scheme::Md5] {
            assert_eq!(Scheme::from_mime(scheme.mime()), Some(scheme));
        }
        assert_eq!(Scheme::from_mime("syncml:auth-MAC"), None);
    }
}
