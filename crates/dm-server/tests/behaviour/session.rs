//! Whole sessions, from the first message to the last.

use dm_server::{Config, End, Op, Package, Sessions, Side};

use crate::device::*;

/// The text without the line breaks and indentation of this file.
fn compact(text: &str) -> String {
    text.lines().map(str::trim).collect()
}

/// The worked example of the protocol: a server-initiated session, challenged and authenticated both ways with MD5.
#[test]
fn the_worked_example_is_answered_octet_by_octet() {
    let mut device = Device::new(&format!(
        r#"{}
        [[package]]
        ops = [ {{ sequence = [
            {{ get = "./DevDetail/FwV", value = "7.1.0" }},
            {{ replace = "./App/Rate", value = 15, format = "int" }},
        ] }} ]
        "#,
        SERVER.replace("[[device]]", "auth = \"md5\"\n[[device]]")
    ));
    let refusal = device.say(&package_1(1200), true);
    assert_eq!(
        statuses(&refusal),
        [
            ("SyncHdr".into(), 407),
            ("Alert".into(), 407),
            ("Replace".into(), 407)
        ]
    );
    assert_eq!(next_nonce(&refusal).unwrap(), "AAECAwQFBgcICQoLDA0ODw==");
    assert!(is_final(&refusal) && commands(&refusal).is_empty() && !refusal.contains("<Cred>"));

    let a1 = compact(
        r#"<SyncML xmlns="SYNCML:SYNCML1.2"><SyncHdr><VerDTD>1.2</VerDTD><VerProto>DM/1.2</VerProto>
        <SessionID>2B</SessionID><MsgID>2</MsgID><Target><LocURI>https://dm.example.org/</LocURI></Target>
        <Source><LocURI>urn:imei:490154203237518</LocURI><LocName>dev-0042</LocName></Source>
        <Cred><Meta><Format xmlns="syncml:metinf">b64</Format><Type xmlns="syncml:metinf">syncml:auth-md5</Type></Meta>
        <Data>b93eiW5O/OJC5M2+bIoWXw==</Data></Cred>
        <Meta><MaxMsgSize xmlns="syncml:metinf">8192</MaxMsgSize><MaxObjSize xmlns="syncml:metinf">65536</MaxObjSize></Meta>
        </SyncHdr><SyncBody>
        <Status><CmdID>1</CmdID><MsgRef>1</MsgRef><CmdRef>0</CmdRef><Cmd>SyncHdr</Cmd>
        <TargetRef>urn:imei:490154203237518</TargetRef><SourceRef>https://dm.example.org/</SourceRef><Data>200</Data></Status>
        <Alert><CmdID>2</CmdID><Data>1200</Data></Alert>
        <Replace><CmdID>3</CmdID>
        <Item><Source><LocURI>./DevInfo/DevId</LocURI></Source><Data>urn:imei:490154203237518</Data></Item>
        <Item><Source><LocURI>./DevInfo/Man</LocURI></Source><Data>Acme</Data></Item>
        <Item><Source><LocURI>./DevInfo/Mod</LocURI></Source><Data>M4-Sensor</Data></Item>
        <Item><Source><LocURI>./DevInfo/DmV</LocURI></Source><Data>1.2</Data></Item>
        <Item><Source><LocURI>./DevInfo/Lang</LocURI></Source><Data>en</Data></Item>
        </Replace><Final/></SyncBody></SyncML>"#,
    );
    let a2 = compact(
        r#"<SyncML xmlns="SYNCML:SYNCML1.2"><SyncHdr><VerDTD>1.2</VerDTD><VerProto>DM/1.2</VerProto>
        <SessionID>2B</SessionID><MsgID>2</MsgID><Target><LocURI>urn:imei:490154203237518</LocURI></Target>
        <Source><LocURI>https://dm.example.org/</LocURI><LocName>dm.example.org</LocName></Source>
        <Cred><Meta><Format xmlns="syncml:metinf">b64</Format><Type xmlns="syncml:metinf">syncml:auth-md5</Type></Meta>
        <Data>xg6zqHHHR8Gh8e87b/f8mA==</Data></Cred></SyncHdr><SyncBody>
        <Status><CmdID>1</CmdID><MsgRef>2</MsgRef><CmdRef>0</CmdRef><Cmd>SyncHdr</Cmd>
        <TargetRef>https://dm.example.org/</TargetRef><SourceRef>urn:imei:490154203237518</SourceRef>
        <Chal><Meta><Format xmlns="syncml:metinf">b64</Format><Type xmlns="syncml:metinf">syncml:auth-md5</Type>
        <NextNonce xmlns="syncml:metinf">EBESExQVFhcYGRobHB0eHw==</NextNonce></Meta></Chal><Data>212</Data></Status>
        <Status><CmdID>2</CmdID><MsgRef>2</MsgRef><CmdRef>2</CmdRef><Cmd>Alert</Cmd><Data>200</Data></Status>
        <Status><CmdID>3</CmdID><MsgRef>2</MsgRef><CmdRef>3</CmdRef><Cmd>Replace</Cmd><Data>200</Data></Status>
        <Sequence><CmdID>4</CmdID>
        <Get><CmdID>5</CmdID><Item><Target><LocURI>./DevDetail/FwV</LocURI></Target></Item></Get>
        <Replace><CmdID>6</CmdID><Item><Target><LocURI>./App/Rate</LocURI></Target>
        <Meta><Format xmlns="syncml:metinf">int</Format></Meta><Data>15</Data></Item></Replace>
        </Sequence><Final/></SyncBody></SyncML>"#,
    );
    let a3 = compact(
        r#"<SyncML xmlns="SYNCML:SYNCML1.2"><SyncHdr><VerDTD>1.2</VerDTD><VerProto>DM/1.2</VerProto>
        <SessionID>2B</SessionID><MsgID>3</MsgID><Target><LocURI>https://dm.example.org/</LocURI></Target>
        <Source><LocURI>urn:imei:490154203237518</LocURI></Source></SyncHdr><SyncBody>
        <Status><CmdID>1</CmdID><MsgRef>2</MsgRef><CmdRef>0</CmdRef><Cmd>SyncHdr</Cmd>
        <TargetRef>urn:imei:490154203237518</TargetRef><SourceRef>https://dm.example.org/</SourceRef><Data>212</Data></Status>
        <Status><CmdID>2</CmdID><MsgRef>2</MsgRef><CmdRef>4</CmdRef><Cmd>Sequence</Cmd><Data>200</Data></Status>
        <Status><CmdID>3</CmdID><MsgRef>2</MsgRef><CmdRef>5</CmdRef><Cmd>Get</Cmd><TargetRef>./DevDetail/FwV</TargetRef><Data>200</Data></Status>
        <Results><CmdID>4</CmdID><MsgRef>2</MsgRef><CmdRef>5</CmdRef>
        <Item><Source><LocURI>./DevDetail/FwV</LocURI></Source><Data>7.1.0</Data></Item></Results>
        <Status><CmdID>5</CmdID><MsgRef>2</MsgRef><CmdRef>6</CmdRef><Cmd>Replace</Cmd><TargetRef>./App/Rate</TargetRef><Data>200</Data></Status>
        <Final/></SyncBody></SyncML>"#,
    );
    let a4 = compact(
        r#"<SyncML xmlns="SYNCML:SYNCML1.2"><SyncHdr><VerDTD>1.2</VerDTD><VerProto>DM/1.2</VerProto>
        <SessionID>2B</SessionID><MsgID>3</MsgID><Target><LocURI>urn:imei:490154203237518</LocURI></Target>
        <Source><LocURI>https://dm.example.org/</LocURI></Source></SyncHdr><SyncBody>
        <Status><CmdID>1</CmdID><MsgRef>3</MsgRef><CmdRef>0</CmdRef><Cmd>SyncHdr</Cmd>
        <TargetRef>https://dm.example.org/</TargetRef><SourceRef>urn:imei:490154203237518</SourceRef><Data>200</Data></Status>
        <Final/></SyncBody></SyncML>"#,
    );
    assert_eq!(String::from_utf8(device.send(&a1).body).unwrap(), a2);
    assert_eq!(String::from_utf8(device.send(&a3).body).unwrap(), a4);
    let transcript = device.transcript();
    assert!(transcript.is_clean(), "{transcript}");
    assert_eq!(transcript.value("./DevDetail/FwV"), Some("7.1.0"));
    assert_eq!(transcript.value("./DevInfo/Mod"), Some("M4-Sensor"));
}

/// The same session in WBXML, against messages made by other means.
#[test]
fn the_reference_session_is_answered_octet_by_octet() {
    let (m1, m2) = (
        include_bytes!("../data/m1-client-reference.wbxml"),
        include_bytes!("../data/m2-server-10get-5replace.wbxml"),
    );
    let m3 = include_bytes!("../data/m3-client-reference.wbxml");
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    // What the script has to say is read off the expected message: the addresses, and the values behind them.
    let strings: Vec<String> = text(m2)
        .split(['\u{0}', '\u{1}', '\u{3}'])
        .filter(|piece| piece.len() > 1 && piece.chars().all(|c| !c.is_control()))
        .map(str::to_owned)
        .collect();
    let addresses: Vec<&String> = strings
        .iter()
        .filter(|piece| piece.starts_with("./"))
        .collect();
    assert_eq!(addresses.len(), 15, "{strings:?}");
    let mut ops: Vec<Op> = addresses[..10].iter().map(|uri| Op::get(uri)).collect();
    for uri in &addresses[10..] {
        let at = strings.iter().position(|piece| piece == *uri).unwrap();
        let value = strings[at..].iter().find(|piece| {
            !piece.starts_with("./") && !["chr", "text/plain"].contains(&piece.as_str())
        });
        ops.push(
            Op::replace(uri, value.unwrap())
                .format("chr")
                .mime("text/plain"),
        );
    }
    let config = Config::parse(
        "[[device]]\nuser = \"device-7\"\nsecret = \"device-secret\"\nauth = \"basic\"",
    )
    .unwrap();
    let mut server = Sessions::new(config);
    server.set_script([Package::new(ops)]);

    let reply = server.handle(m1, WBXML);
    assert_eq!((reply.status, reply.content_type), (200, WBXML));
    assert!(reply.body == m2, "{:?}\n{:?}", text(&reply.body), text(m2));
    let close = server.handle(m3, WBXML);
    assert_eq!(close.status, 200);
    let transcript = server.last_transcript().unwrap();
    assert!(transcript.is_clean(), "{transcript}");
    assert_eq!(transcript.value("./DevDetail/FwV"), Some("4.7.1"));
    assert_eq!(
        transcript
            .messages
            .iter()
            .map(|message| message.bytes)
            .take(3)
            .collect::<Vec<_>>(),
        [517, 1026, 1793]
    );
}

#[test]
fn a_server_without_a_script_closes_at_once() {
    let mut device = Device::new(OPEN);
    let reply = device.open();
    assert_eq!(
        statuses(&reply),
        [
            ("SyncHdr".into(), 200),
            ("Alert".into(), 200),
            ("Replace".into(), 200)
        ]
    );
    assert!(is_final(&reply) && commands(&reply).is_empty());
    assert!(device.transcript().is_clean());
}

#[test]
fn packages_are_played_one_after_another_and_then_the_session_closes() {
    let mut device = Device::new(&format!(
        "{OPEN}[[package]]\nops = [{{ get = \"./A\" }}]\n[[package]]\nops = []\n[[package]]\nops = [{{ delete = \"./B\" }}, {{ exec = \"./C\", value = \"x\", correlator = \"c1\" }}]\n"
    ));
    let first = device.open();
    assert_eq!(commands(&first)[0].uris, ["./A"]);
    let second = device.answer(&first, &[("./A", "value")]);
    let sent = commands(&second);
    assert_eq!(
        (sent[0].name.as_str(), sent[1].name.as_str()),
        ("Delete", "Exec")
    );
    assert!(sent[1].text.contains("<Correlator>c1</Correlator>"));
    let close = device.answer(&second, &[]);
    assert_eq!(statuses(&close), [("SyncHdr".into(), 200)]);
    assert!(is_final(&close));
    assert!(device.transcript().is_clean(), "{}", device.transcript());
    assert_eq!(device.transcript().messages.len(), 6);
}

#[test]
fn every_command_is_written_as_the_standard_has_it() {
    let mut device = Device::with_ops(
        r#"
        { get = ["./A", "./B?prop=ACL"] },
        { add = "./N", format = "node", type = "org.example/1.0" },
        { add = "./N/x", value = "a<b", format = "chr" },
        { replace = ["./N/x", "./N/y"], value = ["1", "2"], format = "int" },
        { replace = "./N/z", bytes = "AAH/" },
        { copy = "./N/c", from = "./N/x" },
        { alert = 1101, items = ["MAXDT=5", "Sure?"] },
        { atomic = [ { delete = "./N/x" }, { delete = "./N/y" } ] },
    "#,
    );
    let reply = device.open();
    let body = reply.split_once("<Get>").unwrap().1;
    for part in [
        "<CmdID>4</CmdID><Item><Target><LocURI>./A</LocURI></Target></Item><Item><Target><LocURI>./B?prop=ACL</LocURI></Target></Item></Get>",
        "<Add><CmdID>5</CmdID><Item><Target><LocURI>./N</LocURI></Target><Meta><Format xmlns=\"syncml:metinf\">node</Format><Type xmlns=\"syncml:metinf\">org.example/1.0</Type></Meta></Item></Add>",
        "<Data>a&lt;b</Data>",
        "<Item><Target><LocURI>./N/y</LocURI></Target><Meta><Format xmlns=\"syncml:metinf\">int</Format></Meta><Data>2</Data></Item></Replace>",
        "<Meta><Format xmlns=\"syncml:metinf\">b64</Format></Meta><Data>AAH/</Data>",
        "<Copy><CmdID>9</CmdID><Item><Target><LocURI>./N/c</LocURI></Target><Source><LocURI>./N/x</LocURI></Source></Item></Copy>",
        "<Alert><CmdID>10</CmdID><Data>1101</Data><Item><Data>MAXDT=5</Data></Item><Item><Data>Sure?</Data></Item></Alert>",
        "<Atomic><CmdID>11</CmdID><Delete><CmdID>12</CmdID><Item><Target><LocURI>./N/x</LocURI></Target></Item></Delete><Delete><CmdID>13</CmdID>",
    ] {
        assert!(body.contains(part), "{part}\nis not in\n{body}");
    }
}

#[test]
fn answers_and_values_that_were_not_expected_are_told() {
    let mut device = Device::with_ops(
        r#"{ get = "./A", value = "right" }, { get = "./B" }, { delete = "./C", expect = 404 }, { delete = "./D", expect = 404 }"#,
    );
    let reply = device.open();
    let sent = commands(&reply);
    let body = [
        status(1, "1", &sent[0], 200),
        results(2, "1", &sent[0].cmd_id, "./A", "wrong"),
        status(3, "1", &sent[1], 425),
        status(4, "1", &sent[2], 404),
        status(5, "1", &sent[3], 200),
    ];
    device.say(&body.concat(), true);
    let unmet: Vec<(&str, &str)> = device
        .transcript()
        .unmet
        .iter()
        .map(|unmet| (unmet.op.as_str(), unmet.what.as_str()))
        .collect();
    assert_eq!(
        unmet,
        [
            ("Get ./A", "expected the value `right`, got `wrong`"),
            ("Get ./B", "expected success, got 425"),
            ("Delete ./D", "expected 404, got 200"),
        ]
    );
    assert!(device.transcript().faults.is_empty());
    assert!(!device.transcript().is_clean());
}

#[test]
fn items_may_be_answered_together_or_one_by_one() {
    let ops = r#"{ delete = ["./A", "./B"], expect = [200, 404] }"#;
    let mut device = Device::with_ops(ops);
    let reply = device.open();
    let sent = commands(&reply);
    let one = |id, uri: &str, code| {
        status(id, "1", &sent[0], code)
            .replace("<Data>", &format!("<TargetRef>{uri}</TargetRef><Data>"))
    };
    device.say(&[one(1, "./A", 200), one(2, "./B", 404)].concat(), true);
    assert!(device.transcript().is_clean(), "{}", device.transcript());
    let items = &device.transcript().messages[1].commands[0].items;
    assert_eq!((items[0].status, items[1].status), (Some(200), Some(404)));

    let mut device = Device::with_ops(r#"{ delete = ["./A", "./B"] }"#);
    let reply = device.open();
    device.answer(&reply, &[]);
    assert!(device.transcript().is_clean(), "{}", device.transcript());
}

#[test]
fn a_repeated_message_gets_the_same_answer_and_counts_once() {
    let mut device = Device::with_ops(r#"{ get = "./A" }"#);
    let message = device.message(&package_1(1201), true);
    let first = device.send(&message);
    assert_eq!(device.send(&message), first);
    assert_eq!(device.send(&message), first);
    device.server_msg = 1;
    let reply = String::from_utf8(first.body).unwrap();
    let message = device.message(&answers(&reply, &[("./A", "x")]), true);
    let close = device.send(&message);
    assert_eq!(
        device.send(&message),
        close,
        "also after the end of the session"
    );
    let transcript = device.transcript();
    assert!(transcript.is_clean(), "{transcript}");
    assert_eq!(transcript.messages.len(), 4);
    assert_eq!(
        (
            transcript.messages[0].repeats,
            transcript.messages[2].repeats
        ),
        (2, 1)
    );
}

#[test]
fn a_device_that_starts_again_leaves_its_old_session() {
    let mut device = Device::with_ops(r#"{ get = "./A" }"#);
    device.open();
    device.msg_id = 0;
    device.server_msg = 0;
    device.meta = "<MaxMsgSize xmlns=\"syncml:metinf\">5000</MaxMsgSize>".to_owned();
    let reply = device.open();
    device.answer(&reply, &[("./A", "x")]);
    let ends: Vec<&End> = device
        .server
        .transcripts()
        .map(|transcript| &transcript.end)
        .collect();
    assert_eq!(ends, [&End::Abandoned, &End::Closed]);
}

#[test]
fn two_devices_have_two_sessions() {
    let mut server = Sessions::new(Config::parse(OPEN).unwrap());
    let mut device = Device::new(OPEN);
    let message = device.message(&package_1(1201), true);
    assert_eq!(server.handle(message.as_bytes(), XML).status, 200);
    let other = message.replace("490154203237518", "35824005111111");
    assert_eq!(server.handle(other.as_bytes(), XML).status, 200);
    assert_eq!(server.transcripts().count(), 2);
    assert_eq!(server.ended(), 2);
}

#[test]
fn an_abort_of_the_device_is_answered_with_status_only() {
    let mut device = Device::with_ops(r#"{ get = "./A" }, { get = "./B" }"#);
    let reply = device.open();
    let sent = commands(&reply);
    let body = [
        status(1, "1", &sent[0], 200),
        results(2, "1", &sent[0].cmd_id, "./A", "x"),
        alert(3, 1223),
    ]
    .concat();
    let close = device.say(&body, true);
    assert_eq!(
        statuses(&close),
        [("SyncHdr".into(), 200), ("Alert".into(), 200)]
    );
    assert!(commands(&close).is_empty());
    assert_eq!(device.transcript().end, End::AbortedByDevice);
    assert!(device.transcript().faults.is_empty());
    assert_eq!(device.transcript().value("./A"), Some("x"));
}

#[test]
fn versions_that_are_not_spoken_are_named_and_end_the_session() {
    let mut device = Device::new(&format!("{OPEN}versions = [\"DM/1.2\"]\n"));
    device.version = "DM/1.3";
    let reply = device.open();
    assert_eq!(statuses(&reply)[0], ("SyncHdr".into(), 513));
    assert!(reply.contains("<Item><Data>DM/1.2</Data></Item>") && is_final(&reply));
    assert_eq!(field(&reply, "VerProto"), "DM/1.2");
    assert!(matches!(device.transcript().end, End::AbortedByServer(_)));
    // The device falls back, under the same SessionID.
    (device.version, device.msg_id, device.server_msg) = ("DM/1.2", 0, 0);
    device.open();
    assert_eq!(device.transcript().end, End::Closed);

    let mut device = Device::new(OPEN);
    let message = device
        .message(&package_1(1201), true)
        .replace("<VerDTD>1.2", "<VerDTD>1.1");
    let reply = String::from_utf8(device.send(&message).body).unwrap();
    assert_eq!(statuses(&reply)[0], ("SyncHdr".into(), 505));
    assert!(reply.contains("<Item><Data>1.2</Data></Item>"));
}

#[test]
fn the_version_of_the_device_is_used_in_the_answers() {
    for version in ["DM/1.2", "DM/1.3"] {
        let mut device = Device::new(OPEN);
        device.version = version;
        assert_eq!(field(&device.open(), "VerProto"), version);
    }
}

#[test]
fn generic_alerts_are_taken_in_package_1_and_later() {
    let mut device = Device::with_ops(r#"{ exec = "./F", correlator = "job" }"#);
    let generic = "<Alert><CmdID>7</CmdID><Data>1226</Data><Correlator>job</Correlator><Item><Source><LocURI>./F</LocURI></Source><Meta><Format xmlns=\"syncml:metinf\">int</Format><Type xmlns=\"syncml:metinf\">Reversed-Domain-Name: org.example.done</Type><Mark xmlns=\"syncml:metinf\">critical</Mark></Meta><Data>200</Data></Item></Alert>";
    let reply = device.say(&format!("{}{generic}", package_1(1201)), true);
    assert_eq!(statuses(&reply).last(), Some(&("Alert".into(), 200)));
    let sent = commands(&reply);
    let body = [status(1, "1", &sent[0], 202), generic.to_owned()].concat();
    let close = device.say(&body, true);
    assert_eq!(
        statuses(&close),
        [("SyncHdr".into(), 200), ("Alert".into(), 200)]
    );
    assert!(device.transcript().is_clean(), "{}", device.transcript());
    assert_eq!(
        device.transcript().messages[2].commands[0]
            .correlator
            .as_deref(),
        Some("job")
    );
}

#[test]
fn the_answers_to_user_interaction_are_in_the_transcript() {
    let mut device = Device::with_ops(r#"{ alert = 1104, items = ["", "Which?", "a", "b", "c"] }"#);
    let reply = device.open();
    let sent = commands(&reply);
    let chosen = "<Data>200</Data><Item><Data>1</Data></Item><Item><Data>3</Data></Item>";
    device.say(
        &status(1, "1", &sent[0], 200).replace("<Data>200</Data>", chosen),
        true,
    );
    assert!(device.transcript().is_clean(), "{}", device.transcript());
    let command = &device.transcript().messages[1].commands[0];
    assert_eq!(command.items[0].returned.as_deref(), Some("1, 3"));
}

#[test]
fn the_transcript_holds_the_octets_when_asked_to() {
    let mut config = Config::parse(OPEN).unwrap();
    config.server.capture = true;
    let mut device = Device::new(OPEN);
    let message = device.message(&package_1(1201), true);
    let mut server = Sessions::new(config);
    let reply = server.handle(message.as_bytes(), XML);
    let transcript = server.last_transcript().unwrap();
    assert_eq!(
        transcript.messages[0].raw.as_deref(),
        Some(message.as_bytes())
    );
    assert_eq!(
        transcript.messages[1].raw.as_deref(),
        Some(reply.body.as_slice())
    );
    assert_eq!(
        (transcript.messages[0].from, transcript.messages[1].from),
        (Side::Device, Side::Server)
    );
}
