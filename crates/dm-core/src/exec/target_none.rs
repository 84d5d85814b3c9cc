//! A build without the feature `profile13`: targets are what they are.

use dm_tree::{Principal, Reason, Tree};
use dm_wbxml::Tag;

#[inline]
pub(super) const fn resolve<'w>(
    _: &Tree<'_>,
    _: &Principal<'_>,
    _: Tag,
    uri: &'w [u8],
    _: &mut &'w mut [u8],
) -> Result<Option<&'w [u8]>, Reason> {
    Ok(Some(uri))
}
