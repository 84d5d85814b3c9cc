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
    /// Where the text of the element at this place goes.
    fn slot(&mut self, place: Place) -> Slot<'_, 'a>;
}

/// Which element of a part: the token of the child, and below that the page and token of the element.
type Place = u16;

const TARGET: Place = below(tag::TARGET, tag::LOC_URI);
const TARGET_NAME: Place = below(tag::TARGET, tag::LOC_NAME);
const SOURCE: Place = below(tag::SOURCE, tag::LOC_URI);
const SOURCE_NAME: Place = below(tag::SOURCE, tag::LOC_NAME);
const MAX_MSG_SIZE: Place = below(tag::META, tag::MAX_MSG_SIZE);
const MAX_OBJ_SIZE: Place = below(tag::META, tag::MAX_OBJ_SIZE);
const CRED_FORMAT: Place = below(tag::CRED, tag::FORMAT);
const CRED_TYPE: Place = below(tag::CRED, tag::TYPE);
const CRED_DATA: Place = below(tag::CRED, tag::DATA);
const CHAL: Place = below(tag::CHAL, Tag::UNKNOWN);
const META: Place = below(tag::META, Tag::UNKNOWN);
/// The first place that is below no child called thus.
const BEHIND: Place = 1 << CHILD;
/// Where the child is in a place.
const CHILD: u32 = 9;

/// The place of a child; below `Meta`, `Chal` or `Cred` that of an element of MetInf.
const fn at(tag: Tag) -> Place {
    if tag.page() > 1 {
        return 0;
    }
    (tag.page() as Place) << 8 | tag.token() as Place
}

/// The place of `tag`, which is somewhere below `child` of the element walked.
const fn below(child: Tag, tag: Tag) -> Place {
    if !child.is_syncml() || child.token() == 0 {
        return 0;
    }
    (child.token() as Place) << CHILD | at(tag)
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
        if !matches!(step, Step::Leaf | Step::Start) {
            if step == Step::Done {
                return Err(reader.ended());
            }
            if reader.cursor.depth >= inside {
                continue;
            }
            if until == Until::Command {
                reader.go_to(before);
            } else if let Some(item) = first_item {
                reader.go_to(item);
            }
            return Ok(first_item.is_some());
        }
        let tag = reader.tag;
        let place = if before.depth != inside {
            below(child, tag)
        } else {
            child = tag;
            if tag == tag::ITEM && until == Until::BackToItem {
                first_item = first_item.or(Some(before));
            }
            if (tag == tag::ITEM && until == Until::Item)
                || (until == Until::Command && kind(tag) != Kind::Field)
            {
                reader.go_to(before);
                return Ok(true);
            }
            at(tag)
        };
        let slot = fields.slot(place);
        if matches!(slot, Slot::None) {
            continue;
        }
        if step == Step::Start {
            reader.content()?;
        }
        // White space around token-like values does not count; data are kept (REP-C-040).
        if tag != tag::DATA {
            reader.text.trim();
        }
        fill(slot, &reader.text);
    }
}

fn fill<'a>(slot: Slot<'_, 'a>, text: &Text<'a>) {
    match slot {
        Slot::None => {}
        Slot::Text(slot) => {
            if slot.raw.is_empty() {
                *slot = *text;
            }
        }
        Slot::Optional(slot) => {
            if slot.is_none() {
                *slot = Some(*text);
            }
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

const VER_DTD: Place = at(tag::VER_DTD);
const VER_PROTO: Place = at(tag::VER_PROTO);
const SESSION_ID: Place = at(tag::SESSION_ID);
const MSG_ID: Place = at(tag::MSG_ID);
const RESP_URI: Place = at(tag::RESP_URI);
const NO_RESP: Place = at(tag::NO_RESP);
const CMD_ID: Place = at(tag::CMD_ID);
const MSG_REF: Place = at(tag::MSG_REF);
const CMD_REF: Place = at(tag::CMD_REF);
const CMD: Place = at(tag::CMD);
const TARGET_REF: Place = at(tag::TARGET_REF);
const SOURCE_REF: Place = at(tag::SOURCE_REF);
const DATA: Place = at(tag::DATA);
const MORE_DATA: Place = at(tag::MORE_DATA);
const CORRELATOR: Place = at(tag::CORRELATOR);
const FORMAT: Place = at(tag::FORMAT);
const TYPE: Place = at(tag::TYPE);
const SIZE: Place = at(tag::SIZE);
const MARK: Place = at(tag::MARK);
const NEXT_NONCE: Place = at(tag::NEXT_NONCE);

impl<'a> Fields<'a> for SyncHdr<'a> {
    fn slot(&mut self, place: Place) -> Slot<'_, 'a> {
        match place {
            VER_DTD => Slot::Text(&mut self.ver_dtd),
            VER_PROTO => Slot::Text(&mut self.ver_proto),
            SESSION_ID => Slot::Text(&mut self.session_id),
            MSG_ID => Slot::Text(&mut self.msg_id),
            TARGET => Slot::Text(&mut self.target),
            TARGET_NAME => Slot::Optional(&mut self.target_name),
            SOURCE => Slot::Text(&mut self.source),
            SOURCE_NAME => Slot::Optional(&mut self.source_name),
            RESP_URI => Slot::Optional(&mut self.resp_uri),
            NO_RESP => Slot::Flag(&mut self.no_resp),
            MAX_MSG_SIZE => Slot::Number(&mut self.max_msg_size),
            MAX_OBJ_SIZE => Slot::Number(&mut self.max_obj_size),
            CRED_FORMAT | CRED_TYPE | CRED_DATA => {
                let cred = self.cred.get_or_insert_default();
                match place {
                    CRED_FORMAT => Slot::Optional(&mut cred.format),
                    CRED_TYPE => Slot::Optional(&mut cred.mime),
                    _ => Slot::Text(&mut cred.data),
                }
            }
            _ => Slot::None,
        }
    }
}

impl<'a> Fields<'a> for Item<'a> {
    fn slot(&mut self, place: Place) -> Slot<'_, 'a> {
        match place {
            TARGET => Slot::Optional(&mut self.target),
            SOURCE => Slot::Optional(&mut self.source),
            DATA => Slot::Optional(&mut self.data),
            MORE_DATA => Slot::Flag(&mut self.more_data),
            _ => self.meta.slot(place.wrapping_sub(META)),
        }
    }
}

impl<'a> Fields<'a> for Command<'a> {
    fn slot(&mut self, place: Place) -> Slot<'_, 'a> {
        match place {
            CMD_ID => Slot::Text(&mut self.cmd_id),
            DATA => Slot::Optional(&mut self.data),
            MSG_REF => Slot::Optional(&mut self.msg_ref),
            CMD_REF => Slot::Optional(&mut self.cmd_ref),
            NO_RESP => Slot::Flag(&mut self.no_resp),
            CORRELATOR => Slot::Optional(&mut self.correlator),
            _ => self.meta.slot(place.wrapping_sub(META)),
        }
    }
}

impl<'a> Fields<'a> for Status<'a> {
    fn slot(&mut self, place: Place) -> Slot<'_, 'a> {
        match place {
            CMD_ID => Slot::Text(&mut self.cmd_id),
            MSG_REF => Slot::Text(&mut self.msg_ref),
            CMD_REF => Slot::Text(&mut self.cmd_ref),
            CMD => Slot::Text(&mut self.cmd),
            TARGET_REF => Slot::Optional(&mut self.target_ref),
            SOURCE_REF => Slot::Optional(&mut self.source_ref),
            DATA => Slot::Code(&mut self.code),
            _ if place.wrapping_sub(CHAL) < BEHIND => {
                let chal = self.chal.get_or_insert_default();
                chal.slot(place.wrapping_sub(CHAL))
            }
            _ => Slot::None,
        }
    }
}

impl<'a> Meta<'a> {
    #[inline(never)]
    fn slot(&mut self, place: Place) -> Slot<'_, 'a> {
        match place {
            FORMAT => Slot::Optional(&mut self.format),
            TYPE => Slot::Optional(&mut self.mime),
            SIZE => Slot::Number(&mut self.size),
            MARK => Slot::Optional(&mut self.mark),
            NEXT_NONCE => Slot::Optional(&mut self.next_nonce),
            _ => Slot::None,
        }
    }
}
