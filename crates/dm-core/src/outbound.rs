//! Composing one message of the client: header, Statuses, Results, the end.
//!
//! Protocol chapters 2, 3 and 6. Everything is written straight into the lent buffer. What must not be torn apart
//! is written behind a mark and taken back as a whole when it does not fit.

use dm_wbxml::{
    CodeMark, Command, Encoding, Hex, Item, Mark, Meta, SyncHdr, Tag, Text, Writer, tag,
};

use crate::auth::{self, Scheme};
use crate::session::{Session, Version};
use crate::status;

/// Octets kept free for what ends a message: Alert 1222, Final and the closing tags.
const fn tail(encoding: Encoding) -> usize {
    match encoding {
        Encoding::Xml => 96,
        _ => 32,
    }
}

/// A place in a message to which it can be taken back; by default its start.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct OutMark {
    writer: Mark,
    /// The CmdID given last; 0: none was.
    last_cmd_id: u32,
    answers: u16,
    fits: bool,
}

impl OutMark {
    /// The start of a message whose content has the CmdIDs up to here already.
    pub(crate) fn start_behind(&self) -> Self {
        Self {
            last_cmd_id: self.last_cmd_id,
            ..Self::default()
        }
    }

    /// Whether everything up to here fits the message.
    pub(crate) const fn fits(&self) -> bool {
        self.fits
    }

    /// Octets of the message up to here.
    pub(crate) fn position(&self) -> usize {
        self.writer.position()
    }

    /// What stands in the message so far has to; from here on it counts as fresh.
    pub(crate) const fn refresh(&mut self) {
        self.answers = 0;
    }
}

/// A message being composed.
pub(crate) struct Outbound<'b> {
    pub(crate) writer: Writer<'b>,
    last_cmd_id: u32,
    answers: u16,
    full: usize,
    /// Octets of the largest value that the server takes; 0: it named no limit.
    pub(crate) max_obj_size: u32,
    /// What is written now is only measured, and taken back: all of it fits.
    #[cfg(feature = "atomic")]
    pub(crate) measures: bool,
}

/// What an answer refers to: a command, or one Item of it.
#[derive(Clone, Copy)]
pub(crate) struct Refs<'a> {
    /// MsgID of the message that is answered.
    pub(crate) msg_ref: &'a [u8],
    pub(crate) command: &'a Command<'a>,
    pub(crate) item: Option<&'a Item<'a>>,
}

impl Refs<'_> {
    /// Name of the command.
    pub(crate) fn cmd(&self) -> &'static str {
        self.command.tag.name().unwrap_or("Unknown")
    }
}

impl<'b> Outbound<'b> {
    /// Octets kept free at the end of a message, at most.
    pub(crate) const TAIL_MAX: usize = tail(Encoding::Xml);

    /// Only counts what the longest CmdIDs take, and the rest.
    #[cfg(feature = "events")]
    pub(crate) fn counting(encoding: Encoding) -> Outbound<'static> {
        Outbound {
            writer: Writer::counting(encoding),
            last_cmd_id: u32::MAX,
            answers: 0,
            full: 0,
            max_obj_size: 0,
            #[cfg(feature = "atomic")]
            measures: false,
        }
    }

    /// Goes on with a message that was left at `mark`. It may grow to all of `tx`, or to the server's MaxMsgSize when that is
    /// smaller (`PRO-C-023`).
    pub(crate) fn resume(
        tx: &'b mut [u8],
        encoding: Encoding,
        session: &Session,
        mark: &OutMark,
    ) -> Self {
        let full = limit(tx.len(), session);
        let mut writer = Writer::resume(tx, encoding, mark.writer);
        writer.set_limit(full.saturating_sub(tail(encoding)));
        Self {
            writer,
            last_cmd_id: mark.last_cmd_id,
            answers: mark.answers,
            full,
            max_obj_size: session.server_max_obj_size,
            #[cfg(feature = "atomic")]
            measures: false,
        }
    }

    pub(crate) fn encoding(&self) -> Encoding {
        self.writer.encoding()
    }

    #[inline(never)]
    pub(crate) fn mark(&self) -> OutMark {
        OutMark {
            writer: self.writer.mark(),
            last_cmd_id: self.last_cmd_id,
            answers: self.answers,
            fits: self.fits(),
        }
    }

    #[inline(never)]
    pub(crate) fn roll_back(&mut self, mark: &OutMark) {
        self.writer.roll_back(mark.writer);
        self.last_cmd_id = mark.last_cmd_id;
        self.answers = mark.answers;
    }

    /// Whether everything written so far fits the message.
    pub(crate) fn fits(&self) -> bool {
        !self.writer.overflowed() || self.measures()
    }

    /// Whether what is written now is only measured.
    pub(crate) const fn measures(&self) -> bool {
        #[cfg(feature = "atomic")]
        return self.measures;
        #[cfg(not(feature = "atomic"))]
        false
    }

    /// Whether no answer to a command stands in this message yet, so that it can hold no more by waiting.
    pub(crate) const fn is_fresh(&self) -> bool {
        self.answers == 0
    }

    /// Whether no more stands in this message than the Status for one Alert.
    #[cfg(feature = "events")]
    pub(crate) const fn is_bare(&self) -> bool {
        self.answers <= 1
    }

    /// Opens a command with the next CmdID: 1, 2, 3 and so on (`REP-C-035`).
    pub(crate) fn open(&mut self, command: Tag) {
        self.last_cmd_id = self.last_cmd_id.saturating_add(1);
        self.writer.start(command);
        self.writer.number(tag::CMD_ID, self.last_cmd_id);
    }

    /// Opens an answer to a command.
    fn open_answer(&mut self, command: Tag, refs: &Refs<'_>) {
        self.answers = self.answers.saturating_add(1);
        self.open(command);
        self.refer(Text::from_bytes(refs.msg_ref), refs.command.cmd_id);
    }

    fn refer(&mut self, msg_ref: Text<'_>, cmd_ref: Text<'_>) {
        self.writer.element(tag::MSG_REF, msg_ref);
        self.writer.element(tag::CMD_REF, cmd_ref);
    }

    /// An element with text that is one piece.
    #[inline(never)]
    fn plain(&mut self, tag: Tag, text: &[u8]) {
        self.writer.element(tag, Text::from_bytes(text));
    }

    fn optional(&mut self, tag: Tag, text: Option<Text<'_>>) {
        if let Some(text) = text {
            self.writer.element(tag, text);
        }
    }

    /// Document start and SyncHdr, SyncBody left open (`REP-C-033`), with the credentials of this scheme.
    #[inline(never)]
    pub(crate) fn begin(&mut self, session: &Session, max_msg_size: usize, scheme: Option<Scheme>) {
        let auth = &session.client_auth;
        self.writer.begin_document();
        self.writer.start(tag::SYNC_ML);
        self.writer.start(tag::SYNC_HDR);
        self.plain(tag::VER_DTD, b"1.2");
        self.plain(tag::VER_PROTO, session.version.ver_proto().as_bytes());
        let session_id = Hex::new(session.session_id);
        self.plain(tag::SESSION_ID, session_id.as_bytes());
        self.writer.number(tag::MSG_ID, u32::from(session.msg_id));
        self.location(tag::TARGET, Text::from(session.uri.as_str()), None);
        // The server looks the secret up by this name before it reads on (`SEC-C-006`).
        let name = scheme.filter(|scheme| *scheme != Scheme::Basic);
        let name = name.map(|_| Text::from_bytes(&auth.proof.who.name));
        self.location(tag::SOURCE, Text::from_bytes(&session.dev_id), name);
        // The proof of a seal goes with the transport, once the message is complete (`SEC-C-028`).
        if let Some(scheme) = scheme.filter(|scheme| !scheme.is_seal()) {
            self.writer.start(tag::CRED);
            self.secured(scheme, None);
            self.begin_base64(tag::DATA);
            auth::prove(scheme, &auth.proof.who, &auth.proof.nonce, &mut |part| {
                self.writer.put_base64(part);
            });
            self.end_base64(tag::DATA);
            self.writer.end(tag::CRED);
        }
        let max_obj_size = Some(session.max_obj_size).filter(|size| *size != 0);
        let max_msg_size = u32::try_from(max_msg_size).unwrap_or(u32::MAX);
        self.writer.max_sizes(Some(max_msg_size), max_obj_size);
        self.writer.end(tag::SYNC_HDR);
        self.writer.start(tag::SYNC_BODY);
    }

    /// The Meta of a Cred or Chal, with the nonce of a challenge: Type, Format b64 and, where the scheme has one, the nonce
    /// (`SEC-C-049`).
    fn secured(&mut self, scheme: Scheme, nonce: Option<&[u8]>) {
        self.writer.start(tag::META);
        self.plain(tag::FORMAT, b"b64");
        self.plain(tag::TYPE, scheme.type_name().as_bytes());
        if let Some(nonce) = nonce.filter(|_| scheme.has_nonce()) {
            self.begin_base64(tag::NEXT_NONCE);
            self.writer.put_base64(nonce);
            self.end_base64(tag::NEXT_NONCE);
        }
        self.writer.end(tag::META);
    }

    fn begin_base64(&mut self, element: Tag) {
        self.writer.start(element);
        self.writer.begin_text();
    }

    fn end_base64(&mut self, element: Tag) {
        self.writer.end_base64();
        self.writer.end_text();
        self.writer.end(element);
    }

    /// `Target` or `Source`.
    fn location(&mut self, place: Tag, uri: Text<'_>, name: Option<Text<'_>>) {
        self.writer.start(place);
        self.writer.element(tag::LOC_URI, uri);
        self.optional(tag::LOC_NAME, name);
        self.writer.end(place);
    }

    /// The Status for the server's SyncHdr, first in SyncBody (`PRO-C-012`).
    pub(crate) fn hdr_status(
        &mut self,
        server: &SyncHdr<'_>,
        code: u16,
        chal: Option<Scheme>,
        session: &Session,
    ) {
        self.open(tag::STATUS);
        self.refer(server.msg_id, Text::from("0"));
        self.plain(tag::CMD, b"SyncHdr");
        self.writer.element(tag::TARGET_REF, server.target);
        self.writer.element(tag::SOURCE_REF, server.source);
        if let Some(scheme) = chal {
            self.writer.start(tag::CHAL);
            self.secured(scheme, session.server_auth.issued());
            self.writer.end(tag::CHAL);
        }
        let _ = self.writer.code(code);
        match code {
            status::DTD_VERSION => self.answer_item(Text::from("1.2")),
            status::PROTOCOL_VERSION => {
                for version in Version::ALL {
                    self.answer_item(Text::from(version.ver_proto()));
                }
            }
            _ => {}
        }
        self.writer.end(tag::STATUS);
    }

    /// A Status for a command. Its code can be changed while the message is being composed.
    #[inline(never)]
    pub(crate) fn status(&mut self, refs: &Refs<'_>, code: u16) -> CodeMark {
        let mark = self.begin_answer(refs, code);
        self.writer.end(tag::STATUS);
        mark
    }

    /// A Status up to its Items.
    pub(crate) fn begin_answer(&mut self, refs: &Refs<'_>, code: u16) -> CodeMark {
        self.open_answer(tag::STATUS, refs);
        self.writer.element(tag::CMD, Text::from(refs.cmd()));
        if let Some(item) = refs.item {
            self.optional(tag::TARGET_REF, item.target);
            self.optional(tag::SOURCE_REF, item.source);
        }
        self.writer.code(code)
    }

    /// Changes the code of a Status that was given 200.
    pub(crate) fn change(&mut self, at: CodeMark, code: u16) {
        if code != status::OK {
            self.writer.patch_code(at, code);
        }
    }

    /// An Item of an open Status.
    pub(crate) fn answer_item(&mut self, data: Text<'_>) {
        self.writer.start(tag::ITEM);
        self.writer.element(tag::DATA, data);
        self.writer.end(tag::ITEM);
    }

    /// Closes what [`Self::begin_answer`] opened.
    pub(crate) fn end_answer(&mut self) {
        self.writer.end(tag::STATUS);
    }

    /// Opens Results with one Item, which is about `uri`, up to its Data (`PRO-C-015`, `PRO-C-016`).
    #[inline(never)]
    pub(crate) fn begin_results(&mut self, refs: &Refs<'_>, uri: &[u8], meta: &Meta<'_>) {
        self.open_answer(tag::RESULTS, refs);
        self.begin_item(tag::SOURCE, Text::from_bytes(uri));
        self.writer.meta(meta);
    }

    /// Closes what [`Self::begin_results`] opened.
    pub(crate) fn end_results(&mut self) {
        self.writer.end(tag::ITEM);
        self.writer.end(tag::RESULTS);
    }

    /// Opens an Item with one address, in Target or Source, up to its Meta.
    pub(crate) fn begin_item(&mut self, place: Tag, uri: Text<'_>) {
        self.writer.start(tag::ITEM);
        self.location(place, uri, None);
    }

    /// An Alert without Items.
    pub(crate) fn alert(&mut self, code: u16) {
        self.begin_alert(code);
        self.writer.end(tag::ALERT);
    }

    fn begin_alert(&mut self, code: u16) {
        self.open(tag::ALERT);
        self.writer.number(tag::DATA, u32::from(code));
    }

    /// Opens an Alert for Items, and gives its CmdID.
    #[cfg(feature = "events")]
    pub(crate) fn begin_event(&mut self, code: u16, correlator: Option<Text<'_>>) -> u32 {
        self.answers = self.answers.saturating_add(1);
        self.begin_alert(code);
        self.optional(tag::CORRELATOR, correlator);
        self.last_cmd_id
    }

    /// Tells with Alert 1225 that the rest of an object does not come. False: there was no room for that, but will be in the
    /// next message.
    #[inline(never)]
    pub(crate) fn tell_no_end(&mut self, uri: Text<'_>) -> bool {
        let mark = self.mark();
        let is_fresh = self.is_fresh();
        self.answers = self.answers.saturating_add(1);
        self.begin_alert(status::alert::NO_END_OF_DATA);
        self.begin_item(tag::TARGET, uri);
        self.writer.end(tag::ITEM);
        self.writer.end(tag::ALERT);
        if self.fits() {
            return true;
        }
        self.roll_back(&mark);
        // An empty message that has no room for it never will.
        is_fresh
    }

    /// Ends the message, for which room was kept.
    pub(crate) fn finish(&mut self, end: Ending) {
        self.writer.set_limit(self.full);
        match end {
            Ending::AskForMore => self.alert(status::alert::NEXT_MESSAGE),
            Ending::Abort => self.alert(status::alert::SESSION_ABORT),
            Ending::Final | Ending::More => {}
        }
        let is_final = matches!(end, Ending::Final | Ending::Abort);
        self.writer.end_message(is_final);
    }

    /// Keeps so many octets of the message free, instead of those that end it.
    pub(crate) fn keep_free(&mut self, octets: usize) {
        self.writer.set_limit(self.full.saturating_sub(octets));
    }
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
fn limit(space: usize, session: &Session) -> usize {
    match usize::try_from(session.server_max_msg_size) {
        Ok(0) | Err(_) => space,
        Ok(limit) => limit.min(space),
    }
}
