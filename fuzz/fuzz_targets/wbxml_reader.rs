//! Any octets as a document in WBXML: events, check pass and views agree, whatever they are.
#![no_main]

#[path = "common.rs"]
mod common;

use dm_wbxml::Encoding;

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| common::exercise(bytes, Encoding::Wbxml));
