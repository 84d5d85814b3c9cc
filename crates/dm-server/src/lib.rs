//! Reference OMA DM server for tests and labs.

#![forbid(unsafe_code)]
// A host crate: `std` is there, and naming `core` or `alloc` instead would say nothing.
#![allow(clippy::std_instead_of_core, clippy::std_instead_of_alloc)]

mod config;
mod digest;
mod http;
mod nonce;
mod scenario;
mod script;

pub use config::{Config, Device, Http, Identity, Secret};
pub use digest::Scheme;
pub use http::{Reply, Request};
pub use scenario::ScenarioError;
pub use script::{Item, Op, Package, Value, Verb};
