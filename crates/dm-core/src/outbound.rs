//! Composing one message of the client: header, Statuses, Results, the end.
//!
//! Protocol chapters 2, 3 and 6. Everything is written straight into the lent buffer. What must not be torn apart
//! is written behind a mark and taken back as a whole when it does not fit.

use dm_wbxml::{
    CodeMark, Command, Decimal, Encoding, Item, Mark, Meta, Status, SyncHdr, Text, Writer, tag,
};

use crate::session::Session;
use crate::status;

/// Octets kept free for what ends a message: Alert 1222, Final and the closing tags.
const fn tail(encoding: Encoding) -> usize {
    match encoding {
        Encoding::Xml => 96,
        _ => 32,
    }
}

/// A place in a message to which it can be taken back.
#[derive(Clone, Copy, Debug)]
pub(crate) struct OutMark {
    writer: Mark,
    next_cmd_id: u32,
    answers: u16,
    fits: bool,
}

impl<'a> Refs<'a> {
    /// The references of an answer to a whole command in the message `msg_ref`.
    pub(crate) fn of(msg_ref: Text<'a>, command: &Command<'a>) -> Self {
        Self {
            msg_ref,
            cmd_ref: command.cmd_id.trimmed(),
            cmd: command.tag.name().unwrap_or("Unknown"),
            target: None,
            source: None,
        }
    }
}

impl OutMark {
    /// Whether everything up to here fits the message.
    pub(crate) const fn fits(&self) -> bool {
        self.fits
    }
}

/// A message being composed.
pub(crate) struct Outbound<'b> {
    pub(crate) writer: Writer<'b>,
    encoding: Encoding,
    next_cmd_id: u32,
    answers: u16,
    full: usize,
}

/// What a Status refers to.
#[derive(Clone, Copy)]
pub(crate) struct Refs<'a> {
    pub(crate) msg_ref: Text<'a>,
    pub(crate) cmd_ref: Text<'a>,
    pub(crate) cmd: &'static str,
    pub(crate) target: Option<Text<'a>>,
    pub(crate) source: Option<Text<'a>>,
}

impl<'b> Outbound<'b> {
    /// Octets kept free at the end of a message, at most.
    pub(crate) const TAIL_MAX: usize = tail(Encoding::Xml);

    /// A message that may grow to all of `tx`, or to the server's MaxMsgSize when that is smaller (`PRO-C-023`).
    pub(crate) fn new(tx: &'b mut [u8], encoding: Encoding, session: &Session) -> Self {
        let full = limit(tx.len(), session);
        let mut writer = Writer::new(tx, encoding);
        writer.set_limit(full.saturating_sub(tail(encoding)));
        Self {
            writer,
            encoding,
            next_cmd_id: 1,
            answers: 0,
            full,
        }
    }

    /// Counts what would be written next.
    pub(crate) fn counting_twin(&self) -> Outbound<'static> {
        Self::counting(self.encoding, self.next_cmd_id)
    }

    /// Only counts what the beginning of a message takes.
    pub(crate) fn counting(encoding: Encoding, next_cmd_id: u32) -> Outbound<'static> {
        Outbound {
            writer: Writer::counting(encoding),
            encoding,
            next_cmd_id,
            answers: 0,
            full: 0,
        }
    }

    /// The beginning of a message whose content stands behind octet `len` already.
    pub(crate) fn beginning(
        tx: &'b mut [u8],
        encoding: Encoding,
        len: usize,
        next_cmd_id: u32,
    ) -> Self {
        let mut writer = Writer::new(tx, encoding);
        writer.set_limit(len);
        Self {
            writer,
            encoding,
            next_cmd_id,
            answers: 0,
            full: len,
        }
    }

    /// Goes on with a message that was left at `mark`.
    pub(crate) fn resume(
        tx: &'b mut [u8],
        encoding: Encoding,
        session: &Session,
        mark: OutMark,
    ) -> Self {
        let full = limit(tx.len(), session);
        let mut writer = Writer::resume(tx, encoding, mark.writer);
        writer.set_limit(full.saturating_sub(tail(encoding)));
        Self {
            writer,
            encoding,
            next_cmd_id: mark.next_cmd_id,
            answers: mark.answers,
            full,
        }
    }

    pub(crate) const fn encoding(&self) -> Encoding {
        self.encoding
    }

    pub(crate) fn mark(&self) -> OutMark {
        OutMark {
            writer: self.writer.mark(),
            next_cmd_id: self.next_cmd_id,
            answers: self.answers,
            fits: self.fits(),
        }
    }

    pub(crate) fn roll_back(&mut self, mark: OutMark) {
        self.writer.roll_back(mark.writer);
        self.next_cmd_id = mark.next_cmd_id;
        self.answers = mark.answers;
    }

    /// Whether everything written so far fits the message.
    pub(crate) fn fits(&self) -> bool {
        !self.writer.overflowed()
    }

    /// Whether no answer to a command stands in this message yet, so that it can hold no more by waiting.
    pub(crate) const fn is_fresh(&self) -> bool {
        self.answers == 0
    }

    /// What stands in the message so far has to; from here on it counts as fresh.
    pub(crate) const fn forget_answers(&mut self) {
        self.answers = 0;
    }

    /// The next CmdID: 1, 2, 3 and so on (`REP-C-035`).
    pub(crate) fn cmd_id(&mut self) -> Decimal {
        let id = self.next_cmd_id;
        self.next_cmd_id = id.saturating_add(1);
        Decimal::new(id)
    }

    /// Document start and SyncHdr, SyncBody left open.
    pub(crate) fn begin(&mut self, header: &SyncHdr<'_>) {
        self.writer.begin_message(header);
    }

    /// The Status for the server's SyncHdr, first in SyncBody (`PRO-C-012`).
    pub(crate) fn hdr_status(
        &mut self,
        server: &SyncHdr<'_>,
        code: u16,
        chal: Option<Meta<'_>>,
        versions: &[&str],
    ) {
        let id = self.cmd_id();
        let status = Status {
            cmd_id: id.as_text(),
            msg_ref: server.msg_id.trimmed(),
            cmd_ref: Text::from("0"),
            cmd: Text::from("SyncHdr"),
            target_ref: Some(server.target),
            source_ref: Some(server.source),
            chal,
            code,
        };
        let _ = self.writer.begin_status(&status);
        for version in versions {
            self.writer.item(&Item {
                data: Some(Text::from(*version)),
                ..Item::default()
            });
        }
        self.writer.end(tag::STATUS);
    }

    /// A Status for a command. Its code can be changed while the message is being composed.
    pub(crate) fn status(&mut self, refs: &Refs<'_>, code: u16) -> CodeMark {
        let id = self.cmd_id();
        self.answers = self.answers.saturating_add(1);
        self.writer.status(&Status {
            cmd_id: id.as_text(),
            msg_ref: refs.msg_ref,
            cmd_ref: refs.cmd_ref,
            cmd: Text::from(refs.cmd),
            target_ref: refs.target,
            source_ref: refs.source,
            chal: None,
            code,
        })
    }

    /// Opens a Status for Items.
    pub(crate) fn begin_answer(&mut self, refs: &Refs<'_>, code: u16) {
        let id = self.cmd_id();
        self.answers = self.answers.saturating_add(1);
        let _ = self.writer.begin_status(&Status {
            cmd_id: id.as_text(),
            msg_ref: refs.msg_ref,
            cmd_ref: refs.cmd_ref,
            cmd: Text::from(refs.cmd),
            target_ref: None,
            source_ref: None,
            chal: None,
            code,
        });
    }

    /// An Item of an open Status.
    pub(crate) fn answer_item(&mut self, data: Text<'_>) {
        self.writer.item(&Item {
            data: Some(data),
            ..Item::default()
        });
    }

    /// Closes what [`Self::begin_answer`] opened.
    pub(crate) fn end_answer(&mut self) {
        self.writer.end(tag::STATUS);
    }

    /// Opens Results with one Item, up to its Data (`PRO-C-015`, `PRO-C-016`).
    pub(crate) fn begin_results<'a>(&mut self, refs: &Refs<'a>, meta: &Meta<'a>) {
        self.begin_item(refs, meta);
        self.writer.start(tag::DATA);
    }

    /// Closes what [`Self::begin_results`] opened; `more`: the value goes on in the next message.
    pub(crate) fn end_results(&mut self, more: bool) {
        self.writer.end(tag::DATA);
        self.end_item(more);
    }

    /// Results with one Item that has no data.
    pub(crate) fn bare_results<'a>(&mut self, refs: &Refs<'a>, meta: &Meta<'a>) {
        self.begin_item(refs, meta);
        self.end_item(false);
    }

    fn begin_item<'a>(&mut self, refs: &Refs<'a>, meta: &Meta<'a>) {
        let id = self.cmd_id();
        self.answers = self.answers.saturating_add(1);
        self.writer.begin_command(&Command {
            tag: tag::RESULTS,
            cmd_id: id.as_text(),
            msg_ref: Some(refs.msg_ref),
            cmd_ref: Some(refs.cmd_ref),
            ..Command::default()
        });
        self.writer.begin_item(&Item {
            source: refs.target,
            meta: *meta,
            ..Item::default()
        });
    }

    fn end_item(&mut self, more: bool) {
        self.writer.end_item(more);
        self.writer.end(tag::RESULTS);
    }

    /// An Alert without Items.
    pub(crate) fn alert(&mut self, code: u16) {
        let id = self.cmd_id();
        let code = Decimal::new(u32::from(code));
        self.writer.begin_command(&Command {
            tag: tag::ALERT,
            cmd_id: id.as_text(),
            data: Some(code.as_text()),
            ..Command::default()
        });
        self.writer.end(tag::ALERT);
    }

    /// An Alert about one node.
    pub(crate) fn alert_about(&mut self, code: u16, uri: Text<'_>) {
        let id = self.cmd_id();
        self.answers = self.answers.saturating_add(1);
        let code = Decimal::new(u32::from(code));
        self.writer.begin_command(&Command {
            tag: tag::ALERT,
            cmd_id: id.as_text(),
            data: Some(code.as_text()),
            ..Command::default()
        });
        self.writer.item(&Item {
            target: Some(uri),
            ..Item::default()
        });
        self.writer.end(tag::ALERT);
    }

    /// Ends the message; `None`: it does not fit.
    pub(crate) fn finish(mut self, end: Ending) -> Option<Finished> {
        self.writer.set_limit(self.full);
        match end {
            Ending::AskForMore => self.alert(status::alert::NEXT_MESSAGE),
            Ending::Abort => self.alert(status::alert::SESSION_ABORT),
            Ending::Final | Ending::More => {}
        }
        let is_final = matches!(end, Ending::Final | Ending::Abort);
        self.writer.end_message(is_final);
        if self.writer.overflowed() {
            None
        } else {
            Some(Finished {
                len: self.writer.position(),
                next_cmd_id: self.next_cmd_id,
            })
        }
    }
}

/// A message that is complete.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Finished {
    /// Octets.
    pub(crate) len: usize,
    /// The CmdID after its last.
    pub(crate) next_cmd_id: u32,
}

/// How a message ends.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Ending {
    /// Last message of the package (`PRO-C-010`).
    Final,
    /// More answers follow when the server asks for them.
    More,
    /// The server's package goes on: Alert 1222 (`PRO-C-026`).
    AskForMore,
    /// Alert 1223 and Final (`PRO-C-130`).
    Abort,
}

/// Octets that a message may have in `space`.
pub(crate) fn limit(space: usize, session: &Session) -> usize {
    match usize::try_from(session.server_max_msg_size) {
        Ok(0) | Err(_) => space,
        Ok(limit) => limit.min(space),
    }
}
