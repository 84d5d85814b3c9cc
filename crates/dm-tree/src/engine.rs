//! Records of the protocol engine: in the same store as the tree, and no part of it.

use crate::reason::Reason;
use crate::store::Key;
use crate::tree::Tree;

/// The first of the engine's keys.
const FIRST: u32 = 0xFFFE_0000;

impl Tree<'_> {
    /// Copies the engine's record `number` to the front of `buf` and gives its length; 0: there is none.
    ///
    /// # Errors
    /// [`Reason::TooLarge`] when `buf` is shorter; [`Reason::Store`].
    pub fn engine_record(&mut self, number: u16, buf: &mut [u8]) -> Result<usize, Reason> {
        let found = self.store.read(Key(FIRST | u32::from(number)), buf)?;
        Ok(found.unwrap_or(0))
    }

    /// Makes `record` the engine's record `number`. It counts at once and on its own, whatever becomes of an open transaction.
    ///
    /// # Errors
    /// [`Reason::Full`], [`Reason::TooLarge`], [`Reason::Store`]; the record is what it was before then.
    pub fn set_engine_record(&mut self, number: u16, record: &[u8]) -> Result<(), Reason> {
        self.set_engine_parts(number, &[record])
    }

    /// As [`set_engine_record`](Self::set_engine_record), with `parts` one after the other.
    ///
    /// # Errors
    /// As there.
    pub fn set_engine_parts(&mut self, number: u16, parts: &[&[u8]]) -> Result<(), Reason> {
        let key = Key(FIRST | u32::from(number));
        self.store.write(key, parts).map_err(Reason::from)
    }

    /// Removes the engine's record `number`, if there is one, at once and for good.
    ///
    /// # Errors
    /// [`Reason::Store`].
    pub fn erase_engine_record(&mut self, number: u16) -> Result<(), Reason> {
        let key = Key(FIRST | u32::from(number));
        self.store.erase(key).map_err(Reason::from)
    }
}

#[cfg(test)]
mod tests {
    use crate::mo::standard::SCHEMA;
    use crate::{NodeSlot, RamStore, Reason, Tree, TreeMemory, UriLimits};

    #[test]
    fn a_record_is_read_as_it_was_written() {
        let mut nodes = [NodeSlot::EMPTY; 40];
        let (mut pool, mut value, mut values) = ([0; 256], [0; 128], [0; 128]);
        let mut store = RamStore::new(&mut values);
        let memory = TreeMemory {
            nodes: &mut nodes,
            pool: &mut pool,
            value: &mut value,
        };
        let mut tree =
            Tree::open(&SCHEMA, &mut store, &mut [], memory, UriLimits::default()).unwrap();
        let mut buf = [0; 8];
        assert_eq!(tree.engine_record(7, &mut buf), Ok(0));
        tree.set_engine_parts(7, &[b"sev", b"en"]).unwrap();
        assert_eq!(tree.engine_record(7, &mut buf), Ok(5));
        assert_eq!(&buf[..5], b"seven");
        assert_eq!(tree.engine_record(8, &mut buf), Ok(0));
        assert_eq!(tree.engine_record(7, &mut buf[..4]), Err(Reason::TooLarge));
        assert_eq!(tree.set_engine_record(7, &[0; 256]), Err(Reason::Full));
        assert_eq!(tree.engine_record(7, &mut buf), Ok(5));
        tree.erase_engine_record(7).unwrap();
        tree.erase_engine_record(7).unwrap();
        assert_eq!(tree.engine_record(7, &mut buf), Ok(0));
    }
}
