//! Reference OMA DM server for tests and labs.

#![forbid(unsafe_code)]
// A host crate: `std` is there, and naming `core` or `alloc` instead would say nothing.
#![allow(clippy::std_instead_of_core, clippy::std_instead_of_alloc)]

mod auth;
mod config;
mod digest;
mod draft;
mod http;
mod ledger;
mod nonce;
mod objects;
mod scenario;
mod script;
mod server;
mod session;
mod sessions;
mod transcript;
mod wire;

pub use config::{Config, Device, Http, Identity, Secret};
pub use digest::Scheme;
pub use http::{Reply, Request};
pub use scenario::ScenarioError;
pub use script::{Item, Op, Package, Value, Verb};
pub use server::{Handle, Server};
pub use sessions::Sessions;
pub use transcript::{
    CommandRecord, End, Fault, ItemRecord, Leaf, MessageRecord, Side, Transcript, Unmet,
};
