//! Security chapters 2 to 5: who is believed, for how long, and what a forger must not get.

#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "tests"
)]

use dm_core::{Moment, Peer, Received, Step};
use dm_tests::{
    Bench, CLIENT, Cred, Msg, Out, SERVER, Sent, Setup, b64, mac_header, md5_cred, to_xml,
};

const BASIC: &str = "syncml:auth-basic";
const MD5: &str = "syncml:auth-md5";
const MAC: &str = "syncml:auth-MAC";

fn setup() -> Setup {
    Setup {
        client: Some(CLIENT),
        server: Some(SERVER),
        server_auth: "required",
        secured: false,
        ..Setup::default()
    }
}

fn srv_cred(nonce: &[u8]) -> String {
    md5_cred(SERVER.name, SERVER.secret, nonce)
}

/// Hands over a message that came from `peer`; gives the client's message, if it has one.
fn receive_from(bench: &mut Bench, xml: &str, peer: Peer<'_>) -> Option<Sent> {
    let space = bench.client.rx_space();
    space[..xml.len()].copy_from_slice(xml.as_bytes());
    let got = Received {
        len: xml.len(),
        content_type: "",
        hmac: None,
        peer,
    };
    let now = Moment {
        ms: 0,
        utc: None,
        random: bench.random,
    };
    match bench.client.receive(&mut bench.tree, got, &now).unwrap() {
        Step::Send(request) => Some(Sent {
            uri: request.uri.to_owned(),
            hmac: request.hmac.map(str::to_owned),
            body: request.body.to_vec(),
            xml: if request.body.first() == Some(&2) {
                to_xml(request.body)
            } else {
                String::from_utf8(request.body.to_vec()).unwrap()
            },
            size: request.body.len(),
        }),
        _ => None,
    }
}

fn is_challenged(sent: &Sent) -> bool {
    matches!(sent.hdr_code(), 401 | 407)
}

/// SEC-C-002, SEC-C-016: a RespURI of nobody in particular does not make its host the server of the account.
#[test]
fn the_transports_word_for_another_host_proves_nothing() {
    let mut bench = Bench::new(Setup {
        client: Some(CLIENT),
        server: Some(SERVER),
        ..Setup::default()
    });
    bench.start().sent();
    // Anyone on the way may say this: the first exchange is plain HTTP.
    let refusal = Msg::new(1)
        .header("<RespURI>https://evil.test/</RespURI>")
        .hdr_chal(407, MD5, Some(b"n"))
        .finish();
    let Some(_) = receive_from(&mut bench, &refusal, Peer::Plain) else {
        return;
    };
    let message = Msg::new(2)
        .hdr(200)
        .replace("./Vendor/cfg/apn", "evil")
        .finish();
    let _ = receive_from(&mut bench, &message, Peer::Secured { name: "evil.test" });
    assert_eq!(bench.text("./Vendor/cfg/apn"), "before");
}

/// Security chapter 2: an answer of another type than the one asked for ends the session, even when it is correct. Else
/// whoever changes the challenge on its way (MAC to md5) takes the seals off the whole session.
#[test]
fn a_server_that_has_to_seal_is_not_believed_for_a_digest() {
    let mut bench = Bench::new(Setup {
        server: Some(Cred {
            kind: "HMAC",
            ..SERVER
        }),
        ..setup()
    });
    bench.start().sent();
    bench.random = *b"challenge-nonce!";
    let first = Msg::new(1).hdr(212).get("./DevInfo/Man").finish();
    let sent = bench.receive(&first).sent();
    assert!(sent.xml.contains(MAC));
    let message = Msg::new(2)
        .cred(MD5, &srv_cred(b"challenge-nonce!"))
        .hdr(200)
        .replace("./Vendor/cfg/apn", "new");
    bench.receive(&message.finish());
    assert_eq!(bench.text("./Vendor/cfg/apn"), "before");
}

/// SEC-C-016: a server whose later proof fails has to prove itself again; leaving the Cred out is no proof.
#[test]
fn a_failed_proof_ends_the_belief_in_an_earlier_one() {
    let mut bench = Bench::new(Setup {
        secured: true,
        ..setup()
    });
    bench.start().sent();
    let message = Msg::new(1)
        .cred(MD5, &srv_cred(SERVER.nonce))
        .hdr(212)
        .get("./DevInfo/Man");
    bench.receive(&message.finish()).sent();
    let message = Msg::new(2)
        .cred(MD5, &srv_cred(b"wrong"))
        .hdr(200)
        .get("./DevInfo/Man");
    assert_eq!(bench.receive(&message.finish()).sent().hdr_code(), 401);
    let message = Msg::new(3).hdr(200).replace("./Vendor/cfg/apn", "new");
    if let Out::Sent(sent) = bench.receive(&message.finish()) {
        assert!(is_challenged(&sent), "{}", sent.xml);
    }
    assert_eq!(bench.text("./Vendor/cfg/apn"), "before");
}

/// SEC-C-016: a refusal by somebody who failed the proof does not get the answers again, least of all at an
/// address that it names itself.
#[test]
fn answers_are_not_repeated_for_a_server_that_fails_its_proof() {
    let mut bench = Bench::new(setup());
    bench.start().sent();
    let message = Msg::new(1)
        .cred(MD5, &srv_cred(SERVER.nonce))
        .hdr(200)
        .get("./DevInfo/Man");
    assert_eq!(bench.receive(&message.finish()).sent().result(), "Maker");
    let refusal = Msg::new(2)
        .cred(MD5, &srv_cred(b"wrong"))
        .header("<RespURI>http://evil.test/</RespURI>")
        .hdr_chal(401, MD5, Some(b"n"));
    if let Out::Sent(sent) = bench.receive(&refusal.finish()) {
        assert_eq!(sent.results(), [], "to {}", sent.uri);
    }
}

/// The same where the transport was the proof, and is none any more.
#[test]
fn answers_are_not_repeated_over_a_transport_that_proves_nothing() {
    let mut bench = Bench::new(Setup {
        client: Some(CLIENT),
        ..Setup::default()
    });
    bench.start().sent();
    let message = Msg::new(1).hdr(200).get("./DevInfo/Man").finish();
    let secured = Peer::Secured { name: "dm.test" };
    let sent = receive_from(&mut bench, &message, secured).unwrap();
    assert_eq!(sent.result(), "Maker");
    let refusal = Msg::new(2).hdr_chal(401, MD5, Some(b"n")).finish();
    if let Some(sent) = receive_from(&mut bench, &refusal, Peer::Plain) {
        assert_eq!(sent.results(), []);
    }
}

/// SEC-C-015: what goes to a server that is not believed holds nothing but Statuses, also when its package goes on.
#[test]
fn a_refusal_holds_nothing_but_statuses() {
    let mut bench = Bench::new(setup());
    bench.start().sent();
    let sent = bench
        .receive(&Msg::new(1).hdr(212).get("./DevInfo/Man").more())
        .sent();
    assert_eq!(sent.codes(), [407]);
    let only = |part: &String| part == "Status" || part == "Final";
    assert!(sent.parts().iter().all(only), "{:?}", sent.parts());
}

/// SEC-C-015, and protocol chapter 5.1, rule 14: an object that was coming in is not talked about to a forger.
#[test]
fn a_refusal_does_not_tell_of_an_object_that_was_coming_in() {
    let mut bench = Bench::new(Setup {
        objects: (2048, 2000),
        ..setup()
    });
    bench.start().sent();
    let chunk = "<Item><Target><LocURI>./Vendor/cfg/apn</LocURI></Target><Meta>\
        <Size xmlns=\"syncml:metinf\">99</Size></Meta><Data>part</Data><MoreData/></Item>";
    let message = Msg::new(1)
        .cred(MD5, &srv_cred(SERVER.nonce))
        .hdr(200)
        .command("Replace", chunk);
    assert_eq!(bench.receive(&message.more()).sent().codes(), [213]);
    let message = Msg::new(2)
        .cred(MD5, &srv_cred(b"wrong"))
        .hdr(200)
        .get("./DevInfo/Man");
    if let Out::Sent(sent) = bench.receive(&message.finish()) {
        let only = |part: &String| part == "Status" || part == "Final";
        assert!(sent.parts().iter().all(only), "{}", sent.xml);
    }
}

/// SEC-C-021 and security chapter 5: a nonce is stored only when the very message that carried it was proved.
#[test]
fn a_forged_nonce_is_never_stored() {
    let mut bench = Bench::new(setup());
    bench.start().sent();
    let forged = Msg::new(1)
        .hdr_chal(212, MD5, Some(b"forged"))
        .get("./DevInfo/Man");
    assert_eq!(bench.receive(&forged.finish()).sent().hdr_code(), 407);
    let message = Msg::new(2)
        .cred(MD5, &srv_cred(b"abcdefghijklmnop"))
        .hdr(200)
        .get("./DevInfo/Man");
    assert_eq!(bench.receive(&message.finish()).sent().codes(), [200]);
    assert_eq!(
        bench.value("./DMAcc/a/AppAuth/c/AAuthData").unwrap(),
        CLIENT.nonce
    );
}

/// Security chapter 4: with 212 the NextNonce is for the next session. A server that sends its Cred with every
/// message uses the nonce of this one throughout.
#[test]
fn a_server_may_send_the_same_credentials_again() {
    let mut bench = Bench::new(Setup {
        secured: true,
        ..setup()
    });
    bench.start().sent();
    bench.random = *b"challenge-nonce!";
    bench
        .receive(&Msg::new(1).hdr(212).get("./DevInfo/Man").finish())
        .sent();
    for n in 2..5 {
        bench.random = [b'0' + n as u8; 16];
        let message = Msg::new(n)
            .cred(MD5, &srv_cred(b"challenge-nonce!"))
            .hdr(200)
            .get("./DevInfo/Man");
        let sent = bench.receive(&message.finish()).sent();
        assert_eq!((sent.hdr_code(), sent.codes()), (212, vec![200]), "{n}");
    }
}

/// SEC-C-030: also where the credentials were not needed before they were replaced.
#[test]
fn replaced_server_credentials_count_from_the_next_session() {
    let mut bench = Bench::new(Setup {
        server: Some(SERVER),
        ..Setup::default()
    });
    bench
        .tree
        .factory()
        .acl("./DMAcc/a", "Add=*&Get=*&Replace=*")
        .unwrap();
    bench.start().sent();
    let message = Msg::new(1)
        .hdr(200)
        .replace("./DMAcc/a/AppAuth/s/AAuthSecret", "newer");
    assert_eq!(bench.receive(&message.finish()).sent().codes(), [200]);
    let message = Msg::new(2)
        .cred(MD5, &srv_cred(SERVER.nonce))
        .hdr(200)
        .get("./DevInfo/Man");
    assert_eq!(bench.receive(&message.finish()).sent().hdr_code(), 212);
}

/// SEC-C-030: a Cred of another type in between does not make the client read the account again.
#[test]
fn a_cred_of_another_type_does_not_bring_the_new_secret_in() {
    let mut bench = Bench::new(Setup {
        server: Some(SERVER),
        ..Setup::default()
    });
    bench
        .tree
        .factory()
        .acl("./DMAcc/a", "Add=*&Get=*&Replace=*")
        .unwrap();
    bench.start().sent();
    let message = Msg::new(1)
        .cred(MD5, &srv_cred(SERVER.nonce))
        .hdr(200)
        .replace("./DMAcc/a/AppAuth/s/AAuthSecret", "newer");
    assert_eq!(bench.receive(&message.finish()).sent().codes(), [200]);
    let message = Msg::new(2)
        .cred(BASIC, &b64(b"a:b"))
        .hdr(200)
        .get("./DevInfo/Man");
    bench.receive(&message.finish()).sent();
    let with_new = md5_cred(SERVER.name, "newer", SERVER.nonce);
    let message = Msg::new(3)
        .cred(MD5, &with_new)
        .hdr(200)
        .get("./DevInfo/Man");
    if let Out::Sent(sent) = bench.receive(&message.finish()) {
        assert!(is_challenged(&sent), "the new secret counts already");
    }
}

/// SEC-C-030: credentials that the account has only since this session are not asked for in it.
#[test]
fn added_server_credentials_count_from_the_next_session() {
    let mut bench = Bench::default();
    bench
        .tree
        .factory()
        .acl("./DMAcc/a", "Add=*&Get=*&Replace=*")
        .unwrap();
    bench.start().sent();
    let cred = srv_cred(b"x");
    let message = Msg::new(1)
        .cred(MD5, &cred)
        .hdr(200)
        .add("./DMAcc/a/AppAuth/n", "node", "")
        .add("./DMAcc/a/AppAuth/n/AAuthLevel", "chr", "SRVCRED")
        .add("./DMAcc/a/AppAuth/n/AAuthType", "chr", "DIGEST")
        .add("./DMAcc/a/AppAuth/n/AAuthSecret", "chr", "newer");
    assert_eq!(bench.receive(&message.finish()).sent().codes(), [200; 4]);
    let message = Msg::new(2).cred(MD5, &cred).hdr(200).get("./DevInfo/Man");
    assert_eq!(bench.receive(&message.finish()).sent().codes(), [200]);
    bench.receive(&Msg::new(3).hdr(200).finish()).done();
    bench.start().sent();
    let message = Msg::new(1).cred(MD5, &cred).hdr(200).get("./DevInfo/Man");
    assert!(is_challenged(&bench.receive(&message.finish()).sent()));
}

/// SEC-C-012, SEC-C-030: an account that a server removes ends with the session, not in it.
#[test]
fn a_removed_account_is_good_to_the_end_of_the_session() {
    let mut bench = Bench::new(setup());
    bench
        .tree
        .factory()
        .acl("./DMAcc/a", "Add=*&Delete=*&Get=*&Replace=*")
        .unwrap();
    bench.start().sent();
    bench.random = [1; 16];
    let message = Msg::new(1)
        .cred(MD5, &srv_cred(SERVER.nonce))
        .hdr_chal(200, MD5, Some(b"one"))
        .delete("./DMAcc/a");
    assert_eq!(bench.receive(&message.finish()).sent().codes(), [200]);
    let message = Msg::new(2)
        .cred(MD5, &srv_cred(&[1; 16]))
        .hdr_chal(200, MD5, Some(b"two"))
        .get("./DevInfo/Man");
    let sent = bench.receive(&message.finish()).sent();
    assert_eq!(sent.codes(), [200]);
    assert_eq!(
        sent.header("Cred/Data").unwrap(),
        md5_cred(CLIENT.name, CLIENT.secret, b"two")
    );
    let message = Msg::new(3).cred(MD5, &srv_cred(&[1; 16])).hdr(200);
    assert!(bench.receive(&message.finish()).done().is_ok());
}

/// Security chapter 4.2: where the transport is enough and the account has nothing to check a Cred with, it is passed over.
#[test]
fn a_cred_that_nobody_asked_for_does_no_harm() {
    let mut bench = Bench::default();
    bench.start().sent();
    let message = Msg::new(1)
        .cred(MD5, &srv_cred(b"x"))
        .hdr(200)
        .get("./DevInfo/Man");
    assert_eq!(bench.receive(&message.finish()).sent().codes(), [200]);
}

/// Security chapter 3.1 (choice): a password goes over TLS only. Whoever answers in the server's place could ask for it.
#[test]
fn a_password_is_not_shown_on_a_plain_transport() {
    let mut bench = Bench::new(Setup {
        client: Some(CLIENT),
        pref: Some("DIGEST"),
        secured: false,
        ..Setup::default()
    });
    for (leaf, value) in [
        ("AAuthLevel", "CLCRED"),
        ("AAuthType", "BASIC"),
        ("AAuthName", "dev"),
        ("AAuthSecret", "password"),
        ("AAuthData", ""),
    ] {
        let uri = format!("./DMAcc/a/AppAuth/b/{leaf}");
        bench.tree.factory().set(&uri, value.as_bytes()).unwrap();
    }
    assert_eq!(bench.start().sent().header("Cred/Meta/Type").unwrap(), MD5);
    if let Out::Sent(sent) = bench.receive(&Msg::new(1).hdr_chal(401, BASIC, None).finish()) {
        assert!(!sent.xml.contains(&b64(b"dev:password")), "{}", sent.xml);
    }
}

fn sealing() -> Setup {
    Setup {
        client: Some(Cred {
            kind: "HMAC",
            ..CLIENT
        }),
        server: Some(Cred {
            kind: "HMAC",
            ..SERVER
        }),
        ..setup()
    }
}

fn receive_sealed(bench: &mut Bench, xml: &str, nonce: &[u8]) -> Out {
    let header = mac_header(SERVER.name, SERVER.secret, nonce, xml.as_bytes());
    bench.receive_sealed(xml.as_bytes(), Some(&header))
}

/// SEC-C-024, SEC-C-025: the repetition of a refused message answers a sealed one too, and so brings the next nonce.
#[test]
fn a_repeated_message_brings_the_nonce_of_the_next_seal() {
    let mut bench = Bench::new(sealing());
    bench.start().sent();
    bench.random = [1; 16];
    let message = Msg::new(1)
        .hdr_chal(200, MAC, Some(b"n1"))
        .get("./DevInfo/Man");
    receive_sealed(&mut bench, &message.finish(), SERVER.nonce).sent();
    bench.random = [2; 16];
    let refusal = Msg::new(2).hdr_chal(401, MAC, Some(b"n2")).finish();
    let sent = receive_sealed(&mut bench, &refusal, &[1; 16]).sent();
    // The first Status is the one for the refusal.
    assert_eq!(sent.find("NextNonce").unwrap(), b64(&[2; 16]));
    let message = Msg::new(3)
        .hdr_chal(200, MAC, Some(b"n3"))
        .replace("./Vendor/cfg/apn", "replayed");
    receive_sealed(&mut bench, &message.finish(), &[1; 16]);
    assert_eq!(
        bench.text("./Vendor/cfg/apn"),
        "before",
        "a nonce is good for one message"
    );
}

/// SEC-C-025: a sealed message that was executed is not believed once more in the next session.
#[test]
fn a_sealed_message_is_not_believed_in_two_sessions() {
    let mut bench = Bench::new(sealing());
    bench.notified("srv", 1).sent();
    let message = Msg::new(1)
        .hdr_chal(200, MAC, Some(b"n1"))
        .exec("./Vendor/Reboot")
        .finish();
    receive_sealed(&mut bench, &message, SERVER.nonce).sent();
    assert_eq!(bench.probe.execs.get(), 1);
    // The client's answer is held back, and the device notified again.
    bench.failed(dm_core::Failure::Timeout).done();
    bench.notified("srv", 1).sent();
    receive_sealed(&mut bench, &message, SERVER.nonce);
    assert_eq!(bench.probe.execs.get(), 1);
}

/// SEC-C-025, SEC-C-027: a server that accepts a seal without naming the next nonce breaks the rules of the scheme; no nonce
/// seals two messages.
#[test]
fn no_nonce_seals_two_messages_of_the_client() {
    let mut bench = Bench::new(sealing());
    let first = bench.start().sent();
    let message = Msg::new(1).hdr(200).get("./DevInfo/Man").finish();
    if let Out::Sent(sent) = receive_sealed(&mut bench, &message, SERVER.nonce) {
        let again = mac_header(CLIENT.name, CLIENT.secret, CLIENT.nonce, &sent.body);
        assert_ne!(sent.hmac.as_deref(), Some(again.as_str()));
        assert_ne!(sent.hmac, first.hmac);
    }
}

/// SEC-C-026, SEC-C-027: once one side seals, both do.
#[test]
fn a_server_that_asked_for_seals_has_to_seal() {
    let mut bench = Bench::new(setup());
    bench.start().sent();
    let sent = bench
        .receive(&Msg::new(1).hdr_chal(401, MAC, Some(b"n1")).finish())
        .sent();
    assert!(sent.hmac.is_some());
    let message = Msg::new(2)
        .cred(MD5, &srv_cred(SERVER.nonce))
        .hdr_chal(200, MAC, Some(b"n2"))
        .replace("./Vendor/cfg/apn", "new");
    bench.receive(&message.finish());
    assert_eq!(bench.text("./Vendor/cfg/apn"), "before");
}
