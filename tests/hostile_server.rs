//! A server that says anything at all: random messages, valid and not, against a simple model of what has to come back.
//!
//! The model knows no code of the client. It holds the commands that are still to be answered, in their order, and checks
//! each message of the client against it: every command gets its Status, one for each Item, once, in order, across
//! messages; nothing is executed twice or without an answer; no message is larger than the server or the buffer allows.
//!
//! `OMA_DM_BUDGET` is the number of sessions (default 900, about 9,000 messages; 3,000 with `OMA_DM_FULL=1`),
//! `OMA_DM_SEED` the first of them.

#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::unreachable,
    clippy::too_many_lines,
    reason = "tests"
)]

use std::collections::VecDeque;

use dm_core::{Answer, Client, Encoding, Failure, QuestionKind};
use dm_tests::{
    Bench, CLIENT, Cred, Msg, Out, SERVER, Sent, Setup, mac_header, md5_cred, to_wbxml,
};

const MD5: &str = "syncml:auth-md5";
const MAC: &str = "syncml:auth-MAC";

#[path = "hostile/said.rs"]
mod said;

use said::{Command, Part, Proof, Rng, Said, parts};

struct Server<'b> {
    bench: &'b mut Bench,
    rng: Rng,
    setup: Setup,
    proof: Proof,
    /// MsgID sent last and that of the client's last message.
    msg_id: u32,
    client_msg_id: String,
    session_id: String,
    /// The nonce of the next proof.
    nonce: Vec<u8>,
    /// An object on its way: address, octets still to come.
    object: Option<(&'static str, usize)>,
    /// A message was proved in this session.
    proved: bool,
    limit: usize,
    queue: VecDeque<Command>,
    /// The client's last message is not the end of its answers, as far as is known.
    kept: bool,
    /// It ends neither its package nor asks for more.
    open: bool,
    last: Sent,
    last_parts: Vec<Part>,
    /// Execs that the client says were executed.
    executed: u32,
    messages: usize,
}

impl<'b> Server<'b> {
    fn new(bench: &'b mut Bench, setup: Setup, proof: Proof, seed: u64) -> Self {
        let mut rng = Rng(seed | 1);
        for _ in 0..8 {
            rng.next();
        }
        bench.probe.execs.set(0);
        bench.probe.delays.set(0);
        bench
            .probe
            .big
            .set(rng.one(&[0, 1, 40, 300, 700, 1500, 4000]));
        let nonce = bench
            .value("./DMAcc/a/AppAuth/s/AAuthData")
            .unwrap_or_default();
        let last = bench.start().sent();
        let last_parts = parts(&last);
        Self {
            client_msg_id: last.header("MsgID").unwrap(),
            session_id: last.header("SessionID").unwrap(),
            bench,
            rng,
            setup,
            proof,
            msg_id: 0,
            nonce,
            object: None,
            proved: false,
            limit: setup.tx,
            queue: VecDeque::new(),
            kept: false,
            open: false,
            last,
            last_parts,
            executed: 0,
            messages: 0,
        }
    }

    /// The value of an Item, and how the client's command is called.
    fn item(&mut self) -> (&'static str, String) {
        let rng = &mut self.rng;
        let uri = rng.one(&[
            "./Vendor/cfg/apn",
            "./Vendor/cfg/poll",
            "./Vendor/cfg",
            "./Vendor/Slow",
            "./Vendor/Slow",
            "./Vendor/Raw",
            "./Vendor/Locked",
            "./nowhere",
            "./Vendor/Big",
            "./Vendor/Big",
            "./Vendor/cfg/&#38;&lt;x",
            "",
        ]);
        let data = rng.one(&[
            "",
            "<Data>1</Data>",
            "<Data>a<![CDATA[<b>]]>&amp;</Data>",
            "<Data>%%</Data>",
        ]);
        let format = rng.one(&[
            "",
            "<Meta><Format xmlns=\"syncml:metinf\">b64</Format></Meta>",
            "<Meta><Format xmlns=\"syncml:metinf\">odd</Format></Meta>",
            "<Meta><Type xmlns=\"syncml:metinf\">text/plain</Type></Meta>",
        ]);
        let target = if uri.is_empty() {
            String::new()
        } else {
            format!("<Target><LocURI>{uri}</LocURI></Target>")
        };
        (uri, format!("<Item>{target}{format}{data}</Item>"))
    }

    /// Adds a random command; `depth` containers are open.
    fn command(&mut self, message: Msg, depth: usize, commands: &mut Vec<Command>) -> Msg {
        let mut due = |message: &Msg, due: usize| {
            commands.push(Command {
                msg_ref: self.msg_id.to_string(),
                cmd_ref: message.peek_id().to_string(),
                due,
                begun: false,
            });
        };
        match self.rng.below(16) {
            0..3 => {
                due(&message, 1);
                message.exec("./Vendor/Reboot")
            }
            3..6 => {
                due(&message, 1);
                message.get("./Vendor/Big")
            }
            6..9 => {
                let name = self.rng.one(&["Get", "Replace", "Replace", "Delete"]);
                let count = self.rng.one(&[0, 1, 1, 2, 5]);
                let items: String = (0..count).map(|_| self.item().1).collect();
                commands.push(Command {
                    msg_ref: self.msg_id.to_string(),
                    cmd_ref: message.peek_id().to_string(),
                    due: count.max(1),
                    begun: false,
                });
                message.command(name, &items)
            }
            9 if depth < 3 => {
                let name = self.rng.one(&["Sequence", "Sequence", "Atomic"]);
                due(&message, 1);
                let count = self.rng.below(4);
                message.container(name, |mut inner| {
                    for _ in 0..count {
                        inner = self.command(inner, depth + 1, commands);
                    }
                    inner
                })
            }
            10 => {
                let name = self
                    .rng
                    .one(&["Copy", "Put", "Search", "Results", "Nonsense"]);
                due(&message, 1);
                message.command(name, "<Item><Data>x</Data></Item>")
            }
            11 => {
                due(&message, 1);
                message.alert(self.rng.one(&[1222, 1225, 1226, 1201, 9]))
            }
            12 => {
                due(&message, 1);
                let code = self.rng.one(&[1100, 1101, 1102, 1103, 1104]);
                let items = "<Item><Data>x</Data></Item>".repeat(self.rng.below(5));
                message.command("Alert", &format!("<Data>{code}</Data>{items}"))
            }
            13 => {
                due(&message, 1);
                message.get("./Vendor/Slow")
            }
            _ => {
                due(&message, 1);
                self.chunk(message)
            }
        }
    }

    /// A part of an object: mostly the one that comes next, sometimes another.
    fn chunk(&mut self, message: Msg) -> Msg {
        let rng = &mut self.rng;
        let (uri, left, size) = match self.object {
            Some((uri, left)) if rng.chance(85) => (uri, left, None),
            _ => {
                let uri = rng.one(&[
                    "./Vendor/cfg/apn",
                    "./Vendor/Image",
                    "./Vendor/Slow",
                    "./nowhere",
                ]);
                let size = rng.one(&[0, 10, 90, 400, 3000]);
                (uri, size, Some(size))
            }
        };
        let take = left.min(rng.one(&[0, 1, 40, 100, 4000]));
        let more = take < left || rng.chance(10);
        let size = size
            .filter(|_| rng.chance(90))
            .map_or(String::new(), |size| {
                format!("<Size xmlns=\"syncml:metinf\">{size}</Size>")
            });
        self.object = more.then_some((uri, left - take));
        let more = if more { "<MoreData/>" } else { "" };
        message.command(
            "Replace",
            &format!(
                "<Item><Target><LocURI>{uri}</LocURI></Target><Meta>{size}</Meta><Data>{}</Data>{more}</Item>",
                "x".repeat(take)
            ),
        )
    }

    /// The code for the client's header and the limits; `calm` is a server that wants to come to an end.
    fn begin(&mut self, calm: bool) -> (Msg, Option<u16>, Option<usize>) {
        let rng = &mut self.rng;
        let repeat = !calm && self.msg_id > 0 && rng.chance(6);
        if !repeat {
            self.msg_id += if rng.chance(5) { 7 } else { 1 };
        }
        let session = if !calm && rng.below(300) == 0 {
            "FF"
        } else {
            &self.session_id
        };
        let reference = self.client_msg_id.parse().unwrap();
        let mut message = Msg::of(session, self.msg_id, reference);
        let mut limit = None;
        if calm {
            limit = Some(6000);
        } else if rng.chance(2) {
            limit = Some(rng.one(&[0, 60, 400, 500, 70_000]));
        } else if rng.chance(50) {
            // What holds an answer or two, and more.
            let least = if self.setup.encoding == Encoding::Xml {
                1000
            } else {
                560
            };
            limit = Some(least + rng.one(&[0, 20, 60, 100, 200, 300, 500, 1000, 4000]));
        }
        if let Some(limit) = limit {
            message = message.max_msg_size(limit);
        }
        if !calm && rng.chance(5) {
            message = message.header("<RespURI>http://dm.test/other</RespURI>");
        }
        if !calm && rng.chance(5) {
            message = message.header("<NoResp/>");
        }
        let scheme = if self.proof == Proof::Seal { MAC } else { MD5 };
        let nonce = [self.msg_id as u8; 12];
        let code = match rng.below(100) {
            _ if calm => Some(200),
            0..3 if self.setup.client.is_some() => Some(401),
            3 if self.setup.client.is_some() => Some(407),
            4 => Some(rng.one(&[200, 503, 513])),
            5..10 => None,
            10..25 => Some(212),
            _ => Some(200),
        };
        message = match code {
            None => message,
            Some(code) if self.setup.client.is_some() => {
                message.hdr_chal(code, scheme, Some(&nonce))
            }
            Some(code) => message.hdr(code),
        };
        (message, code, limit)
    }

    fn say(&mut self, calm: bool) -> Said {
        let (mut message, code, limit) = self.begin(calm);
        let mut commands = Vec::new();
        let mut proved = true;
        if self.proof != Proof::Transport && !calm && self.rng.chance(6) {
            proved = false;
        }
        if self.proof == Proof::Digest && (proved || self.rng.chance(50)) {
            let nonce = if proved { &self.nonce[..] } else { b"wrong" };
            message = message.cred(MD5, &md5_cred(SERVER.name, SERVER.secret, nonce));
        }
        let refuses = matches!(code, Some(401 | 407));
        let mut is_final = calm || self.rng.chance(60);
        if calm {
            if self.kept {
                commands.push(Command {
                    msg_ref: self.msg_id.to_string(),
                    cmd_ref: message.peek_id().to_string(),
                    due: 1,
                    begun: false,
                });
                message = message.alert(1222);
                is_final = false;
            }
        } else if !(refuses && self.rng.chance(80)) {
            // While answers are kept, a good server only asks for them.
            let count = match self.rng.below(10) {
                _ if self.kept && self.rng.chance(85) => 1,
                0 if self.rng.chance(40) => 0,
                0..8 => 1 + self.rng.below(4),
                8 => 1 + self.rng.below(12),
                _ => 30,
            };
            for _ in 0..count {
                if self.kept && self.rng.chance(80) {
                    commands.push(Command {
                        msg_ref: self.msg_id.to_string(),
                        cmd_ref: message.peek_id().to_string(),
                        due: 1,
                        begun: false,
                    });
                    let code = self.rng.one(&[1222, 1222, 1222, 1225]);
                    message = message.alert(code);
                } else {
                    message = self.command(message, 0, &mut commands);
                }
            }
            if self.rng.chance(10) {
                message = message.status(3, "Results", self.rng.one(&[200, 213, 413]));
            }
            if self.rng.below(300) == 0 {
                message = message.alert(1223);
            }
            // Broken: two commands of one name.
            if self.rng.chance(1) && message.peek_id() > 1 {
                message = message.raw("<Get><CmdID>1</CmdID></Get>");
            }
        }
        Said {
            xml: if is_final {
                message.finish()
            } else {
                message.more()
            },
            commands,
            msg_id: self.msg_id.to_string(),
            code,
            limit,
            proved,
            damaged: false,
        }
    }

    /// Hands a message over and waits for what comes of it.
    fn deliver(&mut self, said: &mut Said, calm: bool) -> Out {
        self.messages += 1;
        self.bench.random = [self.messages as u8; 16];
        self.bench.probe.delays.set(self.rng.one(&[0, 0, 0, 1, 2]));
        let other = !calm && self.rng.chance(3);
        let is_wbxml = (self.setup.encoding == Encoding::Wbxml) != other;
        let mut octets = if is_wbxml {
            to_wbxml(&said.xml)
        } else {
            said.xml.clone().into_bytes()
        };
        if !calm && self.rng.chance(2) {
            said.damaged = true;
            let at = self.rng.below(octets.len());
            if self.rng.chance(50) {
                octets.truncate(at);
            } else {
                octets[at] ^= 1 << self.rng.below(8);
            }
        }
        if octets.len() > self.bench.client.rx_space().len() {
            return self.bench.failed(Failure::TooLarge);
        }
        let seal = (self.proof == Proof::Seal && (said.proved || self.rng.chance(50))).then(|| {
            let nonce = if said.proved {
                &self.nonce[..]
            } else {
                b"wrong"
            };
            mac_header(SERVER.name, SERVER.secret, nonce, &octets)
        });
        let mut out = self.bench.receive_sealed(&octets, seal.as_deref());
        loop {
            out = match out {
                Out::Wait => self.bench.resume(),
                Out::Ask(asked) => {
                    let answer = match (asked.kind, self.rng.below(8)) {
                        (_, 0) => Answer::Cancelled,
                        (_, 1) => Answer::TimedOut,
                        (_, 2) => Answer::NotShown,
                        (QuestionKind::Confirm, 3..5) => Answer::No,
                        (QuestionKind::TextInput, 3) => Answer::Text(
                            "a very long text <&>\u{1F600}\u{0}\u{1} for so small a box",
                        ),
                        (QuestionKind::TextInput, _) => Answer::Text("x"),
                        (QuestionKind::SingleChoice | QuestionKind::MultipleChoice, _) => {
                            Answer::Chosen(&[1])
                        }
                        _ => Answer::Yes,
                    };
                    self.bench.answer(answer).unwrap()
                }
                other => return other,
            };
        }
    }

    /// Checks what came back. False: the session is over, or nothing more can be said of it.
    fn exchange(&mut self, calm: bool) -> bool {
        let repeated_id = self.msg_id;
        let object = self.object;
        let mut said = self.say(calm);
        // Mostly it respects the client's MaxMsgSize.
        for _ in 0..20 {
            let space = self.bench.client.rx_space().len();
            let is_xml = self.setup.encoding == Encoding::Xml;
            if said.xml.len() <= if is_xml { space } else { 3 * space / 2 } {
                break;
            }
            self.msg_id = repeated_id;
            self.object = object;
            said = self.say(calm);
        }
        let is_repeat = said.msg_id == repeated_id.to_string() && self.messages > 0;
        let before = self.bench.probe.execs.get();
        let sent = match self.deliver(&mut said, calm) {
            Out::Sent(sent) => sent,
            Out::Done(_) => return false,
            other => panic!("{other:?}"),
        };
        assert!(sent.size <= self.setup.tx);
        let parts = parts(&sent);
        if said.damaged {
            return false;
        }
        if is_repeat {
            assert_eq!(sent.body, self.last.body, "PRO-C-139");
            assert_eq!(self.bench.probe.execs.get(), before, "PRO-C-139");
            return true;
        }
        self.proved |= said.proved;
        match said.limit {
            Some(0) => self.limit = self.setup.tx,
            Some(limit) => self.limit = limit,
            None => {}
        }
        let context = || format!("{said}\n{xml}", said = said.xml, xml = sent.xml);
        assert!(sent.size <= self.limit, "PRO-C-023: {}", context());
        if let Some(nonce) = sent.find("NextNonce") {
            use base64ct::{Base64, Encoding as _};
            self.nonce = Base64::decode_vec(&nonce).unwrap();
        }
        let own_id = sent.header("MsgID").unwrap();
        let is_package_1 = parts.contains(&Part::Replace);
        if own_id != "1" {
            assert_ne!(own_id, self.client_msg_id, "PRO-C-008");
        }
        let repeats = matches!(said.code, Some(401 | 407)) && !is_package_1;
        // A restarted session: the older version.
        let restarted = own_id == "1";
        if !restarted {
            let Some(Part::Status {
                msg_ref, cmd_ref, ..
            }) = parts.first()
            else {
                panic!("PRO-C-012: {}", context());
            };
            assert_eq!(
                (msg_ref, cmd_ref.as_str()),
                (&said.msg_id, "0"),
                "PRO-C-012: {}",
                context()
            );
        }
        if !self.proved {
            assert_eq!(self.bench.probe.execs.get(), 0, "SEC-C-016");
            let only = |part: &Part| matches!(part, Part::Status { .. } | Part::Final);
            assert!(
                is_package_1 || parts.contains(&Part::Alert(1223)) || parts.iter().all(only),
                "SEC-C-015: {}",
                context()
            );
        }
        if restarted || is_package_1 {
            self.queue.clear();
            assert_eq!(self.bench.probe.execs.get(), before);
            self.kept = false;
            self.open = false;
            self.object = None;
        } else if parts.contains(&Part::Alert(1223)) {
            // It says good-bye.
            return false;
        } else if repeats {
            // A full message leaves out the Status for the header that it had.
            let is_full = parts[1..] == self.last_parts[1..];
            assert!(
                is_full || parts[1..] == self.last_parts[..],
                "PRO-C-021: {}",
                context()
            );
            assert_eq!(self.bench.probe.execs.get(), before);
        } else {
            self.answers(&said, &parts, &context);
        }
        self.client_msg_id = own_id;
        self.session_id = sent.header("SessionID").unwrap();
        self.last_parts = parts;
        self.last = sent;
        true
    }

    /// Checks the answers of one message against what is due.
    fn answers(&mut self, said: &Said, parts: &[Part], context: &dyn Fn() -> String) {
        let mut due: VecDeque<Command> = said.commands.iter().cloned().collect();
        let was_kept = self.kept;
        if was_kept {
            // One Status each, whatever the command, and then what was kept.
            for command in &mut due {
                command.due = 1;
            }
            due.append(&mut self.queue);
        }
        self.queue = due;
        let mut open_value = false;
        let mut last_answered = None;
        for part in &parts[1..] {
            match part {
                Part::Status {
                    msg_ref,
                    cmd_ref,
                    cmd,
                    code,
                    has_target,
                } => {
                    let Some(front) = self.queue.front_mut() else {
                        panic!("a Status too many: {part:?} {}", context());
                    };
                    assert_eq!(
                        (&front.msg_ref, &front.cmd_ref),
                        (msg_ref, cmd_ref),
                        "PRO-C-018: {}",
                        context()
                    );
                    // A command that is refused as a whole has one Status.
                    let aside = *code == 405 && self.open && *msg_ref == said.msg_id;
                    let whole =
                        !has_target && (aside || [401, 407, 215, 216, 500, 514].contains(code));
                    front.due = if whole && !front.begun {
                        0
                    } else {
                        front.due - 1
                    };
                    front.begun = true;
                    if front.due == 0 {
                        self.queue.pop_front();
                    }
                    if cmd == "Exec" && *code == 200 {
                        self.executed += 1;
                    }
                    last_answered = Some((msg_ref.clone(), cmd_ref.clone()));
                }
                Part::Results {
                    msg_ref,
                    cmd_ref,
                    more,
                } => {
                    let own = Some((msg_ref.clone(), cmd_ref.clone()));
                    // Or it goes on with a value, whose Status went before.
                    assert!(own == last_answered || was_kept, "PRO-C-015: {}", context());
                    open_value = *more;
                }
                Part::Alert(_) | Part::Final => {}
                Part::Replace => unreachable!(),
            }
        }
        assert_eq!(
            self.bench.probe.execs.get(),
            self.executed,
            "executed and answered: {}",
            context()
        );
        let ends = parts.contains(&Part::Final) || parts.contains(&Part::Alert(1222));
        if ends {
            assert!(
                self.queue.is_empty() && !open_value,
                "PRO-C-013: {:?} {}",
                self.queue,
                context()
            );
        }
        self.open = !ends;
        self.kept = !ends && (open_value || !self.queue.is_empty());
    }
}

fn budget(name: &str, default: u64) -> u64 {
    std::env::var(name)
        .ok()
        .and_then(|text| text.parse().ok())
        .unwrap_or(default)
}

/// A few devices that differ in what they have: sessions share them, as they do in life.
fn devices() -> Vec<(Setup, Proof, Bench)> {
    let mut devices = Vec::new();
    for encoding in [Encoding::Xml, Encoding::Wbxml] {
        for proof in [Proof::Transport, Proof::Digest, Proof::Seal] {
            for (tx, objects, has_user) in [
                (1400, (0, 0), false),
                (2000, (64, 200), true),
                (8000, (600, 500), true),
            ] {
                let kind = if proof == Proof::Seal {
                    "HMAC"
                } else {
                    "DIGEST"
                };
                let setup = Setup {
                    encoding,
                    rx: if has_user {
                        4096
                    } else {
                        Client::MIN_RX + Client::next_space(Encoding::Xml)
                    },
                    tx,
                    client: (objects.0 > 0).then_some(Cred { kind, ..CLIENT }),
                    server: Some(Cred { kind, ..SERVER }),
                    server_auth: if proof == Proof::Transport {
                        "transport"
                    } else {
                        "required"
                    },
                    secured: proof == Proof::Transport,
                    objects,
                    has_user,
                    ..Setup::default()
                };
                devices.push((setup, proof, Bench::new(setup)));
            }
        }
    }
    devices
}

/// PRO-C-012, PRO-C-013, PRO-C-018, PRO-C-023, PRO-C-139, SEC-C-015, SEC-C-016
#[test]
fn whatever_a_server_says_its_commands_are_answered_once_and_in_order() {
    let first = budget("OMA_DM_SEED", 1);
    let sessions = budget(
        "OMA_DM_BUDGET",
        if dm_tests::is_full() { 3000 } else { 900 },
    );
    let mut devices = devices();
    let count = devices.len() as u64;
    let mut messages = 0;
    for seed in first..first + sessions {
        let (setup, proof, bench) = &mut devices[(seed % count) as usize];
        let caught = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| {
            let mut server = Server::new(
                bench,
                *setup,
                *proof,
                seed.wrapping_mul(0x9E37_79B9_7F4A_7C15),
            );
            let mut goes_on = true;
            for _ in 0..30 {
                goes_on = goes_on && server.exchange(false);
            }
            // A server that wants to come to an end does.
            let mut left = 60;
            while goes_on {
                goes_on = server.exchange(true);
                left -= 1;
                assert!(left > 0, "the session never ends");
            }
            server.messages
        }));
        match caught {
            Ok(count) => messages += count,
            Err(panic) => {
                println!(
                    "OMA_DM_SEED={seed} OMA_DM_BUDGET=1, {proof:?}, {:?}, {}",
                    setup.encoding, setup.tx
                );
                std::panic::resume_unwind(panic);
            }
        }
    }
    println!("{messages} messages in {sessions} sessions");
}
