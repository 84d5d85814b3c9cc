//! Structure and values in a store that outlives the tree: what comes back, what it costs, what a new schema does to it.

#![cfg(all(feature = "durable", feature = "transaction", feature = "properties"))]
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing
)]

mod common;

use common::flash::{Flash, reopen};
use common::{
    S1, Size, add, code, delete, get, get_code, memory, open, picture, replace, schema, value,
};
use dm_tree::{Key, RamStore, Reason, Store, Tree, Value};
use proptest::prelude::*;

const DEVICE: &str = "
DevInfo node PR/G
  Man chr PRv/Gr default=Acme
  Lang chr PR/Gr
  Ext node Pt/G
    Serial chr P/Gr
App node PRt/AGDr
  * node tSv/AGDr max=4
    Port int sv/AGr
    Text chr -/AGDr mime=text/plain|text/xml
    Sub node -/AGD
      * chr -/AGDr
Bag node -/AGD
  Fixed chr PR/Gr default=fix
  Free chr -/AG
DevDetail node PR/G
  URI node PR/G
    MaxDepth chr PR/G
";

fn tree_on(flash: &Flash, drawing: &str) -> Tree<'static> {
    reopen(flash, schema(drawing)).expect("a tree")
}

fn device(flash: &Flash) -> Tree<'static> {
    tree_on(flash, DEVICE)
}

/// A tree with a bit of everything.
fn furnished(flash: &Flash) -> Tree<'static> {
    let mut tree = device(flash);
    tree.factory()
        .acl(".", "Add=*&Delete=*&Get=*&Replace=*")
        .unwrap();
    tree.set_utc(Some(1_000_000_000));
    tree.factory().set("./DevInfo/Ext/Serial", b"007").unwrap();
    assert_eq!(replace(&mut tree, &S1, "./DevInfo/Man", "Other"), 200);
    assert_eq!(add(&mut tree, &S1, "./App/one/Port", "int", "80"), 200);
    assert_eq!(add(&mut tree, &S1, "./App/one/Sub/x", "chr", "deep"), 200);
    assert_eq!(
        add(&mut tree, &S1, "./App/one/Sub/dot.", "chr", "leaf"),
        200
    );
    let xml = Value {
        mime: b"text/xml",
        ..value("chr", "<a/>")
    };
    assert_eq!(code(tree.add(&S1, b"./App/two/Text", &xml)), 200);
    assert_eq!(replace(&mut tree, &S1, "./App/two?prop=Title", "Zwei"), 200);
    assert_eq!(
        replace(
            &mut tree,
            &S1,
            "./App/one?prop=ACL",
            "Add=*&Delete=*&Get=*&Replace=*"
        ),
        200
    );
    assert_eq!(replace(&mut tree, &S1, "./App/one?prop=Name", "uno"), 200);
    assert_eq!(add(&mut tree, &S1, "./Bag", "node", ""), 200);
    assert_eq!(replace(&mut tree, &S1, "./Bag/Fixed", "mine"), 200);
    tree
}

/// TREE-C-006, TREE-C-020, TREE-C-026
#[test]
fn everything_comes_back_after_a_restart() {
    let flash = Flash::default();
    let mut tree = furnished(&flash);
    let before = picture(&mut tree);
    assert!(before.contains("./App/uno/Sub/x = \"deep\""), "{before}");
    assert!(
        before.contains("Title=Zwei") && before.contains("Type=text/xml"),
        "{before}"
    );
    assert!(before.contains("TStamp=20010909T014640Z"), "{before}");
    assert!(
        before.contains("./Bag/Fixed = \"mine\"")
            && before.contains("./DevInfo/Ext/Serial = \"007\""),
        "{before}"
    );
    for _ in 0..3 {
        let mut tree = device(&flash);
        assert_eq!(picture(&mut tree), before);
        assert_eq!(tree.unbound(), 0);
    }
}

#[test]
fn nothing_comes_back_of_what_was_deleted() {
    let flash = Flash::default();
    let mut tree = furnished(&flash);
    assert_eq!(delete(&mut tree, &S1, "./App/uno"), 200);
    assert_eq!(tree.local().delete("./Bag"), Ok(()));
    let before = picture(&mut tree);
    let mut tree = device(&flash);
    assert_eq!(picture(&mut tree), before);
    let dynamic = flash
        .records()
        .keys()
        .filter(|key| (0x8000_0000..0x8001_0000).contains(*key))
        .count();
    assert_eq!(dynamic, 2, "./App/two and its Text");
    // What comes in the place of the old ones has nothing of them.
    assert_eq!(add(&mut tree, &S1, "./Bag", "node", ""), 200);
    assert_eq!(get(&mut tree, &S1, "./Bag/Fixed").unwrap(), "fix");
}

#[test]
fn a_command_on_one_leaf_writes_one_record() {
    let flash = Flash::default();
    let mut tree = furnished(&flash);
    flash.count();
    assert_eq!(replace(&mut tree, &S1, "./App/uno/Port", "81"), 200);
    assert_eq!(flash.count(), (1, 0));
    assert_eq!(replace(&mut tree, &S1, "./DevInfo/Man", "Third"), 200);
    assert_eq!(flash.count(), (1, 0));
    assert_eq!(
        replace(
            &mut tree,
            &S1,
            "./App/uno?prop=ACL",
            "Get=*&Replace=*&Delete=*&Add=*"
        ),
        200
    );
    assert_eq!(flash.count(), (1, 0));
    assert_eq!(replace(&mut tree, &S1, "./App/uno?prop=Name", "eins"), 200);
    assert_eq!(flash.count(), (1, 0), "however much lies below");
    assert_eq!(add(&mut tree, &S1, "./App/eins/Text", "chr", "t"), 200);
    assert_eq!(flash.count(), (1, 0));
    assert_eq!(delete(&mut tree, &S1, "./App/eins/Text"), 200);
    assert_eq!(flash.count(), (0, 1));
    assert_eq!(get(&mut tree, &S1, "./App/eins/Port").unwrap(), "81");
    assert_eq!(replace(&mut tree, &S1, "./App/eins/Port", "x"), 500);
    assert_eq!(flash.count(), (0, 0), "reading and refusing cost nothing");
}

#[test]
fn opening_writes_nothing_twice() {
    let flash = Flash::default();
    furnished(&flash);
    flash.count();
    device(&flash);
    assert_eq!(flash.count(), (0, 0));
}

#[test]
fn a_store_that_keeps_nothing_holds_values_only() {
    let mut bytes = [0u8; 4000];
    let mut store = RamStore::new(&mut bytes);
    store.write(Key(0x8000_0005), &[b"not a node"]).unwrap();
    let store = Box::leak(Box::new(RamStore::new(common::leak(0, 4000))));
    let mut tree = open(schema(DEVICE), store, Vec::new(), memory(common::ROOMY)).unwrap();
    tree.factory().acl(".", "Add=*&Get=*&Replace=*").unwrap();
    assert_eq!(add(&mut tree, &S1, "./App/a/Port", "int", "80"), 200);
    assert_eq!(get(&mut tree, &S1, "./App/a/Port").unwrap(), "80");
}

/// An independent reader of the records.
#[test]
fn records_are_cbor_maps() {
    let flash = Flash::default();
    furnished(&flash);
    let mut seen = Vec::new();
    for (key, record) in flash.records() {
        if key >= 0x8001_0000 {
            continue;
        }
        let mut decoder = minicbor::Decoder::new(&record);
        let pairs = decoder.map().unwrap().expect("a definite length");
        for _ in 0..pairs {
            let field = decoder.u8().unwrap();
            match field {
                0..=3 => {
                    decoder.u32().unwrap();
                }
                4..=8 => {
                    let bytes = decoder.bytes().unwrap();
                    seen.push((field, String::from_utf8(bytes.to_vec()).unwrap()));
                }
                other => panic!("key {other}"),
            }
        }
        assert_eq!(decoder.position(), record.len());
    }
    for want in [
        (4, "uno"),
        (5, "text/xml"),
        (7, "Zwei"),
        (8, "deep"),
        (8, "007"),
    ] {
        assert!(
            seen.iter()
                .any(|(field, text)| (*field, text.as_str()) == want),
            "{want:?}"
        );
    }
    assert!(
        flash
            .records()
            .contains_key(&Key::of_path(b"./DevInfo/Man").0)
    );
}

#[test]
fn a_new_schema_takes_over_by_name() {
    let flash = Flash::default();
    let mut tree = furnished(&flash);
    let before = picture(&mut tree);
    // The same nodes in another order, with new ones before and between them.
    let edited = "
DevDetail node PR/G
  URI node PR/G
    MaxDepth chr PR/G
New node PR/G
  Leaf chr PR/G default=new
App node PRt/AGDr
  Named chr -/AGr
  * int -/AGr
  * node tSv/AGDr max=4
    Sub node -/AGD
      Other chr -/AG
      * chr -/AGDr
    Extra chr -/AGr
    Text chr -/AGDr mime=text/plain|text/xml
    Port int sv/AGr
Bag node -/AGD
  Free chr -/AG
  Fixed chr PR/Gr default=fix
DevInfo node PR/G
  More chr PR/G
  Ext node Pt/G
    Serial chr P/Gr
  Man chr PRv/Gr default=Acme
  Lang chr PR/Gr
";
    let mut tree = tree_on(&flash, edited);
    let after = picture(&mut tree);
    for line in before.lines() {
        assert!(after.contains(line), "{line} is missing in {after}");
    }
    assert_eq!(tree.unbound(), 0);
    assert_eq!(get(&mut tree, &S1, "./New/Leaf").unwrap(), "new");
    assert_eq!(add(&mut tree, &S1, "./App/uno/Extra", "chr", "x"), 200);
    let mut tree = tree_on(&flash, edited);
    assert_eq!(get(&mut tree, &S1, "./App/uno/Extra").unwrap(), "x");
}

#[test]
fn what_has_no_place_is_counted_and_kept_until_it_is_dropped() {
    let flash = Flash::default();
    let mut tree = furnished(&flash);
    let before = picture(&mut tree);
    // Port is a text now, Sub is gone with what lies below, two objects are one too many.
    let narrow = "
DevInfo node PR/G
  Man chr PRv/Gr
App node PR/AGDr
  * node -/AGDr max=1
    Port chr -/AGr
    Text chr -/AGDr
";
    let mut tree = tree_on(&flash, narrow);
    let kept = picture(&mut tree);
    assert_eq!(
        get(&mut tree, &S1, "./App").unwrap().split('/').count(),
        1,
        "{kept}"
    );
    // Lost: Port, Sub and its two leaves, one object with its leaf, Bag and Fixed.
    assert_eq!(tree.unbound(), 8, "{kept}");
    // What is added meanwhile does not take their place.
    assert_eq!(add(&mut tree, &S1, "./App/uno/Text", "chr", "t"), 200);
    assert_eq!(delete(&mut tree, &S1, "./App/uno/Text"), 200);
    // Back to the old schema: all is there.
    let mut tree = device(&flash);
    assert_eq!(tree.unbound(), 0);
    let again = picture(&mut tree);
    for line in before
        .lines()
        .filter(|line| line.contains("./App") || line.contains("./Bag"))
    {
        assert!(again.contains(line), "{line} is missing in {again}");
    }
    // Dropped for good.
    let mut tree = tree_on(&flash, narrow);
    tree.factory().drop_unbound().unwrap();
    assert_eq!(tree.unbound(), 0);
    let mut tree = device(&flash);
    assert_eq!(get(&mut tree, &S1, "./App").unwrap(), "uno");
    assert_eq!(get_code(&mut tree, &S1, "./App/uno/Port"), 404);
    assert_eq!(get_code(&mut tree, &S1, "./Bag"), 404);
}

/// Power failed when an object was being removed: its own record is gone, those below it are not, and some of these have
/// lower numbers than what they hang below.
#[test]
fn what_is_left_below_a_removed_node_goes_whatever_its_number() {
    let flash = Flash::default();
    let mut tree = furnished(&flash);
    assert_eq!(delete(&mut tree, &S1, "./App/uno"), 200);
    for uri in ["./App/a", "./App/b", "./App/b/Sub"] {
        assert_eq!(add(&mut tree, &S1, uri, "node", ""), 200);
    }
    assert_eq!(delete(&mut tree, &S1, "./App/a"), 200);
    assert_eq!(add(&mut tree, &S1, "./App/b/Sub/x", "chr", "ghost"), 200);
    let number = |name: &[u8]| {
        let is = |record: &Vec<u8>| record.windows(name.len()).any(|piece| piece == name);
        let mut found = flash.records().into_iter().filter(|(_, record)| is(record));
        let number = found.next().unwrap().0;
        assert!(number > 0x8000_0000 && found.next().is_none());
        number
    };
    // Names as they stand in a record, with their key and length.
    let (b, sub, x) = (
        number(b"\x04\x41b"),
        number(b"\x04\x43Sub"),
        number(b"\x04\x41x"),
    );
    assert!(x < sub && x < b, "{x:x} {sub:x} {b:x}");
    flash.clone().erase(Key(b)).unwrap();
    let mut tree = device(&flash);
    assert_eq!(tree.unbound(), 0);
    assert!(
        [b, sub, x]
            .iter()
            .all(|key| !flash.records().contains_key(key))
    );
    // Whatever takes their numbers has nothing of them.
    for name in ["c", "d"] {
        let uri = format!("./App/{name}/Sub");
        assert_eq!(add(&mut tree, &S1, &uri, "node", ""), 200);
    }
    assert!(!picture(&mut device(&flash)).contains("ghost"));
}

#[test]
fn another_memory_holds_the_same_nodes() {
    let flash = Flash::default();
    let mut tree = furnished(&flash);
    for name in ["a", "b", "c"] {
        assert_eq!(delete(&mut tree, &S1, "./App/two"), 200);
        let uri = format!("./App/two/Sub/{name}");
        assert_eq!(add(&mut tree, &S1, &uri, "chr", name), 200);
        assert_eq!(
            add(
                &mut tree,
                &S1,
                &format!("./App/uno/Sub/{name}"),
                "chr",
                name
            ),
            200
        );
    }
    let before = picture(&mut tree);
    let live = before.lines().count();
    for nodes in live..live + 12 {
        let size = Size {
            nodes,
            ..common::ROOMY
        };
        let mut tree = open(schema(DEVICE), flash.store(), Vec::new(), memory(size)).unwrap();
        assert_eq!(picture(&mut tree), before, "{nodes} slots");
        if nodes > live {
            assert_eq!(add(&mut tree, &S1, "./App/uno/Sub/new", "chr", "new"), 200);
            let mut again = open(schema(DEVICE), flash.store(), Vec::new(), memory(size)).unwrap();
            assert_eq!(picture(&mut again), picture(&mut tree), "{nodes} slots");
            assert_eq!(delete(&mut tree, &S1, "./App/uno/Sub/new"), 200);
        }
    }
    let size = Size {
        nodes: live - 1,
        ..common::ROOMY
    };
    let opened = open(schema(DEVICE), flash.store(), Vec::new(), memory(size));
    assert_eq!(opened.map(|_| ()), Err(Reason::Full));
}

#[test]
fn damage_is_told() {
    let flash = Flash::default();
    furnished(&flash);
    for (key, record) in flash.records() {
        let damaged = flash.fork();
        let mut store = damaged.clone();
        store.write(Key(key), &[&[0xFF], &record]).unwrap();
        let opened = open(
            schema(DEVICE),
            damaged.store(),
            Vec::new(),
            memory(common::ROOMY),
        );
        assert_eq!(opened.map(|_| ()), Err(Reason::Store), "{key:x}");
    }
}

/// A random command by a server that may do everything, or a restart.
#[derive(Clone, Debug)]
enum Op {
    Add(String, &'static str),
    Replace(String, &'static str),
    Delete(String),
    Begin,
    Commit,
    RollBack,
    Restart,
}

fn ops() -> impl Strategy<Value = Op> {
    let name = || prop::sample::select(vec!["a", "b", "c"]);
    let leaf = (
        name(),
        prop::sample::select(vec!["Port", "Text", "Sub", "Sub/x", "Sub/y"]),
    )
        .prop_map(|(n, l)| format!("./App/{n}/{l}"));
    let any = prop_oneof![3 => leaf, 1 => name().prop_map(|n| format!("./App/{n}")), 1 => Just("./Bag".to_owned())];
    let property = (
        any.clone(),
        prop::sample::select(vec!["?prop=Title", "?prop=ACL", "?prop=Name"]),
    )
        .prop_map(|(uri, p)| uri + p);
    let data = prop::sample::select(vec!["1", "22", "4294967295"]);
    let value = prop::sample::select(vec!["1", "22", "x", "Get=*&Add=*&Delete=*&Replace=*", ""]);
    prop_oneof![
        4 => (any.clone(), data).prop_map(|(u, d)| Op::Add(u, d)),
        2 => (any.clone(), value.clone()).prop_map(|(u, d)| Op::Replace(u, d)),
        2 => (property, value).prop_map(|(u, d)| Op::Replace(u, d)),
        2 => any.prop_map(Op::Delete),
        1 => Just(Op::Begin),
        1 => Just(Op::Commit),
        1 => Just(Op::RollBack),
        1 => Just(Op::Restart),
    ]
}

fn apply(tree: &mut Tree<'static>, op: &Op) -> u16 {
    match op {
        Op::Add(uri, data) => {
            let format = match uri.rsplit('/').next() {
                Some("Port") => "int",
                Some("Text" | "x" | "y") => "chr",
                _ => "node",
            };
            add(tree, &S1, uri, format, data)
        }
        Op::Replace(uri, data) => replace(tree, &S1, uri, data),
        Op::Delete(uri) => delete(tree, &S1, uri),
        Op::Begin => tree.begin().map_or(403, |()| 200),
        Op::Commit => code(tree.commit()),
        Op::RollBack => {
            tree.roll_back();
            200
        }
        Op::Restart => 200,
    }
}

fn start(flash: &Flash) -> Tree<'static> {
    let mut tree = device(flash);
    tree.factory()
        .acl(".", "Add=*&Delete=*&Get=*&Replace=*")
        .unwrap();
    tree
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 200, failure_persistence: None, ..ProptestConfig::default() })]

    /// Damage is told or survived, never panicked about; what opens can be used.
    #[test]
    fn an_image_with_flipped_bytes_opens_or_not(flips in prop::collection::vec((any::<prop::sample::Index>(), any::<prop::sample::Index>(), any::<u8>()), 1..6)) {
        let flash = Flash::default();
        let mut tree = furnished(&flash);
        tree.begin().unwrap();
        assert_eq!(replace(&mut tree, &S1, "./DevInfo/Man", "staged"), 200);
        // Power fails after the commit record.
        flash.cut_after(3, true);
        let _ = tree.commit();
        flash.restart();
        let keys: Vec<u32> = flash.records().into_keys().collect();
        for (key, at, byte) in flips {
            let key = keys[key.index(keys.len())];
            let mut record = flash.records()[&key].clone();
            if record.is_empty() {
                record.push(byte);
            } else {
                let at = at.index(record.len());
                record[at] = byte;
            }
            flash.clone().write(Key(key), &[&record]).unwrap();
        }
        if let Ok(mut tree) = open(schema(DEVICE), flash.store(), Vec::new(), memory(common::ROOMY)) {
            let _ = add(&mut tree, &S1, "./App/new/Sub/x", "chr", "1");
            let _ = delete(&mut tree, &S1, "./App/uno");
            let _ = tree.factory().drop_unbound();
            let now = picture(&mut tree);
            prop_assert_eq!(picture(&mut device(&flash)), now);
        }
    }

    #[test]
    fn a_restart_shows_what_was_committed(ops in prop::collection::vec(ops(), 1..40)) {
        let flash = Flash::default();
        let mut tree = start(&flash);
        let mut committed = picture(&mut tree);
        for op in &ops {
            apply(&mut tree, op);
            if let Op::Restart = op {
                tree = device(&flash);
            }
            if !tree.in_transaction() {
                let now = picture(&mut tree);
                if let Op::Restart | Op::RollBack = op {
                    prop_assert_eq!(&now, &committed, "{:?}", op);
                }
                committed = now;
                prop_assert_eq!(picture(&mut device(&flash)), committed.clone(), "{:?}", op);
            }
        }
        // A tree without a restart and one in a store that keeps nothing agree, too.
        let store = Box::leak(Box::new(RamStore::new(common::leak(0, 20_000))));
        let mut other = open(schema(DEVICE), store, Vec::new(), memory(common::ROOMY)).unwrap();
        other.factory().acl(".", "Add=*&Delete=*&Get=*&Replace=*").unwrap();
        let mut lasting = start(&Flash::default());
        for op in ops.iter().filter(|op| !matches!(op, Op::Restart)) {
            prop_assert_eq!(apply(&mut other, op), apply(&mut lasting, op), "{:?}", op);
            prop_assert_eq!(picture(&mut other), picture(&mut lasting), "{:?}", op);
        }
    }
}

/// A header that says less than there is would bring old nodes back with the next new one: it is refused.
#[test]
fn each_octet_of_the_image_header_is_watched() {
    const HEADER: Key = Key(0xFFFF_FFFF);
    let flash = Flash::default();
    furnished(&flash);
    let good = flash.records()[&HEADER.0].clone();
    for at in 0..good.len() {
        for bit in 0..8 {
            let mut bad = good.clone();
            bad[at] ^= 1 << bit;
            flash.clone().write(HEADER, &[&bad]).unwrap();
            let opened = open(
                schema(DEVICE),
                flash.store(),
                Vec::new(),
                memory(common::ROOMY),
            );
            assert_eq!(opened.err(), Some(Reason::Store), "bit {bit} of octet {at}");
        }
    }
    flash.clone().write(HEADER, &[&good]).unwrap();
    device(&flash);
}
