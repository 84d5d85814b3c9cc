//! `dm ddf`: what it says of description files, and that it prints what the compiler prints.

use dm_ddf::{Compiled, Model, Options, compile, with_standard};

use super::corpus::{self, files, folder, name};
use super::{Ran, Scratch, dm};

const LAMP: &str = r#"<MgmtTree xmlns="syncml:dmddf1.2"><VerDTD>1.2</VerDTD>
<Node><NodeName>Lamp</NodeName><DFProperties><AccessType><Get/></AccessType><DFFormat><node/></DFFormat></DFProperties>
  <Node><NodeName/>
    <DFProperties><AccessType><Get/></AccessType><Colour/><DFFormat><chr/></DFFormat></DFProperties></Node></Node>
</MgmtTree>"#;

fn vendor() -> String {
    super::text(&corpus::root().join("tests/corpus/reference-session/vendor.ddf"))
}

/// The tables of one file.
fn tables(path: &str, standard: bool) -> Compiled {
    let mut models = vec![Model::read(path).unwrap()];
    if standard {
        models = with_standard(models).unwrap();
    }
    compile(&models).unwrap()
}

fn text(ran: Ran) -> String {
    String::from_utf8(ran.ok()).unwrap()
}

#[test]
fn check_tells_size_and_notes() {
    let scratch = Scratch::new("ddf-check");
    let file = scratch.file("lamp.ddf", LAMP);
    let size = tables(&file, false).size();
    assert_eq!(
        text(dm(&["ddf", "check", &file])),
        format!(
            "{file}:4:50: Colour has no meaning inside DFProperties; skipped\n\
             {file}:3:3: a node without a name that may exist only once; is Occurrence missing?\n\
             3 nodes, {size} bytes of tables, 2 notes\n"
        )
    );
    let size = tables(&vendor(), true).size();
    assert_eq!(
        text(dm(&["ddf", "check", "--standard", &vendor()])),
        format!("74 nodes, {size} bytes of tables, 0 notes\n")
    );
}

/// D13-C-005, D13-C-132
#[test]
fn the_standard_objects_of_1_3_are_a_choice() {
    let of = |standard: &str| text(dm(&["ddf", "tree", standard]));
    let (older, newer) = (of("--standard"), of("--profile13"));
    assert!(older.contains("urn:oma:mo:oma-dm-devdetail:1.0") && !older.contains("DM13P"));
    assert!(newer.contains("urn:oma:mo:oma-dm-devdetail:1.1"));
    assert!(newer.contains("= \"DM13P/1\""), "{newer}");
    let rust = text(dm(&["ddf", "rust", "--profile13"]));
    assert!(rust.contains("dm ddf rust --profile13"), "{rust}");
}

#[test]
fn check_tells_what_files_use_that_do_not_fit_together() {
    let scratch = Scratch::new("ddf-features");
    let one = scratch.file("one.ddf", LAMP);
    let other = scratch.file("other.ddf", LAMP.replace("<chr/>", "<int/>"));
    let table = text(dm(&["ddf", "check", "--features", &one, &other]));
    for row in [
        "| feature | files of 2 | times |",
        "| DFFormat: chr | 1 | 1 |",
        "| DFFormat: int | 1 | 1 |",
        "| VerDTD 1.2 | 2 | 2 |",
    ] {
        assert!(table.lines().any(|line| line == row), "{row} in {table}");
    }
    for arguments in [
        &["ddf", "doc", "--features", &one][..],
        &["ddf", "check", "--features", "--standard", &one],
    ] {
        assert!(dm(arguments).refused(2).contains("--features"));
    }
}

#[test]
fn each_file_that_cannot_be_read_is_told_with_line_column_and_cure() {
    let scratch = Scratch::new("ddf-errors");
    let good = scratch.file("good.ddf", LAMP);
    let first = scratch.file("first.ddf", LAMP.replace("<NodeName>Lamp</NodeName>", ""));
    let second = scratch.file("second.ddf", LAMP.replace("<chr/>", "<string/>"));
    let ran = dm(&["ddf", "check", &first, &good, &second]);
    assert_eq!((ran.code, ran.text()), (1, ""));
    let lines: Vec<&str> = ran.err.lines().collect();
    let [one, other] = lines.as_slice() else {
        panic!("{}", ran.err)
    };
    let missing = format!("dm ddf: {first}:2:1: NodeName is missing; write <NodeName>, ");
    assert!(one.starts_with(&missing), "{one}");
    let choice = format!(
        "dm ddf: {second}:4:59: DFFormat does not hold exactly one choice; write one of b64, "
    );
    assert!(other.starts_with(&choice), "{other}");
    // Files that are in order each, but not together.
    let leaf = scratch.file(
        "leaf.ddf",
        LAMP.replace("<node/>", "<chr/>")
            .replace("<Node><NodeName/>", "<!--")
            .replace("</Node></Node>", "--></Node>"),
    );
    let ran = dm(&["ddf", "check", &good, &leaf]);
    let line = ran.refused(1);
    assert!(
        line.starts_with(&format!(
            "dm ddf: {leaf}:2:1: ./Lamp is described twice and DFFormat differs (see {good}:2:1); "
        )),
        "{line}"
    );
}

#[test]
fn each_form_is_what_the_compiler_gives() {
    let file = vendor();
    let tables = tables(&file, true);
    let options = |command: &str| Options::default().command(command);
    for (arguments, expected) in [
        (
            &["ddf", "rust", "--standard", &file][..],
            tables.to_rust(&options(&format!("dm ddf rust --standard {file}"))),
        ),
        (
            &[
                "ddf",
                "rust",
                &file,
                "--crate",
                "crate::tables",
                "--standard",
            ],
            tables.to_rust(
                &options(&format!(
                    "dm ddf rust --standard --crate crate::tables {file}"
                ))
                .krate("crate::tables"),
            ),
        ),
        (
            &["ddf", "c", "--standard", "--name", "meter", &file],
            tables
                .to_c(&options(&format!("dm ddf c --standard --name meter {file}")).name("meter")),
        ),
        (&["ddf", "doc", "--standard", &file], tables.to_markdown()),
    ] {
        assert_eq!(text(dm(arguments)), expected, "{arguments:?}");
    }
}

#[test]
fn notes_do_not_get_into_what_is_printed() {
    let scratch = Scratch::new("ddf-notes");
    let file = scratch.file("lamp.ddf", LAMP);
    let ran = dm(&["ddf", "doc", &file]);
    assert_eq!(ran.code, 0);
    assert_eq!(ran.text(), tables(&file, false).to_markdown());
    assert_eq!(ran.err.lines().count(), 2, "{}", ran.err);
    assert!(
        ran.err.starts_with(&format!("{file}:4:50: Colour ")),
        "{}",
        ran.err
    );
}

#[test]
fn a_file_is_written_compared_and_found_stale() {
    let scratch = Scratch::new("ddf-out");
    let out = scratch.path("vendor.md");
    let file = vendor();
    let arguments = ["ddf", "doc", "-o", &out, &file];
    let compare = ["ddf", "doc", "-o", &out, "--check", &file];
    let line = dm(&compare).refused(2).to_owned();
    assert!(line.starts_with(&format!("dm ddf: {out}: ")), "{line}");
    assert_eq!(text(dm(&arguments)), "");
    assert_eq!(
        std::fs::read_to_string(&out).unwrap(),
        tables(&file, false).to_markdown()
    );
    assert_eq!(text(dm(&compare)), "");
    std::fs::write(&out, "old").unwrap();
    assert_eq!(
        dm(&compare).refused(1),
        format!("dm ddf: {out} is not what its DDFs give; make it anew without --check")
    );
    assert_eq!(std::fs::read_to_string(&out).unwrap(), "old");
}

#[test]
fn every_description_of_the_corpus_is_checked() {
    let Some(corpus) = folder("corpus/ddf") else {
        return;
    };
    let mut sound = 0;
    for path in files(&corpus, &[""]) {
        let ran = dm(&["ddf", "check", path.to_str().unwrap()]);
        assert_eq!((ran.code, ran.err.as_str()), (0, ""), "{}", name(&path));
        assert!(ran.text().contains(" bytes of tables, "), "{}", ran.text());
        sound += 1;
    }
    assert_eq!(sound, 49);
}

#[test]
fn what_is_printed_as_xml_is_the_same_device() {
    let scratch = Scratch::new("ddf-xml");
    let one = text(dm(&["ddf", "xml", "--standard", &vendor()]));
    assert!(one.contains("<NodeName>DevInfo</NodeName>") && one.contains("<VerDTD>1.2</VerDTD>"));
    let file = scratch.file("device.ddf", &one);
    assert_eq!(text(dm(&["ddf", "xml", &file])), one);
    for form in ["tree", "doc"] {
        assert_eq!(
            text(dm(&["ddf", form, &file])),
            text(dm(&["ddf", form, "--standard", &vendor()])),
            "{form}"
        );
    }
}
