//! Handlers written in C, and the sink they give their values to.

use core::ffi::c_void;
use core::ptr;

use dm_tree::{
    At, Format, Handler, Outcome, Progress, Reason, Refusal, Sink, Status, Ticket, Value,
};

use crate::guard;
use crate::result::omadm_result_t::{self, *};
use crate::types::{
    OMADM_DONE, OMADM_FORMAT_NONE, OMADM_NOT_YET, OMADM_STARTED, omadm_at_t, omadm_handler_t,
    omadm_mount_t, omadm_outcome_t, omadm_sink_t, omadm_value_t,
};

/// A mount of the configuration as the engine's handler.
pub(crate) struct Mounted {
    mount: &'static omadm_mount_t,
}

impl Mounted {
    pub(crate) const fn new(mount: &'static omadm_mount_t) -> Self {
        Self { mount }
    }

    fn table(&self) -> Result<&'static omadm_handler_t, Reason> {
        // SAFETY: `omadm_init` proved it not NULL and aligned; the caller keeps it until omadm_close.
        unsafe { self.mount.handler.as_ref() }.ok_or(Reason::AccessType)
    }

    const fn user(&self) -> *mut c_void {
        self.mount.user
    }

    /// Hands a value to one of the functions that take one.
    fn take(&self, function: Option<Taker>, at: &At<'_>, value: &Value<'_>) -> Outcome {
        let function = function.ok_or(Reason::AccessType)?;
        // SAFETY: the function takes the user of its mount; the other pointers hold for the call.
        outcome(unsafe { function(self.user(), &at_of(at), &value_of(value)) })
    }
}

/// `replace` and `add` of `omadm_handler_t`.
type Taker =
    unsafe extern "C" fn(*mut c_void, *const omadm_at_t, *const omadm_value_t) -> omadm_outcome_t;

fn outcome(outcome: omadm_outcome_t) -> Outcome {
    let status = match outcome {
        OMADM_DONE => return Ok(Progress::Done),
        OMADM_NOT_YET => return Ok(Progress::NotYet),
        OMADM_STARTED => return Ok(Progress::Started),
        400..=599 => u16::try_from(outcome).map_or(Status::FAILED, Status),
        _ => Status::FAILED,
    };
    Err(Reason::Handler(Refusal::new(status)))
}

const fn at_of(at: &At<'_>) -> omadm_at_t {
    omadm_at_t {
        id: at.id.0,
        path: at.path.as_ptr().cast(),
        path_len: at.path.len(),
        name: at.name.as_ptr().cast(),
        name_len: at.name.len(),
    }
}

fn value_of(value: &Value<'_>) -> omadm_value_t {
    omadm_value_t {
        format: value
            .format
            .map_or(OMADM_FORMAT_NONE, |format: Format| format as u8),
        mime: value.mime.as_ptr().cast(),
        mime_len: value.mime.len(),
        data: value.data.map_or(ptr::null(), <[u8]>::as_ptr),
        size: value.data.map_or(0, <[u8]>::len),
    }
}

impl Handler for Mounted {
    fn get(&mut self, at: At<'_>, out: &mut Sink<'_>) -> Outcome {
        let get = self.table()?.get.ok_or(Reason::AccessType)?;
        // SAFETY: the function takes the user of its mount; the other pointers hold for the call.
        outcome(unsafe { get(self.user(), &at_of(&at), ptr::from_mut(out).cast()) })
    }

    fn replace(&mut self, at: At<'_>, value: Value<'_>) -> Outcome {
        self.take(self.table()?.replace, &at, &value)
    }

    fn add(&mut self, at: At<'_>, value: Value<'_>) -> Outcome {
        self.take(self.table()?.add, &at, &value)
    }

    fn delete(&mut self, at: At<'_>) -> Outcome {
        let del = self.table()?.del.ok_or(Reason::AccessType)?;
        // SAFETY: as in `get`.
        outcome(unsafe { del(self.user(), &at_of(&at)) })
    }

    fn exec(&mut self, at: At<'_>, argument: Value<'_>, ticket: Ticket) -> Outcome {
        let exec = self.table()?.exec.ok_or(Reason::NotExecutable)?;
        // SAFETY: as in `get`.
        outcome(unsafe { exec(self.user(), &at_of(&at), &value_of(&argument), ticket.0) })
    }

    fn rename(&mut self, at: At<'_>, name: &[u8]) -> Outcome {
        let rename = self.table()?.rename.ok_or(Reason::PropertyAccess)?;
        // SAFETY: as in `get`.
        outcome(unsafe { rename(self.user(), &at_of(&at), name.as_ptr().cast(), name.len()) })
    }

    #[cfg(feature = "large-object")]
    fn write(&mut self, at: At<'_>, offset: u32, total: u32, bytes: &[u8]) -> Outcome {
        let write = self.table()?.write.ok_or(Reason::TooLarge)?;
        let (data, size) = (bytes.as_ptr(), bytes.len());
        // SAFETY: as in `get`.
        outcome(unsafe { write(self.user(), &at_of(&at), offset, total, data, size) })
    }

    #[cfg(feature = "atomic")]
    fn prepare(&mut self, txn: u32) -> Outcome {
        let prepare = self.table()?.prepare.ok_or(Reason::InUse)?;
        // SAFETY: as in `get`.
        outcome(unsafe { prepare(self.user(), txn) })
    }

    #[cfg(feature = "atomic")]
    fn commit(&mut self, txn: u32) {
        if let Ok(Some(commit)) = self.table().map(|table| table.commit) {
            // SAFETY: as in `get`.
            unsafe { commit(self.user(), txn) }
        }
    }

    #[cfg(feature = "atomic")]
    fn roll_back(&mut self, txn: u32) -> Result<(), Reason> {
        let Some(roll_back) = self.table()?.roll_back else {
            return Ok(());
        };
        // SAFETY: as in `get`.
        outcome(unsafe { roll_back(self.user(), txn) }).map(|_| ())
    }
}

/// The sink behind a callback's pointer.
///
/// # Safety
/// `out` is NULL, or the pointer that the running `get` callback was given.
unsafe fn sink<'s>(out: *mut omadm_sink_t) -> Result<&'s mut Sink<'s>, omadm_result_t> {
    // SAFETY: the pointer came from a `&mut Sink` that waits for the callback to return; nobody else uses it. The sink's
    // own lifetime is longer than the callback, and `'s` ends with the call that asked.
    unsafe { out.cast::<Sink<'s>>().as_mut() }.ok_or(OMADM_ERR_NULL)
}

/// Gives a piece of a value, from the `get` of a handler only. Pieces are put one after the other; the sink keeps those
/// that are needed now and counts all of them.
///
/// @param out   what `get` was given
/// @param data  the octets; may be NULL when size is 0
/// @param size  number of octets
/// @retval OMADM_OK        taken, or not needed
/// @retval OMADM_ERR_NULL  a pointer is NULL
///
/// Threads: only inside the callback. Cost: one copy of what is kept.
///
/// # Safety
/// `out` is what the running `get` was given; `data` leads to `size` octets.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn omadm_put(
    out: *mut omadm_sink_t,
    data: *const c_void,
    size: usize,
) -> omadm_result_t {
    // SAFETY: the contract of this function.
    match unsafe { (sink(out), guard::bytes(data.cast(), size)) } {
        (Ok(sink), Ok(bytes)) => {
            sink.put(bytes);
            OMADM_OK
        }
        (Err(result), _) | (_, Err(result)) => result,
    }
}

/// Gives the whole value of an `int` leaf, from the `get` of a handler only.
///
/// @param out     what `get` was given
/// @param number  -2147483648 to 4294967295
/// @retval OMADM_OK            taken
/// @retval OMADM_ERR_NULL      `out` is NULL
/// @retval OMADM_ERR_ARGUMENT  the number is outside its range
///
/// Threads: only inside the callback. Cost: 12 octets of stack.
///
/// # Safety
/// `out` is what the running `get` was given.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn omadm_put_int(out: *mut omadm_sink_t, number: i64) -> omadm_result_t {
    // SAFETY: the contract of this function.
    match unsafe { sink(out) } {
        Ok(sink) => sink.int(number).map_or(OMADM_ERR_ARGUMENT, |_| OMADM_OK),
        Err(result) => result,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_that_are_no_outcome_refuse_with_500() {
        let refused = |code| Err(Reason::Handler(Refusal::new(Status(code))));
        assert_eq!(outcome(0), Ok(Progress::Done));
        assert_eq!(outcome(1), Ok(Progress::NotYet));
        assert_eq!(outcome(2), Ok(Progress::Started));
        assert_eq!(outcome(400), refused(400));
        assert_eq!(outcome(599), refused(599));
        for odd in [3, 200, 399, 600, 65_936, u32::MAX] {
            assert_eq!(outcome(odd), refused(500), "{odd}");
        }
    }
}
