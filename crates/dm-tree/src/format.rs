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

    /// Whether `data` is a value of this format.
    ///
    /// # Errors
    /// [`Reason::Utf8`] for text that is not UTF-8, [`Reason::Value`] for anything else outside the format.
    pub fn check(self, data: &[u8]) -> Result<(), Reason> {
        match self {
            Self::B64 | Self::Bin => Ok(()),
            Self::Int => Value::of(data).int().map(|_| ()),
            Self::Bool => Value::of(data).bool().map(|_| ()),
            _ => Value::of(data).text().map(|_| ()),
        }
    }
}
