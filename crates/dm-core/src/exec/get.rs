//! Get (protocol chapter 7.5): the Results follow the Status (`PRO-C-015`).

use dm_tree::Outcome;
use dm_wbxml::Text;

use super::Step;
use crate::outbound::Refs;
use crate::results;

pub(super) fn execute(step: &mut Step<'_, '_, '_>, uri: &[u8], refs: Refs<'_>) -> Outcome {
    let tree = &mut *step.tree;
    let reading = tree.reading(step.who, uri)?;
    let format = tree.format(&reading);
    let encoding = step.out.encoding();
    // The value of a property is plain text and so goes without Meta (`TREE-C-083`).
    let meta = results::meta(format, encoding, Text::from_bytes(tree.mime(&reading)));
    step.out.begin_results(&refs, &meta);
    let outcome = results::value(&mut step.out.writer, format, encoding, &mut |out| {
        tree.read(&reading, out)
    })?;
    step.out.end_results();
    Ok(outcome)
}
