//! The OMA DM protocol engine: sessions, commands, authentication.
//!
//! [`Client`] is sans-IO and deterministic: time and random octets come in with each call, one [`Step`] comes out.
//! It needs no heap, no operating system and no clock, and works in memory that the caller lends.
//!
//! | feature | adds |
//! | --- | --- |
//! | `wbxml`, `xml` | the encodings; at least one is needed |
//! | `md5` | `syncml:auth-md5`, mandatory over plain transports (`SEC-C-003`) |
//! | `sha256` | `syncml:auth-SHA256`, as servers of DM 1.2 and 1.3 ask for it; build with `--cfg sha2_backend_soft="compact"` |
//! | `hmac` | `syncml:auth-MAC`: every message sealed by the `x-syncml-hmac` header (`SEC-C-022`) |
//! | `atomic` | the command Atomic, else answered 406 (`PRO-C-087`) |
//! | `copy` | the command Copy, else answered 406 (`PRO-C-059`) |
//! | `list` | Get of `?list=Struct` and `?list=StructData`, else answered 406 (`TREE-C-072`) |
//! | `properties` | the properties Size, Title, TStamp and VerNo, where the description has them, else answered 406 (`TREE-C-015`) |
//! | `formats` | leaves of the formats date, time and float, else answered 415 (`TREE-C-071`) |
//! | `large-object` | values larger than a message, in both directions (`PRO-C-027`) |
//! | `tnds` | whole subtrees as one document, and the Inbox, else answered 415 and 406 |
//! | `notification` | [`Client::notified`]: a push that asks for a session, proved and remembered |
//! | `events` | client events and generic alerts, kept in the store until they are answered; late results of Exec (`PRO-C-071`, `PRO-C-120`) |
//! | `reasons` | a list of why commands were refused, in memory that the application lends ([`Client::refusals`]) |
//! | `ui` | questions to the user: alerts 1100 to 1104 as [`Step::Ask`] |
//! | `bootstrap` | accounts from client provisioning documents: pushed, from a card, over TLS ([`bootstrap`]) |
//! | `profile13` | this project's reading of DM 1.3: sessions begin as `DM/1.3` and fall back to `DM/1.2`; with `sha256` the account types `SHA256` and `HMAC-SHA256`; a server can ask what the client can do ([`Discovery`]) and what carries the session ([`SessionLink`]) |
//! | `log`, `defmt` | sessions, refused commands and failed proofs are told to the logger of the application, never a value or a secret; with both, `defmt` on bare metal and `log` elsewhere |
//! | `std` | the standard library for the crates below |

#![cfg_attr(not(any(feature = "std", test)), no_std)]
#![forbid(unsafe_code)]

#[macro_use]
mod tell;

mod account;
mod address;
#[cfg(feature = "events")]
mod alert;
mod ask;
mod auth;
#[cfg(feature = "bootstrap")]
pub mod bootstrap;
mod budget;
mod client;
mod compose;
mod device;
#[cfg(feature = "profile13")]
mod discovery;
mod error;
mod exec;
mod inbound;
#[cfg(feature = "large-object")]
mod large;
#[cfg(not(feature = "large-object"))]
#[path = "large/none.rs"]
mod large;
#[cfg(feature = "notification")]
mod notify;
mod outbound;
#[cfg(feature = "events")]
mod outbox;
#[cfg(not(feature = "events"))]
#[path = "outbox/none.rs"]
mod outbox;
mod package1;
mod policy;
#[cfg(feature = "profile13")]
mod profile13;
#[cfg(feature = "reasons")]
mod refusals;
#[cfg(all(feature = "notification", feature = "profile13", feature = "tnds"))]
mod requested;
mod results;
mod run;
mod sec;
mod session;
mod status;
mod step;
mod take;

#[cfg(feature = "events")]
pub use alert::{EVENT_TEXT_MAX, Event, EventKind, Mark};
pub use ask::{Answer, CHOICES_MAX, Choices, Input, Options, Question, QuestionKind};
pub use budget::Budget;
pub use client::{Client, Memory};
pub use device::{DeviceFault, check_device};
#[cfg(feature = "profile13")]
pub use discovery::{Discovery, Link, LinkBearer, Roaming, SessionLink};
pub use dm_wbxml::Encoding;
pub use error::{Code, Error, Failure, LimitKind, Misuse, ServerFault};
#[cfg(all(feature = "notification", feature = "profile13"))]
pub use notify::{Bearer, NoticeOptions};
#[cfg(feature = "notification")]
pub use notify::{Initiator, NoticeCounts, NoticeRules, Notification, Rejected, UiMode};
#[cfg(feature = "events")]
pub use outbox::{CORRELATOR_MAX, EVENTS_MAX};
pub use policy::{Passwords, Policy, ServerProof, Strength};
#[cfg(feature = "reasons")]
pub use refusals::Refusal;
pub use sec::Sec;
pub use session::SERVER_ID_MAX;
pub use step::{End, Moment, Notice, Peer, Received, Report, Request, Step, Trigger, Verified};
