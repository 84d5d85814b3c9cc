//! Reference OMA DM server for tests and labs.
//!
//! Plays a script against a device that opens a session, checks everything the device answers, and keeps a [`Transcript`]
//! that reads like a conversation. It shares nothing with the client of this project but the codec: credentials, session
//! rules and the knowledge of the device are its own, so that a mistake on either side shows.
//!
//! * [`Server`] listens on a TCP port: HTTP/1.1, one thread for each connection, plain or with TLS ([`Tls`]).
//! * [`Sessions`] is the same without a transport: a message in, a [`Reply`] out, for tests in memory.
//! * [`Notification`] is what a server sends to have a session; [`Sessions::notify`] makes one from what it knows of a device.
//! * [`Config`] says who the server is, whom it knows, and what it does; built in code, or read from a scenario file.
//!
//! It is no production server: accounts and nonces live in memory, a session is played from a script, and faults of the device
//! are noted rather than held against it as long as the session can go on.
//!
//! ```
//! use dm_server::{Config, Op, Package, Sessions};
//!
//! let mut config = Config::default();
//! config.server.anonymous = true;
//! config.packages = vec![Package::new([Op::get("./DevInfo/Man"), Op::delete("./Vendor/old").expect(404)])];
//! let mut sessions = Sessions::new(config);
//!
//! let first = r#"<SyncML><SyncHdr><VerDTD>1.2</VerDTD><VerProto>DM/1.2</VerProto><SessionID>1</SessionID><MsgID>1</MsgID>
//!   <Target><LocURI>http://dm.example.org/</LocURI></Target><Source><LocURI>urn:x:1</LocURI></Source></SyncHdr><SyncBody>
//!   <Alert><CmdID>1</CmdID><Data>1201</Data></Alert>
//!   <Replace><CmdID>2</CmdID><Item><Source><LocURI>./DevInfo/DevId</LocURI></Source><Data>urn:x:1</Data></Item></Replace>
//!   <Final/></SyncBody></SyncML>"#;
//! let reply = sessions.handle(first.as_bytes(), "application/vnd.syncml.dm+xml");
//! assert_eq!(reply.status, 200);
//!
//! let transcript = sessions.last_transcript().ok_or("no session")?;
//! assert_eq!(transcript.value("./DevInfo/DevId"), Some("urn:x:1"));
//! assert_eq!(transcript.faults[0].rule, "PRO-C-003"); // four leaves of DevInfo are missing
//! # Ok::<(), &str>(())
//! ```
//!
//! # Scenario files
//!
//! TOML. An unknown key is an error that names its line. Everything may be left out: an empty file is a server that lets nobody in
//! and has nothing to do.
//!
#![doc = "```toml"]
#![doc = include_str!("../scenario.toml")]
#![doc = "```"]
//!
//! `format`, `type` and `size` go into the Meta of every Item of the command; `size` also replaces the true size of a large object, to
//! see it refused. Lists of `value` and `from` run beside the list of addresses; a list of `expect` runs beside the Items, its last
//! entry standing for the rest. A node of a `tree` has `name`, `path`, `acl`, `format`, `title`, `type` or `object`, and one of
//! `value`, `bytes` and `nodes`; it goes in the encoding of the message, with the Type and Format that belong to it.
//!
//! # What it does not do
//!
//! Sessionless messages, and bootstrap but for handing a given document to a device that asks for it with GET.

#![forbid(unsafe_code)]
#![cfg_attr(not(test), deny(clippy::arithmetic_side_effects))]
// A host crate: `std` is there, and naming `core` or `alloc` instead would say nothing.
#![allow(clippy::std_instead_of_core, clippy::std_instead_of_alloc)]

mod auth;
mod config;
mod digest;
mod draft;
mod http;
mod lab;
mod ledger;
mod nonce;
mod notify;
mod objects;
mod scenario;
mod script;
mod server;
mod session;
mod sessions;
mod tls;
mod tnds;
mod transcript;
mod wire;

pub use config::{BootstrapDocument, Config, Device, Http, Identity, Secret};
pub use digest::Scheme;
pub use http::{Reply, Request};
pub use lab::{About, Bench, Expect, Notified};
pub use notify::{
    Format, Notification, NotificationError, PUSH_PORT, Received, SPECIAL_NONCE, UiMode, send_push,
    wap_push,
};
pub use scenario::ScenarioError;
pub use script::{Item, Op, Package, Pieces, Trick, Value, Verb};
pub use server::{Handle, Server};
pub use sessions::Sessions;
pub use tls::{Tls, TlsError};
pub use tnds::TreeNode;
pub use transcript::{
    CommandRecord, End, Fault, ItemRecord, Leaf, MessageRecord, Side, Transcript, Unmet,
};
