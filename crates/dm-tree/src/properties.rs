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
            .into_iter()
            .find(|property| property.name().as_bytes() == name)
    }

    /// Whether nodes of this description have it (`TREE-C-013`, `TREE-C-014`, `TREE-C-082`).
    pub(crate) const fn is_supported(self, desc: &NodeDesc) -> bool {
        match self {
            Self::Acl | Self::Format | Self::Name | Self::Type => true,
            Self::Size => desc.has(flags::HAS_SIZE) && !desc.is_interior(),
            Self::Title => desc.has(flags::HAS_TITLE),
            Self::TStamp => desc.has(flags::HAS_TSTAMP),
            Self::VerNo => desc.has(flags::HAS_VERNO),
        }
    }
}

/// Most bytes of a Title (`TREE-C-024`).
pub(crate) const MAX_TITLE: usize = 255;

/// A moment as `YYYYMMDDThhmmssZ` (`TREE-C-025`).
pub(crate) fn time_stamp(seconds: u32) -> [u8; 16] {
    const DAY: u32 = 24 * 60 * 60;
    let days = seconds / DAY;
    let time = seconds % DAY;
    // Days since 1 March of year 0: leap days then stand at the end of the years, and of the eras of 400 years.
    let days = days + 719_468;
    let era = days / 146_097;
    let day_of_era = days % 146_097;
    let year_of_era =
        (day_of_era - day_of_era / 1_460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let shifted_month = (5 * day_of_year + 2) / 153;
    let day = day_of_year - (153 * shifted_month + 2) / 5 + 1;
    let month = if shifted_month < 10 {
        shifted_month + 3
    } else {
        shifted_month - 9
    };
    let year = era * 400 + year_of_era + u32::from(month <= 2);
    let mut text = *b"00000000T000000Z";
    pairs(&mut text, 0, [year / 100, year % 100, month, day]);
    pairs(
        &mut text,
        9,
        [time / 3600, time / 60 % 60, time % 60, u32::MAX],
    );
    text
}

/// Writes numbers of two digits, up to one that has more.
fn pairs(text: &mut [u8], start: usize, numbers: [u32; 4]) {
    let mut places = text.iter_mut().skip(start);
    for number in numbers {
        if number > 99 {
            return;
        }
        for digit in [number / 10, number % 10] {
            if let Some(place) = places.next() {
                *place = b'0' | digit as u8;
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// TREE-C-025
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
