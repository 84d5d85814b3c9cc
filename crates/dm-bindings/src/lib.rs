//! OMA DM transport bindings over embedded-io-async streams; no_std, no heap.
//!
//! dm-core says *what* to send and to whom; this crate carries it. [`run`] drives a whole session: it follows the
//! steps of a [`Client`](dm_core::Client), hands each message to a [`Transport`] and asks the [`Host`] for time,
//! randomness and the user.
//!
//! | feature | what it adds |
//! |---|---|
//! | `http` | [`http`]: HTTP/1.1 over any byte stream |
//! | `std` | [`std_net`]: blocking sockets of the host and an executor of a few lines |
//!
//! Nothing here opens sockets on its own account, reads a clock or allocates: a [`Connector`](http::Connector) supplies
//! streams, and the buffers are lent. TLS is a stream too; see [`http::Link`] for how a stream says that it proved
//! the name of its peer.

#![cfg_attr(not(any(feature = "std", test)), no_std)]
#![forbid(unsafe_code)]
#![cfg_attr(not(test), deny(clippy::arithmetic_side_effects))]
// The futures of this crate run where they are made: firmware executors do not move them between threads.
#![allow(async_fn_in_trait)]

pub mod fault;
#[cfg(feature = "http")]
pub mod http;
#[cfg(feature = "std")]
pub mod std_net;
mod transport;

pub use transport::{Exchange, Host, Session, TYPED, Transport, run};
