//! What the library was built with.

/// Abilities of the library: a sum of OMADM_HAS_...
pub type omadm_features_t = u32;
/// Messages in WBXML.
pub const OMADM_HAS_WBXML: omadm_features_t = 1;
/// Messages in XML.
pub const OMADM_HAS_XML: omadm_features_t = 2;
/// `syncml:auth-md5`.
pub const OMADM_HAS_MD5: omadm_features_t = 4;
/// `syncml:auth-SHA256`.
pub const OMADM_HAS_SHA256: omadm_features_t = 8;
/// `syncml:auth-MAC`.
pub const OMADM_HAS_HMAC: omadm_features_t = 16;
/// The command Atomic.
pub const OMADM_HAS_ATOMIC: omadm_features_t = 32;
/// The command Copy.
pub const OMADM_HAS_COPY: omadm_features_t = 64;
/// Get of `?list=Struct` and `?list=StructData`.
pub const OMADM_HAS_LIST: omadm_features_t = 128;
/// Tree serialisation: `?list=TNDS`, and Add of a subtree.
pub const OMADM_HAS_TNDS: omadm_features_t = 256;
/// Values larger than a message.
pub const OMADM_HAS_LARGE_OBJECT: omadm_features_t = 512;
/// Questions to the user.
pub const OMADM_HAS_UI: omadm_features_t = 1024;
/// omadm_raise(), omadm_finish().
pub const OMADM_HAS_EVENTS: omadm_features_t = 2048;
/// omadm_refusal().
pub const OMADM_HAS_REASONS: omadm_features_t = 4096;
/// omadm_notified().
pub const OMADM_HAS_NOTIFICATION: omadm_features_t = 8192;

/// omadm_push_datagram() and its sisters.
pub const OMADM_HAS_PUSH: omadm_features_t = 16384;
/// omadm_bootstrap_open() and its sisters.
pub const OMADM_HAS_BOOTSTRAP: omadm_features_t = 32768;
/// This project's profile of DM 1.3.
pub const OMADM_HAS_PROFILE13: omadm_features_t = 65536;
/// The properties Size, Title, TStamp and VerNo.
pub const OMADM_HAS_PROPERTIES: omadm_features_t = 131072;
/// With a store of the port: dynamic nodes, ACLs and titles survive a restart.
pub const OMADM_HAS_DURABLE: omadm_features_t = 262_144;
/// Leaves of the formats date, time and float.
pub const OMADM_HAS_FORMATS: omadm_features_t = 524_288;

/// The abilities of the library.
///
/// @return the sum of OMADM_HAS_...
///
/// Threads: any, also from an interrupt. Cost: none to speak of.
#[unsafe(no_mangle)]
pub extern "C" fn omadm_features() -> omadm_features_t {
    [
        (cfg!(feature = "wbxml"), OMADM_HAS_WBXML),
        (cfg!(feature = "xml"), OMADM_HAS_XML),
        (cfg!(feature = "md5"), OMADM_HAS_MD5),
        (cfg!(feature = "sha256"), OMADM_HAS_SHA256),
        (cfg!(feature = "hmac"), OMADM_HAS_HMAC),
        (cfg!(feature = "atomic"), OMADM_HAS_ATOMIC),
        (cfg!(feature = "copy"), OMADM_HAS_COPY),
        (cfg!(feature = "list"), OMADM_HAS_LIST),
        (cfg!(feature = "tnds"), OMADM_HAS_TNDS),
        (cfg!(feature = "large-object"), OMADM_HAS_LARGE_OBJECT),
        (cfg!(feature = "ui"), OMADM_HAS_UI),
        (cfg!(feature = "events"), OMADM_HAS_EVENTS),
        (cfg!(feature = "reasons"), OMADM_HAS_REASONS),
        (cfg!(feature = "notification"), OMADM_HAS_NOTIFICATION),
        (cfg!(feature = "push"), OMADM_HAS_PUSH),
        (cfg!(feature = "bootstrap"), OMADM_HAS_BOOTSTRAP),
        (cfg!(feature = "profile13"), OMADM_HAS_PROFILE13),
        (cfg!(feature = "properties"), OMADM_HAS_PROPERTIES),
        (cfg!(feature = "durable"), OMADM_HAS_DURABLE),
        (cfg!(feature = "formats"), OMADM_HAS_FORMATS),
    ]
    .iter()
    .fold(0, |sum, (has, bit)| if *has { sum | bit } else { sum })
}
