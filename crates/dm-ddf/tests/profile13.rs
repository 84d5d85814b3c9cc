//! The standard objects of DM 1.3, as this project reads it.

#![allow(clippy::unwrap_used, reason = "for tests only")]

use dm_ddf::{Compiled, Model, Standard, compile};
use dm_tree::schema::flags;
use dm_tree::{DescId, Format};

fn compiled(models: Vec<Model>) -> Compiled {
    compile(&Standard::Profile13.with(models).unwrap()).unwrap()
}

fn uris(compiled: &Compiled) -> Vec<String> {
    let ids = (1..).map(DescId).zip(compiled.nodes.iter().skip(1));
    ids.map(|(id, _)| compiled.uri(id)).collect()
}

fn value(compiled: &Compiled, uri: &str) -> String {
    let id = compiled.schema().find(uri.as_bytes()).unwrap();
    let value = compiled.schema().default_value(id).unwrap();
    String::from_utf8(value.to_vec()).unwrap()
}

/// D13-C-005
#[test]
fn objects_have_the_identifiers_of_1_3_in_its_tables_only() {
    let names = ["./DevInfo", "./DevDetail", "./DMAcc/*", "./Inbox"];
    for (standard, versions) in [
        (Standard::Dm12, ["1.0", "1.0", "1.0", "1.0"]),
        (Standard::Profile13, ["1.1", "1.1", "1.1", "1.0"]),
    ] {
        let tables = compile(&standard.models().unwrap()).unwrap();
        for (uri, version) in names.into_iter().zip(versions) {
            let id = tables.schema().find(uri.as_bytes()).unwrap();
            let identifier = std::str::from_utf8(tables.schema().mime(id)).unwrap();
            assert!(identifier.starts_with("urn:oma:mo:oma-dm-"), "{identifier}");
            assert!(identifier.ends_with(&format!(":{version}")), "{identifier}");
        }
    }
}

/// D13-C-006: what 1.2 does not have stands below `Ext/DM13P`, and all that 1.2 has is there as it was.
#[test]
fn the_profile_adds_nodes_below_its_own_alone() {
    let older = compile(&Standard::Dm12.models().unwrap()).unwrap();
    let newer = compiled(Vec::new());
    let known = uris(&older);
    let mut more = 0;
    for uri in uris(&newer) {
        if known.contains(&uri) {
            let described = |tables: &Compiled| {
                let id = tables.schema().find(uri.as_bytes()).unwrap();
                let desc = tables.schema().get(id).unwrap();
                (desc.format(), desc.access, desc.flags, desc.max)
            };
            if uri == "./DevDetail/Ext" {
                // That is always there, because something stands below it.
                assert_eq!(described(&newer).2, described(&older).2 | flags::REQUIRED);
            } else {
                assert_eq!(described(&older), described(&newer), "{uri}");
            }
            continue;
        }
        more += 1;
        let mut steps = uri.split('/').skip_while(|step| *step != "Ext").skip(1);
        assert_eq!(steps.next(), Some("DM13P"), "{uri}");
    }
    assert!(more > 30, "{more}");
    for uri in known {
        assert!(newer.schema().find(uri.as_bytes()).is_some(), "{uri}");
    }
}

/// D13-C-132
#[test]
fn the_version_of_the_profile_can_be_read() {
    let tables = compiled(Vec::new());
    assert_eq!(value(&tables, "./DevDetail/Ext/DM13P/Version"), "DM13P/1");
}

/// D13-C-062: each object once, in order, those of the device among them.
#[test]
fn objects_are_listed_whether_there_is_one_or_not() {
    let ddf = "<MgmtTree><VerDTD>1.2</VerDTD><Node><NodeName>Fw</NodeName><DFProperties><AccessType><Get/></AccessType>\
               <DFFormat><node/></DFFormat><DFType><DDFName/></DFType></DFProperties><Node><NodeName/><DFProperties>\
               <AccessType><Add/><Get/></AccessType><DFFormat><node/></DFFormat><Occurrence><ZeroOrMore/></Occurrence>\
               <DFType><DDFName>urn:oma:mo:oma-fumo:1.0</DDFName></DFType></DFProperties></Node></Node></MgmtTree>";
    let tables = compiled(vec![Model::parse("fumo.ddf", ddf).unwrap()]);
    let expected = [
        "urn:oma:mo:oma-dm-devdetail:1.1",
        "urn:oma:mo:oma-dm-devinfo:1.1",
        "urn:oma:mo:oma-dm-dmacc:1.1",
        "urn:oma:mo:oma-dm-inbox:1.0",
        "urn:oma:mo:oma-fumo:1.0",
    ];
    for (number, identifier) in (1..).zip(expected) {
        let uri = format!("./DevDetail/Ext/DM13P/MO/{number}");
        assert_eq!(value(&tables, &uri), identifier);
        let id = tables.schema().find(uri.as_bytes()).unwrap();
        assert_eq!(tables.schema().get(id).unwrap().format(), Format::Chr);
    }
    let behind = b"./DevDetail/Ext/DM13P/MO/6";
    assert_eq!(tables.schema().find(behind), None);
}

/// A device that has its accounts elsewhere describes what they have, and only that.
#[test]
fn an_object_that_the_device_describes_is_left_to_it() {
    let moved = "<MgmtTree><VerDTD>1.2</VerDTD><Node><NodeName/><Path>./SyncML/DMAcc</Path><DFProperties><AccessType>\
                 <Get/></AccessType><DFFormat><node/></DFFormat><DFType><DDFName>urn:oma:mo:oma-dm-dmacc:1.1</DDFName>\
                 </DFType></DFProperties></Node></MgmtTree>";
    let tables = compiled(vec![Model::parse("own.ddf", moved).unwrap()]);
    let found = uris(&tables);
    assert!(found.iter().any(|uri| uri == "./SyncML/DMAcc/*"));
    assert!(!found.iter().any(|uri| uri.starts_with("./DMAcc")));
    assert_eq!(value(&tables, "./DevDetail/Ext/DM13P/Version"), "DM13P/1");
}
