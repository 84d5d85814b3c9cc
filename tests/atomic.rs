//! Protocol chapters 7.4 and 7.9: Copy and Atomic.

#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "tests"
)]

use dm_core::{Answer, Encoding};
use dm_tests::{Bench, Msg, Out, Sent, Setup};

fn answer(bench: &mut Bench, message: Msg) -> Sent {
    bench.start().sent();
    bench.receive(&message.finish()).sent()
}

fn copy(message: Msg, source: &str, target: &str) -> Msg {
    message.command(
        "Copy",
        &format!(
            "<Item><Target><LocURI>{target}</LocURI></Target><Source><LocURI>{source}</LocURI></Source></Item>"
        ),
    )
}

/// PRO-C-057, PRO-C-058, REP-C-021
#[test]
fn a_leaf_is_copied_to_a_leaf() {
    for encoding in [Encoding::Xml, Encoding::Wbxml] {
        let mut bench = Bench::new(Setup {
            encoding,
            ..Setup::default()
        });
        let mut message = copy(
            Msg::new(1).hdr(200),
            "./Vendor/cfg/apn",
            "./Vendor/cfg/host",
        );
        message = copy(message, "./Vendor/cfg/apn", "./Vendor/cfg/fresh");
        message = message.replace("./Vendor/cfg/apn", "after");
        message = copy(message, "./Vendor/cfg", "./Vendor/cfg/host");
        message = copy(message, "./Vendor/none", "./Vendor/cfg/host");
        message = copy(message, "./Vendor/Locked", "./Vendor/cfg/host");
        message = message.command(
            "Copy",
            "<Item><Target><LocURI>./Vendor/cfg/host</LocURI></Target></Item>",
        );
        let sent = answer(&mut bench, message);
        let codes = sent.codes();
        assert_eq!(codes[..5], [200, 200, 200, 403, 404]);
        assert!([405, 425].contains(&codes[5]));
        assert_eq!(codes[6], 412);
        // Independent afterwards.
        assert_eq!(bench.text("./Vendor/cfg/host"), "before");
        assert_eq!(bench.text("./Vendor/cfg/fresh"), "before");
        assert_eq!(bench.text("./Vendor/cfg/apn"), "after");
    }
}

/// PRO-C-083, PRO-C-087, REP-C-020
#[test]
fn an_atomic_that_succeeds_changes_everything() {
    for encoding in [Encoding::Xml, Encoding::Wbxml] {
        let mut bench = Bench::new(Setup {
            encoding,
            ..Setup::default()
        });
        let message = Msg::new(1).hdr(200).container("Atomic", |inner| {
            copy(
                inner
                    .replace("./Vendor/cfg/apn", "new")
                    .add("./Vendor/cfg/one", "int", "1")
                    .delete("./Vendor/cfg/one")
                    .add("./Vendor/cfg/sub/leaf", "chr", "x"),
                "./Vendor/cfg/apn",
                "./Vendor/cfg/host",
            )
        });
        let sent = answer(&mut bench, message.get("./Vendor/cfg/host"));
        assert_eq!(sent.codes(), [200, 200, 200, 200, 200, 200, 200]);
        assert_eq!(sent.result(), "new");
        assert_eq!(bench.text("./Vendor/cfg/sub/leaf"), "x");
        assert_eq!(bench.value("./Vendor/cfg/one"), None);
    }
}

/// PRO-C-083, PRO-C-084: example E4. The rest of the message goes on.
#[test]
fn an_atomic_that_fails_changes_nothing() {
    for encoding in [Encoding::Xml, Encoding::Wbxml] {
        let mut bench = Bench::new(Setup {
            encoding,
            ..Setup::default()
        });
        bench.start().sent();
        let before = bench
            .receive(&Msg::new(1).hdr(200).get("./Vendor/cfg").finish())
            .sent()
            .result();
        let message = Msg::new(2)
            .hdr(200)
            .replace("./Vendor/cfg/poll", "61")
            .container("Atomic", |inner| {
                inner
                    .replace("./Vendor/cfg/apn", "never")
                    .add("./Vendor/cfg/sub/deep", "chr", "never")
                    .add("./Vendor/cfg/host", "chr", "exists")
                    .delete("./Vendor/cfg/label")
                    .alert(1222)
            })
            .get("./Vendor/cfg/apn")
            .get("./Vendor/cfg");
        let sent = bench.receive(&message.finish()).sent();
        assert_eq!(sent.codes(), [200, 507, 216, 216, 418, 215, 215, 200, 200]);
        let ids: Vec<_> = sent
            .xml
            .split("<CmdID>")
            .skip(1)
            .map(|id| id.split('<').next().unwrap())
            .collect();
        let expected: Vec<_> = (1..=ids.len()).map(|id| id.to_string()).collect();
        assert_eq!(ids, expected);
        assert_eq!(sent.results()[0].2, "before");
        assert_eq!(sent.results()[1].2, before);
        assert_eq!(bench.text("./Vendor/cfg/poll"), "61");
    }
}

/// PRO-C-084 inside one command: the Items before the failing one are undone, those after it not executed.
#[test]
fn the_items_of_a_failing_command_have_their_own_codes() {
    let item = |uri: &str| {
        format!("<Item><Target><LocURI>{uri}</LocURI></Target><Data>never</Data></Item>")
    };
    let items = ["./Vendor/cfg/apn", "./nowhere", "./Vendor/cfg/host"]
        .map(item)
        .concat();
    let mut bench = Bench::default();
    let message = Msg::new(1).hdr(200).container("Atomic", |inner| {
        inner
            .command("Replace", &items)
            .replace("./Vendor/cfg/poll", "never")
    });
    let sent = answer(&mut bench, message);
    assert_eq!(sent.codes(), [507, 216, 404, 215, 215]);
    assert_eq!(bench.text("./Vendor/cfg/apn"), "before");
}

/// PRO-C-072, PRO-C-085, TREE-C-064: an illegal child refuses the whole before anything is executed.
#[test]
fn an_illegal_child_refuses_the_atomic() {
    let children: [fn(Msg) -> Msg; 4] = [
        |inner| inner.get("./DevInfo/Man"),
        |inner| inner.exec("./Vendor/Reboot"),
        |inner| {
            inner.container("Atomic", |inner| {
                inner.replace("./Vendor/cfg/host", "never")
            })
        },
        |inner| {
            inner.container("Sequence", |inner| {
                inner.replace("./Vendor/cfg/host", "never")
            })
        },
    ];
    for (n, child) in children.into_iter().enumerate() {
        let mut bench = Bench::default();
        let message = Msg::new(1)
            .hdr(200)
            .container("Atomic", |inner| {
                child(inner.replace("./Vendor/cfg/apn", "never"))
                    .replace("./Vendor/cfg/poll", "never")
            })
            .replace("./Vendor/cfg/label", "after");
        let sent = answer(&mut bench, message);
        let expected = if n < 2 {
            vec![507, 215, 500, 215, 200]
        } else {
            vec![507, 215, 500, 215, 215, 200]
        };
        assert_eq!(sent.codes(), expected);
        for uri in ["./Vendor/cfg/apn", "./Vendor/cfg/host", "./Vendor/cfg/poll"] {
            assert_ne!(bench.text(uri), "never");
        }
        assert_eq!(bench.text("./Vendor/cfg/label"), "after");
        assert_eq!(bench.probe.execs.get(), 0);
    }
}

/// PRO-C-086: 517 when no message can hold the answers; otherwise the Atomic waits for a message of its own.
#[test]
fn the_answers_of_an_atomic_fit_one_message() {
    let atomic = |message: Msg, count: usize| {
        message.container("Atomic", |mut inner| {
            for n in 0..count {
                inner = inner.replace("./Vendor/cfg/apn", &n.to_string());
            }
            inner
        })
    };
    // Waits.
    let mut bench = Bench::default();
    bench.probe.big.set(700);
    bench.start().sent();
    let message = Msg::new(1).max_msg_size(2400).hdr(200).get("./Vendor/Big");
    let sent = bench.receive(&atomic(message, 6).finish()).sent();
    assert_eq!(sent.codes(), [200]);
    assert_eq!(bench.text("./Vendor/cfg/apn"), "before");
    let sent = bench
        .receive(&Msg::new(2).hdr(200).alert(1222).more())
        .sent();
    assert_eq!(sent.codes(), [200, 200, 200, 200, 200, 200, 200, 200]);
    assert!(sent.is_final());
    assert_eq!(bench.text("./Vendor/cfg/apn"), "5");
    // Never fits.
    bench.start().sent();
    let message = atomic(Msg::new(1).max_msg_size(2400).hdr(200), 30).get("./DevInfo/Man");
    let mut sent = bench.receive(&message.finish()).sent();
    let mut codes = sent.codes();
    for n in 2.. {
        if sent.is_final() {
            break;
        }
        sent = bench
            .receive(&Msg::new(n).hdr(200).alert(1222).more())
            .sent();
        codes.extend(sent.codes().into_iter().skip(1));
    }
    assert_eq!(codes[0], 517);
    assert_eq!(codes[1..31], [215; 30]);
    assert_eq!(codes[31..], [200]);
    assert_eq!(bench.text("./Vendor/cfg/apn"), "5");
}

/// PRO-C-106: a refusal, or nobody there, fails the Atomic and undoes it.
#[test]
fn the_user_can_refuse_an_atomic() {
    let question = "<Data>1101</Data><Item/><Item><Data>Sure?</Data></Item>";
    for (reply, code, after) in [
        (Answer::No, 304, 200),
        (Answer::Cancelled, 214, 215),
        (Answer::Yes, 200, 200),
    ] {
        let mut bench = Bench::new(Setup {
            has_user: true,
            ..Setup::default()
        });
        bench.start().sent();
        let message = Msg::new(1)
            .hdr(200)
            .container("Atomic", |inner| {
                inner
                    .replace("./Vendor/cfg/apn", "new")
                    .command("Alert", question)
                    .replace("./Vendor/cfg/host", "new")
            })
            .get("./DevInfo/Man");
        bench.receive(&message.finish()).asked();
        let sent = bench.answer(reply).unwrap().sent();
        let (expected, value) = match reply {
            Answer::Yes => (vec![200, 200, 200, 200, after], "new"),
            _ => (vec![507, 216, code, 215, after], "before"),
        };
        assert_eq!(sent.codes(), expected);
        assert_eq!(bench.text("./Vendor/cfg/apn"), value);
    }
}

/// PRO-C-133: an Atomic that was under way leaves nothing, however the session ends.
#[test]
fn an_atomic_under_way_leaves_nothing() {
    let question = "<Data>1101</Data><Item/><Item><Data>Sure?</Data></Item>";
    let mut bench = Bench::new(Setup {
        has_user: true,
        ..Setup::default()
    });
    bench.start().sent();
    let message = Msg::new(1).hdr(200).container("Atomic", |inner| {
        inner
            .replace("./Vendor/cfg/apn", "new")
            .command("Alert", question)
    });
    bench.receive(&message.finish()).asked();
    bench.start().sent();
    assert_eq!(bench.text("./Vendor/cfg/apn"), "before");
    let sent = bench
        .receive(
            &Msg::new(1)
                .hdr(200)
                .replace("./Vendor/cfg/apn", "next")
                .finish(),
        )
        .sent();
    assert_eq!(sent.codes(), [200]);
}

/// A handler that takes no part in transactions refuses inside an Atomic, and keeps what it had.
#[test]
fn handlers_that_cannot_take_part_refuse() {
    let mut bench = Bench::default();
    let message = Msg::new(1).hdr(200).container("Atomic", |inner| {
        inner
            .replace("./Vendor/cfg/apn", "never")
            .replace("./Vendor/Slow", "x")
    });
    let sent = answer(&mut bench, message);
    assert_eq!(sent.codes()[0], 507);
    assert_eq!(bench.text("./Vendor/cfg/apn"), "before");
}

/// An Atomic inside a Sequence fails by itself; the Sequence goes on.
#[test]
fn an_atomic_may_stand_in_a_sequence() {
    let mut bench = Bench::default();
    let message = Msg::new(1).hdr(200).container("Sequence", |inner| {
        inner
            .container("Atomic", |inner| {
                inner
                    .replace("./Vendor/cfg/apn", "never")
                    .delete("./nowhere")
            })
            .container("Atomic", |inner| {
                inner.replace("./Vendor/cfg/apn", "second")
            })
            .get("./Vendor/cfg/apn")
    });
    let sent = answer(&mut bench, message);
    assert_eq!(sent.codes(), [200, 507, 216, 404, 200, 200, 200]);
    assert_eq!(sent.result(), "second");
}

/// A slow child keeps the transaction open, and nothing is executed twice.
#[test]
fn a_wait_inside_a_message_with_an_atomic_executes_nothing_twice() {
    let mut bench = Bench::default();
    bench.probe.delays.set(2);
    bench.start().sent();
    let message = Msg::new(1)
        .hdr(200)
        .container("Atomic", |inner| inner.add("./Vendor/cfg/one", "int", "1"))
        .get("./Vendor/Slow")
        .get("./Vendor/cfg/one");
    let mut out = bench.receive(&message.finish());
    while matches!(out, Out::Wait) {
        out = bench.resume();
    }
    assert_eq!(out.sent().codes(), [200, 200, 200, 200]);
}
