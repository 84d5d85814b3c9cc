//! `syncml:auth-basic`: base64 of `name:secret` (security chapter 3.1).

use base64ct::{Base64, Encoding};
use heapless::Vec;
use zeroize::Zeroize;

use super::{CRED_MAX, CredData, Credentials, NAME_MAX, equal};

type Plain = Vec<u8, { 2 * NAME_MAX + 1 }>;

fn plain(who: &Credentials) -> Plain {
    let mut plain = Plain::new();
    // Both fit: each is at most NAME_MAX long.
    let _ = plain.extend_from_slice(&who.name);
    let _ = plain.push(b':');
    let _ = plain.extend_from_slice(&who.secret);
    plain
}

pub(crate) fn make(who: &Credentials) -> CredData {
    let mut plain = plain(who);
    let mut text = [0; CRED_MAX];
    let mut data = Vec::new();
    if let Ok(text) = Base64::encode(&plain, &mut text) {
        let _ = data.extend_from_slice(text.as_bytes());
    }
    text.zeroize();
    plain.as_mut_slice().zeroize();
    CredData(data)
}

pub(crate) fn matches(who: &Credentials, given: &[u8]) -> bool {
    let mut plain = plain(who);
    let same = equal(&plain, given);
    plain.as_mut_slice().zeroize();
    same
}

#[cfg(test)]
mod tests {
    use super::super::tests::credentials;
    use crate::auth::{Scheme, make, verify};
    use dm_wbxml::Text;

    /// Vectors S1a, S1b and S6 of the security chapter.
    #[test]
    fn basic_credentials_match_the_vectors() {
        for (name, secret, expected) in [
            ("Bruce2", "OhBehave", "QnJ1Y2UyOk9oQmVoYXZl"),
            ("dev-0042", "s3cr3t!", "ZGV2LTAwNDI6czNjcjN0IQ=="),
            (
                "J\u{fc}rgen",
                "p\u{e4}ss:w\u{f6}rd",
                "SsO8cmdlbjpww6Rzczp3w7ZyZA==",
            ),
        ] {
            let who = credentials(name, secret);
            assert_eq!(make(Scheme::Basic, &who, b"").0, expected.as_bytes());
            assert!(verify(Scheme::Basic, &who, b"", Text::from(expected)));
        }
    }

    #[test]
    fn a_basic_credential_of_another_secret_is_refused() {
        let who = credentials("dev-0042", "s3cr3t!");
        for wrong in ["QnJ1Y2UyOk9oQmVoYXZl", "", "ZGV2LTAwNDI6", "!!!!"] {
            assert!(
                !verify(Scheme::Basic, &who, b"", Text::from(wrong)),
                "{wrong}"
            );
        }
    }

    #[test]
    fn an_account_without_a_secret_is_proved_by_nobody() {
        let who = credentials("srv", "");
        let data = make(Scheme::Basic, &who, b"");
        assert!(!verify(Scheme::Basic, &who, b"", Text::from_bytes(&data.0)));
    }
}
