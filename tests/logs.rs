//! What the engine tells a logger: enough to find out what went wrong, and no secret.

#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "tests"
)]

use std::cell::RefCell;

use dm_core::bootstrap::{Bootstrap, BootstrapPolicy, Origin, Profile};
use dm_core::{Encoding, End, Sec};
use dm_server::{Config, Request, Sessions};
use dm_tests::{Bench, CLIENT, Cred, Msg, Out, Phone, SERVER, Setup, Signed, b64, hex, md5_cred};

thread_local! {
    static LINES: RefCell<Vec<String>> = const { RefCell::new(Vec::new()) };
}

/// Keeps the lines of each thread apart, for tests run beside each other.
struct Keeper;

impl log::Log for Keeper {
    fn enabled(&self, _: &log::Metadata<'_>) -> bool {
        true
    }

    fn log(&self, record: &log::Record<'_>) {
        let line = format!("{} {}", record.level(), record.args());
        LINES.with_borrow_mut(|lines| lines.push(line));
    }

    fn flush(&self) {}
}

/// What is told while `work` runs.
fn told(work: impl FnOnce()) -> Vec<String> {
    // The second test of the program finds it set.
    let _ = log::set_logger(&Keeper);
    log::set_max_level(log::LevelFilter::Trace);
    LINES.take();
    work();
    LINES.take()
}

#[test]
fn a_session_and_each_refusal_in_it_make_a_line() {
    let lines = told(|| {
        let mut bench = Bench::default();
        bench.start().sent();
        let long = format!("./Vendor/cfg/{}", "x".repeat(120));
        let message = Msg::new(1)
            .hdr(200)
            .get("./Vendor/nowhere")
            .replace("./Vendor/cfg/apn", "x")
            .delete(&long)
            .replace("./Vendor/Locked", "x")
            .command("Put", "");
        bench.receive(&message.finish()).sent();
        bench.receive(&Msg::new(2).hdr(200).finish()).done();
    });
    let long = "x".repeat(64 - "./Vendor/cfg/".len());
    assert_eq!(
        lines,
        [
            "INFO session 1 with srv begins, DM 1.2",
            "WARN Get ./Vendor/nowhere is refused with 404, no such node (PRO-C-062)",
            &format!(
                "WARN Delete ./Vendor/cfg/{long} is refused with 414, the URI exceeds a published limit, limit 127 (PRO-C-141)"
            ),
            "WARN Replace ./Vendor/Locked is refused with 425, the ACL does not grant the command (PRO-C-142)",
            "WARN Put as a whole is refused with 501 (PRO-C-138)",
            "INFO session 1 ends: Closed; 1 commands executed, 4 refused",
        ]
    );
}

#[test]
fn failed_proofs_make_a_line_each() {
    let setup = Setup {
        client: Some(CLIENT),
        server: Some(SERVER),
        server_auth: "required",
        ..Setup::default()
    };
    let lines = told(|| {
        let mut bench = Bench::new(setup);
        bench.start().sent();
        let message = Msg::new(1).hdr(200).get("./DevInfo/Man");
        bench.receive(&message.finish()).sent();
        let refusal = Msg::new(2).hdr_chal(401, "syncml:auth-md5", Some(b"nonce"));
        bench.receive(&refusal.finish());
    });
    assert_eq!(
        lines[1..3],
        [
            "WARN the server srv is not proved by its message: 407",
            "WARN Get as a whole is refused with 407 (SEC-C-016)",
        ]
    );
    assert_eq!(
        lines[3..5],
        [
            "WARN the server srv is not proved by its message: 407",
            "WARN the server srv refuses the credentials of this device: 401",
        ]
    );
}

/// SEC-C-034, SEC-C-044: whatever scheme is spoken, also with values that were replaced, with commands that are refused, and with
/// credentials that fail.
#[test]
fn no_secret_nonce_or_value_is_ever_told() {
    let schemes = [
        ("BASIC", "basic"),
        ("DIGEST", "md5"),
        ("SHA256", "sha256"),
        ("HMAC", "mac"),
        ("HMAC-SHA256", "mac-sha256"),
    ];
    for (kind, scheme) in schemes {
        for proof in ["", "proof = \"wrong\"", "proof = \"none\""] {
            let text = format!(
                "[server]\nid = \"srv\"\nsecret = \"server-sesame\"\nauth = \"{scheme}\"\n\
                 nonces = [\"AAECAwQFBgcICQoLDA0ODw==\"]\n\
                 [[device]]\nuser = \"dev\"\nsecret = \"device-sesame\"\nauth = \"{scheme}\"\n\
                 [[package]]\n{proof}\nops = [ {{ get = \"./DMAcc/a/AppAuth/c/AAuthSecret\", expect = 405 }},\
                 {{ replace = \"./DMAcc/a/AppAuth/c/AAuthSecret\", value = \"new-sesame\", expect = 425 }},\
                 {{ replace = \"./Vendor/cfg/none\", value = \"new-sesame\", expect = 404 }},\
                 {{ exec = \"./Vendor/Reboot\", value = \"new-sesame\" }} ]\n"
            );
            let mut server = Sessions::new(Config::parse(&text).unwrap());
            let cred = |name, secret| Cred {
                kind,
                name,
                secret,
                nonce: b"sesame-nonce",
            };
            let mut bench = Bench::new(Setup {
                encoding: Encoding::Wbxml,
                client: Some(cred("dev", "device-sesame")),
                server: Some(cred("srv", "server-sesame")),
                server_auth: "required",
                secured: true,
                ..Setup::default()
            });
            let mut sent_octets = Vec::new();
            let lines = told(|| {
                let mut out = bench.start();
                while let Out::Sent(sent) = out {
                    bench.random = [bench.random[0].wrapping_add(1); 16];
                    sent_octets.push(bench.random);
                    let reply = server.handle_request(&Request {
                        body: &sent.body,
                        content_type: Encoding::Wbxml.content_type(),
                        path: None,
                        hmac: sent.hmac.as_deref(),
                    });
                    out = bench.receive_sealed(&reply.body, reply.hmac.as_deref());
                }
                assert!(matches!(out.done().end, End::Closed | End::Failed(_)));
            });
            assert!(lines.len() > 1, "{lines:?}");
            let all = lines.join("\n");
            let mut never: Vec<String> = ["sesame", "AAECAwQF", "Man", "Maker"]
                .map(str::to_owned)
                .into();
            never.push(b64(b"dev:device-sesame"));
            never.push(md5_cred("dev", "device-sesame", b"sesame-nonce"));
            never.extend(sent_octets.iter().map(|nonce| b64(nonce)));
            never.push(format!("{:?}", [0, 1, 2, 3]).replace(['[', ']'], ""));
            for text in never {
                assert!(!all.contains(&text), "{kind} {proof}: `{text}` in\n{all}");
            }
        }
    }
}

/// NOT-C-005, BOOT-C-015: nobody hears of a notification or a bootstrap that is refused but the logger, and that hears no secret.
#[test]
fn a_refused_notification_and_a_refused_bootstrap_make_a_line_each() {
    const NOTIFICATION: &str =
        "35F4951F2611F6137E0822633437DD48 02D8000000001F0E646D2E6578616D706C652E6F7267";
    /// A document that breaks off.
    const BROKEN: &[u8] = &[0x03, 0x0B, 0x6A, 0x00, 0xC5];
    let mut right = hex(NOTIFICATION);
    let mut forged = right.clone();
    forged[0] ^= 1;
    let stranger = Signed {
        server: "stranger",
        secret: "sesame-1",
        nonce: b"sesame-2",
    };
    let stranger = stranger.md5(&[2, 0xD8, 0, 0, 0, 0, 0x1F, 3, b'x', b'y', b'z']);
    let lines = told(|| {
        let mut phone = Phone::new();
        assert!(phone.told(&right[..9]).is_err());
        assert!(phone.told(&forged).is_err());
        assert!(phone.told(&stranger).is_err());
        assert!(phone.told(&right).is_ok());
        assert!(phone.told(&right).is_err());
        right[17] = 0;
        assert!(phone.told(&right).is_err());
    });
    assert_eq!(
        lines,
        [
            "WARN a notification is rejected: it is malformed",
            "WARN a notification is rejected: its digest is wrong",
            "WARN a notification is rejected: the server has no account",
            "WARN a notification is rejected: it was accepted before",
            "WARN a notification is rejected: its version is 0.8",
        ]
    );
    let mut phone = Phone::new();
    let mut policy = BootstrapPolicy::DEFAULT;
    let open =
        |bytes, origin, policy| Bootstrap::open(Profile::Provisioning, bytes, origin, policy);
    let lines = told(|| {
        let origin = Origin::Push {
            sec: Some(Sec::UserPin),
            mac: &[b'0'; 40],
        };
        assert!(open(BROKEN, origin, policy).is_err());
        policy.push = true;
        let mut pushed = open(BROKEN, origin, policy).unwrap();
        assert!(pushed.prove(&[], b"2468").is_err());
        let tree = &mut phone.tree;
        assert!(pushed.apply(tree, &mut [], &mut |_| {}).is_err());
        let given = open(BROKEN, Origin::Factory, policy).unwrap();
        assert!(given.changes(tree, &mut [], &mut |_| {}).is_err());
        assert!(given.apply(tree, &mut [], &mut |_| {}).is_err());
    });
    assert_eq!(
        lines,
        [
            "WARN a bootstrap is refused: the policy takes no such document",
            "WARN a bootstrap is refused: the MAC is wrong; tries left: 2",
            "WARN a bootstrap is refused: nothing proves the document",
            "WARN a bootstrap is refused: unexpected end of document at octet 5",
            "WARN a bootstrap is refused: unexpected end of document at octet 5",
        ]
    );
}
