//! The limits of documents: depth, character sets, string tables, and their faults' places.

#![cfg(all(feature = "wbxml", feature = "xml"))]
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing
)]

#[path = "common/support.rs"]
mod support;

use dm_wbxml::{Encoding, ErrorKind, Limits, MAX_DEPTH, Message, Reader, check};
use support::{Seen, events, hex};

/// What the check pass says of a message: its error, or the fault behind the header.
fn verdict(bytes: &[u8], encoding: Encoding) -> Option<ErrorKind> {
    match check(bytes, encoding, &Limits::default()) {
        Ok(digest) => digest.fault.map(|fault| fault.kind),
        Err(error) => Some(error.kind),
    }
}

/// Items inside each other, so many that the leaf behind them is open at `depth`.
fn nested(depth: usize, leaf: &str, header: bool) -> Vec<u8> {
    let around = depth - 3;
    let (open, close) = ("54".repeat(around), "01".repeat(around));
    let item = format!("{open} {leaf} {close}");
    let (header, body) = if header { (&*item, "") } else { ("", &*item) };
    hex(&format!(
        "02A4016A00 6D 6C 5B033100 01 {header} 01 6B {body} 01 01"
    ))
}

/// REP-C-042
#[test]
fn every_leaf_counts_for_the_depth_in_every_pass() {
    for leaf in [
        "14",
        "4B 03 37 00 01",
        "57 03 00 01",
        "57 C3 01 61 01",
        "1A",
        "54 01",
    ] {
        for header in [false, true] {
            let depths = [MAX_DEPTH, MAX_DEPTH + 1, MAX_DEPTH - 1, MAX_DEPTH + 2, 4];
            for depth in depths.into_iter().take(if cfg!(miri) { 2 } else { 5 }) {
                let bytes = nested(depth, leaf, header);
                let wanted = (depth > MAX_DEPTH).then_some(ErrorKind::Depth);
                let read = events(&bytes, Encoding::Wbxml);
                assert_eq!(
                    read.as_ref().err().map(|error| error.kind),
                    wanted,
                    "{leaf} at {depth}"
                );
                assert_eq!(
                    verdict(&bytes, Encoding::Wbxml),
                    wanted,
                    "{leaf} at {depth}"
                );
                if let Ok(digest) = check(&bytes, Encoding::Wbxml, &Limits::default()) {
                    assert!(Message::new(&bytes, &digest).header().is_ok());
                }
            }
        }
    }
}

#[test]
fn character_sets_that_are_not_utf8_are_refused_by_name_in_both_encodings() {
    // IANA's numbers: ISO-8859-1, Shift_JIS, UTF-16BE, UTF-16, UTF-32, windows-1252.
    for (number, name) in [
        ("04", "ISO-8859-1"),
        ("11", "Shift_JIS"),
        ("87 75", "UTF-16BE"),
        ("87 77", "UTF-16"),
        ("87 79", "UTF-32"),
        ("91 4C", "windows-1252"),
    ] {
        let wbxml = hex(&format!(
            "03 A4 01 {number} 00 6D 6C 5B 03 31 00 01 01 6B 01 01"
        ));
        let error = check(&wbxml, Encoding::Wbxml, &Limits::default()).unwrap_err();
        assert_eq!(
            (error.kind, error.offset),
            (ErrorKind::Charset, 3),
            "{name}"
        );
        assert_eq!(error.kind.status(), 415);
        for quote in ['"', '\''] {
            let xml = format!(
                "<?xml version=\"1.0\" encoding={quote}{name}{quote}?><SyncML><SyncHdr/><SyncBody/></SyncML>"
            );
            let error = check(xml.as_bytes(), Encoding::Xml, &Limits::default()).unwrap_err();
            assert_eq!(error.kind, ErrorKind::Charset, "{name}");
            assert_eq!(xml.as_bytes()[error.offset as usize], quote as u8);
        }
    }
    // UTF-8 by every name a sender may give it, and ASCII, which is a part of it.
    for (number, name) in [
        ("6A", "utf-8"),
        ("6A", "UTF-8"),
        ("03", "US-ASCII"),
        ("00", "UTF8"),
    ] {
        let wbxml = hex(&format!(
            "03 A4 01 {number} 00 6D 6C 5B 03 31 00 01 01 6B 01 01"
        ));
        assert_eq!(verdict(&wbxml, Encoding::Wbxml), None, "{number}");
        let xml = format!(
            "<?xml version='1.0' encoding='{name}'?><SyncML><SyncHdr/><SyncBody/></SyncML>"
        );
        assert_eq!(verdict(xml.as_bytes(), Encoding::Xml), None, "{name}");
    }
    // Octets of UTF-16, with and without a mark, are no document at all.
    for text in [
        &b"\xFE\xFF\0<\0S"[..],
        b"\xFF\xFE<\0S\0",
        b"<\0S\0y\0",
        b"\0<\0S\0y",
    ] {
        assert!(check(text, Encoding::Xml, &Limits::default()).is_err());
    }
}

/// REP-C-006 REP-C-042
#[test]
fn a_string_table_ends_where_its_length_says() {
    let message = |table: &str, index: &str| {
        let entries = hex(table);
        let mut bytes = hex("02 A4 01 6A");
        bytes.push(entries.len() as u8);
        bytes.extend(&entries);
        bytes.extend(hex(&format!("57 83 {index} 01")));
        bytes
    };
    let text = |text: &str| vec![Seen::Text(text.into())];
    for (table, index, found) in [
        ("61 62 00 63 64 00", "00", Ok(text("ab"))),
        ("61 62 00 63 64 00", "01", Ok(text("b"))),
        ("61 62 00 63 64 00", "03", Ok(text("cd"))),
        // An entry may be empty, and the last one may lack its end.
        ("61 62 00 63 64 00", "02", Ok(vec![])),
        ("61 62 00 63 64 00", "05", Ok(vec![])),
        ("61 62 00 63 64", "03", Ok(text("cd"))),
        ("61 62 00 63 64", "04", Ok(text("d"))),
        // One behind the end, far behind, and a table that is empty.
        ("61 62 00 63 64 00", "06", Err(ErrorKind::StringTable)),
        ("61 62 00 63 64", "05", Err(ErrorKind::StringTable)),
        ("61 62 00", "8F FF FF FF 7F", Err(ErrorKind::StringTable)),
        ("", "00", Err(ErrorKind::StringTable)),
        ("", "01", Err(ErrorKind::StringTable)),
    ] {
        let bytes = message(table, index);
        let seen = events(&bytes, Encoding::Wbxml);
        let inner = seen.map(|seen| seen[1..seen.len() - 1].to_vec());
        assert_eq!(inner.map_err(|error| error.kind), found, "{table}, {index}");
    }
    // The table may reach to the last octet of the document, and no further.
    for len in 0..=8u8 {
        let mut bytes = hex("02 A4 01 6A");
        bytes.push(len);
        bytes.extend(b"abcdef");
        let error = Reader::new(&bytes, Encoding::Wbxml)
            .and_then(|mut reader| reader.next().map(drop))
            .err();
        match (len, error) {
            (0..=5, _) => {}
            (6, Some(error)) => assert_eq!(error.kind, ErrorKind::UnexpectedEnd),
            (_, Some(error)) => {
                assert_eq!(
                    (error.kind, error.offset),
                    (ErrorKind::StringTable, 4),
                    "{len}"
                );
            }
            (_, None) => panic!("{len}"),
        }
    }
}

/// REP-C-041
#[test]
fn a_fault_has_the_place_of_the_octet_that_is_wrong() {
    let fault = |text: &str| {
        let bytes = hex(text);
        let error = events(&bytes, Encoding::Wbxml).unwrap_err();
        (error.offset, error.kind)
    };
    for (text, offset, kind) in [
        ("", 0, ErrorKind::UnexpectedEnd),
        ("02", 1, ErrorKind::UnexpectedEnd),
        ("02 A4", 2, ErrorKind::UnexpectedEnd),
        ("02 02 6A 00 2D", 1, ErrorKind::PublicId),
        ("02 00 07 6A 00 2D", 1, ErrorKind::StringTable),
        ("02 A4 01 04 00 2D", 3, ErrorKind::Charset),
        ("02 A4 01 6A 00", 5, ErrorKind::UnexpectedEnd),
        // An end, and text, where the root should be.
        ("02 A4 01 6A 00 01", 5, ErrorKind::Nesting),
        ("02 A4 01 6A 00 03 61 00", 5, ErrorKind::Syntax),
        ("02 A4 01 6A 00 C0", 5, ErrorKind::Syntax),
        // The page of a switch, a string, OPAQUE and the numbers of two tokens are missing.
        ("02 A4 01 6A 00 6D 00", 7, ErrorKind::UnexpectedEnd),
        ("02 A4 01 6A 00 6D 71 03 61", 7, ErrorKind::UnexpectedEnd),
        ("02 A4 01 6A 00 6D 71 C3 02 61", 7, ErrorKind::UnexpectedEnd),
        ("02 A4 01 6A 00 6D 71 83", 8, ErrorKind::UnexpectedEnd),
        ("02 A4 01 6A 00 6D 04", 7, ErrorKind::UnexpectedEnd),
        // A surrogate and a number beyond Unicode as entity.
        ("02 A4 01 6A 00 6D 71 02 83 B0 00", 7, ErrorKind::Character),
        ("02 A4 01 6A 00 6D 71 02 C4 80 00", 7, ErrorKind::Character),
        // Behind the root.
        ("02 A4 01 6A 00 2D 00", 6, ErrorKind::Trailing),
        ("02 A4 01 6A 00 6D 01 01", 7, ErrorKind::Trailing),
    ] {
        assert_eq!(fault(text), (offset, kind), "{text}");
    }
}
