//! A DDF is compiled or refused with a place; what is compiled prints in every form and comes back the same.
#![no_main]

use dm_ddf::{Model, Options, compile};

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    let Ok(text) = core::str::from_utf8(bytes) else {
        return;
    };
    let model = match Model::parse("f.ddf", text) {
        Ok(model) => model,
        Err(why) => {
            let lines = text.matches('\n').count() as u32 + 1;
            assert!(why.line <= lines && !why.fix.is_empty(), "{why}");
            return;
        }
    };
    let tables = match compile(&[model.clone()]) {
        Ok(tables) => tables,
        Err(why) => {
            assert!(!why.what.is_empty() && !why.fix.is_empty());
            return;
        }
    };
    let schema = tables.schema();
    assert_eq!(schema.check(), Ok(()));
    let _ = tables.to_rust(&Options::default());
    let _ = tables.to_c(&Options::default());
    let _ = tables.to_markdown();
    let _ = tables.to_tree();
    let again = Model::parse("again.ddf", &tables.to_ddf()).unwrap_or_else(|why| panic!("{why}"));
    let again = compile(&[again]).unwrap_or_else(|why| panic!("{why}"));
    assert_eq!(again.nodes, tables.nodes);
    assert_eq!(again.text, tables.text);
    // Twice the same file is the same file.
    let twice = compile(&[model.clone(), model]).unwrap_or_else(|why| panic!("{why}"));
    assert_eq!(twice.nodes, tables.nodes);
});
