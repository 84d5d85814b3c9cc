//! Why nothing came of a document.

use dm_tree::Reason;

#[cfg(doc)]
use super::Bootstrap;
use super::CardFault;

/// Why a document was not applied. Nothing was changed, and nobody is told but the application.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[non_exhaustive]
pub enum Refused {
    /// The policy takes nothing from there, or not so many accounts.
    Policy,
    /// A push without SEC and MAC, or a call of [`Bootstrap::apply`] before the document was proved.
    NoProof,
    /// The MAC is wrong: a mistyped PIN, or a forgery. Holds the tries that are left.
    WrongProof(u8),
    /// The user has not agreed.
    NoConsent,
    /// The secrets are longer together than any key.
    Secret,
    /// A push or a message of the DM profile in XML.
    Xml,
    /// The document is broken: how, and at which octet, 65,535 also standing for all behind that.
    Codec(dm_wbxml::ErrorKind, u16),
    /// It is no document of its profile, or makes or changes no DM account.
    NoAccount,
    /// An account lacks its server identifier or any address, or has one that no session could use.
    Incomplete,
    /// The account of this server came from elsewhere, or the document has two.
    TakeOver,
    /// The message is of a version that is not known.
    Version,
    /// The message has a command that no bootstrap may have, or is only a part of one.
    Command,
    /// The message reaches for what is neither an account nor an object that the policy allows, or belongs to another source.
    Outside,
    /// The document was applied before.
    Replayed,
    /// The card could not be read.
    Card(CardFault),
    /// The tree refused: no room, a value that the device description forbids, a store that failed.
    Device(Reason),
}

impl From<Reason> for Refused {
    fn from(reason: Reason) -> Self {
        Self::Device(reason)
    }
}

impl From<dm_wbxml::Error> for Refused {
    fn from(error: dm_wbxml::Error) -> Self {
        let at = u16::try_from(error.offset).unwrap_or(u16::MAX);
        Self::Codec(error.kind, at)
    }
}

impl core::fmt::Display for Refused {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        match self {
            Self::Policy => f.write_str("the policy takes no such document"),
            Self::NoProof => f.write_str("nothing proves the document"),
            Self::WrongProof(left) => write!(f, "the MAC is wrong; tries left: {left}"),
            Self::NoConsent => f.write_str("the user has not agreed"),
            Self::Secret => f.write_str("the secrets are too long"),
            Self::Xml => f.write_str("it has to be WBXML"),
            Self::Codec(kind, at) => write!(f, "{kind} at octet {at}"),
            Self::NoAccount => f.write_str("there is no DM account in it"),
            Self::Incomplete => f.write_str("an account lacks its server identifier or address"),
            Self::TakeOver => f.write_str("the account of this server came from elsewhere"),
            Self::Version => f.write_str("its version is not known"),
            Self::Command => f.write_str("it has a command that no bootstrap may have"),
            Self::Outside => f.write_str("it reaches for more than its own accounts"),
            Self::Replayed => f.write_str("the document was applied before"),
            Self::Card(fault) => write!(f, "the card could not be read: {fault:?}"),
            Self::Device(reason) => write!(f, "the device refused: {reason:?}"),
        }
    }
}

impl core::error::Error for Refused {}
