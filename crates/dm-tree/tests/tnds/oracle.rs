//! Documents of others, and ours through the eyes of others: an XML parser, and the programs of libwbxml.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::process::Command;

use crate::common::{ROOMY, S1, Size, leak, memory, picture, schema};
use crate::document::{add, get, replace};
use dm_tree::{RamStore, Tree, UriLimits};
use dm_wbxml::Encoding;

/// Nodes of any name, eight levels deep.
fn device() -> Tree<'static> {
    let mut drawing = String::from("V node PR/G\n");
    for depth in 1..9 {
        let space = "  ".repeat(depth);
        drawing += &format!("{space}* chr -/AGDr mime=text/plain|text/xml\n{space}* int -/AGDr\n");
        if depth < 8 {
            drawing += &format!("{space}* node -/AGD\n");
        }
    }
    let limits = UriLimits {
        max_depth: 0,
        max_tot_len: 0,
        max_seg_len: 0,
    };
    let size = Size {
        pool: 16_000,
        ..ROOMY
    };
    let store = Box::leak(Box::new(RamStore::new(leak(0, 60_000))));
    let mut tree =
        Tree::open(schema(&drawing), store, &mut [], memory(size), limits).expect("a tree");
    tree.factory()
        .acl(".", "Add=*&Delete=*&Get=*&Replace=*")
        .unwrap();
    tree
}

/// Path and value of each leaf, as an XML parser sees them.
fn leaves(xml: &str) -> BTreeMap<String, String> {
    fn walk(node: roxmltree::Node<'_, '_>, above: &str, all: &mut BTreeMap<String, String>) {
        let text = |name: &str| {
            let child = node.children().find(|child| child.has_tag_name(name));
            let child = child.or_else(|| {
                node.children()
                    .find(|child| child.is_element() && child.tag_name().name() == name)
            });
            child.map(|child| child.text().unwrap_or("").to_owned())
        };
        let name = text("NodeName").unwrap_or_default();
        let above = text("Path").unwrap_or_else(|| above.to_owned());
        let path = format!("{above}/{}", name.trim());
        if let Some(value) = text("Value") {
            // White space at the ends is not the same to all of them.
            all.insert(path.clone(), value.trim().to_owned());
        }
        for child in node
            .children()
            .filter(|child| child.tag_name().name() == "Node")
        {
            walk(child, &path, all);
        }
    }
    let options = roxmltree::ParsingOptions {
        allow_dtd: true,
        ..roxmltree::ParsingOptions::default()
    };
    let document = roxmltree::Document::parse_with_options(xml, options).expect("XML");
    let root = document.root_element();
    assert_eq!(root.tag_name().name(), "MgmtTree");
    let mut all = BTreeMap::new();
    for node in root
        .children()
        .filter(|child| child.tag_name().name() == "Node")
    {
        walk(node, "", &mut all);
    }
    all
}

/// Path and value of each leaf below ./V.
fn values(tree: &mut Tree<'_>) -> BTreeMap<String, String> {
    let lines: Vec<String> = picture(tree).lines().map(str::to_owned).collect();
    let mut all = BTreeMap::new();
    for line in lines {
        let Some((uri, _)) = line.split_once(" = \"") else {
            continue;
        };
        let value = crate::common::get(tree, &S1, uri).expect("text");
        if let Some(path) = uri.strip_prefix("./V") {
            all.insert(path.to_owned(), value.trim().to_owned());
        }
    }
    all
}

fn skipped(what: &str) {
    assert!(
        std::env::var_os("OMA_DM_NO_SKIPS").is_none_or(|value| value != "1"),
        "skipped: {what}"
    );
    eprintln!("SKIPPED {what}");
}

fn corpus() -> Vec<(String, String)> {
    let shared = std::env::var_os("OMA_DM_SHARED").map_or_else(
        || PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../../shared"),
        PathBuf::from,
    );
    let Ok(folder) = std::fs::read_dir(shared.join("corpus/tnds")) else {
        skipped("serialised trees of others: no shared test data");
        return Vec::new();
    };
    let mut all: Vec<(String, String)> = folder
        .map(|entry| {
            let path = entry.unwrap().path();
            let name = path.file_name().unwrap().to_string_lossy().into_owned();
            (name, std::fs::read_to_string(path).unwrap())
        })
        .collect();
    all.sort();
    all
}

/// The status of those that are wrong: two values of one node, a node with a value and children.
fn refused(name: &str) -> Option<u16> {
    [("DuplicateValue", 415), ("InvalidNode", 405)]
        .into_iter()
        .find(|(part, _)| name.contains(part))
        .map(|(_, status)| status)
}

/// Runs a program of libwbxml; none when it is not installed.
fn convert(program: &str, options: &[&str], bytes: &[u8], name: &str) -> Option<Vec<u8>> {
    let folder = PathBuf::from(env!("CARGO_TARGET_TMPDIR"));
    let (from, to) = (
        folder.join(format!("tnds-{program}-{name}.in")),
        folder.join(format!("tnds-{program}-{name}.out")),
    );
    std::fs::write(&from, bytes).unwrap();
    let ran = Command::new(program)
        .args(options)
        .arg("-o")
        .arg(&to)
        .arg(&from)
        .output();
    let Ok(ran) = ran else {
        skipped(
            "comparison with libwbxml: its programs are not installed (Debian package libwbxml2-utils)",
        );
        return None;
    };
    assert!(ran.status.success(), "{program} {name}: {ran:?}");
    let bytes = std::fs::read(&to).unwrap();
    for file in [from, to] {
        std::fs::remove_file(file).unwrap();
    }
    Some(bytes)
}

/// TNDS-C-004, TNDS-C-009
#[test]
fn documents_of_others_are_read() {
    let corpus = corpus();
    for (name, xml) in &corpus {
        let mut tree = device();
        if let Some(want) = refused(name) {
            assert_eq!(add(&mut tree, &S1, "./V", xml.as_bytes()), want);
            continue;
        }
        assert_eq!(add(&mut tree, &S1, "./V", xml.as_bytes()), 200, "{name}");
        let expected = leaves(xml);
        assert!(expected.len() > 1);
        assert_eq!(
            values(&mut tree)
                .into_iter()
                .filter(|(path, value)| !value.is_empty() || expected.contains_key(path))
                .collect::<BTreeMap<_, _>>(),
            expected,
            "{name}"
        );
        // As the encoder of libwbxml writes it, which needs the name space.
        let with_space = xml.replacen("<MgmtTree>", "<MgmtTree xmlns=\"syncml:dmddf1.2\">", 1);
        for version in ["1.1", "1.2", "1.3"] {
            let doctype = "<!DOCTYPE MgmtTree PUBLIC \"-//OMA//DTD-DM-DDF 1.2//EN\" \"x\">";
            let source = if with_space.contains("<!DOCTYPE") {
                with_space.clone()
            } else {
                format!("{doctype}{with_space}")
            };
            let options = ["-n", "-k", "-v", version];
            let Some(bytes) = convert("xml2wbxml", &options, source.as_bytes(), name) else {
                return;
            };
            let mut other = device();
            assert_eq!(add(&mut other, &S1, "./V", &bytes), 200, "{name} {version}");
            let other = values(&mut other);
            for (path, value) in &expected {
                assert_eq!(&other[path], value, "{name} {version}");
            }
        }
    }
    assert!(corpus.is_empty() || corpus.len() > 4);
}

/// TNDS-C-006, TNDS-C-029: what we write says the same to others.
#[test]
fn others_read_our_documents() {
    for (name, xml) in corpus() {
        if refused(&name).is_some() {
            continue;
        }
        let mut tree = device();
        assert_eq!(add(&mut tree, &S1, "./V", xml.as_bytes()), 200);
        let all = values(&mut tree);
        let expected: BTreeMap<String, String> = all
            .iter()
            .map(|(path, value)| (format!("/V{path}"), value.clone()))
            .collect();
        let ours = get(&mut tree, &S1, "./V?list=TNDS", Encoding::Xml).unwrap();
        assert_eq!(
            leaves(core::str::from_utf8(&ours).unwrap()),
            expected,
            "{name}"
        );
        let wbxml = get(&mut tree, &S1, "./V?list=TNDS", Encoding::Wbxml).unwrap();
        assert!(wbxml.len() < ours.len() / 2, "{name}");
        let before = picture(&mut tree);
        assert_eq!(replace(&mut tree, &S1, "./V", &wbxml), 200);
        assert_eq!(picture(&mut tree), before);
        let Some(theirs) = convert("wbxml2xml", &["-m", "0"], &wbxml, &name) else {
            return;
        };
        assert_eq!(
            leaves(core::str::from_utf8(&theirs).unwrap()),
            expected,
            "{name}"
        );
    }
}
