//! Octets no device would send: answered or refused, never a panic, never a hang.

use dm_server::{Config, Sessions};

use crate::device::*;

/// A small generator of numbers, the same in every run.
struct Numbers(u64);

impl Numbers {
    fn below(&mut self, bound: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (self.0 % bound as u64) as usize
    }
}

fn server() -> Sessions {
    let scenario = r#"
        [server]
        anonymous = true
        auth = "md5"
        max_obj_size = 2000
        [[device]]
        user = "device-7"
        secret = "device-secret"
        auth = "basic"
        [[package]]
        ops = [ { get = "./A" }, { atomic = [ { delete = ["./B", "./C"] } ] }, { replace = "./D", fill = 3000 } ]
        [[package]]
        ops = [ { alert = 1102, items = ["", "name"] }, { exec = "./E" } ]
    "#;
    Sessions::new(Config::parse(scenario).unwrap())
}

fn messages() -> Vec<(Vec<u8>, &'static str)> {
    let mut device = Device::with_ops("{ get = \"./A\" }, { delete = [\"./B\", \"./C\"] }");
    let first = device.message(&package_1(1201), true);
    device.server_msg = 1;
    let reply = String::from_utf8(device.send(&first).body).unwrap();
    let second = device.message(&answers(&reply, &[("./A", "&lt;x&gt;")]), true);
    vec![
        (first.into_bytes(), XML),
        (second.into_bytes(), XML),
        (
            include_bytes!("../data/m1-client-reference.wbxml").to_vec(),
            WBXML,
        ),
        (
            include_bytes!("../data/m3-client-reference.wbxml").to_vec(),
            WBXML,
        ),
    ]
}

/// The reply is one of those a server may give, and holds what it says.
fn answered(server: &mut Sessions, body: &[u8], content_type: &str) {
    let reply = server.handle(body, content_type);
    assert!(
        [200, 400, 403, 415].contains(&reply.status),
        "{}",
        reply.status
    );
    assert_eq!(reply.status == 200, !reply.body.is_empty());
    if let Some(transcript) = server.last_transcript() {
        assert!(!transcript.to_string().is_empty());
    }
}

#[test]
fn a_message_cut_anywhere_is_answered_or_refused() {
    for (message, content_type) in messages() {
        let mut server = server();
        for cut in 0..message.len() {
            answered(&mut server, &message[..cut], content_type);
        }
    }
}

#[test]
fn a_message_in_the_other_encoding_is_refused() {
    for (message, content_type) in messages() {
        let other = if content_type == XML { WBXML } else { XML };
        assert_eq!(server().handle(&message, other).status, 400);
        assert_eq!(server().handle(&message, "text/plain").status, 415);
    }
}

#[test]
fn changed_octets_are_answered_or_refused() {
    let mut numbers = Numbers(0x9E37_79B9_7F4A_7C15);
    let seeds = messages();
    let mut server = server();
    for round in 0..6000 {
        let (seed, content_type) = &seeds[round % seeds.len()];
        let mut message = seed.clone();
        for _ in 0..=numbers.below(4) {
            let at = numbers.below(message.len());
            match numbers.below(3) {
                0 => message[at] = numbers.below(256) as u8,
                1 => drop(message.drain(at..(at + numbers.below(20)).min(message.len()))),
                _ => {
                    let piece = message[at..(at + numbers.below(40)).min(message.len())].to_vec();
                    message.splice(at..at, piece);
                }
            }
        }
        answered(&mut server, &message, content_type);
    }
}

#[test]
fn elements_in_any_order_and_number_are_answered() {
    let pieces = [
        "<Status><CmdID>1</CmdID><MsgRef>1</MsgRef><CmdRef>0</CmdRef><Cmd>SyncHdr</Cmd><Data>401</Data></Status>",
        "<Status><CmdID>2</CmdID><MsgRef>1</MsgRef><CmdRef>4</CmdRef><Cmd>Get</Cmd><Data>200</Data></Status>",
        "<Status><CmdID>3</CmdID><MsgRef>2</MsgRef><CmdRef>2</CmdRef><Cmd>Alert</Cmd><Data>99999</Data></Status>",
        "<Results><CmdID>4</CmdID><MsgRef>1</MsgRef><CmdRef>4</CmdRef><Item><Source><LocURI>./A</LocURI></Source><Meta><Size xmlns=\"syncml:metinf\">4294967295</Size></Meta><Data>x</Data><MoreData/></Item></Results>",
        "<Alert><CmdID>5</CmdID><Data>1222</Data></Alert>",
        "<Alert><CmdID>6</CmdID><Data>1225</Data></Alert>",
        "<Alert><CmdID>7</CmdID></Alert>",
        "<Atomic><CmdID>8</CmdID><Sequence><CmdID>9</CmdID></Sequence></Atomic>",
        "<Alert><CmdID>101</CmdID><Data>1201</Data></Alert>",
        "<Replace><CmdID>102</CmdID><Item><Source><LocURI>./DevInfo/DevId</LocURI></Source><Data>x</Data></Item></Replace>",
    ];
    let mut numbers = Numbers(7);
    for session in 0..300 {
        let mut device = Device {
            session: format!("{session}"),
            ..Device::new(OPEN)
        };
        device.server = server();
        for _ in 0..8 {
            let mut body = String::new();
            for piece in pieces {
                if numbers.below(3) == 0 {
                    body.push_str(piece);
                }
            }
            device.meta = match numbers.below(4) {
                0 => format!(
                    "<MaxMsgSize xmlns=\"syncml:metinf\">{}</MaxMsgSize>",
                    numbers.below(2000)
                ),
                _ => String::new(),
            };
            let is_final = numbers.below(2) == 0;
            let message = device.message(&body, is_final);
            answered(&mut device.server, message.as_bytes(), XML);
        }
    }
}

#[test]
fn old_sessions_make_room_for_new_ones() {
    let mut server = server();
    for session in 0..600 {
        let mut device = Device {
            session: format!("{session}"),
            ..Device::new(OPEN)
        };
        let message = device.message(&package_1(1201), true);
        assert_eq!(server.handle(message.as_bytes(), XML).status, 200);
    }
    assert!(server.transcripts().count() <= 256);
    assert_eq!(server.last_transcript().unwrap().session_id, "599");
}
