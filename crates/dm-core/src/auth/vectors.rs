//! The vectors of the security chapter and of the additions, and what is not a right credential.

use dm_wbxml::Text;
use heapless::Vec;

use base64ct::{Base64, Encoding as _};

use super::{Credentials, Scheme, Wiped, prove, verify};

pub(crate) const N16: [u8; 16] = [0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15];

pub(crate) fn credentials(name: &str, secret: &str) -> Credentials {
    Credentials {
        name: Vec::from_slice(name.as_bytes()).unwrap(),
        secret: Vec::from_slice(secret.as_bytes()).unwrap(),
    }
}

/// The scheme with that name in Meta/Type.
pub(crate) fn scheme(name: &str) -> Scheme {
    Scheme::from_type(Some(&Text::from(name))).unwrap()
}

fn made(scheme: Scheme, who: &Credentials, nonce: &[u8]) -> std::string::String {
    let mut proof = std::vec::Vec::new();
    prove(scheme, who, nonce, &mut |part| {
        proof.extend_from_slice(part)
    });
    let mut text = [0; 256];
    Base64::encode(&proof, &mut text).unwrap().into()
}

/// Each vector is made, taken back, taken without its padding, and refused when anything else about it differs.
fn check(name: &str, vectors: &[(&str, &str, &[u8], &str)]) {
    let scheme = scheme(name);
    for (user, secret, nonce, expected) in vectors {
        let who = credentials(user, secret);
        assert_eq!(made(scheme, &who, nonce), *expected);
        let is_right = |who: &Credentials, nonce: &[u8], data: &str| {
            verify(scheme, who, nonce, &Text::from(data))
        };
        assert!(is_right(&who, nonce, expected));
        assert!(is_right(&who, nonce, expected.trim_end_matches('=')));
        assert!(!is_right(&credentials(user, "other"), nonce, expected));
        assert!(!is_right(&credentials("other", secret), nonce, expected));
        assert!(!is_right(&who, nonce, &expected[..8]));
        assert!(!is_right(&who, nonce, ""));
        assert!(!is_right(&who, nonce, "!!!!"));
        if scheme.has_nonce() {
            assert!(!is_right(&who, b"another", expected));
        }
    }
}

/// D13-C-075: vectors S1a, S1b and S6.
#[test]
fn basic_credentials_match_the_vectors() {
    check(
        "syncml:auth-basic",
        &[
            ("Bruce2", "OhBehave", b"", "QnJ1Y2UyOk9oQmVoYXZl"),
            ("dev-0042", "s3cr3t!", b"", "ZGV2LTAwNDI6czNjcjN0IQ=="),
            (
                "J\u{fc}rgen",
                "p\u{e4}ss:w\u{f6}rd",
                b"",
                "SsO8cmdlbjpww6Rzczp3w7ZyZA==",
            ),
        ],
    );
}

/// SEC-C-004, SEC-C-007: vectors S2, S3, S3e, S4a, S4b, S5 and S6; and S3x, the digest over the base64 text of the nonce,
/// which is wrong.
#[cfg(feature = "md5")]
#[test]
fn md5_credentials_match_the_vectors() {
    let wrong = "/ZCBkZK4bcOdtEnYdWLlSg==";
    let s6 = ("J\u{fc}rgen", "p\u{e4}ss:w\u{f6}rd");
    check(
        "syncml:auth-md5",
        &[
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
            (s6.0, s6.1, &N16, "xA/gho6WWG13npqW0e7c9g=="),
        ],
    );
    let who = credentials("dev-0042", "s3cr3t!");
    assert!(!verify(
        scheme("syncml:auth-md5"),
        &who,
        &N16,
        &Text::from(wrong)
    ));
}

/// D13-C-073, D13-C-074: the vector of the additions, and others made with Python's hashlib; a digest over the base64 text of the
/// nonce is wrong.
#[cfg(feature = "sha256")]
#[test]
fn sha256_credentials_match_the_vectors() {
    check(
        "syncml:auth-SHA256",
        &[
            (
                "Bruce2",
                "OhBehave",
                b"Nonce",
                "xjzyGlkt3ohlGLPxKSYkHAOvDen344MH8tMN+TuV5E4=",
            ),
            (
                "dev-0042",
                "s3cr3t!",
                &N16,
                "vhuNH40ciHP07ae7Fm4kDIV602VYKsOhfD0f57tUnO4=",
            ),
            (
                "dev-0042",
                "s3cr3t!",
                b"",
                "5KQ7I6KQ1H832k6kALMKQBceAM1OtadlMNCChRdjGUM=",
            ),
            (
                "J\u{fc}rgen",
                "p\u{e4}ss:w\u{f6}rd",
                &N16,
                "HGazmPhIW4jwlmGBa3+aEK7NhyCBJBoClkxm6n10BTc=",
            ),
        ],
    );
    let who = credentials("dev-0042", "s3cr3t!");
    let over_text = "sA2+WbrPCvNme1qcBEYjC4lL+cPB2bFThk3gy/tZzvU=";
    assert!(!verify(
        scheme("syncml:auth-SHA256"),
        &who,
        &N16,
        &Text::from(over_text)
    ));
}

#[test]
fn an_account_without_a_secret_is_proved_by_nobody() {
    let who = credentials("srv", "");
    for name in ["syncml:auth-basic", "syncml:auth-md5", "syncml:auth-SHA256"] {
        let Some(scheme) = Scheme::from_type(Some(&Text::from(name))) else {
            continue;
        };
        let data = made(scheme, &who, b"");
        assert!(!verify(scheme, &who, b"", &Text::from(data.as_str())));
    }
}

#[test]
fn schemes_are_told_by_both_of_their_names() {
    let named = |name| Scheme::from_type(Some(&Text::from(name)));
    assert_eq!(named(" syncml:auth-basic "), Some(Scheme::Basic));
    for (name, is_built) in [
        ("syncml:auth-md5", cfg!(feature = "md5")),
        ("syncml:auth-SHA256", cfg!(feature = "sha256")),
        ("syncml:auth-MAC", cfg!(feature = "hmac")),
        ("syncml:auth-X509", false),
    ] {
        assert_eq!(named(name).is_some(), is_built, "{name}");
        if let Some(scheme) = named(name) {
            assert_eq!(scheme.type_name(), name);
        }
    }
    assert_eq!(Scheme::from_type(None), None);
    let of = |name: &str| Scheme::from_account(name.as_bytes()).map(|(scheme, _)| scheme);
    let profile = cfg!(feature = "profile13") && cfg!(feature = "sha256");
    assert_eq!(of("BASIC"), Some(Scheme::Basic));
    assert_eq!(of("basic"), None);
    for (name, is_built) in [
        ("DIGEST", cfg!(feature = "md5")),
        ("HMAC", cfg!(feature = "hmac")),
        ("SHA256", profile),
        ("DIGEST-SHA256", profile),
        ("HMAC-SHA256", profile && cfg!(feature = "hmac")),
        ("X509", false),
    ] {
        assert_eq!(of(name).is_some(), is_built, "{name}");
    }
}

/// SEC-C-043, NOT-C-025: what is made from a secret has no `==` that could stop at the first difference. Of a type that has one, the
/// name below would stand for two functions, and this would not compile.
#[test]
fn digests_cannot_be_compared_but_in_constant_time() {
    trait Unless<A> {
        fn equality() {}
    }
    struct Has;
    impl<T: ?Sized> Unless<()> for T {}
    impl<T: ?Sized + PartialEq> Unless<Has> for T {}
    <super::hash::Sum as Unless<_>>::equality();
    <Wiped<4> as Unless<_>>::equality();
    <Credentials as Unless<_>>::equality();
}
