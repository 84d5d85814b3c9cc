//! Get (protocol chapter 7.5): the Results follow the Status (`PRO-C-015`).

use dm_tree::{Outcome, Principal, Reading, Tree};
#[cfg(feature = "large-object")]
use dm_tree::{Progress, Reason, Sink};
#[cfg(feature = "large-object")]
use dm_wbxml::{Encoding, tag};

use crate::outbound::{Outbound, Refs};
use crate::results;
#[cfg(feature = "large-object")]
use crate::run::{Ran, Sent};
#[cfg(feature = "large-object")]
use crate::session::Session;

pub(super) fn execute(
    tree: &mut Tree<'_>,
    who: &Principal<'_>,
    out: &mut Outbound<'_>,
    uri: &[u8],
    refs: &Refs<'_>,
) -> Outcome {
    let reading = tree.reading(who, uri)?;
    whole(tree, out, &reading, refs)
}

/// Writes Results with a whole value.
pub(super) fn whole(
    tree: &mut Tree<'_>,
    out: &mut Outbound<'_>,
    reading: &Reading,
    refs: &Refs<'_>,
) -> Outcome {
    let (format, encoding) = (tree.format(reading), out.encoding());
    // The value of a property is plain text and so goes without Meta (`TREE-C-083`).
    out.begin_results(refs, &results::meta(format, encoding, tree.mime(reading)));
    let outcome = results::value(&mut out.writer, format, encoding, &mut |sink| {
        tree.read(reading, sink)
    })?;
    out.end_results();
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

/// Writes Results with the part of a value that begins at `sent.offset` and moves that on (protocol chapter 5.2).
/// `Full`: more parts follow.
///
/// # Errors
/// Those of Get, and [`Reason::TooLarge`] when the server does not take an object of this size or the message has no
/// room for anything.
#[cfg(feature = "large-object")]
pub(super) fn in_parts(
    tree: &mut Tree<'_>,
    out: &mut Outbound<'_>,
    session: &Session,
    sent: &mut Sent,
    reading: &Reading,
    refs: &Refs<'_>,
) -> Result<Ran, Reason> {
    let offset = sent.offset;
    let (format, encoding) = (tree.format(reading), out.encoding());
    let mut count = Sink::counting();
    if tree.read(reading, &mut count)? != Progress::Done {
        return Ok(Ran::NotYet);
    }
    let total = count.count();
    let size = results::carried(total, format, encoding);
    // `PRO-C-024`: zero means that the server named no limit.
    if session.server_max_obj_size != 0 && size > session.server_max_obj_size {
        return Err(Reason::TooLarge);
    }
    let mut meta = results::meta(format, encoding, tree.mime(reading));
    // Size goes with the first part only (`PRO-C-034`).
    meta.size = (offset == 0).then_some(size);
    out.begin_results(refs, &meta);
    let room = out.writer.room().saturating_sub(ending(encoding));
    let written = results::part(
        &mut out.writer,
        format,
        encoding,
        (offset, total, room),
        &mut |sink| tree.read(reading, sink),
    )?;
    let Some(part) = written else {
        return Ok(Ran::NotYet);
    };
    if part.reached <= offset && !part.is_last {
        return Err(Reason::TooLarge);
    }
    if !part.is_last {
        out.writer.empty(tag::MORE_DATA);
    }
    out.end_results();
    if !out.fits() {
        return Err(Reason::TooLarge);
    }
    // The device itself must not change what is under way.
    if part.is_last {
        tree.let_go();
        return Ok(Ran::Finished);
    }
    tree.hold(reading.node(), reading.node());
    sent.offset = part.reached;
    Ok(Ran::Full)
}
