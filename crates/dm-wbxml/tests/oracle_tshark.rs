//! WBXML against the dissector of Wireshark, an independent decoder: `text2pcap` and `tshark`,
//! where they are installed.
//!
//! Each document is the body of one HTTP POST in one packet, all packets are read by one process.
//! Compared are the sequence of elements with names and code pages, and short texts. The dissector
//! knows names for public identifiers that are numbers only, shows binary data as a length, cuts long
//! text, and forgives what is broken: it is never asked whether a document is sound.

#![cfg(all(feature = "wbxml", feature = "xml", not(miri)))]
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing
)]

#[path = "common/support.rs"]
mod support;

use std::fmt::Write as _;
use std::path::PathBuf;
use std::process::Command;

use dm_wbxml::{Encoding, Event, Reader, Vocabulary};
use support::{convert, corpus, files, shared, skipped};

/// What both tell of a document.
#[derive(Clone, PartialEq, Eq, Debug)]
enum Told {
    /// Name, as far as it is known, code page and token.
    Start(Option<String>, u8, u8),
    /// `None`: not to be compared.
    Text(Option<String>),
    End,
}

/// The longest text compared: longer rows are cut.
const LONGEST: usize = 150;
/// What fits one packet.
const PACKET: usize = 60_000;

/// Adjacent texts as one, empty ones left out.
fn push(told: &mut Vec<Told>, text: Option<String>) {
    match (told.last_mut(), text) {
        (_, Some(text)) if text.is_empty() => {}
        (Some(Told::Text(before)), text) => {
            *before = before.take().zip(text).map(|(before, text)| before + &text);
        }
        (_, text) => told.push(Told::Text(text)),
    }
}

/// A text as the dissector shows it, if it shows it as it is.
fn shown(text: &[u8]) -> Option<String> {
    let plain = |octet: &u8| (b' '..0x7F).contains(octet) && *octet != b'\\';
    let whole = text.len() <= LONGEST && text.iter().all(plain);
    whole.then(|| String::from_utf8(text.to_vec()).unwrap())
}

fn ours(bytes: &[u8]) -> Vec<Told> {
    let mut reader = Reader::new(bytes, Encoding::Wbxml).unwrap();
    let mut told = Vec::new();
    loop {
        match reader.next().unwrap() {
            Event::Start(tag) => {
                let name = String::from_utf8(reader.name().to_vec()).unwrap();
                told.push(Told::Start(Some(name), tag.page(), tag.token()));
            }
            Event::Text(text) => {
                let octets: Vec<u8> = text.pieces().flat_map(|piece| piece.to_vec()).collect();
                let opaque = text.is_opaque();
                push(&mut told, shown(&octets).filter(|_| !opaque));
            }
            Event::End => told.push(Told::End),
            Event::Done => return told,
        }
    }
}

/// `Level | State | Codepage | WBXML Token Description | Rendering`
fn theirs(rows: &str) -> Vec<Told> {
    let mut told = Vec::new();
    for row in rows.lines() {
        let columns: Vec<&str> = row.splitn(5, '|').map(str::trim).collect();
        let &[level, "Tag", page, token, rendering] = &columns[..] else {
            continue;
        };
        // A row that is cut says so first.
        let level = level.trim_start_matches("[truncated]").trim_start();
        if level.parse::<u32>().is_err()
            || token.contains("attribute list")
            || token.starts_with("SWITCH_PAGE")
        {
            continue;
        }
        if token.starts_with("END") {
            told.push(Told::End);
        } else if token.starts_with("STR_") {
            let text = rendering
                .strip_prefix('\'')
                .and_then(|text| text.strip_suffix('\''));
            push(&mut told, text.and_then(|text| shown(text.as_bytes())));
        } else if token.starts_with("OPAQUE") || token.starts_with("ENTITY") {
            let empty = rendering == "(0 bytes of opaque data)";
            push(&mut told, empty.then(String::new));
        } else if let Some((what, content)) = token.split_once('(') {
            // `Known Tag 0x2D (.C)`, `LITERAL_C (Literal Tag) (.C)`: bits of attributes and content.
            let number = what.trim().rsplit("0x").next().unwrap_or_default();
            let number = u8::from_str_radix(number, 16).unwrap_or(0);
            let name = rendering
                .strip_prefix('<')
                .map(|tag| tag.trim_end_matches([' ', '/', '>']).to_owned());
            let page = page.rsplit(' ').next().unwrap().parse().unwrap();
            told.push(Told::Start(name, page, number));
            if content.ends_with("..)") {
                told.push(Told::End);
            }
        }
    }
    told
}

/// Texts and names that cannot be compared are equal to any.
fn assert_same(name: &str, ours: &[Told], theirs: &[Told]) {
    let same = |(ours, theirs): (&Told, &Told)| match (ours, theirs) {
        (Told::Text(Some(ours)), Told::Text(Some(theirs))) => ours == theirs,
        (Told::Text(_), Told::Text(_)) => true,
        (Told::Start(_, page, token), Told::Start(None, to, too)) => (page, token) == (to, too),
        // Literals have no page of their own.
        (Told::Start(ours, _, 0), Told::Start(theirs, _, 0)) => ours == theirs,
        _ => ours == theirs,
    };
    let difference = ours.iter().zip(theirs).position(|pair| !same(pair));
    if let Some(at) = difference {
        let near =
            |told: &[Told]| format!("{:?}", &told[at.saturating_sub(3)..told.len().min(at + 2)]);
        panic!("{name}, {at}: {}, it sees {}", near(ours), near(theirs));
    }
    assert_eq!(ours.len(), theirs.len(), "{name}");
}

/// What the dissector tells of each document; `None` where it is not installed.
fn dissect(documents: &[(String, Vec<u8>)], kind: &str) -> Option<Vec<Vec<Told>>> {
    let folder = PathBuf::from(env!("CARGO_TARGET_TMPDIR"));
    let file = |ending: &str| folder.join(format!("{}.{ending}", kind.replace('/', "-")));
    let (text, packets) = (file("txt"), file("pcap"));
    let mut dump = String::new();
    for (name, bytes) in documents {
        assert!(bytes.len() < PACKET, "{name}");
        let mut post = format!(
            "POST / HTTP/1.1\r\nHost: x\r\nContent-Type: {kind}\r\nContent-Length: {}\r\n\r\n",
            bytes.len()
        )
        .into_bytes();
        post.extend(bytes);
        for (at, line) in post.chunks(16).enumerate() {
            let _ = write!(dump, "{:06x}", at * 16);
            for octet in line {
                let _ = write!(dump, " {octet:02x}");
            }
            dump.push('\n');
        }
        dump.push('\n');
    }
    std::fs::write(&text, dump).unwrap();
    let made = Command::new("text2pcap")
        .args(["-q", "-T", "40000,80"])
        .args([&text, &packets])
        .output();
    let read = Command::new("tshark")
        .arg("-V")
        .arg("-r")
        .arg(&packets)
        .output();
    let (Ok(made), Ok(read)) = (made, read) else {
        skipped("comparison with tshark: it is not installed (Debian package tshark)");
        return None;
    };
    let error = String::from_utf8_lossy(&made.stderr);
    assert!(made.status.success(), "text2pcap: {error}");
    let output = String::from_utf8_lossy(&read.stdout);
    let frames: Vec<_> = output.split("\nFrame ").map(theirs).collect();

    assert_eq!(frames.len(), documents.len());
    Some(frames)
}

fn compare(documents: &[(String, Vec<u8>)], kind: &str) {
    let Some(dissected) = dissect(documents, kind) else {
        return;
    };
    for ((name, bytes), theirs) in documents.iter().zip(&dissected) {
        assert_same(name, &ours(bytes), theirs);
    }
}

/// REP-C-008 REP-C-009
#[test]
fn it_reads_what_we_write() {
    let mut messages = corpus("messages-xml", "xml");
    if let Some(shared) = shared("reference session") {
        messages.extend(files(shared.join("reference-session"), "xml"));
        messages.extend(files(shared.join("codec-bench"), "xml"));
    }
    let written: Vec<_> = messages
        .into_iter()
        .filter_map(|(name, bytes)| {
            let wbxml = convert(&bytes, Encoding::Xml, Encoding::Wbxml).ok()?;
            (wbxml.len() < PACKET).then_some((name, wbxml))
        })
        .collect();
    assert!(written.is_empty() || written.len() > 100);
    compare(&written, "application/vnd.syncml.dm+wbxml");
}

/// Whether its public identifier is one of SyncML as a number.
fn numbered(bytes: &[u8]) -> bool {
    matches!(bytes, [_, 0x9F, 0x51 | 0x53, ..] | [_, 0xA4, 0x01, ..])
}

/// REP-C-008 REP-C-009
#[test]
fn we_read_what_others_write_as_it_does() {
    let mut others = corpus("messages-wbxml", "wbxml");
    if let Some(shared) = shared("reference session") {
        others.extend(files(shared.join("reference-session"), "wbxml"));
    }
    let kind = "application/vnd.syncml+wbxml";
    let numbered: Vec<_> = others
        .into_iter()
        .filter(|(_, bytes)| {
            numbered(bytes)
                && bytes.len() < PACKET
                && support::events(bytes, Encoding::Wbxml).is_ok()
        })
        .collect();
    assert!(
        numbered.is_empty() || numbered.len() > 5,
        "{}",
        numbered.len()
    );
    compare(&numbered, kind);
    let vectors = files(
        concat!(env!("CARGO_MANIFEST_DIR"), "/../../tests/corpus/vectors").into(),
        "wbxml",
    );
    // Those where it is not at fault itself: it loses its place behind character set 0, a processing
    // instruction and an attribute list, knows no version 1.4, reads one extension as text, and has no
    // names on pages it does not know.
    let faults = [
        "v08", "v16", "v17", "v18", "v30", "v32", "v33", "v39", "v41",
    ];
    let sound: Vec<_> = vectors
        .into_iter()
        .filter(|(name, bytes)| {
            numbered_vector(bytes) && !faults.iter().any(|fault| name.starts_with(fault))
        })
        .collect();
    assert!(sound.len() > 15, "{}", sound.len());
    compare(&sound, kind);
}

fn numbered_vector(bytes: &[u8]) -> bool {
    numbered(bytes) && support::events(bytes, Encoding::Wbxml).is_ok()
}

/// BOOT-C-012
#[test]
fn elements_of_provisioning_are_the_same_for_both() {
    let documents: Vec<_> = corpus("provisioning", "xml")
        .into_iter()
        .filter_map(|(name, bytes)| {
            let reader = Reader::new(&bytes, Encoding::Xml).ok()?;
            let wbxml = convert(&bytes, Encoding::Xml, Encoding::Wbxml).ok()?;
            (reader.document().vocabulary() == Vocabulary::Provisioning).then_some((name, wbxml))
        })
        .collect();
    assert!(documents.is_empty() || documents.len() > 4);
    compare(&documents, "application/vnd.wap.connectivity-wbxml");
}
