//! Virtual URIs in whole sessions (`P-VURI-1`): this project's reading of DM 1.3.

#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "tests"
)]

use dm_core::Encoding;
use dm_tests::{Bench, Msg, Setup};

const ACCOUNT: &str = "urn:oma:mo:oma-dm-dmacc:1.0";

fn bench(encoding: Encoding) -> Bench {
    let mut bench = Bench::new(Setup {
        encoding,
        ..Setup::default()
    });
    bench.start().sent();
    bench
}

/// D13-C-090, D13-C-091: the Status repeats the URI as it was sent, the Results name the node itself.
#[test]
fn a_get_finds_a_leaf_by_the_value_of_another() {
    for encoding in [Encoding::Xml, Encoding::Wbxml] {
        let mut bench = bench(encoding);
        let uri = format!("{ACCOUNT}/(x)/AppID?nv=(x)/ServerID:srv");
        let missing = format!("{ACCOUNT}/(x)/AppID?nv=(x)/ServerID:other");
        let message = Msg::new(1).hdr(200).get(&uri).get(&missing);
        let sent = bench.receive(&message.finish()).sent();
        assert_eq!(sent.codes(), [200, 404]);
        assert_eq!(sent.statuses()[1].target.as_deref(), Some(uri.as_str()));
        let results = sent.results();
        assert_eq!(results.len(), 1);
        assert_eq!(results[0].0, "./DMAcc/a/AppID");
        assert_eq!(results[0].2, "w7");
    }
}

/// D13-C-093: a Get has several answers; what changes something is refused with 412 and changes nothing.
#[test]
fn only_a_get_may_lead_to_several_nodes() {
    let mut bench = bench(Encoding::Xml);
    bench
        .tree
        .factory()
        .acl("./DMAcc/a", "Add=*&Delete=*&Get=*&Replace=*")
        .unwrap();
    let several = format!("{ACCOUNT}/a/AppAddr/1/*");
    let message = Msg::new(1)
        .hdr(200)
        .get(&several)
        .replace(&several, "x")
        .delete(&several)
        .exec(&several)
        .get("./DMAcc/a/AppAddr/1/AddrType");
    let sent = bench.receive(&message.finish()).sent();
    assert_eq!(sent.codes(), [200, 412, 412, 412, 200]);
    let results = sent.results();
    let found: Vec<&str> = results.iter().map(|result| result.0.as_str()).collect();
    assert!(found.contains(&"./DMAcc/a/AppAddr/1/Addr"), "{found:?}");
    assert!(found.contains(&"./DMAcc/a/AppAddr/1/AddrType"), "{found:?}");
    assert_eq!(results.last().unwrap().2, "URI");
}
