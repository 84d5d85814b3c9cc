//! A device without an account on a flash whose power fails: it is bootstrapped by a push, has its first session, is reset,
//! is called by a notification, has its second session, is reset, and knows the notification when it comes again.

#![no_std]
#![no_main]

mod server;

use core::mem::MaybeUninit;
use core::sync::atomic::Ordering;

use cortex_m::peripheral::SCB;
use dm_bindings::store_flash::{FlashStore, KeyCache};
use dm_core::bootstrap::{Bootstrap, BootstrapPolicy, Origin, Profile, Refused};
use dm_core::{Client, Encoding, End, Memory, Moment, Notification, Rejected, Sec, Step, Trigger};
use dm_tree::{NodeSlot, Tree, TreeMemory};
use firmware::flash::{FUEL, Flash, REGION};
use firmware::{board, device, print};
use server::Server;

/// The document that is pushed, and its MAC with the PIN, made elsewhere.
const DOCUMENT: &[u8] = include_bytes!("provisioning.wbxml");
const MAC: &[u8] = b"3A6DB8E216D8E59181374F4F8AC7B951D51A387C";
const PIN: &[u8] = b"1234";
/// Changed bytes by which each attempt to bootstrap lasts longer than the one before.
const STEP: u32 = 150;
/// Tells memory that was prepared from memory after power-on.
const PREPARED: u32 = 0x6f6d_6132;

/// What a reset leaves alone: the flash, and what is not the device.
#[repr(C)]
struct Kept {
    prepared: u32,
    /// Where the story is.
    chapter: u32,
    /// Attempts to bootstrap.
    attempts: u32,
    server: Server,
    flash: [u8; REGION],
}

#[unsafe(link_section = ".uninit.KEPT")]
static mut KEPT: MaybeUninit<Kept> = MaybeUninit::uninit();

#[cortex_m_rt::entry]
fn main() -> ! {
    board::start_clock();
    let kept = &raw mut KEPT;
    // SAFETY: one thread, no interrupt, and this is the only reference. Any bytes are numbers, and those of the emulated
    // RAM are there: it is zero at power-on and stays as it is when the core is reset.
    let kept = unsafe { (*kept).assume_init_mut() };
    if kept.prepared != PREPARED {
        kept.chapter = 0;
        kept.attempts = 0;
        kept.server = Server::new();
        kept.flash.fill(0xFF);
        kept.prepared = PREPARED;
    }
    match live(kept) {
        Ok(()) if kept.chapter < 4 => SCB::sys_reset(),
        Ok(()) => board::exit(0),
        Err(place) => {
            print::text("broken at ");
            print::line(place);
            print::figure("chapter", kept.chapter);
            board::exit(1)
        }
    }
}

/// From one reset to the next.
fn live(kept: &mut Kept) -> Result<(), &'static str> {
    let mut nodes = [NodeSlot::EMPTY; 80];
    let (mut pool, mut value, mut buffer) = ([0; 1536], [0; 128], [0; 256]);
    let flash = Flash {
        bytes: &mut kept.flash,
    };
    let mut store = FlashStore::open(flash, 0..REGION as u32, &mut buffer, KeyCache::<96>)
        .map_err(|_| "store")?;
    let memory = TreeMemory {
        nodes: &mut nodes,
        pool: &mut pool,
        value: &mut value,
    };
    let limits = device::URI_LIMITS;
    let mut tree =
        Tree::open(&device::SCHEMA, &mut store, &mut [], memory, limits).map_err(|_| "tree")?;
    let (mut rx, mut tx, mut work) = ([0; 1536], [0; 1536], [0; 128]);
    let memory = Memory {
        rx: &mut rx,
        tx: &mut tx,
        work: &mut work,
    };
    let mut client = Client::new(memory, Encoding::Wbxml).map_err(|_| "client")?;
    match kept.chapter {
        0 => {
            device::provision_without_account(&mut tree.factory()).map_err(|_| "factory")?;
            let started = client.start(&mut tree, by_device(), &NOW);
            if started.is_ok() {
                return Err("a session without account");
            }
            print::line("power-on: no account, no session");
        }
        1 => {
            if !is_bootstrapped(&mut tree)? {
                kept.attempts += 1;
                FUEL.store(kept.attempts * STEP, Ordering::Relaxed);
                bootstrap(&mut tree).map_err(|_| "bootstrap")?;
                FUEL.store(u32::MAX, Ordering::Relaxed);
            }
            print::line("bootstrap: the account is there");
            print::figure(
                "measured attempts, the others cut by a reset",
                kept.attempts,
            );
            match bootstrap(&mut tree) {
                Err(Refused::Replayed) => {
                    print::line("the same push: refused, it was applied before")
                }
                _ => return Err("the same push was not refused"),
            }
            print::line("first session, by the device");
            session(&mut client, &mut tree, by_device(), &mut kept.server)?;
        }
        2 => {
            let package0 = kept.server.notify();
            let trigger = notified(&mut client, &mut tree, &package0).map_err(|_| "trigger")?;
            print::line("reset: the notification is right");
            match notified(&mut client, &mut tree, &package0) {
                Err(Rejected::Replayed) => print::line("the same notification: refused"),
                _ => return Err("the same notification was not refused"),
            }
            print::line("second session, by the server");
            session(&mut client, &mut tree, trigger, &mut kept.server)?;
        }
        _ => match notified(&mut client, &mut tree, &kept.server.package0) {
            Err(Rejected::Replayed | Rejected::Digest) => {
                print::line("reset: the same notification: refused");
            }
            _ => return Err("an old notification was not refused"),
        },
    }
    kept.chapter += 1;
    Ok(())
}

/// What time it is, and dice that always fall alike.
const NOW: Moment = Moment {
    ms: 0,
    utc: None,
    random: [0x5A; 16],
};

fn by_device<'t>() -> Trigger<'t> {
    Trigger::Client {
        server_id: None,
        session_id: None,
    }
}

/// The push arrives, and the user types the PIN and agrees.
fn bootstrap(tree: &mut Tree<'_>) -> Result<(), Refused> {
    let mut policy = BootstrapPolicy::DEFAULT;
    policy.push = true;
    let origin = Origin::Push {
        sec: Some(Sec::UserPin),
        mac: MAC,
    };
    let mut bootstrap = Bootstrap::open(Profile::Provisioning, DOCUMENT, origin, policy)?;
    bootstrap.prove(&[], PIN)?;
    bootstrap.agree();
    bootstrap
        .apply(tree, &mut [0; 128], &mut |_| {})
        .map(|_| ())
}

/// Whether the account is there; half an account is an error.
fn is_bootstrapped(tree: &mut Tree<'_>) -> Result<bool, &'static str> {
    let mut found = 0;
    for uri in [
        "./DMAcc/1/ServerID",
        "./DMAcc/1/AppAuth/2/AAuthData",
        "./DMAcc/1/Ext/OmaDm/Source",
    ] {
        found += u32::from(tree.local().find(uri).is_some());
    }
    match (tree.local().find("./DMAcc/1").is_some(), found) {
        (false, 0) => Ok(false),
        (true, 3) => Ok(true),
        _ => Err("half an account"),
    }
}

fn notified<'p>(
    client: &mut Client<'_>,
    tree: &mut Tree<'_>,
    package0: &'p [u8],
) -> Result<Trigger<'p>, Rejected> {
    client.notified(tree, Notification::V1_2(package0), &NOW)
}

/// A session to its end, and what came of it.
fn session(
    client: &mut Client<'_>,
    tree: &mut Tree<'_>,
    trigger: Trigger<'_>,
    server: &mut Server,
) -> Result<(), &'static str> {
    let mut answer = [0; 1024];
    let mut step = client.start(tree, trigger, &NOW).map_err(|_| "start")?;
    loop {
        let len = match step {
            Step::Send(request) => server.answer(request.body, &mut answer)?,
            Step::Done(report) => {
                if report.end != End::Closed {
                    return Err("the end");
                }
                print::figure("  closed; commands executed", report.executed.into());
                print::figure("  messages", report.messages_sent.into());
                let mut label = [0; 16];
                let len = tree
                    .local()
                    .get("./Vendor/cfg/label", &mut label)
                    .unwrap_or(0);
                print::text("  label: ");
                print::bytes(label.get(..len).unwrap_or_default());
                print::text("\n");
                return Ok(());
            }
            _ => return Err("a step"),
        };
        let message = answer.get(..len).unwrap_or_default();
        let space = client.rx_space().get_mut(..len).ok_or("rx")?;
        for (to, from) in space.iter_mut().zip(message) {
            *to = *from;
        }
        let got = server::received(len);
        step = client.receive(tree, got, &NOW).map_err(|_| "receive")?;
    }
}
