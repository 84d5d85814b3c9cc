//! Objects chapter 6, worked through: a device that is given new firmware, restarts into it, and reports.
//!
//! What a product does with flash banks and boot loaders is three lines here; all else is as it would be there: a handler
//! with a state that survives restarts, a package that comes in pieces, an Exec that is answered 202, and an event in the
//! outbox that is told after the restart.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "tests"
)]

use std::cell::RefCell;
use std::rc::Rc;

use dm_core::{
    Client, Encoding, End, Event, EventKind, Mark, Memory, Moment, Peer, Received, Step, Trigger,
};
use dm_server::{Config, Op, Package, Sessions};
use dm_tests::{Flash, Sent, SentEvent, to_xml};
use dm_tree::{
    At, Format, Handler, Mount, NodeSlot, Outcome, Progress, Reason, Refusal, Sink, Status, Ticket,
    Tree, TreeMemory, UriLimits, Value,
};

/// States of table 6.2.
mod state {
    pub(crate) const IDLE: u32 = 10;
    pub(crate) const DOWNLOAD_FAILED: u32 = 20;
    pub(crate) const DOWNLOADING: u32 = 30;
    pub(crate) const DOWNLOADED: u32 = 40;
    pub(crate) const READY: u32 = 50;
    pub(crate) const UPDATING: u32 = 60;
    pub(crate) const FAILED_NO_DATA: u32 = 80;
    pub(crate) const UPDATED_NO_DATA: u32 = 100;
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Job {
    Download,
    Update,
    DownloadAndUpdate,
}

impl Job {
    const fn alert_type(self) -> &'static str {
        match self {
            Self::Download => "org.openmobilealliance.dm.firmwareupdate.download",
            Self::Update => "org.openmobilealliance.dm.firmwareupdate.update",
            Self::DownloadAndUpdate => "org.openmobilealliance.dm.firmwareupdate.downloadandupdate",
        }
    }
}

/// What the firmware keeps in flash of its own.
#[derive(Default)]
struct Firmware {
    state: u32,
    version: u32,
    package: Vec<u8>,
    urls: [String; 2],
    /// What was begun, and under which ticket its end is told.
    job: Option<(Job, Ticket)>,
    /// States as they followed each other.
    history: Vec<u32>,
    /// The network is there, and the package is good.
    network: bool,
}

impl Firmware {
    fn become_(&mut self, state: u32) {
        self.state = state;
        self.history.push(state);
    }

    fn url(&mut self, path: &[u8]) -> Option<&mut String> {
        match path {
            b"Download/PkgURL" => Some(&mut self.urls[0]),
            b"DownloadAndUpdate/PkgURL" => Some(&mut self.urls[1]),
            _ => None,
        }
    }
}

struct Fumo(Rc<RefCell<Firmware>>);

impl Handler for Fumo {
    fn get(&mut self, at: At<'_>, out: &mut Sink<'_>) -> Outcome {
        let mut firmware = self.0.borrow_mut();
        if let Some(url) = firmware.url(at.path) {
            return out.text(url);
        }
        match at.path {
            b"PkgName" => out.text("main"),
            b"PkgVersion" => out.text(&firmware.version.to_string()),
            b"State" => out.text(&firmware.state.to_string()),
            _ => Err(Reason::NoSuchNode),
        }
    }

    fn replace(&mut self, at: At<'_>, value: Value<'_>) -> Outcome {
        if at.path == b"Update/PkgData" {
            let bytes = value.bytes();
            let total = u32::try_from(bytes.len()).map_err(|_| Reason::TooLarge)?;
            return self.write(at, 0, total, bytes);
        }
        let mut firmware = self.0.borrow_mut();
        let url = firmware.url(at.path).ok_or(Reason::AccessType)?;
        value.text()?.clone_into(url);
        Ok(Progress::Done)
    }

    /// A package that comes in pieces: the state changes with the piece that completes it.
    fn write(&mut self, at: At<'_>, offset: u32, total: u32, bytes: &[u8]) -> Outcome {
        let mut firmware = self.0.borrow_mut();
        if at.path != b"Update/PkgData" {
            return Err(Reason::TooLarge);
        }
        if firmware.job.is_some() {
            return Err(Reason::InUse);
        }
        if offset == 0 {
            firmware.package.clear();
            if firmware.state != state::IDLE {
                firmware.become_(state::IDLE);
            }
        }
        firmware.package.extend_from_slice(bytes);
        if firmware.package.len() == total as usize {
            firmware.become_(state::READY);
        }
        Ok(Progress::Done)
    }

    fn exec(&mut self, at: At<'_>, _: Value<'_>, ticket: Ticket) -> Outcome {
        let mut firmware = self.0.borrow_mut();
        let refused = Reason::Handler(Refusal::new(Status::FORBIDDEN));
        let (job, next) = match at.path {
            b"Download" => (Job::Download, state::DOWNLOADING),
            b"DownloadAndUpdate" => (Job::DownloadAndUpdate, state::DOWNLOADING),
            b"Update" if firmware.state == state::READY => (Job::Update, state::UPDATING),
            _ => return Err(refused),
        };
        if firmware.job.is_some() {
            return Err(refused);
        }
        firmware.job = Some((job, ticket));
        firmware.become_(next);
        Ok(Progress::Started)
    }
}

/// The device between two restarts.
struct Device {
    tree: Tree<'static>,
    client: Client<'static>,
    firmware: Rc<RefCell<Firmware>>,
}

fn leak<T>(value: T) -> &'static mut T {
    Box::leak(Box::new(value))
}

impl Device {
    fn boot(firmware: &Rc<RefCell<Firmware>>, flash: &Flash, encoding: Encoding) -> Self {
        let model = dm_ddf::Model::parse("fumo.ddf", include_str!("firmware_update/fumo.ddf"));
        let models = dm_ddf::with_standard(vec![model.unwrap()]).unwrap();
        let compiled = leak(dm_ddf::compile(&models).unwrap());
        let schema = leak(compiled.schema());
        let at = schema.find(b"./Fw").unwrap();
        let mount = Mount::new(at, leak(Fumo(Rc::clone(firmware))));
        let memory = TreeMemory {
            nodes: vec![NodeSlot::EMPTY; 128].leak(),
            pool: vec![0; 4096].leak(),
            value: vec![0; 512].leak(),
        };
        let store = leak(flash.clone());
        let limits = UriLimits::default();
        let mut tree = Tree::open(schema, store, vec![mount].leak(), memory, limits).unwrap();
        let mut factory = tree.factory();
        for (uri, value) in [
            ("./DevInfo/DevId", "urn:dev:1"),
            ("./DevInfo/Man", "Maker"),
            ("./DevInfo/Mod", "Model"),
            ("./DevInfo/DmV", "1.2"),
            ("./DevInfo/Lang", "en"),
            ("./DMAcc/a/AppID", "w7"),
            ("./DMAcc/a/ServerID", "srv"),
            ("./DMAcc/a/AppAddr/1/Addr", "https://dm.test/"),
            ("./DMAcc/a/Ext/OmaDm/ServerAuth", "transport"),
            ("./DMAcc/a/Ext/OmaDm/Version", "1.2"),
        ] {
            factory.set(uri, value.as_bytes()).unwrap();
        }
        factory.acl("./Fw", "Exec=srv&Get=srv&Replace=srv").unwrap();
        let memory = Memory {
            rx: vec![0; 4096].leak(),
            tx: vec![0; 2048].leak(),
            // A piece of a package is decoded here when it comes as base64, in XML.
            work: vec![0; 4096].leak(),
        };
        let client = Client::new(memory, encoding).unwrap();
        Self {
            tree,
            client: client.with_objects(vec![0; 256].leak(), 1_000_000),
            firmware: Rc::clone(firmware),
        }
    }

    /// A session with the server; gives what the device told.
    fn session(&mut self, server: &mut Sessions) -> Vec<SentEvent> {
        let now = Moment {
            ms: 0,
            utc: None,
            random: [7; 16],
        };
        let trigger = Trigger::Client {
            server_id: None,
            session_id: None,
        };
        let mut told = Vec::new();
        let mut step = self.client.start(&mut self.tree, trigger, &now).unwrap();
        loop {
            let reply = match step {
                Step::Send(request) => {
                    let reply = server.handle(request.body, request.content_type);
                    let xml = match Encoding::detect(request.body) {
                        Encoding::Wbxml => to_xml(request.body),
                        _ => String::from_utf8(request.body.to_vec()).unwrap(),
                    };
                    let sent = Sent {
                        uri: String::new(),
                        hmac: None,
                        size: 0,
                        body: Vec::new(),
                        xml,
                    };
                    told.extend(sent.events());
                    reply
                }
                Step::Done(report) => {
                    assert_eq!(report.end, End::Closed);
                    break;
                }
                other => panic!("{other:?}"),
            };
            assert_eq!(reply.status, 200);
            let space = self.client.rx_space();
            space[..reply.body.len()].copy_from_slice(&reply.body);
            let got = Received {
                len: reply.body.len(),
                content_type: reply.content_type,
                hmac: None,
                peer: Peer::Secured { name: "dm.test" },
            };
            step = self.client.receive(&mut self.tree, got, &now).unwrap();
        }
        let transcript = server.last_transcript().unwrap();
        assert!(transcript.faults.is_empty(), "{transcript}");
        assert!(transcript.unmet.is_empty(), "{transcript}");
        told
    }

    /// What the firmware does between sessions. True: it restarts into what it was given.
    fn work(&mut self) -> bool {
        let firmware = Rc::clone(&self.firmware);
        let mut firmware = firmware.borrow_mut();
        let Some((job, ticket)) = firmware.job else {
            return false;
        };
        if firmware.state == state::DOWNLOADING {
            if !firmware.network {
                firmware.become_(state::DOWNLOAD_FAILED);
                self.report(job, ticket, "503");
                firmware.job = None;
                firmware.become_(state::IDLE);
                return false;
            }
            firmware.package = b"good".repeat(100);
            firmware.become_(state::DOWNLOADED);
            firmware.become_(state::READY);
            if job == Job::Download {
                self.report(job, ticket, "200");
                firmware.job = None;
                return false;
            }
            // As soon as practical: without another word of the server.
            firmware.become_(state::UPDATING);
        }
        firmware.state == state::UPDATING
    }

    /// The first thing after a restart.
    fn after_restart(&mut self) {
        let firmware = Rc::clone(&self.firmware);
        let mut firmware = firmware.borrow_mut();
        let (job, ticket) = firmware.job.expect("a job survives the restart");
        let is_good = firmware.package.starts_with(b"good");
        firmware.package.clear();
        if is_good {
            firmware.version += 1;
            firmware.become_(state::UPDATED_NO_DATA);
        } else {
            firmware.become_(state::FAILED_NO_DATA);
        }
        self.report(job, ticket, if is_good { "200" } else { "402" });
        firmware.job = None;
        firmware.become_(state::IDLE);
    }

    /// The end of an operation: one event, which the outbox keeps until the server has it.
    fn report(&mut self, job: Job, ticket: Ticket, result: &str) {
        let kind = EventKind::ReversedDomainName(job.alert_type());
        let mut event = Event::new(kind, Format::Int, result.as_bytes());
        event.source = "./Fw";
        if result != "200" {
            event.mark = Some(Mark::Critical);
        }
        self.client.finish(&mut self.tree, ticket, &event).unwrap();
    }
}

fn server(ops: Vec<Op>) -> Sessions {
    let mut config = Config::default();
    config.server.anonymous = true;
    config.server.id = "srv".to_owned();
    config.packages = vec![Package::new(ops)];
    Sessions::new(config)
}

fn firmware() -> Rc<RefCell<Firmware>> {
    Rc::new(RefCell::new(Firmware {
        state: state::IDLE,
        version: 1,
        network: true,
        ..Firmware::default()
    }))
}

/// What a device tells: type, Correlator, Source, Format, Mark, result.
fn check(told: &[SentEvent], job: Job, correlator: Option<&str>, result: &str) {
    let [event] = told else {
        panic!("one event: {told:?}");
    };
    let mime = format!("Reversed-Domain-Name: {}", job.alert_type());
    assert_eq!(event.code, 1226);
    assert_eq!(event.mime.as_deref(), Some(mime.as_str()));
    assert_eq!(event.correlator.as_deref(), correlator);
    assert_eq!(event.source.as_deref(), Some("./Fw"));
    assert_eq!(event.format.as_deref(), Some("int"));
    assert_eq!(event.data.as_deref(), Some(result));
    let mark = (result != "200").then_some("critical");
    assert_eq!(event.mark.as_deref(), mark);
}

/// OBJ-C-024, OBJ-C-025, OBJ-C-026, OBJ-C-027, OBJ-C-028, OBJ-C-029, OBJ-C-030, OBJ-C-031, PRO-C-071: the package comes through DM as a large object, Exec is
/// answered 202, the device restarts, and tells the result with the Correlator if there was one; once.
#[test]
fn firmware_that_came_through_dm_is_installed_and_reported() {
    for encoding in [Encoding::Wbxml, Encoding::Xml] {
        for (correlator, is_good) in [(Some("job-1"), true), (None, true), (Some("job-2"), false)] {
            let (firmware, flash) = (firmware(), Flash::default());
            let mut device = Device::boot(&firmware, &flash, encoding);
            let package = if is_good { b"good" } else { b"evil" }.repeat(2500);
            let mut exec = Op::exec("./Fw/Update").expect(202);
            if let Some(correlator) = correlator {
                exec = exec.correlator(correlator);
            }
            let mut server = server(vec![
                Op::get("./Fw?prop=Type").value("urn:oma:mo:oma-fumo:1.0"),
                Op::get("./Fw/State").value("10"),
                // Nothing to install yet.
                Op::exec("./Fw/Update").expect(403),
                Op::replace("./Fw/Update/PkgData", "").bytes(&package),
                Op::get("./Fw/State").value("50"),
                exec,
                Op::get("./Fw/State").value("60"),
            ]);
            assert_eq!(device.session(&mut server), []);
            assert_eq!(firmware.borrow().package, package);
            assert!(device.work());
            let mut device = Device::boot(&firmware, &flash, encoding);
            device.after_restart();
            server.set_script([Package::new([
                Op::get("./Fw/State").value("10"),
                Op::get("./Fw/PkgVersion").value(if is_good { "2" } else { "1" }),
            ])]);
            let result = if is_good { "200" } else { "402" };
            let told = device.session(&mut server);
            check(&told, Job::Update, correlator, result);
            // That was the end of it.
            assert!(!device.work());
            assert_eq!(device.session(&mut server), []);
            let end = if is_good { 100 } else { 80 };
            assert_eq!(firmware.borrow().history, [50, 60, end, 10]);
        }
    }
}

/// OBJ-C-025, OBJ-C-026, OBJ-C-027, OBJ-C-030, OBJ-C-031: an alternate download, which succeeds or fails, and is told either way.
#[test]
fn a_download_is_reported() {
    for network in [true, false] {
        let (firmware, flash) = (firmware(), Flash::default());
        firmware.borrow_mut().network = network;
        let mut device = Device::boot(&firmware, &flash, Encoding::Wbxml);
        let mut server = server(vec![
            Op::replace("./Fw/Download/PkgURL", "https://fw.test/2"),
            Op::get("./Fw/Download/PkgURL").value("https://fw.test/2"),
            Op::exec("./Fw/Download").correlator("d").expect(202),
            Op::get("./Fw/State").value("30"),
        ]);
        assert_eq!(device.session(&mut server), []);
        assert!(!device.work());
        let state = if network { "50" } else { "10" };
        server.set_script([Package::new([Op::get("./Fw/State").value(state)])]);
        let told = device.session(&mut server);
        let result = if network { "200" } else { "503" };
        check(&told, Job::Download, Some("d"), result);
        let history: &[u32] = if network {
            &[30, 40, 50]
        } else {
            &[30, 20, 10]
        };
        assert_eq!(firmware.borrow().history, history);
        assert_eq!(device.session(&mut server), []);
    }
}

/// OBJ-C-027, OBJ-C-032, OBJ-C-033: download and update in one: the update follows without another command, and a download that fails is told
/// as the end of the whole.
#[test]
fn download_and_update_are_one_operation() {
    for network in [true, false] {
        let (firmware, flash) = (firmware(), Flash::default());
        firmware.borrow_mut().network = network;
        let mut device = Device::boot(&firmware, &flash, Encoding::Wbxml);
        let mut server = server(vec![
            Op::replace("./Fw/DownloadAndUpdate/PkgURL", "https://fw.test/2"),
            Op::exec("./Fw/DownloadAndUpdate")
                .correlator("du")
                .expect(202),
        ]);
        assert_eq!(device.session(&mut server), []);
        let restarts = device.work();
        assert_eq!(restarts, network);
        if restarts {
            device = Device::boot(&firmware, &flash, Encoding::Wbxml);
            device.after_restart();
        }
        server.set_script([]);
        let told = device.session(&mut server);
        let result = if network { "200" } else { "503" };
        check(&told, Job::DownloadAndUpdate, Some("du"), result);
        let history: &[u32] = if network {
            &[30, 40, 50, 60, 100, 10]
        } else {
            &[30, 20, 10]
        };
        assert_eq!(firmware.borrow().history, history);
    }
}

/// OBJ-C-034: the device, or its user, asks for an update: one of two types, with Data that may be empty.
#[test]
fn an_update_can_be_asked_for() {
    for name in ["devicerequest", "userrequest"] {
        let (firmware, flash) = (firmware(), Flash::default());
        let mut device = Device::boot(&firmware, &flash, Encoding::Xml);
        let mime = format!("org.openmobilealliance.dm.firmwareupdate.{name}");
        let mut event = Event::new(EventKind::ReversedDomainName(&mime), Format::Chr, b"");
        event.source = "./Fw";
        device.client.raise(&mut device.tree, &event).unwrap();
        let told = device.session(&mut server(vec![]));
        assert_eq!(told.len(), 1);
        assert_eq!(
            told[0].mime.as_deref(),
            Some(format!("Reversed-Domain-Name: {mime}").as_str())
        );
        assert_eq!(told[0].data.as_deref(), Some(""));
        assert_eq!(told[0].correlator, None);
        assert_eq!(device.client.waiting(&mut device.tree), Ok(0));
    }
}
