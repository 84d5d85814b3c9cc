//! Accounts of the tree: whether they are whole, and what every bootstrap leaves with them.
//!
//! Whatever a document has written, by whichever profile: an account counts only when it has come through
//! [`settle`], in the same transaction.

use dm_tree::{Buffer, NodeId, Progress, Property, Reason, Sink, Tree};
use heapless::Vec;

use super::proof::append;
use super::source::{self, Source};
use super::{BOOTSTRAP_ACCOUNTS_MAX, Bootstrap, Change, Profile, Refused};
use crate::account::DMACC;
use crate::session::SERVER_ID_MAX;

/// Accounts that a source can change in a message, or that go with a card; of more the others stay.
pub(super) type Own = Vec<NodeId, 16>;

/// A document being applied.
pub(super) struct Job<'j> {
    pub(super) bootstrap: &'j Bootstrap<'j>,
    pub(super) source: Source,
    /// See [`Bootstrap::apply`].
    pub(super) work: &'j mut [u8],
    pub(super) show: &'j mut dyn FnMut(&Change<'_>),
    /// Accounts that are written.
    pub(super) count: u8,
    /// See [`Applied`](super::Applied).
    pub(super) connect_now: bool,
}

impl Job<'_> {
    /// Counts an account before it is written or settled.
    pub(super) fn count_one(&mut self) -> Result<(), Refused> {
        let most = self.bootstrap.policy.accounts;
        if self.count >= most.min(BOOTSTRAP_ACCOUNTS_MAX as u8) {
            return Err(Refused::Policy);
        }
        self.count = self.count.saturating_add(1);
        Ok(())
    }
}

/// An account that was written.
pub(super) struct Account<'a> {
    pub(super) node: NodeId,
    pub(super) server_id: &'a [u8],
    pub(super) is_new: bool,
}

/// The accounts that came from there.
#[inline(never)]
pub(super) fn own(tree: &mut Tree<'_>, source: &Source) -> Result<Own, Refused> {
    let (mut own, mut next) = (Own::new(), None);
    loop {
        next = tree.local().object(DMACC, next);
        let Some(account) = next else {
            return Ok(own);
        };
        if source.has(tree, account)? {
            let _ = own.push(account);
        }
    }
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
    let (mut id, mut next) = ([0; SERVER_ID_MAX], None);
    loop {
        next = tree.local().object(DMACC, next);
        let Some(account) = next else {
            return Ok(None);
        };
        if next != other_than && value(tree, account, "ServerID", &mut id)? == wanted {
            return Ok(next);
        }
    }
}

/// Copies a leaf below an account to `buf`; empty: it is missing.
#[inline(never)]
fn whole<'b>(
    tree: &mut Tree<'_>,
    parent: NodeId,
    leaf: &str,
    buf: &'b mut [u8],
) -> Result<&'b [u8], Reason> {
    let mut local = tree.local();
    let len = match local.below(parent, leaf) {
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
#[inline(never)]
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

/// Octets of the longest value that is one of a few words.
const WORD_MAX: usize = 16;

/// Checks and completes an account, and shows it. The place for work holds its name and its address.
#[inline(never)]
pub(super) fn settle(
    tree: &mut Tree<'_>,
    job: &mut Job<'_>,
    account: &Account<'_>,
) -> Result<(), Refused> {
    let node = account.node;
    let len = whole(tree, node, "Name", job.work)?.len();
    let (name, rest) = job.work.split_at_mut_checked(len).unwrap_or_default();
    let addr = address(tree, node, rest)?;
    if addr.is_empty() {
        return Err(Refused::Incomplete);
    }
    let proof = credentials(tree, node)?;
    complete(tree, (job.bootstrap, &job.source), account, proof)?;
    #[cfg(feature = "profile13")]
    if account.is_new {
        let rights = job.bootstrap.policy.rights;
        super::initial::grant(tree, rights, node, account.server_id)?;
    }
    (job.show)(&Change {
        server_id: account.server_id,
        name,
        addr,
        is_new: account.is_new,
    });
    Ok(())
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
#[inline(never)]
fn first_of(tree: &mut Tree<'_>, account: NodeId, list: &str) -> Option<NodeId> {
    let local = tree.local();
    local.first_child(local.below(account, list)?)
}

#[inline(never)]
fn is_among(word: &[u8], words: &[&[u8]]) -> bool {
    words.contains(&word)
}

/// Looks at the credentials. How the server has to prove itself: one that was given nothing for it is proved by its
/// certificate or by nothing.
fn credentials(tree: &mut Tree<'_>, account: NodeId) -> Result<&'static [u8], Reason> {
    let mut proof: &[u8] = b"transport";
    let mut next = first_of(tree, account, "AppAuth");
    while let Some(entry) = next {
        let mut word = [0; WORD_MAX];
        let level = value(tree, entry, "AAuthLevel", &mut word)?;
        if is_among(level, &[b"SRVCRED"]) {
            proof = b"required";
        }
        // `OBJ-C-009`: those levels are not of DM, and know none of its schemes.
        if is_among(level, &[b"OBEX", b"HTTP"]) {
            let kind = value(tree, entry, "AAuthType", &mut word)?;
            if !is_among(kind, &[b"HTTP-BASIC", b"HTTP-DIGEST", b"TRANSPORT"]) {
                return Err(Reason::Value);
            }
        }
        next = tree.local().next_sibling(entry);
    }
    Ok(proof)
}

/// What this client keeps of its own with the account, and the rights of its server.
#[inline(never)]
fn complete(
    tree: &mut Tree<'_>,
    (bootstrap, source): (&Bootstrap<'_>, &Source),
    account: &Account<'_>,
    proof: &[u8],
) -> Result<(), Reason> {
    // A device description need not have a place for it; then only the manufacturer can change the account later.
    for (leaf, value) in &[
        (&b"Ext/OmaDm/Source"[..], source.as_bytes()),
        (b"Ext/OmaDm/ServerAuth", proof),
    ] {
        match tree.factory().set_below(account.node, leaf, value) {
            Ok(()) | Err(Reason::NotDescribed) => {}
            result => return result,
        }
    }
    // A provisioning document gives none (`BOOT-C-021`).
    let gives_rights = cfg!(feature = "tnds") && bootstrap.profile != Profile::Provisioning;
    if gives_rights && has_acl(tree, account.node)? {
        return Ok(());
    }
    // The server of the account gets its rights on it, and nobody else any (`BOOT-C-006`, `BOOT-C-007`).
    let mut acl = [0; ACL_MAX];
    let mut len = 0;
    for verb in VERBS {
        append(&mut acl, &mut len, verb)
            .and_then(|()| append(&mut acl, &mut len, account.server_id))
            .ok_or(Reason::TooLarge)?;
    }
    let acl = acl.get(..len).unwrap_or_default();
    tree.factory()
        .set_property(account.node, Property::Acl, acl)
}

/// What its server may do with an account.
const VERBS: &[&[u8]] = &[b"Delete=", b"&Get=", b"&Replace="];

/// Octets of the longest ACL of an account.
const ACL_MAX: usize = 3 * SERVER_ID_MAX + 24;

/// Whether the account has an ACL of its own.
fn has_acl(tree: &mut Tree<'_>, account: NodeId) -> Result<bool, Reason> {
    let mut acl = [0; 1];
    let mut buffer = Buffer::new(&mut acl);
    let mut sink = Sink::new(&mut buffer);
    tree.local().property(account, Property::Acl, &mut sink)?;
    Ok(!buffer.written().is_empty())
}

/// Settles every account that a message has changed.
#[cfg(feature = "tnds")]
pub(super) fn settle_changed(
    tree: &mut Tree<'_>,
    job: &mut Job<'_>,
    own: &Own,
) -> Result<(), Refused> {
    let mut next = tree.local().object(DMACC, None);
    while let Some(account) = next {
        next = tree.local().object(DMACC, next);
        if !tree.is_changed_in_transaction(account) {
            continue;
        }
        job.count_one()?;
        let gone = settle_named(tree, job, own, account)?;
        if gone.is_some() && gone == next {
            next = tree.local().object(DMACC, gone);
        }
    }
    Ok(())
}

/// Settles an account of which everything comes from a message. The account that it has taken the place of.
#[cfg(feature = "tnds")]
#[inline(never)]
fn settle_named(
    tree: &mut Tree<'_>,
    job: &mut Job<'_>,
    own: &Own,
    node: NodeId,
) -> Result<Option<NodeId>, Refused> {
    let mut server_id = [0; SERVER_ID_MAX];
    let server_id = value(tree, node, "ServerID", &mut server_id)?;
    let is_made = tree.is_made_in_transaction(node);
    if !is_made && !own.contains(&node) {
        return Err(Refused::TakeOver);
    }
    // `OBJ-C-003`
    let is_dm = value(tree, node, "AppID", &mut [0; WORD_MAX])? == b"w7";
    if !is_plain(server_id) || !is_dm {
        return Err(Refused::Incomplete);
    }
    let twin = account_of(tree, server_id, Some(node))?;
    if let Some(twin) = twin {
        let may_go = is_made && own.contains(&twin) && !tree.is_changed_in_transaction(twin);
        if !may_go {
            return Err(Refused::TakeOver);
        }
        supersede(tree, twin, node)?;
    }
    let is_new = is_made && twin.is_none();
    settle(
        tree,
        job,
        &Account {
            node,
            server_id,
            is_new,
        },
    )?;
    Ok(twin)
}

/// Deletes the account `old`, and gives its name to `new` if that is beside it: the account of a server keeps its place.
#[cfg(feature = "tnds")]
fn supersede(tree: &mut Tree<'_>, old: NodeId, new: NodeId) -> Result<(), Reason> {
    let mut buf = [0; NAME_MAX];
    let local = tree.local();
    let name = local.name(old);
    let len = name.len();
    let is_whole = append(&mut buf, &mut 0, name).is_some();
    tree.local().remove(old)?;
    if is_whole {
        // A name is a nicety: one that cannot be had there changes nothing.
        let name = buf.get(..len).unwrap_or_default();
        let _ = tree.factory().set_property(new, Property::Name, name);
    }
    Ok(())
}

/// Octets of the longest name of an account that another one can take over.
#[cfg(feature = "tnds")]
const NAME_MAX: usize = 144;

/// Removes an account with all rights of its server.
fn remove(tree: &mut Tree<'_>, account: NodeId) -> Result<(), Reason> {
    let mut id = [0; SERVER_ID_MAX];
    let id = value(tree, account, "ServerID", &mut id)?;
    tree.local().remove(account)?;
    if !id.is_empty() {
        tree.purge_server(id)?;
    }
    Ok(())
}

/// Removes the accounts of the card that the open transaction has not changed.
pub(super) fn remove_old(tree: &mut Tree<'_>, card: &Source) -> Result<(), Refused> {
    // All are looked at before one goes: the rights that go with it may be on another.
    let mut old = own(tree, card)?;
    old.retain(|account| !tree.is_changed_in_transaction(*account));
    Ok(old.iter().try_for_each(|account| remove(tree, *account))?)
}

/// Removes the accounts from the card, but those of the servers in `keep`.
pub(super) fn remove_from_card(tree: &mut Tree<'_>, keep: &[&[u8]]) -> Result<(), Reason> {
    let mut next = tree.local().object(DMACC, None);
    while let Some(account) = next {
        next = tree.local().object(DMACC, next);
        let mut id = [0; SERVER_ID_MAX];
        let is_kept = keep.contains(&value(tree, account, "ServerID", &mut id)?);
        if !is_kept && source::is_from(tree, account, source::CARD)? {
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
