//! Packages of several messages, in both directions.

use dm_server::End;

use crate::device::*;

/// Limits what the server may send.
fn limited(scenario: &str, limit: usize) -> Device {
    let meta = format!("<MaxMsgSize xmlns=\"syncml:metinf\">{limit}</MaxMsgSize>");
    Device {
        meta,
        ..Device::new(scenario)
    }
}

fn gets(count: usize) -> String {
    let ops: String = (0..count)
        .map(|index| format!("{{ get = \"./Vendor/node{index:02}\" }},"))
        .collect();
    format!("{OPEN}[[package]]\nops = [{ops}]\n")
}

#[test]
fn a_package_larger_than_a_message_is_sent_in_parts() {
    for limit in [900, 1200, 3000] {
        let mut device = limited(&gets(30), limit);
        let mut reply = device.open();
        let (mut uris, mut parts) = (Vec::new(), 0);
        loop {
            assert!(device.received <= limit, "{} octets", device.received);
            let sent = commands(&reply);
            if sent.is_empty() {
                break;
            }
            parts += 1;
            uris.extend(sent.iter().flat_map(|command| command.uris.clone()));
            // Parts before the last have no Final, and the answers to them have none either.
            assert_eq!(is_final(&reply), uris.len() == 30);
            let mut body = answers(&reply, &[]);
            if !is_final(&reply) {
                body.push_str(&alert(999, 1222));
            }
            reply = device.say(&body, is_final(&reply));
            if uris.len() < 30 {
                assert_eq!(statuses(&reply)[1], ("Alert".into(), 200));
            }
        }
        assert!(parts > 1, "{parts} parts");
        let expected: Vec<String> = (0..30)
            .map(|index| format!("./Vendor/node{index:02}"))
            .collect();
        assert_eq!(uris, expected, "each once and in order");
        assert!(device.transcript().is_clean(), "{}", device.transcript());
    }
}

#[test]
fn alert_1222_may_be_left_out_when_all_is_answered() {
    let mut device = limited(&gets(30), 1000);
    let mut reply = device.open();
    while !commands(&reply).is_empty() {
        reply = device.answer(&reply, &[]);
    }
    assert!(device.transcript().is_clean(), "{}", device.transcript());
}

#[test]
fn a_container_stays_whole() {
    let ops: String = (0..8)
        .map(|index| format!("{{ delete = \"./Vendor/node{index}\" }},"))
        .collect();
    let scenario = format!(
        "{OPEN}[[package]]\nops = [{{ get = \"./A\" }}, {{ atomic = [{ops}] }}, {{ get = \"./B\" }}]\n"
    );
    let mut device = limited(&scenario, 1500);
    let first = device.open();
    assert_eq!(commands(&first).len(), 1);
    assert!(!is_final(&first));
    let second = device.answer(&first, &[]);
    assert_eq!(
        commands(&second)
            .iter()
            .filter(|command| command.name == "Delete")
            .count(),
        8
    );
    assert!(device.received <= 1500);
}

#[test]
fn what_fits_no_message_is_told_and_left_out() {
    let ops: String = (0..40)
        .map(|index| format!("{{ delete = \"./Vendor/node{index}\" }},"))
        .collect();
    let scenario =
        format!("{OPEN}[[package]]\nops = [{{ atomic = [{ops}] }}, {{ get = \"./B\" }}]\n");
    let mut device = limited(&scenario, 1500);
    let reply = device.open();
    assert_eq!(commands(&reply)[0].uris, ["./B"]);
    assert_eq!(
        device.transcript().unmet[0].what,
        "does not fit the device's MaxMsgSize"
    );
}

#[test]
fn a_limit_too_small_for_any_message_ends_the_session() {
    let mut device = limited(&gets(1), 100);
    let reply = device.open();
    assert!(commands(&reply).is_empty() && is_final(&reply));
    assert_eq!(
        device.transcript().end,
        End::AbortedByServer("MaxMsgSize 100 is too small".to_owned())
    );
}

#[test]
fn answers_in_several_messages_are_asked_for_with_alert_1222() {
    let mut device = Device::new(&gets(3));
    let reply = device.open();
    let sent = commands(&reply);
    let answer = |id: usize, index: usize| {
        let Command { cmd_id, uris, .. } = &sent[index];
        format!(
            "{}{}",
            status(id, "1", &sent[index], 200),
            results(id + 1, "1", cmd_id, &uris[0], "v")
        )
    };
    let mut next = device.say(&answer(1, 0), false);
    for index in [1, 2] {
        assert_eq!(statuses(&next), [("SyncHdr".into(), 200)]);
        let asked = commands(&next);
        assert_eq!((asked.len(), asked[0].text.contains("1222")), (1, true));
        assert!(!is_final(&next), "a request for more has no Final");
        let to_alert = status(50, &field(&next, "MsgID"), &asked[0], 200);
        next = device.say(&format!("{to_alert}{}", answer(1, index)), index == 2);
    }
    assert!(is_final(&next) && commands(&next).is_empty());
    assert!(device.transcript().is_clean(), "{}", device.transcript());
}

#[test]
fn package_1_may_come_in_several_messages() {
    let mut device = Device::new(&gets(1));
    let more = device.say(&package_1(1200), false);
    assert_eq!(
        statuses(&more),
        [
            ("SyncHdr".into(), 200),
            ("Alert".into(), 200),
            ("Replace".into(), 200)
        ]
    );
    assert!(commands(&more)[0].text.contains("1222"));
    let reply = device.answer(&more, &[]);
    assert!(
        commands(&reply)
            .iter()
            .all(|command| command.name == "Alert"),
        "package 1 is not complete"
    );
    let reply = device.say(&answers(&reply, &[]), true);
    assert_eq!(commands(&reply)[0].name, "Get");
    device.answer(&reply, &[]);
    assert!(device.transcript().is_clean(), "{}", device.transcript());
}

#[test]
fn no_new_commands_before_all_answers_to_a_part_are_there() {
    let mut device = limited(&gets(20), 1000);
    let first = device.open();
    let sent = commands(&first);
    assert!(!is_final(&first) && sent.len() > 2);
    // The device asks for more while it still owes answers: the server asks back.
    let body = [
        status(1, "1", &sent[0], 200),
        results(2, "1", &sent[0].cmd_id, &sent[0].uris[0], ""),
        alert(3, 1222),
    ];
    let reply = device.say(&body.concat(), false);
    assert!(
        commands(&reply)
            .iter()
            .all(|command| command.name == "Alert"),
        "{reply}"
    );
    assert_eq!(statuses(&reply)[1], ("Alert".into(), 200));
}

#[test]
fn a_device_that_has_no_more_answers_gets_the_next_part() {
    let mut device = limited(&gets(20), 1000);
    let first = device.open();
    let sent = commands(&first);
    let one = format!(
        "{}{}{}",
        status(1, "1", &sent[0], 200),
        results(2, "1", &sent[0].cmd_id, &sent[0].uris[0], ""),
        alert(3, 1222)
    );
    let asked = device.say(&one, false);
    assert!(commands(&asked)[0].text.contains("1222"));
    // Only the request is answered: the rest will not come.
    let body = format!("{}{}", answers(&asked, &[]), alert(4, 1222));
    let second = device.say(&body, false);
    assert_eq!(commands(&second)[0].name, "Get");
}

#[test]
fn an_object_in_pieces_comes_before_the_next_part() {
    let mut device = limited(&gets(20), 1000);
    let first = device.open();
    let piece = |id: usize, size: &str, more: &str| {
        format!(
            "<Results><CmdID>{id}</CmdID><MsgRef>1</MsgRef><CmdRef>4</CmdRef><Item><Source><LocURI>./Vendor/node00</LocURI></Source>{size}<Data>abc</Data>{more}</Item></Results>"
        )
    };
    // All is answered but the value of the first node, which comes last and in three pieces.
    let rest = answers(&first, &[]);
    let own = results(201, "1", "4", "./Vendor/node00", "");
    assert!(rest.contains(&own));
    let size = "<Meta><Size xmlns=\"syncml:metinf\">9</Size></Meta>";
    let begin = piece(900, size, "<MoreData/>");
    let mut reply = device.say(&format!("{}{begin}", rest.replace(&own, "")), false);
    for more in ["<MoreData/>", ""] {
        let asked = commands(&reply);
        assert_eq!((asked.len(), asked[0].name.as_str()), (1, "Alert"));
        reply = device.say(
            &format!("{}{}", answers(&reply, &[]), piece(900, "", more)),
            false,
        );
    }
    assert_eq!(commands(&reply)[0].name, "Get");
    assert!(device.rules().is_empty(), "{}", device.transcript());
    assert_eq!(
        device.transcript().value("./Vendor/node00"),
        Some("abcabcabc")
    );
}

#[test]
fn a_final_before_the_servers_package_is_complete_is_a_fault() {
    let mut device = limited(&gets(20), 1000);
    let first = device.open();
    let second = device.say(&answers(&first, &[]), true);
    assert_eq!(device.rules(), ["PRO-C-011"]);
    assert_eq!(
        commands(&second)[0].name,
        "Get",
        "the rest comes all the same"
    );
}

#[test]
fn many_status_elements_wait_for_the_next_message() {
    let event = |id: usize| {
        format!(
            "<Alert><CmdID>{id}</CmdID><Data>1224</Data><Item><Meta><Format xmlns=\"syncml:metinf\">chr</Format><Type xmlns=\"syncml:metinf\">text/plain</Type></Meta><Data>x</Data></Item></Alert>"
        )
    };
    let mut device = limited(&gets(1), 1000);
    let events: String = (1..=20).map(event).collect();
    let mut reply = device.say(&format!("{}{events}", package_1(1201)), true);
    let mut answered = 0;
    while commands(&reply).is_empty() {
        assert!(device.received <= 1000 && !is_final(&reply));
        answered += statuses(&reply)
            .iter()
            .filter(|(name, _)| name == "Alert")
            .count();
        reply = device.say("", false);
    }
    answered += statuses(&reply)
        .iter()
        .filter(|(name, _)| name == "Alert")
        .count();
    assert_eq!(answered, 21);
    assert_eq!(commands(&reply)[0].name, "Get");
}

#[test]
fn a_message_above_the_servers_limit_is_a_fault() {
    let mut device = Device::new(&gets(1).replace("anonymous", "max_msg_size = 600\nanonymous"));
    let reply = device.open();
    assert_eq!(
        field(&reply.replace(" xmlns=\"syncml:metinf\"", ""), "MaxMsgSize"),
        "600"
    );
    let long = "x".repeat(900);
    device.answer(&reply, &[("./Vendor/node00", &long)]);
    assert_eq!(device.rules(), ["PRO-C-023"]);
}
