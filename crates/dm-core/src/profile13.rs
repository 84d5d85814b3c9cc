//! Constants of the DM 1.3 profile of this project.
//!
//! The published text of the DM 1.3 technical specifications was not at hand; these values are this project's
//! reading of it (`P-VER` of the additions digest), not the standard.

/// VerProto of a 1.3 session.
pub(crate) const VER_PROTO: &str = "DM/1.3";
/// The version as it is written in an account.
pub(crate) const NUMBER: &str = "1.3";
