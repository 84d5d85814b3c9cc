//! What comes over an open connection, and how it ends.

use std::io::{Read as _, Write as _};
use std::net::Shutdown;

use dm_bindings::http::{Authority, Connector, Link, Scheme};
use dm_bindings::std_net::block_on;
use dm_bindings::tls13::{HOST_MAX, Issuer, Refusal, Tls13};
use dm_core::Failure;
use embedded_io_async::{ErrorKind, Read, Write};
use rustls::version::TLS13;

use crate::certificates;
use crate::peer::{Door, GREET, LISTEN, Now, System, TARGET, Then, accept, serve};

/// Asks and reads to the end; what came, and whether that was the end.
fn ask(then: Then, rx: usize) -> (Vec<u8>, Result<(), ErrorKind>) {
    let issuer = certificates::Authority::new();
    let (addr, server) = serve(&issuer.issue(|_| ()), &TLS13, then);
    let (mut rx, mut tx) = (vec![0; rx], [0; 2048]);
    let trust = Issuer::<Now>::new(&issuer.certificate);
    let mut tls = Tls13::new(Door(addr), trust, System, &mut rx, &mut tx);
    let (got, end) = block_on(async {
        let Ok(Link::Secured { mut stream, .. }) = tls.connect(&TARGET).await else {
            panic!("no connection");
        };
        stream.write_all(b"hallo").await.unwrap();
        stream.flush().await.unwrap();
        let mut got = Vec::new();
        let mut buf = [0; 1000];
        let end = loop {
            match stream.read(&mut buf).await {
                Ok(0) => break Ok(()),
                Ok(count) => got.extend(&buf[..count]),
                Err(why) => break Err(why),
            }
        };
        if end.is_ok() {
            // The end stays the end.
            assert_eq!(stream.read(&mut buf).await, Ok(0));
        }
        Tls13::<Door, Issuer<'_, Now>, System>::close(stream).await;
        (got, end)
    });
    server.join().unwrap();
    (got, end)
}

#[test]
fn a_farewell_ends_a_stream() {
    assert_eq!(ask(GREET, 16_640), (b"hello".to_vec(), Ok(())));
    assert_eq!(ask(GREET, 2048), (b"hello".to_vec(), Ok(())));
}

#[test]
fn a_stream_that_is_cut_is_an_error() {
    let cut: Then = |mut stream| {
        stream.read_exact(&mut [0; 5]).unwrap();
        stream.write_all(b"hello").unwrap();
        stream.flush().unwrap();
        stream.sock.shutdown(Shutdown::Write).unwrap();
        let _ = stream.sock.read_to_end(&mut Vec::new());
    };
    let (got, end) = ask(cut, 16_640);
    assert_eq!(got, b"hello");
    assert_eq!(end, Err(ErrorKind::ConnectionAborted));
}

#[test]
fn records_of_somebody_on_the_way_are_no_farewell() {
    let intruder: Then = |mut stream| {
        stream.read_exact(&mut [0; 5]).unwrap();
        stream.write_all(b"hel").unwrap();
        stream.flush().unwrap();
        // An alert that nobody encrypted: close_notify.
        stream.sock.write_all(&[21, 3, 3, 0, 2, 1, 0]).unwrap();
        let _ = stream.sock.read_to_end(&mut Vec::new());
    };
    assert_eq!(
        ask(intruder, 16_640),
        (b"hel".to_vec(), Err(ErrorKind::InvalidData))
    );
}

#[test]
fn an_answer_of_several_records_comes_whole() {
    let long: Then = |mut stream| {
        stream.read_exact(&mut [0; 5]).unwrap();
        for at in 0..20_u8 {
            stream.write_all(&[at; 5000]).unwrap();
        }
        stream.conn.send_close_notify();
        stream.flush().unwrap();
        let _ = stream.read_to_end(&mut Vec::new());
    };
    let (got, end) = ask(long, 16_640);
    assert_eq!((got.len(), end), (100_000, Ok(())));
    assert!((0..20).all(|at| {
        got[at * 5000..][..5000]
            .iter()
            .all(|it| usize::from(*it) == at)
    }));
}

#[test]
fn an_http_address_gets_the_stream_as_it_is() {
    let (addr, server) = accept(|mut socket| {
        let mut request = [0; 5];
        socket.read_exact(&mut request).unwrap();
        assert_eq!(&request, b"hallo");
        socket.write_all(b"hello").unwrap();
    });
    let (mut rx, mut tx) = ([0; 16_640], [0; 2048]);
    let trust = Issuer::<Now>::new(&[]);
    let mut tls = Tls13::new(Door(addr), trust, System, &mut rx, &mut tx);
    let target = Authority {
        scheme: Scheme::Http,
        ..TARGET
    };
    block_on(async {
        let Ok(Link::Plain(mut stream)) = tls.connect(&target).await else {
            panic!("no plain stream");
        };
        stream.write_all(b"hallo").await.unwrap();
        stream.flush().await.unwrap();
        let mut got = [0; 5];
        stream.read_exact(&mut got).await.unwrap();
        assert_eq!(&got, b"hello");
    });
    server.join().unwrap();
}

#[test]
fn a_buffer_that_takes_no_handshake_is_refused_at_once() {
    let (mut rx, mut tx) = ([0; 16_640], [0; 511]);
    let nowhere = Door("127.0.0.1:1".parse().unwrap());
    let mut tls = Tls13::new(nowhere, Issuer::<Now>::new(&[]), System, &mut rx, &mut tx);
    assert_eq!(block_on(tls.connect(&TARGET)).err(), Some(Failure::Tls));
}

#[test]
fn a_host_that_is_no_name_is_refused() {
    let issuer = certificates::Authority::new();
    let (addr, server) = serve(&issuer.issue(|_| ()), &TLS13, LISTEN);
    let (mut rx, mut tx) = ([0; 16_640], [0; 2048]);
    let trust = Issuer::<Now>::new(&issuer.certificate);
    let mut tls = Tls13::new(Door(addr), trust, System, &mut rx, &mut tx);
    let target = Authority {
        host: "[::1]",
        ..TARGET
    };
    assert_eq!(block_on(tls.connect(&target)).err(), Some(Failure::Tls));
    let _ = server.join();
}

#[test]
fn a_host_with_a_longer_name_than_any_certificate_read_is_refused_at_once() {
    let label = "a".repeat(HOST_MAX - ".example.org".len());
    let (fits, too_long) = (
        format!("{label}.example.org"),
        format!("a{label}.example.org"),
    );
    let (mut rx, mut tx) = ([0; 16_640], [0; 2048]);
    let nowhere = Door("127.0.0.1:1".parse().unwrap());
    let mut tls = Tls13::new(nowhere, Issuer::<Now>::new(&[]), System, &mut rx, &mut tx);
    let target = |host| Authority { host, ..TARGET };
    let refused = block_on(tls.connect(&target(&too_long))).err();
    assert_eq!(refused, Some(Failure::Tls));
    assert_eq!(tls.refusal(), Some(Refusal::HostTooLong(HOST_MAX)));
    // One that fits gets to the network, which is not there.
    let refused = block_on(tls.connect(&target(&fits))).err();
    assert_eq!(refused, Some(Failure::Link));
    assert_eq!(tls.refusal(), None);
    // Plain streams have no certificates.
    let plain = Authority {
        scheme: Scheme::Http,
        ..target(&too_long)
    };
    assert_eq!(block_on(tls.connect(&plain)).err(), Some(Failure::Link));
}
