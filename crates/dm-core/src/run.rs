//! The run pass: a checked message is walked again, and each command is parsed when its turn comes.
//!
//! Protocol chapters 4, 6 and 7. Nothing is executed before there is room for its Status, so no answer is ever lost:
//! what does not fit stays in the receive buffer, and the walk goes on in the next message at the same command and Item.
//!
//! Commands and Items are large: they are looked at where the codec has put them, and never moved.

use dm_tree::Tree;
use dm_wbxml::{Body, Command, Cursor, Digest, Document, Item, Part, Tag, Text, tag};

use crate::ask::{self, Answer, Asked};
use crate::auth::put;
use crate::error::{Error, ServerFault};
use crate::exec;
use crate::exec::atomic::Atomic;
use crate::exec::list::Listing;
use crate::large::Incoming;
use crate::outbound::{Outbound, Refs};
use crate::session::{MsgId, Session};
use crate::status;

/// A server message whose commands are not all answered yet. It stands at the start of the receive buffer.
pub(crate) struct Run {
    /// Octets of the message.
    pub(crate) len: usize,
    pub(crate) document: Document,
    /// The server's package ends with it.
    pub(crate) is_final: bool,
    pub(crate) msg_id: MsgId,
    pub(crate) walk: Walk,
}

/// How far the answers have come.
pub(crate) struct Walk {
    /// The part to take next, and how many of its Items are answered.
    at: Cursor,
    pub(crate) item: u32,
    /// Every command is answered.
    finished: bool,
    pub(crate) sent: Sent,
    /// Open containers.
    pub(crate) depth: u8,
    /// Commands at this depth and below get one code and are not executed.
    pub(crate) skip: Option<Skip>,
    /// The Atomic that the walk is in.
    pub(crate) atomic: Option<Atomic>,
    /// The user broke off inside the Atomic: nothing behind it is executed.
    pub(crate) stop_behind: bool,
    /// Only Alerts are taken; other commands are answered 405.
    aside: bool,
}

/// What is sent of the results of the next Item, when they go in several messages.
#[derive(Default)]
pub(crate) struct Sent {
    /// Octets of the value.
    pub(crate) offset: u32,
    /// Of so many.
    #[cfg(feature = "large-object")]
    pub(crate) total: u32,
    /// The value goes in parts.
    pub(crate) in_parts: bool,
    /// The list that the Get asked for, as far as it is sent.
    pub(crate) listing: Option<Listing>,
}

impl Sent {
    /// Whether the Item has its Status already.
    pub(crate) const fn is_begun(&self) -> bool {
        self.is_in_value() || self.listing.is_some()
    }

    /// Whether more of the value follows.
    pub(crate) const fn is_in_value(&self) -> bool {
        cfg!(feature = "large-object") && self.offset != 0
    }
}

#[derive(Clone, Copy)]
pub(crate) struct Skip {
    pub(crate) depth: u8,
    pub(crate) code: u16,
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
    /// It cannot go on: [`Context::fault`] tells why.
    Failed,
}

/// The user, as far as a run has to do with one.
pub(crate) struct User<'a> {
    /// Somebody can be asked.
    pub(crate) is_there: bool,
    /// The question whose texts stand in the work memory.
    pub(crate) asked: &'a mut Option<Asked>,
    /// The answer to it.
    pub(crate) answer: Option<Answer<'a>>,
}

/// What a run works with.
pub(crate) struct Context<'x, 't, 'b, 'm> {
    /// MsgID of the message.
    pub(crate) msg_ref: &'x [u8],
    pub(crate) tree: &'x mut Tree<'t>,
    pub(crate) out: &'x mut Outbound<'b>,
    pub(crate) work: &'x mut [u8],
    pub(crate) session: &'x mut Session,
    pub(crate) incoming: &'x mut Incoming<'m>,
    #[cfg(feature = "events")]
    pub(crate) outbox: &'x mut crate::outbox::Outbox,
    #[cfg(feature = "reasons")]
    pub(crate) refusals: &'x mut crate::refusals::Refusals<'m>,
    pub(crate) user: User<'x>,
    /// Why the run [failed](Ran::Failed).
    pub(crate) fault: Option<Error>,
}

impl<'x> Context<'x, '_, '_, '_> {
    /// Ends the run.
    pub(crate) const fn fail(&mut self, error: Error) -> Ran {
        self.fault = Some(error);
        Ran::Failed
    }

    /// Tells with Alert 1225 that the object which was coming in never came to its end, and forgets it (`PRO-C-032`,
    /// `PRO-C-033`). False: there was no room for that.
    pub(crate) fn interrupt(&mut self) -> bool {
        if !self.incoming.is_active() || self.incoming.is_refused() {
            self.incoming.clear();
            return true;
        }
        let uri = Text::from_bytes(self.incoming.uri());
        let is_told = self.out.tell_no_end(uri);
        if is_told {
            self.incoming.clear();
        }
        is_told
    }

    /// Whether a command may be taken now: it goes on with the object that is coming in, or the alert about that one
    /// found room.
    fn is_free_for(&mut self, tag: Tag, target: Option<&Text<'_>>) -> bool {
        self.incoming.is_continued_by(tag, target) || self.interrupt()
    }

    /// Takes note of a code that is no success, with the limit that it is about.
    #[cfg(feature = "reasons")]
    fn note(&mut self, refs: &Refs<'_>, code: u16) {
        if self.out.measures() {
            return;
        }
        let cmd = refs.cmd();
        let limit = match (code, cmd) {
            (413, "Get") => self.session.server_max_obj_size,
            (413, _) => self.session.max_obj_size,
            (414, _) => u32::from(self.tree.limits().max_tot_len),
            _ => 0,
        };
        let target = refs.item.and_then(|item| item.target);
        self.refusals.note(cmd, target, code, limit);
    }

    /// The references of an answer to a whole command.
    pub(crate) const fn refs<'a>(&self, command: &'a Command<'a>) -> Refs<'a>
    where
        'x: 'a,
    {
        Refs {
            msg_ref: self.msg_ref,
            command,
            item: None,
        }
    }

    /// Counts a command Item that was answered.
    #[inline(never)]
    pub(crate) fn count(&mut self, code: u16) {
        if self.out.measures() {
            return;
        }
        let session = &mut *self.session;
        let counter = if status::is_success(code) {
            &mut session.executed
        } else {
            &mut session.refused
        };
        *counter = counter.saturating_add(1);
    }

    /// Whether an Alert stops here until the user has answered it.
    pub(crate) fn asks(&self, command: &Command<'_>) -> bool {
        cfg!(feature = "ui")
            && self.user.is_there
            && command.tag == tag::ALERT
            && ask::is_question(command)
    }
}

impl Run {
    /// `refuse`: the code that every command gets instead of being executed.
    #[inline(never)]
    pub(crate) fn new(len: usize, digest: &Digest, msg_id: &[u8], refuse: Option<u16>) -> Self {
        let mut copy = MsgId::new();
        // Longer ones were refused when the header was read.
        put(&mut copy, msg_id);
        Self {
            len,
            msg_id: copy,
            walk: Walk {
                at: digest.body,
                item: 0,
                finished: false,
                sent: Sent::default(),
                depth: 0,
                skip: refuse.map(|code| Skip { depth: 0, code }),
                atomic: None,
                stop_behind: false,
                aside: false,
            },
            document: digest.document,
            is_final: digest.is_final,
        }
    }

    /// A message that came while answers to an earlier one are still on their way.
    pub(crate) fn set_aside(&mut self) {
        self.walk.aside = true;
        // Whether the package ends is told by the message that is kept.
        self.is_final = false;
    }

    /// Whether no command of the message is executed.
    pub(crate) fn refuses(&self) -> bool {
        self.walk.skip.is_some_and(|skip| {
            skip.depth == 0
                && matches!(
                    skip.code,
                    status::UNAUTHORIZED | status::AUTHENTICATION_REQUIRED
                )
        })
    }

    /// Whether a value is being sent in several messages.
    pub(crate) const fn is_in_value(&self) -> bool {
        self.walk.sent.is_in_value()
    }

    /// The server does not want the rest of the value that is being sent (protocol chapter 5.2).
    pub(crate) const fn drop_value(&mut self) {
        self.walk.sent.offset = 0;
        self.walk.sent.listing = None;
        self.walk.item = self.walk.item.saturating_add(1);
    }
}

impl Walk {
    /// Walks on until the message is done, the answer is full, or a handler asks for time.
    pub(crate) fn run(
        &mut self,
        bytes: &[u8],
        document: &Document,
        cx: &mut Context<'_, '_, '_, '_>,
    ) -> Ran {
        if self.finished {
            return Ran::Finished;
        }
        let mut body = Body::resume(bytes, document, self.at);
        let mut part = Part::Done;
        loop {
            if let Err(error) = body.next_into(&mut part) {
                return cx.fail(error.into());
            }
            let ran = match &part {
                Part::Done => {
                    self.finished = true;
                    return Ran::Finished;
                }
                Part::Status(_) | Part::Final => Ran::Finished,
                Part::Close => self.leave(cx),
                Part::Open(command) => self.enter(&body, command, cx),
                Part::Command(command) => self.leaf(&mut body, command, cx),
            };
            match ran {
                Ran::Finished => self.item = 0,
                Ran::Rewind => {
                    self.item = 0;
                    body = Body::resume(bytes, document, self.first());
                }
                // What does not fit an empty message never will.
                Ran::Full if cx.out.is_fresh() => {
                    return cx.fail(Error::Server(ServerFault::MaxMsgSize));
                }
                _ => {
                    self.at = body.part_cursor();
                    return ran;
                }
            }
        }
    }

    /// The code that commands get here instead of being executed.
    pub(crate) fn skipped(&self) -> Option<u16> {
        self.skip.map(|skip| skip.code)
    }

    /// Passes over commands: those of the open container, or all when none is open.
    pub(crate) const fn pass_over(&mut self, depth: u8, code: u16) {
        self.skip = Some(Skip { depth, code });
    }

    /// A container ends; an Atomic is committed.
    fn leave(&mut self, cx: &mut Context<'_, '_, '_, '_>) -> Ran {
        let ran = self.leave_atomic(cx);
        if ran != Ran::Finished {
            return ran;
        }
        if self
            .skip
            .is_some_and(|skip| skip.depth >= self.depth && skip.depth > 0)
        {
            self.skip = None;
        }
        self.depth = self.depth.saturating_sub(1);
        Ran::Finished
    }

    /// Atomic or Sequence: its own Status comes before those of its children (protocol chapter 6). It is the part that
    /// `body` gave last.
    #[inline(never)]
    fn enter(
        &mut self,
        body: &Body<'_>,
        command: &Command<'_>,
        cx: &mut Context<'_, '_, '_, '_>,
    ) -> Ran {
        let (code, children) = if let Some(code) = self.skipped() {
            (code, None)
        } else if let Some(code) = self.nested(command, cx) {
            (code, Some(status::NOT_EXECUTED))
        } else if self.aside {
            (status::NOT_ALLOWED, Some(status::NOT_ALLOWED))
        } else if command.tag == tag::SEQUENCE {
            exec::sequence::begin(self.depth)
        } else if cfg!(feature = "atomic") {
            return self.enter_atomic(body, command, cx);
        } else {
            (status::NOT_SUPPORTED, Some(status::NOT_EXECUTED))
        };
        let ran = self.plain_status(command, code, cx);
        if ran != Ran::Finished {
            return ran;
        }
        self.depth = self.depth.saturating_add(1);
        if let Some(code) = children {
            self.pass_over(self.depth, code);
        }
        Ran::Finished
    }

    fn leaf<'a>(
        &mut self,
        body: &mut Body<'a>,
        command: &Command<'a>,
        cx: &mut Context<'_, '_, '_, '_>,
    ) -> Ran {
        let mut code = self.skipped();
        if code.is_none() {
            if let Some(undone) = self.undone(command, cx) {
                code = undone;
            } else if self.aside && command.tag != tag::ALERT {
                code = Some(status::NOT_ALLOWED);
            } else if !self.aside && !cx.out.measures() && cx.asks(command) {
                return self.question(body, command, cx);
            } else {
                code = exec::code_without_items(command);
            }
        }
        if let Some(code) = code {
            return self.plain_child(command, code, cx);
        }
        let mut index: u32 = 0;
        loop {
            let mut item = Item::default();
            match body.item_into(&mut item) {
                Ok(true) => {}
                Ok(false) => break,
                Err(error) => return cx.fail(error.into()),
            }
            index = index.saturating_add(1);
            if index <= self.item {
                continue;
            }
            if !cx.is_free_for(command.tag, item.target.as_ref()) {
                return Ran::Full;
            }
            let refs = Refs {
                item: Some(&item),
                ..cx.refs(command)
            };
            let answered = match self.item_code(command, &item) {
                Some(code) => exec::status(cx.out, &cx.out.mark(), &refs, code)
                    .map(|_| code)
                    .ok_or(Ran::Full),
                None => exec::answer(cx, &mut self.sent, &refs, &item),
            };
            let code = match answered {
                Ok(code) => code,
                Err(ran) => return ran,
            };
            self.sent.offset = 0;
            cx.count(code);
            #[cfg(feature = "reasons")]
            if !self.is_undoing() {
                cx.note(&refs, code);
            }
            if self.settle(code, cx) == Ran::Rewind {
                return Ran::Rewind;
            }
            self.item = index;
        }
        if index == 0 {
            return self.plain_child(command, status::INCOMPLETE, cx);
        }
        self.next_child();
        Ran::Finished
    }

    /// A command with one Status for all of it.
    #[inline(never)]
    fn plain_child(
        &mut self,
        command: &Command<'_>,
        code: u16,
        cx: &mut Context<'_, '_, '_, '_>,
    ) -> Ran {
        let mut ran = self.plain_status(command, code, cx);
        if ran == Ran::Finished {
            if self.skip.is_none() {
                ran = self.settle(code, cx);
            }
            if ran == Ran::Finished {
                self.next_child();
            }
        }
        ran
    }

    /// An Alert that asks the user: stops here, and goes on with the answer (protocol chapter 9).
    #[inline(never)]
    fn question<'a>(
        &mut self,
        body: &mut Body<'a>,
        command: &Command<'a>,
        cx: &mut Context<'_, '_, '_, '_>,
    ) -> Ran {
        let code = match (*cx.user.asked, cx.user.answer) {
            (Some(asked), Some(answer)) => asked.code(&answer).unwrap_or(status::FAILED),
            _ => {
                // There has to be room for what may be answered before anybody is asked.
                let is_short = cx.out.writer.room() < exec::alert::ROOM;
                if is_short && !cx.out.is_fresh() && self.atomic.is_none() {
                    return Ran::Full;
                }
                match ask::ask(body, command, cx.work) {
                    Ok(Ok(asked)) => {
                        *cx.user.asked = Some(asked);
                        return Ran::Ask;
                    }
                    Ok(Err(code)) => code,
                    Err(error) => return cx.fail(error),
                }
            }
        };
        let refs = cx.refs(command);
        let answer = cx.user.answer.filter(|_| code == status::OK);
        if let Err(error) = exec::alert::answer(cx.out, &refs, code, answer) {
            return cx.fail(error);
        }
        *cx.user.asked = None;
        cx.user.answer = None;
        cx.count(code);
        let ran = self.settle(code, cx);
        match code {
            // An Atomic fails as a whole.
            status::NOT_MODIFIED if ran == Ran::Rewind => {}
            // The rest of the Sequence is bypassed (`PRO-C-106`); without one nothing else is affected.
            status::NOT_MODIFIED if self.depth > 0 => {
                self.pass_over(self.depth, status::NOT_EXECUTED);
            }
            // Processing of the message stops (`PRO-C-107`).
            status::USER_CANCELLED | status::TIMED_OUT if ran == Ran::Rewind => {
                self.stop_behind = true;
            }
            status::USER_CANCELLED | status::TIMED_OUT => self.pass_over(0, status::NOT_EXECUTED),
            _ => {}
        }
        if ran == Ran::Finished {
            self.next_child();
        }
        ran
    }

    /// One Status for a whole command, without references to Items (`PRO-C-019`).
    #[inline(never)]
    fn plain_status(
        &self,
        command: &Command<'_>,
        code: u16,
        cx: &mut Context<'_, '_, '_, '_>,
    ) -> Ran {
        // An Alert does not end an object that is coming in.
        if command.tag != tag::ALERT && self.skip.is_none() && !cx.interrupt() {
            return Ran::Full;
        }
        let refs = cx.refs(command);
        let mark = cx.out.mark();
        if exec::status(cx.out, &mark, &refs, code).is_none() {
            return Ran::Full;
        }
        cx.count(code);
        #[cfg(feature = "reasons")]
        cx.note(&refs, code);
        Ran::Finished
    }
}
