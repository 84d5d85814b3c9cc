//! Writes documents of both encodings into a lent buffer.

use crate::wbxml::writer as wbxml;
use crate::xml::writer as xml;
use crate::{Attribute, Encoding, Tag, Text, Vocabulary, number};

/// Builds a document in a lent buffer: counts every octet, stores while there is room.
///
/// Nothing fails while writing. [`Writer::overflowed`] tells at the end, or at any time between,
/// whether all was stored; [`Writer::position`] how long the document is or would be;
/// [`Writer::mark`] and [`Writer::roll_back`] take back what did not fit. A piece that does not fit
/// is not stored in part, and nothing after it is stored until it is taken back.
///
/// The caller closes what it opens and keeps the order of the standard; the typed writers (such as
/// [`Writer::sync_hdr`]) do both.
#[derive(Debug)]
pub struct Writer<'b> {
    pub(crate) buf: &'b mut [u8],
    /// Octets of `buf` that may be used.
    pub(crate) limit: u32,
    pub(crate) encoding: Encoding,
    pub(crate) state: Mark,
    /// Entries of the string table, each with its NUL.
    pub(crate) table: &'b [u8],
}

/// A state of a [`Writer`]: plain integers, borrowing nothing.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Mark {
    /// Octets written, stored or not.
    pub(crate) position: u32,
    /// The tag code page in force (WBXML).
    pub(crate) page: u8,
    /// The attribute code page in force (WBXML).
    pub(crate) attribute_page: u8,
    /// Open elements of another name space than the default one (XML).
    pub(crate) foreign: u8,
    /// Octets of a Base64 group not written yet (XML).
    pub(crate) carry: u16,
    pub(crate) carried: u8,
    /// Something did not fit.
    pub(crate) overflowed: bool,
    /// Something could not be expressed.
    pub(crate) replaced: bool,
}

impl Mark {
    /// Octets from the start of the document.
    pub fn position(&self) -> usize {
        self.position as usize
    }
}

impl<'b> Writer<'b> {
    /// A writer at the start of `buf`.
    ///
    /// In an encoding that is not built in nothing can be written: it overflows from the start.
    pub fn new(buf: &'b mut [u8], encoding: Encoding) -> Self {
        Self::resume(buf, encoding, Mark::default())
    }

    /// A writer that stores nothing and counts.
    pub fn counting(encoding: Encoding) -> Writer<'static> {
        Writer::new(&mut [], encoding)
    }

    /// A writer that goes on behind `state`, in the buffer that holds what was written before.
    pub fn resume(buf: &'b mut [u8], encoding: Encoding, state: Mark) -> Self {
        let limit = u32::try_from(buf.len()).unwrap_or(u32::MAX);
        let overflowed = state.overflowed || !encoding.is_supported();
        Self {
            buf,
            limit,
            encoding,
            state: Mark {
                overflowed,
                ..state
            },
            table: &[],
        }
    }

    /// Sets how many octets of the buffer, from the start of the document, may be used.
    pub fn set_limit(&mut self, limit: usize) {
        self.limit = u32::try_from(limit.min(self.buf.len())).unwrap_or(u32::MAX);
    }

    /// Octets that may still be used.
    pub fn room(&self) -> usize {
        self.limit.saturating_sub(self.state.position) as usize
    }

    /// The state, to come back to by [`Writer::roll_back`] or [`Writer::resume`].
    pub fn mark(&self) -> Mark {
        self.state
    }

    /// Takes back everything written since `mark` was taken.
    pub fn roll_back(&mut self, mark: Mark) {
        self.state = mark;
    }

    /// Forgets what was stored and counted, and goes on at the start of the buffer: for a document
    /// that is handed on in pieces.
    pub fn clear(&mut self) {
        self.state.position = 0;
        self.state.overflowed = !self.encoding.is_supported();
    }

    /// Octets from the start of the document, counted also where they did not fit.
    pub fn position(&self) -> usize {
        self.state.position as usize
    }

    /// Whether something did not fit.
    pub fn overflowed(&self) -> bool {
        self.state.overflowed
    }

    /// Whether something the encoding cannot carry was replaced: a control character by U+FFFD, a
    /// name that is none by `Unknown` (XML), or the name of an element by none (WBXML).
    pub fn replaced(&self) -> bool {
        self.state.replaced
    }

    /// What was stored.
    #[inline(never)]
    pub fn written(&self) -> &[u8] {
        let end = self.position().min(self.limit as usize);
        self.buf.get(..end).unwrap_or(&[])
    }

    /// The encoding written.
    pub fn encoding(&self) -> Encoding {
        self.encoding
    }

    /// Gives the document a string table: entries ending in NUL, one behind the other (WBXML).
    ///
    /// Text that equals an entry is then written as a reference to it, and elements without a token
    /// need theirs as entry ([`Writer::start_literal`]). To be called before the document begins,
    /// and again after [`Writer::resume`].
    pub fn set_string_table(&mut self, table: &'b [u8]) {
        self.table = table;
    }

    /// The header of a SyncML document: WBXML 1.2, public identifier 0x1201, UTF-8 (REP-C-003,
    /// REP-C-004, REP-C-007); nothing in XML, which starts with its root element.
    pub fn begin_document(&mut self) {
        self.begin_document_of(Vocabulary::SyncMl);
    }

    /// The header of a document of another vocabulary.
    pub fn begin_document_of(&mut self, vocabulary: Vocabulary) {
        if !self.is_xml() {
            wbxml::header(self, vocabulary);
        }
    }

    /// Begins an element that will have content.
    pub fn start(&mut self, tag: Tag) {
        self.tag(tag, true)
    }

    /// Ends the element opened last, which is `tag`.
    pub fn end(&mut self, tag: Tag) {
        if self.is_xml() {
            xml::end(self, tag)
        } else {
            wbxml::end(self)
        }
    }

    /// An element without content.
    pub fn empty(&mut self, tag: Tag) {
        self.tag(tag, false)
    }

    fn tag(&mut self, tag: Tag, content: bool) {
        if self.is_xml() {
            xml::start(self, tag, !content)
        } else {
            wbxml::start(self, tag, content)
        }
    }

    /// Begins an element with attributes that will have content.
    ///
    /// WBXML has tokens for the attributes of client provisioning; another attribute needs its name
    /// in the string table, without which it is left out and [`Writer::replaced`] tells.
    pub fn start_with(&mut self, tag: Tag, attributes: &[Attribute<'_>]) {
        self.tag_with(tag, attributes, true);
    }

    /// An element with attributes and without content.
    pub fn empty_with(&mut self, tag: Tag, attributes: &[Attribute<'_>]) {
        self.tag_with(tag, attributes, false);
    }

    fn tag_with(&mut self, tag: Tag, attributes: &[Attribute<'_>], content: bool) {
        self.begin_tag((tag, &[]), !attributes.is_empty(), content);
        for attribute in attributes {
            self.attribute(attribute);
        }
        self.end_tag(tag, !attributes.is_empty(), content);
    }

    /// Begins an element that has a name but no tag. In WBXML the name must be in the string table;
    /// if it is not, the element is written as one without a name, and [`Writer::replaced`] tells.
    pub fn start_literal(&mut self, name: &[u8]) {
        self.begin_tag((Tag::UNKNOWN, name), false, true);
        self.end_tag(Tag::UNKNOWN, false, true);
    }

    /// The begin of the start tag of an element: a tag, or if that is unknown a name.
    pub(crate) fn begin_tag(&mut self, element: (Tag, &[u8]), attributes: bool, content: bool) {
        if self.is_xml() {
            xml::begin_tag(self, element)
        } else {
            wbxml::begin_tag(self, element, attributes, content)
        }
    }

    /// An attribute of the start tag begun.
    pub(crate) fn attribute(&mut self, attribute: &Attribute<'_>) {
        if self.is_xml() {
            xml::attribute(self, attribute)
        } else {
            wbxml::attribute(self, attribute)
        }
    }

    /// The end of a start tag.
    pub(crate) fn end_tag(&mut self, tag: Tag, attributes: bool, content: bool) {
        if self.is_xml() {
            xml::end_tag(self, tag, !content)
        } else if attributes {
            wbxml::end(self)
        }
    }

    /// Ends the element opened last, which has this name but no tag.
    pub fn end_literal(&mut self, name: &[u8]) {
        if self.is_xml() {
            xml::end_literal(self, name)
        } else {
            wbxml::end(self)
        }
    }

    /// Character content: one inline string in WBXML, or OPAQUE when it came as such or holds NUL;
    /// escaped in XML (REP-C-027).
    ///
    /// XML cannot carry everything: OPAQUE that is no text is written as Base64, and what is no
    /// text otherwise as U+FFFD; [`Writer::replaced`] tells.
    pub fn text(&mut self, text: Text<'_>) {
        if self.is_xml() {
            xml::text(self, &text)
        } else {
            wbxml::text(self, text)
        }
    }

    /// An element with character content.
    pub fn element(&mut self, tag: Tag, text: Text<'_>) {
        let text = &text;
        let done = if self.is_xml() {
            xml::plain_element(self, tag, text)
        } else {
            wbxml::plain_element(self, tag, text)
        };
        if !done {
            self.coded_element(tag, text);
        }
    }

    /// [`Writer::element`] part by part.
    #[inline(never)]
    fn coded_element(&mut self, tag: Tag, text: &Text<'_>) {
        if text.is_empty() {
            return self.empty(tag);
        }
        self.start(tag);
        self.text(*text);
        self.end(tag);
    }

    /// An element with a decimal number.
    pub fn number(&mut self, tag: Tag, number: u32) {
        let mut digits = [0; 10];
        let start = number::write(number, 10, &mut digits);
        let digits = digits.get(usize::from(start)..).unwrap_or(&[]);
        self.element(tag, Text::from_bytes(digits));
    }

    /// Binary content: OPAQUE in WBXML, Base64 in XML (REP-C-030).
    pub fn opaque(&mut self, bytes: &[u8]) {
        self.begin_opaque(bytes.len());
        self.put_opaque(bytes);
        self.end_opaque();
    }

    /// Begins character content of unknown length, given by [`Writer::put_text`].
    pub fn begin_text(&mut self) {
        if !self.is_xml() {
            wbxml::begin_text(self);
        }
    }

    /// A part of the character content. In all it must be UTF-8, for WBXML without NUL, which would
    /// end the string there.
    pub fn put_text(&mut self, bytes: &[u8]) {
        if self.is_xml() {
            xml::escaped(self, bytes, false)
        } else {
            self.put(bytes)
        }
    }

    /// Ends the character content.
    pub fn end_text(&mut self) {
        if !self.is_xml() {
            wbxml::end_text(self);
        }
    }

    /// Begins binary content of `len` octets, given by [`Writer::put_opaque`].
    pub fn begin_opaque(&mut self, len: usize) {
        if !self.is_xml() {
            wbxml::begin_opaque(self, len);
        }
    }

    /// A part of the binary content. In XML up to two octets wait for the next part.
    pub fn put_opaque(&mut self, bytes: &[u8]) {
        if self.is_xml() {
            xml::base64(self, bytes)
        } else {
            self.put(bytes)
        }
    }

    /// Ends the binary content.
    pub fn end_opaque(&mut self) {
        if self.is_xml() {
            xml::end_base64(self);
        }
    }

    /// A part of binary content that is Base64 text in both encodings, inside character content. Up
    /// to two octets wait for the next part, or for [`Writer::end_base64`].
    pub fn put_base64(&mut self, bytes: &[u8]) {
        xml::base64(self, bytes);
    }

    /// Ends the Base64 text.
    pub fn end_base64(&mut self) {
        xml::end_base64(self);
    }

    /// Begins character content that is XML markup, given by [`Writer::put_markup`]: one CDATA
    /// section in XML, an inline string in WBXML.
    pub fn begin_markup(&mut self) {
        if self.is_xml() {
            self.put(b"<![CDATA[");
        } else {
            wbxml::begin_text(self);
        }
    }

    /// A part of the markup, which goes as it is: in all it must be well-formed XML without a CDATA
    /// section of its own.
    pub fn put_markup(&mut self, bytes: &[u8]) {
        self.put(bytes);
    }

    /// Ends the markup.
    pub fn end_markup(&mut self) {
        if self.is_xml() {
            self.put(b"]]>");
        } else {
            wbxml::end_text(self);
        }
    }

    /// Counts `len` octets; gives the room for them if there is.
    #[inline]
    pub(crate) fn reserve(&mut self, len: usize) -> Option<&mut [u8]> {
        let state = &mut self.state;
        let at = state.position;
        let end = at.saturating_add(u32::try_from(len).unwrap_or(u32::MAX));
        state.position = end;
        if state.overflowed || end > self.limit {
            state.overflowed = true;
            return None;
        }
        self.buf.get_mut(at as usize..end as usize)
    }

    /// Octets as they are.
    #[inline(never)]
    pub(crate) fn put(&mut self, octets: &[u8]) {
        if let Some(room) = self.reserve(octets.len()) {
            fill(room, octets);
        }
    }

    /// Three runs of octets, all or none of them.
    pub(crate) fn put_all(&mut self, [a, b, c]: &[&[u8]; 3]) {
        let len = a.len().saturating_add(b.len()).saturating_add(c.len());
        if let Some(room) = self.reserve(len)
            && let Some(room) = fill(room, a)
            && let Some(room) = fill(room, b)
        {
            fill(room, c);
        }
    }

    /// The room for `len` octets, which are not counted yet, if there is.
    #[inline(always)]
    pub(crate) fn space(&mut self, len: usize) -> Option<&mut [u8]> {
        let at = self.state.position as usize;
        let end = at.wrapping_add(len);
        if self.state.overflowed || end > self.limit as usize {
            return None;
        }
        self.buf.get_mut(at..)?.get_mut(..len)
    }

    /// So many octets of what [`Writer::space`] gave are written.
    #[inline(always)]
    pub(crate) fn advance(&mut self, len: usize) {
        self.state.position = self.state.position.wrapping_add(len as u32);
    }

    /// One octet.
    #[inline(never)]
    pub(crate) fn put_octet(&mut self, octet: u8) {
        self.put_array(&[octet]);
    }

    /// A few octets.
    #[inline(always)]
    pub(crate) fn put_array<const N: usize>(&mut self, octets: &[u8; N]) {
        if let Some(room) = self.space(N)
            && let Some(room) = room.first_chunk_mut()
        {
            *room = *octets;
            self.advance(N);
        } else {
            self.overflow(N)
        }
    }

    /// Counts octets that there is no room for.
    #[cold]
    #[inline(never)]
    pub(crate) fn overflow(&mut self, len: usize) {
        let len = u32::try_from(len).unwrap_or(u32::MAX);
        self.state.position = self.state.position.saturating_add(len);
        self.state.overflowed = true;
    }

    #[inline(always)]
    pub(crate) fn is_xml(&self) -> bool {
        self.encoding.is_xml()
    }
}

/// Fills the begin of `room`; gives what is left of it.
#[inline]
pub(crate) fn fill<'r>(room: &'r mut [u8], octets: &[u8]) -> Option<&'r mut [u8]> {
    let (to, rest) = room.split_at_mut_checked(octets.len())?;
    to.copy_from_slice(octets);
    Some(rest)
}
