//! `dm replay`: the reference session, broken messages, what changes and what does not.

use serde_json::Value;

use super::corpus::root;
use super::xml::Element;
use super::{Ran, Scratch, dm, text};

/// A file of the reference session.
fn reference(name: &str) -> String {
    text(&root().join("tests/corpus/reference-session").join(name))
}

fn replay(options: &[&str], messages: &[&str]) -> Ran {
    let device = reference("device.toml");
    let mut arguments = vec!["replay", "--device", &device, "--session-id", "1"];
    arguments.extend(options);
    arguments.extend(messages);
    dm(&arguments)
}

fn json(ran: &Ran) -> Value {
    serde_json::from_slice(&ran.out).expect("one JSON object")
}

/// The message with what may differ between two clients that say the same made equal.
fn meaning(mut message: Element) -> Element {
    fn level(element: &mut Element, parent: &str) {
        let name = element.name.clone();
        element
            .children
            .iter_mut()
            .for_each(|child| level(child, &name));
        let text = |name: &str| {
            element
                .children
                .iter()
                .find(|child| child.name == name)
                .map(|child| child.text.as_str())
        };
        if name == "Status" && text("Cmd") == Some("SyncHdr") {
            assert!(matches!(text("Data"), Some("200" | "212")));
            element.children.retain(|child| child.name != "Data");
        }
        let is_default = |child: &Element| match child.name.as_str() {
            "Format" => child.text == "chr",
            "Type" => child.text == "text/plain",
            "MaxObjSize" => true,
            _ => false,
        };
        if name == "Meta" && parent != "Cred" {
            element.children.retain(|child| !is_default(child));
        }
        element
            .children
            .retain(|child| child.name != "Meta" || !child.children.is_empty());
    }
    level(&mut message, "");
    message
}

#[track_caller]
fn assert_means(xml: &str, file: &str) {
    let expected = std::fs::read(reference(file)).unwrap();
    assert_eq!(
        meaning(Element::parse(xml.as_bytes())),
        meaning(Element::parse(&expected)),
        "{file}"
    );
}

/// Five values that the server set, and the version that the client remembers.
#[track_caller]
fn assert_changes(said: &Value) {
    let changes = said["changes"].as_array().unwrap();
    let uris: Vec<_> = changes
        .iter()
        .map(|change| change["uri"].as_str().unwrap())
        .collect();
    let [spoken, set @ ..] = uris.as_slice() else {
        panic!("no changes")
    };
    assert_eq!(*spoken, "./DMAcc/srv/Ext/OmaDm/Spoken");
    let leaves =
        ["apn", "poll", "host", "label", "blob"].map(|leaf| format!("./Vendor/cfg/{leaf}"));
    assert_eq!(set, leaves);
}

#[test]
fn the_client_says_what_the_reference_client_says() {
    for kind in ["wbxml", "xml"] {
        let messages = [
            format!("m2-server-10get-5replace.{kind}"),
            format!("m4-server-final.{kind}"),
        ];
        let messages = messages.map(|name| reference(&name));
        let ran = replay(&[], &[&messages[0], &messages[1]]);
        assert_eq!((ran.code, ran.err.as_str()), (0, ""));
        let parts: Vec<_> = ran.text().split("\n---\n").collect();
        let [m1, m3, rest] = parts.as_slice() else {
            panic!("two messages: {}", ran.text())
        };
        assert_means(m1, "m1-client-reference.xml");
        assert_means(m3, "m3-client-reference.xml");
        let expected = "\
            ~ ./DMAcc/srv/Ext/OmaDm/Spoken: (none) -> 1.2\n\
            ~ ./Vendor/cfg/apn: (none) -> internet.example.test\n\
            ~ ./Vendor/cfg/poll: (none) -> 86400\n\
            ~ ./Vendor/cfg/host: (none) -> coap-gw-07.example.test:5684\n\
            ~ ./Vendor/cfg/label: (none) -> meter room 3, north stair, panel B\n\
            ~ ./Vendor/cfg/blob: (none) -> 0123456789abcdef0123456789abcdef01234...\n\
            session closed: 2 messages sent, 2 received; 15 commands executed, 0 refused\n";
        assert_eq!(*rest, expected);
    }
}

#[test]
fn a_session_may_be_left_open() {
    let m2 = reference("m2-server-10get-5replace.wbxml");
    let ran = replay(&[], &[&m2]);
    assert!(
        ran.text()
            .ends_with("\nsession open: the client waits for an answer\n")
    );
    assert_eq!(ran.code, 0);
    let ran = replay(&[], &[]);
    assert!(
        ran.text()
            .ends_with("\n---\nno value changed\nsession open: the client waits for an answer\n")
    );
    assert_eq!(ran.code, 0);
}

#[test]
fn the_same_files_give_the_same_output() {
    let m2 = reference("m2-server-10get-5replace.xml");
    let (one, two) = (
        replay(&["--xml"], &[&m2]).ok(),
        replay(&["--xml"], &[&m2]).ok(),
    );
    assert!(one == two && !one.is_empty());
}

#[test]
fn json_says_the_same() {
    let messages = ["m2-server-10get-5replace.wbxml", "m4-server-final.wbxml"].map(reference);
    let ran = replay(&["--json"], &[&messages[0], &messages[1]]);
    assert_eq!(ran.code, 0);
    let said = json(&ran);
    assert_eq!(said["error"], Value::Null);
    assert_eq!(said["report"]["end"], "closed");
    assert_eq!(said["report"]["executed"], 15);
    assert_changes(&said);
    assert_eq!(said["changes"][1]["uri"], "./Vendor/cfg/apn");
    assert_eq!(said["changes"][1]["before"], "");
    assert_eq!(said["changes"][1]["after"], "internet.example.test");
    assert_eq!(
        said["messages"][1]["content_type"],
        "application/vnd.syncml.dm+wbxml"
    );
    assert_means(
        said["messages"][1]["xml"].as_str().unwrap(),
        "m3-client-reference.xml",
    );
}

#[test]
fn the_client_begins_in_the_encoding_that_is_asked_for() {
    for (option, kind) in [("--wbxml", "wbxml"), ("--xml", "xml")] {
        // The answer is in the other one.
        let other = if kind == "xml" { "wbxml" } else { "xml" };
        let m2 = reference(&format!("m2-server-10get-5replace.{other}"));
        let said = json(&replay(&[option, "--json"], &[&m2]));
        assert_eq!(
            said["messages"][0]["content_type"],
            format!("application/vnd.syncml.dm+{kind}")
        );
        assert_changes(&said);
    }
}

#[test]
fn a_broken_message_is_named_with_its_octet_and_changes_nothing() {
    let scratch = Scratch::new("replay-broken");
    let whole = std::fs::read(reference("m2-server-10get-5replace.wbxml")).unwrap();
    // Behind the header, inside it, and before it.
    for cut in [whole.len() - 1, whole.len() / 2, 60, 3] {
        let file = scratch.file("cut.wbxml", &whole[..cut]);
        let ran = replay(&["--json"], &[&file]);
        assert_eq!(ran.code, 1);
        let start = format!("dm replay: {file}: unexpected end of document at octet ");
        let offset = ran.err.strip_prefix(&start).expect(&ran.err).trim_end();
        // Where the last token begins that is not whole.
        let at: usize = offset.parse().unwrap();
        assert!(at <= cut && cut < at + 64, "{at} of {cut}");
        let said = json(&ran);
        assert_eq!(said["changes"], Value::Array(Vec::new()), "{cut}");
        assert!(
            said["error"]
                .as_str()
                .unwrap()
                .ends_with(&format!("at octet {offset}"))
        );
    }
    let xml = std::fs::read_to_string(reference("m2-server-10get-5replace.xml")).unwrap();
    let at = xml.find("</Replace>").unwrap();
    let file = scratch.file("broken.xml", xml.replacen("</Replace>", "</Delete>", 1));
    let ran = replay(&["--json"], &[&file]);
    assert_eq!(ran.code, 1);
    assert_eq!(
        ran.err,
        format!("dm replay: {file}: end tag does not match at octet {at}\n")
    );
    let said = json(&ran);
    assert_eq!(said["changes"], Value::Array(Vec::new()));
    // The client refuses it: 400 and the end of the session.
    let answer = Element::parse(said["messages"][1]["xml"].as_str().unwrap().as_bytes());
    let mut codes = Vec::new();
    answer.all("Data", &mut codes);
    let codes: Vec<_> = codes.iter().map(|code| code.text.as_str()).collect();
    // Behind the credentials.
    assert!(codes.ends_with(&["400", "1223"]), "{codes:?}");
}

#[test]
fn a_message_of_another_session_is_refused() {
    let scratch = Scratch::new("replay-other");
    let xml = std::fs::read_to_string(reference("m2-server-10get-5replace.xml")).unwrap();
    let file = scratch.file("other.xml", xml.replace("<SessionID>1<", "<SessionID>2<"));
    let ran = replay(&[], &[&file]);
    assert_eq!(ran.code, 1);
    assert_eq!(
        ran.err,
        format!("dm replay: {file}: the server is at fault: SessionId\n")
    );
    assert!(
        ran.text().contains("\nno value changed\nsession failed: "),
        "{}",
        ran.text()
    );
}

#[test]
fn messages_behind_the_end_of_a_session_are_not_used() {
    let messages = ["m2-server-10get-5replace.xml", "m4-server-final.xml"].map(reference);
    let ran = replay(&[], &[&messages[0], &messages[1], &messages[1]]);
    assert_eq!(ran.code, 1);
    assert_eq!(
        ran.err,
        format!(
            "dm replay: {}: not used, the session is over\n",
            messages[1]
        )
    );
}

#[test]
fn a_message_that_is_too_long_is_refused() {
    let m2 = reference("m2-server-10get-5replace.xml");
    let ran = replay(&["--max-msg-size", "1024"], &[&m2]);
    assert_eq!(ran.code, 1);
    assert!(
        ran.err
            .ends_with(": 2835 octets, and the client takes 1024\n"),
        "{}",
        ran.err
    );
}
