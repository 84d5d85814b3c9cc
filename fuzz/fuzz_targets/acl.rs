//! An ACL is taken whole or not at all, and then grants what a plain reading of it grants, before and after a server is
//! removed from it.
#![no_main]

use dm_tree::mo::standard::SCHEMA;
use dm_tree::{
    NodeSlot, Output, Principal, RamStore, Reason, Sink, Tree, TreeMemory, UriLimits, Value, Verb,
};

const ROOT: &[u8] = b"Add=*&Delete=admin&Get=admin&Replace=admin";
const VERBS: [(Verb, &str); 5] = [
    (Verb::Add, "Add"),
    (Verb::Delete, "Delete"),
    (Verb::Exec, "Exec"),
    (Verb::Get, "Get"),
    (Verb::Replace, "Replace"),
];

struct Text(Vec<u8>);

impl Output for Text {
    fn put(&mut self, bytes: &[u8]) -> usize {
        self.0.extend_from_slice(bytes);
        bytes.len()
    }
}

/// Whether the text is an ACL by its grammar; the empty one is.
fn is_acl(text: &str) -> bool {
    text.is_empty()
        || text.split('&').all(|entry| {
            entry.split_once('=').is_some_and(|(command, ids)| {
                VERBS.iter().any(|(_, name)| *name == command)
                    && ids.split('+').all(|id| {
                        id == "*"
                            || (!id.is_empty()
                                && !id.contains(|c: char| {
                                    "=&*+ ".contains(c) || c.is_ascii_control()
                                }))
                    })
            })
        })
}

fn grants(text: &str, command: &str, id: &str) -> bool {
    text.split('&')
        .filter_map(|entry| entry.split_once('='))
        .any(|(name, ids)| name == command && ids.split('+').any(|one| one == "*" || one == id))
}

/// The ACL without a server.
fn purged(text: &str, id: &str) -> String {
    let entries = text.split('&').filter_map(|entry| {
        let (name, ids) = entry.split_once('=')?;
        let left: Vec<&str> = ids.split('+').filter(|one| *one != id).collect();
        (!left.is_empty()).then(|| format!("{name}={}", left.join("+")))
    });
    entries.collect::<Vec<_>>().join("&")
}

fn acl(tree: &mut Tree<'_>) -> String {
    let mut out = Text(Vec::new());
    let admin = Principal::dangerous_assume(b"admin");
    // Only who may Get sees it; the tree has no other way out.
    match tree.reading(&admin, b"./DMAcc?prop=ACL") {
        Ok(reading) => {
            tree.read(&reading, &mut Sink::new(&mut out))
                .expect("it was granted");
            String::from_utf8(out.0).expect("an ACL is text")
        }
        Err(reason) => panic!("{reason}"),
    }
}

fn check(tree: &mut Tree<'_>, text: &str, ids: &[&str]) {
    let node = tree.local().find("./DMAcc").expect("it is permanent");
    let effective = if text.is_empty() {
        core::str::from_utf8(ROOT).expect("text")
    } else {
        text
    };
    for id in ids {
        let who = Principal::dangerous_assume(id.as_bytes());
        for (verb, name) in VERBS {
            assert_eq!(
                tree.authorise(&who, verb, node).is_ok(),
                grants(effective, name, id),
                "{name} for {id:?} in {text:?}"
            );
        }
    }
}

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    let mut nodes = [NodeSlot::EMPTY; 40];
    let (mut pool, mut value, mut values) = (vec![0; 9000], vec![0; 5000], vec![0; 1024]);
    let mut store = RamStore::new(&mut values);
    let memory = TreeMemory {
        nodes: &mut nodes,
        pool: &mut pool,
        value: &mut value,
    };
    let mut tree =
        Tree::open(&SCHEMA, &mut store, &mut [], memory, UriLimits::default()).expect("room");
    let root = core::str::from_utf8(ROOT).expect("text");
    tree.factory().acl(".", root).expect("an ACL");
    let admin = Principal::dangerous_assume(b"admin");
    let taken = tree.replace(&admin, b"./DMAcc?prop=ACL", &Value::of(bytes));
    let Ok(text) = core::str::from_utf8(bytes) else {
        assert!(taken.is_err());
        return;
    };
    if !is_acl(text) {
        assert!(matches!(taken, Err(Reason::AclSyntax)), "{taken:?}");
        assert_eq!(acl(&mut tree), "");
        return;
    }
    if text.len() > 4095 {
        assert_eq!(taken, Err(Reason::Full));
        return;
    }
    taken.expect("a well-formed ACL");
    let mut ids: Vec<&str> = text
        .split(|c: char| "=&+".contains(c))
        .filter(|id| *id != "*" && !id.is_empty())
        .take(12)
        .collect();
    ids.extend(["", "admin", "s", "*x"]);
    check(&mut tree, text, &ids);
    if grants(text, "Get", "admin") {
        assert_eq!(acl(&mut tree), text);
    }
    if let Some(gone) = ids
        .first()
        .copied()
        .filter(|id| *id != "admin" && !id.is_empty())
    {
        tree.purge_server(gone.as_bytes()).expect("it only shrinks");
        check(&mut tree, &purged(text, gone), &ids);
    }
});
