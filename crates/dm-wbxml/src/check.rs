//! The pass without side effects: is the message sound, and what is in it.

use crate::body::{Kind, kind};
use crate::reader::{Cursor, Failed, Reader, Step};
use crate::{Document, Encoding, Error, ErrorKind, Limits, Tag, Text, parse, tag};

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
#[inline(never)]
pub fn check(bytes: &[u8], encoding: Encoding, limits: &Limits) -> Result<Digest, Error> {
    let mut digest = Digest {
        document: Document::NONE,
        header: Cursor::default(),
        body: Cursor::default(),
        commands: 0,
        statuses: 0,
        is_final: false,
        abort: false,
        fault: None,
    };
    digest.document.read(bytes, encoding)?;
    let mut pass = Pass {
        reader: Reader::over(bytes, &digest.document),
        digest: &mut digest,
        allowed: limits.commands,
        last: 0,
        rising: true,
        alert: false,
        id: Text::default(),
    };
    if let Err(Failed) = pass.header() {
        return Err(pass.reader.error());
    }
    if let Err(Failed) = pass.behind_header() {
        pass.digest.fault = Some(pass.reader.error().into());
    }
    Ok(digest)
}

struct Pass<'p, 'a> {
    reader: Reader<'a>,
    digest: &'p mut Digest,
    /// Commands and Status elements still allowed.
    allowed: u16,
    /// The last identifier, while all have been rising numbers.
    last: u32,
    rising: bool,
    /// The element read last is an Alert 1223.
    alert: bool,
    /// Its identifier, if it is a command and has one.
    id: Text<'a>,
}

/// Identifiers that all later ones are compared with.
struct Batch<'b, 'a> {
    ids: &'b mut [Text<'a>; 16],
    held: usize,
    /// Commands in front of the batch that are still to come.
    before: u16,
}

impl<'a> Pass<'_, 'a> {
    /// Up to the end of `SyncHdr`.
    fn header(&mut self) -> Result<(), Failed> {
        let kind = match parse::child(&mut self.reader)? {
            Some(tag::SYNC_ML) => match self.part()? {
                Some(tag::SYNC_HDR) => {
                    self.digest.header = self.reader.cursor;
                    self.element(tag::SYNC_HDR)?;
                    self.digest.body = self.reader.cursor;
                    return Ok(());
                }
                _ => ErrorKind::NoHeader,
            },
            _ => ErrorKind::NotSyncMl,
        };
        Err(self.reader.fail(kind))
    }

    /// From the end of `SyncHdr` to the end of the document.
    fn behind_header(&mut self) -> Result<(), Failed> {
        let kind = match self.part()? {
            Some(tag::SYNC_BODY) => {
                self.digest.body = self.reader.cursor;
                self.body(None)?;
                if self.part()?.is_none() {
                    self.step()?;
                    return if self.rising { Ok(()) } else { self.unique() };
                }
                ErrorKind::Duplicate
            }
            Some(_) => ErrorKind::Duplicate,
            None => ErrorKind::NoBody,
        };
        Err(self.reader.fail(kind))
    }

    /// The start of the next `SyncHdr` or `SyncBody`, or the end of `SyncML`.
    #[inline(never)]
    fn part(&mut self) -> Result<Option<Tag>, Failed> {
        loop {
            match parse::child(&mut self.reader)? {
                Some(tag::SYNC_HDR | tag::SYNC_BODY) => return Ok(Some(self.reader.tag)),
                Some(_) => self.reader.leave(self.reader.cursor.depth)?,
                None => return Ok(None),
            }
        }
    }

    /// The next start or end of an element, a text or the end of the document.
    fn step(&mut self) -> Result<Step, Failed> {
        loop {
            match self.reader.step(false)? {
                Step::Nothing => {}
                step => return Ok(step),
            }
        }
    }

    /// The content of `SyncBody`, containers included.
    #[inline(never)]
    fn body(&mut self, mut batch: Option<&mut Batch<'_, 'a>>) -> Result<(), Failed> {
        let outside = self.reader.cursor.depth;
        // The container whose fields come, and its identifier.
        let mut container = None;
        let mut id = Text::default();
        loop {
            let child = match self.step()? {
                Step::Start => Some(self.reader.tag),
                Step::End => None,
                _ => continue,
            };
            if let Some(tag) = container {
                match child {
                    Some(tag::CMD_ID) => {
                        self.reader.content()?;
                        keep_first(&mut id, &self.reader.text);
                        continue;
                    }
                    Some(tag) if tag != tag::FINAL && kind(tag) == Kind::Field => {
                        self.element(tag)?;
                        continue;
                    }
                    _ => {
                        self.id = id;
                        self.count(tag, batch.as_deref_mut())?;
                        container = None;
                    }
                }
            }
            match child {
                None if self.reader.cursor.depth < outside => return Ok(()),
                None => {}
                Some(_) if self.digest.is_final => {
                    return Err(self.reader.fail(ErrorKind::AfterFinal));
                }
                Some(tag::FINAL) => {
                    self.digest.is_final = self.reader.cursor.depth == outside.wrapping_add(1);
                    self.reader.leave(self.reader.cursor.depth)?;
                }
                Some(tag::ATOMIC | tag::SEQUENCE) => (container, id) = (child, Text::default()),
                Some(tag) => {
                    self.element(tag)?;
                    self.digest.abort |= self.alert && self.reader.cursor.depth == outside;
                    match kind(tag) {
                        Kind::Field => {}
                        Kind::Unknown if self.id.raw.is_empty() => {}
                        _ => self.count(tag, batch.as_deref_mut())?,
                    }
                }
            }
        }
    }

    /// One element without containers inside: its identifier, and whether it is an Alert 1223.
    #[inline(never)]
    fn element(&mut self, tag: Tag) -> Result<(), Failed> {
        let inside = self.reader.cursor.depth;
        self.id = Text::default();
        // Children with a meaning here are those in front of the first Item, except that the fields
        // of a Status come in any order.
        let mut front = kind(tag) != Kind::Field;
        self.alert = false;
        loop {
            let own = front && self.reader.cursor.depth == inside;
            let step = self.reader.step(true)?;
            if step != Step::Leaf && step != Step::Start {
                match step {
                    Step::Text => self.prove()?,
                    Step::Done => return Err(self.reader.ended()),
                    _ if self.reader.cursor.depth < inside => return Ok(()),
                    _ => {}
                }
                continue;
            }
            match self.reader.tag {
                tag::DATA => {
                    self.reader.whole(step)?;
                    self.alert |=
                        own && tag == tag::ALERT && self.reader.text.parse_u32() == Some(1223);
                }
                tag::CMD_ID if own => {
                    self.reader.whole(step)?;
                    keep_first(&mut self.id, &self.reader.text);
                }
                tag::ITEM if own && tag != tag::STATUS => front = false,
                _ if step == Step::Leaf => self.prove()?,
                _ => {}
            }
        }
    }

    /// Text outside of `Data` must be UTF-8.
    #[inline]
    fn prove(&mut self) -> Result<(), Failed> {
        if self.reader.text.is_utf8() {
            Ok(())
        } else {
            Err(self.reader.fail(ErrorKind::Utf8))
        }
    }

    /// One command or Status with its identifier, to be counted or to be compared.
    #[inline(never)]
    fn count(&mut self, tag: Tag, batch: Option<&mut Batch<'_, 'a>>) -> Result<(), Failed> {
        self.id.trim();
        let id = self.id;
        if let Some(batch) = batch {
            return self.compare(id, batch);
        }
        let number = id.parse_u32();
        let rising = number.unwrap_or(0);
        if rising <= self.last {
            self.rising = false;
            if !id.is_utf8() {
                return Err(self.reader.fail(ErrorKind::Utf8));
            }
            if number == Some(0) || id.is_empty() {
                return Err(self.reader.fail(ErrorKind::NoCmdId));
            }
        }
        self.last = rising;
        match self.allowed.checked_sub(1) {
            Some(left) => self.allowed = left,
            None => return Err(self.reader.fail(ErrorKind::Limit)),
        }
        // As many as are allowed.
        if tag == tag::STATUS {
            self.digest.statuses = self.digest.statuses.wrapping_add(1);
        } else {
            self.digest.commands = self.digest.commands.wrapping_add(1);
        }
        Ok(())
    }

    /// Compares every identifier with every other, a batch at a time, without memory that grows.
    #[cold]
    fn unique(&mut self) -> Result<(), Failed> {
        let mut compared = 0u16;
        let mut batch = Batch {
            ids: &mut [Text::default(); 16],
            held: 0,
            before: 0,
        };
        loop {
            self.reader.go_to(self.digest.body);
            self.digest.is_final = false;
            self.body(Some(&mut batch))?;
            if batch.held < batch.ids.len() {
                return Ok(());
            }
            compared = compared.saturating_add(batch.held as u16);
            (batch.before, batch.held) = (compared, 0);
        }
    }

    /// Compares an identifier with those of the batch, which it joins if there is room.
    fn compare(&mut self, id: Text<'a>, batch: &mut Batch<'_, 'a>) -> Result<(), Failed> {
        if batch.before > 0 {
            batch.before = batch.before.wrapping_sub(1);
            return Ok(());
        }
        // One that needs decoding and is longer than any sensible one counts as the same as others.
        let mut scratch = [0; 32];
        let plain = id.flatten(&mut scratch);
        for slot in batch.ids.iter().take(batch.held) {
            if plain.is_none_or(|plain| slot.is(plain)) {
                return Err(self.reader.fail(ErrorKind::DuplicateCmdId));
            }
        }
        if let Some(slot) = batch.ids.get_mut(batch.held) {
            *slot = id;
            batch.held = batch.held.wrapping_add(1);
        }
        Ok(())
    }
}

/// Of repeated identifiers the first counts.
fn keep_first<'a>(id: &mut Text<'a>, text: &Text<'a>) {
    if id.raw.is_empty() {
        *id = *text;
    }
}
