//! Instructions for each job of the tree, counted by callgrind, among 64, 1,000 and 10,000 nodes.
//!
//! `cargo bench -p dm-tree --features list` runs itself under valgrind with 3 and with 13 calls of each job: a tenth of the difference is
//! the cost of one. It fails when a job costs more than its bar and one in a hundred, or when finding a node costs more
//! among many nodes than among few. Where valgrind is missing it says so and measures nothing. With `--table` it prints
//! the figures as Markdown.
//!
//! The nodes are objects of sixteen: an interior node with a name of 8 bytes and an ACL of 24 bytes, and fifteen leaves
//! named by the schema. Values are in a `RamStore`.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::arithmetic_side_effects,
    reason = "a bench ends by panicking, also in the functions it calls"
)]

use std::error::Error;
use std::hint::black_box;
use std::process::Command;

use dm_tree::schema::{access, flags};
use dm_tree::{
    Format, NodeDesc, NodeSlot, Output, Principal, RamStore, Schema, Sink, Tree, TreeMemory,
    UriLimits, Value,
};

const SIZES: [usize; 3] = [64, 1_000, 10_000];

/// Job, what it is, and its bar for each size.
const JOBS: [(&str, &str, [u64; 3]); 7] = [
    (
        "resolve",
        "a URI of three segments to its node, and the Get right",
        [1_496, 1_504, 1_518],
    ),
    (
        "deep",
        "a URI of seven segments to its node, and the Get right",
        [2_262, 2_282, 2_302],
    ),
    (
        "missing",
        "a URI whose last segment is not there",
        [1_783, 1_807, 1_811],
    ),
    ("get", "Get of a leaf of 16 bytes", [1_782, 1_790, 1_824]),
    (
        "replace",
        "Replace of a leaf of 16 bytes",
        [2_291, 2_299, 2_336],
    ),
    (
        "object",
        "Add of an object of sixteen nodes, and its removal",
        [21_593, 21_567, 21_569],
    ),
    (
        "list",
        "`?list=Struct` of the whole tree, with every URI",
        [83_689, 1_121_119, 11_191_516],
    ),
];

const LEAVES: usize = 15;
/// Nested interior nodes below `./Deep`.
const LEVELS: usize = 5;
const SERVER: Principal<'static> = Principal::dangerous_assume(b"server0001");

fn main() -> Result<(), Box<dyn Error>> {
    let arguments: Vec<String> = std::env::args().collect();
    if let [_, job, calls, nodes] = &arguments[..]
        && let Ok(calls) = calls.parse()
    {
        run(job, calls, nodes.parse()?);
        return Ok(());
    }
    if Command::new("valgrind").arg("--version").output().is_err() {
        println!("SKIPPED {} jobs: valgrind is missing", JOBS.len());
        return Ok(());
    }
    let table = arguments.iter().any(|argument| argument == "--table");
    if table {
        println!("| instructions of | 64 nodes | 1,000 nodes | 10,000 nodes |\n|---|---|---|---|");
    }
    let mut over = Vec::new();
    for (job, what, bars) in JOBS {
        let mut costs = Vec::new();
        for (nodes, bar) in SIZES.into_iter().zip(bars) {
            let few = counted(job, 3, nodes)?;
            let cost = counted(job, 13, nodes)?.saturating_sub(few) / 10;
            if cost > bar + bar / 100 {
                over.push(format!("{job} among {nodes}: {cost}, bar {bar}"));
            }
            if !table {
                println!("{cost:>12} {bar:>12}  {job}, {nodes} nodes");
            }
            costs.push(cost);
        }
        if table {
            let cells: Vec<String> = costs.iter().map(|cost| grouped(*cost)).collect();
            println!("| {what} | {} |", cells.join(" | "));
        }
        // Chains of the index may be a step longer.
        let few = costs[0];
        if job != "list" && costs.iter().any(|cost| *cost > few + few / 4) {
            over.push(format!("{job} costs more among many nodes: {costs:?}"));
        }
    }
    if over.is_empty() {
        return Ok(());
    }
    Err(over.join("\n").into())
}

fn grouped(number: u64) -> String {
    let digits = number.to_string();
    let mut text = String::new();
    for (n, digit) in digits.chars().enumerate() {
        if n != 0 && (digits.len() - n).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

/// Instructions of this program doing a job so many times.
fn counted(job: &str, calls: u32, nodes: usize) -> Result<u64, Box<dyn Error>> {
    let output = Command::new("valgrind")
        .args(["--tool=callgrind", "--callgrind-out-file=/dev/null"])
        .arg(std::env::current_exe()?)
        .args([job, &calls.to_string(), &nodes.to_string()])
        .output()?;
    let said = String::from_utf8_lossy(&output.stderr);
    let count = said
        .lines()
        .find_map(|line| line.split("Collected : ").nth(1));
    Ok(count
        .ok_or_else(|| format!("valgrind said: {said}"))?
        .trim()
        .parse()?)
}

/// Takes everything, as a message with room does.
struct Room(usize);

impl Output for Room {
    fn put(&mut self, bytes: &[u8]) -> usize {
        self.0 += black_box(bytes).len();
        bytes.len()
    }
}

/// `./Objects/*/Leaf00..14` and `./Deep/L1/../L5/End`.
fn schema() -> (Vec<NodeDesc>, Vec<u8>) {
    let mut text = Vec::new();
    let mut nodes = Vec::new();
    let mut add =
        |name: &str, format: Format, parent: u16, first_child: u16, children: u16, flags, max| {
            let at = text.len() as u16;
            text.extend_from_slice(name.as_bytes());
            nodes.push(NodeDesc {
                name: at,
                name_len: name.len() as u8,
                format: format as u8,
                parent,
                first_child,
                children,
                access: access::ADD | access::DELETE | access::GET | access::REPLACE,
                flags,
                max,
                mime: 0,
                mime_len: 0,
                reserved: 0,
                default: 0,
                default_len: 0,
            });
        };
    let fixed = flags::PERMANENT | flags::REQUIRED;
    // Breadth first: root, Objects, Deep, *, L1, the leaves, L2, L3, L4, L5, End.
    add("", Format::Node, 0, 1, 2, fixed, 1);
    add("Objects", Format::Node, 0, 3, 1, fixed, 1);
    add("Deep", Format::Node, 0, 4, 1, fixed, 1);
    add("", Format::Node, 1, 5, LEAVES as u16, 0, 0);
    let below = 5 + LEAVES as u16;
    add("L1", Format::Node, 2, below, 1, fixed, 1);
    for leaf in 0..LEAVES {
        add(&format!("Leaf{leaf:02}"), Format::Chr, 3, 0, 0, fixed, 1);
    }
    let mut parent = 4;
    for level in 2..=LEVELS as u16 {
        let own = below + level - 2;
        add(
            &format!("L{level}"),
            Format::Node,
            parent,
            own + 1,
            1,
            fixed,
            1,
        );
        parent = own;
    }
    add("End", Format::Chr, parent, 0, 0, fixed, 1);
    (nodes, text)
}

/// Does a job so many times.
fn run(job: &str, calls: u32, count: usize) {
    let (nodes, text) = schema();
    let schema = Schema {
        nodes: &nodes,
        text: &text,
    };
    schema.check().expect("a sound schema");
    let mut slots = vec![NodeSlot::EMPTY; count + 48];
    let (mut pool, mut value, mut values) = (vec![0; 60_000], vec![0; 256], vec![0; 65_534]);
    let mut store = RamStore::new(&mut values);
    let memory = TreeMemory {
        nodes: &mut slots,
        pool: &mut pool,
        value: &mut value,
    };
    let mut tree = Tree::open(&schema, &mut store, &mut [], memory, UriLimits::default())
        .expect("room for all");
    let objects = count / 16;
    for object in 0..objects {
        let uri = format!("./Objects/obj{object:05}");
        tree.local().add_node(&uri).expect("room for all");
        let leaf = format!("{uri}/Leaf07");
        tree.local().set(&leaf, &[b'v'; 16]).expect("room for all");
        tree.factory()
            .acl(&uri, "Get=*&Replace=server0001")
            .expect("room for all");
    }
    tree.factory()
        .acl(".", "Add=*&Delete=*&Get=*&Replace=*")
        .expect("an ACL");
    let leaf = format!("./Objects/obj{:05}/Leaf07", objects / 2);
    let missing = format!("./Objects/obj{:05}/Leaf99", objects / 2);
    let mut out = Room(0);
    for call in 0..calls {
        match job {
            "resolve" => drop(black_box(tree.reading(&SERVER, leaf.as_bytes()))),
            "deep" => drop(black_box(
                tree.reading(&SERVER, b"./Deep/L1/L2/L3/L4/L5/End"),
            )),
            "missing" => drop(black_box(tree.reading(&SERVER, missing.as_bytes()))),
            "get" => {
                let reading = tree.reading(&SERVER, leaf.as_bytes()).expect("it is there");
                tree.read(&reading, &mut Sink::new(&mut out))
                    .expect("it has a value");
            }
            "replace" => {
                let value = [b'a' + (call % 20) as u8; 16];
                tree.replace(&SERVER, leaf.as_bytes(), &Value::of(&value))
                    .expect("it may");
            }
            "object" => {
                tree.add(&SERVER, b"./Objects/another", &Value::node())
                    .expect("room");
                tree.local()
                    .delete("./Objects/another")
                    .expect("it is dynamic");
            }
            _ => {
                let mut listing = tree.listing(&SERVER, b".?list=Struct").expect("it may");
                while let Some(item) = tree.next_item(&SERVER, &mut listing).expect("it stays") {
                    tree.uri(item.node(), &mut Sink::new(&mut out))
                        .expect("short names");
                }
            }
        }
    }
    black_box(out.0);
}
