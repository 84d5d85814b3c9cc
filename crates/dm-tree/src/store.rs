//! Where values are kept: the `Store` trait and its promise.

use crate::reason::Reason;

/// Names one record of a store.
///
/// | keys | records |
/// |---|---|
/// | `0x0000_0000..=0x7FFF_FFFF` | permanent nodes below permanent ones, by the hash of their path ([`Key::of_path`]) |
/// | `0x8000_0000..=0x8000_FFFF` | dynamic nodes, and permanent ones below these or without a described name, by an allocated number |
/// | `0xFFFE_0000..=0xFFFE_FFFF` | records of the protocol engine ([`Tree::engine_record`](crate::Tree::engine_record)) |
/// | `0xFFFF_0000..=0xFFFF_FFFF` | journal, commit record, image header |
///
/// Everything between is reserved.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct Key(pub u32);

/// FNV-1a, 32 bits.
const FNV_BASIS: u32 = 0x811C_9DC5;
const FNV_PRIME: u32 = 0x0100_0193;
/// Permanent nodes have the top bit clear.
const PERMANENT_MASK: u32 = 0x7FFF_FFFF;

impl Key {
    /// The key of the root.
    pub const ROOT: Self = Self(FNV_BASIS & PERMANENT_MASK);

    /// The key of the dynamic node with this number.
    pub(crate) const fn dynamic(number: u16) -> Self {
        Self(!PERMANENT_MASK | number as u32)
    }

    pub(crate) const fn is_dynamic(self) -> bool {
        self.0 > PERMANENT_MASK
    }

    /// The key of the permanent node `name` below the node with this key: FNV-1a over `/` and the name, continuing
    /// from the parent's key, top bit cleared after each segment.
    #[must_use]
    pub const fn child(self, name: &[u8]) -> Self {
        let mut hash = (self.0 ^ b'/' as u32).wrapping_mul(FNV_PRIME);
        let mut rest = name;
        while let [first, tail @ ..] = rest {
            hash = (hash ^ *first as u32).wrapping_mul(FNV_PRIME);
            rest = tail;
        }
        Self(hash & PERMANENT_MASK)
    }

    /// The key of the permanent node with this path, given as `./A/B`, `A/B` or `.`.
    ///
    /// A schema in which two permanent nodes have the same key is refused by the DDF compiler.
    #[must_use]
    pub const fn of_path(path: &[u8]) -> Self {
        let mut key = Self::ROOT;
        let mut rest = match path {
            [b'.', b'/', rest @ ..] => rest,
            [b'.'] => &[],
            rest => rest,
        };
        while !rest.is_empty() {
            let mut len = 0;
            let mut scan = rest;
            while let [first, tail @ ..] = scan {
                if *first == b'/' {
                    break;
                }
                len += 1;
                scan = tail;
            }
            let Some((name, tail)) = rest.split_at_checked(len) else {
                break;
            };
            key = key.child(name);
            rest = match tail {
                [_, tail @ ..] => tail,
                [] => &[],
            };
        }
        key
    }
}

/// Why a store did not do what it was told.
#[non_exhaustive]
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum StoreError {
    /// No room for the record. What was there before is still there.
    Full,
    /// The record is longer than the buffer, or than any record may be. Holds the length of the record.
    TooLarge(usize),
    /// The medium failed, or its content is damaged.
    Failed,
}

impl From<StoreError> for Reason {
    fn from(error: StoreError) -> Self {
        match error {
            StoreError::Full => Self::Full,
            StoreError::TooLarge(_) => Self::TooLarge,
            StoreError::Failed => Self::Store,
        }
    }
}

impl core::fmt::Display for StoreError {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.write_str(match self {
            Self::Full => "the store is full",
            Self::TooLarge(_) => "the record is too large",
            Self::Failed => "the store failed",
        })
    }
}

impl core::error::Error for StoreError {}

/// Records of bytes, named by [`Key`]. Three synchronous calls and one promise; a fourth one makes opening a tree cheap.
///
/// **The promise.** When power fails during `write` or `erase`, the record is afterwards either what it was before
/// the call or what the call made of it, never anything else, and no other record has changed. When `write` or
/// `erase` returns `Ok`, the change survives power failure. When it returns an error, the record is what it was
/// before.
///
/// A store is not asked to keep any order among keys.
pub trait Store {
    /// Copies the record to the front of `buf` and returns its length; `None` when there is no such record.
    ///
    /// # Errors
    /// [`StoreError::TooLarge`] with the length of the record when `buf` is shorter.
    fn read(&mut self, key: Key, buf: &mut [u8]) -> Result<Option<usize>, StoreError>;

    /// Makes `parts`, one after the other, the record.
    ///
    /// # Errors
    /// [`StoreError::Full`], [`StoreError::TooLarge`], [`StoreError::Failed`].
    fn write(&mut self, key: Key, parts: &[&[u8]]) -> Result<(), StoreError>;

    /// Removes the record. `Ok` when there is none.
    ///
    /// # Errors
    /// [`StoreError::Failed`].
    fn erase(&mut self, key: Key) -> Result<(), StoreError>;

    /// Calls `each` with every key and its record in one pass over the medium, and returns whether it did; a store that
    /// cannot gives `Ok(false)` and calls nothing, as this default does. Then [`Tree::open`](crate::Tree::open) reads the key
    /// of every node there could be, one by one.
    ///
    /// A log need not know what still counts in it: a key may come several times, each time with the record it had once, or
    /// with none when it was erased then. They come in the order in which they were written; the last one counts. What is
    /// moved within the log comes where it lies now.
    ///
    /// # Errors
    /// [`StoreError::Failed`].
    fn scan(&mut self, each: &mut dyn FnMut(Key, Option<&[u8]>)) -> Result<bool, StoreError> {
        let _ = each;
        Ok(false)
    }

    /// Whether records outlive a restart. With the feature `durable` the tree keeps its structure (nodes, names, ACLs) in
    /// a store that says so, and nothing but values in one that does not. The latter is to be empty when a tree is opened.
    fn is_durable(&self) -> bool {
        true
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_and_its_segments_have_one_key() {
        let by_steps = Key::ROOT.child(b"DevInfo").child(b"Man");
        assert_eq!(Key::of_path(b"./DevInfo/Man"), by_steps);
        assert_eq!(Key::of_path(b"DevInfo/Man"), by_steps);
        assert_eq!(Key::of_path(b"."), Key::ROOT);
        assert_ne!(Key::of_path(b"DevInfo/Mod"), by_steps);
        assert_ne!(Key::of_path(b"DevInfoMan"), by_steps);
    }

    #[test]
    fn keys_never_change() {
        // What is on flash today must be found by the next release.
        assert_eq!(Key::ROOT.0, 0x011C_9DC5);
        let mut hash = 0x011C_9DC5_u32;
        for c in b"/A" {
            hash = (hash ^ u32::from(*c)).wrapping_mul(16_777_619);
        }
        assert_eq!(Key::of_path(b"./A").0, hash & 0x7FFF_FFFF);
    }
}
