//! WBXML against libwbxml, an independent codec: its programs `wbxml2xml` and `xml2wbxml`, where
//! they are installed.
//!
//! Its known faults are avoided, not copied: no string table, no binary Data, no `]]>`, Data of one
//! token, and the content types of trees and DevInf, which it exchanges, compared without their
//! ending.

#![cfg(all(feature = "wbxml", feature = "xml", not(miri)))]
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing
)]

#[path = "common/support.rs"]
mod support;

use std::path::PathBuf;
use std::process::Command;

use dm_wbxml::{Encoding, tag};
use support::{Seen, convert, corpus, events, files, folded, shared, skipped};

/// Whether the programs are there; says so if not.
fn installed() -> bool {
    let there = ["wbxml2xml", "xml2wbxml"]
        .iter()
        .all(|program| Command::new(program).output().is_ok());
    if !there {
        skipped(
            "comparison with libwbxml: wbxml2xml and xml2wbxml are not installed (Debian package libwbxml2-utils)",
        );
    }
    there
}

/// Runs one of the programs on `bytes`; `None` if it refuses them.
fn run(program: &str, options: &[&str], bytes: &[u8], name: &str) -> Option<Vec<u8>> {
    let folder = PathBuf::from(env!("CARGO_TARGET_TMPDIR"));
    let (from, to) = (
        folder.join(format!("{program}-{name}.in")),
        folder.join(format!("{program}-{name}.out")),
    );
    std::fs::write(&from, bytes).unwrap();
    let _ = std::fs::remove_file(&to);
    let output = Command::new(program)
        .args(options)
        .arg("-o")
        .arg(&to)
        .arg(&from)
        .output()
        .unwrap();
    let result = output
        .status
        .success()
        .then(|| std::fs::read(&to).ok())
        .flatten();
    let _ = std::fs::remove_file(&from);
    let _ = std::fs::remove_file(&to);
    result
}

/// Events with the content types it exchanges made one, and white space folded: it writes other
/// line ends in vCards.
fn comparable(events: Vec<Seen>) -> Vec<Seen> {
    let mut comparable = folded(events);
    for event in &mut comparable {
        if let Seen::Text(text) = event {
            let words: Vec<_> = text
                .split(u8::is_ascii_whitespace)
                .filter(|word| !word.is_empty())
                .collect();
            *text = words.join(&b' ');
            for kind in [
                "application/vnd.syncml.dmtnds",
                "application/vnd.syncml-devinf",
            ] {
                if text.starts_with(kind.as_bytes()) {
                    text.truncate(kind.len());
                }
            }
        }
    }
    comparable
}

/// Whether it can write this document without one of its faults.
fn suits(events: &[Seen]) -> bool {
    let mut in_data = false;
    events.iter().all(|event| match event {
        Seen::Start(tag) => {
            in_data = *tag == tag::DATA;
            tag.name().is_some()
        }
        Seen::Text(text) => {
            let holds = |part: &[u8]| text.windows(part.len()).any(|window| window == part);
            // Markup in Data is taken apart by it, which is right but another form.
            !(holds(b"]]>") || in_data && holds(b"<"))
        }
        Seen::End | Seen::Attribute(..) => true,
    })
}

#[test]
fn it_reads_what_we_write() {
    if !installed() {
        return;
    }
    let mut compared = 0;
    let mut messages = corpus("messages-xml", "xml");
    if let Some(shared) = shared("reference session") {
        messages.extend(files(shared.join("reference-session"), "xml"));
    }
    for (name, bytes) in messages {
        let Ok(seen) = events(&bytes, Encoding::Xml) else {
            continue;
        };
        if !suits(&seen) || seen.first() != Some(&Seen::Start(tag::SYNC_ML)) {
            continue;
        }
        let wbxml = convert(&bytes, Encoding::Xml, Encoding::Wbxml).unwrap();
        let xml = run("wbxml2xml", &["-m", "0"], &wbxml, &name)
            .unwrap_or_else(|| panic!("{name}: refused"));
        let theirs = events(&xml, Encoding::Xml).unwrap_or_else(|error| panic!("{name}: {error}"));
        assert_eq!(comparable(theirs), comparable(seen), "{name}");
        compared += 1;
    }
    assert!(compared == 0 || compared > 60, "{compared}");
}

#[test]
fn we_read_what_it_writes() {
    if !installed() {
        return;
    }
    let mut compared = 0;
    for (name, bytes) in corpus("messages-xml", "xml") {
        let Ok(seen) = events(&bytes, Encoding::Xml) else {
            continue;
        };
        if !suits(&seen) {
            continue;
        }
        for version in ["1.2", "1.3"] {
            let Some(wbxml) = run("xml2wbxml", &["-v", version, "-n"], &bytes, &name) else {
                continue;
            };
            let ours =
                events(&wbxml, Encoding::Wbxml).unwrap_or_else(|error| panic!("{name}: {error}"));
            assert_eq!(
                comparable(ours),
                comparable(seen.clone()),
                "{name}, version {version}"
            );
            compared += 1;
        }
    }
    assert!(compared == 0 || compared > 120, "{compared}");
}

/// REP-C-010
#[test]
fn trees_and_descriptions_are_the_same_for_both() {
    if !installed() {
        return;
    }
    let mut compared = 0;
    for (name, bytes) in corpus("tnds", "xml")
        .into_iter()
        .chain(corpus("ddf", "xml").into_iter().take(12))
    {
        let Ok(seen) = events(&bytes, Encoding::Xml) else {
            continue;
        };
        if !suits(&seen) {
            continue;
        }
        let wbxml = convert(&bytes, Encoding::Xml, Encoding::Wbxml).unwrap();
        let Some(xml) = run("wbxml2xml", &["-m", "0"], &wbxml, &name) else {
            panic!("{name}: refused")
        };
        let theirs = events(&xml, Encoding::Xml).unwrap_or_else(|error| panic!("{name}: {error}"));
        assert_eq!(comparable(theirs), comparable(seen), "{name}");
        compared += 1;
    }
    assert!(compared == 0 || compared > 10, "{compared}");
}

/// BOOT-C-012
#[test]
fn provisioning_documents_are_the_same_for_both() {
    if !installed() {
        return;
    }
    let mut compared = 0;
    for (name, bytes) in corpus("provisioning", "xml") {
        let Ok(seen) = events(&bytes, Encoding::Xml) else {
            continue;
        };
        // It knows no attributes but those of the standard.
        let other = |event: &Seen| matches!(event, Seen::Attribute(attribute, _) if !["version", "type", "name", "value"].contains(&attribute.as_str()));
        if seen.iter().any(other) {
            continue;
        }
        let wbxml = convert(&bytes, Encoding::Xml, Encoding::Wbxml).unwrap();
        let xml = run("wbxml2xml", &["-m", "0"], &wbxml, &name)
            .unwrap_or_else(|| panic!("{name}: refused"));
        let theirs = events(&xml, Encoding::Xml).unwrap_or_else(|error| panic!("{name}: {error}"));
        assert_eq!(folded(theirs), folded(seen.clone()), "{name}");
        compared += 1;
        let Some(wbxml) = run("xml2wbxml", &["-v", "1.3", "-n"], &bytes, &name) else {
            continue;
        };
        let ours =
            events(&wbxml, Encoding::Wbxml).unwrap_or_else(|error| panic!("{name}: {error}"));
        assert_eq!(folded(ours), folded(seen), "{name}");
    }
    assert!(compared == 0 || compared > 4, "{compared}");
}
