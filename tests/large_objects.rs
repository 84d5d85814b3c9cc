//! Protocol chapter 5, objects that come in parts from the server.

#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "tests"
)]

use dm_core::{Encoding, End, Trigger};
use dm_tests::{Bench, Msg, Out, Sent, Setup, b64};

fn bench(encoding: Encoding) -> Bench {
    let mut bench = Bench::new(Setup {
        encoding,
        objects: (2048, 2000),
        ..Setup::default()
    });
    bench.start().sent();
    bench
}

/// An Item of an object in parts.
fn part(uri: &str, format: &str, size: Option<usize>, data: &str, more: bool) -> String {
    let size = size.map_or(String::new(), |size| {
        format!("<Size xmlns=\"syncml:metinf\">{size}</Size>")
    });
    let more = if more { "<MoreData/>" } else { "" };
    format!(
        "<Item><Target><LocURI>{uri}</LocURI></Target><Meta><Format xmlns=\"syncml:metinf\">{format}</Format>{size}</Meta>\
         <Data>{data}</Data>{more}</Item>"
    )
}

/// Sends a text in parts of `step` characters; gives the codes of all Statuses.
fn send(
    bench: &mut Bench,
    command: &str,
    uri: &str,
    format: &str,
    size: usize,
    text: &str,
    step: usize,
) -> Vec<u16> {
    let chunks: Vec<&str> = text
        .as_bytes()
        .chunks(step)
        .map(|chunk| std::str::from_utf8(chunk).unwrap())
        .collect();
    let mut codes = Vec::new();
    for (n, chunk) in chunks.iter().enumerate() {
        let more = n + 1 < chunks.len();
        let item = part(uri, format, (n == 0).then_some(size), chunk, more);
        let message = Msg::new(u32::try_from(n).unwrap() + 1)
            .hdr(200)
            .command(command, &item);
        let xml = if more {
            message.more()
        } else {
            message.finish()
        };
        let mut out = bench.receive(&xml);
        while matches!(out, Out::Wait) {
            out = bench.resume();
        }
        let sent = out.sent();
        // PRO-C-029, PRO-C-145: 1222 goes with each part but the last.
        assert_eq!(sent.alerts(), if more { vec![1222] } else { vec![] });
        assert_eq!(sent.is_final(), !more);
        codes.extend(sent.codes());
    }
    codes
}

/// PRO-C-028, OBJ-C-016, REP-C-025: what is announced is what is done.
#[test]
fn large_objects_are_announced_where_they_are_taken() {
    let mut with = bench(Encoding::Xml);
    let sent = with
        .begin(Trigger::Client {
            server_id: None,
            session_id: Some(1),
        })
        .unwrap()
        .sent();
    assert_eq!(sent.header("Meta/MaxObjSize").unwrap(), "2000");
    assert_eq!(with.text("./DevDetail/LrgObj"), "true");
    let mut without = Bench::default();
    assert_eq!(without.start().sent().header("Meta/MaxObjSize"), None);
    assert_eq!(without.text("./DevDetail/LrgObj"), "false");
}

/// PRO-C-027, PRO-C-029, PRO-C-145, REP-C-016: collected, and one value with the last part.
#[test]
fn an_object_in_parts_becomes_one_value() {
    for encoding in [Encoding::Xml, Encoding::Wbxml] {
        for step in [1000, 333, 1] {
            let mut bench = bench(encoding);
            let text: String = ('a'..='z')
                .cycle()
                .take(if step == 1 { 40 } else { 1000 })
                .collect();
            let codes = send(
                &mut bench,
                "Replace",
                "./Vendor/cfg/apn",
                "chr",
                text.len(),
                &text,
                step,
            );
            let parts = text.len().div_ceil(step);
            assert_eq!(codes.len(), parts);
            assert!(codes[..parts - 1].iter().all(|code| *code == 213));
            assert_eq!(codes[parts - 1], 200);
            assert_eq!(bench.text("./Vendor/cfg/apn"), text);
        }
    }
}

/// Base64 may be cut anywhere, and white space in it does not count for the value.
#[test]
fn base64_parts_may_be_cut_anywhere() {
    let octets: Vec<u8> = (0..=255).cycle().take(700).collect();
    let text = b64(&octets);
    for step in [1, 2, 3, 5, 100, 333] {
        let mut bench = bench(Encoding::Xml);
        let codes = send(
            &mut bench,
            "Replace",
            "./Vendor/Raw",
            "b64",
            text.len(),
            &text,
            step,
        );
        assert_eq!(codes.last(), Some(&200));
        assert_eq!(bench.value("./Vendor/Raw").unwrap(), octets);
    }
}

/// PRO-C-040 for an object in parts: Add makes a node, and fails where there is one.
#[test]
fn a_node_may_be_added_in_parts() {
    let mut bench = bench(Encoding::Xml);
    let text = "x".repeat(500);
    assert_eq!(
        send(
            &mut bench,
            "Add",
            "./Vendor/cfg/new",
            "chr",
            500,
            &text,
            200
        ),
        [213, 213, 200]
    );
    assert_eq!(bench.text("./Vendor/cfg/new"), text);
    bench.start().sent();
    assert_eq!(
        send(
            &mut bench,
            "Add",
            "./Vendor/cfg/new",
            "chr",
            500,
            &text,
            200
        ),
        [213, 213, 418]
    );
}

/// PRO-C-030, PRO-C-031: 424, and nothing of it counts.
#[test]
fn an_object_of_another_length_is_refused() {
    for (size, expected) in [
        (499, vec![213, 213, 424]),
        (501, vec![213, 213, 424]),
        (300, vec![213, 424, 424]),
    ] {
        let mut bench = bench(Encoding::Xml);
        let text = "x".repeat(500);
        assert_eq!(
            send(
                &mut bench,
                "Replace",
                "./Vendor/cfg/apn",
                "chr",
                size,
                &text,
                200
            ),
            expected
        );
        assert_eq!(bench.text("./Vendor/cfg/apn"), "before");
    }
}

/// What cannot be taken is refused with the first part, and all other parts with it.
#[test]
fn an_object_that_cannot_be_taken_is_refused_from_its_first_part_on() {
    let text = "x".repeat(500);
    for (uri, size, code) in [
        // Larger than MaxObjSize.
        ("./Vendor/cfg/apn", 2001, 413),
        // TREE-C-047
        ("./Vendor/Locked", 500, 425),
        ("./nowhere", 500, 404),
        ("./DevInfo/Man", 500, 405),
    ] {
        let mut bench = bench(Encoding::Xml);
        let codes = send(&mut bench, "Replace", uri, "chr", size, &text, 200);
        assert_eq!(codes, [code; 3], "{uri}");
    }
    // Without Size nothing can be checked.
    let mut bench = bench(Encoding::Xml);
    let first = part("./Vendor/cfg/apn", "chr", None, "x", true);
    let sent = bench
        .receive(&Msg::new(1).hdr(200).command("Replace", &first).more())
        .sent();
    assert_eq!(sent.codes(), [411]);
    assert_eq!(bench.text("./Vendor/cfg/apn"), "before");
}

fn interrupted(message: impl Fn(Msg) -> Msg, last: bool) -> (Bench, Sent) {
    let mut bench = bench(Encoding::Xml);
    let first = part("./Vendor/cfg/apn", "chr", Some(500), "part", true);
    let sent = bench
        .receive(&Msg::new(1).hdr(200).command("Replace", &first).more())
        .sent();
    assert_eq!(sent.codes(), [213]);
    let message = message(Msg::new(2).hdr(200));
    let sent = bench
        .receive(&if last {
            message.finish()
        } else {
            message.more()
        })
        .sent();
    (bench, sent)
}

/// PRO-C-032, PRO-C-033: Alert 1225 with the address of the object, which is forgotten.
#[test]
fn a_command_before_the_last_part_ends_the_object() {
    let other = part("./Vendor/cfg/poll", "chr", Some(9), "part", true);
    let cases: [(&dyn Fn(Msg) -> Msg, u16); 4] = [
        (&|message| message.get("./DevInfo/Mod"), 200),
        (&|message| message.replace("./Vendor/cfg/poll", "61"), 200),
        (&|message| message.command("Replace", &other), 213),
        (&|message| message.command("Put", ""), 501),
    ];
    for (message, code) in cases {
        let (mut bench, sent) = interrupted(message, false);
        assert_eq!(sent.alerts(), [1225, 1222]);
        assert!(
            sent.xml
                .contains("<Target><LocURI>./Vendor/cfg/apn</LocURI></Target>")
        );
        assert_eq!(sent.codes(), [code]);
        assert_eq!(bench.text("./Vendor/cfg/apn"), "before");
        // The rest of it is no object any more.
        if code != 213 {
            let rest = part("./Vendor/cfg/apn", "chr", None, "rest", true);
            let sent = bench
                .receive(&Msg::new(3).hdr(200).command("Replace", &rest).more())
                .sent();
            assert_eq!(sent.codes(), [411]);
        }
    }
    // A package that ends inside the object.
    let (mut bench, sent) = interrupted(|message| message.alert(1222), true);
    assert_eq!(sent.alerts(), [1225]);
    assert_eq!(bench.text("./Vendor/cfg/apn"), "before");
}

/// PRO-C-133: a new session knows nothing of an object that was coming in.
#[test]
fn an_object_does_not_outlive_its_session() {
    let (mut bench, _) = interrupted(|message| message.alert(1222), false);
    bench.start().sent();
    let rest = part("./Vendor/cfg/apn", "chr", None, "rest", false);
    let sent = bench
        .receive(&Msg::new(1).hdr(200).command("Replace", &rest).finish())
        .sent();
    // A whole value, like any other.
    assert_eq!(sent.codes(), [200]);
    assert_eq!(bench.text("./Vendor/cfg/apn"), "rest");
}

/// PRO-C-027: an image of 16 MiB through a handler, in more than 4,000 messages and no memory for it.
#[test]
fn an_image_streams_through_a_handler() {
    let len: usize = 16 << 20;
    let piece: Vec<u8> = (0..=255_u8)
        .map(|byte| byte % 95 + 32)
        .map(|byte| if b"<>&".contains(&byte) { b'x' } else { byte })
        .collect();
    let chunk = String::from_utf8(piece.repeat(16)).unwrap();
    let mut bench = Bench::new(Setup {
        encoding: Encoding::Wbxml,
        objects: (64, u32::MAX),
        ..Setup::default()
    });
    bench.start().sent();
    // One template each for the first, the middle and the last part: only MsgID changes.
    let count = len.div_ceil(chunk.len());
    let mut sum = 0_u32;
    let mut sent_octets = 0;
    for n in 0..count {
        let data = &chunk[..chunk.len().min(len - sent_octets)];
        for byte in data.bytes() {
            sum = sum.rotate_left(5) ^ u32::from(byte);
        }
        sent_octets += data.len();
        let more = n + 1 < count;
        let item = part("./Vendor/Image", "bin", (n == 0).then_some(len), data, more);
        let message = Msg::new(u32::try_from(n).unwrap() + 1)
            .hdr(200)
            .command("Replace", &item);
        let out = bench.receive(&if more {
            message.more()
        } else {
            message.finish()
        });
        let codes = out.sent().codes();
        assert_eq!(codes, [if more { 213 } else { 200 }]);
    }
    assert_eq!(
        bench.probe.image.get(),
        (u32::try_from(sent_octets).unwrap(), sum)
    );
    assert_eq!(sent_octets, len);
    assert_eq!(bench.probe.images.get(), 1);
}

/// Base64 streams too, and a handler that needs time gets the same piece again.
#[test]
fn pieces_are_given_once_however_long_the_handler_takes() {
    let octets: Vec<u8> = (0..=255).cycle().take(1000).collect();
    let text = b64(&octets);
    for step in [99, 100, 101, 400] {
        let mut bench = bench(Encoding::Xml);
        bench.probe.delays.set(2);
        let codes = send(
            &mut bench,
            "Replace",
            "./Vendor/Image",
            "b64",
            text.len(),
            &text,
            step,
        );
        assert_eq!(codes.last(), Some(&200));
        let sum = octets
            .iter()
            .fold(0_u32, |sum, byte| sum.rotate_left(5) ^ u32::from(*byte));
        assert_eq!(bench.probe.image.get(), (1000, sum));
        assert_eq!(bench.probe.images.get(), 1);
    }
}

/// An abort drops the parts.
#[test]
fn an_abort_drops_the_parts() {
    let mut bench = bench(Encoding::Xml);
    let first = part("./Vendor/cfg/apn", "chr", Some(500), "part", true);
    bench
        .receive(&Msg::new(1).hdr(200).command("Replace", &first).more())
        .sent();
    let out = bench.receive(&Msg::new(2).hdr(200).alert(1223).finish());
    assert_eq!(out.done().end, End::AbortedByServer);
    assert_eq!(bench.text("./Vendor/cfg/apn"), "before");
}
