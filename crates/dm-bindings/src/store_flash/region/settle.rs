//! Finding the pages, and finishing what a power failure interrupted.
//!
//! | front | page after it | power failed while | what is done |
//! |---|---|---|---|
//! | any | blank | nothing, or an item was written | nothing |
//! | any | without a head | that page was opened or erased | it is erased |
//! | with release mark | the oldest | the oldest was about to be erased | it is erased |
//! | without | the oldest | the oldest was copied to the front | the front is erased |
//!
//! What lies in a page whose erasing was interrupted is never looked at, be it half erased, all zero, or noise. It could
//! only be mistaken if it became a head with a right CRC or, in the front, a release mark.

use embedded_storage::nor_flash::NorFlash;

use super::{Fault, OpenError, Region};
use crate::store_flash::page::Head;

impl From<Fault> for OpenError {
    fn from(fault: Fault) -> Self {
        match fault {
            Fault::Medium | Fault::Misuse => Self::Medium,
        }
    }
}

impl<F: NorFlash> Region<F> {
    /// Finds the pages in use and sees to it that the page after the front is blank.
    pub(in crate::store_flash) fn settle(&mut self) -> Result<(), OpenError> {
        self.closed = false;
        self.keep = 0;
        self.used = 0;
        self.number = 0;
        self.front = 0;
        for page in 0..self.pages {
            match self.head(page)? {
                Head::Blank | Head::Junk => {}
                Head::Format(format) => return Err(OpenError::Version(format)),
                Head::Layout => return Err(OpenError::Layout),
                Head::Page(number) => {
                    self.used = self.used.wrapping_add(1);
                    if number > self.number {
                        self.number = number;
                        self.front = page;
                    }
                }
            }
        }
        if self.number == 0 {
            return self.settle_empty();
        }
        self.check_ring()?;
        let next = self.after(self.front);
        if self.used < self.pages {
            if !self.is_erased(next, 0)? {
                self.erase_page(next)?;
            }
        } else if self.is_released()? {
            self.erase_oldest()?;
        } else {
            self.erase_front()?;
            // What there is now at the front was full once, but whether it is, the map decides.
            self.closed = false;
        }
        Ok(())
    }

    /// No page has a head: a new region, or one in which the first head was not finished.
    fn settle_empty(&mut self) -> Result<(), OpenError> {
        if self.used != 0 {
            return Err(OpenError::Corrupt);
        }
        for page in 0..self.pages {
            let from = if page == 0 { Self::ITEMS_AT } else { 0 };
            if !self.is_erased(page, from)? {
                return Err(OpenError::Corrupt);
            }
        }
        if !self.is_erased(0, 0)? {
            self.erase_page(0)?;
        }
        Ok(())
    }

    /// The heads that were counted are those of the pages up to the front, none is missing, and there is nothing behind.
    fn check_ring(&mut self) -> Result<(), OpenError> {
        let pages = u32::from(self.pages);
        let used = u32::from(self.used);
        // Once all pages were in use, at most one is not.
        let least = self.number.min(pages.saturating_sub(1));
        let first_round =
            self.number <= pages && self.number != u32::from(self.front).wrapping_add(1);
        if used < least || used > self.number || first_round {
            return Err(OpenError::Corrupt);
        }
        let last = self.after(self.front);
        let mut page = self.front;
        let mut number = self.number;
        for back in 0..self.pages {
            let head = self.head(page)?;
            let fits = if back < self.used {
                head == Head::Page(number)
            } else {
                page == last || head == Head::Blank
            };
            if !fits {
                return Err(OpenError::Corrupt);
            }
            number = number.wrapping_sub(1);
            page = self.before(page);
        }
        Ok(())
    }
}
