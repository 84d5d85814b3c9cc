//! Accounts of the tree: who made them, whether they are whole, and what every bootstrap leaves with them.
//!
//! Whatever a document has written, by whichever profile: an account counts only when it has come through
//! [`settle`], in the same transaction.

use dm_tree::{Buffer, NodeId, Progress, Property, Reason, Sink, Tree};
use heapless::Vec;

use super::path::{Path, URI_MAX};
use super::proof::{MARK_DIGITS, Mark, append};
use super::{BOOTSTRAP_ACCOUNTS_MAX, Change, Origin, Refused};
use crate::account::DMACC;
use crate::session::SERVER_ID_MAX;

/// Accounts that a source can change; of more the others are safe from it, too.
pub(super) type Own = Vec<NodeId, 16>;

/// The accounts that came from there.
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
pub(super) fn is_plain(server_id: &[u8]) -> bool {
    let is_plain =
        |octet: &u8| octet.is_ascii_graphic() && !matches!(octet, b'*' | b'+' | b'&' | b'=');
    !server_id.is_empty() && server_id.iter().all(is_plain)
}

/// The account of a server, other than this one.
pub(super) fn account_of(
    tree: &mut Tree<'_>,
    wanted: &[u8],
    other_than: Option<NodeId>,
) -> Result<Option<NodeId>, Refused> {
    let mut next = tree.local().object(DMACC, None);
    while let Some(account) = next {
        let mut id = [0; SERVER_ID_MAX];
        let len = value(tree, account, "ServerID", &mut id)?;
        if id.get(..len) == Some(wanted) && next != other_than {
            return Ok(Some(account));
        }
        next = tree.local().object(DMACC, next);
    }
    Ok(None)
}

/// Copies a leaf to `buf` and gives its length; 0: it is missing.
fn whole(tree: &mut Tree<'_>, parent: NodeId, leaf: &str, buf: &mut [u8]) -> Result<usize, Reason> {
    let mut local = tree.local();
    let Some(leaf) = local.child(parent, leaf) else {
        return Ok(0);
    };
    match local.value(leaf, buf) {
        Err(Reason::NoSuchNode | Reason::NotLeaf) => Ok(0),
        result => result,
    }
}

/// As [`whole`]; also 0 for one that is longer than anything that could be used.
pub(super) fn value(
    tree: &mut Tree<'_>,
    parent: NodeId,
    leaf: &str,
    buf: &mut [u8],
) -> Result<usize, Refused> {
    match whole(tree, parent, leaf, buf) {
        Err(Reason::TooLarge) => Ok(0),
        result => result.map_err(Refused::Device),
    }
}

/// Reads what an account says of its source; empty: nothing.
fn known_source<'b>(
    tree: &mut Tree<'_>,
    account: NodeId,
    buf: &'b mut [u8; SOURCE_MAX],
) -> Result<&'b [u8], Refused> {
    let local = tree.local();
    let ext = local
        .child(account, "Ext")
        .and_then(|ext| local.child(ext, "OmaDm"));
    let len = match ext {
        Some(ext) => value(tree, ext, "Source", buf)?,
        None => 0,
    };
    Ok(buf.get(..len).unwrap_or_default())
}

/// Whether the account came from there. What nobody has marked is the manufacturer's.
fn is_of_source(tree: &mut Tree<'_>, account: NodeId, origin: Origin<'_>) -> Result<bool, Refused> {
    let mut known = [0; SOURCE_MAX];
    let known = known_source(tree, account, &mut known)?;
    let known = known.split(|octet| *octet == b'#').next();
    let mut buf = [0; SOURCE_MAX];
    let source = source(origin, None, &mut buf);
    Ok(match (origin, known.unwrap_or_default()) {
        (Origin::Factory, []) => true,
        // A proof that is weaker than the one the account was made with does not change it.
        (Origin::Push { .. }, [kind @ .., strength]) => source
            .split_last()
            .is_some_and(|(own, same)| same == kind && own >= strength),
        (_, known) => known == source,
    })
}

/// Calls `see` with the mark of the document that each account was made or changed by last.
pub(super) fn marks(
    tree: &mut Tree<'_>,
    see: &mut dyn FnMut(&mut Tree<'_>, Mark) -> Result<(), Refused>,
) -> Result<(), Refused> {
    let mut next = tree.local().object(DMACC, None);
    while let Some(account) = next {
        let mut known = [0; SOURCE_MAX];
        let known = known_source(tree, account, &mut known)?;
        if let Some(mark) = known.split(|octet| *octet == b'#').nth(1)
            && let Some(mark) = Mark::parse(known.first() == Some(&b'c'), mark)
        {
            see(tree, mark)?;
        }
        next = tree.local().object(DMACC, next);
    }
    Ok(())
}

/// Octets of the longest source: `tls:` and a host, `#` and a mark.
const SOURCE_MAX: usize = NAMED_MAX + 1 + MARK_DIGITS;
/// Octets of the longest source without the mark.
const NAMED_MAX: usize = 68;

/// What `Ext/OmaDm/Source` says: for TLS also which server it was, for a push also how well it was proved. A longer name
/// counts by its beginning. Behind that the mark of the document, which counts with the account, or not at all.
fn source<'s>(origin: Origin<'_>, mark: Option<&Mark>, buf: &'s mut [u8; SOURCE_MAX]) -> &'s [u8] {
    let (kind, detail): (&[u8], &[u8]) = match origin {
        Origin::Factory => (b"factory", b""),
        Origin::SmartCard => (b"card", b""),
        Origin::Secured { name } => (b"tls:", name.as_bytes()),
        Origin::Push { sec, .. } => (
            b"push:",
            match sec {
                Some(crate::Sec::NetworkId) | None => b"0",
                Some(crate::Sec::UserPin | crate::Sec::UserPinMac) => b"1",
                Some(crate::Sec::UserPinNetworkId) => b"2",
            },
        ),
    };
    let mut len = 0;
    // There is room for all of it: the name is cut to what it may take.
    let _ = append(buf, &mut len, kind);
    let room = NAMED_MAX.saturating_sub(kind.len()).min(detail.len());
    let _ = append(buf, &mut len, detail.get(..room).unwrap_or_default());
    if let Some(mark) = mark {
        let _ = append(buf, &mut len, b"#");
        let _ = append(buf, &mut len, &mark.digits());
    }
    let source = buf.get_mut(..len).unwrap_or_default();
    source.make_ascii_lowercase();
    source
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
    /// What else came from the card goes.
    pub(super) is_whole_card: bool,
    /// What a new server may do elsewhere.
    #[cfg(feature = "profile13")]
    pub(super) rights: &'r [super::InitialRight],
}

/// Checks and completes every account that the open transaction has changed, and shows each. `work` holds a name and an
/// address.
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
    if rules.is_whole_card {
        for account in rules.own {
            let is_old = !tree.is_changed_in_transaction(*account);
            if is_old && tree.local().exists(*account) {
                remove(tree, *account)?;
            }
        }
    }
    Ok(())
}

/// The account that this one has taken the place of.
fn settle_one(
    tree: &mut Tree<'_>,
    rules: &Rules<'_>,
    account: NodeId,
    work: &mut [u8],
    show: &mut dyn FnMut(&Change<'_>),
) -> Result<Option<NodeId>, Refused> {
    let mut server_id = [0; SERVER_ID_MAX];
    let len = value(tree, account, "ServerID", &mut server_id)?;
    let server_id = server_id.get(..len).unwrap_or_default();
    let is_made = tree.is_made_in_transaction(account);
    let may_change = |account: NodeId| rules.own.contains(&account);
    if !is_made && !may_change(account) {
        return Err(Refused::TakeOver);
    }
    if !is_plain(server_id) || !has_app_id(tree, account)? {
        return Err(Refused::Incomplete);
    }
    let (name, rest) = {
        let len = whole(tree, account, "Name", work)?;
        work.split_at_mut_checked(len).unwrap_or_default()
    };
    let len = address(tree, account, rest)?;
    if len == 0 {
        return Err(Refused::Incomplete);
    }
    let has_server_proof = credentials(tree, account)?;
    let twin = account_of(tree, server_id, Some(account))?;
    if let Some(twin) = twin {
        if !is_made || !may_change(twin) || tree.is_changed_in_transaction(twin) {
            return Err(Refused::TakeOver);
        }
        supersede(tree, twin, account)?;
    }
    let mut buf = [0; URI_MAX];
    let uri = tree.local().uri(account, &mut buf)?;
    settings(tree, uri, rules, has_server_proof)?;
    if rules.grants_always || !has_acl(tree, account)? {
        rights(tree, uri, server_id)?;
    }
    #[cfg(feature = "profile13")]
    if is_made && twin.is_none() {
        super::initial::grant(tree, rules.rights, account, server_id)?;
    }
    show(&Change {
        server_id,
        name,
        addr: rest.get(..len).unwrap_or_default(),
        is_new: is_made && twin.is_none(),
    });
    Ok(twin)
}

/// `OBJ-C-003`
fn has_app_id(tree: &mut Tree<'_>, account: NodeId) -> Result<bool, Refused> {
    let mut id = [0; 2];
    let len = value(tree, account, "AppID", &mut id)?;
    Ok(id.get(..len) == Some(b"w7"))
}

/// Copies the first address to `buf` and gives its length; 0: there is none.
fn address(tree: &mut Tree<'_>, account: NodeId, buf: &mut [u8]) -> Result<usize, Refused> {
    let list = tree.local().child(account, "AppAddr");
    let mut next = list.and_then(|list| tree.local().first_child(list));
    while let Some(entry) = next {
        let len = whole(tree, entry, "Addr", buf)?;
        if len != 0 {
            return Ok(len);
        }
        next = tree.local().next_sibling(entry);
    }
    Ok(0)
}

/// Looks at the credentials. Whether the server has some to prove itself with.
fn credentials(tree: &mut Tree<'_>, account: NodeId) -> Result<bool, Refused> {
    let list = tree.local().child(account, "AppAuth");
    let mut next = list.and_then(|list| tree.local().first_child(list));
    let mut has_server_proof = false;
    while let Some(entry) = next {
        let (mut level, mut kind) = ([0; 16], [0; 16]);
        let len = value(tree, entry, "AAuthLevel", &mut level)?;
        let level = level.get(..len).unwrap_or_default();
        let len = value(tree, entry, "AAuthType", &mut kind)?;
        let kind = kind.get(..len).unwrap_or_default();
        has_server_proof |= level == b"SRVCRED";
        // `OBJ-C-009`: those levels are not of DM, and know none of its schemes.
        let is_of_transport = matches!(kind, b"HTTP-BASIC" | b"HTTP-DIGEST" | b"TRANSPORT");
        if matches!(level, b"OBEX" | b"HTTP") && !is_of_transport {
            return Err(Refused::Device(Reason::Value));
        }
        next = tree.local().next_sibling(entry);
    }
    Ok(has_server_proof)
}

/// Deletes the account `old`, and gives its name to `new` if that is beside it: the account of a server keeps its place.
fn supersede(tree: &mut Tree<'_>, old: NodeId, new: NodeId) -> Result<(), Refused> {
    let mut buf = [0; URI_MAX];
    let uri = tree.local().uri(old, &mut buf)?;
    tree.local().delete(uri)?;
    let name = uri.as_bytes().rsplit(|octet| *octet == b'/').next();
    let mut buf = [0; URI_MAX];
    let mut of_new = Path::new(tree.local().uri(new, &mut buf)?)?;
    of_new.push(b"?prop=Name")?;
    // A name is a nicety: one that cannot be had there changes nothing.
    let _ = tree.local().set(of_new.as_str(), name.unwrap_or_default());
    Ok(())
}

/// What this client keeps of its own with the account. A device description need not have a place for it; then only the
/// manufacturer can change the account later.
fn settings(
    tree: &mut Tree<'_>,
    uri: &str,
    rules: &Rules<'_>,
    has_server_proof: bool,
) -> Result<(), Refused> {
    // A server that was given nothing to prove itself with is proved by its certificate or by nothing.
    let proof: &[u8] = if has_server_proof {
        b"required"
    } else {
        b"transport"
    };
    let mut buf = [0; SOURCE_MAX];
    let source = source(rules.origin, Some(&rules.mark), &mut buf);
    for (leaf, value) in [
        (&b"/Ext/OmaDm/Source"[..], source),
        (b"/Ext/OmaDm/ServerAuth", proof),
    ] {
        let mut path = Path::new(uri)?;
        path.push(leaf)?;
        match tree.factory().set(path.as_str(), value) {
            Ok(_) | Err(Reason::NotDescribed) => {}
            Err(reason) => return Err(Refused::Device(reason)),
        }
    }
    Ok(())
}

/// Whether the account has an ACL of its own.
fn has_acl(tree: &mut Tree<'_>, account: NodeId) -> Result<bool, Refused> {
    let mut acl = [0; 1];
    let mut buffer = Buffer::new(&mut acl);
    let mut sink = Sink::new(&mut buffer);
    tree.local().property(account, Property::Acl, &mut sink)?;
    Ok(!buffer.written().is_empty())
}

/// The server of the account gets its rights on it, and nobody else any (`BOOT-C-006`, `BOOT-C-007`).
fn rights(tree: &mut Tree<'_>, uri: &str, server_id: &[u8]) -> Result<(), Refused> {
    let mut acl = [0; 3 * SERVER_ID_MAX + 24];
    let mut len = 0;
    for part in [
        b"Delete=",
        server_id,
        b"&Get=",
        server_id,
        b"&Replace=",
        server_id,
    ] {
        append(&mut acl, &mut len, part).ok_or(Reason::TooLarge)?;
    }
    let acl = core::str::from_utf8(acl.get(..len).unwrap_or_default());
    let acl = acl.map_err(|_| Reason::Utf8)?;
    tree.factory().acl(uri, acl).map_err(Refused::Device)
}

/// Removes an account with all rights of its server.
fn remove(tree: &mut Tree<'_>, account: NodeId) -> Result<(), Refused> {
    let mut id = [0; SERVER_ID_MAX];
    let len = value(tree, account, "ServerID", &mut id)?;
    let mut buf = [0; URI_MAX];
    let uri = tree.local().uri(account, &mut buf)?;
    tree.local().delete(uri)?;
    let id = id.get(..len).unwrap_or_default();
    if !id.is_empty() {
        tree.purge_server(id)?;
    }
    Ok(())
}

/// Removes the accounts from the card, but those of the servers in `keep`.
pub(super) fn remove_from_card(tree: &mut Tree<'_>, keep: &[&[u8]]) -> Result<(), Refused> {
    let mut next = tree.local().object(DMACC, None);
    while let Some(account) = next {
        next = tree.local().object(DMACC, next);
        let mut id = [0; SERVER_ID_MAX];
        let len = value(tree, account, "ServerID", &mut id)?;
        let is_kept = keep.contains(&id.get(..len).unwrap_or_default());
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
