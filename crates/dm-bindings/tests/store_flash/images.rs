//! Regions with anything in them: an answer or an error, but an end.

use dm_bindings::store_flash::{FlashStore, KeyCache, NoCache, OpenError};
use dm_tree::{Key, Store};

use crate::nor::{Nor, Writes};
use crate::{Random, budget};

type Flash = Nor<4, 512>;

/// Opens, reads, writes and erases; tells whether it could be opened.
fn exercise(image: Vec<u8>) -> Result<(), OpenError> {
    let mut flash = Flash::with(image);
    // What lies where free space should be is written over.
    flash.writes = Writes::Many;
    flash.patience = 2_000_000;
    let end = flash.end();
    let mut buffer = [0; 128];
    let mut value = [0; 128];
    for _ in 0..2 {
        let mut store = FlashStore::open(&mut flash, 0..end, &mut buffer, NoCache)?;
        for key in 0..8 {
            let _ = store.read(Key(key), &mut value);
        }
        let mut store = FlashStore::open(&mut flash, 0..end, &mut buffer, KeyCache::<3>)?;
        for n in 0..40u32 {
            let key = Key(n % 7);
            let _ = match n % 3 {
                0 => store.read(key, &mut value).map(drop),
                1 => store.write(key, &[&[n as u8; 40]]),
                _ => store.erase(key),
            };
        }
    }
    Ok(())
}

/// An image with records in all pages but one, and its length.
fn sound(pages: u32) -> Vec<u8> {
    let mut flash = Flash::new(pages as usize);
    let end = flash.end();
    let mut buffer = [0; 128];
    let mut store = FlashStore::open(&mut flash, 0..end, &mut buffer, NoCache).unwrap();
    for n in 0..pages * 20 {
        let value = vec![n as u8; n as usize % 50];
        store.write(Key(n % 7), &[&value]).unwrap();
    }
    flash.bytes
}

/// The CRC of the map for the length of an item.
fn crc16(bytes: &[u8]) -> u16 {
    let crc = !bytes.iter().fold(0xFFFF_u16, |crc, byte| {
        (0..8).fold(crc ^ u16::from(*byte), |crc, _| {
            if crc & 1 == 1 {
                (crc >> 1) ^ 0x1A2E
            } else {
                crc >> 1
            }
        })
    });
    if crc == 0xFFFF { 0xFFFE } else { crc }
}

/// The CRC of the map for the data of an item.
fn crc32(bytes: &[u8]) -> u32 {
    let crc = !bytes.iter().fold(0xEEEE_EEEE_u32, |crc, byte| {
        (0..8).fold(crc ^ u32::from(*byte), |crc, _| {
            if crc & 1 == 1 {
                (crc >> 1) ^ 0x82F6_3B78
            } else {
                crc >> 1
            }
        })
    });
    match (crc, crc as u8) {
        (0, _) => 1,
        (_, 0 | 0xFF) => crc ^ 1,
        _ => crc,
    }
}

/// An item as the map writes it.
fn item(data: &[u8]) -> Vec<u8> {
    let length = (data.len() as u16).to_le_bytes();
    let mut item = crc32(data).to_le_bytes().to_vec();
    item.extend(length);
    item.extend(crc16(&length).to_le_bytes());
    item.extend(data);
    item.resize(item.len().next_multiple_of(4), 0);
    item
}

#[test]
fn noise_is_refused() {
    let mut random = Random(3);
    for _ in 0..(200.0 * budget()) as usize {
        assert_eq!(exercise(random.bytes(1024)), Err(OpenError::Corrupt));
    }
    assert_eq!(exercise(vec![0; 1024]), Err(OpenError::Corrupt));
}

#[test]
fn items_are_as_the_map_writes_them() {
    let image = sound(2);
    let mut store_form = vec![7, 0, 0, 0, 1];
    store_form.extend(b"a value");
    let mut flash = Flash::with(vec![0xFF; 1024]);
    let mut buffer = [0; 128];
    let mut store = FlashStore::open(&mut flash, 0..1024, &mut buffer, NoCache).unwrap();
    store.write(Key(7), &[b"a value"]).unwrap();
    store.erase(Key(7)).unwrap();
    let expected = [item(&store_form), item(&[7, 0, 0, 0])].concat();
    assert_eq!(flash.bytes[24..24 + expected.len()], expected);
    assert_eq!(image[..4], *b"DM\x01\x04");
}

#[test]
fn damaged_images_end() {
    let mut random = Random(4);
    let mut opened = 0;
    let rounds = (600.0 * budget()) as usize;
    let images = [sound(2), sound(3), sound(4)];
    for round in 0..rounds {
        let mut image = images[round % 3].clone();
        for _ in 0..1 + random.below(20) {
            let at = random.below(image.len());
            // Mostly behind the heads of the pages.
            if at % 512 < 24 && random.below(4) != 0 {
                continue;
            }
            let length = 1 + random.below(12);
            for byte in image.iter_mut().skip(at).take(length) {
                *byte = [0, 0xFF, random.below(256) as u8][random.below(3)];
            }
        }
        opened += usize::from(exercise(image).is_ok());
    }
    assert!(opened > rounds / 4, "{opened} could be opened");
}

#[test]
fn intact_items_that_no_store_writes_end() {
    let mut random = Random(5);
    let mut opened = 0;
    let rounds = (600.0 * budget()) as usize;
    let images = [sound(2), sound(3), sound(4)];
    for round in 0..rounds {
        let mut image = images[round % 3].clone();
        for page in image.chunks_mut(512).filter(|page| page[0] != 0xFF) {
            let items = &mut page[24..];
            items.fill(0xFF);
            let mut at = 0;
            loop {
                let length =
                    [random.below(6), random.below(60), random.below(600)][random.below(12) / 5];
                let mut data = random.bytes(length);
                for (place, byte) in data.iter_mut().zip([random.below(8) as u8, 0, 0, 0, 1]) {
                    *place = byte;
                }
                let mut item = item(&data);
                if random.below(8) == 0 {
                    let at = random.below(8);
                    item[at] = random.below(256) as u8;
                }
                let Some(place) = items.get_mut(at..at + item.len()) else {
                    break;
                };
                place.copy_from_slice(&item);
                at += item.len() + random.below(2) * 4 * random.below(3);
            }
        }
        opened += usize::from(exercise(image).is_ok());
    }
    assert!(opened > rounds / 20, "{opened} could be opened");
}
