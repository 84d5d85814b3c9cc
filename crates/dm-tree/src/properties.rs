//! The properties of nodes: names, and who has which.
//!
//! Implements the tree digest, section 3.

use crate::schema::{NodeDesc, flags};

/// A property that can be addressed with `?prop=`.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Property {
    /// Access control list.
    Acl,
    /// Format of the value.
    Format,
    /// Name, the last segment of the URI.
    Name,
    /// Length of the value in bytes.
    Size,
    /// Title for people.
    Title,
    /// Time of the last change.
    TStamp,
    /// MIME type or management object identifier.
    Type,
    /// Number of changes.
    VerNo,
}

impl Property {
    const ALL: [Self; 8] = [
        Self::Acl,
        Self::Format,
        Self::Name,
        Self::Size,
        Self::Title,
        Self::TStamp,
        Self::Type,
        Self::VerNo,
    ];

    /// The name as it stands in a URI.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Acl => "ACL",
            Self::Format => "Format",
            Self::Name => "Name",
            Self::Size => "Size",
            Self::Title => "Title",
            Self::TStamp => "TStamp",
            Self::Type => "Type",
            Self::VerNo => "VerNo",
        }
    }

    /// The property with this name.
    #[must_use]
    pub fn from_name(name: &[u8]) -> Option<Self> {
        Self::ALL
            .iter()
            .copied()
            .find(|property| property.name().as_bytes() == name)
    }

    /// Whether nodes of this description have it (`TREE-C-013`, `TREE-C-014`, `TREE-C-082`).
    pub(crate) const fn is_supported(self, desc: &NodeDesc) -> bool {
        match self {
            Self::Acl | Self::Format | Self::Name | Self::Type => true,
            Self::Size => has(desc, flags::HAS_SIZE) && !desc.is_interior(),
            Self::Title => has(desc, flags::HAS_TITLE),
            Self::TStamp => has(desc, flags::HAS_TSTAMP),
            Self::VerNo => has(desc, flags::HAS_VERNO),
        }
    }
}

/// Whether nodes of this description have these optional properties. Without the feature none has any, and all that follows
/// from them is left out of the image.
pub(crate) const fn has(desc: &NodeDesc, flags: u8) -> bool {
    cfg!(feature = "properties") && desc.has(flags)
}

/// Most bytes of a Title (`TREE-C-024`).
#[cfg(any(feature = "properties", feature = "tnds"))]
pub(crate) const MAX_TITLE: usize = 255;

/// A moment as `YYYYMMDDThhmmssZ` (`TREE-C-025`).
#[cfg(any(feature = "properties", feature = "tnds"))]
pub(crate) fn time_stamp(seconds: u32) -> [u8; 16] {
    const DAY: u32 = 24 * 60 * 60;
    let mut days = seconds / DAY;
    let time = seconds % DAY;
    // 32 bits of seconds are 136 years, of which 2100 is no leap year.
    let mut year = 1970;
    let mut february;
    loop {
        february = if year % 4 == 0 && year != 2100 {
            29
        } else {
            28
        };
        let length = 337 + february;
        if days < length {
            break;
        }
        days -= length;
        year += 1;
    }
    let mut month = 1;
    for length in [31, february, 31, 30, 31, 30, 31, 31, 30, 31, 30] {
        if days < length {
            break;
        }
        days -= length;
        month += 1;
    }
    let mut text = *b"00000000T000000Z";
    digits(
        &mut text,
        15,
        (time / 3600 * 100 + time / 60 % 60) * 100 + time % 60,
    );
    digits(&mut text, 8, (year * 100 + month) * 100 + days + 1);
    text
}

/// Writes a number before `end`, over zeros.
#[cfg(any(feature = "properties", feature = "tnds"))]
fn digits(text: &mut [u8], end: usize, number: u32) {
    let mut left = number;
    for place in text.iter_mut().take(end).rev() {
        if left == 0 {
            return;
        }
        *place |= (left % 10) as u8;
        left /= 10;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// TREE-C-025
    #[cfg(any(feature = "properties", feature = "tnds"))]
    #[test]
    fn time_stamps_are_basic_iso_8601_in_utc() {
        for (seconds, text) in [
            (0, "19700101T000000Z"),
            (68_169_599, "19720228T235959Z"),
            (68_169_600, "19720229T000000Z"),
            (951_827_696, "20000229T123456Z"),
            (1_769_903_941, "20260131T235901Z"),
            (4_107_542_400, "21000301T000000Z"),
            (u32::MAX, "21060207T062815Z"),
        ] {
            assert_eq!(core::str::from_utf8(&time_stamp(seconds)), Ok(text));
        }
    }

    #[test]
    fn names_of_properties_are_those_of_the_standard() {
        for property in Property::ALL {
            assert_eq!(
                Property::from_name(property.name().as_bytes()),
                Some(property)
            );
        }
        assert_eq!(Property::from_name(b"Tstamp"), None);
    }
}
