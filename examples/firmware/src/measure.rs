//! Yardsticks: instructions by the emulator's clock, stack by painting.

use crate::board;
use core::arch::asm;
use core::ptr;

/// Instructions of the loop that checks the clock.
const KNOWN: u32 = 800_000;

/// Free words below the stack pointer that are painted at most.
const PAINTED: usize = 16 * 1024;

/// What an untouched stack word holds.
const PAINT: u32 = 0x51AC_ED0F;

unsafe extern "C" {
    /// End of static memory, given by the linker script.
    static __sheap: u32;
}

/// What a tick of the clock is worth.
#[derive(Clone, Copy, Debug)]
pub struct Scale {
    /// Instructions of sixteen ticks: some clocks count halves. 0 without a clock.
    sixteen: u32,
}

impl Scale {
    /// Compares the clock with a loop of known length: 40 instructions a tick where a core of 25 MHz executes one
    /// instruction each nanosecond.
    pub fn find() -> Self {
        let before = board::ticks();
        // SAFETY: changes one register that it declares and the flags; two instructions each turn.
        unsafe {
            asm!(
                "1: subs {n}, {n}, #1",
                "bne 1b",
                n = inout(reg) KNOWN / 2 => _,
                options(nomem, nostack)
            );
        }
        let ticks = board::ticks_since(before);
        let sixteen = (KNOWN * 16 + ticks / 2).checked_div(ticks).unwrap_or(0);
        Self { sixteen }
    }

    /// Instructions in so many ticks.
    pub const fn instructions(self, ticks: u32) -> u32 {
        ticks * self.sixteen / 16
    }
}

/// A painted stretch of the stack.
#[derive(Debug)]
pub struct Stack {
    low: *mut u32,
    high: *mut u32,
}

impl Stack {
    /// Paints what is free below the caller; what the calls after it touch loses its paint.
    #[inline(never)]
    pub fn paint() -> Self {
        let pointer: usize;
        // SAFETY: only reads the stack pointer.
        unsafe { asm!("mov {}, sp", out(reg) pointer, options(nomem, nostack, preserves_flags)) };
        // A margin for what this function itself may still push.
        let high = (pointer - 64) as *mut u32;
        let end = &raw const __sheap as usize;
        let words = ((high as usize).saturating_sub(end) / 4).min(PAINTED);
        let low = high.wrapping_sub(words);
        let mut at = low;
        while at < high {
            // SAFETY: aligned words between the end of static memory and the stack pointer, which
            // nobody uses; no interrupt is enabled that could push there.
            unsafe { ptr::write_volatile(at, PAINT) };
            at = at.wrapping_add(1);
        }
        Self { low, high }
    }

    /// Bytes between the painter and the deepest touched word; all of them when none kept its paint.
    pub fn peak(&self) -> u32 {
        let mut at = self.low;
        while at < self.high {
            // SAFETY: a word that `paint` wrote.
            if unsafe { ptr::read_volatile(at) } != PAINT {
                break;
            }
            at = at.wrapping_add(1);
        }
        (self.high as usize - at as usize) as u32 + 64
    }
}
