//! Sequence (protocol chapter 7.8): children in document order (`PRO-C-080`), each with its own code.

use crate::status;

/// The Status of a Sequence inside `depth` other containers, and the code of its children when they are not executed.
pub(crate) const fn begin(depth: u8) -> (u16, Option<u16>) {
    if depth == 0 {
        // 200 once execution began, whatever becomes of the children (`PRO-C-081`).
        (status::OK, None)
    } else {
        // A Sequence inside another is not allowed.
        (status::FAILED, Some(status::NOT_EXECUTED))
    }
}
