//! The scripts in `scripts`, each of which has to go as it says in both encodings, in small and in large messages, with the
//! server in this program and behind HTTP.
//!
//! A script is a scenario of the reference server, with the requirements that it proves and, in `[bench]`, the device that it is
//! for; `README.md` beside this file tells how to play one to a device in a lab. What the server says of the session must be
//! nothing: no fault, no answer but those expected, no other end.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "tests"
)]

mod device;
mod link;

use std::fmt::Write as _;
use std::path::PathBuf;

use dm_core::Encoding;
use dm_server::Config;

use device::Device;

/// Encoding, and octets of the largest message of either side.
const SHAPES: [(Encoding, usize); 4] = [
    (Encoding::Wbxml, 1024),
    (Encoding::Wbxml, 16384),
    (Encoding::Xml, 4096),
    (Encoding::Xml, 16384),
];

/// Where the server is.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Place {
    Here,
    BehindHttp,
}

/// Names and texts of the scripts; those whose name has `OMA_DM_SCRIPT` in it, when that is set.
fn scripts() -> Vec<(String, String)> {
    let folder = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("conformance/scripts");
    let wanted = std::env::var("OMA_DM_SCRIPT").unwrap_or_default();
    let mut scripts: Vec<(String, String)> = std::fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .map(|path| {
            let name = path.file_stem().unwrap().to_str().unwrap().to_owned();
            (name, std::fs::read_to_string(&path).unwrap())
        })
        .filter(|(name, _)| name.contains(&wanted))
        .collect();
    scripts.sort();
    scripts
}

/// What a device may be built without, by the names of dm-core's features, and whether this one has it.
const PARTS: [(&str, bool); 12] = [
    ("atomic", cfg!(feature = "atomic")),
    ("bootstrap", cfg!(feature = "bootstrap")),
    ("copy", cfg!(feature = "copy")),
    ("events", cfg!(feature = "events")),
    ("formats", cfg!(feature = "formats")),
    ("large-object", cfg!(feature = "large-object")),
    ("list", cfg!(feature = "list")),
    ("notification", cfg!(feature = "notification")),
    ("profile13", cfg!(feature = "profile13")),
    ("properties", cfg!(feature = "properties")),
    ("tnds", cfg!(feature = "tnds")),
    ("ui", cfg!(feature = "ui")),
];

fn has(part: &String) -> bool {
    let known = PARTS.iter().find(|(name, _)| name == part);
    known
        .unwrap_or_else(|| panic!("no part of a build: {part}"))
        .1
}

/// Whether this build has what a script needs, and lacks what it wants to see refused.
fn is_for_this_build(config: &Config) -> bool {
    let bench = &config.bench;
    bench.needs.iter().all(has) && !bench.without.iter().any(has)
}

/// Plays every script in one shape; what went wrong.
fn play_all(encoding: Encoding, size: usize, place: Place) -> String {
    let mut wrong = String::new();
    for (name, text) in scripts() {
        let mut config = Config::parse(&text).unwrap_or_else(|why| panic!("{name}: {why}"));
        if size < config.bench.least_message || !is_for_this_build(&config) {
            continue;
        }
        let limit = u32::try_from(size).unwrap();
        let own = config.server.max_msg_size.unwrap_or(limit);
        config.server.max_msg_size = Some(own.min(limit));
        config.expect.alerts.get_or_insert_default();
        let mut device = Device::new(&config, encoding, size);
        let bench = config.bench.clone();
        let played = match place {
            Place::Here => link::here(&mut device, config),
            Place::BehindHttp => link::behind_http(&mut device, config),
        };
        for what in played.into_iter().chain(device.differs(&bench)) {
            let _ = writeln!(wrong, "{name}: {what}");
        }
    }
    wrong
}

#[track_caller]
fn check(encoding: Encoding, size: usize, place: Place) {
    let wrong = play_all(encoding, size, place);
    assert!(wrong.is_empty(), "{encoding:?} {size} {place:?}:\n{wrong}");
}

#[test]
fn every_script_goes_as_it_says_in_wbxml_messages_of_one_kibibyte() {
    check(Encoding::Wbxml, 1024, Place::Here);
}

#[test]
fn every_script_goes_as_it_says_in_large_wbxml_messages() {
    check(Encoding::Wbxml, 16384, Place::Here);
}

#[test]
fn every_script_goes_as_it_says_in_small_xml_messages() {
    check(Encoding::Xml, 4096, Place::Here);
}

#[test]
fn every_script_goes_as_it_says_in_large_xml_messages() {
    check(Encoding::Xml, 16384, Place::Here);
}

#[test]
fn every_script_goes_as_it_says_over_http() {
    for (encoding, size) in SHAPES {
        check(encoding, size, Place::BehindHttp);
    }
}

#[test]
fn every_script_says_what_it_proves() {
    for (name, text) in scripts() {
        let config = Config::parse(&text).unwrap_or_else(|why| panic!("{name}: {why}"));
        assert!(!config.about.title.is_empty(), "{name} has no title");
        assert!(!config.about.proves.is_empty(), "{name} proves nothing");
        // The parts it names are such as there are.
        let _ = is_for_this_build(&config);
    }
}
