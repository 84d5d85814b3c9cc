//! More calls on the tree: nodes that come, go and are looked through, and the device as a whole.

use core::ffi::{c_char, c_void};

use dm_core::{DeviceFault, check_device};
use dm_tree::{Format, NodeId, Tree};

use crate::guard;
use crate::object::within;
use crate::result::{
    Fault,
    omadm_result_t::{self, *},
};
use crate::types::{OMADM_FORMAT_NONE, omadm_client_t, omadm_format_t};

/// Adds a leaf as the application, with its ancestors that are missing. No ACL and no AccessType is asked; TStamp and VerNo
/// are kept up.
///
/// @param client      the object
/// @param uri         such as "./Vendor/cfg/new"
/// @param uri_len     octets of it
/// @param format      OMADM_FORMAT_..., needed where the name alone does not tell which description is meant; else
///                    OMADM_FORMAT_NONE
/// @param value       the octets, in the native form of the leaf's format; may be NULL when value_size is 0
/// @param value_size  number of octets
/// @retval OMADM_OK                 done
/// @retval OMADM_ERR_EXISTS         it is there already
/// @retval OMADM_ERR_NOT_DESCRIBED  the schema describes no such node
/// @retval OMADM_ERR_VALUE          the value is outside the leaf's format
/// @retval OMADM_ERR_FULL           no room in `nodes`, `pool` or the store
/// @retval OMADM_ERR_TOO_LARGE      longer than `value` of the configuration takes
/// @retval OMADM_ERR_NOT_READY      a handler is not ready: try again
/// @retval OMADM_ERR_ARGUMENT       `format` is none
/// @retval OMADM_ERR_BUSY           called from a callback
/// @return another code from 1000 (misuse) or 4000 (device); nothing has changed
///
/// Threads: one at a time for one object; not from an interrupt. Cost: one `store_write` for each new node.
///
/// # Safety
/// The pointers lead to what the contract says.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn omadm_local_add(
    client: *mut omadm_client_t,
    uri: *const c_char,
    uri_len: usize,
    format: omadm_format_t,
    value: *const c_void,
    value_size: usize,
) -> omadm_result_t {
    // SAFETY: the contract of this function.
    unsafe {
        on_node(client, uri, uri_len, |tree, uri| {
            let format = match format {
                OMADM_FORMAT_NONE => None,
                number => Some(Format::from_u8(number).ok_or(OMADM_ERR_ARGUMENT)?),
            };
            let value = guard::bytes(value.cast(), value_size)?;
            tree.local().add_leaf(uri, format, value)?;
            Ok(())
        })
    }
}

/// Adds an interior node as the application, with its ancestors that are missing.
///
/// @param client   the object
/// @param uri      such as "./Vendor/profiles/new"
/// @param uri_len  octets of it
/// @retval OMADM_OK                 done
/// @retval OMADM_ERR_EXISTS         it is there already
/// @retval OMADM_ERR_NOT_DESCRIBED  the schema describes no such node
/// @retval OMADM_ERR_FULL           no room in `nodes`, `pool` or the store
/// @retval OMADM_ERR_NOT_READY      a handler is not ready: try again
/// @retval OMADM_ERR_BUSY           called from a callback
/// @return another code from 1000 (misuse) or 4000 (device); nothing has changed
///
/// Threads: one at a time for one object; not from an interrupt. Cost: one `store_write` for each new node.
///
/// # Safety
/// The pointers lead to what the contract says.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn omadm_local_add_node(
    client: *mut omadm_client_t,
    uri: *const c_char,
    uri_len: usize,
) -> omadm_result_t {
    // SAFETY: the contract of this function.
    unsafe {
        on_node(client, uri, uri_len, |tree, uri| {
            tree.local().add_node(uri)?;
            Ok(())
        })
    }
}

/// Removes a dynamic node and everything below it, as the application.
///
/// @param client   the object
/// @param uri      such as "./Vendor/profiles/old"
/// @param uri_len  octets of it
/// @retval OMADM_OK                done
/// @retval OMADM_ERR_NO_SUCH_NODE  the URI leads nowhere
/// @retval OMADM_ERR_NOT_READY     a leaf below is being sent in pieces, or a handler is not ready: try again
/// @retval OMADM_ERR_BUSY          called from a callback
/// @return another code from 1000 (misuse) or 4000 (device; the node is permanent, say); nothing has changed
///
/// Threads: one at a time for one object; not from an interrupt. Cost: one `store_erase` for each removed node.
///
/// # Safety
/// The pointers lead to what the contract says.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn omadm_local_delete(
    client: *mut omadm_client_t,
    uri: *const c_char,
    uri_len: usize,
) -> omadm_result_t {
    // SAFETY: the contract of this function.
    unsafe {
        on_node(client, uri, uri_len, |tree, uri| {
            Ok(tree.local().delete(uri)?)
        })
    }
}

/// Tells that a value behind a handler has changed by itself: brings TStamp and VerNo up to date.
///
/// @param client   the object
/// @param uri      such as "./Vendor/Signal"
/// @param uri_len  octets of it
/// @retval OMADM_OK                done
/// @retval OMADM_ERR_NO_SUCH_NODE  the URI leads nowhere
/// @retval OMADM_ERR_BUSY          called from a callback
/// @return another code from 1000 (misuse) or 4000 (device)
///
/// Threads: one at a time for one object; not from an interrupt. Cost: one `store_write` at most.
///
/// # Safety
/// The pointers lead to what the contract says.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn omadm_local_touched(
    client: *mut omadm_client_t,
    uri: *const c_char,
    uri_len: usize,
) -> omadm_result_t {
    // SAFETY: the contract of this function.
    unsafe {
        on_node(client, uri, uri_len, |tree, uri| {
            let node = find(tree, uri)?;
            Ok(tree.local().touched(node)?)
        })
    }
}

/// Gives the name of a child of an interior node; from 0 on, they are all of them, and stay in their order as long as
/// none comes or goes.
///
/// @param client    the object
/// @param uri       such as "./DMAcc"
/// @param uri_len   octets of it
/// @param index     which child, from 0
/// @param name      where the name goes; cleared first
/// @param name_size octets of it
/// @param name_len  out: octets of the name
/// @retval OMADM_OK                done
/// @retval OMADM_ERR_NO_SUCH_NODE  the URI leads nowhere, or the node has no so many children
/// @retval OMADM_ERR_TOO_LARGE     longer than `name`
/// @retval OMADM_ERR_BUSY          called from a callback
/// @return another code from 1000 (misuse); `name_len` is not written
///
/// Threads: one at a time for one object; not from an interrupt. Cost: looks at every child before.
///
/// # Safety
/// The pointers lead to what the contract says.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn omadm_local_child(
    client: *mut omadm_client_t,
    uri: *const c_char,
    uri_len: usize,
    index: usize,
    name: *mut c_char,
    name_size: usize,
    name_len: *mut usize,
) -> omadm_result_t {
    // SAFETY: the contract of this function.
    unsafe {
        on_node(client, uri, uri_len, |tree, uri| {
            guard::place(name_len)?;
            let space = guard::space(name.cast(), name_size)?;
            let top = find(tree, uri)?;
            let local = tree.local();
            let mut child = local.first_child(top);
            for _ in 0..index {
                child = child.and_then(|child| local.next_sibling(child));
                if child.is_none() {
                    break;
                }
            }
            let found = local.name(child.ok_or(OMADM_ERR_NO_SUCH_NODE)?);
            let place = space.get_mut(..found.len()).ok_or(OMADM_ERR_TOO_LARGE)?;
            place.copy_from_slice(found);
            name_len.write(found.len());
            Ok(())
        })
    }
}

/// Makes sure that an interior node is there, as the manufacturer: creates it and its ancestors where they are missing.
///
/// @param client   the object
/// @param uri      such as "./Vendor/profiles/first"
/// @param uri_len  octets of it
/// @retval OMADM_OK                 it is there
/// @retval OMADM_ERR_NOT_DESCRIBED  the schema describes no such node
/// @retval OMADM_ERR_FULL           no room in `nodes`, `pool` or the store
/// @retval OMADM_ERR_BUSY           called from a callback
/// @return another code from 1000 (misuse) or 4000 (device); nothing has changed
///
/// Threads: one at a time for one object; not from an interrupt. Cost: one `store_write` for each new node.
///
/// # Safety
/// The pointers lead to what the contract says.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn omadm_factory_node(
    client: *mut omadm_client_t,
    uri: *const c_char,
    uri_len: usize,
) -> omadm_result_t {
    // SAFETY: the contract of this function.
    unsafe {
        on_node(client, uri, uri_len, |tree, uri| {
            tree.factory().node(uri)?;
            Ok(())
        })
    }
}

/// Factory reset: forgets all values, ACLs and titles and all dynamic nodes, accounts and their secrets included. It has
/// happened when the object was closed and initialised again, whatever power does meanwhile; until then no change is
/// accepted. Then seed the tree as on the first day. What is behind handlers is the application's own.
///
/// @param client  the object
/// @retval OMADM_OK             close and initialise the object next
/// @retval OMADM_ERR_NOT_READY  a transaction is open
/// @retval OMADM_ERR_STORE      the store failed
/// @retval OMADM_ERR_BUSY       called from a callback
/// @return another code from 1000 (misuse)
///
/// Threads: one at a time for one object, between sessions; not from an interrupt. Cost: one `store_write`, or one
/// `store_erase` for each node; the next omadm_init() as many.
///
/// # Safety
/// The pointer leads to what the contract says.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn omadm_factory_reset(client: *mut omadm_client_t) -> omadm_result_t {
    // SAFETY: the contract of this function.
    unsafe { within(client, |call| Ok(call.tree().factory().reset()?)) }
}

/// Looks whether the device says who it is, in the forms that the standard asks for: DevInfo and the versions of DevDetail.
/// For a test of the product; a session does not depend on it.
///
/// @param client   the object
/// @param uri      out: the first leaf that is missing, empty, no URN (DevId) or no language tag (Lang); NULL: all is well
/// @param uri_len  out: octets of it
/// @retval OMADM_OK        the outputs are written
/// @retval OMADM_ERR_BUSY  called from a callback
/// @return another code from 1000 (misuse) or 4000 (device: a leaf cannot be read)
///
/// Threads: one at a time for one object; not from an interrupt. Cost: reads nine leaves.
///
/// # Safety
/// The pointers lead to what the contract says.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn omadm_check_device(
    client: *mut omadm_client_t,
    uri: *mut *const c_char,
    uri_len: *mut usize,
) -> omadm_result_t {
    // SAFETY: the contract of this function.
    unsafe {
        within(client, |call| {
            guard::place(uri)?;
            guard::place(uri_len)?;
            let leaf = match check_device(call.tree()) {
                Ok(()) => None,
                Err(DeviceFault::Missing(leaf)) => Some(leaf),
                Err(DeviceFault::DevId) => Some("./DevInfo/DevId"),
                Err(DeviceFault::Lang) => Some("./DevInfo/Lang"),
                Err(DeviceFault::Device(reason)) => return Err(reason.into()),
                Err(_) => return Err(OMADM_ERR_DEVICE.into()),
            };
            uri.write(leaf.map_or(core::ptr::null(), |leaf| leaf.as_ptr().cast()));
            uri_len.write(leaf.map_or(0, str::len));
            Ok(())
        })
    }
}

fn find(tree: &mut Tree<'_>, uri: &str) -> Result<NodeId, omadm_result_t> {
    tree.local().find(uri).ok_or(OMADM_ERR_NO_SUCH_NODE)
}

/// A call on the tree that names a node.
///
/// # Safety
/// As for the calls.
unsafe fn on_node(
    client: *mut omadm_client_t,
    uri: *const c_char,
    uri_len: usize,
    work: impl FnOnce(&mut Tree<'static>, &str) -> Result<(), Fault>,
) -> omadm_result_t {
    // SAFETY: the contract of the calls.
    unsafe {
        within(client, |call| {
            let uri = guard::text(uri, uri_len)?;
            work(call.tree(), uri)
        })
    }
}
