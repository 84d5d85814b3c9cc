//! A build without the feature `large-object`: objects in parts are refused (protocol chapter 14).

use core::marker::PhantomData;

use dm_tree::{Format, Principal, Reason, Tree};
use dm_wbxml::{Tag, Text};

use crate::status;

/// Nothing is ever taken; the parts of an object are told so that its last one is no value of its own.
#[derive(Default)]
pub(crate) struct Incoming<'m> {
    active: Option<(Tag, u32)>,
    lent: PhantomData<&'m mut [u8]>,
}

/// One part, of which nothing is used.
#[expect(dead_code, reason = "the feature is off")]
pub(crate) struct Part<'a> {
    pub(crate) tag: Tag,
    pub(crate) uri: &'a [u8],
    #[cfg(feature = "profile13")]
    pub(crate) target: Text<'a>,
    pub(crate) format: Result<Option<Format>, Reason>,
    pub(crate) mime: &'a [u8],
    pub(crate) size: Option<u32>,
    pub(crate) data: Text<'a>,
    pub(crate) more: bool,
}

impl Incoming<'_> {
    pub(crate) const fn max_obj_size(&self) -> u32 {
        0
    }

    pub(crate) const fn is_active(&self) -> bool {
        self.active.is_some()
    }

    pub(crate) const fn is_refused(&self) -> bool {
        true
    }

    pub(crate) const fn has_moved_on(&self) -> bool {
        false
    }

    #[cfg(feature = "tnds")]
    pub(crate) fn lend(&mut self) -> &mut [u8] {
        &mut []
    }

    pub(crate) const fn clear(&mut self) {
        self.active = None;
    }

    pub(crate) const fn uri(&self) -> &[u8] {
        &[]
    }

    pub(crate) fn is_continued_by(&self, tag: Tag, target: Option<Text<'_>>) -> bool {
        let target = target.unwrap_or(Text::EMPTY);
        self.active
            .is_some_and(|(active, part)| active == tag && part == hash(target))
    }

    pub(crate) fn take(
        &mut self,
        _: &mut Tree<'_>,
        _: &Principal<'_>,
        part: &Part<'_>,
        _: &mut [u8],
    ) -> Result<Option<u16>, Reason> {
        #[cfg(feature = "profile13")]
        let target = part.target;
        #[cfg(not(feature = "profile13"))]
        let target = Text::from_bytes(part.uri);
        let this = (part.tag, hash(target));
        self.active = part.more.then_some(this);
        Ok(Some(status::NOT_SUPPORTED))
    }
}

/// FNV-1a of an address.
fn hash(uri: Text<'_>) -> u32 {
    let mut hash: u32 = 0x811C_9DC5;
    for piece in uri.pieces() {
        for byte in piece.iter() {
            hash = (hash ^ u32::from(*byte)).wrapping_mul(0x0100_0193);
        }
    }
    hash
}
