//! A durable store that loses power on demand.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::rc::Rc;

use dm_tree::{Key, Store, StoreError};

/// What survives a power failure, and when the next one comes.
#[derive(Clone, Default)]
pub struct Flash {
    state: Rc<RefCell<State>>,
}

#[derive(Default)]
struct State {
    records: BTreeMap<u32, Vec<u8>>,
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
        copy.state.borrow_mut().capacity = self.state.borrow().capacity;
        copy
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
        let state = self.state.borrow();
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
            state.records.insert(key.0, record);
        }
        state.writes += 1;
        state.done()
    }

    fn erase(&mut self, key: Key) -> Result<(), StoreError> {
        let mut state = self.state.borrow_mut();
        if state.burn()? {
            state.records.remove(&key.0);
        }
        state.erasures += 1;
        state.done()
    }
}
