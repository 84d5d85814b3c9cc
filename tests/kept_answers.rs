//! Protocol chapters 4 and 14: messages that wait, come again, or change their encoding.

#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "tests"
)]

use dm_core::{Encoding, End, Error, Failure, Misuse};
use dm_tests::{Bench, Cred, Msg, Out, Setup, is_full, md5_cred, to_wbxml};

const MD5: &str = "syncml:auth-md5";
const CLIENT: Cred = Cred {
    kind: "DIGEST",
    name: "dev",
    secret: "dev-secret",
    nonce: b"nonce-of-client!",
};

fn chunk(uri: &str, size: usize, data: &str) -> String {
    format!(
        "<Item><Target><LocURI>{uri}</LocURI></Target><Meta><Size xmlns=\"syncml:metinf\">{size}</Size></Meta>\
         <Data>{data}</Data><MoreData/></Item>"
    )
}

/// Every Status of a session whose server only asks for more, from its second message on; `None` when the limit was too small.
fn drain(bench: &mut Bench, mut out: Out) -> Option<Vec<(String, u16)>> {
    let mut statuses = Vec::new();
    for n in 2..50 {
        let Out::Sent(sent) = out else { return None };
        let own = sent.statuses().into_iter().skip(1);
        let own = own.filter(|status| status.cmd != "Alert");
        statuses.extend(own.map(|status| (status.cmd_ref, status.code)));
        if sent.is_final() {
            return Some(statuses);
        }
        out = bench.receive(&Msg::new(n).hdr(200).alert(1222).more());
    }
    panic!("the answers never end: {statuses:?}");
}

/// PRO-C-018, PRO-C-032: when the message has room for every Status but not for Alert 1225, nothing is executed
/// or answered twice.
#[test]
fn nothing_is_executed_twice_for_want_of_room_for_an_alert() {
    // The places where the room ends are found with every third limit as well; the whole goes through all.
    let step = if is_full() { 1 } else { 3 };
    let mut seen = 0;
    for limit in (700..1500).step_by(step) {
        let mut bench = Bench::new(Setup {
            objects: (2048, 2000),
            ..Setup::default()
        });
        bench.start().sent();
        let message = Msg::new(1)
            .max_msg_size(limit)
            .hdr(200)
            .exec("./Vendor/Reboot")
            .command("Replace", &chunk("./Vendor/cfg/apn", 500, "part"));
        let out = bench.receive(&message.finish());
        let statuses = drain(&mut bench, out);
        assert!(bench.probe.execs.get() <= 1, "{limit}");
        if let Some(statuses) = statuses {
            seen += 1;
            assert_eq!(statuses, [("2".into(), 200), ("3".into(), 213)], "{limit}");
        }
    }
    assert!(seen * step > 500);
}

/// Whether a value of `size` octets is torn apart in the first message that brings any of it. `object`: the address of an
/// object that the Get interrupts.
fn is_torn(size: usize, object: Option<&str>) -> bool {
    let mut bench = Bench::new(Setup {
        objects: (2048, 2000),
        ..Setup::default()
    });
    bench.probe.big.set(size);
    bench.start().sent();
    let message = Msg::new(1).max_msg_size(1500).hdr(200);
    let message = match object {
        Some(uri) => message.command("Add", &chunk(uri, 500, "part")),
        None => message.alert(1222),
    };
    bench.receive(&message.more()).sent();
    let mut sent = bench
        .receive(&Msg::new(2).hdr(200).get("./Vendor/Big").finish())
        .sent();
    if sent.parts_of_values().is_empty() {
        sent = bench
            .receive(&Msg::new(3).hdr(200).alert(1222).more())
            .sent();
    }
    sent.parts_of_values()[0].2
}

/// PRO-C-035: Alert 1225 in front of it does not make a value go in parts that the next message holds whole.
#[test]
fn an_alert_about_an_object_does_not_tear_a_value_apart() {
    // The Status for the Alert 1222 that fetches the next message takes less than the Alert about so long a name.
    const STATUS: usize = 108;
    let object = "./Vendor/cfg/".to_owned() + &"x".repeat(32);
    for size in (200..800).step_by(if is_full() { 3 } else { 9 }) {
        let torn = is_torn(size, Some(&object));
        assert!(!torn || is_torn(size + STATUS, None), "{size}");
    }
}

/// A repeated message gets the last message again, octet for octet and under its own media type, whatever encoding the
/// repetition came in.
#[test]
fn a_repetition_in_the_other_encoding_does_not_change_the_media_type() {
    let mut bench = Bench::default();
    bench.start().sent();
    let message = Msg::new(1).hdr(200).get("./DevInfo/Man").finish();
    let first = bench.receive(&message).sent();
    // The bench compares the media type with the octets.
    let again = bench.receive_bytes(&to_wbxml(&message)).sent();
    assert_eq!(first.body, again.body);
}

/// A refusal in the other encoding does not mix the two in one message.
#[test]
fn a_refusal_in_the_other_encoding_leaves_the_message_whole() {
    for encoding in [Encoding::Wbxml, Encoding::Xml] {
        let mut bench = Bench::new(Setup {
            encoding,
            client: Some(CLIENT),
            ..Setup::default()
        });
        bench.start().sent();
        let message = Msg::new(1)
            .hdr_chal(200, MD5, Some(b"one"))
            .get("./DevInfo/Man");
        bench.receive(&message.finish()).sent();
        let refusal = Msg::new(2).hdr_chal(401, MD5, Some(b"two")).finish();
        let refusal = match encoding {
            Encoding::Wbxml => refusal.into_bytes(),
            _ => to_wbxml(&refusal),
        };
        if let Out::Sent(sent) = bench.receive_bytes(&refusal) {
            assert_eq!(sent.result(), "Maker");
        }
    }
}

/// PRO-C-021, PRO-C-023: a message that is full to the last octet comes again, too, when it is refused, and then the rest.
#[test]
fn a_full_message_can_be_refused_and_comes_again() {
    for encoding in [Encoding::Wbxml, Encoding::Xml] {
        let least = if encoding == Encoding::Xml { 1400 } else { 900 };
        for limit in (least..least + 400).step_by(if is_full() { 1 } else { 7 }) {
            let mut bench = Bench::new(Setup {
                encoding,
                client: Some(CLIENT),
                ..Setup::default()
            });
            bench.probe.big.set(3000);
            bench.start().sent();
            let message = Msg::new(1)
                .max_msg_size(limit)
                .hdr_chal(200, MD5, Some(b"one"))
                .get("./DevInfo/Man")
                .get("./Vendor/Big");
            let mut sent = bench.receive(&message.finish()).sent();
            let mut values = sent.results();
            for n in 2.. {
                assert!(sent.size <= limit);
                if sent.is_final() {
                    break;
                }
                if n % 2 == 0 {
                    let refusal = Msg::new(n).hdr_chal(401, MD5, Some(b"two"));
                    let again = bench.receive(&refusal.finish()).sent();
                    let cred = md5_cred(CLIENT.name, CLIENT.secret, b"two");
                    assert_eq!(again.header("Cred/Data"), Some(cred), "{limit}");
                    assert_eq!(again.results(), sent.results(), "{limit}");
                    assert!(again.codes().ends_with(&sent.codes()), "{limit}");
                    assert!(again.size <= limit);
                    continue;
                }
                sent = bench
                    .receive(&Msg::new(n).hdr(200).alert(1222).more())
                    .sent();
                values.extend(sent.results());
            }
            let big: String = values.into_iter().skip(1).map(|value| value.2).collect();
            assert_eq!(big.len(), 3000, "{limit}");
        }
    }
}

/// REP-C-024: MaxMsgSize is the same throughout, and never nothing.
#[test]
fn the_space_for_a_message_does_not_depend_on_the_servers_encoding() {
    let mut bench = Bench::new(Setup {
        encoding: Encoding::Wbxml,
        rx: 1024 + 512,
        ..Setup::default()
    });
    let size = bench.start().sent().header("Meta/MaxMsgSize").unwrap();
    let message = Msg::new(1).hdr(200).get("./DevInfo/Man").finish();
    let sent = bench.receive_bytes(message.as_bytes()).sent();
    assert_eq!(sent.header("Meta/MaxMsgSize").unwrap(), size);
    assert_eq!(bench.client.rx_space().len().to_string(), size);
}

/// `Client::new` says in which encoding sessions begin: each of them.
#[test]
fn every_session_begins_in_the_clients_own_encoding() {
    let mut bench = Bench::new(Setup {
        encoding: Encoding::Wbxml,
        ..Setup::default()
    });
    let first = bench.start().sent();
    bench
        .receive_bytes(Msg::new(1).hdr(200).finish().as_bytes())
        .done();
    let second = bench.start().sent();
    assert_eq!(first.body[..4], second.body[..4]);
}

/// A message without MsgID cannot be told from its repetition; it is broken.
#[test]
fn a_message_without_msg_id_is_not_executed() {
    let mut bench = Bench::default();
    bench.start().sent();
    let message = Msg::new(1)
        .header_with("<MsgID>1</MsgID>", "")
        .hdr(200)
        .exec("./Vendor/Reboot")
        .finish();
    for _ in 0..2 {
        if matches!(bench.receive(&message), Out::Done(_)) {
            break;
        }
    }
    assert_eq!(bench.probe.execs.get(), 0);
}

/// Protocol chapter 14: a Status for a message that is not the last one is none for this one.
#[test]
fn a_status_for_another_message_is_passed_over() {
    let mut bench = Bench::default();
    bench.start().sent();
    let message = Msg::of("1", 1, 77).hdr(503).get("./DevInfo/Man").finish();
    assert_eq!(bench.receive(&message).sent().codes(), [200]);
}

/// The Status for our header counts wherever it stands among the commands.
#[test]
fn a_refusal_behind_a_command_is_a_refusal() {
    let mut bench = Bench::new(Setup {
        client: Some(CLIENT),
        ..Setup::default()
    });
    bench.start().sent();
    let message = Msg::new(1)
        .replace("./Vendor/cfg/apn", "new")
        .hdr_chal(401, MD5, Some(b"one"));
    let sent = bench.receive(&message.finish()).sent();
    assert!(sent.parts().contains(&"Replace".into()), "package 1 again");
    assert_eq!(bench.text("./Vendor/cfg/apn"), "before");
}

/// PRO-C-008: MsgIDs stay unique in a session of very many messages; with `OMA_DM_FULL=1` of more than 16 bits count.
#[test]
fn message_ids_stay_unique() {
    let end = if is_full() { 66_000 } else { 6_000 };
    let mut bench = Bench::new(Setup {
        encoding: Encoding::Wbxml,
        objects: (64, u32::MAX),
        ..Setup::default()
    });
    bench.start().sent();
    let mut last = String::new();
    for n in 1..end {
        let size = if n == 1 {
            "<Size xmlns=\"syncml:metinf\">100000</Size>"
        } else {
            ""
        };
        let part = format!(
            "<Item><Target><LocURI>./Vendor/Image</LocURI></Target><Meta><Format xmlns=\"syncml:metinf\">bin</Format>{size}\
             </Meta><Data>x</Data><MoreData/></Item>"
        );
        let out = bench.receive(&Msg::new(n).hdr(200).command("Replace", &part).more());
        if n < end - 500 {
            continue;
        }
        let Out::Sent(sent) = out else { return };
        let id = sent.header("MsgID").unwrap();
        assert_ne!(id, last);
        last = id;
    }
}

/// PRO-C-013: one Status for each Item, however many there are.
#[test]
fn every_one_of_very_many_items_is_answered() {
    let mut bench = Bench::new(Setup {
        encoding: Encoding::Wbxml,
        rx: 1 << 20,
        tx: 8 << 20,
        ..Setup::default()
    });
    bench.start().sent();
    let count = 65_600;
    let items = "<Item/>".repeat(count);
    let message = Msg::new(1).hdr(200).command("Get", &items).finish();
    let sent = bench.receive(&message).sent();
    assert_eq!(sent.xml.matches("<Data>412</Data>").count(), count);
}

/// A package 1 that the server's MaxMsgSize leaves no room for is not the caller's fault.
#[test]
fn a_limit_too_small_for_package_1_is_the_servers_fault() {
    let mut bench = Bench::new(Setup {
        client: Some(CLIENT),
        ..Setup::default()
    });
    bench.start().sent();
    let refusal = Msg::new(1)
        .max_msg_size(300)
        .hdr_chal(401, MD5, Some(b"n"))
        .finish();
    let report = bench.receive(&refusal).done();
    let Error::Misuse(Misuse::TxTooSmall(_)) = (match report.end {
        End::Failed(error) => error,
        other => panic!("{other:?}"),
    }) else {
        return;
    };
    panic!("{report:?}");
}

/// Protocol chapter 10, Alert 1225 the other way: a value of which no more parts come is ended with Alert 1225.
#[test]
fn a_value_that_cannot_be_continued_is_ended_with_an_alert() {
    let mut bench = Bench::default();
    bench
        .tree
        .local()
        .set("./Vendor/cfg/blob", "x".repeat(3000).as_bytes())
        .unwrap();
    bench.start().sent();
    let message = Msg::new(1)
        .max_msg_size(1500)
        .hdr(200)
        .get("./Vendor/cfg/blob");
    let sent = bench.receive(&message.finish()).sent();
    assert!(sent.parts_of_values()[0].2);
    // The ACL changes under the reader.
    bench.tree.factory().acl("./Vendor/cfg", "Add=*").unwrap();
    bench.tree.factory().acl(".", "Add=*").unwrap();
    let sent = bench
        .receive(&Msg::new(2).hdr(200).alert(1222).more())
        .sent();
    assert_eq!(sent.results(), []);
    assert_eq!(sent.alerts(), [1225], "{}", sent.xml);
}

/// So is one that a handler gives shorter or longer than it was when it was begun.
#[test]
fn a_value_that_changes_its_length_is_ended_with_an_alert() {
    for (later, alerts) in [
        (4000, &[][..]),
        (3999, &[1225]),
        (4001, &[1225]),
        (10, &[1225]),
    ] {
        let mut bench = Bench::default();
        bench.probe.big.set(4000);
        bench.start().sent();
        let message = Msg::new(1).max_msg_size(2500).hdr(200).get("./Vendor/Big");
        let sent = bench.receive(&message.finish()).sent();
        assert!(sent.parts_of_values()[0].2);
        bench.probe.big.set(later);
        let mut seen = Vec::new();
        for id in 2..6 {
            let message = Msg::new(id).hdr(200).alert(1222).more();
            let sent = bench.receive(&message).sent();
            seen.extend(sent.alerts());
            if sent.is_final() {
                break;
            }
        }
        assert_eq!(seen, alerts, "{later}");
    }
}

/// A transport failure while answers are kept ends the session cleanly.
#[test]
fn a_failure_while_answers_are_kept_leaves_a_clean_client() {
    let mut bench = Bench::default();
    bench.probe.big.set(800);
    bench.start().sent();
    let message = Msg::new(1)
        .max_msg_size(2000)
        .hdr(200)
        .get("./Vendor/Big")
        .get("./Vendor/Big");
    assert!(!bench.receive(&message.finish()).sent().is_final());
    bench.failed(Failure::Link).done();
    bench.start().sent();
    assert_eq!(bench.client.rx_space().len(), 16384 - 1536);
}
