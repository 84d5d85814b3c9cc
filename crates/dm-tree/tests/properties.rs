//! Properties of nodes: who has which, who sets what.

#![cfg(feature = "properties")]
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing
)]

mod common;

use common::{S1, Size, add, code, get, get_code, picture, replace, schema, tree, tree_of, value};
use dm_tree::{Format, NodeId, RamStore, Ticket, Tree, UriLimits, Value};

const DEVICE: &str = "
Plain node PR/AGr
  * node tSv/AGDr mime=com.example/1.0/Thing
    All int stSv/AGDr
    None chr -/AGDr
    Fixed chr t/AGr
  Free chr t/AGDr
  Any node t/AGDr
  * node -/AGDr max=0
Fix node PRtSv/G
";

fn device() -> Tree<'static> {
    let mut tree = tree(DEVICE);
    tree.factory()
        .acl(".", "Add=*&Delete=*&Exec=*&Get=*&Replace=*")
        .unwrap();
    tree.set_utc(Some(1_769_903_941));
    assert_eq!(add(&mut tree, &S1, "./Plain/a/All", "int", "1"), 200);
    assert_eq!(add(&mut tree, &S1, "./Plain/a/None", "chr", "text"), 200);
    tree
}

const ALL: [&str; 8] = [
    "ACL", "Format", "Name", "Size", "Title", "TStamp", "Type", "VerNo",
];

fn prop(tree: &mut Tree<'_>, uri: &str, property: &str) -> String {
    get(tree, &S1, &format!("{uri}?prop={property}")).unwrap()
}

/// TREE-C-013, TREE-C-014, TREE-C-015, TREE-C-082, PRO-C-063
#[test]
fn every_node_has_four_properties_and_the_described_ones() {
    let mut tree = device();
    for (uri, supported) in [
        ("./Plain/a/None", "ACL Format Name Type"),
        (
            "./Plain/a/All",
            "ACL Format Name Size Title TStamp Type VerNo",
        ),
        ("./Plain/a", "ACL Format Name Title TStamp Type VerNo"),
        ("./Plain", "ACL Format Name Type"),
        (".", "ACL Format Name Type"),
    ] {
        for property in ALL {
            let want = if supported.split(' ').any(|name| name == property) {
                200
            } else {
                406
            };
            assert_eq!(
                get_code(&mut tree, &S1, &format!("{uri}?prop={property}")),
                want,
                "{uri} {property}"
            );
            if want == 406 {
                assert_eq!(
                    replace(&mut tree, &S1, &format!("{uri}?prop={property}"), "x"),
                    406,
                    "{uri} {property}"
                );
            }
        }
        assert_eq!(get_code(&mut tree, &S1, &format!("{uri}?prop=Colour")), 406);
    }
}

/// TREE-C-012, TREE-C-018, TREE-C-019, TREE-C-020, PRO-C-069
#[test]
fn a_new_node_has_its_properties_at_once() {
    let mut tree = device();
    let want = [
        "",
        "int",
        "All",
        "1",
        "",
        "20260131T235901Z",
        "text/plain",
        "0",
    ];
    assert_eq!(
        ALL.map(|property| prop(&mut tree, "./Plain/a/All", property)),
        want
    );
    assert_eq!(prop(&mut tree, "./Plain/a", "Format"), "node");
    assert_eq!(prop(&mut tree, "./Plain/a", "Name"), "a");
    assert_eq!(
        prop(&mut tree, "./Plain/a", "Type"),
        "com.example/1.0/Thing"
    );
    assert_eq!(prop(&mut tree, ".", "Name"), ".");
    assert_eq!(prop(&mut tree, ".", "Format"), "node");
}

/// TREE-C-016, TREE-C-017, PRO-C-063
#[test]
fn only_get_and_replace_of_three_properties_are_allowed() {
    let mut tree = device();
    let before = picture(&mut tree);
    for property in ALL {
        let uri = format!("./Plain/a/All?prop={property}");
        assert_eq!(add(&mut tree, &S1, &uri, "chr", "x"), 405, "{property}");
        assert_eq!(code(tree.delete(&S1, uri.as_bytes())), 405, "{property}");
        assert_eq!(
            code(tree.exec(&S1, uri.as_bytes(), &Value::default(), Ticket(0))),
            405,
            "{property}"
        );
        if !matches!(property, "ACL" | "Name" | "Title") {
            assert_eq!(replace(&mut tree, &S1, &uri, "x"), 405, "{property}");
        }
    }
    assert_eq!(
        add(&mut tree, &S1, "./Plain/a/All?prop=Colour", "chr", "x"),
        406
    );
    assert_eq!(add(&mut tree, &S1, "./Plain/zz?prop=ACL", "chr", "x"), 404);
    assert_eq!(picture(&mut tree), before);
}

/// TREE-C-023
#[test]
fn size_is_the_length_of_the_decoded_value() {
    let mut tree = device();
    for (text, size) in [("1", "1"), ("-2147483648", "11"), ("42", "2")] {
        assert_eq!(replace(&mut tree, &S1, "./Plain/a/All", text), 200);
        assert_eq!(prop(&mut tree, "./Plain/a/All", "Size"), size);
    }
}

/// TREE-C-024
#[test]
fn a_title_is_text_of_at_most_255_bytes() {
    let mut tree = device();
    let uri = "./Plain/a/All?prop=Title";
    assert_eq!(replace(&mut tree, &S1, uri, &"t".repeat(255)), 200);
    assert_eq!(replace(&mut tree, &S1, uri, &"t".repeat(256)), 413);
    assert_eq!(get(&mut tree, &S1, uri).unwrap().len(), 255);
    assert_eq!(replace(&mut tree, &S1, uri, "Größe"), 200);
    let bad = Value::of(b"\xff");
    assert_eq!(code(tree.replace(&S1, uri.as_bytes(), &bad)), 400);
    assert_eq!(get(&mut tree, &S1, uri).unwrap(), "Größe");
    assert_eq!(replace(&mut tree, &S1, uri, ""), 200);
    assert_eq!(get(&mut tree, &S1, uri).unwrap(), "");
}

/// TREE-C-025, TREE-C-026, TREE-C-027
#[test]
fn time_stamp_and_version_follow_every_change_by_whomever() {
    let mut tree = device();
    let uri = "./Plain/a/All";
    let mut expected = 0;
    type Change = fn(&mut Tree<'static>) -> bool;
    let changes: [Change; 6] = [
        |tree| replace(tree, &S1, "./Plain/a/All", "7") == 200,
        |tree| replace(tree, &S1, "./Plain/a/All?prop=Title", "t") == 200,
        |tree| replace(tree, &S1, "./Plain/a/All?prop=ACL", "Get=*&Replace=*") == 200,
        |tree| tree.local().set("./Plain/a/All", b"8").is_ok(),
        |tree| tree.factory().acl("./Plain/a/All", "").is_ok(),
        |tree| {
            let node = tree.local().find("./Plain/a/All").unwrap();
            tree.local().touched(node).is_ok()
        },
    ];
    for (i, change) in changes.into_iter().enumerate() {
        tree.set_utc(Some(i as u64 * 60));
        assert!(change(&mut tree), "change {i}");
        expected += 1;
        assert_eq!(
            prop(&mut tree, uri, "VerNo"),
            expected.to_string(),
            "change {i}"
        );
        let stamp = if i == 0 {
            String::new()
        } else {
            format!("19700101T000{i}00Z")
        };
        assert_eq!(prop(&mut tree, uri, "TStamp"), stamp, "change {i}");
    }
    // A refused change is none.
    assert_eq!(replace(&mut tree, &S1, uri, "x"), 500);
    assert_eq!(prop(&mut tree, uri, "VerNo"), expected.to_string());
    // Reading is none.
    assert_eq!(get(&mut tree, &S1, uri).unwrap(), "8");
    assert_eq!(prop(&mut tree, uri, "VerNo"), expected.to_string());
}

/// TREE-C-026
#[test]
fn the_version_number_wraps() {
    let mut tree = device();
    let node: NodeId = tree.local().find("./Plain/a/All").unwrap();
    for _ in 0..65_535 {
        tree.local().touched(node).unwrap();
    }
    assert_eq!(prop(&mut tree, "./Plain/a/All", "VerNo"), "65535");
    tree.local().touched(node).unwrap();
    assert_eq!(prop(&mut tree, "./Plain/a/All", "VerNo"), "0");
}

/// TREE-C-028
#[test]
fn nothing_but_the_acl_is_inherited() {
    let mut tree = device();
    assert_eq!(
        replace(&mut tree, &S1, "./Plain/a?prop=Title", "parent"),
        200
    );
    assert_eq!(prop(&mut tree, "./Plain/a/All", "Title"), "");
    let before = prop(&mut tree, "./Plain/a/All", "VerNo");
    assert_eq!(prop(&mut tree, "./Plain/a", "VerNo"), "1");
    assert_eq!(prop(&mut tree, "./Plain/a/All", "VerNo"), before);
}

/// TREE-C-070
#[test]
fn the_type_of_an_interior_node_is_an_identifier_and_of_a_leaf_a_mime_type() {
    let mut tree = device();
    let node = |mime: &'static [u8]| Value {
        mime,
        ..Value::node()
    };
    assert_eq!(
        code(tree.add(&S1, b"./Plain/Any", &node(b"urn:oma:mo:oma-fumo:1.0"))),
        200
    );
    assert_eq!(
        prop(&mut tree, "./Plain/Any", "Type"),
        "urn:oma:mo:oma-fumo:1.0"
    );
    assert_eq!(code(tree.delete(&S1, b"./Plain/Any")), 200);
    assert_eq!(
        code(tree.add(&S1, b"./Plain/Any", &node(b"no identifier"))),
        415
    );
    assert_eq!(
        code(tree.add(&S1, b"./Plain/Any", &node(b"text/plain"))),
        200
    );
    assert_eq!(
        prop(&mut tree, "./Plain/Any", "Type"),
        "",
        "a MIME type is no identifier"
    );
    assert_eq!(
        code(tree.add(&S1, b"./Plain/b", &node(b"com.example/1.0/Other"))),
        415
    );
    assert_eq!(
        code(tree.add(&S1, b"./Plain/b", &node(b"com.example/1.0/Thing"))),
        200
    );
    assert_eq!(prop(&mut tree, "./Plain/a/None", "Type"), "text/plain");
}

/// PRO-C-050, TREE-C-021
#[test]
fn a_rename_moves_the_subtree_and_spares_siblings() {
    let mut tree = device();
    assert_eq!(add(&mut tree, &S1, "./Plain/b", "node", ""), 200);
    assert_eq!(replace(&mut tree, &S1, "./Plain/a?prop=Name", "b"), 418);
    assert_eq!(replace(&mut tree, &S1, "./Plain/a?prop=Name", "c"), 200);
    assert_eq!(get_code(&mut tree, &S1, "./Plain/a"), 404);
    assert_eq!(get_code(&mut tree, &S1, "./Plain/a/All"), 404);
    assert_eq!(get(&mut tree, &S1, "./Plain/c/All").unwrap(), "1");
    assert_eq!(prop(&mut tree, "./Plain/c", "Name"), "c");
    assert_eq!(prop(&mut tree, "./Plain/c", "VerNo"), "1");
    assert_eq!(
        replace(&mut tree, &S1, "./Plain/c?prop=Name", "c"),
        200,
        "its own name"
    );
    assert_eq!(get(&mut tree, &S1, "./Plain").unwrap(), "c/b");
    assert_eq!(add(&mut tree, &S1, "./Plain/a", "node", ""), 200);
}

#[test]
fn a_new_name_is_legal_short_and_keeps_the_description() {
    let mut tree = device();
    let uri = "./Plain/a?prop=Name";
    for (name, want) in [
        ("x/y", 500),
        ("x y", 500),
        ("", 500),
        (".", 500),
        ("..", 500),
        ("%2f", 500),
        ("%zz", 500),
        ("Free", 405),
    ] {
        assert_eq!(replace(&mut tree, &S1, uri, name), want, "{name:?}");
    }
    assert_eq!(replace(&mut tree, &S1, uri, &"x".repeat(33)), 414);
    assert_eq!(
        replace(&mut tree, &S1, "./Plain/a/All?prop=Name", "Other"),
        405,
        "named by the description"
    );
    assert_eq!(replace(&mut tree, &S1, uri, &"x".repeat(32)), 200);
}

#[test]
fn a_rename_honours_the_length_of_what_lies_below() {
    let store = Box::leak(Box::new(RamStore::new(common::leak(0, 4000))));
    let limits = UriLimits {
        max_depth: 0,
        max_tot_len: 20,
        max_seg_len: 0,
    };
    let drawing = "* node -/AGDr\n  * node -/AGDr\n    * chr -/AGDr";
    let mut tree = Tree::open(
        schema(drawing),
        store,
        &mut [],
        common::memory(common::ROOMY),
        limits,
    )
    .unwrap();
    tree.factory()
        .acl(".", "Add=*&Get=*&Replace=*&Delete=*")
        .unwrap();
    assert_eq!(add(&mut tree, &S1, "aa/bb/cccccccccccc", "chr", ""), 200);
    assert_eq!(replace(&mut tree, &S1, "aa?prop=Name", "aaaaa"), 414);
    assert_eq!(replace(&mut tree, &S1, "aa?prop=Name", "aaaa"), 200);
    assert_eq!(get_code(&mut tree, &S1, "aaaa/bb/cccccccccccc"), 200);
}

#[test]
fn what_cannot_be_stored_changes_nothing() {
    let small = Size {
        nodes: 10,
        pool: 110,
        value: 64,
        store: 400,
    };
    let mut tree = tree_of(small, schema(DEVICE), Vec::new());
    tree.factory().acl(".", "Add=*&Get=*&Replace=*").unwrap();
    assert_eq!(add(&mut tree, &S1, "./Plain/a/All", "int", "1"), 200);
    let before = picture(&mut tree);
    assert_eq!(
        replace(&mut tree, &S1, "./Plain/a?prop=Title", &"t".repeat(80)),
        420
    );
    assert_eq!(
        replace(
            &mut tree,
            &S1,
            "./Plain/a?prop=ACL",
            &format!("Get={}", "s".repeat(80))
        ),
        420
    );
    assert_eq!(picture(&mut tree), before);
    assert_eq!(replace(&mut tree, &S1, "./Plain/a?prop=Title", "t"), 200);
}

#[test]
fn the_time_is_empty_until_it_is_known() {
    let mut tree = tree(DEVICE);
    assert_eq!(prop(&mut tree, "./Fix", "TStamp"), "");
    tree.set_utc(Some(59));
    tree.factory().acl("./Fix", "Get=*").unwrap();
    assert_eq!(prop(&mut tree, "./Fix", "TStamp"), "19700101T000059Z");
    tree.set_utc(None);
    tree.factory().acl("./Fix", "").unwrap();
    assert_eq!(prop(&mut tree, "./Fix", "TStamp"), "");
}

/// TREE-C-079
#[test]
fn nothing_a_server_does_changes_a_description() {
    let mut tree = device();
    let described = format!("{:?}", tree.schema());
    assert_eq!(replace(&mut tree, &S1, "./Plain/a/None", "x"), 200);
    assert_eq!(
        code(tree.replace(&S1, b"./Plain/a/None", &value("int", "1"))),
        415
    );
    assert_eq!(
        prop(&mut tree, "./Plain/a/None", "Format"),
        Format::Chr.name()
    );
    assert_eq!(format!("{:?}", tree.schema()), described);
}

/// TREE-C-083
#[test]
fn a_property_is_plain_text_and_needs_no_meta() {
    let mut tree = device();
    for property in ALL {
        let uri = format!("./Plain/a/All?prop={property}");
        let reading = tree.reading(&S1, uri.as_bytes()).unwrap();
        assert!(reading.is_property());
        assert_eq!(
            (tree.format(&reading), tree.mime(&reading)),
            (Format::Chr, &b""[..]),
            "{property}"
        );
    }
    let reading = tree.reading(&S1, b"./Plain/a/All").unwrap();
    assert!(!reading.is_property());
    assert_eq!(tree.format(&reading), Format::Int);
}
