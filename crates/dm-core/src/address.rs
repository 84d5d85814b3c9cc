//! Addresses of servers: how an account's become one URI, and what of a URI is compared.

use core::ops::Range;

use crate::session::{Uri, decimal};

/// Puts address, type and port together to one URI (`OBJ-C-005`); `None`: it is too long. `URI` is the default when there is no
/// type, and a port that is in the address already wins (`OBJ-C-006`).
pub(crate) fn compose(uri: &mut Uri, kind: &[u8], addr: &str, port: Option<u16>) -> Option<()> {
    let (open, close, end) = match kind {
        b"IPv6" if !addr.starts_with('[') => ("https://[", "]", "/"),
        b"IPv4" | b"IPv6" => ("https://", "", "/"),
        _ => ("", "", ""),
    };
    let authority = authority(addr);
    let (front, behind) = addr.split_at_checked(authority.end)?;
    // Behind a host name, or a literal in brackets.
    let name = front.as_bytes().get(authority.start..).unwrap_or_default();
    let mut tail = name.iter().rev().take_while(|byte| **byte != b']');
    let has_port = close.is_empty() && tail.any(|byte| *byte == b':');
    let digits;
    let (colon, port) = match port {
        Some(port) if !has_port => {
            digits = decimal(u32::from(port));
            (":", core::str::from_utf8(digits.as_bytes()).ok()?)
        }
        _ => ("", ""),
    };
    uri.clear();
    let parts = [open, front, close, colon, port, behind, end];
    parts.iter().try_for_each(|part| uri.push_str(part).ok())
}

/// Where the authority of an address stands: behind `://`, up to the path.
#[inline(never)]
fn authority(uri: &str) -> Range<usize> {
    let start = uri.as_bytes().windows(3).position(|three| three == b"://");
    let start = start.map_or(0, |at| at.saturating_add(3));
    let rest = uri.as_bytes().get(start..).unwrap_or_default();
    let is_end = |byte: &u8| matches!(byte, b'/' | b'?' | b'#');
    let length = rest.iter().position(is_end);
    start..start.saturating_add(length.unwrap_or(rest.len()))
}

/// Host of an address, without port, and without the user information in front of it, which may look like one.
#[inline(never)]
pub(crate) fn host(uri: &str) -> &[u8] {
    let authority = uri.as_bytes().get(authority(uri)).unwrap_or_default();
    let mut from_the_end = authority.rsplit(|byte| *byte == b'@');
    let (rest, end) = match from_the_end.next().unwrap_or_default() {
        [b'[', literal @ ..] => (literal, b']'),
        name => (name, b':'),
    };
    rest.split(|byte| *byte == end).next().unwrap_or_default()
}

#[inline(never)]
pub(crate) fn is_https(uri: &str) -> bool {
    let start = uri.as_bytes().get(..8);
    start.is_some_and(|start| same_word(start, b"https://"))
}

/// Whether two words are the same but for the case of their letters: hosts, media types.
#[inline(never)]
pub(crate) fn same_word(a: &[u8], b: &[u8]) -> bool {
    a.eq_ignore_ascii_case(b)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::session::URI_MAX;

    fn composed(kind: &str, addr: &str, port: &str) -> Option<std::string::String> {
        let mut uri = Uri::new();
        compose(&mut uri, kind.as_bytes(), addr, port.parse().ok())?;
        Some(uri.as_str().into())
    }

    /// OBJ-C-005, OBJ-C-006: no AddrType means URI; PortNbr is decimal and 16 bits.
    #[test]
    fn addresses_are_put_together_from_their_leaves() {
        for (kind, addr, port, expected) in [
            ("", "http://a.test/dm", "", "http://a.test/dm"),
            ("URI", "http://a.test/dm", "8080", "http://a.test:8080/dm"),
            ("URI", "http://a.test:81/dm", "8080", "http://a.test:81/dm"),
            (
                "URI",
                "http://[2001:db8::1]/dm",
                "8080",
                "http://[2001:db8::1]:8080/dm",
            ),
            ("URI", "http://a.test?x=1", "70000", "http://a.test?x=1"),
            ("URI", "http://a.test?x=1", "81", "http://a.test:81?x=1"),
            ("IPv4", "192.0.2.1", "", "https://192.0.2.1/"),
            ("IPv4", "192.0.2.1:82", "81", "https://192.0.2.1:82/"),
            ("IPv6", "2001:db8::1", "443", "https://[2001:db8::1]:443/"),
            ("IPv6", "2001:db8::1", "", "https://[2001:db8::1]/"),
            (
                "IPv6",
                "[2001:db8::1]",
                "8443",
                "https://[2001:db8::1]:8443/",
            ),
            ("IPv4", "192.0.2.1", "444", "https://192.0.2.1:444/"),
        ] {
            assert_eq!(composed(kind, addr, port).as_deref(), Some(expected));
        }
        assert_eq!(composed("URI", &"x".repeat(URI_MAX + 1), ""), None);
    }

    #[test]
    fn hosts_are_found_in_every_form_of_an_address() {
        for (uri, expected) in [
            ("https://a.test/dm", "a.test"),
            ("https://a.test:81?x", "a.test"),
            ("https://[2001:db8::1]:81/", "2001:db8::1"),
            ("https://a.test:81@b.test/dm", "b.test"),
            ("https://a@b@[::1]:81/", "::1"),
            ("a.test", "a.test"),
            ("", ""),
        ] {
            assert_eq!(host(uri), expected.as_bytes(), "{uri}");
        }
    }
}
