//! Accounts of the tree: who made them, whether they are whole, and what every bootstrap leaves with them.
//!
//! Whatever a document has written, by whichever profile: an account counts only when it has come through
//! [`settle`], in the same transaction.

use dm_tree::{Buffer, NodeId, Progress, Property, Reason, Sink, Tree};
use heapless::Vec;

use super::path::Path;
use super::proof::{MARK_DIGITS, Mark, Marks};
use super::{BOOTSTRAP_ACCOUNTS_MAX, Change, Origin, Refused};
use crate::account::DMACC;
use crate::session::SERVER_ID_MAX;

/// Accounts that a source can change; of more the others are safe from it, too.
pub(super) type Own = Vec<NodeId, 16>;

/// The accounts that came from there.
#[inline(never)]
pub(super) fn own(tree: &mut Tree<'_>, origin: Origin<'_>) -> Result<Own, Refused> {
    let mut own = Own::new();
    let mut next = tree.local().object(DMACC, None);
    while let Some(account) = next {
        if is_of_source(tree, account, origin)? {
            let _ = own.push(account);
        }
        next = tree.local().object(DMACC, next);
    }
    Ok(own)
}

/// Whether this can be a Server Identifier: it becomes part of an ACL, where the others would mean something.
#[inline(never)]
pub(super) fn is_plain(server_id: &[u8]) -> bool {
    let is_plain = |octet: &u8| octet.is_ascii_graphic() && !b"*+&=".contains(octet);
    !server_id.is_empty() && server_id.iter().all(is_plain)
}

/// The account of a server, other than this one.
#[inline(never)]
pub(super) fn account_of(
    tree: &mut Tree<'_>,
    wanted: &[u8],
    other_than: Option<NodeId>,
) -> Result<Option<NodeId>, Refused> {
    let mut next = tree.local().object(DMACC, None);
    while let Some(account) = next {
        let mut id = [0; SERVER_ID_MAX];
        if next != other_than && value(tree, account, "ServerID", &mut id)? == wanted {
            break;
        }
        next = tree.local().object(DMACC, next);
    }
    Ok(next)
}

/// Copies a leaf to `buf`; empty: it is missing.
#[inline(never)]
fn whole<'b>(
    tree: &mut Tree<'_>,
    parent: NodeId,
    leaf: &str,
    buf: &'b mut [u8],
) -> Result<&'b [u8], Reason> {
    let mut local = tree.local();
    let len = match local.child(parent, leaf) {
        None => Ok(0),
        Some(leaf) => local.value(leaf, buf),
    };
    match len {
        Err(Reason::NoSuchNode | Reason::NotLeaf) => Ok(&[]),
        Err(reason) => Err(reason),
        Ok(len) => Ok(buf.get(..len).unwrap_or_default()),
    }
}

/// As [`whole`]; also empty for one that is longer than anything that could be used.
pub(super) fn value<'b>(
    tree: &mut Tree<'_>,
    parent: NodeId,
    leaf: &str,
    buf: &'b mut [u8],
) -> Result<&'b [u8], Reason> {
    match whole(tree, parent, leaf, buf) {
        Err(Reason::TooLarge) => Ok(&[]),
        result => result,
    }
}

/// Whether a leaf is one of these words.
#[inline(never)]
fn is_one_of(
    tree: &mut Tree<'_>,
    parent: NodeId,
    leaf: &str,
    words: &[&[u8]],
) -> Result<bool, Reason> {
    let mut word = [0; 16];
    let word = value(tree, parent, leaf, &mut word)?;
    Ok(words.contains(&word))
}

/// Goes down, if there is anything.
#[inline(never)]
fn child(tree: &mut Tree<'_>, node: Option<NodeId>, name: &str) -> Option<NodeId> {
    tree.local().child(node?, name)
}

/// Reads what an account says of its source; empty: nothing.
#[inline(never)]
fn known_source<'b>(
    tree: &mut Tree<'_>,
    account: NodeId,
    buf: &'b mut [u8; SOURCE_MAX],
) -> Result<&'b [u8], Reason> {
    let ext = child(tree, Some(account), "Ext");
    match child(tree, ext, "OmaDm") {
        Some(settings) => value(tree, settings, "Source", buf),
        None => Ok(&[]),
    }
}

/// Whether the account came from there. What nobody has marked is the manufacturer's.
#[inline(never)]
fn is_of_source(tree: &mut Tree<'_>, account: NodeId, origin: Origin<'_>) -> Result<bool, Reason> {
    let mut known = [0; SOURCE_MAX];
    let known = known_source(tree, account, &mut known)?;
    let known = known.split(|octet| *octet == b'#').next();
    let known = known.unwrap_or_default();
    let (kind, detail) = source(origin);
    let Some(rest) = known.strip_prefix(kind) else {
        return Ok(known.is_empty() && matches!(origin, Origin::Factory));
    };
    Ok(match origin {
        // A proof that is weaker than the one the account was made with does not change it.
        Origin::Push { .. } => rest.len() == 1 && detail >= rest,
        _ => detail.eq_ignore_ascii_case(rest),
    })
}

/// Whether the document with this mark was applied before: it is remembered, or an account says so.
#[inline(never)]
pub(super) fn is_known(tree: &mut Tree<'_>, mark: &Mark) -> Result<bool, Reason> {
    let mut marks = Marks::new();
    marks.load(tree)?;
    let mut is_known = marks.has(mark);
    let mut next = tree.local().object(DMACC, None);
    while let Some(account) = next {
        let mut source = [0; SOURCE_MAX];
        let source = known_source(tree, account, &mut source)?;
        let known = source.split(|octet| *octet == b'#').nth(1);
        if let Some(known) = Mark::parse(source.first() == Some(&b'c'), known.unwrap_or_default()) {
            is_known |= known.is_of_same_document(mark);
            // Power may have failed before it was among the others; the account may get another one now.
            if !marks.has(&known) {
                marks.keep(tree, &known)?;
            }
        }
        next = tree.local().object(DMACC, next);
    }
    Ok(is_known)
}

/// Octets of the longest source: `tls:` and a host, `#` and a mark.
const SOURCE_MAX: usize = NAMED_MAX + 1 + MARK_DIGITS;
/// Octets of the longest source without the mark.
const NAMED_MAX: usize = 68;

/// What `Ext/OmaDm/Source` says, in two parts: for TLS also which server it was, for a push also how well it was proved. A
/// longer name counts by its end, which says whose it is, and without regard to case. Behind that stands the mark of the document, which counts with the account, or not at
/// all.
#[inline(never)]
fn source(origin: Origin<'_>) -> (&[u8], &[u8]) {
    match origin {
        Origin::Factory => (b"factory", b""),
        Origin::SmartCard => (b"card", b""),
        Origin::Secured { name } => {
            let name = name.as_bytes();
            let cut = name.len().saturating_sub(NAMED_MAX - 4);
            (b"tls:", name.get(cut..).unwrap_or_default())
        }
        Origin::Push { sec, .. } => (b"push:", super::proof::strength(sec)),
    }
}

/// What accounts have to keep to that a document has written.
pub(super) struct Rules<'r> {
    pub(super) origin: Origin<'r>,
    /// That of the document.
    pub(super) mark: Mark,
    /// The accounts that its source may change.
    pub(super) own: &'r Own,
    /// Accounts, at most.
    pub(super) most: u8,
    /// The server gets its rights whatever ACL there is (`BOOT-C-006`); else only when the document gave none
    /// (`BOOT-C-021`).
    pub(super) grants_always: bool,
    /// What a new server may do elsewhere.
    #[cfg(feature = "profile13")]
    pub(super) rights: &'r [super::InitialRight],
}

/// Checks and completes every account that the open transaction has changed, and shows each. `work` holds a name and an
/// address.
#[inline(never)]
pub(super) fn settle(
    tree: &mut Tree<'_>,
    rules: &Rules<'_>,
    work: &mut [u8],
    show: &mut dyn FnMut(&Change<'_>),
) -> Result<(), Refused> {
    let most = usize::from(rules.most).min(BOOTSTRAP_ACCOUNTS_MAX);
    let mut count = 0usize;
    let mut next = tree.local().object(DMACC, None);
    while let Some(account) = next {
        next = tree.local().object(DMACC, next);
        if !tree.is_changed_in_transaction(account) {
            continue;
        }
        count = count.saturating_add(1);
        if count > most {
            return Err(Refused::Policy);
        }
        let gone = settle_one(tree, rules, account, work, show)?;
        if gone.is_some() && gone == next {
            next = tree.local().object(DMACC, gone);
        }
    }
    if count == 0 {
        return Err(Refused::NoAccount);
    }
    Ok(())
}

/// The account that this one has taken the place of.
#[inline(never)]
fn settle_one(
    tree: &mut Tree<'_>,
    rules: &Rules<'_>,
    account: NodeId,
    work: &mut [u8],
    show: &mut dyn FnMut(&Change<'_>),
) -> Result<Option<NodeId>, Refused> {
    let mut server_id = [0; SERVER_ID_MAX];
    let server_id = value(tree, account, "ServerID", &mut server_id)?;
    let is_made = tree.is_made_in_transaction(account);
    if !is_made && !rules.own.contains(&account) {
        return Err(Refused::TakeOver);
    }
    // `OBJ-C-003`
    if !is_plain(server_id) || !is_one_of(tree, account, "AppID", &[b"w7"])? {
        return Err(Refused::Incomplete);
    }
    let len = whole(tree, account, "Name", work)?.len();
    let (name, rest) = work.split_at_mut_checked(len).unwrap_or_default();
    let addr = address(tree, account, rest)?;
    if addr.is_empty() {
        return Err(Refused::Incomplete);
    }
    let proof = credentials(tree, account)?;
    let twin = account_of(tree, server_id, Some(account))?;
    if let Some(twin) = twin {
        supersede(tree, rules, twin, account)?;
    }
    complete(tree, rules, account, (server_id, proof))?;
    let is_new = is_made && twin.is_none();
    #[cfg(feature = "profile13")]
    if is_new {
        super::initial::grant(tree, rules.rights, account, server_id)?;
    }
    show(&Change {
        server_id,
        name,
        addr,
        is_new,
    });
    Ok(twin)
}

/// Copies the first address to `buf`; empty: there is none.
fn address<'b>(
    tree: &mut Tree<'_>,
    account: NodeId,
    buf: &'b mut [u8],
) -> Result<&'b [u8], Reason> {
    let mut next = first_of(tree, account, "AppAddr");
    let mut len = 0;
    while let (Some(entry), 0) = (next, len) {
        len = whole(tree, entry, "Addr", buf)?.len();
        next = tree.local().next_sibling(entry);
    }
    Ok(buf.get(..len).unwrap_or_default())
}

/// The first entry of a list.
fn first_of(tree: &mut Tree<'_>, account: NodeId, list: &str) -> Option<NodeId> {
    let list = child(tree, Some(account), list)?;
    tree.local().first_child(list)
}

/// Looks at the credentials. How the server has to prove itself: one that was given nothing for it is proved by its
/// certificate or by nothing.
fn credentials(tree: &mut Tree<'_>, account: NodeId) -> Result<&'static [u8], Reason> {
    let mut proof: &[u8] = b"transport";
    let mut next = first_of(tree, account, "AppAuth");
    while let Some(entry) = next {
        if is_one_of(tree, entry, "AAuthLevel", &[b"SRVCRED"])? {
            proof = b"required";
        }
        // `OBJ-C-009`: those levels are not of DM, and know none of its schemes.
        let of_transport: &[&[u8]] = &[b"HTTP-BASIC", b"HTTP-DIGEST", b"TRANSPORT"];
        if is_one_of(tree, entry, "AAuthLevel", &[b"OBEX", b"HTTP"])?
            && !is_one_of(tree, entry, "AAuthType", of_transport)?
        {
            return Err(Reason::Value);
        }
        next = tree.local().next_sibling(entry);
    }
    Ok(proof)
}

/// Deletes the account `old`, and gives its name to `new` if that is beside it: the account of a server keeps its place.
/// Only a message names its accounts; a provisioning document changes the one that is there.
fn supersede(
    tree: &mut Tree<'_>,
    rules: &Rules<'_>,
    old: NodeId,
    new: NodeId,
) -> Result<(), Refused> {
    let may_go = cfg!(feature = "tnds")
        && tree.is_made_in_transaction(new)
        && rules.own.contains(&old)
        && !tree.is_changed_in_transaction(old);
    if !may_go {
        return Err(Refused::TakeOver);
    }
    let mut path = Path::text();
    path.go_to(tree, old)?;
    tree.local().delete(path.as_str())?;
    let mut of_new = Path::text();
    of_new.go_to(tree, new)?;
    of_new.push(b"?prop=Name");
    // A name is a nicety: one that cannot be had there changes nothing.
    let mut from_the_end = path.as_str().as_bytes().rsplit(|octet| *octet == b'/');
    let name = from_the_end.next().unwrap_or_default();
    let _ = tree.local().set(of_new.as_str(), name);
    Ok(())
}

/// What this client keeps of its own with the account, and the rights of its server.
#[inline(never)]
fn complete(
    tree: &mut Tree<'_>,
    rules: &Rules<'_>,
    account: NodeId,
    (server_id, proof): (&[u8], &[u8]),
) -> Result<(), Reason> {
    let mut path = Path::text();
    path.go_to(tree, account)?;
    let (kind, detail) = source(rules.origin);
    let mut text = Path::text();
    text.push(kind);
    text.push(detail);
    text.push(b"#");
    rules.mark.put(&mut text);
    // A device description need not have a place for it; then only the manufacturer can change the account later.
    for (leaf, value) in [
        (&b"/Ext/OmaDm/Source"[..], text.as_bytes()),
        (b"/Ext/OmaDm/ServerAuth", proof),
    ] {
        match path.set(tree, leaf, value) {
            Ok(()) | Err(Reason::NotDescribed) => {}
            result => return result,
        }
    }
    // A provisioning document gives none.
    if cfg!(feature = "tnds") && !rules.grants_always && has_acl(tree, account)? {
        return Ok(());
    }
    // The server of the account gets its rights on it, and nobody else any (`BOOT-C-006`, `BOOT-C-007`).
    text.back(0);
    for verb in [&b"Delete="[..], b"&Get=", b"&Replace="] {
        text.push(verb);
        text.push(server_id);
    }
    tree.factory().acl(path.as_str(), text.as_str())
}

/// Whether the account has an ACL of its own.
fn has_acl(tree: &mut Tree<'_>, account: NodeId) -> Result<bool, Reason> {
    let mut acl = [0; 1];
    let mut buffer = Buffer::new(&mut acl);
    let mut sink = Sink::new(&mut buffer);
    tree.local().property(account, Property::Acl, &mut sink)?;
    Ok(!buffer.written().is_empty())
}

/// Removes an account with all rights of its server.
fn remove(tree: &mut Tree<'_>, account: NodeId) -> Result<(), Reason> {
    let mut id = [0; SERVER_ID_MAX];
    let id = value(tree, account, "ServerID", &mut id)?;
    let mut path = Path::text();
    path.go_to(tree, account)?;
    tree.local().delete(path.as_str())?;
    if !id.is_empty() {
        tree.purge_server(id)?;
    }
    Ok(())
}

/// Removes the accounts of the card that the open transaction has not changed.
pub(super) fn remove_old(tree: &mut Tree<'_>, own: &Own) -> Result<(), Reason> {
    // All are looked at before one goes: the rights that go with it may be on another.
    let mut old = own.clone();
    old.retain(|account| {
        !tree.is_changed_in_transaction(*account) && tree.local().exists(*account)
    });
    old.iter().try_for_each(|account| remove(tree, *account))
}

/// Removes the accounts from the card, but those of the servers in `keep`.
pub(super) fn remove_from_card(tree: &mut Tree<'_>, keep: &[&[u8]]) -> Result<(), Reason> {
    let mut next = tree.local().object(DMACC, None);
    while let Some(account) = next {
        next = tree.local().object(DMACC, next);
        let mut id = [0; SERVER_ID_MAX];
        let is_kept = keep.contains(&value(tree, account, "ServerID", &mut id)?);
        if !is_kept && is_of_source(tree, account, Origin::SmartCard)? {
            remove(tree, account)?;
        }
    }
    Ok(())
}

/// Does `what` in a transaction: all of it counts, or nothing.
pub(super) fn at_once<T>(
    tree: &mut Tree<'_>,
    what: impl FnOnce(&mut Tree<'_>) -> Result<T, Refused>,
) -> Result<T, Refused> {
    tree.begin()?;
    let result = what(tree).and_then(|done| match tree.commit()? {
        // Nobody waits for a handler here.
        Progress::NotYet => Err(Refused::Device(Reason::Busy)),
        _ => Ok(done),
    });
    if result.is_err() {
        tree.roll_back();
    }
    result
}
