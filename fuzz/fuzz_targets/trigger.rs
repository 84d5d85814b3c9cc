//! The trigger of DM 1.2: what the client accepts is right and says what a plain reading says; what is right is accepted, and
//! nothing twice.
#![no_main]

#[path = "phone.rs"]
mod phone;

use std::cell::RefCell;

use dm_core::{Initiator, Notification, Rejected};
use phone::{Phone, SERVER, signed};

thread_local!(static PHONE: RefCell<Phone> = RefCell::new(Phone::new()));

libfuzzer_sys::fuzz_target!(|octets: &[u8]| {
    PHONE.with_borrow_mut(|phone| {
        let raw = phone.told(Notification::V1_2(octets));
        assert!(raw.is_err() || signed::<md5::Md5>(&octets[16..], true) == octets);
        let whole = signed::<md5::Md5>(octets, true);
        let told = phone.told(Notification::V1_2(&whole));
        let len = octets.get(7).map_or(0, |len| usize::from(*len));
        if octets.len() < 8 + len || len == 0 {
            assert_eq!(told.is_ok(), false);
            return;
        }
        let bits = u16::from(octets[0]) << 8 | u16::from(octets[1]);
        let session = u16::from(octets[5]) << 8 | u16::from(octets[6]);
        let server = &octets[8..8 + len];
        let is_right = bits / 64 == 11 && session != 0 && server == SERVER.as_bytes();
        let Ok(notice) = told else {
            assert!(!is_right, "{told:?}");
            return;
        };
        assert!(is_right);
        assert_eq!((notice.server_id, notice.session_id), (SERVER, session));
        assert_eq!(notice.vendor, &octets[8 + len..]);
        assert_eq!(notice.ui_mode as u16, bits / 16 % 4);
        assert_eq!(notice.initiator == Initiator::User, bits / 8 % 2 == 0);
        assert_eq!(phone.again(Notification::V1_2(&whole)), Rejected::Replayed);
    });
});
