//! Bootstrap documents of both profiles against a small tree: no panic; refused, and the tree is as it was; applied, and only
//! accounts are others, new ones or such as came from the same source. With client provisioning these are accounts of the
//! document's servers, with rights for these alone.
//!
//! The octets are instructions to make documents, so that the deep rules are reached soon, or the document itself.
#![no_main]

use std::cell::RefCell;
use std::collections::{BTreeMap, HashMap};
use std::fmt::Write as _;
use std::rc::Rc;

use dm_core::bootstrap::{Bootstrap, BootstrapPolicy, Origin, Profile, remove_card_accounts};
use dm_tree::mo::standard::SCHEMA;
use dm_tree::{
    NodeId, NodeSlot, Output, Principal, Property, RamStore, Sink, Tree, TreeMemory, UriLimits,
};
use dm_wbxml::{Encoding, Reader, Writer, copy_document};

/// What decides, octet by octet; zeros at the end.
struct Choices<'c>(&'c [u8]);

impl Choices<'_> {
    fn below(&mut self, n: usize) -> usize {
        let (first, rest) = self.0.split_first().unwrap_or((&0, &[]));
        self.0 = rest;
        usize::from(*first) % n
    }

    fn of<T: Copy>(&mut self, all: &[T]) -> T {
        all[self.below(all.len())]
    }
}

const SERVERS: &[&str] = &["a", "b", "srv.example", "c", "*", "a+b", "a&amp;Get=*", ""];
const VALUES: &[&str] = &[
    "",
    "w7",
    "https://srv.example/dm",
    "APPSRV",
    "CLIENT",
    "NOTICRED",
    "BASIC",
    "DIGEST,BASIC",
    "HMAC",
    "IPV4",
    "443",
    "70000",
    "AAEC",
    "%%",
    "0123456789012345678901234567890123456789012345678901234567890123456789",
];
const PARMS: &[&str] = &[
    "NAME",
    "ADDR",
    "ADDRTYPE",
    "PORTNBR",
    "AAUTHLEVEL",
    "AAUTHTYPE",
    "AAUTHNAME",
    "AAUTHSECRET",
    "AAUTHDATA",
    "TO-PROXY",
    "TO-NAPID",
    "INIT",
    "PROVIDER-ID",
    "APPID",
];
const BLOCKS: &[&str] = &["APPADDR", "APPAUTH", "PORT", "APPLICATION", "NAPDEF"];

fn parm(name: &str, value: &str, xml: &mut String) {
    let _ = write!(xml, "<parm name=\"{name}\" value=\"{value}\"/>");
}

fn block(choices: &mut Choices<'_>, kind: &str, depth: usize, xml: &mut String) {
    let _ = write!(xml, "<characteristic type=\"{kind}\">");
    if kind == "APPLICATION" && choices.below(8) != 1 {
        parm("APPID", "w7", xml);
        parm("PROVIDER-ID", choices.of(SERVERS), xml);
    }
    if kind == "APPADDR" || choices.below(4) == 1 {
        parm("ADDR", "https://x.example/", xml);
    }
    for _ in 0..choices.below(5) {
        parm(choices.of(PARMS), choices.of(VALUES), xml);
    }
    if depth > 0 {
        for _ in 0..choices.below(4) {
            let kind = choices.of(BLOCKS);
            block(choices, kind, depth - 1, xml);
        }
    }
    *xml += "</characteristic>";
}

const NAMES: &[&str] = &[
    "AppID",
    "ServerID",
    "Name",
    "AppAddr",
    "Addr",
    "AppAuth",
    "AAuthLevel",
    "AAuthSecret",
    "1",
    "2",
    "Ext",
    "OmaDm",
    "Source",
    "ServerAuth",
    "x",
    "DMAcc",
    "",
];
const TYPES: &[&str] = &[
    "",
    "<Type><DDFName>urn:oma:mo:oma-dm-dmacc:1.0</DDFName></Type>",
    "<Type><DDFName>urn:oma:mo:oma-dm-dmacc:1.1</DDFName></Type>",
    "<Type><DDFName>urn:oma:mo:oma-dm-devinfo:1.0</DDFName></Type>",
    "<Type><MIME>text/plain</MIME></Type>",
];
const URIS: &[&str] = &[
    "./Inbox",
    "./Inbox",
    "./DMAcc",
    "./DMAcc/1",
    "./DMAcc/2",
    "./DMAcc/1/AppAddr/1/Addr",
    "./DMAcc/2/ServerID",
    "./DMAcc/2?prop=ACL",
    "./DMAcc/1/Ext/OmaDm/Source",
    "./DMAcc/1/Ext/Vendor/x",
    ".",
    "./DevInfo",
    "./DevInfo/Man",
    "./DMAcc/2?prop=Name",
    ".?prop=ACL",
];
const LEAVES: &[&str] = &[
    "w7",
    "a",
    "b",
    "srv.example",
    "https://x/",
    "factory",
    "SRVCRED",
    "./Inbox/1",
    "*",
    "",
];

fn node(choices: &mut Choices<'_>, depth: usize, xml: &mut String) {
    let _ = write!(xml, "<Node><NodeName>{}</NodeName>", choices.of(NAMES));
    if choices.below(6) == 1 {
        let path = choices.of(&["1", "2/AppAddr", ".", "./DMAcc/1", "x", "1/Ext"]);
        let _ = write!(xml, "<Path>{path}</Path>");
    }
    *xml += "<RTProperties>";
    *xml += choices.of(&["", "<ACL>Get=a&amp;Replace=*</ACL>", "<ACL>Get</ACL>"]);
    *xml += choices.of(&["", "<Format><node/></Format>", "<Format><chr/></Format>"]);
    *xml += choices.of(TYPES);
    *xml += "</RTProperties>";
    if choices.below(3) == 1 {
        let _ = write!(xml, "<Value>{}</Value>", choices.of(LEAVES));
    }
    if depth > 0 {
        for _ in 0..choices.below(5) {
            node(choices, depth - 1, xml);
        }
    }
    *xml += "</Node>";
}

/// An account that is whole, as most have to be for anything to happen.
fn account(choices: &mut Choices<'_>, xml: &mut String) {
    let _ = write!(
        xml,
        "<Node><NodeName>{}</NodeName><RTProperties>{}<Format><node/></Format>\
         <Type><DDFName>urn:oma:mo:oma-dm-dmacc:1.0</DDFName></Type></RTProperties>\
         <Node><NodeName>AppID</NodeName><Value>w7</Value></Node><Node><NodeName>ServerID</NodeName><Value>{}</Value></Node>\
         <Node><NodeName>AppAddr</NodeName><Node><NodeName>1</NodeName>\
         <Node><NodeName>Addr</NodeName><Value>https://x/</Value></Node></Node></Node>",
        choices.of(&["1", "2", "3"]),
        choices.of(&["", "<ACL>Get=b</ACL>"]),
        choices.of(SERVERS),
    );
    if choices.below(3) == 1 {
        node(choices, 3, xml);
    }
    *xml += "</Node>";
}

/// A message of the DM profile.
fn message(choices: &mut Choices<'_>) -> Vec<u8> {
    let mut xml = String::from(
        "<SyncML xmlns=\"SYNCML:SYNCML1.2\"><SyncHdr><VerDTD>1.2</VerDTD><VerProto>DM/1.2</VerProto>\
         <SessionID>0</SessionID><MsgID>1</MsgID><Target><LocURI>d</LocURI></Target><Source><LocURI>s</LocURI></Source></SyncHdr>\
         <SyncBody>",
    );
    for id in 0..=choices.below(4) {
        let command = choices.of(&["Add", "Add", "Add", "Replace", "Replace", "Delete"]);
        let uri = choices.of(URIS);
        let _ = write!(
            xml,
            "<{command}><CmdID>{}</CmdID><Item><Target><LocURI>{uri}</LocURI></Target><Meta>",
            id + 1
        );
        if choices.below(4) == 1 {
            xml += "<Format xmlns=\"syncml:metinf\">chr</Format></Meta><Data>";
            xml += choices.of(LEAVES);
        } else {
            xml += "<Format xmlns=\"syncml:metinf\">xml</Format>\
                <Type xmlns=\"syncml:metinf\">application/vnd.syncml.dmtnds+xml</Type></Meta>\
                <Data><MgmtTree xmlns=\"syncml:dmddf1.2\"><VerDTD>1.2</VerDTD>";
            for _ in 0..=choices.below(2) {
                match choices.below(3) {
                    0 => account(choices, &mut xml),
                    _ => node(choices, 3, &mut xml),
                }
            }
            xml += "</MgmtTree>";
        }
        let _ = write!(xml, "</Data></Item></{command}>");
    }
    xml += "<Final/></SyncBody></SyncML>";
    wbxml(&xml)
}

fn wbxml(xml: &str) -> Vec<u8> {
    let mut buf = vec![0; 2 * xml.len() + 64];
    let mut writer = Writer::new(&mut buf, Encoding::Wbxml);
    let mut reader = Reader::new(xml.as_bytes(), Encoding::Xml).expect("XML");
    copy_document(&mut reader, &mut writer).expect("well formed");
    writer.written().to_vec()
}

fn made(choices: &mut Choices<'_>) -> Vec<u8> {
    let mut xml = String::from("<wap-provisioningdoc version=\"1.1\">");
    let encoding = choices.of(&[Encoding::Xml, Encoding::Wbxml]);
    for _ in 0..=choices.below(3) {
        block(choices, "APPLICATION", 2, &mut xml);
    }
    xml += "</wap-provisioningdoc>";
    if encoding == Encoding::Xml {
        return xml.into_bytes();
    }
    wbxml(&xml)
}

struct Bytes(Vec<u8>);

impl Output for Bytes {
    fn put(&mut self, bytes: &[u8]) -> usize {
        self.0.extend_from_slice(bytes);
        bytes.len()
    }
}

/// Value and ACL of every node.
type Picture = BTreeMap<String, (Vec<u8>, Vec<u8>)>;

fn picture(tree: &mut Tree<'_>) -> Picture {
    let mut picture = Picture::new();
    let root = tree.local().find(".").expect("a root");
    let mut stack = vec![(root, String::from("."))];
    while let Some((id, uri)) = stack.pop() {
        assert_eq!(tree.local().find(&uri), Some(id), "{uri}");
        let (mut value, mut acl) = (Bytes(Vec::new()), Bytes(Vec::new()));
        if tree.local().is_leaf(id) {
            // A leaf without a value is as good as an empty one.
            let _ = tree.local().read(id, &mut Sink::new(&mut value));
        }
        let who = Principal::dangerous_assume(b"*");
        if let Ok(reading) = tree.reading(&who, format!("{uri}?prop=ACL").as_bytes()) {
            tree.read(&reading, &mut Sink::new(&mut acl))
                .expect("a property");
        }
        let mut child = tree.local().first_child(id);
        while let Some(node) = child {
            let name = String::from_utf8(tree.local().name(node).to_vec()).expect("a name");
            stack.push((node, format!("{uri}/{name}")));
            child = tree.local().next_sibling(node);
        }
        assert!(picture.insert(uri, (value.0, acl.0)).is_none(), "twice");
    }
    picture
}

/// A hash (FNV-1a) of names, values and ACLs with their places: whether a tree is as it was is asked at every turn, and what
/// has changed only where something may have.
struct Mark(u64);

impl Output for Mark {
    fn put(&mut self, bytes: &[u8]) -> usize {
        for byte in bytes {
            self.0 = (self.0 ^ u64::from(*byte)).wrapping_mul(0x0100_0000_01B3);
        }
        bytes.len()
    }
}

impl Mark {
    /// The sum over all nodes: the order of children is no property of a tree.
    fn of(tree: &mut Tree<'_>) -> u64 {
        let root = tree.local().find(".").expect("a root");
        Self::below(tree, root, 0xCBF2_9CE4_8422_2325)
    }

    fn below(tree: &mut Tree<'_>, node: NodeId, above: u64) -> u64 {
        let mut mark = Self(above);
        mark.put(b"/");
        mark.put(tree.local().name(node));
        let place = mark.0;
        mark.put(b"=");
        if tree.local().is_leaf(node) {
            // A leaf without a value is as good as an empty one.
            let _ = tree.local().read(node, &mut Sink::new(&mut mark));
        }
        mark.put(b"?");
        let mut local = tree.local();
        let _ = local.property(node, Property::Acl, &mut Sink::new(&mut mark));
        let mut sum = mark.0;
        let mut child = tree.local().first_child(node);
        while let Some(node) = child {
            sum = sum.wrapping_add(Self::below(tree, node, place));
            child = tree.local().next_sibling(node);
        }
        sum
    }
}

/// What a tree is made of at first: places for nodes, octets for what is said of them and for values, and whether there is an
/// account.
type Start = (usize, usize, usize, bool);

thread_local! {
    /// The picture and the mark of each tree as it is at first: they are drawn once.
    static STARTS: RefCell<HashMap<Start, (Rc<Picture>, u64)>> = RefCell::default();
}

fn start(tree: &mut Tree<'_>, key: Start) -> (Rc<Picture>, u64) {
    STARTS.with_borrow_mut(|known| {
        let drawn = || (Rc::new(picture(tree)), Mark::of(tree));
        known.entry(key).or_insert_with(drawn).clone()
    })
}

/// The account that a node belongs to.
fn account_of(uri: &str) -> Option<&str> {
    let name = uri.strip_prefix("./DMAcc/")?.split('/').next()?;
    uri.get(.."./DMAcc/".len() + name.len())
}

fn check(before: &Picture, after: &Picture, servers: &[&[u8]]) {
    for (uri, now) in after
        .iter()
        .filter(|(uri, now)| before.get(*uri) != Some(now))
    {
        // The interior node of all accounts may be made on the way.
        let Some(account) = account_of(uri) else {
            assert!(uri == "./DMAcc" && !before.contains_key(uri), "{uri}");
            continue;
        };
        let server = &after[&format!("{account}/ServerID")].0;
        assert!(servers.contains(&&server[..]), "{uri}");
        if before.get(uri).map_or(&[][..], |then| &then.1) != &now.1[..] {
            assert_eq!(uri, account, "rights on the account alone");
            let server = String::from_utf8_lossy(server);
            let acl = format!("Delete={server}&Get={server}&Replace={server}");
            assert_eq!(String::from_utf8_lossy(&now.1), acl);
        }
    }
    for uri in before.keys().filter(|uri| !after.contains_key(*uri)) {
        let server = &before[&format!("{}/ServerID", account_of(uri).expect("of an account"))].0;
        assert!(servers.contains(&&server[..]), "{uri}");
    }
}

/// Who made an account.
fn source(picture: &Picture, account: &str) -> Vec<u8> {
    let leaf = picture.get(&format!("{account}/Ext/OmaDm/Source"));
    let source = leaf.map_or(&b"factory"[..], |leaf| &leaf.0);
    // Behind it stands the mark of the document.
    let mut parts = source.split(|octet| *octet == b'#');
    parts.next().unwrap_or_default().to_vec()
}

/// After a message: what others made is untouched, and everything else is an account of this source, or the Inbox.
fn check_message(before: &Picture, after: &Picture, own: &[u8]) {
    let mut touched = Vec::new();
    for (uri, _) in before
        .iter()
        .filter(|(uri, then)| after.get(*uri) != Some(then))
    {
        let account = account_of(uri).expect("of an account");
        assert_eq!(source(before, account), own, "{uri}");
        touched.push(account);
    }
    for (uri, _) in after
        .iter()
        .filter(|(uri, now)| before.get(*uri) != Some(now))
    {
        let Some(account) = account_of(uri) else {
            assert!(uri == "./Inbox" || uri == "./DMAcc", "{uri}");
            assert!(!before.contains_key(uri), "{uri}");
            continue;
        };
        assert_eq!(source(after, account), own, "{uri}");
        touched.push(account);
    }
    for account in touched
        .iter()
        .filter(|account| after.contains_key(**account))
    {
        let server = &after[&format!("{account}/ServerID")];
        let ids = after
            .iter()
            .filter(|(uri, id)| uri.ends_with("/ServerID") && id.0 == server.0);
        assert_eq!(ids.count(), 1, "one account for a server");
    }
}

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    // A document of its own, as the seeds are, or instructions to make some.
    let raw = matches!(bytes.first(), Some(2 | 3 | b'<')).then_some(bytes);
    let mut choices = Choices(if raw.is_some() { &[] } else { bytes });
    let mut nodes = vec![NodeSlot::EMPTY; choices.of(&[120, 40, 16])];
    let mut pool = vec![0; choices.of(&[6000, 1500, 300])];
    let (mut value, mut values) = (vec![0; 300], vec![0; choices.of(&[6000, 1000, 200])]);
    let sizes = (nodes.len(), pool.len(), values.len());
    let mut store = RamStore::new(&mut values);
    let memory = TreeMemory {
        nodes: &mut nodes,
        pool: &mut pool,
        value: &mut value,
    };
    let limits = UriLimits::default();
    let Ok(mut tree) = Tree::open(&SCHEMA, &mut store, &mut [], memory, limits) else {
        return;
    };
    let has_account = choices.below(2) == 1;
    if has_account {
        let _ = tree.factory().set("./DMAcc/1/ServerID", b"a");
        let _ = tree
            .factory()
            .set("./DMAcc/1/AppAddr/1/Addr", b"https://a/");
        let _ = tree.factory().acl("./DMAcc/1", "Get=a");
    }
    let mut work = vec![0; choices.of(&[256, 64, 16])];
    let (mut before, mut mark) = start(&mut tree, (sizes.0, sizes.1, sizes.2, has_account));
    for round in 0..2 {
        let origin = choices.of(&[
            Origin::Factory,
            Origin::Factory,
            Origin::SmartCard,
            Origin::Secured { name: "boot" },
        ]);
        let mut policy = BootstrapPolicy::DEFAULT;
        policy.accounts = choices.of(&[4, 1, 0, 200]);
        let profiles = [Profile::Provisioning, Profile::Message];
        let profile = match raw {
            Some(_) => profiles[round],
            None => choices.of(&profiles),
        };
        let document = match (raw, choices.below(6), profile) {
            (Some(raw), ..) => raw.to_vec(),
            (_, 1, _) => core::mem::take(&mut choices.0).to_vec(),
            (_, _, Profile::Message) => message(&mut choices),
            _ => made(&mut choices),
        };
        let Ok(bootstrap) = Bootstrap::open(profile, &document, origin, policy) else {
            continue;
        };
        if choices.below(4) == 0 {
            let _ = bootstrap.changes(&mut tree, &mut work, &mut |_| {});
            assert_eq!(Mark::of(&mut tree), mark, "it was only shown");
        }
        let mut servers = Vec::new();
        let applied = bootstrap.apply(&mut tree, &mut work, &mut |change| {
            servers.push(change.server_id.to_vec());
        });
        assert!(!tree.in_transaction());
        let marked = Mark::of(&mut tree);
        let mut after = Rc::clone(&before);
        if applied.is_ok() && marked != mark {
            after = Rc::new(picture(&mut tree));
        }
        match applied {
            Ok(applied) if applied.is_repeat => assert_eq!(marked, mark),
            Ok(_) if profile == Profile::Message => {
                let own: &[u8] = match origin {
                    Origin::SmartCard => b"card",
                    Origin::Secured { .. } => b"tls:boot",
                    _ => b"factory",
                };
                check_message(&before, &after, own);
            }
            Ok(_) => {
                let servers: Vec<&[u8]> = servers.iter().map(|id| &id[..]).collect();
                check(&before, &after, &servers);
            }
            Err(_) => assert_eq!(marked, mark, "nothing or all"),
        }
        if choices.below(4) == 0
            && bootstrap
                .apply(&mut tree, &mut work, &mut |_| {})
                .is_ok_and(|again| again.is_repeat)
        {
            assert_eq!(Mark::of(&mut tree), marked);
        }
        (before, mark) = (after, marked);
    }
    let _ = remove_card_accounts(&mut tree, &[]);
    assert!(!tree.in_transaction());
});
