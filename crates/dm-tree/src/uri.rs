//! Addresses of nodes and properties: syntax, limits, comparison of names.
//!
//! Implements the tree digest, section 1.

#![deny(clippy::arithmetic_side_effects)]

use crate::properties::Property;
use crate::reason::Reason;
use crate::store::Key;

/// The limits published in `./DevDetail/URI` (`TREE-C-009`). Lengths in characters; 0: no limit.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct UriLimits {
    /// Most segments of a URI; the root does not count.
    pub max_depth: u16,
    /// Most characters of a URI as sent, its query included.
    pub max_tot_len: u16,
    /// Most characters of one segment, and of the Name property.
    pub max_seg_len: u16,
}

impl Default for UriLimits {
    fn default() -> Self {
        Self {
            max_depth: 16,
            max_tot_len: 127,
            max_seg_len: 32,
        }
    }
}

impl UriLimits {
    /// Of the leaves of `./DevDetail/URI`: the limit that it tells (`OBJ-C-015`).
    #[inline(never)]
    pub(crate) fn told_by(&self, leaf: Key) -> Option<u16> {
        const MAX_DEPTH: Key = Key::of_path(b"DevDetail/URI/MaxDepth");
        const MAX_TOT_LEN: Key = Key::of_path(b"DevDetail/URI/MaxTotLen");
        const MAX_SEG_LEN: Key = Key::of_path(b"DevDetail/URI/MaxSegLen");
        match leaf {
            MAX_DEPTH => Some(self.max_depth),
            MAX_TOT_LEN => Some(self.max_tot_len),
            MAX_SEG_LEN => Some(self.max_seg_len),
            _ => None,
        }
    }

    /// Whether a URI is within the limits that has `depth` segments, and `before` characters before `text`. No segment there has
    /// more than `longest` characters.
    pub(crate) fn allow(
        &self,
        text: &[u8],
        before: u32,
        depth: u32,
        longest: u32,
    ) -> Result<(), Reason> {
        let has_long = || match shape(without_root(text)) {
            Ok(shape) => exceeds(shape.longest, self.max_seg_len),
            Err(_) => false,
        };
        if exceeds(depth, self.max_depth)
            || is_longer(text, before, self.max_tot_len)
            || (exceeds(longest, self.max_seg_len) && has_long())
        {
            return Err(Reason::UriTooLong);
        }
        Ok(())
    }
}

/// Whether `count` exceeds `limit`, of which 0 is none.
pub(crate) const fn exceeds(count: u32, limit: u16) -> bool {
    limit != 0 && count > limit as u32
}

/// Whether the text, with `before` more characters, has more than `limit`.
#[inline(never)]
pub(crate) fn is_longer(text: &[u8], before: u32, limit: u16) -> bool {
    // Bytes are at least as many as characters, and need not be counted.
    exceeds(before.saturating_add(text.len() as u32), limit)
        && exceeds(before.saturating_add(characters(text)), limit)
}

/// Number of characters: of bytes that begin one.
#[inline(never)]
pub(crate) fn characters(text: &[u8]) -> u32 {
    let mut n = 0u32;
    for c in text {
        n = n.wrapping_add(u32::from(begins_character(*c)));
    }
    n
}

const fn begins_character(c: u8) -> bool {
    c & 0xC0 != 0x80
}

/// What of the node is addressed.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Query {
    /// The node itself.
    Node,
    /// `?prop=`.
    Property(Property),
    /// `?list=`.
    List,
}

impl Query {
    /// Reads what follows the path: nothing, or `?` and more.
    pub(crate) fn parse(text: &[u8]) -> Result<Self, Reason> {
        if text.is_empty() {
            return Ok(Self::Node);
        }
        if let Some(name) = text.strip_prefix(b"?prop=") {
            let property = Property::from_name(name).ok_or(Reason::Query)?;
            return Ok(Self::Property(property));
        }
        if text.starts_with(b"?list=") {
            return Ok(Self::List);
        }
        #[cfg(feature = "profile13")]
        if let [b'?', fields @ ..] = text
            && fields
                .split(|c| *c == b'&')
                .any(|field| field.starts_with(b"list="))
        {
            return Ok(Self::List);
        }
        Err(Reason::Query)
    }
}

/// The URI without the `./` it may begin with.
pub(crate) fn without_root(uri: &[u8]) -> &[u8] {
    match uri {
        [b'.', b'/', path @ ..] | path => path,
    }
}

/// Of a URI of the root: what follows the `.`, nothing or a query.
pub(crate) fn root_query(uri: &[u8]) -> Option<&[u8]> {
    match uri {
        [b'.', query @ ..] if matches!(query, [] | [b'?', ..]) => Some(query),
        _ => None,
    }
}

/// What a path is made of.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct Shape {
    /// Number of segments.
    pub(crate) depth: u32,
    /// Characters of the longest one.
    pub(crate) longest: u32,
    /// Bytes of the path: it ends before a `?`.
    pub(crate) length: usize,
}

/// One bit for each ASCII character that stands for itself in a segment: `pchar` of RFC 2396 but for `%`.
const PLAIN: [u32; 4] = plain(b"-_.!~*'():@&=+$,");

const fn plain(marks: &[u8]) -> [u32; 4] {
    let mut bits = 0u128;
    let mut c = 0u8;
    while c < 0x80 {
        let mut is_plain = c.is_ascii_alphanumeric();
        let mut rest = marks;
        while let [mark, tail @ ..] = rest {
            is_plain |= c == *mark;
            rest = tail;
        }
        bits |= (is_plain as u128) << c;
        c = c.wrapping_add(1);
    }
    [
        bits as u32,
        (bits >> 32) as u32,
        (bits >> 64) as u32,
        (bits >> 96) as u32,
    ]
}

/// Proves a path of at least one segment well formed, up to its end or a `?`.
#[inline(never)]
pub(crate) fn shape(path: &[u8]) -> Result<Shape, Reason> {
    let (mut depth, mut longest, mut segment) = (1u32, 0u32, 0u32);
    let mut last = 0;
    let mut ascii = true;
    let mut length = path.len();
    let mut rest = path.iter();
    while let Some(c) = rest.next() {
        match *c {
            b'/' => {
                // An empty segment, or one that makes `./` or `../`.
                if segment == 0 || last == b'.' {
                    return Err(Reason::UriSyntax);
                }
                longest = longest.max(segment);
                segment = 0;
                depth = depth.wrapping_add(1);
                continue;
            }
            b'?' => {
                length = length.wrapping_sub(rest.len()).wrapping_sub(1);
                break;
            }
            b'%' => {
                let (Some(high), Some(low)) = (rest.next(), rest.next()) else {
                    return Err(Reason::UriSyntax);
                };
                // An escaped `/` would give one path two spellings.
                if !high.is_ascii_hexdigit()
                    || !low.is_ascii_hexdigit()
                    || (*high == b'2' && *low | 0x20 == b'f')
                {
                    return Err(Reason::UriSyntax);
                }
                segment = segment.wrapping_add(2);
            }
            c => match PLAIN.get(usize::from(c >> 5)) {
                Some(bits) if bits >> (c & 31) & 1 == 0 => return Err(Reason::UriSyntax),
                Some(_) => {}
                None => ascii = false,
            },
        }
        last = *c;
        segment = segment.wrapping_add(u32::from(begins_character(*c)));
    }
    let path = path.get(..length).unwrap_or_default();
    let dots = match segment {
        1 => last == b'.',
        2 => path.ends_with(b".."),
        _ => segment == 0,
    };
    if dots || (!ascii && core::str::from_utf8(path).is_err()) {
        return Err(Reason::UriSyntax);
    }
    Ok(Shape {
        depth,
        longest: longest.max(segment),
        length,
    })
}

/// Proves a path of at least one segment well formed, with nothing behind it.
pub(crate) fn check_path(path: &[u8]) -> Result<Shape, Reason> {
    let shape = shape(path)?;
    if shape.length == path.len() {
        Ok(shape)
    } else {
        Err(Reason::UriSyntax)
    }
}

/// Checks one segment that is to become a name.
pub(crate) fn check_name(name: &[u8], limits: &UriLimits) -> Result<(), Reason> {
    match check_path(name) {
        Ok(shape) if shape.depth == 1 => {
            if exceeds(shape.longest, limits.max_seg_len) {
                Err(Reason::UriTooLong)
            } else if name.last() == Some(&b'.') {
                // It could not have children.
                Err(Reason::Name)
            } else {
                Ok(())
            }
        }
        _ => Err(Reason::Name),
    }
}

/// The hash and the length of the first segment of a path, which ends at a `/`, a `?` or the end.
///
/// The hash is the same for names that [`same_name`] may find equal. `seed` makes it another one below another parent.
#[inline]
pub(crate) fn first_segment(seed: u16, path: &[u8]) -> (u32, usize) {
    let mut hash = u32::from(seed);
    let mut rest = path;
    // `/` and `?` differ in one bit.
    while let [c, after @ ..] = rest
        && c & 0xEF != b'/'
    {
        hash = hash
            .wrapping_mul(0x9E37_79B1)
            .wrapping_add(u32::from(*c | 0x20));
        rest = after;
    }
    (hash, path.len().wrapping_sub(rest.len()))
}

/// The hash of a name.
#[inline(never)]
pub(crate) fn name_hash(seed: u16, name: &[u8]) -> u32 {
    first_segment(seed, name).0
}

/// Whether two names are the same: byte for byte, or, when `fold`, without regard to ASCII case. The case of the hex
/// digits of an escape never counts. Escapes are not decoded.
#[inline(never)]
pub(crate) fn same_name(a: &[u8], b: &[u8], fold: bool) -> bool {
    if a.len() != b.len() {
        return false;
    }
    let mut at = 0usize;
    for (x, y) in a.iter().zip(b) {
        if x != y {
            let digit = |back: usize| a.get(at.wrapping_sub(back)) == Some(&b'%');
            if !x.eq_ignore_ascii_case(y) || !(fold || digit(1) || digit(2)) {
                return false;
            }
        }
        at = at.wrapping_add(1);
    }
    true
}

#[cfg(test)]
mod tests {
    use super::*;

    const NONE: UriLimits = UriLimits {
        max_depth: 0,
        max_tot_len: 0,
        max_seg_len: 0,
    };

    fn check(uri: &[u8], limits: &UriLimits) -> Result<(), Reason> {
        let depth = match root_query(uri) {
            Some(_) => 0,
            None => shape(without_root(uri))?.depth,
        };
        // As if segments had not been counted.
        limits.allow(uri, 0, depth, uri.len() as u32)
    }

    /// Path and query.
    fn parts(uri: &str) -> Result<(&str, &str), Reason> {
        check(uri.as_bytes(), &NONE)?;
        if let Some(query) = root_query(uri.as_bytes()) {
            return Ok(uri.split_at(uri.len().abs_diff(query.len())));
        }
        let path = uri.strip_prefix("./").unwrap_or(uri);
        Ok(path.split_at(shape(path.as_bytes())?.length))
    }

    fn path(uri: &str) -> Result<&str, Reason> {
        parts(uri).map(|(path, _)| path)
    }

    /// TREE-C-001, TREE-C-002
    #[test]
    fn the_root_is_a_dot_and_a_leading_dot_slash_changes_nothing() {
        assert_eq!(path("."), Ok("."));
        assert_eq!(path("./A/B"), Ok("A/B"));
        assert_eq!(path("A/B"), Ok("A/B"));
        assert_eq!(path("./.A/..B"), Ok(".A/..B"));
    }

    /// TREE-C-003, TREE-C-004, TREE-C-010
    #[test]
    fn forbidden_forms_are_refused() {
        for bad in [
            "", "./", "/", "/A", "A/", "./A/", "A//B", ".//A", "..", "../A", "A/../B", "A/..",
            "A/.", "A/./B", "./.", "./..", "A./B", "A%2FB", "A%2fB", "A%", "A%2", "A%G0", "A B",
            "A\"", "A#B", "A<B", "A\\B", "A\u{7f}", "A;B",
        ] {
            assert_eq!(path(bad), Err(Reason::UriSyntax), "{bad:?}");
        }
    }

    /// TREE-C-005
    #[test]
    fn uris_are_utf_8() {
        assert_eq!(path("./Größe/✓"), Ok("Größe/✓"));
        assert!(matches!(check(b"./A\xff", &NONE), Err(Reason::UriSyntax)));
        assert!(matches!(check(b"./A\xc3/B", &NONE), Err(Reason::UriSyntax)));
    }

    /// TREE-C-008, PRO-C-141
    #[test]
    fn each_limit_counts_characters_and_is_inclusive() {
        let limits = UriLimits {
            max_depth: 3,
            max_tot_len: 20,
            max_seg_len: 5,
        };
        let check = |uri: &str| check(uri.as_bytes(), &limits);
        assert_eq!(check("./A/B/C"), Ok(()));
        assert_eq!(check("./A/B/C/D"), Err(Reason::UriTooLong));
        assert_eq!(check("äöüäö"), Ok(()));
        assert_eq!(check("äöüäöü"), Err(Reason::UriTooLong));
        assert_eq!(check("ab%20"), Ok(()));
        assert_eq!(check("abc%20"), Err(Reason::UriTooLong));
        assert_eq!(check("./Abcde/Bcde?prop=ACL"), Err(Reason::UriTooLong));
        assert_eq!(check("./Abcde/Bcd?prop=ACL"), Ok(()));
        assert_eq!(check("./äöüäö/äöü?prop=ACL"), Ok(()));
        assert_eq!(check("."), Ok(()));
    }

    #[test]
    fn a_query_names_a_property_or_a_list() {
        let query = |uri| parts(uri).and_then(|(_, query)| Query::parse(query.as_bytes()));
        assert_eq!(query("./A"), Ok(Query::Node));
        assert_eq!(query("./A?prop=ACL"), Ok(Query::Property(Property::Acl)));
        assert_eq!(query(".?prop=Name"), Ok(Query::Property(Property::Name)));
        assert_eq!(query("./A?list=Struct"), Ok(Query::List));
        for bad in [
            "./A?",
            "./A?prop",
            "./A?prop=",
            "./A?prop=acl",
            "./A?prop=ACL&prop=Name",
            "./A?prop=ACL?list=Struct",
            "./A?Prop=ACL",
            "./A?x=y",
        ] {
            assert_eq!(query(bad), Err(Reason::Query), "{bad}");
        }
        assert_eq!(query("./A/?prop=ACL"), Err(Reason::UriSyntax));
        assert_eq!(query("?prop=ACL"), Err(Reason::UriSyntax));
    }

    #[test]
    fn a_new_name_is_one_legal_segment() {
        let limits = UriLimits::default();
        assert_eq!(check_name(b"Abc", &limits), Ok(()));
        assert_eq!(check_name(b"a.b", &limits), Ok(()));
        for bad in [
            &b""[..],
            b".",
            b"..",
            b"a.",
            b"a/b",
            b"a b",
            b"a?b",
            b"./a",
            b"\xff",
        ] {
            assert_eq!(check_name(bad, &limits), Err(Reason::Name), "{bad:?}");
        }
        assert_eq!(check_name(&[b'x'; 32], &limits), Ok(()));
        assert_eq!(check_name(&[b'x'; 33], &limits), Err(Reason::UriTooLong));
    }

    #[test]
    fn names_differ_by_case_but_escapes_do_not() {
        assert!(same_name(b"Man", b"Man", false));
        assert!(!same_name(b"Man", b"man", false));
        assert!(same_name(b"Man", b"mAN", true));
        assert!(same_name(b"a%c3b", b"a%C3b", false));
        assert!(same_name(b"%3cb", b"%3Cb", false));
        assert!(!same_name(b"a%c3b", b"a%C3B", false));
        assert!(!same_name(b"a%20", b"a ", true));
        assert!(!same_name(b"Man", b"Mand", true));
        for (a, b) in [(&b"Man"[..], &b"mAN"[..]), (b"a%c3b", b"a%C3b")] {
            assert_eq!(name_hash(7, a), name_hash(7, b));
        }
    }

    #[test]
    fn segments_come_one_by_one() {
        assert_eq!(first_segment(7, b"A/Bc/D"), (name_hash(7, b"A"), 1));
        assert_eq!(first_segment(7, b"/D"), (name_hash(7, b""), 0));
        assert_eq!(first_segment(7, b"Bc?prop=ACL"), (name_hash(7, b"Bc"), 2));
        assert_ne!(name_hash(7, b"A"), name_hash(8, b"A"));
    }
}
