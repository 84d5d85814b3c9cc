//! Random commands against a plain map: the same statuses, the same content.
//!
//! The model keeps a map from path to node and decides each command by the rules as they are written down, in their
//! order, with none of the tree's machinery.

#![cfg(all(feature = "list", feature = "properties"))]
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing
)]

#[path = "../common/mod.rs"]
mod common;
#[cfg(all(feature = "durable", feature = "transaction"))]
mod million;
mod plain;

use std::collections::BTreeMap;

use common::{Collect, add, get, schema, tree_of};
use dm_tree::{Format, Principal, Sink, Tree, Value};
use proptest::prelude::*;

use plain::{DEVICE, Model, join};

#[derive(Clone, Debug)]
enum Op {
    Add(&'static str, String, &'static str, &'static str),
    Replace(&'static str, String, &'static str, &'static str),
    Property(&'static str, String, &'static str, &'static str),
    Delete(&'static str, String),
    Get(&'static str, String, &'static str),
    List(&'static str, String),
}

fn uris() -> impl Strategy<Value = String> {
    let segment = prop_oneof![
        Just("a"),
        Just("b"),
        Just("Num"),
        Just("Kept"),
        Just("Sub"),
        Just("Bare"),
        Just("x"),
        Just("y")
    ];
    let in_app = prop::collection::vec(segment, 0..4).prop_map(|tail| {
        let mut uri = String::from("./App");
        for segment in tail {
            uri += "/";
            uri += segment;
        }
        uri
    });
    let object = (
        prop_oneof![Just("a"), Just("b")],
        prop_oneof![
            Just(""),
            Just("/Num"),
            Just("/Kept"),
            Just("/Sub"),
            Just("/Sub/x"),
            Just("/Sub/y"),
            Just("/Sub/x/z")
        ],
    )
        .prop_map(|(name, tail)| format!("./App/{name}{tail}"));
    let fixed = prop::sample::select(vec![
        ".",
        "./Fix",
        "Fix/Leaf",
        "./Fix/Dark",
        "./Fix/Leaf/x",
        "App",
        "./Open",
        "./Open/Hard",
        "./Live/Set",
        "./Nowhere",
        "./App/",
        "./App//a",
        "./App/../Fix",
        "./App/aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa",
    ]);
    prop_oneof![3 => object, 1 => in_app, 1 => fixed.prop_map(String::from)]
}

fn ops() -> impl Strategy<Value = Op> {
    let who = || prop::sample::select(vec!["s1", "s1", "s2"]);
    let format = || prop::sample::select(vec!["", "chr", "int", "node", "node", "bool"]);
    let value = || prop::sample::select(vec!["", "1", "-5", "text", "4294967296"]);
    let acl = prop::sample::select(vec![
        "",
        "Add=*&Delete=*&Get=*&Replace=*",
        "Add=*&Delete=*&Get=*&Replace=*",
        "Add=*&Get=*",
        "Get=s1+s2&Replace=s1",
        "Replace=s2&Add=*",
        "Bad=*",
        "Delete=s1&Get=*",
    ]);
    let names = prop::sample::select(vec![
        "a",
        "b",
        "c",
        "Num",
        "Other",
        "",
        "x/y",
        ".",
        "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa",
    ]);
    let property = prop::sample::select(vec!["ACL", "Title", "Name", "Size", ""]);
    prop_oneof![
        4 => (who(), uris(), format(), value()).prop_map(|(w, u, f, v)| Op::Add(w, u, f, if f == "node" { "" } else { v })),
        3 => (who(), uris(), format(), value()).prop_map(|(w, u, f, v)| Op::Replace(w, u, f, v)),
        3 => (who(), uris(), acl).prop_map(|(w, u, v)| Op::Property(w, u, "ACL", v)),
        1 => (who(), uris(), names).prop_map(|(w, u, v)| Op::Property(w, u, "Name", v)),
        1 => (who(), uris(), value()).prop_map(|(w, u, v)| Op::Property(w, u, "Title", v)),
        1 => (who(), uris()).prop_map(|(w, u)| Op::Property(w, u, "Size", "1")),
        2 => (who(), uris()).prop_map(|(w, u)| Op::Delete(w, u)),
        3 => (who(), uris(), property).prop_map(|(w, u, p)| Op::Get(w, u, p)),
        1 => (who(), uris()).prop_map(|(w, u)| Op::List(w, u)),
    ]
}

/// The names and values of the tree, as the device sees them.
fn content(tree: &mut Tree<'_>) -> BTreeMap<String, String> {
    let mut all = BTreeMap::new();
    let mut stack = vec![(tree.local().find(".").unwrap(), String::new())];
    while let Some((node, path)) = stack.pop() {
        let mut value = Collect::default();
        if tree.local().is_leaf(node) {
            tree.local().read(node, &mut Sink::new(&mut value)).unwrap();
        }
        assert!(
            all.insert(path.clone(), String::from_utf8(value.0).unwrap())
                .is_none(),
            "{path} twice"
        );
        let mut child = tree.local().first_child(node);
        while let Some(node) = child {
            let name = String::from_utf8(tree.local().name(node).to_vec()).unwrap();
            let parent = tree
                .local()
                .find(if path.is_empty() { "." } else { &path })
                .unwrap();
            assert_eq!(tree.local().child(parent, &name), Some(node));
            let wanted = ["?", name.as_str()];
            assert_eq!(tree.local().children(parent, &wanted), [None, Some(node)]);
            stack.push((node, join(&path, &name)));
            child = tree.local().next_sibling(node);
        }
    }
    all
}

fn value<'v>(format: &str, data: &'v str) -> Value<'v> {
    let format = Format::from_name(format.as_bytes());
    Value {
        format,
        mime: b"",
        data: (format != Some(Format::Node)).then_some(data.as_bytes()),
    }
}

/// What a command answers: a status, and what it reads.
type Answer = Result<Vec<String>, u16>;

fn status(code: u16) -> Answer {
    if code == 200 {
        Ok(Vec::new())
    } else {
        Err(code)
    }
}

/// The names of children in order; other values as they are.
fn sorted(value: String, is_list: bool) -> Vec<String> {
    if !is_list {
        return vec![value];
    }
    let mut names: Vec<String> = value.split('/').map(str::to_owned).collect();
    names.sort_unstable();
    names
}

fn with_property(uri: &str, property: &str) -> String {
    if property.is_empty() {
        uri.to_owned()
    } else {
        format!("{uri}?prop={property}")
    }
}

/// What the tree makes of a command.
fn ask(tree: &mut Tree<'_>, op: &Op) -> Answer {
    let principal = |who: &'static str| Principal::dangerous_assume(who.as_bytes());
    match op {
        Op::Add(who, uri, format, data) => status(common::code(tree.add(
            &principal(who),
            uri.as_bytes(),
            &value(format, data),
        ))),
        Op::Replace(who, uri, format, data) => {
            let new = Value {
                data: Some(data.as_bytes()),
                ..value(format, data)
            };
            status(common::code(tree.replace(
                &principal(who),
                uri.as_bytes(),
                &new,
            )))
        }
        Op::Property(who, uri, property, data) => {
            let target = with_property(uri, property);
            status(common::replace(tree, &principal(who), &target, data))
        }
        Op::Delete(who, uri) => status(common::delete(tree, &principal(who), uri)),
        Op::Get(who, uri, property) => {
            let interior = tree
                .local()
                .find(uri)
                .is_some_and(|node| !tree.local().is_leaf(node));
            get(tree, &principal(who), &with_property(uri, property))
                .map(|value| sorted(value, interior && property.is_empty()))
                .map_err(|reason| reason.status().0)
        }
        Op::List(who, uri) => {
            let target = format!("{uri}?list=Struct");
            let who = principal(who);
            let mut listing = tree
                .listing(&who, target.as_bytes())
                .map_err(|reason| reason.status().0)?;
            let mut seen = Vec::new();
            while let Some(item) = tree.next_item(&who, &mut listing).unwrap() {
                let mut uri = Collect::default();
                tree.uri(item.node(), &mut Sink::new(&mut uri)).unwrap();
                let uri = String::from_utf8(uri.0).unwrap();
                seen.push(
                    uri.trim_start_matches('.')
                        .trim_start_matches('/')
                        .to_owned(),
                );
            }
            seen.sort_unstable();
            Ok(seen)
        }
    }
}

/// What the model makes of it.
fn expect(model: &mut Model, op: &Op) -> Answer {
    match op {
        Op::Add(who, uri, format, data) => status(model.add(who, uri, format, data)),
        Op::Replace(who, uri, format, data) => status(model.replace(who, uri, format, data)),
        Op::Property(who, uri, property, data) => status(model.property(who, uri, property, data)),
        Op::Delete(who, uri) => status(model.delete(who, uri)),
        Op::Get(who, uri, property) => {
            let value = model.get(who, uri, property)?;
            let path = Model::path(uri)?;
            let interior = plain::RULES[model.map[&path].rule].format == "node";
            Ok(sorted(value, interior && property.is_empty()))
        }
        Op::List(who, uri) => model.list(who, uri),
    }
}

/// Names and values, as the model has them.
fn wanted(model: &Model) -> BTreeMap<String, String> {
    let all = model.map.iter();
    all.map(|(path, node)| (path.clone(), node.value.clone()))
        .collect()
}

fn apply(tree: &mut Tree<'_>, model: &mut Model, op: &Op) {
    assert_eq!(ask(tree, op), expect(model, op), "{op:?}");
    assert_eq!(content(tree), wanted(model), "{op:?}");
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 400, failure_persistence: None, ..ProptestConfig::default() })]

    /// TREE-C-011, TREE-C-049, TREE-C-053, TREE-C-055, TREE-C-084
    #[test]
    fn random_commands_have_the_statuses_and_effects_of_a_plain_map(ops in prop::collection::vec(ops(), 1..60), open in any::<bool>()) {
        let mut tree = tree_of(common::ROOMY, schema(DEVICE), Vec::new());
        let mut model = Model::new();
        if open {
            let acl = "Add=*&Delete=*&Get=*&Replace=*";
            tree.factory().acl(".", acl).unwrap();
            model.map.get_mut("").unwrap().acl = acl.into();
        }
        for op in &ops {
            apply(&mut tree, &mut model, op);
        }
    }
}

#[test]
fn the_model_is_no_echo() {
    // The description the tree reads and the rules the model reads are two texts.
    let mut tree = tree_of(common::ROOMY, schema(DEVICE), Vec::new());
    assert_eq!(add(&mut tree, &common::S1, "./App/a/Num", "int", "1"), 200);
    assert_eq!(Model::new().add("s1", "./App/a/Num", "int", "1"), 200);
}
