//! Get of a serialised tree: a stream of octets, of which none is kept.
//!
//! Implements the TNDS digest, sections 2.2 and 4.3.

use dm_wbxml::{Encoding, Tag, Vocabulary, Writer, tag::ddf};

use super::reader::format_tag;
use crate::acl::{Verb, cut};
use crate::decimal::Decimal;
use crate::format::Format;
use crate::get::{Reading, What};
use crate::handler::{Outcome, Progress};
use crate::journal::{DIGEST_START, digest};
use crate::local::Local;
use crate::pool::Field;
use crate::principal::Principal;
use crate::properties::{Property, time_stamp};
use crate::reason::Reason;
use crate::schema::Schema;
use crate::sink::{Output, Sink};
use crate::slots::{Index, NONE, NodeId};
use crate::tree::{By, Tree};
use crate::uri::Query;

/// The properties that are wanted, a bit for each.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct Selection(u8);

/// In the order in which they are written; the value, which has no name among the properties, is the bit behind them.
const PROPERTIES: [Property; 6] = [
    Property::Acl,
    Property::Format,
    Property::Title,
    Property::TStamp,
    Property::Type,
    Property::VerNo,
];
const VALUE: u8 = 1 << PROPERTIES.len();
const ALL: u8 = VALUE | (VALUE - 1);

impl Selection {
    /// Reads what follows `list=TNDS`: nothing, or a list of properties each with `+`, or each with `-` in front of it. A
    /// property that no node of the schema has is not supported (`TNDS-C-026`).
    pub(crate) fn parse(list: &[u8], schema: &Schema<'_>) -> Option<Self> {
        let Some((sign, mut rest)) = list.split_first() else {
            return Some(Self(ALL));
        };
        let mut named = 0;
        loop {
            let end = rest.iter().position(|octet| matches!(octet, b'+' | b'-'));
            let (name, after) = rest.split_at_checked(end.unwrap_or(rest.len()))?;
            named |= match Property::from_name(name) {
                Some(property) => {
                    let number = PROPERTIES.iter().position(|known| *known == property)?;
                    if !schema.nodes.iter().any(|desc| property.is_supported(desc)) {
                        return None;
                    }
                    1u8.checked_shl(u32::try_from(number).ok()?)?
                }
                None if name == b"Value" => VALUE,
                None => return None,
            };
            rest = match after.split_first() {
                None => break,
                Some((other, rest)) if other == sign => rest,
                Some(_) => return None,
            };
        }
        match sign {
            b'+' => Some(Self(named)),
            b'-' => Some(Self(ALL & !named)),
            _ => None,
        }
    }

    fn has(self, number: usize) -> bool {
        u32::try_from(number).is_ok_and(|number| self.0 >> number & 1 != 0)
    }
}

/// Octets handed on at a time. The longest piece, an element with its name space, takes 40; eight characters 48.
const PIECE: usize = 64;
/// Octets of a value written at a time.
const STEP: usize = 8;

/// Where a document that is written in pieces can be taken up again.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) struct Mark {
    what: What,
    /// Hash of the server for whom it is written.
    who: u32,
    node: NodeId,
    /// Octets of the document before the node.
    octets: u32,
}

/// Writes pieces of the document, and hands each on.
struct Stream<'s, 'o> {
    writer: Writer<'s>,
    sink: &'s mut Sink<'o>,
    /// Nothing is handed on: the sink has had it.
    is_mute: bool,
}

impl Stream<'_, '_> {
    fn flush(&mut self) {
        if !self.is_mute {
            self.sink.put(self.writer.written());
        }
        self.writer.clear();
    }

    fn start(&mut self, tag: Tag) {
        self.writer.start(tag);
        self.flush();
    }

    fn end(&mut self, tag: Tag) {
        self.writer.end(tag);
        self.flush();
    }

    fn empty(&mut self, tag: Tag) {
        self.writer.empty(tag);
        self.flush();
    }

    /// A whole element with text, which holds no NUL.
    fn element(&mut self, tag: Tag, text: &[u8]) {
        if text.is_empty() {
            return self.empty(tag);
        }
        self.writer.start(tag);
        self.writer.begin_text();
        self.flush();
        let mut out = Content {
            stream: self,
            coding: Coding::Text,
            has_nul: false,
        };
        out.put(text);
        self.writer.end_text();
        self.end(tag);
    }
}

/// How the octets of a value are written (section 2.5).
#[derive(Clone, Copy, PartialEq, Eq)]
enum Coding {
    Text,
    Base64,
    Opaque,
}

/// The value of a leaf on its way into the document.
struct Content<'c, 's, 'o> {
    stream: &'c mut Stream<'s, 'o>,
    coding: Coding,
    has_nul: bool,
}

impl Output for Content<'_, '_, '_> {
    fn put(&mut self, bytes: &[u8]) -> usize {
        for piece in bytes.chunks(STEP) {
            match self.coding {
                Coding::Text => {
                    self.has_nul |= piece.contains(&0);
                    self.stream.writer.put_text(piece);
                }
                Coding::Base64 => self.stream.writer.put_base64(piece),
                Coding::Opaque => self.stream.writer.put_opaque(piece),
            }
            self.stream.flush();
        }
        bytes.len()
    }
}

impl Tree<'_> {
    /// Get, second half, for a [`Reading`] of `?list=TNDS`: writes the whole document to `out`, which may skip, keep a
    /// part, or only count. Any other reading is read as by [`read`](Self::read).
    ///
    /// Nodes that the server may not Get are left out with everything below them, and so are those whose handler refuses
    /// to give the value. Costs a pass over the subtree up to where `out` is full, whatever part of that it skips; while
    /// the subtree is held ([`hold_all`](Self::hold_all)) only from about where it was full the last time. An `out` that
    /// is full has not counted the rest.
    ///
    /// # Errors
    /// As [`read`](Self::read).
    pub fn read_by(
        &mut self,
        who: &Principal<'_>,
        reading: &Reading,
        out: &mut Sink<'_>,
    ) -> Outcome {
        match reading.what() {
            What::Tree(..) => self.write_subtree(By::server(who), reading, out),
            _ => self.read(reading, out),
        }
    }

    /// A frame of its own, for it is large, and most of what is read is no tree.
    #[inline(never)]
    fn write_subtree(&mut self, by: By<'_>, reading: &Reading, out: &mut Sink<'_>) -> Outcome {
        let What::Tree(selection, is_xml) = reading.what() else {
            return Err(Reason::Query);
        };
        let top = self.live(reading.node())?;
        let encoding = if is_xml {
            Encoding::Xml
        } else {
            Encoding::Wbxml
        };
        let mut buf = [0; PIECE];
        let taken_up = self.taken_up(by, reading, out.skipped());
        let mut stream = Stream {
            writer: Writer::new(&mut buf, encoding),
            sink: out,
            is_mute: taken_up.is_some(),
        };
        stream.writer.begin_document_of(Vocabulary::Ddf);
        stream.flush();
        stream.start(ddf::MGMT_TREE);
        stream.element(ddf::VER_DTD, b"1.2");
        let mut node = top;
        if let Some(mark) = taken_up {
            node = self.live(mark.node)?;
            let mut around = node;
            while around != top {
                stream.start(ddf::NODE);
                around = self.nodes.slots.at(around).parent;
            }
            stream.is_mute = false;
            stream.sink.go_on(mark.octets);
        }
        let mut last = None;
        'nodes: loop {
            if stream.sink.is_full() {
                break;
            }
            last = Some((node, stream.sink.count()));
            match self.write_node(node, selection, is_xml, &mut stream) {
                Ok(None) => return Ok(Progress::NotYet),
                Ok(Some(true)) => {
                    if let Some(child) = self.readable(by, self.nodes.slots.at(node).first_child) {
                        node = child;
                        continue;
                    }
                    stream.end(ddf::NODE);
                }
                Ok(Some(false)) => {}
                Err(reason) => return Err(reason),
            }
            // The next one beside it, or beside a node around it, which ends.
            while node != top {
                let slot = self.nodes.slots.at(node);
                let parent = slot.parent;
                if let Some(next) = self.readable(by, slot.next_sibling) {
                    node = next;
                    continue 'nodes;
                }
                stream.end(ddf::NODE);
                node = parent;
            }
            break;
        }
        stream.end(ddf::MGMT_TREE);
        if let (true, Some(last)) = (stream.sink.is_full(), last) {
            self.set_mark(by, reading, last);
        }
        Ok(Progress::Done)
    }

    /// Where the document can be taken up for a sink that skips so many octets of it.
    fn taken_up(&self, by: By<'_>, reading: &Reading, skipped: u32) -> Option<Mark> {
        let held = self
            .held
            .filter(|held| held.is_all(reading.node().index()))?;
        let mark = held.mark?;
        let node = self.nodes.slots.live(mark.node)?;
        let is_same = mark.what == reading.what() && Some(mark.who) == hash(by);
        let fits = mark.octets <= skipped && self.is_below(node, reading.node().index());
        (is_same && fits).then_some(mark)
    }

    /// Notes that the sink was full while this node was written, before which so many octets are.
    fn set_mark(&mut self, by: By<'_>, reading: &Reading, (node, octets): (Index, u32)) {
        let node = self.id(node);
        if let (Some(who), Some(held)) = (hash(by), &mut self.held)
            && held.is_all(reading.node().index())
        {
            let what = reading.what();
            held.mark = Some(Mark {
                what,
                who,
                node,
                octets,
            });
        }
    }

    /// The first of `node` and the siblings behind it that may be read.
    fn readable(&self, by: By<'_>, node: Index) -> Option<Index> {
        let mut node = node;
        while node != NONE {
            if self.permit_access(by, Verb::Get, node).is_ok() {
                return Some(node);
            }
            node = self.nodes.slots.at(node).next_sibling;
        }
        None
    }

    /// Writes what belongs to one node itself. Gives whether it is written and its end is due; none: its handler needs
    /// time.
    fn write_node(
        &mut self,
        node: Index,
        selection: Selection,
        is_xml: bool,
        stream: &mut Stream<'_, '_>,
    ) -> Result<Option<bool>, Reason> {
        let desc = self.nodes.desc(node);
        let format = desc.format();
        let has_value = selection.0 & VALUE != 0 && !matches!(format, Format::Node | Format::Null);
        let coding = match (format, is_xml) {
            (Format::Bin, false) => Coding::Opaque,
            (Format::Bin | Format::B64, _) => Coding::Base64,
            _ => Coding::Text,
        };
        let mut count = Sink::counting();
        if has_value && (coding == Coding::Opaque || self.is_mounted(node)) {
            match self.read_value(node, &mut count) {
                Ok(Progress::NotYet) => return Ok(None),
                Ok(_) => {}
                Err(_) if self.is_mounted(node) => return Ok(Some(false)),
                Err(reason) => return Err(reason),
            }
        }
        stream.start(ddf::NODE);
        stream.element(ddf::NODE_NAME, self.nodes.name(node));
        stream.start(ddf::RT_PROPERTIES);
        for (number, property) in PROPERTIES.into_iter().enumerate() {
            if selection.has(number) && property.is_supported(desc) {
                self.write_property(node, property, is_xml, stream);
            }
        }
        stream.end(ddf::RT_PROPERTIES);
        if !has_value {
            return Ok(Some(true));
        }
        stream.writer.start(ddf::VALUE);
        match coding {
            Coding::Opaque => {
                let length = usize::try_from(count.count()).unwrap_or(usize::MAX);
                stream.writer.begin_opaque(length);
            }
            _ => stream.writer.begin_text(),
        }
        let mut out = Content {
            stream: &mut *stream,
            coding,
            has_nul: false,
        };
        let outcome = self.read_value(node, &mut Sink::new(&mut out))?;
        if out.has_nul {
            // A text with NUL has no form in either encoding.
            return Err(Reason::Value);
        }
        match coding {
            Coding::Opaque => {}
            Coding::Base64 => {
                stream.writer.end_base64();
                stream.writer.end_text();
            }
            Coding::Text => stream.writer.end_text(),
        }
        stream.end(ddf::VALUE);
        Ok((outcome == Progress::Done).then_some(true))
    }

    fn write_property(
        &self,
        node: Index,
        property: Property,
        is_xml: bool,
        stream: &mut Stream<'_, '_>,
    ) {
        match property {
            Property::Acl => stream.element(ddf::ACL, self.nodes.own_acl(node)),
            Property::Format => {
                // Base64 text is called what it is.
                let format = match self.nodes.desc(node).format() {
                    Format::Bin if is_xml => Format::B64,
                    format => format,
                };
                stream.start(ddf::FORMAT);
                stream.empty(format_tag(format));
                stream.end(ddf::FORMAT);
            }
            Property::Title => {
                let title = self.nodes.field(node, Field::Title);
                stream.element(ddf::TITLE, title.unwrap_or_default());
            }
            Property::TStamp => {
                if let Some(stamp) = self.nodes.time_stamp(node) {
                    stream.element(ddf::TSTAMP, &time_stamp(stamp));
                }
            }
            Property::Type => {
                let tag = match self.nodes.is_leaf(node) {
                    true => ddf::MIME,
                    false => ddf::DDF_NAME,
                };
                stream.start(ddf::TYPE);
                stream.element(tag, self.nodes.mime(node));
                stream.end(ddf::TYPE);
            }
            _ => {
                let number = Decimal::new(u32::from(self.nodes.slots.at(node).ver_no));
                stream.element(ddf::VER_NO, number.as_bytes());
            }
        }
    }
}

fn hash(by: By<'_>) -> Option<u32> {
    by.is_server()
        .then(|| digest(DIGEST_START, by.who().server_id()))
}

impl Local<'_, '_> {
    /// Writes a subtree as a serialised tree: all of it, secrets too. Behind the URI may stand `?list=TNDS` with a
    /// selection of properties.
    ///
    /// # Errors
    /// Those of the URI and of [`Tree::read_by`].
    pub fn read_subtree(&mut self, uri: &str, encoding: Encoding, out: &mut Sink<'_>) -> Outcome {
        let tree = &mut *self.tree;
        let (node, query) = tree.find(uri.as_bytes())?;
        let list = match query {
            Query::Node => &[][..],
            _ => cut(uri.as_bytes(), b'?')
                .1
                .strip_prefix(b"list=TNDS")
                .ok_or(Reason::Query)?,
        };
        let selection = Selection::parse(list, tree.nodes.schema).ok_or(Reason::Query)?;
        let is_xml = encoding == Encoding::Xml;
        let reading = Reading::tree(tree.id(node), selection, is_xml);
        tree.write_subtree(By::LOCAL, &reading, out)
    }
}

impl Reading {
    /// The encoding that a serialised tree is to have; without this call it is WBXML.
    #[must_use]
    pub fn in_encoding(self, encoding: Encoding) -> Self {
        match self.what() {
            What::Tree(selection, _) => {
                Self::tree(self.node(), selection, encoding == Encoding::Xml)
            }
            _ => self,
        }
    }
}
