//! A build without the feature `events`: there is no outbox, and nothing to be put into it.

use dm_tree::Tree;
use dm_wbxml::{Digest, Message};

use crate::error::Error;
use crate::outbound::Outbound;
use crate::session::Session;

/// Always empty.
#[derive(Default)]
pub(crate) struct Outbox(());

impl Outbox {
    pub(crate) const fn load(&mut self, _: &mut Tree<'_>, _: &mut [u8]) -> Result<(), Error> {
        Ok(())
    }

    pub(crate) const fn forget_posted(&mut self) {}

    pub(crate) const fn renumber(&mut self, _: u16, _: u16) {}

    pub(crate) const fn post(
        &mut self,
        _: &mut Outbound<'_>,
        _: &mut Tree<'_>,
        _: &Session,
        _: &mut [u8],
        _: bool,
    ) -> Result<bool, Error> {
        Ok(true)
    }

    pub(crate) const fn settle(
        &mut self,
        _: &mut Tree<'_>,
        _: &Message<'_>,
        _: &Digest,
    ) -> Result<(), Error> {
        Ok(())
    }
}
