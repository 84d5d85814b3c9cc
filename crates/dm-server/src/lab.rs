//! What a scenario says beside what the server does: what it proves, what the session comes to, and the device it is for.

use std::collections::BTreeMap;

use crate::transcript::End;

/// What a scenario is for.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct About {
    /// In one line.
    pub title: String,
    /// The requirements it proves.
    pub proves: Vec<String>,
}

/// What a session has to come to.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Expect {
    /// How it ends, whatever the reason; `None`: closed.
    pub end: Option<End>,
    /// What the device tells unasked, one line for each alert but 1200, 1201, 1222 and 1223: code, Correlator, address and value,
    /// as far as there are. `None`: anything.
    pub alerts: Option<Vec<String>>,
    /// The Alert that a session begins with: 1200 or 1201. `None`: either.
    pub begins: Option<u16>,
}

/// A notification that the device is given, signed as the server of the scenario does.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Notified {
    /// The SessionID that it asks for.
    pub session: u16,
    /// What the user is to know: 0 not specified, 1 nothing, 2 that it begins, 3 the user decides.
    pub ui_mode: u8,
    /// The user asked for the session, not the server.
    pub by_user: bool,
    /// It is that of DM 1.3.
    pub is_13: bool,
    /// Ten times the version in its header, when it is not the usual one.
    pub version: Option<u16>,
    /// The server that it names, when it is another.
    pub server: Option<String>,
    /// The secret that it is signed with, when it is another.
    pub secret: Option<String>,
    /// It is the one before once more, octet by octet; nothing else counts then but `refused`.
    pub again: bool,
    /// Vendor specific octets, as text.
    pub vendor: String,
    /// The device drops it: no session begins.
    pub refused: bool,
}

/// The device that a scenario is for, and what happens there. Nothing that the server does depends on it: it tells a test bench
/// what to prepare, and what to look at afterwards.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Bench {
    /// AAuthType of both entries of the account, with the names and secrets of the scenario; `None`: it has none.
    pub account: Option<String>,
    /// AAuthPref of the account.
    pub pref: Option<String>,
    /// The transport proves the server, and the account says that this is enough.
    pub transport_proof: bool,
    /// Each message of the server has to be proved by itself.
    pub per_message: bool,
    /// Octets of the largest object that the device takes in parts; 0: it takes none.
    pub objects: u32,
    /// What the user answers, one after the other; `None`: there is no user. `yes`, `no`, `cancel`, `nothing`, `text ...`,
    /// `choose 1 3`; `leave`: the device gives the session up.
    pub user: Option<Vec<String>>,
    /// What an Exec of the device answers; `None`: 200.
    pub exec: Option<u16>,
    /// Calls after which a slow handler has something to say.
    pub delays: u32,
    /// Octets of the value of the large leaf.
    pub large: usize,
    /// Whether the slow handler, inside an Atomic, can take back what it did; `None`: it takes no part in one.
    pub undoes: Option<bool>,
    /// Notifications that the device is given, each of which begins a session unless it is refused; none: the device begins
    /// its sessions by itself.
    pub notified: Vec<Notified>,
    /// The optional parts that the device has to have: features of dm-core.
    pub needs: Vec<String>,
    /// Optional parts without which the device is built, so that the scenario shows what is refused then.
    pub without: Vec<String>,
    /// Values before the session that are not the usual ones.
    pub values: BTreeMap<String, String>,
    /// Rights before the session that are not the usual ones.
    pub acl: BTreeMap<String, String>,
    /// Events that wait for the server: Type and data.
    pub events: Vec<(String, String)>,
    /// Values afterwards; `None`: there is no such node.
    pub after: BTreeMap<String, Option<String>>,
    /// Sessions with this scenario, one after the other; 0 counts as 1.
    pub sessions: u32,
    /// Octets below which messages are too small for the scenario.
    pub least_message: usize,
}
