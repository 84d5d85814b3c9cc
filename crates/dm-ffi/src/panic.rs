//! The panic handler of a bare-metal static library.

use core::panic::PanicInfo;

unsafe extern "C" {
    /// Bare metal with feature `panic-handler` only, defined by the firmware: called instead of a panic, which no input
    /// can cause. It must not return; a reset is the usual thing.
    fn omadm_panic() -> !;
}

#[panic_handler]
fn panic(_: &PanicInfo<'_>) -> ! {
    // SAFETY: the firmware defines the function; it takes nothing and does not return.
    unsafe { omadm_panic() }
}
