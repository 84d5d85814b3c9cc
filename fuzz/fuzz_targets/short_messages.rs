//! Short messages in any order, sender and time: bounded memory, and whatever comes out was sent so.
#![no_main]

use dm_bindings::push::{
    Inbox, Kind, PART_MAX, PARTS_MAX, Push, SETS, SMS_MAX, sms_part, sms_parts,
};

libfuzzer_sys::fuzz_target!(|octets: &[u8]| {
    let mut memory = [0; SETS * 4 * PART_MAX];
    let mut inbox = Inbox::new(&mut memory);
    let mut rest = octets;
    let mut now = 0;
    // Each step: what, sender, then a length and octets, or which part of which true message.
    while let [what, sender, arg, tail @ ..] = rest {
        rest = tail;
        now += u64::from(what >> 4) * 20_000;
        if what & 1 == 0 {
            let (user_data, behind) = rest.split_at(usize::from(*arg).min(rest.len()));
            rest = behind;
            if let Ok(Some(push)) = inbox.sms(&[sender % 4], user_data, now) {
                assert!(push.body.len() <= PARTS_MAX * PART_MAX);
            }
            continue;
        }
        // True messages come from senders of their own, which nobody else can write as.
        let reference = arg % 4;
        let body: Vec<u8> = (0..usize::from(reference) * 120 + 100)
            .map(|at| reference ^ at.to_le_bytes()[0])
            .collect();
        let push = Push {
            kind: Kind::Notification,
            sec: None,
            mac: b"",
            body: &body,
        };
        let mut pdu = vec![0; body.len() + 16];
        let len = push.write(1, &mut pdu).expect("room");
        let total = sms_parts(len).expect("few parts");
        let mut sms = [0; SMS_MAX];
        let part = (arg >> 2) % total + 1;
        let part_len = sms_part(&pdu[..len], reference, part, &mut sms).expect("a part");
        match inbox.sms(&[b't', sender % 2], &sms[..part_len], now) {
            Ok(Some(whole)) => assert_eq!(whole.body, body),
            Ok(None) => {}
            Err(why) => panic!("a true part was refused: {why}"),
        }
    }
});
