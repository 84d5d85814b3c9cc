//! What is inside `omadm_client_t`, and the way into it: one call at a time.
//!
//! # Why this is sound
//!
//! The object holds a tree that borrows two other fields, the schema and the store. Rust has no lifetime for that, so the
//! borrows are `'static`, and these rules make them true:
//!
//! * The object stays in place from `omadm_init` to `omadm_close`: a rule for the caller, and `mark`, made from the
//!   address, finds most breaches.
//! * No reference to the whole object is ever made. Each field is reached by a raw pointer, and a reference to one field
//!   says nothing about the others.
//! * `schema` and `store` are not touched while `tree` lives, except by `tree`.
//! * Two calls are never inside one object: `busy` is set for the length of a call, so a callback cannot enter; that
//!   threads do not, is a rule for the caller.

use core::ffi::c_void;
use core::ptr::NonNull;

use dm_core::{Client, Moment};
use dm_tree::{Schema, Tree};

use crate::port::{PortStore, moment};
use crate::result::{
    Fault,
    omadm_result_t::{self, *},
};
use crate::types::{omadm_client_t, omadm_node_desc_t, omadm_node_slot_t, omadm_port_t};

/// The object. Zeroed memory is one that was not initialised.
#[repr(C)]
pub(crate) struct Object {
    /// [`mark`] of the object's own address while it is initialised.
    pub(crate) mark: usize,
    /// 1 for the length of a call.
    pub(crate) busy: u32,
    /// What `omadm_detail` gives.
    pub(crate) detail: u32,
    pub(crate) port: omadm_port_t,
    pub(crate) user: *mut c_void,
    pub(crate) schema: Schema<'static>,
    pub(crate) store: PortStore,
    pub(crate) tree: Tree<'static>,
    pub(crate) client: Client<'static>,
}

const _: () = {
    assert!(size_of::<Object>() <= size_of::<omadm_client_t>());
    assert!(align_of::<Object>() <= align_of::<omadm_client_t>());
    assert!(size_of::<dm_tree::NodeSlot>() == size_of::<omadm_node_slot_t>());
    assert!(align_of::<dm_tree::NodeSlot>() <= align_of::<omadm_node_slot_t>());
};

/// `omadm_node_desc_t` is read as `dm_tree::NodeDesc`.
const _: () = {
    use core::mem::offset_of;
    use dm_tree::NodeDesc;
    assert!(size_of::<NodeDesc>() == size_of::<omadm_node_desc_t>());
    assert!(align_of::<NodeDesc>() == align_of::<omadm_node_desc_t>());
    assert!(offset_of!(NodeDesc, name) == offset_of!(omadm_node_desc_t, name));
    assert!(offset_of!(NodeDesc, name_len) == offset_of!(omadm_node_desc_t, name_len));
    assert!(offset_of!(NodeDesc, format) == offset_of!(omadm_node_desc_t, format));
    assert!(offset_of!(NodeDesc, parent) == offset_of!(omadm_node_desc_t, parent));
    assert!(offset_of!(NodeDesc, first_child) == offset_of!(omadm_node_desc_t, first_child));
    assert!(offset_of!(NodeDesc, children) == offset_of!(omadm_node_desc_t, children));
    assert!(offset_of!(NodeDesc, access) == offset_of!(omadm_node_desc_t, access));
    assert!(offset_of!(NodeDesc, flags) == offset_of!(omadm_node_desc_t, flags));
    assert!(offset_of!(NodeDesc, max) == offset_of!(omadm_node_desc_t, max));
    assert!(offset_of!(NodeDesc, mime) == offset_of!(omadm_node_desc_t, mime));
    assert!(offset_of!(NodeDesc, mime_len) == offset_of!(omadm_node_desc_t, mime_len));
    assert!(offset_of!(NodeDesc, default) == offset_of!(omadm_node_desc_t, default_value));
    assert!(offset_of!(NodeDesc, default_len) == offset_of!(omadm_node_desc_t, default_len));
};

/// The value of `Object::mark` for an object at this address: never 0, and another one after a move.
fn mark(object: *mut Object) -> usize {
    // Addresses of objects are even.
    object.addr() ^ 0x6F6D_4401
}

/// Turns the caller's pointer into ours.
///
/// # Errors
/// `OMADM_ERR_NULL`, `OMADM_ERR_ALIGNMENT`.
fn locate(client: *mut omadm_client_t) -> Result<NonNull<Object>, omadm_result_t> {
    let object = NonNull::new(client.cast::<Object>()).ok_or(OMADM_ERR_NULL)?;
    if client.is_aligned() {
        Ok(object)
    } else {
        Err(OMADM_ERR_ALIGNMENT)
    }
}

/// Whether the object is initialised, and whether a call is inside it.
///
/// # Safety
/// `object` leads to an `omadm_client_t` that was zeroed before its first initialisation.
unsafe fn is_live_and_busy(object: NonNull<Object>) -> (bool, bool) {
    let object = object.as_ptr();
    // SAFETY: the first fields are integers that C zeroed or this library wrote.
    let (found, busy) = unsafe {
        (
            (&raw const (*object).mark).read(),
            (&raw const (*object).busy).read(),
        )
    };
    let live = found == mark(object);
    (live, live && busy != 0)
}

/// An initialised object for the length of one call.
pub(crate) struct Entered {
    object: NonNull<Object>,
}

impl Drop for Entered {
    fn drop(&mut self) {
        // SAFETY: `enter` proved the object, and only close (which does not come here) ends it.
        unsafe { (&raw mut (*self.object.as_ptr()).busy).write(0) };
    }
}

impl Entered {
    /// Begins a call.
    ///
    /// # Errors
    /// `OMADM_ERR_NULL`, `OMADM_ERR_ALIGNMENT`, `OMADM_ERR_NOT_INITIALISED`, `OMADM_ERR_BUSY`.
    ///
    /// # Safety
    /// `client` is NULL or leads to an `omadm_client_t` that was zeroed before its first initialisation; no other thread
    /// uses it during the call.
    pub(crate) unsafe fn enter(client: *mut omadm_client_t) -> Result<Self, omadm_result_t> {
        let object = locate(client)?;
        // SAFETY: the rule is the same.
        match unsafe { is_live_and_busy(object) } {
            (false, _) => return Err(OMADM_ERR_NOT_INITIALISED),
            (true, true) => return Err(OMADM_ERR_BUSY),
            (true, false) => {}
        }
        // SAFETY: the object is initialised, and no call is inside it.
        unsafe { (&raw mut (*object.as_ptr()).busy).write(1) };
        Ok(Self { object })
    }

    /// The tree alone.
    pub(crate) fn tree(&mut self) -> &mut Tree<'static> {
        // SAFETY: initialised, as `enter` proved; `&mut self` keeps it the only reference to this field, and no
        // reference to the whole object exists.
        unsafe { &mut (*self.object.as_ptr()).tree }
    }

    /// The client and the tree.
    pub(crate) fn both(&mut self) -> (&mut Client<'static>, &mut Tree<'static>) {
        let object = self.object.as_ptr();
        // SAFETY: as in `tree`; the two fields are disjoint.
        unsafe { (&mut (*object).client, &mut (*object).tree) }
    }

    /// Time and random octets of this call.
    ///
    /// # Errors
    /// `OMADM_ERR_RANDOM`.
    pub(crate) fn moment(&mut self) -> Result<Moment, omadm_result_t> {
        let object = self.object.as_ptr();
        // SAFETY: initialised, as `enter` proved; both fields are copied out.
        let (port, user) = unsafe {
            (
                (&raw const (*object).port).read(),
                (&raw const (*object).user).read(),
            )
        };
        // SAFETY: `omadm_init` was given this port with this user.
        unsafe { moment(&port, user) }
    }

    /// Ends the call: keeps the detail of a fault, and gives the code.
    fn conclude(self, outcome: Result<(), Fault>) -> omadm_result_t {
        let fault = outcome.err().unwrap_or(OMADM_OK.into());
        // SAFETY: initialised, as `enter` proved.
        unsafe { (&raw mut (*self.object.as_ptr()).detail).write(fault.detail) };
        fault.result
    }

    /// Ends the object: drops what it holds and zeroes it.
    pub(crate) fn close(self) {
        let object = self.object.as_ptr();
        core::mem::forget(self);
        // SAFETY: initialised, as `enter` proved, and nothing refers to it: the tree goes before the store and the schema
        // it borrows. Zeroed memory is an object that is not initialised.
        unsafe {
            (&raw mut (*object).client).drop_in_place();
            (&raw mut (*object).tree).drop_in_place();
            (&raw mut (*object).store).drop_in_place();
            object.write_bytes(0, 1);
        }
    }
}

/// One call: enters the object, does the work, keeps the detail of its fault.
///
/// # Safety
/// As for [`Entered::enter`].
pub(crate) unsafe fn within(
    client: *mut omadm_client_t,
    work: impl FnOnce(&mut Entered) -> Result<(), Fault>,
) -> omadm_result_t {
    // SAFETY: the rule is the same.
    match unsafe { Entered::enter(client) } {
        Ok(mut call) => {
            let outcome = work(&mut call);
            call.conclude(outcome)
        }
        Err(result) => result,
    }
}

/// What `omadm_detail` gives.
///
/// # Safety
/// As for [`Entered::enter`].
pub(crate) unsafe fn detail(client: *const omadm_client_t) -> u32 {
    let Ok(object) = locate(client.cast_mut()) else {
        return 0;
    };
    // SAFETY: the rule is the same, and the field is valid in an initialised object.
    unsafe {
        match is_live_and_busy(object) {
            (true, _) => (&raw const (*object.as_ptr()).detail).read(),
            (false, _) => 0,
        }
    }
}

/// An object that is being initialised: nothing but its first two fields is valid.
pub(crate) struct Raw {
    object: NonNull<Object>,
}

impl Raw {
    /// Begins the initialisation; until it ends, calls from callbacks find the object busy.
    ///
    /// # Errors
    /// `OMADM_ERR_NULL`, `OMADM_ERR_ALIGNMENT`, `OMADM_ERR_BUSY`; `OMADM_ERR_WRONG_CALL` for an object that is
    /// initialised.
    ///
    /// # Safety
    /// As for [`Entered::enter`].
    pub(crate) unsafe fn begin(client: *mut omadm_client_t) -> Result<Self, omadm_result_t> {
        let object = locate(client)?;
        // SAFETY: the rule is the same.
        match unsafe { is_live_and_busy(object) } {
            (_, true) => return Err(OMADM_ERR_BUSY),
            (true, false) => return Err(OMADM_ERR_WRONG_CALL),
            (false, _) => {}
        }
        // SAFETY: the object is the caller's and not in use.
        unsafe {
            (&raw mut (*object.as_ptr()).mark).write(mark(object.as_ptr()));
            (&raw mut (*object.as_ptr()).busy).write(1);
        }
        Ok(Self { object })
    }

    /// Where the fields go.
    pub(crate) fn object(&self) -> *mut Object {
        self.object.as_ptr()
    }

    /// The initialisation failed: the object is as if it had never begun.
    pub(crate) fn give_up(self) {
        // SAFETY: the object is the caller's, and what was written to its fields needs no drop.
        unsafe { self.object.as_ptr().write_bytes(0, 1) };
    }

    /// The initialisation is complete.
    ///
    /// # Safety
    /// Every field is written.
    pub(crate) unsafe fn complete(self) {
        // SAFETY: the object is the caller's.
        unsafe { (&raw mut (*self.object.as_ptr()).busy).write(0) };
    }
}
