//! C API of the oma-dm client.

#![cfg_attr(target_os = "none", no_std)]
