//! Requests off a stream: head, body with a length or in chunks, all bounded.

use std::io::{ErrorKind, Read, Write};
use std::time::Instant;

use crate::config::Http;

/// Most header fields of one request.
const MAX_HEADERS: usize = 64;
/// Longest line of the chunked coding, extensions and trailer fields included.
const MAX_LINE: usize = 1024;

/// What the stream gave.
pub(super) enum Next {
    /// A request; its body is in [`Incoming::body`].
    Head(Head),
    /// Not a request this server reads on: answer this status and close.
    Refused(u16),
    /// The peer has closed the connection.
    Closed,
}

/// The parts of a request head that matter here.
pub(super) struct Head {
    pub(super) method: String,
    /// Path and query.
    pub(super) target: String,
    pub(super) http_10: bool,
    pub(super) keep_alive: bool,
    pub(super) has_length: bool,
    pub(super) content_type: String,
    pub(super) hmac: Option<String>,
    framing: Framing,
    expects_continue: bool,
}

#[derive(Clone, Copy)]
enum Framing {
    Length(usize),
    Chunked,
}

/// Why reading stops early.
enum Stop {
    Refused(u16),
    Closed,
    Failed(std::io::Error),
}

/// The incoming half of a connection: octets read ahead and the body of the request at hand.
pub(super) struct Incoming<'h> {
    http: &'h Http,
    ahead: Vec<u8>,
    body: Vec<u8>,
    /// Since when the request at hand is being read.
    since: Option<Instant>,
}

impl<'h> Incoming<'h> {
    pub(super) const fn new(http: &'h Http) -> Self {
        Self {
            http,
            ahead: Vec::new(),
            body: Vec::new(),
            since: None,
        }
    }

    /// The body of the request returned last.
    pub(super) fn body(&self) -> &[u8] {
        &self.body
    }

    /// Reads one request.
    pub(super) fn next<S: Read + Write>(&mut self, stream: &mut S) -> std::io::Result<Next> {
        self.since = None;
        self.body.clear();
        match self.request(stream) {
            Ok(head) => Ok(Next::Head(head)),
            Err(Stop::Refused(status)) => Ok(Next::Refused(status)),
            Err(Stop::Closed) => Ok(Next::Closed),
            Err(Stop::Failed(error)) => Err(error),
        }
    }

    fn request<S: Read + Write>(&mut self, stream: &mut S) -> Result<Head, Stop> {
        let head = loop {
            if let Some((head, length)) = parse_head(&self.ahead)? {
                self.ahead.drain(..length.min(self.ahead.len()));
                break head;
            }
            if self.ahead.len() >= self.http.max_head {
                return Err(Stop::Refused(431));
            }
            self.fill(stream)?;
        };
        if let Framing::Length(length) = head.framing
            && length > self.http.max_body
        {
            return Err(Stop::Refused(413));
        }
        if head.expects_continue {
            stream
                .write_all(b"HTTP/1.1 100 Continue\r\n\r\n")
                .map_err(Stop::Failed)?;
        }
        match head.framing {
            Framing::Length(length) => self.take(stream, length)?,
            Framing::Chunked => self.chunks(stream)?,
        }
        Ok(head)
    }

    fn chunks<S: Read>(&mut self, stream: &mut S) -> Result<(), Stop> {
        loop {
            let line = self.line(stream)?;
            let size = chunk_size(&line).ok_or(Stop::Refused(400))?;
            if size == 0 {
                break;
            }
            if size > self.http.max_body.saturating_sub(self.body.len()) {
                return Err(Stop::Refused(413));
            }
            self.take(stream, size)?;
            if !self.line(stream)?.is_empty() {
                return Err(Stop::Refused(400));
            }
        }
        let mut trailer = 0_usize;
        loop {
            let line = self.line(stream)?;
            if line.is_empty() {
                return Ok(());
            }
            trailer = trailer.saturating_add(line.len());
            if trailer > self.http.max_head {
                return Err(Stop::Refused(431));
            }
        }
    }

    /// Moves `count` octets to the body.
    fn take<S: Read>(&mut self, stream: &mut S, count: usize) -> Result<(), Stop> {
        let mut missing = count;
        loop {
            let n = missing.min(self.ahead.len());
            self.body.extend(self.ahead.drain(..n));
            missing = missing.saturating_sub(n);
            if missing == 0 {
                return Ok(());
            }
            self.fill(stream)?;
        }
    }

    /// The next line without its end.
    fn line<S: Read>(&mut self, stream: &mut S) -> Result<Vec<u8>, Stop> {
        loop {
            if let Some(at) = self.ahead.iter().position(|&byte| byte == b'\n') {
                let mut line: Vec<u8> = self.ahead.drain(..=at).collect();
                line.pop();
                // A bare line feed hides requests from one of two parties that read the same octets: not accepted.
                return if line.pop() == Some(b'\r') {
                    Ok(line)
                } else {
                    Err(Stop::Refused(400))
                };
            }
            if self.ahead.len() > MAX_LINE {
                return Err(Stop::Refused(400));
            }
            self.fill(stream)?;
        }
    }

    /// Reads what the stream has.
    fn fill<S: Read>(&mut self, stream: &mut S) -> Result<(), Stop> {
        let idle = self.ahead.is_empty() && self.body.is_empty() && self.since.is_none();
        let since = *self.since.get_or_insert_with(Instant::now);
        if since.elapsed() > self.http.timeout {
            return Err(Stop::Refused(408));
        }
        let mut piece = [0; 4096];
        match stream.read(&mut piece) {
            Ok(0) => Err(Stop::Closed),
            Ok(n) => {
                self.ahead
                    .extend_from_slice(piece.get(..n).unwrap_or_default());
                Ok(())
            }
            Err(error) if error.kind() == ErrorKind::Interrupted => Ok(()),
            // Silence between two requests is no fault; in the middle of one it is.
            Err(error) if matches!(error.kind(), ErrorKind::WouldBlock | ErrorKind::TimedOut) => {
                Err(if idle {
                    Stop::Closed
                } else {
                    Stop::Refused(408)
                })
            }
            Err(error) => Err(Stop::Failed(error)),
        }
    }
}

/// The request head at the start of `bytes` and its length; `None` when it is not complete.
fn parse_head(bytes: &[u8]) -> Result<Option<(Head, usize)>, Stop> {
    let mut fields = [httparse::EMPTY_HEADER; MAX_HEADERS];
    let mut parsed = httparse::Request::new(&mut fields);
    let length = match parsed.parse(bytes) {
        Ok(httparse::Status::Complete(length)) => length,
        Ok(httparse::Status::Partial) => return Ok(None),
        Err(httparse::Error::TooManyHeaders) => return Err(Stop::Refused(431)),
        Err(httparse::Error::Version) => return Err(Stop::Refused(505)),
        Err(_) => return Err(Stop::Refused(400)),
    };
    let http_10 = parsed.version == Some(0);
    let mut head = Head {
        method: parsed.method.unwrap_or_default().to_owned(),
        target: origin_form(parsed.path.unwrap_or_default()).to_owned(),
        http_10,
        keep_alive: !http_10,
        has_length: false,
        content_type: String::new(),
        hmac: None,
        framing: Framing::Length(0),
        expects_continue: false,
    };
    let (mut length_given, mut chunked) = (None, false);
    for field in parsed.headers.iter() {
        let value = core::str::from_utf8(field.value)
            .map_err(|_| Stop::Refused(400))?
            .trim();
        if field.name.eq_ignore_ascii_case("content-length") {
            let count = content_length(value)?;
            if length_given.is_some_and(|given| given != count) {
                return Err(Stop::Refused(400));
            }
            length_given = Some(count);
        } else if field.name.eq_ignore_ascii_case("transfer-encoding") {
            if !value.eq_ignore_ascii_case("chunked") || chunked {
                return Err(Stop::Refused(501));
            }
            chunked = true;
        } else if field.name.eq_ignore_ascii_case("content-type") {
            value.clone_into(&mut head.content_type);
        } else if field.name.eq_ignore_ascii_case("connection") {
            for option in value.split(',').map(str::trim) {
                if option.eq_ignore_ascii_case("close") {
                    head.keep_alive = false;
                } else if option.eq_ignore_ascii_case("keep-alive") {
                    head.keep_alive = true;
                }
            }
        } else if field.name.eq_ignore_ascii_case("expect") {
            head.expects_continue = value.eq_ignore_ascii_case("100-continue");
        } else if field.name.eq_ignore_ascii_case("x-syncml-hmac") {
            head.hmac = Some(value.to_owned());
        }
    }
    head.has_length = chunked || length_given.is_some();
    head.framing = match (length_given, chunked) {
        // Two lengths that disagree are how one request is smuggled inside another.
        (Some(_), true) => return Err(Stop::Refused(400)),
        (None, true) => Framing::Chunked,
        (length, false) => Framing::Length(length.unwrap_or(0)),
    };
    Ok(Some((head, length)))
}

/// Value of a Content-Length field; too large for the machine counts as too large for the server.
fn content_length(value: &str) -> Result<usize, Stop> {
    if value.is_empty() || !value.bytes().all(|byte| byte.is_ascii_digit()) {
        return Err(Stop::Refused(400));
    }
    Ok(value.parse().unwrap_or(usize::MAX))
}

/// Size at the head of a chunk line.
fn chunk_size(line: &[u8]) -> Option<usize> {
    let text = core::str::from_utf8(line).ok()?;
    let digits = text.split(';').next()?.trim();
    if digits.is_empty() || !digits.bytes().all(|byte| byte.is_ascii_hexdigit()) {
        return None;
    }
    Some(usize::from_str_radix(digits, 16).unwrap_or(usize::MAX))
}

/// Path and query of a request target, also when it is an absolute URI.
fn origin_form(target: &str) -> &str {
    match target.split_once("://") {
        Some((_, rest)) => rest.find('/').and_then(|at| rest.get(at..)).unwrap_or("/"),
        None => target,
    }
}
