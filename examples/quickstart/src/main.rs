//! A device in one page: a lamp with a management tree, and a DM server that switches it on over HTTP.

#![forbid(unsafe_code)]

use std::error::Error;
use std::time::{Duration, Instant};

use dm_bindings::http::{Config, Http};
use dm_bindings::std_net::{TcpConnector, block_on};
use dm_bindings::{Host, run};
use dm_core::{Client, Encoding, Memory, Moment, Trigger};
use dm_tree::{
    At, Handler, Mount, NodeSlot, Outcome, Progress, RamStore, Reason, Sink, Tree, TreeMemory,
    UriLimits, Value,
};

// What `build.rs` made of `lamp.ddf`: the tables, and a constant for each node.
dm_tree::include_schema!(device);

/// The hardware.
struct Lamp {
    lit: bool,
}

/// What happens when a server reads or writes `./Lamp/Lit`. It had to prove itself and have the right to get here.
impl Handler for Lamp {
    fn get(&mut self, _: At<'_>, out: &mut Sink<'_>) -> Outcome {
        out.bool(self.lit)
    }

    fn replace(&mut self, _: At<'_>, value: Value<'_>) -> Outcome {
        self.lit = value.bool()?;
        Ok(Progress::Done)
    }
}

fn main() -> Result<(), Box<dyn Error>> {
    // Normally far away: a server that reads who we are, and wants light.
    let server = dm_server::Server::bind("127.0.0.1:0", scenario())?;
    let url = server.url();
    let server = server.spawn();

    // The tree. All memory is ours, and its size is known when the program is built.
    let mut lamp = Lamp { lit: false };
    let mut mounts = [Mount::new(device::LAMP_LIT, &mut lamp)];
    let (mut values, mut nodes, mut pool, mut value) =
        ([0; 2048], [NodeSlot::EMPTY; 64], [0; 512], [0; 256]);
    let mut store = RamStore::new(&mut values);
    let memory = TreeMemory {
        nodes: &mut nodes,
        pool: &mut pool,
        value: &mut value,
    };
    let mut tree = Tree::open(
        &device::SCHEMA,
        &mut store,
        &mut mounts,
        memory,
        UriLimits::default(),
    )?;
    provision(&mut tree, &url)?;

    // The client, and a session from the first message to the report.
    let (mut rx, mut tx, mut work) = ([0; 2560], [0; 2048], [0; 256]);
    let memory = Memory {
        rx: &mut rx,
        tx: &mut tx,
        work: &mut work,
    };
    let mut client = Client::new(memory, Encoding::Wbxml)?;
    let mut space = [0; 1280];
    let tcp = TcpConnector {
        limit: Duration::from_secs(10),
    };
    let mut http = Http::new(
        tcp,
        Config {
            plain: true,
            ..Config::default()
        },
        &mut space,
    );
    let trigger = Trigger::Client {
        server_id: None,
        session_id: None,
    };
    let report = block_on(run(
        &mut client,
        &mut tree,
        trigger,
        &mut http,
        &mut Desk(Instant::now()),
    ))?;

    for transcript in server.stop() {
        println!("{transcript}");
    }
    println!(
        "{} commands executed, {} refused",
        report.executed, report.refused
    );
    println!("the lamp is {}", if lamp.lit { "lit" } else { "dark" });
    Ok(())
}

/// What the factory writes: who the device is, and the account of its server.
fn provision(tree: &mut Tree<'_>, url: &str) -> Result<(), Reason> {
    let mut factory = tree.factory();
    factory.seed(
        "./DevInfo",
        &[
            ("DevId", "urn:x:lamp-1"),
            ("Man", "Example Lamps"),
            ("Mod", "EL-1"),
            ("DmV", "1.2"),
            ("Lang", "en"),
        ],
    )?;
    factory.seed(
        "./DMAcc/Home",
        &[
            ("AppID", "w7"),
            ("ServerID", "dm.example.org"),
            ("AppAddr/1/Addr", url),
            ("AppAuth/Lamp/AAuthLevel", "CLCRED"),
            ("AppAuth/Lamp/AAuthType", "DIGEST"),
            ("AppAuth/Lamp/AAuthName", "lamp-1"),
            ("AppAuth/Lamp/AAuthSecret", "let there be"),
            ("AppAuth/Lamp/AAuthData", ""),
            ("AppAuth/Server/AAuthLevel", "SRVCRED"),
            ("AppAuth/Server/AAuthType", "DIGEST"),
            ("AppAuth/Server/AAuthName", "dm.example.org"),
            ("AppAuth/Server/AAuthSecret", "light"),
            ("AppAuth/Server/AAuthData", ""),
        ],
    )?;
    factory.acl("./Lamp", "Get=dm.example.org&Replace=dm.example.org")
}

/// What the server does, and how both sides prove themselves.
fn scenario() -> dm_server::Config {
    use dm_server::{Op, Package, Scheme, Secret};
    let mut config = dm_server::Config::default();
    config.server.secret = Secret::new("light");
    config.server.auth = Some(Scheme::Md5);
    config.devices = vec![dm_server::Device::new("lamp-1", "let there be")];
    config.packages = vec![Package::new([
        Op::get("./DevInfo/Man"),
        Op::get("./Lamp/Lit"),
        Op::replace("./Lamp/Lit", "true").format("bool"),
    ])];
    config
}

/// The device's clock and dice.
struct Desk(Instant);

impl Host for Desk {
    fn moment(&mut self) -> Moment {
        let ms = self.0.elapsed().as_millis() as u64;
        Moment {
            ms,
            utc: None,
            random: random(),
        }
    }

    async fn delay_until(&mut self, ms: Option<u64>) {
        let now = self.moment().ms;
        std::thread::sleep(Duration::from_millis(ms.unwrap_or(now).saturating_sub(now)));
    }
}

/// Sixteen octets that nobody can foresee: firmware asks its random number generator.
fn random() -> [u8; 16] {
    use std::hash::{BuildHasher, Hasher, RandomState};
    let word = || u128::from(RandomState::new().build_hasher().finish());
    (word() << 64 | word()).to_be_bytes()
}
