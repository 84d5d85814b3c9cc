//! A store in lent memory.

use crate::pool::put;
use crate::store::{Key, Store, StoreError};

/// Bytes of a record beside its value: `next u16, length u16, key u32`.
const HEAD: usize = 8;
/// End of a chain. No record starts at 0: the bucket table lies there.
const END: u16 = 0;
/// In place of `next`: the record is dead.
const DEAD: u16 = u16::MAX;
/// One bucket for so many bytes of memory.
const BUCKET_SHARE: usize = 64;

/// A [`Store`] in lent memory, of which the first 65534 bytes are used: two bytes for every 64, and eight for every record
/// beside its value.
///
/// Finding a record costs one hash chain. A record of the same length is overwritten; else the new one goes behind the
/// others, and when the end of the memory is reached the dead ones are squeezed out.
pub struct RamStore<'m> {
    memory: &'m mut [u8],
    /// Number of buckets less one; a power of two less one.
    mask: u16,
    /// Where the records end.
    end: usize,
    /// Bytes taken by dead records.
    dead: usize,
    durable: bool,
}

impl<'m> RamStore<'m> {
    /// An empty store that holds values only, because a restart loses them.
    #[must_use]
    pub fn new(memory: &'m mut [u8]) -> Self {
        Self::empty(memory, false)
    }

    /// An empty store that is asked to hold the structure of the tree too, for memory that outlives the tree.
    #[must_use]
    pub fn retained(memory: &'m mut [u8]) -> Self {
        Self::empty(memory, true)
    }

    fn empty(memory: &'m mut [u8], durable: bool) -> Self {
        let length = memory.len().min(usize::from(DEAD) - 1);
        let memory = memory.get_mut(..length).unwrap_or_default();
        let bits = (length / BUCKET_SHARE).checked_ilog2().unwrap_or(0);
        let buckets = 1usize << bits;
        let end = (buckets * 2).min(length);
        for byte in memory.iter_mut().take(end) {
            *byte = 0;
        }
        Self {
            memory,
            mask: (buckets - 1) as u16,
            end,
            dead: 0,
            durable,
        }
    }

    /// The two bytes at `at`: where a chain goes on.
    fn number(&self, at: usize) -> u16 {
        match self.memory.get(at..) {
            Some([low, high, ..]) => u16::from_le_bytes([*low, *high]),
            _ => END,
        }
    }

    #[inline(never)]
    fn set_number(&mut self, at: usize, number: u16) {
        if let Some([low, high, ..]) = self.memory.get_mut(at..) {
            [*low, *high] = number.to_le_bytes();
        }
    }

    /// Of the record at `at`: where the chain goes on, and its key.
    fn head(&self, at: usize) -> (u16, Key) {
        match self.memory.get(at..) {
            Some([low, high, _, _, a, b, c, d, ..]) => (
                u16::from_le_bytes([*low, *high]),
                Key(u32::from_le_bytes([*a, *b, *c, *d])),
            ),
            _ => (END, Key(0)),
        }
    }

    /// Length of the value of the record at `at`.
    fn length(&self, at: usize) -> usize {
        usize::from(self.number(at.wrapping_add(2)))
    }

    /// Where the first record of the key's chain is told.
    fn bucket(&self, key: Key) -> usize {
        let mixed = key.0.wrapping_mul(0x9E37_79B1) >> 16;
        usize::from(mixed as u16 & self.mask) * 2
    }

    /// Where the record is told, and where it is: at [`END`] when there is none.
    #[inline(never)]
    fn find(&self, key: Key) -> (u16, u16) {
        let mut told = self.bucket(key) as u16;
        let mut at = self.number(usize::from(told));
        while at != END {
            let (next, own) = self.head(usize::from(at));
            if own == key {
                break;
            }
            told = at;
            at = next;
        }
        (told, at)
    }

    /// Takes a record out of its chain.
    #[inline(never)]
    fn bury(&mut self, told: u16, at: u16) {
        let at = usize::from(at);
        self.set_number(usize::from(told), self.number(at));
        self.set_number(at, DEAD);
        self.dead = self.dead.wrapping_add(HEAD).wrapping_add(self.length(at));
    }

    /// Squeezes out the dead records.
    #[inline(never)]
    fn compact(&mut self) {
        let table = usize::from(self.mask) * 2 + 2;
        for byte in self.memory.iter_mut().take(table) {
            *byte = 0;
        }
        let (mut from, mut to) = (table, table);
        while from < self.end {
            let (next, key) = self.head(from);
            let size = self.length(from).wrapping_add(HEAD);
            if next != DEAD {
                if let Some(window) = self.memory.get_mut(to..from.wrapping_add(size)) {
                    let by = from.saturating_sub(to);
                    if by <= window.len() {
                        window.copy_within(by.., 0);
                    }
                }
                self.chain(to, key);
                to = to.wrapping_add(size);
            }
            from = from.wrapping_add(size);
        }
        self.end = to;
        self.dead = 0;
    }

    /// Lets the record at `at` be found by its key.
    fn chain(&mut self, at: usize, key: Key) {
        let bucket = self.bucket(key);
        let first = self.number(bucket);
        self.set_number(at, first);
        self.set_number(bucket, at as u16);
    }
}

impl Store for RamStore<'_> {
    fn read(&mut self, key: Key, buf: &mut [u8]) -> Result<Option<usize>, StoreError> {
        let (_, at) = self.find(key);
        if at == END {
            return Ok(None);
        }
        let length = self.length(usize::from(at));
        let place = buf.get_mut(..length).ok_or(StoreError::TooLarge(length))?;
        let start = usize::from(at).wrapping_add(HEAD);
        let value = self.memory.get(start..start.wrapping_add(length));
        put(place, 0, value.unwrap_or_default());
        Ok(Some(length))
    }

    fn write(&mut self, key: Key, parts: &[&[u8]]) -> Result<(), StoreError> {
        let mut length = 0usize;
        for part in parts {
            length = length.wrapping_add(part.len());
        }
        let (told, old) = self.find(key);
        let mut at = usize::from(old);
        let old_length = self.length(at);
        if old == END || old_length != length {
            let size = length.wrapping_add(HEAD);
            let room = self.memory.len().saturating_sub(self.end);
            let given_back = match old {
                END => 0,
                _ => old_length.wrapping_add(HEAD),
            };
            if size > room.wrapping_add(self.dead).wrapping_add(given_back) {
                return Err(StoreError::Full);
            }
            if old != END {
                self.bury(told, old);
            }
            if size > room {
                self.compact();
            }
            at = self.end;
            self.end = at.wrapping_add(size);
            if let Some([_, _, l, k, a, b, c, d, ..]) = self.memory.get_mut(at..) {
                [*l, *k] = (length as u16).to_le_bytes();
                [*a, *b, *c, *d] = key.0.to_le_bytes();
            }
            self.chain(at, key);
        }
        at = at.wrapping_add(HEAD);
        for part in parts {
            put(self.memory, at, part);
            at = at.wrapping_add(part.len());
        }
        Ok(())
    }

    fn erase(&mut self, key: Key) -> Result<(), StoreError> {
        let (told, at) = self.find(key);
        if at != END {
            self.bury(told, at);
        }
        Ok(())
    }

    // Nobody calls it without.
    #[cfg(feature = "durable")]
    fn scan(&mut self, each: &mut dyn FnMut(Key, Option<&[u8]>)) -> Result<bool, StoreError> {
        let mut at = usize::from(self.mask) * 2 + 2;
        while at < self.end {
            let (next, key) = self.head(at);
            let start = at.wrapping_add(HEAD);
            let end = start.wrapping_add(self.length(at));
            if next != DEAD {
                each(key, self.memory.get(start..end));
            }
            at = end;
        }
        Ok(true)
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

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeMap;

    #[cfg(feature = "durable")]
    fn scanned(store: &mut RamStore<'_>) -> BTreeMap<u32, Vec<u8>> {
        let mut scanned = BTreeMap::new();
        let mut each = |key: Key, record: Option<&[u8]>| {
            let record = record.expect("dead ones are left out").to_vec();
            assert_eq!(scanned.insert(key.0, record), None, "each comes once");
        };
        assert_eq!(store.scan(&mut each), Ok(true));
        scanned
    }

    #[test]
    fn records_agree_with_a_plain_map_and_stay_when_there_is_no_room() {
        for size in [0usize, 1, 9, 20, 100, 400, 1000] {
            let mut memory = vec![0xAA; size];
            let mut store = RamStore::new(&mut memory);
            let mut model: BTreeMap<u32, Vec<u8>> = BTreeMap::new();
            let mut random = 99u32;
            let mut next = move |n: u32| {
                random = random.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
                (random >> 8) % n
            };
            for round in 0..3_000u32 {
                let key = next(20).wrapping_mul(0x1111_1111);
                let value = vec![round as u8; next(40) as usize];
                if next(4) == 0 {
                    store.erase(Key(key)).unwrap();
                    model.remove(&key);
                } else {
                    let (head, tail) = value.split_at(value.len() / 3);
                    match store.write(Key(key), &[head, &[], tail]) {
                        Ok(()) => {
                            model.insert(key, value);
                        }
                        Err(error) => {
                            assert_eq!(error, StoreError::Full);
                            let others: usize = model
                                .iter()
                                .filter(|(k, _)| **k != key)
                                .map(|(_, v)| v.len() + 8)
                                .sum();
                            assert!(
                                others + value.len() + 8 + size / 32 + 2 > size,
                                "refused with room"
                            );
                        }
                    }
                }
                for key in 0..20 {
                    let key = u32::wrapping_mul(key, 0x1111_1111);
                    let mut buf = [0u8; 64];
                    let read = store.read(Key(key), &mut buf).unwrap();
                    assert_eq!(read.map(|n| &buf[..n]), model.get(&key).map(Vec::as_slice));
                }
                #[cfg(feature = "durable")]
                assert_eq!(scanned(&mut store), model);
            }
        }
    }

    #[test]
    fn a_short_buffer_is_told_the_length() {
        let mut memory = [0u8; 64];
        let mut store = RamStore::new(&mut memory);
        store.write(Key(1), &[b"12345"]).unwrap();
        assert_eq!(
            store.read(Key(1), &mut [0; 4]),
            Err(StoreError::TooLarge(5))
        );
    }
}
