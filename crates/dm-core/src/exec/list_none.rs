//! A build without the feature `list`: lists are refused with 406 (`TREE-C-072`).

use dm_tree::{Outcome, Principal, Reason, Tree};

use dm_wbxml::Item;

use crate::outbound::Refs;
use crate::run::{Context, Ran, Sent};

/// No list is ever sent.
pub(crate) type Listing = core::convert::Infallible;

pub(super) const fn begin(_: &Tree<'_>, _: &Principal<'_>, _: &[u8], _: &Sent) -> Outcome {
    Err(Reason::Query)
}

pub(super) const fn go_on(
    _: &Context<'_, '_, '_, '_>,
    sent: &Sent,
    _: &Item<'_>,
    _: &Refs<'_>,
) -> Result<u16, Ran> {
    match sent.listing {
        Some(listing) => match listing {},
        None => Err(Ran::Finished),
    }
}
