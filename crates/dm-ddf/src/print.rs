//! Words for what a description says, and the tree that `dm ddf tree` prints.

use core::fmt::Write;

use dm_tree::NodeDesc;
use dm_tree::schema::flags;

use crate::compile::Compiled;
use crate::names::format_name;
use crate::read::COMMANDS;

impl Compiled {
    /// The schema as a tree for people: name, format, access, occurrence, scope and object identifier of each node.
    ///
    /// `*` is a name chosen when the node is created.
    #[must_use]
    pub fn to_tree(&self) -> String {
        let mut rows = Vec::new();
        self.rows(0, 0, &mut rows);
        let mut widths = [0_usize; 5];
        for row in &rows {
            for (width, cell) in widths.iter_mut().zip(row) {
                *width = (*width).max(cell.chars().count());
            }
        }
        let mut text = String::new();
        for row in &rows {
            let mut line = String::new();
            for (width, cell) in widths.iter().zip(row) {
                // Writing to a String cannot fail.
                let _ = write!(line, "{cell:width$}  ");
            }
            line.push_str(row.last().map_or("", String::as_str));
            text.push_str(line.trim_end());
            text.push('\n');
        }
        text
    }

    fn rows(&self, at: usize, depth: usize, rows: &mut Vec<[String; 6]>) {
        let Some(node) = self.nodes.get(at) else {
            return;
        };
        let name = if at == 0 {
            ".".to_owned()
        } else {
            self.name(node)
        };
        let mut more = Vec::new();
        for (flag, word) in [
            (flags::CASE_INSENSITIVE, "any-case"),
            (flags::HAS_SIZE, "Size"),
            (flags::HAS_TITLE, "Title"),
            (flags::HAS_TSTAMP, "TStamp"),
            (flags::HAS_VERNO, "VerNo"),
        ] {
            if node.flags & flag != 0 {
                more.push(word.to_owned());
            }
        }
        let types = self.slice(node.mime, u16::from(node.mime_len));
        more.extend(
            types
                .split('\n')
                .filter(|name| !name.is_empty())
                .map(str::to_owned),
        );
        if node.flags & flags::HAS_DEFAULT != 0 {
            more.push(format!(
                "= {:?}",
                self.slice(node.default, node.default_len)
            ));
        }
        rows.push([
            format!("{:indent$}{name}", "", indent = depth.saturating_mul(2)),
            format_name(node).to_owned(),
            access(node),
            occurrence(node),
            scope(node).to_owned(),
            more.join(" "),
        ]);
        let first = usize::from(node.first_child);
        for child in first..first.saturating_add(usize::from(node.children)) {
            self.rows(child, depth.saturating_add(1), rows);
        }
    }

    /// What is known of a node, in one phrase.
    pub(crate) fn phrase(&self, node: &NodeDesc) -> String {
        let mut phrase = format!(
            "{}; {}; {}; {}",
            format_name(node),
            access(node),
            occurrence(node),
            scope(node)
        );
        let object = self.slice(node.mime, u16::from(node.mime_len));
        if format_name(node) == "node" && !object.is_empty() {
            phrase.push_str("; ");
            phrase.push_str(object);
        }
        phrase
    }
}

pub(crate) fn access(node: &NodeDesc) -> String {
    let names: Vec<&str> = COMMANDS
        .iter()
        .filter(|(_, bit)| node.access & bit != 0)
        .map(|(name, _)| *name)
        .collect();
    if names.is_empty() {
        "-".to_owned()
    } else {
        names.join(",")
    }
}

pub(crate) fn occurrence(node: &NodeDesc) -> String {
    let least = u8::from(node.flags & flags::REQUIRED != 0);
    match (least, node.max) {
        (1, 1) => "1".to_owned(),
        (_, 0) => format!("{least}..*"),
        (_, most) => format!("{least}..{most}"),
    }
}

pub(crate) const fn scope(node: &NodeDesc) -> &'static str {
    if node.flags & flags::PERMANENT != 0 {
        "permanent"
    } else {
        "dynamic"
    }
}

/// Breaks text at spaces into lines that fit a comment.
pub(crate) fn wrap(text: &str) -> Vec<String> {
    let mut lines = Vec::new();
    let mut line = String::new();
    for word in text.split(' ') {
        if !line.is_empty() && line.len().saturating_add(word.len()) > 100 {
            lines.push(core::mem::take(&mut line));
        }
        if !line.is_empty() {
            line.push(' ');
        }
        line.push_str(word);
    }
    lines.push(line);
    lines
}
