//! Multi-byte integers of WBXML: seven bits an octet, most significant group first.

use crate::ErrorKind;

/// Reads one number at `at`, which goes on behind it.
///
/// When the bytes end inside there is none and `at` is their end; when the number does not fit 32
/// bits or takes more than five octets, it stays. [`fault`] says which of both.
#[inline(never)]
pub(crate) fn read(bytes: &[u8], at: &mut usize) -> Option<u32> {
    let mut value = 0u32;
    let mut behind = *at;
    for _ in 0..5 {
        let Some(octet) = bytes.get(behind) else {
            *at = bytes.len();
            return None;
        };
        behind = behind.wrapping_add(1);
        if value > u32::MAX >> 7 {
            break;
        }
        value = value << 7 | u32::from(octet & 0x7F);
        if octet & 0x80 == 0 {
            *at = behind;
            return Some(value);
        }
    }
    None
}

/// What is wrong where [`read`] found no number.
pub(crate) fn fault(bytes: &[u8], at: usize) -> ErrorKind {
    if at >= bytes.len() {
        ErrorKind::UnexpectedEnd
    } else {
        ErrorKind::Overflow
    }
}

/// The shortest form of `value`: the octets and how many of them count, from the end.
pub(crate) fn write(mut value: u32, out: &mut [u8; 5]) -> &[u8] {
    let mut used = 0usize;
    let mut more = 0;
    for slot in out.iter_mut().rev() {
        *slot = (value & 0x7F) as u8 | more;
        more = 0x80;
        used = used.wrapping_add(1);
        value >>= 7;
        if value == 0 {
            break;
        }
    }
    out.get(out.len().saturating_sub(used)..).unwrap_or(&[])
}

#[cfg(test)]
mod tests {
    use super::*;

    fn number(bytes: &[u8]) -> (Result<u32, ErrorKind>, usize) {
        let mut at = 0;
        let number = read(bytes, &mut at).ok_or_else(|| fault(bytes, at));
        (number, at)
    }

    #[test]
    fn numbers_of_every_length_come_back() {
        for shift in 0..32 {
            for near in [0u32, 1, 2] {
                let value = (1u32 << shift).wrapping_sub(1).wrapping_add(near);
                let mut out = [0; 5];
                let octets = write(value, &mut out).to_vec();
                assert_eq!(number(&octets), (Ok(value), octets.len()));
                for cut in 0..octets.len() {
                    let end = (Err(ErrorKind::UnexpectedEnd), cut);
                    assert_eq!(number(&octets[..cut]), end);
                }
            }
        }
    }

    #[test]
    fn more_than_32_bits_or_five_octets_are_refused() {
        assert_eq!(number(&[0x8F, 0xFF, 0xFF, 0xFF, 0x7F]), (Ok(u32::MAX), 5));
        assert_eq!(number(&[0x80, 0x80, 0x80, 0x80, 0x01]), (Ok(1), 5));
        for long in [[0x90, 0x80, 0x80, 0x80, 0x00, 0x00], [0x80; 6]] {
            assert_eq!(number(&long), (Err(ErrorKind::Overflow), 0));
        }
    }
}
