//! A device on the bench: a tree, a client, and a clock that only moves when asked.

use dm_core::{
    Answer, Budget, Client, Encoding, Error, Failure, Input, Memory, Moment, Notice, Peer, Policy,
    QuestionKind, Received, Report, Step, Trigger, Verified,
};
use std::sync::OnceLock;

use dm_tree::{Handler, Mount, NodeSlot, RamStore, Schema, Store, Tree, TreeMemory, UriLimits};

use crate::handlers::{Big, Image, Probe, Reboot, Slow};
use crate::{Sent, never_sent, to_wbxml, to_xml};

/// One AppAuth entry.
#[derive(Clone, Copy)]
pub struct Cred {
    /// AAuthType.
    pub kind: &'static str,
    /// AAuthName.
    pub name: &'static str,
    /// AAuthSecret.
    pub secret: &'static str,
    /// AAuthData.
    pub nonce: &'static [u8],
}

/// CLCRED of most tests with credentials.
pub const CLIENT: Cred = Cred {
    kind: "DIGEST",
    name: "dev",
    secret: "dev-secret",
    nonce: b"nonce-of-client!",
};

/// SRVCRED of most tests with credentials.
pub const SERVER: Cred = Cred {
    kind: "DIGEST",
    name: "srv-user",
    secret: "srv-secret",
    nonce: b"nonce-of-server!",
};

/// How the bench is set up.
#[derive(Clone, Copy)]
pub struct Setup {
    /// Encoding of the client.
    pub encoding: Encoding,
    /// Octets of the client's buffers.
    pub rx: usize,
    /// Octets of the client's message buffer.
    pub tx: usize,
    /// CLCRED.
    pub client: Option<Cred>,
    /// SRVCRED.
    pub server: Option<Cred>,
    /// ServerAuth of the account.
    pub server_auth: &'static str,
    /// Version of the account.
    pub version: &'static str,
    /// AAuthPref of the account.
    pub pref: Option<&'static str>,
    /// The address of the server.
    pub addr: &'static str,
    /// Octets lent for objects in parts, and MaxObjSize.
    pub objects: (usize, u32),
    /// Somebody can be asked.
    pub has_user: bool,
    /// The peer as the transport tells it.
    pub secured: bool,
    /// What is taken for a proof.
    pub policy: Policy,
    /// What a session may take.
    pub budget: Budget,
}

impl Default for Setup {
    /// An XML client that believes its transport and sends no credentials.
    fn default() -> Self {
        Self {
            encoding: Encoding::Xml,
            rx: 16384,
            tx: 16384,
            client: None,
            server: None,
            server_auth: "transport",
            version: "1.2",
            pref: None,
            addr: "http://dm.test/dm",
            objects: (0, 0),
            has_user: false,
            secured: true,
            policy: Policy::default(),
            budget: Budget::default(),
        }
    }
}

/// A question, with nothing borrowed.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Asked {
    /// Its kind.
    pub kind: QuestionKind,
    /// Its text.
    pub text: String,
    /// Its choices.
    pub choices: Vec<String>,
    /// DR, MINDT, MAXDT.
    pub options: (String, Option<u32>, Option<u32>),
    /// MAXLEN, IT, ET.
    pub input: (Option<u32>, Input, bool),
}

/// What a call came to.
#[derive(Debug)]
pub enum Out {
    /// A message went out.
    Sent(Sent),
    /// Nothing yet.
    Wait,
    /// The user is asked.
    Ask(Asked),
    /// The session is over.
    Done(Report),
}

impl Out {
    /// The message that went out.
    #[track_caller]
    pub fn sent(self) -> Sent {
        match self {
            Self::Sent(sent) => sent,
            other => panic!("no message went out: {other:?}"),
        }
    }

    /// The question.
    #[track_caller]
    pub fn asked(self) -> Asked {
        match self {
            Self::Ask(asked) => asked,
            other => panic!("nothing is asked: {other:?}"),
        }
    }

    /// The report of the end.
    #[track_caller]
    pub fn done(self) -> Report {
        match self {
            Self::Done(report) => report,
            other => panic!("the session is not over: {other:?}"),
        }
    }
}

/// A device with a client.
pub struct Bench {
    /// The tree.
    pub tree: Tree<'static>,
    /// The client.
    pub client: Client<'static>,
    /// The handlers.
    pub probe: Probe,
    /// Milliseconds of the next call.
    pub ms: u64,
    /// When the client wants to be woken, as the last Wait said.
    pub until: Option<u64>,
    /// Random octets of the next call.
    pub random: [u8; 16],
    /// Media type that the transport tells of the next answer.
    pub content_type: &'static str,
    setup: Setup,
    /// Host of the account's address.
    host: &'static str,
}

fn leak<T>(value: T) -> &'static mut T {
    Box::leak(Box::new(value))
}

fn leaked(len: usize) -> &'static mut [u8] {
    vec![0; len].leak()
}

const DEVICE: &str = include_str!("device.ddf");
const VENDOR: &str = include_str!("../corpus/reference-session/vendor.ddf");

/// The schema, compiled once.
fn schema() -> &'static Schema<'static> {
    static SCHEMA: OnceLock<Schema<'static>> = OnceLock::new();
    SCHEMA.get_or_init(|| {
        let models = vec![
            dm_ddf::Model::parse("vendor.ddf", VENDOR).expect("vendor.ddf"),
            dm_ddf::Model::parse("device.ddf", DEVICE).expect("device.ddf"),
        ];
        let models = dm_ddf::with_standard(models).expect("standard objects");
        leak(dm_ddf::compile(&models).expect("a schema")).schema()
    })
}

impl Default for Bench {
    fn default() -> Self {
        Self::new(Setup::default())
    }
}

impl Bench {
    /// A device as `setup` says.
    pub fn new(setup: Setup) -> Self {
        Self::on(setup, leak(RamStore::new(leaked(32768))))
    }

    /// A device as `setup` says, on a store that may have been used before.
    pub fn on(setup: Setup, store: &'static mut dyn Store) -> Self {
        let mut bench = Self::again(setup, store);
        seed(&mut bench.tree, &setup);
        bench
    }

    /// The device of a store that keeps all of its tree, switched on again.
    pub fn again(setup: Setup, store: &'static mut dyn Store) -> Self {
        let schema = schema();
        let probe = Probe::default();
        let handlers: [(&str, Box<dyn Handler>); 4] = [
            ("./Vendor/Image", Box::new(Image(probe.clone()))),
            ("./Vendor/Reboot", Box::new(Reboot(probe.clone()))),
            ("./Vendor/Slow", Box::new(Slow(probe.clone()))),
            ("./Vendor/Big", Box::new(Big(probe.clone()))),
        ];
        let mounts: Vec<Mount<'static>> = handlers
            .into_iter()
            .map(|(uri, handler)| {
                let at = schema.find(uri.as_bytes()).expect("a described node");
                Mount::new(at, Box::leak(handler))
            })
            .collect();
        let memory = TreeMemory {
            nodes: vec![NodeSlot::EMPTY; 512].leak(),
            pool: leaked(16384),
            value: leaked(4096),
        };
        let limits = UriLimits::default();
        let tree = Tree::open(schema, store, mounts.leak(), memory, limits).expect("a tree");
        let memory = Memory {
            rx: leaked(setup.rx),
            tx: leaked(setup.tx),
            work: leaked(4096),
        };
        let client = Client::new(memory, setup.encoding).expect("a client");
        let client = client.with_policy(setup.policy).with_budget(setup.budget);
        #[cfg(feature = "large-object")]
        let client = client.with_objects(leaked(setup.objects.0), setup.objects.1);
        #[cfg(feature = "ui")]
        let client = if setup.has_user {
            client.with_user()
        } else {
            client
        };
        Self {
            tree,
            client,
            probe,
            ms: 0,
            until: None,
            random: *b"abcdefghijklmnop",
            content_type: "",
            setup,
            host: setup
                .addr
                .split('/')
                .nth(2)
                .unwrap_or("")
                .split(':')
                .next()
                .unwrap_or(""),
        }
    }

    fn moment(&self) -> Moment {
        Moment {
            ms: self.ms,
            utc: None,
            random: self.random,
        }
    }

    /// Begins a session with Alert 1201 and SessionID 1.
    pub fn start(&mut self) -> Out {
        self.begin(Trigger::Client {
            server_id: None,
            session_id: Some(1),
        })
        .expect("a session")
    }

    /// Begins a session as a notification asks for it.
    pub fn notified(&mut self, server_id: &str, session_id: u16) -> Out {
        self.begin(Trigger::Server(Verified::dangerous_assume(Notice::new(
            server_id, session_id,
        ))))
        .expect("a session")
    }

    /// Begins a session as a notification asks for it that was right with the special nonce only.
    pub fn notified_with(&mut self, nonce: &[u8]) -> Out {
        let mut notice = Notice::new("srv", 1);
        notice.nonce = Some(nonce);
        self.begin(Trigger::Server(Verified::dangerous_assume(notice)))
            .expect("a session")
    }

    /// Begins a session.
    pub fn begin(&mut self, trigger: Trigger<'_>) -> Result<Out, Error> {
        let now = self.moment();
        let step = self.client.start(&mut self.tree, trigger, &now)?;
        Ok(out(step))
    }

    /// Hands the client a message of the server, in its own encoding.
    pub fn receive(&mut self, xml: &str) -> Out {
        match self.setup.encoding {
            Encoding::Wbxml => self.receive_bytes(&to_wbxml(xml)),
            _ => self.receive_bytes(xml.as_bytes()),
        }
    }

    /// Hands the client octets.
    pub fn receive_bytes(&mut self, bytes: &[u8]) -> Out {
        self.receive_sealed(bytes, None)
    }

    /// Hands the client octets with an `x-syncml-hmac` header.
    pub fn receive_sealed(&mut self, bytes: &[u8], hmac: Option<&str>) -> Out {
        let space = self.client.rx_space();
        assert!(
            bytes.len() <= space.len(),
            "{} octets do not fit {}",
            bytes.len(),
            space.len()
        );
        space[..bytes.len()].copy_from_slice(bytes);
        let peer = if self.setup.secured {
            Peer::Secured { name: self.host }
        } else {
            Peer::Plain
        };
        let got = Received {
            len: bytes.len(),
            content_type: self.content_type,
            hmac,
            peer,
        };
        let now = self.moment();
        out(self
            .client
            .receive(&mut self.tree, got, &now)
            .expect("the right call"))
    }

    /// Tells the client that the transport failed.
    pub fn failed(&mut self, why: Failure) -> Out {
        let now = self.moment();
        let step = self.client.failed(&mut self.tree, why, &now);
        let step = step.expect("the right call");
        if let Step::Wait { until } = &step {
            self.until = *until;
        }
        out(step)
    }

    /// Gives the session up.
    pub fn abort(&mut self) -> Result<Out, Error> {
        let now = self.moment();
        Ok(out(self.client.abort(&mut self.tree, &now)?))
    }

    /// Answers the client's question.
    pub fn answer(&mut self, answer: Answer<'_>) -> Result<Out, Error> {
        let now = self.moment();
        Ok(out(self.client.answer(&mut self.tree, answer, &now)?))
    }

    /// Lets the client go on after a wait.
    pub fn resume(&mut self) -> Out {
        let now = self.moment();
        out(self
            .client
            .resume(&mut self.tree, &now)
            .expect("the right call"))
    }

    /// A value of the tree, as the device sees it.
    pub fn value(&mut self, uri: &str) -> Option<Vec<u8>> {
        let mut buf = [0; 4096];
        let len = self.tree.local().get(uri, &mut buf).ok()?;
        Some(buf[..len].to_vec())
    }

    /// A value of the tree as text.
    pub fn text(&mut self, uri: &str) -> String {
        let value = self
            .value(uri)
            .unwrap_or_else(|| panic!("no value at {uri}"));
        String::from_utf8(value).expect("UTF-8")
    }
}

fn out(step: Step<'_>) -> Out {
    match step {
        Step::Send(request) => {
            let xml = match Encoding::detect(request.body) {
                Encoding::Wbxml => to_xml(request.body),
                _ => String::from_utf8(request.body.to_vec()).expect("UTF-8"),
            };
            let expected = match Encoding::detect(request.body) {
                Encoding::Wbxml => "application/vnd.syncml.dm+wbxml",
                _ => "application/vnd.syncml.dm+xml",
            };
            assert_eq!(request.content_type, expected);
            assert!(never_sent(&xml).is_empty(), "REP-C-031: {xml}");
            Out::Sent(Sent {
                uri: request.uri.to_owned(),
                hmac: request.hmac.map(str::to_owned),
                body: request.body.to_vec(),
                xml,
                size: request.body.len(),
            })
        }
        Step::Wait { .. } => Out::Wait,
        Step::Done(report) => Out::Done(report),
        Step::Ask(question) => Out::Ask(Asked {
            kind: question.kind,
            text: question.text.to_owned(),
            choices: question.choices.map(str::to_owned).collect(),
            options: (
                question.options.default.to_owned(),
                question.options.min_display,
                question.options.max_wait,
            ),
            input: (
                question.options.max_len,
                question.options.input,
                question.options.hidden,
            ),
        }),
    }
}

fn seed(tree: &mut Tree<'static>, setup: &Setup) {
    let mut factory = tree.factory();
    let mut set = |uri: &str, value: &[u8]| {
        factory
            .set(uri, value)
            .unwrap_or_else(|reason| panic!("{uri}: {reason:?}"));
    };
    for (uri, value) in [
        ("./DevInfo/DevId", "urn:dev:1"),
        ("./DevInfo/Man", "Maker"),
        ("./DevInfo/Mod", "Model"),
        ("./DevInfo/DmV", "1.2"),
        ("./DevInfo/Lang", "en"),
        ("./DevDetail/DevTyp", "meter"),
        ("./DevDetail/OEM", "Maker"),
        ("./DevDetail/FwV", "1"),
        ("./DevDetail/SwV", "2"),
        ("./DevDetail/HwV", "3"),
        ("./DevDetail/LrgObj", "false"),
        ("./Vendor/cfg/apn", "before"),
        ("./Vendor/cfg/poll", "60"),
        ("./Vendor/cfg/host", "h"),
        ("./Vendor/cfg/label", "l"),
        ("./Vendor/cfg/blob", "b"),
        ("./Vendor/Locked", "locked"),
        ("./App/Rate", "60"),
        ("./Vendor/Raw", "\u{1}"),
        ("./DMAcc/a/AppID", "w7"),
        ("./DMAcc/a/ServerID", "srv"),
        ("./DMAcc/a/AppAddr/1/Addr", setup.addr),
        ("./DMAcc/a/AppAddr/1/AddrType", "URI"),
        ("./DMAcc/a/Ext/OmaDm/ServerAuth", setup.server_auth),
        ("./DMAcc/a/Ext/OmaDm/Version", setup.version),
        ("./DMAcc/a/Ext/OmaDm/Spoken", ""),
        ("./DMAcc/a/Ext/OmaDm/SessionCount", "0"),
    ] {
        set(uri, value.as_bytes());
    }
    if let Some(pref) = setup.pref {
        set("./DMAcc/a/AAuthPref", pref.as_bytes());
    }
    for (name, level, cred) in [
        ("c", "CLCRED", setup.client),
        ("s", "SRVCRED", setup.server),
    ] {
        let Some(cred) = cred else { continue };
        for (leaf, value) in [
            ("AAuthLevel", level.as_bytes()),
            ("AAuthType", cred.kind.as_bytes()),
            ("AAuthName", cred.name.as_bytes()),
            ("AAuthSecret", cred.secret.as_bytes()),
            ("AAuthData", cred.nonce),
        ] {
            set(&format!("./DMAcc/a/AppAuth/{name}/{leaf}"), value);
        }
    }
    for (uri, acl) in [
        (".", "Add=*&Get=*"),
        ("./Vendor/cfg", "Add=*&Delete=*&Get=*&Replace=*"),
        ("./Vendor/Reboot", "Exec=*&Get=*"),
        ("./Vendor/Slow", "Get=*&Replace=*"),
        ("./Vendor/Raw", "Get=*&Replace=*"),
        ("./Vendor/Image", "Get=*&Replace=*"),
        ("./Vendor/Locked", "Get=other"),
        ("./App", "Get=*&Replace=*"),
    ] {
        factory
            .acl(uri, acl)
            .unwrap_or_else(|reason| panic!("{uri}: {reason:?}"));
    }
}
