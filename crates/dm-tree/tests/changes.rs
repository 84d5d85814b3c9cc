//! The list of changes: what is in it, by whom, and what is not.

#![cfg(all(feature = "changes", feature = "transaction", feature = "properties"))]
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing
)]

mod common;

use common::{S1, S2, add, at, code, delete, replace, schema, tree_of};
use dm_tree::{At, Change, Handler, Mount, Outcome, Progress, Reason, Sink, Tree, Value, What};

const DEVICE: &str = "
DevInfo node PR/G
  Man chr PR/Gr default=Acme
App node PRt/AGDr
  * node -/AGDr
    Port int -/AGDr
    Sub node -/AGD
      * chr -/AGDr
Live node PR/G
  Set chr PR/Gr
  Big chr PR/Gr
";

/// Takes values whole and in pieces, in the second of two calls.
struct Slow(bool);

impl Slow {
    fn answer(&mut self) -> Outcome {
        self.0 = !self.0;
        Ok(if self.0 {
            Progress::NotYet
        } else {
            Progress::Done
        })
    }
}

impl Handler for Slow {
    fn get(&mut self, _: At<'_>, out: &mut Sink<'_>) -> Outcome {
        out.text("")
    }
    fn replace(&mut self, _: At<'_>, value: Value<'_>) -> Outcome {
        if value.bytes() == b"no" {
            return Err(Reason::InUse);
        }
        self.answer()
    }
    fn write(&mut self, _: At<'_>, _: u32, _: u32, _: &[u8]) -> Outcome {
        Ok(Progress::Done)
    }
}

fn device(entries: usize) -> Tree<'static> {
    let schema = schema(DEVICE);
    let slow = Box::leak(Box::new(Slow(false)));
    let mounts = vec![Mount::new(at(schema, "./Live"), slow)];
    let mut tree = tree_of(common::ROOMY, schema, mounts);
    tree.factory()
        .acl(".", "Add=*&Delete=*&Get=*&Replace=*")
        .unwrap();
    tree.observe(common::leak(Change::EMPTY, entries));
    tree
}

/// Each entry as `what URI author`, of a removed node the description below its parent.
fn listed(tree: &mut Tree<'_>) -> Vec<String> {
    let changes = tree.changes().to_vec();
    let mut lines = Vec::new();
    for change in changes {
        let mut uri = common::Collect::default();
        let _ = tree.uri(change.node(), &mut Sink::new(&mut uri));
        let uri = String::from_utf8(uri.0).unwrap();
        let who = match (change.is_by(b"s1"), change.is_by(b"s2")) {
            (true, _) => "s1",
            (_, true) => "s2",
            _ if change.is_by_factory() => "factory",
            _ if change.is_by_server() => "server",
            _ => "device",
        };
        let name = if change.what() == What::Removed {
            format!("/{}", tree.schema().format_name(change.desc()))
        } else {
            String::new()
        };
        lines.push(format!("{:?} {uri}{name} {who}", change.what()));
    }
    lines
}

trait FormatName {
    fn format_name(&self, id: dm_tree::DescId) -> &'static str;
}

impl FormatName for dm_tree::Schema<'_> {
    fn format_name(&self, id: dm_tree::DescId) -> &'static str {
        self.get(id).unwrap().format().name()
    }
}

#[test]
fn every_kind_of_change_is_listed_with_its_author() {
    let mut tree = device(20);
    assert!(tree.changes().is_empty() && !tree.changes_lost());
    assert_eq!(add(&mut tree, &S1, "./App/a/Sub/x", "chr", "1"), 200);
    assert_eq!(replace(&mut tree, &S2, "./App/a/Sub/x", "2"), 200);
    assert_eq!(replace(&mut tree, &S2, "./App/a?prop=ACL", "Get=*"), 200);
    assert_eq!(replace(&mut tree, &S1, "./App?prop=Title", "All"), 200);
    tree.local().set("./DevInfo/Man", b"Other").unwrap();
    tree.factory().set("./App/b/Port", b"80").unwrap();
    tree.factory()
        .acl("./App/b", "Add=*&Replace=*&Delete=s2")
        .unwrap();
    assert_eq!(replace(&mut tree, &S1, "./App/b?prop=Name", "c"), 200);
    tree.purge_server(b"s2").unwrap();
    assert_eq!(
        listed(&mut tree),
        [
            "Added ./App/a s1",
            "Value ./App/a/Sub/x s2",
            "Acl ./App/a s2",
            "Title ./App s1",
            "Value ./DevInfo/Man device",
            "Added ./App/c factory",
            "Acl ./App/c factory",
            "Name ./App/c s1",
            "Acl ./App/c device",
        ]
    );
    tree.forget_changes();
    assert!(tree.changes().is_empty());
    tree.local().delete("./App/c").unwrap();
    assert_eq!(listed(&mut tree), ["Removed ./App/node device"]);
    assert!(!tree.changes()[0].is_by(b"s1"));
}

#[test]
fn what_is_refused_not_ready_or_the_same_again_is_not_listed() {
    let mut tree = device(20);
    assert_eq!(replace(&mut tree, &S1, "./Nothing", "1"), 404);
    assert_eq!(add(&mut tree, &S1, "./App/a/Port", "int", "x"), 500);
    assert_eq!(delete(&mut tree, &S1, "./DevInfo"), 405);
    assert_eq!(replace(&mut tree, &S1, "./Live/Set", "no"), 403);
    assert_eq!(replace(&mut tree, &S1, "./Live/Set", "yes"), 0, "not yet");
    assert!(tree.changes().is_empty());
    assert_eq!(replace(&mut tree, &S1, "./Live/Set", "yes"), 200);
    for n in 0..5 {
        assert_eq!(
            replace(&mut tree, &S1, "./DevInfo/Man", &n.to_string()),
            200
        );
    }
    // In pieces it counts when it is complete.
    let piece = |tree: &mut Tree<'_>, offset, bytes: &[u8]| {
        code(tree.write(&S2, b"./Live/Big", &Value::of(bytes), offset, 5))
    };
    assert_eq!(piece(&mut tree, 0, b"abc"), 200);
    let before = ["Value ./Live/Set s1", "Value ./DevInfo/Man s1"];
    assert_eq!(listed(&mut tree), before);
    assert_eq!(piece(&mut tree, 3, b"de"), 200);
    let node = tree.local().find("./Live/Set").unwrap();
    tree.local().touched(node).unwrap();
    assert_eq!(
        listed(&mut tree),
        [
            &before[..],
            &["Value ./Live/Big s2", "Value ./Live/Set device"]
        ]
        .concat()
    );
}

#[test]
fn a_transaction_that_is_rolled_back_leaves_nothing_in_the_list() {
    let mut tree = device(20);
    assert_eq!(replace(&mut tree, &S1, "./DevInfo/Man", "1"), 200);
    for commits in [false, true] {
        tree.begin().unwrap();
        assert_eq!(add(&mut tree, &S1, "./App/a/Port", "int", "1"), 200);
        assert_eq!(replace(&mut tree, &S1, "./DevInfo/Man", "2"), 200);
        assert_eq!(tree.changes().len(), 2, "seen inside");
        if commits {
            assert_eq!(code(tree.commit()), 200);
            assert_eq!(
                listed(&mut tree),
                ["Value ./DevInfo/Man s1", "Added ./App/a s1"]
            );
        } else {
            tree.roll_back();
            assert_eq!(listed(&mut tree), ["Value ./DevInfo/Man s1"]);
        }
    }
}

#[test]
fn a_full_list_says_that_something_is_missing() {
    for entries in 0..4 {
        let mut tree = device(entries);
        for name in ["a", "b", "c"] {
            assert_eq!(
                add(&mut tree, &S1, &format!("./App/{name}"), "node", ""),
                200
            );
        }
        assert_eq!(tree.changes().len(), entries.min(3));
        assert_eq!(tree.changes_lost(), entries == 1 || entries == 2);
        tree.forget_changes();
        assert!(!tree.changes_lost() && tree.changes().is_empty());
    }
}

#[test]
fn an_entry_is_twelve_bytes() {
    assert_eq!(size_of::<Change>(), 12);
}
