//! Any image of a flash: it is opened or refused, is used, and comes to an end.
#![no_main]

use std::convert::Infallible;

use dm_bindings::store_flash::{FlashStore, KeyCache, NoCache};
use dm_tree::mo::standard::SCHEMA;
use dm_tree::{Key, NodeSlot, Store, Tree, TreeMemory, UriLimits};
use embedded_storage::nor_flash::{ErrorType, NorFlash, ReadNorFlash};

const PAGE: usize = 512;
const PAGES: usize = 4;

#[derive(Clone)]
struct Flash {
    bytes: Vec<u8>,
    /// Reads that are left: something that does not end runs out of them.
    patience: u32,
    /// Something was written where the image had no blank octets.
    garbled: bool,
}

impl ErrorType for Flash {
    type Error = Infallible;
}

impl ReadNorFlash for Flash {
    const READ_SIZE: usize = 4;

    fn read(&mut self, at: u32, bytes: &mut [u8]) -> Result<(), Infallible> {
        self.patience = self.patience.checked_sub(1).expect("it ends");
        bytes.copy_from_slice(&self.bytes[at as usize..][..bytes.len()]);
        Ok(())
    }

    fn capacity(&self) -> usize {
        self.bytes.len()
    }
}

impl NorFlash for Flash {
    const WRITE_SIZE: usize = 4;
    const ERASE_SIZE: usize = PAGE;

    fn erase(&mut self, from: u32, to: u32) -> Result<(), Infallible> {
        self.bytes[from as usize..to as usize].fill(0xFF);
        Ok(())
    }

    fn write(&mut self, at: u32, bytes: &[u8]) -> Result<(), Infallible> {
        for (place, byte) in self.bytes[at as usize..].iter_mut().zip(bytes) {
            self.garbled |= *place != 0xFF;
            *place &= *byte;
        }
        Ok(())
    }
}

/// Opens the tree and changes something; whether it opened.
fn tree(store: &mut dyn Store) -> bool {
    let mut nodes = [NodeSlot::EMPTY; 96];
    let (mut pool, mut value) = ([0; 2048], [0; 160]);
    let memory = TreeMemory {
        nodes: &mut nodes,
        pool: &mut pool,
        value: &mut value,
    };
    let Ok(mut tree) = Tree::open(&SCHEMA, store, &mut [], memory, UriLimits::default()) else {
        return false;
    };
    let _ = tree.factory().set("./DMAcc/new/AppID", b"w7");
    let _ = tree.begin();
    let _ = tree.local().set("./DevInfo/Man", b"Example");
    let _ = tree.local().delete("./DMAcc/one");
    let _ = tree.commit();
    let _ = tree.factory().drop_unbound();
    true
}

fn exercise(flash: &mut Flash) -> bool {
    let end = flash.bytes.len() as u32;
    flash.patience = 3_000_000;
    let mut buffer = [0; 192];
    {
        let Ok(mut store) = FlashStore::open(&mut *flash, 0..end, &mut buffer, NoCache) else {
            return false;
        };
        for key in [0, 1, Key::ROOT.0, 0x8000_0000, 0xFFFF_FFFF] {
            let _ = store.read(Key(key), &mut [0; 192]);
        }
    }
    let mut store = match FlashStore::open(&mut *flash, 0..end, &mut buffer, KeyCache::<16>) {
        Ok(store) => store,
        Err(_) => return false,
    };
    let opened = tree(&mut store);
    let written = store.write(Key(7), &[b"value"]);
    let found = store.read(Key(7), &mut [0; 192]);
    drop(store);
    // What is written on octets that should be blank and are not is another thing.
    if written.is_ok() && !flash.garbled {
        assert_eq!(found, Ok(Some(5)));
    }
    opened
}

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    let Some((how, rest)) = bytes.split_first() else {
        return;
    };
    let mut flash = Flash {
        bytes: vec![0xFF; PAGE * PAGES],
        patience: 3_000_000,
        garbled: false,
    };
    match how % 3 {
        // The image as it is.
        0 => {
            for (place, byte) in flash.bytes.iter_mut().zip(rest) {
                *place = *byte;
            }
            exercise(&mut flash);
        }
        // A sound image with some octets changed.
        1 => {
            assert!(exercise(&mut flash));
            for change in rest.chunks_exact(3).take(64) {
                let at = usize::from(u16::from_le_bytes([change[0], change[1]]));
                let length = flash.bytes.len();
                flash.bytes[at % length] ^= change[2];
            }
            exercise(&mut flash);
            exercise(&mut flash);
        }
        // Sound records with anything in them.
        _ => {
            let end = flash.bytes.len() as u32;
            let mut buffer = [0; 192];
            let mut store =
                FlashStore::open(&mut flash, 0..end, &mut buffer, NoCache).expect("it is blank");
            let mut rest = rest;
            while let [high, low, length, after @ ..] = rest {
                let base = match high {
                    0 => Key::ROOT.0,
                    1 => Key::of_path(b"./DevInfo/Man").0,
                    2 => Key::of_path(b"./DMAcc").0,
                    3..100 => 0x8000_0000,
                    100..200 => 0xFFFF_0000,
                    200..210 => 0xFFFF_8000,
                    210..220 => 0xFFFF_FF00,
                    _ => 0,
                };
                let (record, after) = after.split_at(after.len().min(usize::from(*length % 128)));
                let _ = store.write(Key(base.wrapping_add(u32::from(*low))), &[record]);
                rest = after;
            }
            drop(store);
            exercise(&mut flash);
            exercise(&mut flash);
        }
    }
});
