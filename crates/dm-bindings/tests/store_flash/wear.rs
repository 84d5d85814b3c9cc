//! What it costs: wear of the flash, and reads.

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

/// A row of a table in the documentation, which must be there as it was measured.
fn row(numbers: &[u64]) {
    let mut row = String::from("//! |");
    for number in numbers {
        let text = number.to_string();
        row.push(' ');
        for (n, digit) in text.chars().enumerate() {
            if n != 0 && (text.len() - n).is_multiple_of(3) {
                row.push(',');
            }
            row.push(digit);
        }
        row += " |";
    }
    println!("{row}");
    let documented = include_str!("../../src/store_flash.rs");
    assert!(documented.lines().any(|line| line == row), "{row}");
}

#[test]
fn the_wear_of_a_thousand_writes_is_as_documented() {
    for (pages, others) in [(2, 0), (4, 0), (16, 0), (2, 64), (4, 64), (16, 64)] {
        let counts = thousand_writes::<4>(pages, others);
        row(&[
            pages as u64,
            u64::from(others),
            counts.writes,
            counts.written_bytes,
            counts.erasures,
        ]);
    }
    // One with large words, in which an item takes two.
    let counts = thousand_writes::<32>(4, 0);
    assert_eq!((counts.writes, counts.erasures), (2_032, 16));
}

struct Reads {
    found: u64,
    missing: u64,
    /// Of the write that reads most.
    write: u64,
    /// Of opening the store.
    open: u64,
}

/// Reads for `keys` records of 16 bytes, all pages having been in use.
fn reads<C: Cache + Copy>(pages: usize, keys: u32, cache: C) -> Reads {
    let mut flash = Nor::<4, 4096>::new(pages);
    let end = flash.end();
    let counts = flash.counts.clone();
    let mut buffer = [0; 64];
    let mut store = FlashStore::open(&mut flash, 0..end, &mut buffer, cache).unwrap();
    let mut most = 0;
    for n in 0..(keys * 2).max(pages as u32 * 140) {
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
fn the_reads_of_each_call_are_as_documented() {
    let print = |keys, pages, cached, reads: Reads| {
        row(&[
            keys,
            pages,
            cached,
            reads.found,
            reads.missing,
            reads.write,
            reads.open,
        ]);
    };
    print(64, 2, 0, reads(2, 64, NoCache));
    print(64, 4, 0, reads(4, 64, NoCache));
    print(64, 4, 64, reads(4, 64, KeyCache::<64>));
    print(1_000, 16, 0, reads(16, 1_000, NoCache));
    print(1_000, 16, 1_000, reads(16, 1_000, KeyCache::<1_000>));
}
