//! The device's own ways in: `Local` for the application, `Factory` for the manufacturer.

#[cfg(feature = "profile13")]
use crate::acl::{self, Verb};
use crate::changes::What;
use crate::format::Format;
use crate::handler::{Outcome, Progress, Value};
#[cfg(feature = "profile13")]
use crate::pool::Field;
use crate::pool::put;
use crate::properties::Property;
use crate::reason::Reason;
use crate::schema::flags;
use crate::sink::{Buffer, Sink};
use crate::slots::{Index, NONE, NodeId, ROOT, state};
use crate::tree::{By, Place, Tree};
use crate::uri::{Query, same_name};
#[cfg(feature = "profile13")]
use crate::values::Content;

/// The application's way in: no ACL and no `AccessType`, the same schema checks, `TStamp` and `VerNo` kept up
/// (`TREE-C-027`).
///
/// Nodes behind a handler are reached through the handler. One that is not ready makes these calls fail with
/// [`Reason::Busy`].
#[derive(Debug)]
pub struct Local<'t, 'a> {
    pub(crate) tree: &'t mut Tree<'a>,
}

/// What a local call makes of an outcome.
#[inline(never)]
pub(crate) fn done(outcome: Outcome) -> Result<(), Reason> {
    match outcome? {
        Progress::NotYet => Err(Reason::Busy),
        Progress::Done | Progress::Started => Ok(()),
    }
}

impl<'a> Tree<'a> {
    fn find_path(&self, uri: &[u8]) -> Result<Index, Reason> {
        match self.find(uri)? {
            (node, Query::Node) => Ok(node),
            _ => Err(Reason::Query),
        }
    }

    /// Whether the node has not been removed by the open transaction, which only its end settles.
    fn is_attached(&self, node: Index) -> bool {
        let mut at = node;
        while self.in_transaction() && at != ROOT {
            let parent = self.nodes.slots.at(at).parent;
            if self.nodes.child(parent, self.nodes.name(at)) != Some(at) {
                return false;
            }
            at = parent;
        }
        true
    }

    /// Adds what the manufacturer wants where a URI leads.
    pub(crate) fn add_new(
        &mut self,
        uri: &[u8],
        place: &Place<'_>,
        value: &Value<'_>,
    ) -> Result<Index, Reason> {
        let (progress, node) = self.add_at(By::FACTORY, uri, place, value)?;
        done(Ok(progress))?;
        Ok(node)
    }

    fn optional(&self, node: Index) -> Option<NodeId> {
        (node != NONE).then(|| self.id(node))
    }
}

#[cfg(feature = "profile13")]
impl Tree<'_> {
    fn try_grant(&mut self, node: Index, verb: Verb, server_id: &[u8]) -> Outcome {
        let known = self.nodes.effective_acl(node);
        if acl::grants(known, verb, server_id) {
            return Ok(Progress::Done);
        }
        let length = known.len();
        let copy = self.scratch.get_mut(..length).ok_or(Reason::TooLarge)?;
        put(copy, 0, known);
        let copy = self.scratch.get(..length).unwrap_or_default();
        let parts = acl::with(copy, verb, server_id);
        self.nodes.change_field(node, Field::Acl, &parts)?;
        self.touch(node)?;
        self.save(node, Content::Same)?;
        self.note(By::FACTORY, node, What::Acl);
        Ok(Progress::Done)
    }
}

impl Local<'_, '_> {
    /// The node with this URI.
    #[must_use]
    pub fn find(&self, uri: &str) -> Option<NodeId> {
        self.tree
            .find_path(uri.as_bytes())
            .ok()
            .map(|node| self.tree.id(node))
    }

    /// The child with this name.
    #[must_use]
    pub fn child(&self, node: NodeId, name: &str) -> Option<NodeId> {
        let node = self.tree.live(node).ok()?;
        self.tree
            .nodes
            .child(node, name.as_bytes())
            .map(|child| self.tree.id(child))
    }

    /// The node with this path below a known one, such as `AppAddr/1/Addr` below an account. What it costs is a matter of the
    /// path, wherever the known node lies.
    #[must_use]
    pub fn below(&self, node: NodeId, path: &str) -> Option<NodeId> {
        let node = self.tree.live(node).ok()?;
        let walk = self.tree.nodes.walk(node, path.as_bytes());
        (walk.whole && walk.rest.is_empty()).then(|| self.tree.id(walk.node))
    }

    /// The children with these names, found in one walk over all children: for nodes that have few. Among many
    /// [`child`](Self::child) costs less, which looks at no other one.
    #[must_use]
    pub fn children<const N: usize>(&self, node: NodeId, names: &[&str; N]) -> [Option<NodeId>; N] {
        let mut found = [None; N];
        self.seek(node, names, &mut found);
        found
    }

    #[inline(never)]
    fn seek(&self, node: NodeId, names: &[&str], found: &mut [Option<NodeId>]) {
        let nodes = &self.tree.nodes;
        let mut at = match self.tree.live(node) {
            Ok(node) => nodes.slots.at(node).first_child,
            Err(_) => NONE,
        };
        while at != NONE {
            let name = nodes.name(at);
            let is_it = |wanted: &str| {
                let wanted = wanted.as_bytes();
                wanted.len() == name.len()
                    && (wanted == name
                        || same_name(name, wanted, nodes.desc(at).has(flags::CASE_INSENSITIVE)))
            };
            for (wanted, found) in names.iter().zip(&mut *found) {
                if is_it(wanted) {
                    *found = Some(self.tree.id(at));
                }
            }
            at = nodes.slots.at(at).next_sibling;
        }
    }

    /// The first child.
    #[must_use]
    pub fn first_child(&self, node: NodeId) -> Option<NodeId> {
        let node = self.tree.live(node).ok()?;
        self.tree
            .optional(self.tree.nodes.slots.at(node).first_child)
    }

    /// The next child of the same parent.
    #[must_use]
    pub fn next_sibling(&self, node: NodeId) -> Option<NodeId> {
        let node = self.tree.live(node).ok()?;
        self.tree
            .optional(self.tree.nodes.slots.at(node).next_sibling)
    }

    /// The name; empty when the node has been removed.
    #[must_use]
    pub fn name(&self, node: NodeId) -> &[u8] {
        match self.tree.live(node) {
            Ok(node) => self.tree.nodes.name(node),
            Err(_) => &[],
        }
    }

    /// Writes the URI of a node to the end of `buf`.
    ///
    /// # Errors
    /// [`Reason::Full`] when `buf` is shorter; [`Reason::NoSuchNode`].
    pub fn uri<'b>(&self, node: NodeId, buf: &'b mut [u8]) -> Result<&'b str, Reason> {
        let node = self.tree.live(node)?;
        let mut start = self.tree.nodes.path_below(ROOT, node, buf)?;
        let dot: &[u8] = if node == ROOT { b"." } else { b"./" };
        start = start.checked_sub(dot.len()).ok_or(Reason::Full)?;
        put(buf, start, dot);
        let uri = buf.get(start..).unwrap_or_default();
        core::str::from_utf8(uri).map_err(|_| Reason::Utf8)
    }

    /// Whether the node exists: it has not been removed, not even by the transaction that is open.
    #[must_use]
    pub fn exists(&self, node: NodeId) -> bool {
        self.tree
            .live(node)
            .is_ok_and(|node| self.tree.is_attached(node))
    }

    /// Whether the node is a leaf.
    #[must_use]
    pub fn is_leaf(&self, node: NodeId) -> bool {
        self.tree
            .live(node)
            .is_ok_and(|node| self.tree.nodes.is_leaf(node))
    }

    /// The Format of the node; [`Format::Node`] for interior nodes and for one that has been removed.
    #[must_use]
    pub fn format(&self, node: NodeId) -> Format {
        self.tree
            .live(node)
            .map_or(Format::Node, |node| self.tree.nodes.desc(node).format())
    }

    /// The next live interior node after `after` whose management object identifier (its Type) starts with `mo_prefix`.
    /// In no particular order, each one once.
    #[must_use]
    pub fn object(&self, mo_prefix: &[u8], after: Option<NodeId>) -> Option<NodeId> {
        let nodes = &self.tree.nodes;
        let first = after.map_or(0, |node| node.index().saturating_add(1));
        (first..nodes.slots.len())
            .find(|node| {
                nodes.slots.at(*node).has(state::LIVE)
                    && !nodes.slots.at(*node).has(state::UNBOUND)
                    && !nodes.is_leaf(*node)
                    && nodes.mime(*node).starts_with(mo_prefix)
                    && self.tree.is_attached(*node)
            })
            .map(|node| self.tree.id(node))
    }

    /// Copies the value of a leaf to `buf` and returns its length; also of leaves that no server may read.
    ///
    /// # Errors
    /// [`Reason::TooLarge`] when `buf` is shorter; [`Reason::NotLeaf`]; those of handler and store.
    pub fn value(&mut self, node: NodeId, buf: &mut [u8]) -> Result<usize, Reason> {
        let mut buffer = Buffer::new(buf);
        let mut sink = Sink::new(&mut buffer);
        done(self.read(node, &mut sink))?;
        if sink.is_full() {
            return Err(Reason::TooLarge);
        }
        Ok(buffer.written().len())
    }

    /// Writes the value of a leaf to `out`.
    ///
    /// # Errors
    /// [`Reason::NotLeaf`]; those of handler and store.
    pub fn read(&mut self, node: NodeId, out: &mut Sink<'_>) -> Outcome {
        let node = self.tree.live(node)?;
        if !self.tree.nodes.is_leaf(node) {
            return Err(Reason::NotLeaf);
        }
        self.tree.read_value(node, out)
    }

    /// Writes a property of a node to `out`, as a server would get it. The ACL is that of the node itself, empty when it
    /// inherits.
    ///
    /// # Errors
    /// [`Reason::Property`] when the node does not have it; those of handler and store.
    pub fn property(&mut self, node: NodeId, property: Property, out: &mut Sink<'_>) -> Outcome {
        let node = self.tree.live(node)?;
        if !property.is_supported(self.tree.nodes.desc(node)) {
            return Err(Reason::Property);
        }
        self.tree.read_property(node, property, out)
    }

    /// Sets the value of a leaf.
    ///
    /// # Errors
    /// As Replace, without rights.
    pub fn set_value(&mut self, node: NodeId, value: &[u8]) -> Result<(), Reason> {
        let node = self.tree.live(node)?;
        done(self.tree.replace_value(By::LOCAL, node, &Value::of(value)))
    }

    /// As [`value`](Self::value), by URI.
    ///
    /// # Errors
    /// As [`value`](Self::value), and those of the URI.
    pub fn get(&mut self, uri: &str, buf: &mut [u8]) -> Result<usize, Reason> {
        let node = self.tree.find_path(uri.as_bytes())?;
        self.value(self.tree.id(node), buf)
    }

    /// Sets the value of an existing leaf, or its Title or Name by `?prop=`.
    ///
    /// # Errors
    /// As Replace, without rights.
    pub fn set(&mut self, uri: &str, value: &[u8]) -> Result<(), Reason> {
        done(
            self.tree
                .replace_by(By::LOCAL, uri.as_bytes(), &Value::of(value)),
        )
    }

    /// Adds a leaf and its missing ancestors. The format is needed where the name alone does not tell which description
    /// is meant.
    ///
    /// # Errors
    /// As Add, without rights.
    pub fn add_leaf(
        &mut self,
        uri: &str,
        format: Option<Format>,
        value: &[u8],
    ) -> Result<NodeId, Reason> {
        let value = Value {
            format,
            ..Value::of(value)
        };
        self.add(uri, &value)
    }

    /// Adds an interior node and its missing ancestors.
    ///
    /// # Errors
    /// As Add, without rights.
    pub fn add_node(&mut self, uri: &str) -> Result<NodeId, Reason> {
        self.add(uri, &Value::node())
    }

    fn add(&mut self, uri: &str, value: &Value<'_>) -> Result<NodeId, Reason> {
        let (progress, node) = self.tree.add_by(By::LOCAL, uri.as_bytes(), value)?;
        done(Ok(progress))?;
        Ok(self.tree.id(node))
    }

    /// Removes a dynamic node and everything below it.
    ///
    /// # Errors
    /// As Delete, without rights.
    pub fn delete(&mut self, uri: &str) -> Result<(), Reason> {
        done(self.tree.delete_by(By::LOCAL, uri.as_bytes()))
    }

    /// As [`delete`](Self::delete) of a node that is known, to which no way is gone.
    ///
    /// # Errors
    /// As there; [`Reason::NoSuchNode`] when it has been removed.
    pub fn remove(&mut self, node: NodeId) -> Result<(), Reason> {
        let node = self.tree.live(node)?;
        done(self.tree.delete_node(By::LOCAL, node))
    }

    /// Tells that a value behind a handler has changed by itself: brings `TStamp` and `VerNo` up to date.
    ///
    /// # Errors
    /// [`Reason::Full`], [`Reason::Store`].
    pub fn touched(&mut self, node: NodeId) -> Result<(), Reason> {
        let node = self.tree.live(node)?;
        self.tree.writable()?;
        let mark = self.tree.nodes.mark();
        let result = self.tree.touch(node).map(|()| Progress::Done);
        done(self.tree.settle(mark, result))?;
        self.tree.save_properties(node);
        self.tree.note(By::LOCAL, node, What::Value);
        Ok(())
    }
}

/// The manufacturer's way in: as [`Local`], and also creates optional permanent nodes and sets ACLs.
#[derive(Debug)]
pub struct Factory<'t, 'a> {
    pub(crate) tree: &'t mut Tree<'a>,
}

impl<'a> Factory<'_, 'a> {
    /// What is not particular to the manufacturer.
    pub fn local(&mut self) -> Local<'_, 'a> {
        Local { tree: self.tree }
    }

    /// Sets the value of a leaf, creating it and its ancestors when missing.
    ///
    /// # Errors
    /// As Replace and Add, without rights.
    pub fn set(&mut self, uri: &str, value: &[u8]) -> Result<NodeId, Reason> {
        let value = Value::of(value);
        let place = self.tree.locate(uri.as_bytes())?;
        let mut node = place.node;
        if place.rest.is_empty() && place.query == Query::Node {
            done(self.tree.replace_value(By::FACTORY, node, &value))?;
        } else {
            node = self.tree.add_new(uri.as_bytes(), &place, &value)?;
        }
        Ok(self.tree.id(node))
    }

    /// The node with this URI; when missing, an interior node is created with its ancestors.
    ///
    /// # Errors
    /// As Add, without rights.
    pub fn node(&mut self, uri: &str) -> Result<NodeId, Reason> {
        let place = self.tree.locate(uri.as_bytes())?;
        let node = match (place.query, place.rest) {
            (Query::Node, []) => place.node,
            _ => self.tree.add_new(uri.as_bytes(), &place, &Value::node())?,
        };
        Ok(self.tree.id(node))
    }

    /// Sets the ACL of a node; an empty one is inherited, at the root it is the default.
    ///
    /// # Errors
    /// [`Reason::AclSyntax`], [`Reason::Full`], [`Reason::Store`], those of the URI.
    pub fn acl(&mut self, uri: &str, acl: &str) -> Result<(), Reason> {
        let node = self.tree.find_path(uri.as_bytes())?;
        self.set_property(self.tree.id(node), Property::Acl, acl.as_bytes())
    }

    /// Sets a property of a node that is known: its Name, Title or ACL.
    ///
    /// # Errors
    /// As a Replace of the property, without rights; [`Reason::NoSuchNode`] when the node has been removed.
    pub fn set_property(
        &mut self,
        node: NodeId,
        property: Property,
        value: &[u8],
    ) -> Result<(), Reason> {
        let node = self.tree.live(node)?;
        let value = Value::of(value);
        done(
            self.tree
                .replace_property(By::FACTORY, node, property, &value),
        )
    }

    /// Adds the right to do `verb` to the ACL of a node, which keeps the rights that it has, inherited ones too (`D13-C-078`).
    ///
    /// # Errors
    /// [`Reason::NoSuchNode`] when the node has been removed; [`Reason::AclSyntax`] when no ACL can name the server; [`Reason::TooLarge`], [`Reason::Full`], [`Reason::Store`].
    #[cfg(feature = "profile13")]
    pub fn grant(&mut self, node: NodeId, verb: Verb, server_id: &[u8]) -> Result<(), Reason> {
        let node = self.tree.live(node)?;
        if !acl::is_ident(server_id) {
            return Err(Reason::AclSyntax);
        }
        self.tree.writable()?;
        let mark = self.tree.nodes.mark();
        let result = self.tree.try_grant(node, verb, server_id);
        done(self.tree.settle(mark, result))
    }

    /// Forgets the records for which the schema has no place (see [`Tree::unbound`]).
    ///
    /// # Errors
    /// [`Reason::Store`].
    pub fn drop_unbound(&mut self) -> Result<(), Reason> {
        self.tree.drop_unbound()
    }
}
