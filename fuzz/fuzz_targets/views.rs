//! The typed views of both encodings of one message are the same, and writing them again changes nothing more.
#![no_main]

#[path = "common.rs"]
mod common;

use common::{convert, rewrite};
use dm_wbxml::{Encoding, Limits, check};

libfuzzer_sys::fuzz_target!(|xml: &[u8]| {
    let Ok(digest) = check(xml, Encoding::Xml, &Limits::default()) else {
        return;
    };
    if digest.fault.is_some() {
        return;
    }
    let (wbxml, _) = convert(xml, Encoding::Xml, Encoding::Wbxml).expect("the check has read it");
    let other =
        check(&wbxml, Encoding::Wbxml, &Limits::default()).expect("it was written just now");
    assert_eq!(
        (
            digest.commands,
            digest.statuses,
            digest.is_final,
            digest.abort,
            digest.fault
        ),
        (
            other.commands,
            other.statuses,
            other.is_final,
            other.abort,
            other.fault
        )
    );
    let one = rewrite(xml, Encoding::Xml, Encoding::Wbxml).expect("the check has read it");
    let two = rewrite(&wbxml, Encoding::Wbxml, Encoding::Wbxml).expect("the check has read it");
    assert_eq!(one, two);
    let three = rewrite(&one, Encoding::Wbxml, Encoding::Wbxml).expect("it was written just now");
    assert_eq!(one, three);
});
