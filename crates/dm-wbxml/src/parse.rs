//! From events to the parts of a message.
//!
//! One walk serves them all: it collects the text of the wanted elements, two levels deep. Children come in any order,
//! unknown ones are passed over (REP-C-038), of repeated ones the first counts.

use crate::message::{Command, Cred, Item, Meta, Status, SyncHdr};
use crate::reader::{Cursor, Reader, Step};
use crate::{Error, Tag, Text, tag};

/// A wanted element: a child of the element walked, or one anywhere below that child.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) struct Want(u32);

const fn own(tag: Tag) -> Want {
    Want(tag.bits() as u32)
}

const fn below(child: Tag, tag: Tag) -> Want {
    Want((child.bits() as u32) << 16 | tag.bits() as u32)
}

/// Where a walk ends.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Until {
    /// Behind the end tag.
    End,
    /// Before the first Item, or behind the end tag.
    Item,
    /// Behind the end tag; then the reader goes back before the first Item.
    BackToItem,
    /// Before the first child that is no field, or before the end tag.
    Command,
}

/// Walks over the element whose start tag was read last, up to `until`, and puts the text of what is wanted into the
/// place of the same number in `found`. Gives whether the walk ended before an Item or command.
pub(crate) fn collect<'a>(
    reader: &mut Reader<'a>,
    until: Until,
    wanted: &[Want],
    found: &mut [Option<Text<'a>>],
) -> Result<bool, Error> {
    let inside = reader.cursor.depth;
    let mut child = Tag::UNKNOWN;
    let mut first_item: Option<Cursor> = None;
    let mut text = Text::EMPTY;
    loop {
        let before = reader.cursor;
        match reader.step(&mut text) {
            Step::Start(tag) => {
                let mut want = own(tag);
                if reader.cursor.depth == inside.wrapping_add(1) {
                    if until == Until::Command && !crate::body::is_field(tag) || until == Until::Item && tag == tag::ITEM {
                        reader.cursor = before;
                        return Ok(true);
                    }
                    if until == Until::BackToItem && tag == tag::ITEM && first_item.is_none() {
                        first_item = Some(before);
                    }
                    child = tag;
                } else {
                    want = below(child, tag);
                }
                // The tables are in the order of the standard, so what is present is found soon.
                if let Some(slot) = wanted.iter().position(|known| *known == want) {
                    let text = reader.text()?;
                    if let Some(slot) = found.get_mut(slot).filter(|slot| slot.is_none()) {
                        // White space around token-like values does not count; data are kept (REP-C-040).
                        *slot = Some(if want == own(tag::DATA) { text } else { text.trimmed() });
                    }
                }
            }
            Step::Text => {}
            Step::End => {
                if reader.cursor.depth < inside {
                    if until == Until::Command {
                        reader.cursor = before;
                    } else if let Some(item) = first_item {
                        reader.cursor = item;
                        return Ok(true);
                    }
                    return Ok(false);
                }
            }
            Step::Done | Step::Failed => return Err(reader.error()),
        }
    }
}

/// The next child element, or `None` behind the end tag. Text between children is passed over.
pub(crate) fn child(reader: &mut Reader<'_>) -> Result<Option<Tag>, Error> {
    let mut text = Text::EMPTY;
    loop {
        match reader.step(&mut text) {
            Step::Start(tag) => return Ok(Some(tag)),
            Step::Text => {}
            Step::End => return Ok(None),
            Step::Done | Step::Failed => return Err(reader.error()),
        }
    }
}

fn number(text: &Option<Text<'_>>) -> Option<u32> {
    text.as_ref()?.parse_u32()
}

pub(crate) fn sync_hdr<'a>(reader: &mut Reader<'a>) -> Result<SyncHdr<'a>, Error> {
    const WANTED: [Want; 15] = [
        own(tag::VER_DTD),
        own(tag::VER_PROTO),
        own(tag::SESSION_ID),
        own(tag::MSG_ID),
        below(tag::TARGET, tag::LOC_URI),
        below(tag::TARGET, tag::LOC_NAME),
        below(tag::SOURCE, tag::LOC_URI),
        below(tag::SOURCE, tag::LOC_NAME),
        own(tag::RESP_URI),
        own(tag::NO_RESP),
        below(tag::CRED, tag::FORMAT),
        below(tag::CRED, tag::TYPE),
        below(tag::CRED, tag::DATA),
        below(tag::META, tag::MAX_MSG_SIZE),
        below(tag::META, tag::MAX_OBJ_SIZE),
    ];
    let mut found = [None; WANTED.len()];
    collect(reader, Until::End, &WANTED, &mut found)?;
    let [ver_dtd, ver_proto, session_id, msg_id, target, target_name, source, source_name, resp_uri, rest @ ..] = found;
    let [no_resp, format, mime, data, max_msg_size, max_obj_size] = rest;
    let cred = data.map(|data| Cred { meta: Meta { format, mime, ..Meta::default() }, data });
    Ok(SyncHdr {
        ver_dtd: ver_dtd.unwrap_or_default(),
        ver_proto: ver_proto.unwrap_or_default(),
        session_id: session_id.unwrap_or_default(),
        msg_id: msg_id.unwrap_or_default(),
        target: target.unwrap_or_default(),
        target_name,
        source: source.unwrap_or_default(),
        source_name,
        resp_uri,
        no_resp: no_resp.is_some(),
        cred,
        max_msg_size: number(&max_msg_size),
        max_obj_size: number(&max_obj_size),
    })
}

pub(crate) fn item<'a>(reader: &mut Reader<'a>) -> Result<Item<'a>, Error> {
    const WANTED: [Want; 11] = [
        below(tag::TARGET, tag::LOC_URI),
        below(tag::SOURCE, tag::LOC_URI),
        own(tag::DATA),
        own(tag::MORE_DATA),
        below(tag::META, tag::FORMAT),
        below(tag::META, tag::TYPE),
        below(tag::META, tag::MARK),
        below(tag::META, tag::SIZE),
        below(tag::META, tag::NEXT_NONCE),
        below(tag::META, tag::MAX_MSG_SIZE),
        below(tag::META, tag::MAX_OBJ_SIZE),
    ];
    let mut found = [None; WANTED.len()];
    collect(reader, Until::End, &WANTED, &mut found)?;
    let [target, source, data, more_data, values @ ..] = found;
    Ok(Item { target, source, meta: meta(values), data, more_data: more_data.is_some() })
}

fn meta(values: [Option<Text<'_>>; 7]) -> Meta<'_> {
    let [format, mime, mark, size, next_nonce, max_msg_size, max_obj_size] = values;
    Meta {
        format,
        mime,
        size: number(&size),
        mark,
        next_nonce,
        max_msg_size: number(&max_msg_size),
        max_obj_size: number(&max_obj_size),
    }
}

/// A command, and whether an Item (or, in a container, a command) comes next.
pub(crate) fn command<'a>(reader: &mut Reader<'a>, tag: Tag, until: Until) -> Result<(Command<'a>, bool), Error> {
    const WANTED: [Want; 13] = [
        own(tag::CMD_ID),
        own(tag::DATA),
        own(tag::MSG_REF),
        own(tag::CMD_REF),
        own(tag::NO_RESP),
        own(tag::CORRELATOR),
        below(tag::META, tag::FORMAT),
        below(tag::META, tag::TYPE),
        below(tag::META, tag::MARK),
        below(tag::META, tag::SIZE),
        below(tag::META, tag::NEXT_NONCE),
        below(tag::META, tag::MAX_MSG_SIZE),
        below(tag::META, tag::MAX_OBJ_SIZE),
    ];
    let mut found = [None; WANTED.len()];
    let more = collect(reader, until, &WANTED, &mut found)?;
    let [cmd_id, data, msg_ref, cmd_ref, no_resp, correlator, values @ ..] = found;
    let command = Command {
        tag,
        cmd_id: cmd_id.unwrap_or_default(),
        no_resp: no_resp.is_some(),
        meta: meta(values),
        data,
        correlator,
        msg_ref,
        cmd_ref,
    };
    Ok((command, more))
}

/// A Status, and whether the reader went back before an Item of it.
pub(crate) fn status<'a>(reader: &mut Reader<'a>) -> Result<(Status<'a>, bool), Error> {
    const WANTED: [Want; 10] = [
        own(tag::CMD_ID),
        own(tag::MSG_REF),
        own(tag::CMD_REF),
        own(tag::CMD),
        own(tag::TARGET_REF),
        own(tag::SOURCE_REF),
        own(tag::DATA),
        below(tag::CHAL, tag::FORMAT),
        below(tag::CHAL, tag::TYPE),
        below(tag::CHAL, tag::NEXT_NONCE),
    ];
    let mut found = [None; WANTED.len()];
    let more = collect(reader, Until::BackToItem, &WANTED, &mut found)?;
    let [cmd_id, msg_ref, cmd_ref, cmd, target_ref, source_ref, data, format, mime, next_nonce] = found;
    let chal = format.or(mime).or(next_nonce).map(|_| Meta { format, mime, next_nonce, ..Meta::default() });
    let status = Status {
        cmd_id: cmd_id.unwrap_or_default(),
        msg_ref: msg_ref.unwrap_or_default(),
        cmd_ref: cmd_ref.unwrap_or_default(),
        cmd: cmd.unwrap_or_default(),
        target_ref,
        source_ref,
        chal,
        code: number(&data).and_then(|code| u16::try_from(code).ok()).unwrap_or(0),
    };
    Ok((status, more))
}
