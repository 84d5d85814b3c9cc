//! The flash fails now and then, but power stays.

use std::collections::BTreeMap;

use dm_bindings::store_flash::{FlashStore, KeyCache, OpenError};
use dm_tree::{Key, Store, StoreError};

use crate::nor::Nor;

type Flash = Nor<4, 256>;

/// A write or erasure out of many fails, after it was done or without: the store goes on, and what it answered is true.
#[test]
fn a_failure_is_told_or_made_good_and_the_store_goes_on() {
    for done in [false, true] {
        let (mut told, mut good) = (0, 0);
        for nth in 0..200 {
            let mut flash = Flash::new(3);
            flash.fault = Some((nth, done));
            let end = flash.end();
            let mut buffer = [0; 64];
            let mut store =
                FlashStore::open(&mut flash, 0..end, &mut buffer, KeyCache::<8>).unwrap();
            let mut model = BTreeMap::new();
            let mut failures = 0;
            for n in 0..70u32 {
                let key = n % 4;
                let value = vec![n as u8; n as usize % 20];
                let result = if n % 5 == 4 {
                    store.erase(Key(key)).map(|()| model.remove(&key))
                } else {
                    let written = store.write(Key(key), &[&value]);
                    written.map(|()| model.insert(key, value))
                };
                if let Err(error) = result {
                    assert_eq!(error, StoreError::Failed);
                    failures += 1;
                }
                for key in 0..4 {
                    let mut value = [0; 32];
                    let length = store.read(Key(key), &mut value).unwrap();
                    let found = length.map(|length| &value[..length]);
                    assert_eq!(found, model.get(&key).map(Vec::as_slice), "{nth} {n}");
                }
            }
            assert!(failures <= 1);
            if flash.fault.is_some() {
                break;
            }
            told += failures;
            good += 1 - failures;
        }
        println!("done {done}: {told} told, {good} made good");
        assert!(told > 0 && (good > 0) == done);
    }
}

#[test]
fn a_page_that_cannot_be_erased_is_noticed() {
    let mut flash = Flash::new(2);
    let end = flash.end();
    let mut buffer = [0; 64];
    let mut store = FlashStore::open(&mut flash, 0..end, &mut buffer, KeyCache::<8>).unwrap();
    store.write(Key(1), &[b"value"]).unwrap();
    flash.stuck = Some(40);
    let mut store = FlashStore::open(&mut flash, 0..end, &mut buffer, KeyCache::<8>).unwrap();
    let mut written = Vec::from(*b"value");
    let mut value = [0; 8];
    loop {
        let next = [written[0].wrapping_add(1); 8];
        match store.write(Key(1), &[&next]) {
            Ok(()) => written = next.to_vec(),
            Err(error) => {
                assert_eq!(error, StoreError::Failed);
                break;
            }
        }
    }
    assert_eq!(store.read(Key(1), &mut value), Err(StoreError::Failed));
    let opened = FlashStore::open(&mut flash, 0..end, &mut buffer, KeyCache::<8>);
    assert_eq!(opened.err(), Some(OpenError::Medium));
    flash.stuck = None;
    let mut store = FlashStore::open(&mut flash, 0..end, &mut buffer, KeyCache::<8>).unwrap();
    let length = store.read(Key(1), &mut value).unwrap().unwrap();
    assert_eq!(value[..length], written);
}
