//! Replace: values, ACL, Name, Title; and the removal of a server from all ACLs.
//!
//! Implements the tree digest, sections 3.1, 4.3, 4.4, 4.6 and 5.3.

use crate::acl::{self, Verb};
use crate::add::{accept_data, accept_format};
use crate::changes::What;
use crate::handler::{At, Handler, Outcome, Progress, Value};
use crate::pool::Field;
use crate::principal::Principal;
#[cfg(feature = "properties")]
use crate::properties::MAX_TITLE;
use crate::properties::{self, Property};
use crate::reason::Reason;
use crate::schema::flags;
use crate::slots::{Index, NONE, ROOT, state};
use crate::tree::{By, Tree};
use crate::undo::Mark;
use crate::uri::{Query, characters, check_name, exceeds};
use crate::values::Content;

impl<'a> Tree<'a> {
    /// Replace: the value of an existing leaf, or its ACL, Name or Title.
    ///
    /// A stored value costs one record.
    ///
    /// # Errors
    /// Every refusal of a Replace; nothing has changed.
    pub fn replace(&mut self, who: &Principal<'_>, uri: &[u8], value: &Value<'_>) -> Outcome {
        self.replace_by(By::server(who), uri, value)
    }

    pub(crate) fn replace_by(&mut self, by: By<'_>, uri: &[u8], value: &Value<'_>) -> Outcome {
        let (node, query) = self.find(uri)?;
        match query {
            Query::Node => self.replace_value(by, node, value),
            Query::Property(property) => self.replace_property(by, node, property, value),
            Query::List => Err(Reason::PropertyAccess),
        }
    }

    /// Replace of a value that comes in pieces, `value.data` being the octets at `offset` of `total`. Only for leaves whose
    /// handler takes pieces; the first piece answers [`Reason::TooLarge`] elsewhere.
    ///
    /// # Errors
    /// Every refusal of a Replace; nothing has changed.
    pub fn write(
        &mut self,
        who: &Principal<'_>,
        uri: &[u8],
        value: &Value<'_>,
        offset: u32,
        total: u32,
    ) -> Outcome {
        let (node, query) = self.find(uri)?;
        if query != Query::Node {
            return Err(Reason::TooLarge);
        }
        self.check_target(By::server(who), node, value)?;
        if !self.is_mounted(node) {
            return Err(Reason::TooLarge);
        }
        self.writable()?;
        let mark = self.nodes.mark();
        let result = self.try_write(node, value.bytes(), offset, total);
        let progress = self.settle(mark, result)?;
        let left = total.saturating_sub(offset) as usize;
        if progress == Progress::Done && value.bytes().len() >= left {
            self.note(By::server(who), node, What::Value);
        }
        Ok(progress)
    }

    fn try_write(&mut self, node: Index, bytes: &[u8], offset: u32, total: u32) -> Outcome {
        let end = u32::try_from(bytes.len())
            .ok()
            .and_then(|length| offset.checked_add(length));
        let end = end.filter(|end| *end <= total).ok_or(Reason::TooLarge)?;
        if end == total {
            self.touch(node)?;
        }
        let write =
            &mut |handler: &mut dyn Handler, at: At<'_>| handler.write(at, offset, total, bytes);
        let progress = self.behind(node, write)?;
        if end == total && progress != Progress::NotYet {
            self.save_properties(node);
        }
        Ok(progress)
    }

    /// The checks of section 5.8 before the value itself; the type that the node is to have then, empty unless the command
    /// says another one than it has.
    fn check_target<'v>(
        &self,
        by: By<'_>,
        node: Index,
        value: &Value<'v>,
    ) -> Result<&'v [u8], Reason>
    where
        'a: 'v,
    {
        let desc = self.nodes.desc(node);
        if desc.is_interior() {
            return Err(Reason::NotLeaf);
        }
        let format = accept_format(desc, value.format);
        let keeps_type = value.mime.is_empty() || value.mime == self.nodes.mime(node);
        let mime = match keeps_type {
            true => Some(&[][..]),
            false => self.accept_mime(desc, value.mime),
        };
        // TREE-C-054
        if desc.has(flags::PERMANENT)
            && (format.is_err() || !(keeps_type || mime == Some(self.nodes.mime(node))))
        {
            return Err(Reason::Permanent);
        }
        self.permit_access(by, Verb::Replace, node)?;
        format?;
        mime.ok_or(Reason::MimeType)
    }

    pub(crate) fn replace_value(&mut self, by: By<'_>, node: Index, value: &Value<'_>) -> Outcome {
        let mime = self.check_target(by, node, value)?;
        accept_data(self.nodes.desc(node), value.data)?;
        self.writable()?;
        self.free_value(by, node)?;
        let mark = self.nodes.mark();
        let result = self.try_replace(node, mime, value);
        self.conclude(by, node, What::Value, mark, result)
    }

    /// [`settle`](Self::settle), and takes note of what has been done.
    pub(crate) fn conclude(
        &mut self,
        by: By<'_>,
        node: Index,
        what: What,
        mark: Mark,
        result: Outcome,
    ) -> Outcome {
        let progress = self.settle(mark, result)?;
        if progress == Progress::Done {
            self.note(by, node, what);
        }
        Ok(progress)
    }

    fn try_replace(&mut self, node: Index, mime: &[u8], value: &Value<'_>) -> Outcome {
        if !mime.is_empty() {
            self.set_mime(node, mime)?;
        }
        self.touch(node)?;
        if self.is_mounted(node) {
            let replace = &mut |handler: &mut dyn Handler, at: At<'_>| handler.replace(at, *value);
            if self.behind(node, replace)? == Progress::NotYet {
                return Ok(Progress::NotYet);
            }
            self.save_properties(node);
        } else {
            self.save(node, Content::New(value.bytes()))?;
        }
        Ok(Progress::Done)
    }

    /// Saves `TStamp`, `VerNo` and Type of a node whose handler has taken a new value. The value is there: failing now
    /// would say it is not.
    pub(crate) fn save_properties(&mut self, node: Index) {
        let desc = self.nodes.desc(node);
        if properties::has(desc, flags::HAS_TSTAMP) || properties::has(desc, flags::HAS_VERNO) {
            let _ = self.save(node, Content::Same);
        }
    }

    pub(crate) fn replace_property(
        &mut self,
        by: By<'_>,
        node: Index,
        property: Property,
        value: &Value<'_>,
    ) -> Outcome {
        if !property.is_supported(self.nodes.desc(node)) {
            return Err(Reason::Property);
        }
        let (field, what) = match property {
            Property::Acl => (Field::Acl, What::Acl),
            Property::Name if node == ROOT || self.nodes.desc(node).has(flags::PERMANENT) => {
                return Err(Reason::Permanent);
            }
            Property::Name => (Field::Name, What::Name),
            #[cfg(feature = "properties")]
            Property::Title => (Field::Title, What::Title),
            _ => return Err(Reason::PropertyAccess),
        };
        match field {
            Field::Acl => self.permit_acl(by, node)?,
            _ => self.permit(by, Verb::Replace, node)?,
        }
        let data = value.data.ok_or(Reason::Incomplete)?;
        match field {
            Field::Acl => self.check_acl(by, node, data)?,
            Field::Name => {
                self.check_rename(node, data)?;
                self.free_structure(by, node, true)?;
            }
            #[cfg(feature = "properties")]
            _ if data.len() > MAX_TITLE => return Err(Reason::TooLarge),
            _ => value.text().map(|_| ())?,
        }
        self.writable()?;
        self.free_value(by, node)?;
        let mark = self.nodes.mark();
        let result = self.try_property(node, field, data);
        self.conclude(by, node, what, mark, result)
    }

    fn try_property(&mut self, node: Index, field: Field, data: &[u8]) -> Outcome {
        let mut described: &[u8] = &[];
        if field == Field::Name {
            if self.is_mounted(node) {
                let rename = &mut |handler: &mut dyn Handler, at: At<'_>| handler.rename(at, data);
                if self.behind(node, rename)? == Progress::NotYet {
                    return Ok(Progress::NotYet);
                }
            }
            described = self.nodes.schema.name_of(self.nodes.desc(node));
        }
        let own: &[&[u8]] = if data == described { &[] } else { &[data] };
        self.nodes.change_field(node, field, own)?;
        self.touch(node)?;
        self.save(node, Content::Same)?;
        Ok(Progress::Done)
    }

    /// Who may change an ACL: for a leaf the parent decides, for an interior node it or its parent, for the root itself
    /// (`TREE-C-037`, `TREE-C-038`).
    pub(crate) fn permit_acl(&self, by: By<'_>, node: Index) -> Result<(), Reason> {
        if node != ROOT {
            let parent = self.nodes.slots.at(node).parent;
            let by_parent = self.permit(by, Verb::Replace, parent);
            if by_parent.is_ok() || self.nodes.is_leaf(node) {
                return by_parent;
            }
        }
        self.permit(by, Verb::Replace, node)
    }

    pub(crate) fn check_acl(&self, by: By<'_>, node: Index, text: &[u8]) -> Result<(), Reason> {
        acl::check(text)?;
        // Everyone may add to the root, or no server could begin (TREE-C-044). An empty ACL of the root would be none
        // (TREE-C-029); the device gets the default by it.
        if node == ROOT && by.is_server() && !acl::grants_all(text, Verb::Add) {
            return Err(Reason::PropertyAccess);
        }
        Ok(())
    }

    /// Section 3.1, from step 4 on.
    fn check_rename(&self, node: Index, name: &[u8]) -> Result<(), Reason> {
        check_name(name, &self.limits)?;
        let slot = *self.nodes.slots.at(node);
        if self
            .nodes
            .child(slot.parent, name)
            .is_some_and(|sibling| sibling != node)
        {
            return Err(Reason::Exists);
        }
        // With another description behind its name it would be another node.
        if self
            .nodes
            .choose(slot.parent, name, self.nodes.desc(node).format())
            != Some(slot.desc())
        {
            return Err(Reason::NotDescribed);
        }
        let more = characters(name).saturating_sub(characters(self.nodes.name(node)));
        let mut below = node;
        while more != 0 && below != NONE {
            let length = self.nodes.path_length(below).wrapping_add(more);
            if exceeds(length, self.limits.max_tot_len) {
                return Err(Reason::UriTooLong);
            }
            below = self.nodes.slots.next_in(node, below);
        }
        Ok(())
    }

    /// Removes a Server Identifier from every ACL: a command that loses its last identifier goes, an ACL that loses its last
    /// command is inherited again; at the root the command is granted to all instead (`TREE-C-045`, `TREE-C-046`).
    ///
    /// # Errors
    /// [`Reason::Full`] or [`Reason::Store`]; some ACLs may have been purged.
    pub fn purge_server(&mut self, server_id: &[u8]) -> Result<(), Reason> {
        self.writable()?;
        let mut node = ROOT;
        while node != NONE {
            if self.nodes.slots.at(node).has(state::OWN_ACL) {
                let mark = self.nodes.mark();
                let result = self.purge_node(node, server_id);
                self.settle(mark, result)?;
            }
            node = self.nodes.slots.next_in(ROOT, node);
        }
        Ok(())
    }

    fn purge_node(&mut self, node: Index, server_id: &[u8]) -> Outcome {
        if self.nodes.purge_acl(node, server_id)? {
            self.touch(node)?;
            self.save(node, Content::Same)?;
            self.note(By::LOCAL, node, What::Acl);
        }
        Ok(Progress::Done)
    }
}
