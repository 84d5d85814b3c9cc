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

mod abilities;
mod doors;
mod nodes;

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
    /// What was done in a transaction cannot be taken back.
    sticks: bool,
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

unsafe extern "C" fn roll_back(user: *mut c_void, _: u32) -> u32 {
    let lamp = unsafe { &mut *user.cast::<Lamp>() };
    if let Some(level) = lamp.level_before.take() {
        lamp.level = level;
    }
    lamp.transactions.push('r');
    if lamp.sticks { 500 } else { OMADM_DONE }
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
            dm_ddf::compile(&[
                dm_ddf::Model::parse("lamp.ddf", include_str!("../lamp.ddf")).unwrap(),
            ])
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
            notices: omadm_notice_rules_t::default(),
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
