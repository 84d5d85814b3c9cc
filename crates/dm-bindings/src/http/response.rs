//! The head of a response: where it ends, what it says, and how its body is framed (RFC 9112, 6).
//!
//! An answer whose end two readers could see in different places is refused, not repaired.

use dm_core::Failure;
use httparse::{EMPTY_HEADER, Header, Status};

/// The most fields a head may have.
const FIELDS: usize = 32;

/// How the end of a body is found.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Framing {
    /// After this many octets.
    Length(usize),
    /// By the chunked coding.
    Chunked,
    /// At the end of the stream.
    Close,
}

/// What a head says, as far as this client cares.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Head<'h> {
    pub(crate) status: u16,
    pub(crate) framing: Framing,
    /// Whether the connection can carry another message.
    pub(crate) keep: bool,
    /// Empty: not said.
    pub(crate) content_type: &'h str,
    pub(crate) hmac: Option<&'h str>,
    pub(crate) location: Option<&'h str>,
    /// Seconds, when the field has this form.
    pub(crate) retry_after: Option<u32>,
}

/// Looks for the empty line that ends a head, over as many reads as it takes.
#[derive(Default)]
pub(crate) struct HeadEnd {
    seen: usize,
    /// Nothing but CR since the last LF.
    blank: bool,
}

impl HeadEnd {
    /// The length of the head at the beginning of `bytes`, its empty line included. What was seen in an earlier
    /// call is not looked at again.
    pub(crate) fn find(&mut self, bytes: &[u8]) -> Option<usize> {
        for octet in bytes.get(self.seen..)? {
            self.seen = self.seen.saturating_add(1);
            match octet {
                b'\n' if self.blank => return Some(self.seen),
                b'\n' => self.blank = true,
                b'\r' => {}
                _ => self.blank = false,
            }
        }
        None
    }
}

/// Whether a head is one of an interim response: another head follows.
pub(crate) fn is_interim(head: &[u8]) -> bool {
    matches!(
        head,
        [b'H', b'T', b'T', b'P', b'/', b'1', b'.', _, b' ', b'1', ..]
    )
}

impl<'h> Head<'h> {
    /// Reads a head of exactly these octets.
    pub(crate) fn parse(bytes: &'h [u8]) -> Result<Self, Failure> {
        // Empty lines before a response are nobody's custom and would move the place of the status.
        if !bytes.starts_with(b"HTTP/1.") {
            return Err(Failure::Protocol);
        }
        let mut fields = [EMPTY_HEADER; FIELDS];
        let mut response = httparse::Response::new(&mut fields);
        match response.parse(bytes) {
            Ok(Status::Complete(len)) if len == bytes.len() => {}
            Err(httparse::Error::TooManyHeaders) => return Err(Failure::TooLarge),
            _ => return Err(Failure::Protocol),
        }
        let (Some(status), Some(minor)) = (response.code, response.version) else {
            return Err(Failure::Protocol);
        };
        let mut found = Fields::default();
        for field in response.headers.iter() {
            found.take(field)?;
        }
        found.head(status, minor)
    }
}

/// The fields that count, each at most once.
#[derive(Default)]
struct Fields<'h> {
    content_type: Option<&'h str>,
    hmac: Option<&'h str>,
    location: Option<&'h str>,
    retry_after: Option<u32>,
    length: Option<usize>,
    chunked: bool,
    close: bool,
    keep_alive: bool,
}

#[derive(Clone, Copy)]
enum Known {
    Connection,
    ContentEncoding,
    ContentLength,
    ContentType,
    Location,
    RetryAfter,
    TransferEncoding,
    Hmac,
}

const KNOWN: [(&str, Known); 8] = [
    ("Connection", Known::Connection),
    ("Content-Encoding", Known::ContentEncoding),
    ("Content-Length", Known::ContentLength),
    ("Content-Type", Known::ContentType),
    ("Location", Known::Location),
    ("Retry-After", Known::RetryAfter),
    ("Transfer-Encoding", Known::TransferEncoding),
    ("x-syncml-hmac", Known::Hmac),
];

impl<'h> Fields<'h> {
    fn take(&mut self, field: &Header<'h>) -> Result<(), Failure> {
        let value = field.value;
        let known = KNOWN
            .iter()
            .find(|(name, _)| name.eq_ignore_ascii_case(field.name));
        let sound = match known.map(|(_, known)| *known) {
            Some(Known::ContentType) => once(&mut self.content_type, value),
            Some(Known::Hmac) => once(&mut self.hmac, value),
            Some(Known::Location) => once(&mut self.location, value),
            Some(Known::RetryAfter) => {
                self.retry_after = number(value).and_then(|n| u32::try_from(n).ok());
                true
            }
            Some(Known::ContentLength) => match number(value) {
                Some(length) => self
                    .length
                    .replace(length)
                    .is_none_or(|other| other == length),
                None => false,
            },
            // A second coding, or the same one twice, is nothing a DM server has a reason for.
            Some(Known::TransferEncoding) => {
                let first = !self.chunked;
                self.chunked = true;
                first && value.eq_ignore_ascii_case(b"chunked")
            }
            Some(Known::ContentEncoding) => value.eq_ignore_ascii_case(b"identity"),
            Some(Known::Connection) => {
                for token in value.split(|b| *b == b',') {
                    let token = token.trim_ascii();
                    self.close |= token.eq_ignore_ascii_case(b"close");
                    self.keep_alive |= token.eq_ignore_ascii_case(b"keep-alive");
                }
                true
            }
            None => true,
        };
        if sound {
            Ok(())
        } else {
            Err(Failure::Protocol)
        }
    }

    fn head(self, status: u16, minor: u8) -> Result<Head<'h>, Failure> {
        // Never a body (RFC 9112, 6.3), whatever the fields say; but if they say there is one, somebody between
        // may have sent it, so nothing else is read from that connection.
        let bodiless = matches!(status, 100..=199 | 204 | 304);
        let contrary = bodiless && (self.chunked || self.length.unwrap_or(0) != 0);
        let framing = match (self.chunked, self.length) {
            _ if bodiless => Framing::Length(0),
            // Chunked is no part of HTTP/1.0, and a length beside it is the classic way to smuggle.
            (true, None) if minor == 1 => Framing::Chunked,
            (true, _) => return Err(Failure::Protocol),
            (false, Some(length)) => Framing::Length(length),
            (false, None) => Framing::Close,
        };
        let persistent = (minor != 0 || self.keep_alive) && !self.close && !contrary;
        Ok(Head {
            status,
            framing,
            keep: persistent && framing != Framing::Close,
            content_type: self.content_type.unwrap_or_default(),
            hmac: self.hmac,
            location: self.location,
            retry_after: self.retry_after,
        })
    }
}

/// Keeps the value of a field that must not come twice.
fn once<'h>(place: &mut Option<&'h str>, value: &'h [u8]) -> bool {
    match core::str::from_utf8(value) {
        Ok(text) => place.replace(text).is_none(),
        Err(_) => false,
    }
}

/// A number of digits alone; one beyond all sizes stays at the largest.
fn number(digits: &[u8]) -> Option<usize> {
    if digits.is_empty() {
        return None;
    }
    let mut value = 0usize;
    for b in digits {
        if !b.is_ascii_digit() {
            return None;
        }
        value = value
            .saturating_mul(10)
            .saturating_add(usize::from(b & 0x0F));
    }
    Some(value)
}

#[cfg(test)]
mod tests {
    use super::*;

    const OK: &str = "HTTP/1.1 200 OK\r\n";

    fn head(fields: &str) -> Result<Head<'static>, Failure> {
        parse(&format!("{OK}{fields}\r\n"))
    }

    fn parse(text: &str) -> Result<Head<'static>, Failure> {
        Head::parse(text.to_owned().leak().as_bytes())
    }

    #[test]
    fn the_end_of_a_head_is_found_in_whatever_pieces_it_comes() {
        for text in [
            "HTTP/1.1 200 OK\r\nA: b\r\n\r\nbody\r\n\r\n",
            "HTTP/1.1 200 OK\nA: b\n\nbody",
            "HTTP/1.1 200 OK\nA: b\n\r\nbody",
        ] {
            let end = text.find("body").unwrap();
            for step in 1..=text.len() {
                let mut search = HeadEnd::default();
                let mut filled = 0;
                let found = loop {
                    if let Some(found) = search.find(&text.as_bytes()[..filled]) {
                        break found;
                    }
                    filled = (filled + step).min(text.len());
                };
                assert_eq!(found, end, "{step}");
            }
        }
        assert_eq!(
            HeadEnd::default().find(b"HTTP/1.1 200 OK\r\nA: b\r\n"),
            None
        );
    }

    #[test]
    fn the_fields_that_matter_are_found_without_regard_to_case() {
        let head = head(
            "CONTENT-type: application/vnd.syncml.dm+xml; charset=utf-8 \r\nX-SyncML-HMAC:mac=AA==\r\n\
             retry-AFTER: 120\r\nlocation: /x\r\ncontent-LENGTH: 7\r\nServer: any\r\n",
        )
        .unwrap();
        assert_eq!(head.status, 200);
        assert_eq!(
            head.content_type,
            "application/vnd.syncml.dm+xml; charset=utf-8"
        );
        assert_eq!(head.hmac, Some("mac=AA=="));
        assert_eq!(head.location, Some("/x"));
        assert_eq!(head.retry_after, Some(120));
        assert_eq!(head.framing, Framing::Length(7));
        assert!(head.keep);
    }

    #[test]
    fn connections_are_kept_when_both_say_so_and_the_end_is_known() {
        let keeps = |version: &str, fields: &str| {
            parse(&format!("HTTP/1.{version} 200 OK\r\n{fields}\r\n"))
                .unwrap()
                .keep
        };
        assert!(keeps("1", "Content-Length: 0\r\n"));
        assert!(keeps("1", "Transfer-Encoding: Chunked\r\n"));
        assert!(!keeps("1", ""));
        assert!(!keeps(
            "1",
            "Content-Length: 0\r\nConnection: foo , Close\r\n"
        ));
        assert!(!keeps("0", "Content-Length: 0\r\n"));
        assert!(keeps(
            "0",
            "Content-Length: 0\r\nConnection: Keep-Alive\r\n"
        ));
        assert!(!keeps("0", "Connection: keep-alive\r\n"));
        let none = parse("HTTP/1.1 204 No Content\r\n\r\n").unwrap();
        assert!(none.keep && none.framing == Framing::Length(0));
        let lying = parse("HTTP/1.1 204 No Content\r\nContent-Length: 9\r\n\r\n").unwrap();
        assert!(!lying.keep && lying.framing == Framing::Length(0));
    }

    #[test]
    fn a_length_that_can_be_read_in_two_ways_is_refused() {
        assert_eq!(
            head("Content-Length: 5\r\nContent-Length: 5\r\n")
                .unwrap()
                .framing,
            Framing::Length(5)
        );
        for fields in [
            "Content-Length: 5\r\nContent-Length: 6\r\n",
            "Content-Length: 5, 5\r\n",
            "Content-Length: +5\r\n",
            "Content-Length: -5\r\n",
            "Content-Length: 5x\r\n",
            "Content-Length: 0x5\r\n",
            "Content-Length:\r\n",
            "Content-Length: 5\r\nTransfer-Encoding: chunked\r\n",
            "Transfer-Encoding: chunked\r\nContent-Length: 5\r\n",
            "Transfer-Encoding: gzip\r\n",
            "Transfer-Encoding: gzip, chunked\r\n",
            "Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n",
            "Transfer-Encoding: identity\r\n",
            "Content-Encoding: gzip\r\n",
            "Content-Type: a/b\r\nContent-Type: a/c\r\n",
            "x-syncml-hmac: mac=AA==\r\nx-syncml-hmac: mac=BB==\r\n",
            "Content-Length : 5\r\n",
            "A: b\r\n folded: c\r\n",
            "A: b\rContent-Length: 5\r\n",
            "no colon\r\n",
        ] {
            assert_eq!(
                head(fields).map(|h| h.framing),
                Err(Failure::Protocol),
                "{fields:?}"
            );
        }
        let old = "HTTP/1.0 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n";
        assert_eq!(parse(old).map(|h| h.framing), Err(Failure::Protocol));
        let beyond = head("Content-Length: 99999999999999999999999\r\n").unwrap();
        assert_eq!(beyond.framing, Framing::Length(usize::MAX));
    }

    #[test]
    fn what_is_no_response_is_refused() {
        for text in [
            "\r\n",
            "\r\nHTTP/1.1 200 OK\r\n\r\n",
            "HTTP/2 200\r\n\r\n",
            "HTTP/1.2 200 OK\r\n\r\n",
            "HTTP/1.1 20 OK\r\n\r\n",
            "ICY 200 OK\r\n\r\n",
            "POST / HTTP/1.1\r\n\r\n",
            "HTTP/1.1 200 OK\r\n\r\nmore",
            "HTTP/1.1 200 OK\r\n",
        ] {
            assert_eq!(
                parse(text).map(|h| h.status),
                Err(Failure::Protocol),
                "{text:?}"
            );
        }
    }

    #[test]
    fn the_number_of_fields_is_bounded() {
        assert!(head(&"A: b\r\n".repeat(FIELDS)).is_ok());
        assert_eq!(
            head(&"A: b\r\n".repeat(FIELDS + 1)).map(|h| h.status),
            Err(Failure::TooLarge)
        );
    }

    #[test]
    fn retry_after_is_taken_in_seconds_only() {
        let seconds = |value: &str| {
            head(&format!("Retry-After: {value}\r\n"))
                .unwrap()
                .retry_after
        };
        assert_eq!(seconds("0"), Some(0));
        assert_eq!(seconds("3600"), Some(3600));
        assert_eq!(seconds("Wed, 21 Oct 2026 07:28:00 GMT"), None);
        assert_eq!(seconds("-1"), None);
    }
}
