//! Get: what of a subtree is written, in both encodings, in pieces of any size.

use crate::common::{Collect, S1, S2, add as add_leaf, picture, tree};
use crate::document::{add, get, replace, to_wbxml};
use dm_tree::{Format, NodeId, Output, Progress, Reading, Reason, Sink, Tree, Value};
use dm_wbxml::{Encoding, Reader, Vocabulary, Writer, copy_document};

const DEVICE: &str = "
T node PR/G
  a chr tSvPR/Gr
  k node PR/G mime=com.example/1.0/K
    v int vPR/Gr
    b bin PR/Gr
    q b64 PR/Gr
  s chr PR/r
  z null PR/G
  * node -/AGDr
    * chr -/AGDr mime=text/xml|text/plain
    * bin -/AGDr
U node PR/AGD
  * node -/AGDr
    * chr -/AGDr mime=text/xml|text/plain
    * bin -/AGDr
Inbox node PR/A mime=urn:oma:mo:oma-dm-inbox:1.0
";

fn device() -> Tree<'static> {
    let drawing = DEVICE.replace("tSvPR", "PRtSv").replace("vPR", "PRv");
    let mut tree = tree(&drawing);
    tree.factory()
        .acl(".", "Add=*&Delete=*&Get=*&Replace=*")
        .unwrap();
    for (uri, value) in [
        ("./T/a", &b"x & <y>\r"[..]),
        ("./T/k/v", b"-7"),
        ("./T/k/b", &[0, 1, 2, 0xFF]),
        ("./T/k/q", b"ABC"),
        ("./T/s", b"secret"),
    ] {
        tree.local().set(uri, value).unwrap();
    }
    tree.local().set("./T/a?prop=Title", b"Name").unwrap();
    tree.factory().acl("./T/k", "Get=*&Replace=s1+s2").unwrap();
    tree
}

fn xml(tree: &mut Tree<'_>, uri: &str) -> Result<String, Reason> {
    get(tree, &S1, uri, Encoding::Xml).map(|bytes| String::from_utf8(bytes).unwrap())
}

fn wrap(nodes: &str) -> String {
    format!("<MgmtTree xmlns=\"syncml:dmddf1.2\"><VerDTD>1.2</VerDTD>{nodes}</MgmtTree>")
}

/// TNDS-C-006, TNDS-C-007, TNDS-C-008, TNDS-C-025, TNDS-C-027
#[test]
fn a_subtree_is_written_with_all_that_the_server_may_read() {
    let mut tree = device();
    tree.set_utc(Some(1_767_225_600));
    tree.local().set("./T/a", b"x & <y>\r").unwrap();
    let want = wrap(
        "<Node><NodeName>T</NodeName><RTProperties><ACL/><Format><node/></Format><Type><DDFName/></Type></RTProperties>\
         <Node><NodeName>a</NodeName><RTProperties><ACL/><Format><chr/></Format><Title>Name</Title>\
         <TStamp>20260101T000000Z</TStamp><Type><MIME>text/plain</MIME></Type><VerNo>3</VerNo></RTProperties>\
         <Value>x &amp; &lt;y&gt;&#13;</Value></Node>\
         <Node><NodeName>k</NodeName><RTProperties><ACL>Get=*&amp;Replace=s1+s2</ACL><Format><node/></Format>\
         <Type><DDFName>com.example/1.0/K</DDFName></Type></RTProperties>\
         <Node><NodeName>v</NodeName><RTProperties><ACL/><Format><int/></Format><Type><MIME>text/plain</MIME></Type>\
         <VerNo>1</VerNo></RTProperties><Value>-7</Value></Node>\
         <Node><NodeName>b</NodeName><RTProperties><ACL/><Format><b64/></Format><Type><MIME>text/plain</MIME></Type>\
         </RTProperties><Value>AAEC/w==</Value></Node>\
         <Node><NodeName>q</NodeName><RTProperties><ACL/><Format><b64/></Format><Type><MIME>text/plain</MIME></Type>\
         </RTProperties><Value>QUJD</Value></Node></Node>\
         <Node><NodeName>z</NodeName><RTProperties><ACL/><Format><null/></Format><Type><MIME>text/plain</MIME></Type>\
         </RTProperties></Node></Node>",
    );
    assert_eq!(xml(&mut tree, "./T?list=TNDS").unwrap(), want);
    // A leaf is a subtree too; nodes in the middle of lists of siblings.
    let leaf = xml(&mut tree, "./T/k/b?list=TNDS+Value").unwrap();
    assert_eq!(
        leaf,
        wrap(
            "<Node><NodeName>b</NodeName><RTProperties></RTProperties><Value>AAEC/w==</Value></Node>"
        )
    );
    tree.factory().acl("./T/k", "Get=s2").unwrap();
    tree.factory().acl("./T/k/v", "Get=*").unwrap();
    assert!(
        !xml(&mut tree, "./T?list=TNDS")
            .unwrap()
            .contains("<NodeName>k<")
    );
    tree.factory().acl("./T", "Get=s2").unwrap();
    assert_eq!(xml(&mut tree, "./T?list=TNDS"), Err(Reason::Acl));
}

/// TNDS-C-026, PRO-C-066, TREE-C-076, D13-C-094: the example of the digest, and every selection.
#[test]
fn properties_can_be_chosen() {
    let mut tree = device();
    let mut small = |query: &str| xml(&mut tree, &format!("./T/a?list=TNDS{query}"));
    let leaf = |properties: &str, value: &str| {
        Ok(wrap(&format!(
            "<Node><NodeName>a</NodeName><RTProperties>{properties}</RTProperties>{value}</Node>"
        )))
    };
    let value = "<Value>x &amp; &lt;y&gt;&#13;</Value>";
    let (acl, format, title, kind, ver_no) = (
        "<ACL/>",
        "<Format><chr/></Format>",
        "<Title>Name</Title>",
        "<Type><MIME>text/plain</MIME></Type>",
        "<VerNo>2</VerNo>",
    );
    let all = format!("{acl}{format}{title}{kind}{ver_no}");
    assert_eq!(small(""), leaf(&all, value));
    assert_eq!(small("+Value+ACL"), leaf(acl, value));
    assert_eq!(small("+ACL"), leaf(acl, ""));
    assert_eq!(small("-Value"), leaf(&all, ""));
    assert_eq!(
        small("-ACL-Value-VerNo-TStamp"),
        leaf(&format!("{format}{title}{kind}"), "")
    );
    assert_eq!(
        small("+VerNo+Type+Title+Format"),
        leaf(&format!("{format}{title}{kind}{ver_no}"), "")
    );
    for bad in [
        "+",
        "-",
        "+Name",
        "+Size",
        "+acl",
        "+ACL+",
        "+ACL-Value",
        "-ACL+Value",
        "ACL",
        "+ACL++Value",
        "+Nonsense",
        "X",
        "+Title-",
        " ",
    ] {
        let refused = small(bad).unwrap_err().status().0;
        assert_eq!(refused, 406, "{bad}");
    }
    // A property that no node of the device has.
    let mut plain = crate::common::tree("T node PR/G\n  a chr PR/G");
    for (query, want) in [
        ("+Title", 406),
        ("-VerNo", 406),
        ("+TStamp", 406),
        ("+ACL", 200),
    ] {
        let status = match xml(&mut plain, &format!("./T?list=TNDS{query}")) {
            Ok(_) => 200,
            Err(reason) => reason.status().0,
        };
        assert_eq!(status, want, "{query}");
    }
}

/// TNDS-C-032, OBJ-C-019, D13-C-050: its rule 3.
#[test]
fn the_inbox_shows_nothing() {
    let mut tree = device();
    for uri in [
        "./Inbox?list=TNDS",
        "./Inbox/x?list=TNDS",
        "./Inbox/x/y?list=TNDS+ACL",
    ] {
        assert_eq!(xml(&mut tree, uri).unwrap_err().status().0, 405, "{uri}");
    }
    assert_eq!(
        xml(&mut tree, "./T/x?list=TNDS").unwrap_err().status().0,
        404
    );
    assert_eq!(
        xml(&mut tree, "./T/s?list=TNDS").unwrap_err().status().0,
        405
    );
    let whole = xml(&mut tree, ".?list=TNDS").unwrap();
    assert!(
        !whole.contains("Inbox") && !whole.contains("secret") && whole.contains("<NodeName>.<")
    );
}

/// TNDS-C-029: the WBXML has the same events as the XML, but for binary values, which go as OPAQUE.
#[test]
fn the_encodings_say_the_same() {
    let mut tree = device();
    tree.factory().acl("./T/k", "").unwrap();
    for uri in [
        "./T?list=TNDS",
        ".?list=TNDS-Value",
        "./T/k?list=TNDS+Format+Type+Value",
    ] {
        let wbxml = get(&mut tree, &S1, uri, Encoding::Wbxml).unwrap();
        assert_eq!(&wbxml[..5], b"\x02\x00\x00\x6a\x1b");
        let mut reader = Reader::new(&wbxml, Encoding::Wbxml).unwrap();
        assert_eq!(reader.document().vocabulary(), Vocabulary::Ddf);
        let mut buf = vec![0; 8000];
        let mut writer = Writer::new(&mut buf, Encoding::Xml);
        copy_document(&mut reader, &mut writer).unwrap();
        let converted = String::from_utf8(writer.written().to_vec()).unwrap();
        let converted = converted
            .replace("<bin/>", "<b64/>")
            .replace("<RTProperties/>", "<RTProperties></RTProperties>");
        assert_eq!(converted, xml(&mut tree, uri).unwrap(), "{uri}");
    }
    let wbxml = get(&mut tree, &S1, "./T/k?list=TNDS", Encoding::Wbxml).unwrap();
    let opaque = b"\x76\xc3\x04\x00\x01\x02\xff\x01";
    assert!(wbxml.windows(opaque.len()).any(|window| window == opaque));
}

/// What can be read can be written, and is the same then.
#[test]
fn a_tree_survives_its_way_out_and_in() {
    for encoding in [Encoding::Xml, Encoding::Wbxml] {
        let mut tree = device();
        let text = |format| Value {
            format: Some(format),
            ..Value::default()
        };
        for (uri, format, mime, data) in [
            (
                "./U/n/a",
                Format::Chr,
                "text/xml",
                &b"<a b='c'>\"&\xC3\xA4\xF0\x9F\x98\x80]]></a>\n\t "[..],
            ),
            ("./U/n/empty", Format::Chr, "", b""),
            ("./U/n/bin", Format::Bin, "", &[0, 255, 1, 254, 0, 0, 7]),
            ("./U/m/long", Format::Chr, "", "äöü€".repeat(30).as_bytes()),
            ("./U/m/bins", Format::Bin, "", &[0xA5; 100]),
        ] {
            let value = Value {
                mime: mime.as_bytes(),
                data: Some(data),
                ..text(format)
            };
            tree.add(&S1, uri.as_bytes(), &value).unwrap();
        }
        assert_eq!(add_leaf(&mut tree, &S1, "./U/o", "node", ""), 200);
        tree.factory()
            .acl("./U/m", "Add=*&Get=*&Replace=*")
            .unwrap();
        let before = picture(&mut tree);
        for name in ["n", "m", "o"] {
            let uri = format!("./U/{name}");
            let bytes = get(&mut tree, &S1, &format!("{uri}?list=TNDS"), encoding).unwrap();
            assert_eq!(replace(&mut tree, &S1, &uri, &bytes), 200);
            assert_eq!(picture(&mut tree), before);
            tree.local().delete(&uri).unwrap();
            assert_eq!(add(&mut tree, &S1, &uri, &bytes), 200);
            assert_eq!(picture(&mut tree), before);
            tree.local().delete(&uri).unwrap();
            assert_eq!(add(&mut tree, &S1, "./U", &bytes), 200);
            assert_eq!(picture(&mut tree), before);
        }
        // All at once.
        let bytes = get(&mut tree, &S1, "./U?list=TNDS", encoding).unwrap();
        assert_eq!(replace(&mut tree, &S1, "./U", &bytes), 200);
        assert_eq!(picture(&mut tree), before);
    }
}

/// The octets come in pieces of any size, each made anew or taken up where the last one ended, and are counted without any
/// room.
#[test]
fn a_document_comes_in_pieces() {
    let mut tree = device();
    for encoding in [Encoding::Xml, Encoding::Wbxml] {
        for uri in ["./T?list=TNDS", ".?list=TNDS-ACL"] {
            let whole = get(&mut tree, &S1, uri, encoding).unwrap();
            let reading = tree.reading(&S1, uri.as_bytes()).unwrap();
            let reading = reading.in_encoding(encoding);
            let mut count = Sink::counting();
            tree.read_by(&S1, &reading, &mut count).unwrap();
            assert_eq!(count.count() as usize, whole.len());
            for size in [1, 7, 64, 100, 1000] {
                assert!(in_pieces(&mut tree, &reading, size) == whole, "{size}");
                tree.hold_all(reading.node());
                assert!(in_pieces(&mut tree, &reading, size) == whole, "{size}");
                // Another server sees its own, wherever the first one is.
                let others = get(&mut tree, &S2, uri, encoding);
                let mut room = Room(Vec::new(), whole.len());
                let mut sink = Sink::resume(&mut room, whole.len() as u32 / 2);
                if let Ok(others) = others {
                    tree.read_by(&S2, &reading, &mut sink).unwrap();
                    assert!(room.0 == others[(whole.len() / 2).min(others.len())..]);
                }
                tree.let_go();
            }
        }
    }
}

struct Room(Vec<u8>, usize);

impl Output for Room {
    fn put(&mut self, bytes: &[u8]) -> usize {
        let taken = bytes.len().min(self.1 - self.0.len());
        self.0.extend_from_slice(&bytes[..taken]);
        taken
    }
}

fn in_pieces(tree: &mut Tree<'_>, reading: &Reading, size: usize) -> Vec<u8> {
    let mut joined = Vec::new();
    loop {
        let mut room = Room(Vec::new(), size);
        let mut sink = Sink::resume(&mut room, joined.len() as u32);
        assert_eq!(tree.read_by(&S1, reading, &mut sink), Ok(Progress::Done));
        let full = sink.is_full();
        joined.extend(room.0);
        if !full {
            return joined;
        }
    }
}

/// A reading of a serialised tree says what it is, and is nothing without who reads.
#[test]
fn a_reading_tells_format_and_type() {
    let mut tree = device();
    let reading = tree.reading(&S1, b"./T?list=TNDS").unwrap();
    assert!(reading.is_tree() && !reading.is_property());
    for (encoding, format, mime) in [
        (
            Encoding::Xml,
            Format::Xml,
            &b"application/vnd.syncml.dmtnds+xml"[..],
        ),
        (
            Encoding::Wbxml,
            Format::Bin,
            b"application/vnd.syncml.dmtnds+wbxml",
        ),
    ] {
        let reading = reading.in_encoding(encoding);
        assert_eq!((tree.format(&reading), tree.mime(&reading)), (format, mime));
        let mut out = Collect::default();
        let read = tree.read(&reading, &mut Sink::new(&mut out));
        assert_eq!((read, out.0.len()), (Err(Reason::Query), 0));
    }
    let value = tree.reading(&S2, b"./T/a").unwrap();
    assert!(!value.is_tree());
    assert_eq!(value.in_encoding(Encoding::Xml), value);
    let mut out = Collect::default();
    tree.read_by(&S2, &value, &mut Sink::new(&mut out)).unwrap();
    assert_eq!(out.0, b"x & <y>\r");
    // It ends with the node.
    let wbxml = to_wbxml(&wrap("<Node><NodeName>n</NodeName></Node>"));
    assert_eq!(add(&mut tree, &S1, "./T", &wbxml), 405);
    assert_eq!(add_leaf(&mut tree, &S1, "./T/n", "node", ""), 200);
    let gone: NodeId = tree.local().find("./T/n").unwrap();
    let reading = tree.reading(&S1, b"./T/n?list=TNDS").unwrap();
    assert_eq!(reading.node(), gone);
    tree.local().delete("./T/n").unwrap();
    let read = tree.read_by(&S1, &reading, &mut Sink::counting());
    assert_eq!(read, Err(Reason::NoSuchNode));
}
