//! Every carrier's unwrapping comes to an end, gives only what stands in the input, and reads what is written from it again.
#![no_main]

use dm_bindings::push::{Carried, Invoked, PORT, Push};

/// Whether `part` lies inside `whole`.
fn within(whole: &[u8], part: &[u8]) -> bool {
    let (whole, part) = (whole.as_ptr_range(), part.as_ptr_range());
    part.is_empty() || (whole.start <= part.start && part.end <= whole.end)
}

libfuzzer_sys::fuzz_target!(|octets: &[u8]| {
    let pushes = [
        Push::datagram(PORT, octets),
        Push::put(octets),
        Invoked::read(octets).and_then(|invoked| invoked.push),
        Carried::http(octets).push,
        Carried::sip(octets).push,
        Push::typed(octets, octets),
    ];
    for push in pushes.into_iter().flatten() {
        assert!(within(octets, push.body) && within(octets, push.mac));
        let mut pdu = vec![0; octets.len() + 200];
        // A MAC with NUL or too long has no place in the numbers of WSP.
        if push.mac.contains(&0)
            || push
                .mac
                .first()
                .is_some_and(|first| !(0x20..0x7F).contains(first))
        {
            continue;
        }
        if push.mac.len() > 100 || push.mac.ends_with(b"\"") || push.mac.starts_with(b"\"") {
            continue;
        }
        let Some(len) = push.write(1, &mut pdu) else {
            continue;
        };
        let again = Push::datagram(PORT, &pdu[..len]).expect("it was written just now");
        assert_eq!(again, push);
    }
});
