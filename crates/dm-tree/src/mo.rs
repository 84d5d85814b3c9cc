//! The standard management objects as constant tables, for devices that need no description of their own.

pub mod standard;
