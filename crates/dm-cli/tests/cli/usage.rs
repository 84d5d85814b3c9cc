//! Help, version, exit codes and error texts.

use super::{Scratch, dm};

const VERBS: [&str; 9] = [
    "bootstrap",
    "convert",
    "ddf",
    "demo",
    "inspect",
    "notify",
    "replay",
    "tnds",
    "tree",
];

#[test]
fn help_lists_every_verb_and_every_verb_explains_itself() {
    for option in ["--help", "-h"] {
        let text = String::from_utf8(dm(&[option]).ok()).unwrap();
        for verb in VERBS {
            assert!(
                text.contains(&format!("\n  {verb} ")),
                "{verb} is not in\n{text}"
            );
            let help = String::from_utf8(dm(&[verb, option]).ok()).unwrap();
            assert!(help.starts_with(&format!("usage: dm {verb} ")), "{help}");
            assert!(
                help.lines().all(|line| line.chars().count() <= 120),
                "{help}"
            );
        }
    }
}

#[test]
fn version_is_that_of_the_package() {
    let version = concat!("dm ", env!("CARGO_PKG_VERSION"), "\n");
    assert_eq!(dm(&["--version"]).ok(), version.as_bytes());
    assert_eq!(dm(&["-V"]).ok(), version.as_bytes());
}

#[test]
fn wrong_usage_is_told_in_one_line_and_exits_with_2() {
    for (arguments, expected) in [
        (&[][..], "dm: no verb is given"),
        (&["frob"], "dm: there is no verb \"frob\""),
        (&["--frob"], "dm: invalid option '--frob'"),
        (
            &["convert"],
            "dm convert: --to xml or --to wbxml is missing",
        ),
        (
            &["convert", "--to", "json", "-"],
            "dm convert: --to takes xml or wbxml, not \"json\"",
        ),
        (
            &["convert", "--to"],
            "dm convert: missing argument for option '--to'",
        ),
        (&["convert", "--to", "xml"], "dm convert: no file is given"),
        (
            &["convert", "--to", "xml", "a", "b"],
            "dm convert: unexpected argument \"b\"",
        ),
        (&["inspect"], "dm inspect: no file is given"),
        (
            &["inspect", "a", "b"],
            "dm inspect: unexpected argument \"b\"",
        ),
        (&["demo", "now"], "dm demo: unexpected argument \"now\""),
        (&["replay", "m2.xml"], "dm replay: --device is missing"),
        (
            &["replay", "--device", "d", "--session-id", "x"],
            "dm replay: cannot parse argument \"x\"",
        ),
        (
            &["bootstrap"],
            "dm bootstrap: say make, inspect, apply or fetch",
        ),
        (
            &["bootstrap", "send"],
            "dm bootstrap: say make, inspect, apply or fetch, not \"send\"",
        ),
        (&["bootstrap", "make"], "dm bootstrap: no file is given"),
        (
            &["bootstrap", "make", "--imsi", "31015x", "-"],
            "dm bootstrap: --imsi takes 1 to 15 digits, not \"31015x\"",
        ),
        (
            &["bootstrap", "make", "--network", "0", "-"],
            "dm bootstrap: --network takes hex",
        ),
        (
            &["bootstrap", "make", "--wrap", "bare", "--pin", "1", "-"],
            "dm bootstrap: a bare document has no place for a MAC",
        ),
        (
            &["bootstrap", "make", "--pin-mac", "--imsi", "1", "-"],
            "dm bootstrap: --pin-mac takes --pin and no other secret",
        ),
        (
            &["bootstrap", "inspect", "--device", "d", "-"],
            "dm bootstrap: invalid option '--device'",
        ),
        (
            &["bootstrap", "apply", "-"],
            "dm bootstrap: --device is missing",
        ),
        (&["notify"], "dm notify: say make, decode or verify"),
        (
            &["notify", "send"],
            "dm notify: say make, decode or verify, not \"send\"",
        ),
        (
            &["notify", "make", "--server", "s"],
            "dm notify: --secret is missing",
        ),
        (
            &["notify", "make", "--secret", "s"],
            "dm notify: --server is missing",
        ),
        (
            &["notify", "make", "--session", "10000"],
            "dm notify: --session takes 1 to 4 hex digits, not \"10000\"",
        ),
        (
            &["notify", "make", "--md5"],
            "dm notify: --md5 is for --format 1.3",
        ),
        (
            &["notify", "make", "--nonce", "0"],
            "dm notify: --nonce takes hex",
        ),
        (
            &[
                "notify", "make", "--server", "s", "--secret", "s", "--reason", "r",
            ],
            "dm notify: options are for 1.3 only",
        ),
        (&["notify", "decode"], "dm notify: no file is given"),
        (
            &["notify", "decode", "--secret", "s", "-"],
            "dm notify: invalid option '--secret'",
        ),
        (
            &["notify", "decode", "--bare", "2.0", "-"],
            "dm notify: --bare takes 1.2 or 1.3",
        ),
        (&["notify", "verify", "-"], "dm notify: --secret is missing"),
        (&["tree"], "dm tree: say show, get, set or diff"),
        (
            &["tree", "d.toml"],
            "dm tree: say show, get, set or diff, not \"d.toml\"",
        ),
        (&["tree", "show"], "dm tree: no device file is given"),
        (
            &["tree", "get", "d.toml"],
            "dm tree: get takes a device file and a URI",
        ),
        (
            &["tree", "set", "d.toml", "./A"],
            "dm tree: set takes a device file, a URI and a value",
        ),
        (
            &["tree", "diff", "a", "b", "c"],
            "dm tree: diff takes one or two device files",
        ),
        (
            &["tree", "set", "--factory", "d.toml", "./A", "1"],
            "dm tree: --factory makes no sense here",
        ),
        (
            &["tree", "show", "--factory", "--store", "s", "d.toml"],
            "dm tree: --store makes no sense here",
        ),
        (&["ddf"], "dm ddf: say check, rust, c, doc, tree or xml"),
        (
            &["ddf", "java", "a.ddf"],
            "dm ddf: say check, rust, c, doc, tree or xml, not \"java\"",
        ),
        (&["ddf", "doc"], "dm ddf: no DDF file is given"),
        (
            &["ddf", "rust", "--check", "a.ddf"],
            "dm ddf: --check compares with the file of -o",
        ),
        (
            &["ddf", "doc", "--name", "lamp", "a.ddf"],
            "dm ddf: --name is not for doc",
        ),
        (
            &["ddf", "c", "--crate", "dm_tree", "a.ddf"],
            "dm ddf: --crate is not for c",
        ),
        (
            &["ddf", "c", "--name", "a b", "a.ddf"],
            "dm ddf: --name takes a name, not \"a b\"",
        ),
        (
            &["ddf", "rust", "--crate", "::a", "a.ddf"],
            "dm ddf: --crate takes a name, not \"::a\"",
        ),
    ] {
        let ran = dm(arguments);
        let line = ran.refused(2);
        assert!(line.starts_with(expected), "{line}");
    }
}

#[test]
fn a_file_that_cannot_be_read_exits_with_2_and_is_named() {
    for arguments in [
        &["convert", "--to", "xml", "no/such/file"][..],
        &["inspect", "no/such/file"],
        &["tree", "show", "no/such/file"],
        &["tree", "diff", "no/such/file"],
        &["ddf", "tree", "no/such/file"],
        &["ddf", "check", "no/such/file"],
        &["replay", "--device", "d", "no/such/file"],
    ] {
        let ran = dm(arguments);
        let line = ran.refused(2);
        assert!(line.contains(": no/such/file: "), "{line}");
    }
}

#[test]
fn a_broken_description_exits_with_1_and_names_the_line() {
    let scratch = Scratch::new("broken-ddf");
    let file = scratch.file("broken.ddf", "<MgmtTree>\n  <Node>\n</MgmtTree>");
    let ran = dm(&["ddf", "tree", &file]);
    let line = ran.refused(1);
    assert!(line.starts_with(&format!("dm ddf: {file}:")), "{line}");
}

#[test]
fn a_description_prints_as_a_tree() {
    let scratch = Scratch::new("tree");
    let file = scratch.file(
        "lamp.ddf",
        r#"<MgmtTree xmlns="syncml:dmddf1.2"><VerDTD>1.2</VerDTD><Node><NodeName>Lamp</NodeName>
            <DFProperties><AccessType><Get/></AccessType><DFFormat><node/></DFFormat><Occurrence><One/></Occurrence>
            <Scope><Permanent/></Scope><DFType><DDFName/></DFType></DFProperties>
            <Node><NodeName>Lit</NodeName><DFProperties><AccessType><Get/><Replace/></AccessType>
            <DefaultValue>false</DefaultValue><DFFormat><bool/></DFFormat><Occurrence><One/></Occurrence>
            <Scope><Permanent/></Scope><DFType><MIME>text/plain</MIME></DFType></DFProperties></Node></Node></MgmtTree>"#,
    );
    let text = String::from_utf8(dm(&["ddf", "tree", &file]).ok()).unwrap();
    let rows: Vec<Vec<&str>> = text
        .lines()
        .map(|line| line.split_whitespace().collect())
        .collect();
    assert!(
        rows.iter()
            .any(|row| row.starts_with(&["Lamp", "node", "Get", "1", "permanent"])),
        "{text}"
    );
    assert!(
        rows.iter()
            .any(|row| row.starts_with(&["Lit", "bool", "Get,Replace", "1", "permanent"])),
        "{text}"
    );
    let text = String::from_utf8(dm(&["ddf", "tree", "--standard"]).ok()).unwrap();
    assert!(text.contains("DevInfo") && text.contains("DMAcc"), "{text}");
}
