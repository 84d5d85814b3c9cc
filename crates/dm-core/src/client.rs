//! The client: one call in, one [`Step`] out.
//!
//! # States and events
//!
//! | state | `start` | `receive` | `failed` | `resume` | `answer` |
//! | --- | --- | --- | --- | --- | --- |
//! | idle | package 1: `Send` | misuse | misuse | misuse | misuse |
//! | sent | new session | see below | `Done`, or package 1 in the older version | misuse | misuse |
//! | leaving | new session | `Done` | `Done` | misuse | misuse |
//! | waiting | new session | misuse | misuse | goes on with the command | misuse |
//! | asking | new session | misuse | misuse | misuse | goes on with the command |
//!
//! What `receive` does in the state *sent*, first match counts:
//!
//! | the server's message | answer |
//! | --- | --- |
//! | not readable | `Done`; for the first answer: package 1 in the older version |
//! | another SessionID | `Done` |
//! | the MsgID of the one before | the last message again |
//! | broken behind its header | Status 400, Alert 1223: leaving |
//! | version not spoken | Status 505 or 513, Alert 1223: leaving |
//! | Alert 1223 | `Done` |
//! | Status 505 or 513 for our header | package 1 in the older version, or `Done` |
//! | Status 401 or 407 for our header | package 1, or later the refused message, with the credentials asked for |
//! | server not proven, commands | Status 401 or 407 for each, with a challenge; `Done` the third time |
//! | server not proven, no commands | `Done` |
//! | answers still kept | the rest of them; other commands than Alert get 405 |
//! | commands | executed and answered |
//! | no commands, no Final | Alert 1222 |
//! | no commands, Final | `Done` |

use base64ct::{Base64, Encoding as _};
use dm_tree::Tree;
use dm_wbxml::{Digest, Encoding, Hex, Limits, Message, Meta, Text, check};
use heapless::Vec;

use crate::account::{self, Level};
use crate::ask::{Answer, Asked};
use crate::auth::{self, Scheme};
use crate::error::{Error, Failure, LimitKind, Misuse, ServerFault};
use crate::inbound::{self, Chal, Verdict};
use crate::large::Incoming;
use crate::outbound::{self, Ending, Finished, OutMark, Outbound};
use crate::package1;
use crate::run::{Context, Ran, Run, User};
use crate::session::{
    CHALLENGES_MAX, MESSAGES_MAX, PACKAGE1_MAX, REPEATS_MAX, Session, State, Version,
};
use crate::status;
use crate::step::{End, Moment, Received, Report, Request, Step, Trigger};

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
pub struct Client<'m> {
    memory: Memory<'m>,
    encoding: Encoding,
    state: State,
    session: Session,
    /// Octets of the message in `tx`, where the content of its SyncBody begins, and the CmdID after its last.
    tx_len: usize,
    tx_body: usize,
    next_cmd_id: u32,
    run: Option<Run>,
    /// Where the message in `tx` was left while a handler takes its time.
    paused: Option<OutMark>,
    /// Why the session ends after the message in `tx`.
    leaving: Option<Error>,
    incoming: Incoming<'m>,
    /// Somebody can be asked, and the question that was put.
    has_user: bool,
    asked: Option<Asked>,
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

/// What a call comes to inside.
enum Next {
    Send,
    Wait,
    Ask(Asked),
    End(End),
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
            state: State::Idle,
            session: Session::default(),
            tx_len: 0,
            tx_body: 0,
            next_cmd_id: 1,
            run: None,
            paused: None,
            leaving: None,
            incoming: Incoming::default(),
            has_user: false,
            asked: None,
        })
    }

    /// Says that there is somebody to ask: alerts 1100 to 1104 become [`Step::Ask`]. Without this call they are
    /// answered 406 (`PRO-C-100`). The texts of a question stand in [`Memory::work`] while it is asked; one that does not
    /// fit there is answered 416.
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
    /// [`LimitKind::NoAccount`] when no account matches; [`Misuse::TxTooSmall`] with the octets that package 1 needs;
    /// [`Error::Device`] when the tree or its store refuses.
    pub fn start(
        &mut self,
        tree: &mut Tree<'_>,
        trigger: Trigger<'_>,
        now: &Moment,
    ) -> Result<Step<'_>, Error> {
        self.reset();
        tree.set_utc(now.utc);
        let (server_id, session_id, notified) = match trigger {
            Trigger::Client {
                server_id,
                session_id,
            } => (server_id, session_id, false),
            Trigger::Server(notice) => {
                let notice = notice.get();
                (Some(notice.server_id), Some(notice.session_id), true)
            }
        };
        let session = &mut self.session;
        session.notified = notified;
        account::open(tree, server_id.map(str::as_bytes), session)?;
        package1::device_id(tree, session)?;
        session.max_obj_size = self.incoming.max_obj_size();
        package1::publish(tree, session)?;
        session.session_id = match (session_id, session.account) {
            (Some(id), _) => id,
            (None, Some(account)) => account::next_session_id(tree, account, &now.random)?,
            (None, None) => return Err(Error::Limit(LimitKind::NoAccount)),
        };
        let next = self.package1(tree, None)?;
        Ok(self.step(next))
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
        Ok(self.conclude(next))
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
            (Some(error), _) => Err(error),
            // A server that cannot read the newer version may say so with an HTTP status.
            (None, Failure::Http(_)) => self.fall_back(tree, now, Error::Transport(why)),
            (None, _) => Err(Error::Transport(why)),
        };
        Ok(self.conclude(next))
    }

    /// Goes on after [`Step::Wait`].
    ///
    /// # Errors
    /// [`Misuse`] only.
    pub fn resume(&mut self, tree: &mut Tree<'_>, now: &Moment) -> Result<Step<'_>, Error> {
        let (State::Waiting, Some(mark)) = (self.state, self.paused) else {
            return Err(Error::Misuse(Misuse::WrongCall));
        };
        tree.set_utc(now.utc);
        let next = self.go_on(tree, mark, None);
        Ok(self.conclude(next))
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
        let (State::Asking, Some(mark), Some(asked)) = (self.state, self.paused, self.asked) else {
            return Err(Error::Misuse(Misuse::WrongCall));
        };
        if asked.code(&answer).is_none() {
            return Err(Error::Misuse(Misuse::Answer));
        }
        tree.set_utc(now.utc);
        let next = self.go_on(tree, mark, Some(answer));
        Ok(self.conclude(next))
    }

    fn reset(&mut self) {
        self.state = State::Idle;
        self.session = Session::default();
        self.tx_len = 0;
        self.tx_body = 0;
        self.next_cmd_id = 1;
        self.run = None;
        self.paused = None;
        self.leaving = None;
        self.incoming.clear();
        self.asked = None;
    }

    /// Octets of a message whose answers are not all sent; the next one is read behind it.
    fn kept(&self) -> usize {
        self.run.as_ref().map_or(0, |run| run.len)
    }

    fn max_msg_size(&self) -> usize {
        let next = Self::next_space(self.encoding);
        self.memory.rx.len().saturating_sub(next)
    }

    fn step(&mut self, next: Next) -> Step<'_> {
        match next {
            Next::Send => {
                self.state = State::Sent;
                self.session.sent = self.session.sent.saturating_add(1);
                Step::Send(Request {
                    uri: &self.session.uri,
                    content_type: self.encoding.content_type(),
                    hmac: hmac(&self.session),
                    body: self.memory.tx.get(..self.tx_len).unwrap_or_default(),
                })
            }
            Next::Wait => {
                self.state = State::Waiting;
                Step::Wait { until: None }
            }
            Next::Ask(asked) => {
                self.state = State::Asking;
                Step::Ask(asked.question(self.memory.work))
            }
            Next::End(end) => {
                let session = &self.session;
                let report = Report {
                    end,
                    messages_sent: session.sent,
                    messages_received: session.received,
                    executed: session.executed,
                    refused: session.refused,
                };
                self.reset();
                Step::Done(report)
            }
        }
    }

    fn conclude(&mut self, next: Result<Next, Error>) -> Step<'_> {
        let next = next.unwrap_or_else(|error| Next::End(End::Failed(error)));
        self.step(next)
    }
}

impl Client<'_> {
    /// Takes a message of the server (see the table above).
    fn take(
        &mut self,
        tree: &mut Tree<'_>,
        got: &Received<'_>,
        now: &Moment,
    ) -> Result<Next, Error> {
        if let Some(error) = self.leaving {
            return Err(error);
        }
        if got.len == 0 {
            return Err(Error::Server(ServerFault::NoAnswer));
        }
        let (digest, encoding) = match self.check(got) {
            Ok(checked) => checked,
            Err(error) => return self.fall_back(tree, now, error),
        };
        // The server's encoding is taken over (bindings chapter 1.3, choice).
        self.encoding = encoding;
        let start = self.kept();
        let end = start.saturating_add(got.len);
        let bytes = self.memory.rx.get(start..end).unwrap_or_default();
        let message = Message::new(bytes, &digest);
        let header = message.header().map_err(Error::Codec)?;
        let session = &mut self.session;
        session.received = session.received.saturating_add(1);
        session.rounds = session.rounds.saturating_add(1);
        if session.rounds > MESSAGES_MAX {
            return Err(Error::Limit(LimitKind::Messages));
        }
        let session_id = Hex::new(session.session_id);
        if !inbound::is_same(header.session_id, session_id.as_bytes()) {
            return Err(Error::Server(ServerFault::SessionId));
        }
        if inbound::is_same(header.msg_id, &session.server_msg_id) {
            session.repeats = session.repeats.saturating_add(1);
            if session.repeats > REPEATS_MAX {
                return Err(Error::Server(ServerFault::Repeats));
            }
            // Executed already: the same answer again (`PRO-C-139`).
            return Ok(Next::Send);
        }
        session.repeats = 0;
        remember(&mut session.server_msg_id, header.msg_id)?;
        inbound::take_over(session, &header)?;
        if let Some(fault) = digest.fault {
            return self.leave(tree, end, &digest, fault.code, ServerFault::Malformed);
        }
        if let Some(code) = inbound::version_fault(&header) {
            return self.leave(tree, end, &digest, code, ServerFault::Version);
        }
        if digest.abort {
            return Ok(Next::End(End::AbortedByServer));
        }
        let own = inbound::own_status(&message, &digest, session)?;
        let verdict = inbound::verdict(tree, session, &header, (bytes, got))?;
        if matches!(verdict, Verdict::Trusted(_)) {
            inbound::keep(tree, session)?;
        }
        match own.map_or(status::OK, |own| own.code) {
            status::UNAUTHORIZED | status::AUTHENTICATION_REQUIRED => {
                let chal = own.and_then(|own| own.chal);
                self.refused(tree, end, &digest, chal, verdict, now)
            }
            status::DTD_VERSION | status::PROTOCOL_VERSION => {
                let error = Error::Server(ServerFault::NoCommonVersion);
                self.fall_back(tree, now, error)
            }
            code if code >= 300 => Err(Error::Server(ServerFault::Refused(code))),
            code => {
                // A sealed message is good for itself only, whatever the server says (`SEC-C-024`).
                let is_sealed = session.client_auth.scheme == Some(Scheme::Mac);
                session.client_auth.done |= code == status::AUTHENTICATED && !is_sealed;
                session.client_auth.retried = false;
                if !session.accepted {
                    session.accepted = true;
                    if let (Verdict::Trusted(_), Some(account)) = (verdict, session.account) {
                        account::keep_version(tree, account, session.version)?;
                    }
                }
                self.reply(tree, end, &digest, verdict, now)
            }
        }
    }

    /// The check pass over what was received.
    fn check(&self, got: &Received<'_>) -> Result<(Digest, Encoding), Error> {
        let start = self.kept();
        let end = start.saturating_add(got.len);
        let bytes = self.memory.rx.get(start..end).unwrap_or_default();
        let encoding = inbound::encoding_of(got.content_type, bytes)
            .ok_or(Error::Server(ServerFault::ContentType))?;
        let digest = check(bytes, encoding, &Limits::default()).map_err(Error::Codec)?;
        Ok((digest, encoding))
    }

    /// Answers a message whose header is in order.
    fn reply(
        &mut self,
        tree: &mut Tree<'_>,
        end: usize,
        digest: &Digest,
        verdict: Verdict,
        now: &Moment,
    ) -> Result<Next, Error> {
        let start = self.kept();
        let closes = digest.commands == 0 && digest.is_final && self.run.is_none();
        let code = match verdict {
            Verdict::Refused(_) if digest.commands == 0 => {
                // Nothing to refuse, and a bare challenge is not allowed (`SEC-C-017`).
                return Err(Error::Server(ServerFault::NotAuthenticated));
            }
            Verdict::Refused(_) if self.session.server_auth.challenges >= CHALLENGES_MAX => {
                return Err(Error::Server(ServerFault::NotAuthenticated));
            }
            Verdict::Refused(code) | Verdict::Trusted(code) => code,
        };
        if closes {
            return Ok(Next::End(End::Closed));
        }
        if start > 0 && matches!(verdict, Verdict::Refused(_)) {
            // Answers to the message before are not for a server that proves to be another now.
            return Err(Error::Server(ServerFault::NotAuthenticated));
        }
        let chal = self.challenge(tree, verdict, now)?;
        let max = self.max_msg_size_u32();
        self.session.msg_id = self.session.msg_id.saturating_add(1);
        let Memory { rx, tx, work } = &mut self.memory;
        let bytes = rx.get(start..end).unwrap_or_default();
        let header = Message::new(bytes, digest).header().map_err(Error::Codec)?;
        let mut out = Outbound::new(tx, self.encoding, &self.session);
        self.tx_body = package1::begin_message(&mut out, tree, &mut self.session, max)?;
        out.hdr_status(&header, code, chal.as_ref().map(Challenge::meta), &[]);
        if !out.fits() {
            return Err(Error::Server(ServerFault::MaxMsgSize));
        }
        let refuse = match verdict {
            Verdict::Refused(code) => Some(code),
            Verdict::Trusted(_) => None,
        };
        let msg_id = &self.session.server_msg_id.clone();
        let got_len = end.saturating_sub(start);
        if start == 0 {
            self.run = Some(Run::new(end, *digest, msg_id, refuse));
            let mark = out.mark();
            return self.go_on(tree, mark, None);
        }
        // Answers to an earlier message are still on their way: this one may only ask for them.
        if let Some(run) = self.run.as_mut().filter(|run| run.is_in_value())
            && inbound::declines_value(&Message::new(bytes, digest))?
        {
            run.drop_value();
        }
        let mut aside = Run::new_aside(got_len, *digest, msg_id);
        let mut cx = Context {
            tree,
            out: &mut out,
            work,
            session: &mut self.session,
            incoming: &mut self.incoming,
            user: User::default(),
        };
        if aside.run(bytes, &mut cx)? != Ran::Finished {
            return Err(Error::Limit(LimitKind::NextMessage));
        }
        out.forget_answers();
        let mark = out.mark();
        self.go_on(tree, mark, None)
    }

    /// Walks on in the kept message and ends the message being composed.
    fn go_on(
        &mut self,
        tree: &mut Tree<'_>,
        mark: OutMark,
        answer: Option<Answer<'_>>,
    ) -> Result<Next, Error> {
        let Some(mut run) = self.run.take() else {
            return Err(Error::Misuse(Misuse::WrongCall));
        };
        let Memory { rx, tx, work } = &mut self.memory;
        let mut out = Outbound::resume(tx, self.encoding, &self.session, mark);
        let bytes = rx.get(..run.len).unwrap_or_default();
        let mut cx = Context {
            tree,
            out: &mut out,
            work,
            session: &mut self.session,
            incoming: &mut self.incoming,
            user: User {
                is_there: self.has_user,
                asked: self.asked.take(),
                answer,
            },
        };
        let mut ran = run.run(bytes, &mut cx)?;
        let asked = cx.user.asked;
        // A package that ends inside an object never brings the rest of it.
        if ran == Ran::Finished && run.digest.is_final && !cx.interrupt() {
            ran = Ran::Full;
        }
        let ending = match ran {
            Ran::NotYet | Ran::Ask => {
                self.paused = Some(out.mark());
                self.run = Some(run);
                self.asked = asked;
                return Ok(asked.map_or(Next::Wait, Next::Ask));
            }
            Ran::Full => Ending::More,
            Ran::Finished if run.digest.is_final => Ending::Final,
            Ran::Finished => Ending::AskForMore,
        };
        if ran == Ran::Full {
            self.run = Some(run);
        }
        self.paused = None;
        let finished = out.finish(ending);
        self.finish(finished, Error::Server(ServerFault::MaxMsgSize))
    }

    /// A Status for the server's header, Alert 1223 and Final; the session ends when that is sent.
    fn leave(
        &mut self,
        tree: &mut Tree<'_>,
        end: usize,
        digest: &Digest,
        code: u16,
        why: ServerFault,
    ) -> Result<Next, Error> {
        let start = self.kept();
        let max = self.max_msg_size_u32();
        self.session.msg_id = self.session.msg_id.saturating_add(1);
        let bytes = self.memory.rx.get(start..end).unwrap_or_default();
        let header = Message::new(bytes, digest).header().map_err(Error::Codec)?;
        let mut out = Outbound::new(self.memory.tx, self.encoding, &self.session);
        self.tx_body = package1::begin_message(&mut out, tree, &mut self.session, max)?;
        let versions = match code {
            status::DTD_VERSION => &["1.2"][..],
            status::PROTOCOL_VERSION => &VER_PROTOS,
            _ => &[],
        };
        out.hdr_status(&header, code, None, versions);
        let error = Error::Server(why);
        self.leaving = Some(error);
        let finished = out.finish(Ending::Abort);
        self.finish(finished, error)
    }

    /// The server refused our credentials (security chapter 4.1).
    fn refused(
        &mut self,
        tree: &mut Tree<'_>,
        end: usize,
        digest: &Digest,
        chal: Option<Chal>,
        verdict: Verdict,
        now: &Moment,
    ) -> Result<Next, Error> {
        let refused = Error::Server(ServerFault::CredentialsRefused);
        let unsupported = Error::Server(ServerFault::UnsupportedScheme);
        let session = &mut self.session;
        let scheme = chal.ok_or(refused)?.scheme.ok_or(unsupported)?;
        let auth = &mut session.client_auth;
        let same = auth.sent && auth.scheme == Some(scheme);
        // Once accepted, the type of the credentials is fixed (`SEC-C-014`).
        if session.accepted && auth.scheme != Some(scheme) {
            return Err(unsupported);
        }
        // Basic has no nonce that could have been stale; the same credentials would be refused again.
        if same && (auth.retried || scheme == Scheme::Basic) {
            return Err(refused);
        }
        auth.retried = same || session.accepted;
        auth.done = false;
        auth.scheme = Some(scheme);
        let account = session.account.ok_or(unsupported)?;
        let known = &mut auth.proof;
        if account::proof(tree, account, Level::Client, Some(scheme), known)?.is_none() {
            return Err(unsupported);
        }
        if session.accepted {
            return self.repeat(tree, end, digest, verdict);
        }
        if session.package1 >= PACKAGE1_MAX {
            return Err(refused);
        }
        // A pure refusal needs no proof of the server; commands in it are not executed.
        let pure = digest.commands == 0;
        let code = match verdict {
            Verdict::Refused(_) if pure => status::OK,
            Verdict::Refused(code) | Verdict::Trusted(code) => code,
        };
        let chal = if pure && matches!(verdict, Verdict::Refused(_)) {
            None
        } else {
            self.challenge(tree, verdict, now)?
        };
        self.run = None;
        let answer = Answering {
            end,
            digest,
            code,
            chal,
        };
        self.package1(tree, Some(&answer))
    }

    /// Composes package 1; `answer` when it is a repetition after a challenge (`SEC-C-010`).
    fn package1(
        &mut self,
        tree: &mut Tree<'_>,
        answer: Option<&Answering<'_>>,
    ) -> Result<Next, Error> {
        let max = self.max_msg_size_u32();
        let session = &mut self.session;
        session.msg_id = session.msg_id.saturating_add(1);
        session.package1 = session.package1.saturating_add(1);
        let Memory { rx, tx, work } = &mut self.memory;
        let mut out = Outbound::new(tx, self.encoding, session);
        self.tx_body = package1::begin_message(&mut out, tree, session, max)?;
        if let Some(answer) = answer {
            let bytes = rx.get(..answer.end).unwrap_or_default();
            let message = Message::new(bytes, answer.digest);
            let header = message.header().map_err(Error::Codec)?;
            let chal = answer.chal.as_ref().map(Challenge::meta);
            out.hdr_status(&header, answer.code, chal, &[]);
            let msg_id = session.server_msg_id.clone();
            let code = match answer.code {
                code if status::is_success(code) => status::CANCELLED,
                code => code,
            };
            let mut run = Run::new(answer.end, *answer.digest, &msg_id, Some(code));
            let mut cx = Context {
                tree,
                out: &mut out,
                work,
                session,
                incoming: &mut self.incoming,
                user: User::default(),
            };
            if run.run(bytes, &mut cx)? != Ran::Finished {
                return Err(Error::Server(ServerFault::MaxMsgSize));
            }
        }
        package1::body(&mut out, tree, session)?;
        let needed = out.writer.position().saturating_add(Outbound::TAIL_MAX);
        let needed = u32::try_from(needed).unwrap_or(u32::MAX);
        let finished = out.finish(Ending::Final);
        self.finish(finished, Error::Misuse(Misuse::TxTooSmall(needed)))
    }

    /// Sends the refused message once more, with new credentials and a Status for the refusal (`PRO-C-021`).
    fn repeat(
        &mut self,
        tree: &mut Tree<'_>,
        end: usize,
        digest: &Digest,
        verdict: Verdict,
    ) -> Result<Next, Error> {
        // A refusal holds nothing but Status commands (security chapter 4).
        if digest.commands > 0 {
            return Err(Error::Server(ServerFault::CredentialsRefused));
        }
        let too_small = Error::Server(ServerFault::MaxMsgSize);
        let start = self.kept();
        let max = self.max_msg_size_u32();
        let session = &mut self.session;
        session.msg_id = session.msg_id.saturating_add(1);
        let Memory { rx, tx, .. } = &mut self.memory;
        let bytes = rx.get(start..end).unwrap_or_default();
        let header = Message::new(bytes, digest).header().map_err(Error::Codec)?;
        let code = match verdict {
            Verdict::Trusted(code) => code,
            Verdict::Refused(_) => status::OK,
        };
        // The new beginning is measured, the old content moved behind it, then the beginning is written. The Status
        // takes the CmdID after those of the content.
        let mut beginning = Outbound::counting(self.encoding, self.next_cmd_id);
        package1::begin_message(&mut beginning, tree, session, max)?;
        beginning.hdr_status(&header, code, None, &[]);
        let to = beginning.writer.position();
        let len = self.tx_len.saturating_sub(self.tx_body);
        let total = to.saturating_add(len);
        if total > outbound::limit(tx.len(), session) {
            return Err(too_small);
        }
        shift(tx, self.tx_body, to, len);
        let mut out = Outbound::beginning(tx, self.encoding, to, self.next_cmd_id);
        self.tx_body = package1::begin_message(&mut out, tree, session, max)?;
        out.hdr_status(&header, code, None, &[]);
        if !out.fits() {
            return Err(too_small);
        }
        let finished = Finished {
            len: total,
            next_cmd_id: self.next_cmd_id.saturating_add(1),
        };
        self.finish(Some(finished), too_small)
    }

    /// Starts again with the older version, once, when the first exchange failed; else the session ends with `error`.
    fn fall_back(
        &mut self,
        tree: &mut Tree<'_>,
        now: &Moment,
        error: Error,
    ) -> Result<Next, Error> {
        let session = &mut self.session;
        if !(session.may_fall_back && session.is_first_exchange()) {
            return Err(error);
        }
        let account = session.account.ok_or(error)?;
        session.may_fall_back = false;
        session.version = Version::V1_2;
        // A new session: MsgID 1 again and a fresh SessionID, but a notified one stays (protocol chapter 2.2).
        if !session.notified {
            session.session_id = account::next_session_id(tree, account, &now.random)?;
        }
        session.msg_id = 0;
        session.package1 = 0;
        session.server_msg_id.clear();
        session.server_max_msg_size = 0;
        self.run = None;
        self.package1(tree, None)
    }

    /// What goes with our Status for the server's header: a challenge, or the nonce of the next session.
    fn challenge(
        &mut self,
        tree: &mut Tree<'_>,
        verdict: Verdict,
        now: &Moment,
    ) -> Result<Option<Challenge>, Error> {
        let auth = &mut self.session.server_auth;
        match verdict {
            // With 212 the nonce is for the next session, with a seal for the next message (`SEC-C-024`, `SEC-C-025`).
            Verdict::Trusted(code)
                if (auth.scheme == Some(Scheme::Md5) && code == status::AUTHENTICATED)
                    || auth.scheme == Some(Scheme::Mac) =>
            {
                auth.issued = Some(now.random);
                auth.keep_issued = true;
                Ok(auth
                    .scheme
                    .map(|scheme| Challenge::new(scheme, &now.random)))
            }
            Verdict::Trusted(_) => Ok(None),
            Verdict::Refused(_) => {
                auth.challenges = auth.challenges.saturating_add(1);
                auth.issued = Some(now.random);
                auth.keep_issued = false;
                let scheme = inbound::wanted_scheme(tree, &self.session)?
                    .ok_or(Error::Server(ServerFault::NotAuthenticated))?;
                Ok(Some(Challenge::new(scheme, &now.random)))
            }
        }
    }

    /// Takes over the length of a message that is complete; `too_small` when it did not fit.
    fn finish(&mut self, finished: Option<Finished>, too_small: Error) -> Result<Next, Error> {
        let finished = finished.ok_or(too_small)?;
        self.tx_len = finished.len;
        self.next_cmd_id = finished.next_cmd_id;
        self.seal();
        Ok(Next::Send)
    }

    /// Makes the `x-syncml-hmac` header of the message in `tx`, when it has to have one.
    fn seal(&mut self) {
        let auth = &mut self.session.client_auth;
        auth.seal.clear();
        let (Some(Scheme::Mac), true, Some(proof)) = (auth.scheme, auth.sent, &auth.proof) else {
            return;
        };
        let nonce = if auth.has_nonce {
            &auth.nonce
        } else {
            &proof.nonce
        };
        let body = self.memory.tx.get(..self.tx_len).unwrap_or_default();
        auth::mac::seal(&proof.who, nonce, body, &mut auth.seal);
    }

    fn max_msg_size_u32(&self) -> u32 {
        u32::try_from(self.max_msg_size()).unwrap_or(u32::MAX)
    }
}

/// The `x-syncml-hmac` header of the last message.
fn hmac(session: &Session) -> Option<&str> {
    Some(session.client_auth.seal.as_str()).filter(|seal| !seal.is_empty())
}

/// A refusal of our credentials that package 1 answers.
struct Answering<'d> {
    end: usize,
    digest: &'d Digest,
    code: u16,
    chal: Option<Challenge>,
}

/// The Chal of our Status for the server's header.
struct Challenge {
    scheme: Scheme,
    nonce: [u8; 24],
}

impl Challenge {
    fn new(scheme: Scheme, nonce: &[u8; 16]) -> Self {
        let mut text = [0; 24];
        // 16 octets are 24 characters.
        let _ = Base64::encode(nonce, &mut text);
        Self {
            scheme,
            nonce: text,
        }
    }

    /// Type, Format b64 and, where the scheme has one, the nonce (`SEC-C-049`).
    fn meta(&self) -> Meta<'_> {
        let nonce = self
            .scheme
            .has_nonce()
            .then(|| Text::from_bytes(&self.nonce));
        Meta {
            format: Some(Text::from("b64")),
            mime: Some(Text::from(self.scheme.type_name())),
            next_nonce: nonce,
            ..Meta::default()
        }
    }
}

/// What is spoken here, for the Items of Status 513.
#[cfg(feature = "profile13")]
const VER_PROTOS: [&str; 2] = [Version::V1_3.ver_proto(), Version::V1_2.ver_proto()];
/// What is spoken here, for the Items of Status 513.
#[cfg(not(feature = "profile13"))]
const VER_PROTOS: [&str; 1] = [Version::V1_2.ver_proto()];

/// Copies a MsgID, which later Statuses refer to.
fn remember(
    known: &mut Vec<u8, { crate::session::MSG_ID_MAX }>,
    text: Text<'_>,
) -> Result<(), Error> {
    let mut buf = [0; crate::session::MSG_ID_MAX];
    let too_long = Error::Limit(LimitKind::TextTooLong);
    let text = text.trimmed().flatten(&mut buf).ok_or(too_long)?;
    known.clear();
    known.extend_from_slice(text).map_err(|_| too_long)
}

/// Moves `len` octets of `buf` from one place to another; the two may overlap.
fn shift(buf: &mut [u8], from: usize, to: usize, len: usize) {
    for step in 0..len {
        let at = if to > from {
            len.saturating_sub(step).saturating_sub(1)
        } else {
            step
        };
        let octet = buf
            .get(from.saturating_add(at))
            .copied()
            .unwrap_or_default();
        if let Some(place) = buf.get_mut(to.saturating_add(at)) {
            *place = octet;
        }
    }
}
