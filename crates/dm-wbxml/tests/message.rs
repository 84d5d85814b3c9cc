//! The check pass and the typed views of a message.

#![cfg(all(feature = "wbxml", feature = "xml"))]
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing
)]

#[path = "common/support.rs"]
mod support;

use dm_wbxml::{Body, Digest, Encoding, ErrorKind, Limits, Message, Part, check, tag};
use support::{Seen, convert, events, rewrite, squeezed};

const HEADER: &str = "<SyncHdr><VerDTD>1.2</VerDTD><VerProto>DM/1.2</VerProto><SessionID>1</SessionID><MsgID>2</MsgID>\
    <Target><LocURI>urn:x:42</LocURI></Target><Source><LocURI>http://dm.example.org/</LocURI></Source></SyncHdr>";

/// A message with this body in both encodings.
fn both(body: &str) -> [(Vec<u8>, Encoding); 2] {
    let xml = format!(
        "<SyncML>{HEADER}<SyncBody>{}</SyncBody></SyncML>",
        squeezed(body)
    )
    .into_bytes();
    let wbxml = convert(&xml, Encoding::Xml, Encoding::Wbxml).unwrap();
    [(xml, Encoding::Xml), (wbxml, Encoding::Wbxml)]
}

/// The digest of a message with this body, which must be the same in both encodings but for the
/// offsets.
fn digest(body: &str) -> Digest {
    let [xml, wbxml] =
        both(body).map(|(bytes, encoding)| check(&bytes, encoding, &Limits::default()).unwrap());
    let facts = |digest: &Digest| {
        (
            digest.commands,
            digest.statuses,
            digest.is_final,
            digest.abort,
            digest.fault.map(|fault| (fault.kind.status(), fault.kind)),
        )
    };
    assert_eq!(facts(&xml), facts(&wbxml));
    wbxml
}

fn fault(body: &str) -> Option<ErrorKind> {
    digest(body).fault.map(|fault| fault.kind)
}

/// A short form of a part.
fn told(part: &Part<'_>) -> String {
    let text =
        |text: &dm_wbxml::Text<'_>| String::from_utf8(text.plain().unwrap().to_vec()).unwrap();
    match part {
        Part::Status(status) => format!("status {} of {}", status.code, text(&status.cmd_ref)),
        Part::Command(command) => format!("{:?} {}", command.tag, text(&command.cmd_id)),
        Part::Open(command) => format!("({:?} {}", command.tag, text(&command.cmd_id)),
        Part::Close => ")".into(),
        Part::Final => "final".into(),
        Part::Done => "done".into(),
    }
}

fn rest(body: &mut Body<'_>) -> Vec<String> {
    let mut told_parts = Vec::new();
    loop {
        match body.next().unwrap() {
            Part::Done => return told_parts,
            part => told_parts.push(told(&part)),
        }
    }
}

const GET: &str = "<Get><CmdID>1</CmdID><Item><Target><LocURI>./a</LocURI></Target></Item></Get>";

const NESTED: &str = "<Status><CmdID>1</CmdID><MsgRef>1</MsgRef><CmdRef>0</CmdRef><Cmd>SyncHdr</Cmd><Data>212</Data></Status>
    <Sequence><CmdID>2</CmdID>
        <Get><CmdID>3</CmdID><Item><Target><LocURI>./a</LocURI></Target></Item><Item><Target><LocURI>./b</LocURI></Target></Item></Get>
        <Atomic><CmdID>4</CmdID>
            <Replace><CmdID>5</CmdID><Item><Target><LocURI>./c</LocURI></Target><Data>x</Data></Item></Replace>
            <Delete><CmdID>6</CmdID><Item><Target><LocURI>./d</LocURI></Target></Item></Delete>
        </Atomic>
        <Exec><CmdID>7</CmdID><Correlator>k</Correlator><Item><Target><LocURI>./e</LocURI></Target></Item></Exec>
    </Sequence>
    <Copy><CmdID>8</CmdID></Copy>
    <Final/>";

const NESTED_TOLD: [&str; 12] = [
    "status 212 of 0",
    "(Sequence 2",
    "Get 3",
    "(Atomic 4",
    "Replace 5",
    "Delete 6",
    ")",
    "Exec 7",
    ")",
    "Copy 8",
    "final",
    "",
];

#[test]
fn commands_are_counted_with_containers_and_what_is_in_them() {
    let digest = digest(NESTED);
    assert_eq!(
        (
            digest.commands,
            digest.statuses,
            digest.is_final,
            digest.abort,
            digest.fault
        ),
        (7, 1, true, false, None)
    );
}

/// REP-C-019 REP-C-020 REP-C-021
#[test]
fn parts_come_in_the_order_of_the_document() {
    for (bytes, encoding) in both(NESTED) {
        let digest = check(&bytes, encoding, &Limits::default()).unwrap();
        let message = Message::new(&bytes, &digest);
        assert_eq!(rest(&mut message.body()), NESTED_TOLD[..11]);
        // The end stays the end.
        let mut body = message.body();
        rest(&mut body);
        assert!(matches!(body.next(), Ok(Part::Done)));
    }
}

#[test]
fn reading_goes_on_at_any_kept_cursor_with_the_rest_of_the_parts() {
    for (bytes, encoding) in both(NESTED) {
        let digest = check(&bytes, encoding, &Limits::default()).unwrap();
        let message = Message::new(&bytes, &digest);
        let mut body = message.body();
        for at in 0..11 {
            assert_eq!(
                rest(&mut message.body_at(body.cursor())),
                NESTED_TOLD[at..11],
                "before part {at}"
            );
            body.next().unwrap();
            assert_eq!(
                rest(&mut message.body_at(body.part_cursor())),
                NESTED_TOLD[at..11],
                "of part {at}"
            );
            assert_eq!(
                rest(&mut message.body_at(body.cursor())),
                NESTED_TOLD[at + 1..11],
                "behind part {at}"
            );
            // Items read or not makes no difference.
            let _ = body.item().unwrap();
            assert_eq!(
                rest(&mut message.body_at(body.cursor())),
                NESTED_TOLD[at + 1..11],
                "behind an item of part {at}"
            );
        }
    }
}

#[test]
fn items_belong_to_the_part_returned_last() {
    for (bytes, encoding) in both(NESTED) {
        let digest = check(&bytes, encoding, &Limits::default()).unwrap();
        let mut body = Message::new(&bytes, &digest).body();
        let mut seen = Vec::new();
        loop {
            let part = body.next().unwrap();
            while let Some(item) = body.item().unwrap() {
                seen.push((
                    told(&part),
                    String::from_utf8(item.target.unwrap().plain().unwrap().to_vec()).unwrap(),
                ));
            }
            assert!(body.item().unwrap().is_none());
            if let Part::Done = part {
                break;
            }
        }
        let seen: Vec<_> = seen
            .iter()
            .map(|(part, uri)| (part.as_str(), uri.as_str()))
            .collect();
        assert_eq!(
            seen,
            [
                ("Get 3", "./a"),
                ("Get 3", "./b"),
                ("Replace 5", "./c"),
                ("Delete 6", "./d"),
                ("Exec 7", "./e")
            ]
        );
    }
}

/// REP-C-035
#[test]
fn every_command_needs_a_cmd_id_of_its_own() {
    assert_eq!(fault(GET), None);
    assert_eq!(
        fault("<Get><Item><Target><LocURI>./a</LocURI></Target></Item></Get>"),
        Some(ErrorKind::NoCmdId)
    );
    assert_eq!(fault("<Get><CmdID/></Get>"), Some(ErrorKind::NoCmdId));
    assert_eq!(
        fault("<Get><CmdID>0</CmdID></Get>"),
        Some(ErrorKind::NoCmdId)
    );
    assert_eq!(
        fault("<Get><CmdID> 0 </CmdID></Get>"),
        Some(ErrorKind::NoCmdId)
    );
    assert_eq!(fault("<Get/>"), Some(ErrorKind::NoCmdId));
    assert_eq!(
        fault("<Status><MsgRef>1</MsgRef><Data>200</Data></Status>"),
        Some(ErrorKind::NoCmdId)
    );
    assert_eq!(
        fault("<Atomic><Get><CmdID>1</CmdID></Get></Atomic>"),
        Some(ErrorKind::NoCmdId)
    );
    assert_eq!(
        fault("<Atomic><CmdID>1</CmdID><Get/></Atomic>"),
        Some(ErrorKind::NoCmdId)
    );
    // It names the command, so it stands in front of the items. (The fields of a Status come in any
    // order.)
    assert_eq!(
        fault("<Get><Item/><CmdID>1</CmdID></Get>"),
        Some(ErrorKind::NoCmdId)
    );
    // One further down is something else.
    assert_eq!(
        fault("<Get><Meta><CmdID>1</CmdID></Meta></Get>"),
        Some(ErrorKind::NoCmdId)
    );
}

/// REP-C-035
#[test]
fn a_repeated_cmd_id_is_found_in_any_order() {
    let message = |ids: &[&str]| {
        ids.iter()
            .map(|id| format!("<Get><CmdID>{id}</CmdID></Get>"))
            .collect::<String>()
    };
    assert_eq!(fault(&message(&["1", "2", "3"])), None);
    assert_eq!(fault(&message(&["3", "2", "1"])), None);
    assert_eq!(fault(&message(&["a", "b", "10", "9", "01", "1"])), None);
    assert_eq!(
        fault(&message(&["1", "1"])),
        Some(ErrorKind::DuplicateCmdId)
    );
    assert_eq!(
        fault(&message(&["5", "1", "2", "5"])),
        Some(ErrorKind::DuplicateCmdId)
    );
    assert_eq!(
        fault(&message(&["a", "b", " a "])),
        Some(ErrorKind::DuplicateCmdId)
    );
    assert_eq!(
        fault(
            "<Sequence><CmdID>1</CmdID><Atomic><CmdID>2</CmdID><Get><CmdID>1</CmdID></Get></Atomic></Sequence>"
        ),
        Some(ErrorKind::DuplicateCmdId)
    );
    assert_eq!(
        fault("<Get><CmdID>x</CmdID></Get><Status><CmdID>x</CmdID><Data>200</Data></Status>"),
        Some(ErrorKind::DuplicateCmdId)
    );
    // More than one batch, in falling order, and the first one again at the end.
    let mut ids: Vec<String> = (1..=50).rev().map(|id| id.to_string()).collect();
    let refs = |ids: &[String]| message(&ids.iter().map(String::as_str).collect::<Vec<_>>());
    assert_eq!(fault(&refs(&ids)), None);
    // Miri is some thousand times slower: it takes a share.
    let places: &[usize] = if cfg!(miri) {
        &[16]
    } else {
        &[0, 15, 16, 17, 31, 32, 49]
    };
    for &again in places {
        ids.push(ids[again].clone());
        assert_eq!(
            fault(&refs(&ids)),
            Some(ErrorKind::DuplicateCmdId),
            "{again}"
        );
        ids.pop();
    }
    // Too large for a number, and compared as text.
    assert_eq!(fault(&message(&["4294967296", "4294967297"])), None);
    assert_eq!(
        fault(&message(&["4294967296", "4294967296"])),
        Some(ErrorKind::DuplicateCmdId)
    );
    // Coded in pieces.
    assert_eq!(
        fault(&message(&["x&amp;y", "x&#38;y"])),
        Some(ErrorKind::DuplicateCmdId)
    );
    assert_eq!(fault(&message(&["x&amp;y", "x&amp;z"])), None);
}

#[test]
fn more_commands_than_allowed_are_a_fault() {
    let body = format!(
        "{GET}<Get><CmdID>2</CmdID></Get><Status><CmdID>3</CmdID><Data>200</Data></Status>"
    );
    for (bytes, encoding) in both(&body) {
        for allowed in 0..5 {
            let digest = check(&bytes, encoding, &Limits { commands: allowed }).unwrap();
            let kind = digest.fault.map(|fault| (fault.kind, fault.kind.status()));
            assert_eq!(
                kind,
                (allowed < 3).then_some((ErrorKind::Limit, 413)),
                "{allowed}"
            );
        }
    }
}

/// REP-C-034
#[test]
fn nothing_follows_final() {
    assert!(digest(&format!("{GET}<Final/>")).is_final);
    assert!(digest("<Final></Final>").is_final);
    assert!(!digest(GET).is_final);
    assert_eq!(
        fault(&format!("<Final/>{GET}")),
        Some(ErrorKind::AfterFinal)
    );
    assert_eq!(fault("<Final/><Final/>"), Some(ErrorKind::AfterFinal));
    // Inside a container it is no more than an element nobody knows there; the views say the same
    // (found by fuzzing).
    let inside = "<Atomic><CmdID>1</CmdID><Get><CmdID>2</CmdID></Get><Final/></Atomic>";
    assert!(!digest(inside).is_final);
    for (bytes, encoding) in both(inside) {
        let digest = check(&bytes, encoding, &Limits::default()).unwrap();
        assert_eq!(
            rest(&mut Message::new(&bytes, &digest).body()),
            ["(Atomic 1", "Get 2", ")"]
        );
    }
}

/// PRO-C-130
#[test]
fn an_abort_is_an_alert_1223_of_the_body() {
    assert!(digest("<Alert><CmdID>1</CmdID><Data>1223</Data></Alert><Final/>").abort);
    assert!(digest("<Alert><CmdID>1</CmdID><Data> 1223 </Data><Item/></Alert>").abort);
    assert!(!digest("<Alert><CmdID>1</CmdID><Data>1222</Data></Alert>").abort);
    assert!(!digest("<Alert><CmdID>1</CmdID><Item><Data>1223</Data></Item></Alert>").abort);
    assert!(!digest("<Replace><CmdID>1</CmdID><Data>1223</Data></Replace>").abort);
    assert!(
        !digest(
            "<Atomic><CmdID>1</CmdID><Alert><CmdID>2</CmdID><Data>1223</Data></Alert></Atomic>"
        )
        .abort
    );
}

/// REP-C-038 PRO-C-136
#[test]
fn unknown_elements_are_passed_over_and_unknown_commands_reported() {
    let body = "<Vendor>x</Vendor><Dance><CmdID>1</CmdID><Item><Target><LocURI>./a</LocURI></Target></Item></Dance>
        <Item/><Get><Lang>en</Lang><Vendor><CmdID>9</CmdID></Vendor><CmdID>2</CmdID>
        <Item><Target><LocURI>./b</LocURI><Vendor/></Target><Vendor><LocURI>./c</LocURI></Vendor></Item></Get>";
    for (bytes, encoding) in both(body) {
        let digest = check(&bytes, encoding, &Limits::default()).unwrap();
        assert_eq!((digest.commands, digest.fault), (2, None));
        let mut body = Message::new(&bytes, &digest).body();
        let Part::Command(unknown) = body.next().unwrap() else {
            panic!()
        };
        assert!(unknown.tag.name().is_none() && unknown.cmd_id.is(b"1"));
        let Part::Command(get) = body.next().unwrap() else {
            panic!()
        };
        assert!(get.tag == tag::GET && get.cmd_id.is(b"2"));
        assert!(body.item().unwrap().unwrap().target.unwrap().is(b"./b"));
        assert!(matches!(body.next(), Ok(Part::Done)));
    }
}

/// REP-C-033
#[test]
fn a_message_has_one_header_and_one_body() {
    let outcome = |inside: &str| {
        let xml = format!("<SyncML>{inside}</SyncML>").into_bytes();
        let wbxml = convert(&xml, Encoding::Xml, Encoding::Wbxml).unwrap();
        let [one, two] =
            [(xml, Encoding::Xml), (wbxml, Encoding::Wbxml)].map(|(bytes, encoding)| {
                match check(&bytes, encoding, &Limits::default()) {
                    Ok(digest) => Ok(digest.fault.map(|fault| fault.kind)),
                    Err(error) => Err(error.kind),
                }
            });
        assert_eq!(one, two);
        one
    };
    assert_eq!(outcome("<SyncHdr/><SyncBody/>"), Ok(None));
    assert_eq!(
        outcome("<Vendor/><SyncHdr/><Vendor/><SyncBody/><Vendor/>"),
        Ok(None)
    );
    assert_eq!(outcome(""), Err(ErrorKind::NoHeader));
    assert_eq!(outcome("<SyncBody/>"), Err(ErrorKind::NoHeader));
    assert_eq!(outcome("<SyncBody/><SyncHdr/>"), Err(ErrorKind::NoHeader));
    assert_eq!(outcome("<SyncHdr/>"), Ok(Some(ErrorKind::NoBody)));
    assert_eq!(
        outcome("<SyncHdr/><SyncHdr/><SyncBody/>"),
        Ok(Some(ErrorKind::Duplicate))
    );
    assert_eq!(
        outcome("<SyncHdr/><SyncBody/><SyncBody/>"),
        Ok(Some(ErrorKind::Duplicate))
    );
    assert_eq!(
        outcome("<SyncHdr/><SyncBody/><SyncHdr/>"),
        Ok(Some(ErrorKind::Duplicate))
    );
    let no_message = check(
        b"<Add><CmdID>1</CmdID></Add>",
        Encoding::Xml,
        &Limits::default(),
    );
    assert_eq!(no_message.unwrap_err().kind, ErrorKind::NotSyncMl);
}

/// REP-C-015 REP-C-023
#[test]
fn children_come_in_any_order() {
    let header = "<SyncHdr><Meta><MetInf><MaxObjSize>9</MaxObjSize><MaxMsgSize>5000</MaxMsgSize></MetInf></Meta>
        <Cred><Data>eA==</Data><Meta><Type>syncml:auth-basic</Type><Format>b64</Format></Meta></Cred><RespURI>http://other.example/</RespURI>
        <Source><LocName>me</LocName><LocURI>s</LocURI></Source><MsgID>
        7
        </MsgID><Target><LocName>you</LocName><LocURI>t</LocURI></Target><VerProto>DM/1.2</VerProto></SyncHdr>";
    let body = "<Status><Item><Data>first</Data></Item><Data>407</Data><Chal><Meta><NextNonce>bm9uY2U=</NextNonce><Type>syncml:auth-md5</Type></Meta></Chal>
        <Cmd>Get</Cmd><SourceRef>s1</SourceRef><TargetRef>t1</TargetRef><TargetRef>t2</TargetRef><CmdRef>4</CmdRef><MsgRef>3</MsgRef><CmdID>1</CmdID><Item><Data>second</Data></Item></Status>
        <Replace><Meta><Type>text/plain</Type></Meta><CmdID>2</CmdID><Item><Data> kept </Data><MoreData/><Meta><Mark>m</Mark><Size>12</Size><Format>chr</Format></Meta><Source><LocURI>from</LocURI></Source><Target><LocURI> to </LocURI></Target></Item></Replace>";
    let xml = format!(
        "<SyncML>{}<SyncBody>{}</SyncBody></SyncML>",
        header,
        squeezed(body)
    )
    .into_bytes();
    let wbxml = convert(&xml, Encoding::Xml, Encoding::Wbxml).unwrap();
    for (bytes, encoding) in [(xml, Encoding::Xml), (wbxml, Encoding::Wbxml)] {
        let digest = check(&bytes, encoding, &Limits::default()).unwrap();
        assert_eq!(digest.fault, None);
        let message = Message::new(&bytes, &digest);
        let header = message.header().unwrap();
        assert!(
            header.msg_id.is(b"7") && header.ver_proto.is(b"DM/1.2") && header.ver_dtd.is_empty()
        );
        assert!(header.target.is(b"t") && header.target_name.unwrap().is(b"you"));
        assert!(header.source.is(b"s") && header.source_name.unwrap().is(b"me"));
        assert!(header.resp_uri.unwrap().is(b"http://other.example/"));
        assert_eq!(
            (header.max_msg_size, header.max_obj_size),
            (Some(5000), Some(9))
        );
        let cred = header.cred.unwrap();
        assert!(
            cred.data.is(b"eA==")
                && cred.mime.unwrap().is(b"syncml:auth-basic")
                && cred.format.unwrap().is(b"b64")
        );

        let mut body = message.body();
        let Part::Status(status) = body.next().unwrap() else {
            panic!()
        };
        assert!(
            status.cmd_id.is(b"1")
                && status.msg_ref.is(b"3")
                && status.cmd_ref.is(b"4")
                && status.cmd.is(b"Get")
        );
        assert!(status.target_ref.unwrap().is(b"t1") && status.source_ref.unwrap().is(b"s1"));
        assert_eq!(status.code, 407);
        let chal = status.chal.unwrap();
        assert!(
            chal.mime.unwrap().is(b"syncml:auth-md5") && chal.next_nonce.unwrap().is(b"bm9uY2U=")
        );
        assert!(body.item().unwrap().unwrap().data.unwrap().is(b"first"));
        assert!(body.item().unwrap().unwrap().data.unwrap().is(b"second"));
        assert!(body.item().unwrap().is_none());

        let Part::Command(replace) = body.next().unwrap() else {
            panic!()
        };
        assert!(replace.meta.mime.unwrap().is(b"text/plain"));
        let item = body.item().unwrap().unwrap();
        assert!(item.target.unwrap().is(b"to") && item.source.unwrap().is(b"from"));
        assert!(item.data.unwrap().is(b" kept ") && item.more_data);
        assert_eq!(item.meta.size, Some(12));
        assert!(item.meta.mark.unwrap().is(b"m") && item.meta.format.unwrap().is(b"chr"));
    }
}

#[test]
fn text_outside_of_data_must_be_utf8() {
    let message = |uri: &[u8], data: &[u8]| {
        let [_, (mut bytes, _)] = both(
            "<Replace><CmdID>1</CmdID><Item><Target><LocURI>./uri</LocURI></Target><Data>data</Data></Item></Replace>",
        );
        for (from, to) in [(&b"./uri"[..], uri), (b"data", data)] {
            let at = bytes
                .windows(from.len())
                .position(|window| window == from)
                .unwrap();
            bytes.splice(at..at + from.len(), to.iter().copied());
        }
        check(&bytes, Encoding::Wbxml, &Limits::default())
            .unwrap()
            .fault
            .map(|fault| fault.kind)
    };
    assert_eq!(message(b"./uri", b"data"), None);
    assert_eq!(
        message("./\u{e9}\u{20AC}\u{1F600}".as_bytes(), b"data"),
        None
    );
    assert_eq!(message(b"./\xE9", b"data"), Some(ErrorKind::Utf8));
    assert_eq!(message(b"./\xC3", b"data"), Some(ErrorKind::Utf8));
    assert_eq!(message(b"./uri", b"\xE9\xFF"), None);
}

/// REP-C-028
#[test]
fn no_data_and_empty_data_are_told_apart() {
    let body = "<Add><CmdID>1</CmdID><Item><Target><LocURI>./a</LocURI></Target></Item><Item><Data></Data></Item><Item><Data/></Item></Add>";
    for (bytes, encoding) in both(body) {
        let digest = check(&bytes, encoding, &Limits::default()).unwrap();
        let mut body = Message::new(&bytes, &digest).body();
        body.next().unwrap();
        assert!(body.item().unwrap().unwrap().data.is_none());
        assert!(body.item().unwrap().unwrap().data.unwrap().is_empty());
        assert!(body.item().unwrap().unwrap().data.unwrap().is_empty());
    }
}

/// REP-C-013
#[test]
fn an_inline_tree_is_reached_through_its_data() {
    let mut bytes = support::hex("02A4016A00 6D 6C 5B03310001 01 6B 45 4B03310001 54 4F");
    bytes.extend(support::hex(
        "0002 60 77 03312E3200 01 64 66 03 4100 01 76 C302 6162 01 01 01 0000 01 01 01 01 01",
    ));
    let digest = check(&bytes, Encoding::Wbxml, &Limits::default()).unwrap();
    assert_eq!(digest.fault, None);
    let mut body = Message::new(&bytes, &digest).body();
    body.next().unwrap();
    let data = body.item().unwrap().unwrap().data.unwrap();
    assert!(data.is_empty() && data.plain().is_none());
    let mut reader = data.element().unwrap();
    assert!(matches!(
        reader.next(),
        Ok(dm_wbxml::Event::Start(tag::ddf::MGMT_TREE))
    ));
    assert!(matches!(
        reader.next(),
        Ok(dm_wbxml::Event::Start(tag::ddf::VER_DTD))
    ));
    assert!(reader.text().unwrap().is(b"1.2"));
    assert!(matches!(
        reader.next(),
        Ok(dm_wbxml::Event::Start(tag::ddf::NODE))
    ));
    reader.skip().unwrap();
    assert!(matches!(reader.next(), Ok(dm_wbxml::Event::End)));
    assert!(matches!(reader.next(), Ok(dm_wbxml::Event::Done)));
    assert!(matches!(body.next(), Ok(Part::Done)));
    // Ordinary data has no elements.
    assert!(dm_wbxml::Text::from("x").element().is_none());
}

/// REP-C-026
#[test]
fn extensions_in_meta_are_passed_over_and_kept_by_a_copy() {
    let body = "<Replace><CmdID>1</CmdID><Meta><Format xmlns='syncml:metinf'>chr</Format>
        <EMI xmlns='syncml:metinf'>vendor=1</EMI><EMI xmlns='syncml:metinf'>2</EMI>
        <Size xmlns='syncml:metinf'>3</Size></Meta>
        <Item><Target><LocURI>./a</LocURI></Target><Data>abc</Data></Item></Replace>";
    for (bytes, encoding) in both(body) {
        let digest = check(&bytes, encoding, &Limits::default()).unwrap();
        assert_eq!(digest.fault, None);
        let mut body = Message::new(&bytes, &digest).body();
        let Part::Command(command) = body.next().unwrap() else {
            panic!()
        };
        assert!(command.meta.format.unwrap().is(b"chr") && command.meta.size == Some(3));
        assert!(body.item().unwrap().unwrap().data.unwrap().is(b"abc"));
        let seen = events(&bytes, encoding).unwrap();
        let emi: Vec<_> = seen
            .windows(2)
            .filter(|pair| pair[0] == Seen::Start(tag::EMI))
            .map(|pair| pair[1].clone())
            .collect();
        assert_eq!(emi, [b"vendor=1".to_vec(), b"2".to_vec()].map(Seen::Text));
    }
}

/// REP-C-017: the correlator of a server goes through both encodings, read and written.
#[test]
fn a_correlator_comes_back_in_both_encodings() {
    let body = "<Exec><CmdID>1</CmdID><Correlator>c&amp;1</Correlator><Item><Target><LocURI>./a</LocURI></Target></Item></Exec>
        <Alert><CmdID>2</CmdID><Data>1226</Data><Correlator>c&amp;1</Correlator></Alert>";
    for (bytes, encoding) in both(body) {
        for to in [Encoding::Wbxml, Encoding::Xml] {
            let again = rewrite(&bytes, encoding, to);
            let digest = check(&again, to, &Limits::default()).unwrap();
            let mut body = Message::new(&again, &digest).body();
            for tag in [tag::EXEC, tag::ALERT] {
                let Part::Command(command) = body.next().unwrap() else {
                    panic!()
                };
                assert_eq!(command.tag, tag);
                assert!(command.correlator.unwrap().is(b"c&1"));
            }
        }
    }
}
