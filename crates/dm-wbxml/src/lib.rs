//! SyncML DM messages in WBXML and XML: one event stream, `no_std`, no heap.
//!
//! A message lives in one byte slice that the caller owns. [`check()`] walks it once without side
//! effects and fills a [`Digest`]; [`Message`] and [`Body`] then give typed views of it, command by
//! command, borrowed from the same bytes. [`Writer`] builds the answer in a lent buffer, counting
//! always and storing while it fits. Below both lies [`Reader`], a pull reader whose [`Event`]s are
//! the same for both encodings; it also reads device descriptions, TNDS, client provisioning and
//! DevInf documents.
//!
//! No function here allocates, recurses or panics, whatever the bytes are: every fault is an
//! [`Error`] with its offset. The cost of any pass is linear in the length of the message.
//!
//! ```
//! # #[cfg(all(feature = "wbxml", feature = "xml"))] {
//! use dm_wbxml::{check, tag, Body, Encoding, Limits, Message, Part};
//!
//! let bytes = br#"<SyncML><SyncHdr><MsgID>7</MsgID></SyncHdr><SyncBody>
//!   <Get><CmdID>1</CmdID><Item><Target><LocURI>./DevInfo/Man</LocURI></Target></Item></Get>
//!   <Final/></SyncBody></SyncML>"#;
//! let digest = check(bytes, Encoding::detect(bytes), &Limits::default())?;
//! assert!(digest.is_final && digest.fault.is_none());
//! let message = Message::new(bytes, &digest);
//! assert!(message.header()?.msg_id.is(b"7"));
//! let mut body = message.body();
//! while let Part::Command(command) = body.next()? {
//!     assert_eq!(command.tag, tag::GET);
//!     while let Some(item) = body.item()? {
//!         assert!(item.target.unwrap().is(b"./DevInfo/Man"));
//!     }
//! }
//! # }
//! # Ok::<(), dm_wbxml::Error>(())
//! ```
//!
//! Features: `wbxml` and `xml` bring the two encodings, each alone or both; without either the
//! crate builds and refuses every document with [`ErrorKind::Unsupported`]. `provisioning` brings the
//! attributes of client provisioning documents ([`Reader::attribute`]), whose names take 2.5 KiB.
//! `std` only turns off `no_std`.

#![cfg_attr(not(any(feature = "std", test)), no_std)]
#![forbid(unsafe_code)]
#![deny(clippy::arithmetic_side_effects)] // all numbers here are a peer's

mod attribute;
mod base64;
mod body;
mod check;
mod copy;
mod document;
mod emit;
mod error;
mod limits;
mod mbint;
mod message;
mod number;
mod parse;
mod pieces;
mod reader;
pub mod tag;
mod text;
mod wbxml;
mod writer;
mod xml;

pub use attribute::Attribute;
pub use base64::{Base64Error, Base64State};
pub use body::{Body, Message, Part};
pub use check::{Digest, check};
pub use copy::{copy_document, literal_names};
pub use document::{Document, Encoding, Vocabulary};
pub use emit::CodeMark;
pub use error::{Error, ErrorKind};
pub use limits::{Limits, MAX_DEPTH, MAX_LEN};
pub use message::{Command, Cred, Item, Meta, Status, SyncHdr};
pub use number::{Decimal, Hex};
pub use pieces::{Piece, Pieces};
pub use reader::{Cursor, Event, Reader};
pub use tag::Tag;
pub use text::Text;
pub use writer::{Mark, Writer};
