//! Virtual URIs as targets (`P-VURI-1` of the additions digest): this project's reading of DM 1.3, not the standard.

use dm_tree::{Buffer, Principal, Reason, Sink, Tree, is_virtual};
use dm_wbxml::{Tag, tag};

use crate::run::Sent;

/// The ordinary URI of a virtual one, at the start of `work`, which loses it; any other as it is. `None`: a handler needs
/// time. Add and Copy may name a new node.
#[inline(never)]
pub(super) fn resolve<'w>(
    tree: &mut Tree<'_>,
    who: &Principal<'_>,
    tag: Tag,
    uri: &'w [u8],
    work: &mut &'w mut [u8],
) -> Result<Option<&'w [u8]>, Reason> {
    if !is_virtual(uri) {
        return Ok(Some(uri));
    }
    let all = core::mem::take(work);
    let mut place = Buffer::new(&mut *all);
    let may_be_new = matches!(tag, tag::ADD | tag::COPY);
    let resolved = tree.resolve(who, uri, may_be_new, &mut Sink::new(&mut place));
    let length = place.written().len();
    let (uri, rest) = all.split_at_mut_checked(length).ok_or(Reason::UriTooLong)?;
    *work = rest;
    match resolved {
        Ok(()) => Ok(Some(uri)),
        Err(Reason::Busy) => Ok(None),
        Err(reason) => Err(reason),
    }
}

/// Begins the answers to a Get of several nodes; false when it is not one.
#[inline(never)]
pub(super) fn begin(
    tree: &mut Tree<'_>,
    who: &Principal<'_>,
    uri: &[u8],
    sent: &mut Sent,
) -> Result<bool, Reason> {
    if !is_virtual(uri) {
        return Ok(false);
    }
    match tree.matches(who, uri) {
        Ok(listing) => sent.listing = listing,
        // Resolving it comes to the same.
        Err(Reason::Busy) => {}
        Err(reason) => return Err(reason),
    }
    Ok(sent.listing.is_some())
}
