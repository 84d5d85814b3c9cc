//! The account of a session: DMAcc leaves, read when they are needed and never kept longer.
//!
//! Objects chapter 2. Settings of this client that DMAcc does not know live below `Ext/OmaDm` of the account, where
//! no server has access: `ServerAuth`, `Version`, `Spoken` and `SessionCount`.

use dm_tree::{Local, NodeId, Reason, Tree};
use heapless::Vec;

use crate::auth::{Credentials, Nonce, Scheme};
use crate::error::{Error, LimitKind};
use crate::session::{SERVER_ID_MAX, Session, URI_MAX, Version};

/// MO identifiers of accounts begin so; the version behind it is not looked at.
const DMACC: &[u8] = b"urn:oma:mo:oma-dm-dmacc:";

/// Whose credentials an AppAuth entry holds (AAuthLevel).
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Level {
    /// `CLCRED`: the client proves itself with it.
    Client,
    /// `SRVCRED`: the server proves itself with it.
    Server,
}

impl Level {
    const fn name(self) -> &'static [u8] {
        match self {
            Self::Client => b"CLCRED",
            Self::Server => b"SRVCRED",
        }
    }
}

/// Reads the leaf `name` of `node`; missing: empty.
fn leaf<const N: usize>(
    local: &mut Local<'_, '_>,
    node: NodeId,
    name: &str,
) -> Result<Vec<u8, N>, Error> {
    let mut value = Vec::new();
    let Some(leaf) = local.child(node, name) else {
        return Ok(value);
    };
    let _ = value.resize(N, 0);
    match local.value(leaf, value.as_mut_slice()) {
        Ok(len) => value.truncate(len),
        Err(Reason::TooLarge) => return Err(Error::Limit(LimitKind::TextTooLong)),
        // A leaf that never got a value is as good as a missing one.
        Err(Reason::NoSuchNode) => value.clear(),
        Err(reason) => return Err(Error::Device(reason)),
    }
    Ok(value)
}

/// Finds the account of `server_id`, or the first one, and fills in what the session keeps of it.
pub(crate) fn open(
    tree: &mut Tree<'_>,
    server_id: Option<&[u8]>,
    session: &mut Session,
) -> Result<(), Error> {
    let mut local = tree.local();
    let mut next = local.object(DMACC, None);
    while let Some(account) = next {
        let id: Vec<u8, SERVER_ID_MAX> = leaf(&mut local, account, "ServerID")?;
        if !id.is_empty() && server_id.is_none_or(|wanted| wanted == id.as_slice()) {
            session.account = Some(account);
            session.server_id = id;
            return load(&mut local, account, session);
        }
        next = local.object(DMACC, next);
    }
    Err(Error::Limit(LimitKind::NoAccount))
}

fn load(local: &mut Local<'_, '_>, account: NodeId, session: &mut Session) -> Result<(), Error> {
    address(local, account, session)?;
    if let Some(ext) = settings(local, account) {
        let proof: Vec<u8, 16> = leaf(local, ext, "ServerAuth")?;
        session.transport_proof_is_enough = proof.as_slice() == b"transport";
        let wanted: Vec<u8, 8> = leaf(local, ext, "Version")?;
        let spoken: Vec<u8, 8> = leaf(local, ext, "Spoken")?;
        let fixed = Version::from_number(&wanted);
        let start = fixed.or_else(|| Version::from_number(&spoken));
        session.version = start.unwrap_or_else(highest);
        session.may_fall_back = fixed.is_none() && session.version != Version::V1_2;
    } else {
        session.version = highest();
        session.may_fall_back = session.version != Version::V1_2;
    }
    session.client_auth.scheme = preferred(local, account)?;
    Ok(())
}

fn highest() -> Version {
    Version::ALL.into_iter().next().unwrap_or_default()
}

fn settings(local: &Local<'_, '_>, account: NodeId) -> Option<NodeId> {
    let ext = local.child(account, "Ext")?;
    local.child(ext, "OmaDm")
}

/// The first usable address becomes the session's (objects chapter 2.3).
fn address(local: &mut Local<'_, '_>, account: NodeId, session: &mut Session) -> Result<(), Error> {
    let none = Error::Limit(LimitKind::NoAccount);
    let list = local.child(account, "AppAddr").ok_or(none)?;
    let mut next = local.first_child(list);
    while let Some(entry) = next {
        let addr: Vec<u8, URI_MAX> = leaf(local, entry, "Addr")?;
        let kind: Vec<u8, 8> = leaf(local, entry, "AddrType")?;
        if let (Ok(addr), false) = (core::str::from_utf8(&addr), addr.is_empty()) {
            let port = port(local, entry)?;
            return compose(&mut session.uri, &kind, addr, &port)
                .ok_or(Error::Limit(LimitKind::TextTooLong));
        }
        next = local.next_sibling(entry);
    }
    Err(none)
}

fn port(local: &mut Local<'_, '_>, entry: NodeId) -> Result<Vec<u8, 8>, Error> {
    let first = local
        .child(entry, "Port")
        .and_then(|list| local.first_child(list));
    match first {
        Some(first) => leaf(local, first, "PortNbr"),
        None => Ok(Vec::new()),
    }
}

/// Puts address, type and port together to one URI (`OBJ-C-005`, `OBJ-C-006`).
fn compose(
    uri: &mut heapless::String<URI_MAX>,
    kind: &[u8],
    addr: &str,
    port: &[u8],
) -> Option<()> {
    let port = core::str::from_utf8(port)
        .ok()
        .filter(|port| port.parse::<u16>().is_ok());
    uri.clear();
    // `URI` is the default when there is no value; an explicit port in the address wins over PortNbr.
    let literal = matches!(kind, b"IPv4" | b"IPv6");
    if !literal {
        let start = addr.find("://").map_or(0, |at| at.saturating_add(3));
        let (scheme, rest) = addr.split_at_checked(start)?;
        let (host, path) = rest
            .find(['/', '?', '#'])
            .and_then(|at| rest.split_at_checked(at))
            .unwrap_or((rest, ""));
        let after_literal = host.rfind(']').map_or(0, |at| at.saturating_add(1));
        let has_port = host
            .get(after_literal..)
            .is_some_and(|tail| tail.contains(':'));
        uri.push_str(scheme).ok()?;
        uri.push_str(host).ok()?;
        if let (Some(port), false) = (port, has_port) {
            uri.push(':').ok()?;
            uri.push_str(port).ok()?;
        }
        return uri.push_str(path).ok();
    }
    uri.push_str("https://").ok()?;
    if kind == b"IPv6" && !addr.starts_with('[') {
        uri.push('[').ok()?;
        uri.push_str(addr).ok()?;
        uri.push(']').ok()?;
    } else {
        uri.push_str(addr).ok()?;
    }
    if let Some(port) = port {
        uri.push(':').ok()?;
        uri.push_str(port).ok()?;
    }
    uri.push('/').ok()
}

/// Scheme of the first Cred: AAuthPref when an entry has it, else the first client entry (`SEC-C-042`).
fn preferred(local: &mut Local<'_, '_>, account: NodeId) -> Result<Option<Scheme>, Error> {
    let pref: Vec<u8, 16> = leaf(local, account, "AAuthPref")?;
    if let Some(scheme) = Scheme::from_account(&pref)
        && entry(local, account, Level::Client, Some(scheme))?.is_some()
    {
        return Ok(Some(scheme));
    }
    match entry(local, account, Level::Client, None)? {
        Some((_, scheme)) => Ok(scheme),
        None => Ok(None),
    }
}

/// The first AppAuth entry of a level, of one scheme when one is named, with the scheme of its AAuthType.
fn entry(
    local: &mut Local<'_, '_>,
    account: NodeId,
    level: Level,
    scheme: Option<Scheme>,
) -> Result<Option<(NodeId, Option<Scheme>)>, Error> {
    let mut next = local
        .child(account, "AppAuth")
        .and_then(|list| local.first_child(list));
    while let Some(entry) = next {
        let found: Vec<u8, 8> = leaf(local, entry, "AAuthLevel")?;
        if found.as_slice() == level.name() {
            let kind: Vec<u8, 16> = leaf(local, entry, "AAuthType")?;
            let kind = Scheme::from_account(&kind);
            if scheme.is_none() || scheme == kind {
                return Ok(Some((entry, kind)));
            }
        }
        next = local.next_sibling(entry);
    }
    Ok(None)
}

/// Scheme of the server's credentials: that of the first server entry.
pub(crate) fn server_scheme(tree: &mut Tree<'_>, account: NodeId) -> Result<Option<Scheme>, Error> {
    let found = entry(&mut tree.local(), account, Level::Server, None)?;
    Ok(found.and_then(|(_, scheme)| scheme))
}

/// An AppAuth entry as it was when the session first needed it.
pub(crate) struct Proof {
    pub(crate) who: Credentials,
    /// AAuthData.
    pub(crate) nonce: Nonce,
    /// The scheme that the entry was read for.
    wanted: Option<Scheme>,
}

/// Reads the entry of `level` that can do `scheme` into `known`, unless it holds that entry already.
pub(crate) fn proof<'p>(
    tree: &mut Tree<'_>,
    account: NodeId,
    level: Level,
    scheme: Option<Scheme>,
    known: &'p mut Option<Proof>,
) -> Result<Option<&'p Proof>, Error> {
    if known.as_ref().is_none_or(|proof| proof.wanted != scheme) {
        *known = read(tree, account, level, scheme)?;
    }
    Ok(known.as_ref())
}

/// An entry of that very type is taken first. Else an entry of the level stands in for the digests, which show nothing of
/// the secret; it never stands in for basic, which would show all of it.
fn read(
    tree: &mut Tree<'_>,
    account: NodeId,
    level: Level,
    scheme: Option<Scheme>,
) -> Result<Option<Proof>, Error> {
    let mut local = tree.local();
    let mut found = entry(&mut local, account, level, scheme)?;
    if found.is_none() && scheme.is_some_and(Scheme::has_nonce) {
        found = entry(&mut local, account, level, None)?;
    }
    let Some((entry, _)) = found else {
        return Ok(None);
    };
    let mut proof = Proof {
        who: Credentials::default(),
        nonce: leaf(&mut local, entry, "AAuthData")?,
        wanted: scheme,
    };
    proof.who.name = leaf(&mut local, entry, "AAuthName")?;
    proof.who.secret = leaf(&mut local, entry, "AAuthSecret")?;
    if level == Level::Server && proof.who.name.is_empty() {
        // The server's user name is normally its ServerID (security chapter 1).
        proof.who.name = leaf(&mut local, account, "ServerID")?;
    }
    Ok(Some(proof))
}

/// Keeps the nonce of the next session in AAuthData (`SEC-C-012`). To be called for proven servers only (`SEC-C-021`).
pub(crate) fn keep_nonce(
    tree: &mut Tree<'_>,
    account: NodeId,
    level: Level,
    scheme: Scheme,
    nonce: &[u8],
) -> Result<(), Error> {
    let mut local = tree.local();
    let mut found = entry(&mut local, account, level, Some(scheme))?;
    if found.is_none() {
        found = entry(&mut local, account, level, None)?;
    }
    let Some((entry, _)) = found else {
        return Ok(());
    };
    match local.child(entry, "AAuthData") {
        Some(leaf) => local.set_value(leaf, nonce).map_err(Error::Device),
        None => Ok(()),
    }
}

/// The SessionID of a session that the client begins: the account's counter, or random without one (`PRO-C-006`).
pub(crate) fn next_session_id(
    tree: &mut Tree<'_>,
    account: NodeId,
    random: &[u8; 16],
) -> Result<u16, Error> {
    let [a, b, ..] = *random;
    let random = u16::from_be_bytes([a, b]).max(1);
    let mut local = tree.local();
    let counter = settings(&local, account).and_then(|ext| local.child(ext, "SessionCount"));
    let Some(counter) = counter else {
        return Ok(random);
    };
    let mut text = [0; 8];
    let last = match local.value(counter, &mut text) {
        Ok(len) => text
            .get(..len)
            .and_then(|text| core::str::from_utf8(text).ok())
            .and_then(|text| text.parse::<u16>().ok())
            .unwrap_or(0),
        Err(_) => 0,
    };
    let next = last.checked_add(1).unwrap_or(1);
    let decimal = dm_wbxml::Decimal::new(u32::from(next));
    local
        .set_value(counter, decimal.as_bytes())
        .map_err(Error::Device)?;
    Ok(next)
}

/// Remembers the version that the server understood, so that the next session starts with it.
pub(crate) fn keep_version(
    tree: &mut Tree<'_>,
    account: NodeId,
    version: Version,
) -> Result<(), Error> {
    let mut local = tree.local();
    let spoken = settings(&local, account).and_then(|ext| local.child(ext, "Spoken"));
    let Some(spoken) = spoken else {
        return Ok(());
    };
    let mut text = [0; 8];
    let known = local.value(spoken, &mut text).unwrap_or(0);
    if text.get(..known) == Some(version.number().as_bytes()) {
        return Ok(());
    }
    local
        .set_value(spoken, version.number().as_bytes())
        .map_err(Error::Device)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn composed(kind: &str, addr: &str, port: &str) -> Option<std::string::String> {
        let mut uri = heapless::String::new();
        compose(&mut uri, kind.as_bytes(), addr, port.as_bytes())?;
        Some(uri.as_str().into())
    }

    /// OBJ-C-005, OBJ-C-006: no AddrType means URI; PortNbr is decimal and 16 bits.
    #[test]
    fn addresses_are_put_together_from_their_leaves() {
        for (kind, addr, port, expected) in [
            ("", "http://a.test/dm", "", "http://a.test/dm"),
            ("URI", "http://a.test/dm", "8080", "http://a.test:8080/dm"),
            ("URI", "http://a.test:81/dm", "8080", "http://a.test:81/dm"),
            (
                "URI",
                "http://[2001:db8::1]/dm",
                "8080",
                "http://[2001:db8::1]:8080/dm",
            ),
            ("URI", "http://a.test?x=1", "70000", "http://a.test?x=1"),
            ("IPv4", "192.0.2.1", "", "https://192.0.2.1/"),
            ("IPv6", "2001:db8::1", "443", "https://[2001:db8::1]:443/"),
        ] {
            assert_eq!(composed(kind, addr, port).as_deref(), Some(expected));
        }
        assert_eq!(composed("URI", &"x".repeat(URI_MAX + 1), ""), None);
    }
}
