//! `dm bootstrap`: against the vectors of the bootstrap chapter, and what it makes against itself.

use std::net::UdpSocket;
use std::time::Duration;

use super::corpus::root;
use super::{Ran, Scratch, dm, dm_with, text};

/// The document of the bootstrap chapter, to which the MACs belong.
const DOCUMENT: &str = "030b6a00c54601c600015501873600000603773700018700013800000603737276312e6578616d706c65000187\
    07060344656d6f0001c60001560187340000060368747470733a2f2f737276312e6578616d706c652f646d000101c600015701873000000600\
    018d0187330000060001930187310000060364657631000187000132000006036465767365637265740001010101";
const IMSI: &str = "310150123456789";
/// Secrets, SEC as it is in a push, name, and MAC.
const VECTORS: [(&[&str], &str, &str, &str); 3] = [
    (
        &["--imsi", IMSI],
        "80",
        "NETWORKID",
        "41C6F83451D4DEEA3CC279EEA921615831367E8D",
    ),
    (
        &["--pin", "1234"],
        "81",
        "USERPIN",
        "03705ACB0DE97AC1D26E4517615FB716B745D664",
    ),
    (
        &["--pin", "1234", "--network", "3901511032547698"],
        "82",
        "USERPIN_NETWORKID",
        "4B2CF8E493C42C8ED36A9263AAE104ADA70D9866",
    ),
];
/// What all of them show of the document.
const SHOWN: &str = "account    srv1.example \"Demo\" https://srv1.example/dm\n\
    \n\
    APPLICATION\n  APPID        w7\n  PROVIDER-ID  srv1.example\n  NAME         Demo\n  \
    APPADDR\n    ADDR         https://srv1.example/dm\n  \
    APPAUTH\n    AAUTHLEVEL   APPSRV\n    AAUTHTYPE    DIGEST\n    AAUTHNAME    dev1\n    AAUTHSECRET  (not shown)\n";
const XML: &str = "<wap-provisioningdoc version=\"1.1\"><characteristic type=\"APPLICATION\">\
    <parm name=\"APPID\" value=\"w7\"/><parm name=\"PROVIDER-ID\" value=\"new.example\"/><parm name=\"INIT\"/>\
    <characteristic type=\"APPADDR\"><parm name=\"ADDR\" value=\"https://new.example/dm\"/></characteristic>\
    <characteristic type=\"APPAUTH\"><parm name=\"AAUTHLEVEL\" value=\"APPSRV\"/><parm name=\"AAUTHTYPE\" value=\"BASIC\"/>\
    <parm name=\"AAUTHNAME\" value=\"dev\"/><parm name=\"AAUTHSECRET\" value=\"hushhush\"/></characteristic>\
    </characteristic></wap-provisioningdoc>";

fn bootstrap(arguments: &[&str], more: &[&str], input: &str) -> Ran {
    let arguments = [&["bootstrap"], arguments, more].concat();
    dm_with(&arguments, input.as_bytes())
}

fn made(secrets: &[&str], more: &[&str], input: &str) -> String {
    let made = [&["make", "--hex", "-"], more].concat();
    String::from_utf8(bootstrap(&made, secrets, input).ok()).unwrap()
}

fn octets_of(text: &str) -> String {
    text.bytes().map(|octet| format!("{octet:02x}")).collect()
}

#[test]
fn make_writes_the_macs_of_the_vectors() {
    for (secrets, sec, _, mac) in VECTORS {
        let mac = octets_of(mac);
        let push = format!("0106{}{sec}92{mac}00{DOCUMENT}\n", "2f1f2db691");
        assert_eq!(made(secrets, &[], DOCUMENT), push);
    }
    let ran = bootstrap(
        &["make", "--hex", "-", "--pin", "1357", "--pin-mac"],
        &[],
        DOCUMENT,
    );
    assert_eq!(ran.code, 0);
    assert_eq!(ran.err, "PIN to type: 13579634\n");
    assert_eq!(ran.text(), format!("01060403b69183{DOCUMENT}\n"));
    assert_eq!(made(&[], &[], DOCUMENT), format!("010601b6{DOCUMENT}\n"));
}

#[test]
fn inspect_tells_a_right_mac_from_a_wrong_one_and_hides_secrets() {
    for (secrets, _, name, mac) in VECTORS {
        let push = made(secrets, &[], DOCUMENT);
        let head = format!(
            "push       application/vnd.wap.connectivity-wbxml\nSEC        {name}\nMAC        {mac}\n\
             document   148 octets\n"
        );
        let inspect = ["inspect", "--hex", "-"];
        let ran = bootstrap(&inspect, secrets, &push);
        assert_eq!(ran.text(), format!("{head}           right\n{SHOWN}"));
        ran.ok();
        let ran = bootstrap(&inspect, &[], &push);
        assert!(
            ran.text()
                .starts_with(&format!("{head}           not checked: that needs --")),
            "{}",
            ran.text()
        );
        ran.ok();
        let wrong = ["--pin", "4321", "--imsi", "310150123456780"];
        let ran = bootstrap(&inspect, &wrong, &push);
        assert_eq!(ran.code, 1);
        assert!(
            ran.text().starts_with(&format!("{head}           WRONG")),
            "{}",
            ran.text()
        );
        assert!(ran.text().ends_with(SHOWN));
    }
    let bare = bootstrap(&["inspect", "--hex", "-"], &[], DOCUMENT);
    assert_eq!(String::from_utf8(bare.ok()).unwrap(), SHOWN);
    let ran = bootstrap(&["inspect", "-"], &[], XML);
    assert!(!ran.text().contains("hushhush"), "{}", ran.text());
    ran.ok();
    // No method, and one that the user's PIN proves.
    let ran = bootstrap(&["inspect", "--hex", "-"], &[], &made(&[], &[], DOCUMENT));
    assert_eq!(ran.code, 1);
    assert!(ran.err.ends_with("nothing proves the document\n"));
    let push = format!("01060403b69183{DOCUMENT}");
    for (pin, code) in [("13579634", 0), ("13579635", 1)] {
        let ran = bootstrap(&["inspect", "--hex", "-", "--pin", pin], &[], &push);
        assert_eq!(ran.code, code, "{pin}");
    }
}

#[test]
fn what_is_no_bootstrap_is_refused() {
    for (input, why) in [
        ("010603c4af84", "it is for another application"),
        (
            "010603c4af8700",
            "a push of application/vnd.syncml.notification",
        ),
        ("0106ff", "the wrapping is broken"),
    ] {
        let ran = bootstrap(&["inspect", "--hex", "-"], &[], input);
        let expected = format!("dm bootstrap: standard input: {why}");
        assert_eq!(ran.refused(1), expected);
    }
    let ran = bootstrap(&["make", "-"], &[], "<DevInf/>");
    assert!(
        ran.refused(1).contains("no bootstrap document"),
        "{}",
        ran.err
    );
    let ran = bootstrap(&["make", "-"], &[], "<wap-provisioningdoc><parm>");
    assert!(ran.refused(1).contains(" at octet "), "{}", ran.err);
    let cut = &DOCUMENT[..DOCUMENT.len() - 2];
    let ran = bootstrap(&["inspect", "--hex", "-"], &[], cut);
    assert_eq!(ran.code, 1);
    assert!(ran.err.contains(" at octet "), "{}", ran.err);
    assert!(
        ran.text().starts_with("account    refused: "),
        "{}",
        ran.text()
    );
}

#[test]
fn apply_shows_what_a_push_in_short_messages_changes() {
    let scratch = Scratch::new("bootstrap-apply");
    let device = text(&root().join("tests/corpus/reference-session/device.toml"));
    let ran = bootstrap(&["make", "--wrap", "sms", "--pin", "1234", "-"], &[], XML);
    let lines = String::from_utf8(ran.ok()).unwrap();
    let parts: Vec<String> = lines
        .lines()
        .enumerate()
        .map(|(index, part)| scratch.file(&format!("{index}.hex"), part))
        .collect();
    assert!(parts.len() > 1);
    let mut apply = vec!["bootstrap", "apply", "--device", &device, "--hex", "--pin"];
    apply.push("1234");
    apply.extend(parts.iter().rev().map(String::as_str));
    let shown = String::from_utf8(dm(&apply).ok()).unwrap();
    for line in [
        "+ ./DMAcc/1\n",
        "+ ./DMAcc/1/ServerID: new.example\n",
        "+ ./DMAcc/1/AppAddr/1/Addr: https://new.example/dm\n",
        "+ ./DMAcc/1/AppAuth/1/AAuthSecret: (not shown)\n",
        "+ ./DMAcc/1/Ext/OmaDm/Source: push:1#",
        "to connect at once: new.example\n",
    ] {
        assert!(shown.contains(line), "{line} is not in\n{shown}");
    }
    assert!(
        shown
            .lines()
            .all(|line| line.starts_with("+ ./DMAcc/1") || line.starts_with("to ")),
        "{shown}"
    );
    apply[6] = "1235";
    assert!(dm(&apply).refused(1).contains("the MAC is wrong"));
}

#[test]
fn apply_takes_bare_documents_from_where_it_is_told() {
    let device = text(&root().join("tests/corpus/reference-session/device.toml"));
    let apply = ["apply", "--device", &device, "-"];
    for (from, source) in [
        (&[][..], "factory"),
        (&["--from", "card"], "card"),
        (&["--from", "boot.example"], "tls:boot.example"),
    ] {
        let shown = String::from_utf8(bootstrap(&apply, from, XML).ok()).unwrap();
        let line = format!("+ ./DMAcc/1/Ext/OmaDm/Source: {source}#");
        assert!(shown.contains(&line), "{shown}");
    }
    // The device's own account is the manufacturer's.
    let own = XML.replace("\"new.example\"", "\"srv\"");
    let shown = String::from_utf8(bootstrap(&apply, &[], &own).ok()).unwrap();
    assert!(
        shown.contains("~ ./DMAcc/srv/AppAddr/1/Addr: ")
            && shown.contains("- ./DMAcc/srv/AppAuth/Client\n"),
        "{shown}"
    );
    let ran = bootstrap(&apply, &["--from", "card"], &own);
    assert!(
        ran.refused(1)
            .ends_with("the account of this server came from elsewhere"),
        "{}",
        ran.err
    );
    let push = made(&["--pin", "1"], &[], DOCUMENT);
    let ran = bootstrap(&apply, &["--hex", "--from", "card"], &push);
    assert!(
        ran.refused(2).contains("--from is for documents"),
        "{}",
        ran.err
    );
}

#[test]
fn a_bootstrap_is_sent_in_a_datagram() {
    let socket = UdpSocket::bind("127.0.0.1:0").unwrap();
    let limit = Duration::from_secs(10);
    socket.set_read_timeout(Some(limit)).unwrap();
    let to = socket.local_addr().unwrap().to_string();
    assert_eq!(made(&["--pin", "1234"], &["--send", &to], DOCUMENT), "");
    let mut datagram = [0; 512];
    let len = socket.recv(&mut datagram).unwrap();
    let hex: String = datagram[..len]
        .iter()
        .map(|octet| format!("{octet:02x}"))
        .collect();
    assert!(hex.starts_with("01062f1f2db6918192") && hex.ends_with(DOCUMENT));
}

/// An account as a serialised tree.
const TREE: &str = "<MgmtTree xmlns=\"syncml:dmddf1.2\"><VerDTD>1.2</VerDTD><Node><NodeName>new</NodeName>\
    <RTProperties><Format><node/></Format><Type><DDFName>urn:oma:mo:oma-dm-dmacc:1.0</DDFName></Type></RTProperties>\
    <Node><NodeName>AppID</NodeName><Value>w7</Value></Node>\
    <Node><NodeName>ServerID</NodeName><Value>new.example</Value></Node>\
    <Node><NodeName>AppAddr</NodeName><Node><NodeName>1</NodeName>\
    <Node><NodeName>Addr</NodeName><Value>https://new.example/dm</Value></Node></Node></Node>\
    <Node><NodeName>AppAuth</NodeName><Node><NodeName>1</NodeName>\
    <Node><NodeName>AAuthLevel</NodeName><Value>CLCRED</Value></Node>\
    <Node><NodeName>AAuthSecret</NodeName><Value>hushhush</Value></Node></Node></Node></Node></MgmtTree>";

/// BOOT-C-013, BOOT-C-019: the DM profile from end to end, a serialised tree wrapped as in section 3.4.
#[test]
fn a_serialised_tree_becomes_a_message_and_an_account() {
    let secrets = ["--pin", "1234", "--network", "00ff"];
    let ran = bootstrap(&["make", "-"], &secrets, TREE);
    let push = String::from_utf8(ran.ok()).unwrap();
    assert!(push.starts_with("0106311f2dc2918292"), "{push}");
    let inspect = ["inspect", "--hex", "-"];
    let ran = bootstrap(&inspect, &secrets, &push);
    let shown = ran.text();
    for line in [
        "push       application/vnd.syncml.dm+wbxml\n",
        "SEC        USERPIN_NETWORKID\n",
        "           right\n",
        "account    new.example \"\" https://new.example/dm\n",
        "+ ./DMAcc/new/ServerID: new.example\n",
        "+ ./DMAcc/new/AppAuth/1/AAuthSecret: (not shown)\n",
    ] {
        assert!(shown.contains(line), "{line} is not in\n{shown}");
    }
    assert!(!shown.contains("hushhush"));
    ran.ok();
    let ran = bootstrap(&inspect, &["--pin", "1234", "--network", "00fe"], &push);
    assert_eq!(ran.code, 1);
    assert!(ran.text().contains("           WRONG"), "{}", ran.text());

    let device = text(&root().join("tests/corpus/reference-session/device.toml"));
    let apply = ["apply", "--device", &device, "--hex", "-"];
    let shown = String::from_utf8(bootstrap(&apply, &secrets, &push).ok()).unwrap();
    assert!(
        shown.contains("+ ./DMAcc/new/Ext/OmaDm/Source: push:2#"),
        "{shown}"
    );
    assert!(shown.ends_with("to connect soon: new.example\n"), "{shown}");

    // A message of its own is taken as it is, bare too; but not in XML.
    let bare = made_bare(TREE);
    assert!(push.trim_end().ends_with(bare.trim_end()));
    let from = [
        "apply",
        "--device",
        &device,
        "--from",
        "boot.example",
        "--hex",
        "-",
    ];
    let shown = String::from_utf8(bootstrap(&from, &[], &bare).ok()).unwrap();
    assert!(shown.contains("Source: tls:boot.example#"), "{shown}");
    assert_eq!(made(&secrets, &[], &bare), push);
    let xml = dm_with(&["convert", "--to", "xml", "--hex", "-"], bare.as_bytes());
    let xml = String::from_utf8(xml.ok()).unwrap();
    let ran = bootstrap(&["apply", "--device", &device, "-"], &[], &xml);
    assert!(
        ran.refused(1).ends_with("it has to be WBXML"),
        "{}",
        ran.err
    );
    let again = bootstrap(&["make", "--wrap", "bare", "-"], &[], &xml);
    let again = String::from_utf8(again.ok()).unwrap();
    let shown = bootstrap(&["inspect", "--hex", "-"], &[], &again);
    assert!(
        shown.text().starts_with("account    new.example"),
        "{}",
        shown.text()
    );

    let ran = bootstrap(&["make", "-", "--pin", "12", "--pin-mac"], &[], TREE);
    assert!(
        ran.refused(2).contains("client provisioning"),
        "{}",
        ran.err
    );
    let cut = &bare.trim_end()[..bare.len() - 9];
    let ran = bootstrap(&["inspect", "--hex", "-"], &[], cut);
    assert_eq!(ran.code, 1);
    assert!(ran.err.contains(" at octet "), "{}", ran.err);
    let evil = TREE.replace("oma-dm-dmacc", "oma-dm-devinfo");
    let shown = bootstrap(&["inspect", "--hex", "-"], &[], &made_bare(&evil));
    assert!(
        shown.text().starts_with("account    refused: "),
        "{}",
        shown.text()
    );
}

fn made_bare(input: &str) -> String {
    let made = bootstrap(&["make", "--wrap", "bare", "-"], &[], input);
    String::from_utf8(made.ok()).unwrap()
}
