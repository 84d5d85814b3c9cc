//! Client provisioning documents: characteristics within each other, with parameters.
//!
//! Bootstrap digest, sections 2.3 and 2.4. A document is never copied: a characteristic is a place in it, and parameters are
//! looked for when they are needed. That is slow and small; documents are short.

use dm_tree::Reason;
use dm_wbxml::tag::provisioning::{CHARACTERISTIC, PARM, WAP_PROVISIONINGDOC};
use dm_wbxml::{Attribute, Cursor, Encoding, Event, Reader, Tag, Text};

use super::Refused;

/// Octets of the longest name that is looked for.
const NAME_MAX: usize = 16;

/// A document that is well formed.
pub(super) struct Document<'d> {
    bytes: &'d [u8],
    document: dm_wbxml::Document,
    /// The place inside.
    pub(super) top: Cursor,
}

impl<'d> Document<'d> {
    /// Reads all of it once, attributes too: what is looked for afterwards can be read.
    #[inline(never)]
    pub(super) fn open(bytes: &'d [u8]) -> Result<Self, Refused> {
        let mut reader = Reader::new(bytes, Encoding::detect(bytes))?;
        if !matches!(reader.next()?, Event::Start(WAP_PROVISIONINGDOC)) {
            return Err(Refused::NoAccount);
        }
        let top = reader.cursor();
        loop {
            match reader.next()? {
                Event::Start(_) => while reader.attribute()?.is_some() {},
                Event::Done => break,
                _ => {}
            }
        }
        Ok(Self {
            bytes,
            document: *reader.document(),
            top,
        })
    }

    /// Inside `block`, the value of parameter `name`, empty when it has none; of several the one number `index`. `buf` holds
    /// what does not stand in the document in one piece.
    ///
    /// # Errors
    /// [`Reason::TooLarge`] when `buf` is too small.
    #[inline(never)]
    pub(super) fn parm<'b>(
        &self,
        block: Cursor,
        name: &[u8],
        index: u16,
        buf: &'b mut [u8],
    ) -> Result<Option<&'b [u8]>, Reason>
    where
        'd: 'b,
    {
        let Some((value, _)) = self.find(block, (PARM, name), index) else {
            return Ok(None);
        };
        let value = value.value(buf).ok_or(Reason::TooLarge)?;
        Ok(Some(value))
    }

    /// The value of parameter `name` where that is one of a few short words; empty when it is another or missing.
    #[inline(never)]
    pub(super) fn word<'b>(
        &self,
        block: Cursor,
        name: &[u8],
        buf: &'b mut [u8; NAME_MAX],
    ) -> &'b [u8]
    where
        'd: 'b,
    {
        self.parm(block, name, 0, buf)
            .unwrap_or_default()
            .unwrap_or_default()
    }

    /// Whether there is parameter `name` number `index`.
    #[inline(never)]
    pub(super) fn has(&self, block: Cursor, name: &[u8], index: u16) -> bool {
        self.find(block, (PARM, name), index).is_some()
    }

    /// The characteristic of type `kind` inside `block`; of several the one number `index`.
    #[inline(never)]
    pub(super) fn block(&self, block: Cursor, kind: &[u8], index: u16) -> Option<Cursor> {
        let (_, inside) = self.find(block, (CHARACTERISTIC, kind), index)?;
        Some(inside)
    }

    /// The child element `tag` whose first attribute (name or type) is `name`, passing over `index` of them: its value, and
    /// the place inside.
    #[inline(never)]
    fn find(
        &self,
        block: Cursor,
        (tag, name): (Tag, &[u8]),
        index: u16,
    ) -> Option<(Attribute<'d>, Cursor)> {
        let mut reader = Reader::at(self.bytes, &self.document, block);
        let mut left = index;
        loop {
            match reader.next().ok()? {
                Event::Start(found) => {
                    let mut is_meant = false;
                    let mut value = Attribute::new(b"", Text::from_bytes(b""));
                    while let Some(attribute) = reader.attribute().ok()? {
                        match attribute.name {
                            b"name" | b"type" => {
                                let known = attribute.value(&mut [0; NAME_MAX]) == Some(name);
                                is_meant = known && found == tag;
                            }
                            b"value" => value = attribute,
                            _ => {}
                        }
                    }
                    if is_meant {
                        if left == 0 {
                            return Some((value, reader.cursor()));
                        }
                        left = left.saturating_sub(1);
                    }
                    reader.skip().ok()?;
                }
                Event::Text(_) => {}
                Event::End | Event::Done => return None,
            }
        }
    }
}
