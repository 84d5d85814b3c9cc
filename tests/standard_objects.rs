//! Objects digest: what the standard objects of a device hold, and how they are described.

#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "tests"
)]

use dm_core::{DeviceFault, Encoding, check_device};
use dm_tests::{Bench, Setup};
use dm_tree::mo::standard::SCHEMA;
use dm_tree::{DescId, NodeSlot, RamStore, Reason, Tree, TreeMemory, UriLimits};

const SOUND: [(&str, &str); 9] = [
    (
        "./DevInfo/DevId",
        "urn:uuid:f81d4fae-7dec-11d0-a765-00a0c91e6bf6",
    ),
    ("./DevInfo/Lang", "en-GB"),
    ("./DevInfo/DmV", "1.2"),
    ("./DevInfo/Man", "Maker"),
    ("./DevInfo/Mod", "M-1"),
    ("./DevDetail/OEM", "Maker"),
    ("./DevDetail/HwV", "C"),
    ("./DevDetail/SwV", "2026.03"),
    ("./DevDetail/FwV", "4.7.1"),
];

/// What is said of a device with these values, the one of `but` being another.
fn checked(but: (&str, &str)) -> Result<(), DeviceFault> {
    let memory = TreeMemory {
        nodes: vec![NodeSlot::EMPTY; 64].leak(),
        pool: vec![0; 1024].leak(),
        value: vec![0; 256].leak(),
    };
    let store = Box::leak(Box::new(RamStore::new(vec![0; 2048].leak())));
    let mut tree = Tree::open(&SCHEMA, store, &mut [], memory, UriLimits::default()).unwrap();
    for (uri, value) in SOUND {
        let value = if uri == but.0 { but.1 } else { value };
        if value != "-" {
            tree.factory().set(uri, value.as_bytes()).unwrap();
        }
    }
    check_device(&mut tree)
}

/// OBJ-C-012
#[test]
fn a_device_id_has_the_form_of_a_urn() {
    for good in [
        "urn:uuid:f81d4fae-7dec-11d0-a765-00a0c91e6bf6",
        "IMEI:004999010640000",
        "urn:dev:mac:0024befffe804ff1",
        "URN:oma:x",
        "MAC:a%20b",
    ] {
        assert_eq!(checked(("./DevInfo/DevId", good)), Ok(()), "{good}");
    }
    for bad in [
        "device-7", "urn:", "urn:x", "urn:x:", ":1", "x:", "a b:1", "x:a b", "-x:1", "x:\u{e4}",
    ] {
        assert_eq!(
            checked(("./DevInfo/DevId", bad)),
            Err(DeviceFault::DevId),
            "{bad}"
        );
    }
}

/// OBJ-C-014
#[test]
fn a_language_is_a_tag() {
    for good in ["en", "en-GB", "i-navajo", "zh-Hant-TW", "x-a1"] {
        assert_eq!(checked(("./DevInfo/Lang", good)), Ok(()), "{good}");
    }
    for bad in [
        "en_GB",
        "-",
        "en-",
        "-GB",
        "e1",
        "en--x",
        "englishlang",
        "en GB",
    ] {
        let fault = match bad {
            "-" => DeviceFault::Missing("./DevInfo/Lang"),
            _ => DeviceFault::Lang,
        };
        assert_eq!(checked(("./DevInfo/Lang", bad)), Err(fault), "{bad}");
    }
}

/// OBJ-C-017: what tells one software from another is there, each of the six, and so is the rest of DevInfo.
#[test]
fn nothing_that_identifies_device_and_software_is_missing() {
    for (uri, _) in SOUND {
        for nothing in ["", "-"] {
            assert_eq!(checked((uri, nothing)), Err(DeviceFault::Missing(uri)));
        }
        let long = "1".repeat(129);
        let refused = DeviceFault::Device(Reason::TooLarge);
        assert_eq!(checked((uri, &long)), Err(refused));
    }
}

/// OBJ-C-035: the standard descriptions of DevInfo, DevDetail, DMAcc and Inbox have no default values, and bound none of
/// their nodes by a number; nor do the built-in ones.
#[test]
fn the_built_in_descriptions_have_neither_defaults_nor_numbers() {
    for index in 0..u16::try_from(SCHEMA.nodes.len()).unwrap() {
        let id = DescId(index);
        let name = String::from_utf8_lossy(SCHEMA.name(id)).into_owned();
        assert_eq!(SCHEMA.default_value(id), None, "{name}");
        let max = SCHEMA.get(id).unwrap().max;
        assert!(max <= 1, "{name}: {max}");
    }
    // And a description of one's own keeps both.
    let ddf = "<MgmtTree xmlns=\"syncml:dmddf1.2\"><VerDTD>1.2</VerDTD><Node><NodeName>V</NodeName><DFProperties>\
        <AccessType><Get/></AccessType><DFFormat><node/></DFFormat><Occurrence><One/></Occurrence>\
        <Scope><Permanent/></Scope><DFType><DDFName/></DFType></DFProperties>\
        <Node><NodeName/><DFProperties><AccessType><Add/><Get/></AccessType><DefaultValue>on</DefaultValue>\
        <DFFormat><chr/></DFFormat><Occurrence><ZeroOrN>3</ZeroOrN></Occurrence><Scope><Dynamic/></Scope>\
        <DFType><MIME>text/plain</MIME></DFType></DFProperties></Node></Node></MgmtTree>";
    let model = dm_ddf::Model::parse("v.ddf", ddf).unwrap();
    let models = dm_ddf::with_standard(vec![model]).unwrap();
    let compiled = dm_ddf::compile(&models).unwrap();
    let schema = compiled.schema();
    let place = schema.find(b"./V").unwrap();
    let leaf = schema.children(place).next().unwrap();
    assert_eq!(schema.default_value(leaf), Some(&b"on"[..]));
    assert_eq!(schema.get(leaf).unwrap().max, 3);
}

/// D13-C-003: a client of DM 1.3 writes the documents of 1.2: their public identifier, their version, and no token that 1.2
/// does not have.
#[test]
fn a_client_of_1_3_writes_documents_of_1_2() {
    let mut bench = Bench::new(Setup {
        encoding: Encoding::Wbxml,
        version: "1.3",
        ..Setup::default()
    });
    let sent = bench.start().sent();
    assert_eq!(sent.header("VerDTD").unwrap(), "1.2");
    assert_eq!(sent.header("VerProto").unwrap(), "DM/1.3");
    let bytes = &sent.body[..];
    assert_eq!(
        bytes[..5],
        [0x02, 0xA4, 0x01, 0x6A, 0x00],
        "WBXML 1.2, 0x1201, UTF-8"
    );
    let mut reader = dm_wbxml::Reader::new(bytes, Encoding::Wbxml).unwrap();
    let mut tags = 0;
    loop {
        match reader.next().unwrap() {
            dm_wbxml::Event::Start(tag) => {
                // SyncML 1.2 has tokens up to 3A, MetInf up to 16.
                let last = [0x3A, 0x16].get(usize::from(tag.page())).copied();
                assert!(last.is_some_and(|last| (0x05..=last).contains(&tag.token())));
                tags += 1;
            }
            dm_wbxml::Event::Done => break,
            _ => {}
        }
    }
    assert!(tags > 30, "{tags}");
}
