//! Client provisioning documents: characteristics within each other, with parameters.
//!
//! Bootstrap digest, sections 2.3 and 2.4. A document is never copied: an [`Application`] is a place in it, and parameters
//! are looked for when they are needed. That is slow and small; documents are short.

use dm_wbxml::tag::provisioning::{CHARACTERISTIC, PARM, WAP_PROVISIONINGDOC};
use dm_wbxml::{Attribute, Cursor, Encoding, Event, Reader, Tag};
use heapless::Vec;

use super::{BOOTSTRAP_ACCOUNTS_MAX, Refused};

/// A document that is well formed.
#[derive(Clone, Copy)]
pub(super) struct Document<'d> {
    bytes: &'d [u8],
    root: Cursor,
}

impl<'d> Document<'d> {
    /// Reads all of it once.
    pub(super) fn open(bytes: &'d [u8]) -> Result<Self, Refused> {
        let mut reader = Reader::new(bytes, Encoding::detect(bytes))?;
        if !matches!(reader.next()?, Event::Start(WAP_PROVISIONINGDOC)) {
            return Err(Refused::NoAccount);
        }
        let root = reader.cursor();
        while !matches!(reader.next()?, Event::Done) {}
        Ok(Self { bytes, root })
    }

    /// The DM accounts in it: applications whose APPID is `w7`. Others are passed over.
    pub(super) fn accounts(
        self,
        most: u8,
    ) -> Result<Vec<Block<'d>, BOOTSTRAP_ACCOUNTS_MAX>, Refused> {
        let mut accounts = Vec::new();
        let top = Block {
            bytes: self.bytes,
            at: self.root,
        };
        let mut index = 0;
        while let Some(application) = top.block(b"APPLICATION", index)? {
            index = index.saturating_add(1);
            let id = application.parm(b"APPID", 0)?;
            if !id.is_some_and(|id| id.is(b"w7")) {
                continue;
            }
            if accounts.len() >= usize::from(most) || accounts.push(application).is_err() {
                return Err(Refused::Policy);
            }
        }
        if accounts.is_empty() {
            return Err(Refused::NoAccount);
        }
        Ok(accounts)
    }
}

/// A place inside a characteristic.
#[derive(Clone, Copy)]
pub(super) struct Block<'d> {
    bytes: &'d [u8],
    at: Cursor,
}

impl<'d> Block<'d> {
    /// The value of parameter `name`; of several the one number `index`.
    pub(super) fn parm(&self, name: &[u8], index: u16) -> Result<Option<Attribute<'d>>, Refused> {
        Ok(self.find(PARM, name, index)?.map(|(value, _)| value))
    }

    /// Whether there is a parameter `name`, with a value or without.
    pub(super) fn has(&self, name: &[u8]) -> Result<bool, Refused> {
        Ok(self.find(PARM, name, 0)?.is_some())
    }

    /// The characteristic of type `kind`; of several the one number `index`.
    pub(super) fn block(&self, kind: &[u8], index: u16) -> Result<Option<Self>, Refused> {
        let found = self.find(CHARACTERISTIC, kind, index)?;
        Ok(found.map(|(_, at)| Self {
            bytes: self.bytes,
            at,
        }))
    }

    /// The child element `tag` whose first attribute (name or type) is `name`, passing over `index` of them: the attribute
    /// behind that, which for a characteristic is the first one again, and the place inside.
    fn find(
        &self,
        tag: Tag,
        name: &[u8],
        index: u16,
    ) -> Result<Option<(Attribute<'d>, Cursor)>, Refused> {
        let first = Reader::new(self.bytes, Encoding::detect(self.bytes))?;
        let mut reader = Reader::at(self.bytes, first.document(), self.at);
        let mut left = index;
        loop {
            match reader.next()? {
                Event::Start(found) => {
                    let mut key = None;
                    let mut value = Attribute::new(b"", dm_wbxml::Text::from_bytes(b""));
                    while let Some(attribute) = reader.attribute()? {
                        match attribute.name {
                            b"name" | b"type" => key = Some(attribute),
                            b"value" => value = attribute,
                            _ => {}
                        }
                    }
                    if found == tag && key.is_some_and(|key| key.is(name)) {
                        if left == 0 {
                            return Ok(Some((value, reader.cursor())));
                        }
                        left = left.saturating_sub(1);
                    }
                    reader.skip()?;
                }
                Event::Text(_) => {}
                Event::End | Event::Done => return Ok(None),
            }
        }
    }
}
