//! Random operations against a plain map, with power failures at random places.

use std::collections::BTreeMap;

use dm_bindings::store_flash::{Cache, FlashStore, KeyCache, NoCache};
use dm_tree::{Key, Store, StoreError};

use crate::nor::{Nor, TEARS, Writes};
use crate::{Random, budget};

type Model = BTreeMap<u32, Vec<u8>>;

/// Keys as trees have them.
fn key(n: usize) -> u32 {
    [0x0123_4567, 0x8000_0000, 0xFFFF_0000][n % 3] + n as u32
}

fn read(store: &mut dyn Store, key: u32) -> Option<Vec<u8>> {
    let mut value = [0; 512];
    let length = store.read(Key(key), &mut value).expect("readable")?;
    Some(value[..length].to_vec())
}

fn run<const WORD: usize, const PAGE: usize, C: Cache + Copy>(
    seed: u64,
    pages: usize,
    cache: C,
    steps: usize,
) {
    let mut random = Random(seed);
    let mut flash = Nor::<WORD, PAGE>::new(pages);
    flash.writes = [Writes::Once, Writes::Many][random.below(2)];
    let mut model = Model::new();
    let mut buffer = [0; 512];
    let mut cuts = 0;
    let mut step = 0;
    while step < steps {
        flash.power_on();
        flash.tear = TEARS[random.below(4)];
        let end = flash.end();
        // Sometimes power fails again while the store is being opened.
        for round in 0..3 {
            let fuel = random.below(PAGE * 2);
            flash.fuel = (random.below(4) == 0 && round != 2).then_some(fuel);
            match FlashStore::open(&mut flash, 0..end, &mut buffer, cache) {
                Ok(_) => break,
                Err(error) => assert!(flash.off, "{error:?}"),
            }
            flash.power_on();
        }
        let fuel = random.below(PAGE * 8);
        flash.fuel = (random.below(8) != 0).then_some(fuel);
        let mut store = FlashStore::open(&mut flash, 0..end, &mut buffer, cache).unwrap();
        let mut broken = None;
        for _ in 0..random.below(60) {
            step += 1;
            let key = key(random.below(12));
            let length = [random.below(8), random.below(PAGE / 4), 255 - 9][random.below(9) / 4];
            let value = random.bytes(length);
            let erase = random.below(4) == 0;
            let done = if erase {
                store.erase(Key(key))
            } else {
                let (head, tail) = value.split_at(length / 3);
                store.write(Key(key), &[head, &[], tail])
            };
            match done {
                Ok(()) if erase => drop(model.remove(&key)),
                Ok(()) => drop(model.insert(key, value)),
                Err(StoreError::Full) => assert!(!erase, "no room to erase"),
                Err(StoreError::TooLarge(n)) => assert!(n == length && length > PAGE / 2),
                Err(_) => {
                    broken = Some((key, (!erase).then_some(value)));
                    break;
                }
            }
            let other = crate::model::key(random.below(12));
            let found = read(&mut store, other);
            assert_eq!(found.as_ref(), model.get(&other), "{other:x}");
        }
        flash.power_on();
        cuts += usize::from(broken.is_some());
        let mut store = FlashStore::open(&mut flash, 0..end, &mut buffer, cache).unwrap();
        if let Some((key, new)) = broken {
            let now = read(&mut store, key);
            assert!(
                now == new || now.as_ref() == model.get(&key),
                "neither old nor new"
            );
            match now {
                Some(value) => drop(model.insert(key, value)),
                None => drop(model.remove(&key)),
            }
        }
        for n in 0..12 {
            assert_eq!(read(&mut store, key(n)).as_ref(), model.get(&key(n)));
        }
        // What comes last in a pass counts.
        let mut passed = Model::new();
        let mut each = |key: Key, record: Option<&[u8]>| match record {
            Some(record) => drop(passed.insert(key.0, record.to_vec())),
            None => drop(passed.remove(&key.0)),
        };
        assert_eq!(store.scan(&mut each), Ok(true));
        assert_eq!(passed, model);
    }
    assert!(cuts > steps / 100, "{cuts} cuts");
}

#[test]
fn records_agree_with_a_plain_map_whenever_power_fails() {
    let steps = (600.0 * budget()) as usize;
    for seed in 0..4 {
        run::<4, 512, _>(seed, 2, NoCache, steps);
        run::<4, 512, _>(seed, 3, KeyCache::<4>, steps);
        run::<8, 512, _>(seed, 4, KeyCache::<16>, steps);
        run::<8, 1024, _>(seed, 2, KeyCache::<1>, steps);
        run::<1, 512, _>(seed, 5, NoCache, steps);
        run::<32, 1024, _>(seed, 3, NoCache, steps);
    }
}
