//! What waits to be told to a server, kept in the store until the server has answered it.
//!
//! An event is one record of the engine, written before [`Client::raise`] returns, and erased when the Status of the
//! server for it was processed: power may fail at any moment, and the event is told at least once, each time with the
//! same Correlator and octets. At most [`EVENTS_MAX`] wait; what they take is stated at [`Client::raise`].
//!
//! An Exec whose handler only began takes a record, too, before its 202 goes out: it holds server, Correlator and address until
//! [`Client::finish`] makes an event of it, in this session or after the restart that the Exec was about (`PRO-C-070`, `PRO-C-071`).
//!
//! | the server's Status | the event |
//! | --- | --- |
//! | 401, 407 | goes with the next message |
//! | 1xx, 408, 417, 503, 506, 511, 514, none at all | goes with the next session |
//! | any other, success or not | is done with |

use dm_tree::{Format, Reason, Ticket, Tree};
use dm_wbxml::{Digest, Encoding, Item, Message, Meta, Part, Status, Text, tag};

use crate::alert::{EVENT_TEXT_MAX, Event, EventKind, Mark};
use crate::client::Client;
use crate::error::{Error, LimitKind, Misuse};
use crate::outbound::Outbound;
use crate::results::{self, Coding, Span};
use crate::session::Session;
use crate::status::{self, alert};

/// Events, and executions whose result is not known yet, that the outbox holds.
pub const EVENTS_MAX: usize = 8;
/// Octets of the longest Correlator of an Exec that is answered later.
pub const CORRELATOR_MAX: usize = 128;
/// Octets of a message that are not for an event: header, Statuses, the end.
const fn room(encoding: Encoding) -> usize {
    match encoding {
        Encoding::Xml => 1280,
        _ => 640,
    }
}
/// Number of the first record of the engine that holds an event.
const FIRST: u16 = 0x8000;

/// The form of the records.
const FORM: u8 = 1;
/// What a record holds: `form u8, kind u8, format u8, mark u8, seq u32, ticket u32`, then the lengths of the texts, the texts,
/// and the data.
const HEAD: usize = 12;
const TEXTS: usize = 5;

/// The kinds of records.
mod kind {
    /// An Exec that was begun, and is not an event yet.
    pub(super) const BEGUN: u8 = 0;
    pub(super) const GENERIC: u8 = 1;
    pub(super) const CLIENT: u8 = 2;
}

/// A record, as it lies in memory.
#[derive(Clone, Copy)]
struct Record<'r> {
    kind: u8,
    format: Format,
    mark: u8,
    /// Later events have higher numbers.
    seq: u32,
    /// Of the Exec that it answers; 0: none.
    ticket: u32,
    /// ServerID, Type, Correlator, Source, Target.
    texts: [&'r [u8]; TEXTS],
    data: &'r [u8],
}

impl<'r> Record<'r> {
    fn read(bytes: &'r [u8]) -> Option<Self> {
        let (head, rest) = bytes.split_first_chunk::<HEAD>()?;
        let [form, kind, format, mark, a, b, c, d, e, f, g, h] = *head;
        if form != FORM {
            return None;
        }
        let (lens, mut rest) = rest.split_first_chunk::<TEXTS>()?;
        let mut texts = [&[][..]; TEXTS];
        for (text, len) in texts.iter_mut().zip(lens) {
            (*text, rest) = rest.split_at_checked(usize::from(*len))?;
        }
        Some(Self {
            kind,
            format: Format::from_u8(format)?,
            mark,
            seq: u32::from_be_bytes([a, b, c, d]),
            ticket: u32::from_be_bytes([e, f, g, h]),
            texts,
            data: rest,
        })
    }

    fn len(&self) -> usize {
        let texts = self.texts.iter().map(|text| text.len());
        texts
            .fold(self.data.len(), usize::saturating_add)
            .saturating_add(HEAD + TEXTS)
    }

    fn write(&self, tree: &mut Tree<'_>, at: usize) -> Result<(), Reason> {
        let [a, b, c, d] = self.seq.to_be_bytes();
        let [e, f, g, h] = self.ticket.to_be_bytes();
        let head = [
            FORM,
            self.kind,
            self.format as u8,
            self.mark,
            a,
            b,
            c,
            d,
            e,
            f,
            g,
            h,
        ];
        let mut lens = [0; TEXTS];
        for (len, text) in lens.iter_mut().zip(self.texts) {
            *len = u8::try_from(text.len()).map_err(|_| Reason::TooLarge)?;
        }
        let [server, mime, correlator, source, target] = self.texts;
        let parts = [
            &head[..],
            &lens,
            server,
            mime,
            correlator,
            source,
            target,
            self.data,
        ];
        tree.set_engine_parts(number(at), &parts)
    }
}

fn number(at: usize) -> u16 {
    u16::try_from(at).unwrap_or_default().saturating_add(FIRST)
}

/// What is known of a record without reading it.
#[derive(Clone, Copy, Default)]
struct Slot {
    /// 0: there is none.
    seq: u32,
    posted: Posted,
}

/// Where an event stands in the present session.
#[derive(Clone, Copy, Default, PartialEq, Eq)]
enum Posted {
    #[default]
    No,
    /// It went out under these identifiers, and is not answered yet.
    As { msg_id: u16, cmd_id: u16 },
    /// It is none, not for this server, or no message of this session can hold it.
    PassedOver,
}

/// The outbox, as far as it is held in RAM: 96 octets.
#[derive(Default)]
pub(crate) struct Outbox {
    slots: [Slot; EVENTS_MAX],
    /// Octets of the longest record that can be read.
    room: usize,
    is_loaded: bool,
}

impl Outbox {
    /// Looks through the store, at the beginning of each session. Costs a read for each slot.
    #[inline(never)]
    pub(crate) fn load(&mut self, tree: &mut Tree<'_>, work: &mut [u8]) -> Result<(), Error> {
        for (at, slot) in self.slots.iter_mut().enumerate() {
            *slot = Slot::default();
            match tree.engine_record(number(at), work) {
                Ok(0) => {}
                Ok(len) => {
                    let record = Record::read(work.get(..len).unwrap_or_default());
                    // Of another form, from another release say: kept, for nothing is lost by accident.
                    slot.seq = record.map_or(1, |record| record.seq.max(1));
                }
                Err(Reason::TooLarge) => slot.seq = 1,
                Err(reason) => return Err(Error::Device(reason)),
            }
        }
        self.room = work.len();
        self.is_loaded = true;
        Ok(())
    }

    fn ensure_loaded(&mut self, tree: &mut Tree<'_>, work: &mut [u8]) -> Result<(), Error> {
        if self.is_loaded {
            Ok(())
        } else {
            self.load(tree, work)
        }
    }

    /// A free slot and the number of the event that goes there.
    fn free(&self) -> Option<(usize, u32)> {
        let at = self.slots.iter().position(|slot| slot.seq == 0)?;
        let last = self.slots.iter().map(|slot| slot.seq).max().unwrap_or(0);
        Some((at, last.saturating_add(1)))
    }

    fn put(&mut self, tree: &mut Tree<'_>, at: usize, record: &Record<'_>) -> Result<(), Reason> {
        record.write(tree, at)?;
        if let Some(slot) = self.slots.get_mut(at) {
            slot.seq = record.seq;
            slot.posted = Posted::No;
        }
        Ok(())
    }

    /// Nothing of what went out in this session counts: it goes out anew.
    pub(crate) fn forget_posted(&mut self) {
        for slot in &mut self.slots {
            slot.posted = Posted::No;
        }
    }

    /// The last message goes out once more under another MsgID.
    pub(crate) fn renumber(&mut self, from: u16, to: u16) {
        for slot in &mut self.slots {
            if let Posted::As { msg_id, .. } = &mut slot.posted
                && *msg_id == from
            {
                *msg_id = to;
            }
        }
    }

    /// The ticket that an Exec with these texts gets, if there is a place for its result.
    pub(crate) fn ticket(&self, session_id: u16, texts: [&[u8]; 3]) -> Result<Ticket, Reason> {
        let (_, seq) = self.free().ok_or(Reason::Full)?;
        let [.., low_a, low_b] = seq.to_be_bytes();
        let [a, b] = session_id.to_be_bytes();
        let ticket = Ticket(u32::from_be_bytes([a, b, low_a, low_b]));
        let record = begun(ticket, seq, texts);
        let is_short = record.texts.iter().all(|text| text.len() <= EVENT_TEXT_MAX);
        if is_short && record.len() <= self.room {
            Ok(ticket)
        } else {
            Err(Reason::TooLarge)
        }
    }

    /// Remembers an Exec that was begun.
    #[inline(never)]
    pub(crate) fn begun(
        &mut self,
        tree: &mut Tree<'_>,
        ticket: Ticket,
        texts: [&[u8]; 3],
    ) -> Result<(), Reason> {
        let (at, seq) = self.free().ok_or(Reason::Full)?;
        self.put(tree, at, &begun(ticket, seq, texts))
    }

    /// Writes what waits for this server, the oldest first. False: there is more, for another message.
    ///
    /// `is_first`: the message is package 1, in which much else stands.
    #[inline(never)]
    pub(crate) fn post(
        &mut self,
        out: &mut Outbound<'_>,
        tree: &mut Tree<'_>,
        session: &Session,
        work: &mut [u8],
        is_first: bool,
    ) -> Result<bool, Error> {
        loop {
            let waiting = self
                .slots
                .iter_mut()
                .enumerate()
                .filter(|(_, slot)| slot.seq != 0 && slot.posted == Posted::No);
            let Some((at, slot)) = waiting.min_by_key(|(_, slot)| slot.seq) else {
                return Ok(true);
            };
            let len = match tree.engine_record(number(at), work) {
                Ok(len) => len,
                Err(Reason::TooLarge) => 0,
                Err(reason) => return Err(Error::Device(reason)),
            };
            let record = Record::read(work.get(..len).unwrap_or_default()).filter(|record| {
                let [server_id, ..] = record.texts;
                record.kind != kind::BEGUN
                    && (server_id.is_empty() || server_id == session.server_id.as_slice())
            });
            let Some(record) = record else {
                slot.posted = Posted::PassedOver;
                continue;
            };
            let before = out.mark();
            // With next to nothing else in the message it will never fit.
            let is_bare = !is_first && out.is_bare();
            let cmd_id = write(out, &record);
            if out.fits() {
                let msg_id = session.msg_id;
                let cmd_id = u16::try_from(cmd_id).unwrap_or(u16::MAX);
                slot.posted = Posted::As { msg_id, cmd_id };
                continue;
            }
            out.roll_back(&before);
            if !is_bare {
                return Ok(false);
            }
            slot.posted = Posted::PassedOver;
        }
    }

    /// Takes the Statuses of a message of the proved server. What is answered for good leaves the store before anything else
    /// is done.
    #[inline(never)]
    pub(crate) fn settle(
        &mut self,
        tree: &mut Tree<'_>,
        message: &Message<'_>,
        digest: &Digest,
    ) -> Result<(), Error> {
        let is_out = |slot: &Slot| matches!(slot.posted, Posted::As { .. });
        if !self.slots.iter().any(is_out) {
            return Ok(());
        }
        let mut body = message.body();
        let mut part = Part::Done;
        let mut left = digest.statuses;
        while left > 0 {
            body.next_into(&mut part)?;
            match &part {
                Part::Status(status) => {
                    left = left.saturating_sub(1);
                    self.settle_one(tree, status)?;
                }
                Part::Done => break,
                _ => {}
            }
        }
        Ok(())
    }

    fn settle_one(&mut self, tree: &mut Tree<'_>, status: &Status<'_>) -> Result<(), Error> {
        let number_of = |text: Text<'_>| {
            let number = text.trimmed().parse_u32();
            number.and_then(|number| u16::try_from(number).ok())
        };
        let (Some(msg_id), Some(cmd_id)) = (number_of(status.msg_ref), number_of(status.cmd_ref))
        else {
            return Ok(());
        };
        let posted = Posted::As { msg_id, cmd_id };
        let mut slots = self.slots.iter_mut().enumerate();
        let Some((at, slot)) = slots.find(|(_, slot)| slot.posted == posted) else {
            return Ok(());
        };
        match status.code {
            status::UNAUTHORIZED | status::AUTHENTICATION_REQUIRED => slot.posted = Posted::No,
            0..=199 | 408 | 417 | 503 | 506 | 511 | 514 => {}
            _ => {
                tree.erase_engine_record(number(at))
                    .map_err(Error::Device)?;
                *slot = Slot::default();
            }
        }
        Ok(())
    }
}

/// An Exec that was begun: server, Correlator and address.
fn begun<'r>(ticket: Ticket, seq: u32, [server_id, correlator, uri]: [&'r [u8]; 3]) -> Record<'r> {
    Record {
        kind: kind::BEGUN,
        format: Format::Null,
        mark: 0,
        seq,
        ticket: ticket.0,
        texts: [server_id, b"", correlator, uri, b""],
        data: &[],
    }
}

/// Writes one event as an Alert (`PRO-C-121` to `PRO-C-125`), and gives its CmdID.
fn write(out: &mut Outbound<'_>, record: &Record<'_>) -> u32 {
    let [_, mime, correlator, source, target] = record.texts;
    let some = |text| Some(Text::from_bytes(text)).filter(|text| !text.is_empty());
    let encoding = out.encoding();
    let (code, correlator) = match record.kind {
        kind::CLIENT => (alert::CLIENT_EVENT, None),
        _ => (alert::GENERIC, some(correlator)),
    };
    let cmd_id = out.begin_event(code, correlator);
    let format = match results::meta(record.format, encoding, &[]).format {
        Some(format) => format,
        // The default has to be named here.
        None => Text::from(record.format.name()),
    };
    out.writer.begin_item(&Item {
        source: some(source),
        target: some(target),
        meta: Meta {
            format: Some(format),
            mime: Some(Text::from_bytes(mime)),
            mark: Mark::name(record.mark).map(Text::from),
            ..Meta::default()
        },
        ..Item::default()
    });
    let mut span = Span::whole(Coding::of(record.format, encoding));
    // What was taken as text is text; there is nothing to fail.
    let _ = results::value(&mut out.writer, &mut span, &mut |sink| {
        sink.bytes(record.data)
    });
    out.writer.end_item(false);
    out.writer.end(tag::ALERT);
    cmd_id
}

impl Client<'_> {
    /// Has a server told of `event` (`PRO-C-120`): with the next message of the session under way, else with package 1 of the
    /// next one. It is in the store when this returns, and stays there until the server has answered it.
    ///
    /// At most [`EVENTS_MAX`] events wait. Each takes the lengths of its texts and data, and 17 octets more, which have to fit
    /// [`Memory::work`](crate::Memory::work) and one record of the store; and as an alert in the encoding of the client it has to fit a
    /// message of `tx` beside 640 octets for the rest, 1280 in XML. An event is never sent in parts.
    ///
    /// # Errors
    /// [`LimitKind::Events`] when the outbox is full, [`LimitKind::EventTooLarge`], [`Misuse::Event`] for what has no form in a
    /// message, [`Error::Device`] when the store refuses. Nothing is kept then.
    pub fn raise(&mut self, tree: &mut Tree<'_>, event: &Event<'_>) -> Result<(), Error> {
        let mime = event.checked()?;
        self.outbox.ensure_loaded(tree, self.memory.work)?;
        let (at, seq) = self.outbox.free().ok_or(Error::Limit(LimitKind::Events))?;
        let record = record_of(event, mime.as_bytes(), seq);
        if !self.has_room_for(&record) {
            return Err(Error::Limit(LimitKind::EventTooLarge));
        }
        self.outbox.put(tree, at, &record).map_err(Error::Device)
    }

    /// Tells the result of an Exec that a handler only began ([`Progress::Started`](dm_tree::Progress::Started)): `event` goes to
    /// the server of the Exec with its Correlator, about the executed node unless `event` names another, as
    /// [`raise`](Self::raise) would send it. The first call for a ticket counts; another one, after a restart say, changes nothing.
    ///
    /// # Errors
    /// [`Misuse::Ticket`] when there is no such Exec, or its result is told already; and those of [`raise`](Self::raise).
    pub fn finish(
        &mut self,
        tree: &mut Tree<'_>,
        ticket: Ticket,
        event: &Event<'_>,
    ) -> Result<(), Error> {
        let mime = event.checked()?;
        let (tx, home) = (self.memory.tx.len(), self.home);
        let work = &mut *self.memory.work;
        self.outbox.ensure_loaded(tree, work)?;
        for at in 0..EVENTS_MAX {
            let len = match tree.engine_record(number(at), work) {
                Ok(len) => len,
                Err(Reason::TooLarge) => continue,
                Err(reason) => return Err(Error::Device(reason)),
            };
            let Some(begun) = Record::read(work.get(..len).unwrap_or_default()) else {
                continue;
            };
            if begun.ticket != ticket.0 || ticket.0 == 0 {
                continue;
            }
            if begun.kind != kind::BEGUN {
                return Ok(());
            }
            let mut record = record_of(event, mime.as_bytes(), begun.seq);
            let [server_id, _, correlator, uri, _] = begun.texts;
            let [_, mime, _, source, target] = record.texts;
            let source = if source.is_empty() { uri } else { source };
            record.ticket = begun.ticket;
            record.texts = [server_id, mime, correlator, source, target];
            if !has_room(&record, work.len(), tx, home) {
                return Err(Error::Limit(LimitKind::EventTooLarge));
            }
            return self.outbox.put(tree, at, &record).map_err(Error::Device);
        }
        Err(Error::Misuse(Misuse::Ticket))
    }

    /// How many events, and executions without a result, the outbox holds.
    ///
    /// # Errors
    /// [`Error::Device`] when the store cannot be read.
    pub fn waiting(&mut self, tree: &mut Tree<'_>) -> Result<usize, Error> {
        self.outbox.ensure_loaded(tree, self.memory.work)?;
        let slots = self.outbox.slots.iter();
        Ok(slots.filter(|slot| slot.seq != 0).count())
    }

    /// Forgets everything in the outbox, told or not: after a reset to factory values, or when the account it was for is gone.
    ///
    /// # Errors
    /// [`Error::Device`] when the store refuses.
    pub fn forget_events(&mut self, tree: &mut Tree<'_>) -> Result<(), Error> {
        for (at, slot) in self.outbox.slots.iter_mut().enumerate() {
            tree.erase_engine_record(number(at))
                .map_err(Error::Device)?;
            *slot = Slot::default();
        }
        Ok(())
    }

    /// Whether an event can be read, and written into a message in whatever form its data take there.
    fn has_room_for(&self, record: &Record<'_>) -> bool {
        has_room(
            record,
            self.memory.work.len(),
            self.memory.tx.len(),
            self.home,
        )
    }
}

fn has_room(record: &Record<'_>, work: usize, tx: usize, encoding: Encoding) -> bool {
    let mut count = Outbound::counting(encoding);
    write(&mut count, record);
    record.len() <= work && count.writer.position() <= tx.saturating_sub(room(encoding))
}

fn record_of<'r>(event: &Event<'r>, mime: &'r [u8], seq: u32) -> Record<'r> {
    let kind = match event.kind {
        EventKind::Client(_) => kind::CLIENT,
        _ => kind::GENERIC,
    };
    Record {
        kind,
        format: event.format,
        mark: event.mark.map_or(0, |mark| mark as u8),
        seq,
        ticket: 0,
        texts: [
            event.server_id.as_bytes(),
            mime,
            event.correlator.as_bytes(),
            event.source.as_bytes(),
            event.target.as_bytes(),
        ],
        data: event.data,
    }
}
