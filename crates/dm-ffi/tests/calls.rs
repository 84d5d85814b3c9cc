//! The C calls, called as C does: raw pointers, lent memory, callbacks with a user pointer.
//!
//! Wrong use is the subject of `misuse.c`; here are whole sessions. They run under Miri too (with `-Zmiri-ignore-leaks`, as
//! lent memory is never freed), which shows that the object's inner borrows keep the rules.

#![allow(
    unsafe_code,
    clippy::undocumented_unsafe_blocks,
    clippy::indexing_slicing,
    clippy::unwrap_used,
    clippy::panic,
    reason = "tests play the part of a C program that keeps the contract"
)]

use core::ffi::c_void;
use core::ptr;
use core::slice;
use std::collections::HashMap;
use std::sync::OnceLock;

use dm_ffi::omadm_result_t::*;
use dm_ffi::omadm_step_kind_t::*;
use dm_ffi::*;

/// The firmware: what its callbacks find behind `user`.
#[derive(Default)]
struct Lamp {
    level: i64,
    blinks: u32,
    /// Calls of the handler that are answered with `OMADM_NOT_YET` before one is done.
    not_yet: u32,
    /// What came in pieces.
    song: Vec<u8>,
    /// The level before the transaction under way.
    level_before: Option<i64>,
    /// Calls of the transaction since the last look.
    transactions: String,
    /// `exec` only begins, under this ticket.
    ticket: Option<u32>,
    records: HashMap<u32, Vec<u8>>,
}

unsafe extern "C" fn random(_: *mut c_void, buf: *mut u8, size: usize) -> i32 {
    unsafe { buf.write_bytes(0x21, size) };
    0
}

unsafe extern "C" fn now(_: *mut c_void) -> u64 {
    0
}

unsafe extern "C" fn store_read(
    user: *mut c_void,
    key: u32,
    buf: *mut u8,
    size: usize,
    len: *mut usize,
) -> u32 {
    let lamp = unsafe { &*user.cast::<Lamp>() };
    let Some(record) = lamp.records.get(&key) else {
        return OMADM_STORE_NONE;
    };
    unsafe { len.write(record.len()) };
    if record.len() > size {
        return OMADM_STORE_TOO_LARGE;
    }
    unsafe { buf.copy_from_nonoverlapping(record.as_ptr(), record.len()) };
    OMADM_STORE_DONE
}

unsafe extern "C" fn store_write(
    user: *mut c_void,
    key: u32,
    parts: *const omadm_bytes_t,
    count: usize,
) -> u32 {
    let parts = unsafe { slice::from_raw_parts(parts, count) };
    let piece = |part: &omadm_bytes_t| unsafe { slice::from_raw_parts(part.data, part.size) };
    let record = parts.iter().flat_map(piece).copied().collect();
    unsafe { &mut *user.cast::<Lamp>() }
        .records
        .insert(key, record);
    OMADM_STORE_DONE
}

unsafe extern "C" fn store_erase(user: *mut c_void, key: u32) -> u32 {
    unsafe { &mut *user.cast::<Lamp>() }.records.remove(&key);
    OMADM_STORE_DONE
}

unsafe extern "C" fn get_level(
    user: *mut c_void,
    _: *const omadm_at_t,
    out: *mut omadm_sink_t,
) -> u32 {
    let lamp = unsafe { &*user.cast::<Lamp>() };
    assert_eq!(unsafe { omadm_put_int(out, lamp.level) }, OMADM_OK);
    OMADM_DONE
}

unsafe extern "C" fn set_level(
    user: *mut c_void,
    at: *const omadm_at_t,
    value: *const omadm_value_t,
) -> u32 {
    let lamp = unsafe { &mut *user.cast::<Lamp>() };
    let (at, value) = unsafe { (&*at, &*value) };
    let name = unsafe { slice::from_raw_parts(at.name.cast::<u8>(), at.name_len) };
    assert_eq!(name, b"Level");
    assert_eq!(at.path_len, 0);
    if lamp.not_yet > 0 {
        lamp.not_yet -= 1;
        return OMADM_NOT_YET;
    }
    let text = unsafe { slice::from_raw_parts(value.data, value.size) };
    lamp.level = str::from_utf8(text).unwrap().parse().unwrap();
    if lamp.level > 100 { 409 } else { OMADM_DONE }
}

unsafe extern "C" fn blink(
    user: *mut c_void,
    _: *const omadm_at_t,
    argument: *const omadm_value_t,
    ticket: u32,
) -> u32 {
    assert!(unsafe { &*argument }.data.is_null());
    let lamp = unsafe { &mut *user.cast::<Lamp>() };
    lamp.blinks += 1;
    match &mut lamp.ticket {
        Some(place) => {
            *place = ticket;
            OMADM_STARTED
        }
        None => OMADM_DONE,
    }
}

unsafe extern "C" fn write_song(
    user: *mut c_void,
    _: *const omadm_at_t,
    offset: u32,
    total: u32,
    data: *const u8,
    size: usize,
) -> u32 {
    let lamp = unsafe { &mut *user.cast::<Lamp>() };
    let piece = unsafe { slice::from_raw_parts(data, size) };
    lamp.song.truncate(offset.try_into().unwrap());
    lamp.song.extend_from_slice(piece);
    assert!(lamp.song.len() <= total.try_into().unwrap());
    OMADM_DONE
}

unsafe extern "C" fn prepare(user: *mut c_void, _: u32) -> u32 {
    let lamp = unsafe { &mut *user.cast::<Lamp>() };
    lamp.level_before.get_or_insert(lamp.level);
    lamp.transactions.push('p');
    OMADM_DONE
}

unsafe extern "C" fn commit(user: *mut c_void, _: u32) {
    let lamp = unsafe { &mut *user.cast::<Lamp>() };
    lamp.level_before = None;
    lamp.transactions.push('c');
}

unsafe extern "C" fn roll_back(user: *mut c_void, _: u32) {
    let lamp = unsafe { &mut *user.cast::<Lamp>() };
    if let Some(level) = lamp.level_before.take() {
        lamp.level = level;
    }
    lamp.transactions.push('r');
}

/// A C program: an object and everything it borrows, on the heap so that Miri sees each piece by itself.
struct Program {
    client: *mut omadm_client_t,
    config: omadm_config_t,
    lamp: *mut Lamp,
}

fn leak<T>(value: T) -> *mut T {
    Box::into_raw(Box::new(value))
}

fn lend(size: usize) -> *mut u8 {
    vec![0xEE_u8; size].leak().as_mut_ptr()
}

impl Program {
    fn new(own_store: bool) -> Self {
        Self::made(own_store, |_| ())
    }

    fn made(own_store: bool, change: fn(&mut omadm_config_t)) -> Self {
        static SCHEMA: OnceLock<dm_ddf::Compiled> = OnceLock::new();
        let compiled = SCHEMA.get_or_init(|| {
            dm_ddf::compile(&[dm_ddf::Model::parse("lamp.ddf", include_str!("lamp.ddf")).unwrap()])
                .unwrap()
        });
        let find = |uri: &str| compiled.schema().find(uri.as_bytes()).unwrap().0;
        let handler = omadm_handler_t {
            get: Some(get_level),
            replace: Some(set_level),
            add: None,
            del: None,
            exec: Some(blink),
            rename: None,
            write: Some(write_song),
            prepare: Some(prepare),
            commit: Some(commit),
            roll_back: Some(roll_back),
        };
        let handler = leak(handler);
        let lamp = leak(Lamp::default());
        let mount = |at| omadm_mount_t {
            at,
            handler,
            user: lamp.cast(),
        };
        let mounts = ["./Lamp/Level", "./Lamp/Blink", "./Lamp/Song"].map(|uri| mount(find(uri)));
        let mounts = mounts.to_vec().leak();
        let port = omadm_port_t {
            random: Some(random),
            now: Some(now),
            utc: None,
            store_read: own_store.then_some(store_read),
            store_write: own_store.then_some(store_write),
            store_erase: own_store.then_some(store_erase),
        };
        let schema = omadm_schema_t {
            nodes: compiled.nodes.as_ptr().cast(),
            node_count: compiled.nodes.len(),
            text: compiled.text.as_ptr(),
            text_size: compiled.text.len(),
        };
        let slot = omadm_node_slot_t { align: 0 };
        let mut config = omadm_config_t {
            size: size_of::<omadm_config_t>(),
            schema: leak(schema),
            port: leak(port),
            user: lamp.cast(),
            mounts: mounts.as_ptr(),
            mount_count: mounts.len(),
            encoding: OMADM_XML,
            max_depth: 0,
            max_tot_len: 0,
            max_seg_len: OMADM_NO_LIMIT,
            rx: lend(4096),
            rx_size: 4096,
            tx: lend(2048),
            tx_size: 2048,
            work: lend(365),
            work_size: 365,
            nodes: vec![slot; 64].leak().as_mut_ptr(),
            node_count: 64,
            pool: lend(1024),
            pool_size: 1024,
            value: lend(256),
            value_size: 256,
            store: if own_store {
                ptr::null_mut()
            } else {
                lend(2048)
            },
            store_size: if own_store { 0 } else { 2048 },
            objects: ptr::null_mut(),
            objects_size: 0,
            max_obj_size: 0,
            has_user: 0,
            refusals: ptr::null_mut(),
            refusal_count: 0,
            policy: omadm_policy_t::default(),
            budget: omadm_budget_t::default(),
        };
        change(&mut config);
        let client = leak(omadm_client_t {
            opaque: [0; OMADM_CLIENT_SIZE],
        });
        let program = Self {
            client,
            config,
            lamp,
        };
        assert_eq!(
            unsafe { omadm_init(client, &raw const program.config) },
            OMADM_OK
        );
        program
    }

    fn seed(&self) {
        self.set(&[
            ("./DevInfo/DevId", "lamp-1"),
            ("./Account/ServerID", "srv"),
            ("./Account/AppAddr/1/Addr", "https://dm.test/"),
            ("./Account/Ext/OmaDm/ServerAuth", "transport"),
            ("./Lamp/Room", "hall"),
        ]);
        let (uri, acl) = ("./Lamp", "Get=*&Replace=*&Exec=*");
        let (uri_data, acl_data) = (uri.as_ptr().cast(), acl.as_ptr().cast());
        let set =
            unsafe { omadm_factory_acl(self.client, uri_data, uri.len(), acl_data, acl.len()) };
        assert_eq!(set, OMADM_OK);
    }

    fn set(&self, values: &[(&str, &str)]) {
        for (uri, value) in values {
            let (uri_data, data) = (uri.as_ptr().cast(), value.as_ptr().cast());
            let set =
                unsafe { omadm_factory_set(self.client, uri_data, uri.len(), data, value.len()) };
            assert_eq!(set, OMADM_OK, "{uri}");
        }
    }

    fn get(&self, uri: &str) -> Result<String, omadm_result_t> {
        let mut buf = vec![0; 64];
        let mut len = 0;
        let (uri_data, to) = (uri.as_ptr().cast(), buf.as_mut_ptr().cast());
        match unsafe {
            omadm_local_get(
                self.client,
                uri_data,
                uri.len(),
                to,
                buf.len(),
                &raw mut len,
            )
        } {
            OMADM_OK => Ok(String::from_utf8(buf[..len].to_vec()).unwrap()),
            result => Err(result),
        }
    }

    fn start(&self) -> omadm_step_t {
        let trigger = omadm_trigger_t {
            server_id: "srv".as_ptr().cast(),
            server_id_len: 3,
            session_id: 1,
        };
        let mut step = blank();
        assert_eq!(
            unsafe { omadm_start(self.client, &raw const trigger, &raw mut step) },
            OMADM_OK
        );
        step
    }

    /// The server's next message: its MsgID, and its commands behind the statuses.
    fn answer(&self, step: &omadm_step_t, msg_id: u32, commands: &str) -> omadm_step_t {
        self.answer_part(step, msg_id, &[commands, "<Final/>"].concat())
    }

    /// The same; `rest` is everything behind the status of the header.
    fn answer_part(&self, step: &omadm_step_t, msg_id: u32, rest: &str) -> omadm_step_t {
        let message = format!(
            "<SyncML xmlns='SYNCML:SYNCML1.2'><SyncHdr><VerDTD>1.2</VerDTD><VerProto>DM/1.2</VerProto><SessionID>1</SessionID>\
             <MsgID>{msg_id}</MsgID><Target><LocURI>lamp-1</LocURI></Target><Source><LocURI>https://dm.test/</LocURI></Source>\
             </SyncHdr><SyncBody><Status><CmdID>1</CmdID><MsgRef>{msg_id}</MsgRef><CmdRef>0</CmdRef><Cmd>SyncHdr</Cmd>\
             <Data>200</Data></Status>{rest}</SyncBody></SyncML>"
        );
        assert!(message.len() <= step.space_size);
        unsafe {
            step.space
                .copy_from_nonoverlapping(message.as_ptr(), message.len())
        };
        let mime = "application/vnd.syncml.dm+xml; charset=utf-8";
        let received = omadm_received_t {
            len: message.len(),
            content_type: mime.as_ptr().cast(),
            content_type_len: mime.len(),
            hmac: ptr::null(),
            hmac_len: 0,
            peer: "dm.test".as_ptr().cast(),
            peer_len: 7,
        };
        let mut next = blank();
        let result = unsafe { omadm_receive(self.client, &raw const received, &raw mut next) };
        assert_eq!(result, OMADM_OK);
        next
    }

    fn resume(&self) -> omadm_step_t {
        let mut step = blank();
        assert_eq!(
            unsafe { omadm_resume(self.client, &raw mut step) },
            OMADM_OK
        );
        step
    }
}

impl Drop for Program {
    fn drop(&mut self) {
        unsafe { omadm_close(self.client) };
    }
}

fn blank() -> omadm_step_t {
    // SAFETY of zeroes: every field is an integer or a pointer, and 0 is a step and a result.
    unsafe { core::mem::zeroed() }
}

/// What is sent, as text; read while the object still waits for the answer.
fn body(step: &omadm_step_t) -> &str {
    assert_eq!(step.kind, OMADM_STEP_SEND);
    let uri = unsafe { slice::from_raw_parts(step.uri.cast::<u8>(), step.uri_len) };
    assert_eq!(uri, b"https://dm.test/");
    str::from_utf8(unsafe { slice::from_raw_parts(step.body, step.body_len) }).unwrap()
}

fn replace(cmd_id: u32, uri: &str, value: &str) -> String {
    format!(
        "<Replace><CmdID>{cmd_id}</CmdID><Item><Target><LocURI>{uri}</LocURI></Target><Data>{value}</Data></Item></Replace>"
    )
}

fn get(cmd_id: u32, uri: &str) -> String {
    format!(
        "<Get><CmdID>{cmd_id}</CmdID><Item><Target><LocURI>{uri}</LocURI></Target></Item></Get>"
    )
}

/// The codes of all Statuses, that of the header first.
fn codes(message: &str) -> Vec<&str> {
    let statuses = message.split("<Status>").skip(1);
    statuses
        .map(|status| {
            status
                .split("<Data>")
                .nth(1)
                .and_then(|data| data.get(..3))
                .unwrap()
        })
        .collect()
}

#[test]
fn a_session_reads_and_changes_what_stands_behind_a_handler() {
    let program = Program::new(false);
    program.seed();
    unsafe { (*program.lamp).level = 40 };
    let step = program.start();
    assert!(body(&step).contains("<Data>1201</Data>"));
    assert!(body(&step).contains("lamp-1"));
    let commands = [
        get(2, "./Lamp/Level"),
        replace(3, "./Lamp/Level", "75"),
        replace(4, "./Lamp/Level", "101"),
        "<Exec><CmdID>5</CmdID><Item><Target><LocURI>./Lamp/Blink</LocURI></Target></Item></Exec>"
            .to_owned(),
        get(6, "./Account/AppAddr/1/Addr"),
    ];
    let step = program.answer(&step, 1, &commands.concat());
    assert_eq!(
        codes(body(&step)),
        ["200", "200", "200", "409", "200", "200"]
    );
    assert!(body(&step).contains("<Data>40</Data>"));
    assert!(body(&step).contains("<Data>https://dm.test/</Data>"));
    let step = program.answer(&step, 2, "");
    assert_eq!(step.kind, OMADM_STEP_DONE);
    assert_eq!(step.report.result, OMADM_OK);
    assert_eq!((step.report.executed, step.report.refused), (4, 1));
    assert_eq!(
        (step.report.messages_sent, step.report.messages_received),
        (2, 2)
    );
    assert_eq!(unsafe { (*program.lamp).blinks }, 1);
}

#[test]
fn a_slow_handler_makes_the_program_wait_and_resume() {
    let program = Program::new(false);
    program.seed();
    unsafe { (*program.lamp).not_yet = 2 };
    let step = program.start();
    let commands = [
        replace(2, "./Lamp/Room", "attic"),
        replace(3, "./Lamp/Level", "9"),
    ];
    let step = program.answer(&step, 1, &commands.concat());
    assert_eq!(step.kind, OMADM_STEP_WAIT);
    assert!(step.body.is_null());
    assert_eq!(
        program.get("./Lamp/Room").as_deref(),
        Ok("attic"),
        "the tree can be used meanwhile"
    );
    assert_eq!(program.resume().kind, OMADM_STEP_WAIT);
    let step = program.resume();
    assert_eq!(codes(body(&step)), ["200", "200", "200"]);
    assert_eq!(unsafe { (*program.lamp).level }, 9);
}

#[test]
fn the_message_stays_readable_while_the_tree_is_used() {
    let program = Program::new(false);
    program.seed();
    let step = program.start();
    let before = body(&step).to_owned();
    assert_eq!(program.get("./Lamp/Room").as_deref(), Ok("hall"));
    assert_eq!(unsafe { omadm_detail(program.client) }, 0);
    assert_eq!(body(&step), before);
}

#[test]
fn what_the_ports_store_keeps_outlives_the_object() {
    let program = Program::new(true);
    program.seed();
    let step = program.start();
    let step = program.answer(&step, 1, &replace(2, "./Lamp/Room", "cellar"));
    assert_eq!(codes(body(&step)), ["200", "200"]);
    assert_eq!(unsafe { omadm_close(program.client) }, OMADM_OK);
    // Power was off: the memory holds nothing of use.
    unsafe {
        program
            .config
            .pool
            .write_bytes(0xFF, program.config.pool_size);
        program
            .config
            .value
            .write_bytes(0xFF, program.config.value_size);
        let nodes = program.config.nodes.cast::<u8>();
        nodes.write_bytes(0xFF, program.config.node_count * OMADM_NODE_SLOT_SIZE);
        assert_eq!(
            omadm_init(program.client, &raw const program.config),
            OMADM_OK
        );
    }
    assert_eq!(program.get("./Lamp/Room").as_deref(), Ok("cellar"));
    assert_eq!(program.get("./DevInfo/DevId").as_deref(), Ok("lamp-1"));
}

#[test]
fn without_a_store_of_the_port_values_end_with_the_object() {
    let program = Program::new(false);
    program.seed();
    assert_eq!(unsafe { omadm_close(program.client) }, OMADM_OK);
    assert_eq!(
        unsafe { omadm_init(program.client, &raw const program.config) },
        OMADM_OK
    );
    assert_eq!(program.get("./Account/ServerID").as_deref(), Ok(""));
}

#[test]
fn two_objects_know_nothing_of_each_other() {
    let (one, other) = (Program::new(false), Program::new(false));
    one.seed();
    let step = one.start();
    assert_eq!(other.get("./Account/ServerID").as_deref(), Ok(""));
    other.seed();
    let room = "./Lamp/Room";
    let set = unsafe {
        omadm_local_set(
            other.client,
            room.as_ptr().cast(),
            room.len(),
            "study".as_ptr().cast(),
            5,
        )
    };
    assert_eq!(set, OMADM_OK);
    let step = one.answer(&step, 1, &get(2, room));
    assert!(body(&step).contains("<Data>hall</Data>"));
    assert_eq!(other.get(room).as_deref(), Ok("study"));
}

#[cfg(feature = "large-object")]
#[test]
fn a_handler_takes_a_long_value_piece_by_piece() {
    let program = Program::made(false, |config| {
        // Room for its address alone.
        (config.objects, config.objects_size) = (lend(16), 16);
        config.max_obj_size = 100;
    });
    program.seed();
    let part = |cmd_id, size: &str, data, more| {
        format!(
            "<Replace><CmdID>{cmd_id}</CmdID><Item><Target><LocURI>./Lamp/Song</LocURI></Target>\
             <Meta><Format xmlns='syncml:metinf'>chr</Format>{size}</Meta><Data>{data}</Data>{more}</Item></Replace>"
        )
    };
    let size = "<Size xmlns='syncml:metinf'>11</Size>";
    let step = program.start();
    let step = program.answer_part(&step, 1, &part(2, size, "la la", "<MoreData/>"));
    assert_eq!(codes(body(&step)), ["200", "213"]);
    assert_eq!(
        unsafe { (&raw const (*program.lamp).song).as_ref() }.unwrap(),
        b"la la"
    );
    let step = program.answer(&step, 2, &part(2, "", " la la", ""));
    assert_eq!(codes(body(&step)), ["200", "200"]);
    assert_eq!(
        unsafe { (&raw const (*program.lamp).song).as_ref() }.unwrap(),
        b"la la la la"
    );
}

#[cfg(feature = "large-object")]
#[test]
fn what_no_handler_takes_in_pieces_is_collected_in_lent_memory() {
    let program = Program::made(false, |config| {
        (config.objects, config.objects_size) = (lend(64), 64);
        config.max_obj_size = 32;
    });
    program.seed();
    let part = |meta: &str, data, more| {
        format!(
            "<Replace><CmdID>2</CmdID><Item><Target><LocURI>./Lamp/Room</LocURI></Target>{meta}\
             <Data>{data}</Data>{more}</Item></Replace>"
        )
    };
    let meta = "<Meta><Size xmlns='syncml:metinf'>9</Size></Meta>";
    let step = program.start();
    let step = program.answer_part(&step, 1, &part(meta, "guest", "<MoreData/>"));
    assert_eq!(program.get("./Lamp/Room").as_deref(), Ok("hall"));
    let step = program.answer(&step, 2, &part("", "room", ""));
    assert_eq!(codes(body(&step)), ["200", "200"]);
    assert_eq!(program.get("./Lamp/Room").as_deref(), Ok("guestroom"));
}

#[cfg(feature = "atomic")]
#[test]
fn a_handler_takes_part_in_transactions() {
    let program = Program::new(false);
    program.seed();
    let lamp = program.lamp;
    unsafe {
        (*lamp).level = 40;
        (*lamp).transactions = String::new();
    }
    let atomic = |inner: &[String]| format!("<Atomic><CmdID>2</CmdID>{}</Atomic>", inner.concat());
    let refused = [
        replace(3, "./Lamp/Level", "75"),
        replace(4, "./Lamp/Level", "101"),
    ];
    let step = program.start();
    let step = program.answer(&step, 1, &atomic(&refused));
    assert_eq!(codes(body(&step)).get(1), Some(&"507"));
    assert_eq!(unsafe { (*lamp).level }, 40);
    assert_eq!(unsafe { &*lamp }.transactions, "pr");
    let step = program.answer(&step, 2, &atomic(&[replace(3, "./Lamp/Level", "75")]));
    assert_eq!(codes(body(&step)), ["200", "200", "200"]);
    assert_eq!(unsafe { (*lamp).level }, 75);
    assert_eq!(unsafe { &*lamp }.transactions, "prppc");
}

#[cfg(feature = "ui")]
mod user {
    use super::*;

    const CHOICE: &str = "<Alert><CmdID>2</CmdID><Data>1103</Data><Item><Data>MAXDT=30&amp;DR=2</Data></Item>\
        <Item><Data>Colour?</Data></Item><Item><Data>red</Data></Item><Item><Data>blue</Data></Item></Alert>";

    fn asked() -> (Program, omadm_step_t) {
        let program = Program::made(false, |config| config.has_user = 1);
        program.seed();
        let step = program.start();
        let step = program.answer(&step, 1, CHOICE);
        assert_eq!(step.kind, OMADM_STEP_ASK);
        (program, step)
    }

    fn text<'t>(data: *const core::ffi::c_char, len: usize) -> &'t str {
        str::from_utf8(unsafe { slice::from_raw_parts(data.cast(), len) }).unwrap()
    }

    #[test]
    fn the_user_chooses_and_the_server_is_told() {
        let (program, mut step) = asked();
        let question = step.question;
        assert_eq!(question.kind, OMADM_QUESTION_ONE_OF);
        assert_eq!(text(question.text, question.text_len), "Colour?");
        assert_eq!(text(question.default_text, question.default_len), "2");
        assert_eq!((question.max_wait, question.min_display), (30, 0));
        let choice = |number| {
            let (mut data, mut len) = (ptr::null(), 0);
            match unsafe { omadm_choice(&raw const question, number, &raw mut data, &raw mut len) }
            {
                OMADM_OK => Ok(text(data, len)),
                result => Err(result),
            }
        };
        assert_eq!(choice(0), Err(OMADM_ERR_ARGUMENT));
        assert_eq!(choice(1), Ok("red"));
        assert_eq!(choice(2), Ok("blue"));
        assert_eq!(choice(3), Err(OMADM_ERR_ARGUMENT));

        let (client, next) = (program.client, &raw mut step);
        let chosen = |numbers: &[u16]| unsafe {
            omadm_answer_chosen(client, numbers.as_ptr(), numbers.len(), next)
        };
        let yes = unsafe { omadm_answer(client, OMADM_ANSWER_YES, ptr::null(), 0, next) };
        assert_eq!(yes, OMADM_ERR_ANSWER);
        assert_eq!(chosen(&[3]), OMADM_ERR_ANSWER);
        assert_eq!(chosen(&[1; 65]), OMADM_ERR_ANSWER);
        assert_eq!(chosen(&[2]), OMADM_OK);
        assert_eq!(codes(body(&step)), ["200", "200"]);
        assert!(
            body(&step).contains("<Item><Data>2</Data></Item>"),
            "{}",
            body(&step)
        );
    }

    #[test]
    fn a_session_that_asks_can_be_given_up() {
        let (program, mut step) = asked();
        assert_eq!(
            unsafe { omadm_abort(program.client, &raw mut step) },
            OMADM_OK
        );
        assert!(body(&step).contains("<Data>1223</Data>"));
        let result = unsafe { omadm_abort(program.client, &raw mut step) };
        assert_eq!(result, OMADM_ERR_WRONG_CALL);
        let step = program.answer(&step, 2, "");
        assert_eq!(step.kind, OMADM_STEP_DONE);
        assert_eq!(step.report.result, OMADM_ERR_CANCELLED);
    }
}

#[test]
fn the_budget_of_the_configuration_bounds_a_session() {
    let program = Program::made(false, |config| config.budget.octets = 100);
    program.seed();
    let step = program.start();
    let step = program.answer(&step, 1, &get(2, "./Lamp/Room"));
    assert!(body(&step).contains("<Data>1223</Data>"));
    let step = program.answer(&step, 2, "");
    assert_eq!(step.report.result, OMADM_ERR_OCTETS);
}

#[test]
fn a_message_is_sent_again_as_often_as_the_budget_says() {
    let program = Program::made(false, |config| {
        (config.budget.retries, config.budget.retry_wait) = (1, 100);
    });
    program.seed();
    let failed = |step: &mut omadm_step_t| unsafe {
        omadm_failed(program.client, OMADM_FAIL_LINK, 0, &raw mut *step)
    };
    let mut step = program.start();
    assert_eq!(failed(&mut step), OMADM_OK);
    assert_eq!(step.kind, OMADM_STEP_WAIT);
    assert!((100..=125).contains(&step.until), "{}", step.until);
    let mut step = program.resume();
    assert!(body(&step).contains("<Data>1201</Data>"));
    assert_eq!(failed(&mut step), OMADM_OK);
    assert_eq!(step.report.result, OMADM_ERR_LINK);
}

#[test]
fn the_library_says_what_it_was_built_with() {
    let has = |bit| omadm_features() & bit != 0;
    assert!(has(OMADM_HAS_XML) && has(OMADM_HAS_WBXML));
    for (bit, built) in [
        (OMADM_HAS_UI, cfg!(feature = "ui")),
        (OMADM_HAS_LARGE_OBJECT, cfg!(feature = "large-object")),
        (OMADM_HAS_EVENTS, cfg!(feature = "events")),
        (OMADM_HAS_NOTIFICATION, cfg!(feature = "notification")),
        (OMADM_HAS_SHA256, cfg!(feature = "sha256")),
    ] {
        assert_eq!(has(bit), built, "{bit}");
    }
}

#[cfg(feature = "events")]
mod events {
    use super::*;

    fn event(type_name: &str, data: &str) -> omadm_event_t {
        // SAFETY of zeroes: integers, and texts that are left out.
        let mut event: omadm_event_t = unsafe { core::mem::zeroed() };
        event.format = OMADM_FORMAT_CHR;
        (event.type_name, event.type_name_len) = (type_name.as_ptr().cast(), type_name.len());
        (event.data, event.data_size) = (data.as_ptr().cast(), data.len());
        event
    }

    fn waiting(program: &Program) -> usize {
        let mut count = usize::MAX;
        let result = unsafe { omadm_waiting(program.client, &raw mut count) };
        assert_eq!(result, OMADM_OK);
        count
    }

    #[test]
    fn an_alert_waits_for_the_next_session() {
        let program = Program::new(false);
        program.seed();
        let mut burnt_out = event("org.example.lamp.burnt", "bulb 2");
        burnt_out.mark = OMADM_MARK_CRITICAL;
        let raised = unsafe { omadm_raise(program.client, &raw const burnt_out) };
        assert_eq!(raised, OMADM_OK);
        assert_eq!(waiting(&program), 1);
        let step = program.start();
        let sent = body(&step);
        for part in [
            "1226",
            "Reversed-Domain-Name: org.example.lamp.burnt",
            "critical",
            "bulb 2",
        ] {
            assert!(sent.contains(part), "{part} in {sent}");
        }
        burnt_out.mark = 8;
        let raised = unsafe { omadm_raise(program.client, &raw const burnt_out) };
        assert_eq!(raised, OMADM_ERR_ARGUMENT);
        assert_eq!(unsafe { omadm_forget_events(program.client) }, OMADM_OK);
        assert_eq!(waiting(&program), 0);
    }

    #[test]
    fn an_execution_that_only_began_is_reported_later() {
        let program = Program::new(false);
        program.seed();
        unsafe { (*program.lamp).ticket = Some(0) };
        let step = program.start();
        let exec = "<Exec><CmdID>2</CmdID><Correlator>order-66</Correlator><Item><Target>\
            <LocURI>./Lamp/Blink</LocURI></Target></Item></Exec>";
        let step = program.answer(&step, 1, exec);
        assert_eq!(codes(body(&step)), ["200", "202"]);
        assert_eq!(program.answer(&step, 2, "").kind, OMADM_STEP_DONE);

        let ticket = unsafe { (*program.lamp).ticket }.unwrap();
        let blinked = event("org.example.lamp.blinked", "3 times");
        let finish = |ticket| unsafe { omadm_finish(program.client, ticket, &raw const blinked) };
        assert_eq!(finish(ticket.wrapping_add(1)), OMADM_ERR_TICKET);
        assert_eq!(finish(ticket), OMADM_OK);
        let step = program.start();
        for part in ["1226", "order-66", "./Lamp/Blink", "3 times"] {
            assert!(body(&step).contains(part), "{part} in {}", body(&step));
        }
    }
}

#[cfg(feature = "notification")]
#[test]
fn a_notification_that_is_proved_begins_a_session() {
    // MD5 over server, secret `knock`, nonce `n0` and trigger; then the trigger: background, session 7, `srv`.
    let octets = *b"\xF7\x37\x92\x4E\x48\x64\x52\xA4\xCC\x4A\x21\xBA\x02\xE9\xA8\x07\x02\xD8\0\0\0\0\x07\x03srv";
    let program = Program::new(false);
    program.seed();
    let mut notice = core::mem::MaybeUninit::<omadm_notice_t>::uninit();
    let mut judge = |octets: &[u8]| unsafe {
        omadm_notified(
            program.client,
            octets.as_ptr(),
            octets.len(),
            notice.as_mut_ptr(),
        )
    };
    assert_eq!(judge(&octets[..20]), OMADM_ERR_NOTICE_MALFORMED);
    assert_eq!(judge(&octets), OMADM_ERR_NOTICE_CREDENTIALS);
    program.set(&[
        ("./Account/AppAuth/1/AAuthLevel", "SRVCRED"),
        ("./Account/AppAuth/1/AAuthType", "DIGEST"),
        ("./Account/AppAuth/1/AAuthSecret", "knock"),
        ("./Account/AppAuth/1/AAuthData", "n0"),
    ]);
    let mut forged = octets;
    forged[3] ^= 1;
    assert_eq!(judge(&forged), OMADM_ERR_NOTICE_DIGEST);
    assert_eq!(judge(&octets), OMADM_OK);
    assert_eq!(judge(&octets), OMADM_ERR_NOTICE_REPLAYED);
    let notice = unsafe { notice.assume_init() };
    assert_eq!((notice.session_id, notice.by_user), (7, 0));
    assert_eq!(notice.ui_mode, OMADM_UI_MODE_BACKGROUND);
    let mut step = blank();
    let started = unsafe { omadm_start_notified(program.client, &raw const notice, &raw mut step) };
    assert_eq!(started, OMADM_OK);
    assert!(body(&step).contains("<Data>1200</Data>"));
    assert!(
        body(&step).contains("<SessionID>7</SessionID>"),
        "{}",
        body(&step)
    );
}

#[cfg(feature = "reasons")]
#[test]
fn the_program_learns_why_a_command_was_refused() {
    let program = Program::made(false, |config| {
        let slot = omadm_refusal_slot_t { align: !0 };
        config.refusals = vec![slot; 2].leak().as_mut_ptr();
        config.refusal_count = 2;
    });
    program.seed();
    let step = program.start();
    let commands = [get(2, "./Lamp/Dimmer"), replace(3, "./DevInfo/DevId", "x")];
    let step = program.answer(&step, 1, &commands.concat());
    assert_eq!(program.answer(&step, 2, "").kind, OMADM_STEP_DONE);
    let kept = |index| unsafe {
        let mut refusal = core::mem::MaybeUninit::<omadm_refusal_t>::uninit();
        match omadm_refusal(program.client, index, refusal.as_mut_ptr()) {
            OMADM_OK => {
                let refusal = refusal.assume_init();
                let text = |data: *const core::ffi::c_char, len| {
                    str::from_utf8(slice::from_raw_parts(data.cast(), len)).unwrap()
                };
                let uri = text(refusal.uri, refusal.uri_len);
                let command = text(refusal.command, refusal.command_len);
                Ok((command, uri, refusal.code, refusal.reason))
            }
            result => Err(result),
        }
    };
    assert_eq!(
        kept(0),
        Ok(("Get", "./Lamp/Dimmer", 404, OMADM_ERR_NO_SUCH_NODE))
    );
    assert_eq!(
        kept(1).map(|kept| (kept.1, kept.2)),
        Ok(("./DevInfo/DevId", 405))
    );
    assert_eq!(kept(2), Err(OMADM_ERR_ARGUMENT));
}
