//! The OMA DM management tree: schema, nodes, ACL, handlers, store; no_std, no heap.

#![cfg_attr(not(any(test, feature = "std")), no_std)]
#![forbid(unsafe_code)]

mod acl;
mod decimal;
mod format;
mod handler;
mod local;
mod principal;
mod ram_store;
mod reason;
pub mod schema;
mod sink;
mod slots;
mod store;
mod tree;
mod uri;

pub use acl::Verb;
pub use format::Format;
pub use handler::{At, Handler, Mount, Outcome, Progress, Ticket, Value};
pub use local::{Factory, Local};
pub use principal::Principal;
pub use ram_store::RamStore;
pub use reason::{Reason, Status};
pub use schema::{DescId, NodeDesc, Schema, SchemaFault, SchemaFaultKind};
pub use sink::{Output, Sink};
pub use slots::{NodeId, NodeSlot};
pub use store::{Key, Store, StoreError};
pub use tree::{Reading, Tree, TreeMemory};
pub use uri::UriLimits;
