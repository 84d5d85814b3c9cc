//! Atomic (protocol chapter 7.9): all of it or nothing (`PRO-C-083`).
//!
//! Before anything is executed the children are looked through: an illegal one refuses the whole (`PRO-C-085`), and the
//! answers have to fit one message (`PRO-C-086`). Then the children run inside a transaction of the tree. When one fails,
//! the transaction is rolled back and the answers are written anew, with the codes of what was undone (`PRO-C-084`).

use dm_wbxml::{Body, CodeMark, Command, Cursor, Part, Tag, Text, tag};

use super::alert;
use crate::ask;
use crate::error::Error;
use crate::outbound::{OutMark, Outbound, Refs};
use crate::status;

/// An Atomic whose children are being answered.
#[derive(Clone, Copy)]
pub(crate) struct Atomic {
    /// Depth of its children.
    pub(crate) depth: u8,
    /// Its first child.
    pub(crate) first: Cursor,
    /// Its own Status, and where the answers of its children begin.
    pub(crate) code_at: CodeMark,
    pub(crate) behind: OutMark,
    /// Children answered so far.
    pub(crate) child: u32,
    /// Items executed so far.
    pub(crate) executed: u16,
    pub(crate) fate: Fate,
}

/// What becomes of the children.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Fate {
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
    pub(crate) fn is_failing(&self) -> bool {
        matches!(self.fate, Fate::Failed { child, .. } if child == self.child)
    }

    /// The code of an Item that is not executed, or was undone; `None`: it is to be executed.
    pub(crate) const fn code(&self, tag: Tag, item: u32) -> Option<u16> {
        match self.fate {
            Fate::Open => None,
            Fate::Illegal if is_legal(tag) => Some(status::NOT_EXECUTED),
            Fate::Illegal => Some(status::FAILED),
            Fate::NotCommitted => Some(status::ROLLED_BACK),
            Fate::Failed {
                child,
                item: failed,
                code,
            } => {
                let before = self.child < child || (self.child == child && item < failed);
                let this = self.child == child && item == failed;
                Some(match (before, this) {
                    (true, _) => status::ROLLED_BACK,
                    (_, true) => code,
                    _ => status::NOT_EXECUTED,
                })
            }
        }
    }
}

/// Whether an Atomic may hold a command (`PRO-C-072`, `PRO-C-085`).
pub(crate) const fn is_legal(tag: Tag) -> bool {
    matches!(
        tag,
        tag::ADD | tag::ALERT | tag::COPY | tag::DELETE | tag::REPLACE
    )
}

/// What is known of an Atomic before it begins.
pub(crate) struct Survey {
    /// All children are such as an Atomic may hold.
    pub(crate) is_legal: bool,
    /// Octets of all answers, its own included.
    pub(crate) needed: usize,
}

/// Looks through an Atomic, which is the next part of `body`, in the message `msg_ref`.
#[inline(never)]
pub(crate) fn survey<'a>(
    mut body: Body<'a>,
    out: &Outbound<'_>,
    asks: bool,
    msg_ref: Text<'a>,
) -> Result<Survey, Error> {
    let refs = |command: &Command<'a>| Refs::of(msg_ref, command);
    let mut count = out.counting_twin();
    let mut survey = Survey {
        is_legal: true,
        needed: 0,
    };
    let mut depth: u16 = 0;
    loop {
        match body.next().map_err(Error::Codec)? {
            Part::Open(command) => {
                survey.is_legal &= depth == 0;
                depth = depth.saturating_add(1);
                let _ = count.status(&refs(&command), status::OK);
            }
            Part::Command(command) => {
                survey.is_legal &= is_legal(command.tag);
                let plain = refs(&command);
                if command.tag == tag::ALERT {
                    let _ = count.status(&plain, status::OK);
                    let may_answer = asks && ask::is_question(&command);
                    survey.needed =
                        survey
                            .needed
                            .saturating_add(if may_answer { alert::ROOM } else { 0 });
                    continue;
                }
                let mut items: u32 = 0;
                while let Some(item) = body.item().map_err(Error::Codec)? {
                    items = items.saturating_add(1);
                    let refs = Refs {
                        target: item.target,
                        source: item.source,
                        ..plain
                    };
                    let _ = count.status(&refs, status::OK);
                }
                if items == 0 {
                    let _ = count.status(&plain, status::OK);
                }
            }
            Part::Close => {
                depth = depth.saturating_sub(1);
                if depth == 0 {
                    break;
                }
            }
            Part::Done => break,
            Part::Status(_) | Part::Final => {}
        }
    }
    survey.needed = survey.needed.saturating_add(count.writer.position());
    Ok(survey)
}
