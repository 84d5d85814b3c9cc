//! Calls on the tree: the manufacturer's and the application's ways in.

use core::ffi::{c_char, c_void};

use crate::guard;
use crate::object::within;
use crate::result::omadm_result_t::{self, *};
use crate::types::omadm_client_t;

/// Sets the value of a leaf as the manufacturer: creates the leaf, its ancestors and optional permanent nodes where they
/// are missing. For accounts and factory values; no ACL and no AccessType is asked.
///
/// @param client      the object
/// @param uri         such as "./DMAcc/srv/ServerID"
/// @param uri_len     octets of it
/// @param value       the octets, in the native form of the leaf's format; may be NULL when value_size is 0
/// @param value_size  number of octets
/// @retval OMADM_OK                 done
/// @retval OMADM_ERR_NO_SUCH_NODE   the URI leads nowhere
/// @retval OMADM_ERR_NOT_DESCRIBED  the schema describes no such node
/// @retval OMADM_ERR_VALUE          the value is outside the leaf's format
/// @retval OMADM_ERR_FULL           no room in `nodes`, `pool` or the store
/// @retval OMADM_ERR_TOO_LARGE      longer than `value` of the configuration takes
/// @retval OMADM_ERR_BUSY           called from a callback
/// @return another code from 1000 (misuse) or 4000 (device); nothing has changed
///
/// Threads: one at a time for one object; not from an interrupt. Cost: one `store_write`.
///
/// # Safety
/// The pointers lead to what the contract says.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn omadm_factory_set(
    client: *mut omadm_client_t,
    uri: *const c_char,
    uri_len: usize,
    value: *const c_void,
    value_size: usize,
) -> omadm_result_t {
    // SAFETY: the contract of this function.
    unsafe { change(client, uri, uri_len, value, value_size, How::FactorySet) }
}

/// Sets the ACL of a node as the manufacturer.
///
/// @param client   the object
/// @param uri      such as "./Vendor/cfg"
/// @param uri_len  octets of it
/// @param acl      such as "Get=*&Replace=srv"; empty: that of the parent counts
/// @param acl_len  octets of it
/// @retval OMADM_OK                done
/// @retval OMADM_ERR_NO_SUCH_NODE  the URI leads nowhere
/// @retval OMADM_ERR_ACL           the text is not an ACL
/// @retval OMADM_ERR_FULL          no room in `pool` or the store
/// @retval OMADM_ERR_BUSY          called from a callback
/// @return another code from 1000 (misuse) or 4000 (device); nothing has changed
///
/// Threads: one at a time for one object; not from an interrupt. Cost: one `store_write`.
///
/// # Safety
/// The pointers lead to what the contract says.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn omadm_factory_acl(
    client: *mut omadm_client_t,
    uri: *const c_char,
    uri_len: usize,
    acl: *const c_char,
    acl_len: usize,
) -> omadm_result_t {
    // SAFETY: the contract of this function.
    unsafe { change(client, uri, uri_len, acl.cast(), acl_len, How::FactoryAcl) }
}

/// Sets the value of an existing leaf as the application. No ACL and no AccessType is asked; TStamp and VerNo are kept up.
///
/// @param client      the object
/// @param uri         such as "./Vendor/cfg/apn"
/// @param uri_len     octets of it
/// @param value       the octets, in the native form of the leaf's format; may be NULL when value_size is 0
/// @param value_size  number of octets
/// @retval OMADM_OK                done
/// @retval OMADM_ERR_NO_SUCH_NODE  the URI leads nowhere
/// @retval OMADM_ERR_VALUE         the value is outside the leaf's format
/// @retval OMADM_ERR_NOT_READY     the leaf is being sent in pieces, or its handler is not ready: try again
/// @retval OMADM_ERR_BUSY          called from a callback
/// @return another code from 1000 (misuse) or 4000 (device); nothing has changed
///
/// Threads: one at a time for one object; not from an interrupt. Cost: one `store_write`, or one call of the handler.
///
/// # Safety
/// The pointers lead to what the contract says.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn omadm_local_set(
    client: *mut omadm_client_t,
    uri: *const c_char,
    uri_len: usize,
    value: *const c_void,
    value_size: usize,
) -> omadm_result_t {
    // SAFETY: the contract of this function.
    unsafe { change(client, uri, uri_len, value, value_size, How::LocalSet) }
}

/// Copies the value of a leaf for the application; also of leaves that no server may read.
///
/// @param client    the object
/// @param uri       such as "./Vendor/cfg/apn"
/// @param uri_len   octets of it
/// @param buf       where the value goes; cleared first
/// @param buf_size  octets of it
/// @param len       out: octets of the value
/// @retval OMADM_OK                done
/// @retval OMADM_ERR_NO_SUCH_NODE  the URI leads nowhere
/// @retval OMADM_ERR_NODE_KIND     it is no leaf
/// @retval OMADM_ERR_TOO_LARGE     longer than `buf`
/// @retval OMADM_ERR_NOT_READY     the handler is not ready: try again
/// @retval OMADM_ERR_BUSY          called from a callback
/// @return another code from 1000 (misuse) or 4000 (device); `len` is not written, `buf` holds nothing of use
///
/// Threads: one at a time for one object; not from an interrupt. Cost: one `store_read`, or one call of the handler.
///
/// # Safety
/// The pointers lead to what the contract says.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn omadm_local_get(
    client: *mut omadm_client_t,
    uri: *const c_char,
    uri_len: usize,
    buf: *mut c_void,
    buf_size: usize,
    len: *mut usize,
) -> omadm_result_t {
    // SAFETY: the contract of this function.
    unsafe {
        within(client, |call| {
            if len.is_null() {
                return Err(OMADM_ERR_NULL.into());
            }
            let uri = guard::text(uri, uri_len)?;
            let buf = guard::space(buf.cast(), buf_size)?;
            let got = call.tree().local().get(uri, buf)?;
            len.write(got);
            Ok(())
        })
    }
}

/// The calls that change a node.
#[derive(Clone, Copy)]
enum How {
    FactorySet,
    FactoryAcl,
    LocalSet,
}

/// # Safety
/// As for the calls.
unsafe fn change(
    client: *mut omadm_client_t,
    uri: *const c_char,
    uri_len: usize,
    value: *const c_void,
    value_size: usize,
    how: How,
) -> omadm_result_t {
    // SAFETY: the contract of the calls.
    unsafe {
        within(client, |call| {
            let uri = guard::text(uri, uri_len)?;
            let tree = call.tree();
            if let How::FactoryAcl = how {
                tree.factory()
                    .acl(uri, guard::text(value.cast(), value_size)?)?;
                return Ok(());
            }
            let value = guard::bytes(value.cast(), value_size)?;
            match how {
                How::LocalSet => tree.local().set(uri, value)?,
                _ => drop(tree.factory().set(uri, value)?),
            }
            Ok(())
        })
    }
}
