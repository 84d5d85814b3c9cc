//! What goes wrong between a device and a sound server, at every exchange of a set of sessions: answers that are lost, cut,
//! late, foreign or too large, and power that fails before, while or after a message is worked on.
//!
//! A plain model holds the values that each message changes, in groups that change together. After every fault the tree is
//! what the model says: old or new for the group under way, new for all that was answered. Then a whole session follows.
//!
//! The ordinary run lets the power fail at a few of the changes of the store; `OMA_DM_FULL=1` at each of them.

#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "tests"
)]

use std::collections::BTreeMap;

use dm_core::{Budget, Encoding, End, Failure};
use dm_tests::{Bench, Flash, Msg, Out, Sent, Setup, is_full, to_wbxml};

type Values = BTreeMap<&'static str, String>;
/// Values that change together.
type Group = Vec<(&'static str, String)>;

const LEAVES: [&str; 5] = [
    "./Vendor/cfg/apn",
    "./Vendor/cfg/poll",
    "./Vendor/cfg/host",
    "./Vendor/cfg/label",
    "./Vendor/cfg/blob",
];

/// One message of the server.
struct Turn {
    /// Adds its commands.
    add: Box<dyn Fn(Msg) -> Msg>,
    groups: Vec<Group>,
    /// Execs in it.
    execs: u32,
    is_final: bool,
}

fn turn(add: impl Fn(Msg) -> Msg + 'static) -> Turn {
    Turn {
        add: Box::new(add),
        groups: Vec::new(),
        execs: 0,
        is_final: true,
    }
}

impl Turn {
    fn sets(mut self, values: &[(&'static str, &str)]) -> Self {
        let group = values
            .iter()
            .map(|(uri, value)| (*uri, (*value).to_owned()));
        self.groups.push(group.collect());
        self
    }

    fn execs(mut self, count: u32) -> Self {
        self.execs = count;
        self
    }

    fn more(mut self) -> Self {
        self.is_final = false;
        self
    }
}

struct Script {
    name: &'static str,
    /// MaxMsgSize of the server.
    limit: usize,
    turns: Vec<Turn>,
}

fn piece(message: Msg, size: Option<usize>, data: &str, more: bool) -> Msg {
    let size = size.map_or(String::new(), |size| {
        format!("<Size xmlns=\"syncml:metinf\">{size}</Size>")
    });
    let more = if more { "<MoreData/>" } else { "" };
    message.command(
        "Replace",
        &format!(
            "<Item><Target><LocURI>./Vendor/cfg/label</LocURI></Target><Meta>{size}</Meta><Data>{data}</Data>{more}</Item>"
        ),
    )
}

fn scripts() -> Vec<Script> {
    let [apn, poll, host, label, blob] = LEAVES;
    vec![
        Script {
            name: "reads",
            limit: 8000,
            turns: vec![
                turn(move |it| it.get(apn).exec("./Vendor/Reboot").get("./DevInfo/Man")).execs(1),
                turn(|it| it.get("./Vendor/cfg").get("./Vendor/Reboot")),
            ],
        },
        Script {
            name: "replaces",
            limit: 8000,
            turns: vec![
                turn(move |it| {
                    it.replace(apn, "one")
                        .exec("./Vendor/Reboot")
                        .replace(poll, "two")
                })
                .execs(1)
                .sets(&[(apn, "one")])
                .sets(&[(poll, "two")]),
                turn(move |it| it.replace(apn, "three").exec("./Vendor/Reboot"))
                    .execs(1)
                    .sets(&[(apn, "three")]),
                turn(move |it| it.get(apn)),
            ],
        },
        Script {
            name: "atomic",
            limit: 8000,
            turns: vec![
                turn(move |it| {
                    it.container("Atomic", |it| {
                        it.replace(apn, "both").replace(host, "of them")
                    })
                    .exec("./Vendor/Reboot")
                })
                .execs(1)
                .sets(&[(apn, "both"), (host, "of them")]),
                turn(move |it| {
                    it.container("Atomic", |it| {
                        it.replace(apn, "neither").replace("./nowhere", "x")
                    })
                }),
                turn(move |it| it.get(apn).get(host)),
            ],
        },
        Script {
            name: "large object in",
            limit: 8000,
            turns: vec![
                turn(|it| {
                    piece(
                        it.exec("./Vendor/Reboot"),
                        Some(900),
                        &"a".repeat(400),
                        true,
                    )
                })
                .execs(1)
                .more(),
                turn(|it| piece(it, None, &"b".repeat(400), true)).more(),
                turn(|it| piece(it, None, &"c".repeat(100), false)).sets(&[(
                    label,
                    &("a".repeat(400) + &"b".repeat(400) + &"c".repeat(100)),
                )]),
                turn(move |it| it.replace(poll, "9")).sets(&[(poll, "9")]),
            ],
        },
        Script {
            name: "large object out",
            limit: 1500,
            turns: vec![turn(move |it| it.exec("./Vendor/Reboot").get(blob)).execs(1)],
        },
        Script {
            name: "list",
            limit: 1500,
            turns: vec![
                turn(move |it| {
                    it.replace(host, "listed")
                        .get("./Vendor/cfg?list=StructData")
                })
                .sets(&[(host, "listed")]),
            ],
        },
    ]
}

/// A sound server: it answers a message that comes again as it did before.
struct Server<'s> {
    script: &'s Script,
    encoding: Encoding,
    /// The answers so far, and what each of them changes.
    said: Vec<(Vec<u8>, Option<usize>)>,
    next: usize,
    heard: Option<String>,
}

impl<'s> Server<'s> {
    fn new(script: &'s Script, encoding: Encoding) -> Self {
        Self {
            script,
            encoding,
            said: Vec::new(),
            next: 0,
            heard: None,
        }
    }

    /// The answer to a message; the turn of the script in it.
    fn answer(&mut self, sent: &Sent) -> (Vec<u8>, Option<usize>) {
        let own = sent.header("MsgID").unwrap();
        if self.heard.as_ref() != Some(&own) {
            let id = u32::try_from(self.said.len()).unwrap() + 1;
            let session = sent.header("SessionID").unwrap();
            let mut message = Msg::of(&session, id, own.parse().unwrap());
            message = message.max_msg_size(self.script.limit).hdr(200);
            let asks = !sent.is_final() && sent.alerts().contains(&1222);
            let is_whole = sent.is_final() || asks;
            let (xml, turn) = match self.script.turns.get(self.next) {
                _ if !is_whole => (message.alert(1222).more(), None),
                Some(turn) => {
                    self.next += 1;
                    let message = (turn.add)(message);
                    let xml = if turn.is_final {
                        message.finish()
                    } else {
                        message.more()
                    };
                    (xml, Some(self.next - 1))
                }
                None => (message.finish(), None),
            };
            let octets = match self.encoding {
                Encoding::Wbxml => to_wbxml(&xml),
                _ => xml.into_bytes(),
            };
            self.said.push((octets, turn));
            self.heard = Some(own);
        }
        self.said.last().unwrap().clone()
    }
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Fault {
    /// The answer is lost.
    Lose,
    /// The answer comes, and once more in place of the next one.
    Twice,
    /// Half of it comes.
    Cut,
    /// In its place comes the answer so many exchanges before.
    Older(usize),
    /// It is called something else.
    ForeignType,
    /// It is larger than the space for it.
    TooLarge,
    /// Power fails before it comes.
    PowerBefore,
    /// Power fails after so many changes of the store that it makes.
    PowerWithin(u32),
    /// Power fails when it was answered.
    PowerAfter,
}

const FAULTS: [Fault; 9] = [
    Fault::Lose,
    Fault::Twice,
    Fault::Cut,
    Fault::Older(1),
    Fault::Older(2),
    Fault::ForeignType,
    Fault::TooLarge,
    Fault::PowerBefore,
    Fault::PowerAfter,
];

/// How a session went.
struct Went {
    /// It came to its regular end.
    closed: bool,
    /// The power failed.
    dark: bool,
    /// What each exchange changed in the store.
    changes: Vec<u32>,
}

/// The values as the model has them: what they are for certain, and the groups that may have come into effect, in order.
struct Model {
    values: Values,
    maybe: Vec<Group>,
    execs: u32,
}

impl Model {
    fn takes(&mut self, turn: &Turn) {
        self.values.extend(turn.groups.iter().flatten().cloned());
        self.execs += turn.execs;
    }

    /// The tree holds one of the states that are possible, which is the state from now on.
    fn settle(&mut self, now: &Values) {
        let mut state = self.values.clone();
        let mut is_possible = state == *now;
        for group in self.maybe.drain(..) {
            state.extend(group);
            is_possible |= state == *now;
        }
        assert!(is_possible, "{now:?}, and before it was {:?}", self.values);
        self.values = now.clone();
    }
}

fn values(bench: &mut Bench) -> Values {
    LEAVES
        .into_iter()
        .map(|uri| (uri, bench.text(uri)))
        .collect()
}

/// A device in the middle of a session with its server.
struct Link<'s> {
    bench: Bench,
    flash: Flash,
    server: Server<'s>,
    model: Model,
    /// Turns that were delivered.
    taken: usize,
}

impl<'s> Link<'s> {
    fn on(setup: Setup, flash: Flash, script: &'s Script, model: Model) -> Self {
        Self {
            bench: Bench::again(setup, Box::leak(Box::new(flash.clone()))),
            flash,
            server: Server::new(script, setup.encoding),
            model,
            taken: 0,
        }
    }

    /// Hands the server's answer over; the model takes what is in it, once.
    fn deliver(&mut self, answer: &(Vec<u8>, Option<usize>)) -> Out {
        if let Some(turn) = answer.1.filter(|turn| *turn == self.taken) {
            self.taken += 1;
            self.model.takes(&self.server.script.turns[turn]);
        }
        let out = self.bench.receive_bytes(&answer.0);
        assert_eq!(self.bench.probe.execs.get(), self.model.execs);
        out
    }

    /// A whole session, with `fault` at one of its exchanges.
    fn session(&mut self, fault: Option<(usize, Fault)>) -> Went {
        let mut went = Went {
            closed: false,
            dark: false,
            changes: Vec::new(),
        };
        self.server = Server::new(self.server.script, self.server.encoding);
        self.taken = 0;
        let mut fault = fault;
        let mut out = self.bench.start();
        loop {
            let sent = match out {
                Out::Sent(sent) => sent,
                Out::Wait => {
                    out = self.bench.resume();
                    continue;
                }
                Out::Done(report) => {
                    went.closed = report.end == End::Closed;
                    return went;
                }
                Out::Ask(asked) => panic!("{asked:?}"),
            };
            assert!(went.changes.len() < 40, "the session never ends");
            assert!(sent.size <= self.server.script.limit);
            let answer = self.server.answer(&sent);
            let before = self.flash.changes.get();
            let now = fault.take_if(|(at, _)| *at == went.changes.len());
            match now {
                None => out = self.deliver(&answer),
                Some((_, fault)) => match self.go_wrong(fault, &sent, &answer) {
                    Some(after) => out = after,
                    None => {
                        went.dark = true;
                        return went;
                    }
                },
            }
            went.changes.push(self.flash.changes.get() - before);
        }
    }

    /// What comes of the fault; nothing when the power is gone.
    fn go_wrong(
        &mut self,
        fault: Fault,
        sent: &Sent,
        answer: &(Vec<u8>, Option<usize>),
    ) -> Option<Out> {
        let values = values(&mut self.bench);
        let is_out = match fault {
            Fault::Lose => {
                let out = self.bench.failed(Failure::Timeout);
                assert!(matches!(out, Out::Wait), "{out:?}");
                let again = self.bench.resume().sent();
                assert_eq!(again.body, sent.body);
                return Some(Out::Sent(again));
            }
            Fault::Twice => {
                let first = match self.deliver(answer) {
                    Out::Sent(first) => first,
                    over => return Some(over),
                };
                if answer.0.len() > self.bench.client.rx_space().len() {
                    return Some(Out::Sent(first));
                }
                let again = self.deliver(answer).sent();
                assert_eq!(again.body, first.body, "PRO-C-139");
                return Some(Out::Sent(again));
            }
            Fault::Older(by) => {
                let said = &self.server.said;
                let older = said.len().checked_sub(1 + by).map(|at| said[at].clone());
                let space = self.bench.client.rx_space().len();
                let Some(older) = older.filter(|older| older.0.len() <= space) else {
                    return Some(self.deliver(answer));
                };
                let again = self.deliver(&older).sent();
                assert_eq!(again.body, sent.body, "PRO-C-139");
                return Some(Out::Sent(again));
            }
            Fault::Cut => match self.bench.receive_bytes(&answer.0[..answer.0.len() / 2]) {
                // It says what was wrong, and leaves.
                Out::Sent(said) => {
                    assert_eq!((said.hdr_code(), said.alerts()), (400, vec![1223]));
                    self.bench.failed(Failure::Link)
                }
                out => out,
            },
            Fault::ForeignType => {
                self.bench.content_type = "text/html";
                let out = self.bench.receive_bytes(&answer.0);
                self.bench.content_type = "";
                out
            }
            Fault::TooLarge => self.bench.failed(Failure::TooLarge),
            Fault::PowerBefore => return None,
            Fault::PowerAfter => {
                self.deliver(answer);
                return None;
            }
            Fault::PowerWithin(changes) => {
                self.flash.fuel.set(Some(changes));
                let out = self.bench.receive_bytes(&answer.0);
                let turns = &self.server.script.turns;
                let turn = answer.1.map(|turn| &turns[turn]);
                let is_answered =
                    matches!(&out, Out::Sent(sent) if sent.codes().iter().all(|code| *code < 300));
                match turn {
                    // What was answered is there for good.
                    Some(turn) if is_answered => self.model.takes(turn),
                    Some(turn) => self.model.maybe.clone_from(&turn.groups),
                    None => {}
                }
                return None;
            }
        };
        let Out::Done(report) = &is_out else {
            panic!("{is_out:?}");
        };
        assert_ne!(report.end, End::Closed);
        assert_eq!(values, self::values(&mut self.bench), "nothing changes");
        assert_eq!(self.bench.probe.execs.get(), self.model.execs);
        Some(is_out)
    }
}

fn setup(encoding: Encoding) -> Setup {
    let mut budget = Budget::default();
    budget.retries = 1;
    Setup {
        encoding,
        rx: 6144,
        tx: 8192,
        objects: (1200, 1000),
        budget,
        ..Setup::default()
    }
}

/// One script with one fault, and a whole session afterwards. Gives how the first went.
fn play(setup: Setup, base: &Flash, script: &Script, fault: Option<(usize, Fault)>) -> Went {
    let flash = base.copy();
    let model = Model {
        values: Values::new(),
        maybe: Vec::new(),
        execs: 0,
    };
    let mut link = Link::on(setup, flash, script, model);
    link.model.values = values(&mut link.bench);
    let went = link.session(fault);
    // What the store holds is what there is when the device is switched on again.
    let flash = link.flash.copy();
    let mut model = link.model;
    if went.dark {
        model.execs = 0;
    } else {
        assert!(model.maybe.is_empty());
        model.settle(&values(&mut link.bench));
    }
    let execs = model.execs;
    let mut again = Link::on(setup, flash, script, model);
    let now = values(&mut again.bench);
    again.model.settle(&now);
    if !went.dark {
        // The device that was not switched off goes on with what it has.
        again.bench = link.bench;
        again.flash = link.flash;
    }
    let next = again.session(None);
    assert!(next.closed, "the next session");
    assert_eq!(again.model.values, values(&mut again.bench));
    let whole: u32 = script.turns.iter().map(|turn| turn.execs).sum();
    assert_eq!(again.model.execs, execs + whole);
    went
}

/// PRO-C-139, PRO-C-083: whatever goes wrong and wherever, the tree is old or new, nothing runs twice, nothing that was
/// answered is lost, and the next session works.
#[test]
fn no_fault_of_any_exchange_leaves_a_tree_between_or_spoils_the_next_session() {
    let mut sessions = 0;
    for encoding in [Encoding::Wbxml, Encoding::Xml] {
        let setup = setup(encoding);
        let base = Flash::whole();
        let mut first = Bench::on(setup, Box::leak(Box::new(base.clone())));
        let blob = "blob ".repeat(600);
        first
            .tree
            .local()
            .set("./Vendor/cfg/blob", blob.as_bytes())
            .unwrap();
        for script in scripts() {
            let sound = play(setup, &base, &script, None);
            assert!(sound.closed, "{}", script.name);
            assert!(sound.changes.len() > 2, "{}", script.name);
            for (at, changes) in sound.changes.iter().enumerate() {
                let step = if is_full() {
                    1
                } else {
                    changes.div_ceil(3).max(1)
                };
                let power = (0..*changes).step_by(step as usize).map(Fault::PowerWithin);
                for fault in FAULTS.into_iter().chain(power) {
                    let played = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| {
                        play(setup, &base, &script, Some((at, fault)))
                    }));
                    let Ok(went) = played else {
                        panic!("{}, exchange {at}, {fault:?}, {encoding:?}", script.name);
                    };
                    let heals = matches!(fault, Fault::Lose | Fault::Twice | Fault::Older(_));
                    assert_eq!(went.closed, heals, "{}, {at}, {fault:?}", script.name);
                    sessions += 1;
                }
            }
        }
    }
    println!("{sessions} sessions with a fault");
    assert!(sessions > 300);
}
