//! The log of the engine: frames of defmt in a file of the emulator's host, for whoever has the image to decode them.

use defmt::Encoder;
use semihosting::fs::File;
use semihosting::io::Write as _;

use crate::host;

defmt::timestamp!("{=u64:ms}", host::ms());

/// Where frames go.
const FILE: &core::ffi::CStr = c"defmt.bin";

#[defmt::global_logger]
struct Logger;

struct State {
    file: Option<File>,
    encoder: Encoder,
}

static mut STATE: State = State {
    file: None,
    encoder: Encoder::new(),
};

/// Begins a new file. Without it, or without a place for it, nothing is written.
///
/// # Safety
/// From the one thread that logs, before it does.
pub unsafe fn open() {
    let state = &raw mut STATE;
    // SAFETY: nobody else is there, as the caller promises.
    let state = unsafe { &mut *state };
    state.file = File::create(FILE).ok();
}

/// The state, and a way to write.
///
/// # Safety
/// From the one thread that logs, once at a time: no handler of these programs logs.
unsafe fn with(work: impl FnOnce(&mut Encoder, &mut dyn FnMut(&[u8]))) {
    let state = &raw mut STATE;
    // SAFETY: as the caller promises.
    let state = unsafe { &mut *state };
    let file = &mut state.file;
    work(&mut state.encoder, &mut |octets| {
        if let Some(file) = file {
            // A log that is lost stops nobody.
            let _ = file.write_all(octets);
        }
    });
}

// SAFETY: there is one thread, and no handler logs, so that a frame is never begun in another one.
unsafe impl defmt::Logger for Logger {
    fn acquire() {
        // SAFETY: one thread.
        unsafe { with(|encoder, write| encoder.start_frame(write)) };
    }

    unsafe fn flush() {}

    unsafe fn release() {
        // SAFETY: one thread.
        unsafe { with(|encoder, write| encoder.end_frame(write)) };
    }

    unsafe fn write(octets: &[u8]) {
        // SAFETY: one thread.
        unsafe { with(|encoder, write| encoder.write(octets, write)) };
    }
}
