//! Elements on their way out: empty ones are written as such, and white space is put where it means nothing.

use dm_wbxml::{Attribute, Tag, Text, Vocabulary, Writer, tag};

/// Writes elements one event late, so that it knows whether they have content.
pub(super) struct Layout<'a, 'w, 'b> {
    writer: &'w mut Writer<'b>,
    pretty: bool,
    open: Vec<Open<'a>>,
}

struct Open<'a> {
    tag: Tag,
    /// Of an element that is in no table.
    name: &'a [u8],
    attributes: Vec<Attribute<'a>>,
    /// The start tag is not written yet.
    due: bool,
    /// White space between its children means nothing.
    loose: bool,
    /// It has children on lines of their own.
    broken: bool,
}

impl<'a, 'w, 'b> Layout<'a, 'w, 'b> {
    pub(super) fn new(writer: &'w mut Writer<'b>, vocabulary: Vocabulary, pretty: bool) -> Self {
        writer.begin_document_of(vocabulary);
        Self {
            writer,
            pretty,
            open: Vec::new(),
        }
    }

    /// Begins an element; `name` is for one that is in no table.
    pub(super) fn start(&mut self, tag: Tag, name: &'a [u8]) {
        self.write_due();
        let depth = self.open.len();
        let loose = match self.open.last_mut() {
            Some(parent) if self.pretty && parent.loose => {
                parent.broken = true;
                line(self.writer, depth);
                tag != tag::DATA
            }
            Some(_) => false,
            None => true,
        };
        self.open.push(Open {
            tag,
            name,
            attributes: Vec::new(),
            due: true,
            loose,
            broken: false,
        });
    }

    /// Gives an attribute to the element just begun.
    pub(super) fn attribute(&mut self, attribute: Attribute<'a>) {
        if let Some(element) = self.open.last_mut() {
            element.attributes.push(attribute);
        }
    }

    pub(super) fn end(&mut self) {
        let Some(element) = self.open.pop() else {
            return;
        };
        if element.due {
            if element.tag != Tag::UNKNOWN {
                return self.writer.empty_with(element.tag, &element.attributes);
            }
            self.writer.start_literal(element.name);
        }
        if element.broken {
            line(self.writer, self.open.len());
        }
        match element.tag {
            Tag::UNKNOWN => self.writer.end_literal(element.name),
            tag => self.writer.end(tag),
        }
    }

    pub(super) fn text(&mut self, text: Text<'_>) {
        if !text.is_empty() {
            self.write_due();
            self.writer.text(text);
        }
    }

    /// Content as Base64, in XML.
    pub(super) fn base64(&mut self, text: Text<'_>) {
        self.write_due();
        self.writer.begin_opaque(text.len());
        for piece in text.pieces() {
            self.writer.put_opaque(&piece);
        }
        self.writer.end_opaque();
    }

    /// A whole element with text.
    pub(super) fn element(&mut self, tag: Tag, text: Text<'_>) {
        self.start(tag, &[]);
        self.text(text);
        self.end();
    }

    /// The element opened last.
    pub(super) fn current(&self) -> Option<Tag> {
        self.open.last().map(|element| element.tag)
    }

    fn write_due(&mut self) {
        if let Some(element) = self.open.last_mut()
            && element.due
        {
            element.due = false;
            match element.tag {
                Tag::UNKNOWN => self.writer.start_literal(element.name),
                tag => self.writer.start_with(tag, &element.attributes),
            }
        }
    }
}

/// A new line, indented for `depth` open elements.
fn line(writer: &mut Writer<'_>, depth: usize) {
    writer.put_text(b"\n");
    for _ in 0..depth {
        writer.put_text(b"  ");
    }
}
