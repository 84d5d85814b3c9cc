//! A [`Store`] on NOR flash (`store-flash`), over the log-structured map of sequential-storage.
//!
//! # What it promises
//!
//! The promise of [`Store`], on every flash that keeps the contract of
//! [`NorFlash`]: no word is written twice between two erasures, and it does not
//! matter what a power failure leaves in the words of an interrupted write or in a page whose erasing was interrupted.
//! Two things are assumed beyond: a word that still reads as erased after an interrupted write can be written, and the
//! driver reads the words of an interrupted write as some bytes, not as an error.
//!
//! The map alone does not keep that promise: it tells full pages from empty ones by marks in their first and last word,
//! and these say anything after an interrupted erasure. So it is shown marks that come from page heads with a number
//! and a CRC, and never erases a page before what is still needed of it is known to be elsewhere.
//!
//! # The region
//!
//! Two pages or more, a page being what the flash erases at once. One page is always blank, so N pages hold what fits
//! N - 1. Each begins with a head of 24 bytes (filled up to words) that says what this is and numbers the page.
//!
//! | on the flash | bytes, each part filled up to words |
//! |---|---|
//! | a record | 8, and 5 + its length |
//! | an erased record | 8, and 4 |
//!
//! Every write appends. When a page is full the next one is taken into use, what still counts of the oldest one is copied
//! there, and the oldest is erased: all pages wear alike. A record that is longer than what is left of every page when
//! only records that count are in it is refused, even when all that is left together would do.
//!
//! *Erasing* a record writes an item without a value: it has to outlive the older values further back, and these cannot
//! be marked on the spot, because that would be a second write to a word. So every key ever used takes up 12 bytes (16 on
//! a flash with words of 8 bytes) until it is written again. This suits keys that come back, as those of a tree do. A
//! write leaves room for such an item, so that a full store can always be emptied.
//!
//! # Memory
//!
//! The lent buffer holds one item: it is as long as the longest record and 5 bytes, rounded up to words. The store
//! itself takes 48 bytes on a 32-bit machine beside the flash driver, and with [`KeyCache`] 16 bytes for each key. A call
//! takes some 900 bytes of stack.
//!
//! # Time and wear
//!
//! Finding a record reads back from the newest page: two flash reads for each item passed, and all items when there is no
//! such record. With [`KeyCache`] a record read or written lately costs two, the first read of one after opening six, and one
//! that is not there none. The worst
//! write is the one that takes a new page into use: it looks up every record of the oldest page. Pages of 4 KiB, words of
//! 4 bytes, records of 16 bytes, all pages having been in use:
//!
//! | keys | pages | keys in the cache | reads of a `read` | of a missing one | of the worst `write` | of `open` |
//! |---|---|---|---|---|---|---|
//! | 64 | 2 | 0 | 191 | 189 | 36,814 | 163 |
//! | 64 | 4 | 0 | 146 | 619 | 32,718 | 383 |
//! | 64 | 4 | 64 | 2 | 0 | 714 | 383 |
//! | 1,000 | 16 | 0 | 1,116 | 3,739 | 226,010 | 1,973 |
//! | 1,000 | 16 | 1,000 | 2 | 0 | 714 | 1,973 |
//!
//! A thousand writes of one such record, which take 32 bytes each:
//!
//! | pages | other records | writes to the flash | bytes | pages erased |
//! |---|---|---|---|---|
//! | 2 | 0 | 3,040 | 32,448 | 8 |
//! | 4 | 0 | 3,016 | 32,192 | 8 |
//! | 16 | 0 | 3,016 | 32,192 | 8 |
//! | 2 | 64 | 6,152 | 65,664 | 16 |
//! | 4 | 64 | 3,594 | 38,360 | 9 |
//! | 16 | 64 | 3,016 | 32,192 | 8 |

use core::future::Future;
use core::ops::Range;
use core::pin::{Pin, pin};
use core::task::{Context, Poll, Waker};

use dm_tree::{Key, Store, StoreError};
use embedded_storage::nor_flash::NorFlash;
use sequential_storage::Error;
use sequential_storage::cache::Cache as MapCache;
use sequential_storage::cache::Uncached;
use sequential_storage::map::{MapConfig, MapStorage};

mod cache;
mod error;
mod page;
mod record;
mod region;

pub use cache::{Cache, KeyCache, NoCache};
pub use error::OpenError;

use cache::{Keys, Known};
use record::{ERASED, Found, ItemKey, RECORD_HEAD, Written};
use region::{Fault, Region};

type Map<F, C> =
    MapStorage<ItemKey, Region<F>, MapCache<Uncached, Uncached, <C as Keys>::Pointers, ItemKey>>;

/// Records on a region of a NOR flash; see the [module](self).
///
/// ```
/// # use embedded_storage::nor_flash::{ErrorType, NorFlash, ReadNorFlash};
/// # struct Flash([u8; 8192]);
/// # impl ErrorType for Flash { type Error = core::convert::Infallible; }
/// # impl ReadNorFlash for Flash {
/// #     const READ_SIZE: usize = 1;
/// #     fn read(&mut self, at: u32, bytes: &mut [u8]) -> Result<(), Self::Error> {
/// #         bytes.copy_from_slice(&self.0[at as usize..][..bytes.len()]);
/// #         Ok(())
/// #     }
/// #     fn capacity(&self) -> usize { self.0.len() }
/// # }
/// # impl NorFlash for Flash {
/// #     const WRITE_SIZE: usize = 4;
/// #     const ERASE_SIZE: usize = 4096;
/// #     fn erase(&mut self, from: u32, to: u32) -> Result<(), Self::Error> {
/// #         self.0[from as usize..to as usize].fill(0xFF);
/// #         Ok(())
/// #     }
/// #     fn write(&mut self, at: u32, bytes: &[u8]) -> Result<(), Self::Error> {
/// #         self.0[at as usize..][..bytes.len()].copy_from_slice(bytes);
/// #         Ok(())
/// #     }
/// # }
/// # let mut flash = Flash([0xFF; 8192]);
/// use dm_bindings::store_flash::{FlashStore, KeyCache};
/// use dm_tree::{Key, Store};
///
/// let mut buffer = [0; 256];
/// let mut store = FlashStore::open(&mut flash, 0..8192, &mut buffer, KeyCache::<32>).unwrap();
/// store.write(Key(1), &[b"internet", b".example"]).unwrap();
///
/// let mut value = [0; 32];
/// assert_eq!(store.read(Key(1), &mut value), Ok(Some(16)));
/// assert_eq!(&value[..16], b"internet.example");
/// ```
pub struct FlashStore<'s, F: NorFlash, C: Cache = NoCache> {
    /// None only while `recover` is at it.
    map: Option<Map<F, C>>,
    buffer: &'s mut [u8],
    known: C::Known,
    /// The flash failed: what was going on there must be looked at first.
    failed: bool,
    /// Items of so many bytes, and longer ones, did not fit, and nothing has been written since.
    refused: usize,
}

impl<'s, F: NorFlash, C: Cache> FlashStore<'s, F, C> {
    /// Opens the store in `range` of the flash, in bytes, and finishes what a power failure has interrupted. A region that
    /// is all erased is an empty store.
    ///
    /// `buffer` is as long as the longest record that is ever written and 5 bytes, rounded up to words of the flash. It
    /// is handed to the flash driver, so it must be aligned as that wants it.
    ///
    /// Reads every head and key once, and the page that should be blank. Records are read when they are asked for.
    ///
    /// # Errors
    /// See [`OpenError`]. Nothing that is not a store of ours is written to or erased. For that reason a region in which
    /// power failed twice in a row, while the very first record was written, may be refused.
    pub fn open(
        flash: F,
        range: Range<u32>,
        buffer: &'s mut [u8],
        cache: C,
    ) -> Result<Self, OpenError> {
        let region = Region::new(flash, &range)?;
        Self::start(region, buffer, cache)
    }

    /// Erases the region, whatever is there, and opens it as an empty store.
    ///
    /// When power fails meanwhile, the region may be refused by [`open`](Self::open), or hold some of the old records:
    /// whoever formats a store in use must remember until it is done that it is to be done.
    ///
    /// # Errors
    /// See [`OpenError`].
    pub fn format(
        flash: F,
        range: Range<u32>,
        buffer: &'s mut [u8],
        cache: C,
    ) -> Result<Self, OpenError> {
        let mut region = Region::new(flash, &range)?;
        for page in 0..region.pages() {
            region.erase_page(page)?;
        }
        Self::start(region, buffer, cache)
    }

    fn start(mut region: Region<F>, buffer: &'s mut [u8], _: C) -> Result<Self, OpenError> {
        let least = RECORD_HEAD.next_multiple_of(Region::<F>::WORD);
        if buffer.len() < least {
            return Err(OpenError::Buffer(least));
        }
        region.settle()?;
        let mut store = Self {
            map: map::<F, C>(region),
            buffer,
            known: C::known(),
            failed: false,
            refused: usize::MAX,
        };
        store.note_items()?;
        Ok(store)
    }

    /// Notes which keys there are and where the latest item of each is, and proves that all fit the buffer.
    fn note_items(&mut self) -> Result<(), OpenError> {
        let map = self.map.as_mut().ok_or(OpenError::Medium)?;
        let known = &mut self.known;
        let mut longest = 0;
        map.flash().scan(&mut |key, place, bytes| {
            known.note(ItemKey(key));
            known.set_place(ItemKey(key), Some(place));
            longest = longest.max(bytes);
        })?;
        if longest > self.buffer.len() {
            return Err(OpenError::Buffer(longest));
        }
        Ok(())
    }

    /// How many times each page has been in use up to now, the present one not counted: that is, erased.
    #[must_use]
    pub fn wear(&mut self) -> u32 {
        let Some(map) = &mut self.map else {
            return 0;
        };
        let pages = u32::from(map.flash().pages());
        map.flash().number().checked_div(pages).unwrap_or(0)
    }

    /// Reads all items once.
    fn read_all(&mut self, each: &mut dyn FnMut(Key, Option<&[u8]>)) -> Result<(), Error<Fault>> {
        let map = self.map.as_mut().ok_or(Error::Corrupted {})?;
        let mut items = at_once(pin!(map.fetch_all_items(self.buffer)))?;
        while let Some((key, item)) = at_once(pin!(items.next::<Found<'_>>(self.buffer)))? {
            each(
                Key(key.0),
                item.value(key).map_err(|()| Error::Corrupted {})?,
            );
        }
        Ok(())
    }

    /// After a failure of the flash: does what `open` does.
    #[cold]
    #[inline(never)]
    fn recover(&mut self) -> Result<(), StoreError> {
        self.known.forget_places();
        let (mut region, _) = self.map.take().ok_or(StoreError::Failed)?.destroy();
        let settled = region.settle();
        self.map = map::<F, C>(region);
        settled.map_err(|_| StoreError::Failed)?;
        self.failed = false;
        Ok(())
    }

    fn ready(&mut self) -> Result<(), StoreError> {
        if self.failed { self.recover() } else { Ok(()) }
    }

    /// The value of the record, in the buffer.
    #[inline(never)]
    fn find(&mut self, key: ItemKey) -> Result<Option<&[u8]>, StoreError> {
        if self.known.excludes(key) {
            return Ok(None);
        }
        if let Some(place) = self.known.place(key) {
            self.lead(key, place);
        }
        let Some(map) = &mut self.map else {
            return Err(StoreError::Failed);
        };
        match at_once(pin!(map.fetch_item::<Found<'_>>(self.buffer, &key))) {
            Ok(None) => Ok(None),
            Ok(Some(found)) => found.value(key).map_err(|()| StoreError::Failed),
            Err(_) => {
                self.failed = true;
                Err(StoreError::Failed)
            }
        }
    }

    /// Lets the map find an item whose place is known, so that it remembers that. Where it is not there, the map looks for it
    /// as ever.
    fn lead(&mut self, key: ItemKey, place: u32) {
        self.known.set_place(key, None);
        if let Some(map) = &mut self.map {
            map.flash().show(Some(place));
            let _ = at_once(pin!(map.fetch_item::<Found<'_>>(self.buffer, &key)));
            map.flash().show(None);
        }
    }

    /// Writes an item where so many bytes are free.
    fn write_item(&mut self, item: &Written<'_>, free: usize) -> Result<(), StoreError> {
        self.ready()?;
        let written = self.append(item, free);
        // It may have failed when all was done.
        if written == Err(StoreError::Failed) && self.holds(item)? {
            return Ok(());
        }
        written
    }

    #[inline(never)]
    fn append(&mut self, item: &Written<'_>, free: usize) -> Result<(), StoreError> {
        let Some(map) = &mut self.map else {
            return Err(StoreError::Failed);
        };
        self.known.note(item.key);
        self.known.set_place(item.key, None);
        let page = map.flash().number();
        map.flash().keep_free(free);
        let written = at_once(pin!(map.store_item(self.buffer, &item.key, item)));
        map.flash().keep_free(0);
        if map.flash().number() != page {
            self.known.forget_places();
        }
        match written {
            Ok(()) => {
                self.refused = usize::MAX;
                Ok(())
            }
            Err(Error::FullStorage) => Err(StoreError::Full),
            Err(_) => {
                self.failed = true;
                Err(StoreError::Failed)
            }
        }
    }

    /// Whether this is what is stored under its key.
    fn holds(&mut self, item: &Written<'_>) -> Result<bool, StoreError> {
        self.ready()?;
        Ok(match (self.find(item.key)?, item.parts) {
            (None, None) => true,
            (Some(mut value), Some(parts)) => {
                for part in parts {
                    match value.strip_prefix(*part) {
                        Some(rest) => value = rest,
                        None => return Ok(false),
                    }
                }
                value.is_empty()
            }
            _ => false,
        })
    }

    /// The longest item, in bytes, that fits the buffer and a page.
    fn longest(&self) -> usize {
        let word = Region::<F>::WORD;
        let buffer = self.buffer.len() & !word.wrapping_sub(1);
        let besides = Region::<F>::item_size(0).saturating_add(Region::<F>::item_size(ERASED));
        let page = Region::<F>::ROOM.saturating_sub(besides);
        buffer.min(page).min(usize::from(u16::MAX))
    }
}

impl<F: NorFlash, C: Cache> Store for FlashStore<'_, F, C> {
    fn read(&mut self, key: Key, buf: &mut [u8]) -> Result<Option<usize>, StoreError> {
        self.ready()?;
        let Some(value) = self.find(ItemKey(key.0))? else {
            return Ok(None);
        };
        let length = value.len();
        let place = buf.get_mut(..length).ok_or(StoreError::TooLarge(length))?;
        place.copy_from_slice(value);
        Ok(Some(length))
    }

    fn scan(&mut self, each: &mut dyn FnMut(Key, Option<&[u8]>)) -> Result<bool, StoreError> {
        self.ready()?;
        match self.read_all(each) {
            Ok(()) => Ok(true),
            Err(error) => {
                self.failed = matches!(error, Error::Storage { .. });
                Err(StoreError::Failed)
            }
        }
    }

    fn write(&mut self, key: Key, parts: &[&[u8]]) -> Result<(), StoreError> {
        let mut length = 0usize;
        for part in parts {
            length = length.saturating_add(part.len());
        }
        let bytes = length.saturating_add(RECORD_HEAD);
        if bytes > self.longest() {
            return Err(StoreError::TooLarge(length));
        }
        if bytes >= self.refused {
            return Err(StoreError::Full);
        }
        let item = Written {
            key: ItemKey(key.0),
            parts: Some(parts),
        };
        // With an item to erase one: then one always fits, here or where the erased one was.
        let free = Region::<F>::item_size(bytes).saturating_add(Region::<F>::item_size(ERASED));
        let written = self.write_item(&item, free);
        if written == Err(StoreError::Full) {
            self.refused = bytes;
        }
        written
    }

    fn erase(&mut self, key: Key) -> Result<(), StoreError> {
        let key = ItemKey(key.0);
        self.ready()?;
        if self.find(key)?.is_none() {
            return Ok(());
        }
        self.write_item(&Written { key, parts: None }, 0)
    }
}

impl<F: NorFlash, C: Cache> core::fmt::Debug for FlashStore<'_, F, C> {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.write_str("FlashStore")
    }
}

fn map<F: NorFlash, C: Cache>(region: Region<F>) -> Option<Map<F, C>> {
    let config = MapConfig::try_new(region.map_range()).ok()?;
    let cache = MapCache::new(Uncached, Uncached, C::pointers());
    Some(MapStorage::new(region, config, cache))
}

/// What a future gives that never waits: those of the map wait for nothing but the flash, which is synchronous.
fn at_once<T>(
    future: Pin<&mut impl Future<Output = Result<T, Error<Fault>>>>,
) -> Result<T, Error<Fault>> {
    let mut context = Context::from_waker(Waker::noop());
    match future.poll(&mut context) {
        Poll::Ready(done) => done,
        Poll::Pending => Err(Error::Storage {
            value: Fault::Misuse,
        }),
    }
}

impl From<Error<Fault>> for OpenError {
    fn from(error: Error<Fault>) -> Self {
        match error {
            Error::Storage { .. } => Self::Medium,
            Error::BufferTooSmall(bytes) => Self::Buffer(bytes),
            _ => Self::Corrupt,
        }
    }
}
