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
pub(super) struct Document<'d>(Block<'d>);

impl<'d> Document<'d> {
    /// Reads all of it once, attributes too: what is looked for afterwards can be read.
    pub(super) fn open(bytes: &'d [u8]) -> Result<Self, Refused> {
        let mut reader = Reader::new(bytes, Encoding::detect(bytes))?;
        if !matches!(reader.next()?, Event::Start(WAP_PROVISIONINGDOC)) {
            return Err(Refused::NoAccount);
        }
        let top = Block {
            bytes,
            document: *reader.document(),
            at: reader.cursor(),
        };
        loop {
            match reader.next()? {
                Event::Start(_) => while reader.attribute()?.is_some() {},
                Event::Done => return Ok(Self(top)),
                _ => {}
            }
        }
    }

    /// The DM accounts in it: applications whose APPID is `w7`. Others are passed over.
    pub(super) fn accounts(
        self,
        most: u8,
    ) -> Result<Vec<Block<'d>, BOOTSTRAP_ACCOUNTS_MAX>, Refused> {
        let mut accounts = Vec::new();
        let mut index = 0;
        while let Some(application) = self.0.block(b"APPLICATION", index) {
            index = index.saturating_add(1);
            if !application.parm(b"APPID", 0).is_some_and(|id| id.is(b"w7")) {
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
    document: dm_wbxml::Document,
    at: Cursor,
}

impl<'d> Block<'d> {
    /// The value of parameter `name`, empty when it has none; of several the one number `index`.
    pub(super) fn parm(&self, name: &[u8], index: u16) -> Option<Attribute<'d>> {
        self.find(PARM, name, index).map(|(value, _)| value)
    }

    /// The characteristic of type `kind`; of several the one number `index`.
    pub(super) fn block(&self, kind: &[u8], index: u16) -> Option<Self> {
        let (_, at) = self.find(CHARACTERISTIC, kind, index)?;
        Some(Self { at, ..*self })
    }

    /// The child element `tag` whose first attribute (name or type) is `name`, passing over `index` of them: its value, and
    /// the place inside.
    #[inline(never)]
    fn find(&self, tag: Tag, name: &[u8], index: u16) -> Option<(Attribute<'d>, Cursor)> {
        let mut reader = Reader::at(self.bytes, &self.document, self.at);
        let mut left = index;
        loop {
            match reader.next().ok()? {
                Event::Start(found) => {
                    let mut is_meant = false;
                    let mut value = Attribute::new(b"", dm_wbxml::Text::from_bytes(b""));
                    while let Some(attribute) = reader.attribute().ok()? {
                        match attribute.name {
                            b"name" | b"type" => is_meant = found == tag && attribute.is(name),
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
