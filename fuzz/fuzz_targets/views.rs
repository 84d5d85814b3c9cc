//! The typed views of a message are the same in both encodings, and writing them again changes
//! nothing more.
#![no_main]

#[path = "common.rs"]
mod common;

use common::{convert, rewrite, told};
use dm_wbxml::{Encoding, ErrorKind, Event, Limits, Reader, check};

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    let from = Encoding::detect(bytes);
    let Ok(digest) = check(bytes, from, &Limits::default()) else {
        return;
    };
    if digest.fault.is_some() {
        return;
    }
    // The same document event by event. Markup inside Data is text in XML and elements in WBXML, so
    // only what was XML keeps its views.
    if from == Encoding::Xml {
        let (wbxml, _) = convert(bytes, from, Encoding::Wbxml).expect("the check has read it");
        let other =
            check(&wbxml, Encoding::Wbxml, &Limits::default()).expect("it was written just now");
        let seen = |digest: &dm_wbxml::Digest| {
            let counts = (digest.commands, digest.statuses);
            (counts, digest.is_final, digest.abort, digest.fault)
        };
        assert_eq!(seen(&digest), seen(&other));
        if !is_mixed(bytes) {
            assert_eq!(told(bytes, from), told(&wbxml, Encoding::Wbxml));
        }
    }
    // The same message value by value. White space around values goes when it is read as a string,
    // which is the second time at the latest.
    let (first, _) = rewrite(bytes, from, Encoding::Wbxml);
    // Identifiers that only such space told apart are the same now.
    if check(&first, Encoding::Wbxml, &Limits::default()).is_ok_and(|digest| digest.fault.is_some())
    {
        return;
    }
    let (first, _) = rewrite(&first, Encoding::Wbxml, Encoding::Wbxml);
    let values = told(&first, Encoding::Wbxml);
    for to in [Encoding::Wbxml, Encoding::Xml] {
        let (second, replaced) = rewrite(&first, Encoding::Wbxml, to);
        if to == Encoding::Wbxml {
            assert_eq!(first, second);
        }
        if !replaced && !escaped_identifier(&second, to) {
            assert_eq!(values, told(&second, to));
        }
    }
});

/// Whether some element of an XML document holds both text and markup. No message has such elements; a value is the first text
/// in one then, and in WBXML that may be the white space in front of the markup, which in XML is none.
fn is_mixed(bytes: &[u8]) -> bool {
    let mut open = vec![(false, false)];
    let mut reader = Reader::new(bytes, Encoding::Xml).expect("the check has read it");
    loop {
        match reader.next().expect("the check has read it") {
            Event::Start(_) => {
                if let Some((has_markup, _)) = open.last_mut() {
                    *has_markup = true;
                }
                open.push((false, false));
            }
            Event::Text(text) => {
                if let Some((_, has_text)) = open.last_mut() {
                    *has_text |= !text.trimmed().is_empty();
                }
            }
            Event::End => {
                if open.pop() == Some((true, true)) {
                    return true;
                }
            }
            Event::Done => return false,
        }
    }
}

/// An identifier of more than 32 octets which XML has to escape counts as one that was there
/// before: the check pass has no memory for it. Unescaped it can be told apart.
fn escaped_identifier(bytes: &[u8], encoding: Encoding) -> bool {
    let fault = check(bytes, encoding, &Limits::default()).map(|digest| digest.fault);
    encoding == Encoding::Xml
        && matches!(fault, Ok(Some(fault)) if fault.kind == ErrorKind::DuplicateCmdId)
}
