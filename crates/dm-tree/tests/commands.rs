//! Add, Replace, Delete, Get and Exec: every rule has its status.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing
)]

mod common;

use common::{
    S1, S2, add, code, delete, get, get_code, picture, replace, schema, tree, tree_of, value,
};
use dm_tree::{Format, Progress, Reason, Ticket, Tree, Value};

const DEVICE: &str = "
DevInfo node PR/G
  Man chr PR/G default=Acme
  Lang chr PR/Gr mime=text/plain|text/x-lang
  Ext node P/G
DevDetail node PR/G
  URI node PR/G
    MaxDepth chr PR/G
    MaxTotLen chr PR/G
    MaxSegLen chr PR/G
App node PR/AGDr
  * node -/AGDr max=3 mime=com.example/1.0/App
    Id chr R/AG
    Port int -/AGr
    On bool -/AGr
    Key bin -/Ar
    Seen date -/AGr
    At time -/AGr
    Gain float -/AGr
    Doc xml -/AGr
    Raw b64 -/AGr
    Flag null -/AGr
    Text chr -/AGDr mime=text/plain|text/xml
    Note chr -/GD
    Sub node -/AGDr
      Deep node -/AG
        v chr -/AGr
      Hard node -/G
        v chr -/AGr
    Own node -/AGD
      * chr -/AGDr
      * int -/AGDr
Ring node P/GD
  Tone chr PR/G
Bag node -/AGD
  Fixed chr PR/G
  Free chr -/AG
Inbox node PR/A
";

fn device() -> Tree<'static> {
    tree(DEVICE)
}

/// The server that owns everything, for tests that are not about rights.
fn open_device() -> Tree<'static> {
    let mut tree = device();
    tree.factory()
        .acl(".", "Add=*&Delete=*&Exec=*&Get=*&Replace=*")
        .unwrap();
    tree
}

/// TREE-C-001, TREE-C-002
#[test]
fn one_tree_with_a_root_and_its_permanent_nodes_is_there_from_the_start() {
    let mut tree = device();
    assert_eq!(
        get(&mut tree, &S1, ".").unwrap(),
        "DevInfo/DevDetail/App/Inbox"
    );
    assert_eq!(get(&mut tree, &S1, "./DevInfo").unwrap(), "Man/Lang");
    assert_eq!(get(&mut tree, &S1, "DevInfo/Man").unwrap(), "Acme");
    assert_eq!(get(&mut tree, &S1, "./DevInfo/Man").unwrap(), "Acme");
}

/// PRO-C-060, PRO-C-061, TREE-C-012, TREE-C-061
#[test]
fn get_on_an_interior_node_lists_its_children() {
    let mut tree = open_device();
    let reading = tree.reading(&S1, b"./App").unwrap();
    assert_eq!(
        (tree.format(&reading), tree.mime(&reading)),
        (Format::Node, &b""[..])
    );
    assert_eq!(get(&mut tree, &S1, "./App").unwrap(), "");
    assert_eq!(add(&mut tree, &S1, "./App/one", "node", ""), 200);
    assert_eq!(add(&mut tree, &S1, "./App/two", "node", ""), 200);
    assert_eq!(get(&mut tree, &S1, "./App").unwrap(), "one/two");
}

/// TREE-C-062
#[test]
fn get_tells_format_and_type() {
    let mut tree = open_device();
    let text = Value {
        mime: b"text/xml",
        ..value("", "<a/>")
    };
    assert_eq!(code(tree.add(&S1, b"./App/a/Text", &text)), 200);
    assert_eq!(add(&mut tree, &S1, "./App/a/Port", "int", "80"), 200);
    let reading = tree.reading(&S1, b"./App/a/Text").unwrap();
    assert_eq!(
        (tree.format(&reading), tree.mime(&reading)),
        (Format::Chr, &b"text/xml"[..])
    );
    let reading = tree.reading(&S1, b"./App/a/Port").unwrap();
    assert_eq!(
        (tree.format(&reading), tree.mime(&reading)),
        (Format::Int, &b""[..])
    );
}

/// PRO-C-040, TREE-C-011, TREE-C-049
#[test]
fn add_on_an_existing_node_answers_418() {
    let mut tree = open_device();
    assert_eq!(add(&mut tree, &S1, "./App/a/Port", "int", "1"), 200);
    let before = picture(&mut tree);
    assert_eq!(add(&mut tree, &S1, "./App/a/Port", "int", "2"), 418);
    assert_eq!(add(&mut tree, &S1, "./App/a", "node", ""), 418);
    assert_eq!(add(&mut tree, &S1, ".", "node", ""), 418);
    assert_eq!(picture(&mut tree), before);
}

/// PRO-C-041, TREE-C-050
#[test]
fn add_below_a_leaf_answers_405() {
    let mut tree = open_device();
    assert_eq!(add(&mut tree, &S1, "./DevInfo/Man/x", "chr", "1"), 405);
    assert_eq!(add(&mut tree, &S1, "./DevInfo/Man/x/y", "chr", "1"), 405);
}

/// PRO-C-042, TREE-C-051
#[test]
fn add_creates_missing_ancestors() {
    let mut tree = open_device();
    assert_eq!(
        add(&mut tree, &S1, "./App/a/Sub/Deep/v", "chr", "deep"),
        200
    );
    assert_eq!(get(&mut tree, &S1, "./App/a").unwrap(), "Sub");
    assert_eq!(get(&mut tree, &S1, "./App/a/Sub/Deep/v").unwrap(), "deep");
    for node in [
        "./App/a",
        "./App/a/Sub",
        "./App/a/Sub/Deep",
        "./App/a/Sub/Deep/v",
    ] {
        assert_eq!(
            get(&mut tree, &S1, &format!("{node}?prop=ACL")).unwrap(),
            "",
            "{node}"
        );
    }
}

/// PRO-C-045, TREE-C-052
#[test]
fn a_failed_ancestor_is_named_and_answers_as_if_added_alone() {
    let mut tree = open_device();
    let before = picture(&mut tree);
    for (uri, ancestor) in [
        ("./App/a/Sub/Hard/v", "./App/a/Sub/Hard"),
        ("App/a/Nothing/v", "App/a/Nothing"),
        ("./App/a/Port/v", "./App/a/Port"),
        ("./Ring/Tone", "./Ring"),
    ] {
        let failed = code(tree.add(&S1, uri.as_bytes(), &value("chr", "x")));
        let at = tree.failed_ancestor().expect("an ancestor");
        assert_eq!(&uri[..at], ancestor);
        assert_eq!(picture(&mut tree), before, "{uri}");
        let mut alone = open_device();
        if let Some((parent, _)) = ancestor.trim_start_matches("./").rsplit_once('/')
            && parent != "App"
        {
            assert_eq!(add(&mut alone, &S1, parent, "node", ""), 200);
        }
        assert_eq!(add(&mut alone, &S1, ancestor, "node", ""), failed, "{uri}");
    }
    // The node itself is no ancestor.
    assert_eq!(add(&mut tree, &S1, "./App/a/Note", "chr", "x"), 405);
    assert_eq!(tree.failed_ancestor(), None);
    assert_eq!(picture(&mut tree), before);
}

#[test]
fn add_needs_a_description_that_allows_it() {
    let mut tree = open_device();
    assert_eq!(
        add(&mut tree, &S1, "./Unknown", "chr", "x"),
        405,
        "not described"
    );
    assert_eq!(
        add(&mut tree, &S1, "./DevInfo/Ext", "node", ""),
        405,
        "permanent"
    );
    assert_eq!(
        add(&mut tree, &S1, "./App/a/Note", "chr", "x"),
        405,
        "no Add in AccessType"
    );
    for name in ["a", "b", "c"] {
        assert_eq!(
            add(&mut tree, &S1, &format!("./App/{name}"), "node", ""),
            200
        );
    }
    assert_eq!(
        add(&mut tree, &S1, "./App/d", "node", ""),
        405,
        "no more than three"
    );
    assert_eq!(delete(&mut tree, &S1, "./App/b"), 200);
    assert_eq!(add(&mut tree, &S1, "./App/d", "node", ""), 200);
}

#[test]
fn a_name_chosen_at_creation_takes_the_description_of_its_format() {
    let mut tree = open_device();
    assert_eq!(add(&mut tree, &S1, "./App/a/Own/x", "chr", "1"), 200);
    assert_eq!(add(&mut tree, &S1, "./App/a/Own/y", "int", "1"), 200);
    assert_eq!(add(&mut tree, &S1, "./App/a/Own/z", "", "1"), 200);
    for (name, format) in [("x", "chr"), ("y", "int"), ("z", "chr")] {
        assert_eq!(
            get(&mut tree, &S1, &format!("./App/a/Own/{name}?prop=Format")).unwrap(),
            format
        );
    }
    assert_eq!(add(&mut tree, &S1, "./App/a/Own/b", "bool", "true"), 415);
    assert_eq!(add(&mut tree, &S1, "./App/a/Own/n", "node", ""), 405);
}

/// TREE-C-069
#[test]
fn a_leaf_needs_data_unless_it_is_null() {
    let mut tree = open_device();
    let nothing = Value::default();
    assert_eq!(code(tree.add(&S1, b"./App/a/Port", &nothing)), 412);
    assert_eq!(code(tree.add(&S1, b"./App/a/Flag", &nothing)), 200);
    assert_eq!(code(tree.add(&S1, b"./App/b", &Value::node())), 200);
    assert_eq!(code(tree.replace(&S1, b"./DevInfo/Lang", &nothing)), 412);
    assert_eq!(code(tree.replace(&S1, b"./App/a/Flag", &nothing)), 200);
    assert_eq!(code(tree.replace(&S1, b"./App?prop=ACL", &nothing)), 412);
}

/// TREE-C-071
#[test]
fn formats_types_and_values_that_do_not_fit_are_refused() {
    let mut tree = open_device();
    for (name, format, data, want) in [
        ("Port", "int", "80", 200),
        ("Port", "chr", "80", 415),
        ("Port", "node", "", 415),
        ("Port", "int", "eighty", 500),
        ("On", "bool", "maybe", 500),
        ("Seen", "date", "2026-02-30", 500),
        ("At", "time", "25:00:00", 500),
        ("Gain", "float", "1,5", 500),
        ("Sub", "chr", "x", 415),
    ] {
        let uri = format!("./App/x/{name}");
        assert_eq!(
            add(&mut tree, &S1, &uri, format, data),
            want,
            "{name} {format} {data}"
        );
        delete(&mut tree, &S1, "./App/x");
    }
    let bad_text = Value {
        data: Some(b"\xff"),
        ..Value::default()
    };
    assert_eq!(code(tree.add(&S1, b"./App/x/Text", &bad_text)), 400);
    let bad_mime = Value {
        mime: b"image/png",
        ..value("", "x")
    };
    assert_eq!(code(tree.add(&S1, b"./App/x/Text", &bad_mime)), 415);
    let no_value = Value {
        format: Some(Format::Node),
        ..value("", "x")
    };
    assert_eq!(code(tree.add(&S1, b"./App/x", &no_value)), 500);
    assert_eq!(
        code(tree.add(&S1, b"./App/x/Text", &value("chr", "x"))),
        200
    );
    assert_eq!(
        code(tree.replace(&S1, b"./App/x/Text", &value("int", "1"))),
        415
    );
    assert_eq!(code(tree.replace(&S1, b"./App/x/Text", &bad_mime)), 415);
    let other_mime = Value {
        mime: b"TEXT/XML; charset=UTF-8",
        ..value("", "<x/>")
    };
    assert_eq!(code(tree.replace(&S1, b"./App/x/Text", &other_mime)), 200);
    assert_eq!(
        get(&mut tree, &S1, "./App/x/Text?prop=Type").unwrap(),
        "text/xml"
    );
    let first_mime = Value {
        mime: b"text/plain",
        ..value("", "x")
    };
    assert_eq!(code(tree.replace(&S1, b"./App/x/Text", &first_mime)), 200);
    assert_eq!(
        get(&mut tree, &S1, "./App/x/Text?prop=Type").unwrap(),
        "text/plain"
    );
}

/// TREE-C-067
#[test]
fn binary_data_sent_as_base64_stays_binary() {
    let mut tree = open_device();
    let octets = [0u8, 255, 1];
    let sent = Value {
        format: Some(Format::B64),
        mime: b"",
        data: Some(&octets),
    };
    assert_eq!(code(tree.add(&S1, b"./App/a/Key", &sent)), 200);
    let key = tree.local().find("./App/a/Key").unwrap();
    let mut buf = [0; 8];
    assert_eq!(tree.local().value(key, &mut buf), Ok(3));
    assert_eq!(buf[..3], octets);
    assert_eq!(code(tree.add(&S1, b"./App/a/Raw", &sent)), 200);
    let as_bin = Value {
        format: Some(Format::Bin),
        ..sent
    };
    assert_eq!(
        code(tree.replace(&S1, b"./App/a/Raw", &as_bin)),
        415,
        "native Base64 is no binary"
    );
}

/// PRO-C-049, TREE-C-053
#[test]
fn replace_on_a_missing_node_answers_404_and_creates_nothing() {
    let mut tree = open_device();
    let before = picture(&mut tree);
    assert_eq!(replace(&mut tree, &S1, "./App/a", "x"), 404);
    assert_eq!(replace(&mut tree, &S1, "./App/a/Port", "1"), 404);
    assert_eq!(replace(&mut tree, &S1, "./App/a?prop=ACL", ""), 404);
    assert_eq!(picture(&mut tree), before);
}

#[test]
fn replace_overwrites_a_value() {
    let mut tree = open_device();
    assert_eq!(replace(&mut tree, &S1, "./DevInfo/Lang", "en"), 200);
    assert_eq!(get(&mut tree, &S1, "./DevInfo/Lang").unwrap(), "en");
    assert_eq!(replace(&mut tree, &S1, "./DevInfo/Lang", ""), 200);
    assert_eq!(get(&mut tree, &S1, "./DevInfo/Lang").unwrap(), "");
    assert_eq!(
        replace(&mut tree, &S1, "./DevInfo/Man", "x"),
        405,
        "no Replace in AccessType"
    );
    assert_eq!(
        replace(&mut tree, &S1, "./App", "x"),
        405,
        "an interior node has no value"
    );
}

/// PRO-C-051, TREE-C-054, TREE-C-022
#[test]
fn format_name_and_type_of_a_permanent_node_never_change() {
    let mut tree = open_device();
    let before = picture(&mut tree);
    assert_eq!(
        code(tree.replace(&S1, b"./DevInfo/Lang", &value("int", "1"))),
        405
    );
    let other = Value {
        mime: b"text/x-lang",
        ..value("", "en")
    };
    assert_eq!(code(tree.replace(&S1, b"./DevInfo/Lang", &other)), 405);
    assert_eq!(
        replace(&mut tree, &S1, "./DevInfo/Lang?prop=Name", "Tongue"),
        405
    );
    assert_eq!(replace(&mut tree, &S1, ".?prop=Name", "x"), 405);
    assert_eq!(picture(&mut tree), before);
    let same = Value {
        mime: b"text/plain",
        ..value("chr", "en")
    };
    assert_eq!(code(tree.replace(&S1, b"./DevInfo/Lang", &same)), 200);
}

/// PRO-C-054, TREE-C-055
#[test]
fn delete_removes_the_whole_subtree_with_all_properties() {
    let mut tree = open_device();
    let before = picture(&mut tree);
    assert_eq!(
        add(&mut tree, &S1, "./App/a/Sub/Deep/v", "chr", "deep"),
        200
    );
    assert_eq!(
        replace(&mut tree, &S1, "./App/a/Sub?prop=ACL", "Get=s1"),
        200
    );
    assert_eq!(delete(&mut tree, &S1, "./App/a"), 200);
    assert_eq!(picture(&mut tree), before);
    for uri in ["./App/a", "./App/a/Sub", "./App/a/Sub/Deep/v"] {
        assert_eq!(get_code(&mut tree, &S1, uri), 404);
    }
    assert_eq!(add(&mut tree, &S1, "./App/a/Sub", "node", ""), 200);
    assert_eq!(get(&mut tree, &S1, "./App/a/Sub?prop=ACL").unwrap(), "");
    assert_eq!(get(&mut tree, &S1, "./App/a/Sub").unwrap(), "");
}

/// PRO-C-055, TREE-C-056, TREE-C-057
#[test]
fn delete_of_permanent_nodes_and_of_the_root_answers_405() {
    let mut tree = open_device();
    let before = picture(&mut tree);
    for uri in [".", "./App", "./DevInfo/Man"] {
        assert_eq!(delete(&mut tree, &S1, uri), 405, "{uri}");
    }
    assert_eq!(picture(&mut tree), before);
    // A permanent node below keeps its ancestors.
    assert_eq!(add(&mut tree, &S1, "./Bag", "node", ""), 200);
    assert_eq!(
        get(&mut tree, &S1, "./Bag").unwrap(),
        "Fixed",
        "comes with its parent"
    );
    let before = picture(&mut tree);
    assert_eq!(delete(&mut tree, &S1, "./Bag"), 405);
    assert_eq!(picture(&mut tree), before);
}

/// PRO-C-056, TREE-C-058
#[test]
fn access_type_protects_the_addressed_node_only() {
    let mut tree = open_device();
    assert_eq!(
        add(&mut tree, &S1, "./App/a/Sub/Deep/v", "chr", "deep"),
        200
    );
    assert_eq!(delete(&mut tree, &S1, "./App/a/Sub/Deep"), 405);
    assert_eq!(delete(&mut tree, &S1, "./App/a/Sub"), 200);
    assert_eq!(get(&mut tree, &S1, "./App/a").unwrap(), "");
    assert_eq!(delete(&mut tree, &S1, "./App/zz"), 404);
}

/// OBJ-C-008
#[test]
fn a_leaf_without_get_never_shows_its_value() {
    let mut tree = open_device();
    let secret = Value {
        format: Some(Format::Bin),
        mime: b"",
        data: Some(b"secret"),
    };
    assert_eq!(code(tree.add(&S1, b"./App/a/Key", &secret)), 200);
    assert_eq!(get_code(&mut tree, &S1, "./App/a/Key"), 405);
    assert_eq!(get_code(&mut tree, &S1, "./App/a/Key?prop=Size"), 406);
    assert_eq!(get_code(&mut tree, &S1, "./App/a/Key?prop=Format"), 405);
    let mut buf = [0; 8];
    assert_eq!(tree.local().get("./App/a/Key", &mut buf), Ok(6));
}

/// OBJ-C-019, D13-C-050: its rule 3.
#[test]
fn get_on_the_inbox_or_below_answers_405() {
    let mut tree = open_device();
    for uri in ["./Inbox", "./Inbox/x", "./Inbox/x/y", "./Inbox?prop=ACL"] {
        assert_eq!(get_code(&mut tree, &S1, uri), 405, "{uri}");
    }
}

/// TREE-C-084
#[test]
fn exec_needs_something_to_execute() {
    let mut tree = open_device();
    assert_eq!(
        code(tree.exec(&S1, b"./Nowhere", &Value::default(), Ticket(1))),
        404
    );
    assert_eq!(
        code(tree.exec(&S1, b"./App", &Value::default(), Ticket(1))),
        405
    );
}

/// PRO-C-065, TREE-C-072
#[test]
fn a_structural_query_answers_406() {
    let mut tree = open_device();
    for uri in ["./App?list=Nothing", "./Missing?list=Nothing"] {
        assert_eq!(get_code(&mut tree, &S1, uri), 406, "{uri}");
    }
    assert_eq!(
        replace(&mut tree, &S1, "./DevInfo/Lang?list=Struct", "x"),
        405
    );
}

/// PRO-C-062
#[test]
fn missing_nodes_rights_and_long_uris_have_their_statuses() {
    let mut tree = device();
    assert_eq!(get_code(&mut tree, &S1, "./Missing"), 404);
    assert_eq!(replace(&mut tree, &S1, "./DevInfo/Lang", "en"), 425);
    let long = format!("./{}", "x".repeat(33));
    assert_eq!(get_code(&mut tree, &S1, &long), 414);
}

/// TREE-C-084
#[test]
fn existence_comes_before_access_type_before_rights_before_values() {
    let mut tree = device();
    tree.factory().node("./App/a").unwrap();
    tree.factory().set("./App/a/Port", b"80").unwrap();
    tree.factory().acl(".", "Add=*&Get=admin").unwrap();
    assert_eq!(get_code(&mut tree, &S1, "./App/b"), 404);
    assert_eq!(get_code(&mut tree, &S1, "./Inbox"), 405);
    assert_eq!(get_code(&mut tree, &S1, "./App"), 425);
    assert_eq!(
        replace(&mut tree, &S1, "./DevInfo/Man", "x"),
        405,
        "405 before 425"
    );
    assert_eq!(
        replace(&mut tree, &S1, "./App/a/Port", "x"),
        425,
        "425 before 500"
    );
    assert_eq!(
        get_code(&mut tree, &S1, "./App?prop=Nothing"),
        406,
        "406 before 404"
    );
    assert_eq!(
        get_code(&mut tree, &S1, "./App//?prop=Nothing"),
        404,
        "syntax before query"
    );
    assert_eq!(delete(&mut tree, &S1, "./DevInfo"), 405, "405 before 425");
    assert_eq!(delete(&mut tree, &S1, "./App/a"), 425);
}

/// TREE-C-009, OBJ-C-015, TREE-C-008, PRO-C-141
#[test]
fn the_limits_are_published_and_kept() {
    let mut tree = open_device();
    assert_eq!(
        get(&mut tree, &S1, "./DevDetail/URI/MaxDepth").unwrap(),
        "16"
    );
    assert_eq!(
        get(&mut tree, &S1, "./DevDetail/URI/MaxTotLen").unwrap(),
        "127"
    );
    assert_eq!(
        get(&mut tree, &S1, "./DevDetail/URI/MaxSegLen").unwrap(),
        "32"
    );
    let depth = "./DevDetail/URI/MaxDepth";
    let refused = Err(Reason::AccessType);
    assert_eq!(tree.local().set(depth, b"3"), refused);
    assert_eq!(tree.factory().set(depth, b"3").map(|_| ()), refused);
    assert_eq!(get(&mut tree, &S1, depth).unwrap(), "16");
    let fits = format!("./App/{}", "x".repeat(32));
    assert_eq!(add(&mut tree, &S1, &fits, "node", ""), 200);
    for uri in [
        format!("./App/{}", "x".repeat(33)),
        "a/".repeat(16) + "a",
        "./App/".to_owned() + &"xxxx/".repeat(30),
    ] {
        let uri = uri.trim_end_matches('/');
        assert_eq!(add(&mut tree, &S1, uri, "node", ""), 414, "{uri}");
        assert_eq!(get_code(&mut tree, &S1, uri), 414, "{uri}");
        assert_eq!(delete(&mut tree, &S1, uri), 414, "{uri}");
        assert_eq!(replace(&mut tree, &S1, uri, ""), 414, "{uri}");
        assert_eq!(
            code(tree.exec(&S1, uri.as_bytes(), &Value::default(), Ticket(0))),
            414,
            "{uri}"
        );
    }
}

/// TREE-C-006, TREE-C-081
#[test]
fn names_are_compared_as_described_and_keep_their_case() {
    let mut tree = tree(
        "
Loose node PRI/G
  * node I/AGD
Tight node PR/G
  * node -/AGD
  Named chr -/AGD
",
    );
    tree.factory()
        .acl(".", "Add=*&Get=*&Replace=*&Delete=*")
        .unwrap();
    assert_eq!(add(&mut tree, &S1, "./loose/MixedCase", "node", ""), 200);
    assert_eq!(get(&mut tree, &S1, "./LOOSE").unwrap(), "MixedCase");
    assert_eq!(add(&mut tree, &S1, "./Loose/mixedcase", "node", ""), 418);
    assert_eq!(get_code(&mut tree, &S1, "./Loose/MIXEDCASE"), 200);
    assert_eq!(get_code(&mut tree, &S1, "./tight"), 404);
    assert_eq!(add(&mut tree, &S1, "./Tight/a", "node", ""), 200);
    assert_eq!(add(&mut tree, &S1, "./Tight/A", "node", ""), 200);
    assert_eq!(get(&mut tree, &S1, "./Tight").unwrap(), "a/A");
}

#[test]
fn a_reading_does_not_outlive_its_node() {
    let mut tree = open_device();
    assert_eq!(add(&mut tree, &S1, "./App/a/Port", "int", "1"), 200);
    let reading = tree.reading(&S1, b"./App/a/Port").unwrap();
    assert_eq!(delete(&mut tree, &S1, "./App/a"), 200);
    assert_eq!(add(&mut tree, &S2, "./App/a/Key", "bin", "secret"), 200);
    let mut out = common::Collect::default();
    assert_eq!(
        tree.read(&reading, &mut dm_tree::Sink::new(&mut out)),
        Err(Reason::NoSuchNode)
    );
    assert!(out.0.is_empty());
}

#[test]
fn a_value_that_cannot_be_read_back_is_not_taken() {
    let mut tree = tree_of(
        common::Size {
            value: 25,
            ..common::ROOMY
        },
        schema("A chr PR/Gr"),
        Vec::new(),
    );
    tree.factory().acl(".", "Add=*&Get=*&Replace=*").unwrap();
    assert_eq!(replace(&mut tree, &S1, "./A", &"x".repeat(20)), 200);
    assert_eq!(replace(&mut tree, &S1, "./A", &"y".repeat(21)), 413);
    assert_eq!(get(&mut tree, &S1, "./A").unwrap(), "x".repeat(20));
}

#[test]
fn the_device_itself_is_bound_by_the_schema_only() {
    let mut tree = device();
    let port = tree
        .local()
        .add_leaf("./App/a/Port", Some(Format::Int), b"80")
        .unwrap();
    assert_eq!(tree.local().set_value(port, b"eighty"), Err(Reason::Value));
    assert_eq!(tree.local().set("./DevInfo/Man", b"Other"), Ok(()));
    assert_eq!(
        tree.local().set("./DevInfo/Nothing", b"Other"),
        Err(Reason::NoSuchNode)
    );
    assert_eq!(tree.local().add_node("./Ring"), Err(Reason::Permanent));
    assert_eq!(tree.local().add_node("./Other"), Err(Reason::NotDescribed));
    assert_eq!(tree.local().delete("./DevInfo"), Err(Reason::Permanent));
    assert!(tree.factory().node("./Ring").is_ok());
    assert_eq!(get(&mut tree, &S1, "./Ring").unwrap(), "Tone");
    let app = tree.local().find("./App").unwrap();
    let a = tree.local().child(app, "a").unwrap();
    assert_eq!(tree.local().first_child(a), Some(port));
    assert_eq!(tree.local().next_sibling(port), None);
    assert_eq!(tree.local().name(port), b"Port");
    assert!(tree.local().is_leaf(port) && !tree.local().is_leaf(a));
    let mut short = [0; 1];
    assert_eq!(tree.local().value(port, &mut short), Err(Reason::TooLarge));
    assert_eq!(tree.local().value(a, &mut short), Err(Reason::NotLeaf));
    assert_eq!(tree.local().delete("./App/a"), Ok(()));
    assert_eq!(tree.local().find("./App/a/Port"), None);
    assert_eq!(
        tree.local().value(port, &mut short),
        Err(Reason::NoSuchNode)
    );
}

/// OBJ-C-002
#[test]
fn objects_are_found_by_their_identifier() {
    let mut tree = open_device();
    tree.local().add_node("./App/a").unwrap();
    tree.local().add_node("./App/b").unwrap();
    let first = tree.local().object(b"com.example/", None).unwrap();
    let second = tree.local().object(b"com.example/", Some(first)).unwrap();
    assert_ne!(first, second);
    assert_eq!(tree.local().object(b"com.example/", Some(second)), None);
    assert_eq!(tree.local().object(b"com.other/", None), None);
    assert_eq!(
        get(&mut tree, &S1, "./App/a?prop=Type").unwrap(),
        "com.example/1.0/App"
    );
}

#[test]
fn progress_is_done_for_what_is_done() {
    let mut tree = open_device();
    assert_eq!(
        tree.replace(&S1, b"./DevInfo/Lang", &Value::of(b"en")),
        Ok(Progress::Done)
    );
}
