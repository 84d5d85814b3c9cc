//! Published attacks on notifications: replays, forgeries, floods, and power that is cut at the right moment.

#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "tests"
)]

use dm_core::{NoticeRules, Policy, Rejected};
use dm_tests::{Keeper, Phone, Signed, trigger};
use dm_tree::Reason;

const SERVER: &str = "dm.example.org";
const SIGNED: Signed<'_> = Signed {
    server: SERVER,
    secret: "Srv#Pass-1",
    nonce: &[0xA5; 16],
};

fn session(id: u16) -> Vec<u8> {
    SIGNED.md5(&trigger(0x02D8, id, SERVER, b""))
}

fn on(keeper: &Keeper) -> Phone {
    Phone::on(keeper, Policy::default(), NoticeRules::default())
}

fn resync() -> Policy {
    let mut policy = Policy::default();
    policy.resync = true;
    policy
}

/// NOT-C-014, NOT-C-026, D13-C-026: NN6, and the same session asked for in other words.
#[test]
fn a_repeated_trigger_starts_one_session_only() {
    let mut phone = Phone::new();
    assert!(phone.told(&session(5)).is_ok());
    for _ in 0..20 {
        assert_eq!(phone.told(&session(5)).unwrap_err(), Rejected::Replayed);
    }
    let otherwise = SIGNED.md5(&trigger(0x02F0, 5, SERVER, b"please"));
    assert_eq!(phone.told(&otherwise).unwrap_err(), Rejected::Replayed);
    assert!(phone.told(&session(6)).is_ok());
}

/// NOT-C-026: what was accepted before the power went is still known, also when its session never began.
#[test]
fn a_trigger_is_not_accepted_again_after_a_restart() {
    let keeper = Keeper::default();
    assert!(on(&keeper).told(&session(5)).is_ok());
    assert_eq!(
        *keeper.writes.borrow(),
        1,
        "remembered before anybody could act"
    );
    for _ in 0..3 {
        assert_eq!(
            on(&keeper).told(&session(5)).unwrap_err(),
            Rejected::Replayed
        );
    }
    assert!(on(&keeper).told(&session(6)).is_ok());
    assert_eq!(
        *keeper.writes.borrow(),
        2,
        "what is rejected wears no flash out"
    );
}

/// NOT-C-026: no memory, no action.
#[test]
fn a_trigger_that_cannot_be_remembered_is_not_acted_upon() {
    let keeper = Keeper::default();
    *keeper.fails.borrow_mut() = true;
    let mut phone = on(&keeper);
    assert_eq!(
        phone.told(&session(5)).unwrap_err(),
        Rejected::Device(Reason::Store)
    );
    *keeper.fails.borrow_mut() = false;
    assert!(phone.told(&session(5)).is_ok());
}

/// NOT-C-026: at least the last eight of each server, and those of one are not pushed out by another.
#[test]
fn the_last_eight_of_each_server_are_remembered() {
    let keeper = Keeper::default();
    let mut phone = on(&keeper);
    let other = Signed {
        server: "mgmt.example.com",
        secret: "session pass",
        nonce: b"session nonce",
    };
    for id in 1..=8 {
        assert!(phone.told(&session(id)).is_ok());
        let octets = other.md5(&trigger(0x02D8, id, "mgmt.example.com", b""));
        assert!(phone.told(&octets).is_ok());
    }
    let mut phone = on(&keeper);
    for id in 1..=8 {
        assert_eq!(
            phone.told(&session(id)).unwrap_err(),
            Rejected::Replayed,
            "{id}"
        );
    }
}

/// A new nonce makes every captured trigger worthless, and the same SessionID may come again.
#[test]
fn a_new_nonce_ends_all_old_triggers() {
    let mut phone = Phone::new();
    assert!(phone.told(&session(5)).is_ok());
    phone.set("./DMAcc/a/AppAuth/s/AAuthData", b"the next one");
    assert_eq!(phone.told(&session(5)).unwrap_err(), Rejected::Digest);
    assert_eq!(phone.told(&session(6)).unwrap_err(), Rejected::Digest);
    let fresh = Signed {
        nonce: b"the next one",
        ..SIGNED
    };
    let octets = fresh.md5(&trigger(0x02D8, 5, SERVER, b""));
    assert!(phone.told(&octets).is_ok());
}

/// NOT-C-005, NOT-C-007: everything an attacker can make without the secret.
#[test]
fn forged_triggers_are_dropped() {
    let body = trigger(0x02D8, 5, SERVER, b"");
    let forgeries = [
        Signed {
            secret: "Srv#Pass-2",
            ..SIGNED
        },
        Signed {
            secret: "",
            ..SIGNED
        },
        Signed {
            nonce: b"",
            ..SIGNED
        },
        Signed {
            nonce: &[0xA5; 15],
            ..SIGNED
        },
        // The text of the nonce instead of its octets.
        Signed {
            nonce: b"paWlpaWlpaWlpaWlpaWlpQ==",
            ..SIGNED
        },
        Signed {
            server: "mgmt.example.com",
            ..SIGNED
        },
        // The credentials of another server.
        Signed {
            secret: "session pass",
            nonce: b"session nonce",
            ..SIGNED
        },
    ];
    for (index, forgery) in forgeries.iter().enumerate() {
        for special in [false, true] {
            let policy = if special { resync() } else { Policy::default() };
            let mut phone = Phone::on(&Keeper::default(), policy, NoticeRules::default());
            assert_eq!(
                phone.told(&forgery.md5(&body)).unwrap_err(),
                Rejected::Digest,
                "{index}"
            );
        }
    }
    for digest in [[0; 16], [0xFF; 16]] {
        let octets = [&digest[..], &body].concat();
        assert_eq!(Phone::new().told(&octets).unwrap_err(), Rejected::Digest);
    }
}

/// The digest of a trigger is good for that trigger alone: no part of one makes another.
#[test]
fn a_captured_digest_does_not_carry_over() {
    let captured = session(5);
    let other = trigger(0x02D8, 6, SERVER, b"");
    let spliced = [&captured[..16], &other].concat();
    assert_eq!(Phone::new().told(&spliced).unwrap_err(), Rejected::Digest);
}

/// NOT-C-007, NOT-C-008: the special nonce is refused by default, by either of its forms.
#[test]
fn the_special_nonce_is_refused_by_default() {
    for nonce in [&[0; 4][..], b"0x00000000"] {
        let signed = Signed { nonce, ..SIGNED };
        let octets = signed.md5(&trigger(0x02D8, 5, SERVER, b""));
        assert_eq!(Phone::new().told(&octets).unwrap_err(), Rejected::Digest);
    }
}

/// A notification with the special nonce never grows old: one of them counts, until the account has a new nonce, restart or not.
#[test]
fn one_session_with_the_special_nonce_for_each_nonce_of_the_account() {
    let keeper = Keeper::default();
    let on = || Phone::on(&keeper, resync(), NoticeRules::default());
    let special = Signed {
        nonce: &[0; 4],
        ..SIGNED
    };
    let text = Signed {
        nonce: b"0x00000000",
        ..SIGNED
    };
    let ask = |signed: &Signed<'_>, id| signed.md5(&trigger(0x02D8, id, SERVER, b""));
    assert!(on().told(&ask(&special, 1)).is_ok());
    assert_eq!(
        on().told(&ask(&special, 1)).unwrap_err(),
        Rejected::Replayed
    );
    assert_eq!(
        on().told(&ask(&special, 2)).unwrap_err(),
        Rejected::SpecialNonce
    );
    assert_eq!(
        on().told(&ask(&text, 3)).unwrap_err(),
        Rejected::SpecialNonce
    );
    // Ordinary ones are not concerned.
    assert!(on().told(&session(4)).is_ok());
    assert_eq!(
        on().told(&ask(&special, 2)).unwrap_err(),
        Rejected::SpecialNonce
    );
    let mut phone = on();
    phone.set("./DMAcc/a/AppAuth/s/AAuthData", b"a new nonce");
    assert_eq!(
        phone.told(&ask(&special, 1)).unwrap_err(),
        Rejected::Replayed
    );
    assert!(phone.told(&ask(&special, 2)).is_ok());
}

/// A server that asks too often is put off, and cutting the power wins it nothing.
#[test]
fn sessions_are_rationed_across_restarts() {
    let mut rules = NoticeRules::default();
    (rules.burst, rules.interval) = (3, 60);
    let keeper = Keeper::default();
    let on = || Phone::on(&keeper, Policy::default(), rules);
    let mut phone = on();
    phone.ms = 5_000_000;
    for id in 1..=3 {
        assert!(phone.told(&session(id)).is_ok(), "{id}");
    }
    assert_eq!(phone.told(&session(4)).unwrap_err(), Rejected::TooMany);
    phone.ms += 59_000;
    assert_eq!(phone.told(&session(4)).unwrap_err(), Rejected::TooMany);
    phone.ms += 1_000;
    assert!(phone.told(&session(4)).is_ok());
    assert_eq!(phone.told(&session(5)).unwrap_err(), Rejected::TooMany);
    for _ in 0..5 {
        let mut phone = on();
        phone.ms = 59_000;
        assert_eq!(
            phone.told(&session(5)).unwrap_err(),
            Rejected::TooMany,
            "restarted"
        );
    }
    let mut phone = on();
    phone.ms = 61_000;
    assert!(phone.told(&session(5)).is_ok());
    // Other servers have a ration of their own.
    let other = Signed {
        server: "mgmt.example.com",
        secret: "session pass",
        nonce: b"session nonce",
    };
    let octets = other.md5(&trigger(0x02D8, 1, "mgmt.example.com", b""));
    assert!(phone.told(&octets).is_ok());
    // It never grows beyond its size.
    phone.ms = u64::MAX / 2;
    for id in 10..13 {
        assert!(phone.told(&session(id)).is_ok(), "{id}");
    }
    assert_eq!(phone.told(&session(13)).unwrap_err(), Rejected::TooMany);
}

/// A flood of forged triggers is not computed for ever, and is over when it is over.
#[test]
fn a_flood_of_forgeries_costs_little_and_passes() {
    let mut phone = Phone::new();
    let mut forged = session(1);
    forged[0] ^= 1;
    let mut reasons = Vec::new();
    for _ in 0..100 {
        reasons.push(phone.told(&forged).unwrap_err());
    }
    assert_eq!(
        reasons
            .iter()
            .filter(|why| **why == Rejected::Digest)
            .count(),
        16
    );
    assert!(reasons[16..].iter().all(|why| *why == Rejected::TooMany));
    assert_eq!(phone.told(&session(1)).unwrap_err(), Rejected::TooMany);
    phone.ms += 1_000;
    assert!(phone.told(&session(1)).is_ok(), "one second later");
    assert_eq!(phone.client.notice_counts().rejected, 101);
}

/// A record that somebody has damaged is no reason to forget: it is refused until the device is put right.
#[test]
fn a_damaged_record_lets_nothing_through() {
    let keeper = Keeper::default();
    let mut phone = on(&keeper);
    assert!(phone.told(&session(5)).is_ok());
    for number in 0..0x1000_u16 {
        let mut record = [0; 128];
        let len = phone.tree.engine_record(number, &mut record).unwrap();
        if len > 0 {
            for cut in [1, 10, len - 1] {
                phone
                    .tree
                    .set_engine_record(number, &record[..cut])
                    .unwrap();
                assert_eq!(
                    phone.told(&session(6)).unwrap_err(),
                    Rejected::Device(Reason::Store)
                );
            }
            record[1] = 8;
            phone
                .tree
                .set_engine_record(number, &record[..len])
                .unwrap();
            assert_eq!(
                phone.told(&session(6)).unwrap_err(),
                Rejected::Device(Reason::Store)
            );
        }
    }
}

/// NOT-C-027: whatever is wrong with it, it calls for nothing to be done and leaves nothing behind.
#[test]
fn rejected_triggers_leave_no_trace_but_a_count() {
    let keeper = Keeper::default();
    let mut phone = on(&keeper);
    let mut unknown = trigger(0x02D8, 1, "nobody", b"");
    unknown.push(1);
    let cases = [
        Vec::new(),
        vec![0; 23],
        session(0),
        SIGNED.md5(&unknown),
        SIGNED.md5(&trigger(0x0318, 1, SERVER, b"")),
        Signed {
            secret: "x",
            ..SIGNED
        }
        .md5(&trigger(0x02D8, 1, SERVER, b"")),
    ];
    for octets in &cases {
        assert!(phone.told(octets).is_err());
        assert!(phone.client.exchange().is_none());
    }
    assert_eq!(*keeper.writes.borrow(), 0);
    assert_eq!(phone.client.notice_counts().rejected, 6);
}

/// Servers whose records would share a place have one each: their windows and rations are their own.
#[test]
fn servers_with_the_same_hash_do_not_share_a_memory() {
    // FNV-1a of both, folded to twelve bits, is the same.
    let place = |name: &str| {
        let hash = name.bytes().fold(0x811C_9DC5_u32, |hash, octet| {
            (hash ^ u32::from(octet)).wrapping_mul(0x0100_0193)
        });
        (hash ^ (hash >> 12)) & 0x0FFF
    };
    let twin = (0..100_000)
        .map(|number| format!("twin-{number}.example"))
        .find(|name| place(name) == place(SERVER))
        .unwrap();
    let mut phone = Phone::new();
    phone.set("./DMAcc/b/ServerID", twin.as_bytes());
    let other = Signed {
        server: &twin,
        secret: "session pass",
        nonce: b"session nonce",
    };
    for id in 1..=8 {
        assert!(phone.told(&session(id)).is_ok(), "{id}");
        let octets = other.md5(&trigger(0x02D8, id, &twin, b""));
        assert!(phone.told(&octets).is_ok(), "{id}");
    }
    for id in 1..=8 {
        assert_eq!(phone.told(&session(id)).unwrap_err(), Rejected::Replayed);
    }
}
