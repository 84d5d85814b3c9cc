//! Copy (protocol chapter 7.4): a leaf to a leaf, independent afterwards (`PRO-C-057`).

use dm_tree::{Outcome, Reason};

use super::Step;

/// The value passes through `work`.
pub(super) fn execute(
    step: &mut Step<'_, '_, '_, '_>,
    source: &[u8],
    target: &[u8],
    work: &mut [u8],
) -> Outcome {
    if source.is_empty() {
        return Err(Reason::Incomplete);
    }
    step.tree.copy(step.who, source, target, work)
}
