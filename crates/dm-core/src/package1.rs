//! Package 1: credentials, the session alert and DevInfo (protocol chapter 3.1).

use dm_tree::{Format, NodeId, Progress, Reason, Tree};
use dm_wbxml::tag;
use heapless::Vec;

use crate::account::{self, Level};
use crate::auth::Scheme;
use crate::error::{Error, ServerFault};
use crate::outbound::Outbound;
use crate::results::{self, Coding, Span};
use crate::session::{DEV_ID_MAX, Session};
use crate::status::alert;

/// Begins a message: document, SyncHdr with the credentials that are due, SyncBody open.
///
/// `max_msg_size` is what this client can take.
#[inline(never)]
pub(crate) fn begin_message(
    out: &mut Outbound<'_>,
    tree: &mut Tree<'_>,
    session: &mut Session,
    max_msg_size: usize,
) -> Result<(), Error> {
    let auth = &session.client_auth;
    let scheme = auth.scheme.filter(|_| !auth.done);
    session.client_auth.sent = scheme.is_some();
    if scheme.is_some() {
        // An address that nobody answers for is not shown a password, nor a message that has to be sealed and cannot.
        let is_known = account::proof(tree, session, Level::Client, scheme)?;
        let can_seal = session.client_auth.proof.seal.is_some();
        if !is_known
            || (scheme == Some(Scheme::Basic) && !session.uri_is_proven)
            || (scheme.is_some_and(Scheme::is_seal) && !can_seal)
        {
            return Err(Error::Server(ServerFault::UnsupportedScheme));
        }
    }
    out.begin(session, max_msg_size, scheme);
    Ok(())
}

/// Reads the device id, which is the Source of every message.
pub(crate) fn device_id(tree: &mut Tree<'_>, session: &mut Session) -> Result<(), Error> {
    let mut local = tree.local();
    let node = local
        .find("./DevInfo/DevId")
        .ok_or(Error::Device(Reason::NoSuchNode))?;
    let id = &mut session.dev_id;
    let _ = id.resize(DEV_ID_MAX, 0);
    let len = local
        .value(node, id.as_mut_slice())
        .map_err(Error::Device)?;
    id.truncate(len);
    Ok(())
}

/// Keeps ./DevDetail/LrgObj true to what this client does (`PRO-C-028`, `OBJ-C-016`).
pub(crate) fn publish(tree: &mut Tree<'_>, session: &Session) -> Result<(), Error> {
    let node = tree.local().find("./DevDetail/LrgObj");
    let truth: &[u8] = match session.max_obj_size {
        0 => b"false",
        _ => b"true",
    };
    account::update(tree, node, truth)
}

/// The rest of package 1: the session alert and the Replace with DevInfo (`PRO-C-001` to `PRO-C-003`).
#[inline(never)]
pub(crate) fn body(
    out: &mut Outbound<'_>,
    tree: &mut Tree<'_>,
    session: &Session,
) -> Result<(), Error> {
    out.alert(if session.notified {
        alert::SERVER_INITIATED
    } else {
        alert::CLIENT_INITIATED
    });
    out.open(tag::REPLACE);
    dev_info(out, tree)?;
    #[cfg(feature = "profile13")]
    crate::discovery::report(out, tree, session)?;
    out.writer.end(tag::REPLACE);
    #[cfg(all(feature = "notification", feature = "profile13", feature = "tnds"))]
    crate::requested::write(out, tree, session);
    Ok(())
}

const DEV_INFO: &str = "./DevInfo";

/// One Item for each leaf below ./DevInfo, in tree order, without recursion.
fn dev_info(out: &mut Outbound<'_>, tree: &mut Tree<'_>) -> Result<(), Error> {
    let local = tree.local();
    let mut path: Vec<NodeId, 8> = Vec::new();
    let mut next = local
        .find(DEV_INFO)
        .and_then(|root| local.first_child(root));
    loop {
        let local = tree.local();
        let Some(node) = next else {
            let Some(parent) = path.pop() else {
                return Ok(());
            };
            next = local.next_sibling(parent);
            continue;
        };
        // Deeper than any description of DevInfo goes: such nodes are passed over.
        let is_passed = path.push(node).is_err();
        let format = local.format(node);
        if format == Format::Node && !is_passed {
            next = local.first_child(node);
            continue;
        }
        if !is_passed {
            item(out, tree, (DEV_INFO, &path), node, format)?;
            path.pop();
        }
        next = tree.local().next_sibling(node);
    }
}

/// The leaf `node` at the end of the path below `root`.
pub(crate) fn item(
    out: &mut Outbound<'_>,
    tree: &mut Tree<'_>,
    (root, path): (&str, &[NodeId]),
    node: NodeId,
    format: Format,
) -> Result<(), Error> {
    let writer = &mut out.writer;
    writer.start(tag::ITEM);
    writer.start(tag::SOURCE);
    writer.start(tag::LOC_URI);
    writer.begin_text();
    writer.put_text(root.as_bytes());
    for step in path {
        writer.put_text(b"/");
        writer.put_text(tree.local().name(*step));
    }
    writer.end_text();
    writer.end(tag::LOC_URI);
    writer.end(tag::SOURCE);
    let encoding = writer.encoding();
    writer.meta(&results::meta(format, encoding, &[]));
    let mut span = Span::whole(Coding::of(format, encoding));
    let outcome = results::value(writer, &mut span, &mut |sink| tree.local().read(node, sink));
    writer.end(tag::ITEM);
    match outcome {
        Ok(Progress::Done) => Ok(()),
        // DevInfo is needed at once: a handler below it may not ask for time.
        Ok(_) => Err(Error::Device(Reason::Busy)),
        Err(reason) => Err(Error::Device(reason)),
    }
}
