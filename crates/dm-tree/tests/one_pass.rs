//! Opening passes once over a store that can be passed over.

#![cfg(all(feature = "durable", feature = "properties"))]
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing
)]

mod common;

use common::flash::{Flash, reopen};
use common::{S1, Size, add, delete, memory, open, picture, replace, schema};
use dm_tree::{Key, Store, Tree};

const DEVICE: &str = "
DevInfo node PR/G
  Man chr PRv/Gr default=Acme
  Ext node Pt/AGD
    Serial chr P/AGrD
    More node PR/G
      Deep chr P/AGrD
App node PRt/AGDr
  * node tSv/AGDr
    Port int sv/AGr
    Sub node -/AGD
      * chr -/AGDr
";

fn device(flash: &Flash) -> Tree<'static> {
    reopen(flash, schema(DEVICE)).unwrap()
}

fn furnished(flash: &Flash) -> Tree<'static> {
    let mut tree = device(flash);
    tree.factory()
        .acl(".", "Add=*&Delete=*&Get=*&Replace=*")
        .unwrap();
    for name in ["a", "b", "c", "Sub"] {
        for (leaf, format) in [("Port", "int"), ("Sub/x", "chr"), ("Sub/App", "chr")] {
            let uri = format!("./App/{name}/{leaf}");
            assert_eq!(add(&mut tree, &S1, &uri, format, "1"), 200);
        }
    }
    tree
}

/// No record is asked for by its key, however often each was written.
#[test]
fn opening_asks_for_no_record() {
    let flash = Flash::default();
    let mut tree = furnished(&flash);
    for n in 0..200 {
        let value = n.to_string();
        assert_eq!(replace(&mut tree, &S1, "./App/b/Port", &value), 200);
        assert_eq!(replace(&mut tree, &S1, "./DevInfo/Man", &value), 200);
    }
    flash.reads();
    let open = open(
        schema(DEVICE),
        flash.store(),
        Vec::new(),
        memory(common::ROOMY),
    );
    assert_eq!(flash.reads(), 0);
    assert_eq!(picture(&mut open.unwrap()), picture(&mut tree));
}

/// Nodes come and go, and what they were comes in the pass before what they are.
#[test]
fn what_was_there_once_leaves_nothing_behind() {
    let flash = Flash::default();
    let mut tree = furnished(&flash);
    let long = "Get=*&Replace=s1+another+and+another&Add=*&Delete=*";
    for n in 0..40 {
        let uri = format!("./App/{n}/Sub/x");
        assert_eq!(add(&mut tree, &S1, &uri, "chr", "1"), 200);
        let acl = format!("./App/{n}?prop=ACL");
        assert_eq!(replace(&mut tree, &S1, &acl, long), 200);
        let name = format!("./App/{n}?prop=Name");
        assert_eq!(replace(&mut tree, &S1, &name, "other"), 200);
        let mut factory = tree.factory();
        factory.set("./DevInfo/Ext/More/Deep", b"8").unwrap();
        factory.set("./DevInfo/Ext/Serial", b"7").unwrap();
        assert_eq!(picture(&mut device(&flash)), picture(&mut tree));
        assert_eq!(delete(&mut tree, &S1, "./App/other"), 200);
        assert_eq!(picture(&mut device(&flash)), picture(&mut tree));
    }
}

/// A pass that needs more memory than there is, or meets a record that was damaged once, gives way to the keys.
#[test]
fn what_does_not_count_any_more_does_not_hinder() {
    let flash = Flash::default();
    let mut tree = furnished(&flash);
    let title = "./App?prop=Title";
    let long = "t".repeat(250);
    assert_eq!(replace(&mut tree, &S1, title, &long), 200);
    assert_eq!(replace(&mut tree, &S1, title, ""), 200);
    let once_more = flash.fork();
    let mut damaged = flash.fork();
    damaged.write(Key(0x8000_0FFF), &[b"damage"]).unwrap();
    damaged.erase(Key(0x8000_0FFF)).unwrap();
    let small = Size {
        pool: 180,
        ..common::ROOMY
    };
    for (flash, size) in [(damaged, common::ROOMY), (once_more, small)] {
        flash.reads();
        let opened = open(schema(DEVICE), flash.store(), Vec::new(), memory(size));
        assert_ne!(flash.reads(), 0, "it did give way");
        assert_eq!(picture(&mut opened.unwrap()), picture(&mut tree));
    }
}
