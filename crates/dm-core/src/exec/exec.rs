//! Exec (protocol chapter 7.6): behaves as if synchronous; 202 when the handler only began (`PRO-C-070`).

use dm_tree::{Outcome, Ticket, Value};

use super::Step;

pub(super) fn execute(step: &mut Step<'_, '_, '_, '_>, uri: &[u8], value: &Value<'_>) -> Outcome {
    step.tree.exec(step.who, uri, value, Ticket(0))
}
