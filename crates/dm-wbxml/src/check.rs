//! The pass without side effects: is the message sound, and what is in it.

use crate::body::{Body, Kind, kind};
use crate::parse::{self, Fields, Slot, TOP};
use crate::reader::{Cursor, Failed, Step};
use crate::{Document, Encoding, Error, ErrorKind, Limits, Tag, Text, tag};

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
    /// The first fault behind the header: nothing of the body may be executed, and
    /// [`ErrorKind::status`] answers the header.
    pub fault: Option<Error>,
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
    let start = Cursor::start(&digest.document);
    let mut pass = Pass {
        body: Body::over(bytes, &digest.document, start, 0),
        found: Found::default(),
        digest: &mut digest,
        allowed: limits.commands,
        last: 0,
        rising: true,
    };
    pass.body.reader.proves = true;
    if let Err(Failed) = pass.message() {
        let error = pass.body.reader.error();
        // No header has been read.
        if digest.body.depth == 0 {
            return Err(error);
        }
        digest.fault = Some(error);
    }
    Ok(digest)
}

struct Pass<'d, 'a> {
    body: Body<'a>,
    found: Found<'a>,
    digest: &'d mut Digest,
    /// Commands and Status elements still allowed.
    allowed: u16,
    /// The last identifier, while all have been rising numbers.
    last: u32,
    rising: bool,
}

/// Identifiers that all later ones are compared with.
struct Batch<'b, 'a> {
    ids: &'b mut [Text<'a>; 16],
    held: usize,
    /// The first part that there was no room for, if its depth is not 0.
    next: Cursor,
}

/// What the pass wants to know of an element.
#[derive(Default)]
struct Found<'a> {
    /// `CmdID`.
    id: Text<'a>,
    /// `Data` of an Alert.
    code: Option<u32>,
    alert: bool,
}

impl<'a> Fields<'a> for Found<'a> {
    fn slot(&mut self, child: Tag, tag: Tag) -> Slot<'_, 'a> {
        match (child, tag) {
            (TOP, tag::CMD_ID) if self.alert => Slot::Text(&mut self.id),
            (TOP, tag::CMD_ID) => Slot::Last(&mut self.id),
            (TOP, tag::DATA) if self.alert => Slot::Number(&mut self.code),
            _ => Slot::None,
        }
    }
}

impl<'a> Pass<'_, 'a> {
    fn fail<T>(&mut self, kind: ErrorKind) -> Result<T, Failed> {
        Err(self.body.reader.fail(kind))
    }

    /// The whole document.
    #[inline(never)]
    fn message(&mut self) -> Result<(), Failed> {
        self.body.start()?;
        if self.body.reader.tag != tag::SYNC_ML {
            return self.fail(ErrorKind::NotSyncMl);
        }
        loop {
            self.body.outside = 1;
            match self.body.start()? {
                Step::Start => {}
                Step::End => continue,
                _ => break,
            }
            match (self.body.reader.tag, self.digest.body.depth) {
                (tag::SYNC_HDR, 0) => {
                    self.digest.header = self.body.reader.cursor;
                    self.body.reader.leave(self.body.reader.cursor.depth)?;
                    self.digest.body = self.body.reader.cursor;
                }
                (tag::SYNC_BODY, 0) => break,
                (tag::SYNC_BODY, 1) => {
                    self.digest.body = self.body.reader.cursor;
                    self.body.outside = 2;
                    self.parts(None)?;
                }
                (tag::SYNC_HDR | tag::SYNC_BODY, _) => return self.fail(ErrorKind::Duplicate),
                _ => self.body.reader.leave(self.body.reader.cursor.depth)?,
            }
        }
        match self.digest.body.depth {
            0 => return self.fail(ErrorKind::NoHeader),
            1 => return self.fail(ErrorKind::NoBody),
            _ => {}
        }
        while self.body.reader.step(false)? != Step::Done {}
        if self.rising { Ok(()) } else { self.unique() }
    }

    /// The content of `SyncBody`, containers included.
    #[inline(never)]
    fn parts(&mut self, mut batch: Option<&mut Batch<'_, 'a>>) -> Result<(), Failed> {
        loop {
            match self.body.start()? {
                Step::Start => {}
                Step::End => continue,
                _ => return Ok(()),
            }
            if self.digest.is_final {
                return self.fail(ErrorKind::AfterFinal);
            }
            let tag = self.body.reader.tag;
            let top = self.body.reader.cursor.depth == self.body.outside.wrapping_add(1);
            let kind = kind(tag);
            if kind == Kind::Field {
                self.body.reader.leave(self.body.reader.cursor.depth)?;
                self.digest.is_final = top && tag == tag::FINAL;
                continue;
            }
            self.found = Found {
                alert: top && tag == tag::ALERT,
                ..Found::default()
            };
            parse::collect(&mut self.body.reader, kind, &mut self.found)?;
            if kind != Kind::Unknown || !self.found.id.raw.is_empty() {
                self.count(tag, batch.as_deref_mut())?;
            }
            self.digest.abort |= self.found.code == Some(1223);
        }
    }

    /// One command or Status with its identifier, to be counted or to be compared.
    #[inline(never)]
    fn count(&mut self, tag: Tag, batch: Option<&mut Batch<'_, 'a>>) -> Result<(), Failed> {
        let id = self.found.id;
        if let Some(batch) = batch {
            return self.compare(id, batch);
        }
        let number = id.parse_u32();
        let rising = number.unwrap_or(0);
        if rising <= self.last {
            self.rising = false;
            match number {
                None if !id.proves_utf8() => return self.fail(ErrorKind::Utf8),
                None if !id.is_empty() => {}
                None | Some(0) => return self.fail(ErrorKind::NoCmdId),
                Some(_) => {}
            }
        }
        self.last = rising;
        match self.allowed.checked_sub(1) {
            Some(left) => self.allowed = left,
            None => return self.fail(ErrorKind::Limit),
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
        let mut ids = [Text::default(); 16];
        let mut next = self.digest.body;
        while next.depth != 0 {
            self.body.reader.go_to(next);
            self.body.outside = 2;
            self.digest.is_final = false;
            let mut batch = Batch {
                ids: &mut ids,
                held: 0,
                next: Cursor::default(),
            };
            self.parts(Some(&mut batch))?;
            next = batch.next;
        }
        Ok(())
    }

    /// Compares an identifier with those of the batch, which it joins if there is room.
    fn compare(&mut self, id: Text<'a>, batch: &mut Batch<'_, 'a>) -> Result<(), Failed> {
        // One that needs decoding and is longer than any sensible one counts as the same as others.
        let mut scratch = [0; 32];
        let plain = id.flatten(&mut scratch);
        for slot in batch.ids.iter().take(batch.held) {
            if plain.is_none_or(|plain| slot.is(plain)) {
                return self.fail(ErrorKind::DuplicateCmdId);
            }
        }
        if let Some(slot) = batch.ids.get_mut(batch.held) {
            *slot = id;
            batch.held = batch.held.wrapping_add(1);
        } else if batch.next.depth == 0 {
            batch.next = self.body.at;
        }
        Ok(())
    }
}
