//! The body of a message, command by command.

use crate::message::{Command, Item, Status, SyncHdr};
use crate::parse::{self, Fields};
use crate::reader::{Cursor, Failed, Reader, Step};
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

/// Walks over the body: [`Body::next`] for the parts, [`Body::item`] for the items of the part.
#[derive(Clone, Debug)]
pub struct Body<'a> {
    pub(crate) reader: Reader<'a>,
    /// Depth inside `SyncBody`.
    pub(crate) outside: u8,
    /// Where the part returned last begins.
    pub(crate) at: Cursor,
    /// Depth inside the Status or command returned last.
    pub(crate) leaf: u8,
}

/// No document is so deep.
const NO_LEAF: u8 = u8::MAX;

impl<'a> Body<'a> {
    /// The elements at depth `outside` of a document, and those that they hold, from `at` on.
    #[inline(never)]
    pub(crate) fn over(bytes: &'a [u8], document: &Document, at: Cursor, outside: u8) -> Self {
        Self {
            reader: Reader::at(bytes, document, at),
            outside,
            at,
            leaf: NO_LEAF,
        }
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
                Part::Status(status) => self.collect(kind, status)?,
                Part::Open(command) | Part::Command(command) => {
                    self.collect(kind, command)?;
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
        self.reader.leave(self.leaf)?;
        self.leaf = NO_LEAF;
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

    /// The fields of the part that `start` found.
    #[inline(never)]
    pub(crate) fn collect(
        &mut self,
        kind: Kind,
        fields: &mut dyn Fields<'a>,
    ) -> Result<(), Failed> {
        // What a container holds are parts of their own.
        if kind != Kind::Container {
            self.leaf = self.reader.cursor.depth;
        }
        parse::collect(&mut self.reader, kind, fields)
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
        while self.reader.cursor.depth == self.leaf {
            if parse::child(&mut self.reader)? == Step::Start && self.reader.tag != tag::ITEM {
                self.reader.leave(self.reader.cursor.depth)?;
            }
        }
        // The walk over the fields of a command ends behind the start tag of its first Item.
        Ok(self.reader.cursor.depth > self.leaf)
    }

    /// The place before the part that [`Body::next`] would return.
    ///
    /// Costs a walk over what is left of the current part.
    pub fn cursor(&self) -> Cursor {
        let mut ahead = self.clone();
        // A fault stays in the cursor: reading on from there fails again.
        let _ = ahead.reader.leave(ahead.leaf);
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
    Field,
    /// Its fields come in any order: read up to its end tag, and again for its Items.
    Status,
    /// Atomic or Sequence: read up to the first child that is no field.
    Container,
    /// Another command of the standard: read up to its first Item.
    Command,
    /// Read like a command, which it is if it has an identifier.
    Unknown,
}

/// What `tag` is.
#[inline(never)]
pub(crate) const fn kind(tag: Tag) -> Kind {
    // Tokens of page 0 which are commands, 32 a word: a word of 64 bits costs more.
    const LOW: u32 = bit(tag::ADD)
        | bit(tag::ALERT)
        | bit(tag::COPY)
        | bit(tag::DELETE)
        | bit(tag::EXEC)
        | bit(tag::GET)
        | bit(tag::MAP)
        | bit(tag::PUT);
    const HIGH: u32 =
        bit(tag::REPLACE) | bit(tag::RESULTS) | bit(tag::SEARCH) | bit(tag::SYNC) | bit(tag::MOVE);
    let commands = if tag.token() < 32 { LOW } else { HIGH };
    match tag {
        tag::STATUS => Kind::Status,
        tag::ATOMIC | tag::SEQUENCE => Kind::Container,
        _ if !tag.is_syncml() => Kind::Unknown,
        _ if commands & bit(tag) != 0 => Kind::Command,
        _ if tag.token() >= tag::ADD.token() && tag.token() <= tag::CORRELATOR.token() => {
            Kind::Field
        }
        _ => Kind::Unknown,
    }
}

/// The bit of a page 0 tag in its word of a set.
const fn bit(tag: Tag) -> u32 {
    1 << (tag.token() % 32)
}

const _: () = assert!(tag::PUT.token() < 32 && tag::REPLACE.token() >= 32);
