//! The worked documents of the representation, section 9.

#![cfg(all(feature = "wbxml", feature = "xml"))]
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing
)]

#[path = "common/support.rs"]
mod support;

use dm_wbxml::{
    Encoding, ErrorKind, Limits, Message, Part, Reader, SyncHdr, Text, Writer, check, tag,
};
use support::{Seen, convert, events, hex};

const W1: &str = "02A4016A006D6C7103312E3200017203444D2F312E320001650331460001
5B033100016E5703687474703A2F2F646D2E6578616D706C652E6F72672F
00010167570375726E3A783A343200015603 6465762D303034320001015A
00014C033430393600010101 00006B464B033100014F0331323031000101
120101";

const W2: &str = "02 A4 01 6A 00 6D 6C 71 03 31 2E 32 00 01 72 03 44 4D 2F 31 2E 32 00 01
65 03 31 46 00 01 5B 03 31 00 01 6E 57 03 75 72 6E 3A 78 3A 34 32 00 01
01 67 57 03 68 74 74 70 3A 2F 2F 64 6D 2E 65 78 61 6D 70 6C 65 2E 6F 72
67 2F 00 01 01 01 6B 69 4B 03 31 00 01 5C 03 31 00 01 4C 03 30 00 01 4A
03 53 79 6E 63 48 64 72 00 01 6F 03 68 74 74 70 3A 2F 2F 64 6D 2E 65 78
61 6D 70 6C 65 2E 6F 72 67 2F 00 01 68 03 75 72 6E 3A 78 3A 34 32 00 01
49 5A 00 01 47 03 62 36 34 00 01 53 03 73 79 6E 63 6D 6C 3A 61 75 74 68
2D 6D 64 35 00 01 50 03 41 41 45 43 41 77 51 46 42 67 63 49 43 51 6F 4C
44 41 30 4F 44 77 3D 3D 00 01 01 01 00 00 4F 03 34 30 37 00 01 01 12 01
01";

const W3: &str = "02 A4 01 6A 00 6D 6C 71 03 31 2E 32 00 01 72 03 44 4D 2F 31 2E 32 00 01
65 03 31 46 00 01 5B 03 32 00 01 6E 57 03 75 72 6E 3A 78 3A 34 32 00 01
01 67 57 03 68 74 74 70 3A 2F 2F 64 6D 2E 65 78 61 6D 70 6C 65 2E 6F 72
67 2F 00 01 01 01 6B 45 4B 03 33 00 01 54 6E 57 03 2E 2F 49 6E 62 6F 78
00 01 01 5A 00 01 47 03 62 69 6E 00 01 53 03 61 70 70 6C 69 63 61 74 69
6F 6E 2F 76 6E 64 2E 73 79 6E 63 6D 6C 2E 64 6D 74 6E 64 73 2B 77 62 78
6D 6C 00 01 01 00 00 4F C3 4F 02 00 00 6A 1B 2D 2F 2F 4F 4D 41 2F 2F 44
54 44 2D 44 4D 2D 44 44 46 20 31 2E 32 2F 2F 45 4E 00 00 02 60 77 03 31
2E 32 00 01 64 66 03 53 72 76 00 01 6F 5C 0B 01 75 61 03 74 65 78 74 2F
70 6C 61 69 6E 00 01 01 01 76 03 78 31 00 01 01 01 01 01 01 12 01 01";

const W4: &str = "03 00 00 6A 22 2D 2F 2F 53 59 4E 43 4D 4C 2F 2F 44 54 44 20 53 79 6E 63
4D 4C 20 31 2E 32 2F 2F 45 4E 00 31 2E 32 00 6D 6C 71 83 1E 01 01 2B 01";

fn parts(bytes: &[u8]) -> (SyncHdr<'_>, Vec<Part<'_>>) {
    let digest = check(bytes, Encoding::Wbxml, &Limits::default()).unwrap();
    assert_eq!(digest.fault, None);
    let message = Message::new(bytes, &digest);
    let mut body = message.body();
    let mut parts = Vec::new();
    loop {
        match body.next().unwrap() {
            Part::Done => return (message.header().unwrap(), parts),
            part => parts.push(part),
        }
    }
}

/// REP-C-018 REP-C-024 REP-C-022
#[test]
fn w1_is_read() {
    let bytes = hex(W1);
    assert_eq!(bytes.len(), 123);
    let (header, parts) = parts(&bytes);
    assert!(header.ver_dtd.is(b"1.2") && header.ver_proto.is(b"DM/1.2"));
    assert!(header.session_id.is(b"1F") && header.msg_id.is(b"1"));
    assert!(header.target.is(b"http://dm.example.org/") && header.target_name.is_none());
    assert!(header.source.is(b"urn:x:42") && header.source_name.unwrap().is(b"dev-0042"));
    assert_eq!(header.max_msg_size, Some(4096));
    let [Part::Command(alert), Part::Final] = &parts[..] else {
        panic!("{parts:?}")
    };
    assert!(alert.tag == tag::ALERT && alert.cmd_id.is(b"1") && alert.data.unwrap().is(b"1201"));
}

/// REP-C-041 REP-C-003 REP-C-004 REP-C-007
#[test]
fn w1_is_written_octet_by_octet() {
    let bytes = hex(W1);
    let (header, parts) = parts(&bytes);
    let [Part::Command(alert), Part::Final] = &parts[..] else {
        panic!("{parts:?}")
    };
    let mut buf = [0; 123];
    let mut writer = Writer::new(&mut buf, Encoding::Wbxml);
    writer.begin_message(&header);
    writer.begin_command(alert);
    writer.end(tag::ALERT);
    writer.end_message(true);
    assert!(!writer.overflowed());
    assert_eq!(writer.written(), bytes);
}

/// REP-C-041 REP-C-014 REP-C-023
#[test]
fn w2_is_read_and_written_octet_by_octet() {
    let bytes = hex(W2);
    assert_eq!(bytes.len(), 217);
    let (header, parts) = parts(&bytes);
    let [Part::Status(status), Part::Final] = &parts[..] else {
        panic!("{parts:?}")
    };
    assert!(
        status.cmd_id.is(b"1")
            && status.msg_ref.is(b"1")
            && status.cmd_ref.is(b"0")
            && status.cmd.is(b"SyncHdr")
    );
    assert!(
        status.target_ref.unwrap().is(b"http://dm.example.org/")
            && status.source_ref.unwrap().is(b"urn:x:42")
    );
    assert_eq!(status.code, 407);
    let chal = status.chal.unwrap();
    assert!(chal.format.unwrap().is(b"b64") && chal.mime.unwrap().is(b"syncml:auth-md5"));
    let mut nonce = [0; 16];
    assert_eq!(chal.next_nonce.unwrap().decode_base64(&mut nonce), Ok(16));
    assert_eq!(
        nonce,
        [0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15]
    );

    let mut buf = [0; 217];
    let mut writer = Writer::new(&mut buf, Encoding::Wbxml);
    writer.begin_message(&header);
    writer.status(status);
    writer.end_message(true);
    assert_eq!(writer.written(), bytes);
}

/// REP-C-013 REP-C-041 REP-C-010
#[test]
fn w3_carries_a_document_of_its_own() {
    let bytes = hex(W3);
    assert_eq!(bytes.len(), 239);
    let digest = check(&bytes, Encoding::Wbxml, &Limits::default()).unwrap();
    assert_eq!(
        (
            digest.commands,
            digest.statuses,
            digest.is_final,
            digest.fault
        ),
        (1, 0, true, None)
    );
    let message = Message::new(&bytes, &digest);
    let mut body = message.body();
    let Part::Command(add) = body.next().unwrap() else {
        panic!()
    };
    assert_eq!(add.tag, tag::ADD);
    let item = body.item().unwrap().unwrap();
    assert!(item.target.unwrap().is(b"./Inbox"));
    assert!(item.meta.format.unwrap().is(b"bin"));
    assert!(
        item.meta
            .mime
            .unwrap()
            .is(b"application/vnd.syncml.dmtnds+wbxml")
    );
    let data = item.data.unwrap();
    assert!(data.is_opaque());
    assert_eq!(data.len(), 79);
    use tag::ddf::*;
    let text = |text: &str| Seen::Text(text.into());
    assert_eq!(
        events(data.plain().unwrap(), Encoding::Wbxml).unwrap(),
        [
            Seen::Start(MGMT_TREE),
            Seen::Start(VER_DTD),
            text("1.2"),
            Seen::End,
            Seen::Start(NODE),
            Seen::Start(NODE_NAME),
            text("Srv"),
            Seen::End,
            Seen::Start(RT_PROPERTIES),
            Seen::Start(FORMAT),
            Seen::Start(FORMAT_CHR),
            Seen::End,
            Seen::End,
            Seen::Start(TYPE),
            Seen::Start(MIME),
            text("text/plain"),
            Seen::End,
            Seen::End,
            Seen::End,
            Seen::Start(VALUE),
            text("x1"),
            Seen::End,
            Seen::End,
            Seen::End,
        ]
    );
    assert_eq!(
        convert(&bytes, Encoding::Wbxml, Encoding::Wbxml).unwrap(),
        bytes
    );
}

/// REP-C-005 REP-C-006 REP-C-041
#[test]
fn w4_takes_its_names_and_text_from_the_string_table() {
    let bytes = hex(W4);
    assert_eq!(bytes.len(), 48);
    let (header, parts) = parts(&bytes);
    assert!(header.ver_dtd.is(b"1.2"));
    assert!(parts.is_empty());
}

/// REP-C-041
#[test]
fn w5_is_refused_with_the_fault_and_its_place() {
    let fault = |text: &str| {
        let bytes = hex(text);
        let error = events(&bytes, Encoding::Wbxml).unwrap_err();
        (error.offset, error.kind)
    };
    assert_eq!(fault("02 A4 01 6A 00 6D"), (6, ErrorKind::UnexpectedEnd));
    assert_eq!(fault("02 A4 01 6A 05 41"), (4, ErrorKind::StringTable));
    assert_eq!(
        fault("02 A4 01 6A 00 6D 6C 71 C3 7F 31"),
        (8, ErrorKind::UnexpectedEnd)
    );
    assert_eq!(fault("12 A4 01 6A 00 2D"), (0, ErrorKind::Version));
    assert_eq!(
        fault("02 80 80 80 80 80 01 6A 00 2D"),
        (1, ErrorKind::Overflow)
    );
    // An empty SyncML element is well formed, but no message.
    let empty = hex("02 A4 01 6A 00 2D");
    assert_eq!(
        events(&empty, Encoding::Wbxml).unwrap(),
        [Seen::Start(tag::SYNC_ML), Seen::End]
    );
    assert_eq!(
        check(&empty, Encoding::Wbxml, &Limits::default())
            .unwrap_err()
            .kind,
        ErrorKind::NoHeader
    );
}

/// REP-C-002
#[test]
fn every_version_1_x_is_taken() {
    let mut bytes = hex(W1);
    for version in 1..16 {
        bytes[0] = version;
        assert!(events(&bytes, Encoding::Wbxml).is_ok(), "1.{version}");
    }
    for version in 16..=255 {
        bytes[0] = version;
        assert_eq!(
            events(&bytes, Encoding::Wbxml).unwrap_err().kind,
            ErrorKind::Version
        );
    }
    // Version 1.0 has no character set field.
    bytes[0] = 0;
    bytes.remove(3);
    assert_eq!(
        events(&bytes, Encoding::Wbxml),
        events(&hex(W1), Encoding::Wbxml)
    );
}

/// REP-C-012
#[test]
fn strings_table_references_opaque_and_entities_are_one_text() {
    // "ab" + table "cd" + opaque "ef" + U+20AC + "g", cut by a page switch and an extension token.
    let bytes = hex(
        "02 A4 01 6A 03 63 64 00 57 03 61 62 00 83 00 C3 02 65 66 00 00 02 C1 2C C0 03 67 00 01",
    );
    // The table reference and the entity of the line above, checked by hand: 0x20AC is C1 2C.
    assert_eq!(
        events(&bytes, Encoding::Wbxml).unwrap(),
        [
            Seen::Start(tag::LOC_URI),
            Seen::Text("abcdef\u{20AC}g".into()),
            Seen::End
        ]
    );
    let mut reader = Reader::new(&bytes, Encoding::Wbxml).unwrap();
    reader.next().unwrap();
    let text = reader.text().unwrap();
    assert_eq!(text.plain(), None);
    assert_eq!(text.len(), 10);
    assert!(text.is("abcdef\u{20AC}g".as_bytes()) && !text.is(b"abcdef") && text.is_utf8());
    assert!(Text::from("x").plain() == Some(b"x"));
}

/// REP-C-012
#[test]
fn an_instruction_among_strings_neither_parts_the_text_nor_adds_to_it() {
    // An instruction: attribute start, string, reference, entity, opaque, page, extension, value.
    let instruction = "43 05 03 6E 6F 00 83 00 02 41 C3 02 6E 6F 00 01 00 00 C0 86 01";
    for order in [
        "I 03 61 62 00 03 63 64 00",
        "03 61 62 00 I 03 63 64 00",
        "03 61 62 00 I C3 01 63 I 02 64",
        "03 61 62 63 64 00 I",
        "I 03 61 62 63 64 00",
    ] {
        let content = order.replace('I', instruction);
        let bytes = hex(&format!("02 A4 01 6A 03 78 79 00 57 {content} 01"));
        assert_eq!(
            events(&bytes, Encoding::Wbxml).unwrap(),
            [
                Seen::Start(tag::LOC_URI),
                Seen::Text(b"abcd".to_vec()),
                Seen::End
            ],
            "{order}"
        );
        let mut reader = Reader::new(&bytes, Encoding::Wbxml).unwrap();
        reader.next().unwrap();
        let text = reader.text().unwrap();
        assert!(text.is(b"abcd") && text.len() == 4, "{order}: {text:?}");
    }
}
