//! What tshark, an independent decoder, makes of the pushes that are built here.

use std::path::PathBuf;
use std::process::Command;

use dm_bindings::push::{Kind, PORT, Push, SMS_MAX, Sec, sms_part, sms_parts};

use super::{hex, notification};

/// Link types of a capture: IPv4, and the first of those that are free to use.
const RAW_IP: u32 = 101;
const USER_0: u32 = 147;
/// What the second one is used for.
const DECODE_SMS: &str = r#"uat:user_dlts:"User 0 (DLT=147)","gsm_sms","0","","0","""#;

/// The lines that tshark prints of a capture, one for each packet; `None`, and it is said, when it is not installed.
fn tshark(name: &str, link: u32, packets: &[Vec<u8>], fields: &[&str]) -> Option<Vec<String>> {
    if Command::new("tshark").arg("--version").output().is_err() {
        skip("what tshark makes of pushes: tshark is not installed (Debian package tshark)");
        return None;
    }
    let mut capture = Vec::new();
    for word in [0xA1B2_C3D4, 0x0004_0002, 0, 0, 0xFFFF, link] {
        capture.extend(word.to_le_bytes());
    }
    for packet in packets {
        let len = u32::try_from(packet.len()).unwrap();
        for word in [0, 0, len, len] {
            capture.extend(u32::to_le_bytes(word));
        }
        capture.extend(packet);
    }
    let file = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join(format!("push-{name}.pcap"));
    std::fs::write(&file, capture).unwrap();
    let mut command = Command::new("tshark");
    command.args(["-o", DECODE_SMS, "-r"]).arg(&file);
    command.args(["-T", "fields", "-E", "separator=|"]);
    for field in fields {
        command.args(["-e", field]);
    }
    let output = command.output().unwrap();
    let _ = std::fs::remove_file(&file);
    assert!(
        output.status.success(),
        "{}",
        String::from_utf8_lossy(&output.stderr)
    );
    let text = String::from_utf8(output.stdout).unwrap();
    Some(text.lines().map(str::to_owned).collect())
}

/// Says what is not run; where nothing may be, it fails.
fn skip(what: &str) {
    assert!(
        std::env::var_os("OMA_DM_NO_SKIPS").is_none_or(|value| value != "1"),
        "skipped: {what}"
    );
    println!("skipped: {what}");
}

/// UDP over IPv4, from nowhere to nowhere.
fn udp(payload: &[u8]) -> Vec<u8> {
    let len = u16::try_from(payload.len()).unwrap();
    let mut packet = hex("4500");
    packet.extend((28 + len).to_be_bytes());
    packet.extend(hex("0001000040110000 0a000001 0a000002 c002"));
    packet.extend(PORT.to_be_bytes());
    packet.extend((8 + len).to_be_bytes());
    packet.extend([0, 0]);
    packet.extend(payload);
    packet
}

/// An SMS-DELIVER with a user data header, 8-bit data.
fn deliver(user_data: &[u8]) -> Vec<u8> {
    let mut message = hex("44 0b912143658709f1 00 04 32110221430000");
    message.push(u8::try_from(user_data.len()).unwrap());
    message.extend(user_data);
    message
}

fn written(push: &Push<'_>) -> Vec<u8> {
    let mut pdu = vec![0; 2048];
    let len = push.write(1, &mut pdu).unwrap();
    pdu.truncate(len);
    pdu
}

const MAC: &str = "1C6F83451D4DEEA3CC279EEA921615831367E8D0";

fn plain(kind: Kind, body: &[u8]) -> Push<'_> {
    Push {
        kind,
        sec: None,
        mac: b"",
        body,
    }
}

/// Every kind that is written, and read again by ourselves: nothing of it changes.
#[test]
fn what_is_written_is_read_again() {
    let body = vec![0x5A; 1000];
    for kind in [
        Kind::Notification,
        Kind::DmWbxml,
        Kind::DmXml,
        Kind::Provisioning,
        #[cfg(feature = "profile13")]
        Kind::Notification13,
    ] {
        for (sec, mac) in [
            (None, ""),
            (Some(Sec::NetworkId), MAC),
            (Some(Sec::UserPinMac), ""),
            (None, MAC),
            (Some(Sec::UserPin), &MAC.repeat(3)[..120]),
            (Some(Sec::UserPin), &MAC[..25]),
            (Some(Sec::UserPin), &MAC[..24]),
        ] {
            let push = Push {
                sec,
                mac: mac.as_bytes(),
                ..plain(kind, &body)
            };
            assert_eq!(Push::datagram(PORT, &written(&push)), Ok(push));
        }
    }
    let push = plain(Kind::Notification, &body);
    let mut tight = vec![0; 1006];
    assert_eq!(push.write(1, &mut tight), Some(1006));
    assert_eq!(push.write(1, &mut tight[..1005]), None);
    let long = MAC.repeat(4);
    let push = Push {
        mac: long.as_bytes(),
        ..push
    };
    assert_eq!(push.write(1, &mut vec![0; 2000]), None);
}

/// BIND-C-060, BIND-C-064, NOT-C-018: media type, application, SEC and MAC, as tshark reads them.
#[test]
fn tshark_reads_the_same_from_a_push() {
    let document = hex("030b6a00c54601c600015501873600000603773700010101");
    let message = hex("02a4016a00");
    let notification = notification();
    let pushes = [
        plain(Kind::Notification, &notification),
        plain(Kind::DmXml, b"<SyncML/>"),
        Push {
            sec: Some(Sec::UserPin),
            mac: MAC.as_bytes(),
            ..plain(Kind::DmWbxml, &message)
        },
        Push {
            sec: Some(Sec::NetworkId),
            mac: MAC.as_bytes(),
            ..plain(Kind::Provisioning, &document)
        },
    ];
    let packets: Vec<_> = pushes.iter().map(|push| udp(&written(push))).collect();
    let fields = [
        "wsp.pdu_type",
        "wsp.header.content_type",
        "wsp.header.x_wap_application_id",
        "wsp.parameter.sec",
        "wsp.parameter.mac",
        "udp.payload",
    ];
    let Some(lines) = tshark("wsp", RAW_IP, &packets, &fields) else {
        return;
    };
    let id = "x-wap-application:syncml.dm";
    let expected = [
        format!("0x06|application/vnd.syncml.notification|{id}||"),
        format!("0x06|application/vnd.syncml.dm+xml|{id}||"),
        format!("0x06|application/vnd.syncml.dm+wbxml|{id}|0x01|{MAC}"),
        format!("0x06|application/vnd.wap.connectivity-wbxml||0x00|{MAC}"),
    ];
    for (line, expected) in lines.iter().zip(&expected) {
        println!("{line}");
        let (read, _) = line.rsplit_once('|').unwrap();
        assert_eq!(read, expected);
    }
    assert_eq!(lines.len(), expected.len());
}

/// BIND-C-062, NOT-C-020: a notification in one short message and a document in two, which tshark puts together.
#[test]
fn tshark_puts_short_messages_together() {
    let document: Vec<u8> = [hex("030b6a00"), vec![0; 200]].concat();
    let notification = notification();
    let pushes = [
        plain(Kind::Notification, &notification),
        Push {
            sec: Some(Sec::UserPin),
            mac: MAC.as_bytes(),
            ..plain(Kind::Provisioning, &document)
        },
    ];
    let mut packets = Vec::new();
    for push in &pushes {
        let pdu = written(push);
        for number in 1..=sms_parts(pdu.len()).unwrap() {
            let mut sms = [0; SMS_MAX];
            let len = sms_part(&pdu, 0x5A, number, &mut sms).unwrap();
            packets.push(deliver(&sms[..len]));
        }
    }
    let fields = [
        "gsm_sms.destination_port",
        "gsm_sms.udh.mm.msg_part",
        "gsm_sms.udh.mm.msg_parts",
        "wsp.header.content_type",
        "wsp.parameter.mac",
    ];
    let Some(lines) = tshark("sms", USER_0, &packets, &fields) else {
        return;
    };
    println!("{lines:#?}");
    let [whole, first, second] = &lines[..] else {
        panic!("{lines:?}");
    };
    assert_eq!(whole, "2948|||application/vnd.syncml.notification|");
    assert_eq!(first, "2948|1|2||");
    assert!(
        second.starts_with("2948|2|2|application/vnd.wap.connectivity-wbxml"),
        "{second}"
    );
    assert!(second.ends_with(MAC), "{second}");
}
