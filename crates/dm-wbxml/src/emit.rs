//! The parts of a message, written in the order of the standard.

use crate::message::{Command, Cred, Item, Meta, Status, SyncHdr};
use crate::text::copy;
use crate::wbxml::writer as wbxml;
use crate::{Tag, Text, Writer, number, tag};

/// Where the three digits of a status code stand in the buffer of a [`Writer`].
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct CodeMark(u32);

impl CodeMark {
    /// Octets from the start of the document to the first digit.
    pub fn offset(&self) -> usize {
        self.0 as usize
    }
}

impl Writer<'_> {
    /// Begins a message: document header, `SyncML`, the whole `SyncHdr`, and the start of
    /// `SyncBody`.
    pub fn begin_message(&mut self, header: &SyncHdr<'_>) {
        self.begin_document();
        self.start(tag::SYNC_ML);
        self.sync_hdr(header);
        self.start(tag::SYNC_BODY);
    }

    /// Ends a message: `Final` if the package ends with it, `SyncBody` and `SyncML`.
    pub fn end_message(&mut self, is_final: bool) {
        if is_final {
            self.empty(tag::FINAL);
        }
        self.end(tag::SYNC_BODY);
        self.end(tag::SYNC_ML);
    }

    /// A whole `SyncHdr`. REP-C-033.
    pub fn sync_hdr(&mut self, header: &SyncHdr<'_>) {
        self.start(tag::SYNC_HDR);
        self.element(tag::VER_DTD, header.ver_dtd);
        self.element(tag::VER_PROTO, header.ver_proto);
        self.element(tag::SESSION_ID, header.session_id);
        self.element(tag::MSG_ID, header.msg_id);
        self.location(tag::TARGET, header.target, header.target_name);
        self.location(tag::SOURCE, header.source, header.source_name);
        self.optional(tag::RESP_URI, header.resp_uri);
        self.flag(tag::NO_RESP, header.no_resp);
        if let Some(cred) = &header.cred {
            self.cred(cred);
        }
        self.max_sizes(header.max_msg_size, header.max_obj_size);
        self.end(tag::SYNC_HDR);
    }

    /// The `Meta` of a `SyncHdr`: the octets of the largest message and object the sender takes;
    /// nothing when there is neither.
    pub fn max_sizes(&mut self, max_msg_size: Option<u32>, max_obj_size: Option<u32>) {
        if max_msg_size.or(max_obj_size).is_none() {
            return;
        }
        self.start(tag::META);
        self.optional_number(tag::MAX_MSG_SIZE, max_msg_size);
        self.optional_number(tag::MAX_OBJ_SIZE, max_obj_size);
        self.end(tag::META);
    }

    fn cred(&mut self, cred: &Cred<'_>) {
        self.start(tag::CRED);
        self.meta(&Meta {
            format: cred.format,
            mime: cred.mime,
            ..Meta::default()
        });
        self.element(tag::DATA, cred.data);
        self.end(tag::CRED);
    }

    /// A whole `Meta`; nothing when it holds nothing.
    pub fn meta(&mut self, meta: &Meta<'_>) {
        if meta.is_empty() {
            return;
        }
        self.start(tag::META);
        self.optional(tag::FORMAT, meta.format);
        self.optional(tag::TYPE, meta.mime);
        self.optional(tag::MARK, meta.mark);
        self.optional_number(tag::SIZE, meta.size);
        self.optional(tag::NEXT_NONCE, meta.next_nonce);
        self.end(tag::META);
    }

    /// A whole Status without items; gives the place of its code.
    pub fn status(&mut self, status: &Status<'_>) -> CodeMark {
        let code = self.begin_status(status);
        self.end(tag::STATUS);
        code
    }

    /// A Status up to its items; gives the place of its code. `end(tag::STATUS)` closes it.
    pub fn begin_status(&mut self, status: &Status<'_>) -> CodeMark {
        self.start(tag::STATUS);
        self.element(tag::CMD_ID, status.cmd_id);
        self.element(tag::MSG_REF, status.msg_ref);
        self.element(tag::CMD_REF, status.cmd_ref);
        self.element(tag::CMD, status.cmd);
        self.optional(tag::TARGET_REF, status.target_ref);
        self.optional(tag::SOURCE_REF, status.source_ref);
        if let Some(meta) = &status.chal {
            self.start(tag::CHAL);
            self.meta(meta);
            self.end(tag::CHAL);
        }
        self.code(status.code)
    }

    /// The `Data` of a Status: three digits that [`Writer::patch_code`] can change.
    pub fn code(&mut self, code: u16) -> CodeMark {
        // As a reference to the string table it could not be changed.
        let table = core::mem::take(&mut self.table);
        self.element(tag::DATA, Text::from_bytes(&digits(code)));
        self.table = table;
        let behind = self.behind_code().wrapping_add(3) as u32;
        CodeMark(self.state.position.wrapping_sub(behind))
    }

    /// Octets of the element that holds a code behind its digits.
    fn behind_code(&self) -> usize {
        if self.is_xml() {
            b"</Data>".len()
        } else {
            wbxml::FRAME_END
        }
    }

    /// Overwrites a status code that is still in the buffer; one that is not stored stays so.
    #[inline(never)]
    pub fn patch_code(&mut self, at: CodeMark, code: u16) {
        let at = at.offset();
        let end = at.saturating_add(3);
        // The buffer may go on behind what may be used of it, and the element is stored whole or not.
        let stored = self.position().min(self.limit as usize);
        if end.saturating_add(self.behind_code()) <= stored
            && let Some(to) = self.buf.get_mut(at..end)
        {
            copy(to, &digits(code));
        }
    }

    /// A command or container up to its items or commands. `end(command.tag)` closes it.
    pub fn begin_command(&mut self, command: &Command<'_>) {
        self.start(command.tag);
        self.element(tag::CMD_ID, command.cmd_id);
        self.flag(tag::NO_RESP, command.no_resp);
        self.optional(tag::MSG_REF, command.msg_ref);
        self.optional(tag::CMD_REF, command.cmd_ref);
        self.optional(tag::DATA, command.data);
        self.meta(&command.meta);
        self.optional(tag::CORRELATOR, command.correlator);
    }

    /// A whole Item. Its data is written as [`Writer::text`] writes it.
    pub fn item(&mut self, item: &Item<'_>) {
        self.begin_item(item);
        self.optional(tag::DATA, item.data);
        self.end_item(item.more_data);
    }

    /// An Item up to its `Data`, for data that is written in pieces; `item.data` and
    /// `item.more_data` do not count.
    pub fn begin_item(&mut self, item: &Item<'_>) {
        self.start(tag::ITEM);
        if let Some(uri) = item.target {
            self.location(tag::TARGET, uri, None);
        }
        if let Some(uri) = item.source {
            self.location(tag::SOURCE, uri, None);
        }
        self.meta(&item.meta);
    }

    /// Ends an Item behind its `Data`, with `MoreData` if further chunks follow.
    pub fn end_item(&mut self, more_data: bool) {
        self.flag(tag::MORE_DATA, more_data);
        self.end(tag::ITEM);
    }

    /// `Target` or `Source`.
    fn location(&mut self, tag: Tag, uri: Text<'_>, name: Option<Text<'_>>) {
        self.start(tag);
        self.element(tag::LOC_URI, uri);
        self.optional(tag::LOC_NAME, name);
        self.end(tag);
    }

    fn optional(&mut self, tag: Tag, text: Option<Text<'_>>) {
        if let Some(text) = text {
            self.element(tag, text);
        }
    }

    fn optional_number(&mut self, tag: Tag, number: Option<u32>) {
        if let Some(number) = number {
            self.number(tag, number);
        }
    }

    fn flag(&mut self, tag: Tag, set: bool) {
        if set {
            self.empty(tag);
        }
    }
}

impl Meta<'_> {
    /// Whether no value is present.
    pub fn is_empty(&self) -> bool {
        self.format.is_none()
            && self.mime.is_none()
            && self.size.is_none()
            && self.mark.is_none()
            && self.next_nonce.is_none()
    }
}

/// The last three decimal digits.
fn digits(code: u16) -> [u8; 3] {
    let mut digits = [b'0'; 3];
    number::write(code.into(), 10, &mut digits);
    digits
}
