//! What it costs: wear of the flash and reads, printed as tables (`--nocapture`).

use dm_bindings::store_flash::{Cache, FlashStore, KeyCache, NoCache};
use dm_tree::{Key, Store};

use crate::nor::{Counts, Nor};

/// Counts of 1,000 writes of one record of 16 bytes among `others` that stay.
fn thousand_writes<const WORD: usize>(pages: usize, others: u32) -> Counts {
    let mut flash = Nor::<WORD, 4096>::new(pages);
    let end = flash.end();
    let counts = flash.counts.clone();
    let mut buffer = [0; 64];
    let mut store = FlashStore::open(&mut flash, 0..end, &mut buffer, KeyCache::<80>).unwrap();
    for n in 0..others {
        store.write(Key(n + 1), &[&[n as u8; 16]]).unwrap();
    }
    // Past the first round, in which nothing is erased.
    for n in 0..pages as u32 * 130 {
        store.write(Key(0), &[&[n as u8; 16]]).unwrap();
    }
    counts.set(Counts::default());
    for n in 0..1_000 {
        store.write(Key(0), &[&[n as u8; 16]]).unwrap();
    }
    counts.get()
}

#[test]
fn wear_of_a_thousand_writes() {
    println!("| pages of 4 KiB | word | other records | writes | bytes written | pages erased |");
    println!("|---|---|---|---|---|---|");
    for (pages, others) in [(2, 0), (4, 0), (16, 0), (2, 64), (4, 64), (16, 64)] {
        let print = |word, counts: Counts| {
            println!(
                "| {pages} | {word} | {others} | {} | {} | {} |",
                counts.writes, counts.written_bytes, counts.erasures
            );
            // An item is 32 bytes, 127 fill a page.
            if others == 0 && word == 4 {
                assert!((7..=9).contains(&counts.erasures));
                assert!(counts.written_bytes < 33_000);
            }
        };
        print(4, thousand_writes::<4>(pages, others));
        if pages == 4 {
            print(32, thousand_writes::<32>(pages, others));
        }
    }
}

struct Reads {
    found: u64,
    missing: u64,
    /// Of the write that reads most.
    write: u64,
    /// Of opening the store.
    open: u64,
}

/// Reads for `keys` records of 16 bytes, each written twice.
fn reads<C: Cache + Copy>(pages: usize, keys: u32, cache: C) -> Reads {
    let mut flash = Nor::<4, 4096>::new(pages);
    let end = flash.end();
    let counts = flash.counts.clone();
    let mut buffer = [0; 64];
    let mut store = FlashStore::open(&mut flash, 0..end, &mut buffer, cache).unwrap();
    let mut most = 0;
    for n in 0..keys * 2 {
        let key = Key(n * 7_919 % keys);
        let before = counts.get().reads;
        store.write(key, &[&[n as u8; 16]]).unwrap();
        most = most.max(counts.get().reads - before);
    }
    let mut average = |keys: core::ops::Range<u32>| {
        let number = u64::from(keys.end - keys.start);
        let before = counts.get().reads;
        for key in keys {
            store.read(Key(key), &mut [0; 16]).unwrap();
        }
        (counts.get().reads - before) / number
    };
    let some = keys.min(64);
    average(0..some);
    let found = average(0..some);
    let missing = average(keys..keys + 4);
    let before = counts.get().reads;
    FlashStore::open(&mut flash, 0..end, &mut buffer, cache).unwrap();
    Reads {
        found,
        missing,
        write: most,
        open: counts.get().reads - before,
    }
}

#[test]
fn flash_reads_of_a_read() {
    println!(
        "| keys | pages of 4 KiB | keys in the cache | read | of a missing key | worst write | open |"
    );
    println!("|---|---|---|---|---|---|---|");
    let print = |keys, pages, cached, reads: &Reads| {
        println!(
            "| {keys} | {pages} | {cached} | {} | {} | {} | {} |",
            reads.found, reads.missing, reads.write, reads.open
        );
    };
    print(64, 2, 0, &reads(2, 64, NoCache));
    print(64, 4, 0, &reads(4, 64, NoCache));
    print(64, 4, 32, &reads(4, 64, KeyCache::<32>));
    let cached = reads(4, 64, KeyCache::<64>);
    print(64, 4, 64, &cached);
    assert_eq!(cached.found, 2);
    print(1_000, 16, 0, &reads(16, 1_000, NoCache));
    let cached = reads(16, 1_000, KeyCache::<1_000>);
    print(1_000, 16, 1_000, &cached);
    assert_eq!(cached.found, 2);
}
