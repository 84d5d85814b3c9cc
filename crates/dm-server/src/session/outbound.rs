//! The messages of the server: which commands go into the next one, and when a package is complete.

use std::sync::Arc;

use dm_wbxml::Encoding;

use super::{Session, tricks};
use crate::auth::Accounts;
use crate::draft::{Answer, Draft, Fit, Task, carried_len};
use crate::http::Reply;
use crate::script::{Op, Trick};
use crate::transcript::{End, Unmet};

/// Size of messages to devices that state no limit.
const USUAL_LIMIT: usize = 64 * 1024;
/// Largest message ever sent.
const MAX_LIMIT: usize = 1024 * 1024;
/// Room for a message that consists of header and one Status, which goes out whatever the device's limit.
const LEAST_BUFFER: usize = 8 * 1024;

/// What the next message is for.
#[derive(Debug)]
pub(super) enum Plan {
    /// Answers, and commands as far as they fit; closes the session when there are none left.
    Send,
    /// Answers, and Alert 1222 for more.
    Ask,
    /// Answers only, for a message that was refused.
    Refuse { is_final: bool, end: Option<End> },
    /// Answers and Alert 1223, for this reason.
    Abort(String),
    /// Answers only; the session is over.
    End(End),
}

impl Session {
    /// Writes the next message.
    pub(super) fn send(&mut self, first: Answer, plan: Plan, accounts: &Accounts) -> Reply {
        let trick = self.trick(&plan);
        let plan = match (&trick, plan) {
            (Some(Trick::Abort), Plan::Send) => Plan::Abort("as the scenario says".to_owned()),
            (_, plan) => plan,
        };
        let authentic = trick.is_some()
            || self.tricks.proves()
            || !matches!(plan, Plan::Refuse { .. } | Plan::Abort(_) | Plan::End(_));
        self.heading.msg_id = self.heading.msg_id.saturating_add(1);
        self.heading.proof = if authentic {
            self.own.proof(&self.config, self.device.account, accounts)
        } else {
            None
        };
        let seals = authentic && self.own.seals(&self.config);
        self.heading.is_named = seals || self.heading.proof.is_some();
        let heading = self.tricked(trick.as_ref());
        let limit = self.device_msg.map_or(USUAL_LIMIT, |limit| {
            usize::try_from(limit).unwrap_or(MAX_LIMIT)
        });
        let limit = limit.min(MAX_LIMIT);
        let mut buf = vec![0; limit.max(LEAST_BUFFER)];
        let mut draft = Draft::new(&mut buf, limit, self.encoding, &heading);
        draft.answer(&first);
        self.last_tasks.clear();
        let plan = if draft.is_hopeless() {
            self.transcript.end = End::AbortedByServer(format!("MaxMsgSize {limit} is too small"));
            Plan::End(self.transcript.end.clone())
        } else {
            plan
        };
        while let Some(answer) = self.answers.front() {
            if !draft.answer(answer) {
                break;
            }
            self.answers.pop_front();
        }
        let room = self.answers.is_empty();
        let is_final = match plan {
            Plan::Send => {
                let complete = room && self.fill(&mut draft);
                self.package_open = !complete;
                if complete && self.in_package == 0 {
                    self.transcript.end = End::Closed;
                }
                complete
            }
            Plan::Ask => {
                if room {
                    draft.task(&Task::new(Op::alert(1222, &[])));
                }
                false
            }
            Plan::Refuse { is_final, end } => {
                self.transcript.end = end.unwrap_or(End::Running);
                is_final
            }
            Plan::Abort(why) => {
                if trick.is_some() {
                    self.fill(&mut draft);
                }
                draft.task(&Task::new(Op::alert(1223, &[])));
                self.transcript.end = End::AbortedByServer(why);
                true
            }
            Plan::End(end) => {
                self.transcript.end = end;
                true
            }
        };
        if !authentic {
            // What had no room is not worth another message.
            self.answers.clear();
        }
        let (len, sent) = draft.finish(is_final);
        buf.truncate(len);
        self.record(first.code, is_final, sent, &buf);
        let account = self.device.account.filter(|_| seals);
        let hmac = account.and_then(|_| self.own.seal(&self.config, account, accounts, &buf));
        let hmac = tricks::seal(trick.as_ref(), hmac);
        Reply {
            status: 200,
            content_type: self.encoding.content_type(),
            hmac,
            body: buf,
        }
    }

    /// The commands of a refused message come first in the next one.
    pub(super) fn send_again(&mut self) {
        for task in core::mem::take(&mut self.last_tasks).into_iter().rev() {
            // The rest of an object goes, for its piece comes back.
            if self
                .tasks
                .front()
                .is_some_and(|rest| Arc::ptr_eq(&rest.op, &task.op))
            {
                self.tasks.pop_front();
            }
            self.in_package = self.in_package.saturating_sub(1);
            self.tasks.push_front(task);
        }
    }

    /// Fills a message with commands; whether the package is complete with it.
    fn fill(&mut self, draft: &mut Draft<'_>) -> bool {
        loop {
            let Some(task) = self.tasks.front_mut() else {
                if self.in_package > 0 || !self.next_package() {
                    return true;
                }
                continue;
            };
            match draft.task(task) {
                Fit::Whole => {
                    self.last_tasks.extend(self.tasks.pop_front());
                    self.in_package = self.in_package.saturating_add(1);
                }
                Fit::Piece(next) => {
                    self.last_tasks.push(task.clone());
                    task.from = next;
                    task.pieces = task.pieces.saturating_add(1);
                    if task.op.pieces.count == Some(task.pieces) {
                        self.tasks.pop_front();
                    }
                    self.in_package = self.in_package.saturating_add(1);
                    return false;
                }
                Fit::Later => return false,
                Fit::Never => {
                    let op = label(&task.op);
                    self.transcript.unmet.push(Unmet {
                        op,
                        what: "does not fit the device's MaxMsgSize".to_owned(),
                    });
                    self.tasks.pop_front();
                }
            }
        }
    }

    /// Queues the next package of the script; whether there was one.
    fn next_package(&mut self) -> bool {
        let Some(package) = self.script.pop_front() else {
            return false;
        };
        for op in package.ops {
            let size = largest(&op, self.encoding);
            match self.device_obj {
                Some(max) if size > usize::try_from(max).unwrap_or(usize::MAX) => {
                    let what =
                        format!("{size} octets are more than the device's MaxObjSize of {max}");
                    self.transcript.unmet.push(Unmet {
                        op: label(&op),
                        what,
                    });
                }
                _ => self.tasks.push_back(Task::new(op)),
            }
        }
        true
    }
}

/// An operation in words.
fn label(op: &Op) -> String {
    let uri = op
        .items
        .first()
        .map(|item| item.uri.as_str())
        .unwrap_or_default();
    format!("{} {uri}", op.verb.name())
}

/// Octets of the largest value in an operation.
fn largest(op: &Op, encoding: Encoding) -> usize {
    let own = op.items.iter().map(|item| carried_len(item, encoding));
    own.chain(op.ops.iter().map(|inner| largest(inner, encoding)))
        .max()
        .unwrap_or(0)
}
