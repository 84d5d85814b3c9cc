//! What several tests need: documents, the shared corpus, events as plain data.
#![allow(dead_code)] // each test file uses its own part
#![allow(
    missing_docs,
    unreachable_pub,
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing
)]

use std::path::PathBuf;

use dm_wbxml::{
    Body, Encoding, Error, Event, Limits, Message, Part, Reader, Tag, Vocabulary, Writer, check,
    copy_document, literal_names, tag,
};

/// Octets written in hexadecimal, white space ignored.
pub fn hex(text: &str) -> Vec<u8> {
    let digits: Vec<u8> = text
        .chars()
        .filter_map(|c| c.to_digit(16))
        .map(|digit| digit as u8)
        .collect();
    digits
        .chunks(2)
        .map(|pair| pair[0] << 4 | pair[1])
        .collect()
}

/// A document without the white space used to lay it out.
pub fn squeezed(xml: &str) -> String {
    xml.lines().map(str::trim).collect()
}

/// The shared test data, or `None` with a note of what is skipped.
pub fn shared(what: &str) -> Option<PathBuf> {
    // Miri takes own documents only: it is some thousand times slower.
    if cfg!(miri) {
        return None;
    }
    let path = std::env::var_os("OMA_DM_SHARED").map_or_else(
        || PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../../shared"),
        PathBuf::from,
    );
    if path.join("corpus").is_dir() {
        return Some(path);
    }
    skipped(&format!(
        "{what}: no shared test data at {}",
        path.display()
    ));
    None
}

/// Tells that something was not tested; a failure where that is not allowed.
pub fn skipped(what: &str) {
    assert!(
        std::env::var_os("OMA_DM_NO_SKIPS").is_none_or(|value| value != "1"),
        "skipped: {what}"
    );
    eprintln!("SKIPPED {what}");
}

/// The files of one folder of the corpus with that ending, in order of their names.
pub fn corpus(folder: &str, ending: &str) -> Vec<(String, Vec<u8>)> {
    let Some(shared) = shared(folder) else {
        return Vec::new();
    };
    files(shared.join("corpus").join(folder), ending)
}

/// The files of a folder with that ending, in order of their names.
pub fn files(folder: PathBuf, ending: &str) -> Vec<(String, Vec<u8>)> {
    let mut files: Vec<_> = std::fs::read_dir(&folder)
        .unwrap_or_else(|error| panic!("{}: {error}", folder.display()))
        .map(|entry| entry.unwrap().path())
        .filter(|path| {
            path.extension()
                .is_some_and(|extension| extension == ending)
        })
        .map(|path| {
            (
                path.file_name().unwrap().to_string_lossy().into_owned(),
                std::fs::read(path).unwrap(),
            )
        })
        .collect();
    files.sort();
    files
}

/// An event that owns its text.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Seen {
    Start(Tag),
    /// Only of client provisioning.
    Attribute(String, Vec<u8>),
    Text(Vec<u8>),
    End,
}

/// All events of a document.
pub fn events(bytes: &[u8], encoding: Encoding) -> Result<Vec<Seen>, Error> {
    let mut reader = Reader::new(bytes, encoding)?;
    let mut seen = Vec::new();
    loop {
        seen.push(match reader.next()? {
            Event::Start(tag) => {
                seen.push(Seen::Start(tag));
                if reader.document().vocabulary() == Vocabulary::Provisioning {
                    while let Some(attribute) = reader.attribute()? {
                        let name = String::from_utf8(attribute.name.to_vec()).unwrap();
                        seen.push(Seen::Attribute(
                            name,
                            attribute
                                .pieces()
                                .flat_map(|piece| piece.to_vec())
                                .collect(),
                        ));
                    }
                }
                continue;
            }
            Event::Text(text) => {
                Seen::Text(text.pieces().flat_map(|piece| piece.to_vec()).collect())
            }
            Event::End => Seen::End,
            Event::Done => return Ok(seen),
        });
        assert!(seen.len() <= 2 * bytes.len(), "too many events");
    }
}

/// The document in another encoding, event by event.
pub fn convert(bytes: &[u8], from: Encoding, to: Encoding) -> Result<Vec<u8>, Error> {
    let mut table = vec![0; bytes.len() + 64];
    let mut reader = Reader::new(bytes, from)?;
    let names = literal_names(&mut reader.clone(), &mut table)?.unwrap();
    let mut out = vec![0; bytes.len() * 8 + 64];
    let mut writer = Writer::new(&mut out, to);
    writer.set_string_table(&table[..names]);
    copy_document(&mut reader, &mut writer)?;
    assert!(!writer.overflowed());
    let len = writer.position();
    out.truncate(len);
    Ok(out)
}

/// Reads a message by its typed views and writes it again by the typed writers.
pub fn rewrite(bytes: &[u8], from: Encoding, to: Encoding) -> Vec<u8> {
    let digest = check(bytes, from, &Limits::default()).unwrap();
    assert_eq!(digest.fault, None);
    let message = Message::new(bytes, &digest);
    let mut out = vec![0; bytes.len() * 8 + 64];
    let mut writer = Writer::new(&mut out, to);
    let mut open = Vec::new();
    let mut is_final = false;
    writer.begin_message(&message.header().unwrap());
    let mut body = message.body();
    loop {
        match body.next().unwrap() {
            Part::Status(status) => {
                writer.begin_status(&status);
                items(&mut body, &mut writer);
                writer.end(tag::STATUS);
            }
            Part::Command(command) => {
                writer.begin_command(&command);
                items(&mut body, &mut writer);
                writer.end(command.tag);
            }
            Part::Open(command) => {
                writer.begin_command(&command);
                open.push(command.tag);
            }
            Part::Close => writer.end(open.pop().unwrap()),
            Part::Final => is_final = true,
            Part::Done => break,
        }
    }
    writer.end_message(is_final);
    assert!(!writer.overflowed());
    let len = writer.position();
    out.truncate(len);
    out
}

fn items(body: &mut Body<'_>, writer: &mut Writer<'_>) {
    while let Some(item) = body.item().unwrap() {
        writer.item(&item);
    }
}

/// Events without white space around text, and without text of white space only.
pub fn folded(events: Vec<Seen>) -> Vec<Seen> {
    let fold = |event| match event {
        Seen::Text(text) => Some(text.trim_ascii().to_vec())
            .filter(|text| !text.is_empty())
            .map(Seen::Text),
        other => Some(other),
    };
    events.into_iter().filter_map(fold).collect()
}
