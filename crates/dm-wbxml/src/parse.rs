//! From events to the parts of a message.
//!
//! Every function here starts behind the start tag of its element and ends behind the end tag. Children come in any
//! order, unknown ones are passed over (REP-C-038), of repeated ones the last counts.

use crate::message::{Cred, Item, Meta, SyncHdr};
use crate::reader::{Reader, Step};
use crate::{Error, Tag, Text, tag};

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

/// A token-like value: white space around it does not count.
pub(crate) fn token<'a>(reader: &mut Reader<'a>) -> Result<Text<'a>, Error> {
    Ok(reader.text()?.trimmed())
}

/// A flag element.
pub(crate) fn flag(reader: &mut Reader<'_>) -> Result<bool, Error> {
    reader.skip()?;
    Ok(true)
}

pub(crate) fn sync_hdr<'a>(reader: &mut Reader<'a>) -> Result<SyncHdr<'a>, Error> {
    let mut header = SyncHdr::default();
    while let Some(tag) = child(reader)? {
        match tag {
            tag::VER_DTD => header.ver_dtd = token(reader)?,
            tag::VER_PROTO => header.ver_proto = token(reader)?,
            tag::SESSION_ID => header.session_id = token(reader)?,
            tag::MSG_ID => header.msg_id = token(reader)?,
            tag::TARGET => (header.target, header.target_name) = named_location(reader)?,
            tag::SOURCE => (header.source, header.source_name) = named_location(reader)?,
            tag::RESP_URI => header.resp_uri = Some(token(reader)?),
            tag::NO_RESP => header.no_resp = flag(reader)?,
            tag::CRED => header.cred = Some(cred(reader)?),
            tag::META => {
                let mut meta = Meta::default();
                read_meta(reader, &mut meta)?;
                header.max_msg_size = meta.max_msg_size;
                header.max_obj_size = meta.max_obj_size;
            }
            _ => reader.skip()?,
        }
    }
    Ok(header)
}

fn cred<'a>(reader: &mut Reader<'a>) -> Result<Cred<'a>, Error> {
    let mut cred = Cred::default();
    while let Some(tag) = child(reader)? {
        match tag {
            tag::META => read_meta(reader, &mut cred.meta)?,
            tag::DATA => cred.data = token(reader)?,
            _ => reader.skip()?,
        }
    }
    Ok(cred)
}

/// `Target` or `Source`: `LocURI` and `LocName`.
fn named_location<'a>(reader: &mut Reader<'a>) -> Result<(Text<'a>, Option<Text<'a>>), Error> {
    let mut uri = Text::EMPTY;
    let mut name = None;
    while let Some(tag) = child(reader)? {
        match tag {
            tag::LOC_URI => uri = token(reader)?,
            tag::LOC_NAME => name = Some(token(reader)?),
            _ => reader.skip()?,
        }
    }
    Ok((uri, name))
}

/// `Meta`, or a `MetInf` wrapper inside it, whose children count as those of `Meta`.
pub(crate) fn read_meta<'a>(reader: &mut Reader<'a>, meta: &mut Meta<'a>) -> Result<(), Error> {
    let outside = reader.cursor.depth;
    let mut text = Text::EMPTY;
    loop {
        match reader.step(&mut text) {
            Step::Start(tag) => match tag {
                tag::FORMAT => meta.format = Some(token(reader)?),
                tag::TYPE => meta.mime = Some(token(reader)?),
                tag::SIZE => meta.size = reader.text()?.parse_u32(),
                tag::MARK => meta.mark = Some(token(reader)?),
                tag::NEXT_NONCE => meta.next_nonce = Some(token(reader)?),
                tag::MAX_MSG_SIZE => meta.max_msg_size = reader.text()?.parse_u32(),
                tag::MAX_OBJ_SIZE => meta.max_obj_size = reader.text()?.parse_u32(),
                tag::MET_INF => {}
                _ => reader.skip()?,
            },
            Step::Text => {}
            Step::End if reader.cursor.depth < outside => return Ok(()),
            Step::End => {}
            Step::Done | Step::Failed => return Err(reader.error()),
        }
    }
}

pub(crate) fn item<'a>(reader: &mut Reader<'a>) -> Result<Item<'a>, Error> {
    let mut item = Item::default();
    while let Some(tag) = child(reader)? {
        match tag {
            tag::TARGET => item.target = Some(named_location(reader)?.0),
            tag::SOURCE => item.source = Some(named_location(reader)?.0),
            tag::META => read_meta(reader, &mut item.meta)?,
            tag::DATA => item.data = Some(reader.text()?),
            tag::MORE_DATA => item.more_data = flag(reader)?,
            _ => reader.skip()?,
        }
    }
    Ok(item)
}
