//! Serialised trees in a scenario: tables of nodes with nodes inside.

use serde::Deserialize;
use toml::Spanned;

use super::{Fault, Texts, octets};
use crate::script::Value;
use crate::tnds::TreeNode;

#[derive(Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(super) struct RawNode {
    name: String,
    path: Option<String>,
    acl: Option<String>,
    format: Option<String>,
    title: Option<String>,
    r#type: Option<String>,
    object: Option<String>,
    value: Option<Texts>,
    bytes: Option<Spanned<String>>,
    nodes: Option<Vec<Spanned<Self>>>,
}

/// The nodes of a tree.
pub(super) fn nodes(raw: Vec<Spanned<RawNode>>) -> Result<Vec<TreeNode>, Fault> {
    raw.into_iter()
        .map(|node| {
            let at = node.span().start;
            node.into_inner().node(at)
        })
        .collect()
}

impl RawNode {
    fn node(self, at: usize) -> Result<TreeNode, Fault> {
        let has_value = self.value.is_some() || self.bytes.is_some();
        if (self.value.is_some() && self.bytes.is_some()) || (has_value && self.nodes.is_some()) {
            return Err(Fault::new(at, "a node has one of value, bytes and nodes"));
        }
        let value = match (self.value, &self.bytes) {
            (Some(Texts(mut texts)), _) if texts.len() == 1 => texts.pop().map(Value::Text),
            (Some(_), _) => return Err(Fault::new(at, "a node has one value")),
            (None, Some(text)) => Some(Value::Bytes(octets(Some(text))?)),
            (None, None) => None,
        };
        let is_interior = self.nodes.is_some() || self.object.is_some();
        let format = self
            .format
            .or_else(|| (is_interior && !has_value).then(|| "node".to_owned()));
        Ok(TreeNode {
            name: self.name,
            path: self.path,
            acl: self.acl,
            format,
            title: self.title,
            mime: self.r#type,
            object: self.object,
            value,
            nodes: nodes(self.nodes.unwrap_or_default())?,
        })
    }
}
