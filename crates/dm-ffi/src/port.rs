//! The firmware's functions: time, random octets, store.

use core::ffi::c_void;
use core::ptr;

use dm_core::Moment;
use dm_tree::{Key, RamStore, Store, StoreError};

use crate::result::omadm_result_t::{self, *};
use crate::types::{
    OMADM_STORE_DONE, OMADM_STORE_FULL, OMADM_STORE_NONE, OMADM_STORE_PARTS_MAX,
    OMADM_STORE_TOO_LARGE, omadm_bytes_t, omadm_port_t,
};

/// Asks the port for the time and for random octets.
///
/// # Safety
/// The functions of the port take this user.
pub(crate) unsafe fn moment(
    port: &omadm_port_t,
    user: *mut c_void,
) -> Result<Moment, omadm_result_t> {
    let (Some(draw), Some(now)) = (port.random, port.now) else {
        return Err(OMADM_ERR_PORT);
    };
    let mut random = [0; 16];
    // SAFETY: the function takes this user, and `random` has the length that is told.
    if unsafe { draw(user, random.as_mut_ptr(), random.len()) } != 0 {
        return Err(OMADM_ERR_RANDOM);
    }
    let utc = match port.utc {
        // SAFETY: the function takes this user.
        Some(utc) => match unsafe { utc(user) } {
            0 => None,
            seconds => Some(seconds),
        },
        None => None,
    };
    Ok(Moment {
        // SAFETY: the function takes this user.
        ms: unsafe { now(user) },
        utc,
        random,
    })
}

/// The store of an object.
pub(crate) enum PortStore {
    /// In lent memory.
    Ram(RamStore<'static>),
    /// The firmware's.
    Port {
        port: omadm_port_t,
        user: *mut c_void,
    },
}

fn failure(result: u32, len: usize) -> StoreError {
    match result {
        OMADM_STORE_FULL => StoreError::Full,
        OMADM_STORE_TOO_LARGE => StoreError::TooLarge(len),
        _ => StoreError::Failed,
    }
}

impl Store for PortStore {
    fn read(&mut self, key: Key, buf: &mut [u8]) -> Result<Option<usize>, StoreError> {
        let (port, user) = match self {
            Self::Ram(store) => return store.read(key, buf),
            Self::Port { port, user } => (port, *user),
        };
        let read = port.store_read.ok_or(StoreError::Failed)?;
        let mut len = 0;
        // SAFETY: the function takes this user; `buf` has the length that is told, and `len` is ours.
        match unsafe { read(user, key.0, buf.as_mut_ptr(), buf.len(), &raw mut len) } {
            // A store that claims more than there is space for is broken.
            OMADM_STORE_DONE if len > buf.len() => Err(StoreError::Failed),
            OMADM_STORE_DONE => Ok(Some(len)),
            OMADM_STORE_NONE => Ok(None),
            other => Err(failure(other, len)),
        }
    }

    fn write(&mut self, key: Key, parts: &[&[u8]]) -> Result<(), StoreError> {
        let (port, user) = match self {
            Self::Ram(store) => return store.write(key, parts),
            Self::Port { port, user } => (port, *user),
        };
        let write = port.store_write.ok_or(StoreError::Failed)?;
        const NOTHING: omadm_bytes_t = omadm_bytes_t {
            data: ptr::null(),
            size: 0,
        };
        let mut list = [NOTHING; OMADM_STORE_PARTS_MAX];
        let (mut count, mut size) = (0_usize, 0_usize);
        for part in parts {
            if part.is_empty() {
                continue;
            }
            let entry = list.get_mut(count).ok_or(StoreError::Failed)?;
            entry.data = part.as_ptr();
            entry.size = part.len();
            count = count.wrapping_add(1);
            size = size.saturating_add(part.len());
        }
        // SAFETY: the function takes this user; the list has at least the length that is told, and its pieces live
        // longer than the call.
        match unsafe { write(user, key.0, list.as_ptr(), count) } {
            OMADM_STORE_DONE => Ok(()),
            other => Err(failure(other, size)),
        }
    }

    fn erase(&mut self, key: Key) -> Result<(), StoreError> {
        let (port, user) = match self {
            Self::Ram(store) => return store.erase(key),
            Self::Port { port, user } => (port, *user),
        };
        let erase = port.store_erase.ok_or(StoreError::Failed)?;
        // SAFETY: the function takes this user.
        match unsafe { erase(user, key.0) } {
            OMADM_STORE_DONE => Ok(()),
            other => Err(failure(other, 0)),
        }
    }

    fn is_durable(&self) -> bool {
        match self {
            Self::Ram(store) => store.is_durable(),
            Self::Port { .. } => true,
        }
    }
}
