//! One reference session, with the price of each part.

use crate::board;
use crate::device;
use crate::measure::{Scale, Stack};
use crate::print;
use core::mem::MaybeUninit;
use dm_core::{Client, Encoding, End, Memory, Moment, Peer, Received, Report, Step, Trigger};
use dm_tree::{NodeSlot, RamStore, Tree, TreeMemory};

/// The server's two messages.
pub struct Script {
    /// Name of the encoding, for the output.
    pub name: &'static str,
    encoding: Encoding,
    m2: &'static [u8],
    /// What asks for the rest of m3, where that goes in two messages.
    more: &'static [u8],
    m4: &'static [u8],
    /// In a session of its own: a serialised tree is added, and read again.
    #[cfg(feature = "tnds")]
    tree: &'static [u8],
}

/// A script for each encoding that is linked.
pub const SCRIPTS: &[Script] = &[
    #[cfg(feature = "wbxml")]
    Script {
        name: "wbxml",
        encoding: Encoding::Wbxml,
        m2: include_bytes!(
            "../../../tests/corpus/reference-session/m2-server-10get-5replace.wbxml"
        ),
        #[cfg(feature = "kib")]
        more: include_bytes!("../../../tests/corpus/reference-session/more-server-1222.wbxml"),
        #[cfg(feature = "kib")]
        m4: include_bytes!(
            "../../../tests/corpus/reference-session/m4-server-final-after-more.wbxml"
        ),
        #[cfg(not(feature = "kib"))]
        more: &[],
        #[cfg(not(feature = "kib"))]
        m4: include_bytes!("../../../tests/corpus/reference-session/m4-server-final.wbxml"),
        #[cfg(feature = "tnds")]
        tree: include_bytes!("tree.wbxml"),
    },
    #[cfg(feature = "xml")]
    Script {
        name: "xml",
        encoding: Encoding::Xml,
        m2: include_bytes!("../../../tests/corpus/reference-session/m2-server-10get-5replace.xml"),
        more: &[],
        m4: include_bytes!("../../../tests/corpus/reference-session/m4-server-final.xml"),
        #[cfg(feature = "tnds")]
        tree: include_bytes!("tree.xml"),
    },
];

/// The server's message and the space for its next one, in the encoding that needs more.
const RX: usize = if cfg!(feature = "xml") {
    2880 + 1536
} else {
    1032 + 512
};
/// Our answer to ten Gets and five Replaces, in one message or in two.
const TX: usize = if cfg!(feature = "kib") {
    1024
} else if cfg!(feature = "xml") {
    5376
} else {
    1856
};

/// The session has 44 live nodes; there are some for what a server adds, and for the account of a bootstrap.
const NODES: usize = 64;
/// Apart from the rest, because an empty slot is not all zero.
pub type Nodes = [NodeSlot; NODES];
/// Slots without nodes.
pub const NO_NODES: Nodes = [NodeSlot::EMPTY; NODES];

/// Octets of the undo log of a transaction that makes an account.
const UNDO: usize = if cfg!(feature = "bootstrap") { 512 } else { 0 };
/// Names, rights and types of nodes and the log of a command take 74 octets; servers may have more of them.
const POOL: usize = 192 + UNDO;
/// The values of the device take 418 octets, those that the server writes included.
const VALUES: usize = 512 + 2 * UNDO;

/// All other memory of a client, as firmware would reserve it.
pub struct Statics {
    client: MaybeUninit<Client<'static>>,
    tree: MaybeUninit<Tree<'static>>,
    store: MaybeUninit<RamStore<'static>>,
    rx: [u8; RX],
    tx: [u8; TX],
    work: [u8; 64],
    pool: [u8; POOL],
    value: [u8; 96 + UNDO / 8],
    values: [u8; VALUES],
}

impl Statics {
    /// For a static.
    pub const fn new() -> Self {
        Self {
            client: MaybeUninit::uninit(),
            tree: MaybeUninit::uninit(),
            store: MaybeUninit::uninit(),
            rx: [0; RX],
            tx: [0; TX],
            work: [0; 64],
            pool: [0; POOL],
            value: [0; 96 + UNDO / 8],
            values: [0; VALUES],
        }
    }
}

impl Default for Statics {
    fn default() -> Self {
        Self::new()
    }
}

/// Where a session broke off.
#[derive(Debug)]
pub struct Broken(pub &'static str);

/// What a session left behind.
struct Outcome {
    report: Report,
    /// Octets and checksum of the two client messages.
    sent: [(u32, u32); 2],
    /// Ticks of seeding the factory values, m1, m2 with m3, and m4 with the end.
    ticks: [u32; 4],
}

/// Runs one script in the given memory and prints what came out; `scale`: what a tick is worth.
///
/// # Errors
/// The place where the session broke off.
pub fn run(
    script: &Script,
    statics: &'static mut Statics,
    nodes: &'static mut Nodes,
    scale: Scale,
) -> Result<(), Broken> {
    let stack = Stack::paint();
    let started = board::ticks();
    let (tree, client) = open(script, statics, nodes)?;
    let opened = board::ticks_since(started);
    let outcome = session(script, tree, client)?;
    #[cfg(feature = "tnds")]
    serialised_tree(script, tree, client)?;
    #[cfg(any(feature = "notification", feature = "bootstrap"))]
    crate::doors::open(tree, client);
    let peak = stack.peak();
    print::text("session ");
    print::line(script.name);
    for (name, (len, sum)) in ["m1", "m3"].into_iter().zip(outcome.sent) {
        print::text(name);
        print::text(": ");
        print::number(len);
        print::text(" octets, checksum ");
        print::number(sum);
        print::text("\n");
    }
    let report = outcome.report;
    print::line(match report.end {
        End::Closed => "end: closed",
        End::AbortedByServer => "end: aborted by server",
        _ => "end: failed",
    });
    print::figure("messages sent", report.messages_sent.into());
    print::figure("messages received", report.messages_received.into());
    print::figure("commands executed", report.executed.into());
    print::figure("commands refused", report.refused.into());
    let mut all = scale.instructions(opened);
    measured(script, "open", "instructions", all);
    for (part, ticks) in ["factory", "m1", "m3", "end"]
        .into_iter()
        .zip(outcome.ticks)
    {
        measured(script, part, "instructions", scale.instructions(ticks));
        all += scale.instructions(ticks);
    }
    measured(script, "session", "instructions", all);
    measured(script, "session", "stack", peak);
    Ok(())
}

fn measured(script: &Script, part: &str, what: &str, value: u32) {
    print::text("measured ");
    print::text(script.name);
    print::text(" ");
    print::text(part);
    print::text(" ");
    print::figure(what, value);
}

/// The time of all calls.
pub(crate) const NOW: Moment = Moment {
    ms: 0,
    utc: None,
    random: [0x5A; 16],
};

/// A session as firmware drives it, without a transport.
#[inline(never)]
fn session(
    script: &Script,
    tree: &mut Tree<'static>,
    client: &mut Client<'static>,
) -> Result<Outcome, Broken> {
    let started = board::ticks();
    device::provision(&mut tree.factory()).map_err(|_| Broken("factory"))?;
    let factory = board::ticks_since(started);

    let trigger = Trigger::Client {
        server_id: None,
        session_id: Some(1),
    };
    let started = board::ticks();
    let step = client.start(tree, trigger, &NOW);
    let m1 = board::ticks_since(started);
    let sent_m1 = sent(step, "m1")?;

    let started = board::ticks();
    let got = received(deliver(script.m2, client).ok_or(Broken("rx"))?);
    let mut step = client.receive(tree, got, &NOW);
    if !script.more.is_empty() {
        let _ = sent(step, "m3, first message")?;
        let got = received(deliver(script.more, client).ok_or(Broken("rx"))?);
        step = client.receive(tree, got, &NOW);
    }
    let m3 = board::ticks_since(started);
    let sent_m3 = sent(step, "m3")?;

    let started = board::ticks();
    let got = received(deliver(script.m4, client).ok_or(Broken("rx"))?);
    let step = client.receive(tree, got, &NOW);
    let end = board::ticks_since(started);
    let Ok(Step::Done(report)) = step else {
        return Err(Broken("m4"));
    };
    Ok(Outcome {
        report,
        sent: [sent_m1, sent_m3],
        ticks: [factory, m1, m3, end],
    })
}

/// A session in which the server adds a serialised tree and reads it again, and then goes away.
#[cfg(feature = "tnds")]
fn serialised_tree(
    script: &Script,
    tree: &mut Tree<'static>,
    client: &mut Client<'static>,
) -> Result<(), Broken> {
    begin_again(tree, client)?;
    answer(script.tree, tree, client)?;
    tree.local()
        .find("./Vendor/cfg/set/host")
        .ok_or(Broken("serialised tree"))?;
    let _ = client.failed(tree, dm_core::Failure::Link, &NOW);
    Ok(())
}

#[cfg(feature = "tnds")]
#[inline(never)]
fn begin_again(tree: &mut Tree<'static>, client: &mut Client<'static>) -> Result<(), Broken> {
    let trigger = Trigger::Client {
        server_id: None,
        session_id: Some(2),
    };
    sent(client.start(tree, trigger, &NOW), "package 1").map(|_| ())
}

#[cfg(feature = "tnds")]
#[inline(never)]
fn answer(
    message: &[u8],
    tree: &mut Tree<'static>,
    client: &mut Client<'static>,
) -> Result<(), Broken> {
    let got = received(deliver(message, client).ok_or(Broken("rx"))?);
    match client.receive(tree, got, &NOW) {
        Ok(Step::Send(_)) => Ok(()),
        _ => Err(Broken("answer to a serialised tree")),
    }
}

/// Makes tree and client ready; apart, so that no call of the session stands on its frame.
#[inline(never)]
fn open(
    script: &Script,
    statics: &'static mut Statics,
    nodes: &'static mut Nodes,
) -> Result<(&'static mut Tree<'static>, &'static mut Client<'static>), Broken> {
    let store = statics.store.write(RamStore::new(&mut statics.values));
    let memory = TreeMemory {
        nodes,
        pool: &mut statics.pool,
        value: &mut statics.value,
    };
    let tree = Tree::open(&device::SCHEMA, store, &mut [], memory, device::URI_LIMITS);
    let tree = statics.tree.write(tree.map_err(|_| Broken("tree"))?);
    let memory = Memory {
        rx: &mut statics.rx,
        tx: &mut statics.tx,
        work: &mut statics.work,
    };
    let client = Client::new(memory, script.encoding);
    let client = statics.client.write(client.map_err(|_| Broken("client"))?);
    Ok((tree, client))
}

/// Puts a server message where a transport would read it to; its length.
#[inline(never)]
fn deliver(message: &[u8], client: &mut Client<'_>) -> Option<usize> {
    let space = client.rx_space().get_mut(..message.len())?;
    space.copy_from_slice(message);
    Some(message.len())
}

/// What a transport tells of an answer. It is taken as proved.
const fn received(len: usize) -> Received<'static> {
    Received {
        len,
        content_type: "",
        hmac: None,
        peer: Peer::Secured {
            name: "dm.example.test",
        },
    }
}

/// Octets and FNV-1a checksum of the message that the step sends.
fn sent(step: Result<Step<'_>, dm_core::Error>, place: &'static str) -> Result<(u32, u32), Broken> {
    let Ok(Step::Send(request)) = step else {
        return Err(Broken(place));
    };
    let mut sum = 0x811C_9DC5_u32;
    for byte in request.body {
        sum = (sum ^ u32::from(*byte)).wrapping_mul(0x0100_0193);
    }
    Ok((request.body.len() as u32, sum))
}
