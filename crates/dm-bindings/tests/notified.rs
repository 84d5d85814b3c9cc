//! From the push to the end of the session: the reference server asks over UDP, the device answers over HTTP.

#![cfg(all(feature = "http", feature = "std", feature = "profile13"))]
// A test fails by panicking, also in the functions it calls.
#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing)]

use std::net::UdpSocket;
use std::time::Duration;

use dm_bindings::http::{Config as HttpConfig, Http};
use dm_bindings::push::{Kind, PORT, Push};
use dm_bindings::std_net::{TcpConnector, block_on};
use dm_bindings::{Host, run};
use dm_core::{Moment, Notification, Rejected};
use dm_server::{Config, Device, Format, Op, Package, Secret, Server};
use dm_tests::{Bench, Cred, Setup};

/// A host whose random octets are others each time.
#[derive(Default)]
struct Desk(u8);

impl Host for Desk {
    fn moment(&mut self) -> Moment {
        self.0 += 1;
        Moment {
            ms: 0,
            utc: None,
            random: [self.0; 16],
        }
    }

    async fn delay_until(&mut self, _: Option<u64>) {}
}

fn config() -> Config {
    let mut config = Config::default();
    config.server.id = "srv".into();
    config.server.secret = Secret::new("srv-secret");
    config.server.auth = Some(dm_server::Scheme::Md5);
    let mut device = Device::new("dev", "dev-secret");
    device.nonce = b"device nonce".to_vec();
    device.server_nonce = b"server nonce".to_vec();
    device.notices = Some((Secret::new("notice secret"), b"notice nonce".to_vec()));
    config.devices = vec![device];
    config.packages = vec![Package::new([Op::get("./DevInfo/Man")])];
    config
}

/// NOT-C-018, NOT-C-011, BIND-C-060: both formats, over loopback; and the second time the nonce has moved on on both sides.
#[test]
fn a_server_wakes_a_device_and_manages_it() {
    let push_socket = UdpSocket::bind("127.0.0.1:0").unwrap();
    let limit = Duration::from_secs(20);
    push_socket.set_read_timeout(Some(limit)).unwrap();
    let to = push_socket.local_addr().unwrap();
    let handle = Server::bind("127.0.0.1:0", config()).unwrap().spawn();
    let mut bench = Bench::new(Setup {
        client: Some(Cred {
            kind: "DIGEST",
            name: "dev",
            secret: "dev-secret",
            nonce: b"device nonce",
        }),
        server: Some(Cred {
            kind: "DIGEST",
            name: "srv",
            secret: "srv-secret",
            nonce: b"server nonce",
        }),
        server_auth: "required",
        addr: handle.url().leak(),
        secured: false,
        ..Setup::default()
    });
    for (leaf, value) in [
        ("AAuthLevel", "NOTICRED"),
        ("AAuthType", "SHA256"),
        ("AAuthSecret", "notice secret"),
        ("AAuthData", "notice nonce"),
    ] {
        let uri = format!("./DMAcc/a/AppAuth/n/{leaf}");
        bench.tree.factory().set(&uri, value.as_bytes()).unwrap();
    }
    let mut desk = Desk::default();
    let mut captured: Vec<Vec<u8>> = Vec::new();
    for (index, format) in [Format::V1_2, Format::V1_3, Format::V1_2]
        .into_iter()
        .enumerate()
    {
        let session_id = 0x0A10 + u16::try_from(index).unwrap();
        let mut notification = dm_server::Notification::new(format, "srv", session_id);
        notification.vendor = b"for the vendor".to_vec();
        handle.notify(to, None, &notification).unwrap();
        let mut datagram = [0; 512];
        let len = push_socket.recv(&mut datagram).unwrap();
        let push = Push::datagram(PORT, &datagram[..len]).unwrap();
        let told = match push.kind {
            Kind::Notification => Notification::V1_2(push.body),
            Kind::Notification13 => Notification::V1_3(push.body),
            other => panic!("{other:?}"),
        };
        let now = desk.moment();
        let trigger = bench.client.notified(&mut bench.tree, told, &now).unwrap();
        let mut space = [0; 1280];
        let http_config = HttpConfig {
            plain: true,
            ..HttpConfig::default()
        };
        let mut http = Http::new(TcpConnector { limit }, http_config, &mut space);
        let session = run(
            &mut bench.client,
            &mut bench.tree,
            trigger,
            &mut http,
            &mut desk,
        );
        let report = block_on(session).unwrap();
        assert!(report.is_ok(), "{report:?}");
        assert!(handle.wait(index + 1, limit));
        let transcripts = handle.transcripts();
        let transcript = transcripts.last().unwrap();
        assert!(transcript.faults.is_empty(), "{transcript}");
        assert_eq!(transcript.value("./DevInfo/Man"), Some("Maker"));
        assert_eq!(transcript.session_id, format!("{session_id:X}"));
        captured.push(push.body.to_vec());
    }
    // What was captured on the way is worth nothing now: its nonce has gone, or it is remembered.
    let now = desk.moment();
    let mut replay = |told| {
        bench
            .client
            .notified(&mut bench.tree, told, &now)
            .unwrap_err()
    };
    assert_eq!(replay(Notification::V1_2(&captured[0])), Rejected::Digest);
    assert_eq!(replay(Notification::V1_3(&captured[1])), Rejected::Replayed);
    assert_eq!(replay(Notification::V1_2(&captured[2])), Rejected::Digest);
}
