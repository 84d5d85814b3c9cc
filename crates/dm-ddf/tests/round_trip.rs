//! A schema printed as a DDF and compiled again is the same schema.

#![allow(clippy::unwrap_used, clippy::panic, reason = "for tests only")]

mod support;

use dm_ddf::{Compiled, Model, compile, standard, to_ddf, with_standard};
use dm_tree::{Format, NodeDesc, Schema};
use roxmltree::Document;
use support::{corpus_files, ddf, node};

/// Prints, reads and compares; the text with everything it knows.
fn check(name: &str, tables: &Compiled) -> String {
    let full = tables.to_ddf();
    for text in [to_ddf(&tables.schema()), full.clone()] {
        let model = Model::parse(name, &text).unwrap_or_else(|why| panic!("{why}"));
        assert!(model.notes().is_empty(), "{name}: {:?}", model.notes());
        let again = compile(&[model]).unwrap_or_else(|why| panic!("{why}"));
        assert_eq!(again.nodes, tables.nodes, "{name}");
        assert_eq!(again.text, tables.text, "{name}");
        in_order(&text);
    }
    let model = Model::parse(name, &full).unwrap();
    assert_eq!(compile(&[model]).unwrap().to_ddf(), full, "{name}");
    full
}

/// The children of each element come in the order of the DTD, and none is missing that must be there.
fn in_order(text: &str) {
    let options = roxmltree::ParsingOptions {
        allow_dtd: true,
        ..roxmltree::ParsingOptions::default()
    };
    let document = Document::parse_with_options(text, options).unwrap();
    for element in document.descendants().filter(|node| node.is_element()) {
        let (order, needed): (&[&str], &[&str]) = match element.tag_name().name() {
            "MgmtTree" => (&["VerDTD", "Man", "Mod", "Node"], &["VerDTD", "Node"]),
            "Node" => (
                &["NodeName", "RTProperties", "DFProperties", "Node"],
                &["NodeName", "DFProperties"],
            ),
            "RTProperties" => (
                &[
                    "ACL", "Format", "Name", "Size", "Title", "TStamp", "Type", "VerNo",
                ],
                &["ACL", "Format", "Name", "Type"],
            ),
            "DFProperties" => (
                &[
                    "AccessType",
                    "DefaultValue",
                    "Description",
                    "DFFormat",
                    "Occurrence",
                    "Scope",
                    "DFType",
                    "CaseSense",
                ],
                &[
                    "AccessType",
                    "DFFormat",
                    "Occurrence",
                    "Scope",
                    "DFType",
                    "CaseSense",
                ],
            ),
            _ => continue,
        };
        let names: Vec<&str> = element
            .children()
            .filter(|child| child.is_element())
            .map(|child| child.tag_name().name())
            .collect();
        let places: Vec<usize> = names
            .iter()
            .map(|name| order.iter().position(|known| known == name).unwrap())
            .collect();
        assert!(places.is_sorted(), "{names:?}");
        assert!(needed.iter().all(|name| names.contains(name)), "{names:?}");
    }
}

/// TREE-C-007, TREE-C-077, TREE-C-078
#[test]
fn the_standard_objects_come_back() {
    let text = check("standard.ddf", &compile(&standard().unwrap()).unwrap());
    assert!(text.contains("<VerDTD>1.2</VerDTD>"));
    assert_eq!(
        text.matches("<CaseSense>").count(),
        text.matches("<Node>").count()
    );
    assert!(text.contains("<Description>Globally unique identifier of the device, a URN."));
}

#[test]
fn everything_a_description_can_say_comes_back() {
    let run = "<RTProperties><ACL/><Format/><Name/><Size/><Title/><TStamp/><Type/><VerNo/></RTProperties>";
    let leaf = |format: &str, more: &str| format!("<DFFormat><{format}/></DFFormat>{more}");
    let mut children = String::new();
    for (name, format, more) in [
        ("", "int", "<Occurrence><ZeroOrMore/></Occurrence>"),
        ("", "chr", "<Occurrence><ZeroOrN>7</ZeroOrN></Occurrence>"),
        ("more", "xml", "<Occurrence><OneOrMore/></Occurrence>"),
        ("few", "bool", "<Occurrence><OneOrN>3</OneOrN></Occurrence>"),
        ("maybe", "null", "<Occurrence><ZeroOrOne/></Occurrence>"),
        (
            "raw",
            "bin",
            "<DefaultValue>AAEC/w==</DefaultValue><DFType><MIME>a/b</MIME><MIME>c/d</MIME></DFType>",
        ),
        (
            "odd",
            "chr",
            "<DefaultValue>a &lt; b &amp; \"c\" > d&#13;e\nf</DefaultValue><Description>x &lt; y</Description>",
        ),
        (
            "empty",
            "chr",
            "<DefaultValue/><CaseSense><CIS/></CaseSense>",
        ),
        ("day", "date", "<DefaultValue>2026-01-31</DefaultValue>"),
        ("a%2B'(b)", "time", "<Scope><Permanent/></Scope>"),
    ] {
        children += &node(name, &leaf(format, more), run);
    }
    let top = node(
        "Top",
        "<DFFormat><node/></DFFormat><DFType><DDFName>urn:oma:mo:x:1.0</DDFName></DFType>",
        &children,
    )
    .replace(
        "<AccessType><Get/></AccessType>",
        "<AccessType><Add/><Copy/><Delete/><Exec/><Get/><Replace/></AccessType>",
    );
    let model = Model::parse(
        "a.ddf",
        &ddf(&top).replacen("<Node>", "<Man>A &amp; B</Man><Mod>1</Mod><Node>", 1),
    );
    let text = check("all.ddf", &compile(&[model.unwrap()]).unwrap());
    assert!(text.contains("  <Man>A &amp; B</Man>\n  <Mod>1</Mod>\n"));
    assert!(text.contains("<DefaultValue>AAEC/w==</DefaultValue>"));
    // A root that is not the usual one is described too.
    let root = node(
        ".",
        "<DFFormat><node/></DFFormat><Description>All of it</Description>",
        &top,
    )
    .replacen("<Get/>", "<Get/><Replace/>", 1);
    let text = check("root.ddf", &support::compile(&root).unwrap());
    assert!(text.contains("<NodeName>.</NodeName>"));
}

#[test]
fn every_file_of_the_corpus_comes_back_alone_and_with_the_others() {
    let files = corpus_files();
    for (name, text) in &files {
        check(
            name,
            &compile(&[Model::parse(name, text).unwrap()]).unwrap(),
        );
    }
    let vendor: Vec<Model> = files
        .iter()
        .filter(|(name, _)| name.starts_with("msdocs"))
        .map(|(name, text)| Model::parse(name, text).unwrap())
        .collect();
    if !vendor.is_empty() {
        let text = check(
            "all.ddf",
            &compile(&with_standard(vendor).unwrap()).unwrap(),
        );
        println!(
            "{} files, {} bytes of DDF together",
            files.len(),
            text.len()
        );
    }
}

#[test]
fn tables_that_no_ddf_gives_print_all_the_same() {
    let leaf = NodeDesc {
        name: 0,
        name_len: 200,
        format: 99,
        parent: 7,
        first_child: 0,
        children: 0,
        access: 0xFF,
        flags: 0xFF,
        max: 65_535,
        mime: 9,
        mime_len: 9,
        reserved: 0,
        default: 1,
        default_len: 9,
    };
    let leaf = NodeDesc {
        first_child: 1,
        children: 1,
        ..leaf
    };
    let root = NodeDesc {
        name_len: 0,
        format: Format::Node as u8,
        children: 1,
        first_child: 1,
        ..leaf
    };
    let nodes = [root, leaf];
    let schema = Schema {
        nodes: &nodes,
        text: b"\xFFx",
    };
    assert!(to_ddf(&schema).ends_with("</MgmtTree>\n"));
    let empty = Schema {
        nodes: &[],
        text: b"",
    };
    assert!(to_ddf(&empty).contains("VerDTD"));
}
