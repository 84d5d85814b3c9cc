//! What the server has asked for and not been told yet; every answer is checked against it.

use core::ops::Range;

use crate::digest;
use crate::draft::Sent;
use crate::script::{Value, Verb};
use crate::tnds::{self, TreeNode};
use crate::transcript::{ItemRecord, Leaf, Transcript, Unmet, normal, printable};
use crate::wire::{Command, Item, Status};

/// The commands of the package at hand and their answers.
#[derive(Debug, Default)]
pub(crate) struct Ledger {
    entries: Vec<Entry>,
    /// Something was answered since [`Ledger::take_progress`].
    progress: bool,
}

/// Where a command stands in the transcript.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Place {
    pub(crate) message: usize,
    pub(crate) command: usize,
}

#[derive(Debug)]
struct Entry {
    msg_id: String,
    cmd_id: String,
    sent: Sent,
    place: Place,
    /// Status of the command as a whole.
    whole: Option<u16>,
    /// Status of each Item, where they come one by one.
    each: Vec<Option<u16>>,
    /// Items of a Get whose Results have come.
    returned: Vec<bool>,
}

/// What a Status means for the object a command carries a piece of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Object {
    /// Nothing: no object, or its piece was taken.
    Fine,
    /// The device does not want the rest.
    Refused,
}

impl Ledger {
    /// Notes a command that has been sent.
    pub(crate) fn add(&mut self, msg_id: u32, sent: Sent, place: Place) {
        let count = sent.items.len();
        self.entries.push(Entry {
            msg_id: msg_id.to_string(),
            cmd_id: sent.cmd_id.to_string(),
            sent,
            place,
            whole: None,
            each: vec![None; count],
            returned: vec![false; count],
        });
    }

    /// Whether anything was answered since this was last asked.
    pub(crate) const fn take_progress(&mut self) -> bool {
        core::mem::replace(&mut self.progress, false)
    }

    /// Whether every command has its answers.
    pub(crate) fn is_settled(&self) -> bool {
        self.entries
            .iter()
            .all(|entry| entry.is_answered() && entry.missing_results().next().is_none())
    }

    /// The device has refused message `msg_id` as a whole: checks that it says so for every command, and forgets them.
    pub(crate) fn refused(&mut self, msg_id: u32, transcript: &mut Transcript) {
        let msg_id = msg_id.to_string();
        for entry in self.entries.iter().filter(|entry| entry.msg_id == msg_id) {
            if !entry.is_answered() {
                let what = format!("no Status for {}, whose message is refused", entry.label());
                transcript.fault("SEC-C-015", what);
            } else if entry.codes().any(|code| !matches!(code, 401 | 407)) {
                let what = format!("{} is answered, but its message is refused", entry.label());
                transcript.fault("SEC-C-016", what);
            }
        }
        self.entries.retain(|entry| entry.msg_id != msg_id);
    }

    /// Takes a Status of the device. `refused`: the device has refused the whole message the command was in.
    pub(crate) fn status(
        &mut self,
        status: &Status,
        refused: bool,
        transcript: &mut Transcript,
    ) -> Object {
        let found = self
            .entries
            .iter()
            .position(|entry| entry.msg_id == status.msg_ref && entry.cmd_id == status.cmd_ref);
        let later_answered = self
            .entries
            .iter()
            .skip(found.unwrap_or(usize::MAX).saturating_add(1))
            .any(|entry| entry.msg_id == status.msg_ref && entry.is_begun());
        let Some(entry) = found.and_then(|index| self.entries.get_mut(index)) else {
            transcript.fault(
                "PRO-C-013",
                format!(
                    "Status for {} {} of message {}, which is not open",
                    status.cmd, status.cmd_ref, status.msg_ref
                ),
            );
            return Object::Fine;
        };
        let label = entry.label();
        // An element that is unknown there has no name there, either.
        let is_unknown = entry.sent.verb == Verb::Other && status.cmd == "Unknown";
        if status.cmd != entry.sent.name && !is_unknown {
            transcript.fault(
                "PRO-C-013",
                format!("Status for {label} calls it `{}`", status.cmd),
            );
        }
        if entry.is_answered() {
            transcript.fault("PRO-C-013", format!("second Status for {label}"));
            return Object::Fine;
        }
        if later_answered {
            transcript.fault(
                "PRO-C-018",
                format!("Status for {label} comes after that of a later command"),
            );
        }
        // A Status for Alert 1222 keeps the conversation going, but brings it no nearer to its end.
        self.progress |= entry.sent.verb != Verb::Alert || entry.sent.code != 1222;
        if (100..200).contains(&status.code) {
            return Object::Fine;
        }
        match entry.take(status, transcript) {
            Some(items) if !refused => entry.judge(status.code, items, transcript),
            _ => Object::Fine,
        }
    }

    /// Takes one complete Item of Results.
    pub(crate) fn result(&mut self, command: &Command, item: &Item, transcript: &mut Transcript) {
        self.progress = true;
        let cmd_ref = command.cmd_ref.as_deref().unwrap_or_default();
        let msg_ref = command.msg_ref.as_deref();
        let entry = self.entries.iter_mut().rev().find(|entry| {
            entry.cmd_id == cmd_ref && msg_ref.is_none_or(|msg_ref| msg_ref == entry.msg_id)
        });
        let Some(entry) = entry.filter(|entry| entry.sent.verb == Verb::Get) else {
            transcript.fault(
                "PRO-C-015",
                format!("Results for CmdRef {cmd_ref}, which is no open Get"),
            );
            return;
        };
        let label = entry.label();
        let Some(source) = item.source.as_deref() else {
            transcript.fault("PRO-C-016", format!("Results for {label} without Source"));
            return;
        };
        let uris = entry.sent.items.iter().map(|item| item.uri.as_str());
        let Some(index) = uris.into_iter().position(|uri| covers(uri, source)) else {
            transcript.fault(
                "PRO-C-016",
                format!("Results for {label} carry {source}, which was not asked for"),
            );
            return;
        };
        match entry.code(index) {
            None => transcript.fault(
                "PRO-C-015",
                format!("Results for {label} come before its Status"),
            ),
            Some(code) if !(200..300).contains(&code) => {
                transcript.fault(
                    "PRO-C-015",
                    format!("Results for {label}, whose Status is {code}"),
                );
            }
            Some(_) => {}
        }
        let data = item.data.clone().unwrap_or_default();
        let is_tree = item
            .mime
            .as_deref()
            .is_some_and(|mime| mime == tnds::XML || mime == tnds::WBXML);
        let mut text = printable(&data);
        if is_tree {
            match tnds::read(&data) {
                Ok(nodes) => {
                    text = tnds::line(&nodes);
                    learn_tree(source, &nodes, transcript);
                }
                Err(what) => transcript.fault("TNDS-C-006", what),
            }
        }
        let is_list = entry
            .sent
            .items
            .get(index)
            .is_some_and(|item| item.uri.contains("?list="));
        if let Some(record) = entry.record(index, transcript) {
            match &mut record.returned {
                Some(returned) => returned.push_str(&format!("; {source} = {text}")),
                None if is_list && !is_tree => record.returned = Some(format!("{source} = {text}")),
                None => record.returned = Some(text.clone()),
            }
        }
        if let Some(expected) = entry.sent.values.get(index) {
            let decoded = digest::decode(&text).filter(|_| item.format.as_deref() == Some("b64"));
            if *expected != text && decoded.as_deref() != Some(expected.as_bytes()) {
                transcript.unmet.push(Unmet {
                    op: label,
                    what: format!("expected the value `{expected}`, got `{text}`"),
                });
            }
        }
        if let Some(returned) = entry.returned.get_mut(index) {
            *returned = true;
        }
        if !is_tree && (item.data.is_some() || !is_list) {
            transcript.learn(source, item.format.as_deref(), item.mime.as_deref(), data);
        }
    }

    /// The device's package is complete: whatever is missing now will not come.
    pub(crate) fn close(&mut self, transcript: &mut Transcript) {
        for entry in &self.entries {
            if !entry.is_answered() {
                transcript.fault("PRO-C-013", format!("no Status for {}", entry.label()));
            }
            for index in entry.missing_results() {
                let uri = entry
                    .sent
                    .items
                    .get(index)
                    .map(|item| item.uri.as_str())
                    .unwrap_or_default();
                transcript.fault("PRO-C-015", format!("no Results for Get {uri}"));
            }
        }
        self.check_atomics(transcript);
        self.entries.clear();
    }

    /// An Atomic is done or not done, and its commands have to say so.
    fn check_atomics(&self, transcript: &mut Transcript) {
        for (index, atomic) in self.entries.iter().enumerate() {
            if atomic.sent.verb != Verb::Atomic {
                continue;
            }
            let after = self.entries.iter().skip(index.saturating_add(1));
            let inside = after.take_while(|entry| {
                entry.msg_id == atomic.msg_id && entry.sent.depth > atomic.sent.depth
            });
            let codes: Vec<u16> = inside.flat_map(Entry::codes).collect();
            // 214 is a user who left; 215 and 216 are not executed and undone.
            let is_success = |code: &u16| (200..300).contains(code) && !matches!(code, 214..=216);
            match atomic.whole {
                Some(200) if !codes.iter().all(is_success) => {
                    transcript.fault(
                        "PRO-C-083",
                        format!(
                            "{} succeeded, but answers inside are {codes:?}",
                            atomic.label()
                        ),
                    );
                }
                Some(507) if codes.iter().any(is_success) => {
                    transcript.fault(
                        "PRO-C-084",
                        format!(
                            "{} failed, but answers inside are {codes:?}",
                            atomic.label()
                        ),
                    );
                }
                _ => {}
            }
        }
    }
}

impl Entry {
    fn label(&self) -> String {
        let name = &self.sent.name;
        match (self.sent.verb, self.sent.items.first()) {
            (Verb::Alert, _) => format!("{name} {}", self.sent.code),
            (_, Some(item)) => format!("{name} {}", item.uri),
            (_, None) => format!("{name} {}", self.cmd_id),
        }
    }

    fn is_begun(&self) -> bool {
        self.whole.is_some() || self.each.iter().any(Option::is_some)
    }

    fn is_answered(&self) -> bool {
        self.whole.is_some() || (!self.each.is_empty() && self.each.iter().all(Option::is_some))
    }

    /// Status of the Item with this index.
    fn code(&self, index: usize) -> Option<u16> {
        self.whole
            .or_else(|| self.each.get(index).copied().flatten())
    }

    /// All codes received.
    fn codes(&self) -> impl Iterator<Item = u16> {
        self.whole
            .into_iter()
            .chain(self.each.iter().copied().flatten())
    }

    fn missing_results(&self) -> impl Iterator<Item = usize> {
        let is_get = self.sent.verb == Verb::Get;
        let missing = move |(index, returned): (usize, &bool)| {
            let succeeded = self
                .code(index)
                .is_some_and(|code| (200..300).contains(&code) && code != 215);
            (is_get && succeeded && !returned).then_some(index)
        };
        self.returned.iter().enumerate().filter_map(missing)
    }

    fn record<'t>(
        &self,
        index: usize,
        transcript: &'t mut Transcript,
    ) -> Option<&'t mut ItemRecord> {
        let message = transcript.messages.get_mut(self.place.message)?;
        message
            .commands
            .get_mut(self.place.command)?
            .items
            .get_mut(index)
    }

    /// Writes a Status down, for the command or for one of its Items; the Items it stands for.
    fn take(&mut self, status: &Status, transcript: &mut Transcript) -> Option<Range<usize>> {
        let given = status
            .target_ref
            .as_deref()
            .or(status.source_ref.as_deref());
        let count = self.each.len();
        if let (Some(given), 2..) = (given, count) {
            let open = self
                .sent
                .items
                .iter()
                .zip(&self.each)
                .position(|(item, code)| {
                    code.is_none()
                        && (same_node(&item.uri, given)
                            || item
                                .source
                                .as_deref()
                                .is_some_and(|uri| same_node(uri, given)))
                });
            let Some(index) = open else {
                transcript.fault(
                    "PRO-C-020",
                    format!(
                        "Status for {} names {given}, which is no open Item",
                        self.label()
                    ),
                );
                return None;
            };
            if self.each.iter().take(index).any(Option::is_none) {
                transcript.fault(
                    "PRO-C-018",
                    format!("Status for {given} comes before that of an earlier Item"),
                );
            }
            if let Some(slot) = self.each.get_mut(index) {
                *slot = Some(status.code);
            }
            if let Some(record) = self.record(index, transcript) {
                record.status = Some(status.code);
            }
            return Some(index..index.saturating_add(1));
        }
        if let (Some(given), Some(item)) = (status.target_ref.as_deref(), self.sent.items.first())
            && !same_node(&item.uri, given)
        {
            transcript.fault(
                "PRO-C-020",
                format!("Status for {} has TargetRef {given}", self.label()),
            );
        }
        self.whole = Some(status.code);
        let message = transcript.messages.get_mut(self.place.message);
        if let Some(command) =
            message.and_then(|message| message.commands.get_mut(self.place.command))
        {
            command.status = Some(status.code);
            if self.sent.verb == Verb::Alert
                && !status.items.is_empty()
                && let Some(item) = command.items.first_mut()
            {
                item.returned = Some(status.items.join(", "));
            }
        }
        let input = status.items.join(", ");
        if let (Verb::Alert, Some(expected)) = (self.sent.verb, self.sent.values.first())
            && *expected != input
        {
            transcript.unmet.push(Unmet {
                op: self.label(),
                what: format!("expected the answer `{expected}`, got `{input}`"),
            });
        }
        Some(0..count.max(1))
    }

    /// Compares a Status with what the script expects.
    fn judge(&self, code: u16, items: Range<usize>, transcript: &mut Transcript) -> Object {
        if self.sent.more_data {
            match code {
                213 => return Object::Fine,
                200..300 => {
                    transcript.fault(
                        "PRO-C-029",
                        format!("{code} for a piece of {}, not 213", self.label()),
                    );
                    return Object::Fine;
                }
                _ => {}
            }
        } else if code == 213 {
            transcript.fault(
                "PRO-C-029",
                format!("213 for {}, which is complete", self.label()),
            );
        }
        let expected = |index: usize| {
            self.sent
                .expect
                .get(index)
                .or_else(|| self.sent.expect.last())
                .copied()
        };
        for index in items {
            let what = match expected(index) {
                Some(expected) if expected != code => format!("expected {expected}, got {code}"),
                None if !(200..300).contains(&code) => format!("expected success, got {code}"),
                _ => continue,
            };
            transcript.unmet.push(Unmet {
                op: self.label(),
                what,
            });
            break;
        }
        if self.sent.more_data && !self.sent.insists {
            Object::Refused
        } else {
            Object::Fine
        }
    }
}

impl Transcript {
    /// Notes what the device told about one of its nodes.
    pub(crate) fn learn(
        &mut self,
        uri: &str,
        format: Option<&str>,
        mime: Option<&str>,
        data: Vec<u8>,
    ) {
        let leaf = Leaf {
            format: format.unwrap_or("chr").to_owned(),
            mime: mime.unwrap_or("text/plain").to_owned(),
            data,
        };
        self.values.insert(normal(uri), leaf);
    }
}

fn same_node(a: &str, b: &str) -> bool {
    normal(a) == normal(b)
}

/// Notes the values of a serialised tree, whose first node is the one at `source`.
fn learn_tree(source: &str, nodes: &[TreeNode], transcript: &mut Transcript) {
    for (path, node) in tnds::flat(nodes) {
        let below = path.split_once('/').map(|(_, below)| below);
        let uri = below.map_or_else(|| source.to_owned(), |below| format!("{source}/{below}"));
        let (format, data) = match &node.value {
            Some(Value::Text(text)) => (node.format.as_deref(), text.clone().into_bytes()),
            Some(Value::Bytes(bytes)) => (Some("bin"), bytes.clone()),
            Some(Value::Tree(_)) | None => continue,
        };
        transcript.learn(&uri, format, node.mime.as_deref(), data);
    }
}

/// Whether Results from `source` answer a Get of `uri`.
fn covers(uri: &str, source: &str) -> bool {
    let (uri, source) = (normal(uri), normal(source));
    if uri == source {
        return true;
    }
    let Some((base, _)) = uri.split_once("?list=") else {
        return false;
    };
    let below = source.strip_prefix(base);
    below.is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
}
