//! OMA DM transport bindings over embedded-io-async streams; no_std, no heap.

#![cfg_attr(not(feature = "std"), no_std)]
#![forbid(unsafe_code)]
