//! A region of RAM as a NOR flash whose power fails: the core is reset in the middle of a change, and the region stays.

use core::convert::Infallible;
use core::sync::atomic::{AtomicU32, Ordering};

use cortex_m::peripheral::SCB;
use embedded_storage::nor_flash::{ErrorType, NorFlash, ReadNorFlash};

const PAGE: usize = 1024;
/// Octets of the region.
pub const REGION: usize = 4 * PAGE;

/// Bytes that are written or erased before the power fails.
pub static FUEL: AtomicU32 = AtomicU32::new(u32::MAX);

/// The region as a NOR flash that loses power.
pub struct Flash<'k> {
    /// The region.
    pub bytes: &'k mut [u8; REGION],
}

/// One byte is about to change.
fn burn() {
    match FUEL.load(Ordering::Relaxed) {
        0 => SCB::sys_reset(),
        u32::MAX => {}
        fuel => FUEL.store(fuel - 1, Ordering::Relaxed),
    }
}

impl ErrorType for Flash<'_> {
    type Error = Infallible;
}

impl ReadNorFlash for Flash<'_> {
    const READ_SIZE: usize = 1;

    fn read(&mut self, at: u32, bytes: &mut [u8]) -> Result<(), Infallible> {
        if let Some(from) = self.bytes.get(at as usize..)
            && let Some(from) = from.get(..bytes.len())
        {
            bytes.copy_from_slice(from);
        }
        Ok(())
    }

    fn capacity(&self) -> usize {
        REGION
    }
}

impl NorFlash for Flash<'_> {
    const WRITE_SIZE: usize = 4;
    const ERASE_SIZE: usize = PAGE;

    fn erase(&mut self, from: u32, to: u32) -> Result<(), Infallible> {
        for at in from..to {
            burn();
            if let Some(place) = self.bytes.get_mut(at as usize) {
                *place = 0xFF;
            }
        }
        Ok(())
    }

    fn write(&mut self, at: u32, bytes: &[u8]) -> Result<(), Infallible> {
        for (at, byte) in (at..).zip(bytes) {
            burn();
            if let Some(place) = self.bytes.get_mut(at as usize) {
                *place &= *byte;
            }
        }
        Ok(())
    }
}
