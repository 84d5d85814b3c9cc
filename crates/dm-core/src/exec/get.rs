//! Get (protocol chapter 7.5): the Results follow the Status (`PRO-C-015`).

#[cfg(feature = "large-object")]
use dm_tree::Progress;
use dm_tree::{Outcome, Principal, Reading, Reason, Sink, Tree};
use dm_wbxml::Encoding;
#[cfg(feature = "large-object")]
use dm_wbxml::tag;

use super::list;
use crate::auth;
use crate::outbound::{Outbound, Refs};
use crate::results::{self, Coding, Span};
use crate::run::{Context, Sent};

pub(super) fn execute(
    cx: &mut Context<'_, '_, '_, '_>,
    sent: &mut Sent,
    refs: &Refs<'_>,
    uri: &[u8],
) -> Outcome {
    let who = &auth::principal(&cx.session.server_id);
    match cx.tree.reading(who, uri) {
        Ok(reading) => results(cx, sent, refs, &reading, uri),
        // A serialised tree is read like a value; other lists are not.
        Err(Reason::Query) => list::begin(cx.tree, who, uri, sent),
        Err(reason) => Err(reason),
    }
}

/// How what is read stands in a message, and what its Results are about. A serialised tree has the encoding of the
/// message, and comes from its start node, whatever was asked of that (`TNDS-C-024`).
pub(crate) fn shape<'r>(
    tree: &Tree<'_>,
    reading: &Reading,
    encoding: Encoding,
    uri: &'r [u8],
) -> (Reading, Coding, &'r [u8]) {
    #[cfg(feature = "tnds")]
    if reading.is_tree() {
        let start = uri.split(|byte| *byte == b'?').next().unwrap_or(uri);
        let coding = match encoding {
            Encoding::Xml => Coding::Markup,
            _ => Coding::Opaque,
        };
        return (reading.in_encoding(encoding), coding, start);
    }
    (*reading, Coding::of(tree.format(reading), encoding), uri)
}

/// Begins Results about `uri`; the value of a property is plain text and so goes without Meta (`TREE-C-083`). A frame of its
/// own: that is large.
#[inline(never)]
pub(super) fn begin(
    tree: &Tree<'_>,
    out: &mut Outbound<'_>,
    refs: &Refs<'_>,
    reading: &Reading,
    (uri, size): (&[u8], Option<u32>),
) {
    let format = tree.format(reading);
    let mut meta = results::meta(format, out.encoding(), tree.mime(reading));
    meta.size = size;
    out.begin_results(refs, uri, &meta);
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

/// Octets that end Results: Data, MoreData, Item and Results, and what begins and ends a section or OPAQUE.
#[cfg(feature = "large-object")]
const fn ending(encoding: Encoding) -> usize {
    match encoding {
        Encoding::Xml => 60,
        _ => 16,
    }
}

/// Writes Results with a whole value, or with the part of it that begins at `sent.offset` when it goes in parts
/// (protocol chapter 5.2). That is moved on then, or 0 again when all is sent.
///
/// # Errors
/// Those of Get, [`Reason::Value`] when the value is not as long as it was, and [`Reason::TooLarge`] when the server does
/// not take an object of this size or the message has no room for anything.
#[inline(never)]
pub(super) fn results(
    cx: &mut Context<'_, '_, '_, '_>,
    sent: &mut Sent,
    refs: &Refs<'_>,
    reading: &Reading,
    uri: &[u8],
) -> Outcome {
    let who = &auth::principal(&cx.session.server_id);
    let (tree, out) = (&mut *cx.tree, &mut *cx.out);
    let encoding = out.encoding();
    let (reading, coding, uri) = shape(tree, reading, encoding, uri);
    let mut span = Span::whole(coding);
    #[cfg_attr(
        not(feature = "large-object"),
        expect(unused_mut, reason = "only parts have one")
    )]
    let mut size = None;
    #[cfg(feature = "large-object")]
    if sent.in_parts {
        if sent.offset == 0 {
            let mut count = Sink::counting();
            let counted = read(tree, who, &reading, &mut count);
            if counted != Ok(Progress::Done) {
                return counted;
            }
            sent.total = count.count();
            // Size goes with the first part only (`PRO-C-034`).
            size = Some(results::carried(sent.total, coding));
        }
        span.total = sent.total;
        span.reached = sent.offset;
    }
    begin(tree, out, refs, &reading, (uri, size));
    #[cfg(feature = "large-object")]
    if sent.in_parts {
        span.room = out.writer.room().saturating_sub(ending(encoding));
    }
    let outcome = results::value(&mut out.writer, &mut span, &mut |sink| {
        read(tree, who, &reading, sink)
    });
    outcome?;
    // `PRO-C-024`, whatever else the message has room for.
    let max = out.max_obj_size;
    if max != 0 && results::carried(span.total, coding) > max {
        return Err(Reason::TooLarge);
    }
    #[cfg(feature = "large-object")]
    if sent.in_parts && outcome == Ok(Progress::Done) {
        return end_part(cx, sent, &reading, span.reached);
    }
    #[cfg(not(feature = "large-object"))]
    let _ = sent;
    out.end_results();
    outcome
}

/// Ends Results with a part of a value, and keeps the device itself from changing what is under way.
#[cfg(feature = "large-object")]
#[inline(never)]
fn end_part(
    cx: &mut Context<'_, '_, '_, '_>,
    sent: &mut Sent,
    reading: &Reading,
    reached: u32,
) -> Outcome {
    let is_last = reached == sent.total;
    if reached <= sent.offset && !is_last {
        return Err(Reason::TooLarge);
    }
    if !is_last {
        cx.out.writer.empty(tag::MORE_DATA);
    }
    cx.out.end_results();
    if !cx.out.fits() {
        return Err(Reason::TooLarge);
    }
    if is_last {
        cx.tree.let_go();
        sent.offset = 0;
        return Ok(Progress::Done);
    }
    #[cfg(feature = "tnds")]
    let is_tree = reading.is_tree();
    #[cfg(not(feature = "tnds"))]
    let is_tree = false;
    match is_tree {
        #[cfg(feature = "tnds")]
        true => cx.tree.hold_all(reading.node()),
        _ => cx.tree.hold(reading.node(), reading.node()),
    }
    sent.offset = reached;
    Ok(Progress::Done)
}
