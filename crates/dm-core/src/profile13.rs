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
