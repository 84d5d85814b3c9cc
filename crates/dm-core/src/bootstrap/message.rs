//! The DM profile: a bootstrap that is one DM message.
//!
//! Bootstrap digest, section 3. Its commands are executed like those of a session (`BOOT-C-016`), by the same code, in the name
//! of a bootstrap instead of a server: they may make accounts and the objects that the policy allows, and change accounts of
//! their own source. Nothing is ever answered (`BOOT-C-015`).

use dm_tree::{Principal, Progress, Reason, Tree};
use dm_wbxml::{
    Body, Command, Cursor, Digest, Document, Encoding, Item, Limits, Message, Part, check, tag,
};

use super::Refused;
use crate::exec;

/// Most commands of a message.
const COMMANDS_MAX: u16 = 64;

/// Executes the commands of a message, in a transaction that is open. `work` holds what is not one plain piece.
///
/// A document is executed on top of this frame: it holds one command and one Item, and no reader.
pub(super) fn execute(
    tree: &mut Tree<'_>,
    who: &Principal<'_>,
    bytes: &[u8],
    work: &mut [u8],
) -> Result<(), Refused> {
    let (document, mut at) = open(bytes)?;
    let mut part = Part::Done;
    let mut count = 0u16;
    loop {
        let mut item = Item::default();
        let has_item = next(bytes, &document, &mut at, count, &mut part, &mut item)?;
        count = match &part {
            Part::Command(command) if has_item => {
                take(tree, who, command, &item, work)?;
                count.saturating_add(1)
            }
            Part::Command(_) if count == 0 => return Err(Refused::Device(Reason::Incomplete)),
            Part::Done => return Ok(()),
            _ => 0,
        };
    }
}

/// Reads on up to the Item that follows `count` others of the command at `at`; false: there is none, `at` is behind the command.
#[inline(never)]
fn next<'a>(
    bytes: &'a [u8],
    document: &Document,
    at: &mut Cursor,
    count: u16,
    part: &mut Part<'a>,
    item: &mut Item<'a>,
) -> Result<bool, Refused> {
    let mut body = Body::resume(bytes, document, *at);
    body.next_into(part)?;
    match part {
        // All of the message is one transaction: containers add nothing to that.
        Part::Done | Part::Final | Part::Close | Part::Status(_) => {}
        Part::Open(command) if matches!(command.tag, tag::ATOMIC | tag::SEQUENCE) => {}
        Part::Command(command) if matches!(command.tag, tag::ADD | tag::REPLACE) => {
            for _ in 0..count {
                body.item_into(&mut Item::default())?;
            }
            if body.item_into(item)? {
                *at = body.part_cursor();
                return Ok(true);
            }
        }
        // There is nobody whom a Get could answer, and nothing that a bootstrap may delete or execute.
        Part::Open(_) | Part::Command(_) => return Err(Refused::Command),
    }
    *at = body.cursor();
    Ok(false)
}

/// Checks the message; its document, and where its body begins.
#[inline(never)]
fn open(bytes: &[u8]) -> Result<(Document, Cursor), Refused> {
    let limits = Limits {
        commands: COMMANDS_MAX,
    };
    // `BOOT-C-013`: in no other encoding.
    let digest = check(bytes, Encoding::Wbxml, &limits)?;
    if let Some(fault) = digest.fault {
        return Err(fault.into());
    }
    check_header(&Message::new(bytes, &digest), &digest)?;
    Ok((digest.document, digest.body))
}

/// Versions 1.2 of the representation and 1.2 or 1.3 of the protocol; the whole package.
#[inline(never)]
fn check_header(message: &Message<'_>, digest: &Digest) -> Result<(), Refused> {
    let header = message.header()?;
    let is_known = header.ver_dtd.is(b"1.2")
        && (header.ver_proto.is(b"DM/1.2") || header.ver_proto.is(b"DM/1.3"));
    if !is_known {
        return Err(Refused::Version);
    }
    digest.is_final.then_some(()).ok_or(Refused::Command)
}

fn take(
    tree: &mut Tree<'_>,
    who: &Principal<'_>,
    command: &Command<'_>,
    item: &Item<'_>,
    work: &mut [u8],
) -> Result<(), Refused> {
    // The rest of an object would come in another message, of which there is none.
    if item.more_data {
        return Err(Refused::Command);
    }
    let mut work = work;
    let uri = exec::piece(item.target.as_ref(), &mut work).ok_or(Reason::UriTooLong)?;
    match exec::write(tree, who, (command, item), uri, &mut [], work) {
        Ok(Progress::Done) => Ok(()),
        Ok(_) => Err(Refused::Device(Reason::Busy)),
        // `BOOT-C-024`: a vendor's node that this device does not have.
        Err(Reason::NotDescribed) if is_of_vendor(uri) => Ok(()),
        Err(Reason::Acl) => Err(Refused::Outside),
        Err(reason) => Err(Refused::Device(reason)),
    }
}

fn is_of_vendor(uri: &[u8]) -> bool {
    uri.split(|octet| *octet == b'/').any(|name| name == b"Ext")
}
