//! A whole session with the reference server behind rustls.

use dm_bindings::http::{Config as HttpConfig, Http};
use dm_bindings::std_net::block_on;
use dm_bindings::tls13::{Issuer, Refusal, Tls13};
use dm_bindings::{Host, run};
use dm_core::{Encoding, End, Failure, Moment, Report, Trigger};
use dm_server::{Config, Op, Package, Server, Tls, Transcript};
use dm_tests::{Bench, Setup};

use crate::certificates::{Authority, Identity};
use crate::peer::{Door, Now, System};

struct Desk;

impl Host for Desk {
    fn moment(&mut self) -> Moment {
        Moment {
            ms: 0,
            utc: None,
            random: *b"0123456789abcdef",
        }
    }

    async fn delay_until(&mut self, _: Option<u64>) {}
}

/// A session with a server that shows this certificate, on a device that trusts its transport.
fn session(
    issuer: &Authority,
    identity: &Identity,
) -> (Report, Option<Refusal>, Vec<Transcript>, String) {
    let mut config = Config::default();
    config.server.id = "srv".into();
    config.server.anonymous = true;
    config.packages = vec![
        Package::new([Op::replace("./Vendor/cfg/apn", "after")]),
        Package::new([Op::get("./Vendor/cfg/apn")]),
    ];
    let key = identity.key.serialize_pem();
    config.http.tls = Some(Tls::from_pem(identity.pem.as_bytes(), key.as_bytes()).unwrap());
    let server = Server::bind("127.0.0.1:0", config).unwrap();
    let addr = server.addr();
    let server = server.spawn();
    let mut bench = Bench::new(Setup {
        encoding: Encoding::Wbxml,
        addr: "https://dm.example.org/dm",
        server_auth: "transport",
        ..Setup::default()
    });
    let (mut rx, mut tx) = ([0; 16_640], [0; 2048]);
    let trust = Issuer::<Now>::new(&issuer.certificate);
    let tls = Tls13::new(Door(addr), trust, System, &mut rx, &mut tx);
    let mut space = [0; 1024];
    // Plain connections are not allowed here at all.
    let mut http = Http::new(tls, HttpConfig::default(), &mut space);
    let trigger = Trigger::Client {
        server_id: None,
        session_id: Some(1),
    };
    let (client, tree) = (&mut bench.client, &mut bench.tree);
    let report = block_on(run(client, tree, trigger, &mut http, &mut Desk)).unwrap();
    let refusal = http.connector().refusal();
    let value = bench.text("./Vendor/cfg/apn");
    (report, refusal, server.stop(), value)
}

/// The account takes the proof of the transport for the server's own (`ServerAuth` is `transport`), so the client has
/// to know that there was one.
///
/// BIND-C-005, SEC-C-031, SEC-C-033, SEC-C-051, D13-C-070
#[test]
fn a_session_runs_over_tls_1_3_with_a_server_that_proved_its_name() {
    let issuer = Authority::new();
    let (report, refusal, transcripts, value) = session(&issuer, &issuer.issue(|_| ()));
    assert_eq!((report.end, refusal), (End::Closed, None));
    assert_eq!((report.executed, report.refused), (2, 0));
    assert_eq!(value, "after");
    assert_eq!(transcripts.len(), 1);
    assert!(transcripts[0].unmet.is_empty() && transcripts[0].faults.is_empty());
}

/// BIND-C-005, SEC-C-031, SEC-C-051
#[test]
fn no_message_goes_to_a_server_that_could_not_prove_its_name() {
    let issuer = Authority::new();
    let stranger = Authority::new().issue(|_| ());
    let (report, refusal, transcripts, value) = session(&issuer, &stranger);
    assert!(
        matches!(report.end, End::Failed(fault) if format!("{fault:?}").contains(&format!("{:?}", Failure::Tls))),
        "{report:?}"
    );
    assert_eq!(refusal, Some(Refusal::Certificate));
    assert_eq!(value, "before");
    assert!(transcripts.is_empty());
}
