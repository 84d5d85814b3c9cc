//! Lying lengths, cut and mangled pushes (`BIND-C-066`).

use dm_bindings::push::{Ignored, Inbox, Invoked, PORT, Push};

use super::{CP_1, hex};

/// BIND-C-066, NOT-C-029, BIND-C-044: a length that says more than there is, or more than can be.
#[test]
fn lying_lengths_are_malformed() {
    for pdu in [
        "",
        "01",
        "0106",
        // HeadersLen behind the end, without end, over 32 bits, in six octets.
        "010604c4af87",
        "0106ff",
        "0106ffffffff7fc4",
        "010690808080c400",
        "0106808080808003c4af87",
        // No content type.
        "010600",
        // Content type and parameter behind the headers.
        "010602c4af",
        "01060305c4af",
        "0106041f7fc4af",
        "0106051fffffffff0fc4",
        "01060503c492414200af87",
        // A text without its end.
        "010605c4af612e62",
        "0106046170706c",
        // A long integer behind the end.
        "010604c4af0507",
        // No header begins with 0.
        "010604c400af87",
    ] {
        let octets = hex(pdu);
        assert_eq!(
            Push::datagram(PORT, &octets),
            Err(Ignored::Malformed),
            "{pdu}"
        );
    }
    for pdu in ["010703c4af87", "014003c4af87", "01047f03c4"] {
        assert_eq!(
            Push::datagram(PORT, &hex(pdu)),
            Err(Ignored::NotPush),
            "{pdu}"
        );
    }
}

/// BIND-C-066, NOT-C-029
#[test]
fn lying_lengths_in_a_user_data_header_are_malformed() {
    let mut memory = [0; 1024];
    let mut inbox = Inbox::new(&mut memory);
    for sms in [
        "",
        "06",
        "ff05040b84c002",
        "0605040b84c0",
        // An element longer than the header, ports and parts of a wrong length.
        "0605050b84c002010603c4af87",
        "0705050b84c00200010603c4af87",
        "0b05040b84c0020004020201010603",
        "0a05040b84c00200020201010603",
        // Part 0, part 3 of 2, none of none.
        "0b05040b84c00200035a0200aa",
        "0b05040b84c00200035a0203aa",
        "0b05040b84c00200035a0000aa",
    ] {
        let octets = hex(sms);
        let found = inbox.sms(b"1", &octets, 0);
        assert_eq!(found, Err(Ignored::Malformed), "{sms}");
    }
    assert!(format!("{inbox:?}").contains("open: 0"), "{inbox:?}");
}

/// BIND-C-066: any octets at all come to an end, and nothing but a push comes out.
#[test]
fn mangled_pushes_do_no_harm() {
    let mut random = 0x2545_F491_4F6C_DD1D_u64;
    let mut next = move || {
        random ^= random << 13;
        random ^= random >> 7;
        random ^= random << 17;
        random
    };
    let seeds = [
        hex("010603c4af870f3ae4e23e0a0dd3b4c1f060aa9c130102d8000000002a0c737276312e6578616d706c65"),
        hex(
            "0106311f2dc29181923736453332464230443438453330323430423043343042313233424546433643303937304638334400af8702a4",
        ),
        hex("0a8001110703c4af870f3ae4"),
        hex(CP_1),
    ];
    let mut memory = [0; 1024];
    let mut inbox = Inbox::new(&mut memory);
    let mut taken = 0;
    for round in 0..20_000_u64 {
        let mut octets = seeds[usize::try_from(round % 4).unwrap()].clone();
        for _ in 0..=next() % 3 {
            let at = usize::try_from(next()).unwrap() % octets.len();
            octets[at] = next().to_be_bytes()[0];
        }
        octets.truncate(usize::try_from(next()).unwrap() % (octets.len() + 20));
        let pushes = [
            Push::datagram(PORT, &octets),
            Push::put(&octets),
            Invoked::read(&octets).and_then(|invoked| invoked.push),
        ];
        for push in pushes.into_iter().flatten() {
            assert!(push.body.len() < octets.len());
            taken += 1;
        }
        if let Ok(Some(push)) = inbox.sms(&octets[..octets.len().min(3)], &octets, round) {
            assert!(push.body.len() <= 10 * 128);
        }
    }
    assert!(taken > 100, "{taken}");
}
