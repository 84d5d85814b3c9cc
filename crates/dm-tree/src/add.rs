//! Add: new nodes, with the ancestors they need.
//!
//! Implements the tree digest, sections 4.5 and 5.2.

use crate::acl::{self, Verb, cut};
use crate::changes::What;
use crate::format::Format;
use crate::handler::{At, Handler, Outcome, Progress, Value};
use crate::nodes::accepted_mime;
use crate::pool::Field;
use crate::principal::{Principal, Role};
use crate::properties;
use crate::reason::Reason;
use crate::schema::{DescId, NodeDesc, flags};
use crate::slots::{Index, NONE};
use crate::tree::{By, Place, Tree};
use crate::uri::Query;
use crate::values::Content;

impl<'a> Tree<'a> {
    /// Add: creates a leaf or an interior node, and the interior nodes that are missing above it. All or nothing.
    ///
    /// The new node gets the description with its name, else one without a name and with the Format of `value`.
    ///
    /// # Errors
    /// Every refusal of an Add; see also [`failed_ancestor`](Self::failed_ancestor).
    pub fn add(&mut self, who: &Principal<'_>, uri: &[u8], value: &Value<'_>) -> Outcome {
        self.add_by(By::server(who), uri, value)
            .map(|(progress, _)| progress)
    }

    /// After an [`add`](Self::add) that was refused: how many bytes of its URI lead to the ancestor that could not be
    /// created; none when the fault lies elsewhere (`TREE-C-052`, `PRO-C-045`).
    #[must_use]
    pub fn failed_ancestor(&self) -> Option<usize> {
        (self.failed != 0).then_some(usize::from(self.failed))
    }

    pub(crate) fn add_by(
        &mut self,
        by: By<'_>,
        uri: &[u8],
        value: &Value<'_>,
    ) -> Result<(Progress, Index), Reason> {
        let place = self.locate(uri);
        // Where it lies: taking it out would copy it.
        let place = place.as_ref().map_err(|reason| *reason)?;
        self.add_at(by, uri, place, value)
    }

    /// [`add_by`](Self::add_by) where the URI leads.
    pub(crate) fn add_at(
        &mut self,
        by: By<'_>,
        uri: &[u8],
        place: &Place<'_>,
        value: &Value<'_>,
    ) -> Result<(Progress, Index), Reason> {
        self.failed = 0;
        self.writable()?;
        // Nothing but serialised trees goes to the Inbox.
        #[cfg(feature = "tnds")]
        if by.is_server() && place.query == Query::Node && self.is_inbox(place.node) {
            self.permit_access(by, Verb::Add, place.node)?;
            return Err(Reason::MimeType);
        }
        match (place.query, place.rest) {
            (Query::Node, []) => return Err(Reason::Exists),
            (Query::Node, _) => {}
            (_, []) => return Err(Reason::PropertyAccess),
            _ => return Err(Reason::NoSuchNode),
        }
        self.free_structure(by, place.node, false)?;
        let mark = self.nodes.mark();
        let mut made = (NONE, NONE);
        let result = self.grow(by, uri, place, value, &mut made);
        let (top, node) = made;
        let progress = self.conclude(by, top, What::Added, mark, result)?;
        Ok((progress, node))
    }

    /// Creates the nodes that are missing, the last one with `value`: the first and the last one are `made`.
    fn grow(
        &mut self,
        by: By<'_>,
        uri: &[u8],
        place: &Place<'_>,
        value: &Value<'_>,
        made: &mut (Index, Index),
    ) -> Outcome {
        let mut top = NONE;
        let mut node = place.node;
        let mut rest = place.rest;
        while !rest.is_empty() {
            let (name, after) = cut(rest, b'/');
            let ancestor = Value::node();
            let value = if after.is_empty() { value } else { &ancestor };
            // A permanent child may have come into being with its parent.
            let existing = if top == NONE {
                None
            } else {
                self.nodes.child(node, name)
            };
            node = match existing {
                Some(child) if !after.is_empty() => child,
                Some(_) => return Err(Reason::Exists),
                None => match self.sprout(by, node, name, value, top == NONE) {
                    Ok(child) => child,
                    Err(reason) => {
                        if !after.is_empty() {
                            let left = after.len().saturating_add(1);
                            self.failed = uri.len().saturating_sub(left) as u16;
                        }
                        return Err(reason);
                    }
                },
            };
            if top == NONE {
                top = node;
            }
            rest = after;
        }
        *made = (top, node);
        self.bring_in(top, node, value)
    }

    /// Lets the handler behind the new node `node`, and the store, know of it and of the others from `top` on.
    #[inline(never)]
    pub(crate) fn bring_in(&mut self, top: Index, node: Index, value: &Value<'_>) -> Outcome {
        if self.is_mounted(node) {
            let add = &mut |handler: &mut dyn Handler, at: At<'_>| handler.add(at, *value);
            if self.behind(node, add)? == Progress::NotYet {
                return Ok(Progress::NotYet);
            }
        }
        self.save_new(top, node, value)?;
        Ok(Progress::Done)
    }

    /// Creates one node with everything that belongs to it but its value, in the order of checks of section 5.8.
    #[inline(never)]
    pub(crate) fn sprout(
        &mut self,
        by: By<'_>,
        parent: Index,
        name: &[u8],
        value: &Value<'_>,
        is_top: bool,
    ) -> Result<Index, Reason> {
        let (id, mime) = self.admit(by, parent, name, value, is_top)?;
        accept_data(self.nodes.describe(id), value.data)?;
        self.make(by, parent, id, name, mime, is_top)
    }

    /// Checks everything but the data of a new node; its description, and its type, empty unless the command says one.
    pub(crate) fn admit<'v>(
        &self,
        by: By<'_>,
        parent: Index,
        name: &[u8],
        value: &Value<'v>,
        is_top: bool,
    ) -> Result<(DescId, &'v [u8]), Reason>
    where
        'a: 'v,
    {
        if self.nodes.is_leaf(parent) {
            return Err(Reason::NotInterior);
        }
        let wanted = value.format.unwrap_or(Format::Chr);
        let id = self
            .nodes
            .choose(parent, name, wanted)
            .ok_or(Reason::NotDescribed)?;
        let desc = self.nodes.describe(id);
        if desc.has(flags::PERMANENT) && by.role() != Role::Factory {
            return Err(Reason::Permanent);
        }
        if by.is_server() && !desc.allows(Verb::Add.access()) {
            return Err(Reason::AccessType);
        }
        if desc.name_len == 0
            && desc.max != 0
            && self.nodes.count(parent, id) >= u32::from(desc.max)
        {
            return Err(Reason::Occurrence);
        }
        self.permit_new(by, parent, id, is_top)?;
        Ok((id, self.accept_type(id, value)?))
    }

    #[cfg(not(all(feature = "bootstrap", feature = "tnds")))]
    fn permit_new(&self, by: By<'_>, parent: Index, _: DescId, is_top: bool) -> Result<(), Reason> {
        if is_top {
            self.permit(by, Verb::Add, parent)?;
        }
        Ok(())
    }

    /// Creates a node that was admitted, with all that comes into being with it.
    pub(crate) fn make(
        &mut self,
        by: By<'_>,
        parent: Index,
        id: DescId,
        name: &[u8],
        mime: &[u8],
        is_top: bool,
    ) -> Result<Index, Reason> {
        let is_interior = self.nodes.describe(id).is_interior();
        let node = self.nodes.create(parent, id, name, self.mounts)?;
        if !mime.is_empty() {
            self.set_mime(node, mime)?;
        }
        // What a bootstrap makes inherits, unless its data has an ACL (`BOOT-C-021`).
        if is_top && is_interior && !by.is_bootstrap() {
            // The creator must be able to use what it made (TREE-C-043).
            if self.permit(by, Verb::Replace, parent).is_err() {
                self.grant(node, by.who().server_id())?;
            }
        }
        self.furnish(node)?;
        Ok(node)
    }

    /// Gives a new node an ACL for its creator.
    #[inline(never)]
    fn grant(&mut self, node: Index, id: &[u8]) -> Result<(), Reason> {
        if !acl::is_ident(id) {
            return Err(Reason::AclSyntax);
        }
        let acl: &[&[u8]] = &[b"Add=", id, b"&Delete=", id, b"&Replace=", id];
        self.nodes.set_field(node, Field::Acl, acl)
    }

    /// Gives a new node what comes into being with it: the required permanent nodes below, and the time stamps.
    fn furnish(&mut self, top: Index) -> Result<(), Reason> {
        self.nodes.plant_below(top, self.mounts)?;
        let mut node = top;
        while cfg!(feature = "properties") && self.now != 0 && node != NONE {
            if properties::has(self.nodes.desc(node), flags::HAS_TSTAMP) {
                self.nodes
                    .set_field(node, Field::TStamp, &[&self.now.to_le_bytes()])?;
            }
            node = self.nodes.slots.next_in(top, node);
        }
        Ok(())
    }

    /// Checks that nodes of this description take Format and Type of the value; the type they are to have then, empty
    /// unless the command says one.
    pub(crate) fn accept_type<'v>(&self, id: DescId, value: &Value<'v>) -> Result<&'v [u8], Reason>
    where
        'a: 'v,
    {
        let desc = self.nodes.describe(id);
        accept_format(desc, value.format)?;
        self.accept_mime(desc, value.mime).ok_or(Reason::MimeType)
    }

    /// The type that nodes of this description are to have when a command says this one, empty unless it says one; none when they
    /// do not take it.
    #[inline(never)]
    pub(crate) fn accept_mime<'v>(&self, desc: &NodeDesc, mime: &'v [u8]) -> Option<&'v [u8]>
    where
        'a: 'v,
    {
        if mime.is_empty() {
            return Some(&[]);
        }
        let described = self.nodes.schema.mime_of(desc);
        if !desc.is_interior() {
            accepted_mime(described, mime)
        } else if accepted_mime(&[], mime).is_some() {
            // text/plain is what a command means that says nothing.
            Some(&[])
        } else if described.is_empty() {
            mime.iter().all(u8::is_ascii_graphic).then_some(mime)
        } else {
            (mime == described).then_some(mime)
        }
    }

    /// Gives the node a type.
    #[inline(never)]
    pub(crate) fn set_mime(&mut self, node: Index, mime: &[u8]) -> Result<(), Reason> {
        if mime == self.nodes.mime(node) {
            return Ok(());
        }
        let default = self.nodes.described_mime(self.nodes.slots.at(node).desc());
        let parts: &[&[u8]] = if mime == default { &[] } else { &[mime] };
        self.nodes.change_field(node, Field::Type, parts)
    }

    /// Makes the new nodes from `top` on outlive a restart.
    ///
    /// The record of `top` is written last: until then nothing leads to the others, and `open` removes them.
    fn save_new(&mut self, top: Index, target: Index, value: &Value<'_>) -> Result<(), Reason> {
        let result = self.save_all(top, target, value);
        // Without structure there was one record to be written.
        if result.is_err() && self.is_durable() && !self.in_transaction() {
            let mut node = top;
            while node != NONE {
                self.erase(node);
                node = self.nodes.slots.next_in(top, node);
            }
        }
        result
    }

    pub(crate) fn save_all(
        &mut self,
        top: Index,
        target: Index,
        value: &Value<'_>,
    ) -> Result<(), Reason> {
        let content = match value.data {
            Some(data) if !self.is_mounted(target) && self.nodes.is_leaf(target) => {
                Content::New(data)
            }
            _ => Content::Same,
        };
        if !self.is_durable() {
            return self.save(target, content);
        }
        let mut node = self.nodes.slots.next_in(top, top);
        while node != NONE {
            self.save(
                node,
                if node == target {
                    content
                } else {
                    Content::Same
                },
            )?;
            node = self.nodes.slots.next_in(top, node);
        }
        self.save(
            top,
            if top == target {
                content
            } else {
                Content::Same
            },
        )
    }
}

/// Checks that nodes of this description take values of a format, of which none means theirs.
pub(crate) fn accept_format(desc: &NodeDesc, format: Option<Format>) -> Result<(), Reason> {
    let suits = match format {
        // Who adds an interior node says so.
        None => !desc.is_interior(),
        Some(format) => format.suits(desc),
    };
    if suits { Ok(()) } else { Err(Reason::Format) }
}

/// Checks that nodes of this description take these octets.
pub(crate) fn accept_data(desc: &NodeDesc, data: Option<&[u8]>) -> Result<(), Reason> {
    match (desc.format(), data) {
        (Format::Node | Format::Null, None) => Ok(()),
        (_, None) => Err(Reason::Incomplete),
        (format, Some(data)) => format.check(data),
    }
}
