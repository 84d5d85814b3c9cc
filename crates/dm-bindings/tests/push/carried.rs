//! HTTP and SIP pushes (this project's profile of DM 1.3).

use dm_bindings::push::{Carried, HTTP_ANSWER, Ignored, Inbox, Invoked, Kind, PORT, Push};

use super::notification;

fn with_body(head: &str, body: &[u8]) -> Vec<u8> {
    let mut message = head.replace('\n', "\r\n").into_bytes();
    message.extend(b"\r\n");
    message.extend(body);
    message
}

fn enveloped(path: &str, inner: &str, body: &[u8]) -> Vec<u8> {
    let inner = with_body(inner, body);
    let head = format!(
        "POST {path} HTTP/1.1\nHost: device\nContent-Type: application/http; v=1\nX-Wap-Push-OTA-Version: 1.0\nContent-Length: {}\n",
        inner.len()
    );
    with_body(&head, &inner)
}

/// D13-C-032: the envelope of a push proxy, and a bare POST.
#[test]
fn http_pushes_are_unwrapped() {
    let body = notification();
    let inner = "HTTP/1.1 200 OK\nContent-Type: application/vnd.syncml.dm.notification\nX-Wap-Application-Id: 07\n";
    let request = enveloped("/wappush", inner, &body);
    let carried = Carried::http(&request);
    let push = carried.push.unwrap();
    assert_eq!((carried.status, push.kind), (200, Kind::Notification13));
    assert_eq!(push.body, body);
    let named = inner.replace("07", "x-wap-application:syncml.dm");
    assert!(
        Carried::http(&enveloped("/wappush", &named, &body))
            .push
            .is_ok()
    );
    let head = "POST /dm HTTP/1.1\nContent-Type: application/vnd.syncml.notification\nContent-Length: 36\n";
    let bare = with_body(head, &body);
    let carried = Carried::http(&bare);
    assert_eq!(
        (carried.status, carried.push.unwrap().kind),
        (204, Kind::Notification)
    );
    // The answer in the answer is whole.
    let (_, answer) = HTTP_ANSWER.split_once("\r\n\r\n").unwrap();
    assert!(HTTP_ANSWER.contains(&format!("Content-Length: {}\r\n", answer.len())));
    assert!(answer.starts_with("HTTP/1.1 204 "));
}

/// D13-C-032, BIND-C-066
#[test]
fn what_is_no_http_push_is_refused() {
    let inner = "HTTP/1.1 200 OK\nContent-Type: application/vnd.syncml.dm.notification\nX-Wap-Application-Id: 07\n";
    let good = enveloped("/wappush", inner, b"body");
    for (request, status, why) in [
        (enveloped("/", inner, b"body"), 404, Ignored::Application),
        (
            enveloped("/wappush", &inner.replace("07", "4"), b""),
            415,
            Ignored::Application,
        ),
        (
            enveloped("/wappush", &inner.replace("Id: 07", "Ix: 07"), b""),
            415,
            Ignored::Application,
        ),
        (
            enveloped("/wappush", &inner.replace("syncml.dm.n", "wap.n"), b""),
            415,
            Ignored::ContentType,
        ),
        (
            enveloped("/wappush", "no head\n", b""),
            400,
            Ignored::Malformed,
        ),
        (good[..good.len() - 1].to_vec(), 400, Ignored::Malformed),
        (
            with_body(
                "GET / HTTP/1.1\nContent-Type: application/vnd.syncml.notification\n",
                b"",
            ),
            404,
            Ignored::NotPush,
        ),
        (
            with_body("POST / HTTP/1.1\nContent-Type: image/png\n", b""),
            415,
            Ignored::ContentType,
        ),
        (
            with_body("POST / HTTP/1.1\nContent-Length: x\n", b""),
            400,
            Ignored::Malformed,
        ),
        (b"POST /".to_vec(), 400, Ignored::Malformed),
    ] {
        let carried = Carried::http(&request);
        let text = String::from_utf8_lossy(&request);
        assert_eq!((carried.status, carried.push), (status, Err(why)), "{text}");
    }
}

/// D13-C-031: by the feature tag or by the media type, long and short field names.
#[test]
fn sip_messages_are_unwrapped() {
    let body = notification();
    for fields in [
        "Accept-Contact: *;+g.oma.pusheventapp=\"syncml.dm\"\nContent-Type: application/vnd.syncml.dm.notification\n",
        "a: *;require;+G.OMA.pusheventapp=\"syncml.dm\"\nc: application/vnd.syncml.dm.notification\nl: 36\n",
        "Contact: <sip:x>;+g.oma.pusheventapp=\"syncml.dm\"\nc: application/vnd.syncml.dm.notification\n",
        "c: application/vnd.syncml.dm.notification\n",
    ] {
        let head = format!(
            "MESSAGE sip:dev@example.com SIP/2.0\nVia: SIP/2.0/UDP h;branch=z9hG4bK1\nCSeq: 1 MESSAGE\n{fields}"
        );
        let message = with_body(&head, &body);
        let carried = Carried::sip(&message);
        assert_eq!(carried.status, 200, "{fields}");
        let push = carried.push.unwrap();
        assert_eq!(push.kind, Kind::Notification13);
        assert_eq!(push.body, &body[..push.body.len()]);
    }
}

/// D13-C-031, D13-C-025: the answer to a well-formed body is the same whether or not it authenticates; other types are 415.
#[test]
fn what_is_no_sip_push_is_refused() {
    let message =
        |line: &str, fields: &str| with_body(&format!("{line}\nVia: v\n{fields}"), b"body");
    let line = "MESSAGE sip:dev@example.com SIP/2.0";
    let media = "c: application/vnd.syncml.dm.notification\n";
    for (message, status, why) in [
        (
            message(
                line,
                &format!("a: *;+g.oma.pusheventapp=\"mms.ua\"\n{media}"),
            ),
            415,
            Ignored::Application,
        ),
        (message(line, "c: text/plain\n"), 415, Ignored::ContentType),
        (
            message("INVITE sip:dev@example.com SIP/2.0", media),
            400,
            Ignored::NotPush,
        ),
        (
            message("MESSAGE sip:dev@example.com HTTP/1.1", media),
            400,
            Ignored::NotPush,
        ),
        (
            message(line, &format!("l: 5\n{media}")),
            400,
            Ignored::Malformed,
        ),
        (
            b"MESSAGE sip:x SIP/2.0\r\nVia: v".to_vec(),
            400,
            Ignored::Malformed,
        ),
        (b"".to_vec(), 400, Ignored::Malformed),
    ] {
        let carried = Carried::sip(&message);
        let text = String::from_utf8_lossy(&message);
        assert_eq!((carried.status, carried.push), (status, Err(why)), "{text}");
    }
}

/// D13-C-033: one media type and application decide the same whatever carries them, good and foreign alike.
#[test]
fn every_carrier_decides_alike() {
    let body = notification();
    for (media, application, expected) in [
        (
            "application/vnd.syncml.dm.notification",
            "syncml.dm",
            Ok(Kind::Notification13),
        ),
        (
            "application/vnd.syncml.notification",
            "syncml.dm",
            Ok(Kind::Notification),
        ),
        (
            "application/vnd.syncml.dm+wbxml",
            "syncml.dm",
            Ok(Kind::DmWbxml),
        ),
        (
            "application/vnd.syncml.dm+xml",
            "syncml.dm",
            Ok(Kind::DmXml),
        ),
        (
            "application/vnd.wap.connectivity-wbxml",
            "syncml.dm",
            Ok(Kind::Provisioning),
        ),
        (
            "application/vnd.syncml.dm.notification",
            "mms.ua",
            Err(Ignored::Application),
        ),
        (
            "application/vnd.syncml.dm+wbxml",
            "mms.ua",
            Err(Ignored::Application),
        ),
        ("image/png", "syncml.dm", Err(Ignored::ContentType)),
    ] {
        let headers = format!("{media}\0X-Wap-Application-Id\0{application}\0");
        let mut wsp = vec![1, 6, u8::try_from(headers.len()).unwrap()];
        wsp.extend(headers.as_bytes());
        wsp.extend(&body);
        let mut sms = vec![6, 5, 4, 0x0B, 0x84, 0, 0];
        sms.extend(&wsp);
        let mut wtp = vec![0x0A, 0x80, 1, 0x11, 7];
        wtp.extend(&wsp[2..]);
        let inner = format!(
            "HTTP/1.1 200 OK\nContent-Type: {media}\nX-Wap-Application-Id: {application}\n"
        );
        let http = enveloped("/wappush", &inner, &body);
        let head = format!(
            "MESSAGE sip:d SIP/2.0\nAccept-Contact: *;+g.oma.pusheventapp=\"{application}\"\nc: {media}\n"
        );
        let sip = with_body(&head, &body);
        let mut inbox = Inbox::new(&mut []);
        let found = [
            Push::datagram(PORT, &wsp),
            inbox.sms(b"1", &sms, 0).map(|push| push.unwrap()),
            Invoked::read(&wtp).unwrap().push,
            Carried::http(&http).push,
            Carried::sip(&sip).push,
        ];
        for push in found {
            assert_eq!(
                push.map(|push| push.kind),
                expected,
                "{media} {application}"
            );
            assert!(push.is_err() || push.unwrap().body == body);
        }
        if application == "syncml.dm" {
            // OBEX connects to DM and to nothing else.
            assert_eq!(
                Push::typed(media.as_bytes(), &body).map(|push| push.kind),
                expected
            );
        }
    }
}
