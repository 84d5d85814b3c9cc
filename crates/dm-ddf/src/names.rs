//! Names of the path constants in generated files.

use std::collections::HashSet;

use dm_tree::{DescId, NodeDesc};

use crate::compile::Compiled;

/// Names that generated files use themselves.
const TAKEN: [&str; 3] = ["NODES", "SCHEMA", "TEXT"];

impl Compiled {
    /// One constant name for each node, in upper case with underscores: `./DevInfo/Man` is `DEV_INFO_MAN`.
    ///
    /// A name chosen at creation is `X`, with the format behind it when there are several such nodes below one parent.
    /// Names that would clash get a number.
    pub(crate) fn constants(&self) -> Vec<String> {
        let mut taken: HashSet<String> = TAKEN.map(str::to_owned).into();
        let mut names: Vec<String> = Vec::with_capacity(self.nodes.len());
        for (index, node) in self.nodes.iter().enumerate() {
            let mut name = match names.get(usize::from(node.parent)) {
                None => "ROOT".to_owned(),
                Some(_) if node.parent == 0 => self.word(node),
                Some(parent) => format!("{parent}_{}", self.word(node)),
            };
            if name.starts_with(|first: char| first.is_ascii_digit()) {
                name.insert(0, 'N');
            }
            let plain = name.clone();
            let mut count = 2_u32;
            while !taken.insert(name.clone()) {
                name = format!("{plain}_{count}");
                count = count.saturating_add(1);
            }
            debug_assert_eq!(index, names.len());
            names.push(name);
        }
        names
    }

    fn word(&self, node: &NodeDesc) -> String {
        let name = self.slice(node.name, u16::from(node.name_len));
        if !name.is_empty() {
            return screaming(name);
        }
        let siblings = self
            .nodes
            .iter()
            .skip(1)
            .filter(|other| other.parent == node.parent && other.name_len == 0);
        match siblings.count() {
            1 => "X".to_owned(),
            _ => format!("X_{}", format_name(node).to_ascii_uppercase()),
        }
    }

    /// All nodes with their ids.
    pub(crate) fn ids(&self) -> impl Iterator<Item = (DescId, &NodeDesc)> {
        (0..=u16::MAX).map(DescId).zip(&self.nodes)
    }
}

/// Name of the format of a description.
pub(crate) fn format_name(node: &NodeDesc) -> &'static str {
    node.format().name()
}

/// `MaxTotLen` becomes `MAX_TOT_LEN`, `DMAcc` becomes `DM_ACC`, `fw-v` becomes `FW_V`.
fn screaming(name: &str) -> String {
    let mut word = String::new();
    let mut before = None::<char>;
    let mut letters = name.chars().peekable();
    while let Some(letter) = letters.next() {
        if !letter.is_ascii_alphanumeric() {
            if !word.is_empty() && !word.ends_with('_') {
                word.push('_');
            }
            before = None;
            continue;
        }
        let begins = letter.is_ascii_uppercase()
            && before.is_some_and(|before| {
                before.is_ascii_lowercase() || letters.peek().is_some_and(char::is_ascii_lowercase)
            });
        if begins {
            word.push('_');
        }
        word.push(letter.to_ascii_uppercase());
        before = Some(letter);
    }
    if word.ends_with('_') {
        word.pop();
    }
    if word.is_empty() {
        "N".to_owned()
    } else {
        word
    }
}

#[cfg(test)]
mod tests {
    use super::screaming;

    #[test]
    fn names_become_words() {
        for (name, word) in [
            ("DevInfo", "DEV_INFO"),
            ("Man", "MAN"),
            ("DMAcc", "DM_ACC"),
            ("AAuthSecret", "A_AUTH_SECRET"),
            ("OEM", "OEM"),
            ("MaxTotLen", "MAX_TOT_LEN"),
            ("fw-v", "FW_V"),
            ("3GPD", "3GPD"),
            ("CDMA2000Mode", "CDMA2000_MODE"),
            ("--", "N"),
            ("a..b_", "A_B"),
        ] {
            assert_eq!(screaming(name), word, "{name}");
        }
    }
}
