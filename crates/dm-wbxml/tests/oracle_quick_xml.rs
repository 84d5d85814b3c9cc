//! XML events against quick-xml, an independent parser.

#![cfg(all(feature = "wbxml", feature = "xml", not(miri)))]
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing
)]

#[path = "common/support.rs"]
mod support;

use dm_wbxml::{Encoding, Tag, Vocabulary};
use quick_xml::events::Event;
use quick_xml::reader::Reader;
use support::{Seen, convert, corpus, events};

/// What quick-xml sees in a document of that vocabulary, told in our events. `Err`: it is not well
/// formed.
fn theirs(bytes: &[u8], vocabulary: Vocabulary) -> Result<Vec<Seen>, String> {
    let text = std::str::from_utf8(bytes).map_err(|error| error.to_string())?;
    let mut reader = Reader::from_str(text);
    reader.config_mut().expand_empty_elements = true;
    let mut seen = Vec::new();
    // The text since the last tag, whether markup of comments, references or sections was in it,
    // and where it began.
    let mut run = String::new();
    let mut fresh = false;
    let mut depth = 0;
    loop {
        let at = reader.buffer_position() as usize;
        let event = reader.read_event().map_err(|error| error.to_string())?;
        let blank = run.chars().all(|c| matches!(c, ' ' | '\t' | '\r' | '\n'));
        match &event {
            Event::Start(start) => {
                if !blank {
                    seen.push(Seen::Text(std::mem::take(&mut run).into_bytes()));
                }
                run.clear();
                depth += 1;
                fresh = true;
                let name = start.local_name();
                let tag =
                    Tag::from_name(vocabulary, name.as_ref().as_bytes()).unwrap_or(Tag::UNKNOWN);
                seen.push(Seen::Start(tag));
                if name.as_ref() == "Data" && vocabulary == Vocabulary::SyncMl {
                    // Markup inside Data is text; found by looking for a child before the end.
                    let inside = reader.buffer_position() as usize;
                    let end = start.to_end().into_owned();
                    let mut ahead = Reader::from_str(text.get(inside..).ok_or("cut")?);
                    ahead.config_mut().allow_unmatched_ends = true;
                    let first = loop {
                        match ahead.read_event().map_err(|error| error.to_string())? {
                            Event::Start(_) | Event::Empty(_) => break true,
                            Event::End(_) | Event::Eof => break false,
                            _ => {}
                        }
                    };
                    if first {
                        let span = reader
                            .read_to_end(end.name())
                            .map_err(|error| error.to_string())?;
                        seen.push(Seen::Text(
                            bytes[span.start as usize..span.end as usize].to_vec(),
                        ));
                        seen.push(Seen::End);
                        depth -= 1;
                        fresh = false;
                    }
                }
            }
            Event::End(_) => {
                if !blank || (fresh && !run.is_empty()) {
                    seen.push(Seen::Text(std::mem::take(&mut run).into_bytes()));
                }
                run.clear();
                seen.push(Seen::End);
                depth -= 1;
                fresh = false;
            }
            Event::Text(_) if depth > 0 => {
                let end = reader.buffer_position() as usize;
                run.push_str(text.get(at..end).ok_or("cut")?);
            }
            Event::CData(section) => run.push_str(section),
            Event::GeneralRef(reference) => {
                match reference
                    .resolve_char_ref()
                    .map_err(|error| error.to_string())?
                {
                    Some(c) => run.push(c),
                    None => run.push_str(
                        quick_xml::escape::resolve_xml_entity(reference).ok_or("entity")?,
                    ),
                }
            }
            Event::Eof => {
                return if depth == 0 {
                    Ok(seen)
                } else {
                    Err("open elements".into())
                };
            }
            _ => {}
        }
    }
}

#[test]
fn the_corpus_gives_the_same_events() {
    let mut compared = 0;
    for (folder, vocabulary) in [
        ("messages-xml", Vocabulary::SyncMl),
        ("ddf", Vocabulary::Ddf),
        ("tnds", Vocabulary::Ddf),
    ] {
        for (name, bytes) in corpus(folder, "xml") {
            // What is not well formed is told apart by name elsewhere.
            let Ok(ours) = events(&bytes, Encoding::Xml) else {
                continue;
            };
            let theirs =
                theirs(&bytes, vocabulary).unwrap_or_else(|error| panic!("{name}: {error}"));
            let differs = ours.iter().zip(&theirs).position(|(a, b)| a != b);
            assert_eq!(differs.map(|at| (&ours[at], &theirs[at])), None, "{name}");
            assert_eq!(ours.len(), theirs.len(), "{name}");
            compared += 1;
        }
    }
    assert!(compared == 0 || compared > 150, "{compared}");
}

#[test]
fn what_we_write_is_xml_to_others() {
    for (name, bytes) in corpus("messages-wbxml", "wbxml") {
        let Ok(_) = events(&bytes, Encoding::Wbxml) else {
            continue;
        };
        let xml = convert(&bytes, Encoding::Wbxml, Encoding::Xml).unwrap();
        let theirs =
            theirs(&xml, Vocabulary::SyncMl).unwrap_or_else(|error| panic!("{name}: {error}"));
        assert_eq!(events(&xml, Encoding::Xml).unwrap(), theirs, "{name}");
    }
}
