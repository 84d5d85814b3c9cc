//! The run pass: a checked message is walked again, and each command is parsed when its turn comes.
//!
//! Protocol chapters 4, 6 and 7. Nothing is executed before there is room for its Status, so no answer is ever lost:
//! what does not fit stays in the receive buffer, and the walk goes on in the next message at the same command and Item.

use dm_tree::{Listing, Principal, Progress, Tree};
use dm_wbxml::{Body, Command, Cursor, Digest, Message, Part, Tag, Text, tag};
use heapless::Vec;

use crate::ask::{self, Answer, Asked};
use crate::auth;
use crate::error::Error;
use crate::exec::atomic::{Atomic, Fate};
use crate::exec::{self, Step};
use crate::large::Incoming;
use crate::outbound::{Outbound, Refs};
use crate::session::{MSG_ID_MAX, Session};
use crate::status;

/// A server message whose commands are not all answered yet. It stands at the start of the receive buffer.
pub(crate) struct Run {
    /// Octets of the message.
    pub(crate) len: usize,
    pub(crate) digest: Digest,
    pub(crate) msg_id: Vec<u8, MSG_ID_MAX>,
    /// The part to take next, and how many of its Items are answered.
    at: Cursor,
    item: u32,
    /// Every command is answered.
    finished: bool,
    /// Octets sent of the value of the next Item, when it goes in several messages.
    offset: u32,
    /// The list that the present Get asked for, as far as it is sent.
    listing: Option<Listing>,
    /// Open containers.
    depth: u8,
    /// Commands at this depth and below get one code and are not executed.
    skip: Option<Skip>,
    /// The Atomic that the run is in.
    atomic: Option<Atomic>,
    /// The user broke off inside the Atomic: nothing behind it is executed.
    stop_behind: bool,
    /// Only Alerts are taken; other commands are answered 405.
    aside: bool,
}

#[derive(Clone, Copy)]
struct Skip {
    depth: u8,
    code: u16,
}

/// How far a run came.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Ran {
    /// Every command is answered.
    Finished,
    /// The outgoing message is full.
    Full,
    /// A handler needs time; nothing of its command stands in the outgoing message.
    NotYet,
    /// The user is to be asked.
    Ask,
    /// The Atomic failed; its children are answered anew.
    Rewind,
}

/// The user, as far as a run has to do with one.
#[derive(Default)]
pub(crate) struct User<'a> {
    /// Somebody can be asked.
    pub(crate) is_there: bool,
    /// The question whose texts stand in the work memory.
    pub(crate) asked: Option<Asked>,
    /// The answer to it.
    pub(crate) answer: Option<Answer<'a>>,
}

/// What a run works with.
pub(crate) struct Context<'x, 't, 'b, 'm> {
    pub(crate) tree: &'x mut Tree<'t>,
    pub(crate) out: &'x mut Outbound<'b>,
    pub(crate) work: &'x mut [u8],
    pub(crate) session: &'x mut Session,
    pub(crate) incoming: &'x mut Incoming<'m>,
    pub(crate) user: User<'x>,
}

impl Context<'_, '_, '_, '_> {
    /// Tells with Alert 1225 that the object which was coming in never came to its end, and forgets it (`PRO-C-032`,
    /// `PRO-C-033`). False: there was no room for that.
    pub(crate) fn interrupt(&mut self) -> bool {
        if !self.incoming.is_active() || self.incoming.is_refused() {
            self.incoming.clear();
            return true;
        }
        let mark = self.out.mark();
        let fresh = self.out.is_fresh();
        self.out.alert_about(
            status::alert::NO_END_OF_DATA,
            Text::from_bytes(self.incoming.uri()),
        );
        if !self.out.fits() {
            self.out.roll_back(mark);
            // An empty message that has no room for it never will.
            if !fresh {
                return false;
            }
        }
        self.incoming.clear();
        true
    }

    /// Whether a command may be taken now: it goes on with the object that is coming in, or the alert about that one
    /// found room.
    fn is_free_for(&mut self, tag: Tag, target: Option<Text<'_>>) -> bool {
        self.incoming.is_continued_by(tag, target) || self.interrupt()
    }
}

impl Run {
    /// `refuse`: the code that every command gets instead of being executed.
    pub(crate) fn new(len: usize, digest: Digest, msg_id: &[u8], refuse: Option<u16>) -> Self {
        Self {
            len,
            at: digest.body,
            digest,
            // Longer ones were refused when the header was read.
            msg_id: Vec::from_slice(msg_id).unwrap_or_default(),
            item: 0,
            finished: false,
            offset: 0,
            listing: None,
            depth: 0,
            skip: refuse.map(|code| Skip { depth: 0, code }),
            atomic: None,
            stop_behind: false,
            aside: false,
        }
    }

    /// A message that came while answers to an earlier one are still on their way.
    pub(crate) fn new_aside(len: usize, digest: Digest, msg_id: &[u8]) -> Self {
        Self {
            aside: true,
            ..Self::new(len, digest, msg_id, None)
        }
    }

    /// Walks on until the message is done, the answer is full, or a handler asks for time.
    pub(crate) fn run(
        &mut self,
        bytes: &[u8],
        cx: &mut Context<'_, '_, '_, '_>,
    ) -> Result<Ran, Error> {
        if self.finished {
            return Ok(Ran::Finished);
        }
        let message = Message::new(bytes, &self.digest);
        let mut body = message.body_at(self.at);
        loop {
            let ran = match body.next().map_err(Error::Codec)? {
                Part::Done => {
                    self.finished = true;
                    return Ok(Ran::Finished);
                }
                Part::Status(_) | Part::Final => Ran::Finished,
                Part::Close => self.leave(cx)?,
                Part::Open(command) => {
                    let this = message.body_at(body.part_cursor());
                    self.enter(this, &command, body.cursor(), cx)?
                }
                Part::Command(command) => self.leaf(&mut body, &command, cx)?,
            };
            match (ran, self.atomic) {
                (Ran::Finished, _) => self.item = 0,
                (Ran::Rewind, Some(atomic)) => {
                    self.item = 0;
                    body = message.body_at(atomic.first);
                }
                _ => {
                    self.at = body.part_cursor();
                    return Ok(ran);
                }
            }
        }
    }

    /// Whether no command of the message is executed.
    pub(crate) fn refuses(&self) -> bool {
        self.skip.is_some_and(|skip| {
            skip.depth == 0
                && matches!(
                    skip.code,
                    status::UNAUTHORIZED | status::AUTHENTICATION_REQUIRED
                )
        })
    }

    /// Whether a value is being sent in several messages.
    pub(crate) const fn is_in_value(&self) -> bool {
        self.offset != 0
    }

    /// The server does not want the rest of the value that is being sent (protocol chapter 5.2).
    pub(crate) const fn drop_value(&mut self) {
        self.offset = 0;
        self.listing = None;
        self.item = self.item.saturating_add(1);
    }

    /// The code that commands get here instead of being executed.
    fn skipped(&self) -> Option<u16> {
        self.skip.map(|skip| skip.code)
    }

    /// A container ends; an Atomic is committed.
    #[inline(never)]
    fn leave(&mut self, cx: &mut Context<'_, '_, '_, '_>) -> Result<Ran, Error> {
        if let Some(atomic) = self.atomic.filter(|atomic| atomic.depth == self.depth) {
            if atomic.fate == Fate::Open {
                match cx.tree.commit() {
                    Ok(Progress::NotYet) => return Ok(Ran::NotYet),
                    Ok(_) => {}
                    Err(_) => return Ok(self.undo(Fate::NotCommitted, cx)),
                }
            }
            self.atomic = None;
            if core::mem::take(&mut self.stop_behind) {
                self.skip = Some(Skip {
                    depth: 0,
                    code: status::NOT_EXECUTED,
                });
            }
        }
        if self
            .skip
            .is_some_and(|skip| skip.depth >= self.depth && skip.depth > 0)
        {
            self.skip = None;
        }
        self.depth = self.depth.saturating_sub(1);
        Ok(Ran::Finished)
    }

    /// Atomic or Sequence: its own Status comes before those of its children (protocol chapter 6). `this` begins with it,
    /// `first` is its first child.
    #[inline(never)]
    fn enter(
        &mut self,
        this: Body<'_>,
        command: &Command<'_>,
        first: Cursor,
        cx: &mut Context<'_, '_, '_, '_>,
    ) -> Result<Ran, Error> {
        let nested = self
            .atomic
            .map(|atomic| (atomic.code(command.tag, 0), Some(status::NOT_EXECUTED)));
        let (code, children) = match (self.skipped(), nested) {
            (Some(code), _) => (code, None),
            (_, Some((code, children))) => (code.unwrap_or(status::FAILED), children),
            _ if self.aside => (status::NOT_ALLOWED, Some(status::NOT_ALLOWED)),
            _ if command.tag == tag::SEQUENCE => exec::sequence::begin(self.depth),
            _ => return self.enter_atomic(this, command, first, cx),
        };
        if !self.plain_status(command, code, cx)? {
            return Ok(Ran::Full);
        }
        self.depth = self.depth.saturating_add(1);
        if let Some(code) = children {
            self.skip = Some(Skip {
                depth: self.depth,
                code,
            });
        }
        Ok(Ran::Finished)
    }

    #[inline(never)]
    fn enter_atomic(
        &mut self,
        this: Body<'_>,
        command: &Command<'_>,
        first: Cursor,
        cx: &mut Context<'_, '_, '_, '_>,
    ) -> Result<Ran, Error> {
        if !cx.interrupt() {
            return Ok(Ran::Full);
        }
        let msg_ref = Text::from_bytes(&self.msg_id);
        let survey = exec::atomic::survey(this, cx.out, cx.user.is_there, msg_ref)?;
        let fits = survey.needed <= cx.out.writer.room();
        if !fits && !cx.out.is_fresh() {
            return Ok(Ran::Full);
        }
        let (code, fate) = match (survey.is_legal, fits) {
            (false, _) => (status::ATOMIC_FAILED, Some(Fate::Illegal)),
            // Not even an empty message holds the answers: nothing is executed.
            (true, false) => (status::ATOMIC_TOO_LARGE, None),
            (true, true) => match cx.tree.begin() {
                Ok(()) => (status::OK, Some(Fate::Open)),
                Err(_) => (status::FAILED, None),
            },
        };
        let refs = self.refs(command, None, None);
        let Some(code_at) = exec::status(cx.out, refs, code)? else {
            return Ok(Ran::Full);
        };
        count(cx.session, code);
        self.depth = self.depth.saturating_add(1);
        match fate {
            Some(fate) => {
                self.atomic = Some(Atomic {
                    depth: self.depth,
                    first,
                    code_at,
                    behind: cx.out.mark(),
                    child: 0,
                    executed: 0,
                    fate,
                });
            }
            None => {
                self.skip = Some(Skip {
                    depth: self.depth,
                    code: status::NOT_EXECUTED,
                });
            }
        }
        Ok(Ran::Finished)
    }

    /// Takes back what the Atomic did, and goes back to its first child to answer that nothing of it counts.
    fn undo(&mut self, fate: Fate, cx: &mut Context<'_, '_, '_, '_>) -> Ran {
        let Some(atomic) = &mut self.atomic else {
            return Ran::Finished;
        };
        cx.tree.roll_back();
        cx.out.roll_back(atomic.behind);
        cx.out
            .writer
            .patch_code(atomic.code_at, status::ATOMIC_FAILED);
        // Its own Status and what it executed counted as successes.
        let undone = atomic.executed.saturating_add(1);
        cx.session.executed = cx.session.executed.saturating_sub(undone);
        cx.session.refused = cx.session.refused.saturating_add(1);
        atomic.fate = fate;
        atomic.child = 0;
        Ran::Rewind
    }

    /// A child of the Atomic was answered with `code`. Fails the Atomic when that is no success.
    #[inline(never)]
    fn settle(&mut self, item: u32, code: u16, cx: &mut Context<'_, '_, '_, '_>) -> Ran {
        let Some(atomic) = self.atomic.as_mut().filter(|it| it.fate == Fate::Open) else {
            return Ran::Finished;
        };
        if status::is_success(code) {
            atomic.executed = atomic.executed.saturating_add(1);
            return Ran::Finished;
        }
        // The refused Status was counted, and will be again.
        cx.session.refused = cx.session.refused.saturating_sub(1);
        let child = atomic.child;
        self.undo(Fate::Failed { child, item, code }, cx)
    }

    /// A child of an Atomic that is not executed, or was undone.
    #[inline(never)]
    fn undone(
        &mut self,
        atomic: &Atomic,
        body: &mut Body<'_>,
        command: &Command<'_>,
        cx: &mut Context<'_, '_, '_, '_>,
    ) -> Result<Ran, Error> {
        // Only the command that failed has a code for each Item; the others are undone or passed over as a whole.
        if !atomic.is_failing() || command.tag == tag::ALERT {
            let code = atomic.code(command.tag, 0).unwrap_or(status::FAILED);
            return self.plain_child(command, code, cx);
        }
        let mut index: u32 = 0;
        while let Some(item) = body.item().map_err(Error::Codec)? {
            let code = atomic.code(command.tag, index).unwrap_or(status::FAILED);
            index = index.saturating_add(1);
            if index <= self.item {
                continue;
            }
            let refs = self.refs(command, item.target, item.source);
            if exec::status(cx.out, refs, code)?.is_none() {
                return Ok(Ran::Full);
            }
            count(cx.session, code);
            self.item = index;
        }
        if index == 0 {
            let code = atomic.code(command.tag, 0).unwrap_or(status::FAILED);
            return self.plain_child(command, code, cx);
        }
        self.next_child();
        Ok(Ran::Finished)
    }

    fn next_child(&mut self) {
        if let Some(atomic) = &mut self.atomic {
            atomic.child = atomic.child.saturating_add(1);
        }
    }

    fn leaf(
        &mut self,
        body: &mut Body<'_>,
        command: &Command<'_>,
        cx: &mut Context<'_, '_, '_, '_>,
    ) -> Result<Ran, Error> {
        if let Some(atomic) = self.atomic.filter(|it| it.fate != Fate::Open)
            && self.skip.is_none()
        {
            return self.undone(&atomic, body, command, cx);
        }
        if cfg!(feature = "ui")
            && cx.user.is_there
            && self.skip.is_none()
            && !self.aside
            && command.tag == tag::ALERT
            && ask::is_question(command)
        {
            return self.question(body, command, cx);
        }
        let code = match self.skipped() {
            None if self.aside && command.tag != tag::ALERT => Some(status::NOT_ALLOWED),
            None => exec::code_without_items(command),
            code => code,
        };
        if let Some(code) = code {
            return self.plain_child(command, code, cx);
        }
        let mut index: u32 = 0;
        while let Some(item) = body.item().map_err(Error::Codec)? {
            index = index.saturating_add(1);
            if index <= self.item {
                continue;
            }
            let refs = self.refs(command, item.target, item.source);
            if !cx.is_free_for(command.tag, item.target) {
                return Ok(Ran::Full);
            }
            let session = &mut *cx.session;
            let who: Principal<'_> = auth::principal(&session.server_id);
            let mut step = Step {
                tree: cx.tree,
                out: cx.out,
                who: &who,
                offset: self.offset,
                #[cfg(feature = "large-object")]
                max_obj_size: session.server_max_obj_size,
                incoming: cx.incoming,
                listing: self.listing,
            };
            let (ran, code) = match (self.offset, self.listing) {
                (0, None) => exec::item(&mut step, command, &item, refs, cx.work)?,
                (0, Some(_)) => (exec::list::go_on(&mut step, refs, cx.work), status::OK),
                (_, Some(_)) => (exec::list::next_part(&mut step, refs, cx.work), status::OK),
                (_, None) => exec::next_part(&mut step, &item, refs, cx.work),
            };
            self.listing = step.listing;
            let offset = step.offset;
            if ran == Ran::Full && offset > self.offset {
                self.offset = offset;
                session.rounds = session.rounds.saturating_sub(1);
                return Ok(Ran::Full);
            }
            if ran == Ran::Full {
                // Between two Items of a list, or in front of the whole.
                self.offset = 0;
            }
            if ran != Ran::Finished {
                return Ok(ran);
            }
            self.offset = 0;
            if code == status::CHUNK_ACCEPTED && step.incoming.has_moved_on() {
                session.rounds = session.rounds.saturating_sub(1);
            }
            count(session, code);
            if self.settle(self.item, code, cx) == Ran::Rewind {
                return Ok(Ran::Rewind);
            }
            self.item = index;
        }
        if index == 0 {
            return self.plain_child(command, status::INCOMPLETE, cx);
        }
        self.next_child();
        Ok(Ran::Finished)
    }

    /// A command with one Status for all of it.
    fn plain_child(
        &mut self,
        command: &Command<'_>,
        code: u16,
        cx: &mut Context<'_, '_, '_, '_>,
    ) -> Result<Ran, Error> {
        if !self.plain_status(command, code, cx)? {
            return Ok(Ran::Full);
        }
        if self.skip.is_none() && self.settle(0, code, cx) == Ran::Rewind {
            return Ok(Ran::Rewind);
        }
        self.next_child();
        Ok(Ran::Finished)
    }

    /// An Alert that asks the user: stops here, and goes on with the answer (protocol chapter 9).
    #[inline(never)]
    fn question(
        &mut self,
        body: &mut Body<'_>,
        command: &Command<'_>,
        cx: &mut Context<'_, '_, '_, '_>,
    ) -> Result<Ran, Error> {
        let code = match (cx.user.asked, cx.user.answer) {
            (Some(asked), Some(answer)) => asked.code(&answer).unwrap_or(status::FAILED),
            _ => {
                // There has to be room for what may be answered before anybody is asked.
                let is_short = cx.out.writer.room() < exec::alert::ROOM;
                if is_short && !cx.out.is_fresh() && self.atomic.is_none() {
                    return Ok(Ran::Full);
                }
                match ask::ask(body, command, cx.work)? {
                    Ok(asked) => {
                        cx.user.asked = Some(asked);
                        return Ok(Ran::Ask);
                    }
                    Err(code) => code,
                }
            }
        };
        let refs = self.refs(command, None, None);
        let answer = cx.user.answer.filter(|_| code == status::OK);
        exec::alert::answer(cx.out, refs, code, answer)?;
        cx.user.asked = None;
        cx.user.answer = None;
        count(cx.session, code);
        let bypass = |depth| {
            Some(Skip {
                depth,
                code: status::NOT_EXECUTED,
            })
        };
        let ran = self.settle(0, code, cx);
        match code {
            // An Atomic fails as a whole.
            status::NOT_MODIFIED if ran == Ran::Rewind => {}
            // The rest of the Sequence is bypassed (`PRO-C-106`); without one nothing else is affected.
            status::NOT_MODIFIED if self.depth > 0 => self.skip = bypass(self.depth),
            // Processing of the message stops (`PRO-C-107`).
            status::USER_CANCELLED | status::TIMED_OUT if ran == Ran::Rewind => {
                self.stop_behind = true;
            }
            status::USER_CANCELLED | status::TIMED_OUT => self.skip = bypass(0),
            _ => {}
        }
        if ran == Ran::Finished {
            self.next_child();
        }
        Ok(ran)
    }

    fn refs<'a>(
        &'a self,
        command: &Command<'a>,
        target: Option<Text<'a>>,
        source: Option<Text<'a>>,
    ) -> Refs<'a> {
        Refs {
            target,
            source,
            ..Refs::of(Text::from_bytes(&self.msg_id), command)
        }
    }

    /// One Status for a whole command, without references to Items (`PRO-C-019`).
    #[inline(never)]
    fn plain_status(
        &self,
        command: &Command<'_>,
        code: u16,
        cx: &mut Context<'_, '_, '_, '_>,
    ) -> Result<bool, Error> {
        // An Alert does not end an object that is coming in.
        if command.tag != tag::ALERT && self.skip.is_none() && !cx.interrupt() {
            return Ok(false);
        }
        let refs = self.refs(command, None, None);
        if exec::status(cx.out, refs, code)?.is_none() {
            return Ok(false);
        }
        count(cx.session, code);
        Ok(true)
    }
}

fn count(session: &mut Session, code: u16) {
    let counter = if status::is_success(code) {
        &mut session.executed
    } else {
        &mut session.refused
    };
    *counter = counter.saturating_add(1);
}
