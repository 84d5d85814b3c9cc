//! Damaged documents: cut at every octet, every octet replaced, every length wrong. Whatever comes
//! out is an error with its place, or a sound document; and the work is bounded by the length.
//!
//! `OMA_DM_TEST_BUDGET` scales how much of it runs: 1 is the ordinary share, 100 is nearly
//! everything.

#![cfg(all(feature = "wbxml", feature = "xml"))]
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing
)]

#[path = "common/support.rs"]
mod support;

use dm_wbxml::{Digest, Encoding, ErrorKind, Event, Limits, Message, Part, Reader, check};
use support::{Seen, corpus, files, hex, shared};

/// Octets read in one ordinary test; Miri reads a few.
const SHARE: usize = if cfg!(miri) { 8_000 } else { 12_000_000 };
/// Octets of a document made of one token repeated.
const REPEATED: usize = if cfg!(miri) { 200 } else { 20_000 };

fn budget() -> usize {
    let scale = std::env::var("OMA_DM_TEST_BUDGET")
        .ok()
        .and_then(|value| value.parse().ok())
        .unwrap_or(1.0_f64);
    (SHARE as f64 * scale) as usize
}

/// Reads the document in every way and holds the ways against each other.
fn exercise(bytes: &[u8], encoding: Encoding) {
    let sound = walk(bytes, encoding);
    match check(bytes, encoding, &Limits::default()) {
        Err(error) => assert!(error.offset as usize <= bytes.len(), "{error:?}"),
        Ok(digest) => {
            let message = Message::new(bytes, &digest);
            message.header().expect("the check has read the header");
            if let Some(fault) = digest.fault {
                assert!(fault.offset as usize <= bytes.len(), "{fault:?}");
                views(&message, bytes.len()).ok();
            } else {
                assert!(
                    sound,
                    "the check found nothing wrong with a document that cannot be read"
                );
                let (commands, statuses, is_final) =
                    views(&message, bytes.len()).expect("the check has read the body");
                assert_eq!(
                    (commands, statuses, is_final),
                    (digest.commands, digest.statuses, digest.is_final)
                );
            }
        }
    }
}

/// Reads all events; whether there was no error.
fn walk(bytes: &[u8], encoding: Encoding) -> bool {
    let mut reader = match Reader::new(bytes, encoding) {
        Ok(reader) => reader,
        Err(error) => {
            assert!(error.offset as usize <= bytes.len(), "{error:?}");
            return false;
        }
    };
    let mut events = 0;
    let mut depth = 0u32;
    loop {
        match reader.next() {
            Ok(Event::Start(_)) => depth += 1,
            Ok(Event::End) => depth -= 1,
            Ok(Event::Text(text)) => {
                assert!(!text.is_empty());
                assert_ne!(text.len(), 0);
            }
            Ok(Event::Done) => {
                assert_eq!(depth, 0);
                return true;
            }
            Err(error) => {
                assert!(error.offset as usize <= bytes.len(), "{error:?}");
                assert_eq!(
                    reader.next().unwrap_err(),
                    error,
                    "an error is the last word"
                );
                return false;
            }
        }
        events += 1;
        assert!(events <= 2 * bytes.len(), "too many events");
    }
}

/// Reads all typed views: commands, Status elements, whether there was a Final.
fn views(message: &Message<'_>, len: usize) -> Result<(u16, u16, bool), dm_wbxml::Error> {
    let mut body = message.body();
    let (mut commands, mut statuses, mut is_final) = (0, 0, false);
    for _ in 0..=len {
        match body.next()? {
            Part::Command(command) => {
                commands += 1;
                assert!(command.cmd_id.len() <= len * len);
            }
            Part::Open(_) => commands += 1,
            Part::Status(_) => statuses += 1,
            Part::Final => is_final = true,
            Part::Close => {}
            Part::Done => return Ok((commands, statuses, is_final)),
        }
        while body.item()?.is_some() {}
    }
    panic!("more parts than octets");
}

/// Cuts and changes each of the documents, so often that the share of each is used up.
fn damage(documents: Vec<(String, Vec<u8>)>, encoding: Encoding, values: &[u8; 16]) {
    let Some(share) = budget().checked_div(documents.len()) else {
        return;
    };
    for (name, bytes) in documents {
        let all = bytes.len() * (bytes.len() + 1) / 2 + bytes.len() * bytes.len() * values.len();
        // Not a multiple of 2, so that all values and alignments have their turn.
        let step = (all / share.max(1)) | 1;
        eprintln!("{name}: every {step}");
        for cut in (0..bytes.len()).step_by(step) {
            exercise(&bytes[..cut], encoding);
        }
        let mut changed = bytes.clone();
        for change in (0..bytes.len() * values.len()).step_by(step) {
            let (at, value) = (change / values.len(), values[change % values.len()]);
            changed[at] = value;
            exercise(&changed, encoding);
            changed[at] = bytes[at];
        }
    }
}

/// Tokens with a meaning, and neighbours of what numbers are made of.
const OCTETS: [u8; 16] = [
    0x00, 0x01, 0x02, 0x03, 0x04, 0x05, 0x40, 0x43, 0x45, 0x7F, 0x80, 0x83, 0x84, 0xC3, 0xC4, 0xFF,
];
/// Characters with a meaning.
const CHARACTERS: [u8; 16] = *b"\0<>&;/!?'\"] \nx\x80\xFF";

fn own(ending: &str) -> Vec<(String, Vec<u8>)> {
    let mut documents = files(
        concat!(env!("CARGO_MANIFEST_DIR"), "/tests/data").into(),
        ending,
    );
    if ending == "wbxml" {
        documents.extend(files(
            concat!(env!("CARGO_MANIFEST_DIR"), "/../../tests/corpus/vectors").into(),
            ending,
        ));
    }
    if let Some(shared) = shared("reference session") {
        documents.extend(files(shared.join("reference-session"), ending));
    }
    documents
}

/// REP-C-042 PRO-C-135
#[test]
fn damaged_wbxml_of_our_own_is_refused_or_sound() {
    damage(own("wbxml"), Encoding::Wbxml, &OCTETS);
}

/// REP-C-042 PRO-C-135
#[test]
fn damaged_xml_of_our_own_is_refused_or_sound() {
    damage(own("xml"), Encoding::Xml, &CHARACTERS);
}

/// REP-C-042
#[test]
fn damaged_documents_of_the_corpus_are_refused_or_sound() {
    let mut wbxml = corpus("messages-wbxml", "wbxml");
    wbxml.extend(corpus("provisioning", "wbxml"));
    wbxml.extend(corpus("notification", "wbxml"));
    damage(wbxml, Encoding::Wbxml, &OCTETS);
    let mut xml = corpus("messages-xml", "xml");
    xml.extend(corpus("provisioning", "xml"));
    xml.extend(corpus("tnds", "xml"));
    damage(xml, Encoding::Xml, &CHARACTERS);
}

/// A number in at least `octets` octets, of which the first may hold more bits than a number can
/// have.
fn number(value: u64, octets: usize) -> Vec<u8> {
    let mut groups = vec![(value & 0x7F) as u8];
    let mut rest = value >> 7;
    while rest > 0 || groups.len() < octets {
        groups.push((rest & 0x7F) as u8 | 0x80);
        rest >>= 7;
    }
    groups.reverse();
    groups
}

/// REP-C-042
#[test]
fn a_wrong_length_or_index_anywhere_is_refused_or_sound() {
    let mut values = vec![0, 1, 2, 3, 0x20AC, 0xD800, 0x10FFFF, 0x110000];
    let powers: &[u32] = if cfg!(miri) {
        &[32]
    } else {
        &[7, 14, 21, 28, 31, 32, 35, 63]
    };
    for power in powers {
        values.extend((0..5).map(|near| (1u64 << power) - 2 + near));
    }
    // Header, then what stands in front of the number and behind it.
    for (front, back) in [
        ("02", "6A 00 6D 6C 01 6B 01 01"),
        ("02 00", "6A 00 6D 6C 01 6B 01 01"),
        ("02 00", "6A 04 61626300 6D 6C 01 6B 01 01"),
        ("02 A4 01", "00 6D 6C 01 6B 01 01"),
        ("02 A4 01 6A", "61626300 6D 6C 01 6B 01 01"),
        ("02 A4 01 6A 04 61626300 6D 6C 71 83", "01 01 6B 01 01"),
        (
            "02 A4 01 6A 04 61626300 6D 6C 71 C3",
            "61 62 63 01 01 6B 01 01",
        ),
        ("02 A4 01 6A 04 61626300 6D 6C 71 02", "01 01 6B 01 01"),
        ("02 A4 01 6A 04 61626300 6D 6C 71 80", "01 01 6B 01 01"),
        (
            "02 A4 01 6A 04 61626300 6D 6C 44",
            "03 61 00 01 01 6B 01 01",
        ),
        ("02 A4 01 6A 04 61626300 6D 6C 04", "01 6B 01 01"),
        (
            "02 A4 01 6A 04 61626300 6D 6C B1 05 C3",
            "61 62 01 01 6B 01 01",
        ),
        ("02 A4 01 6A 04 61626300 6D 6C B1 04", "01 01 6B 01 01"),
        ("02 A4 01 6A 04 61626300 43 04", "01 6D 6C 01 6B 01 01"),
    ] {
        for value in &values {
            for octets in (1..8).step_by(if cfg!(miri) { 5 } else { 1 }) {
                let mut bytes = hex(front);
                let number = number(*value, octets);
                bytes.extend(&number);
                bytes.extend(hex(back));
                exercise(&bytes, Encoding::Wbxml);
                if number.len() > 5 || *value > u64::from(u32::MAX) {
                    let error = check(&bytes, Encoding::Wbxml, &Limits::default());
                    let kind = error.map_or_else(
                        |error| Some(error.kind),
                        |digest| digest.fault.map(|fault| fault.kind),
                    );
                    assert_eq!(
                        kind,
                        Some(ErrorKind::Overflow),
                        "{front} {value:X} in {octets}"
                    );
                }
            }
        }
    }
}

/// REP-C-042
#[test]
fn repetition_of_any_token_costs_no_more_than_its_length() {
    // Each is repeated to a document of some [`REPEATED`] octets; the last octets close what is open, as
    // far as that is possible.
    let table = "02 A4 01 6A 05 4974656D00";
    for unit in [
        "00 00",
        "54",
        "14",
        "03 00",
        "03 61 00",
        "83 00",
        "02 41",
        "C3 00",
        "C3 01 61",
        "04 00",
        "44 00",
        "40 00",
        "C0",
        "80 00",
        "43 05 01",
        "94 01",
        "94 05 03 00 01",
        "00 01 12",
        "0B",
        "4B 01",
    ] {
        let mut bytes = hex(&format!("{table} 6D 6C 01 6B"));
        let unit = hex(unit);
        while bytes.len() < REPEATED {
            bytes.extend(&unit);
        }
        bytes.extend(hex("01 01"));
        exercise(&bytes, Encoding::Wbxml);
    }
    for unit in [
        "<a>",
        "<a/>",
        "<Item>",
        "<Get><CmdID>7</CmdID></Get>",
        "<!---->",
        "<?a?>",
        "&amp;",
        "<![CDATA[]]>",
        "]]",
        "</",
        "<Data><b/></Data>",
        " ",
        "<a b='c'/>",
    ] {
        let mut xml = String::from("<SyncML><SyncHdr/><SyncBody>");
        while xml.len() < REPEATED {
            xml.push_str(unit);
        }
        xml.push_str("</SyncBody></SyncML>");
        exercise(xml.as_bytes(), Encoding::Xml);
    }
}

/// Identifiers that never rise make the check pass walk again, but only as often as there are
/// batches of them.
#[test]
fn falling_identifiers_are_bounded_by_the_limit_of_commands() {
    let all: u16 = if cfg!(miri) { 40 } else { 2000 };
    let body: String = (1..=all)
        .rev()
        .map(|id| format!("<Get><CmdID>{id}</CmdID></Get>"))
        .collect();
    let xml = format!("<SyncML><SyncHdr/><SyncBody>{body}</SyncBody></SyncML>");
    let digest = |commands| check(xml.as_bytes(), Encoding::Xml, &Limits { commands }).unwrap();
    assert_eq!(digest(all).fault, None);
    let Digest {
        fault: Some(fault), ..
    } = digest(all - 1)
    else {
        panic!()
    };
    assert_eq!((fault.kind, fault.kind.status()), (ErrorKind::Limit, 413));
}

#[test]
fn the_numbers_of_this_test_are_what_they_claim() {
    assert_eq!(number(0, 1), [0]);
    assert_eq!(number(0x20AC, 1), [0xC1, 0x2C]);
    assert_eq!(number(3, 3), [0x80, 0x80, 0x03]);
    assert_eq!(
        support::events(&hex("02A4016A00 4F C3 8003 616263 01"), Encoding::Wbxml).unwrap()[1],
        Seen::Text(b"abc".to_vec())
    );
}
