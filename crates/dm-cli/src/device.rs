//! A device described by a file: schema, values, rights and accounts.
//!
//! ```toml
//! ddf = ["vendor.ddf"]                  # beside this file; the standard objects are always there
//! profile13 = true                      # those of DM 1.3, as this project reads it
//!
//! [limits]                              # of URIs; each may be left out
//! max_depth = 8
//! max_tot_len = 127
//! max_seg_len = 32
//!
//! [values]                              # a string, number or truth value; octets in Base64; {} is an interior node
//! "./DevInfo/Man" = "Example Meters"
//! "./Vendor/cfg/key" = { base64 = "AAEC" }
//! "./Vendor/cfg/doc" = { value = "<a/>", format = "xml" }
//! "./Vendor/cfg/group" = {}
//!
//! [acl]
//! "./Vendor/cfg" = "Get=*&Replace=srv"
//!
//! [exec]                                # what Exec answers: 200 done, 202 later, or the status of a refusal
//! "./Vendor/reboot" = 200
//!
//! [[account]]                           # a DM account; name, server_id and addr are needed
//! name = "home"
//! server_id = "dm.example.net"
//! addr = "http://dm.example.net/dm"
//! auth = "DIGEST"                       # or BASIC: how the two prove themselves to each other
//! user = "device-7"
//! secret = "..."
//! client_nonce = "AAEC"                 # Base64, for DIGEST
//! server_user = "dm.example.net"        # how the server proves itself
//! server_secret = "..."
//! server_nonce = "AwQF"
//! server_auth = "required"              # or transport: a secured connection is proof enough
//! version = "auto"                      # or 1.2, 1.3
//! ```

mod exec;
mod file;
mod value;

use std::path::Path;

use dm_bindings::BINDINGS;
use dm_core::Discovery;
use dm_ddf::{Compiled, Model};
use dm_tree::{
    DescId, Factory, Mount, NodeSlot, RamStore, Reason, Schema, Store, Tree, TreeMemory, UriLimits,
};

use crate::failure::Failure;
use exec::Exec;
use file::{Account, File, Located};
pub(crate) use value::Content;

/// Live nodes of a tree.
const NODES: usize = 4096;
/// Octets for own names and ACLs, for one value, and for all values: the most that a tree makes use of.
const MEMORY: usize = 65_535;

/// Where a device of DM 1.3 tells what its client can do.
const FEATURE: &str = "./DevDetail/Ext/DM13P/Feature";

/// MO identifiers of accounts begin so.
const DMACC: &[u8] = b"urn:oma:mo:oma-dm-dmacc:";

/// A device as its file describes it.
#[derive(Debug)]
pub(crate) struct Device {
    schema: &'static Schema<'static>,
    /// The path below which accounts stand.
    accounts: String,
    name: String,
    file: File,
    max_obj_size: u32,
}

impl Device {
    /// Reads a device and the DDF files it names, which are looked for beside it.
    pub(crate) fn load(path: &Path) -> Result<Self, Failure> {
        let name = path.display().to_string();
        let text = std::fs::read_to_string(path).map_err(|why| Failure::unreadable(&name, why))?;
        let folder = path.parent().unwrap_or_else(|| Path::new(""));
        Self::build(&name, &text, |file| {
            Model::read(folder.join(file)).map_err(|why| Failure::Unreadable(why.to_string()))
        })
    }

    /// As [`load`](Self::load), from texts: `ddf` gives the text of a DDF file by its name.
    pub(crate) fn parse(
        text: &str,
        ddf: &mut dyn FnMut(&str) -> Result<String, Failure>,
    ) -> Result<Self, Failure> {
        Self::build("device.toml", text, |file| {
            let text = ddf(file)?;
            Model::parse(file, &text).map_err(|why| Failure::Unreadable(why.to_string()))
        })
    }

    fn build(
        name: &str,
        text: &str,
        mut model: impl FnMut(&str) -> Result<Model, Failure>,
    ) -> Result<Self, Failure> {
        let file = File::parse(name, text)?;
        let models = file
            .ddf
            .iter()
            .map(|ddf| model(ddf))
            .collect::<Result<Vec<_>, _>>()?;
        let compiled = file
            .standard
            .with(models)
            .and_then(|models| dm_ddf::compile(&models))
            .map_err(|why| Failure::Unreadable(why.to_string()))?;
        Ok(Self {
            accounts: accounts(&compiled),
            // A device lives as long as the program: it is what the program is for.
            schema: Box::leak(Box::new(Schema {
                nodes: compiled.nodes.leak(),
                text: compiled.text.leak(),
            })),
            name: name.to_owned(),
            file,
            max_obj_size: 0,
        })
    }

    /// The device tells that it takes objects of this size.
    pub(crate) fn with_objects(self, max_obj_size: u32) -> Self {
        Self {
            max_obj_size,
            ..self
        }
    }

    /// What the device may have.
    pub(crate) fn schema(&self) -> Schema<'static> {
        *self.schema
    }

    /// The device as it leaves the factory: a new tree with accounts, values and rights. Its memory is kept until the
    /// program ends.
    pub(crate) fn open(&self) -> Result<Tree<'static>, Failure> {
        self.seed(Box::leak(Box::new(RamStore::new(vec![0; MEMORY].leak()))))
    }

    /// As [`open`](Self::open), in a store of its own, which is empty.
    pub(crate) fn seed(&self, store: &'static mut dyn Store) -> Result<Tree<'static>, Failure> {
        let mut tree = self.reopen(store, &self.name)?;
        self.furnish(&mut tree.factory())?;
        Ok(tree)
    }

    /// The device as its store remembers it; `name` is that of the store.
    pub(crate) fn reopen(
        &self,
        store: &'static mut dyn Store,
        name: &str,
    ) -> Result<Tree<'static>, Failure> {
        let mounts = self.file.exec.iter().map(|entry| self.mount(entry));
        let mut mounts = mounts.collect::<Result<Vec<_>, _>>()?;
        mounts.extend(self.discovery());
        let mounts = mounts.leak();
        let memory = TreeMemory {
            nodes: vec![NodeSlot::EMPTY; NODES].leak(),
            pool: vec![0; MEMORY].leak(),
            value: vec![0; MEMORY].leak(),
        };
        let usual = UriLimits::default();
        let limits = UriLimits {
            max_depth: self.file.limits.max_depth.unwrap_or(usual.max_depth),
            max_tot_len: self.file.limits.max_tot_len.unwrap_or(usual.max_tot_len),
            max_seg_len: self.file.limits.max_seg_len.unwrap_or(usual.max_seg_len),
        };
        Tree::open(self.schema, store, mounts, memory, limits)
            .map_err(|reason| Failure::unreadable(name, reason))
    }

    /// The leaf with the address of the account of `server_id`, or of the first account.
    pub(crate) fn address(&self, tree: &mut Tree<'_>, server_id: Option<&str>) -> Option<String> {
        let mut local = tree.local();
        let accounts = local.find(&self.accounts)?;
        let mut account = local.first_child(accounts);
        let mut buf = [0; 256];
        while let Some(node) = account {
            let name = String::from_utf8_lossy(local.name(node)).into_owned();
            let uri = format!("{}/{name}", self.accounts);
            let len = local.get(&format!("{uri}/ServerID"), &mut buf).unwrap_or(0);
            if server_id.is_none_or(|id| buf.get(..len) == Some(id.as_bytes())) {
                let list = local.find(&format!("{uri}/AppAddr"))?;
                let first = local.first_child(list)?;
                let first = String::from_utf8_lossy(local.name(first)).into_owned();
                return Some(format!("{uri}/AppAddr/{first}/Addr"));
            }
            account = local.next_sibling(node);
        }
        None
    }

    fn furnish(&self, factory: &mut Factory<'_, '_>) -> Result<(), Failure> {
        for entry in &self.file.account {
            self.account(factory, entry)?;
        }
        for entry in &self.file.values {
            let content = Content::of(&entry.value).map_err(|why| self.failure(entry, why))?;
            content
                .seed(factory, &entry.uri)
                .map_err(|reason| self.failure(entry, reason))?;
        }
        for entry in &self.file.acl {
            factory
                .acl(&entry.uri, &entry.value)
                .map_err(|reason| self.failure(entry, reason))?;
        }
        Ok(())
    }

    /// What a server is told that the client can do, where the device has a place for that.
    fn discovery(&self) -> Option<Mount<'static>> {
        let place = self.schema.find(FEATURE.as_bytes())?;
        let discovery = Discovery::new(BINDINGS, self.max_obj_size);
        Some(Mount::new(place, Box::leak(Box::new(discovery))))
    }

    fn mount(&self, entry: &Located<u16>) -> Result<Mount<'static>, Failure> {
        let handler = Exec::new(entry.value)
            .ok_or_else(|| self.failure(entry, "Exec answers 200, 202 or 4xx and 5xx"))?;
        let at = self.schema.find(entry.uri.as_bytes());
        let at = at.ok_or_else(|| self.failure(entry, Reason::NotDescribed))?;
        Ok(Mount::new(at, Box::leak(Box::new(handler))))
    }

    fn account(
        &self,
        factory: &mut Factory<'_, '_>,
        entry: &Located<Account>,
    ) -> Result<(), Failure> {
        for (leaf, value) in entry
            .value
            .leaves()
            .map_err(|why| self.failure(entry, why))?
        {
            let uri = format!("{}/{}/{leaf}", self.accounts, entry.uri);
            match factory.set(&uri, &value) {
                // A DMAcc of the device's own need not have the settings of this client.
                Err(Reason::NotDescribed) if leaf.starts_with("Ext/") => {}
                Err(reason) => return Err(self.failure(entry, format!("{leaf}: {reason}"))),
                Ok(_) => {}
            }
        }
        Ok(())
    }

    fn failure<T>(&self, entry: &Located<T>, why: impl core::fmt::Display) -> Failure {
        Failure::unreadable(
            format_args!("{}:{}: {}", self.name, entry.line, entry.uri),
            why,
        )
    }
}

/// Where the device has its accounts: the identifier stands at each account or, in some published DDFs, above them.
fn accounts(compiled: &Compiled) -> String {
    let schema = compiled.schema();
    let object = (0..)
        .map(DescId)
        .zip(&compiled.nodes)
        .find(|(id, desc)| desc.is_interior() && schema.mime(*id).starts_with(DMACC));
    let uri = object.map(|(id, _)| compiled.uri(id)).unwrap_or_default();
    uri.strip_suffix("/*").unwrap_or(&uri).to_owned()
}

#[cfg(test)]
mod tests;
