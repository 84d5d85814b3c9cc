//! Seeding whole objects, and values that are what the description says.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing
)]

mod common;

use common::{S1, Size, get, memory, open, picture, replace, schema, tree, tree_of};
use dm_tree::{RamStore, Reason, UriLimits};

const DEVICE: &str = "
Info node PR/G
  Man chr PR/G
  Mod chr P/G
Acc node PR/G
  * node -/AGDrX mime=com.example/1.0/A
    Id chr -/AGr
    Mode chr R/AGr default=plain
    Addr node -/AG
      * node -/AGD
        Uri chr -/AGr
        Port int -/AGr
";

const INFO: &[(&str, &str)] = &[("Info/Man", "Maker"), ("Info/Mod", "M1")];
const ACCOUNT: &[(&str, &[u8])] = &[
    ("Id", b"srv"),
    ("Mode", b"plain"),
    ("Addr/1/Uri", b"http://a"),
    ("Addr/1/Port", b"80"),
    ("Addr/2/Uri", b"http://b"),
    ("Id", b"server"),
];

#[test]
fn a_seeded_tree_is_the_one_that_single_values_make() {
    let mut one_by_one = tree(DEVICE);
    for (uri, value) in INFO {
        let uri = format!("./{uri}");
        one_by_one.factory().set(&uri, value.as_bytes()).unwrap();
    }
    for (path, value) in ACCOUNT {
        let uri = format!("./Acc/x/{path}");
        one_by_one.factory().set(&uri, value).unwrap();
    }
    let mut seeded = tree(DEVICE);
    let root = seeded.factory().seed(".", INFO).unwrap();
    assert_eq!(seeded.local().find("."), Some(root));
    for uri in ["./Acc/x", "Acc/x"] {
        let account = seeded.factory().seed(uri, ACCOUNT).unwrap();
        assert_eq!(seeded.local().find("./Acc/x"), Some(account));
    }
    assert_eq!(picture(&mut seeded), picture(&mut one_by_one));
    // Nothing more than a node.
    let none: &[(&str, &str)] = &[];
    let empty = seeded.factory().seed("./Acc/y", none).unwrap();
    assert_eq!(seeded.local().find("./Acc/y"), Some(empty));
}

#[test]
fn what_stands_before_the_value_at_fault_is_set() {
    let long = "a".repeat(33);
    for (path, reason) in [
        ("Addr/1/Uri/x", Reason::NotInterior),
        ("No", Reason::NotDescribed),
        ("Addr", Reason::NotLeaf),
        ("", Reason::UriSyntax),
        ("/Id", Reason::UriSyntax),
        ("Addr//Uri", Reason::UriSyntax),
        ("Addr/", Reason::UriSyntax),
        ("Addr/a b/Uri", Reason::UriSyntax),
        ("Addr/../Uri", Reason::UriSyntax),
        ("Addr/1/Uri?prop=Title", Reason::UriSyntax),
        (long.as_str(), Reason::UriTooLong),
    ] {
        let mut tree = tree(DEVICE);
        let values = [("Addr/1/Uri", "a"), (path, "b"), ("Id", "c")];
        assert_eq!(
            tree.factory().seed("./Acc/x", &values),
            Err(reason),
            "{path:?}"
        );
        assert_eq!(get(&mut tree, &S1, "./Acc/x/Addr/1/Uri").unwrap(), "a");
        assert_eq!(
            get(&mut tree, &S1, "./Acc/x/Id"),
            Err(Reason::NoSuchNode),
            "{path:?}"
        );
        let addresses = get(&mut tree, &S1, "./Acc/x/Addr").unwrap();
        assert_eq!(addresses, "1", "{path:?}");
    }
}

/// TREE-C-008
#[test]
fn what_is_seeded_can_be_addressed() {
    let limits = |max_depth, max_tot_len| UriLimits {
        max_depth,
        max_tot_len,
        max_seg_len: 4,
    };
    for (limits, fits) in [
        (limits(5, 18), true),
        (limits(0, 0), true),
        (limits(4, 18), false),
        (limits(5, 17), false),
    ] {
        let store = Box::leak(Box::new(RamStore::new(Box::leak(Box::new([0; 500])))));
        let size = Size {
            nodes: 20,
            pool: 200,
            value: 40,
            store: 0,
        };
        let mut tree =
            dm_tree::Tree::open(schema(DEVICE), store, &mut [], memory(size), limits).unwrap();
        let result = tree.factory().seed("./Acc/x", &[("Addr/é/Uri", "a")]);
        assert_eq!(
            result.err(),
            (!fits).then_some(Reason::UriTooLong),
            "{limits:?}"
        );
        assert_eq!(get(&mut tree, &S1, "Acc/x/Addr/é/Uri").is_ok(), fits);
    }
}

#[test]
fn a_value_that_the_description_gives_takes_no_room_where_a_restart_empties_the_store() {
    let size = Size {
        nodes: 20,
        pool: 200,
        value: 40,
        store: 0,
    };
    let mut tree = tree_of(size, schema(DEVICE), Vec::new());
    let values = [("Mode", "plain"), ("Id", ""), ("Addr/1/Uri", "")];
    tree.factory().seed("./Acc/x", &values).unwrap();
    tree.factory().acl("./Acc/x", "Get=*&Replace=*").unwrap();
    assert_eq!(get(&mut tree, &S1, "./Acc/x/Mode").unwrap(), "plain");
    assert_eq!(get(&mut tree, &S1, "./Acc/x/Id").unwrap(), "");
    assert_eq!(replace(&mut tree, &S1, "./Acc/x/Mode", "plain"), 200);
    assert_eq!(replace(&mut tree, &S1, "./Acc/x/Mode", ""), 420);
    assert_eq!(replace(&mut tree, &S1, "./Acc/x/Mode", "other"), 420);
    assert_eq!(get(&mut tree, &S1, "./Acc/x/Mode").unwrap(), "plain");
}

/// What was given stays, whatever the next firmware describes.
#[cfg(feature = "durable")]
#[test]
fn a_value_that_the_description_gives_is_kept_where_a_restart_keeps_the_store() {
    let flash = common::flash::Flash::default();
    let size = Size {
        nodes: 20,
        pool: 200,
        value: 80,
        store: 0,
    };
    let mut tree = open(schema(DEVICE), flash.store(), Vec::new(), memory(size)).unwrap();
    let values = [("Mode", "plain"), ("Id", "")];
    tree.factory().seed("./Acc/x", &values).unwrap();
    let next = schema(&DEVICE.replace("default=plain", "default=fancy"));
    let mut tree = open(next, flash.store(), Vec::new(), memory(size)).unwrap();
    assert_eq!(get(&mut tree, &S1, "./Acc/x/Mode").unwrap(), "plain");
}
