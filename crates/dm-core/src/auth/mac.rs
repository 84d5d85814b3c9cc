//! `syncml:auth-MAC`: the header `x-syncml-hmac` over the body as it is transported (security chapter 3.3).
//!
//! Despite its name this is not RFC 2104: `B64(H(B64(H(name:secret)):nonce:B64(H(body))))`.

use dm_wbxml::Text;
use heapless::String;

use super::hash::{SUM_TEXT_MAX, prove};
use super::{Credentials, Hash, NAME_MAX, Wiped};

/// Octets of the longest value of the header.
const HEADER_MAX: usize = NAME_MAX * 2 + 84;

/// The value of the header.
pub(crate) type Header = String<HEADER_MAX, u8>;

/// Makes the header of a message (`SEC-C-022`, `SEC-C-023`). Empty when the name is no text.
pub(crate) fn seal(hash: Hash, who: &Credentials, nonce: &[u8], body: &[u8], header: &mut Header) {
    header.clear();
    let Ok(name) = core::str::from_utf8(&who.name) else {
        return;
    };
    // All of it fits: a name is at most NAME_MAX octets, doubled when every one of them is escaped.
    let _ = header.push_str("algorithm=");
    let _ = header.push_str(hash.name());
    let _ = header.push_str(", username=\"");
    for character in name.chars() {
        if matches!(character, '"' | '\\') {
            let _ = header.push('\\');
        }
        let _ = header.push(character);
    }
    let _ = header.push_str("\", mac=");
    let mut text = [0; SUM_TEXT_MAX];
    let sum = prove(hash, who, nonce, Some(body));
    let text = core::str::from_utf8(sum.text(&mut text));
    let _ = header.push_str(text.unwrap_or_default());
}

/// Whether the header seals the body with the algorithm that it has to (`SEC-C-026`, `SEC-C-029`).
pub(crate) fn verify(
    hash: Hash,
    who: &Credentials,
    nonce: &[u8],
    body: &[u8],
    header: &str,
) -> bool {
    if who.secret.is_empty() {
        return false;
    }
    let Some(params) = Params::parse(header) else {
        return false;
    };
    if !params.algorithm.eq_ignore_ascii_case(hash.name()) || !is_quoted(params.username, &who.name)
    {
        return false;
    }
    let mut given = Wiped::<SUM_TEXT_MAX>::default();
    let _ = given.0.resize(SUM_TEXT_MAX, 0);
    let len = Text::from(params.mac).decode_base64(given.0.as_mut_slice());
    let given = given.0.get(..len.unwrap_or(0)).unwrap_or_default();
    prove(hash, who, nonce, Some(body)).is(given)
}

/// The parameters of the header.
struct Params<'h> {
    algorithm: &'h str,
    /// As it stands between the quotes.
    username: &'h str,
    mac: &'h str,
}

impl<'h> Params<'h> {
    /// `None`: no username, no mac, or one of them twice. Without an algorithm it is MD5 (`SEC-C-029`).
    fn parse(header: &'h str) -> Option<Self> {
        let (mut algorithm, mut username, mut mac) = (None, None, None);
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
            let (place, value) = if name.eq_ignore_ascii_case("algorithm") {
                (&mut algorithm, unquoted.unwrap_or(value))
            } else if name.eq_ignore_ascii_case("username") {
                (&mut username, unquoted?)
            } else if name.eq_ignore_ascii_case("mac") {
                (&mut mac, unquoted.unwrap_or(value))
            } else {
                continue;
            };
            if place.replace(value).is_some() {
                return None;
            }
        }
        Some(Self {
            algorithm: algorithm.unwrap_or("MD5"),
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
    use super::super::vectors::{N16, credentials};
    use super::*;

    const M1: &[u8] = b"<SyncML xmlns='SYNCML:SYNCML1.2'/>";

    fn sealed(hash: Hash, name: &str, secret: &str, nonce: &[u8], body: &[u8]) -> Header {
        let mut header = Header::new();
        seal(hash, &credentials(name, secret), nonce, body, &mut header);
        header
    }

    fn check(hash: Hash, who: (&str, &str), nonce: &[u8], body: &[u8], mac: &str) {
        let header = sealed(hash, who.0, who.1, nonce, body);
        let (algorithm, name) = (hash.name(), who.0);
        let expected = std::format!("algorithm={algorithm}, username=\"{name}\", mac={mac}");
        assert_eq!(header.as_str(), expected);
        let who = credentials(who.0, who.1);
        assert!(verify(hash, &who, nonce, body, &header));
        assert!(!verify(hash, &who, nonce, b"other body", &header));
        assert!(!verify(hash, &who, b"other nonce", body, &header));
    }

    /// SEC-C-022, SEC-C-023: vectors M1 and M2 of the security chapter, and that of the additions.
    #[test]
    fn seals_match_the_vectors() {
        let dev = ("dev-0042", "s3cr3t!");
        check(Hash::Md5, dev, &N16, M1, "lXsz9MW0Vf/OYMZ9yFdM0w==");
        let m2 = [0x02, 0xA4, 0x01, 0x6A, 0x00, 0x2D];
        check(Hash::Md5, dev, &N16, &m2, "T7UTUEnawPZbo9mU8Oabig==");
        let bruce = ("Bruce2", "OhBehave");
        let mac = "urdCeS3JUmjFgi8SX3webw==";
        check(Hash::Md5, bruce, b"Nonce", b"<SyncML/>", mac);
    }

    /// D13-C-076: the vector of the additions, which a seal of the other algorithm is not taken for.
    #[cfg(feature = "sha256")]
    #[test]
    fn seals_with_sha256_match_the_vector() {
        let bruce = ("Bruce2", "OhBehave");
        let mac = "h0RDJW9Hk18vWTmIxTj5V8szrZH+Qe9xGZ1In0JI52w=";
        check(Hash::Sha256, bruce, b"Nonce", b"<SyncML/>", mac);
        let who = credentials(bruce.0, bruce.1);
        for (made, wanted) in [(Hash::Md5, Hash::Sha256), (Hash::Sha256, Hash::Md5)] {
            let header = sealed(made, bruce.0, bruce.1, b"n", M1);
            assert!(!verify(wanted, &who, b"n", M1, &header));
            let renamed = header.replace(made.name(), wanted.name());
            assert!(!verify(wanted, &who, b"n", M1, &renamed));
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
            "algorithm=MD5, algorithm=MD5, username=\"dev-0042\", mac=@",
            "username=\"dev-0042\", mac=@, mac=@",
            "username=\"dev-0042\", mac=lXsz",
            "username=\"dev-0042\", mac=",
            "username=\"dev-0042, mac=@",
        ];
        for header in good {
            let header = header.replace('@', mac);
            assert!(verify(Hash::Md5, &who, &N16, M1, &header), "{header}");
        }
        for header in bad {
            let header = header.replace('@', mac);
            assert!(!verify(Hash::Md5, &who, &N16, M1, &header), "{header}");
        }
    }

    #[test]
    fn any_name_comes_across_the_header() {
        for hash in Hash::ALL {
            let name = "a\"b\\c,=d";
            let header = sealed(*hash, name, "s", b"n", b"body");
            assert!(verify(
                *hash,
                &credentials(name, "s"),
                b"n",
                b"body",
                &header
            ));
            let long = "\"".repeat(NAME_MAX);
            let header = sealed(*hash, &long, "s", b"n", b"body");
            assert!(verify(
                *hash,
                &credentials(&long, "s"),
                b"n",
                b"body",
                &header
            ));
        }
    }
}
