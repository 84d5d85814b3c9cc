//! What a server finds out about client and link (`P-FEAT-1`, `P-SESS-1`): this project's profile of DM 1.3, but for its existence.

#![cfg(feature = "profile13")]
#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "tests"
)]

use core::cell::Cell;

use dm_bindings::BINDINGS;
use dm_core::{Discovery, Link, LinkBearer, Roaming, SessionLink};
use dm_ddf::Standard;
use dm_tests::{Bench, Msg, Sent, Setup};
use dm_tree::{Mount, NodeSlot, RamStore, Schema, Tree, TreeMemory, UriLimits};

const FEATURE: &str = "./DevDetail/Ext/DM13P/Feature";
const SESSION: &str = "./DevDetail/Ext/DM13P/Session";

/// A leaf that has all properties.
const LEAF: &str = "<MgmtTree><VerDTD>1.2</VerDTD><Node><NodeName>V</NodeName><RTProperties><ACL/><Format/><Name/><Title/>\
    <TStamp/><Type/><VerNo/></RTProperties><DFProperties><AccessType><Get/></AccessType><DFFormat><chr/></DFFormat>\
    <Occurrence><One/></Occurrence><Scope><Permanent/></Scope><DFType><MIME>text/plain</MIME></DFType></DFProperties></Node></MgmtTree>";

fn schema() -> &'static Schema<'static> {
    let leaf = dm_ddf::Model::parse("leaf.ddf", LEAF).unwrap();
    let models = Standard::Profile13.with(vec![leaf]).unwrap();
    let compiled: &'static _ = Box::leak(Box::new(dm_ddf::compile(&models).unwrap()));
    Box::leak(Box::new(compiled.schema()))
}

/// A device of the profile that takes objects of this size, and its link.
fn device(max_obj_size: u32) -> (Bench, &'static Cell<Link>) {
    let objects = (usize::try_from(max_obj_size).unwrap(), max_obj_size);
    let mut bench = Bench::new(Setup {
        objects,
        ..Setup::default()
    });
    let link: &'static Cell<Link> = Box::leak(Box::default());
    let schema = schema();
    let discovery = Box::leak(Box::new(Discovery::new(BINDINGS, max_obj_size)));
    let session = Box::leak(Box::new(SessionLink(link)));
    let mounts = vec![
        Mount::new(schema.find(FEATURE.as_bytes()).unwrap(), discovery),
        Mount::new(schema.find(SESSION.as_bytes()).unwrap(), session),
    ];
    let memory = TreeMemory {
        nodes: vec![NodeSlot::EMPTY; 128].leak(),
        pool: vec![0; 1024].leak(),
        value: vec![0; 256].leak(),
    };
    let store = Box::leak(Box::new(RamStore::new(vec![0; 4096].leak())));
    let limits = UriLimits::default();
    let mut tree = Tree::open(schema, store, mounts.leak(), memory, limits).unwrap();
    let mut factory = tree.factory();
    for (uri, value) in [
        ("./DevInfo/DevId", "urn:dev:1"),
        ("./DevInfo/Man", "Maker"),
        ("./DevInfo/Mod", "Model"),
        ("./DevInfo/DmV", "1.2"),
        ("./DevInfo/Lang", "en"),
        ("./DMAcc/a/AppID", "w7"),
        ("./DMAcc/a/ServerID", "srv"),
        ("./DMAcc/a/AppAddr/1/Addr", "http://dm.test/dm"),
        ("./DMAcc/a/AppAddr/1/AddrType", "URI"),
        ("./DMAcc/a/Ext/OmaDm/ServerAuth", "transport"),
    ] {
        factory.set(uri, value.as_bytes()).unwrap();
    }
    factory.acl(".", "Add=*&Get=*").unwrap();
    bench.tree = tree;
    (bench, link)
}

/// What the device answers to these Gets.
fn get(bench: &mut Bench, uris: &[String]) -> Sent {
    let message = uris.iter().fold(Msg::new(1).hdr(200), |message, uri| {
        message.get(uri.as_str())
    });
    bench.start().sent();
    let sent = bench.receive(&message.finish()).sent();
    bench.receive(&Msg::new(2).hdr(200).finish()).done();
    sent
}

/// What the leaf says of a feature.
fn told(bench: &mut Bench, name: &str) -> String {
    let sent = get(bench, &[format!("{FEATURE}/{name}")]);
    assert_eq!(sent.codes(), [200], "{name}");
    sent.result()
}

/// D13-C-060, D13-C-061: each leaf that the description has is answered.
#[test]
fn every_feature_has_an_answer() {
    let (mut bench, _) = device(0);
    let schema = schema();
    let place = schema.find(FEATURE.as_bytes()).unwrap();
    let names: Vec<String> = schema
        .children(place)
        .map(|id| String::from_utf8(schema.name(id).to_vec()).unwrap())
        .collect();
    assert_eq!(names.len(), 18);
    let uris: Vec<String> = names
        .iter()
        .map(|name| format!("{FEATURE}/{name}"))
        .collect();
    let sent = get(&mut bench, &uris);
    assert_eq!(sent.codes(), vec![200; names.len()]);
    for (name, (_, format, value)) in names.iter().zip(sent.results()) {
        match format.as_deref() {
            Some("bool") => assert!(matches!(&*value, "true" | "false"), "{name}: {value}"),
            _ => assert!(value.is_ascii(), "{name}: {value}"),
        }
    }
    // The workspace may be built with more.
    assert!(BINDINGS.starts_with("HTTP"));
    assert_eq!(told(&mut bench, "Bindings"), BINDINGS);
    assert_eq!(told(&mut bench, "AuthTypes"), "BASIC+DIGEST+SHA256+HMAC");
    assert_eq!(told(&mut bench, "MaxSessions"), "1");
    let boot = told(&mut bench, "BootMethods");
    let notices = told(&mut bench, "NotiFormats");
    if cfg!(feature = "bootstrap") {
        assert_eq!(boot, "FACTORY+SMARTCARD+PUSH+CLIENT");
    } else {
        assert_eq!(boot, "FACTORY");
    }
    if cfg!(feature = "notification") {
        assert_eq!(notices, "1.2+1.3");
    } else {
        assert_eq!(notices, "");
    }
}

/// D13-C-061: what the tree tells of commands and queries is what they are answered with.
#[test]
fn features_are_told_as_they_are() {
    let item = |uri: &str| format!("<Item><Target><LocURI>{uri}</LocURI></Target></Item>");
    let query = |uri: &str| ("Get", item(uri));
    let inner = format!(
        "<CmdID>90</CmdID><Get><CmdID>91</CmdID>{}</Get>",
        item("./DevInfo/Man")
    );
    for (name, (command, content)) in [
        ("StructQuery", query("./DevInfo?list=Struct")),
        ("TNDS", query("./DevInfo?list=TNDS")),
        ("Title", query("./V?prop=Title")),
        ("TStamp", query("./V?prop=TStamp")),
        ("VerNo", query("./V?prop=VerNo")),
        ("SequenceCmd", ("Sequence", inner.clone())),
        ("AtomicCmd", ("Atomic", inner)),
        (
            "CopyCmd",
            (
                "Copy",
                "<Item><Target><LocURI>./DevInfo/None</LocURI></Target><Source><LocURI>./DevInfo/Man</LocURI></Source></Item>"
                    .to_owned(),
            ),
        ),
    ] {
        let (mut bench, _) = device(0);
        let is_told = told(&mut bench, name);
        bench.start().sent();
        let message = Msg::new(1).hdr(200).command(command, &content);
        let code = bench.receive(&message.finish()).sent().codes()[0];
        match is_told.as_str() {
            "true" => assert_ne!(code, 406, "{name}"),
            "false" => assert_eq!(code, 406, "{name}"),
            other => panic!("{name}: {other}"),
        }
    }
}

/// D13-C-061: `LargeObj` says what `LrgObj` says.
#[test]
fn large_objects_are_told_in_both_places_alike() {
    for size in [0, 64] {
        let (mut bench, _) = device(size);
        let uris = [
            "./DevDetail/LrgObj".to_owned(),
            format!("{FEATURE}/LargeObj"),
        ];
        let results = get(&mut bench, &uris).results();
        let is_taken = cfg!(feature = "large-object") && size != 0;
        for result in &results {
            assert_eq!(result.2, is_taken.to_string(), "{size}");
        }
        assert_eq!(results.len(), 2);
    }
}

/// D13-C-100, D13-C-101
#[test]
fn a_server_reads_what_carries_its_session() {
    let (mut bench, link) = device(0);
    let uris = ["CBT", "ROAMING"].map(|name| format!("{SESSION}/{name}"));
    let read = |bench: &mut Bench| {
        let results = get(bench, &uris).results();
        assert!(
            results
                .iter()
                .all(|result| result.1.as_deref() == Some("int"))
        );
        (results[0].2.clone(), results[1].2.clone())
    };
    assert_eq!(read(&mut bench), ("0".into(), "0".into()));
    link.set(Link {
        bearer: LinkBearer::Lte,
        roaming: Roaming::International,
    });
    assert_eq!(read(&mut bench), ("4".into(), "3".into()));
    link.set(Link {
        bearer: LinkBearer::Other,
        roaming: Roaming::Home,
    });
    assert_eq!(read(&mut bench), ("9".into(), "1".into()));
}

/// D13-C-100: and no server changes it.
#[test]
fn a_server_cannot_say_what_carries_its_session() {
    let (mut bench, link) = device(0);
    link.set(Link {
        bearer: LinkBearer::Lte,
        ..Link::default()
    });
    bench.start().sent();
    let uri = format!("{SESSION}/CBT");
    let message = Msg::new(1).hdr(200).replace_as(&uri, "int", "6").get(&uri);
    let sent = bench.receive(&message.finish()).sent();
    assert_eq!(sent.codes(), [405, 200]);
    assert_eq!(sent.result(), "4");
}

/// D13-C-100: who asked for it is told in package 1, and nobody else.
#[test]
fn an_account_may_ask_for_the_link_in_package_1() {
    let (mut bench, link) = device(0);
    link.set(Link {
        bearer: LinkBearer::Wlan,
        roaming: Roaming::National,
    });
    let is_told = |bench: &mut Bench| {
        let sent = bench.start().sent();
        assert!(sent.xml.contains("./DevInfo/Man"));
        sent.xml.contains(SESSION)
    };
    assert!(!is_told(&mut bench));
    for (answer, expected) in [("false", false), ("true", true)] {
        let uri = "./DMAcc/a/Ext/DM13P/ReportSession";
        bench.tree.factory().set(uri, answer.as_bytes()).unwrap();
        assert_eq!(is_told(&mut bench), expected);
    }
    let sent = bench.start().sent();
    let item = |name: &str, value: &str| {
        format!(
            "<Item><Source><LocURI>{SESSION}/{name}</LocURI></Source><Meta><Format xmlns=\"syncml:metinf\">int</Format></Meta>\
             <Data>{value}</Data></Item>"
        )
    };
    let items = item("CBT", "6") + &item("ROAMING", "2") + "</Replace>";
    assert!(sent.xml.contains(&items), "{}", sent.xml);
}
