//! A device on a serial line, with one thread, no interrupt handler and no executor: one future, polled after each sleep until
//! it is done.
//!
//! `examples/live-host` plays the other end: a DM server (over TLS with the feature `tls`), and a power supply that fails.

#![no_std]
#![no_main]

use core::pin::pin;
use core::task::{Context, Poll, Waker};

use dm_tree::NodeSlot;
use firmware::live::{Broken, Buffers, Line, Nodes, life};
use firmware::measure::Stack;
use firmware::uart::{self, Uart};
use firmware::{board, print};

static mut BUFFERS: Buffers = Buffers::new();
static mut NODES: Nodes = [NodeSlot::EMPTY; 80];
#[cfg(feature = "tls")]
static mut TLS: firmware::live::secured::TlsBuffers = firmware::live::secured::TlsBuffers::new();

/// Polls a future until it is done, and sleeps in between.
fn block_on<F: Future>(future: F) -> F::Output {
    let mut future = pin!(future);
    let mut context = Context::from_waker(Waker::noop());
    loop {
        if let Poll::Ready(output) = future.as_mut().poll(&mut context) {
            return output;
        }
        uart::sleep();
    }
}

#[inline(never)]
fn live() -> Result<(), Broken> {
    let (buffers, nodes) = (&raw mut BUFFERS, &raw mut NODES);
    // SAFETY: one thread, no interrupt, and this function runs once.
    let (buffers, nodes) = unsafe { (&mut *buffers, &mut *nodes) };
    // SAFETY: called once, and the machines this program is built for have that UART.
    let line = Line(unsafe { Uart::new() });
    #[cfg(feature = "tls")]
    let line = {
        let buffers = &raw mut TLS;
        // SAFETY: as for the other buffers.
        firmware::live::secured::over(line, unsafe { &mut *buffers }).ok_or(Broken("issuer"))?
    };
    block_on(life(buffers, nodes, line))
}

#[cortex_m_rt::entry]
fn main() -> ! {
    cortex_m::interrupt::disable();
    #[cfg(feature = "defmt")]
    // SAFETY: the one thread, and nothing was logged before.
    unsafe {
        firmware::logger::open();
    }
    board::start_clock();
    board::interrupt_by_clock();
    let stack = Stack::paint();
    match live() {
        Ok(()) => {
            print::figure("measured life stack", stack.peak());
            board::exit(0)
        }
        Err(Broken(place)) => {
            print::text("broken at ");
            print::line(place);
            board::exit(1)
        }
    }
}
