//! Values as a device file gives them.

use base64ct::{Base64, Encoding as _};
use dm_tree::{Factory, Format, Reason};

/// What a node shall hold.
pub(crate) enum Content {
    Interior,
    Leaf(Format, Vec<u8>),
}

impl Content {
    /// Text, number or truth value; a table with `value` or `base64`, and `format` where it matters; `{}`.
    pub(crate) fn of(value: &toml::Value) -> Result<Self, String> {
        Ok(match value {
            toml::Value::String(text) => Self::Leaf(Format::Chr, text.clone().into_bytes()),
            toml::Value::Integer(number) => Self::Leaf(Format::Int, number.to_string().into()),
            toml::Value::Boolean(truth) => Self::Leaf(Format::Bool, truth.to_string().into()),
            toml::Value::Float(number) => Self::Leaf(Format::Float, number.to_string().into()),
            toml::Value::Datetime(time) => Self::Leaf(Format::Chr, time.to_string().into()),
            toml::Value::Array(_) => return Err("a list is no value".to_owned()),
            toml::Value::Table(table) if table.is_empty() => Self::Interior,
            toml::Value::Table(table) => Self::of_table(table)?,
        })
    }

    fn of_table(table: &toml::Table) -> Result<Self, String> {
        let mut format = None;
        let mut octets = None;
        for (key, value) in table {
            match (key.as_str(), value.as_str()) {
                ("format", Some(name)) => {
                    let known = Format::from_name(name.as_bytes());
                    format = Some(known.ok_or_else(|| format!("{name} is no format"))?);
                }
                ("value" | "base64", Some(_)) if octets.is_some() => {
                    return Err("value and base64 exclude each other".to_owned());
                }
                ("value", Some(text)) => octets = Some((Format::Chr, text.as_bytes().to_vec())),
                ("base64", Some(text)) => {
                    let decoded = Base64::decode_vec(text);
                    octets = Some((
                        Format::Bin,
                        decoded.map_err(|_| format!("{text} is no Base64"))?,
                    ));
                }
                _ => {
                    return Err(format!(
                        "{key} is not understood: value, base64 and format are texts"
                    ));
                }
            }
        }
        let (usual, octets) = octets.unwrap_or((Format::Null, Vec::new()));
        Ok(Self::Leaf(format.unwrap_or(usual), octets))
    }

    /// Puts the content into the tree. The format counts only where the name does not tell which description is meant.
    pub(crate) fn seed(&self, factory: &mut Factory<'_, '_>, uri: &str) -> Result<(), Reason> {
        let (format, octets) = match self {
            Self::Interior => return factory.node(uri).map(drop),
            Self::Leaf(format, octets) => (*format, octets),
        };
        if format != Format::Chr && factory.local().find(uri).is_none() {
            match factory.local().add_leaf(uri, Some(format), octets) {
                Err(Reason::NotDescribed | Reason::Format | Reason::Permanent) => {}
                result => return result.map(drop),
            }
        }
        match factory.set(uri, octets) {
            Err(Reason::NotDescribed) => {}
            result => return result.map(drop),
        }
        for format in OTHER_FORMATS {
            match factory.local().add_leaf(uri, Some(format), octets) {
                Err(Reason::NotDescribed | Reason::Format) => {}
                result => return result.map(drop),
            }
        }
        Err(Reason::NotDescribed)
    }
}

/// What a text may be where no `chr` is described.
const OTHER_FORMATS: [Format; 8] = [
    Format::Int,
    Format::Bool,
    Format::B64,
    Format::Bin,
    Format::Xml,
    Format::Date,
    Format::Time,
    Format::Float,
];
