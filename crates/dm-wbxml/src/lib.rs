//! SyncML DM messages in WBXML and XML: one event stream, no_std, no heap.

#![cfg_attr(not(feature = "std"), no_std)]
#![forbid(unsafe_code)]
