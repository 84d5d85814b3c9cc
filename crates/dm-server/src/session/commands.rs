//! The commands of the device: DevInfo, alerts, results.

use std::collections::BTreeSet;

use super::Session;
use crate::draft::Answer;
use crate::objects::Taken;
use crate::script::Verb;
use crate::transcript::{Side, Transcript, normal};
use crate::wire::{Command, Item};

/// The leaves of DevInfo every device has to send.
const DEV_INFO: [&str; 5] = ["DevId", "Man", "Mod", "DmV", "Lang"];
/// Levels a generic alert may be marked with.
const MARKS: [&str; 7] = [
    "fatal",
    "critical",
    "minor",
    "warning",
    "informational",
    "harmless",
    "indeterminate",
];

/// What package 1 has brought so far.
#[derive(Debug, Default)]
pub(super) struct Setup {
    /// Accepted messages.
    pub(super) messages: u32,
    /// Alert 1200 or 1201 was there.
    alert: bool,
    /// Names below `./DevInfo`.
    pub(super) dev_info: BTreeSet<String>,
}

impl Setup {
    /// Package 1 is complete: is everything there? What is missing makes a session pointless.
    pub(super) fn check(&self, transcript: &mut Transcript) -> Result<(), String> {
        if !self.alert {
            transcript.fault("PRO-C-001", "package 1 without Alert 1200 or 1201");
            return Err("package 1 without Alert 1200 or 1201".to_owned());
        }
        if self.dev_info.is_empty() {
            return Err("package 1 without DevInfo".to_owned());
        }
        for name in DEV_INFO
            .iter()
            .filter(|name| !self.dev_info.contains(**name))
        {
            transcript.fault("PRO-C-003", format!("DevInfo without {name}"));
        }
        Ok(())
    }
}

impl Session {
    /// Carries out one command of the device and answers it.
    pub(super) fn command(&mut self, command: &Command, index: usize) {
        let is_next_message = command.name == "Alert" && command.code == Some(1222);
        if self.turn.in_object && !is_next_message {
            let what = format!(
                "{} {} follows a piece of an object",
                command.name, command.cmd_id
            );
            self.transcript.fault("PRO-C-036", what);
        }
        if self.objects.is_open() && !matches!(command.name.as_str(), "Results" | "Alert") {
            self.objects.interrupt(&command.name, &mut self.transcript);
        }
        let code = match command.name.as_str() {
            "Alert" => self.alert(command),
            "Replace" => self.replace(command),
            "Results" => self.results(command),
            other => {
                let what = format!("a device does not send {other}");
                self.transcript.fault("PRO-C-017", what);
                if matches!(
                    other,
                    "Add" | "Atomic" | "Copy" | "Delete" | "Exec" | "Get" | "Sequence"
                ) {
                    405
                } else {
                    501
                }
            }
        };
        // Results that are taken get no Status.
        if command.name != "Results" || code != 200 {
            self.answer(command, index, code);
        }
    }

    /// Queues the Status for a command of the message at hand.
    pub(super) fn answer(&mut self, command: &Command, index: usize, code: u16) {
        let message = self
            .transcript
            .messages
            .iter_mut()
            .rev()
            .find(|message| message.from == Side::Device);
        let Some(message) = message else { return };
        if let Some(record) = message.commands.get_mut(index) {
            record.status = Some(code);
        }
        self.answers.push_back(Answer {
            msg_ref: message.msg_id.clone(),
            cmd_ref: command.cmd_id.clone(),
            cmd: command.name.clone(),
            code,
            ..Answer::default()
        });
    }

    fn alert(&mut self, command: &Command) -> u16 {
        let Some(code) = command.code else { return 412 };
        match code {
            1200 | 1201 => match &mut self.setup {
                Some(setup) if !setup.alert => {
                    setup.alert = true;
                    200
                }
                _ => {
                    self.transcript.fault(
                        "PRO-C-001",
                        format!("Alert {code} outside package 1, or twice"),
                    );
                    405
                }
            },
            1222 => {
                self.turn.asked = true;
                200
            }
            1223 => {
                self.turn.aborted = true;
                200
            }
            1224 | 1226 => self.events(command, code),
            1225 => {
                let uri = command
                    .items
                    .first()
                    .map(Item::address)
                    .unwrap_or_default()
                    .to_owned();
                self.event(format!("the device gave up the object for {uri}"));
                self.drop_object();
                200
            }
            1100..1105 => 200,
            _ => {
                self.transcript
                    .fault("PRO-C-017", format!("a device does not send Alert {code}"));
                406
            }
        }
    }

    /// Client events and generic alerts.
    fn events(&mut self, command: &Command, code: u16) -> u16 {
        if self.setup.as_ref().is_some_and(|setup| !setup.alert) {
            self.transcript.fault(
                "PRO-C-146",
                format!("Alert {code} before Alert 1200 or 1201"),
            );
        }
        let rule = if code == 1224 {
            "PRO-C-125"
        } else {
            "PRO-C-121"
        };
        if command.items.is_empty() {
            self.transcript
                .fault(rule, format!("Alert {code} without an Item"));
            return 412;
        }
        let mut status = 200;
        for item in &command.items {
            let item = match self.take_item(command, item) {
                Ok(item) => item,
                Err(code) => {
                    status = code;
                    continue;
                }
            };
            let typed = item.mime.as_deref().is_some_and(|mime| {
                code == 1224
                    || mime.starts_with("Reversed-Domain-Name:")
                    || mime.starts_with("Content-Type:")
            });
            if !typed || item.format.is_none() || item.data.is_none() {
                self.transcript.fault(
                    rule,
                    format!("an Item of Alert {code} lacks Type, Format or Data"),
                );
                status = 412;
            }
            if item
                .mark
                .as_deref()
                .is_some_and(|mark| !MARKS.contains(&mark))
            {
                self.transcript.fault(
                    "PRO-C-122",
                    format!("Mark `{}`", item.mark.unwrap_or_default()),
                );
            }
        }
        status
    }

    /// The Replace of package 1.
    fn replace(&mut self, command: &Command) -> u16 {
        let Some(setup) = &mut self.setup else {
            self.transcript
                .fault("PRO-C-017", "a device sends Replace in package 1 only");
            return 405;
        };
        let mut code = 200;
        for item in &command.items {
            let source = item.source.as_deref().map(normal).unwrap_or_default();
            let (Some(name), Some(data)) = (source.strip_prefix("./DevInfo/"), &item.data) else {
                let what = format!(
                    "`{}` is no DevInfo node with a Source and Data",
                    item.address()
                );
                self.transcript.fault("PRO-C-002", what);
                code = 412;
                continue;
            };
            if setup.messages == 1 {
                setup.dev_info.insert(name.to_owned());
            }
            self.transcript.learn(
                &source,
                item.format.as_deref(),
                item.mime.as_deref(),
                data.clone(),
            );
        }
        code
    }

    fn results(&mut self, command: &Command) -> u16 {
        if command.items.is_empty() {
            self.transcript
                .fault("PRO-C-016", "Results without an Item");
            return 412;
        }
        let mut code = 200;
        for item in &command.items {
            match self.take_item(command, item) {
                Ok(item) => self.ledger.result(command, &item, &mut self.transcript),
                Err(status) => code = status,
            }
        }
        code
    }

    /// A whole Item, or the Status for a piece of one.
    fn take_item(&mut self, command: &Command, item: &Item) -> Result<Item, u16> {
        let max = self.config.server.max_obj_size;
        self.turn.in_object |= item.more_data;
        let is_last_piece = self.objects.is_open() && !item.more_data;
        match self.objects.take(command, item, max, &mut self.transcript) {
            Taken::Complete(whole) => {
                if is_last_piece {
                    self.check_need(item, &whole);
                }
                Ok(whole)
            }
            Taken::Piece => {
                self.turn.took_piece = true;
                Err(213)
            }
            Taken::Refused(code) => {
                self.turn.took_piece = true;
                Err(code)
            }
        }
    }

    /// Only an object that fits no message comes in pieces. This message, with the whole in place of the last piece,
    /// would have been one.
    fn check_need(&mut self, piece: &Item, whole: &Item) {
        let len = |item: &Item| item.data.as_ref().map_or(0, Vec::len);
        let is_plain = |item: &Item| {
            !item
                .data
                .iter()
                .flatten()
                .any(|octet| b"<>&\r".contains(octet))
        };
        let size = self
            .turn
            .size
            .saturating_sub(len(piece))
            .saturating_add(len(whole));
        let limit = self
            .config
            .server
            .max_msg_size
            .map_or(0, |limit| usize::try_from(limit).unwrap_or(usize::MAX));
        // What has to be escaped in XML is longer there; such values are not judged.
        if size <= limit && is_plain(whole) {
            let what = format!("{} came in pieces, but fits a message", whole.address());
            self.transcript.fault("PRO-C-035", what);
        }
    }

    /// Forgets the rest of the object being sent.
    pub(super) fn drop_object(&mut self) {
        if self
            .tasks
            .front()
            .is_some_and(|task| task.from > 0 && matches!(task.op.verb, Verb::Add | Verb::Replace))
        {
            self.tasks.pop_front();
        }
    }
}
