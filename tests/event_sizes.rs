//! Events and the messages that have to hold them.

#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "tests"
)]

use dm_core::{Encoding, Error, Event, EventKind, LimitKind};
use dm_tests::{Bench, CLIENT, Msg, SERVER, Setup, md5_cred};
use dm_tree::Format;

/// PRO-C-124: what is taken has room in a message, whatever its data become there and however much else has to stand in it; what would
/// not is refused when it is raised.
#[test]
fn the_largest_event_that_is_taken_can_be_told() {
    let forms: [(Format, &[u8]); 3] = [
        (Format::Chr, b"x"),
        (Format::Chr, b"&"),
        (Format::Bin, b"\x01"),
    ];
    for encoding in [Encoding::Xml, Encoding::Wbxml] {
        for (format, octet) in forms {
            let mut bench = Bench::new(Setup {
                encoding,
                tx: 4000,
                client: Some(CLIENT),
                server: Some(SERVER),
                server_auth: "required",
                ..Setup::default()
            });
            bench.start().sent();
            let kind = EventKind::Client("org.example.large");
            let mut taken = |count: usize| {
                let event = octet.repeat(count);
                let event = Event::new(kind, format, &event);
                let is_taken = match bench.client.raise(&mut bench.tree, &event) {
                    Ok(()) => true,
                    Err(error) => {
                        assert_eq!(error, Error::Limit(LimitKind::EventTooLarge));
                        false
                    }
                };
                bench.client.forget_events(&mut bench.tree).unwrap();
                is_taken
            };
            let (mut good, mut bad) = (1_usize, 5000);
            while bad - good > 1 {
                let middle = good.midpoint(bad);
                if taken(middle) {
                    good = middle;
                } else {
                    bad = middle;
                }
            }
            let what = format!("{encoding:?} {format:?} {octet:?}: {good}");
            assert!(good > 300, "{what}");
            let event = octet.repeat(good);
            let event = Event::new(kind, format, &event);
            bench.client.raise(&mut bench.tree, &event).unwrap();
            let proof = md5_cred(SERVER.name, SERVER.secret, SERVER.nonce);
            let proved = |n| Msg::new(n).cred("syncml:auth-md5", &proof).hdr(200);
            let message = proved(1).get("./DevInfo/Man");
            let mut sent = bench.receive(&message.finish()).sent();
            if sent.events().is_empty() {
                sent = bench.receive(&proved(2).alert(1222).more()).sent();
            }
            assert_eq!(sent.events().len(), 1, "{what}");
            assert!(sent.size <= 4000, "{what}");
        }
    }
}
