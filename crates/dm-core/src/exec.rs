//! One command, one file; here is what they share.

#[cfg(feature = "tnds")]
use dm_tree::TreeDocument;
use dm_tree::{Format, Outcome, Principal, Progress, Reason, Tree, Value};
use dm_wbxml::{Base64Error, CodeMark, Command, Item, Tag, Text, tag};

use crate::auth;
use crate::large::Part;
use crate::outbound::{Outbound, Refs};
use crate::run::{Context, Ran, Sent};
use crate::status;

pub(crate) mod alert;
#[cfg(feature = "atomic")]
pub(crate) mod atomic;
#[cfg(not(feature = "atomic"))]
#[path = "exec/atomic_none.rs"]
pub(crate) mod atomic;
#[cfg(feature = "tnds")]
pub(crate) mod document;
pub(crate) mod get;
#[cfg(feature = "events")]
mod late;
#[cfg(feature = "list")]
pub(crate) mod list;
#[cfg(not(feature = "list"))]
#[path = "exec/list_none.rs"]
pub(crate) mod list;
pub(crate) mod sequence;
#[cfg(feature = "profile13")]
mod target;
#[cfg(not(feature = "profile13"))]
#[path = "exec/target_none.rs"]
mod target;

/// The code of a command that is answered as a whole, without a look at its Items.
pub(crate) fn code_without_items(command: &Command<'_>) -> Option<u16> {
    match command.tag {
        tag::ADD | tag::DELETE | tag::EXEC | tag::GET | tag::REPLACE => None,
        tag::COPY if cfg!(feature = "copy") => None,
        // `PRO-C-059`
        tag::COPY => Some(status::NOT_SUPPORTED),
        tag::ALERT => Some(alert::code(command)),
        // Unused and unknown commands (`PRO-C-138`); Results come from clients only.
        _ => Some(status::NOT_IMPLEMENTED),
    }
}

/// Writes a Status; `None`: the message is full, nothing was written.
///
/// In a message that holds no other answer the references to the Item are left out rather than to wait for ever.
#[inline(never)]
pub(crate) fn status(out: &mut Outbound<'_>, refs: &mut Refs<'_>, code: u16) -> Option<CodeMark> {
    let mark = out.mark();
    loop {
        let fresh = out.is_fresh();
        let at = out.status(refs, code);
        if out.fits() {
            return Some(at);
        }
        out.roll_back(mark);
        if !fresh || (refs.target.is_none() && refs.source.is_none()) {
            return None;
        }
        refs.target = None;
        refs.source = None;
    }
}

/// Executes one Item and writes its Status and Results, or goes on with results whose first parts are sent; the code
/// that it was answered with.
#[inline(never)]
pub(crate) fn answer<'a>(
    cx: &mut Context<'_, '_, '_, '_>,
    sent: &mut Sent,
    command: &Command<'a>,
    item: &Item<'a>,
    refs: &mut Refs<'a>,
) -> Result<u16, Ran> {
    let before = sent.offset;
    let answered = if sent.listing.is_some() {
        list::go_on(cx, sent, item, refs)
    } else if cfg!(feature = "large-object") && before != 0 {
        next_part(cx, sent, item, refs)
    } else {
        first(cx, sent, command, item, refs)
    };
    let is_moved = match answered {
        Err(Ran::Full) => {
            let is_moved = sent.offset > before;
            if !is_moved {
                // Between two Items of a list, or in front of the whole.
                sent.offset = 0;
            }
            is_moved
        }
        Ok(status::CHUNK_ACCEPTED) => cx.incoming.has_moved_on(),
        _ => false,
    };
    if is_moved {
        cx.session.rounds = cx.session.rounds.saturating_sub(1);
    }
    answered
}

fn first<'a>(
    cx: &mut Context<'_, '_, '_, '_>,
    sent: &mut Sent,
    command: &Command<'a>,
    item: &Item<'a>,
    refs: &mut Refs<'a>,
) -> Result<u16, Ran> {
    let before = cx.out.mark();
    let fresh = cx.out.is_fresh();
    let (target, source) = (refs.target, refs.source);
    // The Status is written first: once the command is executed nothing may keep its answer from going out.
    let at = status(cx.out, refs, status::OK).ok_or(Ran::Full)?;
    (refs.target, refs.source) = (target, source);
    let behind = cx.out.mark();
    let code = match execute(cx, sent, command, item, refs) {
        Ok(Some(code)) => code,
        Ok(None) => {
            cx.out.roll_back(before);
            return Err(Ran::NotYet);
        }
        Err(reason) => {
            cx.out.roll_back(behind);
            #[cfg(feature = "reasons")]
            cx.refusals.reason.replace(reason);
            reason.status().0
        }
    };
    if sent.listing.is_some() {
        return list::go_on(cx, sent, item, refs);
    }
    if cx.out.fits() {
        cx.out.writer.patch_code(at, code);
        return Ok(code);
    }
    // Only Get writes behind its Status, and it changed nothing: it may be done again in the next message.
    if !fresh {
        cx.out.roll_back(before);
        return Err(Ran::Full);
    }
    // Not even an empty message holds the value: it goes in parts, or not at all.
    cx.out.roll_back(behind);
    match value_in_parts(cx, sent, item, refs) {
        Ok(Ran::Finished) => Ok(status::OK),
        Ok(ran) => {
            if ran == Ran::NotYet {
                cx.out.roll_back(before);
            }
            Err(ran)
        }
        Err(reason) => {
            cx.out.roll_back(behind);
            let code = reason.status().0;
            cx.out.writer.patch_code(at, code);
            Ok(code)
        }
    }
}

/// Goes on with a value whose first parts are sent; errors end it, there is no Status left to tell them.
fn next_part(
    cx: &mut Context<'_, '_, '_, '_>,
    sent: &mut Sent,
    item: &Item<'_>,
    refs: &Refs<'_>,
) -> Result<u16, Ran> {
    let before = cx.out.mark();
    match value_in_parts(cx, sent, item, refs) {
        Ok(Ran::Finished) => Ok(status::OK),
        Ok(ran) => {
            if ran == Ran::NotYet {
                cx.out.roll_back(before);
            }
            Err(ran)
        }
        Err(reason) => {
            cx.out.roll_back(before);
            broken_off(cx.out, refs);
            Ok(reason.status().0)
        }
    }
}

/// Tells with Alert 1225 that no more parts of a value come.
fn broken_off(out: &mut Outbound<'_>, refs: &Refs<'_>) {
    let before = out.mark();
    let uri = refs.target.unwrap_or(Text::EMPTY);
    out.alert_about(status::alert::NO_END_OF_DATA, uri);
    if !out.fits() {
        out.roll_back(before);
    }
}

/// Sends as much of a value as the message holds, from `sent.offset` on, and moves that on.
#[cfg(feature = "large-object")]
fn value_in_parts(
    cx: &mut Context<'_, '_, '_, '_>,
    sent: &mut Sent,
    item: &Item<'_>,
    refs: &Refs<'_>,
) -> Result<Ran, Reason> {
    let mut work = &mut *cx.work;
    let uri = piece(item.target, &mut work).ok_or(Reason::UriTooLong)?;
    let who = &auth::principal(&cx.session.server_id);
    let Some(uri) = target::resolve(cx.tree, who, tag::GET, uri, &mut work)? else {
        return Ok(Ran::NotYet);
    };
    let reading = cx.tree.reading(who, uri)?;
    #[cfg(feature = "profile13")]
    let refs = &target::about(refs, uri);
    get::in_parts(cx.tree, cx.out, cx.session, sent, &reading, refs)
}

/// Without large objects a value that no message holds is refused.
#[cfg(not(feature = "large-object"))]
fn value_in_parts(
    _: &mut Context<'_, '_, '_, '_>,
    _: &mut Sent,
    _: &Item<'_>,
    _: &Refs<'_>,
) -> Result<Ran, Reason> {
    Err(Reason::TooLarge)
}

/// The code of the Item's Status; `None`: a handler needs time.
#[inline(never)]
fn execute<'a>(
    cx: &mut Context<'_, '_, '_, '_>,
    sent: &mut Sent,
    command: &Command<'a>,
    item: &Item<'a>,
    refs: &Refs<'a>,
) -> Result<Option<u16>, Reason> {
    let tree = &mut *cx.tree;
    let who = &auth::principal(&cx.session.server_id);
    // Texts that are not one plain piece are copied to the work memory, one behind the other.
    let mut work = &mut *cx.work;
    let uri = piece(item.target, &mut work).ok_or(Reason::UriTooLong)?;
    if uri.is_empty() {
        return Err(Reason::Incomplete);
    }
    #[cfg(feature = "profile13")]
    if command.tag == tag::GET && target::begin(tree, who, uri, sent)? {
        return Ok(Some(status::OK));
    }
    let Some(uri) = target::resolve(tree, who, command.tag, uri, &mut work)? else {
        return Ok(None);
    };
    #[cfg(feature = "profile13")]
    let refs = &target::about(refs, uri);
    if item.more_data || cx.incoming.is_active() {
        let part = Part {
            tag: command.tag,
            uri,
            #[cfg(feature = "profile13")]
            target: item.target.unwrap_or(Text::EMPTY),
            format: format(command, item),
            mime: mime(command, item, &mut work)?,
            size: item.meta.size.or(command.meta.size),
            data: item.data.unwrap_or(Text::EMPTY),
            more: item.more_data,
        };
        #[cfg(not(feature = "tnds"))]
        refuse_tree(part.mime)?;
        return cx.incoming.take(tree, who, &part, work);
    }
    if let tag::ADD | tag::REPLACE = command.tag {
        #[cfg(feature = "tnds")]
        let lent = cx.incoming.lend();
        #[cfg(not(feature = "tnds"))]
        let lent = &mut [];
        return code(write(tree, who, (command, item), uri, (lent, work)));
    }
    let outcome = match command.tag {
        tag::GET if list::is_query(uri) => list::begin(tree, who, uri, sent),
        tag::GET => get::execute(tree, who, cx.out, uri, refs),
        tag::DELETE => tree.delete(who, uri),
        #[cfg(feature = "copy")]
        tag::COPY => {
            let source = piece(item.source, &mut work).ok_or(Reason::UriTooLong)?;
            if source.is_empty() {
                return Err(Reason::Incomplete);
            }
            let Some(source) = target::resolve(tree, who, tag::GET, source, &mut work)? else {
                return Ok(None);
            };
            // The value passes through what is left.
            tree.copy(who, source, uri, work)
        }
        _ => {
            let value = value(command, item, work)?;
            #[cfg(feature = "events")]
            {
                let late = (&mut *cx.outbox, cx.session.session_id);
                late::execute(tree, who, late, command.correlator, uri, &value)
            }
            #[cfg(not(feature = "events"))]
            tree.exec(who, uri, &value, dm_tree::Ticket(0))
        }
    };
    code(outcome)
}

/// Add or Replace of one Item, which is a value or a serialised tree. `lent` is memory for a tree that has to be decoded
/// first; `work` takes what else is not one plain piece.
#[inline(never)]
pub(crate) fn write(
    tree: &mut Tree<'_>,
    who: &Principal<'_>,
    (command, item): (&Command<'_>, &Item<'_>),
    uri: &[u8],
    (lent, work): (&mut [u8], &mut [u8]),
) -> Outcome {
    #[cfg(feature = "tnds")]
    {
        let mut work = &mut *work;
        if TreeDocument::is_announced_by(mime(command, item, &mut work)?) {
            let data = item.data.ok_or(Reason::Incomplete)?;
            return document::take(tree, who, command.tag, uri, data, (lent, work));
        }
    }
    #[cfg(not(feature = "tnds"))]
    {
        let _ = lent;
        let mut work = &mut *work;
        refuse_tree(mime(command, item, &mut work)?)?;
    }
    match (value(command, item, work), command.tag) {
        (Ok(value), tag::ADD) => tree.add(who, uri, &value),
        (Ok(value), _) => tree.replace(who, uri, &value),
        (Err(reason), tag) => Err(earlier_fault(tree, who, tag, uri).unwrap_or(reason)),
    }
}

/// `TNDS-C-002`
#[cfg(not(feature = "tnds"))]
fn refuse_tree(mime: &[u8]) -> Result<(), Reason> {
    const TYPES: &[u8] = b"application/vnd.syncml.dmtnds";
    match mime.get(..TYPES.len()) {
        Some(start) if start.eq_ignore_ascii_case(TYPES) => Err(Reason::MimeType),
        _ => Ok(()),
    }
}

fn code(outcome: Outcome) -> Result<Option<u16>, Reason> {
    outcome.map(|progress| match progress {
        Progress::Done => Some(status::OK),
        Progress::Started => Some(status::ACCEPTED),
        Progress::NotYet => None,
    })
}

/// What is wrong with the target of a command whose value cannot be used: that is looked at first (protocol chapter
/// 7.1). Asked with a value without data, which changes nothing.
fn earlier_fault(tree: &mut Tree<'_>, who: &Principal<'_>, tag: Tag, uri: &[u8]) -> Option<Reason> {
    let mut nothing = Value::default();
    let outcome = match tag {
        tag::ADD => {
            // No node can be added as text without data.
            nothing.format = Some(Format::Chr);
            tree.add(who, uri, &nothing)
        }
        tag::REPLACE => tree.replace(who, uri, &nothing),
        _ => return None,
    };
    match outcome {
        Err(Reason::Incomplete | Reason::Format | Reason::MimeType) | Ok(_) => None,
        Err(reason) => Some(reason),
    }
}

/// The octets of a text: where they are when they are one piece, else at the start of `work`, which loses them.
#[inline(never)]
pub(crate) fn piece<'w>(text: Option<Text<'w>>, work: &mut &'w mut [u8]) -> Option<&'w [u8]> {
    let Some(text) = text else {
        return Some(&[]);
    };
    if let Some(plain) = text.plain() {
        return Some(plain);
    }
    let all = core::mem::take(work);
    let len = text.copy_to(all)?;
    let (copy, rest) = all.split_at_mut_checked(len)?;
    *work = rest;
    Some(copy)
}

/// Format of an Item; that of the command stands in for a missing one (protocol chapter 7).
#[inline(never)]
fn format(command: &Command<'_>, item: &Item<'_>) -> Result<Option<Format>, Reason> {
    let Some(name) = item.meta.format.or(command.meta.format) else {
        return Ok(None);
    };
    let mut buf = [0; 8];
    let name = name.flatten(&mut buf).ok_or(Reason::Format)?;
    if name.is_empty() {
        return Ok(None);
    }
    Format::from_name(name).map(Some).ok_or(Reason::Format)
}

/// Type of an Item; that of the command stands in for a missing one.
fn mime<'w>(
    command: &Command<'w>,
    item: &Item<'w>,
    work: &mut &'w mut [u8],
) -> Result<&'w [u8], Reason> {
    piece(item.meta.mime.or(command.meta.mime), work).ok_or(Reason::MimeType)
}

/// Format, Type and data of an Item.
fn value<'w>(
    command: &Command<'w>,
    item: &Item<'w>,
    mut work: &'w mut [u8],
) -> Result<Value<'w>, Reason> {
    let format = format(command, item)?;
    let mime = mime(command, item, &mut work)?;
    let data = match item.data {
        None => None,
        // The tree holds binary values decoded, whatever they came as.
        Some(data) if format == Some(Format::B64) => Some(decoded(data, work)?),
        data => Some(piece(data, &mut work).ok_or(Reason::TooLarge)?),
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
