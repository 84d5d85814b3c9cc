//! The SEC parameter of a pushed document. Always there: whoever unwraps pushes needs it, too.

/// How the MAC of a pushed document is made: its SEC parameter (security digest, chapter 10).
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[non_exhaustive]
pub enum Sec {
    /// 0, `NETWPIN`, `NETWORKID`: with what network and device share.
    NetworkId,
    /// 1, `USERPIN`: with a PIN that the user was told.
    UserPin,
    /// 2, `USERNETWPIN`, `USERPIN_NETWORKID`: with both.
    UserPinNetworkId,
    /// 3, `USERPINMAC`: the PIN that the user types is half key, half MAC.
    UserPinMac,
}

/// Every method by its names, the one of DM first.
const NAMES: [(Sec, &str); 6] = [
    (Sec::NetworkId, "NETWORKID"),
    (Sec::UserPin, "USERPIN"),
    (Sec::UserPinNetworkId, "USERPIN_NETWORKID"),
    (Sec::UserPinMac, "USERPINMAC"),
    (Sec::NetworkId, "NETWPIN"),
    (Sec::UserPinNetworkId, "USERNETWPIN"),
];

impl Sec {
    /// Whether the user has to type something.
    #[must_use]
    pub const fn needs_pin(self) -> bool {
        !matches!(self, Self::NetworkId)
    }

    /// The number of the method, as binary pushes have it.
    #[must_use]
    pub const fn code(self) -> u8 {
        match self {
            Self::NetworkId => 0,
            Self::UserPin => 1,
            Self::UserPinNetworkId => 2,
            Self::UserPinMac => 3,
        }
    }

    /// The method with this number; `None`: nobody knows how to check such a MAC.
    #[must_use]
    pub const fn of_code(code: u32) -> Option<Self> {
        match code {
            0 => Some(Self::NetworkId),
            1 => Some(Self::UserPin),
            2 => Some(Self::UserPinNetworkId),
            3 => Some(Self::UserPinMac),
            _ => None,
        }
    }

    /// The name of the method in DM.
    #[must_use]
    pub fn name(self) -> &'static str {
        let row = NAMES.iter().find(|row| row.0 == self);
        row.map_or("", |row| row.1)
    }

    /// The method with this name, in letters of either case, or with this number in a digit (`BIND-C-064`).
    #[must_use]
    pub fn of_name(name: &[u8]) -> Option<Self> {
        if let [digit @ b'0'..=b'9'] = name {
            return Self::of_code(u32::from(digit & 0x0F));
        }
        let mut rows = NAMES.iter();
        let row = rows.find(|row| name.eq_ignore_ascii_case(row.1.as_bytes()));
        row.map(|row| row.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_method_is_found_by_its_number_and_its_names() {
        for (sec, name) in NAMES {
            assert_eq!(Sec::of_name(name.as_bytes()), Some(sec));
            assert_eq!(Sec::of_name(sec.name().as_bytes()), Some(sec));
            assert_eq!(Sec::of_code(u32::from(sec.code())), Some(sec));
        }
        for name in ["", "4", "11", "USERPIN2", "MAC"] {
            assert_eq!(Sec::of_name(name.as_bytes()), None, "{name}");
        }
        assert_eq!(Sec::of_code(4), None);
        assert_eq!(Sec::of_code(256), None);
    }
}
