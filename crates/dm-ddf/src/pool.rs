//! The text of a schema in one run of bytes, each string once.

use std::collections::HashMap;

use crate::merge::{Merged, State};

/// Strings laid out longest first, so that one that is part of another costs nothing.
#[derive(Debug)]
pub(crate) struct Pool<'t> {
    bytes: Vec<u8>,
    offsets: HashMap<&'t [u8], usize>,
}

impl<'t> Pool<'t> {
    /// All strings of a tree of descriptions.
    pub(crate) fn collect(root: &'t Merged) -> Self {
        let mut strings = vec![types(root)];
        for child in &root.children {
            gather(child, &mut strings);
        }
        strings.sort_by(|one, other| other.len().cmp(&one.len()).then(one.cmp(other)));
        strings.dedup();
        let mut pool = Self {
            bytes: Vec::new(),
            offsets: HashMap::from([(b"".as_slice(), 0)]),
        };
        for string in strings.into_iter().filter(|string| !string.is_empty()) {
            let there = pool
                .bytes
                .windows(string.len())
                .position(|window| window == string);
            let offset = there.unwrap_or(pool.bytes.len());
            if there.is_none() {
                pool.bytes.extend_from_slice(string);
            }
            pool.offsets.insert(string, offset);
        }
        pool
    }

    /// Offset and length of a string that was collected; `None` when they do not fit the tables.
    pub(crate) fn find(&self, string: &[u8]) -> Option<(u16, u16)> {
        let offset = self.offsets.get(string)?;
        Some((
            u16::try_from(*offset).ok()?,
            u16::try_from(string.len()).ok()?,
        ))
    }

    pub(crate) fn into_bytes(self) -> Vec<u8> {
        self.bytes
    }
}

fn types(node: &Merged) -> &[u8] {
    match &node.state {
        State::Described(properties) => properties.types.as_bytes(),
        State::Implied | State::Mentioned => b"",
    }
}

fn gather<'t>(node: &'t Merged, strings: &mut Vec<&'t [u8]>) {
    strings.push(node.name.as_deref().unwrap_or_default().as_bytes());
    strings.push(types(node));
    if let State::Described(properties) = &node.state {
        strings.push(properties.default.as_deref().unwrap_or_default());
    }
    for child in &node.children {
        gather(child, strings);
    }
}
