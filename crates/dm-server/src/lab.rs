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
