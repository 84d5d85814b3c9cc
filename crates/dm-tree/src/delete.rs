//! Delete and Exec.
//!
//! Implements the tree digest, sections 2.1, 5.4 and 5.7.

use crate::acl::Verb;
use crate::changes::What;
use crate::handler::{At, Handler, Outcome, Progress, Ticket, Value};
use crate::open::is_mount;
use crate::principal::Principal;
use crate::reason::Reason;
use crate::schema::flags;
use crate::slots::{Index, NONE, ROOT, state};
use crate::tree::{By, Tree};
use crate::uri::Query;

impl Tree<'_> {
    /// Delete: the node and everything below it. ACLs and `AccessType` of what lies below are not asked
    /// (`TREE-C-058`).
    ///
    /// # Errors
    /// Every refusal of a Delete; nothing has changed. [`Reason::InUse`] when more than one handler would have to agree.
    pub fn delete(&mut self, who: &Principal<'_>, uri: &[u8]) -> Outcome {
        self.delete_by(By::server(who), uri)
    }

    pub(crate) fn delete_by(&mut self, by: By<'_>, uri: &[u8]) -> Outcome {
        let node = self.target(uri)?;
        self.delete_node(by, node)
    }

    /// [`delete_by`](Self::delete_by) of a known node.
    #[inline(never)]
    pub(crate) fn delete_node(&mut self, by: By<'_>, node: Index) -> Outcome {
        if node == ROOT || self.nodes.desc(node).has(flags::PERMANENT) {
            return Err(Reason::Permanent);
        }
        if by.is_server() {
            let mut below = node;
            while below != NONE {
                if self.nodes.desc(below).has(flags::PERMANENT) {
                    return Err(Reason::Permanent);
                }
                below = self.nodes.slots.next_in(node, below);
            }
        }
        self.permit_access(by, Verb::Delete, node)?;
        self.writable()?;
        self.free_structure(by, node, true)?;
        let slot = self.nodes.slots.at(node);
        let (parent, desc) = (slot.parent, slot.desc());
        let mark = self.nodes.mark();
        let result = self.try_delete(node);
        let progress = self.settle(mark, result)?;
        if progress == Progress::Done {
            self.note_desc(by, parent, What::Removed, desc);
        }
        Ok(progress)
    }

    pub(crate) fn try_delete(&mut self, node: Index) -> Outcome {
        // The handler behind the node, or those of which a mount lies below.
        let mut mounted = NONE;
        let mut below = node;
        while below != NONE {
            let slot = self.nodes.slots.at(below);
            if slot.has(state::MOUNTED) && (below == node || is_mount(self.mounts, slot.desc())) {
                if mounted != NONE {
                    return Err(Reason::InUse);
                }
                mounted = below;
            }
            below = self.nodes.slots.next_in(node, below);
        }
        if mounted != NONE {
            let delete = &mut |handler: &mut dyn Handler, at: At<'_>| handler.delete(at);
            if self.behind(mounted, delete)? == Progress::NotYet {
                return Ok(Progress::NotYet);
            }
        }
        self.nodes.detach(node)?;
        // Without its record nothing leads to those below: from here on the node is gone. Inside a transaction the others
        // go at its end.
        self.unsave(node)?;
        if !self.in_transaction() {
            let mut below = node;
            while below != NONE {
                self.erase(below);
                below = self.nodes.slots.next_in(node, below);
            }
        }
        Ok(Progress::Done)
    }

    /// Exec: hands `argument` to the handler behind the node. [`Progress::Started`] promises a report with `ticket`.
    ///
    /// # Errors
    /// Every refusal of an Exec; nothing has happened.
    pub fn exec(
        &mut self,
        who: &Principal<'_>,
        uri: &[u8],
        argument: &Value<'_>,
        ticket: Ticket,
    ) -> Outcome {
        let node = self.target(uri)?;
        self.permit_access(By::server(who), Verb::Exec, node)?;
        if !self.is_mounted(node) {
            return Err(Reason::NotExecutable);
        }
        self.reach(node, &mut |handler, at| handler.exec(at, *argument, ticket))
    }

    /// The existing node that a command means which does not work on properties.
    fn target(&self, uri: &[u8]) -> Result<Index, Reason> {
        let (node, query) = self.find(uri)?;
        match query {
            Query::Node => Ok(node),
            Query::Property(property) if !property.is_supported(self.nodes.desc(node)) => {
                Err(Reason::Property)
            }
            _ => Err(Reason::PropertyAccess),
        }
    }
}
