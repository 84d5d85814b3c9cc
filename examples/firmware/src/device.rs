//! The device: its schema, and what the factory put into it.

use dm_tree::{Factory, Reason, UriLimits};

/// The tables that the build script made from the DDF files.
#[allow(dead_code, reason = "a constant for each node, of which few are used")]
#[rustfmt::skip]
mod tables {
    include!(concat!(env!("OUT_DIR"), "/device.rs"));
}

pub use tables::SCHEMA;

/// What the tree publishes in `./DevDetail/URI`.
pub const URI_LIMITS: UriLimits = UriLimits {
    max_depth: 8,
    max_tot_len: 127,
    max_seg_len: 32,
};

/// Whether this build takes objects in parts.
const LRG_OBJ: &str = if cfg!(feature = "large-object") {
    "true"
} else {
    "false"
};

/// What the image does not know: the rest of what the device tells of itself stands in `device.ddf`, so in flash.
const DEVICE: &[(&str, &str)] = &[
    ("DevInfo/DevId", "IMEI:004999010640000"),
    ("DevDetail/LrgObj", LRG_OBJ),
];

/// Its account, which trusts what its transport proves.
const ACCOUNT: &[(&str, &str)] = &[
    ("AppID", "w7"),
    ("ServerID", "srv"),
    ("AppAddr/a/Addr", "http://dm.example.test/srv"),
    ("AppAddr/a/AddrType", "URI"),
    ("AAuthPref", "BASIC"),
    ("AppAuth/c/AAuthLevel", "CLCRED"),
    ("AppAuth/c/AAuthType", "BASIC"),
    ("AppAuth/c/AAuthName", "device-7"),
    ("AppAuth/c/AAuthSecret", "device-secret"),
    ("Ext/OmaDm/ServerAuth", "transport"),
    ("Ext/OmaDm/Version", "1.2"),
];

/// Seeds values, account and rights.
///
/// # Errors
/// The tree refuses a value, for instance because its memory is too small.
#[inline(never)]
pub fn provision(factory: &mut Factory<'_, '_>) -> Result<(), Reason> {
    provision_without_account(factory)?;
    factory.seed("./DMAcc/srv", ACCOUNT)?;
    Ok(())
}

/// Seeds values and rights, but no account.
///
/// # Errors
/// As [`provision`].
#[inline(never)]
pub fn provision_without_account(factory: &mut Factory<'_, '_>) -> Result<(), Reason> {
    factory.seed(".", DEVICE)?;
    factory.acl("./Vendor/cfg", "Get=*&Replace=*&Add=*&Delete=*")
}
