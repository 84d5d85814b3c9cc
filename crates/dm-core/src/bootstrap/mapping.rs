//! From an APPLICATION of a provisioning document to an account of the tree.
//!
//! Objects digest, section 2.4 (`OBJ-C-023`, `BOOT-C-003`): every parameter goes to the leaf of the same meaning.

use base64ct::{Base64, Encoding};
use dm_tree::{DescId, NodeId, Reason, Schema, Tree};
use dm_wbxml::{Attribute, Decimal};

use super::Refused;
use super::account::{Own, account_of, is_plain};
use super::path::{Path, URI_MAX};
use super::proof::append;
use super::provisioning::Block;
use crate::account::DMACC;
use crate::session::SERVER_ID_MAX;

/// Most references, addresses, ports, and credentials of an account each, so that a document cannot fill the tree with one.
const ENTRIES_MAX: u16 = 8;

/// A parameter, and the leaf that it goes to as it is.
type Row = (&'static [u8], &'static str);

const NAME: &[Row] = &[(b"NAME", "Name")];
const PORT: &[Row] = &[(b"PORTNBR", "PortNbr")];
const CREDENTIALS: &[Row] = &[(b"AAUTHNAME", "AAuthName"), (b"AAUTHSECRET", "AAuthSecret")];
/// Lists of an account that a document replaces as a whole.
const LISTS: [&str; 5] = ["AppAddr", "AppAuth", "ToConRef", "PrefConRef", "Name"];

/// Makes or changes the account of an APPLICATION. In a transaction: what it leaves behind when it fails is rolled back.
pub(super) fn write(
    tree: &mut Tree<'_>,
    application: &Block<'_>,
    own: &Own,
    work: &mut [u8],
) -> Result<(), Refused> {
    let mut server_id = [0; SERVER_ID_MAX];
    let id = application.parm(b"PROVIDER-ID", 0);
    let len = copy(&id.ok_or(Refused::Incomplete)?, &mut server_id)?;
    let server_id = server_id.get(..len).unwrap_or_default();
    if !is_plain(server_id) {
        return Err(Refused::Incomplete);
    }
    let known = account_of(tree, server_id, None)?;
    if known.is_some_and(|known| !own.contains(&known)) {
        return Err(Refused::TakeOver);
    }
    let path = home(tree.schema())?;
    let mut writing = Writing { path, work, tree };
    Ok(writing.account(application, known, server_id)?)
}

/// The path below which the device description has its accounts.
#[inline(never)]
fn home(schema: &Schema<'_>) -> Result<Path, Reason> {
    let count = u16::try_from(schema.nodes.len()).unwrap_or(u16::MAX);
    let is_account = |id: &DescId| {
        let is_interior = schema.get(*id).is_some_and(|desc| desc.is_interior());
        is_interior && schema.mime(*id).starts_with(DMACC)
    };
    let account = (0..count)
        .map(DescId)
        .find(is_account)
        .ok_or(Reason::NotDescribed)?;
    // The identifier stands at each account, which has no name, or in some published descriptions above them.
    let mut path = Path::new(".")?;
    let mut depth = 0u8;
    while above(schema, account, depth).is_some() {
        depth = depth.saturating_add(1);
    }
    for steps in (0..depth).rev() {
        let name = above(schema, account, steps).map_or(&[][..], |id| schema.name(id));
        if !name.is_empty() {
            path.enter(name)?;
        }
    }
    Ok(path)
}

/// The description so many steps above; `None`: that is the root.
fn above(schema: &Schema<'_>, id: DescId, steps: u8) -> Option<DescId> {
    let mut id = id;
    for _ in 0..steps {
        id = DescId(schema.get(id)?.parent);
    }
    (id != DescId::ROOT).then_some(id)
}

/// An account being written: `path` is where values go, and grows and shrinks by segments.
struct Writing<'w, 't, 'a> {
    tree: &'w mut Tree<'a>,
    path: Path,
    work: &'t mut [u8],
}

impl Writing<'_, '_, '_> {
    fn account(
        &mut self,
        application: &Block<'_>,
        known: Option<NodeId>,
        server_id: &[u8],
    ) -> Result<(), Reason> {
        match known {
            Some(known) => {
                let mut buf = [0; URI_MAX];
                self.path = Path::new(self.tree.local().uri(known, &mut buf)?)?;
                for list in LISTS {
                    self.clear(list)?;
                }
            }
            None => self.enter_new()?,
        }
        self.set("AppID", b"w7")?;
        self.set("ServerID", server_id)?;
        self.leaves(application, NAME)?;
        self.connections(application)?;
        self.addresses(application)?;
        self.credentials(application)
    }

    /// Removes a node, or if it has to stay everything below it.
    fn clear(&mut self, name: &str) -> Result<(), Reason> {
        let back = self.path.enter(name.as_bytes())?;
        let node = self.tree.local().find(self.path.as_str());
        let deleted = self.tree.local().delete(self.path.as_str());
        self.path.back(back);
        let Some(node) = node else {
            return Ok(());
        };
        match deleted {
            Err(Reason::Permanent | Reason::Occurrence) if !self.tree.local().is_leaf(node) => {}
            result => return result,
        }
        while let Some(child) = self.tree.local().first_child(node) {
            let mut buf = [0; URI_MAX];
            let uri = self.tree.local().uri(child, &mut buf)?;
            self.tree.local().delete(uri)?;
        }
        Ok(())
    }

    /// Goes to a node with the lowest number that is free (`BOOT-C-004`).
    fn enter_new(&mut self) -> Result<(), Reason> {
        for number in 1..=u16::MAX {
            let back = self.enter("", number)?;
            if self.tree.local().find(self.path.as_str()).is_none() {
                return Ok(());
            }
            self.path.back(back);
        }
        Err(Reason::Full)
    }

    /// Goes to an entry of a list, or to one here; where to go back to.
    #[inline(never)]
    fn enter(&mut self, list: &str, number: u16) -> Result<usize, Reason> {
        let mut back = None;
        if !list.is_empty() {
            back = Some(self.path.enter(list.as_bytes())?);
        }
        let here = self
            .path
            .enter(Decimal::new(u32::from(number)).as_bytes())?;
        Ok(back.unwrap_or(here))
    }

    #[inline(never)]
    fn set(&mut self, leaf: &str, value: &[u8]) -> Result<(), Reason> {
        let back = self.path.enter(leaf.as_bytes())?;
        let result = self.tree.factory().set(self.path.as_str(), value);
        self.path.back(back);
        result.map(|_| ())
    }

    #[inline(never)]
    fn set_to(&mut self, leaf: &str, from: &Attribute<'_>) -> Result<(), Reason> {
        let work = core::mem::take(&mut self.work);
        let len = copy(from, work);
        let result = len.and_then(|len| self.set(leaf, work.get(..len).unwrap_or_default()));
        self.work = work;
        result
    }

    /// Sets leaves to parameters, where there are any.
    #[inline(never)]
    fn leaves(&mut self, from: &Block<'_>, rows: &[Row]) -> Result<(), Reason> {
        for (parm, leaf) in rows {
            if let Some(value) = from.parm(parm, 0) {
                self.set_to(leaf, &value)?;
            }
        }
        Ok(())
    }

    /// TO-PROXY and TO-NAPID: one goes to PrefConRef, several to ToConRef.
    fn connections(&mut self, application: &Block<'_>) -> Result<(), Reason> {
        let mut all = 0u16;
        for is_written in [false, true] {
            let mut number = 0u16;
            for name in [&b"TO-PROXY"[..], b"TO-NAPID"] {
                for index in 0..ENTRIES_MAX {
                    let Some(reference) = application.parm(name, index) else {
                        break;
                    };
                    number = number.saturating_add(1);
                    if is_written && all == 1 {
                        return self.set_to("PrefConRef", &reference);
                    }
                    if is_written {
                        let back = self.enter("ToConRef", number)?;
                        self.set_to("ConRef", &reference)?;
                        self.path.back(back);
                    }
                }
            }
            all = number;
        }
        Ok(())
    }

    /// APPADDR, or the ADDRs beside it in documents without one.
    fn addresses(&mut self, application: &Block<'_>) -> Result<(), Reason> {
        let is_plain = application.block(b"APPADDR", 0).is_none();
        for index in 0..ENTRIES_MAX {
            let entry = application.block(b"APPADDR", index);
            let addr = match &entry {
                Some(entry) => entry.parm(b"ADDR", 0),
                None if is_plain => application.parm(b"ADDR", index),
                None => break,
            };
            let Some(addr) = addr else {
                continue;
            };
            let back = self.enter("AppAddr", index.saturating_add(1))?;
            self.set_to("Addr", &addr)?;
            let kind = entry.as_ref().and_then(|entry| entry.parm(b"ADDRTYPE", 0));
            self.set("AddrType", address_type(kind))?;
            for port in 0..ENTRIES_MAX {
                let Some(from) = entry.as_ref().and_then(|entry| entry.block(b"PORT", port)) else {
                    break;
                };
                let back = self.enter("Port", port.saturating_add(1))?;
                self.leaves(&from, PORT)?;
                self.path.back(back);
            }
            self.path.back(back);
        }
        Ok(())
    }

    /// APPAUTH, an entry for each of its types.
    fn credentials(&mut self, application: &Block<'_>) -> Result<(), Reason> {
        let mut number = 0u16;
        for index in 0..ENTRIES_MAX {
            let Some(entry) = application.block(b"APPAUTH", index) else {
                break;
            };
            let Some(level) = level(&entry) else {
                continue;
            };
            let mut types = [0; TEXT_MAX];
            let types = text(&entry, b"AAUTHTYPE", &mut types)?;
            for kind in types.split(|octet| *octet == b',') {
                number = number.saturating_add(1);
                if number > ENTRIES_MAX {
                    return Err(Reason::Full);
                }
                let back = self.enter("AppAuth", number)?;
                self.set("AAuthLevel", level)?;
                self.set("AAuthType", kind.trim_ascii())?;
                self.leaves(&entry, CREDENTIALS)?;
                self.nonce(&entry)?;
                self.path.back(back);
            }
        }
        Ok(())
    }

    /// AAUTHDATA is Base64, the leaf holds the octets.
    fn nonce(&mut self, entry: &Block<'_>) -> Result<(), Reason> {
        let (mut digits, mut octets) = ([0; TEXT_MAX], [0; TEXT_MAX]);
        if entry.parm(b"AAUTHDATA", 0).is_none() {
            return Ok(());
        }
        let digits = text(entry, b"AAUTHDATA", &mut digits)?;
        let octets = Base64::decode(digits, &mut octets).map_err(|_| Reason::Base64)?;
        self.set("AAuthData", octets)
    }
}

/// Octets of the longest list of AAUTHTYPE, and characters of the longest AAUTHDATA.
const TEXT_MAX: usize = 64;

/// A parameter as it is; empty when there is none.
fn text<'b>(
    from: &Block<'_>,
    name: &[u8],
    buf: &'b mut [u8; TEXT_MAX],
) -> Result<&'b [u8], Reason> {
    let len = match from.parm(name, 0) {
        Some(value) => copy(&value, buf)?,
        None => 0,
    };
    Ok(buf.get(..len).unwrap_or_default())
}

/// Whose credentials they are (`BOOT-C-010`).
fn level(entry: &Block<'_>) -> Option<&'static [u8]> {
    let level = entry.parm(b"AAUTHLEVEL", 0)?;
    let known: [(&[u8], &[u8]); 3] = [
        (b"APPSRV", b"CLCRED"),
        (b"CLIENT", b"SRVCRED"),
        (b"OBEX", b"OBEX"),
    ];
    let row = known.iter().find(|row| level.is(row.0));
    row.map(|row| row.1)
}

fn address_type(kind: Option<Attribute<'_>>) -> &'static [u8] {
    match kind {
        Some(kind) if kind.is(b"IPV4") => b"IPv4",
        Some(kind) if kind.is(b"IPV6") => b"IPv6",
        _ => b"URI",
    }
}

/// Copies the value of a parameter and gives its length.
#[inline(never)]
fn copy(from: &Attribute<'_>, to: &mut [u8]) -> Result<usize, Reason> {
    let mut len = 0;
    for piece in from.pieces() {
        append(to, &mut len, &piece).ok_or(Reason::TooLarge)?;
    }
    Ok(len)
}
