//! Which nodes have changed, and by whom: a list for the application (`changes`).
//!
//! The list lies in lent memory, 12 bytes for each entry. A change costs a look at every entry there is, because the same
//! change twice is one entry.

use crate::journal::{DIGEST_START, digest};
use crate::principal::Role;
use crate::schema::DescId;
use crate::slots::{Index, NodeId};
use crate::tree::{By, Tree};

/// What has happened to a node.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum What {
    /// It is new, with everything below it.
    Added,
    /// It has another value.
    Value,
    /// It has another ACL.
    Acl,
    /// It has another name.
    Name,
    /// It has another Title.
    Title,
    /// A node below it, of this description, is gone with everything that was there.
    Removed,
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Author {
    Server,
    Local,
    Factory,
}

/// One entry of the list.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Change {
    node: NodeId,
    desc: DescId,
    what: What,
    author: Author,
    /// Hash of the Server Identifier.
    server: u32,
}

impl Change {
    /// Fills the memory of a list.
    pub const EMPTY: Self = Self {
        node: NodeId::new(0, 0),
        desc: DescId::ROOT,
        what: What::Value,
        author: Author::Local,
        server: 0,
    };

    /// The node; the former parent of one that is gone. It may be gone too since.
    #[must_use]
    pub const fn node(&self) -> NodeId {
        self.node
    }

    /// The description of the node, or of the one that is gone.
    #[must_use]
    pub const fn desc(&self) -> DescId {
        self.desc
    }

    /// What has happened.
    #[must_use]
    pub const fn what(&self) -> What {
        self.what
    }

    /// Whether a server did it, not the device itself: its application, its manufacturer, or the protocol engine when it
    /// keeps an account up to date.
    #[must_use]
    pub fn is_by_server(&self) -> bool {
        self.author == Author::Server
    }

    /// Whether this server did it. Another one whose identifier has the same 32-bit hash is taken for it.
    #[must_use]
    pub fn is_by(&self, server_id: &[u8]) -> bool {
        self.is_by_server() && self.server == digest(DIGEST_START, server_id)
    }

    /// Whether the manufacturer's way in was used.
    #[must_use]
    pub fn is_by_factory(&self) -> bool {
        self.author == Author::Factory
    }
}

/// The list.
#[derive(Default)]
pub(crate) struct Changes<'m> {
    entries: &'m mut [Change],
    count: usize,
    /// How many there were when the open transaction began.
    begun: usize,
    lost: bool,
}

impl<'a> Tree<'a> {
    /// From now on changes are listed in `memory`, from its first entry on.
    ///
    /// Commands that are refused and transactions that are rolled back leave nothing in the list. What `open` finds and
    /// what happens behind a handler by itself is not listed, unless it is told by
    /// [`Local::touched`](crate::Local::touched).
    pub fn observe(&mut self, memory: &'a mut [Change]) {
        self.changes = Changes {
            entries: memory,
            ..Changes::default()
        };
    }

    /// What has changed since the list was lent or [emptied](Self::forget_changes): each change once, in the order in which
    /// it came first. Inside a transaction its own changes are there, too.
    #[must_use]
    pub fn changes(&self) -> &[Change] {
        let changes = &self.changes;
        changes.entries.get(..changes.count).unwrap_or_default()
    }

    /// Whether there have been more changes than the list holds: then any node may have changed.
    #[must_use]
    pub const fn changes_lost(&self) -> bool {
        self.changes.lost
    }

    /// Empties the list, for instance after each session.
    pub fn forget_changes(&mut self) {
        self.changes.count = 0;
        self.changes.begun = 0;
        self.changes.lost = false;
    }

    pub(crate) fn note(&mut self, by: By<'_>, node: Index, what: What) {
        let desc = self.nodes.slots.at(node).desc();
        self.note_desc(by, node, what, desc);
    }

    /// Notes a change that concerns a node of the description `desc` at or below `node`.
    pub(crate) fn note_desc(&mut self, by: By<'_>, node: Index, what: What, desc: DescId) {
        let (author, server) = match by.role() {
            Role::Server => (Author::Server, digest(DIGEST_START, by.who().server_id())),
            Role::Local => (Author::Local, 0),
            Role::Factory => (Author::Factory, 0),
        };
        let change = Change {
            node: self.id(node),
            desc,
            what,
            author,
            server,
        };
        if self.changes().contains(&change) {
            return;
        }
        let changes = &mut self.changes;
        match changes.entries.get_mut(changes.count) {
            Some(place) => {
                *place = change;
                changes.count = changes.count.saturating_add(1);
            }
            // Without a list there is nothing to lose.
            None => changes.lost |= !changes.entries.is_empty(),
        }
    }

    #[cfg(feature = "transaction")]
    pub(crate) const fn note_begin(&mut self) {
        self.changes.begun = self.changes.count;
    }

    #[cfg(feature = "transaction")]
    pub(crate) const fn note_roll_back(&mut self) {
        self.changes.count = self.changes.begun;
    }
}
