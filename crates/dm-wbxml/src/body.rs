//! The body of a message, command by command.

use crate::message::{Command, Item, Status, SyncHdr};
use crate::parse;
use crate::reader::{Cursor, Failed, NO_LEAF, Reader, Step};
use crate::{Digest, Document, Error, Tag, tag};

/// A message that [`check`](crate::check()) has found readable.
#[derive(Clone, Copy, Debug)]
pub struct Message<'a> {
    bytes: &'a [u8],
    document: Document,
    header: Cursor,
    body: Cursor,
}

impl<'a> Message<'a> {
    /// The message in `bytes`, whose digest this is.
    ///
    /// With another digest every method gives errors or wrong parts, nothing worse.
    pub fn new(bytes: &'a [u8], digest: &Digest) -> Self {
        Self {
            bytes,
            document: digest.document,
            header: digest.header,
            body: digest.body,
        }
    }

    /// The header.
    #[inline]
    pub fn header(&self) -> Result<SyncHdr<'a>, Error> {
        let mut header = SyncHdr::default();
        self.header_into(&mut header)?;
        Ok(header)
    }

    /// [`Message::header`] in place, which saves the stack of a second header. It must be empty
    /// before: fields that do not come keep what they have. REP-C-014.
    ///
    /// # Errors
    /// As of [`Message::header`]; the fields read so far are filled then.
    #[inline(never)]
    pub fn header_into(&self, header: &mut SyncHdr<'a>) -> Result<(), Error> {
        let mut reader = Reader::at(self.bytes, &self.document, self.header);
        let read = parse::collect(&mut reader, Kind::Field, header);
        read.map_err(|Failed| reader.error())
    }

    /// The body from its first part on.
    pub fn body(&self) -> Body<'a> {
        self.body_at(self.body)
    }

    /// The body from `at` on, which [`Body::cursor`] or [`Body::part_cursor`] of this message gave.
    ///
    /// Inside a container its remaining commands come first, then [`Part::Close`] for each
    /// container open there.
    pub fn body_at(&self, at: Cursor) -> Body<'a> {
        Body::over(self.bytes, &self.document, at, self.body.depth)
    }
}

/// One part of the body.
#[derive(Clone, Copy, Debug)]
pub enum Part<'a> {
    /// A Status; [`Body::item`] gives its items.
    Status(Status<'a>),
    /// A command that is no container, known or not; [`Body::item`] gives its items.
    Command(Command<'a>),
    /// An Atomic or Sequence begins; its commands are the parts up to [`Part::Close`].
    Open(Command<'a>),
    /// The Atomic or Sequence opened last ends.
    Close,
    /// The package ends with this message.
    Final,
    /// The body ends.
    Done,
}

/// Elements open in front of the parts of a body.
const INSIDE: u8 = 2;

/// Walks over the body: [`Body::next`] for the parts, [`Body::item`] for the items of the part.
#[derive(Clone, Debug)]
pub struct Body<'a> {
    pub(crate) reader: Reader<'a>,
    /// Depth inside `SyncBody`.
    pub(crate) outside: u8,
    /// Where the part returned last begins.
    pub(crate) at: Cursor,
}

impl<'a> Body<'a> {
    /// The elements at depth `outside` of a document, and those that they hold, from `at` on.
    #[inline(never)]
    pub(crate) fn over(bytes: &'a [u8], document: &Document, at: Cursor, outside: u8) -> Self {
        Self {
            reader: Reader::at(bytes, document, at),
            outside,
            at,
        }
    }

    /// As [`Message::body_at`], of a checked message whose body was reached and of which nothing but
    /// [`Digest::document`] was kept.
    pub fn resume(bytes: &'a [u8], document: &Document, at: Cursor) -> Self {
        Self::over(bytes, document, at, INSIDE)
    }

    /// The next part; what is left of the last Status or command is passed over.
    ///
    /// Elements which are not commands and have no `CmdID` are passed over as well (REP-C-038).
    #[allow(clippy::should_implement_trait)] // an iterator cannot give the items in between
    #[inline]
    pub fn next(&mut self) -> Result<Part<'a>, Error> {
        let mut part = Part::Done;
        self.next_into(&mut part)?;
        Ok(part)
    }

    /// [`Body::next`] in place, which saves the stack of a second part; whatever it was before.
    ///
    /// # Errors
    /// As of [`Body::next`]; what `part` is then means nothing.
    #[inline(never)]
    pub fn next_into(&mut self, part: &mut Part<'a>) -> Result<(), Error> {
        self.part(part).map_err(|Failed| self.reader.error())
    }

    fn part(&mut self, part: &mut Part<'a>) -> Result<(), Failed> {
        loop {
            match self.start()? {
                Step::Start => {}
                Step::End => {
                    *part = Part::Close;
                    return Ok(());
                }
                _ => {
                    *part = Part::Done;
                    return Ok(());
                }
            }
            let tag = self.reader.tag;
            let kind = kind(tag);
            if kind == Kind::Field {
                self.reader.leave(self.reader.cursor.depth)?;
                // In a container it means nothing.
                if tag == tag::FINAL && self.reader.cursor.depth == self.outside {
                    *part = Part::Final;
                    return Ok(());
                }
                continue;
            }
            let command = Command {
                tag,
                ..Command::default()
            };
            *part = match kind {
                Kind::Status => Part::Status(Status::default()),
                Kind::Container => Part::Open(command),
                _ => Part::Command(command),
            };
            match part {
                Part::Status(status) => parse::collect(&mut self.reader, kind, status)?,
                Part::Open(command) | Part::Command(command) => {
                    parse::collect(&mut self.reader, kind, command)?;
                    if kind == Kind::Unknown && command.cmd_id.raw.is_empty() {
                        continue;
                    }
                }
                Part::Close | Part::Final | Part::Done => {}
            }
            return Ok(());
        }
    }

    /// The start of the next part, whatever it is, the end of a container, or `Done` behind the end
    /// of the body.
    #[inline(never)]
    pub(crate) fn start(&mut self) -> Result<Step, Failed> {
        self.reader.leave(self.reader.leaf)?;
        self.reader.leaf = NO_LEAF;
        self.reader.items = false;
        self.at = self.reader.cursor;
        if self.at.depth < self.outside {
            return Ok(Step::Done);
        }
        let step = parse::child(&mut self.reader)?;
        if self.reader.cursor.depth < self.outside {
            return Ok(Step::Done);
        }
        Ok(step)
    }

    /// The next item of the Status or command returned last.
    #[inline]
    pub fn item(&mut self) -> Result<Option<Item<'a>>, Error> {
        let mut item = Item::default();
        Ok(self.item_into(&mut item)?.then_some(item))
    }

    /// [`Body::item`] in place, which saves the stack of a second item; whether there was one. It must
    /// be empty before: fields that do not come keep what they have.
    ///
    /// # Errors
    /// As of [`Body::item`]; the fields read so far are filled then.
    #[inline(never)]
    pub fn item_into(&mut self, item: &mut Item<'a>) -> Result<bool, Error> {
        self.next_item(item).map_err(|Failed| self.reader.error())
    }

    fn next_item(&mut self, item: &mut Item<'a>) -> Result<bool, Failed> {
        let found = self.start_item()?;
        if found {
            parse::collect(&mut self.reader, Kind::Field, item)?;
        }
        Ok(found)
    }

    /// The start tag of the next item, if there is one.
    fn start_item(&mut self) -> Result<bool, Failed> {
        if core::mem::take(&mut self.reader.items) {
            // Behind the start tag again: the search for the first Item passes over the fields.
            self.reader.go_to(self.at);
            parse::child(&mut self.reader)?;
        }
        while self.reader.cursor.depth == self.reader.leaf {
            if parse::child(&mut self.reader)? == Step::Start && self.reader.tag != tag::ITEM {
                self.reader.leave(self.reader.cursor.depth)?;
            }
        }
        // The walk over the fields of a command ends behind the start tag of its first Item.
        Ok(self.reader.cursor.depth > self.reader.leaf)
    }

    /// The place before the part that [`Body::next`] would return.
    ///
    /// Costs a walk over what is left of the current part.
    pub fn cursor(&self) -> Cursor {
        let mut ahead = self.clone();
        // A fault stays in the cursor: reading on from there fails again.
        let _ = ahead.reader.leave(ahead.reader.leaf);
        ahead.reader.cursor
    }

    /// The place of the part returned last: a body from there returns the same part again.
    pub fn part_cursor(&self) -> Cursor {
        self.at
    }
}

/// What an element of a body or container is; how it is read follows from that.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    /// Another element of the standard: read up to and including its end tag.
    Field = 0,
    /// Its fields come in any order: read up to its end tag, and again for its Items.
    Status = 1,
    /// Atomic or Sequence: read up to the first child that is no field.
    Container = 2,
    /// Another command of the standard: read up to its first Item.
    Command = 3,
    /// Read like a command, which it is if it has an identifier.
    Unknown,
}

/// What `tag` is.
#[inline(never)]
pub(crate) fn kind(tag: Tag) -> Kind {
    let (tag, four) = (tag.0, KINDS.get(usize::from(tag.0 / 4)));
    match four {
        Some(four) if (tag::ADD.0..=tag::CORRELATOR.0).contains(&tag) => {
            match four.wrapping_shr(u32::from(tag) << 1 & 6) & 3 {
                0 => Kind::Field,
                1 => Kind::Status,
                2 => Kind::Container,
                _ => Kind::Command,
            }
        }
        _ => Kind::Unknown,
    }
}

/// The kinds of the elements on page 0, four an octet.
static KINDS: [u8; 16] = {
    const COMMANDS: [Tag; 13] = [
        tag::ADD,
        tag::ALERT,
        tag::COPY,
        tag::DELETE,
        tag::EXEC,
        tag::GET,
        tag::MAP,
        tag::PUT,
        tag::REPLACE,
        tag::RESULTS,
        tag::SEARCH,
        tag::SYNC,
        tag::MOVE,
    ];
    let mut kinds = [0; 16];
    kinds = with(kinds, tag::STATUS, Kind::Status);
    kinds = with(kinds, tag::ATOMIC, Kind::Container);
    kinds = with(kinds, tag::SEQUENCE, Kind::Container);
    let mut rest: &[Tag] = &COMMANDS;
    while let [tag, behind @ ..] = rest {
        kinds = with(kinds, *tag, Kind::Command);
        rest = behind;
    }
    kinds
};

#[allow(clippy::indexing_slicing, clippy::arithmetic_side_effects)] // evaluated when the crate is built
const fn with(mut kinds: [u8; 16], tag: Tag, kind: Kind) -> [u8; 16] {
    kinds[tag.token() as usize / 4] |= (kind as u8) << (tag.token() % 4 * 2);
    kinds
}
