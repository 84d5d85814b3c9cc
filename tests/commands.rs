//! Protocol chapters 6 and 7: the commands of a server, seen from outside.

#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "tests"
)]

use dm_core::{Encoding, Notice, Trigger, Verified};
use dm_tests::{Bench, Msg, Out, Sent, Setup};

/// One message of commands on a fresh device, and the client's answer.
fn answer(bench: &mut Bench, message: Msg) -> Sent {
    bench.start().sent();
    bench.receive(&message.finish()).sent()
}

fn codes(message: impl Fn(Msg) -> Msg) -> Vec<u16> {
    let mut found = Vec::new();
    for encoding in [Encoding::Xml, Encoding::Wbxml] {
        let mut bench = Bench::new(Setup {
            encoding,
            ..Setup::default()
        });
        found.push(answer(&mut bench, message(Msg::new(1).hdr(200))).codes());
    }
    assert_eq!(found[0], found[1], "both encodings mean the same");
    found.remove(0)
}

/// PRO-C-015, PRO-C-016, REP-C-022, TREE-C-062, TREE-C-063: Results follow their Status; Format only when it is not chr.
#[test]
fn get_of_a_leaf_gives_its_value() {
    for encoding in [Encoding::Xml, Encoding::Wbxml] {
        let mut bench = Bench::new(Setup {
            encoding,
            ..Setup::default()
        });
        let message = Msg::new(1)
            .hdr(200)
            .get("./DevDetail/FwV")
            .get("DevDetail/LrgObj");
        let sent = answer(&mut bench, message);
        assert_eq!(
            sent.parts(),
            ["Status", "Status", "Results", "Status", "Results", "Final"]
        );
        assert_eq!(
            sent.results(),
            [
                ("./DevDetail/FwV".into(), None, "1".into()),
                (
                    "DevDetail/LrgObj".into(),
                    Some("bool".into()),
                    "false".into()
                ),
            ]
        );
        assert_eq!(
            sent.statuses()[1].target.as_deref(),
            Some("./DevDetail/FwV")
        );
    }
}

/// PRO-C-060, TREE-C-061
#[test]
fn get_of_an_interior_node_gives_the_names_of_its_children() {
    let mut bench = Bench::default();
    let sent = answer(&mut bench, Msg::new(1).hdr(200).get("./Vendor/cfg"));
    let (uri, format, value) = sent.results().remove(0);
    assert_eq!(
        (uri.as_str(), format.as_deref()),
        ("./Vendor/cfg", Some("node"))
    );
    let mut names: Vec<_> = value.split('/').collect();
    names.sort_unstable();
    assert_eq!(names, ["apn", "blob", "host", "label", "poll"]);
}

/// PRO-C-061
#[test]
fn get_of_an_empty_interior_node_gives_empty_data() {
    let mut bench = Bench::default();
    let message = Msg::new(1)
        .hdr(200)
        .add("./Vendor/cfg/sub", "node", "")
        .get("./Vendor/cfg/sub");
    let sent = answer(&mut bench, message);
    assert_eq!(sent.codes(), [200, 200]);
    assert_eq!(sent.result(), "");
}

/// PRO-C-062, TREE-C-047, PRO-C-142
#[test]
fn get_of_what_is_missing_or_not_allowed_is_refused() {
    let long = "./".to_owned() + &"x".repeat(200);
    assert_eq!(
        codes(|message| message
            .get("./Vendor/nowhere")
            .get("./Vendor/Locked")
            .get(&long)
            .get("./DMAcc/a/AppAuth")),
        [404, 425, 414, 404]
    );
}

/// PRO-C-063, PRO-C-064, PRO-C-069, TREE-C-033
#[test]
fn properties_are_read_as_text() {
    let mut bench = Bench::default();
    let message = Msg::new(1)
        .hdr(200)
        .get("./Vendor/cfg/apn?prop=Format")
        .get("./Vendor/cfg/apn?prop=Name")
        .get("./Vendor/cfg/apn?prop=ACL")
        .get("./Vendor/cfg?prop=ACL")
        .get("./Vendor/cfg?prop=Nonsense")
        .get("./Vendor/cfg?list=Nonsense");
    let sent = answer(&mut bench, message);
    assert_eq!(sent.codes(), [200, 200, 200, 200, 406, 406]);
    let values: Vec<_> = sent.results().into_iter().map(|result| result.2).collect();
    assert_eq!(values[..3], ["chr", "apn", ""]);
    let mut acl: Vec<_> = values[3].split('&').collect();
    acl.sort_unstable();
    assert_eq!(acl, ["Add=*", "Delete=*", "Get=*", "Replace=*"]);
    assert!(
        !sent.xml.contains("<Format"),
        "no Meta with a property value (TREE-C-083)"
    );
}

/// TREE-C-068, REP-C-030, TREE-C-067: raw in WBXML, base64 in XML, and the same octets in the tree.
#[test]
fn binary_values_travel_as_their_encoding_demands() {
    for (encoding, format) in [(Encoding::Xml, "b64"), (Encoding::Wbxml, "bin")] {
        let mut bench = Bench::new(Setup {
            encoding,
            ..Setup::default()
        });
        let message = Msg::new(1)
            .hdr(200)
            .replace_as("./Vendor/Raw", "b64", "AAEC/w==")
            .get("./Vendor/Raw?prop=Format");
        let sent = answer(&mut bench, message);
        assert_eq!(sent.codes(), [200, 200]);
        assert_eq!(sent.result(), "bin");
        assert_eq!(bench.value("./Vendor/Raw").unwrap(), [0, 1, 2, 255]);
        // Text, so that the tests' XML view of OPAQUE stays legal XML.
        bench.tree.local().set("./Vendor/Raw", b"raw").unwrap();
        let sent = bench
            .receive(&Msg::new(2).hdr(200).get("./Vendor/Raw").finish())
            .sent();
        let (_, found, value) = sent.results().remove(0);
        assert_eq!(found.as_deref(), Some(format));
        assert_eq!(value, if format == "b64" { "cmF3" } else { "raw" });
    }
}

/// TREE-C-071, PRO-C-062: a Format that the node does not take; PRO-C-046: TNDS without support.
#[test]
fn formats_and_types_are_checked() {
    let mut bench = Bench::default();
    let tnds = "<Item><Target><LocURI>./Vendor/cfg/t</LocURI></Target><Meta><Format xmlns=\"syncml:metinf\">xml</Format>\
        <Type xmlns=\"syncml:metinf\">application/vnd.syncml.dmtnds+xml</Type></Meta><Data>x</Data></Item>";
    let message = Msg::new(1)
        .hdr(200)
        .add("./Vendor/cfg/n", "quaternion", "1")
        .add("./Vendor/cfg/n", "int", "twelve")
        .command("Add", tnds);
    let sent = answer(&mut bench, message);
    assert_eq!(sent.codes(), [415, 500, 415]);
}

/// Meta of the command stands in for that of its Items.
#[test]
fn meta_of_the_command_applies_to_its_items() {
    let mut bench = Bench::default();
    let inner = "<Meta><Format xmlns=\"syncml:metinf\">int</Format></Meta>\
        <Item><Target><LocURI>./Vendor/cfg/a</LocURI></Target><Data>1</Data></Item>\
        <Item><Target><LocURI>./Vendor/cfg/b</LocURI></Target>\
        <Meta><Format xmlns=\"syncml:metinf\">chr</Format></Meta><Data>2</Data></Item>";
    let message = Msg::new(1)
        .hdr(200)
        .command("Add", inner)
        .get("./Vendor/cfg/a?prop=Format")
        .get("./Vendor/cfg/b?prop=Format");
    let sent = answer(&mut bench, message);
    let values: Vec<_> = sent.results().into_iter().map(|result| result.2).collect();
    assert_eq!(values, ["int", "chr"]);
}

/// PRO-C-070, TREE-C-066: the outcome of a handler, or 202 when it only began.
#[test]
fn exec_reaches_the_handler() {
    let mut bench = Bench::default();
    let refused =
        "<Item><Target><LocURI>./Vendor/Reboot</LocURI></Target><Data>never</Data></Item>";
    let message = Msg::new(1)
        .hdr(200)
        .exec("./Vendor/Reboot")
        .command("Exec", refused)
        .exec("./Vendor/cfg/apn")
        .exec("./Vendor/nowhere");
    let sent = answer(&mut bench, message);
    assert_eq!(sent.codes(), [200, 403, 405, 404]);
    assert_eq!(bench.probe.execs.get(), 2);
    bench.probe.exec_starts.set(true);
    let sent = bench
        .receive(&Msg::new(2).hdr(200).exec("./Vendor/Reboot").finish())
        .sent();
    assert_eq!(sent.codes(), [202]);
}

/// PRO-C-080, PRO-C-081, REP-C-019
#[test]
fn a_sequence_runs_its_children_in_order() {
    let mut bench = Bench::default();
    let message = Msg::new(1)
        .hdr(200)
        .container("Sequence", |inner| {
            inner
                .replace("./Vendor/cfg/apn", "one")
                .replace("./Vendor/cfg/none", "x")
                .replace("./Vendor/cfg/apn", "two")
                .get("./Vendor/cfg/apn")
        })
        .get("./DevInfo/Man");
    let sent = answer(&mut bench, message);
    assert_eq!(sent.codes(), [200, 200, 404, 200, 200, 200]);
    let names: Vec<_> = sent
        .statuses()
        .into_iter()
        .map(|status| status.cmd)
        .collect();
    assert_eq!(names[1], "Sequence");
    assert_eq!(sent.results()[0].2, "two");
}

/// PRO-C-082: what is not executed gets 215.
#[test]
fn a_sequence_inside_another_is_not_executed() {
    let mut bench = Bench::default();
    let message = Msg::new(1).hdr(200).container("Sequence", |inner| {
        inner
            .container("Sequence", |inner| {
                inner.replace("./Vendor/cfg/apn", "never")
            })
            .replace("./Vendor/cfg/poll", "61")
    });
    let sent = answer(&mut bench, message);
    assert_eq!(sent.codes(), [200, 500, 215, 200]);
    assert_eq!(bench.text("./Vendor/cfg/apn"), "before");
    assert_eq!(bench.text("./Vendor/cfg/poll"), "61");
}

/// PRO-C-059, PRO-C-138, PRO-C-100, PRO-C-146
#[test]
fn what_is_not_supported_is_refused_with_the_right_code() {
    assert_eq!(
        codes(|message| {
            message
                .command("Put", "<Item><Data>x</Data></Item>")
                .command("Search", "<Data>x</Data>")
                .command("Results", "<CmdRef>1</CmdRef><Item><Data>x</Data></Item>")
                .command(
                    "Alert",
                    "<Data>1100</Data><Item/><Item><Data>Hello</Data></Item>",
                )
                .alert(1226)
                .alert(1201)
                .alert(1222)
        }),
        [501, 501, 501, 406, 406, 405, 200]
    );
}

/// PRO-C-136, REP-C-038
#[test]
fn unknown_elements_are_skipped() {
    let mut bench = Bench::default();
    let inner = "<Vendor><Deep>x</Deep></Vendor><Item><Extra/><Target><LocURI>./DevInfo/Man</LocURI></Target></Item>";
    let sent = answer(
        &mut bench,
        Msg::new(1)
            .hdr(200)
            .command("Get", inner)
            .raw("<Odd>y</Odd>"),
    );
    assert_eq!(sent.codes(), [200]);
    assert_eq!(sent.result(), "Maker");
}

/// PRO-C-141, OBJ-C-015, TREE-C-008, TREE-C-009: the limits that are published are those that hold.
#[test]
fn uri_limits_are_those_of_devdetail() {
    let mut bench = Bench::default();
    let seg = bench
        .text("./DevDetail/URI/MaxSegLen")
        .parse::<usize>()
        .unwrap();
    let tot = bench
        .text("./DevDetail/URI/MaxTotLen")
        .parse::<usize>()
        .unwrap();
    let depth = bench
        .text("./DevDetail/URI/MaxDepth")
        .parse::<usize>()
        .unwrap();
    let fits = "./Vendor/cfg/".to_owned() + &"x".repeat(seg);
    let deep = ".".to_owned() + &"/a".repeat(depth + 1);
    let long = ".".to_owned() + &"/abcdefg".repeat(tot / 8 + 1);
    let message = Msg::new(1)
        .hdr(200)
        .get(&fits)
        .get(&(fits.clone() + "x"))
        .get(&deep)
        .get(&long);
    assert_eq!(answer(&mut bench, message).codes(), [404, 414, 414, 414]);
}

/// A handler that needs time stops the client at its command, and nothing before it is done again.
#[test]
fn a_slow_handler_is_waited_for() {
    for encoding in [Encoding::Xml, Encoding::Wbxml] {
        let mut bench = Bench::new(Setup {
            encoding,
            ..Setup::default()
        });
        bench.probe.delays.set(2);
        bench.start().sent();
        let message = Msg::new(1)
            .hdr(200)
            .exec("./Vendor/Reboot")
            .get("./Vendor/Slow")
            .replace("./Vendor/Slow", "x")
            .get("./DevInfo/Man");
        assert!(matches!(bench.receive(&message.finish()), Out::Wait));
        assert!(matches!(bench.resume(), Out::Wait));
        let sent = bench.resume().sent();
        assert_eq!(sent.codes(), [200, 200, 200, 200]);
        assert_eq!(sent.results()[0].2, "at last");
        assert_eq!(bench.probe.execs.get(), 1);
        assert_eq!(bench.probe.replaced.get(), 1);
    }
}

/// Chunks are refused, and a chunk changes nothing.
#[test]
fn more_data_is_refused() {
    let mut bench = Bench::default();
    let chunk = "<Item><Target><LocURI>./Vendor/cfg/apn</LocURI></Target><Meta><Size xmlns=\"syncml:metinf\">99</Size></Meta>\
        <Data>part</Data><MoreData/></Item>";
    let sent = answer(&mut bench, Msg::new(1).hdr(200).command("Replace", chunk));
    assert_eq!(sent.codes(), [406]);
    assert_eq!(bench.text("./Vendor/cfg/apn"), "before");
}

/// TREE-C-065: all commands of a server are executed, the optional ones too.
#[test]
fn every_command_of_a_server_is_there() {
    let copy = "<Item><Target><LocURI>./Vendor/cfg/copied</LocURI></Target>\
                <Source><LocURI>./Vendor/cfg/apn</LocURI></Source></Item>";
    let found = codes(|message| {
        message
            .add("./Vendor/cfg/new", "chr", "1")
            .replace("./Vendor/cfg/apn", "2")
            .get("./Vendor/cfg/apn")
            .delete("./Vendor/cfg/new")
            .container("Sequence", |inner| inner.replace("./Vendor/cfg/host", "3"))
            .container("Atomic", |inner| inner.replace("./Vendor/cfg/host", "4"))
            .command("Copy", copy)
            .exec("./Vendor/Reboot")
    });
    assert_eq!(found, [200; 10]);
}

/// OBJ-C-004: the ServerID of the account is what notifications name and what ACLs grant rights to.
#[test]
fn the_server_id_of_the_account_is_the_name_of_the_server() {
    for (server_id, code) in [("srv", 425), ("other", 200)] {
        let mut bench = Bench::default();
        let uri = "./DMAcc/a/ServerID";
        bench.tree.local().set(uri, server_id.as_bytes()).unwrap();
        let unknown = Verified::dangerous_assume(Notice::new("else", 1));
        assert!(bench.begin(Trigger::Server(unknown)).is_err());
        bench.notified(server_id, 1).sent();
        // Its ACL is Get=other.
        let message = Msg::new(1).hdr(200).get("./Vendor/Locked");
        let sent = bench.receive(&message.finish()).sent();
        assert_eq!(sent.codes(), [code]);
    }
}
