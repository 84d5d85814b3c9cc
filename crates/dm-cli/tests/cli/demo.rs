//! `dm demo`: what it says, in all its forms.

use serde_json::Value;

use super::dm;
use super::xml::Element;

/// Sizes and ports are not the same each time; nor, in a build with `profile13`, is how far the count of sessions goes.
fn normal(text: &str) -> String {
    let mut normal = String::new();
    let mut digits = 0;
    let mut rest = text;
    while let Some(character) = rest.chars().next() {
        let here = rest;
        rest = &rest[character.len_utf8()..];
        if character.is_ascii_digit() {
            digits += 1;
            continue;
        }
        let number = &text[text.len() - here.len() - digits..text.len() - here.len()];
        let is_varying = here.starts_with(" octets")
            || normal.ends_with("127.0.0.1:")
            || normal.trim_end().ends_with("SessionCount");
        normal.push_str(if is_varying && digits > 0 {
            "N"
        } else {
            number
        });
        normal.push(character);
        digits = 0;
    }
    normal
}

/// Compares line by line, so that a difference is easy to see.
#[track_caller]
fn assert_says(text: &str, expected: &str) {
    let text = normal(text);
    for (number, (line, expected)) in (1..).zip(text.lines().zip(expected.lines())) {
        assert_eq!(line, expected, "line {number}");
    }
    assert_eq!(text.lines().count(), expected.lines().count(), "lines");
}

#[test]
fn both_encodings_end_well_and_say_what_happened() {
    let expected = include_str!("demo.txt");
    for option in ["--wbxml", "--xml"] {
        let text = String::from_utf8(dm(&["demo", option]).ok()).unwrap();
        let name = option.trim_start_matches('-').to_uppercase();
        assert_says(&text, &expected.replace("WBXML", &name));
        assert!(
            text.lines().all(|line| line.chars().count() <= 100),
            "{text}"
        );
        assert!(!text.contains('\x1b'), "colours are for terminals");
    }
}

#[test]
fn without_an_option_the_second_session_is_held_against_the_first() {
    let text = String::from_utf8(dm(&["demo"]).ok()).unwrap();
    let (first, second) = text
        .split_once("\nThe same session in XML\n")
        .expect("two sessions");
    assert_says(first, include_str!("demo.txt"));
    assert!(
        second.contains("Every command, status and value was the same"),
        "{second}"
    );
    let all = second
        .lines()
        .find(|line| line.trim_start().starts_with("all "))
        .unwrap();
    let sizes: Vec<u32> = all
        .split_whitespace()
        .filter_map(|word| word.parse().ok())
        .collect();
    assert!(
        matches!(sizes.as_slice(), [wbxml, xml] if wbxml < xml),
        "{all}"
    );
    assert!(
        text.lines().all(|line| line.chars().count() <= 100),
        "{text}"
    );
}

#[test]
fn a_trace_shows_every_message() {
    let text = String::from_utf8(dm(&["demo", "--trace", "--wbxml"]).ok()).unwrap();
    let mut shown = 0;
    let mut rest = text.as_str();
    while let Some((_, from)) = rest.split_once("<SyncML ") {
        let (inside, behind) = from.split_once("</SyncML>").expect("the end of a message");
        let message = Element::parse(format!("<SyncML {inside}</SyncML>").as_bytes());
        let names: Vec<_> = message
            .children
            .iter()
            .map(|child| child.name.as_str())
            .collect();
        assert_eq!(names, ["SyncHdr", "SyncBody"]);
        (shown, rest) = (shown + 1, behind);
    }
    let told = text
        .lines()
        .filter(|line| line.contains("router -> server") || line.contains("server -> router"));
    assert_eq!(told.count(), shown);
    assert_eq!(shown, 14);
}

#[test]
fn json_has_both_sessions_with_every_status() {
    let said: Value = serde_json::from_slice(&dm(&["demo", "--json"]).ok()).unwrap();
    let sessions = said["sessions"].as_array().unwrap();
    assert_eq!(sessions.len(), 2);
    for (session, encoding) in sessions.iter().zip(["WBXML", "XML"]) {
        assert_eq!(session["encoding"], encoding);
        assert_eq!(session["trouble"], Value::Null);
        assert_eq!(session["transcript"]["end"], "closed");
        assert_eq!(
            session["transcript"]["values"]["./DevInfo/Man"]["data"],
            "Example Networks"
        );
        let messages = session["transcript"]["messages"].as_array().unwrap();
        let header: Vec<_> = messages
            .iter()
            .filter_map(|message| message["header_status"].as_u64())
            .collect();
        assert!(
            [401, 407, 212].iter().all(|code| header.contains(code)),
            "{header:?}"
        );
        let commands = messages
            .iter()
            .flat_map(|message| message["commands"].as_array().unwrap());
        let codes: Vec<_> = commands
            .filter_map(|command| command["status"].as_u64())
            .collect();
        assert!(
            [200, 425, 404, 405].iter().all(|code| codes.contains(code)),
            "{codes:?}"
        );
        let changes = session["changes"].as_array().unwrap();
        let change = |uri: &str| {
            changes.iter().find(|change| change["uri"] == uri).unwrap()["change"].clone()
        };
        assert_eq!(change("./Vendor/Apn/Internet/Apn"), "changed");
        assert_eq!(change("./DMAcc/Backup"), "added");
        assert_eq!(change("./Vendor/Apn/Legacy"), "removed");
    }
}

#[test]
fn no_secret_is_shown() {
    for form in ["--both", "--json"] {
        let text = String::from_utf8(dm(&["demo", form]).ok()).unwrap();
        for secret in ["correct horse", "the server's own secret", "hunter2"] {
            assert!(!text.contains(secret), "{secret} in {form}");
        }
    }
}

/// BOOT-C-001, BOOT-C-026, NOT-C-014: from no account to the end of a session, with each door shut that was used once.
#[test]
fn a_router_from_the_factory_gets_its_account_and_is_called() {
    let expected = "\
From the factory to the first session

  1  router   is switched on: it has no account, so no session begins
  2  server   pushes a bootstrap, proved with a PIN (USERPIN): N octets
  3  router   its user types 1111: the MAC is wrong; tries left: 2
  4  router   its user types 2468: the MAC is right
  5  router   asks its user: Example Networks (dm.example.net) at http://127.0.0.1:N/dm? yes
  6  router   has an account, and says nothing
  7  router   gets the same push again: the document was applied before
  8  server   pushes a notification for session 1F: N octets
  9  router   finds it signed with the server's secret, and begins the session
 10  router   gets the same notification again: it was accepted before

The session, in ";
    for option in ["--wbxml", "--xml"] {
        let text = String::from_utf8(dm(&["demo", "--from-factory", option]).ok()).unwrap();
        assert!(
            text.lines().all(|line| line.chars().count() <= 100),
            "{text}"
        );
        let text = normal(&text);
        let (before, after) = text.split_once(expected).expect(&text);
        assert!(before.contains("\n    DMAcc\n    Inbox\n"), "{before}");
        for line in [
            "      Alert     1200 server-initiated session                                  200 ok\n",
            "+     1\n+       AppID                       w7\n+       ServerID                    dm.example.net\n",
            "; all as expected\n",
        ] {
            assert!(after.contains(line), "{line} is not in\n{after}");
        }
        for secret in ["correct horse", "server's own secret"] {
            assert!(!text.contains(secret));
        }
    }
    let json: Value =
        serde_json::from_slice(&dm(&["demo", "--from-factory", "--json"]).ok()).unwrap();
    let sessions = json["sessions"].as_array().unwrap();
    assert_eq!(sessions.len(), 1);
    assert_eq!(sessions[0]["steps"].as_array().unwrap().len(), 10);
    assert_eq!(sessions[0]["trouble"], Value::Null);
}
