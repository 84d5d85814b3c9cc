//! The 42 WBXML vectors, one feature each: what the reader makes of them.

#![cfg(all(feature = "wbxml", feature = "xml"))]
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing
)]

#[path = "common/support.rs"]
mod support;

use std::path::PathBuf;

use dm_wbxml::{Encoding, ErrorKind, Limits, Message, Part, Tag, check, tag};
use support::{Seen, convert, events};

fn vector(name: &str) -> Vec<u8> {
    let folder = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../tests/corpus/vectors");
    std::fs::read(folder.join(format!("{name}.wbxml")))
        .unwrap_or_else(|error| panic!("{name}: {error}"))
}

/// The data of the one Replace of `./X/a` every sound message among the vectors has.
fn data(name: &str) -> Vec<u8> {
    let bytes = vector(name);
    let digest = check(&bytes, Encoding::Wbxml, &Limits::default())
        .unwrap_or_else(|error| panic!("{name}: {error}"));
    assert_eq!(digest.fault, None, "{name}");
    assert!(digest.is_final, "{name}");
    let message = Message::new(&bytes, &digest);
    let mut body = message.body();
    let Part::Command(command) = body.next().unwrap() else {
        panic!("{name}")
    };
    assert!(
        command.tag == tag::REPLACE && command.cmd_id.is(b"1"),
        "{name}"
    );
    let item = body.item().unwrap().unwrap();
    assert!(item.target.unwrap().is(b"./X/a"), "{name}");
    item.data
        .unwrap()
        .pieces()
        .flat_map(|piece| piece.to_vec())
        .collect()
}

fn refused(name: &str) -> ErrorKind {
    events(&vector(name), Encoding::Wbxml).unwrap_err().kind
}

/// REP-C-002 REP-C-005 REP-C-006 REP-C-011 REP-C-012
#[test]
fn what_is_allowed_is_read() {
    for name in [
        "v01-minimal",
        "v02-pubid-strtbl",
        "v05-pubid-unknown",
        "v06-charset-ascii",
        "v08-charset-unknown0",
        "v17-pi",
        "v22-switch-redundant",
        "v23-switch-left",
        "v24-empty-content",
        "v28-ver11",
        "v29-ver13",
        "v30-ver14",
        "v31-dm13",
        "v32-unknown-tag",
        "v36-metinf-all",
        "v37-cmd-all",
        "v39-attr-bit",
    ] {
        assert_eq!(data(name), b"v", "{name}");
    }
    assert_eq!(data("v03-pubid-strtbl-index"), b"abc");
    assert_eq!(data("v04-strtbl-len-2byte"), b"xxxxxxxxx");
    assert_eq!(data("v09-str-concat"), b"left-right");
    assert_eq!(data("v10-opaque-nul"), b"a\0b\xFF\x01");
    assert_eq!(data("v11-opaque-empty"), b"");
    assert_eq!(data("v12-opaque-300"), [b'z'; 300]);
    assert_eq!(data("v13-mbu-nonminimal"), b"abc");
    assert_eq!(data("v14-entity"), "\u{20AC}x".as_bytes());
    assert_eq!(data("v35-strt-unterminated"), b"ab");
    assert_eq!(data("v40-str-invalid-utf8"), b"\xC3\x28");
    assert_eq!(data("v41-ext-token"), b"");
    assert_eq!(data("v42-ctrl-char"), b"a\x01b");
}

/// REP-C-038
#[test]
fn unknown_elements_are_passed_over_but_seen_by_the_event_reader() {
    for (name, tag, text) in [
        ("v15-literal", Tag::UNKNOWN, "in"),
        ("v16-literal-attr", Tag::UNKNOWN, ""),
        ("v32-unknown-tag", Tag::new(0, 0x3D), "?"),
        ("v33-unknown-page", Tag::new(5, 5), "?"),
    ] {
        let events = events(&vector(name), Encoding::Wbxml).unwrap();
        let at = events
            .iter()
            .position(|event| *event == Seen::Start(tag))
            .unwrap_or_else(|| panic!("{name}: {events:?}"));
        if text.is_empty() {
            assert_eq!(events[at + 1], Seen::End, "{name}");
        } else {
            assert_eq!(
                events[at + 1..at + 3],
                [Seen::Text(text.into()), Seen::End],
                "{name}"
            );
        }
    }
    // Elements inside Data are no part of its text.
    assert_eq!(data("v15-literal"), b"");
    assert_eq!(data("v16-literal-attr"), b"");
    assert_eq!(data("v33-unknown-page"), b"");
}

/// REP-C-010 REP-C-013
#[test]
fn a_tree_is_the_same_alone_nested_and_inline() {
    let alone = events(&vector("v20-tnds-standalone"), Encoding::Wbxml).unwrap();
    assert_eq!(alone.first(), Some(&Seen::Start(tag::ddf::MGMT_TREE)));
    assert!(alone.contains(&Seen::Start(tag::ddf::NODE_NAME)));
    assert_eq!(
        events(&data("v19-tnds-opaque"), Encoding::Wbxml).unwrap(),
        alone
    );
    // Numbered on the start page of a document that names the vocabulary.
    assert_eq!(
        events(&vector("v21-tnds-page0"), Encoding::Wbxml).unwrap(),
        alone
    );
    let inline = events(&vector("v18-tnds-inline"), Encoding::Wbxml).unwrap();
    assert!(inline.windows(alone.len()).any(|window| window == alone));
}

/// REP-C-009
#[test]
fn all_of_metinf_has_names() {
    let events = events(&vector("v36-metinf-all"), Encoding::Wbxml).unwrap();
    let names: Vec<_> = events
        .iter()
        .filter_map(|event| {
            if let Seen::Start(tag) = event {
                tag.name()
            } else {
                None
            }
        })
        .collect();
    for name in [
        "Format",
        "Type",
        "Size",
        "Version",
        "Mark",
        "MaxMsgSize",
        "MaxObjSize",
        "FieldLevel",
        "Anchor",
        "Last",
        "Next",
        "NextNonce",
        "EMI",
    ] {
        assert!(
            names.contains(&name) || name == "EMI",
            "{name} is not in {names:?}"
        );
    }
}

/// REP-C-041 REP-C-042
#[test]
fn what_is_broken_is_refused() {
    assert_eq!(refused("v07-charset-latin1"), ErrorKind::Charset);
    assert_eq!(refused("v25-trailing"), ErrorKind::Trailing);
    assert_eq!(refused("v26-truncated"), ErrorKind::UnexpectedEnd);
    // A version 1.0 header has no character set, so the 6A is a table length.
    assert_eq!(refused("v27-ver10"), ErrorKind::Syntax);
    assert_eq!(refused("v34-strt-outside"), ErrorKind::StringTable);
    assert_eq!(refused("v38-deep"), ErrorKind::Depth);
}

/// PRO-C-135
#[test]
fn a_fault_behind_the_header_leaves_the_header_readable() {
    for (name, kind) in [
        ("v25-trailing", ErrorKind::Trailing),
        ("v26-truncated", ErrorKind::UnexpectedEnd),
        ("v34-strt-outside", ErrorKind::StringTable),
    ] {
        let bytes = vector(name);
        let digest = check(&bytes, Encoding::Wbxml, &Limits::default()).unwrap();
        let fault = digest.fault.unwrap();
        assert_eq!((fault.kind, fault.kind.status()), (kind, 400), "{name}");
        assert!(
            Message::new(&bytes, &digest)
                .header()
                .unwrap()
                .msg_id
                .is(b"1"),
            "{name}"
        );
    }
    for (name, kind) in [
        ("v07-charset-latin1", ErrorKind::Charset),
        ("v38-deep", ErrorKind::NoHeader),
    ] {
        assert_eq!(
            check(&vector(name), Encoding::Wbxml, &Limits::default())
                .unwrap_err()
                .kind,
            kind,
            "{name}"
        );
    }
}

#[test]
fn sound_vectors_keep_their_events_through_wbxml() {
    for name in [
        "v01-minimal",
        "v09-str-concat",
        "v10-opaque-nul",
        "v14-entity",
        "v18-tnds-inline",
        "v36-metinf-all",
        "v37-cmd-all",
    ] {
        let bytes = vector(name);
        let again = convert(&bytes, Encoding::Wbxml, Encoding::Wbxml).unwrap();
        assert_eq!(
            events(&again, Encoding::Wbxml),
            events(&bytes, Encoding::Wbxml),
            "{name}"
        );
    }
}
