//! The HTTP transport against scripted servers, and over real sockets.

#![cfg(all(feature = "http", feature = "std"))]
// A test fails by panicking, also in the functions it calls.
#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing)]
#![allow(clippy::std_instead_of_alloc, clippy::std_instead_of_core)]

mod answers;
mod connections;
mod script;
