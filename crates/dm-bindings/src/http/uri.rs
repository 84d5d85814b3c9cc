//! Addresses: the parts of an `http` or `https` URI.
//!
//! Only visible ASCII is taken, so nothing that came from a peer can break out of a request line. User names in
//! addresses are refused: credentials belong to the account, not to a URI.

/// The scheme of an address.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Scheme {
    /// Plain HTTP.
    Http,
    /// HTTP over TLS.
    Https,
}

impl Scheme {
    /// The port when an address names none: 80 or 443.
    pub const fn default_port(self) -> u16 {
        match self {
            Self::Http => 80,
            Self::Https => 443,
        }
    }
}

/// Where to connect to and how.
#[derive(Clone, Copy, Debug)]
pub struct Authority<'u> {
    /// Plain or TLS.
    pub scheme: Scheme,
    /// Host name or address, at most 253 octets of visible ASCII. An IPv6 literal stands without its brackets.
    pub host: &'u str,
    /// Port, never 0.
    pub port: u16,
}

impl Authority<'_> {
    /// Whether a connection to one serves the other: same scheme, host (without case) and port.
    pub fn is_same(&self, other: &Authority<'_>) -> bool {
        self.scheme == other.scheme
            && self.port == other.port
            && self.host.eq_ignore_ascii_case(other.host)
    }
}

/// The longest host name (DNS).
const HOST: usize = 253;

/// An address in parts, borrowed from its text.
#[derive(Clone, Copy, Debug)]
pub struct Uri<'u> {
    /// Whom to connect to.
    pub authority: Authority<'u>,
    /// `host`, `host:port` or `[v6]:port`, as written: what the `Host` header says.
    pub host_port: &'u str,
    /// Path and query; may be empty or begin with the query.
    pub target: &'u str,
}

impl<'u> Uri<'u> {
    /// Takes an absolute `http` or `https` URI apart. A fragment is dropped. `None`: it is none, or its host is longer than
    /// 253 octets.
    #[must_use]
    pub fn parse(text: &'u str) -> Option<Self> {
        if !text.bytes().all(|b| b.is_ascii_graphic()) {
            return None;
        }
        let (text, _) = cut(text, |b| b == b'#');
        let (scheme, rest) = scheme(text)?;
        let (host_port, target) = cut(rest, |b| b == b'/' || b == b'?');
        let (host, port) = match host_port.strip_prefix('[') {
            Some(inner) => {
                let (host, after) = cut(inner, |b| b == b']');
                let literal = host
                    .bytes()
                    .all(|b| b.is_ascii_hexdigit() || b == b':' || b == b'.');
                if !literal || !host.bytes().any(|b| b == b':') {
                    return None;
                }
                (host, after.strip_prefix(']')?)
            }
            None => {
                let (host, port) = cut(host_port, |b| b == b':');
                let named = |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'.' | b'_');
                if !host.bytes().all(named) {
                    return None;
                }
                (host, port)
            }
        };
        if host.is_empty() || host.len() > HOST {
            return None;
        }
        let port = match port.strip_prefix(':') {
            None if port.is_empty() => scheme.default_port(),
            None => return None,
            Some("") => scheme.default_port(),
            Some(digits) => number(digits)?,
        };
        Some(Self {
            authority: Authority { scheme, host, port },
            host_port,
            target,
        })
    }
}

fn scheme(text: &str) -> Option<(Scheme, &str)> {
    [("https://", Scheme::Https), ("http://", Scheme::Http)]
        .into_iter()
        .find_map(|(prefix, scheme)| {
            let (head, rest) = text.split_at_checked(prefix.len())?;
            head.eq_ignore_ascii_case(prefix).then_some((scheme, rest))
        })
}

/// A port from 1 to 65,535 in decimal digits.
fn number(digits: &str) -> Option<u16> {
    let mut value = 0u16;
    for b in digits.bytes() {
        if !b.is_ascii_digit() {
            return None;
        }
        value = value.checked_mul(10)?.checked_add(u16::from(b & 0x0F))?;
    }
    (value != 0).then_some(value)
}

/// Splits before the first octet that `at` knows, or at the end.
fn cut(text: &str, at: impl Fn(u8) -> bool) -> (&str, &str) {
    let end = text.bytes().position(at).unwrap_or(text.len());
    text.split_at_checked(end).unwrap_or((text, ""))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parts(text: &str) -> Option<(Scheme, &str, u16, &str)> {
        let uri = Uri::parse(text)?;
        Some((
            uri.authority.scheme,
            uri.authority.host,
            uri.authority.port,
            uri.target,
        ))
    }

    #[test]
    fn addresses_are_taken_apart() {
        use Scheme::{Http, Https};
        let cases = [
            (
                "https://dm.example.org/",
                (Https, "dm.example.org", 443, "/"),
            ),
            ("http://dm.example.org", (Http, "dm.example.org", 80, "")),
            (
                "HTTPS://DM.example:8443/a?b=/c#d",
                (Https, "DM.example", 8443, "/a?b=/c"),
            ),
            ("http://h?sid=1", (Http, "h", 80, "?sid=1")),
            ("http://h#/x", (Http, "h", 80, "")),
            ("http://h:/x", (Http, "h", 80, "/x")),
            ("http://10.0.0.1:65535/", (Http, "10.0.0.1", 65535, "/")),
            (
                "https://[2001:db8::1]/dm",
                (Https, "2001:db8::1", 443, "/dm"),
            ),
            (
                "https://[::ffff:10.0.0.1]:8443",
                (Https, "::ffff:10.0.0.1", 8443, ""),
            ),
        ];
        for (text, expected) in cases {
            assert_eq!(parts(text), Some(expected), "{text}");
        }
    }

    #[test]
    fn what_is_no_usable_address_is_refused() {
        let long = format!("http://{}/", "a".repeat(254));
        let cases = [
            "",
            "http:/h/",
            "ftp://h/",
            "h/path",
            "http://",
            "http:///path",
            "http://user@h/",
            "http://user:word@h/",
            "http://h:0/",
            "http://h:65536/",
            "http://h:8x/",
            "http://h:+8/",
            "http://h /",
            "http://h/a b",
            "http://h/\r\nX: y",
            "http://h\u{e9}/",
            "http://h%41/",
            "http://[::1/",
            "http://[::1]x/",
            "http://[host]/",
            "http://[]/",
            "http://[fe80::1%25eth0]/",
            "http://::1/",
            &long,
        ];
        for text in cases {
            assert_eq!(parts(text), None, "{text:?}");
        }
    }

    #[test]
    fn a_connection_serves_the_same_scheme_host_and_port_only() {
        let same = |a, b| {
            let (a, b) = (Uri::parse(a).unwrap(), Uri::parse(b).unwrap());
            a.authority.is_same(&b.authority)
        };
        assert!(same("https://h/a", "https://H:443/b"));
        assert!(!same("https://h/", "http://h:443/"));
        assert!(!same("https://h/", "https://h:444/"));
        assert!(!same("https://h/", "https://i/"));
    }
}
