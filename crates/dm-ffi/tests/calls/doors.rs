//! What comes without being asked for: pushes, bootstraps, notifications of the 1.3 profile.

use super::*;

fn hex(text: &str) -> Vec<u8> {
    let digits: Vec<u8> = text.bytes().filter(u8::is_ascii_hexdigit).collect();
    let pairs = digits.chunks(2).map(|pair| str::from_utf8(pair).unwrap());
    pairs
        .map(|pair| u8::from_str_radix(pair, 16).unwrap())
        .collect()
}

#[cfg(feature = "push")]
fn unwrapped(pdu: &[u8]) -> Result<omadm_push_t, omadm_result_t> {
    let mut push = core::mem::MaybeUninit::uninit();
    let read = || unsafe { omadm_push_datagram(2948, pdu.as_ptr(), pdu.len(), push.as_mut_ptr()) };
    match { read }() {
        OMADM_OK => Ok(unsafe { push.assume_init() }),
        why => Err(why),
    }
}

#[cfg(feature = "push")]
#[test]
fn a_push_is_told_by_its_media_type() {
    let body = b"some octets";
    let wrapped = |head: &str| [&hex(head)[..], body].concat();
    let pdu = wrapped("01 06 03 c4 af 87");
    let push = unwrapped(&pdu).unwrap();
    assert_eq!(push.kind, OMADM_PUSH_NOTIFICATION);
    assert_eq!((push.sec, push.mac_len), (OMADM_SEC_NONE, 0));
    assert_eq!(
        unsafe { slice::from_raw_parts(push.body, push.body_size) },
        body
    );
    for (head, why) in [
        ("01 07 03 c4 af 87", OMADM_ERR_PUSH_OTHER),
        ("01 06 03 c4 af 88", OMADM_ERR_PUSH_OTHER),
        ("01 06 03 80 af 87", OMADM_ERR_PUSH_CONTENT_TYPE),
        ("01 06 7f c4 af 87", OMADM_ERR_PUSH_MALFORMED),
    ] {
        assert_eq!(unwrapped(&wrapped(head)).err(), Some(why), "{head}");
    }
    let mut push = core::mem::MaybeUninit::<omadm_push_t>::uninit();
    let typed = "application/vnd.wap.connectivity-wbxml; SEC=1; MAC=\"00\"";
    let result = unsafe {
        omadm_push_typed(
            typed.as_ptr().cast(),
            typed.len(),
            body.as_ptr(),
            body.len(),
            push.as_mut_ptr(),
        )
    };
    assert_eq!(result, OMADM_OK);
    let push = unsafe { push.assume_init() };
    assert_eq!(push.kind, OMADM_PUSH_PROVISIONING);
    assert_eq!(push.sec, OMADM_SEC_USER_PIN);
}

/// The vector of bindings chapter 6: a provisioning document in two short messages.
#[cfg(feature = "push")]
#[test]
fn short_messages_are_put_together_whatever_their_order() {
    let first = hex("0b05040b84c00200035a020101062f1f2db69180923431433646383334353144344445454133434332373945454139323136
        313538333133363745384400030b6a00c54601c600015501873600000603773700018700013800000603737276312e6578616d706c6500018707
        060344656d6f0001c60001560187340000060368747470733a2f2f737276312e");
    let second = hex("0b05040b84c00200035a02026578616d706c652f646d000101c600015701873000000600018d0187330000060001930187310000
        060364657631000187000132000006036465767365637265740001010101");
    for parts in [[&first, &second], [&second, &first]] {
        let inbox = leak(omadm_inbox_t {
            opaque: [0; OMADM_INBOX_SIZE],
        });
        let size = OMADM_INBOX_SETS * 2 * OMADM_INBOX_PART;
        assert_eq!(
            unsafe { omadm_inbox_init(inbox, lend(size), size) },
            OMADM_OK
        );
        let mut push = core::mem::MaybeUninit::<omadm_push_t>::uninit();
        let mut take = |part: &[u8]| unsafe {
            let (data, size) = (part.as_ptr(), part.len());
            omadm_inbox_sms(inbox, "+1".as_ptr(), 2, data, size, 0, push.as_mut_ptr())
        };
        assert_eq!(take(parts[0]), OMADM_ERR_PUSH_INCOMPLETE);
        assert_eq!(take(parts[1]), OMADM_OK);
        let push = unsafe { push.assume_init() };
        assert_eq!(push.kind, OMADM_PUSH_PROVISIONING);
        assert_eq!((push.sec, push.mac_len), (OMADM_SEC_NETWORK_ID, 40));
        let body = unsafe { slice::from_raw_parts(push.body, push.body_size) };
        assert_eq!(
            (body.len(), body[..4].to_vec()),
            (148, vec![3, 0x0B, 0x6A, 0])
        );
    }
    // Without memory only whole messages are taken.
    let inbox = leak(omadm_inbox_t {
        opaque: [0; OMADM_INBOX_SIZE],
    });
    assert_eq!(
        unsafe { omadm_inbox_init(inbox, ptr::null_mut(), 0) },
        OMADM_OK
    );
    let mut push = core::mem::MaybeUninit::<omadm_push_t>::uninit();
    let (data, size) = (first.as_ptr(), first.len());
    let taken =
        unsafe { omadm_inbox_sms(inbox, "+1".as_ptr(), 2, data, size, 0, push.as_mut_ptr()) };
    assert_eq!(taken, OMADM_ERR_PUSH_TOO_LARGE);
}

#[cfg(feature = "bootstrap")]
mod bootstrap {
    use super::*;
    use core::mem::MaybeUninit;
    use dm_tree::mo::standard::SCHEMA;

    /// The document and the MAC of the bootstrap digest, made with the PIN 1234, as a WAP push.
    const PUSH: &str = "01 06 2f 1f 2d b6 91 81 92
        30 33 37 30 35 41 43 42 30 44 45 39 37 41 43 31 44 32 36 45
        34 35 31 37 36 31 35 46 42 37 31 36 42 37 34 35 44 36 36 34 00
        03 0B 6A 00 C5 46 01 C6 00 01 55 01 87 36 00 00 06 03 77 37 00 01
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

    /// A device that has no account yet.
    fn program() -> Program {
        Program::made(false, |config| {
            let schema = omadm_schema_t {
                nodes: SCHEMA.nodes.as_ptr().cast(),
                node_count: SCHEMA.nodes.len(),
                text: SCHEMA.text.as_ptr(),
                text_size: SCHEMA.text.len(),
            };
            config.schema = leak(schema);
            config.mount_count = 0;
        })
    }

    const POLICY: omadm_bootstrap_policy_t = omadm_bootstrap_policy_t {
        push: 1,
        network_id_alone: 0,
        never_ask: 0,
        no_smart_card: 0,
        no_secured: 0,
        accounts: 0,
    };

    /// A document on its way, on the heap so that it stays where it is.
    struct Arrived<'p> {
        program: &'p Program,
        place: *mut omadm_bootstrap_t,
    }

    /// What the push holds, as a document.
    fn document(push: &omadm_push_t) -> omadm_document_t {
        omadm_document_t {
            data: push.body,
            size: push.body_size,
            mac: push.mac,
            mac_len: push.mac_len,
            peer: ptr::null(),
            peer_len: 0,
            profile: OMADM_PROFILE_PROVISIONING,
            origin: OMADM_ORIGIN_PUSH,
            sec: push.sec,
        }
    }

    impl<'p> Arrived<'p> {
        fn open(
            program: &'p Program,
            document: &omadm_document_t,
            policy: Option<&omadm_bootstrap_policy_t>,
        ) -> Result<Self, omadm_result_t> {
            let place = leak(omadm_bootstrap_t {
                opaque: [0; OMADM_BOOTSTRAP_SIZE],
            });
            let policy = policy.map_or(ptr::null(), ptr::from_ref);
            let opened = unsafe { omadm_bootstrap_open(program.client, document, policy, place) };
            match opened {
                OMADM_OK => Ok(Self { program, place }),
                why => Err(why),
            }
        }

        fn needs(&self) -> omadm_needs_t {
            let mut needs = 0;
            let told = unsafe { omadm_bootstrap_needs(self.place, &raw mut needs) };
            assert_eq!(told, OMADM_OK);
            needs
        }

        fn prove(&self, pin: &str) -> omadm_result_t {
            let (client, place) = (self.program.client, self.place);
            unsafe {
                omadm_bootstrap_prove(
                    client,
                    place,
                    ptr::null(),
                    0,
                    pin.as_ptr().cast(),
                    pin.len(),
                )
            }
        }

        fn apply(&self) -> Result<omadm_applied_t, omadm_result_t> {
            let mut work = [0xEE; 128];
            let mut applied = MaybeUninit::uninit();
            let done = unsafe {
                omadm_bootstrap_apply(
                    self.program.client,
                    self.place,
                    work.as_mut_ptr(),
                    work.len(),
                    applied.as_mut_ptr(),
                )
            };
            told(done, applied)
        }
    }

    /// What a call says of a document that was applied, if it was.
    fn told(
        done: omadm_result_t,
        applied: MaybeUninit<omadm_applied_t>,
    ) -> Result<omadm_applied_t, omadm_result_t> {
        match done {
            OMADM_OK => Ok(unsafe { applied.assume_init() }),
            why => Err(why),
        }
    }

    unsafe extern "C" fn show(user: *mut c_void, change: *const omadm_change_t) {
        let (seen, change) = unsafe { (&mut *user.cast::<Vec<String>>(), &*change) };
        let text = |data: *const u8, len| {
            String::from_utf8(unsafe { slice::from_raw_parts(data, len) }.to_vec()).unwrap()
        };
        seen.push(format!(
            "{} {} {} {}",
            text(change.server_id, change.server_id_len),
            text(change.name, change.name_len),
            text(change.addr, change.addr_len),
            change.is_new
        ));
    }

    #[test]
    fn a_push_with_a_right_pin_and_a_yes_becomes_an_account() {
        let program = program();
        let pdu = hex(PUSH);
        let push = unwrapped(&pdu).unwrap();
        assert_eq!(push.kind, OMADM_PUSH_PROVISIONING);
        let arrived = Arrived::open(&program, &document(&push), Some(&POLICY)).unwrap();
        let all = OMADM_NEEDS_PROOF | OMADM_NEEDS_PIN | OMADM_NEEDS_CONSENT;
        assert_eq!(arrived.needs(), all);
        assert_eq!(arrived.apply().err(), Some(OMADM_ERR_BOOT_NO_PROOF));
        // Two tries, and their number outlives the call.
        for left in [2, 1] {
            assert_eq!(arrived.prove("4321"), OMADM_ERR_BOOT_WRONG_PROOF);
            assert_eq!(unsafe { omadm_detail(program.client) }, left);
        }
        assert_eq!(arrived.prove("1234"), OMADM_OK);
        assert_eq!(arrived.needs(), OMADM_NEEDS_CONSENT);
        assert_eq!(arrived.apply().err(), Some(OMADM_ERR_BOOT_NO_CONSENT));
        let mut seen: Vec<String> = Vec::new();
        let mut work = [0; 128];
        let shown = unsafe {
            omadm_bootstrap_changes(
                program.client,
                arrived.place,
                work.as_mut_ptr(),
                work.len(),
                Some(show),
                (&raw mut seen).cast(),
            )
        };
        assert_eq!(shown, OMADM_OK);
        assert_eq!(seen, ["srv1.example Demo https://srv1.example/dm 1"]);
        let addr = "./DMAcc/1/AppAddr/1/Addr";
        assert_eq!(program.get(addr).err(), Some(OMADM_ERR_NO_SUCH_NODE));
        let agreed = unsafe { omadm_bootstrap_agree(program.client, arrived.place) };
        assert_eq!(agreed, OMADM_OK);
        let applied = arrived.apply().unwrap();
        assert_eq!((applied.server_count, applied.is_repeat), (1, 0));
        let server = &applied.servers[0];
        assert_eq!(&server.id[..usize::from(server.id_len)], b"srv1.example");
        assert_eq!(program.get(addr).as_deref(), Ok("https://srv1.example/dm"));
        assert_eq!(arrived.apply().err(), Some(OMADM_ERR_BOOT_REPLAYED));
    }

    #[test]
    fn a_forger_has_three_tries() {
        let program = program();
        let pdu = hex(PUSH);
        let push = unwrapped(&pdu).unwrap();
        let arrived = Arrived::open(&program, &document(&push), Some(&POLICY)).unwrap();
        for left in [2, 1, 0, 0] {
            assert_eq!(arrived.prove("0000"), OMADM_ERR_BOOT_WRONG_PROOF);
            assert_eq!(unsafe { omadm_detail(program.client) }, left);
        }
        assert_eq!(arrived.prove("1234"), OMADM_ERR_BOOT_WRONG_PROOF);
        assert_eq!(arrived.apply().err(), Some(OMADM_ERR_BOOT_NO_PROOF));
    }

    #[test]
    fn the_policy_says_from_where_accounts_come() {
        let program = program();
        let pdu = hex(PUSH);
        let push = document(&unwrapped(&pdu).unwrap());
        let open = |document: &omadm_document_t, policy: Option<&_>| {
            Arrived::open(&program, document, policy).map(|arrived| arrived.needs())
        };
        // Without a word, no pushes.
        assert_eq!(open(&push, None), Err(OMADM_ERR_BOOT_POLICY));
        let mut unproved = push;
        unproved.sec = OMADM_SEC_NONE;
        assert_eq!(open(&unproved, Some(&POLICY)), Err(OMADM_ERR_BOOT_NO_PROOF));
        for origin in [OMADM_ORIGIN_SMART_CARD, OMADM_ORIGIN_FACTORY] {
            let from = omadm_document_t { origin, ..push };
            assert_eq!(open(&from, None), Ok(0));
        }
        let no_card = omadm_bootstrap_policy_t {
            no_smart_card: 1,
            ..POLICY
        };
        let card = omadm_document_t {
            origin: OMADM_ORIGIN_SMART_CARD,
            ..push
        };
        assert_eq!(open(&card, Some(&no_card)), Err(OMADM_ERR_BOOT_POLICY));
        let server = omadm_document_t {
            origin: OMADM_ORIGIN_SECURED,
            peer: "boot.example".as_ptr().cast(),
            peer_len: 12,
            ..push
        };
        assert_eq!(open(&server, None), Ok(0));
        for wrong in [
            omadm_document_t { origin: 9, ..push },
            omadm_document_t { profile: 9, ..push },
            omadm_document_t { sec: 9, ..push },
        ] {
            assert_eq!(open(&wrong, Some(&POLICY)), Err(OMADM_ERR_ARGUMENT));
        }
    }

    #[test]
    fn a_document_that_was_moved_or_never_opened_is_found_out() {
        let program = program();
        let never = Arrived {
            program: &program,
            place: leak(omadm_bootstrap_t {
                opaque: [0; OMADM_BOOTSTRAP_SIZE],
            }),
        };
        assert_eq!(never.prove("1234"), OMADM_ERR_NOT_INITIALISED);
        let pdu = hex(PUSH);
        let push = document(&unwrapped(&pdu).unwrap());
        let arrived = Arrived::open(&program, &push, Some(&POLICY)).unwrap();
        unsafe { never.place.copy_from_nonoverlapping(arrived.place, 1) };
        assert_eq!(never.apply().err(), Some(OMADM_ERR_NOT_INITIALISED));
        assert_eq!(arrived.prove("1234"), OMADM_OK);
    }

    /// What the card says next.
    struct Slot {
        data: Vec<u8>,
        profile: Option<omadm_profile_t>,
        says: omadm_card_result_t,
        len: Option<usize>,
        reads: u32,
    }

    unsafe extern "C" fn read_card(
        user: *mut c_void,
        buf: *mut u8,
        size: usize,
        profile: *mut omadm_profile_t,
        len: *mut usize,
    ) -> omadm_card_result_t {
        let slot = unsafe { &mut *user.cast::<Slot>() };
        slot.reads += 1;
        if slot.says != OMADM_CARD_DATA {
            return slot.says;
        }
        if slot.data.len() > size {
            return OMADM_CARD_TOO_LARGE;
        }
        unsafe {
            assert_eq!(*profile, OMADM_PROFILE_PROVISIONING);
            buf.copy_from_nonoverlapping(slot.data.as_ptr(), slot.data.len());
            *len = slot.len.unwrap_or(slot.data.len());
            *profile = slot.profile.unwrap_or(*profile);
        }
        OMADM_CARD_DATA
    }

    fn apply_card(
        program: &Program,
        slot: &mut Slot,
        policy: Option<&omadm_bootstrap_policy_t>,
        size: usize,
    ) -> Result<omadm_applied_t, omadm_result_t> {
        let (mut buf, mut work) = (vec![0; size], [0xEE; 128]);
        let mut applied = MaybeUninit::uninit();
        let done = unsafe {
            omadm_card_apply(
                program.client,
                Some(read_card),
                ptr::from_mut(slot).cast(),
                policy.map_or(ptr::null(), ptr::from_ref),
                buf.as_mut_ptr(),
                buf.len(),
                work.as_mut_ptr(),
                work.len(),
                applied.as_mut_ptr(),
            )
        };
        told(done, applied)
    }

    fn card() -> Slot {
        let pdu = hex(PUSH);
        let push = unwrapped(&pdu).unwrap();
        let body = unsafe { slice::from_raw_parts(push.body, push.body_size) };
        Slot {
            data: body.to_vec(),
            profile: None,
            says: OMADM_CARD_DATA,
            len: None,
            reads: 0,
        }
    }

    /// BOOT-C-008, BOOT-C-027, BOOT-C-028
    #[test]
    fn the_accounts_of_the_card_come_and_go_with_it() {
        let program = program();
        let mut slot = card();
        let id = "./DMAcc/1/ServerID";
        let applied = apply_card(&program, &mut slot, None, 512).unwrap();
        assert_eq!((applied.server_count, applied.is_repeat), (1, 0));
        let server = &applied.servers[0];
        assert_eq!(&server.id[..usize::from(server.id_len)], b"srv1.example");
        assert_eq!(program.get(id).as_deref(), Ok("srv1.example"));
        // As at every switch-on.
        let again = apply_card(&program, &mut slot, None, 512).unwrap();
        assert_eq!((again.server_count, again.is_repeat), (0, 1));
        // A card that does not answer says nothing about its accounts.
        for (says, why) in [
            (OMADM_CARD_REJECTED, OMADM_ERR_BOOT_CARD_REJECTED),
            (OMADM_CARD_FAILED, OMADM_ERR_BOOT_CARD),
            (OMADM_CARD_TOO_LARGE, OMADM_ERR_BOOT_CARD_SIZE),
            (99, OMADM_ERR_BOOT_CARD),
        ] {
            slot.says = says;
            assert_eq!(apply_card(&program, &mut slot, None, 512).err(), Some(why));
            assert_eq!(program.get(id).as_deref(), Ok("srv1.example"));
        }
        slot.says = OMADM_CARD_EMPTY;
        let empty = apply_card(&program, &mut slot, None, 512).unwrap();
        assert_eq!((empty.server_count, empty.is_repeat), (0, 0));
        assert_eq!(program.get(id).err(), Some(OMADM_ERR_NO_SUCH_NODE));
        slot.says = OMADM_CARD_DATA;
        let back = apply_card(&program, &mut slot, None, 512).unwrap();
        assert_eq!((back.server_count, back.is_repeat), (1, 0));
        // By hand, and those that stay.
        let keep = back.servers[0];
        let remove = |keep: &[omadm_server_t]| unsafe {
            omadm_card_remove(program.client, keep.as_ptr(), keep.len())
        };
        assert_eq!(remove(&[keep]), OMADM_OK);
        assert_eq!(program.get(id).as_deref(), Ok("srv1.example"));
        let odd = omadm_server_t { id_len: 65, ..keep };
        assert_eq!(remove(&[odd]), OMADM_ERR_ARGUMENT);
        assert_eq!(remove(&[keep; 9]), OMADM_ERR_ARGUMENT);
        assert_eq!(remove(&[]), OMADM_OK);
        assert_eq!(program.get(id).err(), Some(OMADM_ERR_NO_SUCH_NODE));
    }

    #[test]
    fn a_reader_that_lies_is_not_believed() {
        let program = program();
        let mut slot = card();
        let len = slot.data.len();
        for (len, profile, size, why) in [
            (Some(513), None, 512, OMADM_ERR_BOOT_CARD_SIZE),
            (Some(usize::MAX), None, 512, OMADM_ERR_BOOT_CARD_SIZE),
            (None, Some(9), 512, OMADM_ERR_BOOT_CARD),
            (None, None, len - 1, OMADM_ERR_BOOT_CARD_SIZE),
            (Some(len - 3), None, 512, OMADM_ERR_BOOT_UNREADABLE),
        ] {
            (slot.len, slot.profile) = (len, profile);
            assert_eq!(apply_card(&program, &mut slot, None, size).err(), Some(why));
            let id = program.get("./DMAcc/1/ServerID");
            assert_eq!(id.err(), Some(OMADM_ERR_NO_SUCH_NODE));
        }
    }

    /// BOOT-C-030
    #[test]
    fn a_card_that_is_not_taken_is_not_read() {
        let program = program();
        let mut slot = card();
        let policy = omadm_bootstrap_policy_t {
            no_smart_card: 1,
            ..POLICY
        };
        let refused = apply_card(&program, &mut slot, Some(&policy), 512);
        assert_eq!(refused.err(), Some(OMADM_ERR_BOOT_POLICY));
        assert_eq!(slot.reads, 0);
    }

    #[test]
    fn an_imsi_is_what_network_and_device_share() {
        let (mut key, mut len) = ([0xEE; OMADM_IMSI_SIZE], 0);
        let mut give = |digits: &str| unsafe {
            let (data, size) = (digits.as_ptr().cast(), digits.len());
            omadm_imsi(data, size, key.as_mut_ptr(), &raw mut len)
        };
        for wrong in ["", "12345678901234567", "12a"] {
            assert_eq!(give(wrong), OMADM_ERR_ARGUMENT);
        }
        assert_eq!(give("310150123456789"), OMADM_OK);
        assert_eq!((key[..3].to_vec(), len), (vec![0x39, 0x01, 0x51], 8));
    }

    #[test]
    fn a_broken_document_changes_nothing() {
        let program = program();
        let mut pdu = hex(PUSH);
        pdu.truncate(pdu.len() - 3);
        let push = unwrapped(&pdu).unwrap();
        let factory = omadm_document_t {
            origin: OMADM_ORIGIN_FACTORY,
            ..document(&push)
        };
        let arrived = Arrived::open(&program, &factory, None).unwrap();
        assert_eq!(arrived.apply().err(), Some(OMADM_ERR_BOOT_UNREADABLE));
        assert_ne!(unsafe { omadm_detail(program.client) }, 0);
        let id = program.get("./DMAcc/1/ServerID");
        assert_eq!(id.err(), Some(OMADM_ERR_NO_SUCH_NODE));
    }
}

/// The vector of the additions, signed with MD5.
#[cfg(feature = "profile13")]
const NOTICE13: &str =
    "035950000a41 10106d676d742e6578616d706c652e636f6d 3002000b 400102 50026677 7004 6955b900
    1455bb7fee910737e92edc0bcb06d637";

#[cfg(feature = "profile13")]
#[test]
fn a_notification_of_the_1_3_profile_begins_a_session() {
    let program = Program::made(false, |config| config.notices.session_credentials = 1);
    program.seed();
    program.set(&[
        ("./Account/ServerID", "mgmt.example.com"),
        ("./Account/AppAuth/1/AAuthLevel", "SRVCRED"),
        ("./Account/AppAuth/1/AAuthType", "DIGEST"),
        ("./Account/AppAuth/1/AAuthSecret", "notipass"),
        ("./Account/AppAuth/1/AAuthData", "nonce-01"),
    ]);
    let octets = hex(NOTICE13);
    let mut place = core::mem::MaybeUninit::<omadm_notice_t>::uninit();
    let mut told = |octets: &[u8]| unsafe {
        let (data, size) = (octets.as_ptr(), octets.len());
        omadm_notified13(program.client, data, size, place.as_mut_ptr())
    };
    let mut forged = octets.clone();
    forged[20] ^= 1;
    assert_ne!(told(&forged), OMADM_OK);
    assert_eq!(told(&octets), OMADM_OK);
    assert_eq!(told(&octets), OMADM_ERR_NOTICE_REPLAYED);
    let notice = unsafe { place.assume_init() };
    assert_eq!(notice.session_id, 0xA41);
    let mut options = core::mem::MaybeUninit::<omadm_options_t>::uninit();
    let read = unsafe { omadm_notice_options(&raw const notice, options.as_mut_ptr()) };
    assert_eq!(read, OMADM_OK);
    let options = unsafe { options.assume_init() };
    assert_eq!(
        (
            options.targeted_count,
            options.requested_count,
            options.bearer_count
        ),
        (0, 1, 1)
    );
    assert_eq!(options.requested[..2], [11, 0]);
    assert_eq!(options.bearers[0], OMADM_BEARER_WLAN);
    let reason = unsafe { slice::from_raw_parts(options.reason.cast::<u8>(), options.reason_len) };
    assert_eq!(reason, b"fw");
    assert_eq!((options.has_expiration, options.expires), (1, 0x6955_B900));
    let mut step = blank();
    let begun = unsafe { omadm_start_notified(program.client, &raw const notice, &raw mut step) };
    assert_eq!(begun, OMADM_OK);
    assert!(
        body(&step).contains("<SessionID>A41</SessionID>"),
        "{}",
        body(&step)
    );
    let mut counts = core::mem::MaybeUninit::uninit();
    let counted = unsafe { omadm_notice_counts(program.client, counts.as_mut_ptr()) };
    assert_eq!(counted, OMADM_OK);
    let counts = unsafe { counts.assume_init() };
    assert_eq!((counts.accepted, counts.rejected), (1, 2));
}

#[cfg(feature = "notification")]
#[test]
fn the_rules_of_the_configuration_bound_notifications() {
    let program = Program::made(false, |config| config.notices.burst = 1);
    program.seed();
    program.set(&[
        ("./Account/AppAuth/1/AAuthLevel", "SRVCRED"),
        ("./Account/AppAuth/1/AAuthType", "DIGEST"),
        ("./Account/AppAuth/1/AAuthSecret", "knock"),
        ("./Account/AppAuth/1/AAuthData", "n0"),
    ]);
    // MD5 over server, secret `knock`, nonce `n0` and trigger; sessions 7 and 8.
    let one = hex("F737924E486452A4CC4A21BA02E9A807 02D8000000000703 737276");
    let other = hex("CCDE4B63777CD99F965451B33C569CB6 02D8000000000803 737276");
    let mut notice = core::mem::MaybeUninit::<omadm_notice_t>::uninit();
    let mut judge = |octets: &[u8]| unsafe {
        omadm_notified(
            program.client,
            octets.as_ptr(),
            octets.len(),
            notice.as_mut_ptr(),
        )
    };
    assert_eq!(judge(&one), OMADM_OK);
    assert_eq!(judge(&other), OMADM_ERR_NOTICE_TOO_MANY);
    let notice = unsafe { notice.assume_init() };
    assert!(notice.options.is_null() && notice.options_size == 0);
}
