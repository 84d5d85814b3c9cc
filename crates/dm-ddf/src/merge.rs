//! Makes one tree of descriptions out of several DDFs.
//!
//! Nodes with the same path are one node; their descriptions must agree, unless one belongs to a more local management object:
//! then that one counts (`TREE-C-080`). A DefaultValue may stand in one of them only, so that a device gives the nodes of a
//! standard object values of its own (`OBJ-C-035`). Two children without a name are the same node
//! when they have the same format, because that is how an Add chooses among them.

use dm_tree::Format;

use crate::error::{Error, Place};
use crate::model::{Model, Node, Properties};

/// One node of the merged tree.
#[derive(Clone, Debug)]
pub(crate) struct Merged {
    pub(crate) place: Place,
    /// `None`: chosen when the node is created. The root has the name `.`.
    pub(crate) name: Option<String>,
    pub(crate) state: State,
    pub(crate) doc: String,
    pub(crate) children: Vec<Self>,
    /// How deep the root of the object lies to which the description belongs; 0 without one.
    object: usize,
}

/// What is known of a node.
#[derive(Clone, Debug)]
pub(crate) enum State {
    /// Only the Path of another node mentions it.
    Implied,
    /// A Node element without DFProperties: some other element has to describe it.
    Mentioned,
    Described(Properties),
}

impl Merged {
    fn new(place: &Place, name: Option<String>, state: State) -> Self {
        Self {
            place: place.clone(),
            name,
            state,
            doc: String::new(),
            children: Vec::new(),
            object: 0,
        }
    }

    /// Takes the description of `node`.
    fn describe(
        &mut self,
        node: &Node,
        properties: &Properties,
        object: usize,
        path: &[Option<String>],
    ) -> Result<(), Error> {
        if properties.format != Format::Node && !self.children.is_empty() {
            return Err(node.place.error(
                format!(
                    "{} is a leaf, but another description puts nodes below it",
                    uri(path)
                ),
                "set DFFormat to <node/> or move the nodes below it",
            ));
        }
        self.state = State::Described(properties.clone());
        self.place = node.place.clone();
        self.object = object;
        if !node.doc.is_empty() {
            self.doc.clone_from(&node.doc);
        }
        Ok(())
    }

    fn format(&self) -> Format {
        match &self.state {
            State::Described(properties) => properties.format,
            State::Implied | State::Mentioned => Format::Node,
        }
    }

    fn case_insensitive(&self) -> bool {
        matches!(&self.state, State::Described(properties) if properties.case_insensitive)
    }

    fn child(&mut self, wanted: impl Fn(&Self) -> bool, new: impl FnOnce() -> Self) -> &mut Self {
        let at = match self.children.iter().position(wanted) {
            Some(at) => at,
            None => {
                self.children.push(new());
                self.children.len().saturating_sub(1)
            }
        };
        #[expect(
            clippy::indexing_slicing,
            reason = "`at` was found in this list or is its last element"
        )]
        &mut self.children[at]
    }
}

pub(crate) fn merge(models: &[Model]) -> Result<Merged, Error> {
    let place = models
        .first()
        .map_or_else(|| Place::whole("no file"), |model| model.place.clone());
    let mut root = Merged::new(&place, Some(".".to_owned()), State::Implied);
    for node in models.iter().flat_map(|model| &model.nodes) {
        if node.name.as_deref() == Some(".") {
            absorb(&mut root, node, &mut Vec::new(), 0)?;
            continue;
        }
        let mut at = &mut root;
        let mut path = Vec::new();
        for segment in node.path.iter().flatten() {
            at = step(at, node, segment)?;
            path.push(segment.clone());
        }
        insert(at, node, &mut path, 0)?;
    }
    complete(&root)?;
    Ok(root)
}

/// The interior child that a segment of a `Path` means; created if nothing has described it yet.
fn step<'t>(
    parent: &'t mut Merged,
    node: &Node,
    segment: &Option<String>,
) -> Result<&'t mut Merged, Error> {
    let found = parent.child(
        |child| child.name == *segment && (segment.is_some() || child.format() == Format::Node),
        || Merged::new(&node.place, segment.clone(), State::Implied),
    );
    if segment.is_none() && matches!(found.state, State::Implied) {
        return Err(node.place.error(
            "Path leads through *, but no interior node without a name is described there",
            "describe that node first, in this file or in one before it",
        ));
    }
    if found.format() != Format::Node {
        return Err(node.place.error(
            format!(
                "Path leads through {:?}, which is a leaf ({})",
                segment.as_deref().unwrap_or("*"),
                found.place
            ),
            "correct Path, or make that node an interior node",
        ));
    }
    Ok(found)
}

fn insert(
    parent: &mut Merged,
    node: &Node,
    path: &mut Vec<Option<String>>,
    object: usize,
) -> Result<(), Error> {
    let format = node
        .properties
        .as_ref()
        .map_or(Format::Node, |properties| properties.format);
    if let Some(name) = &node.name {
        let insensitive = node
            .properties
            .as_ref()
            .is_some_and(|properties| properties.case_insensitive);
        let twin = parent.children.iter().find(|child| {
            child
                .name
                .as_ref()
                .is_some_and(|other| other != name && other.eq_ignore_ascii_case(name))
                && (insensitive || child.case_insensitive())
        });
        if let Some(twin) = twin {
            return Err(node.place.error(
                format!(
                    "{name:?} differs only in letter case from its sibling {:?} ({})",
                    twin.name, twin.place
                ),
                "spell both alike, or set CaseSense to CS",
            ));
        }
    }
    let merged = parent.child(
        |child| child.name == node.name && (node.name.is_some() || child.format() == format),
        || Merged::new(&node.place, node.name.clone(), State::Mentioned),
    );
    path.push(node.name.clone());
    absorb(merged, node, path, object)?;
    path.pop();
    Ok(())
}

/// Takes up what `node` says about the node it describes, and its children.
///
/// `object` is the depth of the object around the node.
fn absorb(
    merged: &mut Merged,
    node: &Node,
    path: &mut Vec<Option<String>>,
    object: usize,
) -> Result<(), Error> {
    let object = match &node.properties {
        Some(own) if own.format == Format::Node && !own.types.is_empty() => path.len(),
        _ => object,
    };
    match (&merged.state, &node.properties) {
        (State::Described(known), Some(properties)) => {
            let known = known.with_default_of(properties);
            let properties = properties.with_default_of(&known);
            let difference = known.difference(&properties);
            if difference.is_none() {
                merged.state = State::Described(known);
            } else if object > merged.object {
                merged.describe(node, &properties, object, path)?;
            } else if let Some(name) = difference
                && object == merged.object
            {
                return Err(node.place.error(
                    format!(
                        "{} is described twice and {name} differs (see {})",
                        uri(path),
                        merged.place
                    ),
                    "describe the node once, or make the descriptions equal",
                ));
            }
        }
        (State::Implied | State::Mentioned, Some(properties)) => {
            merged.describe(node, properties, object, path)?;
        }
        (State::Implied, None) => {
            merged.state = State::Mentioned;
            merged.place = node.place.clone();
        }
        (State::Mentioned | State::Described(_), None) => {}
    }
    if merged.doc.is_empty() {
        merged.doc.clone_from(&node.doc);
    }
    if path.is_empty() && merged.format() != Format::Node {
        return Err(node
            .place
            .error("the root is described as a leaf", "set DFFormat to <node/>"));
    }
    if merged.format() != Format::Node && !node.children.is_empty() {
        return Err(node.place.error(
            format!(
                "{} has nodes below it, but it is a leaf (see {})",
                uri(path),
                merged.place
            ),
            "move these nodes, or set DFFormat to <node/> there",
        ));
    }
    for child in &node.children {
        if let Some(stated) = &child.path
            && !stated.is_empty()
            && stated != path
        {
            return Err(child.place.error(
                format!(
                    "Path says {}, but the node stands inside {}",
                    uri(stated),
                    uri(path)
                ),
                "remove Path, or move the node to the top of the file",
            ));
        }
        insert(merged, child, path, object)?;
    }
    Ok(())
}

/// Every node needs a description, except those that only paths mention.
fn complete(node: &Merged) -> Result<(), Error> {
    if matches!(node.state, State::Mentioned) {
        return Err(node.place.error(
            format!(
                "no file describes {:?}",
                node.name.as_deref().unwrap_or("*")
            ),
            "add DFProperties here, or give the file that has them",
        ));
    }
    node.children.iter().try_for_each(complete)
}

/// The path as people write it; `*` stands for a name chosen at creation.
pub(crate) fn uri(path: &[Option<String>]) -> String {
    let mut uri = ".".to_owned();
    for segment in path {
        uri.push('/');
        uri.push_str(segment.as_deref().unwrap_or("*"));
    }
    uri
}
