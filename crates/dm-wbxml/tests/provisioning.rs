//! Client provisioning documents: attributes, their tokens, both encodings.

#![cfg(all(feature = "wbxml", feature = "xml"))]
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing
)]

#[path = "common/support.rs"]
mod support;

use dm_wbxml::tag::provisioning::{CHARACTERISTIC, PARM, WAP_PROVISIONINGDOC};
use dm_wbxml::{Attribute, Encoding, ErrorKind, Event, Reader, Text, Vocabulary, Writer};
use support::{Seen, convert, corpus, events, hex};

/// The annotated example of the bootstrap digest, section 2.3.
const EXAMPLE: &str = "03 0B 6A 00 C5 46 01 C6 00 01 55 01 87 36 00 00 06 03 77 37 00 01
    87 00 01 38 00 00 06 03 73 72 76 31 2E 65 78 61 6D 70 6C 65 00 01
    87 07 06 03 44 65 6D 6F 00 01
    C6 00 01 56 01
    87 34 00 00 06 03 68 74 74 70 73 3A 2F 2F 73 72 76 31 2E 65 78 61 6D 70 6C 65 2F 64 6D 00 01
    01 C6 00 01 57 01
    87 30 00 00 06 00 01 8D 01
    87 33 00 00 06 00 01 93 01
    87 31 00 00 06 03 64 65 76 31 00 01
    87 00 01 32 00 00 06 03 64 65 76 73 65 63 72 65 74 00 01
    01 01 01";

const EXAMPLE_XML: &str = "<wap-provisioningdoc version=\"1.0\"><characteristic type=\"APPLICATION\">\
    <parm name=\"APPID\" value=\"w7\"/><parm name=\"PROVIDER-ID\" value=\"srv1.example\"/><parm name=\"NAME\" value=\"Demo\"/>\
    <characteristic type=\"APPADDR\"><parm name=\"ADDR\" value=\"https://srv1.example/dm\"/></characteristic>\
    <characteristic type=\"APPAUTH\"><parm name=\"AAUTHLEVEL\" value=\"APPSRV\"/><parm name=\"AAUTHTYPE\" value=\"DIGEST\"/>\
    <parm name=\"AAUTHNAME\" value=\"dev1\"/><parm name=\"AAUTHSECRET\" value=\"devsecret\"/></characteristic>\
    </characteristic></wap-provisioningdoc>";

/// The attributes of the elements with a value, as `name=value`.
fn parameters(bytes: &[u8]) -> Vec<String> {
    let mut reader = Reader::new(bytes, Encoding::detect(bytes)).unwrap();
    let mut all = Vec::new();
    loop {
        match reader.next().unwrap() {
            Event::Start(PARM) => {
                let mut parameter = Vec::new();
                while let Some(attribute) = reader.attribute().unwrap() {
                    let mut scratch = [0; 64];
                    parameter.push(
                        String::from_utf8(attribute.value(&mut scratch).unwrap().to_vec()).unwrap(),
                    );
                }
                all.push(parameter.join("="));
            }
            Event::Done => return all,
            _ => {}
        }
    }
}

#[test]
fn the_annotated_example_is_read_in_both_encodings() {
    let wbxml = hex(EXAMPLE);
    let expected = [
        "APPID=w7",
        "PROVIDER-ID=srv1.example",
        "NAME=Demo",
        "ADDR=https://srv1.example/dm",
        "AAUTHLEVEL=APPSRV",
        "AAUTHTYPE=DIGEST",
        "AAUTHNAME=dev1",
        "AAUTHSECRET=devsecret",
    ];
    assert_eq!(parameters(&wbxml), expected);
    assert_eq!(parameters(EXAMPLE_XML.as_bytes()), expected);
    assert_eq!(
        events(&wbxml, Encoding::Wbxml),
        events(EXAMPLE_XML.as_bytes(), Encoding::Xml)
    );
    assert_eq!(
        convert(&wbxml, Encoding::Wbxml, Encoding::Xml).unwrap(),
        EXAMPLE_XML.as_bytes()
    );
    let again = convert(EXAMPLE_XML.as_bytes(), Encoding::Xml, Encoding::Wbxml).unwrap();
    assert_eq!(
        events(&again, Encoding::Wbxml),
        events(&wbxml, Encoding::Wbxml)
    );
}

#[test]
fn the_tags_are_those_of_provisioning_on_both_pages() {
    let seen = events(&hex("03 0B 6A 00 45 00 01 46 07 01 01"), Encoding::Wbxml).unwrap();
    assert_eq!(
        seen,
        [
            Seen::Start(WAP_PROVISIONINGDOC),
            Seen::Start(CHARACTERISTIC),
            Seen::Start(PARM),
            Seen::End,
            Seen::End,
            Seen::End
        ]
    );
}

/// BOOT-C-012
#[test]
fn both_token_sets_of_aauthtype_are_read() {
    let document = |values: &str| hex(&format!("03 0B 6A 00 45 87 00 01 33 06 {values} 01 01"));
    for (values, text) in [
        ("82", "BASIC"),
        ("83", "DIGEST"),
        ("92", "BASIC"),
        ("93", "DIGEST"),
        ("81 82", "HTTP-BASIC"),
        ("91 93", "HTTP-DIGEST"),
        ("82 80 83", "BASIC,DIGEST"),
        ("91 92 90 93", "HTTP-BASIC,DIGEST"),
        ("03 484D414300", "HMAC"),
        ("03 4800 03 4D414300", "HMAC"),
        ("8D", "APPSRV"),
        ("00 00 85", "IPV4"),
        ("00 00 AB", "GSM-GPRS"),
        ("02 41 03 4200", "AB"),
        ("C3 02 4142", "AB"),
        ("", ""),
        // A value token nobody knows says nothing.
        ("B0", ""),
    ] {
        assert_eq!(
            parameters(&document(values)),
            [format!("AAUTHTYPE={text}")],
            "{values}"
        );
    }
    // With a string table 83 is a reference into it.
    let bytes = hex("03 0B 6A 05 44454D4F00 45 87 00 01 33 06 83 01 01 01");
    assert_eq!(parameters(&bytes), ["AAUTHTYPE=EMO"]);
}

#[test]
fn attributes_that_are_not_asked_for_are_passed_over() {
    let wbxml = hex(EXAMPLE);
    for (bytes, encoding) in [
        (wbxml.as_slice(), Encoding::Wbxml),
        (EXAMPLE_XML.as_bytes(), Encoding::Xml),
    ] {
        let mut reader = Reader::new(bytes, encoding).unwrap();
        let mut open = 0;
        let mut elements = 0;
        loop {
            match reader.next().unwrap() {
                Event::Start(_) => {
                    open += 1;
                    elements += 1;
                    // Now and then only the first.
                    if elements % 3 == 0 {
                        assert!(reader.attribute().unwrap().is_some());
                    }
                }
                Event::End => open -= 1,
                Event::Text(text) => panic!("{text:?}"),
                Event::Done => break,
            }
            // Where there is none there is none.
            if open == 0 {
                assert!(reader.attribute().unwrap().is_none());
            }
        }
        assert_eq!((open, elements), (0, 12));
    }
}

#[test]
fn attributes_of_xml_lose_prefix_and_references_and_keep_the_rest() {
    let xml = "<wap-provisioningdoc xmlns='a' xmlns:b=\"c\" version = '1.1'><parm b:name=\"N\"\n value='a&amp;\"&#65; b'/></wap-provisioningdoc>";
    assert_eq!(
        events(xml.as_bytes(), Encoding::Xml).unwrap(),
        [
            Seen::Start(WAP_PROVISIONINGDOC),
            Seen::Attribute("version".into(), b"1.1".to_vec()),
            Seen::Start(PARM),
            Seen::Attribute("name".into(), b"N".to_vec()),
            Seen::Attribute("value".into(), b"a&\"A b".to_vec()),
            Seen::End,
            Seen::End
        ]
    );
    for encoding in [Encoding::Wbxml, Encoding::Xml] {
        let again = convert(xml.as_bytes(), Encoding::Xml, encoding).unwrap();
        assert_eq!(
            events(&again, encoding),
            events(xml.as_bytes(), Encoding::Xml)
        );
    }
}

#[test]
fn a_document_can_be_written_from_its_attributes() {
    let mut buf = [0; 256];
    for (encoding, expected) in [
        (
            Encoding::Wbxml,
            hex("03 0B 6A 00 C5 46 01 C6 00 01 55 01 87 36 06 03 7737 00 01 87 05 03 494E4954 00 01 01 C6 00 00 51 01 87 15 06 03 61093C22 00 01 01 01"),
        ),
        (
            Encoding::Xml,
            b"<wap-provisioningdoc version=\"1.0\"><characteristic type=\"APPLICATION\"><parm name=\"APPID\" value=\"w7\"/>\
              <parm name=\"INIT\"/></characteristic><characteristic type=\"PXLOGICAL\"><parm name=\"PROXY-ID\" value=\"a&#9;&lt;&quot;\"/>\
              </characteristic></wap-provisioningdoc>"
                .to_vec(),
        ),
    ] {
        let mut writer = Writer::new(&mut buf, encoding);
        let attribute = |name: &'static str, value: &'static str| Attribute::new(name.as_bytes(), Text::from(value));
        writer.begin_document_of(Vocabulary::Provisioning);
        writer.start_with(WAP_PROVISIONINGDOC, &[attribute("version", "1.0")]);
        writer.start_with(CHARACTERISTIC, &[attribute("type", "APPLICATION")]);
        writer.empty_with(PARM, &[attribute("name", "APPID"), attribute("value", "w7")]);
        writer.empty_with(PARM, &[attribute("name", "INIT")]);
        writer.end(CHARACTERISTIC);
        writer.start_with(CHARACTERISTIC, &[attribute("type", "PXLOGICAL")]);
        writer.empty_with(PARM, &[attribute("name", "PROXY-ID"), attribute("value", "a\t<\"")]);
        writer.end(CHARACTERISTIC);
        writer.end(WAP_PROVISIONINGDOC);
        assert!(!writer.replaced() && !writer.overflowed());
        assert_eq!(writer.written(), expected, "{}", String::from_utf8_lossy(writer.written()));
    }
    // An attribute without token or name in the table is left out, and that is told.
    let mut writer = Writer::new(&mut buf, Encoding::Wbxml);
    writer.empty_with(PARM, &[Attribute::new(b"other", Text::from("x"))]);
    assert!(writer.replaced());
    assert_eq!(writer.written(), hex("87 01"));
}

#[test]
fn broken_attribute_lists_are_refused_at_their_place() {
    let refused = |list: &str| {
        let bytes = hex(&format!("03 0B 6A 00 45 87 {list}"));
        let error = events(&bytes, Encoding::Wbxml).unwrap_err();
        // Whether the attributes are read or passed over makes no difference.
        let mut reader = Reader::new(&bytes, Encoding::Wbxml).unwrap();
        let skipped = loop {
            if let Err(error) = reader.next() {
                break error;
            }
        };
        assert_eq!(skipped.kind, error.kind);
        (error.offset, error.kind)
    };
    assert_eq!(refused(""), (6, ErrorKind::UnexpectedEnd));
    assert_eq!(refused("05"), (7, ErrorKind::UnexpectedEnd));
    assert_eq!(refused("05 03 61"), (7, ErrorKind::UnexpectedEnd));
    assert_eq!(refused("05 00"), (8, ErrorKind::UnexpectedEnd));
    assert_eq!(refused("05 C3 04 61 01"), (7, ErrorKind::UnexpectedEnd));
    assert_eq!(refused("05 83 00 01"), (7, ErrorKind::StringTable));
    assert_eq!(refused("04 00 01"), (6, ErrorKind::StringTable));
    assert_eq!(refused("05 02 8FFFFFFF7F 01"), (7, ErrorKind::Character));
    assert_eq!(refused("05 C3 FFFFFFFFFF 01"), (7, ErrorKind::Overflow));
}

/// The corpus: every document, whoever made it, keeps its events through the other encoding and
/// back.
#[test]
fn documents_of_the_corpus_keep_their_events_both_ways() {
    let mut compared = 0;
    for (ending, from, to) in [
        ("xml", Encoding::Xml, Encoding::Wbxml),
        ("wbxml", Encoding::Wbxml, Encoding::Xml),
    ] {
        for (name, bytes) in corpus("provisioning", ending) {
            let seen = match events(&bytes, from) {
                Ok(seen) => seen,
                Err(error) => {
                    // Said in the manifest to be no XML.
                    let expected = [
                        "aospdm-001-BROWSER.xml",
                        "msdocs-002-certificate-",
                        "msdocs-019-on-premise-",
                    ];
                    assert!(
                        expected.iter().any(|stem| name.starts_with(stem)),
                        "{name}: {error}"
                    );
                    continue;
                }
            };
            let other = convert(&bytes, from, to).unwrap();
            assert_eq!(events(&other, to).as_ref(), Ok(&seen), "{name}");
            let back = convert(&other, to, from).unwrap();
            assert_eq!(events(&back, from).as_ref(), Ok(&seen), "{name}");
            compared += 1;
        }
    }
    assert!(compared == 0 || compared > 8, "{compared}");
}

/// The same document made by another encoder.
#[test]
fn both_encodings_by_another_encoder_give_the_same_events() {
    let find = |ending, name: &str| {
        corpus("provisioning", ending)
            .into_iter()
            .find(|(file, _)| file == name)
            .map(|(_, bytes)| bytes)
    };
    for number in ["001", "007"] {
        let xml = find("xml", &format!("libwbxml-{number}-prov-{number}.xml"));
        let wbxml = find(
            "wbxml",
            &format!("wbxmlstream-{number}-prov-{number}.wbxml"),
        );
        let (Some(xml), Some(wbxml)) = (xml, wbxml) else {
            return;
        };
        let seen = support::folded(events(&wbxml, Encoding::Wbxml).unwrap());
        assert!(seen.len() > 50);
        assert_eq!(seen, support::folded(events(&xml, Encoding::Xml).unwrap()));
    }
}

/// Found by the fuzz target `provisioning`: attributes of elements nobody knows were lost.
#[test]
fn unknown_elements_keep_their_attributes() {
    let xml = b"<wap-provisioningdoc><pArm name=\"NAME\" other=\"x\"/><other value=\"y\">z</other><none/></wap-provisioningdoc>";
    let wbxml = convert(xml, Encoding::Xml, Encoding::Wbxml).unwrap();
    assert_eq!(events(&wbxml, Encoding::Wbxml), events(xml, Encoding::Xml));
    assert_eq!(
        convert(&wbxml, Encoding::Wbxml, Encoding::Xml).unwrap(),
        xml
    );
}

/// Found by the fuzz target `round_trip`: octets that are no text were copied into attributes of
/// XML.
#[test]
fn attributes_that_xml_cannot_carry_are_replaced() {
    let wbxml = hex("03 0B 6A 00 85 05 03 61 FF 22 01 00 01");
    let xml = convert(&wbxml, Encoding::Wbxml, Encoding::Xml).unwrap();
    assert_eq!(
        xml,
        "<wap-provisioningdoc name=\"a\u{FFFD}&quot;\u{FFFD}\"/>".as_bytes()
    );
}

/// On attribute code page 1 client provisioning has values in the place of global tokens. What is
/// read of a text and what is decoded of it agree on where an instruction in it ends all the same.
#[test]
fn an_instruction_has_the_tokens_of_wbxml_on_every_attribute_page() {
    // Behind <characteristic> with page 1: "a", <?...?> with EXT_T_0 and a string, "c".
    let bytes = hex("03 0B 6A 00 45 C6 00 01 55 01 03 61 00 43 80 01 03 62 00 01 03 63 00 01 01");
    let texts: Vec<_> = events(&bytes, Encoding::Wbxml)
        .unwrap()
        .into_iter()
        .filter_map(|event| match event {
            Seen::Text(text) => Some(text),
            _ => None,
        })
        .collect();
    assert_eq!(texts, [b"ac"]);
    for len in 0..bytes.len() {
        assert!(events(&bytes[..len], Encoding::Wbxml).is_err());
    }
}
