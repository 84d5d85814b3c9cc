//! A device between two power failures: it opens its tree from flash and has one session with its server.

use dm_bindings::http::{Authority, Config, Connector, Http, Link};
use dm_bindings::store_flash::{FlashStore, KeyCache};
use dm_bindings::{Host, run};
use dm_core::{Client, Encoding, End, Error, Failure, Memory, Moment, Report, Trigger};
use dm_tree::{NodeSlot, Reason, Tree, TreeMemory};
use embedded_io_async::{ErrorType, Read, Write};

use crate::host::{self, Flash};
use crate::{device, print, uart};

/// The address of the server, whose name its certificate has to bear when there is one.
const SERVER: &str = if cfg!(feature = "tls") {
    "https://dm.example.org/dm"
} else {
    "http://dm.example.org/dm"
};

/// Who the device is, the account of its server, and what conformance scripts look for. The nonces are empty: the server sends the
/// first ones.
const FACTORY: &[(&str, &str)] = &[
    ("DevInfo/DevId", "IMEI:004999010640000"),
    ("DevInfo/Man", "Maker"),
    ("DevInfo/Mod", "Model"),
    ("DevInfo/DmV", "1.2"),
    ("DevInfo/Lang", "en-GB"),
    ("DevDetail/FwV", "1"),
    ("DMAcc/srv/AppID", "w7"),
    ("DMAcc/srv/ServerID", "srv"),
    ("DMAcc/srv/AppAddr/a/Addr", SERVER),
    ("DMAcc/srv/AppAddr/a/AddrType", "URI"),
    ("DMAcc/srv/AppAuth/c/AAuthLevel", "CLCRED"),
    ("DMAcc/srv/AppAuth/c/AAuthType", "DIGEST"),
    ("DMAcc/srv/AppAuth/c/AAuthName", "device-7"),
    ("DMAcc/srv/AppAuth/c/AAuthSecret", "device-secret"),
    ("DMAcc/srv/AppAuth/c/AAuthData", ""),
    ("DMAcc/srv/AppAuth/s/AAuthLevel", "SRVCRED"),
    ("DMAcc/srv/AppAuth/s/AAuthType", "DIGEST"),
    ("DMAcc/srv/AppAuth/s/AAuthName", "srv"),
    ("DMAcc/srv/AppAuth/s/AAuthSecret", "server-secret"),
    ("DMAcc/srv/AppAuth/s/AAuthData", ""),
    ("Vendor/cfg/apn", "none"),
    ("Vendor/cfg/host", "none"),
    ("Vendor/cfg/label", "l"),
];

/// All memory of the device but the node slots.
pub struct Buffers {
    rx: [u8; 2048],
    tx: [u8; 1536],
    work: [u8; 128],
    pool: [u8; 1024],
    value: [u8; 128],
    record: [u8; 256],
    space: [u8; 1024],
}

impl Buffers {
    /// For a static.
    pub const fn new() -> Self {
        Self {
            rx: [0; 2048],
            tx: [0; 1536],
            work: [0; 128],
            pool: [0; 1024],
            value: [0; 128],
            record: [0; 256],
            space: [0; 1024],
        }
    }
}

impl Default for Buffers {
    fn default() -> Self {
        Self::new()
    }
}

/// Live nodes of the device, with some to spare.
pub type Nodes = [NodeSlot; 80];

/// Where a life came to nothing.
#[derive(Debug)]
pub struct Broken(pub &'static str);

/// One life: opens the tree, furnishes it the first time, and has a session over `connector`.
///
/// The order `fuel=N` lets the power fail after N octets of flash; `factory=1` ends the life before the session.
///
/// # Errors
/// The place where it broke off.
pub async fn life<C: Connector>(
    buffers: &'static mut Buffers,
    nodes: &'static mut Nodes,
    connector: C,
) -> Result<(), Broken> {
    let mut flash = Flash::open(host::order("fuel")).map_err(|_| Broken("flash"))?;
    let range = 0..host::FLASH as u32;
    let mut store = FlashStore::open(&mut flash, range, &mut buffers.record, KeyCache::<96>)
        .map_err(|_| Broken("store"))?;
    let memory = TreeMemory {
        nodes,
        pool: &mut buffers.pool,
        value: &mut buffers.value,
    };
    let mut tree = Tree::open(
        &device::SCHEMA,
        &mut store,
        &mut [],
        memory,
        device::URI_LIMITS,
    )
    .map_err(|_| Broken("tree"))?;
    if tree.local().find("./DMAcc/srv").is_none() {
        furnish(&mut tree).map_err(|_| Broken("factory"))?;
    }
    tell(&mut tree, "before: ");
    if host::order("factory").is_none() {
        let memory = Memory {
            rx: &mut buffers.rx,
            tx: &mut buffers.tx,
            work: &mut buffers.work,
        };
        let mut client = Client::new(memory, Encoding::Wbxml).map_err(|_| Broken("client"))?;
        let config = Config {
            plain: !cfg!(feature = "tls"),
            ..Config::default()
        };
        let mut http = Http::new(connector, config, &mut buffers.space);
        let trigger = Trigger::Client {
            server_id: None,
            session_id: None,
        };
        let report = run(&mut client, &mut tree, trigger, &mut http, &mut Board).await;
        report_on(&report.map_err(|_| Broken("start"))?)?;
        tell(&mut tree, "after: ");
    }
    print::figure("octets of flash changed", flash.burnt());
    Ok(())
}

/// What leaves the factory, all of it or nothing.
fn furnish(tree: &mut Tree<'_>) -> Result<(), Reason> {
    tree.begin()?;
    let mut factory = tree.factory();
    factory.seed(".", FACTORY)?;
    factory.acl(".", "Get=srv")?;
    factory.acl("./Vendor/cfg", "Add=srv&Delete=srv&Get=srv&Replace=srv")?;
    tree.commit().map(|_| ())
}

/// Prints the two values that the server sets together.
fn tell(tree: &mut Tree<'_>, when: &str) {
    print::text(when);
    for uri in ["./Vendor/cfg/apn", "./Vendor/cfg/host"] {
        let mut value = [0; 16];
        let length = tree.local().get(uri, &mut value).unwrap_or(0);
        print::bytes(value.get(..length).unwrap_or_default());
        print::text(" ");
    }
    print::line("");
}

fn report_on(report: &Report) -> Result<(), Broken> {
    print::figure("messages sent", report.messages_sent.into());
    print::figure("messages received", report.messages_received.into());
    print::figure("commands executed", report.executed.into());
    print::figure("commands refused", report.refused.into());
    Err(Broken(match report.end {
        End::Closed => return Ok(()),
        End::Failed(Error::Transport(Failure::Timeout)) => "session: the server is silent",
        End::Failed(Error::Transport(Failure::Tls)) => "session: TLS",
        End::Failed(Error::Transport(_)) => "session: transport",
        End::Failed(Error::Server(_)) => "session: server",
        End::Failed(Error::Codec(..)) => "session: codec",
        _ => "session",
    }))
}

/// Clock and dice.
struct Board;

impl Host for Board {
    fn moment(&mut self) -> Moment {
        let mut random = [0; 16];
        // Nothing that is sent needs more than being new; a failure shows in the sessions of the host program.
        let _ = host::random(&mut random);
        Moment {
            ms: host::ms(),
            utc: host::utc(),
            random,
        }
    }

    async fn delay_until(&mut self, ms: Option<u64>) {
        uart::until(ms.unwrap_or(0)).await;
    }
}

/// A line to one place, already dialled: as good as a connection to whoever is asked for.
#[derive(Debug)]
pub struct Line<S>(pub S);

/// The line, lent for one connection.
#[derive(Debug)]
pub struct Lent<'l, S>(&'l mut S);

impl<S: Read + Write> Connector for Line<S> {
    type Stream<'c>
        = Lent<'c, S>
    where
        Self: 'c;

    async fn connect<'t>(&mut self, _: &Authority<'t>) -> Result<Link<'t, Lent<'_, S>>, Failure> {
        Ok(Link::Plain(Lent(&mut self.0)))
    }
}

impl<S: ErrorType> ErrorType for Lent<'_, S> {
    type Error = S::Error;
}

impl<S: Read> Read for Lent<'_, S> {
    async fn read(&mut self, buf: &mut [u8]) -> Result<usize, S::Error> {
        self.0.read(buf).await
    }
}

impl<S: Write> Write for Lent<'_, S> {
    async fn write(&mut self, buf: &[u8]) -> Result<usize, S::Error> {
        self.0.write(buf).await
    }

    async fn flush(&mut self) -> Result<(), S::Error> {
        self.0.flush().await
    }
}

/// TLS over a line, with the issuer's certificate from the file `issuer.der`.
#[cfg(feature = "tls")]
pub mod secured {
    use dm_bindings::tls13::{Clock, Entropy, Issuer, NoEntropy, Tls13};

    use super::Line;
    use crate::host;

    /// The host's clock.
    #[derive(Debug)]
    pub struct HostClock;

    impl Clock for HostClock {
        fn utc() -> Option<u64> {
            host::utc()
        }
    }

    /// The host's random octets.
    #[derive(Debug)]
    pub struct HostEntropy;

    impl Entropy for HostEntropy {
        fn fill(&mut self, to: &mut [u8]) -> Result<(), NoEntropy> {
            host::random(to).map_err(|_| NoEntropy)
        }
    }

    /// Record buffers, and room for the issuer's certificate.
    pub struct TlsBuffers {
        rx: [u8; 16_640],
        tx: [u8; 2048],
        issuer: [u8; 1024],
    }

    impl TlsBuffers {
        /// For a static.
        pub const fn new() -> Self {
            Self {
                rx: [0; 16_640],
                tx: [0; 2048],
                issuer: [0; 1024],
            }
        }
    }

    impl Default for TlsBuffers {
        fn default() -> Self {
            Self::new()
        }
    }

    /// The connector of the device.
    pub type Secured<S> = Tls13<'static, Line<S>, Issuer<'static, HostClock>, HostEntropy>;

    /// Puts TLS over a line; `None`: nobody says whom to trust.
    pub fn over<S: embedded_io_async::Read + embedded_io_async::Write>(
        line: Line<S>,
        buffers: &'static mut TlsBuffers,
    ) -> Option<Secured<S>> {
        let length = host::read_file(c"issuer.der", &mut buffers.issuer)?;
        let issuer = buffers.issuer.get(..length)?;
        let trust = Issuer::new(issuer);
        Some(Tls13::new(
            line,
            trust,
            HostEntropy,
            &mut buffers.rx,
            &mut buffers.tx,
        ))
    }
}
