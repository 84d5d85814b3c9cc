//! Carriers unwrapped: the vectors of bindings chapter 6, numbers and texts.

use dm_bindings::push::{Ignored, Inbox, Invoked, Kind, PORT, Push, Sec};

use super::{CP_1, CP_2, hex, notification};

/// A WAP push with this header block.
fn pdu(headers: &[u8], body: &[u8]) -> Vec<u8> {
    let mut pdu = vec![0x01, 0x06, u8::try_from(headers.len()).unwrap()];
    pdu.extend(headers);
    pdu.extend(body);
    pdu
}

fn read(headers: &[u8]) -> Result<(Kind, Option<Sec>, Vec<u8>), Ignored> {
    let pdu = pdu(headers, b"body");
    let push = Push::datagram(PORT, &pdu)?;
    assert_eq!(push.body, b"body");
    Ok((push.kind, push.sec, push.mac.to_vec()))
}

fn kind(headers: &[u8]) -> Result<Kind, Ignored> {
    read(headers).map(|(kind, ..)| kind)
}

/// BIND-C-060, NOT-C-018, D13-C-030: port 2948, content type 0x44, application 0x07, by the vector of bindings chapter 4.1.
#[test]
fn a_notification_on_the_push_port_is_taken() {
    let pdu =
        hex("010603c4af870f3ae4e23e0a0dd3b4c1f060aa9c130102d8000000002a0c737276312e6578616d706c65");
    let push = Push::datagram(2948, &pdu).unwrap();
    assert_eq!(push.kind, Kind::Notification);
    assert_eq!(push.body, notification());
    assert_eq!((push.sec, push.mac), (None, &b""[..]));
    for port in [0, 2947, 2949, 9200, 49999] {
        assert_eq!(Push::datagram(port, &pdu), Err(Ignored::Port));
    }
}

/// NOT-C-019, BIND-C-061: user data of a short message is all it takes, no WAP stack.
#[test]
fn a_notification_in_one_short_message_is_taken() {
    let mut none = [];
    let mut inbox = Inbox::new(&mut none);
    let sms = hex(
        "0605040b84c002010603c4af870f3ae4e23e0a0dd3b4c1f060aa9c130102d8000000002a0c737276312e6578616d706c65",
    );
    let push = inbox.sms(b"+1234567890", &sms, 0).unwrap().unwrap();
    assert_eq!(
        (push.kind, push.body),
        (Kind::Notification, &notification()[..])
    );
    let other_port = hex("0605040b85c002010603c4af87");
    assert_eq!(inbox.sms(b"", &other_port, 0), Err(Ignored::Port));
    let no_port = hex("0500035a0101010603c4af87");
    assert_eq!(inbox.sms(b"", &no_port, 0), Err(Ignored::Port));
}

/// BIND-C-063, NOT-C-028, BIND-C-061: every form of content type and application id, any order, headers in between.
#[test]
fn numbers_and_texts_mean_the_same() {
    let text = b"application/vnd.syncml.notification\0";
    let id = b"x-wap-application:syncml.dm\0";
    let named = b"X-Wap-Application-Id\0syncml.dm\0";
    let forms: [&[&[u8]]; 13] = [
        &[b"\xC4\xAF\x87"],
        &[b"\x01\xC4\xAF\x87"],
        &[b"\x02\x01\x44\xAF\x87"],
        &[b"\x03\xC4\x81\xEA\xAF\x87"],
        &[b"\x1F\x01\xC4\xAF\x87"],
        &[text, b"\xAF\x87"],
        &[b"APPLICATION/VND.SYNCML.NOTIFICATION\0", b"\xAF\x87"],
        &[b"\xC4\xAF\x01\x07"],
        &[b"\xC4\xAF", id],
        &[b"\xC4\xAFsyncml.dm\0"],
        &[b"\xC4\xAF7\0"],
        &[b"\xC4", named],
        &[
            b"\xC4\x8D\x82\x10\x32\xB4\x81x-a\0b\0",
            b"\x7F\x02\xAF\x81\x7F\x01\xAF\x87",
            b"\xB0\x7Fquoted\0",
        ],
    ];
    for form in forms {
        let headers = form.concat();
        assert_eq!(kind(&headers), Ok(Kind::Notification), "{headers:02x?}");
    }
    // None: the content type is enough for a notification of 1.2.
    assert_eq!(kind(b"\xC4"), Ok(Kind::Notification));
}

/// BIND-C-065
#[test]
fn pushes_for_other_applications_are_ignored() {
    for headers in [
        &b"\xC4\xAF\x84"[..],
        b"\xC4\xAF\x80",
        b"\xC4\xAF\x05",
        b"\xC4\xAF\x02\x01\x07",
        b"\xC4\xAFx-wap-application:mms.ua\0",
        b"\xC4\xAFsyncml.dm.evil\0",
        b"\xC4\xAFx-wap-application:\0",
        // Two that differ.
        b"\xC4\xAF\x87\xAF\x84",
        b"\xC4\xAF\x84\xAF\x87",
        b"\xC2\xAF\x84",
        // A DM message has to be for the DM client.
        b"\xC2",
        b"\xC3",
    ] {
        let found = kind(headers);
        assert!(
            matches!(found, Err(Ignored::Application | Ignored::Malformed)),
            "{headers:02x?}: {found:?}"
        );
    }
}

/// BIND-C-065: other media types, service indication and MMS among them.
#[test]
fn other_media_types_are_ignored() {
    for headers in [
        &b"\xAE\xAF\x87"[..],
        b"\xBE\xAF\x87",
        b"text/vnd.wap.connectivity-xml\0\xAF\x87",
        b"application/vnd.syncml.notification2\0\xAF\x87",
        b"application/vnd.syncml+wbxml\0\xAF\x87",
        b"\0\xAF\x87",
    ] {
        let found = kind(headers);
        assert!(
            matches!(found, Err(Ignored::ContentType | Ignored::Malformed)),
            "{headers:02x?}: {found:?}"
        );
    }
}

/// BIND-C-068, D13-C-011, D13-C-030: 0x58 and its name select the notification of 1.3, with the application id only.
#[cfg(feature = "profile13")]
#[test]
fn content_type_58_is_a_notification_of_1_3() {
    assert_eq!(kind(b"\xD8\xAF\x87"), Ok(Kind::Notification13));
    assert_eq!(
        kind(b"application/vnd.syncml.dm.notification\0\xAF\x87"),
        Ok(Kind::Notification13)
    );
    assert_eq!(kind(b"\xD8"), Err(Ignored::Application));
    assert_eq!(kind(b"\xD8\xAF\x84"), Err(Ignored::Application));
}

const MAC: &[u8] = b"1C6F83451D4DEEA3CC279EEA921615831367E8D0";

/// BIND-C-064: in number and text form, on both kinds of bootstrap.
#[test]
fn sec_and_mac_of_a_bootstrap_are_extracted() {
    let binary = |media: u8, sec: u8| {
        let mut content = vec![0x1F, 45, media, 0x91, sec, 0x92];
        content.extend(MAC);
        content.push(0);
        content
    };
    for (code, sec) in [
        (0x80, Some(Sec::NetworkId)),
        (0x81, Some(Sec::UserPin)),
        (0x82, Some(Sec::UserPinNetworkId)),
        (0x83, Some(Sec::UserPinMac)),
        (0x84, None),
    ] {
        let found = read(&binary(0xB6, code)).unwrap();
        assert_eq!(found, (Kind::Provisioning, sec, MAC.to_vec()));
    }
    let mut dm = binary(0xC2, 0x81);
    dm.extend(b"\xAF\x87");
    assert_eq!(
        read(&dm).unwrap(),
        (Kind::DmWbxml, Some(Sec::UserPin), MAC.to_vec())
    );
    for (name, sec) in [
        ("NETWORKID", Some(Sec::NetworkId)),
        ("NETWPIN", Some(Sec::NetworkId)),
        ("userpin", Some(Sec::UserPin)),
        ("USERPIN_NETWORKID", Some(Sec::UserPinNetworkId)),
        ("USERNETWPIN", Some(Sec::UserPinNetworkId)),
        ("USERPINMAC", Some(Sec::UserPinMac)),
        ("1", Some(Sec::UserPin)),
        ("X", None),
        ("", None),
    ] {
        // Text parameters behind a number.
        let mut content = vec![0xC2];
        content.extend([b"SEC\0", name.as_bytes(), b"\0MAC\0\"", MAC, b"\0"].concat());
        let mut headers = vec![0x1F, u8::try_from(content.len()).unwrap()];
        headers.extend(content);
        headers.extend(b"\xAF\x87");
        assert_eq!(
            read(&headers).unwrap(),
            (Kind::DmWbxml, sec, MAC.to_vec()),
            "{name}"
        );
        // All of it a text, as OBEX and HTTP have it.
        for quote in ["", "\""] {
            let text = format!(
                "application/vnd.syncml.dm+wbxml;charset=x; SEC={quote}{name}{quote} ; mac = {quote}{}{quote}",
                std::str::from_utf8(MAC).unwrap()
            );
            let push = Push::typed(text.as_bytes(), b"body").unwrap();
            assert_eq!((push.kind, push.sec, push.mac), (Kind::DmWbxml, sec, MAC));
        }
    }
}

/// BIND-C-064: what could be read in two ways is not read at all.
#[test]
fn a_parameter_that_is_there_twice_makes_it_malformed() {
    for text in [
        "application/vnd.syncml.dm+wbxml; SEC=USERPIN; SEC=NETWORKID",
        "application/vnd.syncml.dm+wbxml; SEC=X; SEC=USERPIN",
        "application/vnd.syncml.dm+wbxml; MAC=00; MAC=11",
        "application/vnd.syncml.dm+wbxml; MAC=",
    ] {
        assert_eq!(
            Push::typed(text.as_bytes(), b""),
            Err(Ignored::Malformed),
            "{text}"
        );
    }
    assert_eq!(
        kind(b"\x05\xC2\x91\x81\x91\x80\xAF\x87"),
        Err(Ignored::Malformed)
    );
}

/// The push of a DM bootstrap in bindings chapter 6.
#[test]
fn the_vectors_of_bootstrap_pushes_are_read() {
    let start = "0106311f2dc29181923736453332464230443438453330323430423043343042313233424546433643303937304638334400af87";
    let pdu = hex(&format!("{start}02a4016a00"));
    let push = Push::datagram(PORT, &pdu).unwrap();
    assert_eq!((push.kind, push.sec), (Kind::DmWbxml, Some(Sec::UserPin)));
    assert_eq!(push.mac, b"76E32FB0D48E30240B0C40B123BEFC6C0970F83D");
    assert_eq!(push.body, hex("02a4016a00"));
}

/// BIND-C-062, NOT-C-020: the two short messages of bindings chapter 4.2, in either order.
#[test]
fn a_push_in_two_short_messages_is_put_together() {
    let (first, second) = (hex(CP_1), hex(CP_2));
    for order in [[&first, &second], [&second, &first]] {
        let mut memory = [0; 1024];
        let mut inbox = Inbox::new(&mut memory);
        assert_eq!(inbox.sms(b"1", order[0], 0), Ok(None));
        let push = inbox.sms(b"1", order[1], 1).unwrap().unwrap();
        assert_eq!(
            (push.kind, push.sec),
            (Kind::Provisioning, Some(Sec::NetworkId))
        );
        assert_eq!(push.mac.len(), 40);
        let whole = [&first[12..], &second[12..]].concat();
        assert_eq!(push.body, &whole[50..]);
        assert_eq!(push.body.len(), 148);
    }
}

/// BIND-C-069, NOT-C-021: the object of a PUT, by its media type.
#[test]
fn a_notification_put_over_obex_is_taken() {
    let put = |media: &str, bodies: &[(u8, &[u8])]| {
        let mut headers = hex("cb00000001");
        headers.push(0x42);
        headers.extend(u16::try_from(media.len() + 4).unwrap().to_be_bytes());
        headers.extend(media.as_bytes());
        headers.push(0);
        for (id, body) in bodies {
            headers.push(*id);
            headers.extend(u16::try_from(body.len() + 3).unwrap().to_be_bytes());
            headers.extend(*body);
        }
        let mut packet = vec![0x82];
        packet.extend(u16::try_from(headers.len() + 3).unwrap().to_be_bytes());
        packet.extend(headers);
        packet
    };
    let name = "application/vnd.syncml.notification";
    let body = notification();
    let packet = put(name, &[(0x49, &body)]);
    let push = Push::put(&packet).unwrap();
    assert_eq!((push.kind, push.body), (Kind::Notification, &body[..]));
    let packet = put(name, &[(0x48, &body), (0x49, b"")]);
    assert_eq!(Push::put(&packet).unwrap().body, body);
    let packet = put("image/png", &[(0x49, &body)]);
    assert_eq!(Push::put(&packet), Err(Ignored::ContentType));
    // More than one packet is put together by the session, which then knows type and body.
    assert_eq!(Push::put(&[0x02, 0, 3]), Err(Ignored::NotPush));
    assert_eq!(Push::typed(name.as_bytes(), &body).unwrap().body, body);
    for broken in [
        &put(name, &[]),
        &put(name, &[(0x49, b"a"), (0x49, b"b")]),
        &packet[..packet.len() - 1].to_vec(),
        &hex("820006490002"),
        &hex("8200064900ff"),
        &hex("820003"),
        &hex("82"),
    ] {
        assert_eq!(Push::put(broken), Err(Ignored::Malformed), "{broken:02x?}");
    }
}

/// BIND-C-070: the acknowledgement of bindings chapter 3.5 is due for a good push, a foreign one and a broken one alike.
#[test]
fn a_confirmed_push_is_acknowledged_whatever_it_holds() {
    let good = hex(
        "0a8001110703c4af870f3ae4e23e0a0dd3b4c1f060aa9c130102d8000000002a0c737276312e6578616d706c65",
    );
    let invoked = Invoked::read(&good).unwrap();
    assert_eq!(invoked.ack, Some([0x18, 0x00, 0x01]));
    assert_eq!(invoked.push.unwrap().body, notification());
    for (foreign, why) in [
        ("0a8001110703c4af84ff", Ignored::Application),
        ("0a80011107ffc4af87", Ignored::Malformed),
        ("088001110703c4af87", Ignored::TooLarge),
        ("0b8001110703aeaf87", Ignored::ContentType),
    ] {
        let packet = hex(foreign);
        let invoked = Invoked::read(&packet).unwrap();
        assert_eq!(invoked.ack, Some([0x18, 0x00, 0x01]), "{foreign}");
        assert_eq!(invoked.push, Err(why), "{foreign}");
    }
    // Unconfirmed: class 0, no acknowledgement.
    let plain = hex("0a8001100603c4af87");
    let invoked = Invoked::read(&plain).unwrap();
    assert_eq!(
        (invoked.ack, invoked.push.unwrap().kind),
        (None, Kind::Notification)
    );
    for other in ["0a800112600161", "1280010420", "180001", "0a800111", ""] {
        assert_eq!(Invoked::read(&hex(other)), Err(Ignored::NotPush), "{other}");
    }
}
