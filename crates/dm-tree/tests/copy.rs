//! Copy: from leaf to leaf, with the rights of the commands that would do the same.

#![cfg(feature = "copy")]
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing
)]

mod common;

use common::{S1, S2, code, get, get_code, picture, replace, tree};
use dm_tree::{Tree, Value};

const DEVICE: &str = "
A node PR/GC
  text chr PR/GrC
  number int PR/GrC
  xml chr PR/GrC mime=text/xml
  stuck chr PR/Gr
  fixed chr PR/GC
  secret chr PR/rC
  * node -/AGD
    copy chr -/AGr
    many chr -/AGr mime=text/plain|text/xml
";

fn device() -> Tree<'static> {
    let mut tree = tree(DEVICE);
    tree.factory()
        .acl(".", "Add=*&Delete=*&Get=*&Replace=*")
        .unwrap();
    for (uri, value) in [
        ("./A/text", "hello"),
        ("./A/number", "7"),
        ("./A/xml", "<a/>"),
        ("./A/secret", "s"),
    ] {
        tree.local().set(uri, value.as_bytes()).unwrap();
    }
    tree
}

fn copy(tree: &mut Tree<'_>, source: &str, target: &str) -> u16 {
    code(tree.copy(&S1, source.as_bytes(), target.as_bytes(), &mut [0; 32]))
}

/// PRO-C-057, TREE-C-059, TREE-C-060
#[test]
fn a_copy_is_independent_of_its_source() {
    let mut tree = device();
    assert_eq!(copy(&mut tree, "./A/text", "./A/stuck"), 200);
    assert_eq!(get(&mut tree, &S1, "./A/stuck").unwrap(), "hello");
    assert_eq!(replace(&mut tree, &S1, "./A/text", "other"), 200);
    assert_eq!(get(&mut tree, &S1, "./A/stuck").unwrap(), "hello");
    assert_eq!(copy(&mut tree, "./A/text", "./A/new/copy"), 200);
    assert_eq!(get(&mut tree, &S1, "./A/new/copy").unwrap(), "other");
    assert_eq!(copy(&mut tree, "./A/xml", "./A/new/many"), 200);
    assert_eq!(
        get(&mut tree, &S1, "./A/new/many?prop=Type").unwrap(),
        "text/xml"
    );
}

/// PRO-C-057, PRO-C-058, TREE-C-059
#[test]
fn what_does_not_fit_answers_403_and_the_rest_its_own_code() {
    let mut tree = device();
    let before = picture(&mut tree);
    for (source, target, want) in [
        ("./A", "./A/text", 403),
        ("./A/text", "./A", 403),
        ("./A/text", "./A/number", 403),
        ("./A/xml", "./A/text", 403),
        ("./A/xml", "./A/new/copy", 403),
        ("./A/number", "./A/new/copy", 403),
        ("./A/none", "./A/text", 404),
        ("./A/text", "./A/none/deep/copy", 405),
        ("./A/stuck", "./A/text", 405),
        ("./A/secret", "./A/text", 405),
        ("./A/text", "./A/fixed", 405),
        ("./A/text?prop=Name", "./A/stuck", 405),
        ("./A/text", "./A/stuck?prop=Title", 405),
        ("./A/text", "./A//stuck", 404),
    ] {
        assert_eq!(
            copy(&mut tree, source, target),
            want,
            "{source} to {target}"
        );
        assert_eq!(picture(&mut tree), before, "{source} to {target}");
    }
    let small = tree.copy(&S1, b"./A/text", b"./A/stuck", &mut [0; 4]);
    assert_eq!(code(small), 420);
    assert_eq!(picture(&mut tree), before);
}

/// TREE-C-048
#[test]
fn a_copy_needs_the_rights_of_get_and_of_replace_or_add() {
    let mut tree = device();
    tree.factory()
        .acl("./A", "Get=s1+s2&Replace=s1&Add=s1")
        .unwrap();
    tree.factory().acl("./A/number", "Replace=s1").unwrap();
    let mut by_s2 = |source: &str, target: &str| {
        code(tree.copy(&S2, source.as_bytes(), target.as_bytes(), &mut [0; 32]))
    };
    assert_eq!(by_s2("./A/text", "./A/stuck"), 425);
    assert_eq!(by_s2("./A/text", "./A/new/copy"), 425);
    assert_eq!(copy(&mut tree, "./A/number", "./A/stuck"), 425);
    assert_eq!(copy(&mut tree, "./A/text", "./A/stuck"), 200);
    assert_eq!(copy(&mut tree, "./A/text", "./A/new/copy"), 200);
    assert_eq!(get_code(&mut tree, &S2, "./A/new/copy"), 200);
    assert_eq!(
        code(tree.replace(&S2, b"./A/new/copy", &Value::of(b"x"))),
        425
    );
}
