//! Serialised trees against a tree: no panic, all or nothing, and a tree that is sound afterwards.
//!
//! The first octets choose the command; the others are the document itself, or instructions to make one, so that the deep
//! rules are reached soon.
#![no_main]

use std::fmt::Write as _;
use std::sync::OnceLock;

use dm_tree::{
    NodeSlot, Outcome, Output, Principal, Progress, RamStore, Schema, Sink, Tree, TreeDocument,
    TreeMemory, UriLimits,
};
use dm_wbxml::{Encoding, Reader, Vocabulary, Writer, copy_document};

/// Permanent nodes, dynamic ones of several formats, objects, the Inbox.
const DDF: &str = r#"<MgmtTree xmlns="syncml:dmddf1.2"><VerDTD>1.2</VerDTD>
<Node><NodeName>Inbox</NodeName><DFProperties><AccessType><Add/></AccessType><DFFormat><node/></DFFormat><Occurrence><One/></Occurrence>
<Scope><Permanent/></Scope><DFType><DDFName>urn:oma:mo:oma-dm-inbox:1.0</DDFName></DFType></DFProperties></Node>
<Node><NodeName>V</NodeName><DFProperties><AccessType><Get/></AccessType><DFFormat><node/></DFFormat><Occurrence><One/></Occurrence>
<Scope><Permanent/></Scope><DFType><DDFName/></DFType></DFProperties>
<Node><NodeName>p</NodeName><RTProperties><ACL/><Format/><Name/><Title/><Type><MIME>text/plain</MIME></Type><VerNo/></RTProperties><DFProperties><AccessType><Get/><Replace/></AccessType>
<DFFormat><int/></DFFormat><Occurrence><One/></Occurrence><Scope><Permanent/></Scope><DFType><MIME>text/plain</MIME></DFType></DFProperties></Node>
<Node><NodeName/><DFProperties><AccessType><Add/><Delete/><Get/><Replace/></AccessType><DFFormat><chr/></DFFormat><Occurrence><ZeroOrN>3</ZeroOrN></Occurrence>
<DFType><MIME>text/plain</MIME></DFType></DFProperties></Node>
<Node><NodeName/><DFProperties><AccessType><Add/><Delete/><Get/></AccessType><DFFormat><node/></DFFormat><Occurrence><ZeroOrMore/></Occurrence>
<DFType><DDFName>com.example/1.0/A</DDFName></DFType></DFProperties>
<Node><NodeName>f</NodeName><DFProperties><AccessType><Add/><Get/><Replace/></AccessType><DFFormat><bin/></DFFormat><Occurrence><One/></Occurrence>
<Scope><Permanent/></Scope><DFType><MIME>text/plain</MIME></DFType></DFProperties></Node>
<Node><NodeName/><DFProperties><AccessType><Add/><Delete/><Get/><Replace/></AccessType><DFFormat><chr/></DFFormat><Occurrence><ZeroOrMore/></Occurrence>
<DFType><MIME>text/plain</MIME></DFType></DFProperties></Node>
<Node><NodeName/><DFProperties><AccessType><Add/><Delete/><Get/><Replace/></AccessType><DFFormat><b64/></DFFormat><Occurrence><ZeroOrMore/></Occurrence>
<DFType><MIME>text/plain</MIME></DFType></DFProperties></Node>
<Node><NodeName/><DFProperties><AccessType><Add/><Get/></AccessType><DFFormat><node/></DFFormat><Occurrence><ZeroOrMore/></Occurrence>
<DFType><DDFName>com.example/1.0/B</DDFName></DFType></DFProperties>
<Node><NodeName/><DFProperties><AccessType><Add/><Delete/><Get/><Replace/></AccessType><DFFormat><int/></DFFormat><Occurrence><ZeroOrMore/></Occurrence>
<DFType><MIME>text/plain</MIME></DFType></DFProperties></Node></Node>
</Node></Node></MgmtTree>"#;

fn schema() -> &'static Schema<'static> {
    static COMPILED: OnceLock<dm_ddf::Compiled> = OnceLock::new();
    static SCHEMA: OnceLock<Schema<'static>> = OnceLock::new();
    let compiled = COMPILED.get_or_init(|| {
        let model = dm_ddf::Model::parse("fuzz.ddf", DDF).expect("a description");
        dm_ddf::compile(&[model]).expect("tables")
    });
    SCHEMA.get_or_init(|| compiled.schema())
}

/// What decides, octet by octet; zeros at the end.
struct Choices<'c>(&'c [u8]);

impl Choices<'_> {
    fn below(&mut self, n: usize) -> usize {
        let (first, rest) = self.0.split_first().unwrap_or((&0, &[]));
        self.0 = rest;
        usize::from(*first) % n
    }

    fn of<'s>(&mut self, all: &[&'s str]) -> &'s str {
        all[self.below(all.len())]
    }
}

const NAMES: &[&str] = &["a", "b", "c", "V", "p", "f", "", "..", "a/b", "x.", "%2F"];
const PATHS: &[&str] = &["", ".", "a", "a/b", "V", "V/a", "..", "./b", "p", "b/c/a"];
const FORMATS: &[&str] = &[
    "node", "chr", "int", "bin", "b64", "null", "xml", "bool", "odd",
];
const VALUES: &[&str] = &[
    "",
    "x",
    "7",
    "AAEC",
    "./Inbox/a/f",
    "%%",
    "true",
    "&amp;&#13;<![CDATA[<]]>",
];
const ACLS: &[&str] = &[
    "Get=*",
    "Add=*&amp;Get=*&amp;Replace=s",
    "Fly=*",
    "Get=none",
];
const TYPES: &[&str] = &[
    "<MIME>text/plain</MIME>",
    "<DDFName/>",
    "<DDFName>com.example/1.0/A</DDFName>",
    "<DDFName>com.example/1.0/B</DDFName>",
    "<DDFName>com.example/9.0/Z</DDFName>",
    "<MIME>image/png</MIME>",
];

fn node(choices: &mut Choices<'_>, depth: usize, xml: &mut String) {
    *xml += "<Node>";
    let _ = write!(xml, "<NodeName>{}</NodeName>", choices.of(NAMES));
    if choices.below(5) == 1 {
        let _ = write!(xml, "<Path>{}</Path>", choices.of(PATHS));
    }
    let children = if depth == 0 { 0 } else { choices.below(4) };
    if choices.below(4) != 1 {
        *xml += "<RTProperties>";
        if choices.below(6) == 1 {
            let _ = write!(xml, "<ACL>{}</ACL>", choices.of(ACLS));
        }
        match choices.below(4) {
            0 if children > 0 => *xml += "<Format><node/></Format>",
            1 => {
                let _ = write!(xml, "<Format><{}/></Format>", choices.of(FORMATS));
            }
            _ => {}
        }
        if choices.below(8) == 1 {
            *xml += "<Title>t</Title>";
        }
        if choices.below(3) == 1 {
            let _ = write!(xml, "<Type>{}</Type>", choices.of(TYPES));
        }
        *xml += "</RTProperties>";
    }
    if children == 0 && choices.below(3) != 1 {
        let _ = write!(xml, "<Value>{}</Value>", choices.of(VALUES));
    }
    for _ in 0..children {
        node(choices, depth - 1, xml);
    }
    *xml += "</Node>";
}

fn made(choices: &mut Choices<'_>) -> Vec<u8> {
    let mut xml = String::from("<MgmtTree xmlns=\"syncml:dmddf1.2\"><VerDTD>1.2</VerDTD>");
    let encoding = [Encoding::Xml, Encoding::Wbxml][choices.below(2)];
    for _ in 0..choices.below(4) {
        node(choices, 3, &mut xml);
    }
    xml += "</MgmtTree>";
    if encoding == Encoding::Xml {
        return xml.into_bytes();
    }
    let mut buf = vec![0; xml.len() + 64];
    let mut writer = Writer::new(&mut buf, encoding);
    let mut reader = Reader::of(xml.as_bytes(), Encoding::Xml, Vocabulary::Ddf).expect("XML");
    copy_document(&mut reader, &mut writer).expect("well formed");
    writer.written().to_vec()
}

struct Bytes(Vec<u8>);

impl Output for Bytes {
    fn put(&mut self, bytes: &[u8]) -> usize {
        self.0.extend_from_slice(bytes);
        bytes.len()
    }
}

/// Every node with its value and properties, and whether the structure is sound.
fn picture(tree: &mut Tree<'_>) -> String {
    let mut text = String::new();
    let root = tree.local().find(".").expect("a root");
    let mut stack = vec![(root, String::from("."))];
    while let Some((id, uri)) = stack.pop() {
        assert_eq!(tree.local().find(&uri), Some(id), "{uri}");
        let _ = write!(text, "\n{uri}");
        if tree.local().is_leaf(id) {
            let mut out = Bytes(Vec::new());
            tree.local()
                .read(id, &mut Sink::new(&mut out))
                .expect("a value");
            let _ = write!(text, " = {:?}", out.0);
            assert_eq!(tree.local().first_child(id), None);
        }
        for property in ["ACL", "Type", "Title", "VerNo", "Format"] {
            let who = Principal::dangerous_assume(b"*");
            if let Ok(reading) = tree.reading(&who, format!("{uri}?prop={property}").as_bytes()) {
                let mut out = Bytes(Vec::new());
                tree.read(&reading, &mut Sink::new(&mut out))
                    .expect("a property");
                let _ = write!(text, " {property}={:?}", String::from_utf8_lossy(&out.0));
            }
        }
        let mut children = Vec::new();
        let mut child = tree.local().first_child(id);
        while let Some(node) = child {
            let name = String::from_utf8(tree.local().name(node).to_vec()).expect("a name");
            assert_eq!(tree.local().child(id, &name), Some(node));
            children.push((format!("{uri}/{name}"), node));
            child = tree.local().next_sibling(node);
        }
        // The order of siblings is no property of theirs.
        children.sort_by(|a, b| b.0.cmp(&a.0));
        children.dedup_by(|a, b| a.0 == b.0);
        stack.extend(children.into_iter().map(|(uri, node)| (node, uri)));
    }
    text
}

fn take(tree: &mut Tree<'_>, replaces: bool, uri: &str, bytes: &[u8]) -> Outcome {
    let who = Principal::dangerous_assume(b"s");
    let mut work = [0; 300];
    let document = TreeDocument::new(bytes)?;
    match replaces {
        true => tree.replace_subtree(&who, uri.as_bytes(), &document, &mut work),
        false => tree.add_subtree(&who, uri.as_bytes(), &document, &mut work),
    }
}

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    let mut choices = Choices(bytes);
    let mut nodes = vec![NodeSlot::EMPTY; [12, 40, 80][choices.below(3)]];
    let mut pool = vec![0; [200, 1500, 6000][choices.below(3)]];
    let (mut value, mut values) = (vec![0; 300], vec![0; 6000]);
    let mut store = match choices.below(2) {
        0 => RamStore::new(&mut values),
        _ => RamStore::retained(&mut values),
    };
    let memory = TreeMemory {
        nodes: &mut nodes,
        pool: &mut pool,
        value: &mut value,
    };
    let limits = UriLimits::default();
    let mut tree = Tree::open(schema(), &mut store, &mut [], memory, limits).expect("a tree");
    let acl = ["Add=*&Delete=*&Get=*&Replace=*", "Add=*&Get=*"][choices.below(2)];
    tree.factory().acl(".", acl).expect("an ACL");
    let _ = tree.factory().set("./V/a/f", b"1");
    let _ = tree.factory().set("./V/a/b/c", b"2");
    let mut now = picture(&mut tree);
    for _ in 0..4 {
        let is_made = choices.below(4) != 1;
        let replaces = choices.below(3) == 1;
        let in_transaction = choices.below(4) == 1;
        let uri = choices.of(&[
            "./V",
            "./V/a",
            "./V/b",
            "./V/a/b",
            "./V/a/f",
            "./V/a/b/c",
            "./V/c/d",
            "./Inbox",
            ".",
            "./V/p",
        ]);
        let document = if is_made {
            made(&mut choices)
        } else {
            core::mem::take(&mut choices.0).to_vec()
        };
        let before = now;
        if in_transaction {
            tree.begin().expect("no transaction");
        }
        let outcome = take(&mut tree, replaces, uri, &document);
        assert_eq!(tree.in_transaction(), in_transaction);
        let after = picture(&mut tree);
        now = after.clone();
        match outcome {
            Ok(progress) => assert_eq!(progress, Progress::Done),
            Err(_) => assert_eq!(before, after, "nothing or all"),
        }
        if in_transaction {
            if choices.below(2) == 0 {
                tree.roll_back();
                now = picture(&mut tree);
                assert_eq!(now, before);
                continue;
            }
            if tree.commit().is_err() {
                now = picture(&mut tree);
                assert_eq!(now, before);
                continue;
            }
            assert_eq!(picture(&mut tree), after);
        }
        // What is read of a subtree is a document, and stands for what is there.
        let who = Principal::dangerous_assume(b"s");
        let Ok(reading) = tree.reading(&who, b"./V/a?list=TNDS") else {
            continue;
        };
        let encoding = [Encoding::Xml, Encoding::Wbxml][choices.below(2)];
        let mut out = Bytes(Vec::new());
        tree.read_by(
            &who,
            &reading.in_encoding(encoding),
            &mut Sink::new(&mut out),
        )
        .expect("a document");
        let mut reader = Reader::of(&out.0, encoding, Vocabulary::Ddf).expect("a document");
        while !matches!(reader.next().expect("well formed"), dm_wbxml::Event::Done) {}
        // What may not be read is not in the document, and is gone when that replaces the subtree.
        let is_whole = after
            .lines()
            .filter(|line| line.starts_with("./V/a"))
            .all(|line| line.contains(" ACL="));
        if take(&mut tree, true, "./V/a", &out.0).is_ok() {
            now = picture(&mut tree);
            if !is_whole {
                continue;
            }
            let strip = |text: &str| {
                let lines = text
                    .lines()
                    .map(|line| line.split(" VerNo=").next().unwrap_or(line));
                lines.map(str::to_owned).collect::<Vec<_>>()
            };
            assert_eq!(strip(&now), strip(&after), "the same again");
        }
    }
    // Nothing is left of the documents but the nodes: they can all go.
    let mut local = tree.local();
    for name in ["a", "b", "c", "V"] {
        let _ = local.delete(&format!("./V/{name}"));
    }
});
