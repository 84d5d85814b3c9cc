//! Protocol chapter 13: sessions that do not end by themselves, transports that fail, and hosts that have had enough.

#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "tests"
)]

use dm_core::{Answer, Budget, Code, Encoding, End, Error, Failure, LimitKind, Misuse};
use dm_tests::{Bench, Msg, Out, Sent, Setup};

fn budget(change: impl FnOnce(&mut Budget)) -> Setup {
    let mut budget = Budget::default();
    change(&mut budget);
    Setup {
        budget,
        ..Setup::default()
    }
}

fn get(n: u32) -> String {
    Msg::new(n).hdr(200).get("./DevInfo/Man").finish()
}

/// The farewell: a Status for the header, Alert 1223, Final.
fn is_farewell(sent: &Sent, code: u16) {
    assert_eq!(sent.parts(), ["Status", "Alert", "Final"]);
    assert_eq!((sent.hdr_code(), sent.alerts()), (code, vec![1223]));
}

fn ended(out: Out, error: Error) {
    assert_eq!(out.done().end, End::Failed(error));
}

/// PRO-C-130: a server that goes on and on is told good-bye; nothing of its last message is executed.
#[test]
fn a_session_ends_behind_its_messages() {
    let mut bench = Bench::new(budget(|budget| budget.messages = 3));
    bench.start().sent();
    for n in 1..4 {
        assert_eq!(bench.receive(&get(n)).sent().codes(), [200]);
    }
    let message = Msg::new(4).hdr(200).replace("./Vendor/cfg/apn", "new");
    is_farewell(&bench.receive(&message.finish()).sent(), 500);
    assert_eq!(bench.text("./Vendor/cfg/apn"), "before");
    let out = bench.receive(&get(5));
    ended(out, Error::Limit(LimitKind::Messages));
}

/// The same for octets, and for the commands of one message, where nothing is executed either.
#[test]
fn a_session_ends_behind_its_octets_and_commands() {
    let size = get(1).len() as u32;
    let mut bench = Bench::new(budget(|budget| budget.octets = 2 * size));
    bench.start().sent();
    for n in 1..3 {
        assert_eq!(bench.receive(&get(n)).sent().codes(), [200]);
    }
    is_farewell(&bench.receive(&get(3)).sent(), 500);
    let out = bench.failed(Failure::Link);
    ended(out, Error::Limit(LimitKind::Octets));

    let mut bench = Bench::new(budget(|budget| budget.commands = 4));
    bench.start().sent();
    let message = |n| {
        let message = Msg::new(n).hdr(200).replace("./Vendor/cfg/apn", "new");
        message.get("./DevInfo/Man").get("./DevInfo/Man")
    };
    assert_eq!(bench.receive(&message(1).finish()).sent().codes(), [200; 3]);
    bench.tree.local().set("./Vendor/cfg/apn", b"kept").unwrap();
    let sent = bench
        .receive(&message(2).get("./DevInfo/Man").finish())
        .sent();
    assert_eq!(sent.alerts(), [1223]);
    assert_eq!(bench.text("./Vendor/cfg/apn"), "kept");
    let out = bench.receive(&get(3));
    ended(out, Error::Limit(LimitKind::Commands));
}

/// BIND-C-015, protocol chapter 13: the same octets again, after longer and longer waits; an answer makes good for it; then the end.
#[test]
fn a_failed_transport_is_tried_again() {
    let setup = budget(|budget| {
        budget.retries = 3;
        budget.retry_wait = 1000;
    });
    let mut bench = Bench::new(setup);
    bench.ms = 50_000;
    let mut first = bench.start().sent();
    for round in 1..3 {
        for (attempt, why) in [Failure::Link, Failure::Timeout, Failure::Http(Code(503))]
            .into_iter()
            .enumerate()
        {
            // What the last of the random octets changes is the wait alone.
            bench.random[15] = if round == 1 { 0 } else { 255 };
            assert!(matches!(bench.failed(why), Out::Wait));
            let wait = bench.until.unwrap() - bench.ms;
            let least = 1000 << attempt;
            assert!((least..=least + least / 4).contains(&wait), "{wait}");
            bench.ms = bench.until.unwrap();
            let again = bench.resume().sent();
            assert_eq!((&again.body, &again.uri), (&first.body, &first.uri));
        }
        first = bench.receive(&get(round)).sent();
    }
    for _ in 0..3 {
        bench.failed(Failure::Link);
        bench.resume().sent();
    }
    let out = bench.failed(Failure::Link);
    ended(out, Error::Transport(Failure::Link));
}

/// What a repetition would not better is not repeated; and without a budget for it nothing is.
#[test]
fn not_every_failure_is_worth_another_try() {
    for why in [
        Failure::Tls,
        Failure::Protocol,
        Failure::TooLarge,
        Failure::Cancelled,
        Failure::Http(Code(404)),
        Failure::Http(Code(500)),
    ] {
        let mut bench = Bench::new(budget(|budget| budget.retries = 9));
        bench.start().sent();
        let out = bench.failed(why);
        ended(out, Error::Transport(why));
    }
    let mut bench = Bench::default();
    bench.start().sent();
    let out = bench.failed(Failure::Link);
    ended(out, Error::Transport(Failure::Link));
}

/// Waits are bounded, and differ from device to device.
#[test]
fn waits_stay_within_a_day_and_are_not_all_alike() {
    let mut bench = Bench::new(budget(|budget| {
        budget.retries = 255;
        budget.retry_wait = u32::MAX;
    }));
    bench.start().sent();
    let mut waits = std::collections::HashSet::new();
    for n in 0..40 {
        bench.random[15] = n * 6;
        bench.failed(Failure::Link);
        let wait = bench.until.unwrap();
        assert!(wait <= 86_400_000 * 5 / 4);
        waits.insert(wait);
        bench.resume().sent();
    }
    assert!(waits.len() > 20);
}

/// PRO-C-130, PRO-C-131: a host that gives up while a handler takes its time still delivers what was executed.
#[test]
fn an_aborted_session_delivers_what_was_executed() {
    for encoding in [Encoding::Xml, Encoding::Wbxml] {
        let mut bench = Bench::new(Setup {
            encoding,
            ..Setup::default()
        });
        assert_eq!(bench.abort().unwrap_err(), Error::Misuse(Misuse::WrongCall));
        bench.start().sent();
        assert_eq!(bench.abort().unwrap_err(), Error::Misuse(Misuse::WrongCall));
        bench.probe.delays.set(9);
        let message = Msg::new(1)
            .hdr(200)
            .replace("./Vendor/cfg/apn", "new")
            .get("./DevInfo/Man")
            .get("./Vendor/Slow")
            .get("./DevInfo/Mod");
        assert!(matches!(bench.receive(&message.finish()), Out::Wait));
        let sent = bench.abort().unwrap().sent();
        assert_eq!(sent.codes(), [200, 200]);
        assert_eq!(sent.result(), "Maker");
        let parts = ["Status", "Status", "Status", "Results", "Alert", "Final"];
        assert_eq!(sent.parts(), parts);
        assert_eq!(sent.alerts(), [1223]);
        // PRO-C-132: what the server says to that does not matter.
        let out = bench.receive(&get(2));
        ended(out, Error::Transport(Failure::Cancelled));
        assert_eq!(bench.text("./Vendor/cfg/apn"), "new");
        bench.start().sent();
    }
}

/// PRO-C-131, PRO-C-083: of an Atomic that was under way nothing stays, and its Status says so.
#[test]
fn an_aborted_session_takes_an_open_atomic_back() {
    let mut bench = Bench::new(Setup {
        has_user: true,
        ..Setup::default()
    });
    bench.start().sent();
    let question = "<Data>1101</Data><Item><Data></Data></Item><Item><Data>Sure?</Data></Item>";
    let message = Msg::new(1)
        .hdr(200)
        .replace("./Vendor/cfg/label", "stays")
        .container("Atomic", |inner| {
            inner
                .replace("./Vendor/cfg/apn", "new")
                .command("Alert", question)
        });
    bench.receive(&message.finish()).asked();
    let sent = bench.abort().unwrap().sent();
    assert_eq!((sent.codes(), sent.alerts()), (vec![200, 507], vec![1223]));
    assert_eq!(bench.text("./Vendor/cfg/apn"), "before");
    assert_eq!(bench.text("./Vendor/cfg/label"), "stays");
    assert!(bench.answer(Answer::Yes).is_err());
    let out = bench.failed(Failure::Link);
    ended(out, Error::Transport(Failure::Cancelled));
}

/// PRO-C-144: years between two calls make no difference: how long to wait is the host's to say.
#[test]
fn no_time_is_too_long() {
    let mut bench = Bench::default();
    bench.start().sent();
    for n in 1..5 {
        bench.ms += 10 * 365 * 86_400_000;
        bench.probe.delays.set(1);
        let message = Msg::new(n).hdr(200).get("./Vendor/Slow").finish();
        assert!(matches!(bench.receive(&message), Out::Wait));
        bench.ms += 10 * 365 * 86_400_000;
        assert_eq!(bench.resume().sent().codes(), [200]);
    }
    let report = bench.receive(&Msg::new(5).hdr(200).finish()).done();
    assert_eq!(report.end, End::Closed);
}
