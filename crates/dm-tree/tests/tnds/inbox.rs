//! The Inbox: objects go where their identifier belongs.

use crate::common::{S1, S2, add as add_value, get as value, picture, tree};
use crate::document::{add, both, document, interior, leaf, object, replace};
use dm_tree::Tree;

const ACCOUNT: &str = "urn:oma:mo:oma-dm-dmacc:1.0";
const NETWORK: &str = "urn:oma:mo:oma-connmo-nap:1.0";
const DEVICE: &str = "
Inbox node PR/A mime=urn:oma:mo:oma-dm-inbox:1.0
DMAcc node PR/G
  * node -/AGDr mime=urn:oma:mo:oma-dm-dmacc:1.0
    AppID chr -/AGr
    PrefConRef chr -/AGr
Net node PR/G
  * node -/AGDr mime=urn:oma:mo:oma-connmo-nap:1.0
    Addr chr -/AGr
Vendor node PR/G
  Clock node -/AGDr mime=com.example/1.0/Clock
    zone chr -/AGr
  A node PR/G
    * node -/AGDr mime=com.example/1.0/Two
  B node PR/G
    * node -/AGDr mime=com.example/1.0/Two
Secret chr PR/Gr
";

fn device() -> Tree<'static> {
    let mut tree = tree(DEVICE);
    tree.factory()
        .acl(".", "Add=*&Delete=*&Get=*&Replace=*")
        .unwrap();
    tree
}

/// TNDS-C-031, OBJ-C-020, TNDS-C-014, OBJ-C-021
#[test]
fn an_object_goes_where_its_identifier_belongs() {
    let account = |name: &str| document(&[object(name, ACCOUNT).with(leaf("AppID", "chr", "w7"))]);
    for (uri, name, want) in [
        ("./Inbox", "srv", "srv"),
        ("./Inbox", "", "1"),
        ("./Inbox/anything", "srv", "srv"),
    ] {
        for bytes in both(&account(name)) {
            let mut tree = device();
            assert_eq!(add(&mut tree, &S1, uri, &bytes), 200);
            assert_eq!(value(&mut tree, &S1, "./DMAcc").unwrap(), want);
            assert_eq!(
                value(&mut tree, &S1, &format!("./DMAcc/{want}/AppID")).unwrap(),
                "w7"
            );
            // Nothing stays in the Inbox, and a name that is taken gets a number.
            let inbox = tree.local().find("./Inbox").unwrap();
            assert_eq!(tree.local().first_child(inbox), None);
            assert_eq!(add(&mut tree, &S1, uri, &bytes), 200);
            let second = if name.is_empty() { "2" } else { "srv1" };
            assert_eq!(
                value(&mut tree, &S1, "./DMAcc").unwrap(),
                format!("{want}/{second}")
            );
        }
    }
    // One whose place has a name of its own.
    let clock =
        document(&[object("any", "com.example/1.0/Clock").with(leaf("zone", "chr", "UTC"))]);
    let mut tree = device();
    assert_eq!(add(&mut tree, &S1, "./Inbox", clock.as_bytes()), 200);
    assert_eq!(value(&mut tree, &S1, "./Vendor/Clock/zone").unwrap(), "UTC");
    assert_eq!(add(&mut tree, &S1, "./Inbox", clock.as_bytes()), 418);
}

/// TNDS-C-031: unknown identifiers and such with several places.
#[test]
fn an_object_without_one_place_is_refused() {
    let mut tree = device();
    let before = picture(&mut tree);
    for node in [
        object("x", "urn:oma:mo:unknown:1.0"),
        object("x", "urn:oma:mo:oma-dm-dmacc:1"),
        object("x", "urn:oma:mo:oma-dm-inbox:1.0"),
        object("x", "com.example/1.0/Two"),
        object("x", "com.example/1.0/Two").at("./Net"),
        object("x", "com.example/1.0/Two").at("nowhere"),
        interior("x"),
        leaf("x", "chr", "y"),
    ] {
        for bytes in both(&document(&[node])) {
            assert_eq!(add(&mut tree, &S1, "./Inbox", &bytes), 406);
            assert_eq!(picture(&mut tree), before);
        }
    }
    // The path tells which of several places is meant; where there is one, it does not matter.
    let b = document(&[object("x", "com.example/1.0/Two").at("./Vendor/B")]);
    assert_eq!(add(&mut tree, &S1, "./Inbox", b.as_bytes()), 200);
    assert_eq!(value(&mut tree, &S1, "./Vendor/B").unwrap(), "x");
    let elsewhere = document(&[object("x", ACCOUNT).at("./Net")]);
    assert_eq!(add(&mut tree, &S1, "./Inbox", elsewhere.as_bytes()), 200);
    assert_eq!(value(&mut tree, &S1, "./DMAcc").unwrap(), "x");
}

/// D13-C-050: a document in the Inbox reaches nothing but places of objects, and one object that fails fails all (its rule 4);
/// an object that is not supported is answered 406 (rule 8).
#[test]
fn all_objects_or_none() {
    let mut tree = device();
    let before = picture(&mut tree);
    let good = || object("n", NETWORK).with(leaf("Addr", "chr", "a"));
    for (node, want) in [
        (object("x", "urn:oma:mo:unknown:1.0"), 406),
        (leaf("Secret", "chr", "z").at("."), 406),
        (leaf("AppID", "chr", "z").at("n/../.."), 404),
        (leaf("zone", "chr", "z").at("n/Addr"), 405),
        (leaf("other", "chr", "z").at("n"), 405),
        (leaf("Addr", "chr", "z").at("n"), 418),
        (object("..", NETWORK), 404),
        (object("a/b", NETWORK), 404),
        (object("x", ACCOUNT).with(leaf("Secret", "chr", "z")), 405),
    ] {
        for bytes in both(&document(&[good(), node.clone()])) {
            assert_eq!(add(&mut tree, &S1, "./Inbox", &bytes), want, "{node:?}");
            assert_eq!(picture(&mut tree), before);
        }
    }
    let many: Vec<_> = (0..9).map(|i| object(&format!("n{i}"), NETWORK)).collect();
    assert_eq!(
        add(&mut tree, &S1, "./Inbox", document(&many).as_bytes()),
        420
    );
    assert_eq!(
        add(&mut tree, &S1, "./Inbox", document(&many[1..]).as_bytes()),
        200
    );
}

/// TNDS-C-033, TNDS-C-034
#[test]
fn references_between_objects_lead_to_where_they_are() {
    for order in [[0, 1], [1, 0]] {
        let objects = [
            object("Internet", NETWORK).with(leaf("Addr", "chr", "apn")),
            object("srv", ACCOUNT)
                .with(leaf("AppID", "chr", "./Inbox/Internet/Addr"))
                .with(leaf("PrefConRef", "chr", "./Inbox/Internet")),
        ];
        let xml = document(&order.map(|at| objects[at].clone()));
        for bytes in both(&xml) {
            let mut tree = device();
            assert_eq!(add(&mut tree, &S1, "./Inbox", &bytes), 200);
            let mut read = |uri: &str| value(&mut tree, &S1, uri).unwrap();
            assert_eq!(read("./DMAcc/srv/PrefConRef"), "./Net/Internet");
            assert_eq!(read("./DMAcc/srv/AppID"), "./Net/Internet/Addr");
            // The second one is called otherwise.
            assert_eq!(add(&mut tree, &S1, "./Inbox", &bytes), 200);
            let mut read = |uri: &str| value(&mut tree, &S1, uri).unwrap();
            assert_eq!(read("./DMAcc/srv1/PrefConRef"), "./Net/Internet1");
            assert_eq!(read("./DMAcc/srv/PrefConRef"), "./Net/Internet");
        }
    }
    // What names no object of the document is a value like any other.
    let mut tree = device();
    let xml = document(&[object("srv", ACCOUNT).with(leaf("PrefConRef", "chr", "./Inbox/Other"))]);
    assert_eq!(add(&mut tree, &S1, "./Inbox", xml.as_bytes()), 200);
    assert_eq!(
        value(&mut tree, &S1, "./DMAcc/srv/PrefConRef").unwrap(),
        "./Inbox/Other"
    );
}

/// Section 5 of the object digest: rights at the Inbox and at the place, and nothing but serialised trees.
#[test]
fn the_inbox_takes_trees_from_whom_may_add() {
    let xml = document(&[object("n", NETWORK)]);
    let mut tree = device();
    assert_eq!(replace(&mut tree, &S1, "./Inbox", xml.as_bytes()), 405);
    for uri in ["./Inbox", "./Inbox/x", "./Inbox/x/y"] {
        assert_eq!(add_value(&mut tree, &S1, uri, "chr", "x"), 415);
    }
    for (place, acl) in [("./Inbox", "Add=s2"), ("./Net", "Get=*&Add=s2")] {
        let mut tree = device();
        tree.factory().acl(place, acl).unwrap();
        assert_eq!(add(&mut tree, &S1, "./Inbox", xml.as_bytes()), 425);
        assert_eq!(add(&mut tree, &S2, "./Inbox", xml.as_bytes()), 200);
        assert_eq!(value(&mut tree, &S2, "./Net").unwrap(), "n");
        if place == "./Inbox" {
            assert_eq!(add_value(&mut tree, &S1, "./Inbox/x", "chr", "x"), 425);
        }
    }
}
