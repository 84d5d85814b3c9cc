//! What the client says in answer to a message, and how each kind of message is put together.

use dm_tree::Tree;
use dm_wbxml::Digest;

use crate::account::{self, Level};
use crate::ask::Answer;
use crate::auth::{self, Scheme};
use crate::client::{Client, Memory, Next};
use crate::error::{Code, Error, Failure, LimitKind, Misuse, ServerFault};
use crate::inbound::{self, Verdict};
use crate::outbound::{Ending, OutMark, Outbound};
use crate::package1;
use crate::run::{Context, Ran, Run, User};
use crate::status;
use crate::step::{End, Moment};

/// The message that is answered, and what its header is answered with.
pub(crate) struct Answering<'d> {
    /// Octets of the message.
    len: usize,
    digest: &'d Digest,
    /// Code of the Status for its SyncHdr.
    code: u16,
    /// The scheme of the challenge that goes with it, or of the nonce of the next session.
    chal: Option<Scheme>,
}

impl<'d> Answering<'d> {
    pub(crate) const fn new(
        len: usize,
        digest: &'d Digest,
        code: u16,
        chal: Option<Scheme>,
    ) -> Self {
        Self {
            len,
            digest,
            code,
            chal,
        }
    }
}

impl Client<'_> {
    /// Begins a message: its header and, when it is an answer, the Status for the server's header.
    fn begin(
        &mut self,
        tree: &mut Tree<'_>,
        answering: Option<&Answering<'_>>,
    ) -> Result<(), Error> {
        self.next_msg_id()?;
        self.out = OutMark::default();
        self.head(tree, answering, None)
    }

    /// As [`Self::begin`], in front of so many octets of content that is there already. A frame of its own: headers are large.
    #[inline(never)]
    fn head(
        &mut self,
        tree: &mut Tree<'_>,
        answering: Option<&Answering<'_>>,
        content: Option<usize>,
    ) -> Result<(), Error> {
        let start = self.kept();
        let max = self.max_msg_size();
        let Memory { rx, tx, .. } = &mut self.memory;
        let mut out = Outbound::resume(tx, self.encoding, &self.session, &self.out);
        if let Some(content) = content {
            out.keep_free(content);
        }
        package1::begin_message(&mut out, tree, &mut self.session, max)?;
        self.tx_body = out.writer.position();
        if let Some(answering) = answering {
            let mut header = inbound::no_header();
            inbound::message(rx, start, answering.len, answering.digest)
                .header_into(&mut header)?;
            out.hdr_status(&header, answering.code, answering.chal, &self.session);
        }
        self.tx_answers = out.writer.position();
        self.out = out.mark();
        Ok(())
    }

    /// MsgIDs are unique in a session (`PRO-C-008`), which ends before they run out.
    fn next_msg_id(&mut self) -> Result<(), Error> {
        let next = self.session.msg_id.checked_add(1);
        self.session.msg_id = next.ok_or(Error::Limit(LimitKind::Messages))?;
        Ok(())
    }

    /// Answers the commands of a message; with `refuse` by that code for each of them.
    pub(crate) fn reply(
        &mut self,
        tree: &mut Tree<'_>,
        answering: &Answering<'_>,
        refuse: Option<u16>,
    ) -> Result<Next, End> {
        self.begin(tree, Some(answering))?;
        if !self.out.fits() {
            return Err(Error::Server(ServerFault::MaxMsgSize).into());
        }
        if self.run.is_some() {
            self.aside(tree, answering)?;
        } else {
            self.keep(answering, refuse);
        }
        Ok(Next::Walk)
    }

    /// Keeps the message until its commands are answered. A frame of its own: what is kept is large.
    #[inline(never)]
    fn keep(&mut self, answering: &Answering<'_>, refuse: Option<u16>) {
        let msg_id = &self.session.server_msg_id;
        let run = Run::new(answering.len, answering.digest, msg_id, refuse);
        self.run = Some(run);
    }

    /// A message that came while answers to an earlier one are still on their way: it may only ask for them.
    #[inline(never)]
    fn aside(&mut self, tree: &mut Tree<'_>, answering: &Answering<'_>) -> Result<(), Error> {
        let start = self.kept();
        if cfg!(any(feature = "large-object", feature = "list"))
            && let Some(run) = self.run.as_mut().filter(|run| run.is_in_value())
            && inbound::declines_value(&inbound::message(
                self.memory.rx,
                start,
                answering.len,
                answering.digest,
            ))?
        {
            run.drop_value();
            tree.let_go();
        }
        let too_much = Error::Limit(LimitKind::NextMessage);
        self.answer_at_once(tree, answering, None, too_much)?;
        self.out.refresh();
        Ok(())
    }

    /// Answers every command of a message, in this message or not at all: with the code `refuse`, and without one as those of a
    /// message that came aside.
    #[inline(never)]
    fn answer_at_once(
        &mut self,
        tree: &mut Tree<'_>,
        answering: &Answering<'_>,
        refuse: Option<u16>,
        too_much: Error,
    ) -> Result<(), Error> {
        let start = self.kept();
        let kept = self.run.take();
        self.keep(answering, refuse);
        if let (Some(run), None) = (&mut self.run, refuse) {
            run.set_aside();
        }
        let ran = self.walk(tree, start, None);
        self.run = kept;
        match ran? {
            Ran::Finished => Ok(()),
            _ => Err(too_much),
        }
    }

    /// Walks on in the message of [`Self::run`], which begins at `start` in the receive buffer.
    #[inline(never)]
    fn walk(
        &mut self,
        tree: &mut Tree<'_>,
        start: usize,
        answer: Option<Answer<'_>>,
    ) -> Result<Ran, Error> {
        let Some(run) = &mut self.run else {
            return Err(Error::Misuse(Misuse::WrongCall));
        };
        let Memory { rx, tx, work } = &mut self.memory;
        let bytes = inbound::bytes(rx, start, run.len);
        let mut out = Outbound::resume(tx, self.encoding, &self.session, &self.out);
        let mut cx = Context {
            msg_ref: &run.msg_id,
            tree,
            out: &mut out,
            work,
            session: &mut self.session,
            incoming: &mut self.incoming,
            #[cfg(feature = "events")]
            outbox: &mut self.outbox,
            #[cfg(feature = "reasons")]
            refusals: &mut self.refusals,
            user: User {
                is_there: cfg!(feature = "ui") && self.has_user,
                asked: &mut self.asked,
                answer,
            },
            fault: None,
        };
        let mut ran = run.walk.run(bytes, &run.document, &mut cx);
        if let Some(error) = cx.fault {
            return Err(error);
        }
        if run.refuses() {
            // Who is not believed brings no objects, and is told nothing of one (`SEC-C-015`).
            cx.incoming.clear();
        }
        // A package that ends inside an object never brings the rest of it.
        if ran == Ran::Finished && run.is_final && !cx.interrupt() {
            ran = Ran::Full;
        }
        self.out = out.mark();
        Ok(ran)
    }

    /// Walks on in the kept message and ends the message being composed.
    pub(crate) fn go_on(
        &mut self,
        tree: &mut Tree<'_>,
        answer: Option<Answer<'_>>,
    ) -> Result<Next, End> {
        let ran = self.walk(tree, 0, answer)?;
        self.paused = matches!(ran, Ran::NotYet | Ran::Ask | Ran::Rewind | Ran::Failed);
        if self.paused {
            return Ok(match self.asked {
                None => Next::Wait,
                Some(_) => Next::Ask,
            });
        }
        let session = &mut self.session;
        let run = self.run.as_ref();
        let refuses = run.is_some_and(Run::refuses);
        let is_last = run.is_some_and(|run| run.is_final) || session.is_open;
        let mut all_told = true;
        // What waits to be told goes behind all answers (protocol chapter 3.3).
        if cfg!(feature = "events") && ran == Ran::Finished && is_last && !refuses {
            let Memory { tx, work, .. } = &mut self.memory;
            let mut out = Outbound::resume(tx, self.encoding, session, &self.out);
            all_told = self.outbox.post(&mut out, tree, session, work, false)?;
            self.out = out.mark();
        }
        let ending = match ran {
            Ran::Finished if !all_told => Ending::More,
            Ran::Finished if is_last => Ending::Final,
            Ran::Finished if !refuses => Ending::AskForMore,
            _ => Ending::More,
        };
        if ran == Ran::Finished {
            self.run = None;
            session.is_open = !all_told;
        }
        session.owes_final = ending == Ending::AskForMore;
        self.end(ending, Error::Server(ServerFault::MaxMsgSize))
    }

    /// A Status for the server's header, Alert 1223 and Final; the session ends when that is sent.
    pub(crate) fn leave(
        &mut self,
        tree: &mut Tree<'_>,
        answering: &Answering<'_>,
        error: Error,
    ) -> Result<Next, End> {
        self.begin(tree, Some(answering))?;
        self.end(Ending::Abort, error)
    }

    /// Ends the message with Alert 1223; what was executed keeps its answers (`PRO-C-131`), but nothing of an
    /// Atomic that was under way.
    pub(crate) fn break_off(&mut self, tree: &mut Tree<'_>) -> Result<Next, End> {
        let Memory { tx, .. } = &mut self.memory;
        let mut out = Outbound::resume(tx, self.encoding, &self.session, &self.out);
        if let Some(run) = &mut self.run {
            run.walk.break_off(tree, &mut out);
        }
        self.out = out.mark();
        self.run = None;
        self.paused = false;
        self.asked = None;
        self.end(Ending::Abort, Error::Transport(Failure::Cancelled))
    }

    /// Composes package 1; `answering` when it is a repetition after a challenge (`SEC-C-010`).
    pub(crate) fn package1(
        &mut self,
        tree: &mut Tree<'_>,
        answering: Option<&Answering<'_>>,
    ) -> Result<Next, End> {
        self.session.package1 = self.session.package1.saturating_add(1);
        self.begin(tree, answering)?;
        if let Some(answering) = answering.filter(|answering| answering.digest.commands > 0) {
            // They are not executed.
            let code = match answering.code {
                code if status::is_success(code) => status::CANCELLED,
                code => code,
            };
            let too_much = Error::Server(ServerFault::MaxMsgSize);
            self.answer_at_once(tree, answering, Some(code), too_much)?;
        }
        let Memory { tx, work, .. } = &mut self.memory;
        let mut out = Outbound::resume(tx, self.encoding, &self.session, &self.out);
        package1::body(&mut out, tree, &self.session)?;
        let needed = out.writer.position().saturating_add(Outbound::TAIL_MAX);
        let needed = u16::try_from(needed).unwrap_or(u16::MAX);
        // What went out before was refused with the message it stood in.
        self.outbox.forget_posted();
        let all_told = !out.fits()
            || self
                .outbox
                .post(&mut out, tree, &self.session, work, true)?;
        self.session.is_open = !all_told;
        self.out = out.mark();
        let ending = match all_told {
            true => Ending::Final,
            false => Ending::More,
        };
        let too_small = match self.session.server_max_msg_size {
            0 => Error::Misuse(Misuse::TxTooSmall(Code(needed))),
            _ => Error::Server(ServerFault::MaxMsgSize),
        };
        self.end(ending, too_small)
    }

    /// Sends the refused message once more, with new credentials and a Status for the refusal (`PRO-C-021`).
    pub(crate) fn repeat(
        &mut self,
        tree: &mut Tree<'_>,
        answering: &Answering<'_>,
    ) -> Result<Next, End> {
        // A refusal holds nothing but Status commands (security chapter 4).
        if answering.digest.commands > 0 {
            return Err(Error::Server(ServerFault::CredentialsRefused).into());
        }
        let refused = self.session.msg_id;
        self.next_msg_id()?;
        self.outbox.renumber(refused, self.session.msg_id);
        // The content goes to the end of `tx`, and back behind the new beginning. The Status in that takes the CmdID after
        // those of the content.
        let (end, space) = (self.tx_len, self.memory.tx.len());
        let whole = end.saturating_sub(self.tx_body);
        shift(
            self.memory.tx,
            self.tx_body,
            space.saturating_sub(whole),
            whole,
        );
        let start = self.out.start_behind();
        // A full message has no room for one Status more: that for the header of before gives way, for nobody needs it but to
        // know that the message came.
        for from in [self.tx_body, self.tx_answers] {
            let content = end.saturating_sub(from);
            self.out = start;
            self.head(tree, Some(answering), Some(content))?;
            if self.out.fits() {
                let to = self.tx_answers;
                shift(self.memory.tx, space.saturating_sub(content), to, content);
                return self.complete(to.saturating_add(content));
            }
        }
        Err(Error::Server(ServerFault::MaxMsgSize).into())
    }

    /// What goes with our Status for the server's header: a challenge, or the nonce of the next session.
    pub(crate) fn challenge(
        &mut self,
        tree: &mut Tree<'_>,
        verdict: Verdict,
        now: &Moment,
    ) -> Result<Option<Scheme>, Error> {
        let session = &mut self.session;
        let wanted = session.wanted_scheme();
        let auth = &mut session.server_auth;
        let scheme = if verdict.is_trusted() {
            auth.scheme.filter(|_| auth.renew)
        } else {
            auth.challenges = auth.challenges.saturating_add(1);
            Some(wanted.ok_or(Error::Server(ServerFault::NotAuthenticated))?)
        };
        if scheme.is_some() {
            auth.issue(&now.random);
            // With 212 the nonce is for the next session, with 200 for the next message (`SEC-C-024`, `SEC-C-025`).
            auth.keep_issued = verdict == Verdict::Proved;
            if verdict == Verdict::Trusted {
                // At once: such a message shall not be believed a second time, in another session either.
                account::keep_nonce(tree, session, Level::Server)?;
            }
        }
        Ok(scheme)
    }

    /// Ends the message; `too_small` when it does not fit. With Alert 1223 that is also what the session ends
    /// with.
    #[inline(never)]
    fn end(&mut self, ending: Ending, too_small: Error) -> Result<Next, End> {
        let Memory { tx, .. } = &mut self.memory;
        let mut out = Outbound::resume(tx, self.encoding, &self.session, &self.out);
        out.finish(ending);
        self.out = out.mark();
        if !self.out.fits() {
            return Err(too_small.into());
        }
        if ending == Ending::Abort {
            self.leaving = Some(too_small);
        }
        self.complete(self.out.position())
    }

    /// Takes over a message of `len` octets.
    fn complete(&mut self, len: usize) -> Result<Next, End> {
        self.tx_len = len;
        self.seal()?;
        Ok(Next::Send)
    }

    /// Makes the `x-syncml-hmac` header of the message in `tx`, when it has to have one.
    fn seal(&mut self) -> Result<(), Error> {
        let auth = &mut self.session.client_auth;
        auth.seal.clear();
        let (true, Some(hash)) = (auth.sent, auth.proof.seal) else {
            return Ok(());
        };
        if !auth.scheme.is_some_and(Scheme::is_seal) {
            return Ok(());
        }
        if auth.nonce_used {
            return Err(Error::Server(ServerFault::NoNonce));
        }
        auth.nonce_used = true;
        let body = self.memory.tx.get(..self.tx_len).unwrap_or_default();
        let mut seal = core::mem::take(&mut auth.seal);
        auth::mac::seal(hash, &auth.proof.who, &auth.proof.nonce, body, &mut seal);
        auth.seal = seal;
        Ok(())
    }
}

/// Moves `len` octets of `buf` from one place to another; the two may overlap.
#[inline(never)]
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
