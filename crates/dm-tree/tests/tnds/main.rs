//! Serialised trees: Add, Replace, Get and the Inbox.

#![allow(
    dead_code,
    unreachable_pub,
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing
)]

mod add;
#[path = "../common/mod.rs"]
mod common;
mod document;
mod get;
mod handlers;
mod inbox;
mod model;
mod oracle;
#[cfg(feature = "durable")]
mod power_cut;
mod replace;
