//! The OMA DM management tree: schema, nodes, ACL, handlers, store; no_std, no heap.

#![cfg_attr(not(any(test, feature = "std")), no_std)]
#![cfg_attr(test, allow(clippy::std_instead_of_alloc))]
#![forbid(unsafe_code)]

mod acl;
mod add;
mod copy;
mod decimal;
mod delete;
mod format;
mod get;
mod handler;
mod journal;
mod list;
mod local;
pub mod mo;
mod nodes;
mod open;
mod pool;
mod principal;
mod properties;
mod ram_store;
mod reason;
mod record;
mod replace;
mod restore;
pub mod schema;
mod sink;
mod slots;
mod store;
mod tree;
mod txn;
mod undo;
mod uri;
mod values;

pub use acl::Verb;
pub use format::Format;
pub use get::Reading;
pub use handler::{At, Handler, Mount, Outcome, Progress, Ticket, Value};
pub use list::Listing;
pub use local::{Factory, Local};
pub use principal::Principal;
pub use properties::Property;
pub use ram_store::RamStore;
pub use reason::{Reason, Status};
pub use schema::{DescId, NodeDesc, Schema, SchemaFault, SchemaFaultKind};
pub use sink::{Output, Sink};
pub use slots::{NodeId, NodeSlot};
pub use store::{Key, Store, StoreError};
pub use tree::{Tree, TreeMemory};
pub use uri::UriLimits;
