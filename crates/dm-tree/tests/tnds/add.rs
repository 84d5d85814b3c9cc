//! Add: where nodes go, what they get, what is refused.

use crate::common::{
    ROOMY, S1, S2, Size, code, get as value, get_code, picture, schema, tree, tree_of,
};
use crate::document::{Node, add, both, document, interior, leaf, object, take, to_wbxml};
use dm_tree::{Format, Reason, Tree, Value};

const DEVICE: &str = "
V node PR/G
  * node -/AGDr
    * chr -t/AGDr mime=text/plain|text/xml
    * int Sv/AGDr
    * bin -/AGDr
    * b64 -/AGDr
    * bool -/AGDr
    * null -/AGDr
    * xml -/AGDr mime=text/xml
    * date -/AGDr
    * node -/AGDr
      * chr -/AGDr
      * int -/AGDr
      * node -/AGDr
        * chr -/AGDr
DMAcc node PR/G
  * node -/AGDr mime=urn:oma:mo:oma-dm-dmacc:1.0
    AppID chr R/AGr
    Name chr R/AGr default=none
    Fixed node PR/G
      Limit int PR/Gr
    Read chr PR/G
Top node PR/G
  v chr PR/Gr
";

fn device() -> Tree<'static> {
    let mut tree = tree(DEVICE);
    tree.factory()
        .acl(".", "Add=*&Delete=*&Get=*&Replace=*")
        .unwrap();
    tree
}

fn same_in_both(xml: &str, uri: &str, check: impl Fn(&mut Tree<'static>, u16)) {
    for bytes in both(xml) {
        let mut tree = device();
        let status = add(&mut tree, &S1, uri, &bytes);
        check(&mut tree, status);
    }
}

/// TNDS-C-004, TNDS-C-018, TNDS-C-029, TNDS-C-016
#[test]
fn the_worked_example_makes_an_account() {
    let xml =
        document(&[object("a1", "urn:oma:mo:oma-dm-dmacc:1.0").with(leaf("AppID", "chr", "w7"))]);
    same_in_both(&xml, "./DMAcc/a1", |tree, status| {
        assert_eq!(status, 200);
        assert_eq!(value(tree, &S1, "./DMAcc/a1/AppID").unwrap(), "w7");
        assert_eq!(
            value(tree, &S1, "./DMAcc/a1?prop=Type").unwrap(),
            "urn:oma:mo:oma-dm-dmacc:1.0"
        );
        // What comes into being with its parent.
        assert_eq!(get_code(tree, &S1, "./DMAcc/a1/Fixed/Limit"), 200);
    });
    let wbxml = worked_wbxml();
    assert_eq!(wbxml.len(), 127);
    let mut tree = device();
    assert_eq!(add(&mut tree, &S1, "./DMAcc/a1", &wbxml), 200);
    assert_eq!(value(&mut tree, &S1, "./DMAcc/a1/AppID").unwrap(), "w7");
}

/// The octets of the digest, section 6.2.
fn worked_wbxml() -> Vec<u8> {
    let mut wbxml = b"\x02\x00\x00\x6a\x1b-//OMA//DTD-DM-DDF 1.2//EN\0".to_vec();
    wbxml.extend(b"\x00\x02\x60\x77\x031.2\0\x01\x64\x66\x03a1\0\x01\x6f\x5c\x25\x01\x75\x51\x03urn:oma:mo:oma-dm-dmacc:1.0\0\x01\x01\x01\x64\x66\x03AppID\0\x01\x6f\x5c\x0b\x01\x75\x61\x03text/plain\0\x01\x01\x01\x76\x03w7\0\x01\x01\x01\x01");
    wbxml
}

/// TNDS-C-028
#[test]
fn every_version_of_wbxml_is_read() {
    let mut wbxml = worked_wbxml();
    for version in 1..=3 {
        wbxml[0] = version;
        let mut tree = device();
        assert_eq!(add(&mut tree, &S1, "./DMAcc/a1", &wbxml), 200);
        assert_eq!(value(&mut tree, &S1, "./DMAcc/a1/AppID").unwrap(), "w7");
    }
}

/// TNDS-C-030
#[test]
fn an_unknown_public_identifier_and_a_missing_page_switch_are_taken() {
    for head in [&b"\x02\x01\x6a\x00\x00\x02"[..], b"\x02\x01\x6a\x00"] {
        let mut short = head.to_vec();
        short.extend(&worked_wbxml()[34..]);
        let mut tree = device();
        assert_eq!(add(&mut tree, &S1, "./DMAcc/a1", &short), 200);
    }
}

/// TNDS-C-013, TNDS-C-010, PRO-C-048: a target that is missing is the first node, whether or not it is named so; one
/// that is there gets children.
#[test]
fn the_target_is_the_first_node_or_the_place_for_it() {
    for (name, uri, want) in [
        ("n", "./V/n", "./V/n/a"),
        ("", "./V/n", "./V/n/a"),
        ("n", "./V", "./V/n/a"),
        ("m", "./V/n", "./V/n/m/a"),
    ] {
        let xml = document(&[interior(name).with(leaf("a", "chr", "x"))]);
        same_in_both(&xml, uri, |tree, status| {
            assert_eq!(status, 200, "{name} at {uri}");
            assert_eq!(value(tree, &S1, want).unwrap(), "x");
            assert_eq!(tree.local().find("./V/n/n"), None);
        });
    }
    // Missing ancestors come too.
    let xml = document(&[interior("").with(leaf("a", "chr", "x"))]);
    same_in_both(&xml, "./V/n/m/o", |tree, status| {
        assert_eq!(status, 200);
        assert_eq!(value(tree, &S1, "./V/n/m/o/a").unwrap(), "x");
    });
    same_in_both(&xml, "./V/n/m/o/p", |tree, status| {
        assert_eq!(status, 405);
        assert_eq!(tree.failed_ancestor(), None);
        assert_eq!(tree.local().find("./V/n"), None);
    });
    same_in_both(&xml, "./X/n", |tree, status| {
        assert_eq!((status, tree.failed_ancestor()), (405, Some(3)));
    });
}

/// TNDS-C-009, TNDS-C-010, TNDS-C-012, PRO-C-048
#[test]
fn a_flat_document_with_paths_is_the_same_tree() {
    let nested = document(&[interior("n").with(leaf("a", "chr", "x")).with(
        interior("m")
            .with(leaf("b", "int", "7"))
            .with(leaf("c", "chr", "y")),
    )]);
    let mut tree = device();
    assert_eq!(add(&mut tree, &S1, "./V", nested.as_bytes()), 200);
    let want = picture(&mut tree);
    for path in ["n", "./n"] {
        let flat = document(&[
            interior("n"),
            leaf("a", "chr", "x").at(path),
            interior("m").at(path),
            leaf("b", "int", "7").at(&format!("{path}/m")),
            leaf("c", "chr", "y").at("n/m"),
        ]);
        same_in_both(&flat, "./V", |tree, status| {
            assert_eq!(status, 200);
            assert_eq!(picture(tree), want);
        });
    }
    // Relative to a target that the document makes, and, where that has no such child, to its parent.
    for path in ["m", "n/m"] {
        let flat = document(&[
            interior(""),
            leaf("a", "chr", "x").at("."),
            interior("m").at(""),
            leaf("b", "int", "7").at(path),
            leaf("c", "chr", "y").at(path),
        ]);
        same_in_both(&flat, "./V/n", |tree, status| {
            assert_eq!(status, 200, "{path}");
            assert_eq!(picture(tree), want);
        });
    }
    let mixed = document(&[
        interior("n").with(leaf("b", "int", "7").at("n/m")),
        interior("m").at("n"),
    ]);
    same_in_both(&mixed, "./V", |_, status| assert_eq!(status, 404));
}

/// A document does not reach outside of its target.
#[test]
fn paths_and_names_stay_below_the_target() {
    let mut tree = device();
    assert_eq!(
        add(&mut tree, &S1, "./V", document(&[interior("n")]).as_bytes()),
        200
    );
    let before = picture(&mut tree);
    for (node, want) in [
        (leaf("v", "chr", "x").at("../Top"), 404),
        (leaf("v", "chr", "x").at("./Top"), 404),
        (leaf("v", "chr", "x").at("/Top"), 404),
        (leaf("v", "chr", "x").at(".."), 404),
        (leaf("v", "chr", "x").at("x/../../../Top"), 404),
        (leaf("../v", "chr", "x"), 404),
        (leaf("..", "chr", "x"), 404),
        (leaf(".", "chr", "x"), 404),
        (leaf("a/b", "chr", "x"), 404),
        (leaf("a?prop=ACL", "chr", "x"), 404),
        (leaf("a%2Fb", "chr", "x"), 404),
        (leaf("", "chr", "x").at("."), 415),
    ] {
        let xml = document(core::slice::from_ref(&node));
        for bytes in both(&xml) {
            assert_eq!(add(&mut tree, &S1, "./V/n", &bytes), want, "{node:?}");
            assert_eq!(picture(&mut tree), before);
        }
    }
    assert_eq!(add(&mut tree, &S1, "./V/n?list=TNDS", b"<MgmtTree/>"), 405);
    let ok = document(&[leaf("a", "chr", "x")]);
    assert_eq!(add(&mut tree, &S1, "./V/n?prop=ACL", ok.as_bytes()), 405);
}

/// TNDS-C-019, PRO-C-047: the code is that of the node that failed, and nothing is left of the others.
#[test]
fn one_node_that_fails_fails_all() {
    let mut small = tree_of(Size { nodes: 15, ..ROOMY }, schema(DEVICE), Vec::new());
    small
        .factory()
        .acl(".", "Add=*&Delete=*&Get=*&Replace=*")
        .unwrap();
    let long = "x".repeat(401);
    let bad: [(Node, u16); 16] = [
        (leaf("a", "int", "seven"), 500),
        (leaf("a", "bool", "7"), 500),
        (leaf("a", "date", "2026-02-30"), 500),
        (leaf("a", "float", "1"), 415),
        (interior("m").with(leaf("b", "bin", "AAAA")), 415),
        (leaf("a", "b64", "%%"), 400),
        (leaf("a", "chr", &long), 413),
        (leaf(&"a".repeat(33), "chr", ""), 414),
        (
            Node {
                properties: "<Format><chr/></Format><Type><MIME>image/png</MIME></Type>".into(),
                ..leaf("a", "chr", "x")
            },
            415,
        ),
        (
            Node {
                properties: "<Format><quaternion/></Format>".into(),
                ..leaf("a", "chr", "x")
            },
            415,
        ),
        (leaf("a", "chr", "x").acl("Get"), 500),
        (leaf("a", "chr", "x").acl("Fly=*"), 500),
        (leaf("a", "chr", "x").with(leaf("b", "chr", "y")), 405),
        (
            Node {
                value: Some("x".into()),
                ..interior("m")
            },
            500,
        ),
        (leaf("g", "chr", "twice"), 418),
        (leaf("a", "null", "x"), 500),
    ];
    for (node, want) in bad {
        let xml = document(&[interior("n").with(leaf("g", "chr", "x")).with(node.clone())]);
        same_in_both(&xml, "./V", |tree, status| {
            assert_eq!(status, want, "{node:?}");
            assert_eq!(picture(tree), picture(&mut device()));
        });
    }
    let before = picture(&mut small);
    let mut wide = interior("n");
    for i in 0..20 {
        wide = wide.with(leaf(&format!("l{i}"), "chr", "x"));
    }
    // TNDS-C-038
    assert_eq!(
        add(&mut small, &S1, "./V", document(&[wide]).as_bytes()),
        420
    );
    assert_eq!(picture(&mut small), before);
    // An account without its right: the parent of all accounts.
    small.factory().acl("./DMAcc", "Get=*").unwrap();
    let xml = document(&[interior("n").with(leaf("AppID", "chr", "w7"))]);
    assert_eq!(add(&mut small, &S1, "./DMAcc", xml.as_bytes()), 425);
    let (read_only, top) = (
        document(&[interior("n").with(leaf("Read", "chr", "w7"))]),
        document(&[leaf("v", "chr", "x")]),
    );
    let mut tree = device();
    let before = picture(&mut tree);
    assert_eq!(add(&mut tree, &S1, "./DMAcc", read_only.as_bytes()), 405);
    assert_eq!(add(&mut tree, &S1, "./Top", top.as_bytes()), 418);
    assert_eq!(add(&mut tree, &S1, "./Top/v", top.as_bytes()), 405);
    assert_eq!(picture(&mut tree), before);
}

/// TNDS-C-008, TNDS-C-037, TNDS-C-011, D13-C-050: malformed data is answered 415 (its rule 8).
#[test]
fn what_is_no_document_changes_nothing() {
    let good = document(&[interior("n").with(leaf("a", "chr", "x"))]);
    let mut tree = device();
    let before = picture(&mut tree);
    let with = |from: &str, to: &str| {
        assert!(good.contains(from));
        good.replacen(from, to, 1)
    };
    for bad in [
        String::new(),
        "<MgmtTree/>".into(),
        document(&[]),
        with("<VerDTD>1.2</VerDTD>", ""),
        with("<VerDTD>1.2", "<VerDTD>2.0"),
        with("<VerDTD>1.2</VerDTD>", "<VerDTD/>"),
        good.replace("MgmtTree", "Tree"),
        with("</Node></MgmtTree>", "</Node>"),
        with("</Node></Node>", "</Node><Value>x</Value></Node>"),
        with("</Node></Node>", "</Node><NodeName>x</NodeName></Node>"),
        with("</MgmtTree>", "</MgmtTree><MgmtTree/>"),
        with("<Value>x</Value>", "<Value>x</Value><Value/>"),
        with(
            "<NodeName>a</NodeName>",
            "<NodeName>a</NodeName><NodeName>b</NodeName>",
        ),
    ] {
        assert_eq!(add(&mut tree, &S1, "./V", bad.as_bytes()), 415, "{bad}");
        assert_eq!(picture(&mut tree), before);
    }
    // Cut anywhere.
    for bytes in both(&good) {
        for end in 0..bytes.len() {
            assert_eq!(add(&mut tree, &S1, "./V", &bytes[..end]), 415, "{end}");
            assert_eq!(picture(&mut tree), before);
        }
        assert_eq!(add(&mut tree, &S1, "./V", &bytes), 200);
        tree.local().delete("./V/n").unwrap();
    }
}

/// TNDS-C-005, D13-C-050: also what is unknown is passed over, and the order of RTProperties is free.
#[test]
fn what_is_not_needed_is_passed_over() {
    let mut tree = device();
    let rich = "<?xml version='1.0'?><!DOCTYPE MgmtTree PUBLIC '-//OMA//DTD-DM-DDF 1.2//EN' 'x'>\
        <d:MgmtTree xmlns:d='syncml:dmddf1.2'><d:VerDTD> 1.2 </d:VerDTD><d:Man>m</d:Man><d:Mod>x</d:Mod><d:Other><d:Node/></d:Other>\
        <d:Node> <d:NodeName> n </d:NodeName><d:Node><d:NodeName>a</d:NodeName><d:RTProperties><d:Type><d:MIME> text/plain; charset=utf-8</d:MIME></d:Type>\
        <d:VerNo>9</d:VerNo><d:TStamp>20200101T000000Z</d:TStamp><d:Size>3</d:Size><d:Name>z</d:Name><d:Format><d:chr/></d:Format></d:RTProperties>\
        <d:DFProperties><d:Scope><d:Dynamic/></d:Scope></d:DFProperties><d:Value> x </d:Value></d:Node></d:Node></d:MgmtTree>";
    assert_eq!(add(&mut tree, &S1, "./V", rich.as_bytes()), 200);
    assert_eq!(value(&mut tree, &S1, "./V/n/a").unwrap(), " x ");
}

/// TNDS-C-038: nesting is bounded by the URI limits, and where there are none by the parser.
#[test]
fn deep_documents_are_refused() {
    let mut deep = leaf("a", "chr", "x");
    for _ in 0..40 {
        deep = interior("m").with(deep);
    }
    let xml = document(&[deep]);
    let mut tree = device();
    assert_eq!(add(&mut tree, &S1, "./V", xml.as_bytes()), 405);
    assert_eq!(picture(&mut tree), picture(&mut device()));
    // No description goes that far: the parser is met first only where the nodes are in the end.
    let hollow = format!(
        "<MgmtTree><VerDTD>1.2</VerDTD><Node>{}</Node></MgmtTree>",
        "<x>".repeat(40) + &"</x>".repeat(40)
    );
    assert_eq!(
        take(&mut device(), &S1, "Add", "./V", hollow.as_bytes()),
        Err(Reason::UriTooLong)
    );
}

/// Section 2.4 and 2.5.
#[test]
fn missing_properties_have_defaults_and_binary_values_are_decoded() {
    let bare = |name: &str, properties: &str, value: &str| {
        format!(
            "<Node><NodeName>{name}</NodeName>{properties}{}</Node>",
            if value.is_empty() {
                String::new()
            } else {
                format!("<Value>{value}</Value>")
            }
        )
    };
    let xml = format!(
        "<MgmtTree><VerDTD>1.2</VerDTD><Node><NodeName>n</NodeName>{}{}{}{}{}{}{}</Node></MgmtTree>",
        bare("c", "", "text"),
        bare(
            "i",
            "<RTProperties><Format><int/></Format></RTProperties>",
            ""
        ),
        bare(
            "m",
            "<RTProperties><Type><DDFName/></Type></RTProperties>",
            ""
        ),
        bare(
            "z",
            "<RTProperties><Format><null/></Format></RTProperties>",
            ""
        ),
        bare(
            "b",
            "<RTProperties><Format><bin/></Format></RTProperties>",
            "AAEC /w=="
        ),
        bare(
            "d",
            "<RTProperties><Format><b64/></Format></RTProperties>",
            "QUJD"
        ),
        bare(
            "x",
            "<RTProperties><Format><xml/></Format><Type><MIME>text/xml</MIME></Type></RTProperties>",
            "<![CDATA[<a>&amp;</a>]]>"
        ),
    );
    let mut tree = device();
    assert_eq!(add(&mut tree, &S1, "./V", xml.as_bytes()), 200);
    let format = |tree: &mut Tree<'_>, name: &str| {
        value(tree, &S1, &format!("./V/n/{name}?prop=Format")).unwrap()
    };
    for (name, want) in [
        ("c", "chr"),
        ("i", "int"),
        ("m", "node"),
        ("z", "null"),
        ("b", "bin"),
        ("d", "b64"),
        ("x", "xml"),
    ] {
        assert_eq!(format(&mut tree, name), want);
    }
    assert_eq!(
        value(&mut tree, &S1, "./V/n/c?prop=Type").unwrap(),
        "text/plain"
    );
    assert_eq!(value(&mut tree, &S1, "./V/n/i").unwrap(), "");
    assert_eq!(value(&mut tree, &S1, "./V/n/d").unwrap(), "ABC");
    assert_eq!(value(&mut tree, &S1, "./V/n/x").unwrap(), "<a>&amp;</a>");
    let mut octets = [0; 8];
    assert_eq!(tree.local().get("./V/n/b", &mut octets), Ok(4));
    assert_eq!(octets[..4], [0, 1, 2, 0xFF]);
    // In WBXML as OPAQUE with `bin`, and as Base64 text with `b64`, which a binary node takes too.
    let head = b"\x02\x01\x6a\x00\x00\x02\x60\x77\x031.2\0\x01";
    let opaque = b"\x64\x66\x03b\0\x01\x6f\x5c\x09\x01\x01\x76\xc3\x03\x00\x01\xff\x01\x01";
    let text = b"\x64\x66\x03b\0\x01\x6f\x5c\x08\x01\x01\x76\x03AAH/\0\x01\x01";
    for (node, name) in [(&opaque[..], "o"), (&text[..], "t")] {
        let mut bytes = head.to_vec();
        bytes.extend(b"\x64\x66\x03");
        bytes.extend(name.as_bytes());
        bytes.extend(b"\0\x01");
        bytes.extend(node);
        bytes.extend(b"\x01\x01");
        assert_eq!(add(&mut tree, &S1, "./V", &bytes), 200, "{name}");
        assert_eq!(
            tree.local().get(&format!("./V/{name}/b"), &mut octets),
            Ok(3)
        );
        assert_eq!(octets[..3], [0, 1, 0xFF]);
    }
    // The default of the description.
    let account = document(&[interior("a").with(Node {
        value: None,
        ..leaf("Name", "chr", "")
    })]);
    assert_eq!(add(&mut tree, &S1, "./DMAcc", account.as_bytes()), 200);
    assert_eq!(value(&mut tree, &S1, "./DMAcc/a/Name").unwrap(), "none");
}

/// TNDS-C-015
#[test]
fn format_node_is_for_interior_nodes_only() {
    let account = |node: Node| document(&[interior("a").with(node)]);
    for (node, want) in [
        (interior("AppID"), 415),
        (
            Node {
                properties: "<Format><chr/></Format>".into(),
                ..interior("Fixed").with(leaf("Limit", "int", "1"))
            },
            405,
        ),
        (leaf("Fixed", "chr", "x"), 405),
    ] {
        same_in_both(&account(node.clone()), "./DMAcc", |_, status| {
            assert_eq!(status, want, "{node:?}");
        });
    }
}

/// TNDS-C-017, TNDS-C-040, TREE-C-043, D13-C-050: its rule 6.
#[test]
fn acls_follow_the_rules_of_the_tree() {
    // s1 may add below the root, and nothing else.
    let plain = document(&[interior("n").with(leaf("a", "chr", "x"))]);
    let given = document(&[interior("n")
        .acl("Get=s2")
        .with(leaf("a", "chr", "x").acl("Get=*&Replace=s2"))
        .with(interior("m").with(leaf("b", "chr", "y")))]);
    for bytes in both(&plain) {
        let mut tree = tree(DEVICE);
        assert_eq!(add(&mut tree, &S1, "./V", &bytes), 200);
        let acl = tree.local().find("./V/n").unwrap();
        tree.authorise(&S1, dm_tree::Verb::Delete, acl).unwrap();
        assert_eq!(get_code(&mut tree, &S1, "./V/n"), 425);
        tree.factory().acl("./V/n", "Get=*").unwrap();
        assert_eq!(value(&mut tree, &S1, "./V/n/a?prop=ACL").unwrap(), "");
    }
    for bytes in both(&given) {
        let mut tree = tree(DEVICE);
        assert_eq!(add(&mut tree, &S1, "./V", &bytes), 200);
        assert_eq!(value(&mut tree, &S2, "./V/n?prop=ACL").unwrap(), "Get=s2");
        assert_eq!(
            value(&mut tree, &S1, "./V/n/a?prop=ACL").unwrap(),
            "Get=*&Replace=s2"
        );
        assert_eq!(value(&mut tree, &S2, "./V/n/m?prop=ACL").unwrap(), "");
        assert_eq!(get_code(&mut tree, &S1, "./V/n/m/b"), 425);
    }
    // TREE-C-038: the ACL of a leaf is the business of its parent.
    let mut tree = tree(DEVICE);
    assert_eq!(
        add(&mut tree, &S1, "./V", document(&[interior("n")]).as_bytes()),
        200
    );
    tree.factory().acl("./V/n", "Add=*&Get=*").unwrap();
    let leaf_acl = document(&[leaf("a", "chr", "x").acl("Get=s2")]);
    assert_eq!(add(&mut tree, &S1, "./V/n", leaf_acl.as_bytes()), 425);
    let no_acl = document(&[leaf("a", "chr", "x")]);
    assert_eq!(add(&mut tree, &S1, "./V/n", no_acl.as_bytes()), 200);
    // Without the right to add.
    tree.factory().acl("./V/n", "Get=*&Replace=*").unwrap();
    let more = document(&[leaf("b", "chr", "x")]);
    assert_eq!(add(&mut tree, &S1, "./V/n", more.as_bytes()), 425);
    // A path into a place where the server may not add.
    tree.factory().acl("./V", "Add=*&Get=*").unwrap();
    let deep = document(&[leaf("b", "chr", "x").at("n")]);
    assert_eq!(add(&mut tree, &S1, "./V", deep.as_bytes()), 425);
}

#[test]
fn titles_are_taken_where_the_node_has_them() {
    let long = "t".repeat(256);
    let xml = |title: &str| {
        document(&[interior("n")
            .title("none here")
            .with(leaf("a", "chr", "x").title(title))])
    };
    same_in_both(&xml("For people &amp; others"), "./V", |tree, status| {
        assert_eq!(status, 200);
        let title = value(tree, &S1, "./V/n/a?prop=Title").unwrap();
        assert_eq!(title, "For people & others");
        assert_eq!(get_code(tree, &S1, "./V/n?prop=Title"), 406);
    });
    same_in_both(&xml(&long), "./V", |_, status| assert_eq!(status, 413));
}

/// Inside a transaction a document that fails takes back what it did, and nothing else.
#[test]
fn a_document_inside_a_transaction_counts_with_it() {
    for commit in [false, true] {
        let mut tree = device();
        let before = picture(&mut tree);
        tree.begin().unwrap();
        let good = to_wbxml(&document(&[interior("n").with(leaf("a", "chr", "x"))]));
        let bad = to_wbxml(&document(&[
            interior("m").with(leaf("a", "chr", "x")),
            leaf("z", "int", "no").at("m"),
        ]));
        assert_eq!(add(&mut tree, &S1, "./V", &good), 200);
        assert_eq!(add(&mut tree, &S1, "./V", &bad), 500);
        assert!(tree.in_transaction());
        let one = Value {
            format: Some(Format::Chr),
            ..Value::of(b"y")
        };
        assert_eq!(code(tree.add(&S1, b"./V/n/b", &one)), 200);
        if commit {
            tree.commit().unwrap();
            assert_eq!(value(&mut tree, &S1, "./V/n").unwrap(), "a/b");
            assert_eq!(value(&mut tree, &S1, "./V").unwrap(), "n");
        } else {
            tree.roll_back();
            assert_eq!(picture(&mut tree), before);
        }
    }
}

/// PRO-C-045, TREE-C-052
#[test]
fn an_ancestor_that_cannot_be_made_is_told() {
    let mut tree = device();
    let xml = document(&[leaf("", "chr", "x")]);
    assert_eq!(add(&mut tree, &S1, "./V/n/x/y", xml.as_bytes()), 200);
    assert_eq!(value(&mut tree, &S1, "./V/n/x/y").unwrap(), "x");
    let before = picture(&mut tree);
    assert_eq!(add(&mut tree, &S1, "./V/k/x/y/z/a", xml.as_bytes()), 405);
    assert_eq!(tree.failed_ancestor(), Some("./V/k/x/y/z".len()));
    assert_eq!(picture(&mut tree), before);
}
