//! A server message while it is being written: what fits goes in, what does not waits for the next.

use std::sync::Arc;

use dm_wbxml::{
    Command, Cred, Decimal, Encoding, Item as WireItem, Meta, Status, SyncHdr, Tag, Text, Writer,
    tag,
};

mod other;

pub(crate) use other::{names, sound};

use crate::auth::Challenge;
use crate::config::Secret;
use crate::digest::{self, Scheme};
use crate::script::{Item, Op, Pieces, Value, Verb};
use crate::tnds;

/// Octets kept free for what closes a message.
const TAIL: usize = 40;
/// Octets kept free beside an operation that is to fit a message of its own, for the Status of an Alert 1222.
const BESIDE: usize = 160;
/// Least octets of an object worth sending in the rest of a message.
const LEAST_CHUNK: usize = 16;

/// The header of a server message.
#[derive(Clone, Debug, Default)]
pub(crate) struct Heading {
    pub(crate) ver_dtd: String,
    pub(crate) version: String,
    pub(crate) session_id: String,
    pub(crate) msg_id: u32,
    pub(crate) target: String,
    pub(crate) source: String,
    pub(crate) user: String,
    pub(crate) proof: Option<(Scheme, Secret)>,
    /// The user name goes into the header: beside credentials, and where the message is sealed.
    pub(crate) is_named: bool,
    pub(crate) resp_uri: Option<String>,
    pub(crate) max_msg_size: Option<u32>,
    pub(crate) max_obj_size: Option<u32>,
    /// Names of elements that WBXML has no tokens for, as a string table.
    pub(crate) names: Vec<u8>,
}

/// A Status of the server.
#[derive(Clone, Debug, Default)]
pub(crate) struct Answer {
    pub(crate) msg_ref: String,
    pub(crate) cmd_ref: String,
    pub(crate) cmd: String,
    pub(crate) target_ref: Option<String>,
    pub(crate) source_ref: Option<String>,
    pub(crate) code: u16,
    pub(crate) challenge: Option<Challenge>,
    pub(crate) items: Vec<String>,
}

/// A command the server has to send: an operation, or the rest of one whose object goes in pieces.
#[derive(Clone, Debug)]
pub(crate) struct Task {
    pub(crate) op: Arc<Op>,
    /// Octets of the object already taken.
    pub(crate) from: usize,
    /// Pieces of it that were sent.
    pub(crate) pieces: usize,
}

impl Task {
    /// The whole of an operation.
    pub(crate) fn new(op: Op) -> Self {
        Self {
            op: Arc::new(op),
            from: 0,
            pieces: 0,
        }
    }
}

/// A command that has been written.
#[derive(Clone, Debug)]
pub(crate) struct Sent {
    pub(crate) cmd_id: u32,
    pub(crate) depth: usize,
    pub(crate) verb: Verb,
    /// Element name of the command.
    pub(crate) name: String,
    pub(crate) code: u16,
    pub(crate) correlator: Option<String>,
    pub(crate) items: Vec<SentItem>,
    /// As in [`Op::expect`].
    pub(crate) expect: Vec<u16>,
    /// As in [`Op::values`].
    pub(crate) values: Vec<String>,
    /// More of its object follows.
    pub(crate) more_data: bool,
    /// What the device says to a piece does not end its object.
    pub(crate) insists: bool,
}

/// An Item that has been written.
#[derive(Clone, Debug, Default)]
pub(crate) struct SentItem {
    pub(crate) uri: String,
    pub(crate) source: Option<String>,
    pub(crate) format: Option<String>,
    pub(crate) mime: Option<String>,
    pub(crate) data: Option<Vec<u8>>,
}

/// What became of a task.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Fit {
    /// Written, all of it or the last piece.
    Whole,
    /// A piece is written; the next begins at this octet.
    Piece(usize),
    /// For the next message.
    Later,
    /// No message of the device's size can take it.
    Never,
}

/// A message being written.
#[derive(Debug)]
pub(crate) struct Draft<'b> {
    writer: Writer<'b>,
    limit: usize,
    last_id: u32,
    /// Length after the header and the Status for the device's header, which every message has.
    base: usize,
    answers: usize,
    sent: Vec<Sent>,
}

impl<'b> Draft<'b> {
    /// Begins a message of at most `limit` octets in `buf`.
    pub(crate) fn new(
        buf: &'b mut [u8],
        limit: usize,
        encoding: Encoding,
        heading: &'b Heading,
    ) -> Self {
        let mut writer = Writer::new(buf, encoding);
        if encoding == Encoding::Wbxml && !heading.names.is_empty() {
            writer.set_string_table(&heading.names);
        }
        let msg_id = Decimal::new(heading.msg_id);
        let cred = heading.proof.as_ref().map(|(scheme, data)| Cred {
            format: Some("b64".into()),
            mime: Some(scheme.mime().into()),
            data: data.reveal().into(),
        });
        writer.begin_message(&SyncHdr {
            ver_dtd: heading.ver_dtd.as_str().into(),
            ver_proto: heading.version.as_str().into(),
            session_id: heading.session_id.as_str().into(),
            msg_id: msg_id.as_text(),
            target: heading.target.as_str().into(),
            source: heading.source.as_str().into(),
            source_name: heading.is_named.then(|| heading.user.as_str().into()),
            resp_uri: heading.resp_uri.as_deref().map(Text::from),
            cred,
            max_msg_size: heading.max_msg_size,
            max_obj_size: heading.max_obj_size,
            ..SyncHdr::default()
        });
        Self {
            writer,
            limit,
            last_id: 0,
            base: 0,
            answers: 0,
            sent: Vec::new(),
        }
    }

    /// Writes a Status; `false` when it has to wait for the next message.
    ///
    /// The first one is for the header, goes into every message, and is written whatever the limit.
    pub(crate) fn answer(&mut self, answer: &Answer) -> bool {
        if self.answers == 0 {
            self.status(answer);
            self.base = self.writer.position();
        } else if self.attempt(|draft| draft.status(answer)).is_err() {
            return false;
        }
        self.answers = self.answers.saturating_add(1);
        true
    }

    /// Writes a task, or as much of it as fits.
    pub(crate) fn task(&mut self, task: &Task) -> Fit {
        let fresh = self.sent.is_empty() && self.answers <= 2;
        let is_split = task.op.pieces != Pieces::default();
        if task.from == 0 && !is_split {
            let Err(size) = self.attempt(|draft| draft.command(&task.op, 0)) else {
                return Fit::Whole;
            };
            let alone = self
                .base
                .saturating_add(size)
                .saturating_add(BESIDE)
                .saturating_add(TAIL);
            if alone <= self.limit && !fresh {
                return Fit::Later;
            }
        }
        match task.op.items.as_slice() {
            [item] if matches!(task.op.verb, Verb::Add | Verb::Replace) && item.value.is_some() => {
                self.piece(task, item, fresh)
            }
            _ => Fit::Never,
        }
    }

    /// Whether header and first Status alone break the device's limit.
    pub(crate) fn is_hopeless(&self) -> bool {
        self.base.saturating_add(TAIL) > self.limit
    }

    /// Closes the message: its length, and the commands it holds.
    pub(crate) fn finish(mut self, is_final: bool) -> (usize, Vec<Sent>) {
        self.writer.end_message(is_final);
        (self.writer.written().len(), self.sent)
    }

    /// Writes something, or takes it back and tells its size when it does not fit.
    fn attempt(&mut self, write: impl FnOnce(&mut Self)) -> Result<(), usize> {
        let (mark, last_id, sent) = (self.writer.mark(), self.last_id, self.sent.len());
        write(self);
        let end = self.writer.position();
        if end.saturating_add(TAIL) <= self.limit {
            return Ok(());
        }
        self.writer.roll_back(mark);
        self.last_id = last_id;
        self.sent.truncate(sent);
        Err(end.saturating_sub(mark.position()))
    }

    fn status(&mut self, answer: &Answer) {
        let nonce = answer
            .challenge
            .as_ref()
            .and_then(|challenge| challenge.nonce.as_deref())
            .map(digest::encode);
        let cmd_id = Decimal::new(self.next_id());
        self.writer.begin_status(&Status {
            cmd_id: cmd_id.as_text(),
            msg_ref: answer.msg_ref.as_str().into(),
            cmd_ref: answer.cmd_ref.as_str().into(),
            cmd: answer.cmd.as_str().into(),
            target_ref: answer.target_ref.as_deref().map(Text::from),
            source_ref: answer.source_ref.as_deref().map(Text::from),
            chal: answer.challenge.as_ref().map(|challenge| Meta {
                format: Some("b64".into()),
                mime: Some(challenge.scheme.mime().into()),
                next_nonce: nonce.as_deref().map(Text::from),
                ..Meta::default()
            }),
            code: answer.code,
        });
        for data in &answer.items {
            self.writer.item(&WireItem {
                data: Some(data.as_str().into()),
                ..WireItem::default()
            });
        }
        self.writer.end(tag::STATUS);
    }

    /// A whole command with everything inside.
    fn command(&mut self, op: &Op, depth: usize) {
        if op.verb == Verb::Other {
            return self.other(op, depth);
        }
        let items = op
            .items
            .iter()
            .map(|item| Carried::of(item, self.writer.encoding()))
            .collect::<Vec<_>>();
        let element = self.open(
            op,
            depth,
            items
                .iter()
                .map(|carried| carried.sent(0, carried.data.len()))
                .collect(),
            false,
        );
        for carried in &items {
            self.item(carried, 0, carried.data.len(), carried.item.size, false);
        }
        for inner in &op.ops {
            self.command(inner, depth.saturating_add(1));
        }
        self.writer.end(element);
    }

    /// One piece of an object, as large as fits.
    fn piece(&mut self, task: &Task, item: &Item, fresh: bool) -> Fit {
        let Task { op, from, .. } = task;
        let from = *from;
        let carried = Carried::of(item, self.writer.encoding());
        let total = carried.data.len();
        let most = op.pieces.octets.unwrap_or(usize::MAX);
        if (from > 0 || op.pieces.octets.is_some())
            && total.saturating_sub(from) <= most
            && self
                .attempt(|draft| draft.chunk(op, &carried, from, total))
                .is_ok()
        {
            return Fit::Whole;
        }
        let end = from.saturating_add(most).saturating_add(1);
        let (mut good, mut bad) = (from, total.min(end));
        while bad.saturating_sub(good) > 1 {
            let end = good.midpoint(bad);
            let (mark, last_id, sent) = (self.writer.mark(), self.last_id, self.sent.len());
            let fits = self
                .attempt(|draft| draft.chunk(op, &carried, from, end))
                .is_ok();
            if fits {
                self.writer.roll_back(mark);
                self.last_id = last_id;
                self.sent.truncate(sent);
                good = end;
            } else {
                bad = end;
            }
        }
        let end = carried.cut(good);
        if end <= from {
            return if fresh { Fit::Never } else { Fit::Later };
        }
        if end.saturating_sub(from) < LEAST_CHUNK && !fresh {
            return Fit::Later;
        }
        match self.attempt(|draft| draft.chunk(op, &carried, from, end)) {
            Ok(()) => Fit::Piece(end),
            Err(_) => Fit::Never,
        }
    }

    fn chunk(&mut self, op: &Op, carried: &Carried<'_>, from: usize, to: usize) {
        let more_data = to < carried.data.len();
        let element = self.open(op, 0, vec![carried.sent(from, to)], more_data);
        let total = u32::try_from(carried.data.len()).unwrap_or(u32::MAX);
        let has_size = from == 0 && !op.pieces.sizeless;
        let size = has_size.then(|| carried.item.size.unwrap_or(total));
        self.item(carried, from, to, size, more_data);
        self.writer.end(element);
    }

    /// Begins a command and notes it.
    fn open(&mut self, op: &Op, depth: usize, items: Vec<SentItem>, more_data: bool) -> Tag {
        let cmd_id = self.next_id();
        let (id, code) = (Decimal::new(cmd_id), Decimal::new(op.code.into()));
        let command = Command {
            tag: element(op.verb),
            cmd_id: id.as_text(),
            data: (op.verb == Verb::Alert).then(|| code.as_text()),
            correlator: op.correlator.as_deref().map(Text::from),
            no_resp: op.no_resp,
            ..Command::default()
        };
        self.writer.begin_command(&command);
        self.sent.push(Sent {
            cmd_id,
            depth,
            verb: op.verb,
            name: op.verb.name().to_owned(),
            code: op.code,
            correlator: op.correlator.clone(),
            items,
            expect: op.expect.clone(),
            values: op.values.clone(),
            more_data,
            insists: op.pieces.insists,
        });
        command.tag
    }

    fn item(
        &mut self,
        carried: &Carried<'_>,
        from: usize,
        to: usize,
        size: Option<u32>,
        more_data: bool,
    ) {
        let item = carried.item;
        self.writer.begin_item(&WireItem {
            target: (!item.uri.is_empty()).then(|| item.uri.as_str().into()),
            source: item.from.as_deref().map(Text::from),
            meta: Meta {
                format: carried.format.as_deref().map(Text::from),
                mime: carried.mime.as_deref().map(Text::from),
                size,
                ..Meta::default()
            },
            ..WireItem::default()
        });
        if item.value.is_some() {
            let data = carried.data.get(from..to).unwrap_or_default();
            if data.is_empty() {
                self.writer.empty(tag::DATA);
            } else {
                self.writer.start(tag::DATA);
                if carried.is_octets && self.writer.encoding() == Encoding::Wbxml {
                    self.writer.opaque(data);
                } else {
                    self.writer.text(data.into());
                }
                self.writer.end(tag::DATA);
            }
        }
        self.writer.end_item(more_data);
    }

    const fn next_id(&mut self) -> u32 {
        self.last_id = self.last_id.saturating_add(1);
        self.last_id
    }
}

/// An Item with its value as the encoding carries it.
struct Carried<'i> {
    item: &'i Item,
    format: Option<String>,
    mime: Option<String>,
    data: Vec<u8>,
    is_octets: bool,
}

impl<'i> Carried<'i> {
    fn of(item: &'i Item, encoding: Encoding) -> Self {
        let format = item.format.clone();
        let mime = item.mime.clone();
        if let Some(Value::Tree(nodes)) = &item.value {
            let is_wbxml = encoding == Encoding::Wbxml;
            let (kind, usual) = if is_wbxml {
                (tnds::WBXML, "bin")
            } else {
                (tnds::XML, "xml")
            };
            return Self {
                item,
                format: format.or_else(|| Some(usual.to_owned())),
                mime: mime.or_else(|| Some(kind.to_owned())),
                data: match is_wbxml {
                    true => tnds::to_wbxml(nodes),
                    false => tnds::to_xml(nodes).into_bytes(),
                },
                is_octets: is_wbxml,
            };
        }
        let is_bin = format.as_deref() == Some("bin");
        let octets = match &item.value {
            Some(Value::Bytes(bytes)) => Some(bytes.as_slice()),
            Some(Value::Text(text)) if is_bin => Some(text.as_bytes()),
            Some(Value::Text(_) | Value::Tree(_)) | None => None,
        };
        match (octets, &item.value) {
            (Some(octets), _) if encoding == Encoding::Wbxml => Self {
                item,
                format: format.or_else(|| Some("bin".to_owned())),
                mime,
                data: octets.to_vec(),
                is_octets: true,
            },
            (Some(octets), _) => {
                let format = format
                    .filter(|_| !is_bin)
                    .or_else(|| Some("b64".to_owned()));
                Self {
                    item,
                    format,
                    mime,
                    data: digest::encode(octets).into_bytes(),
                    is_octets: true,
                }
            }
            (None, Some(Value::Text(text))) => Self {
                item,
                format,
                mime,
                data: text.clone().into_bytes(),
                is_octets: false,
            },
            (None, _) => Self {
                item,
                format,
                mime,
                data: Vec::new(),
                is_octets: false,
            },
        }
    }

    /// The largest place up to `at` where the value may be cut.
    fn cut(&self, at: usize) -> usize {
        if self.is_octets {
            return at;
        }
        // The first octet behind the cut must not continue a character.
        let follows = |at: &usize| self.data.get(*at).is_some_and(|octet| octet & 0xC0 == 0x80);
        (0..=at).rev().find(|at| !follows(at)).unwrap_or(0)
    }

    fn sent(&self, from: usize, to: usize) -> SentItem {
        SentItem {
            uri: self.item.uri.clone(),
            source: self.item.from.clone(),
            format: self.format.clone(),
            mime: self.mime.clone(),
            data: self
                .item
                .value
                .as_ref()
                .map(|_| self.data.get(from..to).unwrap_or_default().to_vec()),
        }
    }
}

/// Octets of an Item's value as the encoding carries it.
pub(crate) fn carried_len(item: &Item, encoding: Encoding) -> usize {
    Carried::of(item, encoding).data.len()
}

/// The element of a command.
const fn element(verb: Verb) -> Tag {
    match verb {
        Verb::Add => tag::ADD,
        Verb::Alert => tag::ALERT,
        Verb::Atomic => tag::ATOMIC,
        Verb::Copy => tag::COPY,
        Verb::Delete => tag::DELETE,
        Verb::Exec => tag::EXEC,
        Verb::Get => tag::GET,
        Verb::Replace => tag::REPLACE,
        Verb::Sequence => tag::SEQUENCE,
        Verb::Other => Tag::UNKNOWN,
    }
}
