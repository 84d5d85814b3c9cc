//! What a durable store remembers, in one pass over it.
//!
//! The required permanent nodes are planted first. Then every record goes where its key says, in whatever order the store
//! gives them: that of a permanent node to the node, that of a dynamic one to the slot with its number, where it stays loose
//! until all have come. A later record of a key takes the place of an earlier one, so what has been read at any moment is a
//! part of what the tree was once, and needs no more memory than that. Where there is less today, where an old record
//! is damaged, or where the store has no pass to offer, each key there could be is asked for by itself.

use crate::format::Format;
use crate::handler::Mount;
use crate::journal::{DIGEST_START, FORM, digest};
use crate::nodes::Nodes;
use crate::pool::Field;
use crate::reason::Reason;
use crate::record::{Record, key};
use crate::reset::RESET;
use crate::schema::DescId;
use crate::slots::{Index, NONE, ROOT, state};
use crate::store::{Key, StoreError};
use crate::tree::Tree;
use crate::uri::check_path;

/// Records of a pass that are not those of nodes.
#[derive(Default)]
struct Seen {
    header: Option<Header>,
    commit: Option<Commit>,
    /// The first journal entry, and the first piece of held room: where these are not, there are no others.
    journal: [bool; 2],
    /// Why the pass does not count.
    fault: Option<Reason>,
}

/// The image header.
#[derive(Clone, Copy, Default)]
pub(crate) struct Header {
    pub(crate) reset: bool,
    /// Dynamic nodes have numbers below.
    pub(crate) numbers: u16,
    /// Hash of the schema.
    pub(crate) schema: u32,
}

/// The commit record.
#[derive(Clone, Copy)]
pub(crate) struct Commit {
    pub(crate) pending: bool,
    pub(crate) entries: u16,
    pub(crate) transaction: u32,
    pub(crate) digest: u32,
}

impl Header {
    /// As it is stored. A digest stands behind it: with a number that is too low the nodes above would be gone, and the
    /// next one to be added would bring them back.
    pub(crate) fn to_bytes(self) -> [u8; 12] {
        let [n, m] = self.numbers.to_le_bytes();
        let [a, b, c, d] = self.schema.to_le_bytes();
        let reset = if self.reset { RESET } else { 0 };
        let body = [FORM, reset, n, m, a, b, c, d];
        let [e, f, g, h] = digest(DIGEST_START, &body).to_le_bytes();
        [FORM, reset, n, m, a, b, c, d, e, f, g, h]
    }

    pub(crate) fn parse(bytes: &[u8]) -> Result<Self, Reason> {
        let header = match *bytes {
            [FORM, reset, n, m, a, b, c, d, ..] => Self {
                reset: reset == RESET,
                numbers: u16::from_le_bytes([n, m]),
                schema: u32::from_le_bytes([a, b, c, d]),
            },
            _ => return Err(Reason::Store),
        };
        if header.to_bytes() == *bytes {
            Ok(header)
        } else {
            Err(Reason::Store)
        }
    }
}

impl Commit {
    pub(crate) fn parse(bytes: &[u8]) -> Result<Self, Reason> {
        match *bytes {
            [FORM, pending, n, m, a, b, c, d, e, f, g, h] => Ok(Self {
                pending: pending != 0,
                entries: u16::from_le_bytes([n, m]),
                transaction: u32::from_le_bytes([a, b, c, d]),
                digest: u32::from_le_bytes([e, f, g, h]),
            }),
            _ => Err(Reason::Store),
        }
    }
}

impl Seen {
    /// Whether a power failure has left something to be done before the records count.
    fn is_unfinished(&self) -> bool {
        self.journal.contains(&true)
            || self.commit.is_some_and(|commit| commit.pending)
            || self.header.is_some_and(|header| header.reset)
    }

    /// Takes one record, or that there is none.
    fn take(
        &mut self,
        nodes: &mut Nodes<'_>,
        mounts: &[Mount<'_>],
        room: usize,
        key: Key,
        record: Option<&[u8]>,
    ) -> Result<(), Reason> {
        const ENTRY: Key = Key::entry(0);
        const RESERVE: Key = Key::reserve(0);
        let [entry, reserve] = &mut self.journal;
        match key {
            Key::HEADER => self.header = record.map(Header::parse).transpose()?,
            Key::COMMIT => self.commit = record.map(Commit::parse).transpose()?,
            ENTRY => *entry = record.is_some(),
            RESERVE => *reserve = record.is_some(),
            _ if key.is_dynamic() => nodes.take_dynamic(key, record, room)?,
            _ => nodes.take_permanent(key, record, room, mounts)?,
        }
        Ok(())
    }
}

impl Tree<'_> {
    /// Brings the nodes to life, after finishing what a power failure has left.
    pub(crate) fn remember(&mut self) -> Result<(), Reason> {
        let mut seen = self.pass()?;
        match &seen {
            Some(found) if !found.is_unfinished() => self.tell_handlers(found.commit)?,
            _ => {
                let again = seen.is_some();
                self.recover()?;
                self.finish_reset()?;
                seen = if again { self.pass()? } else { None };
            }
        }
        let header = match seen {
            Some(found) => found.header,
            None => self.ask_for_each()?,
        };
        let header = header.unwrap_or_default();
        self.numbers = header.numbers;
        self.nodes.drop_absent();
        self.restore()?;
        let now = self.nodes.schema.digest();
        if header.numbers != 0 && header.schema != now {
            self.write_header(header.numbers, now)?;
        }
        Ok(())
    }

    /// Reads all records in one pass; none when the store has no such pass or it does not count.
    fn pass(&mut self) -> Result<Option<Seen>, Reason> {
        let mut seen = Seen::default();
        let room = self.scratch.len();
        let (nodes, mounts) = (&mut self.nodes, &*self.mounts);
        nodes.plant_anew(mounts)?;
        let whole = self.store.scan(&mut |key, record| {
            if seen.fault.is_none() {
                seen.fault = seen.take(nodes, mounts, room, key, record).err();
            }
        });
        // What is really wrong is met again, key by key.
        Ok((whole == Ok(true) && seen.fault.is_none()).then_some(seen))
    }

    /// Asks for every key there could be.
    fn ask_for_each(&mut self) -> Result<Option<Header>, Reason> {
        self.nodes.plant_anew(self.mounts)?;
        let header = self.read_header()?;
        for id in 0..u16::try_from(self.nodes.schema.nodes.len()).unwrap_or(u16::MAX) {
            if let Some(key) = self.nodes.permanent_key(DescId(id)) {
                self.ask_for(key)?;
            }
        }
        for number in 0..header.unwrap_or_default().numbers {
            self.ask_for(Key::dynamic(number))?;
        }
        Ok(header)
    }

    fn ask_for(&mut self, key: Key) -> Result<(), Reason> {
        let record = match self.store.read(key, self.scratch) {
            Ok(None) => return Ok(()),
            Ok(Some(length)) => self.scratch.get(..length),
            // It is there, and cannot be read.
            Err(StoreError::TooLarge(_)) if key.is_dynamic() => return self.nodes.take_long(key),
            Err(error) => return Err(error.into()),
        };
        let room = self.scratch.len();
        if key.is_dynamic() {
            self.nodes.take_dynamic(key, record, room)
        } else {
            self.nodes.take_permanent(key, record, room, self.mounts)
        }
    }
}

impl Nodes<'_> {
    /// The required permanent nodes and nothing else.
    fn plant_anew(&mut self, mounts: &[Mount<'_>]) -> Result<(), Reason> {
        self.slots.reset();
        self.pool.reset();
        self.displaced = false;
        self.plant_all(mounts)
    }

    /// Gives a permanent node what is remembered of it. An optional one comes into being by that.
    fn take_permanent(
        &mut self,
        own: Key,
        record: Option<&[u8]>,
        room: usize,
        mounts: &[Mount<'_>],
    ) -> Result<(), Reason> {
        let node = match (self.by_key(own), record) {
            (Some(node), _) => node,
            (None, None) => return Ok(()),
            (None, Some(_)) => match self.raise(own, mounts)? {
                Some(node) => node,
                // Of another schema.
                None => return Ok(()),
            },
        };
        self.pool.remove(&mut self.slots, node);
        let flags = state::STORED | state::OWN_ACL | state::OWN_NAME;
        self.slots.set(node, flags, false);
        if let Some(slot) = self.slots.at_mut(node) {
            slot.ver_no = 0;
        }
        let Some(bytes) = record else { return Ok(()) };
        if bytes.len() > room {
            return Err(Reason::TooLarge);
        }
        self.slots.set(node, state::STORED, true);
        self.apply(node, &Record::parse(bytes).ok_or(Reason::Store)?)
    }

    /// Creates the permanent node with this key, and those above it that are not there; none when no description has it.
    fn raise(&mut self, own: Key, mounts: &[Mount<'_>]) -> Result<Option<Index>, Reason> {
        let count = u16::try_from(self.schema.nodes.len()).unwrap_or(u16::MAX);
        let mut ids = (0..count).map(DescId);
        let Some(id) = ids.find(|id| self.permanent_key(*id) == Some(own)) else {
            return Ok(None);
        };
        loop {
            // The first one on the way down that is not there.
            let mut missing = id;
            let above = loop {
                let parent = DescId(self.describe(missing).parent);
                let key = self.permanent_key(parent).ok_or(Reason::Store)?;
                match self.by_key(key) {
                    Some(above) => break above,
                    None => missing = parent,
                }
            };
            let node = self.create(above, missing, self.schema.name(missing), mounts)?;
            self.plant_below(node, mounts)?;
            if let Some(node) = self.by_key(own) {
                return Ok(Some(node));
            }
        }
    }

    /// Removes the optional permanent nodes that have no record, with everything below.
    fn drop_absent(&mut self) {
        for index in 0..self.slots.len() {
            let slot = *self.slots.at(index);
            let is_kept = slot.key.is_dynamic() || slot.has(state::STORED) || index == ROOT;
            if slot.has(state::LIVE) && !is_kept && !self.is_needed(slot.desc()) {
                self.free(index, true);
            }
        }
    }

    /// Takes the record of a dynamic node, to be placed when all are there.
    fn take_dynamic(&mut self, own: Key, record: Option<&[u8]>, room: usize) -> Result<(), Reason> {
        if own.0 >= Key::dynamic(NONE).0 {
            return Ok(());
        }
        let Some(bytes) = record else {
            if let Some(index) = self.by_key(own) {
                self.drop_record(index);
            }
            return Ok(());
        };
        self.take_long(own)?;
        let index = self.by_key(own).ok_or(Reason::Store)?;
        if bytes.len() > room {
            return Ok(());
        }
        let record = Record::parse(bytes).ok_or(Reason::Store)?;
        let (Some(parent), Some(name)) = (record.number(key::PARENT), record.string(key::NAME))
        else {
            return Err(Reason::Store);
        };
        if !check_path(name).is_ok_and(|shape| shape.depth == 1) {
            return Err(Reason::Store);
        }
        let format = record
            .number(key::FORMAT)
            .and_then(|format| u8::try_from(format).ok());
        let format = format.and_then(Format::from_u8).ok_or(Reason::Store)?;
        // Names of the schema are not copied.
        let count = u16::try_from(self.schema.nodes.len()).unwrap_or(u16::MAX);
        let described = (0..count).find(|id| self.schema.name(DescId(*id)) == name);
        let from = described.unwrap_or_default();
        self.slots.set_loose(index, Key(parent), format as u8, from);
        if described.is_none() {
            self.set_field(index, Field::Name, &[name])?;
        }
        self.apply(index, &record)
    }

    /// Keeps a slot for a dynamic node whose record cannot be read, or not yet.
    fn take_long(&mut self, own: Key) -> Result<(), Reason> {
        let index = match self.by_key(own) {
            Some(index) => {
                self.pool.remove(&mut self.slots, index);
                index
            }
            None => self.take_place(own)?,
        };
        self.slots.set_unbound(index, own);
        Ok(())
    }
}
