//! Several changes of the application that count together or not at all.

use dm_tree::Progress;

use crate::object::within;
use crate::result::omadm_result_t::{self, *};
use crate::types::omadm_client_t;

/// Begins a transaction of the application: every change from here on waits for omadm_commit(). Between sessions: a session
/// that begins takes it back, and in one under way the server's own Atomic would find it open and fail.
///
/// @param client  the object
/// @retval OMADM_OK             it is open
/// @retval OMADM_ERR_NOT_READY  one is open already
/// @retval OMADM_ERR_STORE      the store failed, or the object has to be initialised again
/// @retval OMADM_ERR_BUSY       called from a callback
/// @return another code from 1000 (misuse)
///
/// Threads: one at a time for one object; not from an interrupt. Cost: none to speak of.
///
/// # Safety
/// The pointer leads to what the contract says.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn omadm_begin(client: *mut omadm_client_t) -> omadm_result_t {
    // SAFETY: the contract of this function.
    unsafe { within(client, |call| Ok(call.tree().begin()?)) }
}

/// Makes everything since omadm_begin() count, also after a power failure at any moment.
///
/// @param client  the object
/// @retval OMADM_OK             it counts, or nothing was open
/// @retval OMADM_ERR_NOT_READY  a handler is not ready to prepare; the transaction stays open: call again
/// @retval OMADM_ERR_FULL       no room for the journal; all is taken back
/// @retval OMADM_ERR_BUSY       called from a callback
/// @return another code from 1000 (misuse) or 4000 (device: why a handler could not prepare, say); all is taken back then
///
/// Threads: one at a time for one object; not from an interrupt. Cost: with a store of the port a record for each changed
/// node, two more to copy and one to erase it, and three of the transaction itself; calls of the handlers taking part.
///
/// # Safety
/// The pointer leads to what the contract says.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn omadm_commit(client: *mut omadm_client_t) -> omadm_result_t {
    // SAFETY: the contract of this function.
    unsafe {
        within(client, |call| match call.tree().commit()? {
            Progress::NotYet => Err(OMADM_ERR_NOT_READY.into()),
            _ => Ok(()),
        })
    }
}

/// Takes back everything since omadm_begin(). Nothing happens when nothing is open.
///
/// @param client  the object
/// @retval OMADM_OK           all is as it was
/// @retval OMADM_ERR_BUSY     called from a callback
/// @return another code from 1000 (misuse) or 4000 (device): a handler could not take back what it did, everything else
///         is as it was
///
/// Threads: one at a time for one object; not from an interrupt. Cost: calls of the handlers taking part, and one
/// `store_erase` for each change.
///
/// # Safety
/// The pointer leads to what the contract says.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn omadm_roll_back(client: *mut omadm_client_t) -> omadm_result_t {
    // SAFETY: the contract of this function.
    unsafe {
        within(client, |call| {
            let tree = call.tree();
            if !tree.in_transaction() {
                return Ok(());
            }
            tree.roll_back();
            match tree.left_behind() {
                Some(reason) => Err(reason.into()),
                None => Ok(()),
            }
        })
    }
}
