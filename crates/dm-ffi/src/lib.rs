//! C API of the oma-dm client: a static library and the header `include/omadm.h`.
//!
//! ```text
//! cargo rustc -p dm-ffi --release --features wbxml,md5 --crate-type staticlib                       # host
//! cargo rustc -p dm-ffi --release --features wbxml,md5,panic-handler --crate-type staticlib \
//!     --target thumbv7em-none-eabihf                                                               # bare metal
//! cbindgen --config cbindgen.toml --crate dm-ffi --output include/omadm.h                          # in this folder
//! ```
//!
//! The header is the documentation for C; its first comment is the contract that every call keeps. This crate adds
//! nothing to the protocol: it turns pointers into slices, result values into codes, tables of functions into
//! traits, and keeps the engine's two objects, the tree and the client, in one opaque `omadm_client_t` that the
//! caller owns.
//!
//! Nothing is allocated. All memory comes from the caller at run time and is his again after `omadm_close`.
//!
//! | feature | adds |
//! | --- | --- |
//! | `wbxml`, `xml` | the encodings; at least one is needed |
//! | `md5`, `sha256`, `hmac` | `syncml:auth-md5`, `syncml:auth-SHA256`, `syncml:auth-MAC` |
//! | `atomic`, `copy`, `list`, `tnds` | the commands Atomic and Copy, the list forms of Get, tree serialisation |
//! | `properties` | the properties Size, Title, TStamp and VerNo, where the description has them |
//! | `formats` | leaves of the formats date, time and float, else a schema that has some is refused |
//! | `large-object` | values larger than a message: `objects` of the configuration, `write` of a handler |
//! | `ui` | questions to the user: `has_user` of the configuration, `omadm_choice`, `omadm_answer_chosen` |
//! | `events` | `omadm_raise`, and `omadm_finish` for results of Exec that come late |
//! | `atomic` | `omadm_begin`, `omadm_commit`, `omadm_roll_back`: several changes of the application as one |
//! | `notification` | `omadm_notified`, `omadm_start_notified` |
//! | `push` | `omadm_push_datagram`, `omadm_push_put`, `omadm_push_typed`, `omadm_inbox_sms` |
//! | `bootstrap` | `omadm_bootstrap_open` and what follows it, `omadm_card_apply`; needs `wbxml` |
//! | `durable` | with a store of the port: dynamic nodes, ACLs and titles survive a restart |
//! | `profile13` | `omadm_notified13`, `omadm_notice_options`, and what the engine has of this project's 1.3 profile |
//! | `reasons` | `omadm_refusal`, and memory for it in the configuration |
//! | `panic-handler` | on bare metal: a panic handler that calls the C function `omadm_panic` |

#![cfg_attr(target_os = "none", no_std)]
#![allow(
    unsafe_code,
    reason = "a C API is made of raw pointers; each use says why it is sound"
)]
#![allow(
    non_camel_case_types,
    reason = "types have the names they have in the header"
)]

#[cfg(feature = "bootstrap")]
mod bootstrap;
#[cfg(feature = "bootstrap")]
mod card;
#[cfg(feature = "events")]
mod events;
mod features;
mod guard;
mod handler;
#[cfg(feature = "push")]
mod inbox;
mod init;
mod nodes;
#[cfg(feature = "notification")]
mod notice;
mod object;
#[cfg(all(feature = "panic-handler", target_os = "none", not(test)))]
mod panic;
mod port;
#[cfg(feature = "push")]
mod push;
#[cfg(feature = "reasons")]
mod refusals;
mod result;
mod session;
#[cfg(feature = "atomic")]
mod transaction;
mod tree;
mod types;
#[cfg(feature = "ui")]
mod ui;

#[cfg(feature = "bootstrap")]
pub use bootstrap::*;
#[cfg(feature = "bootstrap")]
pub use card::*;
#[cfg(feature = "events")]
pub use events::*;
pub use features::*;
pub use handler::{omadm_put, omadm_put_int};
#[cfg(feature = "push")]
pub use inbox::*;
pub use init::{omadm_close, omadm_detail, omadm_init, omadm_version};
pub use nodes::*;
#[cfg(feature = "notification")]
pub use notice::*;
#[cfg(feature = "push")]
pub use push::*;
#[cfg(feature = "reasons")]
pub use refusals::{omadm_refusal, omadm_refusal_t};
pub use result::omadm_result_t;
pub use session::{
    omadm_abort, omadm_answer, omadm_failed, omadm_receive, omadm_resume, omadm_start,
};
#[cfg(feature = "atomic")]
pub use transaction::*;
pub use tree::{omadm_factory_acl, omadm_factory_set, omadm_local_get, omadm_local_set};
pub use types::*;
#[cfg(feature = "ui")]
pub use ui::{omadm_answer_chosen, omadm_choice};
