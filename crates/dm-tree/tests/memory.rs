//! Lent memory: what a tree needs, and what happens when there is no more.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing
)]

mod common;

use common::{S1, Size, add, delete, get, get_code, picture, schema, tree_of};
use dm_tree::{NodeSlot, Tree};

/// A permanent root with objects of sixteen nodes: a named interior node and fifteen described leaves.
fn object_schema() -> String {
    let mut drawing = String::from("Objects node PR/AGr\n  * node -/AGDr\n");
    for i in 0..15 {
        drawing += &format!("    Leaf{i:02} chr -/AGr\n");
    }
    drawing
}

/// Fills the tree with objects of sixteen, each with an own name of 8 bytes and an ACL of 24 bytes.
fn fill(tree: &mut Tree<'_>, objects: usize) {
    for i in 0..objects {
        let object = format!("./Objects/object{i:02x}");
        assert_eq!(object.len() - "./Objects/".len(), 8);
        for leaf in 0..15 {
            tree.local()
                .add_leaf(&format!("{object}/Leaf{leaf:02}"), None, b"")
                .unwrap();
        }
        let acl = "Get=*&Replace=server0001";
        assert_eq!(acl.len(), 24);
        tree.factory().acl(&object, acl).unwrap();
    }
}

#[test]
fn sixty_four_nodes_take_less_than_two_kilobytes() {
    let size = Size {
        nodes: 64 + 2,
        pool: 2048 - 66 * size_of::<NodeSlot>(),
        value: 64,
        store: 4000,
    };
    assert!(size.nodes * size_of::<NodeSlot>() + size.pool <= 2048);
    let mut tree = tree_of(size, schema(&object_schema()), Vec::new());
    fill(&mut tree, 4);
    assert_eq!(
        get(&mut tree, &S1, "./Objects").unwrap().split('/').count(),
        4
    );
}

#[test]
fn a_thousand_nodes_take_less_than_thirty_two_kilobytes() {
    let slots = 63 * 16 + 2;
    let size = Size {
        nodes: slots,
        pool: 32 * 1024 - slots * size_of::<NodeSlot>(),
        value: 64,
        store: 60_000,
    };
    let mut tree = tree_of(size, schema(&object_schema()), Vec::new());
    fill(&mut tree, 63);
    assert_eq!(
        get(&mut tree, &S1, "./Objects").unwrap().split('/').count(),
        63
    );
    assert_eq!(get_code(&mut tree, &S1, "./Objects/object3e/Leaf14"), 200);
}

#[test]
fn no_slot_left_answers_420_and_creates_nothing() {
    let size = Size {
        nodes: 5,
        pool: 300,
        value: 64,
        store: 1000,
    };
    let mut tree = tree_of(size, schema(&object_schema()), Vec::new());
    tree.factory()
        .acl(".", "Add=*&Delete=*&Get=*&Replace=*")
        .unwrap();
    assert_eq!(add(&mut tree, &S1, "./Objects/a/Leaf00", "chr", "x"), 200);
    let before = picture(&mut tree);
    assert_eq!(add(&mut tree, &S1, "./Objects/b/Leaf00", "chr", "x"), 420);
    assert_eq!(picture(&mut tree), before);
    assert_eq!(add(&mut tree, &S1, "./Objects/b", "node", ""), 200);
    assert_eq!(delete(&mut tree, &S1, "./Objects/a"), 200);
    assert_eq!(add(&mut tree, &S1, "./Objects/c/Leaf00", "chr", "x"), 200);
}

#[test]
fn no_room_in_pool_or_store_answers_420_and_creates_nothing() {
    for pool in (0..120).step_by(5) {
        for store in [20, 60, 100, 160, 300] {
            let size = Size {
                nodes: 20,
                pool,
                value: 64,
                store,
            };
            let mut tree = tree_of(size, schema(&object_schema()), Vec::new());
            let mut full = 0;
            for i in 0..6 {
                let before = picture(&mut tree);
                let uri = format!("./Objects/name{i}/Leaf00");
                match add(&mut tree, &S1, &uri, "chr", "0123456789012345") {
                    200 => assert_eq!(full, 0, "{uri} after an equal one was refused"),
                    420 => {
                        full += 1;
                        assert_eq!(picture(&mut tree), before, "{uri}");
                    }
                    other => panic!("{other}"),
                }
            }
            assert!(
                full > 0 || (pool > 60 && store > 160),
                "pool {pool} store {store}"
            );
        }
    }
}

#[test]
fn a_tree_that_does_not_fit_does_not_open() {
    for nodes in 0..4 {
        let store = Box::leak(Box::new(dm_tree::RamStore::new(common::leak(0, 100))));
        let memory = common::memory(Size {
            nodes,
            pool: 0,
            value: 0,
            store: 0,
        });
        let opened = common::open(schema("A chr PR/G\nB chr PR/G"), store, Vec::new(), memory);
        assert_eq!(
            opened.map(|_| ()),
            if nodes < 3 {
                Err(dm_tree::Reason::Full)
            } else {
                Ok(())
            }
        );
    }
}
