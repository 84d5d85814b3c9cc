//! Whole exchanges that were written down before there was a client: the worked session of protocol chapter 15.1 and
//! the reference session.

#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "tests"
)]

use std::path::Path;

use dm_core::{Encoding, End};
use dm_tests::{Bench, Cred, Msg, Sent, Setup};
use roxmltree::{Document, Node};

fn corpus(name: &str) -> String {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    std::fs::read_to_string(root.join(name)).unwrap_or_else(|error| panic!("{name}: {error}"))
}

/// A message as a list of its elements and texts. What the client may add or leave out on its own is passed over:
/// limits in the header, the nonce that goes with a success, Meta that says what is the default.
fn meaning(xml: &str) -> Vec<String> {
    fn walk(node: Node<'_, '_>, out: &mut Vec<String>) {
        for child in node.children() {
            if !child.is_element() {
                let text = child.text().unwrap_or("");
                if !text.trim().is_empty() {
                    out.push(text.to_owned());
                }
                continue;
            }
            let name = child.tag_name().name();
            let text = child.text().unwrap_or("");
            let is_extra = match name {
                "MaxMsgSize" | "MaxObjSize" | "Chal" => true,
                "Format" => text == "chr",
                "Type" => text == "text/plain",
                _ => false,
            };
            if is_extra {
                continue;
            }
            let at = out.len();
            out.push(format!("<{name}>"));
            walk(child, out);
            if name == "Meta" && out.len() == at + 1 {
                out.truncate(at);
            } else {
                out.push(format!("</{name}>"));
            }
        }
    }
    let document = Document::parse(xml).unwrap();
    let mut out = Vec::new();
    walk(document.root(), &mut out);
    out
}

#[track_caller]
fn same(sent: &Sent, expected: &str) {
    assert_eq!(meaning(&sent.xml), meaning(expected));
}

/// PRO-C-001, PRO-C-012, PRO-C-018, PRO-C-021, SEC-C-010, REP-C-033: documents A1 to A4.
#[test]
fn the_worked_session_is_held_as_it_was_written() {
    for encoding in [Encoding::Xml, Encoding::Wbxml] {
        let mut bench = Bench::new(Setup {
            encoding,
            client: Some(Cred {
                kind: "",
                name: "dev-0042",
                secret: "s3cr3t!",
                nonce: b"",
            }),
            server: Some(Cred {
                kind: "DIGEST",
                name: "dm.example.org",
                secret: "Srv#Pass-1",
                nonce: &[0xA5; 16],
            }),
            server_auth: "required",
            secured: true,
            addr: "https://dm.example.org/",
            ..Setup::default()
        });
        for (uri, value) in [
            ("./DevInfo/DevId", "urn:imei:490154203237518"),
            ("./DevInfo/Man", "Acme"),
            ("./DevInfo/Mod", "M4-Sensor"),
            ("./DevDetail/FwV", "7.1.0"),
        ] {
            bench.tree.local().set(uri, value.as_bytes()).unwrap();
        }
        bench.notified("srv", 0x2B).sent();
        let nonce: Vec<u8> = (0..16).collect();
        let refusal = Msg::of("2B", 1, 1)
            .header_with("urn:dev:1", "urn:imei:490154203237518")
            .header_with("http://dm.test/dm", "https://dm.example.org/")
            .hdr_chal(407, "syncml:auth-md5", Some(&nonce))
            .status(1, "Alert", 407)
            .status(2, "Replace", 407);
        let a1 = bench.receive(&refusal.finish()).sent();
        same(&a1, &corpus("../crates/dm-wbxml/tests/data/a1.xml"));
        let a3 = bench
            .receive(&corpus("../crates/dm-wbxml/tests/data/a2.xml"))
            .sent();
        same(&a3, &corpus("../crates/dm-wbxml/tests/data/a3.xml"));
        assert_eq!(bench.text("./App/Rate"), "15");
        let report = bench
            .receive(&corpus("../crates/dm-wbxml/tests/data/a4.xml"))
            .done();
        assert_eq!(report.end, End::Closed);
        // The nonces of the next session are in place.
        assert_eq!(
            bench.value("./DMAcc/a/AppAuth/c/AAuthData").unwrap(),
            (16..32).collect::<Vec<u8>>()
        );
        assert_eq!(
            bench.value("./DMAcc/a/AppAuth/s/AAuthData").unwrap(),
            b"abcdefghijklmnop"
        );
    }
}

/// PRO-C-015, PRO-C-016, PRO-C-060, REP-C-041: the reference session, octet for octet as the server sends it.
#[test]
fn the_reference_session_is_answered_as_it_was_written() {
    for (encoding, kind) in [(Encoding::Xml, "xml"), (Encoding::Wbxml, "wbxml")] {
        let mut bench = Bench::new(Setup {
            encoding,
            client: Some(Cred {
                kind: "BASIC",
                name: "device-7",
                secret: "device-secret",
                nonce: b"",
            }),
            addr: "http://dm.example.test/srv",
            ..Setup::default()
        });
        for (uri, value) in [
            ("./DevInfo/DevId", "IMEI:004999010640000"),
            ("./DevInfo/Man", "Example Meters"),
            ("./DevInfo/Mod", "EM-200"),
            ("./DevInfo/Lang", "en-GB"),
            ("./DevDetail/OEM", "Example Meters"),
            ("./DevDetail/FwV", "4.7.1"),
            ("./DevDetail/SwV", "2026.03"),
            ("./DevDetail/HwV", "C"),
        ] {
            bench.tree.local().set(uri, value.as_bytes()).unwrap();
        }
        let folder = "corpus/reference-session";
        let m1 = bench.start().sent();
        same(&m1, &corpus(&format!("{folder}/m1-client-reference.xml")));
        let read = |name: &str| {
            let root = Path::new(env!("CARGO_MANIFEST_DIR"));
            std::fs::read(root.join(format!("{folder}/{name}.{kind}"))).unwrap()
        };
        let m3 = bench
            .receive_bytes(&read("m2-server-10get-5replace"))
            .sent();
        // 200 and not 212 for the server's header: it sent no credentials.
        let expected = corpus(&format!("{folder}/m3-client-reference.xml"))
            .replace("<Data>212<", "<Data>200<");
        same(&m3, &expected);
        assert_eq!(bench.text("./Vendor/cfg/apn"), "internet.example.test");
        let report = bench.receive_bytes(&read("m4-server-final")).done();
        assert_eq!(report.end, End::Closed);
        assert_eq!((report.executed, report.refused), (15, 0));
    }
}
