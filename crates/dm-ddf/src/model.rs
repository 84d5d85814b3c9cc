//! What one DDF file says, element by element, before anything is merged.
//!
//! The content model is that of the Device Description Framework 1.2.

use dm_tree::Format;
use dm_tree::schema::access;

use crate::error::{Error, Note, Place};
use crate::features::Features;

/// One DDF document, read and checked for itself.
///
/// Several models become one schema with [`compile`](crate::compile()).
///
/// ```
/// let model = dm_ddf::Model::parse("lamp.ddf", r#"
///     <MgmtTree xmlns="syncml:dmddf1.2">
///       <VerDTD>1.2</VerDTD>
///       <Man>Example Lamps</Man>
///       <Node>
///         <NodeName>Lamp</NodeName>
///         <DFProperties>
///           <AccessType><Get/><Replace/></AccessType>
///           <DFFormat><bool/></DFFormat>
///           <Scope><Permanent/></Scope>
///           <DFType><MIME>text/plain</MIME></DFType>
///         </DFProperties>
///       </Node>
///     </MgmtTree>"#)?;
/// assert_eq!(model.man(), Some("Example Lamps"));
/// # Ok::<(), dm_ddf::Error>(())
/// ```
#[derive(Clone, Debug)]
pub struct Model {
    pub(crate) place: Place,
    pub(crate) man: Option<String>,
    pub(crate) device: Option<String>,
    pub(crate) nodes: Vec<Node>,
    pub(crate) notes: Vec<Note>,
    pub(crate) features: Features,
}

impl Model {
    /// Reads the text of a DDF file. `name` is what errors call the file; nothing is opened.
    ///
    /// Elements of other name spaces are skipped, unknown elements of the DDF's own are skipped with a [note](Self::notes).
    ///
    /// # Errors
    /// The first place where the text is not well-formed XML or not a DDF of version 1.2.
    pub fn parse(name: &str, xml: &str) -> Result<Self, Error> {
        crate::read::parse(name, xml)
    }

    /// Reads a DDF file.
    ///
    /// # Errors
    /// The file cannot be read, is not UTF-8, or as for [`Model::parse`].
    pub fn read(path: impl AsRef<std::path::Path>) -> Result<Self, Error> {
        let path = path.as_ref();
        let name = path.display().to_string();
        let xml = std::fs::read_to_string(path).map_err(|why| {
            Place::whole(&name).error(
                format!("cannot be read: {why}"),
                "check the path and that the file is UTF-8",
            )
        })?;
        Self::parse(&name, &xml)
    }

    /// The file as it was named to the reader.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.place.file
    }

    /// Manufacturer (`Man`), if the DDF names one.
    #[must_use]
    pub fn man(&self) -> Option<&str> {
        self.man.as_deref()
    }

    /// Device model (`Mod`), if the DDF names one.
    #[must_use]
    pub fn device(&self) -> Option<&str> {
        self.device.as_deref()
    }

    /// Manufacturer and model in one line; empty when the DDF names neither.
    pub(crate) fn title(&self) -> String {
        title(self.man(), self.device())
    }

    /// What was put up with while reading.
    #[must_use]
    pub fn notes(&self) -> &[Note] {
        &self.notes
    }

    /// Which parts of the DDF language the file uses, and how often, in the order of their names: elements and what
    /// choices they make (`AccessType: Get`, `Occurrence left out`), name spaces, versions.
    pub fn features(&self) -> impl Iterator<Item = (&str, usize)> {
        self.features
            .iter()
            .map(|(what, count)| (what.as_str(), *count))
    }

    /// Whether some node of this DDF is the root of a management object whose identifier starts with `prefix`.
    #[must_use]
    pub fn describes_object(&self, prefix: &str) -> bool {
        fn any(nodes: &[Node], prefix: &str) -> bool {
            nodes.iter().any(|node| {
                let here = node.properties.as_ref().is_some_and(|properties| {
                    properties.format == Format::Node && properties.types.starts_with(prefix)
                });
                here || any(&node.children, prefix)
            })
        }
        any(&self.nodes, prefix)
    }
}

/// Manufacturer and model in one line.
pub(crate) fn title(man: Option<&str>, model: Option<&str>) -> String {
    let parts = [man, model].into_iter().flatten();
    let words: Vec<&str> = parts.flat_map(str::split_whitespace).collect();
    words.join(" ")
}

/// One `Node` element.
#[derive(Clone, Debug)]
pub(crate) struct Node {
    pub(crate) place: Place,
    /// `None`: the name is chosen when the node is created.
    pub(crate) name: Option<String>,
    /// Segments of `Path`; a `None` segment is a node whose name is chosen at creation.
    pub(crate) path: Option<Vec<Option<String>>>,
    /// `None`: described elsewhere.
    pub(crate) properties: Option<Properties>,
    /// `DFTitle` and `Description` in one line, for documentation only.
    pub(crate) doc: String,
    pub(crate) children: Vec<Self>,
}

/// `DFProperties`, `RTProperties` and `Value` of a node, with defaults filled in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Properties {
    pub(crate) format: Format,
    /// Bit set as in [`access`].
    pub(crate) access: u8,
    pub(crate) occurrence: Occurrence,
    pub(crate) permanent: bool,
    pub(crate) case_insensitive: bool,
    /// `HAS_SIZE`, `HAS_TITLE`, `HAS_TSTAMP`, `HAS_VERNO` of [`dm_tree::schema::flags`].
    pub(crate) runtime: u8,
    /// Leaf: MIME types joined by line feeds, empty for plain text alone. Interior node: MO identifier or empty.
    pub(crate) types: String,
    /// Octets of `DefaultValue` or `Value`.
    pub(crate) default: Option<Vec<u8>>,
}

impl Properties {
    /// What a node is taken for that only the `Path` of another one mentions.
    pub(crate) const fn implied() -> Self {
        Self {
            format: Format::Node,
            access: access::GET,
            occurrence: Occurrence {
                required: true,
                max: 1,
            },
            permanent: true,
            case_insensitive: false,
            runtime: 0,
            types: String::new(),
            default: None,
        }
    }

    /// The same, with the default value of another description of the node where it has none.
    pub(crate) fn with_default_of(&self, other: &Self) -> Self {
        let default = self.default.as_ref().or(other.default.as_ref());
        Self {
            default: default.cloned(),
            ..self.clone()
        }
    }

    /// The first property in which two descriptions of one node differ.
    pub(crate) fn difference(&self, other: &Self) -> Option<&'static str> {
        let pairs = [
            ("DFFormat", self.format == other.format),
            ("AccessType", self.access == other.access),
            ("Occurrence", self.occurrence == other.occurrence),
            ("Scope", self.permanent == other.permanent),
            ("CaseSense", self.case_insensitive == other.case_insensitive),
            ("RTProperties", self.runtime == other.runtime),
            ("DFType", self.types == other.types),
            ("DefaultValue", self.default == other.default),
        ];
        pairs.iter().find(|(_, same)| !same).map(|(name, _)| *name)
    }
}

/// How many nodes of one description may and must exist below one parent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Occurrence {
    pub(crate) required: bool,
    /// 0: no bound.
    pub(crate) max: u16,
}
