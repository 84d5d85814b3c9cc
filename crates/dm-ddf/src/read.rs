//! Reads the XML of one DDF into a [`Model`].
//!
//! DDF 1.2 documents need to be well formed, not valid: the order of elements does not matter here, elements of other
//! name spaces are skipped, unknown elements of the DDF's own are skipped with a note.

mod properties;

use std::rc::Rc;

use dm_tree::Format;
use roxmltree::{Document, Node as Element, ParsingOptions};

use crate::error::{Error, Note, Place};
use crate::features::Features;
use crate::model::{Model, Node};
use crate::value;

pub(crate) use properties::COMMANDS;

/// Nodes inside nodes. No management tree is that deep; a bound keeps a hostile file from using up the stack.
const MAX_DEPTH: u32 = 128;

pub(crate) fn parse(name: &str, xml: &str) -> Result<Model, Error> {
    let file: Rc<str> = name.into();
    let options = ParsingOptions {
        allow_dtd: true,
        ..ParsingOptions::default()
    };
    let document = Document::parse_with_options(xml, options).map_err(|why| {
        let at = why.pos();
        let text = why.to_string();
        let text = text.strip_suffix(&format!(" at {at}")).unwrap_or(&text);
        Place {
            file: file.clone(),
            line: at.row,
            column: at.col,
        }
        .error(format!("not well-formed XML: {text}"), "correct the XML")
    })?;
    let root = document.root_element();
    let mut reader = Reader {
        text: document.input_text(),
        lines: document
            .input_text()
            .match_indices('\n')
            .map(|(at, _)| at.saturating_add(1))
            .collect(),
        file,
        namespace: root.tag_name().namespace(),
        notes: Vec::new(),
    };
    let mut model = reader.mgmt_tree(root)?;
    model.notes = reader.notes;
    model.features = crate::features::count(&document);
    Ok(model)
}

struct Reader<'d, 'x> {
    text: &'x str,
    /// Where the lines after the first one start.
    lines: Vec<usize>,
    file: Rc<str>,
    /// Name space of the root element: that of all DDF elements.
    namespace: Option<&'d str>,
    notes: Vec<Note>,
}

/// The known child elements of one element.
struct Fields<'d, 'x>(Vec<(&'static str, Element<'d, 'x>)>);

impl<'d, 'x> Fields<'d, 'x> {
    fn all(&self, name: &'static str) -> impl Iterator<Item = Element<'d, 'x>> {
        self.0
            .iter()
            .filter(move |(known, _)| *known == name)
            .map(|(_, element)| *element)
    }
}

impl<'d, 'x> Reader<'d, 'x> {
    fn place(&self, element: Element<'d, 'x>) -> Place {
        let at = element.range().start;
        let line = self.lines.partition_point(|start| *start <= at);
        let start = line
            .checked_sub(1)
            .and_then(|before| self.lines.get(before))
            .copied()
            .unwrap_or(0);
        let column = self.text.get(start..at).unwrap_or_default().chars().count();
        let count = |number: usize| u32::try_from(number.saturating_add(1)).unwrap_or(u32::MAX);
        Place {
            file: self.file.clone(),
            line: count(line),
            column: count(column),
        }
    }

    fn fields(&mut self, parent: Element<'d, 'x>, known: &[&'static str]) -> Fields<'d, 'x> {
        let mut found = Vec::new();
        for element in parent.children().filter(Element::is_element) {
            if element.tag_name().namespace() != self.namespace {
                continue;
            }
            let tag = element.tag_name().name();
            match known.iter().find(|name| **name == tag) {
                Some(name) => found.push((*name, element)),
                None => {
                    let what = format!(
                        "{tag} has no meaning inside {}; skipped",
                        parent.tag_name().name()
                    );
                    self.notes.push(self.place(element).note(what));
                }
            }
        }
        Fields(found)
    }

    /// The one element called `name`, if there is one.
    fn one(
        &self,
        fields: &Fields<'d, 'x>,
        name: &'static str,
    ) -> Result<Option<Element<'d, 'x>>, Error> {
        let mut all = fields.all(name);
        let first = all.next();
        match all.next() {
            Some(second) => Err(self
                .place(second)
                .error(format!("{name} is given twice"), format!("keep one {name}"))),
            None => Ok(first),
        }
    }

    fn text(&self, fields: &Fields<'d, 'x>, name: &'static str) -> Result<Option<String>, Error> {
        Ok(self.one(fields, name)?.map(text))
    }

    /// The single element inside an element that stands for a choice.
    fn choice(
        &mut self,
        parent: Element<'d, 'x>,
        known: &[&'static str],
    ) -> Result<(&'static str, Element<'d, 'x>), Error> {
        let fields = self.fields(parent, known);
        match fields.0.as_slice() {
            [choice] => Ok(*choice),
            _ => Err(self.place(parent).error(
                format!(
                    "{} does not hold exactly one choice",
                    parent.tag_name().name()
                ),
                format!("write one of {}", known.join(", ")),
            )),
        }
    }

    fn mgmt_tree(&mut self, root: Element<'d, 'x>) -> Result<Model, Error> {
        let place = self.place(root);
        if root.tag_name().name() != "MgmtTree" {
            return Err(place.error(
                format!(
                    "the root element is {}, so this is no DDF",
                    root.tag_name().name()
                ),
                "give a file whose root element is MgmtTree",
            ));
        }
        let fields = self.fields(root, &["VerDTD", "Man", "Mod", "Node"]);
        match self.text(&fields, "VerDTD")?.as_deref() {
            Some("1.2") => {}
            Some(version @ "1.1.2") => {
                let what = format!("VerDTD is {version:?}; read as DDF 1.2");
                self.notes.push(place.note(what));
            }
            Some(version) => {
                return Err(place.error(
                    format!("VerDTD is {version:?}, but only DDF 1.2 is read"),
                    "bring the file to DDF 1.2 and set VerDTD to 1.2",
                ));
            }
            None => return Err(place.error("VerDTD is missing", "write <VerDTD>1.2</VerDTD>")),
        }
        let nodes = self.nodes(&fields, 1)?;
        if nodes.is_empty() {
            return Err(place.error("no Node is described", "describe at least one Node"));
        }
        Ok(Model {
            man: self.text(&fields, "Man")?,
            device: self.text(&fields, "Mod")?,
            nodes,
            notes: Vec::new(),
            features: Features::new(),
            place,
        })
    }

    fn nodes(&mut self, fields: &Fields<'d, 'x>, depth: u32) -> Result<Vec<Node>, Error> {
        fields
            .all("Node")
            .map(|element| self.node(element, depth))
            .collect()
    }

    fn node(&mut self, element: Element<'d, 'x>, depth: u32) -> Result<Node, Error> {
        let place = self.place(element);
        if depth > MAX_DEPTH {
            return Err(place.error(
                format!("nodes are nested more than {MAX_DEPTH} deep"),
                "flatten the tree",
            ));
        }
        let fields = self.fields(
            element,
            &[
                "NodeName",
                "Path",
                "RTProperties",
                "DFProperties",
                "Node",
                "Value",
            ],
        );
        let name = match self.text(&fields, "NodeName")? {
            Some(name) if name == "." && depth == 1 => Some(name),
            Some(name) => segment(&place, &name)?,
            None => {
                return Err(place.error(
                    "NodeName is missing",
                    "write <NodeName>, empty if the name is chosen when the node is created",
                ));
            }
        };
        let path = match self.text(&fields, "Path")? {
            Some(path) => Some(segments(&place, &path)?),
            None => None,
        };
        let children = self.nodes(&fields, depth.saturating_add(1))?;
        let initial = self.text(&fields, "Value")?;
        let (properties, doc) = match self.one(&fields, "DFProperties")? {
            Some(framework) => {
                let runtime = self.one(&fields, "RTProperties")?;
                let (properties, doc) = self.properties(&place, framework, runtime, initial)?;
                (Some(properties), doc)
            }
            None => (None, String::new()),
        };
        if let Some(properties) = &properties
            && properties.format != Format::Node
            && !children.is_empty()
        {
            return Err(place.error(
                format!(
                    "a node of format {} has child nodes",
                    properties.format.name()
                ),
                "set DFFormat to <node/> or move the child nodes",
            ));
        }
        Ok(Node {
            place,
            name,
            path,
            properties,
            doc,
            children,
        })
    }
}

/// Character content of an element and of what markup stands in it, without white space at the ends.
pub(crate) fn text(element: Element<'_, '_>) -> String {
    let all: String = element
        .descendants()
        .filter(Element::is_text)
        .filter_map(|piece| piece.text())
        .collect();
    all.trim().to_owned()
}

/// A name as `NodeName` and `Path` write it; `None`: chosen when the node is created.
fn segment(place: &Place, name: &str) -> Result<Option<String>, Error> {
    if name.is_empty() || name == "*" {
        return Ok(None);
    }
    match value::segment_fault(name) {
        None => Ok(Some(name.to_owned())),
        Some(fault) => Err(place.error(
            format!("the node name {name:?} {fault}"),
            "use letters, digits and -_.!~*'():@&=+$, and escape other characters as %XX",
        )),
    }
}

/// The segments of a `Path`: `.`, `./A/B`, `A/B` or empty.
fn segments(place: &Place, path: &str) -> Result<Vec<Option<String>>, Error> {
    let path = path.strip_suffix('/').unwrap_or(path);
    let path = if path == "." {
        ""
    } else {
        path.strip_prefix("./").unwrap_or(path)
    };
    if path.is_empty() {
        return Ok(Vec::new());
    }
    let mut segments = Vec::new();
    for name in path.split('/') {
        if name.is_empty() {
            return Err(place.error(
                format!("Path {path:?} has an empty segment"),
                "write * for a name chosen when the node is created",
            ));
        }
        segments.push(segment(place, name)?);
    }
    Ok(segments)
}
