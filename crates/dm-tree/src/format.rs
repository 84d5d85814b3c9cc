//! The formats of node values and their lexical rules.
//!
//! Implements the tree digest, section 6.

use crate::handler::Value;
use crate::reason::Reason;

/// The Format property of a node.
///
/// Values of [`Format::B64`] and [`Format::Bin`] are held decoded: the Base64 form is a matter of the message.
#[repr(u8)]
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Format {
    /// An interior node.
    Node = 0,
    /// Text.
    Chr,
    /// A number of 32 bits.
    Int,
    /// `true` or `false`.
    Bool,
    /// Octets whose native form is Base64 text.
    B64,
    /// Octets.
    Bin,
    /// XML.
    Xml,
    /// No value.
    Null,
    /// An ISO 8601 date.
    Date,
    /// An ISO 8601 time.
    Time,
    /// A number of single precision.
    Float,
}

impl Format {
    const ALL: [Self; 11] = [
        Self::Node,
        Self::Chr,
        Self::Int,
        Self::Bool,
        Self::B64,
        Self::Bin,
        Self::Xml,
        Self::Null,
        Self::Date,
        Self::Time,
        Self::Float,
    ];

    /// The name in Meta and in the Format property.
    #[must_use]
    #[inline(never)]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Node => "node",
            Self::Chr => "chr",
            Self::Int => "int",
            Self::Bool => "bool",
            Self::B64 => "b64",
            Self::Bin => "bin",
            Self::Xml => "xml",
            Self::Null => "null",
            Self::Date => "date",
            Self::Time => "time",
            Self::Float => "float",
        }
    }

    /// The format with this name.
    #[must_use]
    pub fn from_name(name: &[u8]) -> Option<Self> {
        Self::ALL
            .into_iter()
            .find(|format| format.name().as_bytes() == name)
    }

    /// The format with this number.
    #[must_use]
    pub const fn from_u8(number: u8) -> Option<Self> {
        Some(match number {
            0 => Self::Node,
            1 => Self::Chr,
            2 => Self::Int,
            3 => Self::Bool,
            4 => Self::B64,
            5 => Self::Bin,
            6 => Self::Xml,
            7 => Self::Null,
            8 => Self::Date,
            9 => Self::Time,
            10 => Self::Float,
            _ => return None,
        })
    }

    /// Whether a value sent in this format may be held in `other`. Binary data may come as Base64 and stays binary
    /// (`TREE-C-067`).
    pub(crate) fn suits(self, other: Self) -> bool {
        self == other || (self, other) == (Self::B64, Self::Bin)
    }

    /// Whether `data` is a value of this format.
    ///
    /// # Errors
    /// [`Reason::Utf8`] for text that is not UTF-8, [`Reason::Value`] for anything else outside the format.
    pub fn check(self, data: &[u8]) -> Result<(), Reason> {
        let valid = match self {
            Self::B64 | Self::Bin => true,
            Self::Chr | Self::Xml => return Value::of(data).text().map(|_| ()),
            Self::Int => Value::of(data).int().is_ok(),
            Self::Bool => Value::of(data).bool().is_ok(),
            Self::Node | Self::Null => data.is_empty(),
            Self::Date => is_date(data),
            Self::Time => is_time(data),
            Self::Float => is_float(data),
        };
        if valid { Ok(()) } else { Err(Reason::Value) }
    }
}

/// Reads `count` numbers of two digits, with `mark` before each of which the bit is set in `marks`; and what follows.
#[inline(never)]
fn pairs(data: &[u8], count: usize, mark: u8, marks: u8) -> Option<([u8; 4], &[u8])> {
    let mut numbers = [0; 4];
    let mut rest = data;
    let mut marks = marks;
    for number in numbers.iter_mut().take(count) {
        if marks & 1 != 0 {
            rest = rest.strip_prefix(&[mark])?;
        }
        marks >>= 1;
        let [tens, ones, after @ ..] = rest else {
            return None;
        };
        let [tens, ones] = [tens, ones].map(|digit| digit.wrapping_sub(b'0'));
        if tens > 9 || ones > 9 {
            return None;
        }
        *number = tens * 10 + ones;
        rest = after;
    }
    Some((numbers, rest))
}

/// `CCYY-MM-DD` or `CCYYMMDD`.
fn is_date(data: &[u8]) -> bool {
    let read = pairs(data, 4, b'-', 0b1100).or_else(|| pairs(data, 4, b'-', 0));
    let Some(([century, year, month, day], [])) = read else {
        return false;
    };
    let leap = if year == 0 {
        century % 4 == 0
    } else {
        year % 4 == 0
    };
    let days = match month {
        4 | 6 | 9 | 11 => 30,
        2 => 28 + u8::from(leap),
        1..=12 => 31,
        _ => 0,
    };
    (1..=days).contains(&day)
}

/// `hh:mm:ss` or `hhmmss`, then a fraction of seconds, then `Z` or `+hh:mm`, `+hhmm`, `+hh`, or the same with `-`.
fn is_time(data: &[u8]) -> bool {
    let read = pairs(data, 3, b':', 0b110).or_else(|| pairs(data, 3, b':', 0));
    let Some(([hour, minute, second, _], rest)) = read else {
        return false;
    };
    // Midnight at the end of a day, and leap seconds.
    let whole_day = hour == 24 && minute == 0 && second == 0;
    if !(hour < 24 || whole_day) || minute > 59 || second > 60 {
        return false;
    }
    let zone = match rest {
        [b'.' | b',', fraction @ ..] => match take_digits(fraction) {
            (0, _) => return false,
            (_, zone) => zone,
        },
        zone => zone,
    };
    let [sign, zone @ ..] = zone else {
        return true;
    };
    let marks = if zone.contains(&b':') { 0b10 } else { 0 };
    let count = if zone.len() > 2 { 2 } else { 1 };
    match (sign, pairs(zone, count, b':', marks)) {
        (b'Z', None) => zone.is_empty(),
        (b'+' | b'-', Some(([hours, minutes, ..], []))) => hours < 24 && minutes < 60,
        _ => false,
    }
}

/// The lexical form of an XML Schema float.
fn is_float(data: &[u8]) -> bool {
    if let b"INF" | b"-INF" | b"NaN" = data {
        return true;
    }
    let (whole, rest) = take_digits(without_sign(data));
    let (fraction, rest) = match rest {
        [b'.', rest @ ..] => take_digits(rest),
        rest => (0, rest),
    };
    if whole == 0 && fraction == 0 {
        return false;
    }
    match rest {
        [] => true,
        [b'e' | b'E', exponent @ ..] => matches!(take_digits(without_sign(exponent)), (1.., [])),
        _ => false,
    }
}

fn without_sign(data: &[u8]) -> &[u8] {
    match data {
        [b'+' | b'-', rest @ ..] | rest => rest,
    }
}

/// How many digits there are, and what follows them.
#[inline(never)]
fn take_digits(data: &[u8]) -> (usize, &[u8]) {
    let count = data.iter().take_while(|c| c.is_ascii_digit()).count();
    (count, data.get(count..).unwrap_or_default())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_those_of_the_standard() {
        for format in Format::ALL {
            assert_eq!(Format::from_name(format.name().as_bytes()), Some(format));
            assert_eq!(Format::from_u8(format as u8), Some(format));
        }
        assert_eq!(Format::from_name(b"CHR"), None);
        assert_eq!(Format::from_u8(11), None);
    }

    #[test]
    fn values_are_checked_as_their_format_says() {
        let good = [
            (Format::Chr, "any ✓ text"),
            (Format::Chr, ""),
            (Format::Int, "0"),
            (Format::Int, "-2147483648"),
            (Format::Int, "4294967295"),
            (Format::Int, "+007"),
            (Format::Bool, "true"),
            (Format::Bool, "FALSE"),
            (Format::Null, ""),
            (Format::Node, ""),
            (Format::Date, "2026-02-28"),
            (Format::Date, "20240229"),
            (Format::Date, "20000229"),
            (Format::Time, "23:59:59"),
            (Format::Time, "235960"),
            (Format::Time, "24:00:00"),
            (Format::Time, "12:00:00.125Z"),
            (Format::Time, "120000,5+0530"),
            (Format::Time, "12:00:00-08:00"),
            (Format::Float, "1"),
            (Format::Float, "-1.5E-10"),
            (Format::Float, ".5"),
            (Format::Float, "5."),
            (Format::Float, "-INF"),
            (Format::Float, "NaN"),
        ];
        for (format, text) in good {
            assert_eq!(format.check(text.as_bytes()), Ok(()), "{format:?} {text}");
        }
        let bad = [
            (Format::Int, ""),
            (Format::Int, "1.0"),
            (Format::Int, "4294967296"),
            (Format::Int, "-2147483649"),
            (Format::Bool, "1"),
            (Format::Null, "x"),
            (Format::Date, "2026-02-29"),
            (Format::Date, "19000229"),
            (Format::Date, "2026-13-01"),
            (Format::Date, "2026-00-01"),
            (Format::Date, "20260100"),
            (Format::Date, "2026-0101"),
            (Format::Date, "26-01-01"),
            (Format::Time, "24:00:01"),
            (Format::Time, "23:60:00"),
            (Format::Time, "23:5959"),
            (Format::Time, "12:00"),
            (Format::Time, "12:00:00."),
            (Format::Time, "12:00:00z"),
            (Format::Time, "12:00:00+24:00"),
            (Format::Float, ""),
            (Format::Float, "."),
            (Format::Float, "1e"),
            (Format::Float, "+INF"),
            (Format::Float, "0x10"),
            (Format::Float, "1 "),
        ];
        for (format, text) in bad {
            assert_eq!(
                format.check(text.as_bytes()),
                Err(Reason::Value),
                "{format:?} {text}"
            );
        }
        assert_eq!(Format::Chr.check(b"\xff"), Err(Reason::Utf8));
        assert_eq!(Format::Xml.check(b"\xff"), Err(Reason::Utf8));
        assert_eq!(Format::Bin.check(b"\xff"), Ok(()));
    }
}
