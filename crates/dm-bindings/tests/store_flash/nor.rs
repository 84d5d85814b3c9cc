//! A NOR flash in memory that is strict about what it is asked, counts it, and loses power where it is told to.

use std::cell::Cell;
use std::rc::Rc;

use embedded_storage::nor_flash::{
    ErrorType, NorFlash, NorFlashError, NorFlashErrorKind, ReadNorFlash,
};

/// What power failure leaves of an interrupted write or erasure. The contract of the trait is: anything, in the words
/// of the write, or in the page.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Tear {
    /// What was done up to there, from the front.
    Forwards,
    /// What was done up to there, from the back.
    Backwards,
    /// As `Forwards`, and zeros behind: many chips write zeros before they erase.
    Zeros,
    /// Noise.
    Noise,
}

pub(crate) const TEARS: [Tear; 4] = [Tear::Forwards, Tear::Backwards, Tear::Zeros, Tear::Noise];

/// How often a word may be written between two erasures.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Writes {
    Once,
    /// As often as one likes: bits are cleared.
    Many,
}

#[derive(Clone, Copy, Default, PartialEq, Eq, Debug)]
pub(crate) struct Counts {
    pub(crate) reads: u64,
    pub(crate) read_bytes: u64,
    pub(crate) writes: u64,
    pub(crate) written_bytes: u64,
    pub(crate) erasures: u64,
}

/// `WORD`: bytes of a word, for reading and writing. `PAGE`: bytes of a page.
#[derive(Clone)]
pub(crate) struct Nor<const WORD: usize, const PAGE: usize> {
    pub(crate) bytes: Vec<u8>,
    /// Of each word, whether it has been written to since it was erased.
    written: Vec<bool>,
    pub(crate) writes: Writes,
    pub(crate) tear: Tear,
    /// Bytes that will be written or erased before power fails.
    pub(crate) fuel: Option<usize>,
    /// Power has failed: nothing works any more.
    pub(crate) off: bool,
    /// The write or erasure that fails although power stays: the how manieth from now, and whether it is done all the
    /// same.
    pub(crate) fault: Option<(usize, bool)>,
    /// A byte that stays as it is when its page is erased.
    pub(crate) stuck: Option<usize>,
    /// Buffers must begin at multiples of this.
    pub(crate) alignment: usize,
    /// Shared with clones, so that they can be looked at while a store has the flash.
    pub(crate) counts: Rc<Cell<Counts>>,
    /// Reads before the test fails, because something does not end.
    pub(crate) patience: u64,
    noise: u32,
}

#[derive(Debug)]
pub(crate) struct Failed;

impl NorFlashError for Failed {
    fn kind(&self) -> NorFlashErrorKind {
        NorFlashErrorKind::Other
    }
}

impl<const WORD: usize, const PAGE: usize> Nor<WORD, PAGE> {
    pub(crate) fn new(pages: usize) -> Self {
        Self::with(vec![0xFF; pages * PAGE])
    }

    pub(crate) fn with(bytes: Vec<u8>) -> Self {
        assert!(PAGE.is_multiple_of(WORD) && bytes.len().is_multiple_of(PAGE));
        let written = bytes
            .chunks(WORD)
            .map(|word| word.iter().any(|byte| *byte != 0xFF))
            .collect();
        Self {
            bytes,
            written,
            writes: Writes::Once,
            tear: Tear::Forwards,
            fuel: None,
            off: false,
            fault: None,
            stuck: None,
            alignment: 1,
            counts: Rc::default(),
            patience: u64::MAX,
            noise: 0x1234_5678,
        }
    }

    pub(crate) fn end(&self) -> u32 {
        self.bytes.len() as u32
    }

    /// The power comes back.
    pub(crate) fn power_on(&mut self) {
        self.off = false;
        self.fuel = None;
    }

    /// Whether the operation that begins now fails, and whether it is done.
    fn fails(&mut self) -> (bool, bool) {
        match &mut self.fault {
            Some((0, done)) => {
                let done = *done;
                self.fault = None;
                (true, done)
            }
            Some((left, _)) => {
                *left -= 1;
                (false, true)
            }
            None => (false, true),
        }
    }

    /// How many of these bytes are still done.
    fn burn(&mut self, bytes: usize) -> usize {
        let Some(fuel) = &mut self.fuel else {
            return bytes;
        };
        if *fuel >= bytes {
            *fuel -= bytes;
            return bytes;
        }
        self.off = true;
        *fuel
    }

    fn count(&self, what: impl FnOnce(&mut Counts)) {
        let mut counts = self.counts.get();
        what(&mut counts);
        self.counts.set(counts);
    }

    fn noise(&mut self) -> u8 {
        self.noise = self
            .noise
            .wrapping_mul(1_664_525)
            .wrapping_add(1_013_904_223);
        (self.noise >> 24) as u8
    }

    /// Takes words that read as erased for unwritten.
    fn look(&mut self, from: usize, to: usize) {
        for (n, word) in self.bytes[from..to].chunks(WORD).enumerate() {
            self.written[from / WORD + n] = word.iter().any(|byte| *byte != 0xFF);
        }
    }

    fn check(&self, at: u32, length: usize, unit: usize, buffer: *const u8) {
        let at = at as usize;
        assert!(
            at.is_multiple_of(unit) && length.is_multiple_of(unit) && length != 0,
            "{length} bytes at {at} are no words"
        );
        assert!(at + length <= self.bytes.len(), "{length} bytes at {at}");
        assert!(
            (buffer as usize).is_multiple_of(self.alignment),
            "buffer not aligned"
        );
    }
}

impl<const WORD: usize, const PAGE: usize> ErrorType for Nor<WORD, PAGE> {
    type Error = Failed;
}

impl<const WORD: usize, const PAGE: usize> ReadNorFlash for Nor<WORD, PAGE> {
    const READ_SIZE: usize = WORD;

    fn read(&mut self, at: u32, bytes: &mut [u8]) -> Result<(), Failed> {
        self.check(at, bytes.len(), WORD, bytes.as_ptr());
        if self.off {
            return Err(Failed);
        }
        self.count(|counts| {
            counts.reads += 1;
            counts.read_bytes += bytes.len() as u64;
        });
        self.patience = self.patience.checked_sub(1).expect("too many reads");
        bytes.copy_from_slice(&self.bytes[at as usize..][..bytes.len()]);
        Ok(())
    }

    fn capacity(&self) -> usize {
        self.bytes.len()
    }
}

impl<const WORD: usize, const PAGE: usize> NorFlash for Nor<WORD, PAGE> {
    const WRITE_SIZE: usize = WORD;
    const ERASE_SIZE: usize = PAGE;

    fn write(&mut self, at: u32, bytes: &[u8]) -> Result<(), Failed> {
        self.check(at, bytes.len(), WORD, bytes.as_ptr());
        if self.off {
            return Err(Failed);
        }
        let (fails, done) = self.fails();
        if !done {
            return Err(Failed);
        }
        self.count(|counts| counts.writes += 1);
        let start = at as usize;
        for (n, word) in bytes.chunks(WORD).enumerate() {
            let at = start + n * WORD;
            if self.writes == Writes::Once {
                assert!(!self.written[at / WORD], "word at {at} written twice");
            }
            let done = self.burn(WORD);
            self.count(|counts| counts.written_bytes += done as u64);
            for (i, byte) in word.iter().enumerate() {
                let clears = match (done == WORD, self.tear) {
                    (true, _) => *byte,
                    (_, Tear::Forwards) if i < done => *byte,
                    (_, Tear::Backwards) if i >= WORD - done => *byte,
                    (_, Tear::Zeros) if done != 0 => 0,
                    (_, Tear::Noise) if done != 0 => *byte | self.noise(),
                    _ => 0xFF,
                };
                self.bytes[at + i] &= clears;
            }
            self.written[at / WORD] = true;
            if self.off {
                // A word of an interrupted write that reads as erased counts as such.
                self.look(start, at + WORD);
                return Err(Failed);
            }
        }
        if fails { Err(Failed) } else { Ok(()) }
    }

    fn erase(&mut self, from: u32, to: u32) -> Result<(), Failed> {
        assert!(from < to && to <= self.end(), "erasing {from}..{to}");
        for at in [from as usize, to as usize] {
            assert!(at.is_multiple_of(PAGE), "erasing {from}..{to}");
        }
        if self.off {
            return Err(Failed);
        }
        let (fails, done) = self.fails();
        if !done {
            return Err(Failed);
        }
        for page in (from as usize..to as usize).step_by(PAGE) {
            self.count(|counts| counts.erasures += 1);
            let done = self.burn(PAGE);
            for i in 0..PAGE {
                let old = self.bytes[page + i];
                self.bytes[page + i] = match (done, self.tear) {
                    _ if self.stuck == Some(page + i) => old,
                    _ if done == PAGE => 0xFF,
                    (0, _) => old,
                    (_, Tear::Forwards | Tear::Zeros) if i < done => 0xFF,
                    (_, Tear::Backwards) if i >= PAGE - done => 0xFF,
                    (_, Tear::Zeros) => 0,
                    (_, Tear::Noise) => self.noise(),
                    _ => old,
                };
            }
            self.look(page, page + PAGE);
            if self.off {
                return Err(Failed);
            }
        }
        if fails { Err(Failed) } else { Ok(()) }
    }
}
