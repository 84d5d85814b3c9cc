//! Credentials as the security specification defines them: `syncml:auth-basic`, `syncml:auth-md5` and `syncml:auth-MAC`; and those
//! with SHA-256, which deployed servers (`syncml:auth-SHA256`) and this project's 1.3 profile (seals) know.
//!
//! Written from the formulas alone and shared with no client, so that a mistake on either side shows as a refusal.

use base64ct::{Base64, Base64Unpadded, Encoding as _};
use md5::{Digest as _, Md5};
use serde::Serialize;
use sha2::Sha256;

/// How one side proves who it is, at the application layer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Scheme {
    /// `syncml:auth-basic`: base64 of `user:secret`. To be used over a protected link only.
    Basic,
    /// `syncml:auth-md5`: the nested MD5 digest over name, secret and the verifier's nonce.
    Md5,
    /// `syncml:auth-SHA256`: the same with SHA-256.
    Sha256,
    /// `syncml:auth-MAC`: every message is sealed by the `x-syncml-hmac` header, with MD5.
    Mac,
    /// The same with `algorithm=SHA256` (1.3 profile).
    #[serde(rename = "mac-sha256")]
    MacSha256,
}

impl Scheme {
    /// The name of the scheme in `Meta/Type`.
    #[must_use]
    pub const fn mime(self) -> &'static str {
        match self {
            Self::Basic => "syncml:auth-basic",
            Self::Md5 => "syncml:auth-md5",
            Self::Sha256 => "syncml:auth-SHA256",
            Self::Mac | Self::MacSha256 => "syncml:auth-MAC",
        }
    }

    /// The scheme a `Meta/Type` names; `None` for those this server does not speak.
    #[must_use]
    pub fn from_mime(name: &str) -> Option<Self> {
        [Self::Basic, Self::Md5, Self::Sha256, Self::Mac]
            .into_iter()
            .find(|scheme| scheme.mime().eq_ignore_ascii_case(name))
    }

    /// The content of `Cred/Data` that proves `user` and `secret`; `nonce` are the decoded octets, unused by basic.
    #[must_use]
    pub fn proof(self, user: &str, secret: &str, nonce: &[u8]) -> String {
        match self {
            Self::Basic => encode(format!("{user}:{secret}").as_bytes()),
            Self::Md5 | Self::Sha256 => encode(&self.nested(user, secret, nonce, &[])),
            // Seals have no place in a Cred.
            Self::Mac | Self::MacSha256 => String::new(),
        }
    }

    /// Whether messages are sealed, and no Cred is sent.
    #[must_use]
    pub const fn is_mac(self) -> bool {
        matches!(self, Self::Mac | Self::MacSha256)
    }

    /// Value of the `x-syncml-hmac` header over `body`.
    #[must_use]
    pub fn seal(self, user: &str, secret: &str, nonce: &[u8], body: &[u8]) -> String {
        let mac = encode(&self.sealing(user, secret, nonce, body));
        let name = user.replace('\\', "\\\\").replace('"', "\\\"");
        format!(
            "algorithm={}, username=\"{name}\", mac={mac}",
            self.algorithm()
        )
    }

    /// Whether the value of an `x-syncml-hmac` header seals `body` in the name of `user`.
    #[must_use]
    pub fn verify_seal(
        self,
        header: &str,
        user: &str,
        secret: &str,
        nonce: &[u8],
        body: &[u8],
    ) -> bool {
        let (mut algorithm, mut name, mut mac) = ("MD5".to_owned(), None, None);
        for (key, value) in parameters(header) {
            match key.to_ascii_lowercase().as_str() {
                "algorithm" => algorithm = value,
                "username" => name = Some(value),
                "mac" => mac = decode(&value),
                _ => {}
            }
        }
        algorithm.eq_ignore_ascii_case(self.algorithm())
            && name.as_deref() == Some(user)
            && mac.is_some_and(|mac| same(&mac, &self.sealing(user, secret, nonce, body)))
    }

    const fn algorithm(self) -> &'static str {
        match self {
            Self::Sha256 | Self::MacSha256 => "SHA256",
            _ => "MD5",
        }
    }

    fn hash(self, octets: &[u8]) -> Vec<u8> {
        match self {
            Self::Sha256 | Self::MacSha256 => Sha256::digest(octets).to_vec(),
            _ => Md5::digest(octets).to_vec(),
        }
    }

    /// `H(B64(H(user:secret)) ":" nonce ":" B64(H(body)))`.
    fn sealing(self, user: &str, secret: &str, nonce: &[u8], body: &[u8]) -> Vec<u8> {
        let tail = format!(":{}", encode(&self.hash(body)));
        self.nested(user, secret, nonce, tail.as_bytes())
    }

    /// `H(B64(H(user:secret)) ":" nonce tail)`.
    fn nested(self, user: &str, secret: &str, nonce: &[u8], tail: &[u8]) -> Vec<u8> {
        let inner = encode(&self.hash(format!("{user}:{secret}").as_bytes()));
        self.hash(&[inner.as_bytes(), b":", nonce, tail].concat())
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

/// Names and values of a header's parameters, quotes and their escapes taken away.
fn parameters(header: &str) -> Vec<(String, String)> {
    let mut found = vec![(String::new(), String::new())];
    let (mut quoted, mut escaped, mut in_value) = (false, false, false);
    for character in header.chars() {
        let Some((name, value)) = found.last_mut() else {
            break;
        };
        match character {
            _ if escaped => {
                value.push(character);
                escaped = false;
            }
            '\\' if quoted => escaped = true,
            '"' => quoted = !quoted,
            ',' if !quoted => {
                in_value = false;
                found.push((String::new(), String::new()));
            }
            '=' if !in_value => in_value = true,
            ' ' | '\t' if !quoted => {}
            _ if in_value => value.push(character),
            _ => name.push(character),
        }
    }
    found
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
        for scheme in [Scheme::Basic, Scheme::Md5, Scheme::Sha256, Scheme::Mac] {
            assert_eq!(Scheme::from_mime(scheme.mime()), Some(scheme));
        }
        assert_eq!(Scheme::from_mime("syncml:auth-X509"), None);
    }

    #[test]
    fn sha256_credentials_equal_the_vector_of_the_additions() {
        assert_eq!(
            Scheme::Sha256.proof("Bruce2", "OhBehave", b"Nonce"),
            "xjzyGlkt3ohlGLPxKSYkHAOvDen344MH8tMN+TuV5E4="
        );
    }

    #[test]
    fn seals_equal_vectors_m1_and_m2_and_those_of_the_additions() {
        let body = b"<SyncML xmlns='SYNCML:SYNCML1.2'/>";
        let m2 = [0x02, 0xA4, 0x01, 0x6A, 0x00, 0x2D];
        let bruce = ("Bruce2", "OhBehave", &b"Nonce"[..], &b"<SyncML/>"[..]);
        let dev = (USER, SECRET, N16, &body[..]);
        for (scheme, (user, secret, nonce, body), mac) in [
            (Scheme::Mac, dev, "lXsz9MW0Vf/OYMZ9yFdM0w=="),
            (
                Scheme::Mac,
                (USER, SECRET, N16, &m2[..]),
                "T7UTUEnawPZbo9mU8Oabig==",
            ),
            (Scheme::Mac, bruce, "urdCeS3JUmjFgi8SX3webw=="),
            (
                Scheme::MacSha256,
                bruce,
                "h0RDJW9Hk18vWTmIxTj5V8szrZH+Qe9xGZ1In0JI52w=",
            ),
        ] {
            let header = scheme.seal(user, secret, nonce, body);
            assert!(header.ends_with(mac), "{header}");
            let is_right = |header: &str| scheme.verify_seal(header, user, secret, nonce, body);
            assert!(is_right(&header));
            assert!(is_right(&header.replace(", ", ",")));
            assert!(!is_right(&header.replace(user, "other")));
            assert!(!is_right(&header.replace("mac=", "mac=A")));
            assert!(!is_right(&header.replace("username", "user")));
            assert!(!is_right(""));
            assert!(!scheme.verify_seal(&header, user, secret, b"other", body));
            assert!(!scheme.verify_seal(&header, user, secret, nonce, b"other"));
        }
        let name = "a\"b\\c,=d";
        let header = Scheme::Mac.seal(name, "s", b"n", b"x");
        assert!(Scheme::Mac.verify_seal(&header, name, "s", b"n", b"x"));
    }
}
