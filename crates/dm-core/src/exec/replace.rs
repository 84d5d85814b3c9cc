//! Replace (protocol chapter 7.2): of a value or of a property; never creates (`PRO-C-049`).

use dm_tree::{Outcome, Value};

use super::Step;

pub(super) fn execute(step: &mut Step<'_, '_, '_, '_>, uri: &[u8], value: &Value<'_>) -> Outcome {
    step.tree.replace(step.who, uri, value)
}
