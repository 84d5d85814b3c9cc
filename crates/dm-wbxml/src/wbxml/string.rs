//! Finds the end of a string, a word at a time.

const WORD: usize = size_of::<usize>();
/// 0x01 in every octet.
const ONES: usize = usize::MAX / 0xFF;
/// 0x80 in every octet.
const HIGHS: usize = ONES << 7;

/// The first octet that is NUL or above 0x7F.
#[inline(always)]
pub(super) fn first_mark(word: &[u8; WORD]) -> Option<usize> {
    let word = usize::from_le_bytes(*word);
    // The lowest bit set belongs to the first such octet; higher ones may be wrong.
    let marks = (word | word.wrapping_sub(ONES)) & HIGHS;
    (marks != 0).then_some(marks.trailing_zeros() as usize / 8)
}

/// Where the first octet from `start` on stands that is NUL or above 0x7F, if that is in a whole word
/// of the document.
#[inline(always)]
pub(super) fn end_of_ascii(bytes: &[u8], start: usize) -> Option<usize> {
    let mut rest = bytes.get(start..)?;
    loop {
        let (word, behind) = rest.split_first_chunk()?;
        if let Some(marked) = first_mark(word) {
            return Some(bytes.len().wrapping_sub(rest.len()).wrapping_add(marked));
        }
        rest = behind;
    }
}

/// The octets up to the first NUL.
#[cold]
pub(super) fn until_nul(bytes: &[u8]) -> Option<&[u8]> {
    let len = bytes.iter().position(|octet| *octet == 0)?;
    bytes.get(..len)
}

/// Copies octets to a place of the same length; whether a string can hold them.
#[inline(always)]
pub(super) fn copy(to: &mut [u8], from: &[u8]) -> bool {
    // Words, of which the last may overlap the one before it, or few octets.
    if let Some(last) = from.last_chunk::<WORD>()
        && let Some(end) = to.last_chunk_mut::<WORD>()
    {
        let mut marks = copy_word(end, last);
        for (to, from) in to.as_chunks_mut().0.iter_mut().zip(from.as_chunks().0) {
            marks |= copy_word(to, from);
        }
        return marks & HIGHS == 0;
    }
    to.iter_mut().zip(from).all(|(to, from)| {
        *to = *from;
        *from != 0
    })
}

/// Copies a word and gives its [`nul_marks`].
#[inline(always)]
fn copy_word(to: &mut [u8; WORD], from: &[u8; WORD]) -> usize {
    let word = usize::from_le_bytes(*from);
    *to = word.to_le_bytes();
    nul_marks(word)
}

/// The high bits of the word's octets, of which at least the lowest one set stands for NUL.
#[inline(always)]
fn nul_marks(word: usize) -> usize {
    word.wrapping_sub(ONES) & !word
}

/// Whether a string cannot hold these octets.
#[inline(never)]
pub(super) fn has_nul(mut octets: &[u8]) -> bool {
    while let Some((word, behind)) = octets.split_first_chunk() {
        if nul_marks(usize::from_le_bytes(*word)) & HIGHS != 0 {
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
    fn the_first_nul_or_high_octet_of_a_word_is_found() {
        for at in 0..WORD {
            for mark in [0, 0x80, 0xC3, 0xFF] {
                for front in [0x01, 0x7F] {
                    for behind in [0x00, 0x01, 0x7F, 0x80, 0xFF] {
                        let mut word = [front; WORD];
                        word[at] = mark;
                        word[at + 1..].fill(behind);
                        assert_eq!(first_mark(&word), Some(at), "{word:?}");
                    }
                }
            }
        }
        assert_eq!(first_mark(&[0x01; WORD]), None);
        assert_eq!(first_mark(&[0x7F; WORD]), None);
    }

    #[test]
    fn nul_is_found_at_every_distance() {
        for len in 0..40 {
            let mut bytes = vec![0xC3; len];
            assert_eq!(until_nul(&bytes), None);
            assert!(!has_nul(&bytes));
            bytes.push(0);
            assert!(has_nul(&bytes));
            bytes.extend([1, 0, 0x80, 0, 0, 0, 0, 0, 0, 0]);
            assert_eq!(until_nul(&bytes), Some(&bytes[..len]));
        }
    }
}
