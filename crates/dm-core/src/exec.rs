//! One command, one file; here is what they share.

use dm_tree::{Format, Listing, Outcome, Principal, Progress, Reason, Tree, Value};
use dm_wbxml::{Base64Error, CodeMark, Command, Item, Tag, Text, tag};

use crate::error::{Error, ServerFault};
use crate::large::{Incoming, Part};
use crate::outbound::{Outbound, Refs};
use crate::run::Ran;
use crate::status;

mod add;
pub(crate) mod alert;
pub(crate) mod atomic;
mod copy;
mod delete;
#[expect(clippy::module_inception, reason = "the command is called Exec")]
mod exec;
mod get;
pub(crate) mod list;
mod replace;
pub(crate) mod sequence;

/// What one Item is executed with.
pub(crate) struct Step<'x, 't, 'b, 'm> {
    pub(crate) tree: &'x mut Tree<'t>,
    pub(crate) out: &'x mut Outbound<'b>,
    pub(crate) who: &'x Principal<'x>,
    /// Octets of the value that earlier messages carried.
    pub(crate) offset: u32,
    /// MaxObjSize of the server; 0: none was named.
    #[cfg(feature = "large-object")]
    pub(crate) max_obj_size: u32,
    pub(crate) incoming: &'x mut Incoming<'m>,
    /// The list that is being sent.
    pub(crate) listing: Option<Listing>,
}

/// The code of a command that is answered as a whole, without a look at its Items.
pub(crate) fn code_without_items(command: &Command<'_>) -> Option<u16> {
    match command.tag {
        tag::ADD | tag::COPY | tag::DELETE | tag::EXEC | tag::GET | tag::REPLACE => None,
        tag::ALERT => Some(alert::code(command)),
        // Unused and unknown commands (`PRO-C-138`); Results come from clients only.
        _ => Some(status::NOT_IMPLEMENTED),
    }
}

/// Writes a Status; `None`: the message is full, nothing was written.
///
/// In a message that holds no other answer the references to the Item are left out rather than to wait for ever.
#[inline(never)]
pub(crate) fn status(
    out: &mut Outbound<'_>,
    refs: Refs<'_>,
    code: u16,
) -> Result<Option<CodeMark>, Error> {
    let mark = out.mark();
    let fresh = out.is_fresh();
    let at = out.status(&refs, code);
    if out.fits() {
        return Ok(Some(at));
    }
    out.roll_back(mark);
    if !fresh {
        return Ok(None);
    }
    let bare = Refs {
        target: None,
        source: None,
        ..refs
    };
    let at = out.status(&bare, code);
    if out.fits() {
        Ok(Some(at))
    } else {
        Err(Error::Server(ServerFault::MaxMsgSize))
    }
}

/// Executes one Item and writes its Status, and Results behind it. `work` takes texts that are not one plain piece.
#[inline(never)]
pub(crate) fn item(
    step: &mut Step<'_, '_, '_, '_>,
    command: &Command<'_>,
    item: &Item<'_>,
    refs: Refs<'_>,
    work: &mut [u8],
) -> Result<(Ran, u16), Error> {
    let before = step.out.mark();
    let fresh = step.out.is_fresh();
    // The Status is written first: once the command is executed nothing may keep its answer from going out.
    let Some(at) = status(step.out, refs, status::OK)? else {
        return Ok((Ran::Full, 0));
    };
    let behind = step.out.mark();
    let code = match execute(step, command, item, refs, work) {
        Ok(Some(code)) => code,
        Ok(None) => {
            step.out.roll_back(before);
            return Ok((Ran::NotYet, 0));
        }
        Err(reason) => {
            step.out.roll_back(behind);
            reason.status().0
        }
    };
    if step.listing.is_some() {
        return Ok((list::go_on(step, refs, work), code));
    }
    if step.out.fits() {
        if code != status::OK {
            step.out.writer.patch_code(at, code);
        }
        return Ok((Ran::Finished, code));
    }
    // Only Get writes behind its Status, and it changed nothing: it may be done again in the next message.
    if !fresh {
        step.out.roll_back(before);
        return Ok((Ran::Full, 0));
    }
    // Not even an empty message holds the value: it goes in parts, or not at all.
    step.out.roll_back(behind);
    match value_in_parts(step, item, refs, work) {
        Ok(Ran::NotYet) => {
            step.out.roll_back(before);
            Ok((Ran::NotYet, 0))
        }
        Ok(ran) => Ok((ran, status::OK)),
        Err(reason) => {
            step.out.roll_back(behind);
            let code = reason.status().0;
            step.out.writer.patch_code(at, code);
            Ok((Ran::Finished, code))
        }
    }
}

/// Goes on with a value whose first parts are sent; errors end it, there is no Status left to tell them.
pub(crate) fn next_part(
    step: &mut Step<'_, '_, '_, '_>,
    item: &Item<'_>,
    refs: Refs<'_>,
    work: &mut [u8],
) -> (Ran, u16) {
    let before = step.out.mark();
    match value_in_parts(step, item, refs, work) {
        Ok(Ran::NotYet) => {
            step.out.roll_back(before);
            (Ran::NotYet, 0)
        }
        Ok(ran) => (ran, status::OK),
        Err(reason) => {
            step.out.roll_back(before);
            broken_off(step.out, refs);
            (Ran::Finished, reason.status().0)
        }
    }
}

/// Tells with Alert 1225 that no more parts of a value come.
pub(crate) fn broken_off(out: &mut Outbound<'_>, refs: Refs<'_>) {
    let before = out.mark();
    let uri = refs.target.unwrap_or(Text::EMPTY);
    out.alert_about(status::alert::NO_END_OF_DATA, uri);
    if !out.fits() {
        out.roll_back(before);
    }
}

/// Sends as much of a value as the message holds, from `step.offset` on, and moves that on.
#[cfg(feature = "large-object")]
fn value_in_parts(
    step: &mut Step<'_, '_, '_, '_>,
    item: &Item<'_>,
    refs: Refs<'_>,
    work: &mut [u8],
) -> Result<Ran, Reason> {
    let target = item.target.unwrap_or(Text::EMPTY).trimmed();
    let (uri, _) = pieces(target, work).ok_or(Reason::UriTooLong)?;
    let Some(part) = get::part(step, uri, refs, step.offset)? else {
        return Ok(Ran::NotYet);
    };
    if !step.out.fits() {
        return Err(Reason::TooLarge);
    }
    if part.is_last {
        return Ok(Ran::Finished);
    }
    step.offset = part.reached;
    Ok(Ran::Full)
}

/// Without large objects a value that no message holds is refused.
#[cfg(not(feature = "large-object"))]
fn value_in_parts(
    _: &mut Step<'_, '_, '_, '_>,
    _: &Item<'_>,
    _: Refs<'_>,
    _: &mut [u8],
) -> Result<Ran, Reason> {
    Err(Reason::TooLarge)
}

/// The code of the Item's Status; `None`: a handler needs time.
#[inline(never)]
fn execute(
    step: &mut Step<'_, '_, '_, '_>,
    command: &Command<'_>,
    item: &Item<'_>,
    refs: Refs<'_>,
    work: &mut [u8],
) -> Result<Option<u16>, Reason> {
    let target = item.target.unwrap_or(Text::EMPTY).trimmed();
    if target.is_empty() {
        return Err(Reason::Incomplete);
    }
    let (uri, work) = pieces(target, work).ok_or(Reason::UriTooLong)?;
    if item.more_data || step.incoming.is_active() {
        let (mime, work) = mime(command, item, work)?;
        let part = Part {
            tag: command.tag,
            uri,
            format: format(command, item),
            mime,
            size: item.meta.size.or(command.meta.size),
            data: item.data.unwrap_or(Text::EMPTY),
            more: item.more_data,
        };
        return step.incoming.take(step.tree, step.who, &part, work);
    }
    let outcome = match command.tag {
        tag::GET if list::is_query(uri) => list::begin(step, uri),
        tag::GET => get::execute(step, uri, refs),
        tag::DELETE => delete::execute(step, uri),
        tag::COPY => {
            let source = item.source.unwrap_or(Text::EMPTY).trimmed();
            let (source, work) = pieces(source, work).ok_or(Reason::UriTooLong)?;
            copy::execute(step, source, uri, work)
        }
        tag => match (value(command, item, work), tag) {
            (Ok(value), tag::ADD) => add::execute(step, uri, &value),
            (Ok(value), tag::REPLACE) => replace::execute(step, uri, &value),
            (Ok(value), _) => exec::execute(step, uri, &value),
            (Err(reason), tag) => Err(earlier_fault(step, tag, uri).unwrap_or(reason)),
        },
    };
    code(outcome)
}

/// What is wrong with the target of a command whose value cannot be used: that is looked at first (protocol chapter
/// 7.1). Asked with a value without data, which changes nothing.
fn earlier_fault(step: &mut Step<'_, '_, '_, '_>, tag: Tag, uri: &[u8]) -> Option<Reason> {
    let nothing = |format| Value {
        format,
        mime: &[],
        data: None,
    };
    let outcome = match tag {
        // No node can be added as text without data.
        tag::ADD => step.tree.add(step.who, uri, &nothing(Some(Format::Chr))),
        tag::REPLACE => step.tree.replace(step.who, uri, &nothing(None)),
        _ => return None,
    };
    match outcome {
        Err(Reason::Incomplete | Reason::Format | Reason::MimeType) | Ok(_) => None,
        Err(reason) => Some(reason),
    }
}

fn code(outcome: Outcome) -> Result<Option<u16>, Reason> {
    outcome.map(|progress| match progress {
        Progress::Done => Some(status::OK),
        Progress::Started => Some(status::ACCEPTED),
        Progress::NotYet => None,
    })
}

/// The octets of a text: where they are when they are one piece, else at the start of `work`. With what is left of it.
fn pieces<'w>(text: Text<'w>, work: &'w mut [u8]) -> Option<(&'w [u8], &'w mut [u8])> {
    if let Some(plain) = text.plain() {
        return Some((plain, work));
    }
    let len = text.copy_to(work)?;
    let (copy, rest) = work.split_at_mut_checked(len)?;
    Some((copy, rest))
}

/// Format of an Item; that of the command stands in for a missing one (protocol chapter 7).
fn format(command: &Command<'_>, item: &Item<'_>) -> Result<Option<Format>, Reason> {
    let Some(name) = item.meta.format.or(command.meta.format) else {
        return Ok(None);
    };
    let name = name.trimmed();
    if name.is_empty() {
        return Ok(None);
    }
    let mut buf = [0; 8];
    let name = name.flatten(&mut buf).ok_or(Reason::Format)?;
    Format::from_name(name).map(Some).ok_or(Reason::Format)
}

/// Type of an Item; that of the command stands in for a missing one.
fn mime<'w>(
    command: &Command<'w>,
    item: &Item<'w>,
    work: &'w mut [u8],
) -> Result<(&'w [u8], &'w mut [u8]), Reason> {
    let mime = item.meta.mime.or(command.meta.mime);
    pieces(mime.unwrap_or(Text::EMPTY).trimmed(), work).ok_or(Reason::MimeType)
}

/// Format, Type and data of an Item.
fn value<'w>(
    command: &Command<'w>,
    item: &Item<'w>,
    work: &'w mut [u8],
) -> Result<Value<'w>, Reason> {
    let format = format(command, item)?;
    let (mime, work) = mime(command, item, work)?;
    let data = match item.data {
        None => None,
        // The tree holds binary values decoded, whatever they came as.
        Some(data) if format == Some(Format::B64) => Some(decoded(data, work)?),
        Some(data) => Some(pieces(data, work).ok_or(Reason::TooLarge)?.0),
    };
    Ok(Value { format, mime, data })
}

/// The octets that base64 text stands for, at the start of `work`.
fn decoded<'w>(data: Text<'_>, work: &'w mut [u8]) -> Result<&'w [u8], Reason> {
    match data.decode_base64(work) {
        Ok(len) => Ok(work.get(..len).unwrap_or_default()),
        Err(Base64Error::TooLong) => Err(Reason::TooLarge),
        Err(_) => Err(Reason::Base64),
    }
}
