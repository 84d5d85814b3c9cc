//! Rules of the protocol that concern messages as a whole, whatever stands in them.

#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "tests"
)]

use dm_core::{Code, End, Error, ServerFault};
use dm_tests::{Bench, Cred, Msg, Out, Setup};

const FOLDERS: [&str; 3] = ["./DevInfo", "./DevDetail", "./DMAcc"];

/// PRO-C-011: as long as the server's package goes on the client does not end its own, whatever it has to say; when both are
/// complete it does.
#[test]
fn the_clients_package_does_not_end_before_the_servers() {
    let mut bench = Bench::new(Setup {
        objects: (2048, 2000),
        ..Setup::default()
    });
    bench.probe.big.set(700);
    bench.start().sent();
    let chunk = "<Item><Target><LocURI>./Vendor/cfg/apn</LocURI></Target><Meta>\
        <Size xmlns=\"syncml:metinf\">8</Size></Meta><Data>half</Data><MoreData/></Item>";
    let last = "<Item><Target><LocURI>./Vendor/cfg/apn</LocURI></Target><Data>full</Data></Item>";
    let messages = [
        Msg::new(1).hdr(200).get("./DevInfo/Man").more(),
        Msg::new(2).hdr(200).more(),
        Msg::new(3).hdr(200).command("Replace", chunk).more(),
        Msg::new(4).hdr(200).command("Replace", last).more(),
        Msg::new(5).hdr(200).get("./Nowhere").more(),
    ];
    for message in messages {
        let sent = bench.receive(&message).sent();
        assert!(!sent.is_final());
        assert_eq!(sent.alerts(), [1222]);
    }
    let sent = bench
        .receive(&Msg::new(6).hdr(200).get("./DevInfo/Man").finish())
        .sent();
    assert!(sent.is_final());
    assert_eq!(bench.text("./Vendor/cfg/apn"), "halffull");
}

/// PRO-C-019: where one Status stands for a command with several Items it names none of them; where each has its own it does.
#[test]
fn a_status_for_several_items_names_none() {
    let two = "<Item><Target><LocURI>./DevInfo/Man</LocURI></Target></Item>\
        <Item><Target><LocURI>./DevInfo/Mod</LocURI></Target></Item>";
    let mut bench = Bench::new(Setup {
        server: Some(Cred {
            kind: "DIGEST",
            name: "srv",
            secret: "s",
            nonce: b"",
        }),
        server_auth: "required",
        ..Setup::default()
    });
    bench.start().sent();
    let message = Msg::new(1).hdr(200).command("Get", two).finish();
    let refused = bench.receive(&message).sent();
    let mut bench = Bench::default();
    bench.start().sent();
    let executed = bench.receive(&message).sent();
    for (sent, codes, targets) in [
        (refused, vec![407], vec![None]),
        (
            executed,
            vec![200, 200],
            vec![Some("./DevInfo/Man"), Some("./DevInfo/Mod")],
        ),
    ] {
        assert_eq!(sent.codes(), codes);
        let statuses = sent.statuses();
        let named: Vec<_> = statuses[1..]
            .iter()
            .map(|it| it.target.as_deref())
            .collect();
        assert_eq!(named, targets);
        assert!(!sent.xml.contains("SourceRef></Status") || codes.len() > 1);
    }
}

/// PRO-C-038: Results want no Status; a server that gives one for them, of any code, does no harm.
#[test]
fn results_need_no_status_and_take_any() {
    for code in [None, Some(200), Some(404), Some(500), Some(217)] {
        let mut bench = Bench::default();
        bench.start().sent();
        let get = |message: Msg| message.hdr(200).get("./DevInfo/Man").finish();
        let sent = bench.receive(&get(Msg::new(1))).sent();
        assert_eq!(sent.parts(), ["Status", "Status", "Results", "Final"]);
        let mut message = Msg::new(2);
        if let Some(code) = code {
            message = message.status(3, "Results", code);
        }
        let sent = bench.receive(&get(message)).sent();
        assert_eq!((sent.codes(), sent.result()), (vec![200], "Maker".into()));
        let report = bench.receive(&Msg::new(3).hdr(200).finish()).done();
        assert_eq!(report.end, End::Closed);
    }
}

/// PRO-C-088: commands of a package that stand in no container are executed each for itself, here in the order of the
/// document: what one does the next one sees, and one that fails keeps none of the others.
#[test]
fn commands_are_executed_in_the_order_of_the_document() {
    let mut bench = Bench::default();
    bench.start().sent();
    let message = Msg::new(1)
        .hdr(200)
        .get("./Vendor/cfg/apn")
        .replace("./Vendor/cfg/apn", "one")
        .get("./Vendor/cfg/apn")
        .get("./Nowhere")
        .replace("./Vendor/cfg/apn", "two")
        .get("./Vendor/cfg/apn");
    let sent = bench.receive(&message.finish()).sent();
    assert_eq!(sent.codes(), [200, 200, 200, 404, 200, 200]);
    let values: Vec<_> = sent
        .results()
        .into_iter()
        .map(|(_, _, value)| value)
        .collect();
    assert_eq!(values, ["before", "one", "two"]);
}

/// PRO-C-140: addresses are full paths from the root, with or without `./`, and come back as they were sent; anything else is
/// no address.
#[test]
fn addresses_are_full_paths() {
    let mut bench = Bench::default();
    let sent = bench.start().sent();
    for (uri, _) in sent.dev_info() {
        assert!(uri.starts_with("./DevInfo/"), "{uri}");
    }
    let uris = [
        ("./Vendor/cfg/apn", 200),
        ("Vendor/cfg/apn", 200),
        ("apn", 404),
        ("cfg/apn", 404),
        ("/Vendor/cfg/apn", 404),
        ("./Vendor//cfg/apn", 404),
        ("./Vendor/../Vendor/cfg/apn", 404),
        ("http://x.test/Vendor/cfg/apn", 404),
    ];
    let message = uris
        .iter()
        .fold(Msg::new(1).hdr(200), |message, (uri, _)| message.get(uri));
    let sent = bench.receive(&message.finish()).sent();
    let codes: Vec<_> = uris.iter().map(|(_, code)| *code).collect();
    assert_eq!(sent.codes(), codes);
    for (status, (uri, _)) in sent.statuses()[1..].iter().zip(uris) {
        assert_eq!(status.target.as_deref(), Some(uri));
    }
    let addresses: Vec<_> = sent.results().into_iter().map(|(uri, _, _)| uri).collect();
    assert_eq!(addresses, ["./Vendor/cfg/apn", "Vendor/cfg/apn"]);
}

/// PRO-C-143, OBJ-C-001: the three standard objects are there, and a server reads them.
#[test]
fn the_standard_objects_are_there() {
    let mut bench = Bench::default();
    bench.tree.factory().acl("./DMAcc/a", "Get=*").unwrap();
    bench.start().sent();
    let leaves = [
        ("./DevInfo/DevId", "urn:dev:1"),
        ("./DevInfo/Man", "Maker"),
        ("./DevInfo/Mod", "Model"),
        ("./DevInfo/DmV", "1.2"),
        ("./DevInfo/Lang", "en"),
        ("./DevDetail/DevTyp", "meter"),
        ("./DevDetail/OEM", "Maker"),
        ("./DevDetail/FwV", "1"),
        ("./DevDetail/SwV", "2"),
        ("./DevDetail/HwV", "3"),
        ("./DevDetail/LrgObj", "false"),
        ("./DevDetail/URI/MaxDepth", ""),
        ("./DevDetail/URI/MaxTotLen", ""),
        ("./DevDetail/URI/MaxSegLen", ""),
        ("./DMAcc/a/AppID", "w7"),
        ("./DMAcc/a/ServerID", "srv"),
    ];
    let message = leaves
        .iter()
        .fold(Msg::new(1).hdr(200), |message, (uri, _)| message.get(uri));
    let message = FOLDERS
        .iter()
        .fold(message, |message, uri| message.get(uri));
    let sent = bench.receive(&message.finish()).sent();
    assert_eq!(sent.codes(), vec![200; leaves.len() + FOLDERS.len()]);
    for ((uri, _, value), (leaf, expected)) in sent.results().iter().zip(leaves) {
        assert_eq!(uri, leaf);
        assert!(expected.is_empty() || value == expected, "{uri}: {value}");
    }
}

/// D13-C-120: an ACL may name a server that has no account (yet): it is kept as it is, and grants that one its rights when
/// it comes.
#[test]
fn an_acl_may_name_a_server_without_an_account() {
    let mut bench = Bench::default();
    bench
        .tree
        .factory()
        .acl("./Vendor/cfg", "Get=*&Replace=srv")
        .unwrap();
    bench.start().sent();
    let acl = "Get=*&amp;Replace=nobody.yet";
    let message = Msg::new(1)
        .hdr(200)
        .replace("./Vendor/cfg?prop=ACL", acl)
        .get("./Vendor/cfg?prop=ACL")
        .replace("./Vendor/cfg/apn", "mine no more");
    let sent = bench.receive(&message.finish()).sent();
    assert_eq!(sent.codes(), [200, 200, 425]);
    assert_eq!(sent.result(), "Get=*&Replace=nobody.yet");
    bench.receive(&Msg::new(2).hdr(200).finish()).done();
    // The account comes.
    bench
        .tree
        .local()
        .set("./DMAcc/a/ServerID", b"nobody.yet")
        .unwrap();
    bench.start().sent();
    let message = Msg::new(1).hdr(200).replace("./Vendor/cfg/apn", "at last");
    assert_eq!(bench.receive(&message.finish()).sent().codes(), [200]);
    assert_eq!(bench.text("./Vendor/cfg/apn"), "at last");
}

/// D13-C-130: a code of the server that no table has counts as its class: 217 is a success, 499 and 599 are refusals, 1xx and
/// such for other commands change nothing.
#[test]
fn unknown_codes_count_as_their_class() {
    for (code, is_taken) in [
        (217, true),
        (299, true),
        (399, false),
        (499, false),
        (599, false),
    ] {
        let mut bench = Bench::default();
        bench.start().sent();
        let message = Msg::new(1).hdr(code).get("./DevInfo/Man").finish();
        match bench.receive(&message) {
            Out::Sent(sent) if is_taken => assert_eq!(sent.codes(), [200], "{code}"),
            Out::Done(report) if !is_taken => {
                let error = Error::Server(ServerFault::Refused(Code(code)));
                assert_eq!(report.end, End::Failed(error));
            }
            other => panic!("{code}: {other:?}"),
        }
        let mut bench = Bench::default();
        bench.start().sent();
        let message = Msg::new(1)
            .hdr(200)
            .status(1, "Alert", code)
            .status(2, "Replace", code);
        let sent = bench.receive(&message.get("./DevInfo/Man").finish()).sent();
        assert_eq!(sent.codes(), [200]);
    }
}

/// D13-C-131: the MO index of the registry is data, not code: a table of 16-bit numbers, each with one identifier.
#[test]
fn the_mo_index_is_a_table() {
    let path = concat!(
        env!("CARGO_MANIFEST_DIR"),
        "/../docs/spec/omna-mo-index.csv"
    );
    let table = std::fs::read_to_string(path).unwrap();
    let mut found = std::collections::BTreeMap::new();
    for line in table.lines().filter(|line| line.contains("0x")) {
        let index = line
            .split(',')
            .find_map(|cell| cell.trim().strip_prefix("0x"));
        let index = u16::from_str_radix(index.unwrap(), 16).unwrap();
        let id = line
            .split(',')
            .map(str::trim)
            .find(|cell| cell.starts_with("urn:"));
        let Some(id) = id else { continue };
        assert!(
            found.insert(index, id.to_owned()).is_none(),
            "{index:04X} twice"
        );
    }
    assert!(found.len() > 100, "{}", found.len());
    for (index, id) in [
        (0x000B, "urn:oma:mo:oma-dm-devdetail:1.1"),
        (0x000C, "urn:oma:mo:oma-dm-devinfo:1.1"),
        (0x000D, "urn:oma:mo:oma-dm-dmacc:1.1"),
        (0x0027, "urn:oma:mo:oma-fumo:1.0"),
    ] {
        assert_eq!(found.get(&index).map(String::as_str), Some(id));
    }
}
