//! The standard objects as this project describes them, held against the object digest.

use dm_ddf::{Compiled, Model, compile, standard, with_standard};
use dm_tree::schema::{access, flags};
use dm_tree::{DescId, Format, NodeDesc};

#[allow(clippy::unwrap_used, reason = "for tests only")]
fn compiled() -> Compiled {
    compile(&standard().unwrap()).unwrap()
}

fn all(compiled: &Compiled) -> impl Iterator<Item = (String, &NodeDesc)> {
    (0..)
        .map(DescId)
        .zip(&compiled.nodes)
        .skip(1)
        .map(|(id, desc)| (compiled.uri(id), desc))
}

/// Node, occurrence (`1`, `?`, `+`, `*`), format and whether servers may read it: the tables of the object digest.
const TABLE: &[(&str, char, &str, bool)] = &[
    ("./DevInfo", '1', "node", true),
    ("./DevInfo/DevId", '1', "chr", true),
    ("./DevInfo/Man", '1', "chr", true),
    ("./DevInfo/Mod", '1', "chr", true),
    ("./DevInfo/DmV", '1', "chr", true),
    ("./DevInfo/Lang", '1', "chr", true),
    ("./DevInfo/Ext", '?', "node", true),
    ("./DevInfo/Bearer", '?', "node", true),
    ("./DevDetail", '1', "node", true),
    ("./DevDetail/URI", '1', "node", true),
    ("./DevDetail/URI/MaxDepth", '1', "chr", true),
    ("./DevDetail/URI/MaxTotLen", '1', "chr", true),
    ("./DevDetail/URI/MaxSegLen", '1', "chr", true),
    ("./DevDetail/DevTyp", '1', "chr", true),
    ("./DevDetail/OEM", '1', "chr", true),
    ("./DevDetail/FwV", '1', "chr", true),
    ("./DevDetail/SwV", '1', "chr", true),
    ("./DevDetail/HwV", '1', "chr", true),
    ("./DevDetail/LrgObj", '1', "bool", true),
    ("./DevDetail/Ext", '?', "node", true),
    ("./DevDetail/Bearer", '?', "node", true),
    ("./DMAcc", '1', "node", true),
    // The table says OneOrMore; a device leaves the factory without an account.
    ("./DMAcc/*", '*', "node", true),
    ("./DMAcc/*/AppID", '1', "chr", true),
    ("./DMAcc/*/ServerID", '1', "chr", true),
    ("./DMAcc/*/Name", '?', "chr", true),
    ("./DMAcc/*/PrefConRef", '?', "chr", true),
    ("./DMAcc/*/ToConRef", '?', "node", true),
    ("./DMAcc/*/ToConRef/*", '+', "node", true),
    ("./DMAcc/*/ToConRef/*/ConRef", '1', "chr", true),
    ("./DMAcc/*/AppAddr", '1', "node", true),
    ("./DMAcc/*/AppAddr/*", '+', "node", true),
    ("./DMAcc/*/AppAddr/*/Addr", '1', "chr", true),
    ("./DMAcc/*/AppAddr/*/AddrType", '1', "chr", true),
    ("./DMAcc/*/AppAddr/*/Port", '?', "node", true),
    ("./DMAcc/*/AppAddr/*/Port/*", '+', "node", true),
    ("./DMAcc/*/AppAddr/*/Port/*/PortNbr", '1', "chr", true),
    ("./DMAcc/*/AAuthPref", '?', "chr", true),
    ("./DMAcc/*/AppAuth", '?', "node", true),
    ("./DMAcc/*/AppAuth/*", '+', "node", true),
    ("./DMAcc/*/AppAuth/*/AAuthLevel", '1', "chr", true),
    ("./DMAcc/*/AppAuth/*/AAuthType", '1', "chr", true),
    ("./DMAcc/*/AppAuth/*/AAuthName", '?', "chr", true),
    ("./DMAcc/*/AppAuth/*/AAuthSecret", '?', "chr", false),
    ("./DMAcc/*/AppAuth/*/AAuthData", '?', "bin", false),
    ("./DMAcc/*/Ext", '?', "node", true),
    ("./Inbox", '?', "node", false),
];

/// OBJ-C-001, OBJ-C-022
#[test]
fn every_node_of_the_standard_is_described_with_its_occurrence_format_and_access() {
    let compiled = compiled();
    for (uri, occurrence, format, get) in TABLE {
        let desc = all(&compiled)
            .find(|(name, _)| name == uri)
            .unwrap_or_else(|| panic!("{uri} is missing"))
            .1;
        let (required, max) = match occurrence {
            '1' => (true, 1),
            '?' => (false, 1),
            '+' => (true, 0),
            _ => (false, 0),
        };
        assert_eq!(
            (desc.has(flags::REQUIRED), desc.max),
            (required, max),
            "{uri}"
        );
        assert_eq!(
            Some(desc.format()),
            Format::from_name(format.as_bytes()),
            "{uri}"
        );
        assert_eq!(desc.allows(access::GET), *get, "{uri}");
        assert!(!desc.allows(access::EXEC), "{uri}");
    }
}

/// OBJ-C-011
#[test]
fn nodes_of_our_own_stand_below_ext() {
    for (uri, _) in all(&compiled()) {
        assert!(
            TABLE.iter().any(|row| row.0 == uri) || uri.contains("/Ext/"),
            "{uri}"
        );
    }
}

#[test]
fn no_server_has_any_access_to_what_the_client_keeps_with_an_account() {
    let compiled = compiled();
    let own: Vec<_> = all(&compiled)
        .filter(|(uri, _)| uri.starts_with("./DMAcc/*/Ext/"))
        .collect();
    let names: Vec<&str> = own
        .iter()
        .map(|(uri, _)| uri.rsplit('/').next().unwrap())
        .collect();
    assert_eq!(
        names,
        [
            "OmaDm",
            "ServerAuth",
            "Version",
            "Spoken",
            "Source",
            "SessionCount"
        ]
    );
    for (uri, desc) in own {
        assert_eq!(desc.access, 0, "{uri}");
    }
}

/// OBJ-C-008
#[test]
fn secrets_can_be_added_and_replaced_but_not_read() {
    let compiled = compiled();
    for leaf in ["AAuthSecret", "AAuthData"] {
        let uri = format!("./DMAcc/*/AppAuth/*/{leaf}");
        let (_, desc) = all(&compiled).find(|(name, _)| *name == uri).unwrap();
        assert_eq!(desc.access, access::ADD | access::REPLACE, "{uri}");
    }
}

/// OBJ-C-002
#[test]
fn the_roots_of_the_objects_carry_their_identifiers() {
    let compiled = compiled();
    for (uri, identifier) in [
        ("./DevInfo", "urn:oma:mo:oma-dm-devinfo:1.0"),
        ("./DevDetail", "urn:oma:mo:oma-dm-devdetail:1.0"),
        ("./DMAcc/*", "urn:oma:mo:oma-dm-dmacc:1.0"),
    ] {
        let schema = compiled.schema();
        assert_eq!(
            schema.mime(schema.find(uri.as_bytes()).unwrap()),
            identifier.as_bytes()
        );
    }
}

/// OBJ-C-018
#[test]
fn named_nodes_of_dev_info_and_dev_detail_are_permanent() {
    let compiled = compiled();
    let mut count = 0;
    for (uri, desc) in all(&compiled).filter(|(uri, _)| uri.starts_with("./Dev")) {
        assert!(desc.has(flags::PERMANENT), "{uri}");
        count += 1;
    }
    assert_eq!(count, 21);
    for (uri, desc) in all(&compiled).filter(|(uri, _)| uri.starts_with("./DMAcc/")) {
        assert!(!desc.has(flags::PERMANENT), "{uri}");
    }
}

/// TREE-C-007
#[test]
fn every_node_states_its_case_sense() {
    for text in [
        include_str!("../ddf/devinfo.ddf"),
        include_str!("../ddf/devdetail.ddf"),
        include_str!("../ddf/dmacc.ddf"),
    ] {
        assert_eq!(
            text.matches("<CaseSense>").count(),
            text.matches("<Node>").count()
        );
        assert!(text.matches("<Node>").count() > 5);
    }
}

#[test]
fn the_tables_stay_small() {
    assert!(compiled().size() <= 1600, "{} bytes", compiled().size());
}

#[test]
fn a_device_that_describes_an_object_itself_keeps_its_own() {
    let own = standard().unwrap().remove(2);
    let moved = "<MgmtTree><VerDTD>1.2</VerDTD><Node><NodeName/><Path>./SyncML/DMAcc</Path><DFProperties><AccessType>\
                 <Get/></AccessType><DFFormat><node/></DFFormat><DFType><DDFName>urn:oma:mo:oma-dm-dmacc:1.1</DDFName>\
                 </DFType></DFProperties></Node></MgmtTree>";
    let moved = Model::parse("own.ddf", moved).unwrap();
    let names = |models: Vec<Model>| -> Vec<String> {
        with_standard(models)
            .unwrap()
            .iter()
            .map(|model| model.name().to_owned())
            .collect()
    };
    let of = |third, last| ["devinfo.ddf", "devdetail.ddf", third, last];
    assert_eq!(names(vec![]), of("dmacc.ddf", "inbox.ddf"));
    assert_eq!(names(vec![own]), of("inbox.ddf", "dmacc.ddf"));
    assert_eq!(names(vec![moved]), of("inbox.ddf", "own.ddf"));
}
