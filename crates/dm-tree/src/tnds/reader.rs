//! A serialised tree as a sequence of nodes.
//!
//! Implements the TNDS digest, section 2.

use dm_wbxml::{Error, ErrorKind, Event, Reader, Tag, Text, tag::ddf};

use super::TreeDocument;
use crate::format::Format;
use crate::reason::Reason;

/// What the document says of one node.
#[derive(Clone, Copy, Default)]
pub(super) struct Entry<'d> {
    /// `NodeName`; empty when there is none.
    pub(super) name: Text<'d>,
    /// `Path`.
    pub(super) path: Option<Text<'d>>,
    pub(super) format: Option<Format>,
    /// `MIME` or `DDFName`; empty when there is none.
    pub(super) mime: Text<'d>,
    /// The type is a `DDFName`.
    pub(super) is_object: bool,
    /// `ACL`; empty when there is none.
    pub(super) acl: Text<'d>,
    /// `Title`.
    pub(super) title: Option<Text<'d>>,
    pub(super) value: Option<Text<'d>>,
    /// Nodes follow inside it.
    pub(super) has_children: bool,
}

impl Entry<'_> {
    /// The defaults of section 2.4, and what contradicts itself.
    fn complete(&mut self) -> Result<(), Reason> {
        if let Some(value) = self.value
            && value.is_empty()
            && matches!(self.format, Some(Format::Node | Format::Null))
        {
            self.value = None;
        }
        if self.has_children {
            // TNDS-C-011, TNDS-C-015
            if self.value.is_some_and(|value| !value.is_empty())
                || self.format.is_some_and(|format| format != Format::Node)
            {
                return Err(Reason::NotInterior);
            }
            self.value = None;
        }
        if self.format.is_none() && (self.has_children || (self.is_object && self.value.is_none()))
        {
            self.format = Some(Format::Node);
        }
        Ok(())
    }
}

/// The next thing of a document.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Part {
    /// A node, inside which others follow up to [`Part::Close`].
    Open,
    /// A node that has none inside.
    Whole,
    /// The node opened last ends.
    Close,
    /// The document ended well.
    Done,
}

/// Walks over a document.
pub(super) struct Walk<'d> {
    reader: Reader<'d>,
    /// Elements open: `MgmtTree` and nodes.
    depth: u8,
    /// A node has begun whose fields have not been read.
    begun: bool,
    has_version: bool,
    too_deep: Reason,
}

impl<'d> Walk<'d> {
    /// `too_deep`: what a document is that is nested deeper than the parser goes.
    pub(super) fn new(document: &TreeDocument<'d>, too_deep: Reason) -> Self {
        Self {
            reader: document.reader(),
            depth: 0,
            begun: false,
            has_version: false,
            too_deep,
        }
    }

    /// The next part; `entry` is what is said of a node.
    pub(super) fn next(&mut self, entry: &mut Entry<'d>) -> Result<Part, Reason> {
        if !core::mem::take(&mut self.begun)
            && let Some(part) = self.outside()?
        {
            return Ok(part);
        }
        self.fields(entry)
    }

    /// Reads on to the next node, which has begun then, unless something else comes.
    #[inline(never)]
    fn outside(&mut self) -> Result<Option<Part>, Reason> {
        loop {
            match self.event()? {
                Event::Start(ddf::MGMT_TREE) if self.depth == 0 => self.depth = 1,
                // TNDS-C-008
                Event::Start(_) if self.depth == 0 => return Err(Reason::Document),
                Event::Start(ddf::NODE) if self.has_version => {
                    self.depth = self.depth.wrapping_add(1);
                    return Ok(None);
                }
                Event::Start(ddf::VER_DTD) if self.depth == 1 => self.version()?,
                // Fields of a node stand before the nodes inside it, and the version before all nodes.
                Event::Start(
                    ddf::NODE
                    | ddf::NODE_NAME
                    | ddf::PATH
                    | ddf::RT_PROPERTIES
                    | ddf::VALUE
                    | ddf::VER_DTD,
                ) => return Err(Reason::Document),
                Event::Start(_) => self.skip()?,
                Event::Text(_) => {}
                Event::End => {
                    self.depth = self.depth.saturating_sub(1);
                    if self.depth != 0 {
                        return Ok(Some(Part::Close));
                    }
                }
                Event::Done if self.has_version => return Ok(Some(Part::Done)),
                Event::Done => return Err(Reason::Document),
            }
        }
    }

    fn event(&mut self) -> Result<Event<'d>, Reason> {
        self.reader.next().map_err(|error| self.fault(error))
    }

    fn text(&mut self) -> Result<Text<'d>, Reason> {
        self.reader.text().map_err(|error| self.fault(error))
    }

    fn skip(&mut self) -> Result<(), Reason> {
        self.reader.skip().map_err(|error| self.fault(error))
    }

    fn fault(&self, error: Error) -> Reason {
        match error.kind {
            ErrorKind::Depth => self.too_deep,
            _ => Reason::Document,
        }
    }

    /// Version 1 of the description language is read. A frame of its own: `outside` is below all that is read.
    #[inline(never)]
    fn version(&mut self) -> Result<(), Reason> {
        let mut version = [0; 8];
        match self.text()?.trimmed().flatten(&mut version) {
            Some([b'1', b'.', ..]) => {
                self.has_version = true;
                Ok(())
            }
            _ => Err(Reason::Document),
        }
    }

    /// The fields of the node that has begun.
    fn fields(&mut self, entry: &mut Entry<'d>) -> Result<Part, Reason> {
        *entry = Entry::default();
        let part = loop {
            match self.event()? {
                Event::Start(ddf::NODE) => {
                    self.depth = self.depth.wrapping_add(1);
                    self.begun = true;
                    entry.has_children = true;
                    break Part::Open;
                }
                // Each once.
                Event::Start(ddf::NODE_NAME) if entry.name.is_empty() => {
                    entry.name = self.text()?.trimmed();
                }
                Event::Start(ddf::PATH) if entry.path.is_none() => {
                    entry.path = Some(self.text()?.trimmed());
                }
                Event::Start(ddf::VALUE) if entry.value.is_none() => {
                    entry.value = Some(self.text()?);
                }
                Event::Start(ddf::NODE_NAME | ddf::PATH | ddf::VALUE) => {
                    return Err(Reason::Document);
                }
                Event::Start(ddf::RT_PROPERTIES) => self.properties(entry)?,
                Event::Start(_) => self.skip()?,
                Event::Text(_) => {}
                Event::End => {
                    self.depth = self.depth.wrapping_sub(1);
                    break Part::Whole;
                }
                Event::Done => return Err(Reason::Document),
            }
        };
        entry.complete()?;
        Ok(part)
    }

    /// The properties, in any order. What only the device sets is passed over (`TNDS-C-005`).
    fn properties(&mut self, entry: &mut Entry<'d>) -> Result<(), Reason> {
        let mut inside = Tag::UNKNOWN;
        loop {
            match self.event()? {
                Event::Start(ddf::ACL) => entry.acl = self.text()?.trimmed(),
                Event::Start(ddf::TITLE) => entry.title = Some(self.text()?),
                Event::Start(tag @ (ddf::FORMAT | ddf::TYPE)) if inside == Tag::UNKNOWN => {
                    inside = tag;
                }
                Event::Start(tag @ (ddf::MIME | ddf::DDF_NAME)) if inside == ddf::TYPE => {
                    entry.mime = self.text()?.trimmed();
                    entry.is_object = tag == ddf::DDF_NAME;
                }
                Event::Start(tag) if inside == ddf::FORMAT => {
                    entry.format = Some(format(tag)?);
                    self.skip()?;
                }
                Event::Start(_) => self.skip()?,
                Event::Text(_) => {}
                Event::End if inside == Tag::UNKNOWN => return Ok(()),
                Event::End => inside = Tag::UNKNOWN,
                Event::Done => return Err(Reason::Document),
            }
        }
    }
}

/// A format element.
fn format(tag: Tag) -> Result<Format, Reason> {
    Ok(match tag {
        ddf::FORMAT_B64 => Format::B64,
        ddf::FORMAT_BIN => Format::Bin,
        ddf::FORMAT_BOOL => Format::Bool,
        ddf::FORMAT_CHR => Format::Chr,
        ddf::FORMAT_INT => Format::Int,
        ddf::FORMAT_NODE => Format::Node,
        ddf::FORMAT_NULL => Format::Null,
        ddf::FORMAT_XML => Format::Xml,
        ddf::FORMAT_DATE => Format::Date,
        ddf::FORMAT_TIME => Format::Time,
        ddf::FORMAT_FLOAT => Format::Float,
        _ => return Err(Reason::Format),
    })
}

/// The element of a format.
pub(super) const fn format_tag(format: Format) -> Tag {
    match format {
        Format::B64 => ddf::FORMAT_B64,
        Format::Bin => ddf::FORMAT_BIN,
        Format::Bool => ddf::FORMAT_BOOL,
        Format::Chr => ddf::FORMAT_CHR,
        Format::Int => ddf::FORMAT_INT,
        Format::Node => ddf::FORMAT_NODE,
        Format::Null => ddf::FORMAT_NULL,
        Format::Xml => ddf::FORMAT_XML,
        Format::Date => ddf::FORMAT_DATE,
        Format::Time => ddf::FORMAT_TIME,
        Format::Float => ddf::FORMAT_FLOAT,
    }
}
