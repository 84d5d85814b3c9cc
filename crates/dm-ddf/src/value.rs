//! Checks of the values and names that a DDF gives.

use base64ct::{Base64, Encoding};
use dm_tree::Format;

/// The octets a device stores for a default value, or how to mend it.
pub(crate) fn octets(format: Format, text: &str) -> Result<Vec<u8>, &'static str> {
    let compact = || text.split_ascii_whitespace().collect::<String>();
    match format {
        Format::Node => Err("an interior node has no value: remove it"),
        Format::Null if text.is_empty() => Ok(Vec::new()),
        Format::Null => Err("a null node has no value: remove it"),
        Format::Bool => match text.to_ascii_lowercase().as_str() {
            "true" | "1" => Ok(b"true".to_vec()),
            "false" | "0" => Ok(b"false".to_vec()),
            _ => Err("write true or false"),
        },
        // Both are held decoded; the Base64 form is a matter of the document.
        Format::Bin | Format::B64 => {
            Base64::decode_vec(&compact()).map_err(|_| "write the octets in Base64, padded with =")
        }
        _ => match format.check(text.as_bytes()) {
            Ok(()) => Ok(text.as_bytes().to_vec()),
            Err(_) => Err(match format {
                Format::Int => "write a whole number of 32 bits",
                Format::Date => "write CCYY-MM-DD",
                Format::Time => "write hh:mm:ss",
                Format::Float => "write a decimal number, INF, -INF or NaN",
                _ => "write a value of this format",
            }),
        },
    }
}

/// What is wrong with a node name, if anything.
pub(crate) fn segment_fault(name: &str) -> Option<&'static str> {
    if name.ends_with('.') {
        return Some("ends in a dot");
    }
    let mut bytes = name.bytes();
    while let Some(byte) = bytes.next() {
        match byte {
            b'%' => {
                let escape = (bytes.next(), bytes.next());
                let (Some(high), Some(low)) = escape else {
                    return Some("ends inside a % escape");
                };
                if !high.is_ascii_hexdigit() || !low.is_ascii_hexdigit() {
                    return Some("has a % that no two hexadecimal digits follow");
                }
                if (high, low.to_ascii_uppercase()) == (b'2', b'F') {
                    return Some("hides a slash");
                }
            }
            b'/' => return Some("has a slash"),
            _ if byte.is_ascii_alphanumeric() || b"-_.!~*'():@&=+$,".contains(&byte) => {}
            _ => return Some("has a character that a URI segment cannot hold"),
        }
    }
    (name.len() > usize::from(u8::MAX)).then_some("is longer than 255 bytes")
}
