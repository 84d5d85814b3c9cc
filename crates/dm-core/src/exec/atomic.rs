//! Atomic (protocol chapter 7.9): optional, and refused as a whole (`PRO-C-087`).

use crate::status;

/// The Status of an Atomic, and the code of its children.
pub(crate) const fn begin() -> (u16, Option<u16>) {
    (status::NOT_SUPPORTED, Some(status::NOT_EXECUTED))
}
