//! Get (protocol chapter 7.5): the Results follow the Status (`PRO-C-015`).

use dm_tree::Outcome;
#[cfg(feature = "large-object")]
use dm_tree::{Progress, Reason, Sink};
#[cfg(feature = "large-object")]
use dm_wbxml::Encoding;
use dm_wbxml::Text;

use super::Step;
use crate::outbound::Refs;
use crate::results;
#[cfg(feature = "large-object")]
use crate::results::Part;

pub(super) fn execute(step: &mut Step<'_, '_, '_, '_>, uri: &[u8], refs: Refs<'_>) -> Outcome {
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
    step.out.end_results(false);
    Ok(outcome)
}

/// Octets that end Results: Data, MoreData, Item and Results, and what begins OPAQUE.
#[cfg(feature = "large-object")]
const fn ending(encoding: Encoding) -> usize {
    match encoding {
        Encoding::Xml => 48,
        _ => 16,
    }
}

/// Writes Results with the part of a value that begins at `offset` (protocol chapter 5.2).
///
/// # Errors
/// Those of Get, and [`Reason::TooLarge`] when the server does not take an object of this size or the message has no
/// room for anything.
#[cfg(feature = "large-object")]
pub(super) fn part(
    step: &mut Step<'_, '_, '_, '_>,
    uri: &[u8],
    refs: Refs<'_>,
    offset: u32,
) -> Result<Option<Part>, Reason> {
    let tree = &mut *step.tree;
    let reading = tree.reading(step.who, uri)?;
    let format = tree.format(&reading);
    let encoding = step.out.encoding();
    let mut count = Sink::counting();
    if tree.read(&reading, &mut count)? != Progress::Done {
        return Ok(None);
    }
    let total = count.count();
    let size = results::carried(total, format, encoding);
    // `PRO-C-024`: zero means that the server named no limit.
    if step.max_obj_size != 0 && size > step.max_obj_size {
        return Err(Reason::TooLarge);
    }
    let mut meta = results::meta(format, encoding, Text::from_bytes(tree.mime(&reading)));
    // Size goes with the first part only (`PRO-C-034`).
    meta.size = (offset == 0).then_some(size);
    step.out.begin_results(&refs, &meta);
    let room = step.out.writer.room().saturating_sub(ending(encoding));
    let read = &mut |out: &mut Sink<'_>| tree.read(&reading, out);
    let written = results::part(
        &mut step.out.writer,
        format,
        encoding,
        (offset, total, room),
        read,
    )?;
    let Some(part) = written else {
        return Ok(None);
    };
    if part.reached <= offset && !part.is_last {
        return Err(Reason::TooLarge);
    }
    step.out.end_results(!part.is_last);
    // The device itself must not change what is under way.
    if part.is_last {
        tree.let_go();
    } else {
        tree.hold(reading.node(), reading.node());
    }
    Ok(Some(part))
}
