//! Bootstrap digest: accounts from client provisioning documents, and whom nobody gets one from.

#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "tests"
)]

mod sources;

use std::cell::Cell;

use dm_core::Sec;
use dm_core::bootstrap::{
    Bootstrap, BootstrapPolicy, Origin, Profile, Refused, imsi, mac as mac_of,
};
use dm_tests::{Done, below, done, hex, picture, value};
use dm_tree::mo::standard::SCHEMA;
use dm_tree::{Key, NodeSlot, Principal, RamStore, Reason, Schema, Store, StoreError};
use dm_tree::{Tree, TreeMemory, UriLimits};

/// The document of section 2.3 of the digest, 148 octets, to which the test vectors belong.
const EXAMPLE: &str = "03 0B 6A 00 C5 46 01 C6 00 01 55 01 87 36 00 00 06 03 77 37 00 01
    87 00 01 38 00 00 06 03 73 72 76 31 2E 65 78 61 6D 70 6C 65 00 01
    87 07 06 03 44 65 6D 6F 00 01
    C6 00 01 56 01
    87 34 00 00 06 03 68 74 74 70 73 3A 2F 2F 73 72 76 31 2E 65 78 61 6D 70 6C 65 2F 64 6D 00 01
    01 C6 00 01 57 01
    87 30 00 00 06 00 01 8D 01
    87 33 00 00 06 00 01 93 01
    87 31 00 00 06 03 64 65 76 31 00 01
    87 00 01 32 00 00 06 03 64 65 76 73 65 63 72 65 74 00 01
    01 01 01";
const SERVER: &[u8] = b"srv1.example";
const NETWORK: [u8; 8] = [0x39, 0x01, 0x51, 0x10, 0x32, 0x54, 0x76, 0x98];
const USERPIN_MAC: &[u8] = b"03705ACB0DE97AC1D26E4517615FB716B745D664";

fn example() -> Vec<u8> {
    let octets = hex(EXAMPLE);
    assert_eq!(octets.len(), 148);
    octets
}

/// A document in XML with these applications.
fn document(applications: &[&str]) -> Vec<u8> {
    let mut text = String::from("<wap-provisioningdoc version=\"1.1\">");
    for application in applications {
        text.push_str("<characteristic type=\"APPLICATION\">");
        text.push_str(application);
        text.push_str("</characteristic>");
    }
    text.push_str("</wap-provisioningdoc>");
    text.into_bytes()
}

fn parm(name: &str, value: &str) -> String {
    format!("<parm name=\"{name}\" value=\"{value}\"/>")
}

/// An application with the least that an account needs.
fn least(server: &str, addr: &str) -> String {
    [
        parm("APPID", "w7"),
        parm("PROVIDER-ID", server),
        parm("ADDR", addr),
    ]
    .concat()
}

/// A store that fails after so many writes.
struct Failing {
    inner: RamStore<'static>,
    left: &'static Cell<u32>,
}

impl Store for Failing {
    fn read(&mut self, key: Key, buf: &mut [u8]) -> Result<Option<usize>, StoreError> {
        self.inner.read(key, buf)
    }

    fn write(&mut self, key: Key, parts: &[&[u8]]) -> Result<(), StoreError> {
        let left = self.left.get().checked_sub(1);
        self.left.set(left.ok_or(StoreError::Failed)?);
        self.inner.write(key, parts)
    }

    fn erase(&mut self, key: Key) -> Result<(), StoreError> {
        self.inner.erase(key)
    }
}

/// A device whose store takes so many writes after it was opened.
fn device(writes: u32) -> Tree<'static> {
    device_of(&SCHEMA, writes)
}

/// Likewise one with another description.
fn device_of(schema: &'static Schema<'static>, writes: u32) -> Tree<'static> {
    let left: &'static Cell<u32> = Box::leak(Box::new(Cell::new(u32::MAX)));
    let store = Box::leak(Box::new(Failing {
        inner: RamStore::new(vec![0; 8192].leak()),
        left,
    }));
    let memory = TreeMemory {
        nodes: vec![NodeSlot::EMPTY; 200].leak(),
        pool: vec![0; 8192].leak(),
        value: vec![0; 512].leak(),
    };
    let limits = UriLimits {
        max_tot_len: 0,
        max_seg_len: 0,
        ..UriLimits::default()
    };
    let tree = Tree::open(schema, store, &mut [], memory, limits).unwrap();
    left.set(writes);
    tree
}

fn fresh() -> Tree<'static> {
    device(u32::MAX)
}

fn apply(tree: &mut Tree<'_>, bytes: &[u8], origin: Origin<'_>) -> Result<Done, Refused> {
    let policy = BootstrapPolicy::DEFAULT;
    done(
        &Bootstrap::open(Profile::Provisioning, bytes, origin, policy)?,
        tree,
    )
}

fn pushes() -> BootstrapPolicy {
    let mut policy = BootstrapPolicy::DEFAULT;
    (policy.push, policy.network_id_alone, policy.ask) = (true, true, false);
    policy
}

fn push(sec: Sec, mac: &[u8]) -> Origin<'_> {
    Origin::Push {
        sec: Some(sec),
        mac,
    }
}

/// BOOT-C-002, BOOT-C-011, SEC-C-036, SEC-C-037: the test vectors of section 2.2, in either case of the digits.
#[test]
fn a_mac_of_each_method_lets_the_document_in() {
    let bytes = example();
    let mut key = [0; 8];
    let network = imsi("310150123456789", &mut key).unwrap();
    let cases: [(Sec, &[u8], &[u8]); 5] = [
        (
            Sec::NetworkId,
            b"41C6F83451D4DEEA3CC279EEA921615831367E8D",
            b"",
        ),
        (Sec::UserPin, USERPIN_MAC, b"1234"),
        (Sec::UserPin, &USERPIN_MAC.to_ascii_lowercase(), b"1234"),
        (
            Sec::UserPinNetworkId,
            b"4B2CF8E493C42C8ED36A9263AAE104ADA70D9866",
            b"1234",
        ),
        (Sec::UserPinMac, b"", b"13579634"),
    ];
    for (sec, mac, pin) in cases {
        if sec != Sec::UserPinMac {
            let made = mac_of(Profile::Provisioning, sec, &bytes, network, pin).unwrap();
            let digits: String = made.iter().map(|octet| format!("{octet:02X}")).collect();
            assert_eq!(digits.as_bytes(), mac.to_ascii_uppercase());
        }
        let mut tree = fresh();
        let mut boot =
            Bootstrap::open(Profile::Provisioning, &bytes, push(sec, mac), pushes()).unwrap();
        assert_eq!(boot.needs_pin(), sec != Sec::NetworkId);
        assert_eq!(
            boot.apply(&mut tree, &mut [0; 256], &mut |_| {}),
            Err(Refused::NoProof)
        );
        boot.prove(network, pin).unwrap();
        assert!(!boot.needs_proof());
        let applied = done(&boot, &mut tree).unwrap();
        assert_eq!(applied.servers, [SERVER]);
        assert_eq!(
            value(&mut tree, "./DMAcc/1/ServerID").as_deref(),
            Some("srv1.example")
        );
    }
}

/// BOOT-C-001, BOOT-C-030, SEC-C-040: what nobody has opted in to is refused before it is looked at.
#[test]
fn the_default_policy_takes_factory_card_and_proved_servers_only() {
    let bytes = example();
    for origin in [
        Origin::Factory,
        Origin::SmartCard,
        Origin::Secured {
            name: "boot.example",
        },
    ] {
        assert!(apply(&mut fresh(), &bytes, origin).is_ok(), "{origin:?}");
    }
    let refused =
        |origin, policy| Bootstrap::open(Profile::Provisioning, &bytes, origin, policy).err();
    let pushed = push(Sec::UserPin, USERPIN_MAC);
    assert_eq!(
        refused(pushed, BootstrapPolicy::DEFAULT),
        Some(Refused::Policy)
    );
    let mut policy = pushes();
    policy.network_id_alone = false;
    assert_eq!(
        refused(push(Sec::NetworkId, USERPIN_MAC), policy),
        Some(Refused::Policy)
    );
    assert_eq!(refused(pushed, policy), None);
    (policy.smart_card, policy.secured) = (false, false);
    assert_eq!(refused(Origin::SmartCard, policy), Some(Refused::Policy));
    let server = Origin::Secured {
        name: "boot.example",
    };
    assert_eq!(refused(server, policy), Some(Refused::Policy));
}

/// SEC-C-035, SEC-C-038, BOOT-C-020: no policy takes a push without a proof, or in XML.
#[test]
fn a_push_without_mac_or_in_xml_is_refused_whatever_the_policy_says() {
    let bytes = example();
    let refused = |bytes: &[u8], origin| {
        Bootstrap::open(Profile::Provisioning, bytes, origin, pushes()).err()
    };
    let none = Origin::Push {
        sec: None,
        mac: b"",
    };
    assert_eq!(refused(&bytes, none), Some(Refused::NoProof));
    let unknown = Origin::Push {
        sec: None,
        mac: USERPIN_MAC,
    };
    assert_eq!(refused(&bytes, unknown), Some(Refused::NoProof));
    assert_eq!(
        refused(&bytes, push(Sec::UserPin, b"")),
        Some(Refused::NoProof)
    );
    assert_eq!(
        refused(&bytes, push(Sec::UserPinMac, USERPIN_MAC)),
        Some(Refused::NoProof)
    );
    let xml = document(&[&least("srv", "https://srv/")]);
    assert_eq!(
        refused(&xml, push(Sec::UserPin, USERPIN_MAC)),
        Some(Refused::Xml)
    );
    assert!(apply(&mut fresh(), &xml, Origin::Factory).is_ok());
}

/// BOOT-C-031: a MAC over other octets, of another PIN, or that is no MAC proves nothing, and the tree stays.
#[test]
fn a_forged_document_leaves_no_trace() {
    let good = example();
    for at in 0..good.len() {
        let mut bytes = good.clone();
        bytes[at] ^= 1;
        if bytes[0] == b'<' {
            continue;
        }
        let mut boot = Bootstrap::open(
            Profile::Provisioning,
            &bytes,
            push(Sec::UserPin, USERPIN_MAC),
            pushes(),
        )
        .unwrap();
        assert_eq!(
            boot.prove(b"", b"1234"),
            Err(Refused::WrongProof(2)),
            "octet {at}"
        );
        let mut tree = fresh();
        let before = picture(&mut tree);
        assert_eq!(
            boot.apply(&mut tree, &mut [0; 256], &mut |_| {}),
            Err(Refused::NoProof)
        );
        assert_eq!(picture(&mut tree), before);
    }
    let wrong: [&[u8]; 5] = [
        &USERPIN_MAC[..39],
        &[USERPIN_MAC, b"0"].concat(),
        b"03705ACB0DE97AC1D26E4517615FB716B745D66G",
        b"0000000000000000000000000000000000000000",
        b"0",
    ];
    for mac in wrong {
        let mut boot = Bootstrap::open(
            Profile::Provisioning,
            &good,
            push(Sec::UserPin, mac),
            pushes(),
        )
        .unwrap();
        assert_eq!(boot.prove(b"", b"1234"), Err(Refused::WrongProof(2)));
    }
    for pin in ["13579635", "13579633", "1357963", "1357", "", "11111111"] {
        let mut boot = Bootstrap::open(
            Profile::Provisioning,
            &good,
            push(Sec::UserPinMac, b""),
            pushes(),
        )
        .unwrap();
        let pin = pin.as_bytes();
        assert_eq!(boot.prove(b"", pin), Err(Refused::WrongProof(2)), "{pin:?}");
    }
}

/// BOOT-C-033
#[test]
fn a_pin_can_be_tried_three_times() {
    let bytes = example();
    let mut boot = Bootstrap::open(
        Profile::Provisioning,
        &bytes,
        push(Sec::UserPin, USERPIN_MAC),
        pushes(),
    )
    .unwrap();
    for left in [2, 1, 0, 0, 0] {
        assert_eq!(boot.prove(b"", b"0000"), Err(Refused::WrongProof(left)));
    }
    // Now also the right one comes too late.
    assert_eq!(boot.prove(b"", b"1234"), Err(Refused::WrongProof(0)));
    assert_eq!(
        boot.apply(&mut fresh(), &mut [0; 256], &mut |_| {}),
        Err(Refused::NoProof)
    );
}

#[test]
fn the_user_is_shown_what_a_push_would_change_and_has_to_agree() {
    let bytes = example();
    let mut policy = pushes();
    policy.ask = true;
    let mut tree = fresh();
    let mut boot = Bootstrap::open(
        Profile::Provisioning,
        &bytes,
        push(Sec::UserPin, USERPIN_MAC),
        policy,
    )
    .unwrap();
    let mut shown = Vec::new();
    let mut show = |boot: &Bootstrap<'_>, tree: &mut Tree<'_>| {
        boot.changes(tree, &mut [0; 256], &mut |change| {
            let texts = [change.server_id, change.name, change.addr].map(<[u8]>::to_vec);
            shown.push((
                texts.map(|text| String::from_utf8(text).unwrap()),
                change.is_new,
            ));
        })
    };
    assert_eq!(
        show(&boot, &mut tree),
        Err(Refused::NoProof),
        "nothing is parsed before"
    );
    boot.prove(b"", b"1234").unwrap();
    show(&boot, &mut tree).unwrap();
    assert!(boot.needs_consent());
    assert_eq!(
        boot.apply(&mut tree, &mut [0; 256], &mut |_| {}),
        Err(Refused::NoConsent)
    );
    assert!(tree.local().find("./DMAcc/1").is_none());
    boot.agree();
    assert!(boot.apply(&mut tree, &mut [0; 256], &mut |_| {}).is_ok());
    let texts = ["srv1.example", "Demo", "https://srv1.example/dm"].map(str::to_owned);
    assert_eq!(shown, [(texts, true)]);
}

/// BOOT-C-003, BOOT-C-004, BOOT-C-005, BOOT-C-009, BOOT-C-010, BOOT-C-032, OBJ-C-023: every parameter of w7 has its leaf.
#[test]
fn an_application_is_mapped_leaf_by_leaf() {
    let application = [
        parm("APPID", "w7"),
        parm("PROVIDER-ID", "srv"),
        parm("NAME", "Operator"),
        parm("INIT", ""),
        parm("TO-PROXY", "px"),
        parm("TO-NAPID", "nap"),
        parm("UNKNOWN", "x"),
        "<characteristic type=\"UNKNOWN\"><parm name=\"ADDR\" value=\"no\"/></characteristic>".to_owned(),
        "<characteristic type=\"APPADDR\"><parm name=\"ADDR\" value=\"192.0.2.1\"/><parm name=\"ADDRTYPE\" value=\"IPV4\"/>\
         <characteristic type=\"PORT\"><parm name=\"PORTNBR\" value=\"8443\"/></characteristic></characteristic>"
            .to_owned(),
        "<characteristic type=\"APPADDR\"><parm name=\"ADDR\" value=\"https://srv/dm?a=1&amp;b=2\"/></characteristic>"
            .to_owned(),
        "<characteristic type=\"APPAUTH\"><parm name=\"AAUTHLEVEL\" value=\"APPSRV\"/><parm name=\"AAUTHTYPE\" \
         value=\"DIGEST,BASIC\"/><parm name=\"AAUTHNAME\" value=\"dev\"/><parm name=\"AAUTHSECRET\" value=\"s1\"/>\
         <parm name=\"AAUTHDATA\" value=\"bm9uY2U=\"/></characteristic>"
            .to_owned(),
        "<characteristic type=\"APPAUTH\"><parm name=\"AAUTHLEVEL\" value=\"CLIENT\"/><parm name=\"AAUTHTYPE\" \
         value=\"DIGEST\"/><parm name=\"AAUTHNAME\" value=\"srv\"/><parm name=\"AAUTHSECRET\" value=\"s2\"/></characteristic>"
            .to_owned(),
        "<characteristic type=\"APPAUTH\"><parm name=\"AAUTHLEVEL\" value=\"OBEX\"/><parm name=\"AAUTHTYPE\" \
         value=\"HTTP-DIGEST\"/></characteristic>"
            .to_owned(),
    ]
    .concat();
    let other = parm("APPID", "w5");
    let mut tree = fresh();
    let bytes = document(&[&other, &application]);
    let applied = apply(&mut tree, &bytes, Origin::Factory).unwrap();
    assert!(applied.connect_now && !applied.is_repeat);
    let mut found = below(&mut tree, "./DMAcc/");
    found.retain(|line| !line.ends_with('='));
    assert_eq!(
        found,
        [
            "./DMAcc/1/AppAddr/1/Addr=192.0.2.1",
            "./DMAcc/1/AppAddr/1/AddrType=IPv4",
            "./DMAcc/1/AppAddr/1/Port/1/PortNbr=8443",
            "./DMAcc/1/AppAddr/2/Addr=https://srv/dm?a=1&b=2",
            "./DMAcc/1/AppAddr/2/AddrType=URI",
            "./DMAcc/1/AppAuth/1/AAuthData=nonce",
            "./DMAcc/1/AppAuth/1/AAuthLevel=CLCRED",
            "./DMAcc/1/AppAuth/1/AAuthName=dev",
            "./DMAcc/1/AppAuth/1/AAuthSecret=s1",
            "./DMAcc/1/AppAuth/1/AAuthType=DIGEST",
            "./DMAcc/1/AppAuth/2/AAuthData=nonce",
            "./DMAcc/1/AppAuth/2/AAuthLevel=CLCRED",
            "./DMAcc/1/AppAuth/2/AAuthName=dev",
            "./DMAcc/1/AppAuth/2/AAuthSecret=s1",
            "./DMAcc/1/AppAuth/2/AAuthType=BASIC",
            "./DMAcc/1/AppAuth/3/AAuthLevel=SRVCRED",
            "./DMAcc/1/AppAuth/3/AAuthName=srv",
            "./DMAcc/1/AppAuth/3/AAuthSecret=s2",
            "./DMAcc/1/AppAuth/3/AAuthType=DIGEST",
            "./DMAcc/1/AppAuth/4/AAuthLevel=OBEX",
            "./DMAcc/1/AppAuth/4/AAuthType=HTTP-DIGEST",
            "./DMAcc/1/AppID=w7",
            "./DMAcc/1/Ext/OmaDm/ServerAuth=required",
            "./DMAcc/1/Ext/OmaDm/Source=factory",
            "./DMAcc/1/Name=Operator",
            "./DMAcc/1/ServerID=srv",
            "./DMAcc/1/ToConRef/1/ConRef=px",
            "./DMAcc/1/ToConRef/2/ConRef=nap",
            "./DMAcc/1= [Delete=srv&Get=srv&Replace=srv]",
        ]
    );
}

/// The nonce of the first credentials after a document with this AAUTHDATA.
fn nonce(digits: &str) -> Result<Option<String>, Refused> {
    let credentials = format!(
        "<characteristic type=\"APPAUTH\"><parm name=\"AAUTHLEVEL\" value=\"APPSRV\"/>\
         <parm name=\"AAUTHDATA\" value=\"{digits}\"/></characteristic>"
    );
    let application = [least("srv", "https://srv/"), credentials].concat();
    let mut tree = fresh();
    apply(&mut tree, &document(&[&application]), Origin::Factory)?;
    Ok(value(&mut tree, "./DMAcc/1/AppAuth/1/AAuthData"))
}

/// OBJ-C-023: AAUTHDATA is Base64 in the form in which a message may have it, the leaf holds the octets.
#[test]
fn a_nonce_is_decoded_as_everywhere() {
    for same in ["bm9uY2U=", "bm9uY2U", " bm9u\n\tY2U= "] {
        assert_eq!(nonce(same).unwrap().as_deref(), Some("nonce"), "{same}");
    }
    let text = |count: usize| "YWJj".repeat(count);
    assert_eq!(nonce(&text(21)).unwrap().map(|nonce| nonce.len()), Some(63));
    for (wrong, reason) in [
        (text(22), Reason::TooLarge),
        ("bm9uY2U=bm9u".to_owned(), Reason::Base64),
        ("bm9u-2U=".to_owned(), Reason::Base64),
        ("b".to_owned(), Reason::Base64),
    ] {
        assert_eq!(nonce(&wrong), Err(Refused::Device(reason)), "{wrong}");
    }
}

/// BOOT-C-005: accounts go where the description of this device has them, and nowhere else.
#[test]
fn accounts_lie_where_the_device_description_has_them() {
    const DMACC: &str = include_str!("../../crates/dm-tree/ddf/dmacc.ddf");
    // Folders within each other, with accounts in the last of them.
    let device = |names: &[&str]| {
        let path = format!("./{}", names.join("/"));
        let mut folders = String::new();
        for name in names.iter().rev() {
            folders = format!(
                "<Node><NodeName>{name}</NodeName><DFProperties><AccessType><Get/></AccessType><DFFormat><node/></DFFormat>\
                 <Occurrence><One/></Occurrence><Scope><Permanent/></Scope><DFType><DDFName/></DFType></DFProperties>\
                 {folders}</Node>"
            );
        }
        let folders =
            format!("<MgmtTree xmlns=\"syncml:dmddf1.2\"><VerDTD>1.2</VerDTD>{folders}</MgmtTree>");
        let accounts = DMACC.replacen("</NodeName>", &format!("</NodeName><Path>{path}</Path>"), 1);
        let models = [("folders.ddf", folders), ("accounts.ddf", accounts)]
            .map(|(name, text)| dm_ddf::Model::parse(name, &text).unwrap());
        let compiled: &'static _ = Box::leak(Box::new(dm_ddf::compile(&models).unwrap()));
        let schema: &'static _ = Box::leak(Box::new(compiled.schema()));
        (device_of(schema, u32::MAX), format!("{path}/DMAcc"))
    };
    let one = document(&[&least("one", "https://one/"), &least("two", "https://two/")]);
    let long = ["a".repeat(62), "b".repeat(64)];
    let long = |last| [long[0].as_str(), &long[1], last];
    // The account has an address of up to 144 octets.
    for names in [&["Vendor"][..], &["Vendor", "Of", "It"], &long("Exact1")] {
        let (mut tree, place) = device(names);
        apply(&mut tree, &one, Origin::SmartCard).unwrap();
        assert_eq!(
            value(&mut tree, &format!("{place}/2/ServerID")).as_deref(),
            Some("two")
        );
        let mut leaves = below(&mut tree, ".");
        leaves.retain(|line| line.contains("/ServerID="));
        assert_eq!(leaves.len(), 2);
        // And found there again.
        let update = document(&[&least("two", "https://new/")]);
        apply(&mut tree, &update, Origin::SmartCard).unwrap();
        assert_eq!(
            value(&mut tree, &format!("{place}/2/AppAddr/1/Addr")).as_deref(),
            Some("https://new/")
        );
    }
    let (mut tree, _) = device(&long("Exact10"));
    let before = picture(&mut tree);
    assert_eq!(
        apply(&mut tree, &one, Origin::SmartCard),
        Err(Refused::Device(Reason::UriTooLong))
    );
    assert_eq!(picture(&mut tree), before);
}

/// However many applications of others come before the account.
#[test]
fn the_applications_of_a_document_are_read_once() {
    let others = "<characteristic type=\"APPLICATION\"/>".repeat(70_000);
    let text = format!(
        "<wap-provisioningdoc>{others}<characteristic type=\"APPLICATION\">{}</characteristic></wap-provisioningdoc>",
        least("srv", "https://srv/")
    );
    let applied = apply(&mut fresh(), text.as_bytes(), Origin::Factory).unwrap();
    assert_eq!(applied.servers, [b"srv"]);
}

#[test]
fn one_connection_is_the_preferred_one_and_plain_addresses_are_numbered() {
    let application = [
        least("srv", "https://a/"),
        parm("ADDR", "https://b/"),
        parm("TO-NAPID", "nap"),
    ]
    .concat();
    let mut tree = fresh();
    apply(&mut tree, &document(&[&application]), Origin::Factory).unwrap();
    for (leaf, expected) in [
        ("AppAddr/1/Addr", Some("https://a/")),
        ("AppAddr/2/Addr", Some("https://b/")),
        ("AppAddr/3/Addr", None),
        ("PrefConRef", Some("nap")),
        ("ToConRef/1/ConRef", None),
        // The server was given nothing to prove itself with.
        ("Ext/OmaDm/ServerAuth", Some("transport")),
    ] {
        assert_eq!(
            value(&mut tree, &format!("./DMAcc/1/{leaf}")).as_deref(),
            expected,
            "{leaf}"
        );
    }
}

/// BOOT-C-006: Get, Replace and Delete for the server of the document, on its account, and for nobody else.
#[test]
fn the_server_of_an_account_gets_its_rights_and_nobody_else_any() {
    let mut tree = fresh();
    let bytes = document(&[&least("one", "https://one/"), &least("two", "https://two/")]);
    let applied = apply(&mut tree, &bytes, Origin::SmartCard).unwrap();
    assert_eq!(applied.servers, [b"one", b"two"]);
    assert_eq!(
        [1, 2].map(|account| value(&mut tree, &format!("./DMAcc/{account}/ServerID"))),
        [Some("one".to_owned()), Some("two".to_owned())]
    );
    for (who, account, expected) in [
        ("one", 1, Ok(())),
        ("two", 2, Ok(())),
        ("one", 2, Err(Reason::Acl)),
        ("two", 1, Err(Reason::Acl)),
        ("none", 1, Err(Reason::Acl)),
    ] {
        let who = Principal::dangerous_assume(who.as_bytes());
        let node = tree
            .local()
            .find(&format!("./DMAcc/{account}/ServerID"))
            .unwrap();
        for verb in [
            dm_tree::Verb::Get,
            dm_tree::Verb::Replace,
            dm_tree::Verb::Delete,
        ] {
            assert_eq!(tree.authorise(&who, verb, node), expected);
        }
    }
    // And no secret becomes readable by that.
    let who = Principal::dangerous_assume(SERVER);
    apply(&mut tree, &example(), Origin::SmartCard).unwrap();
    let secret = tree.reading(&who, b"./DMAcc/3/AppAuth/1/AAuthSecret");
    assert_eq!(secret, Err(Reason::AccessType));
}

/// BOOT-C-007: without w7 nobody gets anything.
#[test]
fn a_document_without_a_dm_account_changes_nothing() {
    for bytes in [
        document(&[]),
        document(&[&least("srv", "https://srv/").replace("w7", "w5")]),
        b"<wap-provisioningdoc><characteristic type=\"NAPDEF\"/></wap-provisioningdoc>".to_vec(),
        b"<SyncML/>".to_vec(),
    ] {
        let mut tree = fresh();
        let before = picture(&mut tree);
        assert_eq!(
            apply(&mut tree, &bytes, Origin::Factory),
            Err(Refused::NoAccount)
        );
        assert_eq!(picture(&mut tree), before);
    }
}

#[test]
fn an_account_without_server_or_address_or_with_a_name_that_is_a_right_is_refused() {
    let id = |server: &str| least(server, "https://srv/");
    for application in [
        [parm("APPID", "w7"), parm("ADDR", "https://srv/")].concat(),
        [parm("APPID", "w7"), parm("PROVIDER-ID", "srv")].concat(),
        id(""),
        id("*"),
        id("a+b"),
        id("a&amp;Exec=*"),
        id("a b"),
        id("a=b"),
    ] {
        let mut tree = fresh();
        let before = picture(&mut tree);
        let bytes = document(&[&application]);
        assert_eq!(
            apply(&mut tree, &bytes, Origin::Factory),
            Err(Refused::Incomplete),
            "{application}"
        );
        assert_eq!(picture(&mut tree), before);
    }
}

/// BOOT-C-031, D13-C-048: whatever fails, wherever, the tree is as it was.
#[test]
fn all_accounts_of_a_document_are_made_or_none() {
    let good = least("one", "https://one/");
    let long = least("two", &format!("https://{}/", "x".repeat(600)));
    let port = [
        least("two", "https://two/"),
        "<characteristic type=\"APPADDR\"><parm name=\"ADDR\" value=\"a\"/></characteristic>\
         <characteristic type=\"APPAUTH\"><parm name=\"AAUTHLEVEL\" value=\"APPSRV\"/><parm name=\"AAUTHDATA\" \
         value=\"?\"/></characteristic>"
            .to_owned(),
    ]
    .concat();
    for (second, expected) in [
        (long.as_str(), Reason::TooLarge),
        (port.as_str(), Reason::Base64),
    ] {
        let mut tree = fresh();
        let before = picture(&mut tree);
        let bytes = document(&[&good, second]);
        assert_eq!(
            apply(&mut tree, &bytes, Origin::Factory),
            Err(Refused::Device(expected))
        );
        assert_eq!(picture(&mut tree), before);
        assert!(!tree.in_transaction());
    }
    // The store fails at each of its writes in turn.
    let bytes = document(&[&good, &least("two", "https://two/")]);
    let mut failed = 0;
    loop {
        let mut tree = device(failed);
        let Err(refused) = apply(&mut tree, &bytes, Origin::Factory) else {
            break;
        };
        assert_eq!(refused, Refused::Device(Reason::Store));
        assert!(
            tree.local().find("./DMAcc/1").is_none(),
            "after {failed} writes"
        );
        failed += 1;
    }
    assert!(failed > 10, "{failed}");
}

#[test]
fn more_accounts_than_the_policy_allows_are_refused() {
    let all: Vec<String> = (0..9)
        .map(|n| least(&format!("s{n}"), "https://s/"))
        .collect();
    let some = |count: usize| {
        let all: Vec<&str> = all[..count].iter().map(String::as_str).collect();
        document(&all)
    };
    assert!(apply(&mut fresh(), &some(4), Origin::Factory).is_ok());
    assert_eq!(
        apply(&mut fresh(), &some(5), Origin::Factory),
        Err(Refused::Policy)
    );
    let mut policy = BootstrapPolicy::DEFAULT;
    policy.accounts = u8::MAX;
    let most = |bytes: &[u8]| {
        let boot = Bootstrap::open(Profile::Provisioning, bytes, Origin::Factory, policy).unwrap();
        done(&boot, &mut fresh()).map(|applied| applied.servers.len())
    };
    assert_eq!(most(&some(8)), Ok(8));
    assert_eq!(most(&some(9)), Err(Refused::Policy));
}

#[test]
fn a_broken_document_is_refused_with_its_place() {
    let bytes = example();
    for len in 0..bytes.len() {
        let mut tree = fresh();
        let before = picture(&mut tree);
        let refused = apply(&mut tree, &bytes[..len], Origin::Factory);
        assert!(matches!(refused, Err(Refused::Codec(..))), "{len}");
        assert_eq!(picture(&mut tree), before);
    }
}
