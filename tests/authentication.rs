//! Security chapters 2 to 5 and additions f2 to f4: every scheme, the rules that choose among them, and how often a server
//! has to prove itself.

#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "tests"
)]

use dm_core::{
    Client, Encoding, End, Error, Memory, Misuse, Moment, Passwords, Peer, Policy, Received,
    ServerFault, ServerProof, Step, Strength, Trigger,
};
use dm_tests::{
    Bench, CLIENT, Cred, Msg, Out, SERVER, Setup, b64, mac_header, md5_cred, sha256_cred,
    sha256_mac_header,
};

const BASIC: &str = "syncml:auth-basic";
const MD5: &str = "syncml:auth-md5";
const SHA256: &str = "syncml:auth-SHA256";
const MAC: &str = "syncml:auth-MAC";

/// Both sides have to prove themselves, over a transport that proves nothing.
fn setup() -> Setup {
    Setup {
        client: Some(CLIENT),
        server: Some(SERVER),
        server_auth: "required",
        secured: false,
        ..Setup::default()
    }
}

fn of_kind(kind: &'static str) -> Setup {
    Setup {
        client: Some(Cred { kind, ..CLIENT }),
        server: Some(Cred { kind, ..SERVER }),
        ..setup()
    }
}

fn policy(change: impl FnOnce(&mut Policy)) -> Policy {
    let mut policy = Policy::default();
    change(&mut policy);
    policy
}

fn srv_cred(nonce: &[u8]) -> String {
    md5_cred(SERVER.name, SERVER.secret, nonce)
}

fn fault(out: Out) -> ServerFault {
    match out.done().end {
        End::Failed(Error::Server(fault)) => fault,
        other => panic!("{other:?}"),
    }
}

/// One more entry of the client's.
fn add_entry(bench: &mut Bench, name: &str, kind: &str) {
    for (leaf, value) in [
        ("AAuthLevel", "CLCRED"),
        ("AAuthType", kind),
        ("AAuthName", "dev"),
        ("AAuthSecret", "other"),
        ("AAuthData", "n"),
    ] {
        let uri = format!("./DMAcc/a/AppAuth/{name}/{leaf}");
        bench.tree.factory().set(&uri, value.as_bytes()).unwrap();
    }
}

/// D13-C-072, D13-C-073, D13-C-074: a server of 1.2 that asks for SHA-256 gets it from an account of 1.2, over the decoded nonce.
#[test]
fn a_challenge_for_sha256_is_met() {
    let mut bench = Bench::new(Setup {
        client: Some(CLIENT),
        ..Setup::default()
    });
    bench.start().sent();
    let nonce = [0, 1, 2, 255];
    let challenge = Msg::new(1).hdr_chal(401, SHA256, Some(&nonce)).finish();
    let sent = bench.receive(&challenge).sent();
    assert_eq!(sent.header("Cred/Meta/Type").unwrap(), SHA256);
    assert_eq!(sent.header("Cred/Meta/Format").unwrap(), "b64");
    assert_eq!(sent.header("Source/LocName").unwrap(), "dev");
    assert_eq!(
        sent.header("Cred/Data").unwrap(),
        sha256_cred("dev", "dev-secret", &nonce)
    );
    // SEC-C-012: the nonce of the 212 is for the next session.
    let message = Msg::new(2)
        .hdr_chal(212, SHA256, Some(b"next"))
        .get("./DevInfo/Man");
    let sent = bench.receive(&message.finish()).sent();
    assert_eq!(sent.header("Cred/Data"), None);
    assert_eq!(
        bench.value("./DMAcc/a/AppAuth/c/AAuthData").unwrap(),
        b"next"
    );
}

/// D13-C-072, D13-C-073: both sides with SHA-256 by their account (the type names are this project's 1.3 profile).
#[test]
fn accounts_of_type_sha256_use_it_both_ways() {
    for kind in ["SHA256", "DIGEST-SHA256"] {
        for encoding in [Encoding::Xml, Encoding::Wbxml] {
            let mut bench = Bench::new(Setup {
                encoding,
                secured: true,
                ..of_kind(kind)
            });
            let sent = bench.start().sent();
            assert_eq!(
                sent.header("Cred/Data").unwrap(),
                sha256_cred("dev", "dev-secret", CLIENT.nonce)
            );
            bench.random = *b"challenge-nonce!";
            let commands = |message: Msg| message.hdr(212).get("./DevInfo/Man").finish();
            let sent = bench.receive(&commands(Msg::new(1))).sent();
            assert_eq!((sent.hdr_code(), sent.codes()), (407, vec![407]));
            assert!(sent.xml.contains(SHA256));
            let right = sha256_cred(SERVER.name, SERVER.secret, b"challenge-nonce!");
            // The right octets under the wrong name are no proof, nor is the other digest.
            let md5 = srv_cred(b"challenge-nonce!");
            let wrong = [(MD5, &right), (MD5, &md5), (SHA256, &md5)][encoding as usize % 3];
            let message = Msg::new(2).cred(wrong.0, wrong.1);
            let sent = bench.receive(&commands(message)).sent();
            assert_eq!(sent.codes(), [401]);
            let right = sha256_cred(SERVER.name, SERVER.secret, b"challenge-nonce!");
            let message = Msg::new(3).cred(SHA256, &right);
            let sent = bench.receive(&commands(message)).sent();
            assert_eq!((sent.hdr_code(), sent.codes()), (212, vec![200]));
        }
    }
}

/// D13-C-076: seals with SHA-256, each message with a nonce of its own, and no other algorithm is taken for one.
#[test]
fn accounts_of_type_hmac_sha256_seal_with_it_both_ways() {
    let mut bench = Bench::new(of_kind("HMAC-SHA256"));
    let (mut nonce, mut server_nonce) = (CLIENT.nonce.to_vec(), SERVER.nonce.to_vec());
    let mut sent = bench.start().sent();
    for n in 1..4 {
        let expected = sha256_mac_header("dev", "dev-secret", &nonce, &sent.body);
        assert_eq!(sent.hmac.as_deref(), Some(expected.as_str()));
        nonce = format!("client-nonce-{n}").into_bytes();
        bench.random = [n as u8; 16];
        let xml = Msg::new(n)
            .hdr_chal(200, MAC, Some(&nonce))
            .get("./DevInfo/Man")
            .finish();
        let seal = sha256_mac_header(SERVER.name, SERVER.secret, &server_nonce, xml.as_bytes());
        sent = bench.receive_sealed(xml.as_bytes(), Some(&seal)).sent();
        assert_eq!((sent.hdr_code(), sent.codes()), (200, vec![200]));
        assert!(sent.xml.contains(MAC));
        server_nonce = vec![n as u8; 16];
    }
    let xml = Msg::new(4).hdr(200).get("./DevInfo/Man").finish();
    let seal = mac_header(SERVER.name, SERVER.secret, &server_nonce, xml.as_bytes());
    let out = bench.receive_sealed(xml.as_bytes(), Some(&seal));
    assert_eq!(fault(out), ServerFault::NotAuthenticated);
}

/// D13-C-075: the schemes of 1.2 in a session of 1.3.
#[test]
fn the_schemes_of_1_2_remain_in_1_3() {
    for (kind, scheme) in [("BASIC", BASIC), ("DIGEST", MD5), ("HMAC", MAC)] {
        let mut bench = Bench::new(Setup {
            version: "1.3",
            secured: true,
            ..of_kind(kind)
        });
        let sent = bench.start().sent();
        assert_eq!(sent.header("VerProto").unwrap(), "DM/1.3");
        let cred = sent.header("Cred/Data");
        match kind {
            "BASIC" => assert_eq!(cred.unwrap(), b64(b"dev:dev-secret")),
            "DIGEST" => assert_eq!(cred.unwrap(), md5_cred("dev", "dev-secret", CLIENT.nonce)),
            _ => {
                let seal = mac_header("dev", "dev-secret", CLIENT.nonce, &sent.body);
                assert_eq!(sent.hmac.as_deref(), Some(seal.as_str()));
            }
        }
        let message = Msg::new(1).hdr(200).get("./DevInfo/Man").finish();
        let sent = match bench.receive(&message) {
            Out::Sent(sent) => sent,
            // Without a next nonce nothing more can be sealed.
            out => {
                assert_eq!((kind, fault(out)), ("HMAC", ServerFault::NoNonce));
                continue;
            }
        };
        assert_eq!(sent.hdr_code(), 407);
        assert!(sent.xml.contains(scheme), "{kind}");
    }
}

/// SEC-C-042, D13-C-077, and the order without AAuthPref: seals, digests, passwords, each with SHA-256 first.
#[test]
fn the_strongest_entry_is_tried_first() {
    let order = ["BASIC", "DIGEST", "SHA256", "HMAC", "HMAC-SHA256"];
    for last in 0..order.len() {
        let mut bench = Bench::new(of_kind("BASIC"));
        for (at, kind) in order[1..=last].iter().enumerate() {
            add_entry(&mut bench, &format!("e{at}"), kind);
        }
        let sent = bench.start().sent();
        let kind = match sent.hmac.as_deref() {
            Some(seal) if seal.starts_with("algorithm=SHA256") => "HMAC-SHA256",
            Some(_) => "HMAC",
            None => match sent.header("Cred/Meta/Type").unwrap().as_str() {
                BASIC => "BASIC",
                MD5 => "DIGEST",
                _ => "SHA256",
            },
        };
        assert_eq!(kind, order[last]);
        // The account's own wish comes before that.
        bench
            .tree
            .factory()
            .set("./DMAcc/a/AAuthPref", b"BASIC")
            .unwrap();
        let sent = bench.start().sent();
        assert_eq!(sent.header("Cred/Meta/Type").unwrap(), BASIC);
    }
}

/// Policy `weakest`: a scheme below it is not used, not met and not taken; a weaker digest becomes the allowed one.
#[test]
fn what_is_weaker_than_the_rules_allow_is_neither_used_nor_taken() {
    let strict = |weakest, kind| Setup {
        secured: true,
        policy: policy(|policy| policy.weakest = weakest),
        ..of_kind(kind)
    };
    // No password goes out, at first or when asked for.
    let mut bench = Bench::new(strict(Strength::Md5, "BASIC"));
    assert_eq!(bench.start().sent().header("Cred/Data"), None);
    let challenge = Msg::new(1).hdr_chal(407, BASIC, None).finish();
    assert_eq!(
        fault(bench.receive(&challenge)),
        ServerFault::UnsupportedScheme
    );
    // The account of a digest proves itself, and takes proofs, with SHA-256.
    let mut bench = Bench::new(strict(Strength::Sha256, "DIGEST"));
    let sent = bench.start().sent();
    assert_eq!(
        sent.header("Cred/Data").unwrap(),
        sha256_cred("dev", "dev-secret", CLIENT.nonce)
    );
    let message = |scheme, data: &str| {
        Msg::new(1)
            .cred(scheme, data)
            .hdr(212)
            .get("./DevInfo/Man")
            .finish()
    };
    let sent = bench.receive(&message(MD5, &srv_cred(SERVER.nonce))).sent();
    assert_eq!(sent.codes(), [401]);
    assert!(sent.xml.contains(SHA256) && !sent.xml.contains(MD5));
    let mut bench = Bench::new(strict(Strength::Sha256, "DIGEST"));
    bench.start().sent();
    let right = sha256_cred(SERVER.name, SERVER.secret, SERVER.nonce);
    assert_eq!(
        bench.receive(&message(SHA256, &right)).sent().codes(),
        [200]
    );
    // MD5 is not met.
    let mut bench = Bench::new(strict(Strength::Sha256, "DIGEST"));
    bench.start().sent();
    let challenge = Msg::new(1).hdr_chal(401, MD5, Some(b"n")).finish();
    assert_eq!(
        fault(bench.receive(&challenge)),
        ServerFault::UnsupportedScheme
    );
    // Nor in a seal.
    let mut bench = Bench::new(strict(Strength::Sha256, "HMAC"));
    let sent = bench.start().sent();
    let seal = sha256_mac_header("dev", "dev-secret", CLIENT.nonce, &sent.body);
    assert_eq!(sent.hmac.as_deref(), Some(seal.as_str()));
}

/// Policy `passwords`: over secured transports only, in both directions.
#[test]
fn passwords_can_be_kept_to_secured_transports() {
    let strict = |secured, addr| Setup {
        secured,
        addr,
        policy: policy(|policy| policy.passwords = Passwords::Secured),
        ..of_kind("BASIC")
    };
    let shown = |sent: &dm_tests::Sent| sent.header("Cred/Data").is_some();
    let mut bench = Bench::new(strict(true, "https://dm.test/dm"));
    assert!(shown(&bench.start().sent()));
    let mut bench = Bench::new(strict(false, "http://dm.test/dm"));
    assert!(!shown(&bench.start().sent()));
    let challenge = Msg::new(1).hdr_chal(407, BASIC, None).finish();
    assert_eq!(
        fault(bench.receive(&challenge)),
        ServerFault::NotAuthenticated
    );
    // Over another secured transport the peer's proof says so, once there is one.
    let mut bench = Bench::new(strict(true, "obex://dm.test/dm"));
    assert!(!shown(&bench.start().sent()));
    assert!(shown(&bench.receive(&challenge).sent()));
    // The server's password, overheard by anybody, proves nothing.
    let mut bench = Bench::new(strict(false, "http://dm.test/dm"));
    bench.start().sent();
    let message = Msg::new(1)
        .cred(BASIC, &b64(b"srv-user:srv-secret"))
        .hdr(200)
        .replace("./Vendor/cfg/apn", "new");
    assert_eq!(
        fault(bench.receive(&message.finish())),
        ServerFault::NotAuthenticated
    );
    assert_eq!(bench.text("./Vendor/cfg/apn"), "before");
}

/// A password does not follow a RespURI to an address that nobody answers for.
#[test]
fn passwords_do_not_follow_a_resp_uri_of_a_stranger() {
    let mut bench = Bench::new(of_kind("BASIC"));
    bench.start().sent();
    let refusal = Msg::new(1)
        .header("<RespURI>https://evil.test/</RespURI>")
        .hdr_chal(200, BASIC, None)
        .get("./DevInfo/Man")
        .finish();
    assert_eq!(
        fault(bench.receive(&refusal)),
        ServerFault::UnsupportedScheme
    );
}

/// SEC-C-050, SEC-C-024: over a transport that proves nothing every message is proved: 200, and a nonce that is good once.
#[test]
fn over_a_plain_transport_each_message_is_proved() {
    for (kind, scheme) in [("DIGEST", MD5), ("SHA256", SHA256)] {
        let cred = |nonce: &[u8]| match kind {
            "DIGEST" => srv_cred(nonce),
            _ => sha256_cred(SERVER.name, SERVER.secret, nonce),
        };
        let mut bench = Bench::new(of_kind(kind));
        bench.start().sent();
        let mut nonce = SERVER.nonce.to_vec();
        for n in 1..5 {
            bench.random = [n as u8; 16];
            let message = Msg::new(n)
                .cred(scheme, &cred(&nonce))
                .hdr(200)
                .replace("./Vendor/cfg/apn", if n % 2 == 0 { "even" } else { "odd" });
            let sent = bench.receive(&message.finish()).sent();
            assert_eq!((sent.hdr_code(), sent.codes()), (200, vec![200]));
            assert_eq!(sent.find("NextNonce").unwrap(), b64(&[n as u8; 16]));
            // SEC-C-025: kept at once, so that no message is believed twice, after a restart neither.
            nonce = vec![n as u8; 16];
            assert_eq!(bench.value("./DMAcc/a/AppAuth/s/AAuthData").unwrap(), nonce);
        }
        // What was right before is not any more, and leaving it out is no proof.
        for (n, given, code) in [
            (5, Some(vec![3; 16]), 401),
            (6, Some(SERVER.nonce.to_vec()), 401),
        ] {
            let mut message = Msg::new(n);
            if let Some(nonce) = given {
                message = message.cred(scheme, &cred(&nonce));
            }
            let message = message.hdr(200).replace("./Vendor/cfg/apn", "forged");
            let sent = bench.receive(&message.finish()).sent();
            assert_eq!((sent.hdr_code(), sent.codes()), (code, vec![code]));
        }
        assert_eq!(bench.text("./Vendor/cfg/apn"), "even");
    }
}

/// SEC-C-050 and SEC-C-018: a server that sends credentials once is asked again, and again believed, as long as it has them.
#[test]
fn a_server_that_leaves_its_credentials_out_is_asked_each_time() {
    let mut bench = Bench::new(setup());
    bench.start().sent();
    let mut n = 0;
    for _ in 0..5 {
        n += 1;
        bench.random = [n as u8; 16];
        let message = Msg::new(n).hdr(200).replace("./Vendor/cfg/apn", "forged");
        let sent = bench.receive(&message.finish()).sent();
        assert_eq!((sent.hdr_code(), sent.codes()), (407, vec![407]));
        n += 1;
        let message = Msg::new(n)
            .cred(MD5, &srv_cred(&[n as u8 - 1; 16]))
            .hdr(200)
            .replace("./Vendor/cfg/apn", "proved");
        assert_eq!(bench.receive(&message.finish()).sent().codes(), [200]);
    }
    assert_eq!(bench.text("./Vendor/cfg/apn"), "proved");
    // A good-bye brings nothing that would have to be proved.
    let report = bench.receive(&Msg::new(n + 1).hdr(200).finish()).done();
    assert_eq!(report.end, End::Closed);
}

/// Policy `server_proof`: for the session over any transport, or for each message over any.
#[test]
fn how_long_a_server_is_believed_is_a_rule() {
    for (proof, secured, code, next) in [
        (ServerProof::PerSession, false, 212, 200),
        (ServerProof::PerSession, true, 212, 200),
        (ServerProof::PerMessageOverPlain, false, 200, 407),
        (ServerProof::PerMessageOverPlain, true, 212, 200),
        (ServerProof::PerMessage, false, 200, 407),
        (ServerProof::PerMessage, true, 200, 407),
    ] {
        let mut bench = Bench::new(Setup {
            secured,
            policy: policy(|policy| policy.server_proof = proof),
            ..setup()
        });
        bench.start().sent();
        let message = Msg::new(1)
            .cred(MD5, &srv_cred(SERVER.nonce))
            .hdr(212)
            .get("./DevInfo/Man");
        let sent = bench.receive(&message.finish()).sent();
        assert_eq!(sent.hdr_code(), code, "{proof:?} {secured}");
        let message = Msg::new(2).hdr(200).get("./DevInfo/Man");
        let sent = bench.receive(&message.finish()).sent();
        assert_eq!(sent.hdr_code(), next, "{proof:?} {secured}");
    }
}

/// Security chapter 5.1: both sides meet on the special nonce, four octets or text, and each gets a fresh one.
#[test]
fn nonces_are_brought_together_where_a_notification_asks_for_it() {
    for special in [&[0; 4][..], b"0x00000000"] {
        let mut bench = Bench::new(Setup {
            policy: policy(|policy| policy.resync = true),
            ..setup()
        });
        let sent = bench.notified_with(special).sent();
        let expected = md5_cred("dev", "dev-secret", special);
        assert_eq!(sent.header("Cred/Data").unwrap(), expected);
        // A failed proof brings nothing together (SEC-C-053).
        let stored = |bench: &mut Bench| {
            ["c", "s"].map(|who| {
                let uri = format!("./DMAcc/a/AppAuth/{who}/AAuthData");
                bench.value(&uri).unwrap()
            })
        };
        let known = [CLIENT.nonce.to_vec(), SERVER.nonce.to_vec()];
        assert_eq!(stored(&mut bench), known);
        bench.random = *b"fresh-for-server";
        let message = Msg::new(1)
            .cred(MD5, &srv_cred(special))
            .hdr_chal(212, MD5, Some(b"fresh-for-client"))
            .get("./DevInfo/Man");
        let sent = bench.receive(&message.finish()).sent();
        assert_eq!((sent.hdr_code(), sent.codes()), (200, vec![200]));
        let fresh = [b"fresh-for-client".to_vec(), b"fresh-for-server".to_vec()];
        assert_eq!(stored(&mut bench), fresh);
        // The special nonce is good for nothing now.
        let message = Msg::new(2)
            .cred(MD5, &srv_cred(special))
            .hdr(200)
            .get("./DevInfo/Man");
        assert_eq!(bench.receive(&message.finish()).sent().codes(), [401]);
        // And where the rules do not allow it, it never was.
        let mut bench = Bench::new(setup());
        let sent = bench.notified_with(special).sent();
        let expected = md5_cred("dev", "dev-secret", CLIENT.nonce);
        assert_eq!(sent.header("Cred/Data").unwrap(), expected);
        let message = Msg::new(1)
            .cred(MD5, &srv_cred(special))
            .hdr(200)
            .get("./DevInfo/Man");
        assert_eq!(bench.receive(&message.finish()).sent().codes(), [401]);
    }
}

/// SEC-C-053: whatever a forger tries, the nonces of the account stay, and the real server is believed afterwards.
#[test]
fn failed_checks_use_no_nonce_up() {
    for (kind, scheme) in [("DIGEST", MD5), ("SHA256", SHA256), ("HMAC", MAC)] {
        let mut bench = Bench::new(of_kind(kind));
        bench.start().sent();
        for n in 1..3 {
            bench.random = [n as u8; 16];
            let xml = Msg::new(n)
                .cred(scheme, &b64(b"not-a-right-one!"))
                .hdr_chal(212, scheme, Some(b"forged"))
                .get("./DevInfo/Man")
                .finish();
            let seal = mac_header("srv-user", "wrong", b"x", xml.as_bytes());
            let sent = bench.receive_sealed(xml.as_bytes(), Some(&seal)).sent();
            assert_eq!(sent.codes(), [401], "{kind}");
        }
        for (who, known) in [("c", CLIENT.nonce), ("s", SERVER.nonce)] {
            let uri = format!("./DMAcc/a/AppAuth/{who}/AAuthData");
            assert_eq!(bench.value(&uri).unwrap(), known, "{kind} {who}");
        }
        bench.start().sent();
        let message = Msg::new(1);
        let message = match kind {
            "DIGEST" => message.cred(scheme, &srv_cred(SERVER.nonce)),
            "SHA256" => {
                let data = sha256_cred(SERVER.name, SERVER.secret, SERVER.nonce);
                message.cred(scheme, &data)
            }
            _ => message,
        };
        let message = message.hdr_chal(200, scheme, Some(b"n"));
        let xml = message.get("./DevInfo/Man").finish();
        let seal = mac_header(SERVER.name, SERVER.secret, SERVER.nonce, xml.as_bytes());
        let sent = bench.receive_sealed(xml.as_bytes(), Some(&seal)).sent();
        assert_eq!(sent.codes(), [200], "{kind}");
    }
}

/// SEC-C-045: the same challenge after a retry is told to whoever reads the report.
#[test]
fn refused_credentials_are_reported() {
    for scheme in [MD5, SHA256, MAC] {
        let mut bench = Bench::new(setup());
        bench.start().sent();
        let challenge = |n| Msg::new(n).hdr_chal(401, scheme, Some(b"one")).finish();
        bench.receive(&challenge(1)).sent();
        let mut out = bench.receive(&challenge(2));
        if let (Out::Sent(_), MD5) = (&out, scheme) {
            panic!("the first was a retry already");
        }
        if matches!(out, Out::Sent(_)) {
            out = bench.receive(&challenge(3));
        }
        let report = out.done();
        assert_eq!(
            report.end,
            End::Failed(Error::Server(ServerFault::CredentialsRefused))
        );
        assert!(!report.is_ok());
    }
}

/// SEC-C-044: nothing of a session stays in the memory that was lent for it.
#[test]
fn lent_memory_is_wiped_when_the_session_is_over() {
    let mut bench = Bench::new(Setup {
        secured: true,
        ..of_kind("BASIC")
    });
    let (mut rx, mut tx, mut work) = ([7; 4096], [7; 4096], [7; 512]);
    let memory = Memory {
        rx: &mut rx,
        tx: &mut tx,
        work: &mut work,
    };
    let now = Moment {
        ms: 0,
        utc: None,
        random: [9; 16],
    };
    let mut client = Client::new(memory, Encoding::Xml).unwrap();
    let trigger = Trigger::Client {
        server_id: None,
        session_id: Some(1),
    };
    let step = client.start(&mut bench.tree, trigger, &now).unwrap();
    let Step::Send(request) = step else {
        panic!("nothing was sent");
    };
    let password = b64(b"dev:dev-secret");
    assert!(String::from_utf8_lossy(request.body).contains(&password));
    let server = b64(b"srv-user:srv-secret");
    for (message, is_last) in [
        (
            Msg::new(1)
                .cred(BASIC, &server)
                .hdr(212)
                .get("./DevInfo/Man"),
            false,
        ),
        (Msg::new(2).cred(BASIC, &server).hdr(200), true),
    ] {
        let xml = message.finish();
        client.rx_space()[..xml.len()].copy_from_slice(xml.as_bytes());
        let got = Received {
            len: xml.len(),
            content_type: "",
            hmac: None,
            peer: Peer::Secured { name: "dm.test" },
        };
        let step = client.receive(&mut bench.tree, got, &now).unwrap();
        assert_eq!(matches!(step, Step::Done(_)), is_last);
        let shown = format!("{step:?} {got:?} {now:?}");
        assert!(!shown.contains("secret"), "{shown}");
    }
    let shown = format!("{client:?}");
    assert!(!shown.contains("secret"), "{shown}");
    drop(client);
    assert!(rx.iter().chain(&tx).chain(&work).all(|octet| *octet == 0));
}

/// SEC-C-044: nor of one that could not begin.
#[test]
fn lent_memory_is_wiped_when_no_session_begins() {
    let mut bench = Bench::new(setup());
    let (mut rx, mut tx, mut work) = ([7; 4096], [7; 400], [7; 512]);
    let memory = Memory {
        rx: &mut rx,
        tx: &mut tx,
        work: &mut work,
    };
    let now = Moment {
        ms: 0,
        utc: None,
        random: [9; 16],
    };
    let mut client = Client::new(memory, Encoding::Xml).unwrap();
    let trigger = Trigger::Client {
        server_id: None,
        session_id: Some(1),
    };
    let refused = client.start(&mut bench.tree, trigger, &now).unwrap_err();
    assert!(matches!(refused, Error::Misuse(Misuse::TxTooSmall(_))));
    drop(client);
    assert!(rx.iter().chain(&tx).chain(&work).all(|octet| *octet == 0));
}

/// D13-C-080: nonces of 16 octets, of which each is good for one challenge; SessionIDs that no one foresees and that do not come
/// back; a message that is older than the last is not taken.
#[test]
fn old_nonces_sessions_and_messages_are_not_taken_again() {
    // A challenge serves one attempt.
    let mut bench = Bench::new(setup());
    bench.start().sent();
    bench.random = [1; 16];
    let get = |message: Msg| message.hdr(200).get("./DevInfo/Man").finish();
    let sent = bench.receive(&get(Msg::new(1))).sent();
    assert_eq!(sent.find("NextNonce").unwrap(), b64(&[1; 16]));
    bench.random = [2; 16];
    let wrong = Msg::new(2).cred(MD5, &srv_cred(b"wrong"));
    assert_eq!(bench.receive(&get(wrong)).sent().codes(), [401]);
    let late = Msg::new(3).cred(MD5, &srv_cred(&[1; 16]));
    assert_eq!(
        fault(bench.receive(&get(late))),
        ServerFault::NotAuthenticated
    );
    // SessionIDs.
    let mut bench = Bench::new(setup());
    let mut ids = Vec::new();
    let mut seed = 12345_u32;
    for _ in 0..2000 {
        seed = seed.wrapping_mul(1_103_515_245).wrapping_add(12345);
        bench.random = [seed.to_be_bytes(); 4].concat().try_into().unwrap();
        let trigger = Trigger::Client {
            server_id: None,
            session_id: None,
        };
        let sent = bench.begin(trigger).unwrap().sent();
        let id = sent.header("SessionID").unwrap();
        let id = u16::from_str_radix(&id, 16).unwrap();
        assert_ne!(id, 0);
        let recent = ids.len().saturating_sub(8);
        assert!(!ids[recent..].contains(&id));
        ids.push(id);
    }
    let steps: std::collections::HashSet<u16> = ids
        .windows(2)
        .map(|two| two[1].wrapping_sub(two[0]))
        .collect();
    assert!(
        steps.len() > 1000,
        "the step from one to the next is not known"
    );
    // Messages: the one before is answered from the cache, an older one too, a jump forward is taken.
    let mut bench = Bench::new(Setup {
        client: Some(CLIENT),
        ..Setup::default()
    });
    bench.start().sent();
    let exec = |n| Msg::new(n).hdr(200).exec("./Vendor/Reboot").finish();
    bench.receive(&exec(5)).sent();
    let last = bench.receive(&exec(9)).sent();
    assert_eq!(bench.probe.execs.get(), 2);
    for old in [9, 5, 1] {
        assert_eq!(bench.receive(&exec(old)).sent().xml, last.xml);
    }
    assert_eq!(bench.probe.execs.get(), 2);
}
