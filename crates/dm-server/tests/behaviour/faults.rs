//! What a device may do wrong, and how it is told. Each case differs from a right session in one thing.

use dm_server::End;

use crate::device::*;

/// Three commands and the right answers to them.
const OPS: &str = r#"{ get = "./A" }, { delete = "./B" }, { delete = ["./C", "./D"] }"#;

struct Case {
    device: Device,
    sent: Vec<Command>,
}

fn case() -> Case {
    let mut device = Device::with_ops(OPS);
    let reply = device.open();
    let sent = commands(&reply);
    Case { device, sent }
}

impl Case {
    fn status(&self, index: usize, code: u16) -> String {
        status(10 + index, "1", &self.sent[index], code)
    }

    fn results(&self, uri: &str) -> String {
        results(20, "1", &self.sent[0].cmd_id, uri, "value")
    }

    /// The answers, each as one text.
    fn right(&self) -> Vec<String> {
        vec![
            self.status(0, 200),
            self.results("./A"),
            self.status(1, 200),
            self.status(2, 200),
        ]
    }

    /// The faults after the device has said this.
    fn after(mut self, answers: &[String]) -> Vec<&'static str> {
        self.device.say(&answers.concat(), true);
        assert_ne!(self.device.transcript().end, End::Running);
        self.device.rules()
    }
}

#[test]
fn right_answers_are_no_fault() {
    let case = case();
    let right = case.right();
    assert!(case.after(&right).is_empty());
}

#[test]
fn a_missing_status_is_a_fault() {
    for index in [0, 2, 3] {
        let case = case();
        let mut answers = case.right();
        answers.remove(index);
        let rules = case.after(&answers);
        assert!(
            rules.contains(&"PRO-C-013"),
            "without the Status of command {index}: {rules:?}"
        );
    }
}

#[test]
fn a_second_status_is_a_fault() {
    let case = case();
    let mut answers = case.right();
    answers.push(case.status(1, 200).replace("<CmdID>11", "<CmdID>99"));
    assert_eq!(case.after(&answers), ["PRO-C-013"]);
}

#[test]
fn a_status_in_the_wrong_order_is_a_fault() {
    let case = case();
    let right = case.right();
    let answers = [&right[2], &right[0], &right[1], &right[3]].map(String::clone);
    assert_eq!(case.after(&answers), ["PRO-C-018"]);
}

#[test]
fn a_status_for_nothing_is_a_fault() {
    for wrong in [("<MsgRef>1", "<MsgRef>7"), ("<CmdRef>5", "<CmdRef>55")] {
        let case = case();
        let mut answers = case.right();
        answers.push(
            case.status(1, 200)
                .replace("<CmdID>11", "<CmdID>99")
                .replace(wrong.0, wrong.1),
        );
        assert_eq!(case.after(&answers), ["PRO-C-013"]);
    }
}

#[test]
fn a_status_that_names_another_command_or_target_is_a_fault() {
    for (wrong, rule) in [
        (("<Cmd>Delete", "<Cmd>Get"), "PRO-C-013"),
        (("./B", "./X"), "PRO-C-020"),
    ] {
        let case = case();
        let mut answers = case.right();
        answers[2] = answers[2].replace(wrong.0, wrong.1);
        assert_eq!(case.after(&answers), [rule]);
    }
}

#[test]
fn items_answered_in_part_or_in_the_wrong_order_are_faults() {
    let one = |case: &Case, id: usize, uri: &str| {
        case.status(2, 200)
            .replace("<CmdID>12", &format!("<CmdID>{id}"))
            .replace("<Data>", &format!("<TargetRef>{uri}</TargetRef><Data>"))
    };
    for (uris, rule) in [
        (vec!["./C"], "PRO-C-013"),
        (vec!["./D", "./C"], "PRO-C-018"),
        (vec!["./C", "./C", "./D"], "PRO-C-020"),
    ] {
        let case = case();
        let mut answers = case.right();
        answers.pop();
        answers.extend(
            uris.iter()
                .enumerate()
                .map(|(index, uri)| one(&case, 40 + index, uri)),
        );
        assert_eq!(case.after(&answers), [rule], "{uris:?}");
    }
}

#[test]
fn missing_results_are_a_fault() {
    let case = case();
    let mut answers = case.right();
    answers.remove(1);
    assert_eq!(case.after(&answers), ["PRO-C-015"]);
}

#[test]
fn results_before_their_status_or_for_a_failed_get_are_faults() {
    let early = case();
    let mut answers = early.right();
    answers.swap(0, 1);
    assert_eq!(early.after(&answers), ["PRO-C-015"]);
    let failed = case();
    let mut answers = failed.right();
    answers[0] = failed.status(0, 404);
    assert_eq!(failed.after(&answers), ["PRO-C-015"]);
}

#[test]
fn results_that_were_not_asked_for_are_a_fault() {
    let other = case();
    let mut answers = other.right();
    answers.insert(
        1,
        other.results("./Other").replace("<CmdID>20", "<CmdID>21"),
    );
    assert_eq!(other.after(&answers), ["PRO-C-016"]);
    let no_get = case();
    let mut answers = no_get.right();
    answers.push(results(30, "1", &no_get.sent[1].cmd_id, "./B", "x"));
    assert_eq!(no_get.after(&answers), ["PRO-C-015"]);
    let no_source = case();
    let mut answers = no_source.right();
    answers.insert(1, "<Results><CmdID>31</CmdID><MsgRef>1</MsgRef><CmdRef>4</CmdRef><Item><Data>x</Data></Item></Results>".to_owned());
    assert_eq!(no_source.after(&answers), ["PRO-C-016"]);
}

#[test]
fn results_of_a_query_may_come_from_below_its_node() {
    let mut device = Device::with_ops(r#"{ get = "./A?list=StructData" }"#);
    let reply = device.open();
    let sent = commands(&reply);
    let body = [
        status(1, "1", &sent[0], 200),
        results(2, "1", &sent[0].cmd_id, "./A", ""),
        results(3, "1", &sent[0].cmd_id, "./A/x", "1"),
        results(4, "1", &sent[0].cmd_id, "./Ab", "2"),
    ];
    device.say(&body.concat(), true);
    assert_eq!(device.rules(), ["PRO-C-016"], "{}", device.transcript());
    assert_eq!(device.transcript().value("./A/x"), Some("1"));
    assert_eq!(device.transcript().value("./Ab"), None);
}

#[test]
fn a_missing_or_misplaced_status_for_the_header_is_a_fault() {
    let mut without = case();
    let body = without.right().concat();
    without.device.server_msg = 0;
    without.device.say(&body, true);
    assert_eq!(without.device.rules(), ["PRO-C-012"]);

    let mut late = case();
    let body = late.right().concat();
    let message = late.device.message(&body, true);
    let (start, rest) = message.split_once("<Status><CmdID>100").unwrap();
    let (header, rest) = rest.split_once("</Status>").unwrap();
    let message = format!(
        "{start}{}",
        rest.replace(
            "<Final/>",
            &format!("<Status><CmdID>100{header}</Status><Final/>")
        )
    );
    late.device.send(&message);
    assert_eq!(late.device.rules(), ["PRO-C-012"]);

    let mut wrong = case();
    let body = wrong.right().concat();
    let message = wrong
        .device
        .message(&body, true)
        .replace(&format!("<TargetRef>{DEVICE_ID}"), "<TargetRef>urn:other");
    wrong.device.send(&message);
    assert_eq!(wrong.device.rules(), ["PRO-C-012"]);
}

#[test]
fn package_1_needs_its_alert_and_its_device_information() {
    let alert = alert(101, 1201);
    let in_second = dev_info();
    for (body, rule) in [(dev_info(), "PRO-C-001"), (alert.clone(), "PRO-C-002")] {
        let mut device = Device::with_ops(OPS);
        let reply = device.say(&body, true);
        assert!(
            reply.contains("<Data>1223</Data>") && is_final(&reply),
            "{reply}"
        );
        assert!(!reply.contains("<Get>"));
        assert_eq!(device.rules(), [rule]);
        assert!(matches!(device.transcript().end, End::AbortedByServer(_)));
    }
    let mut device = Device::with_ops(OPS);
    let reply = device.say(&alert, false);
    device.say(&format!("{}{in_second}", answers(&reply, &[])), true);
    assert_eq!(device.rules(), ["PRO-C-002"]);
}

#[test]
fn device_information_has_five_leaves() {
    for name in ["DevId", "Man", "Mod", "DmV", "Lang"] {
        let mut device = Device::new(OPEN);
        device.say(
            &package_1(1201).replace(&format!("./DevInfo/{name}<"), "./DevInfo/Ext/x<"),
            true,
        );
        assert_eq!(device.rules(), ["PRO-C-003"], "{name}");
    }
    let mut device = Device::new(OPEN);
    let reply = device.say(
        &package_1(1201).replace("./DevInfo/Lang", "./Other/Lang"),
        true,
    );
    assert_eq!(statuses(&reply)[2], ("Replace".into(), 412));
    assert!(device.rules().contains(&"PRO-C-002"));
}

#[test]
fn a_device_sends_few_commands() {
    let item = "<Item><Target><LocURI>./A</LocURI></Target></Item>";
    for (name, code) in [("Get", 405), ("Exec", 405), ("Put", 501)] {
        let case = case();
        let mut answers = case.right();
        answers.push(format!("<{name}><CmdID>50</CmdID>{item}</{name}>"));
        let mut device = case.device;
        let reply = device.say(&answers.concat(), true);
        assert_eq!(
            statuses(&reply),
            [("SyncHdr".into(), 200), (name.into(), code)]
        );
        assert_eq!(device.rules(), ["PRO-C-017"]);
    }
    let case = case();
    let mut answers = case.right();
    answers.push(dev_info());
    assert_eq!(case.after(&answers), ["PRO-C-017"]);
}

#[test]
fn alerts_out_of_place_or_incomplete_are_faults() {
    let generic = "<Alert><CmdID>50</CmdID><Data>1226</Data><Item><Meta><Format xmlns=\"syncml:metinf\">int</Format><Type xmlns=\"syncml:metinf\">Content-Type: text/plain</Type></Meta><Data>1</Data></Item></Alert>";
    let bad_type = generic.replace("Content-Type: ", "");
    let bad_mark = generic.replace(
        "</Meta>",
        "<Mark xmlns=\"syncml:metinf\">serious</Mark></Meta>",
    );
    let event = generic
        .replace("1226", "1224")
        .replace("<Data>1</Data>", "");
    for (alert, rule, code) in [
        (alert(50, 1201), "PRO-C-001", 405),
        (alert(50, 1227), "PRO-C-017", 406),
        (alert(50, 1226), "PRO-C-121", 412),
        (bad_type, "PRO-C-121", 412),
        (bad_mark, "PRO-C-122", 200),
        (event, "PRO-C-125", 412),
    ] {
        let mut device = Device::new(OPEN);
        let reply = device.say(&format!("{}{alert}", package_1(1201)), true);
        assert_eq!(statuses(&reply)[3], ("Alert".into(), code), "{alert}");
        let answered = |command: &dm_server::CommandRecord| command.status;
        let message = &device.transcript().messages[0];
        let codes: Vec<_> = message.commands.iter().map(answered).collect();
        assert_eq!(codes, [Some(200), Some(200), Some(code)]);
        assert_eq!(device.rules(), [rule], "{alert}");
    }
    let mut device = Device::new(OPEN);
    device.say(&format!("{generic}{}", package_1(1201)), true);
    assert_eq!(device.rules(), ["PRO-C-146"]);
}

#[test]
fn message_numbers_follow_each_other() {
    let mut jump = case();
    jump.device.msg_id = 5;
    let body = jump.right().concat();
    jump.device.say(&body, true);
    assert_eq!(jump.device.rules(), ["PRO-C-008"]);

    let mut back = case();
    let body = back.right().concat();
    let message = back
        .device
        .message(&body, true)
        .replace("<MsgID>2", "<MsgID>0");
    let reply = String::from_utf8(back.device.send(&message).body).unwrap();
    assert!(reply.contains("1223"));
    assert_eq!(back.device.rules(), ["PRO-C-008"]);

    let mut same = case();
    let body = same.right().concat();
    let message = same
        .device
        .message(&body, true)
        .replace("<MsgID>2", "<MsgID>1");
    let reply = String::from_utf8(same.device.send(&message).body).unwrap();
    assert_eq!(commands(&reply).len(), 3, "the last answer again");
    assert_eq!(same.device.rules(), ["PRO-C-008"]);

    let mut first = Device {
        msg_id: 6,
        ..Device::new(OPEN)
    };
    first.open();
    assert_eq!(first.rules(), ["PRO-C-008"]);
}

#[test]
fn nothing_is_said_after_the_end() {
    let mut device = Device::new(OPEN);
    device.open();
    let message = device.message("", true);
    assert_eq!(device.send(&message).status, 403);
    assert_eq!(device.rules(), ["PRO-C-014"]);
}

#[test]
fn the_version_stays_the_same_and_the_session_id_short() {
    let mut changed = case();
    changed.device.version = "DM/1.3";
    let answers = changed.right();
    assert_eq!(changed.after(&answers), ["PRO-C-004"]);
    let mut device = Device {
        session: "12345".to_owned(),
        ..Device::new(OPEN)
    };
    device.open();
    assert_eq!(device.rules(), ["REP-C-037"]);
}

#[test]
fn an_atomic_is_all_or_nothing() {
    for (codes, rules) in [
        ([200, 200, 200, 404], vec![]),
        ([200, 200, 404, 200], vec!["PRO-C-083"]),
        ([507, 216, 404, 200], vec![]),
        ([507, 200, 404, 200], vec!["PRO-C-084"]),
    ] {
        let mut device = Device::with_ops(
            r#"{ atomic = [ { delete = "./A" }, { delete = "./B" } ] }, { delete = "./C" }"#,
        );
        let reply = device.open();
        let sent = commands(&reply);
        let body: Vec<String> = codes
            .iter()
            .enumerate()
            .map(|(index, code)| status(index + 1, "1", &sent[index], *code))
            .collect();
        device.say(&body.concat(), true);
        assert_eq!(device.rules(), rules, "{codes:?}");
    }
}

#[test]
fn an_unreadable_body_is_answered_400_and_ends_the_session() {
    let mut device = case().device;
    let message = device.message("<Alert><CmdID>0</CmdID><Data>1224</Data></Alert>", true);
    let reply = String::from_utf8(device.send(&message).body).unwrap();
    assert_eq!(statuses(&reply), [("SyncHdr".into(), 400)]);
    assert!(reply.contains("1223") && is_final(&reply));
    assert_eq!(device.rules(), ["REP-C-033"]);
}

#[test]
fn a_device_that_never_comes_to_an_end_is_given_up() {
    let mut device = Device::new(&format!(
        "{OPEN}max_messages = 5\n[[package]]\nops = [{OPS}]\n"
    ));
    device.open();
    let mut rounds = 0;
    while device.transcript().end == End::Running {
        device.say("", false);
        rounds += 1;
        assert!(rounds < 10);
    }
    assert_eq!(
        device.transcript().end,
        End::AbortedByServer("too many messages".to_owned())
    );
}
