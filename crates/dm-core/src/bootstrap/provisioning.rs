//! Client provisioning documents: characteristics within each other, with parameters.
//!
//! Bootstrap digest, sections 2.3 and 2.4. A document is never copied: a characteristic is a place in it, and parameters are
//! looked for when they are needed. That is slow and small; documents are short.

use dm_tree::Reason;
use dm_wbxml::tag::provisioning::{CHARACTERISTIC, PARM, WAP_PROVISIONINGDOC};
use dm_wbxml::{Cursor, Encoding, Event, Reader, Tag};

/// Octets of the longest name that is looked for.
const NAME_MAX: usize = 16;

/// A document that is well formed. Places in it are in front of an element.
pub(super) struct Document<'d> {
    bytes: &'d [u8],
    document: dm_wbxml::Document,
    /// All of it.
    pub(super) top: Cursor,
}

impl<'d> Document<'d> {
    /// Reads all of it once, attributes too: what is looked for afterwards can be read. `None`: it is another document.
    #[inline(never)]
    pub(super) fn open(bytes: &'d [u8]) -> Result<Option<Self>, dm_wbxml::Error> {
        let mut reader = Reader::new(bytes, Encoding::detect(bytes))?;
        let document = *reader.document();
        let top = reader.cursor();
        if !matches!(reader.next()?, Event::Start(WAP_PROVISIONINGDOC)) {
            return Ok(None);
        }
        loop {
            match reader.next()? {
                Event::Start(_) => while reader.attribute()?.is_some() {},
                Event::Done => break,
                _ => {}
            }
        }
        Ok(Some(Self {
            bytes,
            document,
            top,
        }))
    }

    /// Inside `block`, the value of parameter `name`, empty when it has none; of several the one number `index`. `buf` holds
    /// what does not stand in the document in one piece.
    ///
    /// # Errors
    /// [`Reason::TooLarge`] when `buf` is too small.
    #[inline(never)]
    pub(super) fn parm<'b>(
        &self,
        block: &Cursor,
        name: &[u8],
        index: u16,
        buf: &'b mut [u8],
    ) -> Result<Option<&'b [u8]>, Reason>
    where
        'd: 'b,
    {
        let Some(at) = self.find(block, PARM, name, index) else {
            return Ok(None);
        };
        let mut reader = Reader::at(self.bytes, &self.document, at);
        // All of it has been read before.
        let _ = reader.next();
        while let Ok(Some(attribute)) = reader.attribute() {
            if attribute.name == b"value" {
                let value = attribute.value(buf).ok_or(Reason::TooLarge)?;
                return Ok(Some(value));
            }
        }
        Ok(Some(&[]))
    }

    /// The characteristic of type `kind` inside `block`; of several the one number `index`.
    pub(super) fn block(&self, block: &Cursor, kind: &[u8], index: u16) -> Option<Cursor> {
        self.find(block, CHARACTERISTIC, kind, index)
    }

    /// Whether there is parameter `name` number `index`.
    pub(super) fn has(&self, block: &Cursor, name: &[u8], index: u16) -> bool {
        self.find(block, PARM, name, index).is_some()
    }

    /// A reader in front of the first child of `block`, for [`next_block`].
    #[inline(never)]
    pub(super) fn inside(&self, block: &Cursor) -> Reader<'d> {
        let mut reader = Reader::at(self.bytes, &self.document, *block);
        // All of it has been read before.
        let _ = reader.next();
        reader
    }

    /// The child element `tag` whose name or type is `name`, passing over `index` of them.
    #[inline(never)]
    fn find(&self, block: &Cursor, tag: Tag, name: &[u8], index: u16) -> Option<Cursor> {
        let mut reader = self.inside(block);
        for _ in 0..index {
            next(&mut reader, tag, name)?;
        }
        next(&mut reader, tag, name)
    }
}

/// The next characteristic of type `kind`; the reader goes behind it.
pub(super) fn next_block(reader: &mut Reader<'_>, kind: &[u8]) -> Option<Cursor> {
    next(reader, CHARACTERISTIC, kind)
}

/// The next child element `tag` whose name or type is `name`; the reader goes behind it.
#[inline(never)]
fn next(reader: &mut Reader<'_>, tag: Tag, name: &[u8]) -> Option<Cursor> {
    loop {
        let at = reader.cursor();
        let found = match reader.next().ok()? {
            Event::Start(found) => found,
            Event::Text(_) => continue,
            Event::End | Event::Done => return None,
        };
        let mut is_meant = false;
        while let Some(attribute) = reader.attribute().ok()? {
            is_meant |= matches!(attribute.name, b"name" | b"type")
                && found == tag
                && attribute.value(&mut [0; NAME_MAX]) == Some(name);
        }
        reader.skip().ok()?;
        if is_meant {
            return Some(at);
        }
    }
}
