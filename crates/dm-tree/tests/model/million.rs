//! A million random steps (`OMA_DM_FULL=1`; else a share of them) in a durable store: commands of several servers, a
//! handler that takes part, transactions, restarts, a store that fails or is full, and power that fails.

use std::cell::RefCell;
use std::rc::Rc;

use dm_tree::{
    At, Handler, Mount, NodeSlot, Outcome, Principal, Progress, Reason, Sink, Tree, TreeMemory,
    UriLimits, Value, Verb,
};

use crate::common::flash::Flash;
use crate::common::{at, code, schema};
use crate::plain::{DEVICE, Model};
use crate::{Op, ask, content, expect, wanted};

const SERVERS: [&str; 3] = ["s1", "s2", "s3"];

struct Random(u64);

impl Random {
    fn below(&mut self, limit: usize) -> usize {
        self.0 = self
            .0
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        ((self.0 >> 33) as usize) % limit
    }

    fn one_of<T: Copy>(&mut self, all: &[T]) -> T {
        all[self.below(all.len())]
    }

    fn uri(&mut self) -> String {
        let name = self.one_of(&["a", "b", "c"]);
        match self.below(10) {
            0..6 => {
                let tail = self.one_of(&[
                    "", "", "/Num", "/Kept", "/Sub", "/Sub/x", "/Sub/y", "/Sub/x/z", "/Bare",
                ]);
                format!("./App/{name}{tail}")
            }
            6 => self.one_of(&["./App", "App", "."]).to_owned(),
            7 => self
                .one_of(&["./Live/Set", "./Live/Set", "./Live", "./Open"])
                .to_owned(),
            8 => self
                .one_of(&[
                    "./Fix/Leaf",
                    "./Fix/Dark",
                    "./Fix",
                    "./Open/Hard",
                    "./Fix/Leaf/x",
                ])
                .to_owned(),
            _ => self
                .one_of(&[
                    "./Nowhere",
                    "./App/",
                    "./App//a",
                    "./App/../Fix",
                    "./App/aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa",
                ])
                .to_owned(),
        }
    }

    /// A command, mostly on what is there; an Add mostly on what is not.
    fn op(&mut self, model: &Model) -> Op {
        let who = self.one_of(&["s1", "s1", "s1", "s2", "s3"]);
        let kind = self.below(20);
        let mut uri = self.uri();
        let path = uri.trim_start_matches("./").to_owned();
        let missing = !model.map.contains_key(&path) && path != ".";
        if missing != (kind < 6) && self.below(8) != 0 {
            let paths: Vec<&String> = model.map.keys().collect();
            let path = paths[self.below(paths.len())];
            uri = match path.as_str() {
                "" => ".".to_owned(),
                path => format!("./{path}"),
            };
            if kind < 6 {
                let child =
                    self.one_of(&["a", "b", "Num", "Kept", "Sub", "Sub/x", "x", "y", "Bare"]);
                uri = format!("./{path}/{child}");
            }
        }
        let value = self.one_of(&[
            "",
            "1",
            "-5",
            "text",
            "a longer text than the others",
            "4294967296",
        ]);
        // What the node at the URI takes, and mostly that.
        let fitting = match uri.rsplit('/').next() {
            Some("Num") => ("int", self.one_of(&["1", "-5", "4294967295"])),
            Some("x" | "y" | "z") if self.below(3) == 0 => ("int", "7"),
            Some("a" | "b" | "c" | "Sub" | "Open" | "Bare") => ("node", ""),
            _ => ("chr", value),
        };
        let (format, data) = if self.below(4) == 0 {
            (self.one_of(&["", "chr", "int", "node", "bool"]), value)
        } else {
            fitting
        };
        match kind {
            0..6 => Op::Add(who, uri, format, if format == "node" { "" } else { data }),
            6..10 => Op::Replace(who, uri, format, data),
            10 => {
                let acl = self.one_of(&[
                    "",
                    "",
                    "Add=*&Delete=*&Get=*&Replace=*",
                    "Add=*&Delete=*&Get=*&Replace=*",
                    "Add=*&Delete=*&Get=*&Replace=*",
                    "Add=*&Get=*&Delete=s2&Replace=s1",
                    "Get=s1+s2&Replace=s1",
                    "Replace=s2&Add=*",
                    "Bad=*",
                    "Delete=s1&Get=*&Replace=s1+s3",
                ]);
                Op::Property(who, uri, "ACL", acl)
            }
            11 => Op::Property(who, uri, "Title", value),
            12 => {
                let name = self.one_of(&["a", "b", "c", "Num", "Other", "", "x/y", "."]);
                Op::Property(who, uri, "Name", name)
            }
            13 => Op::Property(who, uri, "Size", "1"),
            14 | 15 => Op::Delete(who, uri),
            16 | 17 => Op::List(who, uri),
            _ => Op::Get(
                who,
                uri,
                self.one_of(&["", "", "ACL", "Title", "Name", "Size"]),
            ),
        }
    }
}

/// What is behind `./Live/Set`, and outlives restarts.
#[derive(Clone, Default)]
struct Live {
    value: String,
    in_transaction: bool,
    /// Not yet prepared: lost by a restart.
    changed: Option<String>,
    prepared: Option<(u32, String)>,
    /// Answers the next call instead of doing it.
    mood: Option<Outcome>,
}

struct Shared(Rc<RefCell<Live>>, Flash);

impl Handler for Shared {
    fn get(&mut self, _: At<'_>, out: &mut Sink<'_>) -> Outcome {
        let live = self.0.borrow();
        out.text(live.changed.as_ref().unwrap_or(&live.value))
    }

    fn replace(&mut self, _: At<'_>, value: Value<'_>) -> Outcome {
        let mut live = self.0.borrow_mut();
        if let Some(mood) = live.mood.take() {
            return mood;
        }
        let text = value.text()?.to_owned();
        if live.in_transaction {
            live.changed = Some(text);
        } else if !self.1.is_dead() {
            live.value = text;
        }
        Ok(Progress::Done)
    }

    fn prepare(&mut self, txn: u32) -> Outcome {
        let mut live = self.0.borrow_mut();
        if self.1.is_dead() {
            return Err(Reason::Store);
        }
        if live.in_transaction
            && let Some(mood) = live.mood.take()
        {
            return mood;
        }
        live.in_transaction = true;
        live.prepared = live.changed.clone().map(|text| (txn, text));
        Ok(Progress::Done)
    }

    fn commit(&mut self, txn: u32) {
        let mut live = self.0.borrow_mut();
        if self.1.is_dead() {
            return;
        }
        if let Some((number, text)) = live.prepared.take()
            && number == txn
        {
            live.value = text;
        }
        live.in_transaction = false;
        live.changed = None;
    }

    fn roll_back(&mut self, _: u32) -> Result<(), Reason> {
        let mut live = self.0.borrow_mut();
        if !self.1.is_dead() {
            live.prepared = None;
            live.in_transaction = false;
            live.changed = None;
        }
        Ok(())
    }
}

/// Everything that outlives a tree.
struct World {
    flash: Flash,
    live: Rc<RefCell<Live>>,
}

impl World {
    fn fork(&self) -> Self {
        Self {
            flash: self.flash.fork(),
            live: Rc::new(RefCell::new(self.live.borrow().clone())),
        }
    }

    /// Opens the tree for a while.
    fn with<T>(&self, work: impl FnOnce(&mut Tree<'_>) -> T) -> T {
        let schema = schema_once();
        let (mut nodes, mut pool, mut value) = ([NodeSlot::EMPTY; 64], [0; 4000], [0; 300]);
        let mut handler = Shared(self.live.clone(), self.flash.clone());
        let mut mounts = [Mount::new(at(schema, "./Live"), &mut handler)];
        let mut store = self.flash.clone();
        let memory = TreeMemory {
            nodes: &mut nodes,
            pool: &mut pool,
            value: &mut value,
        };
        let mut tree = Tree::open(
            schema,
            &mut store,
            &mut mounts,
            memory,
            UriLimits::default(),
        )
        .expect("it opens");
        work(&mut tree)
    }

    /// Power is back: what was only in RAM is gone.
    fn restart(&self) -> bool {
        let mut live = self.live.borrow_mut();
        live.changed = None;
        live.in_transaction = false;
        live.mood = None;
        self.flash.restart()
    }

    /// The records of nodes, and what is behind the handler.
    fn image(&self) -> (Vec<(u32, Vec<u8>)>, String) {
        let records = self.flash.records().into_iter();
        let nodes = records.filter(|(key, _)| *key < 0x8001_0000).collect();
        (nodes, self.live.borrow().value.clone())
    }
}

fn schema_once() -> &'static dm_tree::Schema<'static> {
    static SCHEMA: std::sync::OnceLock<&dm_tree::Schema<'static>> = std::sync::OnceLock::new();
    SCHEMA.get_or_init(|| schema(DEVICE))
}

/// The right of every server to every node, by the tree and by the model.
fn compare_rights(tree: &mut Tree<'_>, model: &Model) {
    for path in model.map.keys() {
        let uri = if path.is_empty() { "." } else { path };
        let node = tree.local().find(uri).expect("it is in the model");
        for who in SERVERS {
            for (verb, name) in [
                (Verb::Add, "Add"),
                (Verb::Delete, "Delete"),
                (Verb::Exec, "Exec"),
                (Verb::Get, "Get"),
                (Verb::Replace, "Replace"),
            ] {
                let principal = Principal::dangerous_assume(who.as_bytes());
                let may = tree.authorise(&principal, verb, node).is_ok();
                assert_eq!(may, model.may(who, name, path), "{who} {name} {uri}");
            }
        }
    }
}

#[derive(Default, Debug)]
struct Counts {
    steps: usize,
    done: usize,
    refused: usize,
    commits: usize,
    roll_backs: usize,
    restarts: usize,
    failures: usize,
    full: usize,
    cuts: [usize; 2],
}

/// The device itself opens a node to all, or forgets a server.
fn own(tree: &mut Tree<'_>, model: &mut Model, random: &mut Random) {
    if random.below(30) == 0 {
        let server = random.one_of(&SERVERS);
        tree.purge_server(server.as_bytes())
            .expect("it only shrinks");
        model.purge(server);
        return;
    }
    let paths: Vec<String> = model.map.keys().cloned().collect();
    let path = match random.below(3) {
        0 => "",
        1 => "App",
        _ => &paths[random.below(paths.len())],
    };
    let acl = "Add=*&Delete=*&Get=*&Replace=*";
    let uri = if path.is_empty() { "." } else { path };
    tree.factory().acl(uri, acl).expect("an ACL");
    model.map.get_mut(path).expect("it is there").acl = acl.into();
}

/// The tree over a world, from one restart to the next; the model goes along.
fn live(world: &World, model: &mut Model, random: &mut Random, counts: &mut Counts) {
    // What a restart goes back to, inside a transaction.
    let mut committed: Option<Model> = None;
    let steps = 20 + random.below(200);
    world.with(|tree| {
        for _ in 0..steps {
            counts.steps += 1;
            let trouble = match random.below(40) {
                0 => {
                    world.flash.fail_once_after(random.below(5) as u32);
                    true
                }
                1 => {
                    let used: usize = world.flash.records().values().map(Vec::len).sum();
                    world.flash.limit(used + random.below(60));
                    true
                }
                2 => {
                    let moods = [Ok(Progress::NotYet), Err(Reason::InUse), Err(Reason::Value)];
                    world.live.borrow_mut().mood = Some(random.one_of(&moods));
                    true
                }
                _ => false,
            };
            let mut broken = false;
            match random.below(12) {
                0 => {
                    let answer = tree.begin();
                    assert_eq!(answer.is_ok(), committed.is_none());
                    committed.get_or_insert_with(|| model.clone());
                }
                1 if committed.is_some() => match code(tree.commit()) {
                    200 => {
                        committed = None;
                        counts.commits += 1;
                    }
                    // A handler is not ready: the transaction stays open.
                    0 => assert!(trouble),
                    _ => {
                        assert!(trouble);
                        *model = committed.take().expect("it was open");
                        counts.roll_backs += 1;
                    }
                },
                2 if committed.is_some() && random.below(2) == 0 => {
                    tree.roll_back();
                    *model = committed.take().expect("it was open");
                    counts.roll_backs += 1;
                }
                3 if !trouble => own(tree, model, random),
                _ => {
                    let op = random.op(model);
                    let mut after = model.clone();
                    let (have, want) = (ask(tree, &op), expect(&mut after, &op));
                    match (&have, &want) {
                        _ if have == want => {
                            counts.done += usize::from(have.is_ok());
                            counts.refused += usize::from(have.is_err());
                            *model = after;
                        }
                        // Trouble takes the place of success only, and changes nothing.
                        (Err(status), Ok(_)) if trouble => {
                            assert!(
                                matches!(status, 0 | 403 | 420 | 500 | 510),
                                "{op:?}: {status}"
                            );
                            counts.failures += usize::from(*status == 510);
                            counts.full += usize::from(*status == 420);
                        }
                        _ => panic!("{op:?}: {have:?}, not {want:?}"),
                    }
                }
            }
            if trouble {
                world.flash.restart();
                world.flash.limit(0);
                world.live.borrow_mut().mood = None;
                // A failure in the middle of a removal: no change any more until the tree is opened again. An empty
                // transaction tells.
                broken = committed.is_none() && {
                    let begun = tree.begin();
                    tree.roll_back();
                    begun.is_err()
                };
            }
            assert_eq!(content(tree), wanted(model));
            if counts.steps.is_multiple_of(16) {
                compare_rights(tree, model);
            }
            if broken {
                break;
            }
        }
    });
    if let Some(before) = committed {
        *model = before;
    }
    counts.restarts += 1;
    world.restart();
    world.with(|tree| {
        assert_eq!(content(tree), wanted(model), "after a restart");
        compare_rights(tree, model);
    });
}

/// One command or transaction, with power failing in the middle of it: it has happened or it has not.
fn cut(world: &World, model: &mut Model, random: &mut Random, counts: &mut Counts) {
    let ops: Vec<Op> = (0..1 + random.below(6)).map(|_| random.op(model)).collect();
    let whole = ops.len() > 1;
    let before = world.image();
    let run = |world: &World, model: Option<&mut Model>| {
        world.with(|tree| {
            let mut model = model;
            if whole {
                tree.begin().expect("none is open");
            }
            for op in &ops {
                let have = ask(tree, op);
                if let Some(model) = &mut model {
                    assert_eq!(have, expect(model, op), "{op:?}");
                }
            }
            if whole { tree.commit().is_ok() } else { true }
        })
    };
    let calm = world.fork();
    let mut after_model = model.clone();
    run(&calm, Some(&mut after_model));
    let after = calm.image();
    world.flash.count();
    calm.flash.count();
    world.with(|tree| {
        world
            .flash
            .cut_after(random.below(3 + 4 * ops.len()) as u32, random.below(2) == 0);
        if whole {
            let _ = tree.begin();
        }
        for op in &ops {
            let _ = ask(tree, op);
        }
        if whole {
            let _ = tree.commit();
        }
    });
    world.restart();
    world.with(|_| ());
    let now = world.image();
    assert!(
        now == before || now == after,
        "{ops:?}\nbefore {before:x?}\nafter {after:x?}\nnow {now:x?}"
    );
    if now == after && now != before {
        counts.cuts[1] += 1;
    } else {
        counts.cuts[0] += 1;
    }
    if now == after {
        *model = after_model;
    }
    counts.steps += ops.len();
    world.with(|tree| assert_eq!(content(tree), wanted(model)));
}

/// TREE-C-011, TREE-C-031, TREE-C-032, TREE-C-034, TREE-C-035, TREE-C-047, TREE-C-055, TREE-C-084
#[test]
fn a_million_random_steps_agree_with_a_plain_map_and_a_naive_evaluator() {
    let full = std::env::var_os("OMA_DM_FULL").is_some_and(|value| value == "1");
    let budget = if full { 1_000_000 } else { 12_000 };
    let mut counts = Counts::default();
    let mut random = Random(1);
    while counts.steps < budget {
        let world = World {
            flash: Flash::default(),
            live: Rc::default(),
        };
        let mut model = Model::new();
        if random.below(3) != 0 {
            let acl = "Add=*&Delete=*&Get=*&Replace=*";
            world
                .with(|tree| tree.factory().acl(".", acl))
                .expect("an ACL");
            model.map.get_mut("").expect("the root").acl = acl.into();
        }
        for _ in 0..8 {
            live(&world, &mut model, &mut random, &mut counts);
            for _ in 0..10 {
                cut(&world, &mut model, &mut random, &mut counts);
            }
        }
    }
    println!("{counts:?}");
    assert!(
        counts.done > budget / 10 && counts.refused > budget / 10,
        "{counts:?}"
    );
    assert!(counts.commits > 20 && counts.roll_backs > 20, "{counts:?}");
    assert!(
        counts.failures > 5 && counts.full > 5 && counts.cuts[0] > 50 && counts.cuts[1] > 50,
        "{counts:?}"
    );
}
