//! Bootstrap from the card in the device.

use core::ffi::{c_char, c_void};

use dm_core::bootstrap::{
    BOOTSTRAP_ACCOUNTS_MAX, CardFault, Profile, SmartCard, apply_card, imsi, remove_card_accounts,
};

use crate::bootstrap::{
    OMADM_PROFILE_PROVISIONING, Servers, omadm_applied_t, omadm_bootstrap_policy_t,
    omadm_profile_t, omadm_server_t, profile, rules,
};
use crate::guard;
use crate::object::within;
use crate::result::omadm_result_t::{self, *};
use crate::types::omadm_client_t;

/// What reading a card came to. One of OMADM_CARD_...
pub type omadm_card_result_t = u32;
/// Its data was copied.
pub const OMADM_CARD_DATA: omadm_card_result_t = 0;
/// There is no card, or nothing on it: the accounts that came from a card go.
pub const OMADM_CARD_EMPTY: omadm_card_result_t = 1;
/// The device does not accept this card, for example because it is locked to another operator.
pub const OMADM_CARD_REJECTED: omadm_card_result_t = 2;
/// It does not answer, or not sensibly. Every other number means this, too.
pub const OMADM_CARD_FAILED: omadm_card_result_t = 3;
/// Its data is larger than the memory for it.
pub const OMADM_CARD_TOO_LARGE: omadm_card_result_t = 4;

/// Reads a card: copies its bootstrap data to the front of `buf`, and writes what it is (OMADM_PROFILE_..., which is
/// OMADM_PROFILE_PROVISIONING before the call) and its length. Gives OMADM_CARD_...
///
/// How data lies on the card, and where a PIN for it comes from, is the firmware's matter.
pub type omadm_card_read_t = Option<
    unsafe extern "C" fn(
        user: *mut c_void,
        buf: *mut u8,
        size: usize,
        profile: *mut omadm_profile_t,
        len: *mut usize,
    ) -> omadm_card_result_t,
>;

/// A card behind a C function.
struct Card {
    read: unsafe extern "C" fn(
        *mut c_void,
        *mut u8,
        usize,
        *mut omadm_profile_t,
        *mut usize,
    ) -> omadm_card_result_t,
    user: *mut c_void,
}

impl SmartCard for Card {
    fn read_bootstrap(&mut self, buf: &mut [u8]) -> Result<Option<(Profile, usize)>, CardFault> {
        let (mut what, mut len) = (OMADM_PROFILE_PROVISIONING, 0);
        let (data, size) = (buf.as_mut_ptr(), buf.len());
        // SAFETY: the function takes the user it was given with; the other pointers hold for the call.
        match unsafe { (self.read)(self.user, data, size, &raw mut what, &raw mut len) } {
            OMADM_CARD_DATA if len > size => Err(CardFault::TooLarge),
            OMADM_CARD_DATA => match profile(what) {
                Ok(profile) => Ok(Some((profile, len))),
                Err(_) => Err(CardFault::Failed),
            },
            OMADM_CARD_EMPTY => Ok(None),
            OMADM_CARD_REJECTED => Err(CardFault::Rejected),
            OMADM_CARD_TOO_LARGE => Err(CardFault::TooLarge),
            _ => Err(CardFault::Failed),
        }
    }
}

/// Reads the card and makes its accounts those of the device. To be called at switch-on, and when a card was put in or taken
/// out. What is on the card is applied, and accounts that came from a card and are not on it any more go; both at once, or
/// neither.
///
/// @param client     the object
/// @param read       reads the card
/// @param user       its first argument
/// @param policy     from where accounts are taken; NULL: as zeroed. With `no_smart_card` the card is not even read
/// @param buf        where its data goes
/// @param buf_size   octets of it
/// @param work       scratch; as long as the longest value of the data, name and address
/// @param work_size  octets of it
/// @param applied    out: whose accounts they are; none when the card was empty, or its data was applied before
/// @retval OMADM_OK                      `applied` is written
/// @retval OMADM_ERR_BOOT_POLICY         the policy takes nothing from cards, or not so many accounts
/// @retval OMADM_ERR_BOOT_CARD           the card does not answer, or not sensibly
/// @retval OMADM_ERR_BOOT_CARD_REJECTED  the device does not accept the card
/// @retval OMADM_ERR_BOOT_CARD_SIZE      its data is larger than `buf`
/// @retval OMADM_ERR_NULL                a pointer that is needed is NULL
/// @retval OMADM_ERR_BUSY                called from a callback
/// @return another code, as omadm_bootstrap_apply(); nothing has changed
///
/// Threads: one at a time for one object, between sessions; not from an interrupt. Cost: one call of `read`; when the data is
/// new, or the card is gone, one transaction.
///
/// # Safety
/// The pointers lead to what the contract says.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn omadm_card_apply(
    client: *mut omadm_client_t,
    read: omadm_card_read_t,
    user: *mut c_void,
    policy: *const omadm_bootstrap_policy_t,
    buf: *mut u8,
    buf_size: usize,
    work: *mut u8,
    work_size: usize,
    applied: *mut omadm_applied_t,
) -> omadm_result_t {
    // SAFETY: the contract of this function.
    unsafe {
        within(client, |call| {
            let read = read.ok_or(OMADM_ERR_NULL)?;
            guard::place(applied)?;
            let pieces = [
                guard::Piece::new(buf, buf_size)?,
                guard::Piece::new(work, work_size)?,
            ];
            if guard::Piece::any_overlap(&pieces) {
                return Err(OMADM_ERR_OVERLAP.into());
            }
            let memory = (guard::space(buf, buf_size)?, guard::space(work, work_size)?);
            let mut servers = Servers::new();
            let mut card = Card { read, user };
            let done = apply_card(
                call.tree(),
                &mut card,
                rules(policy.as_ref()),
                memory,
                &mut |change| servers.add(change.server_id),
            )?;
            applied.write(servers.applied(done));
            Ok(())
        })
    }
}

/// Removes the accounts that came from a card, and the rights of their servers everywhere. omadm_card_apply() does that by
/// itself when there is no card; this is for a device that knows of it in another way, or keeps some of them.
///
/// @param client      the object
/// @param keep        the servers whose accounts stay; may be NULL when keep_count is 0
/// @param keep_count  number of them; OMADM_BOOTSTRAP_ACCOUNTS at most
/// @retval OMADM_OK            they are gone, or there were none
/// @retval OMADM_ERR_ARGUMENT  more than OMADM_BOOTSTRAP_ACCOUNTS, or an identifier longer than its place
/// @retval OMADM_ERR_NULL      a pointer that is needed is NULL
/// @retval OMADM_ERR_BUSY      called from a callback
/// @return another code from 1000 (misuse) or 4000 (device); nothing has changed
///
/// Threads: one at a time for one object, between sessions; not from an interrupt. Cost: looks at every account, and one
/// transaction.
///
/// # Safety
/// The pointers lead to what the contract says.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn omadm_card_remove(
    client: *mut omadm_client_t,
    keep: *const omadm_server_t,
    keep_count: usize,
) -> omadm_result_t {
    // SAFETY: the contract of this function.
    unsafe {
        within(client, |call| {
            if keep_count > BOOTSTRAP_ACCOUNTS_MAX {
                return Err(OMADM_ERR_ARGUMENT.into());
            }
            let kept: &[omadm_server_t] = match keep_count {
                0 => &[],
                count => {
                    guard::place(keep)?;
                    core::slice::from_raw_parts(keep, count)
                }
            };
            let mut ids: [&[u8]; BOOTSTRAP_ACCOUNTS_MAX] = [&[]; _];
            for (id, server) in ids.iter_mut().zip(kept) {
                let octets = server.id.get(..server.id_len.into());
                *id = octets.ok_or(OMADM_ERR_ARGUMENT)?;
            }
            let ids = ids.get(..keep_count).unwrap_or_default();
            Ok(remove_card_accounts(call.tree(), ids)?)
        })
    }
}

/// Octets of the longest IMSI as network and device share it.
pub const OMADM_IMSI_SIZE: usize = 8;

/// Gives an IMSI as omadm_bootstrap_prove() takes it for client provisioning: semi-octets, the low half first.
///
/// @param digits      the IMSI, 1 to 15 decimal digits
/// @param digits_len  number of them
/// @param key         out: OMADM_IMSI_SIZE octets
/// @param key_len     out: octets of it that count
/// @retval OMADM_OK            both are written
/// @retval OMADM_ERR_NULL      a pointer is NULL
/// @retval OMADM_ERR_ALIGNMENT a pointer is misaligned
/// @retval OMADM_ERR_UTF8      the digits are no text
/// @retval OMADM_ERR_ARGUMENT  it is no IMSI
///
/// Threads: any, also from an interrupt. Cost: none to speak of.
///
/// # Safety
/// The pointers lead to what the contract says.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn omadm_imsi(
    digits: *const c_char,
    digits_len: usize,
    key: *mut u8,
    key_len: *mut usize,
) -> omadm_result_t {
    // SAFETY: the contract of this function.
    let outcome = unsafe {
        guard::place(key)
            .and_then(|()| guard::place(key_len))
            .and_then(|()| guard::text(digits, digits_len))
    };
    let digits = match outcome {
        Ok(digits) => digits,
        Err(result) => return result,
    };
    let mut octets = [0; OMADM_IMSI_SIZE];
    let Some(len) = imsi(digits, &mut octets).map(<[u8]>::len) else {
        return OMADM_ERR_ARGUMENT;
    };
    // SAFETY: `guard` has found both not NULL and aligned; they can be written by the contract of this function.
    unsafe {
        key.cast::<[u8; OMADM_IMSI_SIZE]>().write(octets);
        key_len.write(len);
    }
    OMADM_OK
}
