//! The fault-injecting transport: each fault does what it says, to the message it is meant for.

#![cfg(feature = "std")]
// A test fails by panicking, also in the functions it calls.
#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing)]

use dm_bindings::fault::{Fault, Faulty};
use dm_bindings::std_net::block_on;
use dm_bindings::{Exchange, Session, Transport};
use dm_core::{Code, Failure, Peer, Received, Request};

/// Answers with the octets of the message, and remembers them.
#[derive(Default)]
struct Echo(Vec<u8>);

impl Exchange for Echo {
    async fn exchange(
        &mut self,
        request: &Request<'_>,
        rx: &mut [u8],
    ) -> Result<Received<'_>, Failure> {
        self.0.extend_from_slice(request.body);
        if request.body == b"!" {
            return Err(Failure::Http(Code(500)));
        }
        rx[..request.body.len()].copy_from_slice(request.body);
        let len = request.body.len();
        Ok(Received {
            len,
            content_type: "a/b",
            hmac: Some("mac=AA=="),
            peer: Peer::Plain,
        })
    }
}

/// An answer's text, and whether it had an HMAC.
type Noted = Result<(String, bool), Failure>;

/// Sends each message once and notes answers and delays.
struct Notes {
    messages: &'static [&'static str],
    rx: [u8; 8],
    answers: Vec<Noted>,
    delays: Vec<u32>,
}

impl Session for Notes {
    fn message(&mut self) -> Option<(Request<'_>, &mut [u8])> {
        let body = self.messages.get(self.answers.len())?.as_bytes();
        Some((
            Request {
                uri: "",
                content_type: "a/b",
                hmac: None,
                body,
            },
            &mut self.rx,
        ))
    }

    async fn deliver(&mut self, answer: Result<Received<'_>, Failure>) {
        self.answers.push(answer.map(|received| {
            let text = str::from_utf8(&self.rx[..received.len]).unwrap();
            (text.into(), received.hmac.is_some())
        }));
    }

    async fn delay(&mut self, ms: u32) {
        self.delays.push(ms);
    }
}

/// The answers to these messages under a plan, what the server saw, and the delays.
fn answers(
    messages: &'static [&'static str],
    plan: impl FnMut(u32) -> Fault,
) -> (Vec<Noted>, String, Vec<u32>) {
    let mut session = Notes {
        messages,
        rx: [0; 8],
        answers: Vec::new(),
        delays: Vec::new(),
    };
    let mut transport = Faulty::new(Echo::default(), plan);
    block_on(transport.carry(&mut session));
    assert_eq!(transport.count() as usize, messages.len());
    let seen = String::from_utf8(transport.into_inner().0).unwrap();
    (session.answers, seen, session.delays)
}

fn ok(text: &str) -> Noted {
    Ok((text.into(), true))
}

#[test]
fn without_faults_everything_passes() {
    let (got, seen, delays) = answers(&["one", "!", "two"], |_| Fault::None);
    assert_eq!(got, [ok("one"), Err(Failure::Http(Code(500))), ok("two")]);
    assert_eq!((seen.as_str(), delays.len()), ("one!two", 0));
}

#[test]
fn lost_messages_never_reach_the_server_and_lost_answers_come_after_it_acted() {
    let lose = |n| match n {
        0 | 1 | 3 | 5 => Fault::LoseMessage(Failure::Timeout),
        4 => Fault::LoseAnswer(Failure::Link),
        _ => Fault::None,
    };
    let (got, seen, _) = answers(&["a", "b", "c", "d", "e", "f"], lose);
    let lost = Err(Failure::Timeout);
    assert_eq!(
        got,
        [
            lost.clone(),
            lost.clone(),
            ok("c"),
            lost.clone(),
            Err(Failure::Link),
            lost
        ]
    );
    assert_eq!(seen, "ce");
}

#[test]
fn answers_are_cut_and_changed_where_the_plan_says() {
    let harm = |n| match n {
        0 => Fault::Cut(2),
        1 => Fault::Cut(9),
        2 => Fault::Corrupt { at: 1, mask: 0x20 },
        3 => Fault::Corrupt { at: 3, mask: 0x20 },
        4 => Fault::LoseHmac,
        _ => Fault::Delay(250),
    };
    let (got, _, delays) = answers(&["abc", "abc", "abc", "abc", "abc", "abc"], harm);
    let bare = Ok(("abc".to_owned(), false));
    assert_eq!(
        got,
        [ok("ab"), ok("abc"), ok("aBc"), ok("abc"), bare, ok("abc")]
    );
    assert_eq!(delays, [250]);
}
