//! Addresses of nodes and properties: syntax, limits, comparison of names.
//!
//! Implements the tree digest, section 1.

#![deny(clippy::arithmetic_side_effects)]

use crate::properties::Property;
use crate::reason::Reason;

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

/// Whether `count` exceeds `limit`, of which 0 is none.
pub(crate) const fn exceeds(count: u32, limit: u16) -> bool {
    limit != 0 && count > limit as u32
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
        match text {
            [] => Ok(Self::Node),
            [b'?', b'p', b'r', b'o', b'p', b'=', name @ ..] => Property::from_name(name)
                .map(Self::Property)
                .ok_or(Reason::Query),
            [b'?', b'l', b'i', b's', b't', b'=', ..] => Ok(Self::List),
            #[cfg(feature = "profile13")]
            [b'?', fields @ ..]
                if fields
                    .split(|c| *c == b'&')
                    .any(|field| field.starts_with(b"list=")) =>
            {
                Ok(Self::List)
            }
            _ => Err(Reason::Query),
        }
    }
}

/// The URI without the `./` it may begin with.
pub(crate) fn without_root(uri: &[u8]) -> &[u8] {
    match uri {
        [b'.', b'/', path @ ..] | path => path,
    }
}

/// Proves a URI well formed and within the limits; what follows its path, which is not looked at.
pub(crate) fn check<'u>(uri: &'u [u8], limits: &UriLimits) -> Result<&'u [u8], Reason> {
    let at = uri.iter().position(|c| *c == b'?').unwrap_or(uri.len());
    let (path, query) = uri.split_at_checked(at).unwrap_or((uri, &[]));
    if path != b"." {
        let (depth, longest) = check_path(without_root(path))?;
        if exceeds(depth, limits.max_depth) || exceeds(longest, limits.max_seg_len) {
            return Err(Reason::UriTooLong);
        }
    }
    if exceeds(characters(uri), limits.max_tot_len) {
        return Err(Reason::UriTooLong);
    }
    Ok(query)
}

/// Proves a path of at least one segment well formed; number of segments and characters of the longest one.
pub(crate) fn check_path(path: &[u8]) -> Result<(u32, u32), Reason> {
    let (mut depth, mut longest, mut segment) = (1u32, 0u32, 0u32);
    let mut last = b'/';
    let mut ascii = true;
    let mut rest = path;
    while let [c, tail @ ..] = rest {
        rest = tail;
        match *c {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' => {}
            b'/' => {
                // An empty segment, or one that makes `./` or `../`.
                if last == b'/' || last == b'.' {
                    return Err(Reason::UriSyntax);
                }
                longest = longest.max(segment);
                segment = 0;
                depth = depth.wrapping_add(1);
                last = b'/';
                continue;
            }
            b'%' => {
                let [high, low, after @ ..] = rest else {
                    return Err(Reason::UriSyntax);
                };
                // An escaped `/` would give one path two spellings.
                if !high.is_ascii_hexdigit()
                    || !low.is_ascii_hexdigit()
                    || (*high == b'2' && low.eq_ignore_ascii_case(&b'f'))
                {
                    return Err(Reason::UriSyntax);
                }
                rest = after;
                segment = segment.wrapping_add(2);
            }
            // `pchar` of RFC 2396.
            b'-' | b'_' | b'.' | b'!' | b'~' | b'*' | b'\'' | b'(' | b')' | b':' | b'@' | b'&'
            | b'=' | b'+' | b'$' | b',' => {}
            0x80.. => ascii = false,
            _ => return Err(Reason::UriSyntax),
        }
        segment = segment.wrapping_add(u32::from(begins_character(*c)));
        last = *c;
    }
    let dots = matches!(
        path,
        b"." | b".." | [.., b'/', b'.'] | [.., b'/', b'.', b'.']
    );
    if last == b'/' || dots || (!ascii && core::str::from_utf8(path).is_err()) {
        return Err(Reason::UriSyntax);
    }
    Ok((depth, longest.max(segment)))
}

/// Checks one segment that is to become a name.
pub(crate) fn check_name(name: &[u8], limits: &UriLimits) -> Result<(), Reason> {
    match check_path(name) {
        Ok((1, length)) if exceeds(length, limits.max_seg_len) => Err(Reason::UriTooLong),
        // A name ending in `.` cannot have children.
        Ok((1, _)) if name.last() != Some(&b'.') => Ok(()),
        _ => Err(Reason::Name),
    }
}

/// The hash and the length of the first segment, which ends at a `/`, a `?` or the end.
///
/// The hash is the same for names that [`same_name`] may find equal.
#[inline(never)]
pub(crate) fn first_segment(path: &[u8]) -> (u32, usize) {
    let mut hash = 0u32;
    let mut length = 0usize;
    for c in path {
        if matches!(c, b'/' | b'?') {
            break;
        }
        hash = hash
            .wrapping_mul(0x0100_0193)
            .wrapping_add(u32::from(*c | 0x20));
        length = length.wrapping_add(1);
    }
    (hash, length)
}

/// The hash of a name.
pub(crate) fn name_hash(name: &[u8]) -> u32 {
    first_segment(name).0
}

/// Whether two names are the same: byte for byte, or, when `fold`, without regard to ASCII case. The case of the hex
/// digits of an escape never counts. Escapes are not decoded.
pub(crate) fn same_name(a: &[u8], b: &[u8], fold: bool) -> bool {
    if a.len() != b.len() {
        return false;
    }
    let mut digits = 0u8;
    for (x, y) in a.iter().zip(b) {
        if x != y && !((fold || digits != 0) && x.eq_ignore_ascii_case(y)) {
            return false;
        }
        digits >>= 1;
        if *x == b'%' {
            digits = 0b11;
        }
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

    fn path(uri: &str) -> Result<&str, Reason> {
        let query = check(uri.as_bytes(), &NONE)?;
        Ok(without_root_of(
            uri.split_at(uri.len().abs_diff(query.len())).0,
        ))
    }

    fn without_root_of(path: &str) -> &str {
        core::str::from_utf8(without_root(path.as_bytes())).unwrap()
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
        let check = |uri: &str| check(uri.as_bytes(), &limits).map(|_| ());
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
        let query = |uri: &'static str| check(uri.as_bytes(), &NONE).and_then(Query::parse);
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
        assert!(!same_name(b"a%c3b", b"a%C3B", false));
        assert!(!same_name(b"a%20", b"a ", true));
        assert!(!same_name(b"Man", b"Mand", true));
        for (a, b) in [(&b"Man"[..], &b"mAN"[..]), (b"a%c3b", b"a%C3b")] {
            assert_eq!(name_hash(a), name_hash(b));
        }
    }

    #[test]
    fn segments_come_one_by_one() {
        assert_eq!(first_segment(b"A/Bc/D"), (name_hash(b"A"), 1));
        assert_eq!(first_segment(b"/D"), (name_hash(b""), 0));
        assert_eq!(first_segment(b"Bc?prop=ACL"), (name_hash(b"Bc"), 2));
    }
}
