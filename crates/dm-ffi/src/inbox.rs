//! Long short messages, put together in lent memory.

use dm_bindings::push::{Inbox, PART_MAX, PARTS_MAX, SETS};

use crate::guard;
use crate::push::{ignored, omadm_push_t, shown};
use crate::result::omadm_result_t::{self, *};

/// Octets of `omadm_inbox_t`.
#[cfg(target_pointer_width = "32")]
pub const OMADM_INBOX_SIZE: usize = 240;
/// Octets of `omadm_inbox_t`.
#[cfg(target_pointer_width = "64")]
pub const OMADM_INBOX_SIZE: usize = 256;

/// Messages that are put together at the same time.
pub const OMADM_INBOX_SETS: usize = 4;
/// Parts of the longest message.
pub const OMADM_INBOX_PARTS: usize = 10;
/// Octets of the longest part.
pub const OMADM_INBOX_PART: usize = 128;

const _: () = {
    assert!(size_of::<Filled>() <= size_of::<omadm_inbox_t>());
    assert!(align_of::<Filled>() <= align_of::<omadm_inbox_t>());
    assert!(!core::mem::needs_drop::<Filled>());
    assert!(OMADM_INBOX_SETS == SETS);
    assert!(OMADM_INBOX_PARTS == PARTS_MAX);
    assert!(OMADM_INBOX_PART == PART_MAX);
};

/// Takes short messages and puts those of several parts together. Opaque; must stay where it is once it is made.
#[repr(C)]
pub union omadm_inbox_t {
    /// Not for the caller.
    pub opaque: [u8; OMADM_INBOX_SIZE],
    /// Gives the alignment.
    pub align: u64,
}

impl core::fmt::Debug for omadm_inbox_t {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.write_str("omadm_inbox_t")
    }
}

/// What is in it.
struct Filled {
    /// Made from its own address, so that memory that was never made an inbox, or was moved, is found out.
    mark: usize,
    inbox: Inbox<'static>,
}

/// Makes an inbox. One that is there already is made anew, and forgets its parts.
///
/// @param inbox   out: the inbox
/// @param memory  where parts are kept; may be NULL when size is 0
/// @param size    octets of it: OMADM_INBOX_SETS times OMADM_INBOX_PART for each part of a message; 0: whole messages only
/// @retval OMADM_OK             the inbox is empty; the memory is lent to it until it is made anew
/// @retval OMADM_ERR_NULL       a pointer is NULL
/// @retval OMADM_ERR_ALIGNMENT  `inbox` is misaligned
/// @retval OMADM_ERR_RANGE      memory reaches beyond the address space
///
/// Threads: one at a time for one inbox. Cost: clears the memory.
///
/// # Safety
/// The pointers lead to what the contract says.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn omadm_inbox_init(
    inbox: *mut omadm_inbox_t,
    memory: *mut u8,
    size: usize,
) -> omadm_result_t {
    let place = match locate(inbox) {
        Ok(place) => place,
        Err(result) => return result,
    };
    // SAFETY: the contract of this function; the place is aligned and the caller's.
    unsafe {
        match guard::space(memory, size) {
            Ok(memory) => {
                place.write(Filled {
                    mark: mark(place),
                    inbox: Inbox::new(memory),
                });
                OMADM_OK
            }
            Err(result) => result,
        }
    }
}

/// Takes the user data of one short message, with its header.
///
/// @param inbox       the inbox
/// @param sender      address of the sender, 20 octets at most
/// @param sender_len  octets of it
/// @param user_data   the octets
/// @param size        number of octets
/// @param now         milliseconds of a clock that never runs backwards: what is not complete after five minutes is forgotten
/// @param push        out: the push that is complete now; good until the next call for this inbox, and as long as the octets
///                    stay
/// @retval OMADM_OK                     `push` is written
/// @retval OMADM_ERR_PUSH_INCOMPLETE    the part is kept; others are missing
/// @retval OMADM_ERR_PUSH_TOO_LARGE     a message of more or longer parts than there is room for
/// @retval OMADM_ERR_PUSH_MALFORMED     its lengths or codes contradict each other
/// @retval OMADM_ERR_PUSH_OTHER         it is for another port or application, or no push
/// @retval OMADM_ERR_PUSH_CONTENT_TYPE  it is of another media type
/// @retval OMADM_ERR_NOT_INITIALISED    no inbox was made here, or it was moved
/// @return another code from 1000 (misuse)
///
/// Threads: one at a time for one inbox; not from an interrupt. Cost: one look at each octet.
///
/// # Safety
/// The pointers lead to what the contract says.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn omadm_inbox_sms(
    inbox: *mut omadm_inbox_t,
    sender: *const u8,
    sender_len: usize,
    user_data: *const u8,
    size: usize,
    now: u64,
    push: *mut omadm_push_t,
) -> omadm_result_t {
    // SAFETY: the contract of this function.
    match unsafe { take(inbox, (sender, sender_len), (user_data, size), now, push) } {
        Ok(()) => OMADM_OK,
        Err(result) => result,
    }
}

/// # Safety
/// As for [`omadm_inbox_sms`].
unsafe fn take(
    inbox: *mut omadm_inbox_t,
    sender: (*const u8, usize),
    user_data: (*const u8, usize),
    now: u64,
    push: *mut omadm_push_t,
) -> Result<(), omadm_result_t> {
    let place = locate(inbox)?;
    guard::place(push)?;
    // SAFETY: by the contract; with the right mark the inbox was made here, and nobody else uses it during the call.
    unsafe {
        if (&raw const (*place).mark).read() != mark(place) {
            return Err(OMADM_ERR_NOT_INITIALISED);
        }
        let sender = guard::bytes(sender.0, sender.1)?;
        let user_data = guard::bytes(user_data.0, user_data.1)?;
        let inbox = &mut (*place).inbox;
        let whole = inbox.sms(sender, user_data, now).map_err(ignored)?;
        push.write(shown(whole.ok_or(OMADM_ERR_PUSH_INCOMPLETE)?)?);
    }
    Ok(())
}

fn locate(inbox: *mut omadm_inbox_t) -> Result<*mut Filled, omadm_result_t> {
    guard::place(inbox)?;
    Ok(inbox.cast())
}

/// The value of `Filled::mark` for an inbox at this address: never 0, and another one after a move.
fn mark(place: *mut Filled) -> usize {
    place.addr() ^ 0x6F6D_4905
}
