//! Bootstrap: how a device without an account gets one, and who may do that.
//!
//! Bootstrap chapter of the specification digest. A document is [opened](Bootstrap::open), proved, shown to the user when the
//! policy says so, and [applied](Bootstrap::apply): one transaction, after which the tree has all of it or is as it was
//! (`BOOT-C-031`). Nothing is ever sent in answer (`BOOT-C-015`, `SEC-C-039`); that it worked shows when the client connects.
//!
//! | profile | document |
//! | --- | --- |
//! | [`Provisioning`](Profile::Provisioning) | client provisioning: APPLICATIONs whose APPID is `w7` |
//! | [`Message`](Profile::Message) (with the feature `tnds`) | a DM message in WBXML, usually a serialised tree for the Inbox |
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
//! ([`Refused::TakeOver`]): else anybody who may bootstrap at all could send the device's next session to himself. A push
//! changes what an earlier push made when it is proved at least as well.
//!
//! # What attacks run into
//!
//! | attack | what happens |
//! | --- | --- |
//! | no MAC, or a MAC over other octets | [`Refused::NoProof`], [`Refused::WrongProof`]; nothing is parsed |
//! | guessing the PIN | three tries for a document (`BOOT-C-033`), compared in constant time (`BOOT-C-034`) |
//! | the same document again | [`Refused::Replayed`]; from factory or card: applied without any change |
//! | another server's account | [`Refused::TakeOver`] |
//! | rights for somebody else | rights are given to the server of the account only, on its account only (`BOOT-C-007`), or are those that the tree in a message says for what it makes (`BOOT-C-021`) |
//! | a message that writes elsewhere, by address, path or place of an object | [`Refused::Outside`] |
//! | a message that reads, deletes or executes | [`Refused::Command`] |
//! | a leaf that the device description keeps from servers | [`Reason::AccessType`]: an ACL is not asked, the description is |
//! | many or huge accounts | [`BootstrapPolicy::accounts`], the limits of the tree; all or nothing |
//! | power that fails in between | the transaction counts whole or not at all |

mod account;
mod card;
#[cfg(feature = "profile13")]
mod fetch;
#[cfg(feature = "profile13")]
mod initial;
mod mapping;
#[cfg(feature = "tnds")]
mod message;
mod path;
mod policy;
mod proof;
mod provisioning;
mod refused;
mod source;

use dm_tree::Tree;
#[cfg(feature = "tnds")]
use dm_tree::{Principal, Scope};
use dm_wbxml::Encoding;

use crate::Sec;
#[cfg(feature = "tnds")]
use crate::account::DMACC;
use crate::tell::Said;
use account::Job;
use dm_tree::Reason;
use provisioning::{CHARACTERISTIC, Document, Element, PARM, find};
use source::Source;

pub use card::{CardFault, SmartCard, apply_card, remove_card_accounts};
#[cfg(feature = "profile13")]
pub use fetch::{ACCEPT, Answer, Fetch, FetchResult, FetchStep, operator_server, srv_name};
#[cfg(feature = "profile13")]
pub use initial::InitialRight;
pub use policy::{BootstrapPolicy, Origin};
pub use proof::{imsi, mac};
pub use refused::Refused;

/// Accounts of one document, at most.
pub const BOOTSTRAP_ACCOUNTS_MAX: usize = 8;
/// Tries to enter the right PIN (`BOOT-C-033`).
const TRIES: u8 = 3;
/// Kinds of objects that a message may make.
#[cfg(feature = "tnds")]
const OBJECTS_MAX: usize = 8;

/// What a document is, which its media type says (`BOOT-C-002`).
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[non_exhaustive]
pub enum Profile {
    /// The client provisioning profile: `application/vnd.wap.connectivity-wbxml`.
    Provisioning,
    /// The DM profile: `application/vnd.syncml.dm+wbxml`.
    #[cfg(feature = "tnds")]
    Message,
}

impl Profile {
    /// All of this build.
    const ALL: &[Self] = &[
        Self::Provisioning,
        #[cfg(feature = "tnds")]
        Self::Message,
    ];

    /// The media type of its documents.
    #[must_use]
    pub const fn media_type(self) -> &'static str {
        match self {
            Self::Provisioning => "application/vnd.wap.connectivity-wbxml",
            #[cfg(feature = "tnds")]
            Self::Message => "application/vnd.syncml.dm+wbxml",
        }
    }

    /// The profile of documents of this media type, in any case of letters and with any parameters. `None`: such documents are
    /// no bootstraps, or not for this build.
    #[must_use]
    pub fn of_media_type(text: &str) -> Option<Self> {
        let name = text.split(';').next().unwrap_or_default().trim();
        let mut all = Self::ALL.iter().copied();
        all.find(|profile| name.eq_ignore_ascii_case(profile.media_type()))
    }

    /// Whether documents of this profile can be proved so: a PIN that holds its MAC is of client provisioning alone.
    const fn knows(self, sec: Sec) -> bool {
        matches!(self, Self::Provisioning) || !matches!(sec, Sec::UserPinMac)
    }
}

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
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Applied {
    /// INIT of the client provisioning profile: the sessions should begin at once (`BOOT-C-032`).
    pub connect_now: bool,
    /// The document was applied before, and nothing was changed.
    pub is_repeat: bool,
}

/// What a document from the card brings with it that is all that the card has.
struct CardRules {
    forget: fn(&mut Tree<'_>) -> Result<(), Reason>,
    /// Removes the accounts of the card that are not in the document.
    remove_old: fn(&mut Tree<'_>, &Source) -> Result<(), Refused>,
}

/// A document on its way into the tree.
#[derive(Debug)]
pub struct Bootstrap<'d> {
    profile: Profile,
    bytes: &'d [u8],
    origin: Origin<'d>,
    policy: BootstrapPolicy,
    tries: u8,
    is_proved: bool,
    has_consent: bool,
}

impl<'d> Bootstrap<'d> {
    /// Takes the octets of a document. It is not looked into before it is proved.
    ///
    /// # Errors
    /// [`Refused::Policy`], [`Refused::NoProof`], [`Refused::Xml`].
    pub fn open(
        profile: Profile,
        bytes: &'d [u8],
        origin: Origin<'d>,
        policy: BootstrapPolicy,
    ) -> Result<Self, Refused> {
        told(Self::look(profile, bytes, origin, policy))
    }

    fn look(
        profile: Profile,
        bytes: &'d [u8],
        origin: Origin<'d>,
        policy: BootstrapPolicy,
    ) -> Result<Self, Refused> {
        policy.takes(profile, origin)?;
        let is_push = matches!(origin, Origin::Push { .. });
        // `BOOT-C-013`: a message is refused in XML wherever it comes from.
        if (is_push || profile != Profile::Provisioning)
            && Encoding::detect(bytes) != Encoding::Wbxml
        {
            return Err(Refused::Xml);
        }
        Ok(Self {
            profile,
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
    /// ([`imsi`]); for the DM profile what the provider says (`BOOT-C-017`). `pin` is what the user typed. Both together are
    /// 95 octets at most. Costs an HMAC-SHA1 over the document.
    ///
    /// # Errors
    /// [`Refused::WrongProof`] with the tries that are left; with 0 the document is to be forgotten.
    pub fn prove(&mut self, network_id: &[u8], pin: &[u8]) -> Result<(), Refused> {
        told(self.check_mac(network_id, pin))
    }

    fn check_mac(&mut self, network_id: &[u8], pin: &[u8]) -> Result<(), Refused> {
        let Origin::Push { sec, mac } = self.origin else {
            return Ok(());
        };
        let sec = sec.ok_or(Refused::NoProof)?;
        if self.tries == 0 {
            return Err(Refused::WrongProof(0));
        }
        if !proof::is_right(self.profile, sec, mac, self.bytes, (network_id, pin))? {
            self.tries = self.tries.saturating_sub(1);
            return Err(Refused::WrongProof(self.tries));
        }
        self.is_proved = true;
        Ok(())
    }

    /// The accounts that would be made or changed, each given to `show`. `work` is that of [`apply`](Self::apply).
    ///
    /// Applies the document and takes everything back, so what is shown is what would be; costs as much.
    ///
    /// # Errors
    /// As [`apply`](Self::apply), but for what was applied before.
    pub fn changes(
        &self,
        tree: &mut Tree<'_>,
        work: &mut [u8],
        show: &mut dyn FnMut(&Change<'_>),
    ) -> Result<(), Refused> {
        told(self.try_out(tree, work, show))
    }

    fn try_out(
        &self,
        tree: &mut Tree<'_>,
        work: &mut [u8],
        show: &mut dyn FnMut(&Change<'_>),
    ) -> Result<(), Refused> {
        self.check_proof()?;
        let mut job = self.job(work, show);
        tree.begin()?;
        let result = self.write(tree, &mut job, None);
        tree.roll_back();
        result
    }

    /// The user has read the [`changes`](Self::changes) and agrees to them.
    pub const fn agree(&mut self) {
        self.has_consent = true;
    }

    /// Makes and changes the accounts, all of them or none. `work` holds one value of the document at a time, and the name
    /// and first address of an account; for the DM profile also what of a serialised tree is not one plain piece.
    ///
    /// Each account gives its server the rights Get, Replace and Delete on itself (`BOOT-C-006`), unless a message gives it
    /// other ones (`BOOT-C-021`). New accounts are numbered from 1 (`BOOT-C-004`) where the device description has its accounts
    /// (`BOOT-C-005`); a message names its own, and a newer account of a server takes the place of the one that is there.
    ///
    /// Each account is given to `show`, before it is sure that any of them comes to stay: what it was told counts when this
    /// returns [`Applied`]. The client should open a session with each of these servers then (`BOOT-C-026`,
    /// [`Trigger::Client`](crate::Trigger::Client)).
    ///
    /// # Errors
    /// [`Refused`]; the tree is as it was then. [`Reason::Busy`] when a transaction is open or a handler behind an account
    /// is not ready, [`Reason::UriTooLong`] when client provisioning would make an account with an address of more than 144 octets.
    pub fn apply(
        &self,
        tree: &mut Tree<'_>,
        work: &mut [u8],
        show: &mut dyn FnMut(&Change<'_>),
    ) -> Result<Applied, Refused> {
        told(self.apply_all(tree, work, show, None))
    }

    /// [`apply`](Self::apply), and what comes with a document that is all of a card.
    #[inline(never)]
    fn apply_all(
        &self,
        tree: &mut Tree<'_>,
        work: &mut [u8],
        show: &mut dyn FnMut(&Change<'_>),
        card: Option<&CardRules>,
    ) -> Result<Applied, Refused> {
        self.check_proof()?;
        if !self.has_consent {
            return Err(Refused::NoConsent);
        }
        let mut job = self.job(work, show);
        if source::was_applied(tree, &job.source.mark)? {
            return match self.origin {
                Origin::Factory | Origin::SmartCard => Ok(Applied {
                    connect_now: false,
                    is_repeat: true,
                }),
                _ => Err(Refused::Replayed),
            };
        }
        if let Some(card) = card {
            (card.forget)(tree)?;
        }
        account::at_once(tree, |tree| self.write(tree, &mut job, card))?;
        // The accounts count, and have the mark, from where the next document adds it.
        let _ = source::remember(tree, &job.source.mark);
        Ok(Applied {
            connect_now: job.connect_now,
            is_repeat: false,
        })
    }

    #[inline(never)]
    fn job<'j>(&'j self, work: &'j mut [u8], show: &'j mut dyn FnMut(&Change<'_>)) -> Job<'j> {
        Job {
            bootstrap: self,
            source: Source::of(self.origin, self.bytes),
            work,
            show,
            count: 0,
            connect_now: false,
        }
    }

    /// Does what the document says, in the transaction that is open.
    #[inline(never)]
    fn write(
        &self,
        tree: &mut Tree<'_>,
        job: &mut Job<'_>,
        card: Option<&CardRules>,
    ) -> Result<(), Refused> {
        match self.profile {
            Profile::Provisioning => self.provision(tree, job)?,
            #[cfg(feature = "tnds")]
            Profile::Message => self.execute(tree, job)?,
        }
        if job.count == 0 {
            return Err(Refused::NoAccount);
        }
        if let Some(card) = card {
            (card.remove_old)(tree, &job.source)?;
        }
        Ok(())
    }

    /// Executes the commands of a message.
    #[cfg(feature = "tnds")]
    #[inline(never)]
    fn execute(&self, tree: &mut Tree<'_>, job: &mut Job<'_>) -> Result<(), Refused> {
        if self.policy.objects.len() > OBJECTS_MAX {
            return Err(Refused::Policy);
        }
        let own = account::own(tree, &job.source)?;
        let scope = Scope {
            always: DMACC,
            objects: self.policy.objects,
            own: &own,
        };
        let who = Principal::dangerous_bootstrap(&scope);
        make_inbox(tree)?;
        message::execute(tree, &who, self.bytes, job.work)?;
        account::settle_changed(tree, job, &own)
    }

    /// Writes the DM accounts of a provisioning document: applications whose APPID is `w7`. Others are passed over.
    #[inline(never)]
    fn provision(&self, tree: &mut Tree<'_>, job: &mut Job<'_>) -> Result<(), Refused> {
        let document = Document::open(self.bytes)?;
        document.check()?;
        let (mut application, mut parm) = (Element::new(), Element::new());
        let mut elements = document.elements();
        while find(
            &mut elements,
            CHARACTERISTIC,
            b"APPLICATION",
            &mut application,
        ) {
            let mut has = |name| document.find(&application, PARM, name, 0, &mut parm);
            let asks = has(b"INIT");
            if has(b"APPID") && parm.is(b"w7") {
                job.count_one()?;
                mapping::write(tree, job, &document, &application)?;
                job.connect_now |= asks;
            }
        }
        Ok(())
    }

    fn check_proof(&self) -> Result<(), Refused> {
        self.is_proved.then_some(()).ok_or(Refused::NoProof)
    }
}

/// A device that takes messages has an Inbox (`OBJ-C-021`), if its description has one.
#[cfg(feature = "tnds")]
fn make_inbox(tree: &mut Tree<'_>) -> Result<(), Refused> {
    match tree.factory().node("./Inbox") {
        Ok(_) | Err(dm_tree::Reason::NotDescribed) => Ok(()),
        Err(reason) => Err(Refused::Device(reason)),
    }
}

/// Tells the logger why nothing comes of a document; nobody else hears of it.
fn told<T>(result: Result<T, Refused>) -> Result<T, Refused> {
    if let Err(why) = &result {
        tell!(warn, "a bootstrap is refused: {}", Said(*why));
    }
    result
}
