//! Compiles OMA DM device description files (DDF) into tables for [`dm_tree`].
//!
//! A DDF says in XML which nodes a device has: names, formats, what servers may do with them, how many there may be. The
//! manufacturer gives it to the operators of servers (`TREE-C-077`); this crate makes the device obey the very same file.
//!
//! ```text
//! device.ddf ─ Model::read ─┐
//! vendor.ddf ─ Model::read ─┼─ compile ─ Compiled ─┬─ to_rust   const tables and a DescId for each node
//! the standard objects ─────┘                      ├─ to_c         the same for C
//!                                                  ├─ to_tree      a tree for people
//!                                                  ├─ to_markdown  documentation
//!                                                  ├─ to_ddf       one DDF, for servers
//!                                                  └─ schema       for a tree on the host
//! ```
//!
//! Applications need one line in `build.rs`, see [`compile_to_out_dir`]. The command `dm ddf` does the same by hand.
//!
//! ```
//! let ddf = r#"
//!     <MgmtTree xmlns="syncml:dmddf1.2">
//!       <VerDTD>1.2</VerDTD>
//!       <Node>
//!         <NodeName>apn</NodeName>
//!         <Path>./Vendor/net</Path>
//!         <DFProperties>
//!           <AccessType><Get/><Replace/></AccessType>
//!           <Description>Access point name</Description>
//!           <DFFormat><chr/></DFFormat>
//!           <Scope><Permanent/></Scope>
//!           <DFType><MIME>text/plain</MIME></DFType>
//!         </DFProperties>
//!       </Node>
//!     </MgmtTree>"#;
//! let device = dm_ddf::Model::parse("device.ddf", ddf)?;
//! let compiled = dm_ddf::compile(&dm_ddf::with_standard(vec![device])?)?;
//!
//! let id = compiled.schema().find(b"./Vendor/net/apn").ok_or("not there")?;
//! let rust = compiled.to_rust(&dm_ddf::Options::default());
//! assert!(rust.contains(&format!("pub const VENDOR_NET_APN: DescId = DescId({});", id.0)));
//! # Ok::<(), Box<dyn core::error::Error>>(())
//! ```
//!
//! # How DDFs are read
//!
//! * All of the DDF 1.2 content model; of the older version 1.1.2 what both have, with a [`Note`]. The file has to be well formed, not valid; a document type declaration may be there.
//!   Elements of other name spaces are skipped, unknown ones of the DDF's own are skipped with a [`Note`].
//! * A `NodeName` that is empty or `*` means a name chosen when the node is created. One parent may have several such
//!   children of different formats; an Add chooses by its Format.
//! * The MO identifier of an interior node may stand in `DDFName` or, as many published files have it, in `MIME`.
//! * `Path` is meant for nodes at the top of the file; inside other nodes it has to say what their position says. Nodes
//!   that only a `Path` mentions are permanent interior nodes with Get.
//! * Several files make one tree. A node may be described in several of them if the descriptions are equal, or in one of
//!   them and continued in others. One of them may leave the `DefaultValue` to the other: so a device gives the leaves of
//!   DevInfo and DevDetail the values that belong to its firmware, which then take flash and no RAM, and are new when the
//!   firmware is.
//! * White space around values is dropped. A `bool` may be written in any letter case or as 0 or 1, `bin` and `b64` are
//!   given in Base64; the tables hold what the device stores.

#![forbid(unsafe_code)]
#![allow(clippy::std_instead_of_alloc, reason = "runs on a host")]

mod build;
mod c;
mod compile;
mod ddf;
mod error;
mod features;
mod markdown;
mod merge;
mod model;
mod names;
mod pool;
mod print;
mod profile13;
mod read;
mod rust;
mod standard;
mod value;

pub use build::{compile_files, compile_to_out_dir};
pub use compile::{Compiled, compile};
pub use ddf::to_ddf;
pub use error::{Error, Note};
pub use model::Model;
pub use rust::Options;
pub use standard::{Standard, standard, with_standard};
