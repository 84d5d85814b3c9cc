//! Constants of the DM 1.3 profile of this project.
//!
//! The published text of the DM 1.3 technical specifications was not at hand; these values are this project's
//! reading of it, not the standard. Each carries the name it has in the additions digest.

use crate::auth::{Hash, Scheme};

/// VerProto of a 1.3 session (`P-VER`).
pub(crate) const VER_PROTO: &str = "DM/1.3";
/// The version as it is written in an account (`P-VER`).
pub(crate) const NUMBER: &str = "1.3";

/// AAuthType values beyond those of 1.2, with the hash of a seal (`P-ACC`, `P-MAC-1`).
pub(crate) fn auth_type(name: &[u8]) -> Option<(Scheme, Option<Hash>)> {
    match name {
        #[cfg(feature = "sha256")]
        b"SHA256" | b"DIGEST-SHA256" => Some((Scheme::Digest(Hash::Sha256), None)),
        #[cfg(all(feature = "sha256", feature = "hmac"))]
        b"HMAC-SHA256" => Some((Scheme::Mac, Some(Hash::Sha256))),
        _ => None,
    }
}

/// The step to the SessionID of the next session (`P-REPLAY-1`, rule 3): drawn at random, and so that no id comes back
/// within eight sessions, for eight steps of at most 8191 do not lead around the 65535 ids.
pub(crate) fn session_step(random: u16) -> u32 {
    (u32::from(random) % 8191).saturating_add(1)
}

/// AAuthLevel of the credentials for notifications (`P-ACC`).
#[cfg(feature = "notification")]
pub(crate) const NOTICE_LEVEL: &[u8] = b"NOTICRED";

/// The identifier of a management object by its number in the registry of OMNA, of those that a device is likely to have
/// (`P-REQMO`). DevInfo is not among them: it is in package 1 anyway.
#[cfg(all(feature = "notification", feature = "tnds"))]
pub(crate) fn object(number: u16) -> Option<&'static [u8]> {
    let row = OBJECTS.iter().find(|row| row.0 == number)?;
    Some(row.1)
}

#[cfg(all(feature = "notification", feature = "tnds"))]
const OBJECTS: [(u16, &[u8]); 14] = [
    (0x0009, b"urn:oma:mo:oma-lawmo:1.0"),
    (0x000A, b"urn:oma:mo:oma-dcmo:1.0"),
    (0x000B, b"urn:oma:mo:oma-dm-devdetail:1.1"),
    (0x000D, b"urn:oma:mo:oma-dm-dmacc:1.1"),
    (0x000F, b"urn:oma:mo:oma-dm-devdetail:1.0"),
    (0x0011, b"urn:oma:mo:oma-dm-dmacc:1.0"),
    (0x0012, b"urn:oma:mo:oma-diagmon:1.0"),
    (0x0027, b"urn:oma:mo:oma-fumo:1.0"),
    (0x0034, b"urn:oma:mo:oma-dm-scheduling:1.0"),
    (0x0036, b"urn:oma:mo:oma-scomo:1.0"),
    (0x003C, b"urn:oma:mo:oma-scomo:1.1"),
    (0x0075, b"urn:oma:mo:oma-connmo-nap:1.0"),
    (0x0076, b"urn:oma:mo:oma-connmo-proxy:1.0"),
    (0x007D, b"urn:oma:mo:oma-connmo-wlan:1.0"),
];

/// The notification of 1.3 (`P-NOTI-1`).
#[cfg(feature = "notification")]
pub(crate) mod notice {
    use crate::notify::Bearer;

    /// Ten times the version.
    pub(crate) const VERSION: u16 = 13;

    /// Digest algorithms, two bits; 0 is none.
    pub(crate) const MD5: u8 = 1;
    /// As [`MD5`].
    #[cfg(feature = "sha256")]
    pub(crate) const SHA256: u8 = 2;

    /// Option numbers: 1 to 6 are those of a public description, 7 is this project's.
    pub(crate) const SERVER_ID: u8 = 1;
    pub(crate) const TARGETED_MO: u8 = 2;
    pub(crate) const REQUESTED_MO: u8 = 3;
    pub(crate) const PREFERRED_BEARER: u8 = 4;
    pub(crate) const CONNECT_REASON: u8 = 5;
    pub(crate) const VENDOR_INFO: u8 = 6;
    pub(crate) const EXPIRATION: u8 = 7;

    /// Octets of an option's value, and whether it may come more than once.
    pub(crate) const fn shape(number: u8) -> (usize, usize, bool) {
        match number {
            SERVER_ID => (1, 256, false),
            TARGETED_MO | REQUESTED_MO => (1, 2, true),
            PREFERRED_BEARER => (1, 1, true),
            CONNECT_REASON | VENDOR_INFO => (1, 4095, false),
            EXPIRATION => (4, 4, false),
            _ => (0, 4095, true),
        }
    }

    /// `P-BEARER`; others are passed over.
    pub(crate) const fn bearer(value: u8) -> Option<Bearer> {
        match value {
            0 => Some(Bearer::Any),
            1 => Some(Bearer::CellularPacket),
            2 => Some(Bearer::Wlan),
            3 => Some(Bearer::Wired),
            4 => Some(Bearer::CellularCircuit),
            5 => Some(Bearer::ShortRange),
            _ => None,
        }
    }
}

#[cfg(all(test, feature = "notification", feature = "tnds"))]
mod tests {
    /// D13-C-021: the numbers are those of the registry.
    #[test]
    fn numbers_of_objects_are_those_of_the_registry() {
        let path = concat!(
            env!("CARGO_MANIFEST_DIR"),
            "/../../docs/spec/omna-mo-index.csv"
        );
        let registry = std::fs::read_to_string(path).unwrap();
        for (number, id) in super::OBJECTS {
            let id = core::str::from_utf8(id).unwrap();
            let row = format!("0x{number:04X},{id},");
            assert!(registry.lines().any(|line| line.starts_with(&row)), "{row}");
        }
    }
}
