//! What a region must be, and what is said when it is not.

use dm_bindings::store_flash::{FlashStore, KeyCache, NoCache, OpenError};
use dm_tree::{Key, Store, StoreError};

use crate::nor::Nor;

type Flash = Nor<4, 512>;

fn refused<const WORD: usize, const PAGE: usize>(
    flash: &mut Nor<WORD, PAGE>,
    range: core::ops::Range<u32>,
) -> Option<OpenError> {
    let before = flash.bytes.clone();
    let error = FlashStore::open(&mut *flash, range, &mut [0; 64], NoCache).err();
    if error.is_some() {
        assert!(flash.bytes == before, "touched");
    }
    error
}

/// A region with one record.
fn used() -> Flash {
    let mut flash = Flash::new(4);
    let mut buffer = [0; 64];
    let mut store = FlashStore::open(&mut flash, 0..2048, &mut buffer, NoCache).unwrap();
    store.write(Key(1), &[b"value"]).unwrap();
    flash
}

#[test]
fn a_range_must_be_whole_pages_of_the_flash() {
    let mut flash = Flash::new(4);
    assert_eq!(refused(&mut flash, 0..2048), None);
    assert_eq!(refused(&mut flash, 512..1536), None);
    for (range, error) in [
        (4..2048, OpenError::Unaligned),
        (0..2044, OpenError::Unaligned),
        (0..512, OpenError::Pages),
        (512..512, OpenError::Pages),
        (0..2560, OpenError::Outside),
        (0..0xFFFF_FE00, OpenError::Outside),
    ] {
        assert_eq!(refused(&mut flash, range.clone()), Some(error), "{range:?}");
    }
    #[allow(clippy::reversed_empty_ranges)]
    let reversed = 1024..512;
    assert_eq!(refused(&mut flash, reversed), Some(OpenError::Unaligned));
    let mut large = Nor::<4, 64>::new(0x1_0000);
    assert_eq!(refused(&mut large, 0..0x40_0000), Some(OpenError::Pages));
}

#[test]
fn pages_and_words_must_be_of_a_usable_size() {
    let page_size = Some(OpenError::PageSize);
    assert_eq!(refused(&mut Nor::<16, 64>::new(4), 0..256), page_size);
    assert_eq!(refused(&mut Nor::<4, 96>::new(4), 0..384), page_size);
    assert_eq!(refused(&mut Nor::<12, 192>::new(4), 0..768), page_size);
    assert_eq!(refused(&mut Nor::<64, 4096>::new(4), 0..16384), page_size);
    assert_eq!(
        refused(&mut Nor::<4, 0x40_0000>::new(2), 0..0x80_0000),
        page_size
    );
    assert_eq!(refused(&mut Nor::<4, 64>::new(4), 0..256), None);
    assert_eq!(refused(&mut Nor::<32, 256>::new(4), 0..1024), None);
}

#[test]
fn opening_an_erased_region_writes_nothing() {
    let mut flash = Flash::new(4);
    flash.fuel = Some(0);
    let mut buffer = [0; 64];
    let mut store = FlashStore::open(&mut flash, 0..2048, &mut buffer, NoCache).unwrap();
    assert_eq!(store.read(Key(1), &mut []), Ok(None));
    assert_eq!(store.erase(Key(1)), Ok(()));
}

#[test]
fn a_region_of_something_else_is_refused_until_it_is_formatted() {
    for at in [0, 300, 600, 2047] {
        let mut flash = Flash::new(4);
        flash.bytes[at] = 0x12;
        flash.bytes[2000] = 0x34;
        let mut flash = Flash::with(flash.bytes);
        assert_eq!(refused(&mut flash, 0..2048), Some(OpenError::Corrupt));
        let mut buffer = [0; 64];
        let mut store = FlashStore::format(&mut flash, 0..2048, &mut buffer, NoCache).unwrap();
        store.write(Key(1), &[b"value"]).unwrap();
        assert_eq!(refused(&mut flash, 0..2048), None);
    }
}

#[test]
fn a_first_page_that_was_not_finished_is_begun_anew() {
    for length in 0..16 {
        let mut flash = used();
        flash.bytes[length..].fill(0xFF);
        let mut flash = Flash::with(flash.bytes);
        assert_eq!(refused(&mut flash, 0..2048), None);
        assert!(flash.bytes.iter().all(|byte| *byte == 0xFF));
    }
}

#[test]
fn another_layout_or_format_is_named() {
    let mut flash = used();
    assert_eq!(refused(&mut flash, 0..1024), Some(OpenError::Layout));
    let mut words = Nor::<8, 512>::with(flash.bytes.clone());
    assert_eq!(refused(&mut words, 0..2048), Some(OpenError::Layout));
    let mut pages = Nor::<4, 1024>::with(flash.bytes.clone());
    assert_eq!(refused(&mut pages, 0..2048), Some(OpenError::Layout));

    let mut later = used();
    later.bytes[2] = 2;
    sign(&mut later.bytes);
    assert_eq!(refused(&mut later, 0..2048), Some(OpenError::Version(2)));
}

/// Makes the CRC of a page head right.
fn sign(page: &mut [u8]) {
    let sum = crc(&page[..12]);
    page[12..16].copy_from_slice(&sum.to_le_bytes());
}

#[test]
fn numbers_of_pages_that_no_store_has_are_refused() {
    // The numbers of the four pages, 0xFF being a blank one, and whether that can be.
    for (numbers, can_be) in [
        ([1, 0xFF, 0xFF, 0xFF], true),
        ([1, 2, 3, 4], true),
        ([5, 2, 3, 4], true),
        ([5, 0xFF, 3, 4], true),
        ([5, 6, 3, 4], true),
        ([0xFF, 2, 3, 4], true),
        ([2, 0xFF, 0xFF, 0xFF], false),
        ([0xFF, 1, 0xFF, 0xFF], false),
        ([1, 0xFF, 0xFF, 0], false),
        ([0, 0xFF, 0xFF, 0xFF], false),
        ([1, 3, 0xFF, 0xFF], false),
        ([1, 0xFF, 3, 0xFF], false),
        ([5, 0xFF, 0xFF, 4], false),
        ([5, 6, 0xFF, 4], true),
        ([5, 6, 0xFF, 0xFF], false),
        ([5, 5, 3, 4], false),
        ([4, 3, 2, 1], false),
    ] {
        let mut flash = Flash::new(4);
        let head = used().bytes[..16].to_vec();
        for (page, number) in flash.bytes.chunks_mut(512).zip(numbers) {
            if number != 0xFF {
                page[..16].copy_from_slice(&head);
                page[4] = number;
                sign(page);
            }
        }
        let mut flash = Flash::with(flash.bytes);
        let opened = FlashStore::open(&mut flash, 0..2048, &mut [0; 64], NoCache).err();
        let expected = (!can_be).then_some(OpenError::Corrupt);
        assert_eq!(opened, expected, "{numbers:?}");
    }
}

/// CRC-32 of Ethernet.
fn crc(bytes: &[u8]) -> u32 {
    !bytes.iter().fold(!0u32, |crc, byte| {
        (0..8).fold(crc ^ u32::from(*byte), |crc, _| {
            if crc & 1 == 1 {
                (crc >> 1) ^ 0xEDB8_8320
            } else {
                crc >> 1
            }
        })
    })
}

#[test]
fn a_page_missing_in_between_is_noticed() {
    let mut flash = Flash::new(4);
    let mut buffer = [0; 64];
    let mut store = FlashStore::open(&mut flash, 0..2048, &mut buffer, NoCache).unwrap();
    for n in 0..200u32 {
        store.write(Key(n % 5), &[&n.to_le_bytes()]).unwrap();
    }
    let blank: Vec<bool> = flash
        .bytes
        .chunks(512)
        .map(|page| page[0] == 0xFF)
        .collect();
    assert_eq!(blank.iter().filter(|blank| **blank).count(), 1);
    for page in (0..4).filter(|page| !blank[*page]) {
        let front = blank[(page + 1) % 4];
        for damage in [0..1, 0..16, 0..512] {
            let mut damaged = flash.clone();
            let byte = if damage.len() == 512 { 0xFF } else { 0 };
            damaged.bytes[page * 512..][damage].fill(byte);
            if !front {
                let refused = refused(&mut damaged, 0..2048);
                assert_eq!(refused, Some(OpenError::Corrupt), "page {page}");
            }
        }
    }
}

#[test]
fn something_else_in_a_page_not_yet_used_is_refused() {
    for (page, error) in [(1, None), (2, Some(OpenError::Corrupt))] {
        let mut flash = used();
        flash.bytes[page * 512] = 0x12;
        let mut flash = Flash::with(flash.bytes);
        let opened = FlashStore::open(&mut flash, 0..2048, &mut [0; 64], NoCache).err();
        assert_eq!(opened, error, "page {page}");
    }
}

#[test]
fn a_buffer_too_short_for_what_is_stored_is_told_the_length() {
    let mut flash = Flash::new(4);
    let mut buffer = [0; 256];
    let mut store = FlashStore::open(&mut flash, 0..2048, &mut buffer, NoCache).unwrap();
    store.write(Key(1), &[&[1; 50]]).unwrap();
    store.write(Key(2), &[&[2; 100]]).unwrap();
    store.write(Key(3), &[&[3; 70]]).unwrap();
    let short = FlashStore::open(&mut flash, 0..2048, &mut buffer[..107], NoCache).err();
    assert_eq!(short, Some(OpenError::Buffer(108)));
    let none = FlashStore::open(&mut flash, 0..2048, &mut [], NoCache).err();
    assert_eq!(none, Some(OpenError::Buffer(8)));
    let exact = FlashStore::open(&mut flash, 0..2048, &mut buffer[..108], NoCache);
    assert_eq!(exact.unwrap().read(Key(2), &mut [0; 100]), Ok(Some(100)));
}

#[test]
fn a_record_is_as_long_as_the_buffer_or_page_allows() {
    let mut flash = Flash::new(4);
    let mut buffer = [0; 1024];
    let mut value = [0; 1024];
    for (length, longest) in [(64, 59), (67, 59), (1024, 512 - 24 - 8 - 12 - 5)] {
        let mut store =
            FlashStore::open(&mut flash, 0..2048, &mut buffer[..length], NoCache).unwrap();
        assert_eq!(store.write(Key(1), &[&value[..longest]]), Ok(()));
        assert_eq!(
            store.write(Key(1), &[&value[..longest], b"x"]),
            Err(StoreError::TooLarge(longest + 1))
        );
        assert_eq!(
            store.read(Key(1), &mut value[..longest - 1]),
            Err(StoreError::TooLarge(longest))
        );
        assert_eq!(store.read(Key(1), &mut value), Ok(Some(longest)));
    }
}

#[test]
fn a_full_store_refuses_without_wear_and_can_be_emptied() {
    let mut flash = Flash::new(3);
    let mut buffer = [0; 256];
    for round in 0..4u32 {
        let mut store = FlashStore::open(&mut flash, 0..1536, &mut buffer, KeyCache::<8>).unwrap();
        let mut stored = Vec::new();
        // First all large ones that fit, then all small ones.
        for length in [100, 40, 9, 1, 0] {
            for n in 0..100u32 {
                let key = Key((round % 2) << 31 | (length as u32) << 8 | n);
                match store.write(key, &[&vec![length as u8; length]]) {
                    Ok(()) => stored.push((key, length)),
                    Err(error) => {
                        assert_eq!(error, StoreError::Full);
                        break;
                    }
                }
            }
        }
        let wear = store.wear();
        for _ in 0..100 {
            assert_eq!(store.write(Key(7), &[b"x"]), Err(StoreError::Full));
        }
        assert_eq!(store.wear(), wear);
        let mut store = FlashStore::open(&mut flash, 0..1536, &mut buffer, KeyCache::<8>).unwrap();
        for (key, length) in &stored {
            let mut value = [0; 100];
            assert_eq!(store.read(*key, &mut value), Ok(Some(*length)));
            assert_eq!(value[..*length], vec![*length as u8; *length]);
        }
        for (key, _) in &stored {
            assert_eq!(store.erase(*key), Ok(()));
            assert_eq!(store.read(*key, &mut []), Ok(None));
        }
    }
}

#[test]
fn buffers_given_to_the_driver_are_as_aligned_as_the_lent_one() {
    #[repr(align(4))]
    struct Aligned([u8; 64]);
    let mut buffer = Aligned([0; 64]);
    let mut flash = Nor::<4, 256>::new(2);
    flash.alignment = 4;
    let mut store = FlashStore::open(&mut flash, 0..512, &mut buffer.0, NoCache).unwrap();
    for n in 0..100u8 {
        store.write(Key(u32::from(n % 3)), &[&[n; 21]]).unwrap();
    }
}
