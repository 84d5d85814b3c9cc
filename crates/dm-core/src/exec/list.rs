//! Get of `?list=Struct` and `?list=StructData` (protocol chapter 11): one Results for each node, as many messages as it
//! takes.

pub(crate) use dm_tree::Listing;
use dm_tree::{Format, Outcome, Principal, Progress, Reading, Reason, Sink, Tree};
use dm_wbxml::{Item, Text};

use crate::auth;
use crate::outbound::{Outbound, Refs};
use crate::results;
use crate::run::{Context, Ran, Sent};
use crate::status;

/// Whether a Get asks for a list. A serialised tree is read like a value.
pub(super) fn is_query(uri: &[u8]) -> bool {
    let query = uri.split(|byte| *byte == b'?').nth(1).unwrap_or_default();
    let is_tree = cfg!(feature = "tnds") && query.starts_with(b"list=TNDS");
    #[cfg(feature = "profile13")]
    if !is_tree {
        let mut fields = query.split(|byte| *byte == b'&');
        return fields.any(|field| field.starts_with(b"list="));
    }
    query.starts_with(b"list=") && !is_tree
}

/// Begins a list.
pub(super) fn begin(
    tree: &mut Tree<'_>,
    who: &Principal<'_>,
    uri: &[u8],
    sent: &mut Sent,
) -> Outcome {
    sent.listing = Some(tree.listing(who, uri)?);
    Ok(Progress::Done)
}

/// Goes on with a list until it ends or the message is full. What a handler refuses to give is left out.
pub(super) fn go_on(
    cx: &mut Context<'_, '_, '_, '_>,
    sent: &mut Sent,
    asked: &Item<'_>,
    refs: &Refs<'_>,
) -> Result<u16, Ran> {
    // Nothing of the list stands in this message yet, so that what does not fit it fits none.
    let mut is_first = sent.offset == 0 && cx.out.is_fresh();
    while let Some(listing) = sent.listing {
        let mut next = listing;
        let before = cx.out.mark();
        let reading = match following(cx, asked, &mut next) {
            Ok(Some(reading)) => reading,
            #[cfg(feature = "profile13")]
            Err(Reason::Busy) => return Err(Ran::NotYet),
            _ => break,
        };
        let in_parts = sent.offset != 0;
        if !in_parts {
            match item(cx, refs, &reading, &listing) {
                Ok(Progress::NotYet) => {
                    cx.out.roll_back(before);
                    return Err(Ran::NotYet);
                }
                Ok(_) if cx.out.fits() => {
                    is_first = false;
                    sent.listing = Some(next);
                    continue;
                }
                Ok(_) if !is_first => {
                    cx.out.roll_back(before);
                    cx.tree.hold(listing.top(), reading.node());
                    return Err(Ran::Full);
                }
                Ok(_) => cx.out.roll_back(before),
                Err(_) => {
                    cx.out.roll_back(before);
                    sent.listing = Some(next);
                    continue;
                }
            }
        }
        match part(cx, sent, refs, &reading) {
            Ok(Ran::Finished) => is_first = false,
            Ok(ran) => {
                if ran == Ran::NotYet {
                    cx.out.roll_back(before);
                }
                return Err(ran);
            }
            // It fits no message and goes in no parts: left out.
            Err(_) => {
                cx.out.roll_back(before);
                if in_parts {
                    super::broken_off(cx.out, refs);
                }
            }
        }
        sent.offset = 0;
        sent.listing = Some(next);
    }
    sent.listing = None;
    sent.offset = 0;
    cx.tree.let_go();
    Ok(status::OK)
}

/// What comes next in a list.
fn following(
    cx: &mut Context<'_, '_, '_, '_>,
    asked: &Item<'_>,
    listing: &mut Listing,
) -> Result<Option<Reading>, Reason> {
    let who = &auth::principal(&cx.session.server_id);
    #[cfg(feature = "profile13")]
    {
        let mut work = &mut *cx.work;
        let uri = super::piece(asked.target, &mut work).ok_or(Reason::UriTooLong)?;
        cx.tree.next_kept(who, uri, listing)
    }
    #[cfg(not(feature = "profile13"))]
    {
        let _ = asked;
        cx.tree.next_item(who, listing)
    }
}

/// One node: its address, Format and Type, and its value if that is wanted.
fn item(
    cx: &mut Context<'_, '_, '_, '_>,
    refs: &Refs<'_>,
    reading: &Reading,
    listing: &Listing,
) -> Outcome {
    let uri = address(cx.tree, reading, cx.work)?;
    let refs = about(refs, uri);
    let format = cx.tree.format(reading);
    if listing.has_data(format) {
        let who = &auth::principal(&cx.session.server_id);
        return super::get::whole(cx.tree, who, cx.out, reading, &refs);
    }
    bare(cx.tree, cx.out, format, reading, &refs);
    Ok(Progress::Done)
}

/// Results without data.
fn bare(
    tree: &Tree<'_>,
    out: &mut Outbound<'_>,
    format: Format,
    reading: &Reading,
    refs: &Refs<'_>,
) {
    out.begin_results(
        refs,
        &results::meta(format, out.encoding(), tree.mime(reading)),
    );
    out.end_results();
}

fn about<'a>(refs: &Refs<'a>, uri: &'a [u8]) -> Refs<'a> {
    Refs {
        target: Some(Text::from_bytes(uri)),
        source: None,
        ..*refs
    }
}

/// A leaf that no message holds.
#[cfg(feature = "large-object")]
fn part(
    cx: &mut Context<'_, '_, '_, '_>,
    sent: &mut Sent,
    refs: &Refs<'_>,
    reading: &Reading,
) -> Result<Ran, Reason> {
    let uri = address(cx.tree, reading, cx.work)?;
    let refs = about(refs, uri);
    super::get::in_parts(cx.tree, cx.out, cx.session, sent, reading, &refs)
}

/// Without large objects nothing goes in parts.
#[cfg(not(feature = "large-object"))]
fn part(
    _: &mut Context<'_, '_, '_, '_>,
    _: &mut Sent,
    _: &Refs<'_>,
    _: &Reading,
) -> Result<Ran, Reason> {
    Err(Reason::TooLarge)
}

/// The address of a node, at the start of `work`.
fn address<'w>(
    tree: &mut Tree<'_>,
    reading: &Reading,
    work: &'w mut [u8],
) -> Result<&'w [u8], Reason> {
    let mut place = dm_tree::Buffer::new(work);
    let mut sink = Sink::new(&mut place);
    #[cfg(feature = "profile13")]
    tree.address(reading, &mut sink)?;
    #[cfg(not(feature = "profile13"))]
    tree.uri(reading.node(), &mut sink)?;
    if sink.is_full() {
        return Err(Reason::UriTooLong);
    }
    Ok(place.into_written())
}
