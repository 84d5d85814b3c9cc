//! `syncml:auth-MAC`: the header `x-syncml-hmac` over the body as it is transported (security chapter 3.3).
//!
//! Despite its name this is not RFC 2104: `B64(H(B64(H(name:secret)):nonce:B64(H(body))))`.

use base64ct::{Base64, Encoding};
use dm_wbxml::Text;
use heapless::String;
use md5::{Digest, Md5};

use super::{Credentials, NAME_MAX, equal};

/// Octets of the longest value of the header.
const HEADER_MAX: usize = NAME_MAX * 2 + 64;

/// The value of the header.
pub(crate) type Header = String<HEADER_MAX>;

fn digest(who: &Credentials, nonce: &[u8], body: &[u8]) -> [u8; 16] {
    let mut inner = Md5::new();
    inner.update(&who.name);
    inner.update(b":");
    inner.update(&who.secret);
    let inner: [u8; 16] = inner.finalize().into();
    let body: [u8; 16] = Md5::digest(body).into();
    let (mut first, mut last) = ([0; 24], [0; 24]);
    let mut outer = Md5::new();
    outer.update(Base64::encode(&inner, &mut first).unwrap_or_default());
    outer.update(b":");
    outer.update(nonce);
    outer.update(b":");
    outer.update(Base64::encode(&body, &mut last).unwrap_or_default());
    outer.finalize().into()
}

/// Makes the header of a message (`SEC-C-022`, `SEC-C-023`). Empty when the name is no text.
pub(crate) fn seal(who: &Credentials, nonce: &[u8], body: &[u8], header: &mut Header) {
    header.clear();
    let Ok(name) = core::str::from_utf8(&who.name) else {
        return;
    };
    let mut text = [0; 24];
    let mac = Base64::encode(&digest(who, nonce, body), &mut text).unwrap_or_default();
    // All of it fits: a name is at most NAME_MAX octets, doubled when every one of them is escaped.
    let _ = header.push_str("algorithm=MD5, username=\"");
    for character in name.chars() {
        if matches!(character, '"' | '\\') {
            let _ = header.push('\\');
        }
        let _ = header.push(character);
    }
    let _ = header.push_str("\", mac=");
    let _ = header.push_str(mac);
}

/// Whether the header seals the body (`SEC-C-026`, `SEC-C-029`).
pub(crate) fn verify(who: &Credentials, nonce: &[u8], body: &[u8], header: &str) -> bool {
    if who.secret.is_empty() {
        return false;
    }
    let Some(params) = Params::parse(header) else {
        return false;
    };
    let mut given = [0; 16];
    let decoded = Text::from(params.mac).decode_base64(&mut given);
    let is_whole = decoded.is_ok_and(|len| len == given.len());
    let same_name = is_quoted(params.username, &who.name);
    is_whole && same_name && equal(&digest(who, nonce, body), &given)
}

/// The parameters of the header.
struct Params<'h> {
    /// As it stands between the quotes.
    username: &'h str,
    mac: &'h str,
}

impl<'h> Params<'h> {
    /// `None`: no username, no mac, one of them twice, or another algorithm than MD5.
    fn parse(header: &'h str) -> Option<Self> {
        let (mut username, mut mac) = (None, None);
        let mut rest = header;
        while !rest.is_empty() {
            let (param, tail) = split(rest);
            rest = tail;
            let Some((name, value)) = param.split_once('=') else {
                if param.trim().is_empty() {
                    continue;
                }
                return None;
            };
            let (name, value) = (name.trim(), value.trim());
            let unquoted = unquote(value);
            if name.eq_ignore_ascii_case("algorithm") {
                if !unquoted.unwrap_or(value).eq_ignore_ascii_case("MD5") {
                    return None;
                }
            } else if name.eq_ignore_ascii_case("username") {
                if username.replace(unquoted?).is_some() {
                    return None;
                }
            } else if name.eq_ignore_ascii_case("mac")
                && mac.replace(unquoted.unwrap_or(value)).is_some()
            {
                return None;
            }
        }
        Some(Self {
            username: username?,
            mac: mac?,
        })
    }
}

fn unquote(value: &str) -> Option<&str> {
    value.strip_prefix('"')?.strip_suffix('"')
}

/// Splits at the first comma outside quotes.
fn split(header: &str) -> (&str, &str) {
    let mut quoted = false;
    let mut escaped = false;
    for (at, byte) in header.bytes().enumerate() {
        match byte {
            _ if escaped => escaped = false,
            b'\\' if quoted => escaped = true,
            b'"' => quoted = !quoted,
            b',' if !quoted => {
                let (param, rest) = header.split_at_checked(at).unwrap_or((header, ""));
                return (param, rest.get(1..).unwrap_or_default());
            }
            _ => {}
        }
    }
    (header, "")
}

/// Whether a quoted string, whose escapes are still in it, stands for `name`.
fn is_quoted(quoted: &str, name: &[u8]) -> bool {
    let mut escaped = false;
    let mut name = name.iter();
    for byte in quoted.bytes() {
        if byte == b'\\' && !escaped {
            escaped = true;
            continue;
        }
        escaped = false;
        if name.next() != Some(&byte) {
            return false;
        }
    }
    name.next().is_none()
}

#[cfg(test)]
mod tests {
    use super::super::tests::credentials;
    use super::*;

    const N16: [u8; 16] = [0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15];
    const M1: &[u8] = b"<SyncML xmlns='SYNCML:SYNCML1.2'/>";

    fn sealed(name: &str, secret: &str, nonce: &[u8], body: &[u8]) -> Header {
        let mut header = Header::new();
        seal(&credentials(name, secret), nonce, body, &mut header);
        header
    }

    /// SEC-C-022, SEC-C-023: vectors M1 and M2 of the security chapter.
    #[test]
    fn seals_match_the_vectors() {
        for (body, mac) in [
            (M1, "lXsz9MW0Vf/OYMZ9yFdM0w=="),
            (
                &[0x02, 0xA4, 0x01, 0x6A, 0x00, 0x2D],
                "T7UTUEnawPZbo9mU8Oabig==",
            ),
        ] {
            let header = sealed("dev-0042", "s3cr3t!", &N16, body);
            let expected = std::format!("algorithm=MD5, username=\"dev-0042\", mac={mac}");
            assert_eq!(header.as_str(), expected);
            let who = credentials("dev-0042", "s3cr3t!");
            assert!(verify(&who, &N16, body, &header));
            assert!(!verify(&who, &N16, b"other body", &header));
            assert!(!verify(&who, b"other nonce", body, &header));
        }
    }

    /// SEC-C-026, SEC-C-029: what is missing, doubled or of another algorithm is no seal; without algorithm it is MD5.
    #[test]
    fn headers_are_read_as_the_grammar_says() {
        let who = credentials("dev-0042", "s3cr3t!");
        let mac = "lXsz9MW0Vf/OYMZ9yFdM0w==";
        let good = [
            "username=\"dev-0042\", mac=@",
            "mac=@,username=\"dev-0042\"",
            "MAC=\"@\" , Username=\"dev\\-0042\",algorithm=md5",
            "x=y, username=\"dev-0042\", mac=@",
        ];
        let bad = [
            "",
            "mac=@",
            "username=\"dev-0042\"",
            "username=dev-0042, mac=@",
            "username=\"dev\", mac=@",
            "algorithm=SHA-1, username=\"dev-0042\", mac=@",
            "username=\"dev-0042\", mac=@, mac=@",
            "username=\"dev-0042\", mac=lXsz",
            "username=\"dev-0042\", mac=",
            "username=\"dev-0042, mac=@",
        ];
        for header in good {
            assert!(
                verify(&who, &N16, M1, &header.replace('@', mac)),
                "{header}"
            );
        }
        for header in bad {
            assert!(
                !verify(&who, &N16, M1, &header.replace('@', mac)),
                "{header}"
            );
        }
    }

    #[test]
    fn any_name_comes_across_the_header() {
        let name = "a\"b\\c,=d";
        let header = sealed(name, "s", b"n", b"body");
        assert!(verify(&credentials(name, "s"), b"n", b"body", &header));
        let long = "\"".repeat(NAME_MAX);
        let header = sealed(&long, "s", b"n", b"body");
        assert!(verify(&credentials(&long, "s"), b"n", b"body", &header));
    }
}
