//! Protocol chapters 7 and 11: serialised trees in Add, Replace and Get, and the Inbox.

#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "tests"
)]

use dm_core::Encoding;
use dm_tests::{Bench, Msg, Out, Sent, Setup, b64, to_wbxml};

const XML_TYPE: &str = "application/vnd.syncml.dmtnds+xml";
const WBXML_TYPE: &str = "application/vnd.syncml.dmtnds+wbxml";
const ACCOUNT: &str = "urn:oma:mo:oma-dm-dmacc:1.0";

fn bench(encoding: Encoding) -> Bench {
    let mut bench = Bench::new(Setup {
        encoding,
        objects: (3000, 2500),
        ..Setup::default()
    });
    let mut factory = bench.tree.factory();
    factory.acl("./DMAcc", "Add=*&Get=*&Replace=*").unwrap();
    factory.acl("./DMAcc/a", "Get=none").unwrap();
    bench.start().sent();
    bench
}

fn node(name: &str, properties: &str, rest: &str) -> String {
    format!(
        "<Node><NodeName>{name}</NodeName><RTProperties>{properties}</RTProperties>{rest}</Node>"
    )
}

fn leaf(name: &str, value: &str) -> String {
    let properties = "<Format><chr/></Format><Type><MIME>text/plain</MIME></Type>";
    node(name, properties, &format!("<Value>{value}</Value>"))
}

fn account(name: &str, leaves: &str) -> String {
    let properties = format!("<Format><node/></Format><Type><DDFName>{ACCOUNT}</DDFName></Type>");
    node(name, &properties, leaves)
}

fn document(nodes: &str) -> String {
    format!("<MgmtTree xmlns=\"syncml:dmddf1.2\"><VerDTD>1.2</VerDTD>{nodes}</MgmtTree>")
}

/// The document in WBXML, with a header of its own: the converter writes that of a message.
fn wbxml(xml: &str) -> Vec<u8> {
    let mut bytes = b"\x02\x00\x00\x6a\x1b-//OMA//DTD-DM-DDF 1.2//EN\0".to_vec();
    bytes.extend(&to_wbxml(xml)[5..]);
    bytes
}

fn escaped(xml: &str) -> String {
    xml.replace('&', "&amp;")
        .replace('<', "&lt;")
        .replace('>', "&gt;")
}

/// An Item whose Data is `data`, as XML.
fn item(uri: &str, mime: &str, format: &str, data: &str) -> String {
    format!(
        "<Item><Target><LocURI>{uri}</LocURI></Target><Meta><Format xmlns=\"syncml:metinf\">{format}</Format>\
         <Type xmlns=\"syncml:metinf\">{mime}</Type></Meta><Data>{data}</Data></Item>"
    )
}

/// The item of an XML document.
fn of_xml(uri: &str, xml: &str) -> String {
    item(uri, XML_TYPE, "xml", xml)
}

/// The WBXML of a message in which the text `PLACE` is these octets instead.
fn with_octets(message: &str, octets: &[u8]) -> Vec<u8> {
    let bytes = to_wbxml(message);
    let place = b"\x03PLACE\0";
    let at = bytes
        .windows(place.len())
        .position(|window| window == place)
        .unwrap();
    let mut joined = bytes[..at].to_vec();
    joined.extend(octets);
    joined.extend(&bytes[at + place.len()..]);
    joined
}

fn opaque(bytes: &[u8]) -> Vec<u8> {
    let mut octets = vec![0xC3];
    if bytes.len() > 0x7F {
        octets.push(0x80 | (bytes.len() >> 7) as u8);
    }
    octets.push((bytes.len() & 0x7F) as u8);
    octets.extend(bytes);
    octets
}

/// TNDS-C-001, TNDS-C-004, REP-C-013, PRO-C-047: every form in which a document may stand in a message.
#[test]
fn a_document_is_taken_in_every_form() {
    let xml = document(&account("n", &leaf("AppID", "a &amp; b")));
    let binary = wbxml(&xml);
    let base64 = b64(&binary);
    let uri = "./DMAcc/n";
    let message = |item: &str| Msg::new(1).hdr(200).command("Add", item).finish();
    let check = |bench: &mut Bench, out: Out, name: &str| {
        assert_eq!(out.sent().codes(), [200], "{name}");
        assert_eq!(bench.text("./DMAcc/n/AppID"), "a & b", "{name}");
        assert_eq!(bench.text("./DMAcc/a/AppID"), "w7");
    };
    let prolog = format!("<?xml version=\"1.0\"?>{xml}");
    for (name, item) in [
        ("inline", of_xml(uri, &xml)),
        ("laid out", of_xml(uri, &format!("\n  {xml}\n"))),
        ("CDATA", of_xml(uri, &format!("<![CDATA[{xml}]]>"))),
        (
            "CDATA with prolog",
            of_xml(uri, &format!("<![CDATA[{prolog}]]>")),
        ),
        ("escaped", of_xml(uri, &escaped(&xml))),
        ("Base64", item(uri, WBXML_TYPE, "b64", &base64)),
        ("Base64 called xml", item(uri, WBXML_TYPE, "xml", &base64)),
        (
            "Base64 of XML",
            item(uri, XML_TYPE, "b64", &b64(xml.as_bytes())),
        ),
    ] {
        let mut bench = bench(Encoding::Xml);
        let out = bench.receive(&message(&item));
        check(&mut bench, out, name);
    }
    let place = |format: &str, mime: &str| message(&item(uri, mime, format, "PLACE"));
    let mut string = vec![3];
    string.extend(xml.as_bytes());
    string.push(0);
    let mut inline = vec![0x00, 0x02];
    inline.extend(&binary[34..]);
    inline.extend([0x00, 0x00]);
    for (name, format, mime, octets) in [
        ("OPAQUE", "bin", WBXML_TYPE, opaque(&binary)),
        ("OPAQUE called xml", "xml", WBXML_TYPE, opaque(&binary)),
        ("XML as OPAQUE", "xml", XML_TYPE, opaque(xml.as_bytes())),
        ("XML as a string", "xml", XML_TYPE, string),
        ("inline", "xml", XML_TYPE, inline),
        (
            "Base64",
            "b64",
            WBXML_TYPE,
            [b"\x03", base64.as_bytes(), b"\0"].concat(),
        ),
    ] {
        let mut bench = bench(Encoding::Wbxml);
        let out = bench.receive_bytes(&with_octets(&place(format, mime), &octets));
        check(&mut bench, out, name);
    }
}

fn codes(bench: &mut Bench, message: Msg) -> Vec<u16> {
    let mut out = bench.receive(&message.finish());
    while matches!(out, Out::Wait) {
        out = bench.resume();
    }
    out.sent().codes()
}

/// TNDS-C-018, TNDS-C-019, TNDS-C-037, PRO-C-047: one Status for a document, the code of the node that failed, and
/// nothing left of the others.
#[test]
fn a_document_gets_one_status() {
    let good = leaf("AppID", "x");
    for (nodes, uri, want) in [
        (
            account("n", &(good.clone() + &leaf("ServerID", "y"))),
            "./DMAcc/n",
            200,
        ),
        (
            account("n", &(good.clone() + &leaf("Nonsense", "y"))),
            "./DMAcc/n",
            405,
        ),
        (
            account("n", &(good.clone() + &leaf("AppID", "y"))),
            "./DMAcc/n",
            418,
        ),
        (account("a", &good), "./DMAcc", 418),
        (account("n", &good), "./DMAcc/a", 405),
        (leaf("Name", "x"), "./DMAcc/a", 425),
        (account("n", &good), "./Vendor", 405),
        (account("n", &good), "./Vendor/cfg/apn", 405),
        (
            account(
                "n",
                &node("AppID", "<Format><int/></Format>", "<Value>7</Value>"),
            ),
            "./DMAcc/n",
            415,
        ),
        (account("n", "<oops"), "./DMAcc/n", 415),
        ("<NodeName/>".to_owned(), "./DMAcc/n", 415),
    ] {
        for encoding in [Encoding::Xml, Encoding::Wbxml] {
            let mut bench = bench(encoding);
            let data = escaped(&document(&nodes));
            let message = Msg::new(1)
                .hdr(200)
                .command("Add", &of_xml(uri, &data))
                .replace("./Vendor/cfg/apn", "after");
            assert_eq!(codes(&mut bench, message), [want, 200], "{nodes}");
            assert_eq!(bench.value("./DMAcc/n/AppID").is_some(), want == 200);
        }
    }
    let mut bench = bench(Encoding::Xml);
    let no_data = item("./DMAcc/n", XML_TYPE, "xml", "").replace("<Data></Data>", "");
    let empty = of_xml("./DMAcc/n", "");
    let broken = item("./DMAcc/n", WBXML_TYPE, "b64", "%%%%");
    let message = Msg::new(1)
        .hdr(200)
        .command("Add", &no_data)
        .command("Add", &empty)
        .command("Add", &broken)
        .command(
            "Replace",
            &of_xml("./DMAcc/n", &document(&account("n", &good))),
        );
    assert_eq!(codes(&mut bench, message), [412, 415, 415, 404]);
}

/// TNDS-C-020, TNDS-C-021, TNDS-C-022, PRO-C-052, PRO-C-053, PRO-C-048
#[test]
fn replace_leaves_the_nodes_of_the_document() {
    for encoding in [Encoding::Xml, Encoding::Wbxml] {
        let mut bench = bench(encoding);
        let settings = |more: &str| {
            let fixed: String = ["apn", "poll", "host", "label", "blob"]
                .iter()
                .map(|name| leaf(name, &format!("new {name}")))
                .collect();
            document(&node("cfg", "<Format><node/></Format>", &(fixed + more)))
        };
        let replace = |more: &str| of_xml("./Vendor/cfg", &settings(more));
        let number = node("n", "<Format><int/></Format>", "<Value>x</Value>");
        let flat = leaf("late", "x").replace("<RTP", "<Path>nowhere</Path><RTP");
        let message = Msg::new(1)
            .hdr(200)
            .add("./Vendor/cfg/old", "chr", "1")
            .add("./Vendor/cfg/both", "chr", "2")
            .command(
                "Replace",
                &replace(&(leaf("both", "3") + &leaf("new", "4"))),
            )
            .get("./Vendor/cfg")
            .command("Replace", &replace(&number))
            .command("Replace", &replace(&flat))
            .command(
                "Replace",
                &of_xml("./Vendor/cfg", &document(&leaf("apn", "x"))),
            );
        let sent = bench.receive(&message.finish()).sent();
        assert_eq!(sent.codes(), [200, 200, 200, 200, 500, 404, 405]);
        assert_eq!(sent.result(), "apn/poll/host/label/blob/both/new");
        for (name, want) in [
            ("apn", "new apn"),
            ("both", "3"),
            ("new", "4"),
            ("blob", "new blob"),
        ] {
            assert_eq!(bench.text(&format!("./Vendor/cfg/{name}")), want);
        }
    }
}

/// PRO-C-083, PRO-C-084: with the rest of an Atomic, or not at all.
#[test]
fn a_document_counts_with_its_atomic() {
    for encoding in [Encoding::Xml, Encoding::Wbxml] {
        for (uri, want) in [
            ("./Vendor/cfg/apn", [200, 200, 200]),
            ("./nowhere", [507, 216, 404]),
        ] {
            let mut bench = bench(encoding);
            let xml = document(&account("n", &leaf("AppID", "x")));
            let message = Msg::new(1).hdr(200).container("Atomic", |inner| {
                inner
                    .command("Add", &of_xml("./DMAcc/n", &xml))
                    .replace(uri, "after")
            });
            assert_eq!(codes(&mut bench, message), want);
            assert!(bench.value("./DMAcc/n").is_none());
            assert_eq!(bench.value("./DMAcc/n/AppID").is_some(), want[0] == 200);
        }
    }
}

/// TNDS-C-039, PRO-C-031: what comes in parts counts when it is whole.
#[test]
fn a_large_document_comes_as_an_object_in_parts() {
    let xml = document(&account(
        "n",
        &(leaf("AppID", "x") + &leaf("Name", &"long ".repeat(300))),
    ));
    let send = |bench: &mut Bench, command: &str, size: usize| -> Vec<u16> {
        let chunks: Vec<&[u8]> = xml.as_bytes().chunks(400).collect();
        let mut codes = Vec::new();
        for (n, chunk) in chunks.iter().enumerate() {
            let more = n + 1 < chunks.len();
            let mut part = of_xml("./DMAcc/n", &escaped(std::str::from_utf8(chunk).unwrap()));
            if n == 0 {
                part = part.replace(
                    "</Meta>",
                    &format!("<Size xmlns=\"syncml:metinf\">{size}</Size></Meta>"),
                );
            }
            if more {
                part = part.replace("</Item>", "<MoreData/></Item>");
            }
            let message = Msg::new(n as u32 + 1).hdr(200).command(command, &part);
            let xml = if more {
                message.more()
            } else {
                message.finish()
            };
            assert_eq!(
                bench.value("./DMAcc/n/AppID").is_some(),
                command == "Replace"
            );
            codes.extend(bench.receive(&xml).sent().codes());
        }
        codes
    };
    for encoding in [Encoding::Xml, Encoding::Wbxml] {
        let mut added = bench(encoding);
        let codes = send(&mut added, "Add", xml.len());
        assert_eq!(codes, [213, 213, 213, 213, 200]);
        assert_eq!(added.text("./DMAcc/n/Name"), "long ".repeat(300));
        // The Replace goes the same way, whatever its target is.
        let mut replaced = bench(encoding);
        let small = document(&account("n", &leaf("AppID", "before")));
        let document = dm_tree::TreeDocument::new(small.as_bytes()).unwrap();
        let mut factory = replaced.tree.factory();
        factory.add_subtree("./DMAcc", &document, &mut []).unwrap();
        let codes = send(&mut replaced, "Replace", xml.len());
        assert_eq!(codes, [213, 213, 213, 213, 200]);
        assert_eq!(replaced.text("./DMAcc/n/AppID"), "x");
        let mut short = bench(encoding);
        assert_eq!(send(&mut short, "Add", xml.len() + 1).last(), Some(&424));
        assert_eq!(short.value("./DMAcc/n/AppID"), None);
    }
}

/// Sends a Get and joins what comes back in messages of at most `limit` octets: codes, Format, Type, data, messages.
fn ask(bench: &mut Bench, uri: &str, limit: usize) -> (Vec<u16>, String, String, String, u32) {
    let message = Msg::new(1)
        .max_msg_size(limit)
        .hdr(200)
        .get(uri)
        .get("./DevInfo/Mod");
    let mut out = bench.receive(&message.finish());
    let (mut codes, mut data, mut meta) = (Vec::new(), String::new(), None);
    let mut size = None;
    for n in 2.. {
        while matches!(out, Out::Wait) {
            out = bench.resume();
        }
        let sent: Sent = out.sent();
        assert!(sent.size <= limit);
        codes.extend(sent.codes().into_iter().skip(usize::from(n > 2)));
        for (source, format, part) in sent.results() {
            if source == "./DevInfo/Mod" {
                continue;
            }
            assert_eq!(Some(source.as_str()), uri.split('?').next());
            data += &part;
            let kind = sent.find("Type").unwrap_or_default();
            meta.get_or_insert((format.unwrap_or_default(), kind));
        }
        for (told, ..) in sent.parts_of_values() {
            size = size.or(told);
        }
        if sent.is_final() {
            if let Some(size) = size {
                assert_eq!(size as usize, data.len());
            }
            let (format, kind) = meta.unwrap_or_default();
            return (codes, format, kind, data, n - 1);
        }
        out = bench.receive(&Msg::new(n).hdr(200).alert(1222).more());
    }
    panic!("no end");
}

/// TNDS-C-024, TNDS-C-025, TREE-C-075, PRO-C-067, D13-C-094
#[test]
fn a_subtree_is_got_as_one_document() {
    let mut bench = bench(Encoding::Xml);
    bench.probe.delays.set(2);
    let (codes, format, kind, data, messages) = ask(&mut bench, "./Vendor?list=TNDS", 16000);
    assert_eq!((codes, messages), (vec![200, 200], 1));
    assert_eq!((format.as_str(), kind.as_str()), ("xml", XML_TYPE));
    let read = roxmltree::Document::parse(&data).unwrap();
    assert_eq!(read.root_element().tag_name().name(), "MgmtTree");
    assert_eq!(
        read.root_element().tag_name().namespace(),
        Some("syncml:dmddf1.2")
    );
    let value = |name: &str| {
        let node = read
            .descendants()
            .find(|node| node.tag_name().name() == "NodeName" && node.text() == Some(name))?;
        let siblings = node.parent()?.children().collect::<Vec<_>>();
        let value = siblings
            .iter()
            .find(|node| node.tag_name().name() == "Value")?;
        Some(value.text().unwrap_or("").to_owned())
    };
    assert_eq!(value("apn").as_deref(), Some("before"));
    assert_eq!(value("Raw").as_deref(), Some("AQ=="));
    assert!(value("Locked").is_none() && !data.contains("Locked"));
    // In WBXML the document goes as OPAQUE.
    let mut bench = self::bench(Encoding::Wbxml);
    let message = Msg::new(1).hdr(200).get("./Vendor/cfg?list=TNDS+Value");
    let sent = bench.receive(&message.finish()).sent();
    assert_eq!(sent.codes(), [200]);
    assert!(
        sent.xml.contains(&format!("<Type>{WBXML_TYPE}</Type>")) || sent.xml.contains(WBXML_TYPE)
    );
    let head = b"\x02\x00\x00\x6a\x1b-//OMA//DTD-DM-DDF 1.2//EN\0\x00\x02\x60\x77\x031.2\0\x01";
    let at = sent
        .body
        .windows(head.len())
        .position(|window| window == head)
        .unwrap();
    let apn = b"\x66\x03apn\0\x01\x6f\x01\x76\x03before\0\x01\x01";
    assert!(
        sent.body[at..]
            .windows(apn.len())
            .any(|window| window == apn)
    );
}

/// TNDS-C-026, PRO-C-066, TREE-C-076, TREE-C-072, TNDS-C-032, OBJ-C-019
#[test]
fn what_cannot_be_listed_is_refused() {
    for (uri, want) in [
        ("./Vendor?list=TNDS+ACL", 200),
        ("./Vendor?list=TNDS-Value", 200),
        ("./Vendor?list=TNDS+Name", 406),
        ("./Vendor?list=TNDS+Size", 406),
        ("./Vendor?list=TNDS+ACL-Value", 406),
        ("./Vendor?list=TNDSX", 406),
        ("./Vendor?list=tnds", 406),
        ("./Vendor/Locked?list=TNDS", 425),
        ("./nowhere?list=TNDS", 404),
        ("./Inbox?list=TNDS", 405),
        ("./Inbox/x?list=TNDS", 405),
        ("./Inbox", 405),
    ] {
        let (codes, ..) = ask(&mut bench(Encoding::Wbxml), uri, 16000);
        assert_eq!(codes, [want, 200], "{uri}");
    }
}

/// A document that no message holds goes in parts, the same whatever their size.
#[test]
fn a_document_is_got_in_parts() {
    for uri in ["./Vendor?list=TNDS", ".?list=TNDS"] {
        let whole = ask(&mut bench(Encoding::Xml), uri, 100_000);
        assert_eq!(whole.4, 1);
        for limit in [1200, 1377, 2000] {
            let parts = ask(&mut bench(Encoding::Xml), uri, limit);
            assert!(parts.4 > 1);
            assert_eq!(
                (&parts.0, &parts.1, &parts.2),
                (&whole.0, &whole.1, &whole.2)
            );
            assert!(parts.3 == whole.3, "{limit}");
        }
    }
    // In WBXML the parts are not text: they are counted only.
    for limit in [400, 900] {
        let mut bench = bench(Encoding::Wbxml);
        let message = Msg::new(1).max_msg_size(limit).hdr(200).get(".?list=TNDS");
        let mut out = bench.receive(&message.finish()).sent();
        let mut joined = Vec::new();
        for n in 2.. {
            let part = opaque_of(&out.body);
            joined.extend_from_slice(part);
            if out.is_final() {
                break;
            }
            out = bench
                .receive(&Msg::new(n).hdr(200).alert(1222).more())
                .sent();
        }
        let whole = self::bench(Encoding::Wbxml)
            .receive(&Msg::new(1).hdr(200).get(".?list=TNDS").finish())
            .sent();
        assert!(joined == opaque_of(&whole.body));
    }
}

/// The content of the last OPAQUE that Data holds.
fn opaque_of(body: &[u8]) -> &[u8] {
    let at = body
        .windows(2)
        .rposition(|window| window == b"\x4f\xc3")
        .unwrap()
        + 2;
    let (mut length, mut at) = (0, at);
    loop {
        length = length << 7 | usize::from(body[at] & 0x7F);
        at += 1;
        if body[at - 1] & 0x80 == 0 {
            return &body[at..at + length];
        }
    }
}

/// While a document is on its way the device itself leaves its nodes and values alone.
#[test]
fn the_device_does_not_change_what_is_being_sent() {
    let mut bench = bench(Encoding::Xml);
    let message = Msg::new(1)
        .max_msg_size(1400)
        .hdr(200)
        .get("./Vendor?list=TNDS");
    let mut sent = bench.receive(&message.finish()).sent();
    assert!(!sent.is_final());
    let mut local = bench.tree.local();
    let busy = Err(dm_tree::Reason::Busy);
    assert_eq!(local.set("./Vendor/cfg/poll", b"1"), busy);
    assert_eq!(
        local.add_leaf("./Vendor/cfg/x", None, b"x").map(|_| ()),
        busy
    );
    assert_eq!(local.set("./DevInfo/Lang", b"de"), Ok(()));
    for n in 2.. {
        if sent.is_final() {
            break;
        }
        sent = bench
            .receive(&Msg::new(n).hdr(200).alert(1222).more())
            .sent();
    }
    assert_eq!(bench.tree.local().set("./Vendor/cfg/poll", b"1"), Ok(()));
}

/// What a server got it can send back, in either encoding.
#[test]
fn what_is_got_can_be_added_again() {
    for encoding in [Encoding::Xml, Encoding::Wbxml] {
        let mut bench = bench(encoding);
        let acl = "<ACL>Add=*&amp;Delete=*&amp;Get=*&amp;Replace=*</ACL>";
        let first = account("n", &(leaf("AppID", "1 &lt; 2") + &leaf("Name", ""))).replacen(
            "<RTProperties>",
            &format!("<RTProperties>{acl}"),
            1,
        );
        let message = Msg::new(1)
            .hdr(200)
            .command("Add", &of_xml("./DMAcc/n", &document(&first)))
            .get("./DMAcc/n?list=TNDS");
        let sent = bench.receive(&message.finish()).sent();
        assert_eq!(sent.codes(), [200, 200]);
        let again = match encoding {
            Encoding::Xml => of_xml("./DMAcc/m", &format!("<![CDATA[{}]]>", sent.result())),
            _ => item("./DMAcc/m", WBXML_TYPE, "b64", &b64(opaque_of(&sent.body))),
        };
        // It is called `n`: below a target of another name it is a child of it, which no account has.
        let message = Msg::new(2)
            .hdr(200)
            .command("Add", &again)
            .delete("./DMAcc/n")
            .command("Add", &again.replace("./DMAcc/m", "./DMAcc/n"));
        assert_eq!(codes(&mut bench, message), [405, 200, 200]);
        assert_eq!(bench.text("./DMAcc/n/AppID"), "1 < 2");
        assert_eq!(bench.text("./DMAcc/n/Name"), "");
    }
}

/// TNDS-C-031, OBJ-C-020, OBJ-C-021, TNDS-C-001
#[test]
fn the_inbox_passes_objects_on() {
    for encoding in [Encoding::Xml, Encoding::Wbxml] {
        let mut bench = bench(encoding);
        let known = document(&account("n", &leaf("AppID", "x")));
        let unknown = known.replace(ACCOUNT, "urn:oma:mo:none:1.0");
        let message = Msg::new(1)
            .hdr(200)
            .command("Add", &of_xml("./Inbox", &known))
            .command("Add", &of_xml("./Inbox", &unknown))
            .add("./Inbox/x", "chr", "text")
            .command("Replace", &of_xml("./Inbox", &known))
            .delete("./Inbox")
            .get("./Inbox/n");
        assert_eq!(codes(&mut bench, message), [200, 406, 415, 405, 405, 405]);
        assert_eq!(bench.text("./DMAcc/n/AppID"), "x");
    }
}

/// Behind a handler that takes no part in transactions nothing is changed by a document.
#[test]
fn handlers_outside_of_transactions_refuse() {
    let mut bench = bench(Encoding::Xml);
    let rate = document(&leaf("Slow", "x"));
    let message = Msg::new(1)
        .hdr(200)
        .command("Replace", &of_xml("./Vendor/Slow", &rate));
    assert_eq!(codes(&mut bench, message), [403]);
    assert_eq!(bench.probe.replaced.get(), 0);
}

/// Runs a whole session against the reference server, which writes and reads serialised trees with code of its own.
#[test]
fn the_reference_server_and_the_client_understand_each_other() {
    use dm_server::{Config, Device, Op, Package, Sessions, TreeNode};

    for (encoding, limit) in [
        (Encoding::Xml, 16_000),
        (Encoding::Wbxml, 16_000),
        (Encoding::Xml, 1800),
        (Encoding::Wbxml, 700),
    ] {
        let account = || {
            TreeNode::node("desk")
                .object(ACCOUNT)
                .acl("Add=*&Delete=*&Get=*&Replace=*")
        };
        let app = |value: &str| TreeNode::leaf("AppID", value);
        let ops = [
            Op::add_tree("./Inbox", [account().with(app("w7 & <x>"))]),
            Op::get("./DMAcc/desk?list=TNDS+Value+Format")
                .tree([TreeNode::node("desk").with(app("w7 & <x>"))]),
            Op::replace_tree(
                "./DMAcc/desk",
                [
                    TreeNode::node("").with(app("new")),
                    TreeNode::leaf("Name", "n"),
                ],
            ),
            Op::get("./DMAcc/desk?list=TNDS").tree([TreeNode::node("desk")
                .with(app("new"))
                .with(TreeNode::leaf("Name", "n"))]),
            Op::add_tree("./DMAcc", [account()]).expect(418),
            Op::add_tree("./Inbox", [TreeNode::node("x").object("urn:none")]).expect(406),
            Op::replace_tree("./DMAcc/none", [account()]).expect(404),
            Op::atomic([
                Op::add_tree(
                    "./DMAcc",
                    [
                        TreeNode::node("two").object(ACCOUNT),
                        TreeNode::leaf("AppID", "2").path("two"),
                    ],
                ),
                Op::replace("./Vendor/cfg/apn", "after"),
            ]),
            Op::get("./Vendor/cfg?list=TNDS"),
        ];
        let mut bench = Bench::new(Setup {
            encoding,
            objects: (3000, 2500),
            ..Setup::default()
        });
        bench
            .tree
            .factory()
            .acl("./DMAcc", "Add=*&Get=*&Replace=*")
            .unwrap();
        let mut config = Config::default();
        config.server.id = "srv".to_owned();
        config.server.anonymous = true;
        config.server.max_msg_size = Some(limit);
        config.devices = Vec::<Device>::new();
        config.packages = vec![Package::new(ops)];
        let mut sessions = Sessions::new(config);
        let mut out = bench.start();
        for _ in 0..100 {
            let sent = match out {
                Out::Sent(sent) => sent,
                Out::Wait => {
                    out = bench.resume();
                    continue;
                }
                Out::Done(_) => break,
                Out::Ask(_) => panic!("nobody asks"),
            };
            assert!(sent.size <= limit as usize || limit > 10_000);
            let kind = match encoding {
                Encoding::Wbxml => "application/vnd.syncml.dm+wbxml",
                _ => "application/vnd.syncml.dm+xml",
            };
            let reply = sessions.handle(&sent.body, kind);
            assert_eq!(reply.status, 200, "{}", sent.xml);
            out = bench.receive_bytes(&reply.body);
            if reply.body.is_empty() {
                break;
            }
        }
        let transcript = sessions.last_transcript().unwrap();
        assert!(
            transcript.unmet.is_empty(),
            "{limit}: {:?}",
            transcript.unmet
        );
        assert!(
            transcript.faults.is_empty(),
            "{limit}: {:?}",
            transcript.faults
        );
        assert_eq!(transcript.value("./DMAcc/desk/AppID"), Some("new"));
        assert_eq!(transcript.value("./Vendor/cfg/apn"), Some("after"));
        assert_eq!(bench.text("./DMAcc/two/AppID"), "2");
    }
}
