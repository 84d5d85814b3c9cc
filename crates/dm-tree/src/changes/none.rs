//! Without the feature `changes` nothing is noted.

use crate::schema::DescId;
use crate::slots::Index;
use crate::tree::{By, Tree};

#[derive(Clone, Copy)]
#[cfg_attr(not(feature = "properties"), allow(dead_code))]
pub(crate) enum What {
    Added,
    Value,
    Acl,
    Name,
    Title,
    Removed,
}

#[derive(Default)]
pub(crate) struct Changes<'m>(core::marker::PhantomData<&'m ()>);

impl Tree<'_> {
    #[inline(always)]
    pub(crate) const fn note(&mut self, _: By<'_>, _: Index, _: What) {}

    #[inline(always)]
    pub(crate) const fn note_desc(&mut self, _: By<'_>, _: Index, _: What, _: DescId) {}

    #[cfg(feature = "transaction")]
    #[inline(always)]
    pub(crate) const fn note_begin(&mut self) {}

    #[cfg(feature = "transaction")]
    #[inline(always)]
    pub(crate) const fn note_roll_back(&mut self) {}
}
