//! Instructions for each job of the tree, counted by callgrind, among 64, 1,000 and 10,000 nodes, and the memory these take.
//!
//! `cargo bench -p dm-tree --features list,tnds,transaction` runs itself under valgrind with few and with more calls of
//! each job: a tenth, or half, of the difference is the cost of one. It fails when a job costs more than its bar and one in a
//! hundred, or when a job that concerns one node costs more among many nodes than among few; the bars stand in
//! `docs/tree-cost.tsv`, which `-- --write` takes anew. Where valgrind is missing it says so and measures nothing.
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
use std::fmt::Write as _;
use std::hint::black_box;
use std::path::Path;
use std::process::Command;

use dm_tree::schema::{access, flags};
use dm_tree::{
    Format, NodeDesc, NodeSlot, Output, Principal, RamStore, Reason, Schema, Sink, Tree,
    TreeMemory, UriLimits, Value,
};
use dm_wbxml::Encoding;

const SIZES: [usize; 3] = [64, 1_000, 10_000];

/// How the cost of a job goes with the number of nodes.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Growth {
    /// It concerns one node, however many there are.
    One,
    /// It concerns one leaf of each object; the cost is that of one.
    Share,
    /// It concerns all nodes.
    All,
}

/// Job, what it is, and what it concerns.
const JOBS: [(&str, &str, Growth); 11] = [
    (
        "resolve",
        "a URI of three segments to its node, and the Get right",
        Growth::One,
    ),
    (
        "deep",
        "a URI of seven segments to its node, and the Get right",
        Growth::One,
    ),
    (
        "missing",
        "a URI whose last segment is not there",
        Growth::One,
    ),
    ("get", "Get of a leaf of 16 bytes", Growth::One),
    ("replace", "Replace of a leaf of 16 bytes", Growth::One),
    (
        "object",
        "Add of an object of sixteen nodes, and its removal",
        Growth::One,
    ),
    (
        "transaction",
        "Replace of a leaf in each object in one transaction, for each",
        Growth::Share,
    ),
    (
        "list",
        "`?list=Struct` of the whole tree, with every URI",
        Growth::All,
    ),
    (
        "tnds-wbxml",
        "`?list=TNDS` of the whole tree, WBXML, in one piece",
        Growth::All,
    ),
    ("tnds-xml", "the same in XML", Growth::All),
    (
        "tnds-parts",
        "the same in WBXML, in parts of 1,024 bytes",
        Growth::All,
    ),
];

/// The last row of the table.
const MEMORY: (&str, &str) = (
    "memory",
    "bytes of memory for nodes, names and ACLs, values not counted",
);

const LEAVES: usize = 15;
/// Nested interior nodes below `./Deep`.
const LEVELS: usize = 5;
/// The root, `./Objects`, and what is nested with its leaf.
const FIXED: usize = 2 + 1 + LEVELS + 1;
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
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/tree-cost.tsv");
    let committed = std::fs::read_to_string(&path).unwrap_or_default();
    let mut table = String::from(
        "# job\t64 nodes\t1,000 nodes\t10,000 nodes\twhat; written by `cargo xtask bench --write`\n",
    );
    let mut over = Vec::new();
    for (job, what, growth) in JOBS {
        let mut costs = [0; SIZES.len()];
        for (nodes, cost) in SIZES.into_iter().zip(&mut costs) {
            *cost = cost_of(job, nodes, growth)?;
        }
        // Chains of the index may be a step longer.
        if growth != Growth::All && costs.iter().any(|cost| *cost > costs[0] + costs[0] / 4) {
            over.push(format!("{job} costs more among many nodes: {costs:?}"));
        }
        row(&mut table, &mut over, &committed, (job, what), costs);
    }
    row(&mut table, &mut over, &committed, MEMORY, SIZES.map(memory));
    if arguments.iter().any(|argument| argument == "--write") {
        return Ok(std::fs::write(&path, table)?);
    }
    if over.is_empty() {
        return Ok(());
    }
    println!("{}", over.join("\n"));
    println!("when this is meant: `cargo xtask bench --write`");
    Err(format!("{} figures are above their bar", over.len()).into())
}

/// Adds a row to the table, and what of it is above the committed one.
fn row(
    table: &mut String,
    over: &mut Vec<String>,
    committed: &str,
    (job, what): (&str, &str),
    costs: [u64; SIZES.len()],
) {
    let bars: Vec<u64> = committed
        .lines()
        .map(|line| line.split('\t').collect::<Vec<_>>())
        .filter(|fields| fields[0] == job)
        .flat_map(|fields| {
            fields
                .into_iter()
                .skip(1)
                .map_while(|text| text.parse().ok())
        })
        .collect();
    for ((nodes, cost), bar) in SIZES
        .iter()
        .zip(costs)
        .zip(bars.iter().map(Some).chain([None; 3]))
    {
        let shown = bar.map_or_else(|| "-".to_owned(), u64::to_string);
        println!("{cost:>12} {shown:>12}  {job}, {nodes} nodes");
        if bar.is_none_or(|bar| cost > bar + bar / 100) {
            over.push(format!("{job} among {nodes}: {cost}, bar {shown}"));
        }
    }
    let [few, more, many] = costs;
    let _ = writeln!(table, "{job}\t{few}\t{more}\t{many}\t{what}");
}

/// Instructions of one job.
fn cost_of(job: &str, nodes: usize, growth: Growth) -> Result<u64, Box<dyn Error>> {
    let (few, more, shares) = match growth {
        Growth::One => (3, 13, 1),
        Growth::Share => (1, 3, nodes / 16),
        Growth::All => (1, 3, 1),
    };
    let difference = counted(job, more, nodes)?.saturating_sub(counted(job, few, nodes)?);
    Ok(difference / u64::from(more - few) / shares as u64)
}

/// The least memory for slots and pool in which so many nodes have room, the undo log of single commands included.
fn memory(count: usize) -> u64 {
    let (nodes, text) = schema();
    let schema = Schema {
        nodes: &nodes,
        text: &text,
    };
    let live = count / 16 * 16 + FIXED;
    let fits = |pool: usize| {
        let mut slots = vec![NodeSlot::EMPTY; live];
        let (mut pool, mut value, mut values) = (vec![0; pool], vec![0; 256], vec![0; 65_534]);
        let mut store = RamStore::new(&mut values);
        let memory = TreeMemory {
            nodes: &mut slots,
            pool: &mut pool,
            value: &mut value,
        };
        let limits = UriLimits::default();
        Tree::open(&schema, &mut store, &mut [], memory, limits)
            .and_then(|mut tree| fill(&mut tree, count / 16))
            .is_ok()
    };
    let (mut least, mut enough) = (0, 65_535);
    assert!(fits(enough), "room for all");
    while least < enough {
        let middle = (least + enough) / 2;
        if fits(middle) {
            enough = middle;
        } else {
            least = middle + 1;
        }
    }
    (live * size_of::<NodeSlot>() + enough) as u64
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

fn fill(tree: &mut Tree<'_>, objects: usize) -> Result<(), Reason> {
    for object in 0..objects {
        let uri = format!("./Objects/obj{object:05}");
        tree.local().add_node(&uri)?;
        let leaf = format!("{uri}/Leaf07");
        tree.local().set(&leaf, &[b'v'; 16])?;
        tree.factory().acl(&uri, "Get=*&Replace=server0001")?;
    }
    Ok(())
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
    fill(&mut tree, objects).expect("room for all");
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
            "transaction" => {
                tree.begin().expect("none is open");
                let value = [b'a' + (call % 20) as u8; 16];
                for object in 0..objects {
                    let leaf = format!("./Objects/obj{object:05}/Leaf07");
                    tree.replace(&SERVER, leaf.as_bytes(), &Value::of(&value))
                        .expect("it may");
                }
                tree.commit().expect("room for all");
            }
            "tnds-wbxml" => document(&mut tree, Encoding::Wbxml, usize::MAX),
            "tnds-xml" => document(&mut tree, Encoding::Xml, usize::MAX),
            "tnds-parts" => document(&mut tree, Encoding::Wbxml, 1024),
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

/// Reads the whole tree as one document, so many bytes at a time.
fn document(tree: &mut Tree<'_>, encoding: Encoding, size: usize) {
    let reading = tree.reading(&SERVER, b".?list=TNDS").expect("it may");
    let reading = reading.in_encoding(encoding);
    let mut reached = 0;
    loop {
        let mut part = Part(size);
        let mut sink = Sink::resume(&mut part, reached);
        tree.read_by(&SERVER, &reading, &mut sink)
            .expect("values are texts");
        reached = sink.reached();
        if !sink.is_full() {
            break;
        }
        tree.hold_all(reading.node());
    }
    tree.let_go();
}

/// Takes as much as there is room for.
struct Part(usize);

impl Output for Part {
    fn put(&mut self, bytes: &[u8]) -> usize {
        let taken = black_box(bytes).len().min(self.0);
        self.0 -= taken;
        taken
    }
}
