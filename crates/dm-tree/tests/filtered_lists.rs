//! Lists that leave nodes out: `list=MOID`, `depth`, `name`, `type` (`P-VURI-1`).

#![cfg(feature = "profile13")]
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing
)]

mod common;

use common::{Collect, S1, S2, tree};
use dm_tree::{Format, NodeSlot, Principal, Sink, Tree};

const DEVICE: &str = "
T node PR/Gr
  a1 chr PR/Gr
  k node PR/G mime=com.example/1.0/K
    v int PR/Gr
    a2 node PR/G
      a33 chr PR/Gr
  m node PR/G mime=urn:oma:mo:m:1.0
    k node PR/G mime=com.example/1.0/K
      w chr PR/Gr
";

fn device() -> Tree<'static> {
    let mut tree = tree(DEVICE);
    tree.factory().acl(".", "Get=*").unwrap();
    for uri in ["./T/a1", "./T/k/a2/a33", "./T/m/k/w"] {
        tree.local().set(uri, b"x").unwrap();
    }
    tree.local().set("./T/k/v", b"7").unwrap();
    tree
}

/// The items of a list: address, identifier or type, and whether the value comes with it.
fn list(tree: &mut Tree<'_>, who: &Principal<'_>, uri: &str) -> Result<Vec<String>, u16> {
    let listing = tree.listing(who, uri.as_bytes());
    let mut listing = listing.map_err(|reason| reason.status().0)?;
    let mut lines = Vec::new();
    while let Some(item) = tree.next_kept(who, uri.as_bytes(), &mut listing).unwrap() {
        let (mut line, mut data) = (Collect::default(), Collect::default());
        tree.uri(item.node(), &mut Sink::new(&mut line)).unwrap();
        tree.read(&item, &mut Sink::new(&mut data)).unwrap();
        let mut line = String::from_utf8(line.0).unwrap();
        if tree.format(&item) == Format::Node && !tree.mime(&item).is_empty() {
            line += &format!(" {}", core::str::from_utf8(tree.mime(&item)).unwrap());
        }
        if !data.0.is_empty() {
            line += &format!(" = {}", String::from_utf8(data.0).unwrap());
        }
        lines.push(line);
    }
    Ok(lines)
}

/// D13-C-095
#[test]
fn a_list_leaves_out_what_is_not_asked_for() {
    let mut tree = device();
    for (uri, want) in [
        (
            "./T?list=MOID",
            &[
                "./T/k com.example/1.0/K",
                "./T/m urn:oma:mo:m:1.0",
                "./T/m/k com.example/1.0/K",
            ][..],
        ),
        (
            ".?list=MOID&type=urn:oma:mo:m:1.0",
            &["./T/m urn:oma:mo:m:1.0", "./T/m/k com.example/1.0/K"],
        ),
        ("./T?list=MOID&depth=1&name=m", &["./T/m urn:oma:mo:m:1.0"]),
        ("./T?depth=0&list=Struct", &["./T"]),
        (
            "./T?list=StructData&depth=1",
            &[
                "./T",
                "./T/a1 = x",
                "./T/k com.example/1.0/K",
                "./T/m urn:oma:mo:m:1.0",
            ],
        ),
        (
            "./T?list=StructData&name=a*",
            &["./T/a1 = x", "./T/k/a2", "./T/k/a2/a33 = x"],
        ),
        ("./T?list=Struct&name=a?", &["./T/a1", "./T/k/a2"]),
        ("./T?list=Struct&name=*3*3", &["./T/k/a2/a33"]),
        ("./T?list=Struct&name=A*", &[]),
        (
            "./T?list=Struct&type=com.example%2F1.0%2FK&name=?",
            &[
                "./T/k com.example/1.0/K",
                "./T/k/v",
                "./T/m/k com.example/1.0/K",
                "./T/m/k/w",
            ],
        ),
        ("./T/a1?list=MOID", &[]),
    ] {
        assert_eq!(list(&mut tree, &S1, uri).unwrap(), want, "{uri}");
    }
    let whole = list(&mut tree, &S1, "./T?list=Struct").unwrap();
    assert_eq!(whole.len(), 9, "nothing is left out of a plain list");
    assert_eq!(
        list(&mut tree, &S1, "./T?list=Struct&depth=999").unwrap(),
        whole
    );
}

/// D13-C-095: an object that a server may not Get is not told, nor what lies below it.
#[test]
fn a_list_of_objects_has_those_that_a_server_may_get() {
    let mut tree = device();
    tree.factory().acl("./T/m", "Get=s1").unwrap();
    tree.factory().acl("./T/m/k", "Get=*").unwrap();
    assert_eq!(
        list(&mut tree, &S2, ".?list=MOID").unwrap(),
        ["./T/k com.example/1.0/K"]
    );
    assert_eq!(list(&mut tree, &S2, "./T/m?list=MOID"), Err(425));
}

/// D13-C-095
#[test]
fn what_a_list_cannot_leave_out_is_refused() {
    let mut tree = device();
    for (uri, want) in [
        ("./T?list=Moid", 406),
        ("./T?list=Struct&x=1", 406),
        ("./T?list=Struct&", 406),
        ("./T?depth=1", 406),
        ("./T?list=Struct&nv=(x)/a:1", 406),
        ("./T?list=TNDS&depth=1", 406),
        ("./T?list=Struct&depth=", 400),
        ("./T?list=Struct&depth=1000", 400),
        ("./T?list=Struct&depth=-1", 400),
        ("./T?list=Struct&name=", 400),
        ("./T?list=Struct&type=a%2", 400),
        ("./T?list=Struct&depth=1&depth=1", 400),
        ("./T?list=Struct&list=MOID", 400),
        ("./Missing?list=MOID", 404),
    ] {
        assert_eq!(list(&mut tree, &S1, uri), Err(want), "{uri}");
    }
}

/// D13-C-095: more than 1024 nodes are refused before the first is told.
#[test]
fn a_list_that_is_too_long_is_refused_as_a_whole() {
    let schema = common::schema(
        "
T node PR/AG
  * node -/AGD
",
    );
    let memory = dm_tree::TreeMemory {
        nodes: vec![NodeSlot::EMPTY; 1200].leak(),
        pool: vec![0; 32768].leak(),
        value: vec![0; 256].leak(),
    };
    let store = Box::leak(Box::new(dm_tree::RamStore::new(vec![0; 256].leak())));
    let mut tree = Tree::open(
        schema,
        store,
        &mut [],
        memory,
        dm_tree::UriLimits::default(),
    )
    .unwrap();
    tree.factory().acl(".", "Get=*").unwrap();
    for n in 0..1023 {
        tree.local().add_node(&format!("./T/{n}")).unwrap();
    }
    let uri = "./T?list=Struct&depth=1";
    assert_eq!(list(&mut tree, &S1, uri).unwrap().len(), 1024);
    tree.local().add_node("./T/x").unwrap();
    assert_eq!(list(&mut tree, &S1, uri), Err(413));
    assert_eq!(
        list(&mut tree, &S1, "./T?list=Struct&name=1?")
            .unwrap()
            .len(),
        10
    );
}
