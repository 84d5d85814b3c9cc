//! Structural queries: which nodes come, in which order, with what.

#![cfg(feature = "list")]
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing
)]

mod common;

use common::{Collect, S1, S2, add, get_code, replace, tree};
use dm_tree::{Format, Principal, Progress, Reason, Sink, Tree};

const DEVICE: &str = "
T node PR/Gr
  a chr PR/Gr
  k node PR/G mime=com.example/1.0/K
    v int PR/Gr
  s chr PR/r
  * node -/AGDr
    n chr -/AGDr mime=text/xml|text/plain
Inbox node PR/A
";

fn device() -> Tree<'static> {
    let mut tree = tree(DEVICE);
    tree.factory()
        .acl(".", "Add=*&Delete=*&Get=*&Replace=*")
        .unwrap();
    for (uri, value) in [("./T/a", "x"), ("./T/k/v", "7"), ("./T/s", "secret")] {
        tree.local().set(uri, value.as_bytes()).unwrap();
    }
    tree
}

/// One line an item: Source, Meta Format and Type where they are not the defaults, Data.
fn list(tree: &mut Tree<'_>, who: &Principal<'_>, uri: &str) -> Result<Vec<String>, Reason> {
    let mut listing = tree.listing(who, uri.as_bytes())?;
    let mut items = Vec::new();
    while let Some(item) = tree.next_item(who, &mut listing)? {
        let mut line = Collect::default();
        tree.uri(item.node(), &mut Sink::new(&mut line))?;
        let mut line = String::from_utf8(line.0).unwrap();
        if tree.format(&item) != Format::Chr {
            line += &format!(" {}", tree.format(&item).name());
        }
        if !tree.mime(&item).is_empty() {
            line += &format!(" {}", core::str::from_utf8(tree.mime(&item)).unwrap());
        }
        let mut data = Collect::default();
        assert_eq!(
            tree.read(&item, &mut Sink::new(&mut data)),
            Ok(Progress::Done)
        );
        if !data.0.is_empty() {
            line += &format!(" = {}", String::from_utf8(data.0).unwrap());
        }
        items.push(line);
    }
    assert_eq!(tree.next_item(who, &mut listing), Ok(None));
    Ok(items)
}

/// TREE-C-073, TREE-C-074, PRO-C-067, PRO-C-068
#[test]
fn a_subtree_is_listed_with_and_without_data() {
    let mut tree = device();
    assert_eq!(add(&mut tree, &S1, "./T/x/n", "chr", "<n/>"), 200);
    let with_data = [
        "./T node",
        "./T/a = x",
        "./T/k node com.example/1.0/K",
        "./T/k/v int = 7",
        "./T/x node",
        "./T/x/n text/xml = <n/>",
    ];
    assert_eq!(
        list(&mut tree, &S1, "./T?list=StructData").unwrap(),
        with_data
    );
    let without: Vec<&str> = with_data
        .iter()
        .map(|line| line.split(" = ").next().unwrap())
        .collect();
    assert_eq!(list(&mut tree, &S1, "./T?list=Struct").unwrap(), without);
    assert_eq!(
        list(&mut tree, &S1, "T/k?list=StructData").unwrap(),
        with_data[2..4]
    );
    assert_eq!(
        list(&mut tree, &S1, "./T/a?list=StructData").unwrap(),
        ["./T/a = x"]
    );
    assert_eq!(
        list(&mut tree, &S1, ".?list=Struct").unwrap()[..2],
        [". node", "./T node"]
    );
}

/// PRO-C-067, TREE-C-047
#[test]
fn what_a_server_may_not_get_is_left_out_with_all_below() {
    let mut tree = device();
    tree.factory().acl("./T/k", "Get=s2").unwrap();
    tree.factory().acl("./T/k/v", "Get=*").unwrap();
    assert_eq!(
        list(&mut tree, &S1, "./T?list=Struct").unwrap(),
        ["./T node", "./T/a"]
    );
    assert_eq!(list(&mut tree, &S2, "./T?list=Struct").unwrap().len(), 4);
    assert_eq!(list(&mut tree, &S1, "./T/k?list=Struct"), Err(Reason::Acl));
    assert_eq!(
        list(&mut tree, &S1, "./T/s?list=StructData"),
        Err(Reason::AccessType)
    );
}

/// TREE-C-072, PRO-C-065, OBJ-C-019
#[test]
fn a_listing_is_refused_like_any_get() {
    let mut tree = device();
    for (uri, want) in [
        ("./T?list=TNDS", 406),
        ("./T?list=struct", 406),
        ("./T?list=", 406),
        ("./T", 406),
        ("./T?prop=ACL", 406),
        ("./Missing?list=Struct", 404),
        ("./T/?list=Struct", 404),
        ("./Inbox?list=Struct", 405),
        ("./Inbox/x?list=Struct", 405),
    ] {
        let refused = list(&mut tree, &S1, uri).unwrap_err().status().0;
        assert_eq!(refused, want, "{uri}");
    }
    assert_eq!(get_code(&mut tree, &S1, "./T?list=Struct"), 406);
}

#[test]
fn a_listing_notices_when_the_tree_changes_under_it() {
    let mut tree = device();
    assert_eq!(add(&mut tree, &S1, "./T/x/n", "chr", "1"), 200);
    let mut listing = tree.listing(&S1, b"./T/x?list=Struct").unwrap();
    assert!(tree.next_item(&S1, &mut listing).unwrap().is_some());
    tree.local().delete("./T/x/n").unwrap();
    assert_eq!(tree.next_item(&S1, &mut listing), Err(Reason::NoSuchNode));
}

#[test]
fn what_is_being_sent_is_not_changed_by_the_device() {
    let mut tree = device();
    assert_eq!(add(&mut tree, &S1, "./T/x/n", "chr", "1"), 200);
    let top = tree.local().find("./T/x").unwrap();
    let leaf = tree.local().find("./T/x/n").unwrap();
    tree.hold(top, leaf);
    assert_eq!(tree.local().set("./T/x/n", b"2"), Err(Reason::Busy));
    assert_eq!(tree.local().delete("./T/x/n"), Err(Reason::Busy));
    assert_eq!(tree.local().delete("./T/x"), Err(Reason::Busy));
    assert_eq!(tree.local().set("./T/x?prop=Name", b"y"), Err(Reason::Busy));
    assert_eq!(tree.local().set("./T/a", b"2"), Ok(()), "elsewhere");
    assert!(tree.local().add_node("./T/z").is_ok(), "beside");
    assert_eq!(
        replace(&mut tree, &S1, "./T/x/n", "3"),
        200,
        "a server has its own rules"
    );
    let all = tree.local().find("./T").unwrap();
    tree.hold(all, leaf);
    assert_eq!(tree.local().add_node("./T/q"), Err(Reason::Busy), "below");
    assert_eq!(
        tree.local().set("./T/a", b"3"),
        Ok(()),
        "not the value that is being sent"
    );
    tree.let_go();
    assert_eq!(tree.local().set("./T/x/n", b"2"), Ok(()));
    assert_eq!(tree.local().delete("./T/x"), Ok(()));
}
