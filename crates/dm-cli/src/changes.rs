//! What a tree holds, and what has changed in it.

use std::collections::BTreeMap;

use base64ct::{Base64, Encoding as _};
use dm_tree::schema::access;
use dm_tree::{Format, Schema, Tree};
use serde::Serialize;

/// Octets of the longest value that is looked at.
const LONGEST: usize = 64 * 1024;

/// What has changed, a line each.
pub(crate) fn lines(before: &[Node], after: &[Node]) -> String {
    let lines = changes(before, after);
    lines.iter().map(|change| change.line() + "\n").collect()
}

/// All nodes of a tree, parents before their children.
pub(crate) fn snapshot(tree: &mut Tree<'_>, schema: &Schema<'_>) -> Vec<Node> {
    let mut local = tree.local();
    let mut buf = vec![0; LONGEST];
    let mut nodes = Vec::new();
    let mut open: Vec<_> = local
        .find(".")
        .map(|root| (root, ".".to_owned()))
        .into_iter()
        .collect();
    while let Some((node, uri)) = open.pop() {
        let mut children = Vec::new();
        let mut child = local.first_child(node);
        while let Some(id) = child {
            let name = String::from_utf8_lossy(local.name(id));
            children.push((id, format!("{uri}/{name}")));
            child = local.next_sibling(id);
        }
        open.extend(children.into_iter().rev());
        // A leaf without a value is as good as one with an empty one.
        let length = if local.is_leaf(node) {
            local.value(node, &mut buf).unwrap_or(0)
        } else {
            0
        };
        let is_secret = schema
            .find(uri.as_bytes())
            .and_then(|id| schema.get(id))
            .is_some_and(|desc| desc.access != 0 && !desc.allows(access::GET));
        nodes.push(Node {
            format: local.format(node),
            value: buf.get(..length).unwrap_or_default().to_vec(),
            is_secret,
            uri,
        });
    }
    nodes
}

/// One node of a tree as it was at some moment.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Node {
    pub(crate) uri: String,
    pub(crate) format: Format,
    /// Octets of the value; empty for interior nodes.
    pub(crate) value: Vec<u8>,
    /// Servers may write it and not read it, so it is not shown either.
    pub(crate) is_secret: bool,
}

impl Node {
    pub(crate) fn name(&self) -> &str {
        self.uri.rsplit('/').next().unwrap_or_default()
    }

    pub(crate) fn is_leaf(&self) -> bool {
        self.format != Format::Node
    }

    /// The node as data. A secret is left out.
    pub(crate) fn record<'s>(&'s self, acl: &'s str) -> NodeRecord<'s> {
        NodeRecord {
            uri: &self.uri,
            format: self.format.name(),
            value: self.text(),
            acl,
        }
    }

    /// The value as text: octets of binary formats in Base64.
    fn text(&self) -> Option<String> {
        match self.format {
            _ if self.is_secret => None,
            Format::Node => None,
            Format::B64 | Format::Bin => Some(Base64::encode_string(&self.value)),
            _ => Some(String::from_utf8_lossy(&self.value).into_owned()),
        }
    }

    /// The value for people, in at most `width` columns.
    pub(crate) fn shown(&self, width: usize) -> String {
        if self.value.is_empty() {
            return "(none)".to_owned();
        }
        if self.is_secret {
            return "(not shown)".to_owned();
        }
        let mut shown = String::new();
        for character in self.text().unwrap_or_default().chars() {
            if character.is_control() {
                shown.extend(character.escape_default());
            } else {
                shown.push(character);
            }
        }
        cut(&shown, width)
    }
}

/// `text` in at most `width` columns.
pub(crate) fn cut(text: &str, width: usize) -> String {
    if text.chars().count() <= width {
        return text.to_owned();
    }
    let kept = text.chars().take(width.saturating_sub(3));
    kept.chain("...".chars()).collect()
}

/// How a node differs between two moments.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Kind {
    Same,
    Added,
    Changed,
    Removed,
}

impl Kind {
    pub(crate) const fn mark(self) -> char {
        match self {
            Self::Same => ' ',
            Self::Added => '+',
            Self::Changed => '~',
            Self::Removed => '-',
        }
    }
}

/// One node at two moments; at least one of them has it.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Change<'s> {
    pub(crate) kind: Kind,
    pub(crate) before: Option<&'s Node>,
    pub(crate) after: Option<&'s Node>,
}

impl<'s> Change<'s> {
    /// The node as it is now, or as it was when it is gone.
    pub(crate) fn node(&self) -> Option<&'s Node> {
        self.after.or(self.before)
    }

    pub(crate) fn uri(&self) -> &'s str {
        self.node().map_or("", |node| &node.uri)
    }

    /// Segments above it.
    pub(crate) fn depth(&self) -> usize {
        self.uri().matches('/').count()
    }

    /// One line: mark, URI, and the value or how it changed; of added nodes and removed ones what there is.
    pub(crate) fn line(&self) -> String {
        let mut line = format!("{} {}", self.kind.mark(), self.uri());
        match (self.before, self.after) {
            (Some(before), Some(after)) => {
                line.push_str(&format!(": {} -> {}", before.shown(40), after.shown(40)));
            }
            (None, Some(node)) if node.is_leaf() => line.push_str(&format!(": {}", node.shown(60))),
            _ => {}
        }
        line
    }

    pub(crate) fn record(&self) -> Record<'s> {
        Record {
            change: self.kind,
            uri: self.uri(),
            format: self.node().map_or("", |node| node.format.name()),
            before: self.before.and_then(Node::text),
            after: self.after.and_then(Node::text),
        }
    }
}

/// A change as data. Secrets are left out.
#[derive(Serialize)]
pub(crate) struct Record<'s> {
    change: Kind,
    uri: &'s str,
    format: &'static str,
    before: Option<String>,
    after: Option<String>,
}

/// A node as data.
#[derive(Serialize)]
pub(crate) struct NodeRecord<'s> {
    uri: &'s str,
    format: &'static str,
    value: Option<String>,
    acl: &'s str,
}

/// Both trees laid over each other: every node of either, parents before their children, in the order of `before`.
pub(crate) fn merge<'s>(before: &'s [Node], after: &'s [Node]) -> Vec<Change<'s>> {
    let mut children: BTreeMap<&str, Vec<Change<'s>>> = BTreeMap::new();
    let now: BTreeMap<&str, &Node> = after.iter().map(|node| (node.uri.as_str(), node)).collect();
    let then: BTreeMap<&str, &Node> = before
        .iter()
        .map(|node| (node.uri.as_str(), node))
        .collect();
    for node in before {
        let after = now.get(node.uri.as_str()).copied();
        let kind = match after {
            None => Kind::Removed,
            Some(after) if after == node => Kind::Same,
            Some(_) => Kind::Changed,
        };
        let change = Change {
            kind,
            before: Some(node),
            after,
        };
        children.entry(parent(&node.uri)).or_default().push(change);
    }
    for node in after
        .iter()
        .filter(|node| !then.contains_key(node.uri.as_str()))
    {
        let change = Change {
            kind: Kind::Added,
            before: None,
            after: Some(node),
        };
        children.entry(parent(&node.uri)).or_default().push(change);
    }
    let mut merged = Vec::new();
    let mut open: Vec<Change<'_>> = children.remove("").unwrap_or_default();
    open.reverse();
    while let Some(change) = open.pop() {
        merged.push(change);
        if let Some(below) = children.remove(change.uri()) {
            open.extend(below.into_iter().rev());
        }
    }
    merged
}

/// What is not the same.
pub(crate) fn changes<'s>(before: &'s [Node], after: &'s [Node]) -> Vec<Change<'s>> {
    merge(before, after)
        .into_iter()
        .filter(|change| change.kind != Kind::Same)
        .collect()
}

fn parent(uri: &str) -> &str {
    uri.rsplit_once('/').map_or("", |(parent, _)| parent)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn node(uri: &str, value: &str) -> Node {
        let format = if value.is_empty() {
            Format::Node
        } else {
            Format::Chr
        };
        Node {
            uri: uri.to_owned(),
            format,
            value: value.into(),
            is_secret: uri.ends_with("Key"),
        }
    }

    #[test]
    fn trees_laid_over_each_other_keep_their_order() {
        let before = [
            node(".", ""),
            node("./A", ""),
            node("./A/x", "1"),
            node("./A/y", "2"),
            node("./B", "3"),
        ];
        let after = [
            node(".", ""),
            node("./A", ""),
            node("./A/z", "4"),
            node("./A/y", "5"),
            node("./B", "3"),
        ];
        let marks: Vec<_> = merge(&before, &after)
            .iter()
            .map(|change| (change.kind.mark(), change.uri()))
            .collect();
        let expected = [
            (' ', "."),
            (' ', "./A"),
            ('-', "./A/x"),
            ('~', "./A/y"),
            ('+', "./A/z"),
            (' ', "./B"),
        ];
        assert_eq!(marks, expected);
        let lines: Vec<_> = changes(&before, &after).iter().map(Change::line).collect();
        assert_eq!(lines, ["- ./A/x", "~ ./A/y: 2 -> 5", "+ ./A/z: 4"]);
    }

    #[test]
    fn a_secret_is_not_shown() {
        let before = [node(".", ""), node("./Key", "old")];
        let after = [node(".", ""), node("./Key", "new")];
        let changes = changes(&before, &after);
        let [change] = changes.as_slice() else {
            panic!("one change")
        };
        assert_eq!(change.line(), "~ ./Key: (not shown) -> (not shown)");
        let record = serde_json::to_string(&change.record()).unwrap();
        assert_eq!(
            record,
            r#"{"change":"changed","uri":"./Key","format":"chr","before":null,"after":null}"#
        );
    }

    #[test]
    fn values_fit_their_column() {
        let mut long = node("./A", "tab\tand more");
        assert_eq!(long.shown(20), "tab\\tand more");
        assert_eq!(long.shown(8), "tab\\t...");
        long.format = Format::Bin;
        assert_eq!(long.shown(40), "dGFiCWFuZCBtb3Jl");
    }
}
