//! Firmware updates: what the records of one schema are under another one, and under the first one again.

#![cfg(feature = "durable")]
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing
)]

mod common;

use common::flash::{Flash, reopen};
use common::{S1, add, get, get_code, picture, replace, schema};
use dm_tree::Tree;

const FIRST: &str = "
Net node PR/G
  Apn chr PR/Gr default=none
  Retry int PR/Gr default=3
  Ext node P/G
    Note chr P/Gr
App node PR/AGDr
  * node -/AGDr
    Port int -/AGDr
    Host chr -/AGDr
    Tag node -/AGD
      * chr -/AGDr
";

fn tree(flash: &Flash, drawing: &str) -> Tree<'static> {
    reopen(flash, schema(drawing)).expect("it opens")
}

fn furnished() -> Flash {
    let flash = Flash::default();
    let mut tree = tree(&flash, FIRST);
    tree.factory()
        .acl(".", "Add=*&Delete=*&Get=*&Replace=*")
        .unwrap();
    tree.factory().set("./Net/Ext/Note", b"kept").unwrap();
    assert_eq!(replace(&mut tree, &S1, "./Net/Apn", "internet"), 200);
    assert_eq!(replace(&mut tree, &S1, "./Net/Retry", "7"), 200);
    assert_eq!(
        replace(&mut tree, &S1, "./Net?prop=ACL", "Get=*&Replace=*"),
        200
    );
    for (uri, format, value) in [
        ("./App/a/Port", "int", "80"),
        ("./App/a/Host", "chr", "h"),
        ("./App/a/Tag/x", "chr", "deep"),
        ("./App/b/Port", "int", "81"),
    ] {
        assert_eq!(add(&mut tree, &S1, uri, format, value), 200);
    }
    flash
}

/// Opens under the second schema, lets `check` look and change, and goes back to the first one, which has everything that
/// it had, but for what `check` changed. So many records have no place there, and then here.
fn there_and_back(
    second: &str,
    (unbound, then): (u16, u16),
    changed: &[&str],
    check: impl FnOnce(&mut Tree<'static>),
) {
    let flash = furnished();
    let before = picture(&mut tree(&flash, FIRST));
    let mut new = tree(&flash, second);
    assert_eq!(new.unbound(), unbound, "{}", picture(&mut new));
    check(&mut new);
    // Opening it again comes to the same.
    let now = picture(&mut new);
    assert_eq!(picture(&mut tree(&flash, second)), now);
    let mut old = tree(&flash, FIRST);
    assert_eq!(old.unbound(), then);
    let back = picture(&mut old);
    for line in before.lines() {
        let is_changed = changed
            .iter()
            .any(|uri| line.starts_with(&format!("{uri} ")));
        assert!(
            is_changed || back.contains(line),
            "{line} is missing in {back}"
        );
    }
}

#[test]
fn nodes_are_inserted() {
    let second = FIRST
        .replace("  Apn", "  Before chr PR/Gr default=b\n  Apn")
        .replace("    Port", "    Extra chr -/AGDr\n    Port")
        .replace(
            "\nApp ",
            "\nMore node PR/G\n  Leaf chr PR/Gr default=m\nApp ",
        );
    there_and_back(&second, (0, 0), &[], |tree| {
        assert_eq!(get(tree, &S1, "./Net/Apn").unwrap(), "internet");
        assert_eq!(get(tree, &S1, "./Net/Before").unwrap(), "b");
        assert_eq!(get(tree, &S1, "./More/Leaf").unwrap(), "m");
        assert_eq!(get(tree, &S1, "./App/a/Tag/x").unwrap(), "deep");
        assert_eq!(get(tree, &S1, "./Net?prop=ACL").unwrap(), "Get=*&Replace=*");
        assert_eq!(get_code(tree, &S1, "./App/a/Extra"), 404);
    });
}

#[test]
fn nodes_are_reordered() {
    let second = "
App node PR/AGDr
  * node -/AGDr
    Tag node -/AGD
      * chr -/AGDr
    Host chr -/AGDr
    Port int -/AGDr
Net node PR/G
  Ext node P/G
    Note chr P/Gr
  Retry int PR/Gr default=3
  Apn chr PR/Gr default=none
";
    there_and_back(second, (0, 0), &["./App/b/Port"], |tree| {
        assert_eq!(get(tree, &S1, "./Net/Ext/Note").unwrap(), "kept");
        assert_eq!(replace(tree, &S1, "./App/b/Port", "82"), 200);
        assert_eq!(get(tree, &S1, "./App/b/Port").unwrap(), "82");
    });
}

#[test]
fn nodes_are_deleted() {
    let second = FIRST
        .replace("  Retry int PR/Gr default=3\n", "")
        .replace("    Host chr -/AGDr\n", "")
        .replace("    Tag node -/AGD\n      * chr -/AGDr\n", "");
    // Host, Tag and what is below it; of permanent nodes there is no count.
    there_and_back(&second, (3, 0), &[], |tree| {
        for uri in ["./Net/Retry", "./App/a/Host", "./App/a/Tag/x"] {
            assert_eq!(get_code(tree, &S1, uri), 404, "{uri}");
        }
        assert_eq!(get(tree, &S1, "./App/a/Port").unwrap(), "80");
        // Something new does not disturb what is kept.
        assert_eq!(add(tree, &S1, "./App/c/Port", "int", "1"), 200);
    });
}

#[test]
fn nodes_are_renamed() {
    let second = FIRST
        .replace("  Apn ", "  AccessPoint ")
        .replace("    Port ", "    PortNbr ")
        .replace("\nApp ", "\nApps ");
    // A renamed node is another node: everything below the old ./App is without a place.
    there_and_back(&second, (7, 2), &[], |tree| {
        assert_eq!(get(tree, &S1, "./Net/AccessPoint").unwrap(), "none");
        assert_eq!(get(tree, &S1, "./Net/Retry").unwrap(), "7");
        assert_eq!(get(tree, &S1, "./Apps").unwrap(), "");
        assert_eq!(add(tree, &S1, "./Apps/a/PortNbr", "int", "1"), 200);
        assert_eq!(replace(tree, &S1, "./Net/AccessPoint", "x"), 200);
    });
}

#[test]
fn nodes_get_another_format() {
    let second = FIRST
        .replace("    Port int", "    Port chr")
        .replace("    Host chr", "    Host node");
    // Both Ports and Host.
    there_and_back(&second, (3, 0), &[], |tree| {
        assert_eq!(get_code(tree, &S1, "./App/a/Port"), 404);
        assert_eq!(get_code(tree, &S1, "./App/a/Host"), 404);
        assert_eq!(get(tree, &S1, "./App/a/Tag/x").unwrap(), "deep");
    });
}

/// The value of a permanent leaf has no format beside it: it is as it was, and a server that reads it sees what it wrote.
/// Whoever changes the format of a permanent leaf gives it another name, or sets it once after the update.
#[test]
fn a_permanent_leaf_of_another_format_keeps_its_octets() {
    let second = FIRST.replace("  Apn chr PR/Gr default=none", "  Apn int PR/Gr default=0");
    there_and_back(&second, (0, 0), &["./Net/Apn"], |tree| {
        assert_eq!(get(tree, &S1, "./Net/Apn").unwrap(), "internet");
        assert_eq!(replace(tree, &S1, "./Net/Apn", "internet"), 500);
        assert_eq!(replace(tree, &S1, "./Net/Apn", "5"), 200);
    });
}

#[test]
fn an_older_firmware_finds_its_own_nodes_among_newer_ones() {
    let newer = FIRST
        .replace("    Port int", "    Newer int -/AGDr\n    Port int")
        .replace("\nApp ", "\nNew node PR/AGDr\n  * chr -/AGDr\nApp ");
    let flash = furnished();
    let mut tree_new = tree(&flash, &newer);
    assert_eq!(add(&mut tree_new, &S1, "./App/a/Newer", "int", "1"), 200);
    assert_eq!(add(&mut tree_new, &S1, "./New/x", "chr", "n"), 200);
    assert_eq!(replace(&mut tree_new, &S1, "./Net/Apn", "newer"), 200);
    let mut old = tree(&flash, FIRST);
    // What only the newer one has is kept for it.
    assert_eq!(old.unbound(), 2);
    assert_eq!(get(&mut old, &S1, "./Net/Apn").unwrap(), "newer");
    assert_eq!(get(&mut old, &S1, "./App/a/Port").unwrap(), "80");
    assert_eq!(add(&mut old, &S1, "./App/d/Port", "int", "1"), 200);
    let mut again = tree(&flash, &newer);
    assert_eq!(again.unbound(), 0);
    assert_eq!(get(&mut again, &S1, "./App/a/Newer").unwrap(), "1");
    assert_eq!(get(&mut again, &S1, "./New/x").unwrap(), "n");
    assert_eq!(get(&mut again, &S1, "./App/d/Port").unwrap(), "1");
}
