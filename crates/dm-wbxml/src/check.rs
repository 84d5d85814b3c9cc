//! The pass without side effects: is the message sound, and what is in it.

use crate::body::{Kind, bit, kind};
use crate::reader::{Cursor, Failed, Reader, Step};
use crate::{Document, Encoding, Error, ErrorKind, Limits, Message, Part, Tag, Text, parse, tag};

/// What the check pass found: plain integers, borrowing nothing.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Digest {
    /// Header of the document.
    pub document: Document,
    /// Inside `SyncHdr`.
    pub header: Cursor,
    /// Inside `SyncBody`; at the fault when the body was not reached.
    pub body: Cursor,
    /// Commands other than Status; containers and what they contain count one each.
    pub commands: u16,
    /// Status elements.
    pub statuses: u16,
    /// `Final` stands in the body.
    pub is_final: bool,
    /// An Alert 1223 stands in the body: the sender ends the session.
    pub abort: bool,
    /// The first fault behind the header: nothing of the body may be executed.
    pub fault: Option<Fault>,
}

/// A fault in a message whose header could be read.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Fault {
    /// Octets from the start of the message.
    pub offset: u32,
    /// DM status code for the header: [`ErrorKind::status`].
    pub code: u16,
    /// What is wrong.
    pub kind: ErrorKind,
}

impl From<Error> for Fault {
    fn from(error: Error) -> Self {
        Self {
            offset: error.offset,
            code: error.kind.status(),
            kind: error.kind,
        }
    }
}

/// Walks the whole message once.
///
/// Proves it well formed, its text outside of `Data` UTF-8, `Final` the last part of the body
/// (REP-C-034), and the `CmdID` of every command present, not `0` and unique in the message
/// (REP-C-035).
///
/// A fault up to the end of `SyncHdr` is an error: no Status can answer it. One behind it is in
/// [`Digest::fault`].
///
/// Cost: one walk; when the identifiers are not rising decimal numbers, one further walk for each
/// 16 of them.
pub fn check(bytes: &[u8], encoding: Encoding, limits: &Limits) -> Result<Digest, Error> {
    let mut pass = Pass::new(Reader::new(bytes, encoding)?, limits);
    if let Err(Failed) = pass.header() {
        return Err(pass.reader.error());
    }
    if let Err(Failed) = pass.behind_header() {
        pass.digest.fault = Some(pass.reader.error().into());
    }
    Ok(pass.digest)
}

struct Pass<'a> {
    reader: Reader<'a>,
    digest: Digest,
    /// Commands and Status elements still allowed.
    allowed: u16,
    /// The last identifier, while all have been rising numbers.
    last: u32,
    rising: bool,
}

impl<'a> Pass<'a> {
    fn new(reader: Reader<'a>, limits: &Limits) -> Self {
        let digest = Digest {
            document: reader.document,
            header: reader.cursor,
            body: reader.cursor,
            commands: 0,
            statuses: 0,
            is_final: false,
            abort: false,
            fault: None,
        };
        Self {
            reader,
            digest,
            allowed: limits.commands,
            last: 0,
            rising: true,
        }
    }

    fn step(&mut self) -> Result<Step, Failed> {
        loop {
            match self.reader.step(false)? {
                Step::Nothing => {}
                step => return Ok(step),
            }
        }
    }

    /// Up to the end of `SyncHdr`.
    fn header(&mut self) -> Result<(), Failed> {
        if self.step()? != Step::Start || self.reader.tag != tag::SYNC_ML {
            return Err(self.reader.fail(ErrorKind::NotSyncMl));
        }
        loop {
            match parse::child(&mut self.reader)? {
                Some(tag::SYNC_HDR) => break,
                Some(tag::SYNC_BODY) | None => return Err(self.reader.fail(ErrorKind::NoHeader)),
                Some(_) => self.reader.leave(self.reader.cursor.depth)?,
            }
        }
        self.digest.header = self.reader.cursor;
        self.element(tag::SYNC_HDR)?;
        self.digest.body = self.reader.cursor;
        Ok(())
    }

    /// From the end of `SyncHdr` to the end of the document.
    fn behind_header(&mut self) -> Result<(), Failed> {
        if !self.until_body()? {
            return Err(self.reader.fail(ErrorKind::NoBody));
        }
        self.digest.body = self.reader.cursor;
        self.body()?;
        if self.until_body()? {
            return Err(self.reader.fail(ErrorKind::Duplicate));
        }
        self.step()?;
        if self.rising { Ok(()) } else { self.unique() }
    }

    /// Up to the start of the next `SyncBody`, or the end of `SyncML`; gives which.
    fn until_body(&mut self) -> Result<bool, Failed> {
        loop {
            match parse::child(&mut self.reader)? {
                Some(tag::SYNC_BODY) => return Ok(true),
                Some(tag::SYNC_HDR) => return Err(self.reader.fail(ErrorKind::Duplicate)),
                Some(_) => self.reader.leave(self.reader.cursor.depth)?,
                None => return Ok(false),
            }
        }
    }

    /// The content of `SyncBody`, containers included.
    fn body(&mut self) -> Result<(), Failed> {
        let outside = self.reader.cursor.depth;
        let mut step = self.step()?;
        loop {
            let mut next = None;
            match step {
                Step::Start if self.digest.is_final => {
                    return Err(self.reader.fail(ErrorKind::AfterFinal));
                }
                Step::Start => match self.reader.tag {
                    tag::FINAL => {
                        self.digest.is_final = self.reader.cursor.depth == outside.wrapping_add(1);
                        self.reader.leave(self.reader.cursor.depth)?;
                    }
                    tag @ (tag::ATOMIC | tag::SEQUENCE) => next = Some(self.container(tag)?),
                    tag => {
                        let abort = self.element(tag)?;
                        self.digest.abort |= abort && self.reader.cursor.depth == outside;
                    }
                },
                Step::Text | Step::Leaf | Step::Nothing => {}
                Step::End if self.reader.cursor.depth < outside => return Ok(()),
                Step::End => {}
                Step::Done => return Err(self.reader.ended()),
            }
            step = match next {
                Some(step) => step,
                None => self.step()?,
            };
        }
    }

    /// The fields of a container; gives the step behind them.
    fn container(&mut self, tag: Tag) -> Result<Step, Failed> {
        let mut id = None;
        loop {
            let step = self.step()?;
            let child = self.reader.tag;
            if step == Step::Start && child == tag::CMD_ID {
                id = Some(self.reader.content()?);
            } else if step == Step::Start && child != tag::FINAL && kind(child) == Kind::Field {
                self.element(child)?;
            } else if step != Step::Text {
                self.count(tag, id)?;
                return Ok(step);
            }
        }
    }

    /// One element without containers inside, counted if it is a command. Gives whether it is an
    /// Alert 1223.
    fn element(&mut self, tag: Tag) -> Result<bool, Failed> {
        let inside = self.reader.cursor.depth;
        // Children with a meaning here: those in front of the first Item, except that the fields of
        // a Status come in any order.
        let kind = kind(tag);
        let mut wanted = match tag {
            _ if kind == Kind::Field => 0,
            tag::ALERT => bit(tag::CMD_ID) | bit(tag::ITEM) | bit(tag::DATA),
            tag::STATUS => bit(tag::CMD_ID),
            _ => bit(tag::CMD_ID) | bit(tag::ITEM),
        };
        let mut id = None;
        let mut abort = false;
        loop {
            let depth = self.reader.cursor.depth;
            let step = self.reader.step(true)?;
            match step {
                Step::Start | Step::Leaf => {}
                Step::Text => {
                    self.prove(self.reader.text)?;
                    continue;
                }
                Step::End if self.reader.cursor.depth < inside => break,
                Step::End | Step::Nothing => continue,
                Step::Done => return Err(self.reader.ended()),
            }
            let child = self.reader.tag;
            let is_wanted = depth == inside && child.is_syncml() && wanted & bit(child) != 0;
            if is_wanted && child == tag::ITEM {
                wanted = 0;
            } else if is_wanted || child == tag::DATA {
                let text = self.reader.whole(step)?;
                if child != tag::DATA {
                    id = Some(text);
                    wanted &= bit(tag::DATA);
                } else if is_wanted {
                    abort |= text.parse_u32() == Some(1223);
                }
            } else if step == Step::Leaf {
                self.prove(self.reader.text)?;
            }
        }
        if kind == Kind::Command || (kind == Kind::Unknown && id.is_some()) {
            self.count(tag, id)?;
        }
        Ok(abort)
    }

    /// Text outside of `Data` must be UTF-8.
    fn prove(&mut self, text: Text<'a>) -> Result<(), Failed> {
        if text.is_utf8() {
            Ok(())
        } else {
            Err(self.reader.fail(ErrorKind::Utf8))
        }
    }

    /// One command or Status with its identifier.
    fn count(&mut self, tag: Tag, id: Option<Text<'a>>) -> Result<(), Failed> {
        let id = id.unwrap_or(Text::EMPTY);
        let number = id.parse_u32().unwrap_or(0);
        if number <= self.last {
            self.rising = false;
            let id = id.trimmed();
            self.prove(id)?;
            if id.is_empty() || id.is(b"0") {
                return Err(self.reader.fail(ErrorKind::NoCmdId));
            }
        }
        self.last = number;
        match self.allowed.checked_sub(1) {
            Some(left) => self.allowed = left,
            None => return Err(self.reader.fail(ErrorKind::Limit)),
        }
        let counter = if tag == tag::STATUS {
            &mut self.digest.statuses
        } else {
            &mut self.digest.commands
        };
        *counter = counter.saturating_add(1);
        Ok(())
    }

    /// Compares every identifier with every other, a batch at a time, without memory that grows.
    #[cold]
    fn unique(&mut self) -> Result<(), Failed> {
        let message = Message::new(self.reader.bytes, &self.digest);
        let mut batch = [Text::EMPTY; 16];
        let mut first = 0u32;
        loop {
            let mut body = message.body();
            let mut held = 0usize;
            let mut number = 0u32;
            loop {
                let id = match body.next() {
                    Ok(Part::Status(status)) => status.cmd_id,
                    Ok(Part::Command(command) | Part::Open(command)) => command.cmd_id,
                    Ok(Part::Close | Part::Final) => continue,
                    // The body has been read before, so there is no error.
                    Ok(Part::Done) | Err(_) => break,
                };
                if number >= first {
                    if batch.iter().take(held).any(|earlier| same(earlier, &id)) {
                        let at = body.part_cursor().offset as usize;
                        return Err(self.reader.fail_at(at, ErrorKind::DuplicateCmdId));
                    }
                    if let Some(slot) = batch.get_mut(held) {
                        *slot = id;
                        held = held.wrapping_add(1);
                    }
                }
                number = number.saturating_add(1);
            }
            if held < batch.len() {
                return Ok(());
            }
            first = first.saturating_add(held as u32);
        }
    }
}

/// Whether two identifiers are the same. Two that both need decoding and are longer than any
/// sensible one count as the same.
fn same(a: &Text<'_>, b: &Text<'_>) -> bool {
    match (a.plain(), b.plain()) {
        (Some(a), Some(b)) => a == b,
        (Some(a), None) => b.is(a),
        (None, _) => a.flatten(&mut [0; 32]).is_none_or(|a| b.is(a)),
    }
}
