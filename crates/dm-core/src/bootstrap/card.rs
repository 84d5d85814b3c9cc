//! The card in the device: read at switch-on, and its accounts go with it.
//!
//! Bootstrap digest, sections 2.7 and 4. How data lies on a card is the matter of its driver.

use dm_tree::Tree;

use super::account;
use super::source;
use super::{
    Applied, Bootstrap, BootstrapPolicy, CardRules, Change, Origin, Profile, Refused, told,
};

/// Why a card could not be read.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[non_exhaustive]
pub enum CardFault {
    /// The device does not accept this card, for example because it is locked to another operator (`BOOT-C-028`).
    Rejected,
    /// It does not answer, or not sensibly.
    Failed,
    /// Its data is larger than the memory for it.
    TooLarge,
}

/// The card as its driver shows it (`BOOT-C-027`).
pub trait SmartCard {
    /// Copies the bootstrap data of the card to the front of `buf`; what it is, and its length. `None`: there is no card, or
    /// nothing on it.
    ///
    /// # Errors
    /// [`CardFault`]: nobody knows what is on the card, and accounts that came from it stay.
    fn read_bootstrap(&mut self, buf: &mut [u8]) -> Result<Option<(Profile, usize)>, CardFault>;
}

/// To be called at switch-on, and when a card was put in or taken out: applies what is on the card (`BOOT-C-028`), and removes
/// the accounts of which the data is not there any more (`BOOT-C-008`, `BOOT-C-029`). Both at once, or neither. What was
/// applied before costs reading it. `buf` holds the data of the card, `work` and `show` are those of [`Bootstrap::apply`].
///
/// # Errors
/// [`Refused::Policy`] when cards are not taken (`BOOT-C-030`): the card is not even read then. [`Refused::Card`]; those of
/// [`Bootstrap::apply`]. Nothing has changed.
pub fn apply_card(
    tree: &mut Tree<'_>,
    card: &mut dyn SmartCard,
    policy: BootstrapPolicy,
    (buf, work): (&mut [u8], &mut [u8]),
    show: &mut dyn FnMut(&Change<'_>),
) -> Result<Applied, Refused> {
    told(apply(tree, card, policy, (buf, work), show))
}

fn apply(
    tree: &mut Tree<'_>,
    card: &mut dyn SmartCard,
    policy: BootstrapPolicy,
    (buf, work): (&mut [u8], &mut [u8]),
    show: &mut dyn FnMut(&Change<'_>),
) -> Result<Applied, Refused> {
    policy.takes(Profile::Provisioning, Origin::SmartCard)?;
    let Some((profile, len)) = card.read_bootstrap(buf).map_err(Refused::Card)? else {
        remove_card_accounts(tree, &[])?;
        return Ok(Applied::default());
    };
    let data = buf.get(..len).ok_or(Refused::Card(CardFault::TooLarge))?;
    let rules = CardRules {
        // A card that was there before counts as new when it comes back.
        forget: source::forget_card,
        remove_old: account::remove_old,
    };
    let bootstrap = Bootstrap::look(profile, data, Origin::SmartCard, policy)?;
    bootstrap.apply_all(tree, work, show, Some(&rules))
}

/// Removes the accounts that came from the card: it was taken out or changed (`BOOT-C-008`), or the data that it has now lacks
/// them (`BOOT-C-029`). Those of the servers in `keep` stay. Each removed server leaves the ACLs, too. A document of the
/// card counts as new afterwards.
///
/// # Errors
/// [`Refused::Device`]; nothing was removed then.
pub fn remove_card_accounts(tree: &mut Tree<'_>, keep: &[&[u8]]) -> Result<(), Refused> {
    account::at_once(tree, |tree| Ok(account::remove_from_card(tree, keep)?))?;
    // Forgotten afterwards: without this the card's accounts would not come back, and nothing else would be wrong.
    source::forget_card(tree)?;
    Ok(())
}
