//! Bootstrap digest, section 3: accounts from DM messages, and what such a message cannot do.

#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "tests"
)]

mod device;
mod mandatory;
mod refused;
mod rights;
mod taken;

use dm_core::bootstrap::{Bootstrap, BootstrapPolicy, Origin, Profile, Refused};
use dm_tests::{Done, done, to_wbxml};
use dm_tree::Tree;

const DMACC: &str = "urn:oma:mo:oma-dm-dmacc:1.0";
const NAP: &str = "urn:oma:mo:oma-connmo-nap";
const SECURED: Origin<'_> = Origin::Secured {
    name: "boot.example",
};

fn node(name: &str, properties: &str, inside: &str) -> String {
    format!(
        "<Node><NodeName>{name}</NodeName><RTProperties>{properties}</RTProperties>{inside}</Node>"
    )
}

fn leaf(name: &str, value: &str) -> String {
    let properties = "<Format><chr/></Format><Type><MIME>text/plain</MIME></Type>";
    node(name, properties, &format!("<Value>{value}</Value>"))
}

fn interior(name: &str, inside: &str) -> String {
    node(name, "<Format><node/></Format><Type/>", inside)
}

/// An object with this identifier and these further properties.
fn object_with(name: &str, id: &str, properties: &str, inside: &str) -> String {
    let all = format!("{properties}<Format><node/></Format><Type><DDFName>{id}</DDFName></Type>");
    node(name, &all, inside)
}

fn object(name: &str, id: &str, inside: &str) -> String {
    object_with(name, id, "", inside)
}

/// What an account has inside, at the least.
fn least(server: &str, addr: &str) -> String {
    let entry = leaf("Addr", addr) + &leaf("AddrType", "URI");
    leaf("AppID", "w7") + &leaf("ServerID", server) + &interior("AppAddr", &interior("1", &entry))
}

fn account(name: &str, server: &str, addr: &str) -> String {
    object(name, DMACC, &least(server, addr))
}

/// Credentials of both sides.
fn credentials() -> String {
    let entry = |name: &str, level: &str, who: &str, secret: &str| {
        let leaves = leaf("AAuthLevel", level)
            + &leaf("AAuthType", "DIGEST")
            + &leaf("AAuthName", who)
            + &leaf("AAuthSecret", secret);
        interior(name, &leaves)
    };
    let both = entry("c", "CLCRED", "dev", "s1") + &entry("s", "SRVCRED", "srv", "s2");
    interior("AppAuth", &both)
}

/// A serialised tree as an Item for this place. It stands in the message as an element; `octets` puts it there as a document
/// of its own.
fn tree_for(uri: &str, nodes: &str) -> String {
    let data =
        format!("<MgmtTree xmlns=\"syncml:dmddf1.2\"><VerDTD>1.2</VerDTD>{nodes}</MgmtTree>");
    item(uri, "xml", "application/vnd.syncml.dmtnds+xml", &data)
}

fn item(uri: &str, format: &str, mime: &str, data: &str) -> String {
    format!(
        "<Item><Target><LocURI>{uri}</LocURI></Target><Meta><Format xmlns=\"syncml:metinf\">{format}</Format>\
         <Type xmlns=\"syncml:metinf\">{mime}</Type></Meta><Data>{data}</Data></Item>"
    )
}

fn text_for(uri: &str, value: &str) -> String {
    item(uri, "chr", "text/plain", value)
}

/// A command with these items.
fn command(name: &str, items: &str) -> String {
    format!("<{name}><CmdID>ID</CmdID>{items}</{name}>")
}

fn add(items: &str) -> String {
    command("Add", items)
}

fn inbox(nodes: &str) -> String {
    add(&tree_for("./Inbox", nodes))
}

/// A message as XML: `commands` are numbered, and `Final` stands behind them.
fn xml(commands: &str) -> String {
    let mut body = String::new();
    for (number, piece) in commands.split("<CmdID>ID").enumerate() {
        if number > 0 {
            body.push_str(&format!("<CmdID>{number}"));
        }
        body.push_str(piece);
    }
    format!(
        "<SyncML xmlns=\"SYNCML:SYNCML1.2\"><SyncHdr><VerDTD>1.2</VerDTD><VerProto>DM/1.2</VerProto>\
         <SessionID>0</SessionID><MsgID>1</MsgID><Target><LocURI>dev1</LocURI></Target>\
         <Source><LocURI>srv1.example</LocURI></Source></SyncHdr><SyncBody>{body}<Final/></SyncBody></SyncML>"
    )
}

fn message(commands: &str) -> Vec<u8> {
    to_wbxml(&xml(commands))
}

fn apply(tree: &mut Tree<'_>, bytes: &[u8], origin: Origin<'_>) -> Result<Done, Refused> {
    let policy = BootstrapPolicy::DEFAULT;
    done(
        &Bootstrap::open(Profile::Message, bytes, origin, policy)?,
        tree,
    )
}
