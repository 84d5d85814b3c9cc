//! The formats of node values and their lexical rules.
//!
//! Implements the tree digest, section 6.

use crate::handler::Value;
use crate::reason::Reason;
use crate::schema::NodeDesc;

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
            .iter()
            .copied()
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

    /// Whether a value sent in this format may be held in a node of this description. Binary data may come as Base64 and
    /// stays binary (`TREE-C-067`).
    pub(crate) const fn suits(self, desc: &NodeDesc) -> bool {
        self as u8 == desc.format || (matches!(self, Self::B64) && desc.format == Self::Bin as u8)
    }

    /// Whether leaves can have this format: those of `date`, `time` and `float` need the feature `formats`.
    pub(crate) const fn is_supported(self) -> bool {
        cfg!(feature = "formats") || !matches!(self, Self::Date | Self::Time | Self::Float)
    }

    /// Whether `data` is a value of this format.
    ///
    /// # Errors
    /// [`Reason::Utf8`] for text that is not UTF-8, [`Reason::Value`] for anything else outside the format;
    /// [`Reason::Format`] for one that needs the feature `formats`, without that.
    pub fn check(self, data: &[u8]) -> Result<(), Reason> {
        let valid = match self {
            Self::B64 | Self::Bin => true,
            Self::Chr | Self::Xml => return Value::of(data).text().map(|_| ()),
            Self::Int => Value::of(data).int().is_ok(),
            Self::Bool => Value::of(data).bool().is_ok(),
            Self::Node | Self::Null => data.is_empty(),
            #[cfg(feature = "formats")]
            Self::Date => is_date(data),
            #[cfg(feature = "formats")]
            Self::Time => is_time(data),
            #[cfg(feature = "formats")]
            Self::Float => is_float(data),
            #[cfg(not(feature = "formats"))]
            Self::Date | Self::Time | Self::Float => return Err(Reason::Format),
        };
        if valid { Ok(()) } else { Err(Reason::Value) }
    }
}

/// Text that is read from the front.
#[cfg(feature = "formats")]
struct Scan<'d>(&'d [u8]);

/// What [`Scan::two`] gives where there is no number: more than any number of a date or time.
#[cfg(feature = "formats")]
const NO_NUMBER: u8 = u8::MAX;

#[cfg(feature = "formats")]
impl Scan<'_> {
    fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Passes over `mark`, if it comes next.
    #[inline(never)]
    fn eat(&mut self, mark: u8) -> bool {
        match self.0 {
            [first, rest @ ..] if *first == mark => {
                self.0 = rest;
                true
            }
            _ => false,
        }
    }

    /// Passes over a sign, if one comes next.
    fn sign(&mut self) -> bool {
        self.eat(b'+') || self.eat(b'-')
    }

    /// Passes over digits, and says whether there were any.
    #[inline(never)]
    fn digits(&mut self) -> bool {
        let mut any = false;
        while let [b'0'..=b'9', rest @ ..] = self.0 {
            self.0 = rest;
            any = true;
        }
        any
    }

    /// A number of two digits.
    #[inline(never)]
    fn two(&mut self) -> u8 {
        let [tens @ b'0'..=b'9', ones @ b'0'..=b'9', rest @ ..] = self.0 else {
            return NO_NUMBER;
        };
        self.0 = rest;
        (tens & 15) * 10 + (ones & 15)
    }
}

/// `CCYY-MM-DD` or `CCYYMMDD`.
#[cfg(feature = "formats")]
#[inline(never)]
fn is_date(data: &[u8]) -> bool {
    let mut scan = Scan(data);
    let (century, year) = (scan.two(), scan.two());
    let dashed = scan.eat(b'-');
    let month = scan.two();
    if scan.eat(b'-') != dashed {
        return false;
    }
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
    // Where there is no century there is no year either.
    year != NO_NUMBER && (1..=days).contains(&scan.two()) && scan.is_empty()
}

/// `hh:mm:ss` or `hhmmss`, then a fraction of seconds, then `Z` or `+hh:mm`, `+hhmm`, `+hh`, or the same with `-`.
#[cfg(feature = "formats")]
#[inline(never)]
fn is_time(data: &[u8]) -> bool {
    let mut scan = Scan(data);
    let hour = scan.two();
    let marked = scan.eat(b':');
    let minute = scan.two();
    if scan.eat(b':') != marked {
        return false;
    }
    let second = scan.two();
    // Midnight at the end of a day, and leap seconds.
    let whole_day = hour == 24 && minute == 0 && second == 0;
    if !(hour < 24 || whole_day) || minute > 59 || second > 60 {
        return false;
    }
    if (scan.eat(b'.') || scan.eat(b',')) && !scan.digits() {
        return false;
    }
    if scan.sign() {
        return scan.two() < 24
            && (scan.is_empty() || {
                scan.eat(b':');
                scan.two() < 60 && scan.is_empty()
            });
    }
    scan.eat(b'Z');
    scan.is_empty()
}

/// The lexical form of an XML Schema float.
#[cfg(feature = "formats")]
#[inline(never)]
fn is_float(data: &[u8]) -> bool {
    if let b"INF" | b"-INF" | b"NaN" = data {
        return true;
    }
    let mut scan = Scan(data);
    scan.sign();
    let whole = scan.digits();
    let fraction = scan.eat(b'.') && scan.digits();
    if !whole && !fraction {
        return false;
    }
    if scan.eat(b'e') || scan.eat(b'E') {
        scan.sign();
        if !scan.digits() {
            return false;
        }
    }
    scan.is_empty()
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
        for (format, text) in good.into_iter().filter(|(format, _)| format.is_supported()) {
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
            (Format::Date, "-01-01"),
            (Format::Date, "202-01-01"),
            (Format::Date, "2026-01-01-"),
            (Format::Time, "24:00:01"),
            (Format::Time, "23:60:00"),
            (Format::Time, "23:5959"),
            (Format::Time, "12:00"),
            (Format::Time, "12:00:00."),
            (Format::Time, "12:00:00z"),
            (Format::Time, "12:00:00+24:00"),
            (Format::Time, "12:00:00+05:"),
            (Format::Time, "12:00:00+"),
            (Format::Time, "12:00:00ZZ"),
            (Format::Time, ":00:00"),
            (Format::Float, ""),
            (Format::Float, "."),
            (Format::Float, "1e"),
            (Format::Float, "+INF"),
            (Format::Float, "0x10"),
            (Format::Float, "1 "),
        ];
        for (format, text) in bad.into_iter().filter(|(format, _)| format.is_supported()) {
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
