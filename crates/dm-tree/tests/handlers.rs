//! What stands behind nodes: handlers are reached through schema and ACL, and their answers count.

#![cfg(feature = "properties")]
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing
)]

mod common;

use std::cell::RefCell;
use std::rc::Rc;

use common::{
    S1, S2, add, at, code, delete, get, get_code, picture, replace, schema, tree_of, value,
};
use dm_tree::{
    At, Format, Handler, Mount, Outcome, Progress, Reason, Refusal, Sink, Status, Ticket, Tree,
    Value,
};

const DEVICE: &str = "
Modem node PR/G
  Apn chr PRsv/Gr
  Signal int PR/G
  Secret chr PR/r
  Reset null PR/X
  Image bin PRv/Gr
  * node t/AGDr
    Key chr -/AGr
    Sub node -/AGD
      Key chr -/AGr
  Inner node PR/G
    State chr PR/G
Other node PR/G
  * node -/AGD
    Far node -/AG
      v chr -/AGr
    Near node -/AG
      v chr -/AGr
";

/// What happened behind the nodes.
#[derive(Default)]
struct Log {
    calls: Vec<String>,
    /// The next answer, when it is not `Done`.
    answer: Option<Outcome>,
}

struct Recorder(&'static str, Rc<RefCell<Log>>);

impl Recorder {
    fn note(&self, what: &str, at: At<'_>, more: &str) -> Outcome {
        let path = String::from_utf8_lossy(at.path).into_owned();
        assert!(path.ends_with(core::str::from_utf8(at.name).unwrap()) || path.is_empty());
        let mut log = self.1.borrow_mut();
        log.calls.push(
            format!("{} {what} [{path}] {more}", self.0)
                .trim_end()
                .to_owned(),
        );
        log.answer.take().unwrap_or(Ok(Progress::Done))
    }
}

impl Handler for Recorder {
    fn get(&mut self, at: At<'_>, out: &mut Sink<'_>) -> Outcome {
        let answer = self.note("get", at, "");
        if answer == Ok(Progress::Done) {
            out.text("value")
        } else {
            answer
        }
    }
    fn replace(&mut self, at: At<'_>, value: Value<'_>) -> Outcome {
        self.note("replace", at, value.text().unwrap())
    }
    fn add(&mut self, at: At<'_>, value: Value<'_>) -> Outcome {
        self.note("add", at, value.text().unwrap())
    }
    fn delete(&mut self, at: At<'_>) -> Outcome {
        self.note("delete", at, "")
    }
    fn exec(&mut self, at: At<'_>, argument: Value<'_>, ticket: Ticket) -> Outcome {
        self.note(
            "exec",
            at,
            &format!("{} {}", argument.text().unwrap(), ticket.0),
        )
    }
    fn rename(&mut self, at: At<'_>, name: &[u8]) -> Outcome {
        self.note("rename", at, core::str::from_utf8(name).unwrap())
    }
    fn write(&mut self, at: At<'_>, offset: u32, total: u32, bytes: &[u8]) -> Outcome {
        self.note("write", at, &format!("{offset}/{total} {bytes:?}"))
    }
}

/// A handler that has nothing but a value.
struct Plain;

impl Handler for Plain {
    fn get(&mut self, _at: At<'_>, out: &mut Sink<'_>) -> Outcome {
        out.int(-7)
    }
}

fn device() -> (Tree<'static>, Rc<RefCell<Log>>) {
    let log = Rc::new(RefCell::new(Log::default()));
    let schema = schema(DEVICE);
    let recorder = |name| Box::leak(Box::new(Recorder(name, log.clone())));
    let mounts = vec![
        Mount::new(at(schema, "./Modem"), recorder("modem")),
        Mount::new(at(schema, "./Modem/Inner"), recorder("inner")),
        Mount::new(at(schema, "./Other/*/Far"), recorder("far")),
        Mount::new(at(schema, "./Other/*/Near"), recorder("near")),
        Mount::new(at(schema, "./Modem/Signal"), Box::leak(Box::new(Plain))),
    ];
    let mut tree = tree_of(common::ROOMY, schema, mounts);
    tree.factory()
        .acl(".", "Add=*&Delete=*&Exec=*&Get=*&Replace=s1")
        .unwrap();
    (tree, log)
}

fn calls(log: &Rc<RefCell<Log>>) -> Vec<String> {
    core::mem::take(&mut log.borrow_mut().calls)
}

#[test]
fn commands_reach_the_handler_with_the_path_below_its_mount() {
    let (mut tree, log) = device();
    assert_eq!(get(&mut tree, &S1, "./Modem/Apn").unwrap(), "value");
    assert_eq!(replace(&mut tree, &S1, "./Modem/Apn", "internet"), 200);
    assert_eq!(add(&mut tree, &S1, "./Modem/x/Key", "chr", "k"), 200);
    assert_eq!(add(&mut tree, &S1, "./Modem/x/Sub/Key", "chr", "k"), 200);
    assert_eq!(get(&mut tree, &S1, "./Modem/Inner/State").unwrap(), "value");
    assert_eq!(get(&mut tree, &S1, "./Modem/Signal").unwrap(), "-7");
    assert_eq!(replace(&mut tree, &S1, "./Modem/x?prop=Name", "y"), 200);
    assert_eq!(get(&mut tree, &S1, "./Modem/y/Sub/Key").unwrap(), "value");
    assert_eq!(delete(&mut tree, &S1, "./Modem/y"), 200);
    assert_eq!(
        calls(&log),
        [
            "modem get [Apn]",
            "modem replace [Apn] internet",
            "modem add [x/Key] k",
            "modem add [x/Sub/Key] k",
            "inner get [State]",
            "modem rename [x] y",
            "modem get [y/Sub/Key]",
            "modem delete [y]",
        ]
    );
    assert_eq!(
        get(&mut tree, &S1, "./Modem").unwrap(),
        "Apn/Signal/Secret/Reset/Image/Inner"
    );
}

/// PRO-C-142, TREE-C-047
#[test]
fn a_server_cannot_reach_a_handler_around_schema_and_acl() {
    let (mut tree, log) = device();
    assert_eq!(replace(&mut tree, &S2, "./Modem/Apn", "x"), 425);
    assert_eq!(
        replace(&mut tree, &S1, "./Modem/Signal", "1"),
        405,
        "no Replace in AccessType"
    );
    assert_eq!(get_code(&mut tree, &S1, "./Modem/Secret"), 405);
    assert_eq!(get_code(&mut tree, &S1, "./Modem/Secret?prop=Size"), 406);
    assert_eq!(add(&mut tree, &S1, "./Modem/x/Key", "int", "1"), 415);
    assert_eq!(
        code(tree.replace(&S1, b"./Modem/Apn", &Value::of(b"\xff"))),
        400
    );
    assert_eq!(
        code(tree.exec(&S1, b"./Modem/Apn", &Value::default(), Ticket(1))),
        405
    );
    assert_eq!(
        code(tree.write(&S2, b"./Modem/Image", &Value::of(b"x"), 0, 1)),
        425
    );
    assert_eq!(get_code(&mut tree, &S1, "./Modem/Missing"), 404);
    tree.factory().acl("./Modem/Reset", "Exec=s1").unwrap();
    assert_eq!(
        code(tree.exec(&S2, b"./Modem/Reset", &Value::default(), Ticket(1))),
        425
    );
    assert_eq!(calls(&log), [""; 0]);
}

#[test]
fn everything_but_get_is_refused_unless_written() {
    let schema = schema("X node PR/GAX\n  L chr PR/GrX\n  * node -/AGDr");
    let mut tree = tree_of(
        common::ROOMY,
        schema,
        vec![Mount::new(at(schema, "./X"), Box::leak(Box::new(Plain)))],
    );
    tree.factory()
        .acl(".", "Add=*&Delete=*&Exec=*&Get=*&Replace=*")
        .unwrap();
    let before = picture(&mut tree);
    assert_eq!(replace(&mut tree, &S1, "./X/L", "x"), 405);
    assert_eq!(add(&mut tree, &S1, "./X/n", "node", ""), 405);
    assert_eq!(
        code(tree.exec(&S1, b"./X", &Value::default(), Ticket(1))),
        405
    );
    assert_eq!(code(tree.write(&S1, b"./X/L", &Value::of(b"x"), 0, 1)), 413);
    assert_eq!(picture(&mut tree), before);
    assert_eq!(Plain.prepare(1), Err(Reason::InUse));
}

#[test]
fn not_yet_leaves_everything_as_it_was_and_the_same_call_comes_again() {
    let (mut tree, log) = device();
    assert_eq!(add(&mut tree, &S1, "./Modem/old", "node", ""), 200);
    type Call = fn(&mut Tree<'static>) -> u16;
    let commands: [(&str, Call); 6] = [
        ("get [Apn]", |tree| {
            let reading = tree.reading(&S1, b"./Modem/Apn").unwrap();
            code(tree.read(&reading, &mut Sink::counting()))
        }),
        ("replace [Apn] a", |tree| {
            replace(tree, &S1, "./Modem/Apn", "a")
        }),
        ("add [new/Sub/Key] k", |tree| {
            add(tree, &S1, "./Modem/new/Sub/Key", "chr", "k")
        }),
        ("delete [old]", |tree| delete(tree, &S1, "./Modem/old")),
        ("exec [Reset]  9", |tree| {
            code(tree.exec(&S1, b"./Modem/Reset", &Value::default(), Ticket(9)))
        }),
        ("rename [new] later", |tree| {
            replace(tree, &S1, "./Modem/new?prop=Name", "later")
        }),
    ];
    for (what, command) in commands {
        let before = picture(&mut tree);
        calls(&log);
        for _ in 0..3 {
            log.borrow_mut().answer = Some(Ok(Progress::NotYet));
            assert_eq!(command(&mut tree), 0, "{what}");
        }
        assert_eq!(
            calls(&log),
            [
                format!("modem {what}"),
                format!("modem {what}"),
                format!("modem {what}")
            ]
        );
        assert_eq!(picture(&mut tree), before, "{what}");
        assert_eq!(command(&mut tree), 200, "{what}");
    }
}

#[test]
fn a_refusal_of_the_handler_is_the_answer_and_changes_nothing() {
    let (mut tree, log) = device();
    assert_eq!(add(&mut tree, &S1, "./Modem/old", "node", ""), 200);
    let before = picture(&mut tree);
    let reason = Reason::Handler(Refusal::new(Status(403)));
    let refusal = Err(reason);
    let mut refused = |command: &mut dyn FnMut(&mut Tree<'static>) -> Outcome| {
        log.borrow_mut().answer = Some(refusal);
        assert_eq!(command(&mut tree), refusal);
        assert_eq!(picture(&mut tree), before);
    };
    refused(&mut |tree| tree.replace(&S1, b"./Modem/Apn", &value("", "x")));
    refused(&mut |tree| tree.add(&S1, b"./Modem/new/Sub/Key", &value("chr", "x")));
    refused(&mut |tree| tree.delete(&S1, b"./Modem/old"));
    refused(&mut |tree| tree.replace(&S1, b"./Modem/old?prop=Name", &value("", "new")));
    refused(&mut |tree| tree.write(&S1, b"./Modem/Image", &Value::of(b"x"), 0, 1));
    assert_eq!(reason.status(), Status::FORBIDDEN);
}

#[test]
fn an_execution_may_start_and_finish_later() {
    let (mut tree, log) = device();
    log.borrow_mut().answer = Some(Ok(Progress::Started));
    let argument = value("chr", "now");
    assert_eq!(
        code(tree.exec(&S1, b"./Modem/Reset", &argument, Ticket(42))),
        202
    );
    assert_eq!(calls(&log), ["modem exec [Reset] now 42"]);
}

#[test]
fn a_value_in_pieces_counts_when_it_is_complete() {
    let (mut tree, log) = device();
    let uri = "./Modem/Image";
    let version = "./Modem/Image?prop=VerNo";
    for (offset, piece, changes) in [(0u32, &b"ab"[..], "0"), (2, b"cd", "0"), (4, b"e", "1")] {
        let value = Value {
            format: Some(Format::Bin),
            mime: b"",
            data: Some(piece),
        };
        assert_eq!(
            code(tree.write(&S1, uri.as_bytes(), &value, offset, 5)),
            200
        );
        assert_eq!(get(&mut tree, &S1, version).unwrap(), changes);
    }
    assert_eq!(
        calls(&log),
        [
            "modem write [Image] 0/5 [97, 98]",
            "modem write [Image] 2/5 [99, 100]",
            "modem write [Image] 4/5 [101]"
        ]
    );
    let beyond = Value::of(b"xyz");
    assert_eq!(code(tree.write(&S1, uri.as_bytes(), &beyond, 4, 5)), 413);
    assert_eq!(
        code(tree.write(&S1, uri.as_bytes(), &beyond, u32::MAX, 5)),
        413
    );
    let text = value("int", "1");
    assert_eq!(
        code(tree.write(&S1, uri.as_bytes(), &text, 0, 5)),
        405,
        "a permanent node keeps its format"
    );
}

/// TREE-C-023, TREE-C-026, TREE-C-027
#[test]
fn values_behind_a_handler_have_size_and_version() {
    let (mut tree, _log) = device();
    assert_eq!(get(&mut tree, &S1, "./Modem/Apn?prop=Size").unwrap(), "5");
    assert_eq!(get(&mut tree, &S1, "./Modem/Apn?prop=VerNo").unwrap(), "0");
    assert_eq!(replace(&mut tree, &S1, "./Modem/Apn", "x"), 200);
    assert_eq!(get(&mut tree, &S1, "./Modem/Apn?prop=VerNo").unwrap(), "1");
    let apn = tree.local().find("./Modem/Apn").unwrap();
    tree.local().touched(apn).unwrap();
    assert_eq!(get(&mut tree, &S1, "./Modem/Apn?prop=VerNo").unwrap(), "2");
}

#[test]
fn a_mount_below_a_deleted_node_must_agree() {
    let (mut tree, log) = device();
    for name in ["a", "b"] {
        assert_eq!(
            add(&mut tree, &S1, &format!("./Other/{name}/Far/v"), "chr", "x"),
            200
        );
    }
    assert_eq!(calls(&log), ["far add [v] x", "far add [v] x"]);
    log.borrow_mut().answer = Some(Err(Reason::InUse));
    assert_eq!(delete(&mut tree, &S1, "./Other/a"), 403);
    assert_eq!(calls(&log), ["far delete []"]);
    assert_eq!(delete(&mut tree, &S1, "./Other/a"), 200);
    assert_eq!(get(&mut tree, &S1, "./Other").unwrap(), "b");
    // Two that cannot agree together are not asked at all.
    assert_eq!(add(&mut tree, &S1, "./Other/b/Near/v", "chr", "x"), 200);
    let before = picture(&mut tree);
    calls(&log);
    assert_eq!(delete(&mut tree, &S1, "./Other/b"), 403);
    assert_eq!(calls(&log), [""; 0]);
    assert_eq!(picture(&mut tree), before);
}

#[test]
fn the_device_reaches_its_own_handlers_and_is_told_when_they_are_not_ready() {
    let (mut tree, log) = device();
    let mut buf = [0; 16];
    let secret = tree.local().find("./Modem/Secret").unwrap();
    assert_eq!(tree.local().value(secret, &mut buf), Ok(5));
    tree.local().set("./Modem/Signal", b"1").unwrap_err();
    tree.local().add_node("./Modem/mine").unwrap();
    log.borrow_mut().answer = Some(Ok(Progress::NotYet));
    assert_eq!(tree.local().value(secret, &mut buf), Err(Reason::Busy));
    log.borrow_mut().answer = Some(Ok(Progress::NotYet));
    assert_eq!(tree.local().delete("./Modem/mine"), Err(Reason::Busy));
    assert!(tree.local().find("./Modem/mine").is_some());
}
