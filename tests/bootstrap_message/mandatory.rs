//! What every client of DM 1.3 has to have, in one story.

use dm_core::{Client, Encoding, End, Memory, Moment, Peer, Received, Step, Trigger};
use dm_tests::{Flash, Msg, to_wbxml, to_xml};

use crate::device::open;
use crate::{SECURED, account, apply, inbox, message};

/// D13-C-001: bootstrap by a serialised tree (Bootstrap, TNDS, TND, StdObj, DDF), then a session (Protocol, RepPro, MetaInfo)
/// with a server that its transport proves (Security), which reads one of the standard objects as a serialised tree.
#[test]
fn the_mandatory_parts_work_together() {
    let mut tree = open(&Flash::whole());
    for (uri, text) in [
        ("./DevInfo/DevId", "urn:x:1"),
        ("./DevInfo/Lang", "en"),
        ("./DevDetail/FwV", "4.7.1"),
    ] {
        tree.factory().set(uri, text.as_bytes()).unwrap();
    }
    let document = message(&inbox(&account("n", "srv", "https://srv.example/dm")));
    apply(&mut tree, &document, SECURED).unwrap();

    let (mut rx, mut tx, mut work) = ([0; 4096], [0; 4096], [0; 512]);
    let memory = Memory {
        rx: &mut rx,
        tx: &mut tx,
        work: &mut work,
    };
    let mut client = Client::new(memory, Encoding::Wbxml).unwrap();
    let now = Moment {
        ms: 0,
        utc: None,
        random: [7; 16],
    };
    let trigger = Trigger::Client {
        server_id: Some("srv"),
        session_id: Some(1),
    };
    let said = |step: Step<'_>| match step {
        Step::Send(request) => {
            assert_eq!(request.uri, "https://srv.example/dm");
            (to_xml(request.body), request.body.to_vec())
        }
        other => panic!("{other:?}"),
    };
    let (first, _) = said(client.start(&mut tree, trigger, &now).unwrap());
    assert!(first.contains("<VerProto>DM/1.3</VerProto>"), "{first}");
    assert!(
        first.contains("<MaxMsgSize xmlns=\"syncml:metinf\">"),
        "{first}"
    );
    let answer = |client: &mut Client<'_>, xml: &str| {
        let bytes = to_wbxml(xml);
        client.rx_space()[..bytes.len()].copy_from_slice(&bytes);
        Received {
            len: bytes.len(),
            content_type: "application/vnd.syncml.dm+wbxml",
            hmac: None,
            peer: Peer::Secured {
                name: "srv.example",
            },
        }
    };
    let get = Msg::new(1).hdr(200).get("./DevDetail?list=TNDS").finish();
    let got = answer(&mut client, &get);
    let (results, octets) = said(client.receive(&mut tree, got, &now).unwrap());
    assert!(
        results.contains("application/vnd.syncml.dmtnds+wbxml"),
        "{results}"
    );
    // The tree is WBXML within the message.
    assert!(
        octets.windows(5).any(|window| window == b"4.7.1"),
        "{results}"
    );
    let end = Msg::new(2).hdr(200).finish();
    let got = answer(&mut client, &end);
    match client.receive(&mut tree, got, &now).unwrap() {
        Step::Done(report) => assert_eq!((report.end, report.executed), (End::Closed, 1)),
        other => panic!("{other:?}"),
    }
}
