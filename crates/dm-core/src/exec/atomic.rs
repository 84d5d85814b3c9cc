//! Atomic (protocol chapter 7.9): all of it or nothing (`PRO-C-083`).
//!
//! Before anything is executed the children are looked through: an illegal one refuses the whole (`PRO-C-085`), and the
//! answers have to fit one message (`PRO-C-086`). Then the children run inside a transaction of the tree. When one fails,
//! the transaction is rolled back and the answers are written anew, with the codes of what was undone (`PRO-C-084`).

use dm_tree::{Progress, Tree};
use dm_wbxml::{Body, CodeMark, Command, Cursor, Message, Part, Tag, tag};

use super::alert;
use crate::ask;
use crate::error::Error;
use crate::outbound::{OutMark, Outbound, Refs};
use crate::run::{Context, Ran, Walk};
use crate::status;

/// An Atomic whose children are being answered.
pub(crate) struct Atomic {
    /// Depth of its children.
    depth: u8,
    /// Its first child.
    first: Cursor,
    /// Its own Status, and where the answers of its children begin.
    code_at: CodeMark,
    behind: OutMark,
    /// Children answered so far.
    child: u32,
    /// Items executed so far.
    executed: u16,
    fate: Fate,
    /// The code of what was executed, when that does not count.
    undone: u16,
}

/// What becomes of the children.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Fate {
    /// They are executed.
    Open,
    /// One of them is none that an Atomic may hold; none is executed.
    Illegal,
    /// This Item of this child, both counted from 0, failed with this code.
    Failed { child: u32, item: u32, code: u16 },
    /// All were executed, but the whole could not be committed.
    NotCommitted,
}

impl Atomic {
    /// Whether the next child is the one that failed.
    fn is_failing(&self) -> bool {
        matches!(self.fate, Fate::Failed { child, .. } if child == self.child)
    }

    /// The code of an Item that is not executed, or was undone; `None`: it is to be executed.
    pub(crate) const fn code(&self, tag: Tag, item: u32) -> Option<u16> {
        match self.fate {
            Fate::Open => None,
            Fate::Illegal if is_legal(tag) => Some(status::NOT_EXECUTED),
            Fate::Illegal => Some(status::FAILED),
            Fate::NotCommitted => Some(self.undone),
            Fate::Failed {
                child,
                item: failed,
                code,
            } => {
                let before = self.child < child || (self.child == child && item < failed);
                let this = self.child == child && item == failed;
                Some(match (before, this) {
                    (true, _) => self.undone,
                    (_, true) => code,
                    _ => status::NOT_EXECUTED,
                })
            }
        }
    }
}

/// Whether an Atomic may hold a command (`PRO-C-072`, `PRO-C-085`).
const fn is_legal(tag: Tag) -> bool {
    matches!(
        tag,
        tag::ADD | tag::ALERT | tag::COPY | tag::DELETE | tag::REPLACE
    )
}

/// What is known of an Atomic before it begins.
struct Survey {
    /// All children are such as an Atomic may hold.
    is_legal: bool,
    /// Octets of all answers, its own included.
    needed: usize,
}

/// Looks through an Atomic, which is the next part of `body`.
#[inline(never)]
fn survey(mut body: Body<'_>, cx: &Context<'_, '_, '_, '_>) -> Result<Survey, Error> {
    let mut count = cx.out.counting_twin();
    let mut survey = Survey {
        is_legal: true,
        needed: 0,
    };
    let mut depth: u16 = 0;
    loop {
        let part = body.next();
        let command = match &part {
            Ok(Part::Open(command)) => {
                survey.is_legal &= depth == 0;
                depth = depth.saturating_add(1);
                command
            }
            Ok(Part::Command(command)) => {
                survey.is_legal &= is_legal(command.tag);
                command
            }
            Ok(Part::Close) => {
                depth = depth.saturating_sub(1);
                if depth == 0 {
                    break;
                }
                continue;
            }
            Ok(Part::Done) => break,
            Ok(Part::Status(_) | Part::Final) => continue,
            Err(error) => return Err((*error).into()),
        };
        let mut refs = Refs::of(cx.msg_ref, command);
        let mut items: u32 = 0;
        if command.tag == tag::ALERT {
            if cx.user.is_there && ask::is_question(command) {
                survey.needed = survey.needed.saturating_add(alert::ROOM);
            }
        } else if matches!(part, Ok(Part::Command(_))) {
            loop {
                let item = body.item();
                match &item {
                    Ok(Some(item)) => refs.point_at(item),
                    Ok(None) => break,
                    Err(error) => return Err((*error).into()),
                }
                items = items.saturating_add(1);
                let _ = count.status(&refs, status::OK);
            }
        }
        if items == 0 {
            let _ = count.status(&refs, status::OK);
        }
    }
    survey.needed = survey.needed.saturating_add(count.writer.position());
    Ok(survey)
}

impl Walk {
    /// An Atomic begins: the part that `body` gave last.
    #[inline(never)]
    pub(crate) fn enter_atomic<'a>(
        &mut self,
        message: &Message<'a>,
        body: &Body<'a>,
        command: &Command<'a>,
        cx: &mut Context<'_, '_, '_, '_>,
    ) -> Ran {
        if !cx.interrupt() {
            return Ran::Full;
        }
        let survey = match survey(message.body_at(body.part_cursor()), cx) {
            Ok(survey) => survey,
            Err(error) => return cx.fail(error),
        };
        let fits = survey.needed <= cx.out.writer.room();
        if !fits && !cx.out.is_fresh() {
            return Ran::Full;
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
        let mut refs = Refs::of(cx.msg_ref, command);
        let Some(code_at) = super::status(cx.out, &mut refs, code) else {
            return Ran::Full;
        };
        cx.count(code);
        self.depth = self.depth.saturating_add(1);
        match fate {
            Some(fate) => {
                self.atomic = Some(Atomic {
                    depth: self.depth,
                    first: body.cursor(),
                    code_at,
                    behind: cx.out.mark(),
                    child: 0,
                    executed: 0,
                    fate,
                    undone: status::ROLLED_BACK,
                });
            }
            None => self.pass_over(self.depth, status::NOT_EXECUTED),
        }
        Ran::Finished
    }

    /// A container ends: if it is the Atomic, that is committed.
    pub(crate) fn leave_atomic(&mut self, cx: &mut Context<'_, '_, '_, '_>) -> Ran {
        let Some(atomic) = self.atomic.as_ref().filter(|it| it.depth == self.depth) else {
            return Ran::Finished;
        };
        if atomic.fate == Fate::Open {
            match cx.tree.commit() {
                Ok(Progress::NotYet) => return Ran::NotYet,
                Ok(_) => {}
                Err(_) => return self.undo(Fate::NotCommitted, cx),
            }
        }
        self.atomic = None;
        if core::mem::take(&mut self.stop_behind) {
            self.pass_over(0, status::NOT_EXECUTED);
        }
        Ran::Finished
    }

    /// The first child of the Atomic, whose children are answered anew.
    pub(crate) fn first_child(&self) -> Cursor {
        self.atomic
            .as_ref()
            .map_or_else(Cursor::default, |atomic| atomic.first)
    }

    /// Whether the children of the Atomic are answered without being executed.
    pub(crate) fn is_undoing(&self) -> bool {
        self.atomic.as_ref().is_some_and(|it| it.fate != Fate::Open)
    }

    /// Takes back an Atomic that was under way, and says so; no answer of its children stays.
    pub(crate) fn break_off(&mut self, tree: &mut Tree<'_>, out: &mut Outbound<'_>) {
        if let Some(atomic) = self.atomic.take() {
            tree.roll_back();
            out.roll_back(atomic.behind);
            out.writer.patch_code(atomic.code_at, status::ATOMIC_FAILED);
        }
    }

    /// Takes back what the Atomic did, and goes back to its first child to answer that nothing of it counts.
    fn undo(&mut self, fate: Fate, cx: &mut Context<'_, '_, '_, '_>) -> Ran {
        let Some(atomic) = &mut self.atomic else {
            return Ran::Finished;
        };
        cx.tree.roll_back();
        if cx.tree.left_behind().is_some() {
            atomic.undone = status::ROLL_BACK_FAILED;
        }
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
    pub(crate) fn settle(&mut self, item: u32, code: u16, cx: &mut Context<'_, '_, '_, '_>) -> Ran {
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
    pub(crate) fn undone<'a>(
        &mut self,
        body: &mut Body<'a>,
        command: &Command<'a>,
        cx: &mut Context<'_, '_, '_, '_>,
    ) -> Ran {
        // Only the command that failed has a code for each Item; the others are undone or passed over as a whole.
        let each =
            self.atomic.as_ref().is_some_and(Atomic::is_failing) && command.tag != tag::ALERT;
        let mut refs = Refs::of(cx.msg_ref, command);
        let mut index: u32 = 0;
        loop {
            let item = if each { body.item() } else { Ok(None) };
            match &item {
                Ok(Some(item)) => refs.point_at(item),
                Ok(None) => break,
                Err(error) => return cx.fail((*error).into()),
            }
            let code = self.code(command.tag, index);
            index = index.saturating_add(1);
            if index <= self.item {
                continue;
            }
            if super::status(cx.out, &mut refs, code).is_none() {
                return Ran::Full;
            }
            cx.count(code);
            self.item = index;
        }
        if index == 0 {
            return self.plain_child(command, self.code(command.tag, 0), cx);
        }
        self.next_child();
        Ran::Finished
    }

    fn code(&self, tag: Tag, item: u32) -> u16 {
        let code = self.atomic.as_ref().and_then(|it| it.code(tag, item));
        code.unwrap_or(status::FAILED)
    }

    /// A child of the Atomic is answered.
    pub(crate) fn next_child(&mut self) {
        if let Some(atomic) = &mut self.atomic {
            atomic.child = atomic.child.saturating_add(1);
        }
    }
}
