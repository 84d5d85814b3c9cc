//! OMA DM transport bindings over embedded-io-async streams; no_std, no heap.
//!
//! dm-core says *what* to send and to whom; this crate carries it. [`run`] drives a whole session: it follows the
//! steps of a [`Client`](dm_core::Client), hands each message to a [`Transport`] and asks the [`Host`] for time,
//! randomness and the user.
//!
//! | feature | what it adds |
//! |---|---|
//! | `http` | [`http`]: HTTP/1.1 over any byte stream |
//! | `push` | [`push`]: what a server sends without being asked, unwrapped |
//! | `profile13` | this project's reading of the pushes of DM 1.3: content type 0x58, SIP and HTTP |
//! | `tls13` | [`tls13`]: TLS 1.3 with a verified server, for the connections of `http` |
//! | `store-flash` | [`store_flash`]: a store for the tree on NOR flash |
//! | `std` | [`std_net`]: blocking sockets of the host and an executor of a few lines; [`store_file`]: a store in a file |
//!
#![cfg_attr(all(feature = "http", feature = "std"), doc = "```")]
#![cfg_attr(not(all(feature = "http", feature = "std")), doc = "```ignore")]
//! use dm_bindings::http::{Config, Http};
//! use dm_bindings::{Host, run, std_net::TcpConnector};
//! use dm_core::{Client, Error, Report, Trigger};
//! use dm_tree::Tree;
//!
//! async fn report_in(
//!     client: &mut Client<'_>,
//!     tree: &mut Tree<'_>,
//!     host: &mut impl Host,
//! ) -> Result<Report, Error> {
//!     let mut space = [0; 1280];
//!     let tcp = TcpConnector { limit: core::time::Duration::from_secs(30) };
//!     let config = Config { plain: true, ..Config::default() };
//!     let mut http = Http::new(tcp, config, &mut space);
//!     let trigger = Trigger::Client { server_id: None, session_id: None };
//!     run(client, tree, trigger, &mut http, host).await
//! }
//! ```
//!
//! Nothing here opens sockets on its own account, reads a clock or allocates: a [`Connector`](http::Connector) supplies
//! streams, and the buffers are lent. TLS is a stream too; see [`http::Link`] for how a stream says that it proved
//! the name of its peer. What each connector has of the HTTP binding's demands on TLS is in `docs/tls.md`.

#![cfg_attr(not(any(feature = "std", test)), no_std)]
#![forbid(unsafe_code)]
#![cfg_attr(not(test), deny(clippy::arithmetic_side_effects))]
// The futures of this crate run where they are made: firmware executors do not move them between threads.
#![allow(async_fn_in_trait)]

/// The transports that this build has, as a device tells them (`D13-C-061`).
pub const BINDINGS: &str = match (cfg!(feature = "http"), cfg!(feature = "push")) {
    (true, true) => "HTTP+PUSH",
    (true, false) => "HTTP",
    (false, true) => "PUSH",
    (false, false) => "",
};

pub mod fault;
#[cfg(feature = "http")]
pub mod http;
#[cfg(feature = "push")]
pub mod push;
#[cfg(feature = "std")]
pub mod std_net;
#[cfg(feature = "std")]
pub mod store_file;
#[cfg(feature = "store-flash")]
pub mod store_flash;
#[cfg(feature = "tls13")]
pub mod tls13;
mod transport;

pub use transport::{AnswerSpace, Exchange, Host, Session, TYPED, Transport, run};
