//! The listing against the codec, whose reader shares no line with it, and what is shown of odd documents.

use std::path::{Path, PathBuf};

use dm_wbxml::ErrorKind;

use super::*;

/// A message whose Data is the OPAQUE given.
fn message(data: &[u8]) -> Vec<u8> {
    let mut document = vec![0x02, 0xA4, 0x01, 0x6A, 0x00, 0x6D, 0x4F, 0xC3];
    let len = u32::try_from(data.len()).unwrap();
    for shift in [28, 21, 14, 7] {
        document.push(0x80 | u8::try_from(len >> shift & 0x7F).unwrap());
    }
    document.push(u8::try_from(len & 0x7F).unwrap());
    document.extend(data);
    document.extend([0x01, 0x01]);
    document
}

fn text(document: &[u8]) -> String {
    Inspection::of(document).text(document, false)
}

fn faults(document: &[u8]) -> Vec<(usize, String)> {
    let inspection = Inspection::of(document);
    let faults = inspection.sheet.faults().iter();
    faults
        .map(|fault| (fault.offset, fault.what.clone()))
        .collect()
}

fn vectors() -> Vec<PathBuf> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/corpus/vectors");
    let files = std::fs::read_dir(folder).unwrap();
    let mut vectors: Vec<PathBuf> = files
        .map(|file| file.unwrap().path())
        .filter(|path| path.extension().is_some_and(|kind| kind == "wbxml"))
        .collect();
    vectors.sort();
    assert_eq!(vectors.len(), 42);
    vectors
}

/// Whether the codec refuses a document, for what it cannot do rather than for what is broken, or not at all.
fn is_sound(document: &[u8]) -> Option<bool> {
    match read(document).map_err(|error| error.kind) {
        Ok(()) => Some(true),
        Err(ErrorKind::Charset | ErrorKind::PublicId | ErrorKind::Depth) => None,
        Err(_) => Some(false),
    }
}

#[track_caller]
fn agrees(document: &[u8]) {
    let found = faults(document);
    if let Some(sound) = is_sound(document) {
        assert_eq!(
            found.is_empty(),
            sound,
            "{}\n{:?}",
            text(document),
            read(document)
        );
    }
}

/// What the one walk over the tokens finds broken, the other one does too, and nothing else.
#[test]
fn what_is_broken_is_broken_for_the_codec_too() {
    for path in vectors() {
        let document = std::fs::read(&path).unwrap();
        agrees(&document);
        for cut in 0..document.len() {
            agrees(&document[..cut]);
        }
        // What is wrong inside OPAQUE is none of the codec's business.
        if path.to_str().unwrap().contains("v19-tnds-opaque") {
            continue;
        }
        for at in 0..document.len() {
            for octet in [0x00, 0x01, 0x04, 0x43, 0x83, 0xC3, 0xFF] {
                let mut damaged = document.clone();
                damaged[at] = octet;
                agrees(&damaged);
            }
        }
    }
}

#[test]
fn as_many_elements_are_found_as_the_codec_reads() {
    let mut compared = 0;
    for path in vectors() {
        let document = std::fs::read(&path).unwrap();
        if is_sound(&document) != Some(true) {
            continue;
        }
        let mut reader = Reader::new(&document, Encoding::Wbxml).unwrap();
        let mut starts = 0;
        loop {
            match reader.next().unwrap() {
                Event::Start(_) => starts += 1,
                Event::Done => break,
                _ => {}
            }
        }
        assert_eq!(
            Inspection::of(&document).extent.elements,
            starts,
            "{}",
            path.display()
        );
        compared += 1;
    }
    assert_eq!(compared, 36);
}

#[test]
fn a_document_in_opaque_is_listed_in_its_place() {
    let inner = message(b"x");
    let outer = message(&inner);
    let text = text(&outer);
    let rows: Vec<&str> = text.lines().filter(|row| row.contains("OPAQUE")).collect();
    let [first, second] = rows.as_slice() else {
        panic!("{text}")
    };
    assert!(
        first.contains("     7  0007  C3 80 80 80 80 10  ")
            && first.ends_with("    OPAQUE of 16 octets: a WBXML document"),
        "{text}"
    );
    assert!(
        second.contains("    20  0014  C3 80 80 80 80 01 78  ")
            && second.ends_with("          OPAQUE of 1 octet: \"x\""),
        "{text}"
    );
    assert!(
        text.ends_with("\n31 octets, 2 elements, at most 2 open\n"),
        "{text}"
    );
}

#[test]
fn documents_in_documents_are_looked_into_four_times() {
    let mut document = message(b"x");
    for _ in 0..2000 {
        document = message(&document);
    }
    let text = text(&document);
    assert_eq!(text.matches("a WBXML document").count(), 4);
    assert_eq!(faults(&document), []);
}

#[test]
fn what_is_wrong_in_an_inner_document_does_not_end_the_outer_one() {
    // The inner one has no last END.
    let mut inner = message(b"x");
    inner.pop();
    let outer = message(&inner);
    let what = "the document ends inside <SyncML>".to_owned();
    assert_eq!(faults(&outer), [(outer.len() - 2, what)]);
    assert_eq!(is_sound(&outer), Some(true));
    assert!(text(&outer).ends_with("  01                                   END </SyncML>\n"));
}

#[test]
fn values_that_look_a_little_like_a_document_are_octets() {
    for value in [
        &b"\x02\x01\x03\x00\x45"[..],
        b"\x00\x01\x6A\x00\x45",
        b"\x02\xA4\x01\x6A\x00",
        b"\x02\xA4\x01\x6A\x7F\x45",
        b"\x03\x00\x00\x6A\x03ab\0\x45",
        b"",
    ] {
        let document = message(value);
        assert!(!text(&document).contains("a WBXML document"), "{value:?}");
        assert_eq!(faults(&document), []);
    }
}

#[test]
fn a_wrong_reference_is_named_and_the_list_goes_on() {
    let document = b"\x02\x00\x09\x6A\x02a\0\x44\x05\x83\x02\x02\x83\xB0\x00\x83\x00\x01";
    let expected = [
        (
            1,
            "public identifier 9 is outside the string table (2 octets)",
        ),
        (7, "LITERAL 5 is outside the string table (2 octets)"),
        (9, "STR_T 2 is outside the string table (2 octets)"),
        (11, "D800 is no character of Unicode"),
    ];
    assert_eq!(
        faults(document),
        expected.map(|(at, what)| (at, what.to_owned()))
    );
    let text = text(document);
    assert!(
        text.contains("<?> LITERAL, string table 5") && text.contains("STR_T 0: \"a\""),
        "{text}"
    );
    let verdict = Inspection::of(document).verdict("it").unwrap_err();
    assert_eq!(
        verdict.to_string(),
        "it: public identifier 9 is outside the string table (2 octets) at octet 1 (and 3 more)"
    );
    assert_eq!(verdict.exit_code(), 1);
}

#[test]
fn a_fault_shows_the_octets_that_could_not_be_read() {
    let document = b"\x02\xA4\x01\x6A\x00\x6D\x4F\xC3\x09abc";
    assert_eq!(
        faults(document),
        [(7, "OPAQUE of 9 octets, but 3 are left".to_owned())]
    );
    let text = text(document);
    let last = text.lines().last().unwrap();
    assert_eq!(
        last,
        "     7  0007  C3 09 61 62 63                           !! OPAQUE of 9 octets, but 3 are left"
    );
}

#[test]
fn strings_are_shown_in_their_character_set() {
    let document = |charset: u8, octets: &[u8]| {
        let mut document = vec![0x02, 0xA4, 0x01, charset, 0x00, 0x6D, 0x03];
        document.extend(octets);
        document.extend([0x00, 0x01]);
        text(&document)
    };
    assert!(document(0x04, b"caf\xE9").contains("STR_I \"caf\u{E9}\"\n"));
    assert!(document(0x6A, b"caf\xC3\xA9").contains("STR_I \"caf\u{E9}\"\n"));
    assert!(document(0x6A, b"caf\xE9").contains("STR_I \"caf\\xE9\" (not UTF-8)\n"));
}

#[test]
fn elements_of_a_document_type_without_tables_have_their_tokens() {
    // Service loading: an attribute that only its own table explains.
    let document = b"\x02\x06\x6A\x00\x85\x08\x03x\0\x85\x01";
    let text = text(document);
    for row in [
        "public identifier 0x06: -//WAPFORUM//DTD SL 1.0//EN",
        "<0:05 .../> page 0, token 05, in no table",
        "attribute token 08 of page 0, in no table",
        "value token 85 of page 0, in no table",
        "refused by the codec: unknown document type at octet 1",
    ] {
        assert!(text.contains(row), "{text}");
    }
    assert_eq!(faults(document), []);
}

#[test]
fn value_tokens_of_provisioning_may_be_global_tokens() {
    let document = |table: &[u8], list: &[u8]| {
        let mut document = vec![0x03, 0x0B, 0x6A, u8::try_from(table.len()).unwrap()];
        document.extend(table);
        document.push(0x87);
        document.extend(list);
        document.push(0x01);
        text(&document)
    };
    let first_table = document(b"", b"\x00\x01\x06\x81\x83");
    assert!(
        first_table.contains("  \"HTTP-\"\n") && first_table.contains("  \"DIGEST\"\n"),
        "{first_table}"
    );
    let with_table = document(b"a\0", b"\x00\x01\x06\x83\x00");
    assert!(with_table.contains("STR_T 0: \"a\""), "{with_table}");
    let first_page = document(b"a\0", b"\x06\x81\x05\x85");
    assert!(
        first_page.contains("EXT_T_1 5") && first_page.contains("\"IPV4\""),
        "{first_page}"
    );
}

#[test]
fn other_forms_are_told_apart() {
    let xml = "this is XML (dm convert --to wbxml gives WBXML)";
    assert_eq!(other_form(b"<SyncML/>", false), Some(xml));
    assert_eq!(other_form(b"<SyncML/>", true), Some(xml));
    assert_eq!(
        other_form(b"02 A4 01 6A", false),
        Some("this is hex text (--hex reads it)")
    );
    assert_eq!(other_form(b"02 A4 01 6A", true), None);
    assert_eq!(other_form(b"\x02\xA4\x01\x6A\x00", false), None);
    assert_eq!(other_form(b"", false), None);
    assert_eq!(
        faults(b""),
        [(0, "the document ends inside the header".to_owned())]
    );
}

#[test]
fn any_octets_are_listed_without_a_panic() {
    let mut state = 1_u32;
    let mut next = || {
        state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        state.to_be_bytes()[0]
    };
    for len in 0..600 {
        let mut document = vec![0x03, 0x0B, 0x6A, 0x03, b'a', 0, b'b'];
        document.extend((0..len).map(|_| next()));
        agrees(&document);
        let rows = Inspection::of(&document).text(&document, true);
        assert!(rows.lines().count() > 4);
    }
}
