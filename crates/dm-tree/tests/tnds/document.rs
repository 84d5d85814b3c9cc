//! Documents, written without any code of this project but the XML to WBXML conversion.

use crate::common::{Collect, code};
use dm_tree::{Outcome, Principal, Reason, Sink, Tree, TreeDocument};
use dm_wbxml::{Encoding, Reader, Vocabulary, Writer, copy_document};

/// One node.
#[derive(Clone, Debug, Default)]
pub struct Node {
    pub name: String,
    pub path: Option<String>,
    /// The children of RTProperties, as XML.
    pub properties: String,
    pub value: Option<String>,
    pub children: Vec<Self>,
}

pub fn interior(name: &str) -> Node {
    Node {
        name: name.to_owned(),
        properties: "<Format><node/></Format><Type><DDFName/></Type>".to_owned(),
        ..Node::default()
    }
}

pub fn object(name: &str, id: &str) -> Node {
    Node {
        properties: format!("<Format><node/></Format><Type><DDFName>{id}</DDFName></Type>"),
        ..interior(name)
    }
}

pub fn leaf(name: &str, format: &str, value: &str) -> Node {
    Node {
        name: name.to_owned(),
        properties: format!("<Format><{format}/></Format><Type><MIME>text/plain</MIME></Type>"),
        value: Some(value.to_owned()),
        ..Node::default()
    }
}

impl Node {
    pub fn with(mut self, child: Self) -> Self {
        self.children.push(child);
        self
    }

    pub fn at(mut self, path: &str) -> Self {
        self.path = Some(path.to_owned());
        self
    }

    pub fn acl(mut self, acl: &str) -> Self {
        self.properties = format!(
            "<ACL>{}</ACL>{}",
            acl.replace('&', "&amp;"),
            self.properties
        );
        self
    }

    pub fn title(mut self, title: &str) -> Self {
        self.properties = format!("{}<Title>{title}</Title>", self.properties);
        self
    }

    fn xml(&self) -> String {
        let mut xml = format!("<Node><NodeName>{}</NodeName>", self.name);
        if let Some(path) = &self.path {
            xml += &format!("<Path>{path}</Path>");
        }
        xml += &format!("<RTProperties>{}</RTProperties>", self.properties);
        if let Some(value) = &self.value {
            let value = value.replace('&', "&amp;").replace('<', "&lt;");
            xml += &format!("<Value>{value}</Value>");
        }
        for child in &self.children {
            xml += &child.xml();
        }
        xml + "</Node>"
    }
}

/// A document of these topmost nodes.
pub fn document(nodes: &[Node]) -> String {
    let nodes: String = nodes.iter().map(Node::xml).collect();
    format!("<MgmtTree xmlns=\"syncml:dmddf1.2\"><VerDTD>1.2</VerDTD>{nodes}</MgmtTree>")
}

pub fn to_wbxml(xml: &str) -> Vec<u8> {
    let mut buf = vec![0; xml.len() + 256];
    let mut writer = Writer::new(&mut buf, Encoding::Wbxml);
    let mut reader = Reader::new(xml.as_bytes(), Encoding::Xml).unwrap();
    assert_eq!(reader.document().vocabulary(), Vocabulary::Ddf);
    copy_document(&mut reader, &mut writer).unwrap();
    assert!(!writer.overflowed());
    writer.written().to_vec()
}

/// The document in both encodings.
pub fn both(xml: &str) -> [Vec<u8>; 2] {
    [xml.as_bytes().to_vec(), to_wbxml(xml)]
}

pub fn take(
    tree: &mut Tree<'_>,
    who: &Principal<'_>,
    verb: &str,
    uri: &str,
    bytes: &[u8],
) -> Outcome {
    let document = TreeDocument::new(bytes)?;
    let mut work = [0; 2000];
    match verb {
        "Add" => tree.add_subtree(who, uri.as_bytes(), &document, &mut work),
        _ => tree.replace_subtree(who, uri.as_bytes(), &document, &mut work),
    }
}

/// The status of an Add.
pub fn add(tree: &mut Tree<'_>, who: &Principal<'_>, uri: &str, bytes: &[u8]) -> u16 {
    code(take(tree, who, "Add", uri, bytes))
}

/// The status of a Replace.
pub fn replace(tree: &mut Tree<'_>, who: &Principal<'_>, uri: &str, bytes: &[u8]) -> u16 {
    code(take(tree, who, "Replace", uri, bytes))
}

/// Get of a serialised tree.
pub fn get(
    tree: &mut Tree<'_>,
    who: &Principal<'_>,
    uri: &str,
    encoding: Encoding,
) -> Result<Vec<u8>, Reason> {
    let reading = tree.reading(who, uri.as_bytes())?.in_encoding(encoding);
    assert!(reading.is_tree());
    let mut out = Collect::default();
    tree.read_by(who, &reading, &mut Sink::new(&mut out))?;
    Ok(out.0)
}
