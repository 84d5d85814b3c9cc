//! HTTP/1.1: each message is the body of a POST, each answer the body of its response.
//!
//! [`Http`] is the transport; it needs a [`Connector`] that opens streams, and lent memory.
//!
//! What it does with the answers (anything else is reported as the [`Failure`](dm_core::Failure) named):
//!
//! | answer | outcome |
//! |---|---|
//! | 1xx | skipped, at most 8 of them; 101: `Protocol` |
//! | 200 | delivered, whatever its media type: the engine judges that |
//! | 204, 205, an empty 200 | delivered as an answer of no octets |
//! | other 2xx | delivered when its media type is one of DM, else `Http(status)` |
//! | 301, 302, 307, 308 | the same POST at Location, at most 3 times, never from https to http |
//! | 303 and all other | `Http(status)`; [`Http::retry_after`] tells what the server asked for |
//! | no answer, or 408, on a connection used before | once more on a new connection |
//! | a body larger than the space for it | `TooLarge` |
//! | framing that two readers could understand differently | `Protocol` |
//!
//! The peer of an answer is [`Secured`](dm_core::Peer::Secured) with the name of the host that sent it, when that
//! name was verified and every redirect on the way came from a verified host too.
//!
//! A repeat is safe: a DM message carries its number, and a server recognises one that it had before.
//!
//! Not done: proxies (a connector can open a tunnel), HTTP authentication (401 and 407 end the message), content
//! codings (never offered, and refused: the integrity of a message is that of its octets), cookies, HTTP/2.

mod body;
mod chunked;
mod client;
mod connect;
mod request;
mod response;
mod route;
mod uri;

pub use client::{Config, Http};
pub use connect::{Connector, Link};
pub use uri::{Authority, Scheme, Uri};
