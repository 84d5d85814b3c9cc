//! The body of a message, command by command.

use crate::message::{Command, Item, Status, SyncHdr};
use crate::parse::{self, Fields, Until};
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
    pub fn header(&self) -> Result<SyncHdr<'a>, Error> {
        let mut reader = Reader::at(self.bytes, &self.document, self.header);
        let mut header = SyncHdr::default();
        match parse::collect(&mut reader, Until::End, &mut header) {
            Ok(_) => Ok(header),
            Err(Failed) => Err(reader.error()),
        }
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
        Body {
            reader: Reader::at(self.bytes, &self.document, at),
            outside: self.body.depth,
            at,
            leaf: 0,
        }
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
    reader: Reader<'a>,
    /// Depth inside `SyncBody`.
    outside: u8,
    /// Where the part returned last begins.
    at: Cursor,
    /// Depth inside the Status or command returned last while there is more of it, else 0.
    leaf: u8,
}

/// How a part begins.
enum Start {
    Status,
    /// A command, and up to where it is read.
    Command(Tag, Until),
    Close,
    Final,
    Done,
}

impl<'a> Body<'a> {
    /// The next part; what is left of the last Status or command is passed over.
    ///
    /// Elements which are not commands and have no `CmdID` are passed over as well (REP-C-038).
    #[allow(clippy::should_implement_trait)] // an iterator cannot give the items in between
    #[inline]
    pub fn next(&mut self) -> Result<Part<'a>, Error> {
        self.part().map_err(|Failed| self.reader.error())
    }

    /// [`Body::next`].
    #[inline]
    fn part(&mut self) -> Result<Part<'a>, Failed> {
        loop {
            return Ok(match self.start()? {
                Start::Status => {
                    let mut status = Status::default();
                    self.collect(Until::BackToItem, &mut status)?;
                    Part::Status(status)
                }
                Start::Command(tag, until) => {
                    let mut command = Command {
                        tag,
                        ..Command::default()
                    };
                    self.collect(until, &mut command)?;
                    if until == Until::Command {
                        Part::Open(command)
                    } else if command.cmd_id.raw.is_empty() && kind(tag) != Kind::Command {
                        continue;
                    } else {
                        Part::Command(command)
                    }
                }
                Start::Close => Part::Close,
                Start::Final => Part::Final,
                Start::Done => Part::Done,
            });
        }
    }

    /// The start of the next part.
    fn start(&mut self) -> Result<Start, Failed> {
        self.finish()?;
        while self.reader.cursor.depth >= self.outside {
            self.at = self.reader.cursor;
            match self.reader.step(false)? {
                Step::Start => match self.reader.tag {
                    // In a container it means nothing.
                    tag::FINAL if self.reader.cursor.depth == self.outside.wrapping_add(1) => {
                        self.reader.leave(self.reader.cursor.depth)?;
                        return Ok(Start::Final);
                    }
                    tag::STATUS => return Ok(Start::Status),
                    tag @ (tag::ATOMIC | tag::SEQUENCE) => {
                        return Ok(Start::Command(tag, Until::Command));
                    }
                    tag if kind(tag) == Kind::Field => {
                        self.reader.leave(self.reader.cursor.depth)?
                    }
                    tag => return Ok(Start::Command(tag, Until::Item)),
                },
                Step::Text | Step::Leaf | Step::Nothing => {}
                Step::End => {
                    if self.reader.cursor.depth >= self.outside {
                        return Ok(Start::Close);
                    }
                }
                Step::Done => return Err(self.reader.ended()),
            }
        }
        Ok(Start::Done)
    }

    /// The fields of a Status or command.
    fn collect(&mut self, until: Until, fields: &mut dyn Fields<'a>) -> Result<(), Failed> {
        let inside = self.reader.cursor.depth;
        let more = parse::collect(&mut self.reader, until, fields)?;
        // What a container holds are parts of their own.
        self.leaf = if more && until != Until::Command {
            inside
        } else {
            0
        };
        Ok(())
    }

    /// The next item of the Status or command returned last.
    pub fn item(&mut self) -> Result<Option<Item<'a>>, Error> {
        match self.start_item() {
            Ok(true) => {
                let mut item = Item::default();
                match parse::collect(&mut self.reader, Until::End, &mut item) {
                    Ok(_) => Ok(Some(item)),
                    Err(Failed) => Err(self.reader.error()),
                }
            }
            Ok(false) => Ok(None),
            Err(Failed) => Err(self.reader.error()),
        }
    }

    /// The start tag of the next item, if there is one.
    fn start_item(&mut self) -> Result<bool, Failed> {
        while self.leaf != 0 {
            match parse::child(&mut self.reader)? {
                Some(tag::ITEM) => return Ok(true),
                Some(_) => self.reader.leave(self.reader.cursor.depth)?,
                None => self.leaf = 0,
            }
        }
        Ok(false)
    }

    /// The place before the part that [`Body::next`] would return.
    ///
    /// Costs a walk over what is left of the current part.
    pub fn cursor(&self) -> Cursor {
        let mut ahead = self.clone();
        // A fault stays in the cursor: reading on from there fails again.
        let _ = ahead.finish();
        ahead.reader.cursor
    }

    /// The place of the part returned last: a body from there returns the same part again.
    pub fn part_cursor(&self) -> Cursor {
        self.at
    }

    /// Passes over what is left of the Status or command returned last.
    fn finish(&mut self) -> Result<(), Failed> {
        match core::mem::take(&mut self.leaf) {
            0 => Ok(()),
            inside => self.reader.leave(inside),
        }
    }
}

/// Tokens of page 0 which are commands: Add, Alert, Atomic, Copy, Delete, Exec, Get, Map, Put,
/// Replace, Results, Search, Sequence, Status, Sync, Move.
const COMMANDS: u64 = bit(tag::ADD)
    | bit(tag::ALERT)
    | bit(tag::ATOMIC)
    | bit(tag::COPY)
    | bit(tag::DELETE)
    | bit(tag::EXEC)
    | bit(tag::GET)
    | bit(tag::MAP)
    | bit(tag::PUT)
    | bit(tag::REPLACE)
    | bit(tag::RESULTS)
    | bit(tag::SEARCH)
    | bit(tag::SEQUENCE)
    | bit(tag::STATUS)
    | bit(tag::SYNC)
    | bit(tag::MOVE);

/// The bit of a page 0 tag in a set of such.
const fn bit(tag: Tag) -> u64 {
    1 << tag.token()
}

/// What an element of a body or container is.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    /// A command of the standard.
    Command,
    /// Another element of the standard.
    Field,
    /// A command if it has an identifier.
    Unknown,
}

/// What `tag` is.
#[inline(never)]
pub(crate) const fn kind(tag: Tag) -> Kind {
    if !tag.is_syncml() {
        Kind::Unknown
    } else if COMMANDS & bit(tag) != 0 {
        Kind::Command
    } else if tag.token() >= tag::ADD.token() && tag.token() <= tag::CORRELATOR.token() {
        Kind::Field
    } else {
        Kind::Unknown
    }
}
