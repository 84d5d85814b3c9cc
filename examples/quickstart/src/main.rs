//! A device in one page.

fn main() {}
