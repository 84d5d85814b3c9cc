//! WAP Binary XML, versions 1.0 to 1.3 and above.
//!
//! Global tokens of the encoding; WBXML 1.3, section 7.

pub(crate) mod attributes;
pub(crate) mod header;
pub(crate) mod pieces;
pub(crate) mod provisioning;
pub(crate) mod reader;
mod string;
mod token;
pub(crate) mod writer;

pub(crate) const SWITCH_PAGE: u8 = 0x00;
pub(crate) const END: u8 = 0x01;
pub(crate) const ENTITY: u8 = 0x02;
pub(crate) const STR_I: u8 = 0x03;
pub(crate) const LITERAL: u8 = 0x04;
pub(crate) const PI: u8 = 0x43;
pub(crate) const STR_T: u8 = 0x83;
pub(crate) const OPAQUE: u8 = 0xC3;

/// Bit of a tag: an attribute list follows.
pub(crate) const HAS_ATTRIBUTES: u8 = 0x80;
/// Bit of a tag: content and END follow.
pub(crate) const HAS_CONTENT: u8 = 0x40;
