//! From an APPLICATION of a provisioning document to an account of the tree.
//!
//! Objects digest, section 2.4 (`OBJ-C-023`, `BOOT-C-003`): every parameter goes to the leaf of the same meaning.

use dm_tree::{DescId, NodeId, Reason, Schema, Tree};
use dm_wbxml::{Attribute, Decimal};
use heapless::{String, Vec};

use super::Refused;
use super::account::{Own, URI_MAX, account_of, is_plain, push, text};
use super::proof::append;
use super::provisioning::Block;
use crate::account::DMACC;
use crate::session::SERVER_ID_MAX;

/// Most references, addresses, ports, and credentials of an account each, so that a document cannot fill the tree with one.
const ENTRIES_MAX: u16 = 8;

/// Makes or changes the account of an APPLICATION. In a transaction: what it leaves behind when it fails is rolled back.
pub(super) fn write(
    tree: &mut Tree<'_>,
    application: &Block<'_>,
    own: &Own,
    work: &mut [u8],
) -> Result<(), Refused> {
    let mut server_id = [0; SERVER_ID_MAX];
    let id = application.parm(b"PROVIDER-ID", 0)?;
    let len = copy(&id.ok_or(Refused::Incomplete)?, &mut server_id)?;
    let server_id = server_id.get(..len).unwrap_or_default();
    if !is_plain(server_id) {
        return Err(Refused::Incomplete);
    }
    let known = account_of(tree, server_id, None)?;
    if known.is_some_and(|known| !own.contains(&known)) {
        return Err(Refused::TakeOver);
    }
    let mut writing = Writing {
        uri: home(tree.schema())?,
        work,
        tree,
    };
    writing.enter_account(known)?;
    writing.set("AppID", b"w7")?;
    writing.set("ServerID", server_id)?;
    writing.move_to("Name", application.parm(b"NAME", 0)?)?;
    writing.connections(application)?;
    writing.addresses(application)?;
    writing.credentials(application)
}

/// The path below which the device description has its accounts.
fn home(schema: &Schema<'_>) -> Result<String<URI_MAX>, Refused> {
    let count = u16::try_from(schema.nodes.len()).unwrap_or(u16::MAX);
    let is_account = |id: &DescId| {
        let is_interior = schema.get(*id).is_some_and(|desc| desc.is_interior());
        is_interior && schema.mime(*id).starts_with(DMACC)
    };
    let mut id = (0..count)
        .map(DescId)
        .find(is_account)
        .ok_or(Reason::NotDescribed)?;
    // The identifier stands at each account, which has no name, or in some published descriptions above them.
    let mut names: Vec<&[u8], 16> = Vec::new();
    while id != DescId::ROOT {
        let name = schema.name(id);
        if !name.is_empty() {
            names.push(name).map_err(|_| Reason::UriTooLong)?;
        }
        id = DescId(schema.get(id).ok_or(Reason::NotDescribed)?.parent);
    }
    let mut uri = String::new();
    push(&mut uri, ".")?;
    for name in names.iter().rev() {
        push(&mut uri, "/")?;
        push(&mut uri, text(name)?)?;
    }
    Ok(uri)
}

/// An account being written: `uri` is where values go, and grows and shrinks by segments.
struct Writing<'w, 't, 'a> {
    tree: &'w mut Tree<'a>,
    uri: String<URI_MAX>,
    work: &'t mut [u8],
}

impl Writing<'_, '_, '_> {
    /// Goes to the account that is meant, an old or a new one. Of an old one addresses, credentials and references go.
    fn enter_account(&mut self, known: Option<NodeId>) -> Result<(), Refused> {
        let Some(known) = known else {
            return self.enter_new();
        };
        let local = self.tree.local();
        let mut name: Vec<u8, SERVER_ID_MAX> = Vec::new();
        name.extend_from_slice(local.name(known))
            .map_err(|_| Reason::UriTooLong)?;
        self.enter(text(&name)?)?;
        for list in ["AppAddr", "AppAuth", "ToConRef", "PrefConRef", "Name"] {
            let back = self.uri.len();
            self.enter(list)?;
            self.clear()?;
            self.leave(back);
        }
        Ok(())
    }

    /// Removes the node here, or if it has to stay everything below it.
    fn clear(&mut self) -> Result<(), Refused> {
        let mut local = self.tree.local();
        let Some(node) = local.find(&self.uri) else {
            return Ok(());
        };
        match local.delete(&self.uri) {
            Err(Reason::Permanent | Reason::Occurrence) if !local.is_leaf(node) => {}
            result => return result.map_err(Refused::Device),
        }
        while let Some(child) = self.tree.local().first_child(node) {
            let mut name: Vec<u8, SERVER_ID_MAX> = Vec::new();
            name.extend_from_slice(self.tree.local().name(child))
                .map_err(|_| Reason::UriTooLong)?;
            let back = self.uri.len();
            self.enter(text(&name)?)?;
            self.tree.local().delete(&self.uri)?;
            self.leave(back);
        }
        Ok(())
    }

    fn enter(&mut self, name: &str) -> Result<(), Refused> {
        push(&mut self.uri, "/")?;
        push(&mut self.uri, name)
    }

    /// Goes back to where `uri` had so many octets. `truncate` would check for the middle of a character, and stop there.
    fn leave(&mut self, back: usize) {
        while self.uri.len() > back && self.uri.pop().is_some() {}
    }

    fn enter_number(&mut self, number: u16) -> Result<(), Refused> {
        let number = Decimal::new(u32::from(number));
        self.enter(text(number.as_bytes())?)
    }

    /// Goes to a node with the lowest number that is free (`BOOT-C-004`).
    fn enter_new(&mut self) -> Result<(), Refused> {
        let back = self.uri.len();
        for number in 1.. {
            self.enter_number(number)?;
            if self.tree.local().find(&self.uri).is_none() {
                return Ok(());
            }
            self.leave(back);
        }
        Err(Refused::Device(Reason::Full))
    }

    fn set(&mut self, leaf: &str, value: &[u8]) -> Result<(), Refused> {
        let back = self.uri.len();
        self.enter(leaf)?;
        let result = self.tree.factory().set(&self.uri, value);
        self.leave(back);
        result.map(|_| ()).map_err(Refused::Device)
    }

    /// Sets a leaf to a parameter, when there is one.
    fn move_to(&mut self, leaf: &str, from: Option<Attribute<'_>>) -> Result<(), Refused> {
        let Some(from) = from else {
            return Ok(());
        };
        let work = core::mem::take(&mut self.work);
        let result =
            copy(&from, work).and_then(|len| self.set(leaf, work.get(..len).unwrap_or_default()));
        self.work = work;
        result
    }

    /// TO-PROXY and TO-NAPID: one goes to PrefConRef, several to ToConRef.
    fn connections(&mut self, application: &Block<'_>) -> Result<(), Refused> {
        let mut number = 0u16;
        let is_one = application.parm(b"TO-PROXY", 1)?.is_none()
            && application.parm(b"TO-NAPID", 1)?.is_none()
            && !(application.has(b"TO-PROXY")? && application.has(b"TO-NAPID")?);
        for name in [&b"TO-PROXY"[..], b"TO-NAPID"] {
            for index in 0..ENTRIES_MAX {
                let Some(reference) = application.parm(name, index)? else {
                    break;
                };
                if is_one {
                    return self.move_to("PrefConRef", Some(reference));
                }
                number = number.saturating_add(1);
                let back = self.uri.len();
                self.enter("ToConRef")?;
                self.enter_number(number)?;
                self.move_to("ConRef", Some(reference))?;
                self.leave(back);
            }
        }
        Ok(())
    }

    /// APPADDR, or the ADDRs beside it in documents without one.
    fn addresses(&mut self, application: &Block<'_>) -> Result<(), Refused> {
        let back = self.uri.len();
        let mut number = 0;
        for index in 0..ENTRIES_MAX {
            let entry = application.block(b"APPADDR", index)?;
            let addr = match entry {
                Some(entry) => entry.parm(b"ADDR", 0)?,
                None if number == 0 || index == number => application.parm(b"ADDR", index)?,
                None => None,
            };
            let Some(addr) = addr else {
                continue;
            };
            number = index.saturating_add(1);
            self.enter("AppAddr")?;
            self.enter_number(number)?;
            self.move_to("Addr", Some(addr))?;
            let kind = match entry {
                Some(entry) => entry.parm(b"ADDRTYPE", 0)?,
                None => None,
            };
            self.set("AddrType", address_type(kind))?;
            if let Some(entry) = entry {
                self.ports(&entry)?;
            }
            self.leave(back);
        }
        Ok(())
    }

    fn ports(&mut self, entry: &Block<'_>) -> Result<(), Refused> {
        let back = self.uri.len();
        for index in 0..ENTRIES_MAX {
            let Some(port) = entry.block(b"PORT", index)? else {
                break;
            };
            self.enter("Port")?;
            self.enter_number(index.saturating_add(1))?;
            self.move_to("PortNbr", port.parm(b"PORTNBR", 0)?)?;
            self.leave(back);
        }
        Ok(())
    }

    /// APPAUTH, an entry for each of its types.
    fn credentials(&mut self, application: &Block<'_>) -> Result<(), Refused> {
        let back = self.uri.len();
        let mut number = 0u16;
        for index in 0..ENTRIES_MAX {
            let Some(entry) = application.block(b"APPAUTH", index)? else {
                break;
            };
            let level: &[u8] = match entry.parm(b"AAUTHLEVEL", 0)? {
                Some(level) if level.is(b"APPSRV") => b"CLCRED",
                Some(level) if level.is(b"CLIENT") => b"SRVCRED",
                Some(level) if level.is(b"OBEX") => b"OBEX",
                _ => continue,
            };
            let mut types = [0; TYPES_MAX];
            let len = match entry.parm(b"AAUTHTYPE", 0)? {
                Some(list) => copy(&list, &mut types)?,
                None => 0,
            };
            let types = types.get(..len).unwrap_or_default();
            for kind in types.split(|octet| *octet == b',') {
                number = number.saturating_add(1);
                if number > ENTRIES_MAX {
                    return Err(Refused::Device(Reason::Full));
                }
                self.enter("AppAuth")?;
                self.enter_number(number)?;
                self.set("AAuthLevel", level)?;
                self.set("AAuthType", kind.trim_ascii())?;
                self.move_to("AAuthName", entry.parm(b"AAUTHNAME", 0)?)?;
                self.move_to("AAuthSecret", entry.parm(b"AAUTHSECRET", 0)?)?;
                self.nonce(entry.parm(b"AAUTHDATA", 0)?)?;
                self.leave(back);
            }
        }
        Ok(())
    }

    /// AAUTHDATA is Base64, the leaf holds the octets.
    fn nonce(&mut self, data: Option<Attribute<'_>>) -> Result<(), Refused> {
        use base64ct::{Base64, Encoding};
        let Some(data) = data else {
            return Ok(());
        };
        let (mut text, mut octets) = ([0; NONCE_TEXT_MAX], [0; NONCE_TEXT_MAX]);
        let len = copy(&data, &mut text)?;
        let octets = Base64::decode(text.get(..len).unwrap_or_default(), &mut octets)
            .map_err(|_| Reason::Base64)?;
        self.set("AAuthData", octets)
    }
}

/// Octets of the longest list of AAUTHTYPE.
const TYPES_MAX: usize = 64;
/// Characters of the longest AAUTHDATA.
const NONCE_TEXT_MAX: usize = 64;

fn address_type(kind: Option<Attribute<'_>>) -> &'static [u8] {
    match kind {
        Some(kind) if kind.is(b"IPV4") => b"IPv4",
        Some(kind) if kind.is(b"IPV6") => b"IPv6",
        _ => b"URI",
    }
}

/// Copies the value of a parameter and gives its length.
fn copy(from: &Attribute<'_>, to: &mut [u8]) -> Result<usize, Refused> {
    let mut len = 0;
    for piece in from.pieces() {
        append(to, &mut len, &piece).ok_or(Reason::TooLarge)?;
    }
    Ok(len)
}
