//! From an APPLICATION of a provisioning document to an account of the tree.
//!
//! Objects digest, section 2.4 (`OBJ-C-023`, `BOOT-C-003`): every parameter goes to the leaf of the same meaning.

use dm_tree::{DescId, NodeId, Reason, Tree};
use dm_wbxml::{Tag, Text};

use super::Refused;
use super::account::{Account, Job, account_of, is_plain, settle};
use super::path::{Path, enter};
use super::proof::append;
use super::provisioning::{CHARACTERISTIC, Document, Element, PARM};
use crate::account::DMACC;
use crate::session::SERVER_ID_MAX;

/// Most references, addresses, ports, and credentials of an account each, so that a document cannot fill the tree with one.
const ENTRIES_MAX: u16 = 8;
/// Octets of the longest URI of an account.
const ACCOUNT_MAX: usize = 144;

/// What becomes of a parameter, or of elements that are each an entry of a list.
struct Rule {
    /// Its name, or the type. Empty: it is the element itself that the entry is for.
    from: &'static [u8],
    /// The leaf, or the list.
    to: &'static [u8],
    how: How,
}

enum How {
    /// The value goes to the leaf as it is.
    Plain,
    /// As [`Plain`](Self::Plain), and without it there is no entry. Stands first in its rules, as all does that an entry needs.
    Needed,
    /// The value is one of these words, which are others in the tree; an empty one stands for any other, or none. Without that
    /// there is no entry.
    Word(&'static [(&'static [u8], &'static [u8])]),
    /// The value is a list, and there is an entry for each of its members.
    Each,
    /// The value is Base64, the leaf holds the octets.
    Octets,
    /// Each such element is an entry of a list, behind those of the rule before when that has the same list; and this is what
    /// it holds.
    List(Tag, &'static [Rule]),
    /// As [`List`](Self::List), when there is no entry yet.
    Else(Tag, &'static [Rule]),
}

const fn rule(from: &'static [u8], to: &'static [u8], how: How) -> Rule {
    Rule { from, to, how }
}

const ACCOUNT: [Rule; 6] = [
    rule(b"APPID", b"AppID", How::Plain),
    rule(b"PROVIDER-ID", b"ServerID", How::Plain),
    rule(b"NAME", b"Name", How::Plain),
    rule(b"APPADDR", b"AppAddr/", How::List(CHARACTERISTIC, &ADDRESS)),
    // In documents without APPADDR the ADDRs stand beside it.
    rule(b"ADDR", b"AppAddr/", How::Else(PARM, &BARE)),
    rule(
        b"APPAUTH",
        b"AppAuth/",
        How::List(CHARACTERISTIC, &CREDENTIALS),
    ),
];
const ADDRESS: [Rule; 3] = [
    rule(b"ADDR", b"Addr", How::Needed),
    rule(
        b"ADDRTYPE",
        b"AddrType",
        How::Word(&[(b"IPV4", b"IPv4"), (b"IPV6", b"IPv6"), (b"", b"URI")]),
    ),
    rule(b"PORT", b"Port/", How::List(CHARACTERISTIC, &PORT)),
];
const BARE: [Rule; 2] = [
    rule(b"", b"Addr", How::Plain),
    rule(b"", b"AddrType", How::Word(&[(b"", b"URI")])),
];
const PORT: [Rule; 1] = [rule(b"PORTNBR", b"PortNbr", How::Plain)];
const CREDENTIALS: [Rule; 5] = [
    // Whose they are (`BOOT-C-010`).
    rule(
        b"AAUTHLEVEL",
        b"AAuthLevel",
        How::Word(&[
            (b"APPSRV", b"CLCRED"),
            (b"CLIENT", b"SRVCRED"),
            (b"OBEX", b"OBEX"),
        ]),
    ),
    rule(b"AAUTHTYPE", b"AAuthType", How::Each),
    rule(b"AAUTHNAME", b"AAuthName", How::Plain),
    rule(b"AAUTHSECRET", b"AAuthSecret", How::Plain),
    rule(b"AAUTHDATA", b"AAuthData", How::Octets),
];
/// The only reference.
const REFERENCE: [Rule; 2] = [
    rule(b"TO-PROXY", b"PrefConRef", How::Plain),
    rule(b"TO-NAPID", b"PrefConRef", How::Plain),
];
/// Several.
const REFERENCES: [Rule; 2] = [
    rule(b"TO-PROXY", b"ToConRef/", How::List(PARM, &CON_REF)),
    rule(b"TO-NAPID", b"ToConRef/", How::List(PARM, &CON_REF)),
];
const CON_REF: [Rule; 1] = [rule(b"", b"ConRef", How::Plain)];
/// What a document replaces as a whole.
const REPLACED: [&str; 5] = ["AppAddr", "AppAuth", "ToConRef", "PrefConRef", "Name"];

/// Makes or changes the account of an APPLICATION. In a transaction: what it leaves behind when it fails is rolled back.
#[inline(never)]
pub(super) fn write(
    tree: &mut Tree<'_>,
    job: &mut Job<'_>,
    document: &Document<'_>,
    application: &Element<'_>,
) -> Result<(), Refused> {
    let (mut parm, mut buf) = (Element::new(), [0; SERVER_ID_MAX]);
    if !document.find(application, PARM, b"PROVIDER-ID", 0, &mut parm) {
        return Err(Refused::Incomplete);
    }
    let server_id = parm.value(&mut buf)?;
    if server_id.len() > SERVER_ID_MAX {
        return Err(Refused::Device(Reason::TooLarge));
    }
    if !is_plain(server_id) {
        return Err(Refused::Incomplete);
    }
    let known = account_of(tree, server_id, None)?;
    let node = match known {
        None => new_account(tree)?,
        Some(known) => {
            // One that is changed already is another of this document: they would be one account.
            if tree.is_changed_in_transaction(known)
                || !job.source.has(tree, known)?
                || account_of(tree, server_id, Some(known))?.is_some()
            {
                return Err(Refused::TakeOver);
            }
            clear(tree, known)?;
            known
        }
    };
    let mut writing = Writing {
        tree,
        path: Path::at(node),
        document,
        work: job.work,
        has_more: false,
    };
    writing.account(application)?;
    let is_new = known.is_none();
    settle(
        tree,
        job,
        &Account {
            node,
            server_id,
            is_new,
        },
    )
}

/// Removes what a document replaces.
fn clear(tree: &mut Tree<'_>, account: NodeId) -> Result<(), Reason> {
    let mut local = tree.local();
    for name in &REPLACED {
        let Some(part) = local.below(account, name) else {
            continue;
        };
        match local.remove(part) {
            // What has to stay loses everything below it.
            Err(Reason::Permanent | Reason::Occurrence) if !local.is_leaf(part) => {
                while let Some(child) = local.first_child(part) {
                    local.remove(child)?;
                }
            }
            result => result?,
        }
    }
    Ok(())
}

/// Makes an account where the device description has them (`BOOT-C-005`), with the lowest number that is free (`BOOT-C-004`).
#[inline(never)]
fn new_account(tree: &mut Tree<'_>) -> Result<NodeId, Reason> {
    let schema = tree.schema();
    let count = u16::try_from(schema.nodes.len()).unwrap_or(u16::MAX);
    let is_account = |id: &DescId| {
        let is_interior = schema.get(*id).is_some_and(|desc| desc.is_interior());
        is_interior && schema.mime(*id).starts_with(DMACC)
    };
    let account = (0..count).map(DescId).find(is_account);
    // The identifier stands at each account, which has no name, or in some published descriptions above them.
    let mut id = account.ok_or(Reason::NotDescribed)?;
    let mut uri = Uri {
        octets: [0; _],
        start: ACCOUNT_MAX,
    };
    while id != DescId::ROOT {
        let name = schema.name(id);
        if !name.is_empty() {
            uri.put_before(name);
            uri.put_before(b"/");
        }
        let desc = schema.get(id).ok_or(Reason::NotDescribed)?;
        id = DescId(desc.parent);
    }
    uri.put_before(b".");
    for number in 1..=u16::MAX {
        let account = uri.with(number)?;
        if tree.local().find(account).is_none() {
            return tree.factory().node(account);
        }
    }
    Err(Reason::Full)
}

/// The URI of an account, put together from back to front, and behind that there is room for its number.
struct Uri {
    octets: [u8; ACCOUNT_MAX + 6],
    start: usize,
}

impl Uri {
    /// What has no room is noticed in the end: the start is outside then.
    #[inline(never)]
    fn put_before(&mut self, text: &[u8]) {
        self.start = self.start.wrapping_sub(text.len());
        let _ = append(&mut self.octets, &mut { self.start }, text);
    }

    fn with(&mut self, number: u16) -> Result<&str, Reason> {
        let mut end = ACCOUNT_MAX;
        enter(&mut self.octets, &mut end, b"/", number)?;
        let uri = self.octets.get(self.start..end);
        let uri = uri.filter(|uri| uri.len() <= ACCOUNT_MAX);
        // Names are UTF-8.
        core::str::from_utf8(uri.ok_or(Reason::UriTooLong)?).map_err(|_| Reason::Utf8)
    }
}

/// An account being written: `path` is where values go, and grows and shrinks by segments.
struct Writing<'w, 'a> {
    tree: &'w mut Tree<'a>,
    path: Path,
    document: &'w Document<'w>,
    work: &'w mut [u8],
    /// The list of types of the present entry has more members.
    has_more: bool,
}

impl<'w> Writing<'w, '_> {
    #[inline(never)]
    fn account(&mut self, application: &Element<'w>) -> Result<(), Reason> {
        let mut count = 0u8;
        for Rule { from, .. } in &REFERENCE {
            for index in 0..2 {
                let found = &mut Element::new();
                let is_there = self.document.find(application, PARM, from, index, found);
                count = count.saturating_add(u8::from(is_there));
            }
        }
        let references = if count == 1 { &REFERENCE } else { &REFERENCES };
        self.follow(application, &ACCOUNT, 0)?;
        self.follow(application, references, 0).map(|_| ())
    }

    /// Does what the rules say with what is in an element, or with this member of its list of types. Whether it counts.
    #[inline(never)]
    fn follow(
        &mut self,
        from: &Element<'w>,
        rules: &'static [Rule],
        member: u16,
    ) -> Result<bool, Reason> {
        let (mut list, mut number) = (&[][..], 0);
        for rule in rules {
            if let How::List(tag, rules) | How::Else(tag, rules) = rule.how {
                if rule.to != list {
                    (list, number) = (rule.to, 0);
                }
                if number == 0 || matches!(rule.how, How::List(..)) {
                    number = self.list(from, rule, (tag, rules), number)?;
                }
                continue;
            }
            let parm = &mut Element::new();
            let is_itself = rule.from.is_empty();
            let is_there = is_itself || self.document.find(from, PARM, rule.from, 0, parm);
            let text = if is_itself { from } else { parm }.value(self.work)?;
            let text = match rule.how {
                How::Word(words) => {
                    let known = words
                        .iter()
                        .find(|known| known.0 == text || known.0.is_empty());
                    let Some(known) = known else {
                        return Ok(false);
                    };
                    known.1
                }
                How::Each => {
                    let (text, has_more) = nth(text, member);
                    self.has_more = has_more;
                    text
                }
                How::Needed if !is_there => return Ok(false),
                _ if !is_there => continue,
                How::Octets => {
                    self.path.set_octets(self.tree, rule.to, text)?;
                    continue;
                }
                _ => text,
            };
            self.path.set(self.tree, rule.to, text)?;
        }
        Ok(true)
    }

    /// Makes the entries of a list behind the one with this number; the number of the last one.
    #[inline(never)]
    fn list(
        &mut self,
        from: &Element<'w>,
        rule: &Rule,
        (tag, rules): (Tag, &'static [Rule]),
        first: u16,
    ) -> Result<u16, Reason> {
        let back = self.path.end();
        let mut number = first;
        for index in 0..ENTRIES_MAX {
            let entry = &mut Element::new();
            if !self.document.find(from, tag, rule.from, index, entry) {
                break;
            }
            let mut member = 0u16;
            self.has_more = true;
            while self.has_more {
                self.has_more = false;
                self.path.enter(rule.to, number.saturating_add(1))?;
                let counts = self.follow(entry, rules, member)?;
                self.path.back(back);
                number = number.saturating_add(u16::from(counts));
                if number.saturating_sub(first) > ENTRIES_MAX {
                    return Err(Reason::Full);
                }
                member = member.saturating_add(1);
            }
        }
        Ok(number)
    }
}

/// A member of a list with commas, and whether there is another one behind it.
#[inline(never)]
fn nth(list: &[u8], index: u16) -> (&[u8], bool) {
    let (mut rest, mut number) = (list, 0);
    loop {
        let end = rest.iter().position(|octet| *octet == b',');
        let (member, behind) = rest
            .split_at_checked(end.unwrap_or(rest.len()))
            .unwrap_or_default();
        if number == index {
            let member = Text::from_bytes(member).trimmed();
            return (member.plain().unwrap_or_default(), end.is_some());
        }
        let Some((_, behind)) = behind.split_first() else {
            return (&[], false);
        };
        rest = behind;
        number = number.saturating_add(1);
    }
}
