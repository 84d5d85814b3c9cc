//! Parts of long short messages: bounded, in any order, and under attack (`BIND-C-067`).

use std::collections::HashMap;

use dm_bindings::push::{
    Ignored, Inbox, Kind, LIFETIME_MS, PART_MAX, PARTS_MAX, Push, SETS, SMS_MAX, sms_part,
    sms_parts,
};

/// A push as long as this, and its short messages.
fn push(len: usize, fill: u8, reference: u8) -> (Vec<u8>, Vec<Vec<u8>>) {
    let body: Vec<u8> = (0..len).map(|at| fill ^ at.to_le_bytes()[0]).collect();
    let push = Push {
        kind: Kind::Notification,
        sec: None,
        mac: b"",
        body: &body,
    };
    let mut pdu = vec![0; len + 16];
    let pdu_len = push.write(1, &mut pdu).unwrap();
    pdu.truncate(pdu_len);
    let parts = (1..=sms_parts(pdu_len).unwrap())
        .map(|number| {
            let mut sms = [0; SMS_MAX];
            let len = sms_part(&pdu, reference, number, &mut sms).unwrap();
            sms[..len].to_vec()
        })
        .collect();
    (body, parts)
}

/// With a 16-bit reference, which `sms_part` does not write.
fn widened(sms: &[u8], high: u8) -> Vec<u8> {
    let mut wide = vec![0x0C];
    wide.extend(&sms[1..7]);
    wide.extend([0x08, 0x04, high]);
    wide.extend(&sms[9..]);
    wide
}

/// BIND-C-062, NOT-C-020: 8-bit and 16-bit references, any order, repeats passed over.
#[test]
fn parts_are_put_together_in_any_order() {
    for len in [150, 255, 300, 700, 10 * PART_MAX - 6] {
        let (body, parts) = push(len, 7, 9);
        for rotation in 0..parts.len() {
            for wide in [false, true] {
                let mut memory = [0; SETS * PARTS_MAX * PART_MAX];
                let mut inbox = Inbox::new(&mut memory);
                let mut order: Vec<Vec<u8>> = parts.clone();
                if wide {
                    order.iter_mut().for_each(|part| *part = widened(part, 3));
                }
                order.rotate_left(rotation);
                order.reverse();
                let last = order.pop().unwrap();
                for part in order.iter().chain(&order) {
                    assert_eq!(inbox.sms(b"+1", part, 0), Ok(None));
                }
                let whole = inbox.sms(b"+1", &last, 0).unwrap().unwrap();
                assert_eq!(whole.body, body, "{len} {rotation} {wide}");
            }
        }
    }
}

#[test]
fn a_short_push_takes_one_short_message() {
    let (body, parts) = push(127, 1, 1);
    assert_eq!((parts.len(), parts[0].len()), (1, SMS_MAX));
    assert_eq!(sms_parts(133), Some(1));
    assert_eq!(sms_parts(134), Some(2));
    assert_eq!(sms_parts(255 * PART_MAX), Some(255));
    assert_eq!(sms_parts(255 * PART_MAX + 1), None);
    let mut none = [];
    let mut inbox = Inbox::new(&mut none);
    assert_eq!(inbox.sms(b"", &parts[0], 0).unwrap().unwrap().body, body);
    // One part of one is whole too.
    let whole = [
        &[0x0B, 5, 4, 0x0B, 0x84, 0, 0, 0, 3, 9, 1, 1][..],
        &parts[0][7..],
    ]
    .concat();
    assert_eq!(inbox.sms(b"", &whole, 0).unwrap().unwrap().body, body);
    let (_, parts) = push(200, 1, 1);
    assert_eq!(inbox.sms(b"", &parts[0], 0), Err(Ignored::TooLarge));
}

/// BIND-C-067, NOT-C-029: what a part says of the whole reserves nothing, and what does not fit is refused at once.
#[test]
fn a_message_of_more_parts_than_there_is_room_for_is_refused_at_its_first_part() {
    let mut memory = [0; SETS * 2 * PART_MAX];
    let mut inbox = Inbox::new(&mut memory);
    let (_, parts) = push(300, 0, 1);
    assert_eq!(parts.len(), 3);
    assert_eq!(inbox.sms(b"", &parts[0], 0), Err(Ignored::TooLarge));
    assert!(format!("{inbox:?}").contains("open: 0"));
    let mut memory = [0; 64 * 1024];
    let mut inbox = Inbox::new(&mut memory);
    let (_, parts) = push(10 * PART_MAX, 0, 1);
    assert_eq!(parts.len(), PARTS_MAX + 1);
    assert_eq!(inbox.sms(b"", &parts[0], 0), Err(Ignored::TooLarge));
    // A part longer than a short message.
    let (_, mut parts) = push(200, 0, 1);
    parts[0].push(0);
    assert_eq!(inbox.sms(b"", &parts[0], 0), Err(Ignored::TooLarge));
    let (_, parts) = push(200, 0, 1);
    assert_eq!(inbox.sms(&[b'1'; 21], &parts[0], 0), Err(Ignored::TooLarge));
}

/// BIND-C-067
#[test]
fn what_is_not_complete_in_time_is_forgotten() {
    let mut memory = [0; 1024];
    let mut inbox = Inbox::new(&mut memory);
    let (body, parts) = push(200, 3, 1);
    assert_eq!(inbox.sms(b"1", &parts[0], 5), Ok(None));
    let late = 6 + LIFETIME_MS;
    assert_eq!(
        inbox.sms(b"1", &parts[1], late),
        Ok(None),
        "a first part again"
    );
    let whole = inbox.sms(b"1", &parts[0], late).unwrap().unwrap();
    assert_eq!(whole.body, body);
    // Just in time.
    assert_eq!(inbox.sms(b"1", &parts[0], late), Ok(None));
    assert!(
        inbox
            .sms(b"1", &parts[1], late + LIFETIME_MS)
            .unwrap()
            .is_some()
    );
}

/// BIND-C-067: the first part of a place counts; an overlapping one changes nothing of it.
#[test]
fn overlapping_parts_do_not_replace_what_is_there() {
    let mut memory = [0; 1024];
    let mut inbox = Inbox::new(&mut memory);
    let (body, parts) = push(200, 3, 1);
    let (_, forged) = push(200, 99, 1);
    assert_eq!(inbox.sms(b"1", &parts[0], 0), Ok(None));
    assert_eq!(inbox.sms(b"1", &forged[0], 0), Ok(None));
    let whole = inbox.sms(b"1", &parts[1], 0).unwrap().unwrap();
    assert_eq!(whole.body, body);
}

/// BIND-C-067: another number of parts under the same reference drops both.
#[test]
fn parts_that_contradict_each_other_are_dropped() {
    let mut memory = [0; 2048];
    let mut inbox = Inbox::new(&mut memory);
    let (_, two) = push(200, 3, 1);
    let (_, three) = push(300, 3, 1);
    assert_eq!(inbox.sms(b"1", &two[0], 0), Ok(None));
    assert_eq!(inbox.sms(b"1", &three[1], 0), Err(Ignored::Malformed));
    assert_eq!(
        inbox.sms(b"1", &two[1], 0),
        Ok(None),
        "nothing of the first is left"
    );
}

/// BIND-C-067: parts of one sender, port or kind of reference never complete the message of another.
#[test]
fn parts_of_different_senders_are_never_mixed() {
    let (_, parts) = push(200, 3, 1);
    let wide = widened(&parts[1], 0);
    let mut other_port = parts[1].clone();
    other_port[5] ^= 1;
    let mut other_reference = parts[1].clone();
    other_reference[9] ^= 1;
    for (sender, part) in [
        (&b"2"[..], &parts[1]),
        (b"1", &wide),
        (b"1", &other_port),
        (b"1", &other_reference),
    ] {
        let mut memory = [0; 1024];
        let mut inbox = Inbox::new(&mut memory);
        assert_eq!(inbox.sms(b"1", &parts[0], 0), Ok(None));
        assert_eq!(inbox.sms(sender, part, 0), Ok(None));
    }
}

/// BIND-C-067: a flood of first parts takes the places of the one who floods.
#[test]
fn a_flood_of_one_sender_does_not_displace_the_parts_of_another() {
    let mut memory = [0; 1024];
    let mut inbox = Inbox::new(&mut memory);
    let (body, parts) = push(200, 3, 200);
    for reference in 0..100 {
        let (_, flood) = push(200, 0, reference);
        assert_eq!(inbox.sms(b"666", &flood[0], 0), Ok(None));
    }
    assert_eq!(
        inbox.sms(b"1", &parts[1], 1),
        Ok(None),
        "the flood has to give way"
    );
    for reference in 0..100 {
        let (_, flood) = push(200, 0, reference);
        assert_eq!(inbox.sms(b"666", &flood[0], 2), Ok(None));
    }
    let whole = inbox.sms(b"1", &parts[0], 3).unwrap().unwrap();
    assert_eq!(whole.body, body);
    // And messages of many senders push out the oldest, never more than there are places.
    for sender in 0..50_u8 {
        assert_eq!(inbox.sms(&[sender], &parts[0], 4), Ok(None));
        assert!(!format!("{inbox:?}").contains("open: 5"));
    }
}

/// Against a model that keeps every part it ever saw: what comes out is what was sent, whole, and never a mixture.
#[test]
fn whatever_comes_out_was_sent_so() {
    let mut random = 88172645463325252_u64;
    let mut next = move |below: usize| {
        random ^= random << 13;
        random ^= random >> 7;
        random ^= random << 17;
        usize::try_from(random % u64::try_from(below).unwrap()).unwrap()
    };
    let senders = [&b"1"[..], b"2", b"3"];
    let mut sent: HashMap<(usize, u8), Vec<u8>> = HashMap::new();
    let mut parts = Vec::new();
    for sender in 0..senders.len() {
        for reference in 0..6_u8 {
            let fill = u8::try_from(sender * 40).unwrap() + reference;
            let (body, all) = push(140 + 60 * usize::from(reference), fill, reference);
            sent.insert((sender, reference), body);
            parts.extend(all.into_iter().map(|part| (sender, reference, part)));
        }
    }
    let mut memory = [0; SETS * 4 * PART_MAX];
    let mut inbox = Inbox::new(&mut memory);
    let mut whole = 0;
    for now in 0..20_000 {
        let (sender, reference, part) = &parts[next(parts.len())];
        match inbox.sms(senders[*sender], part, now) {
            Ok(Some(push)) => {
                assert_eq!(push.body, sent[&(*sender, *reference)]);
                whole += 1;
            }
            Ok(None) => {}
            Err(why) => panic!("{why}"),
        }
    }
    assert!(whole > 50, "{whole}");
}
