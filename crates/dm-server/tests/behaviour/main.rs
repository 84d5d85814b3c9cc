//! The server through its public interface, driven by a small device written for these tests alone: XML text put together
//! by hand, answers found by searching for tags. It shares no code with the server or the client.

// Helpers of tests are tests: they may fail.
#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::std_instead_of_core
)]

mod authentication;
mod device;
mod faults;
mod hostile;
mod http;
mod objects;
mod session;
mod splitting;
mod tls;
