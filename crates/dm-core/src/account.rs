//! The account of a session: DMAcc leaves.
//!
//! The credentials of both sides are read when the session begins, so that what a server replaces counts from the next one
//! (`SEC-C-030`), and are wiped with it (`SEC-C-044`). All else is read when it is needed and not kept.
//!
//! Objects chapter 2. Settings of this client that DMAcc does not know live below `Ext/OmaDm` of the account, where
//! no server has access: `ServerAuth`, `Version`, `Spoken` (the version that was understood last, and behind a blank the AAuthType that
//! the server asked for, if it asked) and `SessionCount`.

use dm_tree::{Local, NodeId, Reason, Tree};
use dm_wbxml::Text;

use crate::address;
use crate::auth::{Credentials, Hash, Nonce, Scheme, put, wipe};
use crate::error::{Error, LimitKind};
use crate::policy::{self, Passwords, Policy};
use crate::session::{Octets, OctetsView, ServerId, Session, URI_MAX, Uri, Version, decimal};

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

const CLIENT: &[u8] = b"CLCRED";
const SERVER: &[u8] = b"SRVCRED";

#[cfg(feature = "notification")]
impl Level {
    const fn name(self) -> &'static [u8] {
        match self {
            Self::Client => CLIENT,
            Self::Server => SERVER,
            #[cfg(all(feature = "notification", feature = "profile13"))]
            Self::Notices => crate::profile13::NOTICE_LEVEL,
        }
    }
}

/// A value that is one of a few known words; longer ones are none of them.
type Word = Octets<16>;

/// The parts of an account that a session looks at.
const PARTS: [&str; 5] = ["ServerID", "AppAddr", "AAuthPref", "AppAuth", "Ext"];
/// The part of an account that holds its credentials.
const APP_AUTH: &str = "AppAuth";

/// Reads a leaf into `buf` and gives its length; missing, or without a value: 0.
#[inline(never)]
fn leaf(local: &mut Local<'_, '_>, leaf: Option<NodeId>, buf: &mut [u8]) -> Result<u8, Error> {
    let Some(leaf) = leaf else {
        return Ok(0);
    };
    match local.value(leaf, buf) {
        // Nothing is read that may be longer.
        Ok(len) => Ok(u8::try_from(len).unwrap_or(u8::MAX)),
        Err(Reason::TooLarge) => Err(Error::Limit(LimitKind::TextTooLong)),
        Err(Reason::NoSuchNode) => Ok(0),
        Err(reason) => Err(Error::Device(reason)),
    }
}

/// As [`leaf`], into a bounded text.
#[inline(never)]
fn text(
    local: &mut Local<'_, '_>,
    node: Option<NodeId>,
    value: &mut OctetsView,
) -> Result<(), Error> {
    let _ = value.resize(value.capacity(), 0);
    let len = leaf(local, node, value.as_mut_slice())?;
    value.truncate(usize::from(len));
    Ok(())
}

#[inline(never)]
fn word(local: &mut Local<'_, '_>, node: Option<NodeId>, word: &mut Word) -> Result<(), Error> {
    match text(local, node, word) {
        Err(Error::Limit(_)) => {
            word.clear();
            Ok(())
        }
        result => result,
    }
}

fn number(word: &Word) -> Option<u16> {
    let number = Text::from_bytes(word).parse_u32();
    number.and_then(|number| u16::try_from(number).ok())
}

/// The version and the AAuthType in `Spoken`.
fn spoken(word: &[u8]) -> (&[u8], &[u8]) {
    let mut words = word.splitn(2, |octet| *octet == b' ');
    let number = words.next().unwrap_or_default();
    (number, words.next().unwrap_or_default())
}

/// Sets a leaf that may be missing, unless it has this value.
#[inline(never)]
pub(crate) fn update(tree: &mut Tree<'_>, leaf: Option<NodeId>, value: &[u8]) -> Result<(), Error> {
    let mut known = Word::new();
    let _ = word(&mut tree.local(), leaf, &mut known);
    if known == value {
        return Ok(());
    }
    set(tree, leaf, value)
}

/// Sets a leaf that may be missing.
#[inline(never)]
fn set(tree: &mut Tree<'_>, leaf: Option<NodeId>, value: &[u8]) -> Result<(), Error> {
    let Some(leaf) = leaf else {
        return Ok(());
    };
    match tree.local().set_value(leaf, value) {
        Err(Reason::NoSuchNode) => Ok(()),
        result => result.map_err(Error::Device),
    }
}

/// Finds the account of `server_id`, or the first one, and fills in what the session keeps of it: all that is replaced in this
/// session counts from the next one (`SEC-C-030`).
#[inline(never)]
pub(crate) fn open(
    tree: &mut Tree<'_>,
    server_id: Option<&[u8]>,
    session: &mut Session,
) -> Result<(), Error> {
    let local = &mut tree.local();
    let mut parts = [None; 5];
    let found = search(local, server_id, &mut session.server_id, &mut parts)?;
    session.account = found;
    if found.is_none() {
        return Err(Error::Limit(LimitKind::NoAccount));
    }
    let [_, addresses, pref, auth, ext] = parts;
    find_address(local, addresses, &mut session.uri)?;
    session.uri_is_proven = true;
    let own = ext.and_then(|ext| local.child(ext, "OmaDm"));
    let [server_auth, version, known, count] = own.map_or([None; 4], |own| {
        local.children(own, &["ServerAuth", "Version", "Spoken", "SessionCount"])
    });
    session.spoken = known;
    session.count = count;
    let mut value = Word::new();
    word(local, server_auth, &mut value)?;
    session.transport_proof_is_enough = value == b"transport";
    word(local, version, &mut value)?;
    let fixed = Version::from_number(&value);
    word(local, known, &mut value)?;
    let (number, kind) = spoken(&value);
    let highest = || Version::ALL.into_iter().next().unwrap_or_default();
    session.version = fixed
        .or_else(|| Version::from_number(number))
        .unwrap_or_else(highest);
    session.may_fall_back = fixed.is_none() && session.version != Version::V1_2;
    // Scheme of the first Cred: AAuthPref when an entry has it, where that is empty the one that the server asked for last
    // (`OBJ-C-007`), else that of the strongest client entry (`SEC-C-042`).
    let asked = Scheme::from_account(kind);
    word(local, pref, &mut value)?;
    let pref = match value.as_slice() {
        [] => asked,
        name => Scheme::from_account(name),
    };
    let policy = session.policy;
    let pref = pref.and_then(|kind| policy.lift(kind));
    let mut best = Entries::default();
    survey(
        local,
        auth,
        (Level::Client, scheme_of(pref)),
        policy,
        &mut best,
    )?;
    let [client, server] = &best;
    let scheme = scheme_of(client.kind);
    // A password is shown to a secured address only, where the rules say so; the server may still ask for another type.
    let shown = policy.passwords != Passwords::Secured || address::is_https(&session.uri);
    let scheme = scheme.filter(|scheme| shown || *scheme != Scheme::Basic);
    session.client_auth.scheme = scheme;
    if scheme.is_some() {
        session
            .client_auth
            .proof
            .take(local, client, scheme, policy)?;
    }
    session.server_auth.wanted = scheme_of(server.kind);
    let wanted = session.wanted_scheme();
    session
        .server_auth
        .proof
        .take(local, server, wanted, policy)?;
    name_server(session);
    Ok(())
}

/// The account of `server_id`, or the first one; its ServerID is left in `id`, and the nodes of [`PARTS`] in `parts`.
fn search(
    local: &mut Local<'_, '_>,
    server_id: Option<&[u8]>,
    id: &mut ServerId,
    parts: &mut [Option<NodeId>; 5],
) -> Result<Option<NodeId>, Error> {
    let mut next = local.object(DMACC, None);
    while let Some(account) = next {
        *parts = local.children(account, &PARTS);
        text(local, parts[0], id)?;
        if !id.is_empty() && server_id.is_none_or(|wanted| wanted == id.as_slice()) {
            break;
        }
        next = local.object(DMACC, next);
    }
    Ok(next)
}

/// The account of `server_id`, without beginning a session.
#[cfg(feature = "notification")]
pub(crate) fn find(tree: &mut Tree<'_>, server_id: &[u8]) -> Result<Option<NodeId>, Error> {
    let (id, parts) = (&mut ServerId::new(), &mut [None; 5]);
    search(&mut tree.local(), Some(server_id), id, parts)
}

/// The first usable address becomes the session's (objects chapter 2.3).
#[inline(never)]
fn find_address(
    local: &mut Local<'_, '_>,
    list: Option<NodeId>,
    uri: &mut Uri,
) -> Result<(), Error> {
    let mut next = list.and_then(|list| local.first_child(list));
    while let Some(entry) = next {
        let [addr, kind, ports] = local.children(entry, &["Addr", "AddrType", "Port"]);
        let mut buf = [0; URI_MAX];
        let len = leaf(local, addr, &mut buf)?;
        let addr = buf.get(..usize::from(len)).unwrap_or_default();
        let addr = core::str::from_utf8(addr).unwrap_or_default();
        if !addr.is_empty() {
            let first = ports.and_then(|list| local.first_child(list));
            let port = first.and_then(|first| local.child(first, "PortNbr"));
            let mut value = Word::new();
            word(local, port, &mut value)?;
            let port = number(&value);
            word(local, kind, &mut value)?;
            return address::compose(uri, &value, addr, port)
                .ok_or(Error::Limit(LimitKind::TextTooLong));
        }
        next = local.next_sibling(entry);
    }
    Err(Error::Limit(LimitKind::NoAccount))
}

/// What an AAuthType comes to under the policy, with the hash of its seals.
type Kind = (Scheme, Option<Hash>);

fn scheme_of(kind: Option<Kind>) -> Option<Scheme> {
    kind.map(|(scheme, _)| scheme)
}

/// The best AppAuth entry of a level.
#[derive(Clone, Copy, Default)]
struct Best {
    entry: Option<NodeId>,
    /// Its [`LEAVES`].
    leaves: Leaves,
    kind: Option<Kind>,
    rank: u8,
}

/// The leaves of an AppAuth entry, the nodes of which [`Proof::fill`] reads in [`Leaves`].
const LEAVES: [&str; 5] = [
    "AAuthLevel",
    "AAuthType",
    "AAuthData",
    "AAuthName",
    "AAuthSecret",
];
type Leaves = [Option<NodeId>; 5];

/// The best entries of client and server.
type Entries = [Best; 2];

/// Above every [`policy::rank`].
const WANTED: u8 = 1 << 7;

/// The best entries of client and server: of the scheme that is wanted of a level, else the strongest, last one of no known
/// type.
#[inline(never)]
fn survey(
    local: &mut Local<'_, '_>,
    list: Option<NodeId>,
    (wanted_of, wanted): (Level, Option<Scheme>),
    policy: Policy,
    [client, server]: &mut Entries,
) -> Result<(), Error> {
    let mut value = Word::new();
    let mut next = list.and_then(|list| local.first_child(list));
    while let Some(entry) = next {
        next = local.next_sibling(entry);
        let leaves = local.children(entry, &LEAVES);
        let [level, kind, ..] = leaves;
        word(local, level, &mut value)?;
        let (level, best) = if value == CLIENT {
            (Level::Client, &mut *client)
        } else if value == SERVER {
            (Level::Server, &mut *server)
        } else {
            continue;
        };
        word(local, kind, &mut value)?;
        let kind = Scheme::from_account(&value).and_then(|kind| policy.lift(kind));
        let mut rank = kind.map_or(0, policy::rank);
        if level == wanted_of && kind.is_some() && scheme_of(kind) == wanted {
            rank |= WANTED;
        }
        if best.entry.is_none() || rank > best.rank {
            *best = Best {
                entry: Some(entry),
                leaves,
                kind,
                rank,
            };
        }
    }
    Ok(())
}

/// An AppAuth entry as it was when the session first needed it.
#[derive(Default)]
pub(crate) struct Proof {
    /// `None`: the account has none.
    entry: Option<NodeId>,
    pub(crate) who: Credentials,
    /// AAuthData, or what took its place in this session. May come from a server that did not prove itself yet
    /// (`SEC-C-020`).
    pub(crate) nonce: Nonce,
    /// `nonce` took the place of AAuthData, which is not read again.
    has_newer: bool,
    /// The scheme that the entry was read for; `None`: it was not yet.
    wanted: Option<Option<Scheme>>,
    /// The hash of seals.
    pub(crate) seal: Option<Hash>,
}

impl Proof {
    /// Forgets it all.
    pub(crate) fn clear(&mut self) {
        self.has_newer = false;
        self.clear_entry();
    }

    /// Forgets what it read of an entry.
    fn clear_entry(&mut self) {
        self.entry = None;
        self.wanted = None;
        self.who.wipe();
        if !self.has_newer {
            wipe(&mut self.nonce);
        }
    }

    /// Takes a nonce in place of the one in the account.
    pub(crate) fn renew(&mut self, nonce: &[u8]) {
        put(&mut self.nonce, nonce);
        self.has_newer = true;
    }

    /// Reads an entry, in place: what is secret leaves no copy on the stack.
    #[inline(never)]
    fn take(
        &mut self,
        local: &mut Local<'_, '_>,
        best: &Best,
        wanted: Option<Scheme>,
        policy: Policy,
    ) -> Result<(), Error> {
        if self.wanted.is_some() {
            self.clear_entry();
        }
        if best.entry.is_none() {
            // One that is added in this session counts from the next one, too (`SEC-C-030`).
            self.wanted = Some(wanted);
            return Ok(());
        }
        // What stands in for a seal seals with the hash of 1.2, or the weakest that is allowed.
        let seal = best.kind.and_then(|(_, seal)| seal);
        self.seal = seal.or_else(|| policy.seal());
        self.fill(local, &best.leaves)?;
        self.entry = best.entry;
        self.wanted = Some(wanted);
        Ok(())
    }

    /// Reads nonce, name and secret of an entry.
    fn fill(&mut self, local: &mut Local<'_, '_>, leaves: &Leaves) -> Result<(), Error> {
        let [_, _, nonce, name, secret] = leaves;
        if !self.has_newer {
            text(local, *nonce, &mut self.nonce)?;
        }
        text(local, *name, &mut self.who.name)?;
        text(local, *secret, &mut self.who.secret)
    }
}

/// Reads the entry of `level` that can do `scheme`, unless that was done already; whether there is one.
///
/// An entry of that very type is taken first. Else an entry of the level stands in for the digests, which show nothing of
/// the secret; it never stands in for basic, which would show all of it.
#[inline(never)]
pub(crate) fn proof(
    tree: &mut Tree<'_>,
    session: &mut Session,
    level: Level,
    scheme: Option<Scheme>,
) -> Result<bool, Error> {
    let known = session.proof(level);
    if known.wanted == Some(scheme) {
        return Ok(known.entry.is_some());
    }
    let mut entries = Entries::default();
    let best = again(tree, session, level, scheme, &mut entries)?;
    if scheme != scheme_of(best.kind) && !scheme.is_none_or(Scheme::has_nonce) {
        best.entry = None;
    }
    let policy = session.policy;
    let known = session.proof_mut(level);
    known.take(&mut tree.local(), best, scheme, policy)?;
    name_server(session);
    Ok(best.entry.is_some())
}

/// The server's user name is normally its ServerID (security chapter 1).
fn name_server(session: &mut Session) {
    let name = &mut session.server_auth.proof.who.name;
    if name.is_empty() {
        put(name, &session.server_id);
    }
}

/// The best entry of a level as the account is now.
fn again<'e>(
    tree: &mut Tree<'_>,
    session: &Session,
    level: Level,
    scheme: Option<Scheme>,
    entries: &'e mut Entries,
) -> Result<&'e mut Best, Error> {
    let local = &mut tree.local();
    let list = session
        .account
        .and_then(|account| local.child(account, APP_AUTH));
    survey(local, list, (level, scheme), session.policy, entries)?;
    let [client, server] = entries;
    Ok(if level == Level::Client {
        client
    } else {
        server
    })
}

/// Hands over the AppAuth entries of a level one after the other, with the scheme of their AAuthType.
#[cfg(feature = "notification")]
#[inline(never)]
pub(crate) fn proofs(
    tree: &mut Tree<'_>,
    account: NodeId,
    wanted: Level,
    visit: &mut dyn FnMut(Option<Scheme>, &mut Proof),
) -> Result<(), Error> {
    let local = &mut tree.local();
    let list = local.child(account, APP_AUTH);
    let mut value = Word::new();
    let mut next = list.and_then(|list| local.first_child(list));
    while let Some(entry) = next {
        let leaves = local.children(entry, &LEAVES);
        let [level, kind, ..] = leaves;
        word(local, level, &mut value)?;
        if value == wanted.name() {
            word(local, kind, &mut value)?;
            let kind = scheme_of(Scheme::from_account(&value));
            let mut proof = Proof::default();
            proof.fill(local, &leaves)?;
            visit(kind, &mut proof);
        }
        next = local.next_sibling(entry);
    }
    Ok(())
}

/// Keeps the nonce of the next session in AAuthData (`SEC-C-012`): the client's last, or the one issued to the server. To be
/// called for proven servers only (`SEC-C-021`).
#[inline(never)]
pub(crate) fn keep_nonce(
    tree: &mut Tree<'_>,
    session: &Session,
    level: Level,
) -> Result<(), Error> {
    let proof = session.proof(level);
    let mut entry = proof.entry.filter(|entry| tree.local().exists(*entry));
    if entry.is_none() {
        // The server has put another in its place.
        let entries = &mut Entries::default();
        entry = again(tree, session, level, proof.wanted.flatten(), entries)?.entry;
    }
    let leaf = entry.and_then(|entry| tree.local().child(entry, "AAuthData"));
    let nonce = match level {
        Level::Client => proof.nonce.as_slice(),
        _ => session.server_auth.issued.as_slice(),
    };
    set(tree, leaf, nonce)
}

/// The SessionID of a session that the client begins: the account's counter, or random without one (`PRO-C-006`).
pub(crate) fn next_session_id(
    tree: &mut Tree<'_>,
    session: &Session,
    random: &[u8; 16],
) -> Result<u16, Error> {
    let [a, b, ..] = *random;
    let random = u16::from_be_bytes([a, b]).max(1);
    if session.count.is_none() {
        return Ok(random);
    }
    let mut value = Word::new();
    let _ = word(&mut tree.local(), session.count, &mut value);
    let last = number(&value).unwrap_or(0);
    #[cfg(feature = "profile13")]
    let step = crate::profile13::session_step(random);
    #[cfg(not(feature = "profile13"))]
    let step = 1;
    // 1 to 65535, and around.
    let next = u32::from(last).saturating_add(step);
    let next = next
        .checked_sub(65536)
        .map_or(next, |over| over.saturating_add(1));
    set(tree, session.count, decimal(next).as_bytes())?;
    Ok(u16::try_from(next).unwrap_or(1))
}

/// Remembers the version that the server understood, so that the next session starts with it.
pub(crate) fn keep_version(
    tree: &mut Tree<'_>,
    session: &Session,
    asked: Option<Scheme>,
) -> Result<(), Error> {
    let mut known = Word::new();
    let _ = word(&mut tree.local(), session.spoken, &mut known);
    let kind = asked.map_or(spoken(&known).1, |scheme| scheme.account_name().as_bytes());
    // All of it fits: a number of three characters and the longest name.
    let mut text = Word::new();
    put(&mut text, session.version.number().as_bytes());
    if !kind.is_empty() {
        let _ = text.push(b' ');
        let _ = text.extend_from_slice(kind);
    }
    update(tree, session.spoken, &text)
}
