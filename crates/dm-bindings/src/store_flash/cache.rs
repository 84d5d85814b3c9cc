//! How much the store remembers of where records are.

use sequential_storage::cache::Uncached;
use sequential_storage::cache::key_pointers::{ArrayKeyPointers, KeyPointersCache};

use super::record::ItemKey;

/// What a [`FlashStore`](super::FlashStore) remembers of where records are: [`NoCache`] or [`KeyCache`].
#[allow(private_bounds)]
pub trait Cache: Keys {}

/// The side of [`Cache`] towards the map.
pub(super) trait Keys {
    type Pointers: KeyPointersCache<ItemKey>;

    fn pointers() -> Self::Pointers;
}

/// Nothing is remembered.
#[derive(Clone, Copy, Debug)]
pub struct NoCache;

/// The places of up to `KEYS` records, at least one, are remembered: those read or written last. 8 bytes for each key in
/// the store itself. A record found this way costs two flash reads.
#[derive(Clone, Copy, Debug)]
pub struct KeyCache<const KEYS: usize>;

impl Keys for NoCache {
    type Pointers = Uncached;

    fn pointers() -> Uncached {
        Uncached
    }
}

impl Cache for NoCache {}

impl<const KEYS: usize> Keys for KeyCache<KEYS> {
    type Pointers = ArrayKeyPointers<ItemKey, KEYS>;

    fn pointers() -> Self::Pointers {
        const { assert!(KEYS > 0, "a cache of no keys is NoCache") }
        ArrayKeyPointers::new()
    }
}

impl<const KEYS: usize> Cache for KeyCache<KEYS> {}
