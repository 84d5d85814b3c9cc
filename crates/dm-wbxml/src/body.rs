//! The body of a message, command by command.

use crate::message::{Command, Item, Meta, Status, SyncHdr};
use crate::parse;
use crate::reader::{Cursor, Reader, Step};
use crate::{Digest, Document, Error, Tag, Text, tag};

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
        Self { bytes, document: digest.document, header: digest.header, body: digest.body }
    }

    /// The header.
    pub fn header(&self) -> Result<SyncHdr<'a>, Error> {
        parse::sync_hdr(&mut Reader::at(self.bytes, &self.document, self.header))
    }

    /// The body from its first part on.
    pub fn body(&self) -> Body<'a> {
        self.body_at(self.body)
    }

    /// The body from `at` on, which [`Body::cursor`] or [`Body::part_cursor`] of this message gave.
    ///
    /// Inside a container its remaining commands come first, then [`Part::Close`] for each container open there.
    pub fn body_at(&self, at: Cursor) -> Body<'a> {
        Body {
            reader: Reader::at(self.bytes, &self.document, at),
            outside: self.body.depth,
            part: at,
            leaf: None,
            in_item: false,
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
    part: Cursor,
    /// Depth inside the Status or command returned last, while its end has not been read.
    leaf: Option<u8>,
    /// The start tag of an `Item` has been read, its content not.
    in_item: bool,
}

impl<'a> Body<'a> {
    /// The next part; what is left of the last Status or command is passed over.
    ///
    /// Elements which are not commands and have no `CmdID` are passed over as well (REP-C-038).
    #[allow(clippy::should_implement_trait)] // an iterator cannot give the items in between
    pub fn next(&mut self) -> Result<Part<'a>, Error> {
        if let Some(depth) = self.leaf.take() {
            self.reader.leave(depth)?;
        }
        self.in_item = false;
        let mut text = Text::EMPTY;
        while self.reader.cursor.depth >= self.outside {
            self.part = self.reader.cursor;
            match self.reader.step(&mut text) {
                Step::Start(tag::FINAL) => {
                    self.reader.skip()?;
                    return Ok(Part::Final);
                }
                Step::Start(tag::STATUS) => return Ok(Part::Status(self.status()?)),
                Step::Start(tag @ (tag::ATOMIC | tag::SEQUENCE)) => return Ok(Part::Open(self.container(tag)?)),
                Step::Start(tag) if is_field(tag) => self.reader.skip()?,
                Step::Start(tag) => {
                    let command = self.command(tag)?;
                    if is_command(tag) || !command.cmd_id.is_empty() {
                        return Ok(Part::Command(command));
                    }
                    if let Some(depth) = self.leaf.take() {
                        self.reader.leave(depth)?;
                    }
                    self.in_item = false;
                }
                Step::Text => {}
                Step::End if self.reader.cursor.depth >= self.outside => return Ok(Part::Close),
                Step::End => {}
                Step::Done | Step::Failed => return Err(self.reader.error()),
            }
        }
        Ok(Part::Done)
    }

    /// The next item of the Status or command returned last.
    pub fn item(&mut self) -> Result<Option<Item<'a>>, Error> {
        if self.leaf.is_none() {
            return Ok(None);
        }
        while !self.in_item {
            match parse::child(&mut self.reader)? {
                Some(tag::ITEM) => self.in_item = true,
                Some(_) => self.reader.skip()?,
                None => {
                    self.leaf = None;
                    return Ok(None);
                }
            }
        }
        self.in_item = false;
        parse::item(&mut self.reader).map(Some)
    }

    /// The place before the part that [`Body::next`] would return.
    ///
    /// Costs a walk over what is left of the current part.
    pub fn cursor(&self) -> Cursor {
        let Some(depth) = self.leaf else { return self.reader.cursor };
        let mut ahead = self.reader.clone();
        // A fault stops at its place; reading on from there meets it again.
        let _ = ahead.leave(depth);
        ahead.cursor
    }

    /// The place of the part returned last: a body from there returns the same part again.
    pub fn part_cursor(&self) -> Cursor {
        self.part
    }

    /// The fields of a command up to its first item.
    fn command(&mut self, tag: Tag) -> Result<Command<'a>, Error> {
        let reader = &mut self.reader;
        let mut command = Command { tag, ..Command::default() };
        self.leaf = Some(reader.cursor.depth);
        loop {
            match parse::child(reader)? {
                Some(tag::ITEM) => {
                    self.in_item = true;
                    return Ok(command);
                }
                Some(tag) => field(reader, &mut command, tag)?,
                None => {
                    self.leaf = None;
                    return Ok(command);
                }
            }
        }
    }

    /// The fields of a container up to its first command.
    fn container(&mut self, tag: Tag) -> Result<Command<'a>, Error> {
        let reader = &mut self.reader;
        let mut command = Command { tag, ..Command::default() };
        let mut text = Text::EMPTY;
        loop {
            let before = reader.cursor;
            match reader.step(&mut text) {
                Step::Start(tag) if is_field(tag) => field(reader, &mut command, tag)?,
                Step::Text => {}
                // The first command, or the end of the container: left for `next`.
                Step::Start(_) | Step::End => {
                    reader.seek(before);
                    return Ok(command);
                }
                Step::Done | Step::Failed => return Err(reader.error()),
            }
        }
    }

    /// All fields of a Status; then the reader goes back to its first item.
    fn status(&mut self) -> Result<Status<'a>, Error> {
        let reader = &mut self.reader;
        let depth = reader.cursor.depth;
        let mut status = Status::default();
        let mut first_item = None;
        while let Some(tag) = parse::child(reader)? {
            match tag {
                tag::CMD_ID => status.cmd_id = parse::token(reader)?,
                tag::MSG_REF => status.msg_ref = parse::token(reader)?,
                tag::CMD_REF => status.cmd_ref = parse::token(reader)?,
                tag::CMD => status.cmd = parse::token(reader)?,
                tag::TARGET_REF => set_first(&mut status.target_ref, parse::token(reader)?),
                tag::SOURCE_REF => set_first(&mut status.source_ref, parse::token(reader)?),
                tag::DATA => {
                    let code = reader.text()?.parse_u32();
                    status.code = code.and_then(|code| u16::try_from(code).ok()).unwrap_or(0);
                }
                tag::CHAL => {
                    let mut meta = Meta::default();
                    while let Some(tag) = parse::child(reader)? {
                        match tag {
                            tag::META => parse::read_meta(reader, &mut meta)?,
                            _ => reader.skip()?,
                        }
                    }
                    status.chal = Some(meta);
                }
                tag::ITEM => {
                    first_item.get_or_insert(reader.cursor);
                    reader.skip()?;
                }
                _ => reader.skip()?,
            }
        }
        if let Some(at) = first_item {
            reader.seek(at);
            self.in_item = true;
            self.leaf = Some(depth);
        }
        Ok(status)
    }
}

fn set_first<'a>(slot: &mut Option<Text<'a>>, text: Text<'a>) {
    if slot.is_none() {
        *slot = Some(text);
    }
}

/// One field of a command.
fn field<'a>(reader: &mut Reader<'a>, command: &mut Command<'a>, tag: Tag) -> Result<(), Error> {
    match tag {
        tag::CMD_ID => command.cmd_id = parse::token(reader)?,
        tag::NO_RESP => command.no_resp = parse::flag(reader)?,
        tag::META => parse::read_meta(reader, &mut command.meta)?,
        tag::DATA => command.data = Some(parse::token(reader)?),
        tag::CORRELATOR => command.correlator = Some(reader.text()?),
        tag::MSG_REF => command.msg_ref = Some(parse::token(reader)?),
        tag::CMD_REF => command.cmd_ref = Some(parse::token(reader)?),
        _ => reader.skip()?,
    }
    Ok(())
}

/// Tokens of page 0 which are commands: Add, Alert, Atomic, Copy, Delete, Exec, Get, Map, Put, Replace, Results, Search,
/// Sequence, Status, Sync, Move.
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

const fn bit(tag: Tag) -> u64 {
    1 << tag.token()
}

/// Whether `tag` is a command of the standard.
pub(crate) const fn is_command(tag: Tag) -> bool {
    tag.is_syncml() && COMMANDS & bit(tag) != 0
}

/// Whether `tag` is an element of the standard that is no command.
pub(crate) const fn is_field(tag: Tag) -> bool {
    tag.is_syncml() && COMMANDS & bit(tag) == 0 && tag.token() >= 5 && tag.token() <= tag::CORRELATOR.token()
}
