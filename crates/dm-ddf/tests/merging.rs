//! How several DDFs, and several elements of one, become one tree.

mod support;

use dm_tree::schema::{access, flags};
use dm_tree::{DescId, Format, NodeDesc};
use support::{at, chr, compile, compile_all, ddf, interior, node};

const NODE: &str = "<DFFormat><node/></DFFormat>";

fn with_path(path: &str, node: &str) -> String {
    node.replacen("</NodeName>", &format!("</NodeName><Path>{path}</Path>"), 1)
}

#[test]
fn children_of_a_node_are_neighbours_and_come_after_it() {
    let text = interior("A", &format!("{}{}", interior("B", &chr("C")), chr("D")))
        + &interior("E", &format!("{}{}", chr("F"), interior("G", &chr("H"))));
    let compiled = compile(&text).unwrap();
    let order: Vec<String> = (0..)
        .map(DescId)
        .take(compiled.nodes.len())
        .map(|id| compiled.uri(id))
        .collect();
    assert_eq!(
        order,
        [
            ".", "./A", "./E", "./A/B", "./A/D", "./E/F", "./E/G", "./A/B/C", "./E/G/H"
        ]
    );
    for (index, desc) in (0_u16..).zip(&compiled.nodes) {
        for child in compiled.schema().children(DescId(index)) {
            assert!(child.0 > index);
            assert_eq!(compiled.nodes[usize::from(child.0)].parent, index);
        }
        assert_eq!(desc.reserved, 0);
    }
    assert_eq!(compiled.schema().check(), Ok(()));
}

#[test]
fn a_path_puts_a_node_below_others_and_makes_the_missing_ones() {
    for path in ["./X/Y", "X/Y", "./X/Y/"] {
        let compiled = compile(&with_path(path, &chr("A"))).unwrap();
        assert_eq!(compiled.nodes.len(), 4);
        assert_eq!(at(&compiled, "./X/Y/A").format(), Format::Chr);
        let implied = at(&compiled, "./X/Y");
        assert_eq!(implied.access, access::GET);
        assert!(implied.is_interior() && implied.has(flags::PERMANENT | flags::REQUIRED));
    }
    for path in ["", ".", "./"] {
        let compiled = compile(&with_path(path, &chr("A"))).unwrap();
        assert_eq!(compiled.nodes.len(), 2, "{path}");
    }
}

#[test]
fn a_node_that_only_a_path_mentioned_is_described_later_or_before() {
    let described = node("X", &format!("{NODE}<Scope><Dynamic/></Scope>"), "");
    let below = with_path("./X", &chr("A"));
    for files in [
        [described.as_str(), below.as_str()],
        [below.as_str(), described.as_str()],
    ] {
        let compiled = compile_all(&files).unwrap();
        assert_eq!(compiled.nodes.len(), 3);
        assert!(!at(&compiled, "./X").has(flags::PERMANENT));
    }
}

#[test]
fn a_node_without_children_is_continued_by_a_node_with_its_path() {
    let first = interior("X", &interior("Ext", ""));
    let second = with_path("./X/Ext", &chr("A"));
    let third = with_path(
        "./X",
        "<Node><NodeName>Ext</NodeName><Node><NodeName>A</NodeName></Node></Node>",
    );
    let compiled = compile_all(&[&first, &second, &third]).unwrap();
    assert_eq!(compiled.nodes.len(), 4);
    assert_eq!(compiled.uri(DescId(3)), "./X/Ext/A");
}

#[test]
fn a_path_inside_a_node_may_repeat_where_the_node_stands() {
    let text = interior(
        "X",
        &interior("*", &chr("A")).replace(
            "<NodeName>A</NodeName>",
            "<NodeName>A</NodeName><Path>./X/*</Path>",
        ),
    );
    assert_eq!(compile(&text).unwrap().nodes.len(), 4);
}

#[test]
fn equal_descriptions_of_one_node_are_one_and_different_ones_are_refused() {
    let plain = chr("A");
    assert_eq!(compile_all(&[&plain, &plain]).unwrap().nodes.len(), 2);
    let documented = node(
        "A",
        "<DFFormat><chr/></DFFormat><Description>Words do not count.</Description>",
        "",
    );
    assert_eq!(compile_all(&[&plain, &documented]).unwrap().nodes.len(), 2);
    for (name, other) in [
        ("DFFormat", node("A", "<DFFormat><int/></DFFormat>", "")),
        ("AccessType", chr("A").replace("<Get/>", "<Get/><Replace/>")),
        (
            "Occurrence",
            node(
                "A",
                "<DFFormat><chr/></DFFormat><Occurrence><ZeroOrOne/></Occurrence>",
                "",
            ),
        ),
        (
            "Scope",
            node(
                "A",
                "<DFFormat><chr/></DFFormat><Scope><Permanent/></Scope>",
                "",
            ),
        ),
        (
            "CaseSense",
            node(
                "A",
                "<DFFormat><chr/></DFFormat><CaseSense><CIS/></CaseSense>",
                "",
            ),
        ),
        (
            "DFType",
            node(
                "A",
                "<DFFormat><chr/></DFFormat><DFType><MIME>text/xml</MIME></DFType>",
                "",
            ),
        ),
        (
            "RTProperties",
            node(
                "A",
                "<DFFormat><chr/></DFFormat>",
                "<RTProperties><ACL/><Format/><Name/><Title/><Type/></RTProperties>",
            ),
        ),
    ] {
        let why = compile_all(&[&plain, &other]).unwrap_err();
        assert_eq!((why.file.as_str(), why.line), ("b.ddf", 3), "{why}");
        assert!(
            why.what.contains(name) && why.what.contains("a.ddf:3:1"),
            "{why}"
        );
    }
}

/// OBJ-C-035
#[test]
fn a_default_value_may_stand_in_one_of_two_descriptions_but_not_two_of_them() {
    let with = |default: &str| {
        let default = format!("<DFFormat><chr/></DFFormat><DefaultValue>{default}</DefaultValue>");
        node("A", &default, "")
    };
    let (plain, one, other) = (chr("A"), with("1"), with("2"));
    for files in [
        &[&plain, &one] as &[&String],
        &[&one, &plain],
        &[&one, &one],
        &[&one, &plain, &one],
    ] {
        let files: Vec<&str> = files.iter().map(|file| file.as_str()).collect();
        let tables = compile_all(&files).unwrap();
        assert_eq!(tables.nodes.len(), 2);
        let id = tables.schema().find(b"./A").unwrap();
        assert_eq!(tables.schema().default_value(id), Some(&b"1"[..]));
    }
    for files in [&[&one, &other] as &[&String], &[&plain, &one, &other]] {
        let files: Vec<&str> = files.iter().map(|file| file.as_str()).collect();
        let why = compile_all(&files).unwrap_err();
        assert!(why.what.contains("DefaultValue differs"), "{why}");
    }
}

/// OBJ-C-035: a device adds what is its own to an object of the standard.
#[test]
fn a_device_gives_a_standard_leaf_its_value() {
    let leaf = node(
        "Man",
        "<DFFormat><chr/></DFFormat><Scope><Permanent/></Scope><DefaultValue>Example</DefaultValue>",
        "",
    );
    let leaf = ddf(&with_path("./DevInfo", &leaf));
    let device = dm_ddf::Model::parse("device.ddf", &leaf).unwrap();
    let models = dm_ddf::with_standard(vec![device]).unwrap();
    let tables = dm_ddf::compile(&models).unwrap();
    let value = |uri: &[u8]| {
        let id = tables.schema().find(uri).unwrap();
        tables.schema().default_value(id)
    };
    assert_eq!(value(b"./DevInfo/Man"), Some(&b"Example"[..]));
    assert_eq!(value(b"./DevInfo/Mod"), None);
}

#[test]
fn a_leaf_in_one_file_cannot_have_children_in_another() {
    let leaf = chr("X");
    let children = "<Node><NodeName>X</NodeName>".to_owned() + &chr("A") + "</Node>";
    for files in [
        [leaf.as_str(), children.as_str()],
        [children.as_str(), leaf.as_str()],
    ] {
        assert!(compile_all(&files).unwrap_err().what.contains("leaf"));
    }
}

#[test]
fn nodes_without_a_name_are_told_apart_by_their_format() {
    let many = "<Occurrence><ZeroOrMore/></Occurrence>";
    let unnamed = |format: &str| node("", &format!("<DFFormat><{format}/></DFFormat>{many}"), "");
    let text = format!("{}{}{}", unnamed("chr"), unnamed("int"), unnamed("node"));
    let compiled = compile_all(&[&text, &unnamed("chr"), &with_path("./*", &chr("A"))]).unwrap();
    let formats: Vec<Format> = compiled.nodes.iter().map(NodeDesc::format).collect();
    assert_eq!(
        formats,
        [
            Format::Node,
            Format::Chr,
            Format::Int,
            Format::Node,
            Format::Chr
        ]
    );
    assert_eq!(compiled.nodes[4].parent, 3);
}

/// TREE-C-081
#[test]
fn siblings_that_differ_in_letter_case_are_two_nodes_only_if_both_are_case_sensitive() {
    let any_case = |name: &str| {
        node(
            name,
            "<DFFormat><chr/></DFFormat><CaseSense><CIS/></CaseSense>",
            "",
        )
    };
    assert_eq!(
        compile_all(&[&chr("Abc"), &chr("aBC")])
            .unwrap()
            .nodes
            .len(),
        3
    );
    for files in [[any_case("Abc"), chr("aBC")], [chr("Abc"), any_case("aBC")]] {
        let why = compile_all(&[&files[0], &files[1]]).unwrap_err();
        assert!(why.what.contains("letter case"), "{why}");
    }
    assert_eq!(
        compile_all(&[&any_case("Abc"), &any_case("Abd")])
            .unwrap()
            .nodes
            .len(),
        3
    );
}

#[test]
fn equal_strings_and_parts_of_strings_are_stored_once() {
    let value = "<DFFormat><chr/></DFFormat><DefaultValue>AppAddr</DefaultValue>";
    let text = format!(
        "{}{}{}{}",
        chr("AppAddr"),
        chr("Addr"),
        chr("App"),
        node("B", value, "")
    );
    let compiled = compile(&text).unwrap();
    assert_eq!(compiled.text, b"AppAddrB");
    for uri in ["./AppAddr", "./Addr", "./App", "./B"] {
        let id = compiled.schema().find(uri.as_bytes()).unwrap();
        assert_eq!(compiled.uri(id), uri);
    }
    assert_eq!(compiled.size(), 5 * size_of::<NodeDesc>() + 8);
}

#[test]
fn no_files_make_a_lone_root() {
    let compiled = dm_ddf::compile(&[]).unwrap();
    assert_eq!(compiled.nodes.len(), 1);
    assert_eq!(compiled.schema().check(), Ok(()));
}

/// TREE-C-080
#[test]
fn of_two_descriptions_that_of_the_more_local_object_counts() {
    let object = |name: &str, children: &str| {
        let types = format!(
            "<DFFormat><node/></DFFormat><DFType><DDFName>urn:{name}:1.0</DDFName></DFType>"
        );
        node(name, &types, children)
    };
    let int = node("Leaf", "<DFFormat><int/></DFFormat>", "");
    let plain = interior("Inner", &(chr("Leaf") + &chr("Other")));
    // The outer object says that its inner node is no object and has a text.
    let outer = object("Outer", &plain);
    let inner = object("Inner", &int).replacen("</NodeName>", "</NodeName><Path>./Outer</Path>", 1);
    for files in [[&outer, &inner], [&inner, &outer]] {
        let files = files.map(String::as_str);
        let tables = compile_all(&files).unwrap();
        let leaf = at(&tables, "./Outer/Inner/Leaf");
        assert_eq!(leaf.format(), dm_tree::Format::Int);
        let id = tables.schema().find(b"./Outer/Inner").unwrap();
        assert_eq!(tables.schema().mime(id), b"urn:Inner:1.0");
        // What only the outer one describes is there, too.
        assert_eq!(
            at(&tables, "./Outer/Inner/Other").format(),
            dm_tree::Format::Chr
        );
    }
    // Of two equally local ones none counts more.
    let again =
        object("Inner", &chr("Leaf")).replacen("</NodeName>", "</NodeName><Path>./Outer</Path>", 1);
    let why = compile_all(&[&inner, &again]).unwrap_err();
    assert!(
        why.what.contains("described twice and DFFormat differs"),
        "{why}"
    );
}
