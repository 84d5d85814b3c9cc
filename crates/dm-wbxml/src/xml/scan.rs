//! Lexical pieces of XML, found in the rest of the document.

use crate::text::is_character;

/// Octets looked at together.
const WORD: usize = size_of::<usize>();
/// Each octet 1.
const ONES: usize = all(1);
/// The top bit of each octet.
const HIGHS: usize = all(0x80);

/// A word of this octet.
const fn all(octet: u8) -> usize {
    usize::from_le_bytes([octet; WORD])
}

/// Sets the top bit of each octet that is `<`, `>` or above 0x7F, right up to the first such one,
/// whose borrow may disturb those behind it.
#[inline(always)]
fn angles(word: usize) -> usize {
    // Bit 1 tells the two apart.
    ((word | all(2)) ^ all(b'>')).wrapping_sub(ONES) | word
}

/// Whether a word has only octets from behind `&` to 0x7F, but neither `<` nor `>`.
#[inline(always)]
fn is_plain(word: usize) -> bool {
    (word.wrapping_sub(all(b'&' + 1)) | angles(word)) & HIGHS == 0
}

/// How many octets up to a special or control character, white space but the plain one included,
/// and whether one of them is above 0x7F.
pub(crate) fn plain_len(octets: &[u8]) -> (usize, bool) {
    let mut high = false;
    let mut rest = octets;
    loop {
        while let Some((chunk, behind)) = rest.split_first_chunk::<WORD>() {
            let word = usize::from_le_bytes(*chunk);
            if !is_plain(word) {
                let control = word.wrapping_sub(all(0x20));
                let ampersand = (word ^ all(b'&')).wrapping_sub(ONES);
                let hits = (control | ampersand | angles(word)) & HIGHS;
                if hits != 0 {
                    let plain = (hits.trailing_zeros() / 8) as usize;
                    rest = rest.get(plain..).unwrap_or(&[]);
                    break;
                }
            }
            rest = behind;
        }
        // What ended the loop above, or too few for a word.
        loop {
            match rest {
                [octet, behind @ ..] if *octet >= 0x20 && !matches!(octet, b'&' | b'<' | b'>') => {
                    rest = behind;
                    if *octet >= 0x80 {
                        high = true;
                        break;
                    }
                }
                _ => return (octets.len().wrapping_sub(rest.len()), high),
            }
        }
    }
}

/// A bit for each octet that a name can go on with: `-`, `.`, digits, `:`; `A` to `Z`, `_`; `a` to
/// `z`; and all of other characters than those of ASCII, which are not told apart.
static NAME: [u32; 8] = [
    0,
    0x07FF_6000,
    0x87FF_FFFE,
    0x07FF_FFFE,
    u32::MAX,
    u32::MAX,
    u32::MAX,
    u32::MAX,
];

/// Whether a name can go on with this octet.
#[inline]
pub(crate) fn in_name(octet: u8) -> bool {
    // There is a word for whatever three bits are left.
    NAME.get(usize::from(octet >> 5))
        .is_some_and(|word| word >> (octet & 0x1F) & 1 != 0)
}

/// What begins like a name and goes on like one: all of it that stands at the beginning of `rest`.
pub(crate) fn name(rest: &[u8]) -> &[u8] {
    let mut behind = rest;
    loop {
        // Most names are letters, which bit 5 divides in small and large ones.
        while let Some((chunk, after)) = behind.split_first_chunk::<WORD>() {
            let word = usize::from_le_bytes(*chunk);
            let small = word | all(0x20);
            let hits = small.wrapping_sub(all(b'a')) | small.wrapping_add(all(0x7F - b'z')) | word;
            let hits = hits & HIGHS;
            if hits != 0 {
                let letters = (hits.trailing_zeros() / 8) as usize;
                behind = behind.get(letters..).unwrap_or(&[]);
                break;
            }
            behind = after;
        }
        match behind {
            [octet, after @ ..] if in_name(*octet) => behind = after,
            _ => break,
        }
    }
    let len = rest.len().wrapping_sub(behind.len());
    rest.get(..len).unwrap_or(&[])
}

/// A name without its prefix; nothing when it is none, or not as name spaces want it: a colon at an
/// end, or more than one.
#[inline(never)]
pub(crate) fn local(name: &[u8]) -> &[u8] {
    let mut part = name;
    for _ in 0..2 {
        // Below `:` are the digits, `-` and `.`, with which no name begins either.
        if !matches!(part, [octet, ..] if *octet > b':') {
            break;
        }
        match behind(part, b":") {
            Some(behind) => part = behind,
            None => return part,
        }
    }
    &[]
}

/// What stands behind the next `end`.
pub(crate) fn behind<'a>(mut rest: &'a [u8], end: &[u8]) -> Option<&'a [u8]> {
    let first = end.first()?;
    while let [octet, behind @ ..] = rest {
        if octet == first
            && let Some(behind) = rest.strip_prefix(end)
        {
            return Some(behind);
        }
        rest = behind;
    }
    None
}

/// What stands between elements and in character content besides characters and references.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Markup {
    Instruction,
    /// It ends one octet behind its bounds.
    Comment,
    Section,
}

/// How markup begins and ends.
pub(crate) struct Bounds {
    pub(crate) begin: &'static [u8],
    pub(crate) end: &'static [u8],
}

impl Bounds {
    const fn new(begin: &'static [u8], end: &'static [u8]) -> Self {
        Self { begin, end }
    }
}

/// Those of each [`Markup`].
static BOUNDS: [Bounds; 3] = [
    Bounds::new(b"<?", b"?>"),
    Bounds::new(b"<!--", b"--"),
    Bounds::new(b"<![CDATA[", b"]]>"),
];

/// What seems to stand at the beginning of `rest`.
#[inline(never)]
pub(crate) fn markup(rest: &[u8]) -> (Markup, &'static Bounds) {
    let markup = match rest {
        [_, b'?', ..] => Markup::Instruction,
        [_, _, b'-', ..] => Markup::Comment,
        _ => Markup::Section,
    };
    (markup, BOUNDS.get(markup as usize).unwrap_or(&BOUNDS[0]))
}

/// The content of the section at the beginning of `rest`, and what stands behind it. An instruction
/// and a comment have none. Whatever stands there is known to be well-formed.
#[inline(never)]
pub(crate) fn section(rest: &[u8]) -> Option<(&[u8], &[u8])> {
    let (markup, bounds) = markup(rest);
    let inner = rest.get(bounds.begin.len()..)?;
    let behind = behind(inner, bounds.end)?;
    match markup {
        Markup::Instruction => Some((&[], behind)),
        Markup::Comment => Some((&[], behind.get(1..)?)),
        Markup::Section => {
            let ends = behind.len().wrapping_add(bounds.end.len());
            Some((inner.get(..inner.len().wrapping_sub(ends))?, behind))
        }
    }
}

/// The predefined entities as numbers, and how white space is written that a receiver would read as
/// other white space.
static ENTITIES: [u32; 8] = [
    u32::from_be_bytes(*b"\0amp"),
    u32::from_be_bytes(*b"\0\0lt"),
    u32::from_be_bytes(*b"\0\0gt"),
    u32::from_be_bytes(*b"quot"),
    u32::from_be_bytes(*b"apos"),
    u32::from_be_bytes(*b"\0#13"),
    u32::from_be_bytes(*b"\0\0#9"),
    u32::from_be_bytes(*b"\0#10"),
];
/// The characters they stand for.
static CHARACTERS: [u8; 8] = *b"&<>\"'\r\t\n";

/// What stands between `&` and `;` for a character, as a number whose digits are the octets.
pub(super) fn entity(character: u8) -> Option<u32> {
    let at = CHARACTERS.iter().position(|known| *known == character)?;
    ENTITIES.get(at).copied()
}

/// In the place of a character: the octets end in the reference, nobody knows it, or XML does not
/// allow the character.
pub(super) const ENDED: u32 = u32::MAX;
pub(super) const NO_ENTITY: u32 = ENDED - 1;
pub(super) const NO_CHARACTER: u32 = ENDED - 2;

/// The character of the reference at the beginning of `rest`, or why there is none; and where it
/// ends. Only the five predefined entities are known.
#[inline(never)]
pub(super) fn reference(rest: &[u8]) -> (u32, usize) {
    // A name is a number whose digits are its letters.
    let (mut base, mut start) = (256, 1usize);
    if rest.get(start) == Some(&b'#') {
        (base, start) = match rest.get(2) {
            Some(b'x') => (16, 3),
            _ => (10, 2),
        };
    }
    let mut value = 0u32;
    let mut at = start;
    loop {
        let Some(octet) = rest.get(at).copied() else {
            return (ENDED, at);
        };
        at = at.wrapping_add(1);
        if octet == b';' {
            break;
        }
        let digit = match octet {
            _ if base == 256 => octet.into(),
            b'0'..=b'9' => u32::from(octet & 15),
            b'A'..=b'F' | b'a'..=b'f' => u32::from(octet & 7).wrapping_add(9),
            _ => 256,
        };
        // The longest allowed is "&#x0010FFFF;" with some more zeros.
        if digit >= base || value >> 24 != 0 || at > 20 {
            return (NO_ENTITY, at);
        }
        value = value.wrapping_mul(base).wrapping_add(digit);
    }
    let character = if base == 256 || at == start.wrapping_add(1) {
        let entity = ENTITIES.iter().position(|entity| *entity == value);
        let character = entity.and_then(|entity| CHARACTERS.get(entity));
        character.map_or(NO_ENTITY, |character| (*character).into())
    } else if is_character(value, true) {
        value
    } else {
        NO_CHARACTER
    };
    (character, at)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What [`plain_len`] says, by looking at one octet after the other.
    fn naive(octets: &[u8]) -> (usize, bool) {
        let len = octets
            .iter()
            .position(|octet| *octet < 0x20 || b"&<>".contains(octet))
            .unwrap_or(octets.len());
        (len, octets[..len].iter().any(|octet| *octet >= 0x80))
    }

    #[test]
    fn every_octet_stops_plain_text_or_not_at_every_place() {
        // Miri is some thousand times slower: it takes a share.
        for octet in (0..=0xFFu8).step_by(if cfg!(miri) { 61 } else { 1 }) {
            // Two words and a rest: at each place of a word, in the first, the next and the last.
            for at in 0..2 * WORD + 3 {
                let around = [b'x', 0x80, b'%', b'\'', b'=', b'?', 0xA6];
                for around in around.into_iter().take(if cfg!(miri) { 2 } else { 7 }) {
                    let mut octets = [around; 2 * WORD + 3];
                    octets[at] = octet;
                    for len in [at, at + 1, 2 * WORD, octets.len()] {
                        assert_eq!(plain_len(&octets[..len]), naive(&octets[..len]));
                    }
                }
            }
        }
    }

    #[test]
    fn names_end_where_no_name_can_go_on() {
        for octet in 0..=0xFFu8 {
            let goes_on = octet >= 0x80
                || octet.is_ascii_alphanumeric()
                || matches!(octet, b'-' | b'.' | b'_' | b':');
            assert_eq!(
                name(&[b'x', octet, b'>']).len(),
                if goes_on { 2 } else { 1 }
            );
            let begins = goes_on && !octet.is_ascii_digit() && !b"-.:".contains(&octet);
            let name = &[octet];
            let name = super::name(name);
            assert_eq!(local(name), if begins { name } else { b"" });
        }
    }

    #[test]
    fn a_name_has_one_prefix_or_none() {
        assert_eq!(local(b"Item"), b"Item");
        assert_eq!(local(b"a:Item"), b"Item");
        for none in [
            "", ":", "a:", ":a", "::", "a::b", "a:b:c", "a:b:", "a:1", "1:a", "a:-",
        ] {
            assert_eq!(local(none.as_bytes()), b"", "{none}");
        }
    }
}
