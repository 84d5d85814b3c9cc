//! Documents that reach nodes behind handlers.

use std::cell::{Cell, RefCell};
use std::collections::BTreeMap;
use std::rc::Rc;

use crate::common::{ROOMY, S1, at, picture, schema, tree_of};
use crate::document::{add, document, get, interior, leaf, replace, take};
use dm_tree::{At, Handler, Mount, Outcome, Progress, Reason, Refusal, Sink, Status, Tree, Value};
use dm_wbxml::Encoding;

const DEVICE: &str = "
App node PR/AGDr
  * node -/AGDr
    * chr -/AGDr default=fresh
    * int -/AGDr
";

type Values = BTreeMap<String, Vec<u8>>;

/// Keeps values, in transactions.
#[derive(Clone, Default)]
struct Keeper {
    values: Rc<RefCell<Values>>,
    old: Rc<RefCell<Option<Values>>>,
    log: Rc<RefCell<Vec<String>>>,
    /// Calls that are answered with `NotYet`, by what they are.
    waits: Rc<RefCell<Vec<&'static str>>>,
    refuses_get: Rc<Cell<bool>>,
    takes_part: bool,
}

impl Keeper {
    fn waits(&self, call: &'static str) -> bool {
        let mut waits = self.waits.borrow_mut();
        let found = waits.iter().position(|wait| *wait == call);
        found.map(|at| waits.remove(at)).is_some()
    }

    fn note(&self, call: &str, at: At<'_>) {
        let path = String::from_utf8_lossy(at.path).into_owned();
        self.log.borrow_mut().push(format!("{call} {path}"));
    }
}

impl Handler for Keeper {
    fn get(&mut self, at: At<'_>, out: &mut Sink<'_>) -> Outcome {
        if self.waits("get") {
            return Ok(Progress::NotYet);
        }
        if self.refuses_get.get() {
            return Err(Reason::Busy);
        }
        let path = String::from_utf8_lossy(at.path).into_owned();
        out.bytes(&self.values.borrow()[&path])
    }

    fn replace(&mut self, at: At<'_>, value: Value<'_>) -> Outcome {
        if self.waits("replace") {
            return Ok(Progress::NotYet);
        }
        self.note("replace", at);
        let path = String::from_utf8_lossy(at.path).into_owned();
        self.values
            .borrow_mut()
            .insert(path, value.data.unwrap().to_vec());
        Ok(Progress::Done)
    }

    fn add(&mut self, at: At<'_>, value: Value<'_>) -> Outcome {
        if self.waits("add") {
            return Ok(Progress::NotYet);
        }
        if value.data == Some(b"bad") {
            return Err(Reason::Handler(Refusal::new(Status(500))));
        }
        self.note("add", at);
        let path = String::from_utf8_lossy(at.path).into_owned();
        if value.format != Some(dm_tree::Format::Node) {
            self.values
                .borrow_mut()
                .insert(path, value.data.unwrap().to_vec());
        }
        Ok(Progress::Done)
    }

    fn delete(&mut self, at: At<'_>) -> Outcome {
        self.note("delete", at);
        let path = String::from_utf8_lossy(at.path).into_owned();
        self.values
            .borrow_mut()
            .retain(|key, _| !key.starts_with(&path));
        Ok(Progress::Done)
    }

    fn prepare(&mut self, _: u32) -> Outcome {
        if !self.takes_part {
            return Err(Reason::InUse);
        }
        if self.waits("prepare") {
            return Ok(Progress::NotYet);
        }
        let values = self.values.borrow().clone();
        self.old.borrow_mut().get_or_insert(values);
        Ok(Progress::Done)
    }

    fn commit(&mut self, _: u32) {
        self.old.borrow_mut().take();
    }

    fn roll_back(&mut self, _: u32) -> Result<(), Reason> {
        if let Some(old) = self.old.borrow_mut().take() {
            *self.values.borrow_mut() = old;
        }
        Ok(())
    }
}

fn device(takes_part: bool) -> (Tree<'static>, Keeper) {
    let keeper = Keeper {
        takes_part,
        ..Keeper::default()
    };
    let schema = schema(DEVICE);
    let mount = Mount::new(at(schema, "./App"), Box::leak(Box::new(keeper.clone())));
    let mut tree = tree_of(ROOMY, schema, vec![mount]);
    tree.factory()
        .acl(".", "Add=*&Delete=*&Get=*&Replace=*")
        .unwrap();
    (tree, keeper)
}

fn first() -> String {
    document(&[interior("o")
        .with(leaf("a", "chr", "1"))
        .with(leaf("b", "int", "2"))])
}

#[test]
fn a_handler_is_asked_for_each_node() {
    let (mut tree, keeper) = device(true);
    let bare = crate::document::Node {
        value: None,
        ..leaf("c", "chr", "")
    };
    let xml = document(&[interior("o").with(leaf("a", "chr", "1")).with(bare)]);
    assert_eq!(add(&mut tree, &S1, "./App", xml.as_bytes()), 200);
    assert_eq!(*keeper.log.borrow(), ["add o", "add o/a", "add o/c"]);
    assert_eq!(keeper.values.borrow()["o/c"], b"fresh");
    let other = document(&[interior("o")
        .with(leaf("a", "chr", "9"))
        .with(leaf("d", "int", "4"))]);
    keeper.log.borrow_mut().clear();
    assert_eq!(replace(&mut tree, &S1, "./App/o", other.as_bytes()), 200);
    assert_eq!(
        *keeper.log.borrow(),
        ["delete o/c", "replace o/a", "add o/d"]
    );
    assert_eq!(keeper.values.borrow().len(), 2);
    assert!(keeper.old.borrow().is_none());
}

/// TNDS-C-019, TNDS-C-020
#[test]
fn what_fails_is_taken_back_behind_the_handler_too() {
    let (mut tree, keeper) = device(true);
    assert_eq!(add(&mut tree, &S1, "./App", first().as_bytes()), 200);
    let before = (picture(&mut tree), keeper.values.borrow().clone());
    keeper.log.borrow_mut().clear();
    let bad = document(&[interior("o")
        .with(leaf("a", "chr", "9"))
        .with(leaf("d", "int", "x"))]);
    assert_eq!(replace(&mut tree, &S1, "./App/o", bad.as_bytes()), 500);
    assert!(
        keeper.log.borrow().is_empty(),
        "nothing is begun before all is checked"
    );
    let late = document(&[interior("o")
        .with(leaf("a", "chr", "9"))
        .with(leaf("d", "chr", "bad"))]);
    assert_eq!(replace(&mut tree, &S1, "./App/o", late.as_bytes()), 500);
    assert_eq!(*keeper.log.borrow(), ["delete o/b", "replace o/a"]);
    assert_eq!((picture(&mut tree), keeper.values.borrow().clone()), before);
    // One that takes no part in transactions is never reached.
    let (mut tree, keeper) = device(false);
    assert_eq!(add(&mut tree, &S1, "./App", first().as_bytes()), 403);
    assert!(keeper.log.borrow().is_empty() && keeper.values.borrow().is_empty());
}

/// A handler that needs time: nothing has happened, and the same call comes again.
#[test]
fn a_slow_handler_is_asked_again() {
    for wait in ["add", "prepare"] {
        for nth in 0..3 {
            let (mut tree, keeper) = device(true);
            let before = picture(&mut tree);
            *keeper.waits.borrow_mut() = vec![wait; nth];
            for _ in 0..nth {
                let outcome = take(&mut tree, &S1, "Add", "./App", first().as_bytes());
                assert_eq!(outcome, Ok(Progress::NotYet), "{wait} {nth}");
                assert_eq!(picture(&mut tree), before);
            }
            assert_eq!(add(&mut tree, &S1, "./App", first().as_bytes()), 200);
            assert_eq!(keeper.values.borrow().len(), 2);
        }
    }
    // At the second prepare everything is done but to count: only that is asked again.
    let (mut tree, keeper) = device(true);
    let waits = keeper.waits.clone();
    let counting = document(&[interior("o").with(leaf("a", "chr", "1"))]);
    take(&mut tree, &S1, "Add", "./App", counting.as_bytes()).unwrap();
    let more = document(&[leaf("b", "chr", "2")]);
    keeper.log.borrow_mut().clear();
    // The first prepare passes, because it comes before `add`, which waits once and lets the second one wait.
    *waits.borrow_mut() = vec!["add"];
    let outcome = take(&mut tree, &S1, "Add", "./App/o", more.as_bytes());
    assert_eq!(outcome, Ok(Progress::NotYet));
    assert!(!tree.in_transaction());
    assert_eq!(add(&mut tree, &S1, "./App/o", more.as_bytes()), 200);
    assert_eq!(*keeper.log.borrow(), ["add o/b"]);
}

/// Get waits for a handler, and leaves out the nodes whose values it does not give.
#[test]
fn a_document_has_the_values_that_can_be_had() {
    let (mut tree, keeper) = device(true);
    assert_eq!(add(&mut tree, &S1, "./App", first().as_bytes()), 200);
    for encoding in [Encoding::Xml, Encoding::Wbxml] {
        let whole = get(&mut tree, &S1, "./App?list=TNDS", encoding).unwrap();
        let reading = tree.reading(&S1, b"./App?list=TNDS").unwrap();
        *keeper.waits.borrow_mut() = vec!["get"];
        let read = tree.read_by(&S1, &reading.in_encoding(encoding), &mut Sink::counting());
        assert_eq!(read, Ok(Progress::NotYet));
        assert_eq!(
            get(&mut tree, &S1, "./App?list=TNDS", encoding).unwrap(),
            whole
        );
        keeper.refuses_get.set(true);
        let less = get(&mut tree, &S1, "./App?list=TNDS", encoding).unwrap();
        keeper.refuses_get.set(false);
        let names = |bytes: &[u8]| {
            let text = String::from_utf8_lossy(bytes).into_owned();
            ["a", "b", "o"].map(|name| {
                text.contains(&format!("<NodeName>{name}<"))
                    || text.contains(&format!("f\u{3}{name}\0"))
            })
        };
        assert_eq!(names(&whole), [true, true, true]);
        assert_eq!(names(&less), [false, false, true]);
        // Without values nobody is asked.
        keeper.refuses_get.set(true);
        let bare = get(&mut tree, &S1, "./App?list=TNDS-Value", encoding).unwrap();
        keeper.refuses_get.set(false);
        assert_eq!(names(&bare), [true, true, true]);
    }
}
