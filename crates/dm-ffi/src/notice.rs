//! Notifications: a push that asks for a session.

use core::ffi::c_char;

#[cfg(feature = "profile13")]
use dm_core::{Bearer, NoticeOptions};
use dm_core::{Initiator, Notice, NoticeRules, Notification, Rejected, Trigger, UiMode, Verified};

use crate::guard;
use crate::object::within;
use crate::result::{
    Fault,
    omadm_result_t::{self, *},
};
use crate::session::{Event, drive};
use crate::types::{omadm_client_t, omadm_notice_rules_t, omadm_step_t};

/// What the server wants the user to know of the session. One of OMADM_UI_MODE_...
pub type omadm_ui_mode_t = u8;
/// Nothing was said: as the device likes.
pub const OMADM_UI_MODE_NOT_SPECIFIED: omadm_ui_mode_t = 0;
/// Nothing: the session is silent.
pub const OMADM_UI_MODE_BACKGROUND: omadm_ui_mode_t = 1;
/// The user is told that it begins.
pub const OMADM_UI_MODE_INFORMATIVE: omadm_ui_mode_t = 2;
/// The user is asked, and without a yes there is no session.
pub const OMADM_UI_MODE_USER_INTERACTION: omadm_ui_mode_t = 3;

/// What a notification asks for. Its pointers lead into the octets of the notification, or to constants.
#[repr(C)]
#[derive(Clone, Copy, Debug)]
pub struct omadm_notice_t {
    /// ServerID of the account to contact.
    pub server_id: *const c_char,
    /// Octets of it.
    pub server_id_len: usize,
    /// The special nonce when the digest was right with that one alone; NULL else.
    pub nonce: *const u8,
    /// Octets of it.
    pub nonce_size: usize,
    /// What the vendor put into it.
    pub vendor: *const u8,
    /// Octets of it.
    pub vendor_size: usize,
    /// Feature `profile13`: the options of a 1.3 notification, for omadm_notice_options(). NULL: there are none.
    pub options: *const u8,
    /// Octets of them.
    pub options_size: usize,
    /// SessionID that the server chose.
    pub session_id: u16,
    /// OMADM_UI_MODE_... With `has_user` of the configuration OMADM_STEP_ASK comes before package 1; else it is the caller's
    /// to decide whether there is a session.
    pub ui_mode: omadm_ui_mode_t,
    /// 1: the user or the client wanted the session, as the server sees it; 0: the server.
    pub by_user: u8,
}

/// Judges a notification of DM 1.2 (`application/vnd.syncml.notification`, 0x44), without what carried it. OMADM_OK: hand
/// the notice to omadm_start_notified() when no other session is under way, for that would be dropped. On every other code
/// nothing may be sent to anybody because of it.
///
/// Eight sessions of one server in a row are accepted, then one in ten minutes, unless `notices` of the configuration says
/// something else.
///
/// @param client  the object
/// @param data    the octets
/// @param size    number of octets
/// @param notice  out: what is asked for; good as long as the octets stay
/// @retval OMADM_OK                       `notice` is written
/// @retval OMADM_ERR_NOTICE               the notification was refused for a reason without a code of its own
/// @retval OMADM_ERR_NOTICE_MALFORMED     its lengths contradict each other, or it has no usable SessionID
/// @retval OMADM_ERR_NOTICE_VERSION       it is of another version; omadm_detail() gives ten times its number
/// @retval OMADM_ERR_NOTICE_UNSIGNED      its hash is none that this build or the policy takes
/// @retval OMADM_ERR_NOTICE_SERVER        no account has its server identifier
/// @retval OMADM_ERR_NOTICE_CREDENTIALS   the account has no secret to check it with
/// @retval OMADM_ERR_NOTICE_DIGEST        it was not made with the secret and nonce of the account
/// @retval OMADM_ERR_NOTICE_NONCE         it is right with the special nonce only, which is not to be used
/// @retval OMADM_ERR_NOTICE_REPLAYED      it was accepted before
/// @retval OMADM_ERR_NOTICE_TOO_MANY      there were too many
/// @retval OMADM_ERR_BUSY                 called from a callback
/// @return another code from 1000 (misuse) or 4000 (device)
///
/// Threads: one at a time for one object; not from an interrupt. The session under way, if any, is not touched. Cost: one
/// hash over the notification for each entry of the server's credentials, three with `resync`, and one `store_write` when
/// it is accepted.
///
/// # Safety
/// The pointers lead to what the contract says.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn omadm_notified(
    client: *mut omadm_client_t,
    data: *const u8,
    size: usize,
    notice: *mut omadm_notice_t,
) -> omadm_result_t {
    // SAFETY: the contract of this function.
    unsafe { judge(client, data, size, notice, Notification::V1_2) }
}

/// Judges a notification of one of the two kinds.
///
/// # Safety
/// As for the calls.
unsafe fn judge<'n>(
    client: *mut omadm_client_t,
    data: *const u8,
    size: usize,
    notice: *mut omadm_notice_t,
    kind: fn(&'n [u8]) -> Notification<'n>,
) -> omadm_result_t {
    // SAFETY: the contract of the calls.
    unsafe {
        within(client, |call| {
            guard::place(notice)?;
            let octets = guard::bytes(data, size)?;
            let now = &call.moment()?;
            let (client, tree) = call.both();
            let trigger = client.notified(tree, kind(octets), now)?;
            let Trigger::Server(proved) = trigger else {
                return Err(OMADM_ERR_NOTICE.into());
            };
            notice.write(shown(proved.get()));
            Ok(())
        })
    }
}

/// Begins the session that a notification asks for. A session under way is dropped first; what was answered in it stays.
///
/// @param client  the object
/// @param notice  what omadm_notified() or omadm_notified13() wrote, and nothing else: it is taken as proved
/// @param step    out: what to do next
/// @retval OMADM_OK             `step` is written
/// @retval OMADM_ERR_NULL       a pointer is NULL
/// @retval OMADM_ERR_ARGUMENT   a number of the notice is none of those that its field takes
/// @return another code, as omadm_start()
///
/// Threads: one at a time for one object; not from an interrupt. Cost: as omadm_start().
///
/// # Safety
/// The pointers lead to what the contract says; the octets of the notification are still there, and stay until the first step
/// that is no OMADM_STEP_ASK.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn omadm_start_notified(
    client: *mut omadm_client_t,
    notice: *const omadm_notice_t,
    step: *mut omadm_step_t,
) -> omadm_result_t {
    // SAFETY: the contract of this function.
    unsafe {
        within(client, |call| {
            guard::place(notice)?;
            let from = &*notice;
            let server_id = guard::text(from.server_id, from.server_id_len)?;
            let mut notice = Notice::new(server_id, from.session_id);
            let nonce = guard::bytes(from.nonce, from.nonce_size)?;
            notice.nonce = Some(nonce).filter(|nonce| !nonce.is_empty());
            notice.vendor = guard::bytes(from.vendor, from.vendor_size)?;
            notice.ui_mode = match from.ui_mode {
                OMADM_UI_MODE_NOT_SPECIFIED => UiMode::NotSpecified,
                OMADM_UI_MODE_BACKGROUND => UiMode::Background,
                OMADM_UI_MODE_INFORMATIVE => UiMode::Informative,
                OMADM_UI_MODE_USER_INTERACTION => UiMode::UserInteraction,
                _ => return Err(OMADM_ERR_ARGUMENT.into()),
            };
            notice.initiator = match from.by_user {
                0 => Initiator::Server,
                _ => Initiator::User,
            };
            #[cfg(feature = "profile13")]
            {
                let octets = guard::bytes(from.options, from.options_size)?;
                notice.options = NoticeOptions::of(octets);
            }
            // `omadm_notified` proved it; that nothing else comes here is a rule for the caller.
            let proved = Verified::dangerous_assume(notice);
            drive(call, Event::Start(Trigger::Server(proved)), step)
        })
    }
}

/// Judges a notification of the 1.3 profile (`application/vnd.syncml.dm.notification`, 0x58), without what carried it, as
/// omadm_notified() does it with one of DM 1.2. OMADM_OK: look at its options with omadm_notice_options(), and hand the
/// notice to omadm_start_notified().
///
/// The form of these notifications is this project's reading of drafts, not the published standard.
///
/// @param client  the object
/// @param data    the octets
/// @param size    number of octets
/// @param notice  out: what is asked for; good as long as the octets stay
/// @retval OMADM_OK                  `notice` is written
/// @retval OMADM_ERR_NOTICE_EXPIRED  the notification is not to be acted upon any more
/// @return another code, as omadm_notified()
///
/// Threads: one at a time for one object; not from an interrupt. The session under way, if any, is not touched. Cost: as
/// omadm_notified().
///
/// # Safety
/// The pointers lead to what the contract says.
#[cfg(feature = "profile13")]
#[unsafe(no_mangle)]
pub unsafe extern "C" fn omadm_notified13(
    client: *mut omadm_client_t,
    data: *const u8,
    size: usize,
    notice: *mut omadm_notice_t,
) -> omadm_result_t {
    // SAFETY: the contract of this function.
    unsafe { judge(client, data, size, notice, Notification::V1_3) }
}

/// Options of one notification, at most.
#[cfg(feature = "profile13")]
pub const OMADM_OPTIONS_MAX: usize = 31;

/// A way to reach the server. One of OMADM_BEARER_...
#[cfg(feature = "profile13")]
pub type omadm_bearer_t = u8;
/// Any.
#[cfg(feature = "profile13")]
pub const OMADM_BEARER_ANY: omadm_bearer_t = 0;
/// Packet data of a cellular network.
#[cfg(feature = "profile13")]
pub const OMADM_BEARER_CELLULAR_PACKET: omadm_bearer_t = 1;
/// Wireless LAN.
#[cfg(feature = "profile13")]
pub const OMADM_BEARER_WLAN: omadm_bearer_t = 2;
/// A wire.
#[cfg(feature = "profile13")]
pub const OMADM_BEARER_WIRED: omadm_bearer_t = 3;
/// Circuit-switched data of a cellular network.
#[cfg(feature = "profile13")]
pub const OMADM_BEARER_CELLULAR_CIRCUIT: omadm_bearer_t = 4;
/// Bluetooth or a serial line.
#[cfg(feature = "profile13")]
pub const OMADM_BEARER_SHORT_RANGE: omadm_bearer_t = 5;

/// The options of a notification of the 1.3 profile. Its pointer leads into the octets of the notification.
#[cfg(feature = "profile13")]
#[repr(C)]
#[derive(Clone, Copy, Debug)]
pub struct omadm_options_t {
    /// Why the server wants the session, a text for the user; NULL: not said.
    pub reason: *const c_char,
    /// Octets of it.
    pub reason_len: usize,
    /// Seconds since 1970-01-01T00:00:00Z after which it is not to be acted upon; see `has_expiration`.
    pub expires: u32,
    /// Numbers of the management objects that the session is about (OMNA MO index).
    pub targeted: [u16; OMADM_OPTIONS_MAX],
    /// Numbers of the management objects that the server wants to have in package 1; the client sends what it can.
    pub requested: [u16; OMADM_OPTIONS_MAX],
    /// OMADM_BEARER_..., the preferred one first; those not known are left out.
    pub bearers: [omadm_bearer_t; OMADM_OPTIONS_MAX],
    /// Number of `targeted`.
    pub targeted_count: u8,
    /// Number of `requested`.
    pub requested_count: u8,
    /// Number of `bearers`.
    pub bearer_count: u8,
    /// 1: `expires` was said. omadm_notified13() refuses one that has expired on a device that knows the time; on another one it is
    /// the caller's to judge.
    pub has_expiration: u8,
}

/// Reads the options of a notification of the 1.3 profile. One of DM 1.2 has none.
///
/// @param notice   what omadm_notified13() wrote
/// @param options  out: the options; good as long as the octets of the notification
/// @retval OMADM_OK             `options` is written
/// @retval OMADM_ERR_NULL       a pointer is NULL
/// @retval OMADM_ERR_ALIGNMENT  a pointer is misaligned
///
/// Threads: any, one at a time for one notice. Cost: five looks at each option.
///
/// # Safety
/// The pointers lead to what the contract says; the octets of the notification are still there.
#[cfg(feature = "profile13")]
#[unsafe(no_mangle)]
pub unsafe extern "C" fn omadm_notice_options(
    notice: *const omadm_notice_t,
    options: *mut omadm_options_t,
) -> omadm_result_t {
    let found = guard::place(notice)
        .and_then(|()| guard::place(options))
        // SAFETY: not NULL and aligned; the rest is the contract of this function.
        .and_then(|()| unsafe { guard::bytes((*notice).options, (*notice).options_size) });
    let given = match found {
        Ok(octets) => NoticeOptions::of(octets),
        Err(result) => return result,
    };
    let mut read = omadm_options_t {
        reason: core::ptr::null(),
        reason_len: 0,
        expires: given.expires().unwrap_or_default(),
        targeted: [0; _],
        requested: [0; _],
        bearers: [0; _],
        targeted_count: 0,
        requested_count: 0,
        bearer_count: 0,
        has_expiration: given.expires().is_some().into(),
    };
    if let Some(reason) = given.connect_reason() {
        (read.reason, read.reason_len) = (reason.as_ptr().cast(), reason.len());
    }
    read.targeted_count = collect(given.targeted_mos(), &mut read.targeted);
    read.requested_count = collect(given.requested_mos(), &mut read.requested);
    read.bearer_count = collect(given.bearers().map(bearer), &mut read.bearers);
    // SAFETY: not NULL, aligned, and writable by the contract of this function.
    unsafe { options.write(read) };
    OMADM_OK
}

/// Copies as many as there are places; their number.
#[cfg(feature = "profile13")]
fn collect<T>(from: impl Iterator<Item = T>, to: &mut [T; OMADM_OPTIONS_MAX]) -> u8 {
    let mut count = 0u8;
    for (place, item) in to.iter_mut().zip(from) {
        *place = item;
        count = count.saturating_add(1);
    }
    count
}

#[cfg(feature = "profile13")]
const fn bearer(bearer: Bearer) -> omadm_bearer_t {
    match bearer {
        Bearer::CellularPacket => OMADM_BEARER_CELLULAR_PACKET,
        Bearer::Wlan => OMADM_BEARER_WLAN,
        Bearer::Wired => OMADM_BEARER_WIRED,
        Bearer::CellularCircuit => OMADM_BEARER_CELLULAR_CIRCUIT,
        Bearer::ShortRange => OMADM_BEARER_SHORT_RANGE,
        _ => OMADM_BEARER_ANY,
    }
}

/// How many notifications were accepted and refused since omadm_init(). Neither number wraps around.
#[repr(C)]
#[derive(Clone, Copy, Debug)]
pub struct omadm_notice_counts_t {
    /// Those that were accepted.
    pub accepted: u16,
    /// Those that were refused, whatever the reason.
    pub rejected: u16,
}

/// Tells how many notifications there were. Many refused ones are a sign of somebody who tries.
///
/// @param client  the object
/// @param counts  out: the numbers
/// @retval OMADM_OK        `counts` is written
/// @retval OMADM_ERR_NULL  a pointer is NULL
/// @retval OMADM_ERR_BUSY  called from a callback
/// @return another code from 1000 (misuse)
///
/// Threads: one at a time for one object; not from an interrupt. Cost: none to speak of.
///
/// # Safety
/// The pointers lead to what the contract says.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn omadm_notice_counts(
    client: *mut omadm_client_t,
    counts: *mut omadm_notice_counts_t,
) -> omadm_result_t {
    // SAFETY: the contract of this function.
    unsafe {
        within(client, |call| {
            guard::place(counts)?;
            let seen = call.both().0.notice_counts();
            counts.write(omadm_notice_counts_t {
                accepted: seen.accepted,
                rejected: seen.rejected,
            });
            Ok(())
        })
    }
}

/// What the configuration says about notifications.
pub(crate) fn rules(config: &omadm_notice_rules_t) -> NoticeRules {
    let mut rules = NoticeRules::DEFAULT;
    if config.burst != 0 {
        rules.burst = config.burst;
    }
    if config.interval != 0 {
        rules.interval = config.interval;
    }
    rules.lenient_version = config.lenient_version != 0;
    #[cfg(feature = "profile13")]
    {
        rules.session_credentials = config.session_credentials != 0;
    }
    rules
}

fn shown(notice: &Notice<'_>) -> omadm_notice_t {
    #[cfg(feature = "profile13")]
    let options = notice.options.octets();
    #[cfg(not(feature = "profile13"))]
    let options: &[u8] = &[];
    let nonce = notice.nonce.unwrap_or_default();
    omadm_notice_t {
        server_id: notice.server_id.as_ptr().cast(),
        server_id_len: notice.server_id.len(),
        nonce: nonce.as_ptr(),
        nonce_size: nonce.len(),
        vendor: notice.vendor.as_ptr(),
        vendor_size: notice.vendor.len(),
        options: match options {
            [] => core::ptr::null(),
            options => options.as_ptr(),
        },
        options_size: options.len(),
        session_id: notice.session_id,
        ui_mode: match notice.ui_mode {
            UiMode::NotSpecified => OMADM_UI_MODE_NOT_SPECIFIED,
            UiMode::Background => OMADM_UI_MODE_BACKGROUND,
            UiMode::Informative => OMADM_UI_MODE_INFORMATIVE,
            UiMode::UserInteraction => OMADM_UI_MODE_USER_INTERACTION,
        },
        by_user: (notice.initiator == Initiator::User).into(),
    }
}

impl From<Rejected> for Fault {
    fn from(rejected: Rejected) -> Self {
        let result = match rejected {
            Rejected::Malformed => OMADM_ERR_NOTICE_MALFORMED,
            Rejected::Version(version) => {
                return Self {
                    result: OMADM_ERR_NOTICE_VERSION,
                    detail: version.into(),
                };
            }
            Rejected::Unsigned => OMADM_ERR_NOTICE_UNSIGNED,
            Rejected::UnknownServer => OMADM_ERR_NOTICE_SERVER,
            Rejected::NoCredentials => OMADM_ERR_NOTICE_CREDENTIALS,
            Rejected::Digest => OMADM_ERR_NOTICE_DIGEST,
            Rejected::SpecialNonce => OMADM_ERR_NOTICE_NONCE,
            Rejected::Replayed => OMADM_ERR_NOTICE_REPLAYED,
            Rejected::TooMany => OMADM_ERR_NOTICE_TOO_MANY,
            Rejected::Expired => OMADM_ERR_NOTICE_EXPIRED,
            Rejected::Device(reason) => return reason.into(),
            _ => OMADM_ERR_NOTICE,
        };
        result.into()
    }
}
