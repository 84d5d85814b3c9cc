//! Protocol chapter 4: answers that need several messages.

#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "tests"
)]

use dm_core::{Encoding, End, Error, LimitKind, ServerFault};
use dm_tests::{Bench, Msg, Out, Setup};

/// Asks for everything with `limit` octets a message, and gives all Statuses and Results of all messages.
fn collect(
    encoding: Encoding,
    limit: usize,
    message: &dyn Fn(Msg) -> Msg,
) -> (Vec<(String, u16)>, Vec<String>, u32) {
    let mut bench = Bench::new(Setup {
        encoding,
        ..Setup::default()
    });
    bench.probe.big.set(300);
    bench.start().sent();
    let first = message(Msg::new(1).max_msg_size(limit).hdr(200));
    let mut sent = bench.receive(&first.finish()).sent();
    let (mut statuses, mut values, mut n) = (Vec::new(), Vec::new(), 1);
    loop {
        // PRO-C-023
        assert!(sent.size <= limit, "{} > {limit}", sent.size);
        sent.hdr_code();
        for status in sent.statuses().into_iter().skip(1) {
            if status.cmd != "Alert" {
                statuses.push((status.cmd_ref, status.code));
            }
        }
        values.extend(sent.results().into_iter().map(|result| result.2));
        // PRO-C-010: Final in the last message only.
        if sent.is_final() {
            return (statuses, values, bench.probe.execs.get());
        }
        n += 1;
        assert!(n < 100);
        sent = bench
            .receive(&Msg::new(n).hdr(200).alert(1222).more())
            .sent();
        let answers: Vec<_> = sent.statuses();
        assert_eq!(
            (answers[1].cmd.as_str(), answers[1].code),
            ("Alert", 200),
            "PRO-C-025"
        );
    }
}

fn long(message: Msg) -> Msg {
    let mut message = message.exec("./Vendor/Reboot");
    for n in 0..12 {
        message = message
            .get("./Vendor/Big")
            .replace("./Vendor/cfg/poll", &n.to_string());
    }
    message
        .container("Sequence", |inner| {
            inner
                .get("./DevInfo/Man")
                .exec("./Vendor/Reboot")
                .get("./nowhere")
        })
        .get("./DevInfo/Mod")
}

/// PRO-C-010, PRO-C-018, PRO-C-023, PRO-C-025: whatever the size, the answers are the same, in order, each once.
#[test]
fn answers_are_the_same_in_messages_of_any_size() {
    for (encoding, smallest) in [(Encoding::Wbxml, 650), (Encoding::Xml, 1500)] {
        let whole = collect(encoding, 100_000, &long);
        assert_eq!(whole.0.len(), 1 + 24 + 1 + 3 + 1);
        assert_eq!(whole.2, 2);
        for limit in (smallest..smallest + 400).step_by(7).chain([2000, 4000]) {
            assert_eq!(collect(encoding, limit, &long), whole, "{limit}");
        }
    }
}

/// PRO-C-020: a command with many Items goes on at the very Item.
#[test]
fn the_items_of_one_command_may_be_answered_in_several_messages() {
    let items = "<Item><Target><LocURI>./Vendor/Big</LocURI></Target></Item>".repeat(9);
    let message = |message: Msg| message.command("Get", &items).exec("./Vendor/Reboot");
    let whole = collect(Encoding::Xml, 100_000, &message);
    assert_eq!(whole.0.len(), 10);
    assert_eq!(collect(Encoding::Xml, 1700, &message), whole);
}

/// Asks for one value with `limit` octets a message; gives Size of the first part, the value, and how many parts it took.
fn fetch(bench: &mut Bench, uri: &str, limit: usize) -> (u32, String, usize) {
    bench.start().sent();
    let message = Msg::new(1).max_msg_size(limit).hdr(200).get(uri);
    let mut sent = bench.receive(&message.finish()).sent();
    assert_eq!(sent.codes(), [200]);
    let (mut total, mut value, mut n) = (None, String::new(), 1);
    loop {
        assert!(sent.size <= limit);
        let (size, data, more) = sent.parts_of_values().remove(0);
        // PRO-C-034: Size in the first part only, MoreData in all but the last.
        assert_eq!(size.is_some(), n == 1);
        total = total.or(size);
        value.push_str(&data);
        assert_eq!(sent.is_final(), !more);
        if !more {
            return (total.unwrap(), value, n);
        }
        n += 1;
        let next = Msg::new(n.try_into().unwrap())
            .hdr(200)
            .status(4, "Results", 213)
            .alert(1222);
        sent = bench.receive(&next.more()).sent();
        // No new command or Item between the parts (PRO-C-036).
        assert_eq!(sent.codes(), [200]);
        assert_eq!(sent.results().len(), 1);
    }
}

/// PRO-C-027, PRO-C-034, PRO-C-036, PRO-C-037, REP-C-016: a value that no message holds goes in parts.
#[test]
fn a_value_larger_than_any_message_goes_in_parts() {
    for (encoding, limit) in [(Encoding::Wbxml, 700), (Encoding::Xml, 1500)] {
        for extra in 0..20 {
            let mut bench = Bench::new(Setup {
                encoding,
                ..Setup::default()
            });
            bench.probe.big.set(3000);
            let (size, value, parts) = fetch(&mut bench, "./Vendor/Big", limit + extra);
            assert_eq!((size, value.len()), (3000, 3000));
            assert!(parts > 3);
        }
    }
}

/// PRO-C-035: what one message holds does not go in parts. The two largest sizes on either side of the limit.
#[test]
fn a_value_that_fits_a_message_goes_whole() {
    let mut largest = 0;
    for size in 300..600 {
        let mut bench = Bench::default();
        bench.probe.big.set(size);
        bench.start().sent();
        let message = Msg::new(1).max_msg_size(1500).hdr(200).get("./Vendor/Big");
        let sent = bench.receive(&message.finish()).sent();
        let (total, data, more) = sent.parts_of_values().remove(0);
        assert_eq!(more, total.is_some());
        if more {
            assert!(largest > 0 && size > largest);
            assert!(data.len() + 120 > largest, "a part uses the room there is");
        } else {
            assert_eq!(data.len(), size);
            largest = size;
        }
    }
}

/// Size is that of the data as carried; texts are cut between characters, and octets come across whole.
#[test]
fn parts_of_any_kind_make_up_the_value() {
    use dm_tests::b64;
    let text = "a<&>\u{e9}\u{20ac}\u{1f600}\"'\r\n\t".repeat(160);
    for encoding in [Encoding::Wbxml, Encoding::Xml] {
        for limit in [1500, 1501, 1502, 1503] {
            let mut bench = Bench::new(Setup {
                encoding,
                ..Setup::default()
            });
            bench
                .tree
                .local()
                .set("./Vendor/cfg/blob", text.as_bytes())
                .unwrap();
            let (size, value, _) = fetch(&mut bench, "./Vendor/cfg/blob", limit);
            // An XML reader makes one line feed of carriage return and line feed only when they stand unescaped.
            assert_eq!((size as usize, value.as_str()), (text.len(), text.as_str()));
            let octets: Vec<u8> = b"abcdefghijk".repeat(250);
            bench.tree.local().set("./Vendor/Raw", &octets).unwrap();
            let (size, value, _) = fetch(&mut bench, "./Vendor/Raw", limit);
            let carried = match encoding {
                Encoding::Xml => b64(&octets),
                _ => String::from_utf8(octets).unwrap(),
            };
            assert_eq!(
                (size as usize, value.as_str()),
                (carried.len(), carried.as_str())
            );
        }
    }
}

/// PRO-C-024: an object larger than the server takes is refused with 413.
#[test]
fn an_object_larger_than_the_server_takes_is_refused() {
    for (max, codes) in [(2999, vec![413, 200]), (3000, vec![200])] {
        let mut bench = Bench::default();
        bench.probe.big.set(3000);
        bench.start().sent();
        let limits = format!(
            "<Meta><MaxMsgSize xmlns=\"syncml:metinf\">2000</MaxMsgSize>\
             <MaxObjSize xmlns=\"syncml:metinf\">{max}</MaxObjSize></Meta>"
        );
        let message = Msg::new(1)
            .header(&limits)
            .hdr(200)
            .get("./Vendor/Big")
            .get("./DevInfo/Mod");
        let sent = bench.receive(&message.finish()).sent();
        assert_eq!(sent.codes(), codes);
    }
}

/// A server that refuses a part gets no more of that value, but everything else.
#[test]
fn a_declined_value_is_left_and_the_rest_goes_on() {
    let declines: [fn(Msg) -> Msg; 2] = [
        |message| message.status(3, "Results", 413).alert(1222),
        |message| {
            message.command(
                "Alert",
                "<Data>1225</Data><Item><Source><LocURI>./Vendor/Big</LocURI></Source></Item>",
            )
        },
    ];
    for decline in declines {
        let mut bench = Bench::default();
        bench.probe.big.set(3000);
        bench.start().sent();
        let message = Msg::new(1)
            .max_msg_size(2000)
            .hdr(200)
            .get("./Vendor/Big")
            .get("./DevInfo/Mod");
        let sent = bench.receive(&message.finish()).sent();
        assert!(sent.parts_of_values()[0].2);
        let sent = bench.receive(&decline(Msg::new(2).hdr(200)).more()).sent();
        assert_eq!(sent.result(), "Model");
        assert!(sent.is_final());
    }
}

fn paused() -> Bench {
    let mut bench = Bench::default();
    bench.probe.big.set(800);
    bench.start().sent();
    let message = Msg::new(1)
        .max_msg_size(2600)
        .hdr(200)
        .get("./Vendor/Big")
        .get("./Vendor/Big")
        .exec("./Vendor/Reboot");
    assert!(!bench.receive(&message.finish()).sent().is_final());
    bench
}

/// While answers are kept, a server has nothing new to ask: 405, and the answers go on.
#[test]
fn commands_that_come_too_early_are_not_executed() {
    let mut bench = paused();
    let message = Msg::new(2)
        .hdr(200)
        .alert(1222)
        .replace("./Vendor/cfg/apn", "new")
        .container("Sequence", |inner| inner.exec("./Vendor/Reboot"));
    let sent = bench.receive(&message.more()).sent();
    assert_eq!(sent.codes()[..4], [200, 405, 405, 405]);
    assert_eq!(sent.results().len(), 1);
    assert_eq!(bench.text("./Vendor/cfg/apn"), "before");
}

/// An abort drops what was kept.
#[test]
fn an_abort_drops_the_kept_answers() {
    let mut bench = paused();
    let out = bench.receive(&Msg::new(2).hdr(200).alert(1223).finish());
    assert_eq!(out.done().end, End::AbortedByServer);
    assert_eq!(bench.probe.execs.get(), 0);
    bench.start().sent();
}

/// PRO-C-139, while answers are kept.
#[test]
fn a_repeated_message_gets_the_same_part_again() {
    let mut bench = paused();
    let message = Msg::new(2).hdr(200).alert(1222).more();
    let first = bench.receive(&message).sent();
    let second = bench.receive(&message).sent();
    assert_eq!(first.xml, second.xml);
}

/// A message that is too large for the space behind a kept one does not fit the receive space at all.
#[test]
fn the_space_behind_a_kept_message_is_what_was_set_aside_or_more() {
    let mut bench = paused();
    assert!(bench.client.rx_space().len() >= dm_core::Client::next_space(Encoding::Xml));
}

/// A MaxMsgSize that no answer fits is the server's fault.
#[test]
fn a_limit_that_is_too_small_for_any_answer_ends_the_session() {
    let mut bench = Bench::default();
    bench.start().sent();
    let message = Msg::new(1).max_msg_size(300).hdr(200).get("./DevInfo/Man");
    let Out::Done(report) = bench.receive(&message.finish()) else {
        panic!("300 octets are too few");
    };
    assert_eq!(
        report.end,
        End::Failed(Error::Server(ServerFault::MaxMsgSize))
    );
}

/// Too many commands for the space that is left behind the mandatory answers.
#[test]
fn too_much_at_the_wrong_time_ends_the_session() {
    let mut bench = paused();
    let mut message = Msg::new(2).hdr(200);
    for _ in 0..20 {
        message = message.alert(1222);
    }
    let xml = message.more();
    assert!(xml.len() < bench.client.rx_space().len());
    let out = bench.receive(&xml);
    assert_eq!(
        out.done().end,
        End::Failed(Error::Limit(LimitKind::NextMessage))
    );
}

/// REP-C-024: MaxMsgSize of the client is what its buffer holds, less the space for the next message.
#[test]
fn the_client_tells_what_it_can_take() {
    for encoding in [Encoding::Xml, Encoding::Wbxml] {
        let mut bench = Bench::new(Setup {
            encoding,
            rx: 4096,
            ..Setup::default()
        });
        let sent = bench.start().sent();
        let size: usize = sent.header("Meta/MaxMsgSize").unwrap().parse().unwrap();
        assert_eq!(size, 4096 - dm_core::Client::next_space(encoding));
        assert_eq!(bench.client.rx_space().len(), size);
    }
}
