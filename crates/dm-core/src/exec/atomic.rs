//! Atomic (protocol chapter 7.9): all of it or nothing (`PRO-C-083`).
//!
//! Its children are walked over up to three times. First their answers are measured, which have to fit one message
//! (`PRO-C-086`), and an illegal child refuses the whole (`PRO-C-085`). Then the children run inside a transaction of the
//! tree. When one fails, the transaction is rolled back and the answers are written anew, with the codes of what was undone
//! (`PRO-C-084`).

use dm_tree::{Progress, Tree};
use dm_wbxml::{Body, CodeMark, Command, Cursor, Item, Tag, tag};

use super::alert;
use crate::outbound::{OutMark, Outbound};
use crate::run::{Context, Ran, Walk};
use crate::status;

/// An Atomic whose children are being answered.
pub(crate) struct Atomic {
    /// Depth of its children.
    depth: u8,
    /// Its first child; while it is measured the Atomic itself.
    first: Cursor,
    /// Its own Status, and where the answers of its children begin; while it is measured where its own begins.
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
    /// Their answers are measured, or are so already: all are such as an Atomic may hold, and octets of all answers, its own
    /// included.
    Measured { is_legal: bool, needed: usize },
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
    const fn code(&self, tag: Tag, item: u32) -> Option<u16> {
        Some(match self.fate {
            Fate::Open => return None,
            Fate::Measured { .. } => status::OK,
            Fate::Illegal if is_legal(tag) => status::NOT_EXECUTED,
            Fate::Illegal => status::FAILED,
            Fate::NotCommitted => self.undone,
            Fate::Failed {
                child,
                item: failed,
                code,
            } => {
                if self.child < child || (self.child == child && item < failed) {
                    self.undone
                } else if self.child == child && item == failed {
                    code
                } else {
                    status::NOT_EXECUTED
                }
            }
        })
    }

    /// Takes a child into account whose answers are measured.
    fn measure(&mut self, command: &Command<'_>, cx: &Context<'_, '_, '_, '_>) {
        if let Fate::Measured {
            is_legal: all,
            needed,
        } = &mut self.fate
        {
            *all &= is_legal(command.tag);
            if cx.asks(command) {
                *needed = needed.saturating_add(alert::ROOM);
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

impl Walk {
    /// An Atomic begins, or begins again once it is measured: the part that `body` gave last.
    #[inline(never)]
    pub(crate) fn enter_atomic(
        &mut self,
        body: &Body<'_>,
        command: &Command<'_>,
        cx: &mut Context<'_, '_, '_, '_>,
    ) -> Ran {
        let refs = cx.refs(command);
        let depth = self.depth.saturating_add(1);
        let Some(Atomic {
            fate: Fate::Measured { is_legal, needed },
            ..
        }) = self.atomic.take()
        else {
            if !cx.interrupt() {
                return Ran::Full;
            }
            let behind = cx.out.mark();
            cx.out.measures = true;
            let code_at = cx.out.status(&refs, status::OK);
            let fate = Fate::Measured {
                is_legal: true,
                needed: 0,
            };
            self.begin(depth, body.part_cursor(), code_at, behind, fate);
            return Ran::Finished;
        };
        let fits = needed <= cx.out.writer.room();
        if !fits && !cx.out.is_fresh() {
            return Ran::Full;
        }
        let (code, fate) = match (is_legal, fits) {
            (false, _) => (status::ATOMIC_FAILED, Some(Fate::Illegal)),
            // Not even an empty message holds the answers: nothing is executed.
            (true, false) => (status::ATOMIC_TOO_LARGE, None),
            (true, true) => match cx.tree.begin() {
                Ok(()) => (status::OK, Some(Fate::Open)),
                Err(_) => (status::FAILED, None),
            },
        };
        let mark = cx.out.mark();
        let Some(code_at) = super::status(cx.out, &mark, &refs, code) else {
            return Ran::Full;
        };
        cx.count(code);
        match fate {
            Some(fate) => self.begin(depth, body.cursor(), code_at, cx.out.mark(), fate),
            None => {
                self.depth = depth;
                self.pass_over(depth, status::NOT_EXECUTED);
            }
        }
        Ran::Finished
    }

    #[inline(never)]
    fn begin(&mut self, depth: u8, first: Cursor, code_at: CodeMark, behind: OutMark, fate: Fate) {
        self.depth = depth;
        self.atomic = Some(Atomic {
            depth,
            first,
            code_at,
            behind,
            child: 0,
            executed: 0,
            fate,
            undone: status::ROLLED_BACK,
        });
    }

    /// A container ends: if it is the Atomic, that is committed.
    #[inline(never)]
    pub(crate) fn leave_atomic(&mut self, cx: &mut Context<'_, '_, '_, '_>) -> Ran {
        let Some(atomic) = self.atomic.as_mut().filter(|it| it.depth == self.depth) else {
            return Ran::Finished;
        };
        match &mut atomic.fate {
            Fate::Measured { needed, .. } => {
                let end = cx.out.writer.position();
                let answers = end.saturating_sub(atomic.behind.position());
                *needed = needed.saturating_add(answers);
                cx.out.measures = false;
                cx.out.roll_back(&atomic.behind);
                self.depth = self.depth.saturating_sub(1);
                return Ran::Rewind;
            }
            Fate::Open => match cx.tree.commit() {
                Ok(Progress::NotYet) => return Ran::NotYet,
                Ok(_) => {}
                Err(_) => return self.undo(Fate::NotCommitted, cx),
            },
            _ => {}
        }
        self.atomic = None;
        if core::mem::take(&mut self.stop_behind) {
            self.pass_over(0, status::NOT_EXECUTED);
        }
        Ran::Finished
    }

    /// Where the walk goes on after [`Ran::Rewind`].
    pub(crate) fn first(&self) -> Cursor {
        self.atomic
            .as_ref()
            .map_or_else(Cursor::default, |atomic| atomic.first)
    }

    /// Whether the children of the Atomic are answered without being executed.
    #[cfg(feature = "reasons")]
    pub(crate) fn is_undoing(&self) -> bool {
        self.atomic.as_ref().is_some_and(|it| it.fate != Fate::Open)
    }

    /// The code of a container inside the Atomic, which may hold none; `None`: it is not inside one.
    pub(crate) fn nested(
        &mut self,
        command: &Command<'_>,
        cx: &Context<'_, '_, '_, '_>,
    ) -> Option<u16> {
        let depth = self.depth;
        let atomic = self.atomic.as_mut().filter(|it| it.depth <= depth)?;
        atomic.measure(command, cx);
        Some(atomic.code(command.tag, 0).unwrap_or(status::FAILED))
    }

    /// The code of a child of the Atomic that is not executed, or was undone, `Some(None)` when each of its Items has one;
    /// `None`: it is to be executed.
    pub(crate) fn undone(
        &mut self,
        command: &Command<'_>,
        cx: &Context<'_, '_, '_, '_>,
    ) -> Option<Option<u16>> {
        let atomic = self.atomic.as_mut()?;
        atomic.measure(command, cx);
        let is_measured = matches!(atomic.fate, Fate::Measured { .. });
        let code = atomic.code(command.tag, 0).filter(|_| !is_measured)?;
        // Only the command that failed has a code for each Item; the others are undone or passed over as a whole.
        let each = atomic.is_failing() && command.tag != tag::ALERT;
        Some((!each).then_some(code))
    }

    /// The code of the next Item, when it is not executed or was undone.
    pub(crate) fn item_code(&self, command: &Command<'_>, item: &Item<'_>) -> Option<u16> {
        let atomic = self.atomic.as_ref()?;
        match atomic.code(command.tag, self.item) {
            // An Atomic is one message, so no object in parts has a place in it (protocol chapter 5.1).
            None if item.more_data => Some(status::FAILED),
            code => code,
        }
    }

    /// Takes back an Atomic that was under way, and says so; no answer of its children stays.
    pub(crate) fn break_off(&mut self, tree: &mut Tree<'_>, out: &mut Outbound<'_>) {
        if let Some(atomic) = self.atomic.take() {
            tree.roll_back();
            out.roll_back(&atomic.behind);
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
        cx.out.roll_back(&atomic.behind);
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

    /// A child of the Atomic, or the next Item of it, was answered with `code`. Fails the Atomic when that is no success.
    pub(crate) fn settle(&mut self, code: u16, cx: &mut Context<'_, '_, '_, '_>) -> Ran {
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
        let item = self.item;
        self.undo(Fate::Failed { child, item, code }, cx)
    }

    /// A child of the Atomic is answered.
    pub(crate) fn next_child(&mut self) {
        if let Some(atomic) = &mut self.atomic {
            atomic.child = atomic.child.saturating_add(1);
        }
    }
}
