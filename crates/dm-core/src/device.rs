//! What the factory has to put in, looked at once: a test of the product calls [`check_device`], not the product.

use dm_tree::{Reason, Tree};

/// What is wrong with the device's own data.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[non_exhaustive]
pub enum DeviceFault {
    /// This leaf is missing or empty. DevInfo goes with every session (`OBJ-C-013`), and the versions tell what software
    /// the device has (`OBJ-C-017`).
    Missing(&'static str),
    /// `./DevInfo/DevId` is no URN, nor one of the forms that are in use without `urn:`, such as `IMEI:` (`OBJ-C-012`).
    DevId,
    /// `./DevInfo/Lang` is no language tag (`OBJ-C-014`).
    Lang,
    /// A leaf cannot be read, or is longer than 128 octets.
    Device(Reason),
}

impl core::fmt::Display for DeviceFault {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        match self {
            Self::Missing(uri) => write!(f, "{uri} is missing or empty"),
            Self::DevId => f.write_str("./DevInfo/DevId is no URN"),
            Self::Lang => f.write_str("./DevInfo/Lang is no language tag"),
            Self::Device(reason) => write!(f, "{reason}"),
        }
    }
}

impl core::error::Error for DeviceFault {}

/// The leaves that identify a device and its software.
const NEEDED: [&str; 9] = [
    DEV_ID,
    LANG,
    "./DevInfo/DmV",
    "./DevInfo/Man",
    "./DevInfo/Mod",
    "./DevDetail/OEM",
    "./DevDetail/HwV",
    "./DevDetail/SwV",
    "./DevDetail/FwV",
];
const DEV_ID: &str = "./DevInfo/DevId";
const LANG: &str = "./DevInfo/Lang";
/// Octets of the longest of them.
pub(crate) const LONGEST: usize = 128;

/// Checks that the device says who it is, in the forms that the standard asks for. Whether that is true, and unique among
/// devices and versions of their software, only the manufacturer knows.
///
/// # Errors
/// [`DeviceFault`]: the first one.
pub fn check_device(tree: &mut Tree<'_>) -> Result<(), DeviceFault> {
    for uri in NEEDED {
        let mut value = [0; LONGEST];
        let len = match tree.local().get(uri, &mut value) {
            Err(Reason::NoSuchNode) => 0,
            result => result.map_err(DeviceFault::Device)?,
        };
        let value = value.get(..len).unwrap_or_default();
        match uri {
            _ if value.is_empty() => return Err(DeviceFault::Missing(uri)),
            DEV_ID if !is_urn(value) => return Err(DeviceFault::DevId),
            LANG if !is_language(value) => return Err(DeviceFault::Lang),
            _ => {}
        }
    }
    Ok(())
}

/// `urn:NID:NSS` of RFC 2141; `urn:` may be missing.
fn is_urn(text: &[u8]) -> bool {
    let mut parts = text.splitn(2, |octet| *octet == b':');
    let (Some(scheme), Some(rest)) = (parts.next(), parts.next()) else {
        return false;
    };
    if scheme.eq_ignore_ascii_case(b"urn") {
        return rest.contains(&b':') && is_urn(rest);
    }
    let [first, others @ ..] = scheme else {
        return false;
    };
    let is_nid = |octet: &u8| octet.is_ascii_alphanumeric() || *octet == b'-';
    first.is_ascii_alphanumeric()
        && others.len() < 32
        && others.iter().all(is_nid)
        && !rest.is_empty()
        && rest
            .iter()
            .all(|octet| octet.is_ascii_alphanumeric() || b"()+,-.:=@;$_!*'%".contains(octet))
}

/// RFC 1766: parts of 1 to 8 letters, all behind the first also digits, between hyphens.
fn is_language(text: &[u8]) -> bool {
    let mut parts = text.split(|octet| *octet == b'-');
    let is_part = |part: &[u8]| matches!(part.len(), 1..=8);
    let first = parts.next().unwrap_or_default();
    is_part(first)
        && first.iter().all(u8::is_ascii_alphabetic)
        && parts.all(|part| is_part(part) && part.iter().all(u8::is_ascii_alphanumeric))
}
