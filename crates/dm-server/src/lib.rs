//! Reference OMA DM server for tests and labs.

#![forbid(unsafe_code)]
