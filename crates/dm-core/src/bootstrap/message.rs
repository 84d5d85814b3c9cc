//! The DM profile: a bootstrap that is one DM message.
//!
//! Bootstrap digest, section 3. Its commands are executed like those of a session (`BOOT-C-016`), by the same code, in the name
//! of a bootstrap instead of a server: they may make accounts and the objects that the policy allows, and change accounts of
//! their own source. Nothing is ever answered (`BOOT-C-015`).

use dm_tree::{Outcome, Principal, Progress, Reason, Tree, TreeDocument};
use dm_wbxml::{
    Body, Cursor, Digest, Document, Encoding, Item, Limits, Message, Part, Tag, Text, check, tag,
};

use super::Refused;
use crate::exec::{self, document};

/// Most commands of a message.
const COMMANDS_MAX: u16 = 64;

/// Executes the commands of a message, in a transaction that is open. `work` holds what is not one plain piece.
///
/// Serialised trees take much stack. They are written on top of this frame, which holds nothing of the command.
#[inline(never)]
pub(super) fn execute(
    tree: &mut Tree<'_>,
    who: &Principal<'_>,
    bytes: &[u8],
    work: &mut [u8],
) -> Result<(), Refused> {
    // Both are looked at where they are put: a `?` would move them.
    let mut opened = Reading::open(bytes);
    let reading = match &mut opened {
        Ok(reading) => reading,
        Err(refused) => return Err(*refused),
    };
    loop {
        match reading.next(work) {
            Err(refused) => return Err(refused),
            Ok(Next::Done) => return Ok(()),
            Ok(Next::Passed) => {}
            Ok(Next::Tree(tag, target, data)) => {
                let mut work = &mut *work;
                let uri = exec::piece(Some(&target), &mut work).ok_or(Reason::UriTooLong)?;
                let outcome = document::take(tree, who, tag, uri, &data, &mut [], work);
                reading.count(uri, outcome)?;
            }
            Ok(Next::Value) => reading.write_value(tree, who, work)?,
        }
    }
}

/// What comes next in a message.
enum Next<'a> {
    /// A serialised tree: how and where it is written, and the document.
    Tree(Tag, Text<'a>, Text<'a>),
    /// Another Item that is written.
    Value,
    /// Nothing that is executed.
    Passed,
    Done,
}

/// How far a message is executed.
struct Reading<'a> {
    bytes: &'a [u8],
    document: Document,
    at: Cursor,
    /// Items of the command there that are executed.
    items: u16,
}

impl<'a> Reading<'a> {
    /// Checks the message.
    #[inline(never)]
    fn open(bytes: &'a [u8]) -> Result<Self, Refused> {
        let limits = Limits {
            commands: COMMANDS_MAX,
        };
        // `BOOT-C-013`: in no other encoding.
        let digest = check(bytes, Encoding::Wbxml, &limits)?;
        if let Some(fault) = digest.fault {
            return Err(fault.into());
        }
        check_header(&Message::new(bytes, &digest), &digest)?;
        Ok(Self {
            bytes,
            document: digest.document,
            at: digest.body,
            items: 0,
        })
    }

    /// Reads the command, and its first Item that is not executed; false: there is none.
    #[inline(never)]
    fn read(&self, part: &mut Part<'a>, item: &mut Item<'a>) -> Result<(Body<'a>, bool), Refused> {
        let mut body = Body::resume(self.bytes, &self.document, self.at);
        body.next_into(part)?;
        let mut has_item = false;
        if matches!(part, Part::Command(_)) {
            for _ in 0..=self.items {
                *item = Item::default();
                has_item = body.item_into(item)?;
            }
        }
        Ok((body, has_item))
    }

    /// Looks at what comes next.
    #[inline(never)]
    fn next(&mut self, work: &mut [u8]) -> Result<Next<'a>, Refused> {
        let (mut part, mut item) = (Part::Done, Item::default());
        let (body, has_item) = self.read(&mut part, &mut item)?;
        match &part {
            Part::Done => return Ok(Next::Done),
            // All of the message is one transaction: containers add nothing to that.
            Part::Final | Part::Close | Part::Status(_) => {}
            Part::Open(command) if matches!(command.tag, tag::ATOMIC | tag::SEQUENCE) => {}
            Part::Command(command) if matches!(command.tag, tag::ADD | tag::REPLACE) => {
                // The rest of an object would come in another message, of which there is none.
                if item.more_data {
                    return Err(Refused::Command);
                }
                if has_item {
                    self.at = body.part_cursor();
                    let mut work = work;
                    let mime = exec::mime(command, &item, &mut work).unwrap_or_default();
                    return Ok(match (item.target, item.data) {
                        (Some(target), Some(data)) if TreeDocument::is_announced_by(mime) => {
                            Next::Tree(command.tag, target, data)
                        }
                        _ => Next::Value,
                    });
                }
                if self.items == 0 {
                    return Err(Refused::Device(Reason::Incomplete));
                }
            }
            // There is nobody whom a Get could answer, and nothing that a bootstrap may delete or execute.
            Part::Open(_) | Part::Command(_) => return Err(Refused::Command),
        }
        self.at = body.cursor();
        self.items = 0;
        Ok(Next::Passed)
    }

    /// Writes the next Item.
    #[inline(never)]
    fn write_value(
        &mut self,
        tree: &mut Tree<'_>,
        who: &Principal<'_>,
        work: &mut [u8],
    ) -> Result<(), Refused> {
        let (mut part, mut item) = (Part::Done, Item::default());
        self.read(&mut part, &mut item)?;
        let Part::Command(command) = &part else {
            return Ok(());
        };
        let mut work = work;
        let uri = exec::piece(item.target.as_ref(), &mut work).ok_or(Reason::UriTooLong)?;
        let outcome = exec::write(tree, who, (command, &item), uri, work);
        self.count(uri, outcome)
    }

    /// Counts an Item that was executed.
    fn count(&mut self, uri: &[u8], outcome: Outcome) -> Result<(), Refused> {
        self.items = self.items.saturating_add(1);
        match outcome {
            Ok(Progress::Done) => Ok(()),
            Ok(_) => Err(Refused::Device(Reason::Busy)),
            // `BOOT-C-024`: a vendor's node that this device does not have.
            Err(Reason::NotDescribed) if is_of_vendor(uri) => Ok(()),
            Err(Reason::Acl) => Err(Refused::Outside),
            Err(reason) => Err(Refused::Device(reason)),
        }
    }
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

fn is_of_vendor(uri: &[u8]) -> bool {
    uri.split(|octet| *octet == b'/').any(|name| name == b"Ext")
}
