//! The notification of DM 1.3: as the trigger of 1.2, with its options.
#![no_main]

#[path = "phone.rs"]
mod phone;

use std::cell::RefCell;

use dm_core::{Notification, Rejected};
use phone::{Phone, SERVER, signed};

thread_local!(static PHONE: RefCell<Phone> = RefCell::new(Phone::new()));

/// Numbers and values, by a plain reading; `None`: they do not fill the octets.
fn options(mut octets: &[u8], count: usize) -> Option<Vec<(u8, Vec<u8>)>> {
    let mut options = Vec::new();
    for _ in 0..count {
        let head = usize::from(*octets.first()?) * 256 + usize::from(*octets.get(1)?);
        let value = octets.get(2..2 + head % 4096)?;
        options.push(((head / 4096) as u8, value.to_vec()));
        octets = &octets[2 + value.len()..];
    }
    octets.is_empty().then_some(options)
}

libfuzzer_sys::fuzz_target!(|octets: &[u8]| {
    PHONE.with_borrow_mut(|phone| {
        let is_md5 = octets.get(2).is_some_and(|octet| octet / 16 % 4 == 1);
        let sign = |octets: &[u8]| match is_md5 {
            true => signed::<md5::Md5>(octets, false),
            false => signed::<sha2::Sha256>(octets, false),
        };
        let raw = phone.told(Notification::V1_3(octets));
        let behind = if is_md5 { 16 } else { 32 };
        assert!(raw.is_err() || sign(&octets[..octets.len() - behind]) == octets);
        let whole = sign(octets);
        let Ok(notice) = phone.told(Notification::V1_3(&whole)) else {
            return;
        };
        let count = usize::from(octets[1] % 8) * 4 + usize::from(octets[2] / 64);
        let options = options(&octets[6..], count).expect("the client has read them");
        assert!(options.is_sorted_by_key(|option| option.0));
        let all = |number| {
            options
                .iter()
                .filter(move |option| option.0 == number)
                .map(|option| &option.1[..])
        };
        let number = |value: &[u8]| {
            value
                .iter()
                .fold(0, |sum, octet| sum * 256 + u32::from(*octet))
        };
        assert_eq!(notice.server_id, SERVER);
        assert!(all(1).eq([SERVER.as_bytes()]));
        assert!(
            notice
                .options
                .targeted_mos()
                .map(u32::from)
                .eq(all(2).map(number))
        );
        assert!(
            notice
                .options
                .requested_mos()
                .map(u32::from)
                .eq(all(3).map(number))
        );
        assert_eq!(
            notice.options.bearers().count(),
            all(4).filter(|value| value[0] <= 5).count()
        );
        assert!(
            notice
                .options
                .connect_reason()
                .map(str::as_bytes)
                .into_iter()
                .eq(all(5))
        );
        assert_eq!(notice.vendor, all(6).next().unwrap_or_default());
        assert!(notice.options.expires().into_iter().eq(all(7).map(number)));
        assert!(
            notice
                .options
                .expires()
                .is_none_or(|expires| expires >= 1000)
        );
        assert_eq!(phone.again(Notification::V1_3(&whole)), Rejected::Replayed);
    });
});
