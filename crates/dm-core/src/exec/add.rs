//! Add (protocol chapter 7.1).

use dm_tree::{Outcome, Value};

use super::Step;

pub(super) fn execute(step: &mut Step<'_, '_, '_, '_>, uri: &[u8], value: &Value<'_>) -> Outcome {
    step.tree.add(step.who, uri, value)
}
