//! Making and ending an object.

use core::ffi::c_char;
use core::slice;

#[cfg(feature = "reasons")]
use dm_core::Refusal;
use dm_core::{Budget, Client, Encoding, Memory, Passwords, Policy, ServerProof, Strength};
use dm_tree::{
    DescId, Mount, NodeDesc, NodeSlot, RamStore, Schema, Store, Tree, TreeMemory, UriLimits,
};

use crate::guard::{self, Piece};
use crate::handler::Mounted;
use crate::object::{self, Entered, Object, Raw};
use crate::port::PortStore;
use crate::result::{
    Fault,
    omadm_result_t::{self, *},
};
use crate::types::{
    OMADM_MOUNT_SIZE, OMADM_NO_LIMIT, OMADM_PROOF_PER_MESSAGE, OMADM_PROOF_PER_MESSAGE_OVER_PLAIN,
    OMADM_PROOF_PER_SESSION, OMADM_STRENGTH_BASIC, OMADM_STRENGTH_MD5, OMADM_STRENGTH_SHA256,
    OMADM_WBXML, OMADM_XML, omadm_budget_t, omadm_client_t, omadm_config_t, omadm_mount_t,
    omadm_notice_rules_t, omadm_policy_t, omadm_port_t, omadm_schema_t,
};

const _: () = {
    assert!(size_of::<Mount<'static>>() + size_of::<Mounted>() <= OMADM_MOUNT_SIZE);
    assert!(align_of::<Mounted>() == align_of::<Mount<'static>>());
    assert!(align_of::<Mount<'static>>() <= 8);
    // What a failed initialisation leaves behind may be overwritten.
    assert!(!core::mem::needs_drop::<PortStore>());
};

/// Makes an object and opens its tree: the root, every required permanent node, and what the port's store remembers.
///
/// @param client  memory of the object, zeroed or closed before
/// @param config  what it is made of; copied
/// @retval OMADM_OK                     done; the object must stay where it is until omadm_close()
/// @retval OMADM_ERR_NULL               an argument or a pointer of the configuration that is needed is NULL
/// @retval OMADM_ERR_WRONG_CALL         the object is in use: omadm_close() first
/// @retval OMADM_ERR_CONFIG_SIZE        header and library are of different versions
/// @retval OMADM_ERR_ALIGNMENT          `client`, `nodes` or a table is misaligned
/// @retval OMADM_ERR_OVERLAP            two pieces of memory overlap
/// @retval OMADM_ERR_RANGE              memory reaches beyond the address space
/// @retval OMADM_ERR_ENCODING           not part of this build
/// @retval OMADM_ERR_FEATURE            the configuration asks for what is not part of this build
/// @retval OMADM_ERR_ARGUMENT           a number of the configuration is none of those that its field takes
/// @retval OMADM_ERR_SCHEMA             the schema is broken
/// @retval OMADM_ERR_MOUNT              a mount names no described node, or has no handler
/// @retval OMADM_ERR_PORT               `random` or `now` is NULL, or some store functions are and others are not
/// @retval OMADM_ERR_RX_TOO_SMALL       see `rx`
/// @retval OMADM_ERR_WORK_TOO_SMALL     see `work`
/// @retval OMADM_ERR_FULL               `nodes`, `pool` or the store have no room for the permanent nodes
/// @retval OMADM_ERR_BUSY               called from a callback
/// @return another code from 4000 (device); the object is then as before
///
/// Threads: one at a time for one object; not from an interrupt. Cost: clears the lent memory, one `store_read` for each
/// permanent leaf at most.
///
/// # Safety
/// The pointers lead to what the contract says; `client` was zeroed before its first initialisation.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn omadm_init(
    client: *mut omadm_client_t,
    config: *const omadm_config_t,
) -> omadm_result_t {
    // SAFETY: the contract of this function.
    let outcome = unsafe {
        match Raw::begin(client) {
            Ok(raw) => match fill(&raw, config) {
                Ok(()) => {
                    raw.complete();
                    Ok(())
                }
                Err(fault) => {
                    raw.give_up();
                    Err(fault.result)
                }
            },
            Err(result) => Err(result),
        }
    };
    outcome.err().unwrap_or(OMADM_OK)
}

/// Ends an object and zeroes it; a session under way is dropped. Everything that was lent is the caller's again. Lent
/// memory is not cleared: it may hold messages with credentials.
///
/// @param client  the object
/// @retval OMADM_OK                    done
/// @retval OMADM_ERR_NULL              `client` is NULL
/// @retval OMADM_ERR_NOT_INITIALISED   it is not in use
/// @retval OMADM_ERR_BUSY              called from a callback
///
/// Threads: one at a time for one object; not from an interrupt. Cost: none to speak of.
///
/// # Safety
/// `client` is NULL, or leads to an object that was zeroed before its first initialisation.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn omadm_close(client: *mut omadm_client_t) -> omadm_result_t {
    // SAFETY: the contract of this function.
    match unsafe { Entered::enter(client) } {
        Ok(call) => {
            call.close();
            OMADM_OK
        }
        Err(result) => result,
    }
}

/// The number that goes with the last result other than OMADM_OK: the DM status code of a refusal, the octets that are
/// needed, the octet where reading ended. See `omadm_result_t`.
///
/// @param client  the object
/// @return the number; 0 when there is none, after a call that went well, and for an object that is not initialised
///
/// Threads: one at a time for one object; allowed in callbacks. Cost: none to speak of.
///
/// # Safety
/// `client` is NULL, or leads to an object that was zeroed before its first initialisation.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn omadm_detail(client: *const omadm_client_t) -> u32 {
    // SAFETY: the contract of this function.
    unsafe { object::detail(client) }
}

/// The version of the library.
///
/// @return such as "0.1.0", terminated by NUL, constant
///
/// Threads: any, also from an interrupt. Cost: none to speak of.
#[unsafe(no_mangle)]
pub extern "C" fn omadm_version() -> *const c_char {
    concat!(env!("CARGO_PKG_VERSION"), "\0").as_ptr().cast()
}

/// Checks the configuration and writes every field of the object but the first two.
///
/// # Safety
/// As for `omadm_init`.
unsafe fn fill(raw: &Raw, config: *const omadm_config_t) -> Result<(), Fault> {
    // SAFETY: the contract of `omadm_init`: what the pointers lead to is as their types say, and lent until omadm_close,
    // that is for as long as anything made here is used. `check_memory` proves the lent pieces apart from each other and
    // from the object.
    unsafe {
        // The rest of the struct is there only if its size is the expected one.
        let size = read(&raw const (*config).size)?;
        if size != size_of::<omadm_config_t>() {
            return Err(OMADM_ERR_CONFIG_SIZE.into());
        }
        let config = read(config)?;
        let port = port(read(config.port)?)?;
        let schema = schema(read(config.schema)?)?;
        let mounts = mounts(&config, &schema)?;
        check_memory(raw.object(), &config)?;

        let (mounts, work) = place(guard::space(config.work, config.work_size)?, mounts)
            .ok_or(OMADM_ERR_WORK_TOO_SMALL)?;
        let object = raw.object();
        (&raw mut (*object).detail).write(0);
        (&raw mut (*object).port).write(port);
        (&raw mut (*object).user).write(config.user);
        (&raw mut (*object).schema).write(schema);
        make_client(object, &config, work)?;
        if let Err(fault) = open_tree(object, &config, mounts) {
            (&raw mut (*object).client).drop_in_place();
            return Err(fault);
        }
    }
    Ok(())
}

/// Makes the client in its place. A function of its own, so that the copy on the stack is gone when the tree is opened.
///
/// # Safety
/// As for `fill`.
#[inline(never)]
unsafe fn make_client(
    object: *mut Object,
    config: &omadm_config_t,
    work: &'static mut [u8],
) -> Result<(), Fault> {
    // SAFETY: the rule is the same.
    unsafe {
        let memory = Memory {
            rx: guard::space(config.rx, config.rx_size)?,
            tx: guard::space(config.tx, config.tx_size)?,
            work,
        };
        let client = Client::new(memory, encoding(config.encoding)?)?
            .with_policy(policy(&config.policy)?)
            .with_budget(budget(&config.budget));
        let wants_objects = config.objects_size > 0 || config.max_obj_size > 0;
        #[cfg(feature = "large-object")]
        let client = if wants_objects {
            let objects = guard::space(config.objects, config.objects_size)?;
            client.with_objects(objects, config.max_obj_size)
        } else {
            client
        };
        #[cfg(feature = "ui")]
        let client = if config.has_user == 0 {
            client
        } else {
            client.with_user()
        };
        #[cfg(feature = "reasons")]
        let client = if config.refusal_count > 0 {
            client.with_refusals(refusals(config))
        } else {
            client
        };
        #[cfg(feature = "notification")]
        let client = client.with_notices(crate::notice::rules(&config.notices));
        let lacks_notices = config.notices != omadm_notice_rules_t::default()
            && cfg!(not(feature = "notification"))
            || config.notices.session_credentials != 0 && cfg!(not(feature = "profile13"));
        let lacks_objects = wants_objects && cfg!(not(feature = "large-object"));
        let lacks_user = config.has_user != 0 && cfg!(not(feature = "ui"));
        let lacks_reasons = config.refusal_count > 0 && cfg!(not(feature = "reasons"));
        if lacks_objects || lacks_user || lacks_reasons || lacks_notices {
            return Err(OMADM_ERR_FEATURE.into());
        }
        (&raw mut (*object).client).write(client);
    }
    Ok(())
}

/// Makes the store and the tree, in their places.
///
/// # Safety
/// As for `fill`; the port, its user and the schema are written.
#[inline(never)]
unsafe fn open_tree(
    object: *mut Object,
    config: &omadm_config_t,
    mounts: &'static mut [Mount<'static>],
) -> Result<(), Fault> {
    // SAFETY: the rule is the same. The two borrows from the object are those of the module documentation of `object`.
    unsafe {
        let memory = TreeMemory {
            nodes: slots(config)?,
            pool: guard::space(config.pool, config.pool_size)?,
            value: guard::space(config.value, config.value_size)?,
        };
        let port = (&raw const (*object).port).read();
        let store = if port.store_read.is_some() {
            let user = config.user;
            PortStore::Port { port, user }
        } else {
            PortStore::Ram(RamStore::new(guard::space(
                config.store,
                config.store_size,
            )?))
        };
        (&raw mut (*object).store).write(store);
        let schema: &'static Schema<'static> = &(*object).schema;
        let store: &'static mut dyn Store = &mut (*object).store;
        let tree = Tree::open(schema, store, mounts, memory, limits(config))?;
        (&raw mut (*object).tree).write(tree);
    }
    Ok(())
}

/// Copies a struct of the caller.
///
/// # Safety
/// `from` is NULL or leads to a `T`.
unsafe fn read<T: Copy>(from: *const T) -> Result<T, omadm_result_t> {
    guard::place(from)?;
    // SAFETY: not NULL, aligned, and a `T` by the rule of this function.
    Ok(unsafe { from.read() })
}

/// A table of the caller that is only read.
///
/// # Safety
/// When `from` is not NULL, it leads to `count` of `T` that do not change until omadm_close.
unsafe fn table<T>(from: *const T, count: usize) -> Result<&'static [T], omadm_result_t> {
    if count == 0 {
        return Ok(&[]);
    }
    Piece::new(from, count)?;
    // SAFETY: `Piece` proved it not NULL, aligned and of a possible size; the rest is the rule of this function.
    Ok(unsafe { slice::from_raw_parts(from, count) })
}

fn port(port: omadm_port_t) -> Result<omadm_port_t, omadm_result_t> {
    let store = [
        port.store_read.is_some(),
        port.store_write.is_some(),
        port.store_erase.is_some(),
    ];
    if port.random.is_some() && port.now.is_some() && (store == [true; 3] || store == [false; 3]) {
        Ok(port)
    } else {
        Err(OMADM_ERR_PORT)
    }
}

/// # Safety
/// As for [`table`].
unsafe fn schema(schema: omadm_schema_t) -> Result<Schema<'static>, omadm_result_t> {
    // SAFETY: the rule is the same; `NodeDesc` has the layout of `omadm_node_desc_t`, as `object` asserts.
    let schema = unsafe {
        Schema {
            nodes: table(schema.nodes.cast::<NodeDesc>(), schema.node_count)?,
            text: table(schema.text, schema.text_size)?,
        }
    };
    match schema.check() {
        Ok(()) if !schema.nodes.is_empty() => Ok(schema),
        _ => Err(OMADM_ERR_SCHEMA),
    }
}

/// # Safety
/// As for [`table`].
unsafe fn mounts(
    config: &omadm_config_t,
    schema: &Schema<'_>,
) -> Result<&'static [omadm_mount_t], omadm_result_t> {
    // SAFETY: the rule is the same.
    let mounts: &[omadm_mount_t] = unsafe { table(config.mounts, config.mount_count) }?;
    let good = |mount: &omadm_mount_t| {
        let handler = mount.handler;
        !handler.is_null() && handler.is_aligned() && schema.get(DescId(mount.at)).is_some()
    };
    if mounts.iter().all(good) {
        Ok(mounts)
    } else {
        Err(OMADM_ERR_MOUNT)
    }
}

/// Proves that the object and the lent pieces have no octet in common.
fn check_memory(object: *mut Object, config: &omadm_config_t) -> Result<(), omadm_result_t> {
    let pieces = [
        Piece::new(object.cast::<omadm_client_t>(), 1)?,
        Piece::new(config.rx, config.rx_size)?,
        Piece::new(config.tx, config.tx_size)?,
        Piece::new(config.work, config.work_size)?,
        Piece::new(config.nodes, config.node_count)?,
        Piece::new(config.pool, config.pool_size)?,
        Piece::new(config.value, config.value_size)?,
        Piece::new(config.store, config.store_size)?,
        Piece::new(config.objects, config.objects_size)?,
        Piece::new(config.refusals, config.refusal_count)?,
    ];
    if Piece::any_overlap(&pieces) {
        return Err(OMADM_ERR_OVERLAP);
    }
    Ok(())
}

/// The lent slots, each without a node.
///
/// # Safety
/// `check_memory` went well; the memory is the client's alone until omadm_close.
unsafe fn slots(config: &omadm_config_t) -> Result<&'static mut [NodeSlot], omadm_result_t> {
    let count = config.node_count;
    if count == 0 {
        return Ok(&mut []);
    }
    let nodes = config.nodes.cast::<NodeSlot>();
    // SAFETY: `check_memory` proved the memory not NULL, aligned and of a possible size; every slot is written before the
    // slice is made.
    unsafe {
        for index in 0..count {
            nodes.add(index).write(NodeSlot::EMPTY);
        }
        Ok(slice::from_raw_parts_mut(nodes, count))
    }
}

/// The lent places for refusals, each empty.
///
/// # Safety
/// `check_memory` went well, and there is at least one; the memory is the client's alone until omadm_close.
#[cfg(feature = "reasons")]
unsafe fn refusals(config: &omadm_config_t) -> &'static mut [Refusal] {
    let list = config.refusals.cast::<Refusal>();
    // SAFETY: `check_memory` proved the memory not NULL, aligned and of a possible size, and a slot is no smaller than a
    // refusal; every place is written before the slice is made.
    unsafe {
        for index in 0..config.refusal_count {
            list.add(index).write(Refusal::EMPTY);
        }
        slice::from_raw_parts_mut(list, config.refusal_count)
    }
}

/// Puts the engine's mounts at the beginning of `work`; the rest of it comes back. `None`: no room.
fn place(
    work: &'static mut [u8],
    mounts: &'static [omadm_mount_t],
) -> Option<(&'static mut [Mount<'static>], &'static mut [u8])> {
    let count = mounts.len();
    if count == 0 {
        return Some((&mut [], work));
    }
    let align = align_of::<Mount<'static>>();
    let pad = work.as_ptr().addr().wrapping_neg() & align.wrapping_sub(1);
    let (_, work) = work.split_at_mut_checked(pad)?;
    let size = count.checked_mul(size_of::<Mount<'static>>())?;
    let (engine, work) = work.split_at_mut_checked(size)?;
    let size = count.checked_mul(size_of::<Mounted>())?;
    let (ours, work) = work.split_at_mut_checked(size)?;
    let engine: *mut Mount<'static> = engine.as_mut_ptr().cast();
    let ours: *mut Mounted = ours.as_mut_ptr().cast();
    // SAFETY: both arrays have room for `count`; the first is aligned by `pad`, the second because it follows an array of
    // the same alignment. Everything is written before it is referred to, and the slices they are made from are used no
    // more.
    unsafe {
        for (index, mount) in mounts.iter().enumerate() {
            ours.add(index).write(Mounted::new(mount));
            let handler: &'static mut Mounted = &mut *ours.add(index);
            engine
                .add(index)
                .write(Mount::new(DescId(mount.at), handler));
        }
        Some((slice::from_raw_parts_mut(engine, count), work))
    }
}

fn encoding(encoding: u32) -> Result<Encoding, omadm_result_t> {
    match encoding {
        OMADM_WBXML => Ok(Encoding::Wbxml),
        OMADM_XML => Ok(Encoding::Xml),
        _ => Err(OMADM_ERR_ARGUMENT),
    }
}

fn policy(config: &omadm_policy_t) -> Result<Policy, omadm_result_t> {
    let mut policy = Policy::default();
    policy.weakest = match config.weakest {
        OMADM_STRENGTH_BASIC => Strength::Basic,
        OMADM_STRENGTH_MD5 => Strength::Md5,
        #[cfg(feature = "sha256")]
        OMADM_STRENGTH_SHA256 => Strength::Sha256,
        #[cfg(not(feature = "sha256"))]
        OMADM_STRENGTH_SHA256 => return Err(OMADM_ERR_FEATURE),
        _ => return Err(OMADM_ERR_ARGUMENT),
    };
    if config.passwords_secured != 0 {
        policy.passwords = Passwords::Secured;
    }
    policy.server_proof = match config.server_proof {
        OMADM_PROOF_PER_MESSAGE_OVER_PLAIN => ServerProof::PerMessageOverPlain,
        OMADM_PROOF_PER_MESSAGE => ServerProof::PerMessage,
        OMADM_PROOF_PER_SESSION => ServerProof::PerSession,
        _ => return Err(OMADM_ERR_ARGUMENT),
    };
    policy.resync = config.resync != 0;
    Ok(policy)
}

fn budget(config: &omadm_budget_t) -> Budget {
    let mut budget = Budget::default();
    budget.octets = config.octets;
    budget.retries = config.retries;
    if config.messages != 0 {
        budget.messages = config.messages;
    }
    if config.commands != 0 {
        budget.commands = config.commands;
    }
    if config.retry_wait != 0 {
        budget.retry_wait = config.retry_wait;
    }
    budget
}

fn limits(config: &omadm_config_t) -> UriLimits {
    let default = UriLimits::default();
    let of = |wanted: u16, default: u16| match wanted {
        0 => default,
        OMADM_NO_LIMIT => 0,
        wanted => wanted,
    };
    UriLimits {
        max_depth: of(config.max_depth, default.max_depth),
        max_tot_len: of(config.max_tot_len, default.max_tot_len),
        max_seg_len: of(config.max_seg_len, default.max_seg_len),
    }
}
