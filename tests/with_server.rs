//! Whole sessions between the client and the server of this project, which share the codec and nothing else: every scheme,
//! both encodings, over transports that prove something and such that do not.

#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "tests"
)]

use dm_core::{Encoding, End, Policy, ServerProof};
use dm_server::{Config, Request, Sessions};
use dm_tests::{Bench, Cred, Out, Setup};

/// AAuthType of the account, and the name that the server has for it.
const SCHEMES: [(&str, &str); 5] = [
    ("BASIC", "basic"),
    ("DIGEST", "md5"),
    ("SHA256", "sha256"),
    ("HMAC", "mac"),
    ("HMAC-SHA256", "mac-sha256"),
];

fn scenario(scheme: &str, device: &str, rest: &str) -> String {
    format!(
        "[server]\nid = \"srv\"\nsecret = \"srv-secret\"\nauth = \"{scheme}\"\n{rest}\n\
         [[device]]\nuser = \"dev\"\nsecret = \"dev-secret\"\nauth = \"{device}\"\n\
         [[package]]\nops = [{{ get = \"./DevInfo/Man\", value = \"Maker\" }}]\n\
         [[package]]\nops = [{{ replace = \"./Vendor/cfg/apn\", value = \"new\" }}]\n\
         [[package]]\nops = [{{ get = \"./Vendor/cfg/apn\", value = \"new\" }}]\n"
    )
}

fn setup(encoding: Encoding, kind: &'static str, secured: bool) -> Setup {
    let cred = |name, secret| Cred {
        kind,
        name,
        secret,
        nonce: b"",
    };
    Setup {
        encoding,
        client: Some(cred("dev", "dev-secret")),
        server: Some(cred("srv", "srv-secret")),
        server_auth: "required",
        secured,
        ..Setup::default()
    }
}

/// Plays a session to its end; gives the number of the client's messages.
fn play(bench: &mut Bench, server: &mut Sessions, seed: u8) -> usize {
    let mut out = bench.start();
    for count in 0..20 {
        let sent = match out {
            Out::Sent(sent) => sent,
            Out::Done(report) => {
                assert_eq!(report.end, End::Closed, "{report:?}");
                return count;
            }
            other => panic!("{other:?}"),
        };
        bench.random = [seed.wrapping_add(count as u8); 16];
        let content_type = Encoding::detect(&sent.body).content_type();
        let reply = server.handle_request(&Request {
            body: &sent.body,
            content_type,
            path: None,
            hmac: sent.hmac.as_deref(),
        });
        assert_eq!(reply.status, 200, "{}", sent.xml);
        out = bench.receive_sealed(&reply.body, reply.hmac.as_deref());
    }
    panic!("the session does not end");
}

fn check(server: &Sessions, what: &str) {
    let transcript = server.last_transcript().unwrap();
    assert_eq!(transcript.end, dm_server::End::Closed, "{what}");
    assert!(transcript.faults.is_empty(), "{what}: {transcript}");
    assert!(transcript.unmet.is_empty(), "{what}: {transcript}");
}

/// D13-C-072, D13-C-073, D13-C-075, D13-C-076, SEC-C-002, SEC-C-050: every scheme, both ways, in both encodings. The second session uses
/// the nonces that the first one left on both sides, so that nobody is refused.
#[test]
fn every_scheme_is_spoken_with_a_server_of_its_own_making() {
    for (kind, scheme) in SCHEMES {
        for encoding in [Encoding::Wbxml, Encoding::Xml] {
            for secured in [true, false] {
                let what = format!("{kind} {encoding:?} secured: {secured}");
                let mut bench = Bench::new(setup(encoding, kind, secured));
                let text = scenario(scheme, scheme, "");
                let mut server = Sessions::new(Config::parse(&text).unwrap());
                for round in 0..3 {
                    bench
                        .tree
                        .local()
                        .set("./Vendor/cfg/apn", b"before")
                        .unwrap();
                    let messages = play(&mut bench, &mut server, 10 + 30 * round);
                    check(&server, &what);
                    assert_eq!(bench.text("./Vendor/cfg/apn"), "new", "{what}");
                    // Package 1 and three answers; nobody was asked twice.
                    assert_eq!(
                        messages,
                        4,
                        "{what}: session {round} {}",
                        server.last_transcript().unwrap()
                    );
                    server.clear();
                }
            }
        }
    }
}

/// SEC-C-008, SEC-C-018: each side asks the other for another scheme than it began with, as far as the accounts allow.
#[test]
fn challenges_are_met_both_ways() {
    for (kind, own, demanded) in [
        // The client's account says MD5, and the server wants SHA-256; it proves itself only when asked.
        ("DIGEST", "none", "sha256"),
        ("DIGEST", "sha256", "md5"),
        ("SHA256", "none", "md5"),
        ("DIGEST", "mac", "mac"),
        ("SHA256", "mac", "mac"),
    ] {
        for encoding in [Encoding::Wbxml, Encoding::Xml] {
            for secured in [true, false] {
                let what = format!("{kind}, server {own}, demanded {demanded}, {secured}");
                let mut bench = Bench::new(setup(encoding, kind, secured));
                let text = scenario(own, demanded, "");
                let mut server = Sessions::new(Config::parse(&text).unwrap());
                play(&mut bench, &mut server, 1);
                check(&server, &what);
                assert_eq!(bench.text("./Vendor/cfg/apn"), "new", "{what}");
            }
        }
    }
}

/// SEC-C-013, SEC-C-050: credentials for one message at a time, in either direction and in both.
#[test]
fn each_message_can_be_proved_by_itself() {
    for (kind, scheme) in &SCHEMES[..3] {
        for proof in [ServerProof::PerMessage, ServerProof::PerSession] {
            for per_message in [true, false] {
                let mut policy = Policy::default();
                policy.server_proof = proof;
                let mut bench = Bench::new(Setup {
                    policy,
                    ..setup(Encoding::Wbxml, kind, false)
                });
                let rest = format!("per_message = {per_message}");
                let text = scenario(scheme, scheme, &rest);
                let mut server = Sessions::new(Config::parse(&text).unwrap());
                for round in 0..2 {
                    let what = format!("{kind} {proof:?} {per_message}");
                    let messages = play(&mut bench, &mut server, 1 + 40 * round);
                    check(&server, &what);
                    assert_eq!(messages, 4, "{what}");
                    server.clear();
                }
            }
        }
    }
}
