//! What a message brings, and how it gets in.

use dm_core::Sec;
use dm_core::bootstrap::{
    Bootstrap, BootstrapPolicy, CardFault, Origin, Profile, Refused, SmartCard, apply_card, mac,
};
use dm_tests::Flash;
use dm_tree::{Principal, Reason, Verb};

use crate::device::{furnish, furnished, open};
use crate::{
    DMACC, NAP, SECURED, account, add, apply, command, credentials, inbox, interior, leaf, least,
    message, object, object_with, text_for, tree_for,
};
use dm_tests::{below, hex, picture, value};

/// The message of section 3.4 of the digest, 272 octets.
const EXAMPLE: &str = "02A4016A00 6D 6C7103312E320001 7203444D2F312E320001 650330000 15B03310001
    6E57036465763100 0101 6757037372 76312E6578616D706C65000101 01 6B454B03310001 546E57032E2F496E626F78000101
    5A00014703 62696E0001 53036170706C69636174696F6E2F766E642E73796E636D6C2E646D746E64732B7762786D6C0001 000001
    4FC37F 020000 6A1B 2D2F2F4F4D412F2F4454442D444D2D44444620312E322F2F454E00 0002 60 7703312E320001 64 6603613100 01
    6F 5C2501 755103 75726E3A6F6D613A6D6F3A6F6D612D646D2D646D6163633A312E30 000101 01 64 66034170704944 0001
    6F5C0B01 7561 03746578742F706C61696E 00010101 760377370001 010101 01 0101120101";

fn pushes() -> BootstrapPolicy {
    let mut policy = BootstrapPolicy::DEFAULT;
    (policy.push, policy.network_id_alone, policy.ask) = (true, true, false);
    policy
}

/// A message whose MAC is right, applied as a push.
fn push(tree: &mut dm_tree::Tree<'_>, bytes: &[u8], sec: Sec) -> Result<(), Refused> {
    let made = mac(Profile::Message, sec, bytes, b"network", b"1234").unwrap();
    let mac: String = made.iter().map(|octet| format!("{octet:02X}")).collect();
    let origin = Origin::Push {
        sec: Some(sec),
        mac: mac.as_bytes(),
    };
    let mut boot = Bootstrap::open(Profile::Message, bytes, origin, pushes())?;
    boot.prove(b"network", b"1234")?;
    boot.apply(tree, &mut [0; 512], &mut |_| {}).map(|_| ())
}

/// BOOT-C-017, BOOT-C-018, BOOT-C-019: the vectors of section 3.2.
#[test]
fn a_mac_of_each_method_proves_the_message() {
    let bytes = hex(EXAMPLE);
    assert_eq!(bytes.len(), 272);
    let network = hex("3901511032547698");
    let cases: [(Sec, &[u8], &str, &str); 3] = [
        (
            Sec::NetworkId,
            &network,
            "",
            "856B59025D7311ED08BF75C620A4B412E0B6848F",
        ),
        (
            Sec::UserPin,
            b"",
            "1234",
            "76E32FB0D48E30240B0C40B123BEFC6C0970F83D",
        ),
        (
            Sec::UserPinNetworkId,
            b"310150123456789",
            "1234",
            "D0018F0B4FEBBD973C90C282DA274D0572B4D908",
        ),
    ];
    for (sec, network, pin, mac) in cases {
        for mac in [mac.to_owned(), mac.to_lowercase()] {
            let origin = Origin::Push {
                sec: Some(sec),
                mac: mac.as_bytes(),
            };
            let mut boot = Bootstrap::open(Profile::Message, &bytes, origin, pushes()).unwrap();
            let mut tree = furnished();
            let before = picture(&mut tree);
            assert_eq!(
                boot.apply(&mut tree, &mut [0; 512], &mut |_| {}),
                Err(Refused::NoProof)
            );
            for (network, pin) in [(network, "4321"), (&b"other"[..], pin)] {
                let is_needed = sec.needs_pin() || pin != "4321";
                let is_secret = sec != Sec::UserPin || network != b"other";
                if is_needed && is_secret {
                    let wrong = boot.prove(network, pin.as_bytes());
                    assert!(matches!(wrong, Err(Refused::WrongProof(_))), "{sec:?}");
                }
            }
            assert_eq!(boot.prove(network, pin.as_bytes()), Ok(()), "{sec:?}");
            // Its account has neither a server nor an address.
            assert_eq!(
                boot.apply(&mut tree, &mut [0; 512], &mut |_| {}),
                Err(Refused::Incomplete)
            );
            assert_eq!(picture(&mut tree), before);
        }
    }
}

/// BOOT-C-014, BOOT-C-016, OBJ-C-021: an account through the Inbox is one that a session can begin with.
#[test]
fn an_account_comes_through_the_inbox() {
    let mut tree = open(&Flash::whole());
    let inside =
        least("srv.example", "https://srv.example/dm") + &leaf("Name", "Demo") + &credentials();
    let bytes = message(&inbox(&object("srv", DMACC, &inside)));
    let applied = apply(&mut tree, &bytes, SECURED).unwrap();
    assert_eq!(applied.servers, [b"srv.example"]);
    assert_eq!(
        below(&mut tree, "./DMAcc/srv"),
        [
            "./DMAcc/srv/AppAddr/1/Addr=https://srv.example/dm",
            "./DMAcc/srv/AppAddr/1/AddrType=URI",
            "./DMAcc/srv/AppAddr/1=",
            "./DMAcc/srv/AppAddr=",
            "./DMAcc/srv/AppAuth/c/AAuthLevel=CLCRED",
            "./DMAcc/srv/AppAuth/c/AAuthName=dev",
            "./DMAcc/srv/AppAuth/c/AAuthSecret=s1",
            "./DMAcc/srv/AppAuth/c/AAuthType=DIGEST",
            "./DMAcc/srv/AppAuth/c=",
            "./DMAcc/srv/AppAuth/s/AAuthLevel=SRVCRED",
            "./DMAcc/srv/AppAuth/s/AAuthName=srv",
            "./DMAcc/srv/AppAuth/s/AAuthSecret=s2",
            "./DMAcc/srv/AppAuth/s/AAuthType=DIGEST",
            "./DMAcc/srv/AppAuth/s=",
            "./DMAcc/srv/AppAuth=",
            "./DMAcc/srv/AppID=w7",
            "./DMAcc/srv/Ext/OmaDm/ServerAuth=required",
            "./DMAcc/srv/Ext/OmaDm/Source=tls:boot.example",
            "./DMAcc/srv/Ext/OmaDm=",
            "./DMAcc/srv/Ext=",
            "./DMAcc/srv/Name=Demo",
            "./DMAcc/srv/ServerID=srv.example",
            "./DMAcc/srv= [Delete=srv.example&Get=srv.example&Replace=srv.example]",
        ]
    );
    // What is secret stays so, also for the server that it is shared with.
    let who = Principal::dangerous_assume(b"srv.example");
    for leaf in ["c/AAuthSecret", "s/AAuthSecret"] {
        let uri = format!("./DMAcc/srv/AppAuth/{leaf}");
        assert_eq!(tree.reading(&who, uri.as_bytes()), Err(Reason::AccessType));
    }
    // And the authority ended with the message.
    let nobody = Principal::dangerous_assume(b"");
    let account = tree.local().find("./DMAcc/srv").unwrap();
    assert_eq!(
        tree.authorise(&nobody, Verb::Replace, account),
        Err(Reason::Acl)
    );
}

/// BOOT-C-016: plain items, and commands inside of containers, are executed like those of a session, all or none.
#[test]
fn an_account_can_be_put_together_leaf_by_leaf() {
    let items = [
        text_for("./DMAcc/n/AppID", "w7"),
        text_for("./DMAcc/n/ServerID", "srv"),
        text_for("./DMAcc/n/AppAddr/1/Addr", "https://srv/"),
    ];
    let commands: String = items.iter().map(|item| add(item)).collect();
    for wrapped in [
        add(&items.concat()),
        commands.clone(),
        format!("<Atomic><CmdID>ID</CmdID>{commands}</Atomic>"),
        format!("<Sequence><CmdID>ID</CmdID>{commands}</Sequence>"),
        commands + &command("Replace", &text_for("./DMAcc/n/ServerID", "srv")),
    ] {
        let mut tree = furnished();
        let applied = apply(&mut tree, &message(&wrapped), SECURED).unwrap();
        assert_eq!(applied.servers, [b"srv"]);
        assert_eq!(
            value(&mut tree, "./DMAcc/n/AppAddr/1/Addr").unwrap(),
            "https://srv/"
        );
        assert_eq!(
            value(&mut tree, "./DMAcc/n/Ext/OmaDm/ServerAuth").unwrap(),
            "transport"
        );
    }
}

/// BOOT-C-021, TNDS-C-036: rights are those of the data; only an account without any gets those of client provisioning.
#[test]
fn rights_come_from_the_data() {
    let acl = "<ACL>Get=ops&amp;Replace=ops+srv</ACL>";
    let nap = object_with(
        "net",
        &format!("{NAP}:1.0"),
        "<ACL>Get=srv</ACL>",
        &leaf("Name", "x"),
    );
    let account = object_with("n", DMACC, acl, &least("srv", "https://srv/"));
    let mut tree = furnished();
    apply(&mut tree, &message(&inbox(&(account + &nap))), SECURED).unwrap();
    assert_eq!(
        below(&mut tree, "./DMAcc/n= "),
        ["./DMAcc/n= [Get=ops&Replace=ops+srv]"]
    );
    assert_eq!(below(&mut tree, "./Nap/net="), ["./Nap/net= [Get=srv]"]);
}

/// BOOT-C-022, BOOT-C-023: an object whose name is taken gets another one, and what refers to it finds it.
#[test]
fn references_to_connections_of_the_message_are_kept() {
    let reference = leaf("PrefConRef", "./Inbox/old");
    let account = object("n", DMACC, &(least("srv", "https://srv/") + &reference));
    let nap = object("old", &format!("{NAP}:1.0"), &leaf("Name", "new one"));
    let mut tree = furnished();
    apply(&mut tree, &message(&inbox(&(account + &nap))), SECURED).unwrap();
    assert_eq!(
        value(&mut tree, "./DMAcc/n/PrefConRef").unwrap(),
        "./Nap/old1"
    );
    assert_eq!(value(&mut tree, "./Nap/old1/Name").unwrap(), "new one");
    assert_eq!(value(&mut tree, "./Nap/old/Name").unwrap(), "old");
}

/// BOOT-C-024, TNDS-C-035: what the device does not know of vendors' nodes and objects is left out, wherever it stands.
#[test]
fn unknown_vendor_nodes_and_objects_are_left_out() {
    let path = |name: &str, path: &str| {
        leaf(name, "x").replace("</NodeName>", &format!("</NodeName><Path>{path}</Path>"))
    };
    let vendor = interior(
        "Ext",
        &interior(
            "Acme",
            &(leaf("Colour", "red") + &interior("Deep", &leaf("x", "1"))),
        ),
    );
    let account = object("n", DMACC, &(least("srv", "https://srv/") + &vendor));
    let unknown = object(
        "u",
        "urn:example:mo:unknown:1.0",
        &interior("x", &leaf("y", "z")),
    );
    let nodes = [
        unknown.clone(),
        account,
        path("Hue", "n/Ext/Acme"),
        path("a", "u"),
        unknown,
    ]
    .concat();
    let plain = add(&text_for("./DMAcc/n/Ext/Acme/Size", "9"));
    let mut tree = furnished();
    apply(&mut tree, &message(&(inbox(&nodes) + &plain)), SECURED).unwrap();
    let ext: Vec<String> = below(&mut tree, "./DMAcc/n/Ext");
    assert_eq!(
        ext,
        [
            "./DMAcc/n/Ext/OmaDm/ServerAuth=transport",
            "./DMAcc/n/Ext/OmaDm/Source=tls:boot.example",
            "./DMAcc/n/Ext/OmaDm=",
            "./DMAcc/n/Ext=",
        ]
    );
    // Elsewhere what is unknown fails the whole.
    let account = object(
        "m",
        DMACC,
        &(least("s2", "https://s2/") + &leaf("Colour", "red")),
    );
    let refused = apply(&mut tree, &message(&inbox(&account)), SECURED);
    assert_eq!(refused, Err(Refused::Device(Reason::NotDescribed)));
    // A server's own Add knows no such leniency.
    tree.factory().acl(".", "Add=*&Get=*").unwrap();
    let who = Principal::dangerous_assume(b"srv");
    let added = tree.add(&who, b"./DMAcc/n/Ext/Acme", &dm_tree::Value::node());
    assert!(added.is_err());
}

/// BOOT-C-025, TNDS-C-035: of an object in several versions the latest that the device knows is taken.
#[test]
fn the_latest_known_version_of_an_object_is_taken() {
    let offers = |versions: &[&str]| {
        let naps: String = versions
            .iter()
            .map(|version| object("net", &format!("{NAP}:{version}"), &leaf("Name", version)))
            .collect();
        message(&inbox(&(naps + &account("n", "srv", "https://srv/"))))
    };
    for (versions, old, new) in [
        (&["1.0"][..], Some("1.0"), None),
        (&["1.0", "1.2"], None, Some("1.2")),
        (&["1.2", "1.0"], None, Some("1.2")),
        (&["1.10", "1.0"], Some("1.0"), None),
        (&["1.0", "1.2", "1.10", "2.0"], None, Some("1.2")),
        (&["1.10", "x"], None, None),
    ] {
        let mut tree = furnished();
        apply(&mut tree, &offers(versions), SECURED).unwrap();
        let found = ["./Nap/net/Name", "./Nap2/net/Name"].map(|uri| value(&mut tree, uri));
        assert_eq!(
            found,
            [old, new].map(|name| name.map(str::to_owned)),
            "{versions:?}"
        );
    }
}

/// The account of a server stays where it is when its own source sends it anew, and is another set.
#[test]
fn a_newer_account_of_the_same_source_takes_the_place_of_the_old() {
    let mut tree = furnished();
    let first = object("n", DMACC, &(least("srv", "https://old/") + &credentials()));
    apply(&mut tree, &message(&inbox(&first)), SECURED).unwrap();
    let second = message(&inbox(&account("other", "srv", "https://new/")));
    let mut shown = Vec::new();
    Bootstrap::open(Profile::Message, &second, SECURED, BootstrapPolicy::DEFAULT)
        .unwrap()
        .changes(&mut tree, &mut [0; 512], &mut |change| {
            shown.push((change.addr.to_vec(), change.is_new));
        })
        .unwrap();
    assert_eq!(shown, [(b"https://new/".to_vec(), false)]);
    let applied = apply(&mut tree, &second, SECURED).unwrap();
    assert_eq!(applied.servers, [b"srv"]);
    assert_eq!(
        value(&mut tree, "./DMAcc/n/AppAddr/1/Addr").unwrap(),
        "https://new/"
    );
    assert_eq!(
        value(&mut tree, "./DMAcc/n/Ext/OmaDm/ServerAuth").unwrap(),
        "transport"
    );
    assert!(below(&mut tree, "./DMAcc/n/AppAuth").is_empty());
    assert!(below(&mut tree, "./DMAcc/other").is_empty());
    // Or only an address of it is.
    let third = message(&command(
        "Replace",
        &text_for("./DMAcc/n/AppAddr/1/Addr", "https://third/"),
    ));
    assert_eq!(apply(&mut tree, &third, SECURED).unwrap().servers, [b"srv"]);
    assert_eq!(
        value(&mut tree, "./DMAcc/n/AppAddr/1/Addr").unwrap(),
        "https://third/"
    );
}

/// An account is as safe as the proof it was made with.
#[test]
fn a_push_changes_the_account_of_a_push_that_was_proved_no_better() {
    let methods = [Sec::NetworkId, Sec::UserPin, Sec::UserPinNetworkId];
    for (strength, first) in methods.into_iter().enumerate() {
        for (other, second) in methods.into_iter().enumerate() {
            let mut tree = furnished();
            push(
                &mut tree,
                &message(&inbox(&account("n", "srv", "https://1/"))),
                first,
            )
            .unwrap();
            let before = picture(&mut tree);
            let result = push(
                &mut tree,
                &message(&inbox(&account("n", "srv", "https://2/"))),
                second,
            );
            if other >= strength {
                assert_eq!(result, Ok(()));
            } else {
                assert_eq!(result, Err(Refused::TakeOver), "{first:?} {second:?}");
                assert_eq!(picture(&mut tree), before);
            }
        }
    }
}

#[test]
fn the_user_sees_what_a_message_would_do_and_nothing_of_it_stays() {
    let bytes = message(&inbox(&object(
        "n",
        DMACC,
        &(leaf("Name", "Demo") + &least("srv", "https://srv/")),
    )));
    let mac = mac(Profile::Message, Sec::UserPin, &bytes, b"", b"1234").unwrap();
    let mac: String = mac.iter().map(|octet| format!("{octet:02x}")).collect();
    let origin = Origin::Push {
        sec: Some(Sec::UserPin),
        mac: mac.as_bytes(),
    };
    let mut policy = pushes();
    policy.ask = true;
    let mut tree = furnished();
    let before = picture(&mut tree);
    let mut boot = Bootstrap::open(Profile::Message, &bytes, origin, policy).unwrap();
    let none = boot.changes(&mut tree, &mut [0; 512], &mut |_| panic!("not proved"));
    assert_eq!(none, Err(Refused::NoProof));
    boot.prove(b"", b"1234").unwrap();
    let mut shown = Vec::new();
    boot.changes(&mut tree, &mut [0; 512], &mut |change| {
        let texts = [change.server_id, change.name, change.addr].map(<[u8]>::to_vec);
        shown.push((texts, change.is_new));
    })
    .unwrap();
    assert_eq!(
        shown,
        [(
            [b"srv".to_vec(), b"Demo".to_vec(), b"https://srv/".to_vec()],
            true
        )]
    );
    assert_eq!(picture(&mut tree), before);
    assert!(!tree.in_transaction());
    assert_eq!(
        boot.apply(&mut tree, &mut [0; 512], &mut |_| {}),
        Err(Refused::NoConsent)
    );
    boot.agree();
    boot.apply(&mut tree, &mut [0; 512], &mut |_| {}).unwrap();
    assert_eq!(
        boot.apply(&mut tree, &mut [0; 512], &mut |_| {}),
        Err(Refused::Replayed)
    );
}

/// BOOT-C-031, TNDS-C-037: power fails at every write in turn; when it is back the account is there whole, or not at all.
#[test]
fn a_message_counts_whole_or_not_at_all_when_power_fails() {
    let inside = least("srv", "https://srv/") + &credentials() + &leaf("PrefConRef", "./Inbox/net");
    let nap = object("net", &format!("{NAP}:1.0"), &leaf("Name", "x"));
    let bytes = message(&inbox(&(object("n", DMACC, &inside) + &nap)));
    let base = Flash::whole();
    furnish(&mut open(&base));
    let old = picture(&mut open(&base));
    let whole = base.copy();
    apply(&mut open(&whole), &bytes, SECURED).unwrap();
    let new = picture(&mut open(&whole));
    let (mut olds, mut news) = (0, 0);
    for fuel in 0.. {
        let flash = base.copy();
        let mut tree = open(&flash);
        flash.fuel.set(Some(fuel));
        let result = apply(&mut tree, &bytes, SECURED);
        let is_cut = flash.fuel.get() == Some(0);
        flash.fuel.set(None);
        let found = picture(&mut open(&flash));
        assert!(
            found == old || found == new,
            "after {fuel} writes: {found:#?}"
        );
        (olds, news) = (
            olds + u32::from(found == old),
            news + u32::from(found == new),
        );
        // What is said to be done is done, and what is said to have failed is not.
        assert_eq!(result.is_ok(), found == new, "after {fuel} writes");
        // And what was done once is not done again, also when nobody could say that it was.
        let again = apply(&mut open(&flash), &bytes, SECURED);
        match found == new {
            true => assert_eq!(again, Err(Refused::Replayed), "after {fuel} writes"),
            false => assert!(again.is_ok(), "after {fuel} writes: {again:?}"),
        }
        if !is_cut {
            break;
        }
    }
    assert!(olds > 10 && news > 10, "{olds} {news}");
}

/// The mark of a document is good for as long as its account, however many others come, and is kept when that changes.
#[test]
fn a_document_stays_known_whatever_fails_behind_it() {
    let flash = Flash::whole();
    furnish(&mut open(&flash));
    let of = |addr: &str| message(&inbox(&account("n", "srv", addr)));
    let (first, second) = (of("https://1/"), of("https://2/"));
    let count = |bytes: &[u8], tree: &mut dm_tree::Tree<'_>| {
        let before = flash.changes.get();
        apply(tree, bytes, SECURED).unwrap();
        flash.changes.get() - before
    };
    let twin = flash.copy();
    let writes = {
        let before = twin.changes.get();
        apply(&mut open(&twin), &first, SECURED).unwrap();
        twin.changes.get() - before
    };
    // Everything but the last write, which is that of the mark.
    let mut tree = open(&flash);
    flash.fuel.set(Some(writes - 1));
    apply(&mut tree, &first, SECURED).unwrap();
    flash.fuel.set(None);
    let mut tree = open(&flash);
    assert_eq!(apply(&mut tree, &first, SECURED), Err(Refused::Replayed));
    assert!(count(&second, &mut tree) > 0);
    for bytes in [&first, &second] {
        assert_eq!(apply(&mut tree, bytes, SECURED), Err(Refused::Replayed));
    }
    for n in 0..8 {
        let name = format!("n{n}");
        let other = message(&inbox(&account(&name, &name, "https://x/")));
        apply(&mut tree, &other, SECURED).unwrap();
    }
    assert_eq!(apply(&mut tree, &second, SECURED), Err(Refused::Replayed));
}

/// A card whose data the test sets.
struct Card(Result<Option<Vec<u8>>, CardFault>, u32);

impl SmartCard for Card {
    fn read_bootstrap(&mut self, buf: &mut [u8]) -> Result<Option<(Profile, usize)>, CardFault> {
        self.1 += 1;
        let Some(data) = self.0.clone()? else {
            return Ok(None);
        };
        let place = buf.get_mut(..data.len()).ok_or(CardFault::TooLarge)?;
        place.copy_from_slice(&data);
        Ok(Some((Profile::Message, data.len())))
    }
}

/// BOOT-C-027, BOOT-C-028, BOOT-C-029, BOOT-C-030
#[test]
fn a_card_is_read_at_each_start_and_its_accounts_go_with_it() {
    let data = |servers: &[&str]| {
        let accounts: String = servers
            .iter()
            .map(|server| account(server, server, "https://x/"))
            .collect();
        message(&inbox(&accounts))
    };
    let flash = Flash::whole();
    furnish(&mut open(&flash));
    let start = |card: &mut Card, policy: BootstrapPolicy| {
        let mut tree = open(&flash);
        let result = apply_card(
            &mut tree,
            card,
            policy,
            (&mut [0; 4096], &mut [0; 512]),
            &mut |_| {},
        );
        let present: Vec<bool> = ["home", "one", "two", "three"]
            .iter()
            .map(|name| tree.local().find(&format!("./DMAcc/{name}")).is_some())
            .collect();
        (result.map(|applied| applied.is_repeat), present)
    };
    let policy = BootstrapPolicy::DEFAULT;
    let mut first = Card(Ok(Some(data(&["one", "two"]))), 0);
    assert_eq!(
        start(&mut first, policy),
        (Ok(false), vec![true, true, true, false])
    );
    assert_eq!(
        start(&mut first, policy),
        (Ok(true), vec![true, true, true, false])
    );
    // A card that cannot be read, or that the device does not accept, changes nothing.
    for fault in [CardFault::Rejected, CardFault::Failed] {
        let result = start(&mut Card(Err(fault), 0), policy);
        assert_eq!(
            result,
            (Err(Refused::Card(fault)), vec![true, true, true, false])
        );
    }
    let mut second = Card(Ok(Some(data(&["two", "three"]))), 0);
    assert_eq!(
        start(&mut second, policy),
        (Ok(false), vec![true, false, true, true])
    );
    // The first one is back in the place of the second: it counts as new.
    assert_eq!(
        start(&mut first, policy),
        (Ok(false), vec![true, true, true, false])
    );
    assert_eq!(
        start(&mut Card(Ok(None), 0), policy),
        (Ok(false), vec![true, false, false, false])
    );
    // The first one comes back, and so do its accounts.
    assert_eq!(
        start(&mut first, policy),
        (Ok(false), vec![true, true, true, false])
    );
    let mut off = policy;
    off.smart_card = false;
    first.1 = 0;
    assert_eq!(
        start(&mut first, off),
        (Err(Refused::Policy), vec![true, true, true, false])
    );
    assert_eq!(first.1, 0, "it is not even read");
}

/// A tree may also go to its place by name.
#[test]
fn a_tree_goes_where_it_is_sent() {
    let mut tree = furnished();
    let bytes = message(&add(&tree_for(
        "./DMAcc/n",
        &account("n", "srv", "https://srv/"),
    )));
    apply(&mut tree, &bytes, SECURED).unwrap();
    assert_eq!(value(&mut tree, "./DMAcc/n/ServerID").unwrap(), "srv");
}

/// D13-C-040, D13-C-050, D13-C-051: every origin brings objects to the Inbox, or to any name in it, from where they go to their
/// places; nothing stays there.
#[test]
fn objects_come_from_everywhere_to_any_name_in_the_inbox() {
    for uri in ["./Inbox", "./Inbox/x", "./Inbox/x/y"] {
        let bytes = message(&add(&tree_for(uri, &account("n", "srv", "https://srv/"))));
        for origin in [Origin::Factory, Origin::SmartCard, SECURED] {
            let mut tree = furnished();
            apply(&mut tree, &bytes, origin).unwrap();
            assert_eq!(
                value(&mut tree, "./DMAcc/n/ServerID").unwrap(),
                "srv",
                "{uri}"
            );
            assert_eq!(below(&mut tree, "./Inbox"), ["./Inbox="]);
        }
        let mut tree = furnished();
        push(&mut tree, &bytes, Sec::UserPin).unwrap();
        assert_eq!(below(&mut tree, "./Inbox"), ["./Inbox="]);
    }
}
