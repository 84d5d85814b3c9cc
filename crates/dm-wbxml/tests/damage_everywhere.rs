//! Every document of the corpus cut at every octet, and with every octet replaced by sixteen others,
//! exhaustively.
//!
//! That is only possible because a reader can go on anywhere: each damaged document is read from the
//! last event before the damage on, and no further than to where it is read as the sound one was,
//! from where on both are the same. `tests/damage.rs` reads whole damaged documents, but a share of
//! them only.

#![cfg(all(feature = "wbxml", feature = "xml", not(miri)))]
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing
)]

#[path = "common/support.rs"]
mod support;

use dm_wbxml::{Cursor, Document, Encoding, Event, Reader};
use support::{corpus, files, shared};

/// Tokens with a meaning, and neighbours of what numbers are made of.
const OCTETS: [u8; 16] = [
    0x00, 0x01, 0x02, 0x03, 0x04, 0x05, 0x40, 0x43, 0x45, 0x7F, 0x80, 0x83, 0x84, 0xC3, 0xC4, 0xFF,
];
/// Characters with a meaning.
const CHARACTERS: [u8; 16] = *b"\0<>&;/!?'\"] \nx\x80\xFF";

/// A stretch between two events that is n times as long has every n * n-th octet of it damaged.
const STRETCH: usize = 512;

/// How a damaged document ended.
#[derive(Default, Debug)]
struct Outcomes {
    refused: u64,
    sound: u64,
    /// Read as the sound document from some place on.
    same: u64,
}

/// The places in front of each event of a sound document, or up to its fault.
fn places(bytes: &[u8], encoding: Encoding) -> Option<(Document, Vec<Cursor>)> {
    let mut reader = Reader::new(bytes, encoding).ok()?;
    let mut places = vec![reader.cursor()];
    while let Ok(event) = reader.next() {
        if matches!(event, Event::Done) {
            break;
        }
        places.push(reader.cursor());
    }
    Some((*reader.document(), places))
}

/// Reads on until the end, a fault, or one of the `places` behind `damage`.
fn read(mut reader: Reader<'_>, damage: usize, places: &[Cursor], outcomes: &mut Outcomes) {
    let len = reader.bytes().len();
    let bound = 2 * (len - reader.cursor().offset() as usize) + 64;
    for _ in 0..bound {
        let before = reader.cursor().offset();
        match reader.next() {
            Ok(Event::Text(text)) => assert!(!text.is_empty()),
            Ok(Event::Done) => {
                assert_eq!(reader.cursor().offset() as usize, len);
                outcomes.sound += 1;
                return;
            }
            Ok(_) => {}
            Err(error) => {
                assert!(error.offset as usize <= len, "{error:?}");
                assert!(error.offset >= before.min(damage as u32), "{error:?}");
                assert_eq!(reader.next().unwrap_err(), error);
                outcomes.refused += 1;
                return;
            }
        }
        let here = reader.cursor();
        assert!(here.offset() >= before);
        if here.offset() as usize > damage && known(places, here) {
            outcomes.same += 1;
            return;
        }
    }
    panic!("more events than octets allow");
}

/// Whether the sound document is read through this place; the places rise in their offsets.
fn known(places: &[Cursor], here: Cursor) -> bool {
    let first = places.partition_point(|place| place.offset() < here.offset());
    let mut same = places[first..]
        .iter()
        .take_while(|place| place.offset() == here.offset());
    same.any(|place| *place == here)
}

fn damage(
    name: &str,
    bytes: &[u8],
    encoding: Encoding,
    values: &[u8; 16],
    outcomes: &mut Outcomes,
) {
    let Some((document, places)) = places(bytes, encoding) else {
        return;
    };
    let mut changed = bytes.to_vec();
    let mut at = 0;
    let mut place = 0;
    while at < bytes.len() {
        while places
            .get(place + 1)
            .is_some_and(|next| (next.offset() as usize) <= at)
        {
            place += 1;
        }
        let from = places[place];
        let to = places
            .get(place + 1)
            .map_or(bytes.len(), |next| next.offset() as usize);
        // The octet the root begins with is looked at when the document is opened.
        let header = at <= places[0].offset() as usize;
        let mut try_one = |bytes: &[u8]| {
            // Behind another header the same octets may mean something else.
            if !header {
                return read(Reader::at(bytes, &document, from), at, &places, outcomes);
            }
            match Reader::new(bytes, encoding) {
                Ok(reader) => read(reader, bytes.len(), &[], outcomes),
                Err(error) => {
                    assert!(error.offset as usize <= bytes.len(), "{name}: {error:?}");
                    outcomes.refused += 1;
                }
            }
        };
        try_one(&bytes[..at]);
        for value in values {
            changed[at] = *value;
            try_one(&changed);
        }
        changed[at] = bytes[at];
        let stretch = to.saturating_sub(from.offset() as usize) / STRETCH;
        at += 1 + stretch * stretch;
    }
}

fn all(documents: Vec<(String, Vec<u8>)>, encoding: Encoding, values: &[u8; 16]) {
    let mut outcomes = Outcomes::default();
    for (name, bytes) in &documents {
        damage(name, bytes, encoding, values, &mut outcomes);
    }
    eprintln!("{} documents: {outcomes:?}", documents.len());
    let Outcomes {
        refused,
        sound,
        same,
    } = outcomes;
    assert!(
        documents.is_empty() || (refused > 0 && sound > 0 && same > 0),
        "{outcomes:?}"
    );
}

/// REP-C-042
#[test]
fn every_octet_of_every_wbxml_document_may_be_wrong_or_missing() {
    let mut documents = files(
        concat!(env!("CARGO_MANIFEST_DIR"), "/../../tests/corpus/vectors").into(),
        "wbxml",
    );
    for folder in ["messages-wbxml", "provisioning", "notification"] {
        documents.extend(corpus(folder, "wbxml"));
    }
    if let Some(shared) = shared("reference session") {
        documents.extend(files(shared.join("reference-session"), "wbxml"));
    }
    all(documents, Encoding::Wbxml, &OCTETS);
}

/// REP-C-042
#[test]
fn every_octet_of_every_xml_document_may_be_wrong_or_missing() {
    let mut documents = Vec::new();
    for folder in ["messages-xml", "provisioning", "tnds", "notification"] {
        documents.extend(corpus(folder, "xml"));
    }
    if let Some(shared) = shared("reference session") {
        documents.extend(files(shared.join("reference-session"), "xml"));
    }
    all(documents, Encoding::Xml, &CHARACTERS);
}
