//! Seeding: the values of a whole object at once, for the manufacturer.

use crate::handler::Value;
use crate::local::{Factory, done};
use crate::reason::Reason;
use crate::slots::{Index, NodeId};
use crate::tree::{By, Tree};
use crate::uri::{Query, characters};

impl Factory<'_, '_> {
    /// Sets the values of leaves below one node and returns that node: each value with the path from there to its leaf,
    /// such as `AppAddr/a/Addr`. What is missing is created, also the node itself.
    ///
    /// The way to the node is gone once, and the way from there once for values that follow each other with the same path
    /// but for the last name: nothing costs less than a table in this order. A value that the leaf has by its description
    /// takes no room in a store that a restart empties.
    ///
    /// ```
    /// # use dm_tree::{NodeSlot, RamStore, Reason, Tree, TreeMemory, UriLimits, mo::standard::SCHEMA};
    /// const ACCOUNT: &[(&str, &str)] = &[
    ///     ("AppID", "w7"),
    ///     ("ServerID", "srv"),
    ///     ("AppAddr/1/Addr", "https://dm.example.test/"),
    ///     ("AppAddr/1/AddrType", "URI"),
    /// ];
    /// # let mut nodes = [NodeSlot::EMPTY; 48];
    /// # let (mut pool, mut value, mut values) = ([0; 256], [0; 128], [0; 512]);
    /// # let mut store = RamStore::new(&mut values);
    /// # let memory = TreeMemory { nodes: &mut nodes, pool: &mut pool, value: &mut value };
    /// # let mut tree = Tree::open(&SCHEMA, &mut store, &mut [], memory, UriLimits::default())?;
    /// tree.factory().seed("./DMAcc/srv", ACCOUNT)?;
    /// # Ok::<(), Reason>(())
    /// ```
    ///
    /// # Errors
    /// As [`set`](Self::set) and [`node`](Self::node); what stands before the value at fault is set.
    pub fn seed<V: AsRef<[u8]>>(
        &mut self,
        below: &str,
        values: &[(&str, V)],
    ) -> Result<NodeId, Reason> {
        let node = self.node(below)?;
        let mut way = Way::from(node.index(), characters(below.as_bytes()));
        for (path, value) in values {
            self.tree.seed(&mut way, path.as_bytes(), value.as_ref())?;
        }
        Ok(node)
    }

    /// Sets the value of the leaf with this path below a node that is known, such as `AppAddr/1/Addr` below an account. What
    /// is missing on the way is created. Costs what [`set`](Self::set) does but for the way to the node, and one
    /// [`Store::write`](crate::Store::write).
    ///
    /// # Errors
    /// As [`set`](Self::set); [`Reason::NoSuchNode`] when the node has been removed.
    pub fn set_below(&mut self, node: NodeId, path: &[u8], value: &[u8]) -> Result<(), Reason> {
        let node = self.tree.live(node)?;
        // As if its URI had been given, which begins with `./`.
        let length = self.tree.nodes.path_length(node).saturating_add(2);
        self.tree.seed(&mut Way::from(node, length), path, value)
    }
}

/// Where values are seeded.
struct Way<'p> {
    top: Index,
    /// Characters of its URI.
    length: u32,
    /// What stands before the name in the path of the last value, and the node that leads to.
    above: &'p [u8],
    parent: Index,
}

impl Way<'_> {
    const fn from(top: Index, length: u32) -> Self {
        Self {
            top,
            length,
            above: &[],
            parent: top,
        }
    }
}

impl Tree<'_> {
    /// Sets the value of the leaf with this path.
    #[inline(never)]
    fn seed<'p>(&mut self, way: &mut Way<'p>, path: &'p [u8], value: &[u8]) -> Result<(), Reason> {
        let slash = path.iter().rposition(|c| *c == b'/');
        let length = slash.map_or(0, |at| at.saturating_add(1));
        let (above, name) = path.split_at_checked(length).unwrap_or_default();
        let (from, rest) = if above == way.above {
            (way.parent, name)
        } else {
            (way.top, path)
        };
        let mut walk = self.nodes.walk(from, rest);
        let value = &Value::of(value);
        let leaf = if walk.whole && walk.rest.is_empty() {
            done(self.replace_value(By::FACTORY, walk.node, value))?;
            walk.node
        } else {
            walk.depth = walk.depth.saturating_add(self.nodes.depth(from));
            let place = self.place_of(&walk, path, way.length.saturating_add(1));
            // Where it lies: taking it out would copy it.
            let place = place.as_ref().map_err(|reason| *reason)?;
            // Only a URI can have one.
            if place.query != Query::Node {
                return Err(Reason::UriSyntax);
            }
            self.add_new(path, place, value)?
        };
        way.above = above;
        way.parent = self.nodes.slots.at(leaf).parent;
        Ok(())
    }
}
