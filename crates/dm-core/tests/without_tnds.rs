//! What a client answers that knows nothing of serialised trees. `cargo xtask test` runs this without the feature `tnds`.

#![cfg(all(feature = "xml", not(feature = "tnds")))]
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing
)]

use dm_core::{Client, Encoding, Memory, Moment, Peer, Received, Step, Trigger};
use dm_tree::mo::standard::SCHEMA;
use dm_tree::{NodeSlot, RamStore, Tree, TreeMemory, UriLimits};

const NOW: Moment = Moment {
    ms: 0,
    utc: None,
    random: *b"abcdefghijklmnop",
};

/// The codes of the answers to some commands, in their order, and the names of the nodes below `./DMAcc` afterwards.
fn codes(commands: &str) -> (Vec<u16>, Vec<String>) {
    let (mut values, mut nodes) = ([0; 4096], [NodeSlot::EMPTY; 80]);
    let (mut pool, mut value) = ([0; 2048], [0; 512]);
    let mut store = RamStore::new(&mut values);
    let memory = TreeMemory {
        nodes: &mut nodes,
        pool: &mut pool,
        value: &mut value,
    };
    let mut tree = Tree::open(&SCHEMA, &mut store, &mut [], memory, UriLimits::default()).unwrap();
    for (uri, value) in [
        ("./DevInfo/DevId", "urn:dev:1"),
        ("./DevInfo/Man", "Maker"),
        ("./DevInfo/Mod", "Model"),
        ("./DevInfo/DmV", "1.2"),
        ("./DevInfo/Lang", "en"),
        ("./DMAcc/a/AppID", "w7"),
        ("./DMAcc/a/ServerID", "srv"),
        ("./DMAcc/a/AppAddr/1/Addr", "https://dm.test/dm"),
        ("./DMAcc/a/Ext/OmaDm/ServerAuth", "transport"),
    ] {
        tree.factory().set(uri, value.as_bytes()).unwrap();
    }
    tree.factory()
        .acl(".", "Add=*&Delete=*&Get=*&Replace=*")
        .unwrap();
    let (mut rx, mut tx, mut work) = ([0; 8192], [0; 8192], [0; 1024]);
    let memory = Memory {
        rx: &mut rx,
        tx: &mut tx,
        work: &mut work,
    };
    let mut client = Client::new(memory, Encoding::Xml).unwrap();
    let trigger = Trigger::Client {
        server_id: None,
        session_id: Some(1),
    };
    client.start(&mut tree, trigger, &NOW).unwrap();
    let message = format!(
        "<SyncML xmlns=\"SYNCML:SYNCML1.2\"><SyncHdr><VerDTD>1.2</VerDTD><VerProto>DM/1.2</VerProto>\
         <SessionID>1</SessionID><MsgID>1</MsgID><Target><LocURI>urn:dev:1</LocURI></Target>\
         <Source><LocURI>https://dm.test/dm</LocURI></Source></SyncHdr><SyncBody>\
         <Status><CmdID>1</CmdID><MsgRef>1</MsgRef><CmdRef>0</CmdRef><Cmd>SyncHdr</Cmd><Data>200</Data></Status>\
         {commands}<Final/></SyncBody></SyncML>"
    );
    client.rx_space()[..message.len()].copy_from_slice(message.as_bytes());
    let received = Received {
        len: message.len(),
        content_type: "",
        hmac: None,
        peer: Peer::Secured { name: "dm.test" },
    };
    let step = client.receive(&mut tree, received, &NOW).unwrap();
    let Step::Send(request) = step else {
        panic!("{step:?}");
    };
    let answer = core::str::from_utf8(request.body).unwrap();
    assert!(!answer.contains("<Results>"), "{answer}");
    let codes = answer
        .split("<Status>")
        .skip(1)
        .filter(|status| !status.contains("<CmdRef>0</CmdRef>"))
        .map(|status| {
            let data = status.split("<Data>").nth(1).unwrap();
            data.split('<').next().unwrap().parse().unwrap()
        })
        .collect();
    let mut names = Vec::new();
    let top = tree.local().find("./DMAcc").unwrap();
    let mut child = tree.local().first_child(top);
    while let Some(node) = child {
        names.push(String::from_utf8(tree.local().name(node).to_vec()).unwrap());
        child = tree.local().next_sibling(node);
    }
    (codes, names)
}

fn command(verb: &str, id: u32, uri: &str, form: &str) -> String {
    let (format, data) = match form {
        "xml" => (
            "xml",
            "<![CDATA[<MgmtTree xmlns='syncml:dmddf1.2'><VerDTD>1.2</VerDTD><Node><NodeName>b</NodeName>\
             <RTProperties><Format><node/></Format><Type><DDFName/></Type></RTProperties></Node></MgmtTree>]]>",
        ),
        _ => ("b64", "AgEAagA="),
    };
    format!(
        "<{verb}><CmdID>{id}</CmdID><Item><Target><LocURI>{uri}</LocURI></Target>\
         <Meta><Format xmlns=\"syncml:metinf\">{format}</Format>\
         <Type xmlns=\"syncml:metinf\">application/vnd.syncml.dmtnds+{form}</Type></Meta>\
         <Data>{data}</Data></Item></{verb}>"
    )
}

/// TNDS-C-002
#[test]
fn a_serialised_tree_is_an_unsupported_type() {
    let commands = [
        command("Add", 2, "./DMAcc/b", "xml"),
        command("Add", 3, "./DMAcc/b", "wbxml"),
        command("Replace", 4, "./DMAcc/a", "xml"),
        command("Replace", 5, "./DMAcc/a", "wbxml"),
        command("Replace", 6, "./DMAcc/a/Name", "xml"),
        command("Add", 7, "./Inbox", "xml"),
        command("Add", 8, "./DMAcc", "xml"),
    ];
    let (codes, names) = codes(&commands.concat());
    assert_eq!(codes, [415; 7]);
    assert_eq!(names, ["a"]);
}

/// TNDS-C-002: the first part of one already.
#[cfg(feature = "large-object")]
#[test]
fn a_part_of_a_serialised_tree_is_an_unsupported_type() {
    let part = command("Add", 2, "./DMAcc/b", "wbxml").replace("</Item>", "<MoreData/></Item>");
    assert_eq!(codes(&part).0, [415]);
}

/// TNDS-C-003
#[test]
fn a_query_for_one_is_an_unsupported_feature() {
    let gets: String = [
        "./DMAcc?list=TNDS",
        "./DMAcc/a/Name?list=TNDS",
        ".?list=TNDS+Value",
    ]
    .iter()
    .zip(2..)
    .map(|(uri, id)| {
        format!(
            "<Get><CmdID>{id}</CmdID><Item><Target><LocURI>{uri}</LocURI></Target></Item></Get>"
        )
    })
    .collect();
    assert_eq!(codes(&gets).0, [406; 3]);
}
