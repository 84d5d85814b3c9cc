//! One node of a serialised tree: how it is looked at, made or overwritten.

use dm_wbxml::{Base64Error, Text};

use super::apply::{Job, Spot};
use super::place::{Found, Place, Role, pieces};
use super::reader::Entry;
use crate::acl::Verb;
use crate::add::accept_data;
use crate::format::Format;
use crate::handler::{Outcome, Progress, Value};
use crate::nodes::accepted_mime;
use crate::pool::Field;
use crate::properties::{self, MAX_TITLE};
use crate::reason::Reason;
use crate::schema::{DescId, access, flags};
use crate::slots::{Index, NONE, ROOT, state};
use crate::tree::{By, Tree};
use crate::uri::{characters, check_name, exceeds};
use crate::values::Content;

impl<'a> Tree<'a> {
    /// Takes one node, which stands inside the node `parent` of the document if there is one.
    ///
    /// Where it goes is found out first, so that nothing of that lies on the stack when it is made.
    pub(super) fn take_entry(
        &mut self,
        job: &mut Job<'_>,
        parent: Option<Spot>,
        entry: &mut Entry<'_>,
        work: &mut [u8],
    ) -> Result<(Progress, Spot), Reason> {
        let is_top = parent.is_none() && job.objects.is_some();
        #[cfg(feature = "bootstrap")]
        if is_top && job.by.is_bootstrap() {
            job.is_outdated = self.has_later_version(job.document, &entry.mime, work)?;
        }
        let Place {
            parent,
            name,
            role,
            work,
        } = match self.place(job, parent, is_top, entry, work)? {
            Found::At(place) => place,
            Found::Nowhere => return Ok((Progress::Done, Spot::PASSED_OVER)),
            Found::NotYet => return Ok((Progress::NotYet, Spot::PASSED_OVER)),
        };
        match role {
            Role::Target => return self.meet_base(job, entry, work),
            Role::Object(_) if entry.format.is_none() => entry.format = Some(Format::Node),
            _ => {}
        }
        let made = self.meet(job, parent, name, entry, work)?;
        match (role, &mut job.objects) {
            (Role::NewTarget, _) => job.base = made.1,
            (Role::Object(hash), Some(objects)) => objects.push(hash, made.1.node)?,
            _ => {}
        }
        Ok(made)
    }

    /// Looks at the child `name` of `parent`, or makes or overwrites it.
    pub(super) fn meet(
        &mut self,
        job: &mut Job<'_>,
        parent: Spot,
        name: &[u8],
        entry: &mut Entry<'_>,
        work: &mut [u8],
    ) -> Result<(Progress, Spot), Reason> {
        let wanted = entry.format.unwrap_or(Format::Chr);
        let id = self.nodes.choose_below(parent.desc, name, wanted);
        if parent.is_passed_over() || (id.is_none() && self.passes_over(job.by, parent.desc, name))
        {
            return Ok((Progress::Done, Spot::PASSED_OVER));
        }
        if let Some(id) = id
            && entry.format.is_none()
            && entry.value.is_none()
            && self.nodes.describe(id).is_interior()
        {
            entry.format = Some(Format::Node);
        }
        let existing = match parent.node {
            NONE => None,
            node => self.nodes.child(node, name),
        };
        if job.checks {
            if self.nodes.describe(parent.desc).format() != Format::Node {
                return Err(Reason::NotInterior);
            }
            let desc = id.ok_or(Reason::NotDescribed)?;
            let same = existing.filter(|node| self.nodes.slots.at(*node).desc() == desc);
            match same {
                Some(node) => self.nodes.set_named(node),
                None => {
                    job.creates = true;
                    let is_child = parent.node == job.base.node;
                    job.has_namesake |= is_child && self.is_called(parent.node, name);
                }
            }
            self.inspect(job, desc, entry, work)?;
            let node = same.unwrap_or(NONE);
            return Ok((Progress::Done, Spot { node, desc }));
        }
        let (progress, node) = match existing {
            Some(node)
                if !self.nodes.is_named(node)
                    && (job.replaces || self.nodes.is_named(parent.node)) =>
            {
                (self.overwrite(job, node, entry, work)?, node)
            }
            Some(_) => return Err(Reason::Exists),
            None => self.plant(job, parent.node, name, entry, work)?,
        };
        Ok((progress, self.spot(node)))
    }

    /// The target itself, which a Replace overwrites.
    fn meet_base(
        &mut self,
        job: &mut Job<'_>,
        entry: &mut Entry<'_>,
        work: &mut [u8],
    ) -> Result<(Progress, Spot), Reason> {
        let Spot { node, desc } = job.base;
        if entry.format.is_none()
            && entry.value.is_none()
            && self.nodes.describe(desc).is_interior()
        {
            entry.format = Some(Format::Node);
        }
        if job.checks {
            self.inspect(job, desc, entry, work)?;
            return Ok((Progress::Done, job.base));
        }
        Ok((self.overwrite(job, node, entry, work)?, job.base))
    }

    /// Checks format, type and value (`TNDS-C-020`).
    fn inspect(
        &self,
        job: &Job<'_>,
        id: DescId,
        entry: &Entry<'_>,
        work: &mut [u8],
    ) -> Result<(), Reason> {
        let (mime, work) = pieces(entry.mime, work, Reason::MimeType)?;
        let value = Value {
            format: entry.format,
            mime,
            data: None,
        };
        self.accept_type(id, &value)?;
        self.data(job, id, entry, work)?;
        Ok(())
    }

    /// The checked octets of a node's value; none when the document gives none.
    fn data<'w>(
        &self,
        job: &Job<'_>,
        id: DescId,
        entry: &Entry<'w>,
        work: &'w mut [u8],
    ) -> Result<Option<&'w [u8]>, Reason> {
        let Some(text) = entry.value else {
            return Ok(None);
        };
        // Binary values are Base64 text in XML whatever their format is called; in WBXML also OPAQUE.
        let format = entry.format.unwrap_or(self.nodes.describe(id).format());
        let is_base64 = match (format, entry.format) {
            (Format::B64, Some(_)) => true,
            (Format::B64 | Format::Bin, _) if job.is_xml => true,
            (Format::B64 | Format::Bin, None) => !text.is_opaque(),
            _ => false,
        };
        let data = if is_base64 {
            match text.decode_base64(work) {
                Ok(length) => work.get(..length).unwrap_or_default(),
                Err(Base64Error::TooLong) => return Err(Reason::TooLarge),
                Err(_) => return Err(Reason::Base64),
            }
        } else {
            pieces(text, work, Reason::TooLarge)?.0
        };
        accept_data(self.nodes.describe(id), Some(data))?;
        Ok(Some(data))
    }

    /// What a leaf starts with for which the document gives no value (section 2.4).
    fn initial(&self, id: DescId) -> &'a [u8] {
        self.nodes.schema.default_value(id).unwrap_or_default()
    }

    /// Makes a node as if by its own Add.
    fn plant(
        &mut self,
        job: &Job<'_>,
        parent: Index,
        name: &[u8],
        entry: &Entry<'_>,
        work: &mut [u8],
    ) -> Result<(Progress, Index), Reason> {
        // The right to add is asked where the document joins what was there.
        let is_top = !job.replaces && !self.nodes.is_named(parent);
        self.check_place(parent, name)?;
        self.free_structure(job.by, parent, false)?;
        let (mime, work) = pieces(entry.mime, work, Reason::MimeType)?;
        let mut value = Value {
            format: entry.format,
            mime,
            data: None,
        };
        let (id, mime) = self.admit(job.by, parent, name, &value, is_top)?;
        value.data = self.data(job, id, entry, work)?;
        let node = self.make(job.by, parent, id, name, mime, is_top)?;
        self.nodes.set_named(node);
        if self.is_mounted(node) {
            if self.nodes.is_leaf(node) && value.data.is_none() {
                value.data = Some(self.initial(id));
            }
            let progress = self.behind(node, &mut |handler, at| handler.add(at, value))?;
            if progress == Progress::NotYet {
                return Ok((progress, node));
            }
        }
        if is_top && !entry.acl.is_empty() && self.nodes.is_leaf(node) {
            // TREE-C-038
            self.permit(job.by, Verb::Replace, parent)?;
        }
        self.adorn(job, node, entry, false)?;
        self.save_all(node, node, &value)?;
        Ok((Progress::Done, node))
    }

    /// Name and limits of a new node (`TREE-C-008`).
    fn check_place(&self, parent: Index, name: &[u8]) -> Result<(), Reason> {
        match check_name(name, &self.limits) {
            Err(Reason::Name) => return Err(Reason::UriSyntax),
            checked => checked?,
        }
        let mut depth = 1u32;
        let mut at = parent;
        while at != ROOT && at != NONE {
            depth = depth.saturating_add(1);
            at = self.nodes.slots.at(at).parent;
        }
        let above = match parent {
            ROOT => 0,
            parent => self.nodes.path_length(parent).saturating_add(1),
        };
        let length = above.saturating_add(characters(name));
        if exceeds(depth, self.limits.max_depth) || exceeds(length, self.limits.max_tot_len) {
            return Err(Reason::UriTooLong);
        }
        Ok(())
    }

    /// Gives an existing node what the document says of it.
    fn overwrite(
        &mut self,
        job: &Job<'_>,
        node: Index,
        entry: &Entry<'_>,
        work: &mut [u8],
    ) -> Outcome {
        let id = self.nodes.slots.at(node).desc();
        let desc = self.nodes.describe(id);
        let (mime, work) = pieces(entry.mime, work, Reason::MimeType)?;
        let mut value = Value {
            format: entry.format,
            mime,
            data: None,
        };
        let is_leaf = !desc.is_interior();
        let is_permanent = desc.has(flags::PERMANENT);
        if is_permanent {
            // TREE-C-054
            let same_format = value.format.is_none_or(|format| format.suits(desc));
            let own = self.nodes.mime(node);
            let same_type = match is_leaf {
                true => mime.is_empty() || accepted_mime(own, mime).is_some(),
                false => mime.is_empty() || mime == own,
            };
            if !same_format || !same_type {
                return Err(Reason::Permanent);
            }
        }
        let may_add = desc.allows(access::ADD) && !(job.replaces && is_permanent);
        if is_leaf && job.by.is_server() && !desc.allows(access::REPLACE) && !may_add {
            return Err(Reason::AccessType);
        }
        let mime = self.accept_type(id, &value)?;
        value.data = self.data(job, id, entry, work)?;
        self.free_value(job.by, node)?;
        self.nodes.set_named(node);
        // Below the target it is as if the node were made anew.
        let resets = node != job.base.node && !is_permanent;
        if !mime.is_empty() {
            self.set_mime(node, mime)?;
        } else if resets {
            self.set_mime(node, self.nodes.described_mime(id))?;
        }
        if node == job.base.node && !entry.acl.is_empty() {
            self.permit_acl(job.by, node)?;
        }
        self.adorn(job, node, entry, resets)?;
        self.touch(node)?;
        if !is_leaf {
            self.save(node, Content::Same)?;
            return Ok(Progress::Done);
        }
        let data = value.data.unwrap_or(self.initial(id));
        if !self.is_mounted(node) {
            self.save(node, Content::New(data))?;
            return Ok(Progress::Done);
        }
        value.data = Some(data);
        let progress = self.behind(node, &mut |handler, at| handler.replace(at, value))?;
        if progress == Progress::NotYet {
            return Ok(progress);
        }
        self.save(node, Content::Same)?;
        Ok(Progress::Done)
    }

    /// Sets ACL and Title; with `resets` removes those the document does not give.
    fn adorn(
        &mut self,
        job: &Job<'_>,
        node: Index,
        entry: &Entry<'_>,
        resets: bool,
    ) -> Result<(), Reason> {
        if !entry.acl.is_empty() {
            self.set_property(job.by, node, Field::Acl, &entry.acl)?;
        } else if resets && self.nodes.slots.at(node).has(state::OWN_ACL) {
            self.nodes.change_field(node, Field::Acl, &[])?;
        }
        if !properties::has(self.nodes.desc(node), flags::HAS_TITLE) {
            return Ok(());
        }
        match &entry.title {
            Some(title) => self.set_property(job.by, node, Field::Title, title),
            None if resets && self.nodes.field(node, Field::Title).is_some() => {
                self.nodes.change_field(node, Field::Title, &[])
            }
            None => Ok(()),
        }
    }

    /// Sets the ACL or the Title.
    fn set_property(
        &mut self,
        by: By<'_>,
        node: Index,
        field: Field,
        text: &Text<'_>,
    ) -> Result<(), Reason> {
        match text.plain() {
            Some(plain) => self.set_plain(by, node, field, plain),
            None => self.set_in_pieces(by, node, field, text),
        }
    }

    /// Long texts that are not in one piece are none that a tree could hold.
    #[inline(never)]
    fn set_in_pieces(
        &mut self,
        by: By<'_>,
        node: Index,
        field: Field,
        text: &Text<'_>,
    ) -> Result<(), Reason> {
        let mut buf = [0; MAX_TITLE];
        let text = text.flatten(&mut buf).ok_or(Reason::TooLarge)?;
        self.set_plain(by, node, field, text)
    }

    #[inline(never)]
    fn set_plain(
        &mut self,
        by: By<'_>,
        node: Index,
        field: Field,
        text: &[u8],
    ) -> Result<(), Reason> {
        if field == Field::Acl {
            self.check_acl(by, node, text)?;
        } else if text.len() > MAX_TITLE {
            return Err(Reason::TooLarge);
        } else {
            Value::of(text).text()?;
        }
        let parts: &[&[u8]] = if text.is_empty() { &[] } else { &[text] };
        self.nodes.change_field(node, field, parts)
    }
}
