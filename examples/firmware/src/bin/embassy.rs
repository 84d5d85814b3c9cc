//! The device of `live.rs` as a task of the embassy executor, woken by interrupts.

#![no_std]
#![no_main]

use cortex_m_rt::exception;
use dm_tree::NodeSlot;
use embassy_executor::Spawner;
use firmware::live::{Broken, Buffers, Line, Nodes, life};
use firmware::uart::{self, Uart};
use firmware::{board, print};

static mut BUFFERS: Buffers = Buffers::new();
static mut NODES: Nodes = [NodeSlot::EMPTY; 80];
#[cfg(feature = "tls")]
static mut TLS: firmware::live::secured::TlsBuffers = firmware::live::secured::TlsBuffers::new();

#[embassy_executor::main]
async fn main(_spawner: Spawner) {
    board::start_clock();
    board::interrupt_by_clock();
    match live().await {
        Ok(()) => board::exit(0),
        Err(Broken(place)) => {
            print::text("broken at ");
            print::line(place);
            board::exit(1)
        }
    }
}

async fn live() -> Result<(), Broken> {
    let (buffers, nodes) = (&raw mut BUFFERS, &raw mut NODES);
    // SAFETY: this task alone uses them, and it is spawned once.
    let (buffers, nodes) = unsafe { (&mut *buffers, &mut *nodes) };
    // SAFETY: called once, and the machines this program is built for have that UART.
    let line = Line(unsafe { Uart::new() });
    #[cfg(feature = "tls")]
    let line = {
        let buffers = &raw mut TLS;
        // SAFETY: as for the other buffers.
        firmware::live::secured::over(line, unsafe { &mut *buffers }).ok_or(Broken("issuer"))?
    };
    life(buffers, nodes, line).await
}

/// Of the line: no crate for this board names its interrupts.
#[exception]
unsafe fn DefaultHandler(_: i16) {
    uart::interrupted();
}

#[exception]
fn SysTick() {
    uart::ticked();
}
