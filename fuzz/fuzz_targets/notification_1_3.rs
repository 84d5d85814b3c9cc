//! The notification of DM 1.3: as the trigger of 1.2, with its options.
#![no_main]

#[path = "phone.rs"]
mod phone;

use std::cell::RefCell;

use dm_core::{Notification, Rejected};
use dm_server::Secret;
use phone::{NONCE, Phone, SECRET};

thread_local!(static PHONE: RefCell<Phone> = RefCell::new(Phone::new()));

libfuzzer_sys::fuzz_target!(|octets: &[u8]| {
    PHONE.with_borrow_mut(|phone| {
        let right = |octets: &[u8]| {
            let read = dm_server::Notification::read(0x58, octets).ok()?;
            read.is_right(&Secret::new(SECRET), NONCE)
                .then_some(read.notification)
        };
        let raw = phone.told(Notification::V1_3(octets));
        assert!(raw.is_err() || right(octets).is_some());
        let is_md5 = octets.get(2).is_some_and(|octet| octet >> 4 & 3 == 1);
        let octets = match is_md5 {
            true => phone::signed::<md5::Md5>(octets, false),
            false => phone::signed::<sha2::Sha256>(octets, false),
        };
        let Ok(notice) = phone.told(Notification::V1_3(&octets)) else {
            return;
        };
        let other = right(&octets).expect("the client holds it for right");
        assert_eq!(notice.server_id, other.server_id);
        assert_eq!(
            (notice.session_id, notice.vendor),
            (other.session_id, &other.vendor[..])
        );
        assert_eq!(
            notice.options.connect_reason().map(str::to_owned),
            other.reason
        );
        assert_eq!(notice.options.expires(), other.expires);
        assert!(other.expires.is_none_or(|expires| expires >= 1000));
        assert!(
            notice
                .options
                .targeted_mos()
                .eq(other.targeted.iter().copied())
        );
        assert!(
            notice
                .options
                .requested_mos()
                .eq(other.requested.iter().copied())
        );
        let known = other.bearers.iter().filter(|bearer| **bearer <= 5).count();
        assert_eq!(notice.options.bearers().count(), known);
        assert_eq!(phone.again(Notification::V1_3(&octets)), Rejected::Replayed);
    });
});
