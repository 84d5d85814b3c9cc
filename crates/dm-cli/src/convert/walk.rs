//! One pass from a reader to a writer.

use dm_wbxml::{Decimal, Encoding, Event, Reader, Tag, Text, Vocabulary, Writer, tag};

use super::Refusal;
use super::coding::{Coding, is_legal};
use super::layout::Layout;

/// Walks over a document and writes it. Everything that is read is written once, in the same order.
pub(super) struct Walk<'a, 'w, 'b> {
    reader: Reader<'a>,
    to: Encoding,
    out: Layout<'a, 'w, 'b>,
    /// Open elements.
    depth: usize,
    /// The Item or Cred around whose Data becomes Base64.
    coded: Option<Coded>,
    /// The Format of the command around is `bin`.
    is_bin: bool,
}

struct Coded {
    coding: Coding,
    /// Open elements inside it: its children are at this depth.
    depth: usize,
    /// The Format is written.
    told: bool,
}

impl<'a, 'w, 'b> Walk<'a, 'w, 'b> {
    pub(super) fn new(reader: Reader<'a>, writer: &'w mut Writer<'b>, pretty: bool) -> Self {
        let to = writer.encoding();
        let pretty = pretty && to == Encoding::Xml;
        Self {
            to,
            out: Layout::new(writer, reader.document().vocabulary(), pretty),
            reader,
            depth: 0,
            coded: None,
            is_bin: false,
        }
    }

    pub(super) fn run(mut self) -> Result<(), Refusal> {
        loop {
            let offset = self.reader.cursor().offset();
            match self.reader.next()? {
                Event::Start(tag) => self.start(tag, self.tag_offset(offset))?,
                Event::Text(text) => self.text(text, offset)?,
                Event::End => self.end(),
                Event::Done => return Ok(()),
            }
        }
    }

    /// Where the tag just read begins, if reading began at `before`.
    fn tag_offset(&self, before: u32) -> u32 {
        if self.reader.document().encoding() != Encoding::Xml {
            return before;
        }
        // White space and the end of the tag before may stand between.
        let end = self.reader.cursor().offset() as usize;
        let read = self.reader.bytes().get(..end).unwrap_or_default();
        read.iter()
            .rposition(|octet| *octet == b'<')
            .and_then(|at| u32::try_from(at).ok())
            .unwrap_or(before)
    }

    fn start(&mut self, tag: Tag, offset: u32) -> Result<(), Refusal> {
        if tag != Tag::UNKNOWN && tag.name().is_none() && self.to == Encoding::Xml {
            let (page, token) = (tag.page(), tag.token());
            let what = format!("an element without a name (page {page}, token {token:02X})");
            return Err(Refusal { offset, what });
        }
        let name = match tag {
            Tag::UNKNOWN => self.reader.name(),
            _ => &[],
        };
        if self.coded.is_some() && self.start_coded(tag)? {
            return Ok(());
        }
        if tag == tag::CMD_ID {
            self.is_bin = false;
        }
        self.out.start(tag, name);
        if self.reader.document().vocabulary() == Vocabulary::Provisioning && tag != Tag::UNKNOWN {
            self.attributes(offset)?;
        }
        self.depth = self.depth.saturating_add(1);
        if self.to == Encoding::Xml
            && matches!(tag, tag::ITEM | tag::CRED)
            && let Some(coding) = Coding::look(self.reader.clone(), self.is_bin)?
        {
            self.coded = Some(Coded {
                coding,
                depth: self.depth,
                told: false,
            });
        }
        Ok(())
    }

    /// Takes over the attributes of the element just begun.
    fn attributes(&mut self, offset: u32) -> Result<(), Refusal> {
        while let Some(attribute) = self.reader.attribute()? {
            if attribute.name.is_empty() {
                let what = "an attribute without a name".to_owned();
                return Err(Refusal { offset, what });
            }
            self.out.attribute(attribute);
        }
        Ok(())
    }

    /// Inside an Item or Cred with coded Data: states the Format b64. `true`: the element is dealt with.
    fn start_coded(&mut self, tag: Tag) -> Result<bool, Refusal> {
        let Some(coded) = &mut self.coded else {
            return Ok(false);
        };
        let is_child = self.depth == coded.depth;
        let in_meta = matches!(self.out.current(), Some(tag::META | tag::MET_INF));
        let b64 = Text::from("b64");
        if is_child && tag == tag::DATA && !coded.coding.has_meta {
            self.out.start(tag::META, &[]);
            self.out.element(tag::FORMAT, b64);
            self.out.end();
        } else if !is_child && in_meta && tag != tag::MET_INF {
            if !coded.told {
                coded.told = true;
                self.out.element(tag::FORMAT, b64);
            }
            match tag {
                tag::FORMAT => {
                    self.reader.skip()?;
                    return Ok(true);
                }
                tag::SIZE => {
                    let coding = coded.coding;
                    let text = self.reader.text()?;
                    match text.parse_u32() {
                        Some(size) => self
                            .out
                            .element(tag, Decimal::new(coding.size(size)).as_text()),
                        None => self.out.element(tag, text),
                    }
                    return Ok(true);
                }
                _ => {}
            }
        }
        Ok(false)
    }

    fn text(&mut self, text: Text<'a>, offset: u32) -> Result<(), Refusal> {
        let current = self.out.current();
        let in_coded = self
            .coded
            .as_ref()
            .map(|coded| coded.depth.saturating_add(1));
        if current == Some(tag::FORMAT) && in_coded.is_none() {
            self.is_bin = text.trimmed().is(b"bin");
        }
        if current == Some(tag::DATA) && in_coded == Some(self.depth) {
            self.out.base64(text);
        } else if self.to != Encoding::Xml || is_legal(&text) {
            self.out.text(text);
        } else if current == Some(tag::NEXT_NONCE) {
            // It is Base64 by its definition; raw octets are a habit of some senders.
            self.out.base64(text);
        } else {
            let what = "characters that XML cannot carry".to_owned();
            return Err(Refusal { offset, what });
        }
        Ok(())
    }

    fn end(&mut self) {
        if let Some(coded) = &mut self.coded {
            // A Meta without children has not said its Format yet.
            if !coded.told && self.depth > coded.depth && self.out.current() == Some(tag::META) {
                coded.told = true;
                self.out.element(tag::FORMAT, Text::from("b64"));
            }
            if self.depth == coded.depth {
                self.coded = None;
            }
        }
        self.out.end();
        self.depth = self.depth.saturating_sub(1);
    }
}
