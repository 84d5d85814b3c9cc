//! Handlers inside transactions: they take part or are left alone.

#![cfg(all(feature = "durable", feature = "transaction"))]
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing
)]

mod common;

use std::cell::RefCell;
use std::rc::Rc;

use common::flash::Flash;
use common::{S1, add, at, code, delete, get, memory, open, picture, replace, schema};
use dm_tree::{At, Handler, Mount, Outcome, Progress, Reason, Sink, Tree, Value};

const DEVICE: &str = "
Modem node PR/G
  Apn chr PR/Gr
  * node -/AGDr
Plain node PR/G
  Leaf chr PR/Gr
  * node -/AGDr
App node PR/AGr
  * chr -/AGDr
";

/// A handler with durable state: what counts, and what is prepared under which number.
#[derive(Default)]
struct Modem {
    counts: String,
    /// Changed, not yet prepared: lost by a restart.
    changed: Option<String>,
    prepared: Option<(u32, String)>,
    calls: Vec<String>,
    not_yet: u32,
    refuse: bool,
    /// What was done cannot be undone.
    sticks: bool,
}

struct Shared(Rc<RefCell<Modem>>, Flash);

impl Handler for Shared {
    fn get(&mut self, _at: At<'_>, out: &mut Sink<'_>) -> Outcome {
        let modem = self.0.borrow();
        out.text(modem.changed.as_ref().unwrap_or(&modem.counts))
    }
    fn replace(&mut self, _at: At<'_>, value: Value<'_>) -> Outcome {
        self.0.borrow_mut().changed = Some(value.text()?.to_owned());
        Ok(Progress::Done)
    }
    fn add(&mut self, _at: At<'_>, _value: Value<'_>) -> Outcome {
        Ok(Progress::Done)
    }
    fn delete(&mut self, _at: At<'_>) -> Outcome {
        Ok(Progress::Done)
    }
    fn prepare(&mut self, txn: u32) -> Outcome {
        let mut modem = self.0.borrow_mut();
        modem.calls.push(format!("prepare {txn}"));
        if modem.not_yet > 0 {
            modem.not_yet -= 1;
            return Ok(Progress::NotYet);
        }
        if modem.refuse && modem.changed.is_some() {
            return Err(Reason::InUse);
        }
        if let Some(changed) = modem.changed.clone() {
            modem.prepared = Some((txn, changed));
        }
        Ok(Progress::Done)
    }
    fn commit(&mut self, txn: u32) {
        if self.1.is_dead() {
            return;
        }
        let mut modem = self.0.borrow_mut();
        modem.calls.push(format!("commit {txn}"));
        if let Some((_, value)) = modem.prepared.take_if(|(prepared, _)| *prepared == txn) {
            modem.counts = value;
        }
        modem.changed = None;
    }
    fn roll_back(&mut self, txn: u32) -> Result<(), Reason> {
        if self.1.is_dead() {
            return Ok(());
        }
        let mut modem = self.0.borrow_mut();
        modem.calls.push(format!("roll_back {txn}"));
        modem.prepared.take_if(|(prepared, _)| *prepared == txn);
        modem.changed = None;
        match modem.sticks {
            true => Err(Reason::InUse),
            false => Ok(()),
        }
    }
}

/// Takes no part in transactions.
struct Plain(Rc<RefCell<u32>>);

impl Handler for Plain {
    fn get(&mut self, _at: At<'_>, out: &mut Sink<'_>) -> Outcome {
        out.text("")
    }
    fn replace(&mut self, _at: At<'_>, _value: Value<'_>) -> Outcome {
        *self.0.borrow_mut() += 1;
        Ok(Progress::Done)
    }
    fn add(&mut self, _at: At<'_>, _value: Value<'_>) -> Outcome {
        *self.0.borrow_mut() += 1;
        Ok(Progress::Done)
    }
    fn delete(&mut self, _at: At<'_>) -> Outcome {
        *self.0.borrow_mut() += 1;
        Ok(Progress::Done)
    }
}

#[derive(Clone, Default)]
struct World {
    flash: Flash,
    modem: Rc<RefCell<Modem>>,
    plain: Rc<RefCell<u32>>,
}

impl World {
    fn open(&self) -> Result<Tree<'static>, Reason> {
        let schema = schema(DEVICE);
        let mounts = vec![
            Mount::new(
                at(schema, "./Plain"),
                Box::leak(Box::new(Plain(self.plain.clone()))),
            ),
            Mount::new(
                at(schema, "./Modem"),
                Box::leak(Box::new(Shared(self.modem.clone(), self.flash.clone()))),
            ),
        ];
        open(schema, self.flash.store(), mounts, memory(common::ROOMY))
    }

    fn start() -> (Self, Tree<'static>) {
        let world = Self::default();
        let mut tree = world.open().unwrap();
        tree.factory()
            .acl(".", "Add=*&Delete=*&Get=*&Replace=*")
            .unwrap();
        world.calls();
        (world, tree)
    }

    fn calls(&self) -> Vec<String> {
        core::mem::take(&mut self.modem.borrow_mut().calls)
    }
}

#[test]
fn a_handler_that_takes_no_part_is_not_called_inside_a_transaction() {
    let (world, mut tree) = World::start();
    assert_eq!(add(&mut tree, &S1, "./Plain/old", "node", ""), 200);
    assert_eq!(*world.plain.borrow(), 1);
    tree.begin().unwrap();
    let before = picture(&mut tree);
    assert_eq!(replace(&mut tree, &S1, "./Plain/Leaf", "x"), 403);
    assert_eq!(add(&mut tree, &S1, "./Plain/new", "node", ""), 403);
    assert_eq!(delete(&mut tree, &S1, "./Plain/old"), 403);
    assert_eq!(picture(&mut tree), before);
    assert_eq!(*world.plain.borrow(), 1);
    assert_eq!(code(tree.commit()), 200);
    assert_eq!(replace(&mut tree, &S1, "./Plain/Leaf", "x"), 200);
    assert_eq!(*world.plain.borrow(), 2);
}

#[test]
fn a_handler_that_takes_part_prepares_and_commits_with_the_tree() {
    let (world, mut tree) = World::start();
    tree.begin().unwrap();
    assert_eq!(replace(&mut tree, &S1, "./Modem/Apn", "internet"), 200);
    assert_eq!(replace(&mut tree, &S1, "./Modem/Apn", "ims"), 200);
    assert_eq!(add(&mut tree, &S1, "./App/x", "chr", "1"), 200);
    assert_eq!(world.modem.borrow().counts, "");
    assert_eq!(code(tree.commit()), 200);
    assert_eq!(world.modem.borrow().counts, "ims");
    let calls = world.calls();
    assert_eq!(calls.len(), 3, "{calls:?}");
    assert_eq!(
        (calls[0].as_str(), calls[1].as_str(), calls[2].as_str()),
        ("prepare 1", "prepare 1", "commit 1")
    );
    tree.begin().unwrap();
    assert_eq!(replace(&mut tree, &S1, "./Modem/Apn", "other"), 200);
    tree.roll_back();
    assert_eq!(world.modem.borrow().counts, "ims");
    assert_eq!(world.calls(), ["prepare 2", "roll_back 2"]);
}

#[test]
fn what_a_handler_could_not_take_back_is_told() {
    let (world, mut tree) = World::start();
    assert_eq!(tree.left_behind(), None);
    world.modem.borrow_mut().sticks = true;
    // One that takes no part has nothing to take back.
    tree.begin().unwrap();
    assert_eq!(add(&mut tree, &S1, "./App/x", "chr", "1"), 200);
    tree.roll_back();
    assert_eq!(tree.left_behind(), None);
    let before = picture(&mut tree);
    for refuses_to_prepare in [false, true] {
        tree.begin().unwrap();
        assert_eq!(tree.left_behind(), None, "a new transaction");
        assert_eq!(add(&mut tree, &S1, "./App/x", "chr", "1"), 200);
        assert_eq!(replace(&mut tree, &S1, "./Modem/Apn", "a"), 200);
        world.modem.borrow_mut().refuse = refuses_to_prepare;
        match refuses_to_prepare {
            true => assert_eq!(tree.commit(), Err(Reason::InUse)),
            false => tree.roll_back(),
        }
        // The tree has done its part.
        assert_eq!(picture(&mut tree), before);
        assert_eq!(tree.left_behind(), Some(Reason::InUse));
    }
}

#[test]
fn a_handler_may_be_slow_or_refuse_to_prepare() {
    let (world, mut tree) = World::start();
    tree.begin().unwrap();
    world.modem.borrow_mut().not_yet = 1;
    assert_eq!(replace(&mut tree, &S1, "./Modem/Apn", "a"), 0, "not yet");
    assert_eq!(replace(&mut tree, &S1, "./Modem/Apn", "a"), 200);
    assert_eq!(add(&mut tree, &S1, "./App/x", "chr", "1"), 200);
    world.modem.borrow_mut().not_yet = 2;
    assert_eq!(tree.commit(), Ok(Progress::NotYet));
    assert!(tree.in_transaction());
    assert_eq!(tree.commit(), Ok(Progress::NotYet));
    assert_eq!(tree.commit(), Ok(Progress::Done));
    assert_eq!(world.modem.borrow().counts, "a");
    let before = picture(&mut tree);
    tree.begin().unwrap();
    world.modem.borrow_mut().refuse = true;
    assert_eq!(replace(&mut tree, &S1, "./App/x", "2"), 200);
    assert_eq!(replace(&mut tree, &S1, "./Modem/Apn", "b"), 200);
    assert_eq!(tree.commit(), Err(Reason::InUse));
    assert!(!tree.in_transaction());
    assert_eq!(picture(&mut tree), before);
    assert_eq!(picture(&mut world.open().unwrap()), before);
}

#[test]
fn tree_and_handler_agree_after_power_fails_anywhere() {
    let mut outcomes = [0, 0];
    for lucky in [false, true] {
        for fuel in 0.. {
            let (world, mut tree) = World::start();
            assert_eq!(add(&mut tree, &S1, "./App/x", "chr", "old"), 200);
            tree.begin().unwrap();
            assert_eq!(replace(&mut tree, &S1, "./Modem/Apn", "old"), 200);
            assert_eq!(code(tree.commit()), 200);
            world.flash.cut_after(fuel, lucky);
            let run = |tree: &mut Tree<'static>| -> Option<()> {
                tree.begin().ok()?;
                (replace(tree, &S1, "./App/x", "new") == 200).then_some(())?;
                (replace(tree, &S1, "./Modem/Apn", "new") == 200).then_some(())?;
                (delete(tree, &S1, "./App/x") != 0).then_some(())?;
                (add(tree, &S1, "./App/y", "chr", "new") == 200).then_some(())?;
                tree.commit().ok().map(|_| ())
            };
            let done = run(&mut tree);
            let failed = world.flash.restart();
            // What is not durable in the handler is lost as well.
            world.modem.borrow_mut().changed = None;
            let mut tree = world.open().unwrap();
            let new = get(&mut tree, &S1, "./App").unwrap() == "y";
            let want = if new { "new" } else { "old" };
            assert_eq!(world.modem.borrow().counts, want, "cut after {fuel}");
            assert_eq!(world.modem.borrow().prepared, None, "cut after {fuel}");
            assert!(
                new || done.is_none(),
                "what was answered with 200 has happened"
            );
            outcomes[usize::from(new)] += 1;
            if !failed {
                break;
            }
        }
    }
    assert!(outcomes[0] > 3 && outcomes[1] > 3, "{outcomes:?}");
}
