//! Compiles OMA DM device description files (DDF) into tables for `dm-tree`.

#![forbid(unsafe_code)]
