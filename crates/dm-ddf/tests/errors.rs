//! What is refused, with the place and the words of the refusal.

mod support;

use std::collections::HashMap;

use dm_ddf::{Error, Model};
use dm_tree::Key;
use support::{chr, compile, ddf, interior, node};

const CHR: &str = "<DFFormat><chr/></DFFormat>";
const NODE: &str = "<DFFormat><node/></DFFormat>";

#[allow(clippy::unwrap_used, reason = "for tests only")]
fn why(nodes: &str) -> Error {
    compile(nodes).unwrap_err()
}

#[test]
fn an_error_is_one_line_with_file_line_column_fault_and_remedy() {
    let text = ddf(&format!("{}\n  {}", chr("A"), node("B", "", "")));
    let why = Model::parse("dir/x.ddf", &text).unwrap_err();
    assert_eq!(
        (why.file.as_str(), why.line, why.column),
        ("dir/x.ddf", 4, 3)
    );
    assert_eq!(
        why.to_string(),
        "dir/x.ddf:4:3: DFFormat is missing; write for example <DFFormat><chr/></DFFormat>"
    );
}

#[test]
fn xml_that_is_not_well_formed_is_refused_at_its_place() {
    for (text, line, column) in [
        ("<MgmtTree>\n<VerDTD>1.2</VerDTE></MgmtTree>", 2, 12),
        ("<MgmtTree>\n\n<x:Node/></MgmtTree>", 3, 2),
        ("<MgmtTree><VerDTD>1.2 & 3</VerDTD></MgmtTree>", 1, 23),
    ] {
        let why = Model::parse("a.ddf", text).unwrap_err();
        assert!(why.what.starts_with("not well-formed XML"), "{why}");
        assert_eq!((why.line, why.column), (line, column), "{why}");
    }
    for text in ["", "<MgmtTree>", "VerDTD"] {
        assert!(Model::parse("a.ddf", text).is_err());
    }
}

#[test]
fn a_document_that_is_no_ddf_is_refused() {
    assert!(
        Model::parse("a.ddf", "<SyncML/>")
            .unwrap_err()
            .what
            .contains("SyncML")
    );
    assert!(
        Model::parse("a.ddf", &ddf(""))
            .unwrap_err()
            .what
            .contains("no Node")
    );
}

#[test]
fn a_file_that_cannot_be_read_is_named() {
    let why = Model::read("there/is/no.ddf").unwrap_err();
    assert_eq!((why.file.as_str(), why.line), ("there/is/no.ddf", 0));
    assert!(
        why.to_string()
            .starts_with("there/is/no.ddf: cannot be read"),
        "{why}"
    );
}

#[test]
fn each_fault_of_a_node_is_named() {
    let framework = |inside: &str| {
        format!("<Node><NodeName>A</NodeName><DFProperties>{inside}</DFProperties></Node>")
    };
    let get = "<AccessType><Get/></AccessType>";
    for (text, words) in [
        (
            format!("<Node><DFProperties>{get}{CHR}</DFProperties></Node>"),
            "NodeName is missing",
        ),
        (
            "<Node><NodeName>A</NodeName></Node>".to_owned(),
            "no file describes \"A\"",
        ),
        (framework(CHR), "AccessType is missing"),
        (framework(get), "DFFormat is missing"),
        (
            framework(&format!("{get}<DFFormat/>")),
            "DFFormat does not hold exactly one choice",
        ),
        (
            framework(&format!("{get}<DFFormat>chr</DFFormat>")),
            "DFFormat does not hold exactly one choice",
        ),
        (
            framework(&format!("{get}<DFFormat><chr/><int/></DFFormat>")),
            "DFFormat does not hold exactly one choice",
        ),
        (
            framework(&format!("{get}<DFFormat><char/></DFFormat>")),
            "DFFormat does not hold exactly one choice",
        ),
        (
            framework(&format!("{get}{CHR}{CHR}")),
            "DFFormat is given twice",
        ),
        (
            framework(&format!("{get}{CHR}<Scope/>")),
            "Scope does not hold exactly one choice",
        ),
        (
            framework(&format!("{get}{CHR}<CaseSense><Cs/></CaseSense>")),
            "CaseSense does not hold exactly one choice",
        ),
        (
            framework(&format!("{get}{CHR}<Occurrence>One</Occurrence>")),
            "Occurrence does not hold exactly one choice",
        ),
        (
            framework(&format!("{get}{CHR}<DFType><MIME>text</MIME></DFType>")),
            "\"text\" is no MIME type",
        ),
        (
            framework(&format!("{get}{CHR}<DFType><MIME>a/b c/d</MIME></DFType>")),
            "is no MIME type",
        ),
        (
            interior("A", "<Value>7</Value>"),
            "is no value of format node",
        ),
        (
            node("A", CHR, &chr("B")),
            "a node of format chr has child nodes",
        ),
        (
            node("A", CHR, "<NodeName>B</NodeName>"),
            "NodeName is given twice",
        ),
        (
            node(
                "A",
                &format!("{NODE}<DFType><DDFName>urn:a</DDFName><MIME>urn:b</MIME></DFType>"),
                "",
            ),
            "two identifiers",
        ),
        (
            node(
                "A",
                CHR,
                "<RTProperties><ACL/><Format><int/></Format><Name/><Type/></RTProperties>",
            ),
            "Format is int but DFFormat is chr",
        ),
    ] {
        let why = why(&text);
        assert!(why.what.contains(words), "{why}\n{text}");
        assert_eq!(why.line, 3, "{why}");
        assert!(!why.fix.is_empty());
    }
}

#[test]
fn occurrence_numbers_outside_the_range_are_refused() {
    for number in ["0", "65537", "-1", "", "two", "4294967298"] {
        for name in ["ZeroOrN", "OneOrN"] {
            let text = format!("{CHR}<Occurrence><{name}>{number}</{name}></Occurrence>");
            assert!(why(&node("A", &text, "")).what.contains(name), "{number}");
        }
    }
}

#[test]
fn defaults_that_are_no_value_of_their_format_are_refused() {
    for (format, value) in [
        ("int", "7x"),
        ("int", ""),
        ("int", "4294967296"),
        ("bool", "yes"),
        ("bool", ""),
        ("bin", "AAEC/w"),
        ("b64", "?"),
        ("null", "x"),
        ("node", "x"),
    ] {
        let text = format!("<DFFormat><{format}/></DFFormat><DefaultValue>{value}</DefaultValue>");
        assert!(
            why(&node("A", &text, "")).what.contains(format),
            "{format} {value}"
        );
    }
}

#[test]
fn names_that_are_no_uri_segment_are_refused() {
    for name in [
        "a/b",
        "a b",
        "..",
        "a.",
        "a%2",
        "a%zz",
        "a%2fb",
        "a?b",
        "a#b",
        "\u{e9}",
        "&lt;X&gt;",
    ] {
        let why = why(&chr(name));
        assert!(why.what.starts_with("the node name"), "{name}: {why}");
    }
    for name in ["a.b", "a%20b", "-_.!~*'():@&amp;=+$,z", "3G"] {
        assert!(compile(&chr(name)).is_ok(), "{name}");
    }
    assert!(compile(&chr(&"a".repeat(255))).is_ok());
    assert!(why(&chr(&"a".repeat(256))).what.contains("255"));
}

#[test]
fn paths_that_lead_nowhere_are_refused() {
    let path = |path: &str| {
        chr("B").replace(
            "<DFProperties>",
            &format!("<Path>{path}</Path><DFProperties>"),
        )
    };
    assert!(why(&path("./A//C")).what.contains("empty segment"));
    assert!(why(&path("./A b")).what.contains("node name"));
    assert!(
        why(&path("./*"))
            .what
            .contains("no interior node without a name")
    );
    assert!(
        why(&format!("{}{}", chr("A"), path("./A")))
            .what
            .contains("is a leaf")
    );
    assert!(
        why(&format!("{}{}", path("./A"), chr("A")))
            .what
            .contains("is a leaf")
    );
    assert!(
        why(&interior("A", &path("./C")))
            .what
            .contains("stands inside ./A")
    );
}

#[test]
fn nesting_without_end_is_refused() {
    let deep = |depth: usize| (0..depth).fold(chr("x"), |inside, _| interior("a", &inside));
    assert!(compile(&deep(127)).is_ok());
    assert!(why(&deep(128)).what.contains("deep"));
    assert!(why(&deep(1000)).what.contains("deep"));
}

#[test]
fn tables_that_devices_cannot_address_are_refused() {
    let some: String = (0..256).map(|number| chr(&format!("n{number}"))).collect();
    let many: String = (0..256)
        .map(|number| interior(&format!("n{number}"), &some) + "\n")
        .collect();
    assert!(why(&many).what.contains("65535"), "nodes");
    let long = |letter: &str| {
        node(
            &format!("n{letter}"),
            &format!(
                "{CHR}<DefaultValue>{}</DefaultValue>",
                letter.repeat(40_000)
            ),
            "",
        )
    };
    assert!(compile(&long("a")).is_ok());
    assert!(
        why(&format!("{}{}", long("a"), long("b")))
            .what
            .contains("65535 bytes"),
        "text"
    );
    let types: String = (0..40)
        .map(|number| format!("<MIME>image/x-{number:03}</MIME>"))
        .collect();
    assert!(
        why(&node("A", &format!("{CHR}<DFType>{types}</DFType>"), ""))
            .what
            .contains("DFType has"),
        "types"
    );
}

#[test]
fn two_permanent_nodes_with_the_same_path_hash_are_refused() {
    let permanent = |name: &str| node(name, &format!("{CHR}<Scope><Permanent/></Scope>"), "");
    let mut seen = HashMap::new();
    let (one, other) = (0..)
        .map(|number| format!("n{number}"))
        .find_map(|name| {
            seen.insert(Key::ROOT.child(name.as_bytes()), name.clone())
                .map(|other| (name, other))
        })
        .unwrap();
    let why = why(&format!("{}{}", permanent(&one), permanent(&other)));
    assert!(why.what.contains("same path hash"), "{why}");
    assert!(compile(&format!("{}{}", permanent(&one), chr(&other))).is_ok());
    assert!(
        compile(&format!(
            "{}{}",
            permanent(&one),
            interior("A", &permanent(&other))
        ))
        .is_ok()
    );
}
