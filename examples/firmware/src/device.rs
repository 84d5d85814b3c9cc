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

/// The values of the reference device; the account trusts what its transport proves.
const VALUES: &[(&str, &str)] = &[
    ("./DevInfo/DevId", "IMEI:004999010640000"),
    ("./DevInfo/Man", "Example Meters"),
    ("./DevInfo/Mod", "EM-200"),
    ("./DevInfo/DmV", "1.2"),
    ("./DevInfo/Lang", "en-GB"),
    ("./DevDetail/DevTyp", "meter"),
    ("./DevDetail/OEM", "Example Meters"),
    ("./DevDetail/FwV", "4.7.1"),
    ("./DevDetail/SwV", "2026.03"),
    ("./DevDetail/HwV", "C"),
    ("./DevDetail/LrgObj", LRG_OBJ),
    ("./DMAcc/srv/AppID", "w7"),
    ("./DMAcc/srv/ServerID", "srv"),
    ("./DMAcc/srv/AppAddr/a/Addr", "http://dm.example.test/srv"),
    ("./DMAcc/srv/AppAddr/a/AddrType", "URI"),
    ("./DMAcc/srv/AAuthPref", "BASIC"),
    ("./DMAcc/srv/AppAuth/c/AAuthLevel", "CLCRED"),
    ("./DMAcc/srv/AppAuth/c/AAuthType", "BASIC"),
    ("./DMAcc/srv/AppAuth/c/AAuthName", "device-7"),
    ("./DMAcc/srv/AppAuth/c/AAuthSecret", "device-secret"),
    ("./DMAcc/srv/Ext/OmaDm/ServerAuth", "transport"),
    ("./DMAcc/srv/Ext/OmaDm/Version", "1.2"),
    ("./Vendor/cfg/apn", ""),
    ("./Vendor/cfg/poll", ""),
    ("./Vendor/cfg/host", ""),
    ("./Vendor/cfg/label", ""),
    ("./Vendor/cfg/blob", ""),
];

/// Seeds values, account and rights.
///
/// # Errors
/// The tree refuses a value, for instance because its memory is too small.
#[inline(never)]
pub fn provision(factory: &mut Factory<'_, '_>) -> Result<(), Reason> {
    provision_but(factory, "?")
}

/// Seeds values and rights, but no account.
///
/// # Errors
/// As [`provision`].
#[inline(never)]
pub fn provision_without_account(factory: &mut Factory<'_, '_>) -> Result<(), Reason> {
    provision_but(factory, "./DMAcc/")
}

fn provision_but(factory: &mut Factory<'_, '_>, but: &str) -> Result<(), Reason> {
    for (uri, value) in VALUES.iter().filter(|(uri, _)| !uri.starts_with(but)) {
        factory.set(uri, value.as_bytes())?;
    }
    factory.acl("./Vendor/cfg", "Get=*&Replace=*&Add=*&Delete=*")
}
