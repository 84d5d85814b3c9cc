//! The OMA DM management tree: schema, nodes, ACL, handlers, store; no_std, no heap.

#![cfg_attr(not(feature = "std"), no_std)]
#![forbid(unsafe_code)]
