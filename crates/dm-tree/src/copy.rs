//! Copy: the value of one leaf to another.
//!
//! Implements the tree digest, section 5.5.

use crate::acl::Verb;
use crate::handler::{Outcome, Progress, Value};
use crate::nodes::accepted_mime;
use crate::principal::Principal;
use crate::reason::Reason;
use crate::schema::access;
use crate::sink::{Buffer, Sink};
use crate::slots::Index;
use crate::tree::{By, Place, Tree};
use crate::uri::Query;

impl Tree<'_> {
    /// Copy: gives the value, format and type of the leaf `source` to the leaf `target`, which is added when it does not
    /// exist. Needs the rights of the Get, and of the Replace or Add, that would do the same (`TREE-C-048`), and that the
    /// `AccessType` of the source lists Copy and Get. The value passes through `buffer`.
    ///
    /// # Errors
    /// Every refusal of those commands; [`Reason::Unsuitable`] when one of the two is no leaf or the target does not take
    /// the value; [`Reason::Full`] when `buffer` is shorter than the value.
    pub fn copy(
        &mut self,
        who: &Principal<'_>,
        source: &[u8],
        target: &[u8],
        buffer: &mut [u8],
    ) -> Outcome {
        let by = By::server(who);
        let (node, query) = self.find(source)?;
        let Place {
            node: to,
            rest,
            query: to_query,
        } = self.locate(target)?;
        if query != Query::Node || to_query != Query::Node {
            return Err(Reason::PropertyAccess);
        }
        let existing = rest.is_empty().then_some(to);
        if !self.nodes.is_leaf(node) || existing.is_some_and(|to| !self.nodes.is_leaf(to)) {
            return Err(Reason::Unsuitable);
        }
        if !self.nodes.desc(node).allows(access::COPY) {
            return Err(Reason::AccessType);
        }
        self.permit_access(by, Verb::Get, node)?;
        let mut value = Buffer::new(buffer);
        let mut sink = Sink::new(&mut value);
        if self.read_value(node, &mut sink)? == Progress::NotYet {
            return Ok(Progress::NotYet);
        }
        if sink.is_full() {
            return Err(Reason::Full);
        }
        self.paste(by, node, target, existing, value.written())
    }

    fn paste(
        &mut self,
        by: By<'_>,
        node: Index,
        target: &[u8],
        existing: Option<Index>,
        data: &[u8],
    ) -> Outcome {
        let id = self.nodes.slots.at(node).desc();
        // The type is one of those the description lists, which outlives the changes that follow.
        let mime =
            accepted_mime(self.nodes.schema.mime(id), self.nodes.mime(node)).unwrap_or_default();
        let value = Value {
            format: Some(self.nodes.describe(id).format()),
            mime,
            data: Some(data),
        };
        let result = match existing {
            Some(to) => {
                self.permit_access(by, Verb::Replace, to)?;
                match self.replace_value(by, to, &value) {
                    // Another format or type than a permanent node has.
                    Err(Reason::Permanent) => Err(Reason::Unsuitable),
                    result => result,
                }
            }
            None => self
                .add_by(by, target, &value)
                .map(|(progress, _)| progress),
        };
        match result {
            Err(Reason::Format | Reason::MimeType | Reason::Value | Reason::Utf8) => {
                Err(Reason::Unsuitable)
            }
            result => result,
        }
    }
}
