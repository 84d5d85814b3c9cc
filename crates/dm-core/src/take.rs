//! A message of the server: what it is, and what it calls for.

use dm_tree::Tree;
use dm_wbxml::{Digest, Encoding, ErrorKind, Hex, Limits, Message, Text, check};

use crate::account::{self, Level};
use crate::auth::{Scheme, put};
use crate::client::{Client, Next};
use crate::compose::Answering;
use crate::error::{Code, Error, LimitKind, ServerFault};
use crate::inbound::{self, OwnStatus, Verdict};
use crate::policy::Passwords;
use crate::session::{CHALLENGES_MAX, MSG_ID_MAX, MsgId, PACKAGE1_MAX, REPEATS_MAX, Version};
use crate::status;
use crate::step::{End, Moment, Received};
use crate::tell::Shown;

/// What is to be done about a message.
enum Sort {
    /// It is the message before, come again.
    Repeat,
    /// The session cannot go on: [`Seen::fault`] tells why.
    Fault,
    /// It may be answered.
    Message,
}

/// What the header and the Statuses of a message say.
struct Seen {
    own: OwnStatus,
    verdict: Verdict,
    /// Why the session cannot go on, and the code of the Status that says so.
    fault: (u16, Error),
}

const MALFORMED: Error = Error::Server(ServerFault::Malformed);

impl Client<'_> {
    /// Takes a message of the server (see the table in `client.rs`).
    #[inline(never)]
    pub(crate) fn take(
        &mut self,
        tree: &mut Tree<'_>,
        got: &Received<'_>,
        now: &Moment,
    ) -> Result<Next, End> {
        if let Some(error) = self.leaving {
            return Err(error.into());
        }
        if got.len == 0 {
            return Err(Error::Server(ServerFault::NoAnswer).into());
        }
        let (digest, encoding) = match self.check(got) {
            Ok(checked) => checked,
            Err(error) => return self.fall_back(tree, now, error),
        };
        let mut seen = Seen {
            own: OwnStatus::NONE,
            verdict: Verdict::Missing,
            fault: (status::BAD_REQUEST, MALFORMED),
        };
        match self.inspect(tree, got, &digest, &mut seen)? {
            Sort::Message => {}
            Sort::Repeat => return Ok(Next::Send),
            Sort::Fault => {
                let (code, fault) = seen.fault;
                self.encoding = encoding;
                let answering = Answering::new(got.len, &digest, code, None);
                return self.leave(tree, &answering, fault);
            }
        }
        let Seen { own, verdict, .. } = seen;
        if !verdict.is_trusted() {
            tell!(
                warn,
                "the server {} is not proved by its message: {}",
                Shown(&self.session.server_id),
                verdict.code()
            );
        } else {
            self.session.uri_is_proven = true;
            inbound::keep(tree, &mut self.session)?;
            let message = inbound::message(self.memory.rx, self.kept(), got.len, &digest);
            self.outbox.settle(tree, &message, &digest)?;
        }
        self.session.client_auth.keep_nonce = false;
        let is_refusal = matches!(
            own.code,
            status::UNAUTHORIZED | status::AUTHENTICATION_REQUIRED
        );
        if !(is_refusal && self.session.accepted) {
            // The server's encoding is taken over (bindings chapter 1.3, choice), but a refused message goes out again as
            // it is.
            self.encoding = encoding;
        }
        match own.code {
            _ if is_refusal => self.refused(tree, got, &digest, own, verdict, now),
            status::DTD_VERSION | status::PROTOCOL_VERSION => {
                let error = Error::Server(ServerFault::NoCommonVersion);
                self.fall_back(tree, now, error)
            }
            code if code >= 300 => Err(Error::Server(ServerFault::Refused(Code(code))).into()),
            code => {
                self.accepted(tree, code, verdict)?;
                self.respond(tree, got.len, &digest, verdict, now)
            }
        }
    }

    /// The check pass over what was received.
    fn check(&self, got: &Received<'_>) -> Result<(Digest, Encoding), Error> {
        let bytes = self.received(got.len);
        let limits = Limits {
            commands: self.session.budget.commands,
        };
        let encoding = inbound::encoding_of(got.content_type, bytes)
            .ok_or(Error::Server(ServerFault::ContentType))?;
        let digest = check(bytes, encoding, &limits)?;
        Ok((digest, encoding))
    }

    /// The message received last.
    pub(crate) fn received(&self, len: usize) -> &[u8] {
        inbound::bytes(self.memory.rx, self.kept(), len)
    }

    /// Looks at the header and at the Status for ours. A frame of its own: the header is large.
    #[inline(never)]
    fn inspect(
        &mut self,
        tree: &mut Tree<'_>,
        got: &Received<'_>,
        digest: &Digest,
        seen: &mut Seen,
    ) -> Result<Sort, End> {
        let bytes = inbound::bytes(self.memory.rx, self.kept(), got.len);
        let message = Message::new(bytes, digest);
        let mut header = inbound::no_header();
        message.header_into(&mut header).map_err(Error::from)?;
        let header = &header;
        let session = &mut self.session;
        session.received = session.received.saturating_add(1);
        session.rounds = session.rounds.saturating_add(1);
        session.retries = 0;
        let octets = u32::try_from(got.len).unwrap_or(u32::MAX);
        session.octets = session.octets.saturating_add(octets);
        let session_id = Hex::new(session.session_id);
        if !inbound::is_same(&header.session_id, session_id.as_bytes()) {
            return Err(Error::Server(ServerFault::SessionId).into());
        }
        if inbound::is_same(&header.msg_id, &session.server_msg_id)
            || inbound::is_older(&header.msg_id, &session.server_msg_id)
        {
            session.repeats = session.repeats.saturating_add(1);
            if session.repeats > REPEATS_MAX {
                return Err(Error::Server(ServerFault::Repeats).into());
            }
            // Executed already: the same answer again (`PRO-C-139`).
            return Ok(Sort::Repeat);
        }
        session.repeats = 0;
        if header.msg_id.is_empty() {
            // It could not be told from its repetition.
            return Ok(Sort::Fault);
        }
        remember(&mut session.server_msg_id, &header.msg_id)?;
        inbound::take_over(session, header)?;
        if let Some(fault) = digest.fault {
            let error = match fault.kind {
                ErrorKind::Limit => Error::Limit(LimitKind::Commands),
                _ => MALFORMED,
            };
            seen.fault = (fault.kind.status(), error);
            return Ok(Sort::Fault);
        }
        if let Some(code) = inbound::version_fault(header) {
            seen.fault = (code, Error::Server(ServerFault::Version));
            return Ok(Sort::Fault);
        }
        if digest.abort {
            return Err(End::AbortedByServer);
        }
        let budget = session.budget;
        let limit = match budget.octets {
            _ if session.rounds > budget.messages => Some(LimitKind::Messages),
            1.. if session.octets > budget.octets => Some(LimitKind::Octets),
            _ => None,
        };
        if let Some(limit) = limit {
            seen.fault = (status::FAILED, Error::Limit(limit));
            return Ok(Sort::Fault);
        }
        inbound::own_status(&message, digest, session, &mut seen.own)?;
        seen.verdict = inbound::verdict(tree, session, header, (bytes, got))?;
        Ok(Sort::Message)
    }

    /// The server took our message.
    fn accepted(&mut self, tree: &mut Tree<'_>, code: u16, verdict: Verdict) -> Result<(), Error> {
        let session = &mut self.session;
        // A sealed message is good for itself only, whatever the server says (`SEC-C-024`).
        let is_sealed = session.client_auth.scheme.is_some_and(Scheme::is_seal);
        session.client_auth.done |= code == status::AUTHENTICATED && !is_sealed;
        session.client_auth.retried = false;
        if session.accepted {
            return Ok(());
        }
        session.accepted = true;
        if !verdict.is_trusted() {
            return Ok(());
        }
        let asked = session.client_auth.scheme.filter(|_| session.package1 > 1);
        account::keep_version(tree, session, asked)
    }

    /// Decides how a message is answered whose header is in order.
    fn respond(
        &mut self,
        tree: &mut Tree<'_>,
        len: usize,
        digest: &Digest,
        verdict: Verdict,
        now: &Moment,
    ) -> Result<Next, End> {
        let is_kept = self.run.is_some();
        let is_last = digest.commands == 0 && digest.is_final && !is_kept;
        // What only ends a package that had commands is answered with the end of ours (`PRO-C-010`).
        let is_closing = is_last && !self.session.owes_final;
        // A server that proves itself anew with each message may forget to in the one that only says good-bye.
        let is_known = self.session.server_auth.done && verdict == Verdict::Missing;
        let is_good_bye = is_closing && is_known;
        if !verdict.is_trusted() && !is_good_bye {
            // There is no bare challenge (`SEC-C-017`) and no third one, and answers to the message before are not for a
            // server that proves to be another now.
            let tried = self.session.server_auth.challenges >= CHALLENGES_MAX;
            if digest.commands == 0 || tried || is_kept {
                return Err(Error::Server(ServerFault::NotAuthenticated).into());
            }
        }
        if is_closing {
            return Err(End::Closed);
        }
        let chal = self.challenge(tree, verdict, now)?;
        let answering = Answering::new(len, digest, verdict.code(), chal);
        let refuse = Some(verdict.code()).filter(|_| !verdict.is_trusted());
        self.reply(tree, &answering, refuse)
    }

    /// The server refused our credentials (security chapter 4.1).
    fn refused(
        &mut self,
        tree: &mut Tree<'_>,
        got: &Received<'_>,
        digest: &Digest,
        own: OwnStatus,
        verdict: Verdict,
        now: &Moment,
    ) -> Result<Next, End> {
        tell!(
            warn,
            "the server {} refuses the credentials of this device: {}",
            Shown(&self.session.server_id),
            own.code
        );
        let refused = Error::Server(ServerFault::CredentialsRefused);
        let unsupported = Error::Server(ServerFault::UnsupportedScheme);
        let session = &mut self.session;
        let is_secured = inbound::is_proved_by(session, got.peer);
        let chal = own.chal.ok_or(refused)?;
        let scheme = chal.scheme.ok_or(unsupported)?;
        if session.accepted && !verdict.is_trusted() {
            // The answers in the refused message are not for a server that fails its own proof.
            return Err(Error::Server(ServerFault::NotAuthenticated).into());
        }
        let auth = &mut session.client_auth;
        let same = auth.sent && auth.scheme == Some(scheme);
        // A password takes the place of a digest over secured transports only: anybody else could ask for it.
        let shown = is_secured
            || (session.policy.passwords == Passwords::AsAccount
                && !auth.scheme.is_some_and(Scheme::has_nonce));
        if (scheme == Scheme::Basic && !shown) || !session.policy.allows(scheme) {
            return Err(unsupported.into());
        }
        // Once accepted, the type of the credentials is fixed (`SEC-C-014`).
        if session.accepted && auth.scheme != Some(scheme) {
            return Err(unsupported.into());
        }
        // Basic has no nonce that could have been stale; the same credentials would be refused again.
        if same && (auth.retried || scheme == Scheme::Basic) {
            return Err(refused.into());
        }
        auth.retried = same || session.accepted;
        auth.done = false;
        auth.scheme = Some(scheme);
        if !account::proof(tree, session, Level::Client, Some(scheme))? {
            return Err(unsupported.into());
        }
        // A pure refusal needs no proof of the server; commands in it are not executed.
        let pure = digest.commands == 0;
        let (code, chal) = match verdict.is_trusted() {
            false if pure => (status::OK, None),
            _ => (verdict.code(), self.challenge(tree, verdict, now)?),
        };
        let answering = Answering::new(got.len, digest, code, chal);
        if self.session.accepted {
            return self.repeat(tree, &answering);
        }
        if self.session.package1 >= PACKAGE1_MAX {
            return Err(refused.into());
        }
        self.run = None;
        self.package1(tree, Some(&answering))
    }

    /// Starts again with the older version, once, when the first exchange failed; else the session ends with `error`.
    pub(crate) fn fall_back(
        &mut self,
        tree: &mut Tree<'_>,
        now: &Moment,
        error: Error,
    ) -> Result<Next, End> {
        let session = &mut self.session;
        if !(cfg!(feature = "profile13") && session.may_fall_back && session.is_first_exchange()) {
            return Err(error.into());
        }
        session.may_fall_back = false;
        session.version = Version::V1_2;
        // A new session: MsgID 1 again and a fresh SessionID, but a notified one stays (protocol chapter 2.2).
        if !session.notified {
            session.session_id = account::next_session_id(tree, session, &now.random)?;
        }
        session.msg_id = 0;
        session.package1 = 0;
        session.server_msg_id.clear();
        session.server_max_msg_size = 0;
        session.server_max_obj_size = 0;
        self.run = None;
        self.package1(tree, None)
    }
}

/// Copies a MsgID, which later Statuses refer to.
fn remember(known: &mut MsgId, text: &Text<'_>) -> Result<(), Error> {
    let mut buf = [0; MSG_ID_MAX];
    let too_long = Error::Limit(LimitKind::TextTooLong);
    let text = text.flatten(&mut buf).ok_or(too_long)?;
    put(known, text);
    Ok(())
}
