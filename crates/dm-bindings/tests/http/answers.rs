//! Exact octets out, every kind of answer in.

use dm_bindings::Transport;
use dm_bindings::http::Http;
use dm_bindings::std_net::block_on;
use dm_core::{Code, Failure, Request};
use embedded_io_async::ErrorKind;

use crate::script::{
    Collector, Conn, Event, Got, HELLO, MESSAGE, PLAIN, Script, Then, URI, answer, carry,
    carry_sized, conn, hello,
};

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
        // One write: one segment, one TLS record.
        Event::Write(head.len() + MESSAGE.body.len()),
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
        Err(Failure::Http(Code(201)))
    );
    assert_eq!(status("202 Accepted"), Err(Failure::Http(Code(202))));
}

#[test]
fn a_status_that_is_no_success_is_reported_and_the_connection_dropped() {
    for code in [
        300, 304, 305, 400, 403, 404, 405, 408, 413, 415, 500, 502, 503, 504, 505, 599, 999,
    ] {
        assert_eq!(
            status(&format!("{code} No")),
            Err(Failure::Http(Code(code)))
        );
    }
    let no = "HTTP/1.1 503 No\r\nContent-Length: 100000\r\n\r\n...";
    let (got, script) = carry([conn([no]), conn([HELLO])], PLAIN, &[URI, URI]);
    assert_eq!(got, [Err(Failure::Http(Code(503))), hello()]);
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
        assert_eq!(got, [Err(Failure::Http(Code(code)))]);
        assert_eq!(script.requests().len(), 1);
    }
}

#[test]
fn the_wish_of_an_overloaded_server_is_kept_for_the_caller() {
    let mut space = [0; 1024];
    let busy = "HTTP/1.1 503 Busy\r\nRetry-After: 120\r\nContent-Length: 0\r\n\r\n";
    let dated = "HTTP/1.1 503 Busy\r\nRetry-After: Wed, 21 Oct 2026 07:28:00 GMT\r\n\r\n";
    let answers = [busy, HELLO, busy, dated, busy, HELLO];
    let script = Script::new(answers.map(|text| conn([text])));
    let mut transport = Http::new(script, PLAIN, &mut space);
    let mut after = |uris: &[&str]| {
        block_on(transport.carry(&mut Collector::new(uris, 64)));
        transport.retry_after()
    };
    assert_eq!(after(&[URI]), Some(120));
    assert_eq!(after(&[URI]), None);
    assert_eq!(after(&[URI, URI]), None);
    assert_eq!(after(&[URI, URI]), None);
}

/// BIND-C-015: as long as the server asks for, or not at all.
#[test]
fn an_overloaded_server_is_left_alone_for_as_long_as_it_asks_for() {
    for (asked, waited, requests) in [
        ("7", &[7000][..], 2),
        ("0", &[0], 2),
        ("600", &[600_000], 2),
        ("601", &[], 1),
        ("99999999999", &[], 2),
        ("soon", &[], 2),
    ] {
        let mut space = [0; 1024];
        let busy =
            format!("HTTP/1.1 503 Busy\r\nRetry-After: {asked}\r\nContent-Length: 0\r\n\r\n");
        let script = Script::new([conn([busy]), conn([HELLO.to_owned()])]);
        let mut transport = Http::new(script, PLAIN, &mut space);
        let uris = [URI, URI];
        let mut session = Collector::new(&uris, 64);
        block_on(transport.carry(&mut session));
        assert_eq!(session.delays, waited, "{asked}");
        assert_eq!(session.got.len(), requests, "{asked}");
        assert_eq!(transport.retry_after(), (requests == 1).then_some(601));
    }
    // Nobody waits when the session is over.
    let mut space = [0; 1024];
    let busy = "HTTP/1.1 503 Busy\r\nRetry-After: 7\r\nContent-Length: 0\r\n\r\n";
    let mut transport = Http::new(Script::new([conn([busy])]), PLAIN, &mut space);
    let mut session = Collector::new(&[URI], 64);
    block_on(transport.carry(&mut session));
    assert!(session.delays.is_empty());
    assert_eq!(transport.retry_after(), Some(7));
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
    // What is left over is not taken for the next answer, nor is the next message sent into the same confusion.
    let chunked = "HTTP/1.1 200 OK\r\nContent-Type: application/vnd.syncml.dm+wbxml\r\n\
         Transfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n";
    for first in [HELLO, chunked] {
        let extra = first.to_owned() + HELLO;
        for step in [100, usize::MAX] {
            let conns = [
                Conn {
                    step,
                    ..conn([&extra])
                },
                conn([HELLO]),
            ];
            let (got, script) = carry(conns, PLAIN, &[URI, URI]);
            assert_eq!(got, [hello(), hello()]);
            assert_eq!((script.connects().len(), script.requests().len()), (2, 2));
        }
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
