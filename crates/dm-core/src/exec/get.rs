//! Get (protocol chapter 7.5): the Results follow the Status (`PRO-C-015`).

#[cfg(feature = "large-object")]
use dm_tree::Progress;
use dm_tree::{Outcome, Principal, Reading, Reason, Sink, Tree};
use dm_wbxml::Encoding;
#[cfg(feature = "tnds")]
use dm_wbxml::Text;
#[cfg(feature = "large-object")]
use dm_wbxml::tag;

#[cfg(feature = "large-object")]
use crate::auth;
use crate::outbound::{Outbound, Refs};
use crate::results::{self, Coding};
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
    whole(tree, who, out, &reading, refs)
}

/// How what is read stands in a message, and what its Results are about. A serialised tree has the encoding of the
/// message, and comes from its start node, whatever was asked of that (`TNDS-C-024`).
pub(crate) fn shape<'r>(
    tree: &Tree<'_>,
    reading: &Reading,
    encoding: Encoding,
    refs: &Refs<'r>,
) -> (Reading, Coding, Refs<'r>) {
    #[cfg(feature = "tnds")]
    if reading.is_tree() {
        let reading = reading.in_encoding(encoding);
        let uri = refs.target.and_then(|target| target.plain());
        let start = uri.and_then(|uri| uri.split(|byte| *byte == b'?').next());
        let refs = Refs {
            target: start.map(Text::from_bytes).or(refs.target),
            ..*refs
        };
        let coding = match encoding {
            Encoding::Xml => Coding::Markup,
            _ => Coding::Opaque,
        };
        return (reading, coding, refs);
    }
    let coding = Coding::of(tree.format(reading), encoding);
    (*reading, coding, Refs { ..*refs })
}

fn read(
    tree: &mut Tree<'_>,
    who: &Principal<'_>,
    reading: &Reading,
    out: &mut Sink<'_>,
) -> Outcome {
    #[cfg(feature = "tnds")]
    return tree.read_by(who, reading, out);
    #[cfg(not(feature = "tnds"))]
    {
        let _ = who;
        tree.read(reading, out)
    }
}

/// Writes Results with a whole value.
pub(super) fn whole(
    tree: &mut Tree<'_>,
    who: &Principal<'_>,
    out: &mut Outbound<'_>,
    reading: &Reading,
    refs: &Refs<'_>,
) -> Outcome {
    let encoding = out.encoding();
    let (reading, coding, refs) = &shape(tree, reading, encoding, refs);
    let (format, coding) = (tree.format(reading), *coding);
    // The value of a property is plain text and so goes without Meta (`TREE-C-083`).
    out.begin_results(refs, &results::meta(format, encoding, tree.mime(reading)));
    let at = out.writer.position();
    let outcome = results::value(&mut out.writer, coding, &mut |sink| {
        read(tree, who, reading, sink)
    })?;
    // `PRO-C-024`, whatever else the message has room for. What the element takes is never less than the value in it.
    let written = out.writer.position().saturating_sub(at);
    let max = out.max_obj_size;
    if max != 0 && u32::try_from(written).unwrap_or(u32::MAX) > max {
        let mut count = Sink::counting();
        read(tree, who, reading, &mut count)?;
        if results::carried(count.count(), coding) > max {
            return Err(Reason::TooLarge);
        }
    }
    out.end_results();
    Ok(outcome)
}

/// Octets that end Results: Data, MoreData, Item and Results, and what begins and ends a section or OPAQUE.
#[cfg(feature = "large-object")]
const fn ending(encoding: Encoding) -> usize {
    match encoding {
        Encoding::Xml => 60,
        _ => 16,
    }
}

/// Writes Results with the part of a value that begins at `sent.offset` and moves that on (protocol chapter 5.2).
/// `Full`: more parts follow.
///
/// # Errors
/// Those of Get, [`Reason::Value`] when the value is not as long as it was, and [`Reason::TooLarge`] when the server does not take an object of this size or the message has no
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
    let who = &auth::principal(&session.server_id);
    let encoding = out.encoding();
    let (reading, coding, refs) = &shape(tree, reading, encoding, refs);
    let (format, coding) = (tree.format(reading), *coding);
    if offset == 0 {
        let mut count = Sink::counting();
        if read(tree, who, reading, &mut count)? != Progress::Done {
            return Ok(Ran::NotYet);
        }
        sent.total = count.count();
    }
    let total = sent.total;
    let size = results::carried(total, coding);
    // `PRO-C-024`
    if out.max_obj_size != 0 && size > out.max_obj_size {
        return Err(Reason::TooLarge);
    }
    let mut meta = results::meta(format, encoding, tree.mime(reading));
    // Size goes with the first part only (`PRO-C-034`).
    meta.size = (offset == 0).then_some(size);
    out.begin_results(refs, &meta);
    let room = out.writer.room().saturating_sub(ending(encoding));
    let written = results::part(
        &mut out.writer,
        coding,
        (offset, total, room),
        &mut |sink| read(tree, who, reading, sink),
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
    #[cfg(feature = "tnds")]
    let is_tree = reading.is_tree();
    #[cfg(not(feature = "tnds"))]
    let is_tree = false;
    match is_tree {
        #[cfg(feature = "tnds")]
        true => tree.hold_all(reading.node()),
        _ => tree.hold(reading.node(), reading.node()),
    }
    sent.offset = part.reached;
    Ok(Ran::Full)
}
