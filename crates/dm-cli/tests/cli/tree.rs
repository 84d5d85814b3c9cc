//! `dm tree`: a device is shown and changed, and what was changed is there the next time.

use super::corpus::root;
use super::{Ran, Scratch, dm};

const DDF: &str = "<MgmtTree xmlns='syncml:dmddf1.2'><VerDTD>1.2</VerDTD><Node><NodeName>Lamp</NodeName><DFProperties>\
    <AccessType><Get/></AccessType><DFFormat><node/></DFFormat><Scope><Permanent/></Scope></DFProperties>\
    <Node><NodeName>Level</NodeName><DFProperties><AccessType><Get/><Replace/></AccessType><DefaultValue>50</DefaultValue>\
    <DFFormat><int/></DFFormat><Scope><Permanent/></Scope></DFProperties></Node>\
    <Node><NodeName>Key</NodeName><DFProperties><AccessType><Replace/></AccessType><DFFormat><bin/></DFFormat><Scope>\
    <Permanent/></Scope></DFProperties></Node>\
    <Node><NodeName/><RTProperties><ACL/><Format/><Name/><Title/><Type/></RTProperties><DFProperties><AccessType><Add/>\
    <Get/></AccessType><DFFormat><bin/></DFFormat><Occurrence><ZeroOrMore/></Occurrence></DFProperties></Node></Node></MgmtTree>";

const DEVICE: &str = "ddf = [\"lamp.ddf\"]\n[values]\n\"./Lamp/Level\" = 70\n\"./Lamp/Key\" = { base64 = \"AAEC\" }\n\
    \"./Lamp/scene\" = { base64 = \"/w==\" }\n[acl]\n\"./Lamp\" = \"Get=*\"\n";

struct Lamp {
    scratch: Scratch,
    file: String,
}

impl Lamp {
    fn new(name: &str) -> Self {
        let scratch = Scratch::new(name);
        scratch.file("lamp.ddf", DDF);
        let file = scratch.file("lamp.toml", DEVICE);
        Self { scratch, file }
    }

    fn run(&self, act: &str, rest: &[&str]) -> Ran {
        dm(&[&["tree", act, &self.file], rest].concat())
    }

    #[track_caller]
    fn text(&self, act: &str, rest: &[&str]) -> String {
        String::from_utf8(self.run(act, rest).ok()).unwrap()
    }
}

#[test]
fn show_prints_each_node_with_format_value_and_acl() {
    let lamp = Lamp::new("tree-show");
    assert_eq!(
        lamp.text("show", &["./Lamp"]),
        "./Lamp        node   [ACL Get=*]\n\
         ./Lamp/Level  int    70\n\
         ./Lamp/Key    bin    (not shown)\n\
         ./Lamp/scene  bin    /w==\n"
    );
    assert_eq!(
        lamp.text("show", &["Lamp/Level"]),
        "./Lamp/Level  int    70\n"
    );
    let all = lamp.text("show", &[]);
    assert!(all.starts_with(".  "), "{all}");
    assert!(
        all.contains("./DevInfo/Man ") && all.contains("[ACL Add=*&Get=*]"),
        "{all}"
    );
    let json: serde_json::Value =
        serde_json::from_str(&lamp.text("show", &["./Lamp", "--json"])).unwrap();
    assert_eq!(json["nodes"][0]["acl"], "Get=*");
    assert_eq!(json["nodes"][1]["value"], "70");
    assert_eq!(json["nodes"][2]["value"], serde_json::Value::Null);
    assert_eq!(
        lamp.run("show", &["./Nowhere"]).refused(1),
        "dm tree: ./Nowhere: no such node (404)"
    );
    assert!(
        !lamp.scratch.0.join("lamp.store").exists(),
        "looking writes nothing"
    );
}

#[test]
fn get_prints_values_names_and_properties() {
    let lamp = Lamp::new("tree-get");
    for (uri, text) in [
        ("./Lamp/Level", "70\n"),
        ("Lamp", "Level\nKey\nscene\n"),
        ("./Lamp/scene", "/w==\n"),
        ("./Lamp?prop=ACL", "Get=*\n"),
        ("./Lamp/Level?prop=ACL", "\n"),
        ("./Lamp/Level?prop=Format", "int\n"),
    ] {
        assert_eq!(lamp.text("get", &[uri]), text, "{uri}");
    }
    assert_eq!(lamp.run("get", &["--base64", "./Lamp/scene"]).ok(), b"\xFF");
    for (uri, why) in [
        ("./Lamp/Nothing", "no such node (404)"),
        (
            "./Lamp?prop=Title",
            "the node does not have this property (406)",
        ),
        ("./Lamp?list=Struct", "the query is not known (406)"),
        (
            "./Lamp/Key",
            "a value that servers may write and not read is not shown",
        ),
    ] {
        let ran = lamp.run("get", &[uri]);
        assert_eq!(ran.refused(1), format!("dm tree: {uri}: {why}"));
    }
}

#[test]
fn what_set_changes_stays_and_diff_tells_it() {
    let lamp = Lamp::new("tree-set");
    assert_eq!(lamp.text("diff", &[]), "");
    assert_eq!(lamp.text("set", &["./Lamp/Level", "30"]), "");
    assert_eq!(lamp.text("get", &["./Lamp/Level"]), "30\n");
    assert_eq!(lamp.text("get", &["--factory", "./Lamp/Level"]), "70\n");
    lamp.text("set", &["./Lamp/party", "AAEC", "--base64"]);
    lamp.text("set", &["./Lamp/party?prop=Title", "All on"]);
    lamp.text("set", &["./Lamp/scene?prop=Name", "dim"]);
    lamp.text("set", &["./Lamp?prop=ACL", "Get=a+b"]);
    lamp.text("set", &["./Lamp/Key", "AwQ=", "--base64"]);
    assert_eq!(lamp.text("get", &["./Lamp/party?prop=Title"]), "All on\n");
    let ran = lamp.run("diff", &[]);
    assert_eq!(
        (ran.code, ran.err.as_str()),
        (1, "dm tree: 6 differences\n")
    );
    assert_eq!(
        ran.text(),
        "~ ./Lamp/Level: 70 -> 30\n\
         ~ ./Lamp/Key: (not shown) -> (not shown)\n\
         - ./Lamp/scene\n\
         + ./Lamp/dim: /w==\n\
         + ./Lamp/party: AAEC\n\
         ~ ./Lamp?prop=ACL: Get=* -> Get=a+b\n"
    );
    let ran = lamp.run("diff", &["--json"]);
    let json: serde_json::Value = serde_json::from_str(ran.text()).unwrap();
    assert_eq!(json["changes"].as_array().unwrap().len(), 5);
    assert_eq!(json["acls"][0]["after"], "Get=a+b");
    // What is refused changes nothing, not even whether there is a store.
    let other = Lamp::new("tree-set-other");
    for (uri, value, why) in [
        (
            "./Lamp/Level",
            "bright",
            "the value is outside its format (500)",
        ),
        ("./Lamp/Level/x", "1", "the parent is a leaf (405)"),
        ("./Vendor/x", "1", "the schema describes no such node (405)"),
        ("./Lamp?prop=ACL", "Get", "the text is not an ACL (500)"),
        ("./Lamp?prop=Name", "L", "the node is permanent (405)"),
    ] {
        let ran = other.run("set", &[uri, value]);
        assert_eq!(ran.refused(1), format!("dm tree: {uri}: {why}"));
    }
    assert_eq!(other.text("diff", &[]), "");
    let ran = other.run("set", &["./Lamp/Key", "???", "--base64"]);
    assert_eq!(ran.refused(2), "dm tree: \"???\" is no Base64");
    // Two devices.
    let ran = dm(&["tree", "diff", &other.file, &lamp.file]);
    assert_eq!(ran.code, 1);
    assert!(
        ran.text().contains("~ ./Lamp/Level: 70 -> 30\n"),
        "{}",
        ran.text()
    );
    let ran = dm(&["tree", "diff", &lamp.file, &other.file]);
    assert!(
        ran.text().contains("~ ./Lamp/Level: 30 -> 70\n"),
        "{}",
        ran.text()
    );
}

#[test]
fn a_store_may_lie_anywhere_and_a_damaged_one_is_told() {
    let lamp = Lamp::new("tree-store");
    let store = lamp.scratch.path("elsewhere");
    lamp.text("set", &["--store", &store, "./Lamp/Level", "1"]);
    assert_eq!(
        lamp.text("get", &["--store", &store, "./Lamp/Level"]),
        "1\n"
    );
    assert_eq!(lamp.text("get", &["./Lamp/Level"]), "70\n");
    let mut bytes = std::fs::read(&store).unwrap();
    let last = bytes.len() - 1;
    bytes[last] ^= 1;
    std::fs::write(&store, bytes).unwrap();
    let ran = lamp.run("get", &["--store", &store, "./Lamp/Level"]);
    assert_eq!(
        ran.refused(2),
        format!("dm tree: {store}: not an intact store")
    );
    std::fs::write(&store, b"oma-dm store\x07....").unwrap();
    let ran = lamp.run("set", &["--store", &store, "./Lamp/Level", "2"]);
    assert_eq!(
        ran.refused(2),
        format!("dm tree: {store}: written in format 7, not 1")
    );
}

#[test]
fn the_device_of_the_reference_session_is_shown() {
    let device = root().join("tests/corpus/reference-session/device.toml");
    let text = dm(&["tree", "show", "--factory", device.to_str().unwrap()]).ok();
    let text = String::from_utf8(text).unwrap();
    assert!(
        text.contains("AAuthSecret") && text.contains("(not shown)"),
        "{text}"
    );
}
