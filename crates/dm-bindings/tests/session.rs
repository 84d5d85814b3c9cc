//! Whole sessions of the real client with the reference server: in one program, over sockets, and over transports
//! that fail.

#![cfg(all(feature = "http", feature = "std"))]
// A test fails by panicking, also in the functions it calls.
#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing)]

use std::time::Duration;

use dm_bindings::fault::{Fault, Faulty};
use dm_bindings::http::{Config as HttpConfig, Http};
use dm_bindings::std_net::{TcpConnector, block_on};
use dm_bindings::{Exchange, Host, Session, Transport, run};
use dm_core::{
    Code, Encoding, End, Error, Failure, Moment, Peer, Received, Report, Request, ServerFault,
    Trigger,
};
use dm_server::{Config, Device, Op, Package, Secret, Server, Sessions};
use dm_tests::{Bench, Cred, Setup};

/// A clock that stands still but for the delays it is asked for.
#[derive(Default)]
struct Desk {
    ms: u64,
    delays: Vec<Option<u64>>,
}

impl Host for Desk {
    fn moment(&mut self) -> Moment {
        Moment {
            ms: self.ms,
            utc: None,
            random: *b"0123456789abcdef",
        }
    }

    async fn delay_until(&mut self, ms: Option<u64>) {
        self.delays.push(ms);
        self.ms = ms.unwrap_or(self.ms + 1).max(self.ms);
    }
}

/// The reference server in the same program. It also notes the addresses it was asked at.
struct Direct {
    server: Sessions,
    asked: Vec<String>,
    body: Vec<u8>,
    content_type: Option<&'static str>,
}

impl Direct {
    fn new(config: Config) -> Self {
        let server = Sessions::new(config);
        Self {
            server,
            asked: Vec::new(),
            body: Vec::new(),
            content_type: None,
        }
    }
}

impl Exchange for Direct {
    async fn exchange(
        &mut self,
        request: &Request<'_>,
        rx: &mut [u8],
    ) -> Result<Received<'_>, Failure> {
        self.asked.push(request.uri.to_owned());
        let reply = self.server.handle(request.body, request.content_type);
        if reply.status != 200 {
            return Err(Failure::Http(Code(reply.status)));
        }
        let len = reply.body.len();
        rx.get_mut(..len)
            .ok_or(Failure::TooLarge)?
            .copy_from_slice(&reply.body);
        self.body = reply.body;
        Ok(Received {
            len,
            content_type: self.content_type.unwrap_or(reply.content_type),
            hmac: None,
            peer: Peer::Secured { name: "dm.test" },
        })
    }
}

/// A server that lets everybody in and asks for the manufacturer, then sets a value, then for a slow leaf.
fn script() -> Config {
    let mut config = Config::default();
    config.server.id = "srv".into();
    config.server.anonymous = true;
    config.packages = vec![
        Package::new([
            Op::get("./DevInfo/Man"),
            Op::replace("./Vendor/cfg/apn", "after"),
        ]),
        Package::new([Op::get("./Vendor/Slow")]),
    ];
    config
}

fn session<T: Transport>(bench: &mut Bench, transport: &mut T, desk: &mut Desk) -> Report {
    let trigger = Trigger::Client {
        server_id: None,
        session_id: Some(1),
    };
    block_on(run(
        &mut bench.client,
        &mut bench.tree,
        trigger,
        transport,
        desk,
    ))
    .unwrap()
}

#[test]
fn a_session_runs_from_its_trigger_to_its_report() {
    for encoding in [Encoding::Xml, Encoding::Wbxml] {
        let mut bench = Bench::new(Setup {
            encoding,
            ..Setup::default()
        });
        bench.probe.delays.set(3);
        let mut desk = Desk::default();
        let mut transport = Direct::new(script());
        let report = session(&mut bench, &mut transport, &mut desk);
        assert_eq!(report.end, End::Closed);
        assert_eq!((report.messages_sent, report.messages_received), (3, 3));
        assert_eq!((report.executed, report.refused), (3, 0));
        assert_eq!(bench.text("./Vendor/cfg/apn"), "after");
        // The slow leaf was asked again after each wait.
        assert_eq!(desk.delays.len(), 3);
        let transcript = transport.server.last_transcript().unwrap();
        assert_eq!(transcript.end, dm_server::End::Closed);
        assert!(
            transcript.faults.is_empty() && transcript.unmet.is_empty(),
            "{transcript}"
        );
        assert!(transcript.values.contains_key("./DevInfo/Man"));
        assert!(transcript.values.contains_key("./Vendor/Slow"));
    }
}

/// BIND-C-004
#[test]
fn messages_go_to_the_address_the_server_named_last() {
    let mut config = script();
    config.server.resp_uri = Some("http://dm.test/further?sid=1".into());
    let mut transport = Direct::new(config);
    let report = session(&mut Bench::default(), &mut transport, &mut Desk::default());
    assert_eq!(report.end, End::Closed);
    let further = "http://dm.test/further?sid=1";
    assert_eq!(transport.asked, ["http://dm.test/dm", further, further]);
}

/// BIND-C-011
#[test]
fn an_answer_of_another_media_type_is_a_failure() {
    for wrong in [
        "text/html",
        "application/vnd.syncml+wbxml",
        "application/octet-stream",
    ] {
        let mut bench = Bench::default();
        let mut transport = Direct::new(script());
        transport.content_type = Some(wrong);
        let report = session(&mut bench, &mut transport, &mut Desk::default());
        assert_eq!(
            report.end,
            End::Failed(Error::Server(ServerFault::ContentType)),
            "{wrong}"
        );
        assert_eq!(bench.text("./Vendor/cfg/apn"), "before");
    }
}

/// BIND-C-001, BIND-C-003, BIND-C-004, BIND-C-009
#[test]
fn sessions_go_over_sockets_however_the_server_frames_and_keeps() {
    let dev = Cred {
        kind: "DIGEST",
        name: "dev",
        secret: "dev-secret",
        nonce: b"1",
    };
    let srv = Cred {
        kind: "DIGEST",
        name: "srv",
        secret: "srv-secret",
        nonce: b"2",
    };
    for (keep_alive, chunk, resp_uri) in [
        (true, None, false),
        (true, Some(100), true),
        (false, None, true),
        (false, Some(1), false),
    ] {
        let mut config = script();
        config.server.anonymous = false;
        config.server.secret = Secret::new(srv.secret);
        config.devices = vec![Device::new(dev.name, dev.secret)];
        config.http.keep_alive = keep_alive;
        config.http.chunk = chunk;
        config.http.resp_uri = resp_uri;
        config.http.redirect = Some("/old".into());
        let server = Server::bind("127.0.0.1:0", config).unwrap().spawn();
        let addr = server.url().replace("/dm", "/old").leak();
        let mut bench = Bench::new(Setup {
            encoding: Encoding::Wbxml,
            client: Some(dev),
            server: Some(srv),
            server_auth: "required",
            addr,
            ..Setup::default()
        });
        let mut space = [0; 1024];
        let connector = TcpConnector {
            limit: Duration::from_secs(10),
        };
        let plain = HttpConfig {
            plain: true,
            ..HttpConfig::default()
        };
        let mut transport = Http::new(connector, plain, &mut space);
        let report = session(&mut bench, &mut transport, &mut Desk::default());
        let transcripts = server.stop();
        assert_eq!(report.end, End::Closed, "{}", transcripts[0]);
        assert_eq!(bench.text("./Vendor/cfg/apn"), "after");
        assert_eq!(transcripts.len(), 1);
        assert!(transcripts[0].unmet.is_empty() && transcripts[0].faults.is_empty());
    }
}

#[test]
fn what_the_transport_cannot_do_ends_the_session_with_its_reason() {
    for why in [
        Failure::Link,
        Failure::Timeout,
        Failure::Tls,
        Failure::TooLarge,
    ] {
        for lost in 0..3 {
            for fault in [Fault::LoseMessage(why), Fault::LoseAnswer(why)] {
                let plan = |n| if n == lost { fault } else { Fault::None };
                let mut transport = Faulty::new(Direct::new(script()), plan);
                let report = session(&mut Bench::default(), &mut transport, &mut Desk::default());
                assert_eq!(report.end, End::Failed(Error::Transport(why)), "{lost}");
                assert_eq!(transport.count(), lost + 1);
                let reached = transport.into_inner().asked.len() as u32;
                assert_eq!(reached, lost + u32::from(fault == Fault::LoseAnswer(why)));
            }
        }
    }
}

#[test]
fn an_answer_that_is_cut_executes_nothing() {
    let whole = {
        let mut transport = Direct::new(script());
        let _ = session(&mut Bench::default(), &mut transport, &mut Desk::default());
        transport.server.last_transcript().unwrap().messages[1].bytes
    };
    for len in (0..whole).step_by(13) {
        let plan = |n| if n == 0 { Fault::Cut(len) } else { Fault::None };
        let mut bench = Bench::default();
        let mut transport = Faulty::new(Direct::new(script()), plan);
        let report = session(&mut bench, &mut transport, &mut Desk::default());
        assert!(!report.is_ok() && report.executed == 0, "{len}: {report:?}");
        assert_eq!(bench.text("./Vendor/cfg/apn"), "before");
    }
}

#[test]
fn an_answer_that_is_damaged_ends_in_a_report_too() {
    for encoding in [Encoding::Xml, Encoding::Wbxml] {
        for (at, mask) in (0..2000)
            .step_by(61)
            .zip([0x01, 0x20, 0x80].into_iter().cycle())
        {
            let plan = |n| {
                if n == 0 {
                    Fault::Corrupt { at, mask }
                } else {
                    Fault::None
                }
            };
            let mut bench = Bench::new(Setup {
                encoding,
                ..Setup::default()
            });
            let mut transport = Faulty::new(Direct::new(script()), plan);
            let report = session(&mut bench, &mut transport, &mut Desk::default());
            assert!(report.messages_sent <= 8, "{at}: {report:?}");
        }
    }
}

#[test]
fn a_late_answer_is_taken_at_its_own_time() {
    let mut desk = Desk::default();
    let mut transport = Faulty::new(Direct::new(script()), |_| Fault::Delay(1000));
    let report = session(&mut Bench::default(), &mut transport, &mut desk);
    assert_eq!(report.end, End::Closed);
    assert_eq!(desk.delays, [Some(1000), Some(2000), Some(3000)]);
}

/// A transport that gives up at once.
struct Idle;

impl Transport for Idle {
    async fn carry<S: Session>(&mut self, _: &mut S) {}
}

#[test]
fn a_transport_that_gives_up_ends_the_session() {
    let report = session(&mut Bench::default(), &mut Idle, &mut Desk::default());
    assert_eq!(
        report.end,
        End::Failed(Error::Transport(Failure::Cancelled))
    );
}

#[test]
fn a_session_that_cannot_begin_is_an_error() {
    let mut bench = Bench::default();
    let trigger = Trigger::Client {
        server_id: Some("nobody"),
        session_id: None,
    };
    let mut desk = Desk::default();
    let end = block_on(run(
        &mut bench.client,
        &mut bench.tree,
        trigger,
        &mut Idle,
        &mut desk,
    ));
    assert_eq!(end, Err(Error::Limit(dm_core::LimitKind::NoAccount)));
}
