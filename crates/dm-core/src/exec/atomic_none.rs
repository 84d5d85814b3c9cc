//! A build without the feature `atomic`: an Atomic is answered 406 and its children 215 (`PRO-C-087`).

use dm_tree::Tree;
use dm_wbxml::{Body, Command, Cursor, Message, Tag};

use crate::outbound::Outbound;
use crate::run::{Context, Ran, Walk};

/// Never begun.
pub(crate) enum Atomic {}

impl Atomic {
    pub(crate) const fn code(&self, _: Tag, _: u32) -> Option<u16> {
        match *self {}
    }
}

impl Walk {
    pub(crate) const fn enter_atomic(
        &self,
        _: &Message<'_>,
        _: &Body<'_>,
        _: &Command<'_>,
        _: &Context<'_, '_, '_, '_>,
    ) -> Ran {
        Ran::Finished
    }

    pub(crate) const fn leave_atomic(&self, _: &Context<'_, '_, '_, '_>) -> Ran {
        Ran::Finished
    }

    pub(crate) const fn break_off(&mut self, _: &mut Tree<'_>, _: &mut Outbound<'_>) {}

    pub(crate) fn first_child(&self) -> Cursor {
        Cursor::default()
    }

    pub(crate) const fn is_undoing(&self) -> bool {
        false
    }

    pub(crate) const fn settle(&self, _: u32, _: u16, _: &Context<'_, '_, '_, '_>) -> Ran {
        Ran::Finished
    }

    pub(crate) const fn undone(
        &self,
        _: &Body<'_>,
        _: &Command<'_>,
        _: &Context<'_, '_, '_, '_>,
    ) -> Ran {
        Ran::Finished
    }

    pub(crate) const fn next_child(&self) {}
}
