//! The pull reader: the one event stream of both encodings.

use crate::limits::MAX_DEPTH;
use crate::text::ASCII;
use crate::{Attribute, Document, Error, ErrorKind, Tag, Text, tag};

/// What a [`Reader`] finds next.
#[derive(Clone, Copy, Debug)]
pub enum Event<'a> {
    /// An element begins.
    Start(Tag),
    /// Character content; adjacent pieces of any kind are one.
    Text(Text<'a>),
    /// The element opened last ends.
    End,
    /// The document ended well.
    Done,
}

/// What the reader found: for `Start` and `Leaf` the field `tag` of the reader says more, for
/// `Text` and `Leaf` the field `text`, each until the next step.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Step {
    Start,
    /// A whole element with nothing but one text in it.
    Leaf,
    Text,
    End,
    Done,
    /// None yet: take the next step.
    Nothing,
}

/// No document is so deep.
pub(crate) const NO_LEAF: u8 = u8::MAX;

/// The document is broken; the reader keeps the error.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct Failed;

/// WBXML end tags have no names to compare.
const NAMES: usize = if cfg!(feature = "xml") { MAX_DEPTH } else { 0 };

/// A place in a document where reading can go on: plain integers, borrowing nothing.
#[derive(Clone, Copy, Default, PartialEq, Eq, Debug)]
pub struct Cursor {
    pub(crate) offset: u32,
    pub(crate) page: u8,
    pub(crate) depth: u8,
    pub(crate) flags: u8,
    pub(crate) attribute_page: u8,
}

/// The element opened last has no content: its end comes without octets of its own.
pub(crate) const EMPTY: u8 = 1;
/// Attributes of the element opened last stand at the offset.
pub(crate) const ATTRIBUTES: u8 = 2;
/// The root element has ended.
pub(crate) const OVER: u8 = 4;
/// No child of the open element has been seen (XML).
pub(crate) const FRESH: u8 = 8;
/// The open element is `Data` of SyncML, whose markup is text (XML).
pub(crate) const DATA: u8 = 16;
/// A fault was met; the reader keeps it.
pub(crate) const FAILED: u8 = 32;

impl Cursor {
    /// In front of the root element.
    #[inline(never)]
    pub(crate) fn start(document: &Document) -> Self {
        Self {
            offset: document.body,
            page: match document.vocabulary {
                crate::Vocabulary::Ddf => 2,
                _ => 0,
            },
            ..Self::default()
        }
    }

    /// Octets from the start of the document.
    pub fn offset(&self) -> u32 {
        self.offset
    }
}

/// Pull reader over one document.
///
/// Needs constant stack and no heap, gives at most two events for each octet, and after an error
/// gives the same error again. At most [`MAX_DEPTH`] elements may be open.
///
/// White space between XML elements is no event; the content of an element without children is kept
/// exactly (REP-C-040). XML prefixes and name space declarations are ignored. Markup inside `Data`
/// of an XML message is one text holding that markup, as if it had been in CDATA. Processing
/// instructions, comments and the extension tokens of WBXML give nothing.
#[derive(Clone, Debug)]
pub struct Reader<'a> {
    pub(crate) bytes: &'a [u8],
    pub(crate) document: Document,
    pub(crate) cursor: Cursor,
    pub(crate) failure: Option<ErrorKind>,
    /// [`Tag::base`] of the page in force (WBXML).
    pub(crate) base: Tag,
    /// The place before the last step, where that is noted.
    pub(crate) before: Cursor,
    /// See [`Step`].
    pub(crate) tag: Tag,
    pub(crate) text: Text<'a>,
    /// Where the last name of an element stands: in the string table (WBXML), in the document (XML).
    pub(crate) literal: u32,
    /// Text outside of `Data` that is passed over shall be UTF-8.
    pub(crate) proves: bool,
    /// Items of a Status were passed over.
    pub(crate) items: bool,
    /// Depth inside the Status or command whose fields were read last.
    pub(crate) leaf: u8,
    /// How many of the open elements were opened before the reader was made: their names are not
    /// known (XML).
    pub(crate) outside: u8,
    /// Where the names of the open elements stand: the low bits (XML).
    pub(crate) names: [u16; NAMES],
}

impl<'a> Reader<'a> {
    /// A reader at the start of the document in `bytes`.
    pub fn new(bytes: &'a [u8], encoding: crate::Encoding) -> Result<Self, Error> {
        let mut document = Document::NONE;
        document.read(bytes, encoding)?;
        Ok(Self::over(bytes, &document))
    }

    /// A reader at the start of a document that is known to be of `vocabulary`, whatever its public
    /// identifier or root element says: a tree announced by its media type may have the unknown
    /// identifier, and no switch to its code page.
    pub fn of(
        bytes: &'a [u8],
        encoding: crate::Encoding,
        vocabulary: crate::Vocabulary,
    ) -> Result<Self, Error> {
        let mut document = Document::NONE;
        document.read(bytes, encoding)?;
        document.vocabulary = vocabulary;
        document.space = vocabulary.space();
        Ok(Self::over(bytes, &document))
    }

    /// A reader at the start of an opened document.
    pub(crate) fn over(bytes: &'a [u8], document: &Document) -> Self {
        Self::at(bytes, document, Cursor::start(document))
    }

    /// A reader that goes on where `cursor` was taken in the same document.
    ///
    /// XML end tags of elements opened before that place are not compared with their start tags
    /// again.
    #[inline(never)]
    pub fn at(bytes: &'a [u8], document: &Document, cursor: Cursor) -> Self {
        Self {
            bytes,
            document: *document,
            cursor,
            before: cursor,
            failure: None,
            base: Tag::base(document.space, cursor.page),
            tag: Tag::UNKNOWN,
            text: Text::default(),
            literal: 0,
            proves: false,
            items: false,
            leaf: NO_LEAF,
            outside: cursor.depth,
            names: [0; NAMES],
        }
    }

    /// The next event.
    #[allow(clippy::should_implement_trait)] // an iterator cannot lend its state to `text` and `skip` in between
    #[inline]
    pub fn next(&mut self) -> Result<Event<'a>, Error> {
        loop {
            return match self.step(false) {
                Ok(Step::Start) => Ok(Event::Start(self.tag)),
                Ok(Step::Text) => Ok(Event::Text(self.text)),
                Ok(Step::End) => Ok(Event::End),
                Ok(Step::Done) => Ok(Event::Done),
                Ok(Step::Leaf | Step::Nothing) => continue,
                Err(Failed) => Err(self.error()),
            };
        }
    }

    /// After [`Event::Start`], before anything else is read: the name the document spells, without
    /// prefix; for an element which the document does not spell, the one in the tables, or nothing.
    pub fn name(&self) -> &'a [u8] {
        if self.is_xml() {
            crate::xml::reader::name(self)
        } else {
            crate::wbxml::reader::name(self)
        }
    }

    /// After [`Event::Start`], before anything else is read: the next attribute, name space
    /// declarations left out.
    ///
    /// Attributes that are not asked for are passed over. White space in their values is kept as it
    /// is. Without the feature `provisioning` it fails with [`ErrorKind::Unsupported`].
    pub fn attribute(&mut self) -> Result<Option<Attribute<'a>>, Error> {
        let attribute = if !cfg!(feature = "provisioning") {
            Err(self.fail(ErrorKind::Unsupported))
        } else if self.is_xml() {
            crate::xml::reader::next_attribute(self)
        } else {
            crate::wbxml::attributes::next(self)
        };
        attribute.map_err(|Failed| self.error())
    }

    /// After [`Event::Start`]: the character content of the element, up to and including its end.
    ///
    /// If child elements come first the text is empty, see [`Text::element`]; if there is text on
    /// several sides of child elements, it is the first.
    pub fn text(&mut self) -> Result<Text<'a>, Error> {
        match self.content() {
            Ok(()) => Ok(self.text),
            Err(Failed) => Err(self.error()),
        }
    }

    /// [`Reader::text`], which is then the field of that name.
    #[inline(never)]
    pub(crate) fn content(&mut self) -> Result<(), Failed> {
        let inside = self.cursor.depth;
        let start = self.cursor.offset;
        let mut content = Text::default();
        let mut found = false;
        loop {
            let step = self.step(false)?;
            if step == Step::Done {
                return Err(self.ended());
            } else if step == Step::Start {
                self.leave(self.cursor.depth)?;
                self.text = self.inline(start);
            } else if step != Step::Text {
                if self.cursor.depth < inside {
                    self.text = content;
                    return Ok(());
                }
                continue;
            }
            // The first counts.
            if !found {
                (content, found) = (self.text, true);
            }
        }
    }

    /// Passes over what `step` gave, unless that was an end.
    #[inline(never)]
    pub(crate) fn pass(&mut self, step: Step) -> Result<(), Failed> {
        match step {
            Step::Leaf | Step::Text if self.text.form != ASCII && self.proves => self.prove(step),
            Step::Start if self.tag == tag::DATA => self.content(),
            Step::Done => Err(self.ended()),
            _ => Ok(()),
        }
    }

    /// The text read last must be UTF-8, if it is not data.
    #[cold]
    #[inline(never)]
    fn prove(&mut self, step: Step) -> Result<(), Failed> {
        if step == Step::Leaf && self.tag == tag::DATA || self.text.proves_utf8() {
            Ok(())
        } else {
            Err(self.fail(ErrorKind::Utf8))
        }
    }

    /// An element from `start` to here in the place of text.
    fn inline(&self, start: u32) -> Text<'a> {
        // In XML the markup of `Data` is text, and elsewhere no element belongs.
        if self.is_xml() {
            return Text::EMPTY;
        }
        Text::inline(
            self.bytes.get(..self.cursor.offset as usize).unwrap_or(&[]),
            start,
        )
    }

    /// After [`Event::Start`]: passes over the element up to and including its end.
    pub fn skip(&mut self) -> Result<(), Error> {
        self.leave(self.cursor.depth).map_err(|Failed| self.error())
    }

    /// Passes over all that is left of the elements at `depth` and deeper.
    #[inline(never)]
    pub(crate) fn leave(&mut self, depth: u8) -> Result<(), Failed> {
        loop {
            if !self.is_xml() {
                crate::wbxml::reader::skim(self, depth);
            }
            if self.cursor.depth < depth {
                return Ok(());
            }
            let step = self.step(true)?;
            self.pass(step)?;
        }
    }

    /// Goes to a place of the same document.
    #[inline(never)]
    pub(crate) fn go_to(&mut self, cursor: Cursor) {
        self.cursor = cursor;
        self.base = Tag::base(self.document.space, cursor.page);
    }

    /// The place before the next event.
    pub fn cursor(&self) -> Cursor {
        self.cursor
    }

    /// The document read.
    pub fn document(&self) -> &Document {
        &self.document
    }

    /// The octets read.
    pub fn bytes(&self) -> &'a [u8] {
        self.bytes
    }

    #[inline(always)]
    fn is_xml(&self) -> bool {
        self.document.encoding.is_xml()
    }

    /// The next event.
    ///
    /// With `leaves`, an element that has nothing but one text may be one step instead of three.
    #[inline]
    pub(crate) fn step(&mut self, leaves: bool) -> Result<Step, Failed> {
        if self.is_xml() {
            crate::xml::reader::step(self, leaves)
        } else {
            crate::wbxml::reader::step(self, leaves)
        }
    }

    /// Notes a fault at the current place.
    #[cold]
    #[inline(never)]
    pub(crate) fn fail(&mut self, kind: ErrorKind) -> Failed {
        self.fail_at(self.cursor.offset as usize, kind)
    }

    /// Notes a fault at `offset`.
    #[cold]
    #[inline(never)]
    pub(crate) fn fail_at(&mut self, offset: usize, kind: ErrorKind) -> Failed {
        if self.failure.is_none() {
            self.cursor.offset = offset as u32;
            self.cursor.flags |= FAILED;
            self.failure = Some(kind);
        }
        Failed
    }

    /// Notes that the document ended inside what is being read.
    #[cold]
    pub(crate) fn ended(&mut self) -> Failed {
        self.fail(ErrorKind::UnexpectedEnd)
    }

    /// The fault noted. A cursor that comes from a failed reader does not say which it was.
    #[cold]
    #[inline(never)]
    pub(crate) fn error(&self) -> Error {
        Error {
            offset: self.cursor.offset,
            kind: self.failure.unwrap_or(ErrorKind::UnexpectedEnd),
        }
    }
}
