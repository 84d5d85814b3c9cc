//! Client provisioning documents keep their elements and attributes through the other encoding.
#![no_main]

#[path = "common.rs"]
mod common;

use common::{convert, events};
use dm_wbxml::{Encoding, Reader, Vocabulary};

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    // Whatever the header says, so that the attribute lists are reached soon.
    let mut document = vec![0x03, 0x0B, 0x6A, 0x04, b'a', b'b', b'c', 0x00];
    document.extend(bytes);
    for bytes in [&document[..], bytes] {
        let from = Encoding::detect(bytes);
        common::exercise(bytes, from);
        let Ok(reader) = Reader::new(bytes, from) else {
            continue;
        };
        if reader.document().vocabulary() != Vocabulary::Provisioning {
            continue;
        }
        let Ok(seen) = events(bytes, from) else {
            continue;
        };
        let (wbxml, replaced) = convert(bytes, from, Encoding::Wbxml).expect("it was read before");
        if !replaced {
            assert_eq!(events(&wbxml, Encoding::Wbxml).as_ref(), Ok(&seen));
        }
    }
});
