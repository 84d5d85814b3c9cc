//! `dm inspect`: listings word by word, on own documents, and what holds of every listing, on the shared corpus.

use std::path::Path;

use super::corpus::{self, files, name};
use super::xml::Element;
use super::{Ran, Scratch, dm, dm_with};

/// One line of a listing.
#[derive(Debug)]
struct Row {
    offset: Option<usize>,
    octets: Vec<u8>,
    meaning: String,
}

/// The lines of a listing, without its head and foot.
fn rows(listing: &str) -> Vec<Row> {
    let (listing, _) = listing.split_once("\n\n").unwrap_or((listing, ""));
    let mut lines = listing.lines();
    let head = lines.next().expect("a head");
    let column = |name: &str| head.find(name).expect("a column");
    let (hex, octets, meaning) = (column("hex"), column("octets"), column("meaning"));
    let part = |line: &str, from: usize, to: usize| {
        let to = to.min(line.len());
        line.get(from.min(to)..to)
            .expect("columns of ASCII")
            .trim()
            .to_owned()
    };
    let row = |line: &str| {
        let offset = part(line, 0, hex).parse().ok();
        let place = usize::from_str_radix(&part(line, hex, octets), 16).ok();
        assert_eq!(offset, place, "{line}");
        let octets = part(line, octets, meaning);
        Row {
            offset,
            octets: octets
                .split_whitespace()
                .map(|octet| u8::from_str_radix(octet, 16).expect("an octet"))
                .collect(),
            meaning: part(line, meaning, line.len()),
        }
    };
    lines.map(row).collect()
}

fn path(folder: &str, file: &str) -> String {
    let path = corpus::root().join("tests/corpus").join(folder).join(file);
    super::text(&path)
}

/// What `dm inspect` prints of a document, well formed or not.
fn listing(path: &str) -> Ran {
    let ran = dm(&["inspect", "--full", path]);
    match ran.code {
        0 => assert_eq!(ran.err, "", "{path}"),
        1 => {
            let line = ran.err.strip_suffix('\n').expect("a whole line");
            assert!(
                !line.contains('\n') && line.contains(" at octet "),
                "{line}"
            );
            assert!(ran.text().contains("!! "), "{}", ran.text());
        }
        code => panic!("{path} ended with {code}"),
    }
    ran
}

#[test]
fn listings_are_as_written_down() {
    for (folder, file, expected) in [
        (
            "vectors",
            "v01-minimal.wbxml",
            include_str!("inspect/v01.txt"),
        ),
        (
            "vectors",
            "v03-pubid-strtbl-index.wbxml",
            include_str!("inspect/v03.txt"),
        ),
        (
            "vectors",
            "v09-str-concat.wbxml",
            include_str!("inspect/v09.txt"),
        ),
        (
            "vectors",
            "v12-opaque-300.wbxml",
            include_str!("inspect/v12.txt"),
        ),
        (
            "vectors",
            "v14-entity.wbxml",
            include_str!("inspect/v14.txt"),
        ),
        (
            "vectors",
            "v16-literal-attr.wbxml",
            include_str!("inspect/v16.txt"),
        ),
        ("vectors", "v17-pi.wbxml", include_str!("inspect/v17.txt")),
        (
            "vectors",
            "v19-tnds-opaque.wbxml",
            include_str!("inspect/v19.txt"),
        ),
        (
            "vectors",
            "v33-unknown-page.wbxml",
            include_str!("inspect/v33.txt"),
        ),
        (
            "vectors",
            "v35-strt-unterminated.wbxml",
            include_str!("inspect/v35.txt"),
        ),
        (
            "vectors",
            "v36-metinf-all.wbxml",
            include_str!("inspect/v36.txt"),
        ),
        (
            "vectors",
            "v41-ext-token.wbxml",
            include_str!("inspect/v41.txt"),
        ),
        (
            "reference-session",
            "m1-client-reference.wbxml",
            include_str!("inspect/m1.txt"),
        ),
        (
            "reference-session",
            "m4-server-final.wbxml",
            include_str!("inspect/m4.txt"),
        ),
    ] {
        let printed = dm(&["inspect", &path(folder, file)]).ok();
        assert_eq!(String::from_utf8(printed).unwrap(), expected, "{file}");
    }
}

/// What is wrong with the vectors that are broken.
const BROKEN: [(&str, &str); 4] = [
    (
        "v25-trailing",
        "octets behind the end of the root element at octet 119",
    ),
    (
        "v26-truncated",
        "the document ends inside <SyncML><SyncBody> at octet 116",
    ),
    (
        "v27-ver10",
        "token 03 outside the root element at octet 110",
    ),
    (
        "v34-strt-outside",
        "STR_T 99 is outside the string table (3 octets) at octet 113",
    ),
];

/// Vectors that are well formed, and why the codec refuses them.
const REFUSED: [(&str, &str); 2] = [
    (
        "v07-charset-latin1",
        "character set is not UTF-8 or US-ASCII at octet 3",
    ),
    ("v38-deep", "too many open elements at octet 37"),
];

#[test]
fn every_vector_is_listed_to_its_end_or_to_its_fault() {
    let vectors = files(&corpus::root().join("tests/corpus/vectors"), &["v"]);
    assert_eq!(vectors.len(), 42);
    for path in &vectors {
        let stem = name(path).trim_end_matches(".wbxml");
        let ran = listing(path.to_str().unwrap());
        match BROKEN.iter().find(|(vector, _)| *vector == stem) {
            Some((_, why)) => {
                let line = format!("dm inspect: {}: {why}\n", path.display());
                assert_eq!((ran.code, ran.err.as_str()), (1, line.as_str()));
            }
            None => assert_eq!((ran.code, ran.err.as_str()), (0, ""), "{stem}"),
        }
        let refusal = ran
            .text()
            .split_once("; refused by the codec: ")
            .map(|(_, why)| why.trim_end());
        let expected = REFUSED
            .iter()
            .find(|(vector, _)| *vector == stem)
            .map(|(_, why)| *why);
        assert_eq!(refusal, expected, "{stem}");
        shows_each_octet_once(path, &ran);
    }
}

/// The octets of a listing are those of the file, each in its place.
#[track_caller]
fn shows_each_octet_once(path: &Path, ran: &Ran) {
    let mut shown = Vec::new();
    for row in rows(ran.text()) {
        if let Some(offset) = row.offset.filter(|_| !row.octets.is_empty()) {
            assert_eq!(offset, shown.len(), "{}: {}", path.display(), row.meaning);
        }
        shown.extend(row.octets);
    }
    assert_eq!(shown, std::fs::read(path).unwrap(), "{}", path.display());
}

#[test]
fn every_binary_file_of_the_corpus_is_listed_octet_for_octet() {
    let Some(shared) = corpus::folder("corpus") else {
        return;
    };
    let (mut sound, mut broken) = (0, Vec::new());
    for folder in ["messages-wbxml", "provisioning", "notification", "vectors"] {
        for path in files(&shared.join(folder), &[""]) {
            if !name(&path).ends_with(".wbxml") && !name(&path).ends_with(".bin") {
                continue;
            }
            let ran = listing(path.to_str().unwrap());
            shows_each_octet_once(&path, &ran);
            if ran.code == 0 {
                sound += 1;
            } else {
                broken.push(name(&path).to_owned());
            }
        }
    }
    println!("{sound} listed to their end, {} to a fault", broken.len());
    // Notifications and an answer of OBEX are no WBXML.
    let others = [
        "buteo-002-obexresp01.bin",
        "buteo-002-SAN02.bin",
        "dm-pkg0-wsp-001-msg.bin",
    ];
    let vectors = BROKEN.map(|(vector, _)| format!("{vector}.wbxml"));
    let mut expected: Vec<String> = others.map(str::to_owned).into();
    expected.extend(vectors);
    assert_eq!(broken, expected);
    assert!(sound >= 68, "{sound}");
}

/// Names and texts in order, as a listing has them.
fn listed(rows: &[Row]) -> Vec<String> {
    let found = rows.iter().filter_map(|row| {
        let name = row
            .meaning
            .strip_prefix('<')
            .and_then(|rest| rest.split(['>', '/', ' ']).next());
        let text = row
            .meaning
            .strip_prefix("STR_I \"")
            .and_then(|rest| rest.strip_suffix('"'));
        name.map(str::to_owned)
            .or_else(|| text.map(|text| format!("= {text}")))
    });
    found.collect()
}

/// Names and texts in order, as an XML document has them.
fn written(element: &Element, found: &mut Vec<String>) {
    for child in &element.children {
        found.push(child.name.clone());
        if child.children.is_empty() && !child.text.is_empty() {
            found.push(format!("= {}", child.text));
        }
        written(child, found);
    }
}

/// The messages that are kept in both encodings, written by another program.
#[test]
fn a_listing_has_the_elements_and_texts_of_the_xml_form() {
    for stem in [
        "m1-client-reference",
        "m2-server-10get-5replace",
        "m3-client-reference",
        "m4-server-final",
    ] {
        let ran = listing(&path("reference-session", &format!("{stem}.wbxml")));
        assert_eq!(ran.code, 0, "{}", ran.err);
        let xml = std::fs::read(path("reference-session", &format!("{stem}.xml"))).unwrap();
        let mut expected = Vec::new();
        let root = Element::parse(&xml);
        expected.push(root.name.clone());
        written(&root, &mut expected);
        // A long text has several lines in a listing.
        let joined = joined(&rows(ran.text()));
        assert_eq!(listed(&joined), expected, "{stem}");
    }
}

/// Rows with the lines that continue them.
fn joined(rows: &[Row]) -> Vec<Row> {
    let mut joined: Vec<Row> = Vec::new();
    for row in rows {
        match joined.last_mut() {
            Some(before) if row.offset.is_none() => before.meaning.push_str(&row.meaning),
            _ => joined.push(Row {
                offset: row.offset,
                octets: row.octets.clone(),
                meaning: row.meaning.clone(),
            }),
        }
    }
    joined
}

#[test]
fn hex_text_is_read_as_dumps_show_it() {
    let scratch = Scratch::new("inspect-hex");
    let document = std::fs::read(path("vectors", "v03-pubid-strtbl-index.wbxml")).unwrap();
    let dump: String = document
        .chunks(16)
        .zip((0..).step_by(16))
        .map(|(chunk, at)| {
            let octets: Vec<String> = chunk.iter().map(|octet| format!("{octet:02x}")).collect();
            format!("{at:04x}: {}\r\n", octets.join(" "))
        })
        .collect();
    let expected = dm_with(&["inspect", "-"], &document).ok();
    assert_eq!(
        dm_with(&["inspect", "--hex", "-"], dump.as_bytes()).ok(),
        expected
    );
    let file = scratch.file("dump.txt", &dump);
    assert_eq!(dm(&["inspect", &file, "--hex"]).ok(), expected);
    // The same text is read by convert.
    let xml = dm_with(&["convert", "--to", "xml", "-"], &document).ok();
    assert_eq!(dm(&["convert", "--hex", "--to", "xml", &file]).ok(), xml);
}

#[test]
fn a_listing_is_hex_text_too() {
    // Whoever cuts the octets out of a listing gets the document back.
    let document = std::fs::read(path("vectors", "v01-minimal.wbxml")).unwrap();
    let ran = listing(&path("vectors", "v01-minimal.wbxml"));
    let octets: String = rows(ran.text())
        .iter()
        .flat_map(|row| row.octets.iter().map(|octet| format!("0x{octet:02X}, ")))
        .collect();
    let again = dm_with(&["inspect", "--hex", "--full", "-"], octets.as_bytes()).ok();
    assert_eq!(String::from_utf8(again).unwrap(), ran.text());
    assert_eq!(
        rows(ran.text())
            .iter()
            .map(|row| row.octets.len())
            .sum::<usize>(),
        document.len()
    );
}

#[test]
fn what_is_no_wbxml_is_told_in_one_line() {
    for (arguments, input, code, expected) in [
        (
            &["inspect", "-"][..],
            &b"<SyncML/>"[..],
            1,
            "dm inspect: standard input: this is XML (dm convert --to wbxml gives WBXML)",
        ),
        (
            &["inspect", "-"],
            b"02 A4 01 6A",
            1,
            "dm inspect: standard input: this is hex text (--hex reads it)",
        ),
        (
            &["inspect", "--hex", "-"],
            b"02 A4\n01 SyncML",
            2,
            "dm inspect: standard input: line 2: \"SyncML\" is no hex",
        ),
        (
            &["convert", "--to", "xml", "--hex", "-"],
            b"02 A",
            2,
            "dm convert: standard input: line 1: \"A\" has not two digits for each octet",
        ),
    ] {
        assert_eq!(dm_with(arguments, input).refused(code), expected);
    }
}

#[test]
fn long_octets_are_cut_unless_all_is_wanted() {
    let file = path("vectors", "v12-opaque-300.wbxml");
    let short = String::from_utf8(dm(&["inspect", &file]).ok()).unwrap();
    let full = String::from_utf8(dm(&["inspect", "--full", &file]).ok()).unwrap();
    assert!(short.contains("... 303 octets in all"), "{short}");
    assert_eq!(full.matches(" 7A").count(), 300, "{full}");
    assert!(
        short
            .lines()
            .chain(full.lines())
            .all(|line| line.chars().count() <= 120)
    );
}
