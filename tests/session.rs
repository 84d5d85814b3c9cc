//! Protocol chapters 1 to 3, 10, 13 and 14: how a session begins, goes on and ends.

#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "tests"
)]

use dm_core::{Code, Encoding, End, Error, Failure, Misuse, ServerFault, Trigger};
use dm_tests::{Bench, Msg, Out, Setup};

fn faulty(out: Out) -> ServerFault {
    match out.done().end {
        End::Failed(Error::Server(fault)) => fault,
        other => panic!("{other:?}"),
    }
}

/// PRO-C-001, PRO-C-002, PRO-C-003, PRO-C-004, PRO-C-009, PRO-C-010, OBJ-C-013, PRO-C-017
#[test]
fn package_1_holds_the_alert_and_devinfo() {
    for encoding in [Encoding::Xml, Encoding::Wbxml] {
        let mut bench = Bench::new(Setup {
            encoding,
            ..Setup::default()
        });
        let sent = bench.start().sent();
        assert_eq!(sent.uri, "http://dm.test/dm");
        assert_eq!(sent.header("VerDTD").unwrap(), "1.2");
        assert_eq!(sent.header("VerProto").unwrap(), "DM/1.2");
        assert_eq!(sent.header("Target/LocURI").unwrap(), "http://dm.test/dm");
        assert_eq!(sent.header("Source/LocURI").unwrap(), "urn:dev:1");
        assert_eq!(sent.parts(), ["Alert", "Replace", "Final"]);
        assert_eq!(sent.alerts(), [1201]);
        let dev_info: Vec<_> = sent.dev_info();
        let expected = [
            ("./DevInfo/DevId", "urn:dev:1"),
            ("./DevInfo/Man", "Maker"),
            ("./DevInfo/Mod", "Model"),
            ("./DevInfo/DmV", "1.2"),
            ("./DevInfo/Lang", "en"),
        ];
        for (uri, value) in expected {
            assert!(
                dev_info.contains(&(uri.into(), value.into())),
                "{uri} in {dev_info:?}"
            );
        }
        assert_eq!(dev_info.len(), expected.len());
    }
}

/// PRO-C-002: all present nodes below Ext and Bearer go too.
#[test]
fn package_1_holds_what_the_device_added_to_devinfo() {
    let mut bench = Bench::default();
    bench.tree.factory().node("./DevInfo/Ext").unwrap();
    let sent = bench.start().sent();
    assert_eq!(
        sent.dev_info().len(),
        5,
        "an empty Ext has no value to send"
    );
}

/// PRO-C-005, PRO-C-007: the SessionID of a notification is used throughout, with Alert 1200.
#[test]
fn a_notified_session_takes_the_servers_session_id() {
    let mut bench = Bench::default();
    let first = bench.notified("srv", 0x2A).sent();
    assert_eq!(first.header("SessionID").unwrap(), "2A");
    assert_eq!(first.alerts(), [1200]);
    let second = bench
        .receive(&Msg::of("2A", 1, 1).hdr(200).get("./DevInfo/Man").finish())
        .sent();
    assert_eq!(second.header("SessionID").unwrap(), "2A");
}

/// PRO-C-006, REP-C-037
#[test]
fn sessions_of_the_client_get_fresh_short_ids() {
    let mut bench = Bench::default();
    let own = |bench: &mut Bench| {
        let trigger = Trigger::Client {
            server_id: Some("srv"),
            session_id: None,
        };
        let id = bench
            .begin(trigger)
            .unwrap()
            .sent()
            .header("SessionID")
            .unwrap();
        assert!((1..=4).contains(&id.len()));
        id
    };
    let (first, second) = (own(&mut bench), own(&mut bench));
    assert_ne!(first, second);
}

/// PRO-C-008, REP-C-036: the client counts its messages from 1.
#[test]
fn message_ids_rise_by_one() {
    let mut bench = Bench::default();
    assert_eq!(bench.start().sent().header("MsgID").unwrap(), "1");
    for n in 1..5 {
        let sent = bench
            .receive(&Msg::new(n).hdr(200).get("./DevInfo/Man").finish())
            .sent();
        assert_eq!(sent.header("MsgID").unwrap(), (n + 1).to_string());
    }
}

/// PRO-C-014: a package without commands ends the session, and nothing more is said.
#[test]
fn a_server_package_without_commands_closes_the_session() {
    let mut bench = Bench::default();
    bench.start().sent();
    let report = bench.receive(&Msg::new(1).hdr(200).finish()).done();
    assert_eq!(report.end, End::Closed);
    assert_eq!((report.messages_sent, report.messages_received), (1, 1));
}

/// PRO-C-012, PRO-C-013, PRO-C-018, REP-C-035: one Status for each command, in their order, that of SyncHdr first.
#[test]
fn every_command_gets_its_status_in_order() {
    let mut bench = Bench::default();
    bench.start().sent();
    let message = Msg::new(1)
        .hdr(200)
        .status(1, "Alert", 200)
        .get("./DevInfo/Man")
        .replace("./Vendor/cfg/apn", "new")
        .alert(1222)
        .delete("./Vendor/nowhere");
    let sent = bench.receive(&message.finish()).sent();
    let statuses = sent.statuses();
    let names: Vec<_> = statuses.iter().map(|status| status.cmd.as_str()).collect();
    assert_eq!(names, ["SyncHdr", "Get", "Replace", "Alert", "Delete"]);
    let refs: Vec<_> = statuses
        .iter()
        .map(|status| status.cmd_ref.as_str())
        .collect();
    assert_eq!(refs, ["0", "3", "4", "5", "6"]);
    assert_eq!(sent.codes(), [200, 200, 200, 404]);
    assert!(sent.is_final());
}

/// PRO-C-022, REP-C-015: RespURI is the address of all further messages.
#[test]
fn messages_go_to_the_resp_uri() {
    let mut bench = Bench::default();
    bench.start().sent();
    let message = Msg::new(1)
        .header("<RespURI>http://dm.test/dm?s=1&amp;t=2</RespURI>")
        .hdr(200)
        .get("./DevInfo/Man");
    let sent = bench.receive(&message.finish()).sent();
    assert_eq!(sent.uri, "http://dm.test/dm?s=1&t=2");
    let sent = bench
        .receive(&Msg::new(2).hdr(200).get("./DevInfo/Man").finish())
        .sent();
    assert_eq!(sent.uri, "http://dm.test/dm?s=1&t=2");
}

#[test]
fn a_resp_uri_never_leads_from_https_to_http() {
    let addr = "https://dm.test/dm";
    let mut bench = Bench::new(Setup {
        addr,
        ..Setup::default()
    });
    bench.start().sent();
    let message = Msg::new(1)
        .header("<RespURI>http://dm.test/other</RespURI>")
        .hdr(200)
        .get("./DevInfo/Man");
    assert_eq!(
        faulty(bench.receive(&message.finish())),
        ServerFault::InsecureRespUri
    );
}

/// PRO-C-132: Alert 1223 ends the session; nothing of its message is executed, nothing is answered.
#[test]
fn an_abort_ends_the_session_without_an_answer() {
    let mut bench = Bench::default();
    bench.start().sent();
    let message = Msg::new(1)
        .hdr(200)
        .replace("./Vendor/cfg/apn", "new")
        .alert(1223);
    assert_eq!(
        bench.receive(&message.finish()).done().end,
        End::AbortedByServer
    );
    assert_eq!(bench.text("./Vendor/cfg/apn"), "before");
}

/// PRO-C-139: a repeated message gets the same answer and is not executed again.
#[test]
fn a_repeated_message_gets_the_same_answer_again() {
    let mut bench = Bench::default();
    bench.start().sent();
    let message = Msg::new(1).hdr(200).exec("./Vendor/Reboot").finish();
    let first = bench.receive(&message).sent();
    let second = bench.receive(&message).sent();
    assert_eq!(first.xml, second.xml);
    assert_eq!(bench.probe.execs.get(), 1);
    bench.receive(&message).sent();
    bench.receive(&message).sent();
    assert_eq!(faulty(bench.receive(&message)), ServerFault::Repeats);
    assert_eq!(bench.probe.execs.get(), 1);
}

#[test]
fn a_message_of_another_session_ends_this_one() {
    let mut bench = Bench::default();
    bench.start().sent();
    let message = Msg::of("7", 1, 1)
        .hdr(200)
        .replace("./Vendor/cfg/apn", "new");
    assert_eq!(
        faulty(bench.receive(&message.finish())),
        ServerFault::SessionId
    );
    assert_eq!(bench.text("./Vendor/cfg/apn"), "before");
}

/// PRO-C-135, PRO-C-130: 400 and Alert 1223 for what is broken behind its header; nothing is executed.
#[test]
fn a_message_broken_behind_its_header_is_refused_as_a_whole() {
    let broken = [
        Msg::new(1)
            .hdr(200)
            .replace("./Vendor/cfg/apn", "new")
            .raw("<Get><Item>")
            .finish(),
        // REP-C-035: no CmdID, CmdID 0, one CmdID twice.
        Msg::new(1)
            .hdr(200)
            .replace("./Vendor/cfg/apn", "new")
            .raw("<Get><Item/></Get>")
            .finish(),
        Msg::new(1)
            .hdr(200)
            .replace("./Vendor/cfg/apn", "new")
            .raw("<Get><CmdID>0</CmdID><Item/></Get>")
            .finish(),
        Msg::new(1)
            .hdr(200)
            .replace("./Vendor/cfg/apn", "new")
            .raw("<Get><CmdID>2</CmdID><Item/></Get>")
            .finish(),
    ];
    for message in broken {
        let mut bench = Bench::default();
        bench.start().sent();
        let sent = bench.receive(&message).sent();
        assert_eq!(sent.hdr_code(), 400, "{message}");
        assert_eq!(sent.codes(), []);
        assert_eq!(sent.alerts(), [1223]);
        assert!(sent.is_final());
        assert_eq!(bench.text("./Vendor/cfg/apn"), "before");
        let answer = Msg::new(2).hdr(200).finish();
        assert_eq!(faulty(bench.receive(&answer)), ServerFault::Malformed);
    }
}

#[test]
fn a_message_without_a_readable_header_ends_the_session() {
    for junk in ["", "<SyncML>", "\u{2}\u{1}", "<html/>"] {
        let mut bench = Bench::default();
        bench.start().sent();
        let report = bench.receive_bytes(junk.as_bytes()).done();
        assert!(matches!(report.end, End::Failed(_)), "{junk:?}: {report:?}");
    }
}

/// PRO-C-134: 505 or 513 with the versions that are spoken.
#[test]
fn unknown_versions_are_answered_with_the_known_ones() {
    for (from, to, code, versions) in [
        ("<VerDTD>1.2<", "<VerDTD>9.0<", 505, ["1.2"].as_slice()),
        ("DM/1.2", "DM/9.0", 513, ["DM/1.3", "DM/1.2"].as_slice()),
    ] {
        let mut bench = Bench::default();
        bench.start().sent();
        let message = Msg::new(1)
            .header_with(from, to)
            .hdr(200)
            .replace("./Vendor/cfg/apn", "new");
        let sent = bench.receive(&message.finish()).sent();
        assert_eq!(sent.hdr_code(), code);
        for version in versions {
            assert!(
                sent.xml
                    .contains(&format!("<Item><Data>{version}</Data></Item>"))
            );
        }
        assert_eq!(sent.alerts(), [1223]);
        assert_eq!(bench.text("./Vendor/cfg/apn"), "before");
        assert_eq!(
            faulty(bench.receive(&Msg::new(2).hdr(200).finish())),
            ServerFault::Version
        );
    }
}

fn auto() -> Setup {
    Setup {
        version: "auto",
        ..Setup::default()
    }
}

/// D13-C-004: VerProto `DM/1.3` is this project's profile of DM 1.3.
#[test]
fn an_auto_account_begins_with_the_newest_version_and_remembers_what_was_understood() {
    let mut bench = Bench::new(auto());
    let sent = bench.start().sent();
    assert_eq!(sent.header("VerProto").unwrap(), "DM/1.3");
    bench.receive(&Msg::new(1).hdr(200).finish()).done();
    assert_eq!(bench.text("./DMAcc/a/Ext/OmaDm/Spoken"), "1.3");
}

/// PRO-C-134, D13-C-004: a refused version leads to one more try with an older one, as a new session.
#[test]
fn a_refused_version_leads_to_the_older_one_once() {
    let fallbacks: [fn(&mut Bench) -> Out; 4] = [
        |bench| bench.receive(&Msg::new(1).hdr(513).finish()),
        |bench| bench.receive(&Msg::new(1).hdr(505).finish()),
        |bench| bench.failed(Failure::Http(Code(400))),
        |bench| bench.receive_bytes(b"<html/>"),
    ];
    for fall_back in fallbacks {
        let mut bench = Bench::new(auto());
        bench.start().sent();
        let sent = fall_back(&mut bench).sent();
        assert_eq!(sent.header("VerProto").unwrap(), "DM/1.2");
        assert_eq!(sent.header("MsgID").unwrap(), "1");
        let session = sent.header("SessionID").unwrap();
        // Only once.
        assert!(matches!(fall_back(&mut bench).done().end, End::Failed(_)));
        // What was understood is remembered.
        let mut bench = Bench::new(auto());
        bench.start().sent();
        fall_back(&mut bench).sent();
        bench
            .receive(&Msg::of(&session, 1, 1).hdr(200).finish())
            .done();
        let sent = bench.start().sent();
        assert_eq!(sent.header("VerProto").unwrap(), "DM/1.2");
    }
}

/// PRO-C-005: a notified SessionID is kept when the version is lowered.
#[test]
fn falling_back_keeps_a_notified_session_id() {
    let mut bench = Bench::new(auto());
    bench.notified("srv", 0x77).sent();
    let sent = bench.receive(&Msg::of("77", 1, 1).hdr(513).finish()).sent();
    assert_eq!(sent.header("SessionID").unwrap(), "77");
    assert_eq!(sent.alerts(), [1200]);
}

#[test]
fn an_account_with_a_fixed_version_does_not_fall_back() {
    let mut bench = Bench::new(Setup {
        version: "1.3",
        ..Setup::default()
    });
    assert_eq!(bench.start().sent().header("VerProto").unwrap(), "DM/1.3");
    let out = bench.receive(&Msg::new(1).hdr(513).finish());
    assert_eq!(faulty(out), ServerFault::NoCommonVersion);
}

/// PRO-C-133: after a session that broke off the next one begins as if nothing had been.
#[test]
fn a_session_can_begin_after_one_that_broke_off() {
    let mut bench = Bench::default();
    bench.start().sent();
    bench
        .receive(&Msg::new(1).hdr(200).get("./DevInfo/Man").finish())
        .sent();
    let report = bench.failed(Failure::Link).done();
    assert_eq!(report.end, End::Failed(Error::Transport(Failure::Link)));
    let sent = bench.start().sent();
    assert_eq!(sent.header("MsgID").unwrap(), "1");
    // And one that was dropped without a word.
    bench
        .receive(&Msg::new(1).hdr(200).get("./DevInfo/Man").finish())
        .sent();
    let sent = bench.start().sent();
    assert_eq!(
        (sent.header("MsgID").unwrap(), sent.alerts()),
        ("1".into(), vec![1201])
    );
}

#[test]
fn calls_out_of_turn_are_misuse_and_change_nothing() {
    let mut bench = Bench::default();
    let now = dm_core::Moment {
        ms: 0,
        utc: None,
        random: [0; 16],
    };
    let got = dm_core::Received {
        len: 0,
        content_type: "",
        hmac: None,
        peer: dm_core::Peer::Plain,
    };
    let wrong = Error::Misuse(Misuse::WrongCall);
    assert_eq!(
        bench
            .client
            .receive(&mut bench.tree, got, &now)
            .unwrap_err(),
        wrong
    );
    assert_eq!(
        bench.client.resume(&mut bench.tree, &now).unwrap_err(),
        wrong
    );
    assert_eq!(
        bench
            .client
            .failed(&mut bench.tree, Failure::Link, &now)
            .unwrap_err(),
        wrong
    );
    assert!(bench.client.exchange().is_none());
    bench.start().sent();
    assert_eq!(
        bench.client.resume(&mut bench.tree, &now).unwrap_err(),
        wrong
    );
    let too_long = dm_core::Received {
        len: usize::MAX,
        ..got
    };
    let error = bench
        .client
        .receive(&mut bench.tree, too_long, &now)
        .unwrap_err();
    assert_eq!(error, Error::Misuse(Misuse::Length));
    assert!(bench.client.exchange().is_some());
    bench.receive(&Msg::new(1).hdr(200).finish()).done();
}

#[test]
fn a_buffer_too_small_for_package_1_is_named_with_what_it_takes() {
    let mut bench = Bench::new(Setup {
        tx: 512,
        ..Setup::default()
    });
    let trigger = Trigger::Client {
        server_id: None,
        session_id: Some(1),
    };
    let Err(Error::Misuse(Misuse::TxTooSmall(Code(needed)))) = bench.begin(trigger) else {
        panic!("512 octets are too few");
    };
    let needed = usize::from(needed);
    let mut bench = Bench::new(Setup {
        tx: needed,
        ..Setup::default()
    });
    assert!(bench.start().sent().size <= needed);
}

#[test]
fn an_unknown_server_has_no_session() {
    let mut bench = Bench::default();
    let trigger = Trigger::Client {
        server_id: Some("other"),
        session_id: None,
    };
    let error = bench.begin(trigger).unwrap_err();
    assert_eq!(error, Error::Limit(dm_core::LimitKind::NoAccount));
}

/// A message that is not the last of its package and asks for nothing is answered with Alert 1222 (PRO-C-026).
#[test]
fn an_unfinished_server_package_is_asked_for() {
    let mut bench = Bench::default();
    bench.start().sent();
    let sent = bench
        .receive(&Msg::new(1).hdr(200).get("./DevInfo/Man").more())
        .sent();
    // PRO-C-011: no Final before the server's.
    assert!(!sent.is_final());
    assert_eq!(sent.alerts(), [1222]);
    assert_eq!(sent.result(), "Maker");
    let sent = bench
        .receive(
            &Msg::new(2)
                .hdr(200)
                .status(4, "Alert", 200)
                .get("./DevInfo/Mod")
                .finish(),
        )
        .sent();
    assert!(sent.is_final());
    assert_eq!(sent.alerts(), []);
}

#[test]
fn an_error_status_for_our_header_ends_the_session() {
    for code in [404, 503, 511] {
        let mut bench = Bench::default();
        bench.start().sent();
        let message = Msg::new(1).hdr(code).replace("./Vendor/cfg/apn", "new");
        assert_eq!(
            faulty(bench.receive(&message.finish())),
            ServerFault::Refused(Code(code))
        );
        assert_eq!(bench.text("./Vendor/cfg/apn"), "before");
    }
}

/// A server that never comes to an end is left.
#[test]
fn a_runaway_session_ends() {
    let mut bench = Bench::default();
    bench.start().sent();
    for n in 1.. {
        match bench.receive(&Msg::new(n).hdr(200).get("./DevInfo/Man").finish()) {
            Out::Sent(_) => assert!(n < 10_000),
            out => {
                assert_eq!(
                    out.done().end,
                    End::Failed(Error::Limit(dm_core::LimitKind::Messages))
                );
                break;
            }
        }
    }
}

/// REP-C-024: a server may answer in the other encoding; the client goes on in it, and its MaxMsgSize stays.
#[test]
fn the_servers_encoding_is_taken_over() {
    let mut bench = Bench::default();
    let size = bench.start().sent().header("Meta/MaxMsgSize").unwrap();
    let message = Msg::new(1).hdr(200).get("./DevInfo/Man").finish();
    let sent = bench.receive_bytes(&dm_tests::to_wbxml(&message)).sent();
    assert_eq!(Encoding::detect(&sent.body), Encoding::Wbxml);
    assert_eq!(sent.header("Meta/MaxMsgSize").unwrap(), size);
    assert_eq!(sent.result(), "Maker");
    bench.receive(&Msg::new(2).hdr(200).finish()).done();
    assert_eq!(Encoding::detect(&bench.start().sent().body), Encoding::Xml);
}
