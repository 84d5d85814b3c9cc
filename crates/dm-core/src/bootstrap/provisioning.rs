//! Client provisioning documents: characteristics within each other, with parameters.
//!
//! Bootstrap digest, sections 2.3 and 2.4. A document is never copied: an element is a place in it, and what is in it is looked
//! for when it is needed. That is slow and small; documents are short.

use dm_tree::Reason;
use dm_wbxml::tag::provisioning::WAP_PROVISIONINGDOC;
use dm_wbxml::{Attribute, Cursor, Encoding, Error, Event, Reader, Tag, Text};

pub(super) use dm_wbxml::tag::provisioning::{CHARACTERISTIC, PARM};

/// A document that is well formed.
pub(super) struct Document<'d> {
    bytes: &'d [u8],
    document: dm_wbxml::Document,
    top: Cursor,
}

/// A characteristic or a parameter.
pub(super) struct Element<'d> {
    at: Cursor,
    value: Attribute<'d>,
}

impl<'d> Element<'d> {
    /// Whether the value of a parameter is this one.
    pub(super) fn is(&self, value: &[u8]) -> bool {
        self.value.is(value)
    }
}

impl<'d> Document<'d> {
    /// Reads all of it once, attributes too: what is looked for afterwards can be read. `None`: it is another document.
    #[inline(never)]
    pub(super) fn open(bytes: &'d [u8]) -> Result<Option<Self>, Error> {
        let mut reader = Reader::new(bytes, Encoding::detect(bytes))?;
        let document = Self {
            bytes,
            document: *reader.document(),
            top: reader.cursor(),
        };
        if !matches!(next(&mut reader)?, Event::Start(WAP_PROVISIONINGDOC)) {
            return Ok(None);
        }
        loop {
            match next(&mut reader)? {
                Event::Start(_) => while reader.attribute()?.is_some() {},
                Event::Done => return Ok(Some(document)),
                _ => {}
            }
        }
    }

    /// A reader in front of the first element, for [`find`].
    pub(super) fn elements(&self) -> Reader<'d> {
        self.inside(self.top)
    }

    #[inline(never)]
    fn inside(&self, at: Cursor) -> Reader<'d> {
        let mut reader = Reader::at(self.bytes, &self.document, at);
        // All of it has been read before.
        let _ = next(&mut reader);
        reader
    }

    /// Inside `block`, the element `tag` whose name or type is `name`; of several the one number `index`.
    #[inline(never)]
    pub(super) fn find(
        &self,
        block: &Element<'d>,
        tag: Tag,
        name: &[u8],
        index: u16,
    ) -> Option<Element<'d>> {
        let mut reader = self.inside(block.at);
        for _ in 0..index {
            find(&mut reader, tag, name)?;
        }
        find(&mut reader, tag, name)
    }

    /// Inside `block`, the value of the parameter `name`, or of `block` itself without a name. `buf` holds what does not stand in
    /// the document in one piece.
    ///
    /// # Errors
    /// [`Reason::TooLarge`] when `buf` is too small.
    #[inline(never)]
    pub(super) fn value<'b>(
        &self,
        block: &Element<'d>,
        name: &[u8],
        buf: &'b mut [u8],
    ) -> Result<Option<&'b [u8]>, Reason>
    where
        'd: 'b,
    {
        let value = if name.is_empty() {
            block.value
        } else {
            match self.find(block, PARM, name, 0) {
                Some(parm) => parm.value,
                None => return Ok(None),
            }
        };
        value.value(buf).map(Some).ok_or(Reason::TooLarge)
    }
}

#[inline(never)]
fn next<'d>(reader: &mut Reader<'d>) -> Result<Event<'d>, Error> {
    reader.next()
}

/// The next element `tag` whose name or type is `name`; the reader goes behind it.
#[inline(never)]
pub(super) fn find<'d>(reader: &mut Reader<'d>, tag: Tag, name: &[u8]) -> Option<Element<'d>> {
    loop {
        let mut element = Element {
            at: reader.cursor(),
            value: Attribute::new(b"", Text::EMPTY),
        };
        let found = match next(reader).ok()? {
            Event::Start(found) => found,
            Event::Text(_) => continue,
            Event::End | Event::Done => return None,
        };
        let mut is_meant = false;
        while let Some(attribute) = reader.attribute().ok()? {
            match attribute.name {
                b"name" | b"type" => is_meant |= found == tag && attribute.is(name),
                // The first counts.
                b"value" if element.value.name.is_empty() => element.value = attribute,
                _ => {}
            }
        }
        reader.skip().ok()?;
        if is_meant {
            return Some(element);
        }
    }
}
