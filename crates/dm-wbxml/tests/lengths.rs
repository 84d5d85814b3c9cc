//! The length of everything the writer writes is known before it is written.

#![cfg(all(feature = "wbxml", feature = "xml"))]
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing
)]

use dm_wbxml::{
    Attribute, Command, Cred, Encoding, Item, Meta, Status, SyncHdr, Text, Vocabulary, Writer, tag,
};

/// Texts of every kind: empty, plain, with markup, with controls, with NUL, high, long.
const TEXTS: [&str; 9] = [
    "",
    "plain",
    "<&>\"'",
    "\r\n\t",
    "nul\0inside",
    "\u{1}\u{b}",
    "e\u{301}\u{20AC}\u{10FFFF}",
    "]]>",
    "a rather long text, so that a length takes more than one octet where it is written in front of it: \
     0123456789012345678901234567890123456789",
];

/// Every how many of the inputs is taken: Miri is some thousand times slower.
const SHARE: usize = if cfg!(miri) { 4 } else { 1 };

/// One call, or several that belong together.
type Step<'t> = Box<dyn Fn(&mut Writer<'_>) + 't>;

/// One call after another, each with every text.
fn steps(text: &str) -> Vec<Step<'_>> {
    let value = Text::from(text);
    let meta = Meta {
        format: Some(value),
        mime: Some(value),
        size: Some(text.len() as u32),
        mark: Some(value),
        next_nonce: Some(value),
    };
    let item = Item {
        target: Some(value),
        source: Some(value),
        meta,
        data: Some(value),
        more_data: !text.is_empty(),
    };
    let command = Command {
        tag: tag::REPLACE,
        cmd_id: value,
        no_resp: true,
        meta,
        data: Some(value),
        correlator: Some(value),
        msg_ref: Some(value),
        cmd_ref: Some(value),
    };
    let header = SyncHdr {
        ver_dtd: value,
        session_id: value,
        source_name: Some(value),
        resp_uri: Some(value),
        cred: Some(Cred {
            format: Some(value),
            mime: Some(value),
            data: value,
        }),
        max_obj_size: Some(0),
        max_msg_size: Some(4096),
        ..SyncHdr::default()
    };
    let status = Status {
        cmd: value,
        target_ref: Some(value),
        chal: Some(meta),
        code: 407,
        ..Status::default()
    };
    vec![
        Box::new(|writer| writer.begin_document()),
        Box::new(|writer| writer.begin_document_of(Vocabulary::Ddf)),
        Box::new(|writer| writer.begin_document_of(Vocabulary::Provisioning)),
        Box::new(|writer| writer.start(tag::SYNC_ML)),
        Box::new(|writer| writer.start(tag::FORMAT)),
        Box::new(|writer| writer.end(tag::FORMAT)),
        Box::new(|writer| writer.empty(tag::ddf::FORMAT_CHR)),
        Box::new(move |writer| writer.text(value)),
        Box::new(move |writer| writer.text(Text::from_bytes(b"\xFF\x00not text"))),
        Box::new(move |writer| writer.element(tag::DATA, value)),
        Box::new(move |writer| writer.number(tag::SIZE, text.len() as u32)),
        Box::new(move |writer| writer.opaque(text.as_bytes())),
        Box::new(move |writer| {
            writer.begin_text();
            writer.put_text(text.as_bytes());
            writer.put_text(text.as_bytes());
            writer.end_text();
        }),
        Box::new(move |writer| {
            writer.begin_opaque(text.len() * 3);
            for _ in 0..3 {
                writer.put_opaque(text.as_bytes());
            }
            writer.end_opaque();
        }),
        Box::new(move |writer| writer.start_literal(text.as_bytes())),
        Box::new(move |writer| writer.end_literal(text.as_bytes())),
        Box::new(move |writer| {
            let attributes = [
                Attribute::new(b"name", value),
                Attribute::new(b"type", value),
            ];
            writer.start_with(tag::provisioning::PARM, &attributes);
            writer.empty_with(tag::provisioning::PARM, &attributes);
        }),
        Box::new(move |writer| writer.begin_message(&header)),
        Box::new(move |writer| writer.begin_command(&command)),
        Box::new(move |writer| writer.item(&item)),
        Box::new(move |writer| {
            let mark = writer.status(&status);
            writer.patch_code(mark, 200);
        }),
        Box::new(|writer| writer.end_message(true)),
    ]
}

#[test]
fn every_call_counts_what_it_stores() {
    let tables = [&b"plain\0SyncML\0"[..], b""];
    for encoding in [Encoding::Wbxml, Encoding::Xml] {
        for table in tables.into_iter().step_by(SHARE) {
            for text in TEXTS.into_iter().step_by(SHARE) {
                let mut counting = Writer::counting(encoding);
                counting.set_string_table(table);
                let mut buf = vec![0; 1 << 16];
                let mut writer = Writer::new(&mut buf, encoding);
                writer.set_string_table(table);
                for (number, step) in steps(text).iter().enumerate() {
                    let before = writer.position();
                    step(&mut counting);
                    step(&mut writer);
                    let place = format!("{encoding:?}, {text:?}, step {number}");
                    assert_eq!(counting.position(), writer.position(), "{place}");
                    assert_eq!(counting.replaced(), writer.replaced(), "{place}");
                    assert!(!writer.overflowed() && counting.written().is_empty());
                    // Exactly what was counted has been stored, no octet of it missed.
                    assert_eq!(writer.written().len(), writer.position(), "{place}");
                    assert!(writer.position() >= before, "{place}");
                }
            }
        }
    }
}

/// A step either fits and is stored whole, or leaves what is behind the limit alone.
#[test]
fn every_call_keeps_to_the_limit() {
    for encoding in [Encoding::Wbxml, Encoding::Xml] {
        for text in ["<&>\"'", "", "nul\0inside"].into_iter().step_by(SHARE) {
            for (number, step) in steps(text).iter().enumerate() {
                let mut counting = Writer::counting(encoding);
                step(&mut counting);
                let len = counting.position();
                let mut whole = vec![0; len];
                let mut writer = Writer::new(&mut whole, encoding);
                step(&mut writer);
                assert!(!writer.overflowed());
                let mut limits = vec![0, 1, len / 2, len.saturating_sub(1), len];
                limits.dedup();
                for limit in limits.into_iter().rev().step_by(SHARE) {
                    let mut buf = vec![0xEE; len + 64];
                    let mut writer = Writer::new(&mut buf, encoding);
                    writer.set_limit(limit);
                    step(&mut writer);
                    let place = format!("{encoding:?}, {text:?}, step {number}, limit {limit}");
                    assert_eq!(writer.position(), len, "{place}");
                    assert_eq!(writer.overflowed(), limit < len, "{place}");
                    assert!(buf[limit..].iter().all(|octet| *octet == 0xEE), "{place}");
                    if limit == len {
                        assert_eq!(buf[..len], whole, "{place}");
                    }
                }
            }
        }
    }
}
