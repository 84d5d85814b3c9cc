//! The head of a request, written into lent memory.

use dm_core::{Failure, Request};

use super::Config;
use super::uri::Uri;

/// Copies as much as both have room for and tells how much that was.
pub(crate) fn copy(to: &mut [u8], from: &[u8]) -> usize {
    let mut count = 0usize;
    for (to, from) in to.iter_mut().zip(from) {
        *to = *from;
        count = count.saturating_add(1);
    }
    count
}

struct Head<'b> {
    space: &'b mut [u8],
    len: usize,
    fault: Option<Failure>,
}

impl Head<'_> {
    // The compiler would copy this loop to each of its callers, 0.8 KiB in all.
    #[inline(never)]
    fn put(&mut self, text: &str) {
        let end = self.len.saturating_add(text.len());
        match self.space.get_mut(self.len..end) {
            Some(space) => {
                copy(space, text.as_bytes());
                self.len = end;
            }
            None => self.fault = Some(Failure::TooLarge),
        }
    }

    /// One field. A value with control characters would end the field early and begin another one.
    fn field(&mut self, name: &str, value: &str) {
        self.open(name);
        self.value(value);
        self.put("\r\n");
    }

    fn open(&mut self, name: &str) {
        self.put(name);
        self.put(": ");
    }

    fn value(&mut self, value: &str) {
        if value.bytes().any(|b| b.is_ascii_control()) {
            self.fault = Some(Failure::Protocol);
        }
        self.put(value);
    }

    fn number(&mut self, mut number: usize) {
        let mut digits = [b'0'; 20];
        let mut begin = digits.len();
        for (at, digit) in digits.iter_mut().enumerate().rev() {
            // The remainder of a division by ten is a digit.
            *digit |= (number % 10) as u8;
            number /= 10;
            begin = at;
            if number == 0 {
                break;
            }
        }
        let digits = digits.get(begin..).unwrap_or_default();
        self.put(core::str::from_utf8(digits).unwrap_or_default());
    }
}

/// Writes the head of the POST that carries `request` to `uri`, and gives its length.
///
/// `TooLarge`: `space` is too small. `Protocol`: a value holds control characters.
pub(crate) fn compose(
    space: &mut [u8],
    request: &Request<'_>,
    uri: &Uri<'_>,
    config: &Config<'_>,
) -> Result<usize, Failure> {
    let mut head = Head {
        space,
        len: 0,
        fault: None,
    };
    head.put("POST ");
    if !uri.target.starts_with('/') {
        head.put("/");
    }
    head.put(uri.target);
    head.put(" HTTP/1.1\r\n");
    head.field("Host", uri.host_port);
    if !config.user_agent.is_empty() {
        head.field("User-Agent", config.user_agent);
    }
    head.open("Content-Type");
    head.value(request.content_type);
    if request.content_type.ends_with("+xml") {
        head.put("; charset=utf-8");
    }
    head.put("\r\n");
    head.open("Content-Length");
    head.number(request.body.len());
    head.put("\r\n");
    head.field(
        "Accept",
        if config.accept.is_empty() {
            request.content_type
        } else {
            config.accept
        },
    );
    head.put("Accept-Charset: utf-8\r\nCache-Control: no-store\r\n");
    if let Some(hmac) = request.hmac {
        head.field("x-syncml-hmac", hmac);
    }
    head.put("\r\n");
    match head.fault {
        None => Ok(head.len),
        Some(fault) => Err(fault),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const WBXML: Request<'static> = Request {
        uri: "http://srv1.example/dm",
        content_type: "application/vnd.syncml.dm+wbxml",
        hmac: None,
        body: &[0x02, 0xA4, 0x01, 0x6A, 0x00],
    };
    const CONFIG: Config<'static> = Config {
        user_agent: "dmcore/0.1",
        accept: "application/vnd.syncml.dm+wbxml, application/vnd.syncml.dm+xml",
        plain: true,
        max_retry_after: 0,
    };

    fn head(space: usize, request: &Request<'_>, config: &Config<'_>) -> Result<String, Failure> {
        let mut space = vec![0; space];
        let uri = Uri::parse(request.uri).unwrap();
        let len = compose(&mut space, request, &uri, config)?;
        space.truncate(len);
        Ok(String::from_utf8(space).unwrap())
    }

    /// BIND-C-001, BIND-C-002, BIND-C-003, BIND-C-006, BIND-C-007, BIND-C-008, BIND-C-012
    #[test]
    fn the_head_is_that_of_the_example_in_the_binding() {
        let request = Request {
            hmac: Some("algorithm=MD5, username=\"dev1\", mac=AAECAwQFBgcICQoLDA0ODw=="),
            ..WBXML
        };
        let golden = "POST /dm HTTP/1.1\r\n\
            Host: srv1.example\r\n\
            User-Agent: dmcore/0.1\r\n\
            Content-Type: application/vnd.syncml.dm+wbxml\r\n\
            Content-Length: 5\r\n\
            Accept: application/vnd.syncml.dm+wbxml, application/vnd.syncml.dm+xml\r\n\
            Accept-Charset: utf-8\r\n\
            Cache-Control: no-store\r\n\
            x-syncml-hmac: algorithm=MD5, username=\"dev1\", mac=AAECAwQFBgcICQoLDA0ODw==\r\n\
            \r\n";
        assert_eq!(head(golden.len(), &request, &CONFIG).as_deref(), Ok(golden));
        for short in 0..golden.len() {
            assert_eq!(
                head(short, &request, &CONFIG),
                Err(Failure::TooLarge),
                "{short}"
            );
        }
    }

    /// BIND-C-002
    #[test]
    fn xml_names_its_charset_and_is_accepted_when_nothing_else_is_said() {
        let request = Request {
            content_type: "application/vnd.syncml.dm+xml",
            ..WBXML
        };
        let text = head(512, &request, &Config::default()).unwrap();
        assert!(
            text.contains("\r\nContent-Type: application/vnd.syncml.dm+xml; charset=utf-8\r\n")
        );
        assert!(text.contains("\r\nAccept: application/vnd.syncml.dm+xml\r\n"));
        assert!(text.contains("SyncML DM Client"));
        let silent = Config {
            user_agent: "",
            ..Config::default()
        };
        assert!(!head(512, &request, &silent).unwrap().contains("User-Agent"));
    }

    #[test]
    fn the_target_begins_with_a_slash_and_the_host_keeps_its_brackets_and_port() {
        let cases = [
            ("http://h", "POST / HTTP/1.1\r\nHost: h\r\n"),
            ("http://h?sid=7", "POST /?sid=7 HTTP/1.1\r\nHost: h\r\n"),
            (
                "http://h:8080/a?b",
                "POST /a?b HTTP/1.1\r\nHost: h:8080\r\n",
            ),
            (
                "https://[::1]:8443/a",
                "POST /a HTTP/1.1\r\nHost: [::1]:8443\r\n",
            ),
        ];
        for (uri, start) in cases {
            let text = head(512, &Request { uri, ..WBXML }, &CONFIG).unwrap();
            assert!(text.starts_with(start), "{text}");
        }
    }

    #[test]
    fn a_value_cannot_end_its_field() {
        let request = Request {
            hmac: Some("mac=AA==\r\nX-Other: 1"),
            ..WBXML
        };
        assert_eq!(head(512, &request, &CONFIG), Err(Failure::Protocol));
        let config = Config {
            user_agent: "a\nb",
            ..CONFIG
        };
        assert_eq!(head(512, &WBXML, &config), Err(Failure::Protocol));
    }

    #[test]
    fn lengths_are_decimal_numbers() {
        for len in [0, 9, 10, 65_535, 1_000_000] {
            let body = vec![0; len];
            let text = head(
                512,
                &Request {
                    body: &body,
                    ..WBXML
                },
                &CONFIG,
            )
            .unwrap();
            assert!(
                text.contains(&format!("\r\nContent-Length: {len}\r\n")),
                "{text}"
            );
        }
        let mut space = [0; 20];
        let mut head = Head {
            space: &mut space,
            len: 0,
            fault: None,
        };
        head.number(usize::MAX);
        let len = head.len;
        assert_eq!(&space[..len], usize::MAX.to_string().as_bytes());
    }
}
