//! What the device tells a server unasked: client events, generic alerts, late results of Exec.

use core::ffi::{c_char, c_void};

use dm_core::{Event, EventKind, Mark};
use dm_tree::{Format, Ticket};

use crate::guard;
use crate::object::within;
use crate::result::omadm_result_t::{self, *};
use crate::types::{omadm_client_t, omadm_format_t};

/// Which alert an event is sent as. One of OMADM_EVENT_...
pub type omadm_event_kind_t = u8;
/// Generic alert 1226 whose type is a name below a domain, such as
/// `org.openmobilealliance.dm.firmwareupdate.update`.
pub const OMADM_EVENT_REVERSED_DOMAIN_NAME: omadm_event_kind_t = 0;
/// Generic alert 1226 whose type is a MIME type.
pub const OMADM_EVENT_CONTENT_TYPE: omadm_event_kind_t = 1;
/// Client event 1224.
pub const OMADM_EVENT_CLIENT: omadm_event_kind_t = 2;

/// How important an event is. One of OMADM_MARK_...
pub type omadm_mark_t = u8;
/// Not said; counts as informational.
pub const OMADM_MARK_NONE: omadm_mark_t = 0;
/// Something cannot work any more.
pub const OMADM_MARK_FATAL: omadm_mark_t = 1;
/// Something is about to stop working.
pub const OMADM_MARK_CRITICAL: omadm_mark_t = 2;
/// Something does not work as it should.
pub const OMADM_MARK_MINOR: omadm_mark_t = 3;
/// Something may go wrong.
pub const OMADM_MARK_WARNING: omadm_mark_t = 4;
/// What counts without a mark.
pub const OMADM_MARK_INFORMATIONAL: omadm_mark_t = 5;
/// Nothing is wrong.
pub const OMADM_MARK_HARMLESS: omadm_mark_t = 6;
/// Nobody can tell.
pub const OMADM_MARK_INDETERMINATE: omadm_mark_t = 7;

/// Something that a server is to be told. Zero what is not used; texts may be NULL then.
#[repr(C)]
#[derive(Clone, Copy, Debug)]
pub struct omadm_event_t {
    /// OMADM_EVENT_...
    pub kind: omadm_event_kind_t,
    /// OMADM_MARK_...
    pub mark: omadm_mark_t,
    /// OMADM_FORMAT_... of the data; not that of an interior node, nor OMADM_FORMAT_NONE.
    pub format: omadm_format_t,
    /// Name of the type, as `kind` says; needed.
    pub type_name: *const c_char,
    /// Octets of it.
    pub type_name_len: usize,
    /// ServerID of the only server it is for; empty: whichever has a session first.
    pub server_id: *const c_char,
    /// Octets of it.
    pub server_id_len: usize,
    /// Correlator of the Exec that it answers; omadm_finish() fills it in by itself.
    pub correlator: *const c_char,
    /// Octets of it.
    pub correlator_len: usize,
    /// Address of the node that it is about, where its type asks for one.
    pub source: *const c_char,
    /// Octets of it.
    pub source_len: usize,
    /// Target of its Item; normally empty.
    pub target: *const c_char,
    /// Octets of it.
    pub target_len: usize,
    /// The data; may be empty, but is always sent.
    pub data: *const c_void,
    /// Octets of it.
    pub data_size: usize,
}

/// Has a server told of an event: with the next message of the session under way, else with package 1 of the next one. It is
/// in the store when this returns, and stays there until the server has answered it.
///
/// At most 8 events wait. Each takes the lengths of its texts and data, and 17 octets more, which have to fit `work`, one
/// record of the store, and as an alert a message of `tx` beside 640 octets for the rest, 1280 in XML.
///
/// @param client  the object
/// @param event   the event; copied
/// @retval OMADM_OK                   kept
/// @retval OMADM_ERR_NULL             a pointer that is needed is NULL
/// @retval OMADM_ERR_ARGUMENT         a number of the event is none of those that its field takes
/// @retval OMADM_ERR_EVENT            it has no form in a message
/// @retval OMADM_ERR_EVENTS           as many wait as can be held
/// @retval OMADM_ERR_EVENT_TOO_LARGE  see above
/// @retval OMADM_ERR_BUSY             called from a callback
/// @return another code from 1000 (misuse) or 4000 (device); nothing is kept
///
/// Threads: one at a time for one object; not from an interrupt. Cost: one `store_write`, 8 `store_read` at the first call.
/// The texts of a question that is asked end.
///
/// # Safety
/// The pointers lead to what the contract says.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn omadm_raise(
    client: *mut omadm_client_t,
    event: *const omadm_event_t,
) -> omadm_result_t {
    // SAFETY: the contract of this function.
    unsafe {
        within(client, |call| {
            let event = read(event)?;
            let (client, tree) = call.both();
            Ok(client.raise(tree, &event)?)
        })
    }
}

/// Tells the result of an Exec whose handler answered OMADM_STARTED: the event goes to the server of the Exec with its
/// Correlator, about the executed node unless the event names another. The first call for a ticket counts; another one,
/// after a restart say, changes nothing.
///
/// @param client  the object
/// @param ticket  what `exec` was given; it stays good over a restart when the store does
/// @param event   the result; copied
/// @retval OMADM_OK          kept, or told already
/// @retval OMADM_ERR_TICKET  there is no such Exec, or its result was answered already
/// @return another code, as omadm_raise()
///
/// Threads: one at a time for one object; not from an interrupt. Cost: one `store_write`, at most 16 `store_read`. The texts
/// of a question that is asked end.
///
/// # Safety
/// The pointers lead to what the contract says.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn omadm_finish(
    client: *mut omadm_client_t,
    ticket: u32,
    event: *const omadm_event_t,
) -> omadm_result_t {
    // SAFETY: the contract of this function.
    unsafe {
        within(client, |call| {
            let event = read(event)?;
            let (client, tree) = call.both();
            Ok(client.finish(tree, Ticket(ticket), &event)?)
        })
    }
}

/// How many events, and executions without a result, wait.
///
/// @param client  the object
/// @param count   out: the number; when it is not 0, a session is worth its while
/// @retval OMADM_OK        `count` is written
/// @retval OMADM_ERR_NULL  a pointer is NULL
/// @retval OMADM_ERR_BUSY  called from a callback
/// @return another code from 1000 (misuse) or 4000 (device)
///
/// Threads: one at a time for one object; not from an interrupt. Cost: 8 `store_read` at the first call. The texts of a
/// question that is asked end.
///
/// # Safety
/// The pointers lead to what the contract says.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn omadm_waiting(
    client: *mut omadm_client_t,
    count: *mut usize,
) -> omadm_result_t {
    // SAFETY: the contract of this function.
    unsafe {
        within(client, |call| {
            if count.is_null() {
                return Err(OMADM_ERR_NULL.into());
            }
            let (client, tree) = call.both();
            count.write(client.waiting(tree)?);
            Ok(())
        })
    }
}

/// Forgets every event, told or not, and every execution without a result: after a reset to factory values, say.
///
/// @param client  the object
/// @retval OMADM_OK        done
/// @retval OMADM_ERR_NULL  `client` is NULL
/// @retval OMADM_ERR_BUSY  called from a callback
/// @return another code from 1000 (misuse) or 4000 (device); some may be forgotten
///
/// Threads: one at a time for one object; not from an interrupt. Cost: 8 `store_erase`.
///
/// # Safety
/// The pointers lead to what the contract says.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn omadm_forget_events(client: *mut omadm_client_t) -> omadm_result_t {
    // SAFETY: the contract of this function.
    unsafe {
        within(client, |call| {
            let (client, tree) = call.both();
            Ok(client.forget_events(tree)?)
        })
    }
}

/// # Safety
/// `event` is NULL, or leads to an event whose texts lead to what their lengths say, during `'e`.
unsafe fn read<'e>(event: *const omadm_event_t) -> Result<Event<'e>, omadm_result_t> {
    // SAFETY: the rule of this function.
    unsafe {
        let event = event.as_ref().ok_or(OMADM_ERR_NULL)?;
        let name = guard::text(event.type_name, event.type_name_len)?;
        let kind = match event.kind {
            OMADM_EVENT_REVERSED_DOMAIN_NAME => EventKind::ReversedDomainName(name),
            OMADM_EVENT_CONTENT_TYPE => EventKind::ContentType(name),
            OMADM_EVENT_CLIENT => EventKind::Client(name),
            _ => return Err(OMADM_ERR_ARGUMENT),
        };
        let format = Format::from_u8(event.format).ok_or(OMADM_ERR_ARGUMENT)?;
        let data = guard::bytes(event.data.cast(), event.data_size)?;
        let mut read = Event::new(kind, format, data);
        read.mark = match event.mark {
            OMADM_MARK_NONE => None,
            OMADM_MARK_FATAL => Some(Mark::Fatal),
            OMADM_MARK_CRITICAL => Some(Mark::Critical),
            OMADM_MARK_MINOR => Some(Mark::Minor),
            OMADM_MARK_WARNING => Some(Mark::Warning),
            OMADM_MARK_INFORMATIONAL => Some(Mark::Informational),
            OMADM_MARK_HARMLESS => Some(Mark::Harmless),
            OMADM_MARK_INDETERMINATE => Some(Mark::Indeterminate),
            _ => return Err(OMADM_ERR_ARGUMENT),
        };
        read.server_id = guard::text(event.server_id, event.server_id_len)?;
        read.correlator = guard::text(event.correlator, event.correlator_len)?;
        read.source = guard::text(event.source, event.source_len)?;
        read.target = guard::text(event.target, event.target_len)?;
        Ok(read)
    }
}
