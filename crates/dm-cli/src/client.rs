//! `dm client`: a real client on this host.

mod screen;
mod talk;
mod user;

use core::time::Duration;
use std::ffi::OsString;
use std::path::PathBuf;

use dm_bindings::http::{Config as HttpConfig, Http};
use dm_bindings::std_net::block_on;
use dm_bindings::{AnswerSpace, Host, run as carry};
use dm_core::{Answer, Client, Encoding, End, Memory, Moment, Question, Report, Trigger};
use dm_tree::Tree;
use lexopt::prelude::*;

use crate::changes;
use crate::console;
use crate::desk::Desk;
use crate::device::Device;
use crate::failure::Failure;
use crate::interrupt::Interrupt;
use crate::link::{self, Dialler};
use crate::stored;
use screen::{Screen, Watched};
use user::Reply;

pub(crate) const VERB: crate::Verb = crate::Verb {
    name: "client",
    summary: "run a session with a DM server, over HTTP or HTTPS",
    help: HELP,
    run,
};

const HELP: &str = "\
usage: dm client --device DEVICE.toml [--server URL] [options]

Runs one session of the device that DEVICE.toml describes, shows what both sides say, how far large objects are, and the
values that changed in its tree. Questions of the server are asked at the terminal. Ctrl-C ends the session in order.
What a session changes, nonces included, is kept in a store beside the device file, DEVICE.store, and is there for the next
session and for `dm tree`.

  --device FILE        the device: its tree and its accounts
  --server URL         http or https address instead of that of the account
  --store FILE         the store of the device
  --factory            the device as it leaves the factory; what the session changes is not kept
  --server-id ID       ServerID of the account to use (default: the first)
  --ca FILE            trust the certificates in this PEM file, not those of the system; may be repeated
  --xml, --wbxml       encoding of the session (default WBXML)
  --session-id N       SessionID, decimal (default: what the account says)
  --max-msg-size N     octets of the largest message either way (default 16384)
  --max-obj-size N     octets of the largest object (default 1048576; 0: none in parts)
  --timeout N          seconds to wait for the server (default 30)
  --trace              show every message as XML, credentials and secrets included

Exit status: 0 when the session came to its regular end.
";

struct Settings {
    device: PathBuf,
    store: Option<PathBuf>,
    factory: bool,
    server: Option<String>,
    server_id: Option<String>,
    authorities: Vec<OsString>,
    encoding: Encoding,
    session_id: Option<u16>,
    max_msg_size: u16,
    max_obj_size: u32,
    timeout: Duration,
    trace: bool,
}

impl Settings {
    fn parse(parser: &mut lexopt::Parser) -> Result<Self, Failure> {
        let mut device = None;
        let mut settings = Self {
            device: PathBuf::new(),
            store: None,
            factory: false,
            server: None,
            server_id: None,
            authorities: Vec::new(),
            encoding: Encoding::Wbxml,
            session_id: None,
            max_msg_size: 16384,
            max_obj_size: 1 << 20,
            timeout: Duration::from_secs(30),
            trace: false,
        };
        while let Some(argument) = parser.next()? {
            match argument {
                Long("device") => device = Some(parser.value()?),
                Long("store") => settings.store = Some(parser.value()?.into()),
                Long("factory") => settings.factory = true,
                Long("server") => settings.server = Some(parser.value()?.string()?),
                Long("server-id") => settings.server_id = Some(parser.value()?.string()?),
                Long("ca") => settings.authorities.push(parser.value()?),
                Long("xml") => settings.encoding = Encoding::Xml,
                Long("wbxml") => settings.encoding = Encoding::Wbxml,
                Long("session-id") => settings.session_id = Some(parser.value()?.parse()?),
                Long("max-msg-size") => settings.max_msg_size = parser.value()?.parse()?,
                Long("max-obj-size") => settings.max_obj_size = parser.value()?.parse()?,
                Long("timeout") => {
                    settings.timeout = Duration::from_secs(parser.value()?.parse::<u16>()?.into());
                }
                Long("trace") => settings.trace = true,
                Short('h') | Long("help") => return Err(Failure::Help),
                _ => return Err(argument.unexpected().into()),
            }
        }
        settings.device = device
            .ok_or_else(|| Failure::usage("--device FILE is missing"))?
            .into();
        if settings.factory && settings.store.is_some() {
            return Err(Failure::usage("--factory and --store exclude each other"));
        }
        if settings.timeout.is_zero() {
            return Err(Failure::usage("--timeout takes at least 1"));
        }
        Ok(settings)
    }
}

fn run(parser: &mut lexopt::Parser) -> Result<(), Failure> {
    let settings = Settings::parse(parser)?;
    let device = Device::load(&settings.device)?.with_objects(settings.max_obj_size);
    let mut tree = if settings.factory {
        device.open()?
    } else {
        let usual = || stored::usual_path(&settings.device);
        let store = settings.store.clone().unwrap_or_else(usual);
        stored::open_to_change(&device, &store)?
    };
    let interrupt = Interrupt::listen()?;
    let redirected = match &settings.server {
        Some(url) => Some(Redirected::to(
            url,
            &mut tree,
            &device,
            settings.server_id.as_deref(),
        )?),
        None => None,
    };
    let schema = device.schema();
    let before = changes::snapshot(&mut tree, &schema);
    let ended = session(&settings, &device, &mut tree, &interrupt);
    let after = changes::snapshot(&mut tree, &schema);
    let text = String::from("\n") + &changes::lines(&before, &after);
    if let Some(redirected) = redirected {
        redirected.undo(&mut tree)?;
    }
    console::print(&text)?;
    let (report, trouble) = ended?;
    console::print(&format!(
        "{} messages sent, {} received; {} commands executed, {} refused\n",
        report.messages_sent, report.messages_received, report.executed, report.refused
    ))?;
    match report.end {
        End::Closed => Ok(()),
        _ if interrupt.came() => Err(Failure::failed("interrupted")),
        End::AbortedByServer => Err(Failure::failed(
            "the server aborted the session (Alert 1223)",
        )),
        End::Failed(error) => Err(Failure::failed(match trouble {
            Some(trouble) => format!("{error}: {trouble}"),
            None => error.to_string(),
        })),
        _ => Err(Failure::failed("the session did not close")),
    }
}

/// An account with another address for the time of a session.
struct Redirected {
    leaf: String,
    url: Vec<u8>,
    usual: Vec<u8>,
}

impl Redirected {
    /// Makes `url` the address of the account.
    fn to(
        url: &str,
        tree: &mut Tree<'_>,
        device: &Device,
        server_id: Option<&str>,
    ) -> Result<Self, Failure> {
        let leaf = device.address(tree, server_id).ok_or_else(|| {
            Failure::failed(match server_id {
                Some(id) => format!("the device has no account of the server {id}"),
                None => "the device has no account".to_owned(),
            })
        })?;
        let usual = value(tree, &leaf)?;
        let url = url.as_bytes().to_vec();
        set(tree, &leaf, &url)?;
        Ok(Self { leaf, url, usual })
    }

    /// Makes it the address of before, unless the session has put another one there.
    fn undo(self, tree: &mut Tree<'_>) -> Result<(), Failure> {
        match value(tree, &self.leaf) {
            Ok(now) if now == self.url => set(tree, &self.leaf, &self.usual),
            // The account has another address now, or is gone.
            _ => Ok(()),
        }
    }
}

fn value(tree: &mut Tree<'_>, leaf: &str) -> Result<Vec<u8>, Failure> {
    let mut octets = vec![0; usize::from(u16::MAX)];
    let len = tree
        .local()
        .get(leaf, &mut octets)
        .map_err(|why| Failure::failed(format!("{leaf}: {why}")))?;
    octets.truncate(len);
    Ok(octets)
}

fn set(tree: &mut Tree<'_>, leaf: &str, octets: &[u8]) -> Result<(), Failure> {
    tree.local()
        .set(leaf, octets)
        .map_err(|why| Failure::failed(format!("{leaf}: {why}")))
}

/// Runs the session: its report, and what the connection says about a failure.
fn session(
    settings: &Settings,
    device: &Device,
    tree: &mut Tree<'_>,
    interrupt: &Interrupt,
) -> Result<(Report, Option<String>), Failure> {
    let size = usize::from(settings.max_msg_size);
    let mut rx = vec![0; size.saturating_add(Client::next_space(settings.encoding))];
    let (mut tx, mut work) = (vec![0; size], vec![0; usize::from(u16::MAX)]);
    let object = usize::try_from(settings.max_obj_size).unwrap_or(usize::MAX);
    // An address and a MIME type stand before the value.
    let mut objects = vec![
        0;
        if object == 0 {
            0
        } else {
            object.saturating_add(1024)
        }
    ];
    let memory = Memory {
        rx: &mut rx,
        tx: &mut tx,
        work: &mut work,
    };
    let mut client = Client::new(memory, settings.encoding)
        .map_err(|why| Failure::failed(why.to_string()))?
        .with_user()
        .with_objects(&mut objects, settings.max_obj_size);
    let mut space = [0; 2048];
    let config = HttpConfig {
        plain: true,
        ..HttpConfig::default()
    };
    let tls = link::trust(&settings.authorities)?;
    let dialler = Dialler::new(settings.timeout, tls, interrupt.clone());
    let mut watched = Watched {
        transport: Http::new(dialler, config, &mut space),
        screen: Screen::new(device.schema(), settings.trace),
        interrupt: interrupt.clone(),
    };
    let mut host = Terminal {
        desk: Desk::new(),
        interrupt: interrupt.clone(),
    };
    let trigger = Trigger::Client {
        server_id: settings.server_id.as_deref(),
        session_id: settings.session_id,
    };
    let session = carry(&mut client, tree, trigger, &mut watched, &mut host);
    let report = block_on(session).map_err(|why| Failure::failed(why.to_string()))?;
    let trouble = watched.transport.connector().trouble().map(str::to_owned);
    Ok((report, trouble))
}

/// Clock, dice and user of the device.
struct Terminal {
    desk: Desk,
    interrupt: Interrupt,
}

impl Host for Terminal {
    fn moment(&mut self) -> Moment {
        self.desk.moment()
    }

    async fn delay_until(&mut self, ms: Option<u64>) {
        self.interrupt.sleep(self.desk.time_until(ms));
    }

    async fn ask<'t>(&mut self, question: &Question<'_>, space: AnswerSpace<'t>) -> Answer<'t> {
        match user::ask(question) {
            Reply::Plain(answer) => answer,
            Reply::Text(text) => space.text(&text),
            Reply::Chosen(numbers) => space.chosen(&numbers),
        }
    }
}
