//! The push door, through its public API: what comes in, what is ignored, and what an independent decoder makes of what is
//! built.

#![cfg(all(feature = "push", feature = "std"))]
// A test fails by panicking, also in the functions it calls.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing
)]
#![allow(clippy::std_instead_of_alloc, clippy::std_instead_of_core)]

mod bootstrap;
#[cfg(feature = "profile13")]
mod carried;
mod carriers;
#[cfg(feature = "profile13")]
mod corpus;
mod hostile;
mod oracle_tshark;
mod parts;

/// Octets from hex digits.
fn hex(text: &str) -> Vec<u8> {
    let digits: Vec<u8> = text.bytes().filter(u8::is_ascii_hexdigit).collect();
    digits
        .chunks(2)
        .map(|pair| u8::from_str_radix(std::str::from_utf8(pair).unwrap(), 16).unwrap())
        .collect()
}

/// The notification of bindings chapter 4.1.
const NOTIFICATION: &str =
    "0f3ae4e23e0a0dd3b4c1f060aa9c1301 02d8000000002a0c 737276312e6578616d706c65";

fn notification() -> Vec<u8> {
    hex(NOTIFICATION)
}

/// The two parts of the client provisioning document of bindings chapter 6.
const CP_1: &str = "0b05040b84c00200035a020101062f1f2db69180923431433646383334353144344445454133434332373945454139323136313538333133363745384400030b6a00c54601c600015501873600000603773700018700013800000603737276312e6578616d706c6500018707060344656d6f0001c60001560187340000060368747470733a2f2f737276312e";
const CP_2: &str = "0b05040b84c00200035a02026578616d706c652f646d000101c600015701873000000600018d0187330000060001930187310000060364657631000187000132000006036465767365637265740001010101";
