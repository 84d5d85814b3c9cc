//! Random commands against a plain map: the same statuses, the same content.
//!
//! The model keeps a map from path to node and decides each command by the rules as they are written down, in their
//! order, with none of the tree's machinery.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing
)]

mod common;

use std::collections::BTreeMap;

use common::{Collect, add, get, schema, tree_of};
use dm_tree::{Format, Principal, Sink, Tree, Value};
use proptest::prelude::*;

const DEVICE: &str = "
Fix node PR/G
  Leaf chr PRt/Gr default=first
  Dark chr PR/r
App node PRt/AGDr
  * node t/AGDr max=2
    Num int s/AGr
    Kept chr -/AG
    Sub node -/AGD
      * chr -/AGDr
      * int -/AGD
    Bare node -/G
Open node -/AGD
  Hard chr PR/G
";

/// One line of the description: pattern, format, permanent, AccessType, bound, Size, Title.
struct Rule {
    pattern: &'static str,
    format: &'static str,
    permanent: bool,
    access: &'static str,
    max: usize,
    size: bool,
    title: bool,
}

const fn rule(
    pattern: &'static str,
    format: &'static str,
    permanent: bool,
    access: &'static str,
    max: usize,
    size: bool,
    title: bool,
) -> Rule {
    Rule {
        pattern,
        format,
        permanent,
        access,
        max,
        size,
        title,
    }
}

const RULES: [Rule; 14] = [
    rule("Fix", "node", true, "G", 1, false, false),
    rule("Fix/Leaf", "chr", true, "Gr", 1, false, true),
    rule("Fix/Dark", "chr", true, "r", 1, false, false),
    rule("App", "node", true, "AGDr", 1, false, true),
    rule("App/*", "node", false, "AGDr", 2, false, true),
    rule("App/*/Num", "int", false, "AGr", 1, true, false),
    rule("App/*/Kept", "chr", false, "AG", 1, false, false),
    rule("App/*/Sub", "node", false, "AGD", 1, false, false),
    rule("App/*/Sub/*", "chr", false, "AGDr", 0, false, false),
    rule("App/*/Sub/*", "int", false, "AGD", 0, false, false),
    rule("App/*/Bare", "node", false, "G", 1, false, false),
    rule("Open", "node", false, "AGD", 1, false, false),
    rule("Open/Hard", "chr", true, "G", 1, false, false),
    rule("", "node", true, "AGr", 1, false, false),
];

#[derive(Clone, PartialEq, Debug)]
struct Node {
    rule: usize,
    value: String,
    acl: String,
    title: String,
}

type Map = BTreeMap<String, Node>;

fn parent(path: &str) -> &str {
    path.rsplit_once('/').map_or("", |(parent, _)| parent)
}

fn name(path: &str) -> &str {
    path.rsplit_once('/').map_or(path, |(_, name)| name)
}

fn matches(pattern: &str, path: &str) -> bool {
    let (pattern, path): (Vec<_>, Vec<_>) =
        (pattern.split('/').collect(), path.split('/').collect());
    pattern.len() == path.len() && pattern.iter().zip(&path).all(|(p, s)| p == s || *p == "*")
}

fn choose(path: &str, format: &str) -> Option<usize> {
    let fits = |i: &usize| {
        path.is_empty() == RULES[*i].pattern.is_empty() && matches(RULES[*i].pattern, path)
    };
    let named = (0..RULES.len())
        .filter(fits)
        .find(|i| name(RULES[*i].pattern) == name(path));
    let unnamed: Vec<usize> = (0..RULES.len())
        .filter(fits)
        .filter(|i| name(RULES[*i].pattern) == "*")
        .collect();
    named
        .or_else(|| unnamed.iter().copied().find(|i| RULES[*i].format == format))
        .or_else(|| {
            unnamed
                .iter()
                .copied()
                .find(|i| (RULES[*i].format == "node") == (format == "node"))
        })
}

struct Model {
    map: Map,
}

impl Model {
    fn new() -> Self {
        let mut map = Map::new();
        for path in ["", "Fix", "Fix/Leaf", "Fix/Dark", "App"] {
            let rule = choose(path, "node").unwrap();
            let value = if path == "Fix/Leaf" { "first" } else { "" };
            map.insert(
                path.into(),
                Node {
                    rule,
                    value: value.into(),
                    acl: String::new(),
                    title: String::new(),
                },
            );
        }
        map.get_mut("").unwrap().acl = "Add=*&Get=*".into();
        Self { map }
    }

    fn effective<'m>(&'m self, path: &str) -> &'m str {
        let acl = &self.map[path].acl;
        if acl.is_empty() && !path.is_empty() {
            self.effective(parent(path))
        } else {
            acl
        }
    }

    fn may(&self, who: &str, verb: &str, path: &str) -> bool {
        self.effective(path)
            .split('&')
            .filter_map(|entry| entry.split_once('='))
            .any(|(command, ids)| {
                command == verb && ids.split('+').any(|id| id == "*" || id == who)
            })
    }

    fn children(&self, path: &str) -> Vec<&str> {
        self.map
            .keys()
            .filter(|key| !key.is_empty() && parent(key) == path)
            .map(|key| name(key))
            .collect()
    }

    fn subtree(&self, path: &str) -> Vec<String> {
        let below = format!("{path}/");
        self.map
            .keys()
            .filter(|key| *key == path || key.starts_with(&below))
            .cloned()
            .collect()
    }

    fn check(format: &str, value: &str) -> u16 {
        match format {
            "int"
                if value
                    .parse::<i64>()
                    .is_ok_and(|n| (-2_147_483_648..=4_294_967_295).contains(&n)) =>
            {
                200
            }
            "int" => 500,
            _ => 200,
        }
    }

    /// Path of a URI without query, or the status of a bad one.
    fn path(uri: &str) -> Result<String, u16> {
        if uri == "." {
            return Ok(String::new());
        }
        let path = uri.strip_prefix("./").unwrap_or(uri);
        if path
            .split('/')
            .any(|segment| segment.is_empty() || segment == "." || segment == "..")
        {
            return Err(404);
        }
        if path.split('/').any(|segment| segment.len() > 32) {
            return Err(414);
        }
        Ok(path.into())
    }

    fn add(&mut self, who: &str, uri: &str, format: &str, value: &str) -> u16 {
        let path = match Self::path(uri) {
            Ok(path) => path,
            Err(code) => return code,
        };
        if self.map.contains_key(&path) {
            return 418;
        }
        let mut missing = vec![path.clone()];
        while !self.map.contains_key(parent(missing.last().unwrap())) {
            missing.push(parent(missing.last().unwrap()).into());
        }
        missing.reverse();
        let before = self.map.clone();
        for (i, path) in missing.iter().enumerate() {
            let last = i + 1 == missing.len();
            let format = if last { format } else { "node" };
            if let Err(code) =
                self.add_one(who, path, format, if last { value } else { "" }, i == 0)
            {
                self.map = before;
                return code;
            }
        }
        200
    }

    fn add_one(
        &mut self,
        who: &str,
        path: &str,
        format: &str,
        value: &str,
        first: bool,
    ) -> Result<(), u16> {
        if self.map.contains_key(path) {
            return Err(418);
        }
        let above = parent(path);
        if RULES[self.map[above].rule].format != "node" {
            return Err(405);
        }
        let meant = if format.is_empty() { "chr" } else { format };
        let chosen = choose(path, meant).ok_or(405u16)?;
        let rule = &RULES[chosen];
        let same = self
            .children(above)
            .iter()
            .filter(|child| self.map[&join(above, child)].rule == chosen)
            .count();
        if rule.permanent || !rule.access.contains('A') || (rule.max != 0 && same >= rule.max) {
            return Err(405);
        }
        if first && !self.may(who, "Add", above) {
            return Err(425);
        }
        if rule.format != format && !(format.is_empty() && rule.format != "node") {
            return Err(415);
        }
        match Self::check(rule.format, value) {
            200 => {}
            code => return Err(code),
        }
        let owned = first && rule.format == "node" && !self.may(who, "Replace", above);
        let acl = if owned {
            format!("Add={who}&Delete={who}&Replace={who}")
        } else {
            String::new()
        };
        self.map.insert(
            path.into(),
            Node {
                rule: chosen,
                value: value.into(),
                acl,
                title: String::new(),
            },
        );
        if path == "Open" {
            let hard = choose("Open/Hard", "chr").unwrap();
            self.map.insert(
                "Open/Hard".into(),
                Node {
                    rule: hard,
                    value: String::new(),
                    acl: String::new(),
                    title: String::new(),
                },
            );
        }
        Ok(())
    }

    fn replace(&mut self, who: &str, uri: &str, format: &str, value: &str) -> u16 {
        let path = match Self::path(uri) {
            Ok(path) => path,
            Err(code) => return code,
        };
        let Some(node) = self.map.get(&path) else {
            return 404;
        };
        let rule = &RULES[node.rule];
        let other = !format.is_empty() && format != rule.format;
        if rule.format == "node" || (rule.permanent && other) || !rule.access.contains('r') {
            return 405;
        }
        if !self.may(who, "Replace", &path) {
            return 425;
        }
        if other {
            return 415;
        }
        let code = Self::check(rule.format, value);
        if code == 200 {
            self.map.get_mut(&path).unwrap().value = value.into();
        }
        code
    }

    fn property(&mut self, who: &str, uri: &str, property: &str, value: &str) -> u16 {
        let path = match Self::path(uri) {
            Ok(path) => path,
            Err(code) => return code,
        };
        let Some(node) = self.map.get(&path) else {
            return 404;
        };
        let rule = &RULES[node.rule];
        let leaf = rule.format != "node";
        match property {
            "ACL" => {
                let by_parent = !path.is_empty() && self.may(who, "Replace", parent(&path));
                let by_node = (!leaf || path.is_empty()) && self.may(who, "Replace", &path);
                if !by_parent && !by_node {
                    return 425;
                }
                if value.contains("Bad") {
                    return 500;
                }
                if path.is_empty() && !value.contains("Add=*") {
                    return 405;
                }
                self.map.get_mut(&path).unwrap().acl = value.into();
                200
            }
            "Title" if !rule.title => 406,
            "Title" if !self.may(who, "Replace", &path) => 425,
            "Title" => {
                self.map.get_mut(&path).unwrap().title = value.into();
                200
            }
            "Name" => {
                if rule.permanent {
                    return 405;
                }
                if !self.may(who, "Replace", &path) {
                    return 425;
                }
                if value.is_empty() || value.contains('/') || value == "." {
                    return 500;
                }
                if value.len() > 32 {
                    return 414;
                }
                let new = join(parent(&path), value);
                if new != path && self.map.contains_key(&new) {
                    return 418;
                }
                if choose(&new, rule.format) != Some(node.rule) {
                    return 405;
                }
                for old in self.subtree(&path) {
                    let node = self.map.remove(&old).unwrap();
                    self.map
                        .insert(format!("{new}{}", &old[path.len()..]), node);
                }
                200
            }
            "Size" if !rule.size => 406,
            _ => 405,
        }
    }

    fn delete(&mut self, who: &str, uri: &str) -> u16 {
        let path = match Self::path(uri) {
            Ok(path) => path,
            Err(code) => return code,
        };
        let Some(node) = self.map.get(&path) else {
            return 404;
        };
        let subtree = self.subtree(&path);
        let permanent = path.is_empty()
            || subtree
                .iter()
                .any(|path| RULES[self.map[path].rule].permanent);
        if permanent || !RULES[node.rule].access.contains('D') {
            return 405;
        }
        if !self.may(who, "Delete", &path) {
            return 425;
        }
        for path in subtree {
            self.map.remove(&path);
        }
        200
    }

    fn get(&self, who: &str, uri: &str, property: &str) -> Result<String, u16> {
        let path = Self::path(uri)?;
        let node = self.map.get(&path).ok_or(404u16)?;
        let rule = &RULES[node.rule];
        if (property == "Title" && !rule.title) || (property == "Size" && !rule.size) {
            return Err(406);
        }
        if !rule.access.contains('G') {
            return Err(405);
        }
        if !self.may(who, "Get", &path) {
            return Err(425);
        }
        Ok(match property {
            "ACL" => node.acl.clone(),
            "Title" => node.title.clone(),
            "Name" if path.is_empty() => ".".into(),
            "Name" => name(&path).into(),
            "Size" => node.value.len().to_string(),
            _ if rule.format == "node" => {
                let mut children = self.children(&path);
                children.sort_unstable();
                children.join("/")
            }
            _ => node.value.clone(),
        })
    }
}

fn join(parent: &str, name: &str) -> String {
    if parent.is_empty() {
        name.into()
    } else {
        format!("{parent}/{name}")
    }
}

#[derive(Clone, Debug)]
enum Op {
    Add(&'static str, String, &'static str, &'static str),
    Replace(&'static str, String, &'static str, &'static str),
    Property(&'static str, String, &'static str, &'static str),
    Delete(&'static str, String),
    Get(&'static str, String, &'static str),
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

fn apply(tree: &mut Tree<'_>, model: &mut Model, op: &Op) {
    let principal = |who: &'static str| Principal::dangerous_assume(who.as_bytes());
    match op {
        Op::Add(who, uri, format, data) => {
            let have =
                common::code(tree.add(&principal(who), uri.as_bytes(), &value(format, data)));
            assert_eq!(have, model.add(who, uri, format, data), "{op:?}");
        }
        Op::Replace(who, uri, format, data) => {
            let new = Value {
                data: Some(data.as_bytes()),
                ..value(format, data)
            };
            let have = common::code(tree.replace(&principal(who), uri.as_bytes(), &new));
            assert_eq!(have, model.replace(who, uri, format, data), "{op:?}");
        }
        Op::Property(who, uri, property, data) => {
            let target = format!("{uri}?prop={property}");
            let have = common::replace(tree, &principal(who), &target, data);
            assert_eq!(have, model.property(who, uri, property, data), "{op:?}");
        }
        Op::Delete(who, uri) => {
            assert_eq!(
                common::delete(tree, &principal(who), uri),
                model.delete(who, uri),
                "{op:?}"
            );
        }
        Op::Get(who, uri, property) => {
            let target = if property.is_empty() {
                uri.clone()
            } else {
                format!("{uri}?prop={property}")
            };
            let mut have = get(tree, &principal(who), &target).map_err(|reason| reason.status().0);
            let interior = tree
                .local()
                .find(uri)
                .is_some_and(|node| !tree.local().is_leaf(node));
            if let (Ok(list), true, "") = (&mut have, interior, *property) {
                let mut names: Vec<&str> = list.split('/').collect();
                names.sort_unstable();
                *list = names.join("/");
            }
            assert_eq!(have, model.get(who, uri, property), "{op:?}");
        }
    }
    let want: BTreeMap<String, String> = model
        .map
        .iter()
        .map(|(path, node)| (path.clone(), node.value.clone()))
        .collect();
    assert_eq!(content(tree), want, "{op:?}");
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
