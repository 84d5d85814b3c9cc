//! Whole documents from one encoding to another.

use crate::limits::MAX_DEPTH;
use crate::reader::{Reader, Step};
use crate::text::copy;
use crate::{Error, Tag, Text, Writer};

/// Copies what is left of a document, its header included, event by event.
///
/// What it copies is what [`Event`](crate::Event)s tell: tags, names of unknown elements and text, not how any of it was coded. For WBXML set
/// [`literal_names`] as string table first if unknown elements shall keep their names.
///
/// The reader must stand at the start. Stack: about 600 octets.
pub fn copy_document(reader: &mut Reader<'_>, writer: &mut Writer<'_>) -> Result<(), Error> {
    writer.begin_document_of(reader.document.vocabulary);
    let mut open = [(Tag::UNKNOWN, &[][..]); MAX_DEPTH];
    // The start tag read last, not written because an empty element is written differently.
    let mut held = None;
    let mut text = Text::EMPTY;
    loop {
        let step = reader.step(&mut text);
        if let Some((tag, name)) = held.take() {
            match step {
                Step::End if tag != Tag::UNKNOWN => {
                    writer.empty(tag);
                    continue;
                }
                _ if tag == Tag::UNKNOWN => writer.start_literal(name),
                _ => writer.start(tag),
            }
        }
        match step {
            Step::Start(tag) => {
                let element = (tag, if tag == Tag::UNKNOWN { reader.name() } else { &[] });
                // The reader lets no more elements be open.
                if let Some(slot) = open.get_mut(usize::from(reader.cursor.depth).wrapping_sub(1)) {
                    *slot = element;
                }
                held = Some(element);
            }
            Step::Text => writer.text(text),
            Step::End => match open.get(usize::from(reader.cursor.depth)) {
                Some((Tag::UNKNOWN, name)) => writer.end_literal(name),
                Some((tag, _)) => writer.end(*tag),
                None => {}
            },
            Step::Done => return Ok(()),
            Step::Failed => return Err(reader.error()),
        }
    }
}

/// Gathers the names of the unknown elements in what is left of a document, as a string table; gives its length, or
/// `None` when it does not fit. A device description with such names gets its public identifier in front.
///
/// Cost: for each unknown element one search in the table.
pub fn literal_names(reader: &mut Reader<'_>, table: &mut [u8]) -> Result<Option<usize>, Error> {
    let mut len = 0usize;
    let mut text = Text::EMPTY;
    loop {
        match reader.step(&mut text) {
            Step::Start(Tag::UNKNOWN) => {
                if len == 0 && reader.document.vocabulary == crate::Vocabulary::Ddf {
                    match append(table, len, crate::wbxml::writer::DDF) {
                        Some(end) => len = end,
                        None => return Ok(None),
                    }
                }
                match append(table, len, reader.name()) {
                    Some(end) => len = end,
                    None => return Ok(None),
                }
            }
            Step::Done => return Ok(Some(len)),
            Step::Failed => return Err(reader.error()),
            _ => {}
        }
    }
}

/// Appends an entry unless it is there; gives the new length.
fn append(table: &mut [u8], len: usize, name: &[u8]) -> Option<usize> {
    let used = table.get(..len)?;
    if used.split(|octet| *octet == 0).any(|entry| entry == name) {
        return Some(len);
    }
    let end = len.checked_add(name.len())?;
    copy(table.get_mut(len..end)?, name);
    *table.get_mut(end)? = 0;
    end.checked_add(1)
}
