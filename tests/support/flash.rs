//! A store that outlives the tree on it, and whose power can be cut.

use std::cell::{Cell, RefCell};
use std::collections::BTreeMap;
use std::rc::Rc;

use dm_tree::{Key, Store, StoreError};

/// Records that stay when the device restarts. Clones are the same store.
#[derive(Clone, Default)]
pub struct Flash {
    records: Rc<RefCell<BTreeMap<Key, Vec<u8>>>>,
    /// Changes until the power fails; none: it never does.
    pub fuel: Rc<Cell<Option<u32>>>,
    /// Changes so far.
    pub changes: Rc<Cell<u32>>,
    /// The tree's structure is kept here too.
    whole: bool,
}

impl Flash {
    /// A store that keeps all of the tree: it is opened again with [`Bench::again`](crate::Bench::again).
    pub fn whole() -> Self {
        Self {
            whole: true,
            ..Self::default()
        }
    }

    /// Another store with the same records, and with power.
    pub fn copy(&self) -> Self {
        Self {
            records: Rc::new(RefCell::new(self.records.borrow().clone())),
            whole: self.whole,
            ..Self::default()
        }
    }

    /// The records of the protocol engine.
    pub fn engine_records(&self) -> usize {
        let engine = Key(0xFFFE_0000)..=Key(0xFFFE_FFFF);
        self.records.borrow().range(engine).count()
    }

    fn burn(&self) -> Result<(), StoreError> {
        match self.fuel.get() {
            Some(0) => return Err(StoreError::Failed),
            Some(left) => self.fuel.set(Some(left - 1)),
            None => {}
        }
        self.changes.set(self.changes.get() + 1);
        Ok(())
    }
}

impl Store for Flash {
    fn read(&mut self, key: Key, buf: &mut [u8]) -> Result<Option<usize>, StoreError> {
        let records = self.records.borrow();
        let Some(record) = records.get(&key) else {
            return Ok(None);
        };
        let place = buf.get_mut(..record.len());
        place
            .ok_or(StoreError::TooLarge(record.len()))?
            .copy_from_slice(record);
        Ok(Some(record.len()))
    }

    fn write(&mut self, key: Key, parts: &[&[u8]]) -> Result<(), StoreError> {
        self.burn()?;
        self.records.borrow_mut().insert(key, parts.concat());
        Ok(())
    }

    fn erase(&mut self, key: Key) -> Result<(), StoreError> {
        self.burn()?;
        self.records.borrow_mut().remove(&key);
        Ok(())
    }

    // Else values only: each restart seeds the tree anew.
    fn is_durable(&self) -> bool {
        self.whole
    }
}
