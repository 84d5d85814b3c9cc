//! What the tests of this folder share: a device on a bench, a server made of text, and an independent reader of what
//! the client says.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    missing_debug_implementations,
    reason = "test support fails loudly"
)]

#[cfg(feature = "bootstrap")]
mod applied;
mod bench;
mod convert;
mod flash;
mod handlers;
mod message;
#[cfg(feature = "notification")]
mod notice;
mod picture;
mod sent;

#[cfg(feature = "bootstrap")]
pub use applied::{Done, done};
pub use bench::{Asked, Bench, CLIENT, Cred, Out, SERVER, Setup};
pub use convert::{to_wbxml, to_xml};
pub use flash::Flash;
pub use handlers::Probe;
pub use message::{Msg, b64, mac_header, md5_cred, sha256_cred, sha256_mac_header};
#[cfg(feature = "notification")]
pub use notice::{Keeper, Phone, Signed, hex, sha256_notice, trigger};
pub use picture::{below, picture, value};
pub use sent::{Answer, Event as SentEvent, NEVER_SENT, Sent, never_sent};

/// Whether `OMA_DM_FULL=1` asks for the whole budget of a heavy test, of which the ordinary run takes a share.
pub fn is_full() -> bool {
    std::env::var_os("OMA_DM_FULL").is_some_and(|value| value == "1")
}

/// The Rust of the README compiles.
#[cfg(doctest)]
#[doc = include_str!("../../README.md")]
pub struct Readme;
