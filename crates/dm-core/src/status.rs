//! Status codes and alert codes that the engine gives or understands (protocol chapters 8 and 10).

pub(crate) const OK: u16 = 200;
pub(crate) const ACCEPTED: u16 = 202;
pub(crate) const AUTHENTICATED: u16 = 212;
pub(crate) const CHUNK_ACCEPTED: u16 = 213;
pub(crate) const USER_CANCELLED: u16 = 214;
pub(crate) const NOT_EXECUTED: u16 = 215;
#[cfg(feature = "atomic")]
pub(crate) const ROLLED_BACK: u16 = 216;
pub(crate) const NOT_MODIFIED: u16 = 304;
pub(crate) const BAD_REQUEST: u16 = 400;
pub(crate) const UNAUTHORIZED: u16 = 401;
pub(crate) const NOT_ALLOWED: u16 = 405;
pub(crate) const NOT_SUPPORTED: u16 = 406;
pub(crate) const AUTHENTICATION_REQUIRED: u16 = 407;
pub(crate) const TIMED_OUT: u16 = 408;
#[cfg(feature = "large-object")]
pub(crate) const SIZE_REQUIRED: u16 = 411;
pub(crate) const INCOMPLETE: u16 = 412;
pub(crate) const NOT_SHOWN: u16 = 416;
#[cfg(feature = "large-object")]
pub(crate) const SIZE_MISMATCH: u16 = 424;
pub(crate) const FAILED: u16 = 500;
pub(crate) const NOT_IMPLEMENTED: u16 = 501;
pub(crate) const DTD_VERSION: u16 = 505;
#[cfg(feature = "atomic")]
pub(crate) const ATOMIC_FAILED: u16 = 507;
pub(crate) const PROTOCOL_VERSION: u16 = 513;
pub(crate) const CANCELLED: u16 = 514;
#[cfg(feature = "atomic")]
pub(crate) const ROLL_BACK_FAILED: u16 = 516;
#[cfg(feature = "atomic")]
pub(crate) const ATOMIC_TOO_LARGE: u16 = 517;

/// Alert codes.
pub(crate) mod alert {
    pub(crate) const SERVER_INITIATED: u16 = 1200;
    pub(crate) const CLIENT_INITIATED: u16 = 1201;
    pub(crate) const NEXT_MESSAGE: u16 = 1222;
    pub(crate) const SESSION_ABORT: u16 = 1223;
    #[cfg(feature = "events")]
    pub(crate) const CLIENT_EVENT: u16 = 1224;
    pub(crate) const NO_END_OF_DATA: u16 = 1225;
    #[cfg(feature = "events")]
    pub(crate) const GENERIC: u16 = 1226;
}

/// Whether a code tells that a command was executed: 2xx without 214 to 216, which tell that it was broken off, passed
/// over or undone.
pub(crate) const fn is_success(code: u16) -> bool {
    matches!(code, 200..=213)
}
