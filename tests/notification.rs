//! Notification chapter: the trigger of DM 1.2, and the session that it starts.

#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "tests"
)]

use dm_core::{
    Answer, Client, End, Error, Initiator, Misuse, Notice, NoticeRules, Notification, Policy,
    QuestionKind, Rejected, Step, Trigger, UiMode, Verified,
};
use dm_tests::{Bench, Cred, Keeper, Msg, Phone, Setup, Signed, hex, md5_cred, trigger};

const SERVER: &str = "dm.example.org";
const SIGNED: Signed<'_> = Signed {
    server: SERVER,
    secret: "Srv#Pass-1",
    nonce: &[0xA5; 16],
};

const N1: &str = "35F4951F2611F6137E0822633437DD48 02D8000000001F0E646D2E6578616D706C652E6F7267";
const N2: &str =
    "5F83DABF8640B1EEE3D8EBA7E0A49708 02F0000000BEEF0E646D2E6578616D706C652E6F7267 010203";
const N3: &str = "3D746C683AD31EB12144630EADB4542E 02E8000000FFFF0E646D2E6578616D706C652E6F7267";
const N3_TEXT: &str =
    "4CB906156D6F384588D1915AE69230FA 02E8000000FFFF0E646D2E6578616D706C652E6F7267";

fn notice<'t>(trigger: &Trigger<'t>) -> Notice<'t> {
    match trigger {
        Trigger::Server(notice) => *notice.get(),
        Trigger::Client { .. } => panic!("a client's trigger"),
    }
}

/// Package 1 of the session that a trigger starts, as text.
fn package1(phone: &mut Phone, trigger: Trigger<'_>) -> String {
    let now = phone.moment();
    match phone.client.start(&mut phone.tree, trigger, &now) {
        Ok(Step::Send(request)) => String::from_utf8(request.body.to_vec()).unwrap(),
        other => panic!("{other:?}"),
    }
}

/// NOT-C-001, NOT-C-003, NOT-C-005, NOT-C-006, SEC-C-041: the vectors N1 and N2 of the notification chapter, field by field.
#[test]
fn the_vectors_of_the_chapter_are_accepted() {
    let mut phone = Phone::new();
    let octets = hex(N1);
    let trigger = phone.told(&octets).unwrap();
    let got = notice(&trigger);
    assert_eq!((got.server_id, got.session_id), (SERVER, 0x1F));
    assert_eq!(
        (got.ui_mode, got.initiator),
        (UiMode::Background, Initiator::Server)
    );
    assert_eq!((got.vendor, got.nonce), (&b""[..], None));
    let octets = hex(N2);
    let trigger = phone.told(&octets).unwrap();
    let got = notice(&trigger);
    assert_eq!((got.server_id, got.session_id), (SERVER, 0xBEEF));
    assert_eq!(
        (got.ui_mode, got.initiator),
        (UiMode::UserInteraction, Initiator::User)
    );
    assert_eq!(got.vendor, [1, 2, 3]);
    assert_eq!(phone.client.notice_counts().accepted, 2);
    assert_eq!(phone.client.notice_counts().rejected, 0);
    // The formula of these tests is the one that the vectors were made with.
    assert_eq!(SIGNED.md5(&hex(N1)[16..]), hex(N1));
}

/// NOT-C-006: the name in the digest is the identifier in the message, whatever AAuthName says.
#[test]
fn the_digest_is_over_the_server_identifier_and_not_aauthname() {
    let mut phone = Phone::new();
    let by_name = Signed {
        server: "another name",
        ..SIGNED
    };
    let octets = by_name.md5(&trigger(0x02D8, 5, SERVER, b""));
    assert_eq!(phone.told(&octets).unwrap_err(), Rejected::Digest);
    let octets = SIGNED.md5(&trigger(0x02D8, 5, SERVER, b""));
    assert!(phone.told(&octets).is_ok());
}

/// NOT-C-001: the header of the specification's own example, N4.
#[test]
fn the_example_of_the_specification_is_read_as_it_says() {
    let header =
        hex("02 D0 00 00 00 12 34 12 63 6F 6D 2E 6D 67 6D 74 73 72 76 2E 6D 61 6E 61 67 65");
    assert_eq!(header, trigger(0x02D0, 0x1234, "com.mgmtsrv.manage", b""));
    let mut phone = Phone::new();
    phone.set("./DMAcc/a/ServerID", b"com.mgmtsrv.manage");
    let octets = Signed {
        server: "com.mgmtsrv.manage",
        ..SIGNED
    }
    .md5(&header);
    let trigger = phone.told(&octets).unwrap();
    let got = notice(&trigger);
    assert_eq!(
        (got.ui_mode, got.initiator),
        (UiMode::Background, Initiator::User)
    );
    assert!(package1(&mut phone, trigger).contains("<SessionID>1234</SessionID>"));
}

/// NOT-C-001: all eight pairs of UI mode and initiator, from the table of the chapter.
#[test]
fn ui_mode_and_initiator_are_where_the_table_says() {
    let mut phone = Phone::on(&Keeper::default(), Policy::default(), {
        let mut rules = NoticeRules::default();
        rules.burst = 20;
        rules
    });
    let modes = [
        UiMode::NotSpecified,
        UiMode::Background,
        UiMode::Informative,
        UiMode::UserInteraction,
    ];
    let bits = [
        0x02C0, 0x02C8, 0x02D0, 0x02D8, 0x02E0, 0x02E8, 0x02F0, 0x02F8,
    ];
    for (index, bits) in bits.into_iter().enumerate() {
        let octets = SIGNED.md5(&trigger(
            bits,
            u16::try_from(index).unwrap() + 1,
            SERVER,
            b"",
        ));
        let trigger = phone.told(&octets).unwrap();
        let initiator = [Initiator::User, Initiator::Server][index % 2];
        let got = notice(&trigger);
        assert_eq!((got.ui_mode, got.initiator), (modes[index / 2], initiator));
    }
}

/// NOT-C-011, NOT-C-012, NOT-C-013, NOT-C-017: Alert 1200 with the server's SessionID, to the server's own account.
#[test]
fn package_1_carries_alert_1200_and_the_session_id_of_the_server() {
    for (session, text) in [
        (1, "1"),
        (0x1F, "1F"),
        (0xABC, "ABC"),
        (0xBEEF, "BEEF"),
        (0xFFFF, "FFFF"),
    ] {
        for (server, secret, nonce, host) in [
            (SERVER, "Srv#Pass-1", &[0xA5; 16][..], "http://dm.test/dm"),
            (
                "mgmt.example.com",
                "session pass",
                b"session nonce",
                "http://mgmt.test/dm",
            ),
        ] {
            let mut phone = Phone::new();
            let signed = Signed {
                server,
                secret,
                nonce,
            };
            let octets = signed.md5(&trigger(0x02D8, session, server, b""));
            let trigger = phone.told(&octets).unwrap();
            let message = package1(&mut phone, trigger);
            assert!(
                message.contains(&format!("<SessionID>{text}</SessionID>")),
                "{message}"
            );
            assert!(message.contains("<Data>1200</Data>"), "{message}");
            assert!(!message.contains("<Data>1201</Data>"), "{message}");
            assert!(
                message.contains(&format!("<Target><LocURI>{host}</LocURI>")),
                "{message}"
            );
        }
    }
}

/// NOT-C-002, NOT-C-005, NOT-C-007, SEC-C-041: every shorter message and every message with one bit changed is dropped.
#[test]
fn nothing_but_the_very_message_is_accepted() {
    let good = hex(N1);
    for len in 0..good.len() {
        let mut phone = Phone::new();
        let why = phone.told(&good[..len]).unwrap_err();
        let expected = if len < 24 || len < 24 + 14 {
            Rejected::Malformed
        } else {
            Rejected::Digest
        };
        assert_eq!(why, expected, "{len}");
    }
    for bit in 0..good.len() * 8 {
        let mut octets = good.clone();
        octets[bit / 8] ^= 0x80 >> (bit % 8);
        let mut phone = Phone::new();
        assert!(phone.told(&octets).is_err(), "bit {bit}");
    }
    let mut longer = good.clone();
    longer.push(0);
    assert_eq!(Phone::new().told(&longer).unwrap_err(), Rejected::Digest);
}

/// NOT-C-002, NOT-C-029: the negative vectors NN2 to NN4 and a length that says more than there is.
#[test]
fn lengths_that_lie_are_malformed() {
    let mut phone = Phone::new();
    for (len_octet, cut) in [(0x0E, 23), (0x0F, 38), (0x00, 38), (0xFF, 38), (0x0E, 37)] {
        let mut octets = hex(N1);
        octets[23] = len_octet;
        octets.truncate(cut);
        assert_eq!(phone.told(&octets).unwrap_err(), Rejected::Malformed);
    }
    // No session has id 0.
    let octets = SIGNED.md5(&trigger(0x02D8, 0, SERVER, b""));
    assert_eq!(phone.told(&octets).unwrap_err(), Rejected::Malformed);
}

/// NOT-C-003, NOT-C-004: NN5, and every other version; 1.0 and 1.2 by a rule of their own.
#[test]
fn other_versions_are_dropped() {
    for version in [0_u16, 9, 10, 12, 13, 27, 1023] {
        let octets = SIGNED.md5(&trigger(version << 6 | 0x18, 1, SERVER, b""));
        let why = Phone::new().told(&octets).unwrap_err();
        assert_eq!(why, Rejected::Version(version));
        let mut rules = NoticeRules::default();
        rules.lenient_version = true;
        let mut phone = Phone::on(&Keeper::default(), Policy::default(), rules);
        assert_eq!(
            phone.told(&octets).is_ok(),
            matches!(version, 10 | 12),
            "{version}"
        );
    }
}

/// NOT-C-022
#[test]
fn bits_for_future_use_are_passed_over() {
    let mut octets = trigger(0x02DF, 1, SERVER, b"");
    octets[2..5].fill(0xFF);
    assert!(Phone::new().told(&SIGNED.md5(&octets)).is_ok());
}

/// NOT-C-023: empty, short and long.
#[test]
fn the_vendor_body_reaches_the_application_unchanged() {
    let mut phone = Phone::new();
    let long: Vec<u8> = (0..1200_u32).map(|at| at.to_le_bytes()[0]).collect();
    for (session, body) in [(1, &b""[..]), (2, b"\0"), (3, &long)] {
        let octets = SIGNED.md5(&trigger(0x02D8, session, SERVER, body));
        let trigger = phone.told(&octets).unwrap();
        assert_eq!(notice(&trigger).vendor, body);
    }
}

/// NOT-C-017, NOT-C-024: NN7; it is not even held against the sender as a wrong digest, which is found out later.
#[test]
fn a_trigger_for_an_unknown_server_is_ignored_before_its_digest_is_computed() {
    let mut phone = Phone::new();
    for name in [
        "dm.example.com",
        "dm.example.or",
        "dm.example.org2",
        "DM.example.org",
        "a",
        &"x".repeat(255),
    ] {
        let octets = [&[0; 16][..], &trigger(0x02D8, 1, name, b"")].concat();
        for _ in 0..50 {
            assert_eq!(phone.told(&octets).unwrap_err(), Rejected::UnknownServer);
        }
    }
    let mut bad_text = trigger(0x02D8, 1, "ab", b"");
    bad_text[8] = 0xFF;
    let octets = SIGNED.md5(&bad_text);
    assert_eq!(phone.told(&octets).unwrap_err(), Rejected::UnknownServer);
    assert!(
        phone.told(&hex(N1)).is_ok(),
        "the patience with wrong digests is not used up"
    );
}

#[test]
fn an_account_without_a_secret_is_proved_by_nobody() {
    let mut phone = Phone::new();
    phone.set("./DMAcc/a/AppAuth/s/AAuthSecret", b"");
    let octets = Signed {
        secret: "",
        ..SIGNED
    }
    .md5(&trigger(0x02D8, 1, SERVER, b""));
    assert_eq!(phone.told(&octets).unwrap_err(), Rejected::NoCredentials);
    phone.set("./DMAcc/a/AppAuth/s/AAuthLevel", b"CLCRED");
    phone.set("./DMAcc/a/AppAuth/s/AAuthSecret", b"Srv#Pass-1");
    assert_eq!(phone.told(&hex(N1)).unwrap_err(), Rejected::NoCredentials);
}

/// Every entry of the server's own credentials is tried: a server uses the nonce that it was given last.
#[test]
fn each_of_the_servers_entries_is_tried() {
    let mut phone = Phone::new();
    for (leaf, value) in [
        ("AAuthLevel", "SRVCRED"),
        ("AAuthType", "HMAC"),
        ("AAuthSecret", "second secret"),
        ("AAuthData", "second nonce"),
    ] {
        phone.set(&format!("./DMAcc/a/AppAuth/t/{leaf}"), value.as_bytes());
    }
    assert!(phone.told(&hex(N1)).is_ok());
    let second = Signed {
        secret: "second secret",
        nonce: b"second nonce",
        ..SIGNED
    };
    let octets = second.md5(&trigger(0x02D8, 7, SERVER, b""));
    assert!(phone.told(&octets).is_ok());
    // Secret of one, nonce of the other.
    let mixed = Signed {
        nonce: b"second nonce",
        ..SIGNED
    };
    let octets = mixed.md5(&trigger(0x02D8, 8, SERVER, b""));
    assert_eq!(phone.told(&octets).unwrap_err(), Rejected::Digest);
}

#[test]
fn a_policy_without_md5_takes_no_trigger_of_1_2() {
    let mut policy = Policy::default();
    policy.weakest = dm_core::Strength::Sha256;
    let mut phone = Phone::on(&Keeper::default(), policy, NoticeRules::default());
    assert_eq!(phone.told(&hex(N1)).unwrap_err(), Rejected::Unsigned);
}

/// NOT-C-008: N3 in both forms of the special nonce, where the policy allows it; and NOT-C-007 where it does not.
#[test]
fn the_special_nonce_is_tried_where_the_policy_says_so() {
    for (form, nonce) in [(N3, &[0; 4][..]), (N3_TEXT, b"0x00000000")] {
        let octets = hex(form);
        assert_eq!(
            Phone::new().told(&octets).unwrap_err(),
            Rejected::Digest,
            "refused by default"
        );
        let mut policy = Policy::default();
        policy.resync = true;
        let mut phone = Phone::on(&Keeper::default(), policy, NoticeRules::default());
        let trigger = phone.told(&octets).unwrap();
        let got = notice(&trigger);
        assert_eq!((got.nonce, got.session_id), (Some(nonce), 0xFFFF));
        assert_eq!(got.ui_mode, UiMode::Informative);
        // With the stored nonce the special one is not used.
        let octets = hex(N1);
        let trigger = phone.told(&octets).unwrap();
        assert_eq!(notice(&trigger).nonce, None);
    }
}

const CLIENT_CRED: Cred = Cred {
    kind: "DIGEST",
    name: "dev",
    secret: "dev-secret",
    nonce: b"client nonce",
};
const SERVER_CRED: Cred = Cred {
    kind: "DIGEST",
    name: "srv-name",
    secret: "srv-secret",
    nonce: b"server nonce",
};

/// NOT-C-009, NOT-C-010: from the notification on: both sides prove themselves with the special nonce, and a new one is sent.
#[test]
fn a_session_with_the_special_nonce_brings_both_sides_together() {
    for special in [&[0; 4][..], b"0x00000000"] {
        let mut policy = Policy::default();
        policy.resync = true;
        let mut bench = Bench::new(Setup {
            client: Some(CLIENT_CRED),
            server: Some(SERVER_CRED),
            server_auth: "required",
            secured: false,
            policy,
            ..Setup::default()
        });
        let signed = Signed {
            server: "srv",
            secret: "srv-secret",
            nonce: special,
        };
        let octets = signed.md5(&trigger(0x02D8, 1, "srv", b""));
        let now = dm_core::Moment {
            ms: 0,
            utc: None,
            random: [7; 16],
        };
        let trigger = bench
            .client
            .notified(&mut bench.tree, Notification::V1_2(&octets), &now)
            .unwrap();
        let sent = bench.begin(trigger).unwrap().sent();
        assert_eq!(sent.header("SessionID").unwrap(), "1");
        let expected = md5_cred("dev", "dev-secret", special);
        assert_eq!(sent.header("Cred/Data").unwrap(), expected);
        bench.random = *b"fresh-for-server";
        let message = Msg::new(1)
            .cred(
                "syncml:auth-md5",
                &md5_cred("srv-name", "srv-secret", special),
            )
            .hdr_chal(212, "syncml:auth-md5", Some(b"fresh-for-client"))
            .get("./DevInfo/Man");
        let sent = bench.receive(&message.finish()).sent();
        assert!(matches!(sent.hdr_code(), 200 | 212), "{}", sent.xml);
        assert_eq!(sent.codes(), [200]);
        assert!(
            sent.xml.contains(&dm_tests::b64(b"fresh-for-server")),
            "{}",
            sent.xml
        );
    }
}

/// NOT-C-015, NOT-C-016: silent, told, asked; and who wanted it is there to choose the words by.
#[test]
fn the_user_is_told_or_asked_as_the_server_wishes() {
    for (bits, kind) in [
        (0x02C8, None),
        (0x02D8, None),
        (0x02E8, Some(QuestionKind::SessionBegins)),
        (0x02F8, Some(QuestionKind::SessionWanted)),
    ] {
        for (answer, begins_when_told, begins_when_asked) in [
            (Answer::Yes, true, true),
            (Answer::Cancelled, true, false),
            (Answer::TimedOut, true, false),
            (Answer::NotShown, true, false),
        ] {
            let phone = Phone::new();
            let (mut tree, ms) = (phone.tree, phone.ms);
            let mut client = phone.client.with_user();
            let now = dm_core::Moment {
                ms,
                utc: None,
                random: [0; 16],
            };
            let octets = SIGNED.md5(&trigger(bits, 1, SERVER, b""));
            let trigger = client
                .notified(&mut tree, Notification::V1_2(&octets), &now)
                .unwrap();
            assert_eq!(notice(&trigger).initiator, Initiator::Server);
            let step = client.start(&mut tree, trigger, &now).unwrap();
            let Some(kind) = kind else {
                assert!(matches!(step, Step::Send(_)), "{step:?}");
                continue;
            };
            let Step::Ask(question) = step else {
                panic!("{step:?}");
            };
            assert_eq!((question.kind, question.text), (kind, SERVER));
            assert_eq!(question.choices.count(), 0);
            assert!(client.exchange().is_none(), "nothing may be sent before");
            let wrong = client
                .answer(&mut tree, Answer::Text("x"), &now)
                .unwrap_err();
            assert_eq!(wrong, Error::Misuse(Misuse::Answer));
            let begins = if kind == QuestionKind::SessionBegins {
                begins_when_told
            } else {
                begins_when_asked
            };
            match client.answer(&mut tree, answer, &now).unwrap() {
                Step::Send(request) => {
                    assert!(begins, "{kind:?} {answer:?}");
                    let text = String::from_utf8(request.body.to_vec()).unwrap();
                    assert!(text.contains("<Data>1200</Data>"));
                }
                Step::Done(report) => {
                    assert!(!begins, "{kind:?} {answer:?}");
                    assert_eq!((report.end, report.messages_sent), (End::Declined, 0));
                }
                other => panic!("{other:?}"),
            }
        }
    }
}

/// NOT-C-015: no to a question is no; where there is nobody to ask, the trigger tells the wish, and starting is the consent.
#[test]
fn a_user_who_says_no_has_no_session() {
    let phone = Phone::new();
    let (mut tree, now) = (phone.tree, Phone::new().moment());
    let mut client = phone.client.with_user();
    let octets = hex(N2);
    let trigger = client
        .notified(&mut tree, Notification::V1_2(&octets), &now)
        .unwrap();
    assert!(matches!(
        client.start(&mut tree, trigger, &now),
        Ok(Step::Ask(_))
    ));
    let step = client.answer(&mut tree, Answer::No, &now).unwrap();
    assert!(matches!(step, Step::Done(report) if report.end == End::Declined));
    let mut phone = Phone::new();
    let trigger = phone.told(&octets).unwrap();
    assert_eq!(notice(&trigger).ui_mode, UiMode::UserInteraction);
    assert!(package1(&mut phone, trigger).contains("BEEF"));
}

/// NOT-C-027: a notification calls for nothing to be sent, good or bad, and a session under way goes on.
#[test]
fn a_notification_in_the_middle_of_a_session_changes_nothing_of_it() {
    let mut bench = Bench::new(Setup {
        server: Some(SERVER_CRED),
        ..Setup::default()
    });
    let now = dm_core::Moment {
        ms: 0,
        utc: None,
        random: [7; 16],
    };
    let signed = Signed {
        server: "srv",
        secret: "srv-secret",
        nonce: b"server nonce",
    };
    let good = signed.md5(&trigger(0x02D8, 0x1F, "srv", b""));
    let tell = |client: &mut Client<'_>, tree: &mut dm_tree::Tree<'_>| {
        let forged = client.notified(tree, Notification::V1_2(&[0; 40]), &now);
        assert!(forged.is_err());
        let _ = client.notified(tree, Notification::V1_2(&good), &now);
    };
    tell(&mut bench.client, &mut bench.tree);
    assert!(bench.client.exchange().is_none());
    let sent = bench.start().sent();
    tell(&mut bench.client, &mut bench.tree);
    let (request, _) = bench.client.exchange().unwrap();
    assert_eq!(request.body, sent.body);
    let message = Msg::new(1).hdr(200).get("./DevInfo/Man");
    let sent = bench.receive(&message.finish()).sent();
    assert_eq!(sent.codes(), [200]);
    tell(&mut bench.client, &mut bench.tree);
    let message = Msg::new(2).hdr(200).finish();
    assert_eq!(bench.receive(&message).done().end, End::Closed);
    assert_eq!(bench.client.notice_counts().accepted, 1);
    assert_eq!(bench.client.notice_counts().rejected, 5);
}

/// What came over a trusted path may still be handed in without proof, by its name.
#[test]
fn a_trigger_can_be_assumed() {
    let mut phone = Phone::new();
    let trigger = Trigger::Server(Verified::dangerous_assume(Notice::new(SERVER, 9)));
    assert!(package1(&mut phone, trigger).contains("<SessionID>9</SessionID>"));
}
