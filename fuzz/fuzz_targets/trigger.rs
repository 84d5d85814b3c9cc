//! The trigger of DM 1.2: what the client accepts, an independent server reads as the same and holds for right; unsigned octets
//! are never accepted, and nothing twice.
#![no_main]

#[path = "phone.rs"]
mod phone;

use std::cell::RefCell;

use dm_core::{Initiator, Notification, Rejected, UiMode};
use dm_server::Secret;
use phone::{NONCE, Phone, SECRET, SERVER};

thread_local!(static PHONE: RefCell<Phone> = RefCell::new(Phone::new()));

libfuzzer_sys::fuzz_target!(|octets: &[u8]| {
    PHONE.with_borrow_mut(|phone| {
        let right = |octets: &[u8]| {
            let read = dm_server::Notification::read(0x44, octets).ok()?;
            read.is_right(&Secret::new(SECRET), NONCE)
                .then_some(read.notification)
        };
        let raw = phone.told(Notification::V1_2(octets));
        assert!(raw.is_err() || right(octets).is_some());
        let octets = phone::signed::<md5::Md5>(octets, true);
        let other = right(&octets);
        match phone.told(Notification::V1_2(&octets)) {
            Ok(notice) => {
                let other = other.expect("the client holds it for right");
                assert_eq!(notice.server_id, other.server_id);
                assert_eq!(
                    (notice.session_id, notice.vendor),
                    (other.session_id, &other.vendor[..])
                );
                assert_eq!(notice.ui_mode as u8, other.ui_mode as u8);
                assert_eq!(notice.initiator == Initiator::User, other.by_user);
                assert!(notice.ui_mode as u8 <= UiMode::UserInteraction as u8);
                assert_eq!(phone.again(Notification::V1_2(&octets)), Rejected::Replayed);
            }
            Err(why) => {
                // Nothing that is in order is dropped.
                let Some(other) = other else { return };
                assert!(
                    other.version != 11 || other.session_id == 0 || other.server_id != SERVER,
                    "{why}"
                );
            }
        }
    });
});
