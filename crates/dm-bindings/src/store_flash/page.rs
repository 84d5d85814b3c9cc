//! The head of a page: that it is ours, how the region is laid out, and the page's number in the log.
//!
//! ```text
//! 0   2       3     4       8      10          12     16           24
//! +---+-------+-----+-------+------+-----------+------+------------+---------
//! |DM |format |word |number |pages |page size  |CRC-32|release mark| items ...
//! +---+-------+-----+-------+------+-----------+------+------------+---------
//!  u8*2  u8    u8     u32     u16    u16, /64    u32    "next" CRC
//! ```
//! Numbers are little endian. Head and release mark are each filled up with `0xFF` to whole words of the flash. The
//! CRC is that of Ethernet over the bytes before it.

/// Bytes of a head.
pub(super) const HEAD: usize = 16;
/// Bytes of a release mark.
pub(super) const RELEASE: usize = 8;
/// Page sizes are multiples of this.
pub(super) const PAGE_UNIT: usize = 64;

/// Counts up when the form of heads, items or records changes.
const FORMAT: u8 = 1;

/// How a region is laid out. A region is only opened with the layout it was written with.
#[derive(Clone, Copy)]
pub(super) struct Layout {
    /// Bytes that are written at once.
    pub(super) word: u8,
    pub(super) pages: u16,
    /// In units of [`PAGE_UNIT`] bytes.
    pub(super) page_size: u16,
}

/// What lies where a head is expected.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Head {
    /// Nothing.
    Blank,
    /// The head of the page with this number; the first one has the number 1.
    Page(u32),
    /// A head of another format.
    Format(u8),
    /// A head of another layout.
    Layout,
    /// Something else.
    Junk,
}

impl Layout {
    pub(super) fn head(self, number: u32) -> [u8; HEAD] {
        let [n0, n1, n2, n3] = number.to_le_bytes();
        let [p0, p1] = self.pages.to_le_bytes();
        let [s0, s1] = self.page_size.to_le_bytes();
        let body = [
            b'D', b'M', FORMAT, self.word, n0, n1, n2, n3, p0, p1, s0, s1,
        ];
        let [c0, c1, c2, c3] = crc(&body).to_le_bytes();
        let [a, b, c, d, e, f, g, h, i, j, k, l] = body;
        [a, b, c, d, e, f, g, h, i, j, k, l, c0, c1, c2, c3]
    }

    pub(super) fn parse(self, head: &[u8; HEAD]) -> Head {
        if is_blank(head) {
            return Head::Blank;
        }
        let [body @ .., c0, c1, c2, c3] = head;
        if crc(body) != u32::from_le_bytes([*c0, *c1, *c2, *c3]) {
            return Head::Junk;
        }
        let [b'D', b'M', format, _, n0, n1, n2, n3, ..] = *head else {
            return Head::Junk;
        };
        if format != FORMAT {
            return Head::Format(format);
        }
        let number = u32::from_le_bytes([n0, n1, n2, n3]);
        if *head != self.head(number) {
            return Head::Layout;
        }
        Head::Page(number)
    }

    /// Says that what the page after the one with this number held is in this one, so that it may be erased.
    pub(super) fn release(self, number: u32) -> [u8; RELEASE] {
        let [.., c0, c1, c2, c3] = self.head(number);
        [b'n', b'e', b'x', b't', c0, c1, c2, c3]
    }
}

pub(super) fn is_blank(bytes: &[u8]) -> bool {
    bytes.iter().all(|byte| *byte == 0xFF)
}

fn crc(bytes: &[u8]) -> u32 {
    let mut crc = u32::MAX;
    for byte in bytes {
        crc ^= u32::from(*byte);
        for _ in 0..8 {
            crc = (crc >> 1) ^ (0xEDB8_8320 & (crc & 1).wrapping_neg());
        }
    }
    !crc
}

#[cfg(test)]
mod tests {
    use super::*;

    const LAYOUT: Layout = Layout {
        word: 4,
        pages: 16,
        page_size: 64,
    };

    #[test]
    fn heads_never_change() {
        // What is on flash today must be read by the next release.
        assert_eq!(crc(b"123456789"), 0xCBF4_3926);
        let head = LAYOUT.head(0x0102_0304);
        assert_eq!(head[..12], *b"DM\x01\x04\x04\x03\x02\x01\x10\0\x40\0");
        assert_eq!(head[12..], crc(&head[..12]).to_le_bytes());
        assert_eq!(LAYOUT.release(0x0102_0304)[..4], *b"next");
        assert_eq!(LAYOUT.release(0x0102_0304)[4..], head[12..]);
    }

    #[test]
    fn a_head_is_told_from_blank_foreign_and_damaged_ones() {
        let head = LAYOUT.head(7);
        assert_eq!(LAYOUT.parse(&head), Head::Page(7));
        assert_eq!(LAYOUT.parse(&[0xFF; HEAD]), Head::Blank);
        assert_eq!(LAYOUT.parse(&[0; HEAD]), Head::Junk);
        for bit in 0..HEAD * 8 {
            let mut damaged = head;
            damaged[bit / 8] ^= 1 << (bit % 8);
            assert_eq!(LAYOUT.parse(&damaged), Head::Junk);
        }
        for other in [
            Layout { word: 8, ..LAYOUT },
            Layout { pages: 2, ..LAYOUT },
            Layout {
                page_size: 32,
                ..LAYOUT
            },
        ] {
            assert_eq!(LAYOUT.parse(&other.head(7)), Head::Layout);
        }
        let mut later = head;
        later[2] = 2;
        let sum = crc(&later[..12]).to_le_bytes();
        later[12..].copy_from_slice(&sum);
        assert_eq!(LAYOUT.parse(&later), Head::Format(2));
    }
}
