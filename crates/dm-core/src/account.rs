//! The account of a session: DMAcc leaves, read when they are needed and never kept longer.
//!
//! Objects chapter 2. Settings of this client that DMAcc does not know live below `Ext/OmaDm` of the account, where
//! no server has access: `ServerAuth`, `Version`, `Spoken` (the version that was understood last, and behind a blank the AAuthType that
//! the server asked for, if it asked) and `SessionCount`.

use dm_tree::{Local, NodeId, Reason, Tree};
use dm_wbxml::{Decimal, Text};
use heapless::{Vec, VecView};

use crate::auth::{Credentials, Hash, Nonce, Scheme};
use crate::error::{Error, LimitKind};
use crate::policy::{self, Passwords, Policy};
use crate::session::{ServerId, Session, URI_MAX, Version};

/// MO identifiers of accounts begin so; the version behind it is not looked at.
pub(crate) const DMACC: &[u8] = b"urn:oma:mo:oma-dm-dmacc:";

/// Whose credentials an AppAuth entry holds (AAuthLevel).
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Level {
    /// `CLCRED`: the client proves itself with it.
    Client,
    /// `SRVCRED`: the server proves itself with it.
    Server,
    /// `NOTICRED`: its notifications are proved with it (`P-ACC`).
    #[cfg(all(feature = "notification", feature = "profile13"))]
    Notices,
}

impl Level {
    const fn name(self) -> &'static [u8] {
        match self {
            Self::Client => b"CLCRED",
            Self::Server => b"SRVCRED",
            #[cfg(all(feature = "notification", feature = "profile13"))]
            Self::Notices => crate::profile13::NOTICE_LEVEL,
        }
    }
}

/// Reads the leaf `name` of `node` into `buf` and gives its length; missing, or without a value: 0.
fn leaf(
    local: &mut Local<'_, '_>,
    node: NodeId,
    name: &str,
    buf: &mut [u8],
) -> Result<usize, Error> {
    let Some(leaf) = local.child(node, name) else {
        return Ok(0);
    };
    match local.value(leaf, buf) {
        Ok(len) => Ok(len),
        Err(Reason::TooLarge) => Err(Error::Limit(LimitKind::TextTooLong)),
        Err(Reason::NoSuchNode) => Ok(0),
        Err(reason) => Err(Error::Device(reason)),
    }
}

/// As [`leaf`], into a bounded text.
#[inline(never)]
fn text(
    local: &mut Local<'_, '_>,
    node: NodeId,
    name: &str,
    value: &mut VecView<u8>,
) -> Result<(), Error> {
    let _ = value.resize(value.capacity(), 0);
    let len = leaf(local, node, name, value.as_mut_slice())?;
    value.truncate(len);
    Ok(())
}

/// The value of a leaf that holds one of a few known words; longer ones are none of them.
#[derive(Default)]
struct Word {
    bytes: [u8; 16],
    len: usize,
}

impl Word {
    #[inline(never)]
    fn read(&mut self, local: &mut Local<'_, '_>, node: NodeId, name: &str) -> Result<(), Error> {
        self.len = 0;
        match leaf(local, node, name, &mut self.bytes) {
            Ok(len) => self.len = len,
            Err(Error::Limit(_)) => {}
            Err(error) => return Err(error),
        }
        Ok(())
    }

    fn as_bytes(&self) -> &[u8] {
        self.bytes.get(..self.len).unwrap_or_default()
    }

    /// The version and the AAuthType in `Spoken`.
    fn spoken(&self) -> (&[u8], &[u8]) {
        let mut words = self.as_bytes().splitn(2, |octet| *octet == b' ');
        let number = words.next().unwrap_or_default();
        (number, words.next().unwrap_or_default())
    }

    fn number(&self) -> Option<u16> {
        let number = Text::from_bytes(self.as_bytes()).parse_u32();
        number.and_then(|number| u16::try_from(number).ok())
    }
}

/// Finds the account of `server_id`, or the first one, and fills in what the session keeps of it.
#[inline(never)]
pub(crate) fn open(
    tree: &mut Tree<'_>,
    server_id: Option<&[u8]>,
    session: &mut Session,
) -> Result<(), Error> {
    let mut local = tree.local();
    let found = search(&mut local, server_id, &mut session.server_id)?;
    let account = found.ok_or(Error::Limit(LimitKind::NoAccount))?;
    session.account = Some(account);
    load(&mut local, account, session)
}

/// The account of `server_id`, or the first one; its ServerID is left in `id`.
fn search(
    local: &mut Local<'_, '_>,
    server_id: Option<&[u8]>,
    id: &mut ServerId,
) -> Result<Option<NodeId>, Error> {
    let mut next = local.object(DMACC, None);
    while let Some(account) = next {
        text(local, account, "ServerID", id)?;
        if !id.is_empty() && server_id.is_none_or(|wanted| wanted == id.as_slice()) {
            return Ok(next);
        }
        next = local.object(DMACC, next);
    }
    Ok(None)
}

/// The account of `server_id`, without beginning a session.
#[cfg(feature = "notification")]
pub(crate) fn find(tree: &mut Tree<'_>, server_id: &[u8]) -> Result<Option<NodeId>, Error> {
    search(&mut tree.local(), Some(server_id), &mut ServerId::new())
}

fn load(local: &mut Local<'_, '_>, account: NodeId, session: &mut Session) -> Result<(), Error> {
    address(local, account, session)?;
    let mut fixed = None;
    let mut spoken = None;
    let mut asked = None;
    if let Some(ext) = settings(local, account) {
        let mut word = Word::default();
        word.read(local, ext, "ServerAuth")?;
        session.transport_proof_is_enough = word.as_bytes() == b"transport";
        word.read(local, ext, "Version")?;
        fixed = Version::from_number(word.as_bytes());
        word.read(local, ext, "Spoken")?;
        let (number, kind) = word.spoken();
        spoken = Version::from_number(number);
        asked = Scheme::from_account(kind);
    }
    session.version = fixed.or(spoken).unwrap_or_else(highest);
    session.may_fall_back = fixed.is_none() && session.version != Version::V1_2;
    let policy = session.policy;
    let scheme = preferred(local, account, policy, asked)?;
    // A password is shown to a secured address only, where the rules say so; the server may still ask for another type.
    let shown = policy.passwords != Passwords::Secured || crate::inbound::is_https(&session.uri);
    session.client_auth.scheme = scheme.filter(|scheme| shown || *scheme != Scheme::Basic);
    Ok(())
}

/// Reads the server's credentials, so that what is replaced in this session counts from the next one (`SEC-C-030`).
pub(crate) fn read_server_proof(tree: &mut Tree<'_>, session: &mut Session) -> Result<(), Error> {
    let Some(account) = session.account else {
        return Ok(());
    };
    let scheme = crate::inbound::wanted_scheme(tree, session)?;
    let known = &mut session.server_auth.proof;
    proof(
        tree,
        account,
        (Level::Server, scheme),
        session.policy,
        known,
    )
    .map(|_| ())
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
        let mut addr = [0; URI_MAX];
        let len = leaf(local, entry, "Addr", &mut addr)?;
        let addr = core::str::from_utf8(addr.get(..len).unwrap_or_default()).unwrap_or_default();
        if !addr.is_empty() {
            let mut kind = Word::default();
            kind.read(local, entry, "AddrType")?;
            let mut port = Word::default();
            if let Some(list) = local.child(entry, "Port")
                && let Some(first) = local.first_child(list)
            {
                port.read(local, first, "PortNbr")?;
            }
            return compose(&mut session.uri, kind.as_bytes(), addr, port.number())
                .ok_or(Error::Limit(LimitKind::TextTooLong));
        }
        next = local.next_sibling(entry);
    }
    Err(none)
}

/// Puts address, type and port together to one URI (`OBJ-C-005`, `OBJ-C-006`).
fn compose(
    uri: &mut heapless::String<URI_MAX>,
    kind: &[u8],
    addr: &str,
    port: Option<u16>,
) -> Option<()> {
    // `URI` is the default when there is no value; an explicit port in the address wins over PortNbr.
    let (before, host, path) = match kind {
        b"IPv4" => ("https://", addr, "/"),
        b"IPv6" if addr.starts_with('[') => ("https://", addr, "/"),
        b"IPv6" => ("https://[", addr, "]/"),
        _ => {
            let start = crate::inbound::authority_at(addr);
            let (scheme, rest) = addr.split_at_checked(start)?;
            let end = rest
                .bytes()
                .position(|byte| matches!(byte, b'/' | b'?' | b'#'));
            let (host, path) = rest.split_at_checked(end.unwrap_or(rest.len()))?;
            (scheme, host, path)
        }
    };
    // The bracket behind an IPv6 literal goes before the port.
    let (bracket, path) = match path.strip_prefix(']') {
        Some(path) => ("]", path),
        None => ("", path),
    };
    let decimal = Decimal::new(u32::from(port.unwrap_or_default()));
    let (colon, port) = match port {
        Some(_) if !bracket.is_empty() || !has_port(host) => {
            (":", core::str::from_utf8(decimal.as_bytes()).ok()?)
        }
        _ => ("", ""),
    };
    uri.clear();
    for part in [before, host, bracket, colon, port, path] {
        uri.push_str(part).ok()?;
    }
    Some(())
}

/// Whether a port stands behind a host name or a literal in brackets.
fn has_port(host: &str) -> bool {
    let tail = host.bytes().rev().take_while(|byte| *byte != b']');
    tail.into_iter().any(|byte| byte == b':')
}

/// Scheme of the first Cred: AAuthPref when an entry has it, where that is empty the one that the server asked for last
/// (`OBJ-C-007`), else that of the strongest client entry (`SEC-C-042`).
fn preferred(
    local: &mut Local<'_, '_>,
    account: NodeId,
    policy: Policy,
    asked: Option<(Scheme, Option<Hash>)>,
) -> Result<Option<Scheme>, Error> {
    let mut pref = Word::default();
    pref.read(local, account, "AAuthPref")?;
    let pref = match pref.as_bytes() {
        [] => asked,
        name => Scheme::from_account(name),
    };
    let pref = pref.and_then(|kind| policy.lift(kind));
    if let Some((scheme, _)) = pref
        && entry(local, account, (Level::Client, Some(scheme)), policy)?.is_some()
    {
        return Ok(Some(scheme));
    }
    let found = entry(local, account, (Level::Client, None), policy)?;
    Ok(found.and_then(|(_, kind)| kind).map(|(scheme, _)| scheme))
}

/// An AppAuth entry, and what its AAuthType comes to under the policy.
type Entry = (NodeId, Option<(Scheme, Option<Hash>)>);

/// The strongest AppAuth entry of a level, of one scheme when one is named.
fn entry(
    local: &mut Local<'_, '_>,
    account: NodeId,
    (level, scheme): (Level, Option<Scheme>),
    policy: Policy,
) -> Result<Option<Entry>, Error> {
    let mut best = None;
    let mut best_rank = None;
    let mut word = Word::default();
    let mut next = local
        .child(account, "AppAuth")
        .and_then(|list| local.first_child(list));
    while let Some(entry) = next {
        word.read(local, entry, "AAuthLevel")?;
        if word.as_bytes() == level.name() {
            word.read(local, entry, "AAuthType")?;
            let kind = Scheme::from_account(word.as_bytes()).and_then(|kind| policy.lift(kind));
            let is_one = scheme.is_none() || scheme == kind.map(|(scheme, _)| scheme);
            // An entry of no known type comes after all others.
            let rank = kind.map_or(0, policy::rank);
            if is_one && best_rank.is_none_or(|best| rank > best) {
                best = Some((entry, kind));
                best_rank = Some(rank);
            }
        }
        next = local.next_sibling(entry);
    }
    Ok(best)
}

/// Scheme of the server's credentials: that of the strongest server entry.
pub(crate) fn server_scheme(
    tree: &mut Tree<'_>,
    account: NodeId,
    policy: Policy,
) -> Result<Option<Scheme>, Error> {
    let found = entry(&mut tree.local(), account, (Level::Server, None), policy)?;
    Ok(found.and_then(|(_, kind)| kind).map(|(scheme, _)| scheme))
}

/// An AppAuth entry as it was when the session first needed it.
#[derive(Default)]
pub(crate) struct Proof {
    pub(crate) who: Credentials,
    /// AAuthData.
    pub(crate) nonce: Nonce,
    /// The scheme that the entry was read for.
    wanted: Option<Scheme>,
    /// The hash of seals.
    pub(crate) seal: Option<Hash>,
}

/// Reads the entry of `level` that can do `scheme` into `known`, unless it holds that entry already.
///
/// An entry of that very type is taken first. Else an entry of the level stands in for the digests, which show nothing of
/// the secret; it never stands in for basic, which would show all of it.
#[inline(never)]
pub(crate) fn proof<'p>(
    tree: &mut Tree<'_>,
    account: NodeId,
    (level, scheme): (Level, Option<Scheme>),
    policy: Policy,
    known: &'p mut Option<Proof>,
) -> Result<Option<&'p Proof>, Error> {
    if known.as_ref().is_some_and(|proof| proof.wanted == scheme) {
        return Ok(known.as_ref());
    }
    *known = None;
    let mut local = tree.local();
    let mut found = entry(&mut local, account, (level, scheme), policy)?;
    if found.is_none() && scheme.is_some_and(Scheme::has_nonce) {
        found = entry(&mut local, account, (level, None), policy)?;
    }
    let Some((entry, kind)) = found else {
        return Ok(None);
    };
    // What stands in for a seal seals with the hash of 1.2, or the weakest that is allowed.
    let seal = kind.and_then(|(_, seal)| seal).or_else(|| {
        let md5 = Scheme::from_account(b"HMAC").and_then(|kind| policy.lift(kind));
        md5.and_then(|(_, seal)| seal)
    });
    // Read in place: what is secret leaves no copy on the stack.
    let proof = known.insert(Proof::default());
    proof.wanted = scheme;
    proof.seal = seal;
    fill(&mut local, entry, proof)?;
    let who = &mut proof.who;
    if level == Level::Server && who.name.is_empty() {
        // The server's user name is normally its ServerID (security chapter 1).
        text(&mut local, account, "ServerID", &mut who.name)?;
    }
    Ok(known.as_ref())
}

/// Reads nonce, name and secret of an entry.
fn fill(local: &mut Local<'_, '_>, entry: NodeId, proof: &mut Proof) -> Result<(), Error> {
    text(local, entry, "AAuthData", &mut proof.nonce)?;
    text(local, entry, "AAuthName", &mut proof.who.name)?;
    text(local, entry, "AAuthSecret", &mut proof.who.secret)
}

/// Hands over the AppAuth entries of a level one after the other, with the scheme of their AAuthType.
#[cfg(feature = "notification")]
#[inline(never)]
pub(crate) fn proofs(
    tree: &mut Tree<'_>,
    account: NodeId,
    level: Level,
    visit: &mut dyn FnMut(Option<Scheme>, &mut Proof),
) -> Result<(), Error> {
    let mut local = tree.local();
    let mut next = local
        .child(account, "AppAuth")
        .and_then(|list| local.first_child(list));
    while let Some(entry) = next {
        let mut word = Word::default();
        word.read(&mut local, entry, "AAuthLevel")?;
        if word.as_bytes() == level.name() {
            word.read(&mut local, entry, "AAuthType")?;
            let kind = Scheme::from_account(word.as_bytes()).map(|(scheme, _)| scheme);
            let mut proof = Proof::default();
            fill(&mut local, entry, &mut proof)?;
            visit(kind, &mut proof);
        }
        next = local.next_sibling(entry);
    }
    Ok(())
}

/// Keeps the nonce of the next session in AAuthData (`SEC-C-012`). To be called for proven servers only (`SEC-C-021`).
pub(crate) fn keep_nonce(
    tree: &mut Tree<'_>,
    account: NodeId,
    (level, scheme): (Level, Scheme),
    policy: Policy,
    nonce: &[u8],
) -> Result<(), Error> {
    let mut local = tree.local();
    let mut found = entry(&mut local, account, (level, Some(scheme)), policy)?;
    if found.is_none() {
        found = entry(&mut local, account, (level, None), policy)?;
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
    let mut last = Word::default();
    last.len = local.value(counter, &mut last.bytes).unwrap_or(0);
    let last = last.number().unwrap_or(0);
    #[cfg(feature = "profile13")]
    let step = crate::profile13::session_step(random);
    #[cfg(not(feature = "profile13"))]
    let step = 1;
    // 1 to 65535, and around.
    let next = u32::from(last).saturating_add(step);
    let next = next
        .checked_sub(65536)
        .map_or(next, |over| over.saturating_add(1));
    let decimal = Decimal::new(next);
    local
        .set_value(counter, decimal.as_bytes())
        .map_err(Error::Device)?;
    Ok(u16::try_from(next).unwrap_or(1))
}

/// Remembers the version that the server understood, so that the next session starts with it.
pub(crate) fn keep_version(
    tree: &mut Tree<'_>,
    account: NodeId,
    version: Version,
    asked: Option<Scheme>,
) -> Result<(), Error> {
    let mut local = tree.local();
    let spoken = settings(&local, account).and_then(|ext| local.child(ext, "Spoken"));
    let Some(spoken) = spoken else {
        return Ok(());
    };
    let mut known = Word::default();
    known.len = local.value(spoken, &mut known.bytes).unwrap_or(0);
    let (number, kind) = known.spoken();
    let wanted = asked.map_or(kind, |scheme| scheme.account_name().as_bytes());
    if number == version.number().as_bytes() && kind == wanted {
        return Ok(());
    }
    let mut text = Vec::<u8, 16>::new();
    // All of it fits: a number of three characters and the longest name.
    let _ = text.extend_from_slice(version.number().as_bytes());
    if !wanted.is_empty() {
        let _ = text.push(b' ');
        let _ = text.extend_from_slice(wanted);
    }
    local.set_value(spoken, &text).map_err(Error::Device)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn composed(kind: &str, addr: &str, port: &str) -> Option<std::string::String> {
        let mut uri = heapless::String::new();
        compose(&mut uri, kind.as_bytes(), addr, port.parse().ok())?;
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
            (
                "IPv6",
                "[2001:db8::1]",
                "8443",
                "https://[2001:db8::1]:8443/",
            ),
            ("IPv4", "192.0.2.1", "444", "https://192.0.2.1:444/"),
        ] {
            assert_eq!(composed(kind, addr, port).as_deref(), Some(expected));
        }
        assert_eq!(composed("URI", &"x".repeat(URI_MAX + 1), ""), None);
    }
}
