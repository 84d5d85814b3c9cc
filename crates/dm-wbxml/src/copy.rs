//! Whole documents from one encoding to another.

use crate::limits::MAX_DEPTH;
use crate::text::copy;
use crate::wbxml::header::entry;
use crate::{Error, Event, Reader, Tag, Vocabulary, Writer};

/// Copies what is left of a document, its header included, event by event.
///
/// What it copies is what [`Event`](crate::Event)s tell: tags, names of unknown elements and text,
/// not how any of it was coded, and the attributes of client provisioning (without the feature
/// `provisioning` such a document is refused with [`ErrorKind::Unsupported`](crate::ErrorKind)). For
/// WBXML set [`literal_names`] as string table first if unknown elements shall keep their names.
///
/// The reader must stand at the start. Stack: about 900 octets on a 32-bit target.
pub fn copy_document(reader: &mut Reader<'_>, writer: &mut Writer<'_>) -> Result<(), Error> {
    writer.begin_document_of(reader.document.vocabulary);
    let mut open: [Element<'_>; MAX_DEPTH] = [(Tag::UNKNOWN, &[]); MAX_DEPTH];
    loop {
        match reader.next()? {
            Event::Start(tag) => {
                let name = if tag == Tag::UNKNOWN {
                    reader.name()
                } else {
                    &[]
                };
                // The reader lets no more elements be open.
                if let Some(slot) = open.get_mut(usize::from(reader.cursor.depth).wrapping_sub(1)) {
                    *slot = (tag, name);
                }
                copy_tag(reader, writer, (tag, name))?;
            }
            Event::Text(text) => writer.text(text),
            Event::End => match open.get(usize::from(reader.cursor.depth)) {
                Some((Tag::UNKNOWN, name)) => writer.end_literal(name),
                Some((tag, _)) => writer.end(*tag),
                None => {}
            },
            Event::Done => return Ok(()),
        }
    }
}

type Element<'a> = (Tag, &'a [u8]);

/// Copies a start tag, with its attributes if they count; an element without content up to its end.
fn copy_tag<'a>(
    reader: &mut Reader<'a>,
    writer: &mut Writer<'_>,
    element: Element<'a>,
) -> Result<(), Error> {
    let mut ahead = reader.clone();
    let attributes =
        reader.document.vocabulary == Vocabulary::Provisioning && ahead.attribute()?.is_some();
    let content = !matches!(ahead.next(), Ok(Event::End));
    writer.begin_tag(element, attributes, content);
    while attributes && let Some(attribute) = reader.attribute()? {
        writer.attribute(&attribute);
    }
    writer.end_tag(element.0, attributes, content);
    if !content {
        reader.next()?;
    }
    Ok(())
}

/// Gathers the names of the unknown elements (and, in client provisioning, attributes) in what is
/// left of a document, as a string table; gives its length, or `None` when it does not fit. A
/// device description with such names gets its public identifier in front.
///
/// Cost: for each unknown name one search in the table.
pub fn literal_names(reader: &mut Reader<'_>, table: &mut [u8]) -> Result<Option<usize>, Error> {
    let mut names = Names {
        table,
        len: Some(0),
    };
    loop {
        match reader.next()? {
            Event::Start(tag) => {
                if tag == Tag::UNKNOWN {
                    if names.len == Some(0) && reader.document.vocabulary == Vocabulary::Ddf {
                        names.add(crate::wbxml::writer::DDF);
                    }
                    names.add(reader.name());
                }
                if reader.document.vocabulary == Vocabulary::Provisioning {
                    while let Some(attribute) = reader.attribute()? {
                        if !crate::wbxml::provisioning::has(attribute.name) {
                            names.add(attribute.name);
                        }
                    }
                }
            }
            Event::Done => return Ok(names.len),
            _ => {}
        }
    }
}

/// A string table that grows as long as it fits.
struct Names<'t> {
    table: &'t mut [u8],
    len: Option<usize>,
}

impl Names<'_> {
    /// Appends a name unless it is there.
    fn add(&mut self, name: &[u8]) {
        self.len = self.len.and_then(|len| append(self.table, len, name));
    }
}

/// Appends an entry unless it is there; gives the new length.
fn append(table: &mut [u8], len: usize, name: &[u8]) -> Option<usize> {
    let mut at = 0u32;
    while let Some(entry) = table.get(..len).and_then(|used| entry(used, at)) {
        if entry == name {
            return Some(len);
        }
        at = at.saturating_add(entry.len() as u32).saturating_add(1);
    }
    let end = len.checked_add(name.len())?;
    copy(table.get_mut(len..end)?, name);
    *table.get_mut(end)? = 0;
    end.checked_add(1)
}
