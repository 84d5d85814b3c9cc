//! Why a region cannot be opened.

/// Why [`FlashStore::open`](super::FlashStore::open) or [`FlashStore::format`](super::FlashStore::format) failed.
#[non_exhaustive]
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum OpenError {
    /// The range does not begin and end where pages do, or ends before it begins.
    Unaligned,
    /// The range ends behind the flash, or above 2 GiB.
    Outside,
    /// Fewer than two pages, or more than 65535.
    Pages,
    /// Pages of this flash are too small or too large, or are no multiple of 64 bytes and of a word; or a word has more
    /// than 32 bytes.
    PageSize,
    /// The buffer is too short for what is stored, or for anything. Holds the length needed, in bytes.
    Buffer(usize),
    /// Written by another release, in this format, which this one does not read.
    Version(u8),
    /// Written with another word size, page size or number of pages.
    Layout,
    /// Neither erased nor a store, or a damaged one. [`FlashStore::format`](super::FlashStore::format) makes it usable,
    /// all records lost.
    Corrupt,
    /// The flash reported an error, or a page that it erased is not blank.
    Medium,
}

impl core::fmt::Display for OpenError {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.write_str(match self {
            Self::Unaligned => "the range does not begin and end at a page",
            Self::Outside => "the range is outside of the flash",
            Self::Pages => "the range has too few or too many pages",
            Self::PageSize => "pages or words of this flash have a size that cannot be used",
            Self::Buffer(_) => "the buffer is too short",
            Self::Version(_) => "written in another format",
            Self::Layout => "written with another layout",
            Self::Corrupt => "neither erased nor an intact store",
            Self::Medium => "the flash failed",
        })
    }
}

impl core::error::Error for OpenError {}
