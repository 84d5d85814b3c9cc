//! What the device finds out about its nodes, also in the middle of a transaction.

#![cfg(all(feature = "durable", feature = "bootstrap"))]
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing
)]

mod common;

use common::flash::Flash;
use common::{ROOMY, memory, open, schema};
use dm_tree::{Reason, Tree};

const DEVICE: &str = "
Objects node PR/G
  * node -/AGDr mime=com.example/1.0/M
    leaf chr -/AGr
";
const KIND: &[u8] = b"com.example/";

fn device() -> Tree<'static> {
    let flash = Flash::default();
    let mut tree = open(schema(DEVICE), flash.store(), Vec::new(), memory(ROOMY)).unwrap();
    for name in ["a", "b"] {
        let uri = format!("./Objects/{name}/leaf");
        tree.factory().set(&uri, b"1").unwrap();
    }
    tree
}

fn objects(tree: &mut Tree<'_>) -> Vec<String> {
    let local = tree.local();
    let mut found = Vec::new();
    let mut next = local.object(KIND, None);
    while let Some(node) = next {
        let mut buf = [0; 40];
        found.push(local.uri(node, &mut buf).unwrap().to_owned());
        next = local.object(KIND, next);
    }
    found.sort();
    found
}

#[test]
fn a_node_that_a_transaction_has_removed_is_gone_until_it_is_rolled_back() {
    let mut tree = device();
    let (a, b) = ("./Objects/a", "./Objects/b");
    let node = tree.local().find(a).unwrap();
    let leaf = tree.local().find("./Objects/a/leaf").unwrap();
    assert_eq!(objects(&mut tree), [a, b]);
    for is_kept in [false, true] {
        tree.begin().unwrap();
        tree.local().delete(a).unwrap();
        assert_eq!(objects(&mut tree), [b]);
        assert!(!tree.local().exists(node) && !tree.local().exists(leaf));
        if is_kept {
            tree.commit().unwrap();
        } else {
            tree.roll_back();
            assert!(tree.local().exists(node) && tree.local().exists(leaf));
            assert_eq!(objects(&mut tree), [a, b]);
        }
    }
    assert_eq!(objects(&mut tree), [b]);
    assert!(!tree.local().exists(node) && !tree.local().exists(leaf));
}

#[test]
fn a_uri_leads_back_to_its_node() {
    let mut tree = device();
    for uri in [".", "./Objects", "./Objects/a/leaf"] {
        let local = tree.local();
        let node = local.find(uri).unwrap();
        let mut buf = [0; 40];
        assert_eq!(local.uri(node, &mut buf), Ok(uri));
        let mut exact = vec![0; uri.len()];
        assert_eq!(local.uri(node, &mut exact), Ok(uri));
        exact.pop();
        assert_eq!(local.uri(node, &mut exact), Err(Reason::Full));
    }
}

#[test]
fn a_transaction_knows_what_it_has_made_and_changed() {
    let mut tree = device();
    let nodes = |tree: &mut Tree<'_>| {
        [
            "./Objects",
            "./Objects/a",
            "./Objects/b",
            "./Objects/b/leaf",
        ]
        .map(|uri| tree.local().find(uri).unwrap())
    };
    let all = nodes(&mut tree);
    let told = |tree: &Tree<'_>| {
        all.map(|node| {
            (
                tree.is_made_in_transaction(node),
                tree.is_changed_in_transaction(node),
            )
        })
    };
    assert_eq!(told(&tree), [(false, false); 4]);
    tree.begin().unwrap();
    assert_eq!(told(&tree), [(false, false); 4]);
    tree.local().set("./Objects/b/leaf", b"2").unwrap();
    let (no, yes) = ((false, false), (false, true));
    assert_eq!(told(&tree), [yes, no, yes, yes]);
    let new = tree.local().add_node("./Objects/c").unwrap();
    assert!(tree.is_made_in_transaction(new) && tree.is_changed_in_transaction(new));
    tree.commit().unwrap();
    assert!(!tree.is_made_in_transaction(new) && !tree.is_changed_in_transaction(new));
}

#[test]
fn a_path_leads_from_a_node_to_those_below() {
    let mut tree = device();
    let local = tree.local();
    let objects = local.find("./Objects").unwrap();
    let leaf = local.find("./Objects/a/leaf");
    assert!(leaf.is_some());
    assert_eq!(local.below(objects, "a/leaf"), leaf);
    assert_eq!(local.below(objects, "a"), local.find("./Objects/a"));
    for path in ["", "a/", "/a", "c", "a/leaf/x", "a/leaf?prop=ACL", "./a"] {
        assert_eq!(local.below(objects, path), None, "{path:?}");
    }
}
