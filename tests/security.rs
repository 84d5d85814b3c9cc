//! Security chapters 1 to 5: who proves what to whom, and what happens until then.

#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "tests"
)]

use dm_core::{Encoding, End, Error, ServerFault};
use dm_tests::{Bench, Cred, Msg, Out, Sent, Setup, b64, md5_cred};

const BASIC: &str = "syncml:auth-basic";
const MD5: &str = "syncml:auth-md5";
const NONCE: &[u8] = b"nonce-of-client!";

const CLIENT: Cred = Cred {
    kind: "DIGEST",
    name: "dev",
    secret: "dev-secret",
    nonce: NONCE,
};
const SERVER: Cred = Cred {
    kind: "DIGEST",
    name: "srv-user",
    secret: "srv-secret",
    nonce: b"nonce-of-server!",
};

fn setup() -> Setup {
    Setup {
        client: Some(CLIENT),
        server: Some(SERVER),
        server_auth: "required",
        secured: true,
        ..Setup::default()
    }
}

fn with(client: Option<Cred>, server: Option<Cred>) -> Bench {
    Bench::new(Setup {
        client,
        server,
        ..setup()
    })
}

/// An account whose server is believed by its transport, so that only the client has to prove itself.
fn client_only(client: Option<Cred>) -> Bench {
    Bench::new(Setup {
        client,
        ..Setup::default()
    })
}

fn fault(out: Out) -> ServerFault {
    match out.done().end {
        End::Failed(Error::Server(fault)) => fault,
        other => panic!("{other:?}"),
    }
}

fn srv_cred(nonce: &[u8]) -> String {
    md5_cred(SERVER.name, SERVER.secret, nonce)
}

/// SEC-C-001, SEC-C-048, SEC-C-005, REP-C-032
#[test]
fn basic_credentials_go_into_the_header() {
    for encoding in [Encoding::Xml, Encoding::Wbxml] {
        let cred = Cred {
            kind: "BASIC",
            ..CLIENT
        };
        let mut bench = Bench::new(Setup {
            encoding,
            client: Some(cred),
            ..Setup::default()
        });
        let sent = bench.start().sent();
        assert_eq!(sent.header("Cred/Meta/Type").unwrap(), BASIC);
        assert_eq!(sent.header("Cred/Meta/Format").unwrap(), "b64");
        assert_eq!(sent.header("Cred/Data").unwrap(), b64(b"dev:dev-secret"));
        assert_eq!(sent.xml.matches("<Cred>").count(), 1);
    }
}

/// SEC-C-003, SEC-C-004, SEC-C-006: the digest over the stored nonce, and the user name beside it.
#[test]
fn md5_credentials_use_the_stored_nonce() {
    let sent = client_only(Some(CLIENT)).start().sent();
    assert_eq!(sent.header("Cred/Meta/Type").unwrap(), MD5);
    assert_eq!(sent.header("Cred/Meta/Format").unwrap(), "b64");
    assert_eq!(
        sent.header("Cred/Data").unwrap(),
        md5_cred("dev", "dev-secret", NONCE)
    );
    assert_eq!(sent.header("Source/LocName").unwrap(), "dev");
}

/// A second entry of the client in the account, for basic.
fn add_basic(bench: &mut Bench) {
    for (leaf, value) in [
        ("AAuthLevel", "CLCRED"),
        ("AAuthType", "BASIC"),
        ("AAuthName", "dev"),
        ("AAuthSecret", "other"),
        ("AAuthData", ""),
    ] {
        let uri = format!("./DMAcc/a/AppAuth/b/{leaf}");
        bench.tree.factory().set(&uri, value.as_bytes()).unwrap();
    }
}

/// SEC-C-042, OBJ-C-007
#[test]
fn aauthpref_names_the_type_to_begin_with() {
    let mut bench = Bench::new(Setup {
        client: Some(CLIENT),
        pref: Some("DIGEST"),
        ..Setup::default()
    });
    add_basic(&mut bench);
    assert_eq!(bench.start().sent().header("Cred/Meta/Type").unwrap(), MD5);
    bench
        .tree
        .factory()
        .set("./DMAcc/a/AAuthPref", b"BASIC")
        .unwrap();
    let sent = bench.start().sent();
    assert_eq!(sent.header("Cred/Meta/Type").unwrap(), BASIC);
    assert_eq!(sent.header("Cred/Data").unwrap(), b64(b"dev:other"));
}

/// OBJ-C-007: without AAuthPref the next session begins with the type that the server asked for in this one; AAuthPref wins.
#[test]
fn the_type_that_was_asked_for_is_remembered_where_nothing_is_preferred() {
    let mut bench = Bench::new(Setup {
        client: Some(CLIENT),
        pref: Some(""),
        ..Setup::default()
    });
    add_basic(&mut bench);
    let kind = |sent: Sent| sent.header("Cred/Meta/Type").unwrap();
    assert_eq!(kind(bench.start().sent()), MD5, "the strongest");
    let asks = Msg::new(1).hdr_chal(401, BASIC, None).finish();
    assert_eq!(kind(bench.receive(&asks).sent()), BASIC);
    bench.receive(&Msg::new(2).hdr(200).finish()).done();
    for _ in 0..2 {
        assert_eq!(kind(bench.start().sent()), BASIC);
        // Who is content changes nothing.
        bench.receive(&Msg::new(1).hdr(200).finish()).done();
    }
    let mut factory = bench.tree.factory();
    factory.set("./DMAcc/a/AAuthPref", b"DIGEST").unwrap();
    assert_eq!(kind(bench.start().sent()), MD5);
    // What is refused in the end is not remembered.
    let asks = Msg::new(1).hdr_chal(401, MD5, Some(b"x")).finish();
    bench.receive(&asks).sent();
    let refuses = Msg::new(2).hdr_chal(401, MD5, Some(b"y")).finish();
    bench.receive(&refuses).done();
    let mut factory = bench.tree.factory();
    factory.set("./DMAcc/a/AAuthPref", b"").unwrap();
    assert_eq!(kind(bench.start().sent()), BASIC);
    assert_eq!(bench.text("./DMAcc/a/Ext/OmaDm/Spoken"), "1.2 BASIC");
}

/// SEC-C-012: after 212 no more credentials; its nonce is for the next session.
#[test]
fn with_212_credentials_are_needed_no_more() {
    let mut bench = client_only(Some(CLIENT));
    bench.start().sent();
    let message = Msg::new(1)
        .hdr_chal(212, MD5, Some(b"next"))
        .get("./DevInfo/Man");
    let sent = bench.receive(&message.finish()).sent();
    assert_eq!(sent.header("Cred/Data"), None);
    bench.receive(&Msg::new(2).hdr(200).finish()).done();
    let sent = bench.start().sent();
    assert_eq!(
        sent.header("Cred/Data").unwrap(),
        md5_cred("dev", "dev-secret", b"next")
    );
}

/// SEC-C-013: after 200 each message is proved anew, with the new nonce.
#[test]
fn with_200_every_message_carries_credentials() {
    let mut bench = client_only(Some(CLIENT));
    bench.start().sent();
    for (n, nonce) in [(1, b"one"), (2, b"two")] {
        let message = Msg::new(n)
            .hdr_chal(200, MD5, Some(nonce))
            .get("./DevInfo/Man");
        let sent = bench.receive(&message.finish()).sent();
        assert_eq!(
            sent.header("Cred/Data").unwrap(),
            md5_cred("dev", "dev-secret", nonce)
        );
        assert_eq!(sent.header("Source/LocName").unwrap(), "dev");
    }
}

/// PRO-C-021, SEC-C-007, SEC-C-008, SEC-C-010, SEC-C-011: package 1 again, as the challenge asks for it.
#[test]
fn a_challenge_leads_to_package_1_with_the_credentials_asked_for() {
    let mut bench = client_only(Some(Cred { kind: "", ..CLIENT }));
    let first = bench.start().sent();
    assert_eq!(first.header("Cred/Data"), None);
    let message = Msg::new(1)
        .header("<RespURI>http://dm.test/elsewhere</RespURI>")
        .hdr_chal(407, MD5, Some(&[0, 1, 2, 255]))
        .status(1, "Alert", 407)
        .status(2, "Replace", 407);
    let sent = bench.receive(&message.finish()).sent();
    assert_eq!(sent.uri, "http://dm.test/elsewhere");
    assert_eq!(sent.header("MsgID").unwrap(), "2");
    assert_eq!(sent.header("SessionID"), first.header("SessionID"));
    assert_eq!(
        sent.header("Cred/Data").unwrap(),
        md5_cred("dev", "dev-secret", &[0, 1, 2, 255])
    );
    assert_eq!(sent.parts(), ["Status", "Alert", "Replace", "Final"]);
    assert_eq!(sent.hdr_code(), 200);
    assert_eq!(sent.dev_info().len(), 5);
}

/// A stale nonce costs one more message, never the session.
#[test]
fn a_stale_nonce_is_replaced_by_that_of_the_challenge() {
    let mut bench = client_only(Some(CLIENT));
    bench.start().sent();
    let sent = bench
        .receive(&Msg::new(1).hdr_chal(401, MD5, Some(b"fresh")).finish())
        .sent();
    assert_eq!(
        sent.header("Cred/Data").unwrap(),
        md5_cred("dev", "dev-secret", b"fresh")
    );
    // SEC-C-045: the second refusal is the last.
    let out = bench.receive(&Msg::new(2).hdr_chal(401, MD5, Some(b"other")).finish());
    assert_eq!(fault(out), ServerFault::CredentialsRefused);
}

/// SEC-C-009, SEC-C-047: a scheme that is not spoken here, or that the account cannot do, ends the session.
#[test]
fn a_challenge_that_cannot_be_met_ends_the_session() {
    let no_cred = None;
    for (client, scheme, expected) in [
        (
            Some(CLIENT),
            "syncml:auth-securid",
            ServerFault::UnsupportedScheme,
        ),
        (
            Some(CLIENT),
            "syncml:auth-X509",
            ServerFault::UnsupportedScheme,
        ),
        (no_cred, MD5, ServerFault::UnsupportedScheme),
        // The secret of a digest account is not shown in basic form.
        (Some(CLIENT), BASIC, ServerFault::UnsupportedScheme),
    ] {
        let mut bench = client_only(client);
        bench.start().sent();
        let out = bench.receive(&Msg::new(1).hdr_chal(401, scheme, Some(b"n")).finish());
        assert_eq!(fault(out), expected, "{scheme}");
    }
    let mut bench = client_only(Some(CLIENT));
    bench.start().sent();
    let out = bench.receive(&Msg::new(1).hdr(401).finish());
    assert_eq!(fault(out), ServerFault::CredentialsRefused, "no challenge");
}

/// PRO-C-021: a refusal in the middle of the session repeats the refused message, answers and all.
#[test]
fn a_later_refusal_repeats_the_refused_message() {
    for encoding in [Encoding::Xml, Encoding::Wbxml] {
        let mut bench = Bench::new(Setup {
            encoding,
            client: Some(CLIENT),
            ..Setup::default()
        });
        bench.start().sent();
        let message = Msg::new(1)
            .hdr_chal(200, MD5, Some(b"one"))
            .exec("./Vendor/Reboot")
            .get("./DevInfo/Man");
        let refused = bench.receive(&message.finish()).sent();
        let sent = bench
            .receive(&Msg::new(2).hdr_chal(401, MD5, Some(b"two")).finish())
            .sent();
        assert_eq!(sent.header("MsgID").unwrap(), "3");
        assert_eq!(
            sent.header("Cred/Data").unwrap(),
            md5_cred("dev", "dev-secret", b"two")
        );
        assert_eq!(bench.probe.execs.get(), 1, "nothing is executed twice");
        let parts = sent.parts();
        assert_eq!(parts[0], "Status");
        assert_eq!(parts[1..], refused.parts());
        assert_eq!(sent.results(), refused.results());
        let mut ids: Vec<_> = sent
            .xml
            .split("<CmdID>")
            .skip(1)
            .map(|rest| rest.split('<').next())
            .collect();
        let count = ids.len();
        ids.sort_unstable();
        ids.dedup();
        assert_eq!(ids.len(), count, "CmdIDs stay unique");
        // SEC-C-014 and the limit of tries.
        let out = bench.receive(&Msg::new(3).hdr_chal(401, MD5, Some(b"three")).finish());
        assert_eq!(fault(out), ServerFault::CredentialsRefused);
    }
}

/// SEC-C-014
#[test]
fn the_type_of_credentials_does_not_change_after_success() {
    let mut bench = client_only(Some(CLIENT));
    bench.start().sent();
    bench
        .receive(
            &Msg::new(1)
                .hdr_chal(200, MD5, Some(b"one"))
                .get("./DevInfo/Man")
                .finish(),
        )
        .sent();
    let out = bench.receive(&Msg::new(2).hdr_chal(401, BASIC, None).finish());
    assert_eq!(fault(out), ServerFault::UnsupportedScheme);
}

/// SEC-C-002, SEC-C-046, SEC-C-049: 212 for a right digest, with the nonce of the next session.
#[test]
fn a_server_with_the_right_digest_is_believed() {
    for encoding in [Encoding::Xml, Encoding::Wbxml] {
        let mut bench = Bench::new(Setup {
            encoding,
            ..setup()
        });
        bench.start().sent();
        bench.random = *b"0123456789abcdef";
        let message = Msg::new(1)
            .cred(MD5, &srv_cred(SERVER.nonce))
            .hdr(212)
            .get("./DevInfo/Man");
        let sent = bench.receive(&message.finish()).sent();
        assert_eq!(sent.hdr_code(), 212);
        assert_eq!(sent.find("NextNonce").unwrap(), b64(b"0123456789abcdef"));
        assert_eq!(sent.codes(), [200]);
        // Later messages need no Cred; the nonce is kept once it has come across.
        assert_eq!(
            bench.value("./DMAcc/a/AppAuth/s/AAuthData").unwrap(),
            SERVER.nonce
        );
        let sent = bench
            .receive(&Msg::new(2).hdr(200).get("./DevInfo/Man").finish())
            .sent();
        assert_eq!((sent.hdr_code(), sent.codes()), (200, vec![200]));
        assert_eq!(
            bench.value("./DMAcc/a/AppAuth/s/AAuthData").unwrap(),
            b"0123456789abcdef"
        );
    }
}

/// SEC-C-015, SEC-C-016, SEC-C-018, SEC-C-019, PRO-C-137: nothing is executed before the server has proved itself.
#[test]
fn an_unproven_server_gets_a_challenge_and_nothing_else() {
    for (cred, code) in [(None, 407), (Some(srv_cred(b"stale")), 401)] {
        let mut bench = Bench::new(setup());
        bench.start().sent();
        bench.random = *b"challenge-nonce!";
        let commands = |message: Msg| {
            message
                .get("./DevInfo/Man")
                .replace("./Vendor/cfg/apn", "new")
                .container("Sequence", |inner| inner.exec("./Vendor/Reboot"))
        };
        let mut message = Msg::new(1);
        if let Some(cred) = cred {
            message = message.cred(MD5, &cred);
        }
        let sent = bench.receive(&commands(message.hdr(212)).finish()).sent();
        assert_eq!(sent.hdr_code(), code);
        assert_eq!(sent.codes(), [code; 4]);
        assert!(
            sent.parts()
                .iter()
                .all(|part| part == "Status" || part == "Final")
        );
        assert_eq!(sent.find("NextNonce").unwrap(), b64(b"challenge-nonce!"));
        assert_eq!(sent.xml.matches("<Chal>").count(), 1);
        assert_eq!(bench.text("./Vendor/cfg/apn"), "before");
        assert_eq!(bench.probe.execs.get(), 0);
        // SEC-C-053: the challenge is not stored.
        assert_eq!(
            bench.value("./DMAcc/a/AppAuth/s/AAuthData").unwrap(),
            SERVER.nonce
        );
        // The server proves itself with the new nonce.
        let message = Msg::new(2)
            .cred(MD5, &srv_cred(b"challenge-nonce!"))
            .hdr(200);
        let sent = bench.receive(&commands(message).finish()).sent();
        assert_eq!(sent.hdr_code(), 212);
        assert_eq!(sent.codes(), [200; 4]);
        assert_eq!(bench.probe.execs.get(), 1);
    }
}

/// SEC-C-018 and its end: after the challenges a server that still cannot prove itself is left.
#[test]
fn a_server_that_fails_again_and_again_is_left() {
    let mut bench = Bench::new(setup());
    bench.start().sent();
    bench
        .receive(&Msg::new(1).hdr(212).get("./DevInfo/Man").finish())
        .sent();
    let wrong = srv_cred(b"wrong");
    bench
        .receive(
            &Msg::new(2)
                .cred(MD5, &wrong)
                .hdr(200)
                .get("./DevInfo/Man")
                .finish(),
        )
        .sent();
    let out = bench.receive(
        &Msg::new(3)
            .cred(MD5, &wrong)
            .hdr(200)
            .get("./DevInfo/Man")
            .finish(),
    );
    assert_eq!(fault(out), ServerFault::NotAuthenticated);
}

/// SEC-C-017
#[test]
fn there_is_no_bare_challenge() {
    let mut bench = Bench::new(setup());
    bench.start().sent();
    let out = bench.receive(&Msg::new(1).hdr(212).finish());
    assert_eq!(fault(out), ServerFault::NotAuthenticated);
}

/// Security chapter 11, negative cases: wrong user, wrong scheme, no Format, no base64.
#[test]
fn broken_server_credentials_are_no_credentials() {
    let right = srv_cred(SERVER.nonce);
    let other_user = md5_cred("dev", SERVER.secret, SERVER.nonce);
    let cut = right[..8].to_owned();
    let basic = b64(b"srv-user:srv-secret");
    for (scheme, data) in [
        (MD5, other_user),
        (MD5, cut),
        (MD5, "%%%".into()),
        (MD5, String::new()),
        (BASIC, basic),
        ("x", right.clone()),
    ] {
        let mut bench = Bench::new(setup());
        bench.start().sent();
        let message = Msg::new(1)
            .cred(scheme, &data)
            .hdr(212)
            .replace("./Vendor/cfg/apn", "new");
        let sent = bench.receive(&message.finish()).sent();
        assert_eq!(sent.hdr_code(), 401, "{scheme} {data}");
        assert_eq!(bench.text("./Vendor/cfg/apn"), "before");
    }
    let mut bench = Bench::new(setup());
    bench.start().sent();
    let no_format = format!(
        "<Cred><Meta><Type xmlns=\"syncml:metinf\">{MD5}</Type></Meta><Data>{right}</Data></Cred>"
    );
    let message = Msg::new(1)
        .header(&no_format)
        .hdr(212)
        .replace("./Vendor/cfg/apn", "new");
    assert_eq!(bench.receive(&message.finish()).sent().hdr_code(), 401);
}

/// Basic server credentials: 212, and a challenge without a nonce.
#[test]
fn a_server_may_prove_itself_with_basic_where_the_account_says_so() {
    let mut bench = with(
        Some(CLIENT),
        Some(Cred {
            kind: "BASIC",
            ..SERVER
        }),
    );
    bench.start().sent();
    let sent = bench
        .receive(&Msg::new(1).hdr(212).get("./DevInfo/Man").finish())
        .sent();
    assert_eq!(sent.hdr_code(), 407);
    assert!(sent.xml.contains(BASIC));
    assert_eq!(sent.find("NextNonce"), None);
    let message = Msg::new(2)
        .cred(BASIC, &b64(b"srv-user:srv-secret"))
        .hdr(200)
        .get("./DevInfo/Man");
    let sent = bench.receive(&message.finish()).sent();
    assert_eq!((sent.hdr_code(), sent.codes()), (212, vec![200]));
}

/// A transport that proves the server is enough only where the account says so.
#[test]
fn the_transports_word_counts_only_where_the_account_says_so() {
    for (server_auth, secured, expected) in [
        ("transport", true, 200),
        ("transport", false, 407),
        ("required", true, 407),
        ("", true, 407),
        ("Transport", true, 407),
    ] {
        let mut bench = Bench::new(Setup {
            server_auth,
            secured,
            ..setup()
        });
        bench.start().sent();
        let sent = bench
            .receive(&Msg::new(1).hdr(212).get("./DevInfo/Man").finish())
            .sent();
        assert_eq!(sent.hdr_code(), expected, "{server_auth} {secured}");
    }
}

/// SEC-C-020, SEC-C-021: the newest nonce is used, but kept only from a server that proved itself.
#[test]
fn a_nonce_of_an_unproven_server_is_used_but_not_kept() {
    let mut bench = Bench::new(setup());
    bench.start().sent();
    let sent = bench
        .receive(
            &Msg::new(1)
                .hdr_chal(401, MD5, Some(b"from-anyone"))
                .finish(),
        )
        .sent();
    assert_eq!(
        sent.header("Cred/Data").unwrap(),
        md5_cred("dev", "dev-secret", b"from-anyone")
    );
    assert_eq!(bench.value("./DMAcc/a/AppAuth/c/AAuthData").unwrap(), NONCE);
    let message = Msg::new(2)
        .cred(MD5, &srv_cred(SERVER.nonce))
        .hdr_chal(212, MD5, Some(b"from-the-server"))
        .get("./DevInfo/Man");
    bench.receive(&message.finish()).sent();
    assert_eq!(
        bench.value("./DMAcc/a/AppAuth/c/AAuthData").unwrap(),
        b"from-the-server"
    );
}

/// SEC-C-034, OBJ-C-008: no server reads a secret, the owner neither.
#[test]
fn secrets_are_never_read_back() {
    let mut bench = client_only(Some(CLIENT));
    bench.start().sent();
    let message = Msg::new(1)
        .hdr(212)
        .get("./DMAcc/a/AppAuth/c/AAuthSecret")
        .get("./DMAcc/a/AppAuth/c/AAuthData")
        .get("./DMAcc/a/AppAuth/c/AAuthSecret?prop=Size")
        .get("./DMAcc/a/Ext/OmaDm/ServerAuth")
        .replace("./DMAcc/a/Ext/OmaDm/ServerAuth", "transport");
    let sent = bench.receive(&message.finish()).sent();
    let codes = sent.codes();
    assert_eq!((codes[0], codes[1]), (405, 405));
    assert_eq!((codes[3], codes[4]), (405, 405));
    assert_eq!(sent.results(), []);
    assert!(!sent.xml.contains("dev-secret"));
}

/// SEC-C-030, OBJ-C-010: new credentials count from the next session.
#[test]
fn replaced_credentials_count_from_the_next_session() {
    let mut bench = client_only(Some(CLIENT));
    bench
        .tree
        .factory()
        .acl("./DMAcc/a", "Add=*&Get=*&Replace=*")
        .unwrap();
    bench.start().sent();
    let message = Msg::new(1)
        .hdr_chal(200, MD5, Some(b"one"))
        .replace("./DMAcc/a/AppAuth/c/AAuthSecret", "newer")
        .get("./DevInfo/Man");
    let sent = bench.receive(&message.finish()).sent();
    assert_eq!(sent.codes(), [200, 200]);
    let sent = bench
        .receive(
            &Msg::new(2)
                .hdr_chal(200, MD5, Some(b"two"))
                .get("./DevInfo/Man")
                .finish(),
        )
        .sent();
    assert_eq!(
        sent.header("Cred/Data").unwrap(),
        md5_cred("dev", "dev-secret", b"two")
    );
    bench.receive(&Msg::new(3).hdr(200).finish()).done();
    let sent = bench.start().sent();
    assert_eq!(
        sent.header("Cred/Data").unwrap(),
        md5_cred("dev", "newer", b"two")
    );
}

/// A server that lost its proof gets no answers to what was asked before (the answers still kept).
#[test]
fn kept_answers_do_not_go_to_a_server_that_fails_its_proof() {
    let mut bench = Bench::new(setup());
    bench.probe.big.set(700);
    bench.start().sent();
    let message = Msg::new(1)
        .cred(MD5, &srv_cred(SERVER.nonce))
        .max_msg_size(2000)
        .hdr(212)
        .get("./Vendor/Big")
        .get("./Vendor/Big")
        .get("./Vendor/Big");
    assert!(!bench.receive(&message.finish()).sent().is_final());
    let message = Msg::new(2)
        .cred(MD5, &srv_cred(b"wrong"))
        .hdr(200)
        .alert(1222);
    assert_eq!(
        fault(bench.receive(&message.more())),
        ServerFault::NotAuthenticated
    );
}
