//! Delete (protocol chapter 7.3): the node and all below it, or nothing.

use dm_tree::Outcome;

use super::Step;

pub(super) fn execute(step: &mut Step<'_, '_, '_, '_>, uri: &[u8]) -> Outcome {
    step.tree.delete(step.who, uri)
}
