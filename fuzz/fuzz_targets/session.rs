//! A whole session against a server that does as the input says: no panic, an end, and nothing for a server that is not proved.
//!
//! The input chooses octet by octet what each message of the server consists of, or gives its octets as they are. When it is
//! used up the server wants to come to an end. One input in four runs twice and has to say the same. How many messages were
//! taken is told at each hundred thousand.
#![no_main]

use std::cell::{Cell, RefCell};
use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::rc::Rc;
use std::sync::OnceLock;
use std::sync::atomic::{AtomicUsize, Ordering};

use base64ct::{Base64, Encoding as _};
use dm_core::{
    Answer, Budget, Client, Code, Failure, Memory, Moment, Peer, QuestionKind, Received, Step,
    Trigger,
};
use dm_tree::{
    At, Handler, Key, Mount, NodeSlot, Outcome, Progress, Schema, Sink, Store, StoreError, Ticket,
    Tree, TreeMemory, UriLimits, Value,
};
use dm_wbxml::{Encoding, Limits, Message, Part, Reader, Writer, check, copy_document};
use libfuzzer_sys::fuzz_target;
use md5::{Digest as _, Md5};

const NAME: &str = "srv-user";
const SECRET: &str = "srv-secret";
const NONCE: &[u8] = b"nonce-of-server!";

fn schema() -> &'static Schema<'static> {
    static COMPILED: OnceLock<dm_ddf::Compiled> = OnceLock::new();
    static SCHEMA: OnceLock<Schema<'static>> = OnceLock::new();
    let compiled = COMPILED.get_or_init(|| {
        let models = [
            (
                "vendor.ddf",
                include_str!("../../tests/corpus/reference-session/vendor.ddf"),
            ),
            ("device.ddf", include_str!("../../tests/support/device.ddf")),
        ]
        .map(|(name, text)| dm_ddf::Model::parse(name, text).expect("a description"));
        let models = dm_ddf::with_standard(models.into()).expect("standard objects");
        dm_ddf::compile(&models).expect("tables")
    });
    SCHEMA.get_or_init(|| compiled.schema())
}

/// Records that stay when the device restarts. Clones are the same store.
#[derive(Clone, Default)]
struct Flash(Rc<RefCell<BTreeMap<u32, Vec<u8>>>>);

impl Store for Flash {
    fn read(&mut self, key: Key, buf: &mut [u8]) -> Result<Option<usize>, StoreError> {
        let records = self.0.borrow();
        let Some(record) = records.get(&key.0) else {
            return Ok(None);
        };
        let place = buf.get_mut(..record.len());
        place
            .ok_or(StoreError::TooLarge(record.len()))?
            .copy_from_slice(record);
        Ok(Some(record.len()))
    }

    fn write(&mut self, key: Key, parts: &[&[u8]]) -> Result<(), StoreError> {
        self.0.borrow_mut().insert(key.0, parts.concat());
        Ok(())
    }

    fn erase(&mut self, key: Key) -> Result<(), StoreError> {
        self.0.borrow_mut().remove(&key.0);
        Ok(())
    }
}

/// What the handlers were asked, and how often the next call has to come again.
#[derive(Default)]
struct Probe {
    calls: Cell<u32>,
    delays: Cell<u32>,
}

struct Live<'p>(&'p Probe);

impl Live<'_> {
    fn progress(&self) -> Outcome {
        let left = self.0.delays.get();
        self.0.delays.set(left.saturating_sub(1));
        if left > 0 {
            return Ok(Progress::NotYet);
        }
        self.0.calls.set(self.0.calls.get() + 1);
        Ok(Progress::Done)
    }
}

impl Handler for Live<'_> {
    fn get(&mut self, _: At<'_>, out: &mut Sink<'_>) -> Outcome {
        for _ in 0..50 {
            out.text("a long value ")?;
        }
        Ok(Progress::Done)
    }

    fn replace(&mut self, _: At<'_>, _: Value<'_>) -> Outcome {
        self.progress()
    }

    fn exec(&mut self, _: At<'_>, _: Value<'_>, _: Ticket) -> Outcome {
        self.progress()
    }

    fn write(&mut self, _: At<'_>, _: u32, _: u32, _: &[u8]) -> Outcome {
        self.progress()
    }
}

/// Octets that decide; zeros at the end.
struct Choices<'c>(&'c [u8]);

impl<'c> Choices<'c> {
    fn below(&mut self, end: usize) -> usize {
        let (first, rest) = self.0.split_first().unwrap_or((&0, &[]));
        self.0 = rest;
        usize::from(*first) % end
    }

    fn of<T: Copy>(&mut self, all: &[T]) -> T {
        all[self.below(all.len())]
    }

    fn octets(&mut self, len: usize) -> &'c [u8] {
        let (octets, rest) = self.0.split_at(len.min(self.0.len()));
        self.0 = rest;
        octets
    }
}

const URIS: &[&str] = &[
    "./Vendor/cfg/apn",
    "./Vendor/cfg/blob",
    "./Vendor/cfg",
    "./Vendor/Reboot",
    "./Vendor/Slow",
    "./Vendor/Image",
    "./Vendor/Big",
    "./Vendor/cfg/new",
    "./Vendor/Locked",
    "./DevInfo/Man",
    "./Vendor/cfg?list=StructData",
    "./Vendor/cfg/apn?prop=ACL",
    "./Vendor/cfg/blob?prop=Name",
    "./DMAcc/a/AppAuth/s/AAuthSecret",
    "./nowhere",
    "",
];
const DATA: &[&str] = &["", "1", "a<![CDATA[<b>]]>&amp;", "Get=*", "%%", "x.y"];
const COMMANDS: &[&str] = &[
    "Get", "Replace", "Exec", "Add", "Delete", "Copy", "Put", "Search", "Results",
];

/// A message of the server in the making.
struct Writing<'w, 'c> {
    choices: &'w mut Choices<'c>,
    xml: String,
    cmd_id: u32,
}

impl Writing<'_, '_> {
    fn id(&mut self) -> u32 {
        self.cmd_id += 1;
        // Sometimes one that was there.
        self.cmd_id - u32::from(self.choices.below(60) == 59)
    }

    fn item(&mut self) {
        let uri = self.choices.of(URIS);
        self.xml += "<Item>";
        if !uri.is_empty() {
            let _ = write!(self.xml, "<Target><LocURI>{uri}</LocURI></Target>");
        }
        if self.choices.below(4) == 1 {
            let uri = self.choices.of(URIS);
            let _ = write!(self.xml, "<Source><LocURI>{uri}</LocURI></Source>");
        }
        match self.choices.below(5) {
            0 => {}
            1 => {
                let format = self
                    .choices
                    .of(&["chr", "b64", "bin", "int", "node", "odd"]);
                let _ = write!(
                    self.xml,
                    "<Meta><Format xmlns=\"syncml:metinf\">{format}</Format></Meta>"
                );
            }
            2 => self.xml += "<Meta><Type xmlns=\"syncml:metinf\">text/plain</Type></Meta>",
            _ => {
                let size = self.choices.of(&[0, 1, 40, 80, 200, 700, 5000]);
                let _ = write!(
                    self.xml,
                    "<Meta><Size xmlns=\"syncml:metinf\">{size}</Size></Meta>"
                );
            }
        }
        let long = "y".repeat(self.choices.of(&[0, 0, 40, 80, 200, 700]));
        let data = self.choices.of(DATA);
        let _ = write!(self.xml, "<Data>{data}{long}</Data>");
        if self.choices.below(3) == 1 {
            self.xml += "<MoreData/>";
        }
        self.xml += "</Item>";
    }

    fn command(&mut self, depth: usize) {
        let id = self.id();
        match self.choices.below(8) {
            0 if depth < 4 => {
                let name = self.choices.of(&["Atomic", "Sequence"]);
                let _ = write!(self.xml, "<{name}><CmdID>{id}</CmdID>");
                for _ in 0..self.choices.below(4) {
                    self.command(depth + 1);
                }
                let _ = write!(self.xml, "</{name}>");
            }
            1 => {
                let codes = [
                    1222, 1225, 1226, 1201, 1100, 1101, 1102, 1103, 1104, 1222, 7,
                ];
                let code = match self.choices.below(60) {
                    59 => 1223,
                    choice => codes[choice % codes.len()],
                };
                let _ = write!(
                    self.xml,
                    "<Alert><CmdID>{id}</CmdID><Data>{code}</Data>{}</Alert>",
                    "<Item><Data>x</Data></Item>".repeat(self.choices.below(4))
                );
            }
            _ => {
                let name = self.choices.of(COMMANDS);
                let _ = write!(self.xml, "<{name}><CmdID>{id}</CmdID>");
                for _ in 0..self.choices.of(&[1, 1, 2, 0, 4]) {
                    self.item();
                }
                let _ = write!(self.xml, "</{name}>");
            }
        }
    }
}

fn md5_cred(nonce: &[u8]) -> String {
    let mut text = Base64::encode_string(&Md5::digest(format!("{NAME}:{SECRET}"))).into_bytes();
    text.push(b':');
    text.extend(nonce);
    Base64::encode_string(&Md5::digest(text))
}

fn to_wbxml(xml: &str) -> Vec<u8> {
    let mut out = vec![0; xml.len() * 4 + 256];
    let mut reader = Reader::new(xml.as_bytes(), Encoding::Xml).expect("a document");
    let mut writer = Writer::new(&mut out, Encoding::Wbxml);
    copy_document(&mut reader, &mut writer).expect("a document");
    assert!(!writer.overflowed());
    let len = writer.position();
    out.truncate(len);
    out
}

/// The server as far as it has to remember.
struct Server {
    msg_id: u32,
    nonce: Vec<u8>,
    /// MaxMsgSize.
    limit: usize,
    /// It has proved itself.
    proved: bool,
}

impl Server {
    /// The next message, for a client with so much space; `reference` is the client's MsgID.
    fn say(&mut self, choices: &mut Choices<'_>, reference: &str, space: usize) -> Vec<u8> {
        let is_calm = choices.0.is_empty();
        let shape = if is_calm { 255 } else { choices.below(255) };
        if shape == 77 {
            let len = choices.below(256) * 2;
            return choices.octets(len).to_vec();
        }
        // Sometimes the message before, with something else in it.
        let is_new = is_calm || choices.below(12) != 1;
        self.msg_id += u32::from(is_new);
        let msg_id = self.msg_id;
        let session = if !is_calm && choices.below(250) == 1 {
            2
        } else {
            1
        };
        let mut xml = format!(
            "<SyncML xmlns=\"SYNCML:SYNCML1.2\"><SyncHdr><VerDTD>1.2</VerDTD><VerProto>DM/1.2</VerProto>\
             <SessionID>{session}</SessionID><MsgID>{msg_id}</MsgID><Target><LocURI>urn:dev:1</LocURI></Target>\
             <Source><LocURI>http://dm.test/dm</LocURI></Source>"
        );
        if !is_calm && choices.below(50) == 1 {
            xml += "<RespURI>http://dm.test/other</RespURI>";
        }
        let proof = if is_calm { 1 } else { choices.below(12) };
        if proof < 11 {
            let nonce: &[u8] = if proof == 10 { b"wrong" } else { &self.nonce };
            let _ = write!(
                xml,
                "<Cred><Meta><Format xmlns=\"syncml:metinf\">b64</Format>\
                 <Type xmlns=\"syncml:metinf\">syncml:auth-md5</Type></Meta><Data>{}</Data></Cred>",
                md5_cred(nonce)
            );
            self.proved |= proof != 10;
        }
        let limit = if is_calm {
            4000
        } else {
            match choices.below(64) {
                63 => choices.of(&[60, 500, 600, 700, 800]),
                choice @ 40..52 => 900 + 100 * (choice - 40),
                52..56 => 70_000,
                _ => 0,
            }
        };
        if limit > 0 {
            let _ = write!(
                xml,
                "<Meta><MaxMsgSize xmlns=\"syncml:metinf\">{limit}</MaxMsgSize></Meta>"
            );
            // Of a message that was there before nothing is taken.
            let limit = if is_new { limit } else { self.limit.max(limit) };
            self.limit = limit;
        }
        xml += "</SyncHdr><SyncBody>";
        let code = if is_calm {
            200
        } else {
            // What ends a session at once is seldom said.
            match choices.below(40) {
                35 => 401,
                36 => 407,
                37 => 503,
                38 => 513,
                39 => 0,
                30..35 => 212,
                _ => 200,
            }
        };
        let mut writing = Writing {
            choices,
            xml,
            cmd_id: 1,
        };
        if code > 0 {
            let chal = match code {
                401 | 407 | 212 => {
                    "<Chal><Meta><Format xmlns=\"syncml:metinf\">b64</Format><Type xmlns=\"syncml:metinf\">syncml:auth-md5\
                     </Type><NextNonce xmlns=\"syncml:metinf\">bm9uY2U=</NextNonce></Meta></Chal>"
                }
                _ => "",
            };
            let _ = write!(
                writing.xml,
                "<Status><CmdID>1</CmdID><MsgRef>{reference}</MsgRef><CmdRef>0</CmdRef><Cmd>SyncHdr</Cmd>{chal}\
                 <Data>{code}</Data></Status>"
            );
        }
        let mut is_final = is_calm;
        if !is_calm {
            for _ in 0..writing.choices.of(&[1, 2, 1, 5, 0, 12, 40]) {
                let room = if shape % 2 == 1 { 2 * space } else { space };
                if writing.xml.len() + 400 < room {
                    writing.command(0);
                }
            }
            is_final = writing.choices.below(3) > 0;
        } else if msg_id % 2 == 1 {
            // It asks for what was kept, and then says good-bye.
            writing.xml += "<Alert><CmdID>2</CmdID><Data>1222</Data></Alert>";
            is_final = false;
        }
        let mut xml = writing.xml;
        xml += if is_final { "<Final/>" } else { "" };
        xml += "</SyncBody></SyncML>";
        if shape % 2 == 1 {
            to_wbxml(&xml)
        } else {
            xml.into_bytes()
        }
    }
}

/// Everything below ./Vendor that is no handler's.
fn snapshot(tree: &mut Tree<'_>) -> Vec<(Vec<u8>, Vec<u8>)> {
    let mut local = tree.local();
    let start = local.find("./Vendor/cfg").expect("it is permanent");
    let mut open = vec![start];
    let mut found = Vec::new();
    while let Some(node) = open.pop() {
        let mut value = [0; 2048];
        let len = match local.is_leaf(node) {
            true => local.value(node, &mut value).unwrap_or(0),
            false => 0,
        };
        found.push((local.name(node).to_vec(), value[..len].to_vec()));
        let mut child = local.first_child(node);
        while let Some(node) = child {
            open.push(node);
            child = local.next_sibling(node);
        }
    }
    found
}

fn seed(tree: &mut Tree<'_>, server_auth: &str) {
    let mut factory = tree.factory();
    for (uri, value) in [
        ("./DevInfo/DevId", &b"urn:dev:1"[..]),
        ("./DevInfo/Man", b"Maker"),
        ("./DevInfo/Mod", b"Model"),
        ("./DevInfo/DmV", b"1.2"),
        ("./DevInfo/Lang", b"en"),
        ("./DevDetail/LrgObj", b"false"),
        ("./Vendor/cfg/apn", b"before"),
        ("./Vendor/cfg/blob", &[b'b'; 1800]),
        ("./Vendor/Locked", b"locked"),
        ("./DMAcc/a/AppID", b"w7"),
        ("./DMAcc/a/ServerID", b"srv"),
        ("./DMAcc/a/AppAddr/1/Addr", b"http://dm.test/dm"),
        ("./DMAcc/a/AppAddr/1/AddrType", b"URI"),
        ("./DMAcc/a/Ext/OmaDm/ServerAuth", server_auth.as_bytes()),
        ("./DMAcc/a/Ext/OmaDm/Version", b"1.2"),
        ("./DMAcc/a/Ext/OmaDm/Spoken", b""),
        ("./DMAcc/a/Ext/OmaDm/SessionCount", b"0"),
        ("./DMAcc/a/AppAuth/s/AAuthLevel", b"SRVCRED"),
        ("./DMAcc/a/AppAuth/s/AAuthType", b"DIGEST"),
        ("./DMAcc/a/AppAuth/s/AAuthName", NAME.as_bytes()),
        ("./DMAcc/a/AppAuth/s/AAuthSecret", SECRET.as_bytes()),
        ("./DMAcc/a/AppAuth/s/AAuthData", NONCE),
        ("./DMAcc/a/AppAuth/c/AAuthLevel", b"CLCRED"),
        ("./DMAcc/a/AppAuth/c/AAuthType", b"DIGEST"),
        ("./DMAcc/a/AppAuth/c/AAuthName", b"dev"),
        ("./DMAcc/a/AppAuth/c/AAuthSecret", b"dev-secret"),
        ("./DMAcc/a/AppAuth/c/AAuthData", b"nonce-of-client!"),
    ] {
        factory.set(uri, value).expect("a leaf");
    }
    for (uri, acl) in [
        (".", "Get=*"),
        ("./Vendor/cfg", "Add=*&Delete=*&Get=*&Replace=*"),
        ("./Vendor/Reboot", "Exec=*&Get=*"),
        ("./Vendor/Slow", "Get=*&Replace=*"),
        ("./Vendor/Image", "Get=*&Replace=*"),
        ("./Vendor/Locked", "Get=other"),
    ] {
        factory.acl(uri, acl).expect("an ACL");
    }
}

/// A device that was never used, with an account whose server has to prove itself so.
fn unused(server_auth: &'static str) -> Flash {
    thread_local! {
        static SEEDED: RefCell<BTreeMap<&'static str, Flash>> = RefCell::default();
    }
    SEEDED.with_borrow_mut(|seeded| {
        let flash = seeded.entry(server_auth).or_insert_with(|| {
            let flash = Flash::default();
            with_tree(&flash, &Probe::default(), |tree| seed(tree, server_auth));
            flash
        });
        Flash(Rc::new(RefCell::new(flash.0.borrow().clone())))
    })
}

fn with_tree<T>(flash: &Flash, probe: &Probe, work: impl FnOnce(&mut Tree<'_>) -> T) -> T {
    let mut store = flash.clone();
    let uris = ["Image", "Reboot", "Slow", "Big"];
    let mut live = uris.map(|_| Live(probe));
    let mut mounts: Vec<Mount<'_>> = uris
        .iter()
        .zip(&mut live)
        .map(|(name, live)| {
            let at = schema().find(format!("./Vendor/{name}").as_bytes());
            Mount::new(at.expect("a described node"), live)
        })
        .collect();
    let memory = TreeMemory {
        nodes: &mut vec![NodeSlot::EMPTY; 200],
        pool: &mut vec![0; 6000],
        value: &mut vec![0; 2048],
    };
    let limits = UriLimits::default();
    let mut tree =
        Tree::open(schema(), &mut store, &mut mounts, memory, limits).expect("the tree opens");
    work(&mut tree)
}

/// The MsgID of a message of the client, and whether it has a challenge. It is sound.
fn heard(octets: &[u8]) -> (String, bool) {
    let encoding = Encoding::detect(octets);
    let digest =
        check(octets, encoding, &Limits::default()).expect("the client's message is sound");
    assert_eq!(digest.fault, None, "{}", octets.escape_ascii());
    let message = Message::new(octets, &digest);
    let msg_id = message.header().expect("a header").msg_id;
    let msg_id = msg_id.flatten(&mut [0; 16]).expect("a number").to_vec();
    let mut body = message.body();
    let mut has_chal = false;
    loop {
        match body.next().expect("a body") {
            Part::Status(status) => has_chal |= status.chal.is_some(),
            Part::Done => break,
            _ => {}
        }
    }
    (String::from_utf8(msg_id).expect("digits"), has_chal)
}

fn moment(n: u32) -> Moment {
    let [a, b, ..] = n.to_le_bytes();
    Moment {
        ms: u64::from(n) * 1000,
        utc: None,
        random: [a, b, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14],
    }
}

/// One session. Gives all that the client sent.
fn session(input: &[u8]) -> Vec<Vec<u8>> {
    let mut choices = Choices(input);
    let set = choices.below(16);
    let encoding = [Encoding::Wbxml, Encoding::Xml][set & 1];
    let is_secured = set & 2 != 0;
    let flash = unused(if is_secured { "transport" } else { "required" });
    let probe = Probe::default();
    let mut rx = vec![0; if set & 4 == 0 { 2560 } else { 6000 }];
    let mut tx = vec![0; if set & 8 == 0 { 1500 } else { 5000 }];
    let (mut work, mut objects) = (vec![0; 1024], vec![0; 512]);
    let memory = Memory {
        rx: &mut rx,
        tx: &mut tx,
        work: &mut work,
    };
    let mut budget = Budget::default();
    (budget.messages, budget.commands, budget.retries) = (40, 64, 2);
    let mut client = Client::new(memory, encoding)
        .expect("a client")
        .with_budget(budget)
        .with_user()
        .with_objects(&mut objects, 2000);
    let mut said = Vec::new();
    with_tree(&flash, &probe, |tree| {
        let before = if is_secured {
            Vec::new()
        } else {
            snapshot(tree)
        };
        let mut server = Server {
            msg_id: 0,
            nonce: NONCE.to_vec(),
            limit: usize::MAX,
            proved: is_secured,
        };
        let trigger = || Trigger::Client {
            server_id: Some("srv"),
            session_id: Some(1),
        };
        let mut now = 1;
        let mut step = client
            .start(tree, trigger(), &moment(now))
            .expect("a session");
        let report = loop {
            assert!(now < 2000, "the session never ends");
            let at = moment(now);
            let next = moment(now + 1);
            now += 1;
            step = match step {
                Step::Done(report) => break report,
                Step::Wait { .. } => client.resume(tree, &next).expect("the right call"),
                Step::Ask(question) => {
                    let answer = match (question.kind, choices.below(6)) {
                        (_, 0) => Answer::Cancelled,
                        (_, 1) => Answer::TimedOut,
                        (QuestionKind::Confirm, 2) => Answer::No,
                        (QuestionKind::TextInput, _) => Answer::Text("<&>\u{1F600} text"),
                        (QuestionKind::SingleChoice | QuestionKind::MultipleChoice, _) => {
                            Answer::Chosen(&[1])
                        }
                        _ => Answer::Yes,
                    };
                    client.answer(tree, answer, &next).expect("the right call")
                }
                Step::Send(request) => {
                    let (msg_id, has_chal) = heard(request.body);
                    assert!(request.body.len() <= server.limit, "PRO-C-023");
                    said.push(request.body.to_vec());
                    if has_chal {
                        server.nonce = at.random.to_vec();
                    }
                    if !server.proved {
                        assert_eq!(probe.calls.get(), 0, "SEC-C-016");
                    }
                    let delays = [0, 0, 0, 1, 2];
                    probe.delays.set(choices.of(&delays));
                    if choices.below(120) == 119 {
                        let why = choices.of(&[
                            Failure::Timeout,
                            Failure::Link,
                            Failure::Http(Code(503)),
                            Failure::TooLarge,
                        ]);
                        client.failed(tree, why, &next).expect("the right call")
                    } else {
                        let space = client.rx_space().len();
                        let octets = server.say(&mut choices, &msg_id, space);
                        let space = client.rx_space();
                        if let Some(place) = space.get_mut(..octets.len()) {
                            place.copy_from_slice(&octets);
                            let got = Received {
                                len: octets.len(),
                                content_type: "",
                                hmac: None,
                                peer: match is_secured {
                                    true => Peer::Secured { name: "dm.test" },
                                    false => Peer::Plain,
                                },
                            };
                            client.receive(tree, got, &next).expect("the right call")
                        } else {
                            let why = Failure::TooLarge;
                            client.failed(tree, why, &next).expect("the right call")
                        }
                    }
                }
            };
        };
        assert!(usize::from(report.messages_sent) >= said.len());
        if !server.proved {
            assert_eq!(
                (probe.calls.get(), snapshot(tree)),
                (0, before),
                "SEC-C-016"
            );
        }
    });
    // The device is switched off and on, and the next session begins.
    with_tree(&flash, &probe, |tree| {
        let trigger = Trigger::Client {
            server_id: Some("srv"),
            session_id: None,
        };
        let step = client.start(tree, trigger, &moment(9000));
        assert!(matches!(step, Ok(Step::Send(_))), "{step:?}");
    });
    said
}

/// Counts messages, and tells of every hundred thousand.
fn count(messages: usize) {
    static TAKEN: AtomicUsize = AtomicUsize::new(0);
    let before = TAKEN.fetch_add(messages, Ordering::Relaxed);
    if before / 100_000 != (before + messages) / 100_000 {
        eprintln!("{} messages", before + messages);
    }
}

fuzz_target!(|input: &[u8]| {
    let said = session(input);
    count(said.len());
    if input.len() % 4 == 0 {
        assert_eq!(said, session(input));
    }
});
