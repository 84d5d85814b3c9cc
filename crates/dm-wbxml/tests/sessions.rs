//! Whole messages through the typed views and writers: the worked session of the protocol, section
//! 15.1, and the reference session.

#![cfg(all(feature = "wbxml", feature = "xml"))]
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing
)]

#[path = "common/support.rs"]
mod support;

use dm_wbxml::{Encoding, Writer};
use support::{convert, events, rewrite, shared};

const XML: [&[u8]; 4] = [
    include_bytes!("data/a1.xml"),
    include_bytes!("data/a2.xml"),
    include_bytes!("data/a3.xml"),
    include_bytes!("data/a4.xml"),
];
/// The SHA-256 sums of these four are printed in the protocol digest.
const WBXML: [&[u8]; 4] = [
    include_bytes!("data/a1.wbxml"),
    include_bytes!("data/a2.wbxml"),
    include_bytes!("data/a3.wbxml"),
    include_bytes!("data/a4.wbxml"),
];

/// REP-C-008 REP-C-009 REP-C-033
#[test]
fn typed_views_and_writers_keep_every_octet_of_the_worked_session() {
    assert_eq!(XML.map(<[u8]>::len), [1280, 1356, 1017, 489]);
    assert_eq!(WBXML.map(<[u8]>::len), [478, 480, 373, 189]);
    for (xml, wbxml) in XML.into_iter().zip(WBXML) {
        assert_eq!(rewrite(xml, Encoding::Xml, Encoding::Wbxml), wbxml);
        assert_eq!(rewrite(xml, Encoding::Xml, Encoding::Xml), xml);
        assert_eq!(rewrite(wbxml, Encoding::Wbxml, Encoding::Wbxml), wbxml);
        assert_eq!(rewrite(wbxml, Encoding::Wbxml, Encoding::Xml), xml);
    }
}

#[test]
fn both_encodings_of_the_worked_session_give_the_same_events() {
    for (xml, wbxml) in XML.into_iter().zip(WBXML) {
        assert_eq!(events(xml, Encoding::Xml), events(wbxml, Encoding::Wbxml));
        assert_eq!(convert(xml, Encoding::Xml, Encoding::Wbxml).unwrap(), wbxml);
        assert_eq!(convert(wbxml, Encoding::Wbxml, Encoding::Xml).unwrap(), xml);
    }
}

#[test]
fn the_reference_session_is_kept_octet_by_octet() {
    let Some(shared) = shared("reference session") else {
        return;
    };
    let declaration = b"<?xml version=\"1.0\" encoding=\"UTF-8\"?>";
    for name in [
        "m1-client-reference",
        "m2-server-10get-5replace",
        "m3-client-reference",
        "m4-server-final",
    ] {
        let read = |ending| {
            std::fs::read(
                shared
                    .join("reference-session")
                    .join(format!("{name}.{ending}")),
            )
            .unwrap()
        };
        let (xml, wbxml) = (read("xml"), read("wbxml"));
        assert_eq!(
            rewrite(&xml, Encoding::Xml, Encoding::Wbxml),
            wbxml,
            "{name}"
        );
        assert_eq!(
            rewrite(&wbxml, Encoding::Wbxml, Encoding::Xml),
            xml.strip_prefix(declaration).unwrap(),
            "{name}"
        );
    }
}

#[test]
fn the_detected_encoding_is_the_one_written() {
    for (xml, wbxml) in XML.into_iter().zip(WBXML) {
        assert_eq!(Encoding::detect(xml), Encoding::Xml);
        assert_eq!(Encoding::detect(wbxml), Encoding::Wbxml);
    }
    assert_eq!(Encoding::detect(b"\xEF\xBB\xBF<SyncML/>"), Encoding::Xml);
    assert_eq!(Encoding::detect(b"\r\n <SyncML/>"), Encoding::Xml);
    assert_eq!(Encoding::detect(b""), Encoding::Wbxml);
}

/// REP-C-001
#[test]
fn messages_are_labelled_with_the_two_types_of_dm() {
    assert_eq!(
        Encoding::Wbxml.content_type(),
        "application/vnd.syncml.dm+wbxml"
    );
    assert_eq!(
        Encoding::Xml.content_type(),
        "application/vnd.syncml.dm+xml"
    );
    assert_eq!(Writer::counting(Encoding::Xml).encoding(), Encoding::Xml);
}
