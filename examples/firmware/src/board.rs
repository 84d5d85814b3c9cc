//! The machine below: start-up, the instruction clock, the end of the run.

use crate::print;
use core::panic::PanicInfo;
use semihosting::process;

/// Ends the run; the emulator ends with this code.
pub fn exit(code: i32) -> ! {
    process::exit(code)
}

/// The message of a panic would need `core::fmt`: the place in the golden output must do.
#[panic_handler]
fn panic(_: &PanicInfo<'_>) -> ! {
    print::line("panic");
    exit(101)
}

/// Ticks that have gone by since `start`; the clock has 24 bits.
pub fn ticks_since(start: u32) -> u32 {
    ticks().wrapping_sub(start) & 0x00FF_FFFF
}

#[cfg(not(cortex_a))]
mod cortex_m_board {
    use crate::print;
    use cortex_m::Peripherals;
    use cortex_m::peripheral::SYST;
    use cortex_m::peripheral::syst::SystClkSource;
    use cortex_m_rt::{ExceptionFrame, exception};

    /// SysTick counts down and has 24 bits.
    const RELOAD: u32 = 0x00FF_FFFF;

    /// Starts the clock; once.
    pub fn start_clock() {
        if let Some(mut peripherals) = Peripherals::take() {
            peripherals.SYST.set_clock_source(SystClkSource::Core);
            peripherals.SYST.set_reload(RELOAD);
            peripherals.SYST.clear_current();
            peripherals.SYST.enable_counter();
        }
    }

    /// Lets the clock interrupt whenever it has run down, every two thirds of a second at 25 MHz.
    #[cfg(feature = "live")]
    pub fn interrupt_by_clock() {
        // SAFETY: one thread, and nobody else changes this register.
        unsafe { Peripherals::steal() }.SYST.enable_interrupt();
    }

    /// Ticks since the clock was started, modulo 2^24.
    pub fn ticks() -> u32 {
        RELOAD.wrapping_sub(SYST::get_current()) & RELOAD
    }

    #[exception]
    unsafe fn HardFault(_: &ExceptionFrame) -> ! {
        print::line("hard fault");
        super::exit(102)
    }
}

#[cfg(cortex_a)]
mod cortex_a_board {
    // Stack, the floating point unit (CPACR and FPEXC), zeroed memory, main.
    core::arch::global_asm!(
        ".section .text.start, \"ax\"",
        ".global start",
        ".arm",
        "start:",
        "ldr sp, =__stack_top",
        "mrc p15, 0, r0, c1, c0, 2",
        "orr r0, r0, #0xF00000",
        "mcr p15, 0, r0, c1, c0, 2",
        "isb",
        "mov r0, #0x40000000",
        ".fpu vfpv3-d16",
        "vmsr fpexc, r0",
        "ldr r0, =__sbss",
        "ldr r1, =__ebss",
        "mov r2, #0",
        "1: cmp r0, r1",
        "strlo r2, [r0], #4",
        "blo 1b",
        "b main",
    );

    /// The generic timer always runs.
    pub fn start_clock() {}

    /// Ticks of the generic timer, modulo 2^24.
    pub fn ticks() -> u32 {
        let low: u32;
        // SAFETY: reads CNTVCT, which has no effect on anything.
        unsafe {
            core::arch::asm!(
                "mrrc p15, 1, {low}, {high}, c14",
                low = out(reg) low,
                high = out(reg) _,
                options(nomem, nostack, preserves_flags)
            );
        }
        low & 0x00FF_FFFF
    }
}

#[cfg(cortex_a)]
pub use cortex_a_board::{start_clock, ticks};
#[cfg(all(not(cortex_a), feature = "live"))]
pub use cortex_m_board::interrupt_by_clock;
#[cfg(not(cortex_a))]
pub use cortex_m_board::{start_clock, ticks};
