//! The writer: marks, limits, counting, pieces, and what the encodings make of awkward text.

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
    Attribute, Command, Decimal, Encoding, Event, Item, Mark, Meta, Reader, Status, SyncHdr, Tag,
    Text, Vocabulary, Writer, tag,
};
use support::{Seen, events, hex};

/// What both encodings make of the same calls.
fn both(write: impl Fn(&mut Writer<'_>)) -> (Vec<u8>, String) {
    let one = |encoding| {
        let mut counted = Writer::counting(encoding);
        write(&mut counted);
        let mut buf = vec![0xEE; 4096];
        let mut writer = Writer::new(&mut buf, encoding);
        write(&mut writer);
        assert_eq!(writer.position(), counted.position());
        assert_eq!(writer.written().len(), writer.position());
        assert!(!writer.overflowed() && (counted.overflowed() || counted.position() == 0));
        writer.written().to_vec()
    };
    (
        one(Encoding::Wbxml),
        String::from_utf8(one(Encoding::Xml)).unwrap(),
    )
}

fn status<'a>() -> Status<'a> {
    Status {
        cmd_id: "1".into(),
        msg_ref: "1".into(),
        cmd_ref: "0".into(),
        cmd: "SyncHdr".into(),
        code: 200,
        ..Status::default()
    }
}

#[test]
fn meta_is_written_in_the_order_of_the_standard_and_empty_meta_not_at_all() {
    let (wbxml, xml) = both(|writer| {
        writer.meta(&Meta::default());
        writer.meta(&Meta {
            format: Some("b64".into()),
            mime: Some("a/b".into()),
            size: Some(4_294_967_295),
            mark: Some("m".into()),
            next_nonce: Some("AA==".into()),
        });
        writer.max_sizes(None, None);
        writer.max_sizes(Some(0), Some(10));
        writer.element(tag::CMD, Text::EMPTY);
    });
    assert_eq!(
        xml,
        "<Meta><Format xmlns=\"syncml:metinf\">b64</Format><Type xmlns=\"syncml:metinf\">a/b</Type><Mark xmlns=\"syncml:metinf\">m</Mark>\
         <Size xmlns=\"syncml:metinf\">4294967295</Size><NextNonce xmlns=\"syncml:metinf\">AA==</NextNonce>\
         </Meta><Meta><MaxMsgSize xmlns=\"syncml:metinf\">0</MaxMsgSize><MaxObjSize xmlns=\"syncml:metinf\">10</MaxObjSize></Meta><Cmd/>"
    );
    // The page is left before the next tag of page 0, not before the end of Meta.
    assert!(wbxml.ends_with(&hex("55 03 3130 00 01 01 00 00 0A")));
    assert!(wbxml.starts_with(&hex("5A 00 01 47 03 623634 00 01 53")));
}

/// REP-C-022
#[test]
fn commands_status_and_items_have_the_order_of_the_standard() {
    let (_, xml) = both(|writer| {
        let chal = Meta {
            mime: Some("syncml:auth-md5".into()),
            ..Meta::default()
        };
        writer.begin_status(&Status {
            target_ref: Some("./a".into()),
            source_ref: Some("b".into()),
            chal: Some(chal),
            code: 7,
            ..status()
        });
        writer.item(&Item {
            data: Some("DM/1.3".into()),
            ..Item::default()
        });
        writer.end(tag::STATUS);
        let results = Command {
            tag: tag::RESULTS,
            cmd_id: "2".into(),
            no_resp: true,
            msg_ref: Some("1".into()),
            cmd_ref: Some("4".into()),
            ..Command::default()
        };
        writer.begin_command(&results);
        writer.item(&Item {
            source: Some("./c".into()),
            target: Some("./t".into()),
            meta: Meta {
                format: Some("int".into()),
                ..Meta::default()
            },
            data: Some("5".into()),
            more_data: true,
        });
        writer.end(tag::RESULTS);
        let alert = Command {
            tag: tag::ALERT,
            cmd_id: "3".into(),
            data: Some("1226".into()),
            correlator: Some("job".into()),
            ..Command::default()
        };
        writer.begin_command(&alert);
        writer.end(tag::ALERT);
    });
    assert_eq!(
        xml,
        "<Status><CmdID>1</CmdID><MsgRef>1</MsgRef><CmdRef>0</CmdRef><Cmd>SyncHdr</Cmd><TargetRef>./a</TargetRef><SourceRef>b</SourceRef>\
         <Chal><Meta><Type xmlns=\"syncml:metinf\">syncml:auth-md5</Type></Meta></Chal><Data>007</Data><Item><Data>DM/1.3</Data></Item></Status>\
         <Results><CmdID>2</CmdID><NoResp/><MsgRef>1</MsgRef><CmdRef>4</CmdRef><Item><Target><LocURI>./t</LocURI></Target>\
         <Source><LocURI>./c</LocURI></Source><Meta><Format xmlns=\"syncml:metinf\">int</Format></Meta><Data>5</Data><MoreData/></Item></Results>\
         <Alert><CmdID>3</CmdID><Data>1226</Data><Correlator>job</Correlator></Alert>"
    );
}

/// Every prefix of room: what does not fit is counted, and nothing behind the room is touched.
#[test]
fn nothing_is_stored_behind_the_limit_and_everything_is_counted() {
    for encoding in [Encoding::Wbxml, Encoding::Xml] {
        let write = |writer: &mut Writer<'_>| {
            writer.begin_message(&SyncHdr {
                session_id: "1".into(),
                max_msg_size: Some(5000),
                ..SyncHdr::default()
            });
            writer.status(&status());
            writer.start(tag::DATA);
            writer.opaque(b"\x00\x01\x02\x03");
            writer.end(tag::DATA);
            writer.end_message(true);
        };
        let mut whole = vec![0; 1024];
        let mut writer = Writer::new(&mut whole, encoding);
        write(&mut writer);
        let len = writer.position();
        whole.truncate(len);
        // Miri is some thousand times slower: it takes a share.
        for limit in (0..=len).rev().step_by(if cfg!(miri) { 67 } else { 1 }) {
            let mut buf = vec![0xEE; len + 8];
            let mut writer = Writer::new(&mut buf, encoding);
            writer.set_limit(limit);
            write(&mut writer);
            assert_eq!(writer.position(), len);
            assert_eq!(writer.overflowed(), limit < len);
            assert_eq!(writer.room(), 0);
            assert!(
                buf[limit..].iter().all(|octet| *octet == 0xEE),
                "limit {limit}"
            );
            let stored = buf.iter().position(|octet| *octet == 0xEE).unwrap();
            assert_eq!(buf[..stored], whole[..stored], "limit {limit}");
            // The buffer may also simply be that short.
            let mut short = vec![0; limit];
            let mut writer = Writer::new(&mut short, encoding);
            write(&mut writer);
            assert_eq!((writer.position(), writer.overflowed()), (len, limit < len));
        }
    }
}

#[test]
fn a_roll_back_makes_everything_behind_the_mark_undone() {
    for encoding in [Encoding::Wbxml, Encoding::Xml] {
        let mut buf = [0; 256];
        let mut writer = Writer::new(&mut buf, encoding);
        writer.begin_document();
        writer.start(tag::META);
        writer.element(tag::FORMAT, "chr".into());
        let inside = writer.mark();
        // Leaves the name space and overflows.
        writer.end(tag::META);
        writer.element(tag::DATA, Text::from_bytes(&[b'x'; 300]));
        assert!(writer.overflowed());
        let much = writer.position();
        assert!(much > 300 && much > inside.position());
        writer.roll_back(inside);
        assert!(!writer.overflowed());
        assert_eq!(writer.position(), inside.position());
        writer.element(tag::TYPE, "text/plain".into());
        writer.end(tag::META);
        let rolled = writer.written().to_vec();

        let mut other = [0; 256];
        let mut writer = Writer::new(&mut other, encoding);
        writer.begin_document();
        writer.start(tag::META);
        writer.element(tag::FORMAT, "chr".into());
        writer.element(tag::TYPE, "text/plain".into());
        writer.end(tag::META);
        assert_eq!(rolled, writer.written());
    }
}

#[test]
fn a_writer_resumed_from_a_mark_goes_on_as_if_it_had_never_stopped() {
    let steps: [&dyn Fn(&mut Writer<'_>); 8] = [
        &|writer| writer.begin_document(),
        &|writer| writer.start(tag::ITEM),
        &|writer| writer.start(tag::META),
        &|writer| writer.element(tag::FORMAT, "b64".into()),
        &|writer| writer.end(tag::META),
        &|writer| {
            writer.start(tag::DATA);
            writer.begin_opaque(5);
            writer.put_opaque(b"ab");
        },
        &|writer| writer.put_opaque(b"cd"),
        &|writer| {
            writer.put_opaque(b"e");
            writer.end_opaque();
            writer.end(tag::DATA);
            writer.end(tag::ITEM);
        },
    ];
    for encoding in [Encoding::Wbxml, Encoding::Xml] {
        let mut whole = [0; 256];
        let mut writer = Writer::new(&mut whole, encoding);
        for step in steps {
            step(&mut writer);
        }
        let whole = writer.written().to_vec();
        let mut buf = [0; 256];
        let mut mark = Mark::default();
        for step in steps {
            let mut writer = Writer::resume(&mut buf, encoding, mark);
            step(&mut writer);
            mark = writer.mark();
        }
        assert_eq!(&buf[..mark.position()], whole);
        let seen = events(&whole, encoding).unwrap();
        let data = if encoding == Encoding::Xml {
            &b"YWJjZGU="[..]
        } else {
            b"abcde"
        };
        assert!(seen.contains(&Seen::Text(data.to_vec())), "{seen:?}");
    }
}

#[test]
fn a_status_code_can_be_changed_while_it_is_in_the_buffer() {
    for encoding in [Encoding::Wbxml, Encoding::Xml] {
        let code = |code| {
            let mut buf = [0; 256];
            let mut writer = Writer::new(&mut buf, encoding);
            writer.status(&Status { code, ..status() });
            writer.written().to_vec()
        };
        let mut buf = [0; 256];
        let mut writer = Writer::new(&mut buf, encoding);
        let mark = writer.status(&status());
        writer.patch_code(mark, 216);
        assert_eq!(writer.written(), code(216));
        writer.patch_code(mark, 507);
        assert_eq!(writer.written(), code(507));
        assert_eq!(&writer.written()[mark.offset()..mark.offset() + 3], b"507");
        // Also where the string table holds it.
        let mut buf = [0; 256];
        let mut writer = Writer::new(&mut buf, encoding);
        writer.set_string_table(b"200\0");
        let mark = writer.begin_status(&status());
        writer.patch_code(mark, 216);
        assert_eq!(&writer.written()[mark.offset()..mark.offset() + 3], b"216");
        // One that was never stored is left alone.
        let cut_off = |limit, patched| {
            let mut buf = [0; 256];
            let mut writer = Writer::new(&mut buf, encoding);
            writer.set_limit(limit);
            let mark = writer.begin_status(&status());
            assert!(writer.overflowed());
            if patched {
                writer.patch_code(mark, 216);
            }
            buf
        };
        let mut counting = Writer::counting(encoding);
        counting.begin_status(&status());
        for limit in 0..counting.position() {
            assert_eq!(cut_off(limit, true), cut_off(limit, false));
        }
        let mut counting = Writer::counting(encoding);
        let mark = counting.status(&status());
        counting.patch_code(mark, 216);
        assert_eq!(counting.position(), code(200).len());
    }
}

/// REP-C-027
#[test]
fn markup_in_text_is_escaped_in_xml_and_left_alone_in_wbxml() {
    let (wbxml, xml) =
        both(|writer| writer.element(tag::DATA, "a<b>&\"c\"]]>\r\n'\u{20AC}'".into()));
    assert_eq!(
        xml,
        "<Data>a&lt;b&gt;&amp;\"c\"]]&gt;&#13;\n'\u{20AC}'</Data>"
    );
    assert_eq!(
        wbxml,
        ["\u{4F}\u{3}a<b>&\"c\"]]>\r\n'\u{20AC}'\u{0}\u{1}"]
            .concat()
            .into_bytes()
    );
    let again = events(xml.as_bytes(), Encoding::Xml).unwrap();
    assert_eq!(again[1], Seen::Text("a<b>&\"c\"]]>\r\n'\u{20AC}'".into()));
}

/// REP-C-030
#[test]
fn binary_data_are_opaque_in_wbxml_and_base64_in_xml() {
    for len in (0..130).step_by(if cfg!(miri) { 25 } else { 1 }) {
        let data: Vec<u8> = (0..len).map(|at| (at * 37) as u8).collect();
        let (wbxml, xml) = both(|writer| {
            writer.start(tag::DATA);
            writer.opaque(&data);
            writer.end(tag::DATA);
        });
        let mut document = hex("02A4016A00");
        document.extend(&wbxml);
        let mut reader = Reader::new(&document, Encoding::Wbxml).unwrap();
        reader.next().unwrap();
        assert!(reader.text().unwrap().is(&data));
        let mut reader = Reader::new(xml.as_bytes(), Encoding::Xml).unwrap();
        reader.next().unwrap();
        let mut decoded = vec![0; len];
        assert_eq!(reader.text().unwrap().decode_base64(&mut decoded), Ok(len));
        assert_eq!(decoded, data);
        assert_eq!(xml.len(), "<Data></Data>".len() + len.div_ceil(3) * 4);
    }
}

#[test]
fn text_with_nul_becomes_opaque() {
    let (wbxml, _) = both(|writer| writer.text(Text::from_bytes(b"a\0b")));
    assert_eq!(wbxml, hex("C3 03 61 00 62"));
    let (wbxml, _) = both(|writer| writer.element(tag::DATA, Text::from_bytes(b"a\0b")));
    assert_eq!(wbxml, hex("4F C3 03 61 00 62 01"));
    let long = [0; 300];
    let (wbxml, _) = both(|writer| writer.text(Text::from_bytes(&long)));
    assert_eq!(wbxml[..3], hex("C3 82 2C"));
}

#[test]
fn what_xml_cannot_carry_is_replaced_and_told() {
    let replaced = |text: Text<'_>| {
        let mut buf = [0; 64];
        let mut writer = Writer::new(&mut buf, Encoding::Xml);
        writer.text(text);
        (
            String::from_utf8(writer.written().to_vec()).unwrap(),
            writer.replaced(),
        )
    };
    assert_eq!(
        replaced("tab\tline\n".into()),
        ("tab\tline\n".into(), false)
    );
    assert_eq!(
        replaced(Text::from_bytes(b"a\x01b\xFFc<")),
        ("a\u{FFFD}b\u{FFFD}c&lt;".into(), true)
    );
    assert_eq!(replaced("\u{FFFF}".into()), ("\u{FFFD}".into(), true));
    // OPAQUE that is text stays text, other is written as Base64.
    let opaque = |octets: &str| {
        let document = hex(&format!("02A4016A00 4F C3 {octets} 01"));
        let mut reader = Reader::new(&document, Encoding::Wbxml).unwrap();
        reader.next().unwrap();
        replaced(reader.text().unwrap())
    };
    assert_eq!(opaque("02 6162"), ("ab".into(), false));
    assert_eq!(opaque("03 00FF10"), ("AP8Q".into(), true));
}

#[test]
fn names_that_are_none_in_xml_are_replaced_and_told() {
    for name in ["", "a b", "<", "1", "a>", "\u{FFFF}", "a:", ":a", "a:b:c"] {
        let mut buf = [0; 64];
        let mut writer = Writer::new(&mut buf, Encoding::Xml);
        writer.start_literal(name.as_bytes());
        writer.end_literal(name.as_bytes());
        assert_eq!(writer.written(), b"<Unknown></Unknown>", "{name}");
        assert!(writer.replaced());
        let attribute = Attribute::new(name.as_bytes(), Text::EMPTY);
        let mut writer = Writer::new(&mut buf, Encoding::Xml);
        writer.empty_with(tag::provisioning::PARM, &[attribute]);
        assert_eq!(writer.written(), b"<parm/>");
        assert!(writer.replaced());
    }
}

#[test]
fn white_space_and_markup_in_attributes_comes_back() {
    let value = "\t\n\r\"<&>' x";
    let attribute = Attribute::new(b"name", Text::from(value));
    let mut buf = [0; 96];
    let mut writer = Writer::new(&mut buf, Encoding::Xml);
    writer.empty_with(tag::provisioning::PARM, &[attribute]);
    assert!(!writer.replaced());
    assert_eq!(
        writer.written(),
        b"<parm name=\"&#9;&#10;&#13;&quot;&lt;&amp;&gt;' x\"/>"
    );
    let mut reader = Reader::new(writer.written(), Encoding::Xml).unwrap();
    reader.next().unwrap();
    assert!(reader.attribute().unwrap().unwrap().is(value.as_bytes()));
}

#[test]
fn text_in_pieces_is_written_as_one_string() {
    let (wbxml, xml) = both(|writer| {
        writer.start(tag::DATA);
        writer.begin_text();
        for piece in ["a", "", "&", "bc"] {
            writer.put_text(piece.as_bytes());
        }
        writer.end_text();
        writer.end(tag::DATA);
    });
    assert_eq!(wbxml, b"\x4F\x03a&bc\x00\x01");
    assert_eq!(xml, "<Data>a&amp;bc</Data>");
    // Text read in several tokens is one string when it is written.
    let document = hex("02A4016A026364 4F 03 6162 00 83 00 C3 01 65 01");
    let mut reader = Reader::new(&document, Encoding::Wbxml).unwrap();
    reader.next().unwrap();
    let text = reader.text().unwrap();
    let (wbxml, xml) = both(|writer| writer.text(text));
    assert_eq!((&wbxml[..], &xml[..]), (&b"\x03abcde\x00"[..], "abcde"));
}

#[test]
fn numbers_are_decimal_text() {
    let (wbxml, xml) = both(|writer| writer.number(tag::CMD_ID, 1234));
    assert_eq!(
        (&wbxml[..], &xml[..]),
        (&b"\x4B\x031234\x00\x01"[..], "<CmdID>1234</CmdID>")
    );
    assert!(Decimal::new(70).as_text().is(b"70"));
}

#[test]
fn a_string_table_is_written_and_used() {
    let table = b"./DevInfo\0Vendor\0";
    let mut buf = [0; 128];
    let mut writer = Writer::new(&mut buf, Encoding::Wbxml);
    writer.set_string_table(table);
    writer.begin_document();
    writer.start(tag::TARGET);
    writer.element(tag::LOC_URI, "./DevInfo".into());
    writer.element(tag::LOC_NAME, "DevInfo".into());
    writer.start_literal(b"Vendor");
    writer.text("x".into());
    writer.end_literal(b"Vendor");
    writer.end(tag::TARGET);
    assert!(!writer.replaced());
    let written = writer.written().to_vec();
    assert_eq!(
        written[..22],
        hex("02A4016A11 2E2F446576496E666F00 56656E646F7200")
    );
    assert_eq!(
        written[22..],
        hex("6E 57 83 00 01 56 03 446576496E666F 00 01 44 0A 03 78 00 01 01")
    );
    let mut reader = Reader::new(&written, Encoding::Wbxml).unwrap();
    reader.next().unwrap();
    reader.next().unwrap();
    assert!(reader.text().unwrap().is(b"./DevInfo"));
    reader.next().unwrap();
    reader.skip().unwrap();
    assert!(matches!(reader.next(), Ok(Event::Start(Tag::UNKNOWN))));
    assert_eq!(reader.name(), b"Vendor");
    // A name that is not in the table is lost, and that is told.
    let mut writer = Writer::new(&mut buf, Encoding::Wbxml);
    writer.begin_document();
    writer.start_literal(b"Vendor");
    writer.end_literal(b"Vendor");
    assert!(writer.replaced());
    assert_eq!(events(writer.written(), Encoding::Wbxml).unwrap().len(), 2);
}

/// REP-C-004 REP-C-007
#[test]
fn each_vocabulary_has_its_header() {
    let header = |vocabulary, table: &'static [u8]| {
        let mut buf = [0; 64];
        let mut writer = Writer::new(&mut buf, Encoding::Wbxml);
        writer.set_string_table(table);
        writer.begin_document_of(vocabulary);
        writer.empty(Tag::new(0, 5));
        let document = writer.written().to_vec();
        let reader = Reader::new(&document, Encoding::Wbxml).unwrap();
        (
            document[..document.len() - 1].to_vec(),
            reader.document().vocabulary(),
        )
    };
    assert_eq!(
        header(Vocabulary::SyncMl, b""),
        (hex("02 A4 01 6A 00"), Vocabulary::SyncMl)
    );
    assert_eq!(
        header(Vocabulary::SyncMl, b"x\0"),
        (hex("02 A4 01 6A 02 78 00"), Vocabulary::SyncMl)
    );
    assert_eq!(
        header(Vocabulary::DevInf, b""),
        (hex("02 A4 03 6A 00"), Vocabulary::DevInf)
    );
    assert_eq!(
        header(Vocabulary::Provisioning, b""),
        (hex("03 0B 6A 00"), Vocabulary::Provisioning)
    );
    let mut ddf = hex("02 00 00 6A 1B");
    ddf.extend(b"-//OMA//DTD-DM-DDF 1.2//EN\0");
    // The first tag says its page, because readers differ in where they start.
    ddf.extend([0x00, 0x00]);
    assert_eq!(header(Vocabulary::Ddf, b""), (ddf, Vocabulary::Ddf));
    let with_names = header(Vocabulary::Ddf, b"abc\0-//OMA//DTD-DM-DDF 1.2//EN\0").0;
    assert_eq!(with_names[..5], hex("02 00 04 6A 1F"));
}

#[test]
fn markup_goes_as_one_section_in_xml_and_as_a_string_in_wbxml() {
    let (wbxml, xml) = both(|w| {
        w.start(tag::DATA);
        w.begin_markup();
        w.put_markup(b"<a>&amp;");
        w.put_markup(b"</a>");
        w.end_markup();
        w.end(tag::DATA);
    });
    assert_eq!(xml, "<Data><![CDATA[<a>&amp;</a>]]></Data>");
    assert!(wbxml.ends_with(b"\x4F\x03<a>&amp;</a>\0\x01"));
}

#[test]
fn base64_text_is_the_same_in_both_encodings() {
    for bytes in [&b""[..], b"a", b"ab", b"abc", b"abcdefgh"] {
        let (wbxml, xml) = both(|w| {
            w.start(tag::DATA);
            w.begin_text();
            for byte in bytes {
                w.put_base64(&[*byte]);
            }
            w.end_base64();
            w.end_text();
            w.end(tag::DATA);
        });
        let mut decoded = [0; 16];
        let text = xml.strip_prefix("<Data>").unwrap();
        let text = Text::from(text.strip_suffix("</Data>").unwrap());
        assert_eq!(text.decode_base64(&mut decoded), Ok(bytes.len()));
        assert_eq!(&decoded[..bytes.len()], bytes);
        let mut data = vec![0x4F, 0x03];
        text.pieces().for_each(|piece| data.extend(piece.iter()));
        data.extend([0, 1]);
        assert!(wbxml.ends_with(&data));
    }
}

#[test]
fn a_document_can_be_handed_on_in_pieces() {
    for encoding in [Encoding::Wbxml, Encoding::Xml] {
        let write = |w: &mut Writer<'_>, done: &mut dyn FnMut(&mut Writer<'_>)| {
            w.begin_document_of(Vocabulary::Ddf);
            for tag in [tag::ddf::MGMT_TREE, tag::ddf::NODE, tag::ddf::NODE_NAME] {
                w.start(tag);
                done(w);
            }
            w.put_base64(b"ab");
            done(w);
            w.put_base64(b"cd");
            w.end_base64();
            for tag in [tag::ddf::NODE_NAME, tag::ddf::NODE, tag::ddf::MGMT_TREE] {
                done(w);
                w.end(tag);
            }
            done(w);
        };
        let mut whole = [0; 256];
        let mut w = Writer::new(&mut whole, encoding);
        write(&mut w, &mut |_| {});
        let whole = w.written().to_vec();
        let mut buf = [0; 80];
        let mut joined = Vec::new();
        write(&mut Writer::new(&mut buf, encoding), &mut |w| {
            assert!(!w.overflowed());
            joined.extend_from_slice(w.written());
            w.clear();
        });
        assert_eq!(joined, whole);
    }
}
