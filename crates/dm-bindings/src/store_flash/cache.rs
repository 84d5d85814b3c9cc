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
    type Known: Known;

    fn pointers() -> Self::Pointers;
    fn known() -> Self::Known;
}

/// Which keys have ever been used, as far as that is known.
pub(super) trait Known {
    fn note(&mut self, key: ItemKey);

    /// Whether there is certainly no item with this key.
    fn excludes(&self, key: ItemKey) -> bool;

    /// Where the latest item with this key lies, if the map does not know.
    fn place(&self, key: ItemKey) -> Option<u32>;

    fn set_place(&mut self, key: ItemKey, place: Option<u32>);

    /// Items have moved.
    fn forget_places(&mut self);
}

/// Nothing is remembered.
#[derive(Clone, Copy, Debug)]
pub struct NoCache;

/// The places of up to `KEYS` records, at least one, are remembered: those read or written last. When there are no more
/// keys than that, it is known too which there are, and where, as soon as the store is open. 16 bytes for each key in the
/// store itself.
#[derive(Clone, Copy, Debug)]
pub struct KeyCache<const KEYS: usize>;

impl Keys for NoCache {
    type Pointers = Uncached;
    type Known = Unknown;

    fn pointers() -> Uncached {
        Uncached
    }

    fn known() -> Unknown {
        Unknown
    }
}

impl Cache for NoCache {}

impl<const KEYS: usize> Keys for KeyCache<KEYS> {
    type Pointers = ArrayKeyPointers<ItemKey, KEYS>;
    type Known = Keyring<KEYS>;

    fn pointers() -> Self::Pointers {
        const { assert!(KEYS > 0, "a cache of no keys is NoCache") }
        ArrayKeyPointers::new()
    }

    fn known() -> Keyring<KEYS> {
        Keyring {
            keys: [0; KEYS],
            places: [NO_PLACE; KEYS],
            count: 0,
        }
    }
}

impl<const KEYS: usize> Cache for KeyCache<KEYS> {}

/// Nothing is known.
pub(super) struct Unknown;

impl Known for Unknown {
    fn note(&mut self, _: ItemKey) {}

    fn excludes(&self, _: ItemKey) -> bool {
        false
    }

    fn place(&self, _: ItemKey) -> Option<u32> {
        None
    }

    fn set_place(&mut self, _: ItemKey, _: Option<u32>) {}

    fn forget_places(&mut self) {}
}

const NO_PLACE: u32 = u32::MAX;

/// All keys, unless there are more than `KEYS`.
pub(super) struct Keyring<const KEYS: usize> {
    keys: [u32; KEYS],
    places: [u32; KEYS],
    /// More than `KEYS` when some had no place.
    count: usize,
}

impl<const KEYS: usize> Known for Keyring<KEYS> {
    fn note(&mut self, key: ItemKey) {
        if self.excludes(key) {
            if let Some(place) = self.keys.get_mut(self.count) {
                *place = key.0;
            }
            self.count = self.count.saturating_add(1);
        }
    }

    fn excludes(&self, key: ItemKey) -> bool {
        self.keys
            .get(..self.count)
            .is_some_and(|keys| !keys.contains(&key.0))
    }

    fn place(&self, key: ItemKey) -> Option<u32> {
        let known = self.keys.iter().take(self.count);
        let (_, place) = known.zip(self.places).find(|(known, _)| **known == key.0)?;
        (place != NO_PLACE).then_some(place)
    }

    fn set_place(&mut self, key: ItemKey, place: Option<u32>) {
        let known = self.keys.iter().take(self.count);
        if let Some((_, to)) = known
            .zip(&mut self.places)
            .find(|(known, _)| **known == key.0)
        {
            *to = place.unwrap_or(NO_PLACE);
        }
    }

    fn forget_places(&mut self) {
        self.places.fill(NO_PLACE);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_key_is_excluded_once_some_are_not_remembered() {
        let mut known = KeyCache::<2>::known();
        for (key, others) in [(7, true), (0, true), (7, true), (9, false), (8, false)] {
            known.note(ItemKey(key));
            assert!(!known.excludes(ItemKey(key)));
            assert_eq!(known.excludes(ItemKey(1)), others);
        }
    }
}
