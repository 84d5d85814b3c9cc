//! The store in a file: what a killed process, a full disk and damage leave of it.

#![cfg(feature = "std")]
// A test fails by panicking, also in the functions it calls.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]
#![allow(clippy::indexing_slicing)]

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::process::{Command, Stdio};
use std::time::Duration;

use dm_bindings::store_file::{FileStore, OpenError};
use dm_tree::mo::standard::SCHEMA;
use dm_tree::{Key, NodeSlot, Reason, Store, StoreError, Tree, TreeMemory, UriLimits};

/// A folder of one test, removed at its end.
struct Scratch(PathBuf);

impl Scratch {
    fn new(name: &str) -> Self {
        let path = std::env::temp_dir().join(format!("store-file-{}-{name}", std::process::id()));
        std::fs::create_dir_all(&path).unwrap();
        Self(path)
    }

    fn file(&self) -> PathBuf {
        self.0.join("device.store")
    }
}

impl Drop for Scratch {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

fn read(store: &mut FileStore, key: u32) -> Option<Vec<u8>> {
    let mut buf = [0; 300];
    let length = store.read(Key(key), &mut buf).unwrap()?;
    Some(buf[..length].to_vec())
}

#[test]
fn records_agree_with_a_plain_map_over_restarts() {
    let scratch = Scratch::new("model");
    let mut model: BTreeMap<u32, Vec<u8>> = BTreeMap::new();
    let mut random = 5u32;
    let mut next = move |n: u32| {
        random = random.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        (random >> 8) % n
    };
    let mut store = FileStore::open(scratch.file()).unwrap();
    assert!(store.is_empty());
    for round in 0..300 {
        let key = next(8).wrapping_mul(0x2222_2222);
        if next(4) == 0 {
            store.erase(Key(key)).unwrap();
            model.remove(&key);
        } else {
            let value = vec![round as u8; next(200) as usize];
            let (head, tail) = value.split_at(value.len() / 2);
            store.write(Key(key), &[head, &[], tail]).unwrap();
            model.insert(key, value);
        }
        if next(3) == 0 {
            store = FileStore::open(scratch.file()).unwrap();
        }
        for key in (0..8).map(|key| u32::wrapping_mul(key, 0x2222_2222)) {
            assert_eq!(read(&mut store, key), model.get(&key).cloned());
        }
        assert_eq!(store.is_empty(), model.is_empty());
        let mut passed = BTreeMap::new();
        let mut each = |key: Key, record: Option<&[u8]>| {
            assert_eq!(passed.insert(key.0, record.unwrap().to_vec()), None);
        };
        assert_eq!(store.scan(&mut each), Ok(true));
        assert_eq!(passed, model);
    }
    store.write(Key(1), &[b"12345"]).unwrap();
    assert_eq!(
        store.read(Key(1), &mut [0; 4]),
        Err(StoreError::TooLarge(5))
    );
    let left: Vec<_> = std::fs::read_dir(&scratch.0).unwrap().collect();
    assert_eq!(left.len(), 1, "nothing lies beside the store");
}

/// The states the disk can be in while a record is written: the old file and any part of the new one beside it, or the new
/// file.
#[test]
fn a_write_cut_at_any_octet_leaves_the_old_records() {
    let scratch = Scratch::new("cuts");
    let path = scratch.file();
    let mut store = FileStore::open(&path).unwrap();
    store.write(Key(1), &[b"old"]).unwrap();
    store.write(Key(2), &[b"other"]).unwrap();
    let old = std::fs::read(&path).unwrap();
    store.write(Key(1), &[b"new and longer"]).unwrap();
    let new = std::fs::read(&path).unwrap();
    for length in 0..=new.len() {
        std::fs::write(&path, &old).unwrap();
        std::fs::write(scratch.0.join("device.store.new"), &new[..length]).unwrap();
        let mut store = FileStore::open(&path).unwrap();
        assert_eq!(read(&mut store, 1).unwrap(), b"old");
        store.write(Key(3), &[b"next"]).unwrap();
        let mut store = FileStore::open(&path).unwrap();
        assert_eq!(read(&mut store, 1).unwrap(), b"old");
        assert_eq!(read(&mut store, 3).unwrap(), b"next");
        assert!(!scratch.0.join("device.store.new").exists());
    }
}

#[test]
fn damage_is_told_at_every_octet() {
    let scratch = Scratch::new("damage");
    let path = scratch.file();
    let mut store = FileStore::open(&path).unwrap();
    store.write(Key(1), &[b"value"]).unwrap();
    store.write(Key(0xFFFF_FFFF), &[b""]).unwrap();
    let good = std::fs::read(&path).unwrap();
    let open = |bytes: &[u8]| {
        std::fs::write(&path, bytes).unwrap();
        FileStore::open(&path).map(|_| ())
    };
    for at in 0..good.len() {
        let mut bad = good.clone();
        bad[at] ^= 0x40;
        match open(&bad) {
            Err(OpenError::Corrupt) => assert_ne!(at, 12),
            Err(OpenError::Version(number)) => assert_eq!((at, number), (12, 0x41)),
            other => panic!("{at}: {other:?}"),
        }
        assert!(matches!(open(&good[..at]), Err(OpenError::Corrupt)));
    }
    let longer = [&good[..], b"x"].concat();
    assert!(matches!(open(&longer), Err(OpenError::Corrupt)));
    // Intact by its sum, and still no store.
    let mut body = b"oma-dm store\x01\x01\0\0\0\xFF\xFF\xFF\xFFabc".to_vec();
    let sum = !body.iter().fold(u32::MAX, |crc, byte| {
        (0..8).fold(crc ^ u32::from(*byte), |crc, _| {
            (crc >> 1) ^ (0xEDB8_8320 & (crc & 1).wrapping_neg())
        })
    });
    body.extend(sum.to_le_bytes());
    assert!(matches!(open(&body), Err(OpenError::Corrupt)));
    assert!(matches!(FileStore::open(&scratch.0), Err(OpenError::Io(_))));
}

#[test]
fn what_cannot_be_written_changes_nothing() {
    let scratch = Scratch::new("refused");
    let path = scratch.file();
    let mut store = FileStore::open(&path).unwrap();
    store.write(Key(1), &[b"old"]).unwrap();
    // Where the new file would be made there is a folder.
    std::fs::create_dir(scratch.0.join("device.store.new")).unwrap();
    assert_eq!(store.write(Key(1), &[b"new"]), Err(StoreError::Failed));
    assert_eq!(store.write(Key(2), &[b"new"]), Err(StoreError::Failed));
    assert_eq!(store.erase(Key(1)), Err(StoreError::Failed));
    assert_eq!(store.erase(Key(2)), Ok(()), "there is nothing to do");
    for store in [&mut store, &mut FileStore::open(&path).unwrap()] {
        assert_eq!(read(store, 1).unwrap(), b"old");
        assert_eq!(read(store, 2), None);
    }
    std::fs::remove_dir(scratch.0.join("device.store.new")).unwrap();
    store.write(Key(1), &[b"new"]).unwrap();
    assert_eq!(
        read(&mut FileStore::open(&path).unwrap(), 1).unwrap(),
        b"new"
    );
}

fn with_tree<T>(path: &PathBuf, work: impl FnOnce(&mut Tree<'_>) -> T) -> T {
    let mut nodes = [NodeSlot::EMPTY; 96];
    let (mut pool, mut value) = ([0; 2048], [0; 128]);
    let mut store = FileStore::open(path).unwrap();
    let memory = TreeMemory {
        nodes: &mut nodes,
        pool: &mut pool,
        value: &mut value,
    };
    let mut tree = Tree::open(&SCHEMA, &mut store, &mut [], memory, UriLimits::default()).unwrap();
    work(&mut tree)
}

/// Two leaves and an account in one transaction, all of round `n`.
fn transact(tree: &mut Tree<'_>, n: u32) -> Result<(), Reason> {
    let text = n.to_string();
    tree.begin()?;
    tree.local().set("./DevInfo/Man", text.as_bytes())?;
    tree.local().set("./DevInfo/Mod", text.as_bytes())?;
    let old = format!("./DMAcc/a{}", n.wrapping_sub(1));
    if tree.local().find(&old).is_some() {
        tree.local().delete(&old)?;
    }
    tree.factory()
        .set(&format!("./DMAcc/a{n}/AppID"), text.as_bytes())?;
    tree.commit().map(|_| ())
}

/// The part of the test below that is killed.
#[test]
fn transactions_until_killed() {
    let Some(path) = std::env::var_os("OMA_DM_KILLED_STORE") else {
        return;
    };
    with_tree(&path.into(), |tree| {
        let mut buf = [0; 16];
        let length = tree.local().get("./DevInfo/Man", &mut buf).unwrap();
        let start: u32 = String::from_utf8_lossy(&buf[..length]).parse().unwrap_or(0);
        for n in start + 1.. {
            transact(tree, n).unwrap();
        }
    });
}

#[test]
fn a_tree_is_whole_however_often_its_process_is_killed() {
    let scratch = Scratch::new("killed");
    let path = scratch.file();
    with_tree(&path, |tree| transact(tree, 1)).unwrap();
    let mut last = 1;
    // Longer lives until some transactions have come through.
    for round in 0..200u64 {
        if round >= 25 && last > 5 {
            break;
        }
        let mut child = Command::new(std::env::current_exe().unwrap())
            .args(["--exact", "transactions_until_killed"])
            .env("OMA_DM_KILLED_STORE", &path)
            .stdout(Stdio::null())
            .spawn()
            .unwrap();
        // Not before it has written something, however busy the machine is.
        let before = std::fs::read(&path).unwrap();
        for _ in 0..3_000 {
            std::thread::sleep(Duration::from_millis(5));
            if std::fs::read(&path).unwrap() != before {
                break;
            }
        }
        std::thread::sleep(Duration::from_millis(round * 17 % (20 + round * 4)));
        child.kill().unwrap();
        child.wait().unwrap();
        with_tree(&path, |tree| {
            let mut value = |uri: &str| {
                let mut buf = [0; 16];
                let length = tree.local().get(uri, &mut buf).unwrap();
                String::from_utf8_lossy(&buf[..length])
                    .parse::<u32>()
                    .unwrap()
            };
            let n = value("./DevInfo/Man");
            assert!(n >= last, "{n} after {last}");
            assert_eq!(value("./DevInfo/Mod"), n);
            assert_eq!(value(&format!("./DMAcc/a{n}/AppID")), n);
            let root = tree.local().find("./DMAcc").unwrap();
            let first = tree.local().first_child(root).unwrap();
            assert_eq!(tree.local().next_sibling(first), None);
            last = n;
        });
    }
    println!("{last} transactions");
    assert!(last > 5, "{last}");
}
