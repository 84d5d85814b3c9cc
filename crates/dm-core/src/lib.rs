//! The OMA DM protocol engine: sessions, commands, authentication; sans-IO, no_std, no heap.

#![cfg_attr(not(feature = "std"), no_std)]
#![forbid(unsafe_code)]
