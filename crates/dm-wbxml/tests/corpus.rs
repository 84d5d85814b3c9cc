//! The messages of the shared corpus: real documents of many makers.

#![cfg(all(feature = "wbxml", feature = "xml", not(miri)))]
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing
)]

#[path = "common/support.rs"]
mod support;

use std::collections::BTreeMap;

use dm_wbxml::{Encoding, ErrorKind, Limits, check};
use support::{convert, corpus, events, folded};

/// XML that no strict parser takes: what is wrong, and why it is so.
const BROKEN_XML: [(&str, ErrorKind); 12] = [
    // The options of an Alert are not escaped: `MINDT=30&DR=1`.
    (
        "dm-aospdm-004-testalertmultiplechoice.xml",
        ErrorKind::Entity,
    ),
    ("dm-aospdm-005-testalertsinglechoice.xml", ErrorKind::Entity),
    ("dm-aospdm-006-testalerttextinput.xml", ErrorKind::Entity),
    ("dm-aospdm-019-testalertconfirm.xml", ErrorKind::Entity),
    (
        "dm-aospdm-022-testalertmultiplechoice.xml",
        ErrorKind::Entity,
    ),
    // Binary data in the text.
    ("ds-devaspot-003-putE7.xml", ErrorKind::Utf8),
    // Attribute values in typographic quotation marks.
    ("ds-devaspot-004-sync_init.xml", ErrorKind::Syntax),
    // An XML declaration inside Data.
    (
        "body-msdocs-077-enterpriseassignedaccess-csp.xml",
        ErrorKind::Syntax,
    ),
    (
        "noverproto-msdocs-005-collect-wip-audit-event-logs.xml",
        ErrorKind::Syntax,
    ),
    (
        "noverproto-msdocs-006-collect-wip-audit-event-logs.xml",
        ErrorKind::Syntax,
    ),
    (
        "noverproto-msdocs-008-collect-wip-audit-event-logs.xml",
        ErrorKind::Syntax,
    ),
    // Not in every copy of the corpus.
    (
        "body-msdocs-079-enterpriseassignedaccess-csp.xml",
        ErrorKind::Syntax,
    ),
];

/// Sound documents which break a rule of the message: the same CmdID stands twice in each.
const REPEATED_CMD_ID: [&str; 5] = [
    "dm-msdocs-001-disconnecting-from-mdm-unenrollment.xml",
    "ds-smldotnet-004-SlowSync.xml",
    "ds-smldotnet-040-Client1.xml",
    "ds-wbxmlstream-011-syncml-008.xml",
    "wbxmlstream-017-syncml-008.wbxml",
];

/// REP-C-018 REP-C-038 REP-C-040
#[test]
fn xml_messages_keep_their_events_through_wbxml_and_back() {
    let broken: BTreeMap<_, _> = BROKEN_XML.into_iter().collect();
    let mut sound = 0;
    for (name, bytes) in corpus("messages-xml", "xml") {
        let seen = match (events(&bytes, Encoding::Xml), broken.get(name.as_str())) {
            (Ok(seen), None) => seen,
            (Err(error), Some(kind)) if error.kind == *kind => continue,
            (other, expected) => panic!("{name}: {other:?}, expected {expected:?}"),
        };
        sound += 1;
        let wbxml = convert(&bytes, Encoding::Xml, Encoding::Wbxml).unwrap();
        assert_eq!(
            events(&wbxml, Encoding::Wbxml).as_ref(),
            Ok(&seen),
            "{name}"
        );
        let xml = convert(&wbxml, Encoding::Wbxml, Encoding::Xml).unwrap();
        assert_eq!(events(&xml, Encoding::Xml), Ok(seen), "{name}");
        // The second time around nothing changes any more.
        assert_eq!(
            convert(&xml, Encoding::Xml, Encoding::Wbxml).unwrap(),
            wbxml,
            "{name}"
        );
    }
    assert!(sound == 0 || sound > 100, "{sound}");
}

/// REP-C-035
#[test]
fn complete_messages_pass_the_check_in_both_encodings() {
    let broken: BTreeMap<_, _> = BROKEN_XML.into_iter().collect();
    for (name, bytes) in corpus("messages-xml", "xml") {
        if broken.contains_key(name.as_str())
            || !(name.starts_with("dm-") || name.starts_with("ds-"))
        {
            continue;
        }
        let wbxml = convert(&bytes, Encoding::Xml, Encoding::Wbxml).unwrap();
        let one = check(&bytes, Encoding::Xml, &Limits::default())
            .unwrap_or_else(|error| panic!("{name}: {error}"));
        let two = check(&wbxml, Encoding::Wbxml, &Limits::default())
            .unwrap_or_else(|error| panic!("{name}: {error}"));
        let expected = REPEATED_CMD_ID
            .contains(&name.as_str())
            .then_some((ErrorKind::DuplicateCmdId, 400));
        assert_eq!(
            one.fault.map(|fault| (fault.kind, fault.kind.status())),
            expected,
            "{name}"
        );
        assert_eq!(
            two.fault.map(|fault| (fault.kind, fault.kind.status())),
            expected,
            "{name}"
        );
        assert_eq!(
            (one.commands, one.statuses, one.is_final, one.abort),
            (two.commands, two.statuses, two.is_final, two.abort),
            "{name}"
        );
    }
}

/// REP-C-005 REP-C-006
#[test]
fn wbxml_of_other_encoders_is_read_and_kept_through_xml() {
    for (name, bytes) in corpus("messages-wbxml", "wbxml") {
        let outcome = check(&bytes, Encoding::Wbxml, &Limits::default());
        let expected = match name.split('-').next().unwrap() {
            // A token page of the maker, not one of the standard.
            "aospdm" if !name.contains("-test") => Some(ErrorKind::NotSyncMl),
            _ if name.contains("-example") => Some(ErrorKind::NotSyncMl),
            // A body without SyncHdr.
            _ if name.contains("syncml-013") => Some(ErrorKind::NoHeader),
            // Wireless Village.
            _ if name.contains("-wv-") => Some(ErrorKind::PublicId),
            _ => None,
        };
        match (&outcome, expected) {
            (Ok(digest), None) => {
                let repeated = REPEATED_CMD_ID.contains(&name.as_str());
                assert_eq!(
                    digest.fault.map(|fault| fault.kind),
                    repeated.then_some(ErrorKind::DuplicateCmdId),
                    "{name}"
                );
            }
            (Err(error), Some(kind)) => assert_eq!(error.kind, kind, "{name}"),
            _ => panic!("{name}: {outcome:?}, expected {expected:?}"),
        }
        let Ok(seen) = events(&bytes, Encoding::Wbxml) else {
            continue;
        };
        let again = convert(&bytes, Encoding::Wbxml, Encoding::Wbxml).unwrap();
        assert_eq!(
            events(&again, Encoding::Wbxml).as_ref(),
            Ok(&seen),
            "{name}"
        );
        let xml = convert(&bytes, Encoding::Wbxml, Encoding::Xml).unwrap();
        let back = events(&xml, Encoding::Xml).unwrap();
        // XML cannot carry binary data and control characters, and keeps elements inside Data as
        // text.
        let different = expected == Some(ErrorKind::NotSyncMl) && name.starts_with("aospdm")
            || [
                "devaspot-002-sample",
                "wbxmlstream-019-syncml-010",
                "wbxmlstream-022-syncml_with_ddf-001",
            ]
            .iter()
            .any(|stem| name.starts_with(stem));
        assert_eq!(back != seen, different, "{name}");
    }
}

/// Pairs of documents which another encoder made from one another.
#[test]
fn both_encodings_of_one_document_by_another_encoder_give_the_same_events() {
    let xml: BTreeMap<_, _> = corpus("messages-xml", "xml").into_iter().collect();
    let wbxml: BTreeMap<_, _> = corpus("messages-wbxml", "wbxml").into_iter().collect();
    for (binary, text) in [
        (
            "wbxmlstream-009-syncml-003.wbxml",
            "ds-wbxmlstream-003-syncml-003.xml",
        ),
        (
            "wbxmlstream-016-syncml-007.wbxml",
            "ds-wbxmlstream-010-syncml-007.xml",
        ),
        (
            "wbxmlstream-016-syncml-007.wbxml",
            "ds-libwbxml-008-syncml-007.xml",
        ),
        (
            "wbxmlstream-017-syncml-008.wbxml",
            "ds-wbxmlstream-011-syncml-008.xml",
        ),
        (
            "wbxmlstream-021-syncml-013.wbxml",
            "body-wbxmlstream-001-syncml-013.xml",
        ),
    ] {
        let (Some(binary), Some(text)) = (wbxml.get(binary), xml.get(text)) else {
            continue;
        };
        let binary = folded(events(binary, Encoding::Wbxml).unwrap());
        assert!(binary.len() > 20);
        assert_eq!(binary, folded(events(text, Encoding::Xml).unwrap()));
    }
}
