//! Package 1: credentials, the session alert and DevInfo (protocol chapter 3.1).

use dm_tree::{NodeId, Progress, Reason, Tree};
use dm_wbxml::{Text, tag};
use heapless::Vec;

use crate::account::{self, Level};
use crate::auth::{self, CredData, Scheme};
use crate::error::{Error, ServerFault};
use crate::outbound::Outbound;
use crate::results::{self, Coding, Span};
use crate::session::{DEV_ID_MAX, Session};
use crate::status::alert;
use crate::uri::UriBuf;

/// Begins a message: document, SyncHdr with the credentials that are due, SyncBody open.
///
/// `max_msg_size` is what this client can take. Gives the place where the content of SyncBody begins.
#[inline(never)]
pub(crate) fn begin_message(
    out: &mut Outbound<'_>,
    tree: &mut Tree<'_>,
    session: &mut Session,
    max_msg_size: u32,
) -> Result<usize, Error> {
    let auth = &mut session.client_auth;
    auth.sent = false;
    let scheme = auth.scheme.filter(|_| !auth.done);
    let (Some(scheme), Some(account)) = (scheme, session.account) else {
        out.begin(session, max_msg_size, None, None);
        return Ok(out.writer.position());
    };
    let wanted = (Level::Client, Some(scheme));
    account::proof(tree, account, wanted, session.policy, &mut auth.proof)?;
    auth.sent = true;
    let auth = &session.client_auth;
    // An address that nobody answers for is not shown a password, nor a message that has to be sealed and cannot.
    let Some(proof) = &auth.proof else {
        return Err(Error::Server(ServerFault::UnsupportedScheme));
    };
    if (scheme == Scheme::Basic && !session.uri_is_proven)
        || (scheme == Scheme::Mac && proof.seal.is_none())
    {
        return Err(Error::Server(ServerFault::UnsupportedScheme));
    }
    let nonce = if auth.has_nonce {
        &auth.nonce
    } else {
        &proof.nonce
    };
    // The server looks the secret up by this name before it reads on (`SEC-C-006`).
    let name = (scheme != Scheme::Basic).then(|| Text::from_bytes(&proof.who.name));
    let mut data = CredData::default();
    // The proof of a seal goes with the transport, once the message is complete (`SEC-C-028`).
    let cred = (scheme != Scheme::Mac).then(|| {
        auth::make(scheme, &proof.who, nonce, &mut data);
        (scheme.type_name(), data.as_bytes())
    });
    out.begin(session, max_msg_size, name, cred);
    Ok(out.writer.position())
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
    let mut local = tree.local();
    let Some(node) = local.find("./DevDetail/LrgObj") else {
        return Ok(());
    };
    let truth: &[u8] = if session.max_obj_size == 0 {
        b"false"
    } else {
        b"true"
    };
    let mut known = [0; 8];
    let len = local.value(node, &mut known).unwrap_or(0);
    if known.get(..len) == Some(truth) {
        return Ok(());
    }
    local.set_value(node, truth).map_err(Error::Device)
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
    out.writer.end(tag::REPLACE);
    #[cfg(all(feature = "notification", feature = "profile13", feature = "tnds"))]
    crate::requested::write(out, tree, session);
    Ok(())
}

/// One Item for each leaf below ./DevInfo, in tree order, without recursion.
fn dev_info(out: &mut Outbound<'_>, tree: &mut Tree<'_>) -> Result<(), Error> {
    let local = tree.local();
    let Some(root) = local.find("./DevInfo") else {
        return Ok(());
    };
    let mut at = local.first_child(root);
    let mut path: Vec<NodeId, 8> = Vec::new();
    loop {
        let Some(node) = at else {
            let Some(parent) = path.pop() else {
                return Ok(());
            };
            at = tree.local().next_sibling(parent);
            continue;
        };
        let local = tree.local();
        if local.is_leaf(node) {
            item(out, tree, &path, node)?;
            at = tree.local().next_sibling(node);
        } else {
            let down = local.first_child(node);
            at = match (down, path.push(node)) {
                (Some(child), Ok(())) => Some(child),
                (None, Ok(())) => None,
                // Deeper than any description of DevInfo goes: such nodes are passed over.
                (_, Err(_)) => local.next_sibling(node),
            };
        }
    }
}

fn item(
    out: &mut Outbound<'_>,
    tree: &mut Tree<'_>,
    path: &[NodeId],
    node: NodeId,
) -> Result<(), Error> {
    let mut uri = UriBuf::new("./DevInfo");
    for step in path.iter().chain([&node]) {
        uri.push(tree.local().name(*step));
    }
    let (format, encoding) = (tree.local().format(node), out.encoding());
    let meta = results::meta(format, encoding, &[]);
    out.begin_item(tag::SOURCE, Text::from_bytes(uri.as_bytes()), &meta);
    let mut span = Span::whole(Coding::of(format, encoding));
    let outcome = results::value(&mut out.writer, &mut span, &mut |sink| {
        tree.local().read(node, sink)
    });
    out.writer.end(tag::ITEM);
    match outcome {
        Ok(Progress::Done) => Ok(()),
        // DevInfo is needed at once: a handler below it may not ask for time.
        Ok(_) => Err(Error::Device(Reason::Busy)),
        Err(reason) => Err(Error::Device(reason)),
    }
}
