//! Add and Replace of random documents, against a map of paths that does literally what the standard says: an Add is the
//! Adds of its nodes, a Replace deletes all children, replaces the first node and adds the others.

use std::collections::BTreeMap;

use crate::common::{S1, tree};
use crate::document::{Node, add, both, document, interior, leaf, replace};
use dm_tree::Tree;

/// Interior nodes go three levels down, with leaves in each.
const DEVICE: &str = "
V node PR/G
  * chr -/AGDr
  * node -/AGD
    * chr -/AGDr
    * node -/AGD
      * chr -/AGDr
      * node -/AGD
        * chr -/AGDr
";

/// Value of a leaf; none for an interior node.
type Nodes = BTreeMap<String, Option<String>>;

struct Random(u64);

impl Random {
    fn below(&mut self, n: usize) -> usize {
        self.0 = self
            .0
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        ((self.0 >> 33) as usize) % n
    }

    fn name(&mut self) -> &'static str {
        ["a", "b", "c"][self.below(3)]
    }
}

fn parent(path: &str) -> &str {
    path.rsplit_once('/').map_or("", |(parent, _)| parent)
}

/// One Add; `path` begins at ./V, which is "".
fn add_one(nodes: &mut Nodes, path: &str, value: Option<&str>) -> bool {
    let depth = path.split('/').count();
    let fits = depth <= if value.is_some() { 4 } else { 3 };
    let below = matches!(nodes.get(parent(path)), Some(None));
    if !fits || !below || nodes.contains_key(path) {
        return false;
    }
    nodes.insert(path.to_owned(), value.map(str::to_owned));
    true
}

fn join(base: &str, name: &str) -> String {
    match (base, name) {
        (base, "") => base.to_owned(),
        ("", name) => name.to_owned(),
        (base, name) => format!("{base}/{name}"),
    }
}

/// Every node of a document in its order: path below the base, value.
fn flat(node: &Node, above: &str, all: &mut Vec<(String, Option<String>)>) {
    let above = node.path.as_deref().unwrap_or(above);
    let path = join(above, &node.name);
    all.push((path.clone(), node.value.clone()));
    for child in &node.children {
        flat(child, &path, all);
    }
}

fn rest(tops: &[Node], from: usize) -> Vec<(String, Option<String>)> {
    let mut all = Vec::new();
    tops.iter()
        .skip(from)
        .for_each(|top| flat(top, "", &mut all));
    all
}

fn inside(top: &Node) -> Vec<(String, Option<String>)> {
    let mut all = Vec::new();
    top.children
        .iter()
        .for_each(|child| flat(child, "", &mut all));
    all
}

/// The Adds of these nodes. Where the target was the first node of the document, a path may begin with its name.
fn add_rest(
    nodes: &mut Nodes,
    target: &str,
    name: Option<&str>,
    all: &[(String, Option<String>)],
) -> bool {
    all.iter().all(|(path, value)| {
        let mut full = join(target, path);
        if let (Some(name), false) = (name, nodes.contains_key(parent(&full)))
            && let Some(inner) = path
                .strip_prefix(name)
                .and_then(|rest| rest.strip_prefix('/'))
        {
            full = join(target, inner);
        }
        add_one(nodes, &full, value.as_deref())
    })
}

fn add_model(nodes: &mut Nodes, target: &str, tops: &[Node]) -> bool {
    let last = target.rsplit('/').next().unwrap();
    let first = &tops[0];
    let mut all = Vec::new();
    let mut is_target = false;
    if nodes.contains_key(target) {
        if first.path.is_none() && first.name.is_empty() {
            return false;
        }
        all.extend(rest(tops, 0));
    } else {
        let names: Vec<&str> = target.split('/').collect();
        for depth in 1..names.len() {
            let above = names[..depth].join("/");
            if !nodes.contains_key(&above) && !add_one(nodes, &above, None) {
                return false;
            }
        }
        is_target = first.name.is_empty() || first.name == last;
        let value = first.value.as_deref().filter(|_| is_target);
        if !add_one(nodes, target, value) {
            return false;
        }
        if is_target {
            all.extend(inside(first));
            all.extend(rest(tops, 1));
        } else {
            all.extend(rest(tops, 0));
        }
    }
    add_rest(nodes, target, is_target.then_some(last), &all)
}

fn replace_model(nodes: &mut Nodes, target: &str, tops: &[Node]) -> bool {
    let Some(old) = nodes.get(target).cloned() else {
        return false;
    };
    let below = if target.is_empty() {
        String::new()
    } else {
        format!("{target}/")
    };
    nodes.retain(|path, _| path.is_empty() || path == target || !path.starts_with(&below));
    let first = &tops[0];
    let last = if target.is_empty() {
        "V"
    } else {
        target.rsplit('/').next().unwrap()
    };
    let is_target = first.name.is_empty() || first.name == last;
    let mut all = Vec::new();
    if is_target {
        if old.is_some() != first.value.is_some() {
            return false;
        }
        nodes.insert(target.to_owned(), first.value.clone());
        all.extend(inside(first));
        all.extend(rest(tops, 1));
    } else {
        all.extend(rest(tops, 0));
    }
    add_rest(nodes, target, is_target.then_some(last), &all)
}

fn random_node(random: &mut Random, depth: usize) -> Node {
    let name = random.name();
    if depth == 0 || random.below(3) == 0 {
        return leaf(name, "chr", ["x", "y", ""][random.below(3)]);
    }
    let mut node = interior(name);
    for _ in 0..random.below(3) {
        node = node.with(random_node(random, depth - 1));
    }
    node
}

fn random_document(random: &mut Random, last: &str) -> Vec<Node> {
    let count = [1, 1, 2, 3][random.below(4)];
    let mut tops: Vec<Node> = (0..count)
        .map(|_| {
            let depth = random.below(4);
            random_node(random, depth)
        })
        .collect();
    if random.below(2) == 0 {
        tops[0].name = ["", last][random.below(2)].to_owned();
    }
    for top in tops.iter_mut().skip(1) {
        if random.below(2) == 0 {
            let path = ["a", "b", "a/b", "c/a", "a/b/c"][random.below(5)];
            top.path = Some(path.to_owned());
        }
    }
    tops
}

fn found(tree: &mut Tree<'_>) -> Nodes {
    crate::common::picture(tree)
        .lines()
        .filter_map(|line| line.strip_prefix("./V"))
        .map(|line| {
            let (head, value) = match line.split_once(" = \"") {
                Some((head, rest)) => (
                    head,
                    rest.split_once('"').map(|(value, _)| value.to_owned()),
                ),
                None => (line.split(' ').next().unwrap(), None),
            };
            (head.trim_start_matches('/').to_owned(), value)
        })
        .collect()
}

/// TNDS-C-009, TNDS-C-018, TNDS-C-019, TNDS-C-021, TNDS-C-022, TNDS-C-023, PRO-C-053
#[test]
fn random_documents_do_what_their_commands_would_do() {
    let mut done = [[0u32; 2]; 2];
    for seed in 0..60 {
        let mut random = Random(seed);
        let mut tree = tree(DEVICE);
        tree.factory()
            .acl(".", "Add=*&Delete=*&Get=*&Replace=*")
            .unwrap();
        let mut nodes = Nodes::from([(String::new(), None)]);
        for _ in 0..120 {
            let depth = random.below(4);
            let mut target = String::new();
            for _ in 0..depth {
                target = join(&target, random.name());
            }
            let last = target.rsplit('/').next().unwrap().to_owned();
            let replaces = random.below(3) == 0;
            let last = if last.is_empty() { "V" } else { &last };
            let tops = random_document(&mut random, last);
            let mut wanted = nodes.clone();
            let fits = if replaces {
                replace_model(&mut wanted, &target, &tops)
            } else {
                add_model(&mut wanted, &target, &tops)
            };
            if !fits {
                wanted = nodes.clone();
            }
            let xml = document(&tops);
            let bytes = &both(&xml)[random.below(2)];
            let uri = join("./V", &target);
            let status = if replaces {
                replace(&mut tree, &S1, &uri, bytes)
            } else {
                add(&mut tree, &S1, &uri, bytes)
            };
            let what = if replaces { "Replace" } else { "Add" };
            assert_eq!(
                status == 200,
                fits,
                "{what} {uri} {xml} on {nodes:?}: {status}"
            );
            assert_eq!(found(&mut tree), wanted, "{what} {uri} {xml} on {nodes:?}");
            nodes = wanted;
            done[usize::from(replaces)][usize::from(fits)] += 1;
            // Not too much at a time.
            if nodes.len() > 25 {
                tree.local().delete("./V/a").ok();
                nodes.retain(|path, _| path != "a" && !path.starts_with("a/"));
            }
        }
    }
    assert!(done.iter().flatten().all(|count| *count > 300), "{done:?}");
}
