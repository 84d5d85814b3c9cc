//! From the parts of a short message to an account of the device, and what never becomes one.

use dm_bindings::push::{Inbox, Kind, PART_MAX, PARTS_MAX, PORT, Push, SETS, Sec};
use dm_core::bootstrap::{Bootstrap, BootstrapPolicy, Origin, Profile, Refused, imsi};
use dm_tree::mo::standard::SCHEMA;
use dm_tree::{NodeSlot, RamStore, Tree, TreeMemory, UriLimits};

use super::{CP_1, CP_2, hex};

fn tree() -> Tree<'static> {
    let store = Box::leak(Box::new(RamStore::new(vec![0; 4096].leak())));
    let memory = TreeMemory {
        nodes: vec![NodeSlot::EMPTY; 80].leak(),
        pool: vec![0; 4096].leak(),
        value: vec![0; 256].leak(),
    };
    Tree::open(&SCHEMA, store, &mut [], memory, UriLimits::default()).unwrap()
}

/// What a device does that takes pushes, with the secrets that it has.
fn bootstrap(tree: &mut Tree<'_>, push: &Push<'_>, network: &[u8], pin: &[u8]) -> Option<Refused> {
    assert_eq!(push.kind, Kind::Provisioning);
    let origin = Origin::Push {
        sec: push.sec,
        mac: push.mac,
    };
    let mut policy = BootstrapPolicy::DEFAULT;
    (policy.push, policy.network_id_alone, policy.ask) = (true, true, false);
    let done = Bootstrap::open(Profile::Provisioning, push.body, origin, policy).and_then(
        |mut bootstrap| {
            bootstrap.prove(network, pin)?;
            bootstrap.apply(tree, &mut [0; 128], &mut |_| {})
        },
    );
    done.err()
}

fn address(tree: &mut Tree<'_>) -> Option<String> {
    let mut buf = [0; 64];
    let len = tree
        .local()
        .get("./DMAcc/1/AppAddr/1/Addr", &mut buf)
        .ok()?;
    Some(String::from_utf8_lossy(&buf[..len]).into_owned())
}

/// BIND-C-064, BOOT-C-011: the vector of bindings chapter 6, in either order of its parts; its MAC was made elsewhere.
#[test]
fn short_messages_with_a_right_mac_become_an_account() {
    let mut key = [0; 8];
    let network = imsi("310150123456789", &mut key).unwrap();
    let (first, second) = (hex(CP_1), hex(CP_2));
    for [early, late] in [[&first, &second], [&second, &first]] {
        let mut memory = vec![0; SETS * PARTS_MAX * PART_MAX];
        let mut inbox = Inbox::new(&mut memory);
        assert_eq!(inbox.sms(b"+1", early, 0), Ok(None));
        let push = inbox.sms(b"+1", late, 0).unwrap().unwrap();
        assert_eq!(push.sec, Some(Sec::NetworkId));
        let mut tree = tree();
        assert_eq!(bootstrap(&mut tree, &push, network, b""), None);
        let addr = address(&mut tree);
        assert_eq!(addr.as_deref(), Some("https://srv1.example/dm"));
    }
}

/// SEC-C-035, SEC-C-037: whatever octet of the document or of its MAC is another one on the way, no account comes of it.
#[test]
fn a_forged_short_message_becomes_no_account() {
    let mut key = [0; 8];
    let network = imsi("310150123456789", &mut key).unwrap();
    let (first, second) = (hex(CP_1), hex(CP_2));
    let mut tree = tree();
    let mut count = 0;
    for at in 0..second.len() {
        let mut forged = second.clone();
        forged[at] ^= 0x01;
        let mut memory = vec![0; SETS * PARTS_MAX * PART_MAX];
        let mut inbox = Inbox::new(&mut memory);
        assert_eq!(inbox.sms(b"+1", &first, 0), Ok(None));
        // In the header it is another message, or none.
        let Ok(Some(push)) = inbox.sms(b"+1", &forged, 0) else {
            continue;
        };
        let refused = bootstrap(&mut tree, &push, network, b"");
        let is_whole = at < 12;
        assert!(
            is_whole || refused == Some(Refused::WrongProof(2)),
            "octet {at}: {refused:?}"
        );
        if !is_whole {
            count += 1;
            assert_eq!(address(&mut tree), None, "octet {at}");
        }
    }
    assert_eq!(count, second.len() - 12);
    let mut memory = vec![0; SETS * PARTS_MAX * PART_MAX];
    let mut inbox = Inbox::new(&mut memory);
    inbox.sms(b"+1", &first, 0).unwrap();
    let push = inbox.sms(b"+1", &second, 0).unwrap().unwrap();
    let mac = push.mac.to_ascii_lowercase();
    for at in 0..mac.len() {
        let mut forged = mac.clone();
        forged[at] = if forged[at] == b'0' { b'1' } else { b'0' };
        let forged = Push {
            mac: &forged,
            ..push
        };
        let refused = bootstrap(&mut tree, &forged, network, b"");
        assert_eq!(refused, Some(Refused::WrongProof(2)), "digit {at}");
    }
    assert_eq!(address(&mut tree), None);
}

/// SEC-C-035, BOOT-C-020: a method that nobody knows proves nothing, nor does one without a MAC or a MAC without one.
#[test]
fn a_push_of_an_unknown_method_becomes_no_account() {
    let mut memory = vec![0; SETS * PARTS_MAX * PART_MAX];
    let mut inbox = Inbox::new(&mut memory);
    inbox.sms(b"+1", &hex(CP_1), 0).unwrap();
    let second = hex(CP_2);
    let whole = inbox.sms(b"+1", &second, 0).unwrap().unwrap();
    let (mac, document) = (whole.mac, whole.body);
    let headers = |parameters: &[u8]| {
        let mut pdu = vec![1, 6];
        let content = u8::try_from(parameters.len() + 1).unwrap();
        pdu.extend([content + 2, 0x1F, content, 0xB6]);
        pdu.extend(parameters);
        pdu.extend(document);
        pdu
    };
    let mac = [b"\x92", mac, b"\0"].concat();
    let mut tree = tree();
    for parameters in [
        [&b"\x91\x84"[..], &mac].concat(),
        [&b"\x91SHA256\0"[..], &mac].concat(),
        mac.clone(),
        b"\x91\x80".to_vec(),
        b"\x91\x81".to_vec(),
        Vec::new(),
    ] {
        let pdu = headers(&parameters);
        let push = Push::datagram(PORT, &pdu).unwrap();
        let refused = bootstrap(&mut tree, &push, &[1; 8], b"1234");
        assert_eq!(refused, Some(Refused::NoProof), "{parameters:02X?}");
    }
    assert_eq!(address(&mut tree), None);
}
