//! Replace: exactly the nodes of the document are there afterwards.

use crate::common::{S1, S2, code, get as value, get_code, picture, tree};
use crate::document::{Node, add, both, document, interior, leaf, replace, take};
use dm_tree::{Format, Progress, Tree, Value};

const DEVICE: &str = "
T node PR/G
  * node -/AGD
    * chr -t/AGDr mime=text/plain|text/xml
    * int -v/AGDr
    * node -/AGD
      * chr -/AGDr
      * int -/AGDr
    Keep chr PR/Gr default=kept
P node PR/G
  a chr PR/Gr
  r chr PR/G
  k node PR/G mime=com.example/1.0/K
    i int PR/Gr
  * chr -/AGDr max=2
N node PR/G
  * node -/AG
    x chr -/AGr
";

fn device() -> Tree<'static> {
    let mut tree = tree(DEVICE);
    tree.factory()
        .acl(".", "Add=*&Delete=*&Get=*&Replace=*")
        .unwrap();
    let start = document(&[interior("o")
        .with(leaf("a", "chr", "1"))
        .with(leaf("b", "chr", "2"))
        .with(leaf("n", "int", "5"))
        .with(interior("m").with(leaf("d", "chr", "deep")))
        .with(leaf("Keep", "chr", "mine"))]);
    assert_eq!(add(&mut tree, &S1, "./T", start.as_bytes()), 200);
    for (uri, text) in [("./P/a", "pa"), ("./P/r", "pr"), ("./P/k/i", "3")] {
        tree.local().set(uri, text.as_bytes()).unwrap();
    }
    tree
}

/// The names and values below a node.
fn below(tree: &mut Tree<'_>, uri: &str) -> Vec<String> {
    picture(tree)
        .lines()
        .filter_map(|line| line.strip_prefix(uri)?.strip_prefix('/'))
        .map(|line| {
            line.split(" Ok(Done)")
                .next()
                .unwrap()
                .split(" ACL=")
                .next()
                .unwrap()
                .to_owned()
        })
        .collect()
}

/// TNDS-C-021, TNDS-C-022, PRO-C-053: the example of the digest, and more.
#[test]
fn afterwards_there_are_the_nodes_of_the_document() {
    for name in ["o", ""] {
        let xml = document(&[interior(name)
            .with(leaf("a", "chr", "9"))
            .with(leaf("c", "chr", "3"))
            .with(leaf("Keep", "chr", "new"))]);
        for bytes in both(&xml) {
            let mut tree = device();
            assert_eq!(replace(&mut tree, &S1, "./T/o", &bytes), 200);
            assert_eq!(
                below(&mut tree, "./T/o"),
                ["Keep = \"new\"", "a = \"9\"", "c = \"3\""]
            );
            // The memory of what went is free again: any number of times.
            for _ in 0..50 {
                assert_eq!(replace(&mut tree, &S1, "./T/o", &bytes), 200);
            }
        }
    }
    // The document may begin with the children.
    let xml = document(&[
        leaf("Keep", "chr", "new"),
        interior("m").with(leaf("d", "int", "8")),
        leaf("z", "chr", "z").at("m"),
    ]);
    for bytes in both(&xml) {
        let mut tree = device();
        assert_eq!(replace(&mut tree, &S1, "./T/o", &bytes), 200);
        assert_eq!(
            below(&mut tree, "./T/o"),
            ["Keep = \"new\"", "m", "m/d = \"8\"", "m/z = \"z\""]
        );
        assert_eq!(
            value(&mut tree, &S1, "./T/o/m/d?prop=Format").unwrap(),
            "int"
        );
    }
    // A leaf, and the flat form.
    let one = document(&[leaf("a", "chr", "leaf")]);
    let flat = document(&[
        interior("o"),
        leaf("Keep", "chr", "k").at("."),
        interior("m").at(""),
        leaf("e", "chr", "x").at("o/m"),
    ]);
    for (bytes, flat) in both(&one).iter().zip(both(&flat)) {
        let mut tree = device();
        assert_eq!(replace(&mut tree, &S1, "./T/o/a", bytes), 200);
        assert_eq!(value(&mut tree, &S1, "./T/o/a").unwrap(), "leaf");
        assert_eq!(value(&mut tree, &S1, "./T/o/b").unwrap(), "2");
        assert_eq!(replace(&mut tree, &S1, "./T/o", &flat), 200);
        assert_eq!(
            below(&mut tree, "./T/o"),
            ["Keep = \"k\"", "m", "m/e = \"x\""]
        );
    }
}

/// TNDS-C-022: what a node below the target does not get by the document it has not any more.
#[test]
fn properties_are_those_of_the_document() {
    let mut tree = device();
    tree.factory().acl("./T/o/a", "Get=*").unwrap();
    tree.factory()
        .acl("./T/o", "Add=*&Get=*&Replace=s1")
        .unwrap();
    tree.factory().acl("./T/o/Keep", "Get=s1").unwrap();
    tree.local().set("./T/o/a?prop=Title", b"old").unwrap();
    tree.local().set("./T/o/b?prop=Title", b"old").unwrap();
    let xml = document(&[interior("o")
        .with(leaf("a", "chr", "1"))
        .with(leaf("b", "chr", "1").acl("Get=s1+s2").title("new"))
        .with(leaf("Keep", "chr", "1"))]);
    assert_eq!(replace(&mut tree, &S1, "./T/o", xml.as_bytes()), 200);
    let mut property = |uri: &str| value(&mut tree, &S1, uri).unwrap();
    assert_eq!(property("./T/o/a?prop=ACL"), "");
    assert_eq!(property("./T/o/a?prop=Title"), "");
    assert_eq!(property("./T/o/b?prop=ACL"), "Get=s1+s2");
    assert_eq!(property("./T/o/b?prop=Title"), "new");
    // The target itself and permanent nodes are not made anew.
    assert_eq!(property("./T/o?prop=ACL"), "Add=*&Get=*&Replace=s1");
    assert_eq!(property("./T/o/Keep?prop=ACL"), "Get=s1");
    // A value that is not given is that of a new node.
    let bare = Node {
        value: None,
        ..leaf("Keep", "chr", "")
    };
    let xml = document(&[interior("o").with(bare)]);
    assert_eq!(replace(&mut tree, &S1, "./T/o", xml.as_bytes()), 200);
    assert_eq!(value(&mut tree, &S1, "./T/o/Keep").unwrap(), "kept");
}

/// TNDS-C-020, TNDS-C-023, PRO-C-052, PRO-C-047: nothing changes when a node cannot be as the document says.
#[test]
fn one_node_that_fails_fails_all() {
    let keep = leaf("Keep", "chr", "new");
    let long = "x".repeat(500);
    for (uri, nodes, want) in [
        (
            "./T/o",
            vec![interior("o").with(keep.clone()).with(leaf("n", "int", "x"))],
            500,
        ),
        (
            "./T/o",
            vec![
                interior("o")
                    .with(keep.clone())
                    .with(leaf("n", "int", "4294967296")),
            ],
            500,
        ),
        (
            "./T/o",
            vec![
                interior("o")
                    .with(keep.clone())
                    .with(leaf("q", "float", "1")),
            ],
            415,
        ),
        (
            "./T/o",
            vec![
                interior("o")
                    .with(keep.clone())
                    .with(leaf("a", "chr", &long)),
            ],
            413,
        ),
        (
            "./T/o",
            vec![
                interior("o")
                    .with(keep.clone())
                    .with(leaf("a", "chr", "1"))
                    .with(leaf("a", "chr", "2")),
            ],
            418,
        ),
        // Permanent nodes that are not in the data.
        (
            "./T/o",
            vec![interior("o").with(leaf("a", "chr", "9"))],
            405,
        ),
        ("./P", vec![interior("P").with(leaf("a", "chr", "9"))], 405),
        // One that cannot be replaced.
        (
            "./P",
            vec![
                interior("P")
                    .with(leaf("a", "chr", "9"))
                    .with(leaf("r", "chr", "9"))
                    .with(interior("k").with(leaf("i", "int", "1"))),
            ],
            405,
        ),
        // A type that a permanent node does not change to.
        (
            "./P/k",
            vec![Node {
                properties:
                    "<Format><node/></Format><Type><DDFName>com.example/2.0/K</DDFName></Type>"
                        .into(),
                ..interior("k").with(leaf("i", "int", "1"))
            }],
            415,
        ),
        ("./P/k/i", vec![leaf("i", "chr", "1")], 415),
        (
            "./P/k/i",
            vec![leaf("i", "int", "1").with(leaf("j", "int", "1"))],
            405,
        ),
        ("./T/o/a", vec![leaf("z", "chr", "1")], 405),
        ("./T/x", vec![interior("x")], 404),
        ("./T/o", vec![], 415),
        (
            "./T/o",
            vec![
                interior("o")
                    .with(keep.clone())
                    .with(leaf("d", "chr", "1").at("nowhere/m")),
            ],
            404,
        ),
        (
            "./T/o",
            vec![
                interior("o").with(keep.clone()),
                leaf("d", "chr", "1").at("m"),
            ],
            404,
        ),
        (
            "./T/o",
            vec![
                interior("o").with(keep),
                leaf("v", "chr", "1").at("../../P"),
            ],
            404,
        ),
    ] {
        for bytes in both(&document(&nodes)) {
            let mut tree = device();
            let before = picture(&mut tree);
            assert_eq!(
                replace(&mut tree, &S1, uri, &bytes),
                want,
                "{uri} {nodes:?}"
            );
            assert_eq!(picture(&mut tree), before);
            // Also inside a transaction that goes on.
            tree.begin().unwrap();
            assert_eq!(replace(&mut tree, &S1, uri, &bytes), want);
            tree.commit().unwrap();
            assert_eq!(picture(&mut tree), before);
        }
    }
    let mut tree = device();
    let before = picture(&mut tree);
    let whole = both(&document(&[interior("o").with(leaf("Keep", "chr", "x"))]));
    for bytes in &whole {
        for end in 0..bytes.len() {
            assert_eq!(replace(&mut tree, &S1, "./T/o", &bytes[..end]), 415);
            assert_eq!(picture(&mut tree), before);
        }
    }
    assert_eq!(replace(&mut tree, &S1, "./T/o?prop=ACL", &whole[0]), 405);
}

/// The right to replace the target is what counts, and the right to add where there is something new.
#[test]
fn rights_are_asked_at_the_target() {
    let same = document(&[interior("o")
        .with(leaf("a", "chr", "9"))
        .with(leaf("Keep", "chr", "9"))]);
    let more = document(&[interior("o")
        .with(leaf("z", "chr", "9"))
        .with(leaf("Keep", "chr", "9"))]);
    for (acl, inner, want) in [
        ("Get=*", "Replace=*", [425, 425]),
        ("Get=*&Replace=s2", "Replace=*", [425, 425]),
        ("Get=*&Replace=s1", "Get=s2", [200, 425]),
        ("Add=s1&Get=*&Replace=s1", "Get=s2", [200, 200]),
    ] {
        for (xml, want) in [&same, &more].into_iter().zip(want) {
            let mut tree = device();
            tree.factory().acl("./T/o", acl).unwrap();
            tree.factory().acl("./T/o/a", inner).unwrap();
            let before = picture(&mut tree);
            assert_eq!(
                replace(&mut tree, &S1, "./T/o", xml.as_bytes()),
                want,
                "{acl}"
            );
            assert_eq!(picture(&mut tree) == before, want != 200);
        }
    }
    // An object whose description has no Delete is not removed this way; below one that goes it is.
    let mut tree = device();
    let object = document(&[interior("q").with(leaf("x", "chr", "1"))]);
    assert_eq!(add(&mut tree, &S1, "./N", object.as_bytes()), 200);
    let other = document(&[interior("N").with(interior("p"))]);
    assert_eq!(replace(&mut tree, &S1, "./N", other.as_bytes()), 405);
    assert_eq!(value(&mut tree, &S1, "./N").unwrap(), "q");
    assert_eq!(get_code(&mut tree, &S2, "./N/q/x"), 200);
}

/// A bound on the number of nodes counts for what is there afterwards.
#[test]
fn what_goes_makes_room_for_what_comes() {
    let mut tree = device();
    let permanent = |node: Node| {
        let mut node = node.with(leaf("a", "chr", "1"));
        node = node.with(interior("k").with(leaf("i", "int", "1")));
        node
    };
    // `r` cannot be replaced, so only the factory can replace the whole.
    let set = |tree: &mut Tree<'_>, names: &[&str]| {
        let mut node = permanent(interior("P")).with(leaf("r", "chr", "1"));
        for name in names {
            node = node.with(leaf(name, "chr", "x"));
        }
        let xml = document(&[node]);
        let document = dm_tree::TreeDocument::new(xml.as_bytes()).unwrap();
        code(
            tree.factory()
                .replace_subtree("./P", &document, &mut [0; 500]),
        )
    };
    assert_eq!(set(&mut tree, &["x", "y"]), 200);
    assert_eq!(set(&mut tree, &["y", "z"]), 200);
    assert_eq!(set(&mut tree, &["v", "w"]), 200);
    assert_eq!(set(&mut tree, &["v", "w", "x"]), 405);
    assert_eq!(value(&mut tree, &S1, "./P").unwrap(), "a/r/k/v/w");
}

/// While a part of a tree is being sent, the device does not change it; a server may.
#[test]
fn a_held_tree_is_not_changed_by_the_device() {
    let mut tree = device();
    let top = tree.local().find("./T/o").unwrap();
    tree.hold_all(top);
    let busy = Err(dm_tree::Reason::Busy);
    assert_eq!(tree.local().set("./T/o/a", b"x"), busy);
    assert_eq!(tree.local().set("./T/o/m/d", b"x"), busy);
    assert_eq!(tree.local().set("./T/o/a?prop=Title", b"x"), busy);
    assert_eq!(tree.local().delete("./T/o/b"), busy);
    assert_eq!(tree.factory().acl("./T/o/a", "Get=*"), busy);
    assert_eq!(tree.local().set("./P/a", b"x"), Ok(()));
    let xml = document(&[interior("o").with(leaf("Keep", "chr", "x"))]);
    let document = dm_tree::TreeDocument::new(xml.as_bytes()).unwrap();
    let factory = tree
        .factory()
        .replace_subtree("./T/o", &document, &mut [0; 500]);
    assert_eq!(factory, Err(dm_tree::Reason::Busy));
    assert_eq!(
        take(&mut tree, &S1, "Replace", "./T/o", xml.as_bytes()),
        Ok(Progress::Done)
    );
    tree.let_go();
    assert_eq!(tree.local().set("./T/o/Keep", b"y"), Ok(()));
    let new = Value {
        format: Some(Format::Chr),
        ..Value::of(b"x")
    };
    assert_eq!(tree.add(&S1, b"./T/o/z", &new), Ok(Progress::Done));
}
