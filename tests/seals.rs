//! Security chapters 3.3 and 6: messages sealed by the `x-syncml-hmac` header.

#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "tests"
)]

use dm_core::{End, Error, ServerFault};
use dm_tests::{Bench, Cred, Msg, Out, Setup, b64, mac_header};

const NONCE: &[u8] = b"nonce-of-client!";
const CLIENT: Cred = Cred {
    kind: "HMAC",
    name: "dev",
    secret: "dev-secret",
    nonce: NONCE,
};
const SERVER: Cred = Cred {
    kind: "HMAC",
    name: "srv-user",
    secret: "srv-secret",
    nonce: b"nonce-of-server!",
};

fn fault(out: Out) -> ServerFault {
    match out.done().end {
        End::Failed(Error::Server(fault)) => fault,
        other => panic!("{other:?}"),
    }
}

const MAC: &str = "syncml:auth-MAC";

fn sealing() -> Setup {
    Setup {
        client: Some(CLIENT),
        server: Some(SERVER),
        server_auth: "required",
        secured: false,
        ..Setup::default()
    }
}

/// A sealed message of the server.
fn receive(bench: &mut Bench, message: Msg, nonce: &[u8]) -> Out {
    let xml = message.finish();
    let header = mac_header(SERVER.name, SERVER.secret, nonce, xml.as_bytes());
    bench.receive_sealed(xml.as_bytes(), Some(&header))
}

/// BIND-C-013, SEC-C-006, SEC-C-022, SEC-C-023, SEC-C-024, SEC-C-025, SEC-C-028: every message is sealed, both ways, each with a
/// nonce of its own.
#[test]
fn sealed_sessions_are_sealed_throughout() {
    let mut bench = Bench::new(sealing());
    let mut nonce = NONCE.to_vec();
    let mut server_nonce = SERVER.nonce.to_vec();
    let mut sent = bench.start().sent();
    for n in 1..4 {
        let expected = mac_header("dev", "dev-secret", &nonce, &sent.body);
        assert_eq!(sent.hmac.as_deref(), Some(expected.as_str()));
        assert_eq!(sent.header("Cred/Data"), None);
        assert_eq!(sent.header("Source/LocName").unwrap(), "dev");
        nonce = format!("client-nonce-{n}").into_bytes();
        bench.random = [n as u8; 16];
        let message = Msg::new(n)
            .hdr_chal(200, MAC, Some(&nonce))
            .get("./DevInfo/Man");
        sent = receive(&mut bench, message, &server_nonce).sent();
        assert_eq!((sent.hdr_code(), sent.codes()), (200, vec![200]));
        assert_eq!(sent.find("NextNonce").unwrap(), b64(&[n as u8; 16]));
        assert!(sent.xml.contains(MAC));
        server_nonce = vec![n as u8; 16];
    }
    let message = Msg::new(4).hdr_chal(200, MAC, Some(b"for the next one"));
    receive(&mut bench, message, &server_nonce).done();
    // Both sides know the nonces of the next session.
    assert_eq!(
        bench.value("./DMAcc/a/AppAuth/c/AAuthData").unwrap(),
        b"for the next one"
    );
    assert_eq!(
        bench.value("./DMAcc/a/AppAuth/s/AAuthData").unwrap(),
        server_nonce
    );
}

/// SEC-C-026, SEC-C-015: before seals are in force a wrong or missing one is challenged, and nothing is executed.
#[test]
fn a_message_without_a_right_seal_is_challenged() {
    for (nonce, code) in [(None, 407), (Some(&b"stale"[..]), 401)] {
        let mut bench = Bench::new(sealing());
        bench.start().sent();
        bench.random = *b"challenge-nonce!";
        let message = |n: u32| {
            Msg::new(n)
                .hdr_chal(200, MAC, Some(b"n"))
                .replace("./Vendor/cfg/apn", "new")
        };
        let out = match nonce {
            Some(nonce) => receive(&mut bench, message(1), nonce),
            None => bench.receive(&message(1).finish()),
        };
        let sent = out.sent();
        assert_eq!((sent.hdr_code(), sent.codes()), (code, vec![code]));
        assert_eq!(sent.find("NextNonce").unwrap(), b64(b"challenge-nonce!"));
        assert_eq!(bench.text("./Vendor/cfg/apn"), "before");
        let sent = receive(&mut bench, message(2), b"challenge-nonce!").sent();
        assert_eq!((sent.hdr_code(), sent.codes()), (200, vec![200]));
        assert_eq!(bench.text("./Vendor/cfg/apn"), "new");
    }
}

/// BIND-C-014, SEC-C-026, SEC-C-027: once in force, a message that is not sealed, changed on its way, or sealed with an old nonce ends
/// the session.
#[test]
fn a_broken_seal_ends_the_session() {
    for case in 0..4 {
        let mut bench = Bench::new(sealing());
        bench.start().sent();
        let message = Msg::new(1)
            .hdr_chal(200, MAC, Some(b"n"))
            .get("./DevInfo/Man");
        receive(&mut bench, message, SERVER.nonce).sent();
        let xml = Msg::new(2)
            .hdr_chal(200, MAC, Some(b"n2"))
            .replace("./Vendor/cfg/apn", "new")
            .finish();
        let seal = |nonce: &[u8]| mac_header(SERVER.name, SERVER.secret, nonce, xml.as_bytes());
        let right = seal(b"abcdefghijklmnop");
        let out = match case {
            0 => bench.receive_sealed(xml.as_bytes(), None),
            1 => bench.receive_sealed(xml.replace("new", "bad").as_bytes(), Some(&right)),
            2 => bench.receive_sealed(xml.as_bytes(), Some(&seal(SERVER.nonce))),
            _ => {
                let out = bench.receive_sealed(xml.as_bytes(), Some(&right));
                assert_eq!(out.sent().codes(), [200]);
                continue;
            }
        };
        assert_eq!(fault(out), ServerFault::NotAuthenticated);
        assert_eq!(bench.text("./Vendor/cfg/apn"), "before");
    }
}

/// SEC-C-008: a challenge for a seal is answered with one.
#[test]
fn a_challenge_for_a_seal_is_met() {
    let mut bench = Bench::new(Setup {
        client: Some(Cred {
            kind: "DIGEST",
            ..CLIENT
        }),
        ..Setup::default()
    });
    bench.start().sent();
    let sent = bench
        .receive(&Msg::new(1).hdr_chal(401, MAC, Some(b"fresh")).finish())
        .sent();
    assert_eq!(sent.header("Cred/Data"), None);
    let expected = mac_header("dev", "dev-secret", b"fresh", &sent.body);
    assert_eq!(sent.hmac.as_deref(), Some(expected.as_str()));
    // 212 makes no difference: the next message is sealed too.
    let message = Msg::new(2)
        .hdr_chal(212, MAC, Some(b"more"))
        .get("./DevInfo/Man");
    let sent = bench.receive(&message.finish()).sent();
    let expected = mac_header("dev", "dev-secret", b"more", &sent.body);
    assert_eq!(sent.hmac.as_deref(), Some(expected.as_str()));
    // And a message that is refused later is repeated with a seal of its own.
    let sent = bench
        .receive(&Msg::new(3).hdr_chal(401, MAC, Some(b"again")).finish())
        .sent();
    let expected = mac_header("dev", "dev-secret", b"again", &sent.body);
    assert_eq!(sent.hmac.as_deref(), Some(expected.as_str()));
    assert_eq!(sent.result(), "Maker");
}
