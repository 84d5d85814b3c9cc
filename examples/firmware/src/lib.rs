//! The reference session on bare metal.
//!
//! Everything runs from memory to memory: the server's messages are in flash, what the client
//! sends is only looked at. One image therefore shows, for a real core, that the engine needs no
//! operating system and no heap, and what it costs: instructions, stack, static RAM, flash.
//!
//! The modules `live`, `uart` and `host` are a device with a serial line, a flash and a clock, which talks to a server that
//! it does not know the end of: see `src/bin/live.rs`.
//!
//! No text is formatted with `core::fmt` and no panic message is built, so that the panic symbols
//! of the image are those of the engine, of which there shall be none.

#![no_std]

pub mod board;
pub mod device;
#[cfg(any(feature = "notification", feature = "bootstrap"))]
pub mod doors;
#[cfg(feature = "store")]
pub mod flash;
#[cfg(feature = "live")]
pub mod host;
#[cfg(feature = "live")]
pub mod live;
#[cfg(feature = "defmt")]
pub mod logger;
pub mod measure;
pub mod print;
pub mod session;
#[cfg(feature = "live")]
pub mod uart;
