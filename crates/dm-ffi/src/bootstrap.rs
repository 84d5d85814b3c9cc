//! Bootstrap: how a device without an account gets one.

use core::ffi::{c_char, c_void};

use dm_core::bootstrap::{
    Applied, BOOTSTRAP_ACCOUNTS_MAX, Bootstrap, BootstrapPolicy, CardFault, Change, Origin,
    Profile, Refused,
};
use dm_core::{SERVER_ID_MAX, Sec};

use crate::guard;
use crate::object::within;
use crate::push::{
    OMADM_SEC_NETWORK_ID, OMADM_SEC_NONE, OMADM_SEC_USER_PIN, OMADM_SEC_USER_PIN_MAC,
    OMADM_SEC_USER_PIN_NETWORK_ID, omadm_sec_t,
};
use crate::result::{
    Fault,
    omadm_result_t::{self, *},
};
use crate::types::omadm_client_t;

/// Octets of `omadm_bootstrap_t`.
#[cfg(target_pointer_width = "32")]
pub const OMADM_BOOTSTRAP_SIZE: usize = 64;
/// Octets of `omadm_bootstrap_t`.
#[cfg(target_pointer_width = "64")]
pub const OMADM_BOOTSTRAP_SIZE: usize = 112;

/// Most accounts of one document.
pub const OMADM_BOOTSTRAP_ACCOUNTS: usize = 8;

const _: () = {
    assert!(size_of::<Opened>() <= size_of::<omadm_bootstrap_t>());
    assert!(align_of::<Opened>() <= align_of::<omadm_bootstrap_t>());
    assert!(!core::mem::needs_drop::<Opened>());
    assert!(OMADM_BOOTSTRAP_ACCOUNTS == BOOTSTRAP_ACCOUNTS_MAX);
    assert!(OMADM_SERVER_ID_MAX == SERVER_ID_MAX);
};

/// A document on its way into the tree. Opaque; must be zeroed before it is opened, and stay where it is from then on.
#[repr(C)]
pub union omadm_bootstrap_t {
    /// Not for the caller.
    pub opaque: [u8; OMADM_BOOTSTRAP_SIZE],
    /// Gives the alignment.
    pub align: u64,
}

impl core::fmt::Debug for omadm_bootstrap_t {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.write_str("omadm_bootstrap_t")
    }
}

/// What is in it.
struct Opened {
    /// Made from its own address, so that memory that was never opened, or was moved, is found out.
    mark: usize,
    document: Bootstrap<'static>,
}

/// What a document is. One of OMADM_PROFILE_...
pub type omadm_profile_t = u8;
/// Client provisioning.
pub const OMADM_PROFILE_PROVISIONING: omadm_profile_t = 0;
/// A DM message in WBXML. Feature `tnds`.
pub const OMADM_PROFILE_MESSAGE: omadm_profile_t = 1;

/// Where a document came from. One of OMADM_ORIGIN_...
pub type omadm_origin_t = u8;
/// It was pushed: believed only with a MAC, and only if the policy says so.
pub const OMADM_ORIGIN_PUSH: omadm_origin_t = 0;
/// A TLS server gave it that proved its name.
pub const OMADM_ORIGIN_SECURED: omadm_origin_t = 1;
/// It was read from the card in the device.
pub const OMADM_ORIGIN_SMART_CARD: omadm_origin_t = 2;
/// The manufacturer put it in.
pub const OMADM_ORIGIN_FACTORY: omadm_origin_t = 3;

/// A document and where it came from. Zeroed but for `data`: a push that nothing proves.
#[repr(C)]
#[derive(Clone, Copy, Debug)]
pub struct omadm_document_t {
    /// The octets.
    pub data: *const u8,
    /// Number of octets.
    pub size: usize,
    /// OMADM_ORIGIN_PUSH: the MAC of the push, as in `omadm_push_t`.
    pub mac: *const c_char,
    /// Octets of it.
    pub mac_len: usize,
    /// OMADM_ORIGIN_SECURED: the name that was verified.
    pub peer: *const c_char,
    /// Octets of it.
    pub peer_len: usize,
    /// OMADM_PROFILE_...
    pub profile: omadm_profile_t,
    /// OMADM_ORIGIN_...
    pub origin: omadm_origin_t,
    /// OMADM_ORIGIN_PUSH: OMADM_SEC_..., as in `omadm_push_t`.
    pub sec: omadm_sec_t,
}

/// From where accounts are taken. Zeroed: from factory, card and proved servers, four accounts at most.
#[repr(C)]
#[derive(Clone, Copy, Default, Debug)]
pub struct omadm_bootstrap_policy_t {
    /// Not 0: also from pushes whose MAC is right.
    pub push: u8,
    /// Not 0: also when that MAC was made with what network and device share alone, which others often know too.
    pub network_id_alone: u8,
    /// Not 0: pushed documents are applied without asking the user.
    pub never_ask: u8,
    /// Not 0: not from the card.
    pub no_smart_card: u8,
    /// Not 0: not from servers.
    pub no_secured: u8,
    /// Accounts that a document may make or change. 0: 4.
    pub accounts: u8,
}

/// What has to be done before a document is applied: a sum of OMADM_NEEDS_...
pub type omadm_needs_t = u32;
/// omadm_bootstrap_prove() has to be called.
pub const OMADM_NEEDS_PROOF: omadm_needs_t = 1;
/// And the user has to type a PIN for it.
pub const OMADM_NEEDS_PIN: omadm_needs_t = 2;
/// The user has to be shown the changes and to agree.
pub const OMADM_NEEDS_CONSENT: omadm_needs_t = 4;

/// One account that a document would make or change. The texts are good during the callback, and are whatever the document
/// says.
#[repr(C)]
#[derive(Clone, Copy, Debug)]
pub struct omadm_change_t {
    /// Server identifier.
    pub server_id: *const u8,
    /// Octets of it.
    pub server_id_len: usize,
    /// Name to show; empty when the document has none.
    pub name: *const u8,
    /// Octets of it.
    pub name_len: usize,
    /// The first address.
    pub addr: *const u8,
    /// Octets of it.
    pub addr_len: usize,
    /// 1: the account is new; 0: addresses and credentials of the present one are replaced.
    pub is_new: u8,
}

/// Takes an account that a document would make or change.
pub type omadm_show_t =
    Option<unsafe extern "C" fn(user: *mut c_void, change: *const omadm_change_t)>;

/// Octets of the longest server identifier.
pub const OMADM_SERVER_ID_MAX: usize = 64;

/// The server of an account.
#[repr(C)]
#[derive(Clone, Copy, Debug)]
pub struct omadm_server_t {
    /// Server identifier.
    pub id: [u8; OMADM_SERVER_ID_MAX],
    /// Octets of it.
    pub id_len: u8,
}

/// What became of a document.
#[repr(C)]
#[derive(Clone, Copy, Debug)]
pub struct omadm_applied_t {
    /// The servers of its accounts: a session with each should follow.
    pub servers: [omadm_server_t; OMADM_BOOTSTRAP_ACCOUNTS],
    /// Number of them.
    pub server_count: u8,
    /// 1: the document wants the sessions at once.
    pub connect_now: u8,
    /// 1: it was applied before, and nothing was changed.
    pub is_repeat: u8,
}

/// Takes a document. It is not looked into before it is proved.
///
/// @param client     the object
/// @param document   the document; its octets and texts have to stay until it is applied or given up
/// @param policy     from where accounts are taken; NULL: as zeroed
/// @param bootstrap  out: the document on its way; nothing has to be done to give it up
/// @retval OMADM_OK                  `bootstrap` is ready
/// @retval OMADM_ERR_BOOT_POLICY     the policy takes nothing from there
/// @retval OMADM_ERR_BOOT_NO_PROOF   a push without SEC and MAC
/// @retval OMADM_ERR_BOOT_XML        it has to be WBXML
/// @retval OMADM_ERR_FEATURE         the profile is not part of this build
/// @retval OMADM_ERR_ARGUMENT        a number of the document is none of those that its field takes
/// @retval OMADM_ERR_BUSY            called from a callback
/// @return another code from 1000 (misuse)
///
/// Threads: one at a time for one object; not from an interrupt. Cost: none to speak of.
///
/// # Safety
/// The pointers lead to what the contract says.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn omadm_bootstrap_open(
    client: *mut omadm_client_t,
    document: *const omadm_document_t,
    policy: *const omadm_bootstrap_policy_t,
    bootstrap: *mut omadm_bootstrap_t,
) -> omadm_result_t {
    // SAFETY: the contract of this function.
    unsafe {
        within(client, |_| {
            guard::place(document)?;
            let from = &*document;
            let place = locate(bootstrap)?;
            let document = Bootstrap::open(
                profile(from.profile)?,
                guard::bytes(from.data, from.size)?,
                origin(from)?,
                rules(policy.as_ref()),
            )?;
            let mark = mark(place);
            place.write(Opened { mark, document });
            Ok(())
        })
    }
}

/// Tells what has to be done before the document is applied.
///
/// @param bootstrap  the document
/// @param needs      out: a sum of OMADM_NEEDS_...; 0: omadm_bootstrap_apply() is next
/// @retval OMADM_OK                   `needs` is written
/// @retval OMADM_ERR_NULL             a pointer is NULL
/// @retval OMADM_ERR_ALIGNMENT        a pointer is misaligned
/// @retval OMADM_ERR_NOT_INITIALISED  the document was not opened, or was moved
///
/// Threads: one at a time for one document. Cost: none to speak of.
///
/// # Safety
/// The pointers lead to what the contract says.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn omadm_bootstrap_needs(
    bootstrap: *const omadm_bootstrap_t,
    needs: *mut omadm_needs_t,
) -> omadm_result_t {
    // SAFETY: the contract of this function.
    let opened = unsafe { copy(bootstrap) };
    match opened {
        Ok(_) if needs.is_null() => OMADM_ERR_NULL,
        Ok(_) if !needs.is_aligned() => OMADM_ERR_ALIGNMENT,
        Ok(document) => {
            let needed = [
                (document.needs_proof(), OMADM_NEEDS_PROOF),
                (document.needs_pin(), OMADM_NEEDS_PIN),
                (document.needs_consent(), OMADM_NEEDS_CONSENT),
            ];
            let sum = needed
                .iter()
                .fold(0, |sum, (is, bit)| if *is { sum | bit } else { sum });
            // SAFETY: not NULL, aligned, and writable by the contract of this function.
            unsafe { needs.write(sum) };
            OMADM_OK
        }
        Err(result) => result,
    }
}

/// Checks the MAC of a pushed document with the secrets that it asks for; the others may be left out.
///
/// @param client           the object
/// @param bootstrap        the document
/// @param network_id       what network and device share: the IMSI in semi-octets, say
/// @param network_id_size  octets of it
/// @param pin              what the user typed
/// @param pin_len          octets of it; with the network's 95 at most
/// @retval OMADM_OK                    proved, or nothing had to be
/// @retval OMADM_ERR_BOOT_WRONG_PROOF  a mistyped PIN, or a forgery; omadm_detail() gives the tries that are left
/// @retval OMADM_ERR_BOOT_SECRET       the secrets are longer than any key
/// @retval OMADM_ERR_NOT_INITIALISED   the document was not opened, or was moved
/// @retval OMADM_ERR_BUSY              called from a callback
/// @return another code from 1000 (misuse)
///
/// Threads: one at a time for one object; not from an interrupt. Cost: an HMAC-SHA1 over the document, as much for a wrong
/// MAC as for a right one.
///
/// # Safety
/// The pointers lead to what the contract says.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn omadm_bootstrap_prove(
    client: *mut omadm_client_t,
    bootstrap: *mut omadm_bootstrap_t,
    network_id: *const u8,
    network_id_size: usize,
    pin: *const c_char,
    pin_len: usize,
) -> omadm_result_t {
    // SAFETY: the contract of this function.
    unsafe {
        within(client, |_| {
            let mut document = copy(bootstrap)?;
            let network_id = guard::bytes(network_id, network_id_size)?;
            let pin = guard::bytes(pin.cast(), pin_len)?;
            let outcome = document.prove(network_id, pin);
            // The tries count whatever came of it.
            keep(bootstrap, document)?;
            Ok(outcome?)
        })
    }
}

/// Tells the accounts that the document would make or change, for the user to read. Applies it and takes everything back.
///
/// @param client     the object
/// @param bootstrap  the document, proved
/// @param work       scratch; as long as the longest value of the document, name and address
/// @param work_size  octets of it
/// @param show       called for each account
/// @param user       its first argument
/// @retval OMADM_OK                   all were shown
/// @retval OMADM_ERR_BOOT_NO_PROOF    omadm_bootstrap_prove() comes first
/// @retval OMADM_ERR_NOT_INITIALISED  the document was not opened, or was moved
/// @retval OMADM_ERR_BUSY             called from a callback
/// @return another code, as omadm_bootstrap_apply()
///
/// Threads: one at a time for one object; not from an interrupt. Cost: as omadm_bootstrap_apply().
///
/// # Safety
/// The pointers lead to what the contract says.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn omadm_bootstrap_changes(
    client: *mut omadm_client_t,
    bootstrap: *const omadm_bootstrap_t,
    work: *mut u8,
    work_size: usize,
    show: omadm_show_t,
    user: *mut c_void,
) -> omadm_result_t {
    // SAFETY: the contract of this function.
    unsafe {
        within(client, |call| {
            let document = copy(bootstrap)?;
            let show = show.ok_or(OMADM_ERR_NULL)?;
            let work = guard::space(work, work_size)?;
            let mut pass_on = |change: &Change<'_>| {
                let change = omadm_change_t {
                    server_id: change.server_id.as_ptr(),
                    server_id_len: change.server_id.len(),
                    name: change.name.as_ptr(),
                    name_len: change.name.len(),
                    addr: change.addr.as_ptr(),
                    addr_len: change.addr.len(),
                    is_new: change.is_new.into(),
                };
                show(user, &raw const change);
            };
            Ok(document.changes(call.tree(), work, &mut pass_on)?)
        })
    }
}

/// The user has read the changes and agrees to them.
///
/// @param client     the object
/// @param bootstrap  the document
/// @retval OMADM_OK                   noted
/// @retval OMADM_ERR_NOT_INITIALISED  the document was not opened, or was moved
/// @retval OMADM_ERR_BUSY             called from a callback
/// @return another code from 1000 (misuse)
///
/// Threads: one at a time for one object; not from an interrupt. Cost: none to speak of.
///
/// # Safety
/// The pointers lead to what the contract says.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn omadm_bootstrap_agree(
    client: *mut omadm_client_t,
    bootstrap: *mut omadm_bootstrap_t,
) -> omadm_result_t {
    // SAFETY: the contract of this function.
    unsafe {
        within(client, |_| {
            let mut document = copy(bootstrap)?;
            document.agree();
            Ok(keep(bootstrap, document)?)
        })
    }
}

/// Makes and changes the accounts, all of them or none.
///
/// @param client     the object
/// @param bootstrap  the document
/// @param work       scratch; as long as the longest value of the document, name and address
/// @param work_size  octets of it
/// @param applied    out: whose accounts they are
/// @retval OMADM_OK                    `applied` is written
/// @retval OMADM_ERR_BOOT_NO_PROOF     omadm_bootstrap_prove() comes first
/// @retval OMADM_ERR_BOOT_NO_CONSENT   omadm_bootstrap_agree() comes first
/// @retval OMADM_ERR_BOOT_UNREADABLE   the document is broken; omadm_detail() gives the octet where reading ended
/// @retval OMADM_ERR_BOOT_NO_ACCOUNT   it is no document of its profile, or has no DM account
/// @retval OMADM_ERR_BOOT_INCOMPLETE   an account lacks its server identifier or a usable address
/// @retval OMADM_ERR_BOOT_TAKE_OVER    the account of this server came from elsewhere, or the document has two
/// @retval OMADM_ERR_BOOT_REPLAYED     it was applied before
/// @retval OMADM_ERR_BOOT_POLICY       it has more accounts than the policy takes
/// @retval OMADM_ERR_BOOT_OUTSIDE      it reaches for more than accounts
/// @retval OMADM_ERR_NOT_INITIALISED   the document was not opened, or was moved
/// @retval OMADM_ERR_BUSY              called from a callback
/// @return another code from 1000 (misuse), 3300 (document) or 4000 (device); nothing has changed
///
/// Threads: one at a time for one object; not from an interrupt. Cost: reads the document, and one transaction.
///
/// # Safety
/// The pointers lead to what the contract says.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn omadm_bootstrap_apply(
    client: *mut omadm_client_t,
    bootstrap: *const omadm_bootstrap_t,
    work: *mut u8,
    work_size: usize,
    applied: *mut omadm_applied_t,
) -> omadm_result_t {
    // SAFETY: the contract of this function.
    unsafe {
        within(client, |call| {
            let document = copy(bootstrap)?;
            guard::place(applied)?;
            let work = guard::space(work, work_size)?;
            let mut servers = Servers::new();
            let mut add = |change: &Change<'_>| servers.add(change.server_id);
            let done = document.apply(call.tree(), work, &mut add)?;
            applied.write(servers.applied(done));
            Ok(())
        })
    }
}

/// The servers of the accounts of one document.
pub(crate) struct Servers {
    list: [omadm_server_t; OMADM_BOOTSTRAP_ACCOUNTS],
    count: u8,
}

impl Servers {
    pub(crate) const fn new() -> Self {
        let nobody = omadm_server_t {
            id: [0; OMADM_SERVER_ID_MAX],
            id_len: 0,
        };
        Self {
            list: [nobody; OMADM_BOOTSTRAP_ACCOUNTS],
            count: 0,
        }
    }

    /// One more; there are no more accounts than places.
    pub(crate) fn add(&mut self, server_id: &[u8]) {
        let Some(place) = self.list.get_mut(usize::from(self.count)) else {
            return;
        };
        for (to, octet) in place.id.iter_mut().zip(server_id) {
            *to = *octet;
        }
        place.id_len = u8::try_from(server_id.len()).unwrap_or_default();
        self.count = self.count.saturating_add(1);
    }

    pub(crate) fn applied(self, done: Applied) -> omadm_applied_t {
        omadm_applied_t {
            servers: self.list,
            server_count: self.count,
            connect_now: done.connect_now.into(),
            is_repeat: done.is_repeat.into(),
        }
    }
}

/// Turns the caller's pointer into ours.
fn locate(bootstrap: *mut omadm_bootstrap_t) -> Result<*mut Opened, omadm_result_t> {
    guard::place(bootstrap)?;
    Ok(bootstrap.cast())
}

/// The value of `Opened::mark` for a document at this address: never 0, and another one after a move.
fn mark(place: *mut Opened) -> usize {
    place.addr() ^ 0x6F6D_4203
}

/// A copy of the document, so that no reference leads into the caller's memory while callbacks run.
///
/// # Safety
/// `bootstrap` is NULL or leads to memory that was zeroed or opened; what was opened still stands.
unsafe fn copy(bootstrap: *const omadm_bootstrap_t) -> Result<Bootstrap<'static>, omadm_result_t> {
    let place = locate(bootstrap.cast_mut())?;
    // SAFETY: an integer that C zeroed or this library wrote; with the right mark the rest was written too, and has
    // nothing to drop.
    unsafe {
        if (&raw const (*place).mark).read() != mark(place) {
            return Err(OMADM_ERR_NOT_INITIALISED);
        }
        Ok((&raw const (*place).document).read())
    }
}

/// Writes a document back to where [`copy`] found it.
///
/// # Safety
/// As for [`copy`].
unsafe fn keep(
    bootstrap: *mut omadm_bootstrap_t,
    document: Bootstrap<'static>,
) -> Result<(), omadm_result_t> {
    let place = locate(bootstrap)?;
    // SAFETY: `copy` found a document here.
    unsafe { (&raw mut (*place).document).write(document) };
    Ok(())
}

pub(crate) fn profile(profile: omadm_profile_t) -> Result<Profile, omadm_result_t> {
    match profile {
        OMADM_PROFILE_PROVISIONING => Ok(Profile::Provisioning),
        #[cfg(feature = "tnds")]
        OMADM_PROFILE_MESSAGE => Ok(Profile::Message),
        #[cfg(not(feature = "tnds"))]
        OMADM_PROFILE_MESSAGE => Err(OMADM_ERR_FEATURE),
        _ => Err(OMADM_ERR_ARGUMENT),
    }
}

/// # Safety
/// The texts of the document stay as long as it does.
unsafe fn origin(document: &omadm_document_t) -> Result<Origin<'static>, omadm_result_t> {
    // SAFETY: the rule is the same.
    unsafe {
        match document.origin {
            OMADM_ORIGIN_PUSH => Ok(Origin::Push {
                sec: sec(document.sec)?,
                mac: guard::bytes(document.mac.cast(), document.mac_len)?,
            }),
            OMADM_ORIGIN_SECURED => Ok(Origin::Secured {
                name: guard::text(document.peer, document.peer_len)?,
            }),
            OMADM_ORIGIN_SMART_CARD => Ok(Origin::SmartCard),
            OMADM_ORIGIN_FACTORY => Ok(Origin::Factory),
            _ => Err(OMADM_ERR_ARGUMENT),
        }
    }
}

fn sec(sec: omadm_sec_t) -> Result<Option<Sec>, omadm_result_t> {
    match sec {
        OMADM_SEC_NONE => Ok(None),
        OMADM_SEC_NETWORK_ID => Ok(Some(Sec::NetworkId)),
        OMADM_SEC_USER_PIN => Ok(Some(Sec::UserPin)),
        OMADM_SEC_USER_PIN_NETWORK_ID => Ok(Some(Sec::UserPinNetworkId)),
        OMADM_SEC_USER_PIN_MAC => Ok(Some(Sec::UserPinMac)),
        _ => Err(OMADM_ERR_ARGUMENT),
    }
}

pub(crate) fn rules(given: Option<&omadm_bootstrap_policy_t>) -> BootstrapPolicy {
    let given = given.copied().unwrap_or_default();
    let mut policy = BootstrapPolicy::DEFAULT;
    policy.push = given.push != 0;
    policy.network_id_alone = given.network_id_alone != 0;
    policy.ask = given.never_ask == 0;
    policy.smart_card = given.no_smart_card == 0;
    policy.secured = given.no_secured == 0;
    if given.accounts != 0 {
        policy.accounts = given.accounts;
    }
    policy
}

impl From<Refused> for Fault {
    fn from(refused: Refused) -> Self {
        let (result, detail) = match refused {
            Refused::Policy => (OMADM_ERR_BOOT_POLICY, 0),
            Refused::NoProof => (OMADM_ERR_BOOT_NO_PROOF, 0),
            Refused::WrongProof(left) => (OMADM_ERR_BOOT_WRONG_PROOF, left.into()),
            Refused::NoConsent => (OMADM_ERR_BOOT_NO_CONSENT, 0),
            Refused::Secret => (OMADM_ERR_BOOT_SECRET, 0),
            Refused::Xml => (OMADM_ERR_BOOT_XML, 0),
            Refused::Codec(_, at) => (OMADM_ERR_BOOT_UNREADABLE, at.into()),
            Refused::NoAccount => (OMADM_ERR_BOOT_NO_ACCOUNT, 0),
            Refused::Incomplete => (OMADM_ERR_BOOT_INCOMPLETE, 0),
            Refused::TakeOver => (OMADM_ERR_BOOT_TAKE_OVER, 0),
            Refused::Version => (OMADM_ERR_BOOT_VERSION, 0),
            Refused::Command => (OMADM_ERR_BOOT_COMMAND, 0),
            Refused::Outside => (OMADM_ERR_BOOT_OUTSIDE, 0),
            Refused::Replayed => (OMADM_ERR_BOOT_REPLAYED, 0),
            Refused::Card(CardFault::Rejected) => (OMADM_ERR_BOOT_CARD_REJECTED, 0),
            Refused::Card(CardFault::TooLarge) => (OMADM_ERR_BOOT_CARD_SIZE, 0),
            Refused::Card(_) => (OMADM_ERR_BOOT_CARD, 0),
            Refused::Device(reason) => return reason.into(),
            _ => (OMADM_ERR_BOOT, 0),
        };
        Self { result, detail }
    }
}
