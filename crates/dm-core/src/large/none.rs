//! A build without the feature `large-object`: objects in parts are refused (protocol chapter 14).

use core::marker::PhantomData;

use dm_tree::{Outcome, Principal, Reason, Refusal, Status, Tree};
use dm_wbxml::{Command, Item, Tag, Text};

use crate::exec;
use crate::status;

/// Nothing is ever taken; the parts of an object are told so that its last one is no value of its own.
#[derive(Default)]
pub(crate) struct Incoming<'m> {
    active: Option<(Tag, u32)>,
    lent: PhantomData<&'m mut [u8]>,
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

    pub(crate) fn is_continued_by(&self, tag: Tag, target: Option<&Text<'_>>) -> bool {
        self.active
            .is_some_and(|(active, part)| active == tag && part == exec::hash(target))
    }

    #[inline(never)]
    pub(crate) fn take(
        &mut self,
        _: &mut Tree<'_>,
        _: &Principal<'_>,
        (command, item): (&Command<'_>, &Item<'_>),
        _: &[u8],
        work: &mut [u8],
    ) -> Outcome {
        let mut work = &mut *work;
        #[cfg_attr(
            feature = "tnds",
            expect(unused_variables, reason = "a tree is refused like anything else")
        )]
        let mime = exec::mime(command, item, &mut work)?;
        #[cfg(not(feature = "tnds"))]
        exec::refuse_tree(mime)?;
        let this = (command.tag, exec::hash(item.target.as_ref()));
        self.active = item.more_data.then_some(this);
        Err(Reason::Handler(Refusal::new(Status(status::NOT_SUPPORTED))))
    }
}
