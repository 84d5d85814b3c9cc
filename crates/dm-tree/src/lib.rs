//! The OMA DM management tree: schema, nodes, ACL, handlers, store; no_std, no heap.
//!
//! Five words carry this crate. A [`Schema`] says which nodes a device can have, in tables of integers that cost no RAM.
//! The [`Tree`] holds the nodes it has, in memory that is lent, 24 bytes each; finding one costs the same among ten as
//! among a thousand. A [`Store`] keeps values, and with the feature `durable` names, ACLs and the rest, across restarts. A
//! [`Handler`] stands in for the store where firmware itself has the value. A [`Principal`] is a server that has proved who
//! it is: every way from a server to a node asks the ACL of the node first.
//!
//! Each refusal is a [`Reason`], and each reason has one DM status code ([`Reason::status`]). What is refused has changed
//! nothing; what is done is done completely, also when power fails in the middle of it. Several commands count together
//! between `Tree::begin` and `Tree::commit` (feature `transaction`).
//!
//! ```
//! use dm_tree::mo::standard::SCHEMA;
//! use dm_tree::{NodeSlot, Output, Principal, RamStore, Sink, Tree, TreeMemory, UriLimits};
//!
//! let mut nodes = [NodeSlot::EMPTY; 40];
//! let (mut pool, mut value, mut values) = ([0; 256], [0; 128], [0; 512]);
//! let mut store = RamStore::new(&mut values);
//! let memory = TreeMemory { nodes: &mut nodes, pool: &mut pool, value: &mut value };
//! let mut tree = Tree::open(&SCHEMA, &mut store, &mut [], memory, UriLimits::default())?;
//! tree.factory().set("./DevInfo/Man", b"Example")?;
//!
//! struct Text(String);
//! impl Output for Text {
//!     fn put(&mut self, bytes: &[u8]) -> usize {
//!         self.0.push_str(core::str::from_utf8(bytes).unwrap());
//!         bytes.len()
//!     }
//! }
//!
//! // Only authentication makes principals; this one is for the example.
//! let server = Principal::dangerous_assume(b"server");
//! let reading = tree.reading(&server, b"./DevInfo/Man")?;
//! let mut out = Text(String::new());
//! tree.read(&reading, &mut Sink::new(&mut out))?;
//! assert_eq!(out.0, "Example");
//! # Ok::<(), dm_tree::Reason>(())
//! ```
//!
//! # Features
//!
//! * `bootstrap`: `Principal::dangerous_bootstrap`, in whose name a proved bootstrap writes new accounts and nothing else.
//! * `changes`: `Tree::observe`, a list of the nodes that have changed and by whom.
//! * `durable`: in a store that is durable, everything about dynamic nodes and all properties survive a restart. Without it
//!   only values are kept there, and dynamic nodes end with the tree.
//! * `hold`: `Tree::hold`, by which what is sent in pieces stays as it is meanwhile. `list` and `tnds` have it with them.
//! * `transaction`: `Tree::begin` and `Tree::commit`, by which several commands count together or not at all.
//! * `properties`: the properties that a device may have, `Size`, `Title`, `TStamp` and `VerNo`, where the description has
//!   them. Without it no node has any, and they are answered 406; those that a device must have are always there.
//! * `formats`: leaves of the formats `date`, `time` and `float`. Without it a schema that has some does not pass
//!   [`Schema::check`], and their values are answered 415.
//! * `copy`: the command Copy.
//! * `list`: the queries `?list=Struct` and `?list=StructData`.
//! * `tnds`: Add, Replace and Get of whole subtrees as one document, and the Inbox.
//! * `profile13`: this project's reading of DM 1.3, not the standard: virtual URIs (`Tree::resolve`, `Tree::matches`) and
//!   lists that leave nodes out.
//! * `std`: nothing but the standard library instead of `core`.

#![cfg_attr(not(any(test, feature = "std")), no_std)]
#![cfg_attr(test, allow(clippy::std_instead_of_alloc))]
#![forbid(unsafe_code)]

mod acl;
mod add;
#[cfg(feature = "changes")]
mod changes;
#[cfg(not(feature = "changes"))]
#[path = "changes/none.rs"]
mod changes;
#[cfg(feature = "copy")]
mod copy;
mod decimal;
mod delete;
mod engine;
#[cfg(feature = "profile13")]
mod filter;
mod format;
mod get;
mod handler;
mod hold;
mod journal;
#[cfg(feature = "list")]
mod list;
mod local;
#[cfg(feature = "bootstrap")]
mod made;
pub mod mo;
mod nodes;
mod open;
mod pool;
mod principal;
mod properties;
mod ram_store;
mod reason;
mod record;
mod remember;
mod replace;
mod reset;
mod restore;
pub mod schema;
#[cfg(all(feature = "bootstrap", feature = "tnds"))]
mod scope;
mod seed;
mod sink;
mod slots;
mod store;
#[cfg(feature = "tnds")]
mod tnds;
#[cfg(feature = "transaction")]
mod transaction;
mod tree;
mod txn;
mod undo;
mod uri;
mod values;
#[cfg(feature = "profile13")]
mod virtual_uri;

pub use acl::Verb;
#[cfg(feature = "changes")]
pub use changes::{Change, What};
pub use format::Format;
pub use get::Reading;
pub use handler::{At, Handler, Mount, Outcome, Progress, Ticket, Value};
#[cfg(feature = "list")]
pub use list::Listing;
pub use local::{Factory, Local};
pub use principal::Principal;
pub use properties::Property;
pub use ram_store::RamStore;
pub use reason::{Reason, Refusal, Status};
pub use schema::{DescId, NodeDesc, Schema, SchemaFault, SchemaFaultKind};
#[cfg(all(feature = "bootstrap", feature = "tnds"))]
pub use scope::Scope;
pub use sink::{Buffer, Output, Sink};
pub use slots::{NodeId, NodeSlot};
pub use store::{Key, Store, StoreError};
#[cfg(feature = "tnds")]
pub use tnds::TreeDocument;
pub use tree::{Tree, TreeMemory};
pub use uri::UriLimits;
#[cfg(feature = "profile13")]
pub use virtual_uri::is_virtual;
