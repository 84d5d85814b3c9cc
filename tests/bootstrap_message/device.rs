//! The device that is bootstrapped: besides the standard objects it has connections, in two versions, and what no bootstrap is
//! to reach.

use std::fmt::Write as _;

use dm_tests::Flash;
use dm_tree::{NodeSlot, Schema, Tree, TreeMemory, UriLimits};

/// A described node: name, rights, format, type, scope and occurrence, and what is inside.
fn node(name: &str, access: &str, format: &str, id: &str, is_fixed: bool, inside: &str) -> String {
    let rights: String = access.split(' ').map(|verb| format!("<{verb}/>")).collect();
    let name = match name {
        "" => "<NodeName/>".to_owned(),
        name => format!("<NodeName>{name}</NodeName>"),
    };
    let kind = match format {
        "node" => format!("<DDFName>{id}</DDFName>"),
        _ => "<MIME>text/plain</MIME>".to_owned(),
    };
    let (scope, occurrence) = match is_fixed {
        true => ("Permanent", "One"),
        false => ("Dynamic", "ZeroOrMore"),
    };
    format!(
        "<Node>{name}<DFProperties><AccessType>{rights}</AccessType><DFFormat><{format}/></DFFormat>\
         <Occurrence><{occurrence}/></Occurrence><Scope><{scope}/></Scope><DFType>{kind}</DFType></DFProperties>{inside}</Node>"
    )
}

/// A place for objects of this kind, each with these leaves.
fn place(name: &str, id: &str, leaves: &[&str]) -> String {
    let mut inside = String::new();
    for leaf in leaves {
        inside +=
            &node(leaf, "Add Get Replace", "chr", "", false, "").replace("ZeroOrMore", "ZeroOrOne");
    }
    let object = node("", "Add Delete Get Replace", "node", id, false, &inside);
    node(name, "Get", "node", "", true, &object)
}

fn schema() -> &'static Schema<'static> {
    static SCHEMA: std::sync::OnceLock<Schema<'static>> = std::sync::OnceLock::new();
    SCHEMA.get_or_init(|| {
        let mut ddf = String::from("<MgmtTree xmlns=\"syncml:dmddf1.2\"><VerDTD>1.2</VerDTD>");
        let _ = write!(
            ddf,
            "{}{}{}{}",
            place("Nap", "urn:oma:mo:oma-connmo-nap:1.0", &["Name", "Addr"]),
            place("Nap2", "urn:oma:mo:oma-connmo-nap:1.2", &["Name", "Addr"]),
            place("Apps", "urn:example:mo:app:1.0", &["Name"]),
            node("Secret", "Get Replace", "chr", "", true, ""),
        );
        // Where an account asks for fewer rights than the policy has for it.
        let leaves: String = ["MOID", "Cmd"]
            .iter()
            .map(|leaf| node(leaf, "Add Get Replace", "chr", "", false, ""))
            .collect();
        let perm = node("", "Add Get", "node", "", false, &leaves);
        let perm = node("Perm", "Add Get", "node", "", false, &perm);
        let own = node("DM13P", "Add Get", "node", "", false, &perm).replacen(
            "ZeroOrMore",
            "ZeroOrOne",
            1,
        );
        ddf += &own.replacen("</NodeName>", "</NodeName><Path>./DMAcc/*/Ext</Path>", 1);
        ddf += "</MgmtTree>";
        let model = dm_ddf::Model::parse("device.ddf", &ddf).unwrap();
        let models = dm_ddf::with_standard(vec![model]).unwrap();
        let compiled: &'static _ = Box::leak(Box::new(dm_ddf::compile(&models).unwrap()));
        compiled.schema()
    })
}

/// The device on this store.
pub(crate) fn open(flash: &Flash) -> Tree<'static> {
    let memory = TreeMemory {
        nodes: vec![NodeSlot::EMPTY; 200].leak(),
        pool: vec![0; 8192].leak(),
        value: vec![0; 512].leak(),
    };
    let store = Box::leak(Box::new(flash.clone()));
    Tree::open(schema(), store, &mut [], memory, UriLimits::default()).unwrap()
}

/// A device with an account of its own, a connection and an application, that servers may use as they like.
pub(crate) fn furnished() -> Tree<'static> {
    let mut tree = open(&Flash::whole());
    furnish(&mut tree);
    tree
}

pub(crate) fn furnish(tree: &mut Tree<'_>) {
    let mut factory = tree.factory();
    for (uri, value) in [
        ("./DMAcc/home/AppID", "w7"),
        ("./DMAcc/home/ServerID", "home.example"),
        ("./DMAcc/home/AppAddr/1/Addr", "https://home.example/"),
        ("./Nap/old/Name", "old"),
        ("./Apps/a/Name", "a"),
        ("./Secret", "mine"),
    ] {
        factory.set(uri, value.as_bytes()).unwrap();
    }
    // A bootstrap is stopped by what it is, not by ACLs.
    factory
        .acl(".", "Add=*&Delete=*&Exec=*&Get=*&Replace=*")
        .unwrap();
}
