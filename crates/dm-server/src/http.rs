//! HTTP/1.1 as a DM server needs it: POST with a DM message, answered with a DM message.
//!
//! Works over any byte stream, so that tests need no socket. Bindings digest, section 1.

mod request;
mod response;

use std::io::{Read, Write};

use crate::config::Http;
use request::{Incoming, Next};

/// Content types of DM messages; anything else is answered 415.
const CONTENT_TYPES: [&str; 2] = [
    "application/vnd.syncml.dm+wbxml",
    "application/vnd.syncml.dm+xml",
];

/// One DM message on its way in, without its transport framing.
#[derive(Clone, Copy, Debug)]
pub struct Request<'r> {
    /// The message, exactly as transported.
    pub body: &'r [u8],
    /// Value of the Content-Type header; parameters are ignored.
    pub content_type: &'r str,
    /// Path and query the message was sent to; `None` where the transport has no such thing.
    pub path: Option<&'r str>,
    /// Value of the `x-syncml-hmac` header.
    pub hmac: Option<&'r str>,
}

/// The answer to one message.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reply {
    /// HTTP status code: 200 with a DM message in `body`, else the reason why there is none.
    pub status: u16,
    /// Content type of `body`; empty when there is no body.
    pub content_type: &'static str,
    /// Value of an `x-syncml-hmac` header to send along.
    pub hmac: Option<String>,
    /// One DM message in the encoding of the request; empty unless `status` is 200.
    pub body: Vec<u8>,
}

impl Reply {
    /// A reply without a DM message.
    #[must_use]
    pub const fn refused(status: u16) -> Self {
        Self {
            status,
            content_type: "",
            hmac: None,
            body: Vec::new(),
        }
    }
}

/// How serving a connection ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Ended {
    /// As agreed.
    Closed,
    /// With a refusal; the peer may still be sending the rest of its request.
    Refused,
}

/// Serves one connection until it closes: every request goes to `answer`, wrong ones are refused here.
///
/// # Errors
/// What the stream reports; a request that breaks HTTP is answered and ends the connection without an error.
pub(crate) fn serve<S: Read + Write>(
    stream: &mut S,
    http: &Http,
    answer: &mut dyn FnMut(&Request<'_>) -> Reply,
) -> std::io::Result<Ended> {
    let mut incoming = Incoming::new(http);
    loop {
        let head = match incoming.next(stream)? {
            Next::Closed => return Ok(Ended::Closed),
            Next::Refused(status) => {
                let framing = response::Framing {
                    http_10: false,
                    keep_alive: false,
                };
                response::write(stream, http, &Reply::refused(status), framing)?;
                return Ok(Ended::Refused);
            }
            Next::Head(head) => head,
        };
        let framing = response::Framing {
            http_10: head.http_10,
            keep_alive: head.keep_alive && http.keep_alive,
        };
        let reply = match (bootstrap(http, &head), refusal(http, &head)) {
            (Some(reply), _) => reply,
            (None, Some(status)) => Reply::refused(status),
            (None, None) => answer(&Request {
                body: incoming.body(),
                content_type: &head.content_type,
                path: Some(&head.target),
                hmac: head.hmac.as_deref(),
            }),
        };
        response::write(stream, http, &reply, framing)?;
        if !framing.keep_alive {
            return Ok(Ended::Closed);
        }
    }
}

/// The answer to a device that asks for its bootstrap.
fn bootstrap(http: &Http, head: &request::Head) -> Option<Reply> {
    let document = http.bootstrap.as_ref()?;
    if head.target.split('?').next() != Some(document.path.as_str()) {
        return None;
    }
    Some(match (head.method.as_str(), &http.tls) {
        // Whoever listens would have the device's secrets.
        (_, None) => Reply::refused(403),
        ("GET", Some(_)) => Reply {
            status: 200,
            content_type: document.content_type,
            hmac: None,
            body: document.body.clone(),
        },
        _ => Reply::refused(405),
    })
}

/// The HTTP status that refuses a well-formed request, if it is not one for this server.
fn refusal(http: &Http, head: &request::Head) -> Option<u16> {
    let path = head.target.split('?').next().unwrap_or_default();
    let mime = head
        .content_type
        .split(';')
        .next()
        .unwrap_or_default()
        .trim();
    if http.redirect.as_deref() == Some(path) {
        Some(307)
    } else if path != http.path {
        Some(404)
    } else if head.method != "POST" {
        Some(405)
    } else if !head.has_length {
        Some(411)
    } else if !CONTENT_TYPES
        .iter()
        .any(|known| known.eq_ignore_ascii_case(mime))
    {
        Some(415)
    } else {
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io;

    const WBXML: &str = "application/vnd.syncml.dm+wbxml";

    /// A stream that gives its input in pieces of `step` octets and keeps what is written.
    struct Pipe {
        input: Vec<u8>,
        at: usize,
        step: usize,
        output: Vec<u8>,
    }

    impl Read for Pipe {
        fn read(&mut self, buf: &mut [u8]) -> io::Result<usize> {
            let n = self.step.min(buf.len()).min(self.input.len() - self.at);
            buf[..n].copy_from_slice(&self.input[self.at..self.at + n]);
            self.at += n;
            Ok(n)
        }
    }

    impl Write for Pipe {
        fn write(&mut self, buf: &[u8]) -> io::Result<usize> {
            self.output.extend_from_slice(buf);
            Ok(buf.len())
        }
        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    /// Everything written in answer to `input`, and the bodies that reached the server behind it.
    fn run(http: &Http, input: &[u8], step: usize) -> (String, Vec<Vec<u8>>) {
        let mut pipe = Pipe {
            input: input.to_vec(),
            at: 0,
            step,
            output: Vec::new(),
        };
        let mut bodies = Vec::new();
        serve(&mut pipe, http, &mut |request| {
            bodies.push(request.body.to_vec());
            Reply {
                status: 200,
                content_type: WBXML,
                hmac: request.hmac.map(str::to_owned),
                body: b"answer".to_vec(),
            }
        })
        .unwrap();
        (String::from_utf8(pipe.output).unwrap(), bodies)
    }

    fn post(headers: &str, body: &str) -> Vec<u8> {
        format!("POST /dm HTTP/1.1\r\nHost: x\r\nContent-Type: {WBXML}\r\n{headers}\r\n{body}")
            .into_bytes()
    }

    /// D13-C-043
    #[test]
    fn a_bootstrap_is_not_given_away_over_plain_http() {
        let http = Http {
            bootstrap: Some(crate::BootstrapDocument {
                path: "/boot".to_owned(),
                content_type: WBXML,
                body: b"secret".to_vec(),
            }),
            ..Http::default()
        };
        let (text, bodies) = run(
            &http,
            b"GET /boot?devid=1 HTTP/1.0\r\nHost: x\r\n\r\n",
            4096,
        );
        assert!(
            text.starts_with("HTTP/1.1 403 ") && !text.contains("secret"),
            "{text}"
        );
        assert!(bodies.is_empty());
        assert!(
            !format!("{http:?}").contains("115"),
            "octets of the document"
        );
        let (text, _) = run(&http, b"GET /other HTTP/1.0\r\nHost: x\r\n\r\n", 4096);
        assert!(text.starts_with("HTTP/1.1 404 "), "{text}");
    }

    #[test]
    fn a_post_with_a_length_is_answered_however_it_is_cut() {
        for step in [1, 7, 4096] {
            let (out, bodies) = run(
                &Http::default(),
                &post("content-length: 5\r\n", "hello"),
                step,
            );
            assert!(out.starts_with("HTTP/1.1 200 OK\r\n"), "{out}");
            assert!(out.contains("Content-Length: 6\r\n"));
            assert!(out.contains("Content-Type: application/vnd.syncml.dm+wbxml\r\n"));
            assert!(out.ends_with("\r\n\r\nanswer"));
            assert_eq!(bodies, [b"hello"]);
        }
    }

    #[test]
    fn chunked_requests_with_extensions_and_trailers_are_joined() {
        let body = "5;name=value\r\nhello\r\n0a\r\n, 10 bytes\r\n0\r\nTrailer: x\r\n\r\n";
        for step in [1, 3, 4096] {
            let (out, bodies) = run(
                &Http::default(),
                &post("Transfer-Encoding: chunked\r\n", body),
                step,
            );
            assert!(out.starts_with("HTTP/1.1 200 OK\r\n"), "{out}");
            assert_eq!(bodies, [b"hello, 10 bytes"]);
        }
    }

    #[test]
    fn one_connection_serves_several_requests_until_told_to_close() {
        let mut input = post("Content-Length: 3\r\n", "one");
        input.extend(post(
            "Transfer-Encoding: chunked\r\n",
            "3\r\ntwo\r\n0\r\n\r\n",
        ));
        input.extend(post("Content-Length: 5\r\nConnection: close\r\n", "three"));
        input.extend(post("Content-Length: 4\r\n", "four"));
        let (out, bodies) = run(&Http::default(), &input, 4096);
        assert_eq!(bodies, [&b"one"[..], b"two", b"three"]);
        assert_eq!(out.matches("HTTP/1.1 200 OK").count(), 3);
        assert_eq!(out.matches("Connection: close").count(), 1);
    }

    #[test]
    fn http_10_gets_one_answer_without_chunks_unless_it_asks_to_stay() {
        let http = Http {
            chunk: Some(2),
            ..Http::default()
        };
        let one =
            format!("POST /dm HTTP/1.0\r\nContent-Type: {WBXML}\r\nContent-Length: 1\r\n\r\na");
        let (out, bodies) = run(
            &http,
            [one.as_bytes(), one.as_bytes()].concat().as_slice(),
            4096,
        );
        assert_eq!(bodies.len(), 1);
        assert!(out.contains("Content-Length: 6\r\n") && !out.contains("chunked"));
        let stay = one.replace("\r\n\r\n", "\r\nConnection: Keep-Alive\r\n\r\n");
        let (_, bodies) = run(
            &http,
            [stay.as_bytes(), one.as_bytes()].concat().as_slice(),
            4096,
        );
        assert_eq!(bodies.len(), 2);
    }

    #[test]
    fn replies_are_chunked_on_demand() {
        let http = Http {
            chunk: Some(4),
            ..Http::default()
        };
        let (out, _) = run(&http, &post("Content-Length: 0\r\n", ""), 4096);
        assert!(out.contains("Transfer-Encoding: chunked\r\n"));
        assert!(
            out.ends_with("\r\n\r\n4\r\nansw\r\n2\r\ner\r\n0\r\n\r\n"),
            "{out}"
        );
    }

    #[test]
    fn the_integrity_header_goes_through_in_both_directions() {
        let (out, _) = run(
            &Http::default(),
            &post("X-SyncML-HMAC: mac=abc=\r\nContent-Length: 0\r\n", ""),
            4096,
        );
        assert!(out.contains("x-syncml-hmac: mac=abc=\r\n"));
    }

    #[test]
    fn wrong_requests_are_refused_with_the_code_that_says_why() {
        let http = Http {
            max_body: 100,
            redirect: Some("/old".into()),
            ..Http::default()
        };
        let typed = format!("Content-Type: {WBXML}\r\n");
        let cases: &[(&str, String)] = &[
            ("400", "POST dm\r\n\r\n".into()),
            ("400", "\u{1}\u{2}\r\n\r\n".into()),
            (
                "404",
                format!("POST /other HTTP/1.1\r\n{typed}Content-Length: 0\r\n\r\n"),
            ),
            ("405", "GET /dm HTTP/1.1\r\n\r\n".into()),
            ("411", format!("POST /dm HTTP/1.1\r\n{typed}\r\n")),
            (
                "413",
                format!("POST /dm HTTP/1.1\r\n{typed}Content-Length: 101\r\n\r\n"),
            ),
            (
                "413",
                format!("POST /dm HTTP/1.1\r\n{typed}Content-Length: 99999999999999999999\r\n\r\n"),
            ),
            (
                "413",
                format!("POST /dm HTTP/1.1\r\n{typed}Transfer-Encoding: chunked\r\n\r\n65\r\n"),
            ),
            (
                "413",
                format!(
                    "POST /dm HTTP/1.1\r\n{typed}Transfer-Encoding: chunked\r\n\r\nfffffffff\r\n"
                ),
            ),
            (
                "400",
                format!("POST /dm HTTP/1.1\r\n{typed}Content-Length: +1\r\n\r\na"),
            ),
            (
                "400",
                format!(
                    "POST /dm HTTP/1.1\r\n{typed}Content-Length: 1\r\nContent-Length: 2\r\n\r\nab"
                ),
            ),
            (
                "400",
                format!(
                    "POST /dm HTTP/1.1\r\n{typed}Content-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\na"
                ),
            ),
            (
                "400",
                format!("POST /dm HTTP/1.1\r\n{typed}Transfer-Encoding: chunked\r\n\r\nxyz\r\n"),
            ),
            (
                "400",
                format!("POST /dm HTTP/1.1\r\n{typed}Transfer-Encoding: chunked\r\n\r\n5x\r\n"),
            ),
            (
                "400",
                format!(
                    "POST /dm HTTP/1.1\r\n{typed}Transfer-Encoding: chunked\r\n\r\n1\r\nabc\r\n"
                ),
            ),
            (
                "501",
                format!("POST /dm HTTP/1.1\r\n{typed}Transfer-Encoding: gzip\r\n\r\n"),
            ),
            (
                "415",
                "POST /dm HTTP/1.1\r\nContent-Type: text/xml\r\nContent-Length: 0\r\n\r\n".into(),
            ),
            (
                "415",
                "POST /dm HTTP/1.1\r\nContent-Length: 0\r\n\r\n".into(),
            ),
            (
                "431",
                format!("POST /dm HTTP/1.1\r\nX: {}", "x".repeat(9000)),
            ),
            (
                "431",
                format!("POST /dm HTTP/1.1\r\n{}\r\n", "X: y\r\n".repeat(200)),
            ),
            (
                "307",
                format!("POST /old HTTP/1.1\r\n{typed}Content-Length: 0\r\n\r\n"),
            ),
        ];
        for (code, input) in cases {
            for step in [1, 4096] {
                let (out, bodies) = run(&http, input.as_bytes(), step);
                assert!(
                    out.starts_with(&format!("HTTP/1.1 {code} ")),
                    "{input:?}: {out}"
                );
                assert!(bodies.is_empty());
                // What cannot be read to its end leaves no place to go on from.
                let closes = ["400", "413", "431", "501"].contains(code);
                assert_eq!(out.contains("Connection: close\r\n"), closes, "{input:?}");
            }
        }
    }

    #[test]
    fn a_body_as_long_as_the_limit_is_taken() {
        let http = Http {
            max_body: 5,
            ..Http::default()
        };
        for request in [
            post("Content-Length: 5\r\n", "hello"),
            post(
                "Transfer-Encoding: chunked\r\n",
                "2\r\nhe\r\n3\r\nllo\r\n0\r\n\r\n",
            ),
        ] {
            assert_eq!(run(&http, &request, 4096).1, [b"hello"]);
        }
    }

    #[test]
    fn a_refused_method_names_the_allowed_one_and_a_redirect_its_goal() {
        let http = Http {
            redirect: Some("/old".into()),
            ..Http::default()
        };
        assert!(
            run(&http, b"GET /dm HTTP/1.1\r\n\r\n", 4096)
                .0
                .contains("Allow: POST\r\n")
        );
        let (out, _) = run(
            &http,
            b"POST /old HTTP/1.1\r\nContent-Length: 0\r\n\r\n",
            4096,
        );
        assert!(out.contains("Location: /dm\r\n"));
    }

    #[test]
    fn a_refused_request_with_a_body_does_not_disturb_the_next_one() {
        let mut input = b"POST /other HTTP/1.1\r\nContent-Length: 4\r\n\r\nPOST".to_vec();
        input.extend(post("Content-Length: 2\r\n", "ok"));
        let (out, bodies) = run(&Http::default(), &input, 4096);
        assert!(out.starts_with("HTTP/1.1 404") && out.contains("HTTP/1.1 200"));
        assert_eq!(bodies, [b"ok"]);
    }

    #[test]
    fn a_client_that_waits_for_100_is_told_to_go_on() {
        let (out, bodies) = run(
            &Http::default(),
            &post("Expect: 100-continue\r\nContent-Length: 2\r\n", "ok"),
            4096,
        );
        assert!(out.starts_with("HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK\r\n"));
        assert_eq!(bodies, [b"ok"]);
    }

    #[test]
    fn the_absolute_form_and_a_query_reach_the_same_path() {
        for target in ["http://dm.example.org:8080/dm", "/dm?session=7"] {
            let input = format!(
                "POST {target} HTTP/1.1\r\nContent-Type: {WBXML}\r\nContent-Length: 0\r\n\r\n"
            );
            assert!(
                run(&Http::default(), input.as_bytes(), 4096)
                    .0
                    .starts_with("HTTP/1.1 200")
            );
        }
    }

    #[test]
    fn a_connection_cut_anywhere_ends_quietly() {
        let whole = post("Transfer-Encoding: chunked\r\n", "5\r\nhello\r\n0\r\n\r\n");
        for cut in 0..whole.len() {
            let (out, bodies) = run(&Http::default(), &whole[..cut], 4096);
            assert!(out.is_empty() && bodies.is_empty(), "cut at {cut}: {out}");
        }
    }
}
