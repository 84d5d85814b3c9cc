//! The reference session on bare metal.
//!
//! Everything runs from memory to memory: the server's messages are in flash, what the client
//! sends is only looked at. One image therefore shows, for a real core, that the engine needs no
//! operating system and no heap, and what it costs: instructions, stack, static RAM, flash.
//!
//! No text is formatted with `core::fmt` and no panic message is built, so that the panic symbols
//! of the image are those of the engine, of which there shall be none.

#![no_std]

pub mod board;
pub mod device;
pub mod measure;
pub mod print;
pub mod session;
