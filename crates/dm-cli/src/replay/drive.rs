//! The client under replay: a clock that stands, octets that count, answers from files.

use dm_core::{Client, Encoding, Memory, Moment, Peer, Received, Report, Step, Trigger};
use dm_tree::Tree;
use dm_wbxml::{ErrorKind, Limits, check};

use crate::convert;
use crate::failure::Failure;

/// 2026-01-01T00:00:00Z.
const UTC: u64 = 1_767_225_600;
/// Octets of a message of the client, and of one value.
const TX: usize = 64 * 1024;
const WORK: usize = 64 * 1024;
/// How often a handler may ask for patience before it is given up.
const MAX_WAITS: u32 = 1000;

/// A message of the client.
#[derive(Clone, Debug, serde::Serialize)]
pub(crate) struct Sent {
    /// Where it would have gone.
    pub(crate) uri: String,
    pub(crate) content_type: &'static str,
    /// Octets of it as sent.
    pub(crate) bytes: usize,
    pub(crate) xml: String,
}

/// What a call into the client came to.
pub(crate) enum Next {
    /// It waits for an answer.
    Sent(Sent),
    Over(Report),
}

/// A client and the tree it works on.
pub(crate) struct Drive<'d, 't> {
    client: Client<'d>,
    tree: &'d mut Tree<'t>,
    clock: Clock,
}

/// The memory of a client.
pub(crate) struct Buffers {
    rx: Vec<u8>,
    tx: Vec<u8>,
    work: Vec<u8>,
}

impl Buffers {
    pub(crate) fn new(encoding: Encoding, max_msg_size: usize) -> Self {
        let rx = max_msg_size.saturating_add(Client::next_space(encoding));
        Self {
            rx: vec![0; rx],
            tx: vec![0; TX],
            work: vec![0; WORK],
        }
    }
}

#[derive(Default)]
struct Clock {
    ms: u64,
    octets: u8,
}

impl Clock {
    fn moment(&mut self) -> Moment {
        let random = core::array::from_fn(|_| {
            let octet = self.octets;
            self.octets = octet.wrapping_add(1);
            octet
        });
        Moment {
            ms: self.ms,
            utc: Some(UTC),
            random,
        }
    }
}

impl<'d, 't> Drive<'d, 't> {
    pub(crate) fn new(
        buffers: &'d mut Buffers,
        encoding: Encoding,
        tree: &'d mut Tree<'t>,
    ) -> Result<Self, Failure> {
        let Buffers { rx, tx, work } = buffers;
        let client = Client::new(Memory { rx, tx, work }, encoding).map_err(failed)?;
        Ok(Self {
            client,
            tree,
            clock: Clock::default(),
        })
    }

    /// Begins the session.
    pub(crate) fn start(&mut self, session_id: Option<u16>) -> Result<Next, Failure> {
        let trigger = Trigger::Client {
            server_id: None,
            session_id,
        };
        let now = self.clock.moment();
        let step = told(self.client.start(self.tree, trigger, &now));
        self.settle(step)
    }

    /// Takes a message as the answer to the one sent last.
    pub(crate) fn receive(&mut self, message: &[u8], uri: &str) -> Result<Next, Failure> {
        let space = self.client.rx_space();
        let Some(space) = space.get_mut(..message.len()) else {
            let room = space.len();
            return Err(Failure::failed(format!(
                "{} octets, and the client takes {room}",
                message.len()
            )));
        };
        space.copy_from_slice(message);
        let got = Received {
            len: message.len(),
            content_type: Encoding::detect(message).content_type(),
            hmac: None,
            peer: Peer::Secured {
                name: authority(uri),
            },
        };
        let now = self.clock.moment();
        let step = told(self.client.receive(self.tree, got, &now));
        self.settle(step)
    }

    /// Does what steps say until a message goes out or the session is over.
    fn settle(&mut self, mut step: Told) -> Result<Next, Failure> {
        for _ in 0..MAX_WAITS {
            let now = match step? {
                What::Next(next) => return Ok(next),
                What::Wait(until) => {
                    self.clock.ms = until.unwrap_or(self.clock.ms).max(self.clock.ms);
                    self.clock.moment()
                }
            };
            step = told(self.client.resume(self.tree, &now));
        }
        Err(Failure::failed("a handler never got ready"))
    }
}

enum What {
    Next(Next),
    Wait(Option<u64>),
}

type Told = Result<What, Failure>;

/// A step without the loan of the client.
fn told(step: Result<Step<'_>, dm_core::Error>) -> Told {
    Ok(match step.map_err(failed)? {
        Step::Send(request) => What::Next(Next::Sent(Sent {
            uri: request.uri.to_owned(),
            content_type: request.content_type,
            bytes: request.body.len(),
            xml: convert::pretty(request.body).map_err(|why| {
                Failure::failed(format!("the message of the client cannot be shown: {why}"))
            })?,
        })),
        Step::Wait { until } => What::Wait(until),
        Step::Done(report) => What::Next(Next::Over(report)),
        Step::Ask(_) => {
            return Err(Failure::failed(
                "the server asks the user, and there is none",
            ));
        }
    })
}

fn failed(error: dm_core::Error) -> Failure {
    Failure::failed(error.to_string())
}

/// What is wrong with a message, as the client will see it; `None`: nothing.
pub(crate) fn fault(message: &[u8]) -> Option<(ErrorKind, u32)> {
    match check(message, Encoding::detect(message), &Limits::default()) {
        Ok(digest) => digest.fault.map(|fault| (fault.kind, fault.offset)),
        Err(error) => Some((error.kind, error.offset)),
    }
}

/// The host of a URI, with the port if it has one.
fn authority(uri: &str) -> &str {
    let rest = uri.split_once("://").map_or(uri, |(_, rest)| rest);
    rest.split(['/', '?', '#']).next().unwrap_or_default()
}
