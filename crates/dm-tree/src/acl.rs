//! Access control lists: grammar, lookup, removal of a server.
//!
//! Implements the tree digest, sections 4.1, 4.3 and 4.6. An ACL is kept as the text it came as, so that a server reads
//! back what it wrote.

#![deny(clippy::arithmetic_side_effects)]

use crate::reason::Reason;
use crate::schema::access;

/// What a server wants to do with a node, as an ACL grants it.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Verb {
    /// Add a node below it.
    Add,
    /// Delete it.
    Delete,
    /// Execute it.
    Exec,
    /// Read it or its properties.
    Get,
    /// Replace its value or its properties.
    Replace,
}

impl Verb {
    const ALL: [Self; 5] = [
        Self::Add,
        Self::Delete,
        Self::Exec,
        Self::Get,
        Self::Replace,
    ];

    /// Its bit in an `AccessType`.
    pub(crate) const fn access(self) -> u8 {
        match self {
            Self::Add => access::ADD,
            Self::Delete => access::DELETE,
            Self::Exec => access::EXEC,
            Self::Get => access::GET,
            Self::Replace => access::REPLACE,
        }
    }

    /// Its name in an ACL.
    #[must_use]
    pub const fn name(self) -> &'static [u8] {
        match self {
            Self::Add => b"Add",
            Self::Delete => b"Delete",
            Self::Exec => b"Exec",
            Self::Get => b"Get",
            Self::Replace => b"Replace",
        }
    }
}

/// The ACL of the root when none is set (`TREE-C-030`).
pub(crate) const ROOT_DEFAULT: &[u8] = b"Add=*&Get=*";

/// Whether `text` is an ACL; the empty one is.
pub(crate) fn check(text: &[u8]) -> Result<(), Reason> {
    if text.is_empty() {
        return Ok(());
    }
    if core::str::from_utf8(text).is_err() {
        return Err(Reason::Utf8);
    }
    let mut rest = text;
    loop {
        let (entry, after) = cut(rest, b'&');
        let (command, mut idents) = cut(entry, b'=');
        if !Verb::ALL.iter().any(|verb| verb.name() == command) {
            return Err(Reason::AclSyntax);
        }
        loop {
            let (ident, more) = cut(idents, b'+');
            if ident != b"*" && !is_ident(ident) {
                return Err(Reason::AclSyntax);
            }
            if ident.len() == idents.len() {
                break;
            }
            idents = more;
        }
        if entry.len() == rest.len() {
            return Ok(());
        }
        rest = after;
    }
}

/// Whether a Server Identifier can stand in an ACL.
pub(crate) fn is_ident(ident: &[u8]) -> bool {
    !ident.is_empty()
        && !ident
            .iter()
            .any(|c| matches!(c, b'=' | b'&' | b'*' | b'+' | 0..=b' ' | 0x7F))
}

/// Whether a well-formed ACL grants `verb` to `server_id`. Identifiers are compared byte for byte.
pub(crate) fn grants(text: &[u8], verb: Verb, server_id: &[u8]) -> bool {
    let command = verb.name();
    let mut rest = text;
    while !rest.is_empty() {
        // The commands differ in their first letter.
        let is_meant = rest.first() == command.first();
        if is_meant {
            rest = rest.get(command.len()..).unwrap_or_default();
        }
        while let [c, after @ ..] = rest {
            rest = after;
            if *c == b'&' {
                break;
            }
            if is_meant && matches!(c, b'=' | b'+') && names(rest, server_id) {
                return true;
            }
        }
    }
    false
}

/// Whether the first identifier of a list is this one or the wildcard.
fn names(idents: &[u8], ident: &[u8]) -> bool {
    let mut rest = idents;
    if let [b'*', ..] = rest {
        return true;
    }
    for c in ident {
        match rest {
            [d, after @ ..] if c == d && !matches!(d, b'+' | b'&') => rest = after,
            _ => return false,
        }
    }
    matches!(rest, [] | [b'+' | b'&', ..])
}

/// Splits at the first `mark`, which is dropped.
#[inline(never)]
pub(crate) fn cut(text: &[u8], mark: u8) -> (&[u8], &[u8]) {
    let mut length = 0usize;
    for c in text {
        if *c == mark {
            break;
        }
        length = length.wrapping_add(1);
    }
    match text.split_at_checked(length) {
        Some((word, [_, rest @ ..])) => (word, rest),
        _ => (text, &[]),
    }
}

/// Whether a well-formed ACL grants `verb` to every server.
pub(crate) fn grants_all(text: &[u8], verb: Verb) -> bool {
    // No identifier is empty: only the wildcard can match.
    grants(text, verb, &[])
}

/// The parts of a well-formed ACL that also grants `verb` to `server_id`: behind the others who have it, or at the end.
#[cfg(feature = "profile13")]
pub(crate) fn with<'t>(text: &'t [u8], verb: Verb, server_id: &'t [u8]) -> [&'t [u8]; 5] {
    let command = verb.name();
    let mut at = 0usize;
    while at < text.len() {
        let entry = cut(text.get(at..).unwrap_or_default(), b'&').0;
        let end = at.wrapping_add(entry.len());
        if cut(entry, b'=').0 == command
            && let Some((before, behind)) = text.split_at_checked(end)
        {
            return [before, b"+", server_id, behind, b""];
        }
        at = end.wrapping_add(1);
    }
    let join: &[u8] = if text.is_empty() { b"" } else { b"&" };
    [text, join, command, b"=", server_id]
}

/// Removes `server_id` from a well-formed ACL, in place; returns the new length.
///
/// A command that loses its last identifier goes, or, with `keep_commands` (the root), is granted to all.
pub(crate) fn purge(text: &mut [u8], server_id: &[u8], keep_commands: bool) -> usize {
    // What is written never overtakes what is read: an entry can only shrink.
    let (mut from, mut to) = (0usize, 0usize);
    while from < text.len() {
        let rest = text.get(from..).unwrap_or_default();
        let mut left = cut(rest, b'&').0.len();
        let command = cut(rest, b'=').0.len().wrapping_add(1);
        let entry_start = to;
        if to != 0 {
            to = move_bytes(text, to, b"&");
        }
        to = copy_down(text, from, command, to);
        from = from.wrapping_add(command);
        left = left.saturating_sub(command);
        let idents_start = to;
        while left != 0 {
            let idents = text.get(from..from.wrapping_add(left)).unwrap_or_default();
            let ident = cut(idents, b'+').0;
            let length = ident.len();
            if ident != server_id {
                if to != idents_start {
                    to = move_bytes(text, to, b"+");
                }
                to = copy_down(text, from, length, to);
            }
            let passed = length.wrapping_add(usize::from(length != left));
            from = from.wrapping_add(passed);
            left = left.saturating_sub(passed);
        }
        if to == idents_start {
            to = if keep_commands {
                move_bytes(text, to, b"*")
            } else {
                entry_start
            };
        }
        from = from.wrapping_add(1);
    }
    to
}

fn move_bytes(text: &mut [u8], to: usize, bytes: &[u8]) -> usize {
    let mut to = to;
    for c in bytes {
        if let Some(place) = text.get_mut(to) {
            *place = *c;
        }
        to = to.wrapping_add(1);
    }
    to
}

fn copy_down(text: &mut [u8], from: usize, length: usize, to: usize) -> usize {
    let mut to = to;
    for i in 0..length {
        let c = text.get(from.wrapping_add(i)).copied().unwrap_or_default();
        to = move_bytes(text, to, &[c]);
    }
    to
}

#[cfg(test)]
mod tests {
    use super::*;

    /// TREE-C-036, TREE-C-041
    #[test]
    fn the_grammar_is_kept() {
        for good in [
            "",
            "Add=*",
            "Add=*&Get=*&Replace=srv1.example+ops&Delete=ops",
            "Get=a&Get=b",
            "Exec=*+a",
            "Get=größe",
        ] {
            assert_eq!(check(good.as_bytes()), Ok(()), "{good}");
        }
        for bad in [
            "Add",
            "Add=",
            "Add=&Get=*",
            "Add=*&",
            "&Add=*",
            "Add=*&&Get=*",
            "Add=a+",
            "Add=+a",
            "Add=a++b",
            "add=*",
            "Copy=*",
            "Get=a b",
            "Get =a",
            "Get= a",
            " Get=a",
            "Get=a\n",
            "Get=a*",
            "Get=**",
            "Get=a=b",
            "*",
            "=*",
            "Get=a\u{7f}",
        ] {
            assert_eq!(check(bad.as_bytes()), Err(Reason::AclSyntax), "{bad:?}");
        }
        assert_eq!(check(b"Get=\xff"), Err(Reason::Utf8));
    }

    /// TREE-C-034, TREE-C-035
    #[test]
    fn a_wildcard_grants_to_all_and_identifiers_are_compared_whole() {
        let acl = b"Add=*&Get=srv1+srv2&Replace=srv+*";
        assert!(grants(acl, Verb::Add, b"anyone"));
        assert!(grants(acl, Verb::Get, b"srv1") && grants(acl, Verb::Get, b"srv2"));
        for other in [&b"srv"[..], b"srv12", b"rv1", b"SRV1", b"srv1+srv2", b""] {
            assert!(!grants(acl, Verb::Get, other));
        }
        assert!(grants(acl, Verb::Replace, b"other"));
        assert!(!grants(acl, Verb::Delete, b"srv1") && !grants(acl, Verb::Exec, b"srv1"));
        assert!(grants_all(acl, Verb::Replace) && !grants_all(acl, Verb::Get));
        assert!(!grants(b"", Verb::Get, b"srv1"));
    }

    #[test]
    fn the_same_command_twice_is_the_union() {
        assert!(grants(b"Get=a&Get=b", Verb::Get, b"b"));
    }

    /// TREE-C-045, TREE-C-046
    #[test]
    fn a_purged_server_leaves_no_trace() {
        for (acl, id, node, root) in [
            ("Add=*&Get=a", "a", "Add=*", "Add=*&Get=*"),
            ("Get=a+b+c", "b", "Get=a+c", "Get=a+c"),
            (
                "Get=a&Replace=b&Exec=a+b",
                "a",
                "Replace=b&Exec=b",
                "Get=*&Replace=b&Exec=b",
            ),
            ("Get=ab+a", "a", "Get=ab", "Get=ab"),
            ("Get=a", "a", "", "Get=*"),
            ("Add=aa&Get=aa", "aa", "", "Add=*&Get=*"),
            ("", "a", "", ""),
            ("Get=b", "a", "Get=b", "Get=b"),
        ] {
            for (keep, want) in [(false, node), (true, root)] {
                let mut text = acl.as_bytes().to_vec();
                let n = purge(&mut text, id.as_bytes(), keep);
                assert_eq!(
                    core::str::from_utf8(&text[..n]),
                    Ok(want),
                    "{acl} without {id}"
                );
                assert_eq!(check(&text[..n]), Ok(()));
            }
        }
    }

    /// D13-C-078: a granted right is added where it belongs, and nothing else changes.
    #[cfg(feature = "profile13")]
    #[test]
    fn a_right_is_added_to_those_that_are_there() {
        for (acl, verb, want) in [
            ("", Verb::Get, "Get=s"),
            ("Add=*&Get=a", Verb::Get, "Add=*&Get=a+s"),
            ("Get=a&Add=*", Verb::Get, "Get=a+s&Add=*"),
            (
                "Add=a&Get=b&Replace=c",
                Verb::Get,
                "Add=a&Get=b+s&Replace=c",
            ),
            ("Add=*", Verb::Exec, "Add=*&Exec=s"),
        ] {
            let text = with(acl.as_bytes(), verb, b"s").concat();
            assert_eq!(core::str::from_utf8(&text), Ok(want), "{acl}");
            assert_eq!(check(&text), Ok(()));
            assert!(grants(&text, verb, b"s"));
        }
    }
}
