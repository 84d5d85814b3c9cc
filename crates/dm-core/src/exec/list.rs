//! Get of `?list=Struct` and `?list=StructData` (protocol chapter 11): one Results for each node, as many messages as it
//! takes.

use dm_tree::{Format, Outcome, Output, Progress, Reading, Reason, Sink};
use dm_wbxml::Text;

use super::Step;
use crate::outbound::Refs;
use crate::results;
use crate::run::Ran;

/// Whether a Get asks for a list.
pub(super) fn is_query(uri: &[u8]) -> bool {
    let query = uri.split(|byte| *byte == b'?').nth(1);
    query.is_some_and(|query| query.starts_with(b"list="))
}

/// Begins a list.
pub(super) fn begin(step: &mut Step<'_, '_, '_, '_>, uri: &[u8]) -> Outcome {
    step.listing = Some(step.tree.listing(step.who, uri)?);
    Ok(Progress::Done)
}

/// Goes on with a list until it ends or the message is full. What a handler refuses to give is left out.
pub(crate) fn go_on(step: &mut Step<'_, '_, '_, '_>, refs: Refs<'_>, work: &mut [u8]) -> Ran {
    let is_first = step.out.is_fresh();
    nodes(step, refs, work, is_first)
}

/// `is_first`: nothing of the list stands in this message yet, so that what does not fit it fits none.
fn nodes(
    step: &mut Step<'_, '_, '_, '_>,
    refs: Refs<'_>,
    work: &mut [u8],
    mut is_first: bool,
) -> Ran {
    while let Some(listing) = step.listing {
        let mut next = listing;
        let before = step.out.mark();
        let Ok(Some(reading)) = step.tree.next_item(step.who, &mut next) else {
            break;
        };
        let written = item(step, refs, &reading, listing.has_data(), work);
        match written {
            Ok(Progress::NotYet) => {
                step.out.roll_back(before);
                return Ran::NotYet;
            }
            Ok(_) if step.out.fits() => is_first = false,
            Ok(_) if is_first => {
                step.out.roll_back(before);
                match part(step, refs, &reading, work) {
                    Ok(Ran::Finished) => is_first = false,
                    Ok(ran) => return ran,
                    // It fits no message and goes in no parts: left out.
                    Err(_) => step.out.roll_back(before),
                }
            }
            Ok(_) => {
                step.out.roll_back(before);
                step.tree.hold(listing.top(), reading.node());
                return Ran::Full;
            }
            Err(_) => step.out.roll_back(before),
        }
        step.listing = Some(next);
    }
    step.listing = None;
    step.tree.let_go();
    Ran::Finished
}

/// Goes on with a leaf of a list that goes in parts, and then with the list.
pub(crate) fn next_part(step: &mut Step<'_, '_, '_, '_>, refs: Refs<'_>, work: &mut [u8]) -> Ran {
    let before = step.out.mark();
    let Some(mut listing) = step.listing else {
        return Ran::Finished;
    };
    if let Ok(Some(reading)) = step.tree.next_item(step.who, &mut listing) {
        match part(step, refs, &reading, work) {
            Ok(Ran::Finished) => {}
            Ok(ran) => {
                if ran == Ran::NotYet {
                    step.out.roll_back(before);
                }
                return ran;
            }
            Err(_) => {
                step.out.roll_back(before);
                super::broken_off(step.out, refs);
            }
        }
    }
    step.offset = 0;
    step.listing = Some(listing);
    nodes(step, refs, work, false)
}

/// One node: its address, Format and Type, and its value if that is wanted.
fn item(
    step: &mut Step<'_, '_, '_, '_>,
    refs: Refs<'_>,
    reading: &Reading,
    has_data: bool,
    work: &mut [u8],
) -> Outcome {
    let uri = address(step, reading, work)?;
    let refs = Refs {
        target: Some(Text::from_bytes(uri)),
        ..refs
    };
    let tree = &mut *step.tree;
    let encoding = step.out.encoding();
    let format = tree.format(reading);
    let meta = results::meta(format, encoding, Text::from_bytes(tree.mime(reading)));
    if !has_data || format == Format::Node {
        step.out.bare_results(&refs, &meta);
        return Ok(Progress::Done);
    }
    step.out.begin_results(&refs, &meta);
    let writer = &mut step.out.writer;
    let outcome = results::value(writer, format, encoding, &mut |out| tree.read(reading, out))?;
    step.out.end_results(false);
    Ok(outcome)
}

/// A leaf that no message holds.
#[cfg(feature = "large-object")]
fn part(
    step: &mut Step<'_, '_, '_, '_>,
    refs: Refs<'_>,
    reading: &Reading,
    work: &mut [u8],
) -> Result<Ran, Reason> {
    let uri = address(step, reading, work)?;
    let refs = Refs {
        target: Some(Text::from_bytes(uri)),
        ..refs
    };
    let Some(part) = super::get::part(step, uri, refs, step.offset)? else {
        return Ok(Ran::NotYet);
    };
    if !step.out.fits() {
        return Err(Reason::TooLarge);
    }
    if part.is_last {
        step.offset = 0;
        return Ok(Ran::Finished);
    }
    step.offset = part.reached;
    Ok(Ran::Full)
}

/// Without large objects nothing goes in parts.
#[cfg(not(feature = "large-object"))]
fn part(
    _: &mut Step<'_, '_, '_, '_>,
    _: Refs<'_>,
    _: &Reading,
    _: &mut [u8],
) -> Result<Ran, Reason> {
    Err(Reason::TooLarge)
}

/// The address of a node, at the start of `work`.
fn address<'w>(
    step: &mut Step<'_, '_, '_, '_>,
    reading: &Reading,
    work: &'w mut [u8],
) -> Result<&'w [u8], Reason> {
    let mut place = Place { work, len: 0 };
    let mut sink = Sink::new(&mut place);
    step.tree.uri(reading.node(), &mut sink)?;
    if sink.is_full() {
        return Err(Reason::UriTooLong);
    }
    let Place { work, len } = place;
    Ok(work.get(..len).unwrap_or_default())
}

struct Place<'w> {
    work: &'w mut [u8],
    len: usize,
}

impl Output for Place<'_> {
    fn put(&mut self, bytes: &[u8]) -> usize {
        let free = self.work.get_mut(self.len..).unwrap_or_default();
        let mut taken = 0_usize;
        for (to, from) in free.iter_mut().zip(bytes) {
            *to = *from;
            taken = taken.saturating_add(1);
        }
        self.len = self.len.saturating_add(taken);
        taken
    }
}
