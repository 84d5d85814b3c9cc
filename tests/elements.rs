//! Elements that a client never sends, and what the absence of others means.

#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "tests"
)]

use dm_core::Encoding;
use dm_tests::{Bench, Msg, NEVER_SENT, Setup, never_sent};

fn both() -> [Bench; 2] {
    [Encoding::Xml, Encoding::Wbxml].map(|encoding| {
        Bench::new(Setup {
            encoding,
            ..Setup::default()
        })
    })
}

/// An item without Meta.
fn bare(uri: &str, data: &str) -> String {
    format!("<Item><Target><LocURI>{uri}</LocURI></Target><Data>{data}</Data></Item>")
}

/// REP-C-031: the bench looks at each message of each test; here the client has reason to use some.
#[test]
fn a_client_sends_no_element_that_is_not_its_own() {
    for name in NEVER_SENT {
        let xml = format!("<SyncML><SyncBody><Alert><{name}/></Alert></SyncBody></SyncML>");
        assert_eq!(never_sent(&xml), [name]);
    }
    for mut bench in both() {
        let package_1 = bench.start().sent();
        let quiet = format!("<NoResp/>{}", bare("./Vendor/cfg/apn", "quiet"));
        let lang = "<Lang>en</Lang><Item><Target><LocURI>./Vendor/cfg/apn</LocURI></Target></Item>";
        let item = bare("./Vendor/cfg/x", "1");
        let message = Msg::new(1)
            .hdr(200)
            .command("Replace", &quiet)
            .command("Get", lang)
            .command("Put", &item)
            .command("Search", &item)
            .command("Map", &item)
            .command("Delete", &format!("<Archive/><SftDel/>{item}"));
        let answer = bench.receive(&message.finish()).sent();
        assert!(answer.codes().len() >= 5, "{:?}", answer.codes());
        for sent in [package_1, answer] {
            assert!(never_sent(&sent.xml).is_empty(), "{}", sent.xml);
        }
    }
}

/// REP-C-029
#[test]
fn data_without_meta_are_chr_and_text_plain() {
    for mut bench in both() {
        bench.start().sent();
        let message = Msg::new(1)
            .hdr(200)
            .command("Add", &bare("./Vendor/cfg/plain", "12"))
            .get("./Vendor/cfg/plain?prop=Format")
            .get("./Vendor/cfg/plain?prop=Type")
            .add("./Vendor/cfg/number", "int", "12")
            .get("./Vendor/cfg/number?prop=Format")
            .get("./Vendor/cfg/plain")
            .get("./Vendor/cfg/number");
        let sent = bench.receive(&message.finish()).sent();
        assert_eq!(sent.codes(), [200; 7]);
        let told: Vec<_> = sent
            .results()
            .into_iter()
            .map(|(_, format, value)| (format, value))
            .collect();
        let told: Vec<_> = told
            .iter()
            .map(|(format, value)| (format.as_deref(), value.as_str()))
            .collect();
        assert_eq!(
            told,
            [
                (None, "chr"),
                (None, "text/plain"),
                (None, "int"),
                // The client says what is not the default.
                (None, "12"),
                (Some("int"), "12"),
            ]
        );
    }
}
