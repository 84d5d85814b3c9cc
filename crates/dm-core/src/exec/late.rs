//! Exec whose result may be told later (protocol chapter 7.6): 202 when the handler only began (`PRO-C-070`), and a ticket
//! under which the result finds its Correlator (`PRO-C-071`).

use dm_tree::{Outcome, Principal, Progress, Reason, Tree, Value};
use dm_wbxml::Text;

use crate::outbox::{CORRELATOR_MAX, Outbox};

/// Without a place in the outbox for its result nothing is begun.
#[inline(never)]
pub(super) fn execute(
    tree: &mut Tree<'_>,
    who: &Principal<'_>,
    (outbox, session_id): (&mut Outbox, u16),
    correlator: Option<Text<'_>>,
    uri: &[u8],
    value: &Value<'_>,
) -> Outcome {
    let mut buf = [0; CORRELATOR_MAX];
    let correlator = correlator.unwrap_or(Text::EMPTY);
    let correlator = correlator.flatten(&mut buf).ok_or(Reason::TooLarge)?;
    let texts = [who.server_id(), correlator, uri];
    let ticket = outbox.ticket(session_id, texts)?;
    let progress = tree.exec(who, uri, value, ticket)?;
    if progress == Progress::Started {
        outbox.begun(tree, ticket, texts)?;
    }
    Ok(progress)
}
