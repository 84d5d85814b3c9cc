//! A scripted server behind a connector, and a session that just collects the answers.

use std::collections::VecDeque;

use dm_bindings::Session;
use dm_bindings::http::{Authority, Connector, Link};
use dm_bindings::std_net::block_on;
use dm_bindings::{Transport, http};
use dm_core::{Failure, Peer, Received, Request};
use embedded_io_async::{ErrorKind, ErrorType, Read, Write};

/// What a connection says about its far end.
#[derive(Clone, Copy)]
pub(crate) enum Proof {
    None,
    /// The name that was asked for.
    Asked,
    Name(&'static str),
}

/// What a stream does when its script is at the end.
#[derive(Clone, Copy)]
pub(crate) enum Then {
    End,
    Fail(ErrorKind),
    /// Never comes back.
    Hang,
}

/// One connection: an answer for each complete request, in pieces of at most `step` octets.
#[derive(Clone)]
pub(crate) struct Conn {
    pub(crate) proof: Proof,
    pub(crate) answers: VecDeque<Vec<u8>>,
    pub(crate) step: usize,
    pub(crate) then: Then,
    /// Writing fails once so many requests are answered.
    pub(crate) write_fails_after: usize,
    pub(crate) asked: Vec<u8>,
    pub(crate) ready: VecDeque<u8>,
    pub(crate) answered: usize,
}

pub(crate) fn conn<A: AsRef<[u8]>>(answers: impl IntoIterator<Item = A>) -> Conn {
    Conn {
        proof: Proof::None,
        answers: answers.into_iter().map(|a| a.as_ref().to_vec()).collect(),
        step: usize::MAX,
        then: Then::End,
        write_fails_after: usize::MAX,
        asked: Vec::new(),
        ready: VecDeque::new(),
        answered: 0,
    }
}

pub(crate) fn tls<A: AsRef<[u8]>>(answers: impl IntoIterator<Item = A>) -> Conn {
    Conn {
        proof: Proof::Asked,
        ..conn(answers)
    }
}

#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) enum Event {
    /// `scheme host port`
    Connect(String),
    /// Octets of one write.
    Write(usize),
    /// Head and body of a complete request.
    Request(String, Vec<u8>),
    Close,
}

#[derive(Default)]
pub(crate) struct Script {
    pub(crate) conns: VecDeque<Conn>,
    pub(crate) log: Vec<Event>,
    open: Option<Conn>,
}

impl Script {
    pub(crate) fn new(conns: impl IntoIterator<Item = Conn>) -> Self {
        Self {
            conns: conns.into_iter().collect(),
            ..Self::default()
        }
    }

    pub(crate) fn connects(&self) -> Vec<&str> {
        let connects = self.log.iter().filter_map(|event| match event {
            Event::Connect(name) => Some(name.as_str()),
            _ => None,
        });
        connects.collect()
    }

    pub(crate) fn requests(&self) -> Vec<(&str, &[u8])> {
        let requests = self.log.iter().filter_map(|event| match event {
            Event::Request(head, body) => Some((head.as_str(), body.as_slice())),
            _ => None,
        });
        requests.collect()
    }

    pub(crate) fn closes(&self) -> usize {
        self.log
            .iter()
            .filter(|event| **event == Event::Close)
            .count()
    }
}

/// Borrows from its connector, as the streams of embedded TLS stacks do.
pub(crate) struct Stream<'c> {
    conn: &'c mut Conn,
    log: &'c mut Vec<Event>,
}

impl Connector for Script {
    type Stream<'c> = Stream<'c>;

    async fn connect<'t>(
        &mut self,
        target: &Authority<'t>,
    ) -> Result<Link<'t, Stream<'_>>, Failure> {
        let Authority { scheme, host, port } = target;
        self.log
            .push(Event::Connect(format!("{scheme:?} {host} {port}")));
        let conn = self.conns.pop_front().ok_or(Failure::Link)?;
        let proof = conn.proof;
        let stream = Stream {
            conn: self.open.insert(conn),
            log: &mut self.log,
        };
        Ok(match proof {
            Proof::None => Link::Plain(stream),
            Proof::Asked => Link::Secured { stream, name: host },
            Proof::Name(name) => Link::Secured { stream, name },
        })
    }

    async fn close<'c>(stream: Stream<'c>)
    where
        Self: 'c,
    {
        stream.log.push(Event::Close);
    }
}

impl ErrorType for Stream<'_> {
    type Error = ErrorKind;
}

impl Read for Stream<'_> {
    async fn read(&mut self, buf: &mut [u8]) -> Result<usize, ErrorKind> {
        assert!(
            !buf.is_empty(),
            "a read of nothing cannot be told from the end"
        );
        if self.conn.ready.is_empty() {
            return match self.conn.then {
                Then::End => Ok(0),
                Then::Fail(kind) => Err(kind),
                Then::Hang => std::future::pending().await,
            };
        }
        let count = buf.len().min(self.conn.step).min(self.conn.ready.len());
        for (to, from) in buf.iter_mut().zip(self.conn.ready.drain(..count)) {
            *to = from;
        }
        Ok(count)
    }
}

impl Write for Stream<'_> {
    async fn write(&mut self, buf: &[u8]) -> Result<usize, ErrorKind> {
        if self.conn.answered >= self.conn.write_fails_after {
            return Err(ErrorKind::ConnectionReset);
        }
        let count = buf.len().min(self.conn.step);
        self.log.push(Event::Write(count));
        self.conn.asked.extend_from_slice(&buf[..count]);
        Ok(count)
    }

    async fn flush(&mut self) -> Result<(), ErrorKind> {
        let asked = &mut self.conn.asked;
        let text = asked.escape_ascii().to_string();
        let head = 4 + find(asked, b"\r\n\r\n").unwrap_or_else(|| panic!("no head: {text}"));
        let body = asked.split_off(head);
        let head = String::from_utf8(std::mem::take(asked)).unwrap();
        assert!(
            head.contains(&format!("\r\nContent-Length: {}\r\n", body.len())),
            "{head}"
        );
        self.log.push(Event::Request(head, body));
        self.conn.answered += 1;
        self.conn
            .ready
            .extend(self.conn.answers.pop_front().unwrap_or_default());
        Ok(())
    }
}

fn find(text: &[u8], what: &[u8]) -> Option<usize> {
    text.windows(what.len()).position(|part| part == what)
}

/// An answer as it was delivered.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub(crate) struct Got {
    pub(crate) body: Vec<u8>,
    pub(crate) content_type: String,
    pub(crate) hmac: Option<String>,
    /// The verified name.
    pub(crate) name: Option<String>,
}

/// Sends the same message to each address, whatever comes back.
pub(crate) struct Collector<'a> {
    pub(crate) uris: &'a [&'a str],
    pub(crate) message: Request<'a>,
    pub(crate) rx: Vec<u8>,
    pub(crate) got: Vec<Result<Got, Failure>>,
    /// Milliseconds that the transport waited.
    pub(crate) delays: Vec<u32>,
}

pub(crate) const MESSAGE: Request<'static> = Request {
    uri: "",
    content_type: "application/vnd.syncml.dm+wbxml",
    hmac: None,
    body: &[0x02, 0xA4, 0x01, 0x6A, 0x00],
};

impl<'a> Collector<'a> {
    pub(crate) fn new(uris: &'a [&'a str], rx: usize) -> Self {
        Self {
            uris,
            message: MESSAGE,
            rx: vec![0xEE; rx],
            got: Vec::new(),
            delays: Vec::new(),
        }
    }
}

impl Session for Collector<'_> {
    fn message(&mut self) -> Option<(Request<'_>, &mut [u8])> {
        let uri = self.uris.get(self.got.len())?;
        Some((
            Request {
                uri,
                ..self.message
            },
            &mut self.rx,
        ))
    }

    async fn deliver(&mut self, answer: Result<Received<'_>, Failure>) {
        let got = answer.map(|received| Got {
            body: self.rx[..received.len].to_vec(),
            content_type: received.content_type.into(),
            hmac: received.hmac.map(Into::into),
            name: match received.peer {
                Peer::Plain => None,
                Peer::Secured { name } => Some(name.into()),
            },
        });
        self.rx.fill(0xEE);
        self.got.push(got);
    }

    async fn delay(&mut self, ms: u32) {
        self.delays.push(ms);
    }
}

pub(crate) const PLAIN: http::Config<'static> = http::Config {
    user_agent: "dmcore/0.1",
    accept: "application/vnd.syncml.dm+wbxml, application/vnd.syncml.dm+xml",
    plain: true,
    max_retry_after: 600,
};

pub(crate) const SECURE: http::Config<'static> = http::Config {
    plain: false,
    ..PLAIN
};

/// Carries one message to each address and gives the answers and the script with its log.
pub(crate) fn carry(
    conns: impl IntoIterator<Item = Conn>,
    config: http::Config<'_>,
    uris: &[&str],
) -> (Vec<Result<Got, Failure>>, Script) {
    carry_sized(conns, config, uris, 1024, 64)
}

pub(crate) fn carry_sized(
    conns: impl IntoIterator<Item = Conn>,
    config: http::Config<'_>,
    uris: &[&str],
    space: usize,
    rx: usize,
) -> (Vec<Result<Got, Failure>>, Script) {
    let mut space = vec![0; space];
    let mut session = Collector::new(uris, rx);
    let mut transport = http::Http::new(Script::new(conns), config, &mut space);
    block_on(transport.carry(&mut session));
    let script = std::mem::take(transport.connector());
    (session.got, script)
}

pub(crate) const URI: &str = "http://srv1.example/dm";
pub(crate) const SECURE_URI: &str = "https://srv1.example/dm";

/// An answer of five octets.
pub(crate) const HELLO: &str = "HTTP/1.1 200 OK\r\nContent-Type: application/vnd.syncml.dm+wbxml\r\n\
    Content-Length: 5\r\n\r\nhello";

pub(crate) fn hello() -> Result<Got, Failure> {
    Ok(Got {
        body: b"hello".into(),
        content_type: "application/vnd.syncml.dm+wbxml".into(),
        ..Got::default()
    })
}

/// One message, one answer of these octets.
pub(crate) fn answer(text: impl AsRef<[u8]>) -> Result<Got, Failure> {
    let (mut got, script) = carry([conn([text])], PLAIN, &[URI]);
    assert_eq!(script.requests().len(), 1);
    got.remove(0)
}
