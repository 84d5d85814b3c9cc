//! Finds the end of a string, a word at a time.

const WORD: usize = size_of::<usize>();
/// 0x01 in every octet.
const ONES: usize = usize::MAX / 0xFF;
/// 0x80 in every octet.
const HIGHS: usize = ONES << 7;

/// Where the first NUL is, and whether an octet above 0x7F is in front of it.
#[inline]
pub(super) fn end(bytes: &[u8]) -> Option<(usize, bool)> {
    let mut rest = bytes;
    let mut seen = 0;
    while let Some((word, behind)) = rest.split_first_chunk::<WORD>() {
        let word = usize::from_le_bytes(*word);
        // The lowest bit set belongs to the first octet that is zero; higher ones may be wrong.
        let zero = word.wrapping_sub(ONES) & !word & HIGHS;
        if zero != 0 {
            seen |= word & (zero & zero.wrapping_neg()).wrapping_sub(1);
            let tail = zero.trailing_zeros() as usize / 8;
            return Some((
                bytes.len().wrapping_sub(rest.len()).wrapping_add(tail),
                seen & HIGHS != 0,
            ));
        }
        seen |= word;
        rest = behind;
    }
    let tail = rest.iter().position(|octet| *octet == 0)?;
    seen |= rest
        .iter()
        .take(tail)
        .fold(0, |seen, octet| seen | usize::from(*octet));
    Some((
        bytes.len().wrapping_sub(rest.len()).wrapping_add(tail),
        seen & HIGHS != 0,
    ))
}

/// The octets up to the first NUL.
pub(super) fn until_nul(bytes: &[u8]) -> Option<&[u8]> {
    end(bytes).and_then(|(len, _)| bytes.get(..len))
}

/// Whether a string cannot hold these octets.
pub(super) fn has_nul(mut octets: &[u8]) -> bool {
    while let Some((word, behind)) = octets.split_first_chunk::<WORD>() {
        let word = usize::from_le_bytes(*word);
        if word.wrapping_sub(ONES) & !word & HIGHS != 0 {
            return true;
        }
        octets = behind;
    }
    octets.contains(&0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_end_is_found_at_every_distance_and_high_octets_only_before_it() {
        for len in 0..40 {
            for high in 0..=len {
                let mut bytes = vec![b'x'; len];
                if high < len {
                    bytes[high] = 0x80;
                }
                assert_eq!(end(&bytes), None);
                assert!(!has_nul(&bytes));
                for behind in [
                    &b""[..],
                    b"\x01",
                    b"\x80\x80\x80\x80\x80\x80\x80\x80\x80",
                    b"\0\x01\0\0\0\0\0\0\0\0",
                ] {
                    let mut document = bytes.clone();
                    document.push(0);
                    assert!(has_nul(&document));
                    document.extend(behind);
                    assert_eq!(end(&document), Some((len, high < len)));
                    assert_eq!(until_nul(&document), Some(&bytes[..]));
                }
            }
        }
    }
}
