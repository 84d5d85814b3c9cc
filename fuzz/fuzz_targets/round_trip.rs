//! What can be read keeps its events through the other encoding and back.
#![no_main]

#[path = "common.rs"]
mod common;

use common::{convert, events};
use dm_wbxml::Encoding;

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    let from = Encoding::detect(bytes);
    let Ok(seen) = events(bytes, from) else {
        return;
    };
    let (wbxml, replaced) = convert(bytes, from, Encoding::Wbxml).expect("it was read before");
    if !replaced {
        assert_eq!(events(&wbxml, Encoding::Wbxml).as_ref(), Ok(&seen));
    }
    let (xml, replaced) =
        convert(&wbxml, Encoding::Wbxml, Encoding::Xml).expect("it was written just now");
    let again = events(&xml, Encoding::Xml);
    assert!(again.is_ok(), "{again:?}");
    // WBXML can say what XML cannot: control characters, elements without a name, elements inside Data.
    if from == Encoding::Xml {
        assert!(!replaced);
        assert_eq!(again, Ok(seen));
    }
});
