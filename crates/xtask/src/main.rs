//! Every check of this repository, one verb each.

#![forbid(unsafe_code)]

fn main() {}
