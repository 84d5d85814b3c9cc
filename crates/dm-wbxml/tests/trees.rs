//! Device descriptions and serialised trees of the corpus, through both encodings.

#![cfg(all(feature = "wbxml", feature = "xml"))]
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing
)]

#[path = "common/support.rs"]
mod support;

use dm_wbxml::{Encoding, Event, Reader, Tag, Vocabulary, tag};
use support::{Seen, convert, corpus, events};

/// REP-C-010
#[test]
fn descriptions_and_trees_keep_their_events_both_ways() {
    let mut compared = 0;
    for folder in ["ddf", "tnds"] {
        for (name, bytes) in corpus(folder, "xml") {
            let seen = match events(&bytes, Encoding::Xml) {
                Ok(seen) => seen,
                Err(error) => panic!("{name}: {error}"),
            };
            let wbxml = convert(&bytes, Encoding::Xml, Encoding::Wbxml).unwrap();
            assert_eq!(
                events(&wbxml, Encoding::Wbxml).as_ref(),
                Ok(&seen),
                "{name}"
            );
            let back = convert(&wbxml, Encoding::Wbxml, Encoding::Xml).unwrap();
            assert_eq!(events(&back, Encoding::Xml), Ok(seen), "{name}");
            assert!(wbxml.len() < bytes.len(), "{name}");
            compared += 1;
        }
    }
    assert!(compared == 0 || compared > 50, "{compared}");
}

/// REP-C-010
#[test]
fn every_token_of_the_tree_vocabulary_comes_back() {
    for token in 0x05..=0x3C {
        let tag = Tag::new(2, token);
        let name = tag.name().unwrap();
        let xml =
            format!("<MgmtTree xmlns=\"syncml:dmddf1.2\"><{name}>x</{name}><{name}/></MgmtTree>");
        let wbxml = convert(xml.as_bytes(), Encoding::Xml, Encoding::Wbxml).unwrap();
        assert_eq!(
            wbxml[32..],
            [
                0x00,
                0x02,
                0x60,
                token | 0x40,
                0x03,
                b'x',
                0,
                0x01,
                token,
                0x01
            ],
            "{name}"
        );
        assert_eq!(
            convert(&wbxml, Encoding::Wbxml, Encoding::Xml).unwrap(),
            xml.as_bytes()
        );
        let seen = events(&wbxml, Encoding::Wbxml).unwrap();
        assert_eq!(
            seen[1..],
            [
                Seen::Start(tag),
                Seen::Text(b"x".to_vec()),
                Seen::End,
                Seen::Start(tag),
                Seen::End,
                Seen::End
            ]
        );
    }
}

/// REP-C-008 REP-C-009
#[test]
fn every_token_of_the_message_vocabulary_comes_back() {
    for (page, tokens) in [(0, 0x05..=0x3C), (1, 0x05..=0x16)] {
        for token in tokens {
            let tag = Tag::new(page, token);
            let Some(name) = tag.name() else {
                assert_eq!(
                    (page, token),
                    (0, 0x30),
                    "only the reserved token has no name"
                );
                continue;
            };
            let wbxml = if page == 0 {
                vec![
                    0x02,
                    0xA4,
                    0x01,
                    0x6A,
                    0x00,
                    0x5A,
                    token | 0x40,
                    0x01,
                    token,
                    0x01,
                ]
            } else {
                vec![
                    0x02,
                    0xA4,
                    0x01,
                    0x6A,
                    0x00,
                    0x5A,
                    0x00,
                    page,
                    token | 0x40,
                    0x01,
                    token,
                    0x01,
                ]
            };
            let space = match (page, name) {
                (0, "SyncML") => " xmlns=\"SYNCML:SYNCML1.2\"",
                (0, _) => "",
                _ => " xmlns=\"syncml:metinf\"",
            };
            let xml = format!("<Meta><{name}{space}/><{name}{space}/></Meta>");
            let seen = [
                Seen::Start(tag::META),
                Seen::Start(tag),
                Seen::End,
                Seen::Start(tag),
                Seen::End,
                Seen::End,
            ];
            assert_eq!(events(&wbxml, Encoding::Wbxml).unwrap(), seen, "{name}");
            assert_eq!(
                convert(&wbxml, Encoding::Wbxml, Encoding::Xml).unwrap(),
                xml.as_bytes(),
                "{name}"
            );
            assert_eq!(
                events(xml.as_bytes(), Encoding::Xml).unwrap(),
                seen,
                "{name}"
            );
        }
    }
}

#[test]
fn devinf_has_a_vocabulary_of_its_own() {
    let xml = b"<DevInf xmlns='syncml:devinf'><VerDTD>1.2</VerDTD><Man>x</Man><DataStore><SourceRef>./c</SourceRef><Rx-Pref/></DataStore><SupportLargeObjs/></DevInf>";
    let wbxml = convert(xml, Encoding::Xml, Encoding::Wbxml).unwrap();
    // The tokens as libwbxml writes them for the same document.
    assert_eq!(
        wbxml,
        support::hex(
            "02 A4 03 6A 00 4A 65 03 312E3200 01 51 03 7800 01 47 5D 03 2E2F6300 01 1A 01 2A 01"
        )
    );
    let mut reader = Reader::new(&wbxml, Encoding::Wbxml).unwrap();
    assert_eq!(reader.document().vocabulary(), Vocabulary::DevInf);
    assert!(matches!(
        reader.next(),
        Ok(Event::Start(tag::devinf::DEV_INF))
    ));
    assert!(matches!(
        reader.next(),
        Ok(Event::Start(tag::devinf::VER_DTD))
    ));
    assert_ne!(tag::devinf::VER_DTD, tag::VER_DTD);
    assert_ne!(tag::devinf::VER_DTD, tag::ddf::VER_DTD);
    assert_eq!(events(&wbxml, Encoding::Wbxml), events(xml, Encoding::Xml));
}

/// Found by the fuzz target `round_trip`: tags of other pages moved to page 2.
#[test]
fn tags_of_other_pages_stay_where_they_are() {
    let mut bytes = support::hex("02 00 00 6A 1B");
    bytes.extend(b"-//OMA//DTD-DM-DDF 1.2//EN\0");
    bytes.extend(support::hex("00 00 4E 03 60 00 7F 76 03 76 00 01 01 01"));
    let seen = events(&bytes, Encoding::Wbxml).unwrap();
    assert_eq!(seen[0], Seen::Start(tag::CRED));
    let again = convert(&bytes, Encoding::Wbxml, Encoding::Wbxml).unwrap();
    assert_eq!(events(&again, Encoding::Wbxml), Ok(seen));
}

/// TNDS-C-030
#[test]
fn a_tree_with_an_unknown_public_identifier_is_read_where_it_is_known_to_be_one() {
    let page = support::hex("00 02");
    let content = support::hex("60 77 03 312E3200 01 01");
    for (switch, header) in [
        (true, "01 01 6A 00"),
        (false, "02 01 6A 00"),
        (false, "03 01 6A 00"),
    ] {
        let mut bytes = support::hex(header);
        if switch {
            bytes.extend(&page);
        }
        bytes.extend(&content);
        let mut reader = Reader::of(&bytes, Encoding::Wbxml, Vocabulary::Ddf).unwrap();
        assert!(matches!(
            reader.next(),
            Ok(Event::Start(tag::ddf::MGMT_TREE))
        ));
        assert!(matches!(reader.next(), Ok(Event::Start(tag::ddf::VER_DTD))));
    }
}
