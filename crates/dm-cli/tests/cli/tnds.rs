//! `dm tnds`: out of a device and into it.

use super::corpus::root;
use super::{Scratch, dm, text};

fn device() -> String {
    text(&root().join("tests/corpus/reference-session/device.toml"))
}

fn export(options: &[&str]) -> Vec<u8> {
    let device = device();
    let mut arguments = vec!["tnds", "export", "--device", &device];
    arguments.extend(options);
    dm(&arguments).ok()
}

fn import(options: &[&str]) -> super::Ran {
    let device = device();
    let mut arguments = vec!["tnds", "import", "--device", &device];
    arguments.extend(options);
    dm(&arguments)
}

#[test]
fn what_comes_out_can_go_in_again_and_changes_nothing() {
    let scratch = Scratch::new("tnds-round");
    for (encoding, name) in [("xml", "cfg.xml"), ("wbxml", "cfg.wbxml")] {
        let file = scratch.file(name, "");
        assert!(export(&["--to", encoding, "-o", &file, "./Vendor/cfg"]).is_empty());
        let shown = import(&["--at", "./Vendor/cfg", &file]);
        assert_eq!(shown.ok(), b"nothing changes\n", "{encoding}");
    }
    let whole = String::from_utf8(export(&[])).unwrap();
    assert!(
        whole.starts_with(
            "<MgmtTree xmlns=\"syncml:dmddf1.2\"><VerDTD>1.2</VerDTD><Node><NodeName>.<"
        )
    );
    let values = String::from_utf8(export(&["./Vendor/cfg?list=TNDS+Value"])).unwrap();
    assert!(!values.contains("<Format>") && values.contains("<NodeName>apn</NodeName>"));
}

#[test]
fn an_import_shows_what_changes() {
    let scratch = Scratch::new("tnds-import");
    let xml = String::from_utf8(export(&["./Vendor/cfg"])).unwrap();
    let at = xml.find("<NodeName>apn<").unwrap();
    let value = at + xml[at..].find("<Value>").unwrap() + "<Value>".len();
    let end = value + xml[value..].find('<').unwrap();
    let changed = format!("{}new.example{}", &xml[..value], &xml[end..]);
    let file = scratch.file("new.xml", changed);
    let shown = String::from_utf8(import(&["--at", "./Vendor/cfg", &file]).ok()).unwrap();
    assert_eq!(shown.lines().count(), 1, "{shown}");
    assert!(shown.contains("./Vendor/cfg/apn: ") && shown.contains("new.example"));
    // An Add of what is there, a target that is not, and what is no document.
    let refused = import(&["--add", "--at", "./Vendor", &file]);
    assert!(
        refused.refused(1).contains("(status 418)"),
        "{}",
        refused.err
    );
    let refused = import(&["--at", "./nowhere", &file]);
    assert!(
        refused.refused(1).contains("(status 404)"),
        "{}",
        refused.err
    );
    let odd = scratch.file("odd.xml", "<odd/>");
    let refused = import(&["--at", "./Vendor/cfg", &odd]);
    assert!(
        refused.refused(1).contains("(status 415)"),
        "{}",
        refused.err
    );
}

#[test]
fn wrong_usage_is_told() {
    for (arguments, expected) in [
        (&["tnds"][..], "dm tnds: export or import?"),
        (&["tnds", "move"], "dm tnds: export or import, not \"move\""),
        (&["tnds", "export"], "dm tnds: --device is missing"),
        (
            &["tnds", "import", "--device", "x"],
            "dm tnds: no file is given",
        ),
    ] {
        let ran = dm(arguments);
        assert!(ran.refused(2).starts_with(expected), "{}", ran.err);
    }
}
