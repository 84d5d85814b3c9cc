//! One command, one file; here is what they share.

#[cfg(feature = "tnds")]
use dm_tree::TreeDocument;
use dm_tree::{Format, Outcome, Principal, Progress, Reason, Tree, Value};
use dm_wbxml::{Base64Error, CodeMark, Command, Item, Tag, Text, tag};

#[cfg(not(feature = "tnds"))]
use crate::address::same_word;
use crate::auth;
use crate::outbound::{OutMark, Outbound, Refs};
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

/// Writes a Status at `mark`, where the message stands; `None`: it is full, nothing was written.
///
/// In a message that holds no other answer the references to the Item are left out rather than to wait for ever.
#[inline(never)]
pub(crate) fn status(
    out: &mut Outbound<'_>,
    mark: &OutMark,
    refs: &Refs<'_>,
    code: u16,
) -> Option<CodeMark> {
    let mut refs = *refs;
    loop {
        let at = out.status(&refs, code);
        if out.fits() {
            return Some(at);
        }
        out.roll_back(mark);
        if !out.is_fresh() || refs.item.take().is_none() {
            return None;
        }
    }
}

/// Executes one Item and writes its Status and Results, or goes on with results whose first parts are sent; the code
/// that it was answered with.
#[inline(never)]
pub(crate) fn answer(
    cx: &mut Context<'_, '_, '_, '_>,
    sent: &mut Sent,
    refs: &Refs<'_>,
    item: &Item<'_>,
) -> Result<u16, Ran> {
    let offset = sent.offset;
    let answered = execute(cx, sent, refs, item);
    let is_moved = match answered {
        Err(Ran::Full) => sent.offset > offset,
        Ok(status::CHUNK_ACCEPTED) => cx.incoming.has_moved_on(),
        _ => false,
    };
    if is_moved {
        cx.session.rounds = cx.session.rounds.saturating_sub(1);
    }
    answered
}

fn execute(
    cx: &mut Context<'_, '_, '_, '_>,
    sent: &mut Sent,
    refs: &Refs<'_>,
    item: &Item<'_>,
) -> Result<u16, Ran> {
    let before = cx.out.mark();
    let is_fresh = cx.out.is_fresh();
    // The Status is written first: once the command is executed nothing may keep its answer from going out.
    let at = match sent.is_begun() {
        true => None,
        false => Some(status(cx.out, &before, refs, status::OK).ok_or(Ran::Full)?),
    };
    let behind = cx.out.mark();
    #[cfg(feature = "reasons")]
    let is_refused_part =
        !cfg!(feature = "large-object") && (item.more_data || cx.incoming.is_active());
    sent.in_parts = sent.is_in_value();
    let outcome = loop {
        let outcome = match sent.listing {
            None => carry_out(cx, sent, refs, item),
            Some(_) => Ok(Progress::Done),
        };
        if sent.listing.is_some() {
            return list::go_on(cx, sent, item, refs);
        }
        if outcome.is_err() || cx.out.fits() {
            break outcome;
        }
        // Only Get writes behind its Status, and it changed nothing: it may be done again in the next message.
        if !is_fresh {
            cx.out.roll_back(&before);
            return Err(Ran::Full);
        }
        // Not even an empty message holds the value: it goes in parts, or not at all.
        cx.out.roll_back(&behind);
        if !cfg!(feature = "large-object") {
            break Err(Reason::TooLarge);
        }
        sent.in_parts = true;
    };
    let code = match outcome {
        // There are more parts.
        Ok(Progress::Done) if sent.is_in_value() => return Err(Ran::Full),
        Ok(Progress::Done) if item.more_data => status::CHUNK_ACCEPTED,
        Ok(Progress::Done) => status::OK,
        Ok(Progress::Started) => status::ACCEPTED,
        Ok(Progress::NotYet) => {
            cx.out.roll_back(&before);
            return Err(Ran::NotYet);
        }
        Err(reason) => {
            cx.out.roll_back(&behind);
            #[cfg(feature = "reasons")]
            {
                // A part that is not taken was refused by no handler (`PRO-C-059`).
                cx.refusals.reason = (!is_refused_part).then_some(reason);
            }
            reason.status().0
        }
    };
    match at {
        Some(at) => cx.out.change(at, code),
        // There is no Status left to tell what went wrong.
        None if outcome.is_err() => {
            let _ = cx.out.tell_no_end(item.target.unwrap_or(Text::EMPTY));
        }
        None => {}
    }
    Ok(code)
}

/// Does what an Item asks for.
fn carry_out(
    cx: &mut Context<'_, '_, '_, '_>,
    sent: &mut Sent,
    refs: &Refs<'_>,
    item: &Item<'_>,
) -> Outcome {
    let work = core::mem::take(&mut cx.work);
    let outcome = in_work(cx, sent, refs, item, work);
    cx.work = work;
    outcome
}

/// Texts that are not one plain piece are copied to `work`, one behind the other.
fn in_work(
    cx: &mut Context<'_, '_, '_, '_>,
    sent: &mut Sent,
    refs: &Refs<'_>,
    item: &Item<'_>,
    work: &mut [u8],
) -> Outcome {
    let mut work = &mut *work;
    let command = refs.command;
    let uri = piece(item.target.as_ref(), &mut work).ok_or(Reason::UriTooLong)?;
    if uri.is_empty() {
        return Err(Reason::Incomplete);
    }
    let who = &auth::principal(&cx.session.server_id);
    #[cfg(feature = "profile13")]
    if command.tag == tag::GET && !sent.in_parts && target::begin(cx.tree, who, uri, sent)? {
        return Ok(Progress::Done);
    }
    let Some(uri) = target::resolve(cx.tree, who, command.tag, uri, &mut work)? else {
        return Ok(Progress::NotYet);
    };
    if item.more_data || cx.incoming.is_active() {
        return cx.incoming.take(cx.tree, who, (command, item), uri, work);
    }
    match command.tag {
        tag::ADD | tag::REPLACE => {
            // Here and not in `write`, whose frame would stay below what takes the most stack.
            #[cfg(feature = "tnds")]
            {
                let mut rest = &mut *work;
                if TreeDocument::is_announced_by(mime(command, item, &mut rest)?) {
                    let data = item.data.as_ref().ok_or(Reason::Incomplete)?;
                    let lent = cx.incoming.lend();
                    return document::take(cx.tree, who, command.tag, uri, data, lent, rest);
                }
            }
            write(cx.tree, who, (command, item), uri, work)
        }
        tag::GET => get::execute(cx, sent, refs, uri),
        tag::DELETE => cx.tree.delete(who, uri),
        #[cfg(feature = "copy")]
        tag::COPY => copy(cx.tree, who, item, uri, work),
        _ => exec(cx, refs, item, uri, work),
    }
}

#[cfg(feature = "copy")]
#[inline(never)]
fn copy(
    tree: &mut Tree<'_>,
    who: &Principal<'_>,
    item: &Item<'_>,
    uri: &[u8],
    work: &mut [u8],
) -> Outcome {
    let mut work = &mut *work;
    let source = piece(item.source.as_ref(), &mut work).ok_or(Reason::UriTooLong)?;
    if source.is_empty() {
        return Err(Reason::Incomplete);
    }
    let Some(source) = target::resolve(tree, who, tag::GET, source, &mut work)? else {
        return Ok(Progress::NotYet);
    };
    // The value passes through what is left.
    tree.copy(who, source, uri, work)
}

#[inline(never)]
fn exec(
    cx: &mut Context<'_, '_, '_, '_>,
    refs: &Refs<'_>,
    item: &Item<'_>,
    uri: &[u8],
    work: &mut [u8],
) -> Outcome {
    let mut work = &mut *work;
    let who = &auth::principal(&cx.session.server_id);
    let mime = mime(refs.command, item, &mut work)?;
    let value = value(refs.command, item, mime, work)?;
    #[cfg(feature = "events")]
    {
        let late = (&mut *cx.outbox, cx.session.session_id);
        late::execute(cx.tree, who, late, refs.command.correlator, uri, &value)
    }
    #[cfg(not(feature = "events"))]
    cx.tree.exec(who, uri, &value, dm_tree::Ticket(0))
}

/// Add or Replace of one Item that is a value; `work` takes what is not one plain piece.
///
/// # Errors
/// Those of the tree; [`Reason::Incomplete`] for the type of a serialised tree, of which the callers see those with data.
#[inline(never)]
pub(crate) fn write(
    tree: &mut Tree<'_>,
    who: &Principal<'_>,
    (command, item): (&Command<'_>, &Item<'_>),
    uri: &[u8],
    work: &mut [u8],
) -> Outcome {
    let mut work = &mut *work;
    let mime = mime(command, item, &mut work)?;
    #[cfg(feature = "tnds")]
    if TreeDocument::is_announced_by(mime) {
        return Err(Reason::Incomplete);
    }
    #[cfg(not(feature = "tnds"))]
    refuse_tree(mime)?;
    write_value(tree, who, (command, item), uri, mime, work)
}

/// A frame of its own, for serialised trees take much more stack.
#[cfg_attr(feature = "tnds", inline(never))]
fn write_value<'w>(
    tree: &mut Tree<'_>,
    who: &Principal<'_>,
    (command, item): (&Command<'w>, &Item<'w>),
    uri: &[u8],
    mime: &'w [u8],
    work: &'w mut [u8],
) -> Outcome {
    let tag = command.tag;
    let value = value(command, item, mime, work);
    // What is wrong with the target is looked at before what is wrong with the value (protocol chapter 7.1): asked with one
    // without data, which changes nothing. No node can be added as text without data.
    let nothing = Value {
        format: (tag == tag::ADD).then_some(Format::Chr),
        ..Value::default()
    };
    let outcome = put(tree, who, tag, uri, value.as_ref().unwrap_or(&nothing));
    match (value, outcome) {
        (Err(reason), Err(Reason::Incomplete | Reason::Format | Reason::MimeType) | Ok(_)) => {
            Err(reason)
        }
        (_, outcome) => outcome,
    }
}

/// Adds or replaces a value.
#[inline(never)]
pub(crate) fn put(
    tree: &mut Tree<'_>,
    who: &Principal<'_>,
    tag: Tag,
    uri: &[u8],
    value: &Value<'_>,
) -> Outcome {
    match tag {
        tag::ADD => tree.add(who, uri, value),
        _ => tree.replace(who, uri, value),
    }
}

/// `TNDS-C-002`
#[cfg(not(feature = "tnds"))]
#[inline(never)]
pub(crate) fn refuse_tree(mime: &[u8]) -> Result<(), Reason> {
    const TYPES: &[u8] = b"application/vnd.syncml.dmtnds";
    match mime.get(..TYPES.len()) {
        Some(start) if same_word(start, TYPES) => Err(Reason::MimeType),
        _ => Ok(()),
    }
}

/// The octets of a text: where they are when they are one piece, else at the start of `work`, which loses them.
#[inline(never)]
pub(crate) fn piece<'w>(text: Option<&Text<'w>>, work: &mut &'w mut [u8]) -> Option<&'w [u8]> {
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

/// FNV-1a of a target as it was sent, which tells the parts of an object whose address is not kept.
#[inline(never)]
pub(crate) fn hash(target: Option<&Text<'_>>) -> u32 {
    let mut hash: u32 = 0x811C_9DC5;
    if let Some(target) = target {
        target.all(&mut |piece| {
            for octet in piece {
                hash = (hash ^ u32::from(*octet)).wrapping_mul(0x0100_0193);
            }
            true
        });
    }
    hash
}

/// Format of an Item; that of the command stands in for a missing one (protocol chapter 7).
#[inline(never)]
pub(crate) fn format(command: &Command<'_>, item: &Item<'_>) -> Result<Option<Format>, Reason> {
    let own = item.meta.format.as_ref();
    let Some(name) = own.or(command.meta.format.as_ref()) else {
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
#[inline(never)]
pub(crate) fn mime<'w>(
    command: &Command<'w>,
    item: &Item<'w>,
    work: &mut &'w mut [u8],
) -> Result<&'w [u8], Reason> {
    let own = item.meta.mime.as_ref();
    piece(own.or(command.meta.mime.as_ref()), work).ok_or(Reason::MimeType)
}

/// Format and data of an Item, of which the Type is known.
fn value<'w>(
    command: &Command<'w>,
    item: &Item<'w>,
    mime: &'w [u8],
    mut work: &'w mut [u8],
) -> Result<Value<'w>, Reason> {
    let format = format(command, item)?;
    let data = match &item.data {
        None => None,
        // The tree holds binary values decoded, whatever they came as.
        Some(data) if format == Some(Format::B64) => Some(decoded(data, work)?),
        data => Some(piece(data.as_ref(), &mut work).ok_or(Reason::TooLarge)?),
    };
    Ok(Value { format, mime, data })
}

/// The octets that base64 text stands for, at the start of `work`.
pub(crate) fn decoded<'w>(data: &Text<'_>, work: &'w mut [u8]) -> Result<&'w [u8], Reason> {
    match data.decode_base64(work) {
        Ok(len) => Ok(work.get(..len).unwrap_or_default()),
        Err(Base64Error::TooLong) => Err(Reason::TooLarge),
        Err(_) => Err(Reason::Base64),
    }
}
