//! Protocol chapters 7.6 and 10: what the device tells unasked, and the results of what an Exec only began.

#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "tests"
)]

use dm_core::{
    EVENTS_MAX, Encoding, End, Error, Event, EventKind, Failure, LimitKind, Mark, Misuse,
};
use dm_server::{Config, Sessions};
use dm_tests::{Bench, Cred, Flash, Msg, Out, Sent, SentEvent, Setup, b64, md5_cred};
use dm_tree::{Format, Ticket};

const MD5: &str = "syncml:auth-md5";
const UPDATE: &str = "org.openmobilealliance.dm.firmwareupdate.update";

fn bench(setup: Setup, flash: &Flash) -> Bench {
    Bench::on(setup, Box::leak(Box::new(flash.clone())))
}

fn note(data: &[u8]) -> Event<'_> {
    Event::new(
        EventKind::ReversedDomainName("com.example.note"),
        Format::Chr,
        data,
    )
}

fn raise(bench: &mut Bench, event: &Event<'_>) -> Result<(), Error> {
    bench.client.raise(&mut bench.tree, event)
}

fn waiting(bench: &mut Bench) -> usize {
    bench.client.waiting(&mut bench.tree).unwrap()
}

fn data(sent: &Sent) -> Vec<String> {
    let events = sent.events().into_iter();
    events.map(|event| event.data.unwrap()).collect()
}

/// The server's Status for every event of a message.
fn answered(message: Msg, sent: &Sent, code: u16) -> Msg {
    let events = sent.events();
    events.iter().fold(message, |message, event| {
        message.status(event.cmd_id, "Alert", code)
    })
}

/// PRO-C-120, PRO-C-121, PRO-C-122, PRO-C-123, PRO-C-125: behind Alert and DevInfo of package 1, with everything that belongs to it.
#[test]
fn package_1_tells_what_waits() {
    for encoding in [Encoding::Xml, Encoding::Wbxml] {
        let mut bench = Bench::new(Setup {
            encoding,
            ..Setup::default()
        });
        let mut full = note(b"a < b");
        full.mark = Some(Mark::Critical);
        full.correlator = "c-1";
        full.source = "./Vendor/cfg";
        full.target = "./t";
        raise(&mut bench, &full).unwrap();
        let image = Event::new(
            EventKind::ContentType("image/png"),
            Format::Bin,
            &[0, 255, 7],
        );
        raise(&mut bench, &image).unwrap();
        let event = Event::new(EventKind::Client("x-event"), Format::Int, b"-5");
        raise(&mut bench, &event).unwrap();
        let sent = bench.start().sent();
        let parts = ["Alert", "Replace", "Alert", "Alert", "Alert", "Final"];
        assert_eq!(sent.parts(), parts);
        assert_eq!(sent.alerts(), [1201, 1226, 1226, 1224]);
        let some = |text: &str| Some(text.to_owned());
        let mut events = sent.events();
        for event in &mut events {
            assert!(event.cmd_id > 2);
            event.cmd_id = 0;
        }
        let is_xml = encoding == Encoding::Xml;
        assert_eq!(
            events,
            [
                SentEvent {
                    cmd_id: 0,
                    code: 1226,
                    correlator: some("c-1"),
                    source: some("./Vendor/cfg"),
                    target: some("./t"),
                    mime: some("Reversed-Domain-Name: com.example.note"),
                    format: some("chr"),
                    mark: some("critical"),
                    data: some("a < b"),
                },
                SentEvent {
                    cmd_id: 0,
                    code: 1226,
                    correlator: None,
                    source: None,
                    target: None,
                    mime: some("Content-Type: image/png"),
                    format: some(if is_xml { "b64" } else { "bin" }),
                    mark: None,
                    data: events[1].data.clone(),
                },
                SentEvent {
                    cmd_id: 0,
                    code: 1224,
                    correlator: None,
                    source: None,
                    target: None,
                    mime: some("x-event"),
                    format: some("int"),
                    mark: None,
                    data: some("-5"),
                },
            ]
        );
        if is_xml {
            assert_eq!(events[1].data.as_deref().unwrap(), b64(&[0, 255, 7]));
        } else {
            assert!(sent.body.windows(3).any(|three| three == [0, 255, 7]));
        }
    }
}

/// PRO-C-122: the seven marks.
#[test]
fn marks_have_the_names_of_the_table() {
    for (mark, name) in [
        (Mark::Fatal, "fatal"),
        (Mark::Critical, "critical"),
        (Mark::Minor, "minor"),
        (Mark::Warning, "warning"),
        (Mark::Informational, "informational"),
        (Mark::Harmless, "harmless"),
        (Mark::Indeterminate, "indeterminate"),
    ] {
        let mut bench = Bench::default();
        let mut event = note(b"");
        event.mark = Some(mark);
        raise(&mut bench, &event).unwrap();
        let events = bench.start().sent().events();
        assert_eq!(events[0].mark.as_deref(), Some(name));
        assert_eq!(events[0].data.as_deref(), Some(""), "Data is always there");
    }
}

/// What becomes of an event by the server's Status for it, as the table of the outbox says.
#[test]
fn an_event_stays_until_it_is_answered() {
    for (code, stays) in [
        (200, false),
        (202, false),
        (406, false),
        (412, false),
        (415, false),
        (500, false),
        (599, false),
        (101, true),
        (408, true),
        (417, true),
        (503, true),
        (506, true),
        (511, true),
        (514, true),
    ] {
        let flash = Flash::default();
        let mut bench = bench(Setup::default(), &flash);
        raise(&mut bench, &note(b"once")).unwrap();
        let first = bench.start().sent();
        let message = answered(Msg::new(1).hdr(200), &first, code);
        let sent = bench.receive(&message.get("./DevInfo/Man").finish()).sent();
        assert_eq!(sent.events(), [], "{code}: not twice in one session");
        assert_eq!(flash.engine_records(), usize::from(stays), "{code}");
        assert_eq!(waiting(&mut bench), usize::from(stays), "{code}");
        bench.receive(&Msg::new(2).hdr(200).finish()).done();
        let again = bench.start().sent();
        assert_eq!(data(&again).len(), usize::from(stays), "{code}");
        if stays {
            assert_eq!(again.events(), first.events(), "octet for octet");
        }
    }
}

/// A Status for something else, or none, answers no event; nor does the end of a session.
#[test]
fn an_event_without_an_answer_is_told_again() {
    let mut bench = Bench::default();
    raise(&mut bench, &note(b"1")).unwrap();
    let sent = bench.start().sent();
    let event = &sent.events()[0];
    let message = Msg::new(1)
        .hdr(200)
        .status(event.cmd_id - 1, "Replace", 200)
        .status(event.cmd_id + 1, "Alert", 200);
    bench.receive(&message.finish()).done();
    assert_eq!(bench.start().sent().events(), sent.events());
    bench.failed(Failure::Timeout).done();
    assert_eq!(bench.start().sent().events(), sent.events());
}

/// Protocol chapter 10.1: an event answered 401 or 407 is repeated in the next message.
#[test]
fn an_event_that_was_refused_for_want_of_credentials_is_repeated() {
    let mut bench = Bench::default();
    raise(&mut bench, &note(b"again")).unwrap();
    let sent = bench.start().sent();
    let message = answered(Msg::new(1).hdr(200), &sent, 407).get("./DevInfo/Man");
    let sent = bench.receive(&message.finish()).sent();
    assert_eq!(
        sent.parts(),
        ["Status", "Status", "Results", "Alert", "Final"]
    );
    assert_eq!(data(&sent), ["again"]);
    let message = answered(Msg::new(2).hdr(200), &sent, 200).get("./DevInfo/Man");
    assert_eq!(bench.receive(&message.finish()).sent().events(), []);
    assert_eq!(waiting(&mut bench), 0);
}

/// PRO-C-021: package 1 is repeated with its events, and a later message with those that stood in it.
#[test]
fn repeated_messages_tell_their_events_again() {
    let mut bench = Bench::new(Setup {
        client: Some(Cred {
            kind: "DIGEST",
            name: "dev",
            secret: "dev-secret",
            nonce: b"n",
        }),
        ..Setup::default()
    });
    raise(&mut bench, &note(b"early")).unwrap();
    let first = bench.start().sent();
    let refusal = Msg::new(1).hdr_chal(401, MD5, Some(b"m"));
    let refusal = answered(refusal, &first, 401).finish();
    let sent = bench.receive(&refusal).sent();
    assert_eq!(data(&sent), ["early"]);
    raise(&mut bench, &note(b"late")).unwrap();
    let message = answered(Msg::new(2).hdr_chal(200, MD5, Some(b"o")), &sent, 200);
    let sent = bench.receive(&message.get("./DevInfo/Man").finish()).sent();
    assert_eq!(data(&sent), ["late"]);
    assert_eq!(waiting(&mut bench), 1);
    let refusal = Msg::new(3).hdr_chal(401, MD5, Some(b"p")).finish();
    let sent = bench.receive(&refusal).sent();
    assert_eq!(data(&sent), ["late"]);
    let message = answered(Msg::new(4).hdr(200), &sent, 200).get("./DevInfo/Man");
    bench.receive(&message.finish()).sent();
    assert_eq!(waiting(&mut bench), 0);
}

/// A server that has not proved itself does not make the device forget anything, and is told nothing in an answer.
#[test]
fn a_stranger_answers_no_event() {
    let cred = Cred {
        kind: "DIGEST",
        name: "srv",
        secret: "srv-secret",
        nonce: b"n",
    };
    let mut bench = Bench::new(Setup {
        server: Some(cred),
        server_auth: "required",
        ..Setup::default()
    });
    raise(&mut bench, &note(b"1")).unwrap();
    let first = bench.start().sent();
    raise(&mut bench, &note(b"2")).unwrap();
    let message = answered(Msg::new(1).hdr(200), &first, 200).get("./DevInfo/Man");
    let sent = bench.receive(&message.finish()).sent();
    assert_eq!((sent.hdr_code(), sent.events()), (407, vec![]));
    assert_eq!(waiting(&mut bench), 2);
    let nonce = *b"abcdefghijklmnop";
    let message = Msg::new(2)
        .cred(MD5, &md5_cred("srv", "srv-secret", &nonce))
        .hdr(200)
        .get("./DevInfo/Man");
    let sent = bench.receive(&message.finish()).sent();
    assert_eq!(data(&sent), ["2"]);
    assert_eq!(waiting(&mut bench), 2);
}

/// PRO-C-010, PRO-C-011, PRO-C-025, PRO-C-120, PRO-C-124: what has no room in package 1 goes in further messages of it, each asked for with Alert 1222;
/// nothing is lost, doubled or out of order, and Final stands in the last.
#[test]
fn package_1_is_split_when_its_events_do_not_fit() {
    for encoding in [Encoding::Xml, Encoding::Wbxml] {
        // The largest of the events has room in a message of its own.
        let least = if encoding == Encoding::Xml {
            2400
        } else {
            1900
        };
        for tx in (least..3400).step_by(50) {
            let mut bench = Bench::new(Setup {
                encoding,
                tx,
                ..Setup::default()
            });
            let texts: Vec<String> = (0..EVENTS_MAX)
                .map(|n| format!("{n}").repeat(400 + 40 * n))
                .collect();
            for text in &texts {
                raise(&mut bench, &note(text.as_bytes())).unwrap();
            }
            let mut told = Vec::new();
            let mut sent = bench.start().sent();
            let mut n = 0;
            loop {
                assert!(sent.size <= tx);
                told.extend(data(&sent));
                n += 1;
                let message = answered(Msg::new(n).hdr(200), &sent, 200);
                if sent.is_final() {
                    bench.receive(&message.finish()).done();
                    break;
                }
                sent = bench.receive(&message.alert(1222).more()).sent();
                assert_eq!(sent.codes(), [200]);
                assert!(!data(&sent).is_empty(), "each message moves on");
            }
            assert!(n > 1, "{tx}");
            assert_eq!(told, texts, "{encoding:?} {tx}");
            assert_eq!(waiting(&mut bench), 0);
        }
    }
}

/// PRO-C-124, PRO-C-023: an event that no message of this server can hold is kept for a session that can, and holds up no other.
#[test]
fn an_event_larger_than_the_servers_messages_waits() {
    let mut bench = Bench::default();
    bench.start().sent();
    let large = "x".repeat(3000);
    raise(&mut bench, &note(large.as_bytes())).unwrap();
    raise(&mut bench, &note(b"small")).unwrap();
    let message = Msg::new(1).max_msg_size(2000).hdr(200).get("./DevInfo/Man");
    let mut sent = bench.receive(&message.finish()).sent();
    let mut told = data(&sent);
    for n in 2..4 {
        if sent.is_final() {
            break;
        }
        let message = answered(Msg::new(n).hdr(200), &sent, 200);
        sent = bench.receive(&message.alert(1222).more()).sent();
        told.extend(data(&sent));
    }
    assert!(sent.is_final());
    assert_eq!(told, ["small"]);
    let n = sent.header("MsgID").unwrap().parse().unwrap();
    let message = answered(Msg::new(n).hdr(200), &sent, 200);
    bench.receive(&message.finish()).done();
    let told = data(&bench.start().sent());
    assert_eq!(told.iter().map(String::len).collect::<Vec<_>>(), [3000]);
    assert!(told[0] == large);
}

/// What is raised during a session goes with its next package, behind the answers, but never into the middle of the server's.
#[test]
fn what_happens_in_a_session_is_told_in_it() {
    let mut bench = Bench::default();
    bench.start().sent();
    raise(&mut bench, &note(b"now")).unwrap();
    // The server's package goes on: no Final, and nothing but what was asked for.
    let message = Msg::new(1).hdr(200).get("./DevInfo/Man");
    let sent = bench.receive(&message.more()).sent();
    assert_eq!(sent.events(), []);
    assert!(!sent.is_final());
    let message = Msg::new(2).hdr(200).get("./DevInfo/Man");
    let sent = bench.receive(&message.finish()).sent();
    assert_eq!(
        sent.parts(),
        ["Status", "Status", "Results", "Alert", "Final"]
    );
    assert_eq!(data(&sent), ["now"]);
    // After the end nothing is sent (protocol chapter 1).
    raise(&mut bench, &note(b"too late")).unwrap();
    let message = answered(Msg::new(3).hdr(200), &sent, 200);
    bench.receive(&message.finish()).done();
    assert_eq!(data(&bench.start().sent()), ["too late"]);
}

/// Answers that take several messages come first.
#[test]
fn events_come_behind_the_last_answer() {
    let mut bench = Bench::default();
    bench.probe.big.set(700);
    bench.start().sent();
    raise(&mut bench, &note(b"at last")).unwrap();
    let message = Msg::new(1)
        .max_msg_size(2000)
        .hdr(200)
        .get("./Vendor/Big")
        .get("./Vendor/Big")
        .get("./Vendor/Big");
    let mut sent = bench.receive(&message.finish()).sent();
    let mut results = sent.results().len();
    for n in 2..9 {
        if sent.is_final() {
            break;
        }
        assert_eq!(sent.events(), []);
        sent = bench
            .receive(&Msg::new(n).hdr(200).alert(1222).more())
            .sent();
        results += sent.results().len();
    }
    assert_eq!(results, 3);
    assert_eq!(data(&sent), ["at last"]);
}

/// The outbox is bounded, tells so, and keeps nothing that it could not send.
#[test]
fn what_cannot_be_kept_or_sent_is_refused_at_once() {
    let mut bench = Bench::default();
    let refused = |bench: &mut Bench, event: Event<'_>| raise(bench, &event).unwrap_err();
    let kinds = [
        EventKind::ReversedDomainName(""),
        EventKind::ReversedDomainName("with blank"),
        EventKind::ReversedDomainName("urn:x"),
        EventKind::ContentType(""),
        EventKind::ContentType("a\nb"),
        EventKind::Client(""),
    ];
    for kind in kinds {
        let error = refused(&mut bench, Event::new(kind, Format::Chr, b""));
        assert_eq!(error, Error::Misuse(Misuse::Event), "{kind:?}");
    }
    let kind = EventKind::Client("t");
    for (format, data) in [
        (Format::Node, &b""[..]),
        (Format::Chr, b"\xff"),
        (Format::Xml, b"\0"),
    ] {
        let error = refused(&mut bench, Event::new(kind, format, data));
        assert_eq!(error, Error::Misuse(Misuse::Event));
    }
    let long = "l".repeat(256);
    for field in 0..4 {
        let mut event = note(b"");
        *[
            &mut event.server_id,
            &mut event.correlator,
            &mut event.source,
            &mut event.target,
        ][field] = &long;
        assert_eq!(refused(&mut bench, event), Error::Misuse(Misuse::Event));
    }
    // The work memory of the bench has 4096 octets.
    let large = vec![b'x'; 4096];
    let error = refused(&mut bench, note(&large));
    assert_eq!(error, Error::Limit(LimitKind::EventTooLarge));
    assert_eq!(waiting(&mut bench), 0);
    for _ in 0..EVENTS_MAX {
        raise(&mut bench, &note(b"x")).unwrap();
    }
    let error = refused(&mut bench, note(b"x"));
    assert_eq!(error, Error::Limit(LimitKind::Events));
    bench.client.forget_events(&mut bench.tree).unwrap();
    assert_eq!(waiting(&mut bench), 0);
    assert_eq!(bench.start().sent().events(), []);
}

/// An event for one server is not told to another.
#[test]
fn an_event_is_for_the_server_that_it_names() {
    let mut bench = Bench::default();
    let mut event = note(b"mine");
    event.server_id = "srv";
    raise(&mut bench, &event).unwrap();
    event.server_id = "other";
    event.data = b"others";
    raise(&mut bench, &event).unwrap();
    assert_eq!(data(&bench.start().sent()), ["mine"]);
    let id = "./DMAcc/a/ServerID";
    bench.tree.local().set(id, b"other").unwrap();
    assert_eq!(data(&bench.start().sent()), ["others"]);
}

fn exec(correlator: Option<&str>) -> String {
    let correlator = correlator.map_or(String::new(), |text| {
        format!("<Correlator>{text}</Correlator>")
    });
    format!("{correlator}<Item><Target><LocURI>./Vendor/Reboot</LocURI></Target></Item>")
}

/// Begins an Exec that goes on after its 202.
fn begin(bench: &mut Bench, correlator: Option<&str>) -> Ticket {
    bench.probe.exec_starts.set(true);
    bench.start().sent();
    let message = Msg::new(1).hdr(200).command("Exec", &exec(correlator));
    let sent = bench.receive(&message.finish()).sent();
    assert_eq!((sent.codes(), sent.events()), (vec![202], vec![]));
    bench.probe.ticket.get()
}

fn result(data: &[u8]) -> Event<'_> {
    Event::new(EventKind::ReversedDomainName(UPDATE), Format::Int, data)
}

/// PRO-C-070, PRO-C-071: 202, and later the result with the Correlator of the Exec, in the same session or another, to its server,
/// about its node. Without a Correlator there is none.
#[test]
fn a_late_result_answers_its_exec() {
    for correlator in [Some("job-1"), None] {
        for restart in [false, true] {
            let flash = Flash::default();
            let mut device = bench(Setup::default(), &flash);
            let ticket = begin(&mut device, correlator);
            if restart {
                device = bench(Setup::default(), &flash);
            }
            // An Exec that goes on is no event yet.
            let sent = if restart {
                device.start().sent()
            } else {
                let message = Msg::new(2).hdr(200).get("./DevInfo/Man");
                device.receive(&message.finish()).sent()
            };
            assert_eq!(sent.events(), []);
            assert_eq!(waiting(&mut device), 1);
            let now = device
                .client
                .finish(&mut device.tree, ticket, &result(b"200"));
            now.unwrap();
            // A second call changes nothing.
            let again = device
                .client
                .finish(&mut device.tree, ticket, &result(b"500"));
            again.unwrap();
            let n = if restart { 1 } else { 3 };
            let message = Msg::new(n).hdr(200).get("./DevInfo/Man");
            let sent = device.receive(&message.finish()).sent();
            let events = sent.events();
            assert_eq!(events.len(), 1);
            assert_eq!(events[0].correlator.as_deref(), correlator);
            assert_eq!(events[0].source.as_deref(), Some("./Vendor/Reboot"));
            assert_eq!(events[0].data.as_deref(), Some("200"));
            assert_eq!(events[0].format.as_deref(), Some("int"));
            let message = answered(Msg::new(n + 1).hdr(200), &sent, 200);
            device.receive(&message.finish()).done();
            assert_eq!((waiting(&mut device), flash.engine_records()), (0, 0));
            let unknown = device
                .client
                .finish(&mut device.tree, ticket, &result(b"1"));
            assert_eq!(unknown, Err(Error::Misuse(Misuse::Ticket)));
        }
    }
}

/// Several at a time: each result finds its Exec.
#[test]
fn tickets_are_told_apart() {
    let mut device = Bench::default();
    device.probe.exec_starts.set(true);
    device.start().sent();
    let mut tickets = Vec::new();
    for n in 1..5 {
        let message = Msg::new(n)
            .hdr(200)
            .command("Exec", &exec(Some(&format!("job-{n}"))));
        assert_eq!(device.receive(&message.finish()).sent().codes(), [202]);
        tickets.push(device.probe.ticket.get());
    }
    for n in [2, 0, 3, 1] {
        let told = format!("{n}");
        let event = result(told.as_bytes());
        let done = device.client.finish(&mut device.tree, tickets[n], &event);
        done.unwrap();
    }
    let message = Msg::new(5).hdr(200).get("./DevInfo/Man");
    let events = device.receive(&message.finish()).sent().events();
    let pairs: Vec<_> = events
        .iter()
        .map(|event| {
            (
                event.correlator.as_deref().unwrap(),
                event.data.as_deref().unwrap(),
            )
        })
        .collect();
    assert_eq!(
        pairs,
        [
            ("job-1", "0"),
            ("job-2", "1"),
            ("job-3", "2"),
            ("job-4", "3")
        ]
    );
}

/// Nothing is begun whose result there is no place for: 420; and a Correlator too long to be given back: 413.
#[test]
fn an_exec_whose_result_could_not_be_told_is_not_begun() {
    let mut device = Bench::default();
    for _ in 0..EVENTS_MAX {
        raise(&mut device, &note(b"x")).unwrap();
    }
    device.start().sent();
    let message = Msg::new(1).hdr(200).command("Exec", &exec(None));
    assert_eq!(device.receive(&message.finish()).sent().codes(), [420]);
    let mut device = Bench::default();
    device.start().sent();
    let message = Msg::new(1)
        .hdr(200)
        .command("Exec", &exec(Some(&"c".repeat(300))));
    assert_eq!(device.receive(&message.finish()).sent().codes(), [413]);
    assert_eq!(device.probe.execs.get(), 0);
}

/// A script that the power may leave at any change of the store: an event, an Exec, its result; then sessions until
/// everything is told. Gives what the server heard, and how the Exec was answered.
fn told_with_cut(fuel: Option<u32>, flash: &Flash) -> (Vec<SentEvent>, Option<u16>) {
    let mut heard = Vec::new();
    let mut device = bench(Setup::default(), flash);
    flash.changes.set(0);
    flash.fuel.set(fuel);
    let mut exec_code = None;
    let script = |device: &mut Bench, heard: &mut Vec<SentEvent>, code: &mut Option<u16>| {
        raise(device, &note(b"note")).ok()?;
        device.probe.exec_starts.set(true);
        let sent = match device.begin(trigger()).ok()? {
            Out::Sent(sent) => sent,
            _ => return None,
        };
        heard.extend(sent.events());
        let message = answered(Msg::new(1).hdr(200), &sent, 200);
        let message = message.command("Exec", &exec(Some("job")));
        let Out::Sent(sent) = device.receive(&message.finish()) else {
            return None;
        };
        *code = sent.codes().first().copied();
        let ticket = device.probe.ticket.get();
        device
            .client
            .finish(&mut device.tree, ticket, &result(b"200"))
            .ok()?;
        let message = Msg::new(2).hdr(200).get("./DevInfo/Man");
        let Out::Sent(sent) = device.receive(&message.finish()) else {
            return None;
        };
        heard.extend(sent.events());
        let message = answered(Msg::new(3).hdr(200), &sent, 200);
        let _ = device.receive(&message.finish());
        Some(())
    };
    let _ = script(&mut device, &mut heard, &mut exec_code);
    let ticket = device.probe.ticket.get();
    flash.fuel.set(None);
    // The power is back. The handler knows its ticket, and tells its result once more.
    let mut device = bench(Setup::default(), flash);
    let _ = device
        .client
        .finish(&mut device.tree, ticket, &result(b"200"));
    for _ in 0..3 {
        let sent = device.start().sent();
        heard.extend(sent.events());
        let message = answered(Msg::new(1).hdr(200), &sent, 200);
        device.receive(&message.finish()).done();
    }
    assert_eq!(waiting(&mut device), 0);
    assert_eq!(flash.engine_records(), 0);
    (heard, exec_code)
}

fn trigger() -> dm_core::Trigger<'static> {
    dm_core::Trigger::Client {
        server_id: None,
        session_id: Some(1),
    }
}

/// Whatever moment the power fails at: what was taken is told, at least once, always in the same words; and every Exec answered
/// 202 has its result told.
#[test]
fn no_cut_of_the_power_loses_what_was_taken() {
    let flash = Flash::default();
    let (heard, code) = told_with_cut(None, &flash);
    assert_eq!((heard.len(), code), (2, Some(202)));
    let changes = flash.changes.get();
    assert!(changes >= 5, "{changes}");
    let mut doubled = 0;
    for fuel in 0..changes {
        let (heard, code) = told_with_cut(Some(fuel), &Flash::default());
        let of = |data: &str| {
            let same = heard
                .iter()
                .filter(|event| event.data.as_deref() == Some(data));
            same.cloned()
                .map(|event| SentEvent { cmd_id: 0, ..event })
                .collect::<Vec<_>>()
        };
        let (notes, results) = (of("note"), of("200"));
        // The first change of the store is the note.
        assert_eq!(notes.is_empty(), fuel == 0, "{fuel}");
        assert!(
            code != Some(202) || !results.is_empty(),
            "{fuel}: a 202 without a result"
        );
        for told in [&notes, &results] {
            assert!(told.windows(2).all(|two| two[0] == two[1]), "{fuel}");
        }
        assert!(
            results
                .iter()
                .all(|event| event.correlator.as_deref() == Some("job"))
        );
        doubled += usize::from(notes.len() + results.len() > 2);
    }
    assert!(
        doubled > 0,
        "some cut falls between the Status and its being kept"
    );
}

/// PRO-C-070, PRO-C-071, PRO-C-120, PRO-C-121: with a server that checks every rule of its own; first the events, then an Exec and its result in the next
/// session.
#[test]
fn a_server_of_its_own_making_takes_events_and_results() {
    for encoding in [Encoding::Xml, Encoding::Wbxml] {
        let flash = Flash::default();
        let setup = Setup {
            encoding,
            tx: 2200,
            ..Setup::default()
        };
        let mut device = bench(setup, &flash);
        device.probe.exec_starts.set(true);
        let texts: Vec<String> = (0..6).map(|n| format!("{n}").repeat(500)).collect();
        for text in &texts {
            raise(&mut device, &note(text.as_bytes())).unwrap();
        }
        let config = "[server]\nid = \"srv\"\nanonymous = true\n[[package]]\nops = [{ exec = \
            \"./Vendor/Reboot\", correlator = \"job-7\", expect = 202 }]\n";
        let mut server = Sessions::new(Config::parse(config).unwrap());
        let ticket = |device: &Bench| device.probe.ticket.get();
        play(&mut device, &mut server);
        assert_eq!(waiting(&mut device), 1, "the Exec that goes on");
        let known = ticket(&device);
        let mut device = bench(setup, &flash);
        let mut event = result(b"200");
        event.source = "./Vendor";
        device
            .client
            .finish(&mut device.tree, known, &event)
            .unwrap();
        server.set_script([]);
        let sent = play(&mut device, &mut server);
        let events: Vec<_> = sent.iter().flat_map(Sent::events).collect();
        assert_eq!(events.len(), 1);
        assert_eq!(events[0].correlator.as_deref(), Some("job-7"));
        assert_eq!(events[0].source.as_deref(), Some("./Vendor"));
        assert_eq!(flash.engine_records(), 0);
    }
}

fn play(bench: &mut Bench, server: &mut Sessions) -> Vec<Sent> {
    let mut all = Vec::new();
    let mut out = bench.start();
    loop {
        let sent = match out {
            Out::Sent(sent) => sent,
            Out::Done(report) => {
                assert_eq!(report.end, End::Closed, "{report:?}");
                break;
            }
            other => panic!("{other:?}"),
        };
        assert!(all.len() < 20);
        let content_type = Encoding::detect(&sent.body).content_type();
        let reply = server.handle(&sent.body, content_type);
        assert_eq!(reply.status, 200);
        out = bench.receive_bytes(&reply.body);
        all.push(sent);
    }
    let transcript = server.last_transcript().unwrap();
    assert!(transcript.faults.is_empty(), "{transcript}");
    assert!(transcript.unmet.is_empty(), "{transcript}");
    all
}
