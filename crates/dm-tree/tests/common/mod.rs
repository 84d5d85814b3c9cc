//! Schemas from a drawing, and trees over them.

#![allow(dead_code, unreachable_pub)]

pub mod flash;

use dm_tree::schema::{access, flags};
use dm_tree::{
    DescId, Format, Mount, NodeDesc, NodeSlot, Outcome, Output, Principal, Progress, RamStore,
    Reason, Schema, Sink, Store, Tree, TreeMemory, UriLimits, Value,
};

/// A schema drawn as an indented list, two spaces a level. Each line: name or `*`, format, then any of
/// `P`ermanent, `R`equired, `I` case-insensitive, `s`ize, `t`itle, `S` time stamp, `v`ersion number; after `/` the
/// AccessType of `A`dd, `C`opy, `D`elete, `X` exec, `G`et, `r`eplace; then `max=`, `mime=`, `default=`.
pub fn schema(drawing: &str) -> &'static Schema<'static> {
    struct Line<'d> {
        depth: usize,
        words: Vec<&'d str>,
        parent: usize,
    }
    let mut lines: Vec<Line<'_>> = vec![Line {
        depth: 0,
        words: vec!["", "node", "PR/AGr"],
        parent: 0,
    }];
    for text in drawing.lines().filter(|line| !line.trim().is_empty()) {
        let depth = (text.len() - text.trim_start().len()) / 2 + 1;
        let parent = lines
            .iter()
            .rposition(|line| line.depth == depth - 1)
            .expect("a parent");
        lines.push(Line {
            depth,
            words: text.split_whitespace().collect(),
            parent,
        });
        assert!(lines.last().unwrap().words.len() >= 2, "{text}");
    }
    // Level by level, so that siblings stand together.
    let mut order = vec![0];
    let mut at = 0;
    while at < order.len() {
        let parent = order[at];
        order.extend((1..lines.len()).filter(|line| lines[*line].parent == parent));
        at += 1;
    }
    let place = |line: usize| order.iter().position(|other| *other == line).unwrap() as u16;
    let mut text: Vec<u8> = Vec::new();
    let mut put = |piece: &str| {
        let start = text.len() as u16;
        text.extend_from_slice(piece.as_bytes());
        (start, piece.len() as u16)
    };
    let mut nodes = Vec::new();
    for line in &order {
        let words = &lines[*line].words;
        let children: Vec<usize> = (1..lines.len())
            .filter(|child| lines[*child].parent == *line)
            .collect();
        let (name, name_len) = put(if words[0] == "*" { "" } else { words[0] });
        let mut desc = NodeDesc {
            name,
            name_len: name_len as u8,
            format: Format::from_name(words[1].as_bytes()).expect("a format") as u8,
            parent: if *line == 0 {
                0
            } else {
                place(lines[*line].parent)
            },
            first_child: children.first().map_or(0, |child| place(*child)),
            children: children.len() as u16,
            access: 0,
            flags: 0,
            max: u16::from(name_len != 0),
            mime: 0,
            mime_len: 0,
            reserved: 0,
            default: 0,
            default_len: 0,
        };
        for word in &words[2..] {
            if let Some(max) = word.strip_prefix("max=") {
                desc.max = max.parse().unwrap();
            } else if let Some(mime) = word.strip_prefix("mime=") {
                let (start, length) = put(&mime.replace('|', "\n"));
                (desc.mime, desc.mime_len) = (start, length as u8);
            } else if let Some(default) = word.strip_prefix("default=") {
                (desc.default, desc.default_len) = put(default);
                desc.flags |= flags::HAS_DEFAULT;
            } else {
                let (properties, allowed) = word.split_once('/').unwrap_or((word, ""));
                for c in properties.chars() {
                    desc.flags |= match c {
                        'P' => flags::PERMANENT,
                        'R' => flags::REQUIRED,
                        'I' => flags::CASE_INSENSITIVE,
                        's' => flags::HAS_SIZE,
                        't' => flags::HAS_TITLE,
                        'S' => flags::HAS_TSTAMP,
                        'v' => flags::HAS_VERNO,
                        '-' => 0,
                        _ => panic!("{word}"),
                    };
                }
                for c in allowed.chars() {
                    desc.access |= match c {
                        'A' => access::ADD,
                        'C' => access::COPY,
                        'D' => access::DELETE,
                        'X' => access::EXEC,
                        'G' => access::GET,
                        'r' => access::REPLACE,
                        _ => panic!("{word}"),
                    };
                }
            }
        }
        nodes.push(desc);
    }
    let schema = Schema {
        nodes: nodes.leak(),
        text: text.leak(),
    };
    schema.check().expect("a sound schema");
    Box::leak(Box::new(schema))
}

/// How large a test tree is.
#[derive(Clone, Copy)]
pub struct Size {
    pub nodes: usize,
    pub pool: usize,
    pub value: usize,
    pub store: usize,
}

pub const ROOMY: Size = Size {
    nodes: 200,
    pool: 4000,
    value: 400,
    store: 20_000,
};

pub fn leak<T: Clone>(value: T, count: usize) -> &'static mut [T] {
    vec![value; count].leak()
}

pub fn memory(size: Size) -> TreeMemory<'static> {
    TreeMemory {
        nodes: leak(NodeSlot::EMPTY, size.nodes),
        pool: leak(0, size.pool),
        value: leak(0, size.value),
    }
}

pub fn tree_of(
    size: Size,
    schema: &'static Schema<'static>,
    mounts: Vec<Mount<'static>>,
) -> Tree<'static> {
    let store = Box::leak(Box::new(RamStore::new(leak(0, size.store))));
    open(schema, store, mounts, memory(size)).expect("a tree")
}

pub fn open(
    schema: &'static Schema<'static>,
    store: &'static mut dyn Store,
    mounts: Vec<Mount<'static>>,
    memory: TreeMemory<'static>,
) -> Result<Tree<'static>, Reason> {
    Tree::open(schema, store, mounts.leak(), memory, UriLimits::default())
}

pub fn tree(drawing: &str) -> Tree<'static> {
    tree_of(ROOMY, schema(drawing), Vec::new())
}

pub fn at(schema: &Schema<'_>, uri: &str) -> DescId {
    schema.find(uri.as_bytes()).expect("a description")
}

/// The server `s1` of most tests.
pub const S1: Principal<'static> = Principal::dangerous_assume(b"s1");
/// Another server.
pub const S2: Principal<'static> = Principal::dangerous_assume(b"s2");

/// Collects a value.
#[derive(Default)]
pub struct Collect(pub Vec<u8>);

impl Output for Collect {
    fn put(&mut self, bytes: &[u8]) -> usize {
        self.0.extend_from_slice(bytes);
        bytes.len()
    }
}

/// A command's status code, 0 for not yet.
pub fn code(outcome: Outcome) -> u16 {
    match outcome {
        Ok(Progress::Done) => 200,
        Ok(Progress::Started) => 202,
        Ok(Progress::NotYet) => 0,
        Err(reason) => reason.status().0,
    }
}

pub fn get(tree: &mut Tree<'_>, who: &Principal<'_>, uri: &str) -> Result<String, Reason> {
    let reading = tree.reading(who, uri.as_bytes())?;
    let mut out = Collect::default();
    let mut sink = Sink::new(&mut out);
    assert_eq!(tree.read(&reading, &mut sink)?, Progress::Done);
    let count = sink.count();
    assert_eq!(count as usize, out.0.len());
    Ok(String::from_utf8(out.0).expect("text"))
}

pub fn get_code(tree: &mut Tree<'_>, who: &Principal<'_>, uri: &str) -> u16 {
    match get(tree, who, uri) {
        Ok(_) => 200,
        Err(reason) => reason.status().0,
    }
}

/// The value with a Meta Format by name, empty for none.
pub fn value<'v>(format: &str, data: &'v str) -> Value<'v> {
    Value {
        format: (!format.is_empty())
            .then(|| Format::from_name(format.as_bytes()).expect("a format")),
        mime: b"",
        data: Some(data.as_bytes()),
    }
}

pub fn add(tree: &mut Tree<'_>, who: &Principal<'_>, uri: &str, format: &str, data: &str) -> u16 {
    let new = if format == "node" {
        Value::node()
    } else {
        value(format, data)
    };
    code(tree.add(who, uri.as_bytes(), &new))
}

pub fn replace(tree: &mut Tree<'_>, who: &Principal<'_>, uri: &str, data: &str) -> u16 {
    code(tree.replace(who, uri.as_bytes(), &value("", data)))
}

pub fn delete(tree: &mut Tree<'_>, who: &Principal<'_>, uri: &str) -> u16 {
    code(tree.delete(who, uri.as_bytes()))
}

/// The whole tree as text, one node a line: what must not change when a command is refused.
pub fn picture(tree: &mut Tree<'_>) -> String {
    let root = tree.local().find(".").unwrap();
    let mut text = String::new();
    let mut stack = vec![(root, String::from("."))];
    while let Some((node, uri)) = stack.pop() {
        let leaf = tree.local().is_leaf(node);
        let mut line = uri.clone();
        if leaf {
            let mut out = Collect::default();
            let result = tree.local().read(node, &mut Sink::new(&mut out));
            line += &format!(" = {:?} {result:?}", String::from_utf8_lossy(&out.0));
        }
        let all = Principal::dangerous_assume(b"*");
        for property in ["ACL", "Title", "TStamp", "VerNo", "Type"] {
            // Only nodes with Get show their properties.
            if let Ok(value) = get(tree, &all, &format!("{uri}?prop={property}")) {
                line += &format!(" {property}={value}");
            }
        }
        text += &line;
        text.push('\n');
        let mut children = Vec::new();
        let mut child = tree.local().first_child(node);
        while let Some(node) = child {
            let name = String::from_utf8(tree.local().name(node).to_vec()).unwrap();
            children.push((node, format!("{uri}/{name}")));
            child = tree.local().next_sibling(node);
        }
        children.sort_by(|a, b| b.1.cmp(&a.1));
        stack.extend(children);
    }
    text
}
