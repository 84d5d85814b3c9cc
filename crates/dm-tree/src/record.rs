//! The form of a node's record in a durable store.
//!
//! A record is one CBOR map (RFC 8949) from small numbers to numbers and byte strings. What is absent has its default, so
//! the record of a permanent leaf is its value and four bytes. Keys that are not known are skipped: a later release may
//! add some.

#![deny(clippy::arithmetic_side_effects)]

/// Keys of the map, numbers first.
pub(crate) mod key {
    /// Of a dynamic node: the key of its parent.
    pub(crate) const PARENT: usize = 0;
    /// Of a dynamic node: the number of its format.
    pub(crate) const FORMAT: usize = 1;
    pub(crate) const T_STAMP: usize = 2;
    pub(crate) const VER_NO: usize = 3;
    /// Of a dynamic node.
    pub(crate) const NAME: usize = 4;
    pub(crate) const TYPE: usize = 5;
    pub(crate) const ACL: usize = 6;
    pub(crate) const TITLE: usize = 7;
    /// The last one, so that a value lies at the end of its record.
    pub(crate) const VALUE: usize = 8;
}

const NUMBERS: usize = 4;
const STRINGS: usize = 5;
/// Pieces a record is written in.
pub(crate) const PARTS: usize = STRINGS * 2;

/// Major types.
const UNSIGNED: u8 = 0x00;
const BYTES: u8 = 0x40;
const MAP: u8 = 0xA0;

/// What is remembered of a node: a number or a byte string under each [`key`].
#[derive(Clone, Copy, Default, PartialEq, Eq, Debug)]
pub(crate) struct Record<'r> {
    numbers: [Option<u32>; NUMBERS],
    strings: [Option<&'r [u8]>; STRINGS],
}

/// The bytes between the byte strings of a record.
pub(crate) struct Heads {
    bytes: [u8; 48],
    length: usize,
    /// Where the head of each byte string ends.
    ends: [usize; STRINGS],
}

impl<'r> Record<'r> {
    pub(crate) fn number(&self, key: usize) -> Option<u32> {
        self.numbers.get(key).copied().flatten()
    }

    pub(crate) fn set_number(&mut self, key: usize, number: u32) {
        if let Some(place) = self.numbers.get_mut(key) {
            *place = Some(number);
        }
    }

    pub(crate) fn string(&self, key: usize) -> Option<&'r [u8]> {
        self.strings
            .get(key.wrapping_sub(NUMBERS))
            .copied()
            .flatten()
    }

    pub(crate) fn set_string(&mut self, key: usize, string: Option<&'r [u8]>) {
        if let Some(place) = self.strings.get_mut(key.wrapping_sub(NUMBERS)) {
            *place = string;
        }
    }

    pub(crate) fn heads(&self) -> Heads {
        let mut heads = Heads {
            bytes: [MAP; 48],
            length: 1,
            ends: [0; STRINGS],
        };
        let mut key = 0u8;
        let mut pairs = 0u8;
        for number in self.numbers {
            if let Some(number) = number {
                heads.push(key);
                heads.head(UNSIGNED, number);
                pairs = pairs.wrapping_add(1);
            }
            key = key.wrapping_add(1);
        }
        for (string, end) in self.strings.iter().zip(0..) {
            if let Some(string) = string {
                heads.push(key);
                heads.head(BYTES, u32::try_from(string.len()).unwrap_or(u32::MAX));
                pairs = pairs.wrapping_add(1);
            }
            key = key.wrapping_add(1);
            let length = heads.length;
            if let Some(place) = heads.ends.get_mut(end) {
                *place = length;
            }
        }
        let [first, ..] = &mut heads.bytes;
        *first = MAP | pairs;
        heads
    }

    /// The record as pieces to be written one after the other.
    pub(crate) fn parts<'p>(&self, heads: &'p Heads) -> [&'p [u8]; PARTS]
    where
        'r: 'p,
    {
        let mut parts: [&'p [u8]; PARTS] = [&[]; PARTS];
        let mut start = 0;
        for ((pair, end), string) in parts.chunks_exact_mut(2).zip(heads.ends).zip(self.strings) {
            if let [head, body] = pair {
                *head = heads.bytes.get(start..end).unwrap_or_default();
                *body = string.unwrap_or_default();
            }
            start = end;
        }
        parts
    }

    /// Reads a record; none when it is damaged.
    pub(crate) fn parse(bytes: &'r [u8]) -> Option<Self> {
        let mut record = Self::default();
        let (major, mut pairs, mut rest) = head(bytes)?;
        if major != MAP {
            return None;
        }
        while pairs != 0 {
            pairs = pairs.wrapping_sub(1);
            let (major, key, after) = head(rest)?;
            let (kind, number, after) = head(after)?;
            rest = after;
            let key = usize::try_from(key).ok()?;
            match (major, kind) {
                (UNSIGNED, UNSIGNED) => record.set_number(key, number),
                (UNSIGNED, BYTES) => {
                    let (string, after) = after.split_at_checked(usize::try_from(number).ok()?)?;
                    record.set_string(key, Some(string));
                    rest = after;
                }
                _ => return None,
            }
        }
        rest.is_empty().then_some(record)
    }
}

impl Heads {
    /// Whether the record holds nothing.
    pub(crate) fn is_empty(&self) -> bool {
        self.length == 1
    }

    fn push(&mut self, byte: u8) {
        if let Some(place) = self.bytes.get_mut(self.length) {
            *place = byte;
        }
        self.length = self.length.saturating_add(1);
    }

    fn head(&mut self, major: u8, number: u32) {
        let (code, mut left) = match number {
            0..24 => (number as u8, 0u32),
            24..0x100 => (24, 8),
            0x100..0x1_0000 => (25, 16),
            _ => (26, 32),
        };
        self.push(major | code);
        while left != 0 {
            left = left.wrapping_sub(8);
            self.push((number >> left) as u8);
        }
    }
}

/// Major type, number, and what follows.
fn head(bytes: &[u8]) -> Option<(u8, u32, &[u8])> {
    let (first, mut rest) = bytes.split_first()?;
    let code = first & 0x1F;
    let mut more = match code {
        0..24 => return Some((first & 0xE0, u32::from(code), rest)),
        24 => 1u8,
        25 => 2,
        26 => 4,
        _ => return None,
    };
    let mut number = 0u32;
    while more != 0 {
        let (byte, after) = rest.split_first()?;
        number = number << 8 | u32::from(*byte);
        rest = after;
        more = more.wrapping_sub(1);
    }
    Some((first & 0xE0, number, rest))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn bytes(record: &Record<'_>) -> Vec<u8> {
        record.parts(&record.heads()).concat()
    }

    fn record<'r>(numbers: &[(usize, u32)], strings: &[(usize, &'r [u8])]) -> Record<'r> {
        let mut record = Record::default();
        for (key, number) in numbers {
            record.set_number(*key, *number);
        }
        for (key, string) in strings {
            record.set_string(*key, Some(string));
        }
        record
    }

    #[test]
    fn a_record_is_read_back_as_it_was_written() {
        let long = [7u8; 300];
        for record in [
            record(&[], &[]),
            record(&[], &[(key::VALUE, b"Acme")]),
            record(&[(key::VER_NO, 65535)], &[(key::VALUE, b"")]),
            record(
                &[
                    (key::PARENT, 0x8000_0001),
                    (key::FORMAT, 2),
                    (key::T_STAMP, u32::MAX),
                    (key::VER_NO, 23),
                ],
                &[
                    (key::NAME, b"X"),
                    (key::TYPE, b"text/xml"),
                    (key::ACL, &long),
                    (key::TITLE, &long[..255]),
                    (key::VALUE, &long[..24]),
                ],
            ),
        ] {
            assert_eq!(Record::parse(&bytes(&record)), Some(record));
            assert_eq!(record.heads().is_empty(), bytes(&record) == [0xA0]);
        }
    }

    #[test]
    fn the_record_of_a_permanent_leaf_is_its_value_and_four_bytes() {
        let record = record(&[], &[(key::VALUE, &[9; 30])]);
        assert_eq!(bytes(&record)[..4], [0xA1, 0x08, 0x58, 30]);
        assert_eq!(bytes(&record).len(), 34);
    }

    #[test]
    fn damage_is_noticed_and_later_keys_are_skipped() {
        let record = record(
            &[(key::VER_NO, 1000)],
            &[(key::NAME, b"abc"), (key::VALUE, b"v")],
        );
        let good = bytes(&record);
        for n in 0..good.len() {
            assert_eq!(Record::parse(&good[..n]), None);
        }
        let later = [&[0xA4][..], &good[1..], &[0x18, 200, 0x42, 1, 2]].concat();
        assert_eq!(Record::parse(&later), Some(record));
        let wrong = [
            &[0x80][..],
            &[0xA1, 8, 0x61, b'x'],
            &[0xA1, 0x41, 8, 3],
            &[0xA0, 0],
            &[0xBF, 0xFF],
            &[0xA1, 8, 0x5F],
        ];
        for bad in wrong {
            assert_eq!(Record::parse(bad), None, "{bad:?}");
        }
    }
}
