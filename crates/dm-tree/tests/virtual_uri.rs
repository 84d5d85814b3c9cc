//! Virtual URIs: what they lead to, for whom, and what is wrong with them (`P-VURI-1`).

#![cfg(feature = "profile13")]
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing
)]

mod common;

use common::{Collect, S1, S2, add, get, picture, tree};
use dm_tree::{Buffer, Principal, Progress, Sink, Tree};

const DEVICE: &str = "
Apps node PR/AG
  * node -/AGDr mime=urn:oma:mo:app:1.0
    ID chr -/AGr
    Key chr -/Ar
    Data node -/AGD
      * node -/AGDr
        Date chr -/AGr
        Value chr -/AGDrC
Other node PR/AG
  * node -/AGDr mime=urn:oma:mo:app:1.0
    ID chr -/AGr
One node PR/G mime=com.example/1.0/K
  v int PR/Gr
Root node PR/G mime=urn:oma:mo:none:1.0
Plain node PR/G
  v chr PR/Gr
";

fn device() -> Tree<'static> {
    let mut tree = tree(DEVICE);
    tree.factory()
        .acl(".", "Add=*&Delete=*&Get=*&Replace=*")
        .unwrap();
    tree.local().set("./One/v", b"7").unwrap();
    tree.local().set("./Plain/v", b"p").unwrap();
    for (uri, value) in [
        ("./Apps/a/ID", "GPS"),
        ("./Apps/a/Key", "k"),
        ("./Apps/a/Data/1/Date", "12.2"),
        ("./Apps/a/Data/1/Value", "one"),
        ("./Apps/a/Data/2/Date", "13.2"),
        ("./Apps/a/Data/2/Value", "two"),
        ("./Apps/b/ID", "a:b &c"),
        ("./Apps/b/Data/1/Date", "12.2"),
        ("./Apps/b/Data/1/Value", "three"),
        ("./Other/c/ID", "GPS"),
    ] {
        assert_eq!(add(&mut tree, &S1, uri, "chr", value), 200, "{uri}");
    }
    tree
}

/// The one URI a virtual one stands for.
fn resolve(
    tree: &mut Tree<'_>,
    who: &Principal<'_>,
    uri: &str,
    may_be_new: bool,
) -> Result<String, u16> {
    let mut memory = [0; 200];
    let mut out = Buffer::new(&mut memory);
    match tree.resolve(who, uri.as_bytes(), may_be_new, &mut Sink::new(&mut out)) {
        Ok(()) => Ok(String::from_utf8(out.written().to_vec()).unwrap()),
        Err(reason) => Err(reason.status().0),
    }
}

fn one(tree: &mut Tree<'_>, uri: &str) -> Result<String, u16> {
    resolve(tree, &S1, uri, false)
}

/// What a Get gives: one line for each Results.
fn all(tree: &mut Tree<'_>, who: &Principal<'_>, uri: &str) -> Result<Vec<String>, u16> {
    let listing = tree.matches(who, uri.as_bytes());
    let Some(mut listing) = listing.map_err(|reason| reason.status().0)? else {
        let uri = resolve(tree, who, uri, false)?;
        let value = get(tree, who, &uri).map_err(|reason| reason.status().0)?;
        return Ok(vec![format!("{uri} = {value}")]);
    };
    let mut lines = Vec::new();
    while let Some(reading) = tree.next_kept(who, uri.as_bytes(), &mut listing).unwrap() {
        let (mut line, mut data) = (Collect::default(), Collect::default());
        tree.address(&reading, &mut Sink::new(&mut line)).unwrap();
        let read = tree.read(&reading, &mut Sink::new(&mut data));
        assert_eq!(read, Ok(Progress::Done));
        lines.push(format!(
            "{} = {}",
            String::from_utf8(line.0).unwrap(),
            String::from_utf8(data.0).unwrap()
        ));
    }
    Ok(lines)
}

/// D13-C-090, D13-C-091: an identifier, an instance by name, and conditions on leaves; what is asked goes with it.
#[test]
fn a_node_is_found_by_its_object_and_by_values_below_it() {
    let mut tree = device();
    for (uri, want) in [
        ("urn:oma:mo:app:1.0/a", "./Apps/a"),
        ("urn:oma:mo:app:1.0/a/ID", "./Apps/a/ID"),
        ("urn:oma:mo:app:1.0/a/Data/2/Value", "./Apps/a/Data/2/Value"),
        (
            "urn:oma:mo:app:1.0/(x)/Data/(y)/Value?nv=(x)/ID:GPS&nv=(y)/Date:12.2",
            "./Apps/a/Data/1/Value",
        ),
        (
            "urn:oma:mo:app:1.0/(x)/Data/*/Value?nv=(x)/Data/1/Value:three",
            "./Apps/b/Data/1/Value",
        ),
        // Escapes, and a colon in a value.
        ("urn:oma:mo:app:1.0/(x)?nv=(x)/ID:a:b%20%26c", "./Apps/b"),
        ("moi:com.example%2F1.0%2fK//", "./One"),
        ("moi:com.example%2F1.0%2fK/", "./One"),
        ("moi:com.example%2F1.0%2FK//v", "./One/v"),
        ("moi:urn:oma:mo:none:1.0/Root", "./Root"),
        ("urn:oma:mo:app:1.0//ID?root=./Other", "./Other/c/ID"),
        ("urn:oma:mo:app:1.0/*?root=Other/c", "./Other/c"),
        ("urn:oma:mo:none:1.0/*?root=.", "./Root"),
        ("urn:oma:mo:app:1.0/a/ID?prop=ACL", "./Apps/a/ID?prop=ACL"),
        (
            "urn:oma:mo:app:1.0/(x)?list=Struct&nv=(x)/ID:a:b%20%26c&depth=1",
            "./Apps/b?list=Struct&depth=1",
        ),
    ] {
        assert_eq!(one(&mut tree, uri).as_deref(), Ok(want), "{uri}");
    }
}

/// D13-C-091: the status rules, and the limits.
#[test]
fn what_leads_to_no_one_node_is_refused() {
    let mut tree = device();
    let before = picture(&mut tree);
    let nine = format!("urn:oma:mo:app:1.0/(x)?{}", ["nv=(x)/ID:GPS"; 9].join("&"));
    let eight = format!(
        "urn:oma:mo:app:1.0/(x)?root=./Apps&{}",
        ["nv=(x)/ID:GPS"; 8].join("&")
    );
    assert_eq!(one(&mut tree, &eight).as_deref(), Ok("./Apps/a"));
    let sixteen = format!("urn:oma:mo:app:1.0/a{}", "/x".repeat(15));
    let seventeen = format!("urn:oma:mo:app:1.0/a{}", "/x".repeat(16));
    for (uri, want) in [
        ("urn:oma:mo:app:2.0/a", 404),
        ("urn:oma:mo:app:1.0/q", 404),
        ("urn:oma:mo:app:1.0/a/Missing", 404),
        ("urn:oma:mo:app:1.0/A", 404),
        ("urn:oma:mo:app:1.0/(x)?nv=(x)/ID:GP", 404),
        ("urn:oma:mo:app:1.0/(x)?nv=(x)/ID:GPSS", 404),
        ("urn:oma:mo:app:1.0/(x)?nv=(x)/Data:1", 404),
        ("urn:oma:mo:app:1.0/a?root=./Other", 404),
        ("urn:oma:mo:app:1.0/a?root=./Nowhere", 404),
        // The root of the tree has no name above the object.
        ("urn:oma:mo:none:1.0/*/*/*/*", 404),
        (&sixteen, 404),
        ("urn:oma:mo:app:1.0/*", 412),
        ("urn:oma:mo:app:1.0/", 412),
        ("urn:oma:mo:app:1.0//ID", 412),
        ("urn:oma:mo:app:1.0/(x)?nv=(x)/ID:GPS", 412),
        ("urn:oma:mo:app:1.0", 400),
        ("moi:/a", 400),
        ("urn:oma:mo:app:1.0/a/", 400),
        ("urn:oma:mo:app:1.0/a//ID", 400),
        ("urn:oma:mo:app:1.0/../ID", 400),
        ("urn:oma:mo:app:1.0/(x)/(x)", 400),
        ("urn:oma:mo:app:1.0/(x)?nv=(y)/ID:GPS", 400),
        ("urn:oma:mo:app:1.0/(x)?nv=(x)/ID", 400),
        ("urn:oma:mo:app:1.0/(x)?nv=(x):GPS", 400),
        ("urn:oma:mo:app:1.0/(x)?nv=*/ID:GPS", 400),
        ("urn:oma:mo:app:1.0/(x)?nv=", 400),
        ("urn:oma:mo:app:1.0/(x)?nv=(x)/ID:%2", 400),
        ("urn:oma%G:mo/a", 400),
        ("urn:oma:mo:app:1.0/a?root=.&root=.", 400),
        ("urn:oma:mo:app:1.0/a?", 406),
        ("urn:oma:mo:app:1.0/a?x=y", 406),
        (&nine, 414),
        (&seventeen, 414),
    ] {
        assert_eq!(one(&mut tree, uri), Err(want), "{uri}");
    }
    let mut short = [0; 7];
    let mut out = Buffer::new(&mut short);
    let refused = tree.resolve(
        &S1,
        b"urn:oma:mo:app:1.0/a",
        false,
        &mut Sink::new(&mut out),
    );
    assert_eq!(refused.unwrap_err().status().0, 414);
    assert_eq!(picture(&mut tree), before);
}

/// D13-C-091: the last name of an Add may be new, below one node.
#[test]
fn a_new_name_goes_below_the_one_node_that_is_found() {
    let mut tree = device();
    let mut new = |uri: &str| resolve(&mut tree, &S1, uri, true);
    let condition = "nv=(x)/ID:GPS&root=./Apps";
    assert_eq!(
        new(&format!("urn:oma:mo:app:1.0/(x)/Data/3?{condition}")).as_deref(),
        Ok("./Apps/a/Data/3")
    );
    assert_eq!(
        new(&format!("urn:oma:mo:app:1.0/(x)/Data?{condition}")).as_deref(),
        Ok("./Apps/a/Data")
    );
    for (uri, want) in [
        ("urn:oma:mo:app:1.0/*/New", 412),
        ("urn:oma:mo:app:1.0/q/New", 404),
        ("urn:oma:mo:app:1.0/a/New/New", 404),
        ("urn:oma:mo:app:1.0/New", 404),
        ("urn:oma:mo:app:1.0/a/Data/*/(n)/*", 404),
    ] {
        assert_eq!(new(uri), Err(want), "{uri}");
    }
    let existing = one(&mut tree, "urn:oma:mo:app:1.0/a/Data/3");
    assert_eq!(existing, Err(404), "only where it may be new");
}

/// D13-C-093: each match comes with its own address, and only a Get of values or a property has several.
#[test]
fn a_get_has_as_many_answers_as_there_are_nodes() {
    let mut tree = device();
    assert_eq!(
        all(&mut tree, &S1, "urn:oma:mo:app:1.0/*/Data/*/Value").unwrap(),
        [
            "./Apps/a/Data/1/Value = one",
            "./Apps/a/Data/2/Value = two",
            "./Apps/b/Data/1/Value = three"
        ]
    );
    assert_eq!(
        all(&mut tree, &S1, "urn:oma:mo:app:1.0/(x)?nv=(x)/ID:GPS").unwrap(),
        ["./Apps/a = ID/Key/Data", "./Other/c = ID"]
    );
    assert_eq!(
        all(&mut tree, &S1, "urn:oma:mo:app:1.0/*?prop=Name").unwrap(),
        [
            "./Apps/a?prop=Name = a",
            "./Apps/b?prop=Name = b",
            "./Other/c?prop=Name = c"
        ]
    );
    assert_eq!(
        all(&mut tree, &S1, "urn:oma:mo:app:1.0/a/ID").unwrap(),
        ["./Apps/a/ID = GPS"]
    );
    for (uri, want) in [
        ("urn:oma:mo:app:1.0/*?list=Struct", 412),
        ("urn:oma:mo:app:1.0/?prop=Name", 412),
        ("urn:oma:mo:app:1.0/*?prop=Size", 406),
        ("urn:oma:mo:app:1.0/*?prop=Nonsense", 406),
        ("urn:oma:mo:app:1.0/*/Missing", 404),
    ] {
        assert_eq!(all(&mut tree, &S1, uri), Err(want), "{uri}");
    }
}

/// D13-C-091: 64 matches are answered, one more is refused.
#[test]
fn more_than_64_answers_are_too_many() {
    let mut tree = tree(
        "
Apps node PR/AG
  * node -/AGDr mime=urn:oma:mo:app:1.0
",
    );
    tree.factory().acl(".", "Add=*&Get=*").unwrap();
    for n in 0..64 {
        tree.local().add_node(&format!("./Apps/{n}")).unwrap();
    }
    let found = all(&mut tree, &S1, "urn:oma:mo:app:1.0/*").unwrap();
    assert_eq!(found.len(), 64);
    tree.local().add_node("./Apps/x").unwrap();
    assert_eq!(all(&mut tree, &S1, "urn:oma:mo:app:1.0/*"), Err(413));
}

/// D13-C-092: neither a condition nor a star tells a server of what it may not Get.
#[test]
fn what_a_server_may_not_get_is_not_found() {
    let mut tree = device();
    let by_id = "urn:oma:mo:app:1.0/(x)?nv=(x)/ID:GPS&root=./Apps";
    assert_eq!(
        resolve(&mut tree, &S2, by_id, false).as_deref(),
        Ok("./Apps/a")
    );
    tree.factory().acl("./Apps/a/ID", "Get=s1").unwrap();
    assert_eq!(resolve(&mut tree, &S2, by_id, false), Err(404));
    assert_eq!(
        resolve(&mut tree, &S1, by_id, false).as_deref(),
        Ok("./Apps/a")
    );
    assert_eq!(
        all(&mut tree, &S2, "urn:oma:mo:app:1.0/*/ID?root=./Apps").unwrap(),
        ["./Apps/b/ID = a:b &c"],
        "of several only those that may be got"
    );
    // Its AccessType has no Get.
    assert_eq!(
        one(&mut tree, "urn:oma:mo:app:1.0/(x)?nv=(x)/Key:k"),
        Err(404)
    );
    // A star, and the root of an object.
    tree.factory().acl("./Apps/b/Data/1", "Get=s1").unwrap();
    let star = "urn:oma:mo:app:1.0/b/Data/*/Value";
    assert_eq!(one(&mut tree, star).as_deref(), Ok("./Apps/b/Data/1/Value"));
    assert_eq!(resolve(&mut tree, &S2, star, false), Err(404));
    tree.factory().acl("./Apps/b", "Get=s1").unwrap();
    assert_eq!(
        resolve(&mut tree, &S2, "urn:oma:mo:app:1.0/b", false),
        Err(404)
    );
    // A name is found as in any other URI, and then refused as there.
    assert_eq!(all(&mut tree, &S2, "urn:oma:mo:app:1.0/a/ID"), Err(425));
    tree.factory().acl("./Other/c/ID", "Get=s1").unwrap();
    tree.factory().acl("./Apps/a/ID", "Get=s1").unwrap();
    assert_eq!(all(&mut tree, &S2, "urn:oma:mo:app:1.0/*/ID"), Err(425));
}
