//! Add and Replace of a serialised tree (protocol chapters 7.1 and 7.2).

use dm_tree::{Outcome, Principal, Reason, Tree, TreeDocument};
use dm_wbxml::{Base64Error, Tag, Text, tag};

/// What the first octet tells of a document, whatever Format is written beside it.
fn is_document(first: Option<u8>) -> bool {
    // XML, perhaps behind a byte order mark, or WBXML 1.1 to 1.3.
    matches!(first, Some(b'<' | 0xEF | 1..=3))
}

/// Takes a document.
#[inline(never)]
pub(crate) fn take(
    tree: &mut Tree<'_>,
    who: &Principal<'_>,
    tag: Tag,
    uri: &[u8],
    data: &Text<'_>,
    lent: &mut [u8],
    work: &mut [u8],
) -> Outcome {
    let mut work = &mut *work;
    // Looked at where it is put: it is large to be moved.
    match &open(data, lent, &mut work) {
        Err(reason) => Err(*reason),
        Ok(document) if tag == tag::ADD => tree.add_subtree(who, uri, document, work),
        Ok(document) => tree.replace_subtree(who, uri, document, work),
    }
}

/// The document where it lies: as an element of the message, or as text. One that is escaped or in Base64 is decoded
/// first, to `lent` if that is large enough, else to the start of `work`, which loses that.
#[inline(never)]
fn open<'w>(
    data: &Text<'w>,
    lent: &'w mut [u8],
    work: &mut &'w mut [u8],
) -> Result<TreeDocument<'w>, Reason> {
    let trimmed = data.trimmed();
    let first = trimmed
        .pieces()
        .next()
        .and_then(|piece| piece.first().copied());
    let mut copy = lent;
    if let Some(element) = data.element() {
        return Ok(TreeDocument::inline(&element));
    }
    let is_base64 = !is_document(first);
    let bytes = match data.plain() {
        Some(plain) if !is_base64 => plain,
        _ => {
            if copy.len() < trimmed.len() {
                let all = core::mem::take(work);
                let length = trimmed.len().min(all.len());
                (copy, *work) = all.split_at_mut_checked(length).ok_or(Reason::TooLarge)?;
            }
            let length = match is_base64 {
                false => trimmed.copy_to(copy).ok_or(Reason::TooLarge)?,
                true => match trimmed.decode_base64(copy) {
                    Ok(length) => length,
                    Err(Base64Error::TooLong) => return Err(Reason::TooLarge),
                    Err(_) => return Err(Reason::Document),
                },
            };
            copy.get(..length).unwrap_or_default()
        }
    };
    TreeDocument::new(bytes)
}
