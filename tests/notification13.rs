//! The extensible notification of DM 1.3 (`P-NOTI-1`): this project's profile, not the standard.

#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "tests"
)]

use dm_core::{
    Bearer, Initiator, Notice, NoticeRules, Policy, Rejected, Step, Strength, Trigger, UiMode,
};
use dm_tests::{Keeper, Phone, Signed, hex, sha256_notice, trigger};

const SERVER: &[u8] = b"mgmt.example.com";
const SIGNED: Signed<'_> = Signed {
    server: "mgmt.example.com",
    secret: "notipass",
    nonce: b"nonce-01",
};

const OPTIONS: &str = "10106d676d742e6578616d706c652e636f6d 3002000b 400102 50026677 7004 6955b900";
const SHA256: &str = "f4d0f8f8783ad4629ed6b6677633a832d7446aaa22fc99fc84df5d17a0964a45";
const MD5: &str = "1455bb7fee910737e92edc0bcb06d637";

fn vector() -> Vec<u8> {
    hex(&format!("035960000a41 {OPTIONS} {SHA256}"))
}

fn notice<'t>(trigger: &Trigger<'t>) -> Notice<'t> {
    match trigger {
        Trigger::Server(notice) => *notice.get(),
        Trigger::Client { .. } => panic!("a client's trigger"),
    }
}

fn signed(session: u16, options: &[(u8, &[u8])]) -> Vec<u8> {
    SIGNED.notice(&sha256_notice(session, options))
}

/// D13-C-012, D13-C-015, D13-C-016, D13-C-018, D13-C-019: the vector of the additions, field by field, with the credentials
/// for notifications.
#[test]
fn the_vector_of_the_additions_is_accepted() {
    let mut phone = Phone::new();
    let octets = vector();
    assert_eq!(octets.len(), 73);
    let trigger = phone.told13(&octets).unwrap();
    let got = notice(&trigger);
    assert_eq!(
        (got.server_id, got.session_id),
        ("mgmt.example.com", 0x0A41)
    );
    assert_eq!(
        (got.ui_mode, got.initiator),
        (UiMode::Background, Initiator::Server)
    );
    assert_eq!(got.options.connect_reason(), Some("fw"));
    assert_eq!(got.options.expires(), Some(1_767_225_600));
    assert_eq!(got.options.requested_mos().collect::<Vec<_>>(), [0x000B]);
    assert_eq!(got.options.bearers().collect::<Vec<_>>(), [Bearer::Wlan]);
    assert_eq!((got.vendor, got.nonce), (&b""[..], None));
    let now = phone.moment();
    let Ok(Step::Send(request)) = phone.client.start(&mut phone.tree, trigger, &now) else {
        panic!("no package 1");
    };
    let message = String::from_utf8(request.body.to_vec()).unwrap();
    assert_eq!(request.uri, "http://mgmt.test/dm");
    assert!(message.contains("<SessionID>A41</SessionID>"), "{message}");
    assert!(message.contains("<Data>1200</Data>"), "{message}");
}

/// D13-C-018: the MD5 form of the vector, for an account that says MD5, and for no other.
#[test]
fn md5_is_taken_where_the_account_says_so() {
    let octets = hex(&format!("035950000a41 {OPTIONS} {MD5}"));
    assert_eq!(octets.len(), 57);
    assert_eq!(
        Phone::new().told13(&octets).unwrap_err(),
        Rejected::NoCredentials
    );
    let mut phone = Phone::new();
    phone.set("./DMAcc/b/AppAuth/n/AAuthType", b"DIGEST");
    assert!(phone.told13(&octets).is_ok());
    assert_eq!(
        phone.told13(&vector()).unwrap_err(),
        Rejected::NoCredentials
    );
    let mut policy = Policy::default();
    policy.weakest = Strength::Sha256;
    let mut phone = Phone::on(&Keeper::default(), policy, NoticeRules::default());
    phone.set("./DMAcc/b/AppAuth/n/AAuthType", b"DIGEST");
    assert_eq!(phone.told13(&octets).unwrap_err(), Rejected::Unsigned);
}

/// D13-C-019, D13-C-077: the credentials of sessions are good for notifications only where a rule says so, and only where there are no
/// others.
#[test]
fn notifications_have_credentials_of_their_own() {
    let by_session = Signed {
        secret: "session pass",
        nonce: b"session nonce",
        ..SIGNED
    };
    let octets = by_session.notice(&sha256_notice(1, &[(1, SERVER)]));
    for (separate, fallback, expected) in [
        (true, false, Err(Rejected::Digest)),
        (true, true, Err(Rejected::Digest)),
        (false, false, Err(Rejected::NoCredentials)),
        (false, true, Ok(())),
    ] {
        let mut rules = NoticeRules::default();
        rules.session_credentials = fallback;
        let mut phone = Phone::on(&Keeper::default(), Policy::default(), rules);
        phone.set("./DMAcc/b/AppAuth/s/AAuthType", b"SHA256");
        if !separate {
            phone.set("./DMAcc/b/AppAuth/n/AAuthLevel", b"CLCRED");
        }
        assert_eq!(
            phone.told13(&octets).map(|_| ()),
            expected,
            "{separate} {fallback}"
        );
    }
    // And those for notifications are not good for a 1.2 trigger.
    let octets = SIGNED.md5(&trigger(0x02D8, 1, "mgmt.example.com", b""));
    assert_eq!(Phone::new().told(&octets).unwrap_err(), Rejected::Digest);
}

/// D13-C-010, D13-C-011: both formats are spoken, each by its own media type: nothing in the octets decides.
#[test]
fn the_trigger_of_1_2_is_accepted_too() {
    let session = Signed {
        secret: "session pass",
        nonce: b"session nonce",
        ..SIGNED
    };
    let old = session.md5(&trigger(0x02D8, 0x0A41, "mgmt.example.com", b""));
    let new = vector();
    let mut phone = Phone::new();
    assert!(phone.told13(&old).is_err());
    assert!(phone.told(&new).is_err());
    assert!(phone.told(&old).is_ok());
    assert!(phone.told13(&new).is_ok());
    // The trigger of the additions: MD5, same credentials.
    let mut phone = Phone::new();
    phone.set("./DMAcc/b/AppAuth/s/AAuthSecret", b"notipass");
    phone.set("./DMAcc/b/AppAuth/s/AAuthData", b"nonce-01");
    let octets =
        hex("1fd8cd39ab1d66e0890befd8d325ccf4 02d8000000 0a41 10 6d676d742e6578616d706c652e636f6d");
    assert!(phone.told(&octets).is_ok());
    let octets =
        hex("6631c2663b7e02bed0e237807de9ee81 0318000000 0a41 10 6d676d742e6578616d706c652e636f6d");
    assert_eq!(phone.told(&octets).unwrap_err(), Rejected::Version(12));
}

/// D13-C-012: every shorter message and every message with one bit changed is dropped.
#[test]
fn nothing_but_the_very_message_is_accepted() {
    let good = vector();
    for len in 0..good.len() {
        assert!(Phone::new().told13(&good[..len]).is_err(), "{len}");
    }
    for bit in 0..good.len() * 8 {
        let mut octets = good.clone();
        octets[bit / 8] ^= 0x80 >> (bit % 8);
        assert!(Phone::new().told13(&octets).is_err(), "bit {bit}");
    }
    let mut longer = good;
    longer.push(0);
    assert_eq!(
        Phone::new().told13(&longer).unwrap_err(),
        Rejected::Malformed
    );
}

/// D13-C-016: without a digest, or with one that nobody knows, it is not signed; the version is 1.3.
#[test]
fn what_is_not_signed_or_of_another_version_is_dropped() {
    for algorithm in [0, 3] {
        let mut octets = sha256_notice(1, &[(1, SERVER)]);
        octets[2] = (octets[2] & 0xCF) | (algorithm << 4);
        assert_eq!(
            Phone::new().told13(&octets).unwrap_err(),
            Rejected::Unsigned
        );
        octets.extend([0; 32]);
        assert_eq!(
            Phone::new().told13(&octets).unwrap_err(),
            Rejected::Unsigned
        );
    }
    for version in [11_u16, 12, 14, 20] {
        let mut octets = sha256_notice(1, &[(1, SERVER)]);
        let bits = (u16::from_be_bytes([octets[0], octets[1]]) & 0x3F) | (version << 6);
        octets[..2].copy_from_slice(&bits.to_be_bytes());
        let octets = SIGNED.notice(&octets);
        assert_eq!(
            Phone::new().told13(&octets).unwrap_err(),
            Rejected::Version(version)
        );
    }
    // Reserved bits are passed over, but signed.
    let mut octets = sha256_notice(1, &[(1, SERVER)]);
    octets[2] |= 0x0F;
    octets[3] = 0xFF;
    assert!(Phone::new().told13(&SIGNED.notice(&octets)).is_ok());
}

/// D13-C-013, D13-C-014: order, occurrence and length of every option; numbers that are not known are passed over.
#[test]
fn options_keep_to_their_table() {
    let long = [b'x'; 4095];
    let text = &long[..];
    let server = (1, SERVER);
    let accepted: &[&[(u8, &[u8])]] = &[
        &[server],
        &[
            server,
            (2, b"\x0b"),
            (2, b"\0\x0c"),
            (3, b"\x01\x02"),
            (4, b"\x02"),
            (4, b"\x00"),
        ],
        &[server, (5, b"r"), (6, text)],
        &[server, (5, text)],
        &[server, (7, b"\xff\xff\xff\xff")],
        &[server, (8, b""), (8, b"a"), (15, text)],
        &[(0, b"?"), server],
    ];
    for (index, options) in accepted.iter().enumerate() {
        let octets = signed(1, options);
        assert!(Phone::new().told13(&octets).is_ok(), "{index}");
    }
    let refused: &[&[(u8, &[u8])]] = &[
        &[],
        &[(2, b"\x0b")],
        // Order.
        &[(2, b"\x0b"), server],
        &[server, (5, b"r"), (4, b"\x01")],
        &[server, (15, b""), (7, b"\xff\xff\xff\xff")],
        // Once only.
        &[server, server],
        &[server, (5, b"r"), (5, b"r")],
        &[server, (6, b"r"), (6, b"r")],
        &[server, (7, b"\xff\xff\xff\xff"), (7, b"\xff\xff\xff\xff")],
        // Lengths.
        &[(1, b"")],
        &[(1, &text[..257])],
        &[server, (2, b"")],
        &[server, (3, b"\0\0\x0b")],
        &[server, (4, b"")],
        &[server, (4, b"\0\x02")],
        &[server, (5, b"")],
        &[server, (6, b"")],
        &[server, (7, b"\xff\xff\xff")],
        &[server, (7, b"\0\xff\xff\xff\xff")],
        // No text.
        &[server, (5, b"\xff")],
    ];
    for (index, options) in refused.iter().enumerate() {
        let octets = signed(1, options);
        assert_eq!(
            Phone::new().told13(&octets).unwrap_err(),
            Rejected::Malformed,
            "{index}"
        );
    }
}

/// NOT-C-029, D13-C-013: a length that lies, and a number of options that is not theirs.
#[test]
fn options_that_lie_are_malformed() {
    let good = sha256_notice(1, &[(1, SERVER), (5, b"fw")]);
    for (at, octet) in [(6, 0x1F), (7, 0xFF), (7, 0x11), (24, 0x5F), (25, 0x03)] {
        let mut octets = good.clone();
        octets[at] = octet;
        assert!(
            Phone::new().told13(&SIGNED.notice(&octets)).is_err(),
            "{at} {octet}"
        );
    }
    for count in [0_u8, 1, 3, 31] {
        let mut octets = good.clone();
        octets[1] = (octets[1] & 0xF8) | (count >> 2);
        octets[2] = (octets[2] & 0x3F) | (count << 6);
        let octets = SIGNED.notice(&octets);
        assert_eq!(
            Phone::new().told13(&octets).unwrap_err(),
            Rejected::Malformed,
            "{count}"
        );
    }
}

/// D13-C-017: not after its time where the time is known, and not remembered; where it is not, the application may judge.
#[test]
fn an_expired_notification_is_dropped() {
    let keeper = Keeper::default();
    let mut phone = Phone::on(&keeper, Policy::default(), NoticeRules::default());
    let octets = vector();
    phone.utc = Some(1_767_225_601);
    assert_eq!(phone.told13(&octets).unwrap_err(), Rejected::Expired);
    assert_eq!(*keeper.writes.borrow(), 0);
    phone.utc = Some(1_767_225_600);
    assert!(phone.told13(&octets).is_ok());
    let mut phone = Phone::new();
    let trigger = phone.told13(&octets).unwrap();
    assert_eq!(notice(&trigger).options.expires(), Some(1_767_225_600));
    // A wrong digest is told as such, whatever the time.
    let mut phone = Phone::new();
    phone.utc = Some(u64::MAX);
    let mut forged = octets.clone();
    forged[72] ^= 1;
    assert_eq!(phone.told13(&forged).unwrap_err(), Rejected::Digest);
}

/// D13-C-024, D13-C-026: a replay is dropped, restarted or not, and the special nonce is never tried.
#[test]
fn replays_and_the_special_nonce_are_refused() {
    let keeper = Keeper::default();
    let mut policy = Policy::default();
    policy.resync = true;
    let on = || Phone::on(&keeper, policy, NoticeRules::default());
    assert!(on().told13(&vector()).is_ok());
    assert_eq!(on().told13(&vector()).unwrap_err(), Rejected::Replayed);
    let same_session = signed(0x0A41, &[(1, SERVER)]);
    assert_eq!(on().told13(&same_session).unwrap_err(), Rejected::Replayed);
    for nonce in [&[0; 4][..], b"0x00000000"] {
        let octets = Signed { nonce, ..SIGNED }.notice(&sha256_notice(2, &[(1, SERVER)]));
        assert_eq!(on().told13(&octets).unwrap_err(), Rejected::Digest);
    }
}

/// D13-C-020, D13-C-025: dropped in silence, before anything is computed.
#[test]
fn a_notification_of_an_unknown_server_is_dropped() {
    let mut phone = Phone::new();
    for name in [&b"mgmt.example.org"[..], b"m", &[b'x'; 256]] {
        let mut octets = sha256_notice(1, &[(1, name)]);
        octets.extend([0; 32]);
        for _ in 0..50 {
            assert_eq!(phone.told13(&octets).unwrap_err(), Rejected::UnknownServer);
        }
    }
    assert!(phone.client.exchange().is_none());
    assert!(phone.told13(&vector()).is_ok());
}

/// D13-C-022, D13-C-023: what the server prefers, in its order, and what it wants to have said.
#[test]
fn options_reach_the_application() {
    let octets = signed(
        1,
        &[
            (1, SERVER),
            (2, b"\x27"),
            (2, b"\x00\x36"),
            (3, b"\x00\x0c"),
            (3, b"\x0b"),
            (4, b"\x05"),
            (4, b"\x02"),
            (4, b"\x63"),
            (4, b"\x01"),
            (4, b"\x00"),
            (4, b"\x04"),
            (4, b"\x03"),
            (5, "Gerät".as_bytes()),
            (6, b"\0vendor\xff"),
        ],
    );
    let mut phone = Phone::new();
    let trigger = phone.told13(&octets).unwrap();
    let got = notice(&trigger);
    assert_eq!(got.options.targeted_mos().collect::<Vec<_>>(), [0x27, 0x36]);
    assert_eq!(
        got.options.requested_mos().collect::<Vec<_>>(),
        [0x0C, 0x0B]
    );
    use Bearer::{Any, CellularCircuit, CellularPacket, ShortRange, Wired, Wlan};
    assert_eq!(
        got.options.bearers().collect::<Vec<_>>(),
        [
            ShortRange,
            Wlan,
            CellularPacket,
            Any,
            CellularCircuit,
            Wired
        ]
    );
    assert_eq!(got.options.connect_reason(), Some("Gerät"));
    assert_eq!(got.vendor, b"\0vendor\xff");
    assert_eq!(got.options.expires(), None);
}

/// NOT-C-015: the reason is what the user reads.
#[test]
fn the_user_is_asked_with_the_servers_reason() {
    let mut octets = sha256_notice(1, &[(1, SERVER), (5, b"new firmware")]);
    octets[1] |= 0x30;
    let octets = SIGNED.notice(&octets);
    let phone = Phone::new();
    let now = phone.moment();
    let (mut tree, mut client) = (phone.tree, phone.client.with_user());
    let notification = dm_core::Notification::V1_3(&octets);
    let trigger = client.notified(&mut tree, notification, &now).unwrap();
    let step = client.start(&mut tree, trigger, &now).unwrap();
    let Step::Ask(question) = step else {
        panic!("{step:?}");
    };
    assert_eq!(question.text, "new firmware");
}

/// The first message of the session that a notification with these requested objects brings about.
fn package1(phone: &mut Phone, session: u16, objects: &[u16]) -> String {
    let numbers: Vec<[u8; 2]> = objects.iter().map(|number| number.to_be_bytes()).collect();
    let mut options: Vec<(u8, &[u8])> = vec![(1, SERVER)];
    options.extend(numbers.iter().map(|number| (3, &number[..])));
    let octets = signed(session, &options);
    let trigger = phone.told13(&octets).unwrap();
    let now = phone.moment();
    match phone.client.start(&mut phone.tree, trigger, &now) {
        Ok(Step::Send(request)) => String::from_utf8(request.body.to_vec()).unwrap(),
        other => panic!("{other:?}"),
    }
}

/// D13-C-021: objects that the notification asks for stand in package 1, each instance as a serialised tree, without what
/// the server may not Get.
#[test]
fn requested_objects_are_in_package_1() {
    let mut phone = Phone::new();
    phone.set("./DMAcc/b/AppAddr/1/Addr", b"https://mgmt.test/dm");
    phone.set("./DevDetail/FwV", b"4.7.1");
    let mut factory = phone.tree.factory();
    factory.acl("./DMAcc/a", "Get=dm.example.org").unwrap();
    let devices = package1(&mut phone, 1, &[0x000F]);
    assert!(
        devices.contains("<Source><LocURI>./DevDetail</LocURI></Source>"),
        "{devices}"
    );
    assert!(devices.contains("application/vnd.syncml.dmtnds+xml"));
    assert!(
        devices.contains("<NodeName>FwV</NodeName>") && devices.contains("<Value>4.7.1</Value>")
    );
    assert_eq!(devices.matches("<Replace>").count(), 2, "one for DevInfo");
    assert_eq!(devices.matches("<MgmtTree").count(), 1);
    let accounts = package1(&mut phone, 2, &[0x0011]);
    assert!(
        accounts.contains("<LocURI>./DMAcc/b</LocURI>"),
        "{accounts}"
    );
    assert!(
        !accounts.contains("dm.example.org"),
        "another server's account"
    );
    for secret in ["notipass", "session pass", "AAuthSecret"] {
        assert!(!accounts.contains(secret), "{secret}");
    }
    // Both, in the order in which they were asked for; DevInfo is there once, whatever is asked.
    let mut factory = phone.tree.factory();
    factory.acl("./DMAcc/b/AppAuth", "Get=nobody").unwrap();
    let both = package1(&mut phone, 3, &[0x000E, 0x0011, 0x000F]);
    let at = |what: &str| both.find(what).unwrap();
    assert!(at("<LocURI>./DMAcc/b<") < at("<LocURI>./DevDetail<"));
    assert_eq!(both.matches("./DevInfo/DevId").count(), 1);
    assert_eq!(both.matches("<Replace>").count(), 2);
    // What is not known, has no instance or is of another version is left out.
    for (session, nothing) in [(4, &[][..]), (5, &[0x000B, 0x000C, 0x000E, 0x0027, 0xFFFF])] {
        let message = package1(&mut phone, session, nothing);
        assert_eq!(message.matches("<Replace>").count(), 1, "{nothing:?}");
        assert!(!message.contains("MgmtTree"));
    }
    // The session after it does not repeat the favour.
    let now = phone.moment();
    let by_client = Trigger::Client {
        server_id: Some("mgmt.example.com"),
        session_id: None,
    };
    let Ok(Step::Send(request)) = phone.client.start(&mut phone.tree, by_client, &now) else {
        panic!("no package 1");
    };
    assert!(!String::from_utf8_lossy(request.body).contains("MgmtTree"));
}

/// D13-C-021: what the server has not proved itself for goes to no address that anybody could answer for, and not beyond the message.
#[test]
fn requested_objects_are_kept_from_plain_addresses_and_full_messages() {
    let mut phone = Phone::new();
    let plain = package1(&mut phone, 1, &[0x000F]);
    assert!(!plain.contains("MgmtTree"), "{plain}");
    phone.set("./DMAcc/b/AppAddr/1/Addr", b"https://mgmt.test/dm");
    let mut factory = phone.tree.factory();
    factory.acl("./DMAcc/b/AppAuth", "Get=nobody").unwrap();
    factory.acl("./DMAcc/b/AppAddr", "Get=nobody").unwrap();
    for (session, len, is_there) in [(2, 10, true), (3, 490, false)] {
        for leaf in ["FwV", "SwV", "HwV", "OEM", "DevTyp"] {
            phone.set(&format!("./DevDetail/{leaf}"), &vec![b'x'; len]);
        }
        let message = package1(&mut phone, session, &[0x000F, 0x0011]);
        assert!(message.len() <= 4096 && message.ends_with("</SyncML>"));
        assert_eq!(message.contains("<LocURI>./DevDetail</LocURI>"), is_there);
        // The small one goes in either case.
        assert!(message.contains("<LocURI>./DMAcc/b</LocURI>"), "{message}");
    }
}
