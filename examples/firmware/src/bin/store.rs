//! The tree over the flash store, on a region of RAM that outlives resets: the power is cut by a reset in the middle of a
//! transaction, at another byte in each life.

#![no_std]
#![no_main]

use core::mem::MaybeUninit;
use core::sync::atomic::Ordering;

use cortex_m::peripheral::SCB;
use dm_bindings::store_flash::{FlashStore, KeyCache};
use dm_tree::{NodeSlot, Tree, TreeMemory};
use firmware::flash::{FUEL, Flash, REGION};
use firmware::{board, device, print};

/// Lives between two resets.
const LIVES: u32 = 100;
/// Bytes to which power lasts in one life: by so many more than in the last one, up to what a transaction needs.
const STEP: u32 = 37;
const MOST: u32 = 1200;
/// Tells memory that was prepared from memory after power-on.
const PREPARED: u32 = 0x6f6d_6131;

/// What a reset leaves alone.
#[repr(C)]
struct Kept {
    prepared: u32,
    /// Lives so far.
    lives: u32,
    /// Restarts that found the transaction not there, and whole.
    old: u32,
    new: u32,
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
        kept.lives = 0;
        kept.old = 0;
        kept.new = 0;
        kept.flash.fill(0xFF);
        kept.prepared = PREPARED;
    }
    match live(kept) {
        Ok(()) if kept.lives <= LIVES => SCB::sys_reset(),
        Ok(()) => {
            print::figure("lives between two resets", kept.lives);
            print::figure("found as before it", kept.old);
            print::figure("found as after it", kept.new);
            board::exit(0)
        }
        Err(place) => {
            print::text("broken at ");
            print::line(place);
            print::figure("after lives", kept.lives);
            board::exit(1)
        }
    }
}

/// One life. It ends by itself when the transaction came through.
fn live(kept: &mut Kept) -> Result<(), &'static str> {
    let life = kept.lives;
    kept.lives = life + 1;
    let mut nodes = [NodeSlot::EMPTY; 80];
    let (mut pool, mut value, mut buffer) = ([0; 1024], [0; 128], [0; 192]);
    let flash = Flash {
        bytes: &mut kept.flash,
    };
    let range = 0..REGION as u32;
    let mut store =
        FlashStore::open(flash, range, &mut buffer, KeyCache::<64>).map_err(|_| "store")?;
    let memory = TreeMemory {
        nodes: &mut nodes,
        pool: &mut pool,
        value: &mut value,
    };
    let mut tree = Tree::open(
        &device::SCHEMA,
        &mut store,
        &mut [],
        memory,
        device::URI_LIMITS,
    )
    .map_err(|_| "tree")?;
    if life == 0 {
        device::provision(&mut tree.factory()).map_err(|_| "factory")?;
    } else {
        // The life before was to leave its own number in both places.
        let (one, other) = (get(&mut tree, ONE)?, get(&mut tree, OTHER)?);
        if one != other {
            return Err("half a transaction");
        }
        if one == digits(life - 1) {
            kept.new += 1;
        } else {
            kept.old += 1;
        }
    }
    // Nothing is to interrupt the first one.
    if life != 0 {
        FUEL.store(life * STEP % MOST, Ordering::Relaxed);
    }
    set(&mut tree, &digits(life))?;
    FUEL.store(u32::MAX, Ordering::Relaxed);
    let (one, other) = (get(&mut tree, ONE)?, get(&mut tree, OTHER)?);
    if one != digits(life) || other != one {
        return Err("a transaction that came through");
    }
    Ok(())
}

const ONE: &str = "./DevInfo/Man";
const OTHER: &str = "./Vendor/cfg/label";

fn digits(number: u32) -> [u8; 4] {
    let mut text = [b'0'; 4];
    let mut rest = number;
    for place in text.iter_mut().rev() {
        *place |= (rest % 10) as u8;
        rest /= 10;
    }
    text
}

fn get(tree: &mut Tree<'_>, uri: &str) -> Result<[u8; 4], &'static str> {
    let mut value = [0; 4];
    tree.local().get(uri, &mut value).map_err(|_| "a value")?;
    Ok(value)
}

/// Both leaves, and an account that goes and comes again.
fn set(tree: &mut Tree<'_>, value: &[u8]) -> Result<(), &'static str> {
    tree.begin().map_err(|_| "begin")?;
    tree.local().set(ONE, value).map_err(|_| "one")?;
    if tree.local().find("./DMAcc/more").is_some() {
        tree.local().delete("./DMAcc/more").map_err(|_| "delete")?;
    }
    tree.factory()
        .set("./DMAcc/more/AppID", b"w7")
        .map_err(|_| "add")?;
    tree.local().set(OTHER, value).map_err(|_| "other")?;
    tree.commit().map_err(|_| "commit")?;
    Ok(())
}
