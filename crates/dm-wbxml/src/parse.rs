//! From events to the parts of a message.
//!
//! One walk serves them all: it collects the text of the wanted elements, two levels deep. Children
//! come in any order, unknown ones are passed over (REP-C-038), of repeated ones the first counts.

use crate::body::{Kind, kind};
use crate::message::{Command, Item, Meta, Status, SyncHdr};
use crate::reader::{Cursor, Failed, Reader, Step};
use crate::{Tag, Text, tag};

/// Where the text of a wanted element goes.
pub(crate) enum Slot<'s, 'a> {
    /// Nowhere: the element is not wanted.
    None,
    Text(&'s mut Text<'a>),
    Optional(&'s mut Option<Text<'a>>),
    Number(&'s mut Option<u32>),
    Code(&'s mut u16),
    Flag(&'s mut bool),
}

/// A part of a message that is made of texts.
pub(crate) trait Fields<'a> {
    /// The place for `tag`, which is a child of the element walked.
    fn own(&mut self, tag: Tag) -> Slot<'_, 'a>;

    /// The place for `tag`, which is somewhere below `child` of the element walked.
    fn below(&mut self, child: Tag, tag: Tag) -> Slot<'_, 'a>;
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

/// Walks over the element whose start tag was read last, up to `until`, and fills `fields`. Gives
/// whether the reader stands before an Item or command of it.
#[inline(never)]
pub(crate) fn collect<'a>(
    reader: &mut Reader<'a>,
    until: Until,
    fields: &mut dyn Fields<'a>,
) -> Result<bool, Failed> {
    let inside = reader.cursor.depth;
    let mut child = Tag::UNKNOWN;
    let mut first_item: Option<Cursor> = None;
    loop {
        let before = reader.cursor;
        let step = reader.step(true)?;
        match step {
            Step::Start | Step::Leaf => {}
            Step::Text | Step::Nothing => continue,
            Step::End if reader.cursor.depth >= inside => continue,
            Step::End if until == Until::Command => {
                reader.cursor = before;
                return Ok(false);
            }
            Step::End => {
                if let Some(item) = first_item {
                    reader.cursor = item;
                }
                return Ok(first_item.is_some());
            }
            Step::Done => return Err(reader.ended()),
        }
        let tag = reader.tag;
        let slot = if before.depth != inside {
            fields.below(child, tag)
        } else {
            let stop = match until {
                Until::Command => kind(tag) != Kind::Field,
                Until::Item => tag == tag::ITEM,
                Until::End | Until::BackToItem => false,
            };
            if stop {
                reader.cursor = before;
                return Ok(true);
            }
            if until == Until::BackToItem && tag == tag::ITEM {
                first_item = first_item.or(Some(before));
            }
            child = tag;
            fields.own(tag)
        };
        if matches!(slot, Slot::None) {
            continue;
        }
        let mut text = reader.whole(step)?;
        // White space around token-like values does not count; data are kept (REP-C-040).
        if tag != tag::DATA {
            text = text.trimmed();
        }
        fill(slot, text);
    }
}

fn fill<'a>(slot: Slot<'_, 'a>, text: Text<'a>) {
    match slot {
        Slot::None => {}
        Slot::Text(slot) => {
            if slot.raw.is_empty() {
                *slot = text;
            }
        }
        Slot::Optional(slot) => {
            slot.get_or_insert(text);
        }
        Slot::Number(slot) => *slot = slot.or(text.parse_u32()),
        Slot::Code(slot) => {
            *slot = text
                .parse_u32()
                .and_then(|code| u16::try_from(code).ok())
                .unwrap_or(0)
        }
        Slot::Flag(slot) => *slot = true,
    }
}

/// The next child element, or `None` behind the end tag. Text between children is passed over.
pub(crate) fn child(reader: &mut Reader<'_>) -> Result<Option<Tag>, Failed> {
    loop {
        match reader.step(false)? {
            Step::Start | Step::Leaf => return Ok(Some(reader.tag)),
            Step::Text | Step::Nothing => {}
            Step::End => return Ok(None),
            Step::Done => return Err(reader.ended()),
        }
    }
}

impl<'a> Fields<'a> for SyncHdr<'a> {
    fn own(&mut self, tag: Tag) -> Slot<'_, 'a> {
        match tag {
            tag::VER_DTD => Slot::Text(&mut self.ver_dtd),
            tag::VER_PROTO => Slot::Text(&mut self.ver_proto),
            tag::SESSION_ID => Slot::Text(&mut self.session_id),
            tag::MSG_ID => Slot::Text(&mut self.msg_id),
            tag::RESP_URI => Slot::Optional(&mut self.resp_uri),
            tag::NO_RESP => Slot::Flag(&mut self.no_resp),
            _ => Slot::None,
        }
    }

    fn below(&mut self, child: Tag, tag: Tag) -> Slot<'_, 'a> {
        match (child, tag) {
            (tag::TARGET, tag::LOC_URI) => Slot::Text(&mut self.target),
            (tag::TARGET, tag::LOC_NAME) => Slot::Optional(&mut self.target_name),
            (tag::SOURCE, tag::LOC_URI) => Slot::Text(&mut self.source),
            (tag::SOURCE, tag::LOC_NAME) => Slot::Optional(&mut self.source_name),
            (tag::CRED, tag::DATA) => Slot::Text(&mut self.cred.get_or_insert_default().data),
            (tag::CRED, _) => self.cred.get_or_insert_default().meta.value(tag),
            (tag::META, tag::MAX_MSG_SIZE) => Slot::Number(&mut self.max_msg_size),
            (tag::META, tag::MAX_OBJ_SIZE) => Slot::Number(&mut self.max_obj_size),
            _ => Slot::None,
        }
    }
}

impl<'a> Fields<'a> for Item<'a> {
    fn own(&mut self, tag: Tag) -> Slot<'_, 'a> {
        match tag {
            tag::DATA => Slot::Optional(&mut self.data),
            tag::MORE_DATA => Slot::Flag(&mut self.more_data),
            _ => Slot::None,
        }
    }

    fn below(&mut self, child: Tag, tag: Tag) -> Slot<'_, 'a> {
        match (child, tag) {
            (tag::TARGET, tag::LOC_URI) => Slot::Optional(&mut self.target),
            (tag::SOURCE, tag::LOC_URI) => Slot::Optional(&mut self.source),
            (tag::META, _) => self.meta.value(tag),
            _ => Slot::None,
        }
    }
}

impl<'a> Fields<'a> for Command<'a> {
    fn own(&mut self, tag: Tag) -> Slot<'_, 'a> {
        match tag {
            tag::CMD_ID => Slot::Text(&mut self.cmd_id),
            tag::DATA => Slot::Optional(&mut self.data),
            tag::MSG_REF => Slot::Optional(&mut self.msg_ref),
            tag::CMD_REF => Slot::Optional(&mut self.cmd_ref),
            tag::NO_RESP => Slot::Flag(&mut self.no_resp),
            tag::CORRELATOR => Slot::Optional(&mut self.correlator),
            _ => Slot::None,
        }
    }

    fn below(&mut self, child: Tag, tag: Tag) -> Slot<'_, 'a> {
        if child == tag::META {
            self.meta.value(tag)
        } else {
            Slot::None
        }
    }
}

impl<'a> Fields<'a> for Status<'a> {
    fn own(&mut self, tag: Tag) -> Slot<'_, 'a> {
        match tag {
            tag::CMD_ID => Slot::Text(&mut self.cmd_id),
            tag::MSG_REF => Slot::Text(&mut self.msg_ref),
            tag::CMD_REF => Slot::Text(&mut self.cmd_ref),
            tag::CMD => Slot::Text(&mut self.cmd),
            tag::TARGET_REF => Slot::Optional(&mut self.target_ref),
            tag::SOURCE_REF => Slot::Optional(&mut self.source_ref),
            tag::DATA => Slot::Code(&mut self.code),
            _ => Slot::None,
        }
    }

    fn below(&mut self, child: Tag, tag: Tag) -> Slot<'_, 'a> {
        if child == tag::CHAL {
            self.chal.get_or_insert_default().value(tag)
        } else {
            Slot::None
        }
    }
}

impl<'a> Meta<'a> {
    /// The place for an element of MetInf.
    fn value(&mut self, tag: Tag) -> Slot<'_, 'a> {
        match tag {
            tag::FORMAT => Slot::Optional(&mut self.format),
            tag::TYPE => Slot::Optional(&mut self.mime),
            tag::SIZE => Slot::Number(&mut self.size),
            tag::MARK => Slot::Optional(&mut self.mark),
            tag::NEXT_NONCE => Slot::Optional(&mut self.next_nonce),
            tag::MAX_MSG_SIZE => Slot::Number(&mut self.max_msg_size),
            tag::MAX_OBJ_SIZE => Slot::Number(&mut self.max_obj_size),
            _ => Slot::None,
        }
    }
}
