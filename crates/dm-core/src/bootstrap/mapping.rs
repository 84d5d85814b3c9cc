//! From an APPLICATION of a provisioning document to an account of the tree.
//!
//! Objects digest, section 2.4 (`OBJ-C-023`, `BOOT-C-003`): every parameter goes to the leaf of the same meaning.

use dm_tree::{DescId, NodeId, Reason, Tree};
use dm_wbxml::{Cursor, Text};

use super::Refused;
use super::account::{Own, account_of, is_plain};
use super::path::Path;
use super::provisioning::Document;
use crate::account::DMACC;
use crate::exec;
use crate::session::SERVER_ID_MAX;

/// Most references, addresses, ports, and credentials of an account each, so that a document cannot fill the tree with one.
const ENTRIES_MAX: u16 = 8;
/// Octets of the longest nonce.
const NONCE_MAX: usize = 64;

/// What becomes of a parameter, or of the characteristics of a type.
struct Rule {
    /// Its name, or the type.
    from: &'static [u8],
    /// The leaf, or the list.
    to: &'static [u8],
    how: How,
}

enum How {
    /// The value goes to the leaf as it is.
    Plain,
    /// As [`Plain`](Self::Plain), and without it there is no entry.
    Needed,
    /// The value is one of these words, which are others in the tree. For another or none there is the word behind them, or
    /// without that no entry.
    Word(
        &'static [(&'static [u8], &'static [u8])],
        Option<&'static [u8]>,
    ),
    /// The value is a list, and there is an entry for each of its members.
    Each,
    /// The value is Base64, the leaf holds the octets.
    Octets,
    /// Each characteristic is an entry of a list, and this is what it holds.
    List(&'static [Rule]),
}

const fn rule(from: &'static [u8], to: &'static [u8], how: How) -> Rule {
    Rule { from, to, how }
}

const ACCOUNT: [Rule; 3] = [
    rule(b"NAME", b"/Name", How::Plain),
    rule(b"APPADDR", b"/AppAddr/", How::List(&ADDRESS)),
    rule(b"APPAUTH", b"/AppAuth/", How::List(&CREDENTIALS)),
];
const ADDRESS: [Rule; 3] = [
    rule(b"ADDR", b"/Addr", How::Needed),
    rule(
        b"ADDRTYPE",
        b"/AddrType",
        How::Word(&[(b"IPV4", b"IPv4"), (b"IPV6", b"IPv6")], Some(b"URI")),
    ),
    rule(b"PORT", b"/Port/", How::List(&PORT)),
];
const PORT: [Rule; 1] = [rule(b"PORTNBR", b"/PortNbr", How::Plain)];
const CREDENTIALS: [Rule; 5] = [
    // Whose they are (`BOOT-C-010`).
    rule(
        b"AAUTHLEVEL",
        b"/AAuthLevel",
        How::Word(
            &[
                (b"APPSRV", b"CLCRED"),
                (b"CLIENT", b"SRVCRED"),
                (b"OBEX", b"OBEX"),
            ],
            None,
        ),
    ),
    rule(b"AAUTHTYPE", b"/AAuthType", How::Each),
    rule(b"AAUTHNAME", b"/AAuthName", How::Plain),
    rule(b"AAUTHSECRET", b"/AAuthSecret", How::Plain),
    rule(b"AAUTHDATA", b"/AAuthData", How::Octets),
];
/// One goes to PrefConRef, several go to ToConRef.
const REFERENCES: [&[u8]; 2] = [b"TO-PROXY", b"TO-NAPID"];
/// What a document replaces as a whole.
const REPLACED: [&str; 5] = ["AppAddr", "AppAuth", "ToConRef", "PrefConRef", "Name"];

/// Makes or changes the account of an APPLICATION. In a transaction: what it leaves behind when it fails is rolled back.
#[inline(never)]
pub(super) fn write(
    tree: &mut Tree<'_>,
    document: &Document<'_>,
    application: &Cursor,
    own: &Own,
    work: &mut [u8],
) -> Result<(), Refused> {
    let mut buf = [0; SERVER_ID_MAX];
    let server_id = document.parm(application, b"PROVIDER-ID", 0, &mut buf)?;
    let server_id = server_id.unwrap_or_default();
    if server_id.len() > SERVER_ID_MAX {
        return Err(Refused::Device(Reason::TooLarge));
    }
    if !is_plain(server_id) {
        return Err(Refused::Incomplete);
    }
    let known = account_of(tree, server_id, None)?;
    // One that is changed already is another of this document: they would be one account.
    let is_taken = |known| !own.contains(&known) || tree.is_changed_in_transaction(known);
    if known.is_some_and(is_taken) {
        return Err(Refused::TakeOver);
    }
    let mut path = Path::text();
    let mut writing = Writing {
        tree,
        path: &mut path,
        document,
        application,
        work,
        member: 0,
        has_more: false,
        is_bare: false,
    };
    Ok(writing.account(known, server_id)?)
}

/// An account being written: `path` is where values go, and grows and shrinks by segments.
struct Writing<'w, 'a> {
    tree: &'w mut Tree<'a>,
    path: &'w mut Path,
    document: &'w Document<'w>,
    application: &'w Cursor,
    work: &'w mut [u8],
    /// The member of a list of types, or the address without a characteristic, that the present entry is for.
    member: u16,
    /// There is another one.
    has_more: bool,
    /// The present entry is an address without a characteristic.
    is_bare: bool,
}

impl Writing<'_, '_> {
    #[inline(never)]
    fn account(&mut self, known: Option<NodeId>, server_id: &[u8]) -> Result<(), Reason> {
        self.path.begin_account();
        match known {
            Some(known) => self.go_to(known)?,
            None => self.go_to_new()?,
        }
        for (leaf, value) in [(&b"/AppID"[..], &b"w7"[..]), (b"/ServerID", server_id)] {
            self.path.set(self.tree, leaf, value)?;
        }
        self.connections()?;
        self.follow(self.application, &ACCOUNT).map(|_| ())
    }

    /// Goes to an account and empties it.
    fn go_to(&mut self, account: NodeId) -> Result<(), Reason> {
        for list in REPLACED {
            if let Some(list) = self.tree.local().child(account, list) {
                self.clear(list)?;
            }
        }
        self.path.go_to(self.tree, account)
    }

    /// Removes a node, or if it has to stay everything below it.
    fn clear(&mut self, node: NodeId) -> Result<(), Reason> {
        match self.delete(node) {
            Err(Reason::Permanent | Reason::Occurrence) if !self.tree.local().is_leaf(node) => {}
            result => return result,
        }
        while let Some(child) = self.tree.local().first_child(node) {
            self.delete(child)?;
        }
        Ok(())
    }

    #[inline(never)]
    fn delete(&mut self, node: NodeId) -> Result<(), Reason> {
        self.path.go_inside(self.tree, node)?;
        self.tree.local().delete(self.path.as_str())
    }

    /// Goes to where the device description has accounts (`BOOT-C-005`), to the lowest number that is free (`BOOT-C-004`).
    #[inline(never)]
    fn go_to_new(&mut self) -> Result<(), Reason> {
        let schema = self.tree.schema();
        let count = u16::try_from(schema.nodes.len()).unwrap_or(u16::MAX);
        let is_account = |id: &DescId| {
            let is_interior = schema.get(*id).is_some_and(|desc| desc.is_interior());
            is_interior && schema.mime(*id).starts_with(DMACC)
        };
        let account = (0..count).map(DescId).find(is_account);
        // The identifier stands at each account, which has no name, or in some published descriptions above them.
        let mut id = account.ok_or(Reason::NotDescribed)?;
        while id != DescId::ROOT {
            let name = schema.name(id);
            if !name.is_empty() {
                self.path.put_before(name);
                self.path.put_before(b"/");
            }
            let desc = schema.get(id).ok_or(Reason::NotDescribed)?;
            id = DescId(desc.parent);
        }
        self.path.put_before(b".");
        let back = self.path.end();
        for number in 1..=u16::MAX {
            self.path.enter(b"/", number);
            if self.tree.local().find(self.path.as_str()).is_none() {
                return Ok(());
            }
            self.path.back(back);
        }
        Err(Reason::Full)
    }

    /// TO-PROXY and TO-NAPID, which are counted first.
    #[inline(never)]
    fn connections(&mut self) -> Result<(), Reason> {
        let back = self.path.end();
        let mut count = 0u16;
        for is_written in [false, true] {
            let mut number = 0u16;
            for name in REFERENCES {
                for index in 0..ENTRIES_MAX {
                    let value = self
                        .document
                        .parm(self.application, name, index, self.work)?;
                    let Some(value) = value else {
                        break;
                    };
                    number = number.saturating_add(1);
                    if !is_written {
                        continue;
                    }
                    let mut leaf: &[u8] = b"/PrefConRef";
                    if count != 1 {
                        self.path.enter(b"/ToConRef/", number);
                        leaf = b"/ConRef";
                    }
                    self.path.set(self.tree, leaf, value)?;
                    self.path.back(back);
                }
            }
            count = number;
        }
        Ok(())
    }

    /// Does what the rules say with what is in a characteristic. Whether it counts: what an entry needs stands first in its
    /// rules.
    #[inline(never)]
    fn follow(&mut self, from: &Cursor, rules: &'static [Rule]) -> Result<bool, Reason> {
        let mut octets = [0; NONCE_MAX];
        for rule in rules {
            let is_needed = matches!(rule.how, How::Needed);
            let mut value = None;
            if let How::List(rules) = rule.how {
                if !self.is_bare {
                    self.list(from, rule, rules)?;
                }
                continue;
            }
            if is_needed || !self.is_bare {
                let index = if is_needed { self.member } else { 0 };
                value = self.document.parm(from, rule.from, index, self.work)?;
            }
            let value = match (&rule.how, value) {
                (How::Word(words, other), word) => {
                    let word = word.unwrap_or_default();
                    let known = words.iter().find(|known| known.0 == word);
                    let Some(word) = known.map(|known| known.1).or(*other) else {
                        return Ok(false);
                    };
                    word
                }
                (How::Each, list) => {
                    let list = list.unwrap_or_default();
                    self.has_more = member(list, self.member.saturating_add(1)).is_some();
                    member(list, self.member).unwrap_or_default()
                }
                (How::Octets, Some(digits)) => {
                    exec::decoded(&Text::from_bytes(digits), &mut octets)?
                }
                (_, Some(value)) => value,
                (_, None) if is_needed => return Ok(false),
                (_, None) => continue,
            };
            self.path.set(self.tree, rule.to, value)?;
        }
        Ok(true)
    }

    /// Makes the entries of a list.
    #[inline(never)]
    fn list(&mut self, from: &Cursor, rule: &Rule, rules: &'static [Rule]) -> Result<(), Reason> {
        let back = self.path.end();
        let mut number = 0u16;
        for index in 0..ENTRIES_MAX {
            let block = self.document.block(from, rule.from, index);
            self.member = 0;
            if block.is_none() {
                // In documents without APPADDR the ADDRs stand beside it.
                if rule.to != b"/AppAddr/" || self.document.block(from, rule.from, 0).is_some() {
                    break;
                }
                (self.member, self.is_bare) = (index, true);
            }
            self.has_more = true;
            while self.has_more {
                self.has_more = false;
                self.path.enter(rule.to, number.saturating_add(1));
                let counts = self.follow(block.as_ref().unwrap_or(from), rules)?;
                self.path.back(back);
                number = number.saturating_add(u16::from(counts));
                if number > ENTRIES_MAX {
                    return Err(Reason::Full);
                }
                self.member = self.member.saturating_add(1);
            }
            self.is_bare = false;
        }
        Ok(())
    }
}

/// A member of a list with commas.
#[inline(never)]
fn member(list: &[u8], index: u16) -> Option<&[u8]> {
    let mut members = list.split(|octet| *octet == b',');
    members.nth(usize::from(index)).map(<[u8]>::trim_ascii)
}
