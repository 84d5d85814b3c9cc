//! From events to the parts of a message.
//!
//! One walk serves them all: it collects the text of the wanted elements, two levels deep. Children
//! come in any order, unknown ones are passed over (REP-C-038), of repeated ones the first counts.

use crate::body::{Kind, kind as is_kind};
use crate::message::{Command, Item, Meta, Status, SyncHdr};
use crate::reader::{Failed, Reader, Step};
use crate::{Tag, Text, tag};

/// Where the text of a wanted element goes.
pub(crate) enum Slot<'s, 'a> {
    /// Nowhere: the element is not wanted.
    None,
    Text(&'s mut Text<'a>),
    /// Nothing else is wanted once this is there.
    Last(&'s mut Text<'a>),
    Optional(&'s mut Option<Text<'a>>),
    Number(&'s mut Option<u32>),
    Code(&'s mut u16),
    Flag(&'s mut bool),
}

/// A part of a message that is made of texts.
pub(crate) trait Fields<'a> {
    /// Where the text of `tag` goes, which stands somewhere below `child` of the part; [`TOP`]: it is
    /// a child itself.
    fn slot(&mut self, child: Tag, tag: Tag) -> Slot<'_, 'a>;
}

/// In the place of a child: no element has the number of a global token.
pub(crate) const TOP: Tag = Tag::new(0, 1);

/// Walks over the element whose start tag was read last, up to where its kind says, and fills
/// `fields`. The reader notes whether it went over Items of a Status.
#[inline(never)]
pub(crate) fn collect<'a>(
    reader: &mut Reader<'a>,
    kind: Kind,
    fields: &mut dyn Fields<'a>,
) -> Result<(), Failed> {
    let depth = reader.cursor.depth;
    // What a container holds are parts of their own.
    if !matches!(kind, Kind::Field | Kind::Container) {
        reader.leaf = depth;
    }
    let mut top = TOP;
    'steps: loop {
        reader.before = reader.cursor;
        let step = reader.step(true)?;
        'unwanted: {
            if !matches!(step, Step::Leaf | Step::Start) {
                if reader.cursor.depth >= depth {
                    break 'unwanted;
                }
                if kind == Kind::Container {
                    reader.go_to(reader.before);
                }
                return Ok(());
            }
            let tag = reader.tag;
            let mut child = top;
            if reader.before.depth == depth {
                (top, child) = (tag, TOP);
                if tag == tag::ITEM || kind == Kind::Container {
                    match kind {
                        Kind::Field => {}
                        Kind::Status => reader.items = true,
                        Kind::Container if is_kind(tag) == Kind::Field => {}
                        _ => {
                            if kind == Kind::Container || step == Step::Leaf {
                                reader.go_to(reader.before);
                            }
                            return Ok(());
                        }
                    }
                }
            }
            let slot = fields.slot(child, tag);
            if matches!(slot, Slot::None) {
                break 'unwanted;
            }
            if step == Step::Start {
                reader.content()?;
            }
            // White space around token-like values does not count; data are kept (REP-C-040).
            if tag != tag::DATA {
                reader.text.trim();
            }
            if fill(slot, &reader.text) {
                return Ok(());
            }
            continue 'steps;
        }
        reader.pass(step)?;
    }
}

/// Whether nothing else is wanted.
fn fill<'a>(slot: Slot<'_, 'a>, text: &Text<'a>) -> bool {
    match slot {
        Slot::None => {}
        Slot::Last(slot) => {
            *slot = *text;
            return !text.raw.is_empty();
        }
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
        Slot::Flag(slot) => *slot = true,
        Slot::Number(slot) => *slot = slot.or_else(|| text.parse_u32()),
        Slot::Code(slot) => {
            *slot = text
                .parse_u32()
                .and_then(|n| n.try_into().ok())
                .unwrap_or(0);
        }
    }
    false
}

/// The next child element (`Start`), or the end tag (`End`). Text between children is passed over.
pub(crate) fn child(reader: &mut Reader<'_>) -> Result<Step, Failed> {
    loop {
        match reader.step(false)? {
            step @ (Step::Start | Step::End) => return Ok(step),
            Step::Done => return Err(reader.ended()),
            Step::Text | Step::Leaf | Step::Nothing => {}
        }
    }
}

impl<'a> Fields<'a> for SyncHdr<'a> {
    fn slot(&mut self, child: Tag, tag: Tag) -> Slot<'_, 'a> {
        match (child, tag) {
            (TOP, tag::VER_DTD) => Slot::Text(&mut self.ver_dtd),
            (TOP, tag::VER_PROTO) => Slot::Text(&mut self.ver_proto),
            (TOP, tag::SESSION_ID) => Slot::Text(&mut self.session_id),
            (TOP, tag::MSG_ID) => Slot::Text(&mut self.msg_id),
            (TOP, tag::RESP_URI) => Slot::Optional(&mut self.resp_uri),
            (TOP, tag::NO_RESP) => Slot::Flag(&mut self.no_resp),
            (tag::TARGET, tag::LOC_URI) => Slot::Text(&mut self.target),
            (tag::TARGET, tag::LOC_NAME) => Slot::Optional(&mut self.target_name),
            (tag::SOURCE, tag::LOC_URI) => Slot::Text(&mut self.source),
            (tag::SOURCE, tag::LOC_NAME) => Slot::Optional(&mut self.source_name),
            (tag::META, tag::MAX_MSG_SIZE) => Slot::Number(&mut self.max_msg_size),
            (tag::META, tag::MAX_OBJ_SIZE) => Slot::Number(&mut self.max_obj_size),
            (tag::CRED, _) => {
                let cred = self.cred.get_or_insert_default();
                match tag {
                    tag::DATA => Slot::Text(&mut cred.data),
                    tag::FORMAT => Slot::Optional(&mut cred.format),
                    tag::TYPE => Slot::Optional(&mut cred.mime),
                    _ => Slot::None,
                }
            }
            _ => Slot::None,
        }
    }
}

impl<'a> Fields<'a> for Item<'a> {
    fn slot(&mut self, child: Tag, tag: Tag) -> Slot<'_, 'a> {
        match (child, tag) {
            (TOP, tag::DATA) => Slot::Optional(&mut self.data),
            (TOP, tag::MORE_DATA) => Slot::Flag(&mut self.more_data),
            (tag::TARGET, tag::LOC_URI) => Slot::Optional(&mut self.target),
            (tag::SOURCE, tag::LOC_URI) => Slot::Optional(&mut self.source),
            (tag::META, _) => self.meta.slot(tag),
            _ => Slot::None,
        }
    }
}

impl<'a> Fields<'a> for Command<'a> {
    fn slot(&mut self, child: Tag, tag: Tag) -> Slot<'_, 'a> {
        match (child, tag) {
            (TOP, tag::CMD_ID) => Slot::Text(&mut self.cmd_id),
            (TOP, tag::DATA) => Slot::Optional(&mut self.data),
            (TOP, tag::MSG_REF) => Slot::Optional(&mut self.msg_ref),
            (TOP, tag::CMD_REF) => Slot::Optional(&mut self.cmd_ref),
            (TOP, tag::NO_RESP) => Slot::Flag(&mut self.no_resp),
            (TOP, tag::CORRELATOR) => Slot::Optional(&mut self.correlator),
            (tag::META, _) => self.meta.slot(tag),
            _ => Slot::None,
        }
    }
}

impl<'a> Fields<'a> for Status<'a> {
    fn slot(&mut self, child: Tag, tag: Tag) -> Slot<'_, 'a> {
        match (child, tag) {
            (TOP, tag::CMD_ID) => Slot::Text(&mut self.cmd_id),
            (TOP, tag::MSG_REF) => Slot::Text(&mut self.msg_ref),
            (TOP, tag::CMD_REF) => Slot::Text(&mut self.cmd_ref),
            (TOP, tag::CMD) => Slot::Text(&mut self.cmd),
            (TOP, tag::TARGET_REF) => Slot::Optional(&mut self.target_ref),
            (TOP, tag::SOURCE_REF) => Slot::Optional(&mut self.source_ref),
            (TOP, tag::DATA) => Slot::Code(&mut self.code),
            (tag::CHAL, _) => self.chal.get_or_insert_default().slot(tag),
            _ => Slot::None,
        }
    }
}

impl<'a> Meta<'a> {
    #[inline(never)]
    fn slot(&mut self, tag: Tag) -> Slot<'_, 'a> {
        match tag {
            tag::FORMAT => Slot::Optional(&mut self.format),
            tag::TYPE => Slot::Optional(&mut self.mime),
            tag::SIZE => Slot::Number(&mut self.size),
            tag::MARK => Slot::Optional(&mut self.mark),
            tag::NEXT_NONCE => Slot::Optional(&mut self.next_nonce),
            _ => Slot::None,
        }
    }
}
