//! Pushes in messages with text heads: HTTP and SIP (`P-PUSH-1`, this project's profile, not the standard).

use httparse::{EMPTY_HEADER, Header, Request, Response, Status, parse_headers};

use super::media::Content;
use super::{Application, Ignored, Push};

/// The most fields a head may have.
const FIELDS: usize = 32;
/// Where an HTTP push proxy sends pushes to.
const PATH: &str = "/wappush";
/// The media type of an HTTP message in another one.
const ENVELOPE: &[u8] = b"application/http";
/// The feature tag by which SIP finds the application of a push.
const FEATURE_TAG: &[u8] = b"+g.oma.pusheventapp";

/// The whole answer to an HTTP push that was accepted ([`Carried::status`] 200): an answer inside an answer.
pub const HTTP_ANSWER: &str = "HTTP/1.1 200 OK\r\nContent-Type: application/http\r\nContent-Length: 27\r\n\r\n\
                               HTTP/1.1 204 No Content\r\n\r\n";

/// A push that came in a request, which is to be answered whether or not the push is worth anything: the answer tells
/// nobody what was made of it.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Carried<'p> {
    /// Status of the answer: 200, 204, 400, 404 or 415.
    pub status: u16,
    /// The push.
    pub push: Result<Push<'p>, Ignored>,
}

impl<'p> Carried<'p> {
    const fn new(status: u16, push: Result<Push<'p>, Ignored>) -> Self {
        Self { status, push }
    }

    /// A whole HTTP request: `POST /wappush` with an HTTP response inside, to be answered with [`HTTP_ANSWER`], or a POST
    /// that is the push itself (204).
    #[must_use]
    pub fn http(request: &'p [u8]) -> Self {
        let mut fields = [EMPTY_HEADER; FIELDS];
        let mut head = Request::new(&mut fields);
        let Ok(Status::Complete(len)) = head.parse(request) else {
            return Self::new(400, Err(Ignored::Malformed));
        };
        let body = request.get(len..).unwrap_or_default();
        let (method, path) = (head.method, head.path);
        let fields = Fields(head.headers);
        let Some(body) = fields.body(body, b"Content-Length", b"Content-Length") else {
            return Self::new(400, Err(Ignored::Malformed));
        };
        if method != Some("POST") {
            return Self::new(404, Err(Ignored::NotPush));
        }
        let media_type = fields.get(b"Content-Type", b"Content-Type");
        let is_envelope = media_type
            .split(|octet| *octet == b';')
            .next()
            .is_some_and(|name| name.trim_ascii().eq_ignore_ascii_case(ENVELOPE));
        match (is_envelope, path) {
            (true, Some(PATH)) => Self::judged(200, enveloped(body)),
            (true, _) => Self::new(404, Err(Ignored::Application)),
            (false, _) => Self::judged(204, fields.push(Application::Dm, body)),
        }
    }

    /// A whole SIP message: a MESSAGE for this application by its feature tag or by its media type. The SIP stack makes the
    /// answer of [`status`](Self::status).
    #[must_use]
    pub fn sip(message: &'p [u8]) -> Self {
        let broken = Self::new(400, Err(Ignored::Malformed));
        let Some(end) = message.iter().position(|octet| *octet == b'\n') else {
            return broken;
        };
        let (line, rest) = message.split_at_checked(end).unwrap_or_default();
        let line = line.trim_ascii_end();
        if !(line.starts_with(b"MESSAGE ") && line.ends_with(b" SIP/2.0")) {
            return Self::new(400, Err(Ignored::NotPush));
        }
        let rest = rest.get(1..).unwrap_or_default();
        let mut fields = [EMPTY_HEADER; FIELDS];
        let Ok(Status::Complete((len, fields))) = parse_headers(rest, &mut fields) else {
            return broken;
        };
        let fields = Fields(fields);
        let body = rest.get(len..).unwrap_or_default();
        let Some(body) = fields.body(body, b"Content-Length", b"l") else {
            return broken;
        };
        let mut application = Application::Unnamed;
        for (name, short) in [(&b"Accept-Contact"[..], &b"a"[..]), (b"Contact", b"m")] {
            if let Some(tag) = feature_tag(fields.get(name, short)) {
                application.settle(Application::is_dm(tag));
            }
        }
        if application == Application::Unnamed {
            application = Application::Dm;
        }
        Self::judged(200, fields.push(application, body))
    }

    /// Everything that is well formed is taken; what it is worth is nobody's business (`D13-C-025`).
    const fn judged(accepted: u16, push: Result<Push<'p>, Ignored>) -> Self {
        let status = match push {
            Ok(_) => accepted,
            Err(Ignored::Malformed) => 400,
            Err(_) => 415,
        };
        Self::new(status, push)
    }
}

/// The push in an HTTP response.
fn enveloped(response: &[u8]) -> Result<Push<'_>, Ignored> {
    let mut fields = [EMPTY_HEADER; FIELDS];
    let mut head = Response::new(&mut fields);
    let Ok(Status::Complete(len)) = head.parse(response) else {
        return Err(Ignored::Malformed);
    };
    let fields = Fields(head.headers);
    let body = response.get(len..).unwrap_or_default();
    let body = fields
        .body(body, b"Content-Length", b"Content-Length")
        .ok_or(Ignored::Malformed)?;
    fields.push(Application::Unnamed, body)
}

/// The fields of a head.
struct Fields<'h, 'p>(&'h [Header<'p>]);

impl<'p> Fields<'_, 'p> {
    /// The first field of this name; empty: there is none. SIP has short names for some.
    fn get(&self, name: &[u8], short: &[u8]) -> &'p [u8] {
        self.0
            .iter()
            .find(|field| {
                let given = field.name.as_bytes();
                given.eq_ignore_ascii_case(name) || given.eq_ignore_ascii_case(short)
            })
            .map_or(&[], |field| field.value)
    }

    /// The body, as long as it is said to be. `None`: it is not.
    fn body(&self, rest: &'p [u8], name: &[u8], short: &[u8]) -> Option<&'p [u8]> {
        let said = self.get(name, short);
        if said.is_empty() {
            return Some(rest);
        }
        let said = core::str::from_utf8(said).ok()?.trim();
        rest.get(..said.parse::<usize>().ok()?)
    }

    /// The push that head and body make. A field that names the application counts more than what the carrier says.
    fn push(&self, carrier: Application, body: &'p [u8]) -> Result<Push<'p>, Ignored> {
        let content = self.get(b"Content-Type", b"c");
        let content = Content::of_text(content).ok_or(Ignored::Malformed)?;
        let mut application = Application::Unnamed;
        for field in self.0 {
            if field.name.eq_ignore_ascii_case("X-Wap-Application-Id") {
                application.settle(Application::is_dm(field.value));
            }
        }
        if application == Application::Unnamed {
            application = carrier;
        }
        Push::route(application, &content, body)
    }
}

/// The value of the feature tag in a Contact, without quotes.
fn feature_tag(contact: &[u8]) -> Option<&[u8]> {
    contact
        .split(|octet| *octet == b';')
        .filter_map(|part| {
            let at = part.iter().position(|octet| *octet == b'=')?;
            let (name, value) = part.split_at_checked(at)?;
            let is_it = name.trim_ascii().eq_ignore_ascii_case(FEATURE_TAG);
            is_it.then(|| value.get(1..).unwrap_or_default().trim_ascii())
        })
        .map(|value| {
            let value = value.strip_prefix(b"\"").unwrap_or(value);
            value.strip_suffix(b"\"").unwrap_or(value)
        })
        .next()
}
