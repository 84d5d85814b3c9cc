//! A build without the feature `large-object`: objects in parts are refused (protocol chapter 14).

use core::marker::PhantomData;

use dm_tree::{Format, Principal, Reason, Tree};
use dm_wbxml::{Tag, Text};

use crate::status;

/// Nothing ever comes in.
#[derive(Default)]
pub(crate) struct Incoming<'m>(PhantomData<&'m mut [u8]>);

/// One part, of which nothing is used.
#[expect(dead_code, reason = "the feature is off")]
pub(crate) struct Part<'a> {
    pub(crate) tag: Tag,
    pub(crate) uri: &'a [u8],
    pub(crate) format: Option<Format>,
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
        false
    }

    pub(crate) const fn clear(&mut self) {}

    pub(crate) const fn uri(&self) -> &[u8] {
        &[]
    }

    pub(crate) const fn is_continued_by(&self, _: Tag, _: Option<Text<'_>>) -> bool {
        false
    }

    pub(crate) const fn take(
        &mut self,
        _: &mut Tree<'_>,
        _: &Principal<'_>,
        _: &Part<'_>,
        _: &mut [u8],
    ) -> Result<Option<u16>, Reason> {
        Ok(Some(status::NOT_SUPPORTED))
    }
}
