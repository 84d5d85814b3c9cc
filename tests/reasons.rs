//! Why commands were refused, as the device itself is told.

#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "tests"
)]

use dm_core::{Client, Encoding, Memory, Moment, Peer, Received, Refusal, Step, Trigger};
use dm_tests::{Bench, Cred, Msg, Setup};
use dm_tree::Reason;

/// A session of one package on the tree of a bench, with a list of `N` places.
fn session<const N: usize>(setup: Setup, message: Msg) -> Vec<Refusal> {
    let mut bench = Bench::new(setup);
    let (mut rx, mut tx, mut work) = ([0; 8192], [0; 8192], [0; 1024]);
    let memory = Memory {
        rx: &mut rx,
        tx: &mut tx,
        work: &mut work,
    };
    let mut list = [const { Refusal::EMPTY }; N];
    let mut client = Client::new(memory, Encoding::Xml)
        .unwrap()
        .with_refusals(&mut list);
    let now = Moment {
        ms: 0,
        utc: None,
        random: [1; 16],
    };
    let trigger = Trigger::Client {
        server_id: None,
        session_id: Some(1),
    };
    client.start(&mut bench.tree, trigger, &now).unwrap();
    assert!(client.refusals().is_empty());
    let mut receive = |client: &mut Client<'_>, xml: String| {
        client.rx_space()[..xml.len()].copy_from_slice(xml.as_bytes());
        let got = Received {
            len: xml.len(),
            content_type: "",
            hmac: None,
            peer: Peer::Secured { name: "dm.test" },
        };
        let step = client.receive(&mut bench.tree, got, &now).unwrap();
        matches!(step, Step::Done(_))
    };
    assert!(!receive(&mut client, message.finish()));
    receive(&mut client, Msg::new(2).hdr(200).finish());
    // The list outlives the session, and begins anew with the next.
    let refusals = client.refusals().to_vec();
    client.start(&mut bench.tree, trigger, &now).unwrap();
    assert!(client.refusals().is_empty());
    refusals
}

/// Every refusal has command, address, status, cause and, where there is one, the requirement behind it; what was done has none.
#[test]
fn refusals_tell_their_cause() {
    let long = format!("./{}", "x".repeat(200));
    let message = Msg::new(1)
        .hdr(200)
        .get("./DevInfo/Man")
        .get("./Nowhere")
        .replace("./Vendor/Locked", "x")
        .add("./Vendor/cfg/apn", "chr", "x")
        .get(&long)
        .get("./DevInfo/Man?prop=None")
        .delete("./DevInfo")
        .command("Search", "")
        .replace_as("./App/Rate", "int", "many");
    let refusals = session::<16>(Setup::default(), message);
    let found: Vec<_> = refusals
        .iter()
        .map(|it| (it.command(), it.code(), it.reason(), it.rule()))
        .collect();
    assert_eq!(
        found,
        [
            ("Get", 404, Some(Reason::NoSuchNode), "PRO-C-062"),
            ("Replace", 425, Some(Reason::Acl), "PRO-C-142"),
            ("Add", 418, Some(Reason::Exists), "PRO-C-040"),
            ("Get", 414, Some(Reason::UriTooLong), "PRO-C-141"),
            ("Get", 406, Some(Reason::Query), "PRO-C-065"),
            ("Delete", 405, Some(Reason::Permanent), "PRO-C-055"),
            ("Search", 501, None, "PRO-C-138"),
            ("Replace", 500, Some(Reason::Value), ""),
        ]
    );
    assert_eq!(refusals[0].uri(), b"./Nowhere");
    assert_eq!(refusals[3].uri(), &long.as_bytes()[..64]);
    assert_eq!(refusals[6].uri(), b"");
}

/// PRO-C-059: where objects in parts are not taken it is no handler that refuses them.
#[cfg(not(feature = "large-object"))]
#[test]
fn parts_are_refused_for_what_they_are() {
    let part = |more| {
        format!(
            "<Item><Target><LocURI>./Vendor/cfg/apn</LocURI></Target>\
             <Meta><Size xmlns=\"syncml:metinf\">2</Size></Meta><Data>x</Data>{more}</Item>"
        )
    };
    let message = Msg::new(1)
        .hdr(200)
        .command("Replace", &part("<MoreData/>"))
        .command("Replace", &part(""));
    let refusals = session::<16>(Setup::default(), message);
    assert_eq!(refusals.len(), 2);
    for refusal in refusals {
        assert_eq!((refusal.reason(), refusal.rule()), (None, "PRO-C-059"));
    }
}

/// A list that is full keeps the first.
#[test]
fn the_first_refusals_are_kept() {
    let message = (0..9).fold(Msg::new(1).hdr(200), |message, n| {
        message.get(&format!("./N{n}"))
    });
    let refusals = session::<3>(Setup::default(), message);
    let uris: Vec<_> = refusals.iter().map(Refusal::uri).collect();
    assert_eq!(uris, [b"./N0", b"./N1", b"./N2"]);
}

/// A stranger's commands are refused for being a stranger's.
#[test]
fn commands_of_a_stranger_are_listed_as_such() {
    let setup = Setup {
        server: Some(Cred {
            kind: "DIGEST",
            name: "srv",
            secret: "s3cret-of-srv",
            nonce: b"n",
        }),
        server_auth: "required",
        ..Setup::default()
    };
    let message = Msg::new(1).hdr(200).get("./DevInfo/Man");
    let refusals = session::<4>(setup, message);
    assert_eq!(refusals.len(), 1);
    assert_eq!((refusals[0].code(), refusals[0].rule()), (407, "SEC-C-016"));
    assert!(!format!("{refusals:?}").contains("s3cret"));
}
