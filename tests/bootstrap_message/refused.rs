//! What a message cannot do: each attempt is refused, and the tree is as it was.

use dm_core::Sec;
use dm_core::bootstrap::{Bootstrap, BootstrapPolicy, Origin, Profile, Refused};
use dm_tests::to_wbxml;
use dm_tree::Reason;

use crate::device::furnished;
use crate::{
    DMACC, NAP, SECURED, account, add, apply, command, inbox, interior, leaf, least, message,
    object, object_with, text_for, tree_for, xml,
};
use dm_tests::picture;

/// An account that would be taken, in front of what would not: nothing of it may stay.
fn with_account(commands: &str) -> Vec<u8> {
    message(&(inbox(&account("n", "srv", "https://srv/")) + commands))
}

fn check(what: &str, bytes: &[u8], expected: Refused) {
    for origin in [SECURED, Origin::SmartCard] {
        let mut tree = furnished();
        let before = picture(&mut tree);
        assert_eq!(apply(&mut tree, bytes, origin), Err(expected), "{what}");
        assert_eq!(picture(&mut tree), before, "{what}");
        assert!(!tree.in_transaction());
    }
}

fn path(node: &str, path: &str) -> String {
    node.replacen("</NodeName>", &format!("</NodeName><Path>{path}</Path>"), 1)
}

/// BOOT-C-013: the DM profile is WBXML, whoever sends it.
#[test]
fn a_message_in_xml_is_refused() {
    let text = xml(&inbox(&account("n", "srv", "https://srv/")));
    for origin in [SECURED, Origin::SmartCard, Origin::Factory] {
        let mut tree = furnished();
        assert_eq!(apply(&mut tree, text.as_bytes(), origin), Err(Refused::Xml));
    }
    let origin = Origin::Push {
        sec: Some(Sec::UserPin),
        mac: &[b'0'; 40],
    };
    let mut policy = BootstrapPolicy::DEFAULT;
    policy.push = true;
    let open = |bytes, origin| Bootstrap::open(Profile::Message, bytes, origin, policy).err();
    assert_eq!(open(text.as_bytes(), origin), Some(Refused::Xml));
    // Nor is there a PIN that holds a MAC.
    let mac_in_pin = Origin::Push {
        sec: Some(Sec::UserPinMac),
        mac: b"",
    };
    let bytes = to_wbxml(&text);
    assert_eq!(open(&bytes, mac_in_pin), Some(Refused::NoProof));
    assert_eq!(open(&bytes, origin), None);
}

/// D13-C-079: wherever the ACLs would let a server in, a bootstrap gets no further than new accounts, connections, and what its own source made.
#[test]
fn a_message_that_reaches_elsewhere_is_refused() {
    let replace = |items: &str| command("Replace", items);
    let addr = text_for("./DMAcc/home/AppAddr/1/Addr", "https://evil/");
    let mine = account("m", "mine", "https://mine/");
    let attempts = [
        (
            "a leaf of the device",
            replace(&text_for("./Secret", "known")),
        ),
        ("DevInfo", replace(&text_for("./DevInfo/Man", "evil"))),
        ("the address of an account", replace(&addr)),
        (
            "a leaf in an account",
            add(&text_for("./DMAcc/home/Name", "x")),
        ),
        (
            "a further address",
            add(&text_for("./DMAcc/home/AppAddr/0/Addr", "https://evil/")),
        ),
        (
            "an ACL",
            replace(&text_for("./DMAcc/home?prop=ACL", "Replace=*")),
        ),
        (
            "the ACL of the root",
            replace(&text_for(".?prop=ACL", "Add=*&amp;Replace=*")),
        ),
        (
            "the ACL of all accounts",
            replace(&text_for("./DMAcc?prop=ACL", "Replace=*")),
        ),
        (
            "a name",
            replace(&text_for("./DMAcc/home?prop=Name", "gone")),
        ),
        (
            "an object of another kind",
            add(&text_for("./Apps/b/Name", "b")),
        ),
        (
            "an object that is there",
            replace(&text_for("./Nap/old/Name", "x")),
        ),
        (
            "a tree over all accounts",
            replace(&tree_for("./DMAcc", &mine)),
        ),
        (
            "a tree over an account",
            replace(&tree_for(
                "./DMAcc/home",
                &account("home", "home.example", "https://evil/"),
            )),
        ),
        (
            "a tree over the root",
            replace(&tree_for(".", &interior("DMAcc", &mine))),
        ),
        (
            "a path into an account",
            add(&tree_for(
                "./DMAcc",
                &(mine.clone()
                    + &path(
                        &interior("9", &leaf("Addr", "https://evil/")),
                        "home/AppAddr",
                    )),
            )),
        ),
        (
            "a path out of the accounts",
            add(&tree_for(
                ".",
                &path(
                    &object("b", "urn:example:mo:app:1.0", &leaf("Name", "b")),
                    "Apps",
                ),
            )),
        ),
        (
            "another kind in the Inbox",
            inbox(&object("b", "urn:example:mo:app:1.0", &leaf("Name", "b"))),
        ),
        (
            "a path from the Inbox",
            inbox(&(mine.clone() + &path(&leaf("Name", "x"), "m/../home"))),
        ),
    ];
    for (what, commands) in attempts {
        let mut tree = furnished();
        let before = picture(&mut tree);
        let refused = apply(&mut tree, &with_account(&commands), SECURED).unwrap_err();
        let expected = match what {
            // Already the description has no such thing.
            "DevInfo" => Refused::Device(Reason::AccessType),
            "a path from the Inbox" => Refused::Device(Reason::NoSuchParent),
            _ => Refused::Outside,
        };
        assert_eq!(refused, expected, "{what}");
        assert_eq!(picture(&mut tree), before, "{what}");
    }
    // With the policy's leave other kinds may come.
    let mut policy = BootstrapPolicy::DEFAULT;
    policy.objects = &[b"urn:example:mo:app:"];
    let bytes = with_account(&inbox(&object(
        "b",
        "urn:example:mo:app:1.0",
        &leaf("Name", "b"),
    )));
    let mut tree = furnished();
    let boot = Bootstrap::open(Profile::Message, &bytes, SECURED, policy).unwrap();
    assert!(boot.apply(&mut tree, &mut [0; 512], &mut |_| {}).is_ok());
    let nap = with_account(&inbox(&object(
        "b",
        &format!("{NAP}:1.0"),
        &leaf("Name", "b"),
    )));
    let boot = Bootstrap::open(Profile::Message, &nap, SECURED, policy).unwrap();
    assert_eq!(
        boot.apply(&mut furnished(), &mut [0; 512], &mut |_| {}),
        Err(Refused::Outside)
    );
}

/// The description's AccessType counts: what no server may write is not for a bootstrap either.
#[test]
fn a_leaf_that_the_description_keeps_from_servers_is_refused() {
    let settings = |leaf: &str| interior("Ext", &interior("OmaDm", leaf));
    for inside in [
        settings(&leaf("Source", "factory")),
        settings(&leaf("ServerAuth", "transport")),
    ] {
        let account = object("m", DMACC, &(least("mine", "https://mine/") + &inside));
        check(
            "settings",
            &with_account(&inbox(&account)),
            Refused::Device(Reason::AccessType),
        );
    }
    let plain = add(&text_for("./DMAcc/n/Ext/OmaDm/Source", "factory"));
    check(
        "settings",
        &with_account(&plain),
        Refused::Device(Reason::AccessType),
    );
    let permanent = add(&text_for("./DevInfo/Ext/x", "y"));
    check(
        "permanent",
        &with_account(&permanent),
        Refused::Device(Reason::Permanent),
    );
}

/// Whoever has an account keeps it.
#[test]
fn nobody_takes_over_an_account() {
    let twin = account("evil", "home.example", "https://evil/");
    check("a twin", &message(&inbox(&twin)), Refused::TakeOver);
    check(
        "a twin behind another",
        &with_account(&inbox(&twin)),
        Refused::TakeOver,
    );
    let two = account("a", "srv", "https://a/") + &account("b", "srv", "https://b/");
    check(
        "two for one server",
        &message(&inbox(&two)),
        Refused::TakeOver,
    );
    // An account of its own source becomes nobody else's.
    let mut tree = furnished();
    apply(&mut tree, &with_account(""), SECURED).unwrap();
    let before = picture(&mut tree);
    let rename = message(&command(
        "Replace",
        &text_for("./DMAcc/n/ServerID", "home.example"),
    ));
    assert_eq!(apply(&mut tree, &rename, SECURED), Err(Refused::TakeOver));
    // And another source does not change it, by whatever way.
    let other = Origin::Secured {
        name: "evil.example",
    };
    let addr = text_for("./DMAcc/n/AppAddr/1/Addr", "https://evil/");
    let outside = message(&command("Replace", &addr));
    assert_eq!(apply(&mut tree, &outside, other), Err(Refused::Outside));
    let twin = message(&inbox(&account("x", "srv", "https://evil/")));
    assert_eq!(apply(&mut tree, &twin, other), Err(Refused::TakeOver));
    assert_eq!(picture(&mut tree), before);
}

/// OBJ-C-003, OBJ-C-009: accounts that no session could use, or whose names would be rights.
#[test]
fn accounts_that_are_not_whole_are_refused() {
    let good = least("srv", "https://srv/");
    for inside in [
        good.replace("srv</Value>", "*</Value>"),
        good.replace("srv</Value>", "a+b</Value>"),
        good.replace("srv</Value>", "a&amp;Exec=*</Value>"),
        good.replace("srv</Value>", "</Value>"),
        good.replace("srv</Value>", &format!("{}</Value>", "s".repeat(200))),
        good.replace("w7", "w5"),
        good.replace("w7", "w77"),
        good.replace("https://srv/", ""),
        leaf("AppID", "w7") + &leaf("ServerID", "srv"),
        leaf("ServerID", "srv")
            + &interior("AppAddr", &interior("1", &leaf("Addr", "https://srv/"))),
    ] {
        let bytes = message(&inbox(&object("m", DMACC, &inside)));
        check(&inside, &bytes, Refused::Incomplete);
    }
    for (level, kind, is_good) in [
        ("OBEX", "DIGEST", false),
        ("HTTP", "BASIC", false),
        ("OBEX", "", false),
        ("OBEX", "HTTP-DIGEST", true),
        ("HTTP", "HTTP-BASIC", true),
        ("HTTP", "TRANSPORT", true),
    ] {
        let entry = leaf("AAuthLevel", level) + &leaf("AAuthType", kind);
        let auth = interior("AppAuth", &interior("1", &entry));
        let bytes = message(&inbox(&object("m", DMACC, &(good.clone() + &auth))));
        if is_good {
            assert!(apply(&mut furnished(), &bytes, SECURED).is_ok());
        } else {
            check(level, &bytes, Refused::Device(Reason::Value));
        }
    }
    check(
        "no account",
        &message(&inbox(&object("b", &format!("{NAP}:1.0"), ""))),
        Refused::NoAccount,
    );
    check(
        "nothing known",
        &message(&inbox(&object("b", "urn:x:y:1.0", ""))),
        Refused::NoAccount,
    );
    check("nothing", &message(""), Refused::NoAccount);
}

/// BOOT-C-016: what a session answers with an error fails the bootstrap.
#[test]
fn other_commands_and_half_messages_are_refused() {
    let target = |uri: &str| format!("<Item><Target><LocURI>{uri}</LocURI></Target></Item>");
    let copy = "<Item><Target><LocURI>./DMAcc/m</LocURI></Target><Source><LocURI>./DMAcc/n</LocURI></Source></Item>";
    for commands in [
        command("Delete", &target("./DMAcc/home")),
        command("Get", &target("./DevInfo/DevId")),
        command("Exec", &target("./Secret")),
        command("Copy", copy),
        command("Alert", "<Data>1200</Data>"),
        format!(
            "<Atomic><CmdID>ID</CmdID>{}</Atomic>",
            command("Delete", &target("./DMAcc/home"))
        ),
        add(&text_for("./DMAcc/n/Name", "x").replace("</Data>", "</Data><MoreData/>")),
    ] {
        check(&commands, &with_account(&commands), Refused::Command);
    }
    let whole = xml(&inbox(&account("n", "srv", "https://srv/")));
    let half = to_wbxml(&whole.replace("<Final/>", ""));
    check("no Final", &half, Refused::Command);
    for (from, to) in [
        ("DM/1.2", "DM/1.1"),
        ("<VerDTD>1.2</VerDTD><VerP", "<VerDTD>1.1</VerDTD><VerP"),
    ] {
        check(to, &to_wbxml(&whole.replace(from, to)), Refused::Version);
    }
    assert!(
        apply(
            &mut furnished(),
            &to_wbxml(&whole.replace("DM/1.2", "DM/1.3")),
            SECURED
        )
        .is_ok()
    );
    check(
        "a plain item for the Inbox",
        &with_account(&add(&text_for("./Inbox", "x"))),
        Refused::Device(Reason::MimeType),
    );
    check(
        "a name that is taken",
        &with_account(&add(&text_for("./DMAcc/n", "x"))),
        Refused::Device(Reason::Exists),
    );
    check(
        "no items",
        &with_account(&add("")),
        Refused::Device(Reason::Incomplete),
    );
}

/// TNDS-C-037
#[test]
fn a_broken_message_is_refused_with_its_place() {
    let bytes = with_account("");
    for len in 0..bytes.len() {
        let mut tree = furnished();
        let before = picture(&mut tree);
        let refused = apply(&mut tree, &bytes[..len], SECURED);
        let is_right = matches!(refused, Err(Refused::Codec(..)))
            || (len == 0 && refused == Err(Refused::Xml));
        assert!(is_right, "{len}: {refused:?}");
        assert_eq!(picture(&mut tree), before);
    }
    let document = to_wbxml("<MgmtTree xmlns=\"syncml:dmddf1.2\"><VerDTD>1.2</VerDTD></MgmtTree>");
    assert!(matches!(
        apply(&mut furnished(), &document, SECURED),
        Err(Refused::Codec(..))
    ));
}

#[test]
fn more_accounts_than_the_policy_allows_are_refused() {
    let all = |count: usize| -> Vec<u8> {
        let accounts: String = (0..count)
            .map(|n| account(&format!("n{n}"), &format!("s{n}"), "https://s/"))
            .collect();
        message(&inbox(&accounts))
    };
    assert!(apply(&mut furnished(), &all(4), SECURED).is_ok());
    check("five", &all(5), Refused::Policy);
    let narrow = object_with("n", DMACC, "", &least("srv", "https://srv/"));
    let bytes = message(&inbox(&narrow));
    let mut policy = BootstrapPolicy::DEFAULT;
    policy.accounts = 0;
    let boot = Bootstrap::open(Profile::Message, &bytes, SECURED, policy).unwrap();
    assert_eq!(
        boot.apply(&mut furnished(), &mut [0; 512], &mut |_| {}),
        Err(Refused::Policy)
    );
}
