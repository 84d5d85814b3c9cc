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

    fn scan(&mut self, each: &mut dyn FnMut(Key, Option<&[u8]>)) -> Result<bool, StoreError> {
        match self {
            Self::Ram(store) => store.scan(each),
            Self::Port { .. } => Ok(false),
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

#[cfg(test)]
mod tests {
    use super::*;

    /// Says what `user` leads to: a result and a length.
    unsafe extern "C" fn read(
        user: *mut c_void,
        key: u32,
        buf: *mut u8,
        size: usize,
        len: *mut usize,
    ) -> u32 {
        // SAFETY: the tests pass this user, and the adapter space for `size` octets and for the length.
        unsafe {
            let (result, length) = user.cast::<(u32, usize)>().read();
            if length <= size {
                buf.write_bytes(key.to_le_bytes()[0], length);
            }
            len.write(length);
            result
        }
    }

    fn ask(result: u32, length: usize) -> (Result<Option<usize>, StoreError>, [u8; 4]) {
        let mut answer = (result, length);
        let port = omadm_port_t {
            random: None,
            now: None,
            utc: None,
            store_read: Some(read),
            store_write: None,
            store_erase: None,
        };
        let user = (&raw mut answer).cast();
        let mut store = PortStore::Port { port, user };
        let mut buf = [0; 4];
        (store.read(Key(9), &mut buf), buf)
    }

    #[test]
    fn a_record_comes_with_its_length() {
        assert_eq!(ask(OMADM_STORE_DONE, 3), (Ok(Some(3)), [9, 9, 9, 0]));
        assert_eq!(ask(OMADM_STORE_DONE, 4).0, Ok(Some(4)));
        assert_eq!(ask(OMADM_STORE_NONE, 4).0, Ok(None));
    }

    #[test]
    fn a_store_that_claims_more_than_there_is_space_for_has_failed() {
        assert_eq!(ask(OMADM_STORE_DONE, 5).0, Err(StoreError::Failed));
        assert_eq!(
            ask(OMADM_STORE_TOO_LARGE, 5).0,
            Err(StoreError::TooLarge(5))
        );
        assert_eq!(ask(OMADM_STORE_FULL, 0).0, Err(StoreError::Full));
        assert_eq!(ask(77, 0).0, Err(StoreError::Failed));
    }

    #[test]
    fn more_pieces_than_the_list_holds_are_refused_whole() {
        unsafe extern "C" fn write(
            user: *mut c_void,
            _: u32,
            parts: *const omadm_bytes_t,
            count: usize,
        ) -> u32 {
            // SAFETY: the test passes this user, and the adapter a list of `count`.
            unsafe {
                let mut size = 0;
                for index in 0..count {
                    size += (*parts.add(index)).size;
                }
                user.cast::<usize>().write(size);
            }
            OMADM_STORE_DONE
        }
        let mut size = 0_usize;
        let port = omadm_port_t {
            random: None,
            now: None,
            utc: None,
            store_read: None,
            store_write: Some(write),
            store_erase: None,
        };
        let user = (&raw mut size).cast();
        let mut store = PortStore::Port { port, user };
        let one: &[u8] = b"x";
        let written = store.write(Key(1), &[one; OMADM_STORE_PARTS_MAX + 1]);
        assert_eq!(written, Err(StoreError::Failed));
        let none: &[u8] = b"";
        let mut parts = [none; 2 * OMADM_STORE_PARTS_MAX];
        parts[..OMADM_STORE_PARTS_MAX].fill(one);
        assert_eq!(store.write(Key(1), &parts), Ok(()));
        // SAFETY: nothing else uses it now.
        let size = unsafe { user.cast::<usize>().read() };
        assert_eq!(size, OMADM_STORE_PARTS_MAX);
    }
}
