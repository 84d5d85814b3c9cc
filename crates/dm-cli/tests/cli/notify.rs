//! `dm notify`: against the vectors of the notification chapter and the additions, and what it makes against itself.

use std::net::UdpSocket;
use std::time::Duration;

use super::{Scratch, dm, dm_with};

const N1: &str = "35f4951f2611f6137e0822633437dd4802d8000000001f0e646d2e6578616d706c652e6f7267";
const NONCE: &str = "a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5";
const V13: &str = "035960000a4110106d676d742e6578616d706c652e636f6d3002000b40010250026677\
                   70046955b900f4d0f8f8783ad4629ed6b6677633a832d7446aaa22fc99fc84df5d17a0964a45";

/// The options that make vector N1.
const MAKE_N1: [&str; 10] = [
    "notify",
    "make",
    "--server",
    "dm.example.org",
    "--secret",
    "Srv#Pass-1",
    "--nonce",
    NONCE,
    "--session",
    "1f",
];

fn line(arguments: &[&str]) -> String {
    let text = String::from_utf8(dm(arguments).ok()).unwrap();
    text.strip_suffix('\n').unwrap().to_owned()
}

fn with<'a>(arguments: &[&'a str], more: &[&'a str]) -> Vec<&'a str> {
    [arguments, more].concat()
}

#[test]
fn make_writes_the_vectors() {
    assert_eq!(line(&with(&MAKE_N1, &["--wrap", "bare"])), N1);
    assert_eq!(line(&MAKE_N1), format!("010603c4af87{N1}"));
    let sms = line(&with(&MAKE_N1, &["--wrap", "sms"]));
    assert_eq!(sms, format!("0605040b84c002010603c4af87{N1}"));
    let n3 = [
        "notify",
        "make",
        "--server",
        "dm.example.org",
        "--secret",
        "Srv#Pass-1",
        "--nonce",
        "special",
        "--session",
        "ffff",
        "--ui",
        "inform",
        "--wrap",
        "bare",
    ];
    let expected = "3d746c683ad31eb12144630eadb4542e02e8000000ffff0e646d2e6578616d706c652e6f7267";
    assert_eq!(line(&n3), expected);
    let n13 = [
        "notify",
        "make",
        "--format",
        "1.3",
        "--server",
        "mgmt.example.com",
        "--secret",
        "notipass",
        "--nonce",
        "6e6f6e63652d3031",
        "--session",
        "0A41",
        "--requested",
        "b",
        "--bearer",
        "wlan",
        "--reason",
        "fw",
        "--expires",
        "1767225600",
        "--wrap",
        "bare",
    ];
    assert_eq!(line(&n13), V13);
    let md5 = line(&with(&n13, &["--md5"]));
    assert!(
        md5.starts_with("035950000a41") && md5.ends_with("1455bb7fee910737e92edc0bcb06d637"),
        "{md5}"
    );
}

#[test]
fn decode_says_what_a_notification_says() {
    let expected = "push       application/vnd.syncml.notification\n\
                    version    1.1\n\
                    server     dm.example.org\n\
                    session    1F\n\
                    user       knows nothing of it\n\
                    initiator  server\n\
                    digest     35f4951f2611f6137e0822633437dd48\n";
    for text in [
        format!("010603c4af87{N1}"),
        format!("0605040b84c002010603c4af87{N1}"),
    ] {
        let ran = dm_with(&["notify", "decode", "--hex", "-"], text.as_bytes());
        assert_eq!(String::from_utf8(ran.ok()).unwrap(), expected);
    }
    let (_, bare) = expected.split_once('\n').unwrap();
    let ran = dm_with(
        &["notify", "decode", "--hex", "--bare", "1.2", "-"],
        N1.as_bytes(),
    );
    assert_eq!(String::from_utf8(ran.ok()).unwrap(), bare);
    let ran = dm_with(
        &["notify", "decode", "--hex", "--bare", "1.3", "-"],
        V13.as_bytes(),
    );
    assert_eq!(
        String::from_utf8(ran.ok()).unwrap(),
        "version    1.3\n\
         server     mgmt.example.com\n\
         session    A41\n\
         user       knows nothing of it\n\
         initiator  server\n\
         requested  000B\n\
         bearer     wlan\n\
         reason     \"fw\"\n\
         expires    1767225600\n\
         digest     f4d0f8f8783ad4629ed6b6677633a832d7446aaa22fc99fc84df5d17a0964a45\n"
    );
}

#[test]
fn decode_shows_the_parameters_of_a_bootstrap_push() {
    let push = "0106311f2dc29181923736453332464230443438453330323430423043343042313233424546433643303937304638334400af8702a4016a00";
    let ran = dm_with(&["notify", "decode", "--hex", "-"], push.as_bytes());
    assert_eq!(
        String::from_utf8(ran.ok()).unwrap(),
        "push       application/vnd.syncml.dm+wbxml\n\
         SEC        USERPIN\n\
         MAC        76E32FB0D48E30240B0C40B123BEFC6C0970F83D\n\
         document   5 octets\n"
    );
}

#[test]
fn verify_tells_a_right_digest_from_a_wrong_one() {
    let push = format!("010603c4af87{N1}");
    let verify = |secret: &str, nonce: &str| {
        let arguments = [
            "notify", "verify", "--secret", secret, "--nonce", nonce, "--hex", "-",
        ];
        dm_with(&arguments, push.as_bytes())
    };
    let ran = verify("Srv#Pass-1", NONCE);
    assert!(
        ran.text().ends_with("dd48\n           right\n"),
        "{}",
        ran.text()
    );
    ran.ok();
    for (secret, nonce) in [
        ("Srv#Pass-2", NONCE),
        ("Srv#Pass-1", "a5"),
        ("Srv#Pass-1", "special"),
    ] {
        let ran = verify(secret, nonce);
        assert_eq!(ran.code, 1);
        assert!(ran.text().ends_with("WRONG\n"), "{}", ran.text());
        assert!(
            ran.err
                .contains("the digest is not that of this secret and nonce"),
            "{}",
            ran.err
        );
    }
    let other = "0106311f2dc29181923736453332464230443438453330323430423043343042313233424546433643303937304638334400af8702a4016a00";
    let ran = dm_with(
        &["notify", "verify", "--secret", "s", "--hex", "-"],
        other.as_bytes(),
    );
    assert_eq!(
        ran.refused(1),
        "dm notify: standard input: it is no notification"
    );
}

#[test]
fn long_notifications_are_made_and_read_in_parts() {
    let scratch = Scratch::new("notify-parts");
    let vendor = "5a".repeat(300);
    let text = line(&with(&MAKE_N1, &["--vendor", &vendor, "--wrap", "sms"]));
    let parts: Vec<String> = text
        .lines()
        .enumerate()
        .map(|(index, part)| scratch.file(&format!("{index}.hex"), part))
        .collect();
    assert_eq!(parts.len(), 3);
    let [a, b, c] = [&*parts[0], &*parts[1], &*parts[2]];
    for order in [[a, b, c], [c, a, b]] {
        let ran = dm(&[
            &[
                "notify",
                "verify",
                "--secret",
                "Srv#Pass-1",
                "--nonce",
                NONCE,
                "--hex",
            ],
            &order[..],
        ]
        .concat());
        assert!(
            ran.text().contains(&format!("vendor     {vendor}\n")),
            "{}",
            ran.text()
        );
        ran.ok();
    }
    let one = dm(&["notify", "decode", "--hex", a]);
    assert!(
        one.refused(1)
            .ends_with("it is one part of a long message; name all of them")
    );
    let two = dm(&["notify", "decode", "--hex", a, b]);
    assert!(two.refused(1).ends_with("parts are missing"));
}

#[test]
fn what_is_no_push_is_refused() {
    for (octets, why) in [
        (&b"\x01\x06\xFF"[..], "the wrapping is broken"),
        (b"\x01\x06\x03\xC4\xAF\x84", "it is for another application"),
        (b"\x01\x06\x03\xAE\xAF\x87", "it is of another media type"),
        (b"\x06\x05\x04\x0B\x85\0\0", "it is for another port"),
        (b"\x01\x06\x03\xC4\xAF\x87\0", "the digest is cut"),
        (b"", "the wrapping is broken"),
    ] {
        let ran = dm_with(&["notify", "decode", "-"], octets);
        assert_eq!(ran.refused(1), format!("dm notify: standard input: {why}"));
    }
}

#[test]
fn a_push_is_sent_in_a_datagram() {
    let socket = UdpSocket::bind("127.0.0.1:0").unwrap();
    socket
        .set_read_timeout(Some(Duration::from_secs(10)))
        .unwrap();
    let to = socket.local_addr().unwrap().to_string();
    assert!(dm(&with(&MAKE_N1, &["--send", &to])).ok().is_empty());
    let mut datagram = [0; 256];
    let len = socket.recv(&mut datagram).unwrap();
    let hex: String = datagram[..len]
        .iter()
        .map(|octet| format!("{octet:02x}"))
        .collect();
    assert_eq!(hex, format!("010603c4af87{N1}"));
}

#[test]
fn octets_go_to_a_file() {
    let scratch = Scratch::new("notify-file");
    let path = scratch.path("n1.bin");
    assert!(dm(&with(&MAKE_N1, &["-o", &path])).ok().is_empty());
    let ran = dm(&[
        "notify",
        "verify",
        "--secret",
        "Srv#Pass-1",
        "--nonce",
        NONCE,
        &path,
    ]);
    ran.ok();
}
