//! A transport that goes wrong on purpose, for tests of anything that is carried.

use dm_core::{Failure, Received, Request};

use crate::{Session, Transport};

/// What happens to one message and its answer.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[non_exhaustive]
pub enum Fault {
    /// Nothing.
    None,
    /// The message is lost on its way; the client is told this instead of an answer.
    LoseMessage(Failure),
    /// The server takes the message and acts on it, but its answer is lost; the client is told this.
    LoseAnswer(Failure),
    /// The answer comes so many milliseconds of the host's time later.
    Delay(u32),
    /// The answer ends after so many octets, if it is longer.
    Cut(usize),
    /// One octet of the answer is changed by exclusive or, if the answer reaches as far.
    Corrupt {
        /// Which octet, from 0.
        at: usize,
        /// What it is changed with.
        mask: u8,
    },
    /// The `x-syncml-hmac` value is left out.
    LoseHmac,
}

/// A transport whose exchanges fail as `plan` says: it is asked once for each message handed out, counted from 0.
///
/// A message that is sent again counts again.
#[derive(Debug)]
pub struct Faulty<T, P> {
    inner: T,
    plan: P,
    count: u32,
}

impl<T, P: FnMut(u32) -> Fault> Faulty<T, P> {
    /// Wraps a transport that works.
    pub fn new(inner: T, plan: P) -> Self {
        Self {
            inner,
            plan,
            count: 0,
        }
    }

    /// The messages handed out so far.
    pub fn count(&self) -> u32 {
        self.count
    }

    /// The transport inside.
    pub fn into_inner(self) -> T {
        self.inner
    }
}

impl<T: Transport, P: FnMut(u32) -> Fault> Transport for Faulty<T, P> {
    async fn carry<S: Session>(&mut self, session: &mut S) {
        let Self { inner, plan, count } = self;
        let mut bad = Bad {
            session,
            plan,
            count,
            fault: None,
        };
        // The first message may be lost before the transport sees it.
        bad.settle().await;
        inner.carry(&mut bad).await;
    }
}

/// The session as the inner transport sees it.
struct Bad<'s, S, P> {
    session: &'s mut S,
    plan: &'s mut P,
    count: &'s mut u32,
    /// What happens to the waiting message; `None`: not decided.
    fault: Option<Fault>,
}

impl<S: Session, P: FnMut(u32) -> Fault> Bad<'_, S, P> {
    /// Decides about the waiting message, and about those that come instead of lost ones.
    async fn settle(&mut self) {
        while self.fault.is_none() && self.session.message().is_some() {
            let fault = (self.plan)(*self.count);
            *self.count = self.count.saturating_add(1);
            match fault {
                Fault::LoseMessage(why) => self.session.deliver(Err(why)).await,
                fault => self.fault = Some(fault),
            }
        }
    }
}

impl<S: Session, P: FnMut(u32) -> Fault> Session for Bad<'_, S, P> {
    fn message(&mut self) -> Option<(Request<'_>, &mut [u8])> {
        self.session.message()
    }

    async fn deliver(&mut self, answer: Result<Received<'_>, Failure>) {
        let answer = match (self.fault.take(), answer) {
            (Some(Fault::LoseAnswer(why)), Ok(_)) => Err(why),
            (Some(Fault::Cut(len)), Ok(received)) => Ok(Received {
                len: received.len.min(len),
                ..received
            }),
            (Some(Fault::LoseHmac), Ok(received)) => Ok(Received {
                hmac: None,
                ..received
            }),
            (Some(Fault::Corrupt { at, mask }), Ok(received)) => {
                let space = self.session.message().map(|(_, rx)| rx).unwrap_or_default();
                if let Some(octet) = space.get_mut(..received.len).and_then(|rx| rx.get_mut(at)) {
                    *octet ^= mask;
                }
                Ok(received)
            }
            (Some(Fault::Delay(ms)), answer) => {
                self.session.delay(ms).await;
                answer
            }
            (_, answer) => answer,
        };
        self.session.deliver(answer).await;
        self.settle().await;
    }

    async fn delay(&mut self, ms: u32) {
        self.session.delay(ms).await;
    }
}
