//! The `dm` command.

#![forbid(unsafe_code)]

fn main() {}
