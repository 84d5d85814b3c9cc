//! The pages of the region: which are in use, in which order, and which may be erased.
//!
//! The map above sees a flash of its own. Where it expects the marks by which it tells full pages from empty ones it is
//! told what this module knows from numbered page heads, and nothing of these marks is on the flash. The map would trust
//! its marks also after power failed while a page was being erased, when they may say anything.
//!
//! The pages in use are a ring of consecutive numbers. Only the last one, here called the front, is written to. When it
//! is full the page after it, which is blank, becomes the front; the map copies what still counts of the page after that
//! one, the oldest; then the front gets its release mark, and the oldest is erased. So there is always a blank page, but
//! between two of these steps, and [`settle`](Region::settle) can tell from the front what is to be done.

mod settle;
mod spot;

use core::future::Future;
use core::ops::Range;
use core::pin::Pin;
use core::task::{Context, Poll};

use embedded_storage::nor_flash::NorFlash;
use embedded_storage_async::nor_flash as map_side;
use embedded_storage_async::nor_flash::{NorFlashError, NorFlashErrorKind};

use super::OpenError;
use super::page::{HEAD, Head, Layout, PAGE_UNIT, RELEASE, is_blank};

/// Largest word, in bytes.
const MAX_WORD: usize = 32;
/// So that no address in or just behind a region overflows.
const MAX_END: u32 = 0x8000_0000;
/// Bytes of the map before the data of an item, on a flash with small words.
const ITEM_HEAD: usize = 8;

/// Why the map did not get what it wanted.
#[derive(Clone, Copy, Debug)]
pub(super) enum Fault {
    /// The flash failed.
    Medium,
    /// The map wants what it never should.
    Misuse,
}

impl NorFlashError for Fault {
    fn kind(&self) -> NorFlashErrorKind {
        NorFlashErrorKind::Other
    }
}

/// A buffer as flash drivers like it.
#[repr(align(4))]
struct Block([u8; PAGE_UNIT]);

impl Block {
    const BLANK: Self = Self([0xFF; PAGE_UNIT]);
}

pub(super) struct Region<F> {
    flash: F,
    /// Where the first page begins.
    start: u32,
    pages: u16,
    /// Index of the page that is written to.
    front: u16,
    /// Its number; that is how many pages have been opened up to now.
    number: u32,
    /// Pages in use: the front and those before it.
    used: u16,
    /// The map has closed the front.
    closed: bool,
    /// Bytes that must be free in the front before an item is written there; see [`Region::keep_free`].
    keep: u32,
    /// The only item the map sees, if any; see [`Region::show`].
    spot: Option<spot::Spot>,
}

const fn round_up(bytes: usize, word: usize) -> usize {
    bytes.next_multiple_of(word)
}

impl<F: NorFlash> Region<F> {
    /// Bytes that are written, or read, at once.
    pub(super) const WORD: usize = if F::WRITE_SIZE > F::READ_SIZE {
        F::WRITE_SIZE
    } else {
        F::READ_SIZE
    };
    const RELEASE_AT: usize = round_up(HEAD, Self::WORD);
    const ITEMS_AT: usize = Self::RELEASE_AT.saturating_add(Self::RELEASE_SIZE);
    const RELEASE_SIZE: usize = round_up(RELEASE, Self::WORD);
    /// Bytes of a page that items can fill.
    pub(super) const ROOM: usize = F::ERASE_SIZE.saturating_sub(Self::ITEMS_AT);
    /// A page as the map sees it: a mark of one word, the items, another mark.
    const SPAN: usize = Self::CLOSE_MARK_AT.saturating_add(Self::WORD);
    const CLOSE_MARK_AT: usize = Self::ROOM.saturating_add(Self::WORD);

    /// Bytes that an item with so many bytes takes up.
    pub(super) const fn item_size(bytes: usize) -> usize {
        round_up(ITEM_HEAD, Self::WORD).saturating_add(round_up(bytes, Self::WORD))
    }

    pub(super) fn new(flash: F, range: &Range<u32>) -> Result<Self, OpenError> {
        let span = range
            .end
            .checked_sub(range.start)
            .ok_or(OpenError::Unaligned)?;
        let page = F::ERASE_SIZE as u32;
        if layout_size::<F>().is_err()
            || Self::WORD > MAX_WORD
            || Self::ROOM < Self::item_size(PAGE_UNIT / 2)
            || !F::ERASE_SIZE.is_multiple_of(PAGE_UNIT)
            || !F::ERASE_SIZE.is_multiple_of(Self::WORD)
            || !PAGE_UNIT.is_multiple_of(Self::WORD)
        {
            return Err(OpenError::PageSize);
        }
        if !range.start.is_multiple_of(page) || !span.is_multiple_of(page) {
            return Err(OpenError::Unaligned);
        }
        let capacity = u32::try_from(flash.capacity()).unwrap_or(u32::MAX);
        if range.end > capacity.min(MAX_END) {
            return Err(OpenError::Outside);
        }
        let pages = span.checked_div(page).and_then(|n| u16::try_from(n).ok());
        let pages = pages.filter(|n| *n >= 2).ok_or(OpenError::Pages)?;
        Ok(Self {
            flash,
            start: range.start,
            pages,
            front: 0,
            number: 0,
            used: 0,
            closed: false,
            keep: 0,
            spot: None,
        })
    }

    /// The region as the map sees it.
    pub(super) fn map_range(&self) -> Range<u32> {
        0..u32::from(self.pages).wrapping_mul(Self::SPAN as u32)
    }

    pub(super) fn pages(&self) -> u16 {
        self.pages
    }

    pub(super) fn number(&self) -> u32 {
        self.number
    }

    /// From now on the map finds no place for an item in a page with fewer free bytes than these.
    pub(super) fn keep_free(&mut self, bytes: usize) {
        self.keep = u32::try_from(bytes).unwrap_or(u32::MAX);
    }

    fn layout(&self) -> Layout {
        Layout {
            word: Self::WORD as u8,
            pages: self.pages,
            page_size: layout_size::<F>().unwrap_or_default(),
        }
    }

    fn after(&self, page: u16) -> u16 {
        let next = page.wrapping_add(1);
        if next >= self.pages { 0 } else { next }
    }

    fn before(&self, page: u16) -> u16 {
        page.checked_sub(1)
            .unwrap_or_else(|| self.pages.wrapping_sub(1))
    }

    fn address(&self, page: u16) -> u32 {
        let offset = u32::from(page).wrapping_mul(F::ERASE_SIZE as u32);
        self.start.wrapping_add(offset)
    }

    fn read_block(&mut self, at: u32, block: &mut Block, bytes: usize) -> Result<(), Fault> {
        let place = block.0.get_mut(..bytes).ok_or(Fault::Misuse)?;
        self.flash.read(at, place).map_err(|_| Fault::Medium)
    }

    /// Writes `bytes`, filled up with 0xFF to `length`.
    fn write_block(&mut self, at: u32, bytes: &[u8], length: usize) -> Result<(), Fault> {
        let mut block = Block::BLANK;
        for (place, byte) in block.0.iter_mut().zip(bytes) {
            *place = *byte;
        }
        let block = block.0.get(..length).ok_or(Fault::Misuse)?;
        self.flash.write(at, block).map_err(|_| Fault::Medium)
    }

    /// What is where the head of the page should be.
    pub(super) fn head(&mut self, page: u16) -> Result<Head, Fault> {
        let mut block = Block::BLANK;
        self.read_block(self.address(page), &mut block, Self::RELEASE_AT)?;
        let (head, _) = block.0.split_first_chunk().ok_or(Fault::Misuse)?;
        Ok(self.layout().parse(head))
    }

    fn release_address(&self) -> u32 {
        self.address(self.front)
            .wrapping_add(Self::RELEASE_AT as u32)
    }

    /// Whether the front says that the oldest page may be erased.
    pub(super) fn is_released(&mut self) -> Result<bool, Fault> {
        let mut block = Block::BLANK;
        self.read_block(self.release_address(), &mut block, Self::RELEASE_SIZE)?;
        let mark = self.layout().release(self.number);
        Ok(block.0.starts_with(&mark))
    }

    /// Whether the page is erased from its byte `from` on, a multiple of the word.
    pub(super) fn is_erased(&mut self, page: u16, from: usize) -> Result<bool, Fault> {
        let mut block = Block::BLANK;
        let mut offset = from;
        while offset < F::ERASE_SIZE {
            let at = self.address(page).wrapping_add(offset as u32);
            let left = F::ERASE_SIZE.saturating_sub(offset);
            self.read_block(at, &mut block, left.min(PAGE_UNIT))?;
            if !is_blank(&block.0) {
                return Ok(false);
            }
            offset = offset.saturating_add(PAGE_UNIT);
        }
        Ok(true)
    }

    /// Erases a page and sees to it that it is erased.
    pub(super) fn erase_page(&mut self, page: u16) -> Result<(), Fault> {
        let from = self.address(page);
        let to = from.wrapping_add(F::ERASE_SIZE as u32);
        self.flash.erase(from, to).map_err(|_| Fault::Medium)?;
        if !self.is_erased(page, 0)? {
            return Err(Fault::Medium);
        }
        Ok(())
    }

    /// Makes the blank page after the front the front.
    fn open_page(&mut self, page: u16) -> Result<(), Fault> {
        let next = if self.used == 0 {
            0
        } else {
            self.after(self.front)
        };
        if page != next || self.used >= self.pages {
            return Err(Fault::Misuse);
        }
        let number = self.number.checked_add(1).ok_or(Fault::Medium)?;
        let head = self.layout().head(number);
        self.write_block(self.address(page), &head, Self::RELEASE_AT)?;
        self.front = page;
        self.number = number;
        self.used = self.used.wrapping_add(1);
        self.closed = false;
        Ok(())
    }

    /// The map has copied the oldest page to the front, or wants to begin anew with that.
    fn give_up(&mut self, page: u16) -> Result<(), Fault> {
        if self.used != self.pages {
            return Err(Fault::Misuse);
        }
        if page == self.front {
            self.erase_front()
        } else if page == self.after(self.front) {
            let mark = self.layout().release(self.number);
            self.write_block(self.release_address(), &mark, Self::RELEASE_SIZE)?;
            self.erase_oldest()
        } else {
            Err(Fault::Misuse)
        }
    }

    fn erase_oldest(&mut self) -> Result<(), Fault> {
        self.erase_page(self.after(self.front))?;
        self.used = self.used.wrapping_sub(1);
        Ok(())
    }

    fn erase_front(&mut self) -> Result<(), Fault> {
        self.erase_page(self.front)?;
        self.front = self.before(self.front);
        self.number = self.number.wrapping_sub(1);
        self.used = self.used.wrapping_sub(1);
        self.closed = true;
        Ok(())
    }

    /// The marks of a page, as the map expects them: whether it was opened, and whether it was closed.
    fn marks(&self, page: u16) -> (bool, bool) {
        if let Some(spot) = self.spot {
            return (page == spot.page, false);
        }
        // How many pages before the front this one is.
        let back = self.front.checked_sub(page).unwrap_or_else(|| {
            let ahead = page.wrapping_sub(self.front);
            self.pages.wrapping_sub(ahead)
        });
        let opened = back < self.used;
        (opened, opened && (back != 0 || self.closed))
    }

    /// What an address of the map means.
    fn place(&self, offset: u32, length: usize) -> Result<(u16, Place), Fault> {
        let span = Self::SPAN as u32;
        let page = offset.checked_div(span).ok_or(Fault::Misuse)?;
        let at = offset.wrapping_sub(page.wrapping_mul(span)) as usize;
        let page = u16::try_from(page).map_err(|_| Fault::Misuse)?;
        if page >= self.pages {
            return Err(Fault::Misuse);
        }
        let end = at.saturating_add(length);
        let place = if end <= Self::WORD {
            Place::OpenMark
        } else if at >= Self::WORD && end <= Self::CLOSE_MARK_AT {
            let item = at.wrapping_sub(Self::WORD);
            let address = self.address(page).wrapping_add(Self::ITEMS_AT as u32);
            Place::Items {
                address: address.wrapping_add(item as u32),
                left: Self::ROOM.wrapping_sub(item),
            }
        } else if at >= Self::CLOSE_MARK_AT && end <= Self::SPAN {
            Place::CloseMark
        } else {
            return Err(Fault::Misuse);
        };
        Ok((page, place))
    }
}

enum Place {
    OpenMark,
    CloseMark,
    Items {
        /// On the flash.
        address: u32,
        /// Bytes up to the end of the page.
        left: usize,
    },
}

/// A future that has come: what an async function gives could panic when it is polled again.
struct Done(Result<(), Fault>);

impl Future for Done {
    type Output = Result<(), Fault>;

    fn poll(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<Self::Output> {
        Poll::Ready(self.0)
    }
}

impl<F> map_side::ErrorType for Region<F> {
    type Error = Fault;
}

impl<F: NorFlash> map_side::ReadNorFlash for Region<F> {
    const READ_SIZE: usize = F::READ_SIZE;

    fn read(&mut self, offset: u32, bytes: &mut [u8]) -> impl Future<Output = Result<(), Fault>> {
        Done(self.map_reads(offset, bytes))
    }

    fn capacity(&self) -> usize {
        self.map_range().end as usize
    }
}

impl<F: NorFlash> map_side::NorFlash for Region<F> {
    const WRITE_SIZE: usize = F::WRITE_SIZE;
    const ERASE_SIZE: usize = Self::SPAN;

    fn write(&mut self, offset: u32, bytes: &[u8]) -> impl Future<Output = Result<(), Fault>> {
        Done(self.map_writes(offset, bytes))
    }

    fn erase(&mut self, from: u32, to: u32) -> impl Future<Output = Result<(), Fault>> {
        Done(self.map_erases(from, to))
    }
}

impl<F: NorFlash> Region<F> {
    fn map_reads(&mut self, offset: u32, bytes: &mut [u8]) -> Result<(), Fault> {
        let (page, place) = self.place(offset, bytes.len())?;
        let (opened, closed) = self.marks(page);
        let marked = match place {
            Place::OpenMark => opened,
            Place::CloseMark => closed,
            Place::Items { address, left } => {
                if let Some(spot) = self.spot {
                    return self.read_spot(spot, page, Self::ROOM.wrapping_sub(left), bytes);
                }
                self.flash.read(address, bytes).map_err(|_| Fault::Medium)?;
                // Where too little is free the map is shown something it passes over.
                if page == self.front && (left as u32) < self.keep && is_blank(bytes) {
                    bytes.fill(0);
                }
                return Ok(());
            }
        };
        bytes.fill(if marked { 0 } else { 0xFF });
        Ok(())
    }

    fn map_writes(&mut self, offset: u32, bytes: &[u8]) -> Result<(), Fault> {
        let (page, place) = self.place(offset, bytes.len())?;
        if self.spot.is_some() {
            return Err(Fault::Misuse);
        }
        match place {
            Place::OpenMark => self.open_page(page),
            _ if page != self.front || self.used == 0 => Err(Fault::Misuse),
            Place::CloseMark => {
                self.closed = true;
                Ok(())
            }
            Place::Items { address, .. } => {
                self.flash.write(address, bytes).map_err(|_| Fault::Medium)
            }
        }
    }

    fn map_erases(&mut self, from: u32, to: u32) -> Result<(), Fault> {
        let (page, _) = self.place(from, 0)?;
        if to.wrapping_sub(from) != Self::SPAN as u32 || self.spot.is_some() {
            return Err(Fault::Misuse);
        }
        self.give_up(page)
    }
}

/// The size of a page in units, which must fit the field in its head.
fn layout_size<F: NorFlash>() -> Result<u16, core::num::TryFromIntError> {
    u16::try_from(F::ERASE_SIZE / PAGE_UNIT)
}
