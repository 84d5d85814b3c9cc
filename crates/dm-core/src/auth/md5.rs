//! `syncml:auth-md5`: base64 of `H(B64(H(name:secret)):nonce)` (security chapter 3.2, `SEC-C-004`).

use super::{CredData, Credentials};

#[cfg(feature = "md5")]
mod enabled {
    use base64ct::{Base64, Encoding};
    use heapless::Vec;
    use md5::{Digest, Md5};

    use super::super::equal;
    use super::{CredData, Credentials};

    fn digest(who: &Credentials, nonce: &[u8]) -> [u8; 16] {
        let mut inner = Md5::new();
        inner.update(&who.name);
        inner.update(b":");
        inner.update(&who.secret);
        let inner: [u8; 16] = inner.finalize().into();
        let mut text = [0; 24];
        let mut outer = Md5::new();
        outer.update(Base64::encode(&inner, &mut text).unwrap_or_default());
        outer.update(b":");
        outer.update(nonce);
        outer.finalize().into()
    }

    pub(crate) fn make(who: &Credentials, nonce: &[u8]) -> CredData {
        let mut text = [0; 24];
        let mut data = Vec::new();
        if let Ok(text) = Base64::encode(&digest(who, nonce), &mut text) {
            let _ = data.extend_from_slice(text.as_bytes());
        }
        CredData(data)
    }

    pub(crate) fn matches(who: &Credentials, nonce: &[u8], given: &[u8]) -> bool {
        equal(&digest(who, nonce), given)
    }
}

#[cfg(feature = "md5")]
pub(crate) use enabled::{make, matches};

/// Never reached: without the feature no [`super::Scheme::Md5`] is ever made.
#[cfg(not(feature = "md5"))]
pub(crate) fn make(_: &Credentials, _: &[u8]) -> CredData {
    CredData(heapless::Vec::new())
}

/// Never reached, as [`make`].
#[cfg(not(feature = "md5"))]
pub(crate) fn matches(_: &Credentials, _: &[u8], _: &[u8]) -> bool {
    false
}

#[cfg(all(test, feature = "md5"))]
mod tests {
    use super::super::tests::credentials;
    use crate::auth::{Scheme, make, verify};
    use dm_wbxml::Text;

    const N16: [u8; 16] = [0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15];

    /// SEC-C-004, SEC-C-007: vectors S2, S3, S3e, S4a, S4b, S5 and S6 of the security chapter.
    #[test]
    fn md5_credentials_match_the_vectors() {
        let vectors: [(&str, &str, &[u8], &str); 7] = [
            ("Bruce2", "OhBehave", b"Nonce", "Zz6EivR3yeaaENcRN6lpAQ=="),
            ("dev-0042", "s3cr3t!", &N16, "b93eiW5O/OJC5M2+bIoWXw=="),
            ("dev-0042", "s3cr3t!", b"", "o9NNDyzlbgXWwek7xQLYtA=="),
            ("dev-0042", "s3cr3t!", &[0; 4], "uUXmmw/kg9mdJgOMhMrS2w=="),
            (
                "dev-0042",
                "s3cr3t!",
                b"0x00000000",
                "5eo9TIkuirtmbUI+IcaLUA==",
            ),
            (
                "dm.example.org",
                "Srv#Pass-1",
                &[0xA5; 16],
                "xg6zqHHHR8Gh8e87b/f8mA==",
            ),
            (
                "J\u{fc}rgen",
                "p\u{e4}ss:w\u{f6}rd",
                &N16,
                "xA/gho6WWG13npqW0e7c9g==",
            ),
        ];
        for (name, secret, nonce, expected) in vectors {
            let who = credentials(name, secret);
            assert_eq!(make(Scheme::Md5, &who, nonce).0, expected.as_bytes());
            assert!(verify(Scheme::Md5, &who, nonce, Text::from(expected)));
            assert!(verify(
                Scheme::Md5,
                &who,
                nonce,
                Text::from(expected.trim_end_matches('='))
            ));
        }
    }

    /// SEC-C-007: vector S3x, the digest over the base64 text of the nonce, is refused.
    #[test]
    fn a_digest_over_the_nonce_text_is_refused() {
        let who = credentials("dev-0042", "s3cr3t!");
        for wrong in [
            "/ZCBkZK4bcOdtEnYdWLlSg==",
            "o9NNDyzlbgXWwek7xQLYtA==",
            "b93eiW5O",
            "",
        ] {
            assert!(
                !verify(Scheme::Md5, &who, &N16, Text::from(wrong)),
                "{wrong}"
            );
        }
    }
}
