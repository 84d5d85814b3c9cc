//! TLS 1.3 for the connections of [`http`](crate::http): the library embedded-tls behind guards of this crate.
//!
//! [`Tls13`] is a [`Connector`](crate::http::Connector) around another one that opens plain streams. A stream that it
//! gives is [`Secured`](crate::http::Link::Secured) only if the server showed a certificate, that certificate was
//! accepted, and the server proved by a signature over this very handshake that the key in it is its own. In every
//! other case there is no stream (`SEC-C-051`): [`Failure::Tls`](dm_core::Failure::Tls) is reported and
//! [`Tls13::refusal`] says why; that is `None` where the link failed, or the sending buffer is shorter than [`Tls13::MIN_TX`].
//!
//! ```
//! use dm_bindings::http::{Config, Http};
//! use dm_bindings::std_net::TcpConnector;
//! use dm_bindings::tls13::{Clock, Entropy, Issuer, NoEntropy, Tls13};
//!
//! /// The device's clock; `None` as long as nobody set it.
//! struct Rtc;
//! impl Clock for Rtc {
//!     fn utc() -> Option<u64> {
//! #       None /*
//!         board::rtc_seconds()
//! #       */
//!     }
//! }
//!
//! /// The generator of the chip.
//! struct Trng;
//! impl Entropy for Trng {
//!     fn fill(&mut self, to: &mut [u8]) -> Result<(), NoEntropy> {
//! #       let _ = to; Err(NoEntropy) /*
//!         board::trng(to)
//! #       */
//!     }
//! }
//!
//! # let issuer_certificate: &[u8] = &[];
//! let tcp = TcpConnector { limit: core::time::Duration::from_secs(30) };
//! let (mut rx, mut tx) = ([0; 16_640], [0; 2048]);
//! let trust = Issuer::<Rtc>::new(issuer_certificate);
//! let tls = Tls13::new(tcp, trust, Trng, &mut rx, &mut tx);
//! let mut space = [0; 1280];
//! let http = Http::new(tls, Config::default(), &mut space);
//! # let _ = http;
//! ```
//!
//! # What is accepted
//!
//! TLS 1.3 with AES-128-GCM and SHA-256, key exchange and signatures on P-256. Nothing older is offered and nothing
//! older is understood. No resumption, no client certificate, no early data.
//!
//! With [`Issuer`], which is what a device for a known server should have: exactly one certificate, signed directly by
//! the certificate that the device holds; the host's name, of 64 octets at most ([`HOST_MAX`]), among the first three DNS names of its
//! subjectAltName (or, where it has none, its common name), none of them longer than 64 octets; today within its validity; no critical extension that nobody here understands; and if it
//! says what it is for, servers and signatures among that. RSA, other curves, chains over intermediates, names that are
//! addresses, and revocation are not there. A device that needs them brings its own [`Trust`], or another TLS stack:
//! the transport takes any stream.
//!
//! # Cost
//!
//! Two record buffers, of which the receiving one should have 16,640 octets unless the server is known to keep its
//! records smaller (it is asked to by `max_fragment_length`, which not every server knows); and on a Cortex-M4, beside
//! what a device with plain HTTP takes, 90 KiB of flash and 33 KiB of stack. `docs/tls.md` says how that was measured.

mod connect;
mod guard;
mod leaf;
mod records;
mod trust;

pub use connect::{Entropy, HOST_MAX, NoEntropy, Refusal, Stream, Tls13};
pub use embedded_tls;
pub use trust::{Clock, DangerousNoClock, Issuer, Pinned, Trust};
