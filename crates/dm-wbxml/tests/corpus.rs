//! The messages of the shared corpus: real documents of many makers.

#[path = "common/support.rs"]
mod support;

use dm_wbxml::{Encoding, ErrorKind, Limits, check};
use support::{convert, corpus, events};

#[test]
fn probe() {
    for (name, bytes) in corpus("messages-xml", "xml") {
        match events(&bytes, Encoding::Xml) {
            Err(e) => eprintln!("XML {name}: {e} {:?}", String::from_utf8_lossy(&bytes[e.offset as usize..(e.offset as usize + 30).min(bytes.len())])),
            Ok(ev) => {
                let w = convert(&bytes, Encoding::Xml, Encoding::Wbxml).unwrap();
                let back = events(&w, Encoding::Wbxml);
                if back.as_ref() != Ok(&ev) {
                    let back = back.unwrap();
                    let i = back.iter().zip(&ev).position(|(a, b)| a != b);
                    eprintln!("DIFF {name} {i:?} {:?} {:?}", i.map(|i| &back[i]), i.map(|i| &ev[i]));
                }
                let x = convert(&w, Encoding::Wbxml, Encoding::Xml).unwrap();
                if events(&x, Encoding::Xml) != Ok(ev) { eprintln!("XDIFF {name}"); }
                if name.starts_with("d") {
                    match check(&bytes, Encoding::Xml, &Limits::default()) {
                        Ok(d) => if let Some(f) = d.fault { eprintln!("FAULT {name}: {f:?} {:?}", String::from_utf8_lossy(&bytes[f.offset as usize..(f.offset as usize + 30).min(bytes.len())])) },
                        Err(e) => eprintln!("CHECK {name} {e}"),
                    }
                }
            }
        }
    }
    for (name, bytes) in corpus("messages-wbxml", "wbxml") {
        match events(&bytes, Encoding::Wbxml) {
            Err(e) => eprintln!("WBXML {name}: {e}"),
            Ok(ev) => {
                let x = convert(&bytes, Encoding::Wbxml, Encoding::Xml).unwrap();
                let back = events(&x, Encoding::Xml);
                if back.as_ref() != Ok(&ev) {
                    eprintln!("WDIFF {name} {:?}", back.map(|back| { let i = back.iter().zip(&ev).position(|(a, b)| a != b); (i, i.map(|i| (back[i].clone(), ev[i].clone()))) }));
                }
                    match check(&bytes, Encoding::Wbxml, &Limits::default()) {
                        Ok(d) => if let Some(f) = d.fault { eprintln!("WFAULT {name}: {f:?}") },
                        Err(e) => eprintln!("WCHECK {name} {e}"),
                    }
            }
        }
    }
    let _ = ErrorKind::Limit;
}
