//! The push door: what a server sends without being asked, unwrapped and told apart.

use core::ffi::c_char;

use dm_bindings::push::{Ignored, Kind, Push};
use dm_core::Sec;

use crate::guard;
use crate::result::omadm_result_t::{self, *};

/// What a push holds. One of OMADM_PUSH_...
pub type omadm_push_kind_t = u8;
/// A notification of DM 1.2, for omadm_notified().
pub const OMADM_PUSH_NOTIFICATION: omadm_push_kind_t = 1;
/// A notification of the 1.3 profile, for omadm_notified13(). Feature `profile13`.
pub const OMADM_PUSH_NOTIFICATION13: omadm_push_kind_t = 2;
/// A DM message in WBXML: a bootstrap with OMADM_PROFILE_MESSAGE, or nothing for this client.
pub const OMADM_PUSH_DM_WBXML: omadm_push_kind_t = 3;
/// A DM message in XML: never a bootstrap.
pub const OMADM_PUSH_DM_XML: omadm_push_kind_t = 4;
/// Client provisioning: a bootstrap with OMADM_PROFILE_PROVISIONING.
pub const OMADM_PUSH_PROVISIONING: omadm_push_kind_t = 5;

/// What a MAC was made with. One of OMADM_SEC_...
pub type omadm_sec_t = u8;
/// There is no MAC, or of a kind that nobody knows.
pub const OMADM_SEC_NONE: omadm_sec_t = 0;
/// What network and device share.
pub const OMADM_SEC_NETWORK_ID: omadm_sec_t = 1;
/// A PIN that the user was told.
pub const OMADM_SEC_USER_PIN: omadm_sec_t = 2;
/// Both.
pub const OMADM_SEC_USER_PIN_NETWORK_ID: omadm_sec_t = 3;
/// A PIN that holds its MAC.
pub const OMADM_SEC_USER_PIN_MAC: omadm_sec_t = 4;

/// A push without its wrapping. Its pointers lead into what it was read from, and nothing of it is proved.
#[repr(C)]
#[derive(Clone, Copy, Debug)]
pub struct omadm_push_t {
    /// The notification or document.
    pub body: *const u8,
    /// Octets of it.
    pub body_size: usize,
    /// The MAC as it was written, 40 hexadecimal digits; empty: there is none.
    pub mac: *const c_char,
    /// Octets of it.
    pub mac_len: usize,
    /// OMADM_PUSH_...
    pub kind: omadm_push_kind_t,
    /// OMADM_SEC_...
    pub sec: omadm_sec_t,
}

/// Unwraps a datagram: a connectionless WAP push.
///
/// @param port  UDP or WDP port that it arrived on; 2948 is the one for pushes
/// @param pdu   the octets
/// @param size  number of octets
/// @param push  out: what is in it; good as long as the octets stay
/// @retval OMADM_OK                     `push` is written
/// @retval OMADM_ERR_PUSH_MALFORMED     its lengths or codes contradict each other
/// @retval OMADM_ERR_PUSH_OTHER         it is for another port or application, or no push
/// @retval OMADM_ERR_PUSH_CONTENT_TYPE  it is of another media type
/// @retval OMADM_ERR_NULL               a pointer is NULL
/// @return another code from 1000 (misuse)
///
/// Threads: any. Cost: one look at each octet of the wrapping.
///
/// # Safety
/// The pointers lead to what the contract says.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn omadm_push_datagram(
    port: u16,
    pdu: *const u8,
    size: usize,
    push: *mut omadm_push_t,
) -> omadm_result_t {
    // SAFETY: the contract of this function.
    unsafe {
        give(
            guard::bytes(pdu, size),
            |pdu| Push::datagram(port, pdu),
            push,
        )
    }
}

/// Unwraps an object that was put over OBEX, whole, in one packet.
///
/// @param packet  the octets of the packet
/// @param size    number of octets
/// @param push    out: what is in it; good as long as the octets stay
/// @return as omadm_push_datagram()
///
/// Threads: any. Cost: one look at each octet of the wrapping.
///
/// # Safety
/// The pointers lead to what the contract says.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn omadm_push_put(
    packet: *const u8,
    size: usize,
    push: *mut omadm_push_t,
) -> omadm_result_t {
    // SAFETY: the contract of this function.
    unsafe { give(guard::bytes(packet, size), Push::put, push) }
}

/// Tells what a body is whose media type is known from elsewhere, on a channel that is one of DM.
///
/// @param media_type      text of a Content-Type field, with its parameters
/// @param media_type_len  octets of it
/// @param body            the octets
/// @param size            number of octets
/// @param push            out: what is in it; good as long as text and octets stay
/// @return as omadm_push_datagram()
///
/// Threads: any. Cost: one look at each octet of the media type.
///
/// # Safety
/// The pointers lead to what the contract says.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn omadm_push_typed(
    media_type: *const c_char,
    media_type_len: usize,
    body: *const u8,
    size: usize,
    push: *mut omadm_push_t,
) -> omadm_result_t {
    // SAFETY: the contract of this function.
    unsafe {
        let media_type = match guard::bytes(media_type.cast(), media_type_len) {
            Ok(media_type) => media_type,
            Err(result) => return result,
        };
        let typed = |body| Push::typed(media_type, body);
        give(guard::bytes(body, size), typed, push)
    }
}

/// Unwraps octets and writes what is in them.
///
/// # Safety
/// `to` is NULL or can be written when it is aligned.
unsafe fn give<'p>(
    octets: Result<&'p [u8], omadm_result_t>,
    read: impl FnOnce(&'p [u8]) -> Result<Push<'p>, Ignored>,
    to: *mut omadm_push_t,
) -> omadm_result_t {
    let push = match octets {
        Ok(_) if to.is_null() => return OMADM_ERR_NULL,
        Ok(_) if !to.is_aligned() => return OMADM_ERR_ALIGNMENT,
        Ok(octets) => read(octets).map_err(ignored).and_then(shown),
        Err(result) => Err(result),
    };
    match push {
        Ok(push) => {
            // SAFETY: not NULL, aligned, and writable by the rule of this function.
            unsafe { to.write(push) };
            OMADM_OK
        }
        Err(result) => result,
    }
}

pub(crate) fn shown(push: Push<'_>) -> Result<omadm_push_t, omadm_result_t> {
    Ok(omadm_push_t {
        body: push.body.as_ptr(),
        body_size: push.body.len(),
        mac: push.mac.as_ptr().cast(),
        mac_len: push.mac.len(),
        kind: match push.kind {
            Kind::Notification => OMADM_PUSH_NOTIFICATION,
            #[cfg(feature = "profile13")]
            Kind::Notification13 => OMADM_PUSH_NOTIFICATION13,
            Kind::DmWbxml => OMADM_PUSH_DM_WBXML,
            Kind::DmXml => OMADM_PUSH_DM_XML,
            Kind::Provisioning => OMADM_PUSH_PROVISIONING,
            _ => return Err(OMADM_ERR_PUSH_CONTENT_TYPE),
        },
        sec: match push.sec {
            Some(Sec::NetworkId) => OMADM_SEC_NETWORK_ID,
            Some(Sec::UserPin) => OMADM_SEC_USER_PIN,
            Some(Sec::UserPinNetworkId) => OMADM_SEC_USER_PIN_NETWORK_ID,
            Some(Sec::UserPinMac) => OMADM_SEC_USER_PIN_MAC,
            _ => OMADM_SEC_NONE,
        },
    })
}

pub(crate) const fn ignored(why: Ignored) -> omadm_result_t {
    match why {
        Ignored::Malformed => OMADM_ERR_PUSH_MALFORMED,
        Ignored::ContentType => OMADM_ERR_PUSH_CONTENT_TYPE,
        Ignored::NotPush | Ignored::Port | Ignored::Application => OMADM_ERR_PUSH_OTHER,
        Ignored::TooLarge => OMADM_ERR_PUSH_TOO_LARGE,
        _ => OMADM_ERR_PUSH,
    }
}
