//! Who may do what: the rules of inheritance and ownership, and a second evaluator that knows nothing of the first.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing
)]

mod common;

use common::{S1, S2, Size, add, delete, get, get_code, picture, replace, schema, tree, tree_of};
use dm_tree::{Principal, Reason, Tree, Verb};
use proptest::prelude::*;

const DEVICE: &str = "
A node PR/G
  L chr PR/GrX
  M chr PR/Gr
  * node -/AGDr
    * chr -/AGDr
    * node -/AGDr
      * chr -/AGDr
B node -/AGD
  * chr -/AGDr
";

/// The tree of the worked example, section 4.7.
fn example() -> Tree<'static> {
    let mut tree = tree(DEVICE);
    tree.factory().acl("./A", "Get=s1&Replace=s1").unwrap();
    tree.factory().acl("./A/L", "Get=*").unwrap();
    tree
}

/// TREE-C-029, TREE-C-030
#[test]
fn the_root_always_has_an_acl() {
    let mut tree = tree(DEVICE);
    assert_eq!(get(&mut tree, &S1, ".?prop=ACL").unwrap(), "Add=*&Get=*");
    tree.factory().acl(".", "Add=*&Get=*&Replace=s1").unwrap();
    assert_eq!(replace(&mut tree, &S1, ".?prop=ACL", ""), 405);
    assert_eq!(
        get(&mut tree, &S1, ".?prop=ACL").unwrap(),
        "Add=*&Get=*&Replace=s1"
    );
    tree.factory().acl(".", "").unwrap();
    assert_eq!(get(&mut tree, &S1, ".?prop=ACL").unwrap(), "Add=*&Get=*");
}

/// TREE-C-044
#[test]
fn a_server_cannot_take_the_add_right_of_the_root_from_others() {
    let mut tree = tree(DEVICE);
    tree.factory().acl(".", "Add=*&Get=*&Replace=s1").unwrap();
    assert_eq!(
        replace(&mut tree, &S1, ".?prop=ACL", "Add=s1&Get=*&Replace=s1"),
        405
    );
    assert_eq!(replace(&mut tree, &S2, ".?prop=ACL", "Add=*&Get=*"), 425);
    assert_eq!(
        replace(&mut tree, &S1, ".?prop=ACL", "Add=*&Get=s1&Replace=s1"),
        200
    );
    assert_eq!(get_code(&mut tree, &S2, "."), 425);
}

/// PRO-C-142, TREE-C-031, TREE-C-032, TREE-C-034, TREE-C-039, TREE-C-047
#[test]
fn the_worked_example_comes_out_as_written() {
    let mut tree = example();
    assert_eq!(get_code(&mut tree, &S2, "./A/L"), 200);
    assert_eq!(get_code(&mut tree, &S2, "./A"), 425);
    assert_eq!(get_code(&mut tree, &S2, "./A/M"), 425);
    assert_eq!(
        replace(&mut tree, &S1, "./A/L", "x"),
        425,
        "a right on the parent reaches no value"
    );
    assert_eq!(
        replace(&mut tree, &S1, "./A/L?prop=ACL", "Get=*&Replace=s1"),
        200
    );
    assert_eq!(replace(&mut tree, &S1, "./A/L", "x"), 200);
    assert_eq!(replace(&mut tree, &S1, "./A/M", "x"), 200);
    assert_eq!(replace(&mut tree, &S1, "./A/M?prop=ACL", "Get=s1"), 200);
    assert_eq!(add(&mut tree, &S2, "./A/N", "node", ""), 425);
    assert_eq!(add(&mut tree, &S2, "./B", "node", ""), 200);
    assert!(tree.local().find("./B").is_some());
}

/// PRO-C-064, TREE-C-033
#[test]
fn an_inheriting_node_has_an_empty_acl() {
    let mut tree = example();
    assert_eq!(get(&mut tree, &S1, "./A/M?prop=ACL").unwrap(), "");
    assert_eq!(
        get(&mut tree, &S1, "./A?prop=ACL").unwrap(),
        "Get=s1&Replace=s1"
    );
}

/// PRO-C-043, PRO-C-044, TREE-C-042, TREE-C-043
#[test]
fn a_creator_without_replace_on_the_parent_owns_what_it_made() {
    let mut tree = example();
    assert_eq!(add(&mut tree, &S2, "./B", "node", ""), 200);
    assert_eq!(
        get_code(&mut tree, &S2, "./B?prop=ACL"),
        425,
        "not even the creator may Get"
    );
    assert_eq!(
        replace(&mut tree, &S2, "./B?prop=ACL", "Get=*&Delete=s2"),
        200
    );
    assert_eq!(delete(&mut tree, &S2, "./B"), 200);

    // Leaves start empty.
    tree.factory().acl("./A", "Add=*&Get=*").unwrap();
    assert_eq!(add(&mut tree, &S2, "./A/n/leaf", "chr", "x"), 200);
    assert_eq!(
        replace(&mut tree, &S2, "./A/n/leaf?prop=ACL", "Get=*"),
        200,
        "by Replace on the new parent"
    );
    assert_eq!(get_code(&mut tree, &S2, "./A/n"), 425);
    assert_eq!(
        replace(
            &mut tree,
            &S2,
            "./A/n?prop=ACL",
            "Add=s2&Delete=s2&Get=*&Replace=s2"
        ),
        200
    );
    assert_eq!(add(&mut tree, &S2, "./A/n/deep/leaf", "chr", "x"), 200);
    // s2 has Replace on ./A/n, so that what it makes below inherits.
    assert_eq!(get(&mut tree, &S2, "./A/n/deep?prop=ACL").unwrap(), "");
    assert_eq!(get(&mut tree, &S2, "./A/n/deep/leaf?prop=ACL").unwrap(), "");

    // Of several new nodes only the first one has a parent without Replace.
    assert_eq!(add(&mut tree, &S2, "./A/m/deep/leaf", "chr", "x"), 200);
    assert_eq!(replace(&mut tree, &S2, "./A/m?prop=ACL", "Get=*"), 200);
    assert_eq!(get(&mut tree, &S1, "./A/m/deep?prop=ACL").unwrap(), "");
    assert_eq!(get(&mut tree, &S1, "./A/m/deep/leaf?prop=ACL").unwrap(), "");
}

/// TREE-C-043
#[test]
fn the_owner_acl_names_the_three_commands() {
    let mut tree = example();
    assert_eq!(add(&mut tree, &S2, "./B", "node", ""), 200);
    let (node, verbs) = (
        tree.local().find("./B").unwrap(),
        [
            Verb::Add,
            Verb::Delete,
            Verb::Exec,
            Verb::Get,
            Verb::Replace,
        ],
    );
    let rights = verbs.map(|verb| tree.authorise(&S2, verb, node).is_ok());
    assert_eq!(rights, [true, true, false, false, true]);
    assert!(
        verbs
            .iter()
            .all(|verb| tree.authorise(&S1, *verb, node) == Err(Reason::Acl))
    );
}

#[test]
fn a_server_whose_identifier_cannot_stand_in_an_acl_creates_nothing_it_would_not_own() {
    let mut tree = example();
    let odd = Principal::dangerous_assume(b"a server");
    let before = picture(&mut tree);
    assert_eq!(add(&mut tree, &odd, "./B", "node", ""), 500);
    assert_eq!(picture(&mut tree), before);
}

/// TREE-C-037, TREE-C-038
#[test]
fn the_acl_of_a_leaf_belongs_to_its_parent() {
    let mut tree = tree(DEVICE);
    tree.factory().node("./A/n").unwrap();
    tree.factory().acl("./A", "Add=*&Get=*&Replace=s1").unwrap();
    tree.factory().acl("./A/n", "Get=*&Replace=s2").unwrap();
    tree.factory().acl("./A/L", "Get=*&Replace=s2").unwrap();
    assert_eq!(
        replace(&mut tree, &S2, "./A/L?prop=ACL", ""),
        425,
        "own Replace is not enough"
    );
    assert_eq!(replace(&mut tree, &S2, "./A/L", "value"), 200);
    assert_eq!(replace(&mut tree, &S1, "./A/L", "value"), 425);
    assert_eq!(replace(&mut tree, &S1, "./A/L?prop=ACL", "Get=*"), 200);
    assert_eq!(
        replace(&mut tree, &S2, "./A/n?prop=ACL", "Get=*&Replace=s2"),
        200,
        "by the node"
    );
    assert_eq!(
        replace(&mut tree, &S1, "./A/n?prop=ACL", "Get=*"),
        200,
        "by its parent"
    );
    assert_eq!(replace(&mut tree, &S2, "./A/n?prop=ACL", ""), 425);
}

/// TREE-C-040, TREE-C-041
#[test]
fn an_acl_is_replaced_whole_or_not_at_all() {
    let small = Size {
        nodes: 8,
        pool: 160,
        value: 64,
        store: 200,
    };
    let mut tree = tree_of(small, schema(DEVICE), Vec::new());
    tree.factory().acl(".", "Add=*&Get=*&Replace=*").unwrap();
    assert_eq!(
        replace(&mut tree, &S1, "./A?prop=ACL", "Get=*&Replace=s1"),
        200
    );
    for (acl, want) in [
        ("Get", 500),
        ("Get=", 500),
        ("Get=*&", 500),
        ("get=*", 500),
        ("Get=*&Copy=*", 500),
    ] {
        assert_eq!(replace(&mut tree, &S1, "./A?prop=ACL", acl), want, "{acl}");
    }
    let long = format!("Get={}", "x".repeat(200));
    assert_eq!(replace(&mut tree, &S1, "./A?prop=ACL", &long), 420);
    assert_eq!(
        get(&mut tree, &S1, "./A?prop=ACL").unwrap(),
        "Get=*&Replace=s1"
    );
    assert_eq!(
        replace(&mut tree, &S1, "./A?prop=ACL", "Get=s1&Replace=s1"),
        200
    );
    assert_eq!(
        get(&mut tree, &S1, "./A?prop=ACL").unwrap(),
        "Get=s1&Replace=s1"
    );
    assert_eq!(get_code(&mut tree, &S2, "./A"), 425);
}

/// TREE-C-045, TREE-C-046
#[test]
fn a_purged_server_has_no_right_left() {
    let mut tree = tree(DEVICE);
    tree.factory()
        .acl(".", "Add=*&Get=*&Replace=s1&Delete=s1+s2")
        .unwrap();
    tree.factory().acl("./A", "Get=s1&Replace=s1+s2").unwrap();
    tree.factory().acl("./A/L", "Get=s1").unwrap();
    tree.factory().acl("./A/M", "Get=s12").unwrap();
    tree.purge_server(b"s1").unwrap();
    let all = Principal::dangerous_assume(b"s12");
    assert_eq!(
        get(&mut tree, &all, ".?prop=ACL").unwrap(),
        "Add=*&Get=*&Replace=*&Delete=s2"
    );
    assert_eq!(
        get_code(&mut tree, &all, "./A?prop=ACL"),
        425,
        "./A has Replace=s2 alone"
    );
    assert_eq!(replace(&mut tree, &S2, "./A?prop=ACL", "Get=*"), 200);
    assert_eq!(
        get(&mut tree, &all, "./A/L?prop=ACL").unwrap(),
        "",
        "inherits"
    );
    assert_eq!(get(&mut tree, &all, "./A/M?prop=ACL").unwrap(), "Get=s12");
}

/// PRO-C-142
#[test]
fn every_command_asks_the_acl() {
    let mut tree = tree(DEVICE);
    tree.factory().node("./A/n").unwrap();
    tree.factory().acl(".", "Add=admin&Get=admin").unwrap();
    let nothing = dm_tree::Value::default();
    let text = dm_tree::Value::of(b"x");
    let before = picture(&mut tree);
    for uri in ["./A/L", "./A/L?prop=Name", "./A", "."] {
        assert_eq!(get_code(&mut tree, &S1, uri), 425, "{uri}");
    }
    assert_eq!(add(&mut tree, &S1, "./A/x", "node", ""), 425);
    assert_eq!(replace(&mut tree, &S1, "./A/L", "x"), 425);
    assert_eq!(replace(&mut tree, &S1, "./A/L?prop=ACL", ""), 425);
    assert_eq!(replace(&mut tree, &S1, "./A/n?prop=Name", "x"), 425);
    assert_eq!(common::code(tree.write(&S1, b"./A/L", &text, 0, 1)), 425);
    assert_eq!(delete(&mut tree, &S1, "./A/n"), 425);
    assert_eq!(
        common::code(tree.exec(&S1, b"./A/L", &nothing, dm_tree::Ticket(0))),
        425
    );
    assert_eq!(picture(&mut tree), before);
}

/// What one node of a random tree is.
#[derive(Clone, Debug)]
struct Planted {
    parent: usize,
    leaf: bool,
    acl: Vec<(usize, Vec<usize>)>,
}

const VERBS: [(Verb, &str); 5] = [
    (Verb::Add, "Add"),
    (Verb::Delete, "Delete"),
    (Verb::Exec, "Exec"),
    (Verb::Get, "Get"),
    (Verb::Replace, "Replace"),
];
const IDS: [&str; 5] = ["*", "s1", "s2", "s12", "s"];

fn planted() -> impl Strategy<Value = Vec<Planted>> {
    let acl = prop::collection::vec((0..5usize, prop::collection::vec(0..5usize, 1..4)), 0..4);
    let node = (
        any::<prop::sample::Index>(),
        any::<bool>(),
        prop_oneof![2 => Just(Vec::new()), 1 => acl],
    )
        .prop_map(|(parent, leaf, acl)| (parent, leaf, acl));
    prop::collection::vec(node, 1..14).prop_map(|raw| {
        let mut nodes = vec![Planted {
            parent: 0,
            leaf: false,
            acl: Vec::new(),
        }];
        let mut depth = vec![0];
        for (parent, leaf, acl) in raw {
            let parents: Vec<usize> = (0..nodes.len())
                .filter(|n| !nodes[*n].leaf && depth[*n] < 4)
                .collect();
            let parent = parents[parent.index(parents.len())];
            depth.push(depth[parent] + 1);
            nodes.push(Planted {
                parent,
                leaf: leaf || depth[parent] == 3,
                acl,
            });
        }
        nodes
    })
}

fn text(acl: &[(usize, Vec<usize>)]) -> String {
    let entry = |(verb, ids): &(usize, Vec<usize>)| {
        let ids: Vec<&str> = ids.iter().map(|id| IDS[*id]).collect();
        format!("{}={}", VERBS[*verb].1, ids.join("+"))
    };
    acl.iter().map(entry).collect::<Vec<_>>().join("&")
}

fn uri(nodes: &[Planted], node: usize) -> String {
    if node == 0 {
        ".".into()
    } else {
        format!("{}/n{node}", uri(nodes, nodes[node].parent))
    }
}

/// The second evaluator: climbs to the first node with an ACL and looks the pair up in it.
fn may(nodes: &[Planted], server: &str, verb: usize, node: usize) -> bool {
    if nodes[node].acl.is_empty() && node != 0 {
        return may(nodes, server, verb, nodes[node].parent);
    }
    if nodes[node].acl.is_empty() {
        return verb == 0 || verb == 3;
    }
    nodes[node]
        .acl
        .iter()
        .filter(|(v, _)| *v == verb)
        .any(|(_, ids)| ids.iter().any(|id| IDS[*id] == "*" || IDS[*id] == server))
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 300, failure_persistence: None, ..ProptestConfig::default() })]

    /// TREE-C-031, TREE-C-032, TREE-C-034, TREE-C-035, TREE-C-037, TREE-C-038, TREE-C-047
    #[test]
    fn a_second_evaluator_agrees_over_random_trees(nodes in planted(), root in any::<bool>()) {
        let mut nodes = nodes;
        if root {
            nodes[0].acl = vec![(0, vec![0]), (3, vec![1]), (4, vec![2, 1])];
        }
        let level = |indent: &str| format!("{indent}* node -/AGDrX\n{indent}* chr -/AGDrX\n");
        let drawing = format!(
            "* chr -/AGDrX\n* node -/AGDrX\n  * chr -/AGDrX\n  * node -/AGDrX\n    * chr -/AGDrX\n    * node -/AGDrX\n{}",
            level("      ")
        );
        let mut tree = tree(&drawing);
        for node in 1..nodes.len() {
            let uri = uri(&nodes, node);
            if nodes[node].leaf {
                tree.factory().set(&uri, b"value").unwrap();
            } else {
                tree.factory().node(&uri).unwrap();
            }
        }
        for node in 0..nodes.len() {
            tree.factory().acl(&uri(&nodes, node), &text(&nodes[node].acl)).unwrap();
        }
        for server in ["s1", "s2", "s12", "s", "s3"] {
            let who = Principal::dangerous_assume(server.as_bytes());
            for node in 0..nodes.len() {
                let at = uri(&nodes, node);
                let id = tree.local().find(&at).unwrap();
                for (verb, (name, _)) in VERBS.iter().enumerate() {
                    let want = may(&nodes, server, verb, node);
                    prop_assert_eq!(tree.authorise(&who, *name, id).is_ok(), want, "{} {:?} {}", server, name, &at);
                }
                prop_assert_eq!(get_code(&mut tree, &who, &at), if may(&nodes, server, 3, node) { 200 } else { 425 });
                // Writing the ACL that is there tells whether it may be written.
                let parent = nodes[node].parent;
                let own = may(&nodes, server, 4, node);
                let above = may(&nodes, server, 4, parent);
                let allowed = if node == 0 { own } else if nodes[node].leaf { above } else { own || above };
                let acl = if node == 0 && nodes[0].acl.is_empty() { "Add=*&Get=*".into() } else { text(&nodes[node].acl) };
                let want = if allowed { 200 } else { 425 };
                prop_assert_eq!(replace(&mut tree, &who, &format!("{at}?prop=ACL"), &acl), want, "{} {}", server, &at);
                if nodes[node].leaf {
                    prop_assert_eq!(replace(&mut tree, &who, &at, "value"), if own { 200 } else { 425 });
                }
            }
        }
    }
}
