//! Why commands were refused.

use core::ffi::c_char;

use dm_core::Refusal;

use crate::guard;
use crate::object::within;
use crate::result::{
    Fault,
    omadm_result_t::{self, *},
};
use crate::types::{omadm_client_t, omadm_refusal_slot_t};

const _: () = {
    assert!(size_of::<Refusal>() <= size_of::<omadm_refusal_slot_t>());
    assert!(align_of::<Refusal>() <= align_of::<omadm_refusal_slot_t>());
};

/// One command, or item of a command, that was not executed.
#[repr(C)]
#[derive(Clone, Copy, Debug)]
pub struct omadm_refusal_t {
    /// Name of the command.
    pub command: *const c_char,
    /// Octets of it.
    pub command_len: usize,
    /// The first 64 octets of the address; empty for a command that was refused as a whole.
    pub uri: *const c_char,
    /// Octets of it.
    pub uri_len: usize,
    /// The requirement that the refusal follows; empty where none but the node's description or the handler asks for it.
    pub rule: *const c_char,
    /// Octets of it.
    pub rule_len: usize,
    /// What the tree or a handler had against it, a code from 4000; OMADM_OK: it was refused before it came so far.
    pub reason: omadm_result_t,
    /// The DM status code that the server was told.
    pub code: u16,
}

/// Tells why a command was refused in the present session, or after its end in the last one. As many as `refusal_count` of
/// the configuration are kept, the first of each session.
///
/// @param client   the object
/// @param index    from 0, in the order of the commands
/// @param refusal  out: the refusal; its texts hold until the next call that gives a step
/// @retval OMADM_OK            `refusal` is written
/// @retval OMADM_ERR_ARGUMENT  no so many commands were refused, or kept
/// @retval OMADM_ERR_NULL      a pointer is NULL
/// @retval OMADM_ERR_BUSY      called from a callback
/// @return another code from 1000 (misuse)
///
/// Threads: one at a time for one object; not from an interrupt. Cost: none to speak of.
///
/// # Safety
/// The pointers lead to what the contract says.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn omadm_refusal(
    client: *mut omadm_client_t,
    index: usize,
    refusal: *mut omadm_refusal_t,
) -> omadm_result_t {
    // SAFETY: the contract of this function.
    unsafe {
        within(client, |call| {
            guard::place(refusal)?;
            let (client, _) = call.both();
            let kept = client.refusals().get(index).ok_or(OMADM_ERR_ARGUMENT)?;
            let reason = kept.reason().map(|reason| Fault::from(reason).result);
            refusal.write(omadm_refusal_t {
                command: kept.command().as_ptr().cast(),
                command_len: kept.command().len(),
                uri: kept.uri().as_ptr().cast(),
                uri_len: kept.uri().len(),
                rule: kept.rule().as_ptr().cast(),
                rule_len: kept.rule().len(),
                reason: reason.unwrap_or(OMADM_OK),
                code: kept.code(),
            });
            Ok(())
        })
    }
}
