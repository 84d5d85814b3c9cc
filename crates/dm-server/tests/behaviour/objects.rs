//! Large objects, in both directions.

use dm_server::{Op, Package};

use crate::device::*;

fn device(limit: usize, max_obj: usize, ops: Vec<Op>) -> Device {
    let meta = format!(
        "<MaxMsgSize xmlns=\"syncml:metinf\">{limit}</MaxMsgSize><MaxObjSize xmlns=\"syncml:metinf\">{max_obj}</MaxObjSize>"
    );
    let mut device = Device {
        meta,
        ..Device::new(OPEN)
    };
    device.server.set_script([Package::new(ops)]);
    device
}

fn metinf(text: &str, name: &str) -> String {
    field(&text.replace(" xmlns=\"syncml:metinf\"", ""), name)
}

/// Takes all pieces of an object; the value, and the server's message behind the last answer.
fn take(device: &mut Device, mut reply: String, uri: &str) -> (String, String) {
    let mut value = String::new();
    let mut pieces = 0;
    loop {
        let Some(piece) = commands(&reply)
            .into_iter()
            .find(|command| command.uris == [uri])
        else {
            // No room for the first piece behind other commands.
            assert!(pieces == 0 && !is_final(&reply));
            reply = device.answer(&reply, &[]);
            continue;
        };
        value.push_str(&field(&piece.text, "Data"));
        let size = metinf(&piece.text, "Size");
        assert_eq!(size.is_empty(), pieces > 0, "Size in the first piece only");
        pieces += 1;
        let more = piece.text.contains("<MoreData");
        if !more {
            assert!(pieces > 1);
            while !commands(&reply).is_empty() {
                reply = device.answer(&reply, &[]);
            }
            return (value, reply);
        }
        assert!(!is_final(&reply));
        let msg_ref = field(&reply, "MsgID");
        let body: String = commands(&reply)
            .iter()
            .enumerate()
            .map(|(index, command)| {
                status(
                    300 + index,
                    &msg_ref,
                    command,
                    if command.uris == [uri] { 213 } else { 200 },
                )
            })
            .collect();
        reply = device.say(&format!("{body}{}", alert(999, 1222)), false);
        assert_eq!(statuses(&reply)[1], ("Alert".into(), 200));
    }
}

#[test]
fn a_value_larger_than_a_message_is_sent_in_pieces() {
    let text: String = ('a'..='z').cycle().take(5000).collect();
    for limit in [900, 1500, 4000] {
        let op = Op::replace("./FW/Pkg", &text)
            .format("chr")
            .mime("text/plain");
        let mut device = device(
            limit,
            10_000,
            vec![Op::delete("./Old"), op, Op::delete("./Done")],
        );
        let first = device.open();
        let (value, close) = take(&mut device, first, "./FW/Pkg");
        assert!(value == text, "limit {limit}");
        assert!(commands(&close).is_empty() && is_final(&close));
        assert!(device.transcript().is_clean(), "{}", device.transcript());
        let longest = device
            .transcript()
            .messages
            .iter()
            .skip(1)
            .step_by(2)
            .map(|message| message.bytes)
            .max()
            .unwrap();
        assert!(
            longest <= limit && longest > limit - 60,
            "{longest} of {limit}"
        );
    }
}

#[test]
fn pieces_end_between_characters() {
    let text: String = ['\u{e4}', '\u{20ac}', '<', 'x']
        .into_iter()
        .cycle()
        .take(2000)
        .collect();
    for limit in 1000..1012 {
        let mut device = device(limit, 100_000, vec![Op::add("./T", &text)]);
        let first = device.open();
        let (value, _) = take(&mut device, first, "./T");
        assert!(value.replace("&lt;", "<") == text);
    }
}

#[test]
fn octets_are_carried_as_base64_and_counted_as_such() {
    let bytes: Vec<u8> = (0..2000_u32).map(|index| (index * 7) as u8).collect();
    let mut device = device(1000, 10_000, vec![Op::replace("./B", "").bytes(&bytes)]);
    let first = device.open();
    assert_eq!(metinf(&first, "Size"), "2668");
    assert_eq!(metinf(&first, "Format"), "b64");
    let (value, _) = take(&mut device, first, "./B");
    assert_eq!(value.len(), 2668);
    assert!(value.starts_with("AAcOFRwj"));
}

#[test]
fn a_refused_piece_ends_the_object_but_not_the_package() {
    let text = "x".repeat(5000);
    let mut device = device(
        1000,
        10_000,
        vec![Op::replace("./A", &text).expect(413), Op::get("./B")],
    );
    let first = device.open();
    let sent = commands(&first);
    let body = format!("{}{}", status(1, "1", &sent[0], 413), alert(2, 1222));
    let second = device.say(&body, false);
    assert_eq!(commands(&second)[0].uris, ["./B"]);
    device.answer(&second, &[]);
    assert!(device.transcript().is_clean(), "{}", device.transcript());
}

#[test]
fn alert_1225_ends_the_object() {
    let text = "x".repeat(5000);
    let mut device = device(
        1000,
        10_000,
        vec![Op::replace("./A", &text), Op::get("./B")],
    );
    let first = device.open();
    let lost = "<Alert><CmdID>9</CmdID><Data>1225</Data><Item><Target><LocURI>./A</LocURI></Target></Item></Alert>";
    let second = device.say(
        &format!(
            "{}{lost}{}",
            status(1, "1", &commands(&first)[0], 213),
            alert(2, 1222)
        ),
        false,
    );
    assert_eq!(commands(&second)[0].uris, ["./B"]);
    assert!(
        device.transcript().messages[2]
            .events
            .iter()
            .any(|event| event.contains("./A"))
    );
}

#[test]
fn a_213_without_alert_1222_and_a_200_for_a_piece_are_faults() {
    let text = "x".repeat(5000);
    for (code, body, rule) in [
        (213, String::new(), "PRO-C-145"),
        (200, alert(2, 1222), "PRO-C-029"),
    ] {
        let mut device = device(1000, 10_000, vec![Op::replace("./A", &text)]);
        let first = device.open();
        device.say(
            &format!("{}{body}", status(1, "1", &commands(&first)[0], code)),
            false,
        );
        assert_eq!(device.rules(), [rule]);
    }
}

#[test]
fn an_object_above_the_devices_limit_is_not_sent() {
    let mut device = device(
        1500,
        400,
        vec![
            Op::replace("./A", &"x".repeat(401)),
            Op::replace("./B", &"x".repeat(400)),
        ],
    );
    let reply = device.open();
    assert_eq!(commands(&reply)[0].uris, ["./B"]);
    assert!(
        !reply.contains("<MoreData"),
        "an object that fits is not split"
    );
    assert!(
        device.transcript().unmet[0]
            .what
            .contains("MaxObjSize of 400")
    );
}

#[test]
fn a_wrong_size_can_be_stated_on_purpose() {
    let mut device = device(
        1000,
        10_000,
        vec![Op::replace("./A", &"x".repeat(2000)).size(1999)],
    );
    let first = device.open();
    assert_eq!(metinf(&first, "Size"), "1999");
}

/// Results of a Get in pieces.
fn piece(id: usize, size: &str, data: &str, more: bool) -> String {
    let size = if size.is_empty() {
        String::new()
    } else {
        format!("<Meta><Size xmlns=\"syncml:metinf\">{size}</Size></Meta>")
    };
    let more = if more { "<MoreData/>" } else { "" };
    format!(
        "<Results><CmdID>{id}</CmdID><MsgRef>1</MsgRef><CmdRef>4</CmdRef><Item><Source><LocURI>./A</LocURI></Source>{size}<Data>{data}</Data>{more}</Item></Results>"
    )
}

#[test]
fn large_results_are_taken_piece_by_piece() {
    let mut device = Device::with_ops(r#"{ get = "./A", value = "aaabbbccc" }"#);
    let first = device.open();
    let second = device.say(
        &format!(
            "{}{}",
            status(1, "1", &commands(&first)[0], 200),
            piece(2, "9", "aaa", true)
        ),
        false,
    );
    assert_eq!(
        statuses(&second),
        [("SyncHdr".into(), 200), ("Results".into(), 213)]
    );
    assert!(commands(&second)[0].text.contains("1222") && !is_final(&second));
    let third = device.say(
        &format!("{}{}", answers(&second, &[]), piece(2, "", "bbb", true)),
        false,
    );
    assert_eq!(statuses(&third)[1], ("Results".into(), 213));
    let close = device.say(
        &format!("{}{}", answers(&third, &[]), piece(2, "", "ccc", false)),
        true,
    );
    assert_eq!(
        statuses(&close),
        [("SyncHdr".into(), 200)],
        "Results with 200 get no Status"
    );
    assert!(device.transcript().is_clean(), "{}", device.transcript());
    assert_eq!(device.transcript().value("./A"), Some("aaabbbccc"));
}

#[test]
fn pieces_that_do_not_make_their_object_are_faults() {
    for (pieces, code, rule) in [
        (vec![piece(2, "", "aaa", true)], 411, "PRO-C-034"),
        (
            vec![piece(2, "9", "aaa", true), piece(2, "9", "bbb", true)],
            213,
            "PRO-C-034",
        ),
        (
            vec![piece(2, "4", "aaa", true), piece(2, "", "bbb", false)],
            424,
            "PRO-C-034",
        ),
        (vec![piece(2, "101", "aaa", true)], 413, "PRO-C-024"),
    ] {
        let mut device = Device::with_ops("{ get = \"./A\" }");
        device.server = dm_server::Sessions::new(
            dm_server::Config::parse(&format!(
                "{OPEN}max_obj_size = 100\n[[package]]\nops = [{{ get = \"./A\" }}]"
            ))
            .unwrap(),
        );
        let mut reply = device.open();
        for (index, piece) in pieces.iter().enumerate() {
            let first = if index == 0 {
                status(1, "1", &commands(&reply)[0], 200)
            } else {
                answers(&reply, &[])
            };
            reply = device.say(&format!("{first}{piece}"), false);
        }
        assert_eq!(statuses(&reply)[1], ("Results".into(), code), "{pieces:?}");
        assert_eq!(device.rules(), [rule], "{pieces:?}");
    }
}

#[test]
fn an_object_that_fits_a_message_does_not_come_in_pieces() {
    for (limit, rules) in [(500, vec![]), (5000, vec!["PRO-C-035"])] {
        let mut device = Device::new(&format!(
            "{OPEN}max_msg_size = {limit}\n[[package]]\nops = [{{ get = \"./A\" }}]\n"
        ));
        let first = device.open();
        let body = [
            status(1, "1", &commands(&first)[0], 200),
            piece(2, "6", "aaa", true),
        ];
        let second = device.say(&body.concat(), false);
        let body = [answers(&second, &[]), piece(2, "", "bbb", false)];
        device.say(&body.concat(), true);
        let mut faults = device.rules();
        faults.retain(|rule| *rule != "PRO-C-023");
        assert_eq!(faults, rules, "limit {limit}");
    }
}

#[test]
fn results_in_one_piece_are_no_fault_whatever_their_size() {
    let mut device = Device::new(&format!(
        "{OPEN}max_msg_size = 5000\n[[package]]\nops = [{{ get = \"./A\" }}]\n"
    ));
    let first = device.open();
    device.answer(&first, &[("./A", "value")]);
    assert!(device.transcript().is_clean(), "{}", device.transcript());
}

#[test]
fn something_behind_or_between_the_pieces_is_a_fault() {
    let mut device = Device::with_ops("{ get = \"./A\" }, { delete = \"./B\" }");
    let first = device.open();
    let sent = commands(&first);
    let event = "<Alert><CmdID>7</CmdID><Data>1224</Data><Item><Meta><Format xmlns=\"syncml:metinf\">chr</Format><Type xmlns=\"syncml:metinf\">a/b</Type></Meta><Data>x</Data></Item></Alert>";
    device.say(
        &format!(
            "{}{}{event}",
            status(1, "1", &sent[0], 200),
            piece(2, "9", "aaa", true)
        ),
        false,
    );
    assert!(device.rules().iter().all(|rule| *rule == "PRO-C-036") && !device.rules().is_empty());

    for (code, rules) in [(1222, vec![]), (1225, vec!["PRO-C-036"])] {
        let mut device = Device::with_ops("{ get = \"./A\" }");
        let first = device.open();
        let answer = status(1, "1", &commands(&first)[0], 200);
        let begin = piece(2, "9", "aaa", true);
        device.say(&format!("{answer}{begin}{}", alert(7, code)), false);
        assert_eq!(device.rules(), rules);
    }

    let mut device = Device::with_ops("{ get = \"./A\" }");
    let first = device.open();
    device.say(
        &format!(
            "{}{}",
            status(1, "1", &commands(&first)[0], 200),
            piece(2, "9", "aaa", true)
        ),
        true,
    );
    assert!(device.rules().contains(&"PRO-C-036") && device.rules().contains(&"PRO-C-015"));
}
