//! Get: values, names of children, properties.
//!
//! Implements the tree digest, sections 3 and 5.6.

use crate::acl::Verb;
#[cfg(feature = "tnds")]
use crate::acl::cut;
#[cfg(feature = "properties")]
use crate::decimal::Decimal;
use crate::format::Format;
use crate::handler::{Outcome, Progress};
use crate::nodes::TEXT_PLAIN;
#[cfg(feature = "properties")]
use crate::pool::Field;
use crate::principal::Principal;
use crate::properties::Property;
#[cfg(feature = "properties")]
use crate::properties::time_stamp;
use crate::reason::Reason;
use crate::schema::access;
use crate::sink::Sink;
use crate::slots::{Index, NONE, NodeId};
#[cfg(feature = "tnds")]
use crate::tnds::Selection;
use crate::tree::{By, Place, Tree};
use crate::uri::Query;

/// A permission to read, got from [`Tree::reading`]: a node, and what of it is read. It ends when the node is removed.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Reading {
    node: NodeId,
    what: What,
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum What {
    Value,
    Children,
    Property(Property),
    /// An item of a listing, with the value of a leaf or without.
    #[cfg(feature = "list")]
    Item(bool),
    /// A serialised tree with these properties, in XML or in WBXML.
    #[cfg(feature = "tnds")]
    Tree(Selection, bool),
}

impl Reading {
    #[cfg(feature = "list")]
    pub(crate) const fn item(node: NodeId, data: bool) -> Self {
        Self {
            node,
            what: What::Item(data),
        }
    }

    #[cfg(feature = "profile13")]
    pub(crate) const fn new(node: NodeId, what: What) -> Self {
        Self { node, what }
    }

    #[cfg(feature = "tnds")]
    pub(crate) const fn tree(node: NodeId, selection: Selection, is_xml: bool) -> Self {
        Self {
            node,
            what: What::Tree(selection, is_xml),
        }
    }

    #[cfg(any(feature = "tnds", feature = "profile13"))]
    pub(crate) const fn what(&self) -> What {
        self.what
    }

    /// Whether a serialised tree is read ([`Tree::read_by`]).
    #[cfg(feature = "tnds")]
    #[must_use]
    pub const fn is_tree(&self) -> bool {
        matches!(self.what, What::Tree(..))
    }

    /// The node that is read.
    #[must_use]
    pub const fn node(&self) -> NodeId {
        self.node
    }

    /// Whether a property is read, which is sent without Meta (`TREE-C-083`).
    #[must_use]
    pub const fn is_property(&self) -> bool {
        matches!(self.what, What::Property(_))
    }
}

impl Tree<'_> {
    /// Get, first half: every check. What it grants can be read more than once, and in pieces.
    ///
    /// # Errors
    /// Every refusal of a Get; [`Reason::Query`] for `?list=`, which is for [`listing`](Self::listing) unless it is of TNDS.
    pub fn reading(&mut self, who: &Principal<'_>, uri: &[u8]) -> Result<Reading, Reason> {
        let Place { node, rest, query } = self.locate(uri)?;
        if query == Query::List && !self.is_tree_query(uri) {
            return Err(Reason::Query);
        }
        if !rest.is_empty() {
            return Err(self.missing(node));
        }
        let what = match query {
            #[cfg(feature = "tnds")]
            Query::List => What::Tree(self.selection(uri).ok_or(Reason::Query)?, false),
            _ => self.what(node, query)?,
        };
        self.permit_access(By::server(who), Verb::Get, node)?;
        Ok(Reading {
            node: self.id(node),
            what,
        })
    }

    /// What of a node is read.
    pub(crate) fn what(&self, node: Index, query: Query) -> Result<What, Reason> {
        let desc = self.nodes.desc(node);
        Ok(match query {
            Query::Property(property) if property.is_supported(desc) => What::Property(property),
            Query::Property(_) => return Err(Reason::Property),
            _ if desc.is_interior() => What::Children,
            _ => What::Value,
        })
    }

    /// Whether the query asks for a serialised tree.
    fn is_tree_query(&self, uri: &[u8]) -> bool {
        #[cfg(feature = "tnds")]
        return self.selection(uri).is_some();
        #[cfg(not(feature = "tnds"))]
        {
            let _ = uri;
            false
        }
    }

    /// What a serialised tree shall have.
    #[cfg(feature = "tnds")]
    fn selection(&self, uri: &[u8]) -> Option<Selection> {
        let list = cut(uri, b'?').1.strip_prefix(b"list=TNDS")?;
        Selection::parse(list, self.nodes.schema)
    }

    /// Why there is nothing to read below `node`. Below one that shows nothing and describes nothing, such as ./Inbox,
    /// there is nothing to be missed.
    pub(crate) fn missing(&self, node: Index) -> Reason {
        let desc = self.nodes.desc(node);
        let hidden = desc.children == 0 && desc.is_interior() && !desc.allows(access::GET);
        if hidden {
            Reason::AccessType
        } else {
            Reason::NoSuchNode
        }
    }

    /// The Format of what is read: that of the node, `node` for names of children, `chr` for properties.
    #[must_use]
    pub fn format(&self, reading: &Reading) -> Format {
        match reading.what {
            What::Children => Format::Node,
            What::Property(_) => Format::Chr,
            #[cfg(feature = "tnds")]
            What::Tree(_, is_xml) => {
                if is_xml {
                    Format::Xml
                } else {
                    Format::Bin
                }
            }
            _ => self.nodes.desc(reading.node.index()).format(),
        }
    }

    /// The type of what is read: the MIME type of the leaf, empty for text/plain, which is the default; the management object
    /// identifier of an interior node that is an item of a listing; else empty.
    #[must_use]
    pub fn mime(&self, reading: &Reading) -> &[u8] {
        match reading.what {
            What::Children | What::Property(_) => &[],
            #[cfg(feature = "tnds")]
            What::Tree(_, is_xml) => crate::tnds::mime(is_xml),
            _ => {
                let mime = self.nodes.mime(reading.node.index());
                // A pattern would be compared octet by octet.
                if mime == TEXT_PLAIN { &[] } else { mime }
            }
        }
    }

    /// Get, second half: writes the value, the names of the children joined by `/`, or the property to `out`.
    ///
    /// # Errors
    /// Those of the handler or the store; [`Reason::NoSuchNode`] when the node has been removed since.
    pub fn read(&mut self, reading: &Reading, out: &mut Sink<'_>) -> Outcome {
        let node = self.live(reading.node)?;
        match reading.what {
            #[cfg(feature = "list")]
            What::Item(data) if !data || !self.nodes.is_leaf(node) => Ok(Progress::Done),
            What::Children => {
                self.read_children(node, out);
                Ok(Progress::Done)
            }
            What::Property(property) => self.read_property(node, property, out),
            // What of it may be read is a matter of who reads.
            #[cfg(feature = "tnds")]
            What::Tree(..) => Err(Reason::Query),
            _ => self.read_value(node, out),
        }
    }

    fn read_children(&self, node: Index, out: &mut Sink<'_>) {
        let mut child = self.nodes.slots.at(node).first_child;
        while child != NONE {
            out.put(self.nodes.name(child));
            child = self.nodes.slots.at(child).next_sibling;
            if child != NONE {
                out.put(b"/");
            }
        }
    }

    #[inline(never)]
    pub(crate) fn read_property(
        &mut self,
        node: Index,
        property: Property,
        out: &mut Sink<'_>,
    ) -> Outcome {
        match property {
            Property::Acl => out.put(self.nodes.own_acl(node)),
            Property::Format => out.put(self.nodes.desc(node).format().name().as_bytes()),
            Property::Name => out.put(self.nodes.name(node)),
            Property::Type => out.put(self.nodes.mime(node)),
            #[cfg(feature = "properties")]
            Property::Title => out.put(self.nodes.field(node, Field::Title).unwrap_or_default()),
            #[cfg(feature = "properties")]
            Property::VerNo => {
                out.put(Decimal::new(u32::from(self.nodes.slots.at(node).ver_no)).as_bytes())
            }
            #[cfg(feature = "properties")]
            Property::TStamp => {
                if let Some(stamp) = self.nodes.time_stamp(node) {
                    out.put(&time_stamp(stamp));
                }
            }
            #[cfg(feature = "properties")]
            Property::Size => {
                let mut size = Sink::counting();
                if self.read_value(node, &mut size)? == Progress::NotYet {
                    return Ok(Progress::NotYet);
                }
                out.put(Decimal::new(size.count()).as_bytes());
            }
            // No node has them.
            #[cfg(not(feature = "properties"))]
            _ => {}
        }
        Ok(Progress::Done)
    }
}
