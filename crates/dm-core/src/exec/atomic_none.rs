//! A build without the feature `atomic`: an Atomic is answered 406 and its children 215 (`PRO-C-087`).

use dm_tree::Tree;
use dm_wbxml::{Body, Command, Cursor, Item};

use crate::outbound::Outbound;
use crate::run::{Context, Ran, Walk};

/// Never begun.
pub(crate) enum Atomic {}

impl Walk {
    pub(crate) const fn enter_atomic(
        &self,
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

    pub(crate) fn first(&self) -> Cursor {
        Cursor::default()
    }

    #[cfg(feature = "reasons")]
    pub(crate) const fn is_undoing(&self) -> bool {
        false
    }

    pub(crate) const fn nested(&self, _: &Command<'_>, _: &Context<'_, '_, '_, '_>) -> Option<u16> {
        None
    }

    pub(crate) const fn undone(
        &self,
        _: &Command<'_>,
        _: &Context<'_, '_, '_, '_>,
    ) -> Option<Option<u16>> {
        None
    }

    pub(crate) const fn item_code(&self, _: &Command<'_>, _: &Item<'_>) -> Option<u16> {
        None
    }

    pub(crate) const fn settle(&self, _: u16, _: &Context<'_, '_, '_, '_>) -> Ran {
        Ran::Finished
    }

    pub(crate) const fn next_child(&self) {}
}
