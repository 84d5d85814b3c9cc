//! Checks of what C passes in: pointers, lengths, overlap, text.

use core::ffi::c_char;
use core::slice;

use crate::result::omadm_result_t::{self, *};

/// No piece of memory is longer (a rule of Rust slices, true for every object in C).
const SIZE_MAX: usize = isize::MAX.unsigned_abs();

/// Octets that the caller passes for the length of one call.
///
/// # Safety
/// When `data` is not NULL, `size` octets there can be read and do not change during `'a`.
pub(crate) unsafe fn bytes<'a>(data: *const u8, size: usize) -> Result<&'a [u8], omadm_result_t> {
    if size == 0 {
        return Ok(&[]);
    }
    if data.is_null() {
        return Err(OMADM_ERR_NULL);
    }
    if size > SIZE_MAX {
        return Err(OMADM_ERR_RANGE);
    }
    // SAFETY: not NULL and of a possible length; readable by the rule of this function; octets need no alignment.
    Ok(unsafe { slice::from_raw_parts(data, size) })
}

/// Space that the caller lends for the length of one call, zeroed: C memory may never have been written.
///
/// # Safety
/// When `data` is not NULL, `size` octets there are the callee's alone during `'a`.
pub(crate) unsafe fn space<'a>(data: *mut u8, size: usize) -> Result<&'a mut [u8], omadm_result_t> {
    if size == 0 {
        return Ok(&mut []);
    }
    if data.is_null() {
        return Err(OMADM_ERR_NULL);
    }
    if size > SIZE_MAX {
        return Err(OMADM_ERR_RANGE);
    }
    // SAFETY: not NULL, of a possible length, ours alone by the rule of this function, and initialised by the first of
    // the two calls; octets need no alignment.
    unsafe {
        data.write_bytes(0, size);
        Ok(slice::from_raw_parts_mut(data, size))
    }
}

/// Text that the caller passes for the length of one call.
///
/// # Safety
/// As [`bytes`].
pub(crate) unsafe fn text<'a>(data: *const c_char, len: usize) -> Result<&'a str, omadm_result_t> {
    // SAFETY: the rule is the same.
    let bytes = unsafe { bytes(data.cast(), len) }?;
    core::str::from_utf8(bytes).map_err(|_| OMADM_ERR_UTF8)
}

/// Text that may be left out: NULL.
///
/// # Safety
/// As [`bytes`].
pub(crate) unsafe fn optional_text<'a>(
    data: *const c_char,
    len: usize,
) -> Result<Option<&'a str>, omadm_result_t> {
    if data.is_null() && len == 0 {
        return Ok(None);
    }
    // SAFETY: the rule is the same.
    unsafe { text(data, len) }.map(Some)
}

/// Where one value is to be read or written.
///
/// # Errors
/// `OMADM_ERR_NULL`, `OMADM_ERR_ALIGNMENT`.
pub(crate) fn place<T>(at: *const T) -> Result<(), omadm_result_t> {
    if at.is_null() {
        return Err(OMADM_ERR_NULL);
    }
    if !at.is_aligned() {
        return Err(OMADM_ERR_ALIGNMENT);
    }
    Ok(())
}

/// One piece of lent memory, as addresses.
#[derive(Clone, Copy)]
pub(crate) struct Piece {
    start: usize,
    end: usize,
}

impl Piece {
    /// # Errors
    /// `OMADM_ERR_NULL` for memory without a place, `OMADM_ERR_RANGE` when it does not end, `OMADM_ERR_ALIGNMENT`.
    pub(crate) fn new<T>(start: *const T, count: usize) -> Result<Self, omadm_result_t> {
        let size = count.checked_mul(size_of::<T>()).ok_or(OMADM_ERR_RANGE)?;
        if start.is_null() && size > 0 {
            return Err(OMADM_ERR_NULL);
        }
        if !start.is_aligned() {
            return Err(OMADM_ERR_ALIGNMENT);
        }
        if size > SIZE_MAX {
            return Err(OMADM_ERR_RANGE);
        }
        let start = start.addr();
        let end = start.checked_add(size).ok_or(OMADM_ERR_RANGE)?;
        Ok(Self { start, end })
    }

    /// Whether two of the pieces have an octet in common.
    pub(crate) fn any_overlap(pieces: &[Self]) -> bool {
        let mut rest = pieces;
        while let [one, others @ ..] = rest {
            if one.start < one.end {
                for other in others {
                    if other.start < other.end && one.start < other.end && other.start < one.end {
                        return true;
                    }
                }
            }
            rest = others;
        }
        false
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use core::ptr;

    fn piece(start: usize, count: usize) -> Piece {
        Piece::new(ptr::without_provenance::<u8>(start), count).unwrap()
    }

    #[test]
    fn pieces_overlap_when_they_share_an_octet() {
        assert!(!Piece::any_overlap(&[
            piece(100, 10),
            piece(110, 10),
            piece(90, 10)
        ]));
        assert!(Piece::any_overlap(&[
            piece(100, 10),
            piece(200, 1),
            piece(109, 1)
        ]));
        assert!(Piece::any_overlap(&[piece(100, 10), piece(104, 2)]));
        assert!(
            !Piece::any_overlap(&[piece(100, 10), piece(105, 0)]),
            "no octet in common"
        );
    }

    #[test]
    fn a_piece_ends_inside_the_address_space() {
        let at = |start| ptr::without_provenance::<u32>(start);
        assert_eq!(Piece::new(at(0), 1).err(), Some(OMADM_ERR_NULL));
        assert!(Piece::new(at(0), 0).is_ok());
        assert_eq!(Piece::new(at(6), 1).err(), Some(OMADM_ERR_ALIGNMENT));
        assert_eq!(Piece::new(at(8), usize::MAX).err(), Some(OMADM_ERR_RANGE));
        assert_eq!(
            Piece::new(at(8), usize::MAX / 4).err(),
            Some(OMADM_ERR_RANGE)
        );
        assert_eq!(
            Piece::new(at(usize::MAX - 3), 1).err(),
            Some(OMADM_ERR_RANGE)
        );
    }
}
