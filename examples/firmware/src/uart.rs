//! The serial line of the MPS2 boards (CMSDK APB UART).
//!
//! Whoever waits for it is polled again after [`sleep`] (interrupts masked) or from a handler (feature `embassy`).

use core::future::poll_fn;
use core::ptr;
use core::task::Poll;

use cortex_m::asm::wfi;
use cortex_m::interrupt::InterruptNumber;
use cortex_m::peripheral::{NVIC, SCB};
use embedded_io_async::{ErrorKind, ErrorType, Read, Write};

use crate::host;

/// UART 0 of AN385, AN386 and AN500.
const BASE: *mut u32 = 0x4000_4000 as *mut u32;
/// Registers, in words from the base.
const DATA: usize = 0;
const STATE: usize = 1;
const CONTROL: usize = 2;
const INT_CLEAR: usize = 3;
const BAUD: usize = 4;
/// Bits of STATE.
const TX_FULL: u32 = 1;
const RX_FULL: u32 = 2;
/// Bits of CONTROL: transmitter and receiver on, with interrupts.
const ENABLE: u32 = 0xF;
/// Bits of INT_CLEAR.
const TX_INT: u32 = 1;
const RX_INT: u32 = 2;

/// Time that the far end may stay silent, milliseconds.
const PATIENCE: u64 = 10_000;

/// The two interrupts of the line.
#[derive(Clone, Copy, Debug)]
pub enum Irq {
    /// An octet has come.
    Rx,
    /// There is room for one.
    Tx,
}

// SAFETY: each variant has a number of its own, which is that of the board.
unsafe impl InterruptNumber for Irq {
    fn number(self) -> u16 {
        match self {
            Self::Rx => 0,
            Self::Tx => 1,
        }
    }
}

/// Sleeps until the line has something to say, or at most a tick of the clock. For programs that mask interrupts and have
/// no handler: what is pending wakes the core all the same.
pub fn sleep() {
    wfi();
    for irq in [Irq::Rx, Irq::Tx] {
        NVIC::unpend(irq);
    }
    SCB::clear_pendst();
}

/// The line. There is one.
#[derive(Debug)]
pub struct Uart(());

impl Uart {
    /// Switches the line on.
    ///
    /// # Safety
    /// Once only, and on a machine that has this UART at this place.
    pub unsafe fn new() -> Self {
        // SAFETY: registers of the device, as the caller promises.
        unsafe {
            ptr::write_volatile(BASE.add(BAUD), 16);
            ptr::write_volatile(BASE.add(CONTROL), ENABLE);
            NVIC::unmask(Irq::Rx);
            NVIC::unmask(Irq::Tx);
        }
        Self(())
    }

    /// Whether a bit of STATE is set.
    fn has(&self, bit: u32) -> bool {
        // SAFETY: `new` says that the register is there; reading it changes nothing.
        unsafe { ptr::read_volatile(BASE.add(STATE)) & bit != 0 }
    }

    /// The octet that has come, if one has.
    fn take(&mut self) -> Option<u8> {
        // SAFETY: as in `has`; reading DATA takes the octet, and nobody else reads it. The next one can come, and
        // interrupt, only after that.
        self.has(RX_FULL).then(|| unsafe {
            ptr::write_volatile(BASE.add(INT_CLEAR), RX_INT);
            ptr::read_volatile(BASE.add(DATA)) as u8
        })
    }

    /// Waits until `done` gives something.
    async fn wait<T>(
        &mut self,
        mut done: impl FnMut(&mut Self) -> Option<T>,
    ) -> Result<T, ErrorKind> {
        let mut since = None;
        poll_fn(|context| {
            register(context.waker());
            if let Some(value) = done(self) {
                return Poll::Ready(Ok(value));
            }
            let now = host::ms();
            if now - *since.get_or_insert(now) > PATIENCE {
                return Poll::Ready(Err(ErrorKind::TimedOut));
            }
            Poll::Pending
        })
        .await
    }
}

/// Waits until [`host::ms`] has reached `ms`.
pub async fn until(ms: u64) {
    poll_fn(|context| {
        register(context.waker());
        if host::ms() < ms {
            Poll::Pending
        } else {
            Poll::Ready(())
        }
    })
    .await;
}

/// Whoever sleeps is polled after each sleep anyway.
#[cfg(not(feature = "embassy"))]
fn register(_: &core::task::Waker) {}

#[cfg(feature = "embassy")]
use handlers::register;
#[cfg(feature = "embassy")]
pub use handlers::{interrupted, ticked};

/// For an executor: the handlers wake the one task that waits for the line or the clock.
#[cfg(feature = "embassy")]
mod handlers {
    use core::cell::Cell;
    use core::ptr;
    use core::task::Waker;

    use cortex_m::interrupt::{Mutex, free};

    use super::{BASE, INT_CLEAR, RX_INT, TX_INT};

    static WAITING: Mutex<Cell<Option<Waker>>> = Mutex::new(Cell::new(None));

    pub(super) fn register(waker: &Waker) {
        free(|section| WAITING.borrow(section).set(Some(waker.clone())));
    }

    /// For the handler of the clock.
    pub fn ticked() {
        if let Some(waker) = free(|section| WAITING.borrow(section).take()) {
            waker.wake();
        }
    }

    /// For the handler of the line's interrupts.
    pub fn interrupted() {
        // SAFETY: a register of the line, whose interrupts would come for ever otherwise. What they say is also in STATE.
        unsafe { ptr::write_volatile(BASE.add(INT_CLEAR), RX_INT | TX_INT) };
        ticked();
    }
}

impl ErrorType for Uart {
    type Error = ErrorKind;
}

impl Read for Uart {
    async fn read(&mut self, buf: &mut [u8]) -> Result<usize, ErrorKind> {
        let mut count = 0;
        if let Some(first) = buf.first_mut() {
            *first = self.wait(Self::take).await?;
            count = 1;
        }
        while let Some(place) = buf.get_mut(count) {
            let Some(octet) = self.take() else { break };
            *place = octet;
            count += 1;
        }
        Ok(count)
    }
}

impl Write for Uart {
    async fn write(&mut self, buf: &[u8]) -> Result<usize, ErrorKind> {
        for octet in buf {
            self.wait(|line| (!line.has(TX_FULL)).then_some(())).await?;
            // SAFETY: as in `has`; the register takes an octet, and interrupts when it is gone.
            unsafe {
                ptr::write_volatile(BASE.add(INT_CLEAR), TX_INT);
                ptr::write_volatile(BASE.add(DATA), u32::from(*octet));
            }
        }
        Ok(buf.len())
    }

    async fn flush(&mut self) -> Result<(), ErrorKind> {
        Ok(())
    }
}
