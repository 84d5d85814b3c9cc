//! The TLS adapter against rustls, and a whole session with the reference server behind it.

#![cfg(all(feature = "tls13", feature = "std"))]
// A test fails by panicking, also in the functions it calls.
#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing)]
#![allow(clippy::std_instead_of_alloc, clippy::std_instead_of_core)]

mod certificates;
mod peer;
mod proof;
mod session;
mod streams;
