//! Lays the merged tree out as tables: nodes breadth first, so that the children of a node are neighbours, and one pool of
//! text.

use std::collections::{HashMap, VecDeque};

use dm_tree::schema::flags;
use dm_tree::{DescId, Key, NodeDesc, Schema};

use crate::error::{Error, Note, Place};
use crate::merge::{Merged, State, merge};
use crate::model::{Model, Properties};
use crate::pool::Pool;

/// The tables of a schema, with what generated files say about them.
#[derive(Clone, Debug)]
pub struct Compiled {
    /// Descriptions, breadth first; the first one is the root. 22 bytes each on the device.
    pub nodes: Vec<NodeDesc>,
    /// All names, types and defaults; strings that are equal or part of another one are stored once.
    pub text: Vec<u8>,
    pub(crate) docs: Vec<String>,
    /// Manufacturer and model, of the first file that names one of them.
    pub(crate) man: Option<String>,
    pub(crate) model: Option<String>,
    notes: Vec<Note>,
}

impl Compiled {
    /// The tables as the engine takes them.
    #[must_use]
    pub fn schema(&self) -> Schema<'_> {
        Schema {
            nodes: &self.nodes,
            text: &self.text,
        }
    }

    /// Manufacturer and model in one line; empty when no file names them.
    pub(crate) fn title(&self) -> String {
        crate::model::title(self.man.as_deref(), self.model.as_deref())
    }

    /// What was put up with while reading and compiling.
    #[must_use]
    pub fn notes(&self) -> &[Note] {
        &self.notes
    }

    /// Bytes the tables take on a device.
    #[must_use]
    pub fn size(&self) -> usize {
        size_of_val(self.nodes.as_slice()).saturating_add(self.text.len())
    }

    /// The path of a node as people write it: `./A/*/B`, where `*` is a name chosen at creation. The root is `.`.
    #[must_use]
    pub fn uri(&self, id: DescId) -> String {
        let mut names = Vec::new();
        let mut at = id.0;
        // The root is its own parent; every other parent comes before its children.
        while let Some(node) = self.nodes.get(usize::from(at)).filter(|_| at > 0) {
            names.push(self.name(node));
            at = node.parent;
        }
        names.push(".".to_owned());
        names.reverse();
        names.join("/")
    }

    pub(crate) fn name(&self, node: &NodeDesc) -> String {
        match self.slice(node.name, u16::from(node.name_len)) {
            "" => "*".to_owned(),
            name => name.to_owned(),
        }
    }

    /// A string of the pool; empty when it is out of range or no text.
    pub(crate) fn slice(&self, at: u16, len: u16) -> &str {
        let at = usize::from(at);
        let bytes = self
            .text
            .get(at..at.saturating_add(usize::from(len)))
            .unwrap_or_default();
        core::str::from_utf8(bytes).unwrap_or_default()
    }
}

/// Compiles DDFs into one schema. The order of the models is the order of nodes in the tables.
///
/// # Errors
/// Descriptions of one node differ, a node is not described, or the result does not fit the tables of a device: 65,535
/// nodes, 65,535 bytes of text. Two permanent nodes whose paths have the same 32-bit hash are refused, because a store
/// could not tell their values apart.
pub fn compile(models: &[Model]) -> Result<Compiled, Error> {
    let root = merge(models)?;
    let mut layout = Layout {
        pool: Pool::collect(&root),
        nodes: Vec::new(),
        docs: Vec::new(),
        places: Vec::new(),
    };
    layout.run(&root)?;
    let mut notes: Vec<Note> = models
        .iter()
        .flat_map(|model| model.notes.iter().cloned())
        .collect();
    notes.extend(remarks(&root));
    let titled = models.iter().find(|model| !model.title().is_empty());
    let compiled = Compiled {
        nodes: layout.nodes,
        text: layout.pool.into_bytes(),
        docs: layout.docs,
        man: titled.and_then(|model| model.man.clone()),
        model: titled.and_then(|model| model.device.clone()),
        notes,
    };
    refuse_collisions(&compiled, &layout.places)?;
    if let Err(fault) = compiled.schema().check() {
        return Err(root.place.error(
            format!("the tables are not consistent: {fault:?}"),
            "please report this DDF",
        ));
    }
    Ok(compiled)
}

struct Layout<'t> {
    pool: Pool<'t>,
    nodes: Vec<NodeDesc>,
    docs: Vec<String>,
    places: Vec<Place>,
}

impl Layout<'_> {
    fn run(&mut self, root: &Merged) -> Result<(), Error> {
        let mut queue = VecDeque::from([(root, 0_u16)]);
        let mut next: usize = 1;
        while let Some((node, parent)) = queue.pop_front() {
            let index = number(self.nodes.len(), node, "a node")?;
            let first_child = number(next, node, "a node")?;
            let children = number(node.children.len(), node, "the number of children")?;
            next = next.saturating_add(node.children.len());
            let desc = self.describe(node, parent, first_child, children)?;
            self.nodes.push(desc);
            self.docs.push(node.doc.clone());
            self.places.push(node.place.clone());
            queue.extend(node.children.iter().map(|child| (child, index)));
        }
        Ok(())
    }

    fn describe(
        &self,
        node: &Merged,
        parent: u16,
        first_child: u16,
        children: u16,
    ) -> Result<NodeDesc, Error> {
        let is_root = self.nodes.is_empty();
        let implied = Properties::implied();
        let properties = match &node.state {
            State::Described(properties) => properties,
            State::Implied | State::Mentioned => &implied,
        };
        let name = if is_root {
            ""
        } else {
            node.name.as_deref().unwrap_or_default()
        };
        let (name, name_len) = self
            .pool
            .find(name.as_bytes())
            .ok_or_else(|| too_much_text(node))?;
        let (mime, mime_len) = self
            .pool
            .find(properties.types.as_bytes())
            .ok_or_else(|| too_much_text(node))?;
        let octets = properties.default.as_deref().unwrap_or_default();
        let (default, default_len) = self.pool.find(octets).ok_or_else(|| too_much_text(node))?;
        let mut set_flags = properties.runtime;
        for (set, flag) in [
            (properties.permanent || is_root, flags::PERMANENT),
            (properties.case_insensitive, flags::CASE_INSENSITIVE),
            (properties.occurrence.required || is_root, flags::REQUIRED),
            (properties.default.is_some(), flags::HAS_DEFAULT),
        ] {
            if set {
                set_flags |= flag;
            }
        }
        Ok(NodeDesc {
            name,
            name_len: short(name_len, node, "the name")?,
            format: properties.format as u8,
            parent,
            first_child: if children == 0 { 0 } else { first_child },
            children,
            access: properties.access,
            flags: set_flags,
            max: if is_root {
                1
            } else {
                properties.occurrence.max
            },
            mime,
            mime_len: short(mime_len, node, "DFType")?,
            reserved: 0,
            default,
            default_len,
        })
    }
}

fn number(number: usize, node: &Merged, what: &str) -> Result<u16, Error> {
    u16::try_from(number).map_err(|_| {
        node.place.error(
            format!("{what} has number {number}, but tables count to 65535"),
            "split the tree over several devices or make similar nodes one dynamic node",
        )
    })
}

fn short(len: u16, node: &Merged, what: &str) -> Result<u8, Error> {
    u8::try_from(len).map_err(|_| {
        node.place.error(
            format!("{what} has {len} bytes, but tables hold 255"),
            "shorten it",
        )
    })
}

fn too_much_text(node: &Merged) -> Error {
    node.place.error(
        "names, types and defaults of all nodes together exceed the 65535 bytes that tables can address",
        "shorten default values",
    )
}

/// What a reader of the DDF may not have meant.
fn remarks(node: &Merged) -> Vec<Note> {
    let mut notes = Vec::new();
    if let State::Described(properties) = &node.state
        && node.name.is_none()
        && properties.occurrence.max == 1
    {
        notes.push(
            node.place
                .note("a node without a name that may exist only once; is Occurrence missing?"),
        );
    }
    notes.extend(node.children.iter().flat_map(remarks));
    notes
}

/// A store knows a permanent node by the hash of its path.
fn refuse_collisions(compiled: &Compiled, places: &[Place]) -> Result<(), Error> {
    let mut keys: Vec<Option<Key>> = Vec::with_capacity(compiled.nodes.len());
    let mut seen: HashMap<Key, DescId> = HashMap::new();
    for ((id, node), place) in compiled.ids().zip(places) {
        let key = if id == DescId::ROOT {
            Some(Key::ROOT)
        } else if node.has(flags::PERMANENT) && node.name_len > 0 {
            let parent = keys.get(usize::from(node.parent)).copied().flatten();
            parent.map(|parent| parent.child(compiled.schema().name(id)))
        } else {
            None
        };
        keys.push(key);
        if let Some(key) = key
            && let Some(other) = seen.insert(key, id)
        {
            return Err(place.error(
                format!(
                    "{} and {} have the same path hash {:08x}",
                    compiled.uri(id),
                    compiled.uri(other),
                    key.0
                ),
                "rename one of the two nodes",
            ));
        }
    }
    Ok(())
}
