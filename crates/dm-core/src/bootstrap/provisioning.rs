//! Client provisioning documents: characteristics within each other, with parameters.
//!
//! Bootstrap digest, sections 2.3 and 2.4. A document is never copied: an element is a place in it, and what is in it is looked
//! for when it is needed. That is slow and small; documents are short.

use super::Refused;
use dm_tree::Reason;
use dm_wbxml::tag::provisioning::WAP_PROVISIONINGDOC;
use dm_wbxml::{Attribute, Cursor, Encoding, Error, Event, Reader, Tag, Text};

pub(super) use dm_wbxml::tag::provisioning::{CHARACTERISTIC, PARM};

/// A document that is well formed: a reader in front of its root.
pub(super) struct Document<'d>(Reader<'d>);

/// A characteristic or a parameter.
pub(super) struct Element<'d> {
    at: Cursor,
    value: Attribute<'d>,
}

impl<'d> Element<'d> {
    /// None yet.
    pub(super) fn new() -> Self {
        Self {
            at: Cursor::default(),
            value: Attribute::new(b"", Text::EMPTY),
        }
    }

    /// The value of a parameter in one piece, in `buf` unless it stands so in the document.
    ///
    /// # Errors
    /// [`Reason::TooLarge`] when `buf` is too small.
    pub(super) fn value<'b>(&self, buf: &'b mut [u8]) -> Result<&'b [u8], Reason>
    where
        'd: 'b,
    {
        self.value.value(buf).ok_or(Reason::TooLarge)
    }

    /// Whether the value of a parameter is this one.
    pub(super) fn is(&self, value: &[u8]) -> bool {
        self.value.is(value)
    }
}

impl<'d> Document<'d> {
    /// A document that is not looked into yet: [`check`](Self::check) comes first.
    pub(super) fn open(bytes: &'d [u8]) -> Result<Self, Error> {
        Ok(Self(Reader::new(bytes, Encoding::detect(bytes))?))
    }

    /// Reads all of it once, attributes too: what is looked for afterwards can be read.
    ///
    /// # Errors
    /// [`Refused::Codec`]; [`Refused::NoAccount`] for another document.
    #[inline(never)]
    pub(super) fn check(&self) -> Result<(), Refused> {
        let mut reader = self.at(self.0.cursor());
        if !matches!(next(&mut reader)?, Event::Start(WAP_PROVISIONINGDOC)) {
            return Err(Refused::NoAccount);
        }
        loop {
            match next(&mut reader)? {
                Event::Start(_) => while reader.attribute()?.is_some() {},
                Event::Done => return Ok(()),
                _ => {}
            }
        }
    }

    fn at(&self, at: Cursor) -> Reader<'d> {
        Reader::at(self.0.bytes(), self.0.document(), at)
    }

    /// A reader in front of the first element of all, for [`find`].
    pub(super) fn elements(&self) -> Reader<'d> {
        self.inside(self.0.cursor())
    }

    #[inline(never)]
    fn inside(&self, at: Cursor) -> Reader<'d> {
        let mut reader = self.at(at);
        // All of it has been read before.
        let _ = next(&mut reader);
        reader
    }

    /// Looks inside `block` for the element `tag` whose name or type is `name`, of several the one number `index`. Whether there is
    /// one.
    #[inline(never)]
    pub(super) fn find(
        &self,
        block: &Element<'d>,
        tag: Tag,
        name: &[u8],
        index: u16,
        found: &mut Element<'d>,
    ) -> bool {
        let mut reader = self.inside(block.at);
        (0..=index).all(|_| find(&mut reader, tag, name, found))
    }
}

#[inline(never)]
fn next<'d>(reader: &mut Reader<'d>) -> Result<Event<'d>, Error> {
    reader.next()
}

/// Looks for the next element `tag` whose name or type is `name`; the reader goes behind it. Whether there is one.
#[inline(never)]
pub(super) fn find<'d>(
    reader: &mut Reader<'d>,
    tag: Tag,
    name: &[u8],
    found: &mut Element<'d>,
) -> bool {
    loop {
        *found = Element {
            at: reader.cursor(),
            ..Element::new()
        };
        let start = match next(reader) {
            Ok(Event::Start(start)) => start,
            Ok(Event::Text(_)) => continue,
            _ => return false,
        };
        let mut is_meant = false;
        while let Ok(Some(attribute)) = reader.attribute() {
            if attribute.name == b"name" || attribute.name == b"type" {
                is_meant |= start == tag && attribute.is(name);
            } else if attribute.name == b"value" && found.value.name.is_empty() {
                // The first counts.
                found.value = attribute;
            }
        }
        if reader.skip().is_err() || is_meant {
            return is_meant;
        }
    }
}
