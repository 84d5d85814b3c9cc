//! The client: one call in, one [`Step`] out.
//!
//! What is decided on a message of the server stands in `take.rs`, what is said in answer in `compose.rs`.
//!
//! # States and events
//!
//! What the application calls. *Misuse* is an error of the call, and changes nothing.
//!
//! | state | `start` | `receive` | `failed` | `resume` | `answer` | `abort` |
//! | --- | --- | --- | --- | --- | --- | --- |
//! | idle | package 1: `Send`; a notification may want an `Ask` before it | misuse | misuse | misuse | misuse | misuse |
//! | sent | new session | see below | package 1 in the older version, `Wait` for a retry, or `Done` | misuse | misuse | misuse |
//! | leaving | new session | `Done` | `Done` | misuse | misuse | misuse |
//! | waiting | new session | misuse | misuse | goes on with the command, or sends again | misuse | leaving, or `Done` |
//! | asking | new session | misuse | misuse | misuse | goes on with the command; before package 1: `Send`, or `Done` | leaving; before package 1: `Done` |
//!
//! What `receive` does in the state *sent*, the first line that fits counts. *setup*: package 1 is out. *managing*: a whole package
//! of answers is out. *asked*: answers and Alert 1222 are out. *kept*: answers to a whole package are out in part; *kept open*: to an
//! unfinished one. *object*: a part of an object was taken. `tests/states.rs` reads this table and tries every cell.
//!
//! | the server's message | setup | managing | asked | kept | kept open | object |
//! | --- | --- | --- | --- | --- | --- | --- |
//! | nothing | `Done` | `Done` | `Done` | `Done` | `Done` | `Done` |
//! | not readable | `Done` | `Done` | `Done` | `Done` | `Done` | `Done` |
//! | another SessionID | `Done` | `Done` | `Done` | `Done` | `Done` | `Done` |
//! | the MsgID of the one before | - | again | again | again | again | again |
//! | a lower MsgID | - | again | again | again | again | again |
//! | broken behind its header | 400, 1223 | 400, 1223 | 400, 1223 | 400, 1223 | 400, 1223 | 400, 1223 |
//! | VerDTD not spoken | 505, 1223 | 505, 1223 | 505, 1223 | 505, 1223 | 505, 1223 | 505, 1223 |
//! | VerProto not spoken | 513, 1223 | 513, 1223 | 513, 1223 | 513, 1223 | 513, 1223 | 513, 1223 |
//! | Alert 1223 | `Done` | `Done` | `Done` | `Done` | `Done` | `Done` |
//! | Status 513 for our header | `Done` | `Done` | `Done` | `Done` | `Done` | `Done` |
//! | Status 500 for our header | `Done` | `Done` | `Done` | `Done` | `Done` | `Done` |
//! | Status 401 for our header | package 1 | with Cred | with Cred | with Cred | with Cred | with Cred |
//! | Status 401 for our header, twice | `Done` | `Done` | `Done` | `Done` | `Done` | `Done` |
//! | server not proved, commands | 401 for all | 401 for all | 401 for all | `Done` | `Done` | 401 for all |
//! | server not proved, no commands | `Done` | `Done` | `Done` | `Done` | `Done` | `Done` |
//! | commands, Final | executed, Final | executed, Final | executed, Final | 405, rest | 405, rest | executed, 1225, Final |
//! | commands | executed, 1222 | executed, 1222 | executed, 1222 | 405, rest | 405, rest | executed, 1225, 1222 |
//! | an Atomic whose answers fit no message, Final | 517, Final | 517, Final | 517, Final | 405, rest | 405, rest | 517, 1225, Final |
//! | a part of an object | 213, 1222 | 213, 1222 | 213, 1222 | 405, rest | 405, rest | 213, 1222 |
//! | Alert 1222 | 1222 | 1222 | 1222 | rest | rest | 1222 |
//! | no commands | 1222 | 1222 | 1222 | rest | rest | 1222 |
//! | no commands, Final | `Done` | `Done` | Final | rest | rest | 1225, Final |
//!
//! With the feature `profile13` the first answer, when it is not readable or a Status 513, leads to package 1 in the older version,
//! if the account began with the newer one. A third challenge to the server is `Done` as well, and so is the same message the fourth time
//! in a row.

use dm_tree::Tree;
use dm_wbxml::Encoding;
use zeroize::Zeroize;

use crate::account;
use crate::ask::{Answer, Asked};
use crate::budget::Budget;
use crate::error::{Error, Failure, Misuse};
use crate::large::Incoming;
use crate::outbound::OutMark;
use crate::outbox::Outbox;
use crate::package1;
use crate::policy::Policy;
use crate::run::Run;
use crate::session::{Session, State};
use crate::step::{End, Moment, Received, Report, Request, Step, Trigger};
use crate::tell::{Named, Shown};

/// Memory that the client works in, lent for its life.
pub struct Memory<'m> {
    /// One message of the server, and behind it the next one while answers to the first are still on their way.
    /// The MaxMsgSize that the client announces is this less [`Client::next_space`].
    pub rx: &'m mut [u8],
    /// One message of the client. A smaller MaxMsgSize of the server is respected within it.
    pub tx: &'m mut [u8],
    /// Addresses and values that came in several pieces or escaped. As long as the longest of them; may be empty for
    /// WBXML servers that send plain strings. What does not fit is answered 413 or 414.
    pub work: &'m mut [u8],
}

impl core::fmt::Debug for Memory<'_> {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.debug_struct("Memory")
            .field("rx", &self.rx.len())
            .field("tx", &self.tx.len())
            .field("work", &self.work.len())
            .finish()
    }
}

/// An OMA DM client: sans-IO and deterministic. It holds no account; all it knows of servers are DMAcc leaves of the
/// tree that it is given in each call.
///
/// Driving rule: *each call returns exactly one [`Step`]; do what it says, then make the one call it names.*
/// Errors of a call are misuse or a session that could not begin; a session that breaks off ends with
/// [`Step::Done`] and the error in the [`Report`].
///
/// At each of these ends the credentials, the nonces and the lent memory are overwritten (`SEC-C-044`). One that is dropped
/// within a session overwrites its credentials alone: where the lent memory outlives it, bring the session to an end first, with
/// [`failed`](Self::failed) instead of an answer, or [`abort`](Self::abort).
pub struct Client<'m> {
    pub(crate) memory: Memory<'m>,
    pub(crate) encoding: Encoding,
    /// The encoding that sessions begin in. MaxMsgSize is announced for it and stays, whatever the server answers in.
    pub(crate) home: Encoding,
    pub(crate) state: State,
    pub(crate) session: Session,
    /// Octets of the message in `tx`, and where the content of its SyncBody begins.
    pub(crate) tx_len: usize,
    pub(crate) tx_body: usize,
    /// Where the Status for the server's header ends there; 0: there is none.
    pub(crate) tx_answers: usize,
    pub(crate) run: Option<Run>,
    /// How far the message in `tx` has come.
    pub(crate) out: OutMark,
    /// It was left there while a handler takes its time, or the user.
    pub(crate) paused: bool,
    /// Why the session ends after the message in `tx`.
    pub(crate) leaving: Option<Error>,
    pub(crate) incoming: Incoming<'m>,
    pub(crate) outbox: Outbox,
    #[cfg(feature = "reasons")]
    pub(crate) refusals: crate::refusals::Refusals<'m>,
    /// What is remembered of notifications.
    #[cfg(feature = "notification")]
    pub(crate) notices: crate::notify::State,
    /// Somebody can be asked, and the question that was put.
    pub(crate) has_user: bool,
    pub(crate) asked: Option<Asked>,
}

impl core::fmt::Debug for Client<'_> {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.debug_struct("Client")
            .field("memory", &self.memory)
            .field("encoding", &self.encoding)
            .field("state", &self.state)
            .finish_non_exhaustive()
    }
}

/// What a call comes to inside, where the session goes on; else the [`End`] of it.
pub(crate) enum Next {
    Send,
    /// The commands of the server are looked at; apart, so that nothing of what was decided before lies on the stack then.
    Walk,
    /// For a sign from a handler.
    Wait,
    /// What stands in `Client::asked`.
    Ask,
}

impl<'m> Client<'m> {
    /// Octets of the smallest receive buffer.
    pub const MIN_RX: usize = 1024;

    /// Octets at the end of `rx` that are kept for a server message which only asks for the rest of our answers.
    pub const fn next_space(encoding: Encoding) -> usize {
        match encoding {
            Encoding::Xml => 1536,
            _ => 512,
        }
    }

    /// A client that begins its sessions in `encoding`.
    ///
    /// # Errors
    /// [`Misuse::RxTooSmall`] when `rx` has no room for a message of [`Self::MIN_RX`] octets and the next one;
    /// [`Misuse::Encoding`] when the encoding is not part of this build.
    pub fn new(memory: Memory<'m>, encoding: Encoding) -> Result<Self, Error> {
        let built = (cfg!(feature = "wbxml") && encoding == Encoding::Wbxml)
            || (cfg!(feature = "xml") && encoding == Encoding::Xml);
        if !built {
            return Err(Error::Misuse(Misuse::Encoding));
        }
        if memory.rx.len() < Self::MIN_RX.saturating_add(Self::next_space(encoding)) {
            return Err(Error::Misuse(Misuse::RxTooSmall));
        }
        Ok(Self {
            memory,
            encoding,
            home: encoding,
            state: State::Idle,
            session: Session::default(),
            tx_len: 0,
            tx_body: 0,
            tx_answers: 0,
            run: None,
            out: OutMark::default(),
            paused: false,
            leaving: None,
            incoming: Incoming::default(),
            outbox: Outbox::default(),
            #[cfg(feature = "reasons")]
            refusals: crate::refusals::Refusals::default(),
            #[cfg(feature = "notification")]
            notices: crate::notify::State::NEW,
            has_user: false,
            asked: None,
        })
    }

    /// Gives the rules of what is taken for a proof; without this call they are [`Policy::default`].
    #[must_use]
    pub const fn with_policy(mut self, policy: Policy) -> Self {
        self.session.policy = policy;
        self
    }

    /// Bounds what a session may take; without this call it is [`Budget::default`].
    #[must_use]
    pub const fn with_budget(mut self, budget: Budget) -> Self {
        self.session.budget = budget;
        self
    }

    /// Says that there is somebody to ask: alerts 1100 to 1104 become [`Step::Ask`]. Without this call they are
    /// answered 406 (`PRO-C-100`). The texts of a question stand in [`Memory::work`] while it is asked; one that does not
    /// fit there is answered 416.
    #[cfg(feature = "ui")]
    #[must_use]
    pub const fn with_user(mut self) -> Self {
        self.has_user = true;
        self
    }

    /// Lends memory for objects that a server sends in parts (`PRO-C-027`).
    ///
    /// What is not taken piece by piece by a handler ([`Handler::write`](dm_tree::Handler::write)) is collected in
    /// `buffer`, behind its address and MIME type. `max_obj_size` is what the server is told to be the largest object:
    /// as many octets as `buffer` has room for, or as many as the largest of the handlers takes.
    /// Without this call, and with 0, objects in parts are refused with 406.
    #[cfg(feature = "large-object")]
    #[must_use]
    pub fn with_objects(mut self, buffer: &'m mut [u8], max_obj_size: u32) -> Self {
        self.incoming = Incoming::new(buffer, max_obj_size);
        self
    }

    /// Begins a session: package 1 to the account's address.
    ///
    /// On a busy client the session under way is dropped first; nothing of it is left in the tree but what was
    /// answered.
    ///
    /// # Errors
    /// [`LimitKind::NoAccount`](crate::LimitKind::NoAccount) when no account matches; [`Misuse::TxTooSmall`] with the octets that package 1 needs;
    /// [`Error::Device`] when the tree or its store refuses.
    #[inline(never)]
    pub fn start(
        &mut self,
        tree: &mut Tree<'_>,
        trigger: Trigger<'_>,
        now: &Moment,
    ) -> Result<Step<'_>, Error> {
        match self.begin_session(tree, &trigger, now) {
            Err(End::Failed(error)) => {
                // The account was read already.
                self.reset();
                Err(error)
            }
            next => Ok(self.step(next)),
        }
    }

    fn begin_session(
        &mut self,
        tree: &mut Tree<'_>,
        trigger: &Trigger<'_>,
        now: &Moment,
    ) -> Result<Next, End> {
        if self.state != State::Idle {
            self.reset();
        }
        abandon(tree);
        tree.set_utc(now.utc);
        let (server_id, session_id, notice) = match trigger {
            Trigger::Client {
                server_id,
                session_id,
            } => (*server_id, *session_id, None),
            Trigger::Server(notice) => {
                let notice = notice.get();
                (
                    Some(notice.server_id),
                    Some(notice.session_id),
                    Some(notice),
                )
            }
        };
        let session = &mut self.session;
        session.notified = notice.is_some();
        #[cfg(all(feature = "notification", feature = "profile13", feature = "tnds"))]
        if let Some(notice) = notice {
            // More than there is room for are passed over.
            for asked in notice.options.requested_mos() {
                let _ = session.objects.push(asked);
            }
        }
        account::open(tree, server_id.map(str::as_bytes), session)?;
        if let (Some(nonce), true) = (notice.and_then(|it| it.nonce), session.policy.resync) {
            session.meet_on(nonce);
        }
        package1::device_id(tree, session)?;
        session.max_obj_size = self.incoming.max_obj_size();
        package1::publish(tree, session)?;
        session.session_id = match session_id {
            Some(id) => id,
            None => account::next_session_id(tree, session, &now.random)?,
        };
        #[cfg(feature = "reasons")]
        self.refusals.clear();
        self.outbox.load(tree, self.memory.work)?;
        tell!(
            info,
            "session {} with {} begins, DM {}",
            self.session.session_id,
            Shown(&self.session.server_id),
            self.session.version.number()
        );
        #[cfg(feature = "notification")]
        if cfg!(feature = "ui")
            && self.has_user
            && let Trigger::Server(notice) = trigger
            && let Some(asked) = Asked::about_session(notice.get(), self.memory.work)
        {
            self.asked = Some(asked);
            return Ok(Next::Ask);
        }
        self.package1(tree, None)
    }

    /// Space for the server's answer. [`Received::len`] counts from its start.
    pub fn rx_space(&mut self) -> &mut [u8] {
        let at = self.kept();
        let end = match at {
            0 => self.max_msg_size(),
            _ => self.memory.rx.len(),
        };
        self.memory.rx.get_mut(at..end).unwrap_or_default()
    }

    /// The request of the last [`Step::Send`] together with the space for its answer, for transports that send and
    /// receive in one call. `None`: nothing is to be sent.
    pub fn exchange(&mut self) -> Option<(Request<'_>, &mut [u8])> {
        if self.state != State::Sent {
            return None;
        }
        let at = self.kept();
        let end = match at {
            0 => self.max_msg_size(),
            _ => self.memory.rx.len(),
        };
        let request = Request {
            uri: &self.session.uri,
            content_type: self.encoding.content_type(),
            hmac: hmac(&self.session),
            body: self.memory.tx.get(..self.tx_len)?,
        };
        Some((request, self.memory.rx.get_mut(at..end)?))
    }

    /// Takes the server's answer to the last [`Step::Send`].
    ///
    /// # Errors
    /// [`Misuse`] only; what the server does wrong ends the session with [`Step::Done`].
    pub fn receive(
        &mut self,
        tree: &mut Tree<'_>,
        got: Received<'_>,
        now: &Moment,
    ) -> Result<Step<'_>, Error> {
        if self.state != State::Sent {
            return Err(Error::Misuse(Misuse::WrongCall));
        }
        if got.len > self.rx_space().len() {
            return Err(Error::Misuse(Misuse::Length));
        }
        tree.set_utc(now.utc);
        let next = self.take(tree, &got, now);
        Ok(self.conclude(tree, next))
    }

    /// Tells that the last [`Step::Send`] could not be carried out.
    ///
    /// # Errors
    /// [`Misuse`] only.
    pub fn failed(
        &mut self,
        tree: &mut Tree<'_>,
        why: Failure,
        now: &Moment,
    ) -> Result<Step<'_>, Error> {
        if self.state != State::Sent {
            return Err(Error::Misuse(Misuse::WrongCall));
        }
        tree.set_utc(now.utc);
        let next = match (self.leaving, why) {
            (Some(error), _) => Err(error.into()),
            // A server that cannot read the newer version may say so with an HTTP status.
            (None, Failure::Http(_)) => self.fall_back(tree, now, Error::Transport(why)),
            (None, _) => Err(Error::Transport(why).into()),
        };
        if let Err(End::Failed(Error::Transport(_))) = next
            && let Some(until) = self.retry(why, now)
        {
            self.state = State::Waiting;
            return Ok(Step::Wait { until: Some(until) });
        }
        Ok(self.conclude(tree, next))
    }

    /// Goes on after [`Step::Wait`].
    ///
    /// # Errors
    /// [`Misuse`] only.
    pub fn resume(&mut self, tree: &mut Tree<'_>, now: &Moment) -> Result<Step<'_>, Error> {
        if self.state != State::Waiting {
            return Err(Error::Misuse(Misuse::WrongCall));
        }
        tree.set_utc(now.utc);
        let next = match self.paused {
            true => self.go_on(tree, None),
            // The transport had time to recover: the same message again.
            false => Ok(Next::Send),
        };
        Ok(self.conclude(tree, next))
    }

    /// Takes the user's answer after [`Step::Ask`].
    ///
    /// # Errors
    /// [`Misuse::WrongCall`], and [`Misuse::Answer`] for an answer of another kind than the question asks for; the
    /// question is still open then.
    pub fn answer(
        &mut self,
        tree: &mut Tree<'_>,
        answer: Answer<'_>,
        now: &Moment,
    ) -> Result<Step<'_>, Error> {
        let wrong = Error::Misuse(Misuse::WrongCall);
        let (State::Asking, Some(asked)) = (self.state, self.asked) else {
            return Err(wrong);
        };
        if asked.code(&answer).is_none() {
            return Err(Error::Misuse(Misuse::Answer));
        }
        tree.set_utc(now.utc);
        #[cfg(feature = "notification")]
        if let Some(may_begin) = asked.lets_session_begin(&answer) {
            self.asked = None;
            let next = if may_begin {
                self.package1(tree, None)
            } else {
                Err(End::Declined)
            };
            return Ok(self.conclude(tree, next));
        }
        let next = self.go_on(tree, Some(answer));
        Ok(self.conclude(tree, next))
    }

    /// Gives the session up while the client waits or asks: what was executed is answered, an Atomic that was under way is taken
    /// back, Alert 1223 tells the server (`PRO-C-130`, `PRO-C-131`), and the session is over when that is sent. After
    /// [`Step::Send`] the message is out: [`failed`](Self::failed) with [`Failure::Cancelled`] leaves at once.
    ///
    /// # Errors
    /// [`Misuse::WrongCall`] when the client neither waits nor asks.
    pub fn abort(&mut self, tree: &mut Tree<'_>, now: &Moment) -> Result<Step<'_>, Error> {
        if !matches!(self.state, State::Waiting | State::Asking) {
            return Err(Error::Misuse(Misuse::WrongCall));
        }
        tree.set_utc(now.utc);
        let next = match self.paused {
            true => self.break_off(tree),
            false => Err(Error::Transport(Failure::Cancelled).into()),
        };
        Ok(self.conclude(tree, next))
    }

    /// Until when to wait before the message goes out once more, when the budget has an attempt left.
    fn retry(&mut self, why: Failure, now: &Moment) -> Option<u64> {
        let session = &mut self.session;
        let [.., random] = now.random;
        let wait = session.budget.wait(session.retries, why, random)?;
        session.retries = session.retries.saturating_add(1);
        Some(now.ms.saturating_add(wait))
    }

    fn reset(&mut self) {
        if self.session.account.is_some() {
            // Credentials, secrets and nonces went through here (`SEC-C-044`).
            self.memory.rx.zeroize();
            self.memory.tx.zeroize();
            self.memory.work.zeroize();
        }
        self.state = State::Idle;
        self.encoding = self.home;
        self.session.clear();
        self.tx_len = 0;
        self.tx_body = 0;
        self.tx_answers = 0;
        self.run = None;
        self.paused = false;
        self.leaving = None;
        self.incoming.clear();
        self.asked = None;
    }

    /// Octets of a message whose answers are not all sent; the next one is read behind it.
    #[inline(never)]
    pub(crate) fn kept(&self) -> usize {
        self.run.as_ref().map_or(0, |run| run.len)
    }

    pub(crate) fn max_msg_size(&self) -> usize {
        let next = Self::next_space(self.home);
        self.memory.rx.len().saturating_sub(next)
    }

    fn step(&mut self, next: Result<Next, End>) -> Step<'_> {
        match next {
            Ok(Next::Send) => {
                self.state = State::Sent;
                self.session.sent = self.session.sent.saturating_add(1);
                Step::Send(Request {
                    uri: &self.session.uri,
                    content_type: self.encoding.content_type(),
                    hmac: hmac(&self.session),
                    body: self.memory.tx.get(..self.tx_len).unwrap_or_default(),
                })
            }
            Ok(next) => {
                self.state = State::Waiting;
                if cfg!(feature = "ui")
                    && let (Next::Ask, Some(asked)) = (next, self.asked)
                {
                    self.state = State::Asking;
                    return Step::Ask(asked.question(self.memory.work));
                }
                Step::Wait { until: None }
            }
            Err(end) => {
                let session = &self.session;
                let report = Report {
                    end,
                    messages_sent: session.sent,
                    messages_received: session.received,
                    executed: session.executed,
                    refused: session.refused,
                };
                match end {
                    End::Failed(error) => tell!(
                        warn,
                        "session {} fails: {}; {} commands executed, {} refused",
                        session.session_id,
                        Named(error),
                        report.executed,
                        report.refused
                    ),
                    end => tell!(
                        info,
                        "session {} ends: {}; {} commands executed, {} refused",
                        session.session_id,
                        Named(end),
                        report.executed,
                        report.refused
                    ),
                }
                self.reset();
                Step::Done(report)
            }
        }
    }

    fn conclude(&mut self, tree: &mut Tree<'_>, next: Result<Next, End>) -> Step<'_> {
        let next = match next {
            Ok(Next::Walk) => self.go_on(tree, None),
            next => next,
        };
        if next.is_err() {
            abandon(tree);
        }
        self.step(next)
    }
}

/// Takes the hands off the tree: nothing of an Atomic that was under way stays (`PRO-C-133`).
fn abandon(tree: &mut Tree<'_>) {
    #[cfg(feature = "atomic")]
    tree.roll_back();
    tree.let_go();
}

/// The `x-syncml-hmac` header of the last message.
fn hmac(session: &Session) -> Option<&str> {
    Some(session.client_auth.seal.as_str()).filter(|seal| !seal.is_empty())
}
