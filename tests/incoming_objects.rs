//! Protocol chapter 5.1 from the hostile and the careless side.

#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "tests"
)]

use dm_core::Encoding;
use dm_tests::{Bench, Msg, Out, Setup};

fn part(uri: &str, meta: &str, data: &str, more: bool) -> String {
    let more = if more { "<MoreData/>" } else { "" };
    format!(
        "<Item><Target><LocURI>{uri}</LocURI></Target><Meta>{meta}</Meta><Data>{data}</Data>{more}</Item>"
    )
}

fn size(size: usize) -> String {
    format!("<Size xmlns=\"syncml:metinf\">{size}</Size>")
}

fn format(format: &str) -> String {
    format!("<Format xmlns=\"syncml:metinf\">{format}</Format>")
}

/// Sends the first and the last part of an object; gives their codes.
fn two_parts(setup: Setup, first: &str, last: &str) -> (Bench, Vec<u16>) {
    let mut bench = Bench::new(setup);
    bench.start().sent();
    let sent = bench
        .receive(&Msg::new(1).hdr(200).command("Replace", first).more())
        .sent();
    let mut codes = sent.codes();
    let sent = bench
        .receive(&Msg::new(2).hdr(200).command("Replace", last).finish())
        .sent();
    codes.extend(sent.codes());
    (bench, codes)
}

/// PRO-C-031, chapter 5.1 rule 13: the last part of a refused object is no value of its own.
#[test]
fn the_last_part_of_a_refused_object_is_refused_too() {
    let uri = "./Vendor/cfg/apn";
    let taking = Setup {
        objects: (2048, 2000),
        ..Setup::default()
    };
    let cramped = Setup {
        objects: (8, 2000),
        ..Setup::default()
    };
    let first = part(uri, &size(8), "head", true);
    let odd = part(uri, &(format("quaternion") + &size(8)), "head", true);
    for (setup, first, name) in [
        (Setup::default(), &first, "no objects in parts"),
        (cramped, &first, "no room for the address"),
        (taking, &odd, "unknown Format"),
    ] {
        let (mut bench, codes) = two_parts(setup, first, &part(uri, "", "tail", false));
        assert_eq!(bench.text(uri), "before", "{name}: {codes:?}");
        assert_eq!(codes[0], codes[1], "{name}");
    }
}

/// Chapter 5.1 rule 11: what the buffer will never hold is refused with the first part.
#[test]
fn an_object_that_the_buffer_cannot_hold_is_refused_at_once() {
    let setup = Setup {
        objects: (300, 2000),
        ..Setup::default()
    };
    let uri = "./Vendor/cfg/apn";
    let first = part(uri, &size(400), &"x".repeat(200), true);
    let last = part(uri, "", &"x".repeat(200), false);
    let (mut bench, codes) = two_parts(setup, &first, &last);
    assert_eq!(codes, [413, 413]);
    assert_eq!(bench.text(uri), "before");
}

/// A session comes to an end: parts that bring nothing are messages like any other.
#[test]
fn a_session_of_empty_parts_ends() {
    let mut bench = Bench::new(Setup {
        encoding: Encoding::Wbxml,
        objects: (2048, 2000),
        ..Setup::default()
    });
    bench.start().sent();
    for n in 1..5000 {
        let size = if n == 1 { size(8) } else { String::new() };
        let empty = part("./Vendor/cfg/apn", &size, "", true);
        let message = Msg::new(n).hdr(200).command("Replace", &empty);
        if matches!(bench.receive(&message.more()), Out::Done(_)) {
            return;
        }
    }
    panic!("5000 messages, and no octet of the object");
}

/// The same with objects that begin and never go on.
#[test]
fn a_session_of_beginnings_ends() {
    let mut bench = Bench::new(Setup {
        encoding: Encoding::Wbxml,
        objects: (2048, 2000),
        ..Setup::default()
    });
    bench.start().sent();
    for n in 1..5000 {
        let uri = ["./Vendor/cfg/apn", "./Vendor/cfg/poll"][n as usize % 2];
        let first = part(uri, &size(8), "x", true);
        let message = Msg::new(n).hdr(200).command("Replace", &first);
        if matches!(bench.receive(&message.more()), Out::Done(_)) {
            return;
        }
    }
    panic!("5000 messages, and no object");
}

/// Protocol chapter 14: base64 that breaks off is 400 in parts as it is whole.
#[test]
fn base64_that_breaks_off_is_refused_in_parts_too() {
    let setup = Setup {
        objects: (2048, 2000),
        ..Setup::default()
    };
    let uri = "./Vendor/Raw";
    let whole = part(uri, &format("b64"), "QUJDR", false);
    let mut bench = Bench::new(setup);
    bench.start().sent();
    let sent = bench
        .receive(&Msg::new(1).hdr(200).command("Replace", &whole).finish())
        .sent();
    let expected = sent.codes()[0];
    assert_eq!(expected, 400);
    let first = part(uri, &(format("b64") + &size(5)), "QU", true);
    let last = part(uri, &format("b64"), "JDR", false);
    let (_, codes) = two_parts(setup, &first, &last);
    assert_eq!(codes, [213, expected]);
}

/// What the client sends is XML whatever the value holds, and a value in parts has the Size that was said.
#[test]
fn control_characters_do_not_break_a_value_in_parts() {
    let mut bench = Bench::default();
    let value = "a\u{1}\u{2}b".repeat(900);
    bench
        .tree
        .local()
        .set("./Vendor/cfg/blob", value.as_bytes())
        .unwrap();
    bench.start().sent();
    let message = Msg::new(1)
        .max_msg_size(1500)
        .hdr(200)
        .get("./Vendor/cfg/blob");
    let mut sent = bench.receive(&message.finish()).sent();
    let codes = sent.codes();
    if codes != [200] {
        // Refused, as a text with NUL is: nothing can carry it.
        assert!(sent.results().is_empty());
        return;
    }
    let (total, mut got, mut n) = (sent.parts_of_values()[0].0.unwrap(), 0, 1);
    loop {
        let (_, data, more) = sent.parts_of_values().remove(0);
        got += data.len();
        if !more {
            break;
        }
        n += 1;
        sent = bench
            .receive(&Msg::new(n).hdr(200).alert(1222).more())
            .sent();
    }
    assert_eq!(got, total as usize);
}
