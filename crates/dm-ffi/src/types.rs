//! The structs and tables of functions that C and the engine share.

use core::ffi::{c_char, c_int, c_void};

use crate::result::omadm_result_t;

/// Octets of `omadm_client_t`.
#[cfg(target_pointer_width = "32")]
pub const OMADM_CLIENT_SIZE: usize = 2048;
/// Octets of `omadm_client_t`.
#[cfg(target_pointer_width = "64")]
pub const OMADM_CLIENT_SIZE: usize = 2560;

/// Octets of `work` that one mount takes.
#[cfg(target_pointer_width = "32")]
pub const OMADM_MOUNT_SIZE: usize = 16;
/// Octets of `work` that one mount takes.
#[cfg(target_pointer_width = "64")]
pub const OMADM_MOUNT_SIZE: usize = 32;

/// Octets of `omadm_node_slot_t`.
pub const OMADM_NODE_SLOT_SIZE: usize = 24;

/// Octets of `omadm_refusal_slot_t`.
#[cfg(target_pointer_width = "32")]
pub const OMADM_REFUSAL_SLOT_SIZE: usize = 96;
/// Octets of `omadm_refusal_slot_t`.
#[cfg(target_pointer_width = "64")]
pub const OMADM_REFUSAL_SLOT_SIZE: usize = 112;

/// A client with its tree: the object of every call. Opaque, owned by the caller.
///
/// It must be zeroed before its first omadm_init() (a static is; `= { 0 }` does it) and must stay where it is until
/// omadm_close(). Accounts and secrets are not kept in it but in the store.
#[repr(C)]
pub union omadm_client_t {
    /// Not for the caller.
    pub opaque: [u8; OMADM_CLIENT_SIZE],
    /// Gives the alignment.
    pub align: u64,
}

/// Memory of one live node. Opaque; need not be initialised.
#[repr(C)]
#[derive(Clone, Copy)]
pub union omadm_node_slot_t {
    /// Not for the caller.
    pub opaque: [u8; OMADM_NODE_SLOT_SIZE],
    /// Gives the alignment.
    pub align: u32,
}

/// Memory of one refusal. Opaque; need not be initialised.
#[repr(C)]
#[derive(Clone, Copy)]
pub union omadm_refusal_slot_t {
    /// Not for the caller.
    pub opaque: [u8; OMADM_REFUSAL_SLOT_SIZE],
    /// Gives the alignment.
    pub align: u64,
}

impl core::fmt::Debug for omadm_refusal_slot_t {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.write_str("omadm_refusal_slot_t")
    }
}

impl core::fmt::Debug for omadm_client_t {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.write_str("omadm_client_t")
    }
}

impl core::fmt::Debug for omadm_node_slot_t {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.write_str("omadm_node_slot_t")
    }
}

/// The description of one node, as the DDF compiler prints it. 22 octets of integers; offsets and lengths count octets
/// of the schema's text.
#[repr(C)]
#[derive(Clone, Copy, Debug)]
pub struct omadm_node_desc_t {
    /// Where the name starts.
    pub name: u16,
    /// Length of the name; 0: the name is chosen when the node is created.
    pub name_len: u8,
    /// Format, as OMADM_FORMAT_... says.
    pub format: u8,
    /// Index of the parent's description; 0 for the root itself.
    pub parent: u16,
    /// Index of the first child's description.
    pub first_child: u16,
    /// Number of children, which stand one after the other.
    pub children: u16,
    /// AccessType: Add 1, Copy 2, Delete 4, Exec 8, Get 16, Replace 32.
    pub access: u8,
    /// Permanent 1, case-insensitive 2, has Size 4, Title 8, TStamp 16, VerNo 32, required 64, has a default value 128.
    pub flags: u8,
    /// How many nodes may exist below one parent; 0: no bound.
    pub max: u16,
    /// Where the MIME types (leaf) or the management object identifier (interior node) start.
    pub mime: u16,
    /// Length of it.
    pub mime_len: u8,
    /// Zero.
    pub reserved: u8,
    /// Where the default value starts.
    pub default_value: u16,
    /// Length of the default value.
    pub default_len: u16,
}

/// All descriptions of a device, and their text. Made from DDF files by the DDF compiler, normally `const`.
#[repr(C)]
#[derive(Clone, Copy, Debug)]
pub struct omadm_schema_t {
    /// The descriptions; the first one is the root.
    pub nodes: *const omadm_node_desc_t,
    /// Number of descriptions.
    pub node_count: usize,
    /// Names, MIME types, identifiers and default values.
    pub text: *const u8,
    /// Octets of it.
    pub text_size: usize,
}

/// Format of a value. One of OMADM_FORMAT_...
pub type omadm_format_t = u8;
/// An interior node.
pub const OMADM_FORMAT_NODE: omadm_format_t = 0;
/// Text, UTF-8.
pub const OMADM_FORMAT_CHR: omadm_format_t = 1;
/// A number of 32 bits, in decimal digits.
pub const OMADM_FORMAT_INT: omadm_format_t = 2;
/// `true` or `false`.
pub const OMADM_FORMAT_BOOL: omadm_format_t = 3;
/// Octets; Base64 in XML messages only.
pub const OMADM_FORMAT_B64: omadm_format_t = 4;
/// Octets.
pub const OMADM_FORMAT_BIN: omadm_format_t = 5;
/// XML.
pub const OMADM_FORMAT_XML: omadm_format_t = 6;
/// No value.
pub const OMADM_FORMAT_NULL: omadm_format_t = 7;
/// An ISO 8601 date.
pub const OMADM_FORMAT_DATE: omadm_format_t = 8;
/// An ISO 8601 time.
pub const OMADM_FORMAT_TIME: omadm_format_t = 9;
/// A number of single precision.
pub const OMADM_FORMAT_FLOAT: omadm_format_t = 10;
/// The command does not say; that of the node is meant.
pub const OMADM_FORMAT_NONE: omadm_format_t = 255;

/// A piece of memory that is read.
#[repr(C)]
#[derive(Clone, Copy, Debug)]
pub struct omadm_bytes_t {
    /// The octets.
    pub data: *const u8,
    /// Number of octets.
    pub size: usize,
}

/// What a store callback came to. One of OMADM_STORE_...
pub type omadm_store_result_t = u32;
/// Done.
pub const OMADM_STORE_DONE: omadm_store_result_t = 0;
/// Only from `store_read`: there is no such record.
pub const OMADM_STORE_NONE: omadm_store_result_t = 1;
/// No room for the record.
pub const OMADM_STORE_FULL: omadm_store_result_t = 2;
/// The record is longer than the buffer, or than any record may be.
pub const OMADM_STORE_TOO_LARGE: omadm_store_result_t = 3;
/// The medium failed, or its content is damaged. So is every other number.
pub const OMADM_STORE_FAILED: omadm_store_result_t = 4;

/// Most pieces that `store_write` is given.
pub const OMADM_STORE_PARTS_MAX: usize = 16;

/// What the client needs from the firmware: time, random octets, and a place for values.
///
/// Every function gets `user` of the configuration first and runs on the thread that called the client. Calls back into
/// the same client are answered OMADM_ERR_BUSY, except omadm_put(), omadm_put_int() and omadm_detail().
///
/// The three store functions are given together or not at all; without them values are kept in `store` of the
/// configuration and lost on restart. A store keeps one promise: when power fails during `store_write` or `store_erase`,
/// the record is afterwards what it was before or what the call made of it, and no other record has changed. What they
/// report done survives power failure; what they report failed has changed nothing.
#[repr(C)]
#[derive(Clone, Copy, Debug)]
pub struct omadm_port_t {
    /// Fills `size` octets at `buf` from a real random source: they become nonces. Returns 0 when done.
    pub random: Option<unsafe extern "C" fn(user: *mut c_void, buf: *mut u8, size: usize) -> c_int>,
    /// Returns milliseconds of a clock that never runs backwards (since boot, say).
    pub now: Option<unsafe extern "C" fn(user: *mut c_void) -> u64>,
    /// Returns seconds since 1970-01-01T00:00:00Z, 0 when the device does not know. NULL: never known.
    pub utc: Option<unsafe extern "C" fn(user: *mut c_void) -> u64>,
    /// Copies the record `key` to `buf` and its length to `*len`. When it is longer than `size`: nothing but its length,
    /// and OMADM_STORE_TOO_LARGE.
    pub store_read: Option<
        unsafe extern "C" fn(
            user: *mut c_void,
            key: u32,
            buf: *mut u8,
            size: usize,
            len: *mut usize,
        ) -> omadm_store_result_t,
    >,
    /// Makes the `count` pieces at `parts`, one after the other, the record `key`. At most OMADM_STORE_PARTS_MAX pieces,
    /// none of them empty.
    pub store_write: Option<
        unsafe extern "C" fn(
            user: *mut c_void,
            key: u32,
            parts: *const omadm_bytes_t,
            count: usize,
        ) -> omadm_store_result_t,
    >,
    /// Removes the record `key`. Done, too, when there is none.
    pub store_erase:
        Option<unsafe extern "C" fn(user: *mut c_void, key: u32) -> omadm_store_result_t>,
}

/// What a handler came to: one of the three below, or the DM status code (400 to 599) of a refusal. Every other number
/// refuses with 500.
pub type omadm_outcome_t = u32;
/// Finished.
pub const OMADM_DONE: omadm_outcome_t = 0;
/// Not ready. Everything is as it was before the call; the client gives OMADM_STEP_WAIT and makes the same call again.
pub const OMADM_NOT_YET: omadm_outcome_t = 1;
/// Only from `exec`: started, and reported later with the ticket.
pub const OMADM_STARTED: omadm_outcome_t = 2;

/// The node that a handler is asked about. Its texts end with the callback.
#[repr(C)]
#[derive(Clone, Copy, Debug)]
pub struct omadm_at_t {
    /// Number of its description, as the macros of the generated schema header.
    pub id: u16,
    /// Its path below the mounted node, without a leading `/`; empty for the mounted node itself.
    pub path: *const c_char,
    /// Octets of it.
    pub path_len: usize,
    /// Its name.
    pub name: *const c_char,
    /// Octets of it.
    pub name_len: usize,
}

/// A value on its way into the tree. Its octets end with the callback.
#[repr(C)]
#[derive(Clone, Copy, Debug)]
pub struct omadm_value_t {
    /// OMADM_FORMAT_... as the command says, or OMADM_FORMAT_NONE.
    pub format: omadm_format_t,
    /// MIME type as the command says; empty when it does not.
    pub mime: *const c_char,
    /// Octets of it.
    pub mime_len: usize,
    /// The octets, decoded from the transport form; NULL when the command has none.
    pub data: *const u8,
    /// Number of octets.
    pub size: usize,
}

/// Takes the value that a handler gives; see omadm_put(). Opaque.
#[derive(Debug)]
pub struct omadm_sink_t {
    _opaque: [u8; 0],
}

/// What stands behind a mounted node and everything below it. Normally `const`; a NULL function refuses, with 405 unless
/// its comment says more.
///
/// Path, schema, AccessType, ACL, format and type are checked before any of these is called. The rules for callbacks of
/// `omadm_port_t` hold here too; `user` is that of the mount.
#[repr(C)]
#[derive(Clone, Copy, Debug)]
pub struct omadm_handler_t {
    /// Gives the whole value of a leaf with omadm_put(). May be called several times for one reading, to measure and to
    /// continue; the value should be the same each time.
    pub get: Option<
        unsafe extern "C" fn(
            user: *mut c_void,
            at: *const omadm_at_t,
            out: *mut omadm_sink_t,
        ) -> omadm_outcome_t,
    >,
    /// Takes a new value of a leaf.
    pub replace: Option<
        unsafe extern "C" fn(
            user: *mut c_void,
            at: *const omadm_at_t,
            value: *const omadm_value_t,
        ) -> omadm_outcome_t,
    >,
    /// A node is about to be created, with its missing ancestors below the mounted node.
    pub add: Option<
        unsafe extern "C" fn(
            user: *mut c_void,
            at: *const omadm_at_t,
            value: *const omadm_value_t,
        ) -> omadm_outcome_t,
    >,
    /// Delete: a node is about to be removed with everything below it. (The whole word is reserved in C++.)
    pub del:
        Option<unsafe extern "C" fn(user: *mut c_void, at: *const omadm_at_t) -> omadm_outcome_t>,
    /// Executes the node. OMADM_STARTED promises that omadm_finish() is called with `ticket` later, from outside of
    /// callbacks; in builds without the feature `events` the server is told 202 and no result follows.
    pub exec: Option<
        unsafe extern "C" fn(
            user: *mut c_void,
            at: *const omadm_at_t,
            argument: *const omadm_value_t,
            ticket: u32,
        ) -> omadm_outcome_t,
    >,
    /// A node is about to get the name `name`; `at` has the old one.
    pub rename: Option<
        unsafe extern "C" fn(
            user: *mut c_void,
            at: *const omadm_at_t,
            name: *const c_char,
            name_len: usize,
        ) -> omadm_outcome_t,
    >,
    /// Takes `size` octets at `offset` of a value of `total` octets that comes in pieces, in order and from 0 on. The
    /// value counts from the piece that completes it. NULL: values in pieces are collected in `objects` of the
    /// configuration and handed over whole. Called with the feature `large-object` only.
    pub write: Option<
        unsafe extern "C" fn(
            user: *mut c_void,
            at: *const omadm_at_t,
            offset: u32,
            total: u32,
            data: *const u8,
            size: usize,
        ) -> omadm_outcome_t,
    >,
    /// Makes what was done in transaction `txn` durable but invisible. The first call comes before the first change and
    /// asks whether the handler takes part; from then on it keeps changes apart, while `get` shows them, until `commit` or
    /// `roll_back`. The second call comes before `commit`. NULL: nothing behind the handler changes inside an Atomic.
    /// This function and the two below are called with the feature `atomic` only.
    pub prepare: Option<unsafe extern "C" fn(user: *mut c_void, txn: u32) -> omadm_outcome_t>,
    /// Makes what was prepared visible. omadm_init() calls it with the number of the last transaction, whether or not the
    /// handler took part: what was not prepared under this number is not meant.
    pub commit: Option<unsafe extern "C" fn(user: *mut c_void, txn: u32)>,
    /// Forgets what was done or prepared. omadm_init() calls it with the number of the next transaction, which a restart
    /// may have broken off. OMADM_DONE: nothing is left of it; a DM status code from 400 to 599: something could not be taken
    /// back, and what the Atomic executed is answered 516 instead of 216.
    pub roll_back: Option<unsafe extern "C" fn(user: *mut c_void, txn: u32) -> omadm_outcome_t>,
}

/// Puts a handler behind every live node of one description and everything below it. Of two mounts on one path the
/// lower one counts.
#[repr(C)]
#[derive(Clone, Copy, Debug)]
pub struct omadm_mount_t {
    /// Number of the description, as the macros of the generated schema header.
    pub at: u16,
    /// The handler; kept, not copied.
    pub handler: *const omadm_handler_t,
    /// First argument of its functions.
    pub user: *mut c_void,
}

/// Encoding of messages. One of the two below.
pub type omadm_encoding_t = u32;
/// WBXML, `application/vnd.syncml.dm+wbxml`.
pub const OMADM_WBXML: omadm_encoding_t = 0;
/// XML, `application/vnd.syncml.dm+xml`.
pub const OMADM_XML: omadm_encoding_t = 1;

/// No limit, for `max_depth`, `max_tot_len` and `max_seg_len`.
pub const OMADM_NO_LIMIT: u16 = 0xFFFF;

/// The weakest scheme that either side may prove itself with. One of OMADM_STRENGTH_...
pub type omadm_strength_t = u8;
/// `syncml:auth-basic`: the secret itself.
pub const OMADM_STRENGTH_BASIC: omadm_strength_t = 0;
/// `syncml:auth-md5`, and seals with MD5.
pub const OMADM_STRENGTH_MD5: omadm_strength_t = 1;
/// `syncml:auth-SHA256`; only with the feature `sha256`.
pub const OMADM_STRENGTH_SHA256: omadm_strength_t = 2;

/// How long a server is believed that has proved itself with credentials. One of OMADM_PROOF_...
pub type omadm_proof_t = u8;
/// For one message where the transport does not prove the server, else for the session.
pub const OMADM_PROOF_PER_MESSAGE_OVER_PLAIN: omadm_proof_t = 0;
/// For one message over every transport.
pub const OMADM_PROOF_PER_MESSAGE: omadm_proof_t = 1;
/// For the session.
pub const OMADM_PROOF_PER_SESSION: omadm_proof_t = 2;

/// What is taken for a proof. Zeroed: every MUST of the 1.2 security specification, and nothing that keeps a 1.2 server
/// out.
#[repr(C)]
#[derive(Clone, Copy, Default, Debug)]
pub struct omadm_policy_t {
    /// OMADM_STRENGTH_...: schemes below are neither used nor taken.
    pub weakest: omadm_strength_t,
    /// Not 0: passwords are shown over secured transports only. 0: as the account says.
    pub passwords_secured: u8,
    /// OMADM_PROOF_...: how often the server has to prove itself.
    pub server_proof: omadm_proof_t,
    /// Not 0: both sides may meet on the special nonce when a notification asks for it.
    pub resync: u8,
}

/// How much a session may take. A 0 stands for the default.
#[repr(C)]
#[derive(Clone, Copy, Default, Debug)]
pub struct omadm_budget_t {
    /// Octets received in one session. 0: no bound.
    pub octets: u32,
    /// Milliseconds before the first retry; each further one waits twice as long. 0: 2000.
    pub retry_wait: u32,
    /// Messages of the server in one session. 0: 2000.
    pub messages: u16,
    /// Commands and Statuses in one message. 0: 1024.
    pub commands: u16,
    /// How often a message is handed out again when the transport failed before an answer came.
    pub retries: u8,
}

/// Everything an object is made of. Zero what is not used (`= { 0 }` or designated initialisers).
///
/// Its layout does not depend on the features of the build; what asks for a missing one is answered OMADM_ERR_FEATURE.
///
/// The struct itself is copied. What its pointers lead to is lent until omadm_close(): `schema` and `mounts` are only
/// read, and must not change; the memory below them is the client's alone. Its pieces must not overlap.
#[repr(C)]
#[derive(Clone, Copy, Debug)]
pub struct omadm_config_t {
    /// `sizeof(omadm_config_t)`, so that a header of another version is found out.
    pub size: usize,
    /// What the device looks like.
    pub schema: *const omadm_schema_t,
    /// The firmware's functions; copied.
    pub port: *const omadm_port_t,
    /// First argument of the port's functions.
    pub user: *mut c_void,
    /// Handlers; may be NULL when there are none.
    pub mounts: *const omadm_mount_t,
    /// Number of them.
    pub mount_count: usize,
    /// Encoding that sessions begin in. That of the server's answers is taken over.
    pub encoding: omadm_encoding_t,
    /// Most segments of a URI. 0: 16.
    pub max_depth: u16,
    /// Most characters of a URI. 0: 127.
    pub max_tot_len: u16,
    /// Most characters of one segment. 0: 32.
    pub max_seg_len: u16,
    /// One message of the server, and behind it the next one: the MaxMsgSize that the client announces, and 512 octets
    /// more for WBXML, 1536 for XML. At least 1024 and these.
    pub rx: *mut u8,
    /// Octets of it.
    pub rx_size: usize,
    /// One message of the client.
    pub tx: *mut u8,
    /// Octets of it.
    pub tx_size: usize,
    /// OMADM_MOUNT_SIZE octets for each mount (and 7 for alignment); the rest holds addresses and values that came in
    /// several pieces or escaped, so it should be as long as the longest of them. May be NULL with WBXML servers that
    /// send plain strings, when there are no mounts.
    pub work: *mut u8,
    /// Octets of it.
    pub work_size: usize,
    /// One slot for each node that may exist, permanent ones and the root included.
    pub nodes: *mut omadm_node_slot_t,
    /// Number of slots; at most 65534 are used.
    pub node_count: usize,
    /// Names that the schema does not give, ACLs, titles and types: their octets, and 6 more for each.
    pub pool: *mut u8,
    /// Octets of it; at most 65535 are used.
    pub pool_size: usize,
    /// Scratch for one stored record, that is the longest value of a leaf, and with a store of the port also the name, type,
    /// ACL and title of its node; and for the path of a node below its mount.
    pub value: *mut u8,
    /// Octets of it.
    pub value_size: usize,
    /// Memory of the built-in store; NULL when the port has one.
    pub store: *mut u8,
    /// Octets of it; at most 65536 are used.
    pub store_size: usize,
    /// Feature `large-object`: address and MIME type of a value that comes in several messages, and behind them the value
    /// itself, unless a handler takes it piece by piece. May be NULL when there are none.
    pub objects: *mut u8,
    /// Octets of it.
    pub objects_size: usize,
    /// Feature `large-object`: octets of the largest object, as the server is told. 0: none is taken in pieces.
    pub max_obj_size: u32,
    /// Feature `ui`: not 0 when there is somebody to ask, so that questions become OMADM_STEP_ASK. Their texts stand in
    /// `work` meanwhile. 0: the server is told that there is no user.
    pub has_user: u32,
    /// Feature `reasons`: memory for the refusals of a session; see omadm_refusal(). May be NULL.
    pub refusals: *mut omadm_refusal_slot_t,
    /// Number of slots.
    pub refusal_count: usize,
    /// What is taken for a proof.
    pub policy: omadm_policy_t,
    /// How much a session may take.
    pub budget: omadm_budget_t,
    /// Feature `notification`: what notifications have to keep to, beyond being right.
    pub notices: omadm_notice_rules_t,
}

/// What notifications have to keep to, beyond being right. A 0 stands for the default.
#[repr(C)]
#[derive(Clone, Copy, Default, PartialEq, Eq, Debug)]
pub struct omadm_notice_rules_t {
    /// Seconds after which there may be one more session than `burst`. 0: 600.
    pub interval: u32,
    /// Sessions that the notifications of one server may bring about in a row. 0: 8.
    pub burst: u8,
    /// Not 0: takes notifications whose version says 1.0 or 1.2, as some servers write it, besides 1.1.
    pub lenient_version: u8,
    /// Feature `profile13`, not 0: checks a 1.3 notification with the credentials of the server's sessions when the account
    /// has none for notifications.
    pub session_credentials: u8,
}

/// Why a session starts. Zeroed: the device wants to talk to the server of its first account.
#[repr(C)]
#[derive(Clone, Copy, Debug)]
pub struct omadm_trigger_t {
    /// ServerID of the account to use; NULL: the first one.
    pub server_id: *const c_char,
    /// Octets of it.
    pub server_id_len: usize,
    /// SessionID to use; 0: the account's next one.
    pub session_id: u16,
}

/// One answer of the server, whose octets are in `space` of the step.
#[repr(C)]
#[derive(Clone, Copy, Debug)]
pub struct omadm_received_t {
    /// Octets received. 0: the server had nothing to say.
    pub len: usize,
    /// Media type as the transport tells it, parameters allowed. Empty: the first octet decides.
    pub content_type: *const c_char,
    /// Octets of it.
    pub content_type_len: usize,
    /// Value of the x-syncml-hmac header; NULL when there was none.
    pub hmac: *const c_char,
    /// Octets of it.
    pub hmac_len: usize,
    /// The name that the peer proved to have (a verified TLS server certificate, say); NULL when it proved nothing.
    pub peer: *const c_char,
    /// Octets of it.
    pub peer_len: usize,
}

/// Why a message could not be exchanged. One of OMADM_FAIL_...
pub type omadm_failure_t = u32;
/// No connection, or it broke.
pub const OMADM_FAIL_LINK: omadm_failure_t = 0;
/// No answer in time.
pub const OMADM_FAIL_TIMEOUT: omadm_failure_t = 1;
/// The name or certificate of the peer could not be verified.
pub const OMADM_FAIL_TLS: omadm_failure_t = 2;
/// An HTTP status that is not a success.
pub const OMADM_FAIL_HTTP: omadm_failure_t = 3;
/// The answer does not follow the transport's rules.
pub const OMADM_FAIL_PROTOCOL: omadm_failure_t = 4;
/// The answer is larger than the space for it.
pub const OMADM_FAIL_TOO_LARGE: omadm_failure_t = 5;
/// The host gave up.
pub const OMADM_FAIL_CANCELLED: omadm_failure_t = 6;

/// The user's answer to a question. One of OMADM_ANSWER_...
pub type omadm_answer_t = u32;
/// Yes, or seen.
pub const OMADM_ANSWER_YES: omadm_answer_t = 0;
/// No.
pub const OMADM_ANSWER_NO: omadm_answer_t = 1;
/// The user broke off.
pub const OMADM_ANSWER_CANCELLED: omadm_answer_t = 2;
/// Nobody answered in time.
pub const OMADM_ANSWER_TIMED_OUT: omadm_answer_t = 3;
/// Text that was typed.
pub const OMADM_ANSWER_TEXT: omadm_answer_t = 4;
/// It cannot be shown: too long, too many choices, no screen.
pub const OMADM_ANSWER_NOT_SHOWN: omadm_answer_t = 5;

/// What kind of answer a question takes. One of OMADM_QUESTION_...
pub type omadm_question_kind_t = u32;
/// The text is only shown: OMADM_ANSWER_YES when it was.
pub const OMADM_QUESTION_DISPLAY: omadm_question_kind_t = 0;
/// OMADM_ANSWER_YES or OMADM_ANSWER_NO.
pub const OMADM_QUESTION_CONFIRM: omadm_question_kind_t = 1;
/// OMADM_ANSWER_TEXT.
pub const OMADM_QUESTION_TEXT: omadm_question_kind_t = 2;
/// omadm_answer_chosen() with one number.
pub const OMADM_QUESTION_ONE_OF: omadm_question_kind_t = 3;
/// omadm_answer_chosen() with any number of numbers.
pub const OMADM_QUESTION_SOME_OF: omadm_question_kind_t = 4;
/// A notification asks for a session, and the user shall know: it begins after any answer.
pub const OMADM_QUESTION_SESSION_BEGINS: omadm_question_kind_t = 5;
/// As before, and it begins after OMADM_ANSWER_YES only.
pub const OMADM_QUESTION_SESSION_WANTED: omadm_question_kind_t = 6;
/// A kind that this version of the API has no name for; answer OMADM_ANSWER_NOT_SHOWN.
pub const OMADM_QUESTION_OTHER: omadm_question_kind_t = 7;

/// What may be typed, and how it is handed over. One of OMADM_INPUT_...
pub type omadm_input_t = u32;
/// Any text.
pub const OMADM_INPUT_ANY: omadm_input_t = 0;
/// Digits, decimal point and sign.
pub const OMADM_INPUT_NUMERIC: omadm_input_t = 1;
/// A date, as `DDMMYYYY`.
pub const OMADM_INPUT_DATE: omadm_input_t = 2;
/// A time, as `hhmmss`.
pub const OMADM_INPUT_TIME: omadm_input_t = 3;
/// A phone number: digits, `+` in front, `p`, `w`, `s`.
pub const OMADM_INPUT_PHONE: omadm_input_t = 4;
/// An address, as `xxx.yyy.zzz.www`.
pub const OMADM_INPUT_IP_ADDRESS: omadm_input_t = 5;

/// What the caller has to do.
#[repr(u32)]
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum omadm_step_kind_t {
    /// The session is over; see `report`. The next call is omadm_start().
    OMADM_STEP_DONE = 0,
    /// Send `body` to `uri`, read the answer into `space`, then call omadm_receive(), or omadm_failed() when it cannot
    /// be done.
    OMADM_STEP_SEND = 1,
    /// Nothing can be done before `until`, or a sign from a handler; then call omadm_resume().
    OMADM_STEP_WAIT = 2,
    /// Ask the user `question`, then call omadm_answer() or omadm_answer_chosen(). Given only when the configuration
    /// `has_user`.
    OMADM_STEP_ASK = 3,
}

/// What happened in a session.
#[repr(C)]
#[derive(Clone, Copy, Debug)]
pub struct omadm_report_t {
    /// OMADM_OK: everything was said and the server closed the session. Else why it broke off.
    pub result: omadm_result_t,
    /// The number that goes with `result`, as omadm_detail() gives it.
    pub detail: u32,
    /// Messages handed out for sending, repeats included.
    pub messages_sent: u16,
    /// Messages of the server that were taken.
    pub messages_received: u16,
    /// Commands of the server that were executed with success.
    pub executed: u16,
    /// Commands of the server that were refused.
    pub refused: u16,
}

/// A question for the user, or a text to show.
#[repr(C)]
#[derive(Clone, Copy, Debug)]
pub struct omadm_question_t {
    /// OMADM_QUESTION_...
    pub kind: omadm_question_kind_t,
    /// OMADM_INPUT_...; OMADM_QUESTION_TEXT only.
    pub input: omadm_input_t,
    /// What to show.
    pub text: *const c_char,
    /// Octets of it.
    pub text_len: usize,
    /// The choices, packed; read them with omadm_choice().
    pub choices: *const u8,
    /// Octets of it.
    pub choices_size: usize,
    /// What the answer begins with: a text, `0` or `1`, or numbers joined with `-`. Empty: nothing.
    pub default_text: *const c_char,
    /// Octets of it.
    pub default_len: usize,
    /// Seconds that it shall be shown at least; a hint. 0: not said.
    pub min_display: u32,
    /// Seconds to wait for an answer at most, then OMADM_ANSWER_TIMED_OUT. 0: not said.
    pub max_wait: u32,
    /// Characters of a typed text at most. 0: not said.
    pub max_len: u32,
    /// Not 0: what is typed is not shown.
    pub hidden: u32,
}

/// What the caller has to do next, and what he needs for it. Fields of another kind are zero.
///
/// Its pointers lead into the object and the lent memory; they hold until the next call that gives a step, or
/// omadm_close().
#[repr(C)]
#[derive(Clone, Copy, Debug)]
pub struct omadm_step_t {
    /// What to do.
    pub kind: omadm_step_kind_t,
    /// SEND: where to.
    pub uri: *const c_char,
    /// Octets of it.
    pub uri_len: usize,
    /// SEND: media type of the body.
    pub content_type: *const c_char,
    /// Octets of it.
    pub content_type_len: usize,
    /// SEND: value of the x-syncml-hmac header; NULL when none has to be sent.
    pub hmac: *const c_char,
    /// Octets of it.
    pub hmac_len: usize,
    /// SEND: the message.
    pub body: *const u8,
    /// Octets of it.
    pub body_len: usize,
    /// SEND: where the answer goes.
    pub space: *mut u8,
    /// Octets of it.
    pub space_size: usize,
    /// WAIT: milliseconds of the port's clock; 0: whenever it is convenient.
    pub until: u64,
    /// ASK: what to ask. Its texts end with omadm_raise() and omadm_finish(), too.
    pub question: omadm_question_t,
    /// DONE: what happened.
    pub report: omadm_report_t,
}
