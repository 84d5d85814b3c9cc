//! Power fails at every byte of what is written and erased.

use std::collections::BTreeMap;

use dm_bindings::store_flash::{Cache, FlashStore, KeyCache, NoCache};
use dm_tree::{Key, Store};

use crate::nor::{Nor, TEARS, Tear, Writes};
use crate::{Random, budget};

type Model = BTreeMap<u32, Vec<u8>>;

const KEYS: u32 = 4;

/// One write, or erasure when there is no value.
type Step = (u32, Option<Vec<u8>>);

/// Values of all lengths around those of words, some erased, some written again the same.
fn script(steps: usize, page: usize) -> Vec<Step> {
    let mut random = Random(7);
    (0..steps)
        .map(|n| {
            let key = random.below(KEYS as usize) as u32;
            let length = match n {
                _ if n % 23 == 9 => page / 4 - n % 5,
                _ if n % 7 == 3 => 33,
                _ => n % 15,
            };
            let value = vec![n as u8 ^ 0x55; length];
            (key, (n % 5 != 4).then_some(value))
        })
        .collect()
}

fn apply(store: &mut dyn Store, (key, value): &Step) -> bool {
    match value {
        Some(value) => store.write(Key(*key), &[value]),
        None => store.erase(Key(*key)),
    }
    .is_ok()
}

fn note(model: &mut Model, (key, value): &Step) {
    match value {
        Some(value) => model.insert(*key, value.clone()),
        None => model.remove(key),
    };
}

fn content(store: &mut dyn Store) -> Model {
    let mut model = Model::new();
    let mut value = [0; 128];
    for key in 0..KEYS {
        if let Some(length) = store.read(Key(key), &mut value).unwrap() {
            model.insert(key, value[..length].to_vec());
        }
    }
    model
}

/// Opens what power failure has left: it is all as it was before the step or all as after, and works.
fn after_cut<const WORD: usize, const PAGE: usize, C: Cache>(
    flash: &mut Nor<WORD, PAGE>,
    cache: C,
    old: &Model,
    new: &Model,
    what: &str,
) {
    flash.power_on();
    let end = flash.end();
    let mut buffer = [0; 128];
    let mut store = FlashStore::open(flash, 0..end, &mut buffer, cache)
        .unwrap_or_else(|error| panic!("{what}: {error:?}"));
    let mut now = content(&mut store);
    assert!(now == *old || now == *new, "{what}: {now:?}");
    for (key, value) in [(1, &[0xA5; 12][..]), (9, b"next")] {
        store.write(Key(key), &[value]).unwrap();
        now.insert(key, value.to_vec());
    }
    store.erase(Key(9)).unwrap();
    now.remove(&9);
    assert!(content(&mut store) == now, "{what}: then");
}

/// Each step alone, on the flash as the steps before left it, cut everywhere; and then cut everywhere while the store
/// is opened again. Returns the number of cuts.
fn cut_steps<const WORD: usize, const PAGE: usize, C: Cache + Copy>(
    pages: usize,
    cache: C,
    tear: Tear,
    writes: Writes,
) -> usize {
    let mut flash = Nor::<WORD, PAGE>::new(pages);
    flash.tear = tear;
    flash.writes = writes;
    let end = flash.end();
    let mut buffer = [0; 128];
    let mut old = Model::new();
    let mut cuts = 0;
    let again = (293.0 / budget()).max(1.0) as usize;
    let (mut turns, mut after_turn) = (0, 2);
    for (n, step) in script(40, PAGE).iter().enumerate() {
        let mut new = old.clone();
        note(&mut new, step);
        // The first steps, those that need a new page, and what comes after these.
        let mut ahead = flash.clone();
        let before = flash.counts.get().erasures;
        let mut store = FlashStore::open(&mut ahead, 0..end, &mut buffer, cache).unwrap();
        assert!(apply(&mut store, step));
        if flash.counts.get().erasures > before {
            turns += 1;
            after_turn = 2;
        }
        let first = if after_turn == 0 { usize::MAX / 2 } else { 0 };
        after_turn = after_turn.max(1) - 1;
        for fuel in first.. {
            let mut torn = flash.clone();
            torn.fuel = Some(fuel);
            let mut store = FlashStore::open(&mut torn, 0..end, &mut buffer, cache).unwrap();
            let done = apply(&mut store, step);
            if !torn.off {
                assert!(done, "step {n}");
                flash = torn;
                flash.power_on();
                break;
            }
            assert!(!done, "step {n}, cut after {fuel}");
            cuts += 1;
            let what = format!("{WORD}/{PAGE}/{pages} {tear:?} step {n}, cut after {fuel}");
            torn.power_on();
            for second in (cuts % again..).step_by(again) {
                let mut twice = torn.clone();
                twice.fuel = Some(second);
                let opened = FlashStore::open(&mut twice, 0..end, &mut buffer, cache).is_ok();
                assert!(opened != twice.off);
                // Nothing is lost when the very first page cannot be told from a foreign one.
                if opened || n == 0 {
                    break;
                }
                cuts += 1;
                let what = format!("{what}, then after {second}");
                after_cut(&mut twice, cache, &old, &new, &what);
            }
            after_cut(&mut torn, cache, &old, &new, &what);
        }
        old = new;
        if turns == 2 {
            break;
        }
    }
    assert!(turns > 1, "{turns} new pages");
    cuts
}

/// All steps in one go, cut everywhere (or at every `stride`th byte).
fn cut_run<const WORD: usize, const PAGE: usize, C: Cache + Copy>(
    pages: usize,
    cache: C,
    tear: Tear,
    stride: usize,
) -> usize {
    let script = script(60, PAGE);
    let mut cuts = 0;
    for fuel in (0..).step_by(stride) {
        let mut flash = Nor::<WORD, PAGE>::new(pages);
        flash.tear = tear;
        flash.fuel = Some(fuel);
        let end = flash.end();
        let mut buffer = [0; 128];
        let mut store = FlashStore::open(&mut flash, 0..end, &mut buffer, cache).unwrap();
        let mut old = Model::new();
        let mut failed = false;
        for step in &script {
            let mut new = old.clone();
            note(&mut new, step);
            if !apply(&mut store, step) {
                cuts += 1;
                let what = format!("{WORD}/{PAGE}/{pages} {tear:?}, cut after {fuel}");
                after_cut(&mut flash, cache, &old, &new, &what);
                failed = true;
                break;
            }
            old = new;
        }
        if !failed {
            return cuts;
        }
    }
    cuts
}

#[test]
fn a_record_is_old_or_new_wherever_power_fails() {
    let mut cuts = 0;
    for tear in TEARS {
        cuts += cut_steps::<4, 256, _>(2, NoCache, tear, Writes::Once);
        cuts += cut_steps::<4, 256, _>(3, KeyCache::<8>, tear, Writes::Many);
        cuts += cut_steps::<8, 256, _>(2, KeyCache::<2>, tear, Writes::Once);
        cuts += cut_steps::<8, 256, _>(3, NoCache, tear, Writes::Many);
        cuts += cut_steps::<1, 256, _>(2, NoCache, tear, Writes::Once);
    }
    println!("{cuts} power failures, each step alone");
}

#[test]
fn a_record_is_old_or_new_wherever_power_fails_in_a_long_run() {
    let stride = (11.0 / budget()).max(1.0) as usize;
    let mut cuts = 0;
    for tear in TEARS {
        cuts += cut_run::<4, 256, _>(2, KeyCache::<4>, tear, stride);
        cuts += cut_run::<4, 256, _>(4, NoCache, tear, stride);
        cuts += cut_run::<8, 256, _>(3, KeyCache::<8>, tear, stride);
    }
    println!("{cuts} power failures in a run");
}
