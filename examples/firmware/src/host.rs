//! What the emulator's host lends the device over semihosting: a flash, a clock, random octets, orders.

use core::mem::MaybeUninit;

use embedded_storage::nor_flash::{
    ErrorType, NorFlash, NorFlashError, NorFlashErrorKind, ReadNorFlash,
};
use semihosting::experimental::random;
use semihosting::fs::File;
use semihosting::io::{Read as _, Seek as _, SeekFrom, Write as _};
use semihosting::sys::arm_compat::{sys_clock, sys_get_cmdline_uninit, sys_time};

use crate::board;

/// How the emulator ends when the power fails.
pub const POWER_FAILED: i32 = 77;

const PAGE: usize = 4096;
const PAGES: usize = 4;

/// The file that plays the flash: octets of 0xFF when new, and [`FLASH`] of them.
const FLASH_FILE: &core::ffi::CStr = c"flash.bin";

/// Octets of the flash.
pub const FLASH: usize = PAGE * PAGES;

/// Milliseconds since the start, in steps of ten.
pub fn ms() -> u64 {
    sys_clock().map_or(0, |centiseconds| centiseconds as u64 * 10)
}

/// Seconds since 1970.
pub fn utc() -> Option<u64> {
    sys_time().ok().map(|seconds| seconds as u64)
}

/// Random octets of the host's kernel.
///
/// # Errors
/// There are none.
pub fn random(to: &mut [u8]) -> Result<(), Broken> {
    random::fill_bytes(to).map_err(|_| Broken)
}

/// Reads a file to the front of `to`; its length.
pub fn read_file(name: &core::ffi::CStr, to: &mut [u8]) -> Option<usize> {
    let mut file = File::open(name).ok()?;
    let mut length = 0;
    while let Some(space) = to.get_mut(length..) {
        match file.read(space) {
            Ok(0) => break,
            Ok(count) => length += count,
            Err(_) => return None,
        }
    }
    Some(length)
}

/// The number of an order `name=number` that the emulator was started with.
pub fn order(name: &str) -> Option<u32> {
    let mut space = [MaybeUninit::uninit(); 128];
    let line = sys_get_cmdline_uninit(&mut space).ok()?;
    let line = core::str::from_utf8(line).ok()?;
    line.split([' ', '\0']).find_map(|word| {
        let number = word.strip_prefix(name)?.strip_prefix('=')?;
        number.parse().ok()
    })
}

/// A NOR flash whose octets are in a file of the host, and whose power fails after so many of them have changed.
#[derive(Debug)]
pub struct Flash {
    file: File,
    fuel: Option<u32>,
    burnt: u32,
}

/// A file of the host cannot be read or written, or is not as long as it should be.
#[derive(Clone, Copy, Debug)]
pub struct Broken;

impl NorFlashError for Broken {
    fn kind(&self) -> NorFlashErrorKind {
        NorFlashErrorKind::Other
    }
}

impl Flash {
    /// Opens the flash. With `fuel`, the power fails when so many octets have been written or erased.
    ///
    /// # Errors
    /// There is no such file.
    pub fn open(fuel: Option<u32>) -> Result<Self, Broken> {
        let file = File::options()
            .read(true)
            .write(true)
            .open(FLASH_FILE)
            .map_err(|_| Broken)?;
        Ok(Self {
            file,
            fuel,
            burnt: 0,
        })
    }

    /// Octets that were written or erased.
    pub const fn burnt(&self) -> u32 {
        self.burnt
    }

    /// Octets that may still change before the power fails, of so many that shall.
    fn allowed(&mut self, wanted: usize) -> usize {
        let allowed = match &mut self.fuel {
            Some(fuel) => {
                let allowed = wanted.min(*fuel as usize);
                *fuel -= allowed as u32;
                allowed
            }
            None => wanted,
        };
        self.burnt += allowed as u32;
        allowed
    }

    /// Changes octets that are not beyond the end of the power.
    fn change(&mut self, at: u32, octets: &[u8]) -> Result<(), Broken> {
        let allowed = self.allowed(octets.len());
        let (now, never) = octets.split_at(allowed);
        self.file
            .seek(SeekFrom::Start(at.into()))
            .map_err(|_| Broken)?;
        self.file.write_all(now).map_err(|_| Broken)?;
        if never.is_empty() {
            Ok(())
        } else {
            board::exit(POWER_FAILED)
        }
    }
}

impl ErrorType for Flash {
    type Error = Broken;
}

impl ReadNorFlash for Flash {
    const READ_SIZE: usize = 1;

    fn read(&mut self, at: u32, octets: &mut [u8]) -> Result<(), Broken> {
        self.file
            .seek(SeekFrom::Start(at.into()))
            .map_err(|_| Broken)?;
        self.file.read_exact(octets).map_err(|_| Broken)
    }

    fn capacity(&self) -> usize {
        FLASH
    }
}

impl NorFlash for Flash {
    const WRITE_SIZE: usize = 4;
    const ERASE_SIZE: usize = PAGE;

    fn erase(&mut self, from: u32, to: u32) -> Result<(), Broken> {
        let mut at = from;
        while at < to {
            self.change(at, &[0xFF; 64])?;
            at += 64;
        }
        Ok(())
    }

    fn write(&mut self, at: u32, octets: &[u8]) -> Result<(), Broken> {
        let mut at = at;
        for word in octets.chunks(Self::WRITE_SIZE) {
            let mut cells = [0; Self::WRITE_SIZE];
            let Some(cells) = cells.get_mut(..word.len()) else {
                return Err(Broken);
            };
            self.read(at, cells)?;
            // A cell that was emptied stays empty until it is erased.
            for (cell, bit) in cells.iter_mut().zip(word) {
                *cell &= *bit;
            }
            self.change(at, cells)?;
            at += word.len() as u32;
        }
        Ok(())
    }
}
