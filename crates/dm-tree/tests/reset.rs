//! Factory reset: nothing is left, also when power fails in the middle of it.

#![cfg(all(feature = "durable", feature = "transaction", feature = "properties"))]
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing
)]

mod common;

use common::flash::Flash;
use common::{S1, add, get, memory, open, picture, replace, schema};
use dm_tree::{Key, RamStore, Reason, Store, Tree};

const DEVICE: &str = "
DevInfo node PR/G
  Man chr PRv/Gr default=Acme
  Ext node Pt/G
    Serial chr P/Gr
App node PRt/AGDr
  * node -/AGDr
    Port int sv/AGr
    Sub node -/AGD
      * chr -/AGDr
";

fn device(flash: &Flash) -> Result<Tree<'static>, Reason> {
    open(
        schema(DEVICE),
        flash.store(),
        Vec::new(),
        memory(common::ROOMY),
    )
}

fn furnish(tree: &mut Tree<'_>) {
    tree.factory()
        .acl(".", "Add=*&Delete=*&Get=*&Replace=*")
        .unwrap();
    tree.factory().set("./DevInfo/Ext/Serial", b"007").unwrap();
    assert_eq!(replace(tree, &S1, "./DevInfo/Man", "Other"), 200);
    for name in ["a", "b", "c"] {
        let uri = format!("./App/{name}/Sub/x");
        assert_eq!(add(tree, &S1, &uri, "chr", "secret"), 200);
    }
    assert_eq!(replace(tree, &S1, "./App?prop=Title", "Mine"), 200);
}

#[test]
fn after_a_reset_the_tree_is_as_described_and_can_be_seeded_again() {
    let flash = Flash::default();
    let new = picture(&mut device(&flash).unwrap());
    let mut tree = device(&flash).unwrap();
    furnish(&mut tree);
    flash.count();
    tree.factory().reset().unwrap();
    assert_eq!(flash.count(), (1, 0), "one record");
    // Until the restart nothing can be changed any more.
    assert_eq!(replace(&mut tree, &S1, "./DevInfo/Man", "Third"), 510);
    assert_eq!(tree.begin(), Err(Reason::Store));
    assert_eq!(tree.factory().reset(), Err(Reason::Store));
    let mut tree = device(&flash).unwrap();
    assert_eq!(picture(&mut tree), new);
    assert_eq!(tree.unbound(), 0);
    let secret = |record: &Vec<u8>| record.windows(6).any(|piece| piece == b"secret");
    assert!(!flash.records().values().any(secret));
    // Only what the limits published.
    assert!(
        flash.records().keys().all(|key| *key >= 0xFFFF_0000),
        "{:x?}",
        flash.records()
    );
    furnish(&mut tree);
    let seeded = picture(&mut tree);
    assert_eq!(picture(&mut device(&flash).unwrap()), seeded);
    assert_eq!(get(&mut tree, &S1, "./App/c/Sub/x").unwrap(), "secret");
}

#[test]
fn a_reset_has_happened_or_not_wherever_power_fails() {
    let furnished = Flash::default();
    let new = picture(&mut device(&furnished).unwrap());
    furnish(&mut device(&furnished).unwrap());
    let old = picture(&mut device(&furnished).unwrap());
    let mut outcomes = [0, 0];
    for lucky in [false, true] {
        for fuel in 0.. {
            let flash = furnished.fork();
            let mut tree = device(&flash).unwrap();
            flash.cut_after(fuel, lucky);
            let answer = tree.factory().reset();
            let _ = device(&flash);
            let failed = flash.restart();
            let now = picture(&mut device(&flash).unwrap());
            assert!(now == old || now == new, "cut after {fuel}: {now}");
            assert!(answer.is_err() || now == new, "cut after {fuel}");
            outcomes[usize::from(now == new)] += 1;
            if now == new {
                furnish(&mut device(&flash).unwrap());
            }
            assert_eq!(picture(&mut device(&flash).unwrap()), old);
            if !failed {
                break;
            }
        }
    }
    assert!(outcomes[0] >= 1 && outcomes[1] > 20, "{outcomes:?}");
}

#[test]
fn there_is_no_reset_inside_a_transaction() {
    let flash = Flash::default();
    let mut tree = device(&flash).unwrap();
    furnish(&mut tree);
    let before = picture(&mut tree);
    tree.begin().unwrap();
    assert_eq!(tree.factory().reset(), Err(Reason::Busy));
    tree.roll_back();
    assert_eq!(picture(&mut tree), before);
    assert_eq!(replace(&mut tree, &S1, "./DevInfo/Man", "Third"), 200);
}

#[test]
fn a_store_that_keeps_nothing_is_emptied_at_once() {
    let mut bytes = [0; 4000];
    let mut store = RamStore::new(&mut bytes);
    {
        let mut mounts = [];
        let mut tree = Tree::open(
            schema(DEVICE),
            &mut store,
            &mut mounts,
            memory(common::ROOMY),
            dm_tree::UriLimits::default(),
        )
        .unwrap();
        furnish(&mut tree);
        tree.factory().reset().unwrap();
        assert_eq!(replace(&mut tree, &S1, "./DevInfo/Man", "Third"), 510);
    }
    for key in (0..300).map(|n| Key(0x8000_0000 | n)) {
        assert_eq!(store.read(key, &mut [0; 100]), Ok(None));
    }
    let man = Key::of_path(b"./DevInfo/Man");
    assert_eq!(store.read(man, &mut [0; 100]), Ok(None));
}
