//! Seeding: the values of a whole object at once, for the manufacturer.

use crate::acl::cut;
use crate::changes::What;
use crate::handler::{Outcome, Value};
use crate::local::{Factory, done};
use crate::reason::Reason;
use crate::slots::{Index, NONE, NodeId, ROOT};
use crate::tree::{By, Tree};
use crate::uri::{characters, check_name, exceeds, without_root};

impl Factory<'_, '_> {
    /// Sets the values of leaves below one node and returns that node: each value with the path from there to its leaf,
    /// such as `AppAddr/a/Addr`. What is missing is created, also the node itself.
    ///
    /// The way to the node is gone once, and the way from there once for values that follow each other with the same path
    /// but for the last name: nothing costs less than a table in this order. A value that the leaf has by its description
    /// costs nothing where a restart empties the store.
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
    /// As [`set`](Self::set); what stands before the value at fault is set.
    pub fn seed<V: AsRef<[u8]>>(
        &mut self,
        below: &str,
        values: &[(&str, V)],
    ) -> Result<NodeId, Reason> {
        let root = Base {
            node: ROOT,
            depth: 0,
            length: 0,
        };
        let path = match below.as_bytes() {
            b"." => &[],
            uri => without_root(uri),
        };
        let top = self.tree.base(root, path)?;
        let mut last = (top, &[][..]);
        for (path, value) in values {
            self.tree
                .seed(top, &mut last, path.as_bytes(), value.as_ref())?;
        }
        Ok(self.tree.id(top.node))
    }
}

/// An interior node below which values are seeded.
#[derive(Clone, Copy)]
struct Base {
    node: Index,
    /// Segments of its path.
    depth: u16,
    /// Characters of its path and the `/` behind it.
    length: u32,
}

impl Tree<'_> {
    /// The interior node with this path below `base`, made where it is missing.
    #[inline(never)]
    fn base(&mut self, base: Base, path: &[u8]) -> Result<Base, Reason> {
        let mut base = base;
        let mut rest = path;
        while !rest.is_empty() {
            let (name, after) = cut(rest, b'/');
            let node = match self.nodes.child(base.node, name) {
                Some(child) => child,
                None => self.plant_child(base, name, &Value::node())?,
            };
            base = Base {
                node,
                depth: base.depth.saturating_add(1),
                length: base
                    .length
                    .saturating_add(characters(name).saturating_add(1)),
            };
            rest = after;
        }
        Ok(base)
    }

    /// Sets the value of the leaf with this path below `top`; `last` is where the one before went, and its path.
    #[inline(never)]
    fn seed<'p>(
        &mut self,
        top: Base,
        last: &mut (Base, &'p [u8]),
        path: &'p [u8],
        value: &[u8],
    ) -> Result<(), Reason> {
        let slash = path.iter().rposition(|c| *c == b'/');
        let (above, name) = match slash.and_then(|at| path.split_at_checked(at)) {
            Some(([] | [.., b'/'], _)) => return Err(Reason::UriSyntax),
            Some((above, [_, name @ ..])) => (above, name),
            _ => (&[][..], path),
        };
        if above != last.1 {
            *last = (self.base(top, above)?, above);
        }
        let base = last.0;
        let value = &Value::of(value);
        match self.nodes.child(base.node, name) {
            Some(leaf) => done(self.replace_value(By::FACTORY, leaf, value)),
            None => self.plant_child(base, name, value).map(|_| ()),
        }
    }

    /// Creates one node whose name has not been looked at.
    #[inline(never)]
    fn plant_child(&mut self, base: Base, name: &[u8], value: &Value<'_>) -> Result<Index, Reason> {
        let limits = &self.limits;
        let length = characters(name);
        if exceeds(u32::from(base.depth).saturating_add(1), limits.max_depth)
            || exceeds(length, limits.max_seg_len)
            || exceeds(base.length.saturating_add(length), limits.max_tot_len)
        {
            return Err(Reason::UriTooLong);
        }
        self.writable()?;
        self.free_structure(By::FACTORY, base.node, false)?;
        let mark = self.nodes.mark();
        let mut node = NONE;
        let result = self.try_child(base.node, name, value, &mut node);
        done(self.conclude(By::FACTORY, node, What::Added, mark, result))?;
        Ok(node)
    }

    fn try_child(
        &mut self,
        parent: Index,
        name: &[u8],
        value: &Value<'_>,
        node: &mut Index,
    ) -> Outcome {
        *node = self.sprout(By::FACTORY, parent, name, value, true)?;
        // A name of the schema is one.
        if self.nodes.desc(*node).name_len == 0 {
            check_name(name, &self.limits)?;
        }
        self.bring_in(*node, *node, value)
    }
}
