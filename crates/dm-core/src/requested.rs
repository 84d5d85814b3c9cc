//! Objects that a 1.3 notification asks for in package 1 (`P-REQMO` of the additions digest, `D13-C-021`): this project's
//! reading of DM 1.3, not the standard.
//!
//! The server has not proved itself yet in this session, only whoever made the notification has. So they are sent to `https`
//! addresses only, where nobody reads the first message but the account's own server. What the server may not Get, what is
//! behind a handler that needs time, and what does not fit the message is left out.

use dm_tree::{NodeId, Progress, Tree};
use dm_wbxml::{Text, tag};
use heapless::{String, Vec};

use crate::address;
use crate::auth;
use crate::exec::get;
use crate::outbound::Outbound;
use crate::profile13;
use crate::results::{self, Span};
use crate::session::Session;

/// Objects that one notification may ask for; more are passed over.
pub(crate) const OBJECTS_MAX: usize = 8;
/// What a session keeps of that.
pub(crate) type Objects = Vec<u16, OBJECTS_MAX>;

/// Octets of the longest URI with the query behind it.
const URI_MAX: usize = 160;

/// Writes one Replace with all instances of all objects.
#[inline(never)]
pub(crate) fn write(out: &mut Outbound<'_>, tree: &mut Tree<'_>, session: &Session) {
    if session.objects.is_empty() || !address::is_https(&session.uri) {
        return;
    }
    let before = out.mark();
    out.open(tag::REPLACE);
    let mut is_empty = true;
    for id in session
        .objects
        .iter()
        .filter_map(|number| profile13::object(*number))
    {
        let mut next = tree.local().object(id, None);
        while let Some(node) = next {
            next = tree.local().object(id, next);
            is_empty &= !instance(out, tree, session, node);
        }
    }
    out.writer.end(tag::REPLACE);
    if is_empty || !out.fits() {
        out.roll_back(&before);
    }
}

/// Writes one Item; whether it was one.
fn instance(out: &mut Outbound<'_>, tree: &mut Tree<'_>, session: &Session, node: NodeId) -> bool {
    let before = out.mark();
    let written = item(out, tree, session, node);
    // The end of the Replace has to fit, too.
    let is_written = written == Some(Progress::Done) && out.fits() && out.writer.room() > END;
    if !is_written {
        out.roll_back(&before);
    }
    is_written
}

/// Octets of the longest end tag.
const END: usize = 16;

fn item(
    out: &mut Outbound<'_>,
    tree: &mut Tree<'_>,
    session: &Session,
    node: NodeId,
) -> Option<Progress> {
    let mut buf = [0; URI_MAX];
    let mut uri: String<URI_MAX> = String::new();
    uri.push_str(tree.local().uri(node, &mut buf).ok()?).ok()?;
    uri.push_str("?list=TNDS").ok()?;
    let who = &auth::principal(&session.server_id);
    let reading = tree.reading(who, uri.as_bytes()).ok()?;
    let encoding = out.encoding();
    let (reading, coding, uri) = get::shape(tree, &reading, encoding, uri.as_bytes());
    let meta = results::meta(tree.format(&reading), encoding, tree.mime(&reading));
    out.begin_item(tag::SOURCE, Text::from_bytes(uri));
    out.writer.meta(&meta);
    let mut span = Span::whole(coding);
    let written = results::value(&mut out.writer, &mut span, &mut |sink| {
        tree.read_by(who, &reading, sink)
    });
    out.writer.end(tag::ITEM);
    written.ok()
}
