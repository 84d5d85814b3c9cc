//! The form of a node's record in a durable store.
//!
//! A record is one CBOR map (RFC 8949) from small numbers to numbers and byte strings. What is absent has its default, so
//! the record of a permanent leaf is its value and four bytes. Keys that are not known are skipped: a later release may
//! add some.

#![deny(clippy::arithmetic_side_effects)]

/// Keys of the map.
const PARENT: u8 = 0;
const NAME: u8 = 1;
const FORMAT: u8 = 2;
const TYPE: u8 = 3;
const ACL: u8 = 4;
const TITLE: u8 = 5;
const T_STAMP: u8 = 6;
const VER_NO: u8 = 7;
const VALUE: u8 = 8;

/// Major types.
const UNSIGNED: u8 = 0x00;
const BYTES: u8 = 0x40;
const MAP: u8 = 0xA0;

/// What is remembered of a node.
#[derive(Clone, Copy, Default, PartialEq, Eq, Debug)]
pub(crate) struct Record<'r> {
    /// Of a dynamic node: the key of its parent.
    pub(crate) parent: Option<u32>,
    /// Of a dynamic node.
    pub(crate) name: Option<&'r [u8]>,
    /// Of a dynamic node: the number of its format.
    pub(crate) format: Option<u32>,
    pub(crate) mime: Option<&'r [u8]>,
    pub(crate) acl: Option<&'r [u8]>,
    pub(crate) title: Option<&'r [u8]>,
    pub(crate) t_stamp: Option<u32>,
    pub(crate) ver_no: Option<u32>,
    pub(crate) value: Option<&'r [u8]>,
}

/// The bytes between the byte strings of a record.
pub(crate) struct Heads {
    bytes: [u8; 48],
    length: u8,
    /// Where the head of each byte string ends.
    ends: [u8; 5],
}

impl<'r> Record<'r> {
    fn strings(&self) -> [(u8, Option<&'r [u8]>); 5] {
        [
            (NAME, self.name),
            (TYPE, self.mime),
            (ACL, self.acl),
            (TITLE, self.title),
            // The value is last, so that the heads before it have a bounded length.
            (VALUE, self.value),
        ]
    }

    /// Whether there is nothing to remember.
    pub(crate) fn is_empty(&self) -> bool {
        *self == Self::default()
    }

    pub(crate) fn heads(&self) -> Heads {
        let mut heads = Heads {
            bytes: [0; 48],
            length: 1,
            ends: [0; 5],
        };
        let mut pairs = 0u8;
        for (key, number) in [
            (PARENT, self.parent),
            (FORMAT, self.format),
            (T_STAMP, self.t_stamp),
            (VER_NO, self.ver_no),
        ] {
            if let Some(number) = number {
                pairs = pairs.wrapping_add(1);
                heads.push(key);
                heads.head(UNSIGNED, number);
            }
        }
        for (i, (key, string)) in self.strings().into_iter().enumerate() {
            if let Some(string) = string {
                pairs = pairs.wrapping_add(1);
                heads.push(key);
                heads.head(BYTES, u32::try_from(string.len()).unwrap_or(u32::MAX));
            }
            let length = heads.length;
            if let Some(end) = heads.ends.get_mut(i) {
                *end = length;
            }
        }
        if let Some(first) = heads.bytes.first_mut() {
            *first = MAP | pairs;
        }
        heads
    }

    /// The record as pieces to be written one after the other.
    pub(crate) fn parts<'p>(&self, heads: &'p Heads) -> [&'p [u8]; 10]
    where
        'r: 'p,
    {
        let mut parts: [&'p [u8]; 10] = [&[]; 10];
        let mut start = 0usize;
        for ((pair, end), (_, string)) in parts
            .chunks_exact_mut(2)
            .zip(heads.ends)
            .zip(self.strings())
        {
            if let [head, body] = pair {
                *head = heads.bytes.get(start..usize::from(end)).unwrap_or_default();
                *body = string.unwrap_or_default();
            }
            start = usize::from(end);
        }
        parts
    }

    /// Reads a record; none when it is damaged.
    pub(crate) fn parse(bytes: &'r [u8]) -> Option<Self> {
        let mut record = Self::default();
        let (major, pairs, mut rest) = head(bytes)?;
        if major != MAP {
            return None;
        }
        for _ in 0..pairs {
            let (major, key, after) = head(rest)?;
            if major != UNSIGNED {
                return None;
            }
            let (major, number, after) = head(after)?;
            rest = after;
            let mut string: &[u8] = &[];
            match major {
                UNSIGNED => {}
                BYTES => (string, rest) = after.split_at_checked(usize::try_from(number).ok()?)?,
                _ => return None,
            }
            match (u8::try_from(key), major) {
                (Ok(PARENT), UNSIGNED) => record.parent = Some(number),
                (Ok(FORMAT), UNSIGNED) => record.format = Some(number),
                (Ok(T_STAMP), UNSIGNED) => record.t_stamp = Some(number),
                (Ok(VER_NO), UNSIGNED) => record.ver_no = Some(number),
                (Ok(NAME), BYTES) => record.name = Some(string),
                (Ok(TYPE), BYTES) => record.mime = Some(string),
                (Ok(ACL), BYTES) => record.acl = Some(string),
                (Ok(TITLE), BYTES) => record.title = Some(string),
                (Ok(VALUE), BYTES) => record.value = Some(string),
                (Ok(PARENT..=VALUE), _) => return None,
                _ => {}
            }
        }
        rest.is_empty().then_some(record)
    }
}

impl Heads {
    fn push(&mut self, byte: u8) {
        if let Some(place) = self.bytes.get_mut(usize::from(self.length)) {
            *place = byte;
        }
        self.length = self.length.saturating_add(1);
    }

    fn head(&mut self, major: u8, number: u32) {
        let [a, b, c, d] = number.to_be_bytes();
        match number {
            0..24 => self.push(major | d),
            24..0x100 => {
                self.push(major | 24);
                self.push(d);
            }
            0x100..0x1_0000 => {
                self.push(major | 25);
                self.push(c);
                self.push(d);
            }
            _ => {
                self.push(major | 26);
                for byte in [a, b, c, d] {
                    self.push(byte);
                }
            }
        }
    }
}

/// Major type, number, and what follows.
fn head(bytes: &[u8]) -> Option<(u8, u32, &[u8])> {
    let (first, rest) = bytes.split_first()?;
    let (number, rest) = match (first & 0x1F, rest) {
        (small @ 0..24, rest) => (u32::from(small), rest),
        (24, [a, rest @ ..]) => (u32::from(*a), rest),
        (25, [a, b, rest @ ..]) => (u32::from(u16::from_be_bytes([*a, *b])), rest),
        (26, [a, b, c, d, rest @ ..]) => (u32::from_be_bytes([*a, *b, *c, *d]), rest),
        _ => return None,
    };
    Some((first & 0xE0, number, rest))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn bytes(record: &Record<'_>) -> Vec<u8> {
        record.parts(&record.heads()).concat()
    }

    #[test]
    fn a_record_is_read_back_as_it_was_written() {
        let long = [7u8; 300];
        for record in [
            Record::default(),
            Record {
                value: Some(b"Acme"),
                ..Record::default()
            },
            Record {
                value: Some(&[]),
                ver_no: Some(65535),
                ..Record::default()
            },
            Record {
                parent: Some(0x8000_0001),
                name: Some(b"X"),
                format: Some(2),
                mime: Some(b"text/xml"),
                acl: Some(&long),
                title: Some(&long[..255]),
                t_stamp: Some(u32::MAX),
                ver_no: Some(23),
                value: Some(&long[..24]),
            },
        ] {
            assert_eq!(Record::parse(&bytes(&record)), Some(record));
        }
    }

    #[test]
    fn the_record_of_a_permanent_leaf_is_its_value_and_four_bytes() {
        let record = Record {
            value: Some(&[9; 30]),
            ..Record::default()
        };
        assert_eq!(bytes(&record)[..4], [0xA1, 0x08, 0x58, 30]);
        assert_eq!(bytes(&record).len(), 34);
    }

    #[test]
    fn damage_is_noticed_and_later_keys_are_skipped() {
        let record = Record {
            name: Some(b"abc"),
            ver_no: Some(1000),
            value: Some(b"v"),
            ..Record::default()
        };
        let good = bytes(&record);
        for n in 0..good.len() {
            assert_eq!(Record::parse(&good[..n]), None);
        }
        let later = [&[0xA4][..], &good[1..], &[0x18, 200, 0x42, 1, 2]].concat();
        assert_eq!(Record::parse(&later), Some(record));
        for bad in [
            &[0x80][..],
            &[0xA1, 8, 0x61, b'x'],
            &[0xA1, 8, 3],
            &[0xA1, 0x41, 8, 3],
            &[0xA0, 0],
            &[0xBF, 0xFF],
        ] {
            assert_eq!(Record::parse(bad), None, "{bad:?}");
        }
    }
}
