//! Whose an account is, how often a document counts, and what becomes of accounts when their source is gone.

use dm_core::bootstrap::{Bootstrap, Origin, Profile, Refused, remove_card_accounts};
use dm_core::{Client, Encoding, Memory, Moment, Sec, Step, Trigger};
use dm_tests::{below, picture, value};
use dm_tree::{Principal, Tree};

use crate::{NETWORK, SERVER, apply, document, example, fresh, least, push, pushes};

/// The account of a server is safe from everybody but who made it.
#[test]
fn nobody_takes_over_the_account_of_another_source() {
    let origins = [
        Origin::Factory,
        Origin::SmartCard,
        Origin::Secured {
            name: "boot.example",
        },
        Origin::Secured {
            name: "evil.example",
        },
        push(Sec::NetworkId, b"41C6F83451D4DEEA3CC279EEA921615831367E8D"),
    ];
    for first in origins {
        for second in origins {
            let mut tree = fresh();
            let own = example();
            let mut boot = Bootstrap::open(Profile::Provisioning, &own, first, pushes()).unwrap();
            boot.prove(&NETWORK, b"").unwrap();
            boot.apply(&mut tree, &mut [0; 256], &mut |_| {}).unwrap();
            let before = picture(&mut tree);
            let changed = document(&[&least("srv1.example", "https://evil.example/")]);
            let result = match second {
                // The same octets would be a replay, and others need a MAC of their own.
                Origin::Push { .. } => continue,
                _ => apply(&mut tree, &changed, second),
            };
            if first == second {
                assert!(result.is_ok(), "{first:?}");
                let addr = value(&mut tree, "./DMAcc/1/AppAddr/1/Addr");
                assert_eq!(addr.as_deref(), Some("https://evil.example/"));
            } else {
                assert_eq!(result, Err(Refused::TakeOver), "{first:?} {second:?}");
                assert_eq!(picture(&mut tree), before);
            }
        }
    }
    // What the manufacturer put in by hand has no mark at all.
    let mut tree = fresh();
    tree.factory().set("./DMAcc/home/ServerID", SERVER).unwrap();
    assert_eq!(
        apply(&mut tree, &example(), Origin::SmartCard),
        Err(Refused::TakeOver)
    );
    assert!(apply(&mut tree, &example(), Origin::Factory).is_ok());
}

/// The server's name in its certificate counts without regard to case, and a long one by its end: whoever owns another domain
/// can put anything in front of that.
#[test]
fn a_source_over_tls_is_known_by_its_name() {
    let front = "a".repeat(60);
    let name = |front: &str, end: &str| format!("{front}.{end}");
    let own = name(&front, "boot.example");
    for (other, is_same) in [
        (own.clone(), true),
        (own.to_ascii_uppercase(), true),
        (name(&front, "evil.example"), false),
        (name("b", "boot.example"), false),
        (name("", "boot.example"), false),
    ] {
        let mut tree = fresh();
        let secured = |name| Origin::Secured { name };
        apply(&mut tree, &example(), secured(&own)).unwrap();
        let changed = document(&[&least("srv1.example", "https://new/")]);
        let result = apply(&mut tree, &changed, secured(&other));
        match is_same {
            true => assert!(result.is_ok(), "{other}"),
            false => assert_eq!(result, Err(Refused::TakeOver), "{other}"),
        }
    }
}

/// Bootstrap digest, section 5: one account for each w7, also when the account is there already.
#[test]
fn a_document_with_two_accounts_of_a_server_is_refused() {
    let twice = document(&[
        &least("srv1.example", "https://a/"),
        &least("srv1.example", "https://b/"),
    ]);
    for is_known in [false, true] {
        let mut tree = fresh();
        if is_known {
            apply(&mut tree, &example(), Origin::SmartCard).unwrap();
        }
        let before = picture(&mut tree);
        assert_eq!(
            apply(&mut tree, &twice, Origin::SmartCard),
            Err(Refused::TakeOver)
        );
        assert_eq!(picture(&mut tree), before);
    }
}

#[test]
fn an_update_replaces_addresses_and_credentials_as_a_set() {
    let mut tree = fresh();
    apply(&mut tree, &example(), Origin::SmartCard).unwrap();
    tree.local()
        .set("./DMAcc/1/AppAuth/1/AAuthName", b"changed")
        .unwrap();
    let update = document(&[&least("srv1.example", "https://new/")]);
    apply(&mut tree, &update, Origin::SmartCard).unwrap();
    let mut found = below(&mut tree, "./DMAcc/");
    found.retain(|line| !line.ends_with('='));
    assert_eq!(
        found,
        [
            "./DMAcc/1/AppAddr/1/Addr=https://new/",
            "./DMAcc/1/AppAddr/1/AddrType=URI",
            "./DMAcc/1/AppID=w7",
            "./DMAcc/1/Ext/OmaDm/ServerAuth=transport",
            "./DMAcc/1/Ext/OmaDm/Source=card",
            "./DMAcc/1/ServerID=srv1.example",
            "./DMAcc/1= [Delete=srv1.example&Get=srv1.example&Replace=srv1.example]",
        ]
    );
}

/// What servers changed since stays, whoever brings the document again.
#[test]
fn a_document_counts_once() {
    let mut tree = fresh();
    apply(&mut tree, &example(), Origin::SmartCard).unwrap();
    tree.local()
        .set("./DMAcc/1/AppAddr/1/Addr", b"https://moved/")
        .unwrap();
    let before = picture(&mut tree);
    let again = apply(&mut tree, &example(), Origin::SmartCard).unwrap();
    assert!(again.is_repeat && again.servers.is_empty());
    let secured = Origin::Secured {
        name: "boot.example",
    };
    assert_eq!(
        apply(&mut tree, &example(), secured),
        Err(Refused::Replayed)
    );
    assert_eq!(picture(&mut tree), before);
    // The last eight are remembered.
    for n in 0..7 {
        let bytes = document(&[&least(&format!("s{n}"), "https://s/")]);
        apply(&mut tree, &bytes, Origin::Factory).unwrap();
    }
    assert!(
        apply(&mut tree, &example(), Origin::SmartCard)
            .unwrap()
            .is_repeat
    );
}

/// BOOT-C-008, BOOT-C-029
#[test]
fn accounts_of_a_card_that_is_gone_go_with_all_rights_of_their_servers() {
    let mut tree = fresh();
    let card = document(&[&least("one", "https://one/"), &least("two", "https://two/")]);
    apply(&mut tree, &card, Origin::SmartCard).unwrap();
    apply(&mut tree, &example(), Origin::Factory).unwrap();
    tree.factory().acl("./DevInfo", "Get=one+two").unwrap();
    remove_card_accounts(&mut tree, &[b"two"]).unwrap();
    let present = |tree: &mut Tree<'_>| {
        [1, 2, 3].map(|account| tree.local().find(&format!("./DMAcc/{account}")).is_some())
    };
    assert_eq!(present(&mut tree), [false, true, true]);
    let node = tree.local().find("./DevInfo").unwrap();
    let may = |who: &[u8]| {
        let who = Principal::dangerous_assume(who);
        tree.authorise(&who, dm_tree::Verb::Get, node).is_ok()
    };
    assert_eq!([may(b"one"), may(b"two")], [false, true]);
    remove_card_accounts(&mut tree, &[]).unwrap();
    assert_eq!(present(&mut tree), [false, false, true]);
}

/// BOOT-C-015, BOOT-C-026, SEC-C-039: nothing is said until the client opens a session with the new server.
#[test]
fn a_device_from_the_factory_opens_its_first_session_after_bootstrap() {
    let mut tree = fresh();
    for (leaf, text) in [
        ("DevId", "urn:x:1"),
        ("Man", "m"),
        ("Mod", "m"),
        ("DmV", "1"),
        ("Lang", "en"),
    ] {
        tree.factory()
            .set(&format!("./DevInfo/{leaf}"), text.as_bytes())
            .unwrap();
    }
    let (mut rx, mut tx, mut work) = ([0; 4096], [0; 2048], [0; 256]);
    let memory = Memory {
        rx: &mut rx,
        tx: &mut tx,
        work: &mut work,
    };
    let mut client = Client::new(memory, Encoding::Wbxml).unwrap();
    let now = Moment {
        ms: 0,
        utc: None,
        random: [7; 16],
    };
    let first = Trigger::Client {
        server_id: None,
        session_id: None,
    };
    assert!(client.start(&mut tree, first, &now).is_err());
    let applied = apply(&mut tree, &example(), Origin::SmartCard).unwrap();
    assert!(client.exchange().is_none());
    let server = core::str::from_utf8(&applied.servers[0])
        .unwrap()
        .to_owned();
    let next = Trigger::Client {
        server_id: Some(&server),
        session_id: None,
    };
    match client.start(&mut tree, next, &now).unwrap() {
        Step::Send(request) => assert_eq!(request.uri, "https://srv1.example/dm"),
        other => panic!("{other:?}"),
    }
}
