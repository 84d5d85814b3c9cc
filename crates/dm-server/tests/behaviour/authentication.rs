//! Who may talk to whom: the device's credentials, the server's, challenges and nonces.

use dm_server::End;

use crate::device::*;

const ONE_GET: &str = "[[package]]\nops = [{ get = \"./A\" }]\n";

/// Status with a challenge for the header of the server's message, put behind the TargetRef.
fn chal(scheme: &str, nonce: &str) -> String {
    let nonce = match nonce {
        "" => String::new(),
        nonce => format!("<NextNonce xmlns=\"syncml:metinf\">{nonce}</NextNonce>"),
    };
    format!(
        "<Chal><Meta><Format xmlns=\"syncml:metinf\">b64</Format><Type xmlns=\"syncml:metinf\">syncml:auth-{scheme}</Type>{nonce}</Meta></Chal>"
    )
}

/// A session whose device authenticates at once with `cred`.
fn with_cred(scenario: &str, cred: String) -> Device {
    Device {
        name: "dev-0042".to_owned(),
        cred,
        ..Device::new(scenario)
    }
}

/// All commands of `reply` answered with `code`.
fn refuse(reply: &str, code: u16) -> String {
    let msg_ref = field(reply, "MsgID");
    commands(reply)
        .iter()
        .enumerate()
        .map(|(id, command)| status(200 + id, &msg_ref, command, code))
        .collect()
}

#[test]
fn without_credentials_nothing_is_sent_but_a_challenge() {
    let mut device = Device::new(&format!("{SERVER}{ONE_GET}"));
    let reply = device.open();
    assert_eq!(
        statuses(&reply),
        [
            ("SyncHdr".into(), 407),
            ("Alert".into(), 407),
            ("Replace".into(), 407)
        ]
    );
    assert!(reply.contains("<Chal><Meta><Format xmlns=\"syncml:metinf\">b64</Format><Type xmlns=\"syncml:metinf\">syncml:auth-md5</Type><NextNonce"));
    assert!(is_final(&reply) && commands(&reply).is_empty());
    assert!(
        device.transcript().values.is_empty(),
        "nothing is learnt from strangers"
    );
}

#[test]
fn wrong_credentials_are_refused_with_a_fresh_nonce_until_the_session_ends() {
    let mut device = with_cred(
        &format!("{SERVER}{ONE_GET}"),
        cred("md5", "AAAAAAAAAAAAAAAAAAAAAA=="),
    );
    let mut nonces = Vec::new();
    for _ in 0..3 {
        let reply = device.open();
        assert_eq!(statuses(&reply)[0], ("SyncHdr".into(), 401));
        assert!(commands(&reply).is_empty());
        nonces.push(next_nonce(&reply).unwrap());
    }
    nonces.sort();
    nonces.dedup();
    assert_eq!(nonces.len(), 3, "a nonce is issued once");
    assert_eq!(device.transcript().end, End::NotAuthenticated);
    let message = device.message(&package_1(1201), true);
    assert_eq!(device.send(&message).status, 403);
}

#[test]
fn a_stale_nonce_is_healed_by_the_challenge() {
    // The account still has another nonce than the device.
    let scenario = SERVER.replace(
        "secret = \"s3cr3t!\"",
        "secret = \"s3cr3t!\"\nnonce = \"Tm9uY2U=\"",
    );
    let mut device = with_cred(
        &format!("{scenario}{ONE_GET}"),
        cred("md5", EMPTY_NONCE_MD5),
    );
    let reply = device.open();
    assert_eq!(statuses(&reply)[0], ("SyncHdr".into(), 401));
    assert_eq!(next_nonce(&reply).unwrap(), "AAECAwQFBgcICQoLDA0ODw==");
    device.cred = cred("md5", GOOD_MD5);
    let reply = device.open();
    assert_eq!(statuses(&reply)[0], ("SyncHdr".into(), 212));
    assert_eq!(commands(&reply).len(), 1);
}

#[test]
fn the_nonce_of_a_212_is_for_the_next_session() {
    let mut device = with_cred(SERVER, cred("md5", EMPTY_NONCE_MD5));
    let reply = device.open();
    assert_eq!(statuses(&reply)[0], ("SyncHdr".into(), 212));
    assert_eq!(next_nonce(&reply).unwrap(), "AAECAwQFBgcICQoLDA0ODw==");
    device.session = "2C".to_owned();
    (device.msg_id, device.server_msg) = (0, 0);
    device.cred = cred("md5", GOOD_MD5);
    assert_eq!(statuses(&device.open())[0], ("SyncHdr".into(), 212));
    assert!(device.transcript().is_clean());
}

#[test]
fn a_digest_over_the_text_of_the_nonce_is_refused() {
    let mut device = with_cred(SERVER, String::new());
    device.open();
    device.cred = cred("md5", "/ZCBkZK4bcOdtEnYdWLlSg==");
    assert_eq!(statuses(&device.open())[0], ("SyncHdr".into(), 401));
}

#[test]
fn credentials_of_the_wrong_form_are_refused() {
    let good = cred("md5", EMPTY_NONCE_MD5);
    let cases = [
        (
            "unknown type",
            good.replace("auth-md5", "auth-MAC"),
            "dev-0042",
        ),
        (
            "no format",
            good.replace("<Format xmlns=\"syncml:metinf\">b64</Format>", ""),
            "dev-0042",
        ),
        ("no data", cred("md5", ""), "dev-0042"),
        ("no name", good.clone(), ""),
        ("another name", good.clone(), "dev-0043"),
        (
            "basic for an account of MD5",
            cred("basic", "ZGV2LTAwNDI6czNjcjN0IQ=="),
            "dev-0042",
        ),
    ];
    for (what, cred, name) in cases {
        let mut device = with_cred(SERVER, cred);
        device.name = name.to_owned();
        let reply = device.open();
        assert_eq!(statuses(&reply)[0], ("SyncHdr".into(), 401), "{what}");
        assert!(
            reply.contains("syncml:auth-md5") && next_nonce(&reply).is_some(),
            "{what}"
        );
    }
    assert_eq!(
        statuses(&with_cred(SERVER, good).open())[0],
        ("SyncHdr".into(), 212)
    );
}

#[test]
fn an_account_can_be_bound_to_a_device() {
    for (id, code) in [(DEVICE_ID, 212), ("urn:imei:another", 401)] {
        let scenario = SERVER.replace(
            "user = \"dev-0042\"",
            &format!("user = \"dev-0042\"\nid = \"{id}\""),
        );
        let reply = with_cred(&scenario, cred("md5", EMPTY_NONCE_MD5)).open();
        assert_eq!(statuses(&reply)[0], ("SyncHdr".into(), code));
    }
}

#[test]
fn the_challenge_is_of_the_type_the_account_demands() {
    let scenario = format!(
        "{SERVER}[[device]]\nuser = \"b\"\nsecret = \"x\"\nauth = \"basic\"\n\
         [[device]]\nid = \"{DEVICE_ID}\"\nuser = \"c\"\nsecret = \"x\"\nauth = \"basic\"\n"
    );
    // By the name the device gives, else by its identifier, else as the first account has it.
    let without_c = scenario.replace(DEVICE_ID, "urn:another");
    for (scenario, name, scheme) in [
        (&without_c, "b", "syncml:auth-basic"),
        (&scenario, "", "syncml:auth-basic"),
        (&without_c, "", "syncml:auth-md5"),
    ] {
        let mut device = Device {
            name: name.to_owned(),
            ..Device::new(scenario)
        };
        assert!(device.open().contains(scheme), "`{name}` {scheme}");
    }
}

#[test]
fn basic_credentials_are_taken_and_asked_for_without_a_nonce() {
    let scenario = SERVER.replace(
        "secret = \"s3cr3t!\"",
        "secret = \"s3cr3t!\"\nauth = \"basic\"",
    );
    let mut device = Device::new(&scenario);
    let reply = device.open();
    assert!(reply.contains("syncml:auth-basic") && next_nonce(&reply).is_none());
    device.cred = cred("basic", "ZGV2LTAwNDI6czNjcjN0IQ==");
    let reply = device.open();
    assert_eq!(statuses(&reply)[0], ("SyncHdr".into(), 212));
    assert!(!reply.contains("<Chal>"));
}

#[test]
fn an_answer_of_another_type_than_asked_for_ends_the_session() {
    let scenario = SERVER.replace(
        "secret = \"s3cr3t!\"",
        "secret = \"s3cr3t!\"\nauth = \"any\"",
    );
    let mut device = Device::new(&scenario);
    assert!(device.open().contains("syncml:auth-md5"));
    device.cred = cred("basic", "ZGV2LTAwNDI6czNjcjN0IQ==");
    assert_eq!(statuses(&device.open())[0], ("SyncHdr".into(), 401));
    assert_eq!(device.transcript().end, End::NotAuthenticated);
}

#[test]
fn credentials_can_be_demanded_for_every_message() {
    let scenario = SERVER.replace("[[device]]", "per_message = true\n[[device]]");
    let mut device = with_cred(
        &format!("{scenario}{ONE_GET}{ONE_GET}"),
        cred("md5", EMPTY_NONCE_MD5),
    );
    let first = device.open();
    assert_eq!(statuses(&first)[0], ("SyncHdr".into(), 200));
    assert_eq!(next_nonce(&first).unwrap(), "AAECAwQFBgcICQoLDA0ODw==");
    device.cred = cred("md5", GOOD_MD5);
    let second = device.answer(&first, &[("./A", "x")]);
    assert_eq!(statuses(&second)[0], ("SyncHdr".into(), 200));
    assert_eq!(next_nonce(&second).unwrap(), "EBESExQVFhcYGRobHB0eHw==");
    // Without credentials the message is refused as a whole.
    device.cred = String::new();
    let refusal = device.answer(&second, &[("./A", "y")]);
    assert_eq!(statuses(&refusal)[0], ("SyncHdr".into(), 407));
    assert_eq!(device.transcript().value("./A"), Some("x"));
}

#[test]
fn the_server_proves_itself_when_it_is_asked_to() {
    let no_nonce = SERVER.replace("server_nonce", "# ");
    let mut device = with_cred(
        &format!("{no_nonce}{ONE_GET}"),
        cred("md5", EMPTY_NONCE_MD5),
    );
    let reply = device.open();
    assert!(!reply.contains("<Cred>"));
    device.header_status = 407;
    device.header_chal = chal("md5", "paWlpaWlpaWlpaWlpaWlpQ==");
    let again = device.say(&refuse(&reply, 407), true);
    assert_eq!(fields(&again, "Data")[0], SERVER_MD5);
    assert!(
        again.contains("<LocName>dm.example.org</LocName>") && again.contains("syncml:auth-md5")
    );
    assert_eq!(
        commands(&again)[0].uris,
        ["./A"],
        "the refused command comes again"
    );
    (device.header_status, device.header_chal) = (212, chal("md5", "AAECAw=="));
    let close = device.answer(&again, &[("./A", "x")]);
    assert!(is_final(&close) && !close.contains("<Cred>"));
    assert!(device.transcript().is_clean(), "{}", device.transcript());
}

#[test]
fn the_server_answers_a_challenge_of_type_basic() {
    let mut device = with_cred(&format!("{SERVER}{ONE_GET}"), cred("md5", EMPTY_NONCE_MD5));
    let reply = device.open();
    (device.header_status, device.header_chal) = (407, chal("basic", ""));
    let again = device.say(&refuse(&reply, 407), true);
    assert_eq!(
        fields(&again, "Data")[0],
        "ZG0uZXhhbXBsZS5vcmc6U3J2I1Bhc3MtMQ=="
    );
}

#[test]
fn credentials_of_the_server_go_with_every_message_until_a_212() {
    let scenario = SERVER.replace("[[device]]", "auth = \"md5\"\n[[device]]");
    let mut device = with_cred(
        &format!("{scenario}{ONE_GET}{ONE_GET}"),
        cred("md5", EMPTY_NONCE_MD5),
    );
    let first = device.open();
    assert_eq!(fields(&first, "Data")[0], SERVER_MD5);
    (device.header_status, device.header_chal) = (200, chal("md5", "AAECAw=="));
    let second = device.answer(&first, &[]);
    let data = fields(&second, "Data")[0].clone();
    assert!(
        second.contains("<Cred>") && data != SERVER_MD5,
        "the new nonce is used"
    );
    (device.header_status, device.header_chal) = (212, String::new());
    assert!(!device.answer(&second, &[]).contains("<Cred>"));
}

#[test]
fn the_devices_nonce_is_kept_for_the_servers_next_session() {
    let scenario = SERVER
        .replace("[[device]]", "auth = \"md5\"\n[[device]]")
        .replace("server_nonce", "# ");
    let mut device = with_cred(
        &format!("{scenario}{ONE_GET}"),
        cred("md5", EMPTY_NONCE_MD5),
    );
    let first = device.open();
    (device.header_status, device.header_chal) = (212, chal("md5", "paWlpaWlpaWlpaWlpaWlpQ=="));
    device.answer(&first, &[("./A", "x")]);
    device.session = "2C".to_owned();
    (device.msg_id, device.server_msg, device.cred) = (0, 0, cred("md5", GOOD_MD5));
    assert_eq!(fields(&device.open(), "Data")[0], SERVER_MD5);
}

#[test]
fn a_device_that_goes_on_refusing_the_server_is_given_up() {
    let mut device = with_cred(&format!("{SERVER}{ONE_GET}"), cred("md5", EMPTY_NONCE_MD5));
    let mut reply = device.open();
    (device.header_status, device.header_chal) = (401, chal("md5", "AAECAw=="));
    for _ in 0..3 {
        assert_eq!(commands(&reply)[0].name, "Get");
        reply = device.say(&refuse(&reply, 401), true);
    }
    assert!(reply.contains("<Alert><CmdID>2</CmdID><Data>1223</Data></Alert>") && is_final(&reply));
    assert!(matches!(device.transcript().end, End::AbortedByServer(_)));
}

#[test]
fn a_refusal_without_a_usable_challenge_ends_the_session() {
    for (chal, rules) in [
        (String::new(), vec!["SEC-C-049"]),
        (chal("X509", "AAECAw=="), vec![]),
    ] {
        let mut device = with_cred(&format!("{SERVER}{ONE_GET}"), cred("md5", EMPTY_NONCE_MD5));
        let reply = device.open();
        (device.header_status, device.header_chal) = (407, chal);
        let end = device.say(&refuse(&reply, 407), true);
        assert!(end.contains("1223"));
        assert_eq!(device.rules(), rules);
    }
}

#[test]
fn both_sides_may_challenge_each_other_in_turn() {
    let no_nonce = SERVER.replace("server_nonce", "# ");
    let mut device = Device {
        name: "dev-0042".to_owned(),
        ..Device::new(&format!("{no_nonce}{ONE_GET}"))
    };
    device.open();
    // The repeated package 1 carries the credentials asked for, and a challenge of its own.
    device.cred = cred("md5", GOOD_MD5);
    (device.header_status, device.header_chal) = (407, chal("md5", "paWlpaWlpaWlpaWlpaWlpQ=="));
    let reply = device.open();
    assert_eq!(statuses(&reply)[0], ("SyncHdr".into(), 212));
    assert_eq!(fields(&reply, "Data")[0], SERVER_MD5);
    (device.header_status, device.header_chal) = (212, String::new());
    device.answer(&reply, &[("./A", "x")]);
    assert!(device.transcript().is_clean(), "{}", device.transcript());
}

#[test]
fn a_challenge_for_a_message_without_commands_is_a_fault() {
    // The answer to package 1 of several messages holds no command but Alert 1222.
    let mut device = Device::new(OPEN);
    let reply = device.say(&package_1(1201), false);
    (device.header_status, device.header_chal) = (407, chal("md5", "AAECAw=="));
    device.say(&refuse(&reply, 407), true);
    assert_eq!(device.rules(), ["SEC-C-017"]);
}

#[test]
fn a_refusal_is_status_only_for_every_command() {
    for (code, more, rule) in [
        (None, String::new(), "SEC-C-015"),
        (Some(200), String::new(), "SEC-C-016"),
        (Some(407), alert(9, 1224), "SEC-C-015"),
    ] {
        let mut device = with_cred(&format!("{SERVER}{ONE_GET}"), cred("md5", EMPTY_NONCE_MD5));
        let reply = device.open();
        (device.header_status, device.header_chal) = (407, chal("md5", "AAECAw=="));
        let body = code.map_or(String::new(), |code| refuse(&reply, code));
        device.say(&format!("{body}{more}"), true);
        assert!(device.rules().contains(&rule), "{:?}", device.rules());
    }
}

#[test]
fn secrets_are_not_in_the_transcript() {
    let scenario = SERVER.replace("[[device]]", "auth = \"basic\"\n[[device]]");
    let mut device = with_cred(
        &format!("{scenario}{ONE_GET}"),
        cred("md5", EMPTY_NONCE_MD5),
    );
    device.open();
    let text = format!("{}{:?}", device.transcript(), device.server);
    for secret in [
        "s3cr3t!",
        "Srv#Pass-1",
        "ZG0uZXhhbXBsZS5vcmc6U3J2I1Bhc3MtMQ==",
    ] {
        assert!(!text.contains(secret), "{secret}");
    }
}
