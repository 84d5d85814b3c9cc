//! What a device takes, from whom.

#[cfg(feature = "profile13")]
use super::initial::InitialRight;
#[cfg(doc)]
use super::{BOOTSTRAP_ACCOUNTS_MAX, Bootstrap};
use super::{Profile, Refused};
use crate::Sec;

/// Where a document came from.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[non_exhaustive]
pub enum Origin<'d> {
    /// The manufacturer put it in.
    Factory,
    /// It was read from the card in the device (`BOOT-C-027`).
    SmartCard,
    /// A TLS server gave it that proved to be `name`.
    Secured {
        /// The verified name.
        name: &'d str,
    },
    /// It was pushed. SEC and MAC are those of the push as it was unwrapped.
    Push {
        /// The SEC parameter; `None`: there was none, or an unknown one.
        sec: Option<Sec>,
        /// The MAC parameter as it stands: 40 hexadecimal digits. Empty: there was none.
        mac: &'d [u8],
    },
}

/// From where accounts are taken, and how many.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[non_exhaustive]
pub struct BootstrapPolicy {
    /// Takes documents from the card (`BOOT-C-030`).
    pub smart_card: bool,
    /// Takes documents from servers that a verified transport has proved.
    pub secured: bool,
    /// Takes pushed documents whose MAC is right.
    pub push: bool,
    /// Takes pushed documents whose MAC was made with [`Sec::NetworkId`] alone. What network and device share (an IMSI, say)
    /// is often known to others as well.
    pub network_id_alone: bool,
    /// The user has to agree to pushed documents ([`Bootstrap::needs_consent`]).
    pub ask: bool,
    /// Accounts that a document may make or change, at most; [`BOOTSTRAP_ACCOUNTS_MAX`] is the most that is possible.
    pub accounts: u8,
    /// Objects besides accounts that a message of the DM profile may make: how their identifiers begin; 8 at most, with
    /// more every message is refused with [`Refused::Policy`](super::Refused::Policy). An object that exists is changed by no
    /// bootstrap.
    pub objects: &'static [&'static [u8]],
    /// What a new server may do besides what it may on its own account; [`InitialRight::of`] has this project's 1.3 profile.
    #[cfg(feature = "profile13")]
    pub rights: &'static [InitialRight],
}

impl BootstrapPolicy {
    /// Factory, card, and proved servers; no pushes; no rights but on the account. Besides accounts the connectivity objects of OMA.
    pub const DEFAULT: Self = Self {
        smart_card: true,
        secured: true,
        push: false,
        network_id_alone: false,
        ask: true,
        accounts: 4,
        objects: &[b"urn:oma:mo:oma-connmo-"],
        #[cfg(feature = "profile13")]
        rights: &[],
    };

    pub(super) fn takes(&self, profile: Profile, origin: Origin<'_>) -> Result<(), Refused> {
        let is_taken = match origin {
            Origin::Factory => true,
            Origin::SmartCard => self.smart_card,
            Origin::Secured { .. } => self.secured,
            Origin::Push { sec, mac } => {
                let sec = sec.ok_or(Refused::NoProof)?;
                if mac.is_empty() != (sec == Sec::UserPinMac) || !profile.knows(sec) {
                    return Err(Refused::NoProof);
                }
                self.push && (sec != Sec::NetworkId || self.network_id_alone)
            }
        };
        is_taken.then_some(()).ok_or(Refused::Policy)
    }
}

impl Default for BootstrapPolicy {
    fn default() -> Self {
        Self::DEFAULT
    }
}
