//! Protocol chapter 11: `?list=Struct` and `?list=StructData`.

#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "tests"
)]

use dm_core::Encoding;
use dm_tests::{Bench, Msg, Out, Setup};

type Nodes = Vec<(String, Option<String>, Option<String>)>;

/// Every Item of the Results of a list: address, Format, data.
fn nodes(sent: &dm_tests::Sent) -> Nodes {
    let document = roxmltree::Document::parse(&sent.xml).unwrap();
    let text = |item: roxmltree::Node<'_, '_>, name: &str| {
        let node = item
            .descendants()
            .find(|node| node.tag_name().name() == name);
        node.map(|node| node.text().unwrap_or("").to_owned())
    };
    document
        .descendants()
        .filter(|node| node.tag_name().name() == "Results")
        .flat_map(|results| {
            results
                .children()
                .filter(|node| node.tag_name().name() == "Item")
        })
        .map(|item| {
            (
                text(item, "LocURI").unwrap(),
                text(item, "Format"),
                text(item, "Data"),
            )
        })
        .collect()
}

fn ask(bench: &mut Bench, uri: &str, limit: usize) -> (Vec<u16>, Nodes) {
    bench.start().sent();
    let message = Msg::new(1)
        .max_msg_size(limit)
        .hdr(200)
        .get(uri)
        .get("./DevInfo/Mod");
    let mut out = bench.receive(&message.finish());
    let (mut codes, mut all) = (Vec::new(), Vec::new());
    for n in 2..200 {
        while matches!(out, Out::Wait) {
            out = bench.resume();
        }
        let sent = out.sent();
        assert!(sent.size <= limit);
        let skip = usize::from(n > 2);
        codes.extend(sent.codes().into_iter().skip(skip));
        all.extend(nodes(&sent));
        if sent.is_final() {
            return (codes, all);
        }
        out = bench.receive(&Msg::new(n).hdr(200).alert(1222).more());
    }
    panic!("no end");
}

/// PRO-C-067, PRO-C-068, TREE-C-073, TREE-C-074: every node, parents first, with data for leaves where asked for.
#[test]
fn a_sub_tree_is_listed() {
    for encoding in [Encoding::Xml, Encoding::Wbxml] {
        let mut bench = Bench::new(Setup {
            encoding,
            ..Setup::default()
        });
        let mut factory = bench.tree.factory();
        factory
            .local()
            .add_leaf("./Vendor/cfg/n", Some(dm_tree::Format::Int), b"7")
            .unwrap();
        let (codes, all) = ask(&mut bench, "./Vendor/cfg?list=StructData", 16000);
        assert_eq!(codes, [200, 200]);
        assert_eq!(all[0], ("./Vendor/cfg".into(), Some("node".into()), None));
        assert!(all.contains(&("./Vendor/cfg/apn".into(), None, Some("before".into()))));
        assert!(all.contains(&(
            "./Vendor/cfg/n".into(),
            Some("int".into()),
            Some("7".into())
        )));
        assert_eq!(all.len(), 1 + 6 + 1, "{all:?}");
        let (codes, bare) = ask(&mut bench, "./Vendor/cfg?list=Struct", 16000);
        assert_eq!(codes, [200, 200]);
        assert_eq!(bare.len(), all.len());
        assert!(bare[..bare.len() - 1].iter().all(|node| node.2.is_none()));
    }
}

/// The same list, however small the messages are; also with a leaf that no message holds.
#[test]
fn a_list_takes_as_many_messages_as_it_needs() {
    for (encoding, smallest) in [(Encoding::Wbxml, 500), (Encoding::Xml, 1400)] {
        for big in [10, 3000] {
            let joined = |limit: usize| {
                let mut bench = Bench::new(Setup {
                    encoding,
                    ..Setup::default()
                });
                bench.probe.big.set(big);
                let (codes, all) = ask(&mut bench, "./Vendor?list=StructData", limit);
                let mut nodes: Nodes = Vec::new();
                for node in all {
                    match nodes.last_mut() {
                        // A value in parts.
                        Some(last) if last.0 == node.0 => {
                            let data = last.2.as_mut().unwrap();
                            data.push_str(&node.2.unwrap());
                        }
                        _ => nodes.push(node),
                    }
                }
                (codes, nodes)
            };
            let whole = joined(100_000);
            assert!(whole.1.len() > 8);
            for limit in (smallest..smallest + 300).step_by(23) {
                assert_eq!(joined(limit), whole, "{limit}");
            }
        }
    }
}

/// TREE-C-047, and what a server may not read is left out with all below it.
#[test]
fn a_list_holds_what_the_server_may_read() {
    let mut bench = Bench::default();
    let (codes, all) = ask(&mut bench, "./Vendor?list=StructData", 16000);
    assert_eq!(codes, [200, 200]);
    assert!(all.iter().all(|node| node.0 != "./Vendor/Locked"));
    let (codes, all) = ask(&mut bench, "./DMAcc?list=StructData", 16000);
    assert_eq!(codes[0], 200);
    assert!(all.iter().all(|node| !node.0.contains("OmaDm/")));
    let (codes, _) = ask(&mut bench, "./Vendor/Locked?list=Struct", 16000);
    assert_eq!(codes, [425, 200]);
}

/// PRO-C-065, TREE-C-072
#[test]
fn unknown_lists_are_refused() {
    for list in ["TNDS+Nonsense", "Nonsense", "struct"] {
        let (codes, _) = ask(
            &mut Bench::default(),
            &format!("./Vendor?list={list}"),
            16000,
        );
        assert_eq!(codes, [406, 200]);
    }
    let (codes, _) = ask(&mut Bench::default(), "./nowhere?list=Struct", 16000);
    assert_eq!(codes, [404, 200]);
}

/// A handler that needs time in the middle of a list is waited for.
#[test]
fn a_slow_leaf_in_a_list_is_waited_for() {
    let mut bench = Bench::default();
    let whole = ask(&mut bench, "./Vendor?list=StructData", 16000);
    bench.probe.delays.set(3);
    assert_eq!(ask(&mut bench, "./Vendor?list=StructData", 16000), whole);
}

/// While a list is on its way the device itself leaves its structure alone.
#[test]
fn the_device_does_not_change_what_is_being_listed() {
    let mut bench = Bench::default();
    bench.start().sent();
    let message = Msg::new(1)
        .max_msg_size(1500)
        .hdr(200)
        .get("./Vendor/cfg?list=StructData");
    assert!(!bench.receive(&message.finish()).sent().is_final());
    let added = bench.tree.local().add_leaf("./Vendor/cfg/x", None, b"x");
    assert_eq!(added, Err(dm_tree::Reason::Busy));
    let mut sent = bench
        .receive(&Msg::new(2).hdr(200).alert(1222).more())
        .sent();
    for n in 3.. {
        if sent.is_final() {
            break;
        }
        sent = bench
            .receive(&Msg::new(n).hdr(200).alert(1222).more())
            .sent();
    }
    bench
        .tree
        .local()
        .add_leaf("./Vendor/cfg/x", None, b"x")
        .unwrap();
}
