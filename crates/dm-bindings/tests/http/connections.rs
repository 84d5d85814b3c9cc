//! Connections: kept, replaced, redirected, secured, and real ones.

use dm_bindings::Transport;
use dm_bindings::http::{Config, Http};
use dm_bindings::std_net::{TcpConnector, block_on};
use dm_core::{Code, Failure};
use embedded_io_async::ErrorKind;

use crate::script::{
    Collector, Conn, Got, HELLO, PLAIN, Proof, SECURE, SECURE_URI, Script, Then, URI, answer,
    carry, conn, hello, tls,
};

/// BIND-C-009
#[test]
fn a_connection_is_kept_for_the_whole_session_and_then_closed() {
    let chunked = "HTTP/1.1 200 OK\r\nContent-Type: application/vnd.syncml.dm+wbxml\r\n\
        Transfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n";
    let empty = "HTTP/1.1 204 No Content\r\n\r\n";
    for step in [1, usize::MAX] {
        let server = Conn {
            step,
            ..conn([HELLO, chunked, empty, HELLO])
        };
        let (got, script) = carry(
            [server],
            PLAIN,
            &[URI, URI, URI, "http://SRV1.example:80/other?sid=1"],
        );
        assert_eq!(got, [hello(), hello(), Ok(Got::default()), hello()]);
        assert_eq!(script.connects().len(), 1);
        assert_eq!(script.requests().len(), 4);
        assert!(
            script.requests()[3]
                .0
                .starts_with("POST /other?sid=1 HTTP/1.1\r\nHost: SRV1.example:80\r\n")
        );
        assert_eq!(script.closes(), 1);
    }
}

/// BIND-C-009
#[test]
fn a_server_that_closes_after_each_answer_gets_a_connection_for_each_message() {
    let closing = HELLO.replace("\r\n\r\n", "\r\nConnection: close\r\n\r\n");
    let old = HELLO.replace("HTTP/1.1", "HTTP/1.0");
    let endless = HELLO.replace("Content-Length: 5\r\n", "");
    let conns = [&*closing, &*old, &*endless, HELLO].map(|text| conn([text]));
    let (got, script) = carry(conns, PLAIN, &[URI, URI, URI, URI]);
    assert_eq!(got, [hello(), hello(), hello(), hello()]);
    assert_eq!(script.connects().len(), 4);
    assert_eq!(script.closes(), 4);
}

/// BIND-C-009
#[test]
fn a_kept_connection_that_turns_out_dead_is_replaced_once() {
    let dead = [
        conn([HELLO]),
        Conn {
            then: Then::Fail(ErrorKind::ConnectionReset),
            ..conn([HELLO])
        },
        Conn {
            write_fails_after: 1,
            ..conn([HELLO])
        },
        // Some servers tell an idle connection why they close it.
        conn([
            HELLO,
            "HTTP/1.1 408 Request Timeout\r\nConnection: close\r\n\r\n",
        ]),
    ];
    for first in dead {
        let (got, script) = carry([first.clone(), conn([HELLO])], PLAIN, &[URI, URI]);
        assert_eq!(got, [hello(), hello()]);
        assert_eq!(script.connects().len(), 2);
        let last = *script.requests().last().unwrap();
        assert_eq!(last, script.requests()[0]);
        // The replacement is dead as well.
        let (got, script) = carry([first, conn([""])], PLAIN, &[URI, URI]);
        assert_eq!(got, [hello(), Err(Failure::Link)]);
        assert_eq!(script.connects().len(), 2);
    }
}

#[test]
fn a_message_is_not_repeated_when_the_server_may_have_acted_on_it_late() {
    // A new connection that breaks, an answer that breaks off, a server that is slow.
    let (got, script) = carry([conn([""])], PLAIN, &[URI]);
    assert_eq!(
        (got, script.requests().len()),
        (vec![Err(Failure::Link)], 1)
    );
    let (got, script) = carry([conn([HELLO, "H"])], PLAIN, &[URI, URI]);
    assert_eq!(
        (got, script.requests().len()),
        (vec![hello(), Err(Failure::Link)], 2)
    );
    let slow = Conn {
        then: Then::Fail(ErrorKind::TimedOut),
        ..conn([HELLO])
    };
    let (got, script) = carry([slow], PLAIN, &[URI, URI]);
    assert_eq!(
        (got, script.requests().len()),
        (vec![hello(), Err(Failure::Timeout)], 2)
    );
}

#[test]
fn no_connection_is_a_failure_of_the_link() {
    let (got, script) = carry([], PLAIN, &[URI, "http://srv1.example/x"]);
    assert_eq!(got, [Err(Failure::Link), Err(Failure::Link)]);
    assert_eq!(script.connects().len(), 2);
    let (got, script) = carry([], PLAIN, &["mailto:dm@srv1.example", "", "http://u:p@h/"]);
    assert_eq!(got, vec![Err(Failure::Link); 3]);
    assert!(script.log.is_empty());
}

/// BIND-C-016
#[test]
fn a_redirect_repeats_the_same_post_at_the_new_place() {
    for code in [301, 302, 307, 308] {
        for (location, connect, start) in [
            (
                "https://srv2.example:8443/x?y",
                "Https srv2.example 8443",
                "POST /x?y HTTP/1.1\r\nHost: srv2.example:8443\r\n",
            ),
            (
                "//srv2.example",
                "Https srv2.example 443",
                "POST / HTTP/1.1\r\nHost: srv2.example\r\n",
            ),
            (
                "/other",
                "Https srv1.example 443",
                "POST /other HTTP/1.1\r\nHost: srv1.example\r\n",
            ),
        ] {
            let moved = format!(
                "HTTP/1.1 {code} Moved\r\nLocation: {location}\r\nContent-Length: 4\r\n\r\nbody"
            );
            let (got, script) = carry([tls([moved]), tls([HELLO])], SECURE, &[SECURE_URI]);
            assert_eq!(got.len(), 1);
            assert_eq!(got[0].as_ref().unwrap().body, b"hello");
            assert_eq!(script.connects(), ["Https srv1.example 443", connect]);
            let requests = script.requests();
            assert!(requests[1].0.starts_with(start), "{}", requests[1].0);
            let fields = |head: &str| {
                head.split("\r\n")
                    .skip(2)
                    .map(str::to_owned)
                    .collect::<Vec<_>>()
            };
            assert_eq!(fields(requests[0].0), fields(requests[1].0));
            assert_eq!(requests[0].1, requests[1].1);
        }
    }
}

/// BIND-C-016
#[test]
fn a_redirect_never_leaves_https() {
    let moved = "HTTP/1.1 307 Moved\r\nLocation: http://srv1.example/dm\r\n\r\n";
    for config in [SECURE, PLAIN] {
        let (got, script) = carry([tls([moved]), conn([HELLO])], config, &[SECURE_URI]);
        assert_eq!(got, [Err(Failure::Tls)]);
        assert_eq!(script.connects().len(), 1);
    }
    // The other way is no loss; but who speaks for a plain server may name any host.
    let up = "HTTP/1.1 307 Moved\r\nLocation: https://srv1.example/dm\r\n\r\n";
    let conns = [conn([up]), tls([up]), tls([HELLO, HELLO, up]), tls([HELLO])];
    let (got, script) = carry(conns, PLAIN, &[URI, SECURE_URI, SECURE_URI]);
    let names: Vec<_> = got
        .iter()
        .map(|got| got.as_ref().unwrap().name.as_deref())
        .collect();
    assert_eq!(names, [None, Some("srv1.example"), Some("srv1.example")]);
    assert_eq!(script.connects().len(), 4);
}

/// BIND-C-016
#[test]
fn redirects_end_after_three() {
    let moved = |n: u32| conn([format!("HTTP/1.1 302 Found\r\nLocation: /{n}\r\n\r\n")]);
    let (got, _) = carry([moved(1), moved(2), moved(3), conn([HELLO])], PLAIN, &[URI]);
    assert_eq!(got, [hello()]);
    // The next message begins at its own address, with a count of its own.
    let conns = [
        moved(1),
        moved(2),
        moved(3),
        moved(4),
        moved(5),
        conn([HELLO]),
    ];
    let (got, script) = carry(conns, PLAIN, &[URI, URI]);
    assert_eq!(got, [Err(Failure::Http(Code(302))), hello()]);
    let targets: Vec<_> = script
        .requests()
        .iter()
        .map(|r| r.0.split(' ').nth(1).unwrap())
        .collect();
    assert_eq!(targets, ["/dm", "/1", "/2", "/3", "/dm", "/5"]);
}

/// BIND-C-016
#[test]
fn a_redirect_counts_for_one_message() {
    let moved = "HTTP/1.1 308 Moved\r\nLocation: http://srv2.example/1\r\n\r\n";
    let closing = HELLO.replace("\r\n\r\n", "\r\nConnection: close\r\n\r\n");
    for last in [&*closing, HELLO] {
        let conns = [conn([moved]), conn([last]), conn([HELLO])];
        let (got, script) = carry(conns, PLAIN, &[URI, URI]);
        assert_eq!(got, [hello(), hello()]);
        let [_, _, connect] = script.connects()[..] else {
            panic!()
        };
        assert_eq!(connect, "Http srv1.example 80");
        assert!(script.requests()[2].0.starts_with("POST /dm "));
    }
}

#[test]
fn a_session_that_is_dropped_in_the_middle_leaves_nothing_behind() {
    let moved = "HTTP/1.1 307 Moved\r\nLocation: http://srv2.example/1\r\n\r\n";
    let silent = Conn {
        then: Then::Hang,
        ..conn([""])
    };
    let mut space = [0; 1024];
    let script = Script::new([conn([moved]), silent, conn([HELLO])]);
    let mut transport = Http::new(script, PLAIN, &mut space);
    let mut dropped = Collector::new(&[URI], 64);
    {
        let mut carried = std::pin::pin!(transport.carry(&mut dropped));
        let mut context = std::task::Context::from_waker(std::task::Waker::noop());
        assert!(carried.as_mut().poll(&mut context).is_pending());
    }
    assert!(dropped.got.is_empty());
    let mut session = Collector::new(&[URI], 64);
    block_on(transport.carry(&mut session));
    assert_eq!(session.got, [hello()]);
    assert_eq!(transport.connector().connects()[2], "Http srv1.example 80");
}

/// BIND-C-016
#[test]
fn a_redirect_that_would_change_the_method_or_leads_nowhere_is_a_failure() {
    let moved = |fields: &str| answer(format!("HTTP/1.1 307 Moved\r\n{fields}\r\n"));
    assert_eq!(
        answer("HTTP/1.1 303 See Other\r\nLocation: /x\r\n\r\n"),
        Err(Failure::Http(Code(303)))
    );
    assert_eq!(moved(""), Err(Failure::Http(Code(307))));
    assert_eq!(moved("Location: x/y\r\n"), Err(Failure::Protocol));
    assert_eq!(moved("Location: ftp://h/\r\n"), Err(Failure::Protocol));
    assert_eq!(
        moved("Location: http://user@h/\r\n"),
        Err(Failure::Protocol)
    );
    assert_eq!(
        moved(&format!("Location: /{}\r\n", "x".repeat(300))),
        Err(Failure::Protocol)
    );
}

/// BIND-C-005, SEC-C-031
#[test]
fn an_address_without_tls_is_not_even_connected_to() {
    let (got, script) = carry([conn([HELLO])], SECURE, &[URI]);
    assert_eq!(got, [Err(Failure::Tls)]);
    assert!(script.log.is_empty());
    assert!(!Config::default().plain);
}

/// BIND-C-005, SEC-C-031
#[test]
fn a_session_that_began_with_https_does_not_go_on_without() {
    let (got, script) = carry([tls([HELLO]), conn([HELLO])], PLAIN, &[SECURE_URI, URI]);
    assert_eq!(got[1], Err(Failure::Tls));
    assert_eq!(script.connects().len(), 1);
}

/// SEC-C-033
#[test]
fn only_a_verified_name_makes_a_secured_peer() {
    let name = |conn: Conn, config, uri| {
        let (mut got, script) = carry([conn], config, &[uri]);
        (got.remove(0).map(|got| got.name), script.requests().len())
    };
    let named = |name| Conn {
        proof: Proof::Name(name),
        ..conn([HELLO])
    };
    let verified = Ok(Some("srv1.example".to_owned()));
    assert_eq!(
        name(tls([HELLO]), SECURE, SECURE_URI),
        (verified.clone(), 1)
    );
    assert_eq!(
        name(named("SRV1.example"), SECURE, SECURE_URI),
        (verified, 1)
    );
    // Nothing is written to a stream that does not prove the right name.
    assert_eq!(
        name(conn([HELLO]), SECURE, SECURE_URI),
        (Err(Failure::Tls), 0)
    );
    assert_eq!(
        name(named("srv2.example"), SECURE, SECURE_URI),
        (Err(Failure::Tls), 0)
    );
    assert_eq!(name(named(""), SECURE, SECURE_URI), (Err(Failure::Tls), 0));
    assert_eq!(name(conn([HELLO]), PLAIN, URI), (Ok(None), 1));
    assert_eq!(name(tls([HELLO]), PLAIN, URI), (Ok(None), 1));
}

#[test]
fn an_address_on_another_host_gets_a_connection_of_its_own() {
    let uris = [
        URI,
        "http://srv1.example/dm?sid=1",
        "http://srv2.example/",
        "http://srv2.example:81/",
    ];
    let (got, script) = carry(
        [conn([HELLO, HELLO]), conn([HELLO]), conn([HELLO])],
        PLAIN,
        &uris,
    );
    assert_eq!(got, [hello(), hello(), hello(), hello()]);
    assert_eq!(
        script.connects(),
        [
            "Http srv1.example 80",
            "Http srv2.example 80",
            "Http srv2.example 81"
        ]
    );
    assert_eq!(script.closes(), 3);
}

/// A server of a few lines on a real socket: it answers every request with the octets it got, backwards, and closes
/// the connection after each second one.
#[test]
fn messages_go_over_real_sockets() {
    use std::io::{BufRead, BufReader, Read, Write};

    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    let server = std::thread::spawn(move || {
        let mut connections = 0;
        for stream in listener.incoming().take(2) {
            connections += 1;
            let mut stream = BufReader::new(stream.unwrap());
            for _ in 0..2 {
                let mut len = 0;
                loop {
                    let mut line = String::new();
                    stream.read_line(&mut line).unwrap();
                    if let Some(value) = line.strip_prefix("Content-Length: ") {
                        len = value.trim().parse().unwrap();
                    }
                    if line == "\r\n" {
                        break;
                    }
                }
                let mut body = vec![0; len];
                stream.read_exact(&mut body).unwrap();
                body.reverse();
                let socket = stream.get_mut();
                write!(
                    socket,
                    "HTTP/1.1 200 OK\r\nContent-Type: application/vnd.syncml.dm+wbxml\r\n"
                )
                .unwrap();
                write!(
                    socket,
                    "Transfer-Encoding: chunked\r\n\r\n{:x};x=y\r\n",
                    body.len()
                )
                .unwrap();
                socket.write_all(&body).unwrap();
                write!(socket, "\r\n0\r\n\r\n").unwrap();
            }
        }
        connections
    });
    let uri = format!("http://127.0.0.1:{port}/dm");
    let mut space = [0; 1024];
    let uris = [&*uri; 4];
    let mut session = Collector::new(&uris, 64);
    let limit = std::time::Duration::from_secs(10);
    let mut transport = Http::new(TcpConnector { limit }, PLAIN, &mut space);
    block_on(transport.carry(&mut session));
    assert_eq!(session.got.len(), 4);
    for got in &session.got {
        assert_eq!(got.as_ref().unwrap().body, [0x00, 0x6A, 0x01, 0xA4, 0x02]);
    }
    assert_eq!(server.join().unwrap(), 2);
}

#[test]
fn a_real_socket_that_stays_silent_is_a_timeout_and_one_that_refuses_a_broken_link() {
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    let uri = format!("http://127.0.0.1:{port}/dm");
    let ask = |uri: &str, config| {
        let mut space = [0; 1024];
        let uris = [uri];
        let mut session = Collector::new(&uris, 64);
        let limit = std::time::Duration::from_millis(50);
        let mut transport = Http::new(TcpConnector { limit }, config, &mut space);
        block_on(transport.carry(&mut session));
        session.got.remove(0)
    };
    assert_eq!(ask(&uri, PLAIN), Err(Failure::Timeout));
    drop(listener);
    assert_eq!(ask(&uri, PLAIN), Err(Failure::Link));
    assert_eq!(
        ask(&uri.replace("http", "https"), SECURE),
        Err(Failure::Tls)
    );
}
