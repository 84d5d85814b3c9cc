//! `dm convert`: there and back, on own documents and on the shared corpus.

use std::path::Path;

use super::corpus::{files, folder, name};
use super::xml::Element;
use super::{Scratch, dm, dm_with};

fn convert(to: &str, document: &[u8]) -> Result<Vec<u8>, String> {
    let ran = dm_with(&["convert", "--to", to, "-"], document);
    match ran.code {
        0 => Ok(ran.ok()),
        _ => Err(ran.refused(1).to_owned()),
    }
}

fn wbxml(document: &[u8]) -> Vec<u8> {
    convert("wbxml", document).expect("WBXML")
}

fn xml(document: &[u8]) -> Vec<u8> {
    convert("xml", document).expect("XML")
}

/// A message that uses what XML has: prefixes, entities, sections, comments, both quotes, markup in Data.
const WORKED: &str = r#"<?xml version='1.0' encoding="UTF-8"?>
<!DOCTYPE SyncML PUBLIC "-//SYNCML//DTD SyncML 1.2//EN" "http://example.org/none.dtd">
<s:SyncML xmlns:s='SYNCML:SYNCML1.2' xmlns:m="syncml:metinf">
  <s:SyncHdr>
    <s:VerDTD>1.2</s:VerDTD><s:VerProto>DM/1.2</s:VerProto><s:SessionID>1</s:SessionID><s:MsgID>2</s:MsgID>
    <s:Target><s:LocURI>urn:x:42</s:LocURI></s:Target>
    <s:Source><s:LocURI>http://dm.example.org/?a=1&amp;b=2</s:LocURI></s:Source>
  </s:SyncHdr>
  <s:SyncBody><!-- two commands -->
    <s:Replace><s:CmdID>1</s:CmdID>
      <s:Item><s:Target><s:LocURI>./A</s:LocURI></s:Target>
        <s:Meta><m:Format>chr</m:Format><m:Type>text/plain</m:Type></s:Meta>
        <s:Data>  &#x20AC; &lt;x&gt; <![CDATA[<&]]> caf&#233;
 </s:Data></s:Item>
      <s:Item><s:Target><s:LocURI>./B</s:LocURI></s:Target>
        <s:Data><MgmtTree xmlns="syncml:dmddf1.2"><VerDTD>1.2</VerDTD></MgmtTree></s:Data></s:Item>
      <s:Item><s:Target><s:LocURI>./C</s:LocURI></s:Target><s:Data></s:Data></s:Item>
    </s:Replace>
    <s:Get><s:CmdID>3</s:CmdID><s:Item><s:Target><s:LocURI>./A</s:LocURI></s:Target></s:Item></s:Get>
    <s:Final/>
  </s:SyncBody>
</s:SyncML>
"#;

#[test]
fn xml_comes_back_from_wbxml_with_the_same_meaning() {
    let binary = wbxml(WORKED.as_bytes());
    assert!(binary.starts_with(&[0x02, 0xA4, 0x01, 0x6A, 0x00]));
    assert_eq!(
        Element::parse(&xml(&binary)),
        Element::parse(WORKED.as_bytes())
    );
    // Once more, from what came back; and from XML to XML.
    assert_eq!(wbxml(&xml(&binary)), binary);
    assert_eq!(
        Element::parse(&xml(WORKED.as_bytes())),
        Element::parse(WORKED.as_bytes())
    );
}

#[test]
fn pretty_xml_has_the_same_meaning() {
    let ran = dm_with(
        &["convert", "--to", "xml", "--pretty", "-"],
        WORKED.as_bytes(),
    );
    let pretty = ran.ok();
    assert_eq!(Element::parse(&pretty), Element::parse(WORKED.as_bytes()));
    assert_eq!(wbxml(&pretty), wbxml(WORKED.as_bytes()));
    let text = String::from_utf8(pretty).unwrap();
    assert!(
        text.contains("\n      <Item>\n        <Target>\n          <LocURI>./A</LocURI>\n"),
        "{text}"
    );
}

#[test]
fn binary_data_comes_back_as_base64_of_the_same_octets() {
    // Data of 00 FF 10 80 as OPAQUE below a Meta with the Format bin, in a body without a header.
    let mut document = vec![0x02, 0xA4, 0x01, 0x6A, 0x00, 0x6D, 0x6B, 0x60, 0x54];
    document.extend(b"\x5A\x00\x01\x47\x03bin\x00\x01\x01\x00\x00\x4F\xC3\x04\x00\xFF\x10\x80\x01\x01\x01\x01\x01");
    let first = xml(&document);
    let replace = Element::parse(&first);
    let mut found = Vec::new();
    replace.all("Data", &mut found);
    replace.all("Format", &mut found);
    let texts: Vec<_> = found.iter().map(|element| element.text.as_str()).collect();
    assert_eq!(texts, ["AP8QgA==", "b64"]);
    let back = wbxml(&first);
    assert!(back.windows(9).any(|window| window == b"AP8QgA==\0"));
    assert_eq!(xml(&back), first);
}

#[test]
fn the_result_goes_to_a_file_when_one_is_named() {
    let scratch = Scratch::new("convert-out");
    let (input, output) = (scratch.file("in.xml", WORKED), scratch.path("out.wbxml"));
    assert_eq!(
        dm(&["convert", &input, "-o", &output, "--to", "wbxml"]).ok(),
        b""
    );
    assert_eq!(std::fs::read(&output).unwrap(), wbxml(WORKED.as_bytes()));
    let ran = dm(&[
        "convert",
        &input,
        "--out",
        &scratch.path("none/out"),
        "--to",
        "wbxml",
    ]);
    assert!(ran.refused(1).contains("none/out: "));
}

#[test]
fn a_broken_document_is_refused_with_its_offset_and_writes_nothing() {
    let scratch = Scratch::new("convert-broken");
    let broken = WORKED.replace("</s:Get>", "");
    let at = broken.find("</s:SyncBody>").unwrap();
    let (input, output) = (scratch.file("in.xml", &broken), scratch.path("out.wbxml"));
    let ran = dm(&["convert", "--to", "wbxml", "-o", &output, &input]);
    assert_eq!(
        ran.refused(1),
        format!("dm convert: {input}: end tag does not match at octet {at}")
    );
    assert!(!Path::new(&output).exists());
    let binary = wbxml(WORKED.as_bytes());
    for cut in 0..binary.len() {
        let line = convert("xml", &binary[..cut]).unwrap_err();
        assert!(
            line.starts_with("dm convert: standard input: unexpected end of document at octet "),
            "{line}"
        );
    }
}

/// The exchange that is kept in both encodings, written by another program.
#[test]
fn the_reference_messages_are_what_their_other_form_says() {
    for (folder_name, stems) in [
        (
            "reference-session",
            &[
                "m1-client-reference",
                "m2-server-10get-5replace",
                "m3-client-reference",
                "m4-server-final",
            ][..],
        ),
        ("codec-bench", &["many-commands-64k", "typical-1k5"]),
    ] {
        let Some(folder) = folder(folder_name) else {
            continue;
        };
        for stem in stems {
            let read = |kind: &str| std::fs::read(folder.join(format!("{stem}.{kind}"))).unwrap();
            let meaning = Element::parse(&read("xml"));
            assert_eq!(Element::parse(&xml(&read("wbxml"))), meaning, "{stem}");
            assert_eq!(
                Element::parse(&xml(&wbxml(&read("xml")))),
                meaning,
                "{stem}"
            );
        }
    }
}

/// Documents of the corpus that are refused for a reason of their own.
const REFUSED: [(&str, &str); 5] = [
    (
        "aospdm-003-devdetail_uri.wbxml",
        "characters that XML cannot carry",
    ),
    ("aospdm-005-root.wbxml", "characters that XML cannot carry"),
    (
        "aospdm-006-subscriber.wbxml",
        "characters that XML cannot carry",
    ),
    ("buteo-002-obexresp01.bin", "WBXML major version is not 1"),
    (
        "wbxmlstream-032-wv-069-opaque-tag-wbxml11-ok.wbxml",
        "unknown document type",
    ),
];

/// Whether the corpus file may be refused with `line`.
fn may_be_refused(file: &str, line: &str, manifest: &str) -> bool {
    REFUSED
        .iter()
        .any(|(name, why)| *name == file && line.contains(why))
        || manifest.lines().any(|row| {
            let mut columns = row.split('\t');
            columns.next().is_some_and(|path| path.ends_with(file))
                && row.contains("not well-formed")
        })
}

/// Converts every file there and back; gives how many were converted.
fn there_and_back(corpus: &Path, folder: &str, prefixes: &[&str]) -> usize {
    let manifest = std::fs::read_to_string(corpus.join("MANIFEST.tsv")).unwrap();
    let (mut done, mut refused) = (0, 0);
    for path in files(&corpus.join(folder), prefixes) {
        let document = std::fs::read(&path).unwrap();
        let is_xml = path.extension().is_some_and(|extension| extension == "xml");
        let converted = convert(if is_xml { "wbxml" } else { "xml" }, &document);
        let Ok(other) = converted else {
            let line = converted.unwrap_err();
            assert!(
                may_be_refused(name(&path), &line, &manifest),
                "{line}: {}",
                path.display()
            );
            refused += 1;
            continue;
        };
        let first = if is_xml { document } else { other.clone() };
        let back = if is_xml {
            xml(&other)
        } else {
            xml(&wbxml(&other))
        };
        let meaning = Element::parse(&first);
        Element::parse(&back).assert_same(&meaning, name(&path));
        Element::parse(&xml(&wbxml(&back))).assert_same(&meaning, name(&path));
        done += 1;
    }
    println!("{folder}: {done} documents there and back, {refused} refused as they should be");
    done
}

#[test]
fn every_complete_message_of_the_corpus_goes_there_and_back() {
    let Some(corpus) = folder("corpus") else {
        return;
    };
    assert!(there_and_back(&corpus, "messages-xml", &["dm-", "ds-"]) >= 80);
    assert!(there_and_back(&corpus, "messages-wbxml", &[""]) >= 14);
}

#[test]
fn every_other_document_of_the_corpus_goes_there_and_back() {
    let Some(corpus) = folder("corpus") else {
        return;
    };
    assert!(there_and_back(&corpus, "ddf", &[""]) >= 40);
    assert!(there_and_back(&corpus, "tnds", &[""]) >= 4);
    assert!(there_and_back(&corpus, "provisioning", &[""]) >= 11);
}

/// Vectors that no XML can be made of: what each is about, and what is said.
const NO_XML: [(&str, &str); 8] = [
    (
        "v07-charset-latin1",
        "character set is not UTF-8 or US-ASCII",
    ),
    ("v25-trailing", "octets after the root element"),
    ("v26-truncated", "unexpected end of document"),
    ("v27-ver10", "malformed"),
    (
        "v32-unknown-tag",
        "an element without a name (page 0, token 3D)",
    ),
    (
        "v33-unknown-page",
        "an element without a name (page 5, token 05)",
    ),
    ("v34-strt-outside", "outside the string table"),
    ("v38-deep", "too many open elements"),
];

/// One feature of the encoding in each file.
#[test]
fn every_vector_becomes_xml_or_is_refused_for_its_reason() {
    for path in files(&super::corpus::root().join("tests/corpus/vectors"), &["v"]) {
        let stem = name(&path).trim_end_matches(".wbxml");
        let document = std::fs::read(&path).unwrap();
        let refusal = NO_XML.iter().find(|(vector, _)| *vector == stem);
        match (convert("xml", &document), refusal) {
            (Ok(first), None) => {
                let meaning = Element::parse(&first);
                assert_eq!(Element::parse(&xml(&wbxml(&first))), meaning, "{stem}");
            }
            (Err(line), Some((_, why))) => assert!(line.contains(why), "{stem}: {line}"),
            (Ok(first), Some(_)) => panic!("{stem} became {}", String::from_utf8_lossy(&first)),
            (Err(line), None) => panic!("{stem}: {line}"),
        }
    }
}
