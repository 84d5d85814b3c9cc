//! Reads the XML of one DDF into a [`Model`].
//!
//! DDF 1.2 documents need to be well formed, not valid: the order of elements does not matter here, elements of other
//! name spaces are skipped, unknown elements of the DDF's own are skipped with a note.

use std::rc::Rc;

use dm_tree::Format;
use dm_tree::schema::{access, flags};
use roxmltree::{Document, Node as Element, ParsingOptions};

use crate::error::{Error, Note, Place};
use crate::model::{Model, Node, Occurrence, Properties};
use crate::value;

/// Nodes inside nodes. No management tree is that deep; a bound keeps a hostile file from using up the stack.
const MAX_DEPTH: u32 = 128;

/// Commands of `AccessType` with their bits.
pub(crate) const COMMANDS: [(&str, u8); 6] = [
    ("Add", access::ADD),
    ("Copy", access::COPY),
    ("Delete", access::DELETE),
    ("Exec", access::EXEC),
    ("Get", access::GET),
    ("Replace", access::REPLACE),
];

const FORMATS: [&str; 11] = [
    "b64", "bin", "bool", "chr", "int", "node", "null", "xml", "date", "time", "float",
];

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

    fn properties(
        &mut self,
        place: &Place,
        framework: Element<'d, 'x>,
        runtime: Option<Element<'d, 'x>>,
        initial: Option<String>,
    ) -> Result<(Properties, String), Error> {
        let fields = self.fields(
            framework,
            &[
                "AccessType",
                "DefaultValue",
                "Description",
                "DFFormat",
                "Occurrence",
                "Scope",
                "DFTitle",
                "DFType",
                "CaseSense",
            ],
        );
        let access = match self.one(&fields, "AccessType")? {
            Some(element) => self.access(element),
            None => {
                return Err(place.error(
                    "AccessType is missing",
                    "list the commands, or none: <AccessType/>",
                ));
            }
        };
        let format = match self.one(&fields, "DFFormat")? {
            Some(element) => self.format(element)?,
            None => {
                return Err(place.error(
                    "DFFormat is missing",
                    "write for example <DFFormat><chr/></DFFormat>",
                ));
            }
        };
        let occurrence = match self.one(&fields, "Occurrence")? {
            Some(element) => self.occurrence(element)?,
            None => Occurrence {
                required: true,
                max: 1,
            },
        };
        let permanent = match self.one(&fields, "Scope")? {
            Some(element) => self.choice(element, &["Permanent", "Dynamic"])?.0 == "Permanent",
            None => false,
        };
        let case_insensitive = match self.one(&fields, "CaseSense")? {
            Some(element) => self.choice(element, &["CS", "CIS"])?.0 == "CIS",
            None => false,
        };
        let types = match self.one(&fields, "DFType")? {
            Some(element) => self.types(element, format)?,
            None => String::new(),
        };
        let default = match (self.text(&fields, "DefaultValue")?, initial) {
            (Some(one), Some(other)) if one != other => {
                return Err(place.error(
                    format!("DefaultValue is {one:?} but Value is {other:?}"),
                    "keep one of them, or make them equal",
                ));
            }
            (one, other) => match one.or(other) {
                Some(text) => Some(Self::default(place, format, &text)?),
                None => None,
            },
        };
        let runtime = match runtime {
            Some(element) => self.runtime(element, format)?,
            None => 0,
        };
        let title = self.text(&fields, "DFTitle")?.unwrap_or_default();
        let description = self.text(&fields, "Description")?.unwrap_or_default();
        let doc = match (title.as_str(), description.as_str()) {
            ("", text) | (text, "") => one_line(text),
            _ => format!("{}: {}", one_line(&title), one_line(&description)),
        };
        let properties = Properties {
            format,
            access,
            occurrence,
            permanent,
            case_insensitive,
            runtime,
            types,
            default,
        };
        Ok((properties, doc))
    }

    fn access(&mut self, element: Element<'d, 'x>) -> u8 {
        let fields = self.fields(element, &COMMANDS.map(|(name, _)| name));
        COMMANDS
            .iter()
            .filter(|(name, _)| fields.all(name).next().is_some())
            .fold(0, |bits, (_, bit)| bits | bit)
    }

    fn format(&mut self, element: Element<'d, 'x>) -> Result<Format, Error> {
        let (name, _) = self.choice(element, &FORMATS)?;
        Format::from_name(name.as_bytes()).ok_or_else(|| {
            self.place(element).error(
                format!("{name} is no format"),
                "use one of the eleven formats",
            )
        })
    }

    fn occurrence(&mut self, element: Element<'d, 'x>) -> Result<Occurrence, Error> {
        let (name, count) = self.choice(
            element,
            &[
                "One",
                "ZeroOrOne",
                "ZeroOrMore",
                "OneOrMore",
                "ZeroOrN",
                "OneOrN",
            ],
        )?;
        let required = name.starts_with("One");
        let max = match name {
            "One" | "ZeroOrOne" => 1,
            "ZeroOrMore" | "OneOrMore" => 0,
            _ => match text(count).parse::<u32>() {
                // No tree holds 65,536 nodes: the largest number means no bound.
                Ok(65_536) => 0,
                Ok(number @ 1..65_536) => {
                    if number == 1 {
                        let what = format!(
                            "{name} of 1 says no more than the plain form; 2 to 65536 are meant"
                        );
                        self.notes.push(self.place(count).note(what));
                    }
                    u16::try_from(number).unwrap_or(0)
                }
                _ => {
                    return Err(self.place(count).error(
                        format!("{name} holds {:?}", text(count)),
                        "write a number from 2 to 65536",
                    ));
                }
            },
        };
        Ok(Occurrence { required, max })
    }

    /// MIME types of a leaf or MO identifier of an interior node.
    fn types(&mut self, element: Element<'d, 'x>, format: Format) -> Result<String, Error> {
        let fields = self.fields(element, &["MIME", "DDFName"]);
        let names: Vec<String> = fields
            .all("DDFName")
            .map(text)
            .filter(|name| !name.is_empty())
            .collect();
        let mimes: Vec<String> = fields
            .all("MIME")
            .map(text)
            .filter(|mime| !mime.is_empty())
            .collect();
        if format == Format::Node {
            // Published DDFs put the identifier of an object into MIME as often as into DDFName.
            let mut all = names
                .into_iter()
                .chain(mimes.into_iter().filter(|mime| is_object_name(mime)));
            let first = all.next().unwrap_or_default();
            return match all.next() {
                Some(second) if second != first => Err(self.place(element).error(
                    format!("the object has two identifiers, {first:?} and {second:?}"),
                    "keep one DDFName",
                )),
                _ => Ok(first),
            };
        }
        if let Some(name) = names.first() {
            let what = format!("DDFName {name:?} on a leaf has no meaning; skipped");
            self.notes.push(self.place(element).note(what));
        }
        if let Some(odd) = mimes
            .iter()
            .find(|mime| !mime.contains('/') || mime.contains(char::is_whitespace))
        {
            return Err(self.place(element).error(
                format!("{odd:?} is no MIME type"),
                "write for example <MIME>text/plain</MIME>",
            ));
        }
        match mimes.as_slice() {
            [one] if one == "text/plain" => Ok(String::new()),
            _ => Ok(mimes.join("\n")),
        }
    }

    fn default(place: &Place, format: Format, text: &str) -> Result<Vec<u8>, Error> {
        value::octets(format, text).map_err(|fix| {
            place.error(
                format!(
                    "the default {text:?} is no value of format {}",
                    format.name()
                ),
                fix,
            )
        })
    }

    /// Optional run-time properties the node has.
    fn runtime(&mut self, element: Element<'d, 'x>, format: Format) -> Result<u8, Error> {
        let place = self.place(element);
        let fields = self.fields(
            element,
            &[
                "ACL", "Format", "Name", "Size", "Title", "TStamp", "Type", "VerNo",
            ],
        );
        for name in ["ACL", "Format", "Name", "Type"] {
            if self.one(&fields, name)?.is_none() {
                return Err(place.error(
                    format!("RTProperties leaves out {name}, which every node has"),
                    format!("add <{name}/>, or drop RTProperties if no optional property is meant"),
                ));
            }
        }
        if let Some(stated) = self.one(&fields, "Format")?
            && stated.has_children()
            && stated.first_element_child().is_some()
        {
            let runtime = self.format(stated)?;
            if runtime != format {
                return Err(self.place(stated).error(
                    format!(
                        "Format is {} but DFFormat is {}",
                        runtime.name(),
                        format.name()
                    ),
                    "make them equal",
                ));
            }
        }
        for name in ["ACL", "Title"] {
            if let Some(given) = self.one(&fields, name)?
                && !text(given).is_empty()
            {
                let what = format!(
                    "the {name} given here is not part of the tables; set it when the device is made"
                );
                self.notes.push(self.place(given).note(what));
            }
        }
        let mut found = 0;
        for (name, flag) in [
            ("Size", flags::HAS_SIZE),
            ("Title", flags::HAS_TITLE),
            ("TStamp", flags::HAS_TSTAMP),
            ("VerNo", flags::HAS_VERNO),
        ] {
            if let Some(stated) = self.one(&fields, name)? {
                if name == "Size" && format == Format::Node {
                    return Err(self.place(stated).error(
                        "an interior node cannot have Size",
                        "remove <Size/> from its RTProperties",
                    ));
                }
                found |= flag;
            }
        }
        Ok(found)
    }
}

/// Character content of an element and of what markup stands in it, without white space at the ends.
fn text(element: Element<'_, '_>) -> String {
    let all: String = element
        .descendants()
        .filter(Element::is_text)
        .filter_map(|piece| piece.text())
        .collect();
    all.trim().to_owned()
}

fn one_line(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// Whether the type of an interior node names an object: a URN or a reversed domain name with version and path.
/// Anything else is a MIME type, of which an interior node has none.
fn is_object_name(text: &str) -> bool {
    text.starts_with("urn:") || text.matches('/').count() > 1
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
