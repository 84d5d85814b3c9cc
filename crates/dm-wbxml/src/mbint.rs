//! Multi-byte integers of WBXML: seven bits an octet, most significant group first.

/// Reads one number at `at`: the number and the offset behind it.
///
/// `Err(true)`: it does not fit 32 bits or takes more than five octets; `Err(false)`: the bytes end
/// inside.
#[inline(never)]
pub(crate) fn read(bytes: &[u8], mut at: usize) -> Result<(u32, usize), bool> {
    let mut value = 0u32;
    for _ in 0..5 {
        let octet = *bytes.get(at).ok_or(false)?;
        at = at.wrapping_add(1);
        if value > u32::MAX >> 7 {
            return Err(true);
        }
        value = value << 7 | u32::from(octet & 0x7F);
        if octet & 0x80 == 0 {
            return Ok((value, at));
        }
    }
    Err(true)
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

    #[test]
    fn numbers_of_every_length_come_back() {
        for shift in 0..32 {
            for near in [0u32, 1, 2] {
                let value = (1u32 << shift).wrapping_sub(1).wrapping_add(near);
                let mut out = [0; 5];
                let octets = write(value, &mut out).to_vec();
                assert_eq!(read(&octets, 0), Ok((value, octets.len())));
                for cut in 0..octets.len() {
                    assert_eq!(read(&octets[..cut], 0), Err(false));
                }
            }
        }
    }

    #[test]
    fn more_than_32_bits_or_five_octets_are_refused() {
        assert_eq!(read(&[0x8F, 0xFF, 0xFF, 0xFF, 0x7F], 0), Ok((u32::MAX, 5)));
        assert_eq!(read(&[0x90, 0x80, 0x80, 0x80, 0x00], 0), Err(true));
        assert_eq!(read(&[0x80, 0x80, 0x80, 0x80, 0x80, 0x01], 0), Err(true));
        assert_eq!(read(&[0x80, 0x80, 0x80, 0x80, 0x01], 0), Ok((1, 5)));
    }
}
