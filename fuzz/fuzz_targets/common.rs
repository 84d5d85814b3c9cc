//! What several targets do with a document.
#![allow(dead_code)] // each target uses its own part

use dm_wbxml::{
    Encoding, Error, Event, Limits, MAX_DEPTH, Message, Part, Reader, Tag, Vocabulary, Writer,
    check, copy_document, literal_names, tag,
};
use std::fmt::Write as _;

/// What a document says, event by event, as octets that are the same if the events are.
#[derive(PartialEq, Eq, Default)]
pub struct Seen(Vec<u8>);

impl std::fmt::Debug for Seen {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}", self.0.escape_ascii())
    }
}

impl Seen {
    /// Octets in pieces, and how many they are.
    fn run(&mut self, kind: u8, pieces: impl Iterator<Item: std::ops::Deref<Target = [u8]>>) {
        self.0.push(kind);
        let start = self.0.len();
        pieces.for_each(|piece| self.0.extend_from_slice(&piece));
        let len = (self.0.len() - start) as u32;
        self.0.extend(len.to_be_bytes());
    }

    fn start(&mut self, tag: Tag, reader: &Reader<'_>) {
        let vocabulary = tag.vocabulary() as u8;
        self.0.extend([b'<', vocabulary, tag.page(), tag.token()]);
        if tag == Tag::UNKNOWN {
            self.run(b'n', std::iter::once(reader.name()));
        }
    }
}

/// All events of a document.
pub fn events(bytes: &[u8], encoding: Encoding) -> Result<Seen, Error> {
    let mut reader = Reader::new(bytes, encoding)?;
    let mut seen = Seen::default();
    let attributes = reader.document().vocabulary() == Vocabulary::Provisioning;
    loop {
        match reader.next()? {
            Event::Start(tag) => {
                seen.start(tag, &reader);
                while attributes && let Some(attribute) = reader.attribute()? {
                    seen.run(b'a', std::iter::once(attribute.name));
                    seen.run(b'=', attribute.pieces());
                }
            }
            Event::Text(text) => seen.run(b't', text.pieces()),
            Event::End => seen.0.push(b'>'),
            Event::Done => return Ok(seen),
        }
    }
}

/// The document in another encoding, and whether something of it could not be expressed.
///
/// That the length is known before anything is written is seen with one document in eight, chosen by
/// what is in it: it doubles the work.
pub fn convert(bytes: &[u8], from: Encoding, to: Encoding) -> Result<(Vec<u8>, bool), Error> {
    let mut reader = Reader::new(bytes, from)?;
    let mut table = Vec::new();
    // XML spells all names.
    if to == Encoding::Wbxml {
        table.resize(bytes.len() * 2 + 64, 0);
        let names = literal_names(&mut reader.clone(), &mut table)?.expect("room for all names");
        table.truncate(names);
    }
    let mut counted = None;
    if bytes.iter().fold(0, |sum, octet| sum ^ octet) & 7 == 0 {
        let mut counting = Writer::counting(to);
        counting.set_string_table(&table);
        copy_document(&mut reader.clone(), &mut counting)?;
        counted = Some(counting.position());
    }
    OUT.with_borrow_mut(|out| {
        // The longest that an octet can become is an element which declares its name space.
        out.resize(out.len().max(bytes.len() * 80 + 1024), 0);
        let len = counted.unwrap_or(out.len());
        let mut writer = Writer::new(&mut out[..len], to);
        writer.set_string_table(&table);
        copy_document(&mut reader, &mut writer)?;
        assert!(!writer.overflowed(), "there is room for everything");
        assert_eq!(writer.position(), writer.written().len());
        assert!(counted.is_none_or(|counted| counted == writer.position()));
        Ok((writer.written().to_vec(), writer.replaced()))
    })
}

thread_local! {
    /// Room for what [`convert`] writes.
    static OUT: std::cell::RefCell<Vec<u8>> = const { std::cell::RefCell::new(Vec::new()) };
}

/// Reads the document in every way and holds the ways against each other.
pub fn exercise(bytes: &[u8], encoding: Encoding) {
    let sound = walk(bytes, encoding);
    let digest = match check(bytes, encoding, &Limits { commands: 300 }) {
        Ok(digest) => digest,
        Err(error) => return assert!(error.offset as usize <= bytes.len()),
    };
    if let Some(fault) = digest.fault {
        assert!(fault.offset as usize <= bytes.len());
    }
    let message = Message::new(bytes, &digest);
    message.header().expect("the check has read the header");
    let views = views(&message, bytes.len());
    if digest.fault.is_none() {
        assert!(
            sound,
            "the check found nothing wrong with a document that cannot be read"
        );
        let seen = views.expect("the check has read the body");
        assert_eq!(seen, (digest.commands, digest.statuses, digest.is_final));
    }
}

fn walk(bytes: &[u8], encoding: Encoding) -> bool {
    let mut reader = match Reader::new(bytes, encoding) {
        Ok(reader) => reader,
        Err(error) => {
            assert!(error.offset as usize <= bytes.len());
            return false;
        }
    };
    let mut depth = 0;
    let mut in_text = false;
    let mut at = reader.cursor().offset();
    for _ in 0..=2 * bytes.len() {
        let event = reader.next();
        let was_text = std::mem::take(&mut in_text);
        assert!(reader.cursor().offset() >= at, "reading goes forward");
        at = reader.cursor().offset();
        match event {
            Ok(Event::Text(text)) => {
                assert!(!text.is_empty() && !was_text && depth > 0);
                let pieces = text.pieces().fold(0, |len, piece| len + piece.len());
                assert_eq!(text.len(), pieces);
                in_text = true;
            }
            Ok(Event::Start(_)) => depth += 1,
            Ok(Event::End) => depth -= 1,
            Ok(Event::Done) => {
                assert!(depth == 0 && at as usize == bytes.len());
                return true;
            }
            Err(error) => {
                assert!(error.offset as usize <= bytes.len());
                assert!(depth <= MAX_DEPTH);
                assert_eq!(reader.next().unwrap_err(), error);
                return false;
            }
        }
    }
    panic!("too many events");
}

fn views(message: &Message<'_>, len: usize) -> Result<(u16, u16, bool), Error> {
    let mut body = message.body();
    let (mut commands, mut statuses, mut is_final) = (0u16, 0u16, false);
    for _ in 0..=2 * len {
        let before = body.cursor();
        let part = body.next()?;
        // The same part comes again from its own place and from the place before it.
        for cursor in [before, body.part_cursor()] {
            let again = message.body_at(cursor).next()?;
            assert_eq!(
                std::mem::discriminant(&again),
                std::mem::discriminant(&part)
            );
        }
        match part {
            Part::Command(_) | Part::Open(_) => commands = commands.saturating_add(1),
            Part::Status(_) => statuses = statuses.saturating_add(1),
            Part::Final => is_final = true,
            Part::Close => {}
            Part::Done => return Ok((commands, statuses, is_final)),
        }
        while body.item()?.is_some() {}
    }
    panic!("too many parts");
}

/// Every part and item of a sound message, as it would be printed: texts by what they say.
pub fn told(bytes: &[u8], encoding: Encoding) -> String {
    let digest = check(bytes, encoding, &Limits::default()).expect("the message is sound");
    assert_eq!(digest.fault, None);
    let message = Message::new(bytes, &digest);
    let header = message.header().expect("the check has read it");
    let mut told = format!("{header:?}");
    let mut tell = |part: &dyn std::fmt::Debug| {
        write!(told, "\n{part:?}").expect("a string takes everything");
    };
    let mut body = message.body();
    loop {
        let mut part = body.next().expect("the check has read it");
        // A device description's element is no command, whatever its name; in XML it has none here.
        if let Part::Command(command) = &mut part
            && command.tag.vocabulary() == Vocabulary::Ddf
        {
            command.tag = Tag::UNKNOWN;
        }
        tell(&part);
        if matches!(part, Part::Done) {
            return told;
        }
        while let Some(item) = body.item().expect("the check has read it") {
            tell(&item);
        }
    }
}

/// Reads a sound message by its typed views and writes it again by the typed writers, first only
/// counting. Gives whether something could not be expressed as well.
pub fn rewrite(bytes: &[u8], from: Encoding, to: Encoding) -> (Vec<u8>, bool) {
    let mut counting = Writer::counting(to);
    write_again(bytes, from, &mut counting);
    let mut out = vec![0; counting.position()];
    let mut writer = Writer::new(&mut out, to);
    write_again(bytes, from, &mut writer);
    assert!(!writer.overflowed(), "the exact length was computed before");
    assert_eq!(writer.position(), writer.written().len());
    assert_eq!(writer.replaced(), counting.replaced());
    let replaced = writer.replaced();
    assert_eq!(out.len(), counting.position());
    (out, replaced)
}

fn write_again(bytes: &[u8], from: Encoding, writer: &mut Writer<'_>) {
    let digest = check(bytes, from, &Limits::default()).expect("the message is sound");
    let message = Message::new(bytes, &digest);
    let mut open = Vec::new();
    let mut is_final = false;
    writer.begin_message(&message.header().expect("the check has read it"));
    let mut body = message.body();
    loop {
        let close = match body.next().expect("the check has read it") {
            Part::Status(status) => {
                writer.begin_status(&status);
                Some(tag::STATUS)
            }
            Part::Command(command) => {
                writer.begin_command(&command);
                Some(command.tag)
            }
            Part::Open(command) => {
                writer.begin_command(&command);
                open.push(command.tag);
                None
            }
            Part::Close => open.pop(),
            Part::Final => {
                is_final = true;
                None
            }
            Part::Done => break,
        };
        while let Some(item) = body.item().expect("the check has read it") {
            writer.item(&item);
        }
        if let Some(tag) = close {
            writer.end(tag);
        }
    }
    writer.end_message(is_final);
}
