//! Get of `?list=Struct` and `?list=StructData` (protocol chapter 11): one Results for each node, as many messages as it
//! takes.

pub(crate) use dm_tree::Listing;
use dm_tree::{Outcome, Principal, Progress, Reading, Reason, Sink, Tree};
use dm_wbxml::{Item, Text};

use super::get;
use crate::auth;
use crate::outbound::Refs;
use crate::run::{Context, Ran, Sent};
use crate::status;

/// Begins a list.
#[inline(never)]
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
#[inline(never)]
pub(super) fn go_on(
    cx: &mut Context<'_, '_, '_, '_>,
    sent: &mut Sent,
    asked: &Item<'_>,
    refs: &Refs<'_>,
) -> Result<u16, Ran> {
    // Nothing of the list stands in this message yet, so that what does not fit it fits none.
    let mut is_first = !sent.is_in_value() && cx.out.is_fresh();
    while let Some(listing) = sent.listing {
        let mut next = listing;
        let before = cx.out.mark();
        let reading = match following(cx, asked, &mut next) {
            Ok(Some(reading)) => reading,
            #[cfg(feature = "profile13")]
            Err(Reason::Busy) => return Err(Ran::NotYet),
            _ => break,
        };
        let was_begun = sent.is_in_value();
        sent.in_parts = was_begun;
        let mut outcome = item(cx, sent, refs, &reading, &listing);
        if !cx.out.fits() && outcome == Ok(Progress::Done) {
            cx.out.roll_back(&before);
            if !is_first {
                cx.tree.hold(listing.top(), reading.node());
                return Err(Ran::Full);
            }
            outcome = Err(Reason::TooLarge);
            if cfg!(feature = "large-object") {
                sent.in_parts = true;
                outcome = item(cx, sent, refs, &reading, &listing);
            }
        }
        match outcome {
            Ok(Progress::NotYet) => {
                cx.out.roll_back(&before);
                return Err(Ran::NotYet);
            }
            Ok(_) if sent.is_in_value() => return Err(Ran::Full),
            Ok(_) if cx.out.fits() => is_first = false,
            // It fits no message and goes in no parts, or cannot be read: left out.
            _ => {
                cx.out.roll_back(&before);
                if was_begun {
                    let _ = cx.out.tell_no_end(asked.target.unwrap_or(Text::EMPTY));
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
        let uri = super::piece(asked.target.as_ref(), &mut work).ok_or(Reason::UriTooLong)?;
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
    sent: &mut Sent,
    refs: &Refs<'_>,
    reading: &Reading,
    listing: &Listing,
) -> Outcome {
    let work = core::mem::take(&mut cx.work);
    let outcome = address(cx.tree, reading, work).and_then(|uri| {
        if listing.has_data(cx.tree.format(reading)) {
            return get::results(cx, sent, refs, reading, uri);
        }
        get::begin(cx.tree, cx.out, refs, reading, (uri, None));
        cx.out.end_results();
        Ok(Progress::Done)
    });
    cx.work = work;
    outcome
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
