//! The HTTP transport against scripted servers: exact octets out, every kind of answer in.

#![cfg(all(feature = "http", feature = "std"))]
// A test fails by panicking, also in the functions it calls.
#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing)]
#![allow(clippy::std_instead_of_alloc, clippy::std_instead_of_core)]

#[path = "support/script.rs"]
mod script;

use dm_bindings::Transport;
use dm_bindings::http::{Config, Http};
use dm_bindings::std_net::{TcpConnector, block_on};
use dm_core::{Failure, Request};
use embedded_io_async::ErrorKind;

use script::{
    Collector, Conn, Event, Got, MESSAGE, PLAIN, Proof, SECURE, Script, Then, carry, carry_sized,
    conn, tls,
};

const URI: &str = "http://srv1.example/dm";
const SECURE_URI: &str = "https://srv1.example/dm";

/// An answer of five octets.
const HELLO: &str = "HTTP/1.1 200 OK\r\nContent-Type: application/vnd.syncml.dm+wbxml\r\n\
    Content-Length: 5\r\n\r\nhello";

fn hello() -> Result<Got, Failure> {
    Ok(Got {
        body: b"hello".into(),
        content_type: "application/vnd.syncml.dm+wbxml".into(),
        ..Got::default()
    })
}

/// One message, one answer of these octets.
fn answer(text: impl AsRef<[u8]>) -> Result<Got, Failure> {
    let (mut got, script) = carry([conn([text])], PLAIN, &[URI]);
    assert_eq!(script.requests().len(), 1);
    got.remove(0)
}

/// An answer with this status line and fields, and no body.
fn status(line: &str) -> Result<Got, Failure> {
    answer(format!("HTTP/1.1 {line}\r\nContent-Length: 0\r\n\r\n"))
}

/// BIND-C-001, BIND-C-002, BIND-C-003, BIND-C-006, BIND-C-007, BIND-C-008, BIND-C-012
#[test]
fn a_message_is_one_post_and_its_answer_the_body_of_the_response() {
    let hmac = "algorithm=MD5, username=\"dev1\", mac=AAECAwQFBgcICQoLDA0ODw==";
    let mut space = [0; 1024];
    let mut session = Collector::new(&[URI], 64);
    session.message = Request {
        hmac: Some(hmac),
        ..MESSAGE
    };
    let mut transport = Http::new(Script::new([conn([HELLO])]), PLAIN, &mut space);
    block_on(transport.carry(&mut session));
    let head = "POST /dm HTTP/1.1\r\n\
        Host: srv1.example\r\n\
        User-Agent: dmcore/0.1\r\n\
        Content-Type: application/vnd.syncml.dm+wbxml\r\n\
        Content-Length: 5\r\n\
        Accept: application/vnd.syncml.dm+wbxml, application/vnd.syncml.dm+xml\r\n\
        Accept-Charset: utf-8\r\n\
        Cache-Control: no-store\r\n\
        x-syncml-hmac: algorithm=MD5, username=\"dev1\", mac=AAECAwQFBgcICQoLDA0ODw==\r\n\
        \r\n";
    let expected = [
        Event::Connect("Http srv1.example 80".into()),
        Event::Request(head.into(), MESSAGE.body.into()),
        Event::Close,
    ];
    assert_eq!(transport.connector().log, expected);
    assert_eq!(session.got, [hello()]);
}

#[test]
fn a_body_larger_than_the_memory_of_the_client_is_sent_whole() {
    let body: Vec<u8> = (0..5000u32).map(|n| n as u8).collect();
    for step in [1, 7, 100, usize::MAX] {
        let mut space = [0; 768];
        let mut session = Collector::new(&[URI], 64);
        session.message = Request {
            body: &body,
            ..MESSAGE
        };
        let script = Script::new([Conn {
            step,
            ..conn([HELLO])
        }]);
        let mut transport = Http::new(script, PLAIN, &mut space);
        block_on(transport.carry(&mut session));
        assert_eq!(session.got, [hello()]);
        assert_eq!(transport.connector().requests()[0].1, body);
    }
}

/// BIND-C-003
#[test]
fn an_answer_is_the_same_in_whatever_pieces_it_comes() {
    let head = "HTTP/1.1 200 OK\r\nContent-Type: application/vnd.syncml.dm+wbxml\r\n";
    let answers = [
        HELLO.to_owned(),
        format!("{head}Transfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n"),
        format!(
            "{head}transfer-encoding: CHUNKED\r\n\r\n02;a=\"b;c\"\r\nhe\r\n3 ; x\r\nllo\r\n000;y\r\nT: z\r\n\r\n"
        ),
        format!("{head}Connection: close\r\n\r\nhello"),
        format!("HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early Hints\r\nLink: x\r\n\r\n{HELLO}"),
        HELLO.replace("\r\n", "\n"),
        HELLO.replace("HTTP/1.1", "HTTP/1.0"),
        HELLO.replace(" OK", ""),
    ];
    for text in &answers {
        for step in 1..=text.len() {
            let (got, _) = carry(
                [Conn {
                    step,
                    ..conn([text])
                }],
                PLAIN,
                &[URI],
            );
            assert_eq!(got, [hello()], "step {step}: {text}");
        }
    }
}

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
    assert_eq!(got, [Err(Failure::Http(302)), hello()]);
    let targets: Vec<_> = script
        .requests()
        .iter()
        .map(|r| r.0.split(' ').nth(1).unwrap())
        .collect();
    assert_eq!(targets, ["/dm", "/1", "/2", "/3", "/dm", "/5"]);
}

/// BIND-C-016
#[test]
fn a_redirect_that_would_change_the_method_or_leads_nowhere_is_a_failure() {
    let moved = |fields: &str| answer(format!("HTTP/1.1 307 Moved\r\n{fields}\r\n"));
    assert_eq!(
        answer("HTTP/1.1 303 See Other\r\nLocation: /x\r\n\r\n"),
        Err(Failure::Http(303))
    );
    assert_eq!(moved(""), Err(Failure::Http(307)));
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

#[test]
fn the_answer_is_reported_as_it_came() {
    let got = answer(
        "HTTP/1.1 200 OK\r\nContent-Type: text/html; charset=x\r\n\
         X-SYNCML-HMAC: username=\"s\", mac=AA==\r\nContent-Length: 2\r\n\r\n<>",
    )
    .unwrap();
    assert_eq!(got.body, b"<>");
    assert_eq!(got.content_type, "text/html; charset=x");
    assert_eq!(got.hmac.as_deref(), Some("username=\"s\", mac=AA=="));
    assert_eq!(answer("HTTP/1.1 200 OK\r\n\r\n"), Ok(Got::default()));
}

#[test]
fn no_content_is_an_answer_of_no_octets() {
    for line in ["200 OK", "204 No Content", "205 Reset Content"] {
        assert_eq!(status(line), Ok(Got::default()), "{line}");
    }
}

#[test]
fn other_successes_count_only_with_a_dm_message() {
    let created = HELLO.replace("200 OK", "201 Created");
    assert_eq!(answer(&created), hello());
    assert_eq!(
        answer(created.replace("application/vnd.syncml.dm", "text/x.dm")),
        Err(Failure::Http(201))
    );
    assert_eq!(status("202 Accepted"), Err(Failure::Http(202)));
}

#[test]
fn a_status_that_is_no_success_is_reported_and_the_connection_dropped() {
    for code in [
        300, 304, 305, 400, 403, 404, 405, 408, 413, 415, 500, 502, 503, 504, 505, 599, 999,
    ] {
        assert_eq!(status(&format!("{code} No")), Err(Failure::Http(code)));
    }
    let no = "HTTP/1.1 503 No\r\nContent-Length: 100000\r\n\r\n...";
    let (got, script) = carry([conn([no]), conn([HELLO])], PLAIN, &[URI, URI]);
    assert_eq!(got, [Err(Failure::Http(503)), hello()]);
    assert_eq!(script.connects().len(), 2);
}

/// BIND-C-010
#[test]
fn a_challenge_of_http_is_not_answered_with_other_credentials() {
    for code in [401, 407] {
        let text = format!(
            "HTTP/1.1 {code} No\r\nWWW-Authenticate: Basic realm=\"x\"\r\n\
             Proxy-Authenticate: Basic realm=\"x\"\r\nContent-Length: 0\r\n\r\n"
        );
        let (got, script) = carry([conn([text]), conn([HELLO])], PLAIN, &[URI]);
        assert_eq!(got, [Err(Failure::Http(code))]);
        assert_eq!(script.requests().len(), 1);
    }
}

#[test]
fn the_wish_of_an_overloaded_server_is_kept_for_the_caller() {
    let mut space = [0; 1024];
    let busy = "HTTP/1.1 503 Busy\r\nRetry-After: 120\r\nContent-Length: 0\r\n\r\n";
    let dated = "HTTP/1.1 503 Busy\r\nRetry-After: Wed, 21 Oct 2026 07:28:00 GMT\r\n\r\n";
    let script = Script::new([conn([busy]), conn([HELLO]), conn([busy]), conn([dated])]);
    let mut transport = Http::new(script, PLAIN, &mut space);
    let mut after = |uris: &[&str]| {
        block_on(transport.carry(&mut Collector::new(uris, 64)));
        transport.retry_after()
    };
    assert_eq!(after(&[URI]), Some(120));
    assert_eq!(after(&[URI]), None);
    assert_eq!(after(&[URI, URI]), None);
}

#[test]
fn interim_responses_are_skipped_within_reason() {
    let interim = "HTTP/1.1 100 Continue\r\n\r\n";
    assert_eq!(answer(interim.repeat(8) + HELLO), hello());
    assert_eq!(answer(interim.repeat(9) + HELLO), Err(Failure::Protocol));
    assert_eq!(
        answer("HTTP/1.1 101 Switch\r\nUpgrade: x\r\n\r\n"),
        Err(Failure::Protocol)
    );
    assert_eq!(
        answer("HTTP/1.1 100 C\r\nbad field\r\n\r\n".to_owned() + HELLO),
        Err(Failure::Protocol)
    );
    // An interim response proves that the server got the message.
    let (got, script) = carry([conn([HELLO, interim]), conn([HELLO])], PLAIN, &[URI, URI]);
    assert_eq!(
        (got, script.connects().len()),
        (vec![hello(), Err(Failure::Link)], 1)
    );
}

#[test]
fn a_body_fits_exactly_or_is_refused() {
    let bodies = [
        "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello",
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nhe\r\n3\r\nllo\r\n0\r\n\r\n",
        "HTTP/1.1 200 OK\r\n\r\nhello",
    ];
    for text in bodies {
        for step in [1, 2, usize::MAX] {
            for rx in 0..8 {
                let (got, _) = carry_sized(
                    [Conn {
                        step,
                        ..conn([text])
                    }],
                    PLAIN,
                    &[URI],
                    1024,
                    rx,
                );
                let got = got[0].as_ref().map(|got| got.body.as_slice());
                let expected = if rx < 5 {
                    Err(&Failure::TooLarge)
                } else {
                    Ok(&b"hello"[..])
                };
                assert_eq!(got, expected, "{rx} {text}");
            }
        }
    }
}

#[test]
fn a_length_that_lies_does_no_harm() {
    let short = HELLO.replace("Content-Length: 5", "Content-Length: 6");
    assert_eq!(answer(short), Err(Failure::Link));
    let vast = HELLO.replace("Content-Length: 5", "Content-Length: 4294967296000");
    assert_eq!(answer(vast), Err(Failure::TooLarge));
    // What is left over is not taken for the next answer.
    let extra = HELLO.to_owned() + HELLO;
    for step in [1000, usize::MAX] {
        let (got, script) = carry(
            [
                Conn {
                    step,
                    ..conn([&extra])
                },
                conn([HELLO]),
            ],
            PLAIN,
            &[URI, URI],
        );
        assert_eq!(got, [hello(), hello()]);
        assert_eq!(script.connects().len(), 2);
    }
    let lying = "HTTP/1.1 204 No Content\r\nContent-Length: 9\r\n\r\n";
    let (_, script) = carry([conn([lying, HELLO]), conn([HELLO])], PLAIN, &[URI, URI]);
    assert_eq!(script.connects().len(), 2);
}

#[test]
fn an_answer_with_two_lengths_is_refused() {
    let both = "HTTP/1.1 200 OK\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n";
    assert_eq!(answer(both), Err(Failure::Protocol));
    let two = HELLO.replace(
        "Content-Length: 5",
        "Content-Length: 5\r\nContent-Length: 6",
    );
    assert_eq!(answer(two), Err(Failure::Protocol));
}

#[test]
fn a_head_is_bounded_in_octets_and_fields() {
    // 1,024 octets of memory leave 768 for the head.
    let head = |len: usize| {
        let bare = HELLO.len() - "hello".len() + "X: \r\n".len();
        HELLO.replace(
            "\r\n\r\n",
            &format!("\r\nX: {}\r\n\r\n", "x".repeat(len - bare)),
        )
    };
    assert_eq!(answer(head(768)), hello());
    assert_eq!(answer(head(769)), Err(Failure::TooLarge));
    let endless = format!("HTTP/1.1 200 OK\r\nX: {}", "x".repeat(100_000));
    assert_eq!(answer(endless), Err(Failure::TooLarge));
    let fields =
        |count| HELLO.replace("\r\n\r\n", &format!("\r\n{}\r\n", "X: y\r\n".repeat(count)));
    assert_eq!(answer(fields(30)), hello());
    assert_eq!(answer(fields(31)), Err(Failure::TooLarge));
}

#[test]
fn memory_that_is_too_small_is_a_failure_and_nothing_else() {
    let (mut worked, mut failed) = (0, 0);
    for space in 0..1024 {
        let (got, _) = carry_sized([conn([HELLO])], PLAIN, &[URI], space, 64);
        match got[0] {
            Ok(_) => worked += 1,
            Err(why) => {
                assert_eq!(why, Failure::TooLarge, "{space}");
                failed += 1;
            }
        }
        assert!(space < Http::<Script>::MIN_SPACE || got[0].is_ok());
    }
    assert!(worked > 256 && failed > 256);
    let long = format!("http://srv1.example/{}", "x".repeat(256));
    let (got, script) = carry([], PLAIN, &[&long]);
    assert_eq!((got, script.log.len()), (vec![Err(Failure::TooLarge)], 0));
}

#[test]
fn an_answer_that_breaks_off_anywhere_is_a_failure() {
    let chunked =
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5;x\r\nhello\r\n0\r\nA: b\r\n\r\n";
    for text in [HELLO, chunked] {
        for len in 0..text.len() {
            assert_eq!(answer(&text[..len]), Err(Failure::Link), "{len}");
            let slow = Conn {
                then: Then::Fail(ErrorKind::TimedOut),
                ..conn([&text[..len]])
            };
            assert_eq!(
                carry([slow], PLAIN, &[URI]).0,
                [Err(Failure::Timeout)],
                "{len}"
            );
        }
    }
}

#[test]
fn an_answer_that_is_damaged_anywhere_does_no_harm() {
    let chunked =
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5;x\r\nhello\r\n0\r\nA: b\r\n\r\n";
    let moved = "HTTP/1.1 307 Moved\r\nLocation: /x\r\n\r\n";
    for text in [HELLO, chunked, moved] {
        for at in 0..text.len() {
            for octet in 0..=255 {
                let mut damaged = text.as_bytes().to_vec();
                damaged[at] = octet;
                let (got, _) = carry([conn([&damaged]), conn([HELLO])], PLAIN, &[URI]);
                assert_eq!(got.len(), 1);
                if let Ok(got) = &got[0] {
                    assert!(got.body.len() <= 64);
                }
            }
        }
    }
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
