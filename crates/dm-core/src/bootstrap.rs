//! Bootstrap: how a device without an account gets one, and who may do that.
//!
//! Bootstrap chapter of the specification digest; the client provisioning profile. A document is [opened](Bootstrap::open),
//! proved, shown to the user when the policy says so, and [applied](Bootstrap::apply): one transaction, after which the tree
//! has all of it or is as it was (`BOOT-C-031`). Nothing is ever sent in answer (`BOOT-C-015`, `SEC-C-039`); that it worked
//! shows when the client connects.
//!
//! | origin | what vouches for it | by default |
//! | --- | --- | --- |
//! | [`Factory`](Origin::Factory) | the manufacturer | taken |
//! | [`SmartCard`](Origin::SmartCard) | the card | taken |
//! | [`Secured`](Origin::Secured) | the verified name of a TLS server | taken |
//! | [`Push`](Origin::Push) | a MAC made with a PIN, a secret of the network, or both | refused; opt in with [`BootstrapPolicy::push`] |
//!
//! A push without a MAC is refused whatever the policy says (`SEC-C-035`, `BOOT-C-020`), and a push in XML as well
//! (`SEC-C-038`). The MAC is checked before a single octet of the document is parsed.
//!
//! # Whose account
//!
//! The account of a server that the tree knows already is changed only by the source that made it: the leaf `Ext/OmaDm/Source`
//! remembers which that was, and an account without it is the manufacturer's. Whoever else names that server is refused
//! ([`Refused::TakeOver`]): else anybody who may bootstrap at all could send the device's next session to himself.
//!
//! # What attacks run into
//!
//! | attack | what happens |
//! | --- | --- |
//! | no MAC, or a MAC over other octets | [`Refused::NoProof`], [`Refused::WrongProof`]; nothing is parsed |
//! | guessing the PIN | three tries for a document (`BOOT-C-033`), compared in constant time (`BOOT-C-034`) |
//! | the same document again | [`Refused::Replayed`]; from factory or card: applied without any change |
//! | another server's account | [`Refused::TakeOver`] |
//! | rights for somebody else | rights are given to the server of the account only, on its account only (`BOOT-C-007`) |
//! | many or huge accounts | [`BootstrapPolicy::accounts`], the limits of the tree; all or nothing |

mod account;
mod document;
mod proof;

use dm_tree::{Progress, Reason, Tree};
use dm_wbxml::Encoding;
use heapless::Vec;

use crate::Sec;
use crate::session::SERVER_ID_MAX;
use document::Document;
use proof::Mark;

/// Accounts of one document, at most.
pub const BOOTSTRAP_ACCOUNTS_MAX: usize = 8;
/// Tries to enter the right PIN (`BOOT-C-033`).
const TRIES: u8 = 3;

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

impl Origin<'_> {
    /// What `Ext/OmaDm/Source` of an account says.
    const fn source(self) -> &'static [u8] {
        match self {
            Self::Factory => b"factory",
            Self::SmartCard => b"card",
            Self::Secured { .. } => b"tls",
            Self::Push { .. } => b"push",
        }
    }
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
}

impl BootstrapPolicy {
    /// Factory, card, and proved servers; no pushes.
    pub const DEFAULT: Self = Self {
        smart_card: true,
        secured: true,
        push: false,
        network_id_alone: false,
        ask: true,
        accounts: 4,
    };

    fn takes(&self, origin: Origin<'_>) -> Result<(), Refused> {
        let is_taken = match origin {
            Origin::Factory => true,
            Origin::SmartCard => self.smart_card,
            Origin::Secured { .. } => self.secured,
            Origin::Push { sec, mac } => {
                let sec = sec.ok_or(Refused::NoProof)?;
                if mac.is_empty() != (sec == Sec::UserPinMac) {
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
    /// A push in XML.
    Xml,
    /// The document is broken.
    Codec(dm_wbxml::Error),
    /// It is no client provisioning document, or holds no DM account.
    NoAccount,
    /// An account lacks its server identifier or any address, or has one that is too long.
    Incomplete,
    /// The account of this server came from elsewhere.
    TakeOver,
    /// The document was applied before.
    Replayed,
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
        Self::Codec(error)
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
            Self::Xml => f.write_str("a pushed document has to be WBXML"),
            Self::Codec(error) => write!(f, "{} at octet {}", error.kind, error.offset),
            Self::NoAccount => f.write_str("there is no DM account in it"),
            Self::Incomplete => f.write_str("an account lacks its server identifier or address"),
            Self::TakeOver => f.write_str("the account of this server came from elsewhere"),
            Self::Replayed => f.write_str("the document was applied before"),
            Self::Device(reason) => write!(f, "the device refused: {reason:?}"),
        }
    }
}

impl core::error::Error for Refused {}

/// One account that a document would make or change, for the user to read.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Change<'c> {
    /// The server identifier.
    pub server_id: &'c [u8],
    /// The name to show; empty when the document has none.
    pub name: &'c [u8],
    /// The first address.
    pub addr: &'c [u8],
    /// The account is new; else addresses and credentials of the present one are replaced.
    pub is_new: bool,
}

/// What became of a document that was applied.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Applied {
    /// The servers of its accounts, in the order of the document: the client should open a session with each
    /// (`BOOT-C-026`), [`Trigger::Client`](crate::Trigger::Client).
    pub servers: Vec<Vec<u8, SERVER_ID_MAX>, BOOTSTRAP_ACCOUNTS_MAX>,
    /// INIT: the sessions should begin at once (`BOOT-C-032`).
    pub connect_now: bool,
    /// The document was applied before, and nothing was changed.
    pub is_repeat: bool,
}

/// A provisioning document on its way into the tree.
#[derive(Debug)]
pub struct Bootstrap<'d> {
    bytes: &'d [u8],
    origin: Origin<'d>,
    policy: BootstrapPolicy,
    tries: u8,
    is_proved: bool,
    has_consent: bool,
}

impl<'d> Bootstrap<'d> {
    /// Takes the octets of a client provisioning document. It is not looked into before it is proved.
    ///
    /// # Errors
    /// [`Refused::Policy`], [`Refused::NoProof`], [`Refused::Xml`].
    pub fn open(
        bytes: &'d [u8],
        origin: Origin<'d>,
        policy: BootstrapPolicy,
    ) -> Result<Self, Refused> {
        policy.takes(origin)?;
        let is_push = matches!(origin, Origin::Push { .. });
        if is_push && Encoding::detect(bytes) != Encoding::Wbxml {
            return Err(Refused::Xml);
        }
        Ok(Self {
            bytes,
            origin,
            policy,
            tries: TRIES,
            is_proved: !is_push,
            has_consent: !(is_push && policy.ask),
        })
    }

    /// Whether the user has to type a PIN for [`prove`](Self::prove).
    pub const fn needs_pin(&self) -> bool {
        match self.origin {
            Origin::Push { sec: Some(sec), .. } => !self.is_proved && sec.needs_pin(),
            _ => false,
        }
    }

    /// Whether [`prove`](Self::prove) has to be called before [`apply`](Self::apply).
    pub const fn needs_proof(&self) -> bool {
        !self.is_proved
    }

    /// Whether the user has to be shown the [`changes`](Self::changes) and to agree.
    pub const fn needs_consent(&self) -> bool {
        !self.has_consent
    }

    /// Checks the MAC of a pushed document with the secrets that its SEC asks for; the others may be empty.
    ///
    /// `network_id` is what network and device share: for the client provisioning profile the IMSI in semi-octets, or the ESN
    /// ([`imsi`]). `pin` is what the user typed. Both together are 96 octets at most. Costs an HMAC-SHA1 over the document.
    ///
    /// # Errors
    /// [`Refused::WrongProof`] with the tries that are left; with 0 the document is to be forgotten.
    pub fn prove(&mut self, network_id: &[u8], pin: &[u8]) -> Result<(), Refused> {
        let Origin::Push { sec, mac } = self.origin else {
            return Ok(());
        };
        let sec = sec.ok_or(Refused::NoProof)?;
        if self.tries == 0 {
            return Err(Refused::WrongProof(0));
        }
        if !proof::is_right(sec, mac, self.bytes, network_id, pin)? {
            self.tries = self.tries.saturating_sub(1);
            return Err(Refused::WrongProof(self.tries));
        }
        self.is_proved = true;
        Ok(())
    }

    /// The accounts that would be made or changed, each given to `show`. `work` holds one address, name or identifier at a
    /// time.
    ///
    /// # Errors
    /// As [`apply`](Self::apply), as far as it can be told beforehand.
    pub fn changes(
        &self,
        tree: &mut Tree<'_>,
        work: &mut [u8],
        show: &mut dyn FnMut(&Change<'_>),
    ) -> Result<(), Refused> {
        let document = self.document()?;
        for application in &document.accounts(self.policy.accounts)? {
            account::show(tree, application, self.origin, work, show)?;
        }
        Ok(())
    }

    /// The user has read the [`changes`](Self::changes) and agrees to them.
    pub const fn agree(&mut self) {
        self.has_consent = true;
    }

    /// Makes and changes the accounts, all of them or none. `work` holds one value of the document at a time.
    ///
    /// Each account gives its server the rights Get, Replace and Delete on itself (`BOOT-C-006`). New accounts are numbered
    /// from 1 (`BOOT-C-004`) where the device description has its accounts (`BOOT-C-005`).
    ///
    /// # Errors
    /// [`Refused`]; the tree is as it was then. [`Reason::Busy`] when a transaction is open or a handler behind an account
    /// is not ready.
    pub fn apply(&self, tree: &mut Tree<'_>, work: &mut [u8]) -> Result<Applied, Refused> {
        let document = self.document()?;
        if !self.has_consent {
            return Err(Refused::NoConsent);
        }
        let applications = document.accounts(self.policy.accounts)?;
        let mut applied = Applied::default();
        let mark = Mark::of(self.bytes);
        let mut marks = proof::Marks::load(tree)?;
        if marks.has(&mark) {
            return match self.origin {
                Origin::Factory | Origin::SmartCard => Ok(Applied {
                    is_repeat: true,
                    ..applied
                }),
                _ => Err(Refused::Replayed),
            };
        }
        tree.begin()?;
        let result = applications.iter().try_for_each(|application| {
            account::write(tree, application, self.origin, work, &mut applied)
        });
        if let Err(refused) = result {
            tree.roll_back();
            return Err(refused);
        }
        match tree.commit() {
            Ok(Progress::NotYet) => {
                tree.roll_back();
                return Err(Refused::Device(Reason::Busy));
            }
            Ok(_) => {}
            Err(reason) => return Err(Refused::Device(reason)),
        }
        // The accounts count; without the mark the same document could only be applied once more, by the same source.
        let _ = marks.keep(tree, &mark);
        Ok(applied)
    }

    /// The document, once it is proved.
    fn document(&self) -> Result<Document<'d>, Refused> {
        if !self.is_proved {
            return Err(Refused::NoProof);
        }
        Document::open(self.bytes)
    }
}

/// Removes the accounts that came from the card: it was taken out or changed (`BOOT-C-008`), or the data that it has now lacks
/// them (`BOOT-C-029`). Those of the servers in `keep` stay. Each removed server leaves the ACLs, too.
///
/// # Errors
/// [`Refused::Device`]; nothing was removed then.
pub fn remove_card_accounts(tree: &mut Tree<'_>, keep: &[&[u8]]) -> Result<(), Refused> {
    account::remove_from_card(tree, keep)
}

pub use proof::{imsi, mac};
