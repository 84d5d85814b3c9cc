//! Serialised trees: written and read here without any code of the client but the codec.

use dm_wbxml::{Encoding, Event, Reader, Tag, Vocabulary, tag::ddf};

use crate::digest;
use crate::script::Value;

/// Media type in XML.
pub(crate) const XML: &str = "application/vnd.syncml.dmtnds+xml";
/// Media type in WBXML.
pub(crate) const WBXML: &str = "application/vnd.syncml.dmtnds+wbxml";

/// One node of a serialised tree.
///
/// ```
/// use dm_server::{Op, TreeNode};
///
/// let account = TreeNode::node("work")
///     .object("urn:oma:mo:oma-dm-dmacc:1.0")
///     .with(TreeNode::leaf("AppID", "w7"))
///     .with(TreeNode::leaf("ServerID", "dm.example.net"));
/// let op = Op::add_tree("./Inbox", [account]);
/// # assert_eq!(op.items.len(), 1);
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct TreeNode {
    /// `NodeName`; may be empty.
    pub name: String,
    /// `Path`: where its parent is, from the target of the command.
    pub path: Option<String>,
    /// `ACL`.
    pub acl: Option<String>,
    /// `Format`; of a leaf with octets `bin` in WBXML and `b64` in XML unless it is given.
    pub format: Option<String>,
    /// `Title`.
    pub title: Option<String>,
    /// `Type` of a leaf.
    pub mime: Option<String>,
    /// `Type` of an interior node.
    pub object: Option<String>,
    /// `Value`.
    pub value: Option<Value>,
    /// The nodes inside.
    pub nodes: Vec<Self>,
}

impl TreeNode {
    /// An interior node.
    #[must_use]
    pub fn node(name: &str) -> Self {
        Self {
            name: name.to_owned(),
            format: Some("node".to_owned()),
            ..Self::default()
        }
    }

    /// A leaf of text.
    #[must_use]
    pub fn leaf(name: &str, value: &str) -> Self {
        Self {
            name: name.to_owned(),
            value: Some(Value::Text(value.to_owned())),
            ..Self::default()
        }
    }

    /// A leaf of octets.
    #[must_use]
    pub fn octets(name: &str, value: &[u8]) -> Self {
        Self {
            name: name.to_owned(),
            value: Some(Value::Bytes(value.to_vec())),
            ..Self::default()
        }
    }

    /// One more node inside.
    #[must_use]
    pub fn with(mut self, node: Self) -> Self {
        self.nodes.push(node);
        self
    }

    /// States the management object identifier.
    #[must_use]
    pub fn object(mut self, identifier: &str) -> Self {
        self.object = Some(identifier.to_owned());
        self
    }

    /// States the Format.
    #[must_use]
    pub fn format(mut self, format: &str) -> Self {
        self.format = Some(format.to_owned());
        self
    }

    /// States the ACL.
    #[must_use]
    pub fn acl(mut self, acl: &str) -> Self {
        self.acl = Some(acl.to_owned());
        self
    }

    /// States the path of the parent.
    #[must_use]
    pub fn path(mut self, path: &str) -> Self {
        self.path = Some(path.to_owned());
        self
    }

    /// Format and characters of the value in an encoding; the octets of OPAQUE.
    fn carried(&self, is_wbxml: bool) -> (Option<&str>, Option<Vec<u8>>, bool) {
        let own = self.format.as_deref();
        match &self.value {
            Some(Value::Bytes(bytes)) if is_wbxml && own.is_none_or(|own| own == "bin") => {
                (Some("bin"), Some(bytes.clone()), true)
            }
            Some(Value::Bytes(bytes)) => (
                own.or(Some("b64")),
                Some(digest::encode(bytes).into_bytes()),
                false,
            ),
            Some(Value::Text(text)) => (own, Some(text.clone().into_bytes()), false),
            Some(Value::Tree(_)) | None => (own, None, false),
        }
    }
}

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;")
        .replace('<', "&lt;")
        .replace('>', "&gt;")
}

/// The document in XML.
pub(crate) fn to_xml(nodes: &[TreeNode]) -> String {
    fn element(name: &str, text: Option<&str>) -> String {
        text.map_or(String::new(), |text| {
            format!("<{name}>{}</{name}>", escaped(text))
        })
    }
    fn node(tree: &TreeNode, xml: &mut String) {
        let (format, value, _) = tree.carried(false);
        xml.push_str("<Node>");
        xml.push_str(&element("NodeName", Some(&tree.name)));
        xml.push_str(&element("Path", tree.path.as_deref()));
        xml.push_str("<RTProperties>");
        xml.push_str(&element("ACL", tree.acl.as_deref()));
        if let Some(format) = format {
            xml.push_str(&format!("<Format><{format}/></Format>"));
        }
        xml.push_str(&element("Title", tree.title.as_deref()));
        let kind =
            element("MIME", tree.mime.as_deref()) + &element("DDFName", tree.object.as_deref());
        if !kind.is_empty() {
            xml.push_str(&format!("<Type>{kind}</Type>"));
        }
        xml.push_str("</RTProperties>");
        let value = value.map(|value| String::from_utf8_lossy(&value).into_owned());
        xml.push_str(&element("Value", value.as_deref()));
        for inner in &tree.nodes {
            node(inner, xml);
        }
        xml.push_str("</Node>");
    }
    let mut xml = String::from("<MgmtTree xmlns=\"syncml:dmddf1.2\"><VerDTD>1.2</VerDTD>");
    nodes.iter().for_each(|tree| node(tree, &mut xml));
    xml + "</MgmtTree>"
}

/// The document in WBXML, with a header of its own.
pub(crate) fn to_wbxml(nodes: &[TreeNode]) -> Vec<u8> {
    fn text(token: u8, text: Option<&str>, out: &mut Vec<u8>) {
        let Some(text) = text else {
            return;
        };
        out.extend([token | 0x40, 0x03]);
        out.extend(text.as_bytes());
        out.extend([0x00, 0x01]);
    }
    fn node(tree: &TreeNode, out: &mut Vec<u8>) {
        let (format, value, is_opaque) = tree.carried(true);
        out.push(0x64);
        text(0x26, Some(&tree.name), out);
        text(0x2C, tree.path.as_deref(), out);
        out.push(0x6F);
        text(0x06, tree.acl.as_deref(), out);
        let tokens = FORMATS.iter().find(|(name, _)| Some(*name) == format);
        if let Some((_, token)) = tokens {
            out.extend([0x5C, *token, 0x01]);
        }
        text(0x33, tree.title.as_deref(), out);
        if tree.mime.is_some() || tree.object.is_some() {
            out.push(0x75);
            text(0x21, tree.mime.as_deref(), out);
            text(0x11, tree.object.as_deref(), out);
            out.push(0x01);
        }
        out.push(0x01);
        match value {
            Some(octets) if is_opaque => {
                out.extend([0x76, 0xC3]);
                length(octets.len(), out);
                out.extend(octets);
                out.push(0x01);
            }
            Some(octets) => {
                out.extend([0x76, 0x03]);
                out.extend(octets);
                out.extend([0x00, 0x01]);
            }
            None => {}
        }
        for inner in &tree.nodes {
            node(inner, out);
        }
        out.push(0x01);
    }
    let mut out =
        b"\x02\x00\x00\x6A\x1B-//OMA//DTD-DM-DDF 1.2//EN\0\x00\x02\x60\x77\x031.2\0\x01".to_vec();
    nodes.iter().for_each(|tree| node(tree, &mut out));
    out.push(0x01);
    out
}

/// Format elements of code page 2.
const FORMATS: [(&str, u8); 11] = [
    ("b64", 0x08),
    ("bin", 0x09),
    ("bool", 0x0A),
    ("chr", 0x0B),
    ("date", 0x10),
    ("float", 0x1B),
    ("int", 0x1E),
    ("node", 0x25),
    ("null", 0x27),
    ("time", 0x32),
    ("xml", 0x39),
];

/// A multi-byte integer.
fn length(length: usize, out: &mut Vec<u8>) {
    let mut groups = vec![(length & 0x7F) as u8];
    let mut rest = length >> 7;
    while rest != 0 {
        groups.push((rest & 0x7F) as u8 | 0x80);
        rest >>= 7;
    }
    groups.reverse();
    out.extend(groups);
}

/// Reads a document of either encoding.
///
/// # Errors
/// What is wrong with it, and the rule.
pub(crate) fn read(bytes: &[u8]) -> Result<Vec<TreeNode>, String> {
    let encoding = Encoding::detect(bytes);
    let fault = |error: dm_wbxml::Error| format!("the serialised tree: {error}");
    let mut reader = Reader::of(bytes, encoding, Vocabulary::Ddf).map_err(fault)?;
    let mut open: Vec<Tag> = Vec::new();
    let mut nodes: Vec<TreeNode> = vec![TreeNode::default()];
    let mut version = String::new();
    loop {
        match reader.next().map_err(fault)? {
            Event::Start(tag) => {
                if open.is_empty() && tag != ddf::MGMT_TREE {
                    return Err("the root of the serialised tree is not MgmtTree".to_owned());
                }
                if open.last() == Some(&ddf::FORMAT)
                    && let (Some(node), Some(name)) = (nodes.last_mut(), tag.name())
                {
                    node.format = Some(name.to_owned());
                }
                if tag == ddf::NODE {
                    nodes.push(TreeNode::default());
                }
                open.push(tag);
            }
            Event::Text(text) => {
                let octets: Vec<u8> = text.pieces().flat_map(|piece| piece.to_vec()).collect();
                let characters = String::from_utf8_lossy(&octets).into_owned();
                let Some(node) = nodes.last_mut() else {
                    continue;
                };
                match open.last().copied().unwrap_or_default() {
                    ddf::VER_DTD => version = characters,
                    ddf::NODE_NAME => node.name = characters,
                    ddf::PATH => node.path = Some(characters),
                    ddf::ACL => node.acl = Some(characters),
                    ddf::TITLE => node.title = Some(characters),
                    ddf::MIME => node.mime = Some(characters),
                    ddf::DDF_NAME => node.object = Some(characters),
                    ddf::VALUE => {
                        let decoded = match node.format.as_deref() {
                            _ if text.is_opaque() => Some(octets),
                            Some("b64" | "bin") => digest::decode(&characters),
                            _ => None,
                        };
                        node.value = Some(decoded.map_or(Value::Text(characters), Value::Bytes));
                    }
                    _ => {}
                }
            }
            Event::End => {
                let ended = open.pop();
                if ended == Some(ddf::VALUE)
                    && let Some(node) = nodes.last_mut()
                {
                    node.value.get_or_insert(Value::Text(String::new()));
                }
                if ended == Some(ddf::NODE)
                    && let Some(node) = nodes.pop()
                    && let Some(parent) = nodes.last_mut()
                {
                    parent.nodes.push(node);
                }
            }
            Event::Done => break,
        }
    }
    if version != "1.2" {
        return Err(format!("VerDTD of the serialised tree is `{version}`"));
    }
    Ok(nodes.pop().unwrap_or_default().nodes)
}

/// Every node with its path, in document order.
pub(crate) fn flat(nodes: &[TreeNode]) -> Vec<(String, &TreeNode)> {
    fn node<'t>(tree: &'t TreeNode, above: &str, all: &mut Vec<(String, &'t TreeNode)>) {
        let above = tree.path.as_deref().unwrap_or(above);
        let path = match above {
            "" => tree.name.clone(),
            above => format!("{above}/{}", tree.name),
        };
        all.push((path.clone(), tree));
        for inner in &tree.nodes {
            node(inner, &path, all);
        }
    }
    let mut all = Vec::new();
    nodes.iter().for_each(|tree| node(tree, "", &mut all));
    all
}

/// The tree in one line: paths, and the values of leaves; octets as base64.
pub(crate) fn line(nodes: &[TreeNode]) -> String {
    let all = flat(nodes);
    let lines = all.iter().map(|(path, node)| match &node.value {
        Some(Value::Text(text)) => format!("{path} = {text}"),
        Some(Value::Bytes(bytes)) => format!("{path} = {}", digest::encode(bytes)),
        Some(Value::Tree(_)) | None => path.clone(),
    });
    lines.collect::<Vec<_>>().join("; ")
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    fn tree() -> Vec<TreeNode> {
        vec![
            TreeNode::node("T")
                .object("com.example/1.0/T")
                .acl("Get=*&Replace=s")
                .with(TreeNode::leaf("a", "x & <y>"))
                .with(TreeNode::octets("b", &[0, 255, 7]))
                .with(TreeNode::node("k").with(TreeNode::leaf("v", "7").format("int"))),
            TreeNode::leaf("late", "").path("T/k"),
        ]
    }

    #[test]
    fn both_encodings_come_back() {
        let line_of = "T; T/a = x & <y>; T/b = AP8H; T/k; T/k/v = 7; T/k/late = ";
        for bytes in [to_xml(&tree()).into_bytes(), to_wbxml(&tree())] {
            let back = read(&bytes).unwrap();
            assert_eq!(line(&back), line_of);
            let top = back.first().unwrap();
            assert_eq!(top.acl.as_deref(), Some("Get=*&Replace=s"));
            assert_eq!(top.object.as_deref(), Some("com.example/1.0/T"));
        }
        assert_eq!(line(&tree()), line_of);
    }

    #[test]
    fn what_is_no_tree_is_told() {
        for (bad, what) in [
            ("<MgmtTree><VerDTD>1.3</VerDTD></MgmtTree>", "VerDTD"),
            ("<Tree/>", "root"),
            ("<MgmtTree>", "end of document"),
        ] {
            let told = read(bad.as_bytes()).unwrap_err();
            assert!(told.contains(what), "{told}");
        }
    }

    #[test]
    fn lengths_are_multi_byte_integers() {
        for (number, octets) in [
            (0, &[0][..]),
            (127, &[127]),
            (128, &[0x81, 0]),
            (16384, &[0x81, 0x80, 0]),
        ] {
            let mut out = Vec::new();
            length(number, &mut out);
            assert_eq!(out, octets);
        }
    }
}
