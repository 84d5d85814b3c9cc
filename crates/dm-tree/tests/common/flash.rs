//! A durable store that loses power on demand.

use std::cell::RefCell;
use std::collections::{BTreeMap, VecDeque};
use std::rc::Rc;

use dm_tree::{Key, Reason, Schema, Store, StoreError, Tree};

use super::{ROOMY, memory, open, picture};

/// What survives a power failure, and when the next one comes.
#[derive(Clone, Default)]
pub struct Flash {
    state: Rc<RefCell<State>>,
}

#[derive(Default)]
struct State {
    records: BTreeMap<u32, Vec<u8>>,
    /// What was written and erased, but what has been collected as garbage; what a pass tells.
    log: VecDeque<(u32, Option<Vec<u8>>)>,
    /// There is no pass.
    by_keys: bool,
    reads: u32,
    /// Writes and erasures until power fails; none: never.
    fuel: Option<u32>,
    /// Whether the one that power fails in still counts.
    lucky: bool,
    dead: bool,
    /// Writes and erasures until one fails without a power failure.
    hiccup: Option<u32>,
    writes: u32,
    erasures: u32,
    /// Most bytes of all records, 0 for no bound.
    capacity: usize,
}

impl Flash {
    /// Lets power fail in the write or erasure after `fuel` others.
    pub fn cut_after(&self, fuel: u32, lucky: bool) {
        let mut state = self.state.borrow_mut();
        state.fuel = Some(fuel);
        state.lucky = lucky;
    }

    /// Lets one write or erasure fail, after `count` others, and no more.
    pub fn fail_once_after(&self, count: u32) {
        self.state.borrow_mut().hiccup = Some(count);
    }

    /// Brings power back; whether it had failed.
    pub fn restart(&self) -> bool {
        let mut state = self.state.borrow_mut();
        state.fuel = None;
        state.hiccup = None;
        core::mem::take(&mut state.dead)
    }

    /// Whether power has failed: nothing that happens now happens.
    pub fn is_dead(&self) -> bool {
        self.state.borrow().dead
    }

    /// A copy with a life of its own.
    pub fn fork(&self) -> Self {
        let copy = Self::default();
        copy.state.borrow_mut().records = self.records();
        copy.state.borrow_mut().log = self.state.borrow().log.clone();
        copy.state.borrow_mut().capacity = self.state.borrow().capacity;
        copy
    }

    /// As [`fork`](Self::fork), of a store that has no pass over all records.
    pub fn without_pass(&self) -> Self {
        let copy = self.fork();
        copy.state.borrow_mut().by_keys = true;
        copy
    }

    /// Records asked for since the last call.
    pub fn reads(&self) -> u32 {
        core::mem::take(&mut self.state.borrow_mut().reads)
    }

    pub fn limit(&self, capacity: usize) {
        self.state.borrow_mut().capacity = capacity;
    }

    pub fn records(&self) -> BTreeMap<u32, Vec<u8>> {
        self.state.borrow().records.clone()
    }

    /// Writes and erasures since the last call.
    pub fn count(&self) -> (u32, u32) {
        let mut state = self.state.borrow_mut();
        (
            core::mem::take(&mut state.writes),
            core::mem::take(&mut state.erasures),
        )
    }

    /// For a tree.
    pub fn store(&self) -> &'static mut dyn Store {
        Box::leak(Box::new(self.clone()))
    }
}

impl State {
    /// Makes the change, and collects garbage now and then: what still counts of the oldest moves to the end.
    fn put(&mut self, key: u32, record: Option<Vec<u8>>) {
        match &record {
            Some(record) => self.records.insert(key, record.clone()),
            None => self.records.remove(&key),
        };
        self.log.push_back((key, record));
        while self.log.len() > 3 * self.records.len() + 20 {
            for _ in 0..10 {
                if let Some((key, record)) = self.log.pop_front()
                    && self.log.iter().all(|(later, _)| *later != key)
                {
                    assert_eq!(self.records.get(&key), record.as_ref());
                    // Nothing older is left that an erased one would have to outlive.
                    if record.is_some() {
                        self.log.push_back((key, record));
                    }
                }
            }
        }
    }

    /// Whether the operation counts, or power failed before it.
    fn burn(&mut self) -> Result<bool, StoreError> {
        if self.dead {
            return Err(StoreError::Failed);
        }
        match self.hiccup {
            Some(0) => {
                self.hiccup = None;
                return Err(StoreError::Failed);
            }
            Some(count) => self.hiccup = Some(count - 1),
            None => {}
        }
        match &mut self.fuel {
            Some(0) => {
                self.dead = true;
                Ok(self.lucky)
            }
            Some(fuel) => {
                *fuel -= 1;
                Ok(true)
            }
            None => Ok(true),
        }
    }

    fn done(&self) -> Result<(), StoreError> {
        if self.dead {
            Err(StoreError::Failed)
        } else {
            Ok(())
        }
    }
}

impl Store for Flash {
    fn read(&mut self, key: Key, buf: &mut [u8]) -> Result<Option<usize>, StoreError> {
        let mut state = self.state.borrow_mut();
        state.reads += 1;
        if state.dead {
            return Err(StoreError::Failed);
        }
        let Some(record) = state.records.get(&key.0) else {
            return Ok(None);
        };
        let place = buf
            .get_mut(..record.len())
            .ok_or(StoreError::TooLarge(record.len()))?;
        place.copy_from_slice(record);
        Ok(Some(record.len()))
    }

    fn scan(&mut self, each: &mut dyn FnMut(Key, Option<&[u8]>)) -> Result<bool, StoreError> {
        let state = self.state.borrow();
        if state.dead {
            return Err(StoreError::Failed);
        }
        if state.by_keys {
            return Ok(false);
        }
        for (key, record) in &state.log {
            each(Key(*key), record.as_deref());
        }
        Ok(true)
    }

    fn write(&mut self, key: Key, parts: &[&[u8]]) -> Result<(), StoreError> {
        let mut state = self.state.borrow_mut();
        let record = parts.concat();
        if state.capacity != 0 {
            let others: usize = state
                .records
                .iter()
                .filter(|(k, _)| **k != key.0)
                .map(|(_, r)| r.len())
                .sum();
            if others + record.len() > state.capacity {
                return Err(StoreError::Full);
            }
        }
        if state.burn()? {
            state.put(key.0, Some(record));
        }
        state.writes += 1;
        state.done()
    }

    fn erase(&mut self, key: Key) -> Result<(), StoreError> {
        let mut state = self.state.borrow_mut();
        if state.burn()? {
            state.put(key.0, None);
        }
        state.erasures += 1;
        state.done()
    }
}

/// Opens a tree, by a pass over the store and key by key: both come to the same.
pub fn reopen(flash: &Flash, schema: &'static Schema<'static>) -> Result<Tree<'static>, Reason> {
    let start = |flash: &Flash| open(schema, flash.store(), Vec::new(), memory(ROOMY));
    let by_keys = flash.without_pass();
    let mut tree = start(flash)?;
    let mut other = start(&by_keys).expect("the other way too");
    assert_eq!(picture(&mut tree), picture(&mut other));
    assert_eq!(tree.unbound(), other.unbound());
    assert_eq!(flash.records(), by_keys.records());
    Ok(tree)
}
